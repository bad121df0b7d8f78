/* SPDX-License-Identifier: MIT */
#include "tls_impl.h"

#include <openssl/crypto.h>
#include <openssl/err.h>
#include <string.h>
#include <strings.h>

#include "addr.h"

#define NAMES_SHOWN 4

/* What a certificate says of itself, fit for a message. */
static void text_of(const unsigned char *p, int len, char *out, size_t n)
{
	size_t i = 0;

	for (; i < (size_t)len && i < n - 1; i++)
		out[i] = (char)(p[i] > 0x20 && p[i] < 0x7f ? p[i] : '?');
	out[i] = '\0';
}

/* RFC 2253's form, without bytes that a terminal obeys. */
void cpl_tls_name_text(const X509_NAME *name, char *out, size_t n)
{
	BIO *bio = BIO_new(BIO_s_mem());
	char *data = NULL;
	long len = 0;

	if (bio && X509_NAME_print_ex(bio, name, 0, XN_FLAG_RFC2253) >= 0)
		len = BIO_get_mem_data(bio, &data);
	snprintf(out, n, "%.*s", len > 0 ? (int)len : 0, data ? data : "");
	BIO_free(bio);
}

static void date_text(const ASN1_TIME *t, char *out, size_t n)
{
	struct tm tm;

	if (ASN1_TIME_to_tm(t, &tm) != 1 || !strftime(out, n, "%Y-%m-%d", &tm))
		snprintf(out, n, "?");
}

/* Whether an otherName is the domain's: SRV-ID (RFC 4985, both services:
 * XEP-0368 shares the certificate) or XmppAddr (RFC 6120 13.7.1.4). */
static int other_name_is(const OTHERNAME *other, const char *domain,
			 const char *jid_domain)
{
	static const char *const services[] = {"_xmpp-client.",
					       "_xmpps-client."};
	int nid = OBJ_obj2nid(other->type_id);
	const char *s;
	size_t len;

	if (nid == NID_XmppAddr && other->value->type == V_ASN1_UTF8STRING) {
		const ASN1_STRING *v = other->value->value.utf8string;

		s = (const char *)ASN1_STRING_get0_data(v);
		len = (size_t)ASN1_STRING_length(v);
		return (len == strlen(jid_domain) &&
			!strncasecmp(s, jid_domain, len)) ||
		       (len == strlen(domain) && !strncasecmp(s, domain, len));
	}
	if (nid != NID_SRVName || other->value->type != V_ASN1_IA5STRING)
		return 0;
	s = (const char *)ASN1_STRING_get0_data(other->value->value.ia5string);
	len = (size_t)ASN1_STRING_length(other->value->value.ia5string);
	for (size_t i = 0; i < 2; i++) {
		size_t prefix = strlen(services[i]);

		if (len == prefix + strlen(domain) &&
		    !strncasecmp(s, services[i], prefix) &&
		    !strncasecmp(s + prefix, domain, len - prefix))
			return 1;
	}
	return 0;
}

/* RFC 6125 6 and RFC 6120 13.7.1.2; a common name never counts. */
static int names_domain(X509 *cert, const char *domain, const char *jid_domain)
{
	const unsigned flags = X509_CHECK_FLAG_NEVER_CHECK_SUBJECT |
			       X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS;
	struct cpl_addr literal;
	GENERAL_NAMES *names;
	int found = 0;

	if (cpl_addr_literal(domain, &literal)) {
		if (literal.u.any.sa_family == AF_INET)
			return X509_check_ip(
				   cert,
				   (unsigned char *)&literal.u.v4.sin_addr, 4,
				   flags) == 1;
		return X509_check_ip(cert,
				     (unsigned char *)&literal.u.v6.sin6_addr,
				     16, flags) == 1;
	}
	if (X509_check_host(cert, domain, 0, flags, NULL) == 1)
		return 1;
	names = X509_get_ext_d2i(cert, NID_subject_alt_name, NULL, NULL);
	for (int i = 0; !found && i < sk_GENERAL_NAME_num(names); i++) {
		const GENERAL_NAME *g = sk_GENERAL_NAME_value(names, i);

		if (g->type == GEN_OTHERNAME)
			found =
			    other_name_is(g->d.otherName, domain, jid_domain);
	}
	GENERAL_NAMES_free(names);
	return found;
}

/* One alternative name in words; 0 for a kind that is of no interest. */
int cpl_tls_alt_name_text(const GENERAL_NAME *g, char *out, size_t n)
{
	const ASN1_STRING *s = NULL;

	if (g->type == GEN_DNS) {
		s = g->d.dNSName;
	} else if (g->type == GEN_IPADD) {
		const unsigned char *ip = ASN1_STRING_get0_data(g->d.iPAddress);
		int len = ASN1_STRING_length(g->d.iPAddress);
		struct cpl_addr a;

		if (len != 4 && len != 16)
			return 0;
		cpl_addr_make(&a, len == 4 ? AF_INET : AF_INET6, ip);
		cpl_addr_bare_text(&a, out, n);
		return 1;
	} else if (g->type == GEN_OTHERNAME) {
		const ASN1_TYPE *v = g->d.otherName->value;
		int nid = OBJ_obj2nid(g->d.otherName->type_id);

		if (nid == NID_XmppAddr && v->type == V_ASN1_UTF8STRING)
			s = v->value.utf8string;
		if (nid == NID_SRVName && v->type == V_ASN1_IA5STRING)
			s = v->value.ia5string;
	}
	if (s)
		text_of(ASN1_STRING_get0_data(s), ASN1_STRING_length(s), out,
			n);
	return s != NULL;
}

/* "a.lit, b.lit and 3 more"; "" when there is no name. */
static void alt_names_text(X509 *cert, char *out, size_t n)
{
	GENERAL_NAMES *names =
	    X509_get_ext_d2i(cert, NID_subject_alt_name, NULL, NULL);
	size_t len = 0;
	int known = 0;

	*out = '\0';
	for (int i = 0; i < sk_GENERAL_NAME_num(names); i++) {
		char one[100];

		if (!cpl_tls_alt_name_text(sk_GENERAL_NAME_value(names, i), one,
					   sizeof one) ||
		    ++known > NAMES_SHOWN)
			continue;
		snprintf(out + len, n - len, "%s%s", known > 1 ? ", " : "",
			 one);
		len = strlen(out);
	}
	if (known > NAMES_SHOWN)
		snprintf(out + len, n - len, " and %d more",
			 known - NAMES_SHOWN);
	GENERAL_NAMES_free(names);
}

/* What a message calls the certificate: its subject, else its first name. */
static void subject_text(X509 *cert, char *out, size_t n)
{
	cpl_tls_name_text(X509_get_subject_name(cert), out, n);
	if (!*out)
		alt_names_text(cert, out, n);
}

/* The text for a chain that was refused, about one certificate of it. */
static void explain_chain(struct cpl_tls *t, X509_STORE_CTX *store)
{
	X509 *leaf = X509_STORE_CTX_get0_cert(store);
	X509 *bad = X509_STORE_CTX_get_current_cert(store);
	int error = X509_STORE_CTX_get_error(store);
	char subject[200], other[200], which[440], date[32] = "";

	if (!bad)
		bad = leaf;
	subject_text(leaf, subject, sizeof subject);
	snprintf(which, sizeof which, "%s: certificate of '%s'", t->domain,
		 subject);
	if (bad != leaf && X509_cmp(bad, leaf) != 0) {
		subject_text(bad, other, sizeof other);
		snprintf(which, sizeof which,
			 "%s: certificate of '%s': its authority '%s'",
			 t->domain, subject, other);
	}
	switch (error) {
	case X509_V_ERR_CERT_HAS_EXPIRED:
		date_text(X509_get0_notAfter(bad), date, sizeof date);
		cpl_err_set(&t->why, CPL_PROTOCOL, "%s has expired on %s",
			    which, date);
		return;
	case X509_V_ERR_CERT_NOT_YET_VALID:
		date_text(X509_get0_notBefore(bad), date, sizeof date);
		cpl_err_set(&t->why, CPL_PROTOCOL, "%s is not valid before %s",
			    which, date);
		return;
	case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
		cpl_err_set(&t->why, CPL_PROTOCOL, "%s is self-signed", which);
		return;
	case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
	case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
	case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
	case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
		cpl_tls_name_text(X509_get_issuer_name(bad), other,
				  sizeof other);
		cpl_err_set(&t->why, CPL_PROTOCOL,
			    "%s: certificate of '%s' is signed by an unknown "
			    "authority '%s'",
			    t->domain, subject, other);
		return;
	case X509_V_ERR_INVALID_PURPOSE:
		cpl_err_set(&t->why, CPL_PROTOCOL,
			    bad == leaf ? "%s is not one for a server"
					: "%s may not sign for servers",
			    which);
		return;
	case X509_V_ERR_INVALID_CA:
		cpl_err_set(&t->why, CPL_PROTOCOL,
			    "%s is not an authority at all", which);
		return;
	default:
		cpl_err_set(&t->why, CPL_PROTOCOL, "%s is not acceptable: %s",
			    which, X509_verify_cert_error_string(error));
	}
}

static void explain_name(struct cpl_tls *t, X509 *cert)
{
	char subject[200], names[440];

	subject_text(cert, subject, sizeof subject);
	alt_names_text(cert, names, sizeof names);
	if (*names)
		cpl_err_set(&t->why, CPL_PROTOCOL,
			    "certificate of '%s' is for %s, not for %s",
			    subject, names, t->domain);
	else
		cpl_err_set(&t->why, CPL_PROTOCOL,
			    "certificate of '%s' names no domain (a common "
			    "name is none), so it is not for %s",
			    subject, t->domain);
}

/* The fingerprint of the certificate itself, RFC 7469's key is not meant. */
static int check_pin(struct cpl_tls *t, X509 *cert)
{
	unsigned char seen[EVP_MAX_MD_SIZE];
	char subject[200], hex[2 * CPL_TLS_PIN_BYTES + 1];
	unsigned n = 0;

	if (X509_digest(cert, EVP_sha256(), seen, &n) != 1 ||
	    n != CPL_TLS_PIN_BYTES) {
		cpl_err_set(&t->why, CPL_SYSTEM, "OpenSSL: %s",
			    cpl_tls_queue_text());
		return 0;
	}
	if (CRYPTO_memcmp(seen, t->pin, n) == 0)
		return 1;
	for (unsigned i = 0; i < n; i++)
		snprintf(hex + (size_t)2 * i, 3, "%02x", seen[i]);
	subject_text(cert, subject, sizeof subject);
	cpl_err_set(&t->why, CPL_PROTOCOL,
		    "%s: certificate of '%s' has the fingerprint sha256:%s, "
		    "not the one asked for",
		    t->domain, subject, hex);
	return 0;
}

static int verify(X509_STORE_CTX *store, struct cpl_tls *t)
{
	X509 *cert = X509_STORE_CTX_get0_cert(store);
	int error = X509_V_ERR_APPLICATION_VERIFICATION, ok;

	t->why.status = CPL_OK;
	if (!cert) {
		cpl_err_set(&t->why, CPL_PROTOCOL,
			    "%s: the server sent no certificate", t->domain);
		ok = 0;
	} else if (t->pinned) {
		ok = check_pin(t, cert);
	} else if (X509_verify_cert(store) != 1) {
		explain_chain(t, store);
		return 0; /* the error, hence the alert, is set already */
	} else {
		ok = names_domain(cert, t->domain, t->jid_domain);
		error = X509_V_ERR_HOSTNAME_MISMATCH;
		if (!ok)
			explain_name(t, cert);
	}
	X509_STORE_CTX_set_error(store, ok ? X509_V_OK : error);
	return ok;
}

int cpl_tls_verify(X509_STORE_CTX *store, void *arg)
{
	struct cpl_tls *t = arg;

	if (verify(store, t))
		return 1;
	if (!t->observe)
		return 0;
	t->untrusted = t->why;
	t->why.status = CPL_OK;
	return 1;
}
