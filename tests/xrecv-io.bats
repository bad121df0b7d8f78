#!/usr/bin/env bats
# xrecv: how it ends, what it makes of its stdout, and what it acknowledges.

bats_require_minimum_version 1.5.0
load lib
load xsend
load xrecv

# --- the end -------------------------------------------------------------

@test "-W: 0 without -c, 124 with -c unmet" {
	for server in "${servers[@]}"; do
		fresh "$server"
		send 1
		expect_exit 0 receive -W 4
		same stdout m1 "$(bodies_in out)"
		says
		send 1
		expect_exit 124 receive -W 4 -c 2
		same stdout m1 "$(bodies_in out)"
		says 'xrecv: timed out (-W) after 1 of 2 records'
	done
}

@test "--idle: 0 without -c, 1 with -c unmet" {
	for server in "${servers[@]}"; do
		fresh "$server"
		send 1
		expect_exit 0 receive --idle 2
		same stdout m1 "$(bodies_in out)"
		says
		send 1
		expect_exit 1 receive --idle 2 -c 2
		same stdout m1 "$(bodies_in out)"
		says 'xrecv: nothing came (--idle) after 1 of 2 records'
	done
}

@test "--idle: what the filters drop is nothing" {
	stub deliver=300 deliver-gap=100 deliver-type=headline
	expect_exit 0 tool xrecv --idle 0.4 -t chat
	is_silent
	[ "$(grep -c ' deliver d' "$STUB_LOG")" -lt 250 ]
}

@test "the server ends the stream: 1" {
	stub deliver=3 after-deliver=end
	expect_exit 1 tool xrecv --no-reconnect -o text
	same stdout 3 "$(wc -l <out)"
	says 'xrecv: the server ended the stream'
}

@test "answers that the server does not read are not made: memory is bounded" {
	# It reads nothing before it has said all this.
	{
		seq -f "<iq type='get' id='q%.0f' from='romeo@montague.lit/other'><query xmlns='http://jabber.org/protocol/disco#info'/></iq>" 60000
		echo "<message from='nurse@capulet.lit/x'><body>the end</body></message>"
	} >some
	stub no-sm send=some at=presence
	spawn tool xrecv -o text >out
	wait_for_line out 'the end'
	most=$(hwm)
	kill "$STUB_PID"
	echo "# $most kB"
	[[ $BUILD = *-asan ]] || [ "$most" -lt 32768 ]
}

@test "it is enough when -c was reached by then" {
	stub deliver=3 after-deliver=end
	expect_exit 0 tool xrecv -o text -c 3
	same stdout 3 "$(wc -l <out)"
	says
}

@test "what comes before the server counts is not counted" {
	stub deliver=2 deliver-on=bound ask=end
	expect_exit 0 tool xrecv -o text -c 2
	same stdout 2 "$(wc -l <out)"
	wait_for_line "$STUB_LOG" ' end stream '
	same 'wrong counts' 0 "$(grep -c ' ack-wrong ' "$STUB_LOG")"
}

@test "[v] the connection is lost: 75" {
	stub deliver=3 after-deliver=reset
	expect_exit 75 tool xrecv --no-reconnect -o text
	same stdout 3 "$(wc -l <out)"
	says 'xrecv: connection lost: montague.lit: Connection reset by peer'
}

@test "the server is killed: 75" {
	for server in "${servers[@]}"; do
		own "$server"
		accounts
		spawn tool xrecv -a juliet --no-reconnect -o text -v 2>err
		wait_for_line err 'online as'
		kill -KILL "$XMPP_PID"
		ends 75
		same stderr 1 "$(grep -c '^xrecv: \(connection lost\|the server closed\)' err)"
	done
}

@test "another login takes the resource: conflict, 75" {
	for server in "${servers[@]}"; do
		on "$server"
		rm -f "$COUPLET_CONFIG"
		new_account juliet capulet.lit 'resource: balcony'
		spawn tool xrecv -v 2>log
		first=$pid
		wait_for_line log 'online as'
		spawn tool xrecv -v 2>log2
		wait_for_line log2 'online as'
		second=$pid pid=$first
		ends 75
		same stderr 1 "$(grep -c '^xrecv: the server ended the stream: conflict' log)"
		kill "$second"
		wait "$second" || true
	done
}

# --- stdout --------------------------------------------------------------

@test "stdout full: 74" {
	fresh prosody
	send 1
	code=0
	receive >/dev/full 2>err || code=$?
	same status 74 "$code"
	same stderr 'xrecv: stdout: No space left on device' "$(head -n 1 err)"
	# And it is not lost.
	the_rest m1
}

@test "stdout closed, or not to be written: 74, before any connection" {
	stub
	code=0
	tool xrecv >&- 2>err || code=$?
	same status 74 "$code"
	same stderr 'xrecv: stdout: Bad file descriptor' "$(cat err)"
	code=0
	tool xrecv 1</dev/null 2>err || code=$?
	same status 74 "$code"
	same connections '' "$(grep connected "$STUB_LOG" || true)"
}

@test "the reader is gone while nothing comes: quietly 141" {
	for server in "${servers[@]}"; do
		fresh "$server"
		unread -v
		wait_for_line err 'online as'
		exec 5>&-
		ends 141
		absent_from err 'more came'
	done
}

# absent_from FILE TEXT
absent_from() {
	if grep -F -- "$2" "$1"; then
		return 1
	fi
}

# hung_up KIND: xrecv's status when the other end of its stdout, a pty or a
# socket, is closed while nothing comes.
hung_up() {
	# shellcheck disable=SC2086 # a command line in words
	python3 -c '
import os, socket, subprocess, sys, tty
if sys.argv[1] == "pty":
    far, near = os.openpty()
    tty.setraw(near)
else:
    far, near = (s.detach() for s in socket.socketpair())
run = subprocess.Popen(sys.argv[2:], stdout=near, stderr=subprocess.PIPE)
os.close(near)
while b"online as" not in run.stderr.readline():
    pass
os.close(far)
print(run.wait(60) & 255)' "$1" ${COUPLET_WRAP:-} "$BIN/xrecv" -v
}

@test "so it is when stdout is a terminal or a socket" {
	stub
	same pty 141 "$(hung_up pty)"
	same socket 141 "$(hung_up socket)"
}

@test "a terminal or socket that takes nothing does not hold up -W" {
	stub deliver=1500 body-bytes=200
	for kind in pty socket; do
		# shellcheck disable=SC2086 # a command line in words
		python3 -c '
import os, socket, subprocess, sys, tty
if sys.argv[1] == "pty":
    far, near = os.openpty()
    tty.setraw(near)
else:
    far, near = (s.detach() for s in socket.socketpair())
sys.exit(subprocess.run(sys.argv[2:], stdout=near, timeout=60).returncode)
' "$kind" ${COUPLET_WRAP:-} "$BIN/xrecv" -W 4 2>err
		grep ' more came and were not read: the server may not keep them' err
	done
}

@test "a reader that begins late gets all of it" {
	for server in "${servers[@]}"; do
		fresh "$server"
		send 3
		unread -c 3
		waits_for_reader
		head -n 3 <&5 >taken
		ends 0
		same taken "$(numbers 1 3)" "$(bodies_in taken)"
		the_rest
	done
}

@test "a reader that does not read: the socket is left alone, memory is bounded" {
	stub deliver=40000 body-bytes=1000
	unread_stub
	waits_for_reader
	# Until nothing happens any more.
	still=0 before=
	until [ "$still" = 5 ]; do
		now=$(cut -d ' ' -f 14 "/proc/$pid/stat")
		[ "$now" = "$before" ] && still=$((still + 1)) || still=0
		before=$now
		nap 0.1
	done
	same 'all delivered' '' "$(grep ' delivered ' "$STUB_LOG" || true)"
	# Sanitizers and valgrind need memory of their own.
	if [ "${BUILD##*/}" = build ] && [ -z "${COUPLET_WRAP:-}" ]; then
		[ "$(hwm)" -lt 24000 ]
	fi
	kill "$pid"
	ends 143
}

# As unread, romeo at the stub.
unread_stub() {
	rm -f pipe
	mkfifo pipe
	exec 5<>pipe
	spawn tool xrecv -o text "$@" >pipe 2>err 5>&-
}

# --- acknowledgements ----------------------------------------------------

# The last h that the stub was told.
h() {
	sed -n 's/.* ack h=\([0-9]*\) .*/\1/p' "$STUB_LOG" | tail -n 1
}

@test "what the reader has not read is not acknowledged; <r/> is answered at once" {
	stub deliver=20 ask=each deliver-gap=10
	unread_stub
	# One answer to each <r/>.
	wait_for_line "$STUB_LOG" ' ack .* delivered=20 '
	# The answer to disco#info and the own presence came before.
	same 'h before' 2 "$(h)"
	head -n 7 <&5 >/dev/null
	kill -TERM "$pid"
	ends 143
	exec 5>&-
}

@test "the count follows the reader, unasked after 100" {
	stub deliver=250 ask=no
	unread_stub
	waits_for_reader
	head -n 250 <&5 >/dev/null
	wait_for_line "$STUB_LOG" ' ack h=(1[0-9][0-9]|2[0-9][0-9]) '
	kill -TERM "$pid"
	ends 143
	wait_for_line "$STUB_LOG" 'end stream'
	same 'h at the end' 'h=252 of 252 delivered=250 unacked=0' \
		"$(sed -n 's/.* end stream .*\(h=.*\)/\1/p' "$STUB_LOG")"
}

# --- signals -------------------------------------------------------------

# signalled NUMBER STATUS ARG... : xrecv at the phase that the stub has reached
# (the line SIGNAL_AT of its log) ends by the signal, soon.
signalled() {
	local begin
	rm -f out
	# A background process of the shell would ignore INT.
	spawn env --default-signal=INT ${COUPLET_WRAP:-} "$BIN/xrecv" "${@:3}" \
		>out 2>err
	wait_for_line "$STUB_LOG" "$SIGNAL_AT"
	begin=$EPOCHREALTIME
	kill "-$1" "$pid"
	ends "$2"
	[ $((${EPOCHREALTIME/./} - ${begin/./})) -lt 10000000 ]
	prints ''
	says
}

@test "INT, TERM and HUP end it in every phase, by themselves and in time" {
	for phase in -tcp -header -starttls -tls -auth -bind ''; do
		for signal in INT:130 TERM:143 HUP:129; do
			stub "silent$phase"
			SIGNAL_AT='fault silent' signalled "${signal%:*}" "${signal#*:}"
			kill "$STUB_PID"
		done
	done
}

@test "also when it is online and idle" {
	stub
	SIGNAL_AT='recv presence' signalled INT 130
	SIGNAL_AT='recv presence' signalled TERM 143
	SIGNAL_AT='recv presence' signalled HUP 129
	wait_for_line "$STUB_LOG" 'end stream'
}

@test "also when nobody reads" {
	for signal in INT:130 TERM:143 HUP:129; do
		stub deliver=5000 body-bytes=200
		rm -f pipe
		mkfifo pipe
		exec 5<>pipe
		spawn env --default-signal=INT ${COUPLET_WRAP:-} "$BIN/xrecv" \
			>pipe 2>err 5>&-
		waits_for_reader
		begin=$EPOCHREALTIME
		kill "-${signal%:*}" "$pid"
		ends "${signal#*:}"
		[ $((${EPOCHREALTIME/./} - ${begin/./})) -lt 10000000 ]
		exec 5>&-
		kill "$STUB_PID"
	done
}

@test "a second signal ends it at once" {
	stub silent-end
	spawn env --default-signal=INT ${COUPLET_WRAP:-} "$BIN/xrecv" 2>err
	wait_for_line "$STUB_LOG" 'recv presence'
	kill -INT "$pid"
	wait_for_line "$STUB_LOG" 'recv end'
	kill -TERM "$pid"
	ends 143
}
