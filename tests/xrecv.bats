#!/usr/bin/env bats
# xrecv: what is printed, what is announced, what is answered.

bats_require_minimum_version 1.5.0
load lib
load xsend
load xrecv

# --- records -------------------------------------------------------------

@test "[v] a message is a line of XML, or FROM TAB BODY" {
	for server in "${servers[@]}"; do
		fresh "$server"
		tool xsend --id one -m 'good & <night>' "$juliet"
		tool xsend --id two -t normal -m 'parting is' "$juliet"
		expect_exit 0 tool xrecv -a juliet -c 1
		same stdout "<message from=\"$romeo\" id=\"one\" to=\"$juliet\" type=\"chat\"><body>good &amp; &lt;night&gt;</body></message>" \
			"$(plain <out)"
		says
		expect_exit 0 tool xrecv -a juliet -o text -c 1
		same stdout "$romeo"$'\tparting is' "$(sed 's:/[^\t]*::' out)"
		says
	done
}

@test "a body cannot write to the terminal: TAB, LF, C1, DEL and backslash are escaped" {
	for server in "${servers[@]}"; do
		fresh "$server"
		printf 'a\tb\\n\nc\x7fd\xc2\x9b31me' >body
		tool xsend --id one "$juliet" <body
		tool xsend "$juliet" <body
		expect_exit 0 tool xrecv -a juliet -c 1
		same xml "<message from=\"$romeo\" id=\"one\" to=\"$juliet\" type=\"chat\"><body>a"$'\t'"b\\n&#10;c&#127;d&#155;31me</body></message>" \
			"$(plain <out)"
		expect_exit 0 receive -c 1
		same text 'a\tb\\n\nc\x7fd\xc2\x9b31me' "$(bodies_in out)"
	done
}

@test "ESC, which XML forbids, ends the stream instead of reaching the terminal" {
	printf '<message from="a@b.c"><body>\033[31m</body></message>' >stanzas
	stub send=stanzas
	expect_exit 76 tool xrecv
	prints ''
	stub send=stanzas at=presence
	expect_exit 76 tool xrecv -o text
	prints ''
}

@test "5,000 messages: all of them, in order" {
	for server in "${servers[@]}"; do
		fresh "$server"
		spawn tool xrecv -a juliet -o text -W 120 -c 5000 -v >got 2>err
		wait_for_line err 'online as'
		send 5000
		ends 0
		bodies_in got >bodies
		numbers 1 5000 | cmp - bodies
	done
}

@test "a message is printed when it comes, not when the pipe is full" {
	fresh prosody
	spawn tool xrecv -a juliet -o text >got
	send 1
	wait_for_line got m1
	send 1 2
	wait_for_line got m2
}

@test "stdout may be a file, to which is appended" {
	fresh prosody
	echo first >file
	send 2
	receive -c 1 >>file
	receive -c 1 >>file
	same file "$(printf '%s\n' first m1 m2)" "$(sed 's/.*\t//' file)"
}

# --- filters -------------------------------------------------------------

# chooses IDS ARG... : the stanzas that xrecv prints of these.
chooses() {
	cat >stanzas <<-'EOF'
		<message id='m1' from='romeo@montague.lit/orchard' type='chat'><body>1</body></message>
		<message id='m2' from='romeo@montague.lit/street'><body>2</body></message>
		<message id='m3' from='romeo@montague.lit' type='chat'><composing xmlns='http://jabber.org/protocol/chatstates'/></message>
		<message id='m4' from='nurse@capulet.lit/house' type='headline'><body>4</body></message>
		<message id='m5' from='capulet.lit' type='normal'><body>5</body></message>
		<message id='m6' from='mercutio@sub.capulet.lit/x' type='groupchat'><body>6</body></message>
		<message id='m7' type='error' from='romeo@montague.lit/orchard'><body>7</body><error type='cancel'><gone xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error></message>
		<presence id='p1' from='romeo@montague.lit/orchard'/>
		<presence id='p2' from='romeo@montague.lit/orchard' type='unavailable'/>
		<presence id='p3' from='nurse@capulet.lit' type='subscribe'/>
		<iq id='i1' from='romeo@montague.lit/orchard' type='get'><ping xmlns='urn:xmpp:ping'/></iq>
		</stream:stream>
	EOF
	stub send=stanzas at=presence echo=no
	expect_exit 1 tool xrecv --no-reconnect "${@:2}"
	says 'xrecv: the server ended the stream'
	kill "$STUB_PID"
	same "${*:2}" "$1" "$(sed 's/.* id="\([^"]*\)".*/\1/' out | paste -sd ' ')"
}

@test "without a filter all messages are printed" {
	chooses 'm1 m2 m3 m4 m5 m6 m7'
}

@test "--from: a bare JID is all its resources, a full one itself, a domain its users" {
	chooses 'm1 m2 m3 m7' --from romeo@montague.lit
	chooses 'm2' --from romeo@montague.lit/street
	chooses 'm4 m5' --from capulet.lit
	chooses 'm2 m4' --from romeo@montague.lit/street --from nurse@capulet.lit
	chooses 'm1 m2 m3 m7' --from ROMEO@Montague.LIT
	chooses '' --from nobody@montague.lit
}

@test "-t: normal is also no type at all" {
	chooses 'm1 m3' -t chat
	chooses 'm2 m5' -t normal
	chooses 'm4 m6' -t headline --type groupchat
	chooses 'm7' -t error
}

@test "--kind: message, presence, iq, as often as wanted" {
	chooses 'p1 p2 p3' --kind presence
	chooses 'i1' --kind iq
	chooses 'm1 m2 m3 m4 m5 m6 m7 i1' --kind message --kind iq
	chooses 'p1' --kind presence -t available
	chooses 'p3' --kind presence -t subscribe
}

@test "--with-body, and all filters together" {
	chooses 'm1 m2 m4 m5 m6 m7' --with-body
	chooses 'm1' --with-body -t chat --from montague.lit
}

# --- presence ------------------------------------------------------------

# couple SERVER: as fresh, and they are contacts.
couple() {
	fresh "$1"
	"$tests/servers/subscribe" "$XMPP_DIR" "$romeo" "$juliet"
}

@test "--priority, --show and --status are what a contact sees, and the end of it" {
	for server in "${servers[@]}"; do
		couple "$server"
		spawn tool xrecv -a romeo --kind presence --from "$juliet" \
			-v >seen 2>log
		wait_for_line log 'online as'
		# Its own presence comes first, so its contacts see it.
		tool xrecv -a juliet --priority 7 --show away \
			--status 'on the <balcony>' -W 200 -c 1 \
			--kind presence >/dev/null
		wait_for_line seen unavailable
		# Each server has its order of them.
		for part in '<show>away</show>' '<priority>7</priority>' \
			'<status>on the &lt;balcony&gt;</status>'; do
			same "$part" 1 "$(grep -F '<show>' seen | grep -cF "$part")"
		done
		kill "$pid"
		wait "$pid" || true
	done
}

@test "--no-presence draws nothing: what waits goes on waiting" {
	for server in "${servers[@]}"; do
		fresh "$server"
		send 1
		expect_exit 0 receive --no-presence --idle 0.3
		is_silent
		expect_exit 0 receive --priority=-1 --idle 0.3
		is_silent
		the_rest m1
	done
}

@test "--no-presence announces nothing at all" {
	stub
	expect_exit 0 tool xrecv --no-presence --idle 0.1
	same 'presence sent' '' "$(on_wire presence)"
}

@test "the priority of the configuration counts, --priority over it" {
	stub echo=yes
	printf '    priority: -3\n' >>"$COUPLET_CONFIG"
	expect_exit 0 tool xrecv -c 1 --kind presence
	expect_exit 0 tool xrecv -c 1 --kind presence --priority 4
	same presences "$(printf '<presence><priority>%d</priority></presence>\n' -3 4)" \
		"$(on_wire presence | grep -v unavailable |
			sed -e 's:<c [^>]*/>::' -e 's/"[^"]*"//g')"
}

# --- requests ------------------------------------------------------------

# answers: to the stub's requests, in order.
answers() {
	sed -n 's/^[0-9.]* c[0-9]* answer //p' "$STUB_LOG"
}

# asked NAME... [-- WORD...]: of a stub, whose roster has juliet, until all is
# answered.
asked() {
	local names=() name
	while [ $# -gt 0 ] && [ "$1" != -- ]; do
		names+=("$1")
		shift
	done
	stub contact=juliet@capulet.lit from=juliet@capulet.lit/balcony \
		iq="$(IFS=,; echo "${names[*]}")" "${@:2}"
	spawn tool xrecv
	for name in "${names[@]}"; do
		wait_for_line "$STUB_LOG" " answer stub-$name "
	done
	kill "$pid"
	ends 143
}

@test "a contact is answered: ping, disco#info, version, time" {
	asked ping disco version time
	same answers "$(printf '%s\n' 'stub-ping result' 'stub-disco result' \
		'stub-version result' 'stub-time result')" \
		"$(answers | sed 's/ *$//; s/ -$//')"
	on_wire iq >iqs
	grep -F '<feature var="urn:xmpp:ping"/>' iqs
	grep -F '<identity category="client" name="couplet" type="console"/>' iqs
	grep -E '<name>couplet</name><version>[0-9.]+' iqs
	grep -E '<tzo>[-+][0-9]{2}:[0-9]{2}</tzo><utc>[0-9-]{10}T[0-9:]{8}Z</utc>' iqs
}

@test "what is unknown gets service-unavailable, from a contact too" {
	asked unknown items
	same answers "$(printf '%s\n' 'stub-unknown error service-unavailable' \
		'stub-items error service-unavailable')" "$(answers)"
}

@test "a stranger gets service-unavailable, whatever he asks" {
	asked ping disco version time unknown -- from=paris@verona.lit/x
	# In any order: that nobody knows the unknown needs no contact list.
	same answers "$(printf 'stub-%s error service-unavailable\n' \
		disco ping time unknown version)" "$(answers | sort)"
}

@test "with --no-presence contacts are strangers" {
	stub contact=juliet@capulet.lit from=juliet@capulet.lit/balcony \
		iq=ping deliver-on=enabled deliver=1 deliver-gap=100
	expect_exit 0 tool xrecv -c 1 --no-presence
	wait_for_line "$STUB_LOG" 'end stream'
	same answers 'stub-ping error service-unavailable' "$(answers)"
}

@test "a real contact's ping is answered, a stranger's is refused" {
	for server in "${servers[@]}"; do
		couple "$server"
		new_account paris
		spawn tool xrecv -a juliet -o text --kind presence --trace trace -v >seen 2>log
		wait_for_line seen .
		full=$(sed -n 's/.*online as \([^ ]*\) .*/\1/p' log)
		for who in romeo paris; do
			echo "<iq type='get' id='$who-asks' to='$full'><ping xmlns='urn:xmpp:ping'/></iq>" |
				tool xsend -a "$who" -x || true
		done
		wait_for_line trace '> .*<iq id="romeo-asks".* type="result"/>'
		wait_for_line trace '> .*<iq id="paris-asks".* type="error">.*<service-unavailable'
		kill "$pid"
		wait "$pid" || true
	done
}

# replies ANSWER STANZAS: that is what xrecv sends to these.
replies() {
	printf '%s' "$2" "<message from='a@b.c'><body>end</body></message>" >stanzas
	stub no-sm send=stanzas at=presence echo=no contact=juliet@capulet.lit
	spawn tool xrecv -o text >out
	wait_for_line out end
	while read -r line; do
		[ -z "$line" ] || wait_for_line "$STUB_LOG" "answer $line"
	done <<<"$1"
	kill "$pid"
	ends 143
	wait_for_line "$STUB_LOG" 'end stream'
	same answers "$1" "$(answers | sed 's/ *$//; s/ -$//')"
}

@test "disco#info of a node that is not ours: item-not-found" {
	replies 'd1 error item-not-found' \
		"<iq type='get' id='d1' from='romeo@montague.lit/other'><query xmlns='http://jabber.org/protocol/disco#info' node='x'/></iq>"
}

@test "a roster push is confirmed; one from somebody else is ignored" {
	push="<query xmlns='jabber:iq:roster'><item jid='a@b.c' subscription='both'/></query></iq>"
	replies 'r1 result' "<iq type='set' id='r1'>$push"
	replies 'r2 result' "<iq type='set' id='r2' from='romeo@montague.lit'>$push"
	replies '' "<iq type='set' id='r3' from='paris@verona.lit'>$push"
	replies '' "<iq type='set' id='r4' from='romeo@montague.lit/other'>$push"
}

@test "a forged roster push makes no contact" {
	push="<query xmlns='jabber:iq:roster'><item jid='paris@verona.lit' subscription='both'/></query></iq>"
	replies 'p1 error service-unavailable' \
		"<iq type='set' id='r3' from='paris@verona.lit'>$push<iq type='get' id='p1' from='paris@verona.lit'><ping xmlns='urn:xmpp:ping'/></iq>"
}

@test "results and errors that nobody asked for are not answered" {
	replies '' "<iq type='result' id='x1' from='a@b.c'/><iq type='error' id='x2' from='a@b.c'/>"
}

# --- options -------------------------------------------------------------

# refuses TEXT ARG... : 64, before any connection.
refuses() {
	expect_exit 64 tool xrecv "${@:2}"
	prints ''
	same stderr "xrecv: $1" "$(head -n 1 err)"
}

@test "options that are wrong: 64" {
	on prosody
	rm -f "$COUPLET_CONFIG"
	new_account juliet
	refuses "unexpected operand 'juliet'" juliet
	refuses "--count: '0' is not a number from 1 to 1000000000" -c 0
	refuses "--count: '-1' is not a number from 1 to 1000000000" -c -1
	refuses "--count: '1x' is not a number from 1 to 1000000000" --count 1x
	refuses "--idle: '-1' is not a number of seconds up to 31536000" --idle=-1
	refuses "--priority: '128' is not a number from -128 to 127" --priority 128
	refuses "--priority: '-129' is not a number from -128 to 127" --priority=-129
	refuses "--kind: 'stanza' is not message, presence or iq" --kind stanza
	refuses "--show: 'here' is not away, chat, dnd or xa" --show here
	refuses "--type: 'letter' is no type of a stanza" -t letter
	refuses "--output: 'yaml' is not text, nul, xml or json" -o yaml
	refuses "unrecognized option '--nonsense'" --nonsense
	expect_exit 64 tool xrecv --from @
	grep -F -- '--from: ' err
	expect_exit 65 tool xrecv --status $'a\033b'
	says 'xrecv: --status: byte 2: XML forbids the character U+001B'
}
