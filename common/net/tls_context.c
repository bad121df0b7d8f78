/* SPDX-License-Identifier: MIT */
#include "tls_impl.h"

#include <dirent.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../base/num.h"
#include "../base/private.h"

void cpl_tls_spare(int texts)
{
	uint64_t options = OPENSSL_INIT_NO_ATEXIT;

	if (!texts)
		options |= OPENSSL_INIT_NO_LOAD_CRYPTO_STRINGS;
	OPENSSL_init_crypto(options, NULL);
}

int cpl_tls_parse_pin(const char *text, unsigned char out[CPL_TLS_PIN_BYTES],
		      struct cpl_err *e)
{
	const char *p = text;
	size_t n = 0;

	if (!strncasecmp(p, "sha256:", 7))
		for (p += 7; n < CPL_TLS_PIN_BYTES; n++) {
			int high = cpl_num_hex(p[0]);
			int low = high < 0 ? -1 : cpl_num_hex(p[1]);

			if (low < 0)
				break;
			out[n] = (unsigned char)(high << 4 | low);
			p += 2;
			if (*p == ':' && p[1])
				p++;
		}
	if (n == CPL_TLS_PIN_BYTES && !*p)
		return 0;
	return cpl_err_set(e, CPL_USAGE,
			   "fingerprint '%.120s' is not of the form sha256:HEX "
			   "with 64 hexadecimal digits",
			   text);
}

const char *cpl_tls_queue_text(void)
{
	unsigned long code = ERR_get_error();
	const char *text = NULL;

	if (code && ERR_SYSTEM_ERROR(code))
		text = "a system call failed";
	/* The first is the cause; where it has no text (cpl_tls_spare()) one
	 * behind it says what came of it. */
	for (; code && !text; code = ERR_get_error())
		text = ERR_reason_error_string(code);
	ERR_clear_error();
	return text ? text : "unknown reason";
}

/* Whether the folder is one that OpenSSL can search: its files are named by
 * the hash of a subject, 8 hexadecimal digits and a number (c_rehash). */
static int is_hashed_dir(const char *path)
{
	const struct dirent *entry;
	DIR *dir = opendir(path);
	int found = 0;

	if (!dir)
		return 0;
	while (!found && (entry = readdir(dir))) {
		size_t hex = strspn(entry->d_name, "0123456789abcdef");

		found = hex == 8 && entry->d_name[8] == '.' &&
			entry->d_name[9] >= '0' && entry->d_name[9] <= '9';
	}
	closedir(dir);
	return found;
}

/* The system's authorities, by OpenSSL's two variables and defaults; but the
 * bundle is parsed only where the folder cannot be searched on demand: it
 * costs 25 ms of processor time in every process. */
static void use_system_authorities(SSL_CTX *ctx, const struct cpl_log *log)
{
	const char *file = getenv(X509_get_default_cert_file_env());
	const char *dir = getenv(X509_get_default_cert_dir_env());
	int ok = 1;

	if (file)
		ok = SSL_CTX_load_verify_file(ctx, file);
	if (!ok)
		cpl_log(log, CPL_LOG_INFO,
			"%s: no certificate authority could be read", file);
	if (dir)
		SSL_CTX_load_verify_dir(ctx, dir);
	else if (is_hashed_dir(X509_get_default_cert_dir()))
		SSL_CTX_load_verify_dir(ctx, X509_get_default_cert_dir());
	else if (!file)
		SSL_CTX_set_default_verify_paths(ctx);
	ERR_clear_error(); /* nothing found: no server will be believed */
}

static int use_authorities(SSL_CTX *ctx, const char *file, struct cpl_err *e)
{
	if (access(file, R_OK) < 0)
		return cpl_err_errno(e, CPL_CONFIG, "%s", file);
	if (!SSL_CTX_load_verify_file(ctx, file)) {
		ERR_clear_error();
		return cpl_err_set(e, CPL_CONFIG,
				   "%s: holds no certificate in PEM form",
				   file);
	}
	/* what the user names is trusted though it be no root */
	X509_VERIFY_PARAM_set_flags(SSL_CTX_get0_param(ctx),
				    X509_V_FLAG_PARTIAL_CHAIN);
	return 0;
}

/* A key that needs a passphrase is not supported: OpenSSL would ask for it on
 * the terminal. */
static int no_passphrase(char *buf, int size, int rwflag, void *user)
{
	(void)buf, (void)size, (void)rwflag;
	*(int *)user = 1;
	return -1;
}

/* What others can read is no secret any more. */
static int check_key_file(const char *file, const struct cpl_log *log,
			  struct cpl_err *e)
{
	struct stat st;

	if (stat(file, &st) < 0 || access(file, R_OK) < 0)
		return cpl_err_errno(e, CPL_CONFIG, "%s", file);
	return cpl_private_judge(&st, file, "a private key", log, e);
}

static int use_certificate(SSL_CTX *ctx, const char *cert, const char *key,
			   const struct cpl_log *log, struct cpl_err *e)
{
	int encrypted = 0, ok;

	if (!key)
		key = cert;
	if (access(cert, R_OK) < 0)
		return cpl_err_errno(e, CPL_CONFIG, "%s", cert);
	if (check_key_file(key, log, e) < 0)
		return -1;
	if (SSL_CTX_use_certificate_chain_file(ctx, cert) != 1)
		return cpl_err_set(e, CPL_CONFIG,
				   "%s: holds no usable certificate: %s", cert,
				   cpl_tls_queue_text());
	SSL_CTX_set_default_passwd_cb(ctx, no_passphrase);
	SSL_CTX_set_default_passwd_cb_userdata(ctx, &encrypted);
	ok = SSL_CTX_use_PrivateKey_file(ctx, key, SSL_FILETYPE_PEM) == 1;
	SSL_CTX_set_default_passwd_cb_userdata(ctx, NULL);
	if (!ok && encrypted) {
		ERR_clear_error();
		return cpl_err_set(e, CPL_CONFIG,
				   "%s: the private key has a passphrase, "
				   "which is not supported",
				   key);
	}
	if (!ok)
		return cpl_err_set(e, CPL_CONFIG,
				   "%s: holds no usable private key for %s: %s",
				   key, cert, cpl_tls_queue_text());
	return 0;
}

SSL_CTX *cpl_tls_context(const struct cpl_tls_conf *conf,
			 const struct cpl_log *log, struct cpl_err *e)
{
	SSL_CTX *ctx;

	ERR_clear_error();
	ctx = SSL_CTX_new(TLS_client_method());
	if (!ctx || SSL_CTX_set_min_proto_version(ctx, TLS1_2_VERSION) != 1) {
		cpl_err_set(e, CPL_SYSTEM, "OpenSSL: %s", cpl_tls_queue_text());
		goto fail;
	}
	/* nothing is resumed, so tickets are neither asked for nor kept */
	SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_OFF);
	SSL_CTX_set_options(ctx, SSL_OP_NO_TICKET | SSL_OP_NO_RENEGOTIATION |
				     SSL_OP_NO_COMPRESSION);
	SSL_CTX_set_mode(ctx, SSL_MODE_ENABLE_PARTIAL_WRITE |
				  SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
	if (conf->ca_file && use_authorities(ctx, conf->ca_file, e) < 0)
		goto fail;
	if (!conf->ca_file && !conf->fingerprint)
		use_system_authorities(ctx, log);
	if (conf->client_cert && use_certificate(ctx, conf->client_cert,
						 conf->client_key, log, e) < 0)
		goto fail;
	return ctx;
fail:
	SSL_CTX_free(ctx);
	return NULL;
}
