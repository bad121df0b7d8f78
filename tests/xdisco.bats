#!/usr/bin/env bats
# xdisco: what entities say of themselves, the walk, and what strangers answer.

bats_require_minimum_version 1.5.0
load lib
load xsend

# --- helpers: a stub with answers of its own ----------------------------

# info TO CONTENT and items TO CONTENT: what the stub says, a line each.
info() {
	printf '%s\n' "to=.$1. .*disco#info	<iq type='result' id='@ID@' from='@TO@' to='@JID@'><query xmlns='http://jabber.org/protocol/disco#info'>$2</query></iq>"
}

items() {
	printf '%s\n' "to=.$1. .*disco#items	<iq type='result' id='@ID@' from='@TO@' to='@JID@'><query xmlns='http://jabber.org/protocol/disco#items'>$2</query></iq>"
}

refuse() {
	printf '%s\n' "to=.$1. .*disco	<iq type='error' id='@ID@' from='@TO@' to='@JID@'><error type='cancel'><$2 xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error></iq>"
}

server="<identity category='server' type='im'/>"

# asked: the JIDs that the stub was asked about, with the kind, in order.
asked() {
	on_wire iq | sed -nE 's/.*to="([^"]*)".*disco#([a-z]*)".*/\1 \2/p'
}

# --- real servers --------------------------------------------------------

@test "[v] info and items of the own server, of others, and of a node" {
	for kind in "${servers[@]}"; do
		fresh "$kind"
		expect_exit 0 tool xdisco
		says
		grep -q $'^montague.lit\t\tidentity\tserver\tim\t' out
		grep -qx $'montague.lit\t\tfeature\turn:xmpp:ping' out
		expect_exit 0 tool xdisco --items capulet.lit
		grep -qx $'capulet.lit\t\titem\trooms.capulet.lit\t\t' out
		same 'other lines' 0 "$(grep -cv $'\titem\t' out)"
		expect_exit 0 tool xdisco --info capulet.lit rooms.capulet.lit
		same who $'capulet.lit\nrooms.capulet.lit' "$(cut -f 1 out | uniq)"
		grep -q $'^rooms.capulet.lit\t\tidentity\tconference\ttext\t' out
		expect_exit 0 tool xdisco capulet.lit http://jabber.org/protocol/commands
		grep -q $'^capulet.lit\thttp://jabber.org/protocol/commands\tidentity\tautomation\t' out
	done
}

@test "--tree asks the items too, --depth 1 does not" {
	for kind in "${servers[@]}"; do
		fresh "$kind"
		expect_exit 0 tool xdisco --tree capulet.lit
		grep -q $'^capulet.lit\t\titem\trooms.capulet.lit\t' out
		grep -q $'^rooms.capulet.lit\t\tidentity\tconference\t' out
		expect_exit 0 tool xdisco --depth 1 capulet.lit
		same who capulet.lit "$(cut -f 1 out | uniq)"
	done
}

@test "--find prints who has a feature: 0, or 1 when nobody has" {
	for kind in "${servers[@]}"; do
		fresh "$kind"
		expect_exit 0 tool xdisco --find http://jabber.org/protocol/muc capulet.lit
		prints rooms.capulet.lit
		expect_exit 1 tool xdisco --find urn:example:nothing capulet.lit
		prints ''
		says 'xdisco: urn:example:nothing: no entity has it'
		expect_exit 1 tool xdisco --find http://jabber.org/protocol/muc \
			--depth 1 capulet.lit
		expect_exit 0 tool xdisco --find urn:xmpp:ping --depth 1
		prints montague.lit
	done
}

@test "all are asked over one connection, and who refuses is named" {
	for kind in "${servers[@]}"; do
		fresh "$kind"
		expect_exit 1 tool xdisco --info nobody@capulet.lit
		prints ''
		grep -qE '^xdisco: nobody@capulet.lit: info: ' err
		expect_exit 2 tool xdisco --info nobody@capulet.lit capulet.lit
		grep -qE '^xdisco: nobody@capulet.lit: info: ' err
		grep -q '^capulet.lit' out
		expect_exit 1 tool xdisco capulet.lit no-such-node
		same stderr 2 "$(grep -cE '^xdisco: capulet.lit no-such-node: (info|items): item-not-found' err)"
		# A long name does not hide the reason.
		expect_exit 1 tool xdisco --info capulet.lit \
			"$(printf '%03000d' 0)"
		grep -qE '^xdisco: capulet.lit 0+: info: item-not-found' err
	done
}

@test "JSON, XML, a template, NUL" {
	for kind in "${servers[@]}"; do
		fresh "$kind"
		expect_exit 0 tool xdisco -j capulet.lit
		same json 'capulet.lit server true capulet.lit true' "$(jq -s -r \
			'[.[0].jid, (.[0].identities[] | select(.type == "im") | .category),
			  (.[0].features | index("urn:xmpp:ping") != null), .[1].jid,
			  (.[1].items | map(.jid) | index("rooms.capulet.lit") != null)]
			 | join(" ")' out)"
		same lines 2 "$(wc -l <out)"
		expect_exit 0 tool xdisco -x capulet.lit
		same stanzas 2 "$(grep -c '^<iq from="capulet.lit" .*<query xmlns="http://jabber.org/protocol/disco#.*</iq>$' out)"
		expect_exit 0 tool xdisco -F '%f %T' capulet.lit
		prints $'capulet.lit result\ncapulet.lit result'
		expect_exit 0 tool xdisco -o nul --items capulet.lit
		tr '\0' '\n' <out | grep -qx $'capulet.lit\t\titem\trooms.capulet.lit\t\t'
		expect_exit 0 tool xdisco -j --find http://jabber.org/protocol/muc capulet.lit
		same found rooms.capulet.lit "$(jq -r .jid out)"
	done
}

# enter NAME PREFIX N: NAME is in so many rooms, until the test ends.
enter() {
	mkfifo "$1.fifo"
	spawn tool xsend -a "$1" -x <>"$1.fifo" 2>"$1.err"
	seq -f "<presence to='$2%.0f@rooms.capulet.lit/x'><x xmlns='http://jabber.org/protocol/muc'/></presence>" \
		"$3" >"$1.fifo"
}

@test "a list of more than a page comes whole (ejabberd)" {
	own ejabberd
	accounts
	enter romeo r 60
	enter juliet j 60
	end=$((SECONDS + 60))
	# While they are made a page may have what the one before had.
	until expect_exit 0 tool xdisco --items rooms.capulet.lit &&
		[ "$(sort -u out | wc -l) $(wc -l <out)" = "120 120" ]; do
		[ "$SECONDS" -lt "$end" ] || { sed 's/^/# /' out; return 1; }
	done
	same rooms "$({ seq -f 'j%.0f' 60; seq -f 'r%.0f' 60; } | sort)" \
		"$(cut -f 4 out | sed 's/@.*//' | sort)"
	expect_exit 0 tool xdisco -j --items rooms.capulet.lit
	same pages true "$(jq -s 'length > 1' out)"
}

# --- operands ------------------------------------------------------------

@test "an operand behind a JID is its NODE where it cannot be a JID or alias" {
	printf 'aliases:\n  house: [a.lit, b.lit]\n' >aliases
	stub
	cat aliases >>"$COUPLET_CONFIG"
	expect_exit 1 tool xdisco --info house music x.lit y.lit urn:x:node house --node other
	same questions 'a.lit music|b.lit music|x.lit other|y.lit urn:x:node|a.lit other|b.lit other' \
		"$(on_wire iq | sed -nE 's/.*to="([^"]*)".* node="([^"]*)".*/\1 \2/p' |
			paste -sd '|')"
	expect_exit 1 tool xdisco --info x.lit --node y.lit
	grep -q '^xdisco: x.lit y.lit: info: ' err
	expect_exit 64 tool xdisco music x.lit
	expect_exit 64 tool xdisco x.lit music art
	expect_exit 64 tool xdisco @
	expect_exit 64 tool xdisco --depth 0
	expect_exit 64 tool xdisco --most 0
	expect_exit 64 tool xdisco --find x --items
	expect_exit 64 tool xdisco --find ''
	expect_exit 65 tool xdisco x.lit --node $'\x01'
}

@test "each JID and node is asked once, prepared" {
	stub
	expect_exit 1 tool xdisco --info x.lit X.LIT x.lit. x.lit urn:n x.lit urn:n
	same questions $'x.lit info\nx.lit info' "$(asked)"
}

# --- strangers -----------------------------------------------------------

@test "circles end, and each entity is asked once" {
	{
		items a.lit "<item jid='b.lit'/><item jid='a.lit'/><item jid='A.lit' node='n'/>"
		items b.lit "<item jid='a.lit'/><item jid='c.lit'/><item jid='a.lit' node='n'/>"
		items c.lit "<item jid='b.lit'/><item jid='c.lit'/>"
		info '[abc].lit' "$server"
	} >answers
	stub answers=answers
	expect_exit 0 tool xdisco --items --depth 1000 a.lit
	says
	same asked $'a.lit items\nb.lit items\na.lit items\nc.lit items' "$(asked)"
	same nodes 1 "$(on_wire iq | grep -c ' node="n"')"
	same lines 11 "$(wc -l <out)"
}

@test "a tree without end is left at --most, and that is 2" {
	{
		info '.*' "$server"
		items '.*' "<item jid='x.@TO@'/><item jid='y.@TO@'/>"
	} >answers
	stub answers=answers
	expect_exit 2 tool xdisco --info --depth 100 --most 50 a.lit
	grep -qE '^xdisco: items that were not asked: [0-9]+ \(--most 50\)$' err
	same lines 1 "$(wc -l <err)"
	same entities 51 "$(wc -l <out)"
	# What is found in the last level is listed, and not asked.
	expect_exit 0 tool xdisco --depth 3 a.lit
	same entities 7 "$(grep -c identity out)"
	same items 14 "$(grep -c $'\titem\t' out)"
}

@test "10,000 items" {
	{
		items a.lit "$(printf "<item jid='b.lit' node='%s'/>" $(seq 10000))"
		info '.*' "$server"
	} >answers
	stub answers=answers
	expect_exit 0 tool xdisco --items a.lit
	same items 10000 "$(wc -l <out)"
	same last $'a.lit\t\titem\tb.lit\t10000\t' "$(tail -n 1 out)"
	expect_exit 2 tool xdisco --info --tree --most 2000 a.lit
	same entities 2001 "$(wc -l <out)"
	same order "$(seq 2000 | cksum)" "$(sed 1d out | cut -f 2 | cksum)"
	says 'xdisco: items that were not asked: 8000 (--most 2000)'
}

@test "names write nothing to the terminal and no second line" {
	{
		info a.lit "<identity category='c&#9;d' type='t' name='&#x9b;31m&#10;b.lit' xml:lang='en'/><feature var='&#x7f;\\'/><feature/><identity type='t'/><x xmlns='jabber:x:data' type='result'><field var='FORM_TYPE' type='hidden'><value>urn:f</value></field><field var='os'><value>a&#10;b</value><value/></field><field/></x>"
		items a.lit "<item jid='b.lit' node='&#10;' name='x&#13;'/><item/>"
	} >answers
	stub answers=answers
	expect_exit 0 tool xdisco a.lit
	prints 'a.lit		identity	c\td	t	\xc2\x9b31m\nb.lit	en
a.lit		feature	\x7f\\
a.lit		form	urn:f	os	a\nb
a.lit		form	urn:f	os	
a.lit		item	b.lit	\n	x\r'
	expect_exit 0 tool xdisco -j a.lit
	same json '["c\td","\u009b31m\nb.lit","en",["\u007f\\"],"urn:f","os",["a\nb",""]]' \
		"$(head -n 1 out | jq -c '[(.identities[0] | .category, .name, .lang),
			.features, (.forms[0] | .type, (.fields[0] | .var, .values))]' |
			sed -e 's/\xc2\x9b/\\u009b/; s/\x7f/\\u007f/')"
	same lines 2 "$(wc -l <out)"
	same controls 0 "$(LC_ALL=C grep -c $'[\x01-\x08\x0b-\x1f\x7f]' out || true)"
}

@test "an item with a bad address is named, and the others are asked" {
	{
		info '.*' "$server"
		items a.lit "<item jid='@@'/><item jid='b.lit'/>"
		items b.lit ''
	} >answers
	stub answers=answers
	expect_exit 2 tool xdisco --info --tree a.lit
	grep -q "^xdisco: a.lit: items: an item: '@@' " err
	grep -q '^b.lit' out
}

@test "an answer of somebody else is none: 75; nor is one without a query" {
	{
		printf '%s\n' "to=.a.lit. 	<iq type='result' id='@ID@' from='b.lit' to='@JID@'><query xmlns='http://jabber.org/protocol/disco#info'>$server</query></iq>	<iq type='result' id='@ID@' to='@JID@'><query xmlns='http://jabber.org/protocol/disco#info'>$server</query></iq>"
		printf '%s\n' "to=.b.lit. 	<iq type='result' id='@ID@' from='@TO@' to='@JID@'/>"
		info c.lit "$server"
	} >answers
	stub answers=answers
	expect_exit 75 tool xdisco --info --each-timeout 0.2 a.lit
	prints ''
	says 'xdisco: a.lit: info: no answer within 0.2 seconds'
	expect_exit 76 tool xdisco --info b.lit
	says 'xdisco: b.lit: info: a result without a query'
	expect_exit 2 tool xdisco --info --each-timeout 3 a.lit c.lit
	same stdout $'c.lit\t\tidentity\tserver\tim\t\t' "$(cat out)"
}

@test "--find: found with others in error is 2; not found is 1, or 75 in doubt" {
	{
		items a.lit "<item jid='b.lit'/><item jid='c.lit'/>"
		info a.lit "$server"
		info b.lit "$server<feature var='urn:f'/>"
		refuse c.lit item-not-found
		items d.lit "<item jid='e.lit'/><item jid='silent.lit'/>"
		info '[de].lit' "$server"
		printf '%s\n' 'to=.silent.lit'
	} >answers
	stub answers=answers
	expect_exit 2 tool xdisco --find urn:f a.lit
	prints b.lit
	says 'xdisco: c.lit: info: item-not-found'
	expect_exit 1 tool xdisco --find urn:g a.lit
	expect_exit 75 tool xdisco --find urn:g --each-timeout 3 d.lit
	says 'xdisco: silent.lit: info: no answer within 3 seconds' \
		'xdisco: urn:g: no entity has it'
	expect_exit 0 tool xdisco --find urn:f b.lit --depth 1
	prints b.lit
	# A node is named behind its JID.
	expect_exit 0 tool xdisco --find urn:f b.lit urn:node --depth 1
	prints $'b.lit\turn:node'
}

@test "pages: all items, and a server that turns them for ever is left" {
	local page="<set xmlns='http://jabber.org/protocol/rsm'><first>x</first>"
	{
		items 'a.lit.*<after>1<\/after>.*<!' ''
		printf '%s\n' "to=.a.lit. .*<after>2	<iq type='result' id='@ID@' from='@TO@' to='@JID@'><query xmlns='http://jabber.org/protocol/disco#items'><item jid='c.lit'/>$page<last>3</last><count>3</count></set></query></iq>" \
			"to=.a.lit. .*<after>3	<iq type='result' id='@ID@' from='@TO@' to='@JID@'><query xmlns='http://jabber.org/protocol/disco#items'/></iq>"
		items a.lit "<item jid='a.lit'/><item jid='b.lit'/>$page<last>2</last><count>3</count></set>"
		items b.lit "<item jid='x.lit'/>$page<last>again</last></set>"
	} >answers
	stub answers=answers
	expect_exit 0 tool xdisco --items a.lit
	same items 'a.lit b.lit c.lit' "$(cut -f 4 out | paste -sd ' ')"
	expect_exit 2 tool xdisco --items b.lit
	says 'xdisco: b.lit: items: the server sends the same page again'
	# The walk goes on from all pages.
	expect_exit 1 tool xdisco --find urn:f a.lit
	same asked 'a.lit b.lit c.lit' "$(asked | sed -n 's/ info//p' | tail -n 3 | paste -sd ' ')"
}

# --- the end -------------------------------------------------------------

@test "the connection is lost, -W runs out, the login is refused, the reader goes" {
	stub close
	expect_exit 75 tool xdisco a.lit b.lit
	prints ''
	same lines 1 "$(wc -l <err)"
	printf '%s\n' 'to=.a.lit' >answers
	{ info c.lit "$server"; items c.lit ''; refuse d.lit forbidden; } >>answers
	stub answers=answers
	expect_exit 124 tool xdisco -W 4 d.lit c.lit a.lit
	same last 'xdisco: timed out (-W)' "$(tail -n 1 err)"
	grep -q '^c.lit' out
	stub not-authorized
	expect_exit 77 tool xdisco a.lit
	fresh prosody
	status=0
	{ tool xdisco 2>err || status=$?; echo "$status" >status; } | :
	[[ $(<status) = @(0|141) ]]
	says
}
