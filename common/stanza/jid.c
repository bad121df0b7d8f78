/* SPDX-License-Identifier: MIT */
#include "jid.h"

#include <arpa/inet.h>
#include <idna.h>
#include <stdlib.h>
#include <string.h>
#include <stringprep.h>

#include "../base/limits.h"
#include "chars.h"
#include "text.h"

/* Preparation may shorten a text (decomposed letters), hardly by more. */
#define RAW_PART_MAX (4 * CPL_JID_PART_MAX)

#define LABEL_MAX 63     /* RFC 1035 2.3.4 */
#define DNS_NAME_MAX 253 /* the same, in text without the final dot */

/* The text of an error is one line: what is quoted is cut to so much. */
#define QUOTED_MAX 64

static int nomem(struct cpl_err *e)
{
	cpl_err_nomem(e);
	return -1;
}

/* "'TEXT' WHY", as CPL_DATA. Returns -1. */
static int refuse(struct cpl_err *e, const char *text, const char *why)
{
	struct cpl_buf clean = CPL_BUF_INIT(3 * QUOTED_MAX);
	struct cpl_buf quoted = CPL_BUF_INIT(12 * QUOTED_MAX);
	size_t len = strlen(text), cut = len;

	if (cut > QUOTED_MAX) {
		cut = QUOTED_MAX;
		while (cut > 0 && ((unsigned char)text[cut] & 0xc0) == 0x80)
			cut--;
	}
	if (cpl_chars_sanitize(&clean, text, cut) < 0 ||
	    cpl_write_field(&quoted, clean.data ? clean.data : "", clean.len) <
		0)
		cpl_err_nomem(e);
	else
		cpl_err_set(e, CPL_DATA, "'%s%s' %s", quoted.data,
			    cut < len ? "..." : "", why);
	cpl_buf_release(&clean);
	cpl_buf_release(&quoted);
	return -1;
}

/* ---- Parts ---- */

struct part {
	const char *name;
	const Stringprep_profile *profile;
	/* Whether an ASCII character needs no look at the profile. */
	int (*plain)(unsigned char c);
};

/* RFC 6122 A.5: nodeprep forbids "&'/:<>@ and space, and lowers letters. */
static int plain_in_local(unsigned char c)
{
	return c > 0x20 && c < 0x7f && !(c >= 'A' && c <= 'Z') &&
	       !strchr("\"&'/:<>@", c);
}

static int plain_in_domain(unsigned char c)
{
	return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' ||
	       c == '.';
}

/* RFC 6122 B.5: all of ASCII but the controls, as it is. */
static int plain_in_resource(unsigned char c)
{
	return c >= 0x20 && c < 0x7f;
}

static int all_plain(const struct part *part, const char *p, size_t n)
{
	while (n > 0 && part->plain((unsigned char)p[n - 1]))
		n--;
	return n == 0;
}

/* Prepares n bytes of text into out (RAW_PART_MAX + 1 bytes). */
static int prepare(const struct part *part, const char *p, size_t n, char *out,
		   const char *text, struct cpl_err *e)
{
	char why[96];
	int rc = STRINGPREP_OK;

	if (n == 0) {
		snprintf(why, sizeof why, "has an empty %s", part->name);
		refuse(e, text, why);
		return -1;
	}
	if (n <= RAW_PART_MAX) {
		memcpy(out, p, n);
		out[n] = '\0';
		if (!all_plain(part, p, n))
			rc =
			    stringprep(out, RAW_PART_MAX + 1, 0, part->profile);
	}
	if (rc == STRINGPREP_MALLOC_ERROR)
		return nomem(e);
	/* RFC 7622 3.2 to 3.4: counted after preparation */
	if (n > RAW_PART_MAX || rc == STRINGPREP_TOO_SMALL_BUFFER ||
	    (rc == STRINGPREP_OK && strlen(out) > CPL_JID_PART_MAX))
		snprintf(why, sizeof why, "has a %s of over %d bytes",
			 part->name, CPL_JID_PART_MAX);
	else if (rc != STRINGPREP_OK)
		snprintf(why, sizeof why,
			 "has a character that a %s must not have", part->name);
	else if (out[0] == '\0')
		snprintf(why, sizeof why, "has an empty %s", part->name);
	else
		return 0;
	refuse(e, text, why);
	return -1;
}

/* ---- Domains ---- */

static const struct part domain_part = {"domain", stringprep_nameprep,
					plain_in_domain};

/* The letters, digits and hyphens of host names; the underscore too, as
 * machines in private networks are named with it. */
static int is_host_char(unsigned char c)
{
	return plain_in_domain(c) || c == '_' || c >= 0x80;
}

/* Labels of 1 to 63 characters of a host name, none begun or ended by a
 * hyphen (RFC 1123 2.1). Says what is wrong, or NULL. */
static const char *bad_labels(const char *domain)
{
	const char *p = domain;

	for (;;) {
		size_t n = strcspn(p, ".");

		if (n == 0)
			return "has an empty label in its domain";
		for (size_t i = 0; i < n; i++)
			if (!is_host_char((unsigned char)p[i]))
				return "has a character that a domain must "
				       "not have";
		if (p[0] == '-' || p[n - 1] == '-')
			return "has a domain label that begins or ends with "
			       "a hyphen";
		if (n > LABEL_MAX)
			return "has a domain label of over 63 bytes";
		if (p[n] == '\0')
			return NULL;
		p += n + 1;
	}
}

static int is_ascii(const char *p)
{
	while (*p && (unsigned char)*p < 0x80)
		p++;
	return *p == '\0';
}

/* RFC 3490 3.1: what stands for a dot after nameprep. */
static void replace_dots(char *domain)
{
	char *p;

	while ((p = strstr(domain, "\xe3\x80\x82"))) {
		*p = '.';
		memmove(p + 1, p + 3, strlen(p + 3) + 1);
	}
}

/* RFC 3490 4.1 on each label; the caller frees *ascii. */
static int to_ascii(const char *domain, char **ascii, const char *text,
		    struct cpl_err *e)
{
	int rc = idna_to_ascii_8z(domain, ascii, IDNA_ALLOW_UNASSIGNED);

	if (rc == IDNA_MALLOC_ERROR)
		return nomem(e);
	if (rc != IDNA_SUCCESS)
		return refuse(e, text, "has a domain that DNS cannot have");
	return 0;
}

/* Whether a domain passes nameprep as it is. One with a label from left to
 * right and one from right to left does not, and stays in A-labels: its
 * U-labels would be no JID. */
static int is_prepared(const char *domain)
{
	char copy[RAW_PART_MAX + 1];

	if (strlen(domain) > RAW_PART_MAX)
		return 0;
	memcpy(copy, domain, strlen(domain) + 1);
	return stringprep(copy, sizeof copy, 0, stringprep_nameprep) ==
		   STRINGPREP_OK &&
	       strcmp(copy, domain) == 0;
}

/* A-labels of the prepared domain become U-labels, in place (size bytes): the
 * form that RFC 7622 3.2 compares. What is no A-label stays as it is. */
static int to_unicode(char *domain, size_t size, const char *text,
		      struct cpl_err *e)
{
	char *unicode = NULL;
	int rc;

	if (!strstr(domain, IDNA_ACE_PREFIX))
		return 0;
	rc = idna_to_unicode_8z8z(domain, &unicode, IDNA_ALLOW_UNASSIGNED);
	if (rc == IDNA_MALLOC_ERROR)
		return nomem(e);
	if (rc != IDNA_SUCCESS)
		return 0;
	if (strlen(unicode) >= size) {
		free(unicode);
		return refuse(e, text, "has a domain of over 1023 bytes");
	}
	if (is_prepared(unicode))
		memcpy(domain, unicode, strlen(unicode) + 1);
	free(unicode);
	return 0;
}

/* "[" IPv6 "]" (RFC 6122 2.2): the inner text into out, 1; else 0. */
static int literal(const char *domain, char *out, size_t size)
{
	struct in6_addr address;
	size_t n = strlen(domain);

	if (n < 3 || n - 2 >= size || domain[0] != '[' || domain[n - 1] != ']')
		return 0;
	memcpy(out, domain + 1, n - 2);
	out[n - 2] = '\0';
	return inet_pton(AF_INET6, out, &address) == 1;
}

static int prepare_domain(const char *p, size_t n, char *out, const char *text,
			  struct cpl_err *e)
{
	char inner[INET6_ADDRSTRLEN], *ascii = NULL;
	/* One final dot means the same name (RFC 7622 3.2). */
	int dot = n > 0 && p[n - 1] == '.';
	const char *wrong;

	if (prepare(&domain_part, p, n - (size_t)dot, out, text, e) < 0)
		return -1;
	if (out[0] == '[')
		return literal(out, inner, sizeof inner)
			   ? 0
			   : refuse(e, text, "is not an IPv6 address");
	replace_dots(out);
	if (!dot && out[strlen(out) - 1] == '.')
		out[strlen(out) - 1] = '\0';
	if (to_unicode(out, CPL_JID_PART_MAX + 1, text, e) < 0)
		return -1;
	if (is_ascii(out)) {
		wrong = bad_labels(out);
	} else {
		if (to_ascii(out, &ascii, text, e) < 0)
			return -1;
		wrong = bad_labels(ascii);
		free(ascii);
	}
	return wrong ? refuse(e, text, wrong) : 0;
}

char *cpl_jid_dns(const char *domain, struct cpl_err *e)
{
	struct in6_addr address;
	char out[RAW_PART_MAX + 1], inner[INET6_ADDRSTRLEN], *ascii = NULL;

	if (inet_pton(AF_INET6, domain, &address) == 1)
		memcpy(out, domain, strlen(domain) + 1);
	else if (cpl_chars_check(domain, strlen(domain), NULL) < 0) {
		refuse(e, domain, "is not UTF-8");
		return NULL;
	} else if (prepare_domain(domain, strlen(domain), out, domain, e) < 0)
		return NULL;
	else if (literal(out, inner, sizeof inner))
		memcpy(out, inner, strlen(inner) + 1);
	else if (!is_ascii(out)) {
		if (to_ascii(out, &ascii, domain, e) < 0)
			return NULL;
	}
	if (strlen(ascii ? ascii : out) > DNS_NAME_MAX) {
		refuse(e, domain, "is over 253 bytes long for DNS");
		free(ascii);
		return NULL;
	}
	if (!ascii && !(ascii = strdup(out)))
		cpl_err_nomem(e);
	return ascii;
}

/* ---- JIDs ---- */

static const struct part local_part = {"localpart", stringprep_xmpp_nodeprep,
				       plain_in_local};
static const struct part resource_part = {
    "resource", stringprep_xmpp_resourceprep, plain_in_resource};

static char *put(char *to, const char *from, size_t n)
{
	memcpy(to, from, n);
	to[n] = '\0';
	return to + n;
}

/* Joins the prepared parts ("" for none) in one block: "local", the bare JID,
 * which ends with the domain, and the full one, which ends with the resource.
 */
static int join(struct cpl_jid *out, const char *local, const char *domain,
		const char *resource, struct cpl_err *e)
{
	size_t l = strlen(local), d = strlen(domain), r = strlen(resource);
	char *p = malloc(3 * (l + 1) + 2 * (d + 1) + r + 1);

	if (!p)
		return nomem(e);
	out->block = p;
	out->local = l ? p : NULL;
	p = put(p, local, l) + 1;

	out->bare = p;
	p = put(put(p, local, l), "@", l > 0);
	out->domain = p;
	p = put(p, domain, d) + 1;

	out->full = p;
	p = put(p, out->bare, strlen(out->bare));
	p = put(p, "/", r > 0);
	out->resource = r ? p : NULL;
	put(p, resource, r);
	return 0;
}

/* RFC 7622 3.1, 3.2: the first / begins the resource, and the first @ before
 * it ends the localpart. Cut before preparation, which may bring forth either
 * character from others. */
int cpl_jid_parse(struct cpl_jid *out, const char *text, struct cpl_err *e)
{
	char local[RAW_PART_MAX + 1] = "", domain[RAW_PART_MAX + 1];
	char resource[RAW_PART_MAX + 1] = "";
	size_t before = strcspn(text, "/");
	const char *at = memchr(text, '@', before);
	const char *from = at ? at + 1 : text;

	memset(out, 0, sizeof *out);
	if (*text == '\0') {
		refuse(e, text, "is an empty JID");
		return -1;
	}
	if (cpl_chars_check(text, strlen(text), NULL) < 0) {
		refuse(e, text, "is not UTF-8, or has a control character");
		return -1;
	}
	if (at &&
	    prepare(&local_part, text, (size_t)(at - text), local, text, e) < 0)
		return -1;
	if (prepare_domain(from, (size_t)(text + before - from), domain, text,
			   e) < 0)
		return -1;
	if (text[before] == '/' &&
	    prepare(&resource_part, text + before + 1,
		    strlen(text + before + 1), resource, text, e) < 0)
		return -1;
	return join(out, local, domain, resource, e);
}

char *cpl_jid_resource(const char *text, struct cpl_err *e)
{
	char out[RAW_PART_MAX + 1], *copy;

	if (cpl_chars_check(text, strlen(text), NULL) < 0) {
		refuse(e, text, "is not UTF-8, or has a control character");
		return NULL;
	}
	if (prepare(&resource_part, text, strlen(text), out, text, e) < 0)
		return NULL;
	copy = strdup(out);
	if (!copy)
		cpl_err_nomem(e);
	return copy;
}

int cpl_jid_check_room(const struct cpl_jid *jid, struct cpl_err *e)
{
	if (!jid->local)
		return refuse(e, jid->full, "is no room: it has no localpart");
	if (jid->resource)
		return refuse(e, jid->full, "is no room: it has a resource");
	return 0;
}

void cpl_jid_release(struct cpl_jid *jid)
{
	free(jid->block);
	memset(jid, 0, sizeof *jid);
}

int cpl_jid_matches(const struct cpl_jid *pattern, const struct cpl_jid *jid)
{
	if (!pattern->domain || !jid->domain)
		return 0;
	if (pattern->resource)
		return !strcmp(pattern->full, jid->full);
	if (pattern->local)
		return !strcmp(pattern->bare, jid->bare);
	return !strcmp(pattern->domain, jid->domain);
}

static int same(const char *a, const char *b, int bare)
{
	struct cpl_err e = CPL_ERR_INIT;
	struct cpl_jid x, y;
	int equal;

	if (!a || !b)
		return 0;
	/* What is the same text stays so without memory: an answer that was
	 * waited for would not be one. */
	equal = strcmp(a, b) == 0;
	if (cpl_jid_parse(&x, a, &e) < 0)
		return equal && e.status == CPL_SYSTEM;
	if (!equal && cpl_jid_parse(&y, b, NULL) == 0) {
		equal =
		    bare ? !strcmp(x.bare, y.bare) : !strcmp(x.full, y.full);
		cpl_jid_release(&y);
	}
	cpl_jid_release(&x);
	return equal;
}

int cpl_jid_same(const char *a, const char *b)
{
	return same(a, b, 0);
}

int cpl_jid_same_bare(const char *a, const char *b)
{
	return same(a, b, 1);
}

int cpl_jid_is(const char *text, const char *prepared)
{
	struct cpl_jid jid;
	int equal;

	if (!text || !prepared)
		return 0;
	if (strcmp(text, prepared) == 0)
		return 1;
	if (cpl_jid_parse(&jid, text, NULL) < 0)
		return 0;
	equal = strcmp(jid.full, prepared) == 0;
	cpl_jid_release(&jid);
	return equal;
}
