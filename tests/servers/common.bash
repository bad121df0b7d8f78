# shellcheck shell=bash
# What the scripts in this folder share. Sourced, with set -u.

here=$(cd "${BASH_SOURCE[0]%/*}" && pwd)
# shellcheck source=/dev/null disable=SC2034
codename=$(. /etc/os-release && echo "${VERSION_CODENAME:-unknown}")

# die STATUS TEXT
die() {
	echo "${0##*/}: $2" >&2
	exit "$1"
}

# server_tree KIND: the folder with the unpacked server.
server_tree() {
	local root=${COUPLET_SERVERS_DIR:-${here%/tests/servers}/build/servers}
	echo "$root/$codename/$1"
}

# load_env DIR: the variables of a started server.
load_env() {
	[ -r "$1/env" ] || die 66 "$1: no server was started here"
	# shellcheck source=/dev/null
	. "$1/env"
}

# post PATH JSON... : one call of ejabberd's HTTP interface for each JSON text.
post() {
	local path=$1 body answer LC_ALL=C
	shift
	for body; do
		exec 7<>"/dev/tcp/127.0.0.1/$XMPP_HTTP_PORT" || return 1
		printf '%s\r\n' "POST $path HTTP/1.1" 'Host: montague.lit' \
			'Content-Type: application/json' 'Connection: close' \
			"Content-Length: ${#body}" '' >&7
		printf '%s' "$body" >&7
		answer=$(timeout 60 cat <&7)
		exec 7>&-
		[[ $answer = 'HTTP/1.1 200 '* ]] || { echo "$answer" >&2; return 1; }
	done
}

# Each process less counts: there are thousands of accounts in a run of the
# tests, and several processes for each were a tenth of what the run took.

# data_path HOST STORE USER: where Prosody keeps one user's data, into the
# variable path.
data_path() {
	encode "$1"
	path=$XMPP_DIR/data/$encoded/$2
	encode "$3"
	path+=/$encoded.dat
}

# encode TEXT: as Prosody writes a name in a path, into the variable encoded.
encode() {
	local text=$1 char code
	encoded=
	while [ -n "$text" ]; do
		char=${text:0:1}
		text=${text:1}
		case $char in
		[a-zA-Z0-9]) encoded+=$char ;;
		*)
			printf -v code '%%%02x' "'$char"
			encoded+=$code
			;;
		esac
	done
}

# write_data FILE TEXT: that becomes the file, owned by the server's user, who
# reads it when somebody logs in.
write_data() {
	[ -d "${1%/*}" ] || mkdir -p "${1%/*}"
	printf '%s\n' "$2" >"$1"
	[ "$EUID" != 0 ] || chown nobody:nogroup "$1" "${1%/*}" "${1%/*/*}"
}

# quote TEXT: as a string of Lua, or of JSON, into the variable quoted.
quote() {
	quoted=${1//\\/\\\\}
	quoted=\"${quoted//\"/\\\"}\"
}

# add_users JID PASSWORD...
add_users() {
	local user host json=() path quoted encoded password
	while [ $# -ge 2 ]; do
		user=${1%%@*} host=${1#*@}
		quote "$2"
		password=$quoted
		if [ "$XMPP_KIND" = prosody ]; then
			data_path "$host" accounts "$user"
			write_data "$path" "return { [\"password\"] = $password; };"
		else
			quote "$user"
			json+=("{\"user\":$quoted,\"host\":\"$host\",\"password\":$password}")
		fi
		shift 2
	done
	[ ${#json[@]} = 0 ] || post /api/register "${json[@]}"
}
