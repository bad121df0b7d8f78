#!/usr/bin/env bats
# That nobody in between makes a login weaker than the server has it, with the
# stub as the server and as who is in between.

bats_require_minimum_version 1.5.0
load lib
load stub/lib

changed='SCRAM: somebody in between changed what the server offers (XEP-0474)'

@test "[v] the offer is proved, in both profiles and with any channel" {
	local words
	for words in 'cb=tls-exporter,tls-server-end-point' 'mechs=SCRAM-SHA-1' \
		'cb=tls-exporter sasl2=only' 'cb=tls-server-end-point' \
		'cb=tls-exporter tls-version=1.2'; do
		# shellcheck disable=SC2086 # words
		stub offer-hash=right $words
		expect_exit 0 try -vv
		grep -qx 'xsend: the server has proved what it offers' err
	done
	stub
	expect_exit 0 try -vv
	run ! grep -q 'has proved' err
}

@test "[v] an offer that was changed: 76, and no proof is sent" {
	local words
	for words in offer-hash=wrong \
		'offer-hash=right hide=SCRAM-SHA-512' \
		'offer-hash=right hide=PLAIN sasl2=only' \
		'offer-hash=right cb=tls-exporter,tls-server-end-point hide=tls-exporter'; do
		# shellcheck disable=SC2086 # words
		stub_says 76 "@: $changed" $words
		absent ' recv response ' "$STUB_LOG"
	done
}

@test "[v] the version of TLS: 76 where the server has another one" {
	local version other
	for version in '1.2 0304' '1.3 0303'; do
		read -r version other <<<"$version"
		stub "tls-version=$version" tls-proof=right
		expect_exit 0 try
		stub_says 76 '@: SCRAM: somebody in between speaks another version of TLS with the server (XEP-0515)' \
			"tls-version=$version" "tls-proof=$other" offer-hash=right
		absent ' recv response ' "$STUB_LOG"
	done
	stub_says 76 '@: SCRAM: somebody in between speaks another version of TLS with the server (XEP-0515)' \
		no-tls tls-proof=0304 -- --tls none
}

unproved='it does not prove its offer (XEP-0474), so somebody in between may have changed that'

# What XEP-0440 3 says of an offer that does not fit together. The stub is who
# is in between.
@test "[v] -PLUS without the types, in the profile of XEP-0388: 76 (rule 4)" {
	stub_says 76 '@: the server offers to bind the login to the connection, but does not say by what; somebody in between may have taken that out (XEP-0440)' \
		sasl2=only cb=tls-exporter 'hide=tls-*'
	same 'attempts' 0 "$(attempts)"
	# In the older one it is bound to what it is by default, and that holds.
	stub cb=tls-exporter 'hide=tls-*'
	expect_exit 0 try -vv
	grep -q 'PLUS, bound by tls-exporter$' err
	stub cb=tls-unique tls-version=1.2 'hide=tls-*'
	expect_exit 0 try -vv
	grep -q 'PLUS, bound by tls-unique$' err
}

@test "[v] the types without -PLUS: 76 without a proof (rule 5)" {
	stub_says 76 "@: the server names channel bindings, but offers no login that is bound to one; $unproved" \
		cb=tls-exporter 'hide=*-PLUS'
	absent ' recv response ' "$STUB_LOG"
	stub_says 76 "@: $changed" cb=tls-exporter 'hide=*-PLUS' offer-hash=right
	# The server has it so, and proves it.
	stub types=tls-exporter offer-hash=right
	expect_exit 0 try -vv
	grep -qx 'xsend: logging in by SCRAM-SHA-512' err
	grep -qx 'xsend: the server has proved what it offers' err
	# There is no proof of PLAIN, which such a server may have alone.
	stub types=tls-exporter mechs=PLAIN
	expect_exit 0 try
}

@test "[v] no type that we have: 76 without a proof (rule 6)" {
	local words
	for words in cb=tls-strange \
		'cb=tls-exporter,tls-strange hide=tls-exporter' \
		'cb=tls-unique tls-version=1.3'; do
		# shellcheck disable=SC2086 # words
		stub_says 76 "@: the server offers no channel binding that we have; $unproved" $words
		absent ' recv response ' "$STUB_LOG"
	done
	stub_says 76 "@: $changed" offer-hash=right \
		cb=tls-exporter,tls-strange hide=tls-exporter
	stub cb=tls-strange offer-hash=right
	expect_exit 0 try -vv
	grep -qx 'xsend: logging in by SCRAM-SHA-512' err
}

@test "neither the types nor -PLUS: a server that has both is told (rule 3)" {
	stub_says 77 '@: romeo@montague.lit: login refused: not-authorized' \
		cb=tls-exporter 'hide=*-PLUS,tls-*'
	absent ' recv response ' "$STUB_LOG"
}
