#!/usr/bin/env bats
# xqueue: what waits, sending it, and what its end says about it.

bats_require_minimum_version 1.5.0
load lib
load xsend
load queue

# queue ARG... : must succeed and say nothing on stderr.
queue() {
	expect_exit 0 tool xqueue "$@" && same 'stderr' '' "$(cat err)"
}

# misused TEXT ARG... : a usage error.
misused() {
	expect_exit 64 tool xqueue "${@:2}" &&
		same 'stdout' '' "$(cat out)" &&
		same 'stderr' "xqueue: $1" "$(head -1 err)" &&
		grep -q '^Usage: xqueue' err
}

# --- the list ------------------------------------------------------------

@test "the list: nothing, and what waits, in each format" {
	fresh prosody
	queue
	same 'an empty list' '' "$(cat out)"
	[ ! -e "$XDG_STATE_HOME" ]
	queues 3 $'a\tb\nc' "$juliet"
	queues 3 two nurse@capulet.lit
	queue list
	same 'text' "$(printf '%s\t' waiting DATE 0 "$juliet" '')a\\tb\\nc" \
		"$(head -1 out | cut -f 2- | sed -E 's/20..-..-..T..:..:..Z/DATE/')"
	queue list -j
	jq -es --arg to "$juliet" 'length == 2 and (.[0] | .to == $to and
		.state == "waiting" and .attempts == 0 and (.why | not) and
		.message.body == "a\tb\nc" and .message.to == $to)' out
	queue list -x
	grep -q '^<entry xmlns="urn:couplet:queue:1" .*<message xmlns="jabber:client" .*<body>two</body></message></entry>$' out
	queue list -F '%{@to} %{@state}'
	same 'template' "$juliet waiting nurse@capulet.lit waiting" \
		"$(xargs <out)"
	queue list -o nul
	same 'nul' 2 "$(tr -cd '\0' <out | wc -c)"
	# What is queued now can be sent by another way.
	tool xqueue list -j | head -1 >list
	jq -c .message list | expect_exit 0 tool xsend -j
	arrives 'a\tb\nc'
}

@test "the list needs no server and no password; another account's is another" {
	fresh prosody
	queues 3 one "$juliet"
	sed '/password/d' "$COUPLET_CONFIG" >none.yaml
	chmod 600 none.yaml
	queue -C none.yaml -H 127.0.0.1:1 list
	same lines 1 "$(wc -l <out)"
	queue -a juliet
	same "juliet's" '' "$(cat out)"
}

@test "a list that nobody reads, or that cannot be written" {
	fresh prosody
	queues 3 one "$juliet"
	expect_exit 74 bash -c '"$0" list >/dev/full' "$BIN/xqueue"
	grep -q '^xqueue: stdout: No space left' err
	code=0
	{ trap '' PIPE; "$BIN/xqueue" list 2>err; } | true || code=${PIPESTATUS[0]}
	same 'stderr' '' "$(cat err)"
}

@test "misuse" {
	fresh prosody
	misused 'drop takes ID...' drop
	misused 'retry takes ID...' retry
	misused 'list takes nothing else' list x
	misused 'run takes nothing else' run x
	misused '../../x is no ID of the list' drop ../../x
	misused '--watch goes with run' list --watch
	misused '--bounce-wait goes with run' --bounce-wait 1
	misused '-o, -x, -j, -F and -N go with list' run -j
	expect_exit 64 tool xqueue push
	grep -q '^xqueue: the verb' err
	expect_exit 64 tool xqueue run --bounce-wait x
	XDG_STATE_HOME=/dev/null expect_exit 74 tool xqueue run
}

# --- run -----------------------------------------------------------------

@test "[v] run: all that waits is sent, in its order, and gone" {
	for server in "${servers[@]}"; do
		fresh "$server"
		rm -rf "$XDG_STATE_HOME"
		for text in one two three; do
			queues 3 "$text" "$juliet"
		done
		queue run
		waits
		arrives one two three
		same 'files' '' "$(find "$(folder)" -type f ! -name lock)"
	done
}

@test "run: nothing waits, so nobody is asked" {
	fresh prosody
	sed '/password/d' "$COUPLET_CONFIG" >none.yaml
	chmod 600 none.yaml
	queue -C none.yaml -H 127.0.0.1:1 run
}

@test "run: no server, and it all waits still" {
	fresh prosody
	queues 3 one "$juliet"
	expect_exit 75 tool xqueue -H 127.0.0.1:1 --tls starttls run
	says 'xqueue: 127.0.0.1:1: Connection refused'
	waits one
}

@test "run: refused for good goes to failed/ and is named; retry, drop" {
	for server in "${servers[@]}"; do
		fresh "$server"
		rm -rf "$XDG_STATE_HOME"
		queues 3 one nobody@capulet.lit
		id=$(id_of one)
		expect_exit 1 tool xqueue run
		grep -qE "^xqueue: $id: nobody@capulet.lit: message [^ ]+: service-unavailable" err
		same 'lines' 1 "$(wc -l <err)"
		failed one
		waits
		tool xqueue list | cut -f 4,6 | grep -qE $'^1\tnobody@.*service-unavailable'
		tool xqueue list -j | jq -e '.state == "failed" and .attempts == 1
			and (.why | contains("service-unavailable"))'
		queue run
		queue retry "$id"
		failed
		waits one
		queue retry "$id"
		queues 3 two "$juliet"
		expect_exit 2 tool xqueue run
		failed one
		waits
		queue drop "$id"
		queue list
		same 'the list' '' "$(cat out)"
		arrives two
	done
}

@test "drop and retry of what is not there, or is being sent" {
	fresh prosody
	queues 3 one "$juliet"
	queues 3 two "$juliet"
	expect_exit 1 tool xqueue drop 1000000000000000-0123456789ab
	says 'xqueue: 1000000000000000-0123456789ab: there is no such entry'
	id=$(id_of one)
	exec 7<"$(folder)/waiting/$id.0"
	flock 7
	expect_exit 75 tool xqueue drop "$id"
	says "xqueue: $id: it is being sent"
	expect_exit 2 tool xqueue drop "$id" "$(id_of two)"
	waits one
	exec 7<&-
	queue drop "$id"
	waits
}

@test "run: a refusal that is temporary leaves it waiting" {
	stub bounce cond=resource-constraint
	queues 3 one "$juliet"
	expect_exit 75 tool xqueue run
	grep -q 'it waits for another try: .*resource-constraint' err
	waits one
	same 'attempts' 1 "$(tool xqueue list | cut -f 4)"
}

# A folder is in the way of the file, as a full disk would be.

@test "run: a refusal that cannot be put into failed/ leaves it waiting" {
	stub bounce after=ack ping-delay=500
	queues 3 one "$juliet"
	id=$(id_of one)
	mkdir "$(folder)/failed/$id.1"
	expect_exit 74 tool xqueue run --bounce-wait 20
	grep -q "^xqueue: .*/sent/$id.1: Is a directory$" err
	grep -q "^xqueue: $id: it waits for another try: .*service-unavailable" err
	rmdir "$(folder)/failed/$id.1"
	waits one
	expect_exit 1 tool xqueue run --bounce-wait 20
	failed one
}

@test "run: a refused one that cannot be moved at all is kept in sent/" {
	stub bounce cond=resource-constraint after=ack bounce-delay=1000 \
		ping-delay=2000
	queues 3 one "$juliet"
	id=$(id_of one)
	tool xqueue run --bounce-wait 20 2>err &
	pid=$!
	until [ -e "$(folder)/sent/$id.1" ]; do
		kill -0 "$pid"
		nap 0.02
	done
	mkdir "$(folder)/waiting/$id.1"
	code=0
	wait "$pid" || code=$?
	same 'status' 74 "$code"
	grep -q "^xqueue: $id: it stays in sent/ until it can wait for another try: .*resource-constraint" err
	[ -s "$(folder)/sent/$id.1" ]
	rmdir "$(folder)/waiting/$id.1"
	stub
	queue run
	on_wire message | grep -q '>one<'
	same 'files' '' "$(find "$(folder)" -type f ! -name lock)"
}

@test "run: the connection breaks, and what is not confirmed waits" {
	stub drop-after=2 silent-ack
	for text in one two three; do
		queues 3 "$text" "$juliet"
	done
	expect_exit 75 tool xqueue run
	grep -q '^xqueue: 3 of them wait for another try$' err
	waits one two three
}

@test "run: what the server does not take is refused" {
	stub limit=10000
	head -c 20000 /dev/zero | tr '\0' x >long
	expect_exit 3 tool xsend -H 127.0.0.1:1 --tls starttls --queue \
		"$juliet" <long
	expect_exit 1 tool xqueue run
	grep -q 'the server takes 10000' err
	nothing_sent
	same 'state' failed "$(tool xqueue list | cut -f 2)"
}

@test "a file that is torn, or none of ours, is set aside and named" {
	fresh prosody
	for text in one two; do
		queues 3 "$text" "$juliet"
	done
	id=$(id_of one)
	truncate -s -5 "$(folder)/waiting/$id.0"
	echo x >"$(folder)/waiting/stranger"
	expect_exit 65 tool xqueue list
	grep -q "^xqueue: $id: no entry of the queue: " err
	expect_exit 2 tool xqueue run
	grep -q "^xqueue: $id: no entry of the queue; it is in torn/ now: " err
	grep -q "^xqueue: stranger: no entry of the queue; it is in torn/ now$" err
	same 'torn' "$id.0 stranger" "$(find "$(folder)/torn" -type f -printf '%f\n' |
		sort | xargs)"
	waits
	arrives two
}

@test "run: another account's entry is not sent" {
	fresh prosody
	queues 3 one "$juliet"
	sed -i "s/account=\"[^\"]*\"/account=\"tybalt@capulet.lit\"/" \
		"$(folder)"/waiting/*
	expect_exit 65 tool xqueue run
	grep -q "another account's" err
	arrives
}

# --- two at once ---------------------------------------------------------

@test "run: another process sends" {
	fresh prosody
	queues 3 one "$juliet"
	exec 7>"$(folder)/lock"
	flock 7
	expect_exit 75 tool xqueue run
	says 'xqueue: another process is sending the queue'
	exec 7>&-
	queue run
	arrives one
}
