# shellcheck shell=bash
# What the files about xrecv -R share: `load xrecv-room`, behind lib, xsend and
# xrecv. nurse owns the rooms and is in them as 'Nurse'.

muc=http://jabber.org/protocol/muc

# cast SERVER: new accounts there, romeo, juliet and nurse, who has a session
# that takes stanzas from descriptor 8.
cast() {
	on "$1"
	players
}
players() {
	accounts
	new_account nurse capulet.lit 'nick: Nurse'
	rm -f nurse.trace
	feed tool xsend -a nurse -x --bounce-wait 0 --trace nurse.trace 2>nurse.err
	nurse_pid=$pid
}

# nurse_is_gone: her session ends.
nurse_is_gone() {
	exec 8>&-
	kill "$nurse_pid" 2>/dev/null || true
	wait "$nurse_pid" || true
}

# configure [FIELD=VALUE...]: the room is like that; it waits for it no more.
configure() {
	local field form="<field var='FORM_TYPE'><value>$muc#roomconfig</value></field>"
	for field in "$@"; do
		form+="<field var='muc#roomconfig_${field%%=*}'>"
		form+="<value>${field#*=}</value></field>"
	done
	tool xiq -a nurse "$room" <<<"<iq type='set'><query xmlns='$muc#owner'>
		<x xmlns='jabber:x:data' type='submit'>$form</x></query></iq>"
}

# new_room [FIELD=VALUE...]: a room of nurse's. Sets room. Only a stanza of
# hers creates it: an iq to a room that is not there may create one as well.
new_room() {
	room=r$BASHPID-${EPOCHREALTIME//[!0-9]/}@rooms.capulet.lit
	echo "<presence to='$room/Nurse'><x xmlns='$muc'/></presence>" >&8
	wait_for_line nurse.trace "<presence .*$room/Nurse.*\\b201\\b" 120
	configure "$@" >configured
}

# nurse_says TEXT [ROOM]: into the room.
nurse_says() {
	echo "<message type='groupchat' to='${2:-$room}'><body>$1</body></message>" >&8
}

# admin ITEM: nurse has the room do this, as "jid='$juliet' affiliation='member'/>".
admin() {
	tool xiq -a nurse "$room" <<<"<iq type='set'><query xmlns='$muc#admin'>
		<item $1</query></iq>" >administered
}

# nurse_does ITEM: the same by herself in the room, as roles are for occupants.
nurse_does() {
	echo "<iq type='set' id='does' to='$room'><query xmlns='$muc#admin'><item $1</query></iq>" >&8
}

# attends NAME ARG...: NAME is in rooms by xrecv, in the background; what it
# prints goes to NAME.got. Returns when it is in the first one. Sets pid.
attends() {
	rm -f "$1.got" "$1.log"
	spawn tool xrecv -a "$1" -v -o text "${@:2}" >"$1.got" 2>"$1.log"
	wait_for_line "$1.log" ': joined as' 120
}

# comes_to N FILE PATTERN: until the file has so many lines like that.
comes_to() {
	local end=$((SECONDS + 120))
	until [ "$(grep -cE -- "$3" "$2")" = "$1" ]; do
		if [ "$SECONDS" -ge "$end" ]; then
			echo "# not $1 lines '$3' in $2:"
			sed 's/^/# /' "$2"
			return 1
		fi
		nap 0.02
	done
}
