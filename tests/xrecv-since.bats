#!/usr/bin/env bats
# xrecv --since: the archive first, then what comes live: no gap, no double.

bats_require_minimum_version 1.5.0
load lib
load xsend
load xrecv
load xrecv-since

# --- the options ---------------------------------------------------------

@test "--since: what is neither a time nor a duration nor last is 64" {
	fresh prosody
	for bad in '' yesterday 7 2026-02-30 10:00 5w last: last:a/b lasting; do
		expect_exit 64 tool xrecv --since "$bad"
		grep -q '^xrecv: --since: ' err
	done
}

@test "a server without an archive is 69, and nothing is drawn from it" {
	for server in "${servers[@]}"; do
		fresh "$server"
		send 1
		expect_exit 69 receive --since 1h
		prints ''
		says 'xrecv: --since: the server has no archive (XEP-0313)'
		the_rest m1
	done
}

@test "a state folder that cannot be written is 74, before anything is drawn" {
	fresh prosody
	touch blocked
	XDG_STATE_HOME=$HOME/blocked/state expect_exit 74 receive --since last
	grep -q '^xrecv: .*Not a directory$' err
	mkdir -p "$XDG_STATE_HOME/couplet"
	echo junk >"$(cursor)"
	expect_exit 74 receive --since last
	says "xrecv: $(cursor): not a cursor; remove it to begin anew"
}

# --- times ---------------------------------------------------------------

@test "[v] --since DURATION: from the archive, in pages, with delay and stanza-id, once" {
	for server in "${servers[@]}"; do
		archived "$server"
		send 250
		tool xsend -a juliet -m 'to romeo' "$romeo"
		# Offline storage has them too.
		expect_exit 0 receive --since 1h --idle 3
		numbers 1 250 | cmp - <(bodies_in out)
		# They are there again, also without presence.
		expect_exit 0 tool xrecv -a juliet --since 1h -c 1 --no-presence
		grep -q "<stanza-id xmlns=\"urn:xmpp:sid:0\" by=\"$juliet\" id=\"[^\"]" out
		grep -q '<delay xmlns="urn:xmpp:delay"[^>]* stamp="20' out
		same 'stanza-ids' 1 "$(grep -o '<stanza-id ' out | wc -l)"
		# What the account sent is among them with --own alone.
		expect_exit 0 receive --since 1h --idle 2 --own --no-presence
		same last 'to romeo' "$(bodies_in out | tail -n 1)"
	done
}

@test "--since TIME: nothing older, though a server gives it" {
	for server in "${servers[@]}"; do
		archived "$server"
		send 1
		receive --idle 1 >/dev/null
		expect_exit 0 receive --since 2038-01-01 --idle 1
		prints ''
		expect_exit 0 receive --since 2001-01-01T10:00Z --idle 1
		has m1
	done
}

# --- last ----------------------------------------------------------------

@test "--since last: begins now, goes on where the last run ended" {
	for server in "${servers[@]}"; do
		archived "$server"
		rm -rf "$XDG_STATE_HOME"
		tool xsend -m 'read by another' "$juliet"
		receive --idle 1 >/dev/null
		expect_exit 0 receive --since last --idle 1
		prints ''
		send 3
		expect_exit 0 receive --since last -c 1
		has m1
		expect_exit 0 receive --since last -c 1
		has m2
		says
		# Drawn by somebody else, who leaves nothing in offline storage.
		send 1 4
		receive --idle 1 >/dev/null
		expect_exit 0 receive --since last --idle 1
		has m3 m4
		expect_exit 0 receive --since last --idle 1
		prints ''
		same mode 600 "$(stat -c %a "$(cursor)")"
	done
}

@test "--since last: the first run prints what waits offline" {
	for server in "${servers[@]}"; do
		archived "$server"
		rm -rf "$XDG_STATE_HOME"
		send 2
		expect_exit 0 receive --since last --idle 2
		has m1 m2
		expect_exit 0 receive --since last --idle 1
		prints ''
	done
}

@test "what was read without presence does not come again from offline storage" {
	for server in "${servers[@]}"; do
		archived "$server"
		rm -rf "$XDG_STATE_HOME"
		expect_exit 0 receive --since last --idle 1
		send 2
		expect_exit 0 receive --since last --idle 1 --no-presence
		has m1 m2
		expect_exit 0 receive --since last --idle 2
		prints ''
	done
}

@test "the cursor moves past what the filters drop; readers have one each" {
	archived prosody
	expect_exit 0 receive --since last --idle 1
	expect_exit 0 receive --since last:other --idle 1
	send 3
	expect_exit 0 receive --since last --idle 1 --from nobody@montague.lit
	prints ''
	expect_exit 0 receive --since last --idle 1
	prints ''
	expect_exit 0 receive --since last:other --idle 1
	has m1 m2 m3
}

@test "two processes with one cursor: the second is 75" {
	archived prosody
	up
	expect_exit 75 receive --since last
	says "xrecv: $(cursor): another process has it"
}
