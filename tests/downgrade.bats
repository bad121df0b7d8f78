#!/usr/bin/env bats
# That nobody in between makes a login weaker than the server has it: what real
# servers prove, and what they do not.

bats_require_minimum_version 1.5.0
load lib

proved='^xsend: the server has proved what it offers$'

# as_romeo [ARG...]: a message by romeo of the current server, by STARTTLS.
as_romeo() {
	COUPLET_PASSWORD=rosaline tool xsend -vv -C /dev/null \
		-u romeo@montague.lit -H "$XMPP_HOST:$XMPP_PORT" \
		--ca-file "$XMPP_CA" -m hi --bounce-wait 0 "$@" juliet@capulet.lit
}

@test "real servers prove their offer, in both profiles and by each hash" {
	local profile hash
	for profile in no yes; do
		once prosody ssdp=yes sasl2=$profile
		expect_exit 0 as_romeo
		grep -q "$proved" err
	done
	# It has no hash of SCRAM-SHA-512.
	once prosody ssdp=yes mechs=SCRAM-SHA-1,SCRAM-SHA-1-PLUS
	expect_exit 0 as_romeo
	grep -q 'SCRAM-SHA-1-PLUS, bound by tls-exporter$' err
	grep -q "$proved" err
	# ejabberd has XEP-0388 over TLS by itself.
	own ejabberd
	for hash in 1 256 512; do
		only "SCRAM-SHA-$hash" "SCRAM-SHA-$hash-PLUS"
		expect_exit 0 as_romeo
		grep -q "SCRAM-SHA-$hash-PLUS (SASL2), bound by tls-exporter$" err
		grep -q "$proved" err
	done
	# No channel, no types of binding in what is hashed.
	once ejabberd tls=no
	expect_exit 0 as_romeo --tls none
	grep -q 'logging in by SCRAM-SHA-512$' err
	grep -q "$proved" err
}

@test "a server that proves nothing is used as ever" {
	on prosody
	expect_exit 0 as_romeo
	run ! grep -q "$proved" err
}

@test "real servers that are told not to offer -PLUS name the types all the same" {
	local plain=mechs=SCRAM-SHA-1,SCRAM-SHA-256
	own ejabberd
	only SCRAM-SHA-1 SCRAM-SHA-256
	expect_exit 0 as_romeo
	grep -q 'logging in by SCRAM-SHA-256 (SASL2)$' err
	grep -q "$proved" err
	once prosody "$plain" ssdp=yes
	expect_exit 0 as_romeo
	grep -q 'logging in by SCRAM-SHA-256$' err
	# Nothing tells such a one from somebody who took -PLUS out.
	once prosody "$plain"
	expect_exit 76 as_romeo
	grep -q 'names channel bindings, but offers no login that is bound' err
	once prosody mechs=PLAIN
	expect_exit 0 as_romeo
}

# The next server of this name is, for the client, the one that it knows.
keep_pins() {
	cp "$XDG_STATE_HOME"/couplet/pins-romeo@montague.lit kept
}

same_to_the_client() {
	cp kept "$XDG_STATE_HOME"/couplet/pins-romeo@montague.lit
}

@test "real servers: what a login had the next one has as well" {
	local plain=mechs=SCRAM-SHA-1,SCRAM-SHA-256
	once prosody
	expect_exit 0 as_romeo
	grep -q 'SCRAM-SHA-256-PLUS, bound by tls-exporter$' err
	keep_pins
	once prosody mechs=PLAIN
	same_to_the_client
	expect_exit 76 as_romeo
	grep -q 'better login to this server than PLAIN.*: --forget$' err
	once prosody "$plain"
	same_to_the_client
	expect_exit 76 as_romeo
	grep -q 'was bound to the connection before.*: --forget$' err
	# Changed, and proved.
	once prosody "$plain" ssdp=yes
	same_to_the_client
	expect_exit 0 as_romeo
	grep -q 'logging in by SCRAM-SHA-256$' err
	own ejabberd
	only SCRAM-SHA-1 SCRAM-SHA-256
	same_to_the_client
	expect_exit 0 as_romeo
	grep -q 'logging in by SCRAM-SHA-256 (SASL2)$' err
	only PLAIN
	same_to_the_client
	expect_exit 76 as_romeo
	grep -q 'better login to this server than PLAIN.*: --forget$' err
}

@test "real servers: the binding of TLS 1.3 after which TLS 1.2 is spoken" {
	for server in "${servers[@]}"; do
		on $server
		expect_exit 0 as_romeo
		grep -q '^bound 0304$' "$XDG_STATE_HOME"/couplet/pins-romeo@montague.lit
		printf '%s\n' 'openssl_conf = init' '[init]' 'ssl_conf = ssl' '[ssl]' \
			'system_default = client' '[client]' 'MaxProtocol = TLSv1.2' >old.cnf
		OPENSSL_CONF=$PWD/old.cnf expect_exit 0 as_romeo
		grep -q 'TLSv1.2' err
		grep -qE 'PLUS.* bound by tls-(unique|exporter)$' err
	done
}
