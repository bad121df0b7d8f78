/* SPDX-License-Identifier: MIT */
#include "sasl_offer.h"

#include <openssl/evp.h>

#include "base64.h"

/* Of the whole of an offer: more than the lists that a stream may have. */
#define TEXT_MAX (64 * 1024)

/* Neither can be in a name, as XML has neither. */
#define BETWEEN_NAMES '\x1e'
#define BETWEEN_LISTS '\x1f'

/* A list, which is in the order of RFC 4790 9.3 ("i;octet") already. */
static int add_list(struct cpl_buf *out, const char *list)
{
	int r = 0;

	for (; *list && r == 0; list++)
		if (*list != ' ')
			r = cpl_buf_addc(out, *list);
		else if (list[1])
			r = cpl_buf_addc(out, BETWEEN_NAMES);
	return r;
}

/* XEP-0474 4.1. An element that names no type advertises none: ejabberd sends
 * such a one, and leaves the list out of its hash. */
int cpl_sasl_offer_hash(const struct cpl_sasl_offer *offer, const char *digest,
			struct cpl_buf *out)
{
	struct cpl_buf text = CPL_BUF_INIT(TEXT_MAX);
	const EVP_MD *md = EVP_get_digestbyname(digest);
	unsigned char hash[EVP_MAX_MD_SIZE];
	unsigned n = 0;
	int ok;

	ok = md && add_list(&text, offer->mechanisms) == 0;
	if (ok && offer->bindings && *offer->bindings)
		ok = cpl_buf_addc(&text, BETWEEN_LISTS) == 0 &&
		     add_list(&text, offer->bindings) == 0;
	ok = ok &&
	     EVP_Digest(text.data ? text.data : "", text.len, hash, &n, md,
			NULL) == 1 &&
	     cpl_base64_encode(out, hash, n) == 0;
	cpl_buf_release(&text);
	return ok ? 0 : -1;
}
