#!/usr/bin/env bats
# Nothing lost: what the harness of tests/faults notices, and what waits for a
# slow server. faults-KIND.bats have the runs.

bats_require_minimum_version 1.5.0
load lib
load xsend

# fakes: the folder of tools with a fault.
fakes() {
	mkdir fakes
	for name in xsend xrecv xqueue; do
		ln -s "$tests/faults/fake" "fakes/$name"
	done
}

# notices FAKE PATTERN: a run with a tool that has this fault fails, for that.
notices() {
	expect_exit 1 env REAL="$BIN" BIN="$PWD/fakes" FAKE="$1" \
		"$tests/faults/run.py" plain "$XMPP_DIR" 1 60
	grep -qE "^    $2" out || {
		echo "# $1 is not noticed as '$2':"
		sed 's/^/# /' out
		return 1
	}
}

# notices_once FAKE PATTERN SCENARIO: one run of some is that, as a fault that
# comes before all lines, or behind them, does no harm.
notices_once() {
	local seed
	# What a fake has lost is waited for in vain.
	export FAULTS_DEADLINE=40
	for seed in 1 2 3 4 5 6 7 8; do
		env REAL="$BIN" BIN="$PWD/fakes" FAKE="$1" "$tests/faults/run.py" \
			"$3" "$XMPP_DIR" "$seed" 200 >out 2>err || true
		! grep -qE "^    $2" out || return 0
	done
	echo "# $1 is not noticed as '$2' in $3:"
	sed 's/^/# /' out err
	return 1
}

# messages_reach N: the stub has been sent so many.
messages_reach() {
	local end=$((SECONDS + 60))
	until [ "$(grep -c ' recv message ' "$STUB_LOG")" -ge "$1" ]; do
		[ "$SECONDS" -lt "$end" ] || return
		nap 0.05
	done
}

@test "the judge sees each violation, and no other" {
	"$tests/faults/selftest.py" >out
	same 'what is not ok' '' "$(grep '^not ok\|^#' out)"
}

@test "a tool that loses, doubles, moves or changes a line is caught" {
	on prosody
	fakes
	notices xsend:lose 'missing: 20$'
	notices xsend:double 'double: 20$'
	notices xsend:swap 'order: 20 behind 21'
	notices xsend:change 'changed: .line 120 '
	notices xrecv:lose 'missing: 20$'
	notices xrecv:double 'double: 20'
	notices xrecv:swap 'order: 20 behind 21'
}

@test "an end before all is sent, and a status that is not right, are caught" {
	on ejabberd
	fakes
	notices xsend:end 'missing: 20-60$'
	notices xsend:status 'xsend: exit status 3$'
	notices xrecv:status 'xrecv: exit status 3$'
}

@test "a receiver that forgets where it was, a command that is passed over, a queue that loses" {
	own prosody mam=yes
	fakes
	notices_once xrecv:forget 'missing: ' since-killed
	notices_once xrecv:forget 'missing: ' durable-killed
	notices_once xrecv:forget 'missing: ' spool-ended
	notices_once xrecv:skip 'missing: ' exec-fails
	notices_once xrecv:lose 'missing: 20$' server-killed
	notices_once xqueue:drop 'missing: ' queue-full
}

@test "a seed has the same plan each time" {
	on prosody
	for n in 1 2; do
		"$tests/faults/run.py" delay "$XMPP_DIR" 7 40 --plan >"plan$n"
	done
	grep -q '^    plan: delay ' plan1
	same plan "$(grep plan: plan1)" "$(grep plan: plan2)"
}

@test "a million lines wait for a server that does not acknowledge: memory is flat" {
	stub silent-ack
	seq 1000000 >million
	spawn tool xsend -a romeo -l "$juliet" <million
	messages_reach 1000
	most=$(hwm)
	# Of 7 MB no more than what is read ahead.
	[ "$(sed -n 's/^pos:[^0-9]*//p' "/proc/$pid/fdinfo/0")" -lt 200000 ]
	same 'messages' 1000 "$(grep -c ' recv message ' "$STUB_LOG")"
	[[ $BUILD = *-asan ]] || [ "$most" -lt 12288 ]
}

@test "a million lines go to a slow server: memory is flat" {
	stub ack-delay=50
	seq 1000000 >million
	spawn tool xsend -a romeo -l "$juliet" <million
	messages_reach 1000
	most=$(hwm)
	messages_reach 5000
	echo "# $most kB, then $(hwm)"
	[[ $BUILD = *-asan ]] || [ $(($(hwm) - most)) -lt 512 ]
	[[ $BUILD = *-asan ]] || [ "$(hwm)" -lt 12288 ]
}

# survives KIND: 1,000 lines a second for 10 s, killed at 4 s, back at 6 s.
survives() {
	own "$1"
	BIN=$BIN "$tests/faults/run.py" server-killed-at-4 "$XMPP_DIR" 1 10000
}

@test "10,000 lines arrive though Prosody is killed among them" {
	survives prosody
}

@test "10,000 lines arrive though ejabberd is killed among them" {
	survives ejabberd
}
