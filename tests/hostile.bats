#!/usr/bin/env bats
# Servers that lie, break off and flood: the tables of hostile/cases.py, for
# each row a status, all of stderr, and bounds on memory and time. Sessions with
# a byte spoilt, and machines that refuse memory and files; `make mutate` and
# `make fail` have more of these.

load lib

# tables NAME... : all of their rows, several at once.
tables() {
	mkdir rows
	# shellcheck disable=SC2154 # lib.bash
	"$tests/hostile/run.py" rows "$@"
}

@test "a login that is refused, broken off or lied to: status and words" {
	tables login sasl
}

@test "a negotiation in the wrong order, and what nobody has asked for" {
	tables order
}

@test "what is not XMPP, and too much of it" {
	tables xml flood
}

@test "stream errors, redirects, silence and the end, in each phase of a login" {
	tables end
}

@test "the same once logged in, to those who send, receive and ask" {
	tables online
}

@test "acknowledgements and resumptions that cannot be" {
	tables h
}

@test "control characters in what others write are no terminal's" {
	tables text
}

@test "a byte of a session is spoilt: no crash, no hang, no success that is none" {
	"$tests/hostile/mutate.py" sessions 100 1
}

# The sanitizers have an allocator of their own.
@test "allocations that fail: 71 and the reason, and nothing is lost" {
	[ -z "${ASAN_OPTIONS-}" ] || skip 'not with the sanitizers'
	"$tests/hostile/fail.py" runs alloc 17 1
}

@test "system calls on our files that fail: the reason, and nothing is lost" {
	[ -z "${ASAN_OPTIONS-}" ] || skip 'not with the sanitizers'
	"$tests/hostile/fail.py" runs calls 29 1
}
