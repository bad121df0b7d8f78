#!/usr/bin/env bats
# Two nodes of ejabberd are one cluster, on a host each, and one of them is
# killed while our tools use it. montague.lit has its service on north first,
# capulet.lit on south.

bats_require_minimum_version 1.5.0
load lib
load xsend
load xrecv
load netns

setup_file() {
	lan || return 0
	host north 3
	host south 4
	zone <<-EOF
		host-record=north.lit,10.9.0.3,fd09::3
		host-record=south.lit,10.9.0.4,fd09::4
		srv-host=_xmpps-client._tcp.montague.lit,north.lit,5223,1,0
		srv-host=_xmpps-client._tcp.montague.lit,south.lit,5223,2,0
		srv-host=_xmpps-client._tcp.capulet.lit,south.lit,5223,1,0
		srv-host=_xmpps-client._tcp.capulet.lit,north.lit,5223,2,0
	EOF
	real north ejabberd at=10.9.0.3 cluster=yes mam=yes
	real south ejabberd at=10.9.0.4 cluster=yes mam=yes \
		"ca=$(readlink "$lan/north-server")/tls"
	api north join_cluster_here '{"node": "ejabberd@10.9.0.4"}'
	together
}

# api HOST COMMAND [JSON]: of that node's HTTP interface; prints the answer.
api() {
	local port
	# shellcheck source=/dev/null
	port=$(. "$lan/$1-server/env" && echo "$XMPP_HTTP_PORT")
	at "$1" python3 -c '
import sys, urllib.request
request = urllib.request.Request(
    f"http://127.0.0.1:{sys.argv[1]}/api/{sys.argv[2]}", sys.argv[3].encode(),
    {"Content-Type": "application/json"})
print(urllib.request.urlopen(request, timeout=60).read().decode())' \
		"$port" "$2" "${3:-{\}}"
}

# together: both nodes are up, and know each other.
together() {
	local end=$((SECONDS + 120)) name
	for name in north south; do
		until [[ $(api "$name" list_cluster 2>&1) = *10.9.0.3*10.9.0.4* ||
			$(api "$name" list_cluster 2>&1) = *10.9.0.4*10.9.0.3* ]] &&
			[[ $(api "$name" status 2>&1) = *'is running'* ]]; do
			[ "$SECONDS" -lt "$end" ]
			nap 0.2
		done
	done
}

# lovers: fresh accounts, and north is up. Romeo and Juliet see each other.
lovers() {
	on_lan
	account_on south romeo romeo@montague.lit
	account_on south juliet juliet@capulet.lit
	at south "$tests/servers/subscribe" \
		"$(readlink "$lan/south-server")" "$romeo" "$juliet"
}

# numbered N: m1 ... mN, with pauses, so that a crash falls into it.
numbered() {
	local n
	for ((n = 1; n <= $1; n++)); do
		echo "m$n"
		((n % 5)) || sleep 0.01
	done
}

# crash: north's node is killed, as by a power failure. Sets begin.
crash() {
	"$tests/servers/kill" "$lan/north-server/" &
	begin=$EPOCHREALTIME
	wait $!
}

# back: north's node is started again, and takes part.
back() {
	begin=$EPOCHREALTIME
	at north "$tests/servers/restart" "$lan/north-server/"
	together
	tell "north is back in the cluster after $(seconds_since "$begin") s"
}

@test "xsend -l --retry: its node is killed, and nothing is lost" {
	lovers
	spawn tool xrecv -a juliet -v -o text >got 2>juliet.log
	wait_for_line juliet.log 'online as .* at south.lit'
	numbered 400 | tool xsend -v -l --retry 120 "$juliet" 2>err &
	background+=($!) sender=$!
	wait_for_line got m100
	grep -q 'online as .* at north.lit' err
	crash
	wait_for_line err 'online as .* at south.lit' 120
	tell "xsend is online at the other node after $(seconds_since "$begin") s"
	pid=$sender
	ends 0
	wait_for_line got m400
	tell "$(($(wc -l <got) - 400)) of 400 messages came twice"
	same 'what came' "$(numbers 1 400)" "$(bodies_in got | awk '!seen[$0]++')"
	back
}

@test "xrecv --since last: its node is killed, and what the cluster has comes" {
	local lost
	lovers
	spawn tool xrecv -a romeo -v -o text --since last --receipts >got 2>log
	wait_for_line log 'online as .* at north.lit'
	wait_for_line log 'the archive is read'
	numbered 400 |
		tool xsend -a juliet -v -l --print-id --receipt 10 "$romeo" >ids 2>err &
	background+=($!) sender=$!
	wait_for_line got m100
	crash
	wait_for_line log 'online as .* at south.lit' 120
	tell "xrecv is online at the other node after $(seconds_since "$begin") s"
	wait "$sender" || true
	grep -q 'online as .* at south.lit' err
	same 'ids' 400 "$(wc -l <ids)"
	# All that the archive has was printed, in order; what the cluster stored
	# in the moment of the crash may come from there, too.
	tool xrecv -a romeo -o text --since 1h --idle 2 >all
	same 'what came' "$(bodies_in all)" "$(bodies_in got | awk '!seen[$0]++')"
	tell "$(($(wc -l <got) - $(wc -l <all))) messages came twice"
	# What was on its way to the node, and not yet written down, is not there;
	# who waits for receipts is told.
	numbers 1 400 | grep -vxFf <(bodies_in got) >lost || true
	tell "$(wc -l <lost) of 400 messages died with the node of their reader"
	while read -r lost; do
		grep -q "stdin:${lost#m}: .*: no receipt in time" err
	done <lost
}
