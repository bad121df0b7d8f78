#!/usr/bin/env bats
# xrecv --since: the archive first, then what comes live: no gap, no double.

bats_require_minimum_version 1.5.0
load lib
load xsend
load xrecv

# archived SERVER: fresh accounts on a server of its own with an archive.
archived() {
	own "$1" mam=yes
	accounts
}

# has LINE...: these bodies are in the file out, and no others.
has() {
	same bodies "$(printf '%s\n' "$@")" "$(bodies_in out)"
}

# cursor: the file of juliet's.
cursor() {
	echo "$XDG_STATE_HOME/couplet/cursor-$juliet"
}

# up [ARG...]: xrecv --since last in the background, past the archive; its
# lines in the file got.
up() {
	spawn tool xrecv -a juliet -o text --since last -v "$@" >got 2>err
	wait_for_line err 'the archive is read' 30
}

# --- the options ---------------------------------------------------------

@test "[v] --since: what is neither a time nor a duration nor last is 64" {
	fresh prosody
	for bad in '' yesterday 7 2026-02-30 10:00 5w last: last:a/b lasting; do
		expect_exit 64 tool xrecv --since "$bad"
		grep -q '^xrecv: --since: ' err
	done
}

@test "[v] a server without an archive is 69, and nothing is drawn from it" {
	for server in "${servers[@]}"; do
		fresh "$server"
		send 1
		expect_exit 69 receive --since 1h
		prints ''
		says 'xrecv: --since: the server has no archive (XEP-0313)'
		the_rest m1
	done
}

@test "a state folder that cannot be written is 74, before anything is drawn" {
	fresh prosody
	touch blocked
	XDG_STATE_HOME=$HOME/blocked/state expect_exit 74 receive --since last
	grep -q '^xrecv: .*Not a directory$' err
	mkdir -p "$XDG_STATE_HOME/couplet"
	echo junk >"$(cursor)"
	expect_exit 74 receive --since last
	says "xrecv: $(cursor): not a cursor; remove it to begin anew"
}

# --- times ---------------------------------------------------------------

@test "[v] --since DURATION: from the archive, in pages, with delay and stanza-id, once" {
	for server in "${servers[@]}"; do
		archived "$server"
		send 250
		tool xsend -a juliet -m 'to romeo' "$romeo"
		# Offline storage has them too.
		expect_exit 0 receive --since 1h --idle 3
		numbers 1 250 | cmp - <(bodies_in out)
		# They are there again, also without presence.
		expect_exit 0 tool xrecv -a juliet --since 1h -c 1 --no-presence
		grep -q "<stanza-id xmlns=\"urn:xmpp:sid:0\" by=\"$juliet\" id=\"[^\"]" out
		grep -q '<delay xmlns="urn:xmpp:delay"[^>]* stamp="20' out
		same 'stanza-ids' 1 "$(grep -o '<stanza-id ' out | wc -l)"
		# What the account sent is among them with --own alone.
		expect_exit 0 receive --since 1h --idle 2 --own --no-presence
		same last 'to romeo' "$(bodies_in out | tail -n 1)"
	done
}

@test "--since TIME: nothing older, though a server gives it" {
	for server in "${servers[@]}"; do
		archived "$server"
		send 1
		receive --idle 1 >/dev/null
		expect_exit 0 receive --since 2038-01-01 --idle 1
		prints ''
		expect_exit 0 receive --since 2001-01-01T10:00Z --idle 1
		has m1
	done
}

# --- last ----------------------------------------------------------------

@test "[v] --since last: begins now, goes on where the last run ended" {
	for server in "${servers[@]}"; do
		archived "$server"
		rm -rf "$XDG_STATE_HOME"
		tool xsend -m 'read by another' "$juliet"
		receive --idle 1 >/dev/null
		expect_exit 0 receive --since last --idle 1
		prints ''
		send 3
		expect_exit 0 receive --since last -c 1
		has m1
		expect_exit 0 receive --since last -c 1
		has m2
		says
		# Drawn by somebody else, who leaves nothing in offline storage.
		send 1 4
		receive --idle 1 >/dev/null
		expect_exit 0 receive --since last --idle 1
		has m3 m4
		expect_exit 0 receive --since last --idle 1
		prints ''
		same mode 600 "$(stat -c %a "$(cursor)")"
	done
}

@test "--since last: the first run prints what waits offline" {
	for server in "${servers[@]}"; do
		archived "$server"
		rm -rf "$XDG_STATE_HOME"
		send 2
		expect_exit 0 receive --since last --idle 2
		has m1 m2
		expect_exit 0 receive --since last --idle 1
		prints ''
	done
}

@test "what was read without presence does not come again from offline storage" {
	for server in "${servers[@]}"; do
		archived "$server"
		rm -rf "$XDG_STATE_HOME"
		expect_exit 0 receive --since last --idle 1
		send 2
		expect_exit 0 receive --since last --idle 1 --no-presence
		has m1 m2
		expect_exit 0 receive --since last --idle 2
		prints ''
	done
}

@test "the cursor moves past what the filters drop; readers have one each" {
	archived prosody
	expect_exit 0 receive --since last --idle 1
	expect_exit 0 receive --since last:other --idle 1
	send 3
	expect_exit 0 receive --since last --idle 1 --from nobody@montague.lit
	prints ''
	expect_exit 0 receive --since last --idle 1
	prints ''
	expect_exit 0 receive --since last:other --idle 1
	has m1 m2 m3
}

@test "two processes with one cursor: the second is 75" {
	archived prosody
	up
	expect_exit 75 receive --since last
	says "xrecv: $(cursor): another process reads with it"
}

@test "kill -9 in the middle: nothing is missing, repeats are those of the last second" {
	for server in "${servers[@]}"; do
		archived "$server"
		rm -rf "$XDG_STATE_HOME" all
		up
		spawn send 3000
		sender=$pid
		for stop in 300 900 1500 2100; do
			pid=${background[0]}
			wait_for_line got "m$stop\$" 30
			kill -KILL "$pid"
			wait "$pid" || true
			cat got >>all
			background=("$sender")
			spawn tool xrecv -a juliet -o text --since last -v >got 2>err
			background=("$pid" "$sender")
		done
		wait_for_line got 'm3000$' 30
		kill "$pid"
		wait "$pid" || true
		cat got >>all
		# Each has come, and in order but for the repeats.
		numbers 1 3000 | cmp - <(bodies_in all | awk '!seen[$0]++')
		[ "$(wc -l <all)" -le $((3000 + 4 * 1500)) ]
		wait "$sender"
		# What was taken is not read again.
		expect_exit 0 receive --since last --idle 2
		prints ''
	done
}

@test "the seam: messages that come while the archive is read come once, in order" {
	for server in "${servers[@]}"; do
		archived "$server"
		rm -rf "$XDG_STATE_HOME"
		expect_exit 0 receive --since last --idle 1
		send 700
		spawn send 1500 701
		receive --since last -c 2200 -W 60 >got
		numbers 1 2200 | cmp - <(bodies_in got)
		wait "$pid"
		expect_exit 0 receive --since last --idle 1
		prints ''
	done
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
	echo "<message$1><result xmlns='urn:xmpp:mam:2' queryid='$2' id='i$3'><forwarded xmlns='urn:xmpp:forward:0'><message xmlns='jabber:client' from='juliet@capulet.lit/x' to='romeo@montague.lit'><body>$3</body></message></forwarded></result></message>"
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
