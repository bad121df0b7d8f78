#!/usr/bin/env bats
# xsend: what is sent, how, and what its end says about it.

bats_require_minimum_version 1.5.0
load lib
load xsend

# --- the body ------------------------------------------------------------

@test "[v] all of stdin is one message" {
	for server in "${servers[@]}"; do
		fresh "$server"
		printf 'one\ntwo\n' | expect_exit 0 tool xsend "$juliet"
		is_silent
		arrives 'one\ntwo'
	done
}

@test "exactly one trailing newline is dropped" {
	for server in "${servers[@]}"; do
		fresh "$server"
		printf 'none' | expect_exit 0 tool xsend "$juliet"
		printf 'one\n' | expect_exit 0 tool xsend "$juliet"
		printf 'two\n\n' | expect_exit 0 tool xsend "$juliet"
		arrives none one 'two\n'
	done
}

@test "-l: each line is a message, the last one without newline too, blank ones are not" {
	for server in "${servers[@]}"; do
		fresh "$server"
		printf 'one\n\n  two \n\n\nthree' |
			expect_exit 0 tool xsend -l "$juliet"
		is_silent
		arrives one '  two ' three
	done
}

@test "-l: a line is sent as it arrives" {
	for server in "${servers[@]}"; do
		fresh "$server"
		listen juliet
		listener=$pid
		feed tool xsend -l "$juliet"
		for word in first second third; do
			echo "$word" >&8
			wait_for_line juliet.inbox "$word"
		done
		exec 8>&-
		wait "$pid"
		kill "$listener"
		wait "$listener" || true
	done
}

@test "-0: each NUL-terminated record is a message, newlines and all" {
	for server in "${servers[@]}"; do
		fresh "$server"
		printf 'one\nline\n\0two\0\0three' |
			expect_exit 0 tool xsend -0 "$juliet"
		is_silent
		arrives 'one\nline\n' two three
	done
}

@test "-m: the text is the message, and stdin is left to a while-read loop" {
	for server in "${servers[@]}"; do
		fresh "$server"
		printf '%s\n' one two three | while read -r word; do
			tool xsend -m "$word is it" "$juliet"
		done
		arrives 'one is it' 'two is it' 'three is it'
	done
}

@test "a body is any text: UTF-8, markup, backslashes, tabs, quotes" {
	text=$'gr\xc3\xbc\xc3\x9fe \xd7\xa9\xd7\x9c\xd7\x95\xd7\x9d \xe6\x97\xa5\xe6\x9c\xac e\xcc\x81 \xf0\x9f\x8c\xb9 \xef\xbf\xbd <b>&amp;"]]>'
	for server in "${servers[@]}"; do
		fresh "$server"
		printf '%s' "$text" | expect_exit 0 tool xsend "$juliet"
		printf 'a\\b\tc' | expect_exit 0 tool xsend "$juliet"
		is_silent
		arrives "$text" 'a\\b\tc'
	done
	# A carriage return is a reference on the wire, or XML would make it a
	# line feed. (Prosody then writes it as it is, and it is one.)
	stub
	printf 'd\re\r\n' | expect_exit 0 tool xsend "$juliet"
	same 'carriage returns' 'd&#13;e&#13;' "$(bodies)"
}

@test "a body of 200 kB arrives whole" {
	yes 'Did my heart love till now? forswear it, sight! für ever' |
		head -c 200000 >body
	for server in "${servers[@]}"; do
		fresh "$server"
		expect_exit 0 tool xsend "$juliet" <body
		is_silent
		listen juliet
		wait_for_line juliet.inbox .
		# One write for what is so long: wait for its end.
		wait_for_line juliet.inbox 'ever'
		kill "$pid"
		same 'the body' "$(sha256sum <body)" \
			"$(printf '%b' "$(cut -f 2- juliet.inbox)" | sha256sum)"
	done
}

@test "5,000 lines arrive in order" {
	for server in "${servers[@]}"; do
		fresh "$server"
		rm -f got log
		spawn tool xrecv -a juliet -v -c 5000 -W 120 -o text >got 2>log
		wait_for_line log 'online as'
		seq 5000 | expect_exit 0 tool xsend -l "$juliet"
		is_silent
		wait "$pid"
		same 'the lines' "$(seq 5000 | sha256sum)" \
			"$(cut -f 2 got | sha256sum)"
	done
}

# --- what else is in a message -------------------------------------------

@test "a message is of type chat; -t, -s, --thread and --id fill in the rest" {
	stub
	expect_exit 0 tool xsend --id i1 -m a "$juliet"
	expect_exit 0 tool xsend --id i2 -m b -t headline -s 'A & B' \
		--thread '<t>' "$juliet/balcony"
	expect_exit 0 tool xsend --id i3 -m c -t normal "$juliet"
	is_silent
	same 'the messages' "$(cat <<-EOF
		<message id="i1" to="$juliet" type="chat"><body>a</body></message>
		<message id="i2" to="$juliet/balcony" type="headline"><subject>A &amp; B</subject><body>b</body><thread>&lt;t&gt;</thread></message>
		<message id="i3" to="$juliet"><body>c</body></message>
	EOF
	)" "$(on_wire message)"
}

@test "type, subject, thread and id arrive" {
	for server in "${servers[@]}"; do
		fresh "$server"
		expect_exit 0 tool xsend --id i2 -m b -t normal -s Roses \
			--thread t1 "$juliet"
		tool xrecv -a juliet -c 1 -W 200 >got
		grep -qF '<subject>Roses</subject>' got
		grep -qF '<thread>t1</thread>' got
		grep -qF '<body>b</body>' got
		grep -qE '^<message from="[^"]*" id="i2" to="[^"]*"( type="normal")?[ >]' got
	done
}

@test "--print-id prints the id of each message, for each recipient" {
	for server in "${servers[@]}"; do
		fresh "$server"
		first=$juliet
		new_account nurse capulet.lit
		printf 'one\ntwo\n' |
			expect_exit 0 tool xsend -l --print-id "$first" "$nurse"
		says
		tool xrecv -a juliet -c 2 -W 200 >got
		tool xrecv -a nurse -c 2 -W 200 >got2
		ids() {
			sed -E 's/^<message from="[^"]*" id="([^"]*)".*/\1/' "$1"
		}
		same 'the ids' "$(paste -d '\n' <(ids got) <(ids got2))" \
			"$(cat out)"
		same 'different ones' 4 "$(sort -u out | wc -l)"
	done
}

@test "--print-id: every id is printed, even if the reader takes its time" {
	stub
	# More than a pipe holds, and the reader begins when all is sent.
	seq 5000 | { tool xsend -l --print-id "$juliet" 2>err; echo $? >code; } | {
		wait_for_line "$STUB_LOG" ' recv message .*<body>5000<'
		sleep 0.3
		wc -l >count
	}
	same 'exit status, ids' '0 5000' "$(cat code count | xargs)"
}

@test "--sanitize replaces what is not text" {
	for server in "${servers[@]}"; do
		fresh "$server"
		printf 'a\xff\xfe\x01b\0c' |
			expect_exit 0 tool xsend --sanitize "$juliet"
		printf 'caf\xe9\nok\n' |
			expect_exit 0 tool xsend -l --sanitize "$juliet"
		is_silent
		arrives $'a\xef\xbf\xbd\xef\xbf\xbdb\xef\xbf\xbdc' \
			$'caf\xef\xbf\xbd' ok
	done
}

# --- recipients ----------------------------------------------------------

@test "several recipients: each gets each message, and once" {
	for server in "${servers[@]}"; do
		fresh "$server"
		new_account nurse capulet.lit
		printf 'one\ntwo\n' | expect_exit 0 tool xsend -l "$juliet" \
			"$nurse" "${juliet^^}"
		is_silent
		arrives one two
		juliet=$nurse
		config_for also "$nurse" "pw-${nurse%@*}"
		tool xrecv -a also -c 2 -W 200 -o text >got
		same 'to the nurse' $'one\ntwo' "$(cut -f 2 got)"
	done
}

@test "an alias is a recipient, or a group of them" {
	stub
	cat >>"$COUPLET_CONFIG" <<-EOF
		aliases:
		  jule: $juliet
		  capulets: [jule, nurse@capulet.lit, tybalt@capulet.lit]
		  all: [capulets, mercutio@montague.lit]
	EOF
	expect_exit 0 tool xsend -m a jule
	expect_exit 0 tool xsend -m b all jule
	is_silent
	same 'recipients' "$(printf '%s\n' "$juliet" "$juliet" \
		nurse@capulet.lit tybalt@capulet.lit mercutio@montague.lit)" \
		"$(on_wire message | sed 's/.* to="\([^"]*\)".*/\1/')"
}

@test "-r FILE: recipients, one a line, blank lines and comments skipped" {
	stub
	printf 'aliases:\n  jule: %s\n' "$juliet" >>"$COUPLET_CONFIG"
	printf '%s\n' '# the family' '' '  nurse@capulet.lit  ' jule \
		$'tybalt@capulet.lit\r' '   # not him: romeo@montague.lit' >family
	printf 'abram@montague.lit' >servants
	expect_exit 0 tool xsend -m a -r family -r servants first@montague.lit
	is_silent
	same 'recipients' "$(printf '%s\n' first@montague.lit \
		nurse@capulet.lit "$juliet" tybalt@capulet.lit \
		abram@montague.lit)" \
		"$(on_wire message | sed 's/.* to="\([^"]*\)".*/\1/')"
}

@test "-r -: recipients on stdin, with the body in -m" {
	stub
	printf '%s\n' a@capulet.lit b@capulet.lit |
		expect_exit 0 tool xsend -m hi -r -
	is_silent
	same 'recipients' $'a@capulet.lit\nb@capulet.lit' \
		"$(on_wire message | sed 's/.* to="\([^"]*\)".*/\1/')"
}

@test "a large body for many recipients: what waits for the server is bounded" {
	stub
	printf '%s@capulet.lit\n' {1..400} >many
	head -c 100000 /dev/zero | tr '\0' x >body
	expect_exit 0 tool xsend -r many <body
	is_silent
	same 'messages' 400 "$(on_wire message | wc -l)"
}

# --- stanzas -------------------------------------------------------------

@test "-x: stanzas, one a line or pretty printed, keep their ids" {
	for server in "${servers[@]}"; do
		fresh "$server"
		cat >stanzas <<-EOF
			<message id="m1" to="$juliet" type="chat"><body>one</body></message>
			<message
			    to='$juliet'
			    id='m2' type='chat'>
			  <body>two
			lines &amp; more</body>
			</message><message type='chat' to='$juliet' id='m3'><body>three</body></message>
		EOF
		expect_exit 0 tool xsend -x --print-id <stanzas
		prints $'m1\nm2\nm3'
		says
		arrives one 'two\nlines & more' three
		same 'ids' $'m1\nm2\nm3' "$(cat out)"
	done
}

@test "-x: from and stanza-ids are dropped, an id is added, the rest is kept" {
	stub
	cat >stanzas <<-EOF
		<message from="tybalt@capulet.lit" to="$juliet" id="m1" xml:lang="de"><body>eins</body><stanza-id xmlns="urn:xmpp:sid:0" by="capulet.lit" id="s1"/><x xmlns="urn:example:x" a="1"><y>z</y></x></message>
		<presence to="$juliet" id="p1"><show>away</show></presence>
		<message to="$juliet"><body>two</body></message>
	EOF
	expect_exit 0 tool xsend -x --print-id <stanzas
	says
	same 'the messages' "$(cat <<-EOF
		<message id="m1" to="$juliet" xml:lang="de"><body>eins</body><x a="1" xmlns="urn:example:x"><y>z</y></x></message>
		<message id="$(tail -n 1 out)" to="$juliet"><body>two</body></message>
	EOF
	)" "$(on_wire message | sed 's/<x xmlns="urn:example:x" a="1">/<x a="1" xmlns="urn:example:x">/')"
	same 'the presence' \
		"<presence id=\"p1\" to=\"$juliet\"><show>away</show></presence>" \
		"$(on_wire presence)"
}

@test "-x: an iq too; its error is one" {
	for server in "${servers[@]}"; do
		fresh "$server"
		echo '<iq type="get" id="q1" to="capulet.lit"><ping xmlns="urn:xmpp:ping"/></iq>' |
			expect_exit 0 tool xsend -x
		is_silent
		echo '<iq type="get" id="q2" to="capulet.lit"><ping xmlns="urn:example:none"/></iq>' |
			expect_exit 1 tool xsend -x
		grep -qE '^xsend: stdin: record 1: capulet\.lit: message q2: (service-unavailable|feature-not-implemented)' err
	done
}

@test "-x with recipients: each stanza to each of them" {
	stub
	printf '%s\n' '<message id="a"><body>1</body></message>' \
		'<message to="x@capulet.lit"><body>2</body></message>' |
		expect_exit 0 tool xsend -x --print-id a@capulet.lit b@capulet.lit
	says
	same 'the messages' "$(cat <<-EOF
		<message id="a" to="a@capulet.lit"><body>1</body></message>
		<message id="a" to="b@capulet.lit"><body>1</body></message>
		<message id="$(sed -n 3p out)" to="a@capulet.lit"><body>2</body></message>
		<message id="$(sed -n 4p out)" to="b@capulet.lit"><body>2</body></message>
	EOF
	)" "$(on_wire message)"
}

@test "-x --reply: what xrecv prints goes back to where it came from" {
	for server in "${servers[@]}"; do
		fresh "$server"
		config_for garden "$romeo/garden" "pw-${romeo%@*}"
		listen garden
		cat >from <<-EOF
			<message from="$romeo/garden" id="r1" to="$juliet" type="chat"><body>by whose direction?</body></message>
		EOF
		expect_exit 0 tool xsend -a juliet -x --reply --print-id <from
		prints r1
		says
		wait_for_line garden.inbox 'by whose direction'
		kill "$pid"
	done
}

@test "--reply: an answer has no delay of what it answers" {
	stub
	printf '<message from="%s" id="a"><body>b</body>%s</message>' "$juliet" \
		'<delay xmlns="urn:xmpp:delay" stamp="2002-09-10T23:08:25Z"/>' >late
	expect_exit 0 tool xsend -x --reply <late
	expect_exit 0 tool xsend -x "$juliet" <late
	same 'delays' '0 1' "$(on_wire message |
		sed 's:.*<delay .*:1:; s:^<.*:0:' | paste -sd ' ')"
}

@test "-x: a message to the own account needs --to-self" {
	stub
	cat >self <<-EOF
		<message to="romeo@montague.lit" id="s"><body>me</body></message>
		<message to="$juliet" id="j"><body>her</body></message>
	EOF
	expect_exit 2 tool xsend -x <self
	says 'xsend: stdin: record 1 (line 1): a message to the own account (--to-self sends it)'
	expect_exit 0 tool xsend -x --to-self <self
	same 'the messages' $'her\nme\nher' "$(bodies)"
}

# --- the connection ------------------------------------------------------

@test "STARTTLS and direct TLS, as the configuration or --tls says" {
	for server in "${servers[@]}"; do
		fresh "$server"
		expect_exit 0 tool xsend --tls starttls --trace t1 -m a "$juliet"
		expect_exit 0 tool xsend --tls direct -H "$XMPP_HOST:$XMPP_TLS_PORT" \
			--trace t2 -m b "$juliet"
		grep -q 'starttls xmlns' t1
		run ! grep -q 'starttls xmlns' t2
		config_for direct "$romeo" "pw-${romeo%@*}" 'tls: direct'
		expect_exit 0 tool xsend -a direct --trace t3 -m c "$juliet"
		run ! grep -q 'starttls xmlns' t3
		arrives a b c
	done
}

@test "no presence is announced: messages meant for other clients stay" {
	for server in "${servers[@]}"; do
		fresh "$server"
		expect_exit 0 tool xsend -a juliet -m 'for romeo' "$romeo"
		expect_exit 0 tool xsend -m 'for juliet' "$juliet"
		seq 3 | expect_exit 0 tool xsend -l "$juliet"
		tool xrecv -c 1 -W 200 -o text >got
		same 'the message that waited' 'for romeo' "$(cut -f 2 got)"
	done
	stub
	expect_exit 0 tool xsend -m a "$juliet"
	wait_for_line "$STUB_LOG" ' end stream '
	same 'presence' '' "$(on_wire presence)"
}

@test "the stream is closed in order, with and without anything sent" {
	stub
	expect_exit 0 tool xsend -m a "$juliet"
	wait_for_line "$STUB_LOG" 'c1 end stream '
	printf '\n\n' | expect_exit 0 tool xsend -l "$juliet"
	wait_for_line "$STUB_LOG" 'c2 end stream '
	printf 'a\x01\n' | expect_exit 65 tool xsend -l "$juliet"
	wait_for_line "$STUB_LOG" 'c3 end stream '
}

# --- what was acknowledged -----------------------------------------------

@test "no acknowledgement: 124 when -W runs out, and what is unknown is named" {
	stub silent-ack
	expect_exit 124 tool xsend -W 5 -m a "$juliet"
	says 'xsend: timed out (-W)' \
		'xsend: -m: unknown outcome: 1 of 1 message is not confirmed, from here on'
	seq 3 | expect_exit 124 tool xsend -W 5 -l "$juliet"
	says 'xsend: timed out (-W)' \
		'xsend: stdin:1: unknown outcome: 3 of 3 messages are not confirmed, from here on'
	same 'messages' 4 "$(on_wire message | wc -l)"
	wait_for_line "$STUB_LOG" 'c2 end stream '
}

@test "the connection lost before the acknowledgement: 75" {
	stub close-after-first-message
	echo a | expect_exit 75 tool xsend "$juliet"
	says 'xsend: the server closed the connection' \
		'xsend: stdin: unknown outcome: 1 of 1 message is not confirmed, from here on'
	stub drop-after=3
	seq 5 | expect_exit 75 tool xsend -l "$juliet"
	says 'xsend: the server closed the connection' \
		'xsend: stdin:1: unknown outcome: 5 of 5 messages are not confirmed, from here on'
	stub close-after-first-message how=reset
	echo a | expect_exit 75 tool xsend "$juliet"
}

@test "the server ends the stream before the acknowledgement: 75" {
	stub end-stream
	echo a | expect_exit 75 tool xsend "$juliet"
	says 'xsend: the server ended the stream' \
		'xsend: stdin: unknown outcome: 1 of 1 message is not confirmed, from here on'
	stub stream-error=conflict error-text='Replaced by new connection'
	echo a | expect_exit 75 tool xsend "$juliet"
	says 'xsend: the server ended the stream: conflict (Replaced by new connection)' \
		'xsend: stdin: unknown outcome: 1 of 1 message is not confirmed, from here on'
}

@test "acknowledged up to a point: 2, and the first that is unknown is named" {
	stub drop-after=3 ack=each
	feed tool xsend -l "$juliet" 2>err
	for n in 1 2; do
		echo "$n" >&8
		wait_for_line "$STUB_LOG" "recv message .*<body>$n"
		wait_for_line "$STUB_LOG" "sent <a [^>]*h=.$n"
	done
	printf '3\n4\n' >&8
	ends 2
	exec 8>&-
	grep -qE '^xsend: stdin:3: unknown outcome: (1 of 3 messages is|2 of 4 messages are) not confirmed' err
}

@test "a server that has dealt with less when it is asked is asked again" {
	stub ack=behind
	expect_exit 0 tool xsend --bounce-wait 0 -m hi "$juliet"
	same questions 2 "$(grep -c ' recv r ' "$STUB_LOG")"
}

@test "a server that takes back an acknowledgement: 76" {
	stub ack-backwards
	seq 5 | expect_exit 76 tool xsend -l "$juliet"
	# The ping for the bounces counts as well, if it was there in time.
	grep -qE '^xsend: the server takes back an acknowledgement \(h=(4 after 5|5 after 6)\)$' err
}

@test "without stream management the answer to a ping is the proof" {
	for kind in "${servers[@]}"; do
		once "$kind" sm=no
		accounts
		echo hi | expect_exit 0 tool xsend --trace trace "$juliet"
		is_silent
		run ! grep -q '<enable' trace
		seq 50 | expect_exit 0 tool xsend -l "$juliet"
		echo hi | expect_exit 1 tool xsend "nobody@capulet.lit"
		# shellcheck disable=SC2046
		arrives hi $(seq 50)
	done
	for scenario in no-sm sm-failed 'no-sm ping-error'; do
		# shellcheck disable=SC2086
		stub $scenario
		seq 3 | expect_exit 0 tool xsend -l "$juliet"
		is_silent
		same 'the messages' $'1\n2\n3' "$(bodies)"
	done
}

@test "without stream management and without an answer: 124, never 0" {
	stub no-sm ping-no-answer
	echo a | expect_exit 124 tool xsend -W 5 "$juliet"
	says 'xsend: timed out (-W)' \
		'xsend: stdin: unknown outcome: 1 of 1 message is not confirmed, from here on'
}

# --- bounces -------------------------------------------------------------

@test "[v] an unknown recipient: 1, with the address and the condition" {
	for server in "${servers[@]}"; do
		fresh "$server"
		echo hi | expect_exit 1 tool xsend --id i1 nobody@capulet.lit
		prints ''
		says 'xsend: nobody@capulet.lit: message i1: service-unavailable'
	done
}

@test "an unknown domain: 1, with the server's text" {
	for server in "${servers[@]}"; do
		fresh "$server"
		echo hi | expect_exit 1 tool xsend --id i1 who@verona.invalid
		grep -qE '^xsend: who@verona\.invalid: message i1: [a-z-]+ \(.+\)$' err
	done
}

@test "some recipients bad: 2, each of them named; all of them bad: 1" {
	for server in "${servers[@]}"; do
		fresh "$server"
		echo hi | expect_exit 2 tool xsend nobody@capulet.lit "$juliet" \
			noone@montague.lit
		sort -o err err
		says 'xsend: nobody@capulet.lit: message ID: service-unavailable' \
			'xsend: noone@montague.lit: message ID: service-unavailable'
		printf 'one\ntwo\n' | expect_exit 1 tool xsend -l \
			nobody@capulet.lit noone@montague.lit
		sort -o err err
		says 'xsend: stdin:1: nobody@capulet.lit: message ID: service-unavailable' \
			'xsend: stdin:1: noone@montague.lit: message ID: service-unavailable' \
			'xsend: stdin:2: nobody@capulet.lit: message ID: service-unavailable' \
			'xsend: stdin:2: noone@montague.lit: message ID: service-unavailable'
		arrives hi
	done
}

@test "each of several recipients that bounce is named, also with one id for all" {
	for server in "${servers[@]}"; do
		fresh "$server"
		echo hi | expect_exit 1 tool xsend --id same nobody@capulet.lit \
			noone@capulet.lit "nobody@capulet.lit/Somewhere"
		sort -o err err
		says 'xsend: nobody@capulet.lit/Somewhere: message same: service-unavailable' \
			'xsend: nobody@capulet.lit: message same: service-unavailable' \
			'xsend: noone@capulet.lit: message same: service-unavailable'
		echo hi | expect_exit 2 tool xsend --id same nobody@capulet.lit \
			"$juliet" noone@capulet.lit
		sort -o err err
		says 'xsend: nobody@capulet.lit: message same: service-unavailable' \
			'xsend: noone@capulet.lit: message same: service-unavailable'
	done
}

@test "a bounce that comes after the acknowledgement is a failure as well" {
	stub bounce after=ack ping-delay=200
	seq 2 | expect_exit 1 tool xsend -l "$juliet"
	says "xsend: stdin:1: $juliet: message ID: service-unavailable (not here)" \
		"xsend: stdin:2: $juliet: message ID: service-unavailable (not here)"
	stub bounce=b@capulet.lit after=ack bounce-delay=200 ping-delay=300 \
		cond=item-not-found
	seq 2 | expect_exit 2 tool xsend -l a@capulet.lit b@capulet.lit
	says 'xsend: stdin:1: b@capulet.lit: message ID: item-not-found (not here)' \
		'xsend: stdin:2: b@capulet.lit: message ID: item-not-found (not here)'
}

@test "a bounce that belongs to none of ours is not one" {
	stub bounce bounce-id=strange
	expect_exit 0 tool xsend -m a "$juliet"
	is_silent
}

@test "a bounce's text cannot forge or colour a line of stderr" {
	stub bounce bounce-text=$'no\nxsend: all is well\xc2\x9b31m'
	expect_exit 1 tool xsend --id i1 -m a "$juliet"
	says "xsend: $juliet: message i1: service-unavailable (no\\x0axsend: all is well\\xc2\\x9b31m)"
}

@test "--bounce-wait 0: the acknowledgement is enough" {
	stub bounce after=ack bounce-delay=500
	expect_exit 0 tool xsend --bounce-wait 0 -m a "$juliet"
	is_silent
	same 'pings' '' "$(on_wire iq | grep ping)"
}

@test "a ping without answer is no failure, and no longer than --bounce-wait" {
	stub ping-no-answer
	start=$EPOCHREALTIME
	expect_exit 0 tool xsend --bounce-wait 0.3 -m a "$juliet"
	is_silent
	took=$(((${EPOCHREALTIME/./} - ${start/./}) / 1000))
	[ "$took" -ge 300 ]
	[ "$took" -lt 20000 ]
}

@test "all acknowledged, then the connection is lost or -W runs out: 0" {
	stub peer=silent ping=silent
	expect_exit 0 tool xsend --bounce-wait 20 -W 5 -m a "$juliet"
	is_silent
	stub peer=silent ping=silent close at=ack
	expect_exit 0 tool xsend --bounce-wait 20 -m a "$juliet"
	is_silent
	stub peer=silent stream-error=system-shutdown at=ack
	expect_exit 0 tool xsend --bounce-wait 20 -m a "$juliet"
	is_silent
}
