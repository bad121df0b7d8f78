# shellcheck shell=bash
# The process of a server: how it begins, when it answers, when it is gone.
# Sourced; what launches one owns $kind, $dir, $port, $tls_port, $http_port,
# $pid and the arrays opt and command.

deadline=120 # seconds until a server has to answer

# started PID: when a process began, to tell it from a later one of its number.
started() {
	local stat
	read -r stat 2>/dev/null <"/proc/$1/stat" || return 1
	# The name in parentheses may hold spaces; 20 fields follow it.
	# shellcheck disable=SC2086
	set -- ${stat##*) }
	# A zombie is gone: only its parent has not asked yet.
	[ "$1" != Z ] && echo "${20}"
}

gone() {
	[ "$(started "$1")" != "$2" ]
}

# wait_gone PID BEGAN TENTHS
wait_gone() {
	local n
	for ((n = 0; n < $3 * 5; n++)); do
		gone "$1" "$2" && return
		sleep 0.02
	done
	return 1
}

# Start the process. It must not keep our descriptors open, as a test's
# runner waits until they are closed, nor get a terminal's signals.
launch() {
	local fd user=()
	[ "$(id -u)" != 0 ] ||
		user=(setpriv --reuid=nobody --regid=nogroup --clear-groups)
	(
		for fd in /proc/self/fd/*; do
			fd=${fd##*/}
			[ "$fd" -le 2 ] || eval "exec $fd>&-"
		done
		cd "$dir" || exit
		exec setsid "${user[@]}" env -i PATH="$PATH" HOME="$dir" \
			LANG=C.UTF-8 TMPDIR="$dir" "${command[@]}"
	) </dev/null >"$dir/out" 2>&1 &
	pid=$!
}

# owns PORT: whether our process has it open for listening. The tables are for
# awk, as the shell reads a file line by line in a way that has the kernel walk
# all of the table for each.
owns() {
	local hex inode
	printf -v hex '%04X' "$1"
	# The columns: number, local, remote, state, ..., the tenth is the inode.
	for inode in $(awk -v end=":$hex\$" '$2 ~ end && $4 == "0A" { print $10 }' \
		"/proc/$pid/net/tcp" "/proc/$pid/net/tcp6" 2>/dev/null); do
		[ -n "$(find "/proc/$pid/fd" -lname "socket:\[$inode\]" 2>/dev/null)" ] &&
			return
	done
	return 1
}

# shows_certificate: whether the TLS port is answered with our certificate.
shows_certificate() {
	local name=${opt[hosts]:-capulet.lit}
	name=${name%%,*}
	openssl s_client -connect "127.0.0.1:$tls_port" -servername "$name" \
		-CAfile "$dir/tls/ca.pem" -verify_return_error \
		-verify_hostname "$name" -brief </dev/null >/dev/null 2>&1
}

ready() {
	owns "$port" || return
	[ "$kind" != ejabberd ] || owns "$http_port" || return
	[ "${opt[tls]}" = no ] || { owns "$tls_port" && shows_certificate; }
}

port_taken() {
	grep -qiE 'eaddrinuse|address already in use' "$dir/log" "$dir/out" 2>/dev/null
}

# Wait for the process to answer. 1: a port was taken. A look takes several
# processes, which the server could do with: less often, the longer it takes.
await() {
	local end=$((SECONDS + deadline)) alive ms=25 pause
	until ready; do
		# First, as its last words may tell of the port.
		alive=
		[ ! -d "/proc/$pid" ] || [ "$SECONDS" -ge "$end" ] || alive=yes
		port_taken && return 1
		[ "$alive" ] || give_up
		ms=$((ms < 200 ? ms * 2 : ms))
		printf -v pause '0.%03d' "$ms"
		sleep "$pause"
	done
}

give_up() {
	tail -n 30 "$dir/out" "$dir/log" >&2
	die 70 "$kind does not start"
}

# remember_process: its number and when it began, for stop.
remember_process() {
	local stat
	read -r stat <"/proc/$pid/stat" || give_up
	# shellcheck disable=SC2086
	set -- ${stat##*) }
	echo "$pid ${20}" >"$dir/pid"
}

write_env() {
	{
		printf '%s=%q\n' XMPP_KIND "$kind" XMPP_HOST "${opt[at]:-127.0.0.1}" \
			XMPP_PORT "$port" XMPP_CA "$dir/tls/ca.pem" \
			XMPP_PID "$pid" XMPP_DIR "$dir"
		[ "${opt[tls]}" = no ] || echo "XMPP_TLS_PORT=$tls_port"
		[ "$kind" != ejabberd ] || echo "XMPP_HTTP_PORT=$http_port"
	} >"$dir/env.new" && mv "$dir/env.new" "$dir/env"
}

# remember_command: what restart needs.
remember_command() {
	declare -p kind port tls_port http_port opt command >"$dir/state"
}
