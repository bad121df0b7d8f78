#!/usr/bin/env bats
# The manual as HTML (make docs) with a front page made of the README, and the
# picture in it.

load lib

root=${BATS_TEST_DIRNAME%/*}
read -ra tools < <(sed -n 's/^TOOLS *= *//p' "$root/Makefile")

# make_ WORD...: what it builds is the test's own.
make_() {
	MAKEFLAGS='' make -s -C "$root" BUILD="$HOME/build" "$@"
}

@test "make docs, and install-docs: each page, a front page, no link that leads nowhere" {
	make_ docs 2>err
	[ ! -s err ]
	site=$HOME/build/docs
	same 'pages' "$(cd "$root/man" && printf '%s.html\n' *.[1-9])" \
		"$(cd "$site" && printf '%s\n' *.[1-9].html)"
	python3 "$tests/site.py" "$site"
	for page in "$root"/man/*.[1-9]; do
		name=${page##*/}
		grep -q "<td><a href=\"$name.html\">.*<td>$(
			sed -n 's/^\.Nd //p' "$page")</td>" "$site/index.html"
		grep -q '<meta name="viewport" content="width=device-width' \
			"$site/$name.html"
		# Each leads back, and on to all others.
		grep -q '<a href="index.html">' "$site/$name.html"
		grep -q '<a href="xsend.1.html">xsend(1)</a>' "$site/$name.html"
	done
	for name in "${tools[@]}"; do
		grep -q "<a href=\"$name.1.html\"><code>$name</code></a>" \
			"$site/index.html"
	done
	for name in chart session; do
		grep -q "<img src=\"$name.svg\" alt=\"[^\"]*\">" "$site/index.html"
	done

	# Over two lines in its source.
	grep -q '^<li>.*: the connection ends .* never arrives\.</li>$' \
		"$site/fates.html"

	make_ -o docs install-docs DESTDIR="$HOME/a root" PREFIX=/opt/it
	there="$HOME/a root/opt/it/share/doc/couplet/html"
	same 'what is installed' "$(ls "$site")" "$(ls "$there")"
	same 'modes' 644 "$(find "$there" -type f -printf '%m\n' | sort -u)"
	make_ uninstall DESTDIR="$HOME/a root" PREFIX=/opt/it
	same 'what is left' . "$(cd "$HOME/a root" && find .)"

	# What looks at it does see.
	sed -i 's/href="#NAME"/href="#NAMES"/' "$site/xsend.1.html"
	sed -i 's/^<main>/<main><p>/' "$site/xrecv.1.html"
	rm "$site/xping.1.html"
	expect_exit 1 python3 "$tests/site.py" "$site"
	grep -qx 'xsend.1.html: #NAMES has no such anchor' out
	grep -q '^xrecv.1.html: line [0-9]*: </main>$' out
	grep -qx 'index.html: xping.1.html leads nowhere' out
}

@test "a page that mandoc has something to say of ends make docs" {
	printf '.Dd November 29, 2026\n.Dt XBAD 1\n.Os\n.Sh NAME\n.Nm xbad\n.Nd bad\n.Sh DESCRIPTION\n.Qx\n' \
		>xbad.1
	run "$root/man/html/generate" site xbad.1
	[ "$status" != 0 ]
	[[ $output = *'xbad.1:8:'*'Qx'* ]]
	run "$root/man/html/generate" site
	same 'without a page' '64 usage: generate FOLDER PAGE...' \
		"$status $output"
}

# What is another each time: ids, resources, times.
alike() {
	sed -E -e 's/[A-Za-z0-9_-]{22}/ID/' -e 's/[0-9]+\.[0-9]{3} */T /g' \
		-e 's|(montague.lit/)[A-Za-z0-9_-]+|\1RESOURCE|' "$1"
}

@test "the terminal session in the README is what the tools print" {
	# Where the server's user can enter.
	TMPDIR=$OWN_SERVERS "$tests/tools/picture" picture.svg
	[ "$(grep -c 'class="c"' picture.svg)" -ge 10 ]
	python3 -c 'import sys, xml.dom.minidom as m; m.parse(sys.argv[1])' \
		picture.svg
	same 'picture' "$(alike "$root/man/html/session.svg")" \
		"$(alike picture.svg)"
}
