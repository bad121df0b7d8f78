#!/usr/bin/env bats
# Records on their way through a pipeline: what one tool prints the next reads,
# filters and sends, and the stanza is the same but for the addresses.

bats_require_minimum_version 1.5.0
load lib
load xsend
load xrecv

# trio SERVER: romeo, juliet and the nurse, fresh.
trio() {
	fresh "$1"
	new_account nurse capulet.lit
}

# contents FILE: of each stanza line, canonical: without addresses and language,
# without what a server adds, and children by name, as ejabberd orders them anew.
contents() {
	python3 - "$1" <<-'END'
		import sys
		import xml.etree.ElementTree as ET
		added = ("{urn:xmpp:delay}delay", "{urn:xmpp:sid:0}stanza-id",
		         "{http://jabber.org/protocol/offline}offline")
		for line in open(sys.argv[1], newline="\n"):
		    s = ET.fromstring(f"<r xmlns='jabber:client'>{line}</r>")[0]
		    for name in ("from", "to",
		                 "{http://www.w3.org/XML/1998/namespace}lang"):
		        s.attrib.pop(name, None)
		    s[:] = sorted((c for c in s if c.tag not in added),
		                  key=lambda c: c.tag)
		    s.tail = None
		    print(ET.canonicalize(ET.tostring(s, encoding="unicode")))
	END
}

# hostile N: so many messages with all that text can hold and that the servers
# leave alone: quotes, controls, escapes of other formats, what is wide and what
# combines. (Both make LF of CR, and Prosody a space of a TAB in an attribute.)
hostile() {
	python3 - "$1" <<-'END'
		import sys
		odd = ["&quot;", "&apos;", "&amp;lt;", "\\n", "\\", "&lt;",
		       "\\u0041", "%s", "{}", "]]&gt;", "\u00e9", "e\u0301",
		       "\U0001f339", "\u202e", "\x7f", "\u0085", "\u2028", "[\\0", "$(x)"]
		for n in range(int(sys.argv[1])):
		    o = odd[n % len(odd)]
		    print(f"<message id='i{n}' type='chat'><body>{n}&#10;{o}\t{o}</body>"
		          f"<x xmlns='urn:example:{n % 7}' a='{o}'><y n='{n}'>{o}</y>t"
		          f"</x></message>")
	END
}

# through FORMAT COUNT FILTER...: so many messages from romeo to juliet, and
# from her through xrecv, a filter and xsend to the nurse: the same ones, in
# order, and no others. What is sent before tells that all of it runs.
through() {
	local nurses middle
	hostile "$2" >sent
	rm -f got
	spawn tool xrecv -a nurse >got
	nurses=$pid
	(
		{
			echo "$BASHPID" >first
			# shellcheck disable=SC2086 # a command line in words
			exec ${COUPLET_WRAP:-} "$BIN/xrecv" -a juliet "$1"
		} | "${@:3}" | tool xsend -a juliet "$1" "$nurse" 2>middle.log
	) </dev/null 3>&- &
	middle=$!
	background+=("$middle")
	# One that comes while she logs in may be stored and stay there.
	for _ in {1..10}; do
		tool xsend -a romeo -m 'who is there?' "$juliet"
		! wait_for_line got 'who is there' 2 || break
	done
	tool xsend -a romeo -x "$juliet" <sent
	wait_for_line got " id=\"i$(($2 - 1))\"" 100
	kill "$(cat first)"
	wait "$middle"
	kill "$nurses"
	wait "$nurses" || true
	sed -i '/who is there/d' got
	contents sent >expected
	contents got | cmp expected -
	same 'xsend says' '' "$(cat middle.log)"
	same 'from juliet' "$2" "$(grep -c "^<message from=\"$juliet/" got)"
}

@test "JSON: thousands of stanzas through jq, none lost, changed or out of order" {
	for server in "${servers[@]}"; do
		trio "$server"
		through -j 3000 jq -c --unbuffered .
	done
}

@test "XML: thousands of stanzas through grep, none lost, changed or out of order" {
	for server in "${servers[@]}"; do
		trio "$server"
		through -x 3000 grep --line-buffered '^<message'
	done
}

@test "[v] stanzas of both kinds in one stream: each record says what it is" {
	for server in "${servers[@]}"; do
		trio "$server"
		hostile 4 >sent
		tool xsend -a romeo -x "$juliet" <sent
		tool xrecv -a juliet -x -c 2 -W 200 >mixed
		tool xrecv -a juliet -j -c 2 -W 200 >>mixed
		tool xsend -a juliet -x "$nurse" <mixed
		tool xrecv -a nurse -c 4 -W 200 >got
		contents sent >expected
		contents got | cmp expected -
	done
}

@test "a filter drops, changes and adds: only what it prints is sent" {
	for server in "${servers[@]}"; do
		trio "$server"
		seq 1 20 | tool xsend -a romeo -l "$juliet"
		tool xrecv -a juliet -j -c 20 -W 200 |
			jq -c 'select((.body | tonumber) % 5 == 0) | .body += "!"' |
			tool xsend -a juliet -j "$nurse"
		seq 1 10 | tool xsend -a romeo -l "$juliet"
		tool xrecv -a juliet -x -c 10 -W 200 | grep -e '>[37]</body>' |
			tool xsend -a juliet -x "$nurse"
		tool xsend -m end "$nurse"
		tool xrecv -a nurse -c 7 -W 200 -F '%b' >got
		same bodies '5! 10! 15! 20! 3 7 end' "$(paste -sd ' ' got)"
	done
}

@test "a file of records is kept, and sent later" {
	for server in "${servers[@]}"; do
		trio "$server"
		hostile 38 >sent
		tool xsend -a romeo -x "$juliet" <sent
		tool xrecv -a juliet -c 38 -W 200 -j >kept
		jq -s . kept >pretty
		same objects 38 "$(jq length pretty)"
		# pretty-printed, each over many lines
		jq . kept >pretty
		[ "$(wc -l <pretty)" -gt 380 ]
		tool xsend -a juliet -j "$nurse" <pretty
		tool xrecv -a nurse -c 38 -W 200 >got
		contents sent >expected
		contents got | cmp expected -
	done
}
