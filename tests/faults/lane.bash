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

# runs FIRST LAST: a line 'SM MAM SCENARIO SEED' for each seed, which go through
# the scenarios in turns; those that can share a server together.
runs() {
	local name sm mam seed scenarios
	mapfile -t scenarios < <("$faults/run.py" --list)
	for ((seed = $1; seed <= $2; seed++)); do
		name=${scenarios[(seed - 1) % ${#scenarios[@]}]}
		read -r name sm mam <<<"$name"
		echo "$sm $mam $name $seed"
	done | sort -s -k 1,2
}

# each_run KIND FIRST LAST: the scenario of each of these seeds, a line each and
# more where one failed; 1 if any has. Of $lines lines, if that is set.
each_run() {
	local name sm mam seed status=0 dir lines=${lines-}
	while read -r sm mam name seed; do
		server_for "$1" "$sm" "$mam" || return
		# shellcheck disable=SC2086 # a word, or none
		"$faults/run.py" "$name" "$dir" "$seed" $lines </dev/null && continue
		status=1
		echo "    again: tests/servers/start $1 DIR sm=$sm mam=$mam &&" \
			"BIN=build/bin tests/faults/run.py $name DIR $seed $lines"
	done < <(runs "$2" "$3")
	return "$status"
}

# short_runs KIND: each scenario once, as a test, which ends the servers.
short_runs() {
	local lines=60 status=0 dir
	lane=$(mktemp -d "$OWN_SERVERS/XXXXXX")
	chmod 711 "$lane"
	each_run "$1" 1 "$("$faults/run.py" --list | wc -l)" || status=1
	for dir in "$lane"/*/; do
		started+=("$dir")
	done
	return "$status"
}
