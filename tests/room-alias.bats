#!/usr/bin/env bats
# What it takes to enter a room: the nickname and the password, from the
# command line, the environment, the room's alias and the account.

bats_require_minimum_version 1.5.0
load lib
load xsend
load rooms

# room SECRET: a room of juliet's that stays, with this password; sets room.
room() {
	make_room juliet passwordprotectedroom=1 roomsecret="$1"
}

# aliases: stdin is added to the configuration.
aliases() {
	{ echo aliases:; cat; } >>"$COUPLET_CONFIG"
}

# entered NAME: the trace of the run tells that this was the nickname.
entered() {
	grep -qE "< <presence [^>]*from=[\"']$room/$1[\"']" trace || {
		sed 's/^/# /' trace
		return 1
	}
}

@test "an alias names the room, its nickname and its password" {
	for server in "${servers[@]}"; do
		fresh "$server"
		room s3cret-Hall
		(umask 077; echo s3cret-Hall >hall.password)
		aliases <<-EOF
			  hall: {room: $room, nick: The Log, password_file: hall.password}
			  command: {room: $room, password_command: cat hall.password}
			  text: {room: $room, password: s3cret-Hall}
			  wrong: {room: $room, password: s3cret-Yard}
			  none: {room: $room}
			  both: [hall, $juliet]
		EOF
		expect_exit 0 tool xsend -v --trace trace -m one hall
		grep -qx "xsend: $room: as 'The Log', password from $COUPLET_CONFIG:.*" err
		entered 'The Log'
		same 'secrets' '' "$(grep -h s3cret trace err)"
		expect_exit 0 tool xsend --trace trace -m two command
		entered "${romeo%@*}"
		expect_exit 0 tool xsend -m three text
		expect_exit 0 tool xsend -m four both
		is_silent
		expect_exit 1 tool xsend -m five wrong
		expect_exit 1 tool xsend -m six none
		grep -q "^xsend: $room: .*password" err
	done
}

@test "of the command line and the environment" {
	for server in "${servers[@]}"; do
		fresh "$server" 'nick: Account'
		room s3cret-Hall
		(umask 077; echo s3cret-Hall >hall.password)
		aliases <<-EOF
			  wrong: {room: $room, nick: Alias, password: s3cret-Yard}
		EOF
		expect_exit 1 tool xsend -m one -R "$room"
		expect_exit 0 tool xsend --trace trace -m two -R "$room" \
			--room-password-file hall.password
		entered Account
		expect_exit 0 tool xsend --trace trace -m three wrong \
			--room-password-file hall.password
		entered Alias
		expect_exit 0 tool xsend --trace trace -m four --nick Me wrong \
			--room-password-fd 7 7<hall.password
		entered Me
		expect_exit 0 tool xsend -m five -R "$room" \
			--room-password-file - <hall.password
		COUPLET_ROOM_PASSWORD=s3cret-Hall expect_exit 0 \
			tool xsend -m six -R "$room"
		COUPLET_ROOM_PASSWORD_FILE=hall.password expect_exit 0 \
			tool xsend -m seven wrong
		is_silent
	done
}

@test "the password of one room is not for another" {
	for server in "${servers[@]}"; do
		fresh "$server"
		room s3cret-Hall
		local hall=$room
		room s3cret-Yard
		(umask 077; echo s3cret-Yard >yard.password)
		aliases <<-EOF
			  hall: {room: $hall, password: s3cret-Hall}
		EOF
		expect_exit 0 tool xsend -v -m one -R hall "$room" \
			--room-password-file yard.password
		grep -qx "xsend: $hall: as '.*', password from $COUPLET_CONFIG:.*" err
		grep -qx "xsend: $room: as '.*', password from --room-password-file" err
		# For one alone, what is nearest counts.
		expect_exit 1 tool xsend -m two hall \
			--room-password-file yard.password
	done
}

@test "what is no nickname or no password of a room" {
	stub
	aliases <<-EOF
		  gone: {room: hall@rooms.capulet.lit, password_file: gone}
	EOF
	local option value why
	while IFS='|' read -r option value why; do
		expect_exit 64 tool xsend -m hi -R "$option" "$value" hall@rooms.lit
		same 'stderr' "xsend: $option: $why" "$(head -n 1 err)"
	done <<-'EOF'
		--nick||is empty
		--nick| |is nothing but spaces
		--room-password-file||is empty
		--room-password-fd|x|'x' is not a number from 0 to 2147483647
	EOF
	expect_exit 64 tool xsend -R --room-password-fd 0 hall@rooms.lit <<<hi
	grep -q '^xsend: --room-password-fd 0: ' err
	expect_exit 78 tool xsend -m hi gone
	grep -qx "xsend: .*: password_file: $HOME/gone: No such file or directory" err
	expect_exit 78 tool xsend -m hi -R hall@rooms.lit \
		--room-password-file gone
	grep -qx 'xsend: --room-password-file: gone: No such file or directory' err
	echo word >open
	chmod 644 open
	expect_exit 78 tool xsend -m hi -R hall@rooms.lit \
		--room-password-file open
	grep -qx 'xsend: --room-password-file: open: others can read it.*' err
	expect_exit 64 tool xsend -m hi -R hall@rooms.lit/nick
	expect_exit 64 tool xsend -m hi -R rooms.lit
	same 'the login' '' "$(on_wire auth)"
	# What the run would use is shown.
	expect_exit 0 tool xsend --pretend -m hi --nick N gone
	grep -qx 'nick	N	--nick' out
}
