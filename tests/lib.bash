# shellcheck shell=bash
# Helpers of the bats files: `load lib`. The runner provides BIN, COUPLET_WRAP,
# PROSODY_DIR, EJABBERD_DIR, STUB_CERTS, TURN and OWN_SERVERS, a folder whose
# servers it ends should a test be killed.

tests=${BASH_SOURCE[0]%/*}

# What both servers must do: a test does it with each of these. That is one of
# them, in turn, unless the runner was told otherwise; the run under the
# sanitizers takes the other one.
servers=(prosody ejabberd)
[ -z "${TURN:-}" ] ||
	servers=("${servers[(${BATS_TEST_NUMBER:-0} + TURN) % 2]}")

setup() {
	# Nothing of the user who runs the tests plays a part.
	local name
	for name in "${!COUPLET_@}"; do
		[[ $name = COUPLET_@(WRAP|SERVERS_DIR) ]] || unset "$name"
	done
	unset ALL_PROXY all_proxy NO_PROXY no_proxy
	export HOME=$BATS_TEST_TMPDIR TMPDIR=$BATS_TEST_TMPDIR LC_ALL=C.UTF-8
	export XDG_CONFIG_HOME=$HOME/.config XDG_STATE_HOME=$HOME/.state
	export COUPLET_CONFIG=$HOME/config.yaml
	background=() started=()
	cd "$HOME" || return
	# bats notes the place before each command, which was a fourth of what the
	# tests took: it is noted where one fails.
	trap - DEBUG
	# shellcheck disable=SC2034 # what bats falls back on
	BATS_DEBUG_LASTLAST_STACK_TRACE=()
	trap 'bats_error_trap; failed_here' ERR
}

# failed_here: bats skips the function that asks.
failed_here() {
	bats_capture_stack_trace
}

# What a test left running ends here, by number.
teardown() {
	local pid dir
	for pid in "${background[@]}"; do
		kill -KILL "$pid" 2>/dev/null || true
		wait "$pid" 2>/dev/null || true
	done
	for dir in "${started[@]}"; do
		"$tests/servers/stop" "$dir"
	done
}

# tool NAME ARG... : one of our programs, under valgrind if that is asked for.
tool() {
	# shellcheck disable=SC2086 # a command line in words
	${COUPLET_WRAP:-} "$BIN/$1" "${@:2}"
}

# spawn COMMAND... : run in the background, ended with the test; sets pid.
# A program is exec'ed, so that a signal to pid reaches it.
spawn() {
	if [ "$1" = tool ]; then
		# shellcheck disable=SC2086
		set -- ${COUPLET_WRAP:-} "$BIN/$2" "${@:3}"
	fi
	"$@" 3>&- <&0 &
	pid=$!
	background+=("$pid")
}

# on prosody|ejabberd: the shared server that what follows is about.
on() {
	local dir=${1^^}_DIR
	# shellcheck source=/dev/null
	. "${!dir}/env"
}

# forget: what was learnt of a server is gone, as the next one of the name is
# another.
forget() {
	local pins
	for pins in "$XDG_STATE_HOME"/couplet/pins-*; do
		[ ! -e "$pins" ] || rm "$pins"
	done
}

# own prosody|ejabberd [KEY=VALUE...]: a server for this test alone.
own() {
	local dir
	dir=$(mktemp -d "$OWN_SERVERS/XXXXXX")
	started+=("$dir")
	forget
	"$tests/servers/start" "$1" "$dir" "${@:2}"
	# shellcheck source=/dev/null
	. "$dir/env"
}

# once prosody|ejabberd [KEY=VALUE...]: own, but one for all tests that want the
# same, of this file and of others: who restarts or kills it has an own one. The
# runner ends it.
once() {
	local name=$OWN_SERVERS/once-${*// /,} dir lock
	name=${name// /-}
	exec {lock}>"$name.lock"
	flock "$lock"
	if [ ! -e "$name" ]; then
		dir=$(mktemp -d "$OWN_SERVERS/XXXXXX")
		"$tests/servers/start" "$1" "$dir" "${@:2}"
		ln -s "$dir" "$name"
	fi
	exec {lock}>&-
	forget
	# shellcheck source=/dev/null
	. "$name/env"
}

# many N: so many, but for the sanitizers a tenth of it: they look at memory, and
# take their time for each.
many() {
	[[ $BUILD = *-asan ]] && echo $(($1 / 10)) || echo "$1"
}

# only MECHANISM... : what the current server, an ejabberd and the test's own,
# offers from here on, as if it were another.
only() {
	forget
	local name list='DIGEST-MD5, X-OAUTH2'
	for name in PLAIN SCRAM-SHA-{1,256,512}{,-PLUS}; do
		[[ " $* " = *" $name "* ]] || list+=", $name"
	done
	sed -i "s/^disable_sasl_mechanisms:.*/disable_sasl_mechanisms: [$list]/" \
		"$XMPP_DIR/ejabberd.yml"
	# shellcheck source=tests/servers/common.bash
	(. "$tests/servers/common.bash" && post /api/reload_config '{}')
}

# start_stub WORD... : the stub server (stub/README), ended with the test; its
# variables are set. All of a file come from one process, as the start of a
# Python takes longer than most tests.
start_stub() {
	local farm=$BATS_FILE_TMPDIR/farm dir=$HOME/stub-$BASHPID-$RANDOM port line answer
	[ -e "$farm" ] || "$tests/stub/farm.py" "$BATS_FILE_TMPDIR" 3>&-
	read -r port _ <"$farm"
	exec {line}<>"/dev/tcp/127.0.0.1/$port"
	printf '%s\0' "$PWD" "$dir" "certs=$STUB_CERTS" \
		"$@" '' >&"$line"
	read -r answer <&"$line"
	exec {line}>&-
	[ "$answer" = ok ] || { echo "# stub: $answer"; return 1; }
	# shellcheck source=/dev/null
	. "$dir/stub.env"
	background+=("$STUB_PID")
}

teardown_file() {
	local pid
	if [ -e "$BATS_FILE_TMPDIR/farm" ]; then
		read -r _ pid <"$BATS_FILE_TMPDIR/farm"
		kill "$pid"
	fi
}

# new_account NAME [HOST [LINE...]]: a fresh user of the server, and its entry
# in the configuration (with further lines, as 'tls: direct'); the first one
# is the default. Sets jid, and a variable NAME to the same.
new_account() {
	local user=$1-$BASHPID-${EPOCHREALTIME//[!0-9]/}
	jid=$user@${2:-montague.lit}
	declare -g "$1=$jid"
	"$tests/servers/adduser" "$XMPP_DIR" "$jid" "pw-$user"
	config_for "$1" "$jid" "pw-$user" "${@:3}"
}

# config_for NAME JID PASSWORD [LINE...]: an account of the current server.
# A tls: line of direct picks that port.
config_for() {
	local port=$XMPP_PORT
	[[ " ${*:4} " != *' tls: direct '* ]] || port=$XMPP_TLS_PORT
	[ -e "$COUPLET_CONFIG" ] ||
		printf 'default: %s\naccounts:\n' "$1" >"$COUPLET_CONFIG"
	printf '  %s:\n' "$1" >>"$COUPLET_CONFIG"
	printf '    %s\n' "jid: $2" "password: '$3'" "ca_file: '$XMPP_CA'" \
		"server: $XMPP_HOST:$port" "${@:4}" >>"$COUPLET_CONFIG"
	chmod 600 "$COUPLET_CONFIG"
}

# expect_exit CODE COMMAND... : its stdout and stderr are in the files out and
# err; both are shown if the exit status is another.
expect_exit() {
	local code=0
	"${@:2}" >out 2>err || code=$?
	[ "$code" = "$1" ] && return
	echo "# exit status $code, not $1: ${*:2}"
	sed 's/^/# stdout: /' out
	sed 's/^/# stderr: /' err
	return 1
}

# at_terminal ANSWER COMMAND... : the command with a terminal of its own;
# ANSWER and a newline are typed when it has asked. Prints what the terminal
# shows; the exit status is the command's.
at_terminal() {
	python3 -c '
import os, pty, sys
pid, fd = pty.fork()
if pid == 0:
    os.execvp(sys.argv[2], sys.argv[2:])
seen, typed = b"", False
while True:
    try:
        data = os.read(fd, 4096)
    except OSError:
        break
    if not data:
        break
    seen += data
    if not typed and seen.endswith(b": "):
        typed = True
        os.write(fd, sys.argv[1].encode() + b"\n")
sys.stdout.write(seen.decode().replace("\r\n", "\n"))
sys.exit(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
' "$@"
}

# nap SECONDS: without a process for it, as it reads from a pipe that nobody
# writes to.
nap() {
	[ -n "${pillow:-}" ] || exec {pillow}<> <(:)
	read -rt "$1" -u "$pillow" || true
}

# wait_for_line FILE PATTERN [SECONDS]: until the file has such a line.
wait_for_line() {
	local end=$((SECONDS + ${3:-90})) ms=5 pause
	until grep -qE -- "$2" "$1" 2>/dev/null; do
		if [ "$SECONDS" -ge "$end" ]; then
			echo "# no line '$2' in $1:"
			sed 's/^/# /' "$1"
			return 1
		fi
		# Looked for less often the longer it takes: a look costs a process.
		ms=$((ms < 100 ? ms * 2 : ms))
		printf -v pause '0.%03d' "$ms"
		nap "$pause"
	done
}

# hwm: the most memory that pid has had, in kB.
hwm() {
	sed -n 's/VmHWM:[^0-9]*\([0-9]*\).*/\1/p' "/proc/$pid/status"
}

# port_in FILE: of the program that writes there where it listens; sets port.
port_in() {
	local end=$((SECONDS + 120))
	until read -r port <"$1"; do
		if [ "$SECONDS" -ge "$end" ]; then
			echo "# no port in $1"
			return 1
		fi
		nap 0.02
	done
}

# same WHAT EXPECTED ACTUAL: equal, or both are shown.
same() {
	[ "$2" = "$3" ] && return
	printf '# %s\n# expected: %q\n# actual:   %q\n' "$1" "$2" "$3"
	return 1
}
