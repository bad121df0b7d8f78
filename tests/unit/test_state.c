/* SPDX-License-Identifier: MIT */
#include "../../common/config/state.h"

#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "folder.h"
#include "unit.h"

static char base[] = "/tmp/test_state.XXXXXX";
static char folder[128];

static struct cpl_buf lines = CPL_BUF_INIT(65536);

static void keep_line(void *user, int level, const char *text)
{
	(void)user;
	(void)level;
	CHECK_INT(cpl_buf_addf(&lines, "%s\n", text), 0);
}

static const struct cpl_log mute = {.level = 1, .line = keep_line};

/* The content of a file, "-" when it was not read. */
static const char *content(const char *name, size_t max)
{
	static char text[4096];
	struct cpl_buf out = CPL_BUF_INIT(max);

	if (cpl_state_read(folder, name, &out, &mute) == 0)
		snprintf(text, sizeof text, "%s", out.len ? out.data : "");
	else
		snprintf(text, sizeof text, "-");
	CHECK(strcmp(text, "-") != 0 || out.len == 0);
	cpl_buf_release(&out);
	return text;
}

static mode_t mode_of(const char *name)
{
	char path[256];
	struct stat st = {0};

	snprintf(path, sizeof path, "%s/%s", folder, name);
	CHECK_INT(stat(path, &st), 0);
	return st.st_mode & 0777;
}

static void what_is_written_is_read(void)
{
	umask(0);
	cpl_state_write(folder, "a", "one", 3, &mute);
	CHECK_STR(content("a", 100), "one");
	CHECK_INT(mode_of("a"), 0600);
	CHECK_INT(mode_of("."), 0700);
	CHECK_INT(mode_of(".."), 0700);
	cpl_state_write(folder, "a", "", 0, &mute);
	CHECK_STR(content("a", 100), "");
	umask(022);
}

static void is_there(void)
{
	CHECK(!cpl_state_is_there(folder, "not"));
	CHECK(!cpl_state_is_there(NULL, "not"));
	CHECK(!cpl_state_is_there("/dev/null", "not"));
	cpl_state_write(folder, "there", "", 0, &mute);
	CHECK(cpl_state_is_there(folder, "there"));
}

static void appends_and_takes_back(void)
{
	struct cpl_buf out = CPL_BUF_INIT(8);

	cpl_state_write(folder, "five", "12345", 5, &mute);
	CHECK_INT(cpl_buf_adds(&out, "abc"), 0);
	CHECK_INT(cpl_state_read(folder, "five", &out, &mute), 0);
	CHECK_STR(out.data, "abc12345");
	cpl_buf_truncate(&out, 4);
	CHECK_INT(cpl_state_read(folder, "five", &out, &mute), -1);
	CHECK_INT(out.len, 4);
	cpl_buf_release(&out);
	CHECK_STR(content("five", 4), "-");
	CHECK_STR(content("five", 5), "12345");
}

static void what_is_missing_is_no_news(void)
{
	struct cpl_buf out = CPL_BUF_INIT(8);

	cpl_buf_truncate(&lines, 0);
	CHECK_STR(content("missing", 100), "-");
	CHECK_INT(cpl_state_read(NULL, "a", &out, &mute), -1);
	cpl_state_write(NULL, "a", "x", 1, &mute);
	CHECK_INT(lines.len, 0);
}

/* A link could lead anywhere, a FIFO would make us wait. */
static void what_is_no_file_is_refused(void)
{
	char path[256], other[256];

	snprintf(other, sizeof other, "%s/five", folder);
	snprintf(path, sizeof path, "%s/link", folder);
	CHECK_INT(symlink(other, path), 0);
	CHECK_STR(content("link", 100), "-");
	snprintf(path, sizeof path, "%s/fifo", folder);
	CHECK_INT(mkfifo(path, 0600), 0);
	CHECK_STR(content("fifo", 100), "-");
	snprintf(path, sizeof path, "%s/folder", folder);
	CHECK_INT(mkdir(path, 0700), 0);
	cpl_buf_truncate(&lines, 0);
	CHECK_STR(content("folder", 100), "-");
	CHECK(lines.len > 0);
	/* Writing fails as quietly, and leaves nothing behind. */
	cpl_state_write(folder, "folder", "x", 1, &mute);
	CHECK_INT(rmdir(path), 0);
}

static void anothers_file_is_refused(void)
{
	char path[256];

	cpl_state_write(folder, "theirs", "x", 1, &mute);
	snprintf(path, sizeof path, "%s/theirs", folder);
	if (chown(path, 65534, 65534) < 0)
		return; /* only root may */
	CHECK_STR(content("theirs", 100), "-");
}

static void a_folder_that_cannot_be_made(void)
{
	char path[256];

	snprintf(path, sizeof path, "%s/five/under", folder);
	cpl_buf_truncate(&lines, 0);
	cpl_state_write(path, "a", "x", 1, &mute);
	CHECK(lines.len > 0);
}

/* As of an account that is meant to have none. */
static void the_home_is_not_made(void)
{
	char path[256];

	snprintf(path, sizeof path, "%s/none/.local/state/couplet", base);
	cpl_buf_truncate(&lines, 0);
	cpl_state_write(path, "a", "x", 1, &mute);
	CHECK(lines.len > 0);
	snprintf(path, sizeof path, "%s/none", base);
	CHECK_INT(access(path, F_OK), -1);
	CHECK_INT(mkdir(path, 0700), 0);
	snprintf(path, sizeof path, "%s/none/.local/state/couplet", base);
	cpl_state_write(path, "a", "x", 1, &mute);
	snprintf(path, sizeof path, "%s/none/.local/state/couplet/a", base);
	CHECK_INT(access(path, F_OK), 0);
}

static void names(void)
{
	struct cpl_buf out = CPL_BUF_INIT(100);

	CHECK_INT(cpl_state_name(&out, "roster", "a.b-c_d@x.lit"), 0);
	CHECK_STR(out.data, "roster-a.b-c_d@x.lit");
	cpl_buf_truncate(&out, 0);
	CHECK_INT(cpl_state_name(&out, "roster", "../\xc3\xa4%@x"), 0);
	CHECK_STR(out.data, "roster-..%2F%C3%A4%25@x");
	out.max = out.len + 8;
	CHECK_INT(cpl_state_name(&out, "roster", "a"), 0);
	CHECK_INT(cpl_state_name(&out, "roster", "a"), -1);
	CHECK_STR(out.data, "roster-..%2F%C3%A4%25@xroster-a");
	cpl_buf_release(&out);
}

int main(void)
{
	if (!mkdtemp(base))
		return 1;
	snprintf(folder, sizeof folder, "%s/state/couplet", base);
	RUN(what_is_written_is_read);
	RUN(is_there);
	RUN(appends_and_takes_back);
	RUN(what_is_missing_is_no_news);
	RUN(what_is_no_file_is_refused);
	RUN(anothers_file_is_refused);
	RUN(a_folder_that_cannot_be_made);
	RUN(the_home_is_not_made);
	RUN(names);
	cpl_buf_release(&lines);
	folder_remove(base);
	return unit_end();
}
