/* SPDX-License-Identifier: MIT */
#include "auth.h"

#include <stdlib.h>
#include <string.h>

#include "../stanza/build.h"
#include "../stanza/ns.h"
#include "../stanza/write.h"
#include "base64.h"
#include "fault.h"
#include "sasl.h"

/* The longest message of an exchange, and the longest list of names. */
#define DATA_MAX 16384
#define NAMES_MAX 8192

/* What the two profiles call things. */
static const struct profile {
	const char *ns;
	const char *feature; /* where the mechanisms are offered */
	const char *begin;
} profiles[] = {
    {CPL_NS_SASL, "mechanisms", "auth"},
    {CPL_NS_SASL2, "authentication", "authenticate"},
};

struct cpl_auth {
	struct cpl_auth_conf conf;
	struct cpl_link *link;
	const struct cpl_log *log;
	const struct profile *profile;
	struct cpl_sasl *sasl;
};

int cpl_auth_is_two(xmpp_stanza_t *features, const char *inlined,
		    const char *ns)
{
	xmpp_stanza_t *offer =
	    cpl_child(features, "authentication", CPL_NS_SASL2);

	return offer &&
	       (!ns || cpl_child(cpl_child(offer, "inline", CPL_NS_SASL2),
				 inlined, ns));
}

/* --- what is offered ---------------------------------------------------- */

/* The names of children, each with a space behind it. */
static int join_names(xmpp_stanza_t *list, const char *child, const char *ns,
		      const char *attr, struct cpl_buf *out)
{
	xmpp_stanza_t *c;

	for (c = cpl_first_element(list); c; c = cpl_next_element(c)) {
		const char *name;
		char *text = NULL;
		int r;

		if (!cpl_is(c, child, ns))
			continue;
		if (!attr)
			text = cpl_text(c);
		name = attr ? xmpp_stanza_get_attribute(c, attr) : text;
		r = name ? cpl_buf_addf(out, "%s ", name) : 0;
		free(text);
		if (r < 0)
			return -1;
	}
	return 0;
}

static void fill_channel(const struct cpl_auth *a, struct cpl_sasl_channel *c)
{
	struct cpl_tls *tls = cpl_link_tls(a->link);

	c->verified = tls != NULL;
	c->exporter_len = c->end_point_len = -1;
	if (!tls)
		return;
	c->exporter_len = cpl_tls_binding(tls, CPL_BIND_EXPORTER, c->exporter);
	c->end_point_len =
	    cpl_tls_binding(tls, CPL_BIND_END_POINT, c->end_point);
}

static int choose(struct cpl_auth *a, xmpp_stanza_t *features,
		  struct cpl_err *e)
{
	const struct cpl_secret *password = a->conf.password;
	struct cpl_buf names = CPL_BUF_INIT(NAMES_MAX);
	struct cpl_buf types = CPL_BUF_INIT(NAMES_MAX);
	struct cpl_sasl_conf conf = {
	    .local = a->conf.jid->local,
	    .bare = a->conf.jid->bare,
	    .password = password ? password->text : NULL,
	    .password_len = password ? password->len : 0,
	    .have_cert = a->conf.have_cert,
	};
	xmpp_stanza_t *bindings =
	    cpl_child(features, "sasl-channel-binding", CPL_NS_SASL_CB);
	xmpp_stanza_t *offered =
	    cpl_child(features, a->profile->feature, a->profile->ns);

	fill_channel(a, &conf.channel);
	if (join_names(offered, "mechanism", a->profile->ns, NULL, &names) <
		0 ||
	    join_names(bindings, "channel-binding", CPL_NS_SASL_CB, "type",
		       &types) < 0) {
		cpl_err_set(e, CPL_PROTOCOL,
			    "the server's list of mechanisms is too long");
	} else {
		struct cpl_sasl_offer offer = {
		    .mechanisms = names.data ? names.data : "",
		    .bindings = bindings && types.data ? types.data : NULL,
		};

		a->sasl = cpl_sasl_new(&conf, &offer, e);
	}
	cpl_buf_release(&names);
	cpl_buf_release(&types);
	return a->sasl ? 0 : -1;
}

static int choose_old(struct cpl_auth *a, xmpp_stanza_t *features,
		      struct cpl_err *e)
{
	if (e->status != CPL_UNAVAILABLE ||
	    !cpl_child(features, "mechanisms", CPL_NS_SASL))
		return -1;
	*e = (struct cpl_err)CPL_ERR_INIT;
	a->profile = &profiles[0];
	return choose(a, features, e);
}

/* --- what is sent ------------------------------------------------------- */

/* Data is written straight into the link's buffer, which is wiped: no copy of a
 * secret stays in a tree. */
static int put_data(struct cpl_buf *out, const struct cpl_buf *data)
{
	return cpl_base64_encode(out, data->data, data->len);
}

/* RFC 6120 6.4.2: "=" is an empty initial response. */
static int put_auth(struct cpl_buf *out, const struct cpl_buf *first)
{
	if (first->len == 0)
		return cpl_buf_addc(out, '=');
	return put_data(out, first);
}

/* XEP-0388 2.4: an empty initial response is an empty element. */
static int put_authenticate(struct cpl_buf *out, const struct cpl_buf *first,
			    const char *agent, xmpp_stanza_t *inlined)
{
	if (cpl_buf_adds(out, "<initial-response>") < 0 ||
	    put_data(out, first) < 0 ||
	    cpl_buf_adds(out, "</initial-response>") < 0)
		return -1;
	if (agent && cpl_buf_addf(out,
				  "<user-agent id='%s'><software>couplet"
				  "</software></user-agent>",
				  agent) < 0)
		return -1;
	return inlined ? cpl_write_xml(out, inlined, CPL_NS_SASL2) : 0;
}

static int begin(struct cpl_auth *a, xmpp_stanza_t *inlined, struct cpl_err *e)
{
	struct cpl_buf first = CPL_BUF_SECRET_INIT(DATA_MAX);
	struct cpl_buf *out = cpl_link_out(a->link);
	const struct profile *p = a->profile;
	const char *binding = cpl_sasl_binding(a->sasl);
	int r = cpl_sasl_start(a->sasl, &first, e);

	if (r == 0 &&
	    (cpl_buf_addf(out, "<%s xmlns='%s' mechanism='%s'>", p->begin,
			  p->ns, cpl_sasl_name(a->sasl)) < 0 ||
	     (cpl_auth_two(a)
		  ? put_authenticate(out, &first, a->conf.agent, inlined)
		  : put_auth(out, &first)) < 0 ||
	     cpl_buf_addf(out, "</%s>", p->begin) < 0))
		r = cpl_err_nomem(e);
	cpl_buf_release(&first);
	cpl_log(a->log, CPL_LOG_DEBUG, "logging in by %s%s%s%s",
		cpl_sasl_name(a->sasl), cpl_auth_two(a) ? " (SASL2)" : "",
		binding ? ", bound by " : "", binding ? binding : "");
	return r;
}

static int respond(struct cpl_auth *a, const struct cpl_buf *data,
		   struct cpl_err *e)
{
	struct cpl_buf *out = cpl_link_out(a->link);

	if (cpl_buf_addf(out, "<response xmlns='%s'>", a->profile->ns) < 0 ||
	    put_data(out, data) < 0 || cpl_buf_adds(out, "</response>") < 0)
		return cpl_err_nomem(e);
	return CPL_AUTH_ON;
}

/* --- what comes --------------------------------------------------------- */

/* The text of a challenge or success, decoded; "=" is an empty one. */
static int read_data(xmpp_stanza_t *el, struct cpl_buf *out, struct cpl_err *e)
{
	char *text = cpl_text(el);
	int r = 0;

	if (!text)
		return cpl_err_nomem(e);
	if (strcmp(text, "=") != 0 &&
	    cpl_base64_decode(out, text, strlen(text)) < 0)
		r = cpl_err_set(e, CPL_PROTOCOL,
				"the server's <%s/> is not base64",
				xmpp_stanza_get_name(el));
	free(text);
	return r;
}

static int on_challenge(struct cpl_auth *a, xmpp_stanza_t *el,
			struct cpl_err *e)
{
	struct cpl_buf in = CPL_BUF_SECRET_INIT(DATA_MAX);
	struct cpl_buf out = CPL_BUF_SECRET_INIT(DATA_MAX);
	int r = read_data(el, &in, e);

	if (r == 0)
		r = cpl_sasl_step(a->sasl, in.data ? in.data : "", in.len, &out,
				  e);
	if (r == 0)
		r = respond(a, &out, e);
	cpl_buf_release(&in);
	cpl_buf_release(&out);
	return r;
}

/* XEP-0388 2.6.1: the data of the mechanism are in <additional-data/>. */
static int on_success(struct cpl_auth *a, xmpp_stanza_t *el, struct cpl_err *e)
{
	struct cpl_buf in = CPL_BUF_SECRET_INIT(DATA_MAX);
	xmpp_stanza_t *data =
	    cpl_auth_two(a) ? cpl_child(el, "additional-data", CPL_NS_SASL2)
			    : el;
	int r = data ? read_data(data, &in, e) : 0;

	if (r == 0)
		r = cpl_sasl_success(a->sasl, in.data ? in.data : "", in.len,
				     e);
	cpl_buf_release(&in);
	return r < 0 ? -1 : CPL_AUTH_DONE;
}

static int on_failure(struct cpl_auth *a, xmpp_stanza_t *el, struct cpl_err *e)
{
	cpl_fault_sasl(el, e);
	return cpl_err_prefix(e, "%s", a->conf.jid->bare);
}

/* XEP-0388 2.6.3: a second factor, a new password. None is for a tool that
 * nobody looks at. */
static int on_continue(struct cpl_auth *a, xmpp_stanza_t *el, struct cpl_err *e)
{
	char *task = cpl_text(cpl_child(cpl_child(el, "tasks", CPL_NS_SASL2),
					"task", CPL_NS_SASL2));

	cpl_err_set(e, CPL_AUTH,
		    "%s: the server wants more than a login: %.60s",
		    a->conf.jid->bare, task ? task : "it does not say what");
	free(task);
	return -1;
}

int cpl_auth_element(struct cpl_auth *a, xmpp_stanza_t *el, struct cpl_err *e)
{
	static const struct {
		const char *name;
		int (*take)(struct cpl_auth *a, xmpp_stanza_t *el,
			    struct cpl_err *e);
		int two; /* of XEP-0388 alone */
	} rows[] = {
	    {"challenge", on_challenge, 0},
	    {"success", on_success, 0},
	    {"failure", on_failure, 0},
	    {"continue", on_continue, 1},
	};

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		if (cpl_is(el, rows[i].name, a->profile->ns) &&
		    (!rows[i].two || cpl_auth_two(a)))
			return rows[i].take(a, el, e);
	return cpl_err_set(e, CPL_PROTOCOL,
			   "unexpected <%.60s/> waiting for the server to "
			   "answer the login",
			   xmpp_stanza_get_name(el));
}

struct cpl_auth *cpl_auth_new(const struct cpl_auth_conf *conf,
			      struct cpl_link *link, const struct cpl_log *log,
			      xmpp_stanza_t *features, xmpp_stanza_t *inlined,
			      struct cpl_err *e)
{
	struct cpl_auth *a = calloc(1, sizeof *a);
	/* 6 (Security Considerations): not without TLS. */
	int two = cpl_link_tls(link) && cpl_auth_is_two(features, NULL, NULL);

	if (!a) {
		cpl_err_nomem(e);
		return NULL;
	}
	a->conf = *conf;
	a->link = link;
	a->log = log;
	a->profile = &profiles[two];
	/* A server may offer more in the older profile. */
	if ((choose(a, features, e) == 0 ||
	     (two && choose_old(a, features, e) == 0)) &&
	    begin(a, inlined, e) == 0)
		return a;
	cpl_auth_free(a);
	return NULL;
}

void cpl_auth_free(struct cpl_auth *a)
{
	if (!a)
		return;
	cpl_sasl_free(a->sasl);
	free(a);
}

int cpl_auth_two(const struct cpl_auth *a)
{
	return a->profile == &profiles[1];
}
