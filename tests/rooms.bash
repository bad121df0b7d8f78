# shellcheck shell=bash
# Rooms for the tests: `load rooms`, after lib.

# make_room ACCOUNT [VAR=VALUE...]: a room of its own that stays, owned by the
# account, configured as said (muc#roomconfig_ left out of the names, those with
# a _ are as they are). Sets room. The account is one of capulet.lit: Prosody
# lets nobody else make a room that stays. Waits for the answer: that our server
# has the request does not mean that the room has it.
make_room() {
	local account=$1 field var
	rm -f make_room.trace
	room=room-$BASHPID-${EPOCHREALTIME//[!0-9]/}@rooms.capulet.lit
	shift
	{
		echo "<presence to='$room/owner'>"
		echo "<x xmlns='http://jabber.org/protocol/muc'/></presence>"
		echo "<iq type='set' id='config' to='$room'>"
		echo "<query xmlns='http://jabber.org/protocol/muc#owner'>"
		echo "<x xmlns='jabber:x:data' type='submit'>"
		echo "<field var='FORM_TYPE'><value>http://jabber.org/protocol/muc#roomconfig</value></field>"
		for field in persistentroom=1 "$@"; do
			var=${field%%=*}
			[[ $var = *_* ]] || var="muc#roomconfig_$var"
			echo "<field var='$var'><value>${field#*=}</value></field>"
		done
		echo '</x></query></iq>'
		wait_for_line make_room.trace '< <iq .*\bconfig\b' >&2
	} | tool xsend -a "$account" -x --trace make_room.trace
}

# admin ACCOUNT ITEM: the attributes of an <item/>, as "nick='x' role='none'".
admin() {
	echo "<iq type='set' to='$room'><query xmlns='http://jabber.org/protocol/muc#admin'><item $2/></query></iq>" |
		tool xiq -a "$1" >/dev/null
}
