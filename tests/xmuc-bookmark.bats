#!/usr/bin/env bats
# xmuc: the rooms that an account remembers, in all the places where others may
# have put them.

bats_require_minimum_version 1.5.0
load lib
load xsend
load xmuc

# ask PAYLOAD [TYPE]: the own account, and the answer is in the file answer.
ask() {
	tool xiq -t "${2:-get}" "$juliet" <<<"$1" >answer
}

# has LINE... : the bookmarks are these, escapes of printf in the lines.
has() {
	muc bookmarks && same 'bookmarks' "$(printf '%b\n' "$@")" "$(cat out)"
}

list="<conference jid='old@r.lit' name='Old'><nick>n</nick></conference><conference jid='Older@r.lit' autojoin='1'/><url url='http://a.lit/' name='u'/>"
storage="<storage xmlns='storage:bookmarks'>$list</storage>"
pubsub=http://jabber.org/protocol/pubsub

@test "bookmarks come, change and go" {
	for server in "${servers[@]}"; do
		rooms_on "$server"
		muc bookmarks
		same 'none' '' "$(cat out)"
		# As a room would have it (RFC 6122 B): no wide letter.
		muc bookmark add b@r.lit --name 'The B' --nick $'\xef\xbc\xaaule' --autojoin
		same 'it prints nothing' '' "$(cat out)"
		muc bookmark add c@r.lit A@R.lit
		has 'a@r.lit\t\t\t' 'b@r.lit\tThe B\tJule\tautojoin' 'c@r.lit\t\t\t'
		# What is not said stays.
		muc bookmark add b@r.lit --no-autojoin
		has 'a@r.lit\t\t\t' 'b@r.lit\tThe B\tJule\t' 'c@r.lit\t\t\t'
		muc bookmark add b@r.lit/Nick --name B
		muc -j bookmarks
		same 'json' '{"room":"b@r.lit","name":"B","nick":"Nick","autojoin":false}' \
			"$(grep b@ out)"
		same 'json' '{"room":"a@r.lit","autojoin":false}' "$(head -1 out)"
		muc -x bookmarks
		grep -q '<item id="b@r.lit"><conference xmlns="urn:xmpp:bookmarks:1" name="B"><nick>Nick</nick></conference>' out
		tool xmuc bookmarks | grep -v '^b@' | tool xmuc bookmark remove -
		has 'b@r.lit\tB\tNick\t'
		fails 1 'a@r.lit: is not a bookmark' bookmark remove a@r.lit
		expect_exit 2 tool xmuc bookmark remove a@r.lit b@r.lit
		says 'xmuc: a@r.lit: is not a bookmark'
		muc bookmarks
		same 'none' '' "$(cat out)"
	done
}

@test "a password is kept only if it was given for that, and not printed" {
	echo sesame >secret
	chmod 600 secret
	for server in "${servers[@]}"; do
		rooms_on "$server"
		COUPLET_ROOM_PASSWORD_FILE=secret muc bookmark add a@r.lit
		muc bookmark add b@r.lit --room-password-file secret
		has 'a@r.lit\t\t\t' 'b@r.lit\t\t\t'
		muc -j bookmarks
		same 'json' 0 "$(grep -c sesame out || true)"
		muc -x bookmarks
		same 'xml' 1 "$(grep -o sesame out | wc -l)"
		# It stays, with all else that is not known here.
		ask "<pubsub xmlns='$pubsub'><publish node='urn:xmpp:bookmarks:1'><item id='b@r.lit'><conference xmlns='urn:xmpp:bookmarks:1' x='y'><password>sesame</password><extensions><e xmlns='urn:e'>kept</e></extensions></conference></item></publish></pubsub>" set
		muc bookmark add b@r.lit --nick me
		muc -x bookmarks
		grep -q '<password>sesame</password>' out
		grep -q '<nick>me</nick>' out
		grep -q '<extensions><e xmlns="urn:e">kept</e></extensions>' out
		grep -q 'x="y"' out
	done
}

@test "the bookmarks of the older list are read, taken along and removed" {
	for server in "${servers[@]}"; do
		for place in private node; do
			rooms_on "$server"
			case $place in
			private) ask "<query xmlns='jabber:iq:private'>$storage</query>" set ;;
			node) ask "<pubsub xmlns='$pubsub'><publish node='storage:bookmarks'><item id='current'>$storage</item></publish></pubsub>" set ;;
			esac
			echo "# in $place"
			has 'old@r.lit\tOld\tn\t' 'older@r.lit\t\t\tautojoin'
			muc bookmark remove older@r.lit
			has 'old@r.lit\tOld\tn\t'
			muc bookmark add new@r.lit
			has 'new@r.lit\t\t\t' 'old@r.lit\tOld\tn\t'
			muc bookmark remove new@r.lit old@r.lit
			muc bookmarks
			same 'none' '' "$(cat out)"
			fails 1 'old@r.lit: is not a bookmark' bookmark remove old@r.lit
		done
	done
	# What else was in the list is there still.
	rooms_on prosody
	ask "<query xmlns='jabber:iq:private'>$storage</query>" set
	muc bookmark remove old@r.lit older@r.lit
	ask "<query xmlns='jabber:iq:private'><storage xmlns='storage:bookmarks'/></query>"
	grep -q '<storage xmlns="storage:bookmarks"><url name="u" url="http://a.lit/"/></storage>' answer
}

@test "a node that others could read is made private first" {
	for server in "${servers[@]}"; do
		rooms_on "$server"
		muc bookmark add a@r.lit
		ask "<pubsub xmlns='$pubsub#owner'><configure node='urn:xmpp:bookmarks:1'><x xmlns='jabber:x:data' type='submit'><field var='FORM_TYPE'><value>$pubsub#node_config</value></field><field var='pubsub#access_model'><value>open</value></field></x></configure></pubsub>" set
		expect_exit 0 tool xmuc -v bookmark add b@r.lit
		grep -q '^xmuc: the node of bookmarks is not private: it is made so$' err
		has 'a@r.lit\t\t\t' 'b@r.lit\t\t\t'
		ask "<pubsub xmlns='$pubsub#owner'><configure node='urn:xmpp:bookmarks:1'/></pubsub>"
		grep -q 'var="pubsub#access_model">.*<value>whitelist</value>' answer
	done
}

# answer PATTERN PAYLOAD|error CONDITION: what the stub says.
answer() {
	if [ "$2" = error ]; then
		set -- "$1" error "<error type='cancel'><${3%% *} xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/>${3#* }</error>"
	else
		set -- "$1" result "$2"
	fi
	printf '%s\n' "$1	<iq type='$2' id='@ID@' to='@JID@'>$3</iq>"
}

@test "servers that keep no bookmarks, or not all of them" {
	unmet="conflict <precondition-not-met xmlns='$pubsub#errors'/>"
	{
		answer 'items node=.urn' error 'feature-not-implemented '
		answer 'items node=.storage' error 'service-unavailable '
		answer 'iq:private' error 'service-unavailable '
	} >none
	stub answers=none
	fails 69 feature-not-implemented bookmarks
	fails 69 feature-not-implemented bookmark add a@r.lit
	{
		answer 'items node=.urn' "<pubsub xmlns='$pubsub'><items node='urn:xmpp:bookmarks:1'><item id='@'/><item id='@@'><conference xmlns='urn:xmpp:bookmarks:1'/></item><item id='x@r.lit'><other xmlns='urn:o'/></item><item><conference xmlns='urn:xmpp:bookmarks:1'/></item><item id='b@r.lit'><conference xmlns='urn:xmpp:bookmarks:1' name='a&#10;&#27;b'><nick/></conference></item><item id='B@r.lit'><conference xmlns='urn:xmpp:bookmarks:1'/></item></items></pubsub>"
		answer 'items node=.storage' error 'item-not-found '
		answer 'iq:private' error 'service-unavailable '
		answer 'owner' error 'forbidden '
		answer '<publish ' error "$unmet"
		answer '<retract ' error 'item-not-found '
	} | sed 's/&#27;/\&#x7f;/' >odd
	stub answers=odd
	has 'b@r.lit\ta\\n\\x7fb\t\t'
	fails 1 'a@r.lit: others may see bookmarks, and this cannot be changed: forbidden' \
		bookmark add a@r.lit
	# Somebody else has removed it meanwhile.
	fails 1 'b@r.lit: is not a bookmark' bookmark remove b@r.lit
	{
		answer 'items node=.urn' error 'item-not-found '
		answer 'items node=.storage' error 'item-not-found '
		answer 'iq:private' "<query xmlns='jabber:iq:private'>$storage</query>"
		answer '<item id=.old' error 'not-allowed '
		answer '<publish ' ''
	} >half
	stub answers=half
	fails 1 'new@r.lit: the old bookmarks cannot be taken along: not-allowed' \
		bookmark add new@r.lit
	same 'it is not published' 0 "$(grep -c 'id="new@r.lit"' "$STUB_LOG" || true)"
	printf '%s\n' '<publish 	' >>none
	sed -i '/items node=.urn/d' none
	answer 'items node=.urn' error 'item-not-found ' >>none
	stub answers=none
	spawn tool xmuc bookmark add a@r.lit 2>err
	wait_for_line "$STUB_LOG" 'recv iq .*<publish'
	kill "$STUB_PID"
	ends 75
	grep -qx 'xmuc: a@r.lit: unknown outcome' err
}
