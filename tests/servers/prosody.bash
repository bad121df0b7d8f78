# shellcheck shell=bash
# How to run Prosody. Sourced by start, which owns $dir, $tree and the array
# opt.

# What mechanisms there are, for mechs=, which keeps some of them only.
prosody_mechanisms='PLAIN SCRAM-SHA-1 SCRAM-SHA-1-PLUS SCRAM-SHA-256
	SCRAM-SHA-256-PLUS'

# lua_list WORD... : as the inside of a Lua list.
lua_list() {
	[ $# = 0 ] || printf '"%s"; ' "$@"
}

prosody_modules() {
	local list=(roster saslauth tls disco ping time version uptime
		blocklist carbons csi_simple private vcard4 vcard_legacy pep
		lastactivity presence message iq)
	[ "${opt[sm]}" = no ] || list+=(smacks)
	[ "${opt[mam]}" = no ] || list+=(mam)
	[ "${opt[limits]}" != default ] || list+=(limits)
	[ "${opt[sasl2]}" = no ] || list+=(sasl2 sasl2_bind2 sasl2_sm sasl2_fast)
	[ "${opt[ssdp]}" = no ] || list+=(sasl_ssdp)
	lua_list "${list[@]}"
}

# Loaded unless named here. Nothing leaves the machine: no s2s, but in a network
# of its own.
prosody_disabled() {
	local list=(http)
	[ -n "${opt[at]}" ] || list+=(s2s s2s_auth_certs dialback)
	[ "${opt[tls]}" != no ] || list+=(tls)
	[ "${opt[offline]}" != no ] || list+=(offline)
	lua_list "${list[@]}"
}

# The mechanisms that mechs= leaves out.
prosody_left_out() {
	local name list=()
	[ -n "${opt[mechs]}" ] || { lua_list DIGEST-MD5; return; }
	for name in $prosody_mechanisms; do
		[[ ,${opt[mechs]}, = *,$name,* ]] || list+=("$name")
	done
	lua_list "${list[@]}"
}

prosody_hosts() {
	local host hosts=${opt[hosts]:-montague.lit,capulet.lit}
	local rooms=${opt[hosts]:-capulet.lit}
	for host in ${hosts//,/ }; do
		echo "VirtualHost \"$host\""
	done
	for host in ${rooms//,/ }; do
		cat <<-EOF
			Component "rooms.$host" "muc"
				restrict_room_creation = false
				modules_enabled = { $([ "${opt[mam]}" = no ] || echo '"muc_mam"') }
		EOF
	done
	[ "${opt[anonymous]}" = no ] || cat <<-EOF
		VirtualHost "anon.lit"
			authentication = "anonymous"
	EOF
	[ "${opt[external]}" = no ] || cat <<-EOF
		VirtualHost "cert.lit"
			authentication = "ccert"
			certificate_match = "xmppaddr"
	EOF
}

prosody_interfaces() {
	if [ -z "${opt[at]}" ]; then
		printf '%s\n' 'interfaces = { "127.0.0.1" }' 's2s_ports = { }'
	else
		printf '%s\n' 'interfaces = { "*", "::" }' 's2s_ports = { 5269 }' \
			's2s_secure_auth = true'
	fi
}

# prosody_cheap: a login takes half of its processor time. 4096 rounds for a
# SCRAM are the least that RFC 5802 5.1 has (and what ejabberd takes), where
# Prosody takes 10,000 and has no setting for it; and the heap is not tidied all
# the time.
prosody_cheap() {
	local scram=util/sasl/scram.lua
	mkdir -p "$dir/lua/util/sasl"
	sed 's/^local default_i = .*/local default_i = 4096/' \
		"$tree/usr/lib/prosody/$scram" >"$dir/lua/$scram"
	sed -i '1i gc = { mode = "incremental"; threshold = 400; speed = 200 }' \
		"$dir/prosody.cfg.lua"
}

prosody_config() {
	local secure=true
	[ "${opt[tls]}" != no ] || secure=false
	{
		cat <<-EOF
			daemonize = false
			data_path = "$dir/data"
			certificates = "tls"
			plugin_paths = { }
			$(prosody_interfaces)
			c2s_ports = { $port }
			c2s_direct_tls_ports = { $([ "$secure" = false ] || echo "$tls_port") }
			component_ports = { }
			modules_enabled = { $(prosody_modules) }
			modules_disabled = { $(prosody_disabled) }
			-- Plain, as every SCRAM can be computed from it.
			authentication = "internal_plain"
			storage = "internal"
			c2s_require_encryption = $secure
			allow_unencrypted_plain_auth = $([ "$secure" = true ] && echo false || echo true)
			disable_sasl_mechanisms = { $(prosody_left_out) }
			limits = { c2s = { rate = "10kb/s" } }
			default_archive_policy = true
			ssl = {
				key = "$dir/tls/server.key";
				certificate = "$dir/tls/server.pem";
				cafile = "$dir/tls/ca.pem";
				$([ "${opt[external]}" = no ] ||
					echo 'verify = { "peer", "client_once" };')
			}
			log = { debug = "$dir/log" }
		EOF
		[ -z "${opt[stanza_size]}" ] ||
			echo "c2s_stanza_size_limit = ${opt[stanza_size]}"
		[ -z "${opt[sm_hibernation]}" ] ||
			echo "smacks_hibernation_time = ${opt[sm_hibernation]}"
		prosody_hosts
	} >"$dir/prosody.cfg.lua"

	[ "${opt[measured]}" = yes ] || prosody_cheap
	# A copy of the start script, pointed at the unpacked tree, and first at
	# our own folder, if there is one.
	sed -e "s|^CFG_SOURCEDIR=.*|CFG_SOURCEDIR=[==[$tree/usr/lib/prosody]==];|" \
		-e "s|^CFG_CONFIGDIR=.*|CFG_CONFIGDIR=[==[$dir]==];|" \
		-e "s|^CFG_PLUGINDIR=.*|CFG_PLUGINDIR=[==[$tree/usr/lib/prosody/modules/]==];|" \
		-e "s|^CFG_DATADIR=.*|CFG_DATADIR=[==[$dir/data]==];|" \
		-e "s|^\tpackage.path = .*|&\n\tpackage.path = \"$dir/lua/?.lua;\"..package.path|" \
		"$tree/usr/bin/prosody" >"$dir/prosody"
}

# The command line, into the array command.
prosody_command() {
	local lua
	read -r lua <"$dir/prosody"
	command=("${lua##*[ /]}" "$dir/prosody" --config "$dir/prosody.cfg.lua" -F)
}
