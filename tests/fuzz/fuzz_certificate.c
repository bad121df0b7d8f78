/* SPDX-License-Identifier: MIT
 *
 * A server's certificate, DER: whom it is for, whether that is believed, and
 * what is said of it, which no terminal obeys. The first byte: bit 0 its issuer
 * is trusted, 1 it has to have a fingerprint, 2 it is only looked at. */
#include <openssl/x509.h>

#include "../../common/net/tls_impl.h"
#include "fuzz.h"

/* What is said goes to a terminal. */
static void check_text(const char *text, size_t room)
{
	MUST(memchr(text, '\0', room) != NULL);
	for (; *text; text++)
		MUST((unsigned char)*text >= 0x20 && *text != 0x7f);
}

static void check_names(X509 *cert)
{
	GENERAL_NAMES *names =
	    X509_get_ext_d2i(cert, NID_subject_alt_name, NULL, NULL);
	char text[256];

	cpl_tls_name_text(X509_get_subject_name(cert), text, sizeof text);
	check_text(text, sizeof text);
	for (int i = 0; i < sk_GENERAL_NAME_num(names); i++)
		if (cpl_tls_alt_name_text(sk_GENERAL_NAME_value(names, i), text,
					  sizeof text))
			check_text(text, sizeof text);
	GENERAL_NAMES_free(names);
}

static void verify(X509 *cert, uint8_t how)
{
	static char domain[] = "capulet.lit";
	struct cpl_tls t = {
	    .domain = domain,
	    .jid_domain = domain,
	    .pinned = how >> 1 & 1,
	    .observe = how >> 2 & 1,
	};
	X509_STORE *trusted = X509_STORE_new();
	X509_STORE_CTX *ctx = X509_STORE_CTX_new();
	int believed;

	MUST(trusted && ctx);
	X509_STORE_set_flags(trusted, X509_V_FLAG_PARTIAL_CHAIN);
	if (how & 1)
		MUST(X509_STORE_add_cert(trusted, cert) == 1);
	MUST(X509_STORE_CTX_init(ctx, trusted, cert, NULL) == 1);
	believed = cpl_tls_verify(ctx, &t);
	/* Nobody is believed without reason. */
	if (!(how & 1) || t.pinned)
		MUST(!believed || t.observe);
	if (!believed)
		MUST(t.why.status == CPL_PROTOCOL && t.why.text[0]);
	check_text(t.why.text, sizeof t.why.text);
	check_text(t.untrusted.text, sizeof t.untrusted.text);
	X509_STORE_CTX_free(ctx);
	X509_STORE_free(trusted);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const unsigned char *p = data + 1;
	X509 *cert;

	if (size < 1)
		return 0;
	cert = d2i_X509(NULL, &p, (long)size - 1);
	if (cert) {
		check_names(cert);
		verify(cert, data[0]);
	}
	X509_free(cert);
	(void)cpl_tls_queue_text();
	return 0;
}
