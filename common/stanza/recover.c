/* SPDX-License-Identifier: MIT */
#include "recover.h"

#include <string.h>

/* A start tag that has no xmlns by then is taken for one that has none. */
#define TAG_MAX 4096

static int is_space(char c)
{
	return c == ' ' || c == '\n' || c == '\t' || c == '\r';
}

/* In the functions below: 1 it is so, 0 it is not, -1 there are too few bytes
 * to tell. */

static int begins_stanza(const char *p, size_t n)
{
	static const char *const names[] = {"<message", "<presence", "<iq"};

	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		size_t len = strlen(names[i]);

		if (memcmp(p, names[i], n < len ? n : len) != 0)
			continue;
		if (n <= len)
			return -1;
		if (is_space(p[len]) || p[len] == '>' || p[len] == '/')
			return 1;
	}
	return 0;
}

/* A start tag with an xmlns of its own. */
static int begins_payload(const char *p, size_t n)
{
	static const char xmlns[] = "xmlns=";
	size_t len = sizeof xmlns - 1;
	char quote = '\0';

	if ((n > 0 && p[0] != '<') || (n > 1 && strchr("/!?", p[1])))
		return 0;
	for (size_t i = 1; i < n && i < TAG_MAX; i++) {
		if (p[i] == '<' || (!quote && p[i] == '>'))
			return 0;
		if (quote || p[i] == '"' || p[i] == '\'')
			quote = !quote ? p[i] : quote == p[i] ? '\0' : quote;
		else if (is_space(p[i - 1]) && n - i >= len &&
			 memcmp(p + i, xmlns, len) == 0)
			return 1;
	}
	return n < TAG_MAX ? -1 : 0;
}

static int begins_record(const struct cpl_recover *v, const char *p, size_t n)
{
	int stanza;

	if (n > 0 && p[0] == '{')
		return v->objects;
	stanza = begins_stanza(p, n);
	return stanza == 0 && v->payloads ? begins_payload(p, n) : stanza;
}

/* What is refused and yet may hold lines that look like stanzas: the text in a
 * CDATA section may come from anybody. Returns the length of such a beginning,
 * and what ends it; 0 if p begins nothing of the kind. */
static int hides(const char *p, size_t n, const char **until)
{
	static const char *const pair[][2] = {
	    {"<![CDATA[", "]]>"}, {"<!--", "-->"}, {"<?", "?>"}};

	for (size_t i = 0; i < sizeof pair / sizeof *pair; i++) {
		size_t len = strlen(pair[i][0]);

		if (memcmp(p, pair[i][0], n < len ? n : len) != 0)
			continue;
		if (n < len)
			return -1;
		*until = pair[i][1];
		return (int)len;
	}
	return 0;
}

/* Whether what hides the bytes ends at p: its length, 0 no, -1 as above. */
static int ends(const char *p, size_t n, const char *until)
{
	size_t len = strlen(until);

	if (memcmp(p, until, n < len ? n : len) != 0)
		return 0;
	return n < len ? -1 : (int)len;
}

/* The byte at p within a string of malformed JSON: how many are done with. */
static int in_string(struct cpl_recover *v, const char *p, size_t n)
{
	if (*p == '\\' && n < 2)
		return -1;
	if (*p == '\\' && p[1] != '\n')
		return 2;
	if (*p == '"')
		v->string = 0;
	return 1;
}

void cpl_recover_begin(struct cpl_recover *v, int payloads, char first)
{
	memset(v, 0, sizeof *v);
	v->payloads = payloads;
	v->json = first == '{';
	v->objects = first != '<';
}

int cpl_recover_find(struct cpl_recover *v, const char *p, size_t n, size_t *at)
{
	size_t i = *at;
	int len = 0;

	for (; i<n; i += len> 0 ? (size_t)len : 1) {
		len = 0;
		if (v->hidden_until) {
			len = ends(p + i, n - i, v->hidden_until);
			if (len > 0)
				v->hidden_until = NULL;
		} else if (p[i] == '\n') {
			len = begins_record(v, p + i + 1, n - i - 1);
			if (len > 0) {
				*at = i + 1;
				return 1;
			}
			v->string = len < 0 ? v->string : 0;
		} else if (v->string) {
			len = in_string(v, p + i, n - i);
		} else if (p[i] == '<') {
			len = hides(p + i, n - i, &v->hidden_until);
			/* What follows may be XML, whose text has quotes. */
			v->objects = len < 0 ? v->objects : 0;
			v->json = len < 0 ? v->json : 0;
		} else if (p[i] == '"') {
			v->string = v->json;
		}
		if (len < 0)
			break;
	}
	*at = i;
	return 0;
}
