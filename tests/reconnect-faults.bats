#!/usr/bin/env bats
# What a server says about where to go on, and what may not become of it.

bats_require_minimum_version 1.5.0
load lib
load xsend
load xrecv
load reconnect

# connections: how many the stub has had.
connections() {
	grep -c ' connected ' "$STUB_LOG"
}

@test "the connection breaks before a request has its answer" {
	stub close at=ready how=reset times=1 deliver=1
	expect_exit 0 tool xrecv -c 1 -W 200
	same 'records' 1 "$(wc -l <out)"
	same 'connections' 2 "$(connections)"
	# One list of offline messages is asked for, and presence is told once.
	stub close at=presence how=reset times=1 deliver=1
	expect_exit 0 tool xrecv -c 1 -W 200
	same 'presence in each connection' 2 "$(on_wire presence | grep -vc unavailable)"
}

@test "the archive is asked once, though the connection breaks on the way" {
	disco="<iq type='result' id='@ID@' from='@TO@'><query xmlns='http://jabber.org/protocol/disco#info'><feature var='urn:xmpp:mam:2'/></query></iq>"
	one="<message from='romeo@montague.lit'><result xmlns='urn:xmpp:mam:2' id='1' queryid='@QUERYID@'><forwarded xmlns='urn:xmpp:forward:0'><delay xmlns='urn:xmpp:delay' stamp='2026-11-28T10:00:00Z'/><message xmlns='jabber:client' from='nurse@capulet.lit/x' to='romeo@montague.lit'><body>one</body></message></forwarded></result></message>"
	{
		printf 'disco#info\t%s\n' "$disco"
		printf 'urn:xmpp:mam:2\t%s%s\n' "$one" \
			"<iq type='result' id='@ID@' from='romeo@montague.lit'><fin xmlns='urn:xmpp:mam:2' complete='true'><set xmlns='http://jabber.org/protocol/rsm'><last>1</last></set></fin></iq>"
	} >answers
	stub close at=ready how=reset times=1 answers=answers \
		keep-answers=yes
	expect_exit 0 tool xrecv --since 2026-11-28T00:00Z -c 1 -W 200 -F %b
	prints one
	same 'questions' 1 "$(on_wire iq | grep -c 'urn:xmpp:mam')"
}

@test "[v] an address that is none, in place of another one: an error, no crash" {
	stub stream-error=see-other-host host='not a host' at=ready
	expect_exit 76 tool xsend -m hi --retry 60 "$juliet"
	grep -q "'not a host' is not HOST" err
	expect_exit 76 tool xrecv -W 200
	# The first login never was.
	stub stream-error=see-other-host host='not a host' at=auth
	expect_exit 76 tool xsend -m hi "$juliet"
	expect_exit 3 tool xsend --queue -m hi "$juliet"
	grep -q "'not a host' is not HOST" err
	expect_exit 3 tool xsend --queue -x <<-EOF
		<message to='$juliet'><body>hi</body></message>
	EOF
	same 'queued' 2 "$(tool xqueue list | wc -l)"
}

@test "a server that sends us on after each login is left at last" {
	stub stream-error=see-other-host host=self at=ready
	expect_exit 75 tool xsend -m hi --retry 60 "$juliet"
	same 'connections' 6 "$(connections)"
}

@test "a location that is none, or dead, is passed over" {
	for location in '' 'not a host' nowhere.invalid 127.0.0.1:1; do
		stub close at=presence how=reset times=1 deliver=1 sm-id=x \
			location="$location"
		expect_exit 0 tool xrecv -c 1 -W 200 -v
		same 'connections' 2 "$(connections)"
	done
}

@test "a file that the login needs is gone when the connection is: 78, no crash" {
	stub close at=presence how=reset
	cp "$STUB_CA" ca.pem
	sed -i "s,ca_file:.*,ca_file: $PWD/ca.pem," "$COUPLET_CONFIG"
	spawn tool xrecv -v >got 2>err
	wait_for_line err 'online as'
	rm ca.pem
	ends 78
	grep -q 'ca.pem' err
}

@test "[v] a stream that is not resumed, of which the server tells how much it had" {
	stub close at=r how=reset times=1 sm-id=x failed-h=1
	expect_exit 0 tool xsend -m hi --retry 60 --bounce-wait 0 "$juliet"
	same 'messages' 1 "$(on_wire message | wc -l)"
	stub close at=r how=reset times=1 sm-id=x failed-h=0
	expect_exit 0 tool xsend -m hi --retry 60 --bounce-wait 0 "$juliet"
	same 'messages' 2 "$(on_wire message | wc -l)"
	# More than there was.
	stub close at=r how=reset times=1 sm-id=x failed-h=2
	expect_exit 76 tool xsend -m hi --retry 60 --bounce-wait 0 "$juliet"
	same 'messages' 1 "$(on_wire message | wc -l)"
}

@test "a resumed stream that heeds nothing: a new login, and what waits is sent" {
	stub close at=r how=reset times=1 sm-id=x resumed=0 deaf=yes
	expect_exit 0 tool xsend -v -m hi --retry 90 --bounce-wait 0 "$juliet"
	same 'connections' 3 "$(connections)"
	same 'logins' 'resumed online' "$(grep -oE '(online|resumed) as' err |
		tail -n 2 | sed 's/ as//' | paste -sd ' ')"
	grep -q 'the server does not understand the resumed stream; next attempt in 0.0 s' err
	# The first thing that it was sent, before what may be swallowed.
	same 'first' 'r message' "$(sed -n 's/^[^ ]* *c2 recv \(r\|message\) .*/\1/p' \
		"$STUB_LOG" | head -n 2 | paste -sd ' ')"
}

@test "one question for an acknowledgement at a time" {
	stub silent-ack
	feed tool xsend -l "$juliet" 2>err
	for n in 1 2 3 4; do
		echo "$n" >&8
		wait_for_line "$STUB_LOG" "<body>$n</body>" 120
	done
	same 'questions' 1 "$(on_wire r | wc -l)"
	exec 8>&-
	kill -TERM "$pid"
	ends 143
}
