#!/usr/bin/env bats
# xrecv --dedup: what came before is not printed again.

load lib
load xsend
load xrecv

# say ID BODY [ACCOUNT]: a message to juliet.
say() {
	tool xsend -a "${3:-romeo}" --id "$1" -m "$2" "$juliet"
}

# got BODY...: these were printed, and nothing was said.
got() {
	same stdout "$(printf '%s\n' "$@")" "$(bodies_in out)"
	says
}

# keys: how many the file has.
keys() {
	tail -n +2 seen | wc -l
}

@test "one that comes again is dropped, in this run and in a later one" {
	for server in "${servers[@]}"; do
		fresh "$server"
		rm -f seen
		say a one
		say b two
		say a three
		say c 'the end'
		expect_exit 0 receive --dedup seen -c 3
		got one two 'the end'
		same mode 600 "$(stat -c %a seen)"
		same keys 3 "$(keys)"
		same 'the head' 'couplet-dedup 1' "$(head -n 1 seen)"
		say b four
		say d five
		expect_exit 0 receive --dedup seen -c 1
		got five
		# The double was received: nobody gets it now.
		the_rest
		# Without the option, and with another file.
		say a six
		expect_exit 0 receive -c 1
		got six
		say a seven
		expect_exit 0 receive --dedup other -c 1
		got seven
	done
}

@test "the sender is a part of the key, his resource is none" {
	for server in "${servers[@]}"; do
		fresh "$server"
		new_account paris montague.lit
		rm -f seen
		say a one
		say a two paris
		expect_exit 0 receive --dedup seen -c 2
		got one two
		tool xsend -u "$romeo/orchard" --id a -m three "$juliet"
		say b four
		expect_exit 0 receive --dedup seen -c 1
		got four
	done
}

@test "the origin-id comes first" {
	for server in "${servers[@]}"; do
		fresh "$server"
		rm -f seen
		for id in a b; do
			tool xsend -x <<-EOT
				<message to="$juliet" id="$id" type="chat"><body>$id</body>
				<origin-id xmlns="urn:xmpp:sid:0" id="o"/></message>
			EOT
		done
		say c 'the end'
		expect_exit 0 receive --dedup seen -c 2
		got a 'the end'
	done
}

@test "-v says how many" {
	fresh prosody
	say a one
	say a two
	say b three
	receive --dedup seen -c 2 -v >out 2>err
	same stdout $'one\nthree' "$(bodies_in out)"
	grep -qx 'xrecv: 1 message had come before' err
	grep -rq "${romeo%@*}" seen && return 1
	same 'it holds no address' 0 "$(grep -c montague seen)"
}

@test "what the filters drop is not known" {
	fresh prosody
	say a one
	say b two
	expect_exit 0 receive --dedup seen --type headline --idle 1
	got
	same keys 0 "$(keys)"
}

@test "a message without id is never a double" {
	printf '<message from="juliet@capulet.lit/balcony" type="chat"><body>x</body></message>%.0s' \
		1 2 >two
	stub send=two at=presence
	expect_exit 0 tool xrecv -o text --dedup seen -c 2
	same stdout $'x\nx' "$(bodies_in out)"
	same keys 0 "$(keys)"
}

@test "an error has the id of what it is about, and is no double" {
	printf '<message from="juliet@capulet.lit" id="a" type="%s"><body>x</body></message>' \
		chat error error chat normal >some
	stub send=some at=presence
	expect_exit 0 tool xrecv -F %T --dedup seen -c 3
	prints $'chat\nerror\nerror'
}

@test "a room: the occupant and the id, or the room and its id" {
	room() {
		printf '<message from="hall@rooms.lit/%s" id="%s" type="groupchat"><body>%s</body>' \
			"$1" "$2" "$3"
		[ -z "${4:-}" ] ||
			printf '<stanza-id xmlns="urn:xmpp:sid:0" by="%s" id="%s"/>' \
				"${5:-hall@rooms.lit}" "$4"
		printf '</message>'
	}
	{
		room romeo a one 1
		room romeo a two 2
		room paris a three 3
		room paris b four 1
		room paris c five 1 paris@rooms.lit
		room romeo d six
	} >some
	stub send=some at=presence
	expect_exit 0 tool xrecv -o text --dedup seen -c 4
	same stdout $'one\nthree\nfive\nsix' "$(bodies_in out)"
}

@test "what stdout has not taken is not known" {
	for server in "${servers[@]}"; do
		fresh "$server"
		rm -f seen
		# What may be resumed the server would keep for that.
		unread --dedup seen --idle 30 --no-reconnect
		say a one
		say a two
		say b three
		waits_for_reader
		kill -KILL "$pid"
		wait "$pid" || true
		exec 5>&-
		same keys 0 "$(keys)"
		expect_exit 0 tool xsend -m 'the end' "$juliet"
		spawn tool xrecv -a juliet -o text --dedup seen -W 200 >out 2>err
		wait_for_line out 'the end$' 120
	done
}

@test "a key is there as soon as the record is read" {
	fresh prosody
	spawn tool xrecv -a juliet -o text --dedup seen -v --no-reconnect >out 2>err
	wait_for_line err 'online as'
	say a one
	wait_for_line seen '^[0-9a-f]{32} [0-9]+$' 120
	kill -KILL "$pid"
	wait "$pid" || true
	say a two
	say b three
	expect_exit 0 receive --dedup seen -W 30 -c 1
	got three
}

@test "-c fetches a double from offline storage, and removes it" {
	fresh ejabberd
	say a one
	expect_exit 0 receive --dedup seen -c 1
	got one
	say a two
	say b three
	say c four
	expect_exit 0 receive --dedup seen -c 1
	got three
	the_rest four
}

@test "two at once: 75" {
	fresh prosody
	spawn tool xrecv -a juliet --dedup seen -v 2>log
	wait_for_line log 'online as'
	expect_exit 75 tool xrecv -a juliet --dedup seen
	says 'xrecv: seen: another process has it'
}

@test "the file is something else, or not to be had: before any connection" {
	stub
	echo 'Dear diary' >diary
	expect_exit 65 tool xrecv --dedup diary
	says 'xrecv: diary: not a file of --dedup, it is left as it is'
	same diary 'Dear diary' "$(cat diary)"
	expect_exit 74 tool xrecv --dedup nowhere/seen
	says 'xrecv: nowhere/seen: No such file or directory'
	expect_exit 74 tool xrecv --dedup /dev/null
	says 'xrecv: /dev/null: not a regular file'
	expect_exit 74 tool xrecv --dedup .
	says 'xrecv: .: Is a directory'
	same connections 0 "$(grep -c ' connected ' "$STUB_LOG")"
}

@test "--pretend leaves the file alone" {
	stub
	expect_exit 0 tool xrecv --dedup seen --pretend
	[ ! -e seen ]
}

@test "torn and bad lines cost themselves" {
	stub deliver=3 body=x
	expect_exit 0 tool xrecv -o text --dedup seen -c 3
	same keys 3 "$(keys)"
	printf 'junk\n0123' >>seen
	stub deliver=3 body=x
	expect_exit 0 tool xrecv -o text --dedup seen --idle 1
	prints ''
	says 'xrecv: seen: 1 line is no key, it is dropped'
	same keys 3 "$(keys)"
	grep -q junk seen && return 1
	printf '0123' >>seen
	stub deliver=3 body=x
	expect_exit 0 tool xrecv -o text --dedup seen --idle 1
	is_silent
	same keys 3 "$(keys)"
}

@test "the disk is full: 74, and what came is acknowledged" {
	stub deliver=1 ask=each
	expect_exit 0 tool xrecv -o text --dedup seen -c 1
	stub deliver=3 from=nurse@capulet.lit/hall ask=each
	code=0
	(
		trap '' XFSZ
		# One block of 1024 bytes, which the file is made to fill.
		while [ "$(stat -c %s seen)" -le 980 ]; do
			tail -n 1 seen >>seen
		done
		ulimit -f 1
		tool xrecv -o text --dedup seen --idle 5 2>err | cat >out
		exit "${PIPESTATUS[0]}"
	) || code=$?
	same status 74 "$code"
	# Behind it there may be how many had come by then.
	same stderr 'xrecv: seen: File too large' "$(head -n 1 err)"
	[ "$(wc -l <out)" -ge 1 ]
	wait_for_line "$STUB_LOG" ' end stream .* unacked=0|ack h=' 120
}
