#!/usr/bin/env bats
# --retry of xdisco and xping, which only ask.

bats_require_minimum_version 1.5.0
load lib
load xsend
load reconnect
load retry

# --- xdisco -----------------------------------------------------------------

@test "[v] xdisco --retry: what had no answer is asked again, the walk goes on" {
	stub close how=reset times=1
	expect_exit 0 tool xdisco --retry 60
	says
	same infos 2 "$(sent disco#info)"
	same items 1 "$(sent disco#items)"
	grep -qE '^montague.lit		identity	server	im' out
	stub close how=reset times=1
	expect_exit 75 tool xdisco
	same connections 1 "$(connections)"
	prints ''
}

@test "xdisco --retry: a broken connection, and the answers are whole" {
	for server in "${servers[@]}"; do
		fresh "$server"
		expect_exit 0 tool xdisco --tree
		sort out >whole
		# In the middle of the answers.
		proxied romeo cut-after=4300 cut=reset times=1
		expect_exit 0 tool xdisco -v --retry 60 --tree
		grep -q 'next attempt in' err
		sort out >got
		cmp whole got
	done
}

@test "xdisco --retry: when it ends" {
	: >records
	refuses xdisco
}

# --- xping ------------------------------------------------------------------

# total FIELD: of the statistics of montague.lit in out: 3 sent, 4 answered.
total() {
	grep -P '^montague.lit\ttotal' out | cut -f "$1"
}

@test "xping --retry: a ping whose connection is lost is lost, the count goes on" {
	stub close how=reset times=1
	expect_exit 0 tool xping --retry 60 -c 5 --interval 0
	says 'xping: montague.lit: ping 1: the connection was lost'
	same connections 2 "$(connections)"
	same sent 5 "$(total 3)"
	same answered 4 "$(total 4)"
	same pings 5 "$(sent urn:xmpp:ping)"
	same 'what was measured' '2 3 4 5' "$(grep -v total out | cut -f 2 |
		paste -sd ' ')"
	stub close how=reset times=1
	expect_exit 75 tool xping -c 5 --interval 0
	same connections 1 "$(connections)"
	same sent 1 "$(total 3)"
}

@test "xping --retry: without a connection the rounds go on, and are lost" {
	for server in "${servers[@]}"; do
		lasting "$server"
		spawn tool xping -v --retry 120 --interval 0.1 >out 2>err
		wait_for_line out '^montague.lit'
		"$tests/servers/kill" "$XMPP_DIR"
		wait_for_line err 'ping [0-9]+: not connected'
		"$tests/servers/restart" "$XMPP_DIR"
		logged_in 2
		seen=$(wc -l <out)
		until [ "$(wc -l <out)" -gt $((seen + 3)) ]; do
			kill -0 "$pid"
			nap 0.05
		done
		kill "$pid"
		ends 143
		[ "$(total 3)" -gt "$(total 4)" ]
		# No ping has the outage for its time.
		grep -v total out | awk -F '\t' '$3 > 5000 { exit 1 }'
	done
}

@test "xping --retry: -c is reached without a connection" {
	stub ok
	proxied romeo cut=reset
	spawn tool xping -v --retry 120 -c 20 --interval 0.1 >out 2>err
	wait_for_line out '^montague.lit'
	kill -STOP "$STUB_PID"
	break_off
	ends 0
	kill -CONT "$STUB_PID"
	same sent 20 "$(total 3)"
	[ "$(total 4)" -lt 20 ]
	grep -q 'ping 20: not connected' err
}

@test "xping --retry: when it ends" {
	: >records
	refuses xping -c 1
}
