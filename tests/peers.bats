#!/usr/bin/env bats
# Clients written by others send to xrecv and receive from xsend.

load lib
load rooms
load xsend

# need NAME COMMAND...: skips where that is not installed.
need() {
	"${@:2}" >/dev/null 2>&1 || skip "no $1 here"
}

# go_sendxmpp [spawn] ARG...: Debian's, as juliet.
go_sendxmpp() {
	local run=(timeout 60)
	[ "$1" != spawn ] || { run=(spawn) && shift; }
	printf '%s\n' "username: $juliet" "password: pw-${juliet%@*}" \
		"jserver: $XMPP_HOST:${port:-$XMPP_PORT}" >sendxmpprc
	chmod 600 sendxmpprc
	"${run[@]}" env SSL_CERT_FILE="$XMPP_CA" /usr/bin/go-sendxmpp \
		-f sendxmpprc "$@"
}

# slixmpp [spawn] ARG...: the peer made with Debian's, as juliet.
slixmpp() {
	local run=(timeout 60)
	[ "$1" != spawn ] || { run=(spawn) && shift; }
	"${run[@]}" /usr/bin/python3 "$tests/peer.py" "$juliet" \
		"pw-${juliet%@*}" "$XMPP_PORT" "$XMPP_CA" "$@" 2>peer.err
}

# text: lines as xrecv -o text writes them, without the resource.
text() {
	sed -E 's/\/[^\t]*//' "$1"
}

@test "go-sendxmpp sends, xrecv prints" {
	need go-sendxmpp /usr/bin/go-sendxmpp --version
	for server in "${servers[@]}"; do
		fresh "$server"
		rm -f got log
		spawn tool xrecv -c 2 -v -W 200 -o text >got 2>log
		wait_for_line log 'online as'
		echo 'Wherefore art thou?' | go_sendxmpp "$romeo"
		wait_for_line got 'Wherefore'
		# Two lines, UTF-8, direct TLS.
		printf 'Für\nElise\n' | port=$XMPP_TLS_PORT go_sendxmpp -t "$romeo"
		wait "$pid"
		same 'what xrecv prints' "$(printf '%s\t%s\n' \
			"$juliet" 'Wherefore art thou?' "$juliet" 'Für\nElise')" \
			"$(text got)"
	done
}

@test "xsend sends, go-sendxmpp prints" {
	need go-sendxmpp /usr/bin/go-sendxmpp --version
	for server in "${servers[@]}"; do
		fresh "$server"
		printf 'I am «here»\nand here\n' |
			expect_exit 0 tool xsend -l "$juliet"
		rm -f got
		go_sendxmpp spawn -l >got
		wait_for_line got 'and here'
		kill "$pid"
		# Newer ones print advice as well.
		same 'what go-sendxmpp prints' "$(printf '%s\n' \
			"$romeo: I am «here»" "$romeo: and here")" \
			"$(sed -n "s/^[^ ]* \\($romeo: \\)/\\1/p" got)"
	done
}

@test "slixmpp sends, xrecv prints" {
	need slixmpp /usr/bin/python3 -c 'import slixmpp'
	for server in "${servers[@]}"; do
		fresh "$server"
		rm -f got log
		spawn tool xrecv -c 2 -v -W 200 -o text >got 2>log
		wait_for_line log 'online as'
		slixmpp send "$romeo" chat $'Für\nElise'
		wait_for_line got 'Für'
		slixmpp send "$romeo" normal '<b>&amp;</b>'
		wait "$pid"
		same 'what xrecv prints' "$(printf '%s\t%s\n' \
			"$juliet" 'Für\nElise' "$juliet" '<b>&amp;</b>')" \
			"$(text got)"
	done
}

@test "xsend sends, slixmpp prints" {
	need slixmpp /usr/bin/python3 -c 'import slixmpp'
	for server in "${servers[@]}"; do
		fresh "$server"
		rm -f got
		slixmpp spawn receive 3 >got
		wait_for_line got ready
		expect_exit 0 tool xsend -m '<b>&amp;</b>' -s Subject "$juliet"
		printf 'Für\nElise' | expect_exit 0 tool xsend "$juliet"
		expect_exit 0 tool xsend -m c -t headline "$juliet"
		wait "$pid"
		same 'what slixmpp prints' "$(printf '%s\n' ready \
			"$romeo	chat	Subject	'<b>&amp;</b>'" \
			"$romeo	chat		'Für\\nElise'" \
			"$romeo	headline		'c'")" "$(cat got)"
	done
}

@test "in a room: slixmpp and we hear each other" {
	need slixmpp /usr/bin/python3 -c 'import slixmpp'
	for server in "${servers[@]}"; do
		fresh "$server"
		make_room juliet
		: >heard
		spawn tool xrecv -v -R "$room/Romeo" -o text -c 2 >heard 2>log
		listener=$pid
		wait_for_line log ': joined as'
		rm -f got
		slixmpp spawn room "$room" Peer 2 'I am here' >got
		peer=$pid
		wait_for_line heard 'I am here'
		printf 'Für\nElise' | expect_exit 0 tool xsend --nick We -R "$room"
		wait "$listener"
		wait "$peer"
		same 'what xrecv prints' "$(printf '%s\t%s\n' \
			"$room/Peer" 'I am here' "$room/We" 'Für\nElise')" "$(<heard)"
		same 'what slixmpp prints' "$(printf '%s\n' ready \
			"$room	groupchat		'I am here'" \
			"$room	groupchat		'Für\\nElise'")" \
			"$(grep -v '^None$' got)" # a print() that was left in it
	done
}

@test "in a room: go-sendxmpp speaks, xrecv prints" {
	need go-sendxmpp /usr/bin/go-sendxmpp --version
	for server in "${servers[@]}"; do
		fresh "$server"
		make_room juliet
		: >heard
		spawn tool xrecv -v -R "$room/Romeo" -o text -c 1 -W 200 >heard 2>log
		wait_for_line log ': joined as'
		echo 'Good morrow' | go_sendxmpp -c "$room"
		wait "$pid"
		same 'what xrecv prints' 'Good morrow' "$(cut -f 2 heard)"
	done
}
