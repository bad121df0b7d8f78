#!/usr/bin/env bats
# xrecv --spool: a file in front of a slow reader.

bats_require_minimum_version 1.5.0
load lib
load xsend
load xrecv

# acked: how many of its messages the stub knows to have arrived, at the end.
acked() {
	sed -nE 's/.* end .*delivered=([0-9]+) unacked=([0-9]+).*/\1 \2/p' \
		"$STUB_LOG" | while read -r all rest; do echo $((all - rest)); done
}

@test "[v] stdout gets all of it, in order, and the file is cut" {
	stub deliver=300
	expect_exit 0 tool xrecv -c 300 -F '%b' --spool spool
	same order "$(seq 300)" "$(sed 's/[^0-9]*\([0-9]*\).*/\1/' out)"
	says
	wait_for_line "$STUB_LOG" ' end stream .*unacked=0' 120
	same size 136 "$(stat -c %s spool)"
	same mode 600 "$(stat -c %a spool)"
}

@test "what the reader has not taken is acknowledged, and printed next time" {
	for server in "${servers[@]}"; do
		rm -f spool
		fresh "$server"
		send 20
		unread -v --spool spool
		waits_for_reader
		# All of it is on disk.
		wait_for_line spool 'm20$' 120
		kill -TERM "$pid"
		ends 143
		exec 5>&-
		same 'size of the file' yes "$([ "$(wc -c <spool)" -gt 136 ] && echo yes)"
		send 2 21
		expect_exit 0 receive -c 22 --spool spool
		same order "$(numbers 1 22)" "$(bodies_in out)"
		same size 136 "$(stat -c %s spool)"
		the_rest
	done
}

@test "the same when it is killed" {
	for server in "${servers[@]}"; do
		rm -f spool
		fresh "$server"
		send 20
		unread -v --spool spool
		waits_for_reader
		wait_for_line spool 'm20$' 120
		kill -KILL "$pid"
		wait "$pid" || true
		exec 5>&-
		expect_exit 0 receive -c 20 --spool spool
		same order "$(numbers 1 20)" "$(bodies_in out)"
	done
}

@test "a part that was taken is not printed again" {
	fresh prosody
	send 5
	expect_exit 0 receive -c 5 --spool spool
	send 5 6
	unread -v --spool spool
	waits_for_reader
	wait_for_line spool 'm10$' 120
	head -n 5 <&5 >taken
	same taken "$(numbers 6 10)" "$(bodies_in taken)"
	kill -TERM "$pid"
	ends 143
	exec 5>&-
	expect_exit 0 receive --idle 1 --spool spool
	prints ''
}

@test "-c: those from an earlier run count, and no more are taken than that" {
	fresh prosody
	send 5
	unread --spool spool
	waits_for_reader
	wait_for_line spool 'm5$' 120
	kill -TERM "$pid"
	ends 143
	exec 5>&-
	send 1 6
	expect_exit 0 receive -c 2 --spool spool
	same out "$(numbers 1 2)" "$(bodies_in out)"
	expect_exit 0 receive -c 4 --spool spool
	same out "$(numbers 3 6)" "$(bodies_in out)"
	the_rest
}

@test "a server that delivers without end is read on, however slow the reader" {
	stub deliver=6000 body-bytes=100
	unread -a romeo --spool spool
	wait_for_line spool '	[^	]*6000x*$' 120
	same 'in the file' 6000 "$(grep -ac '	' spool)"
	# All the same, but what is under way, is not in memory.
	[ -n "$COUPLET_WRAP" ] || [[ $BIN = *asan* ]] ||
		[ "$(hwm)" -lt 12288 ]
	cat <pipe >taken 5>&- &
	reader=$!
	exec 5>&-
	wait_for_line taken '6000' 120
	kill -TERM "$pid"
	ends 143
	wait "$reader"
	wait_for_line "$STUB_LOG" ' end .*unacked=0' 120
	same order "$(seq 6000)" "$(cut -f 2 taken | sed 's/^[^0-9]*\([0-9]*\).*/\1/')"
}

@test "a full disk: 74, and nothing is acknowledged that is not stored" {
	stub deliver=100 body-bytes=100
	# In units of 1024 bytes; SIGXFSZ ignored, it is an error like any other.
	(
		trap '' XFSZ
		ulimit -f 5
		expect_exit 74 tool xrecv -F '%b' --spool spool
	) || return
	grep -q '^xrecv: spool: File too large$' err
	wait_for_line "$STUB_LOG" ' end ' 120
	stored=$(grep -ac '^[0-9a-f]\{8\} [0-9a-f]\{8\} ' spool)
	[ "$stored" -gt 10 ] && [ "$stored" -lt 60 ]
	same acknowledged "$stored" "$(acked)"
	# The first of them were printed, and all of them are there.
	same printed "$(seq "$(wc -l <out)")" \
		"$(sed 's/^[^0-9]*\([0-9]*\).*/\1/' out)"
}

@test "a torn end is dropped, damage is not" {
	stub deliver=3
	rm -f pipe
	unread -a romeo --spool spool
	wait_for_line spool '	[^	]*3$' 120
	kill -KILL "$pid"
	wait "$pid" || true
	exec 5>&-
	cp spool whole
	printf '000000ff 12345678 torn' >>spool
	stub
	expect_exit 0 tool xrecv -c 3 --spool spool
	same stdout 3 "$(wc -l <out)"
	says
	# The second of them was synced with the first slot that tells of it.
	cp whole spool
	printf 'couplet-spool 2' | dd of=spool conv=notrunc status=none
	expect_exit 65 tool xrecv -c 3 --spool spool
	says 'xrecv: spool: this is no spool'
	is_same_file=$(cmp <(tail -c +17 whole) <(tail -c +17 spool) && echo yes)
	same 'left alone' yes "$is_same_file"
}

@test "usage, and files that cannot be used" {
	stub
	expect_exit 64 tool xrecv --spool ''
	same empty 'xrecv: --spool: no file' "$(head -n 1 err)"
	expect_exit 74 tool xrecv --spool nowhere/spool
	says 'xrecv: nowhere/spool: No such file or directory'
	expect_exit 74 tool xrecv --spool "$HOME"
	says "xrecv: $HOME: Is a directory"
	echo 'Dear diary' >diary
	expect_exit 65 tool xrecv --spool diary
	says 'xrecv: diary: this is no spool'
	same diary 'Dear diary' "$(cat diary)"
	expect_exit 65 tool xrecv --spool /dev/null
	says 'xrecv: /dev/null: not a regular file'
	spawn tool xrecv --spool spool -v 2>log
	wait_for_line log 'online as' 120
	expect_exit 75 tool xrecv --spool spool
	says 'xrecv: spool: in use by another process'
	grep -q connected "$STUB_LOG"
	same connections 1 "$(grep -c ' connected ' "$STUB_LOG")"
}
