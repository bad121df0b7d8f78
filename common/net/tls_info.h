/* SPDX-License-Identifier: MIT
 *
 * What a TLS connection is made of, for a person to look at: the version, the
 * server's chain, whether it is trusted. A struct cpl_tls_info is a copy and
 * outlives the connection; it owns its texts, which are ASCII without control
 * characters. Certificates over CPL_TLS_CHAIN_MAX and names over
 * CPL_TLS_NAMES_MAX are left out and counted. */
#ifndef CPL_TLS_INFO_H
#define CPL_TLS_INFO_H

#include <stdint.h>

#include "tls.h"

#define CPL_TLS_CHAIN_MAX 10
#define CPL_TLS_NAMES_MAX 100

struct cpl_tls_certificate {
	char subject[512]; /* RFC 2253's form; a longer one is cut */
	char issuer[512];
	char key[64];                            /* "EC 256", "RSA 2048" */
	char fingerprint[sizeof "sha256:" + 64]; /* as cpl_tls_conf has it */
	int64_t from, until;                     /* seconds since 1970 */
	size_t name_count; /* of the server's own certificate alone */
	size_t names_left;
	char (*names)[256]; /* domains, addresses, SRV-IDs, XmppAddrs */
};

struct cpl_tls_info {
	const char *version;      /* "TLSv1.3" */
	const char *cipher;       /* "TLS_AES_256_GCM_SHA384" */
	struct cpl_err untrusted; /* CPL_OK: it is verified */
	size_t count;             /* as sent, the server's own first */
	size_t left;
	struct cpl_tls_certificate chain[CPL_TLS_CHAIN_MAX];
	/* Of what has to be valid, that whose time ends first: the verified
	 * chain, else the server's own. */
	int64_t ends;
	char ending[512]; /* its subject */
};

/* After the handshake. NULL without memory. */
struct cpl_tls_info *cpl_tls_info_new(const struct cpl_tls *t)
    __attribute__((warn_unused_result));
void cpl_tls_info_free(struct cpl_tls_info *info);

#endif
