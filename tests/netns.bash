# shellcheck shell=bash
# A network of the file's own: hosts, each a network namespace, on one
# Ethernet with a name server (dnsmasq), and real servers on them. `load netns`,
# behind lib.
#
# setup_file makes it, with lan, host, real; teardown_file takes it down. What
# runs, the namespaces themselves too, is a folder with a pid file as
# servers/stop has it, so the runner ends it should all else fail. The host that
# our tools run on is verona.

lan=$BATS_FILE_TMPDIR/lan

# lan: fails where none can be made; on_lan knows the reason. The name server is
# at .1.
lan() {
	local why=
	PATH=$PATH:/usr/sbin:/sbin
	if [ "$(id -u)" != 0 ]; then
		why='a network namespace takes root'
	elif [ ! -e /etc/resolv.conf ]; then
		why='there is no /etc/resolv.conf'
	elif [ -z "$(type -P dnsmasq)" ]; then
		why='no dnsmasq here'
	elif ! unshare -n -m ip link add type veth 2>/dev/null ||
		! unshare -n ip link add type bridge 2>/dev/null; then
		why='no namespaces with Ethernet here'
	fi
	[ -z "$why" ] || { echo "$why" >"$lan.reason"; return 1; }
	mkdir "$lan" "$lan/bin"
	namespace dns
	at dns ip link add lan type bridge
	at dns ip link set lan up
	at dns ip addr add 10.9.0.1/24 dev lan
	at dns ip addr add fd09::1/64 dev lan nodad
	host verona 9
	# lib's tool and spawn, and what others make of them, run there.
	export COUPLET_WRAP=verona PATH=$PATH:$lan/bin
}

# on_lan: the first line of a test. bats has no skip for setup_file.
on_lan() {
	[ ! -e "$lan.reason" ] || skip "$(cat "$lan.reason")"
}

# keep NAME COMMAND...: runs in the background, in a folder of its own, until
# teardown_file or `end NAME`. Its output is $lan/NAME/out.
keep() {
	local dir stat
	dir=$(mktemp -d "$OWN_SERVERS/XXXXXX")
	ln -sfn "$dir" "$lan/$1"
	setsid "${@:2}" >"$dir/out" 2>&1 </dev/null 3>&- 8>&- &
	read -r stat <"/proc/$!/stat"
	# shellcheck disable=SC2086 # the fields behind the name
	echo "$! $(set -- ${stat##*) } && echo "${20}")" >"$dir/pid"
}

# end NAME
end() {
	"$tests/servers/stop" "$(readlink "$lan/$1")"
}

# namespace NAME: for networks and mounts, with name service from our server.
namespace() {
	local pid
	# shellcheck disable=SC2016 # for the inner shell
	keep "$1" unshare -n -m sh -c '
		cd "$2" && ip link set lo up &&
		echo "nameserver 10.9.0.1" >resolv.conf &&
		echo "127.0.0.1 localhost" >hosts &&
		mount --bind resolv.conf "$1" && mount --bind hosts /etc/hosts &&
		echo ready && exec sleep 1800' sh \
		"$(readlink -f /etc/resolv.conf)" "$lan/$1"
	wait_for_line "$lan/$1/out" '^ready$'
	pid=$(pid_of "$1")
	# A program, as COUPLET_WRAP is one; it becomes what it is to run.
	cat >"$lan/bin/$1" <<-EOF
		#!/bin/sh
		exec nsenter -t $pid -n -m -r "--wd=\$PWD" -- "\$@"
	EOF
	chmod +x "$lan/bin/$1"
}

# pid_of NAME
pid_of() {
	local number
	read -r number _ <"$lan/$1/pid"
	echo "$number"
}

# at HOST COMMAND... : there.
at() {
	"$lan/bin/$1" "${@:2}"
}

# host NAME N: at 10.9.0.N and fd09::N. `at dns ip link set NAME down` is its
# cable unplugged.
host() {
	namespace "$1"
	echo "$2" >"$lan/$1/number"
	ip link add "$1" netns "$(pid_of dns)" type veth \
		peer name eth0 netns "$(pid_of "$1")"
	at dns ip link set "$1" master lan up
	at "$1" ip addr add "10.9.0.$2/24" dev eth0
	at "$1" ip addr add "fd09::$2/64" dev eth0 nodad
	at "$1" ip link set eth0 up
}

# zone: stdin is what the name server knows from here on, as dnsmasq has it:
# host-record=NAME,ADDRESS... and srv-host=NAME,TARGET,PORT,PRIORITY,WEIGHT.
zone() {
	[ ! -e "$lan/dnsmasq" ] || end dnsmasq
	cat >"$lan/zone"
	keep dnsmasq nsenter -t "$(pid_of dns)" -n -m -r -- \
		"$(type -P dnsmasq)" --conf-file="$lan/zone" --keep-in-foreground \
		--user=root --pid-file= --no-resolv --no-hosts --local=/lit/ \
		--log-queries --log-facility=- "$@"
	wait_for_line "$lan/dnsmasq/out" 'started, version'
}

# srv NAME... : the records of a domain whose servers are these hosts, in
# order, as lines for zone: montague.lit for the host montague.
srv() {
	local name n
	for name; do
		n=$(cat "$lan/$name/number")
		printf '%s\n' "host-record=$name.lit,rooms.$name.lit,pubsub.$name.lit,10.9.0.$n,fd09::$n" \
			"srv-host=_xmpp-client._tcp.$name.lit,$name.lit,5222,5,0" \
			"srv-host=_xmpps-client._tcp.$name.lit,$name.lit,5223,1,0" \
			"srv-host=_xmpp-server._tcp.$name.lit,$name.lit,5269,0,0"
	done
}

# real HOST prosody|ejabberd [KEY=VALUE...]: a server on that host. Its folder
# is $lan/HOST-server.
real() {
	local dir
	dir=$(mktemp -d "$OWN_SERVERS/XXXXXX")
	ln -sfn "$dir" "$lan/$1-server"
	at "$1" "$tests/servers/start" "$2" "$dir" "${@:3}" 3>&-
}

teardown_file() {
	local link
	# The servers before the namespaces they are in.
	for link in "$lan"/*-server "$lan"/dnsmasq "$lan"/*; do
		[ ! -L "$link" ] ||
			"$tests/servers/stop" "$(readlink "$link")"
	done
}

# account NAME USER@DOMAIN [LINE...]: a fresh user of the server of that domain
# (montague.lit's is on montague), and its entry in the configuration, in which
# there is no server: the name service tells. Sets jid, and a variable NAME to
# the same.
account() {
	local domain=${2#*@}
	account_on "${domain%.lit}" "$@"
}

# account_on HOST NAME USER@DOMAIN [LINE...]: the same, by the server there.
account_on() {
	local user=${3%@*}-$BASHPID-${EPOCHREALTIME//[!0-9]/} dir
	dir=$(readlink "$lan/$1-server")
	# shellcheck source=/dev/null
	. "$dir/env"
	jid=$user@${3#*@}
	declare -g "$2=$jid"
	at "$1" "$tests/servers/adduser" "$dir" "$jid" "pw-$user"
	config_for "$2" "$jid" "pw-$user" "${@:4}"
	sed -i '/^    server: /d' "$COUPLET_CONFIG"
}

# seconds_since EPOCHREALTIME: with a digit, for a comment.
seconds_since() {
	local ms=$(((${EPOCHREALTIME//[!0-9]/} - ${1//[!0-9]/}) / 1000))
	printf '%d.%d' $((ms / 1000)) $((ms % 1000 / 100))
}

# tell TEXT: in the output of the tests, as a comment.
tell() {
	echo "# $*" >&3
}
