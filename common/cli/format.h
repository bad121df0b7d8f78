/* SPDX-License-Identifier: MIT
 *
 * How a tool prints its records: the one table of -o, -x, -j, -F, --format-name
 * and -N for all of them (couplet(7), RECORDS). It lives in the tool,
 * zero-filled but for what the tool offers; cpl_format_release() frees what it
 * compiled. The last of the options counts.
 *
 *	struct cpl_format format = {.kinds = CPL_FORMAT_ANY,
 *				    .kind = CPL_FORMAT_XML};
 *	static const struct option options[] = {CPL_CLI_OPTIONS,
 *						CPL_FORMAT_OPTIONS, ...};
 *	... if (!cpl_format_option(&format, &cli, c, optarg)) ...
 *	cpl_cli_load(&cli);
 *	cpl_format_ready(&format, &cli);
 */
#ifndef CPL_FORMAT_H
#define CPL_FORMAT_H

#include <strophe.h>

#include "../base/buf.h"
#include "../stanza/template.h"
#include "cli.h"

/* Bits: what a tool has. */
enum cpl_format_kind {
	CPL_FORMAT_TEXT = 1,
	CPL_FORMAT_NUL = 2, /* text, unescaped, a NUL at its end */
	CPL_FORMAT_XML = 4,
	CPL_FORMAT_JSON = 8,
	CPL_FORMAT_TEMPLATE = 16
};
#define CPL_FORMAT_ANY 31

enum { CPL_OPT_FORMAT_NAME = 400 };

/* clang-format off */
#define CPL_FORMAT_SHORT "o:xjF:N"
#define CPL_FORMAT_OPTIONS \
	{"output", required_argument, NULL, 'o'}, \
	{"xml", no_argument, NULL, 'x'}, \
	{"json", no_argument, NULL, 'j'}, \
	{"format", required_argument, NULL, 'F'}, \
	{"format-name", required_argument, NULL, CPL_OPT_FORMAT_NAME}, \
	{"no-newline", no_argument, NULL, 'N'}
/* clang-format on */

/* The lines of --help for them, to be put into a tool's own text; a line behind
 * them goes on with -o: "(default xml)". */
#define CPL_FORMAT_HELP                                                        \
	"  -x, --xml              the same as -o xml\n"                        \
	"  -j, --json             the same as -o json\n"                       \
	"  -F, --format TEMPLATE  by a template, see couplet-format(5)\n"      \
	"      --format-name NAME by the template of that name\n"              \
	"  -N, --no-newline       no newline after each record\n"              \
	"  -o, --output FORMAT    text, nul, xml or json\n"

struct cpl_format {
	unsigned kinds;            /* those that the tool has */
	enum cpl_format_kind kind; /* that is used: at first the default */
	int no_newline;
	const char *text; /* of -F */
	const char *name; /* of --format-name */
	struct cpl_template *template;
};

/* Takes one of the options above; non-zero: it was one. A template is compiled
 * here: a bad one, and a format that the tool has not, is a usage error. */
int cpl_format_option(struct cpl_format *f, struct cpl_cli *cli, int c,
		      const char *arg);

/* After cpl_cli_load(): the template of --format-name, from the configuration.
 * An unknown name is a usage error, a bad template one of the configuration,
 * with its place; both end the process. */
void cpl_format_ready(struct cpl_format *f, struct cpl_cli *cli);

/* Appends the record of a stanza, its end included: a newline, a NUL, or
 * nothing with -N. -1 when out is full. */
int cpl_format_stanza(const struct cpl_format *f, struct cpl_buf *out,
		      xmpp_stanza_t *stanza)
    __attribute__((warn_unused_result));

/* For records that are no stanza: fields of text with the record's end, by
 * cpl_write_fields() (raw for CPL_FORMAT_NUL), and the end alone for what the
 * tool wrote by itself. */
int cpl_format_fields(const struct cpl_format *f, struct cpl_buf *out,
		      const char *const *fields, size_t n)
    __attribute__((warn_unused_result));
int cpl_format_end(const struct cpl_format *f, struct cpl_buf *out)
    __attribute__((warn_unused_result));

void cpl_format_release(struct cpl_format *f);

#endif
