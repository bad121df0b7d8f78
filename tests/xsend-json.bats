#!/usr/bin/env bats
# xsend -j: stanzas in JSON, alone and among others in XML.

bats_require_minimum_version 1.5.0
load lib
load xsend

# --- what is sent --------------------------------------------------------

@test "-j: objects, one a line or pretty printed, keep their ids [v]" {
	for server in "${servers[@]}"; do
		fresh "$server"
		cat >stanzas <<-EOF
			{"kind":"message","to":"$juliet","id":"m1","type":"chat","body":"one"}
			{
			  "kind": "message",
			  "to": "$juliet",
			  "id": "m2",
			  "type": "chat",
			  "body": "two { \"}\"\nlines & <more>"
			}{"kind":"message","to":"$juliet","id":"m3","type":"chat","body":"thr\u00e9\u00e9 \ud83d\ude00"}
		EOF
		expect_exit 0 tool xsend -j --print-id <stanzas
		prints $'m1\nm2\nm3'
		says
		arrives one 'two { "}"\nlines & <more>' 'thréé 😀'
	done
}

@test "-x and -j are the same: XML and JSON in one stream, in order" {
	for server in "${servers[@]}"; do
		fresh "$server"
		for word in 1 3 5 7; do
			echo "{\"kind\":\"message\",\"to\":\"$juliet\",\"type\":\"chat\",\"body\":\"$word\"}"
			printf '<message to="%s" type="chat"><body>%s</body></message>' \
				"$juliet" $((word + 1))
		done >mixed
		expect_exit 0 tool xsend -x <mixed
		is_silent
		arrives 1 2 3 4 5 6 7 8
		expect_exit 0 tool xsend -j -x <mixed
		is_silent
		arrives 1 2 3 4 5 6 7 8
	done
}

@test "-j: every field is a child, in its place" {
	stub
	cat >stanzas <<-EOF
		{"kind":"message","to":"$juliet","id":"a","type":"chat","lang":"en","subject":"s","body":"b","thread":"t","thread_parent":"p","nick":"n","delay":{"stamp":"2002-09-10T23:08:25Z","from":"capulet.lit","reason":"late"},"payload":["<x xmlns='urn:x'><y/></x>"]}
		{"kind":"message","to":"$juliet","id":"b","body":"b","subject":null,"payload":["text: ","<a/>","body"],"attributes":{"x:a":"1","xmlns:x":"urn:x"}}
		{"kind":"presence","to":"$juliet","id":"c","show":"away","status":"out","priority":-1}
	EOF
	expect_exit 0 tool xsend -j <stanzas
	is_silent
	same 'the messages' "$(cat <<-EOF
		<message id="a" to="$juliet" type="chat" xml:lang="en"><subject>s</subject><body>b</body><thread parent="p">t</thread><nick xmlns="http://jabber.org/protocol/nick">n</nick><x xmlns="urn:x"><y/></x><delay xmlns="urn:xmpp:delay" from="capulet.lit" stamp="2002-09-10T23:08:25Z">late</delay></message>
		<message id="b" to="$juliet" x:a="1" xmlns:x="urn:x"> <a/><body>b</body></message>
	EOF
	)" "$(on_wire message)"
	same 'the presence' \
		"<presence id=\"c\" to=\"$juliet\"><show>away</show><status>out</status><priority>-1</priority></presence>" \
		"$(on_wire presence)"
}

# --- the sending rules ---------------------------------------------------

@test "-j: from and stanza-ids are dropped, recipients replace to" {
	stub
	echo '{"kind":"message","from":"tybalt@capulet.lit","to":"x@capulet.lit","id":"a","body":"1","payload":["<stanza-id xmlns=\"urn:xmpp:sid:0\" by=\"capulet.lit\" id=\"s1\"/>"]}' |
		expect_exit 0 tool xsend -j a@capulet.lit b@capulet.lit
	is_silent
	same 'the messages' "$(cat <<-EOF
		<message id="a" to="a@capulet.lit"><body>1</body></message>
		<message id="a" to="b@capulet.lit"><body>1</body></message>
	EOF
	)" "$(on_wire message)"
}

@test "-j --reply: an answer made by jq goes back to where it came from" {
	for server in "${servers[@]}"; do
		fresh "$server"
		config_for garden "$romeo/garden" "pw-${romeo%@*}"
		listen garden
		echo "{\"kind\":\"message\",\"from\":\"$romeo/garden\",\"to\":\"$juliet\",\"type\":\"chat\",\"body\":\"where\",\"delay\":{\"stamp\":\"2002-09-10T23:08:25Z\"},\"payload\":[\"delay\",\"<active xmlns='http://jabber.org/protocol/chatstates'/>\"]}" |
			jq '{kind, type, from, id, body: "by \(.body)?"}' |
			expect_exit 0 tool xsend -a juliet -j --reply
		is_silent
		wait_for_line garden.inbox 'by where\?$'
		# taken out by jq, its place in payload is none any more
		echo "{\"kind\":\"message\",\"from\":\"$romeo/garden\",\"type\":\"chat\",\"body\":\"again\",\"delay\":{\"stamp\":\"2002-09-10T23:08:25Z\"},\"payload\":[\"delay\",\"<active xmlns='http://jabber.org/protocol/chatstates'/>\",\"body\"]}" |
			jq -c 'del(.delay)' |
			expect_exit 0 tool xsend -a juliet -j --reply
		is_silent
		wait_for_line garden.inbox 'again$'
		kill "$pid"
	done
}

@test "-j: type error, no from to reply to, no recipient, the own account: 65" {
	stub
	cat >stanzas <<-EOF
		{"kind":"message","to":"$juliet","type":"error","body":"a"}
		{"kind":"message","body":"b"}
		{"kind":"message","to":"romeo@montague.lit","body":"c"}
		{"kind":"message","to":"@capulet.lit","body":"d"}
	EOF
	expect_exit 65 tool xsend -j <stanzas
	prints ''
	says 'xsend: stdin: record 1 (line 1): a stanza of type error is not sent' \
		'xsend: stdin: record 2 (line 2): a message without recipient' \
		'xsend: stdin: record 3 (line 3): a message to the own account (--to-self sends it)' \
		"xsend: stdin: record 4 (line 4): '@capulet.lit' has an empty localpart"
	sed -n 2p stanzas | expect_exit 65 tool xsend -j --reply
	says 'xsend: stdin: record 1 (line 1): no from to reply to'
	nothing_sent
	sed -n 3p stanzas | expect_exit 0 tool xsend -j --to-self
	same 'what was sent' c "$(bodies)"
}

# --- bad records ---------------------------------------------------------

@test "-j: a bad record is named with line and column, the next ones are sent [v]" {
	for server in "${servers[@]}"; do
		fresh "$server"
		cat >seven <<-EOF
			{"kind":"message","to":"$juliet","type":"chat","body":"one"}
			{"kind":"message","to":"$juliet","type":"chat","body":}
			{"kind":"message","to":"$juliet","type":"chat","body":"three"}
			  {"kind":"message","bdy":"four"} {"kind":"message","to":"$juliet","type":"chat","body":"five"}
			{"kind":"message","to":"$juliet","body":"x","payload":["<a></b>"]}
			{"to":"$juliet","body":"x"}
			<message to='$juliet' type='chat'><body>eight</body></message>
			{"kind":"message","to":"$juliet","type":"chat","body":"cut
		EOF
		expect_exit 2 tool xsend -j <seven
		prints ''
		column=$((48 + ${#juliet}))
		says "xsend: stdin: record 2: line 2, column $column: unexpected token near '}'" \
			"xsend: stdin: record 4: line 4, column 3: unknown key 'bdy'" \
			'xsend: stdin: record 6: line 5, column 1: payload[0], column 6: mismatched tag' \
			'xsend: stdin: record 7: line 6, column 1: no kind' \
			"xsend: stdin: record 9: line 8, column $((column + 3)): unexpected newline near '\"cut'"
		arrives one three five eight
	done
}

@test "-j: nothing but bad records: 65, and nothing is sent" {
	stub
	printf '%s\n' '{"kind":"message"' '{}' '[]' 'null' |
		expect_exit 65 tool xsend -j
	prints ''
	says "xsend: stdin: record 1: line 2, column 1: '}' expected near '{'" \
		'xsend: stdin: record 2: line 2, column 1: no kind' \
		'xsend: stdin: record 3: line 3, column 1: text outside of an element'
	nothing_sent
	printf ' \n\n' | expect_exit 0 tool xsend -j "$juliet"
	is_silent
}

@test "-j: no text makes a record of its own" {
	stub
	cat >forged <<-'EOF'
		{"kind":"message","body":"\n{\"kind\":\"message\",\"body\":\"forged\"}" bad}
		{'kind': 'message', 'body': '} {"kind":"message","body":"forged"}'}
		<message to=bad><body>hello
		{"kind":"message","body":"forged"}
		</body></message>
		<message><body>good</body></message>
	EOF
	expect_exit 2 tool xsend -j "$juliet" <forged
	same 'what was sent' good "$(bodies)"
	same 'complaints' 3 "$(wc -l <err)"
}

@test "-j, hostile records: each bad one is named, each good one is sent" {
	stub
	for file in "$tests"/corpus/json/[!p]*.in "$tests"/corpus/json/pretty.in; do
		hostile -j "$file" "${file%.in}.out"
	done
}

# --- many ----------------------------------------------------------------

@test "-j: records leave as they come, and 20,000 in order" {
	stub
	feed tool xsend -j "$juliet" 2>err
	echo '{"kind":"message","body":"one"}' >&8
	wait_for_line "$STUB_LOG" '<body>one</body>'
	printf '{"kind":"message","body":"tw' >&8
	echo 'o"}' >&8
	wait_for_line "$STUB_LOG" '<body>two</body>'
	exec 8>&-
	ends 0
	seq -f '{"kind":"message","body":"b%.0f"}' 20000 |
		expect_exit 0 tool xsend -j --bounce-wait 0 "$juliet"
	is_silent
	bodies | tail -n +3 | cmp - <(seq -f 'b%.0f' 20000)
}
