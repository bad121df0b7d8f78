#!/usr/bin/env bats
# The contract with scripts (couplet(7)): a provocation for each exit status,
# and what the three standard channels may and may not carry.

load lib
load stub/lib

# Nobody is there.
nowhere() {
	COUPLET_PASSWORD=x tool xsend -C /dev/null -u romeo@montague.lit \
		-H 127.0.0.1:1 -m hi "$@" juliet@capulet.lit
}

# receive ARG... : xrecv at the stub.
receive() {
	at_stub xrecv "$@"
}

# listed: the statuses of the man page.
listed() {
	sed -n '/^\.Sh EXIT STATUS/,/^\.El/s/^\.It //p' \
		"$tests/../man/couplet.7"
}

@test "each status of couplet(7) has its test here" {
	local status
	# 3 has no tool that ends with it yet, and 70 is a fault of ours.
	for status in $(listed); do
		case $status in
		3 | 70) continue ;;
		esac
		grep -qF "@test \"status $status:" "$BATS_TEST_FILENAME" || {
			echo "# no test for status $status"
			false
		}
	done
	[ "$(listed | wc -l)" -ge 15 ]
}

@test "status 0: the server has it" {
	on prosody
	new_account romeo
	new_account juliet capulet.lit
	# shellcheck disable=SC2154 # new_account sets it
	expect_exit 0 tool xsend -a romeo -m hi "$juliet"
	same 'stdout and stderr' '' "$(cat out err)"
	expect_exit 0 tool xrecv -a juliet -c 1 -W 200
	same 'stderr' '' "$(cat err)"
	same 'records' 1 "$(wc -l <out)"
	# Nothing to send is done at once, and nobody is asked.
	COUPLET_PASSWORD=x expect_exit 0 tool xsend -C /dev/null \
		-u romeo@montague.lit -H 127.0.0.1:1 "$juliet" <<<''
}

@test "status 1: the peer says no, or the stream ends before -c" {
	stub bounce
	expect_exit 1 at_stub xsend -m hi --id m1 juliet@capulet.lit
	same 'stderr' 'xsend: juliet@capulet.lit: message m1: service-unavailable (not here)' \
		"$(cat err)"
	stub deliver=1 after-deliver=end
	expect_exit 1 receive --no-reconnect -c 2
	same 'records' 1 "$(wc -l <out)"
	stub ok
	expect_exit 1 receive -c 1 --idle 0.3
}

@test "status 2: some went through" {
	stub bounce=juliet@capulet.lit
	expect_exit 2 at_stub xsend -m hi --id m1 juliet@capulet.lit \
		nurse@capulet.lit
	same 'stderr' 'xsend: juliet@capulet.lit: message m1: service-unavailable (not here)' \
		"$(cat err)"
}

@test "status 64: usage, with the synopsis" {
	local words text
	while IFS='|' read -r words text; do
		# shellcheck disable=SC2086 # words
		expect_exit 64 tool $words
		same 'stdout' '' "$(cat out)"
		same 'stderr' "$text" "$(head -n 1 err)"
		grep -q "^Usage: ${words%% *} " err
	done <<-EOF
		xsend --nothing|xsend: unrecognized option '--nothing'
		xsend -Z|xsend: invalid option -- 'Z'
		xsend -u|xsend: option requires an argument -- 'u'
		xsend --pass x|xsend: option '--pass' is ambiguous; possibilities: '--password-fd' '--password-file'
		xsend -m hi|xsend: no recipient
		xsend -W soon a@b|xsend: --timeout: 'soon' is not a number of seconds up to 2000000
		xsend -u @ a@b|xsend: --jid: '@' has an empty localpart
		xrecv --nothing|xrecv: unrecognized option '--nothing'
		xrecv --password-fd x|xrecv: --password-fd: 'x' is not a number from 0 to 2147483647
	EOF
}

@test "status 65: bad input, nothing was sent" {
	says 65 '-m: byte 1 (0xff) is not UTF-8' nowhere -m $'\xff'
}

@test "status 66: no such input file" {
	says 66 'gone: No such file or directory' nowhere -r gone
}

@test "status 68: no such domain" {
	says 68 'verona.invalid: no such domain' nowhere -H verona.invalid
}

@test "status 69: a service is missing" {
	stub_says 69 '@: the server offers no TLS' no-tls
}

@test "status 71: the system" {
	local n code seen=''
	# With too few descriptors the loader fails, then the signal pipe, then
	# the socket.
	for ((n = 4; n < 40; n++)); do
		code=0
		(
			ulimit -n $n
			nowhere
		) >out 2>err 3>&- || code=$?
		[ $code != 75 ] || break
		[ $code = 71 ] || continue
		same 'stdout' '' "$(cat out)"
		seen+=$(sed 's/^xsend: //' err)$'\n'
	done
	same 'messages' "$(printf '%s: Too many open files\n' 'signal pipe' \
		127.0.0.1:1)" "$(sort -ru <<<"${seen%$'\n'}")"
}

@test "status 74: stdout is full, closed, or not for writing" {
	local program
	for program in xsend xrecv; do
		for word in --help --version; do
			code=0
			tool $program $word >/dev/full 2>err || code=$?
			same 'exit status' 74 "$code"
			same 'stderr' "$program: stdout: No space left on device" \
				"$(cat err)"
			code=0
			tool $program $word >&- 2>err || code=$?
			same 'exit status' 74 "$code"
			same 'stderr' "$program: stdout: Bad file descriptor" \
				"$(cat err)"
		done
	done
	stub deliver=1
	code=0
	receive -c 1 >/dev/full 2>err || code=$?
	same 'exit status' 74 "$code"
	same 'stderr' 'xrecv: stdout: No space left on device' "$(cat err)"
	code=0
	receive -c 1 >&- 2>err || code=$?
	same 'exit status' 74 "$code"
	same 'stderr' 'xrecv: stdout: Bad file descriptor' "$(cat err)"
	code=0
	tool xsend -C /dev/null -u a@b --pretend c@d >/dev/full 2>err || code=$?
	same 'exit status' 74 "$code"
}

@test "status 75: temporary" {
	says 75 '127.0.0.1:1: Connection refused' nowhere
	stub close
	expect_exit 75 try
	grep -q '^xsend: .*the server closed the connection$' err
	# -W before the login.
	stub silent-tcp
	expect_exit 75 try -W 0.3
}

@test "status 76: protocol or certificate" {
	stub_says 76 "@: montague.lit: certificate of 'CN=montague.lit' is self-signed" \
		cert=selfsigned
	stub ack-too-much
	expect_exit 76 try
}

@test "status 77: the own login is refused" {
	stub_says 77 '@: romeo@montague.lit: login refused: not-authorized' \
		not-authorized
}

@test "status 78: configuration" {
	says 78 'gone.yaml: No such file or directory' nowhere -C gone.yaml
}

@test "status 124: -W, after the login" {
	stub silent-ack
	expect_exit 124 try -W 3
	same 'stdout' '' "$(cat out)"
	stub ok
	expect_exit 124 receive -c 1 -W 3
}

@test "status 128+n: a signal, and a reader that is gone" {
	local code name
	stub ok
	for name in INT TERM HUP; do
		# SIGINT is ignored in what a script runs in the background.
		COUPLET_PASSWORD=rosaline spawn env --default-signal=INT \
			"$BIN/xrecv" -v -C /dev/null -u romeo@montague.lit \
			-H "127.0.0.1:$STUB_PORT" --ca-file "$STUB_CA" >out 2>err
		wait_for_line err 'online as'
		kill "-$name" "$pid"
		code=0
		wait "$pid" || code=$?
		same "exit status of $name" $((128 + $(kill -l $name))) "$code"
	done
	same 'orderly ends' 3 "$(grep -c ' end stream ' "$STUB_LOG")"
	{ receive -W 200 || echo $? >status; } 2>err | true
	same 'exit status without a reader' 141 "$(cat status)"
	same 'stderr' '' "$(cat err)"
}

@test "--help: stdout, 0, each option once" {
	local program
	for program in xsend xrecv; do
		expect_exit 0 tool $program --help
		same 'stderr' '' "$(cat err)"
		grep -q "^Usage: $program " out
		same 'options that are there twice' '' \
			"$(grep -oE '^ +(-., )?--[a-z-]+' out | sed 's/.*--/--/' |
				sort | uniq -d)"
		[ "$(wc -L <out)" -le 80 ]
		# Both win over what else is wrong.
		expect_exit 0 tool $program -h --nothing
	done
}

@test "--version: the tool's, the loaded libraries', and the features" {
	local path program version json
	version=$(sed -n 's/^#define CPL_VERSION "\(.*\)"/\1/p' \
		"$tests/../common/base/version.h")
	for path in "$BIN"/x*; do
		program=${path##*/}
		expect_exit 0 "$path" -V
		same 'stderr' '' "$(cat err)"
		# A library is named where it is loaded, and loaded for no name.
		json=''
		! ldd "$path" | grep -q libjansson || json=', jansson N'
		same "what $program prints" "$program $version
libraries: libstrophe N, OpenSSL N, expat N, c-ares N, libyaml N, libidn N$json
features: IDN IPv6 SRV direct-TLS STARTTLS SCRAM-PLUS EXTERNAL SASL2 FAST XEP-0198 XEP-0474 SOCKS5 XML JSON Landlock" \
			"$(sed '2s/ [0-9][0-9.]*/ N/g' out)"
		same "the library's version" "$(openssl version | cut -d ' ' -f 2)" \
			"$(sed -n 's/.*OpenSSL \([^,]*\).*/\1/p' out)"
	done
	# Cheap: nothing is looked up, read or connected to.
	HOME=/nowhere COUPLET_CONFIG=/nowhere expect_exit 0 tool xsend --version
}

@test "closed standard descriptors: no socket takes their place" {
	local words
	export COUPLET_PASSWORD=rosaline
	stub no-tls
	for words in '<&-' '>&-' '2>&-' '<&- >&-' '<&- >&- 2>&-'; do
		code=0
		eval "try --tls none -vvv $words" >out 2>err || code=$?
		same "exit status with $words" 0 "$code"
	done
	absent malformed "$STUB_LOG"
	same 'logins' 5 "$(grep -c ' auth-ok ' "$STUB_LOG")"
	same 'orderly ends' 5 "$(grep -c ' end stream ' "$STUB_LOG")"
	# What a message would go to is not there; neither is the body.
	says 74 'stdin: Bad file descriptor' \
		at_stub xsend juliet@capulet.lit <&-
	code=0
	try --tls none --print-id >&- 2>err || code=$?
	same 'exit status' 74 "$code"
	same 'stderr' 'xsend: stdout: Bad file descriptor' "$(cat err)"
}

@test "stdin: -m and xrecv never read it" {
	local rest
	stub deliver=1
	{
		expect_exit 0 try
		expect_exit 0 receive -c 1
		read -r rest
	} <<<'the next record'
	same 'what is left of stdin' 'the next record' "$rest"
}

@test "messages: one line each, the program first, lower case, no full stop" {
	local program
	stub auth-condition=not-authorized \
		"failure-text=$(printf 'two\nlines\302\233[31m\ttab')"
	says 77 '@: romeo@montague.lit: login refused: not-authorized (two\x0alines\xc2\x9b[31m\x09tab)' try
	stub auth-condition=not-authorized \
		"failure-text=$(printf '%03000d' 0)"
	expect_exit 77 try
	same 'lines' 1 "$(wc -l <err)"
	[ "$(wc -c <err)" -lt 1200 ]
	grep -q '\.\.\.$' err
	# A few from all over.
	expect_exit 64 tool xsend
	head -n 1 err >all
	for program in 'nowhere' 'nowhere -C gone' 'nowhere -r gone' \
		'nowhere -H x.invalid' 'nowhere --ca-file gone' \
		'nowhere --trace /nonexistent/x' 'nowhere -a gone'; do
		$program >out 2>err || true
		same "stdout of $program" '' "$(cat out)"
		same "lines of $program" 1 "$(wc -l <err)"
		cat err >>all
	done
	! grep -vE '^xsend: [^A-Z]' all || false
	! grep -E '\.$' all || false
}

@test "-q hides no error" {
	local quiet
	for quiet in -q -qq '-q -q'; do
		# shellcheck disable=SC2086 # words
		says 75 '127.0.0.1:1: Connection refused' nowhere $quiet
	done
	stub bounce
	expect_exit 1 at_stub xsend -q -m hi --id m1 juliet@capulet.lit
	same 'stderr' 'xsend: juliet@capulet.lit: message m1: service-unavailable (not here)' \
		"$(cat err)"
}

@test "the locale changes nothing" {
	local locale
	stub ok
	for locale in C POSIX C.UTF-8 de_DE.UTF-8 tr_TR.UTF-8 ja_JP.SJIS nonsense; do
		LC_ALL=$locale LANGUAGE=de says 75 '127.0.0.1:1: Connection refused' \
			nowhere
		LC_ALL=$locale expect_exit 0 at_stub xsend -m 'I ïı 愛' \
			--bounce-wait 0.5 juliet@capulet.lit
		LC_ALL=$locale says 64 "--timeout: '0,5' is not a number of seconds up to 2000000
Usage: xsend [options] JID|ALIAS...
       xsend -x|-j [options] [JID|ALIAS...]" \
			nowhere -W 0,5
	done
	same 'bodies' 7 "$(grep -c '<body>I ïı 愛</body>' "$STUB_LOG")"
	env -i "HOME=$HOME" "$BIN/xsend" --version >/dev/null
}

@test "a tool may be run with nothing in the environment" {
	says 78 'no account: neither --jid nor COUPLET_JID is given; ~/.config/couplet/config.yaml: HOME is not set; /etc/couplet/config.yaml: No such file or directory' \
		env -i ${COUPLET_WRAP:-} "$BIN/xsend" -m hi juliet@capulet.lit
}
