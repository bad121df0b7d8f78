#!/usr/bin/env bats
# Where a login succeeded is tried first next time, without DNS.

load lib
load stub/lib
load net

# send [ARG...]: by the domain alone; state is kept.
send() {
	: >dns.log
	COUPLET_PASSWORD=${COUPLET_PASSWORD-rosaline} tool xsend -v \
		-C /dev/null -u romeo@montague.lit \
		--ca-file "$STUB_CERTS/ca.pem" \
		--connect-timeout 60 -m hi --bounce-wait 0 "$@" \
		juliet@capulet.lit
}

# learn PORT [KIND]: what the name server knows, and a first login there.
learn() {
	place=$XDG_STATE_HOME/couplet/place-montague.lit
	rm -f "$place"
	zone <<-EOF
		_xmpp${2:-}-client._tcp.montague.lit SRV 0 0 $1 a.montague.lit
		a.montague.lit A 127.0.0.1
	EOF
	expect_exit 0 send
	went "a.montague.lit:$1"
	[ -f "$place" ]
}

# now_at PORT: the domain moves.
now_at() {
	zone <<-EOF
		_xmpp-client._tcp.montague.lit SRV 0 0 $1 b.montague.lit
		b.montague.lit A 127.0.0.1
	EOF
}

# went HOST:PORT: that is where the login was.
went() {
	grep -q "^xsend: online as .* at $1 (127.0.0.1)\$" err && return
	echo "# no login at $1:"
	sed 's/^/# /' err
	return 1
}

# in_file LINE...: it has these lines.
in_file() {
	local line
	for line; do
		grep -qxF -- "$line" "$place" && continue
		echo "# no '$line' in:"
		sed 's/^/# /' "$place"
		return 1
	done
}

# quiet: nothing was asked.
quiet() {
	same 'questions' '' "$(cat dns.log)"
}

# loud: something was.
loud() {
	[ -s dns.log ]
}

@test "the second login asks nothing [v]" {
	own_net
	server good ok
	learn "$good_port"
	loud
	in_file 'couplet place 1' 'server ' 'tls auto' 'host a.montague.lit' \
		"port $good_port" 'kind starttls' 'address 127.0.0.1'
	same 'mode' 600 "$(stat -c %a "$place")"
	cp "$place" before
	expect_exit 0 send
	quiet
	went "a.montague.lit:$good_port"
	grep -q "^xsend: connecting to a.montague.lit:$good_port (127.0.0.1), as last time\$" err
	# Nothing was learnt, so nothing is written: its time is not put off.
	cmp before "$place"
	# Nor when DNS is gone.
	kill "$dns"
	expect_exit 0 send
}

@test "direct TLS stays direct TLS" {
	own_net
	server good tls=direct
	learn "$good_port" s
	in_file 'kind direct'
	expect_exit 0 send
	quiet
	went "a.montague.lit:$good_port"
}

@test "it holds for the settings by which it was found" {
	own_net
	server good ok
	learn "$good_port"
	expect_exit 0 send --tls starttls
	loud
	in_file 'tls starttls'
	expect_exit 0 send --tls starttls
	quiet
	expect_exit 0 send -H "a.montague.lit:$good_port"
	loud
	in_file "server a.montague.lit:$good_port"
	expect_exit 0 send -H "a.montague.lit:$good_port"
	quiet
	expect_exit 0 send
	loud
}

@test "what is no domain, or needs no DNS, is not remembered" {
	own_net
	server_at 5222 good ok
	expect_exit 0 send -H 127.0.0.1
	quiet
	expect_exit 0 send -H localhost
	quiet
	echo '127.0.0.1 montague.lit' >>hosts
	expect_exit 0 send
	[ ! -e "$XDG_STATE_HOME/couplet/place-montague.lit" ]
}

@test "a login that fails is not remembered" {
	own_net
	server good ok
	now_at "$good_port"
	COUPLET_PASSWORD=wrong expect_exit 77 send
	server bad cert=othername
	now_at "$bad_port"
	expect_exit 76 send
	[ ! -e "$XDG_STATE_HOME/couplet/place-montague.lit" ]
}

@test "a place that refuses" {
	own_net
	server old ok
	server new ok
	learn "$old_port"
	kill "$STUB_PID"
	# shellcheck source=/dev/null
	. "$HOME/server-old/stub.env"
	kill "$STUB_PID"
	server new ok
	now_at "$new_port"
	expect_exit 0 send
	loud
	went "b.montague.lit:$new_port"
	in_file 'host b.montague.lit' "port $new_port"
	expect_exit 0 send
	quiet
}

@test "a place that does not answer" {
	own_net
	server new ok
	hole
	learn "$new_port"
	sed -i 's/^port .*/port 9222/' "$place"
	now_at "$new_port"
	expect_exit 0 send
	loud
	went "b.montague.lit:$new_port"
	in_file "port $new_port"
}

@test "a place where another server is now" {
	local words
	own_net
	server new ok
	while read -r words; do
		# shellcheck disable=SC2086 # words
		server old $words
		learn "$new_port"
		sed -i "s/^port .*/port $old_port/" "$place"
		now_at "$new_port"
		expect_exit 0 send
		went "b.montague.lit:$new_port"
		grep -q "connected to a.montague.lit:$old_port " err
		absent ' auth ' "$old_log"
		in_file "port $new_port" 'host b.montague.lit'
		kill "$STUB_PID"
	done <<-EOF
		cert=othername
		cert=expired
		no-tls
		tls-junk
		close-in-tls
		close-after-tcp
		header=http
	EOF
}

@test "a place where a server is that says nothing" {
	own_net
	server new ok
	server old silent-tcp
	learn "$new_port"
	sed -i "s/^port .*/port $old_port/" "$place"
	now_at "$new_port"
	expect_exit 0 send --connect-timeout 20
	went "b.montague.lit:$new_port"
	in_file "port $new_port"
}

@test "a login that fails at the place forgets it" {
	own_net
	server good ok
	learn "$good_port"
	COUPLET_PASSWORD=wrong expect_exit 77 send
	quiet
	[ ! -e "$place" ]
	expect_exit 0 send
	loud
}

@test "a place that is over, damaged, or another's" {
	local good now
	own_net
	server good ok
	learn "$good_port"
	now=$(date +%s)
	cp "$place" good
	while read -r good; do
		cp good "$place"
		sed -i "$good" "$place"
		expect_exit 0 send
		loud
		went "a.montague.lit:$good_port"
		in_file "port $good_port"
	done <<-EOF
		s/^until .*/until $((now - 1))/
		s/^until .*/until $((now + 1000000))/
		s/^until .*/until soon/
		s/^address .*/address 127.0.0/
		s/^port .*/port 0/
		s/^host .*/host \x1b[31m/
		1d
		\$d
		s/.*//
		1s/1/2/
	EOF
	: >"$place"
	expect_exit 0 send
	loud
	head -c 100000 /dev/zero >"$place"
	expect_exit 0 send
	loud
	cp good "$place"
	chown nobody "$place"
	expect_exit 0 send
	loud
	rm "$place"
	ln -s "$PWD/good" "$place"
	expect_exit 0 send
	loud
	# It took the link's place.
	[ -f "$place" ] && [ ! -L "$place" ]
}

@test "no folder to remember it in" {
	own_net
	server good ok
	zone <<-EOF
		_xmpp-client._tcp.montague.lit SRV 0 0 $good_port a.montague.lit
		a.montague.lit A 127.0.0.1
	EOF
	XDG_STATE_HOME=/proc expect_exit 0 send
	loud
	: >file
	XDG_STATE_HOME=$PWD/file expect_exit 0 send
	loud
	mkdir -p "$XDG_STATE_HOME/couplet/place-montague.lit"
	expect_exit 0 send
	loud
	expect_exit 0 send
	loud
}

@test "not with a proxy, and not where the server sends us" {
	own_net
	server good ok
	server moved stream-error=see-other-host at=tls-features \
		"host=127.0.0.1:$good_port"
	learn "$good_port"
	sed -i "s/^port .*/port $moved_port/" "$place"
	cp "$place" before
	spawn nsenter -t "$net" -n -m -r "--wd=$PWD" -- \
		python3 "$tests/stub/socks.py" "$good_port" >port </dev/null
	port_in port
	expect_exit 0 send --proxy "socks5h://127.0.0.1:$port"
	cmp before "$place"
	# The place sends us on: that is a place to go to, and not to remember.
	expect_exit 0 send
	went "127.0.0.1:$good_port" || grep -q "online as .* at 127.0.0.1:$good_port\$" err
	[ ! -e "$place" ]
}

@test "several at once: the file is whole" {
	local n pids=()
	own_net
	server good ok
	learn "$good_port"
	rm "$place"
	for n in 1 2 3 4 5 6; do
		COUPLET_PASSWORD=rosaline spawn nsenter -t "$net" -n -m -r \
			"--wd=$PWD" -- "$BIN/xsend" -C /dev/null \
			-u romeo@montague.lit \
			--ca-file "$STUB_CERTS/ca.pem" \
			--connect-timeout 60 -m "$n" --bounce-wait 0 \
			juliet@capulet.lit
		pids+=("$pid")
	done
	for pid in "${pids[@]}"; do
		wait "$pid"
	done
	same 'lines' 8 "$(wc -l <"$place")"
	same 'files' "$place" "$(find "$XDG_STATE_HOME" -name '*place*')"
	expect_exit 0 send
	quiet
}

# known_at PORT: what was learnt of the good one is taken for the one there,
# which comes first by its priority.
known_at() {
	rm -f "$place" "$XDG_STATE_HOME"/couplet/token-*
	sed -i "s/^place .*/place a.montague.lit:$1\/starttls/; $2" \
		"$XDG_STATE_HOME/couplet/known-romeo@montague.lit"
	zone <<-EOT
		_xmpp-client._tcp.montague.lit SRV 0 0 $1 a.montague.lit
		_xmpp-client._tcp.montague.lit SRV 1 0 $good_port b.montague.lit
		a.montague.lit A 127.0.0.1
		b.montague.lit A 127.0.0.1
	EOT
}

@test "one that is taken at its word and says nothing: the next one, unless it got a stanza" {
	own_net
	server good sasl2=only inline-sm=yes cb=tls-exporter
	learn "$good_port"
	# The login alone was sent.
	server bad sasl2=only close at=handshake
	known_at "$bad_port" '/^early/d'
	expect_exit 0 send
	went "b.montague.lit:$good_port"
	# With a message behind it nobody knows.
	server worse sasl2=only inline-sm=yes fast=yes cb=tls-exporter
	learn "$worse_port"
	server bad2 sasl2=only close at=handshake
	token=$(ls "$XDG_STATE_HOME"/couplet/token-*@montague.lit)
	cp "$token" kept
	known_at "$bad2_port" ''
	cp kept "$token"
	expect_exit 75 send
	grep -q 'unknown outcome: 1 of 1 message is' err
	# The next run asks first, and goes on to the next one.
	cp kept "$token"
	expect_exit 0 send
	went "b.montague.lit:$good_port"
}
