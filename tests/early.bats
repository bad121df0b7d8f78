#!/usr/bin/env bats
# What leaves before the server has said yes, at a server that does not take
# it, has changed, or lies.

load lib
load stub/lib

# first WORD... : a stub that the first login has come to, so that it is known.
first() {
	stub sasl2=only inline-sm=yes fast=yes cb=tls-exporter "$@"
	rm -rf "$XDG_STATE_HOME"
	state=$XDG_STATE_HOME/couplet
}

# again WORD... : another one in its place.
again() {
	kill "$STUB_PID"
	stub sasl2=only inline-sm=yes fast=yes cb=tls-exporter "$@"
	sed -i "s/^place .*/place 127.0.0.1:$STUB_PORT\/starttls/" \
		"$state/known-romeo@montague.lit"
}

# by MECHANISM...: the logins that -vv told of, in order.
by() {
	same 'logins' "$*" \
		"$(sed -n 's/^xsend: logging in by \([^ ,]*\).*/\1/p' err | xargs)"
}

# taken COUNT [WHAT]: what the stubs log has of messages, of what it has dealt
# with; those that it refused are not among them.
taken() {
	same 'messages' "$1" "$(grep -c ' recv message ' "$STUB_LOG")"
}

@test "the stub: the second login is by a token, in one flight" {
	first
	expect_exit 0 try -vv
	by SCRAM-SHA-512-PLUS
	expect_exit 0 try -vv
	by HT-SHA-256-EXPR
	grep -q 'c2 token good HT-SHA-256-EXPR' "$STUB_LOG"
	grep -qE 'c2 pipelined [0-9]+ bytes before success' "$STUB_LOG"
	grep -q 'c2 pipelined .* bytes before TLS' "$STUB_LOG" ||
		grep -q 'c2 recv starttls' "$STUB_LOG"
	taken 2
}

@test "the stub: a token that is refused, at once or after its stanza" {
	first fast=refuse
	expect_exit 0 try -vv
	expect_exit 0 try -vv
	by HT-SHA-256-EXPR SCRAM-SHA-512-PLUS
	grep -qx 'xsend: the token is refused: credentials-expired' err
	# Only the one that was taken was read.
	taken 2
}

@test "the stub: a server that does not have the token either: 76, and it is dropped" {
	first fast=forged
	expect_exit 0 try
	says 76 '@: the server did not prove that it knows the token
-m: unknown outcome: 1 of 1 message is not confirmed, from here on' try
	expect_exit 0 try -vv
	by SCRAM-SHA-512-PLUS
}

@test "the stub: tokens that are none are not kept" {
	for words in 'token=two words' 'expiry=tomorrow' \
		"token=$(printf '%05000d' 0)" 'expiry=2001-01-01T00:00:00Z'; do
		first "$words"
		expect_exit 0 try
		expect_exit 0 try -vv
		by SCRAM-SHA-512-PLUS
		kill "$STUB_PID"
	done
}

@test "[v] the stub: what comes too early for it is sent again, once" {
	for how in refuse bind-error; do
		# With the answer to the challenge.
		first early=$how times=1
		expect_exit 0 try -vv
		# It may have taken the login and no more.
		case $how in
		refuse) second=SCRAM-SHA-512-PLUS ;;
		bind-error) second=HT-SHA-256-EXPR ;;
		esac
		by SCRAM-SHA-512-PLUS "$second"
		grep -q 'once more without' err
		grep -q '^early 2$' "$state/known-romeo@montague.lit"
		# Not again, as long as it offers the same.
		expect_exit 0 try -vv
		! grep -q 'c3 pipelined .* before success' "$STUB_LOG" || false
		expect_exit 0 try -vv
		! grep -q 'c4 pipelined .* before success' "$STUB_LOG" || false
		kill "$STUB_PID"
		# With the token.
		first
		expect_exit 0 try
		again early=$how times=1
		rm "$state/token-romeo@montague.lit"
		expect_exit 0 try -vv
		by SCRAM-SHA-512-PLUS "$second"
		same 'what was taken' 1 "$(grep -c '^[0-9.]* c2 recv message' "$STUB_LOG")"
		kill "$STUB_PID"
	done
}

@test "the stub: no answer to it is an unknown outcome, and sent once" {
	first
	expect_exit 0 try
	again early=drop times=1
	rm "$state/token-romeo@montague.lit"
	says 75 '@: waiting for the server to answer the login: the server closed the connection
-m: unknown outcome: 1 of 1 message is not confirmed, from here on' try
	taken 0
	# With time to try again it is, under its id, and is said to be so.
	again early=drop times=1
	expect_exit 0 try -v --retry 60
	grep -q 'possibly twice' err
	taken 1
	grep -q "<delay " "$STUB_LOG"
}

@test "the stub: silent where it is taken at its word: asked first the next time" {
	first
	expect_exit 0 try
	again silent-header at=tls-header times=1
	says 75 "@: timed out waiting for the server's stream features
-m: unknown outcome: 1 of 1 message is not confirmed, from here on" \
		try --connect-timeout 5
	again
	expect_exit 0 try
	! grep -q 'pipelined .* before success' <(grep ' c1 recv stream' -A3 "$STUB_LOG") || false
}

@test "the stub: offers that have changed are answered as they are" {
	first
	expect_exit 0 try
	rm "$state/token-romeo@montague.lit"
	again mechs=SCRAM-SHA-256
	expect_exit 0 try -vv
	by SCRAM-SHA-512-PLUS SCRAM-SHA-256-PLUS
	grep -q 'the server offers other ways to log in than the last time' err
	taken 1
	# A token too, where there are none any more.
	expect_exit 0 try -vv
	by HT-SHA-256-EXPR
	again fast=no mechs=SCRAM-SHA-256
	expect_exit 0 try -vv
	by HT-SHA-256-EXPR SCRAM-SHA-256-PLUS
	# The older profile alone.
	again sasl2=no mechs=SCRAM-SHA-256
	expect_exit 0 try -vv
	by SCRAM-SHA-256-PLUS SCRAM-SHA-256-PLUS
}

@test "the stub: a wrong password is one attempt, and nothing is said of the message" {
	first
	expect_exit 0 try
	says 77 '@: romeo@montague.lit: login refused: not-authorized' \
		env COUPLET_PASSWORD=wrong bash -c "$(declare -f at_stub try tool); $(declare -p STUB_PORT STUB_CA BIN); try --no-fast"
	same 'attempts' 2 "$(attempts)"
	taken 1
}

@test "the stub: XEP-0305 is a promise, early: a decision" {
	# Known, but never tried: nothing but the binding.
	first
	expect_exit 0 try
	again
	rm "$state/token-romeo@montague.lit"
	sed -i '/^early/d' "$state/known-romeo@montague.lit"
	expect_exit 0 try -vv --trace trace
	by SCRAM-SHA-512-PLUS
	grep -q '> .*<response .*<enable ' trace
	! grep -q '> .*<response .*<message ' trace || false
	expect_exit 0 try --trace trace
	grep -q '> .*<authenticate .*<message ' trace
	# Not at all.
	printf '%s\n' 'accounts:' '  romeo:' '    jid: romeo@montague.lit' \
		'    password: rosaline' "    server: 127.0.0.1:$STUB_PORT" \
		"    ca_file: '$STUB_CA'" '    early: false' >config.yaml
	chmod 600 config.yaml
	expect_exit 0 tool xsend -C config.yaml --trace trace -m hi juliet@capulet.lit
	! grep -q '> .*<authenticate .*<iq ' trace || false
	# Whatever is known.
	sed -i 's/early: false/early: true/' config.yaml
	sed -i '/^early/d' "$state/known-romeo@montague.lit"
	expect_exit 0 tool xsend -C config.yaml --trace trace -m hi juliet@capulet.lit
	grep -q '> .*<authenticate .*<message ' trace
	# Promised.
	again pipelining=yes
	rm "$state"/*
	expect_exit 0 try
	sed -i '/^early/d' "$state/known-romeo@montague.lit"
	expect_exit 0 try --trace trace
	grep -q '> .*<authenticate .*<message ' trace
}

@test "the stub: in the older profile the third login has all behind its second header" {
	first sasl2=no fast=no inline-sm=no
	expect_exit 0 try --trace trace
	! grep -q '> .*<stream:stream .*<iq id="bind"' trace || false
	expect_exit 0 try --trace trace
	# The mechanism is known, and that there is XEP-0198.
	grep -q '> .*<stream:stream .*<auth ' trace
	grep -q '> .*<stream:stream .*<iq id="bind".*<enable ' trace
	! grep -q '<enable .*<message ' trace || false
	expect_exit 0 try --trace trace
	grep -q '> .*<stream:stream .*<iq id="bind".*<enable .*<message ' trace
	taken 3
	# Without XEP-0198 no server is asked for it.
	again sasl2=no fast=no inline-sm=no no-sm
	expect_exit 0 try --trace trace
	expect_exit 0 try --trace trace
	! grep -q '<enable ' trace || false
}

@test "the stub: without a binding no stanza leaves before the server has proved itself" {
	first cb=
	expect_exit 0 try --trace trace
	grep -q '> .*<response .*<enable ' trace
	! grep -q '> .*<response .*<message ' trace || false
	# A token without one too.
	expect_exit 0 try -vv --trace trace
	by HT-SHA-256-NONE
	grep -q '> .*<authenticate .*<enable ' trace
	! grep -q '> .*<authenticate .*<message ' trace || false
	taken 2
}

@test "the stub: what may be too large waits for what the server takes" {
	head -c 20000 /dev/zero | tr '\0' x >large
	first
	expect_exit 0 at_stub xsend --bounce-wait 0 --trace trace juliet@capulet.lit <large
	! grep -q '> .*<response.*<message ' trace || false
	taken 1
	first limit=15000
	says 65 'the stanza has 20096 bytes, the server takes 15000' \
		at_stub xsend --bounce-wait 0 juliet@capulet.lit <large
	taken 0
}

@test "the stub: of what waits for the login only what is too large goes" {
	head -c 20000 /dev/zero | tr '\0' x >large
	printf '%s\n' one "$(cat large)" three >lines
	first limit=15000
	expect_exit 2 at_stub xsend -l --bounce-wait 0 --log-file log \
		juliet@capulet.lit <lines
	grep -qxE 'xsend: stdin:2: the stanza has [0-9]+ bytes, the server takes 15000' err
	same 'messages' 1 "$(wc -l <err)"
	same 'log' 'refused sent sent' "$(cut -f 6 log | sort | xargs)"
	taken 2
	# In a queue, as nobody knows then how much the server takes.
	expect_exit 3 at_stub xsend -H 127.0.0.1:1 --queue -l \
		juliet@capulet.lit <lines
	again limit=15000
	expect_exit 0 at_stub xsend --queue --bounce-wait 0 -m four \
		juliet@capulet.lit
	grep -qE '^xsend: the queue: [^ ]+: the stanza has [0-9]+ bytes, the server takes 15000$' err
	taken 3
	same 'set aside' 1 "$(find "$state" -path '*/failed/*' -type f | wc -l)"
	same 'left' 0 "$(find "$state" -path '*/waiting/*' -o -path '*/sent/*' | wc -l)"
}
