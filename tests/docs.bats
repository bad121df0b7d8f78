#!/usr/bin/env bats
# The documents say what the tools do: options, EXAMPLES, completions.
#
# An example is a literal block of a page's EXAMPLES, or of the README's
# Recipes. It is run by the shell in an empty folder, where romeo@montague.lit
# is the default account and juliet, nurse and alarm are others; it has to end
# with 0 and to print nothing on stderr. All run against one server, several at
# once. So that none meets what another has left there, the names of accounts
# and rooms, as they stand in the list below, get a number that is the example's
# own, wherever they are. Comments before the block change what is done, in a
# page '.\" test: WORD ...', in the README '<!-- test: WORD ... -->':
#   before COMMAND        run before it, in the same shell
#   with COMMAND          run beside it
#   after COMMAND         run after it, and must succeed
#   until COMMAND         the example goes on for ever: it is ended when this
#                         command has succeeded
#   until-output PATTERN  the same, when its stdout has such a line
#   output PATTERN        its stdout has such a line
#   status N              it ends with N, and may say why on stderr
#   account NAME          the default account
#   env NAME=VALUE...     environment, expanded by the shell
#   strip PATTERN         taken away from the front of each line
#   unit KEY              a systemd unit: the command of this key is run
#   config WORDS NAMES... a configuration: what --list-WORDS prints
# 'all' before the word: for all examples that follow too.
#
# EXAMPLES='xsend.1-*' in the environment: these alone.

load lib

root=${BATS_TEST_DIRNAME%/*}
read -ra tools < <(sed -n 's/^TOOLS *= *//p' "$root/Makefile")
pages=("${tools[@]/%/.1}" couplet.7 couplet-config.5 couplet-format.5
	couplet-stanza.5)

# What is another name in each example.
names='romeo|juliet|nurse|alarm|house|yard|ops'

# examples PAGE: a line 'test WORD ...' or 'text LINE' each, and 'end'.
examples() {
	awk '
		/^\.Sh / { on = $2 == "EXAMPLES"; next }
		!on { next }
		/^\.\\" test: all / { all = all "\ntest " substr($0, 15); next }
		/^\.\\" test: / { own = own "\ntest " substr($0, 11); next }
		/^\.Bd -literal/ {
			print substr(all own, 2)
			own = ""
			inside = 1
			next
		}
		/^\.Ed/ { inside = 0; print "end"; next }
		inside {
			gsub(/\\\(aq/, "\047")
			gsub(/\\\(ga/, "`")
			gsub(/\\\(ha/, "^")
			gsub(/\\\(ti/, "~")
			gsub(/\\&/, "")
			gsub(/\\-/, "-")
			gsub(/\\e/, "\\")
			print "text " $0
		}' "$root/man/$1"
}

# The same for the README.
recipes() {
	awk '
		/^## / { on = $2 == "Recipes"; next }
		!on { next }
		/^<!-- test: .* -->$/ {
			print "test " substr($0, 12, length($0) - 15)
			next
		}
		/^```/ { if (inside) print "end"; inside = !inside; next }
		inside { print "text " $0 }' "$root/README.md"
}

# rename PREFIX: the names, numbered.
rename() {
	perl -pe 'BEGIN { ($names, $prefix) = splice(@ARGV, 0, 2); $n = 1 }
		s/\b($names)\b/$1$prefix$n/g;
		$n++ if /^end$/' "$names" "$1"
}

# What an example finds: four accounts, an alias, an empty folder.
set_scene() {
	local n=$1
	mkdir -p "$HOME/here" "$HOME/credentials"
	"$tests/servers/adduser" "$XMPP_DIR" "romeo$n@montague.lit" rosaline \
		"juliet$n@capulet.lit" wherefore "nurse$n@capulet.lit" thou \
		"alarm$n@montague.lit" bell
	export XDG_CONFIG_HOME=$HOME/.config XDG_STATE_HOME=$HOME/.state
	export COUPLET_CONFIG=$HOME/config.yaml TMPDIR=$HOME
	config_for "romeo$n" "romeo$n@montague.lit" rosaline
	config_for "juliet$n" "juliet$n@capulet.lit" wherefore
	config_for "nurse$n" "nurse$n@capulet.lit" thou
	config_for "alarm$n" "alarm$n@montague.lit" x
	sed -i "/password: 'x'/d" "$COUPLET_CONFIG"
	printf 'aliases:\n  nurse%s: nurse%s@capulet.lit\n' "$n" "$n" \
		>>"$COUPLET_CONFIG"
	echo bell >"$HOME/credentials/couplet-alarm$n"
	chmod 600 "$HOME/credentials/couplet-alarm$n"
}

# beside COMMAND : in the background, as a group of its own.
beside() {
	setsid bash -c "$1" </dev/null >>"$out/beside" 2>&1 3>&- &
	groups+=($!)
}

# check_config WORDS NAMES... : of the configuration in the variable text.
check_config() {
	printf '%s' "$text" >"$out/example.yaml"
	chmod 600 "$out/example.yaml"
	same "--list-$1" "${*:2}" \
		"$(xsend -C "$out/example.yaml" "--list-$1" | paste -sd ' ')"
}

# The command of a unit's key, its specifiers replaced.
from_unit() {
	text=$(sed -n "s/^$1=//p" <<<"$text")
	text=${text//%i/app.service}
	text=${text//%H/verona}
	export CREDENTIALS_DIRECTORY=$HOME/credentials
}

complain() {
	printf '# %s: %s\n# %s\n' "$example" "$1" "${text//$'\n'/$'\n# '}"
	sed 's/^/# stdout: /' "$out/stdout"
	sed 's/^/# stderr: /' "$out/stderr"
	sed 's/^/# beside: /' "$out/beside"
	return 1
}

# The example goes on until a command has succeeded.
run_until() {
	setsid bash -c "$text" </dev/null >"$out/stdout" 2>"$out/stderr" 3>&- &
	groups+=($!)
	[ -z "$beside" ] || beside "$beside"
	timeout 120 bash -c "$1" </dev/null >"$out/until" 2>&1 3>&- ||
		complain "it never came to: $1"
}

run_to_end() {
	local status=0
	[ -z "$beside" ] || beside "$beside"
	timeout 120 bash -c "$text" </dev/null >"$out/stdout" 2>"$out/stderr" \
		3>&- || status=$?
	[ "$status" = "$wanted" ] || complain "exit status $status" || return
	[ "$wanted" != 0 ] || [ ! -s "$out/stderr" ] || complain 'stderr is not empty'
}

# What an example left running; the shell is not to tell of it.
end_example() {
	local one
	for one in "${groups[@]}"; do
		kill -KILL -- "-$one" || true
		wait "$one" || true
	done 2>/dev/null
}

# run_example NAME SUFFIX DIRECTIVE... : of the example in the variable text.
run_example() (
	example=$1
	out=$HOME/out groups=() beside='' after=() patterns=() end='' checked='' wanted=0
	mkdir -p "$out" && touch "$out/stdout" "$out/stderr" "$out/beside"
	set_scene "$2"
	trap end_example EXIT
	export PATH=$BIN:$PATH
	cd "$HOME/here" || exit
	for directive in "${@:3}"; do
		rest=${directive#* }
		case ${directive%% *} in
		account) export COUPLET_ACCOUNT=$rest ;;
		env) eval "export $rest" ;;
		before) eval "$rest" || exit ;;
		with) beside=$rest ;;
		after) after+=("$rest") ;;
		output) patterns+=("$rest") ;;
		status) wanted=$rest ;;
		until) end=$rest ;;
		until-output) end="until grep -qE $(printf %q "$rest") $(
			printf %q "$out/stdout"); do sleep 0.05; done" ;;
		strip) text=$(sed -E "s/$rest//" <<<"$text") ;;
		unit) from_unit "$rest" ;;
		config)
			# shellcheck disable=SC2086 # words
			check_config $rest || exit
			checked=yes
			;;
		*) complain "unknown directive '$directive'"; exit 1 ;;
		esac
	done
	[ -z "$checked" ] || exit 0
	if [ -n "$end" ]; then run_until "$end"; else run_to_end; fi || exit
	for rest in "${patterns[@]}"; do
		grep -qE -- "$rest" "$out/stdout" ||
			{ complain "no output '$rest'"; exit 1; }
	done
	for rest in "${after[@]}"; do
		bash -c "$rest" >"$out/until" 2>&1 ||
			{ complain "afterwards not true: $rest"; exit 1; }
	done
)

# One more example runs, or the end of one is waited for, where there are too
# many; its number, into count.
start_example() {
	[ "${#running[@]}" -lt 4 ] || await_example
	count=$((count + 1))
	HOME=$HOME/$1 run_example "$@" >"$HOME/$1.log" 2>&1 3>&- &
	background+=($!)
	running[$!]=$1
}

await_example() {
	local ended
	wait -n -p ended "${!running[@]}" || {
		bad=$((bad + 1))
		cat "$HOME/${running[$ended]}.log"
	}
	unset "running[$ended]"
}

# run_all NAME COMMAND... : the examples that a command prints, of which there
# must be some.
run_all() {
	local line text='' directives=() prefix number=0
	prefix=x$((sources += 1))x
	while IFS= read -r line; do
		case $line in
		'test '*) directives+=("${line#test }") ;;
		'text '*) text+=${line#text }$'\n' ;;
		end)
			number=$((number + 1))
			# shellcheck disable=SC2053 # a pattern
			[[ $1-$number != ${EXAMPLES:-*} ]] ||
				start_example "$1-$number" "$prefix$number" \
					"${directives[@]}"
			text='' directives=()
			;;
		esac
	done < <("${@:2}" | rename "$prefix")
	[ "$number" -ge 1 ] || { echo "# $1: no examples"; bad=$((bad + 1)); }
}

@test "each example of each page, and each recipe of the README" {
	local -A running=()
	local count=0 bad=0 sources=0
	once prosody mam=yes
	for page in "${pages[@]}"; do
		run_all "$page" examples "$page"
	done
	run_all README recipes
	while [ "${#running[@]}" -gt 0 ]; do
		await_example
	done
	echo "# $count examples, of which $bad failed"
	[ "$bad" = 0 ]
}

@test "the configuration in the README is one" {
	awk '/^```/ { on = $0 == "```yaml"; next } on' "$root/README.md" \
		>readme.yaml
	chmod 600 readme.yaml
	[ -s readme.yaml ]
	expect_exit 0 tool xsend -C readme.yaml --list-accounts
	[ -s out ]
}

# --- options ------------------------------------------------------------

# Each prints '-l --long ARG?' lines, sorted: the letter or '-', the long name
# and 'arg' or 'flag'.
of_help() {
	"$BIN/$1" --help | sed -nE \
		-e 's/^  -(.), --([a-z-]+) [^ ].*/\1 \2 arg/p' -e t \
		-e 's/^  -(.), --([a-z-]+)( .*)?$/\1 \2 flag/p' -e t \
		-e 's/^      --([a-z-]+) [^ ].*/- \1 arg/p' -e t \
		-e 's/^      --([a-z-]+)( .*)?$/- \1 flag/p' | sort
}

of_page() {
	sed -nE '/^\.Sh OPTIONS/,/^\.Sh ENVIRONMENT/{
		s/^\.It Fl ([^ -])( .*)? , Fl -([a-z-]+) .*/\1 \3 arg/p; t
		s/^\.It Fl ([^ -]) , Fl -([a-z-]+)$/\1 \2 flag/p; t
		s/^\.It Fl -([a-z-]+) .*/- \1 arg/p; t
		s/^\.It Fl -([a-z-]+)$/- \1 flag/p
	}' "$root/man/$1.1" | sort
}

# shared TOOL: the headers whose options it has.
shared() {
	echo "$root/common/cli/cli.h"
	! grep -q CPL_FORMAT_OPTIONS "$root/cmd/$1"*.c ||
		echo "$root/common/cli/format.h"
	! grep -q CPL_BEING_OPTIONS "$root/cmd/$1"*.c ||
		echo "$root/common/cli/being.h"
	! grep -q CPL_ROOM_OPTIONS "$root/cmd/$1"*.c ||
		echo "$root/common/cli/room_option.h"
}

# options_of TOOL: the source with its option table, and of the run's options
# those that it names.
options_of() {
	local source=$root/cmd/$1.c name
	[ ! -e "$root/cmd/$1_option.c" ] || source=$root/cmd/$1_option.c
	cat "$source"
	for name in RETRY RETRY_SET NO_RECONNECT; do
		! grep -qw "CPL_RUN_$name" "$source" ||
			sed -n "/^#define CPL_RUN_$name /{:a;/}/!{N;ba};p}" \
				"$root/common/cli/run.h"
	done
}

of_getopt() {
	local headers
	mapfile -t headers < <(shared "$1")
	{ options_of "$1"; cat "${headers[@]}"; } | tr -d '\n\134' |
		grep -oE '\{"[a-z-]+",[[:space:]]*(no|required)_argument,[[:space:]]*NULL,[[:space:]]*[^}]+\}' |
		sed -E -e 's/[[:space:]]//g' \
			-e "s/\{\"([a-z-]+)\",(no|required)_argument,NULL,'(.)'\}/\3 \1 \2/" \
			-e 's/\{"([a-z-]+)",(no|required)_argument,NULL,.*/- \1 \2/' \
			-e 's/ no$/ flag/' -e 's/ required$/ arg/' |
		grep -vE ' list-(accounts|aliases|contacts) ' | sort
}

@test "help, manual page and option table have the same options" {
	for name in "${tools[@]}"; do
		[ "$(of_help "$name" | wc -l)" -gt 20 ]
		same "$name: help and page" "$(of_help "$name")" "$(of_page "$name")"
		same "$name: help and table" "$(of_help "$name")" \
			"$(of_getopt "$name")"
	done
}

@test "the letters of the option table are those that getopt is given" {
	for name in "${tools[@]}"; do
		mapfile -t headers < <(shared "$name")
		common=$(sed -nE \
			's/^#define CPL_(CLI|FORMAT)_SHORT "(.*)"$/\2/p' "${headers[@]}")
		own=$(cat "$root/cmd/$name"*.c | tr -d '\n' |
			sed -nE 's/.*CPL_(CLI|FORMAT)_SHORT[[:space:]]*"([^"]*)".*/\2/p')
		same "$name" "$(of_getopt "$name" | sed -nE \
			-e 's/^([^-]) .* arg$/\1:/p' -e 's/^([^-]) .* flag$/\1/p')" \
			"$(grep -oE '.:?' <<<"$common$own" | sort)"
	done
}

common_of() {
	sed -n '/^\.Ss Common options/,/^\.Sh ENVIRONMENT/p' "$root/man/$1.1"
}

@test "the common options are said in the same words in each page" {
	for name in "${tools[@]}"; do
		# It has no account: some of them mean something else.
		[ "$name" != xinfo ] || continue
		diff <(common_of xsend) <(common_of "$name") ||
			{ echo "# xsend(1) and $name(1)"; return 1; }
	done
	[ "$(common_of xsend | wc -l)" -gt 50 ]
}

# --- pages --------------------------------------------------------------

@test "the manual pages are well formed" {
	for page in "${pages[@]}"; do
		mandoc -T lint -W warning "$root/man/$page"
	done
}

@test "each page has the sections that a reader looks for" {
	for page in "${pages[@]}"; do
		for section in NAME SYNOPSIS DESCRIPTION 'EXIT STATUS' EXAMPLES \
			'SEE ALSO' STANDARDS CAVEATS; do
			grep -qx "\\.Sh $section" "$root/man/$page" ||
				{ echo "# $page: no $section"; return 1; }
		done
	done
}

@test "couplet(7) has each exit status of the header" {
	statuses=$(sed -nE 's/^[[:space:]]*CPL_[A-Z]+ = ([0-9]+).*/\1/p' \
		"$root/common/base/err.h")
	[ "$(wc -w <<<"$statuses")" -ge 15 ]
	for status in $statuses; do
		grep -qxE "\\.It $status(\\+n)?" "$root/man/couplet.7" ||
			{ echo "# couplet(7) has no $status"; return 1; }
	done
}

# said: all that the sources can say, a string a line, and the system's words.
said() {
	cat "$root"/c*/*.c "$root"/common/*/*.[ch] | tr -d '\n' |
		perl -ne 's/"\s*(?:REALLY)?\s*"//g; print "$_\n" for /"((?:[^"\\]|\\.)*)"/g'
	perl -e 'for (1 .. 133) { $! = $_; print "$!\n" }'
}

@test "the messages that couplet(7) explains are said" {
	said >said
	sed -n '/^\.Sh TROUBLESHOOTING/,/^\.Sh SEE/s/^\.It Sy //p' \
		"$root/man/couplet.7" >messages
	[ "$(wc -l <messages)" -ge 25 ]
	while IFS= read -r line; do
		# What the server alone says.
		line=${line/ (You have blocked this JID)/}
		while IFS= read -r part; do
			[[ $part != *[a-z][a-z]* ]] || grep -qF -- "$part" said || {
				echo "# nobody says '$part', of '$line'"
				return 1
			}
		done < <(sed 's/ *\.\.\. */\n/g; s/: /\n/g' <<<"$line" |
			sed -E "s/^['?):; ,]+|['( ,]+$//g")
	done <messages
}

@test "xqueue(1) shows the unit that is installed" {
	same 'but for its comments' \
		"$(grep -v '^#' "$root/systemd/user/couplet-queue.service" | sed '1d')" \
		"$(examples xqueue.1 |
			sed -n '/^text \[Unit\]$/,/^end$/s/^text //p')"
}

@test "couplet-config(5) has each key and each variable" {
	table=$root/common/config/setting.c
	names=$(sed -n '/^const struct cpl_setting_info/,/^};/p' "$table" |
		grep -oE '"[A-Za-z_]+"' | tr -d '"')
	[ "$(wc -w <<<"$names")" -ge 25 ]
	for name in $names default accounts aliases formats inherit; do
		grep -qE "^\\.It (Ev|Ic) (.* )?$name( |\$)" \
			"$root/man/couplet-config.5" ||
			{ echo "# couplet-config(5) has no $name"; return 1; }
	done
}

@test "couplet-format(5) has each letter of a value and of a time" {
	source=$root/common/stanza/template.c
	values=$(sed -nE 's/.*strchr\("(ft[^"]*)\{".*/\1/p' "$source")
	times=$(sed -nE 's/^[[:space:]]*"(aAbB[^"]*)%";/\1/p' "$source")
	[ "${#values}" -ge 12 ]
	[ "${#times}" -ge 40 ]
	for letter in $(grep -o . <<<"$values"); do
		grep -qxF ".It Li \\&%$letter" "$root/man/couplet-format.5" ||
			{ echo "# no %$letter"; return 1; }
	done
	for letter in $(grep -o . <<<"$times"); do
		grep -qE "^\.It Li .*@$letter( |\$)" \
			"$root/man/couplet-format.5" ||
			{ echo "# no @$letter"; return 1; }
	done
}

# --- completions --------------------------------------------------------

generated() {
	for name in "${tools[@]}"; do
		"$root/completions/generate" "$1" "$BIN/$name" >"$name.$1"
		[ -s "$name.$1" ]
		"$1" -n "$name.$1"
	done
}

@test "completions for bash" { generated bash; }

@test "completions for zsh" {
	command -v zsh >/dev/null || skip 'no zsh here'
	generated zsh
}

@test "completions for fish" {
	command -v fish >/dev/null || skip 'no fish here'
	generated fish
	fish -c 'source xsend.fish; complete -C "xsend --conn"' >out
	grep -q '^--connect-timeout' out
}

@test "without zsh and fish their completions are made all the same" {
	for shell in zsh fish; do
		for name in "${tools[@]}"; do
			"$root/completions/generate" "$shell" "$BIN/$name" |
				grep -q connect-timeout
		done
	done
}

# As of_help: what a completion has. bash completes no letters.
of_zsh() {
	sed -nE \
		-e "s/^	'\*--([a-z-]+)=\[.*/- \1 arg/p" \
		-e "s/^	'\*--([a-z-]+)\[.*/- \1 flag/p" \
		-e "s/^	'\*'\{-(.)\+,--([a-z-]+)=\}.*/\1 \2 arg/p" \
		-e "s/^	'\*'\{-(.),--([a-z-]+)\}.*/\1 \2 flag/p" "$1" | sort
}

of_fish() {
	sed -nE -e 's/^complete -c [a-z]+ (.*) -d .*/\1/' \
		-e 's/^-l /-s - -l /' \
		-e 's/^-s (.) -l ([a-z-]+) -[xr]( .*)?$/\1 \2 arg/p' \
		-e 's/^-s (.) -l ([a-z-]+)$/\1 \2 flag/p' "$1" | sort
}

of_bash() {
	local with
	# shellcheck disable=SC2016 # the shell that is read here
	with=$(sed -n '/^	case \$prev in$/,/^	esac$/s/^	\(-[^)]*\)).*/\1/p' \
		"$1" | tr '|' '\n' | grep '^--')
	sed -n 's/^		mapfile .*compgen -W "\(--[^"]*\)".*/\1/p' "$1" |
		tr ' ' '\n' | sed 's/^--//' | sort |
		while read -r long; do
			grep -qxe "--$long" <<<"$with" && echo "$long arg" ||
				echo "$long flag"
		done
}

@test "completions have the options that help has" {
	for name in "${tools[@]}"; do
		for shell in bash zsh fish; do
			"$root/completions/generate" "$shell" "$BIN/$name" >made
			want=$(of_help "$name")
			[ "$shell" != bash ] || want=$(cut -d ' ' -f 2- <<<"$want" | sort)
			same "$name: $shell" "$want" "$("of_$shell" made)"
		done
	done
}

# completed WORD... : what bash offers for the last word. It cuts words at =
# and @ and : too, so these are words here.
completed() {
	COMP_LINE=$(sed -E 's/ ?([=@:]) ?/\1/g' <<<"$*")
	COMP_WORDS=("$@") COMP_CWORD=$(($# - 1)) COMP_POINT=${#COMP_LINE}
	_couplet_"${1##*/}" "$1" "${*: -1}" "${*: -2:1}"
	printf '%s\n' "${COMPREPLY[@]}"
}

@test "bash completes options, their words, accounts and aliases" {
	printf '%s\n' 'accounts:' '  romeo: {jid: romeo@montague.lit}' \
		'  rosaline: {jid: rosaline@capulet.lit}' \
		'  juliet: {jid: juliet@capulet.lit}' \
		'aliases:' '  nurse: nurse@capulet.lit' \
		"  'the house': juliet@capulet.lit" \
		"  '\$(touch forged)': juliet@capulet.lit" >"$COUPLET_CONFIG"
	for name in "${tools[@]}"; do
		# shellcheck source=/dev/null
		. <("$root/completions/generate" bash "$BIN/$name")
	done
	x=$BIN/xsend
	same options --connect-timeout "$(completed "$x" --conn)"
	same accounts $'romeo\nrosaline' "$(completed "$x" -a ro)"
	same 'with =' juliet "$(completed "$x" --account = ju)"
	same operands nurse "$(completed "$x" nu)"
	same 'a space' 'the\ house' "$(completed "$x" -m hi th)"
	same types groupchat "$(completed "$x" -t g)"
	same modes starttls "$(completed "$x" --tls s)"
	same 'no operands' '' "$(completed "$BIN/xrecv" nu)"
	same kinds presence "$(completed "$BIN/xrecv" --kind p)"
	same 'behind a colon' retry "$(completed "$BIN/xrecv" --on-failure r)"
	same 'before a colon' '' "$(completed "$BIN/xmuc" config --set '')"
	same 'before a colon' '' "$(completed "$BIN/xmuc" config --reason '')"
	printf 'aliases: {friar: laurence@verona.lit}\n' >other.yaml
	same 'another file' friar "$(completed "$x" -C other.yaml "")"
	completed "$x" "" >/dev/null
	[ ! -e forged ]
}

@test "completions know verbs, files and contacts, and words that bash cuts" {
	cat >xplay <<-'EOF'
		#!/bin/sh
		case " $* " in
		*' --list-aliases '*) echo nurse ;;
		*' -a romeo '*--list-contacts*) echo juliet@capulet.lit ;;
		*--list-*) ;;
		*) cat <<-'END' ;;
			Usage: xplay [options] [watch] [JID|ALIAS]...
			       xplay [options] add|remove JID|ALIAS... [-n NAME]
			       xplay set [options]
			       xplay sync FILE [--prune]

			  -a, --account NAME     the account
			  -n, --name NAME        a name
			      --allow JID        a contact
		END
		esac
	EOF
	chmod +x xplay
	touch roster.xml
	for shell in bash zsh fish; do
		"$root/completions/generate" "$shell" xplay >"play.$shell"
	done
	# shellcheck source=/dev/null
	. play.bash
	x=./xplay
	same verbs 'watch add remove set sync nurse' \
		"$(completed $x '' | paste -sd ' ')"
	same verb remove "$(completed $x -n add r)"
	same aliases nurse "$(completed $x add '')"
	same contacts juliet@capulet.lit "$(completed $x -a romeo add ju)"
	same 'behind @' capulet.lit "$(completed $x -a romeo add juliet @ c)"
	same 'at @' capulet.lit "$(completed $x -a romeo remove juliet @)"
	same 'option' capulet.lit \
		"$(completed $x -a romeo --allow = juliet @ c)"
	same 'no verb' nurse "$(completed $x juliet @ capulet.lit n)"
	same files roster.xml "$(completed $x sync ros)"
	same 'no operands' '' "$(completed $x set n)"
	grep -q "^complete -c xplay -n '__couplet_xplay_verb sync' -F" play.fish
	grep -q '^	(sync) _files ;;' play.zsh
	! command -v zsh >/dev/null || zsh -n play.zsh
	! command -v fish >/dev/null || fish -n play.fish
}
