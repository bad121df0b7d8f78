#!/usr/bin/env bats
# make install and uninstall.

load lib

read -ra tools < <(sed -n 's/^TOOLS *= *//p' "$tests/../Makefile")

# make_ WORD...: in the checkout, with what is built there. Nothing is built
# anew, as others use it at the same time.
make_() {
	[ -d "$BUILD/completions" ] || skip "'make all' was not run in $BUILD"
	# make(1) takes no path with a space in it, as that of the checkout may be.
	MAKEFLAGS='' make -s -o all -C "$tests/.." \
		BUILD="$(realpath --relative-to="$tests/.." "$BUILD")" "$@"
}

# files DIR: what is in it, sorted.
files() {
	(cd "$1" && find . ! -type d | sort)
}

# all DIR: with the folders.
all() {
	(cd "$1" && find . | sort | xargs)
}

@test "make install puts each tool, its page and its completions where they belong" {
	root="$HOME/a root"
	make_ install DESTDIR="$root" PREFIX=/usr
	same 'what is installed' "$(sort <<-EOF
		$(printf './usr/bin/%s\n' "${tools[@]}")
		$(printf './usr/share/man/man1/%s.1\n' "${tools[@]}")
		$(printf './usr/share/man/man5/couplet-%s.5\n' config format stanza)
		./usr/share/man/man7/couplet.7
		$(printf './usr/share/bash-completion/completions/%s\n' "${tools[@]}")
		$(printf './usr/share/zsh/site-functions/_%s\n' "${tools[@]}")
		$(printf './usr/share/fish/vendor_completions.d/%s.fish\n' "${tools[@]}")
		./usr/lib/systemd/user/couplet-queue.service
		./usr/lib/systemd/system/couplet-tell@.service
	EOF
	)" "$(files "$root")"
	same 'modes' '644 755' "$(find "$root" -type f -printf '%m\n' |
		sort -u | xargs)"
	for name in "${tools[@]}"; do
		"$root/usr/bin/$name" --version | grep -q "^$name [0-9]"
		bash -n "$root/usr/share/bash-completion/completions/$name"
		! command -v zsh >/dev/null ||
			zsh -n "$root/usr/share/zsh/site-functions/_$name"
		! command -v fish >/dev/null ||
			fish -n "$root/usr/share/fish/vendor_completions.d/$name.fish"
	done
}

@test "make uninstall leaves nothing, but for what others put there" {
	root="$HOME/a root"
	make_ install DESTDIR="$root" PREFIX=/opt/it MANDIR=/opt/man
	[ -e "$root/opt/man/man1/xsend.1" ]
	first=$(files "$root")
	make_ install DESTDIR="$root" PREFIX=/opt/it MANDIR=/opt/man
	same 'what is installed twice' "$first" "$(files "$root")"
	echo other >"$root/opt/it/bin/other"
	make_ uninstall DESTDIR="$root" PREFIX=/opt/it MANDIR=/opt/man
	same 'what is left' '. ./opt ./opt/it ./opt/it/bin ./opt/it/bin/other' \
		"$(all "$root")"
	rm "$root/opt/it/bin/other"
	# Nothing to do is no failure.
	make_ uninstall DESTDIR="$root" PREFIX=/opt/it MANDIR=/opt/man
	same 'what is left' . "$(all "$root")"
	make_ uninstall DESTDIR="$root" PREFIX=/opt/it MANDIR=/opt/man

	mkdir home
	make_ install PREFIX="$HOME/home/it" HOME="$HOME/home"
	"$HOME/home/it/bin/xsend" -V >/dev/null
	make_ uninstall PREFIX="$HOME/home/it" HOME="$HOME/home"
	same 'what is left of a prefix' . "$(all home)"
}

@test "the package and the list of changes are of this version" {
	root=$tests/..
	version=$("$BIN/xsend" --version | sed -n '1s/^xsend //p')
	same 'CHANGELOG.md' "$version" \
		"$(sed -n 's/^## \([0-9.]*\) - 20[0-9-]*$/\1/p' "$root/CHANGELOG.md" |
			head -n 1)"
	same 'debian/changelog' "couplet ($version)" \
		"$(sed -n '1s/).*/)/p' "$root/debian/changelog")"
}
