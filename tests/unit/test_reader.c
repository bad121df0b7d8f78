/* SPDX-License-Identifier: MIT */
#include "../../common/stanza/reader.h"

#include <dirent.h>
#include <stdlib.h>

#include "../../common/base/buf.h"
#include "../../common/base/limits.h"
#include "../../common/stanza/json_scan.h"
#include "../../common/stanza/write.h"
#include "strophe_mem.h"
#include "unit.h"

/* Where the corpus lies: the tests run in the top folder. */
#define CORPUS "tests/corpus"
#define JSON_CORPUS "tests/corpus/json"

static void on_record(void *user, const struct cpl_record *r)
{
	struct cpl_buf *log = user;
	int rc = cpl_buf_addf(log, "%zu %zu ", r->number, r->line);

	CHECK_INT(r->why.status, r->stanza ? CPL_OK : CPL_DATA);
	if (rc == 0 && r->stanza)
		rc = cpl_write_xml(log, r->stanza, XMPP_NS_CLIENT);
	else if (rc == 0)
		rc = cpl_buf_addf(log, "! %s", r->why.text);
	if (rc < 0 || cpl_buf_addc(log, '\n') < 0)
		CHECK(!"room");
}

/* Reads n bytes, so many at once, into log. */
static void read_flags(struct cpl_buf *log, int flags, const char *p, size_t n,
		       size_t step)
{
	struct strophe_mem mem;
	xmpp_ctx_t *ctx = strophe_mem_ctx(&mem);
	struct cpl_reader *r = cpl_reader_new(ctx, flags, on_record, log);
	struct cpl_err e = CPL_ERR_INIT;

	UNIT_NEED(r != NULL);
	for (size_t m; n > 0; p += m, n -= m) {
		m = n < step ? n : step;
		CHECK_INT(cpl_reader_feed(r, p, m, &e), 0);
	}
	CHECK_INT(cpl_reader_end(r, &e), 0);
	CHECK_STR(e.text, "");
	cpl_reader_free(r);
	xmpp_ctx_free(ctx);
	CHECK_INT(mem.blocks, 0);
}

static void read_all(struct cpl_buf *log, const char *p, size_t n, size_t step)
{
	read_flags(log, 0, p, n, step);
}

static int slurp(struct cpl_buf *to, const char *path)
{
	FILE *f = fopen(path, "r");
	char bytes[4096];
	size_t n;

	/* never NULL, an empty file included */
	if (!f || cpl_buf_add(to, "", 0) < 0)
		return -1;
	while ((n = fread(bytes, 1, sizeof bytes, f)) > 0)
		if (cpl_buf_add(to, bytes, n) < 0)
			break;
	return fclose(f);
}

/* A name that begins with payloads- is read as the flag says. */
static void corpus_one(const char *dir, const char *name, const char *ending,
		       int update)
{
	int flags = strncmp(name, "payloads-", 9) ? 0 : CPL_READER_PAYLOADS;

	static const size_t steps[] = {(size_t)1 << 30, 1, 7};
	struct cpl_buf xml = CPL_BUF_INIT(1 << 20), log = CPL_BUF_INIT(1 << 20);
	struct cpl_buf out = CPL_BUF_INIT(1 << 20);
	char path[300];
	FILE *f;

	snprintf(path, sizeof path, "%s/%s%s", dir, name, ending);
	CHECK(slurp(&xml, path) == 0);
	snprintf(path, sizeof path, "%s/%s.out", dir, name);
	if (!update)
		CHECK(slurp(&out, path) == 0);
	for (size_t i = 0; i < sizeof steps / sizeof *steps; i++) {
		cpl_buf_truncate(&log, 0);
		CHECK(cpl_buf_add(&log, "", 0) == 0);
		read_flags(&log, flags, xml.data, xml.len, steps[i]);
		if (update && i == 0) {
			CHECK(cpl_buf_add(&out, log.data, log.len) == 0);
			f = fopen(path, "w");
			CHECK(f && fputs(log.data, f) >= 0 && !fclose(f));
		}
		if (!CHECK_STR(log.data, out.data))
			printf("# %s, fed by %zu\n", path, steps[i]);
	}
	cpl_buf_release(&xml);
	cpl_buf_release(&log);
	cpl_buf_release(&out);
}

/* How many files of the folder have that ending. */
static int corpus_folder(const char *path, const char *ending)
{
	int update = getenv("UPDATE") != NULL, count = 0;
	DIR *dir = opendir(path);
	struct dirent *entry;
	char name[256];

	while (dir && (entry = readdir(dir))) {
		char *dot = strrchr(entry->d_name, '.');

		if (!dot || strcmp(dot, ending) != 0)
			continue;
		snprintf(name, sizeof name, "%.*s", (int)(dot - entry->d_name),
			 entry->d_name);
		corpus_one(path, name, ending, update);
		count++;
	}
	if (dir)
		closedir(dir);
	return count;
}

static void corpus(void)
{
	CHECK(corpus_folder(CORPUS, ".xml") >= 40);
}

static void corpus_json(void)
{
	CHECK(corpus_folder(JSON_CORPUS, ".in") >= 40);
}

/* A record is handed out with its last byte. */
static void at_once(void)
{
	static const char in[] =
	    "<iq/>\n<message a='>'>x</message><presence/>"
	    "{\"kind\":\"iq\"}{\"kind\":\"iq\",\"id\":\"}\"}<iq/>";
	xmpp_ctx_t *ctx = xmpp_ctx_new(NULL, NULL);
	struct cpl_buf log = CPL_BUF_INIT(1000);
	struct cpl_reader *r = cpl_reader_new(ctx, 0, on_record, &log);
	struct cpl_err e = CPL_ERR_INIT;
	size_t ends[] = {5, 32, 43, 56, 78, sizeof in - 1}, before;

	for (size_t i = 0, k = 0; i < sizeof in - 1; i++) {
		before = log.len;
		CHECK_INT(cpl_reader_feed(r, in + i, 1, &e), 0);
		CHECK_INT(log.len > before, i + 1 == ends[k]);
		k += i + 1 == ends[k];
	}
	CHECK_INT(cpl_reader_end(r, &e), 0);
	CHECK_STR(log.data, "1 1 <iq/>\n2 2 <message a=\"&gt;\">x</message>\n"
			    "3 2 <presence/>\n4 2 <iq/>\n"
			    "5 2 <iq id=\"}\"/>\n6 2 <iq/>\n");
	cpl_reader_free(r);
	cpl_reader_free(NULL);
	cpl_buf_release(&log);
	xmpp_ctx_free(ctx);
}

static void repeat(struct cpl_buf *b, const char *piece, size_t times)
{
	size_t len = strlen(piece);
	char *p = cpl_buf_room(b, len * times);

	UNIT_NEED(p != NULL);
	for (size_t i = 0; i < len * times; i++)
		p[i] = piece[i % len];
	cpl_buf_added(b, len * times);
}

/* One byte over the limit costs that record only. */
static void limits(void)
{
	struct cpl_buf in = CPL_BUF_INIT((size_t)64 << 20);
	struct cpl_buf log = CPL_BUF_INIT((size_t)64 << 20);
	const char *last;
	char line[1025] = "";

	memset(line, 'x', 1023);
	line[1023] = '\n';
	repeat(&in, "<iq/>\n<message>", 1);
	/* text of CPL_RECORD_MAX less <message></message> and one byte */
	repeat(&in, line, (CPL_RECORD_MAX - 19) / 1024);
	repeat(&in, "x", (CPL_RECORD_MAX - 19) % 1024 + 1);
	repeat(&in, "</message>\n<presence/>", 1);
	read_all(&log, in.data, in.len, 65536);
	CHECK(strstr(log.data, ": more than 16777216 bytes\n") != NULL);
	last = strstr(log.data, "\n3 ");
	CHECK_STR(last, "\n3 16386 <presence/>\n");

	/* 20,001 elements, one a line */
	cpl_buf_truncate(&in, 0);
	cpl_buf_truncate(&log, 0);
	repeat(&in, "<message>\n", 1);
	repeat(&in, "<a/>", CPL_STANZA_ELEMENTS_MAX);
	repeat(&in, "\n</message>\n<presence/>", 1);
	read_all(&log, in.data, in.len, 4096);
	CHECK_STR(log.data, "1 1 ! line 2, column 79997: more than 20000 "
			    "elements\n2 4 <presence/>\n");

	/* white space is not kept, nor is garbage */
	cpl_buf_truncate(&in, 0);
	cpl_buf_truncate(&log, 0);
	repeat(&in, "    \n", 300000);
	repeat(&in, "garb\n", 300000);
	repeat(&in, "<iq/>", 1);
	read_all(&log, in.data, in.len, 65536);
	CHECK_STR(log.data, "1 300001 ! line 300001, column 1: text outside "
			    "of an element\n2 600001 <iq/>\n");
	cpl_buf_release(&in);
	cpl_buf_release(&log);
}

/* The same for an object; what is wrong is noticed at once, and no sooner. */
static void limits_json(void)
{
	static const char open[] = "{\"kind\":\"message\",\"body\":\"";
	size_t most = CPL_RECORD_MAX - strlen(open) - 2;
	struct cpl_buf in = CPL_BUF_INIT((size_t)64 << 20);
	struct cpl_buf log = CPL_BUF_INIT((size_t)64 << 20);

	for (size_t over = 0; over < 2; over++) {
		cpl_buf_truncate(&in, 0);
		cpl_buf_truncate(&log, 0);
		repeat(&in, open, 1);
		repeat(&in, "x", most + over);
		repeat(&in, "\"}\n{\"kind\":\"iq\"}", 1);
		read_all(&log, in.data, in.len, 65536);
		if (over)
			CHECK_STR(log.data,
				  "1 1 ! line 1: more than 16777216 bytes\n"
				  "2 2 <iq/>\n");
		else
			CHECK(log.len > most &&
			      !strcmp(strrchr(log.data, '>') - 9,
				      "\n2 2 <iq/>\n"));
	}

	/* a value for each comma, object and array */
	for (size_t over = 0; over < 2; over++) {
		cpl_buf_truncate(&in, 0);
		cpl_buf_truncate(&log, 0);
		repeat(&in, "{\"a\":[0", 1);
		repeat(&in, ",0", CPL_JSON_VALUES_MAX - 2 + over);
		repeat(&in, "]}\n<iq/>", 1);
		read_all(&log, in.data, in.len, 65536);
		CHECK_STR(log.data,
			  over ? "1 1 ! line 1: more than 21100 values\n"
				 "2 2 <iq/>\n"
			       : "1 1 ! line 1, column 1: no kind\n"
				 "2 2 <iq/>\n");
	}
	cpl_buf_release(&in);
	cpl_buf_release(&log);
}

static void count(void *user, const struct cpl_record *r)
{
	(void)r;
	++*(int *)user;
}

/* Each allocation of libstrophe's may fail: -1 from then on. */
static void memory(void)
{
	static const char in[] = "<message><body>x</body></message>\n<bad>\n"
				 "<iq type='get'><q xmlns='u'/></iq>\n"
				 "{\"kind\":\"iq\",\"id\":\"1\","
				 "\"payload\":[\"<a/>\",\"<b/>\"]}{bad}\n"
				 "{\"kind\":\"iq\",\"attributes\":"
				 "{\"a\":\"b\"}}<presence/>";
	struct strophe_mem mem;
	long calls = 0;

	for (long fail_at = 0; fail_at <= calls; fail_at++) {
		xmpp_ctx_t *ctx = strophe_mem_ctx(&mem);
		struct cpl_err e = CPL_ERR_INIT;
		int records = 0, rc;
		struct cpl_reader *r = cpl_reader_new(ctx, 0, count, &records);

		mem.fail_at = fail_at;
		rc = cpl_reader_feed(r, in, sizeof in - 1, &e);
		if (rc == 0)
			rc = cpl_reader_end(r, &e);
		CHECK_INT(rc, fail_at ? -1 : 0);
		CHECK_INT(e.status, fail_at ? CPL_SYSTEM : CPL_OK);
		if (fail_at) {
			CHECK_INT(cpl_reader_feed(r, "<iq/>", 5, &e), -1);
			CHECK_INT(cpl_reader_end(r, &e), -1);
		} else {
			calls = mem.calls;
			CHECK_INT(records, 7);
		}
		cpl_reader_free(r);
		xmpp_ctx_free(ctx);
		CHECK_INT(mem.blocks, 0);
	}
	CHECK(calls > 20);
}

int main(void)
{
	RUN(corpus);
	RUN(corpus_json);
	RUN(at_once);
	RUN(limits);
	RUN(limits_json);
	RUN(memory);
	return unit_end();
}
