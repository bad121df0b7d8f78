# shellcheck shell=bash
# What the files about xrecv share: `load xrecv`, behind lib and xsend.

# send N [FROM]: so many messages to juliet, mFROM (m1) first.
send() {
	seq -f 'm%.0f' "${2:-1}" $((${2:-1} + $1 - 1)) |
		tool xsend -a romeo -l "$juliet"
}

# receive ARG...: xrecv as juliet.
receive() {
	tool xrecv -a juliet -o text "$@"
}

# bodies_in FILE: of the lines of -o text.
bodies_in() {
	cut -f 2- "$1"
}

# numbers FIRST LAST: the bodies that send() gives, a line each.
numbers() {
	seq -f 'm%.0f' "$1" "$2"
}

# plain: stanza lines without what a server adds, and without resources.
plain() {
	sed -E -e 's:<delay [^>]*/>|<delay [^>]*>[^<]*</delay>::g' \
		-e 's:<offline .*</offline>::' -e 's: xml\:lang="en"::' \
		-e 's:(from|to)="([^"/]*)/[^"]*":\1="\2":g'
}

# unread ARG...: xrecv as juliet, in the background, with stdout a pipe that is
# open (descriptor 5) and that nobody reads. Sets pid.
unread() {
	rm -f pipe
	mkfifo pipe
	exec 5<>pipe
	spawn tool xrecv -a juliet -o text "$@" >pipe 2>err 5>&-
}

# waits_for_reader: the one in the background has written to the pipe.
waits_for_reader() {
	python3 -c '
import fcntl, struct, sys, termios, time
end = time.monotonic() + 30
while time.monotonic() < end:
    n = fcntl.ioctl(5, termios.FIONREAD, b"\0" * 4)
    if struct.unpack("i", n)[0] > 0:
        sys.exit()
    time.sleep(0.01)
sys.exit("# nothing in the pipe")'
}

# the_rest LINE...: juliet has exactly these bodies still to read: all of them
# come, however long it takes, and nothing after them.
the_rest() {
	local lines
	lines=$(printf '%s\n' "$@")
	: >rest
	if [ -n "$lines" ]; then
		receive -W 200 -c "$(wc -l <<<"$lines")" >rest || true
	fi
	same 'the rest' "$lines" "$(bodies_in rest)"
	receive --idle 0.5 >extra
	same 'what comes after it' '' "$(bodies_in extra)"
}
