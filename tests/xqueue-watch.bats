#!/usr/bin/env bats
# xqueue run --watch: the service.

bats_require_minimum_version 1.5.0
load lib
load xsend
load queue

# queue ARG... : must succeed and say nothing on stderr.
queue() {
	expect_exit 0 tool xqueue "$@" && same 'stderr' '' "$(cat err)"
}

@test "[v] --watch: sends what is there, then what comes" {
	for server in "${servers[@]}"; do
		fresh "$server"
		rm -rf "$XDG_STATE_HOME"
		listen juliet
		queues 3 one "$juliet"
		spawn tool xqueue run --watch 2>watch.err
		watch=$pid
		wait_for_line juliet.inbox 'one$' 120
		queues 3 two "$juliet"
		wait_for_line juliet.inbox 'two$' 120
		queues 3 three nobody@capulet.lit
		wait_for_line watch.err 'service-unavailable' 120
		queues 3 four "$juliet"
		wait_for_line juliet.inbox 'four$' 120
		failed three
		kill -TERM "$watch"
		pid=$watch
		ends 143
		same 'stderr' 1 "$(wc -l <watch.err)"
	done
}

@test "--watch: an entry that is tried again is sent at once" {
	fresh prosody
	listen juliet
	queues 3 one nobody@capulet.lit
	expect_exit 1 tool xqueue run
	spawn tool xqueue run --watch -v 2>watch.err
	# It stands before an empty queue.
	queues 3 two "$juliet"
	wait_for_line juliet.inbox 'two$' 120
	queue retry "$(id_of one)"
	wait_for_line watch.err 'service-unavailable' 120
}

@test "--watch: a server that cannot be had is tried again, and others' faults are not" {
	stub close-in-auth times=2
	queues 3 one "$juliet"
	spawn tool xqueue run --watch -v --bounce-wait 0 2>watch.err
	wait_for_line watch.err 'trying again in' 120
	wait_for_line watch.err ': sent$' 120
	kill -TERM "$pid"
	ends 143
	waits
	stub not-authorized
	queues 3 two "$juliet"
	expect_exit 77 tool xqueue run --watch
	waits two
}

@test "--watch: a queue that is taken away ends it" {
	fresh prosody
	queues 3 one "$juliet"
	spawn tool xqueue run --watch -v 2>watch.err
	wait_for_line watch.err ': sent$' 120
	mv "$(folder)/waiting" away
	ends 74
	grep -q '/waiting: it was removed$' watch.err
}

@test "-W: run has a limit, and a watch with nothing to do ends well" {
	stub silent-ack
	expect_exit 0 tool xqueue run --watch -W 0.3
	queues 3 one "$juliet"
	expect_exit 124 tool xqueue run -W 2
	waits one
}
