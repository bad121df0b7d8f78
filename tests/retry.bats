#!/usr/bin/env bats
# --retry of xiq and xroster.

bats_require_minimum_version 1.5.0
load lib
load xsend
load reconnect
load retry

ping="<ping xmlns='urn:xmpp:ping'/>"
set_iq="<iq type='set' to='juliet@capulet.lit/b'><x xmlns='urn:couplet:x'/></iq>"

result="<iq type='result' id='@ID@' from='@TO@' to='@JID@'/>"

# --- xiq --------------------------------------------------------------------

@test "[v] xiq --retry: a get that had no answer is asked again" {
	stub close how=reset times=1
	expect_exit 0 tool xiq --retry 60 <<<"$ping"
	says
	same answers 1 "$(grep -c "type=\"result\"" out)"
	same gets 2 "$(sent urn:xmpp:ping)"
	same connections 2 "$(connections)"
}

@test "xiq: without --retry a lost connection is its end" {
	stub close how=reset times=1
	expect_exit 75 tool xiq <<<"$ping"
	same connections 1 "$(connections)"
	grep -q 'record 1: montague.lit: unknown outcome' err
}

@test "xiq --retry: what became of a set nobody knows; others go on" {
	stub close how=reset times=1
	{ echo "$set_iq"; echo "$ping"; } >records
	expect_exit 75 tool xiq --retry 60 <records
	says 'xiq: record 1: juliet@capulet.lit/b: unknown outcome: the connection was lost, the set may have happened'
	same sets 1 "$(sent urn:couplet:x)"
	same answers 1 "$(grep -c 'type="result"' out)"

	stub close how=reset times=1
	expect_exit 1 tool xiq --retry 60 --retry-set <records
	# As of one who does not know it: the answer counts.
	says 'xiq: record 1: juliet@capulet.lit/b: service-unavailable'
	same sets 2 "$(sent urn:couplet:x)"
	same answers 1 "$(grep -c 'type="result"' out)"
}

@test "xiq --retry: what the server had acknowledged is asked again too" {
	# The answers are late, so that the connection is cut in between.
	printf 'urn:couplet:x\t\n' >answers
	stub ping-delay=4000 answers=answers
	proxied romeo cut=reset
	{ echo "$set_iq"; echo "$ping"; } >records
	spawn tool xiq -v --retry 60 <records >out 2>err
	wait_for_line "$STUB_LOG" ' sent <a '
	break_off
	ends 75
	same sets 1 "$(sent urn:couplet:x)"
	same pings 2 "$(sent 'urn:xmpp:ping')"
	same answers 1 "$(grep -c 'type="result"' out)"
	grep -q 'juliet@capulet.lit/b: unknown outcome: the connection was lost' err
}

@test "xiq --retry: records that come while there is no connection are sent" {
	printf 'urn:couplet:x\t%s\n' "$result" >answers
	stub answers=answers
	proxied romeo cut=reset
	feed tool xiq -v --retry 60 2>err >out
	wait_for_line err 'online as'
	kill -STOP "$STUB_PID"
	break_off
	wait_for_line err 'next attempt in'
	# Sets too: these have not left, and nothing of them is in doubt.
	{ echo "$set_iq"; echo "$ping"; } >&8
	exec 8>&-
	kill -CONT "$STUB_PID"
	ends 0
	same answers 2 "$(grep -c 'type="result"' out)"
	same sets 1 "$(sent urn:couplet:x)"
}

@test "xiq --retry: on real servers, a broken connection is resumed" {
	for server in "${servers[@]}"; do
		fresh "$server"
		proxied romeo cut=reset
		feed tool xiq -v --retry 60 2>err >out
		echo "$ping" >&8
		wait_for_line out 'type="result"'
		break_off
		wait_for_line err 'next attempt in'
		echo "$ping" >&8
		exec 8>&-
		ends 0
		grep -q 'resumed as' err
		same answers 2 "$(grep -c 'type="result"' out)"
	done
}

@test "xiq --retry: the server dies and comes back" {
	for server in "${servers[@]}"; do
		lasting "$server"
		feed tool xiq -v --retry 120 2>err >out
		echo "$ping" >&8
		wait_for_line out 'type="result"'
		"$tests/servers/kill" "$XMPP_DIR"
		wait_for_line err 'next attempt in'
		echo "$ping" >&8
		exec 8>&-
		"$tests/servers/restart" "$XMPP_DIR"
		ends 0
		same answers 2 "$(grep -c 'type="result"' out)"
	done
}

@test "xiq --retry: when it ends" {
	echo "$ping" >records
	refuses xiq
}

# --- xroster ----------------------------------------------------------------

# contacts N: so many, a record each.
contacts() {
	seq -f 'c%.0f@capulet.lit' "$1" | sed "s/$/\tName\t\t\tVerona/"
}

@test "[v] xroster --retry: a list that did not come is asked for again" {
	stub close how=reset times=1
	expect_exit 0 tool xroster --retry 60
	says
	same lists 2 "$(sent '<query xmlns="jabber:iq:roster"')"
	stub close how=reset times=1
	expect_exit 75 tool xroster
	same lists 1 "$(sent '<query xmlns="jabber:iq:roster"')"
}

@test "xroster --retry: what became of a change nobody knows" {
	printf 'type=.set\t\n' >answers
	stub answers=answers
	proxied romeo cut=reset
	spawn tool xroster --retry 60 add "$juliet" 2>err
	wait_for_line "$STUB_LOG" 'recv iq .*type="set".*jabber:iq:roster' 120
	break_off
	ends 75
	says "xroster: $juliet: unknown outcome: the connection was lost"
	same sets 1 "$(sent 'type="set".*jabber:iq:roster')"
}

@test "xroster --retry --retry-set: a change without answer is sent again" {
	printf 'type=.set\t\n' >answers
	stub answers=answers
	proxied romeo cut=reset
	spawn tool xroster --retry 60 --retry-set add "$juliet" 2>err
	wait_for_line "$STUB_LOG" 'recv iq .*type="set".*jabber:iq:roster' 120
	break_off
	until [ "$(sent 'type="set".*jabber:iq:roster')" = 2 ]; do
		kill -0 "$pid"
		nap 0.05
	done
	kill "$pid"
	ends 143
}

@test "xroster --retry: a broken connection is resumed, and all is changed" {
	contacts 150 >list
	for server in "${servers[@]}"; do
		fresh "$server"
		proxied romeo cut-after-up=20000 cut=reset times=1
		# Prosody reads on in the middle of what was cut off, and has
		# to be logged in to anew (sm.h).
		expect_exit 0 tool xroster -v --retry 60 --retry-set sync list
		grep -q 'resumed as' err
		expect_exit 0 tool xroster -g Verona
		same contacts 150 "$(wc -l <out)"
	done
}

@test "xroster --retry: the server is not there yet" {
	for server in "${servers[@]}"; do
		lasting "$server"
		"$tests/servers/kill" "$XMPP_DIR"
		spawn tool xroster -v --retry 120 add "$juliet" 2>err
		wait_for_line err 'next attempt in'
		"$tests/servers/restart" "$XMPP_DIR"
		ends 0
		expect_exit 0 tool xroster
		grep -q "^$juliet" out
	done
}

@test "xroster --retry: when it ends" {
	: >records
	refuses xroster
}
