#!/usr/bin/env bats
# xroster: servers that lie, break off or send much.

bats_require_minimum_version 1.5.0
load lib
load stub/lib

# answers LINE... : what the stub answers to, see its README.
answers() {
	printf '%s\n' "$@" >answers
}

# too_large TOOL: a list over the limits ends it, and says what can be done.
too_large() {
	expect_exit 76 at_stub "$1"
	same 'stdout' '' "$(cat out)"
	same 'hint' "$1: the contact list did not come: with more than 20000 contacts and groups, or 1048576 bytes, it has to be made smaller by another program" \
		"$(head -n 1 err)"
	grep -q "more than $2\$" err
	same 'lines' 2 "$(wc -l <err)"
}

# list_of ATTRIBUTES ITEM... : the answer with that list.
list_of() {
	printf "<iq type='result' id='@ID@'><query xmlns='jabber:iq:roster'"
	printf '%s>' "$1"
	printf '%s' "${@:2}"
	printf '</query></iq>'
}

# jids: of the list that was printed.
jids() {
	cut -f1 out | paste -sd' '
}

@test "items that are no contacts are left out and named, doubles are one" {
	answers "jabber:iq:roster	$(list_of '' \
		"<item jid='b@capulet.lit' name='first'/>" \
		"<item jid='no jid@capulet.lit'/>" '<item/>' '<group/>' \
		"<item jid='B@CAPULET.LIT' name='x&#x85;&#9;y'><group/><group> </group><group>g</group><group>g</group></item>" \
		"<item jid='a@capulet.lit/res' subscription='weird' ask='unsubscribe'/>" \
		"<item xmlns='urn:other' jid='c@capulet.lit'/>")"
	stub answers="$PWD/answers"
	expect_exit 0 at_stub xroster
	same 'the list' $'a@capulet.lit/res\t\tnone\t
b@capulet.lit\tx\\xc2\\x85\\ty\tnone\t\t \tg' "$(cat out)"
	same 'what is named' 2 \
		"$(grep -c '^xroster: a contact of the server.s is left out: ' err)"
}

@test "a list that is refused, and one that is none" {
	answers "jabber:iq:roster	<iq type='error' id='@ID@'><error type='cancel'><service-unavailable xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/><text xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'>not today</text></error></iq>"
	stub answers="$PWD/answers"
	says 1 'the contact list: service-unavailable (not today)' \
		at_stub xroster add nurse@capulet.lit
	answers "jabber:iq:roster	<iq type='result' id='@ID@'/>"
	stub answers="$PWD/answers"
	says 0 '' at_stub xroster
}

@test "[v] a push counts only without from or from the own bare JID" {
	push() {
		printf "<iq type='set' id='$1' $2><query xmlns='jabber:iq:roster'><item jid='%s@capulet.lit'/></query></iq>" "$1"
	}
	# They come before the list is complete, while the ping waits.
	answers "urn:xmpp:ping	$(push forged "from='juliet@capulet.lit'")	$(
		push own "from='romeo@montague.lit'")	$(push none '')	$(
		push full "from='romeo@montague.lit/orchard'")	$(
		push server "from='montague.lit'")	<iq type='result' id='@ID@' from='montague.lit'/>" \
		"ver=.v1.	<iq type='result' id='@ID@'/>" \
		"jabber:iq:roster	$(list_of " ver='v1'" "<item jid='nurse@capulet.lit'/>")"
	stub answers="$PWD/answers" rosterver=yes
	expect_exit 0 at_stub xroster
	same 'the first time' nurse@capulet.lit "$(jids)"
	expect_exit 0 at_stub xroster
	same 'with a version' \
		'none@capulet.lit nurse@capulet.lit own@capulet.lit' "$(jids)"
	# The client's answers, as the stub saw them.
	same 'own is answered' 1 "$(grep -c 'recv iq .*id="own"' "$STUB_LOG")"
	same 'none is answered' 1 "$(grep -c 'recv iq .*id="none"' "$STUB_LOG")"
	same 'forged is not' 0 \
		"$(grep -cE 'recv iq .*id="(forged|full|server)"' "$STUB_LOG" || true)"
}

@test "versions: what is cached is asked for, damage costs a round trip" {
	answers "ver=.v1.	<iq type='result' id='@ID@'/>" \
		"jabber:iq:roster	$(list_of " ver='v1'" "<item jid='nurse@capulet.lit'/>")"
	stub answers="$PWD/answers" rosterver=yes
	asked() {
		grep 'recv iq .*jabber:iq:roster' "$STUB_LOG" | tail -1 |
			grep -o 'ver="[^"]*"'
	}
	local cache=$XDG_STATE_HOME/couplet/roster-romeo@montague.lit
	for ver in '' v1 v1; do
		expect_exit 0 at_stub xroster
		same 'the list' nurse@capulet.lit "$(jids)"
		same 'asked for' "ver=\"$ver\"" "$(asked)"
	done
	truncate -s -3 "$cache"
	expect_exit 0 at_stub xroster
	same 'torn' 'ver=""' "$(asked)"
	sed -i 's/nurse/curse/' "$cache"
	expect_exit 0 at_stub xroster
	same 'changed' 'ver="" nurse@capulet.lit' "$(asked) $(jids)"
	rm "$cache"
	mkfifo "$cache"
	expect_exit 0 at_stub xroster
	same 'no file' 'ver="" nurse@capulet.lit' "$(asked) $(jids)"
	# Who does not offer versions is not asked for one.
	stub answers="$PWD/answers"
	expect_exit 0 at_stub xroster
	same 'not offered' '' "$(asked || true)"
}

@test "5,000 contacts" {
	local items
	items=$(seq -f "<item jid='friend%.0f@capulet.lit' name='A friend'><group>Many</group></item>" 5000 -1 1)
	answers "jabber:iq:roster	$(list_of '' "$items" | tr -d '\n')"
	stub answers="$PWD/answers"
	expect_exit 0 at_stub xroster -j
	same 'lines' 5000 "$(wc -l <out)"
	LC_ALL=C sort -c out
	cp out all
	expect_exit 0 at_stub xroster sync --prune all
	same 'nothing to do' '' "$(cat out)"
	sed -i 's/A friend/A FRIEND/' all
	head -4990 all >some
	expect_exit 0 at_stub xroster sync --prune --dry-run some
	same 'changes' '4990 ~,10 -' "$(cut -f1 out | sort | uniq -c |
		sort -rn | awk '{ print $1, $2 }' | paste -sd,)"
}

@test "each set that is refused is named" {
	local error="<error type='modify'><bad-request xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error>"
	answers "<query[^>]*><item[^>]*friend[12]@	<iq type='error' id='@ID@'>$error</iq>" \
		"<query[^>]*><item	<iq type='result' id='@ID@'/>" \
		"jabber:iq:roster	$(list_of '')"
	stub answers="$PWD/answers"
	says 1 $'friend1@capulet.lit: bad-request\nfriend2@capulet.lit: bad-request' \
		at_stub xroster add friend1@capulet.lit friend2@capulet.lit
	says 2 'friend2@capulet.lit: bad-request' \
		at_stub xroster add friend2@capulet.lit friend3@capulet.lit
	# Nobody is asked who was not added.
	says 2 'friend2@capulet.lit: bad-request' at_stub xroster add \
		friend2@capulet.lit friend3@capulet.lit --subscribe
	same 'asked' friend3@capulet.lit "$(grep 'recv presence' "$STUB_LOG" |
		grep -o 'friend[^"]*')"
}

@test "a set counts only when the server itself has answered it" {
	answers "<query[^>]*><item	<iq type='result' id='@ID@' from='juliet@capulet.lit'/>	<iq type='error' id='@ID@'><error type='cancel'><conflict xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error></iq>" \
		"jabber:iq:roster	$(list_of '')"
	stub answers="$PWD/answers"
	says 1 'nurse@capulet.lit: conflict' \
		at_stub xroster add nurse@capulet.lit
}

@test "a server that hangs up: what is not confirmed is named" {
	# Three sets are answered, the fourth ends the stream.
	answers "<query[^>]*><item[^>]*friend00[123]@	<iq type='result' id='@ID@'/>" \
		"<query[^>]*><item	</stream:stream>" \
		"jabber:iq:roster	$(list_of '')"
	stub answers="$PWD/answers"
	seq -f 'friend%03.0f@capulet.lit' 200 >all
	expect_exit 2 at_stub xroster set <all
	same 'stdout' '' "$(cat out)"
	same 'unknown' 64 "$(grep -c ': unknown outcome$' err)"
	same 'the first' 'friend004@capulet.lit' \
		"$(sed -n '1s/xroster: \([^:]*\).*/\1/p' err)"
	grep -qx 'xroster: friend068@capulet.lit: not sent: 133 changes, from here on' err
	# With nothing confirmed it is 75.
	tail -3 all >some
	expect_exit 75 at_stub xroster set <some
	same 'unknown' 3 "$(grep -c ': unknown outcome$' err)"
}

@test "a list that is too large: 76, and what can be done" {
	answers "jabber:iq:roster	$(list_of '' "$(seq -f "<item jid='f%.0f@a.lit'/>" 20100)" | tr -d '\n')"
	stub answers="$PWD/answers"
	too_large xroster '20000 elements'
	too_large xpresence '20000 elements'
	answers "jabber:iq:roster	$(list_of '' "$(seq -f "<item jid='f%.0f@$(printf 'x%.0s' {1..60}).lit'/>" 15000)" | tr -d '\n')"
	stub answers="$PWD/answers"
	too_large xroster '1048576 bytes'
	# What else goes wrong has another reason.
	stub close at=enabled
	expect_exit 75 at_stub xroster
	absent 'did not come' err
}

@test "-W: what is not answered by then is named" {
	answers "<query[^>]*><item" "jabber:iq:roster	$(list_of '')"
	stub answers="$PWD/answers"
	expect_exit 124 at_stub xroster -W 4 add nurse@capulet.lit
	same 'stderr' $'xroster: nurse@capulet.lit: unknown outcome
xroster: timed out (-W)' "$(cat err)"
}

@test "a request for presence counts when the server has it" {
	answers "<query[^>]*><item	<iq type='result' id='@ID@'/>" \
		"jabber:iq:roster	$(list_of '')"
	stub answers="$PWD/answers" silent-ack
	expect_exit 2 at_stub xroster -W 4 add nurse@capulet.lit --subscribe
	# The set is confirmed, the request is not.
	same 'stderr' $'xroster: nurse@capulet.lit: unknown outcome
xroster: timed out (-W)' "$(cat err)"
	stub answers="$PWD/answers" no-sm
	says 0 '' at_stub xroster add nurse@capulet.lit --subscribe
}

@test "no presence is announced" {
	answers "<query[^>]*><item	<iq type='result' id='@ID@'/>" \
		"jabber:iq:roster	$(list_of '')"
	stub answers="$PWD/answers"
	expect_exit 0 at_stub xroster
	expect_exit 0 at_stub xroster add nurse@capulet.lit
	absent 'recv presence' "$STUB_LOG"
}

@test "a reader that goes away ends it" {
	answers "jabber:iq:roster	$(list_of '' "$(seq -f "<item jid='friend%.0f@capulet.lit'/>" 3000)" | tr -d '\n')"
	stub answers="$PWD/answers"
	at_stub xroster 2>err | head -1 >out
	same 'status' 141 "${PIPESTATUS[0]}"
	same 'stderr' '' "$(cat err)"
	local code=0
	at_stub xroster >/dev/full 2>err || code=$?
	same 'a full disk' 74 "$code"
	same 'stderr' 'xroster: stdout: No space left on device' "$(cat err)"
}

@test "sync changes nothing when what it does cannot be printed" {
	answers "<query[^>]*><item	<iq type='result' id='@ID@'/>" \
		"jabber:iq:roster	$(list_of '')"
	stub answers="$PWD/answers"
	seq -f 'friend%03.0f@capulet.lit' 200 >all
	local code=0
	# The disk is full in the middle.
	(
		trap '' XFSZ
		ulimit -f 1
		at_stub xroster sync all >out 2>err
	) || code=$?
	same 'status' 74 "$code"
	same 'stderr' 'xroster: stdout: File too large' "$(cat err)"
	absent '<item' "$STUB_LOG"
}
