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
	local path=$1 body answer
	shift
	for body; do
		exec 7<>"/dev/tcp/127.0.0.1/$XMPP_HTTP_PORT" || return 1
		printf '%s\r\n' "POST $path HTTP/1.1" 'Host: montague.lit' \
			'Content-Type: application/json' 'Connection: close' \
			"Content-Length: $(printf %s "$body" | wc -c)" '' >&7
		printf '%s' "$body" >&7
		answer=$(timeout 60 cat <&7)
		exec 7>&-
		[[ $answer = 'HTTP/1.1 200 '* ]] || { echo "$answer" >&2; return 1; }
	done
}

# data_path HOST STORE USER: where Prosody keeps one user's data.
data_path() {
	echo "$XMPP_DIR/data/$(encode "$1")/$2/$(encode "$3").dat"
}

# encode TEXT: as Prosody writes a name in a path.
encode() {
	local text=$1 char out=''
	while [ -n "$text" ]; do
		char=${text:0:1}
		text=${text:1}
		case $char in
		[a-zA-Z0-9]) out+=$char ;;
		*) out+=$(printf '%%%02x' "'$char") ;;
		esac
	done
	echo "$out"
}

# write_data FILE: stdin becomes the file at once, owned by the server's user.
write_data() {
	mkdir -p "${1%/*}"
	cat >"$1.new" && mv "$1.new" "$1"
	[ "$(id -u)" != 0 ] || chown nobody:nogroup "$1" "${1%/*}" "${1%/*/*}"
}

# quote TEXT: as a string of Lua, or of JSON.
quote() {
	local text=${1//\\/\\\\}
	echo "\"${text//\"/\\\"}\""
}

# add_users JID PASSWORD...
add_users() {
	local user host json=()
	while [ $# -ge 2 ]; do
		user=${1%%@*} host=${1#*@}
		if [ "$XMPP_KIND" = prosody ]; then
			echo "return { [\"password\"] = $(quote "$2"); };" |
				write_data "$(data_path "$host" accounts "$user")"
		else
			json+=("{\"user\":$(quote "$user"),\"host\":$(quote "$host"),\"password\":$(quote "$2")}")
		fi
		shift 2
	done
	[ ${#json[@]} = 0 ] || post /api/register "${json[@]}"
}
