#!/usr/bin/env bats
# A message to somebody who is offline waits for xrecv: none of the other
# tools takes it, whatever the server keeps.

bats_require_minimum_version 1.5.0
load lib
load xsend
load xrecv

# leaves COMMAND... : it ends well, and says nothing, as of messages that it took.
leaves() {
	expect_exit 0 tool "$1" -a juliet "${@:2}" </dev/null
	same 'what it says' '' "$(cat err)"
}

# A message before each of her runs, and one behind the last: then all of them,
# once and in order.
waits_for_xrecv() {
	echo "# $XMPP_KIND $*"
	accounts
	send 1
	leaves xsend -m 'Wherefore?' "$romeo"
	send 1 2
	echo '<iq type="get"><ping xmlns="urn:xmpp:ping"/></iq>' >request
	expect_exit 0 tool xiq -a juliet <request
	grep -q 'type="result"' out
	send 1 3
	leaves xroster add nurse@capulet.lit
	leaves xroster
	send 1 4
	leaves xpresence -1
	send 1 5
	leaves xpresence set away
	send 1 6
	leaves xpresence subscribe nurse@capulet.lit
	send 1 7
	leaves xpresence --idle 0.2
	send 1 8
	the_rest "$(numbers 1 8)"
}

@test "who is offline has her messages after runs of every other tool" {
	for server in "${servers[@]}"; do
		on "$server"
		waits_for_xrecv
	done
}

@test "the same where there is an archive" {
	for server in "${servers[@]}"; do
		once "$server" mam=yes
		waits_for_xrecv with an archive
	done
}

@test "the same where the login is XEP-0388's" {
	for server in "${servers[@]}"; do
		once "$server" sasl2=yes
		waits_for_xrecv with SASL2
	done
}
