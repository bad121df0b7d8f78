/* SPDX-License-Identifier: MIT */
#include "scram.h"

#include <openssl/crypto.h>
#include <openssl/hmac.h>
#include <string.h>

#include "../base/limits.h"
#include "base64.h"

/* A server-first-message, in pieces of the caller's text. */
struct server_first {
	const char *nonce;
	size_t nonce_len;
	const char *salt;
	size_t salt_len;
	long iterations;
};

static int bad(struct cpl_err *e, const char *what)
{
	cpl_err_set(e, CPL_PROTOCOL, "SCRAM: %s", what);
	return -1;
}

int cpl_scram_first(struct cpl_scram *s, const struct cpl_scram_conf *conf,
		    struct cpl_buf *out, struct cpl_err *e)
{
	int ok;

	s->md = EVP_get_digestbyname(conf->hash);
	if (!s->md)
		return cpl_err_set(e, CPL_INTERNAL, "OpenSSL has no %s",
				   conf->hash);
	s->size = (size_t)EVP_MD_get_size(s->md);
	cpl_buf_init(&s->first_bare, 8192);
	cpl_buf_init(&s->auth, 32768);
	s->signed_ = 0;
	ok = cpl_buf_adds(&s->first_bare, "n=") == 0;
	/* RFC 5802 5.1: "," and "=" of a name are written =2C and =3D. */
	for (const char *p = conf->user; ok && *p; p++)
		ok = (*p == ','   ? cpl_buf_adds(&s->first_bare, "=2C")
		      : *p == '=' ? cpl_buf_adds(&s->first_bare, "=3D")
				  : cpl_buf_addc(&s->first_bare, *p)) == 0;
	ok = ok && cpl_buf_addf(&s->first_bare, ",r=%s", conf->nonce) == 0 &&
	     cpl_buf_adds(out, conf->gs2) == 0 &&
	     cpl_buf_add(out, s->first_bare.data, s->first_bare.len) == 0;
	return ok ? 0 : cpl_err_nomem(e);
}

/* One attribute "KEY=value" at *p, up to the comma or end; *p moves behind. */
static const char *attribute(const char **p, const char *end, char key,
			     size_t *len)
{
	const char *value, *comma;

	if (end - *p < 2 || (*p)[0] != key || (*p)[1] != '=')
		return NULL;
	value = *p + 2;
	comma = memchr(value, ',', (size_t)(end - value));
	*len = (size_t)((comma ? comma : end) - value);
	*p = comma ? comma + 1 : end;
	return value;
}

long cpl_scram_iterations(const char *p, size_t len, struct cpl_err *e)
{
	long n = len == 0 || len > 10 ? -1 : 0;

	for (size_t i = 0; i < len && n >= 0; i++)
		n = p[i] < '0' || p[i] > '9' ? -1 : n * 10 + (p[i] - '0');
	if (n >= CPL_SCRAM_ITERATIONS_MIN && n <= CPL_SCRAM_ITERATIONS_MAX)
		return n;
	return cpl_err_set(e, CPL_PROTOCOL,
			   "SCRAM: the server asks for %.*s "
			   "iterations, allowed are %d to %d",
			   (int)(len > 20 ? 20 : len), p,
			   CPL_SCRAM_ITERATIONS_MIN, CPL_SCRAM_ITERATIONS_MAX);
}

static int is_text(const char *p, size_t len, const char *text)
{
	return len == strlen(text) && memcmp(p, text, len) == 0;
}

/* RFC 5802 7: what follows the iteration count are extensions that may be
 * ignored. Those that we know have to be right each time that they are there.
 * XEP-0474 4.2: h= is the server's own account of its offer. Drafts before
 * version 0.4 had d= in its place, of names joined by what a name may have in
 * it, and ejabberd hashed more into it than it offered: it proves nothing.
 * XEP-0515 4.2: t= is the version of TLS at the server's end. */
static int check_extensions(struct cpl_scram *s,
			    const struct cpl_scram_conf *conf, const char *p,
			    const char *end, struct cpl_err *e)
{
	while (p < end) {
		const char *hash, *version;
		size_t n;

		hash = attribute(&p, end, 'h', &n);
		if (hash && conf->offer_hash) {
			if (!is_text(hash, n, conf->offer_hash))
				return bad(e, "somebody in between changed "
					      "what the server offers "
					      "(XEP-0474)");
			s->proved = 1;
		}
		if (hash)
			continue;
		version = attribute(&p, end, 't', &n);
		if (version && conf->tls_version &&
		    !is_text(version, n, conf->tls_version))
			return bad(e, "somebody in between speaks another "
				      "version of TLS with the server "
				      "(XEP-0515)");
		if (version)
			continue;
		p = memchr(p, ',', (size_t)(end - p));
		p = p ? p + 1 : end;
	}
	return 0;
}

/* RFC 5802 7, server-first-message; m= may not be ignored, and comes first. */
static int parse_first(struct cpl_scram *s, const struct cpl_scram_conf *conf,
		       struct server_first *f, const char *p, size_t len,
		       struct cpl_err *e)
{
	const char *end = p + len;
	const char *count;
	size_t count_len;

	if (len > 1 && p[0] == 'm')
		return bad(e, "the server demands an unknown extension");
	f->nonce = attribute(&p, end, 'r', &f->nonce_len);
	f->salt = f->nonce ? attribute(&p, end, 's', &f->salt_len) : NULL;
	count = f->salt ? attribute(&p, end, 'i', &count_len) : NULL;
	if (!count)
		return bad(e, "the server's first message is malformed");
	f->iterations = cpl_scram_iterations(count, count_len, e);
	if (f->iterations < 0)
		return -1;
	return check_extensions(s, conf, p, end, e);
}

static int hmac(const struct cpl_scram *s, const unsigned char *key,
		const void *data, size_t len, unsigned char *out)
{
	unsigned int n;

	return HMAC(s->md, key, (int)s->size, data, len, out, &n) ? 0 : -1;
}

/* RFC 5802 3: the client's proof, and the server's signature to expect. */
static int derive(struct cpl_scram *s, const struct cpl_scram_conf *conf,
		  const struct cpl_buf *salt, long iterations,
		  unsigned char *proof)
{
	unsigned char salted[EVP_MAX_MD_SIZE], key[EVP_MAX_MD_SIZE];
	unsigned char stored[EVP_MAX_MD_SIZE], signature[EVP_MAX_MD_SIZE];
	int ok;

	ok = PKCS5_PBKDF2_HMAC(conf->password, (int)conf->password_len,
			       (const unsigned char *)salt->data,
			       (int)salt->len, (int)iterations, s->md,
			       (int)s->size, salted) == 1 &&
	     hmac(s, salted, "Client Key", 10, key) == 0 &&
	     EVP_Digest(key, s->size, stored, NULL, s->md, NULL) == 1 &&
	     hmac(s, stored, s->auth.data, s->auth.len, signature) == 0;
	for (size_t i = 0; ok && i < s->size; i++)
		proof[i] = key[i] ^ signature[i];
	ok = ok && hmac(s, salted, "Server Key", 10, key) == 0 &&
	     hmac(s, key, s->auth.data, s->auth.len, s->server_signature) == 0;
	s->signed_ = ok;
	OPENSSL_cleanse(salted, sizeof salted);
	OPENSSL_cleanse(key, sizeof key);
	OPENSSL_cleanse(stored, sizeof stored);
	OPENSSL_cleanse(signature, sizeof signature);
	return ok ? 0 : -1;
}

/* client-final-message-without-proof, to out and to the AuthMessage. */
static int without_proof(struct cpl_scram *s, const struct cpl_scram_conf *conf,
			 const char *server_first, size_t len,
			 const struct server_first *f, struct cpl_buf *out)
{
	struct cpl_buf cbind = CPL_BUF_INIT(1024);
	size_t start = out->len;
	int ok;

	ok = cpl_buf_adds(&cbind, conf->gs2) == 0 &&
	     cpl_buf_add(&cbind, conf->binding, conf->binding_len) == 0 &&
	     cpl_buf_adds(out, "c=") == 0 &&
	     cpl_base64_encode(out, cbind.data, cbind.len) == 0 &&
	     cpl_buf_adds(out, ",r=") == 0 &&
	     cpl_buf_add(out, f->nonce, f->nonce_len) == 0 &&
	     cpl_buf_addf(&s->auth, "%s,%.*s,", s->first_bare.data, (int)len,
			  server_first) == 0 &&
	     cpl_buf_add(&s->auth, out->data + start, out->len - start) == 0;
	cpl_buf_release(&cbind);
	return ok ? 0 : -1;
}

int cpl_scram_final(struct cpl_scram *s, const struct cpl_scram_conf *conf,
		    const char *server_first, size_t len, struct cpl_buf *out,
		    struct cpl_err *e)
{
	unsigned char proof[EVP_MAX_MD_SIZE];
	struct cpl_buf salt = CPL_BUF_INIT(1024);
	struct server_first f;
	size_t own = strlen(conf->nonce);
	int r;

	s->proved = 0;
	if (parse_first(s, conf, &f, server_first, len, e) < 0)
		return -1;
	if (conf->must_prove && !s->proved)
		return cpl_err_set(e, CPL_PROTOCOL, "%s", conf->must_prove);
	if (f.nonce_len <= own || memcmp(f.nonce, conf->nonce, own) != 0)
		return bad(e, "the server's nonce does not extend ours");
	r = cpl_base64_decode(&salt, f.salt, f.salt_len);
	if (r != CPL_BASE64_NOMEM && (r < 0 || salt.len == 0))
		r = bad(e, "the server's salt is malformed");
	else if (r == CPL_BASE64_NOMEM ||
		 without_proof(s, conf, server_first, len, &f, out) < 0 ||
		 derive(s, conf, &salt, f.iterations, proof) < 0 ||
		 cpl_buf_adds(out, ",p=") < 0 ||
		 cpl_base64_encode(out, proof, s->size) < 0)
		r = cpl_err_nomem(e);
	cpl_buf_release(&salt);
	OPENSSL_cleanse(proof, sizeof proof);
	return r;
}

int cpl_scram_salted(const char *hash, const char *password,
		     size_t password_len, const struct cpl_buf *salt,
		     long iterations, struct cpl_buf *out)
{
	const EVP_MD *md = EVP_get_digestbyname(hash);
	size_t size = md ? (size_t)EVP_MD_get_size(md) : 0;
	char *room = md ? cpl_buf_room(out, size) : NULL;

	if (!room || PKCS5_PBKDF2_HMAC(password, (int)password_len,
				       (const unsigned char *)salt->data,
				       (int)salt->len, (int)iterations, md,
				       (int)size, (unsigned char *)room) != 1)
		return -1;
	cpl_buf_added(out, size);
	return 0;
}

int cpl_scram_verify(struct cpl_scram *s, const char *server_final, size_t len,
		     struct cpl_err *e)
{
	struct cpl_buf signature = CPL_BUF_INIT(1024);
	const char *p = len > 0 ? server_final : "";
	const char *end = p + len;
	const char *value;
	size_t n;
	int r, ok;

	if (!s->signed_)
		return bad(e, "the server ended the exchange too early");
	value = attribute(&p, end, 'e', &n);
	if (value)
		return cpl_err_set(e, CPL_AUTH, "SCRAM: %.*s",
				   (int)(n > 60 ? 60 : n), value);
	value = attribute(&p, end, 'v', &n);
	r = value ? cpl_base64_decode(&signature, value, n) : -1;
	ok = r == 0 && signature.len == s->size &&
	     CRYPTO_memcmp(signature.data, s->server_signature, s->size) == 0;
	cpl_buf_release(&signature);
	if (r == CPL_BASE64_NOMEM)
		return cpl_err_nomem(e);
	return ok ? 0
		  : bad(e, value ? "the server's signature is wrong: it does "
				   "not know the password"
				 : "the server's signature is missing");
}

void cpl_scram_release(struct cpl_scram *s)
{
	cpl_buf_release(&s->first_bare);
	cpl_buf_release(&s->auth);
	OPENSSL_cleanse(s->server_signature, sizeof s->server_signature);
	s->signed_ = s->proved = 0;
}
