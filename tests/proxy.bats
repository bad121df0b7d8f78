#!/usr/bin/env bats
# Through a SOCKS 5 proxy (stub/socks.py).

load lib
load stub/lib
load net

# proxy PORT [KEY=VALUE...]: one that leads there; its own port is proxy_port,
# what it is told is in proxy.log.
proxy() {
	local port run=()
	: >proxy.log
	rm -f proxy.port
	[ -z "${net:-}" ] || run=(nsenter -t "$net" -n -m -r "--wd=$PWD" --)
	spawn "${run[@]}" /usr/bin/python3 "$tests/stub/socks.py" "$1" log=proxy.log \
		"${@:2}" >proxy.port </dev/null
	proxy_pid=$pid
	port_in proxy.port
	proxy_port=$port
}

# told LINES: what the proxy was told, a line each.
told() {
	same 'the proxy was told' "$1" "$(cat proxy.log)"
}

# send [ARG...]: a message of romeo's, by the domain alone.
send() {
	COUPLET_PASSWORD=${COUPLET_PASSWORD-rosaline} tool xsend -C /dev/null \
		-u romeo@montague.lit --ca-file "$STUB_CERTS/ca.pem" \
		--connect-timeout 60 -m hi --bounce-wait 0 "$@" \
		juliet@capulet.lit
}

# through [ARG...]: the same through the proxy.
through() {
	send --proxy "socks5h://127.0.0.1:$proxy_port" "$@"
}

# proxy_says CODE TEXT KEY=VALUE... [-- ARG...]: of such a proxy.
proxy_says() {
	local code=$1 text=$2 words=()
	shift 2
	while [ $# -gt 0 ] && [ "$1" != -- ]; do
		words+=("$1")
		shift
	done
	proxy 1 "${words[@]}"
	says "$code" "montague.lit:5222 (through 127.0.0.1:$proxy_port): $text" \
		through "${@:2}" || {
		echo "# with the proxy ${words[*]}"
		return 1
	}
	kill "$proxy_pid"
}

@test "real servers: the name goes to the proxy, --tls auto and direct [v]" {
	local server
	for server in "${servers[@]}"; do
		on "$server"
		rm -f "$COUPLET_CONFIG"
		new_account romeo
		new_account juliet capulet.lit
		sed -i '/server:/d' "$COUPLET_CONFIG"
		proxy "$XMPP_PORT"
		expect_exit 0 tool xsend -v -m hi \
			--proxy "socks5h://127.0.0.1:$proxy_port" "$juliet"
		grep -q "^xsend: connected to proxy 127.0.0.1:$proxy_port\$" err
		grep -q "^xsend: connected to montague.lit:5222 (through 127.0.0.1:$proxy_port)\$" err
		told $'methods 0\nconnect name montague.lit 5222'
		proxy "$XMPP_TLS_PORT"
		expect_exit 0 tool xsend -m hi --tls direct \
			--proxy "socks5h://127.0.0.1:$proxy_port" "$juliet"
		told $'methods 0\nconnect name montague.lit 5223'
	done
}

@test "real servers: what comes in comes through the proxy, too" {
	local server
	for server in "${servers[@]}"; do
		on "$server"
		rm -f "$COUPLET_CONFIG"
		new_account romeo
		new_account juliet capulet.lit
		proxy "$XMPP_PORT" slowly=yes bound=name
		sed -i "s|^    jid: $juliet|&\n    proxy: socks5://127.0.0.1:$proxy_port|" \
			"$COUPLET_CONFIG"
		tool xsend -m 'good night' "$juliet"
		expect_exit 0 tool xrecv -a juliet -c 1
		grep -q '<body>good night</body>' out
		told "methods 0
connect ipv4 $XMPP_HOST $XMPP_PORT"
	done
}

@test "no question to DNS" {
	own_net
	server starttls ok
	server direct tls=direct
	zone <<-EOF
		_xmpp-client._tcp.montague.lit SRV 0 0 $starttls_port montague.lit
		_xmpps-client._tcp.montague.lit SRV 0 0 $direct_port montague.lit
		montague.lit A 127.0.0.1
		proxy.lit A 127.0.0.1
	EOF
	proxy "$starttls_port"
	expect_exit 0 through
	expect_exit 0 through -H xmpp.montague.lit
	expect_exit 0 through -H xmpp.montague.lit:80
	told 'methods 0
connect name montague.lit 5222
methods 0
connect name xmpp.montague.lit 5222
methods 0
connect name xmpp.montague.lit 80'
	proxy "$direct_port"
	expect_exit 0 through -H xmpp.montague.lit:443
	expect_exit 0 through --tls direct
	told 'methods 0
connect name xmpp.montague.lit 443
methods 0
connect name montague.lit 5223'
	same 'questions' '' "$(cat dns.log)"
	# The proxy's own name is one.
	proxy "$starttls_port"
	expect_exit 0 send -v --proxy "socks5h://proxy.lit:$proxy_port"
	grep -q "^xsend: connected to proxy proxy.lit:$proxy_port (127.0.0.1)\$" err
	grep -q "^xsend: connected to montague.lit:5222 (through proxy.lit:$proxy_port)\$" err
	asked 'proxy.lit A;proxy.lit AAAA'
}

@test "xinfo goes through it, too, and asks no question" {
	stub cb=tls-exporter
	proxy "$STUB_PORT"
	expect_exit 0 tool xinfo -C /dev/null --ca-file "$STUB_CA" \
		--proxy "socks5h://127.0.0.1:$proxy_port" montague.lit
	grep -q 'SCRAM-SHA-256' out
	! grep -qE '^(srv|address|dns)' out || false
	told 'methods 0
connect name montague.lit 5222'
	ALL_PROXY=socks5h://127.0.0.1:$proxy_port expect_exit 0 tool xinfo -C /dev/null -j \
		--ca-file "$STUB_CA" montague.lit
	same 'no survey' null "$(jq -c .srv out)"
	expect_exit 64 tool xinfo -C /dev/null --all --proxy "socks5h://127.0.0.1:$proxy_port" \
		montague.lit
	grep -qx 'xinfo: --all: through a proxy DNS is not asked' err
}

@test "a proxy on its usual port, and one by IPv6" {
	own_net
	server good ok
	proxy "$good_port" at=1080
	expect_exit 0 send --proxy SOCKS5H://127.0.0.1/
	proxy "$good_port" listen=::1
	expect_exit 0 send -v --proxy "socks5h://[::1]:$proxy_port"
	grep -q "^xsend: connected to montague.lit:5222 (through \[::1\]:$proxy_port)\$" err
}

@test "targets that are addresses" {
	stub ok
	proxy "$STUB_PORT" bound=ipv6
	expect_exit 0 through -H '[2001:db8::7]:5269'
	expect_exit 0 through -H 192.0.2.7
	told 'methods 0
connect ipv6 2001:db8::7 5269
methods 0
connect ipv4 192.0.2.7 5222'
	says 64 'fe80::1%lo: an address with a zone means nothing to a proxy' \
		through -H 'fe80::1%lo'
}

@test "what a proxy costs in flights" {
	local without
	stub ok
	expect_exit 0 send -H "127.0.0.1:$STUB_PORT" --timing
	without=$(flights)
	rm -rf "$XDG_STATE_HOME"
	proxy "$STUB_PORT" slowly=yes
	expect_exit 0 through --timing
	grep -qE ' tcp [0-9]+\.[0-9] tls ' err
	same 'flights' "$((without + 2))" "$(flights)"
	rm -rf "$XDG_STATE_HOME"
	proxy "$STUB_PORT" ask=yes
	expect_exit 0 send --timing --proxy "socks5h://a:b@127.0.0.1:$proxy_port"
	same 'flights' "$((without + 3))" "$(flights)"
}

@test "user and password [v]" {
	local url
	stub ok
	proxy "$STUB_PORT" 'user=ro@meo' 'password=a:b/c%'
	url="socks5h://ro%40meo:a%3ab%2Fc%25@127.0.0.1:$proxy_port"
	expect_exit 0 send --proxy "$url"
	told $'methods 0 2\nuser ro@meo a:b/c%\nconnect name montague.lit 5222'
	# They are shown nowhere.
	expect_exit 0 send -vvv --trace trace --proxy "$url"
	cat out err trace >all
	absent 'a:b' all
	absent 'a%3ab' all
	absent 'ro@meo' all
	expect_exit 0 send --pretend --proxy "$url"
	grep -q $'^proxy\tsocks5h://ro%40meo:\*@127.0.0.1:'"$proxy_port"$'\t--proxy$' out
	absent 'a%3ab' out
	# Wrong, not given, not asked for.
	says 77 "montague.lit:5222 (through 127.0.0.1:$proxy_port): the proxy refuses the user and password" \
		send --proxy "socks5h://romeo:wrong@127.0.0.1:$proxy_port"
	says 77 "montague.lit:5222 (through 127.0.0.1:$proxy_port): the proxy refuses the user and password" \
		send --proxy "socks5h://romeo@127.0.0.1:$proxy_port"
	says 77 "montague.lit:5222 (through 127.0.0.1:$proxy_port): the proxy wants a user and password" \
		through
	proxy "$STUB_PORT"
	expect_exit 0 send --proxy "socks5h://a:b@127.0.0.1:$proxy_port"
	told $'methods 0 2\nconnect name montague.lit 5222'
}

@test "what a proxy refuses" {
	local code text status
	while IFS=: read -r code status text; do
		proxy_says "$status" "$text" "reply=$code"
	done <<-EOF
		1:75:the proxy failed
		2:69:the proxy does not allow it
		3:75:the proxy cannot reach that network
		4:75:the proxy cannot reach that host, or knows of none
		5:75:Connection refused, says the proxy
		6:75:the proxy's connection timed out
		7:69:the proxy makes no connections
		8:69:the proxy does not take this kind of address
		9:75:the proxy refuses with code 9
		240:75:the onion service is not to be found
		246:68:there is no such onion address
	EOF
	proxy_says 75 'Connection refused, says the proxy' reply=5 fault=bare-reply
}

@test "a hostile proxy" {
	local step
	for step in method reply; do
		proxy_says 75 'the proxy closed the connection' \
			"fault=close-$step" reply=1
		proxy_says 75 'the proxy closed the connection' \
			"fault=half-$step" reply=1
		proxy_says 76 'the proxy does not speak SOCKS 5' \
			"fault=bad-$step" reply=1
		proxy_says 75 'timed out waiting for the proxy' \
			"fault=silent-$step" reply=1 -- --connect-timeout 1
	done
	proxy_says 76 'the proxy does not speak SOCKS 5 (is it an HTTP proxy?)' \
		fault=http
	proxy_says 76 'the proxy chose a way to authenticate that was not offered' \
		fault=method=2
	proxy_says 76 'the proxy chose a way to authenticate that was not offered' \
		fault=method=1
	stub ok
	proxy "$STUB_PORT" fault=kind
	says 76 "montague.lit:5222 (through 127.0.0.1:$proxy_port): the proxy's answer has an address of no known kind" \
		through
	for step in close half; do
		proxy "$STUB_PORT" ask=yes "fault=$step-auth"
		says 75 "montague.lit:5222 (through 127.0.0.1:$proxy_port): the proxy closed the connection" \
			send --proxy "socks5h://a:b@127.0.0.1:$proxy_port"
	done
	proxy "$STUB_PORT" ask=yes fault=bad-auth
	says 76 "montague.lit:5222 (through 127.0.0.1:$proxy_port): the proxy does not speak SOCKS 5" \
		send --proxy "socks5h://a:b@127.0.0.1:$proxy_port"
	proxy "$STUB_PORT" ask=yes fault=silent-auth
	says 75 "montague.lit:5222 (through 127.0.0.1:$proxy_port): timed out waiting for the proxy" \
		send --connect-timeout 1 \
		--proxy "socks5h://a:b@127.0.0.1:$proxy_port"
}

@test "no proxy is there: 75; its name is unknown: 68" {
	says 75 'proxy 127.0.0.1:1: Connection refused' \
		send --proxy socks5h://127.0.0.1:1
	expect_exit 75 send --proxy socks5h://localhost:1
	grep -qE '^xsend: proxy localhost:1 \((127\.0\.0\.1|::1)\): Connection refused \(the last of 2 addresses tried\)$' err
	says 68 'proxy.invalid: no such domain' \
		send --proxy socks5h://proxy.invalid
}

@test "a wrong certificate behind a proxy is no reason for another address" {
	stub cert=othername
	proxy "$STUB_PORT"
	says 76 "montague.lit:5222 (through 127.0.0.1:$proxy_port): certificate of 'CN=verona.lit' is for verona.lit, not for montague.lit" \
		through
	told $'methods 0\nconnect name montague.lit 5222'
}

@test "--tls none and names that are none: not asked for" {
	proxy 1
	says 64 'montague.lit: without TLS no proxy may be used' \
		through --tls none
	says 64 '127.0.0.1: without TLS no proxy may be used' \
		through --tls none -H 127.0.0.1
	says 68 'verona.invalid: no such domain' through -u romeo@verona.invalid
	told ''
}

@test ".onion: by a proxy alone" {
	own_net
	server good domain=verona.onion
	says 68 'verona.onion: only Tor'\''s proxy leads there' \
		send -u romeo@verona.onion
	zone <<<"_xmpp-client._tcp.montague.lit SRV 0 0 5222 verona.onion"
	says 68 'verona.onion: no such domain' send
	asked '_xmpps-client._tcp.montague.lit SRV;_xmpp-client._tcp.montague.lit SRV'
	: >dns.log
	proxy "$good_port"
	expect_exit 76 through -u romeo@verona.onion
	told $'methods 0\nconnect name verona.onion 5222'
	same 'questions' '' "$(cat dns.log)"
}

@test "what is no proxy: 64, 78 in the environment and in a file" {
	local url form='socks5h://[USER:PASSWORD@]HOST[:PORT]'
	for url in 127.0.0.1 127.0.0.1:1080 a:b@127.0.0.1 socks5h: \
		socks5h:// socks5h://:1080 socks5h://a:b@ socks5h://a/b \
		socks5h://a:0 socks5h://a:65536 socks5h://a:secret \
		'socks5h://a b' 'socks5h://[::1' ://a \
		a-scheme-that-is-too-long-to-be://a; do
		expect_exit 64 send --proxy "$url"
		same "the first line for $url" "xsend: --proxy: has to be $form" \
			"$(head -n 1 err)"
	done
	for url in http https socks4 socks4a socks SOCKS6; do
		expect_exit 64 send --proxy "$url://127.0.0.1"
		same 'the first line' \
			"xsend: --proxy: '$url' is no proxy that can be used: it has to be $form" \
			"$(head -n 1 err)"
	done
	for url in socks5h://:b@a socks5h://@a socks5h://%@a socks5h://%4@a \
		socks5h://%zz@a socks5h://%00@a socks5h://a:%00@a \
		"socks5h://$(printf '%0256d' 0)@a" \
		"socks5h://a:$(printf '%0256d' 0)@a"; do
		expect_exit 64 send --proxy "$url"
		same "the first line for $url" \
			'xsend: --proxy: user and password of a proxy have 255 bytes each at most and %XX for what is no letter or digit' \
			"$(head -n 1 err)"
	done
	COUPLET_PROXY=http://a says 78 \
		"COUPLET_PROXY: 'http' is no proxy that can be used: it has to be $form" send
	ALL_PROXY=http://a says 78 \
		"ALL_PROXY: 'http' is no proxy that can be used: it has to be $form" send
	printf 'accounts:\n  a:\n    jid: romeo@montague.lit\n    proxy: http://a\n' >config
	says 78 "$PWD/config:4:12: proxy: 'http' is no proxy that can be used: it has to be $form" \
		send -C "$PWD/config"
}

# origin ORIGIN URL [ARG...]: what --pretend says of the proxy.
origin() {
	expect_exit 0 send --pretend "${@:3}"
	same 'proxy' "$(printf '%s\t%s' "$2" "$1")" \
		"$(sed -n 's/^proxy\t//p' out)"
}

@test "where the proxy is named: option, variable, file, ALL_PROXY" {
	printf 'accounts:\n  a:\n    jid: romeo@montague.lit\n    proxy: socks5h://file\n' >config
	export all_proxy=socks5h://all-small ALL_PROXY=socks5h://all
	origin all_proxy socks5h://all-small
	unset all_proxy
	origin ALL_PROXY socks5h://all
	origin "$PWD/config:4:12" socks5h://file -C "$PWD/config"
	export COUPLET_PROXY=socks5h://variable
	origin COUPLET_PROXY socks5h://variable -C "$PWD/config"
	# It is the network's, not the account's.
	origin COUPLET_PROXY socks5h://variable -C "$PWD/config" -a a
	origin --proxy socks5h://option -C "$PWD/config" --proxy socks5h://option
	# None.
	origin --proxy '' --proxy ''
	COUPLET_PROXY='' origin ALL_PROXY socks5h://all
	unset COUPLET_PROXY
	sed -i "s|socks5h://file|''|" config
	origin "$PWD/config:4:12" '' -C "$PWD/config"
	stub ok
	ALL_PROXY=socks5h://127.0.0.1:1 expect_exit 0 send \
		-H "127.0.0.1:$STUB_PORT" --proxy ''
}

@test "no_proxy: what ALL_PROXY is not for" {
	local list
	export ALL_PROXY=socks5h://all
	for list in '*' montague.lit .montague.lit lit 'a.lit,montague.lit' \
		'a.lit montague.lit' ',, MONTAGUE.LIT'; do
		NO_PROXY=$list expect_exit 0 send --pretend
		absent $'proxy\t' out
	done
	for list in tague.lit www.montague.lit montague.li a.lit . ',' \
		127.0.0.1; do
		no_proxy=$list origin ALL_PROXY socks5h://all
	done
	for list in 192.0.2.7 192.0.2.0/24 192.0.2.6/31 192.0.2.8/28 0.0.0.0/0; do
		no_proxy=$list expect_exit 0 send --pretend -H 192.0.2.7:1
		absent $'proxy\t' out
	done
	for list in 192.0.2.8 192.0.2.8/29 192.0.2.0/33 192.0.2.0/ 7 ::/0 \
		montague.lit; do
		no_proxy=$list origin ALL_PROXY socks5h://all -H 192.0.2.7:1
	done
	no_proxy=2001:db8::/32 expect_exit 0 send --pretend -H '[2001:db8::7]:1'
	absent $'proxy\t' out
	# What was named for these tools is used.
	no_proxy='*' COUPLET_PROXY=socks5h://variable \
		origin COUPLET_PROXY socks5h://variable
}

@test "a file with a proxy's password is for its owner alone" {
	printf 'accounts:\n  a:\n    jid: romeo@montague.lit\n    proxy: socks5h://a:b@file\n' >config
	chmod 644 config
	expect_exit 78 send --pretend -C "$PWD/config"
	grep -q 'chmod' err
	chmod 600 config
	origin "$PWD/config:4:12" 'socks5h://a:*@file' -C "$PWD/config"
	sed -i 's/a:b@/a@/' config
	chmod 644 config
	origin "$PWD/config:4:12" 'socks5h://a@file' -C "$PWD/config"
}
