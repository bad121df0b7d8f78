#!/usr/bin/env bats
# xpresence reconnects: watching, waiting, and the own presence.

bats_require_minimum_version 1.5.0
load lib
load xsend
load xpresence
load reconnect

# company SERVER: a server that resumes nothing, so that each lost connection is
# a lost session; romeo, who sees juliet and nurse.
company() {
	once "$1" sm=no
	accounts
	new_account nurse capulet.lit
	"$tests/servers/subscribe" "$XMPP_DIR" "$romeo" "$juliet"
	tool xpresence subscribe "$nurse"
	tool xpresence -a nurse approve "$romeo"
}

# online_again FILE N: its tool has logged in N times.
online_again() {
	local end=$((SECONDS + 60))
	until [ "$(grep -c 'online as' "$1")" -ge "$2" ]; do
		[ "$SECONDS" -lt "$end" ] || { sed 's/^/# /' "$1"; return 1; }
		nap 0.05
	done
}

# seen_of JID: what romeo saw of that account, a word each.
seen_of() {
	grep -P "^$1[/\t]" "${2:-romeo.seen}" | cut -f 2 | paste -sd ' '
}

@test "xpresence: after a new login only what has changed is printed" {
	for server in "${servers[@]}"; do
		company "$server"
		hold juliet
		hold nurse
		held=$pid
		proxied romeo cut=reset
		watch romeo
		watching=$pid
		wait_for_line romeo.seen "^$juliet/"
		wait_for_line romeo.seen "^$nurse/"
		# She goes while he cannot see it.
		kill -STOP "$watching"
		break_off
		kill "$held"
		wait "$held" || true
		kill -CONT "$watching"
		# Or her server for all of her account.
		wait_for_line romeo.seen "^$nurse.*unavailable" 120
		same nurse 'available unavailable' "$(seen_of "$nurse")"
		same juliet available "$(seen_of "$juliet")"
		# He sees what comes then.
		hold nurse xa
		wait_for_line romeo.seen "^$nurse/.*xa" 120
		pid=$watching
		kill "$pid"
		ends 143
		same juliet available "$(seen_of "$juliet")"
		same outages 1 "$(grep -c '; reconnecting$' romeo.watch)"
	done
}

@test "xpresence --wait-for: what was met is met again, and not printed twice" {
	for server in "${servers[@]}"; do
		company "$server"
		hold juliet
		proxied romeo cut=reset
		spawn tool xpresence -v --wait-for available "$juliet" "$nurse" \
			>out 2>err
		waiting=$pid
		wait_for_line out "^$juliet/"
		break_off
		online_again err 2
		hold nurse
		pid=$waiting
		ends 0
		same juliet available "$(seen_of "$juliet" out)"
		same nurse available "$(seen_of "$nurse" out)"
	done
}

@test "xpresence set: after a new login it is announced again" {
	for server in "${servers[@]}"; do
		company "$server"
		watch romeo "$juliet"
		proxied juliet cut=reset
		feed tool xpresence -v -a juliet set away reading 2>err
		wait_for_line romeo.seen 'away.*reading'
		break_off
		online_again err 2
		echo dnd >&8
		wait_for_line romeo.seen 'dnd'
		exec 8>&-
		ends 0
		same outages 1 "$(grep -c '; reconnecting$' err)"
		# Between the two the server may have said that she was gone.
		[ "$(grep -c 'away.*reading' romeo.seen)" = 2 ] ||
			[ "$(seen_of "$juliet")" = 'away dnd unavailable' ]
	done
}

@test "[v] xpresence: who does not come again is gone" {
	printf '%s\n' "<presence from='juliet@capulet.lit/a'/>" \
		"<presence from='juliet@capulet.lit/b'><show>xa</show></presence>" \
		"<presence from='peter@capulet.lit/p'/>" >stanzas
	stub send=stanzas at=presence echo=no contact=juliet@capulet.lit \
		times=1
	proxied romeo cut=reset
	spawn tool xpresence -v -c 6 --settle 1 >out 2>err
	wait_for_line out peter 120
	break_off
	ends 0
	same seen "$(printf '%s\n' juliet@capulet.lit/{a,b} peter@capulet.lit/p \
		juliet@capulet.lit/{a,b} peter@capulet.lit/p)" "$(cut -f 1 out)"
	same gone 3 "$(grep -c unavailable out)"
}

@test "xpresence set --to: they are told again, and at the end for the last time" {
	stub peer=answer
	proxied romeo cut=reset
	feed tool xpresence -v set --to juliet@capulet.lit away 2>err
	wait_for_line "$STUB_LOG" 'recv presence'
	break_off
	online_again err 2
	exec 8>&-
	ends 0
	same told 'away away unavailable' "$(on_wire presence |
		grep -oE 'away|unavailable' | paste -sd ' ')"
}

@test "xpresence set: once stdin has ended a lost connection is the end: 75" {
	stub close at=presence
	expect_exit 75 tool xpresence set away </dev/null
	# Where there never was one, too.
	expect_exit 75 tool xpresence set away -H 127.0.0.1:1 </dev/null
	says 'xpresence: 127.0.0.1:1: Connection refused'
}

@test "xpresence: what will not be better, and --no-reconnect, end it" {
	stub not-authorized
	expect_exit 77 tool xpresence
	expect_exit 77 tool xpresence set --hold
	stub stream-error=conflict at=presence
	expect_exit 75 tool xpresence
	expect_exit 75 tool xpresence set --hold
	same connections 2 "$(grep -c ' connected ' "$STUB_LOG")"
	expect_exit 75 tool xpresence --no-reconnect -H 127.0.0.1:1
	says 'xpresence: 127.0.0.1:1: Connection refused'
	expect_exit 75 tool xpresence -1 -H 127.0.0.1:1
	expect_exit 75 tool xpresence set --hold --no-reconnect -H 127.0.0.1:1
	expect_exit 64 tool xpresence pending --no-reconnect
	head -n 1 err | grep '^xpresence: --no-reconnect is not for pending$'
}
