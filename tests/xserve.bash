# shellcheck shell=bash
# What the files about xserve share: `load xserve`, behind lib and xsend.

lamp=urn:example:lamp

# command_is: stdin is the script that answers, ./command.
command_is() {
	{ echo '#!/bin/bash'; cat; } >./command
	chmod +x command
}

# serve ARG...: xserve as juliet, of the resource lamp, with ./command. Sets pid
# when it is online; stderr goes to log.
serve() {
	spawn tool xserve -a juliet -u "$juliet/lamp" "$lamp" -v "$@" \
		-- ./command 2>log
	wait_for_line log 'online as' 120
}

# ask [ARG...]: romeo asks, with the payload on stdin if there is one.
ask() {
	local payload
	payload=$(cat)
	tool xiq -a romeo "$@" "$juliet/lamp" <<<"${payload:-<q xmlns='$lamp'/>}"
}

# own_asks [ARG...]: the same as juliet herself.
own_asks() {
	ask -a juliet "$@"
}

# is_refused WHAT COMMAND...: answered by an error of that "TYPE CONDITION".
is_refused() {
	expect_exit 1 "${@:2}"
	same "${*:2}" "$1" "$(sed -nE \
		's/.*<error[^>]* type="([a-z]+)"[^>]*><([a-z-]+) .*/\1 \2/p' out)"
}

# error_text: of the error in out.
error_text() {
	sed -nE 's/.*<text [^>]*>([^<]*)<\/text>.*/\1/p' out
}

# said: what xserve has said but for its way to be online, without the ids.
said() {
	grep -vE '^xserve: (account|connecting|connected|online|note)' log |
		sed -E 's/request [A-Za-z0-9_-]{22}:/request ID:/
			s:(@[a-z.]*)/[^ ]*\::\1/R\::'
}

# lacks FILE PATTERN: no line of it is like that.
lacks() {
	same "lines '$2' of $1" '' "$(grep -E -- "$2" "$1")"
}

# fails PID: it ends, and not with 0.
fails() {
	local code=0
	wait "$1" || code=$?
	[ "$code" != 0 ]
}

# finish CODE: the server of requests is ended in order.
finish() {
	kill "$pid"
	ends "$1"
}

# gone PID...: none of these processes is there, soon.
gone() {
	local end=$((SECONDS + 30)) one
	for one; do
		while kill -0 "$one" 2>/dev/null; do
			[ "$SECONDS" -lt "$end" ] ||
				{ echo "# process $one is there"; return 1; }
			nap 0.02
		done
	done
}
