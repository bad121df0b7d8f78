/* SPDX-License-Identifier: MIT */
#include "../../common/store/cursor.h"

#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "unit.h"

static char folder[4300];
static char path[4400];

static int opens(struct cpl_cursor *c, const char *reader, struct cpl_err *e)
{
	*c = (struct cpl_cursor)CPL_CURSOR_INIT;
	return cpl_cursor_open(c, folder, "juliet@capulet.lit", reader, e);
}

static void kept(void)
{
	struct cpl_err e = CPL_ERR_INIT;
	struct cpl_cursor c;
	struct stat st;

	CHECK_INT(opens(&c, NULL, &e), 0);
	CHECK_INT(c.set, 0);
	CHECK_INT(cpl_cursor_save(&c, &e), 0);
	CHECK_INT(stat(path, &st), -1);
	CHECK_INT(cpl_cursor_move(&c, "first", 1795860000007), 0);
	CHECK_INT(cpl_cursor_move(&c, "a b<>\"", 1795860000008), 0);
	CHECK_INT(cpl_cursor_move(&c, "not\nthis", 5), 0);
	CHECK_INT(cpl_cursor_save(&c, &e), 0);
	cpl_cursor_release(&c);
	CHECK_INT(stat(path, &st), 0);
	CHECK_INT(st.st_mode & 0777, 0600);

	CHECK_INT(opens(&c, NULL, &e), 0);
	CHECK_INT(c.set, 1);
	CHECK_STR(c.id, "a b<>\"");
	CHECK_INT(c.when, 1795860000008);
	cpl_cursor_release(&c);

	/* Another reader's is another one. */
	CHECK_INT(opens(&c, "other", &e), 0);
	CHECK_INT(c.set, 0);
	CHECK_INT(cpl_cursor_move(&c, "", 0), 0);
	CHECK_INT(cpl_cursor_save(&c, &e), 0);
	cpl_cursor_release(&c);
	CHECK_INT(opens(&c, "other", &e), 0);
	CHECK_INT(c.set, 1);
	CHECK_STR(c.id, "");
	cpl_cursor_release(&c);
}

static void locked(void)
{
	struct cpl_err e = CPL_ERR_INIT;
	struct cpl_cursor c, d;

	CHECK_INT(opens(&c, NULL, &e), 0);
	CHECK_INT(opens(&d, NULL, &e), -1);
	CHECK_INT(e.status, CPL_TEMP);
	cpl_cursor_release(&d);
	CHECK_INT(opens(&d, "other", &e), 0);
	cpl_cursor_release(&d);
	cpl_cursor_release(&c);
	CHECK_INT(opens(&c, NULL, &e), 0);
	cpl_cursor_release(&c);
}

static void is_damaged(const char *text)
{
	struct cpl_err e = CPL_ERR_INIT;
	struct cpl_cursor c;
	FILE *f = fopen(path, "w");

	if (!CHECK(f != NULL))
		return;
	fputs(text, f);
	fclose(f);
	if (!CHECK_INT(opens(&c, NULL, &e), -1))
		printf("# of '%s'\n", text);
	CHECK_INT(e.status, CPL_IO);
	cpl_cursor_release(&c);
}

static void damaged(void)
{
	is_damaged("");
	is_damaged("x");
	is_damaged("couplet-cursor 1 2026-11-28T10:00:00.000Z\n");
	is_damaged("couplet-cursor 1 2026-11-28T10:00:00.000Z\nid");
	is_damaged("couplet-cursor 2 2026-11-28T10:00:00.000Z\nid\n");
	is_damaged("couplet-cursor 1 now\nid\n");
	is_damaged("couplet-cursor 1 2026-11-28T10:00:00.000Z\nid\nmore\n");
}

/* What cannot be written is said, and tried again. */
static void unwritable(void)
{
	struct cpl_err e = CPL_ERR_INIT;
	struct cpl_cursor c;

	unlink(path);
	CHECK_INT(opens(&c, NULL, &e), 0);
	CHECK_INT(mkdir(path, 0700), 0);
	CHECK_INT(cpl_cursor_move(&c, "id", 1), 0);
	CHECK_INT(cpl_cursor_save(&c, &e), -1);
	CHECK_INT(e.status, CPL_IO);
	CHECK_INT(rmdir(path), 0);
	CHECK_INT(cpl_cursor_save(&c, &e), 0);
	CHECK_INT(access(path, R_OK), 0);
	cpl_cursor_release(&c);
}

static void names(void)
{
	CHECK(cpl_kept_is_name("a"));
	CHECK(cpl_kept_is_name("Backup-2.x_y"));
	CHECK(!cpl_kept_is_name(""));
	CHECK(!cpl_kept_is_name("a/b"));
	CHECK(!cpl_kept_is_name("a b"));
	CHECK(cpl_kept_is_name("0123456789012345678901234567890123456789"
			       "012345678901234567890123"));
	CHECK(!cpl_kept_is_name("0123456789012345678901234567890123456789"
				"0123456789012345678901234"));
}

int main(void)
{
	const char *tmp = getenv("TMPDIR");
	char command[4200];

	snprintf(command, sizeof command, "%s/cursor.XXXXXX",
		 tmp && *tmp ? tmp : "/tmp");
	if (!mkdtemp(command))
		return 1;
	snprintf(folder, sizeof folder, "%s/a/couplet", command);
	snprintf(path, sizeof path, "%s/cursor-juliet@capulet.lit", folder);
	RUN(kept);
	RUN(locked);
	RUN(damaged);
	RUN(unwritable);
	RUN(names);
	return unit_end();
}
