#!/usr/bin/env bats
# xrecv -R: rooms.

bats_require_minimum_version 1.5.0
load lib
load xsend
load xrecv
load xrecv-room

# --- what is printed -----------------------------------------------------

@test "[v] what is said in the room, in each format" {
	for server in "${servers[@]}"; do
		cast "$server"
		new_room
		attends juliet -R "$room"
		nurse_says 'a	b'
		wait_for_line juliet.got .
		same text "$room/Nurse"$'\ta\\tb' "$(cat juliet.got)"
		kill "$pid"
		ends 143
		for format in -x -j '-F %n:%b:%T' '-o nul'; do
			rm -f got
			# shellcheck disable=SC2086 # two words
			spawn tool xrecv -a juliet -v -c 1 $format -R "$room" >got 2>err
			wait_for_line err ': joined as' 120
			nurse_says again
			ends 0
			case $format in
			-x) grep -q "^<message .*from=\"$room/Nurse\".*<body>again</body>" got ;;
			-j) same from "$room/Nurse again" "$(jq -r '.from + " " + .body' got)" ;;
			-F*) same template Nurse:again:groupchat "$(cat got)" ;;
			*) same nul "$room/Nurse"$'\tagain' "$(tr '\0' '\n' <got)" ;;
			esac
		done
	done
}

@test "no subject, no occupants and no own reflections, unless asked for" {
	for server in "${servers[@]}"; do
		cast "$server"
		new_room
		echo "<message type='groupchat' to='$room'><subject>balcony</subject></message>" >&8
		attends juliet -R "$room"
		spawn tool xrecv -a juliet -v -o text --own -R "$room" >own.got 2>own.log
		wait_for_line own.log ': joined as'
		attends romeo -R "$room/Montague" -o json --subject --occupants --own
		nurse_says first
		wait_for_line romeo.got '"first"'
		echo "<message type='groupchat' to='$room'><subject>tomb</subject></message>" >&8
		wait_for_line romeo.got tomb
		# Another session of juliet's, under the same nick.
		rm -f juliet.fifo
		mkfifo juliet.fifo
		spawn tool xsend -a juliet -x --bounce-wait 0 <>juliet.fifo
		nick=${juliet%@*}
		printf "<presence to='$room/$nick'><x xmlns='$muc'/></presence>\n<message type='groupchat' to='$room'><body>%s</body></message>\n" \
			mine >juliet.fifo
		wait_for_line romeo.got '"mine"'
		nurse_says last
		wait_for_line juliet.got last
		wait_for_line romeo.got last
		same juliet "$room/Nurse"$'\tfirst\n'"$room/Nurse"$'\tlast' \
			"$(cat juliet.got)"
		wait_for_line own.got last
		same own $'first\nmine\nlast' "$(bodies_in own.got)"
		same subjects $'balcony\ntomb' \
			"$(jq -r 'select(.subject) | .subject' romeo.got)"
		same occupants "Montague Nurse $nick" "$(jq -r \
			'select(.kind == "presence") | .from | split("/")[1]' \
			romeo.got | sort -u | paste -sd ' ')"
		same bodies $'first\nmine\nlast' \
			"$(jq -r 'select(.body) | .body' romeo.got)"
	done
}

@test "--occupants: who comes and goes, and that one who ends has left" {
	for server in "${servers[@]}"; do
		cast "$server"
		new_room whois=anyone
		attends juliet -R "$room" --occupants
		wait_for_line juliet.got $'/Nurse\tavailable'
		spawn tool xrecv -a romeo -v -R "$room" -c 1 >romeo.got 2>err
		wait_for_line juliet.got "/${romeo%@*}"$'\tavailable'
		wait_for_line err ': joined as'
		nurse_says go
		ends 0
		wait_for_line juliet.got "/${romeo%@*}"$'\tunavailable'
		wait_for_line juliet.got go
		same records "$room/Nurse	available
$room/${romeo%@*}	available
$room/Nurse	go
$room/${romeo%@*}	unavailable" \
			"$(cut -f 1,2 juliet.got | awk '!seen[$0]++')"
	done
}

@test "who the occupants are, where the room says so" {
	for server in "${servers[@]}"; do
		cast "$server"
		for whois in moderators anyone; do
			new_room whois=$whois
			rm -f got
			spawn tool xrecv -a juliet -c 1 --occupants -R "$room" >got
			ends 0
			grep -q "from=\"$room/Nurse\"" got
			same "jid with $whois" "$([ $whois = moderators ] || echo 1)" \
				"$(grep -c "jid=\"$nurse/" got | sed s/^0$//)"
		done
	done
}

@test "--history: so many messages, or since a time" {
	for server in "${servers[@]}"; do
		cast "$server"
		new_room
		attends juliet -R "$room"
		for n in 1 2 3; do nurse_says "old$n"; done
		wait_for_line juliet.got old3
		for history in '--history 2|old2 old3' '--history 1h|old1 old2 old3' \
			"--history 2026-11-01T10:00Z|old1 old2 old3" '--history 2999-01-01|' \
			'--history 0|' '|'; do
			echo "# $history"
			# shellcheck disable=SC2086 # two words
			attends romeo -R "$room" ${history%|*}
			nurse_says new
			wait_for_line romeo.got new
			read -ra expected <<<"${history#*|}"
			same bodies "$(printf '%s\n' "${expected[@]}" new | sed '/^$/d')" \
				"$(bodies_in romeo.got | grep -v '^new$'; echo new)"
			kill "$pid"
			ends 143
		done
		expect_exit 0 tool xrecv -a romeo -R "$room" --history 5 -c 1 -x
		grep -q '<delay ' out
	done
}

# many_rooms N: of nurse's, ROOM-1 to ROOM-N@rooms.capulet.lit. Sets many.
many_rooms() {
	many=m$BASHPID-${EPOCHREALTIME//[!0-9]/}
	seq -f "<presence to='$many-%.0f@rooms.capulet.lit/Nurse'><x xmlns='$muc'/></presence>" \
		"$1" >&8
	comes_to "$1" nurse.trace "< <presence .*$many-.*\\b201\\b"
	seq -f "<iq type='set' id='configure' to='$many-%.0f@rooms.capulet.lit'><query xmlns='$muc#owner'><x xmlns='jabber:x:data' type='submit'/></query></iq>" \
		"$1" >&8
	comes_to "$1" nurse.trace "< <iq [^>]*configure"
}

@test "50 rooms on one connection" {
	for server in "${servers[@]}"; do
		cast "$server"
		many_rooms 50
		rooms=()
		for n in {1..50}; do rooms+=(-R "$many-$n@rooms.capulet.lit"); done
		rm -f got
		spawn tool xrecv -a juliet -v -c 50 -o text "${rooms[@]}" \
			--trace trace >got 2>err
		comes_to 50 err ': joined as'
		for n in {1..50}; do nurse_says "hello$n" "$many-$n@rooms.capulet.lit"; done
		ends 0
		for n in {1..50}; do echo "$many-$n@rooms.capulet.lit/Nurse	hello$n"; done |
			sort | diff - <(sort got)
		same joins 50 \
			"$(grep -o "<presence to=[^>]*><x xmlns=.$muc.>" trace | wc -l)"
	done
}

@test "private messages come as well, direct ones only with --priority" {
	for server in "${servers[@]}"; do
		cast "$server"
		new_room
		for priority in '' --priority=0; do
			attends juliet -R "$room" $priority
			# The server knows by then whether she is present.
			tool xsend -a romeo -m direct "$juliet"
			echo "<message type='chat' to='$room/${juliet%@*}'><body>private</body></message>" >&8
			wait_for_line juliet.got private
			[ -z "$priority" ] || wait_for_line juliet.got direct
			kill "$pid"
			ends 143
			same "with '$priority'" "${priority:+direct}" \
				"$(bodies_in juliet.got | grep -v private | sort -u)"
		done
	done
}

# --- not in, or not any more -----------------------------------------------

# refused TEXT ARG...: xrecv as juliet in the one room ends with 1, saying so.
refused() {
	expect_exit 1 tool xrecv -a juliet "${@:2}" -R "$room"
	prints ''
	grep -qE "^xrecv: $room: $1( |:|$)" err || { sed 's/^/# /' err; return 1; }
	same lines 1 "$(wc -l <err)"
}

@test "each reason not to be let in is told, with 1" {
	for server in "${servers[@]}"; do
		cast "$server"
		room=none-$RANDOM$RANDOM@rooms.capulet.lit
		refused 'the room does not exist'
		new_room
		admin "affiliation='outcast' jid='$juliet'/>"
		refused 'we are banned'
		new_room membersonly=1
		refused 'members only'
		new_room passwordprotectedroom=1 roomsecret=Verona
		refused 'a password is needed'
		(umask 077 && echo Mantua >password)
		refused 'wrong password' --room-password-file password
		echo Verona >password
		attends juliet -R "$room" --room-password-file password
		kill "$pid"
		ends 143
	done
}

@test "a room that is full (ejabberd)" {
	cast ejabberd
	new_room maxusers=1
	refused 'the room is full'
}

@test "a nick that is taken gets a number, with --nick-exact it is 1" {
	for server in "${servers[@]}"; do
		cast "$server"
		new_room
		attends juliet -R "$room/Nurse"
		grep -q ": joined as 'Nurse2'" juliet.log
		attends romeo -R "$room" --nick Nurse
		grep -q ": joined as 'Nurse3'" romeo.log
		new_room
		refused 'the nick is taken' --nick Nurse --nick-exact
	done
}

@test "one that is kicked or banned stays out" {
	for server in "${servers[@]}"; do
		cast "$server"
		new_room
		rm -f got
		spawn tool xrecv -a juliet -v -o text -R "$room/J" >got 2>err
		wait_for_line err ': joined as'
		nurse_says before
		wait_for_line got before
		nurse_does "nick='J' role='none'><reason>out</reason></item>"
		ends 1
		same stderr "xrecv: $room: kicked by Nurse (out)" "$(grep kicked err)"
		same bodies before "$(bodies_in got)"
		spawn tool xrecv -a juliet -v -o text -R "$room/J" 2>err
		wait_for_line err ': joined as'
		admin "jid='$juliet' affiliation='outcast'/>"
		ends 1
		grep -q "^xrecv: $room: banned" err
	done
}

@test "as long as there is another room it goes on, and it is 2" {
	for server in "${servers[@]}"; do
		cast "$server"
		new_room
		first=$room
		new_room
		rm -f got
		spawn tool xrecv -a juliet -v -c 2 -o text -R "$first/J" \
			-R "none-$RANDOM@rooms.capulet.lit" -R "$room/J" >got 2>err
		wait_for_line err "$first: joined as"
		wait_for_line err "$room: joined as"
		wait_for_line err 'the room does not exist'
		nurse_says one "$first"
		wait_for_line got one
		room=$first nurse_does "nick='J' role='none'/>"
		wait_for_line err "$first: kicked"
		nurse_says two
		ends 2
		same bodies $'one\ntwo' "$(bodies_in got)"
	done
}

@test "a room that is destroyed is no more" {
	for server in "${servers[@]}"; do
		cast "$server"
		new_room
		attends juliet -R "$room"
		tool xiq -a nurse "$room" <<<"<iq type='set'><query xmlns='$muc#owner'>
			<destroy jid='tomb@rooms.capulet.lit'><reason>fin</reason></destroy></query></iq>"
		ends 1
		grep -q "^xrecv: $room: the room was destroyed; it is now at tomb@rooms.capulet.lit (fin)" juliet.log
	done
}

@test "a delay of the sender's own makes no past of what is said now" {
	{
		echo "<presence from='hall@rooms.lit/romeo'><x xmlns='$muc#user'><item role='participant'/><status code='110'/></x></presence>"
		for delay in '' "from='romeo@montague.lit'" "from='hall@rooms.lit'" "from='rooms.lit'"; do
			echo "<message type='groupchat' from='hall@rooms.lit/romeo'><body>$delay</body><delay xmlns='urn:xmpp:delay' stamp='2026-01-01T00:00:00Z' $delay/></message>"
		done
		echo "<message type='groupchat' from='hall@rooms.lit/nurse'><body>end</body></message>"
	} | sed "s/<body>from='\([^']*\)'/<body>\1/" >stanzas
	stub send=stanzas at=presence
	expect_exit 0 tool xrecv -R hall@rooms.lit -F %b -c 3 -W 200
	same 'ours of the past' $'hall@rooms.lit\nrooms.lit\nend' "$(<out)"
}

@test "removed for a technical reason it joins again" {
	for code in 332 333; do
		# shellcheck disable=SC2030,SC2031
		{
			x="<x xmlns='$muc#user'><item affiliation='none' role='none'/><status code='110'/>"
			echo "<presence from='hall@rooms.lit/romeo'>$x</x></presence>"
			echo "<presence from='hall@rooms.lit/romeo' type='unavailable'>$x<status code='307'/><status code='$code'/></x></presence>"
		} >stanzas
		stub send=stanzas at=presence
		rm -f log
		spawn tool xrecv -v -R hall@rooms.lit 2>log
		wait_for_line log 'hall@rooms.lit: removed.*; joining again'
		comes_to 2 "$STUB_LOG" ' recv presence .*to=.hall@rooms.lit/romeo'
		kill "$pid"
		ends 143
	done
	stub send=stanzas at=presence
	expect_exit 75 tool xrecv --no-reconnect -R hall@rooms.lit
}

@test "after a restart of the server it is in the rooms again" {
	for server in "${servers[@]}"; do
		own "$server"
		players
		new_room persistentroom=1
		attends juliet -R "$room"
		nurse_says before
		wait_for_line juliet.got before
		# In order, as what is stored may not be on the disk yet.
		"$tests/servers/stop" "$XMPP_DIR"
		wait_for_line juliet.log 'reconnecting' 120
		"$tests/servers/restart" "$XMPP_DIR"
		comes_to 2 juliet.log ': joined as'
		nurse_is_gone
		feed tool xsend -a nurse -x --bounce-wait 0 --trace nurse.trace
		echo "<presence to='$room/Nurse'><x xmlns='$muc'/></presence>" >&8
		nurse_says after
		wait_for_line juliet.got after
		same bodies $'before\nafter' "$(bodies_in juliet.got)"
	done
}

# --- the end -----------------------------------------------------------------

@test "no reader any more is 141, and a signal leaves" {
	for server in "${servers[@]}"; do
		cast "$server"
		new_room
		attends romeo -R "$room" --occupants
		mkfifo "pipe-$server"
		head -n 1 "pipe-$server" >got 3>&- &
		spawn tool xrecv -a juliet -v -R "$room/J" >"pipe-$server" 2>err
		wait_for_line err ': joined as'
		nurse_says one
		wait_for_line got one
		ends 141
		wait_for_line romeo.got $'/J\tunavailable'
	done
}

# --- invitations -------------------------------------------------------------

@test "[v] --accept-invites: who may invite, and to where" {
	for server in "${servers[@]}"; do
		cast "$server"
		new_room
		direct=$room
		new_room
		third=$room
		new_room passwordprotectedroom=1 roomsecret=Verona whois=anyone
		spawn tool xrecv -a juliet -v --accept-invites "$nurse" \
			--accept-invites "$third" --nick J >got 2>err
		wait_for_line err 'online as'
		echo "<message to='$juliet'><x xmlns='jabber:x:conference' jid='$direct'/></message>" >&8
		wait_for_line err "$direct: joined as 'J'"
		echo "<message to='$room'><x xmlns='$muc#user'><invite to='$juliet'/></x></message>" >&8
		wait_for_line err "$room: joined as 'J'"
		# By somebody else: not there, but to the room that is named.
		tool xsend -a romeo -x "$juliet" <<-EOF
			<message to='$juliet'><x xmlns='jabber:x:conference' jid='hall@rooms.capulet.lit'/></message>
			<message to='$juliet'><x xmlns='jabber:x:conference' jid='$third'/></message>
		EOF
		wait_for_line err "$third: joined as 'J'"
		same 'not entered' '' "$(grep 'hall@rooms' err)"
		same invitations 4 "$(grep -c 'invite\|jabber:x:conference' got)"
		nurse_says hello "$direct"
		wait_for_line got hello
		# Who was thrown out comes back when he is invited again.
		room=$direct nurse_does "nick='J' role='none'/>"
		wait_for_line err "$direct: kicked"
		echo "<message to='$juliet'><x xmlns='jabber:x:conference' jid='$direct'/></message>" >&8
		comes_to 2 err "$direct: joined as"
		nurse_says back "$direct"
		wait_for_line got back
		kill "$pid"
		ends 143
	done
}

@test "--accept-invites: an invitation that waits for us, with -c" {
	for server in "${servers[@]}"; do
		cast "$server"
		new_room
		tool xsend -a nurse -x "$juliet" <<-EOF
			<message to='$juliet'><x xmlns='jabber:x:conference' jid='$room'/></message>
		EOF
		spawn tool xrecv -a juliet -v -c 2 --accept-invites "$nurse" \
			--nick J >got 2>err
		wait_for_line err "$room: joined as 'J'" 120
		nurse_says hello
		ends 0
		same records 2 "$(wc -l <got)"
		grep -q hello got
		# One of the two lets us fetch it by itself (XEP-0013).
		[ "$server" = prosody ] || grep -q '<offline ' got
		nurse_is_gone
	done
}

# --- the command line --------------------------------------------------------

@test "usage" {
	on prosody
	new_account romeo
	expect_exit 64 tool xrecv -R rooms.lit
	grep -q "^xrecv: -R: 'rooms.lit' is no room: it has no localpart" err
	expect_exit 64 tool xrecv -R '@'
	expect_exit 64 tool xrecv -R nobody
	for option in --subject --occupants --history=5 --nick=x --nick-exact \
		--room-password-file=x; do
		expect_exit 64 tool xrecv $option
		grep -q "^xrecv: ${option%=*} without -R" err
	done
	expect_exit 64 tool xrecv -R hall@rooms.lit --history yesterday
	grep -q "^xrecv: --history: 'yesterday' is neither a number (0 to 100000) nor a time" err
	expect_exit 64 tool xrecv -R hall@rooms.lit --history 100001
	expect_exit 64 tool xrecv -R hall@rooms.lit --history -1
	expect_exit 64 tool xrecv --accept-invites @
	expect_exit 64 tool xrecv -R hall@rooms.lit --durable x
	grep -q '^xrecv: -R and --durable exclude each other' err
	expect_exit 78 tool xrecv -R hall@rooms.lit --room-password-file missing
}

@test "an alias names a room, with its nick" {
	for server in "${servers[@]}"; do
		cast "$server"
		new_room passwordprotectedroom=1 roomsecret=Verona
		printf 'aliases:\n  hall: {room: %s, nick: Tybalt, password: Verona}\n' \
			"$room" >>"$COUPLET_CONFIG"
		attends juliet -R hall
		grep -q "$room: joined as 'Tybalt'" juliet.log
	done
}
