#!/usr/bin/env bats
# xiq: requests and answers, on Prosody and ejabberd.

bats_require_minimum_version 1.5.0
load lib
load xsend

version="<query xmlns='jabber:iq:version'/>"
ping="<ping xmlns='urn:xmpp:ping'/>"
items="<query xmlns='http://jabber.org/protocol/disco#items'/>"

# payload [NUMBER]: the payload of an answer in out, a whole stanza a line.
payload() {
	sed -n "${1:-1}p" out | sed -E 's/^<iq [^>]*>//; s/<\/iq>$//'
}

# attr NAME: this attribute of each answer in out, '-' where it has none.
attr() {
	sed -E "s/^<iq[^>]* $1=\"([^\"]*)\".*/\1/; s/^<.*/-/" out | paste -sd ' '
}

# --- what is asked, and whom ----------------------------------------------

@test "[v] a bare payload is asked of the account's server" {
	for server in "${servers[@]}"; do
		fresh "$server"
		expect_exit 0 tool xiq <<<"$version"
		says
		same 'from' montague.lit "$(attr from)"
		same 'type' result "$(attr type)"
		payload | grep -qiE '^<query xmlns="jabber:iq:version"><name>'"$XMPP_KIND"'</name>'
	done
}

@test "an address is for what has none of its own" {
	for server in "${servers[@]}"; do
		fresh "$server"
		expect_exit 0 tool xiq rooms.capulet.lit <<-EOF
			$items
			<iq type='get'>$items</iq>
			<iq type='get' to='montague.lit'>$ping</iq>
		EOF
		same 'from' 'rooms.capulet.lit rooms.capulet.lit montague.lit' \
			"$(attr from)"
	done
}

@test "an alias is an address, a group is not" {
	for server in "${servers[@]}"; do
		fresh "$server"
		printf 'aliases:\n  rooms: rooms.capulet.lit\n  both: [rooms, %s]\n' \
			"$juliet" >>"$COUPLET_CONFIG"
		expect_exit 0 tool xiq rooms <<<"$items"
		same 'from' rooms.capulet.lit "$(attr from)"
		expect_exit 64 tool xiq both <<<"$ping"
		grep -qxF "xiq: 'both' is a group" err
	done
}

@test "an iq without to is for the own account, whoever is its from" {
	for server in "${servers[@]}"; do
		fresh "$server"
		expect_exit 0 tool xiq <<-EOF
			<iq type='get' from='nurse@capulet.lit/x'><query xmlns='jabber:iq:roster'/></iq>
		EOF
		same 'type' result "$(attr type)"
		payload | grep -q '^<query xmlns="jabber:iq:roster"'
		[[ $(attr from) = @(-|"$romeo"|"$romeo"/*) ]]
	done
}

@test "-t set is for bare payloads" {
	vcard="<vCard xmlns='vcard-temp'><FN>Romeo &amp; co</FN></vCard>"
	for server in "${servers[@]}"; do
		fresh "$server"
		expect_exit 0 tool xiq -t set "$romeo" <<-EOF
			$vcard
			<iq type='get'><vCard xmlns='vcard-temp'/></iq>
		EOF
		same 'types' 'result result' "$(attr type)"
		payload 2 | grep -qF '<FN>Romeo &amp; co</FN>'
	done
}

@test "records of JSON and of XML, over several lines, one after the other" {
	for server in "${servers[@]}"; do
		fresh "$server"
		expect_exit 0 tool xiq <<-EOF

			<iq id='a' type='get'
			    to='montague.lit'>
			  $ping
			</iq><query xmlns='jabber:iq:version'/>  <iq
			  to='capulet.lit' type='get' id='b'>$ping</iq>
			{"kind":"iq","id":"c","type":"get","to":"capulet.lit","payload":["<ping xmlns='urn:xmpp:ping'/>"]}
			{"kind": "payload",
			 "payload": ["<ping xmlns='urn:xmpp:ping'/>"]}
		EOF
		says
		same 'from' 'montague.lit montague.lit capulet.lit capulet.lit montague.lit' \
			"$(attr from)"
		same 'ids' 'a b c' "$(attr id | cut -d ' ' -f 1,3,4)"
	done
}

@test "empty input asks nothing" {
	for server in "${servers[@]}"; do
		fresh "$server"
		expect_exit 0 tool xiq </dev/null
		is_silent
		printf ' \n\n' | expect_exit 0 tool xiq
		is_silent
	done
}

# --- ids and order -------------------------------------------------------

@test "a record's own id is printed; on the wire there is another" {
	stub
	printf "<iq id='mine' type='get' to='%s'>$ping</iq>" montague.lit \
		montague.lit | expect_exit 0 tool xiq
	same 'printed' 'mine mine' "$(attr id)"
	ids=$(on_wire iq | grep 'urn:xmpp:ping' |
		sed -E 's/.* id="([^"]*)".*/\1/')
	same 'different ones' 2 "$(sort -u <<<"$ids" | wc -l)"
	same 'of no other form' '' "$(grep -vxE '[A-Za-z0-9_-]{22}' <<<"$ids")"
}

@test "5,000 requests, as many answers, in their order" {
	seq -f "<iq type='get' to='montague.lit' id='i%.0f'>$ping</iq>" 5000 >many
	for server in "${servers[@]}"; do
		fresh "$server"
		expect_exit 0 tool xiq <many
		says
		same 'the answers' "$(seq -f i%.0f 5000 | sha256sum)" \
			"$(attr id | tr ' ' '\n' | sha256sum)"
	done
}

@test "answers are printed in the order of the requests, or as they come" {
	# The first one is answered late.
	records="<iq id='a' type='get' to='montague.lit'>$ping</iq>
		<iq id='b' type='get' to='montague.lit'>$items</iq>
		<iq id='c' type='get' to='montague.lit'>$items</iq>"
	stub ping-delay=300
	expect_exit 0 tool xiq <<<"$records"
	same 'order' 'a b c' "$(attr id)"
	expect_exit 0 tool xiq --unordered <<<"$records"
	same 'order' 'b c a' "$(attr id)"
	expect_exit 0 tool xiq --unordered --parallel 1 <<<"$records"
	same 'order' 'a b c' "$(attr id)"
}

@test "--parallel: so many wait for their answers, and no more" {
	for n in 1 7; do
		stub ping=silent
		yes "$ping" | head -n 100 |
			expect_exit 124 tool xiq --parallel $n -W 4
		same 'requests' "$n" "$(on_wire iq | grep -c 'urn:xmpp:ping')"
	done
}

@test "an answer is printed while stdin is open" {
	for server in "${servers[@]}"; do
		fresh "$server"
		feed tool xiq >out 2>err
		echo "$ping" >&8
		wait_for_line out 'type="result"'
		echo "$version" >&8
		wait_for_line out 'jabber:iq:version'
		exec 8>&-
		ends 0
	done
}

@test "-c: so many are asked, and stdin is not read to its end" {
	for server in "${servers[@]}"; do
		fresh "$server"
		yes "$ping" | expect_exit 0 tool xiq -c 40
		same 'answers' 40 "$(wc -l <out)"
		says
		expect_exit 0 tool xiq -c 3 <<<"$ping"
		same 'answers' 1 "$(wc -l <out)"
	done
}

# --- output --------------------------------------------------------------

@test "-j: answers that can be asked again" {
	for server in "${servers[@]}"; do
		fresh "$server"
		expect_exit 0 tool xiq -j <<<"$version"
		same 'fields' "iq result montague.lit $XMPP_KIND" "$(
			jq -r '[.kind, .type, .from, (.payload[0] |
				capture("<name>(?<n>[^<]*)").n | ascii_downcase)] | join(" ")' out)"
		mv out answer
		jq -c '{kind, type: "get", to: .from, payload: ["<ping xmlns=\"urn:xmpp:ping\"/>"]}' \
			answer | expect_exit 0 tool xiq
		same 'from' montague.lit "$(attr from)"
	done
}

@test "-F and -o text" {
	for server in "${servers[@]}"; do
		fresh "$server"
		printf "<iq id='n%d' type='get' to='montague.lit'>$version</iq>" 1 2 |
			expect_exit 0 tool xiq -F '%i %T %f|' -N
		prints 'n1 result montague.lit|n2 result montague.lit|'
		expect_exit 0 tool xiq -o text <<<"$version"
		prints 'montague.lit	result	jabber:iq:version'
		expect_exit 64 tool xiq -F '%' <<<"$version"
	done
}

@test "--payload: the payloads of results, in three formats" {
	for server in "${servers[@]}"; do
		fresh "$server"
		input="$version
			<iq type='get' to='$juliet/none'>$version</iq>
			$ping"
		expect_exit 1 tool xiq --payload <<<"$input"
		same 'records' 1 "$(wc -l <out)"
		grep -q '^<query xmlns="jabber:iq:version"><name>.*</query>$' out
		grep -q '^xiq: record 2: .*/none: service-unavailable' err
		xml=$(cat out)
		expect_exit 1 tool xiq --payload -j <<<"$input"
		same 'JSON' "$xml" "$(jq -r '.payload[]' out)"
		expect_exit 1 tool xiq --payload -F '%{jabber:iq:version name}' \
			<<<"$input"
		same 'template' "$XMPP_KIND" "$(tr '[:upper:]' '[:lower:]' <out)"
		for format in text nul; do
			expect_exit 64 tool xiq --payload -o $format <<<"$input"
			prints ''
		done
	done
}

# --- errors --------------------------------------------------------------

@test "an error: printed, named with its record, status 1" {
	for server in "${servers[@]}"; do
		fresh "$server"
		expect_exit 1 tool xiq <<-EOF
			$ping
			<iq id='x' type='get' to='$juliet/none'>$version</iq>
			<iq id='y' type='set' to='rooms.capulet.lit'>$version</iq>
			<iq id='z' type='get' to='capulet.lit'>$ping</iq>
		EOF
		same 'types' 'result error error result' "$(attr type)"
		same 'ids' 'x y z' "$(attr id | cut -d ' ' -f 2-)"
		same 'messages' 2 "$(wc -l <err)"
		grep -qE "^xiq: record 2: $juliet/none: service-unavailable( \(.*\))?$" err
		grep -qE '^xiq: record 3: rooms\.capulet\.lit: [a-z-]+( \(.*\))?$' err
	done
}

@test "only requests are sent: 65" {
	for server in "${servers[@]}"; do
		fresh "$server"
		expect_exit 65 tool xiq <<-EOF
			<message to='$juliet'><body>no</body></message>
			<presence/>
			<iq type='result' id='a'/>
			<iq type='error' id='b'/>
			<iq id='c' to='montague.lit'>$ping</iq>
			{"kind":"message","to":"$juliet","body":"no"}
			<iq type='get' to='juliet@@'>$ping</iq>
			<query/>
		EOF
		prints ''
		says 'xiq: stdin: record 1 (line 1): a message is no request' \
			'xiq: stdin: record 2 (line 2): a presence is no request' \
			'xiq: stdin: record 3 (line 3): an iq without type get or set' \
			'xiq: stdin: record 4 (line 4): an iq without type get or set' \
			'xiq: stdin: record 5 (line 5): an iq without type get or set' \
			'xiq: stdin: record 6 (line 6): a message is no request' \
			"xiq: stdin: record 7 (line 7): 'juliet@@' has a character that a domain must not have" \
			"xiq: stdin: record 8: line 8: 'query' is no stanza, and has no namespace of its own"
	done
}

@test "a malformed record costs itself: 2, or 65 alone" {
	for server in "${servers[@]}"; do
		fresh "$server"
		expect_exit 2 tool xiq <<-EOF
			$ping
			<iq type='get'><ping xmlns='urn:xmpp:ping'></iq>
			<iq type='get' to='montague.lit' id='ok'>$ping</iq>
			{"kind":"iq","type":}
			$version
		EOF
		same 'types' 'result result result' "$(attr type)"
		same 'messages' 2 "$(wc -l <err)"
		grep -qE '^xiq: stdin: record 2: line 2, column [0-9]+: mismatched tag$' err
		grep -qE '^xiq: stdin: record 4: line 4, column [0-9]+: ' err
		expect_exit 65 tool xiq <<<'<query/>'
		prints ''
		grep -qE '^xiq: stdin: record 1: line 1: ' err
	done
}

# --- pages ---------------------------------------------------------------

# enough_rooms: 25 rooms at the server, as long as their creator stays.
enough_rooms() {
	feed tool xsend -v -x --bounce-wait 0 2>log
	for n in {10..34}; do
		printf "<presence to='room%d-%s@rooms.capulet.lit/r'><x xmlns='http://jabber.org/protocol/muc'/></presence>\n" \
			"$n" "${romeo%@*}" >&8
	done
	until tool xiq --payload rooms.capulet.lit <<<"$items" | grep -q room34; do
		nap 0.05
	done
}

@test "--paginate: rooms, page by page" {
	own ejabberd
	accounts
	enough_rooms
	expect_exit 0 tool xiq --paginate --page 10 --payload rooms.capulet.lit \
		<<<"$items"
	exec 8>&-
	says
	# A last one that is empty says that there is no more.
	same 'rooms a page' '10 10 5 0' \
		"$(while read -r line; do grep -o '<item ' <<<"$line" | wc -l; done <out | paste -sd ' ')"
	same 'each once' "$(seq -f 'room%.0f' 10 34)" \
		"$(grep -o 'jid="room[0-9]*' out | cut -d '"' -f 2)"
}

@test "--paginate: a server that does not page" {
	on prosody
	accounts
	expect_exit 0 tool xiq --paginate --payload <<<"$items"
	same 'pages' 1 "$(wc -l <out)"
}

@test "--paginate: an archive, forwards and backwards" {
	for server in "${servers[@]}"; do
		once "$server" mam=yes
		accounts
		seq 7 | tool xsend -l "$juliet"
		expect_exit 0 tool xiq -t set --paginate --page 3 --payload "$romeo" \
			<<<"<query xmlns='urn:xmpp:mam:2'/>"
		says
		same 'pages' 3 "$(grep -c '^<fin ' out)"
		tail -n 1 out | grep -q ' complete="true"'
		expect_exit 0 tool xiq -t set --paginate --payload "$romeo" <<-EOF
			<query xmlns='urn:xmpp:mam:2'><set xmlns='http://jabber.org/protocol/rsm'>
			  <max>2</max><before/></set></query>
		EOF
		same 'pages' 4 "$(grep -c '^<fin ' out)"
	done
}

@test "--paginate: items of a node, where the server pages them" {
	for server in "${servers[@]}"; do
		fresh "$server"
		printf "<pubsub xmlns='http://jabber.org/protocol/pubsub'><publish node='capulet:x'><item id='i%d'><a xmlns='capulet:a'/></item></publish><publish-options><x xmlns='jabber:x:data' type='submit'><field var='FORM_TYPE' type='hidden'><value>http://jabber.org/protocol/pubsub#publish-options</value></field><field var='pubsub#max_items'><value>10</value></field></x></publish-options></pubsub>\n" 1 2 3 4 5 |
			expect_exit 0 tool xiq -t set --parallel 1 "$romeo"
		expect_exit 0 tool xiq --paginate --page 2 --payload "$romeo" \
			<<<"<pubsub xmlns='http://jabber.org/protocol/pubsub'><items node='capulet:x'/></pubsub>"
		same 'items' 5 "$(grep -o '<item id' out | wc -l)"
		case $server in
		ejabberd) same 'pages' 3 "$(wc -l <out)" ;;
		*) same 'pages' 1 "$(wc -l <out)" ;;
		esac
	done
}

# --- private settings ----------------------------------------------------

@test "private XML (XEP-0049): set, get, and a change by jq" {
	get="<query xmlns='jabber:iq:private'><prefs xmlns='capulet:prefs'/></query>"
	for server in "${servers[@]}"; do
		fresh "$server"
		expect_exit 0 tool xiq -t set "$romeo" <<-EOF
			<query xmlns='jabber:iq:private'>
			  <prefs xmlns='capulet:prefs'><mask colour='red'>&lt;half&gt; "face"</mask></prefs>
			</query>
		EOF
		same 'type' result "$(attr type)"
		tool xiq -j --payload "$romeo" <<<"$get" |
			jq -c '.payload[] |= sub("red"; "black")' |
			expect_exit 0 tool xiq -t set "$romeo"
		says
		same 'type' result "$(attr type)"
		expect_exit 0 tool xiq --payload "$romeo" <<<"$get"
		grep -qF '<prefs xmlns="capulet:prefs"><mask colour="black">&lt;half&gt; "face"</mask></prefs>' out
	done
}

@test "private settings in a node (XEP-0223): set, get, and a change by jq" {
	get="<pubsub xmlns='http://jabber.org/protocol/pubsub'><items node='capulet:prefs'/></pubsub>"
	for server in "${servers[@]}"; do
		fresh "$server"
		expect_exit 0 tool xiq -t set "$romeo" <<-EOF
			<pubsub xmlns='http://jabber.org/protocol/pubsub'>
			  <publish node='capulet:prefs'>
			    <item id='current'><prefs xmlns='capulet:prefs' mask='red'/></item>
			  </publish>
			  <publish-options>
			    <x xmlns='jabber:x:data' type='submit'>
			      <field var='FORM_TYPE' type='hidden'>
			        <value>http://jabber.org/protocol/pubsub#publish-options</value>
			      </field>
			      <field var='pubsub#persist_items'><value>true</value></field>
			      <field var='pubsub#access_model'><value>whitelist</value></field>
			    </x>
			  </publish-options>
			</pubsub>
		EOF
		tool xiq --payload -j "$romeo" <<<"$get" |
			jq -c '.payload[] |= (sub("<items "; "<publish ") |
				sub("</items>"; "</publish>") | sub("red"; "black"))' |
			expect_exit 0 tool xiq -t set "$romeo"
		expect_exit 0 tool xiq --payload "$romeo" <<<"$get"
		grep -qF '<prefs mask="black" xmlns="capulet:prefs"/>' out ||
			grep -qF '<prefs xmlns="capulet:prefs" mask="black"/>' out
		# Nobody else may read it.
		expect_exit 1 tool xiq -a juliet "$romeo" <<<"$get"
	done
}
