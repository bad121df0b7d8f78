#!/usr/bin/env bats
# xrecv --reply: what a command prints goes to the sender.

bats_require_minimum_version 1.5.0
load lib
load xsend
load xrecv

@test "--reply: what it prints goes to the sender, in its type and thread" {
	for server in "${servers[@]}"; do
		fresh "$server"
		echo "<message to='$juliet' type='chat'><body>hi</body><thread>t1</thread></message>" |
			tool xsend -a romeo -x
		expect_exit 0 tool xrecv -a juliet --reply -c 1 --exec 'echo "you said:"; cat; echo' -F '%b'
		is_silent
		expect_exit 0 tool xrecv -a romeo -c 1 -W 30 -F '%T %h %#b'
		same reply $'chat t1 you said:\nhi' "$(cat out)"
	done
}

@test "[v] --reply: the stanza is acknowledged when the server has the reply" {
	stub deliver=1 from=juliet@capulet.lit/x deliver-type=chat silent-ack
	spawn tool xrecv --reply --exec 'echo "not $XMPP_BODY"' 2>err
	wait_for_line "$STUB_LOG" ' recv message .*<body>not ' 120
	kill "$pid"
	ends 143
	wait_for_line "$STUB_LOG" ' end .*unacked=1' 120
	stub deliver=1 from=juliet@capulet.lit/x deliver-type=chat
	expect_exit 0 tool xrecv -c 1 --reply --exec 'echo "not $XMPP_BODY"'
	is_silent
	same to 'to="juliet@capulet.lit/x" type="chat"' "$(on_wire message |
		sed -E 's/ id="[^"]*"//; s/<message (.*)><body>.*/\1/' |
		tr ' ' '\n' | sort | paste -sd ' ')"
	wait_for_line "$STUB_LOG" ' end .*unacked=0' 120
}

@test "--reply: not to errors, headlines, rooms, the bodyless, nor for no output" {
	for type in error headline groupchat; do
		stub deliver=1 deliver-type="$type" from=room@capulet.lit/x
		expect_exit 0 tool xrecv -c 1 --reply --exec 'echo no'
		is_silent
		nothing_sent
	done
	stub deliver=1 deliver-type=chat
	expect_exit 0 tool xrecv -c 1 --reply --exec 'echo'
	nothing_sent
	echo '<message from="juliet@capulet.lit/x"><active xmlns="http://jabber.org/protocol/chatstates"/></message>' >chatstate
	stub send=chatstate at=presence
	expect_exit 0 tool xrecv -c 1 --reply --exec 'echo no'
	nothing_sent
	echo '<message from="Romeo@Montague.LIT"><body>me</body></message>' >own
	stub send=own at=presence
	expect_exit 0 tool xrecv -c 1 --reply --exec 'echo no'
	nothing_sent
}

@test "--reply: what is no text is replaced" {
	stub deliver=1 deliver-type=chat
	expect_exit 0 tool xrecv -c 1 --reply --exec 'printf "a\377b\001\n\n"'
	same body $'a\xef\xbf\xbdb\xef\xbf\xbd&#10;' "$(on_wire message |
		sed 's/\\n/\&#10;/g; s/.*<body>\(.*\)<\/body>.*/\1/')"
}

