#!/usr/bin/env bats
# Delivery receipts (XEP-0184): xsend --receipt waits for them, xrecv --receipts
# sends them.

load lib
load xsend
load xrecv

# friends SERVER: fresh accounts there, romeo and juliet contacts of each other.
friends() {
	fresh "$1"
	"$tests/servers/subscribe" "$XMPP_DIR" "$romeo" "$juliet"
}

# taker ARG...: xrecv as juliet, who sends receipts, in the background.
taker() {
	rm -f taken log
	spawn tool xrecv -a juliet -o text -v --receipts "$@" >taken 2>log
	wait_for_line log 'online as' 120
}

# stop: the one in the background.
stop() {
	kill "$pid"
	wait "$pid" || true
}

# receipt FROM: stanza lines of the stub, a receipt for message @ID@ of the
# first iq of it: what xsend sends has ids that --id says.
receipt() {
	printf '<message from="%s" to="romeo@montague.lit" type="%s"><received xmlns="urn:xmpp:receipts" id="%s"/></message>' \
		"$1" "${3:-chat}" "$2"
}

# asks FROM ID [TYPE [MORE]]: a message that asks for a receipt.
asks() {
	printf '<message from="%s" id="%s" type="%s"><body>x</body>%s<request xmlns="urn:xmpp:receipts"/></message>' \
		"$1" "$2" "${3:-chat}" "${4:-}"
}

@test "[v] from one tool to the other" {
	for server in "${servers[@]}"; do
		friends "$server"
		taker
		expect_exit 0 tool xsend --receipt 60 -m hi "$juliet"
		is_silent
		same 'what came' hi "$(bodies_in taken)"
		expect_exit 0 tool xsend --receipt 60 -t normal -m ho "$juliet"
		is_silent
		stop
		# In offline storage it waits for a receiver.
		tool xsend --receipt 60 -m later "$juliet" 2>err3 &
		background+=($!) sender=$!
		taker -c 1 -W 200
		ends 0
		pid=$sender
		ends 0
		same 'what came' later "$(bodies_in taken)"
	done
}

@test "-l: a receipt for each line" {
	for server in "${servers[@]}"; do
		friends "$server"
		taker
		seq 300 | expect_exit 0 tool xsend -l --receipt 60 "$juliet"
		is_silent
		same 'what came' "$(seq 300)" "$(bodies_in taken)"
		stop
	done
}

@test "none in time: 124, and it is named" {
	for server in "${servers[@]}"; do
		friends "$server"
		expect_exit 124 tool xsend --receipt 0.3 -m hi "$juliet"
		prints ''
		says "xsend: $juliet: message ID: no receipt in time"
		# Who prints it without --receipts sends none.
		listen juliet
		expect_exit 124 tool xsend --receipt 0.3 -m ho "$juliet"
		says "xsend: $juliet: message ID: no receipt in time"
		stop
	done
}

@test "several recipients: each is named, 2 when some have sent one" {
	for server in "${servers[@]}"; do
		friends "$server"
		new_account nurse capulet.lit
		new_account paris montague.lit
		taker
		expect_exit 2 tool xsend --receipt 3 -m hi "$nurse" "$juliet" "$paris"
		says "xsend: $nurse: message ID: no receipt in time" \
			"xsend: $paris: message ID: no receipt in time"
		printf 'one\ntwo\n' >two
		expect_exit 2 tool xsend --receipt 3 -l "$juliet" "$nurse" <two
		says "xsend: stdin:1: $nurse: message ID: no receipt in time" \
			"xsend: stdin:2: $nurse: message ID: no receipt in time"
		stop
	done
}

@test "a bounce is a failure as ever, and ends the waiting" {
	for server in "${servers[@]}"; do
		friends "$server"
		taker
		expect_exit 1 tool xsend --receipt 60 -m hi nobody@capulet.lit
		grep -q '^xsend: nobody@capulet.lit: message .*: service-unavailable' err
		same stderr 1 "$(wc -l <err)"
		expect_exit 2 tool xsend --receipt 60 -m hi nobody@capulet.lit "$juliet"
		same stderr 1 "$(wc -l <err)"
		stop
	done
}

@test "only the recipient's receipt counts" {
	# The stub sends these when the message is there.
	for forged in "$(receipt paris@montague.lit/x a)" \
		"$(receipt capulet.lit a)" "$(receipt juliet@capulet.lit/x b)" \
		"$(receipt juliet@capulet.lit/x a error)" \
		"$(receipt juliet@capulet.lit.evil.lit/x a)"; do
		printf %s "$forged" >stanza
		stub send=stanza at=message
		expect_exit 124 tool xsend -v --receipt 0.5 --id a -m hi "$juliet"
		grep -qx "xsend: $juliet: message a: no receipt in time" err
	done
	receipt paris@montague.lit/x a >stanza
	stub send=stanza at=message
	expect_exit 124 tool xsend -v --receipt 0.5 --id a -m hi "$juliet"
	grep -qx "xsend: a receipt that paris@montague.lit/x sent for a message to $juliet is ignored" err
	for good in "$(receipt juliet@capulet.lit/x a)" \
		"$(receipt juliet@capulet.lit a)" \
		"$(receipt Juliet@CAPULET.lit/y a normal)"; do
		printf %s "$good" >stanza
		stub send=stanza at=message
		expect_exit 0 tool xsend --receipt 60 --id a -m hi "$juliet"
		is_silent
		same 'what was sent' 1 "$(on_wire message |
			grep -c '<request xmlns="urn:xmpp:receipts"/>')"
	done
}

@test "stanzas ask for one where they may" {
	receipt juliet@capulet.lit/x a >stanza
	stub send=stanza at=message
	cat >some <<-EOT
		<message to="$juliet" id="a"><body>1</body></message>
		<message to="$juliet" id="c"><received xmlns="urn:xmpp:receipts" id="x"/></message>
		<presence to="$juliet"/>
	EOT
	expect_exit 0 tool xsend -x --receipt 60 <some
	is_silent
	same asked 'id="a"' "$(on_wire message | grep request | grep -o 'id="."')"
	# And one that has the request has it once.
	asks nobody a >some
	stub send=stanza at=message
	expect_exit 0 tool xsend -x --receipt 60 "$juliet" <some
	same asked 1 "$(on_wire message | grep -o '<request' | wc -l)"
	# Without the option it is sent as it is, and not waited for.
	stub
	expect_exit 0 tool xsend -x "$juliet" <some
	same asked 1 "$(on_wire message | grep -o '<request' | wc -l)"
}

@test "the connection is lost while receipts are waited for: 75, named" {
	stub close-after-first-message how=cut
	expect_exit 75 tool xsend --receipt 60 -m hi "$juliet"
	stub ping=silent peer=silent
	spawn tool xsend --receipt 60 --bounce-wait 0 --id a -m hi -v "$juliet" 2>err
	wait_for_line "$STUB_LOG" ' recv message ' 120
	wait_for_line "$STUB_LOG" ' sent <a ' 120
	kill "$STUB_PID"
	ends 75
	grep -qx "xsend: $juliet: message a: no receipt" err
}

@test "a signal ends the waiting" {
	stub
	spawn tool xsend --receipt 600 --bounce-wait 0 --id a -m hi -v "$juliet" 2>err
	wait_for_line "$STUB_LOG" ' recv message ' 120
	kill -TERM "$pid"
	ends 143
}

@test "what does not go with --receipt: 64" {
	stub
	for bad in 0 -1 x 86401 ''; do
		expect_exit 64 tool xsend "--receipt=$bad" -m hi "$juliet"
	done
	expect_exit 64 tool xsend --receipt 1 -t groupchat -m hi "$juliet"
	same stderr 'xsend: --receipt: there are none in rooms' \
		"$(head -n 1 err)"
	expect_exit 64 tool xsend --receipt 1 --id a -l "$juliet"
	same stderr 'xsend: --receipt with --id is for one message' \
		"$(head -n 1 err)"
	nothing_sent
}

# --- xrecv --receipts ------------------------------------------------------

# receipts_on_wire: "TO TYPE ID" of each that the stub was sent.
receipts_on_wire() {
	on_wire message | grep '<received' | sed -E \
		-e 's/.*<message([^>]*)>.*<received [^>]*id="([^"]*)".*/\1 id=\2/' \
		-e 's/.* to="([^"]*)".* id=(.*)/\1 \2/'
}

@test "receipts go to who may see our presence" {
	{
		asks nurse@capulet.lit/hall 1
		asks paris@montague.lit/x 2
		asks romeo@montague.lit/other 3
		asks nurse@capulet.lit/hall 4 groupchat
		asks nurse@capulet.lit/hall 5 error
		asks nurse@capulet.lit/hall 6 chat \
			'<received xmlns="urn:xmpp:receipts" id="x"/>'
		asks nurse@capulet.lit/hall '7 &#10;&lt;' normal
		printf '<message from="nurse@capulet.lit/hall" id="8"><body>x</body></message>'
		asks nurse@capulet.lit/hall 9 headline
	} >some
	stub no-sm contact=nurse@capulet.lit send=some at=presence
	expect_exit 0 tool xrecv --receipts --idle 2
	same receipts "$(printf '%s\n' 'nurse@capulet.lit/hall 1' \
		'romeo@montague.lit/other 3' 'nurse@capulet.lit/hall 7 &#10;&lt;' \
		'nurse@capulet.lit/hall 9')" "$(receipts_on_wire)"
	# One child alone, and the type of the message.
	on_wire message | grep -qx '<message[^>]* type="chat"[^>]*><received [^>]*id="1"/></message>'
	on_wire message | grep 'id="9"' | grep -q 'type="headline"'
	stub no-sm contact=nurse@capulet.lit send=some at=presence
	expect_exit 0 tool xrecv --idle 2
	nothing_sent
}

@test "none for what the filters drop, one again for a double" {
	{
		asks nurse@capulet.lit/hall 1
		asks nurse@capulet.lit/hall 1
		asks nurse@capulet.lit/hall 2 headline
	} >some
	stub no-sm contact=nurse@capulet.lit send=some at=presence
	expect_exit 0 tool xrecv --receipts --dedup seen -t chat --idle 2
	same records 1 "$(wc -l <out)"
	same receipts $'nurse@capulet.lit/hall 1\nnurse@capulet.lit/hall 1' \
		"$(receipts_on_wire)"
}

@test "not before stdout took the message" {
	for server in "${servers[@]}"; do
		friends "$server"
		unread --receipts -v
		wait_for_line err 'online as' 120
		mv err err.taker
		expect_exit 124 tool xsend --receipt 0.5 -m hi "$juliet"
		waits_for_reader
		spawn tool xsend --receipt 60 -m ho "$juliet" 2>err
		head -n 2 <&5 >both
		ends 0
		exec 5>&-
	done
}

@test "a stranger gets none" {
	for server in "${servers[@]}"; do
		fresh "$server"
		taker
		expect_exit 124 tool xsend --receipt 0.5 -m hi "$juliet"
		wait_for_line taken 'hi$' 120
		stop
	done
}

@test "--receipts is announced" {
	for server in "${servers[@]}"; do
		friends "$server"
		taker
		tool xdisco -a juliet "$(sed -n 's/.*online as \([^ ]*\).*/\1/p' log)" >out 2>err || true
		grep -q 'urn:xmpp:receipts' out
		stop
	done
}
