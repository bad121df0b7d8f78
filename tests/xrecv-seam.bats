#!/usr/bin/env bats
# xrecv --since where it could lose or double: the end of the archive, kills,
# an archive that forgets, hostile servers.

bats_require_minimum_version 1.5.0
load lib
load xsend
load xrecv
load xrecv-since

@test "kill -9 in the middle: nothing is missing, repeats are those of the last second" {
	archived prosody
	rm -rf "$XDG_STATE_HOME" all
	up
	receiver=$pid
	spawn send 600
	sender=$pid
	for stop in 100 250 400; do
		wait_for_line got "m$stop\$" 120
		kill -KILL "$receiver"
		wait "$receiver" || true
		cat got >>all
		spawn tool xrecv -a juliet -o text --since last -v >got 2>err
		receiver=$pid
	done
	wait_for_line got 'm600$' 120
	kill "$receiver"
	wait "$receiver" || true
	cat got >>all
	# Each has come, and in order but for the repeats.
	numbers 1 600 | cmp - <(bodies_in all | awk '!seen[$0]++')
	wait "$sender"
	# What was taken is not read again.
	expect_exit 0 receive --since last --idle 2
	prints ''
}

@test "the seam: messages that come while the archive is read come once, in order" {
	archived prosody
	rm -rf "$XDG_STATE_HOME"
	expect_exit 0 receive --since last --idle 1
	send 300
	spawn send 600 301
	receive --since last -c 900 -W 200 >got
	numbers 1 900 | cmp - <(bodies_in got)
	wait "$pid"
	expect_exit 0 receive --since last --idle 1
	prints ''
}

@test "a cursor that the archive does not have any more: a warning, and the time" {
	archived prosody
	expect_exit 0 receive --since last --idle 1
	send 2
	printf 'couplet-cursor 1 2026-01-01T00:00:00.000Z\ngone\n' >"$(cursor)"
	expect_exit 0 receive --since last --idle 1
	has m1 m2
	says 'xrecv: the archive does not have the message that was read last any more: messages may be missing, others come again'
	expect_exit 0 receive --since last --idle 1
	prints ''
	says
}

# --- hostile and broken servers ------------------------------------------

# page ATTRS STANZA...: the stub's answer to a query, behind these stanzas.
page() {
	local IFS=$'\t'
	printf 'queryid=\t%s\t%s\n' "${*:2}" \
		"<iq type='result' id='@ID@'><fin xmlns='urn:xmpp:mam:2' $1><set xmlns='http://jabber.org/protocol/rsm'><last>9</last></set></fin></iq>" >answers
}

# result FROM QUERYID BODY: one of the archive.
result() {
	echo "<message$1><result xmlns='urn:xmpp:mam:2' queryid='$2' id='i$3'><forwarded xmlns='urn:xmpp:forward:0'><message xmlns='jabber:client' from='juliet@capulet.lit/x' to='romeo@montague.lit' id='m$3'><body>$3</body></message></forwarded></result></message>"
}

@test "[v] forged results are dropped: other senders, other queries" {
	page "complete='true'" "$(result '' '@QUERYID@' good)" \
		"$(result " from='juliet@capulet.lit'" '@QUERYID@' forged1)" \
		"$(result " from='romeo@montague.lit/other'" '@QUERYID@' forged2)" \
		"$(result " from='romeo@montague.lit'" 'f27' forged3)" \
		"$(result " from='romeo@montague.lit'" '@QUERYID@' own)"
	stub answers=answers disco=urn:xmpp:mam:2
	expect_exit 0 tool xrecv -o text --since 1h --idle 1 -v
	has good own
	grep -q '3 stanzas pretended to be of the own account' err
}

@test "item-not-found: the cursor's time is asked for; other errors end it" {
	error="<error type='cancel'><item-not-found xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error>"
	page "complete='true'" "$(result '' '@QUERYID@' good)"
	mv answers rest
	printf '<after>\t%s\n' "<iq type='error' id='@ID@'>$error</iq>" |
		cat - rest >answers
	mkdir -p "$XDG_STATE_HOME/couplet"
	printf 'couplet-cursor 1 2026-01-01T00:00:00.000Z\ngone\n' \
		>"$XDG_STATE_HOME/couplet/cursor-romeo@montague.lit"
	stub answers=answers disco=urn:xmpp:mam:2
	expect_exit 0 tool xrecv -o text --since last --idle 1
	has good
	grep -q 'messages may be missing' err
	on_wire iq | grep -q '<value>2025-12-31T23:59:00.000Z</value>'
	for error in cancel:forbidden:1 wait:resource-constraint:75; do
		IFS=: read -r type name code <<<"$error"
		printf 'queryid=\t%s\n' "<iq type='error' id='@ID@'><error type='$type'><$name xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error></iq>" >answers
		stub answers=answers disco=urn:xmpp:mam:2
		expect_exit "$code" tool xrecv --since 1h
		says "xrecv: --since: the archive cannot be read: $name"
	done
}

# rule PATTERN ATTRS STANZA...: a query with this pattern gets these, and an end.
rule() {
	page "${@:2}"
	sed "s/^queryid=/$1/" answers >>rules
}

# from_here: the cursor is at the message 9.
from_here() {
	mkdir -p "$XDG_STATE_HOME/couplet"
	printf 'couplet-cursor 1 2026-01-01T00:00:00.000Z\n9\n' \
		>"$XDG_STATE_HOME/couplet/cursor-romeo@montague.lit"
}

# of BODY: a result with the id iBODY.
of() {
	result '' '@QUERYID@' "$1"
}

# live BODY: one that comes by itself, and is iBODY in the archive.
live() {
	echo "<message from='juliet@capulet.lit/x' to='romeo@montague.lit' id='m$1'><body>$1</body><stanza-id xmlns='urn:xmpp:sid:0' by='romeo@montague.lit' id='i$1'/></message>"
}

@test "an answer that says a message twice: it is printed once" {
	rule queryid= "complete='true'" "$(of 1)" "$(of 1)" "$(of 2)" "$(of 2)"
	from_here
	stub answers=rules disco=urn:xmpp:mam:2
	expect_exit 0 tool xrecv -o text --since last --idle 1
	has 1 2
}

@test "an answer that does not reach to what came live: the rest is asked for" {
	rule '<after>9<' "complete='true'" "$(live 4)" "$(of 1)"
	rule '<after>i1<' "complete='true'" "$(of 2)" "$(of 3)" "$(of 4)"
	from_here
	stub answers=rules disco=urn:xmpp:mam:2
	expect_exit 0 tool xrecv -o text --since last --idle 1
	has 1 2 3 4
	says
}

@test "an answer without a message, though there are more: it is not believed" {
	rule '<after>9<' "complete='false'" "$(of 1)"
	rule '<after>i1<' "complete='true'"
	rule '<before' "complete='true'" "$(of 3)"
	rule 'var="start"' "complete='true'" "$(of 1)" "$(of 2)" "$(of 3)"
	from_here
	stub answers=rules disco=urn:xmpp:mam:2
	expect_exit 0 tool xrecv -o text --since last --idle 1
	has 1 2 3
	grep -q 'messages may be missing' err
	same 'asked again' 5 "$(on_wire iq | grep -c '<after>i1<')"
}

# --- what waits for the reader -------------------------------------------

# held: of four messages the archive's answer has two; the others come before its
# end, and are printed behind it. Behind the second the archive has them.
held() {
	rule '<after>9<|var="start"' "complete='true'" "$(live 2)" "$(of 1)" \
		"$(of 2)" "$(live 3)" "$(live 4)"
	rule '<after>i2<' "complete='true'" "$(of 3)" "$(of 4)"
	rule '<after>i3<' "complete='true'" "$(of 4)"
	from_here
	stub answers=rules disco=urn:xmpp:mam:2 sm-id=x
}

# takes_two ARG...: xrecv in the background, whose reader takes two lines of four
# once all have come.
takes_two() {
	mkfifo pipe
	exec 5<>pipe
	spawn tool xrecv -o text -v "$@" >pipe 2>err 5>&-
	wait_for_line err 'the archive is read'
	read -r _ <&5
	read -r _ <&5
}

# dies: it is killed, and so are the lines in the pipe.
dies() {
	kill -KILL "$pid"
	wait "$pid" || true
	exec 5>&-
}

# is_at ID: the cursor is there, once it has passed the first one.
is_at() {
	local file=$XDG_STATE_HOME/couplet/cursor-romeo@montague.lit
	wait_for_line "$file" '^i[^1]'
	same cursor "$1" "$(tail -n 1 "$file")"
}

@test "[v] killed with what was held in the pipe: the next run has it from the archive" {
	held
	takes_two --since last
	is_at i2
	dies
	expect_exit 0 tool xrecv -o text --since last --idle 1
	has 3 4
}

@test "--dedup, killed with what was held in the pipe: that has not come before" {
	held
	takes_two --since 1h --dedup seen
	until [ "$(wc -l <seen)" -ge 3 ]; do nap 0.02; done
	same keys 2 "$(tail -n +2 seen | wc -l)"
	dies
	expect_exit 0 tool xrecv -o text --since 1h --dedup seen --idle 1
	has 3 4
}

# session: the file of the durable one; caught: whether it has read the archive.
session() {
	echo "$XDG_STATE_HOME/couplet/durable-romeo@montague.lit:bot"
}
caught() {
	sed -n '2s/.* //p' "$(session)"
}

# goes_on: the stub resumes the durable session, and counts anew.
goes_on() {
	sed -i '2s/^[0-9]*/0000000000/' "$(session)"
	stub answers=rules disco=urn:xmpp:mam:2 sm-id=x resumed=0 previd=x
}

@test "--durable, killed with what was held in the pipe: the archive is read on" {
	held
	takes_two --since last --durable bot
	is_at i2
	dies
	same caught 0 "$(caught)"
	goes_on
	expect_exit 0 tool xrecv -o text --since last --durable bot --idle 1 -v
	has 3 4
	grep -q 'resumed as' err
	same caught 1 "$(caught)"
}

@test "--durable -c: what was held and is not printed any more is read on" {
	held
	expect_exit 0 tool xrecv -o text --since last --durable bot -c 3
	has 1 2 3
	same caught 0 "$(caught)"
	goes_on
	expect_exit 0 tool xrecv -o text --since last --durable bot --idle 1
	has 4
}

# stored BODY: one that is iBODY in the archive, from offline storage.
stored() {
	live "$1" | sed "s:</message>:<delay xmlns='urn\:xmpp\:delay' from='montague.lit' stamp='2026-01-01T00\:00\:00Z'/>&:"
}

@test "a reader that goes in its first run: what it did not take comes in the next one" {
	rule '<before' "complete='true'" "$(stored 1)" "$(stored 2)" "$(of 2)"
	rule '<after>i2<' "complete='true'"
	stub answers=rules disco=urn:xmpp:mam:2
	mkfifo pipe
	exec 5<>pipe
	spawn tool xrecv -o text --since last --trace trace >pipe 2>err 5>&-
	wait_for_line trace '<fin'
	read -r _ <&5
	exec 5>&-
	wait "$pid" || true
	expect_exit 0 tool xrecv -o text --since last --idle 1
	has 1 2
	is_at i2
}
