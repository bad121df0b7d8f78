#!/usr/bin/env bats
# Two servers on a host each: romeo@montague.lit is on a Prosody,
# juliet@capulet.lit on an ejabberd, and whatever one can do with the other goes
# through both.

bats_require_minimum_version 1.5.0
load lib
load xsend
load xrecv
load netns

setup_file() {
	lan || return 0
	host montague 2
	host capulet 3
	# Nobody serves verona.lit.
	{
		srv montague capulet
		echo host-record=verona.lit,10.9.0.9
	} | zone
	real montague prosody at=10.9.0.2 hosts=montague.lit
	real capulet ejabberd at=10.9.0.3 hosts=capulet.lit \
		"ca=$(readlink "$lan/montague-server")/tls"
}

# lovers: fresh accounts on the network.
lovers() {
	on_lan
	account romeo romeo@montague.lit
	account juliet juliet@capulet.lit
}

# both_ways FUNCTION: once with from and to as romeo and juliet, once the other
# way round; there is their domain.
both_ways() {
	local from=romeo to=juliet jid=$juliet there=capulet.lit
	echo '# from romeo'
	"$@"
	from=juliet to=romeo jid=$romeo there=montague.lit
	echo '# from juliet'
	"$@"
}

# away: the last one spawned ends.
away() {
	kill "$pid"
	wait "$pid" || true
}

lines() {
	numbers 1 50 | expect_exit 0 tool xsend -a "$from" -l "$jid"
	is_silent
	expect_exit 0 tool xrecv -a "$to" -W 200 -c 50 -o text
	same 'what came' "$(numbers 1 50)" "$(bodies_in out)"
	same 'from whom' "${!from}" "$(cut -f 1 out | cut -d / -f 1 | uniq)"
	same stderr '' "$(cat err)"
}

@test "lines, to who is away: all of them, in order" {
	lovers
	both_ways lines
}

contact() {
	expect_exit 0 tool xpresence -a "$from" subscribe "$jid"
	is_silent
	expect_exit 0 tool xpresence -a "$to" pending
	prints "${!from}"$'\tsubscribe\t\t'
	expect_exit 0 tool xpresence -a "$to" approve "${!from}"
	is_silent
}

seen() {
	expect_exit 0 tool xroster -a "$from" --subscription both
	grep -q "^$jid	" out
	spawn tool xpresence -a "$to" set --hold away 'at the ball' 2>held
	expect_exit 0 tool xpresence -a "$from" --wait-for away -W 200 "$jid"
	grep -q "^$jid.*	away	-1	at the ball$" out
	away
}

receipt() {
	rm -f log
	spawn tool xrecv -a "$to" -v -o text --receipts >taken 2>log
	wait_for_line log 'online as'
	expect_exit 0 tool xsend -a "$from" --receipt 60 -m hi "$jid"
	is_silent
	same 'what came' hi "$(bodies_in taken)"
	away
}

@test "contacts, their presence, receipts" {
	lovers
	both_ways contact
	both_ways seen
	both_ways receipt
}

asked() {
	expect_exit 0 tool xping -a "$from" -c 2 --interval 0.05 "$there"
	same pings '1 2 total' "$(cut -f 2 out | xargs)"
	expect_exit 0 tool xdisco -a "$from" --depth 2 \
		--find http://jabber.org/protocol/muc "$there"
	prints "rooms.$there"
	echo '<query xmlns="jabber:iq:version"/>' |
		expect_exit 0 tool xiq -a "$from" --payload "$there"
	grep -q '<name>\(ejabberd\|Prosody\)</name>' out
	echo '<query xmlns="http://jabber.org/protocol/disco#info"/>' |
		expect_exit 1 tool xiq -a "$from" "$jid/nobody"
	says "xiq: record 1: $jid/nobody: service-unavailable$(
		[ "$from" != romeo ] || echo ' (User session not found)')"
}

@test "xping, xdisco, xiq" {
	lovers
	both_ways asked
}

# said: what is on stderr, without ids, without what a server says in its own
# words, and whichever condition it finds for a server that it cannot reach.
said() {
	sed -E -e 's/message [A-Za-z0-9_-]{22}:/message ID:/' -e 's/ \(.*\)$//' \
		-e 's/remote-server-(not-found|timeout)/out of reach/' err
}

bounces() {
	expect_exit 1 tool xsend -a "$from" --bounce-wait 60 -m hi "nobody@$there"
	says "xsend: nobody@$there: message ID: service-unavailable"
	# No such domain, and one where nobody listens.
	expect_exit 2 tool xsend -a "$from" --bounce-wait 60 -m hi "$jid" \
		"nobody@$there" a@nosuch.lit a@verona.lit
	same stderr "$(
		echo "xsend: a@nosuch.lit: message ID: out of reach"
		echo "xsend: a@verona.lit: message ID: out of reach"
		echo "xsend: nobody@$there: message ID: service-unavailable"
	)" "$(said | sort)"
}

@test "what the other server sends back, and what cannot reach one" {
	lovers
	both_ways bounces
}

# in_room ACCOUNT FILE: in the room until six messages were said. Sets pid.
in_room() {
	rm -f log
	spawn tool xrecv -a "$1" -R "$room" -v --own -c 6 -W 120 \
		-F '%n %b' >"$2" 2>log
	wait_for_line log "$room: joined"
}

room() {
	local room=room-$from-${EPOCHREALTIME//[!0-9]/}@rooms.$there owner
	expect_exit 0 tool xmuc -a "$to" create "$room" --set 'roomname=The Hall'
	in_room "$to" near
	owner=$pid
	in_room "$from" far
	numbers 1 3 | expect_exit 0 tool xsend -a "$from" -l -R "$room"
	is_silent
	numbers 4 6 | expect_exit 0 tool xsend -a "$to" -l -R "$room"
	is_silent
	wait "$pid" "$owner"
	same 'what was said' "$(
		numbers 1 3 | sed "s/^/$from /"
		numbers 4 6 | sed "s/^/$to /"
	)" "$(sed 's/-[^ ]* / /' far)"
	cmp far near
	expect_exit 0 tool xmuc -a "$from" info "$room"
	grep -qx "$room	name	The Hall" out
	# The other server's user does not own it.
	expect_exit 1 tool xmuc -a "$from" destroy "$room"
	expect_exit 0 tool xmuc -a "$to" destroy "$room"
	expect_exit 1 tool xmuc -a "$from" info "$room"
	grep -qE "^xmuc: $room: the room (does not exist|is no more): " err
}

@test "rooms of the other server" {
	lovers
	both_ways room
}

# down: to's server is stopped, and comes back.
down() {
	local begin end=$((SECONDS + 300))
	"$tests/servers/stop" "$lan/${there%.lit}-server/"
	expect_exit 1 tool xsend -a "$from" --bounce-wait 60 -m hi "$jid"
	same stderr "xsend: $jid: message ID: out of reach" "$(said)"
	expect_exit 1 tool xping -a "$from" -c 1 "$there"
	same stderr "xping: $there: ping 1: out of reach" "$(said)"
	echo '<query xmlns="jabber:iq:version"/>' |
		expect_exit 1 tool xiq -a "$from" "$there"
	same stderr "xiq: record 1: $there: out of reach" "$(said)"
	# Who is at home there cannot log in.
	expect_exit 75 tool xsend -a "$to" -m hi "${!from}"
	grep -qx "xsend: $there:522[23] ([^ ]*): Connection refused (the last of 4 addresses tried)" err
	at "${there%.lit}" "$tests/servers/restart" "$lan/${there%.lit}-server/"
	begin=$EPOCHREALTIME
	until tool xsend -a "$from" --bounce-wait 60 -m hi "$jid" 2>err; do
		same stderr "xsend: $jid: message ID: out of reach" "$(said)"
		[ "$SECONDS" -lt "$end" ]
		nap 0.5
	done
	tell "$there is back: $(seconds_since "$begin") s until a message gets there"
}

@test "the other server is down, and comes back" {
	lovers
	both_ways down
}
