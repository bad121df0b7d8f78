/* SPDX-License-Identifier: MIT */
#include "roster_cache.h"

#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>

#include "../base/limits.h"
#include "../config/state.h"
#include "../stanza/build.h"
#include "../stanza/ns.h"
#include "../stanza/tree.h"
#include "../stanza/write.h"

/* The file is this word, a space, the digest and a newline; an empty <query/>
 * with the JID and the version; an <item/> for each contact. */
#define MAGIC "couplet-roster-1"
#define DIGEST_SIZE 32
#define HEAD_SIZE (sizeof MAGIC + (size_t)2 * DIGEST_SIZE + 1)

#define ROOT "<stream>"

static int digest(const char *p, size_t n, char hex[2 * DIGEST_SIZE + 1])
{
	unsigned char raw[EVP_MAX_MD_SIZE];

	if (EVP_Digest(p, n, raw, NULL, EVP_sha256(), NULL) != 1)
		return -1;
	for (size_t i = 0; i < DIGEST_SIZE; i++)
		snprintf(hex + 2 * i, 3, "%02x", raw[i]);
	return 0;
}

static int open_file(const struct cpl_roster_cache *where, struct cpl_buf *name)
{
	cpl_buf_init(name, 8 * CPL_JID_MAX);
	return where->folder ? cpl_state_name(name, "roster", where->jid) : -1;
}

/* --- reading ----------------------------------------------------------- */

struct reading {
	const char *jid;
	struct cpl_contacts *out;
	char **ver;
	int headed;
	int wrong;
};

static void take_head(struct reading *r, xmpp_stanza_t *query)
{
	const char *jid = xmpp_stanza_get_attribute(query, "jid");
	const char *ver = xmpp_stanza_get_attribute(query, "ver");

	r->headed = 1;
	if (ver)
		*r->ver = strdup(ver);
	if (!cpl_is(query, "query", CPL_NS_ROSTER) || !jid ||
	    strcmp(jid, r->jid) != 0 || (ver && !*r->ver))
		r->wrong = 1;
}

static void on_child(void *user, xmpp_stanza_t *child)
{
	struct reading *r = user;
	struct cpl_contact c = {0};

	if (!r->headed)
		take_head(r, child);
	else if (!cpl_is(child, "item", CPL_NS_ROSTER) ||
		 cpl_contact_read(&c, child, NULL) < 0 ||
		 cpl_contacts_put(r->out, &c) < 0)
		r->wrong = 1;
	cpl_contact_release(&c);
}

static int parse(const struct cpl_roster_cache *where, const char *p, size_t n,
		 struct reading *r)
{
	static const struct cpl_tree_events events = {NULL, on_child, NULL};
	struct cpl_tree *tree = cpl_tree_new(where->ctx, 0, &events, r);
	int failed;

	if (!tree)
		return -1;
	failed = cpl_tree_feed(tree, ROOT, strlen(ROOT), NULL) < 0 ||
		 cpl_tree_feed(tree, p, n, NULL) < 0 ||
		 cpl_tree_depth(tree) != 1;
	cpl_tree_free(tree);
	return failed || !r->headed || r->wrong ? -1 : 0;
}

/* Whether the digest is that of what follows it. */
static int is_whole(const struct cpl_buf *text)
{
	char hex[2 * DIGEST_SIZE + 1];

	return text->len >= HEAD_SIZE && text->data[HEAD_SIZE - 1] == '\n' &&
	       memcmp(text->data, MAGIC " ", sizeof MAGIC) == 0 &&
	       digest(text->data + HEAD_SIZE, text->len - HEAD_SIZE, hex) ==
		   0 &&
	       memcmp(text->data + sizeof MAGIC, hex, sizeof hex - 1) == 0;
}

int cpl_roster_cache_read(const struct cpl_roster_cache *where,
			  struct cpl_contacts *out, char **ver)
{
	struct reading r = {.jid = where->jid, .out = out, .ver = ver};
	struct cpl_buf text = CPL_BUF_INIT(CPL_RECORD_MAX), name;
	int result = -1;

	*ver = NULL;
	if (open_file(where, &name) < 0 ||
	    cpl_state_read(where->folder, name.data, &text, where->log) < 0)
		goto out;
	if (is_whole(&text))
		result = parse(where, text.data + HEAD_SIZE,
			       text.len - HEAD_SIZE, &r);
	if (result == 0)
		goto out;
	cpl_log(where->log, CPL_LOG_INFO,
		"%s/%s: damaged, the contact list is asked for anew",
		where->folder, name.data);
	cpl_contacts_release(out);
	free(*ver);
	*ver = NULL;
out:
	cpl_buf_release(&name);
	cpl_buf_release(&text);
	return result;
}

/* --- writing ----------------------------------------------------------- */

/* Appends an element, if it could be built, as a line, and frees it. */
static int add_line(struct cpl_buf *out, xmpp_stanza_t *el, int complete)
{
	int failed = !complete || cpl_write_xml(out, el, NULL) < 0 ||
		     cpl_buf_addc(out, '\n') < 0;

	if (el)
		xmpp_stanza_release(el);
	return failed ? -1 : 0;
}

static int add_list(const struct cpl_roster_cache *where, struct cpl_buf *out,
		    const struct cpl_contacts *all, const char *ver)
{
	xmpp_stanza_t *head = cpl_build(where->ctx, "query", CPL_NS_ROSTER);
	int failed = cpl_set_attr(head, "jid", where->jid) < 0 ||
		     (ver && cpl_set_attr(head, "ver", ver) < 0);

	failed = add_line(out, head, !failed) < 0;
	for (size_t i = 0; i < all->count && !failed; i++) {
		xmpp_stanza_t *item =
		    cpl_contact_item(where->ctx, all->at[i], 1);

		failed = add_line(out, item, item != NULL) < 0;
	}
	return failed ? -1 : 0;
}

void cpl_roster_cache_write(const struct cpl_roster_cache *where,
			    const struct cpl_contacts *all, const char *ver)
{
	struct cpl_buf text = CPL_BUF_INIT(CPL_RECORD_MAX), name;
	char hex[2 * DIGEST_SIZE + 1] = "", head[HEAD_SIZE + 1];

	if (open_file(where, &name) < 0)
		goto out;
	/* Room for the head, which is written last. */
	snprintf(head, sizeof head, "%s %*s\n", MAGIC, 2 * DIGEST_SIZE, "");
	if (cpl_buf_add(&text, head, HEAD_SIZE) < 0 ||
	    add_list(where, &text, all, ver) < 0 ||
	    digest(text.data + HEAD_SIZE, text.len - HEAD_SIZE, hex) < 0)
		goto out;
	memcpy(text.data + sizeof MAGIC, hex, sizeof hex - 1);
	cpl_state_write(where->folder, name.data, text.data, text.len,
			where->log);
out:
	cpl_buf_release(&name);
	cpl_buf_release(&text);
}
