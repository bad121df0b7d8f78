#!/usr/bin/env bats
# xsend --queue: what cannot be delivered waits, and goes first the next time.

bats_require_minimum_version 1.5.0
load lib
load xsend
load queue

@test "[v] what cannot be delivered waits, the status is 3, and it goes first the next time" {
	for server in "${servers[@]}"; do
		fresh "$server"
		rm -rf "$XDG_STATE_HOME"
		queues 3 one "$juliet"
		says 'xsend: 127.0.0.1:1: Connection refused' \
			'xsend: 1 message is queued'
		printf 'two\nthree\n' | expect_exit 3 tool xsend --queue \
			-H 127.0.0.1:1 --tls starttls -l "$juliet"
		says 'xsend: 127.0.0.1:1: Connection refused' \
			'xsend: 2 messages are queued'
		waits one two three
		expect_exit 0 tool xsend --queue -m four "$juliet"
		is_silent
		waits
		arrives one two three four
	done
}

@test "an account that has a name of its own for each login alone" {
	once prosody anonymous=yes external=yes
	nobody() {
		expect_exit "$1" tool xsend -C /dev/null -u anon.lit \
			--ca-file "$XMPP_CA" -H "127.0.0.1:$2" --queue -v \
			--bounce-wait 0 -m "$3" juliet@capulet.lit
	}
	nobody 3 1 one
	nobody 0 "$XMPP_PORT" two
	grep -qE '^xsend: [^ ]+: sent$' err
	run ! grep -q torn err
	expect_exit 0 tool xqueue -C /dev/null -u anon.lit list
	same 'left' '' "$(<out)"
}

@test "--queue-ok: it is no failure, and nothing is said" {
	fresh prosody
	expect_exit 0 tool xsend -H 127.0.0.1:1 --tls starttls --queue-ok \
		-m one "$juliet"
	is_silent
	waits one
}

@test "without --queue nothing waits, and what waits is left alone" {
	fresh prosody
	queues 3 one "$juliet"
	expect_exit 75 tool xsend -H 127.0.0.1:1 --tls starttls -m two "$juliet"
	waits one
	expect_exit 0 tool xsend -m three "$juliet"
	waits one
	arrives three
}

@test "each recipient has a message of its own, and --print-id prints the id that it keeps" {
	fresh prosody
	expect_exit 3 tool xsend -H 127.0.0.1:1 --tls starttls --queue \
		--print-id -m one "$juliet" nurse@capulet.lit
	same 'the ids' "$(cat out)" "$(tool xqueue list -j | jq -r .message.id)"
	same 'recipients' "$juliet nurse@capulet.lit" \
		"$(tool xqueue list | cut -f 5 | xargs)"
}

@test "what was queued says when, and has its id" {
	for server in "${servers[@]}"; do
		fresh "$server"
		rm -rf "$XDG_STATE_HOME"
		queues 3 one "$juliet"
		tool xqueue list -j >list
		expect_exit 0 tool xsend --queue -m two "$juliet"
		expect_exit 0 tool xrecv -a juliet -c 2 -W 30 -j
		same 'the id' "$(jq -r .message.id list)" \
			"$(head -1 out | jq -r .id)"
		head -1 out | jq -e --arg at "$(jq -r .queued list)" \
			'[.. | strings | select(contains($at))] != []'
	done
}

@test "whatever the reason: a login that is refused, a domain that is none" {
	fresh prosody
	sed "s/password: .*/password: wrong/" "$COUPLET_CONFIG" >wrong.yaml
	chmod 600 wrong.yaml
	expect_exit 3 tool xsend -C wrong.yaml --queue -m one "$juliet"
	grep -q 'login refused' err
	queues 3 two "$juliet"
	waits one two
}

# --- the order -----------------------------------------------------------

@test "who has more waiting than is taken along has to wait, others have not" {
	fresh prosody
	new_account nurse capulet.lit
	juliet=$nurse many 101
	expect_exit 3 tool xsend --queue -m behind "$nurse"
	says 'xsend: 1 message is queued'
	waits 101 behind
	expect_exit 0 tool xsend --queue -m 'to another' "$juliet"
	waits
	arrives 'to another'
}

@test "while another process sends, those wait who would come before theirs" {
	fresh prosody
	new_account nurse capulet.lit
	queues 3 one "$nurse"
	exec 7>"$(folder)/lock"
	flock 7
	expect_exit 3 tool xsend --queue -m two "$nurse"
	expect_exit 0 tool xsend --queue -m direct "$juliet"
	waits one two
	exec 7>&-
	expect_exit 0 tool xsend --queue -m three "$nurse"
	waits
	arrives direct
}

# --- the connection breaks -----------------------------------------------

@test "what is not confirmed waits behind nothing, with what follows" {
	stub drop-after=3 silent-ack
	seq 6 | expect_exit 3 tool xsend --queue -l "$juliet"
	grep -q '^xsend: 6 messages are queued$' err
	waits 1 2 3 4 5 6
	# The ids of those that may have arrived are the same.
	for body in 1 2 3; do
		id=$(on_wire message | grep "<body>$body<" | grep -o ' id="[^"]*"')
		tool xqueue list -x | grep "<body>$body<" | grep -q "$id"
	done
}

@test "what breaks when all is confirmed, and before stdin ends, is no failure" {
	stub
	mkfifo line
	exec 6<>line
	spawn tool xsend --queue -l "$juliet" <line 2>err 6>&-
	printf 'one\ntwo\n' >&6
	wait_for_line "$STUB_LOG" ' sent <a [^>]*h=.2' 120
	kill "$STUB_PID"
	wait_for_line err 'connection' 120
	exec 6>&-
	code=0
	wait "$pid" || code=$?
	same status 0 "$code"
	waits
}

@test "an iq and a presence do not wait" {
	fresh prosody
	printf '%s\n' '<message to="juliet@capulet.lit"><body>one</body></message>' \
		'<presence/>' "<iq type='set' to='$juliet'><query xmlns='urn:x'/></iq>" |
		expect_exit 2 tool xsend -H 127.0.0.1:1 --tls starttls \
			--queue -x
	waits one
	printf '<presence/>' | expect_exit 75 tool xsend -H 127.0.0.1:1 \
		--tls starttls --queue -x
	grep -q 'not queued' err
}

@test "what somebody refuses is a failure as ever, and does not wait" {
	stub bounce
	expect_exit 1 tool xsend --queue -m one "$juliet"
	waits
	failed
}

@test "a backlog that is refused is named, and is no failure of this run" {
	for server in "${servers[@]}"; do
		fresh "$server"
		rm -rf "$XDG_STATE_HOME"
		queues 3 one nobody@capulet.lit
		expect_exit 0 tool xsend --queue -m two "$juliet"
		grep -q '^xsend: the queue: [0-9a-f-]*: nobody@capulet.lit: message .*service-unavailable' err
		failed one
		waits
		arrives two
	done
}

# --- with other options ---------------------------------------------------

@test "--log-file: a line for each that waits, and one when it was sent" {
	fresh prosody
	expect_exit 3 tool xsend -H 127.0.0.1:1 --tls starttls --queue \
		--print-id --log-file log -m one "$juliet" nurse@capulet.lit
	same 'the results' 'queued queued' "$(cut -f 6 log | xargs)"
	same 'the recipients' "$juliet nurse@capulet.lit" \
		"$(cut -f 3 log | xargs)"
	same 'the ids' "$(xargs <out)" "$(cut -f 4 log | xargs)"
	# What waited is not this run's.
	expect_exit 0 tool xsend --queue --log-file second -m two "$juliet"
	same 'the next run' sent "$(cut -f 6 second | xargs)"
}

@test "--log-file: what was sent and waits is queued, an iq is not" {
	stub drop-after=2 silent-ack
	printf '%s\n' "<message to='$juliet'><body>1</body></message>" \
		"<iq type='get' id='a' to='$juliet'><query xmlns='urn:x'/></iq>" \
		"<message to='$juliet'><body>2</body></message>" \
		"<iq type='get' id='b' to='$juliet'><query xmlns='urn:x'/></iq>" |
		expect_exit 2 tool xsend --queue --log-file log -x
	waits 1 2
	same 'queued' 2 "$(grep -c '	queued	' log)"
	same 'all of it' 4 "$(wc -l <log)"
	# The stub answers the iqs, where that comes before the end.
	same 'iqs' 2 "$(awk -F '\t' '$4 == "a" || $4 == "b" { print $6 }' log |
		grep -cE '^(refused|unknown|unsent)$')"
	# Attempts tell of a message that may have arrived.
	same 'attempts' 1 "$(awk -F '\t' '$6 == "queued" { print $8; exit }' log)"
}

@test "--retry goes first: a message waits when its time is over" {
	fresh prosody
	expect_exit 3 tool xsend -H 127.0.0.1:1 --tls starttls --retry 1 \
		--queue -v -m one "$juliet"
	same 'attempts' 1 "$(($(grep -c "Connection refused" err) > 1))"
	waits one
}

@test "a message that waits is not unsent, and nobody waits for its receipt" {
	fresh prosody
	for option in --queue --queue-ok; do
		expect_exit 64 tool xsend $option --unsent rest -m one "$juliet"
		head -1 err | grep -qx 'xsend: --queue and --unsent exclude each other'
		expect_exit 64 tool xsend $option --receipt 5 -m one "$juliet"
		head -1 err | grep -qx 'xsend: --queue and --receipt exclude each other'
	done
	[ ! -e rest ]
	waits
}

# --- the end -------------------------------------------------------------

@test "a full disk in the middle: what is not queued is told, and from where on" {
	fresh prosody
	# Some are for folders, two for each entry.
	seq 6 | ASAN_OPTIONS=detect_leaks=0 expect_exit 74 strace -f -o trace \
		-e inject=fsync:error=ENOSPC:when=14+ \
		"$BIN/xsend" -H 127.0.0.1:1 --tls starttls --queue -l "$juliet"
	count=$(tool xqueue list | wc -l)
	[ "$count" -gt 0 ] && [ "$count" -lt 6 ]
	grep -q "^xsend: stdin:$((count + 1)): neither sent nor queued, from here on$" err
}

@test "-W before the login: the message waits" {
	stub silent-auth
	expect_exit 3 tool xsend --queue -W 0.5 -m one "$juliet"
	waits one
}

@test "-W while stdin goes on: what was read waits, and the status tells of the rest" {
	stub silent-ack
	feed expect_exit 2 tool xsend --queue -W 2 --bounce-wait 0 -l "$juliet"
	echo one >&8
	echo two >&8
	wait "$pid" || ! cat out err
	exec 8>&-
	waits one two
}

@test "a signal: what was read waits, and the status is the signal's" {
	stub silent-auth
	spawn tool xsend --queue -v -m one "$juliet" 2>err
	wait_for_line "$STUB_LOG" 'recv auth' 120
	kill -TERM "$pid"
	ends 143
	grep -q '1 message is queued' err
	waits one
}

@test "a signal while the server acknowledges nothing: what was sent waits, and the log has it" {
	stub silent-ack
	feed tool xsend --queue --log-file log -l "$juliet"
	echo one >&8
	wait_for_line "$STUB_LOG" '<body>one<' 120
	kill -TERM "$pid"
	ends 143
	exec 8>&-
	waits one
	same 'the log' queued "$(cut -f 6 log)"
}

@test "--queue without a folder for it, and what is wrong before" {
	fresh prosody
	HOME='' XDG_STATE_HOME='' expect_exit 74 tool xsend --queue -m one "$juliet"
	XDG_STATE_HOME=/dev/null/x expect_exit 74 tool xsend --queue -m one "$juliet"
	says 'xsend: /dev/null/x/couplet: Not a directory'
	expect_exit 64 tool xsend --queue -m one 'juliet@@'
	printf 'a\001' | expect_exit 65 tool xsend --queue "$juliet"
	waits
}
