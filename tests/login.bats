#!/usr/bin/env bats
# From a connection to a bound resource: each mechanism, on real servers.

load lib
load stub/lib

# A client that speaks no TLS 1.3, and one without extended master secret.
old_tls() {
	cat >old-tls.cnf <<-EOF
		openssl_conf = init
		[init]
		ssl_conf = ssl
		[ssl]
		system_default = client
		[client]
		MaxProtocol = TLSv1.2
		${1:+Options = $1}
	EOF
	export OPENSSL_CONF=$PWD/old-tls.cnf
}

# logs_in_by TEXT ARG... : a message is sent and acknowledged, the login is the
# one that -vv tells of.
logs_in_by() {
	local mechanism=${1%%,*} profile=
	# ejabberd offers XEP-0388 by itself, over TLS, but not for ANONYMOUS.
	[ "$XMPP_KIND" = prosody ] || [ "$1" = ANONYMOUS ] ||
		[[ " $* " = *' --tls none '* ]] || profile=' (SASL2)'
	# As if for the first time: by no token, and no choice but this one.
	rm -rf "$XDG_STATE_HOME"
	expect_exit 0 tool xsend -vv -m hi --bounce-wait 0 "${@:2}" \
		juliet@capulet.lit </dev/null
	same 'the login' \
		"xsend: logging in by $mechanism$profile${1#"$mechanism"}" \
		"$(grep 'logging in' err)"
}

# as USER HOST ARG... : logs_in_by's arguments for romeo at the own server.
romeo() {
	COUPLET_PASSWORD=${password-rosaline} logs_in_by "$1" -C /dev/null \
		-u "${jid-romeo@montague.lit}" -H "$XMPP_HOST:${port-$XMPP_PORT}" \
		--ca-file "$XMPP_CA" "${@:2}"
}

# client_certificate JID: romeo.pem, signed by the server's CA.
client_certificate() {
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes \
		-CA "$XMPP_CA" -CAkey "${XMPP_CA%.pem}.key" -days 2 \
		-keyout romeo.key -out romeo.crt -subj "/CN=$1" \
		-addext basicConstraints=critical,CA:FALSE \
		-addext "subjectAltName=otherName:1.3.6.1.5.5.7.8.5;UTF8:$1" \
		2>openssl.err
	cat romeo.crt romeo.key >romeo.pem
	chmod 600 romeo.pem
}

@test "prosody: SCRAM-SHA-256-PLUS by STARTTLS and by direct TLS" {
	on prosody
	new_account romeo
	logs_in_by 'SCRAM-SHA-256-PLUS, bound by tls-exporter'
	grep -q 'TLSv1.3' err
	logs_in_by 'SCRAM-SHA-256-PLUS, bound by tls-exporter' --tls direct \
		-H "$XMPP_HOST:$XMPP_TLS_PORT"
	grep -q ', direct TLS$' err
}

@test "ejabberd: SCRAM-SHA-512-PLUS by STARTTLS and by direct TLS" {
	on ejabberd
	new_account romeo
	logs_in_by 'SCRAM-SHA-512-PLUS, bound by tls-exporter'
	grep -q 'TLSv1.3' err
	logs_in_by 'SCRAM-SHA-512-PLUS, bound by tls-exporter' --tls direct \
		-H "$XMPP_HOST:$XMPP_TLS_PORT"
	grep -q ', direct TLS$' err
}

@test "prosody: the other mechanisms, one at a time" {
	once prosody mechs=SCRAM-SHA-1,SCRAM-SHA-1-PLUS
	romeo 'SCRAM-SHA-1-PLUS, bound by tls-exporter'
	# On TLS 1.2 it knows tls-unique alone.
	(old_tls && romeo 'SCRAM-SHA-1-PLUS, bound by tls-unique')
	once prosody mechs=PLAIN
	romeo PLAIN
	port=$XMPP_TLS_PORT romeo PLAIN --tls direct
}

@test "prosody: SCRAM-SHA-256-PLUS by tls-unique on TLS 1.2" {
	on prosody
	new_account romeo
	old_tls
	logs_in_by 'SCRAM-SHA-256-PLUS, bound by tls-unique'
	grep -q 'TLSv1.2' err
	logs_in_by 'SCRAM-SHA-256-PLUS, bound by tls-unique' --tls direct \
		-H "$XMPP_HOST:$XMPP_TLS_PORT"
}

@test "ejabberd: each mechanism, ANONYMOUS and EXTERNAL" {
	local hash
	own ejabberd anonymous=yes external=yes
	for hash in 1 256 512; do
		only SCRAM-SHA-$hash-PLUS
		romeo "SCRAM-SHA-$hash-PLUS, bound by tls-exporter"
	done
	# On TLS 1.2 the exporter needs an extended master secret (RFC 9266 4.2).
	(old_tls && romeo 'SCRAM-SHA-512-PLUS, bound by tls-exporter')
	(
		old_tls -ExtendedMasterSecret
		romeo 'SCRAM-SHA-512-PLUS, bound by tls-server-end-point'
	)
	only PLAIN
	romeo PLAIN

	password='' jid=anon.lit romeo ANONYMOUS
	grep -qE 'online as [0-9]+@anon.lit/[0-9]+ ' err
	password='' jid=anon.lit port=$XMPP_TLS_PORT romeo ANONYMOUS --tls direct

	client_certificate romeo@montague.lit
	password='' romeo EXTERNAL --client-cert romeo.pem
	password='' port=$XMPP_TLS_PORT romeo EXTERNAL --client-cert romeo.pem \
		--tls direct
	# It is preferred, and a refusal of it is final.
	romeo EXTERNAL --client-cert romeo.pem
	says 77 "127.0.0.1:$XMPP_PORT: juliet@capulet.lit: login refused: not-authorized (Certificate JID mismatch)" \
		tool xsend -C /dev/null -u juliet@capulet.lit \
		-H "127.0.0.1:$XMPP_PORT" --ca-file "$XMPP_CA" \
		--client-cert romeo.pem -m hi romeo@montague.lit
}

@test "ejabberd: each SCRAM without TLS" {
	local hash
	own ejabberd tls=no
	for hash in 1 256 512; do
		only SCRAM-SHA-$hash PLAIN
		romeo SCRAM-SHA-$hash --tls none
	done
	only PLAIN
	says 69 "127.0.0.1:$XMPP_PORT: no usable way to log in; the server offers: PLAIN (PLAIN is used over verified TLS only)" \
		tool xsend -C /dev/null -u romeo@montague.lit --tls none \
		-H "127.0.0.1:$XMPP_PORT" --password-fd 3 -m hi \
		juliet@capulet.lit 3<<<rosaline
}

@test "prosody: ANONYMOUS and EXTERNAL" {
	once prosody anonymous=yes external=yes
	password='' jid=anon.lit romeo ANONYMOUS
	grep -qE 'online as [^@ ]+@anon.lit/[^ ]+ ' err
	password='' jid=anon.lit port=$XMPP_TLS_PORT romeo ANONYMOUS --tls direct
	client_certificate romeo@cert.lit
	password='' jid=romeo@cert.lit romeo EXTERNAL --client-cert romeo.pem
	password='' jid=romeo@cert.lit port=$XMPP_TLS_PORT romeo EXTERNAL \
		--client-cert romeo.pem --tls direct
	# The key may have a file of its own.
	cat >"$COUPLET_CONFIG" <<-EOF
		accounts:
		  cert:
		    jid: romeo@cert.lit
		    server: $XMPP_HOST:$XMPP_PORT
		    ca_file: $XMPP_CA
		    client_cert: romeo.crt
		    client_key: romeo.key
	EOF
	logs_in_by EXTERNAL
	# Where it is not offered, a certificate alone is of no use.
	expect_exit 69 tool xsend -C /dev/null -u romeo@montague.lit \
		-H "127.0.0.1:$XMPP_PORT" --ca-file "$XMPP_CA" \
		--client-cert romeo.pem -m hi juliet@capulet.lit
	grep -qE '^xsend: 127.0.0.1:[0-9]+: no usable way to log in; the server offers: [A-Z0-9 -]+ \(and there is no password\)$' err
}

@test "names and passwords of all kinds" {
	local server user n=0
	user='a=b,c'
	for server in "${servers[@]}"; do
		on $server
		# ASCII that SCRAM and XML have to escape; what SASLprep maps away
		# and folds (a soft hyphen, roman nine); length.
		for password in $'x,y=z"<&>\\ %s' $'\u00fcn\u00ad\u2168\u00a0i' \
			"$(printf '%0500d' 7)"; do
			jid="$user$n-$BASHPID@montague.lit"
			n=$((n + 1))
			"$tests/servers/adduser" "$XMPP_DIR" "$jid" "$password"
			COUPLET_PASSWORD=$password logs_in_by \
				"$([ $server = prosody ] && echo SCRAM-SHA-256-PLUS ||
					echo SCRAM-SHA-512-PLUS), bound by tls-exporter" \
				-C /dev/null -u "$jid" -H "$XMPP_HOST:$XMPP_PORT" \
				--ca-file "$XMPP_CA"
		done
	done
	# What Unicode 3.2 does not know; ejabberd has no such passwords.
	on prosody
	jid="emoji-$BASHPID@montague.lit"
	"$tests/servers/adduser" "$XMPP_DIR" "$jid" $'\U1F600'
	password=$'\U1F600' romeo 'SCRAM-SHA-256-PLUS, bound by tls-exporter'
}

@test "wrong password: 77 on both servers" {
	on prosody
	new_account romeo
	COUPLET_PASSWORD=wrong says 77 \
		"$XMPP_HOST:$XMPP_PORT: $jid: login refused: not-authorized (The response provided by the client doesn't match the one we calculated.)" \
		tool xsend -m hi juliet@capulet.lit
	rm "$COUPLET_CONFIG"
	on ejabberd
	new_account romeo
	COUPLET_PASSWORD=wrong says 77 \
		"$XMPP_HOST:$XMPP_PORT: $jid: login refused: not-authorized (Invalid username or password)" \
		tool xsend -m hi juliet@capulet.lit
	COUPLET_PASSWORD=wrong says 77 \
		"$XMPP_HOST:$XMPP_PORT: $jid: login refused: not-authorized (Invalid username or password)" \
		tool xrecv
}

@test "a server without TLS: 69, and --tls none on loopback" {
	once prosody tls=no
	says 69 "127.0.0.1:$XMPP_PORT: the server offers no TLS" \
		tool xsend -C /dev/null -u romeo@montague.lit \
		-H "127.0.0.1:$XMPP_PORT" --password-fd 3 -m hi \
		juliet@capulet.lit 3<<<rosaline
	romeo SCRAM-SHA-256 --tls none
	stub_says 69 '@: the server offers no TLS' no-tls
	same 'attempts' 0 "$(attempts)"
}
