# shellcheck shell=bash
# What the files about --retry share: `load retry`, behind lib and xsend.

nobody='127.0.0.1:1'

# sent PATTERN: how many of the iqs that the stub was sent have it.
sent() {
	on_wire iq | grep -c -- "$1" || true
}

# connections: how many the stub had.
connections() {
	grep -c ' connected ' "$STUB_LOG"
}

# refuses TOOL ARG...: --retry ends at what will not be better, with 75 when
# its time is over, with 64 when it has none.
refuses() {
	local name=$1
	stub ok
	expect_exit 64 tool "$@" --retry soon <records
	head -n 1 err | grep "^$name: --retry: 'soon' is not"
	same connections 0 "$(connections || true)"
	stub not-authorized
	expect_exit 77 tool "$@" --retry 600 <records
	same connections 1 "$(connections)"
	stub stream-error=conflict
	expect_exit 75 tool "$@" --retry 600 <records
	same connections 1 "$(connections)"
	grep -q 'conflict' err
	kill "$STUB_PID"
	expect_exit 75 tool "$@" -v --retry 1 -H "$nobody" <records
	grep -q 'next attempt in' err
	grep -q "^$name: $nobody: Connection refused$" err
}
