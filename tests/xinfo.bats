#!/usr/bin/env bats
# xinfo: what it tells of a server, and what of one that is not as it should be.

load lib
load stub/lib
load net

fingerprint_of() {
	openssl x509 -in "$1" -noout -fingerprint -sha256 |
		sed 's/.*=//; s/://g' | tr A-F a-f | sed 's/^/sha256:/'
}

# look [ARG...]: at the stub, without an account.
look() {
	tool xinfo -C /dev/null -H "127.0.0.1:$STUB_PORT" --ca-file "$STUB_CA" \
		"$@" montague.lit
}

# has LINE... : stdout has these lines, TABs as |.
has() {
	local line
	for line; do
		grep -qxF -- "${line//|/$'\t'}" out || {
			echo "# no line '$line' in:"
			sed 's/^/# /' out
			return 1
		}
	done
}

# a_server: the report on a real one.
a_server() {
	local method port mark
	"$@"
	for method in starttls direct; do
		port=$XMPP_PORT
		[ "$method" = starttls ] || port=$XMPP_TLS_PORT
		expect_exit 0 tool xinfo -C /dev/null --tls "$method" \
			-H "$XMPP_HOST:$port" --ca-file "$XMPP_CA" montague.lit
		same 'stderr' '' "$(cat err)"
		has 'domain|montague.lit' "target|$XMPP_HOST|$port|$XMPP_HOST|$method" \
			'verified|yes' 'name|montague.lit' 'sasl|SCRAM-SHA-1' \
			'feature|mechanisms|urn:ietf:params:xml:ns:xmpp-sasl'
		grep -q $'^tls\tTLSv1\\.[23]\t[A-Z0-9_-]*$' out
		grep -qE $'^certificate\t0\tCN=[^\t]+\tCN=[^\t]+\t[^\t]+Z\t[^\t]+Z\t(EC|RSA) [0-9]+\tsha256:[0-9a-f]{64}$' out
		grep -qE $'^expires\t2[0-9T:-]+Z\t[0-9]+$' out
		for mark in dns tcp tls features; do
			grep -qE $'^time\t'"$mark"$'\t[0-9]+\\.[0-9]$' out
		done
		absent $'fault\t' out
		# The fingerprint is what --fingerprint takes, CA or not.
		mark=$(sed -n 's/^fingerprint\t//p' out)
		expect_exit 0 tool xinfo -C /dev/null --tls "$method" \
			-H "$XMPP_HOST:$port" --fingerprint "$mark" montague.lit
		has 'verified|yes' "fingerprint|$mark"
		expect_exit 0 tool xinfo -C /dev/null --tls "$method" -j \
			-H "$XMPP_HOST:$port" --ca-file "$XMPP_CA" montague.lit
		same 'an object' 1 "$(wc -l <out)"
		same 'in JSON' "true $method $mark true" "$(jq -r '
			.targets[0] | [.verified, .method, .fingerprint,
			(.sasl | index("SCRAM-SHA-1") != null)] | join(" ")' out)"
	done
}

@test "Prosody" { a_server on prosody; }

@test "ejabberd" { a_server on ejabberd; }

@test "SASL2, and what comes with it" {
	local name
	for name in prosody ejabberd; do
		once "$name" sasl2=yes
		expect_exit 0 tool xinfo -C /dev/null --tls direct \
			-H "$XMPP_HOST:$XMPP_TLS_PORT" \
			--ca-file "$XMPP_CA" montague.lit
		has 'sasl2|SCRAM-SHA-1' 'binding|tls-exporter' \
			'inline|sm|urn:xmpp:sm:3' 'sm|yes' \
			'inline|fast|urn:xmpp:fast:0'
		grep -q $'^fast\tHT-SHA-256-' out
		grep -q $'^sasl2\t.*-PLUS$' out
	done
}

@test "the account's domain, and what is offered after a login" {
	local name
	for name in prosody ejabberd; do
		on "$name"
		rm -f "$COUPLET_CONFIG"
		new_account romeo
		# Nothing of the account's but the way there is needed.
		sed -i 's/password:.*/password_command: touch asked; false/' \
			"$COUPLET_CONFIG"
		expect_exit 0 tool xinfo
		has 'domain|montague.lit' 'verified|yes' 'csi|unknown'
		[ ! -e asked ]
		absent 'login' out
		expect_exit 78 tool xinfo --login
		[ -e asked ]
		rm -f asked "$COUPLET_CONFIG"
		new_account romeo
		expect_exit 0 tool xinfo --login
		has 'login-feature|bind|urn:ietf:params:xml:ns:xmpp-bind' \
			'login-feature|sm|urn:xmpp:sm:3' 'sm|yes' 'csi|yes'
		grep -q $'^login\t'"${romeo//./\\.}/" out
		expect_exit 0 tool xinfo --login -j --timing
		same 'in JSON' "$romeo true true" "$(jq -r '[
			(.login.jid | split("/")[0]), .targets[0].sm,
			(.login.features | any(.name == "bind"))] | join(" ")' out)"
		grep -qE '^xinfo: timing: dns .* login [0-9.]+ .* flights, 2 connections$' err
	done
}

@test "--login with a wrong password: 77, and the report is there" {
	on prosody
	new_account romeo
	sed -i "s/password:.*/password: 'no'/" "$COUPLET_CONFIG"
	expect_exit 77 tool xinfo --login
	has 'verified|yes'
	absent 'login' out
	grep -q "^xinfo: .*: $romeo: login refused: not-authorized" err
}

@test "[v] with a domain nothing of an account plays a part" {
	stub ok
	printf 'accounts:\n  other:\n    jid: romeo@montague.lit\n    server: 127.0.0.1:1\n' \
		>"$COUPLET_CONFIG"
	chmod 600 "$COUPLET_CONFIG"
	COUPLET_SERVER=127.0.0.1:1 COUPLET_ACCOUNT=other COUPLET_JID=x@y.lit \
		expect_exit 0 tool xinfo -v -H "127.0.0.1:$STUB_PORT" \
		--ca-file "$STUB_CA" montague.lit
	has 'verified|yes'
	grep -q '^xinfo: COUPLET_SERVER is ignored: it belongs to an account$' err
	grep -q "from=.probe@montague.lit." "$STUB_LOG"
	# A JID is its domain.
	expect_exit 0 tool xinfo -C /dev/null -H "127.0.0.1:$STUB_PORT" \
		--ca-file "$STUB_CA" romeo@montague.lit/x
	has 'domain|montague.lit'
	grep -q "from=.romeo@montague.lit." "$STUB_LOG"
	# Who asks is not told to just anybody.
	stub cert=selfsigned
	expect_exit 76 tool xinfo -C /dev/null -H "127.0.0.1:$STUB_PORT" \
		romeo@montague.lit
	absent romeo "$STUB_LOG"
	grep -q "from=.probe@montague.lit." "$STUB_LOG"
	expect_exit 0 tool xinfo -C /dev/null -P montague.lit
	grep -qx $'jid\tmontague.lit\toperand' out
}

# not_verified CERT WHY: 76, with all the rest.
not_verified() {
	stub "cert=$1"
	expect_exit 76 look
	has "verified|no|$2" "fault|76|$2" 'sasl|SCRAM-SHA-256' \
		"fingerprint|$(fingerprint_of "$STUB_CERTS/$1.pem")"
	same 'stderr' "xinfo: 127.0.0.1:$STUB_PORT: $2" "$(cat err)"
	expect_exit 76 look -j
	same 'in JSON' "false 76 true" "$(jq -r '.targets[0] | [.verified,
		.fault.status, (.sasl | length > 0)] | join(" ")' out)"
	# Its own fingerprint makes it good.
	expect_exit 0 look --fingerprint \
		"$(jq -r '.targets[0].fingerprint' out)"
	has 'verified|yes'
	kill "$STUB_PID"
}

@test "a certificate that is not good: 76, and all the rest" {
	not_verified expired "montague.lit: certificate of 'CN=montague.lit' has expired on 2020-01-01"
	not_verified notyet "montague.lit: certificate of 'CN=montague.lit' is not valid before 2090-01-01"
	not_verified othername "certificate of 'CN=verona.lit' is for verona.lit, not for montague.lit"
	not_verified selfsigned "montague.lit: certificate of 'CN=montague.lit' is self-signed"
	not_verified unknownca "montague.lit: certificate of 'CN=montague.lit' is signed by an unknown authority 'CN=unknown CA'"
	stub cert=good
	expect_exit 76 look --fingerprint "sha256:$(printf '%064d' 0)"
	grep -q 'not the one asked for$' err
}

@test "--expiry on both sides of the limit" {
	stub cert=soon
	expect_exit 0 look --expiry 29
	same 'stderr' '' "$(cat err)"
	expect_exit 0 look --expiry 0
	expect_exit 1 look --expiry 30
	grep -qE "^xinfo: 127.0.0.1:$STUB_PORT: certificate of 'CN=montague.lit' ends in 29 days, on 2[0-9-]+\$" err
	has 'verified|yes'
	expect_exit 1 look --expiry 31 -j --all
	same 'days' 29 "$(jq '.targets[0].days' out)"
	# One that has ended is not good in the first place.
	stub cert=expired
	expect_exit 76 look --expiry 5
	grep -q "has expired on 2020-01-01$" err
	grep -q "ended [0-9]* days ago, on 2020-01-01$" err
	expect_exit 1 look --expiry 5 --fingerprint \
		"$(fingerprint_of "$STUB_CERTS/expired.pem")"
	local bad
	for bad in -1 x 1.5 36501 ''; do
		expect_exit 64 look --expiry "$bad"
	done
}

@test "no TLS: 69, and what is offered without" {
	stub tls=none
	expect_exit 69 look
	has 'fault|69|the server offers no TLS' 'sasl|PLAIN'
	same 'stderr' "xinfo: 127.0.0.1:$STUB_PORT: the server offers no TLS" \
		"$(cat err)"
	absent verified out
	expect_exit 0 look --tls none
	has "target|127.0.0.1|$STUB_PORT|127.0.0.1|none" 'sasl|PLAIN'
	stub starttls-failure
	expect_exit 69 look
	has 'fault|69|the server refused STARTTLS'
	stub tls-junk
	expect_exit 76 look
	# Before the handshake begins, or in place of the server's part of it.
	grep -qE $'^fault\t76\t(bytes in clear after <proceed/>|montague.lit: does not speak TLS here)' out
	absent sasl out
	stub ok
	expect_exit 76 look --tls direct
	has 'fault|76|montague.lit: does not speak TLS here (is it a STARTTLS port?)'
}

@test "a port that refuses: 75; one that is silent: 75 in time" {
	local at why
	expect_exit 75 tool xinfo -C /dev/null -H 127.0.0.1:1 montague.lit
	has 'target|127.0.0.1|1|127.0.0.1|starttls' 'fault|75|Connection refused'
	same 'stderr' 'xinfo: 127.0.0.1:1: Connection refused' "$(cat err)"
	while read -r at why; do
		stub silent "at=$at"
		expect_exit 75 look --connect-timeout 1
		has "fault|75|timed out $why"
		same 'stderr' "xinfo: 127.0.0.1:$STUB_PORT: timed out $why" \
			"$(cat err)"
		kill "$STUB_PID"
	done <<-EOF
		tcp waiting for the server's stream header
		header waiting for the server's stream features
		starttls waiting for the server to start TLS
		tls in the TLS handshake
	EOF
	stub silent at=header
	expect_exit 75 look -W 1
	has 'domain|montague.lit'
	same 'stderr' 'xinfo: timed out (-W) before the login' "$(cat err)"
}

@test "one that speaks no XMPP, or ends it" {
	stub header=http
	expect_exit 76 look
	stub stream-error=host-unknown at=plain-features
	expect_exit 69 look
	grep -qE $'^fault\t69\tthe server ended the stream: host-unknown' out
	stub close-in-tls
	expect_exit 75 look
	stub end-stream at=plain-features
	expect_exit 75 look
	grep -q 'the server ended the stream$' err
}

# features: stdin is what a server says in their place, over TLS.
features() {
	{
		printf '%s' '<stream:features>'
		cat
		printf '%s' '</stream:features>'
	} >said
	stub tls=direct send="$PWD/said" at=tls-header
}

@test "[v] features that are meant to do harm" {
	features <<<"<mechanisms xmlns='urn:ietf:params:xml:ns:xmpp-sasl'>$(
		printf '<mechanism>a&#10;verified&#9;yes\\&#x7f;&#x9b;31m</mechanism>')
		<mechanism>\"]}{</mechanism><mechanism/></mechanisms>
		<x xmlns='urn:x&#x85;&#10;y'/><limits xmlns='urn:xmpp:stream-limits:0'>
		<max-bytes>99999999999999999999</max-bytes>
		<idle-seconds>60</idle-seconds></limits>"
	expect_exit 0 look --tls direct
	# shellcheck disable=SC1003
	has 'sasl|a\nverified\tyes\\\x7f\xc2\x9b31m' 'sasl|"]}{' 'sasl|' \
		'feature|x|urn:x\xc2\x85\ny' 'limit|idle-seconds|60'
	absent max-bytes out
	same 'control characters' '' "$(tr -d '\11\12\40-\176' <out)"
	expect_exit 0 look --tls direct -j
	same 'lines' 1 "$(wc -l <out)"
	same 'control characters' '' "$(tr -d '\12\40-\176' <out)"
	same 'in JSON' '["a\nverified\tyes\\\u007f'$'\u9b''31m","\"]}{",""]60' \
		"$(jq -c '.targets[0].sasl' out)$(
			jq '.targets[0].limits.idle_seconds' out)"
}

@test "thousands of mechanisms" {
	features < <(
		echo "<mechanisms xmlns='urn:ietf:params:xml:ns:xmpp-sasl'>"
		for ((i = 1; i <= 3000; i++)); do
			echo "<mechanism>M-$i</mechanism>"
		done
		echo '</mechanisms>'
	)
	expect_exit 0 look --tls direct
	same 'mechanisms' 3000 "$(grep -c '^sasl' out)"
	expect_exit 0 look --tls direct -j
	same 'mechanisms' 3000 "$(jq '.targets[0].sasl | length' out)"
	# And more than a stanza may have; not all siblings, which are slow to add.
	features < <(
		for ((i = 1; i <= 201; i++)); do
			printf '<m>%s</m>' "$(printf '<m/>%.0s' {1..99})"
		done
	)
	expect_exit 76 look --tls direct
	has 'verified|yes'
}

@test "service records, addresses, and where a login would go" {
	own_net
	server first cert=othername tls=direct
	server second ok
	zone <<-EOF
		_xmpps-client._tcp.montague.lit SRV 1 0 $first_port a.montague.lit
		_xmpp-client._tcp.montague.lit SRV 2 7 $second_port b.montague.lit
		_xmpp-client._tcp.montague.lit SRV 3 0 9 gone.montague.lit
		a.montague.lit A 127.0.0.1
		b.montague.lit A 127.0.0.1
		b.montague.lit AAAA ::1
	EOF
	expect_exit 0 tool xinfo -C /dev/null --ca-file "$STUB_CA" montague.lit
	same 'stderr' '' "$(cat err)"
	has "srv|xmpps-client|1|0|$first_port|a.montague.lit" \
		"srv|xmpp-client|2|7|$second_port|b.montague.lit" \
		'srv|xmpp-client|3|0|9|gone.montague.lit' \
		'address|a.montague.lit|127.0.0.1' 'address|b.montague.lit|::1' \
		'address|b.montague.lit|127.0.0.1' \
		'dns-fault|gone.montague.lit|no such domain' \
		"target|a.montague.lit|$first_port|127.0.0.1|direct" \
		"fault|76|certificate of 'CN=verona.lit' is for verona.lit, not for montague.lit" \
		"target|b.montague.lit|$second_port|::1|starttls" \
		'fault|75|Connection refused' \
		"target|b.montague.lit|$second_port|127.0.0.1|starttls"
	same 'the last one' 'verified|yes' "$(grep verified out | tail -n 1 | tr '\t' '|')"
	expect_exit 0 tool xinfo -C /dev/null -j --ca-file "$STUB_CA" montague.lit
	same 'in JSON' '1 null 2 3 [76,75,null]' "$(jq -c -r '[
		.places[0].priority, .places[0].fault,
		(.places[1].addresses | length), (.places | length),
		([.targets[].fault.status] | tostring)] |
		map(. // "null" | tostring) | join(" ")' out)"
	# --tls chooses.
	expect_exit 76 tool xinfo -C /dev/null --tls direct \
		--ca-file "$STUB_CA" montague.lit
	# All of them: some are good and some are not.
	expect_exit 2 tool xinfo -C /dev/null --all --ca-file "$STUB_CA" \
		montague.lit
	same 'targets' "a.montague.lit 127.0.0.1
b.montague.lit ::1
b.montague.lit 127.0.0.1" "$(sed -n 's/^target\t//p' out | cut -f 1,3 | tr '\t' ' ')"
	same 'stderr' "xinfo: a.montague.lit:$first_port (127.0.0.1): certificate of 'CN=verona.lit' is for verona.lit, not for montague.lit
xinfo: b.montague.lit:$second_port (::1): Connection refused" "$(cat err)"
	# None is good: the first reason.
	kill "$STUB_PID"
	expect_exit 76 tool xinfo -C /dev/null --all --ca-file "$STUB_CA" \
		montague.lit
	# A certificate that ends soon is no matter of some.
	server third cert=soon
	zone <<-EOF
		_xmpp-client._tcp.montague.lit SRV 0 0 $third_port b.montague.lit
		b.montague.lit A 127.0.0.1
		b.montague.lit A 127.0.0.2
	EOF
	expect_exit 0 tool xinfo -C /dev/null --ca-file "$STUB_CA" montague.lit
	has "srv|xmpp-client|0|0|$third_port|b.montague.lit"
	expect_exit 1 tool xinfo -C /dev/null --expiry 60 --ca-file "$STUB_CA" \
		montague.lit
}

@test "the DNS says no: 68, 69 and 75" {
	own_net
	expect_exit 68 tool xinfo -C /dev/null montague.lit
	same 'stderr' 'xinfo: montague.lit: no such domain' "$(cat err)"
	has 'dns-fault|montague.lit|no such domain'
	expect_exit 68 tool xinfo -C /dev/null --all montague.lit
	expect_exit 68 tool xinfo -C /dev/null verona.invalid
	zone <<-EOF
		_xmpps-client._tcp.montague.lit SRV 0 0 0 .
		_xmpp-client._tcp.montague.lit SRV 0 0 0 .
	EOF
	expect_exit 69 tool xinfo -C /dev/null montague.lit
	has 'srv|xmpps-client|0|0|0|.' 'srv|xmpp-client|0|0|0|.'
	expect_exit 69 tool xinfo -C /dev/null -j montague.lit
	same 'in JSON' true "$(jq '.srv["xmpp-client"].absent' out)"
	zone <<<'montague.lit SERVFAIL'
	expect_exit 75 tool xinfo -C /dev/null montague.lit
	grep -q $'^dns-fault\txmpp-client\t' out
	zone <<<'montague.lit SILENT'
	expect_exit 75 tool xinfo -C /dev/null --connect-timeout 0.7 montague.lit
	has 'dns-fault|xmpp-client|timed out'
	# The domain itself, where there are no records.
	server_at 5222 plain ok
	zone <<<'montague.lit A 127.0.0.1'
	expect_exit 0 tool xinfo -C /dev/null --ca-file "$STUB_CA" montague.lit
	has 'address|montague.lit|127.0.0.1' \
		'target|montague.lit|5222|127.0.0.1|starttls'
	expect_exit 0 tool xinfo -C /dev/null --all --ca-file "$STUB_CA" \
		montague.lit
	has 'target|montague.lit|5222|127.0.0.1|starttls' 'verified|yes'
}

@test "--print-config is a configuration" {
	stub ok
	expect_exit 0 tool xinfo -C /dev/null -H "127.0.0.1:$STUB_PORT" \
		--ca-file "$STUB_CA" --print-config juliet@capulet.lit
	mv out made.yaml
	expect_exit 0 tool xsend -C made.yaml -P juliet@capulet.lit
	cut -f 1,2 out | tr '\t' ' ' >settings
	same 'settings' "account juliet
jid juliet@capulet.lit
server 127.0.0.1:$STUB_PORT
tls auto
ca_file $(realpath "$STUB_CA")" "$(grep -E '^(account|jid|server|tls|ca_file) ' settings)"
	COUPLET_PASSWORD=wherefore expect_exit 0 tool xsend -C made.yaml \
		-m hi --bounce-wait 0 romeo@montague.lit
	# What YAML would take for its own is quoted.
	expect_exit 0 tool xinfo -C /dev/null -H "127.0.0.1:$STUB_PORT" \
		--ca-file "$STUB_CA" --print-config '#no-{x}!@montague.lit'
	mv out made.yaml
	expect_exit 0 tool xsend -C made.yaml --list-accounts
	same 'account' '#no-{x}!' "$(cat out)"
	# A certificate that nobody vouches for is no more than a hint.
	stub cert=selfsigned
	expect_exit 76 tool xinfo -C /dev/null -H "127.0.0.1:$STUB_PORT" \
		--print-config juliet@capulet.lit
	grep -qxF "    #fingerprint: '$(fingerprint_of "$STUB_CERTS/selfsigned.pem")'" out
	mv out made.yaml
	expect_exit 76 tool xinfo -C made.yaml
	sed -i 's/#fingerprint/fingerprint/' made.yaml
	expect_exit 0 tool xinfo -C made.yaml
	has 'verified|yes'
	# No server, no file.
	expect_exit 75 tool xinfo -C /dev/null -H 127.0.0.1:1 --print-config \
		juliet@capulet.lit
	same 'stdout' '' "$(cat out)"
}

@test "--timing" {
	stub ok
	expect_exit 0 look --timing
	grep -qE '^xinfo: timing: dns [0-9.]+ tcp [0-9.]+ tls [0-9.]+ ack [0-9.]+ login - send - total [0-9.]+ ms, 5 flights$' err
	has 'flights|5'
	stub ok tls=direct
	expect_exit 0 look --timing --tls direct
	grep -q ' 3 flights$' err
}

@test "usage" {
	local bad
	for bad in 'a b' '@' 'a@' 'a..b' $'a\nb' ''; do
		expect_exit 64 tool xinfo -C /dev/null "$bad"
		same 'stdout' '' "$(cat out)"
	done
	expect_exit 64 tool xinfo -C /dev/null a.lit b.lit
	expect_exit 64 tool xinfo -C /dev/null -u a@b.lit c.lit
	expect_exit 64 tool xinfo -C /dev/null -a x c.lit
	expect_exit 64 tool xinfo -C /dev/null --login c.lit
	expect_exit 64 tool xinfo -C /dev/null --print-config c.lit
	expect_exit 64 tool xinfo -C /dev/null --print-config --all a@c.lit
	expect_exit 64 tool xinfo -C /dev/null -o xml c.lit
	expect_exit 64 tool xinfo -C /dev/null --fingerprint x c.lit
	expect_exit 78 tool xinfo -C /dev/null
	expect_exit 78 tool xinfo -C /dev/null --ca-file nowhere c.lit
	expect_exit 78 tool xinfo -C nowhere.yaml c.lit
}

@test "stdout that takes nothing: 74" {
	local code=0
	stub ok
	look >/dev/full 2>err || code=$?
	same 'exit status' 74 "$code"
	same 'stderr' 'xinfo: stdout: No space left on device' "$(cat err)"
}

@test "a signal ends it" {
	local code=0
	stub silent at=header
	spawn tool xinfo -C /dev/null -H "127.0.0.1:$STUB_PORT" montague.lit \
		>out 2>err
	wait_for_line "$STUB_LOG" 'fault silent'
	kill -TERM "$pid"
	wait "$pid" || code=$?
	same 'exit status' 143 "$code"
	same 'stderr' '' "$(cat err)"
}
