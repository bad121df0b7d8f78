/* SPDX-License-Identifier: MIT
 *
 * Operands, and lines of stdin in their place: all of them before anybody is
 * asked anything. */
#include <stdlib.h>
#include <string.h>

#include "../common/stanza/chars.h"
#include "xmuc.h"

int xmuc_words_add(struct xmuc_words *words, const char *text)
{
	char *copy;

	if (words->count == words->room) {
		size_t room = words->room ? 2 * words->room : 16;
		char **list = realloc(words->list, room * sizeof *list);

		if (!list)
			return -1;
		words->list = list;
		words->room = room;
	}
	copy = strdup(text);
	if (!copy)
		return -1;
	words->list[words->count++] = copy;
	return 0;
}

static void wipe(char *text)
{
	if (text)
		explicit_bzero(text, strlen(text));
	free(text);
}

void xmuc_words_release(struct xmuc_words *words)
{
	for (size_t i = 0; i < words->count; i++)
		wipe(words->list[i]);
	free(words->list);
}

int xmuc_add_place(struct xmuc *x, const char *text, struct cpl_err *e)
{
	const struct cpl_config *config = x->client.run.cli.config;

	if (x->verb->services)
		return cpl_recipients_add(&x->rooms, config, text, e);
	return cpl_recipients_add_room(&x->rooms, config, text,
				       (x->verb->options & XMUC_NICK) != 0, e);
}

/* What is behind the first field is what we have printed. */
int xmuc_room_line(struct xmuc *x, char *text, struct cpl_err *e)
{
	text[strcspn(text, "\t")] = '\0';
	return xmuc_add_place(x, text, e);
}

static void refuse(struct xmuc *x, size_t number, struct cpl_err *e)
{
	if (e->status == CPL_USAGE)
		e->status = CPL_DATA;
	x->malformed++;
	cpl_err_prefix(e, "stdin:%zu", number);
	cpl_run_complain(&x->client.run, e);
}

/* White space around it is not part of a line, and one that begins with # is a
 * comment, as in a file of recipients. */
static void on_line(void *user, const char *p, size_t n, size_t number)
{
	struct xmuc *x = user;
	struct cpl_err e = CPL_ERR_INIT;
	char *text;

	while (n > 0 && strchr(" \r", p[n - 1]))
		n--;
	if (n == 0 || *p == '#' || x->client.closing)
		return;
	if (cpl_chars_check(p, n, &e) < 0) {
		refuse(x, number, &e);
		return;
	}
	text = strndup(p, n);
	if (!text)
		cpl_err_nomem(&e);
	else
		(void)!x->verb->line(x, text, &e);
	wipe(text);
	if (e.status == CPL_SYSTEM)
		cpl_run_give_up(&x->client.run, &e);
	else if (e.status != CPL_OK)
		refuse(x, number, &e);
}

static void on_over(void *user, size_t number, struct cpl_err *e)
{
	struct xmuc *x = user;

	if (!x->client.closing)
		refuse(x, number, e);
}

static void on_end(void *user, const struct cpl_err *e)
{
	struct xmuc *x = user;

	if (e)
		cpl_run_complain(&x->client.run, e);
	if (x->client.run.over)
		return;
	if (e || (x->malformed > 0 && x->verb->whole))
		cpl_client_close(&x->client);
	else
		xmuc_go(x);
}

void xmuc_stdin_start(struct xmuc *x)
{
	struct cpl_input_events events = {on_line, on_over, NULL, on_end, x};

	x->input = cpl_input_new(x->client.run.loop, NULL, 0, CPL_INPUT_LINES,
				 &events);
	if (!x->input) {
		cpl_run_no_memory(&x->client.run);
		return;
	}
	cpl_input_secret(x->input);
	cpl_input_hold(x->input, 0);
}
