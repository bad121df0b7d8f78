# shellcheck shell=bash
# The stage for demo and play: a throwaway Prosody, a configuration for two
# accounts, the tools on the PATH; and the end of it all. Sourced, with set -u.

root=$(cd "${BASH_SOURCE[0]%/*}/../.." && pwd)
stage=
players=()

# remember PID: a process to end with the stage.
remember() {
	players+=("$1")
}

clear_stage() {
	trap '' INT TERM HUP
	local pid
	for pid in "${players[@]}"; do
		kill "$pid" 2>/dev/null && wait "$pid" 2>/dev/null
	done
	[ -n "$stage" ] || return
	"$root/tests/servers/stop" "$stage/server"
	rm -rf "$stage"
}

# write_account NAME JID PASSWORD
write_account() {
	printf '%s\n' "$3" >"$stage/$1.password"
	chmod 600 "$stage/$1.password"
	cat <<-EOF
		  $1:
		    jid: $2
		    password_file: "$stage/$1.password"
		    server: $XMPP_HOST:$XMPP_PORT
		    tls: starttls
		    ca_file: "$XMPP_CA"
	EOF
}

set_stage() {
	trap clear_stage EXIT
	trap 'exit 129' HUP
	trap 'exit 130' INT
	trap 'exit 143' TERM
	stage=$(mktemp -d "${TMPDIR:-/tmp}/couplet-stage.XXXXXX") || exit 71
	# The server's user must be able to enter; the passwords are 0600.
	chmod 711 "$stage"
	mkdir "$stage/server"
	"$root/tests/servers/start" prosody "$stage/server" || exit
	# shellcheck source=/dev/null
	. "$stage/server/env"
	{
		printf 'default: romeo\naccounts:\n'
		write_account romeo romeo@montague.lit rosaline
		write_account juliet juliet@capulet.lit wherefore
	} >"$stage/config.yaml"
	# No setting of the user's own plays a part.
	unset "${!COUPLET_@}"
	export COUPLET_CONFIG=$stage/config.yaml
	export XDG_STATE_HOME=$stage/state
	export PATH=${BUILD:-$root/build}/bin:$PATH
}
