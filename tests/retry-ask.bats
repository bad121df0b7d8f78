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
