#!/usr/bin/env bats
# xserve: many requests, and the end: what was asked is answered, and no command
# is left behind.

bats_require_minimum_version 1.5.0
load lib
load xsend
load xserve

# requests FIRST LAST: so many iqs of stub's romeo, by number.
requests() {
	seq "$1" "$2" | sed "s|.*|<iq type='get' id='n&' from='romeo@montague.lit/x'><q xmlns='$lamp'>&</q></iq>|"
}

# stub_serve [ARG...]: xserve as romeo, the client of a stub, whose stanzas it
# has in the file stanzas.
stub_serve() {
	stub no-sm send=stanzas at=presence echo=no
	spawn tool xserve "$lamp" "$@" -- ./command 2>log
}

# answers: what the stub was answered, sorted.
answers() {
	sed -n 's/^[0-9.]* c[0-9]* answer //p' "$STUB_LOG" | sed 's/ -*$//' | sort
}

# answered N: until there are so many answers.
answered() {
	local end=$((SECONDS + 30))
	until [ "$(answers | wc -l)" -ge "$1" ]; do
		[ "$SECONDS" -lt "$end" ] ||
			{ echo "# $(answers | wc -l) answers"; return 1; }
		nap 0.02
	done
}

# A command that says that it has begun, and goes on when it is let: by a line
# in a fifo of its number.
gated() {
	command_is <<'END'
n=$(sed 's/.*>\([0-9]\+\)<.*/\1/')
echo "$n $$" >>begun
[ ! -p gate$n ] || read -r x <gate$n
echo "<a>$n</a>"
END
}

# --- many at once --------------------------------------------------------

@test "--jobs: so many at once, and answers as they end" {
	gated
	mkfifo gate1 gate2
	requests 1 4 >stanzas
	stub_serve --jobs 2
	wait_for_line begun '^1 ' 120
	wait_for_line begun '^2 ' 120
	same begun 2 "$(wc -l <begun)"
	echo go >gate2
	answered 3
	same answers $'n2 result\nn3 result\nn4 result' "$(answers)"
	echo go >gate1
	answered 4
	finish 143
	same 'the order' 'n2 n3 n4 n1' \
		"$(on_wire iq | sed -n 's/.*id="\(n[0-9]*\)".*/\1/p' | paste -sd ' ')"
	on_wire iq | grep -qF "id=\"n1\" to=\"romeo@montague.lit/x\" type=\"result\"><a xmlns=\"$lamp\">1</a>"
}

@test "a flood of 200 requests: all are answered, never more than --jobs run" {
	command_is <<'END'
mkdir "run.$$"
set -- run.*
[ $# -le 3 ] || touch too-many
rmdir "run.$$"
sed 's/.*>\([0-9]\+\)<.*/<a>\1<\/a>/'
END
	for server in "${servers[@]}"; do
		fresh "$server"
		serve --jobs 3 --allow "$romeo"
		files=$(ls "/proc/$pid/fd" | wc -l)
		seq 200 | sed "s|.*|<q xmlns='$lamp'>&</q>|" >asked
		expect_exit 0 tool xiq -a romeo --parallel 200 --payload \
			"$juliet/lamp" <asked
		same payloads "$(seq 200)" "$(sed 's/<[^>]*>//g' out)"
		[ ! -e too-many ]
		same descriptors "$files" "$(ls "/proc/$pid/fd" | wc -l)"
		finish 143
		same log '' "$(said)"
	done
}

@test "above 1,000 that wait a request is refused with resource-constraint" {
	gated
	mkfifo gate1
	requests 1 1004 >stanzas
	stub_serve --jobs 1
	# One runs, 1000 wait; a signal turns these away.
	answered 3
	same answers "$(printf 'n%d error resource-constraint\n' 1002 1003 1004)" \
		"$(answers)"
	wait_for_line begun '^1 ' 120
	echo go >gate1 &
	finish 143
	same 'all answers' 1004 "$(answers | wc -l)"
	grep -q 'answer n1 result' "$STUB_LOG"
	grep -q 'answer n1001 error recipient-unavailable' "$STUB_LOG"
}

@test "above 4 MB that wait a request is refused too" {
	gated
	mkfifo gate1
	requests 1 1 >stanzas
	requests 2 7 | python3 -c '
import sys
for line in sys.stdin:
    print(line.strip().replace("</q>", "x" * 900000 + "</q>"))' >>stanzas
	stub_serve --jobs 1
	answered 2
	same answers $'n6 error resource-constraint\nn7 error resource-constraint' \
		"$(answers)"
	finish 143
}

@test "a request counts as received when its answer was sent" {
	gated
	mkfifo gate
	command_is <<'END'
echo $$ >begun
read -r x <gate
END
	stub iq=unknown from=romeo@montague.lit/x deliver-on=enabled deliver=2 \
		deliver-gap=200 after-deliver=stay
	spawn tool xserve urn:stub:unknown -- ./command 2>log
	wait_for_line begun .
	wait_for_line "$STUB_LOG" ' ack h=0 of 4 '
	echo go >gate
	wait_for_line "$STUB_LOG" 'answer stub-unknown result'
	finish 143
	wait_for_line "$STUB_LOG" 'end stream .* h=4 of '
}

# --- the end -------------------------------------------------------------

@test "[v] -c: the end after so many, when all are answered" {
	gated
	mkfifo gate1
	requests 1 4 >stanzas
	stub_serve -c 3
	wait_for_line begun '^3 ' 120
	answered 3
	same answers $'n2 result\nn3 result\nn4 error recipient-unavailable' \
		"$(answers)"
	echo go >gate1
	ends 0
	same log '' "$(cat log)"
	grep -q 'answer n1 result' "$STUB_LOG"
	wait_for_line "$STUB_LOG" 'end stream'
	command_is <<<'echo "<a/>"'
	for server in "${servers[@]}"; do
		fresh "$server"
		serve -c 2
		expect_exit 0 own_asks
		expect_exit 0 own_asks
		ends 0
		same log '' "$(said)"
	done
}

@test "--idle and -W end it; with -c that is 1 and 124" {
	gated
	fresh prosody
	expect_exit 0 tool xserve --idle 0.2 "$lamp" -- ./command
	is_silent
	expect_exit 1 tool xserve --idle 0.2 -c 1 "$lamp" -- ./command
	says 'xserve: nothing was asked (--idle) after 0 of 1 request'
	expect_exit 0 tool xserve -W 4 "$lamp" -- ./command
	is_silent
	expect_exit 124 tool xserve -W 4 -c 1 "$lamp" -- ./command
	says 'xserve: timed out (-W) after 0 of 1 request'
	stub silent-features
	expect_exit 75 tool xserve -W 0.5 "$lamp" -- ./command
	says 'xserve: timed out (-W) before the login'
}

# A command with a child, that tells both numbers and never ends by itself.
endless() {
	command_is <<'END'
sleep 300 &
echo "$$ $!" >pids.new
mv pids.new pids
wait
END
}

@test "TERM: who waits and who is served is answered, no process is left" {
	endless
	for server in "${servers[@]}"; do
		fresh "$server"
		rm -f pids
		serve --jobs 1 --trace trace
		own_asks >first 2>/dev/null &
		asking=$!
		wait_for_line pids . 120
		own_asks >second 2>/dev/null &
		asking+=" $!"
		until [ "$(grep -c '< .*<q xmlns' trace)" -ge 2 ]; do
			nap 0.02
		done
		finish 143
		read -r shell sleeper <pids
		gone "$shell" "$sleeper"
		for one in $asking; do
			fails "$one"
		done
		grep -q recipient-unavailable first
		grep -q recipient-unavailable second
	done
}

@test "TERM: a command that ends within a second is answered by what it says" {
	gated
	mkfifo gate1
	requests 1 1 >stanzas
	stub_serve
	wait_for_line begun '^1 ' 120
	kill "$pid"
	wait_for_line "$STUB_LOG" 'recv presence .*unavailable'
	echo go >gate1
	ends 143
	same answers 'n1 result' "$(answers)"
}

@test "a second TERM ends it at once, and its command" {
	command_is <<'END'
trap "exit 0" TERM
echo $$ >pids
while :; do sleep 0.05; done
END
	requests 1 1 >stanzas
	stub_serve
	wait_for_line pids . 120
	kill "$pid"
	wait_for_line "$STUB_LOG" 'recv presence .*unavailable'
	kill "$pid" 2>/dev/null || true # it may be over
	ends 143
	gone "$(cat pids)"
}

@test "kill -9: the command does not outlive it" {
	command_is <<<'echo $$ >pids; exec sleep 300'
	requests 1 1 >stanzas
	stub_serve
	wait_for_line pids . 120
	kill -9 "$pid"
	ends 137
	gone "$(cat pids)"
}

@test "a command that does not heed TERM is killed at the end" {
	command_is <<'END'
trap "" TERM
echo $$ >pids
while :; do sleep 0.05; done
END
	requests 1 1 >stanzas
	stub_serve
	wait_for_line pids . 120
	finish 143
	gone "$(cat pids)"
	same answers 'n1 error recipient-unavailable' "$(answers)"
}

@test "--no-reconnect: the connection is lost, the command is ended, and the status is 75" {
	endless
	requests 1 3 >stanzas
	stub no-sm send=stanzas at=presence echo=no
	spawn tool xserve --no-reconnect --jobs 1 "$lamp" -- ./command 2>log
	wait_for_line pids . 120
	kill "$STUB_PID"
	ends 75
	read -r shell sleeper <pids
	gone "$shell" "$sleeper"
	same log 2 "$(wc -l <log)"
	grep -qxF 'xserve: 3 requests were not answered' log
}

@test "--no-reconnect: the server ends the stream: 1, or 75 where requests are open" {
	command_is <<<'echo "<a/>"'
	stub end-stream at=presence
	expect_exit 1 tool xserve --no-reconnect "$lamp" -- ./command
	says 'xserve: the server ended the stream'
	endless
	{ requests 1 1; echo '</stream:stream>'; } >stanzas
	stub no-sm send=stanzas at=presence echo=no
	expect_exit 75 tool xserve --no-reconnect "$lamp" -- ./command
	says 'xserve: the server ended the stream' \
		'xserve: 1 request was not answered'
}

@test "a server that never confirms the answers: not 0" {
	command_is <<<'echo "<a/>"'
	stub iq=unknown from=romeo@montague.lit/x deliver-on=enabled silent-ack
	expect_exit 75 tool xserve -c 1 urn:stub:unknown -- ./command
	says 'xserve: the server has not confirmed the last answers'
}
