/* SPDX-License-Identifier: MIT */
#include "../../common/store/pins.h"

#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "folder.h"
#include "unit.h"

static char folder[] = "/tmp/test_pins.XXXXXX";
static char path[64];

static const char bare[] = "romeo@montague.lit";

static struct cpl_buf lines = CPL_BUF_INIT(65536);

static void keep_line(void *user, int level, const char *text)
{
	(void)user;
	(void)level;
	CHECK_INT(cpl_buf_addf(&lines, "%s\n", text), 0);
}

static const struct cpl_log noted = {.level = 1, .line = keep_line};

static const struct cpl_pins bound_1_3 = {1, 0x0304}, bound_1_2 = {1, 0x0303},
			     unbound = {1, 0}, nothing = {0, 0};

static void put(const char *text, size_t len)
{
	FILE *f = fopen(path, "w");

	if (!CHECK(f != NULL))
		return;
	CHECK_INT(fwrite(text, 1, len, f), len);
	fclose(f);
}

/* The file, "-" where there is none. */
static const char *content(void)
{
	static char text[2048];
	FILE *f = fopen(path, "r");
	size_t n = 0;

	if (!f)
		return "-";
	n = fread(text, 1, sizeof text - 1, f);
	text[n] = '\0';
	fclose(f);
	return text;
}

static void are(int no_plain, int bound)
{
	struct cpl_pins p = {7, 7};

	cpl_pins_load(&p, folder, bare, &noted);
	CHECK_INT(p.no_plain, no_plain);
	CHECK_INT(p.bound, bound);
}

static void add(const struct cpl_pins *had)
{
	cpl_pins_add(had, folder, bare, &noted);
}

static void grow(void)
{
	struct stat st;

	are(0, 0);
	add(&nothing);
	CHECK_STR(content(), "-");
	add(&unbound);
	are(1, 0);
	CHECK_STR(content(), "couplet-pins 1\nno-plain\n");
	CHECK_INT(stat(path, &st), 0);
	CHECK_INT(st.st_mode & 0777, 0600);
	add(&bound_1_2);
	are(1, 0x0303);
	add(&bound_1_3);
	are(1, 0x0304);
	/* nothing is taken back */
	add(&bound_1_2);
	add(&unbound);
	add(&nothing);
	are(1, 0x0304);
	CHECK_STR(content(), "couplet-pins 1\nno-plain\nbound 0304\n");
	CHECK_STR(lines.data, NULL);
	unlink(path);
}

/* Written when something is new, and then alone. */
static void written_when_new(void)
{
	struct stat before, after;

	add(&bound_1_3);
	CHECK_INT(stat(path, &before), 0);
	add(&bound_1_3);
	add(&bound_1_2);
	CHECK_INT(stat(path, &after), 0);
	CHECK_INT(after.st_ino, before.st_ino);
	unlink(path);
}

static void each_account_its_own(void)
{
	struct cpl_pins p;

	add(&bound_1_3);
	cpl_pins_load(&p, folder, "juliet@capulet.lit", &noted);
	CHECK_INT(p.no_plain, 0);
	CHECK_INT(p.bound, 0);
	unlink(path);
}

static void no_folder(void)
{
	struct cpl_pins p = {1, 1};

	cpl_pins_load(&p, NULL, bare, &noted);
	CHECK_INT(p.no_plain, 0);
	CHECK_INT(p.bound, 0);
	cpl_pins_add(&bound_1_3, NULL, bare, &noted);
	CHECK_STR(lines.data, NULL);
	/* what cannot even be looked for is not there */
	p.bound = 1;
	cpl_pins_load(&p, "/dev/null/state", bare, &noted);
	CHECK_INT(p.bound, 0);
	cpl_buf_release(&lines);
}

static void may_be_written_by_hand(void)
{
	static const char text[] = "couplet-pins 1\nbound 0303\nbound 0304\n"
				   "bound 0302\nno-plain\nno-plain\n";

	put(text, sizeof text - 1);
	are(1, 0x0304);
	put("couplet-pins 1\n", 15);
	are(0, 0);
	put("couplet-pins 1\nbound 0303\n", 26);
	are(0, 0x0303);
	unlink(path);
}

/* What is not understood unpins nothing, until something as good replaces it.
 */
static void damaged(void)
{
	static const char *const texts[] = {
	    "",
	    "\n",
	    "couplet-pins 1",
	    "couplet-pins 2\nno-plain\n",
	    "no-plain\n",
	    "couplet-pins 1\nno-plain",
	    "couplet-pins 1\nno-plain\n\n",
	    "couplet-pins 1\nno-plai\n",
	    "couplet-pins 1\nno-plain \n",
	    "couplet-pins 1\nbound\n",
	    "couplet-pins 1\nbound \n",
	    "couplet-pins 1\nbound 304\n",
	    "couplet-pins 1\nbound 00304\n",
	    "couplet-pins 1\nbound 030G\n",
	    "couplet-pins 1\nbound -304\n",
	    "couplet-pins 1\nwhat is new\n",
	};
	static const char nul[] = "couplet-pins 1\nno-plain\n\0bound 0304\n";
	char big[2048];

	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
		put(texts[i], strlen(texts[i]));
		are(1, 0xffff);
		add(&nothing);
		CHECK_STR(content(), texts[i]);
		are(1, 0xffff);
		add(&unbound);
		are(1, 0);
	}
	put(nul, sizeof nul - 1);
	are(1, 0xffff);
	memset(big, '\n', sizeof big);
	memcpy(big, "couplet-pins 1", 14);
	put(big, sizeof big);
	are(1, 0xffff);
	add(&bound_1_2);
	are(1, 0x0303);
	CHECK(lines.data &&
	      strstr(lines.data, "what earlier logins of romeo@montague.lit "
				 "have had cannot be read"));
	cpl_buf_release(&lines);
	unlink(path);
}

/* What is there but not ours to read is damaged as well. */
static void unusable(void)
{
	CHECK_INT(symlink("/dev/null", path), 0);
	are(1, 0xffff);
	add(&bound_1_3);
	are(1, 0x0304);
	unlink(path);
	CHECK_INT(mkdir(path, 0700), 0);
	are(1, 0xffff);
	/* and cannot be replaced, which is no failure */
	cpl_buf_release(&lines);
	add(&bound_1_3);
	CHECK(lines.data && strstr(lines.data, path));
	are(1, 0xffff);
	rmdir(path);
	cpl_buf_release(&lines);
}

int main(void)
{
	if (!mkdtemp(folder))
		return 1;
	snprintf(path, sizeof path, "%s/pins-%s", folder, bare);
	RUN(grow);
	RUN(written_when_new);
	RUN(each_account_its_own);
	RUN(no_folder);
	RUN(may_be_written_by_hand);
	RUN(damaged);
	RUN(unusable);
	cpl_buf_release(&lines);
	folder_remove(folder);
	return unit_end();
}
