#!/usr/bin/env bats
# xsend: what bad input gets, what the options refuse, and signals.

bats_require_minimum_version 1.5.0
load lib
load xsend

usage='Usage: xsend [options] JID|ALIAS...
       xsend -x|-j [options] [JID|ALIAS...]'

# nowhere: an account whose server is not there.
nowhere() {
	XMPP_HOST=127.0.0.1 XMPP_PORT=1 XMPP_CA=$STUB_CERTS/ca.pem
	rm -f "$COUPLET_CONFIG"
	config_for romeo romeo@montague.lit rosaline
}

# refuses TEXT ARG...: a usage error.
refuses() {
	expect_exit 64 tool xsend "${@:2}" </dev/null
	prints ''
	says "xsend: $1" "$usage"
}

# --- the command line ----------------------------------------------------

@test "a malformed JID on the command line: 64" {
	nowhere
	expect_exit 64 tool xsend -m a 'juliet@capulet@lit'
	prints ''
	says "xsend: 'juliet@capulet@lit' has a character that a domain must not have"
	expect_exit 64 tool xsend -m a @capulet.lit
	says "xsend: '@capulet.lit' has an empty localpart"
	expect_exit 64 tool xsend -m a juliet@capulet.lit '' </dev/null
	says "xsend: '' is an empty JID"
	expect_exit 64 tool xsend -m a $'juliet@capulet.lit/\x01'
	says "xsend: 'juliet@capulet.lit/"$'\xef\xbf\xbd'"' is not UTF-8, or has a control character"
}

@test "an unknown alias: 64, with a suggestion" {
	nowhere
	printf 'aliases:\n  nurse: nurse@capulet.lit\n' >>"$COUPLET_CONFIG"
	expect_exit 64 tool xsend -m a nures
	says "xsend: unknown alias 'nures' (did you mean 'nurse'?)"
	expect_exit 64 tool xsend -m a friar
	says "xsend: unknown alias 'friar'"
}

@test "a malformed JID in a file: 65, with file and line" {
	nowhere
	printf '# family\njuliet@capulet.lit\n\n@capulet.lit\n' >family
	expect_exit 65 tool xsend -m a -r family
	says "xsend: family:4: '@capulet.lit' has an empty localpart"
	printf 'friar\n' >friends
	expect_exit 65 tool xsend -m a -r friends
	says "xsend: friends:1: unknown alias 'friar'"
	printf 'juliet@capulet.lit\njuliet@capulet.lit\0.verona.lit\n' >nul
	expect_exit 65 tool xsend -m a -r nul
	says 'xsend: nul:2: a line with a NUL'
}

@test "a file of recipients that is not there, or no file: 66" {
	nowhere
	expect_exit 66 tool xsend -m a -r family
	says 'xsend: family: No such file or directory'
	mkdir folder
	expect_exit 66 tool xsend -m a -r folder
	says 'xsend: folder: Is a directory'
}

@test "a file of recipients without end: 65" {
	nowhere
	expect_exit 65 timeout 60 "$BIN/xsend" -m a -r /dev/zero
	says 'xsend: /dev/zero is over 1048576 bytes'
}

@test "no recipients: 64, with the synopsis" {
	nowhere
	refuses 'no recipient'
	refuses 'no recipient' -m a
	printf '# nobody\n\n' >empty
	refuses 'no recipient' -m a -r empty
}

@test "an unknown option, or one without its value: 64, with the synopsis" {
	nowhere
	for arguments in --nonsense --message -Q -t; do
		expect_exit 64 tool xsend "$arguments" </dev/null
		prints ''
		same 'synopsis' "$usage" "$(tail -n +2 err)"
		grep -qE "^[^ ]*xsend: .*option.*${arguments#-}" err
	done
}

@test "options that do not go together: 64" {
	nowhere
	to=juliet@capulet.lit
	refuses '-l, -0 and -x or -j exclude each other' -l -0 $to
	refuses '-l, -0 and -x or -j exclude each other' -x -l $to
	refuses '-l, -0 and -x or -j exclude each other' -0 -j $to
	refuses '-m goes without -l, -0, -x and -j' -m a -l $to
	refuses '-m goes without -l, -0, -x and -j' -x -m a $to
	refuses '-t, -s, --thread and --id are for text, not for -x and -j' -x -t chat
	refuses '-t, -s, --thread and --id are for text, not for -x and -j' -x -s a
	refuses '-t, -s, --thread and --id are for text, not for -x and -j' -x --id a
	refuses '--reply and --to-self go with -x or -j' --reply -m a $to
	refuses '--reply and --to-self go with -x or -j' --to-self -l $to
	refuses '--reply goes without recipients' -x --reply $to
	refuses '--password-fd 0: the body is on stdin' --password-fd 0 $to
	refuses '-r -: the body is on stdin' -r - $to
	refuses "--type: 'loud' is not chat, normal, headline or groupchat" \
		-t loud $to
}

@test "numbers that are none, or out of bounds: 64" {
	nowhere
	for value in '' x 1x -1 3601 1e3 ' 1'; do
		expect_exit 64 tool xsend --bounce-wait "$value" -m a a@b.lit
		grep -q '^xsend: --bounce-wait: ' err
		same 'synopsis' "$usage" "$(tail -n +2 err)"
	done
}

@test "-h prints the options, -V the versions, on stdout" {
	expect_exit 0 tool xsend --help
	says
	same 'synopsis' "$usage" "$(head -n 2 out)"
	for option in -m -l -0 -x -r -t -s --thread --id --reply --to-self \
		--sanitize --print-id --bounce-wait -a -C -W -P; do
		grep -qE "^ +(-., )?$option\\b" out
	done
	expect_exit 0 tool xsend -V
	says
	grep -qE '^xsend [0-9.]+$' out
	full() { tool xsend --help >/dev/full 2>err; }
	run -74 full
	says 'xsend: stdout: No space left on device'
}

@test "-P prints the settings and where they are from, and connects nowhere" {
	stub
	expect_exit 0 tool xsend -P -W 5 "$juliet" </dev/null
	says
	same 'settings' "$(printf '%s\t%s\t%s\n' \
		account romeo default \
		jid romeo@montague.lit "$COUPLET_CONFIG:4:10" \
		password '*' "$COUPLET_CONFIG:5:15" \
		server "127.0.0.1:$STUB_PORT" "$COUPLET_CONFIG:7:13" \
		tls auto default \
		ca_file "$STUB_CA" "$COUPLET_CONFIG:6:14" \
		connect_timeout 30 default \
		timeout 5 --timeout)" "$(cat out)"
	run ! grep -r rosaline out err
	run ! grep connected "$STUB_LOG"
}

# --- text ----------------------------------------------------------------

@test "nothing on stdin, or one newline: nothing is sent, 0, and nobody is called" {
	stub
	expect_exit 0 tool xsend "$juliet" </dev/null
	is_silent
	echo | expect_exit 0 tool xsend "$juliet"
	is_silent
	expect_exit 0 tool xsend -m '' "$juliet"
	is_silent
	run ! grep connected "$STUB_LOG"
	for mode in -l -0 -x; do
		expect_exit 0 tool xsend "$mode" "$juliet" </dev/null
		is_silent
	done
	printf '\n\n\n' | expect_exit 0 tool xsend -l "$juliet"
	is_silent
	printf ' \n\t\n' | expect_exit 0 tool xsend -x "$juliet"
	is_silent
	nothing_sent
}

@test "a body that is not UTF-8, or has a NUL or a control character: 65" {
	stub
	printf 'caf\xe9' | expect_exit 65 tool xsend "$juliet"
	says 'xsend: stdin: byte 4 (0xe9) is not UTF-8'
	printf 'a\0b' | expect_exit 65 tool xsend "$juliet"
	says 'xsend: stdin: byte 2: XML forbids the character U+0000'
	printf '\x1b[31mred' | expect_exit 65 tool xsend "$juliet"
	says 'xsend: stdin: byte 1: XML forbids the character U+001B'
	printf 'a\xef\xbf\xbf' | expect_exit 65 tool xsend "$juliet"
	says 'xsend: stdin: byte 2: XML forbids the character U+FFFF'
	printf '\xed\xa0\x80' | expect_exit 65 tool xsend "$juliet"
	says 'xsend: stdin: byte 1 (0xed) is not UTF-8'
	expect_exit 65 tool xsend -m $'\xff' "$juliet"
	says 'xsend: -m: byte 1 (0xff) is not UTF-8'
	for option in --subject --thread --id; do
		expect_exit 65 tool xsend -m a "$option" $'a\x01' "$juliet"
		says "xsend: $option: byte 2: XML forbids the character U+0001"
	done
	run ! grep connected "$STUB_LOG"
}

@test "bad lines are named by number, and the others are sent: 2" {
	for server in "${servers[@]}"; do
		fresh "$server"
		printf 'one\n\n\xff\nfour\na\0b\nsix' |
			expect_exit 2 tool xsend -l "$juliet"
		prints ''
		says 'xsend: stdin:3: byte 1 (0xff) is not UTF-8' \
			'xsend: stdin:5: byte 2: XML forbids the character U+0000'
		printf 'one\0\0a\x01\0four' | expect_exit 2 tool xsend -0 "$juliet"
		says 'xsend: stdin: record 3: byte 2: XML forbids the character U+0001'
		arrives one four six one four
	done
}

@test "a line or record over 16 MB costs only itself" {
	stub
	head -c 17000000 /dev/zero | tr '\0' x >long
	{ echo one; cat long; printf '\n\n'; seq 1000; } |
		expect_exit 2 tool xsend -l --unsent rest "$juliet"
	says 'xsend: stdin:2: more than 16777216 bytes'
	same 'the others' "$(echo one; seq 1000)" "$(bodies)"
	[ ! -e rest ]
	stub
	{ printf 'one\0'; cat long; printf '\0two'; } |
		expect_exit 2 tool xsend -0 "$juliet"
	says 'xsend: stdin: record 2: more than 16777216 bytes'
	same 'the others' $'one\ntwo' "$(bodies)"
	stub
	expect_exit 65 tool xsend -l "$juliet" <long
	says 'xsend: stdin:1: more than 16777216 bytes'
	nothing_sent
}

@test "all of them bad: 65, and nothing is sent" {
	stub
	printf '\xff\n\xfe\n' | expect_exit 65 tool xsend -l "$juliet"
	says 'xsend: stdin:1: byte 1 (0xff) is not UTF-8' \
		'xsend: stdin:2: byte 1 (0xfe) is not UTF-8'
	printf '%s\n' '<message>' '<presence/' | expect_exit 65 tool xsend -x
	prints ''
	nothing_sent
}

@test "a body over the server's limit: 65, with both sizes" {
	head -c 262144 /dev/zero | tr '\0' x >body
	fresh prosody
	expect_exit 65 tool xsend --id i "$juliet" <body
	around="<message id='i' to='$juliet' type='chat'><body></body></message>"
	says "xsend: stdin: the stanza has $((262144 + ${#around})) bytes, the server takes 262144"
	arrives
	stub limit=1000
	head -c 2000 body | expect_exit 65 tool xsend --id i "$juliet"
	says "xsend: stdin: the stanza has 2075 bytes, the server takes 1000"
	nothing_sent
	{
		echo one
		head -c 1001 body
		printf '\nthree\n'
	} | expect_exit 2 tool xsend -l --id i "$juliet"
	says 'xsend: stdin:2: the stanza has 1076 bytes, the server takes 1000'
	same 'the others' $'one\nthree' "$(bodies)"
}

@test "the limit itself is not over the limit" {
	stub limit=1000 enforce=1000
	head -c 925 /dev/zero | tr '\0' x |
		expect_exit 0 tool xsend --id i "$juliet"
	head -c 926 /dev/zero | tr '\0' x |
		expect_exit 65 tool xsend --id i "$juliet"
	same 'sizes' 1000 "$(on_wire message | tr -d '\n' | wc -c)"
}

@test "a body over a limit that the server does not tell: not 0" {
	fresh ejabberd
	head -c 600000 /dev/zero | tr '\0' x |
		expect_exit 76 tool xsend "$juliet"
	says 'xsend: the server ended the stream: policy-violation (XML stanza is too big)' \
		'xsend: stdin: unknown outcome: 1 of 1 message is not confirmed, from here on'
}

@test "a body over our own limit: 65" {
	nowhere
	head -c 17000000 /dev/zero | tr '\0' x |
		expect_exit 65 tool xsend juliet@capulet.lit
	prints ''
	grep -qE '^xsend: .*stdin.* is over [0-9]+ bytes$' err
}

# --- stanzas -------------------------------------------------------------

@test "malformed XML in the third of five: named by record and line, four are sent" {
	for server in "${servers[@]}"; do
		fresh "$server"
		for word in one two 'three</subject>' four five; do
			echo "<message to='$juliet' type='chat'><body>$word</body></message>"
		done >five
		expect_exit 2 tool xsend -x <five
		prints ''
		grep -qE '^xsend: stdin: record 3: line 3, column [0-9]+: mismatched tag$' err
		same 'lines on stderr' 1 "$(wc -l <err)"
		arrives one two four five
	done
}

@test "entities, external ones and billions of laughs are refused, and not expanded" {
	stub
	expect_exit 65 tool xsend -x <<-EOF
		<!DOCTYPE message [ <!ENTITY xxe SYSTEM "file:///etc/passwd"> ]>
		<message to="$juliet"><body>&xxe;</body></message>
	EOF
	says 'xsend: stdin: record 1: line 1, column 3: a DOCTYPE or declaration is not allowed' \
		'xsend: stdin: record 2: line 2, column 40: undefined entity'
	expect_exit 2 tool xsend -x "$juliet" <"$tests/corpus/laughs.xml"
	says 'xsend: stdin: record 1: line 1, column 3: a DOCTYPE or declaration is not allowed' \
		'xsend: stdin: record 2: line 13, column 16: undefined entity'
	same 'what was sent' fine "$(bodies)"
}

@test "hostile stanzas: each bad one is named, each good one is sent" {
	stub
	for file in "$tests"/corpus/*.xml; do
		hostile -x "$file" "${file%.xml}.out"
	done
}

@test "a malformed JID in a stanza: 65, with the record" {
	stub
	cat >stanzas <<-EOF
		<message to="$juliet"><body>one</body></message>

		<message to="@capulet.lit"><body>two</body></message>
		<message><body>three</body></message>
	EOF
	expect_exit 2 tool xsend -x <stanzas
	says "xsend: stdin: record 2 (line 3): '@capulet.lit' has an empty localpart" \
		'xsend: stdin: record 3 (line 4): a message without recipient'
	same 'what was sent' one "$(bodies)"
	tail -n 1 stanzas | expect_exit 65 tool xsend -x
}

@test "a stanza of type error, or one to reply to without from: 65" {
	stub
	printf "<message to='%s' type='error'><body>a</body></message>" "$juliet" |
		expect_exit 65 tool xsend -x
	says 'xsend: stdin: record 1 (line 1): a stanza of type error is not sent'
	printf "<message to='%s'><body>a</body></message>" "$juliet" |
		expect_exit 65 tool xsend -x --reply
	says 'xsend: stdin: record 1 (line 1): no from to reply to'
	nothing_sent
}

# --- stdout --------------------------------------------------------------

@test "--print-id with stdout full or closed: 74" {
	stub
	full() { tool xsend --print-id -m a "$juliet" >/dev/full 2>err; }
	run -74 full
	says 'xsend: stdout: No space left on device'
	closed() { tool xsend --print-id -m b "$juliet" >&- 2>err; }
	run -74 closed
	says 'xsend: stdout: Bad file descriptor'
	nothing_sent
}

@test "without --print-id stdout may be full or closed" {
	stub
	tool xsend -m a "$juliet" >/dev/full
	tool xsend -m b "$juliet" >&-
	same 'what was sent' $'a\nb' "$(bodies)"
}

@test "the reader of the ids is gone: quietly 141, also while idle" {
	stub
	mkfifo ids
	# Read and write, as no reader is there yet.
	exec 7<>ids
	feed tool xsend -l --print-id "$juliet" >ids 2>err 7>&-
	exec 6<ids 7>&-
	echo one >&8
	read -r id <&6
	wait_for_line "$STUB_LOG" ' recv message '
	same 'the id' "$(on_wire message | sed 's/.* id="\([^"]*\)".*/\1/')" "$id"
	exec 6<&-
	ends 141
	exec 8>&-
	says
}

# --- signals -------------------------------------------------------------

# What the process started by the perl script came to, in the file fate.
watcher='
	my $pid = fork;
	if (!$pid) {
		# A background process of the shell ignores it.
		$SIG{INT} = "DEFAULT";
		exec @ARGV;
		exit 127;
	}
	open F, ">", "child.new"; print F "$pid\n"; close F;
	rename "child.new", "child";
	waitpid $pid, 0;
	open F, ">", "fate.new";
	print F $? & 127 ? "signal " . ($? & 127) : "exit " . ($? >> 8), "\n";
	close F;
	rename "fate.new", "fate";'

# watched ARG...: xsend with these, its stdin fed by descriptor 8, its stdout
# in the file out, or $stdout.
watched() {
	rm -f child fate
	: >out
	# shellcheck disable=SC2086 # a command line in words
	feed perl -e "$watcher" ${COUPLET_WRAP:-} "$BIN/xsend" "$@" \
		>"${stdout:-out}" 2>err 7>&-
	wait_for_line child .
}

# dies_by NUMBER [LINE...]: the signal ends it, by itself, within its 2 seconds,
# and these lines are on stderr.
dies_by() {
	kill "-$1" "$(cat child)"
	wait_for_line fate . 15
	exec 8>&-
	same 'what ended it' "signal $1" "$(cat fate)"
	prints ''
	says "${@:2}"
}

# catches PID SIGNAL: the process has a handler for it.
catches() {
	local mask end=$((SECONDS + 30))
	until mask=$(sed -n 's/^SigCgt:\t//p' "/proc/$1/status" \
		2>/dev/null) && [ $((16#${mask:-0} >> ($2 - 1) & 1)) = 1 ]; do
		[ "$SECONDS" -lt "$end" ]
		nap 0.02
	done
}

@test "a signal while stdin is read: nothing is sent" {
	stub
	for signal in 2 15 1; do
		watched "$juliet"
		echo half >&8
		catches "$(cat child)" "$signal"
		dies_by "$signal"
	done
	run ! grep connected "$STUB_LOG"
}

@test "a signal while connecting, in TLS, while logging in" {
	for phase in tcp header starttls tls auth bind; do
		stub "silent-$phase"
		signal=2
		[ "$phase" != tls ] || signal=15
		[ "$phase" != auth ] || signal=1
		watched -m a "$juliet"
		wait_for_line "$STUB_LOG" "fault silent at $phase"
		dies_by "$signal"
		nothing_sent
	done
}

@test "a signal while the acknowledgement is waited for: what is unknown is named" {
	stub silent-ack
	for signal in 2 15 1; do
		watched -m a "$juliet"
		wait_for_line "$STUB_LOG" 'c[0-9]* recv r '
		dies_by "$signal" 'xsend: -m: unknown outcome: 1 of 1 message is not confirmed, from here on'
		wait_for_line "$STUB_LOG" ' end stream '
		kill "$STUB_PID"
		stub silent-ack
	done
}

@test "a signal between two lines: all before it is sent, the stream is closed" {
	stub
	watched -l "$juliet"
	printf 'one\ntwo\nha' >&8
	wait_for_line "$STUB_LOG" 'sent <a .*h="2"'
	dies_by 2
	wait_for_line "$STUB_LOG" ' end stream '
	same 'what was sent' $'one\ntwo' "$(bodies)"
}

@test "a signal while bounces are waited for" {
	stub ping-no-answer
	watched -m a --bounce-wait 30 "$juliet"
	wait_for_line "$STUB_LOG" 'sent <a '
	dies_by 15
	wait_for_line "$STUB_LOG" ' end stream '
}

@test "a signal while the server takes nothing: over soon" {
	stub silent-ack at=message silent
	yes "$(head -c 10000 /dev/zero | tr '\0' x)" | head -n 300 >lots
	watched -l "$juliet"
	spawn cp lots lines
	wait_for_line "$STUB_LOG" 'fault silent at message'
	dies_by 2 "$(sed 's/^/x/' err)" || true
	same 'what ended it' 'signal 2' "$(cat fate)"
	grep -qE '^xsend: stdin:1: unknown outcome: [0-9]+ of [0-9]+ messages are not confirmed, from here on$' err
}

@test "ids that nobody reads: they are waited for, but not by a signal or -W" {
	stub
	mkfifo ids
	exec 7<>ids
	# More of them than a pipe holds.
	seq 5000 >many
	stdout=ids watched -l --print-id "$juliet"
	cat many >&8
	exec 8>&-
	wait_for_line "$STUB_LOG" ' end stream '
	[ -d "/proc/$(cat child)" ]
	dies_by 2
	stdout=ids watched -l --print-id -W 6 "$juliet"
	cat many >&8
	exec 8>&-
	wait_for_line fate .
	same 'exit status' 'exit 124' "$(cat fate)"
	says 'xsend: timed out (-W)'
}
