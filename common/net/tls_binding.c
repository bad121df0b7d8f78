/* SPDX-License-Identifier: MIT */
#include "tls_impl.h"

#include <openssl/err.h>
#include <openssl/x509.h>

#define EXPORTER_BYTES 32

/* RFC 9266 2: the context is an empty string, which in TLS 1.2 is not the
 * same as none. Before TLS 1.3 two connections may share a master secret unless
 * it is an extended one (RFC 9266 4.2, RFC 7627). */
static int exporter(SSL *ssl, unsigned char *out)
{
	static const char label[] = "EXPORTER-Channel-Binding";
	static const unsigned char empty[1];

	if (SSL_version(ssl) < TLS1_3_VERSION &&
	    SSL_get_extms_support(ssl) != 1)
		return -1;
	if (SSL_export_keying_material(ssl, out, EXPORTER_BYTES, label,
				       sizeof label - 1, empty, 0, 1) != 1)
		return -1;
	return EXPORTER_BYTES;
}

/* RFC 5929 3.1: the first Finished of the handshake, which is ours, as no
 * session is resumed here and none renegotiated. TLS 1.3 has no such binding
 * (RFC 8446 C.5); before, two connections may have the same one without an
 * extended master secret (RFC 7627 1). */
static int unique(SSL *ssl, unsigned char *out)
{
	size_t n;

	if (SSL_version(ssl) >= TLS1_3_VERSION ||
	    SSL_get_extms_support(ssl) != 1)
		return -1;
	n = SSL_get_finished(ssl, out, CPL_BINDING_BYTES);
	return n > 0 && n <= CPL_BINDING_BYTES ? (int)n : -1;
}

/* RFC 5929 4.1: the certificate hashed with the hash of its own signature,
 * SHA-256 in place of MD5 and SHA-1; not defined where a signature has no
 * such hash (Ed25519). */
static int end_point(const SSL *ssl, unsigned char *out)
{
	X509 *cert = SSL_get0_peer_certificate(ssl);
	int nid = NID_undef;
	const EVP_MD *md;
	unsigned n = 0;

	if (!cert || !X509_get_signature_info(cert, &nid, NULL, NULL, NULL))
		return -1;
	if (nid == NID_md5 || nid == NID_sha1 || nid == NID_md5_sha1)
		nid = NID_sha256;
	md = nid == NID_undef ? NULL : EVP_get_digestbynid(nid);
	if (!md || EVP_MD_get_size(md) > EVP_MAX_MD_SIZE ||
	    X509_digest(cert, md, out, &n) != 1)
		return -1;
	return (int)n;
}

int cpl_tls_binding(struct cpl_tls *t, enum cpl_binding kind,
		    unsigned char out[CPL_BINDING_BYTES])
{
	int n = -1;

	ERR_clear_error();
	if (!t->dead && SSL_is_init_finished(t->ssl)) {
		if (kind == CPL_BIND_EXPORTER)
			n = exporter(t->ssl, out);
		else if (kind == CPL_BIND_UNIQUE)
			n = unique(t->ssl, out);
		else if (kind == CPL_BIND_END_POINT)
			n = end_point(t->ssl, out);
	}
	ERR_clear_error();
	return n;
}
