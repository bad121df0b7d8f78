#!/usr/bin/env bats
# xrecv --durable: a session that outlives the process.

bats_require_minimum_version 1.5.0
load lib
load xsend
load xrecv
load xrecv-since
load reconnect

# state: the file of juliet's session by the name bot.
state() {
	echo "$XDG_STATE_HOME/couplet/durable-$juliet:bot"
}

# durable ARG...: a run in the foreground.
durable() {
	receive --durable bot -v -W 200 "$@"
}

# handled: the number in the file.
handled() {
	sed -n '2s/^0*\([0-9][0-9]*\) .*/\1/p' "$(state)"
}

# away: the run in the background takes its messages into the file got.
away() {
	spawn tool xrecv -a juliet -o text --durable bot -v "$@" >got 2>err
}

@test "the next run goes on where one ended, with what came meanwhile" {
	for server in "${servers[@]}"; do
		fresh "$server"
		away
		wait_for_line err 'online as'
		wait_for_line "$(state)" "^$juliet/bot-" 120
		send 5
		wait_for_line got m5
		kill -TERM "$pid"
		ends 143
		send 5 6
		expect_exit 0 durable -c 3
		same 'while away' "$(numbers 6 8)" "$(bodies_in out)"
		grep -q "resumed as $juliet/bot-" err
		# What was not asked for stays for the next one.
		send 1 11
		expect_exit 0 durable -c 3
		same 'the rest' "$(numbers 9 11)" "$(bodies_in out)"
		expect_exit 0 durable --idle 1
		prints
	done
}

@test "killed: nothing is missing, nothing that was counted comes again" {
	for server in "${servers[@]}"; do
		fresh "$server"
		away
		wait_for_line err 'online as'
		wait_for_line "$(state)" "^$juliet/bot-" 120
		send 10
		wait_for_line got m10
		# All ten are handled, as the eleventh and last has a number.
		before=$(handled)
		send 1 11
		wait_for_line got m11
		until [ "$(handled)" -gt "$before" ]; do nap 0.02; done
		kill -KILL "$pid"
		wait "$pid" || true
		send 5 12
		expect_exit 0 durable -c 5
		same 'after the kill' "$(numbers 12 16)" "$(bodies_in out)"
	done
}

@test "killed with an unread pipe: that comes again" {
	for server in "${servers[@]}"; do
		fresh "$server"
		unread -v --durable bot
		wait_for_line err 'online as'
		wait_for_line "$(state)" "^$juliet/bot-" 120
		send 20
		waits_for_reader
		kill -KILL "$pid"
		wait "$pid" || true
		exec 5>&-
		expect_exit 0 durable -c 20
		same 'after the kill' "$(numbers 1 20)" "$(bodies_in out)"
		grep -q 'resumed as' err
	done
}

@test "what we send is counted from where the last run was: requests are answered" {
	for server in "${servers[@]}"; do
		fresh "$server"
		for run in 1 2 3; do
			away
			wait_for_line err '(online|resumed) as'
			[ "$run" != 1 ] || wait_for_line "$(state)" "^$juliet/bot-" 120
			expect_exit 0 tool xping -a juliet -c 3 \
				"$(sed -n 5p "$(state)")"
			kill -TERM "$pid"
			ends 143
		done
	done
}

@test "--end ends the session: the next run has a new one" {
	for server in "${servers[@]}"; do
		fresh "$server"
		send 2
		expect_exit 0 durable -c 1
		expect_exit 0 durable --end -c 1
		has m2
		same 'lines of the state' 4 "$(wc -l <"$(state)")"
		resource=$(sed -n 3p "$(state)")
		# As of any other client that is gone: it is stored.
		send 1 3
		expect_exit 0 durable -c 1
		has m3
		grep -q "online as $juliet/$resource" err
		! grep -q 'resumed\|lost' err || false
	done
}

@test "a server that does not know it any more: it is said, and another begins" {
	for server in "${servers[@]}"; do
		fresh "$server"
		send 1
		expect_exit 0 durable -c 1
		# Nobody has that one.
		sed -i '6s/.*/nobody/' "$(state)"
		away
		wait_for_line err 'online as'
		until ! grep -q '^nobody$' "$(state)"; do nap 0.02; done
		send 1 2
		wait_for_line got m2 120
		kill -TERM "$pid"
		ends 143
		grep -q '^xrecv: the server does not know the session any more: what came since may be lost$' err
		send 1 3
		expect_exit 0 durable -c 1
		has m3
		grep -q 'resumed as' err
	done
}

@test "a counter that is behind, as after a crash of the machine" {
	for server in "${servers[@]}"; do
		fresh "$server"
		send 5
		expect_exit 0 durable -c 5
		sed -i '2s/^[0-9]*/0000000000/' "$(state)"
		away
		wait_for_line err '(online|resumed) as'
		send 1 6
		wait_for_line got 'm6$' 120
		kill -TERM "$pid"
		ends 143
		# ejabberd does not notice, and gives it back until there is
		# another session.
		expect_exit 0 durable --idle 0.5 --end
		expect_exit 0 durable --idle 0.5
		prints
	done
}

@test "--since last: what the server's session could not keep is in the archive" {
	for server in "${servers[@]}"; do
		archived "$server"
		expect_exit 0 durable --since last --idle 0.5
		send 3
		expect_exit 0 durable --since last -c 2
		has m1 m2
		grep -q 'resumed as' err
		sed -i '6s/.*/nobody/' "$(state)"
		send 2 4
		expect_exit 0 durable --since last -c 3
		has m3 m4 m5
		grep -q 'is read from the archive' err
		expect_exit 0 durable --since last --idle 0.5
		prints
	done
}

@test "--since last: what a run had not read of the archive is not forgotten" {
	for server in "${servers[@]}"; do
		archived "$server"
		# The reader begins here.
		expect_exit 0 receive --since last --idle 0.5
		send 5
		expect_exit 0 durable --since last -c 2
		has m1 m2
		send 1 6
		# Not by -c, with which the last one may be all that it waits for.
		expect_exit 0 durable --since last --idle 2
		has m3 m4 m5 m6
		grep -q 'resumed as' err
		# It has caught up: what follows comes live.
		send 2 7
		expect_exit 0 durable --since last --trace trace -c 2
		has m7 m8
		same 'questions' 0 "$(grep -c '> .*urn:xmpp:mam' trace)"
	done
}

@test "a session that ended before its presence is not deaf" {
	for server in "${servers[@]}"; do
		fresh "$server"
		expect_exit 69 durable --since last
		grep -q 'the server has no archive' err
		send 1
		expect_exit 0 durable -c 1
		has m1
		grep -q 'resumed as' err
	done
}

@test "the connection breaks: the run goes on, and so does the next" {
	for server in "${servers[@]}"; do
		fresh "$server"
		proxied juliet
		away
		wait_for_line err 'online as'
		wait_for_line "$(state)" "^$juliet/bot-" 120
		send 2
		wait_for_line got m2
		break_off
		logged_in 2
		send 2 3
		wait_for_line got m4 120
		kill -KILL "$pid"
		wait "$pid" || true
		send 1 5
		expect_exit 0 durable --idle 1
		tail -n 1 out | grep -q 'm5$'
		same order "$(sort -u out | cut -f 2)" "$(bodies_in out)"
	done
}

@test "[v] a server that does not resume: 69, and nothing is drawn" {
	for scenario in ok no-sm sm-failed; do
		stub $scenario deliver=1
		expect_exit 69 tool xrecv --durable bot
		says 'xrecv: --durable: the server does not resume sessions (XEP-0198)'
		same presences '' "$(on_wire presence)"
	done
}

@test "one run at a time: the second is 75" {
	fresh prosody
	away
	mv err other
	wait_for_line other 'online as'
	expect_exit 75 tool xrecv -a juliet --durable bot
	says "xrecv: $(state): another process has it"
	# Another name is another session.
	expect_exit 0 tool xrecv -a juliet --durable other --idle 0.5
}

@test "state that is none, or nowhere: 74, before anything is sent" {
	stub ok
	juliet=romeo@montague.lit
	mkdir -p "${XDG_STATE_HOME}/couplet"
	for text in '' 'couplet-durable 2' 'couplet-durable 1\n12\nbot-1' \
		'couplet-durable 1\n0000000001 0\nbot-1\n01234567-89ab-4cde-8f01-23456789abcd\na@b/c' \
		'couplet-durable 1\n9999999999 0\nbot-1\n01234567-89ab-4cde-8f01-23456789abcd' \
		'couplet-durable 1\n0000000001 0\n'; do
		printf "$text\\n" >"$(state)"
		expect_exit 74 tool xrecv --durable bot
		says "xrecv: $(state): not a session; remove it to begin anew"
	done
	rm "$(state)"
	expect_exit 74 env -u XDG_STATE_HOME -u HOME "$BIN/xrecv" --durable bot
	says 'xrecv: --durable: neither XDG_STATE_HOME nor HOME tells where to keep the session'
	same connections '' "$(grep ' connected ' "$STUB_LOG" || true)"
}

@test "what cannot be counted is not acknowledged: 74" {
	fresh prosody
	send 3
	ASAN_OPTIONS=detect_leaks=0 expect_exit 74 strace -f -o trace \
		-e trace=pwrite64 -e inject=pwrite64:error=EIO \
		"$BIN/xrecv" -a juliet -o text --durable bot -c 3
	grep "^xrecv: $(state): Input/output error$" err
	expect_exit 0 durable -c 3
	has m1 m2 m3
}

@test "usage" {
	stub ok
	expect_exit 64 tool xrecv --durable a/b
	head -n 1 err | grep "^xrecv: --durable: 'a/b' cannot name a session$"
	expect_exit 64 tool xrecv --end
	head -n 1 err | grep '^xrecv: --end without --durable$'
	expect_exit 64 tool xrecv --durable bot --since 1h
	head -n 1 err | grep '^xrecv: with --durable --since can only be last$'
}
