/* SPDX-License-Identifier: MIT */
#include "path.h"

#include <stdlib.h>
#include <string.h>

#include "build.h"
#include "ns.h"

/* Cuts blanks from both ends of a string, in place. */
static char *trim(char *text)
{
	size_t n;

	text += strspn(text, " ");
	n = strlen(text);
	while (n > 0 && text[n - 1] == ' ')
		text[--n] = '\0';
	return text;
}

/* Enough to tell a name from what was meant otherwise. */
static int is_name(const char *text)
{
	return *text && !text[strcspn(text, " @/=<>\"'&()[]{}")];
}

/* "NS NAME" or "NAME", cut in place. */
static int read_step(struct cpl_path_step *step, char *text, struct cpl_err *e)
{
	char *blank;

	text = trim(text);
	blank = strrchr(text, ' ');
	step->name = blank ? blank + 1 : text;
	if (blank) {
		*blank = '\0';
		step->ns = trim(text);
		if (strchr(step->ns, ' '))
			return cpl_err_set(e, CPL_USAGE,
					   "more than a namespace and a name "
					   "before '%s'",
					   step->name);
	}
	if (!is_name(step->name))
		return cpl_err_set(e, CPL_USAGE, "'%s' is no element's name",
				   step->name);
	return 0;
}

/* The attribute, cut off from the rest. */
static int read_attribute(struct cpl_path *p, struct cpl_err *e)
{
	char *at = p->text + strlen(p->text);

	/* A namespace may hold an '@', and is no last word. */
	while (at > p->text && at[-1] != ' ' && at[-1] != '>')
		at--;
	at = strchr(at, '@');
	if (!at)
		return 0;
	*at = '\0';
	p->attribute = at + 1;
	if (!is_name(p->attribute))
		return cpl_err_set(e, CPL_USAGE, "'%s' is no attribute's name",
				   p->attribute);
	return 0;
}

static int read_steps(struct cpl_path *p, struct cpl_err *e)
{
	char *text = p->text, *next;
	size_t count = 1;

	for (const char *q = text; (q = strchr(q, '>')) != NULL; q++)
		count++;
	p->steps = calloc(count, sizeof *p->steps);
	if (!p->steps)
		return cpl_err_nomem(e);
	for (; text; text = next) {
		next = strchr(text, '>');
		if (next)
			*next++ = '\0';
		if (read_step(&p->steps[p->count++], text, e) < 0)
			return -1;
	}
	return 0;
}

int cpl_path_read(struct cpl_path *out, const char *p, size_t n,
		  struct cpl_err *e)
{
	memset(out, 0, sizeof *out);
	out->text = strndup(p, n);
	if (!out->text)
		return cpl_err_nomem(e);
	trim(out->text);
	if (read_attribute(out, e) < 0)
		return -1;
	if (out->attribute && !out->text[strspn(out->text, " ")])
		return 0;
	return read_steps(out, e);
}

static int is_of(xmpp_stanza_t *child, const struct cpl_path_step *step,
		 const char *around)
{
	const char *name = xmpp_stanza_get_name(child);
	const char *ns = xmpp_stanza_get_ns(child);

	/* libstrophe's builders leave it out where it is the parent's. */
	return name && strcmp(name, step->name) == 0 &&
	       strcmp(ns ? ns : around, step->ns ? step->ns : around) == 0;
}

/* A recursion as deep as the tree; each node is seen once at most. */
static xmpp_stanza_t *follow(xmpp_stanza_t *element,
			     const struct cpl_path_step *step, size_t left)
{
	const char *ns = xmpp_stanza_get_ns(element);
	xmpp_stanza_t *c, *found = NULL;

	if (left == 0)
		return element;
	for (c = cpl_first_element(element); c && !found;
	     c = cpl_next_element(c))
		if (is_of(c, step, ns ? ns : CPL_NS_CLIENT))
			found = follow(c, step + 1, left - 1);
	return found;
}

xmpp_stanza_t *cpl_path_follow(const struct cpl_path *p, xmpp_stanza_t *element)
{
	return follow(element, p->steps, p->count);
}

void cpl_path_release(struct cpl_path *p)
{
	free(p->steps);
	free(p->text);
	memset(p, 0, sizeof *p);
}
