# xsend -R: rooms are joined, told, and say it back.

load lib
load xsend
load rooms

bats_require_minimum_version 1.5.0

# attend [ARG...]: juliet is in the room, what is said there comes to heard.
attend() {
	: >heard
	spawn tool xrecv -a juliet -R "$room" --nick Juliet -o text -v "$@" \
		>heard 2>listen.err
	listener=$pid
	wait_for_line listen.err 'joined'
}

# heard_by_now LINES: so many, the last column of each.
heard_by_now() {
	local end=$((SECONDS + 60))
	until [ "$(wc -l <heard)" -ge "$1" ]; do
		[ "$SECONDS" -lt "$end" ] || { echo "# $(wc -l <heard) of $1"; return 1; }
		nap 0.05
	done
	cut -f 2 heard
}

@test "[v] -R: a message, proved by the room; -t groupchat is the same" {
	for server in "${servers[@]}"; do
		fresh "$server"
		make_room juliet
		attend
		expect_exit 0 tool xsend -R -m 'to all' "$room"
		same stdout '' "$(<out)"
		same stderr '' "$(<err)"
		expect_exit 0 tool xsend --nick Bot -t groupchat "$room" <<<'by type'
		same said $'to all\nby type' "$(heard_by_now 2)"
		same nick "$room/Bot" "$(sed -n 2p heard | cut -f 1)"
		kill "$listener"
	done
}

@test "a room that does not exist is not made, unless asked" {
	for server in "${servers[@]}"; do
		fresh "$server"
		room=none-$BASHPID-$RANDOM@rooms.capulet.lit
		expect_exit 1 tool xsend -R -m hi "$room"
		same first "xsend: $room: the room does not exist" "$(head -n 1 err)"
		# Nor is it there now.
		expect_exit 1 tool xsend -R -m hi "$room"
		expect_exit 0 tool xsend --create -R -m hi "$room"
		same stderr '' "$(<err)"
	done
}

@test "each refusal by its meaning" {
	for server in "${servers[@]}"; do
		fresh "$server"
		make_room juliet membersonly=1
		expect_exit 1 tool xsend -R -m hi "$room"
		same members "xsend: $room: members only: registration-required" \
			"$(head -n 1 err | sed 's/ (.*)$//')"
		make_room juliet
		admin juliet "jid='$romeo' affiliation='outcast'"
		expect_exit 1 tool xsend -R -m hi "$room"
		same banned "xsend: $room: we are banned: forbidden" \
			"$(head -n 1 err | sed 's/ (.*)$//')"
		expect_exit 1 tool xsend -R -m hi nobody@nowhere.capulet.lit
		grep -q '^xsend: nobody@nowhere.capulet.lit: ' err
	done
}

@test "a password: from a file, a descriptor, the environment, an alias" {
	for server in "${servers[@]}"; do
		fresh "$server"
		make_room juliet passwordprotectedroom=1 roomsecret=sesame
		expect_exit 1 tool xsend -R -m hi "$room"
		same none "xsend: $room: a password is needed: not-authorized" \
			"$(head -n 1 err | sed 's/ (.*)$//')"
		echo wrong >wrong
		echo sesame >right
		chmod 600 wrong right
		expect_exit 1 tool xsend -R --room-password-file wrong -m hi "$room"
		same wrong "xsend: $room: wrong password: not-authorized" \
			"$(head -n 1 err | sed 's/ (.*)$//')"
		expect_exit 0 tool xsend -R --room-password-file right -m hi "$room"
		expect_exit 0 tool xsend -R --room-password-fd 5 -m hi "$room" 5<right
		expect_exit 64 tool xsend -R --room-password-fd 0 "$room" <right
		COUPLET_ROOM_PASSWORD=sesame expect_exit 0 tool xsend -R -m hi "$room"
		printf 'aliases:\n  ops:\n    room: %s\n    nick: logbot\n    password_file: %s\n' \
			"$room" "$PWD/right" >>"$COUPLET_CONFIG"
		attend --room-password-file right
		expect_exit 0 tool xsend -m 'by alias' ops
		same said 'by alias' "$(heard_by_now 1)"
		same nick "$room/logbot" "$(cut -f 1 heard)"
		kill "$listener"
	done
}

@test "a nick that is taken gets a number, unless it has to be that one" {
	for server in "${servers[@]}"; do
		fresh "$server"
		make_room juliet
		attend
		expect_exit 0 tool xsend --nick Juliet -R -m hi "$room"
		same said hi "$(heard_by_now 1)"
		same nick "$room/Juliet2" "$(cut -f 1 heard)"
		expect_exit 1 tool xsend --nick Juliet --nick-exact -R -m hi "$room"
		same taken "xsend: $room: the nick is taken: conflict" \
			"$(head -n 1 err | sed 's/ (.*)$//')"
		kill "$listener"
	done
}

@test "a room that is moderated refuses the message, not the join" {
	for server in "${servers[@]}"; do
		fresh "$server"
		make_room juliet moderatedroom=1 members_by_default=0
		expect_exit 1 tool xsend -R -m hi "$room"
		grep -q "^xsend: $room: message [^ ]*: forbidden" err
	done
}

@test "many rooms and lines: one connection, one join each, in order" {
	for server in "${servers[@]}"; do
		fresh "$server"
		make_room juliet
		rooms=()
		for ((i = 0; i < 50; i++)); do
			rooms+=("r$i-$BASHPID-$RANDOM@rooms.capulet.lit")
		done
		attend
		expect_exit 0 tool xsend -v --create -R -l "$room" "${rooms[@]}" < <(seq 3)
		same said $'1\n2\n3' "$(heard_by_now 3)"
		same joins 51 "$(grep -c ': joined as ' err)"
		same logins 1 "$(grep -c ': online as ' err)"
		kill "$listener"
	done
}

@test "10,000 lines arrive in order, each proved" {
	for server in "${servers[@]}"; do
		fresh "$server"
		make_room juliet
		attend
		rm -f log
		expect_exit 0 tool xsend --log-file log -R -l "$room" < <(seq 10000)
		heard_by_now 10000 | cmp - <(seq 10000)
		same log 10000 "$(cut -f 6 log | grep -c '^sent$')"
		kill "$listener"
	done
}

@test "one room of two refuses: 2, and the other has all" {
	for server in "${servers[@]}"; do
		fresh "$server"
		make_room juliet
		attend
		none=none-$BASHPID-$RANDOM@rooms.capulet.lit
		expect_exit 2 tool xsend -R -l "$none" "$room" < <(seq 5)
		same stderr "xsend: $none: the room does not exist" "$(<err)"
		same said "$(seq 5)" "$(heard_by_now 5)"
		kill "$listener"
	done
}

@test "banned in mid-stream: said, and it is the end" {
	for server in "${servers[@]}"; do
		fresh "$server"
		make_room juliet
		attend
		rm -f lines
		mkfifo lines
		exec 7<>lines
		spawn tool xsend -v --nick Bot -R -l "$room" <lines 2>err
		sender=$pid
		echo one >&7
		same said one "$(heard_by_now 1)"
		admin juliet "jid='$romeo' affiliation='outcast'"
		wait_for_line err "xsend: $room: banned"
		code=0
		wait "$sender" || code=$?
		exec 7>&-
		same status 1 "$code"
		kill "$listener"
	done
}

@test "records: to a room by their type, joined when the first one comes" {
	for server in "${servers[@]}"; do
		fresh "$server"
		make_room juliet
		attend
		expect_exit 0 tool xsend -x <<-EOT
			<message type='groupchat' to='$room'><body>a</body></message>
			<message type='groupchat' to='$room'><body>b</body></message>
			<message to='$juliet'><body>not there</body></message>
		EOT
		same said $'a\nb' "$(heard_by_now 2)"
		expect_exit 65 tool xsend -x \
			<<<"<message type='groupchat' to='$room/x'><body>a</body></message>"
		expect_exit 65 tool xsend -x \
			<<<"<message type='groupchat'><body>a</body></message>"
		kill "$listener"
	done
}

@test "people and rooms by one alias, each in its way" {
	for server in "${servers[@]}"; do
		fresh "$server"
		new_account nurse capulet.lit
		make_room juliet
		attend
		printf 'aliases:\n  ops: {room: %s}\n  all: [ops, %s]\n' "$room" "$nurse" \
			>>"$COUPLET_CONFIG"
		expect_exit 0 tool xsend -l all < <(seq 2)
		same said $'1\n2' "$(heard_by_now 2)"
		expect_exit 0 tool xrecv -a nurse -c 2 -F '%T %b' -W 200
		same chat $'chat 1\nchat 2' "$(<out)"
		kill "$listener"
	done
}

@test "[v] to an occupant: it is seen that there is a room, which is joined" {
	for server in "${servers[@]}"; do
		fresh "$server"
		make_room juliet
		attend
		expect_exit 0 tool xsend --print-id -m psst "$room/Juliet"
		same ids 1 "$(wc -l <out)"
		same said psst "$(heard_by_now 1)"
		expect_exit 1 tool xsend -m psst "$room/Nobody"
		grep -q "^xsend: $room/Nobody: message [^ ]*: item-not-found" err
		# A client is none, and waits for nothing.
		expect_exit 0 tool xsend --bounce-wait 0 -m hi "$juliet/there"
		kill "$listener"
	done
}

@test "we are gone from the room when the program is" {
	for server in "${servers[@]}"; do
		fresh "$server"
		make_room juliet
		attend --occupants -x
		expect_exit 0 tool xsend --nick Bot -R -m hi "$room"
		wait_for_line heard "presence [^>]*from=\"$room/Bot\"[^>]*type=\"unavailable\""
		kill "$listener"
	done
}

@test "what does not go together is said before anything is done" {
	on prosody
	new_account romeo
	expect_exit 64 tool xsend -R -t chat -m x r@rooms.capulet.lit
	expect_exit 64 tool xsend -R -m x r@rooms.capulet.lit/nick
	expect_exit 64 tool xsend -R -m x rooms.capulet.lit
	expect_exit 64 tool xsend -R --queue -m x r@rooms.capulet.lit
	expect_exit 64 tool xsend -R --receipt 5 -m x r@rooms.capulet.lit
	expect_exit 64 tool xsend --nick x -m x juliet@capulet.lit
	same nick 'xsend: --nick: no recipient is a room' "$(head -n 1 err)"
	expect_exit 64 tool xsend --create -m x juliet@capulet.lit
	expect_exit 64 tool xsend -R -x </dev/null
	expect_exit 65 tool xsend --queue -x \
		<<<"<message type='groupchat' to='r@rooms.capulet.lit'><body>a</body></message>"
}
