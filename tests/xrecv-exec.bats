#!/usr/bin/env bats
# xrecv --exec: a command for each record, and what is acknowledged when.

bats_require_minimum_version 1.5.0
load lib
load xsend
load xrecv

# command_is: stdin is the script of --exec ./command.
command_is() {
	{ echo '#!/bin/bash'; cat; } >./command
	chmod +x command
}

# handle ARG...: xrecv as juliet with ./command.
handle() {
	tool xrecv -a juliet --exec ./command "$@"
}

# handles ARG...: the same in the background, online; stderr goes to log.
handles() {
	spawn tool xrecv -a juliet -v --exec ./command "$@" 2>log
	wait_for_line log 'online as' 120
}

# said: what xrecv has said but for its way to be online, without ids.
said() {
	grep -vE '^xrecv: (account|connecting|connected|online|note|[0-9]+ stanzas)' "${1:-log}" |
		sed -E 's/(message) [A-Za-z0-9_-]{22}:/\1 ID:/
			s:(@[a-z.]*)/[^ ]*\::\1/R\::'
}

# unacked [ack|end]: of the messages delivered so far, as the stub has it, with
# each acknowledgement or at the end.
unacked() {
	sed -nE "s/.* ${1:-ack} .*delivered=([0-9]+) unacked=([0-9]+).*/\\2 of \\1/p" "$STUB_LOG"
}

@test "the record is its stdin, and the stanza's fields are variables" {
	command_is <<'END'
printf '%s\n' "$XMPP_FROM" "$XMPP_TO" "$XMPP_TYPE" "$XMPP_KIND" \
	"$XMPP_THREAD" "$XMPP_BODY" "${XMPP_ID:+id}" >fields
cat
END
	for server in "${servers[@]}"; do
		fresh "$server"
		tool xsend -a romeo -t chat -m $'it\'s\n"me" $HOME' "$juliet"
		expect_exit 0 handle -c 1 -o text
		says
		same record 'it'\''s\n"me" $HOME' "$(bodies_in out)"
		same fields "$romeo $juliet chat message  it's \"me\" \$HOME id" \
			"$(sed 's:/.*::' fields | paste -sd ' ')"
	done
}

@test "the format is that of the options" {
	command_is <<<'cat >>got; echo >>got'
	stub deliver=1 body=hi from=juliet@capulet.lit/x
	expect_exit 0 tool xrecv -c 1 -F '%f: %b' --exec ./command
	is_silent
	same got 'juliet@capulet.lit/x: hi 1' "$(sed 's/hi.*1/hi 1/' got | head -n 1)"
	stub deliver=1
	expect_exit 0 tool xrecv -c 1 -j --exec 'jq -r .type >type'
	is_silent
	[ -s type ]
}

@test "COMMAND is sh's, and its stdout is ours" {
	stub deliver=3
	expect_exit 0 tool xrecv -c 3 --exec 'cat >/dev/null; x=$((6 * 7)); echo "$x"'
	prints $'42\n42\n42'
	says
}

@test "what it says on stderr is passed on, with the sender, and escaped" {
	stub deliver=1 from=juliet@capulet.lit/x
	expect_exit 0 tool xrecv -c 1 --exec 'printf "one\ntwo \033[2J\nhalf" >&2'
	same stderr "$(printf 'xrecv: juliet@capulet.lit/x: message ID: %s\n' \
		one 'two \x1b[2J' half)" "$(sed -E 's/message [^ ]+:/message ID:/' err)"
}

@test "[v] nothing is acknowledged before its command has ended with 0" {
	command_is <<'END'
n=$(sed -E 's/.*<body>[^0-9]*([0-9]+).*/\1/')
echo "$n" >>begun
read -r x <"gate$n"
exit "$x"
END
	mkfifo gate1 gate2 gate3
	stub deliver=3 ask=each
	spawn tool xrecv -c 3 --jobs 3 --exec ./command 2>err
	for n in 1 2 3; do wait_for_line begun "^$n\$" 30; done
	# The server has asked three times by now.
	wait_for_line "$STUB_LOG" ' ack h=.* delivered=3 unacked=3' 120
	# Those that end first wait for the one before them.
	echo 0 >gate2
	echo 0 >gate3
	echo 0 >gate1
	ends 0
	wait_for_line "$STUB_LOG" ' end stream .*unacked=0' 120
	same 'acknowledged before' '' "$(unacked | grep -vE '^([0-3]) of \1$|^0 of')"
}

@test "retry: it is run again until it ends with 0, and those behind it wait" {
	command_is <<'END'
read -r line
echo "$line" >>tried
[ "$(wc -l <tried)" -gt 2 ]
END
	for server in "${servers[@]}"; do
		rm -f tried
		fresh "$server"
		send 2
		expect_exit 0 handle -c 2 -F '%b'
		same order 'm1 m1 m1 m2' "$(paste -sd ' ' tried)"
		same stderr "$(printf 'xrecv: %s/R: message ID: the command ended with status 1; again in %s s (attempt %s)\n' \
			"$romeo" 1 1 "$romeo" 2 2)" "$(said err)"
		the_rest
	done
}

@test "skip: it is said, acknowledged, and the next one follows: 2, or 1" {
	command_is <<<'read -r x; echo "$x"; [ "$x" != m2 ]'
	for server in "${servers[@]}"; do
		fresh "$server"
		send 3
		expect_exit 2 handle -c 3 -F '%b' --on-failure skip
		prints $'m1\nm2\nm3'
		same stderr "xrecv: $romeo/R: message ID: the command ended with status 1; skipped" \
			"$(said err)"
		send 1 2
		expect_exit 1 handle -c 1 -F '%b' --on-failure=skip
		the_rest
	done
}

@test "stop: 75, and it is not acknowledged" {
	command_is <<<'read -r x; echo "$x"; [ "$x" != m2 ]'
	fresh prosody
	send 3
	expect_exit 75 handle -F '%b' --on-failure stop
	prints $'m1\nm2'
	same stderr "xrecv: $romeo/R: message ID: the command ended with status 1" \
		"$(said err)"
	the_rest m2 m3
}

@test "stop: on a server that may not keep them it says how many" {
	stub deliver=5
	expect_exit 75 tool xrecv -F '%b' --on-failure stop --exec 'grep -vq 2'
	wait_for_line "$STUB_LOG" ' end stream ' 120
	same 'the end' '4 of 5' "$(unacked end)"
	grep -q '4 more came and were not handled: the server may not keep them' err
}

@test "a signal and the time limit are failures" {
	stub deliver=2
	expect_exit 1 tool xrecv -c 1 --on-failure skip --exec 'kill -9 $$'
	grep -q 'the command was ended by signal 9; skipped$' err
	stub deliver=1
	expect_exit 1 tool xrecv -c 1 --on-failure skip --each-timeout 0.2 --exec 'exec sleep 60'
	grep -q 'the command took too long (--each-timeout); skipped$' err
	expect_exit 1 tool xrecv -c 1 --on-failure skip --exec '/nowhere/command' <<<''
	grep -q 'status 127; skipped$' err
}

@test "--jobs: so many at once" {
	command_is <<'END'
n=$(sed -E 's/.*<body>[^0-9]*([0-9]+).*/\1/')
echo "$n" >>begun
[ ! -p "gate$n" ] || read -r x <"gate$n"
END
	mkfifo gate1 gate2
	stub deliver=4
	spawn tool xrecv -c 4 --jobs 2 --exec ./command 2>err
	wait_for_line begun '^1$' 120
	wait_for_line begun '^2$' 120
	same begun 2 "$(wc -l <begun)"
	echo >gate2
	wait_for_line begun '^4$' 120
	echo >gate1
	ends 0
	says
}

@test "a signal: what runs has its time, the rest is left to the server" {
	command_is <<'END'
read -r x
echo "$x" >>begun
read -r y <gate
echo "$x" >>ended
END
	fresh prosody
	mkfifo gate
	handles -F '%b'
	send 2
	wait_for_line begun m1 120
	kill -TERM "$pid"
	echo >gate
	ends 143
	same ended m1 "$(cat ended)"
	same begun m1 "$(cat begun)"
	the_rest m2
}

@test "a signal: what does not end in time is ended, and not acknowledged" {
	command_is <<'END'
read -r x
echo $$ >begun
exec sleep 600
END
	fresh prosody
	handles
	send 1
	wait_for_line begun . 120
	kill -TERM "$pid"
	ends 143
	# Whoever waits for orphans may not have waited for it yet.
	run grep '^State:	[^ZX]' "/proc/$(cat begun)/status"
	same 'is it there' '' "${output##grep: *}"
	the_rest m1
}

@test "the reader of its stdout is gone: 141" {
	command_is <<<'echo line; cat >/dev/null'
	fresh prosody
	send 1
	handle | head -n 1 >taken
	same statuses '141 0' "${PIPESTATUS[*]}"
	same taken line "$(cat taken)"
}

@test "usage" {
	stub
	for line in '--jobs 2' '--reply' '--on-failure skip' '--each-timeout 3'; do
		# shellcheck disable=SC2086 # words
		expect_exit 64 tool xrecv $line
		same "$line" "xrecv: ${line%% *} without --exec" "$(head -n 1 err)"
	done
	expect_exit 64 tool xrecv --exec ''
	same empty 'xrecv: --exec: no command' "$(head -n 1 err)"
	expect_exit 64 tool xrecv --exec true --spool file
	same both 'xrecv: --exec and --spool exclude each other' "$(head -n 1 err)"
	for jobs in 0 101 x; do
		expect_exit 64 tool xrecv --exec true --jobs "$jobs"
	done
	expect_exit 64 tool xrecv --exec true --each-timeout -1
	expect_exit 64 tool xrecv --exec true --on-failure panic
}
