#!/usr/bin/env bats
# What xsend says of each message: the log, the file of what was not confirmed,
# the progress.

bats_require_minimum_version 1.5.0
load lib
load xsend

# fields N[,N...]: of the log's lines, the time aside.
fields() {
	cut -f "$1" log
}

# on_terminal COMMAND...: its stderr is a terminal, of which all goes to the
# file screen; what it has on stdin is the feed's.
on_terminal() {
	python3 -c '
import os, pty, sys
master, slave = pty.openpty()
pid = os.fork()
if pid == 0:
    os.dup2(slave, 2)
    os.close(master)
    os.close(slave)
    os.execvp(sys.argv[1], sys.argv[1:])
os.close(slave)
with open("screen", "wb", buffering=0) as screen:
    while True:
        try:
            data = os.read(master, 4096)
        except OSError:
            break
        if not data:
            break
        screen.write(data)
status = os.waitpid(pid, 0)[1]
sys.exit(os.waitstatus_to_exitcode(status))' "$@"
}

@test "--log-file: a line for each message, when the server has it" {
	for server in "${servers[@]}"; do
		fresh "$server"
		rm -f log
		printf 'one\n\nand two\n' |
			expect_exit 0 tool xsend -l --log-file log --print-id "$juliet"
		same 'mode' 600 "$(stat -c %a log)"
		same 'lines' "$romeo|$juliet|sent||1
$romeo|$juliet|sent||1" "$(fields 2,3,6,7,8 | tr '\t' '|')"
		same 'ids' "$(cat out)" "$(fields 4)"
		[ "$(grep -cE '^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:]{8}\.[0-9]{3}Z	' log)" = 2 ]
		[ "$(fields 5 | grep -cE '^[1-9][0-9]+$')" = 2 ]
		says
		expect_exit 0 tool xsend --log-file log -m three "$juliet"
		same 'lines of both runs' 3 "$(wc -l <log)"
	done
}

@test "--log-file: a bounce is a line, with its condition" {
	for server in "${servers[@]}"; do
		fresh "$server"
		rm -f log
		expect_exit 2 tool xsend --log-file log -m hi nobody@capulet.lit "$juliet"
		same 'results' "$(printf '%s|%s\n' "$juliet" sent \
			nobody@capulet.lit refused nobody@capulet.lit sent)" \
			"$(fields 3,6 | tr '\t' '|' | sort)"
		grep -qE '	refused	service-unavailable' log
	done
}

@test "--log-file: what cannot be written is said once, and changes nothing" {
	stub ok
	mkdir folder
	expect_exit 0 tool xsend -l --log-file folder juliet@capulet.lit <<<$'a\nb'
	says 'xsend: folder: the log is not complete: Is a directory'
	same 'sent' 2 "$(bodies | wc -l)"
	expect_exit 0 tool xsend -l --log-file /dev/full juliet@capulet.lit <<<$'a\nb'
	says 'xsend: /dev/full: the log is not complete: No space left on device'
}

@test "--syslog: a datagram for each message; without a syslog it is said once" {
	stub ok
	export COUPLET_SYSLOG=$HOME/syslog
	expect_exit 0 tool xsend -l --syslog juliet@capulet.lit <<<$'a\nb'
	says 'xsend: syslog: the log is not complete: No such file or directory'
	spawn python3 -uc '
import socket
s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
s.bind("syslog")
print("ready")
while True:
    print(s.recv(65536).decode())' >heard
	wait_for_line heard ready 120
	expect_exit 0 tool xsend --syslog --id i1 -m a juliet@capulet.lit
	wait_for_line heard '^<14>.* xsend\[[0-9]+\]: account=romeo@montague.lit to=juliet@capulet.lit id=i1 bytes=[0-9]+ result=sent attempts=1 condition=$' 120
}

@test "[v] --unsent: what may have arrived is there with its id and a delay" {
	stub silent-ack
	feed tool xsend -l --print-id --unsent rest --log-file log \
		juliet@capulet.lit >out 2>err
	printf 'a\nb<\n' >&8
	wait_for_line "$STUB_LOG" '<body>b&lt;</body>' 120
	kill -TERM "$pid"
	ends 143
	same 'ids' "$(cat out)" "$(sed 's/.* id="\([^"]*\)".*/\1/' rest)"
	same 'bodies' $'a\nb&lt;' "$(sed 's/.*<body>\(.*\)<\/body>.*/\1/' rest)"
	same 'delays' 2 "$(grep -cE '<delay [^>]*xmlns="urn:xmpp:delay"' rest)"
	same 'stamps' 2 "$(grep -cE 'stamp="[0-9-]{10}T[0-9:]{8}Z"' rest)"
	same 'whose' 2 "$(grep -cF 'from="romeo@montague.lit"' rest)"
	same 'mode' 600 "$(stat -c %a rest)"
	same 'results' $'unknown\t\t1\nunknown\t\t1' "$(fields 6-8)"
	says 'xsend: stdin:1: unknown outcome: 2 of 2 messages are not confirmed, from here on' \
		'xsend: rest: 2 of unknown outcome and 0 not sent' \
		'xsend: stdin:3: not read, from here on'

	# Exactly these again, and then there is no file any more.
	stub ok
	mv rest again
	echo old >rest
	expect_exit 0 tool xsend -x --unsent rest <again
	same 'sent again' "$(sed 's/.* id="\([^"]*\)".*/\1/' again)" \
		"$(on_wire message | sed 's/.* id="\([^"]*\)".*/\1/')"
	same 'delays again' 2 "$(on_wire message | grep -c '<delay ')"
	[ ! -e rest ]
	is_silent
}

@test "--unsent: what never left has no delay, and a rerun goes on exactly there" {
	local next
	# 1000 wait for the server; what is at hand is not sent, the others are
	# not read.
	stub silent-ack
	seq 2000 >in
	spawn tool xsend -l --unsent rest a@capulet.lit b@capulet.lit \
		c@capulet.lit <in 2>err
	wait_for_line "$STUB_LOG" 'to="a@capulet.lit".*<body>334</body>' 120
	kill -TERM "$pid"
	ends 143
	same 'delayed ones' 1000 "$(grep -c '<delay ' rest)"
	same 'they are the first' "$(head -n 1000 rest)" "$(grep '<delay ' rest)"
	same 'the next ones' $'b@capulet.lit 334\nc@capulet.lit 334' \
		"$(sed -n -e '1001,1002s/.* to="\([^"]*\)".*<body>\(.*\)<\/body>.*/\1 \2/p' rest)"
	same 'all have an id' "$(wc -l <rest)" \
		"$(grep -oE ' id="[A-Za-z0-9_-]{22}"' rest | sort -u | wc -l)"
	grep -qx 'xsend: stdin:1: unknown outcome: 1000 of 1000 messages are not confirmed, from here on' err
	grep -qxE 'xsend: stdin:334: [0-9]+ messages are not sent, from here on' err
	next=$(sed -n 's/^xsend: stdin:\([0-9]*\): not read, from here on$/\1/p' err)

	stub ok
	mv rest again
	expect_exit 0 tool xsend -x --unsent rest <again
	tail -n "+$next" in | expect_exit 0 tool xsend -l a@capulet.lit b@capulet.lit c@capulet.lit
	same 'all of them' "$(seq 2000 | sed 'p;p')" "$(bodies)"
}

@test "--unsent: stdin that breaks off was not read to its end" {
	stub ok
	expect_exit 74 tool xsend -l --unsent rest juliet@capulet.lit <.
	says 'xsend: stdin: Is a directory' \
		'xsend: stdin:1: not read, from here on'
}

@test "--retry: what left twice has 2 attempts, an iq set that was given up is unsent" {
	printf 'urn:x\t\n' >answers
	stub close-after-first-message times=1 answers="$HOME/answers"
	cat >in <<-'END'
		<iq id="i1" type="set" to="capulet.lit"><x xmlns="urn:x"/></iq>
		<message id="m1" to="juliet@capulet.lit"><body>a</body></message>
	END
	feed tool xsend -x --retry 600 --bounce-wait 0 --log-file log --unsent rest 2>err
	cat in >&8
	wait_for_line log '	m1	[0-9]*	sent		2$' 120
	echo '<message id="m2" to="juliet@capulet.lit"><body>b</body></message>' >&8
	wait_for_line log '	m2	[0-9]*	sent		1$' 120
	exec 8>&-
	ends 2
	same 'results' $'i1\tunknown\nm1\tsent\nm2\tsent' "$(fields 4,6 | sort)"
	same 'the iq' '<iq id="i1" to="capulet.lit" type="set"><x xmlns="urn:x"/></iq>' \
		"$(cat rest)"
	tail -n 1 err | grep -qx 'xsend: rest: 1 of unknown outcome and 0 not sent'
}

@test "--unsent: a login that is refused leaves all of stdin there" {
	stub refuse=not-authorized
	echo 'a secret' | expect_exit 77 tool xsend --unsent rest juliet@capulet.lit nurse@capulet.lit
	same 'to' $'juliet@capulet.lit\nnurse@capulet.lit' \
		"$(sed 's/.* to="\([^"]*\)".*/\1/' rest)"
	same 'ids' 2 "$(grep -oE ' id="[A-Za-z0-9_-]{22}"' rest | sort -u | wc -l)"
	same 'bodies' 2 "$(grep -c '<body>a secret</body>' rest)"
	same 'no delays' 0 "$(grep -c '<delay' rest)"
	grep -qx 'xsend: stdin: 2 messages are not sent, from here on' err
	grep -qx 'xsend: rest: 0 of unknown outcome and 2 not sent' err

	expect_exit 77 tool xsend -m a --unsent rest juliet@capulet.lit
	grep -qx 'xsend: -m: 1 message is not sent, from here on' err

	expect_exit 77 tool xsend -l --unsent rest juliet@capulet.lit <<<$'a\nb'
	grep -qx 'xsend: stdin:1: not read, from here on' err
	[ ! -e rest ]
}

@test "--unsent: a file that cannot be is an error before anything is sent" {
	stub ok
	mkdir folder
	echo '<message to="juliet@capulet.lit"><body>x</body></message>' >in
	expect_exit 74 tool xsend -m hi --unsent no/rest juliet@capulet.lit
	says 'xsend: --unsent: no/rest: No such file or directory'
	expect_exit 74 tool xsend -m hi --unsent folder juliet@capulet.lit
	says 'xsend: --unsent: folder: not a file'
	# shellcheck disable=SC2094 # it does not come to that
	expect_exit 64 tool xsend -x --unsent in <in
	head -n 1 err | grep -qx 'xsend: --unsent: in: it is what is read'
	same 'still there' 1 "$(wc -l <in)"
	nothing_sent
}

@test "--unsent: a file that cannot be written at the end: 74" {
	stub silent-ack
	mkdir gone
	feed tool xsend -l --unsent gone/rest juliet@capulet.lit 2>err
	echo a >&8
	wait_for_line "$STUB_LOG" '<body>a</body>' 120
	rmdir gone
	kill -TERM "$pid"
	ends 143
	grep -qx 'xsend: --unsent: gone/rest: No such file or directory' err
}

@test "a signal: what the server still acknowledges is acknowledged" {
	# On a machine that is slow it may come too late.
	for try in 1 2 3 4 5; do
		echo "# attempt $try"
		stub ack-delay=100
		feed tool xsend -l --unsent rest juliet@capulet.lit 2>err
		echo a >&8
		wait_for_line "$STUB_LOG" '<body>a</body>' 120
		kill -TERM "$pid"
		ends 143
		[ -e rest ] || break
	done
	same stderr 'xsend: stdin:2: not read, from here on' "$(cat err)"
	[ ! -e rest ]
}

@test "--progress: lines without a terminal; -q silences it" {
	stub ok
	expect_exit 0 tool xsend -l --progress juliet@capulet.lit <<<$'a\nb'
	same 'other lines' 0 "$(grep -vcE '^xsend: [12] sent, [012] acknowledged, [0-9.]+/s$' err)"
	tail -n 1 err | grep -q '^xsend: 2 sent, 2 acknowledged, '
	expect_exit 0 tool xsend -l -q --progress juliet@capulet.lit <<<$'a\nb'
	is_silent
	expect_exit 0 tool xsend -l juliet@capulet.lit <<<$'a\nb'
	is_silent
}

@test "USR1: how it stands, as often as it is asked, and nothing ends" {
	stub ok
	feed tool xsend -l juliet@capulet.lit 2>err
	echo a >&8
	wait_for_line "$STUB_LOG" '<body>a</body>' 120
	kill -USR1 "$pid"
	wait_for_line err '^xsend: 1 sent, [01] acknowledged, [0-9.]+/s$' 120
	echo b >&8
	wait_for_line "$STUB_LOG" '<body>b</body>' 120
	kill -USR1 "$pid"
	wait_for_line err '^xsend: 2 sent, [12] acknowledged, [0-9.]+/s$' 120
	exec 8>&-
	ends 0
}

@test "on a terminal one line is written over, and makes room for messages" {
	local i=0 line
	stub bounce=nurse@capulet.lit cond=item-not-found after=arrival
	: >screen
	feed on_terminal "$BIN/xsend" -l juliet@capulet.lit nurse@capulet.lit
	# It is shown once the run is a second old, when something is new.
	until grep -q 'acknowledged' screen; do
		[ $((++i)) -lt 300 ]
		echo "$i" >&8
		wait_for_line "$STUB_LOG" "nurse@capulet.lit.*<body>$i</body>" 120
		nap 0.1
	done
	echo last >&8
	exec 8>&-
	ends 2
	# Each line as it stands in the end: what a CR has not written over.
	python3 -c '
import sys
text = open("screen", newline="").read().replace("\r\n", "\n")
for row in text.split("\n"):
    cells = []
    at = 0
    for c in row:
        if c == "\r":
            at = 0
            continue
        cells[at:at + 1] = [c]
        at += 1
    print("".join(cells).rstrip())' >rows
	same 'rows that are none of a message' 1 \
		"$(grep -vcE '^xsend: stdin:[0-9]+: message [^ ]+: nurse@capulet.lit: item-not-found|^xsend: stdin:[0-9]+: nurse@capulet.lit: message [^ ]+: item-not-found|^$' rows)"
	line=$(grep acknowledged rows)
	same 'the last word' "$(((i + 1) * 2)) $(((i + 1) * 2)) $((i + 1))" \
		"$(sed -nE 's/^xsend: ([0-9]+) sent, ([0-9]+) acknowledged, ([0-9]+) refused, [0-9.]+\/s$/\1 \2 \3/p' <<<"$line")"
}
