/* SPDX-License-Identifier: MIT */
#include "tls_info.h"

#include <openssl/err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "tls_impl.h"

/* 0 where it is no time at all, which is long ago. */
static int64_t seconds(const ASN1_TIME *t)
{
	struct tm tm;

	return ASN1_TIME_to_tm(t, &tm) == 1 ? (int64_t)timegm(&tm) : 0;
}

static void describe_key(X509 *cert, char *out, size_t n)
{
	EVP_PKEY *key = X509_get0_pubkey(cert);
	const char *kind = key ? EVP_PKEY_get0_type_name(key) : NULL;

	snprintf(out, n, "%s %d", kind ? kind : "?",
		 key ? EVP_PKEY_get_bits(key) : 0);
}

static void describe_print(X509 *cert, char *out, size_t n)
{
	unsigned char digest[EVP_MAX_MD_SIZE];
	unsigned bytes = 0;
	size_t len;

	if (X509_digest(cert, EVP_sha256(), digest, &bytes) != 1)
		bytes = 0;
	snprintf(out, n, "sha256:");
	for (unsigned i = 0; i < bytes; i++) {
		len = strlen(out);
		snprintf(out + len, n - len, "%02x", digest[i]);
	}
}

static int describe_names(X509 *cert, struct cpl_tls_certificate *c)
{
	GENERAL_NAMES *all =
	    X509_get_ext_d2i(cert, NID_subject_alt_name, NULL, NULL);
	int n = all ? sk_GENERAL_NAME_num(all) : 0;

	if (n > 0)
		c->names = calloc(n < CPL_TLS_NAMES_MAX ? (size_t)n
							: CPL_TLS_NAMES_MAX,
				  sizeof *c->names);
	for (int i = 0; i < n && c->names; i++) {
		char text[sizeof *c->names];

		if (!cpl_tls_alt_name_text(sk_GENERAL_NAME_value(all, i), text,
					   sizeof text))
			continue;
		if (c->name_count < CPL_TLS_NAMES_MAX)
			memcpy(c->names[c->name_count++], text, sizeof text);
		else
			c->names_left++;
	}
	GENERAL_NAMES_free(all);
	return n > 0 && !c->names ? -1 : 0;
}

static void describe(X509 *cert, struct cpl_tls_certificate *c)
{
	cpl_tls_name_text(X509_get_subject_name(cert), c->subject,
			  sizeof c->subject);
	cpl_tls_name_text(X509_get_issuer_name(cert), c->issuer,
			  sizeof c->issuer);
	describe_key(cert, c->key, sizeof c->key);
	describe_print(cert, c->fingerprint, sizeof c->fingerprint);
	c->from = seconds(X509_get0_notBefore(cert));
	c->until = seconds(X509_get0_notAfter(cert));
}

/* Of the certificates that the trust stands on, which ends first. */
static void find_end(const struct cpl_tls *t, struct cpl_tls_info *info)
{
	STACK_OF(X509) *chain = t->pinned || t->untrusted.status != CPL_OK
				    ? NULL
				    : SSL_get0_verified_chain(t->ssl);

	info->ends = info->chain[0].until;
	memcpy(info->ending, info->chain[0].subject, sizeof info->ending);
	for (int i = 0; chain && i < sk_X509_num(chain); i++) {
		X509 *cert = sk_X509_value(chain, i);
		int64_t until = seconds(X509_get0_notAfter(cert));

		if (until >= info->ends)
			continue;
		info->ends = until;
		cpl_tls_name_text(X509_get_subject_name(cert), info->ending,
				  sizeof info->ending);
	}
}

struct cpl_tls_info *cpl_tls_info_new(const struct cpl_tls *t)
{
	struct cpl_tls_info *info = calloc(1, sizeof *info);
	STACK_OF(X509) *chain = SSL_get_peer_cert_chain(t->ssl);
	int n = chain ? sk_X509_num(chain) : 0;

	if (!info)
		return NULL;
	info->version = SSL_get_version(t->ssl);
	info->cipher = SSL_CIPHER_get_name(SSL_get_current_cipher(t->ssl));
	info->untrusted = t->untrusted;
	for (int i = 0; i < n && i < CPL_TLS_CHAIN_MAX; i++)
		describe(sk_X509_value(chain, i), &info->chain[info->count++]);
	info->left = (size_t)n - info->count;
	if (n > 0 && describe_names(sk_X509_value(chain, 0), &info->chain[0])) {
		cpl_tls_info_free(info);
		info = NULL;
	} else if (n > 0) {
		find_end(t, info);
	}
	ERR_clear_error();
	return info;
}

void cpl_tls_info_free(struct cpl_tls_info *info)
{
	if (!info)
		return;
	for (size_t i = 0; i < info->count; i++)
		free(info->chain[i].names);
	free(info);
}
