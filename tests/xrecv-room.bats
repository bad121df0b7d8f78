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
			wait_for_line err ': joined as' 60
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
$room/${romeo%@*}	unavailable" "$(cut -f 1,2 juliet.got)"
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
