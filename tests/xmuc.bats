#!/usr/bin/env bats
# xmuc: rooms made, looked at, changed and destroyed, and what it says when
# they are not there or do not want.

bats_require_minimum_version 1.5.0
load lib
load xsend
load xmuc

# --- rooms come and go -----------------------------------------------------

@test "a room is made, listed, told of, and destroyed" {
	for server in "${servers[@]}"; do
		rooms_on "$server"
		muc create "$room" --set 'roomname=The Hall' --set publicroom=1
		same 'create prints nothing' '' "$(cat out)"
		muc list rooms.capulet.lit
		grep -qE "^$room	The Hall( \(.*\))?$" out
		muc -j list rooms.capulet.lit
		same 'json' 1 "$(jq -r .room out | grep -cx "$room")"
		muc -x list rooms.capulet.lit
		grep -q "<item [^>]*jid=\"$room\"" out
		muc info "$room"
		grep -qx "$room	name	The Hall" out
		grep -qx "$room	feature	muc_persistent" out
		grep -qx "$room	muc#roominfo_occupants	0" out
		muc -j info "$room"
		same 'json' 'The Hall true 0' "$(jq -r '[.name,
			(.features | index("muc_persistent") != null),
			(.fields[] | select(.var == "muc#roominfo_occupants").values[0])]
			| join(" ")' out)"
		muc -F '%f' info "$room"
		prints "$room"
		muc destroy "$room"
		same 'destroy prints nothing' '' "$(cat out)"
		expect_exit 1 tool xmuc info "$room"
		muc list rooms.capulet.lit
		same 'not listed' 0 "$(grep -c "^$room	" out || true)"
	done
}

@test "a room that is not there: 1, whatever is wanted of it" {
	for server in "${servers[@]}"; do
		rooms_on "$server"
		why="$room: the room does not exist: item-not-found"
		fails 1 "$why" info "$room"
		fails 1 "$why" who "$room"
		fails 1 "$why" config "$room"
		fails 1 "$why" config "$room" roomname=x
		fails 1 "$why" affiliation "$room"
		fails 1 "$why" affiliation "$room" member a@b.lit c@d.lit
		fails 1 "$why" register "$room" jul
		fails 1 "$why" destroy "$room"
		fails 1 "$room: the room does not exist" who --join "$room"
		fails 1 "$room: the room does not exist" subject "$room"
		fails 1 "$room: the room does not exist" subject "$room" text
		fails 1 "$room: nick: the room does not exist" role "$room" nick none
		fails 1 "$room: the room does not exist" invite --mediated "$room" a@b.lit
		# Looking has not made it.
		fails 1 "$why" info "$room"
	done
}

@test "a room that exists already is not created, nor changed" {
	for server in "${servers[@]}"; do
		rooms_on "$server"
		muc create "$room" --set roomname=First
		fails 1 "$room: the room exists already" create "$room" --set roomname=Second
		fails 1 "$room: the room exists already" -a romeo create "$room"
		muc info "$room"
		grep -qx "$room	name	First" out
		muc destroy "$room"
	done
}

@test "what cannot be configured is not left behind" {
	for server in "${servers[@]}"; do
		rooms_on "$server"
		fails 64 "$room: unknown key 'romname' (did you mean 'roomname'?)" \
			create "$room" --set romname=x
		fails 64 "$room: muc#roomconfig_whois: 'x' is not moderators or anyone" \
			create "$room" --set whois=x
		fails 64 "$room: muc#roomconfig_membersonly: 'yes' is not true or false" \
			create "$room" --set membersonly=yes
		expect_exit 1 tool xmuc info "$room"
		# Neither is one that goes as soon as we do, and that is said.
		fails 69 "$room: the service keeps no room that nobody is in" \
			create --instant "$room"
		expect_exit 1 tool xmuc info "$room"
	done
	rooms_on prosody
	# He may make rooms, but none that stays.
	fails 69 "$room: the service keeps no room that nobody is in" \
		-a romeo create "$room"
}

@test "many rooms, from operands and from what list has printed" {
	for server in "${servers[@]}"; do
		rooms_on "$server"
		some=(1-"$room" 2-"$room" 3-"$room")
		printf '%s\tName\n' "${some[@]}" >rooms
		printf '# a comment\n\n' >>rooms
		muc create - --set publicroom=true <rooms
		muc info "${some[@]}"
		same 'those' "$(printf '%s\n' "${some[@]}")" "$(cut -f 1 out | uniq)"
		expect_exit 2 tool xmuc create "$room" "${some[0]}"
		says "xmuc: ${some[0]}: the room exists already"
		tool xmuc list rooms.capulet.lit | grep -F "$room" |
			tool xmuc destroy - --reason "it is over"
		muc list rooms.capulet.lit
		same 'none is left' 0 "$(grep -cF "$room" out || true)"
	done
}

@test "where to go instead, and why" {
	for server in "${servers[@]}"; do
		rooms_on "$server"
		muc create "$room"
		inside romeo Rom
		muc destroy "$room" --reason 'It is late' --alternate "other-$room"
		wait_for_line romeo.trace "<destroy [^>]*jid=.other-$room.*It is late"
		leave_room
		fails 64 "--alternate: 'nowhere@' has an empty domain" \
			destroy "$room" --alternate nowhere@
		fails 64 "--alternate: 'x.lit' is no room: it has no localpart" \
			destroy "$room" --alternate x.lit
	done
}

# --- the configuration -----------------------------------------------------

@test "[v] the configuration, printed and set" {
	for server in "${servers[@]}"; do
		rooms_on "$server"
		muc create "$room"
		muc config "$room" 'roomname=Hall & Yard' \
			muc#roomconfig_whois=anyone membersonly=true
		same 'config prints nothing then' '' "$(cat out)"
		muc config "$room"
		grep -q '^muc#roomconfig_roomname=Hall & Yard	text-single	' out
		grep -qE '^muc#roomconfig_whois=anyone	list-single	.*	moderators	anyone$' out
		grep -q '^muc#roomconfig_membersonly=true	boolean	' out
		muc info "$room"
		grep -qx "$room	name	Hall & Yard" out
		muc -j config "$room"
		same 'json' 'anyone moderators,anyone' "$(jq -r '.fields[] |
			select(.var == "muc#roomconfig_whois") |
			.values[0] + " " + ([.options[].value] | join(","))' out)"
		muc -x config "$room"
		grep -q '<x xmlns="jabber:x:data" type="form">' out
		# Several values, by the key again, and none.
		muc config "$room" presencebroadcast=moderator presencebroadcast=participant
		muc config "$room"
		same 'values' 2 "$(grep -c '^muc#roomconfig_presencebroadcast=.' out)"
		same 'all else' 1 "$(grep -c '^muc#roomconfig_whois=anyone' out)"
		muc destroy "$room"
	done
}

@test "what one room prints another takes" {
	for server in "${servers[@]}"; do
		rooms_on "$server"
		muc create "$room" "2$room"
		muc config "$room" 'roomname=A \ B' whois=anyone moderatedroom=true
		tool xmuc config "$room" >one
		grep -qF 'muc#roomconfig_roomname=A \\ B' one
		muc config "2$room" - <one
		tool xmuc config "2$room" >two
		same 'the same' "$(cat one)" "$(cat two)"
		muc destroy "$room" "2$room"
	done
}

@test "what is wrong with a change stops all of it" {
	for server in "${servers[@]}"; do
		rooms_on "$server"
		muc create "$room" --set roomname=Old
		fails 64 "$room: unknown key 'whoi' (did you mean 'whois'?)" \
			config "$room" roomname=New whoi=anyone
		fails 64 "$room: muc#roomconfig_whois: 'me' is not moderators or anyone" \
			config "$room" roomname=New whois=me
		printf '%s\n' roomname=New whoi=x >lines
		fails 65 "$room: unknown key 'whoi' (did you mean 'whois'?)" \
			config "$room" - <lines
		printf '%s\n' roomname=New nonsense 'roomname=\q' >lines
		fails 65 $'stdin:2: no KEY=VALUE\nstdin:3: byte 10: unknown escape' \
			config "$room" - <lines
		fails 1 "$room: not an owner: forbidden" -a romeo config "$room"
		fails 1 "$room: not an owner: forbidden" -a romeo config "$room" roomname=New
		fails 1 "$room: not an owner: forbidden" -a romeo destroy "$room"
		muc config "$room"
		grep -q '^muc#roomconfig_roomname=Old	' out
		misused "config: 'roomname' is not KEY=VALUE" config "$room" roomname
		muc destroy "$room"
	done
}

@test "the password of a room is never an argument" {
	echo s3cret >secret
	echo other >wrong
	chmod 600 secret wrong
	for server in "${servers[@]}"; do
		rooms_on "$server"
		muc create "$room" --room-password-file secret
		fails 1 "$room: a password is needed: not-authorized" -a romeo subject "$room"
		fails 1 "$room: wrong password: not-authorized" -a romeo \
			--room-password-file wrong subject "$room"
		muc -a romeo --room-password-file secret subject "$room"
		muc config "$room" --room-password-fd 5 5<wrong
		muc -a romeo --room-password-file wrong subject "$room"
		fails 64 "$room: muc#roomconfig_roomsecret is secret: --room-password-file, or stdin of config" \
			config "$room" roomsecret=x
		same 'the trace' 0 "$(tool xmuc --trace - config "$room" \
			--room-password-file secret 2>&1 | grep -c 'recv.*s3cret' || true)"
		echo 'roomsecret=' >lines
		[ "$server" = prosody ] || echo passwordprotectedroom=false >>lines
		muc config "$room" - <lines
		muc -a romeo subject "$room"
		muc destroy "$room"
	done
}

# --- services --------------------------------------------------------------

@test "what is no service of rooms: 69" {
	for server in "${servers[@]}"; do
		rooms_on "$server"
		fails 69 'capulet.lit: it has no rooms' list capulet.lit
		expect_exit 2 tool xmuc list capulet.lit rooms.capulet.lit
		says 'xmuc: capulet.lit: it has no rooms'
	done
	error() {
		printf '%s\n' "to=.$1	<iq type='error' id='@ID@' from='@TO@' to='@JID@'><error type='cancel'><$2 xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error></iq>"
	}
	{
		error none.lit remote-server-not-found
		error r@none.lit remote-server-not-found
		error slow.lit remote-server-timeout
		error old.lit feature-not-implemented
		error ill.lit internal-server-error
		printf "to=.odd.lit	<iq type='result' id='@ID@' from='@TO@' to='@JID@'/>\n"
		printf "to=.mute.lit	\n"
	} >answers
	stub answers=answers
	fails 69 'none.lit: no such service: remote-server-not-found' list none.lit
	fails 69 'r@none.lit: no such service: remote-server-not-found' info r@none.lit
	fails 69 'old.lit: the service does not have this: feature-not-implemented' list old.lit
	fails 75 'slow.lit: the service cannot be reached: remote-server-timeout' list slow.lit
	fails 75 'ill.lit: the service has failed: internal-server-error' list ill.lit
	fails 76 'odd.lit: a result without a query' list odd.lit
	fails 75 'mute.lit: no answer within 0.2 seconds' list --each-timeout 0.2 mute.lit
}

@test "a list in pages comes whole" {
	page() {
		local items='' one
		for one in "${@:2}"; do
			items+="<item jid='$one@r.lit' name='N &#10; $one'/>"
		done
		[ -z "$items" ] ||
			items+="<set xmlns='http://jabber.org/protocol/rsm'><first>$2</first><last>${*: -1}</last></set>"
		printf '%s\n' "$1	<iq type='result' id='@ID@' from='@TO@' to='@JID@'><query xmlns='http://jabber.org/protocol/disco#items'>$items</query></iq>"
	}
	{
		printf '%s\n' "disco#info	<iq type='result' id='@ID@' from='@TO@' to='@JID@'><query xmlns='http://jabber.org/protocol/disco#info'><feature var='http://jabber.org/protocol/muc'/></query></iq>"
		page '<after>d</after>' e f
		page '<after>b</after>' c d
		page '<after>f</after>'
		page 'disco#items' a b
	} >answers
	stub answers=answers
	muc list r.lit
	same 'rooms' 'a@r.lit b@r.lit c@r.lit d@r.lit e@r.lit f@r.lit' \
		"$(cut -f 1 out | paste -sd ' ')"
	same 'a name' 'N \n a' "$(head -1 out | cut -f 2)"
	muc list -x r.lit
	same 'pages' 4 "$(wc -l <out)"
}

# --- the command line ------------------------------------------------------

@test "misuse" {
	stub
	misused 'no verb'
	misused "the verb: 'lst' is not list, info, who, create, config, destroy, invite, affiliation, role, subject, register, bookmarks or bookmark" lst
	misused 'bookmark takes add or remove' bookmark
	misused "bookmark: 'ad' is not add or remove" bookmark ad r@s.lit
	misused 'list takes SERVICE...' list
	misused 'role takes ROOM NICK moderator|participant|visitor|none' role r@s.lit nick
	misused "the role: 'king' is not moderator, participant, visitor or none" role r@s.lit nick king
	misused "the affiliation: 'x@y.lit' is not owner, admin, member, outcast or none" affiliation r@s.lit x@y.lit
	misused 'affiliation: there is no list of none' affiliation r@s.lit none
	misused '--reason goes with a change' affiliation r@s.lit member --reason x
	misused '--set is not for info' info r@s.lit --set a=b
	misused '--nick is not for list' list s.lit --nick x
	misused '--room-password-* is not for destroy' destroy r@s.lit --room-password-fd 5
	misused '--instant goes without --set' create r@s.lit --instant --set a=b
	misused "--set: 'a' is not KEY=VALUE" create r@s.lit --set a
	misused 'bookmarks takes nothing else' bookmarks r@s.lit
	misused 'KEY=VALUE is on stdin or among the operands' config r@s.lit a=b -
	misused '--password-fd 0: operands are on stdin' info - --password-fd 0
	misused "--nick: is empty" who r@s.lit --nick ''
	private=$'\xee\x80\x80' # U+E000, which no resource has
	misused "--nick: '$private' is not a nickname" bookmark add r@s.lit --nick "$private"
	fails 64 "'s.lit' is no room: it has no localpart" info s.lit
	fails 64 "'r@s.lit/nick' is no room: it has a resource" info r@s.lit/nick
	fails 64 "'@' has an empty localpart" info @
	fails 64 "unknown alias 'nobody'" info nobody
	fails 64 'a@b.lit/c: an affiliation is of an account, without resource' \
		affiliation r@s.lit member a@b.lit/c
	fails 64 "'@' has an empty localpart" affiliation r@s.lit member @
	fails 64 "'@' has an empty localpart" invite r@s.lit @
	expect_exit 64 tool xmuc list s.lit --each-timeout -1
	fails 65 '--reason: byte 1: XML forbids the character U+0001' \
		destroy r@s.lit --reason $'\x01'
	# A value of a form is looked at here, whichever way it is given.
	fails 65 '--set: byte 4 (0xff) is not UTF-8' create r@s.lit --set $'ab=\xff'
	fails 65 'config: byte 4 (0xff) is not UTF-8' config r@s.lit $'ab=\xff'
	fails 65 'config: byte 3: XML forbids the character U+0001' config r@s.lit $'a=\x01'
	fails 78 '--room-password-file: none: No such file or directory' \
		who r@s.lit --room-password-file none
	expect_exit 0 tool xmuc -P
	expect_exit 0 tool xmuc -P list
	same 'nothing was asked' 0 "$(grep -c recv "$STUB_LOG" || true)"
}

@test "an empty stdin asks nothing and is 0; a bad line is named" {
	stub
	for verb in info who create destroy list 'bookmark add' 'bookmark remove'; do
		# shellcheck disable=SC2086 # two words
		expect_exit 0 tool xmuc $verb - </dev/null
		is_silent
	done
	for verb in 'config r@s.lit' 'invite r@s.lit' 'affiliation r@s.lit' 'affiliation r@s.lit member'; do
		# shellcheck disable=SC2086
		printf '\n# comment\n' | expect_exit 0 tool xmuc $verb -
		is_silent
	done
	printf 'nobody\n@\n\xff\n' >lines
	fails 65 "stdin:1: unknown alias 'nobody'
stdin:2: '@' has an empty localpart
stdin:3: byte 1 (0xff) is not UTF-8" info - <lines
	{ head -c 17000000 /dev/zero; printf '\n@\n'; } >lines
	fails 65 "stdin:1: more than 16777216 bytes
stdin:2: '@' has an empty localpart" info - <lines
	printf 'x\ty@z.lit\nmember\nmember\t@\nmember\ta@b.lit/c\n' >lines
	fails 65 "stdin:1: 'x' is not owner, admin, member, outcast or none
stdin:2: no AFFILIATION TAB JID
stdin:3: '@' has an empty localpart
stdin:4: a@b.lit/c: an affiliation is of an account, without resource" \
		affiliation r@s.lit - <lines
	same 'nothing was asked' 0 "$(grep -c recv "$STUB_LOG" || true)"
}

@test "a bad line costs only itself: 2" {
	for server in "${servers[@]}"; do
		rooms_on "$server"
		printf '%s\n' "$room" @ "2$room" >lines
		expect_exit 2 tool xmuc create - <lines
		grep -q '^xmuc: stdin:2: ' err
		same 'one' 1 "$(wc -l <err)"
		muc destroy "$room" "2$room"
	done
}

# an_answer NAMESPACE CONTENT: what the stub says to a question about it.
an_answer() {
	printf '%s\n' "$1	<iq type='result' id='@ID@' from='@TO@' to='@JID@'><query xmlns='$1'>$2</query></iq>"
}

# silent_owner: a service of rooms, whose list is more than a pipe holds with
# what a reader of one line takes out of it (64 kB and 8), and that never says
# whose they are.
silent_owner() {
	{
		an_answer 'http://jabber.org/protocol/disco#info' \
			"<feature var='http://jabber.org/protocol/muc'/>"
		an_answer 'http://jabber.org/protocol/disco#items' \
			"$(printf "<item jid='r%05d@s.lit'/>" $(seq 8000))"
		printf '%s\n' 'muc#owner	'
	} >answers
	stub answers=answers
}

@test "a form of more than the allowed fields: 76, and no record" {
	# shellcheck disable=SC2046 # one argument for each number
	an_answer 'http://jabber.org/protocol/disco#info' \
		"<x xmlns='jabber:x:data' type='result'>$(
			printf "<field var='v%d'/>" $(seq 1001)
		)</x>" >answers
	stub answers=answers
	fails 76 'r@s.lit: a form of more than 1000 fields' -j info r@s.lit
}

@test "a list of many options is printed whole" {
	# shellcheck disable=SC2046 # one argument for each number
	an_answer 'http://jabber.org/protocol/muc#owner' \
		"<x xmlns='jabber:x:data' type='form'><field type='list-single' var='v'>$(
			printf '<option><value>o%d</value></option>' $(seq 60)
		)<value>o7</value></field></x>" >answers
	stub answers=answers
	muc config r@s.lit
	same 'fields' $'v=o7\tlist-single\t\to1 60' \
		"$(cut -f -4 out) $(cut -f 4- out | tr '\t' '\n' | wc -l)"
}

@test "what is too large for the server costs only itself" {
	stub limit=2000
	long=$(printf 'x%.0s' {1..2000})
	expect_exit 65 tool xmuc destroy r@s.lit --reason "$long"
	grep -qxE 'xmuc: r@s.lit: the stanza has [0-9]+ bytes, the server takes 2000' err
	expect_exit 65 tool xmuc invite r@s.lit a@s.lit b@s.lit --reason "$long"
	same 'each' 2 "$(grep -cE '^xmuc: r@s.lit: [ab]@s.lit: the stanza has' err)"
	same 'nothing was sent' 0 "$(grep -cE 'recv .*xxx' "$STUB_LOG" || true)"
}

@test "-W after the login: 124, and what is not known is said" {
	silent_owner
	expect_exit 124 tool xmuc -W 4 subject r@s.lit
	says 'xmuc: timed out (-W)'
	expect_exit 124 tool xmuc -W 4 destroy r@s.lit
	says 'xmuc: r@s.lit: unknown outcome' 'xmuc: timed out (-W)'
}

@test "a reader that is gone, a full disk, a lost connection" {
	silent_owner
	{
		code=0
		tool xmuc list s.lit 2>err || code=$?
		echo "$code" >code
	} | head -1 >/dev/null
	same 'status' 141 "$(cat code)"
	same 'stderr' '' "$(cat err)"
	code=0
	tool xmuc list s.lit >/dev/full 2>err || code=$?
	same 'status' 74 "$code"
	says 'xmuc: stdout: No space left on device'
	stub answers=answers
	spawn tool xmuc destroy r@s.lit 2>err
	wait_for_line "$STUB_LOG" 'recv iq .*<destroy'
	kill "$STUB_PID"
	ends 75
	grep -qx 'xmuc: r@s.lit: unknown outcome' err
}

@test "with --retry what was only asked is asked again" {
	an_answer 'http://jabber.org/protocol/disco#info' \
		"<identity category='conference' type='text' name='N'/>" >answers
	stub close how=reset times=1 answers=answers keep-answers=yes
	expect_exit 75 tool xmuc info r@s.lit
	stub close how=reset times=1 answers=answers keep-answers=yes
	muc --retry 30 info r@s.lit
	prints 'r@s.lit	name	N'
	same 'asked' 2 "$(grep -c 'recv iq .*disco#info' "$STUB_LOG")"
}
