/* SPDX-License-Identifier: MIT
 *
 * The addresses of a tool, and which of them are rooms. */
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "../../common/base/limits.h"
#include "../../common/cli/recipients.h"
#include "unit.h"

static const char yaml[] = "aliases:\n"
			   "  juliet: juliet@capulet.lit\n"
			   "  balcony: juliet@capulet.lit/balcony\n"
			   "  server: capulet.lit\n"
			   "  ops: {room: ops@rooms.lit, nick: logbot}\n"
			   "  again: {room: ops@rooms.lit, nick: another}\n"
			   "  hall: {room: hall@rooms.lit}\n"
			   "  everyone: [juliet, ops, nurse@capulet.lit]\n";

static struct cpl_config *config;

/* "JID", with " room", " nick=NICK" (of the operand) and " alias=NICK" (of the
 * alias) for each, "; " in between. */
static const char *text_of(const struct cpl_recipients *r)
{
	static char out[1024];
	size_t len = 0, rooms = 0;

	out[0] = '\0';
	for (size_t i = 0; i < r->count; i++) {
		const struct cpl_recipient *more = &r->more[i];
		const char *nick =
		    more->alias ? cpl_setting(&more->alias->set, CPL_SET_NICK)
				: NULL;

		rooms += (size_t)more->room;
		len += (size_t)snprintf(
		    out + len, sizeof out - len, "%s%s%s%s%s%s%s",
		    i ? "; " : "", r->list[i].full, more->room ? " room" : "",
		    more->nick ? " nick=" : "", more->nick ? more->nick : "",
		    more->alias ? " alias=" : "", nick ? nick : "");
	}
	CHECK_INT(r->rooms, rooms);
	return out;
}

static void add(struct cpl_recipients *r, const char *operand)
{
	struct cpl_err e = CPL_ERR_INIT;

	CHECK_INT(cpl_recipients_add(r, config, operand, &e), 0);
	CHECK_STR(e.text, "");
}

static void add_room(struct cpl_recipients *r, const char *operand,
		     int with_nick)
{
	struct cpl_err e = CPL_ERR_INIT;

	CHECK_INT(cpl_recipients_add_room(r, config, operand, with_nick, &e),
		  0);
	CHECK_STR(e.text, "");
}

static void test_operands(void)
{
	struct cpl_recipients r = {0};

	add(&r, "Romeo@montague.lit/orchard");
	add(&r, "everyone");
	add(&r, "romeo@montague.lit/orchard");
	add(&r, "hall");
	add(&r, "ops@rooms.lit");
	add(&r, "again");
	CHECK_STR(text_of(&r),
		  "romeo@montague.lit/orchard; juliet@capulet.lit; "
		  "ops@rooms.lit room alias=logbot; nurse@capulet.lit; "
		  "hall@rooms.lit room alias=");
	cpl_recipients_release(&r);
	cpl_recipients_release(&r);
	/* What is said of it later counts as well. */
	add(&r, "ops@rooms.lit");
	CHECK_STR(text_of(&r), "ops@rooms.lit");
	add(&r, "ops");
	CHECK_STR(text_of(&r), "ops@rooms.lit room alias=logbot");
	/* An occupant is somebody else. */
	add(&r, "ops@rooms.lit/Nurse");
	CHECK_STR(text_of(&r), "ops@rooms.lit room alias=logbot; "
			       "ops@rooms.lit/Nurse");
	cpl_recipients_release(&r);
}

static void test_rooms(void)
{
	struct cpl_recipients r = {0};

	add_room(&r, "Cellar@rooms.lit", 0);
	add_room(&r, "ops", 0);
	add_room(&r, "juliet", 0);
	add_room(&r, "cellar@rooms.lit", 0);
	add_room(&r, "everyone", 0);
	CHECK_STR(text_of(&r),
		  "cellar@rooms.lit room; ops@rooms.lit room alias=logbot; "
		  "juliet@capulet.lit room; nurse@capulet.lit room");
	cpl_recipients_release(&r);
	/* An address that was nothing yet, and one without its alias. */
	add(&r, "ops@rooms.lit");
	add(&r, "juliet");
	add_room(&r, "ops@rooms.lit", 0);
	CHECK_STR(text_of(&r), "ops@rooms.lit room; juliet@capulet.lit");
	CHECK_INT(r.rooms, 1);
	add_room(&r, "again", 0);
	add_room(&r, "ops", 0);
	CHECK_STR(text_of(&r),
		  "ops@rooms.lit room alias=another; juliet@capulet.lit");
	cpl_recipients_release(&r);
}

static void test_nicks(void)
{
	struct cpl_recipients r = {0};

	add_room(&r, "hall@rooms.lit/nu\xcc\x88rse / 2", 1);
	add_room(&r, "ops", 1);
	add_room(&r, "hall@rooms.lit", 1);
	add_room(&r, "ops@rooms.lit/Nurse", 1);
	add_room(&r, "ops@rooms.lit/Nurse", 1);
	add_room(&r, "balcony", 1);
	CHECK_STR(text_of(&r), "hall@rooms.lit room nick=n\xc3\xbcrse / 2; "
			       "ops@rooms.lit room nick=Nurse alias=logbot; "
			       "juliet@capulet.lit room nick=balcony");
	cpl_recipients_release(&r);
}

static void refused(const char *operand, int with_nick, const char *why)
{
	struct cpl_err e = CPL_ERR_INIT;
	struct cpl_recipients r = {0};

	CHECK_INT(cpl_recipients_add_room(&r, config, operand, with_nick, &e),
		  -1);
	CHECK_INT(e.status, CPL_USAGE);
	CHECK_STR(e.text, why);
	CHECK_INT(r.count, 0);
	CHECK_INT(r.rooms, 0);
	cpl_recipients_release(&r);
}

static void test_refused(void)
{
	struct cpl_err e = CPL_ERR_INIT;
	struct cpl_recipients r = {0};

	refused("opps", 0, "unknown alias 'opps' (did you mean 'ops'?)");
	refused("rooms.lit", 0, "'rooms.lit' is no room: it has no localpart");
	refused("server", 1, "'capulet.lit' is no room: it has no localpart");
	refused("rooms.lit/nurse", 1,
		"'rooms.lit' is no room: it has no localpart");
	refused("hall@rooms.lit/nurse", 0,
		"'hall@rooms.lit/nurse' is no room: it has a resource");
	refused("balcony", 0,
		"'juliet@capulet.lit/balcony' is no room: it has a resource");
	refused("hall@rooms.lit/", 1,
		"'hall@rooms.lit/' has an empty resource");
	refused("hall@rooms.lit/ ", 1,
		"'hall@rooms.lit/ ' has a nickname of nothing but spaces");
	refused("@rooms.lit", 0, "'@rooms.lit' has an empty localpart");
	refused("", 0, "'' is an empty JID");
	add_room(&r, "hall@rooms.lit/a", 1);
	CHECK_INT(
	    cpl_recipients_add_room(&r, config, "hall@rooms.lit/b", 1, &e), -1);
	CHECK_INT(e.status, CPL_USAGE);
	CHECK_STR(e.text, "hall@rooms.lit: with two nicknames, 'a' and 'b'");
	CHECK_STR(text_of(&r), "hall@rooms.lit room nick=a");
	cpl_recipients_release(&r);
}

static void test_all_rooms(void)
{
	struct cpl_err e = CPL_ERR_INIT;
	struct cpl_recipients r = {0};

	CHECK_INT(cpl_recipients_are_rooms(&r, &e), 0);
	add(&r, "everyone");
	CHECK_INT(cpl_recipients_are_rooms(&r, &e), 0);
	CHECK_STR(text_of(&r), "juliet@capulet.lit room; "
			       "ops@rooms.lit room alias=logbot; "
			       "nurse@capulet.lit room");
	add(&r, "balcony");
	CHECK_INT(cpl_recipients_are_rooms(&r, &e), -1);
	CHECK_INT(e.status, CPL_USAGE);
	CHECK_STR(e.text, "'juliet@capulet.lit/balcony' is no room: it has a "
			  "resource");
	cpl_recipients_release(&r);
}

static void test_limit(void)
{
	struct cpl_err e = CPL_ERR_INIT;
	struct cpl_recipients r = {0};
	char jid[32];

	for (int i = 0; i < CPL_RECIPIENTS_MAX; i++) {
		snprintf(jid, sizeof jid, "u%d@y.lit", i);
		if (cpl_recipients_add_jid(&r, jid, &e) < 0)
			break;
	}
	CHECK_INT(r.count, CPL_RECIPIENTS_MAX);
	CHECK_INT(cpl_recipients_add_room(&r, config, jid, 0, &e), 0);
	CHECK_INT(r.rooms, 1);
	CHECK_INT(cpl_recipients_add(&r, config, "ops", &e), -1);
	CHECK_INT(e.status, CPL_USAGE);
	CHECK_STR(e.text, "more than 10000 recipients");
	cpl_recipients_release(&r);
}

/* The lines of a file, ended by 0 or by the status and text of an error. */
static void file_is(const char *text, enum cpl_status status,
		    const char *expected)
{
	struct cpl_err e = CPL_ERR_INIT;
	struct cpl_recipients r = {0};
	FILE *f = fopen("list", "w");

	UNIT_NEED(f);
	CHECK(fputs(text, f) >= 0 && fclose(f) == 0);
	CHECK_INT(cpl_recipients_read(&r, config, "list", &e),
		  status == CPL_OK ? 0 : -1);
	CHECK_INT(e.status, status);
	CHECK_STR(status == CPL_OK ? text_of(&r) : e.text, expected);
	CHECK_INT(unlink("list"), 0);
	cpl_recipients_release(&r);
}

static void test_files(void)
{
	struct cpl_err e = CPL_ERR_INIT;
	struct cpl_recipients r = {0};

	file_is("# all\n\n ops \r\nromeo@montague.lit\nops", CPL_OK,
		"ops@rooms.lit room alias=logbot; romeo@montague.lit");
	file_is("", CPL_OK, "");
	file_is("ops\nopps\n", CPL_DATA,
		"list:2: unknown alias 'opps' (did you mean 'ops'?)");
	file_is("@x\n", CPL_DATA, "list:1: '@x' has an empty localpart");
	CHECK_INT(cpl_recipients_read(&r, config, "none", &e), -1);
	CHECK_INT(e.status, CPL_NOINPUT);
	CHECK_STR(e.text, "none: No such file or directory");
}

int main(void)
{
	char folder[] = "/tmp/couplet-recipients-XXXXXX";
	struct cpl_err e = CPL_ERR_INIT;
	int fd, result;

	if (!mkdtemp(folder) || chdir(folder) < 0)
		return 1;
	fd = open("config.yaml", O_WRONLY | O_CREAT, 0600);
	config = cpl_config_new();
	if (fd < 0 || write(fd, yaml, sizeof yaml - 1) < 0 || !config ||
	    cpl_config_read(config, "config.yaml", NULL, &e) < 0)
		return 1;
	close(fd);
	RUN(test_operands);
	RUN(test_rooms);
	RUN(test_nicks);
	RUN(test_refused);
	RUN(test_all_rooms);
	RUN(test_limit);
	RUN(test_files);
	result = unit_end();
	cpl_config_free(config);
	unlink("config.yaml");
	if (chdir("/") == 0)
		rmdir(folder);
	return result;
}
