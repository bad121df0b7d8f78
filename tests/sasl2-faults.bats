#!/usr/bin/env bats
# The login by XEP-0388 at a server that refuses, breaks off or lies.

load lib
load stub/lib

@test "[v] the stub: one attempt, in the newer profile where both are offered" {
	for which in yes only; do
		stub sasl2=$which
		expect_exit 0 try -vv
		grep -q '^xsend: logging in by SCRAM-SHA-512 (SASL2)$' err
		same 'attempts' 1 "$(grep -c ' recv authenticate ' "$STUB_LOG")"
	done
	stub sasl2=yes mechs=PLAIN
	expect_exit 0 try -vv
	grep -q '^xsend: logging in by PLAIN (SASL2)$' err
	# Not without TLS.
	stub sasl2=yes no-tls
	expect_exit 0 try -vv --tls none
	grep -q '^xsend: logging in by SCRAM-SHA-512$' err
}

@test "[v] the stub: what is refused, wrong or missing" {
	stub_says 77 '@: romeo@montague.lit: login refused: account-disabled (unpaid)' \
		sasl2=only auth-condition=account-disabled failure-text=unpaid
	stub_says 75 '@: romeo@montague.lit: login refused: temporary-auth-failure' \
		sasl2=only refuse=temporary-auth-failure
	stub_says 69 '@: no usable way to log in; the server offers: X-RIDDLE' \
		sasl2=only mechs=X-RIDDLE
	stub_says 76 "@: SCRAM: the server's signature is wrong: it does not know the password" \
		sasl2=only bad-success
	stub_says 76 "@: SCRAM: the server's signature is missing" \
		sasl2=only sig=missing
	stub_says 76 '@: SCRAM: the server ended the exchange too early' \
		sasl2=only success-before-challenge
	stub_says 76 "@: the server's <challenge/> is not base64" \
		sasl2=only challenge=raw:@@@@
}

@test "a server that wants more than a password: 77 and what it wants" {
	printf '%s' "<continue xmlns='urn:xmpp:sasl:2'><additional-data>eA==</additional-data><tasks><task>HOTP-EXAMPLE</task></tasks></continue>" >wants.xml
	stub_says 77 '@: romeo@montague.lit: the server wants more than a login: HOTP-EXAMPLE' \
		sasl2=only send="$PWD/wants.xml" at=auth
}
