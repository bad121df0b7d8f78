#!/usr/bin/env bats
# xrecv: what becomes of messages that come and that a run does not print. What
# a server does with them is told in couplet(7).

bats_require_minimum_version 1.5.0
load lib
load xsend
load xrecv

# one_by_one N: N runs of xrecv -c 1.
one_by_one() {
	local n
	for ((n = 0; n < $1; n++)); do
		receive -W 200 -c 1 >>all 2>>said || return
	done
}

# Its storage takes longer the more there is in it: each run has it stored anew.
@test "40 messages that waited, read by 40 runs of -c 1: each once, in order (Prosody)" {
	fresh prosody
	local n
	n=$(many 40)
	send "$n"
	one_by_one "$n"
	same messages "$(numbers 1 "$n")" "$(bodies_in all)"
	same stderr '' "$(cat said)"
}

@test "100 messages that waited, read by 100 runs of -c 1: each once, in order (ejabberd)" {
	fresh ejabberd
	local n
	n=$(many 100)
	send "$n"
	one_by_one "$n"
	same messages "$(numbers 1 "$n")" "$(bodies_in all)"
	same stderr '' "$(cat said)"
}

@test "the same where there is an archive" {
	for server in "${servers[@]}"; do
		once "$server" mam=yes
		accounts
		rm -f all
		send 5
		one_by_one 5
		same messages "$(numbers 1 5)" "$(bodies_in all)"
	done
}

@test "without stream management Prosody sends all, and the run says how many are lost" {
	once prosody sm=no
	accounts
	send 200
	expect_exit 0 receive -c 1
	same stdout m1 "$(bodies_in out)"
	says 'xrecv: 199 more came and were not read: lost, the server has no stream management'
	the_rest
}

@test "without stream management ejabberd keeps what waits" {
	once ejabberd sm=no
	accounts
	send 5
	expect_exit 0 receive -c 2
	same stdout "$(numbers 1 2)" "$(bodies_in out)"
	says
	the_rest m3 m4 m5
}

@test "Prosody keeps 500 of what is not read: the run says how many it loses" {
	on prosody
	accounts
	send 520
	expect_exit 0 receive -c 1
	# Where the end of the stream does not come in time there may be others.
	sed -i 's/xrecv: at least /xrecv: /' err
	says 'xrecv: 519 more came and were not read: the server may lose the first 19 of them'
	receive -c 500 >rest
	same 'the rest' "$(numbers 21 520)" "$(bodies_in rest)"
}

@test "a filter with -c leaves unwanted ones on ejabberd where they are" {
	fresh ejabberd
	new_account nurse
	send 2
	tool xsend -a nurse -m 'from the nurse' "$juliet"
	send 1 3
	expect_exit 0 receive -c 1 --from "$nurse"
	same stdout 'from the nurse' "$(bodies_in out)"
	says
	the_rest m1 m2 m3
}
