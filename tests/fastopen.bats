#!/usr/bin/env bats
# TCP Fast Open: the first bytes of the stream in the SYN. It takes a network
# of our own, whose kernel settings are ours.

load lib
load stub/lib
load net

# fast_net [MODE]: a network where it is on for clients and for all listeners,
# or as that kernel setting says.
fast_net() {
	local name=/proc/sys/net/ipv4/tcp_fastopen
	own_net
	[ -e "$name" ] || skip 'this kernel has no TCP Fast Open'
	inside sh -c "echo ${1:-1027} >$name"
	printf 'accounts:\n  a:\n    jid: romeo@montague.lit\n    tcp_fastopen: true\n' >config
}

# send [ARG...]: by the domain alone, and by nothing that the last one learnt.
send() {
	rm -rf "$XDG_STATE_HOME"
	send_on "$@"
}

# send_on [ARG...]: the same, with what was learnt.
send_on() {
	COUPLET_PASSWORD=rosaline tool xsend -v -C "$PWD/config" \
		--ca-file "$STUB_CERTS/ca.pem" \
		--connect-timeout 60 -m hi --bounce-wait 0 "$@" \
		juliet@capulet.lit
}

# fast N: so many connections have begun with data in the SYN.
fast() {
	same 'TCPFastOpenActive' "$1" "$(inside python3 -c '
rows = [row.split() for row in open("/proc/net/netstat")]
print(dict(zip(rows[0], rows[1]))["TCPFastOpenActive"])')"
}

# at PORT...: the targets of the domain, in order.
at() {
	local port n=0
	for port; do
		n=$((n + 1))
		echo "_xmpp-client._tcp.montague.lit SRV $n 0 $port a.montague.lit"
	done >zone.records
	echo 'a.montague.lit A 127.0.0.1' >>zone.records
	zone <zone.records
}

@test "the second connection is fast, by STARTTLS and by direct TLS [v]" {
	fast_net
	server starttls ok
	server direct tls=direct
	at "$starttls_port"
	expect_exit 0 send
	fast 0
	grep -q "^xsend: connected to a.montague.lit:$starttls_port " err
	expect_exit 0 send
	fast 1
	grep -q "^xsend: TCP Fast Open to a.montague.lit:$starttls_port (127.0.0.1)\$" err
	grep -q '^xsend: online as ' err
	expect_exit 0 send -H "127.0.0.1:$direct_port" --tls direct
	fast 2
	# The place of the last login, too.
	expect_exit 0 send_on
	: >dns.log
	expect_exit 0 send_on
	same 'questions' '' "$(cat dns.log)"
	fast 4
}

@test "it is a flight less" {
	local slow
	fast_net
	server good ok
	at "$good_port"
	expect_exit 0 send --timing
	slow=$(flights)
	grep -qE ' tcp [0-9]+\.[0-9] ' err
	expect_exit 0 send --timing
	fast 1
	grep -q ' tcp - ' err
	same 'flights' "$((slow - 1))" "$(flights)"
}

@test "not unless it is asked for; not with a proxy" {
	fast_net
	server good ok
	at "$good_port"
	expect_exit 0 send
	sed -i 's/tcp_fastopen: true/tcp_fastopen: false/' config
	expect_exit 0 send
	sed -i '/tcp_fastopen/d' config
	expect_exit 0 send
	echo '    tcp_fastopen: true' >>config
	spawn nsenter -t "$net" -n -m -r "--wd=$PWD" -- \
		python3 "$tests/stub/socks.py" "$good_port" >port </dev/null
	port_in port
	expect_exit 0 send --proxy "socks5h://127.0.0.1:$port"
	fast 0
	expect_exit 0 send
	fast 1
}

@test "a kernel that does not have it, or a server" {
	local mode
	for mode in 0 1 2; do
		fast_net "$mode"
		server good ok
		at "$good_port"
		expect_exit 0 send
		expect_exit 0 send
		fast 0
	done
}

@test "the next address when the first refuses" {
	fast_net
	server good ok
	at "$good_port"
	expect_exit 0 send
	at 1 "$good_port"
	expect_exit 0 send
	grep -q '^xsend: TCP Fast Open to a.montague.lit:1 ' err
	grep -q "^xsend: online as .* at a.montague.lit:$good_port " err
	# Nobody is there: as without it.
	at 1 2
	expect_exit 75 send
	tail -n 1 err | grep -qx 'xsend: a.montague.lit:2 (127.0.0.1): Connection refused (the last of 2 addresses tried)'
	at 1
	expect_exit 75 send
	tail -n 1 err | grep -q '^xsend: a.montague.lit:1 (127.0.0.1): .*Connection refused$'
	# The place of the last login, and the domain has moved.
	at "$good_port"
	expect_exit 0 send
	sed -i 's/^port .*/port 1/' "$XDG_STATE_HOME/couplet/place-montague.lit"
	expect_exit 0 send_on
	grep -q '^xsend: TCP Fast Open to a.montague.lit:1 ' err
	grep -q "^xsend: online as .* at a.montague.lit:$good_port " err
}

@test "the next address when the first does not answer" {
	fast_net
	server good ok
	at "$good_port"
	expect_exit 0 send
	hole
	at 9222 "$good_port"
	expect_exit 0 send -vv
	grep -q '^xsend: TCP Fast Open to a.montague.lit:9222 ' err
	grep -q '^xsend: a.montague.lit:9222 (127.0.0.1) does not answer$' err
	grep -q "^xsend: online as .* at a.montague.lit:$good_port " err
	# It is tried again without, and told of as without.
	at 9222
	expect_exit 75 send --connect-timeout 4
	same 'attempts' 2 "$(grep -c '^xsend: connecting to' err)"
	tail -n 1 err | grep -qx 'xsend: a.montague.lit:9222 (127.0.0.1): timed out connecting'
	# The place of the last login.
	at "$good_port"
	expect_exit 0 send
	sed -i 's/^port .*/port 9222/' "$XDG_STATE_HOME/couplet/place-montague.lit"
	expect_exit 0 send_on
	grep -q '^xsend: TCP Fast Open to a.montague.lit:9222 ' err
	grep -q "^xsend: online as .* at a.montague.lit:$good_port " err
}

@test "tcp_fastopen: what is neither true nor false: 78" {
	printf 'accounts:\n  a:\n    jid: romeo@montague.lit\n    tcp_fastopen: maybe\n' >config
	expect_exit 78 send
	grep -q 'config:4:19: tcp_fastopen: ' err
}
