#!/usr/bin/env bats
# Whom we talk to: certificates, pins, and the ways to TLS.

load lib
load stub/lib

# make_certificate NAME KIND ALTERNATIVE-NAME: one of the stub's CA.
make_certificate() {
	cat >openssl.cnf <<-EOF
		[req]
		distinguished_name = dn
		[dn]
		[ext]
		basicConstraints = critical,CA:FALSE
		subjectAltName = @names
		[names]
		$2.1 = $3
	EOF
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes \
		-config openssl.cnf -extensions ext -subj '/CN=made here' \
		-CA "$STUB_CA" -CAkey "${STUB_CA%.pem}.key" -days 2 \
		-keyout "$STUB_CERTS/$1.key" -out "$STUB_CERTS/$1.pem" \
		2>openssl.err
}

# The fingerprint of one of the stub's certificates, as openssl writes it.
fingerprint() {
	openssl x509 -in "$STUB_CERTS/$1.pem" -noout -fingerprint -sha256 |
		cut -d= -f2
}

@test "a certificate that is not acceptable: 76, subject and domain named" {
	local cert text
	while IFS='|' read -r cert text; do
		stub_says 76 "@: $text" "cert=$cert"
		same 'attempts' 0 "$(attempts)"
		same 'connections' 1 "$(grep -c ' connected ' "$STUB_LOG")"
		stub_says 76 "@: $text" "cert=$cert" tls=direct -- --tls direct
	done <<-EOF
		othername|certificate of 'CN=verona.lit' is for verona.lit, not for montague.lit
		expired|montague.lit: certificate of 'CN=montague.lit' has expired on 2020-01-01
		notyet|montague.lit: certificate of 'CN=montague.lit' is not valid before 2090-01-01
		selfsigned|montague.lit: certificate of 'CN=montague.lit' is self-signed
		unknownca|montague.lit: certificate of 'CN=montague.lit' is signed by an unknown authority 'CN=unknown CA'
		wildcard|certificate of 'CN=*.montague.lit' is for *.montague.lit, not for montague.lit
		nosan|certificate of 'CN=montague.lit' names no domain (a common name is none), so it is not for montague.lit
	EOF
}

@test "without --ca-file the system's authorities count" {
	stub ok
	says 76 "@: montague.lit: certificate of 'CN=montague.lit' is signed by an unknown authority 'CN=couplet stub CA'" \
		tool xsend -C /dev/null -u romeo@montague.lit \
		-H "127.0.0.1:$STUB_PORT" --password-fd 3 -m hi \
		juliet@capulet.lit 3<<<rosaline
	# OpenSSL's own variable names others.
	SSL_CERT_FILE=$STUB_CA SSL_CERT_DIR=/nonexistent expect_exit 0 tool \
		xsend -C /dev/null -u romeo@montague.lit --bounce-wait 0 \
		-H "127.0.0.1:$STUB_PORT" --password-fd 3 -m hi \
		juliet@capulet.lit 3<<<rosaline
}

@test "names of all kinds: wildcard, SRV-ID, XmppAddr" {
	stub cert=wildcard domain=garden.montague.lit
	expect_exit 0 try -u romeo@garden.montague.lit
	stub cert=wildcard domain=east.garden.montague.lit
	says 76 "@: certificate of 'CN=*.montague.lit' is for *.montague.lit, not for east.garden.montague.lit" \
		try -u romeo@east.garden.montague.lit
	stub cert=srvid
	expect_exit 0 try
	stub cert=srvid tls=direct
	expect_exit 0 try --tls direct
	stub cert=xmppaddr
	expect_exit 0 try
	says 76 "@: certificate of 'CN=stub' is for montague.lit, not for capulet.lit" \
		try -u juliet@capulet.lit
}

@test "a domain that is not ASCII" {
	local domain=véronè.lit ascii
	stub ok
	ascii=$(python3 -c 'import sys; print(sys.argv[1].encode("idna").decode())' "$domain")
	make_certificate alabel DNS "$ascii"
	make_certificate ulabel otherName \
		"1.3.6.1.5.5.7.8.5;FORMAT:UTF8,UTF8:$domain"
	make_certificate srvlabel otherName \
		"1.3.6.1.5.5.7.8.7;IA5STRING:_xmpp-client.$ascii"
	stub cert=alabel "domain=$domain"
	expect_exit 0 try -u "romeo@$domain"
	grep -q " sni=$ascii " "$STUB_LOG"
	stub cert=ulabel "domain=$domain"
	expect_exit 0 try -u "romeo@$domain"
	stub cert=srvlabel "domain=$domain"
	expect_exit 0 try -u "romeo@$domain"
}

@test "SNI is the JID's domain, ALPN goes with direct TLS alone" {
	stub ok
	expect_exit 0 try
	same 'the handshake' 'sni=montague.lit alpn=None' \
		"$(grep -oE 'sni=.* alpn=[^ ]+' "$STUB_LOG")"
	stub tls=direct
	expect_exit 0 try --tls direct
	same 'the handshake' 'sni=montague.lit alpn=xmpp-client' \
		"$(grep -oE 'sni=.* alpn=[^ ]+' "$STUB_LOG")"
	stub tls=direct alpn=no
	expect_exit 0 try --tls direct
}

@test "--fingerprint: the one certificate, whatever else is wrong with it" {
	local pin cert colons
	for cert in good selfsigned expired othername nosan; do
		stub "cert=$cert"
		colons=sha256:$(fingerprint $cert)
		expect_exit 0 tool xsend -C /dev/null -u romeo@montague.lit \
			-H "127.0.0.1:$STUB_PORT" --fingerprint "$colons" \
			--password-fd 3 -m hi --bounce-wait 0 \
			juliet@capulet.lit 3<<<rosaline
		# The form that a mismatch prints can be pasted back.
		pin=sha256:$(tr -d : <<<"${colons#*:}" | tr A-F a-f)
		says 76 "@: montague.lit: certificate of '$(openssl x509 -in "$STUB_CERTS/$cert.pem" -noout -subject -nameopt RFC2253 | cut -d= -f2-)' has the fingerprint $pin, not the one asked for" \
			try --fingerprint "sha256:$(printf '%064d' 0)"
		pin=$(grep -oE 'sha256:[0-9a-f]{64}' err)
		expect_exit 0 try --fingerprint "$pin"
		kill "$STUB_PID"
	done
}

@test "--fingerprint: what is none: 64" {
	local bad
	stub ok
	for bad in sha256:abcd md5:abcd "$(printf '%064d' 0)" \
		"sha256:$(printf '%065d' 0)" "sha256:$(printf '%063dg' 0)"; do
		expect_exit 64 try --fingerprint "$bad"
		same 'stdout' '' "$(cat out)"
		same 'the first line' \
			"xsend: --fingerprint: '$bad' is not sha256: and 64 hexadecimal digits" \
			"$(head -n 1 err)"
	done
	same 'connections' 0 "$(grep -c ' connected ' "$STUB_LOG" || true)"
}

@test "files: missing, empty or with nothing of use in them: 78" {
	stub ok
	: >empty
	printf 'nothing\n' >garbage
	printf -- '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n' >broken
	chmod 600 empty garbage broken
	says 78 'missing.pem: No such file or directory' try --ca-file missing.pem
	says 78 'empty: holds no certificate in PEM form' try --ca-file empty
	says 78 'garbage: holds no certificate in PEM form' try --ca-file garbage
	says 78 'broken: holds no certificate in PEM form' try --ca-file broken
	says 78 'missing.pem: No such file or directory' \
		try --client-cert missing.pem
	expect_exit 78 try --client-cert garbage
	grep -qE '^xsend: garbage: holds no usable certificate: ' err
	cp "$STUB_CERTS/client.pem" alone.pem
	chmod 600 alone.pem
	expect_exit 78 try --client-cert alone.pem
	grep -qE '^xsend: alone.pem: holds no usable private key for alone.pem: ' err
	same 'connections' 0 "$(grep -c ' connected ' "$STUB_LOG" || true)"
}

@test "a client's key: others must not read it, and it has no passphrase" {
	stub client-cert=need mechs=EXTERNAL
	cat "$STUB_CERTS"/client.{pem,key} >client.pem
	chmod 644 client.pem
	says 78 'client.pem: others can read it and it holds a private key: chmod 600 client.pem' \
		try --client-cert client.pem
	chmod 600 client.pem
	COUPLET_PASSWORD='' expect_exit 0 try --client-cert client.pem
	grep -q ' auth EXTERNAL$' "$STUB_LOG"
	{
		cat "$STUB_CERTS/client.pem"
		openssl pkey -in "$STUB_CERTS/client.key" -aes128 -passout pass:x
	} >locked.pem
	chmod 600 locked.pem
	says 78 'locked.pem: the private key has a passphrase, which is not supported' \
		try --client-cert locked.pem
}

@test "a server that insists on a client's certificate, and we have none: 76" {
	stub_says 76 '@: montague.lit: the server ended TLS: a client certificate is required' \
		client-cert=need
	stub_says 76 '@: montague.lit: the server refuses the TLS handshake: it has no cipher in common with us or wants a client certificate' \
		client-cert=need tls-version=1.2
}

@test "TLS 1.2 at least" {
	stub_says 76 '@: montague.lit: the server has no TLS version from 1.2 on' \
		tls-version=1.1
	stub_says 76 '@: montague.lit: the server has no TLS version from 1.2 on' \
		tls-version=1.0 tls=direct -- --tls direct
	stub tls-version=1.2
	expect_exit 0 try
}

@test "--tls none: on loopback alone" {
	local host
	stub no-tls
	expect_exit 0 try --tls none
	expect_exit 0 try --tls none -H "localhost:$STUB_PORT"
	for host in 192.0.2.1 2001:db8::1 0.0.0.0; do
		says 64 "$host: without TLS only a loopback address may be used" \
			try --tls none -H "$host"
	done
	says 64 '192.0.2.1: without TLS only a loopback address may be used' \
		try --tls none -H 192.0.2.1:5222
	expect_exit 64 try --tls nothing
	same 'the first line' \
		"xsend: --tls: 'nothing' is not auto, direct, starttls or none" \
		"$(head -n 1 err)"
}

@test "--tls direct at a STARTTLS port, and the other way round" {
	local server
	for server in "${servers[@]}"; do
		on $server
		new_account romeo
		says 76 "127.0.0.1:$XMPP_PORT: montague.lit: does not speak TLS here (is it a STARTTLS port?)" \
			tool xsend --tls direct -m hi juliet@capulet.lit
		# Some servers close, some say in TLS that this is none.
		local status=0
		tool xsend --tls starttls -m hi \
			-H "127.0.0.1:$XMPP_TLS_PORT" juliet@capulet.lit 2>err || status=$?
		case $status in
		75) grep -qE "^xsend: 127\.0\.0\.1:[0-9]+: waiting for the server's stream header: (connection lost: Connection reset by peer|the server closed the connection)\$" err ;;
		*) same 'exit status' 76 "$status"
			grep -qE '^xsend: 127\.0\.0\.1:[0-9]+: the server sent what is not XMPP: ' err ;;
		esac
		rm "$COUPLET_CONFIG"
	done
	stub_says 69 '@: the server offers no TLS' no-tls -- --tls starttls
	stub_says 76 '@: montague.lit: does not speak TLS here (is it a STARTTLS port?)' \
		no-tls -- --tls direct
}

@test "real servers: a domain that they do not have" {
	local server text
	while IFS='|' read -r server text; do
		on "$server"
		says 76 "127.0.0.1:$XMPP_TLS_PORT: $text" \
			tool xsend -C /dev/null -u romeo@verona.lit --tls direct \
			-H "127.0.0.1:$XMPP_TLS_PORT" --ca-file "$XMPP_CA" \
			--password-fd 3 -m hi juliet@capulet.lit 3<<<rosaline
	done <<-EOF
		prosody|verona.lit: the server has no certificate for this domain
		ejabberd|certificate of 'CN=montague.lit' is for montague.lit, capulet.lit, rooms.capulet.lit, anon.lit and 3 more, not for verona.lit
	EOF
}
