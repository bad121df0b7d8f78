#!/usr/bin/env bats
# Where a password is: in one place of the memory, as long as a new login may
# need it, and nowhere else. The trace is tests/config.bats'.

load lib
load stub/lib

password=Zq7-hemlock+Vial_93kx

# reads_memory: the first line of a test that does.
reads_memory() {
	[ -z "${ASAN_OPTIONS-}" ] || skip 'the sanitizer keeps what is freed'
	! head -c 1 "/proc/$$/mem" 2>&1 | grep -q 'Permission denied' ||
		skip 'memory of other processes cannot be read here'
}

# receives ARG...: xrecv as romeo at the stub in the background, online, its
# stderr in a file log.PID.
receives() {
	logs+=("log.${#logs[@]}")
	spawn tool xrecv -v -u romeo@montague.lit -H "127.0.0.1:$STUB_PORT" \
		--ca-file "$STUB_CA" "$@" 2>"${logs[-1]}"
	pids+=("$pid")
}

# are_online: all of them.
are_online() {
	local log
	for log in "${logs[@]}"; do
		wait_for_line "$log" 'online as'
	done
}

# memory [KEY=VALUE...]: what of the password is in the memory of each.
memory() {
	"$tests/memory.py" "$password" "$@" "${pids[@]}" |
		sed 's/^[0-9]* *//' | paste -sd ,
}

# scram_keys: those that the password has with the salt of the stub.
scram_keys() {
	python3 -c '
import base64, hashlib, hmac, sys
salted = hashlib.pbkdf2_hmac("sha256", sys.argv[1].encode(), b"saltsalt", 4096)
client = hmac.digest(salted, b"Client Key", "sha256")
for name, key in (("salted", salted), ("client", client),
                  ("stored", hashlib.sha256(client).digest()),
                  ("server", hmac.digest(salted, b"Server Key", "sha256"))):
    print(name, base64.b64encode(key).decode(), sep="=")
' "$password"
}

@test "one copy of the password, wherever it comes from, and no key" {
	local keys logs=() pids=() child
	reads_memory
	mapfile -t keys < <(scram_keys)
	stub "password=$password" mechs=SCRAM-SHA-256 \
		"challenge=r=@NONCE@,s=$(printf saltsalt | base64),i=4096"
	(umask 077 && printf '%s\n' "$password" >pw)
	printf 'accounts:\n  romeo:\n    jid: romeo@montague.lit\n    %s\n' \
		'password_command: cat pw' >command.yaml
	(umask 077 && sed "s/password_.*/password: '$password'/" command.yaml >text.yaml)
	receives -C /dev/null --password-file pw
	receives -C /dev/null --password-fd 5 5<pw
	COUPLET_PASSWORD=$password receives -C /dev/null
	receives -C command.yaml
	receives -C text.yaml
	spawn at_terminal "$password" sh -c "echo \$\$ >typed; exec \"\$@\" 2>log.typed" - \
		"$BIN/xrecv" -v -C /dev/null -u romeo@montague.lit \
		-H "127.0.0.1:$STUB_PORT" --ca-file "$STUB_CA"
	logs+=(log.typed)
	# Without a new login there is no need of it.
	receives -C /dev/null --password-file pw --no-reconnect
	are_online
	pids+=("$(cat typed)")
	same 'logged in' 'text 1,text 1,text 1,text 1,text 1,,text 1' \
		"$(memory "${keys[@]}")"
	# Neither what is said of a process.
	for child in "${pids[@]}"; do
		absent hemlock "/proc/$child/cmdline"
		absent hemlock "/proc/$child/environ"
	done
	# The same while a lost connection is waited for.
	unset 'pids[5]'
	kill "$STUB_PID"
	for log in "${logs[@]:0:6}"; do
		wait_for_line "$log" 'next attempt'
	done
	same 'waiting' "$(printf 'text %s,' 1 1 1 1 1 1 | sed 's/,$//')" \
		"$(memory "${keys[@]}")"
	kill "${pids[-1]}"
}

@test "one copy after PLAIN, and after a login by a token" {
	local logs=() pids=()
	reads_memory
	(umask 077 && printf '%s\n' "$password" >pw)
	stub "password=$password" mechs=PLAIN
	receives -C /dev/null --password-file pw
	COUPLET_PASSWORD=$password receives -C /dev/null
	stub "password=$password" sasl2=yes fast=yes
	XDG_STATE_HOME=$HOME/tokens receives -C /dev/null --password-file pw
	are_online
	kill "$pid"
	wait "$pid" || true
	unset 'pids[2]'
	XDG_STATE_HOME=$HOME/tokens receives -C /dev/null --password-file pw
	are_online
	grep -q ' token good ' "$STUB_LOG"
	same copies 'text 1,text 1,text 1' "$(memory)"
	# What is kept of it for the next time is the token, for its owner alone.
	same 'with a password' '' "$(grep -rl hemlock tokens .state || true)"
	same 'modes' '600 700' "$(stat -c %a tokens/couplet/* tokens/couplet |
		sort -u | paste -sd ' ')"
	[ -e tokens/couplet/token-romeo@montague.lit ]
	# A new one takes its place, a link of somebody is not followed.
	chmod 666 tokens/couplet/token-*
	ln -sf "$HOME/elsewhere" tokens/couplet/known-romeo@montague.lit
	kill "$pid"
	wait "$pid" || true
	stub "password=$password" sasl2=yes fast=new
	XDG_STATE_HOME=$HOME/tokens receives -C /dev/null --password-file pw
	are_online
	same 'mode of the new one' 600 \
		"$(stat -c %a tokens/couplet/token-romeo@montague.lit)"
	[ ! -e elsewhere ]
}

@test "no child has the password: a password_command, --exec, xserve's command" {
	local logs=() pids=()
	stub "password=$password" iq=unknown deliver=1 body=hi \
		deliver-on=enabled \
		from=romeo@montague.lit/x
	printf 'accounts:\n  romeo:\n    jid: romeo@montague.lit\n    %s\n' \
		"password_command: env >by-command; echo '$password'" >config
	printf '#!/bin/sh\nenv >"$1"\n' >child
	chmod +x child
	export COUPLET_PASSWORD=$password COUPLET_ROOM_PASSWORD=$password
	# An account that is chosen has no use for the variable.
	expect_exit 0 tool xrecv -C config -a romeo -c 1 \
		-H "127.0.0.1:$STUB_PORT" --ca-file "$STUB_CA" \
		--exec './child by-exec'
	spawn tool xserve -C /dev/null -u romeo@montague.lit \
		-H "127.0.0.1:$STUB_PORT" --ca-file "$STUB_CA" \
		urn:stub:unknown -- ./child by-serve 2>log
	for name in by-exec by-serve by-command; do
		wait_for_line "$name" ^HOME=
		absent COUPLET_PASSWORD "$name"
		[ $name = by-command ] || absent hemlock "$name"
	done
}

@test "the file system is closed to what runs no command; its own files are not" {
	local logs=() pids=()
	stub sasl2=yes fast=yes
	export COUPLET_PASSWORD=rosaline
	receives -vv -C /dev/null --spool spool --dedup=seen
	export COUPLET_PASSWORD=rosaline
	receives -vv -C /dev/null --exec true
	export COUPLET_PASSWORD=rosaline
	COUPLET_LANDLOCK=no receives -vv -C /dev/null
	are_online
	if grep -q 'stays open' "${logs[0]}"; then
		skip "this kernel has no Landlock: $(grep 'stays open' "${logs[0]}")"
	fi
	grep -q 'file system is closed' "${logs[0]}"
	same 'with --exec' '0' "$(grep -c 'file system is closed' "${logs[1]}" || true)"
	same 'where it is not wanted' '0' "$(grep -c 'file system is closed' "${logs[2]}" || true)"
	grep -q '^NoNewPrivs:.*1' "/proc/${pids[0]}/status"
	# What is learnt by a login is written after that.
	[ -e .state/couplet/token-romeo@montague.lit ]
	absent 'Permission denied' "${logs[0]}"
}
