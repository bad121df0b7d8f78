# shellcheck shell=bash
# What the files about xsend share: `load xsend`, behind lib.

# fresh SERVER [LINE...]: new accounts there, romeo (with these lines in his
# entry) and juliet, and a configuration of them alone.
fresh() {
	on "$1"
	accounts "${@:2}"
}

# accounts [LINE...]: the same on the server at hand.
accounts() {
	echo "# on $XMPP_KIND"
	rm -f "$COUPLET_CONFIG"
	new_account romeo montague.lit "$@"
	new_account juliet capulet.lit
}

# stub SCENARIO...: the stub server, with romeo in the configuration. juliet is
# an address there.
stub() {
	echo "# stub $*"
	start_stub "$@"
	# shellcheck disable=SC2034 # for config_for
	XMPP_HOST=127.0.0.1 XMPP_PORT=$STUB_PORT XMPP_CA=$STUB_CA
	rm -f "$COUPLET_CONFIG"
	config_for romeo romeo@montague.lit rosaline
	juliet=juliet@capulet.lit
}

# on_wire NAME: the elements of that name that the stub was sent.
on_wire() {
	sed -n "s/^[0-9.]* c[0-9]* recv $1 //p" "$STUB_LOG"
}

# bodies: of the messages that the stub was sent, a line each.
bodies() {
	on_wire message | sed 's/.*<body>\(.*\)<\/body>.*/\1/'
}

# nothing_sent: the stub has seen no message.
nothing_sent() {
	same 'messages' '' "$(on_wire message)"
}

# stanzas: how many the stub was sent, the binding of a resource aside.
stanzas() {
	grep -E ' recv (message|presence|iq) ' "$STUB_LOG" | grep -vc 'id="bind"'
}

# listen NAME: NAME is logged in, and what comes, or has waited, goes to the
# file NAME.inbox (FROM<TAB>BODY lines) as it comes. Sets pid.
listen() {
	rm -f "$1.inbox" "$1.log"
	spawn tool xrecv -a "$1" -v -o text >"$1.inbox" 2>"$1.log"
	wait_for_line "$1.log" 'online as'
}

# arrives BODY...: juliet has these messages (written as xrecv -o text does),
# in this order, and no others.
arrives() {
	tool xsend -m 'the end' "$juliet"
	listen juliet
	wait_for_line juliet.inbox 'the end'
	kill "$pid"
	wait "$pid" || true
	same 'what arrived' "$(printf '%s\n' "$@" 'the end')" \
		"$(cut -f 2- juliet.inbox)"
}

# prints TEXT: exactly this was on stdout.
prints() {
	same stdout "$1" "$(cat out)"
}

# says [LINE...]: exactly these were on stderr, a fresh id being ID. What bash
# now and then says of a process of its own that it has lost is not the tool's.
says() {
	same stderr "$(printf '%s\n' "$@")" "$(sed -E \
		-e '/^[^ ]*: line [0-9]+: wait_for: No record of process/d' \
		-e 's/message [A-Za-z0-9_-]{22}:/message ID:/' err)"
}

# is_silent: nothing on stdout or stderr.
is_silent() {
	prints ''
	says
}

# hostile OPTION INPUT RESULT: of these records, each bad one is named as the
# corpus has it in RESULT, each good one is sent to the stub.
hostile() {
	local good bad before code=0
	echo "# $2"
	good=$(grep -cE '^[0-9]+ [0-9]+ <' "$3") || true
	bad=$(grep -cE '^[0-9]+ [0-9]+ !' "$3") || true
	before=$(stanzas) || true
	[ "$bad" = 0 ] || code=$((good ? 2 : 65))
	expect_exit "$code" tool xsend "$1" --bounce-wait 0 "$juliet" <"$2"
	same 'complaints' "$(sed -nE \
		's/^([0-9]+) ([0-9]+) ! (.*)/xsend: stdin: record \1: \3/p' \
		"$3")" "$(grep -v 'bad-request' err)"
	same 'stanzas' "$good" $(($(stanzas) - before))
}

# feed COMMAND...: spawn, with descriptor 8 as the other end of its stdin.
feed() {
	rm -f lines
	mkfifo lines
	# Read and write, as no reader is there yet.
	exec 8<>lines
	if [ "$1" = tool ]; then
		# shellcheck disable=SC2086 # a command line in words
		set -- ${COUPLET_WRAP:-} "$BIN/$2" "${@:3}"
	fi
	"$@" <lines 3>&- 8>&- &
	pid=$!
	background+=("$pid")
}

# ends CODE: the last one spawned exits with that status.
ends() {
	local code=0
	wait "$pid" || code=$?
	[ "$code" = "$1" ] && return
	echo "# exit status $code, not $1"
	sed 's/^/# stderr: /' err
	return 1
}
