#!/usr/bin/env bats
# xblock: what it lists, what it changes, and what its end says about it.

load lib
load stub/lib

# block ARG... : must succeed and say nothing on stderr.
block() {
	expect_exit 0 tool xblock "$@" && same 'stderr' '' "$(cat err)"
}

# lists JID... : so the list is.
lists() {
	block && same 'the list' "$(printf '%s\n' "$@")" "$(cat out)"
}

# fails CODE TEXT ARG... : this status, nothing on stdout, and on stderr these
# lines, without the program's name.
fails() {
	expect_exit "$1" tool xblock "${@:3}" &&
		same 'stdout' '' "$(cat out)" &&
		same 'stderr' "$2" "$(sed 's/^xblock: //' err)"
}

# misused TEXT ARG... : a usage error.
misused() {
	expect_exit 64 tool xblock "${@:2}" &&
		same 'stderr' "xblock: $1" "$(head -1 err)" &&
		grep -q '^Usage: xblock' err
}

@test "[v] add, list, remove and clear, of all forms of an address" {
	for server in "${servers[@]}"; do
		on "$server"
		rm -rf "$COUPLET_CONFIG" "$XDG_STATE_HOME"
		new_account romeo
		printf 'aliases: {foes: [tybalt@capulet.lit, paris@verona.lit]}\n' \
			>>"$COUPLET_CONFIG"
		lists ''
		block add Tybalt@CAPULET.lit spam.lit foes \
			spam.lit/bot hall@rooms.verona.lit/Paris
		same 'add prints nothing' '' "$(cat out)"
		lists hall@rooms.verona.lit/Paris paris@verona.lit spam.lit \
			spam.lit/bot tybalt@capulet.lit
		# Twice is as good as once.
		block add spam.lit
		block remove spam.lit nobody@spam.lit hall@rooms.verona.lit/Paris
		lists paris@verona.lit spam.lit/bot tybalt@capulet.lit
		block clear
		block list
		same 'nothing is left' '' "$(cat out)"
	done
}

@test "who is blocked does not get through, until unblocked" {
	for server in "${servers[@]}"; do
		on "$server"
		rm -rf "$COUPLET_CONFIG" "$XDG_STATE_HOME"
		new_account romeo
		new_account juliet capulet.lit
		block add "${juliet:?}"
		expect_exit 1 tool xsend -m hi --id m1 "$juliet"
		grep -q "^xsend: $juliet: message m1: not-acceptable" err
		# An error where the server sends one.
		tool xsend -q -a juliet -m 'not this' "${romeo:?}" 2>/dev/null || true
		block remove "$juliet"
		expect_exit 0 tool xsend -a juliet -m 'but this' "$romeo"
		expect_exit 0 tool xrecv -c 1 -W 200 -F %b
		same 'what came' 'but this' "$(cat out)"
	done
}

@test "each format is read again, and so are contacts and many addresses" {
	for server in "${servers[@]}"; do
		on "$server"
		rm -rf "$COUPLET_CONFIG" "$XDG_STATE_HOME"
		new_account romeo
		new_account other
		# More than one request takes, and what has to be escaped.
		{
			printf 'foe%03d@capulet.lit\n\n' {1..600}
			echo "spam.lit/<&'\">"
		} >list
		block add <list
		for format in text json xml; do
			block -o "$format"
			cp out "list.$format"
			block -a other clear
			block -a other add <"list.$format"
			block -a other -o "$format"
			cmp out "list.$format"
		done
		same 'how many' 601 "$(wc -l <out)"
		same json '{"jid":"foe001@capulet.lit"}' "$(head -1 list.json)"
		same xml '<item xmlns="urn:xmpp:blocking" jid="foe001@capulet.lit"/>' \
			"$(head -1 list.xml)"
		block -a other -F '<%{@jid}>'
		same template '<foe001@capulet.lit>' "$(head -1 out)"
		block remove <list.json
		lists ''
	done
	printf '%s\n' '{"jid":"a@b.lit","name":"A","groups":["G"]}' \
		$'c@d.lit\tC\tboth\t\tG' '<item jid="e@f.lit"/>' \
		'<iq type="result"><blocklist xmlns="urn:xmpp:blocking"><item jid="g@h.lit"/></blocklist></iq>' |
		block add
	lists a@b.lit c@d.lit e@f.lit g@h.lit
}

@test "bad records, and none: remove without an address does not remove all" {
	on prosody
	new_account romeo
	block add a@b.lit c@d.lit
	block remove </dev/null
	block remove <<<$' \n\n'
	fails 65 "stdin:1: 'a@b@c' has a character that a domain must not have
stdin:2: 'jid' is missing
stdin:3: 'jid' is missing
stdin:4: $romeo: it is the own account" remove <<-EOF
		a@b@c
		{"name":"x"}
		<item xmlns="urn:xmpp:blocking"/>
		$romeo
	EOF
	lists a@b.lit c@d.lit
	# What is good of it is done.
	expect_exit 2 tool xblock remove <<<$'a@b.lit\n@'
	grep -q '^xblock: stdin:2: ' err
	lists c@d.lit
}

@test "usage" {
	on prosody
	new_account romeo
	misused "the verb: 'remvoe' is not list, add, remove or clear" \
		remvoe
	misused 'clear takes nothing else' clear a@b.lit
	misused 'list takes nothing else' list a@b.lit
	misused '--password-fd 0: addresses are on stdin' --password-fd 0 add
	expect_exit 64 tool xblock add nobody-known
	expect_exit 64 tool xblock add "$romeo/here"
	same 'the own account' "xblock: $romeo/here: it is the own account" \
		"$(cat err)"
	expect_exit 64 tool xblock add 'a b@c.lit'
}

@test "what servers refuse, have not, say wrongly or do not say" {
	local space=urn:ietf:params:xml:ns:xmpp-stanzas
	stub ok
	for list in list 'add a@b.lit c@d.lit'; do
		# shellcheck disable=SC2086 # words
		says 69 'the server has no block list (XEP-0191): service-unavailable' \
			at_stub xblock $list
	done

	# The one of a request that is refused costs only itself.
	{
		printf "bad@b.lit\t<iq type='error' id='@ID@'>%s</iq>\n" \
			"<error type='cancel'><not-allowed xmlns='$space'/></error>"
		printf "block\t<iq type='result' id='@ID@'/>\n"
	} >answers
	stub answers=answers
	says 1 'bad@b.lit: not-allowed' at_stub xblock add bad@b.lit
	says 2 'bad@b.lit: not-allowed' at_stub xblock add a@b.lit bad@b.lit \
		c@d.lit
	grep -q 'recv iq .*<item jid="a@b.lit"/></block>' "$STUB_LOG"

	printf "block\t<iq type='result' id='@ID@'/>\n" >answers
	stub answers=answers
	says 76 'the answer has no block list' at_stub xblock

	# The connection breaks instead of the answer.
	stub close at=ready how=reset times=2 answers=answers keep-answers=yes
	printf 'lost@b%03d.lit\n' {1..400} >many
	expect_exit 75 at_stub xblock add <many
	same 'of each in the request' "$(grep -c 'unknown outcome$' err)" \
		"$(grep -o '<item' "$STUB_LOG" | wc -l)"
	grep -qE '^xblock: lost@b[0-9]+.lit: not sent: [0-9]+ JIDs, from here on$' err
	says 75 'a@b.lit: unknown outcome: the connection was lost' \
		at_stub xblock --retry 60 add a@b.lit
}
