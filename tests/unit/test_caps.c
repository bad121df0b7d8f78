/* SPDX-License-Identifier: MIT */
#include "../../common/stream/caps.h"

#include <stdlib.h>

#include "../../common/stanza/build.h"
#include "../../common/stanza/ns.h"
#include "parse.h"
#include "strophe_mem.h"
#include "unit.h"

static struct strophe_mem mem;
static xmpp_ctx_t *ctx;

/* The hash of a payload of disco#info. */
static void hashes(const char *xml, const char *expected)
{
	char ver[CPL_CAPS_VER_SIZE] = "";
	struct cpl_err e = CPL_ERR_INIT;
	xmpp_stanza_t *query = parse(ctx, xml);

	UNIT_NEED(query != NULL);
	CHECK_INT(cpl_caps_hash(query, ver, &e), 0);
	CHECK_STR(ver, expected);
	xmpp_stanza_release(query);
}

#define QUERY "<query xmlns='" CPL_NS_DISCO_INFO "'>"
#define MUC "<feature var='http://jabber.org/protocol/muc'/>"
#define DISCO                                                                  \
	"<feature var='http://jabber.org/protocol/disco#items'/>"              \
	"<feature var='" CPL_NS_DISCO_INFO "'/>"
#define SELF "<feature var='http://jabber.org/protocol/caps'/>"

/* XEP-0115 5.2, in another order than sorted. */
static void simple_vector(void)
{
	hashes(QUERY MUC DISCO SELF
	       "<identity category='client' type='pc' name='Exodus 0.9.1'/>"
	       "</query>",
	       "QgayPKawpkPSDYmwT/WM94uAlu0=");
}

#define PSI                                                                    \
	"<identity xml:lang='en' category='client' name='Psi 0.11' "           \
	"type='pc'/>"                                                          \
	"<identity xml:lang='el' category='client' name='\xce\xa8 0.11' "      \
	"type='pc'/>"
#define FORM_OPEN "<x xmlns='jabber:x:data' type='result'>"
#define FORM_TYPE                                                              \
	"<field var='FORM_TYPE' type='hidden'>"                                \
	"<value>urn:xmpp:dataforms:softwareinfo</value></field>"
#define FIELDS                                                                 \
	"<field var='software_version'><value>0.11</value></field>"            \
	"<field var='ip_version' type='text-multi'><value>ipv6</value>"        \
	"<value>ipv4</value></field>"                                          \
	"<field var='os'><value>Mac</value></field>"                           \
	"<field var='os_version'><value>10.5.1</value></field>"                \
	"<field var='software'><value>Psi</value></field>"

/* 5.3: two identities, a form. */
static void complex_vector(void)
{
	hashes(QUERY PSI SELF DISCO MUC FORM_OPEN FORM_TYPE FIELDS
	       "</x></query>",
	       "q07IKJEyjvHSyhy//CH0CxmKi8w=");
	hashes(QUERY FORM_OPEN FIELDS FORM_TYPE "</x>" DISCO PSI MUC SELF
						"</query>",
	       "q07IKJEyjvHSyhy//CH0CxmKi8w=");
}

/* 5.4, step 3.6: a form whose FORM_TYPE is missing or not hidden. */
static void form_without_type(void)
{
	hashes(QUERY MUC DISCO SELF
	       "<identity category='client' type='pc' name='Exodus 0.9.1'/>"
	       "<x xmlns='jabber:x:data'>" FIELDS "</x>"
	       "<x xmlns='jabber:x:data'><field var='FORM_TYPE'>"
	       "<value>a</value></field></x></query>",
	       "QgayPKawpkPSDYmwT/WM94uAlu0=");
}

/* A category that goes on with a character below '/' comes after the shorter
 * one: sorted is by category, not by the joined string. What goes into the
 * digest is "a/z//<a-b/a//<", hashed by another program. */
static void sorted_by_field(void)
{
	hashes(QUERY "<identity category='a-b' type='a'/>"
		     "<identity category='a' type='z'/></query>",
	       "k9QiXr5yKjRWNVFJ5aTQitZF2cc=");
	hashes(QUERY "</query>", "2jmj7l5rSw0yVb/vlWAYkK/YBwk=");
}

static void count_features(xmpp_stanza_t *query, size_t *n, int *twice)
{
	*n = 0;
	*twice = 0;
	for (xmpp_stanza_t *c = cpl_first_element(query); c;
	     c = cpl_next_element(c)) {
		const char *var = xmpp_stanza_get_attribute(c, "var");

		*n += var != NULL;
		for (xmpp_stanza_t *d = cpl_next_element(c); var && d;
		     d = cpl_next_element(d)) {
			const char *other = xmpp_stanza_get_attribute(d, "var");

			*twice += other && strcmp(var, other) == 0;
		}
	}
}

static void features_are_there_once(void)
{
	struct cpl_caps caps = {0};
	struct cpl_err e = CPL_ERR_INIT;
	xmpp_stanza_t *iq = cpl_build_stanza(ctx, "iq", NULL, NULL, NULL);
	size_t n;
	int twice;

	CHECK_INT(cpl_caps_add(&caps, "urn:example:lamp", &e), 0);
	CHECK_INT(cpl_caps_add(&caps, "urn:example:lamp", &e), 0);
	CHECK_INT(cpl_caps_add(&caps, CPL_NS_PING, &e), 0);
	CHECK_INT(caps.count, 1);
	CHECK_INT(cpl_caps_fill(&caps, iq, NULL), 0);
	count_features(cpl_first_element(iq), &n, &twice);
	CHECK_INT(n, 6);
	CHECK_INT(twice, 0);
	xmpp_stanza_release(iq);
}

static void too_many_and_bad(void)
{
	static char names[CPL_CAPS_MAX + 1][16];
	struct cpl_caps caps = {0};
	struct cpl_err e = CPL_ERR_INIT;

	CHECK(cpl_caps_add(&caps, "a<b", &e) < 0);
	CHECK_INT(e.status, CPL_USAGE);
	for (int i = 0; i <= CPL_CAPS_MAX; i++)
		snprintf(names[i], sizeof names[i], "u:%d", i);
	for (int i = 0; i < CPL_CAPS_MAX; i++)
		CHECK_INT(cpl_caps_add(&caps, names[i], &e), 0);
	CHECK(cpl_caps_add(&caps, names[CPL_CAPS_MAX], &e) < 0);
	CHECK_STR(e.text, "more than 32 features");
}

/* What presence says is the hash of what is answered, and changes with it. */
static void presence_agrees_with_answer(void)
{
	struct cpl_caps caps = {0};
	struct cpl_err e = CPL_ERR_INIT;
	char ver[CPL_CAPS_VER_SIZE], plain[CPL_CAPS_VER_SIZE], node[256];
	xmpp_stanza_t *p = cpl_build_stanza(ctx, "presence", NULL, NULL, NULL);
	xmpp_stanza_t *iq = cpl_build_stanza(ctx, "iq", NULL, NULL, NULL);
	xmpp_stanza_t *c, *query;

	CHECK_INT(cpl_caps_add(&caps, "urn:example:lamp", &e), 0);
	CHECK_INT(cpl_caps_presence(&caps, p), 0);
	UNIT_NEED((c = cpl_child(p, "c", CPL_NS_CAPS)) != NULL);
	CHECK_STR(xmpp_stanza_get_attribute(c, "hash"), "sha-1");
	snprintf(node, sizeof node, "%s#%s",
		 xmpp_stanza_get_attribute(c, "node"),
		 xmpp_stanza_get_attribute(c, "ver"));
	CHECK_INT(cpl_caps_fill(&caps, iq, node), 0);
	query = cpl_first_element(iq);
	CHECK_STR(xmpp_stanza_get_attribute(query, "node"), node);
	CHECK_INT(cpl_caps_hash(query, ver, &e), 0);
	CHECK_STR(xmpp_stanza_get_attribute(c, "ver"), ver);
	CHECK_INT(cpl_caps_ver(NULL, ctx, plain, &e), 0);
	CHECK(strcmp(plain, ver) != 0);
	CHECK(cpl_caps_is_node(&caps, ctx, node));
	CHECK(cpl_caps_is_node(&caps, ctx, NULL));
	CHECK(!cpl_caps_is_node(NULL, ctx, node));
	node[strlen(node) - 2] ^= 1;
	CHECK(!cpl_caps_is_node(&caps, ctx, node));
	*strchr(node, '#') = '\0';
	CHECK(!cpl_caps_is_node(&caps, ctx, node));
	CHECK(!cpl_caps_is_node(&caps, ctx, ""));
	xmpp_stanza_release(p);
	xmpp_stanza_release(iq);
}

static void without_memory(void)
{
	struct strophe_mem m;
	xmpp_ctx_t *c = strophe_mem_ctx(&m);
	xmpp_stanza_t *p = cpl_build_stanza(c, "presence", NULL, NULL, NULL);
	long blocks = m.blocks;
	int failures = 0;

	for (long n = 1;; n++) {
		m.calls = 0;
		m.fail_at = n;
		if (cpl_caps_presence(NULL, p) == 0)
			break;
		failures++;
		m.fail_at = 0;
		xmpp_stanza_release(p);
		p = cpl_build_stanza(c, "presence", NULL, NULL, NULL);
		CHECK_INT(m.blocks, blocks);
	}
	CHECK(failures > 10);
	xmpp_stanza_release(p);
	xmpp_ctx_free(c);
	CHECK_INT(m.blocks, 0);
}

int main(void)
{
	ctx = strophe_mem_ctx(&mem);
	RUN(simple_vector);
	RUN(complex_vector);
	RUN(form_without_type);
	RUN(sorted_by_field);
	RUN(features_are_there_once);
	RUN(too_many_and_bad);
	RUN(presence_agrees_with_answer);
	RUN(without_memory);
	return strophe_mem_end(&mem, ctx);
}
