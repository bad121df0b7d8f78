# shellcheck shell=bash
# How to run ejabberd: its byte code straight in the Erlang machine, with no
# node name, hence no epmd and no distribution (with cluster=yes a name, a port
# agreed on, and no epmd either), and no ejabberdctl. Sourced by start, which
# owns $dir, $tree and the array opt.

ejabberd_mechanisms='PLAIN DIGEST-MD5 X-OAUTH2 SCRAM-SHA-1 SCRAM-SHA-1-PLUS
	SCRAM-SHA-256 SCRAM-SHA-256-PLUS SCRAM-SHA-512 SCRAM-SHA-512-PLUS'

# The mechanisms that mechs= leaves out, as a YAML list.
ejabberd_left_out() {
	local name list=''
	[ -n "${opt[mechs]}" ] || { echo '[DIGEST-MD5, X-OAUTH2]'; return; }
	for name in $ejabberd_mechanisms; do
		[[ ,${opt[mechs]}, = *,$name,* ]] || list+="${list:+, }$name"
	done
	echo "[$list]"
}

# ejabberd_listener PORT LINE... : one client port.
ejabberd_listener() {
	cat <<-EOF
		  - port: $1
		    ip: "$([ -z "${opt[at]}" ] && echo 127.0.0.1 || echo ::)"
		    module: ejabberd_c2s
		    max_stanza_size: ${opt[stanza_size]:-262144}
		    access: all
	EOF
	[ "${opt[limits]}" != default ] || echo '    shaper: c2s_shaper'
	[ "${opt[external]}" = no ] ||
		printf '    %s\n' 'tls_verify: true' "cafile: \"$dir/tls/ca.pem\""
	shift
	[ $# = 0 ] || printf '    %s\n' "$@"
}

ejabberd_listeners() {
	echo 'listen:'
	if [ "${opt[tls]}" = no ]; then
		ejabberd_listener "$port"
	else
		ejabberd_listener "$port" 'starttls_required: true'
		ejabberd_listener "$tls_port" 'tls: true'
	fi
	[ -z "${opt[at]}" ] || cat <<-EOF
		  - port: 5269
		    ip: "::"
		    module: ejabberd_s2s_in
	EOF
	cat <<-EOF
		  - port: $http_port
		    ip: 127.0.0.1
		    module: ejabberd_http
		    request_handlers: {/api: mod_http_api}
		api_permissions:
		  tests:
		    who: [{ip: 127.0.0.1/8}]
		    what: "*"
	EOF
}

# The settings of its sample configuration as to traffic.
ejabberd_shapers() {
	cat <<-EOF
		shaper:
		  normal: {rate: 3000, burst_size: 20000}
		  fast: 100000
		shaper_rules:
		  max_user_sessions: 10
		  max_user_offline_messages: {5000: admin, 100: all}
		  c2s_shaper: {none: admin, normal: all}
	EOF
}

ejabberd_modules() {
	local name rooms=${opt[hosts]:-capulet.lit}
	echo 'modules:'
	for name in admin_extra adhoc blocking caps carboncopy client_state \
		disco http_api last ping privacy private stream_mgmt \
		roster vcard version time mam offline auth_fast \
		scram_upgrade; do
		case $name in
		mam) [ "${opt[mam]}" = no ] || printf '  mod_mam: {default: always}\n' ;;
		offline)
			[ "${opt[offline]}" = no ] ||
				printf '  mod_offline: {access_max_user_messages: offline_limit}\n'
			;;
		scram_upgrade) [ "${opt[upgrade]}" = no ] || printf '  mod_scram_upgrade: {}\n' ;;
		auth_fast) [ "${opt[sasl2]}" = no ] || printf '  mod_auth_fast: {}\n' ;;
		roster) printf '  mod_roster: {versioning: true}\n' ;;
		stream_mgmt)
			[ "${opt[sm]}" = no ] || printf '  mod_stream_mgmt: {%s}\n' \
				"${opt[sm_hibernation]:+resume_timeout: ${opt[sm_hibernation]}}"
			;;
		*) printf '  mod_%s: {}\n' "$name" ;;
		esac
	done
	cat <<-EOF
		  mod_pubsub:
		    access_createnode: all
		    max_items_node: 1000
		    plugins: [flat, pep]
		append_host_config:
	EOF
	for name in ${rooms//,/ }; do
		cat <<-EOF
			  $name:
			    modules:
			      mod_muc:
			        host: rooms.$name
			        default_room_options: {mam: $([ "${opt[mam]}" = no ] && echo false || echo true)}
		EOF
	done
	[ "${opt[anonymous]}" = no ] || cat <<-EOF
		host_config:
		  anon.lit:
		    auth_method: [anonymous]
		    anonymous_protocol: sasl_anon
	EOF
}

# How passwords are kept: plain, as every SCRAM can be computed from it; with
# upgrade=yes as a hash, to which others can be added (XEP-0480).
ejabberd_password_format() {
	[ "${opt[upgrade]}" = no ] || {
		printf '%s\n' 'auth_password_format: scram' 'auth_scram_hash: sha'
		return
	}
	echo 'auth_password_format: plain'
}

ejabberd_config() {
	local hosts=${opt[hosts]:-montague.lit,capulet.lit}
	[ "${opt[anonymous]}" = no ] || hosts+=', anon.lit'
	{
		cat <<-EOF
			hosts: [$hosts]
			loglevel: info
			acme: {auto: false}
			language: en
			certfiles: ["$dir/tls/server-and-key.pem"]
			auth_method: [internal]
			$(ejabberd_password_format)
			disable_sasl_mechanisms: $(ejabberd_left_out)
			s2s_access: $([ -z "${opt[at]}" ] && echo none || echo all)
			s2s_use_starttls: required
			s2s_max_retry_delay: 2
			ca_file: "$dir/tls/ca.pem"
		EOF

		echo 'shaper_rules: {offline_limit: 100000}' |
			if [ "${opt[limits]}" = default ]; then
				ejabberd_shapers
				echo '  offline_limit: 100'
				cat >/dev/null
			else
				cat
			fi
		ejabberd_listeners
		ejabberd_modules
	} >"$dir/ejabberd.yml"
	# Names come from the hosts file alone: nobody is asked, but in a network
	# of its own.
	printf '%s\n' "{lookup, [file${opt[at]:+, dns}]}." >"$dir/inetrc"
}

# The command line, into the array command.
ejabberd_command() {
	local root=$tree/usr/lib/erlang bin=("$tree"/usr/lib/erlang/erts-*/bin)
	# The folder of this architecture, which also holds C libraries.
	local libs=("$tree"/usr/lib/*/ejabberd-*) node=()
	[ "${opt[cluster]}" = no ] ||
		node=(-name "ejabberd@${opt[at]}" -setcookie couplet
			-start_epmd false -erl_epmd_port 4370)
	command=(env ROOTDIR="$root" BINDIR="${bin[0]}" EMU=beam PROGNAME=erl
		ERL_LIBS="${libs[0]%/*}" LD_LIBRARY_PATH="${libs[0]%/*}"
		ERL_INETRC="$dir/inetrc" ERL_CRASH_DUMP="$dir/crash.dump"
		EJABBERD_CONFIG_PATH="$dir/ejabberd.yml"
		EJABBERD_LOG_PATH="$dir/log"
		# No translations, as English is spoken: they take long to read.
		EJABBERD_MSGS_PATH="$dir/data"
		"${bin[0]}/erlexec" -noinput -boot start_clean
		# Two schedulers that sleep instead of spin; one process.
		+S 2:2 +sbwt none +sbwtdcpu none +sbwtdio none
		"${node[@]}" -mnesia dir "\"$dir/data\"" -s ejabberd)
}
