#!/usr/bin/env bats
# xpresence set, and the verbs about subscriptions.

bats_require_minimum_version 1.5.0
load lib
load xsend
load xpresence

# --- set -----------------------------------------------------------------

@test "[v] lines and stanzas change it; a bad one is named, and the next goes on" {
	for server in "${servers[@]}"; do
		couple "$server"
		watch romeo "$juliet"
		feed tool xpresence -a juliet set --rate 1000 2>err >out
		wait_for_line romeo.seen $'\tavailable\t-1\t$' 120
		printf '%s\n' $'away\tone\\ntwo' bogus $'chat\tx\ty' \
			$'chat\t\\q' >&8
		wait_for_line romeo.seen $'\taway\t-1\tone\\\\ntwo$' 120
		printf '%s\n' '<presence from="a@b.lit" to="c@d.lit"><show>dnd</show><status>é</status><priority>9</priority></presence>' >&8
		wait_for_line romeo.seen $'\tdnd\t-1\té$' 120
		printf '%s\n' '{"kind":"presence","show":"xa"}' >&8
		wait_for_line romeo.seen $'\txa\t-1\t$' 120
		printf '%s\n' '<message to="a@b.lit"/>' \
			'<presence type="subscribe"/>' '<presence><bad' \
			$'unavailable\tbye' >&8
		wait_for_line romeo.seen $'\tunavailable\t\tbye$' 120
		exec 8>&-
		ends 2
		prints ''
		same named '2 3 4 7 8 9' \
			"$(sed -n 's/^xpresence: stdin:\([0-9]*\): .*/\1/p' err | paste -sd ' ')"
		same lines 5 "$(wc -l <romeo.seen)"
	done
}

@test "lines that come faster than --rate are one; the last is always said" {
	for server in "${servers[@]}"; do
		couple "$server"
		watch romeo "$juliet"
		begin=$SECONDS
		seq -f $'away\t%.0f' 20000 | tool xpresence -a juliet set dnd
		wait_for_line romeo.seen unavailable
		grep -q $'away\t-1\t20000$' romeo.seen
		# The first one, dnd and the end; else one a second.
		[ "$(wc -l <romeo.seen)" -le $((4 + SECONDS - begin)) ]
	done
}

@test "only bad lines are 65" {
	couple prosody
	expect_exit 65 tool xpresence -a juliet set <<<nonsense
	says 'xpresence: stdin:1: a line begins with available, away, chat, dnd, xa or unavailable'
	head -c 17000000 /dev/zero | expect_exit 65 tool xpresence -a juliet set
	says 'xpresence: stdin:1: more than 16777216 bytes'
}

@test "--hold does not open stdin, and ends by the signal" {
	for server in "${servers[@]}"; do
		couple "$server"
		watch romeo "$juliet"
		hold juliet away
		wait_for_line romeo.seen $'away\t-1' 120
		kill "$pid"
		ends 143
		wait_for_line romeo.seen $'unavailable' 120
	done
}

@test "-W is the time of a hold" {
	for server in "${servers[@]}"; do
		couple "$server"
		expect_exit 0 tool xpresence -a juliet set --hold -W 5
	done
}

@test "--to: nobody else is told, and who cannot be is named once" {
	for server in "${servers[@]}"; do
		couple "$server"
		watch romeo "$juliet"
		watch nurse "$juliet"
		expect_exit 0 tool xpresence -a juliet set dnd secret --to "$nurse" \
			</dev/null
		wait_for_line nurse.seen unavailable
		same seen $'dnd\t-1\tsecret\nunavailable\t\t' \
			"$(cut -f 2- nurse.seen)"
		expect_exit 2 tool xpresence -a juliet set --to a@nosuch.lit \
			--to "$nurse" </dev/null
		same errors 1 "$(grep -c '^xpresence: a@nosuch.lit: ' err)"
		same lines 1 "$(wc -l <err)"
		expect_exit 1 tool xpresence -a juliet set --to a@nosuch.lit \
			</dev/null
		same romeo '' "$(cat romeo.seen)"
	done
}

@test "the hash of the capabilities is that of what is answered (XEP-0115 5.1)" {
	for server in "${servers[@]}"; do
		couple "$server"
		hold juliet
		tool xpresence -1 -x "$juliet" >presence
		full=$(sed 's/^[^>]* from="\([^"]*\)".*/\1/' presence)
		node=$(sed 's/.*<c [^>]*node="\([^"]*\)".*/\1/' presence)
		ver=$(sed 's/.*<c [^>]*ver="\([^"]*\)".*/\1/' presence)
		# Of the session that may see her.
		hold romeo
		tool xiq --payload "$full" >info <<-EOF
			<query xmlns='http://jabber.org/protocol/disco#info' node='$node#$ver'/>
		EOF
		same hash "$ver" "$(python3 -c '
import base64, hashlib, sys, xml.etree.ElementTree as E
q = E.parse("info").getroot()
ns = "{http://jabber.org/protocol/disco#info}"
lang = "{http://www.w3.org/XML/1998/namespace}lang"
s = "".join(sorted("/".join((i.get("category"), i.get("type"),
    i.get(lang, ""), i.get("name", ""))) + "<"
    for i in q.findall(ns + "identity")))
s += "".join(sorted(f.get("var") + "<" for f in q.findall(ns + "feature")))
print(base64.b64encode(hashlib.sha1(s.encode()).digest()).decode())')"
	done
}

@test "without stream management a ping is the proof; the server's end is 75" {
	stub no-sm
	expect_exit 0 tool xpresence set away </dev/null
	same sent 2 "$(on_wire presence | wc -l)"
	stub end-stream at=presence
	expect_exit 75 tool xpresence set --hold --no-reconnect
	says 'xpresence: the server ended the stream'
}

# --- subscriptions -------------------------------------------------------

@test "subscribe, pending, approve, cancel, unsubscribe" {
	for server in "${servers[@]}"; do
		fresh "$server"
		expect_exit 0 tool xpresence -a juliet pending
		prints ''
		expect_exit 0 tool xpresence subscribe "$juliet"
		is_silent
		expect_exit 0 tool xpresence -a juliet pending
		prints "$romeo"$'\tsubscribe\t\t'
		expect_exit 0 tool xpresence -a juliet approve "$romeo"
		is_silent
		expect_exit 1 tool xpresence -1 "$juliet"
		expect_exit 0 tool xpresence -a juliet pending
		prints ''
		expect_exit 1 tool xpresence -a juliet deny "$romeo"
		says "xpresence: $romeo: is subscribed, cancel takes it back"
		expect_exit 0 tool xpresence -a juliet cancel "$romeo"
		expect_exit 69 tool xpresence -1 "$juliet"
		expect_exit 0 tool xpresence subscribe "$juliet"
		expect_exit 0 tool xpresence -a juliet deny "$romeo"
		expect_exit 0 tool xpresence -a juliet pending
		prints ''
		expect_exit 0 tool xpresence unsubscribe "$juliet"
		expect_exit 0 tool xpresence unsubscribe "$juliet"
		is_silent
	done
}

@test "several at once, and each failure is named" {
	for server in "${servers[@]}"; do
		fresh "$server"
		expect_exit 2 tool xpresence subscribe "$juliet" a@nosuch.lit \
			"$juliet/balcony" b@nosuch.lit
		same named $'a@nosuch.lit\nb@nosuch.lit' \
			"$(sed 's/^xpresence: \([^:]*\): cannot be reached: .*/\1/' err)"
		expect_exit 1 tool xpresence subscribe c@nosuch.lit
		expect_exit 0 tool xpresence unsubscribe "$juliet" a@nosuch.lit
	done
}

@test "an approval in advance, where the server takes it" {
	for server in "${servers[@]}"; do
		fresh "$server"
		case $server in
		prosody)
			expect_exit 0 tool xpresence -a juliet approve "$romeo"
			expect_exit 0 tool xpresence -a juliet approve "$romeo"
			;;
		*)
			expect_exit 1 tool xpresence -a juliet approve "$romeo"
			says "xpresence: $romeo: has not asked, and the server takes no approval in advance"
			;;
		esac
	done
}

@test "--auto-approve: those who match, waiting or new" {
	for server in "${servers[@]}"; do
		fresh "$server"
		new_account nurse capulet.lit
		new_account tybalt capulet.lit
		tool xpresence subscribe "$juliet"
		tool xpresence -a nurse subscribe "$juliet"
		watch juliet --auto-approve montague.lit --auto-approve "$tybalt"
		wait_for_line juliet.seen "^$nurse	subscribe"
		wait_for_line juliet.seen "^$romeo	subscribe"
		tool xpresence -a tybalt subscribe "$juliet"
		wait_for_line juliet.watch "$tybalt: approved"
		expect_exit 0 tool xpresence -1 "$juliet"
		expect_exit 0 tool xpresence -a tybalt -1 "$juliet"
		expect_exit 69 tool xpresence -a nurse -1 "$juliet"
	done
}

@test "a push that is not of the own account proves nothing" {
	cat >stanzas <<-'EOF'
		<iq from='juliet@capulet.lit' type='set' id='1'><query xmlns='jabber:iq:roster'><item jid='juliet@capulet.lit' subscription='both'/></query></iq>
	EOF
	stub send=stanzas at=presence
	expect_exit 1 tool xpresence subscribe juliet@capulet.lit
	says 'xpresence: juliet@capulet.lit: the server did not note the request'
}

@test "without an answer the outcome is unknown: 75, or 124" {
	stub close at=presence
	expect_exit 75 tool xpresence subscribe juliet@capulet.lit nurse@capulet.lit
	grep -q '^xpresence: juliet@capulet.lit: unknown outcome$' err
	grep -q '^xpresence: nurse@capulet.lit: unknown outcome$' err
	stub ping-no-answer
	expect_exit 124 tool xpresence subscribe juliet@capulet.lit -W 5
	grep -q '^xpresence: juliet@capulet.lit: unknown outcome$' err
	stub ping-no-answer
	expect_exit 75 tool xpresence pending --settle 0.3
	says 'xpresence: montague.lit: no answer'
}

@test "the own account is nobody's contact" {
	couple prosody
	expect_exit 64 tool xpresence subscribe "$romeo/orchard"
	same stderr "xpresence: $romeo is the own account" "$(head -n 1 err)"
}

@test "what does not go together with set" {
	wrong() {
		expect_exit 64 tool xpresence "${@:2}" </dev/null
		same "${*:2}" "xpresence: $1" "$(head -n 1 err)"
	}
	wrong "set: 'here' is not available, away, chat, dnd, xa or unavailable" \
		set here
	wrong 'set unavailable: this session has announced nothing, --to says whom to tell' \
		set unavailable
	wrong '--rate goes without --hold' set --hold --rate 1
	wrong '--password-fd 0: the changes are on stdin, unless there is --hold' \
		set --password-fd 0
	wrong "unexpected operand 'c'" set away b c
	expect_exit 65 tool xpresence set away $'\e' </dev/null
}
