# shellcheck shell=bash
# What the files about the queue share: `load queue`, behind xsend.

# queues CODE TEXT RECIPIENT...: a message for each while no server can be had.
queues() {
	expect_exit "$1" tool xsend -H 127.0.0.1:1 --tls starttls --queue \
		-m "$2" "${@:3}"
}

# waits [BODY...]: these wait, in this order, and no others.
waits() {
	same 'what waits' "$(printf '%s\n' "$@")" \
		"$(tool xqueue list | awk -F '\t' '$2 == "waiting"' | cut -f 7)"
}

# fail [BODY...]: these are in failed/.
failed() {
	same 'what failed' "$(printf '%s\n' "$@")" \
		"$(tool xqueue list | awk -F '\t' '$2 == "failed"' | cut -f 7)"
}

# id_of BODY: the ID of the entry that has it.
id_of() {
	tool xqueue list | awk -F '\t' -v body="$1" '$7 == body { print $1 }'
}

# folder: of romeo's queue.
folder() {
	echo "$XDG_STATE_HOME"/couplet/queue-romeo*
}

# many N: messages of romeo's, 1 to N, wait for juliet. They are made from one
# here, as to bring each to the disk takes its time.
many() {
	local file text name one i
	queues 3 0 "$juliet"
	file=$(echo "$(folder)"/waiting/*)
	text=$(cat "$file")
	text=${text/ id=\"/ id=\"ID-}
	name=${file##*/}
	for ((i = 1; i <= $1; i++)); do
		one=${text/>0</>$i<}
		echo "${one/ID-/$i-}" \
			>"${file%/*}/$((${name%%-*} + i))-${name#*-}"
	done
	rm "$file"
}
