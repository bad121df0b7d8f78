#!/usr/bin/env bats
# A token in place of the password (XEP-0484), what is known of the server, and
# the flight that both save.

bats_require_minimum_version 1.5.0
load lib
load xsend

# offering SERVER [LINE...]: fresh accounts on one with SASL2.
offering() {
	once "$1" sasl2=yes
	rm -rf "$XDG_STATE_HOME"
	accounts "${@:2}"
	state=$XDG_STATE_HOME/couplet
}

# by MECHANISM [ARG...]: a message goes to juliet, and the login is that one.
by() {
	expect_exit 0 tool xsend -vv --trace trace -m hi "${@:2}" "$juliet"
	same 'the login' "$1" \
		"$(sed -n 's/^xsend: logging in by \([^ ,]*\).*/\1/p' err | xargs)"
}

# juliet_has COUNT: so many messages wait for her, and no more.
juliet_has() {
	local all=()
	for ((i = 0; i < $1; i++)); do all+=(hi); done
	arrives "${all[@]}"
}

scram() {
	[ "$XMPP_KIND" = prosody ] && echo SCRAM-SHA-256-PLUS ||
		echo SCRAM-SHA-512-PLUS
}

@test "[v] real servers: the password once, then a token, kept from others" {
	for server in "${servers[@]}"; do
		offering "$server"
		by "$(scram)"
		grep -q "> .*<request-token .*mechanism='HT-SHA-256-EXPR'/>" trace
		by HT-SHA-256-EXPR
		by HT-SHA-256-EXPR
		juliet_has 3
		same 'modes' '700 600 600 600' "$(stat -c %a "$state" \
			"$state/token-$romeo" "$state/known-$romeo" \
			"$state/client-$romeo" | xargs)"
		# What is secret is in that file alone.
		token=$(sed -n '3s/.* //p' "$state/token-$romeo")
		[ "${#token}" -gt 10 ]
		! grep -qF "$token" trace err out || false
	done
}

@test "real servers: all leaves in one flight, and Bind2 in none" {
	for server in "${servers[@]}"; do
		offering "$server" 'tls: direct'
		by "$(scram)"
		by HT-SHA-256-EXPR
		# The header, the login, what follows it: one write.
		grep -qE '> .*<stream:stream .*<authenticate .*<iq id="bind" .*<enable .*<message .*<r xmlns' trace
		! grep -q 'urn:xmpp:bind:0.*<user-agent\|<authenticate.*urn:xmpp:bind:0' trace || false
		juliet_has 2
	done
}

# round_trips PORT: from connect to the acknowledgement, of one message that
# goes through the proxy. What that sees begins behind the TCP handshake, and
# the last that goes up is the end of the stream.
round_trips() {
	local line
	by "$1" -H "127.0.0.1:$(<ready)" --tls "$tls" --bounce-wait 0
	wait_for_line flights "^connection $((++connections))\$"
	wait_for_line flights "^flights .*" # whole, by a rename
	line=$(awk -v n="$connections" '
		/^connection/ { on = $2 == n }
		on && / up / && /^flight / { last = $2 }
		END { print last }' flights)
	trips=$(((line - 1) / 2 + 1))
}

@test "real servers: 5 round trips, 4 with the mechanism known, 3 by token" {
	mkfifo hold
	exec 9<>hold
	for server in "${servers[@]}"; do
		offering "$server"
		for tls in direct starttls; do
			rm -rf "$state" flights ready
			connections=0 more=0
			port=$XMPP_TLS_PORT
			[ "$tls" = direct ] || port=$XMPP_PORT more=2
			"$tests/stub/delay.py" "$port" 60 summary="$PWD/flights" \
				<&9 >ready 3>&- &
			background+=("$!")
			wait_for_line ready '^[0-9]+$'
			round_trips "$(scram)"
			same "$server, $tls, first" $((5 + more)) "$trips"
			# <starttls/> leaves with the header from now on.
			[ "$tls" = direct ] || more=1
			round_trips HT-SHA-256-EXPR
			same "$server, $tls, by token" $((3 + more)) "$trips"
			rm "$state/token-$romeo"
			round_trips "$(scram)"
			same "$server, $tls, known" $((4 + more)) "$trips"
		done
	done
	exec 9>&-
}

@test "real servers: without tokens, by option and by configuration" {
	for server in "${servers[@]}"; do
		offering "$server" 'fast: no'
		by "$(scram)"
		by "$(scram)"
		! grep -q 'urn:xmpp:fast' <(grep '> ' trace) || false
		[ ! -e "$state/token-$romeo" ]
		sed -i 's/fast: no/fast: yes/' "$COUPLET_CONFIG"
		by "$(scram)" --no-fast
		by "$(scram)"
		by HT-SHA-256-EXPR
		by "$(scram)" --no-fast
		juliet_has 6
	done
	printf 'accounts:\n  a:\n    jid: a@capulet.lit\n    fast: maybe\n' >wrong.yaml
	expect_exit 78 tool xsend -C wrong.yaml -m hi "$juliet"
	grep -qx "xsend: wrong.yaml:4:11: fast: 'maybe' is not true or false" err
}

@test "real servers: a token that is void, over or another server's costs a login" {
	for server in "${servers[@]}"; do
		offering "$server"
		by "$(scram)"
		cp "$state/token-$romeo" token
		cp "$state/client-$romeo" client
		expect_exit 0 tool xsend --forget
		# Void: the server says so, and nothing is lost or doubled.
		cp token "$state/token-$romeo"
		cp client "$state/client-$romeo"
		by "$(scram)" --no-fast
		cp token "$state/token-$romeo"
		by "HT-SHA-256-EXPR $(scram)"
		grep -q '^xsend: the token is refused: not-authorized$' err
		by HT-SHA-256-EXPR
		# Over: it is not even tried.
		sed -i -E '3s/ [0-9]+ / 1000000000 /' "$state/token-$romeo"
		by "$(scram)"
		# Another server's.
		sed -i '3s/[^ ]*$/secret-token:other/' "$state/token-$romeo"
		by "HT-SHA-256-EXPR $(scram)"
		# The older one of two is good until the newer has worked.
		by HT-SHA-256-EXPR
		sed -i '3{p;s/[^ ]*$/secret-token:other/;}' "$state/token-$romeo"
		{ sed -n 1,2p "$state/token-$romeo"
			sed -n 4p "$state/token-$romeo"
			sed -n 3p "$state/token-$romeo"; } >two
		cp two "$state/token-$romeo"
		by 'HT-SHA-256-EXPR HT-SHA-256-EXPR'
		by HT-SHA-256-EXPR
		juliet_has 9
	done
}

@test "real servers: what is kept may be damaged, another's, or not to be had" {
	for server in "${servers[@]}"; do
		offering "$server"
		by "$(scram)"
		for file in known token client; do
			printf 'couplet-%s 1\n\0\xff nonsense' "$file" \
				>"$state/$file-$romeo"
			expect_exit 0 tool xsend -m hi "$juliet"
			is_silent
			: >"$state/$file-$romeo"
			expect_exit 0 tool xsend -m hi "$juliet"
			is_silent
			ln -sf /dev/null "$state/$file-$romeo"
			expect_exit 0 tool xsend -m hi "$juliet"
			is_silent
			rm "$state/$file-$romeo"
		done
		# Who calls himself otherwise has another token.
		by "$(scram)"
		by HT-SHA-256-EXPR
		echo 01234567-89ab-4cde-8f01-23456789abcd >"$state/client-$romeo"
		by "$(scram)"
		by HT-SHA-256-EXPR
		rm -r "$state"
		: >"$state"
		expect_exit 0 tool xsend -m hi "$juliet"
		is_silent
		XDG_STATE_HOME='' HOME='' expect_exit 0 tool xsend -m hi "$juliet"
		is_silent
		juliet_has 16
	done
}

@test "real servers: 200 at once, 8 at a time, are all acknowledged" {
	for server in "${servers[@]}"; do
		offering "$server"
		by "$(scram)"
		# shellcheck disable=SC2016
		seq 200 | xargs -P 8 -I N sh -c '
			"$1" -m hi --bounce-wait 0 "$2" 2>>said || echo "$?" >>failed
		' sh "$BIN/xsend" "$juliet"
		[ ! -s said ] || { sed 's/^/# /' said; false; }
		[ ! -e failed ]
		same 'lines' 3 "$(wc -l <"$state/token-$romeo")"
		by HT-SHA-256-EXPR
		juliet_has 202
	done
}

@test "real servers: a cron job beside a durable receiver leaves that alone" {
	for server in "${servers[@]}"; do
		offering "$server"
		expect_exit 0 tool xrecv -a romeo --durable bot --idle 0.5 -W 200
		by "$(scram)"
		by HT-SHA-256-EXPR
		expect_exit 0 tool xsend -a juliet -m back "$romeo"
		expect_exit 0 tool xrecv -a romeo -v --durable bot -c 1 -W 200 -o text
		grep -q 'resumed as' err
		grep -q 'back$' out
		juliet_has 2
	done
}

@test "--forget: the token is void, and nothing is left" {
	for server in "${servers[@]}"; do
		offering "$server"
		by "$(scram)"
		by HT-SHA-256-EXPR
		cp "$state/token-$romeo" token
		cp "$state/client-$romeo" client
		expect_exit 0 tool xsend --forget --trace trace
		is_silent
		grep -q "> .*<fast xmlns='urn:xmpp:fast:0' invalidate='true'/>" trace
		same 'what is left' '' "$(ls "$state")"
		# Again, with nothing to forget: no connection is needed.
		expect_exit 0 tool xrecv --forget -H 127.0.0.1:1
		is_silent
		# The server agrees.
		by "$(scram)" --no-fast
		cp token "$state/token-$romeo"
		cp client "$state/client-$romeo"
		by "HT-SHA-256-EXPR $(scram)"
		# Without the server the token stays.
		expect_exit 75 tool xsend --forget -H 127.0.0.1:1
		says 'xsend: the token was not made void: 127.0.0.1:1: Connection refused'
		by HT-SHA-256-EXPR
	done
}
