# shellcheck shell=bash
# What the files about xrecv --since share: `load xrecv-since`, behind the others.

# archived SERVER: fresh accounts on a server with an archive.
archived() {
	once "$1" mam=yes
	accounts
}

# has LINE...: these bodies are in the file out, and no others.
has() {
	same bodies "$(printf '%s\n' "$@")" "$(bodies_in out)"
}

# cursor: the file of juliet's.
cursor() {
	echo "$XDG_STATE_HOME/couplet/cursor-$juliet"
}

# up [ARG...]: xrecv --since last in the background, past the archive; its
# lines in the file got.
up() {
	spawn tool xrecv -a juliet -o text --since last -v "$@" >got 2>err
	wait_for_line err 'the archive is read' 120
}
