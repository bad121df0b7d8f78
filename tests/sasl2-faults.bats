#!/usr/bin/env bats
# The login by XEP-0388 where the server offers it; hostile.bats has those that
# refuse, break off or lie.

load lib
load stub/lib

@test "[v] the stub: one attempt, in the newer profile where both are offered" {
	for which in yes only; do
		stub sasl2=$which
		expect_exit 0 try -vv
		grep -q '^xsend: logging in by SCRAM-SHA-512 (SASL2)$' err
		same 'attempts' 1 "$(grep -c ' recv authenticate ' "$STUB_LOG")"
	done
	stub sasl2=yes mechs=PLAIN
	expect_exit 0 try -vv
	grep -q '^xsend: logging in by PLAIN (SASL2)$' err
	# Not without TLS.
	stub sasl2=yes no-tls
	expect_exit 0 try -vv --tls none
	grep -q '^xsend: logging in by SCRAM-SHA-512$' err
}
