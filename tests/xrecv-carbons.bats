#!/usr/bin/env bats
# xrecv --carbons: what the account's other clients receive and send.

bats_require_minimum_version 1.5.0
load lib
load xsend
load xrecv

# watches ARG...: xrecv as juliet with --carbons, in the file got.
watches() {
	spawn tool xrecv -a juliet --carbons --priority=-1 -v "$@" >got 2>err
	wait_for_line err 'online as' 120
	wait_for_line trace '<presence>' 120
}

@test "received ones are printed, sent ones with --own" {
	for server in "${servers[@]}"; do
		fresh "$server"
		for own in '' --own; do
			rm -f got other trace log
			watches -o xml --trace trace $own
			spawn tool xrecv -a juliet -v --priority 5 --trace log >other
			wait_for_line log '<presence>' 120
			tool xsend -a romeo -m received "$juliet"
			wait_for_line other 'received' 120
			wait_for_line got 'received' 120
			tool xsend -a juliet -m sent "$romeo"
			tool xsend -a romeo -m again "$juliet"
			wait_for_line got 'again' 120
			kill "${background[@]}"
			wait
			background=()
			same carbons '' "$(grep carbons got)"
			same received 1 "$(grep -c "from=\"$romeo/.*<body>received<" got)"
			same sent "${own:+1}" \
				"$(grep -c "from=\"$juliet/.*<body>sent<" got | sed 's/^0$//')"
		done
	done
}

@test "forged ones are dropped, and counted with -v" {
	inner="<forwarded xmlns='urn:xmpp:forward:0'><message xmlns='jabber:client' from='nurse@capulet.lit/x' to='romeo@montague.lit/y' type='chat'><body>BODY</body></message></forwarded>"
	carbon() {
		echo "<message from='$1' to='romeo@montague.lit/z'><$2 xmlns='urn:xmpp:carbons:2'>${inner/BODY/$3}</$2></message>"
	}
	{
		carbon tybalt@capulet.lit/home received forged1
		carbon tybalt@capulet.lit/home sent forged2
		carbon romeo@montague.lit/other received forged3
		carbon montague.lit received forged4
		carbon romeo@montague.lit received good
		carbon romeo@montague.lit sent own
		echo '</stream:stream>'
	} >stanzas
	printf '<enable[^>]*carbons\t%s\n' "<iq type='result' id='@ID@'/>" >answers
	stub send=stanzas at=presence echo=no answers=answers
	expect_exit 1 tool xrecv --no-reconnect --carbons -o text -v
	prints $'nurse@capulet.lit/x\tgood'
	grep -q '4 stanzas pretended to be of the own account' err
	stub send=stanzas at=presence echo=no answers=answers
	expect_exit 1 tool xrecv --no-reconnect --carbons --own -o text
	prints $'nurse@capulet.lit/x\tgood\nnurse@capulet.lit/x\town'
}

@test "a server that refuses them is 69" {
	stub
	expect_exit 69 tool xrecv --carbons
	prints ''
	says 'xrecv: --carbons: the server refuses copies of messages: service-unavailable'
	same presence '' "$(on_wire presence)"
}
