#!/usr/bin/env bats
# xrecv: the formats of its records, which are those of every tool.

bats_require_minimum_version 1.5.0
load lib
load xsend
load xrecv

# one ARG...: xrecv of one message as juliet, into the file out.
one() {
	expect_exit 0 tool xrecv -a juliet -c 1 -W 200 "$@"
}

# nowhere: romeo at a server that is not there.
nowhere() {
	on prosody
	rm -f "$COUPLET_CONFIG"
	# shellcheck disable=SC2034 # for config_for
	XMPP_PORT=1
	config_for romeo romeo@montague.lit rosaline
}

# add_formats: stdin, entries of formats:, to the configuration.
add_formats() {
	{ echo formats: && cat; } >>"$COUPLET_CONFIG"
}

# --- templates -----------------------------------------------------------

@test "[v] -F: the letters of a message" {
	for server in "${servers[@]}"; do
		fresh "$server"
		tool xsend --id m1 -s 'Sub ject' -m 'But soft!' "$juliet"
		one -F '%f|%t|%i|%T|%s|%b|%n|%h|%{body}|%{@id}|%%'
		same stdout "$romeo|$juliet|m1|chat|Sub ject|But soft!|||But soft!|m1|%" \
			"$(sed -E 's:/[^|]*::g' out)"
		says
	done
}

@test "-F: any child and attribute, by namespace and path" {
	cat >message <<-'END'
		<message id='m1' type='chat' xml:lang='de'><body>b</body><thread>t1</thread>
		<nick xmlns='http://jabber.org/protocol/nick'>Rom</nick>
		<x xmlns='jabber:x:data' type='form'><field var='a'/>
		<field var='b'><value>v&#10;w</value></field></x></message>
	END
	for server in "${servers[@]}"; do
		fresh "$server"
		tool xsend -x "$juliet" <message
		one -F '%n|%h|%{jabber:x:data x@type}|%{jabber:x:data x > field > value}|%{jabber:x:data x > field@var}|%{x}|%{@xml:lang}'
		prints 'Rom|t1|form|v\nw|a||de'
	done
}

@test "-F: a delayed message has its stamp, and the time is that of its coming" {
	for server in "${servers[@]}"; do
		fresh "$server"
		tool xsend -m one "$juliet"
		before=$(date +%s)
		TZ=UTC0 one -F '%{urn:xmpp:delay delay@stamp} %U %I @Y-@m-@dT@H:@M:@S @@'
		after=$(date +%s)
		read -r stamp unix iso own at <out
		[[ $stamp =~ ^20[0-9]{2}-[0-9]{2}-[0-9]{2}T[0-9:.]+Z$ ]]
		[[ $unix =~ ^[0-9]+\.[0-9]{9}$ ]]
		[ "$before" -le "${unix%.*}" ]
		[ "${unix%.*}" -le "$after" ]
		same 'ISO 8601' "$(date -u -d "@${unix%.*}" +%FT%T)+0000" "$iso"
		same strftime "${iso%+*}" "$own"
		same at @ "$at"
	done
}

@test "-F: width, precision and flags count characters" {
	for server in "${servers[@]}"; do
		fresh "$server"
		printf 'e\u0301🌹x' | tool xsend --id m1 "$juliet"
		one -F '%5i|%-5i|%05i|%.1i|%6b|%-6.3b|%.2b|'
		prints "$(printf '   m1|m1   |000m1|m|  e\u0301🌹x|e\u0301🌹   |e\u0301|')"
	done
}

@test "-F: a sender can neither forge a record nor order the terminal about" {
	printf 'a\tb\\n\nc\x7fd\xc2\x9b31me' >body
	for server in "${servers[@]}"; do
		fresh "$server"
		for _ in 1 2 3; do tool xsend --id m1 "$juliet" <body; done
		one -F '%b'
		prints 'a\tb\\n\nc\x7fd\xc2\x9b31me'
		one -F '%#{body}'
		prints "$(cat body)"
		one -F '%x'
		same xml '<body>a&#9;b\n&#10;c&#127;d&#155;31me</body>' \
			"$(grep -o '<body>.*</body>' out)"
	done
}

@test "-F with its own escapes, -N: records end as the template has it" {
	for server in "${servers[@]}"; do
		fresh "$server"
		printf '%s\n' one two | tool xsend -l "$juliet"
		expect_exit 0 tool xrecv -a juliet -c 2 -N -F '%b\0'
		same stdout 'one\0two\0' "$(tr '\0' '@' <out | sed 's/@/\\0/g')"
		tool xsend -m $'three\nfour' "$juliet"
		one -NF '\x1b[1m%#b\e[0m\t\\\n'
		same stdout "$(printf '\033[1mthree\nfour\033[0m\t\\')" "$(cat out)"
		tool xsend -m five "$juliet"
		one --no-newline -o text
		same lines 0 "$(wc -l <out)"
	done
}

@test "a bad template ends with 64, and nothing was connected to" {
	nowhere
	expect_exit 75 tool xrecv --no-reconnect -F '%b'
	refuses() {
		expect_exit 64 tool xrecv -F "$2"
		prints ''
		same stderr "xrecv: --format: $1" "$(head -n 1 err)"
	}
	refuses "column 4: unknown value '%Q'" '%b %Q'
	refuses "column 1: nothing follows '%-5'" '%-5'
	refuses "column 2: unknown escape '\\c'" 'é\c'
	refuses "column 1: unknown time '@E'" '@E'
	refuses 'column 1: a width or precision is over 10000' '%10001b'
	refuses 'column 1: no } for this %{' '%{urn:x y'
	refuses "column 1: # is not for '%#x'" '%#x'
	refuses 'column 1: not UTF-8' $'\xff'
	# the last one counts, but the others have to be right too
	expect_exit 64 tool xrecv -F '%Q' -x
}

# --- by name -------------------------------------------------------------

@test "--format-name: a template of the configuration, and only if asked for" {
	for server in "${servers[@]}"; do
		fresh "$server"
		printf '  %s\n' 'short: "%-4i|%b\\t"' "xml: '%s'" \
			"broken: '%Q'" | add_formats
		for i in 1 2 3; do tool xsend --id "m$i" -m "n$i" "$juliet"; done
		one --format-name short
		prints $'m1  |n1\t'
		one --format-name short -F '%b'
		prints 'n2'
		one -o text --format-name broken -o xml
		grep '^<message.*<body>n3</body>' out
	done
}

@test "--format-name: an unknown one is 64, a bad one 78 with its place" {
	nowhere
	printf '  %s\n' "short: '%b'" "broken: '%Q'" | add_formats
	expect_exit 75 tool xrecv --no-reconnect --format-name short
	expect_exit 64 tool xrecv --format-name shirt
	says "xrecv: --format-name: no format 'shirt' (did you mean 'short'?)"
	expect_exit 64 tool xrecv --format-name long
	says "xrecv: --format-name: no format 'long'"
	expect_exit 78 tool xrecv --format-name broken
	says "xrecv: $COUPLET_CONFIG:10:11: broken: column 1: unknown value '%Q'"
}

# --- text, NUL, JSON -----------------------------------------------------

@test "-o nul: the fields as they are, and a NUL behind them" {
	printf 'a\tb\\n\nc\xc2\x9b' >body
	for server in "${servers[@]}"; do
		fresh "$server"
		tool xsend "$juliet" <body
		tool xsend -m two "$juliet"
		expect_exit 0 tool xrecv -a juliet -c 2 -o nul
		IFS=$'\t' read -r -d '' from first <out
		same from "$romeo" "${from%%/*}"
		same body "$(cat body)" "$first"
		same records 2 "$(tr -cd '\0' <out | wc -c)"
		same last two "$(tr '\0' '\n' <out | tail -n 1 | cut -f 2)"
	done
}

@test "-j: one JSON object a line" {
	for server in "${servers[@]}"; do
		fresh "$server"
		for option in -j --json '-o json' '--output=json'; do
			tool xsend --id m1 -m $'good\nnight' "$juliet"
			# shellcheck disable=SC2086
			one $option
			same lines 1 "$(wc -l <out)"
			same body $'"m1"\n"good\\nnight"' "$(jq '.id, .body' out)"
		done
	done
}

@test "an error's text line has its condition, and not what it quotes" {
	cat >stanzas <<-'END'
		<message from='a@b.lit' type='error'><body>uptime</body><error type='cancel'><item-not-found xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error></message><presence from='a@b.lit' type='error'><status>x</status><error type='cancel'><gone xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error></presence><message from='a@b.lit' type='error'/>
	END
	stub send=stanzas at=presence
	expect_exit 0 tool xrecv -o text --kind message --kind presence -c 3
	prints "$(printf 'a@b.lit\t\titem-not-found\na@b.lit\terror\t\t\tgone\na@b.lit\t\tundefined-condition')"
}
