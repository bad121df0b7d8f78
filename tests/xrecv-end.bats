#!/usr/bin/env bats
# xrecv: its end, with messages that came and that nobody has read.

bats_require_minimum_version 1.5.0
load lib
load xsend
load xrecv

@test "-c: what comes while the reader takes its time is kept by Prosody, in order" {
	fresh prosody
	unread -c 3 -v
	wait_for_line err 'online as'
	send 10
	waits_for_reader
	send 5 11
	head -n 3 <&5 >taken
	ends 0
	same taken "$(numbers 1 3)" "$(bodies_in taken)"
	the_rest "$(numbers 4 15)"
}

@test "-c: on ejabberd what comes behind the last is kept once we are gone" {
	fresh ejabberd
	unread -c 3 --trace trace
	wait_for_line trace '< .*<presence '
	send 3
	# The reader has none of them yet, but they are here.
	wait_for_line trace '> .*<presence type="unavailable"/>'
	send 5 4
	head -n 3 <&5 >taken
	ends 0
	same taken "$(numbers 1 3)" "$(bodies_in taken)"
	says
	the_rest "$(numbers 4 8)"
}

@test "-c: the run says how many came behind the last and may be lost" {
	stub deliver=10
	expect_exit 0 tool xrecv -o text -c 3
	same stdout 3 "$(wc -l <out)"
	says 'xrecv: 7 more came and were not read: the server may not keep them'
	stub deliver=10 no-sm
	expect_exit 0 tool xrecv -o text -c 9
	says 'xrecv: 1 more came and was not read: lost, the server has no stream management'
	stub deliver=3 after-deliver=end
	expect_exit 0 tool xrecv --no-reconnect -o text -c 3
	says
}

@test "-c: what is stored while the first is read is not forgotten (ejabberd)" {
	fresh ejabberd
	send 1
	unread -c 3
	# It has the list of what waits, and announces nothing before the end
	# of that.
	waits_for_reader
	send 2 2
	head -n 3 <&5 >taken
	ends 0
	same taken "$(numbers 1 3)" "$(bodies_in taken)"
	says
	the_rest
}

@test "TERM and -W with a reader that does not read: kept by Prosody" {
	fresh prosody
	send 10
	unread
	waits_for_reader
	kill -TERM "$pid"
	ends 143
	same stderr '' "$(cat err)"
	unread -W 4
	ends 0
	same stderr '' "$(cat err)"
	unread -W 4 -c 12
	ends 124
	same stderr 'xrecv: timed out (-W) after 0 of 12 records' "$(cat err)"
	the_rest "$(numbers 1 10)"
}

@test "the same on ejabberd: the run says how many" {
	fresh ejabberd
	send 10
	unread
	waits_for_reader
	kill -TERM "$pid"
	ends 143
	says 'xrecv: 10 more came and were not read: the server may not keep them'
	send 7
	unread -W 4
	ends 0
	says 'xrecv: 7 more came and were not read: the server may not keep them'
	# One by one: the unread one was not taken out of the storage.
	send 3
	unread -c 5 -W 4
	ends 124
	says 'xrecv: timed out (-W) after 0 of 5 records'
	the_rest m1 m2 m3
}

@test "at the end a slow reader has a second to take what was written" {
	for server in "${servers[@]}"; do
		fresh "$server"
		send 3
		unread
		waits_for_reader
		kill -TERM "$pid"
		mapfile -n 3 -u 5 lines # at once, by the shell itself
		printf %s "${lines[@]}" >taken
		ends 143
		same taken "$(numbers 1 3)" "$(bodies_in taken)"
		says
		the_rest
	done
}

@test "--idle waits for a reader that has something to read" {
	for server in "${servers[@]}"; do
		fresh "$server"
		send 1
		unread --idle 2
		waits_for_reader
		# Longer than that, and than it waits for a reader at the end.
		sleep 3.5
		kill -0 "$pid"
		head -n 1 <&5 >taken
		ends 0
		says
		the_rest
	done
}

@test "beside another session of the account Prosody keeps nothing: the run says so" {
	fresh prosody
	send 4
	# It draws nothing, and sees its own presence.
	spawn tool xrecv -a juliet --priority=-1 --kind presence >other
	wait_for_line other presence
	expect_exit 0 receive -c 1
	says 'xrecv: 3 more came and were not read: the server may not keep them'
}

@test "what came before the connection was lost is written, the slow reader's too" {
	stub deliver=3000 body-bytes=200 after-deliver=reset
	rm -f pipe
	mkfifo pipe
	exec 5<>pipe
	spawn tool xrecv --no-reconnect -o text >pipe 2>err 5>&-
	waits_for_reader
	cut -f 2 <pipe >taken 5>&- &
	reader=$!
	exec 5>&-
	ends 75
	wait "$reader"
	# All that arrived before the reset: no gap, no half line.
	got=$(wc -l <taken)
	[ "$got" -gt 300 ]
	same order "$(seq "$got")" "$(sed 's/^[^0-9]*\([0-9]*\).*/\1/' taken)"
}

@test "-c N | head -n N: both are content" {
	for server in "${servers[@]}"; do
		fresh "$server"
		for ((i = 0; i < 5; i++)); do
			send 2
			receive -c 2 | head -n 2 >taken
			same statuses '0 0' "${PIPESTATUS[*]}"
		done
	done
}

@test "a reader that goes: what it has read does not come again (Prosody)" {
	fresh prosody
	send 2
	{ receive 2>err || echo $? >status; } | {
		read -r line
		echo "$line" >taken
	}
	same status 141 "$(<status)"
	same taken m1 "$(bodies_in taken)"
	the_rest m2
}
