/* SPDX-License-Identifier: MIT
 *
 * What it takes to enter a room: each source of the nickname and of the
 * password, in their order, and the options' failures. */
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../../common/cli/room_option.h"
#include "unit.h"

static const char yaml[] =
    "accounts:\n"
    "  romeo: {jid: romeo@montague.lit/orchard}\n"
    "aliases:\n"
    "  ops: {room: ops@rooms.lit, nick: logbot, password_file: pw.file,\n"
    "        password: in-text}\n"
    "  vault: {room: vault@rooms.lit, password_command: echo by-command,\n"
    "          password_file: pw.file}\n"
    "  text: {room: text@rooms.lit, password: in-text}\n"
    "  gone: {room: gone@rooms.lit, password_file: pw.gone}\n"
    "  bad: {room: bad@rooms.lit, password_command: exit 3}\n"
    "  hall: {room: hall@rooms.lit, nick: \"nu\\u0308rse\"}\n";

static char log_text[512];

static void log_line(void *user, int level, const char *text)
{
	(void)user;
	(void)level;
	snprintf(log_text, sizeof log_text, "%s", text);
}

static void write_file(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);

	CHECK(fd >= 0 &&
	      write(fd, text, strlen(text)) == (ssize_t)strlen(text));
	close(fd);
}

/* A tool that has loaded its configuration; jid may be NULL. */
static void start(struct cpl_cli *cli, const char *jid, const char *nick)
{
	struct cpl_err e = CPL_ERR_INIT;

	cpl_cli_init(cli, "xfoo", "xfoo [options]", "");
	cli->log.line = log_line;
	cli->log.level = CPL_LOG_INFO;
	cli->config = cpl_config_new();
	CHECK(cli->config &&
	      cpl_config_read(cli->config, "config.yaml", NULL, &e) == 0);
	CHECK_INT(cpl_setting_put(&cli->settings, CPL_SET_JID,
				  jid ? jid : "romeo@montague.lit/orchard",
				  "c.yaml:1:1", &e),
		  0);
	if (nick)
		CHECK_INT(cpl_setting_put(&cli->settings, CPL_SET_NICK, nick,
					  "c.yaml:2:2", &e),
			  0);
	CHECK_STR(e.text, "");
}

static void add(struct cpl_recipients *r, const struct cpl_cli *cli,
		const char *operands)
{
	struct cpl_err e = CPL_ERR_INIT;
	char one[64];

	while (*operands) {
		size_t n = strcspn(operands, " ");

		snprintf(one, sizeof one, "%.*s", (int)n, operands);
		CHECK_INT(cpl_recipients_add_room(r, cli->config, one, 1, &e),
			  0);
		operands += n + (operands[n] == ' ');
	}
	CHECK_STR(e.text, "");
}

/* "ROOM=PASSWORD" for each of the rooms, or the text of the error. */
static void passwords_are(const struct cpl_room_options *o,
			  const char *operands, enum cpl_status status,
			  const char *expected)
{
	struct cpl_recipients r = {0};
	struct cpl_room_entries all = {0};
	struct cpl_err e = CPL_ERR_INIT;
	struct cpl_cli cli;
	char out[512] = "";
	size_t len = 0;

	start(&cli, NULL, NULL);
	add(&r, &cli, operands);
	CHECK_INT(cpl_room_entries_load(&all, o, &cli, &r, &e),
		  status == CPL_OK ? 0 : -1);
	CHECK_INT(e.status, status);
	for (size_t i = 0; i < all.count; i++) {
		const struct cpl_room_entry *entry = &all.list[i];

		CHECK_INT(entry->recipient, i);
		len += (size_t)snprintf(
		    out + len, sizeof out - len, "%s%s=%s", i ? " " : "",
		    entry->room, entry->password ? entry->password->text : "");
	}
	CHECK_STR(status == CPL_OK ? out : e.text, expected);
	cpl_room_entries_release(&all);
	CHECK(!all.list && !all.shared.text);
	cpl_recipients_release(&r);
	cpl_cli_release(&cli);
}

static int pipe_with(const char *text)
{
	int fd[2];

	if (!CHECK(pipe(fd) == 0))
		return -1;
	CHECK(write(fd[1], text, strlen(text)) == (ssize_t)strlen(text));
	close(fd[1]);
	return fd[0];
}

/* One room: the command line, the environment, the alias. */
static void test_alone(void)
{
	struct cpl_room_options o = {0};

	write_file("pw.file", "in-file\n");
	write_file("pw.option", "by-option\nmore\n");
	write_file("pw.variable", "by-variable\r\n");
	passwords_are(&o, "hall", CPL_OK, "hall@rooms.lit=");
	CHECK_STR(log_text, "hall@rooms.lit: as 'n\xc3\xbcrse', no password");
	passwords_are(&o, "text", CPL_OK, "text@rooms.lit=in-text");
	passwords_are(&o, "ops", CPL_OK, "ops@rooms.lit=in-file");
	CHECK_STR(log_text, "ops@rooms.lit: as 'logbot', password from "
			    "config.yaml:4:59");
	passwords_are(&o, "vault", CPL_OK, "vault@rooms.lit=by-command");
	setenv("COUPLET_ROOM_PASSWORD", "in-variable", 1);
	passwords_are(&o, "vault", CPL_OK, "vault@rooms.lit=in-variable");
	setenv("COUPLET_ROOM_PASSWORD_FILE", "pw.variable", 1);
	passwords_are(&o, "ops", CPL_OK, "ops@rooms.lit=by-variable");
	o.file = "pw.option";
	passwords_are(&o, "ops", CPL_OK, "ops@rooms.lit=by-option");
	CHECK_STR(log_text, "ops@rooms.lit: as 'logbot', password from "
			    "--room-password-file");
	o.has_fd = 1;
	o.fd = pipe_with("first\nsecond\n");
	passwords_are(&o, "ops", CPL_OK, "ops@rooms.lit=first");
	passwords_are(&o, "x@y.lit", CPL_OK, "x@y.lit=second");
	passwords_are(&o, "ops", CPL_CONFIG,
		      "--room-password-fd: the password is empty");
	close(o.fd);
	passwords_are(&o, "ops", CPL_CONFIG,
		      "--room-password-fd: reading: Bad file descriptor");
	/* An empty variable is none. */
	memset(&o, 0, sizeof o);
	setenv("COUPLET_ROOM_PASSWORD", "", 1);
	setenv("COUPLET_ROOM_PASSWORD_FILE", "", 1);
	passwords_are(&o, "text", CPL_OK, "text@rooms.lit=in-text");
	unsetenv("COUPLET_ROOM_PASSWORD");
	unsetenv("COUPLET_ROOM_PASSWORD_FILE");
}

/* Several: the command line's is for those that have none, read once. */
static void test_several(void)
{
	struct cpl_room_options o = {.has_fd = 1};

	o.fd = pipe_with("first\nsecond\n");
	passwords_are(&o, "x@y.lit ops hall vault z@y.lit text", CPL_OK,
		      "x@y.lit=first ops@rooms.lit=in-file "
		      "hall@rooms.lit=first vault@rooms.lit=by-command "
		      "z@y.lit=first text@rooms.lit=in-text");
	/* Nobody needs it: nothing is read. */
	passwords_are(&o, "ops vault", CPL_OK,
		      "ops@rooms.lit=in-file vault@rooms.lit=by-command");
	passwords_are(&o, "x@y.lit", CPL_OK, "x@y.lit=second");
	close(o.fd);
	memset(&o, 0, sizeof o);
	passwords_are(&o, "x@y.lit text", CPL_OK,
		      "x@y.lit= text@rooms.lit=in-text");
	passwords_are(&o, "", CPL_OK, "");
}

static void test_failures(void)
{
	struct cpl_room_options o = {0};

	passwords_are(&o, "text gone", CPL_CONFIG,
		      "config.yaml:9:47: password_file: pw.gone: No such file "
		      "or directory");
	passwords_are(&o, "bad", CPL_CONFIG,
		      "config.yaml:10:48: password_command: the command ended "
		      "with status 3");
	o.file = "pw.none";
	passwords_are(&o, "text x@y.lit", CPL_CONFIG,
		      "--room-password-file: pw.none: No such file or "
		      "directory");
	o.file = "pw.file";
	CHECK_INT(chmod("pw.file", 0604), 0);
	passwords_are(&o, "x@y.lit", CPL_CONFIG,
		      "--room-password-file: pw.file: others can read it and "
		      "it holds a password: chmod 600 pw.file");
	CHECK_INT(chmod("pw.file", 0600), 0);
	setenv("COUPLET_ROOM_PASSWORD", "\xff", 1);
	memset(&o, 0, sizeof o);
	passwords_are(&o, "x@y.lit", CPL_CONFIG,
		      "COUPLET_ROOM_PASSWORD: the password is not UTF-8 text");
	unsetenv("COUPLET_ROOM_PASSWORD");
}

/* People among the rooms. */
static void test_indices(void)
{
	struct cpl_room_options o = {0};
	struct cpl_recipients r = {0};
	struct cpl_room_entries all = {0};
	struct cpl_err e = CPL_ERR_INIT;
	struct cpl_cli cli;

	start(&cli, NULL, NULL);
	CHECK_INT(cpl_recipients_add_jid(&r, "juliet@capulet.lit", &e), 0);
	CHECK_INT(cpl_recipients_add(&r, cli.config, "text", &e), 0);
	CHECK_INT(cpl_recipients_add_jid(&r, "nurse@capulet.lit", &e), 0);
	CHECK_INT(cpl_recipients_add(&r, cli.config, "hall", &e), 0);
	CHECK_INT(cpl_room_entries_load(&all, &o, &cli, &r, &e), 0);
	CHECK_INT(all.count, 2);
	CHECK_INT(all.list[0].recipient, 1);
	CHECK_STR(all.list[0].room, "text@rooms.lit");
	CHECK_INT(all.list[1].recipient, 3);
	CHECK_STR(all.list[1].nick, "n\xc3\xbcrse");
	cpl_room_entries_release(&all);
	cpl_recipients_release(&r);
	cpl_cli_release(&cli);
}

/* ---- Nicknames ---- */

/* Of the room of an operand, "" for one that is no recipient. */
static void nick_is(struct cpl_cli *cli, const char *operand, const char *nick)
{
	struct cpl_recipients r = {0};
	struct cpl_err e = CPL_ERR_INIT;
	char *got;

	add(&r, cli, operand);
	got = cpl_room_option_nick(cli, r.count ? &r.more[0] : NULL, &e);
	CHECK_STR(got, nick);
	CHECK_STR(e.text, "");
	free(got);
	cpl_recipients_release(&r);
}

static void test_nicks(void)
{
	struct cpl_room_options o = {0};
	struct cpl_cli cli;

	start(&cli, "Romeo@montague.lit/orchard", NULL);
	nick_is(&cli, "text", "romeo");
	nick_is(&cli, "x@y.lit", "romeo");
	nick_is(&cli, "", "romeo");
	nick_is(&cli, "ops", "logbot");
	cpl_cli_release(&cli);
	start(&cli, NULL, "The account");
	nick_is(&cli, "text", "The account");
	nick_is(&cli, "", "The account");
	nick_is(&cli, "ops", "logbot");
	CHECK(!cpl_room_option_given(&o));
	CHECK_INT(cpl_room_option(&o, &cli, CPL_OPT_NICK, "one"), 1);
	CHECK_INT(cpl_room_option(&o, &cli, CPL_OPT_NICK, "u\xcc\x88"), 1);
	nick_is(&cli, "text", "\xc3\xbc");
	nick_is(&cli, "ops", "\xc3\xbc");
	nick_is(&cli, "", "\xc3\xbc");
	nick_is(&cli, "ops@rooms.lit/Nurse ops", "Nurse");
	CHECK_STR(cli.settings.set[CPL_SET_NICK].origin, "--nick");
	cpl_cli_release(&cli);
}

static void test_no_nick(void)
{
	struct cpl_room_options o = {0};
	struct cpl_recipients r = {0};
	struct cpl_room_entries all = {0};
	struct cpl_err e = CPL_ERR_INIT;
	struct cpl_cli cli;

	start(&cli, "montague.lit", NULL);
	nick_is(&cli, "ops", "logbot");
	CHECK(!cpl_room_option_nick(&cli, NULL, &e));
	CHECK_INT(e.status, CPL_USAGE);
	CHECK_STR(e.text, "no nickname: 'montague.lit' has no localpart, and "
			  "--nick is not given");
	add(&r, &cli, "ops text");
	CHECK_INT(cpl_room_entries_load(&all, &o, &cli, &r, &e), -1);
	CHECK(!all.list && all.count == 0);
	cpl_recipients_release(&r);
	cpl_cli_release(&cli);
}

/* ---- Options ---- */

static void test_options(void)
{
	struct cpl_room_options o = {0};
	struct cpl_cli cli;

	start(&cli, NULL, NULL);
	CHECK_INT(cpl_room_option(&o, &cli, 'q', NULL), 0);
	CHECK_INT(cpl_room_option(&o, &cli, CPL_OPT_ROOM_PASSWORD_FILE, "pw"),
		  1);
	CHECK_STR(o.file, "pw");
	CHECK_STR(cpl_room_option_given(&o), "--room-password-file");
	cpl_room_option_stdin(&o, &cli, "the body is on stdin");
	CHECK_INT(cpl_room_option(&o, &cli, CPL_OPT_ROOM_PASSWORD_FD, "7"), 1);
	CHECK_INT(o.fd, 7);
	CHECK_STR(cpl_room_option_given(&o), "--room-password-fd");
	cpl_room_option_stdin(&o, &cli, "the body is on stdin");
	CHECK_INT(cpl_room_option(&o, &cli, CPL_OPT_ROOM_PASSWORD_FILE, "-"),
		  1);
	CHECK_INT(o.fd, 0);
	CHECK_STR(o.file, "pw");
	CHECK_INT(cpl_room_option(&o, &cli, CPL_OPT_NICK_EXACT, NULL), 1);
	CHECK_INT(o.nick_exact, 1);
	CHECK_STR(cpl_room_option_given(&o), "--nick-exact");
	CHECK_INT(cpl_room_option(&o, &cli, CPL_OPT_NICK, "n"), 1);
	CHECK_STR(cpl_room_option_given(&o), "--nick");
	cpl_cli_release(&cli);
}

/* An option that ends the process with 64 and this first line on stderr; with
 * c 0 it is the check of stdin. */
static void usage_is(int c, const char *arg, const char *why)
{
	char line[256] = "";
	int fd[2], status = 0;
	FILE *f;
	pid_t pid;

	UNIT_NEED(pipe(fd) == 0);
	pid = fork();
	if (pid == 0) {
		struct cpl_room_options o = {.has_fd = 1};
		struct cpl_cli cli;

		dup2(fd[1], 2);
		close(fd[0]);
		cpl_cli_init(&cli, "xfoo", "xfoo [options]", "");
		if (c)
			cpl_room_option(&o, &cli, c, arg);
		else
			cpl_room_option_stdin(&o, &cli, arg);
		_exit(0);
	}
	close(fd[1]);
	UNIT_NEED(pid > 0 && waitpid(pid, &status, 0) == pid);
	f = fdopen(fd[0], "r");
	UNIT_NEED(f);
	CHECK(fgets(line, sizeof line, f));
	line[strcspn(line, "\n")] = '\0';
	fclose(f);
	CHECK(WIFEXITED(status));
	CHECK_INT(WEXITSTATUS(status), CPL_USAGE);
	CHECK_STR(line, why);
}

static void test_usage(void)
{
	usage_is(0, "the body is on stdin",
		 "xfoo: --room-password-fd 0: the body is on stdin");
	usage_is(CPL_OPT_NICK, "", "xfoo: --nick: is empty");
	usage_is(CPL_OPT_NICK, " ", "xfoo: --nick: is nothing but spaces");
	usage_is(CPL_OPT_NICK, "a\tb",
		 "xfoo: --nick: holds a control character or no UTF-8");
	usage_is(CPL_OPT_NICK, "\xc2\xad",
		 "xfoo: --nick: '\xc2\xad' is not a nickname");
	usage_is(CPL_OPT_ROOM_PASSWORD_FILE, "",
		 "xfoo: --room-password-file: is empty");
	usage_is(CPL_OPT_ROOM_PASSWORD_FD, "-1",
		 "xfoo: --room-password-fd: '-1' is not a number from 0 to "
		 "2147483647");
	usage_is(CPL_OPT_ROOM_PASSWORD_FD, "x",
		 "xfoo: --room-password-fd: 'x' is not a number from 0 to "
		 "2147483647");
}

int main(void)
{
	char folder[] = "/tmp/couplet-room-XXXXXX";
	static const char *const left[] = {"config.yaml", "pw.file",
					   "pw.option", "pw.variable"};
	int result;

	if (!mkdtemp(folder) || chdir(folder) < 0)
		return 1;
	write_file("config.yaml", yaml);
	unsetenv("COUPLET_ROOM_PASSWORD");
	unsetenv("COUPLET_ROOM_PASSWORD_FILE");
	RUN(test_alone);
	RUN(test_several);
	RUN(test_failures);
	RUN(test_indices);
	RUN(test_nicks);
	RUN(test_no_nick);
	RUN(test_options);
	RUN(test_usage);
	result = unit_end();
	for (size_t i = 0; i < sizeof left / sizeof *left; i++)
		unlink(left[i]);
	if (chdir("/") == 0)
		rmdir(folder);
	return result;
}
