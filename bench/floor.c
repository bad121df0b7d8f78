/* SPDX-License-Identifier: MIT
 *
 * What every program pays that speaks TLS with this machine's OpenSSL, before
 * it has said a word: the library is loaded, a context made, and that is all.
 */
#include <openssl/ssl.h>

int main(void)
{
	SSL_CTX *ctx = SSL_CTX_new(TLS_client_method());

	SSL_CTX_free(ctx);
	return ctx ? 0 : 70;
}
