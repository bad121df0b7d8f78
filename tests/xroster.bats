#!/usr/bin/env bats
# xroster: what it lists, what it changes, and what its end says about it.

bats_require_minimum_version 1.5.0
load lib

# fresh SERVER: romeo, the default account, has an empty list.
fresh() {
	on "$1"
	rm -rf "$COUPLET_CONFIG" "$XDG_STATE_HOME"
	new_account romeo
}

# roster ARG... : must succeed and say nothing on stderr.
roster() {
	expect_exit 0 tool xroster "$@" && same 'stderr' '' "$(cat err)"
}

# lists LINE... : so the list is, escapes of printf in the lines.
lists() {
	roster && same 'the list' "$(printf '%b\n' "$@")" "$(cat out)"
}

# fails CODE TEXT ARG... : this status, nothing on stdout, and on stderr these
# lines, without the program's name.
fails() {
	expect_exit "$1" tool xroster "${@:3}" &&
		same 'stdout' '' "$(cat out)" &&
		same 'stderr' "$2" "$(sed 's/^xroster: //' err)"
}

# misused TEXT ARG... : a usage error.
misused() {
	expect_exit 64 tool xroster "${@:2}" &&
		same 'stdout' '' "$(cat out)" &&
		same 'stderr' "xroster: $1" "$(head -1 err)" &&
		grep -q '^Usage: xroster' err
}

# three contacts, of which the list's other tests know
three() {
	printf '%b\n' 'juliet@capulet.lit\tJuliet C.\t\t\tFriends\tVerona' \
		'nurse@capulet.lit\tNurse\t\t\tVerona' \
		'benvolio@montague.lit' >three
	roster set <three
}

# --- the list ------------------------------------------------------------

@test "the list is sorted, and so are the groups" {
	for server in "${servers[@]}"; do
		fresh "$server"
		roster
		same 'an empty list' '' "$(cat out)"
		three
		same 'set prints nothing' '' "$(cat out)"
		lists 'benvolio@montague.lit\t\tnone\t' \
			'juliet@capulet.lit\tJuliet C.\tnone\t\tFriends\tVerona' \
			'nurse@capulet.lit\tNurse\tnone\t\tVerona'
	done
}

@test "the list as JSON, XML, NUL-terminated and by a template" {
	fresh prosody
	three
	roster -j
	same 'json' '{"jid":"juliet@capulet.lit","name":"Juliet C.","subscription":"none","groups":["Friends","Verona"]}' \
		"$(sed -n 2p out)"
	jq -es 'length == 3 and .[0].groups == []' out
	roster -x
	same 'xml' '<item xmlns="jabber:iq:roster" jid="nurse@capulet.lit" name="Nurse" subscription="none"><group>Verona</group></item>' \
		"$(sed -n 3p out)"
	roster -o nul
	same 'nul' 'nurse@capulet.lit|Nurse|none||Verona' \
		"$(tr '\0\t' '\n|' <out | sed -n 3p)"
	roster -F '%{@name}:%{group} '
	same 'template' ': Juliet C.:Friends Nurse:Verona' \
		"$(tr -d '\n' <out | sed 's/ $//')"
	misused "--output: 'csv' is not text, nul, xml or json" -o csv
}

@test "-g and --subscription filter" {
	for server in "${servers[@]}"; do
		fresh "$server"
		three
		new_account juliet capulet.lit
		roster add "$juliet" -g Friends --subscribe
		roster -a juliet add "$romeo" --subscribe
		roster -g Verona -F '%{@name}'
		same 'a group' 'Juliet C.,Nurse' "$(paste -sd, out)"
		roster -g Verona -g Friends -F '%{@jid}'
		same 'two groups' 3 "$(wc -l <out)"
		roster -g verona
		same 'another group' '' "$(cat out)"
		roster --subscription to --subscription from --subscription both
		same 'nobody yet' '' "$(cat out)"
		roster --subscription none -g Friends
		same 'both filters' 2 "$(wc -l <out)"
		same 'the request is pending' "$juliet||none|subscribe|Friends" \
			"$(grep "^$juliet" out | tr '\t' '|')"
	done
	misused "--subscription: 'x' is not none, to, from or both" \
		--subscription x
	misused '--group: a group has a name' -g ''
}

@test "what is in a name cannot break a record or order a terminal about" {
	local name=$'a[31m\\ \u0085"<b>&'
	for server in "${servers[@]}"; do
		fresh "$server"
		roster add nurse@capulet.lit -n "$name" -g $'tab\there' -g "a'b"
		lists "nurse@capulet.lit\ta[31m\\\\\\\\ \\\\xc2\\\\x85\"<b>&\tnone\t\ta'b\ttab\\\\there"
		# All that is printed can be read, and is the same.
		for form in text json xml; do
			roster -o "$form"
			cp out records
			roster diff records
			same "$form is read as it was written" '' "$(cat out)"
		done
	done
}

# --- the verbs -----------------------------------------------------------

@test "add makes a contact, keeps what it does not say, and can be repeated" {
	for server in "${servers[@]}"; do
		fresh "$server"
		roster add NURSE@capulet.lit -n Nurse -g Verona
		roster add nurse@capulet.lit
		lists 'nurse@capulet.lit\tNurse\tnone\t\tVerona'
		roster add nurse@capulet.lit -g Servants
		lists 'nurse@capulet.lit\tNurse\tnone\t\tServants\tVerona'
		roster add nurse@capulet.lit -n '' peter.capulet.lit 2>/dev/null || true
		roster add tybalt@capulet.lit peter@capulet.lit -g House
		roster -g House -F '%{@jid}'
		same 'two at once' 'peter@capulet.lit,tybalt@capulet.lit' \
			"$(paste -sd, out)"
	done
}

@test "aliases are contacts" {
	fresh prosody
	printf 'aliases:\n  house: [nurse@capulet.lit, peter@capulet.lit]\n' \
		>>"$COUPLET_CONFIG"
	roster add house
	lists 'nurse@capulet.lit\t\tnone\t' 'peter@capulet.lit\t\tnone\t'
	misused 'rename takes one contact' rename house House
	fails 64 "unknown alias 'hose' (did you mean 'house'?)" remove hose
	roster remove house
	roster
	same 'all are gone' '' "$(cat out)"
}

@test "remove, rename and group change contacts and make none" {
	for server in "${servers[@]}"; do
		fresh "$server"
		three
		roster rename nurse@capulet.lit 'The Nurse'
		roster group nurse@capulet.lit benvolio@montague.lit \
			--add Good --remove Verona
		lists 'benvolio@montague.lit\t\tnone\t\tGood' \
			'juliet@capulet.lit\tJuliet C.\tnone\t\tFriends\tVerona' \
			'nurse@capulet.lit\tThe Nurse\tnone\t\tGood'
		roster rename nurse@capulet.lit ''
		roster remove juliet@capulet.lit benvolio@montague.lit
		lists 'nurse@capulet.lit\t\tnone\t\tGood'
		local is='paris@capulet.lit: is not a contact'
		fails 1 "$is" rename paris@capulet.lit Paris
		fails 1 "$is" group paris@capulet.lit --add X
		fails 1 "$is" remove paris@capulet.lit
		fails 2 "$is" remove paris@capulet.lit nurse@capulet.lit
		roster
		same 'the other one is gone' '' "$(cat out)"
	done
}

@test "--dry-run prints what would change, and changes nothing" {
	fresh prosody
	three
	roster
	cp out before
	roster --dry-run add juliet@capulet.lit -g New paris@capulet.lit
	same 'add' $'~\tjuliet@capulet.lit\tJuliet C.\t\t\tFriends\tNew\tVerona
+\tparis@capulet.lit\t\t\t\tNew' "$(cat out)"
	roster remove nurse@capulet.lit --dry-run
	same 'remove' $'-\tnurse@capulet.lit\tNurse\tremove\t\tVerona' \
		"$(cat out)"
	roster rename --dry-run nurse@capulet.lit Nurse
	same 'no change' '' "$(cat out)"
	printf 'tybalt@capulet.lit\n' | roster set --dry-run
	same 'set' $'+\ttybalt@capulet.lit\t\t\t' "$(cat out)"
	roster
	diff before out
}

@test "verbs and their options" {
	fresh prosody
	misused "the verb: 'ad' is not add, remove, rename, group, set, diff or sync" ad x@y.lit
	misused 'add takes JID...' add
	misused 'rename takes JID NAME' rename nurse@capulet.lit
	misused 'set takes nothing else' set file
	misused 'sync takes FILE' sync
	misused 'group takes --add or --remove' group nurse@capulet.lit
	misused '-n goes with add' -n Nurse
	misused '-n goes with one contact' add -n X nurse@capulet.lit a@b.lit
	misused '-g goes with the list and with add' remove -g X a@b.lit
	misused '--subscription goes with the list' add a@b.lit --subscription to
	misused '--prune goes with sync' diff --prune x
	misused '--subscribe goes with add and sync' set --subscribe
	misused '--add goes with group' add a@b.lit --add X
	misused '--dry-run goes with what changes the list' --dry-run
	misused 'nurse@capulet.lit/x: a contact has no resource' \
		add nurse@capulet.lit/x
	misused "$romeo: the own account is no contact" add "$romeo"
	misused '--password-fd 0: contacts are on stdin' set --password-fd 0
	fails 65 '--name: byte 1 (0xff) is not UTF-8' add a@b.lit -n $'\xff'
	fails 66 'none: No such file or directory' diff none
	# One that opens, and cannot be read; one that is too long.
	fails 74 '/proc/self/mem: Input/output error' diff /proc/self/mem
	head -c 16777217 /dev/zero | tr '\0' x >long
	fails 65 'a record of long is over 16777216 bytes' diff long
	fails 66 '.: Is a directory' sync .
}

@test "verbs that take no records do not read stdin" {
	fresh prosody
	three
	printf '%s\n' nurse juliet >names
	while read -r name; do
		roster rename "$name@capulet.lit" "$name"
		roster
	done <names
	same 'both lines were the loop'\''s' 2 "$(grep -c '^\(nurse\|juliet\)@[^ ]*	\1	' out)"
}

# --- set -----------------------------------------------------------------

@test "[v] set takes text, JSON and XML, each record the whole contact" {
	for server in "${servers[@]}"; do
		fresh "$server"
		three
		cat >records <<-EOF
			{"jid":"nurse@capulet.lit","groups":["A","B"]}
			<item xmlns='jabber:iq:roster' jid='peter@capulet.lit'
				subscription='both' ask='subscribe'/>
			juliet@capulet.lit	Juliet	remove
			nobody@capulet.lit		remove
		EOF
		roster set <records
		lists 'benvolio@montague.lit\t\tnone\t' \
			'nurse@capulet.lit\t\tnone\t\tA\tB' \
			'peter@capulet.lit\t\tnone\t'
		roster set --dry-run <records
		same 'again there is nothing to do' '' "$(cat out)"
		roster set </dev/null
	done
}

@test "a contact whose JID begins as JSON does is text all the same" {
	for server in "${servers[@]}"; do
		fresh "$server"
		roster add '{n}@capulet.lit' -n '{'
		lists '\\x7bn}@capulet.lit\t{\tnone\t'
		cp out kept
		roster diff kept
		same 'no difference' '' "$(cat out)"
		roster remove '{n}@capulet.lit'
		roster set <kept
		roster -F '%{@jid}'
		same 'it is back' '{n}@capulet.lit' "$(cat out)"
	done
}

@test "set goes on behind a record that is malformed, and names it" {
	for server in "${servers[@]}"; do
		fresh "$server"
		cat >records <<-EOF
			nurse@capulet.lit
			a b@capulet.lit
			{"jid":"peter@capulet.lit",}
			{"jid":"tybalt@capulet.lit/x"}
			$romeo
			juliet@capulet.lit
		EOF
		expect_exit 2 tool xroster set <records
		same 'stdout' '' "$(cat out)"
		same 'what is named' "$romeo: |stdin:2: |stdin:3: |tybalt@capulet.lit/x: " \
			"$(sed -E 's/^xroster: ([^ ]*: ).*/\1/' err |
				LC_ALL=C sort -V | paste -sd'|')"
		lists 'juliet@capulet.lit\t\tnone\t' 'nurse@capulet.lit\t\tnone\t'
	done
	echo '@' | fails 65 "stdin:1: '@' has an empty localpart" set
}

# --- files ---------------------------------------------------------------

@test "diff prints what sync would do, and its end says whether" {
	for server in "${servers[@]}"; do
		fresh "$server"
		three
		roster diff three
		same 'no difference' '' "$(cat out)"
		printf '%b\n' 'JULIET@capulet.lit\tJuliet C.\t\t\tVerona\tFriends' \
			'nurse@capulet.lit\tNurse' 'paris@capulet.lit\tParis' \
			"$romeo\tmyself" >other
		expect_exit 1 tool xroster diff other
		same 'the difference' $'-\tbenvolio@montague.lit\t\tremove\t
~\tnurse@capulet.lit\tNurse\t\t
+\tparis@capulet.lit\tParis\t\t' "$(cat out)"
		# As records it is what set makes of it.
		expect_exit 1 tool xroster diff -j other
		cp out changes
		expect_exit 1 tool xroster diff -x other
		cat out >>changes
		roster set <changes
		roster diff other
	done
	printf 'nurse@capulet.lit\nx y\n' >bad
	fails 65 "bad:2: 'x y' has a character that a domain must not have" \
		diff bad
}

@test "sync makes the list like the file, with --prune without the rest" {
	for server in "${servers[@]}"; do
		fresh "$server"
		three
		printf 'nurse@capulet.lit\tN.\nparis@capulet.lit\n' >other
		roster sync --dry-run --prune other
		cp out plan
		roster diff three
		roster sync other
		same 'what it did' $'~\tnurse@capulet.lit\tN.\t\t
+\tparis@capulet.lit\t\t\t' "$(cat out)"
		roster sync other
		same 'twice' '' "$(cat out)"
		roster -F '%{@jid}'
		same 'the others stay' 4 "$(wc -l <out)"
		roster sync --prune - <other
		cat out plan | sort -u | diff - <(sort plan)
		lists 'nurse@capulet.lit\tN.\tnone\t' 'paris@capulet.lit\t\tnone\t'
	done
}

@test "--prune refuses a file that is empty or malformed" {
	fresh prosody
	three
	fails 65 'stdin: no contacts, --prune would remove all' \
		sync --prune - </dev/null
	# What it would not do is no difference either.
	fails 65 'stdin: no contacts, --prune would remove all' \
		diff - </dev/null
	printf 'nurse@capulet.lit\n{"jid":\n' >bad
	expect_exit 65 tool xroster sync --prune bad
	same 'stdout' '' "$(cat out)"
	grep -qx 'xroster: bad: malformed, nothing is changed' err
	printf 'nurse@capulet.lit\nparis@capulet.lit/x\n' >bad
	fails 65 'paris@capulet.lit/x: a contact has no resource' \
		sync --prune bad
	roster diff three
	# Without it the others are in order.
	printf 'nurse@capulet.lit\n@\n' >bad
	expect_exit 2 tool xroster sync bad
	same 'stdout' $'~\tnurse@capulet.lit\t\t\t' "$(cat out)"
}

@test "a backup is restored, and moved to another account" {
	for server in "${servers[@]}"; do
		fresh "$server"
		three
		roster add juliet@capulet.lit --subscribe
		for form in json text xml; do
			roster -o "$form"
			cp out backup
			roster remove nurse@capulet.lit
			roster rename juliet@capulet.lit J
			roster add tybalt@capulet.lit
			roster sync --prune backup
			roster -o "$form"
			diff backup out
		done
		new_account balthasar
		printf '%s\tBalthasar\n' "$balthasar" >>backup
		roster -a balthasar sync backup
		roster -a balthasar sync backup
		same 'twice' '' "$(cat out)"
		roster -a balthasar
		same 'names and groups, and no state' "$(printf '%b\n' \
			'benvolio@montague.lit\t\tnone\t' \
			'juliet@capulet.lit\tJuliet C.\tnone\t\tFriends\tVerona' \
			'nurse@capulet.lit\tNurse\tnone\t\tVerona')" "$(cat out)"
		roster -a balthasar sync --subscribe backup
		same 'who is asked' 3 "$(grep -c '^?' out)"
		roster -a balthasar --subscription none -F '%{@ask}'
		same 'they are' 3 "$(grep -c '^subscribe$' out)"
	done
}

@test "--subscribe asks those who have not said yes" {
	for server in "${servers[@]}"; do
		fresh "$server"
		new_account juliet capulet.lit
		"$BIN/xrecv" -a juliet --kind presence -t subscribe -c 1 -x \
			-W 200 >asked 2>&1 &
		background+=($!)
		roster add "$juliet" --subscribe
		wait_for_line asked 'type="subscribe"'
		roster --dry-run add "$juliet" --subscribe
		same 'a pending request is made again' '?' "$(cut -f1 out)"
	done
}

# --- completion ----------------------------------------------------------

@test "the contacts seen last are known without the server" {
	for server in "${servers[@]}"; do
		fresh "$server"
		three
		roster
		same 'contacts' 'benvolio@montague.lit juliet@capulet.lit nurse@capulet.lit' \
			"$(tool xsend --list-contacts | paste -sd' ')"
		same 'of another account' '' \
			"$(tool xsend -u x@montague.lit --list-contacts)"
		same 'the file is private' 600 \
			"$(stat -c %a "$XDG_STATE_HOME"/couplet/roster-*)"
	done
}

@test "a list that cannot be remembered is no failure" {
	fresh prosody
	three
	rm -rf "$XDG_STATE_HOME"
	: >"$XDG_STATE_HOME"
	roster
	same 'lines' 3 "$(wc -l <out)"
	expect_exit 0 tool xroster -v
	grep -q "^xroster: .*: Not a directory$" err
}
