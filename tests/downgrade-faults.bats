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
