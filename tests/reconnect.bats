#!/usr/bin/env bats
# A connection that is lost, and what becomes of what was under way.

bats_require_minimum_version 1.5.0
load lib
load xsend
load xrecv
load reconnect

# long_lines N: numbered, of 600 bytes.
long_lines() {
	seq -f "m%.0f $(printf '%0590d' 0)" "$1"
}

@test "xsend --retry: what a broken connection had under way arrives once, in order" {
	for server in "${servers[@]}"; do
		fresh "$server"
		long_lines 400 >sent
		proxied romeo cut-after-up=200000 cut=reset times=1
		feed tool xsend -v -l --retry 120 --trace trace "$juliet" 2>err
		# Before that there is nothing to resume.
		wait_for_line trace '<enabled '
		cat sent >&8
		exec 8>&-
		ends 0
		grep -q 'next attempt in' err
		grep -q 'resumed as' err
		tool xsend -m 'the end' "$juliet"
		listen juliet
		wait_for_line juliet.inbox 'the end$' 120
		kill "$pid"
		wait "$pid" || true
		bodies_in juliet.inbox | grep -vx 'the end' >got
		# A slow ejabberd goes on with what it has of the broken connection
		# while it answers the new one: couplet(7).
		if [ "$server" = prosody ]; then
			cmp sent got
		else
			cmp <(sort sent) <(sort -u got)
		fi
	done
}

@test "xsend -l --retry: the server dies and comes back" {
	for server in "${servers[@]}"; do
		lasting "$server"
		feed tool xsend -v -l --retry 120 "$juliet" 2>err
		numbers 1 50 >&8
		wait_for_line err 'online as'
		"$tests/servers/kill" "$XMPP_DIR"
		numbers 51 100 >&8
		wait_for_line err 'next attempt in' 120
		"$tests/servers/restart" "$XMPP_DIR"
		numbers 101 150 >&8
		exec 8>&-
		ends 0
		tool xrecv -a juliet -o text -W 200 --idle 3 >inbox
		# What the server took and had not written may be gone with it,
		# what had no proof may be there twice: order and the rest hold.
		bodies_in inbox | awk '!seen[$0]++' >got
		same 'after the crash' "$(numbers 51 150)" \
			"$(sed -n '/^m51$/,$p' got)"
	done
}

# Prosody 13.0.1 reads on in the middle of that line when the session is resumed.
@test "broken in the middle of a line: it comes, and what is behind it, once" {
	for server in "${servers[@]}"; do
		once "$server"
		accounts
		proxied romeo cut-after-up=60000 times=1
		spawn tool xrecv -a juliet -v -F %b >got 2>listen.err
		listener=$pid
		wait_for_line listen.err 'online as'
		feed tool xsend -v -l --retry 120 "$juliet" 2>err
		echo first >&8
		wait_for_line got '^first$'
		printf '%0100000d\nlast\n' 0 >&8
		exec 8>&-
		ends 0
		grep -q ': resumed as ' err
		wait_for_line got '^last$'
		same lengths "$(printf '%s\n' 5 100000 4)" "$(awk '{ print length }' got)"
		kill "$listener" "$proxy"
	done
}

@test "xrecv: the server dies and comes back, and one line says so" {
	for server in "${servers[@]}"; do
		lasting "$server"
		spawn tool xrecv -a juliet -v -o text >got 2>err
		wait_for_line err 'online as'
		send 1
		wait_for_line got m1
		"$tests/servers/kill" "$XMPP_DIR"
		wait_for_line err 'next attempt in' 120
		"$tests/servers/restart" "$XMPP_DIR"
		until [ "$(grep -c 'online as' err)" = 2 ]; do
			kill -0 "$pid"
			nap 0.05
		done
		send 1 2
		wait_for_line got m2 120
		kill "$pid"
		ends 143
		same 'said' 1 "$(grep -c '; reconnecting$' err)"
	done
}

@test "[v] after a new login: a message again, with its delay; an iq set not" {
	printf 'urn:x\t\n' >answers
	stub close at=r how=reset times=1 answers=answers
	cat >records <<-EOF
		<message to='$juliet' id='m1'><body>one</body></message>
		<iq to='$juliet' id='i1' type='set'><x xmlns='urn:x'/></iq>
		<iq to='montague.lit' id='i2' type='get'><ping xmlns='urn:xmpp:ping'/></iq>
	EOF
	expect_exit 2 tool xsend -x --retry 60 --bounce-wait 0 <records
	says 'xsend: stdin: record 2: the server: message i1: unknown outcome: the connection was lost'
	same messages 2 "$(on_wire message | wc -l)"
	same 'of the second one' 1 "$(on_wire message | tail -n 1 |
		grep -c ' id="m1".*<delay xmlns="urn:xmpp:delay" from="romeo@montague.lit" stamp="20')"
	same sets 1 "$(on_wire iq | grep -c 'id="i1"')"
	same gets 2 "$(on_wire iq | grep -c 'id="i2"')"

	stub close at=r how=reset times=1 answers=answers
	expect_exit 2 tool xsend -x --retry 60 --retry-set --bounce-wait 0 <records
	# As one whose server does not know it: the answer counts.
	says "xsend: stdin: record 2: $juliet: message i1: service-unavailable"
	same sets 2 "$(on_wire iq | grep -c 'id="i1"')"
}

@test "after a new login nobody knows what became of an answer" {
	stub close at=r how=reset times=1
	answer="<iq to='$juliet' id='i1' type='result'/>"
	expect_exit 75 tool xsend -x --retry 60 --bounce-wait 0 <<<"$answer"
	says 'xsend: stdin: record 1: the server: message i1: unknown outcome: the connection was lost'
	stub close at=r how=reset times=1
	expect_exit 75 tool xsend -x --retry 60 <<<"$answer"
	same answers 1 "$(on_wire iq | grep -c 'id="i1"')"
}

@test "without --retry a lost connection ends it: 75" {
	stub close at=r how=reset times=1
	expect_exit 75 tool xsend -m hi "$juliet"
	same connections 1 "$(grep -c ' connected ' "$STUB_LOG")"
}

@test "what will not be better next time is not tried again" {
	stub not-authorized
	expect_exit 77 tool xsend -m hi --retry 600 "$juliet"
	same connections 1 "$(grep -c ' connected ' "$STUB_LOG")"
	stub stream-error=conflict
	expect_exit 75 tool xsend -m hi --retry 600 "$juliet"
	same connections 1 "$(grep -c ' connected ' "$STUB_LOG")"
	stub stream-error=conflict
	expect_exit 75 tool xrecv
	same connections 1 "$(grep -c ' connected ' "$STUB_LOG")"
	says 'xrecv: the server ended the stream: conflict'
}

@test "--retry: 75 when its time is over, with the last reason" {
	stub ok
	kill "$STUB_PID"
	expect_exit 75 tool xsend -v -m hi --retry 2 "$juliet"
	grep -q 'next attempt in' err
	tail -n 1 err | grep "^xsend: 127.0.0.1:$STUB_PORT: Connection refused$"
}

@test "see-other-host is followed, over TLS, and not for ever" {
	stub ok
	local there=127.0.0.1:$STUB_PORT log=$STUB_LOG
	stub stream-error=see-other-host host="$there" at=auth
	expect_exit 0 tool xsend -m hi --bounce-wait 0 "$juliet"
	same 'there' 1 "$(grep -c ' recv message ' "$log")"
	is_silent
	# Said before TLS it counts for nothing.
	stub stream-error=see-other-host host="$there" at=header
	expect_exit 75 tool xsend -m hi --bounce-wait 0 "$juliet"
	same 'there' 1 "$(grep -c ' recv message ' "$log")"
}

@test "--retry: a value that is none is 64" {
	stub ok
	expect_exit 64 tool xsend -m hi --retry soon "$juliet"
	head -n 1 err | grep "^xsend: --retry: 'soon' is not"
}
