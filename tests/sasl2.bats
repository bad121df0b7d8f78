#!/usr/bin/env bats
# The login by XEP-0388, where a server offers it.

bats_require_minimum_version 1.5.0
load lib
load xsend
load xrecv

# offering SERVER: fresh accounts on one that has SASL2.
offering() {
	once "$1" sasl2=yes
	accounts
}

@test "real servers: SCRAM, bound to the channel, without a second stream" {
	for server in "${servers[@]}"; do
		offering "$server"
		expect_exit 0 tool xsend -vv --trace trace -m hi "$juliet"
		grep -qE '^xsend: logging in by SCRAM-SHA-(256|512)-PLUS \(SASL2\), bound by tls-exporter$' err
		# Before STARTTLS and after it.
		same 'streams' 2 "$(grep -c '> .*<stream:stream ' trace)"
		! grep -qE 'urn:xmpp:bind:0.*> |> .*urn:xmpp:bind:0' trace || false
		expect_exit 0 tool xrecv -a juliet -c 1 -W 200 -o text
		grep -q 'hi$' out
	done
}

@test "real servers: a wrong password is refused once" {
	for server in "${servers[@]}"; do
		offering "$server"
		COUPLET_PASSWORD=wrong expect_exit 77 tool xsend -u "$romeo" -m hi \
			-C /dev/null -H "$XMPP_HOST:$XMPP_PORT" --ca-file "$XMPP_CA" \
			"$juliet"
		grep -q "$romeo: login refused: not-authorized" err
	done
}

@test "real servers: the resumption rides along with the login" {
	for server in "${servers[@]}"; do
		offering "$server"
		receive --durable bot -v -W 200 --idle 0.5
		send 3
		expect_exit 0 receive --durable bot -v --trace trace -c 2
		same 'bodies' "$(numbers 1 2)" "$(bodies_in out)"
		grep -q 'resumed as' err
		grep -q '> .*<authenticate .*<resume .*previd=' trace
		# It has a client id of its own.
		grep -q "> .*<user-agent id='$(sed -n 4p "$XDG_STATE_HOME/couplet/durable-$juliet:bot")'>" trace
		! grep -q '> .*<bind ' trace || false
		# One that the server does not know: another begins, at once.
		sed -i '6s/.*/nobody/' "$XDG_STATE_HOME/couplet/durable-$juliet:bot"
		expect_exit 0 receive --durable bot -v --trace trace --idle 0.5
		grep -q 'online as' err
		grep -q 'does not know the session any more' err
		same 'resumptions' 1 "$(grep -c '> .*<resume ' trace)"
	done
}
