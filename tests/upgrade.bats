#!/usr/bin/env bats
# A server gets another hash of the password when it asks for one, and nobody
# else does.

bats_require_minimum_version 1.5.0
load lib
load stub/lib

# account HOST:PORT CA [LINE...]: romeo's configuration, in c.yaml.
account() {
	printf '%s\n' 'accounts:' '  romeo:' '    jid: romeo@montague.lit' \
		'    password: rosaline' "    server: $1" "    ca_file: '$2'" \
		"${@:3}" >c.yaml
	chmod 600 c.yaml
}

at() {
	tool xsend -C c.yaml -a romeo -m hi --bounce-wait 0 "$@" juliet@capulet.lit
}

# offers WORD... : a stub that has SCRAM-SHA-1 and more to offer.
offers() {
	stub sasl2=only cb=tls-exporter mechs=SCRAM-SHA-1 \
		upgrade=UPGR-SCRAM-SHA-256,UPGR-SCRAM-SHA-512 "$@"
	rm -rf "$XDG_STATE_HOME"
	account "127.0.0.1:$STUB_PORT" "$STUB_CA" '    upgrade: true'
}

refused() {
	offers "${@:3}"
	says "$1" "$2" at
	absent '<hash ' "$STUB_LOG"
}

@test "[v] the stub gets the hash that it asks for, and the message" {
	offers
	expect_exit 0 at -vvv --trace trace
	grep -q ' upgrade asked UPGR-SCRAM-SHA-512$' "$STUB_LOG"
	grep -q ' upgraded UPGR-SCRAM-SHA-512 right$' "$STUB_LOG"
	same 'messages' 1 "$(grep -c ' recv message ' "$STUB_LOG")"
	grep -qx 'xsend: the server gets what it takes for a better login: UPGR-SCRAM-SHA-512' err
	grep -q '<hash [^>]*>\*\*\*</hash>' trace
	run ! grep -qE '<hash [^>]*>[^*]' trace err
	# The better one is there: it is the other's turn.
	offers mechs=SCRAM-SHA-512
	expect_exit 0 at
	grep -q ' upgraded UPGR-SCRAM-SHA-256 right$' "$STUB_LOG"
}

@test "none is asked for where it is not wanted, or who gets it is not sure" {
	local words
	offers
	account "127.0.0.1:$STUB_PORT" "$STUB_CA"
	expect_exit 0 at
	absent ' upgrade asked ' "$STUB_LOG"
	for words in cb= mechs=SCRAM-SHA-512,SCRAM-SHA-256 mechs=PLAIN; do
		offers "$words"
		expect_exit 0 at
		absent ' upgrade asked ' "$STUB_LOG"
	done
}

@test "a server that asks for what it was not offered: 77" {
	refused 77 '@: romeo@montague.lit: the server wants more than a login: UPGR-SCRAM-SHA-256' \
		task=UPGR-SCRAM-SHA-256
	refused 77 '@: romeo@montague.lit: the server wants more than a login: HOTP' \
		task=HOTP
	refused 77 '@: romeo@montague.lit: the server wants more than a login: UPGR-SCRAM-SHA-512' \
		task=UPGR-SCRAM-SHA-512,HOTP
	stub sasl2=only task=UPGR-SCRAM-SHA-512
	says 77 '@: romeo@montague.lit: the server wants more than a login: UPGR-SCRAM-SHA-512' \
		try
}

@test "a server that does not prove itself gets nothing: 76" {
	refused 76 "@: SCRAM: the server's signature is missing" task-proof=no
	refused 76 "@: SCRAM: the server's signature is wrong: it does not know the password" \
		bad-success
	refused 76 '@: SCRAM: the server asks for 1 iterations, allowed are 4096 to 1000000' \
		task-iterations=1
	refused 76 "@: the server's salt for another hash of the password is malformed" \
		task-salt=
	refused 76 "@: the server's salt for another hash of the password is malformed" \
		task-salt=@
	printf '%s' "<task-data xmlns='urn:xmpp:sasl:2'><salt xmlns='urn:xmpp:scram-upgrade:0' iterations='4096'>c2FsdA==</salt></task-data>" >data.xml
	refused 76 '@: the server goes on with a task that is none' \
		send="$PWD/data.xml" at=response
}

@test "ejabberd takes it" {
	own ejabberd upgrade=yes
	account "$XMPP_HOST:$XMPP_PORT" "$XMPP_CA" '    upgrade: true'
	expect_exit 0 at -vv
	grep -q 'logging in by SCRAM-SHA-1-PLUS (SASL2), bound by tls-exporter$' err
	grep -q 'gets what it takes for a better login: UPGR-SCRAM-SHA-512$' err
}
