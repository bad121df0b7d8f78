/* SPDX-License-Identifier: MIT */
#include "handler.h"

#include <stdlib.h>
#include <string.h>

#include "../base/limits.h"
#include "../stanza/build.h"

/* Of one command. */
#define VARIABLES_MAX 16

static int add(struct cpl_buf *vars, const char *name, const char *value)
{
	if (!value || strlen(value) > CPL_VARIABLE_MAX)
		value = "";
	if (cpl_buf_addf(vars, "%s=%s", name, value) < 0)
		return -1;
	return cpl_buf_addc(vars, '\0');
}

int cpl_handler_describe(struct cpl_buf *vars, xmpp_stanza_t *stanza,
			 const char *from)
{
	static const char *const names[][2] = {{"XMPP_TO", "to"},
					       {"XMPP_TYPE", "type"},
					       {"XMPP_ID", "id"},
					       {"XMPP_LANG", "xml:lang"}};

	if (add(vars, "XMPP_FROM", from) < 0)
		return -1;
	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		if (add(vars, names[i][0],
			xmpp_stanza_get_attribute(stanza, names[i][1])) < 0)
			return -1;
	return 0;
}

static int add_child(struct cpl_buf *vars, const char *name,
		     xmpp_stanza_t *stanza, const char *child)
{
	xmpp_stanza_t *c = cpl_own_child(stanza, child);
	char *text = cpl_text(c);
	int result = c && !text ? -1 : add(vars, name, text);

	free(text);
	return result;
}

int cpl_handler_describe_message(struct cpl_buf *vars, xmpp_stanza_t *stanza)
{
	if (add(vars, "XMPP_KIND", xmpp_stanza_get_name(stanza)) < 0 ||
	    add_child(vars, "XMPP_THREAD", stanza, "thread") < 0)
		return -1;
	return add_child(vars, "XMPP_BODY", stanza, "body");
}

struct cpl_child *
cpl_handler_start(const struct cpl_handler *h, const struct cpl_buf *vars,
		  const struct cpl_buf *record,
		  void (*ended)(void *user, const struct cpl_child_result *r),
		  void *user, struct cpl_err *e)
{
	const char *env[VARIABLES_MAX + 1] = {NULL};
	const char *p = vars->data, *end = p + vars->len;
	struct cpl_child_conf conf = {
	    .loop = h->loop,
	    .argv = h->argv,
	    .env = env,
	    .input = record->data,
	    .input_len = record->len,
	    .output_max = CPL_STANZA_BYTES_MAX,
	    .timeout = h->timeout,
	    .keeps_stdout = h->keeps_stdout,
	    .said = h->said,
	};

	for (size_t i = 0; i < VARIABLES_MAX && p < end; i++) {
		env[i] = p;
		p += strlen(p) + 1;
	}
	return cpl_child_new(&conf, ended, user, e);
}

size_t cpl_handler_first_line(const struct cpl_child_result *r)
{
	const char *end = memchr(r->err, '\n', r->err_len);
	size_t len = end ? (size_t)(end - r->err) : r->err_len;

	while (len > 0 && strchr(" \t\r", r->err[len - 1]))
		len--;
	return len;
}

void cpl_handler_failed(const struct cpl_child_result *r, struct cpl_err *why)
{
	int said = (int)cpl_handler_first_line(r);
	const char *between = said ? ": " : "";

	switch (r->end) {
	case CPL_CHILD_EXITED:
		cpl_err_set(why, CPL_TEMP,
			    "the command ended with status %d%s%.*s", r->code,
			    between, said, r->err);
		break;
	case CPL_CHILD_SIGNALED:
		cpl_err_set(why, CPL_TEMP,
			    "the command was ended by signal %d%s%.*s", r->code,
			    between, said, r->err);
		break;
	case CPL_CHILD_TIMED_OUT:
		cpl_err_set(why, CPL_TEMP,
			    "the command took too long (--each-timeout)%s%.*s",
			    between, said, r->err);
		break;
	case CPL_CHILD_TOO_MUCH:
		cpl_err_set(why, CPL_TEMP,
			    "the command printed more than %d bytes",
			    CPL_STANZA_BYTES_MAX);
		break;
	case CPL_CHILD_NOT_RUN:
		cpl_err_set(why, CPL_TEMP, "the command did not run: %s",
			    strerror(r->code));
		break;
	}
}
