#!/usr/bin/env bats
# That nobody in between makes a login weaker than the server has it, with the
# stub as the server and as who is in between.

bats_require_minimum_version 1.5.0
load lib
load stub/lib

changed='SCRAM: somebody in between changed what the server offers (XEP-0474)'

# again WORD... : another stub, but for the client it is the server that it
# knows.
again() {
	[ ! -e "$(pins)" ] || cp "$(pins)" kept
	stub "$@"
	[ ! -e kept ] || mv kept "$(pins)"
}

# again_says CODE TEXT WORD... : what comes of a message to that.
again_says() {
	again "${@:3}"
	says "$1" "$2" try
}

pins() {
	echo "$XDG_STATE_HOME/couplet/pins-romeo@montague.lit"
}

pinned() {
	same 'pins' "$(printf '%s\n' 'couplet-pins 1' "$@")" "$(cat "$(pins)")"
}

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

@test "an offer that was changed: 76, and no proof is sent" {
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

@test "the version of TLS: 76 where the server has another one" {
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
@test "-PLUS without the types, in the profile of XEP-0388: 76 (rule 4)" {
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

@test "the types without -PLUS: 76 without a proof (rule 5)" {
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

@test "no type that we have: 76 without a proof (rule 6)" {
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

unbound="a login to this server was bound to the connection before, and now none can be; $unproved; if the server was really changed: --forget"
weaker='there was a better login to this server than PLAIN, which is all that is left of it: somebody in between may want the password; if the server was really changed: --forget'

@test "never without -PLUS after -PLUS, unless the offer is proved" {
	local profile
	for profile in no only; do
		stub sasl2=$profile cb=tls-exporter
		expect_exit 0 try
		pinned no-plain 'bound 0304'
		same 'mode' 600 "$(stat -c %a "$(pins)")"

		# In between is who takes it away, as far as the server sees it;
		again_says 76 "@: $unbound" sasl2=$profile cb=tls-exporter \
			'hide=*-PLUS'
		absent ' recv response ' "$STUB_LOG"
		again_says 76 "@: romeo@montague.lit: login refused: not-authorized; $unbound" \
			sasl2=$profile cb=tls-exporter 'hide=*-PLUS,tls-*'
		absent ' recv response ' "$STUB_LOG"
		# or is the server himself, without the password.
		again_says 76 "@: $unbound" sasl2=$profile bad-success
		absent ' recv response ' "$STUB_LOG"
		again_says 76 "@: $changed" sasl2=$profile offer-hash=wrong
		absent ' recv response ' "$STUB_LOG"

		# The server is another now, and says so.
		again sasl2=$profile offer-hash=right
		expect_exit 0 try -vv
		grep -qE 'logging in by SCRAM-SHA-512( \(SASL2\))?$' err
		# That was no reason to believe the next.
		pinned no-plain 'bound 0304'
		again_says 76 "@: $unbound" sasl2=$profile
		# Nor does it cost anything where nothing is missing.
		again sasl2=$profile cb=tls-server-end-point mechs=SCRAM-SHA-1
		expect_exit 0 try -vv
		grep -q 'SCRAM-SHA-1-PLUS.* bound by tls-server-end-point$' err
		rm "$(pins)"
		again sasl2=$profile
		expect_exit 0 try
		pinned no-plain
	done
}

@test "a binding that was had holds for older versions of TLS, not newer ones" {
	stub cb=tls-exporter tls-version=1.3
	expect_exit 0 try
	again_says 76 "@: $unbound" tls-version=1.2
	absent ' recv response ' "$STUB_LOG"
	again tls-version=1.2 offer-hash=right
	expect_exit 0 try
	again cb=tls-unique tls-version=1.2
	expect_exit 0 try -vv
	grep -q 'PLUS, bound by tls-unique$' err
	pinned no-plain 'bound 0304'
	stub cb=tls-unique tls-version=1.2
	expect_exit 0 try
	pinned no-plain 'bound 0303'
	again_says 76 "@: $unbound" tls-version=1.2
	again tls-version=1.3
	expect_exit 0 try
	again cb=tls-exporter tls-version=1.3
	expect_exit 0 try
	pinned no-plain 'bound 0304'
}

@test "never PLAIN after something better" {
	local profile
	for profile in no only; do
		stub sasl2=$profile mechs=SCRAM-SHA-1
		expect_exit 0 try
		pinned no-plain
		again_says 76 "@: $weaker" sasl2=$profile mechs=PLAIN
		same 'attempts' 0 "$(attempts)"
		# There is no proof that would help.
		again_says 76 "@: $weaker" sasl2=$profile mechs=PLAIN,X-RIDDLE \
			offer-hash=right
		same 'attempts' 0 "$(attempts)"
		again sasl2=$profile mechs=PLAIN,SCRAM-SHA-256
		expect_exit 0 try
		rm "$(pins)"
		again sasl2=$profile mechs=PLAIN
		expect_exit 0 try
		[ ! -e "$(pins)" ]
	done
	# Another account of that server has had nothing yet.
	again mechs=SCRAM-SHA-1
	expect_exit 0 try
	again mechs=PLAIN
	COUPLET_PASSWORD=wherefore expect_exit 0 at_stub xsend \
		-u juliet@capulet.lit -m hi --bounce-wait 0 romeo@montague.lit
}

@test "a login that fails pins nothing" {
	stub cb=tls-exporter
	COUPLET_PASSWORD=wrong expect_exit 77 try
	[ ! -e "$(pins)" ]
	stub cb=tls-exporter bad-success
	expect_exit 76 try
	[ ! -e "$(pins)" ]
	stub cb=tls-exporter bind-error=not-allowed
	expect_exit 75 try
	[ ! -e "$(pins)" ]
}

@test "a login that was asked for without TLS is not bound, whatever there was" {
	stub cb=tls-exporter
	expect_exit 0 try
	again no-tls
	expect_exit 0 try --tls none
	pinned no-plain 'bound 0304'
}

@test "pins that cannot be read or written" {
	stub mechs=SCRAM-SHA-1 cb=tls-exporter
	# All of them hold,
	mkdir -p "${XDG_STATE_HOME}/couplet"
	: >"$(pins)"
	again_says 76 "@: $weaker" mechs=PLAIN
	again_says 76 "@: $unbound" mechs=SCRAM-SHA-1
	: >"$(pins)"
	again mechs=SCRAM-SHA-1
	expect_exit 76 try -v
	grep -qx "xsend: $XDG_STATE_HOME/couplet: what earlier logins of romeo@montague.lit have had cannot be read: nothing less than the best is taken" err
	# and what is as good replaces them.
	again mechs=SCRAM-SHA-1 cb=tls-exporter
	expect_exit 0 try
	same 'stderr' '' "$(cat err)"
	pinned no-plain 'bound 0304'
	# Where nothing can be kept, nothing is.
	stub mechs=SCRAM-SHA-1
	XDG_STATE_HOME=/dev/null expect_exit 0 try
	same 'stderr' '' "$(cat err)"
	XDG_STATE_HOME=/dev/null expect_exit 0 try -v
	grep -q '^xsend: /dev/null.*: Not a directory$' err
}

@test "a token that is not bound is none after a login that was" {
	stub sasl2=only fast=yes offer-hash=right
	expect_exit 0 try
	grep -q ' token given HT-SHA-256-NONE$' "$STUB_LOG"
	expect_exit 0 try -vv
	grep -q 'logging in by HT-SHA-256-NONE' err
	pinned no-plain
	printf '%s\n' 'couplet-pins 1' no-plain 'bound 0304' >"$(pins)"
	expect_exit 0 try -vv
	grep -q 'logging in by SCRAM-SHA-512 (SASL2)$' err
	# Nor is one asked for.
	same 'tokens' 1 "$(grep -c ' token given ' "$STUB_LOG")"
}
