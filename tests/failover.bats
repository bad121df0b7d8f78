#!/usr/bin/env bats
# From a domain to a server that is of use, on a network where some are not:
# one account is on two servers, a Prosody on north and an ejabberd on south,
# and other targets refuse, swallow what is sent, or have another's certificate.
#
# What is tried where:
#   order of SRV records, weights as proportions      unit/test_srv
#   look-ups, Happy Eyeballs, one socket at a time    unit/test_dial
#   answers of a name server, cut and arbitrary       unit/test_dns, fuzz
#   each outcome with its message and status, a       dns.bats
#     target '.', no SRV, CNAME, hosts file, silence,
#     a server that is bad in TLS or XMPP
#   the place of the last login                       place.bats
#   real routes, real resolvers and real servers,     here
#     and how long it takes until one is found

bats_require_minimum_version 1.5.0
load lib
load xsend
load netns

setup_file() {
	local ca
	lan || return 0
	host north 2
	host south 3
	host liar 5
	# Packets to 10.9.66.0/24 vanish, those to 10.9.77.0/24 come back.
	at dns sh -c 'echo 1 >/proc/sys/net/ipv4/ip_forward &&
		echo 1 >/proc/sys/net/ipv6/conf/all/forwarding &&
		ip route add blackhole 10.9.66.0/24 &&
		ip route add unreachable 10.9.77.0/24 &&
		ip route add blackhole fd66::/64'
	at verona ip route add default via 10.9.0.1
	at verona ip route add default via fd09::1
	zone </dev/null
	real north prosody at=10.9.0.2 hosts=montague.lit
	ca=$(readlink "$lan/north-server")/tls
	real south ejabberd at=10.9.0.3 hosts=montague.lit "ca=$ca"
	real liar prosody at=10.9.0.5 hosts=montague.lit
}

# domain: what DNS says of montague.lit: lines 'srv NAME HOST PORT PRIORITY
# WEIGHT', and records as zone has them.
domain() {
	local word name host port rest
	while read -r word name host port rest; do
		if [ "$word" = srv ]; then
			echo "srv-host=_$name-client._tcp.montague.lit,$host.lit,$port,${rest/ /,}"
		else
			echo "$word"
		fi
	done >records
	cat records - <<-EOF | zone
		host-record=north.lit,10.9.0.2,fd09::2
		host-record=south.lit,10.9.0.3,fd09::3
		host-record=liar.lit,10.9.0.5,fd09::5
		host-record=hole.lit,10.9.66.1
		host-record=nowhere.lit,10.9.77.1
		host-record=nobody.lit,10.9.0.77
	EOF
}

# send [ARG...]: as one who has never been there.
send() {
	rm -rf "$XDG_STATE_HOME"
	COUPLET_PASSWORD=rosaline tool xsend -v -C /dev/null \
		-u romeo@montague.lit --ca-file "$lan/north-server/tls/ca.pem" \
		-m hi --bounce-wait 0 "$@" romeo@montague.lit
}

# reaches TARGET WHY [ARG...]: a message goes out there, and how long it took is
# told.
reaches() {
	local begin=$EPOCHREALTIME
	expect_exit 0 send "${@:3}"
	tell "$2: $(seconds_since "$begin") s"
	grep -q "^xsend: online as romeo@montague.lit/[^ ]* at $1\([ :]\|\$\)" err &&
		return
	sed 's/^/# /' err
	return 1
}

# fails CODE TEXT [ARG...]: with this last line on stderr.
fails() {
	expect_exit "$1" send "${@:3}"
	same 'the last line' "xsend: $2" "$(tail -n 1 err)"
}

@test "the next target, whatever is wrong with the first" {
	local what host port
	on_lan
	while read -r host port what; do
		domain <<-EOF
			srv xmpp $host $port 1 0
			srv xmpp south 5222 2 0
		EOF
		reaches south.lit:5222 "$what"
	done <<-EOF
		south 5222 nothing is wrong
		north 1 refused
		nowhere 5222 no route
		nobody 5222 no such host
		hole 5222 swallowed
		liar 5222 another's certificate
		north 5223 TLS where STARTTLS is said to be
	EOF
	# All of them at once.
	domain <<-EOF
		srv xmpps north 1 1 0
		srv xmpps nowhere 5223 2 0
		srv xmpp nobody 5222 3 0
		srv xmpps hole 5223 4 0
		srv xmpp liar 5222 5 0
		srv xmpps south 5222 6 0
		srv xmpps south 5223 7 0
	EOF
	reaches south.lit:5223 'the seventh target'
	# None of them.
	domain <<<'srv xmpp nowhere 5222 1 0'
	fails 75 'nowhere.lit:5222 (10.9.77.1): No route to host'
	domain <<<'srv xmpp hole 5222 1 0'
	fails 75 'hole.lit:5222 (10.9.66.1): timed out connecting' \
		--connect-timeout 2
}

@test "by weight: the heavy one, and the other when that is gone" {
	on_lan
	# A weight of 0 is drawn once in 65,536 times.
	domain <<-EOF
		srv xmpp north 5222 1 65535
		srv xmpp south 5222 1 0
	EOF
	reaches north.lit 'the heavy one'
	domain <<-EOF
		srv xmpp north 5222 1 0
		srv xmpp south 5222 1 65535
	EOF
	reaches south.lit 'the other one is heavy'
	domain <<-EOF
		srv xmpp hole 5222 1 65535
		srv xmpp south 5222 1 0
	EOF
	reaches south.lit 'the heavy one swallows'
	domain <<-EOF
		srv xmpp liar 5222 1 65535
		srv xmpp north 5222 1 0
	EOF
	reaches north.lit "the heavy one has another's certificate"
}

@test "what records there are" {
	on_lan
	domain <<<'srv xmpps south 5223 1 0'
	reaches south.lit:5223 'direct TLS alone'
	# As without any: the domain's own address, and it has none.
	fails 68 'montague.lit: the domain has no address' --tls starttls
	domain <<<'srv xmpp south 5222 1 0'
	reaches south.lit:5222 'STARTTLS alone'
	domain <<-EOF
		srv-host=_xmpps-client._tcp.montague.lit
		srv xmpp south 5222 1 0
	EOF
	reaches south.lit:5222 'direct TLS is not offered'
	domain <<-EOF
		srv-host=_xmpp-client._tcp.montague.lit
		srv-host=_xmpps-client._tcp.montague.lit
		host-record=montague.lit,10.9.0.3
	EOF
	fails 69 'montague.lit: the domain offers no XMPP service'
	domain <<<'host-record=montague.lit,10.9.0.3,fd09::3'
	reaches montague.lit:5222 'no SRV record'
	domain </dev/null
	fails 68 'montague.lit: no such domain'
}

@test "IPv6 or IPv4 is broken" {
	on_lan
	domain <<-EOF
		srv xmpp a 5222 1 0
		host-record=a.lit,10.9.0.3,fd66::1
	EOF
	reaches 'a.lit:5222 (10.9.0.3)' 'IPv6 swallows'
	domain <<-EOF
		srv xmpp a 5222 1 0
		host-record=a.lit,10.9.0.3,fd09::77
	EOF
	reaches 'a.lit:5222 (10.9.0.3)' 'IPv6 has no such host'
	domain <<-EOF
		srv xmpp a 5222 1 0
		host-record=a.lit,10.9.66.1,fd09::3
	EOF
	reaches 'a.lit:5222 (fd09::3)' 'IPv4 swallows'
	domain <<-EOF
		srv xmpp a 5222 1 0
		host-record=a.lit,fd09::3
	EOF
	reaches 'a.lit:5222 (fd09::3)' 'there is no IPv4'
	# The client has none.
	domain <<<'srv xmpp south 5222 1 0'
	at verona ip -6 addr flush dev eth0
	at verona ip -6 route flush dev eth0
	reaches 'south.lit:5222 (10.9.0.3)' 'the client has no IPv6'
	at verona ip addr add fd09::9/64 dev eth0 nodad
	at verona ip route add default via fd09::1
}

# resolvers ADDRESS...: the name servers of verona.
resolvers() {
	printf 'nameserver %s\n' "$@" >"$lan/verona/resolv.conf"
}

@test "name servers that are slow, broken or lie, and long answers" {
	local n
	on_lan
	domain <<<'srv xmpp south 5222 1 0'
	resolvers 10.9.66.53 10.9.0.1
	reaches south.lit 'the first name server swallows'
	resolvers 10.9.0.2 10.9.0.1
	reaches south.lit 'there is no first name server'
	echo 'lit SERVFAIL' >servfail
	: >dns.log
	background+=("$(at verona "$tests/stub/dns.py" servfail dns.log)")
	resolvers 127.0.0.1 10.9.0.1
	reaches south.lit 'the first name server fails'
	grep -q montague.lit dns.log
	resolvers 10.9.0.1
	# Too long for UDP: over TCP.
	domain < <(for ((n = 1; n <= 60; n++)); do
		echo "srv xmpp a-name-that-is-rather-long-for-a-host-$n $n $n 0"
		echo "host-record=a-name-that-is-rather-long-for-a-host-$n.lit,10.9.0.2"
	done; echo 'srv xmpp south 5222 61 0')
	reaches south.lit 'an answer of 61 records'
	# It leads to somebody else, who is told nothing.
	domain <<<'srv xmpp liar 5222 1 0'
	expect_exit 76 send
	grep -q '^xsend: liar.lit:5222 (.*signed by an unknown authority' err
	domain <<<'host-record=montague.lit,10.9.0.5,fd09::5'
	expect_exit 76 send
	grep -q '^xsend: montague.lit:5222 (.*signed by an unknown authority' err
	grep -q 'c2s_unauthed.*starttls' "$lan/liar-server/log"
	[ "$(grep -c '<auth' "$lan/liar-server/log")" = 0 ]
	# As it would be seen.
	domain <<<'srv xmpp north 5222 1 0'
	reaches north.lit 'the right one'
	grep -q '<auth' "$lan/north-server/log"
}

@test "a server is killed under xsend -l --retry, and the other one is another kind" {
	local begin
	on_lan
	domain <<-EOF
		srv xmpp north 5222 1 0
		srv xmpp south 5222 2 0
	EOF
	COUPLET_PASSWORD=rosaline feed tool xsend -v -C /dev/null -l --retry 300 \
		-u romeo@montague.lit --ca-file "$lan/north-server/tls/ca.pem" \
		romeo@montague.lit 2>err
	echo one >&8
	wait_for_line err 'online as .* at north.lit'
	"$tests/servers/kill" "$lan/north-server/"
	begin=$EPOCHREALTIME
	echo two >&8
	wait_for_line err 'online as .* at south.lit' 120
	tell "online at the other server after $(seconds_since "$begin") s"
	exec 8>&-
	ends 0
}
