/* SPDX-License-Identifier: MIT
 *
 * What the parts of xinfo share: what was found out about a domain, and the
 * three forms in which it is printed. */
#ifndef XINFO_H
#define XINFO_H

#include <strophe.h>

#include "../common/cli/client.h"
#include "../common/net/survey.h"
#include "../common/stream/probe.h"

/* One target that was looked at. */
struct found {
	char host[256];
	uint16_t port;
	char address[64];
	char text[400]; /* all three, for messages */
	int direct_tls;
	struct cpl_err fault; /* CPL_OK: a login could begin here */
	struct cpl_tls_info *tls;
	enum cpl_probe_starttls starttls;
	xmpp_stanza_t *features;
	struct cpl_timing timing;
};

/* One look, at where a login would go or at one address. */
struct look {
	struct xinfo *x;
	struct cpl_probe *probe;
	const struct cpl_survey_place *place; /* NULL: where a login would go */
	size_t address;                       /* of the place */
	int told;
};

struct xinfo {
	struct cpl_client client; /* the user of its events is this struct */
	struct cpl_jid jid;       /* the operand, or the account's */
	char *dns;
	char host[256]; /* of -H; empty: none */
	struct cpl_probe_conf conf;
	struct cpl_proxy proxy;
	struct ssl_ctx_st *made;
	struct cpl_survey *survey;
	struct look looks[CPL_PROBES_MAX];
	size_t look_count;
	struct found *found;
	size_t found_count;
	int all;
	int login;
	int config;
	long expiry;            /* days; -1: not asked for */
	char *bound;            /* the JID that --login got; NULL: none */
	xmpp_stanza_t *offered; /* and the features behind it */
	int reported;
};

/* --- what the features say, for each form (xinfo_feature.c) --- */

/* A list of words among the features. */
struct word_list {
	const char *key;
	/* Elements on the way to the items: name, namespace. */
	const char *path[3][2];
	const char *item[2];
	const char *attribute; /* where the word stands; NULL: it is the text */
};
extern const struct word_list word_lists[];
enum { WORD_LISTS = 5 };

/* Calls each() for every word; for every child element of the features, or of
 * what SASL2 has inline. Stops at, and returns, the first -1. */
int each_word(xmpp_stanza_t *features, const struct word_list *list,
	      int (*each)(void *user, const char *word), void *user);
int each_feature(xmpp_stanza_t *features, int inlined,
		 int (*each)(void *user, const char *name, const char *ns),
		 void *user);

/* XEP-0478's "max-bytes" or "idle-seconds"; 0: not said. */
long long limit_of(xmpp_stanza_t *features, const char *name);

/* 1, or 0: it is not offered, or -1: it may be, behind the login that there was
 * not. */
int offers(const struct xinfo *x, const struct found *f, const char *name,
	   const char *ns);

/* Milliseconds of a phase; negative: it was not come to. */
enum phase { PHASE_DNS, PHASE_TCP, PHASE_TLS, PHASE_FEATURES, PHASES };
extern const char *const phase_names[PHASES];
double phase_of(const struct found *f, enum phase phase);

/* "2027-01-02T03:04:05Z" into out; the days until then, rounded down. */
void time_text(int64_t when, char out[32]);
long days_until(int64_t when);

/* --- the forms --- */

void print_text(struct xinfo *x);
void print_json(struct xinfo *x);
void print_config(struct xinfo *x);

/* "direct", "starttls" or "none". */
const char *method_of(const struct xinfo *x, int direct_tls);

#endif
