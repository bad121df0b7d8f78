/* SPDX-License-Identifier: MIT */
#include "../../common/cli/unsent.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "parse.h"
#include "strophe_mem.h"
#include "unit.h"

static struct strophe_mem mem;
static xmpp_ctx_t *ctx;
static char folder[64], path[80];

/* The file's content; NULL: there is none. Valid until the next call. */
static const char *content(void)
{
	static char text[4096];
	int fd = open(path, O_RDONLY);
	ssize_t n;

	if (fd < 0)
		return NULL;
	n = read(fd, text, sizeof text - 1);
	text[n > 0 ? n : 0] = '\0';
	close(fd);
	return text;
}

static struct cpl_unsent begin(void)
{
	struct cpl_unsent u = {0};
	struct cpl_err e = CPL_ERR_INIT;

	CHECK_INT(cpl_unsent_open(&u, path, "romeo@montague.lit", ctx, &e), 0);
	return u;
}

static void add(struct cpl_unsent *u, const char *xml, unsigned tries)
{
	struct cpl_sent sent = {.xml = xml,
				.bytes = strlen(xml),
				.tries = tries,
				.first = 1000000000};
	struct cpl_err e = CPL_ERR_INIT;

	CHECK_INT(cpl_unsent_add(u, &sent, &e), 0);
}

#define DELAY                                                                  \
	"<delay xmlns=\"urn:xmpp:delay\" from=\"romeo@montague.lit\" "         \
	"stamp=\"2001-09-09T01:46:40Z\"/>"

static void lines(void)
{
	static const char own[] = "<message id=\"c\"><delay "
				  "xmlns=\"urn:xmpp:delay\" "
				  "stamp=\"2000-01-01T00:00:00Z\"/></message>";
	xmpp_stanza_t *fresh =
	    parse(ctx, "<message id='e'><body>a\nb</body></message>");
	struct cpl_unsent u = begin();
	struct cpl_err e = CPL_ERR_INIT;
	struct stat st;

	add(&u, "<message id=\"a\"><body>1 &lt; 2&#10;</body></message>", 2);
	add(&u, "<message id=\"b\"/>", 1);
	add(&u, own, 1);
	add(&u, "<iq id=\"d\" type=\"set\"><x xmlns=\"urn:x\"/></iq>", 1);
	add(&u, "<message id=\"f\"><body>3</body></message>", 0);
	CHECK_INT(cpl_unsent_add_fresh(&u, fresh, &e), 0);
	CHECK_INT(u.unknown, 4);
	CHECK_INT(u.fresh, 2);
	CHECK_STR(content(), NULL);
	CHECK_INT(cpl_unsent_write(&u, &e), 0);
	CHECK_STR(content(),
		  "<message id=\"a\"><body>1 &lt; 2&#10;</body>" DELAY
		  "</message>\n"
		  "<message id=\"b\">" DELAY "</message>\n"
		  "<message id=\"c\"><delay xmlns=\"urn:xmpp:delay\" "
		  "stamp=\"2000-01-01T00:00:00Z\"/></message>\n"
		  "<iq id=\"d\" type=\"set\"><x xmlns=\"urn:x\"/></iq>\n"
		  "<message id=\"f\"><body>3</body></message>\n"
		  "<message id=\"e\"><body>a&#10;b</body></message>\n");
	CHECK_INT(stat(path, &st), 0);
	CHECK_INT(st.st_mode & 07777, 0600);
	cpl_unsent_release(&u);
	xmpp_stanza_release(fresh);
}

/* Without a line there is no file, be there an old one or not. */
static void nothing_to_write(void)
{
	struct cpl_unsent u = begin();
	struct cpl_err e = CPL_ERR_INIT;

	CHECK(content() != NULL);
	CHECK_INT(cpl_unsent_write(&u, &e), 0);
	CHECK_STR(content(), NULL);
	CHECK_INT(cpl_unsent_write(&u, &e), 0);
	cpl_unsent_release(&u);
}

static void refused(const char *where, enum cpl_status status)
{
	struct cpl_unsent u = {0};
	struct cpl_err e = CPL_ERR_INIT;

	CHECK_INT(cpl_unsent_open(&u, where, "a@b", ctx, &e), -1);
	CHECK_INT(e.status, status);
	cpl_unsent_release(&u);
}

static void where_no_file_can_be(void)
{
	int old = dup(0), fd = open(path, O_RDWR | O_CREAT, 0600);
	char missing[100];

	snprintf(missing, sizeof missing, "%s/no/rest", folder);
	refused(missing, CPL_IO);
	refused(folder, CPL_IO);
	refused("/dev/null", CPL_IO);
	dup2(fd, 0);
	refused(path, CPL_USAGE);
	dup2(old, 0);
	close(old);
	close(fd);
}

/* What cannot be written leaves what was there, and nothing beside it. */
static void not_written(void)
{
	struct cpl_unsent u = begin();
	struct cpl_err e = CPL_ERR_INIT;

	add(&u, "<message/>", 0);
	unlink(path);
	CHECK_INT(rmdir(folder), 0);
	CHECK_INT(cpl_unsent_write(&u, &e), -1);
	CHECK_INT(e.status, CPL_IO);
	CHECK(strstr(e.text, "No such file or directory"));
	cpl_unsent_release(&u);
}

int main(void)
{
	const char *tmp = getenv("TMPDIR");

	snprintf(folder, sizeof folder, "%.40s/unsent.XXXXXX",
		 tmp ? tmp : "/tmp");
	if (!mkdtemp(folder))
		return 1;
	snprintf(path, sizeof path, "%s/rest", folder);
	ctx = strophe_mem_ctx(&mem);
	RUN(lines);
	RUN(nothing_to_write);
	RUN(where_no_file_can_be);
	RUN(not_written);
	return strophe_mem_end(&mem, ctx);
}
