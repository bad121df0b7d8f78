#!/usr/bin/env bats
# xserve: who is answered, by what, and what a command may do wrong.

bats_require_minimum_version 1.5.0
load lib
load xsend
load xserve

# --- requests and results ------------------------------------------------

@test "[v] the command reads the request and prints the payload of the answer" {
	command_is <<'END'
read -r record
echo "$record" >>records
echo '<state>on</state>'
END
	for server in "${servers[@]}"; do
		fresh "$server"
		rm -f records
		serve --allow "$romeo"
		expect_exit 0 ask --payload <<<"<q xmlns='$lamp'>a &amp;
			b</q>"
		says
		prints '<state xmlns="urn:example:lamp">on</state>'
		expect_exit 0 ask -t set --payload <<<"<q xmlns='$lamp'/>"
		finish 143
		same log '' "$(said)"
		same records 2 "$(wc -l <records)"
		grep -qE "^<iq from=\"$romeo/[^\"]+\" id=\"[^\"]+\" to=\"$juliet/lamp\" type=\"get\"( xml:lang=\"en\")?><q xmlns=\"$lamp\">a &amp;&#10;.*b</q></iq>\$" records
		grep -qE 'type="set".*><q xmlns="urn:example:lamp"/></iq>$' records
	done
}

@test "the command is told in its environment who asks, and how" {
	command_is <<'END'
echo "$XMPP_FROM|$XMPP_TO|$XMPP_TYPE|$XMPP_ID|$XMPP_LANG|$HOME" >told
END
	for server in "${servers[@]}"; do
		fresh "$server"
		XMPP_LANG=wrong serve --allow "$romeo"
		echo "<iq type='set' id='own &lt;id>' to='$juliet/lamp' xml:lang='it'><q xmlns='$lamp'/></iq>" |
			tool xsend -a romeo -x || true
		wait_for_line told .
		same told "$romeo/R|$juliet/lamp|set|own <id>|it|$HOME" \
			"$(sed "s:^$romeo/[^|]*:$romeo/R:" told)"
		finish 143
		rm told
	done
}

@test "the record is JSON, text, or what a template says" {
	command_is <<'END'
cat >record
END
	fresh prosody
	for format in '-j' '-o text' '-F %T:%{urn:example:lamp q@a}'; do
		# shellcheck disable=SC2086 # words
		serve ${format%% *} "${format#* }"
		own_asks <<<"<q xmlns='$lamp' a='b'/>"
		case $format in
		-j) same "$format" "get $juliet/lamp" \
			"$(jq -r '.type + " " + .to' record)" ;;
		'-o text') same "$format" "get	$lamp" "$(cut -f 2- record)" ;;
		*) same "$format" get:b "$(cat record)" ;;
		esac
		finish 143
	done
}

# answered_by OUTPUT PAYLOAD: that is what becomes of it.
answered_by() {
	printf "$1" >output
	expect_exit 0 own_asks --payload
	prints "$2"
}

@test "a payload is one element or none, in the namespace served or its own" {
	command_is <<<'cat output'
	for server in "${servers[@]}"; do
		fresh "$server"
		serve
		answered_by '' ''
		answered_by ' \n\t\r\n' ''
		answered_by '\n <a/> \n' "<a xmlns=\"$lamp\"/>"
		answered_by '<a><b/></a>' "<a xmlns=\"$lamp\"><b/></a>"
		answered_by '<a xmlns="urn:example:x"><b xmlns=""/></a>' \
			'<a xmlns="urn:example:x"><b xmlns=""/></a>'
		answered_by "<x:a xmlns:x='urn:example:x' b='c'/>" \
			'<a xmlns="urn:example:x" b="c"/>'
		answered_by '<?xml version="1.0" encoding="UTF-8"?>\n<a/>\n' \
			"<a xmlns=\"$lamp\"/>"
		answered_by '<a>\xc3\xa4 &lt;&amp; \x7f</a>' \
			"<a xmlns=\"$lamp\">ä &lt;&amp; &#127;</a>"
		finish 143
		same log '' "$(said)"
	done
}

# is_no_payload OUTPUT WHY
is_no_payload() {
	printf "$1" >output
	is_refused 'cancel internal-server-error' own_asks
	same 'the text of the error' '' "$(error_text)"
	same "of '$1'" "xserve: $juliet/R: request ID: what the command printed is no payload: $2" \
		"$(said | tail -n 1)"
}

@test "what is no payload is an internal error, and said" {
	command_is <<<'cat output'
	for server in "${servers[@]}"; do
		fresh "$server"
		serve
		is_no_payload '<a/><b/>' 'more than one element'
		is_no_payload '<a><b></a>' 'mismatched tag'
		is_no_payload '<a>' 'mismatched tag'
		is_no_payload '<a' 'not well-formed (invalid token)'
		is_no_payload 'on' 'text outside of an element'
		is_no_payload '<a/> on' 'text outside of an element'
		is_no_payload '</iq><iq>' 'junk after document element'
		is_no_payload '</iq>' 'not well-formed (invalid token)'
		is_no_payload '<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>' \
			'a DOCTYPE or declaration is not allowed'
		is_no_payload '<a>&b;</a>' 'undefined entity'
		is_no_payload '<a/><!-- c -->' 'a comment is not allowed'
		is_no_payload '<?php a ?><a/>' \
			'a processing instruction is not allowed'
		is_no_payload '<a><![CDATA[b]]></a>' \
			'a CDATA section is not allowed'
		is_no_payload '<?xml version="1.0" encoding="ISO-8859-1"?><a/>' \
			'the encoding is not UTF-8'
		is_no_payload '<a xmlns=""/>' 'an element of no namespace'
		is_no_payload '<message xmlns="jabber:client"/>' \
			'an element of the namespace jabber:client'
		is_no_payload '<a>\x01</a>' 'not well-formed (invalid token)'
		is_no_payload '<a>\xff</a>' 'not well-formed (invalid token)'
		is_no_payload '<a/>\0' 'not well-formed (invalid token)'
		finish 143
	done
}

@test "2 MB of output, an endless one, and binary: an internal error each" {
	command_is <<<'. ./how'
	for server in "${servers[@]}"; do
		fresh "$server"
		serve
		for how in 'head -c 2000000 /dev/zero' 'exec cat /dev/zero' \
			'echo "<a>"; exec yes'; do
			echo "$how" >how
			is_refused 'cancel internal-server-error' own_asks
			same "$how" "xserve: $juliet/R: request ID: the command printed more than 1048576 bytes" \
				"$(said | tail -n 1)"
		done
		echo 'head -c 100000 /dev/urandom' >how
		is_refused 'cancel internal-server-error' own_asks
		# It is there as ever.
		echo 'echo "<a/>"' >how
		expect_exit 0 own_asks
		finish 143
	done
}

@test "an answer that the server does not take is an internal error" {
	echo "<iq type='get' id='1' from='romeo@montague.lit/x' to='romeo@montague.lit/lamp'><q xmlns='$lamp'/></iq>" >stanzas
	stub no-sm limit=20000 send=stanzas at=presence
	command_is <<<'printf "<a>%030000d</a>" 0'
	spawn tool xserve -c 1 "$lamp" -- ./command 2>log
	ends 0
	wait_for_line "$STUB_LOG" 'answer 1 error internal-server-error'
	grep -qE '^xserve: romeo@montague.lit/x: request 1: .*30[0-9]{3} .*20000' log
}

@test "where the server does not say what it takes that is 256 kB" {
	command_is <<<'. ./how'
	for server in "${servers[@]}"; do
		fresh "$server"
		serve
		echo 'printf "<a>%0261800d</a>" 0' >how
		expect_exit 0 own_asks
		echo 'printf "<a>%0600000d</a>" 0' >how
		is_refused 'cancel internal-server-error' own_asks
		said | tail -n 1 | grep -qE ': (the answer has more than 262144 bytes, and the server does not say what it takes|the stanza has 600[0-9]{3} bytes, the server takes [0-9]+)$'
		# It is there as ever.
		expect_exit 1 own_asks
		finish 143
	done
}

# --- errors --------------------------------------------------------------

@test "status 1 is an error: the first line of stderr is condition and text" {
	command_is <<'END'
echo '<a/>'
. ./how
exit 1
END
	for server in "${servers[@]}"; do
		fresh "$server"
		serve
		echo 'echo "item-not-found: no such <lamp>"; echo second' >how
		sed -i 's/$/ >\&2/; s/; / >\&2; /' how
		is_refused 'cancel item-not-found' own_asks
		same text 'no such &lt;lamp&gt;' "$(error_text)"
		echo 'echo resource-constraint >&2' >how
		is_refused 'wait resource-constraint' own_asks
		same text '' "$(error_text)"
		echo 'echo "forbidden:not you" >&2' >how
		is_refused 'auth forbidden' own_asks
		same text 'not you' "$(error_text)"
		echo 'echo "gone fishing: back at noon" >&2' >how
		is_refused 'cancel undefined-condition' own_asks
		same text 'gone fishing: back at noon' "$(error_text)"
		: >how
		is_refused 'cancel undefined-condition' own_asks
		same text '' "$(error_text)"
		printf '%s' 'printf "a\033[31m\377\tb\r\n" >&2' >how
		is_refused 'cancel undefined-condition' own_asks
		same text $'a\xef\xbf\xbd[31m\xef\xbf\xbd\tb' "$(error_text)"
		finish 143
		same log '' "$(said)"
	done
}

# ends_with HOW WHY [ARG...]: an internal error, and WHY is said.
ends_with() {
	echo "$1" >how
	is_refused 'cancel internal-server-error' own_asks
	same "$1" "xserve: $juliet/R: request ID: $2" "$(said | tail -n 1)"
}

@test "another status, a signal, the time limit: an internal error, and said" {
	command_is <<<'. ./how'
	for server in "${servers[@]}"; do
		fresh "$server"
		serve
		ends_with 'echo "<a/>"; echo "no bulb" >&2; echo b >&2; exit 3' \
			'the command ended with status 3: no bulb'
		ends_with 'printf "a\033[2Jb" >&2; exit 2' \
			'the command ended with status 2: a\x1b[2Jb'
		ends_with 'kill -9 $$' 'the command was ended by signal 9'
		finish 143
		serve --each-timeout 0.3
		ends_with 'exec sleep 100' \
			'the command took too long (--each-timeout)'
		ends_with 'trap "" TERM; while :; do sleep 0.1; done' \
			'the command took too long (--each-timeout)'
		finish 143
	done
}

@test "a command that is killed from outside is an internal error" {
	command_is <<<'echo $$ >command.pid; exec sleep 100'
	fresh prosody
	serve
	own_asks >out &
	asking=$!
	wait_for_line command.pid .
	kill -9 "$(cat command.pid)"
	fails "$asking"
	grep -q internal-server-error out
	finish 143
}

@test "a command that cannot be run any more is an internal error" {
	command_is <<<'echo "<a/>"'
	fresh prosody
	serve
	chmod -x command
	is_refused 'cancel internal-server-error' own_asks
	same log "xserve: $juliet/R: request ID: the command did not run: Permission denied" \
		"$(said)"
	chmod +x command
	expect_exit 0 own_asks
	finish 143
}

@test "an id that no environment has room for is left out of it" {
	command_is <<<'echo "<a>${#XMPP_ID}</a>"'
	id=$(printf '%0150000d' 7)
	echo "<iq type='get' id='$id' from='romeo@montague.lit/x'><q xmlns='$lamp'/></iq>" >stanzas
	stub no-sm send=stanzas at=presence
	expect_exit 0 tool xserve -c 1 "$lamp" -- ./command
	wait_for_line "$STUB_LOG" 'answer 0{200}.* result'
	same answer '<a>0</a>' "$(on_wire iq | grep -o '<a .*</a>' |
		sed 's/ xmlns="[^"]*"//')"
	same stderr '' "$(cat err)"
}

@test "what a command of status 0 says is shown with -v, and nothing else of it" {
	command_is <<<'echo "a note" >&2; echo "<a/>"'
	fresh prosody
	serve
	expect_exit 0 own_asks
	finish 143
	grep -qE "^xserve: $juliet/[^ ]+: request [^ ]+: a note\$" log
}

# --- who may ask ---------------------------------------------------------

@test "only the own account may ask: no command runs for others" {
	command_is <<<'echo "$XMPP_FROM" >>asked; echo "<a/>"'
	for server in "${servers[@]}"; do
		fresh "$server"
		"$tests/servers/subscribe" "$XMPP_DIR" "$romeo" "$juliet"
		rm -f asked
		serve
		is_refused 'cancel service-unavailable' ask
		[ ! -e asked ]
		expect_exit 0 own_asks
		finish 143
		same asked "$juliet" "$(sed 's:/.*::' asked)"
		same log '' "$(said)"
	done
}

@test "--allow: a full JID is itself, a bare one its resources, a domain its users" {
	command_is <<<'echo "<a/>"'
	for server in "${servers[@]}"; do
		fresh "$server"
		serve --allow "${romeo^^}/orchard" --allow nurse@capulet.lit
		is_refused 'cancel service-unavailable' ask
		is_refused 'cancel service-unavailable' ask -u "$romeo/Orchard"
		expect_exit 0 ask -u "$romeo/orchard"
		expect_exit 0 own_asks
		finish 143
		serve --allow montague.lit
		expect_exit 0 ask
		finish 143
		serve --allow capulet.lit --allow other.montague.lit
		is_refused 'cancel service-unavailable' ask
		finish 143
	done
}

@test "who is allowed may see what there is to ask, a stranger may not" {
	command_is <<<'echo "<a/>"'
	for server in "${servers[@]}"; do
		fresh "$server"
		serve --allow "$romeo/orchard"
		expect_exit 0 tool xdisco -a romeo -u "$romeo/orchard" \
			--info "$juliet/lamp"
		grep -qx "$juliet/lamp"$'\t\tfeature\t'"$lamp" out
		expect_exit 1 tool xdisco -a romeo --info "$juliet/lamp"
		finish 143
	done
}

@test "of another namespace nothing is taken, nor what is no request" {
	command_is <<<'echo "<a/>"'
	fresh prosody
	serve
	is_refused 'cancel service-unavailable' own_asks \
		<<<"<q xmlns='urn:example:lamp:2'/>"
	expect_exit 0 own_asks <<<"<query xmlns='jabber:iq:version'/>"
	grep -q '<name>couplet</name>' out
	tool xsend -a juliet -m hello "$juliet/lamp"
	expect_exit 0 own_asks
	finish 143
	same log 'xserve: 1 message came and was dropped' "$(said)"
}

# of_stub STANZA...: xserve, as the client of a stub that sends these; for each
# there is an answer, of which the log has a line.
of_stub() {
	printf '%s\n' "$@" >stanzas
	stub no-sm send=stanzas at=presence echo=no
	spawn tool xserve --allow montague.lit "$lamp" -- ./command 2>log
}

@test "a malformed request is refused, and no command runs for it" {
	command_is <<<'touch ran'
	of_stub "<iq type='get' id='two' from='romeo@montague.lit/x'><q xmlns='$lamp'/><q xmlns='$lamp'/></iq>" \
		"<iq type='get' id='other' from='romeo@montague.lit/x'><q xmlns='urn:x'/><q xmlns='$lamp'/></iq>" \
		"<iq type='get' from='romeo@montague.lit/x'><q xmlns='$lamp'/></iq>" \
		"<iq type='get' id='empty' from='romeo@montague.lit/x'/>" \
		"<iq type='result' id='result' from='romeo@montague.lit/x'><q xmlns='$lamp'/></iq>" \
		"<iq type='odd' id='odd' from='romeo@montague.lit/x'><q xmlns='$lamp'/></iq>" \
		"<iq type='get' id='bad' from='@@'><q xmlns='$lamp'/></iq>" \
		"<iq type='get' id='end' from='romeo@montague.lit/x'><q xmlns='urn:x'/></iq>"
	wait_for_line "$STUB_LOG" 'answer end '
	same answers 'None error bad-request
bad error service-unavailable
empty error service-unavailable
end error service-unavailable
other error bad-request
two error bad-request' "$(sed -n 's/.* answer //p' "$STUB_LOG" | sort)"
	[ ! -e ran ]
	finish 143
}

@test "two requests with one id get an answer each, by who has sent them" {
	command_is <<<'echo "<a>$XMPP_FROM</a>"'
	of_stub "<iq type='get' id='same' from='romeo@montague.lit/a'><q xmlns='$lamp'/></iq>" \
		"<iq type='get' id='same' from='romeo@montague.lit/b'><q xmlns='$lamp'/></iq>" \
		"<iq type='get' id='same'><q xmlns='$lamp'/></iq>"
	while [ "$(grep -c 'answer same result' "$STUB_LOG")" -lt 3 ]; do
		nap 0.02
	done
	finish 143
	same answers "<iq id=\"same\" to=\"romeo@montague.lit/a\" type=\"result\"><a xmlns=\"$lamp\">romeo@montague.lit/a</a></iq>
<iq id=\"same\" to=\"romeo@montague.lit/b\" type=\"result\"><a xmlns=\"$lamp\">romeo@montague.lit/b</a></iq>
<iq id=\"same\" type=\"result\"><a xmlns=\"$lamp\">romeo@montague.lit</a></iq>" \
		"$(on_wire iq | grep same | sort)"
}

# --- what is announced ---------------------------------------------------

@test "presence has priority -1 and the hash of what disco#info answers" {
	command_is <<<'echo "<a/>"'
	for server in "${servers[@]}"; do
		fresh "$server"
		serve --trace trace --status busy
		presence=$(sed -n 's/.*> .*\(<presence.*<\/presence>\).*/\1/p' trace)
		[[ $presence = *'<priority>-1</priority>'* ]]
		[[ $presence = *'<status>busy</status>'* ]]
		node=$(sed -nE 's/.*<c [^>]*node="([^"]*)" ver="([^"]*)".*/\1#\2/p' \
			<<<"$presence")
		info=http://jabber.org/protocol/disco#info
		expect_exit 0 own_asks --payload \
			<<<"<query xmlns='$info' node='$node'/>"
		grep -qF "node=\"$node\"" out
		grep -qF "<feature var=\"$lamp\"/>" out
		# Its hash, by another program (XEP-0115 5.1).
		ver=$({
			printf 'client/console//couplet<'
			grep -oE '<feature var="[^"]*"' out | cut -d '"' -f 2 |
				LC_ALL=C sort | tr '\n' '<'
		} | openssl dgst -binary -sha1 | base64)
		same ver "${node#*#}" "$ver"
		expect_exit 0 own_asks --payload <<<"<query xmlns='$info'/>"
		lacks out 'node='
		is_refused 'cancel item-not-found' own_asks \
			<<<"<query xmlns='$info' node='${node}x'/>"
		finish 143
	done
}

@test "--no-presence announces none, and requests come all the same" {
	command_is <<<'echo "<a/>"'
	for server in "${servers[@]}"; do
		fresh "$server"
		serve --no-presence --trace trace
		expect_exit 0 own_asks
		finish 143
		lacks trace '> .*<presence'
	done
}

# --- the command line ----------------------------------------------------

@test "what is no command line is refused before anything is touched" {
	command_is <<<'echo "<a/>"'
	printf 'accounts: {romeo: {jid: romeo@montague.lit, password: x}}\n' \
		>"$COUPLET_CONFIG"
	chmod 600 "$COUPLET_CONFIG"
	while IFS='|' read -r args why; do
		# shellcheck disable=SC2086 # words
		expect_exit 64 tool xserve $args
		same "$args" "xserve: $why" "$(head -n 1 err)"
	done <<-'EOF'
		|no namespace
		-- ./command|no namespace
		urn:x|no command
		urn:x --|no command
		urn:x ./command|unexpected operand './command': a command comes behind --
		urn:x urn:y -- ./command|unexpected operand 'urn:y': a command comes behind --
		a<b -- ./command|a<b: a feature has no '<'
		jabber:iq:roster -- ./command|jabber:iq:roster: no command can serve that
		jabber:client -- ./command|jabber:client: no command can serve that
		urn:x --jobs 0 -- ./command|--jobs: '0' is not a number from 1 to 100
		urn:x --jobs 101 -- ./command|--jobs: '101' is not a number from 1 to 100
		urn:x --allow @ -- ./command|--allow: '@' has an empty localpart
		urn:x -- no-such-command|no-such-command: No such file or directory
		urn:x -- ./config.yaml|./config.yaml: Permission denied
	EOF
	expect_exit 64 tool xserve 'urn:x y' -- ./command
	expect_exit 64 tool xserve '' -- ./command
}

@test "options of the command are its own" {
	fresh prosody
	spawn tool xserve -a juliet -u "$juliet/lamp" -v "$lamp" -- \
		printf '<a b="%s"/>' -c 2>log
	wait_for_line log 'online as'
	expect_exit 0 own_asks --payload
	prints "<a xmlns=\"$lamp\" b=\"-c\"/>"
	finish 143
}
