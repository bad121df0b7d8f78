/* SPDX-License-Identifier: MIT */
#include "token.h"

#include <openssl/crypto.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../base/limits.h"
#include "../base/num.h"
#include "../base/when.h"
#include "../config/state.h"

#define NAME_BYTES_MAX 8192
#define FILE_BYTES_MAX (4 * CPL_TOKEN_MAX)

/* The file: the head, the client's id, then a line "MECHANISM EXPIRY TOKEN"
 * for each, the newest first. */
#define HEAD "couplet-token 1\n"

static void wipe(struct cpl_token *token)
{
	if (token->text)
		OPENSSL_cleanse(token->text, strlen(token->text));
	free(token->text);
	*token = (struct cpl_token){0};
}

/* Whether it is one word of printable ASCII. */
static int is_word(const char *text, size_t max)
{
	size_t n = 0;

	for (; text[n]; n++)
		if (text[n] <= ' ' || text[n] > '~')
			return 0;
	return n > 0 && n <= max;
}

static int set(struct cpl_token *token, const char *mechanism, const char *text,
	       int64_t expiry)
{
	if (!is_word(mechanism, sizeof token->mechanism - 1) ||
	    !is_word(text, CPL_TOKEN_MAX) || !(token->text = strdup(text)))
		return -1;
	snprintf(token->mechanism, sizeof token->mechanism, "%s", mechanism);
	token->expiry = expiry;
	return 0;
}

static void parse_line(struct cpl_token *token, char *line)
{
	char *expiry = strchr(line, ' ');
	char *text = expiry ? strchr(expiry + 1, ' ') : NULL;
	long seconds;

	if (!text)
		return;
	*expiry++ = '\0';
	*text++ = '\0';
	if (cpl_num_int(expiry, 0, INT32_MAX * 100L, &seconds, NULL) == 0)
		(void)!set(token, line, text, seconds * INT64_C(1000));
}

static void parse(struct cpl_tokens *t, char *text)
{
	char *line = text + sizeof HEAD - 1, *end;
	size_t n = 0;

	if (strncmp(text, HEAD, sizeof HEAD - 1) != 0 ||
	    strncmp(line, t->client, CPL_UUID_SIZE - 1) != 0 ||
	    line[CPL_UUID_SIZE - 1] != '\n')
		return;
	for (line += CPL_UUID_SIZE; (end = strchr(line, '\n'));
	     line = end + 1) {
		*end = '\0';
		if (n < CPL_TOKENS)
			parse_line(&t->list[n], line);
		n += n < CPL_TOKENS && t->list[n].text;
	}
}

static void read_file(struct cpl_tokens *t)
{
	struct cpl_buf text = CPL_BUF_SECRET_INIT(FILE_BYTES_MAX);

	if (cpl_state_read(t->folder, t->name, &text, t->log) == 0 &&
	    text.len > 0)
		parse(t, text.data);
	cpl_buf_release(&text);
}

static void write_file(struct cpl_tokens *t)
{
	struct cpl_buf text = CPL_BUF_SECRET_INIT(FILE_BYTES_MAX);
	int ok = cpl_buf_addf(&text, HEAD "%s\n", t->client) == 0;

	for (size_t i = 0; i < CPL_TOKENS && ok; i++)
		if (t->list[i].text)
			ok = cpl_buf_addf(&text, "%s %lld %s\n",
					  t->list[i].mechanism,
					  (long long)t->list[i].expiry / 1000,
					  t->list[i].text) == 0;
	if (ok)
		cpl_state_write(t->folder, t->name, text.data, text.len,
				t->log);
	cpl_buf_release(&text);
}

int cpl_tokens_open(struct cpl_tokens *t, const char *folder, const char *bare,
		    const char *client, const struct cpl_log *log)
{
	struct cpl_buf name = CPL_BUF_INIT(NAME_BYTES_MAX);
	struct cpl_err e = CPL_ERR_INIT;

	*t = (struct cpl_tokens){
	    .file = CPL_KEPT_INIT, .log = log, .folder = folder};
	snprintf(t->client, sizeof t->client, "%s", client);
	if (cpl_state_name(&name, "token", bare) == 0)
		t->name = cpl_buf_take(&name);
	cpl_buf_release(&name);
	t->open = 1;
	if (t->name &&
	    cpl_kept_open(&t->file, folder, "token", bare, NULL, &e) == 0) {
		read_file(t);
		return 0;
	}
	cpl_log(log, CPL_LOG_DEBUG, "%s", e.text);
	cpl_tokens_close(t);
	return -1;
}

static void drop(struct cpl_tokens *t, size_t i)
{
	wipe(&t->list[i]);
	for (; i + 1 < CPL_TOKENS; i++)
		t->list[i] = t->list[i + 1];
	t->list[CPL_TOKENS - 1] = (struct cpl_token){0};
}

const struct cpl_token *cpl_tokens_first(struct cpl_tokens *t)
{
	int64_t now = cpl_when_now();

	while (t->list[0].text && t->list[0].expiry <= now)
		drop(t, 0);
	return t->list[0].text ? &t->list[0] : NULL;
}

void cpl_tokens_refused(struct cpl_tokens *t)
{
	drop(t, 0);
	write_file(t);
}

void cpl_tokens_worked(struct cpl_tokens *t)
{
	if (!t->list[1].text)
		return;
	for (size_t i = CPL_TOKENS - 1; i > 0; i--)
		drop(t, i);
	write_file(t);
}

void cpl_tokens_given(struct cpl_tokens *t, const char *mechanism,
		      const char *text, const char *expiry)
{
	struct cpl_token next = {0};
	int64_t when;

	if (cpl_when_parse(expiry, &when) < 0 ||
	    set(&next, mechanism, text, when) < 0) {
		cpl_log(t->log, CPL_LOG_DEBUG,
			"the server's token cannot be kept");
		return;
	}
	drop(t, CPL_TOKENS - 1);
	for (size_t i = CPL_TOKENS - 1; i > 0; i--)
		t->list[i] = t->list[i - 1];
	t->list[0] = next;
	write_file(t);
}

void cpl_tokens_close(struct cpl_tokens *t)
{
	if (!t->open)
		return;
	for (size_t i = 0; i < CPL_TOKENS; i++)
		wipe(&t->list[i]);
	cpl_kept_release(&t->file);
	free(t->name);
	*t = (struct cpl_tokens){0};
}
