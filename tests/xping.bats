#!/usr/bin/env bats
# xping: who answers, what is printed, how it ends.

bats_require_minimum_version 1.5.0
load lib
load xsend

# answers LINE... : what the stub answers to, see its README.
answers() {
	printf '%s\n' "$@" >answers
}

# totals_of FILE: the statistics as they follow from its lines, for each JID
# in the order in which they first answered.
totals_of() {
	awk -F '\t' '
		$2 == "total" { next }
		!($1 in n) { order[++jids] = $1; min[$1] = $3 }
		{
			n[$1]++; sum[$1] += $3; square[$1] += $3 * $3
			if ($3 < min[$1]) min[$1] = $3
			if ($3 > max[$1]) max[$1] = $3
		}
		END {
			for (i = 1; i <= jids; i++) {
				j = order[i]; avg = sum[j] / n[j]
				v = square[j] / n[j] - avg * avg
				printf "%s\ttotal\t%d\t%d\t%.3f\t%.3f\t%.3f\t%.3f\n", j,
				    n[j], n[j], min[j], avg, max[j], (v > 0 ? sqrt(v) : 0)
			}
		}' "$1"
}

# like FILE1 FILE2: the same lines, their numbers within two thousandths, as
# one was rounded before it was reckoned with.
like() {
	paste "$1" "$2" | awk -F '\t' '
		{
			for (i = 1; i <= 8; i++)
				if (i < 5 ? $i != $(i + 8) : ($i - $(i + 8)) ^ 2 > 4.1e-6)
					bad = 1
		}
		bad { print "# " $0; exit }
		END { exit bad || NR == 0 }'
}

# --- records -------------------------------------------------------------

@test "[v] a line for each answer, and what they come to" {
	for server in "${servers[@]}"; do
		fresh "$server"
		expect_exit 0 tool xping -c 5 --interval 0.05 montague.lit capulet.lit
		says
		same answers "$(for n in 1 2 3 4 5; do
			printf '%s\n' "capulet.lit $n" "montague.lit $n"
		done)" "$(grep -v total out | cut -f 1,2 | tr '\t' ' ' |
			sort -k 2n -k 1)"
		# Milliseconds: a number with three decimals, and never nothing.
		same odd '' "$(awk -F '\t' '$2 != "total" &&
			($3 !~ /^[0-9]+\.[0-9][0-9][0-9]$/ || $3 <= 0 || NF != 3)' out)"
		grep total out | sort >given
		totals_of out | sort >reckoned
		like given reckoned
	done
}

@test "without a JID it is the own server" {
	for server in "${servers[@]}"; do
		fresh "$server"
		expect_exit 0 tool xping -c 1
		same jids $'montague.lit\t1\nmontague.lit\ttotal' "$(cut -f 1,2 out)"
	done
}

@test "JSON, NUL, XML, a template, and the statistics alone" {
	fresh prosody
	expect_exit 0 tool xping -j -c 1 capulet.lit
	same json 'capulet.lit 1 number capulet.lit 1 1 4' "$(jq -s -j \
		'.[0].jid, " ", .[0].seq, " ", (.[0].ms | type), " ", .[1].jid, " ",
		 .[1].sent, " ", .[1].answered, " ",
		 (.[1] | [.min, .avg, .max, .mdev] | map(numbers) | length)' out)"
	expect_exit 0 tool xping -o nul -c 1 capulet.lit
	same nul 2 "$(tr -cd '\0' <out | wc -c)"
	expect_exit 0 tool xping -x -c 1 capulet.lit
	grep -qE '^<iq from="capulet.lit" id="[^"]+" to="romeo[^"]*" type="result"><ping xmlns="urn:xmpp:ping" ms="[0-9.]+" seq="1"/></iq>$' out
	same lines 1 "$(wc -l <out)"
	expect_exit 0 tool xping -F '%f %{urn:xmpp:ping ping@seq}' -c 1 capulet.lit
	same template 'capulet.lit 1' "$(cat out)"
	expect_exit 0 tool xping --summary -c 2 --interval 0 capulet.lit
	same summary $'capulet.lit\ttotal\t2\t2' "$(cut -f 1-4 out)"
}

@test "the time is that of the answer alone: neither of the login nor of the interval" {
	stub ping-delay=300 wait=3000
	expect_exit 0 tool xping -c 2 --interval 0
	same late '' "$(awk -F '\t' '$2 != "total" && ($3 < 300 || $3 > 2900)' out)"
	grep -q $'^montague.lit\t2\t' out
}

@test "nothing of ours rides with a ping, so that its time is its own" {
	for server in "${servers[@]}"; do
		fresh "$server"
		rm -f trace
		expect_exit 0 tool xping -c 2 --interval 0 --trace trace
		same beside '' "$(sed -n '/<jid>/,$p' trace | grep ' > ' |
			grep -vE ' > (<iq [^>]*><ping [^>]*/></iq>|</stream:stream>)$')"
		same pings 2 "$(grep -c ' > <iq .*<ping' trace)"
	done
}

@test "with the interval 0 each ping waits for the answers of the one before" {
	stub peer=answer ping-delay=50
	expect_exit 0 tool xping -c 3 --interval 0 montague.lit capulet.lit
	# Never more than two under way.
	same order '2 2 2 2 2 2' "$(sed -nE 's/.* (recv iq .*ping|sent .*type=.result.*)/\1/p' \
		"$STUB_LOG" | grep -v bind | cut -c 1-4 | uniq -c | awk '{ print $1 }' |
		paste -sd ' ')"
}

# --- who answers ---------------------------------------------------------

@test "0: all answered, 1: all were refused, 2: some" {
	for server in "${servers[@]}"; do
		fresh "$server"
		expect_exit 1 tool xping -c 2 --interval 0 "$juliet/nowhere"
		same stderr 2 "$(grep -cE "^xping: $juliet/nowhere: ping [12]: service-unavailable" err)"
		same stdout "$juliet/nowhere"$'\ttotal\t2\t0\t\t\t\t' "$(cat out)"
		expect_exit 2 tool xping -c 1 capulet.lit "$juliet/nowhere"
		expect_exit 0 tool xping -c 1 capulet.lit "$juliet"
		expect_exit 1 tool xping -c 1 elsewhere.lit
	done
}

@test "a client is pinged by its full JID, the own one too" {
	for server in "${servers[@]}"; do
		fresh "$server"
		spawn tool xrecv -u "$juliet/balcony" -a juliet --no-presence -v 2>log
		wait_for_line log 'online as'
		expect_exit 0 tool xping -a juliet -c 1 "$juliet/balcony"
		expect_exit 0 tool xping -u "$romeo/orchard" -c 1 "$romeo/orchard"
	done
}

@test "an alias stands for its JIDs, and each is pinged once" {
	fresh prosody
	printf 'aliases:\n  both: [capulet.lit, montague.lit]\n' >>"$COUPLET_CONFIG"
	expect_exit 0 tool xping --summary -c 1 both CAPULET.lit
	same jids $'capulet.lit\nmontague.lit' "$(cut -f 1 out)"
	expect_exit 64 tool xping -c 1 neither
}

@test "who does not know pings is there, if it is a domain or says so" {
	answers "to=.capulet.lit. .*ping	<iq type='error' id='@ID@' from='@TO@' to='@JID@'><error type='cancel'><service-unavailable xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error></iq>" \
		"to=.juliet@capulet.lit/a. .*ping	<iq type='error' id='@ID@' from='@TO@' to='@JID@'><error type='cancel'><feature-not-implemented xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error></iq>" \
		"to=.gone.lit. .*ping	<iq type='error' id='@ID@' from='@TO@' to='@JID@'><error type='wait'><remote-server-timeout xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error></iq>"
	stub answers=answers
	expect_exit 0 tool xping -c 1 capulet.lit juliet@capulet.lit/a
	says
	same lines 4 "$(wc -l <out)"
	# The stub says service-unavailable of this one.
	expect_exit 1 tool xping -c 1 juliet@capulet.lit/b
	says 'xping: juliet@capulet.lit/b: ping 1: service-unavailable'
	expect_exit 1 tool xping -c 1 gone.lit
	says 'xping: gone.lit: ping 1: remote-server-timeout'
}

@test "no answer in time is 75, and what comes later is not counted" {
	stub ping=silent
	expect_exit 75 tool xping -c 2 --interval 0 --each-timeout 0.1
	says 'xping: montague.lit: ping 1: no answer within 0.1 seconds' \
		'xping: montague.lit: ping 2: no answer within 0.1 seconds'
	prints $'montague.lit\ttotal\t2\t0\t\t\t\t'
	stub ping-delay=400
	expect_exit 75 tool xping -v -c 2 --interval 3 --each-timeout 0.1
	grep -q '^xping: montague.lit: ignored an answer that is late' err
	prints $'montague.lit\ttotal\t2\t0\t\t\t\t'
}

@test "an answer of somebody else is none, nor is a second one" {
	answers "to=.capulet.lit. .*ping	<iq type='result' id='@ID@' from='montague.lit' to='@JID@'/>	<iq type='result' id='@ID@' to='@JID@'/>	<iq type='result' id='other' from='@TO@' to='@JID@'/>" \
		"to=.twice.lit. .*ping	<iq type='result' id='@ID@' from='@TO@' to='@JID@'/>	<iq type='result' id='@ID@' from='@TO@' to='@JID@'/>"
	stub answers=answers
	expect_exit 75 tool xping -c 1 --each-timeout 0.2 capulet.lit
	prints $'capulet.lit\ttotal\t1\t0\t\t\t\t'
	expect_exit 0 tool xping -c 3 --interval 0 twice.lit
	same numbers '1 2 3 total' "$(cut -f 2 out | paste -sd ' ')"
}

# --- the end -------------------------------------------------------------

@test "a signal ends it, after the statistics" {
	fresh prosody
	for signal in INT:130 TERM:143 HUP:129; do
		# SIGINT is ignored in what a script runs in the background.
		# shellcheck disable=SC2086
		spawn env --default-signal=INT ${COUPLET_WRAP:-} "$BIN/xping" \
			--interval 0.02 capulet.lit >out 2>err
		wait_for_line out $'^capulet.lit\t5\t'
		kill "-${signal%:*}" "$pid"
		ends "${signal#*:}"
		says
		same last total "$(tail -n 1 out | cut -f 2)"
	done
}

@test "-W is the planned end, unless -c asked for more" {
	stub
	expect_exit 0 tool xping -W 3 --interval 0.1
	same last total "$(tail -n 1 out | cut -f 2)"
	expect_exit 124 tool xping -W 3 -c 1000000
	says 'xping: timed out (-W)'
	stub ping=silent
	expect_exit 75 tool xping -W 3
	says 'xping: montague.lit: no answer'
	stub silent-auth
	expect_exit 75 tool xping -W 0.5
	says 'xping: timed out (-W) before the login'
	prints ''
}

@test "the connection is lost: 75, with the statistics of what was" {
	answers "ping	<iq type='result' id='@ID@' from='@TO@' to='@JID@'/>	</stream:stream>"
	stub answers=answers
	expect_exit 75 tool xping -c 5 --interval 0.2
	same last $'total\t1\t1' "$(tail -n 1 out | cut -f 2-4)"
	same lines 1 "$(wc -l <err)"
	stub close
	expect_exit 75 tool xping -c 5
	prints $'montague.lit\ttotal\t1\t0\t\t\t\t'
	stub not-authorized
	expect_exit 77 tool xping -c 1
	prints ''
}

@test "who closes its output ends it at once" {
	fresh prosody
	{ tool xping --interval 0.05 2>err || echo $? >status; } |
		head -n 1 >out
	same status 141 "$(<status)"
	says
	[ -s out ]
}

@test "bad usage is 64, before anybody is asked" {
	stub
	for words in '-c 0' '--interval -1' '--interval x' '--each-timeout x' \
		'--summary -x' '--summary -F %f' '-o pdf' '@' 'a@b@c' '-F %q'; do
		# shellcheck disable=SC2086
		expect_exit 64 tool xping $words
		prints ''
		[ -s err ]
	done
	same connections 0 "$(grep -c connected "$STUB_LOG" || true)"
}
