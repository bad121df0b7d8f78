# shellcheck shell=bash
# A network of a test's own, with a name server (stub/dns.py): `load net`,
# behind lib and stub/lib.

# As lib's, inside the namespace if there is one.
tool() {
	# shellcheck disable=SC2086 # a command line in words
	inside ${COUPLET_WRAP:-} "$BIN/$1" "${@:2}"
}

inside() {
	if [ -n "${net:-}" ]; then
		nsenter -t "$net" -n -m -r "--wd=$PWD" -- "$@"
	else
		"$@"
	fi
}

# A network of this test's own: nothing but loopback, and a name server.
own_net() {
	local resolv
	[ "$(id -u)" = 0 ] || skip 'a network namespace takes root'
	resolv=$(readlink -f /etc/resolv.conf)
	[ -e "$resolv" ] || skip 'there is no /etc/resolv.conf'
	unshare -n -m true 2>/dev/null || skip 'no namespaces here'
	echo 'nameserver 127.0.0.1' >resolv.conf
	echo '127.0.0.1 localhost' >hosts
	: >zone
	: >dns.log
	# shellcheck disable=SC2016 # for the inner shell
	unshare -n -m sh -c '
		ip link set lo up && mount --bind resolv.conf "$1" &&
		mount --bind hosts /etc/hosts && echo ready >net.ready &&
		exec sleep 300' sh "$resolv" 3>&- &
	net=$!
	background+=("$net")
	wait_for_line net.ready ready
	dns=$(inside "$tests/stub/dns.py" zone dns.log)
	background+=("$dns")
}

# zone: stdin is what the name server knows from here on.
zone() {
	cat >zone.new
	mv zone.new zone
	: >dns.log
}

# server NAME WORD... : a stub inside; its port and log are $NAME_port and
# $NAME_log.
server() {
	local dir=$HOME/server-$1
	inside "$tests/stub/stub.py" --background "$dir" \
		"certs=$STUB_CERTS" "${@:2}"
	# shellcheck source=/dev/null
	. "$dir/stub.env"
	background+=("$STUB_PID")
	declare -g "$1_port=$STUB_PORT" "$1_log=$STUB_LOG"
}

# server_at PORT NAME WORD... : there, by the kernel's choice.
server_at() {
	local range=/proc/sys/net/ipv4/ip_local_port_range old
	old=$(inside cat $range)
	inside sh -c "echo $1 $1 >$range"
	server "${@:2}"
	inside sh -c "echo $old >$range"
	[ "$STUB_PORT" = "$1" ]
}

# hole: a listener on port 9222 whose queue is full, which swallows the SYN.
hole() {
	spawn nsenter -t "$net" -n -m -r "--wd=$PWD" -- python3 -c '
import signal, socket
hole = socket.create_server(("127.0.0.1", 9222), backlog=0)
full = [socket.socket() for _ in range(3)]
for sock in full:
    sock.setblocking(False)
    sock.connect_ex(("127.0.0.1", 9222))
print("full", flush=True)
signal.pause()' >hole
	wait_for_line hole full
}

# asked TEXT: these questions, in any order, once each or more.
asked() {
	same 'questions' "$(tr ';' '\n' <<<"$1" | sort -u)" \
		"$(sort -u dns.log)"
}

# flights: what --timing said of them.
flights() {
	sed -nE 's/^x[a-z]+: timing: .* ([0-9]+) flights?(,.*)?$/\1/p' err
}
