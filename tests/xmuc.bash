# shellcheck shell=bash
# What the files about xmuc share: `load xmuc`, behind lib and xsend.

# rooms_on SERVER: juliet, who may make rooms that stay, is the default account,
# and romeo another one; $room is a room that does not exist.
rooms_on() {
	fresh "$1"
	sed -i 's/^default: .*/default: juliet/' "$COUPLET_CONFIG"
	room=room-$BASHPID-$RANDOM@rooms.capulet.lit
}

# muc ARG... : must succeed and say nothing on stderr.
muc() {
	expect_exit 0 tool xmuc "$@" && same 'stderr' '' "$(cat err)"
}

# fails CODE TEXT ARG... : this status, nothing on stdout, and on stderr these
# lines, without the program's name, and behind a condition nothing.
fails() {
	expect_exit "$1" tool xmuc "${@:3}" &&
		same 'stdout' '' "$(cat out)" &&
		same 'stderr' "$2" \
			"$(sed -E 's/^xmuc: //; s/(: [a-z]+(-[a-z]+)*) \(.*\)$/\1/' err)"
}

# misused TEXT ARG... : a usage error.
misused() {
	expect_exit 64 tool xmuc "${@:2}" &&
		same 'stdout' '' "$(cat out)" &&
		same 'stderr' "xmuc: $1" "$(head -1 err)" &&
		grep -q '^Usage: xmuc' err
}

# inside NAME NICK [LINE...]: NAME is in the room by that nickname, and sends
# these stanzas, until leave_room; what comes is in NAME.trace.
inside() {
	local nick=${2//&/\&amp;}
	rm -f "$1.fifo" "$1.trace"
	mkfifo "$1.fifo"
	spawn tool xsend -a "$1" -x --trace "$1.trace" <>"$1.fifo"
	printf '%s\n' "<presence to='$room/$nick'><x xmlns='http://jabber.org/protocol/muc'/></presence>" \
		"${@:3}" >"$1.fifo"
	# XEP-0045 7.2.2: the room has shown us to ourselves.
	wait_for_line "$1.trace" '< <presence .*\b110\b' 120
}

leave_room() {
	kill "$pid"
	wait "$pid" || true
}
