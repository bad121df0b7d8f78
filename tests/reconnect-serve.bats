#!/usr/bin/env bats
# xserve reconnects, and what becomes of requests meanwhile.

bats_require_minimum_version 1.5.0
load lib
load xsend
load xserve
load reconnect

# waits_for_go: a command that answers once there is the file go.
waits_for_go() {
	command_is <<-'EOF'
		echo $$ >>pids
		until [ -e go ]; do sleep 0.05; done
		echo "<a xmlns='urn:example:lamp'/>"
	EOF
}

# requests FIRST LAST: so many iqs of stub's romeo, by number.
requests() {
	seq -f "<iq type='get' id='r%.0f' from='romeo@montague.lit/x' to='romeo@montague.lit'><q xmlns='$lamp'/></iq>" "$1" "$2"
}

# answers: what the stub was answered, sorted.
answers() {
	sed -nE 's/^.* answer (r[0-9]+) ([a-z]+) ?(.*)/\1 \2 \3/p' "$STUB_LOG" |
		sed 's/ *$//' | sort
}

# loses_requests ARG...: xserve as stub's romeo, one command under way and two
# requests behind it, when the session is lost for good; then the command ends.
loses_requests() {
	rm -f pids go log
	requests 1 3 >stanzas
	stub no-sm send=stanzas at=presence echo=no times=1
	proxied romeo cut=reset
	spawn tool xserve --jobs 1 -v "$@" "$lamp" -- ./command 2>log
	wait_for_line pids . 120
	wait_for_line "$STUB_LOG" 'fault file'
	break_off
	wait_for_line log '; reconnecting$' 120
	until [ "$(grep -c 'online as' log)" = 2 ]; do
		kill -0 "$pid"
		nap 0.05
	done
	# It says so to others a moment after it has said so to us.
	until [ "$(on_wire presence | wc -l)" -ge 2 ]; do
		kill -0 "$pid"
		nap 0.05
	done
	same presences 2 "$(on_wire presence | wc -l)"
}

@test "[v] xserve: from another address nobody is answered, and that is said" {
	waits_for_go
	loses_requests
	why='not answered, the session is lost that it came to'
	same 'what is lost' "$(printf "xserve: romeo@montague.lit/x: request %s: $why\n" r2 r3 r1)" \
		"$(grep lost log | grep request)"
	# The command is left to itself, and no other is begun.
	touch go
	read -r command <pids
	gone "$command"
	finish 143
	same answers '' "$(answers)"
	same commands 1 "$(wc -l <pids)"
}

@test "xserve: from the same address what runs is answered, what waits refused" {
	waits_for_go
	loses_requests -u romeo@montague.lit/lamp
	wait_for_line "$STUB_LOG" 'answer r3'
	touch go
	wait_for_line "$STUB_LOG" 'answer r1'
	finish 143
	same answers "$(printf '%s\n' 'r1 result' 'r2 error recipient-unavailable' \
		'r3 error recipient-unavailable')" "$(answers)"
	same commands 1 "$(wc -l <pids)"
}

@test "xserve: an answer that the lost session's server did not confirm: said" {
	command_is <<<"true"
	stub iq=unknown from=romeo@montague.lit/x deliver-on=enabled silent-ack
	proxied romeo cut=reset
	spawn tool xserve -v urn:stub:unknown -- ./command 2>log
	wait_for_line "$STUB_LOG" 'answer stub-unknown'
	break_off
	wait_for_line log '^xserve: the server has not confirmed the last answers$'
	finish 143
}

@test "xserve: a broken connection is resumed, and the answer comes" {
	for server in "${servers[@]}"; do
		rm -f go pids
		fresh "$server"
		proxied juliet cut=reset
		waits_for_go
		serve --allow "$romeo"
		spawn tool xiq "$juliet/lamp" >out 2>err <<<"<q xmlns='$lamp'/>"
		asker=$pid server_pid=${background[-2]}
		wait_for_line pids . 120
		break_off
		wait_for_line log 'resumed as'
		touch go
		pid=$asker
		ends 0
		grep -q "xmlns=\"$lamp\"" out
		pid=$server_pid
		finish 143
		same outages 1 "$(grep -c '; reconnecting$' log)"
	done
}

@test "xserve: the server dies and comes back, and one line says so" {
	command_is <<<"echo \"<a xmlns='urn:example:lamp'/>\""
	for server in "${servers[@]}"; do
		lasting "$server"
		serve --allow "$romeo"
		expect_exit 0 ask </dev/null
		"$tests/servers/kill" "$XMPP_DIR"
		wait_for_line log 'next attempt in'
		"$tests/servers/restart" "$XMPP_DIR"
		until [ "$(grep -c 'online as' log)" = 2 ]; do
			kill -0 "$pid"
			nap 0.05
		done
		expect_exit 0 ask </dev/null
		finish 143
		same outages 1 "$(grep -c '; reconnecting$' log)"
	done
}

@test "xserve: what will not be better, and --no-reconnect, end it" {
	command_is <<<true
	stub not-authorized
	expect_exit 77 tool xserve "$lamp" -- ./command
	stub stream-error=conflict at=presence
	expect_exit 75 tool xserve "$lamp" -- ./command
	same connections 1 "$(grep -c ' connected ' "$STUB_LOG")"
	expect_exit 75 tool xserve --no-reconnect -H 127.0.0.1:1 "$lamp" \
		-- ./command
	says "xserve: 127.0.0.1:1: Connection refused"
}
