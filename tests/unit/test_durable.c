/* SPDX-License-Identifier: MIT */
#include "../../common/store/durable.h"

#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "unit.h"

static char folder[4300];
static char path[4400];

static int opens(struct cpl_durable *d, struct cpl_err *e)
{
	*d = (struct cpl_durable)CPL_DURABLE_INIT;
	return cpl_durable_open(d, folder, "juliet@capulet.lit", "bot", e);
}

static void kept(void)
{
	struct cpl_err e = CPL_ERR_INIT;
	struct cpl_durable d;
	struct stat st;

	CHECK_INT(opens(&d, &e), 0);
	CHECK(strncmp(d.resource, "bot-", 4) == 0);
	CHECK_INT(strlen(d.resource), 12);
	CHECK_STR(d.id, NULL);
	CHECK_INT(strlen(d.agent), 36);
	CHECK_INT(d.agent[14], '4');
	CHECK(strchr("89ab", d.agent[19]));
	CHECK_INT(cpl_durable_begin(&d, "juliet@capulet.lit/bot-1", "x y", NULL,
				    0, &e),
		  0);
	CHECK_INT(cpl_durable_count(&d, 4294967295U, &e), 0);
	CHECK_INT(cpl_durable_count(&d, 7, &e), 0);
	CHECK_INT(cpl_durable_catch(&d, &e), 0);
	CHECK_INT(cpl_durable_sync(&d, &e), 0);
	cpl_durable_release(&d);
	CHECK_INT(stat(path, &st), 0);
	CHECK_INT(st.st_mode & 0777, 0600);

	CHECK_INT(opens(&d, &e), 0);
	CHECK_STR(d.jid, "juliet@capulet.lit/bot-1");
	CHECK_STR(d.id, "x y");
	CHECK_STR(d.location, NULL);
	CHECK_INT(d.h, 7);
	CHECK_INT(d.caught, 1);
	CHECK_INT(cpl_durable_count(&d, 8, &e), 0);
	CHECK_INT(cpl_durable_begin(&d, "juliet@capulet.lit/bot-1", "z",
				    "[::1]:5222", 5, &e),
		  0);
	CHECK_INT(cpl_durable_count(&d, 4294967295U, &e), 0);
	cpl_durable_release(&d);

	CHECK_INT(opens(&d, &e), 0);
	CHECK_STR(d.id, "z");
	CHECK_INT(d.caught, 0);
	CHECK_STR(d.location, "[::1]:5222");
	CHECK_INT(d.h, 4294967295U);
	cpl_durable_release(&d);
	CHECK_STR(e.text, "");
}

/* The resource outlives the stream. */
static void ended(void)
{
	struct cpl_err e = CPL_ERR_INIT;
	struct cpl_durable d;
	char resource[32] = "";

	CHECK_INT(opens(&d, &e), 0);
	snprintf(resource, sizeof resource, "%s", d.resource);
	CHECK_INT(cpl_durable_begin(&d, "a@b/c", "x", NULL, 3, &e), 0);
	CHECK_INT(cpl_durable_end(&d, &e), 0);
	/* Of none nothing is counted. */
	CHECK_INT(cpl_durable_count(&d, 9, &e), 0);
	CHECK_INT(cpl_durable_sync(&d, &e), 0);
	cpl_durable_release(&d);
	CHECK_INT(opens(&d, &e), 0);
	CHECK_STR(d.resource, resource);
	CHECK_STR(d.id, NULL);
	CHECK_INT(d.h, 0);
	cpl_durable_release(&d);
}

/* What would be two lines, or none. */
static void no_lines(void)
{
	struct cpl_err e = CPL_ERR_INIT;
	struct cpl_durable d;

	CHECK_INT(opens(&d, &e), 0);
	CHECK_INT(cpl_durable_begin(&d, "a@b/c", "x\ny", NULL, 0, &e), -1);
	CHECK_INT(e.status, CPL_PROTOCOL);
	CHECK_INT(cpl_durable_begin(&d, "a@b/c", "", NULL, 0, &e), -1);
	CHECK_INT(cpl_durable_begin(&d, "a@b/c", "x", "h\n", 0, &e), -1);
	CHECK_STR(d.id, NULL);
	cpl_durable_release(&d);
	CHECK_INT(opens(&d, &e), 0);
	CHECK_STR(d.id, NULL);
	cpl_durable_release(&d);
}

static void put(const char *text, size_t n)
{
	FILE *file = fopen(path, "w");

	UNIT_NEED(file);
	CHECK_INT(fwrite(text, 1, n, file), n);
	CHECK_INT(fclose(file), 0);
}

#define U "01234567-89ab-4cde-8f01-23456789abcd\n"
#define H "couplet-durable 1\n0000000001 0\n"

static void damaged(void)
{
	static const char *const bad[] = {
	    "",
	    "\n",
	    "couplet-durable 2\n0000000001 0\nr\n" U,
	    "couplet-durable 1\n",
	    "couplet-durable 1\n1 0\nr\n" U,
	    "couplet-durable 1\n4294967296 0\nr\n" U,
	    "couplet-durable 1\n00000000011 0\nr\n" U,
	    "couplet-durable 1\n0000000001\nr\n" U,
	    "couplet-durable 1\n0000000001 2\nr\n" U,
	    H,
	    H "r",
	    H "\n" U,
	    H "r\nno-uuid\n",
	    H "r\n" U "j\n",
	    H "r\n" U "j\nid\n",
	    H "r\n" U "j\nid\n\nmore\n",
	    H "r\n" U "\nid\n\n",
	    H "r\n" U "j\n\n\n",
	};
	struct cpl_err e = CPL_ERR_INIT;
	struct cpl_durable d;

	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		put(bad[i], strlen(bad[i]));
		CHECK_INT(opens(&d, &e), -1);
		CHECK_INT(e.status, CPL_IO);
		CHECK(strstr(e.text, "not a session"));
		cpl_durable_release(&d);
	}
	put(H "r\n" U "j\nid\n\n", sizeof H "r\n" U "j\nid\n\n" - 1);
	CHECK_INT(opens(&d, &e), 0);
	CHECK_INT(d.h, 1);
	cpl_durable_release(&d);
}

int main(void)
{
	const char *tmp = getenv("TMPDIR");
	char lock[4500];

	snprintf(folder, sizeof folder, "%s/couplet-durable.XXXXXX",
		 tmp && *tmp ? tmp : "/tmp");
	if (!mkdtemp(folder))
		return 1;
	snprintf(path, sizeof path, "%s/durable-juliet@capulet.lit:bot",
		 folder);
	RUN(kept);
	RUN(ended);
	RUN(no_lines);
	RUN(damaged);
	snprintf(lock, sizeof lock, "%s~lock", path);
	if (unlink(path) < 0 || unlink(lock) < 0 || rmdir(folder) < 0)
		return 1;
	return unit_end();
}
