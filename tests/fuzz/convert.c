/* SPDX-License-Identifier: MIT
 *
 * Records from stdin to stdout without a network, one a line: what
 * tests/roundtrip.bats proves of the formats it proves by this.
 * usage: convert [-p] [-m] [-x | -j | -t | -F TEMPLATE]
 *
 * -p: payloads are records, too. -m: the most memory that it had, in kB, on
 * stderr. A bad record is named there and makes the exit status 65. */
#include <getopt.h>
#include <stdio.h>
#include <string.h>
#include <strophe.h>
#include <sys/resource.h>
#include <unistd.h>

#include "../../common/base/limits.h"
#include "../../common/stanza/json.h"
#include "../../common/stanza/reader.h"
#include "../../common/stanza/template.h"
#include "../../common/stanza/text.h"
#include "../../common/stanza/write.h"

struct run {
	int format; /* x, j, t or F */
	struct cpl_template *template;
	struct cpl_buf out;
	size_t bad;
	int failed;
};

static void on_record(void *user, const struct cpl_record *r)
{
	static const struct timespec now = {1780000000, 0};
	struct run *run = user;
	int rc = 0;

	if (!r->stanza) {
		fprintf(stderr, "convert: record %zu: %s\n", r->number,
			r->why.text);
		run->bad++;
		return;
	}
	switch (run->format) {
	case 'j': rc = cpl_json_write(&run->out, r->stanza); break;
	case 't': rc = cpl_write_text(&run->out, r->stanza, 0); break;
	case 'F':
		rc = cpl_template_write(run->template, &run->out, r->stanza,
					&now);
		break;
	default: rc = cpl_write_xml(&run->out, r->stanza, XMPP_NS_CLIENT);
	}
	if (rc < 0 || cpl_buf_addc(&run->out, '\n') < 0)
		run->failed = 1;
}

static int options(int argc, char **argv, struct run *run, int *flags,
		   int *memory)
{
	struct cpl_err e = CPL_ERR_INIT;
	int c;

	while ((c = getopt(argc, argv, "pmxjtF:")) != -1)
		switch (c) {
		case 'p': *flags = CPL_READER_PAYLOADS; break;
		case 'm': *memory = 1; break;
		case 'F':
			run->template = cpl_template_new(optarg, &e);
			if (!run->template) {
				fprintf(stderr, "convert: %s\n", e.text);
				return -1;
			}
			/* fall through */
		case 'x':
		case 'j':
		case 't': run->format = c; break;
		default: return -1;
		}
	return optind == argc ? 0 : -1;
}

/* All of stdin. 0, or -1 when a step failed that must not. */
static int convert(struct run *run, struct cpl_reader *reader)
{
	static char bytes[65536];
	size_t n;
	int rc = 0;

	do {
		n = fread(bytes, 1, sizeof bytes, stdin);
		rc = n > 0 ? cpl_reader_feed(reader, bytes, n, NULL)
			   : cpl_reader_end(reader, NULL);
		if (run->out.len > 0)
			fwrite(run->out.data, 1, run->out.len, stdout);
		cpl_buf_truncate(&run->out, 0);
	} while (n > 0 && rc == 0 && !run->failed);
	if (rc < 0 || run->failed || fflush(stdout) != 0 || ferror(stdin))
		return -1;
	return 0;
}

int main(int argc, char **argv)
{
	struct run run = {.format = 'x',
			  .out = CPL_BUF_INIT((size_t)8 * CPL_RECORD_MAX)};
	int flags = 0, memory = 0, rc;
	struct cpl_reader *reader;
	struct rusage usage;
	xmpp_ctx_t *ctx;

	if (options(argc, argv, &run, &flags, &memory) < 0)
		return CPL_USAGE;
	ctx = xmpp_ctx_new(NULL, NULL);
	reader = cpl_reader_new(ctx, flags, on_record, &run);
	if (!reader)
		return CPL_SYSTEM;
	rc = convert(&run, reader);
	cpl_reader_free(reader);
	xmpp_ctx_free(ctx);
	cpl_template_free(run.template);
	cpl_buf_release(&run.out);
	if (memory && getrusage(RUSAGE_SELF, &usage) == 0)
		fprintf(stderr, "memory %ld\n", usage.ru_maxrss);
	if (rc < 0)
		return CPL_INTERNAL;
	return run.bad ? CPL_DATA : 0;
}
