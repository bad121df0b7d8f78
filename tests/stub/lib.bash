# shellcheck shell=bash
# Helpers of the bats files that use the stub server: `load stub/lib` after
# `load lib`.

# stub WORD... : a stub server that ends with the test; see README.
stub() {
	forget
	start_stub "$@"
}

# at_stub PROGRAM ARG... : one of our programs, as romeo at the stub.
at_stub() {
	COUPLET_PASSWORD=${COUPLET_PASSWORD-rosaline} tool "$1" -C /dev/null \
		-u romeo@montague.lit -H "127.0.0.1:$STUB_PORT" \
		--ca-file "$STUB_CA" --connect-timeout 30 "${@:2}"
}

# try [ARG...]: a message to the stub.
try() {
	at_stub xsend -m hi --bounce-wait 0 "$@" juliet@capulet.lit
}

# says CODE TEXT COMMAND... : it fails with this exit status and prints nothing
# on stdout and these lines on stderr, the program's name before each. The
# stub's address is written @, since its port is another each time.
says() {
	# Chained, since 'set -e' does not hold behind a ||.
	expect_exit "$1" "${@:3}" &&
		same 'stdout' '' "$(cat out)" &&
		same 'stderr' "$2" \
			"$(sed "s/127\.0\.0\.1:${STUB_PORT:-0}\b/@/g; s/^x[a-z]*: //" err)"
}

# stub_says CODE TEXT WORD... [-- ARG...]: says, of a message to such a stub.
stub_says() {
	local code=$1 text=$2 words=()
	shift 2
	while [ $# -gt 0 ] && [ "$1" != -- ]; do
		words+=("$1")
		shift
	done
	stub "${words[@]}"
	says "$code" "$text" try "${@:2}" || {
		echo "# with the stub ${words[*]}"
		return 1
	}
	kill "$STUB_PID"
}

# attempts: how many logins the stub saw.
attempts() {
	grep -cE '^[0-9.]+ c[0-9]+ auth ' "$STUB_LOG" || true
}

# absent TEXT FILE: no line has it. ('!' would not end a test.)
absent() {
	grep -F -- "$1" "$2" || return 0
	echo "# '$1' is in $2"
	return 1
}
