#!/usr/bin/env bats
# make install and uninstall.

load lib

tools=(xsend xrecv xiq xroster xpresence xping xdisco xserve xqueue xinfo xmuc)

# make_ WORD...: in the checkout, with what is built there. Nothing is built
# anew, as others use it at the same time.
make_() {
	[ -d "$BUILD/completions" ] || skip "'make all' was not run in $BUILD"
	MAKEFLAGS='' make -s -o all -C "$tests/.." BUILD="$BUILD" "$@"
}

# files DIR: what is in it, sorted.
files() {
	(cd "$1" && find . ! -type d | sort)
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

@test "make uninstall leaves no file, and what others put there" {
	root=$HOME/root
	make_ install DESTDIR="$root" PREFIX=/opt/it MANDIR=/opt/man
	[ -e "$root/opt/man/man1/xsend.1" ]
	echo other >"$root/opt/it/bin/other"
	make_ uninstall DESTDIR="$root" PREFIX=/opt/it MANDIR=/opt/man
	same 'what is left' ./opt/it/bin/other "$(files "$root")"
	# Once more: nothing to do is no failure.
	make_ uninstall DESTDIR="$root" PREFIX=/opt/it MANDIR=/opt/man
}
