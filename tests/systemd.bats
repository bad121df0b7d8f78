#!/usr/bin/env bats
# The units of systemd/: systemd understands them, and their commands do what
# they are for.

load lib

units=${BATS_TEST_DIRNAME%/*}/systemd

# command_of UNIT: its ExecStart as a line for the shell: of systemd's own
# there are in it %i, %H and $$ alone.
command_of() {
	local line
	line=$(sed -n 's/^ExecStart=//p' "$units/$1")
	line=${line//%i/app.service}
	line=${line//%H/verona}
	printf '%s\n' "${line//\$\$/\$}"
}

@test "systemd-analyze has nothing to say about the units" {
	mkdir -p units/system units/user bin
	sed "s|^ExecStart=xqueue|ExecStart=\"$BIN/xqueue\"|" \
		"$units/user/couplet-queue.service" >units/user/couplet-queue.service
	cp "$units/system/couplet-tell@.service" units/system/
	XDG_RUNTIME_DIR=$HOME systemd-analyze verify --man=no --user \
		units/user/couplet-queue.service >out 2>&1 || cat out
	systemd-analyze verify --man=no \
		units/system/couplet-tell@app.service >>out 2>&1 || cat out
	same 'complaints' '' "$(cat out)"
}

@test "couplet-tell: who is named gets the end of the log, now or later" {
	on prosody
	new_account alarm
	new_account nurse capulet.lit
	mkdir bin
	cat >bin/journalctl <<-'EOS'
		#!/bin/sh
		echo "asked for $*" >asked
		for i in $(seq 500); do echo "line $i of the log"; done
		printf 'the last: \303\251 \377 \033[1m\n'
	EOS
	chmod +x bin/journalctl
	command=$(command_of system/couplet-tell@.service)
	TELL=$nurse PATH=$HOME/bin:$BIN:$PATH expect_exit 0 bash -c "$command"
	same 'stderr' '' "$(cat err)"
	grep -q -- '-u app.service ' asked
	expect_exit 0 tool xrecv -a nurse -c 1 -W 30 -F '%b'
	sed -i 's/\\n/\n/g' out
	same 'the first line' 'app.service failed on verona' "$(head -n 1 out)"
	same 'the end of the log' 'line 500 of the log|the last: é � �[1m' \
		"$(tail -n 2 out | paste -sd '|')"
	[ "$(wc -l <out)" -lt 450 ]

	# Nobody is there: the message waits, which is no failure of the unit.
	sed -i 's/server: .*/server: 127.0.0.1:1/' "$COUPLET_CONFIG"
	status=$(sed -n 's/^SuccessExitStatus=//p' \
		"$units/system/couplet-tell@.service")
	TELL=$nurse PATH=$HOME/bin:$BIN:$PATH expect_exit "$status" \
		bash -c "${command/--retry 600/--retry 0}"
	[ "$(tool xqueue | wc -l)" = 1 ]
}

@test "couplet-queue: what waits is sent, and a signal is a good end" {
	on prosody
	new_account romeo
	new_account juliet capulet.lit
	expect_exit 3 tool xsend -H 127.0.0.1:1 --queue -m later "$juliet"
	read -r name words < <(command_of user/couplet-queue.service)
	# shellcheck disable=SC2086 # words of a command
	spawn tool "$name" $words
	expect_exit 0 tool xrecv -a juliet -c 1 -W 30 -F '%b'
	same 'the body' later "$(cat out)"
	kill "$pid"
	code=0
	wait "$pid" || code=$?
	same 'the exit status' "$code" "$(sed -n 's/^SuccessExitStatus=//p' \
		"$units/user/couplet-queue.service")"
}
