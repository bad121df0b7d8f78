#!/usr/bin/env bats
# xmuc: who is in a room, what people are to it and may do there, and those who
# are asked to come.

bats_require_minimum_version 1.5.0
load lib
load xsend
load xmuc

# --- who is there ----------------------------------------------------------

@test "[v] who is in a room, asked from outside and seen from inside" {
	for server in "${servers[@]}"; do
		rooms_on "$server"
		muc create "$room" --set moderatedroom=false
		muc who "$room"
		same 'nobody' '' "$(cat out)"
		inside romeo 'Rom & Co'
		muc who "$room"
		same 'asked' "$room	Rom & Co" "$(cut -f 1,2 out)"
		muc who --join "$room"
		same 'seen' "$room	Rom & Co	none	participant	$romeo" \
			"$(sed 's,/.*,,' out)"
		# The room is not for all to see who is who.
		muc -a romeo who --join --nick x "$room"
		same 'own' "$room	Rom & Co	none	participant" "$(cut -f 1-4 out)"
		muc -j who --join "$room"
		same 'json' "$room|Rom & Co|none|participant" \
			"$(jq -r '[.room, .nick, .affiliation, .role] | join("|")' out)"
		muc -x who --join "$room"
		grep -q "^<presence from=\"$room/Rom &amp; Co\"" out
		same 'one' 1 "$(wc -l <out)"
		leave_room
		muc destroy "$room"
	done
}

@test "a room that does not tell is entered, and several are" {
	rooms_on ejabberd
	muc create "$room" "2$room" --set public_list=false
	inside juliet Jule
	muc -a romeo who "2$room" "$room"
	same 'both' "$room	Jule	owner	moderator" "$(cut -f 1-4 out)"
	muc config "$room" membersonly=true
	fails 1 "$room: members only: registration-required" -a romeo who --join "$room"
	leave_room
	muc destroy "$room" "2$room"
}

@test "nicknames: another one where it is taken, or none" {
	for server in "${servers[@]}"; do
		rooms_on "$server"
		muc create "$room"
		inside romeo Jule
		muc who --join --nick Jule "$room"
		same 'there' Jule "$(cut -f 2 out)"
		fails 1 "$room: the nick is taken: conflict" who --join --nick Jule --nick-exact "$room"
		leave_room
		muc destroy "$room"
	done
}

# --- affiliations ----------------------------------------------------------

@test "the lists of a room, and what changes them" {
	for server in "${servers[@]}"; do
		rooms_on "$server"
		muc create "$room"
		muc affiliation "$room"
		same 'at first' "owner	$juliet" "$(cut -f 1,2 out)"
		muc affiliation "$room" admin "$romeo"
		same 'it prints nothing then' '' "$(cat out)"
		muc affiliation "$room" member nurse@capulet.lit Peter@capulet.lit
		muc affiliation "$room" outcast tybalt@capulet.lit --reason 'he fights'
		muc affiliation "$room"
		same 'lists' "owner	$juliet
admin	$romeo
member	nurse@capulet.lit
member	peter@capulet.lit
outcast	tybalt@capulet.lit" "$(cut -f 1,2 out | sort -s -k 2 | sort -s -t '	' -k 1,1 |
			awk -F '\t' '{n[$1] = n[$1] $0 "\n"} END {printf "%s%s%s%s",
				n["owner"], n["admin"], n["member"], n["outcast"]}')"
		grep -q 'tybalt@capulet.lit	[^	]*	he fights$' out
		muc affiliation "$room" member
		same 'one list' $'nurse@capulet.lit\npeter@capulet.lit' "$(cut -f 2 out | sort)"
		muc -j affiliation "$room" outcast
		same 'json' 'outcast tybalt@capulet.lit he fights' \
			"$(jq -r '[.affiliation, .jid, .reason] | join(" ")' out)"
		muc affiliation "$room" none nurse@capulet.lit peter@capulet.lit
		muc affiliation "$room" member
		same 'none' '' "$(cat out)"
		muc destroy "$room"
	done
}

@test "a list goes from one room to another, and a bad line costs only itself" {
	for server in "${servers[@]}"; do
		rooms_on "$server"
		muc create "$room" "2$room"
		printf '%s@capulet.lit\n' anthony potpan sampson >people
		muc affiliation "$room" member - <people
		tool xmuc affiliation "$room" | tool xmuc affiliation "2$room" -
		muc affiliation "2$room" member
		same 'the same' "$(cat people)" "$(cut -f 2 out | sort)"
		printf 'member\t@\nking\ta@b.lit\nadmin\tsampson@capulet.lit\n' >lines
		expect_exit 2 tool xmuc affiliation "$room" - <lines
		says "xmuc: stdin:1: '@' has an empty localpart" \
			"xmuc: stdin:2: 'king' is not owner, admin, member, outcast or none"
		muc affiliation "$room" admin
		same 'the good one' sampson@capulet.lit "$(cut -f 2 out)"
		muc destroy "$room" "2$room"
	done
}

@test "who may not change them, and who is banned" {
	for server in "${servers[@]}"; do
		rooms_on "$server"
		muc create "$room"
		fails 1 "$room: member: not an admin or owner: forbidden" \
			-a romeo affiliation "$room" member
		expect_exit 1 tool xmuc -a romeo affiliation "$room"
		same 'each list' 4 "$(grep -c ': not an admin or owner: forbidden' err)"
		expect_exit 1 tool xmuc -a romeo affiliation "$room" owner "$romeo"
		grep -qE "^xmuc: $room: $romeo: (not an admin or owner: forbidden|our affiliation does not allow it: not-allowed)" err
		expect_exit 1 tool xmuc affiliation "$room" none "$juliet"
		grep -qE "^xmuc: $room: $juliet: (a room needs an owner: conflict|our affiliation does not allow it: not-allowed)" err
		muc affiliation "$room" outcast "$romeo"
		fails 1 "$room: we are banned: forbidden" -a romeo subject "$room"
		fails 1 "$room: we are banned: forbidden" -a romeo subject "$room" x
		fails 1 "$room: we are banned: forbidden" -a romeo who --join "$room"
		fails 1 "$room: Jule: we are banned: forbidden" -a romeo role "$room" Jule none
		muc destroy "$room"
	done
}

# --- roles -----------------------------------------------------------------

@test "roles: a visitor, a moderator, and out" {
	for server in "${servers[@]}"; do
		rooms_on "$server"
		muc create "$room"
		inside romeo Rom
		for role in visitor participant moderator; do
			muc role "$room" Rom "$role"
			same 'it prints nothing' '' "$(cat out)"
			muc who --join "$room"
			same 'role' "Rom	$role" "$(cut -f 2,4 out)"
		done
		muc role "$room" Rom none --reason 'too loud'
		wait_for_line romeo.trace 'unavailable.*(too loud.*307|307.*too loud)'
		muc who --join "$room"
		same 'he is out' '' "$(cat out)"
		leave_room
		expect_exit 1 tool xmuc role "$room" Rom none
		grep -qE "^xmuc: $room: Rom: no such occupant: (item-not-found|not-acceptable)" err
		muc destroy "$room"
	done
}

@test "who is no moderator changes nobody's role" {
	for server in "${servers[@]}"; do
		rooms_on "$server"
		muc create "$room" --set moderatedroom=false
		inside juliet Jule
		expect_exit 1 tool xmuc -a romeo role "$room" Jule none
		grep -qE "^xmuc: $room: Jule: not a moderator" err
		muc who --join "$room"
		same 'she is there' Jule "$(cut -f 2 out)"
		leave_room
		muc destroy "$room"
	done
}

# --- the subject, and names --------------------------------------------------

@test "the subject, empty, set, printed, and refused" {
	for server in "${servers[@]}"; do
		rooms_on "$server"
		muc create "$room" --set changesubject=false
		muc subject "$room"
		prints ''
		muc subject "$room" 'News & more'
		same 'it prints nothing' '' "$(cat out)"
		muc subject "$room"
		prints 'News & more'
		muc subject -j "$room" --nick x
		same 'json' "News & more $room ${juliet%@*}" \
			"$(jq -r '[.subject, .room, .nick] | join(" ")' out)"
		muc subject -x "$room"
		grep -q '<subject>News &amp; more</subject>' out
		muc subject "$room" $'two\nlines'
		muc subject "$room"
		prints 'two\nlines'
		expect_exit 1 tool xmuc -a romeo subject "$room" mine
		grep -q "^xmuc: $room: we may not change the subject: forbidden" err
		muc subject "$room" ''
		muc subject "$room"
		prints ''
		muc destroy "$room"
	done
	expect_exit 65 tool xmuc subject "$room" $'\x01'
}

@test "a nickname of one's own" {
	for server in "${servers[@]}"; do
		rooms_on "$server"
		nick=Nick$RANDOM
		muc create "$room"
		fails 64 "$room: unknown key 'nonsense'" register "$room" "$nick" --set nonsense=x
		muc register "$room" "$nick"
		same 'it prints nothing' '' "$(cat out)"
		# Again, and another one.
		muc register "$room" "$nick"
		muc register "$room" "2$nick"
		muc affiliation "$room" member "$romeo"
		fails 1 "$room: the nick is somebody else's: conflict" -a romeo register "$room" "2$nick"
		muc -a romeo register "$room" "3$nick"
		muc destroy "$room"
	done
	rooms_on prosody
	muc create "$room"
	fails 1 "$room: members only: registration-required" -a romeo register "$room" nick
	muc register "$room" nick
	fails 69 "$room: the room sends no form to be filled in" \
		register "$room" nick --set nonsense=x
	fails 64 "the nickname: '' has an empty resource" register "$room" ''
	muc destroy "$room"
}

# --- invitations -----------------------------------------------------------

@test "invitations come, by ourselves and through the room" {
	echo sesame >secret
	chmod 600 secret
	for server in "${servers[@]}"; do
		rooms_on "$server"
		muc create "$room" --set membersonly=true
		rm -f inbox
		spawn tool xrecv -a romeo -v -x >inbox 2>log
		wait_for_line log 'online as'
		muc invite "$room" "$romeo" --reason 'Come <in>' --room-password-file secret
		same 'it prints nothing' '' "$(cat out)"
		wait_for_line inbox "<x xmlns=\"jabber:x:conference\" [^>]*jid=\"$room\""
		grep -q 'password="sesame"' inbox
		grep -q 'reason="Come &lt;in>"\|reason="Come &lt;in&gt;"' inbox
		muc invite "$room" "$romeo" --mediated --reason 'To all'
		wait_for_line inbox "^<message [^>]*from=\"$room\".*<invite .*<reason>To all</reason>"
		# He is a member now.
		muc affiliation "$room" member
		same 'member' "$romeo" "$(cut -f 2 out)"
		muc destroy "$room"
	done
}

@test "who cannot be invited, or may not invite" {
	for server in "${servers[@]}"; do
		rooms_on "$server"
		muc create "$room" --set moderatedroom=true
		fails 1 "$room: nobody@capulet.lit: not there: service-unavailable" \
			invite "$room" nobody@capulet.lit
		printf '%s\n' "$romeo" nobody@capulet.lit @ >people
		expect_exit 2 tool xmuc invite "$room" - <people
		grep -q "^xmuc: stdin:3: " err
		grep -q "^xmuc: $room: nobody@capulet.lit: not there" err
		same 'two' 2 "$(wc -l <err)"
		muc affiliation "$room" outcast "$romeo"
		fails 1 "$room: we are banned: forbidden" -a romeo invite --mediated "$room" "$juliet"
		muc destroy "$room"
	done
	rooms_on ejabberd
	muc create "$room" --set allowinvites=false
	fails 1 "$room: $juliet: we may not invite: not-allowed" \
		-a romeo invite --mediated "$room" "$juliet"
	muc destroy "$room"
}
