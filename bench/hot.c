/* SPDX-License-Identifier: MIT
 *
 * What is done for each stanza, on recorded input, without socket and TLS: for
 * bench/gate, which counts its instructions.
 *
 * usage: hot text|xml|json FILE	a recorded stream, received and printed
 *	  hot send FILE			its lines, sent and acknowledged
 *
 * The file is gone through ROUNDS times. Output goes to stdout. */
#include <string.h>

#include "../common/base/limits.h"
#include "../common/cli/format.h"
#include "../common/cli/output.h"
#include "../common/stanza/build.h"
#include "../common/stanza/chars.h"
#include "../common/stanza/filter.h"
#include "../common/stanza/message.h"
#include "../common/stanza/ns.h"
#include "../common/stanza/slab.h"
#include "../common/stanza/tree.h"
#include "../common/stream/ids.h"
#include "../common/stream/sm.h"

#define ROUNDS 40
/* As much as a TLS record has. */
#define PIECE 16384
/* Stanzas from one acknowledgement to the next. */
#define ACKED 100

struct hot {
	const char *how;
	xmpp_ctx_t *ctx;
	struct cpl_slab *slab;
	struct cpl_loop *loop;
	struct cpl_timer next;
	struct cpl_buf in, line, text;
	size_t at; /* in */
	int round;
	/* receiving */
	struct cpl_tree *tree;
	struct cpl_filter filter;
	struct cpl_format format;
	struct cpl_output *output;
	struct cpl_jid own;
	uint64_t number;
	/* sending */
	struct cpl_ids ids;
	struct cpl_sm sm;
	int failed;
};

static void fail(struct hot *h, const struct cpl_err *e)
{
	fprintf(stderr, "hot: %s\n", e ? e->text : "no memory");
	h->failed = 1;
	cpl_loop_stop(h->loop);
}

/* ---- In ---- */

static void on_child(void *user, xmpp_stanza_t *child)
{
	struct hot *h = user;
	struct cpl_err e = CPL_ERR_INIT;

	h->number++;
	cpl_buf_truncate(&h->line, 0);
	if (cpl_filter_passes(&h->filter, child, &h->own) &&
	    cpl_format_stanza(&h->format, &h->line, child) < 0)
		fail(h, NULL);
	else if (cpl_output_put(h->output, h->line.data, h->line.len, h->number,
				&e) < 0)
		fail(h, &e);
}

static void on_failed(void *user, const struct cpl_err *e)
{
	fail(user, e);
}

static void on_written(void *user)
{
	struct hot *h = user;

	if (h->round == ROUNDS)
		cpl_loop_stop(h->loop);
}

/* From the second round on the stream's header is left out. */
static void receive(struct hot *h)
{
	size_t left = h->in.len - h->at, n = left < PIECE ? left : PIECE;
	struct cpl_err e = CPL_ERR_INIT;
	const char *header;

	if (cpl_tree_feed(h->tree, h->in.data + h->at, n, &e) < 0)
		fail(h, &e);
	h->at += n;
	if (h->at < h->in.len)
		return;
	header = strchr(h->in.data, '>');
	h->at = (size_t)(header - h->in.data) + 1;
	h->round++;
}

static int open_in(struct hot *h, struct cpl_err *e)
{
	static const struct cpl_tree_events events = {NULL, on_child, NULL};
	struct cpl_output_events told = {
	    .written = on_written, .failed = on_failed, .user = h};

	h->format.kind = strcmp(h->how, "text") == 0  ? CPL_FORMAT_TEXT
			 : strcmp(h->how, "xml") == 0 ? CPL_FORMAT_XML
						      : CPL_FORMAT_JSON;
	h->tree = cpl_tree_new(h->ctx, CPL_TREE_CDATA, &events, h);
	h->output = cpl_output_new(h->loop, 1, &told, e);
	if (cpl_filter_add_kind(&h->filter, "message", e) < 0 ||
	    cpl_filter_add_kind(&h->filter, "presence", e) < 0 ||
	    cpl_jid_parse(&h->own, "romeo@montague.lit/orchard", e) < 0)
		return -1;
	return h->tree && h->output ? 0 : -1;
}

/* ---- Out ---- */

static int send_line(struct hot *h, const char *p, size_t n, struct cpl_err *e)
{
	static const struct cpl_message message = {.type = "chat"};
	char id[CPL_ID_SIZE];
	xmpp_stanza_t *m;
	int r = -1;

	cpl_buf_truncate(&h->text, 0);
	if (cpl_chars_text(&h->text, p, n, 0, e) < 0)
		return -1;
	m = cpl_message_build(h->ctx, &message, h->text.data);
	cpl_id(&h->ids, 1, ++h->number, id);
	if (m && cpl_set_attr(m, "to", "juliet@capulet.lit") == 0 &&
	    cpl_set_attr(m, "id", id) == 0)
		r = cpl_sm_send(&h->sm, m, 0, &h->line, e);
	if (m)
		xmpp_stanza_release(m);
	return r;
}

static int acknowledge(struct hot *h, struct cpl_err *e)
{
	xmpp_stanza_t *a = cpl_build(h->ctx, "a", CPL_NS_SM);
	uint64_t more = 0;
	char text[24];
	int r = -1;

	snprintf(text, sizeof text, "%u", (unsigned)h->number);
	if (a && cpl_set_attr(a, "h", text) == 0)
		r = cpl_sm_take(&h->sm, a, &more, e);
	if (a)
		xmpp_stanza_release(a);
	cpl_buf_truncate(&h->line, 0);
	return r;
}

static void send_all(struct hot *h)
{
	const char *p = h->in.data, *end;
	struct cpl_err e = CPL_ERR_INIT;

	for (; (end = strchr(p, '\n')); p = end + 1)
		if (end > p &&
		    (send_line(h, p, (size_t)(end - p), &e) < 0 ||
		     (h->number % ACKED == 0 && acknowledge(h, &e) < 0))) {
			fail(h, &e);
			return;
		}
	h->round++;
}

/* ---- Both ---- */

static void next(void *user)
{
	struct hot *h = user;

	if (strcmp(h->how, "send") == 0)
		send_all(h);
	else
		receive(h);
	if (!h->failed && h->round < ROUNDS)
		cpl_loop_timer(h->loop, &h->next, 0);
	else if (!h->output) /* on_written() follows */
		cpl_loop_stop(h->loop);
}

static int open_all(struct hot *h, const char *path, struct cpl_err *e)
{
	FILE *file = fopen(path, "r");
	char *room = cpl_buf_room(&h->in, 1 << 20);

	if (!file || !room)
		return cpl_err_errno(e, CPL_NOINPUT, "%s", path);
	cpl_buf_added(&h->in, fread(room, 1, 1 << 20, file));
	fclose(file);
	h->ctx = cpl_slab_ctx(&h->slab);
	h->loop = cpl_loop_new(e);
	h->next.fire = next;
	h->next.user = h;
	if (!h->ctx || !h->loop)
		return -1;
	h->sm.keep = 1;
	return strcmp(h->how, "send") == 0 ? cpl_ids_init(&h->ids, e)
					   : open_in(h, e);
}

int main(int argc, char **argv)
{
	struct hot h = {.in = CPL_BUF_INIT(2 << 20),
			.line = CPL_BUF_INIT(CPL_RECORD_OUT_MAX),
			.text = CPL_BUF_INIT(CPL_RECORD_MAX),
			.format = {.kinds = CPL_FORMAT_ANY}};
	struct cpl_err e = CPL_ERR_INIT;

	if (argc != 3) {
		fputs("usage: hot text|xml|json|send FILE\n", stderr);
		return CPL_USAGE;
	}
	h.how = argv[1];
	if (open_all(&h, argv[2], &e) < 0) {
		fprintf(stderr, "hot: %s\n", e.text);
		return CPL_SYSTEM;
	}
	cpl_loop_timer(h.loop, &h.next, 0);
	if (cpl_loop_run(h.loop, &e) < 0)
		fail(&h, &e);
	cpl_output_free(h.output);
	cpl_tree_free(h.tree);
	cpl_filter_release(&h.filter);
	cpl_format_release(&h.format);
	cpl_jid_release(&h.own);
	cpl_sm_release(&h.sm);
	cpl_ids_release(&h.ids);
	cpl_loop_free(h.loop);
	xmpp_ctx_free(h.ctx);
	cpl_slab_free(h.slab);
	cpl_buf_release(&h.in);
	cpl_buf_release(&h.line);
	cpl_buf_release(&h.text);
	return h.failed ? CPL_INTERNAL : 0;
}
