#!/usr/bin/env bats
# xiq: answers that are none, servers that say nothing or lie, and the end.

bats_require_minimum_version 1.5.0
load lib
load xsend

usage='Usage: xiq [options] [JID|ALIAS]'
ping="<ping xmlns='urn:xmpp:ping'/>"
items="<query xmlns='http://jabber.org/protocol/disco#items'/>"

# get TO [PAYLOAD]: a record that asks there.
get() {
	printf "<iq type='get' to='%s'>%s</iq>\n" "$1" "${2-$ping}"
}

# answers PATTERN STANZA... : a line of the file for the stub's answers=.
answers() {
	local IFS=$'\t'
	printf '%s\n' "$*" >>answers
}

# result FROM MARK: an answer, FROM '-' without from.
result() {
	local from=" from='$1'"
	[ "$1" != - ] || from=
	printf "<iq type='result' id='@ID@' to='@JID@'%s><a xmlns='capulet:%s'/></iq>" \
		"$from" "$2"
}

# marks: the marks of the answers in out.
marks() {
	sed -E 's/.*"capulet:([a-z0-9]*)".*/\1/' out | paste -sd ' '
}

# --- who may answer (RFC 6120 8.1.2.1, 10.3) ------------------------------

@test "[v] an answer counts only from whom was asked" {
	answers "to=.juliet@capulet.lit/b" \
		"$(result - evil)" "$(result evil@capulet.lit evil)" \
		"$(result juliet@capulet.lit evil)" "$(result capulet.lit evil)" \
		"$(result montague.lit evil)" \
		"$(result romeo@montague.lit evil)" "$(result juliet@capulet.lit/B evil)" \
		"$(result juliet@capulet.lit/b good)"
	answers "to=.capulet.lit" \
		"$(result juliet@capulet.lit evil)" "$(result - evil)" \
		"$(result montague.lit evil)" "$(result capulet.lit good)"
	answers "to=.montague.lit" \
		"$(result - evil)" "$(result romeo@montague.lit evil)" \
		"$(result evil@montague.lit evil)" "$(result montague.lit good)"
	stub answers=answers
	{
		get juliet@capulet.lit/b
		get capulet.lit
		get montague.lit
	} | expect_exit 0 tool xiq
	says
	same 'answers' 'good good good' "$(marks)"
}

@test "for the own account: nobody, its bare JID, its full JID" {
	for from in - romeo@montague.lit ROMEO@Montague.lit @JID@; do
		rm -f answers
		answers 'capulet:ask' "$(result montague.lit evil)" \
			"$(result romeo@montague.lit/other evil)" \
			"$(result evil@montague.lit evil)" "$(result "$from" good)"
		stub answers=answers
		{
			echo "<iq type='get'><q xmlns='capulet:ask'/></iq>"
			get romeo@montague.lit "<q xmlns='capulet:ask'/>"
		} | expect_exit 0 tool xiq
		same 'answers' 'good good' "$(marks)"
	done
}

@test "an answer to what was not asked, twice, or of another type is none" {
	answers 'capulet:ask' \
		"<iq type='result' id='other' from='@TO@'><a xmlns='capulet:evil'/></iq>" \
		"<iq type='get' id='@ID@' from='@TO@'><a xmlns='capulet:evil'/></iq>" \
		"<iq id='@ID@' from='@TO@'><a xmlns='capulet:evil'/></iq>" \
		"<message type='result' id='@ID@' from='@TO@'><body>evil</body></message>" \
		"$(result @TO@ good)" "$(result @TO@ evil)"
	stub answers=answers
	{
		get capulet.lit "<q xmlns='capulet:ask'/>"
		get capulet.lit "<q xmlns='capulet:ask'/>"
	} | expect_exit 0 tool xiq --parallel 1
	same 'answers' 'good good' "$(marks)"
}

@test "requests that come are answered meanwhile" {
	stub iq=ping,version,unknown from=montague.lit deliver-on=enabled \
		ping-delay=500
	expect_exit 0 tool xiq <<<"$ping"
	grep -q ' answer stub-ping result' "$STUB_LOG"
	grep -q ' answer stub-version result' "$STUB_LOG"
	grep -q ' answer stub-unknown error service-unavailable' "$STUB_LOG"
}

# --- no answer -----------------------------------------------------------

@test "--each-timeout: the outcome of that request is unknown, 75" {
	stub peer=silent
	{
		get montague.lit
		get juliet@capulet.lit
		echo "<iq type='set' to='capulet.lit'>$ping</iq>"
		get montague.lit
	} | expect_exit 75 tool xiq --each-timeout 3
	same 'answers' 2 "$(wc -l <out)"
	says 'xiq: record 2: juliet@capulet.lit: unknown outcome: no answer within 3 seconds' \
		'xiq: record 3: capulet.lit: unknown outcome: no answer within 3 seconds, the set may have happened'
}

@test "no answer weighs more than an error, and an error more than nothing" {
	answers 'capulet:no' "<iq type='error' id='@ID@' from='@TO@'><error type='cancel'><item-not-found xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/><text xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'>not
 here</text></error></iq>"
	# One line.
	tr '\n' ' ' <answers >one
	mv one answers
	stub peer=silent answers=answers
	{
		get capulet.lit "<q xmlns='capulet:no'/>"
		get juliet@capulet.lit
	} | expect_exit 75 tool xiq --each-timeout 3
	grep -qxF 'xiq: record 1: capulet.lit: item-not-found (not  here)' err
	get capulet.lit "<q xmlns='capulet:no'/>" | expect_exit 1 tool xiq
}

@test "-W: what has no answer is named, 124" {
	stub peer=silent
	{
		get montague.lit
		get capulet.lit
	} | expect_exit 124 tool xiq -W 4
	same 'answers' 1 "$(wc -l <out)"
	says 'xiq: timed out (-W)' \
		'xiq: record 2: capulet.lit: unknown outcome: the session ended before the answer'
	# Stdin stays open, and all that was asked is answered.
	feed tool xiq -W 4 >out 2>err
	echo "$ping" >&8
	ends 124
	exec 8>&-
	says 'xiq: timed out (-W)'
}

@test "a lost stream: each request without answer is named, 75" {
	for ending in TERM KILL; do
		stub peer=silent
		{
			get montague.lit
			get juliet@capulet.lit
			echo "<iq type='set' id='mine' to='capulet.lit'>$ping</iq>"
		} >records
		feed tool xiq >out 2>err
		cat records >&8
		wait_for_line "$STUB_LOG" 'recv iq.*to="capulet.lit"' 120
		kill -s $ending "$STUB_PID"
		ends 75
		exec 8>&-
		same 'answers' 1 "$(wc -l <out)"
		same 'named' 'xiq: record 2: juliet@capulet.lit: unknown outcome: the session ended before the answer
xiq: record 3: capulet.lit: unknown outcome: the session ended before the answer, the set may have happened' \
			"$(tail -n 2 err)"
		same 'messages' 3 "$(wc -l <err)"
	done
}

@test "a lost stream with an answer that waits for its turn: both are told" {
	stub peer=silent
	feed tool xiq >out 2>err
	{
		get juliet@capulet.lit
		get montague.lit
	} >&8
	wait_for_line "$STUB_LOG" 'sent <iq.*from="montague.lit"'
	kill "$STUB_PID"
	ends 75
	exec 8>&-
	same 'answers' 1 "$(wc -l <out)"
	same 'messages' 2 "$(wc -l <err)"
	grep -qxF 'xiq: record 1: juliet@capulet.lit: unknown outcome: the session ended before the answer' err
}

@test "a stream error: its reason first, then the requests" {
	stub stream-error=conflict
	expect_exit 75 tool xiq <<<"$ping"
	prints ''
	says 'xiq: the server ended the stream: conflict' \
		'xiq: record 1: montague.lit: unknown outcome: the session ended before the answer'
	stub malformed
	expect_exit 76 tool xiq <<<"$ping"
	same 'messages' 2 "$(wc -l <err)"
}

@test "what waits for room is not sent when the stream is lost, and said so" {
	stub peer=silent
	feed tool xiq --parallel 1 >out 2>err
	# In one piece, as it reads nothing more while it waits for an answer.
	three=$(for _ in 1 2 3; do get capulet.lit; done)
	cat <<<"$three" >&8
	wait_for_line "$STUB_LOG" 'recv iq.*to="capulet.lit"'
	kill "$STUB_PID"
	ends 75
	exec 8>&-
	same 'the last of it' 'xiq: stdin: record 2 and what follows: not sent' \
		"$(tail -n 1 err)"
	same 'requests' 1 "$(on_wire iq | grep -c 'to="capulet.lit"')"
}

@test "what was not even read is told as well, if there was no room for it" {
	for parallel in 1 2; do
		stub peer=silent
		feed tool xiq --parallel $parallel 2>err
		get capulet.lit >&8
		wait_for_line "$STUB_LOG" 'recv iq.*to="capulet.lit"'
		kill "$STUB_PID"
		ends 75
		exec 8>&-
		same "messages with $parallel" $((4 - parallel)) "$(wc -l <err)"
	done
	run ! grep 'from here on' err
	stub peer=silent
	feed tool xiq --parallel 1 2>err
	get capulet.lit >&8
	wait_for_line "$STUB_LOG" 'recv iq.*to="capulet.lit"'
	kill -TERM "$pid"
	ends 143
	exec 8>&-
	same 'the last of it' 'xiq: stdin: record 2: not read, from here on' \
		"$(tail -n 1 err)"
}

@test "a record that is too large for the server is named, the next goes on" {
	stub limit=2000
	{
		get montague.lit
		get montague.lit "<ping xmlns='urn:xmpp:ping'>$(printf '%3000s' '')</ping>"
		get montague.lit
	} | expect_exit 2 tool xiq
	same 'answers' 2 "$(wc -l <out)"
	same 'messages' 1 "$(wc -l <err)"
	grep -qE '^xiq: stdin: record 2 \(line 2\): the stanza has [0-9]+ bytes, the server takes 2000$' err
}

@test "a refused login asks nothing: 77" {
	stub not-authorized
	expect_exit 77 tool xiq <<<"$ping"
	prints ''
	same 'messages' 1 "$(wc -l <err)"
}

# --- pages ---------------------------------------------------------------

# page FIRST LAST [INNER]: an answer with a <set/>.
page() {
	printf "<iq type='result' id='@ID@' from='@TO@'><query xmlns='http://jabber.org/protocol/disco#items'><item jid='%s'/><item jid='%s'/>" "$1" "$2"
	printf "<set xmlns='http://jabber.org/protocol/rsm'><first>%s</first><last>%s</last>%s</set></query></iq>" "$@" "${3-}"
}

@test "[v] --paginate: pages in their place between other answers" {
	answers 'x.*<after>d<' "<iq type='result' id='@ID@' from='@TO@'>$items</iq>"
	answers 'x.*<after>b<' "$(page c d)"
	answers 'capulet.lit.*disco#items' "$(page a b)"
	stub answers=answers ping-delay=100
	{
		get montague.lit
		printf "<iq type='get' id='x' to='capulet.lit'>%s</iq>" "$items"
		get montague.lit
	} >records
	sed -i 's/x\.\*//' answers
	expect_exit 0 tool xiq --paginate -F '%i:%x' <records
	same 'order' '- ab cd - -' "$(sed -E '
		s/.*<item jid="(.)".*<item jid="(.)".*/\1\2/; t; s/.*/-/' out |
		paste -sd ' ')"
	same 'the record'"'"'s id on each page' 3 "$(grep -c '^x:' out)"
	same 'requests' '50 50b 50d' "$(on_wire iq | grep -F 'disco#items' |
		sed -E 's/.*<max>([0-9]*)<\/max>(<after>(.)<)?.*/\1\3/' | paste -sd ' ')"
	expect_exit 0 tool xiq --paginate --page 7 -c 2 --payload capulet.lit \
		<<<"$items"
	same 'pages' 2 "$(wc -l <out)"
	grep -q '<max>7</max><after>b</after>' "$STUB_LOG"
}

@test "--paginate: a server that goes in a circle" {
	answers '<after>d<' "$(page a b)"
	answers '<after>b<' "$(page c d)"
	answers '<max>' "$(page a b)"
	stub answers=answers
	expect_exit 76 timeout 60 "$BIN/xiq" --paginate capulet.lit <<<"$items"
	says 'xiq: record 1: capulet.lit: the server sends the same page again'
	[ "$(wc -l <out)" -le 6 ]
}

@test "--paginate: an error in the middle, silence in the middle" {
	answers '<after>d<'
	answers '<after>b<' "<iq type='error' id='@ID@' from='@TO@'><error type='cancel'><item-not-found xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error></iq>"
	answers 'to="capulet.lit".*<max>' "$(page a b)"
	answers 'to="montague.lit".*<max>' "$(page c d)"
	stub answers=answers
	expect_exit 1 tool xiq --paginate capulet.lit <<<"$items"
	same 'answers' 2 "$(wc -l <out)"
	says 'xiq: record 1: capulet.lit: item-not-found'
	expect_exit 75 tool xiq --paginate --each-timeout 3 montague.lit \
		<<<"$items"
	same 'answers' 1 "$(wc -l <out)"
	says 'xiq: record 1: montague.lit: unknown outcome: no answer within 3 seconds'
}

# --- stdout, and signals ---------------------------------------------------

@test "the reader of stdout is gone: 141, quietly" {
	on prosody
	accounts
	yes "$ping" | {
		code=0
		tool xiq 2>err || code=$?
		echo "$code" >code
	} | head -n 1 >out
	same 'exit status' 141 "$(cat code)"
	says
	same 'answers' 1 "$(wc -l <out)"
}

@test "stdout is full: 74" {
	stub
	code=0
	tool xiq <<<"$ping" >/dev/full 2>err || code=$?
	same 'exit status' 74 "$code"
	grep -qF 'xiq: stdout: No space left on device' err
}

@test "a reader who takes his time loses nothing, and memory is flat" {
	answers 'capulet:ask' "<iq type='result' id='@ID@' from='@TO@'><a xmlns='capulet:a'>$(printf '%20000s' '' | tr ' ' x)</a></iq>"
	stub answers=answers
	seq -f "<iq type='get' id='%.0f' to='capulet.lit'><q xmlns='capulet:ask'/></iq>" 2000 >many
	mkfifo pipe
	# Read and write, as no reader is there yet.
	exec 7<>pipe
	feed "$BIN/xiq" --each-timeout 3 >pipe 2>err 7>&-
	cat many >&8 7>&- &
	# It stops reading stdin when some hundred kB wait.
	until asked=$(on_wire iq | grep -c 'capulet:ask') && [ "$asked" -gt 20 ] &&
		sleep 0.5 && [ "$asked" = "$(on_wire iq | grep -c 'capulet:ask')" ]; do
		:
	done
	[ "$asked" -lt 200 ]
	# Longer than --each-timeout: those that came have been in time.
	sleep 3
	grep -o --line-buffered 'id="[0-9]*"' <pipe >ids 7>&- 8>&- &
	reader=$!
	exec 7<&-
	wait_for_line ids '"2000"' 120
	most=$(hwm)
	exec 8>&-
	ends 0
	wait "$reader"
	same 'stderr' '' "$(cat err)"
	# Forty megabytes went through.
	ldd "$BIN/xiq" | grep -q asan || [ "$most" -lt 24000 ]
	same 'the answers' "$(seq -f 'id="%.0f"' 2000 | sha256sum)" \
		"$(sha256sum <ids)"
}

@test "INT and TERM end it by the signal, requests under way are named" {
	for signal in INT TERM; do
		stub peer=silent
		# A background process of the shell would ignore INT.
		# shellcheck disable=SC2086 # a command line in words
		feed env --default-signal=INT ${COUPLET_WRAP:-} "$BIN/xiq" \
			>out 2>err
		get capulet.lit >&8
		wait_for_line "$STUB_LOG" 'recv iq.*to="capulet.lit"'
		kill -s $signal "$pid"
		ends $((128 + $(kill -l $signal)))
		exec 8>&-
		says 'xiq: record 1: capulet.lit: unknown outcome: the session ended before the answer'
		wait_for_line "$STUB_LOG" 'end stream'
	done
}

# --- the command line ------------------------------------------------------

@test "usage errors: 64, the synopsis, nothing sent" {
	stub
	while IFS='|' read -r text words; do
		# shellcheck disable=SC2086 # words
		expect_exit 64 tool xiq $words <<<"$ping"
		prints ''
		says "xiq: $text" "$usage"
	done <<-'EOF'
		unexpected operand 'b.lit'|a.lit b.lit
		--type: 'result' is not get or set|-t result
		--parallel: '0' is not a number from 1 to 1000|--parallel 0
		--parallel: '1001' is not a number from 1 to 1000|--parallel 1001
		--count: '0' is not a number from 1 to 1000000000|-c 0
		--each-timeout: 'x' is not a number of seconds up to 31536000|--each-timeout x
		--page goes with --paginate|--page 10
		--page: '0' is not a number from 1 to 10000|--paginate --page 0
		--password-fd 0: the records are on stdin|--password-fd 0
		--payload goes with -x, -j and -F|--payload -o text
	EOF
	expect_exit 64 tool xiq nobody <<<"$ping"
	says "xiq: unknown alias 'nobody'"
	expect_exit 64 tool xiq a@@ <<<"$ping"
	same 'connections' 0 "$(grep -c ' connected ' "$STUB_LOG")"
}

@test "--pretend prints the settings and reads nothing" {
	stub
	expect_exit 0 tool xiq --pretend capulet.lit <<<'<broken'
	grep -qE '^jid	romeo@montague.lit	' out
	says
	same 'connections' 0 "$(grep -c ' connected ' "$STUB_LOG")"
}
