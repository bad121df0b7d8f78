#!/usr/bin/env bats
# --timing: the phases of a connection, and its flights as a slow line in
# between counts them.

load lib
load stub/lib

number='[0-9]+\.[0-9]'

# slow_line: in front of the server's ports; its summary is in line.flights.
# Sets port.
slow_line() {
	rm -f line.port line.flights
	spawn "$tests/stub/delay.py" "$1" 20 summary=line.flights \
		>line.port 2>line.err </dev/null
	port_in line.port
}

# flights: what stderr says.
flights() {
	sed -nE 's/^x[a-z]+: timing: .* ([0-9]+) flights?(,.*)?$/\1/p' err
}

# counted_alike: the line saw all of them but TCP's, which it does not count,
# and the end of the stream, which the tool does not.
counted_alike() {
	wait_for_line line.flights '^flights [0-9]+ up'
	same 'flights' "$(grep -c '^flight [0-9]* up ' line.flights)" \
		"$(flights)" || {
		sed 's/^/# /' line.flights err
		return 1
	}
}

# line_says PHASE... : all six, those with a time as NAME, the others as NAME-.
# Where stanzas leave with the login, send comes before it.
line_says() {
	local phase
	for phase; do
		case $phase in
		*-) phase="${phase%-} -" ;;
		*) phase="$phase $number" ;;
		esac
		grep -qE "^x[a-z]+: timing: (.* )?$phase .*total $number ms, [0-9]+ flights?\$" \
			err || {
			echo "# no '$phase' in:"
			sed 's/^/# /' err
			return 1
		}
	done
	same 'phases' 6 "$#"
}

# by_line COMMAND...: at the server that it begins, what is sent over STARTTLS and direct TLS.
by_line() {
	local words
	"$@"
	rm -f "$COUPLET_CONFIG"
	new_account romeo
	for words in "starttls $XMPP_PORT" "direct $XMPP_TLS_PORT"; do
		slow_line "${words#* }"
		expect_exit 0 tool xsend -H "$XMPP_HOST:$port" \
			--tls "${words% *}" -m hi --bounce-wait 0 \
			--timing "$romeo"
		same 'lines' 1 "$(wc -l <err)"
		same 'stdout' '' "$(cat out)"
		for phase in dns tcp tls login send ack; do
			grep -qE " $phase $number " err
		done
		counted_alike
		# Without TLS 1.3 or with it, never less than the protocol takes.
		[ "$(flights)" -ge 3 ]
		[ "$(flights)" -le 12 ]
	done
}

@test "the flights are those of the line: Prosody" {
	by_line on prosody
	by_line once prosody sasl2=yes
}

@test "the flights are those of the line: ejabberd" {
	by_line on ejabberd
	by_line once ejabberd sasl2=yes
}

@test "stanzas that leave with the login: three flights" {
	once prosody sasl2=yes
	new_account romeo
	slow_line "$XMPP_TLS_PORT"
	# The first one gets a token, the second tries whether it may.
	for _ in 1 2 3; do
		expect_exit 0 tool xsend -H "$XMPP_HOST:$port" --tls direct \
			-m hi --bounce-wait 0 --timing "$romeo"
	done
	same 'flights' 3 "$(flights)"
	grep -qE "^xsend: timing: dns $number tcp $number tls $number send $number login $number ack $number total " err
}

@test "a tool that waits for an answer alone" {
	on prosody
	new_account romeo
	slow_line "$XMPP_PORT"
	expect_exit 0 tool xping -H "$XMPP_HOST:$port" --timing -c 1
	line_says dns tcp tls login send ack
	counted_alike
	expect_exit 0 tool xdisco --timing
	line_says dns tcp tls login send ack
}

@test "each tool has it, and -q does not hide it" {
	on ejabberd
	new_account romeo
	export COUPLET_ACCOUNT=romeo
	expect_exit 0 tool xsend -q --timing -m hi "$romeo"
	line_says dns tcp tls login send ack
	expect_exit 0 tool xrecv -q --timing -c 1 -W 200
	line_says dns tcp tls login send ack
	expect_exit 0 tool xiq -q --timing montague.lit \
		<<<"<query xmlns='jabber:iq:version'/>"
	line_says dns tcp tls login send ack
	expect_exit 0 tool xroster -q --timing
	line_says dns tcp tls login send ack
	expect_exit 0 tool xpresence -q --timing -1
	line_says dns tcp tls login send ack
	expect_exit 0 tool xqueue -q --timing
	line_says dns- tcp- tls- login- send- ack-
	grep -q ' 0 flights$' err
	expect_exit 0 tool xserve -q --timing --idle 0.1 urn:x -- true
	grep -qE "^xserve: timing: dns $number .* flights\$" err
}

@test "without it there is no such line" {
	on prosody
	new_account romeo
	expect_exit 0 tool xsend -v -m hi --bounce-wait 0 "$romeo"
	absent timing: err
}

@test "[v] a failure has the phases that it came to" {
	expect_exit 75 tool xsend -C /dev/null -u romeo@montague.lit \
		--password-fd 3 -H 127.0.0.1:1 --timing -m hi x@y.lit 3<<<x
	line_says dns tcp- tls- login- send- ack-
	grep -q ' 0 flights$' err
	stub cert=othername
	expect_exit 76 try --timing
	line_says dns tcp tls- login- send- ack-
	stub not-authorized
	expect_exit 77 try --timing
	line_says dns tcp tls login- send- ack-
	same 'the last line' 'timing:' "$(tail -n 1 err | cut -d ' ' -f 2)"
	stub tls=none
	expect_exit 0 try --tls none --timing
	line_says dns tcp login send ack tls-
	# What went wrong before any connection has no times.
	expect_exit 64 tool xsend --timing --tls nothing x@y.lit
	absent timing: err
}

@test "after a lost connection it is the last one's, and their number" {
	stub close-after-first-message times=1
	expect_exit 0 try --retry 60 --timing
	grep -qE "^xsend: timing: dns $number .* ack $number total $number ms, [0-9]+ flights, 2 connections\$" err
}

@test "-P and --timing: nothing is connected, nothing is said" {
	expect_exit 0 tool xsend -C /dev/null -u romeo@montague.lit -P --timing
	same 'stderr' '' "$(cat err)"
}
