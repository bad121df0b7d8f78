#!/usr/bin/env bats
# xpresence: watching, who is there now, waiting.

bats_require_minimum_version 1.5.0
load lib
load xsend
load xpresence

# --- who is there now ----------------------------------------------------

@test "-1: 0 and the record of who is there, 1 and a word of who is not" {
	for server in "${servers[@]}"; do
		couple "$server"
		expect_exit 1 tool xpresence -1 "$juliet"
		prints ''
		says "xpresence: $juliet: not available"
		hold juliet away $'in the\tgarden\n'
		expect_exit 0 tool xpresence -1 "$juliet"
		records "$juliet"$'\taway\t-1\tin the\\tgarden\\n'
		says
		expect_exit 0 tool xpresence -1
		records "$juliet"$'\taway\t-1\tin the\\tgarden\\n'
		says
	done
}

@test "-1: a resource is asked for by itself" {
	for server in "${servers[@]}"; do
		couple "$server"
		hold juliet
		expect_exit 0 tool xpresence -1 "$juliet"
		full=$(cut -f 1 out)
		expect_exit 0 tool xpresence -1 "$full"
		same stdout "$full"$'\tavailable\t-1\t' "$(cat out)"
		expect_exit 1 tool xpresence -1 "$juliet/elsewhere"
		says "xpresence: $juliet/elsewhere: not available"
	done
}

@test "-1: all resources, each time" {
	for server in "${servers[@]}"; do
		couple "$server"
		for _ in 1 2 3; do hold juliet; done
		for _ in 1 2 3 4 5 6 7 8 9 10; do
			expect_exit 0 tool xpresence -1 "$juliet"
			same resources 3 "$(sort -u out | wc -l)"
			expect_exit 0 tool xpresence -1
			same resources 3 "$(sort -u out | wc -l)"
		done
	done
}

@test "-1: no subscription is 69, in front of all else but who is there" {
	for server in "${servers[@]}"; do
		couple "$server"
		expect_exit 69 tool xpresence -1 "$nurse"
		prints ''
		says "xpresence: no subscription to $nurse"
		expect_exit 69 tool xpresence -1 "$juliet" "$nurse"
		tool xpresence subscribe "$nurse"
		expect_exit 69 tool xpresence -1 "$nurse"
		says "xpresence: no subscription to $nurse, it is not approved yet"
		hold juliet
		expect_exit 2 tool xpresence -1 "$nurse" "$juliet"
		records "$juliet"$'\tavailable\t-1\t'
	done
}

@test "-1: a server that cannot be reached makes it 75, never 1" {
	for server in "${servers[@]}"; do
		couple "$server"
		"$tests/servers/adduser" "$XMPP_DIR" "other-$romeo" x
		fresh "$server"
		"$tests/servers/subscribe" "$XMPP_DIR" "$romeo" mercutio@nosuch.lit ||
			true
		expect_exit 75 tool xpresence -1 mercutio@nosuch.lit
		prints ''
		grep -q '^xpresence: mercutio@nosuch.lit: unknown: ' err
		expect_exit 75 tool xpresence -1
		grep -q '^xpresence: nosuch.lit: unknown: ' err
	done
}

@test "-1: the own account has no subscription; this session does not count" {
	for server in "${servers[@]}"; do
		couple "$server"
		expect_exit 1 tool xpresence -1 "$romeo"
		hold romeo chat
		expect_exit 0 tool xpresence -1 "$romeo"
		records "$romeo"$'\tchat\t-1\t'
	done
}

@test "a server that is silent ends it after --settle" {
	stub ping-no-answer disco=nothing contact=juliet@capulet.lit
	expect_exit 75 tool xpresence -1 --settle 2
	says 'xpresence: montague.lit: unknown: no answer' \
		'xpresence: capulet.lit: unknown: no answer'
}

@test "of a long list that nobody knows of, some are named" {
	stub ping-no-answer disco=nothing \
		contact="$(seq -f 'nurse@verona%.0f.lit' 30 | paste -sd ,)"
	expect_exit 75 tool xpresence -1 --settle 2
	# And the own server.
	same lines 11 "$(wc -l <err)"
	same named 10 "$(grep -cx 'xpresence: [a-z0-9.]*.lit: unknown: no answer' err)"
	same last 'xpresence: and 21 more: unknown' "$(tail -n 1 err)"
}

@test "-W before the end is 124, and the end of the server 75" {
	stub ping-no-answer contact=juliet@capulet.lit
	expect_exit 124 tool xpresence -1 -W 5 --settle 60
	says 'xpresence: timed out (-W)'
	stub end-stream at=presence
	expect_exit 75 tool xpresence --no-reconnect
	stub close at=presence
	expect_exit 75 tool xpresence -1
}

# --- watching ------------------------------------------------------------

@test "[v] each change is one record" {
	for server in "${servers[@]}"; do
		couple "$server"
		watch romeo "$juliet"
		watching=$pid
		feed tool xpresence -a juliet set --rate 1000
		wait_for_line romeo.seen $'\tavailable\t-1\t$' 120
		printf 'away\tone\n' >&8
		wait_for_line romeo.seen $'\taway\t-1\tone$' 120
		printf 'away\tone\n' >&8
		printf 'dnd\n' >&8
		wait_for_line romeo.seen $'\tdnd\t-1\t$' 120
		exec 8>&-
		ends 0
		wait_for_line romeo.seen unavailable 120
		kill "$watching"
		pid=$watching ends 143
		same seen "$(printf "$juliet\\t%s\n" 'available\t-1\t' \
			'away\t-1\tone' 'dnd\t-1\t' 'unavailable\t\t' |
			sed 's/\\t/\t/g')" "$(bare <romeo.seen)"
	done
}

@test "-x, -j, -F and -c" {
	couple prosody
	for args in -x -j '-F %f'; do
		# shellcheck disable=SC2086 # words
		spawn tool xpresence $args -c 1 "$juliet" >romeo.seen
		until_seen romeo
		tool xpresence -a juliet set xa $'a\nb' </dev/null
		ends 0
		case $args in
		-x) grep -q '^<presence from="'"$juliet"'/.*<show>xa</show><status>a&#10;b</status>' romeo.seen ;;
		-j) grep -q '"show":"xa","status":"a\\nb","priority":-1' romeo.seen ;;
		*) grep -q "^$juliet/[^ 	]*\$" romeo.seen ;;
		esac
		same lines 1 "$(wc -l <romeo.seen)"
	done
}

@test "operands and --from choose" {
	for server in "${servers[@]}"; do
		couple "$server"
		tool xpresence subscribe "$nurse"
		tool xpresence -a nurse approve "$romeo"
		hold juliet
		hold nurse
		expect_exit 0 tool xpresence -c 1 "$nurse"
		records "$nurse"$'\tavailable\t-1\t'
		expect_exit 0 tool xpresence -c 1 --from "$juliet"
		records "$juliet"$'\tavailable\t-1\t'
		expect_exit 0 tool xpresence -c 2 --from capulet.lit
		same lines 2 "$(wc -l <out)"
		expect_exit 1 tool xpresence -c 1 --idle 0.5 --from verona.lit
		says 'xpresence: nothing came (--idle) after 0 of 1 record'
		expect_exit 0 tool xpresence --idle 0.3 --from verona.lit
		expect_exit 0 tool xpresence -W 5 --from verona.lit
		expect_exit 124 tool xpresence -W 5 -c 1 --from verona.lit
	done
}

@test "watching leaves offline messages alone" {
	for server in "${servers[@]}"; do
		couple "$server"
		tool xsend -m stored "$juliet"
		expect_exit 0 tool xpresence -a juliet --idle 0.3
		expect_exit 0 tool xpresence -a juliet -1
		expect_exit 0 tool xpresence -a juliet pending
		expect_exit 0 tool xpresence -a juliet --idle 0.3 --auto-approve \
			nowhere.lit
		expect_exit 0 tool xpresence -a juliet set </dev/null
		expect_exit 0 tool xrecv -a juliet -o text -c 1 -W 200
		same body stored "$(cut -f 2 out)"
	done
}

@test "a reader that is gone ends it with 141, also while nothing comes" {
	couple prosody
	mkfifo pipe
	exec 5<>pipe
	spawn tool xpresence -v >pipe 2>err 5>&-
	wait_for_line err 'online as'
	exec 5>&-
	ends 141
}

@test "an alias, and a verb's name as an operand" {
	couple prosody
	printf 'aliases:\n  set: %s\n' "$juliet" >>"$COUPLET_CONFIG"
	expect_exit 1 tool xpresence -1 watch set
	says "xpresence: $juliet: not available"
	expect_exit 64 tool xpresence penidng
	same stderr "xpresence: 'penidng' is neither a verb nor an alias (did you mean 'pending'?)" \
		"$(head -n 1 err)"
	expect_exit 64 tool xpresence nobody
	says "xpresence: unknown alias 'nobody'"
}

# --- waiting -------------------------------------------------------------

@test "--wait-for ends with the record, at once or later" {
	for server in "${servers[@]}"; do
		couple "$server"
		spawn tool xpresence --wait-for available "$juliet" >later
		waiting=$pid
		until_seen romeo
		hold juliet dnd busy
		pid=$waiting ends 0
		same record "$juliet"$'\tdnd\t-1\tbusy' "$(bare <later)"
		expect_exit 0 tool xpresence --wait-for dnd "$juliet"
		records "$juliet"$'\tdnd\t-1\tbusy'
		expect_exit 0 tool xpresence --wait-for available
	done
}

@test "--wait-for what does not come is 124" {
	for server in "${servers[@]}"; do
		couple "$server"
		expect_exit 124 tool xpresence -W 5 --wait-for chat "$juliet"
		prints ''
	done
}

@test "--wait-for unavailable: when the last resource is gone, or none was" {
	for server in "${servers[@]}"; do
		couple "$server"
		expect_exit 0 tool xpresence --wait-for unavailable "$juliet"
		records "$juliet"$'\tunavailable\t\t'
		hold juliet
		first=$pid
		hold juliet
		second=$pid
		spawn tool xpresence -v --wait-for unavailable "$juliet" >later 2>log
		waiting=$pid
		wait_for_line log 'online as'
		until_seen romeo
		kill "$first"
		wait "$first" || true
		expect_exit 0 tool xpresence -1 "$juliet"
		kill -0 "$waiting"
		kill "$second"
		pid=$waiting ends 0
		same record "$juliet"$'\tunavailable\t\t' "$(bare <later)"
	done
}

@test "--wait-for unavailable of anybody: his last resource too" {
	cat >stanzas <<-'XML'
		<presence from="juliet@capulet.lit/1"/>
		<presence from="juliet@capulet.lit/2"/>
		<presence from="juliet@capulet.lit/1" type="unavailable"/>
		<presence from="juliet@capulet.lit/2" type="unavailable"/>
	XML
	stub send=stanzas at=presence echo=no contact=juliet@capulet.lit
	expect_exit 0 tool xpresence --wait-for unavailable
	same stdout $'juliet@capulet.lit/2\tunavailable\t\t' "$(cat out)"
}

@test "--wait-for: several have to be in that state together" {
	for server in "${servers[@]}"; do
		couple "$server"
		tool xpresence subscribe "$nurse"
		tool xpresence -a nurse approve "$romeo"
		hold juliet
		expect_exit 124 tool xpresence -W 5 --wait-for available \
			"$juliet" "$nurse"
		hold nurse
		expect_exit 0 tool xpresence --wait-for available \
			"$juliet" "$nurse"
		same lines 2 "$(wc -l <out)"
	done
}

@test "--wait-for somebody who may not be seen is 69" {
	for server in "${servers[@]}"; do
		couple "$server"
		expect_exit 69 tool xpresence --wait-for available "$nurse"
		says "xpresence: no subscription to $nurse"
	done
}

# --- hostile -------------------------------------------------------------

@test "a flood of presence from one who never is the same costs no memory" {
	python3 -c '
for n in range(60000):
    print("<presence from=\"juliet@capulet.lit/%06d\"><status>%s</status>"
          "</presence>" % (n, "x" * 60))
print("</stream:stream>")' >stanzas
	stub send=stanzas at=presence echo=no contact=juliet@capulet.lit
	spawn /usr/bin/python3 -c '
import resource, subprocess, sys
n = subprocess.call(sys.argv[1:], stdout=open("out", "w"),
                    stderr=open("err", "w"))
print(n, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)' \
		"$BIN/xpresence" --no-reconnect >result
	ends 0
	read -r status kilobytes <result
	same status 75 "$status"
	same lines 60000 "$(wc -l <out)"
	[ "$kilobytes" -lt "${FLAT_KB:-24000}" ] || [[ $BIN = *asan* ]]
}

@test "what is no presence of anybody is no record" {
	cat >stanzas <<-'EOF'
		<presence from='@@' type='unavailable'/>
		<presence from='juliet@capulet.lit/a' type='error'><error type='cancel'><gone xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error></presence>
		<presence from='juliet@capulet.lit/a' type='probe'/>
		<presence from='juliet@capulet.lit/a' type='nonsense'/>
		<presence from='juliet@capulet.lit/b' type='unavailable'/>
		<iq from='tybalt@capulet.lit' type='set' id='1'><query xmlns='jabber:iq:roster'><item jid='tybalt@capulet.lit' subscription='both'/></query></iq>
		<message from='tybalt@capulet.lit'><body>lost</body></message>
		<presence from='juliet@capulet.lit/c'><show>nonsense</show><status>a&#9;b&#155;c&#127;</status></presence>
		</stream:stream>
	EOF
	stub send=stanzas at=presence echo=no contact=juliet@capulet.lit
	expect_exit 75 tool xpresence --no-reconnect
	prints $'juliet@capulet.lit/c\tnonsense\t\ta\\tb\\xc2\\x9bc\\x7f'
	says 'xpresence: the server ended the stream' \
		'xpresence: 1 message came to this session and is not kept'
}

# --- usage ---------------------------------------------------------------

@test "what does not go together is said before anything is done" {
	wrong() {
		expect_exit 64 tool xpresence "${@:2}"
		same "${*:2}" "xpresence: $1" "$(head -n 1 err)"
	}
	wrong '--snapshot and --wait-for exclude each other' -1 --wait-for away
	wrong '--count and --idle go without --snapshot and --wait-for' -1 -c 1
	wrong '--from goes without operands where --snapshot or --wait-for asks for them' \
		-1 --from b.lit a@b.lit
	wrong '--rate is not for watch' --rate 1
	wrong '--snapshot is not for set' -1 set
	wrong 'an output format is not for subscribe' subscribe -j a@b.lit
	wrong 'approve: no JID' approve
	wrong "unexpected operand 'more'" pending more
	wrong "--wait-for: 'here' is not available, away, chat, dnd, xa or unavailable" \
		--wait-for here
}
