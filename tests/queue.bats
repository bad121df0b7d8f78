#!/usr/bin/env bats
# The queue on disk: stopped at any system call, an entry is there whole or not
# at all, and what was said is true. (What it does besides is in
# tests/unit/test_queue.c, and what the tools make of it in xqueue.bats.)

bats_require_minimum_version 1.5.0
load lib

text='what is queued'

# traced ARG... : strace, with its output in the file trace. The leak checker
# cannot work under it.
traced() {
	ASAN_OPTIONS=detect_leaks=0 strace -f -y -s 200 -o trace "$@"
}

# put FOLDER: one entry, by the writer itself and nothing else.
put() {
	"$BUILD/tests/unit/test_queue" put "$1" "$text"
}

# calls FOLDER: the system calls of a trace from the first that is about the
# folder on, each as NAME:COUNT, the how manyth of that name it is.
calls() {
	sed -nE 's/^[0-9]+ +([a-z0-9_]+)\(.*/&/p' trace |
		awk -v folder="$1" '
			{ name = $2; sub(/\(.*/, "", name); count[name]++ }
			index($0, folder) && !/execve/ { on = 1 }
			on { print name ":" count[name] }' |
		grep -Ev '^(exit|exit_group|brk|mmap|munmap|mprotect|madvise):'
}

# entries FOLDER: what waits there, each in full and a newline.
entries() {
	local file
	for file in "$1"/queue-*/waiting/*; do
		[ ! -e "$file" ] || { cat "$file" && echo; }
	done
}

@test "the bytes are on the disk before the name, and the name before it is said" {
	traced -e trace=write,fsync,rename,renameat,renameat2 \
		"$BUILD/tests/unit/test_queue" put "$PWD/new" "$text" >id
	id=$(cat id)
	same 'the order' "$(cat <<-EOF
		fsync above
		fsync state
		fsync queue 5
		write tmp
		fsync tmp
		rename tmp waiting
		fsync waiting
		write stdout
	EOF
	)" "$(sed -nE -e "s|.* fsync\([0-9]+<$PWD>\).*|fsync above|p" \
		-e "s|.* fsync\([0-9]+<$PWD/new>\).*|fsync state|p" \
		-e "s|.* fsync\([0-9]+<$PWD/new/queue-[^/]*>\).*|fsync queue|p" \
		-e "s|.* write\(.*/tmp/$id.*|write tmp|p" \
		-e "s|.* fsync\(.*/tmp/$id.*|fsync tmp|p" \
		-e "s|.* renameat2?\([0-9]+<.*/tmp>, \"$id.0\", [0-9]+<.*/waiting>, \"$id.0\".*|rename tmp waiting|p" \
		-e "s|.* fsync\(.*/waiting>.*|fsync waiting|p" \
		-e "s|.* write\(1.*|write stdout|p" trace |
		awk '/^fsync queue$/ { n++; next }
			n { print "fsync queue " n; n = 0 }
			{ print }')"
}

@test "killed at any system call, an entry is whole or not there" {
	local number=0 said=0 there=0 call
	traced "$BUILD/tests/unit/test_queue" put "$PWD/count" "$text" >/dev/null
	calls "$PWD/count" >calls
	[ "$(wc -l <calls)" -gt 20 ]
	while read -r call; do
		number=$((number + 1))
		traced -e "inject=${call%:*}:signal=KILL:when=${call#*:}" \
			"$BUILD/tests/unit/test_queue" put "$PWD/at-$number" \
			"$text" >out 2>err && continue
		if [ -s out ]; then
			same "said, at $call" "$text" "$(entries "at-$number")"
			said=$((said + 1))
		fi
		[ -z "$(entries "at-$number")" ] ||
			same "at $call" "$text" "$(entries "at-$number")"
		[ -z "$(entries "at-$number")" ] || there=$((there + 1))
		# Whatever is left, the next one is not in its way.
		put "$PWD/at-$number" >/dev/null
		entries "at-$number" | grep -qx "$text"
	done <calls
	echo "# $number system calls: there $there, said $said"
	# The faults were where they were to be: before the rename and after it.
	[ "$there" -gt 0 ] && [ "$there" -lt "$number" ]
}

@test "an error at any system call of the disk is said, and nothing is there" {
	local number=0 call error
	# With a state folder that is there: those above are asked as a favour.
	mkdir count
	traced "$BUILD/tests/unit/test_queue" put "$PWD/count" "$text" >/dev/null
	calls "$PWD/count" | grep -E \
		'^(mkdir|mkdirat|openat|write|fsync|rename|renameat|renameat2):' \
		>calls
	while read -r call; do
		for error in ENOSPC EIO; do
			number=$((number + 1))
			mkdir "at-$number"
			code=0
			traced -e "inject=${call%:*}:error=$error:when=${call#*:}" \
				"$BUILD/tests/unit/test_queue" put \
				"$PWD/at-$number" "$text" >out 2>err || code=$?
			# That of stdout is the test's own.
			grep -q "write(1.*INJECTED" trace && continue
			same "status, at $call" 74 "$code"
			grep -qE 'No space left|Input/output error' err
			same "stdout, at $call" '' "$(cat out)"
			same "at $call" '' "$(entries "at-$number")"
		done
	done <calls
	[ "$number" -gt 15 ]
}

# --- the sender ----------------------------------------------------------

# Nobody is there.
nobody() {
	XMPP_HOST=127.0.0.1 XMPP_PORT=1 XMPP_CA=/etc/ssl/certs/ca-certificates.crt
	config_for romeo romeo@montague.lit rosaline 'tls: starttls'
}

# waiting: the bodies of those that wait, on one line.
waiting() {
	tool xqueue list | cut -f 7 | paste -sd ' '
}

@test "xsend killed while it queues: what is there is a whole piece of what it read" {
	local n count=0
	nobody
	seq 8 >eight
	for n in 1 2 5 9 14 19; do
		rm -rf "$XDG_STATE_HOME"
		traced -e "inject=fsync:signal=KILL:when=$n" \
			"$BIN/xsend" --queue -l juliet@capulet.lit <eight \
			>out 2>err && echo 'not killed' && return 1
		count=$(tool xqueue list | wc -l)
		same "killed at fsync $n" "$(seq "$count" | paste -sd ' ')" \
			"$(waiting)"
	done
	# The last of these was behind some.
	[ "$count" -ge 4 ]
}

@test "a full disk: xsend says 74, and what it has queued stays" {
	nobody
	# Some are for folders, two for each entry.
	ASAN_OPTIONS=detect_leaks=0 expect_exit 74 strace -f -o trace \
		-e inject=fsync:error=ENOSPC:when=14+ \
		"$BIN/xsend" --queue -l juliet@capulet.lit < <(seq 8)
	grep -q '^xsend: stdin:[0-9]*: not queued: .*: No space left on device$' err
	same 'what waits' "$(seq "$(tool xqueue list | wc -l)" | paste -sd ' ')" \
		"$(waiting)"
	[ -n "$(waiting)" ]
}
