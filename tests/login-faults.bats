#!/usr/bin/env bats
# What becomes of a login at a server that refuses, breaks off, lies or falls
# silent: the status, the words, and how soon.

load lib
load stub/lib

@test "a password that RFC 4013 forbids is refused before anything is sent" {
	stub ok
	COUPLET_PASSWORD=$'\u0627x' says 77 \
		'@: the password has a character that RFC 4013 does not allow' try
	same 'attempts' 0 "$(attempts)"
}

@test "wrong password: one attempt, whatever else is offered" {
	stub ok cb=tls-exporter
	COUPLET_PASSWORD=wrong says 77 \
		'@: romeo@montague.lit: login refused: not-authorized' try
	same 'attempts' 1 "$(attempts)"
	same 'connections' 1 "$(grep -c ' connected ' "$STUB_LOG")"
}

@test "a refused login has the status of its condition" {
	local condition code
	while read -r condition code; do
		stub_says "$code" \
			"@: romeo@montague.lit: login refused: $condition" \
			"refuse=$condition"
		same 'attempts' 1 "$(attempts)"
	done <<-EOF
		account-disabled 77
		credentials-expired 77
		not-authorized 77
		temporary-auth-failure 75
		malformed-request 76
	EOF
	stub_says 77 '@: romeo@montague.lit: login refused: account-disabled (unpaid)' \
		auth-condition=account-disabled failure-text=unpaid
	stub_says 77 '@: romeo@montague.lit: login refused: made-up' \
		auth-condition=made-up
}

@test "no mechanism in common: 69" {
	stub_says 69 '@: no usable way to log in; the server offers: DIGEST-MD5 X-RIDDLE' \
		mechs=X-RIDDLE,DIGEST-MD5
	same 'attempts' 0 "$(attempts)"
	stub_says 69 '@: no usable way to log in; the server offers: EXTERNAL' \
		mechs=EXTERNAL
	stub_says 69 '@: no usable way to log in; the server offers: ANONYMOUS' \
		mechs=ANONYMOUS
	stub_says 69 '@: the server offers no way to log in' mechs=
}

@test "PLAIN goes over TLS only" {
	stub_says 69 '@: no usable way to log in; the server offers: PLAIN (PLAIN is used over verified TLS only)' \
		no-tls mechs=PLAIN -- --tls none
	same 'attempts' 0 "$(attempts)"
	# Offered before TLS and after it: TLS comes first.
	stub plain-before-tls
	expect_exit 0 try
	same 'attempts' 1 "$(attempts)"
	same 'what came first' 'tls auth' \
		"$(grep -oE ' c1 (tls|auth) ' "$STUB_LOG" | cut -d' ' -f3 | xargs)"
}

@test "channel binding: what the server names, else none" {
	stub ok cb=tls-server-end-point
	expect_exit 0 try -vv
	grep -qx 'xsend: logging in by SCRAM-SHA-512-PLUS, bound by tls-server-end-point' err
	stub ok cb=tls-exporter,tls-server-end-point
	expect_exit 0 try -vv
	grep -qx 'xsend: logging in by SCRAM-SHA-512-PLUS, bound by tls-exporter' err
	# Older TLS: both types still hold.
	stub ok cb=tls-exporter tls-version=1.2
	expect_exit 0 try
	stub ok cb=tls-server-end-point tls-version=1.2
	expect_exit 0 try
	stub ok cb=tls-unique,tls-server-end-point tls-version=1.2
	expect_exit 0 try -vv
	grep -qx 'xsend: logging in by SCRAM-SHA-512-PLUS, bound by tls-unique' err
}

@test "a server that does not know the password is not believed" {
	stub_says 76 "@: SCRAM: the server's signature is wrong: it does not know the password" \
		bad-success
	stub_says 76 "@: SCRAM: the server's signature is missing" sig=missing
	stub_says 77 '@: SCRAM: other-error' sig=error
	stub_says 76 '@: SCRAM: the server ended the exchange too early' \
		success-before-challenge
	absent ' bound ' "$STUB_LOG"
}

@test "SCRAM challenges that are wrong: 76, and no proof is sent" {
	local words text
	while IFS='|' read -r words text; do
		stub_says 76 "@: $text" "$words"
		absent ' recv response ' "$STUB_LOG"
	done <<-EOF
		bad-nonce|SCRAM: the server's nonce does not extend ours
		nonce=same|SCRAM: the server's nonce does not extend ours
		iterations=1|SCRAM: the server asks for 1 iterations, allowed are 4096 to 1000000
		iterations=1000|SCRAM: the server asks for 1000 iterations, allowed are 4096 to 1000000
		iterations=1000000000|SCRAM: the server asks for 1000000000 iterations, allowed are 4096 to 1000000
		iterations=-4096|SCRAM: the server asks for -4096 iterations, allowed are 4096 to 1000000
		challenge=raw:@@@@|the server's <challenge/> is not base64
		challenge=m=x,r=y,s=QSXCR,i=4096|SCRAM: the server demands an unknown extension
		challenge=hello|SCRAM: the server's first message is malformed
	EOF
}

@test "bind: refused, or an answer that is none" {
	stub_says 75 '@: romeo@montague.lit: bind refused: conflict' \
		bind-error=conflict
	stub_says 75 '@: romeo@montague.lit: bind refused: resource-constraint' \
		bind-error=resource-constraint
	stub_says 76 '@: romeo@montague.lit: bind refused: bad-request' \
		bind-error=bad-request
	stub_says 76 '@: the server bound no resource' bind-jid=
	stub_says 76 '@: the server bound no resource' bind-jid=romeo@montague.lit
	stub_says 76 "@: '@/' has an empty localpart" bind-jid=@/
	stub_says 76 '@: the server does not offer to bind a resource' \
		features=no-bind
}

@test "the resource: the one asked for, or the server's" {
	stub ok
	expect_exit 0 at_stub xsend -v -u romeo@montague.lit/orchard -m hi \
		juliet@capulet.lit
	grep -q 'online as romeo@montague.lit/orchard at ' err
	grep -q ' bound romeo@montague.lit/orchard$' "$STUB_LOG"
	stub resource=tomb
	expect_exit 0 at_stub xsend -v -u romeo@montague.lit/orchard -m hi \
		juliet@capulet.lit
	grep -q 'online as romeo@montague.lit/tomb at ' err
}

@test "stream errors in each phase of the login" {
	local phase condition code
	for phase in plain-header tls-header tls-features auth response bind; do
		stub_says 75 '@: the server ended the stream: system-shutdown (see you)' \
			stream-error=system-shutdown 'error-text=see you' \
			"at=$phase"
	done
	while read -r condition code; do
		stub_says "$code" "@: the server ended the stream: $condition" \
			"stream-error=$condition" at=tls-features
	done <<-EOF
		host-unknown 69
		conflict 75
		policy-violation 76
	EOF
	# Said over TLS it is followed: the stub names a port where nobody listens.
	stub_says 75 '127.0.0.1:1: Connection refused' \
		stream-error=see-other-host at=tls-features
	# Nothing said before TLS is acted on (RFC 6120 5.4.2.1, 4.9.3.19).
	stub_says 75 '@: the server ended the stream: see-other-host' \
		stream-error=see-other-host at=plain-features host=127.0.0.1:9
	same 'connections' 1 "$(grep -c ' connected ' "$STUB_LOG")"
}

@test "features and headers that are none" {
	stub_says 69 '@: the server offers no TLS' features=empty
	stub_says 76 "@: unexpected <features/> waiting for the server's stream features" \
		features=wrong-namespace
	stub_says 76 '@: the server sent what is not XMPP: text outside of an element' \
		features=text
	stub_says 76 '@: the server does not speak XMPP 1.0' header=no-version
	stub_says 76 '@: the server speaks no XMPP: its first element is <stream/>' \
		header=wrong-namespace
	stub_says 76 '@: the server sent what is not XMPP: XML or text declaration not at start of entity' \
		header=twice
	# No id, or another name: odd, but harmless over verified TLS.
	stub header=no-id
	expect_exit 0 try
}

@test "not XMPP at all" {
	stub_says 76 '@: the server sent what is not XMPP: not well-formed (invalid token)' \
		header=http
	head -c 4096 /dev/zero >zeros
	stub_says 76 '@: the server sent what is not XMPP: not well-formed (invalid token)' \
		send="$PWD/zeros" at=tcp
	printf '<html><body>' >html
	stub_says 76 '@: the server speaks no XMPP: its first element is <html/>' \
		send="$PWD/html" at=tcp
	printf '<!DOCTYPE html><html>' >html
	stub_says 76 '@: the server sent what is not XMPP: a DOCTYPE is not allowed' \
		send="$PWD/html" at=tcp
	printf 'SSH-2.0-OpenSSH_9.2p1 Debian-2\r\n' >ssh
	stub_says 76 '@: the server sent what is not XMPP: syntax error' \
		send="$PWD/ssh" at=tcp
}

@test "XML that is not allowed, in clear and over TLS: 76" {
	local phase word text
	for phase in plain-header tls-features bind; do
		while IFS='|' read -r word text; do
			stub_says 76 "@: the server sent what is not XMPP: $text" \
				"$word" "at=$phase"
		done <<-EOF
			malformed|mismatched tag
			doctype|a DOCTYPE or declaration is not allowed
			comment|a comment is not allowed
			pi|a processing instruction is not allowed
			bad-utf8|not well-formed (invalid token)
		EOF
	done
	stub_says 76 '@: unexpected <message/> waiting for the server to start TLS' \
		cdata at=features
	stub_says 76 '@: unexpected <message/> waiting for the server to answer the login' \
		cdata at=tls-features
}

@test "too much XML: 76, and soon" {
	local phase word text begin
	for phase in plain-header tls-features; do
		while IFS='|' read -r word text; do
			begin=${EPOCHREALTIME/[.,]/}
			stub_says 76 "@: the server sent what is not XMPP: more than $text" \
				"$word" "at=$phase"
			[ $((${EPOCHREALTIME/[.,]/} - begin)) -lt 25000000 ]
		done <<-EOF
			big-stanza=1100000|1048576 bytes
			endless-stanza|1048576 bytes
			deep=61|60 elements within each other
			many-children=20100|20000 elements
			many-attributes=1001|1000 attributes in one element
		EOF
	done
}

@test "silence: 75 at the deadline, in each phase" {
	local -A waits=(
		[silent-tcp]="waiting for the server's stream header"
		[silent-header]="waiting for the server's stream features"
		[silent-starttls]='waiting for the server to start TLS'
		[silent-tls]='in the TLS handshake'
		[silent-auth]='waiting for the server to answer the login'
		[silent-bind]='waiting for the server to bind a resource'
	)
	local word begin ms pids=()
	for word in "${!waits[@]}"; do
		mkdir "$word"
		cd "$word"
		stub "$word"
		says 75 "@: timed out ${waits[$word]}" try --connect-timeout 6 \
			>"../$word.said" &
		pids+=($!)
		cd ..
	done
	begin=${EPOCHREALTIME/[.,]/}
	for word in "${pids[@]}"; do
		wait "$word" || { cat ./*.said; false; }
	done
	ms=$(((${EPOCHREALTIME/[.,]/} - begin) / 1000))
	[ "$ms" -lt 25000 ]
}

@test "the server goes away in the middle of the login: 75" {
	local how word text
	for how in fin reset; do
		while IFS='|' read -r word text; do
			stub "$word" how=$how
			expect_exit 75 try
			grep -qE "^xsend: 127\.0\.0\.1:[0-9]+: $text: (connection lost: )?(montague\.lit: )?(the server closed the connection|Connection reset by peer|Broken pipe)\$" err ||
				{ cat err; false; }
		done <<-EOF
			close-after-header|waiting for the server's stream features
			close-in-tls|in the TLS handshake
			close-in-auth|waiting for the server to answer the login
			close-in-bind|waiting for the server to bind a resource
		EOF
	done
	stub_says 75 "@: waiting for the server's stream header: the server closed the connection" \
		close-after-tcp
	stub_says 75 '@: waiting for the server to answer the login: the server ended the stream' \
		end-stream at=tls-features
	stub_says 75 '@: waiting for the server to answer the login: the server closed the connection' \
		close-half-stanza at=tls-features
}

@test "STARTTLS refused, injected into, answered with junk" {
	stub_says 69 '@: the server refused STARTTLS' starttls-failure
	stub_says 76 '@: bytes in clear after <proceed/>: somebody in between tampers with the connection' \
		inject-after-proceed
	same 'attempts' 0 "$(attempts)"
	absent ' c1 tls ' "$STUB_LOG"
	stub_says 76 '@: bytes in clear after <proceed/>: somebody in between tampers with the connection' \
		'inject= '
	# Which of the two it is depends on how the bytes arrive.
	stub tls-junk
	expect_exit 76 try
	grep -qE ': (montague.lit: does not speak TLS here|bytes in clear after <proceed/>: .*)$' err
}
