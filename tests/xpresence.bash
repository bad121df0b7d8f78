# shellcheck shell=bash
# What the files about xpresence share: `load xpresence`, behind lib and xsend.

# couple SERVER: new accounts there, romeo and juliet, who see each other, and
# nurse, who sees nobody.
couple() {
	fresh "$1"
	new_account nurse capulet.lit
	"$tests/servers/subscribe" "$XMPP_DIR" "$romeo" "$juliet"
}

# hold NAME ARG...: NAME is there until the test ends. Sets pid.
hold() {
	rm -f "$1.hold"
	spawn tool xpresence -a "$1" set --hold "${@:2}" -v 2>"$1.hold"
	wait_for_line "$1.hold" 'online as' 120
	until_seen "$1"
}

# until_seen NAME: the server knows that NAME is there.
until_seen() {
	local end=$((SECONDS + 60))
	until tool xpresence -a "$1" -1 | grep -q .; do
		[ "$SECONDS" -lt "$end" ] || return
	done
}

# watch NAME ARG...: what NAME sees goes to NAME.seen. Sets pid.
watch() {
	rm -f "$1.seen" "$1.watch"
	spawn tool xpresence -a "$1" -v "${@:2}" >"$1.seen" 2>"$1.watch"
	wait_for_line "$1.watch" 'online as' 120
	until_seen "$1"
}

# bare: text records without resources.
bare() {
	sed 's:/[^	]*::'
}

# records LINE...: exactly these were printed, without resources.
records() {
	same stdout "$(printf '%s\n' "$@")" "$(bare <out)"
}
