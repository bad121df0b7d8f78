/* SPDX-License-Identifier: MIT */
#include "tls_impl.h"

/* OpenSSL reads and writes the socket by itself, in the handshake above all:
 * what passes there is seen at its BIO alone. */
static long on_socket(BIO *bio, int operation, const char *data, size_t len,
		      int argi, long argl, int result, size_t *done)
{
	struct cpl_timing *t = (struct cpl_timing *)BIO_get_callback_arg(bio);

	(void)data, (void)len, (void)argi, (void)argl;
	if (result <= 0 || !done || *done == 0)
		return result;
	if (operation == (BIO_CB_READ | BIO_CB_RETURN))
		cpl_timing_in(t);
	else if (operation == (BIO_CB_WRITE | BIO_CB_RETURN))
		cpl_timing_out(t);
	return result;
}

void cpl_tls_timing(struct cpl_tls *t, struct cpl_timing *timing)
{
	/* one BIO for both directions */
	BIO *bio = SSL_get_rbio(t->ssl);

	BIO_set_callback_arg(bio, (char *)timing);
	BIO_set_callback_ex(bio, timing ? on_socket : NULL);
}
