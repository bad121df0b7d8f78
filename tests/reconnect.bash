# shellcheck shell=bash
# What the files about lost connections share: `load reconnect`, behind lib and
# xsend.

# proxied NAME [OPTION...]: that account of the configuration goes through a
# proxy of its own from here on, whose options are delay.py's, and whose number
# is in proxy.
proxied() {
	local port
	rm -f "$1.port"
	spawn "$tests/stub/delay.py" "$XMPP_PORT" 0 "${@:2}" \
		>"$1.port" 2>"$1.proxy" </dev/null
	proxy=$pid
	port_in "$1.port"
	sed -i "/^  $1:/,/server:/s/server: .*/server: $XMPP_HOST:$port/" \
		"$COUPLET_CONFIG"
}

# lasting SERVER: a server of its own whose accounts outlive a crash: ejabberd
# writes them into its files some time after it has made them, and what only its
# log has it may lose.
lasting() {
	local end=$((SECONDS + 60)) name
	own "$1"
	accounts
	for name in "${romeo%@*}" "${juliet%@*}"; do
		until [ "$1" = prosody ] ||
			grep -qs -- "$name" "$XMPP_DIR"/data/passwd*; do
			[ "$SECONDS" -lt "$end" ]
			nap 0.05
		done
	done
}

# break_off: all connections of the proxy are broken.
break_off() {
	kill -USR1 "$proxy"
}

# logged_in N: romeo or whoever has err for his stderr, under -v, that often.
logged_in() {
	local end=$((SECONDS + 60))
	until [ "$(grep -cE '(online|resumed) as' err)" -ge "$1" ]; do
		if [ "$SECONDS" -ge "$end" ]; then
			sed 's/^/# /' err
			return 1
		fi
		nap 0.05
	done
}
