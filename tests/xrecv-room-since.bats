#!/usr/bin/env bats
# xrecv -R --since: the archives of rooms.

bats_require_minimum_version 1.5.0
load lib
load xsend
load xrecv
load xrecv-room

# archived SERVER: one whose rooms have archives, and new accounts there.
archived() {
	once "$1" mam=yes
	players
}

# finishes: xrecv in the background ends by our signal.
finishes() {
	kill "$pid"
	ends 143
}

@test "[v] last: what was said between two runs, once, and what comes then" {
	for server in "${servers[@]}"; do
		archived "$server"
		new_room
		nurse_says before
		attends juliet -R "$room" --since last
		wait_for_line juliet.log 'the archive is read'
		nurse_says first
		wait_for_line juliet.got first
		finishes
		cp juliet.got all.got
		for n in 1 2 3; do nurse_says "between$n"; done
		# In the archive by then.
		attends romeo -R "$room" --history 1
		wait_for_line romeo.got between3
		attends juliet -R "$room" --since last
		nurse_says live
		wait_for_line juliet.got live
		finishes
		same bodies 'first between1 between2 between3 live' \
			"$(bodies_in all.got | cat - <(bodies_in juliet.got) | paste -sd ' ')"
		[ -s "$XDG_STATE_HOME/couplet/cursor-$juliet%20$room" ]
		expect_exit 0 tool xrecv -a juliet -R "$room" --since last --idle 1
		prints ''
	done
}

@test "a time: from the archive, with their time and its id" {
	for server in "${servers[@]}"; do
		archived "$server"
		new_room
		nurse_says one
		nurse_says two
		attends romeo -R "$room" --history 5
		wait_for_line romeo.got two
		expect_exit 0 tool xrecv -a juliet -R "$room" --since 1h -c 2
		same delays 2 "$(grep -c '<delay ' out)"
		same ids 2 "$(grep -c "<stanza-id [^>]*by=\"$room\"" out)"
		same types 2 "$(grep -c "^<message .*type=\"groupchat\"" out)"
		expect_exit 0 tool xrecv -a juliet -R "$room" --since 2999-01-01 --idle 1
		prints ''
	done
}

@test "each room and each reader has a cursor of its own" {
	for server in "${servers[@]}"; do
		archived "$server"
		new_room
		first=$room
		new_room
		expect_exit 0 tool xrecv -a juliet -R "$room" -R "$first" --since last --idle 1
		expect_exit 0 tool xrecv -a juliet -R "$room" --since last:log --idle 1
		nurse_says one "$first"
		nurse_says two
		expect_exit 0 tool xrecv -a juliet -o text -R "$first" --since last -c 1
		same first one "$(bodies_in out)"
		expect_exit 0 tool xrecv -a juliet -o text -R "$room" -R "$first" --since last -c 1
		same second two "$(bodies_in out)"
		expect_exit 0 tool xrecv -a juliet -o text -R "$room" --since last:log -c 1
		same log two "$(bodies_in out)"
		attends juliet -R "$room" --since last
		expect_exit 75 tool xrecv -a juliet -R "$room" --since last
		grep -q 'another process has it' err
		finishes
	done
}

@test "across a reconnect nothing is missing and nothing double" {
	for server in "${servers[@]}"; do
		own "$server" mam=yes
		players
		new_room persistentroom=1
		attends juliet -R "$room" --since last
		wait_for_line juliet.log 'the archive is read'
		nurse_says one
		wait_for_line juliet.got one
		"$tests/servers/stop" "$XMPP_DIR"
		wait_for_line juliet.log 'reconnecting' 120
		kill -STOP "$pid"
		"$tests/servers/restart" "$XMPP_DIR"
		nurse_is_gone
		tool xsend -a nurse -R "$room" -m two
		tool xsend -a nurse -R "$room" -m three
		kill -CONT "$pid"
		wait_for_line juliet.got three 120
		tool xsend -a nurse -R "$room" -m four
		wait_for_line juliet.got four
		same bodies 'one two three four' "$(bodies_in juliet.got | paste -sd ' ')"
		finishes
	done
}

@test "the account's own archive is read only with its presence" {
	for server in "${servers[@]}"; do
		archived "$server"
		new_room
		tool xsend -a romeo -m direct "$juliet"
		nurse_says public
		attends romeo -R "$room" --history 5
		wait_for_line romeo.got public
		expect_exit 0 tool xrecv -a juliet -o text -R "$room" --since 1h --idle 1
		same room public "$(bodies_in out)"
		expect_exit 0 tool xrecv -a juliet -o text -R "$room" --since 1h -c 2 \
			--priority=-1
		same both 'direct public' "$(bodies_in out | sort | paste -sd ' ')"
	done
}

@test "a room without an archive is left, with 69" {
	for server in "${servers[@]}"; do
		cast "$server"
		new_room
		expect_exit 69 tool xrecv -a juliet -R "$room" --since last
		grep -q "^xrecv: $room: --since: the room has no archive (XEP-0313)" err
	done
	expect_exit 64 tool xrecv -R "$room" --since last --history 5 --subject
	grep -q '^xrecv: --history and --since exclude each other' err
}
