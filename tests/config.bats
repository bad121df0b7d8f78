#!/usr/bin/env bats
# Where the settings come from, where the password comes from, and where it
# never goes.

load lib
load stub/lib

# config [FILE]: stdin becomes the configuration.
config() {
	cat >"${1:-$COUPLET_CONFIG}"
	chmod 600 "${1:-$COUPLET_CONFIG}"
}

# setting KEY COMMAND... : "VALUE from ORIGIN" as --pretend has it.
setting() {
	tool "${@:2}" --pretend juliet@capulet.lit |
		sed -n "s/^$1\t\(.*\)\t/\1 from /p"
}

# An account whose server is nobody: what goes wrong before is seen, and what
# does not ends in 75.
nowhere() {
	tool xsend -H 127.0.0.1:1 -m hi "$@" juliet@capulet.lit
}

@test "a file that is missing, or a folder: 78" {
	says 78 'nowhere.yaml: No such file or directory' nowhere -C nowhere.yaml
	COUPLET_CONFIG=gone.yaml says 78 'gone.yaml: No such file or directory' \
		nowhere
	says 78 '.: Is a directory' nowhere -C .
}

@test "a file that we may not read: 78" {
	[ "$(id -u)" != 0 ] || skip 'root reads every file'
	config </dev/null
	chmod 000 "$COUPLET_CONFIG"
	says 78 "$COUPLET_CONFIG: Permission denied" nowhere
}

@test "a file that others can read: with a password it is refused" {
	config c.yaml <<-EOF
		accounts:
		  romeo:
		    jid: romeo@montague.lit
		    password: rosaline
	EOF
	local mode
	for mode in 644 640 604 660; do
		chmod $mode c.yaml
		says 78 'c.yaml: others can read it and it holds a password: chmod 600 c.yaml' \
			nowhere -C c.yaml
	done
	chmod 600 c.yaml
	says 75 '127.0.0.1:1: Connection refused' nowhere -C c.yaml
	sed -i '/password/d' c.yaml
	chmod 644 c.yaml
	COUPLET_PASSWORD=x says 75 '127.0.0.1:1: Connection refused' \
		nowhere -C c.yaml
}

@test "empty: no account, and each path that was tried" {
	local user=$XDG_CONFIG_HOME/couplet/config.yaml system=$HOME/system.yaml
	unset COUPLET_CONFIG
	export COUPLET_SYSTEM_CONFIG=$system
	says 78 "no account: neither --jid nor COUPLET_JID is given; $user: No such file or directory; $system: No such file or directory" \
		nowhere
	mkdir -p "${user%/*}"
	config "$user" </dev/null
	says 78 "no account: neither --jid nor COUPLET_JID is given; $user: has no accounts; $system: No such file or directory" \
		nowhere
	config "$system" <<-EOF
		accounts:
		  romeo: {jid: romeo@montague.lit}
		  juliet: {jid: juliet@capulet.lit}
	EOF
	says 78 "no account: neither --jid nor COUPLET_JID is given; $user: has no accounts; $system: no default among 'romeo', 'juliet'" \
		nowhere
	# Without XDG_CONFIG_HOME it is ~/.config, without HOME neither.
	unset XDG_CONFIG_HOME
	rm "$system"
	says 78 "no account: neither --jid nor COUPLET_JID is given; $user: has no accounts; $system: No such file or directory" \
		nowhere
	HOME='' expect_exit 78 nowhere
	grep -q "given; ~/.config/couplet/config.yaml: HOME is not set; $system: No such" err
	says 78 "no account: neither --jid nor COUPLET_JID is given; /dev/null: has no accounts" \
		nowhere -C /dev/null
}

@test "malformed: 78 with the place" {
	local text place
	while IFS='|' read -r text place; do
		printf '%b' "$text" | config bad.yaml
		says 78 "bad.yaml:$place" nowhere -C bad.yaml
	done <<-'EOF'
		accounts: [\n|2:1: did not find expected node content (while parsing a flow node)
		a: b: c\n|1:5: mapping values are not allowed in this context
		\tx: y\n|1:1: found character that cannot start any token (while scanning for the next token)
		accounts: \0377\n|1:11: invalid leading UTF-8 octet
		accounts: 7\n|1:11: accounts: must be a map, not a text
		- romeo\n|1:1: must be a map with the keys default, accounts, aliases, formats
		accounts:\n  romeo:\n    jid: romeo@\n|3:10: jid: 'romeo@' has an empty domain
		accounts:\n  romeo:\n    jid: a@b\n    jid: c@d\n|4:5: key 'jid' is there twice, first in line 3
		accounts:\n  romeo:\n    jid: a@b\n    tls: drect\n|4:10: tls: 'drect' is not auto, direct, starttls or none (did you mean 'direct'?)
		accounts:\n  romeo:\n    jid: a@b\n    connect_timeout: 0\n|4:22: connect_timeout: 0 is no time to connect in
		accounts:\n  romeo: &a\n    jid: a@b\n|2:10: YAML anchors and aliases are not supported (accounts have inherit, recipients have groups)
		default: tybalt\naccounts:\n  romeo:\n    jid: a@b\n|1:10: default: no account 'tybalt' (there is 'romeo')
	EOF
}

@test "rooms: an alias with a nickname and a password" {
	config c.yaml <<-EOF
		accounts:
		  romeo: {jid: romeo@montague.lit, nick: R, password: x}
		aliases:
		  ops:
		    room: ops@rooms.capulet.lit
		    nick: logbot
		    password_file: gone
		  everyone: [nurse@capulet.lit, ops]
	EOF
	same 'aliases' 'ops everyone' \
		"$(tool xsend -C c.yaml --list-aliases | paste -sd ' ')"
	# Who does not enter rooms has the address, and needs no password of it.
	says 75 '127.0.0.1:1: Connection refused' \
		tool xping -C c.yaml -H 127.0.0.1:1 everyone
	same 'nick' 'R from c.yaml:2:42' "$(setting nick xsend -C c.yaml)"
}

@test "rooms: malformed: 78 with the place" {
	local text place
	while IFS='|' read -r text place; do
		printf '%b' "aliases:\n$text" | config bad.yaml
		says 78 "bad.yaml:$place" nowhere -C bad.yaml
	done <<-'EOF'
		  ops: {}\n|2:8: ops: has no key 'room'
		  ops:\n    nick: x\n|3:5: ops: has no key 'room'
		  ops:\n    romo: ops@rooms.lit\n|3:5: unknown key 'romo' (did you mean 'room'?)
		  ops: {room: ops@rooms.lit, paswrd_file: x}\n|2:30: unknown key 'paswrd_file' (did you mean 'password_file'?)
		  ops: {room: rooms.lit}\n|2:15: room: 'rooms.lit' is no room: it has no localpart
		  ops: {room: ops@rooms.lit/nick}\n|2:15: room: 'ops@rooms.lit/nick' is no room: it has a resource
		  ops: {room: ops@rooms.lit, nick: ' '}\n|2:36: nick: is nothing but spaces
		  all: [ops]\n  opps: {room: ops@rooms.lit}\n|2:9: unknown alias 'ops' (did you mean 'opps'?)
	EOF
}

@test "rooms: a file with a password of one that others can read: 78" {
	config c.yaml <<-EOF
		accounts:
		  romeo: {jid: romeo@montague.lit}
		aliases:
		  ops: {room: ops@rooms.capulet.lit, password: rosaline}
	EOF
	chmod 640 c.yaml
	says 78 'c.yaml: others can read it and it holds a password: chmod 600 c.yaml' \
		nowhere -C c.yaml
	sed -i 's/password/nick/' c.yaml
	COUPLET_PASSWORD=x says 75 '127.0.0.1:1: Connection refused' \
		nowhere -C c.yaml
}

@test "a near miss gets a suggestion" {
	config c.yaml <<-EOF
		accounts:
		  romeo:
		    jid: romeo@montague.lit
		    pasword: rosaline
	EOF
	says 78 "c.yaml:4:5: unknown key 'pasword' (did you mean 'password'?)" \
		nowhere -C c.yaml
	sed -i s/pasword/zzzzzzz/ c.yaml
	says 78 "c.yaml:4:5: unknown key 'zzzzzzz'" nowhere -C c.yaml
	sed -i s/accounts/acounts/ c.yaml
	says 78 "c.yaml:1:1: unknown key 'acounts' (did you mean 'accounts'?)" \
		nowhere -C c.yaml
	config <<-EOF
		accounts:
		  romeo: {jid: romeo@montague.lit}
		  juliet: {jid: juliet@capulet.lit}
		aliases:
		  nurse: nurse@capulet.lit
	EOF
	says 78 "no account 'romoe' (did you mean 'romeo'?)" nowhere -a romoe
	says 78 "no account 'tybalt' (there is 'romeo', 'juliet')" \
		nowhere -a tybalt
	COUPLET_LANDLOCK=never says 78 \
		"COUPLET_LANDLOCK: 'never' is not true or false" nowhere
	COUPLET_ACCOUNT=julet says 78 \
		"no account 'julet' (did you mean 'juliet'?)" nowhere
	says 64 "unknown alias 'nurs' (did you mean 'nurse'?)" \
		tool xsend -a romeo -m hi nurs
}

@test "precedence: options, environment, user's file, system's file" {
	unset COUPLET_CONFIG
	export COUPLET_SYSTEM_CONFIG=$HOME/system.yaml
	local user=$XDG_CONFIG_HOME/couplet/config.yaml
	mkdir -p "${user%/*}"
	config "$COUPLET_SYSTEM_CONFIG" <<-EOF
		default: romeo
		accounts:
		  romeo:
		    jid: romeo@system.lit
		    server: system.lit:1
		    tls: direct
		    connect_timeout: 11
	EOF
	same 'server' "system.lit:1 from $COUPLET_SYSTEM_CONFIG:5:13" \
		"$(setting server xsend)"
	config "$user" <<-EOF
		accounts:
		  romeo:
		    server: user.lit:2
		    connect_timeout: 22
	EOF
	same 'server' "user.lit:2 from $user:3:13" "$(setting server xsend)"
	same 'jid' "romeo@system.lit from $COUPLET_SYSTEM_CONFIG:4:10" \
		"$(setting jid xsend)"
	export COUPLET_SERVER=env.lit:3 COUPLET_TLS=starttls
	same 'server' 'env.lit:3 from COUPLET_SERVER' "$(setting server xsend)"
	same 'tls' 'starttls from COUPLET_TLS' "$(setting tls xsend)"
	same 'server' 'flag.lit:4 from --server' \
		"$(setting server xsend -H flag.lit:4)"
	same 'the last one counts' 'flag.lit:5 from --server' \
		"$(setting server xsend -H flag.lit:4 -H flag.lit:5)"
	same 'connect_timeout' "22 from $user:4:22" \
		"$(setting connect_timeout xsend)"
	same 'connect_timeout' '0.5 from COUPLET_CONNECT_TIMEOUT' \
		"$(COUPLET_CONNECT_TIMEOUT=0.5 setting connect_timeout xsend)"
	# A file that is named is the only one.
	config only.yaml <<-EOF
		accounts:
		  romeo: {jid: romeo@only.lit}
	EOF
	same 'jid' 'romeo@only.lit from only.yaml:2:16' \
		"$(setting jid xsend -C only.yaml)"
	same 'connect_timeout' '30 from default' \
		"$(COUPLET_CONFIG=only.yaml setting connect_timeout xsend)"
	# An empty variable is none.
	same 'tls' "direct from $COUPLET_SYSTEM_CONFIG:6:10" \
		"$(COUPLET_TLS='' setting tls xsend)"
}

@test "-a: the environment's identity is another account's" {
	config <<-EOF
		accounts:
		  romeo:
		    jid: romeo@montague.lit
		    password: rosaline
		    server: 127.0.0.1:1
		  juliet:
		    jid: juliet@capulet.lit
	EOF
	export COUPLET_JID=tybalt@capulet.lit COUPLET_SERVER=192.0.2.1 \
		COUPLET_PASSWORD=x COUPLET_CA_FILE=gone.pem COUPLET_TLS=starttls \
		COUPLET_CLIENT_CERT=gone.pem
	says 75 '127.0.0.1:1: Connection refused' \
		tool xsend -a romeo -m hi juliet@capulet.lit
	expect_exit 75 tool xsend -v -a romeo -m hi juliet@capulet.lit
	local name
	for name in JID SERVER PASSWORD CA_FILE CLIENT_CERT; do
		grep -qx "xsend: COUPLET_$name is ignored: --account chooses another" err
	done
	absent COUPLET_TLS err
	same 'jid' "romeo@montague.lit from $COUPLET_CONFIG:3:10" \
		"$(setting jid xsend -a romeo@montague.lit 2>/dev/null)"
	# COUPLET_ACCOUNT does not say that.
	same 'jid' 'tybalt@capulet.lit from COUPLET_JID' \
		"$(COUPLET_ACCOUNT=romeo setting jid xsend)"
	# A JID that no account has gets nothing of the default's.
	unset "${!COUPLET_@}"
	export COUPLET_CONFIG=$HOME/config.yaml
	same 'server' '' "$(setting server xsend -u tybalt@capulet.lit)"
	same 'password' '* from prompt' \
		"$(setting password xsend -u tybalt@capulet.lit)"
	same 'password' "* from $COUPLET_CONFIG:4:15" \
		"$(setting password xsend -u romeo@montague.lit/garden)"
}

@test "--pretend: every setting with its origin, the password as *, no network" {
	stub ok
	config c.yaml <<-EOF
		default: romeo
		accounts:
		  home:
		    server: 127.0.0.1:$STUB_PORT
		    ca_file: '$STUB_CA'
		  romeo:
		    inherit: home
		    jid: romeo@montague.lit/orchard
		    password: rosaline
		    priority: 5
		    nick: R
	EOF
	COUPLET_LANDLOCK=off COUPLET_TRACE=trace expect_exit 0 tool xsend \
		-C c.yaml -W 3 -P juliet@capulet.lit
	same 'stderr' '' "$(cat err)"
	same 'stdout' "$(printf '%s\t%s\t%s\n' \
		account romeo default \
		jid romeo@montague.lit/orchard c.yaml:8:10 \
		password '*' c.yaml:9:15 \
		server "127.0.0.1:$STUB_PORT" c.yaml:4:13 \
		tls auto default \
		ca_file "$STUB_CA" c.yaml:5:14 \
		resource orchard c.yaml:8:10 \
		priority 5 c.yaml:10:15 \
		nick R c.yaml:11:11 \
		connect_timeout 30 default \
		timeout 3 --timeout \
		trace trace COUPLET_TRACE \
		landlock off COUPLET_LANDLOCK)" "$(cat out)"
	absent ' connected ' "$STUB_LOG"
	[ ! -e trace ]
	expect_exit 0 tool xrecv -C c.yaml --pretend
	grep -q "^password	\*	c.yaml:9:15\$" out
}

@test "the password: each source, in its order" {
	local sources=(fd file-option file-variable variable credential command
		file text) source i names
	names=(--password-fd --password-file COUPLET_PASSWORD_FILE
		COUPLET_PASSWORD CREDENTIALS_DIRECTORY "$COUPLET_CONFIG:6:23"
		"$COUPLET_CONFIG:6:20" "$COUPLET_CONFIG:6:15")
	stub ok
	mkdir credentials
	# From the first source on: the others have another password.
	for ((i = 0; i < ${#sources[@]}; i++)); do
		source=${sources[i]}
		local args=() word=rosaline j
		unset COUPLET_PASSWORD COUPLET_PASSWORD_FILE CREDENTIALS_DIRECTORY
		{
			printf '%s\n' 'default: romeo' accounts: '  romeo:' \
				'    jid: romeo@montague.lit' \
				"    server: 127.0.0.1:$STUB_PORT"
			for ((j = i; j < ${#sources[@]}; j++)); do
				(umask 077 && echo "$word" >"pw.$j")
				case ${sources[j]} in
				command) echo "    password_command: cat pw.$j" ;;
				file) echo "    password_file: pw.$j" ;;
				text) echo "    password: $word" ;;
				esac
				word=wrong
			done
			echo "    ca_file: '$STUB_CA'"
		} | config
		for ((j = i; j < ${#sources[@]}; j++)); do
			case ${sources[j]} in
			fd) args+=(--password-fd 7) ;;
			file-option) args+=(--password-file "pw.$j") ;;
			file-variable) export COUPLET_PASSWORD_FILE=pw.$j ;;
			variable)
				COUPLET_PASSWORD=$(cat "pw.$j")
				export COUPLET_PASSWORD
				;;
			credential)
				export CREDENTIALS_DIRECTORY=$PWD/credentials
				cp -p "pw.$j" credentials/couplet-romeo
				;;
			esac
		done
		same "origin of $source" "* from ${names[i]}" \
			"$(setting password xsend "${args[@]}" 7<pw.0)"
		expect_exit 0 tool xsend "${args[@]}" -m hi --bounce-wait 0 \
			juliet@capulet.lit 7<pw.0 || { echo "# $source"; false; }
	done
}

@test "the password: what is no password: 78, and none of it is shown" {
	local account text
	config c.yaml <<-'EOF'
		default: status
		accounts:
		  top: {jid: romeo@montague.lit}
		  status:
		    inherit: top
		    password_command: 'echo some words >&2; echo rosaline; exit 3'
		  signal:
		    inherit: top
		    password_command: 'echo rosaline; kill -9 $$'
		  nothing:
		    inherit: top
		    password_command: 'true'
		  stdin:
		    inherit: top
		    password_command: cat
		  file:
		    inherit: top
		    password_file: gone.txt
	EOF
	while IFS='|' read -r account text; do
		says 78 "c.yaml:$text" nowhere -C c.yaml -a "$account" <<<stdin
		[ ! -s out ]
	done <<-EOF
		signal|9:23: password_command: the command was ended by signal 9
		nothing|12:23: password_command: the password is empty
		stdin|15:23: password_command: the password is empty
		file|18:20: password_file: gone.txt: No such file or directory
	EOF
	# The command's own words are shown.
	expect_exit 78 nowhere -C c.yaml -a status
	same 'stderr' "$(printf '%s\n' 'some words' \
		'xsend: c.yaml:6:23: password_command: the command ended with status 3')" \
		"$(cat err)"
	says 78 '--password-fd: reading: Bad file descriptor' \
		nowhere -C /dev/null -u romeo@montague.lit --password-fd 9
	says 78 '--password-fd: the password is empty' \
		nowhere -C /dev/null -u romeo@montague.lit --password-fd 0 </dev/null
	says 78 '--password-fd: the password is not UTF-8 text' \
		nowhere -C /dev/null -u romeo@montague.lit --password-fd 0 \
		< <(printf 'ros\377line\n')
	says 78 '--password-fd: the line is over 4096 bytes' \
		nowhere -C /dev/null -u romeo@montague.lit --password-fd 0 \
		< <(head -c 4097 /dev/zero | tr '\0' x)
	says 78 '--password-file: gone: No such file or directory' \
		nowhere -C /dev/null -u romeo@montague.lit --password-file gone
}

@test "--password-fd 0 while the body is on stdin: 64" {
	expect_exit 64 tool xsend -C /dev/null -u romeo@montague.lit \
		--password-fd 0 juliet@capulet.lit <<<rosaline
	same 'the first line' 'xsend: --password-fd 0: the body is on stdin' \
		"$(head -n 1 err)"
	stub ok
	COUPLET_PASSWORD='' expect_exit 0 at_stub xsend --password-fd 0 -m hi \
		juliet@capulet.lit <<<rosaline
	COUPLET_PASSWORD='' expect_exit 0 at_stub xsend --password-file - -m hi \
		juliet@capulet.lit < <(printf 'rosaline\r\nmore\n')
	COUPLET_PASSWORD='' expect_exit 0 at_stub xsend --password-file \
		<(echo rosaline) juliet@capulet.lit <<<'the body'
	grep -q '<body>the body</body>' "$STUB_LOG"
}

@test "a password file that others can read: 78" {
	echo rosaline >pw
	chmod 644 pw
	says 78 '--password-file: pw: others can read it and it holds a password: chmod 600 pw' \
		nowhere -C /dev/null -u romeo@montague.lit --password-file pw
	mkdir credentials
	cp -p pw credentials/couplet-romeo@montague.lit
	CREDENTIALS_DIRECTORY=$PWD/credentials says 78 \
		"CREDENTIALS_DIRECTORY: $PWD/credentials/couplet-romeo@montague.lit: others can read it and it holds a password: chmod 600 $PWD/credentials/couplet-romeo@montague.lit" \
		nowhere -C /dev/null -u romeo@montague.lit
}

@test "a password file of another's that others can read: a warning" {
	[ "$(id -u)" = 0 ] || skip "it takes root to make another's file"
	echo rosaline >pw
	chmod 644 pw
	chown nobody pw
	expect_exit 75 nowhere -C /dev/null -u romeo@montague.lit \
		--password-file pw
	same 'stderr' "$(printf '%s\n' \
		'xsend: pw: others can read it and it holds a password' \
		'xsend: 127.0.0.1:1: Connection refused')" "$(cat err)"
}

@test "the prompt: on the terminal, without echo, stdin is the body" {
	stub ok
	# shellcheck disable=SC2016 # for the inner shell
	expect_exit 0 at_terminal rosaline sh -c 'echo the body |
		"$0" -C /dev/null -u romeo@montague.lit -H "127.0.0.1:$1" \
			--ca-file "$2" --bounce-wait 0 juliet@capulet.lit' \
		"$BIN/xsend" "$STUB_PORT" "$STUB_CA"
	same 'the terminal' 'password for romeo@montague.lit: ' "$(cat out)"
	grep -q '<body>the body</body>' "$STUB_LOG"
	expect_exit 78 at_terminal '' "$BIN/xsend" -C /dev/null \
		-u romeo@montague.lit -m hi juliet@capulet.lit
	same 'the terminal' "$(printf '%s\n' 'password for romeo@montague.lit: ' \
		'xsend: no password: the password is empty')" "$(cat out)"
	# Nobody is there to ask.
	says 78 'no password: there is no terminal' setsid -w "$BIN/xsend" \
		-C /dev/null -u romeo@montague.lit -m hi juliet@capulet.lit
}

# secrets FILE... : none of these holds the password, in whatever form, or
# what was said in the login.
secrets() {
	local word
	{
		printf '%s\n' 's3cret-Ros' czNjcmV0LVJvc
		# In the base64 of \0romeo\0s3cret-Ros, by place.
		printf '\0romeo\0s3cret-Ros' | base64
		sed -nE 's/.* (recv (auth|response)|sent) <(auth|response|challenge|success)[^>]*>([^<]{8,})<.*/\4/p' \
			"$STUB_LOG"
	} >words
	[ "$(wc -l <words)" -ge "${least:-4}" ]
	while read -r word; do
		absent "$word" "$1"
		absent "$word" "$2"
	done <words
}

@test "no secret is in -vvv, --trace or the arguments" {
	local mechanism
	for mechanism in PLAIN SCRAM-SHA-1 SCRAM-SHA-512; do
		stub password=s3cret-Ros mechs=$mechanism
		COUPLET_PASSWORD=s3cret-Ros expect_exit 0 try -vvv --trace trace
		grep -q '<auth [^>]*>\*\*\*</auth>' trace
		grep -q '<auth [^>]*>\*\*\*</auth>' err
		# The trace is nobody else's.
		same 'mode' 600 "$(stat -c %a trace)"
		least=$([ $mechanism = PLAIN ] && echo 4 || echo 7) secrets trace err
		kill "$STUB_PID"
	done
	stub password=s3cret-Ros silent-auth
	COUPLET_PASSWORD=s3cret-Ros spawn tool xsend -C /dev/null \
		-u romeo@montague.lit -H "127.0.0.1:$STUB_PORT" \
		--ca-file "$STUB_CA" -m hi juliet@capulet.lit
	wait_for_line "$STUB_LOG" ' auth SCRAM'
	tr '\0' '\n' <"/proc/$pid/cmdline" >arguments
	absent s3cret arguments
}

@test "the trace: whole elements, masked however the bytes arrive" {
	stub password=s3cret-Ros no-tls slow=0 mechs=SCRAM-SHA-256
	COUPLET_PASSWORD=s3cret-Ros expect_exit 0 try --tls none -vvv \
		--trace trace
	least=7 secrets trace err
	grep -qE "^[0-9TZ:.-]+ < <challenge [^>]*>\*\*\*</challenge>\$" trace
	grep -qE "^[0-9TZ:.-]+ < <stream:features>.*</stream:features>\$" trace
	absent ' < s' trace
	# Over TLS, too.
	stub password=s3cret-Ros slow=0 mechs=SCRAM-SHA-256
	COUPLET_PASSWORD=s3cret-Ros expect_exit 0 try -vvv --trace trace
	least=7 secrets trace err
	grep -qE "^[0-9TZ:.-]+ < <proceed [^>]*/>\$" trace
	grep -qE "^[0-9TZ:.-]+ < <challenge [^>]*>\*\*\*</challenge>\$" trace
	# What was not whole when the connection ended is there as well.
	stub close-half-stanza at=tls-features
	expect_exit 75 try --trace trace
	grep -qE '^[0-9TZ:.-]+ < <message .*<body>' trace
}

@test "--trace: a file that cannot be made: 74" {
	COUPLET_PASSWORD=x says 74 '--trace: /nonexistent/trace: No such file or directory' \
		nowhere -C /dev/null -u romeo@montague.lit \
		--trace /nonexistent/trace
	touch trace
	chmod 666 trace
	COUPLET_PASSWORD=x expect_exit 75 nowhere -C /dev/null \
		-u romeo@montague.lit --trace trace
	same 'mode' 600 "$(stat -c %a trace)"
}
