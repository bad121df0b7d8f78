#!/usr/bin/env bats
# The formats of records, without a network: what one tool prints another reads
# as the same stanza. tests/fuzz/convert.c is the tool, tests/canonical.py says
# what is the same, in a parser and words of its own.

load lib

setup_file() {
	cd "$BATS_TEST_DIRNAME/corpus/stanzas" || return
	export STANZAS=$PWD CORPUS=$BATS_FILE_TMPDIR
	canonical files ./*.xml >"$CORPUS/as-they-stand.expected"
	cat ./*.xml >"$CORPUS/as-they-stand"
	# No white space between elements, and a prefix for every namespace.
	canonical tight ./*.xml >"$CORPUS/tight"
	canonical lines <"$CORPUS/tight" >"$CORPUS/tight.expected"
}

canonical() {
	/usr/bin/python3 "${BATS_TEST_DIRNAME}/canonical.py" "$@"
}

convert() {
	# shellcheck disable=SC2086 # a command line in words
	${COUPLET_WRAP:-} "$BUILD/tests/bin/convert" "$@"
}

# not COMMAND...: with a `!` before a command bats would not look at it.
not() {
	! "$@"
}

# is_corpus FORM: stdin is the corpus, one stanza a line.
is_corpus() {
	canonical lines >actual
	diff "$CORPUS/$1.expected" actual
}

@test "the corpus is large, and of many kinds" {
	same 'lines' "$(ls "$STANZAS" | wc -l)" \
		"$(wc -l <"$CORPUS/as-they-stand.expected")"
	[ "$(wc -l <"$CORPUS/as-they-stand.expected")" -ge 80 ]
	[ "$(grep -hoE "xmlns(:[a-z]+)?=[\"'][^\"']+" "$STANZAS"/*.xml |
		sort -u | wc -l)" -ge 80 ]
	# Addresses are of the two houses only (cid: has a domain of its own).
	grep -ohE '[a-z0-9]@[a-z.]+' "$STANZAS"/*.xml >addresses
	not grep -vE '@([a-z]+\.)*(capulet|montague)\.lit$|@bob\.xmpp\.org$' \
		addresses
}

@test "the comparison sees each change" {
	local change
	convert -x <"$CORPUS/as-they-stand" >line
	is_corpus as-they-stand <line
	for change in 's/ id="b1"/ id="b2"/' 's/Mercutio/mercutio/' \
		's/urn:xmpp:carbons:2/urn:xmpp:carbons:1/' 's/xml:lang="it"//' \
		's/<active /<Active /' 's/&#10;/ /' 's/<body>first</<body> first</' \
		's/ xmlns=""//' 's/> </></' '5d' '7{h;d};8G'; do
		echo "# $change"
		sed "$change" line >changed
		not cmp -s changed line
		not is_corpus as-they-stand <changed >/dev/null
	done
}

@test "[v] XML, XML: the same stanzas, one a line" {
	local form
	for form in as-they-stand tight; do
		convert -x <"$CORPUS/$form" >once
		is_corpus "$form" <once
		convert -x <once | cmp - once
	done
}

@test "[v] XML, JSON, XML: the same stanzas" {
	local form
	for form in as-they-stand tight; do
		convert -j <"$CORPUS/$form" >json
		same 'lines' "$(wc -l <"$CORPUS/$form.expected")" "$(wc -l <json)"
		convert -x <json >xml
		is_corpus "$form" <xml
		convert -x <"$CORPUS/$form" | cmp - xml
	done
}

@test "JSON, JSON: the same line" {
	local form
	for form in as-they-stand tight; do
		convert -j <"$CORPUS/$form" >once
		convert -j <once | cmp - once
	done
}

@test "JSON that others have read and written is the same stanza" {
	local form
	for form in as-they-stand tight; do
		convert -j <"$CORPUS/$form" >json
		# each line valid, no key twice, no control character
		canonical json <json >turned
		not cmp -s json turned
		convert -x <turned | is_corpus "$form"
		jq . json >pretty
		convert -x <pretty | is_corpus "$form"
		jq -cS . json | convert -x | is_corpus "$form"
	done
}

@test "JSON has the fields of each stanza by their names" {
	(cd "$STANZAS" && canonical fields ./*.xml) >expected
	convert -j <"$CORPUS/as-they-stand" | canonical picked >actual
	diff expected actual
	[ "$(grep -c '"body"' expected)" -ge 40 ]
	[ "$(grep -c '"error"' expected)" -ge 10 ]
}

@test "XML and JSON by turns are recognised record by record" {
	local i=0 line
	convert -j <"$CORPUS/tight" >json
	paste -d '\n' "$CORPUS/tight" json >both
	convert -x <both >xml
	same 'lines' $((2 * $(wc -l <json))) "$(wc -l <xml)"
	sed -n 'p;n' xml | is_corpus tight
	sed -n 'n;p' xml | is_corpus tight
}

@test "text is one line of fields for each stanza" {
	convert -t <"$CORPUS/as-they-stand" >text
	same 'lines' "$(wc -l <"$CORPUS/tight")" "$(wc -l <text)"
	not grep -P '[\x01-\x08\x0b-\x1f\x7f\x{80}-\x{9f}]' text
}

@test "a template of the whole stanza is the record itself" {
	convert -x <"$CORPUS/tight" | sed 's/\t/\&#9;/g' >xml
	convert -F %x <"$CORPUS/tight" | cmp - xml
	convert -j <"$CORPUS/tight" >json
	convert -F %j <"$CORPUS/tight" | cmp - json
}

# memory FILE: the number in it, in kB.
memory() {
	sed -n 's/^memory //p' "$1"
}

@test "300,000 records in both directions: the same, and memory is flat" {
	local n most
	most=$(many 300000)
	canonical generate "$most" >records
	for n in 3000 "$most"; do
		head -n $n records | convert -m -j 2>"json.$n" |
			convert -m -x 2>"xml.$n" >"out.$n"
	done
	# The first as given, all in their order, each as it is without a detour.
	head -n 3000 records | canonical lines >expected
	canonical lines <out.3000 | diff expected -
	same 'ids in order' "$most" "$(canonical ids <"out.$most")"
	convert -x <records | cmp - "out.$most"
	# The sanitizers keep what was freed.
	[[ $BUILD = *-asan ]] || for n in json xml; do
		echo "# $n: $(memory $n.3000) kB, $(memory "$n.$most") kB"
		[ "$(memory $n.3000)" -gt 1000 ]
		[ "$(memory "$n.$most")" -lt $(($(memory $n.3000) + 1000)) ]
	done
}

@test "names that nobody has used before take no memory for good" {
	seq -f '<message><e%.0f xmlns="urn:capulet:x"/></message>' \
		"$(many 300000)" >records
	head -n 3000 records | convert -m -x 2>few >/dev/null
	convert -m -j <records 2>json | convert -m -x 2>xml | cmp - records
	[[ $BUILD = *-asan ]] || {
		echo "# $(memory few) kB, $(memory json) kB, $(memory xml) kB"
		[ "$(memory json)" -lt $(($(memory few) + 6000)) ]
		[ "$(memory xml)" -lt $(($(memory few) + 6000)) ]
	}
}
