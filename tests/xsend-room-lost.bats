# xsend -R when the connection is lost: what the room has not said is looked up
# before it is said again.

load lib
load xsend
load rooms
load reconnect

bats_require_minimum_version 1.5.0

# scene SERVER [KEY=VALUE...]: romeo speaks through a proxy, juliet listens.
scene() {
	once "$@"
	accounts
	make_room juliet
	proxied romeo
	: >heard
	spawn tool xrecv -a juliet -R "$room" --nick Juliet -F %b -v \
		>heard 2>listen.err
	listener=$pid
	wait_for_line listen.err 'joined'
	rm -f lines
	mkfifo lines
	exec 7<>lines
	echo "# on $*"
}

# speaks ARG...: romeo says what comes to descriptor 7. Sets speaker.
speaks() {
	spawn tool xsend -v --nick Bot --retry 120 -R -l "$@" "$room" <lines 2>err 7>&-
	speaker=$pid
}

# heard_now N: so many lines.
heard_now() {
	local end=$((SECONDS + 120))
	until [ "$(sort -u heard | wc -l)" -ge "$1" ]; do
		if [ "$SECONDS" -ge "$end" ]; then
			echo "# $(wc -l <heard) of $1"
			tail -n 20 err | sed 's/^/# /'
			return 1
		fi
		nap 0.05
	done
}

# done_with N: the speaker is done, and all N lines were heard.
all_done() {
	local code=0
	heard_now "$1"
	# The end of its input: nobody else has the other end.
	exec 7>&-
	wait "$speaker" || code=$?
	same status 0 "$code"
	kill "$listener" "$proxy"
}

# interrupted: numbers are said while the connection breaks again and again.
interrupted() {
	local i
	for ((i = 0; i < 4; i++)); do
		seq $((i * 250 + 1)) $((i * 250 + 250)) >&7
		heard_now $((i * 250 + 1))
		break_off
	done
	all_done 1000
}

@test "broken again and again, resumed: nothing missing, nothing twice" {
	for server in "${servers[@]}"; do
		scene "$server"
		speaks
		interrupted
		if [ "$server" = prosody ]; then
			cmp heard <(seq 1000)
		else # it may go on with the broken one meanwhile: couplet(7)
			same all "$(seq 1000)" "$(sort -nu heard)"
		fi
		grep -q ': resumed as ' err
	done
}

@test "a new login each time: the archive of the room knows what is there" {
	for server in "${servers[@]}"; do
		scene "$server" sm=no mam=yes
		speaks
		interrupted
		# What a slow server has still to read of a broken connection is
		# not in its archive yet.
		same all "$(seq 1000)" "$(sort -nu heard)"
		! grep 'possibly twice' err
		[ "$(grep -c ": joined as 'Bot" err)" -ge 5 ]
	done
}

@test "no archive: the history that comes with the join, or it is said so" {
	for server in "${servers[@]}"; do
		scene "$server" sm=no
		speaks
		echo 1 >&7
		heard_now 1
		# The room keeps the last 20.
		seq 2 10 >&7
		heard_now 2
		break_off
		heard_now 10
		cmp heard <(seq 10)
		! grep 'possibly twice' err
		seq 11 400 >&7
		heard_now 11
		break_off
		heard_now 400
		# Nothing is missing; what came twice was announced.
		same all "$(seq 400)" "$(sort -nu heard)"
		[ "$(wc -l <heard)" = 400 ] || grep -q 'possibly twice' err
		exec 7>&-
		wait "$speaker"
		kill "$listener" "$proxy"
	done
}

@test "without --retry it is the end: what was not heard is of unknown outcome" {
	for server in "${servers[@]}"; do
		scene "$server"
		spawn tool xsend -v --unsent rest -R -l "$room" <lines 2>err 7>&-
		speaker=$pid
		seq 500 >&7
		heard_now 1
		break_off
		code=0
		wait "$speaker" || code=$?
		[ "$code" = 75 ] || [ "$code" = 2 ]
		exec 7>&-
		# Nothing is lost: heard, or in the file, or not read.
		: >left
		[ ! -e rest ] ||
			grep -o '<body>[0-9]*' rest | sed 's/<body>//' >left
		unread=$(sed -n 's/.*stdin:\([0-9]*\): not read.*/\1/p' err)
		same all "$(seq 500)" "$({
			cat heard left
			seq "${unread:-501}" 500
		} | sort -nu)"
		kill "$listener" "$proxy"
	done
}

# What only its log has a server may lose when it is killed, so it is asked.
start_anew() {
	"$tests/servers/stop" "$XMPP_DIR"
	wait_for_line err 'next attempt in' 120
	"$tests/servers/restart" "$XMPP_DIR"
}

@test "a log that is followed survives a restart of the server: nothing missing" {
	for server in "${servers[@]}"; do
		own "$server" mam=yes
		rm -f err lines
		accounts
		make_room juliet
		mkfifo lines
		seq 100 >app.log
		exec 7<>lines
		spawn tail -n +1 -f app.log >&7 7>&-
		tail=$pid
		rm -f sent.log
		spawn tool xsend -v --retry 120 --log-file sent.log -R -l "$room" \
			<lines 2>err 7>&-
		speaker=$pid
		exec 7>&-
		wait_for_line sent.log "	sent	" 120
		seq 101 500 >>app.log
		start_anew
		seq 501 1000 >>app.log
		expect_exit 0 tool xrecv -a juliet -R "$room" -F %b \
			--since 2026-01-01T00:00Z -c 1000 -W 120
		same all "$(seq 1000)" "$(sort -nu out)"
		# In order, but for what may be there twice.
		grep -q 'possibly twice' err || cmp out <(seq 1000)
		kill "$tail"
		code=0
		wait "$speaker" || code=$?
		same status 0 "$code"
	done
}
