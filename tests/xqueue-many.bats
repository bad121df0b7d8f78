#!/usr/bin/env bats
# xqueue run with many messages: more than are on their way at once, several
# processes, and one that is killed.

bats_require_minimum_version 1.5.0
load lib
load xsend
load queue

# queue ARG... : must succeed and say nothing on stderr.
queue() {
	expect_exit 0 tool xqueue "$@" && same 'stderr' '' "$(cat err)"
}

@test "run: more than fits in one flight" {
	for server in "${servers[@]}"; do
		fresh "$server"
		rm -rf "$XDG_STATE_HOME"
		many 350
		queue run
		waits
		expect_exit 0 tool xrecv -a juliet -c 350 -W 200 -o text
		same 'the lines' "$(seq 350 | sha256sum)" \
			"$(cut -f 2 out | sha256sum)"
	done
}

@test "three at once: each entry is sent once" {
	for server in "${servers[@]}"; do
		fresh "$server"
		rm -rf "$XDG_STATE_HOME"
		many 200
		pids=()
		for one in 1 2 3; do
			spawn tool xqueue run 2>"err.$one"
			pids+=("$pid")
		done
		for pid in "${pids[@]}"; do
			code=0
			wait "$pid" || code=$?
			[[ $code = @(0|75) ]]
		done
		queue run
		expect_exit 0 tool xrecv -a juliet -c 200 -W 200 -o text
		same 'the lines' "$(seq 200 | sha256sum)" \
			"$(cut -f 2 out | sha256sum)"
		arrives
	done
}

@test "killed while it sends: the next one sends the rest, and doubles have their id" {
	for server in "${servers[@]}"; do
		fresh "$server"
		rm -rf "$XDG_STATE_HOME"
		many 300
		spawn tool xqueue run -v 2>log
		wait_for_line log ': sent$' 120
		kill -KILL "$pid"
		wait "$pid" || true
		queue run
		tool xsend -m end "$juliet"
		rm -f inbox
		spawn tool xrecv -a juliet -j >inbox
		wait_for_line inbox '"body":"end"' 120
		kill "$pid"
		wait "$pid" || true
		jq -r 'select(.body) | .id + " " + .body' inbox | sort -u |
			cut -d ' ' -f 2 | grep -v end | sort -n >bodies
		same 'each is there, and has one id' "$(seq 300 | sha256sum)" \
			"$(sha256sum <bodies)"
	done
}
