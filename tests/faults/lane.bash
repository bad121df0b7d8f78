# shellcheck shell=bash
# Runs one behind the other on servers of their own. Sourced; needs BIN.

faults=$(cd "${BASH_SOURCE[0]%/*}" && pwd)

# server_for KIND SM MAM: a running server with these settings, started when
# it is first asked for in the folder $lane; sets dir.
server_for() {
	dir=$lane/$1-$2-$3
	[ -e "$dir/env" ] && return
	mkdir "$dir"
	"$faults/../servers/start" "$1" "$dir" "sm=$2" "mam=$3"
}

# stop_servers: those of $lane.
stop_servers() {
	local file
	for file in "$lane"/*/pid; do
		[ ! -e "$file" ] || "$faults/../servers/stop" "${file%/pid}"
	done
}

# each_run KIND FIRST LAST: every scenario with each of these seeds, a line each
# and more where one failed; 1 if any has. Of $lines lines, if that is set.
each_run() {
	local name sm mam seed status=0 dir scenarios lines=${lines-}
	mapfile -t scenarios < <("$faults/run.py" --list)
	for ((seed = $2; seed <= $3; seed++)); do
		for name in "${scenarios[@]}"; do
			read -r name sm mam <<<"$name"
			# shellcheck disable=SC2086 # a word, or none
			server_for "$1" "$sm" "$mam" || return
			"$faults/run.py" "$name" "$dir" "$seed" $lines \
				</dev/null || status=1
		done
	done
	return "$status"
}

# short_runs KIND FIRST LAST: the same as a test, which ends the servers.
short_runs() {
	local lines=60 status=0 dir
	lane=$(mktemp -d "$OWN_SERVERS/XXXXXX")
	chmod 711 "$lane"
	each_run "$@" || status=1
	for dir in "$lane"/*/; do
		started+=("$dir")
	done
	return "$status"
}
