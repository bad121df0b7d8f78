#!/usr/bin/env bats
# From a domain to a server. What needs answers of a name server runs in a
# network namespace with one of our own (stub/dns.py), which takes root.

load lib
load stub/lib
load net

# send [ARG...]: by the domain alone, and by nothing that the last one learnt.
send() {
	rm -rf "$XDG_STATE_HOME"
	COUPLET_PASSWORD=${COUPLET_PASSWORD-rosaline} tool xsend -C /dev/null \
		-u romeo@montague.lit \
		--ca-file "$STUB_CERTS/ca.pem" --connect-timeout 60 -m hi --bounce-wait 0 "$@" \
		juliet@capulet.lit
}

@test ".invalid is not asked for: 68" {
	says 68 'verona.invalid: no such domain' send -u romeo@verona.invalid
	says 68 'verona.invalid: no such domain' send -H verona.invalid:5222
}

@test "a port that refuses: 75" {
	says 75 '127.0.0.1:1: Connection refused' send -H 127.0.0.1:1
	says 75 '[::1]:1: Connection refused' send -H '[::1]:1'
	says 75 '127.0.0.1:1: Connection refused' tool xrecv --no-reconnect -C /dev/null \
		-u romeo@montague.lit -H 127.0.0.1:1 --password-fd 3 \
		3<<<rosaline
	expect_exit 75 send -H localhost:1
	grep -qE '^xsend: localhost:1 \((127\.0\.0\.1|::1)\): Connection refused \(the last of 2 addresses tried\)$' err
}

@test "-H: what is no address: 64" {
	local bad
	for bad in :5222 host: host:0 host:65536 host:x host:-1 '[::1' '[::1]x' \
		'[::1]:' 'a b' '[host]:5222' 1::2::3 a/b; do
		expect_exit 64 send -H "$bad"
		same 'stdout' '' "$(cat out)"
		same 'the first line' \
			"xsend: --server: '$bad' is not HOST, HOST:PORT or [IPV6]:PORT" \
			"$(head -n 1 err)"
	done
	expect_exit 64 send -H ''
	same 'the first line' 'xsend: --server: is empty' "$(head -n 1 err)"
}

@test "a domain that is an address, and localhost" {
	stub ok domain=127.0.0.1
	says 75 '127.0.0.1:1: Connection refused' \
		at_stub xsend -u romeo@127.0.0.1 -H 127.0.0.1:1 -m hi \
		juliet@capulet.lit
	says 76 "@: certificate of 'CN=montague.lit' is for montague.lit, capulet.lit, not for 127.0.0.1" \
		try -u romeo@127.0.0.1
}

@test "-H without a port: 5222, or 5223 for direct TLS" {
	own_net
	server_at 5222 starttls ok
	server_at 5223 direct tls=direct
	expect_exit 0 send -v -H 127.0.0.1
	grep -q '^xsend: connected to 127.0.0.1:5222$' err
	expect_exit 0 send -v -H 127.0.0.1 --tls direct
	grep -q '^xsend: connected to 127.0.0.1:5223, direct TLS$' err
	expect_exit 0 send -v -H 127.0.0.1:5223
	grep -q '^xsend: connected to 127.0.0.1:5223, direct TLS$' err
	expect_exit 0 send -v -H localhost
	same 'questions' '' "$(cat dns.log)"
}

@test "SRV: direct TLS and STARTTLS, by priority" {
	own_net
	server direct tls=direct
	server starttls ok
	zone <<-EOF
		_xmpps-client._tcp.montague.lit SRV 5 0 $direct_port a.montague.lit
		_xmpp-client._tcp.montague.lit SRV 10 0 $starttls_port b.montague.lit
		a.montague.lit A 127.0.0.1
		b.montague.lit A 127.0.0.1
	EOF
	expect_exit 0 send -v
	grep -q "^xsend: connected to a.montague.lit:$direct_port (127.0.0.1), direct TLS\$" err
	asked '_xmpps-client._tcp.montague.lit SRV;_xmpp-client._tcp.montague.lit SRV;a.montague.lit A;a.montague.lit AAAA;b.montague.lit A;b.montague.lit AAAA'
	grep -q 'sni=montague.lit alpn=xmpp-client' "$direct_log"
	# --tls chooses among them.
	expect_exit 0 send -v --tls starttls
	grep -q "^xsend: connected to b.montague.lit:$starttls_port (127.0.0.1)\$" err
	# The other way round.
	zone <<-EOF
		_xmpps-client._tcp.montague.lit SRV 20 0 $direct_port a.montague.lit
		_xmpp-client._tcp.montague.lit SRV 10 0 $starttls_port b.montague.lit
		a.montague.lit A 127.0.0.1
		b.montague.lit A 127.0.0.1
	EOF
	expect_exit 0 send -v
	grep -q "^xsend: connected to b.montague.lit:$starttls_port (127.0.0.1)\$" err
	expect_exit 0 send -v --tls direct
	grep -q ', direct TLS$' err
}

@test "SRV: the next one when the first refuses or has no address" {
	own_net
	server good ok
	zone <<-EOF
		_xmpps-client._tcp.montague.lit SRV 1 0 1 a.montague.lit
		_xmpp-client._tcp.montague.lit SRV 2 0 2 gone.montague.lit
		_xmpp-client._tcp.montague.lit SRV 3 0 3 a.montague.lit
		_xmpp-client._tcp.montague.lit SRV 4 0 $good_port a.montague.lit
		a.montague.lit AAAA ::1
		a.montague.lit A 127.0.0.1
	EOF
	expect_exit 0 send -v
	grep -q "^xsend: connected to a.montague.lit:$good_port (127.0.0.1)\$" err
	# Nobody is there: the last one tried is named.
	zone <<-EOF
		_xmpp-client._tcp.montague.lit SRV 1 0 1 a.montague.lit
		_xmpp-client._tcp.montague.lit SRV 2 0 2 a.montague.lit
		a.montague.lit A 127.0.0.1
	EOF
	says 75 'a.montague.lit:2 (127.0.0.1): Connection refused (the last of 2 addresses tried)' send
}

@test "SRV: the next one when the first cannot do TLS, or XMPP" {
	local words
	own_net
	server good ok
	while read -r words; do
		# shellcheck disable=SC2086 # words
		server bad $words
		zone <<-EOF
			_xmpp-client._tcp.montague.lit SRV 1 0 $bad_port a.montague.lit
			_xmpp-client._tcp.montague.lit SRV 2 0 $good_port b.montague.lit
			a.montague.lit A 127.0.0.1
			b.montague.lit A 127.0.0.1
		EOF
		expect_exit 0 send -v
		grep -q "^xsend: connected to a.montague.lit:$bad_port " err
		grep -q "^xsend: online as .* at b.montague.lit:$good_port " err
		kill "$STUB_PID"
	done <<-EOF
		cert=expired
		cert=othername
		no-tls
		starttls-failure
		tls-junk
		close-in-tls
		close-after-header
		header=http
		stream-error=system-shutdown at=plain-features
	EOF
	# No server will do: what is decided is told, not what is temporary.
	server bad cert=othername
	server worse close-after-tcp
	zone <<-EOF
		_xmpp-client._tcp.montague.lit SRV 1 0 $bad_port a.montague.lit
		_xmpp-client._tcp.montague.lit SRV 2 0 $worse_port a.montague.lit
		a.montague.lit A 127.0.0.1
	EOF
	says 76 "a.montague.lit:$bad_port (127.0.0.1): certificate of 'CN=verona.lit' is for verona.lit, not for montague.lit" send
}

@test "SRV: a password is tried at one target only" {
	own_net
	server first ok
	server second ok
	zone <<-EOF
		_xmpp-client._tcp.montague.lit SRV 1 0 $first_port a.montague.lit
		_xmpp-client._tcp.montague.lit SRV 2 0 $second_port a.montague.lit
		a.montague.lit A 127.0.0.1
	EOF
	COUPLET_PASSWORD=wrong says 77 \
		"a.montague.lit:$first_port (127.0.0.1): romeo@montague.lit: login refused: not-authorized" send
	absent connected "$second_log"
	# Also when the server goes away over it.
	server first close-in-auth
	zone <<-EOF
		_xmpp-client._tcp.montague.lit SRV 1 0 $first_port a.montague.lit
		_xmpp-client._tcp.montague.lit SRV 2 0 $second_port a.montague.lit
		a.montague.lit A 127.0.0.1
	EOF
	says 75 "a.montague.lit:$first_port (127.0.0.1): waiting for the server to answer the login: the server closed the connection" send
	absent connected "$second_log"
}

@test "SRV: the target '.' means that there is no service: 69" {
	own_net
	server_at 5222 fallback ok
	zone <<-EOF
		_xmpp-client._tcp.montague.lit SRV 0 0 0 .
		montague.lit A 127.0.0.1
	EOF
	says 69 'montague.lit: the domain offers no XMPP service' send
	zone <<-EOF
		_xmpps-client._tcp.montague.lit SRV 0 0 0 .
		_xmpp-client._tcp.montague.lit SRV 0 0 5222 a.montague.lit
		a.montague.lit A 127.0.0.1
	EOF
	says 69 'montague.lit: the domain offers no XMPP service by direct TLS' \
		send --tls direct
	expect_exit 0 send
}

@test "no SRV records: the domain's own address" {
	own_net
	server_at 5222 starttls ok
	server_at 5223 direct tls=direct
	zone <<-EOF
		montague.lit A 127.0.0.1
	EOF
	expect_exit 0 send -v
	grep -q '^xsend: connected to montague.lit:5222 (127.0.0.1)$' err
	expect_exit 0 send -v --tls direct
	grep -q '^xsend: connected to montague.lit:5223 (127.0.0.1), direct TLS$' err
	# By another name; a CNAME before the SRV records, too.
	zone <<-EOF
		montague.lit CNAME house.lit
		house.lit CNAME home.lit
		home.lit A 127.0.0.1
	EOF
	expect_exit 0 send
	zone <<-EOF
		_xmpp-client._tcp.montague.lit CNAME srv.lit
		srv.lit SRV 0 0 5222 a.lit
		a.lit CNAME home.lit
		home.lit A 127.0.0.1
	EOF
	expect_exit 0 send -v
	grep -q '^xsend: connected to a.lit:5222 (127.0.0.1)$' err
	# /etc/hosts goes before DNS.
	zone </dev/null
	echo '127.0.0.1 montague.lit' >>hosts
	expect_exit 0 send
}

@test "no such domain: 68" {
	own_net
	says 68 'montague.lit: no such domain' send
	asked '_xmpps-client._tcp.montague.lit SRV;_xmpp-client._tcp.montague.lit SRV;montague.lit A;montague.lit AAAA'
	# The name is there, an address is not.
	zone <<<'www.montague.lit A 127.0.0.1'
	says 68 'montague.lit: the domain has no address' send
	zone <<<'_xmpp-client._tcp.montague.lit SRV 0 0 5222 a.montague.lit'
	says 68 'a.montague.lit: no such domain' send
	: >dns.log
	says 68 'verona.invalid: no such domain' send -u romeo@verona.invalid
	same 'questions' '' "$(cat dns.log)"
}

@test "a name server that fails: 75" {
	own_net
	zone <<<'montague.lit SERVFAIL'
	expect_exit 75 send
	grep -qE '^xsend: montague.lit: no answer from the DNS: .+$' err
	zone <<<'montague.lit REFUSED'
	expect_exit 75 send
	grep -qE '^xsend: montague.lit: no answer from the DNS: .+$' err
	# There is none.
	kill "$dns"
	expect_exit 75 send
	grep -qE '^xsend: montague.lit: no answer from the DNS: .+$' err
}

@test "a name server that is silent: 75 at the deadline" {
	local begin ms
	own_net
	zone <<<'montague.lit SILENT'
	begin=${EPOCHREALTIME/[.,]/}
	says 75 'montague.lit: timed out waiting for the DNS' \
		send --connect-timeout 0.7
	ms=$(((${EPOCHREALTIME/[.,]/} - begin) / 1000))
	[ "$ms" -ge 700 ]
	[ "$ms" -lt 20000 ]
	# Silent about a target: the same.
	zone <<-EOF
		_xmpp-client._tcp.montague.lit SRV 0 0 5222 a.montague.lit
		a.montague.lit SILENT
	EOF
	says 75 'montague.lit: timed out waiting for the DNS' \
		send --connect-timeout 0.7
}

@test "a target that does not answer: 75 at the deadline, its address named" {
	own_net
	hole
	zone <<-EOF
		_xmpp-client._tcp.montague.lit SRV 0 0 9222 a.montague.lit
		a.montague.lit A 127.0.0.1
	EOF
	says 75 'a.montague.lit:9222 (127.0.0.1): timed out connecting' \
		send --connect-timeout 4
	says 75 '127.0.0.1:9222: timed out connecting' \
		send --connect-timeout 0.7 -H 127.0.0.1:9222
	# Meanwhile the next one is tried (RFC 8305 5).
	server good ok
	zone <<-EOF
		_xmpp-client._tcp.montague.lit SRV 0 0 9222 a.montague.lit
		_xmpp-client._tcp.montague.lit SRV 1 0 $good_port a.montague.lit
		a.montague.lit A 127.0.0.1
	EOF
	expect_exit 0 send --connect-timeout 30
}

@test "a domain that is not ASCII is asked for as an A-label" {
	local ascii
	own_net
	ascii=$(python3 -c 'print("véronè.lit".encode("idna").decode())')
	server good domain=véronè.lit
	zone <<-EOF
		_xmpp-client._tcp.$ascii SRV 0 0 $good_port a.lit
		a.lit A 127.0.0.1
	EOF
	says 76 "a.lit:$good_port (127.0.0.1): certificate of 'CN=montague.lit' is for montague.lit, capulet.lit, not for $ascii" \
		send -u romeo@véronè.lit
	grep -q "sni=$ascii" "$good_log" || grep -q tls-error "$good_log"
	asked "_xmpps-client._tcp.$ascii SRV;_xmpp-client._tcp.$ascii SRV;a.lit A;a.lit AAAA"
}

@test "a signal ends the look-up" {
	local code=0
	own_net
	zone <<<'montague.lit SILENT'
	# nsenter becomes the program.
	COUPLET_PASSWORD=rosaline spawn nsenter -t "$net" -n -m -r "--wd=$PWD" -- \
		"$BIN/xsend" -C /dev/null -u romeo@montague.lit \
		--ca-file "$STUB_CERTS/ca.pem" -m hi \
		juliet@capulet.lit 2>err
	wait_for_line dns.log SRV
	kill -TERM "$pid"
	wait "$pid" || code=$?
	same 'exit status' 143 "$code"
	same 'stderr' '' "$(cat err)"
}
