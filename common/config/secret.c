/* SPDX-License-Identifier: MIT */
#include "secret.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../base/buf.h"
#include "../base/limits.h"
#include "../base/private.h"
#include "../stanza/chars.h"
#include "../stanza/jid.h"
#include "line.h"

enum source {
	FROM_NOWHERE,
	FROM_FD,
	FROM_FILE,       /* CPL_SET_PASSWORD_FILE, of any origin */
	FROM_TEXT,       /* CPL_SET_PASSWORD, of any origin */
	FROM_CREDENTIAL, /* $CREDENTIALS_DIRECTORY */
	FROM_COMMAND,
	FROM_PROMPT
};

/* Whether a setting came from the command line or the environment, whose names
 * hold no ':' as a file's place does. */
static int is_direct(const struct cpl_settings *s, enum cpl_setting_id id)
{
	return s->set[id].value && !strchr(s->set[id].origin, ':');
}

/* The path of the credential, if there is a file, or NULL. The caller frees
 * it. */
static char *credential_path(const struct cpl_secret_conf *conf)
{
	struct cpl_buf path = CPL_BUF_INIT(CPL_CONFIG_BYTES_MAX);
	const char *name = conf->settings->account;
	struct cpl_jid jid = {0};

	if (!conf->credentials_dir || !*conf->credentials_dir)
		return NULL;
	if (!name && cpl_setting(conf->settings, CPL_SET_JID) &&
	    cpl_jid_parse(&jid, cpl_setting(conf->settings, CPL_SET_JID),
			  NULL) == 0)
		name = jid.bare;
	if (!name || strchr(name, '/') ||
	    cpl_buf_addf(&path, "%s/couplet-%s", conf->credentials_dir, name) <
		0 ||
	    access(path.data, F_OK) < 0)
		cpl_buf_release(&path);
	cpl_jid_release(&jid);
	return path.len ? cpl_buf_take(&path) : NULL;
}

/* Where the password comes from; *path is a credential's, to be freed. */
static enum source find_source(const struct cpl_secret_conf *conf, char **path)
{
	const struct cpl_settings *s = conf->settings;

	*path = NULL;
	if (conf->fd >= 0)
		return FROM_FD;
	if (is_direct(s, CPL_SET_PASSWORD_FILE))
		return FROM_FILE;
	if (is_direct(s, CPL_SET_PASSWORD))
		return FROM_TEXT;
	*path = credential_path(conf);
	if (*path)
		return FROM_CREDENTIAL;
	if (cpl_setting(s, CPL_SET_PASSWORD_COMMAND))
		return FROM_COMMAND;
	if (cpl_setting(s, CPL_SET_PASSWORD_FILE))
		return FROM_FILE;
	if (cpl_setting(s, CPL_SET_PASSWORD))
		return FROM_TEXT;
	return conf->no_prompt ? FROM_NOWHERE : FROM_PROMPT;
}

static const char *source_name(enum source source,
			       const struct cpl_secret_conf *conf)
{
	const struct cpl_settings *s = conf->settings;

	switch (source) {
	case FROM_FD:
		return conf->fd_option ? conf->fd_option : "--password-fd";
	case FROM_FILE: return s->set[CPL_SET_PASSWORD_FILE].origin;
	case FROM_TEXT: return s->set[CPL_SET_PASSWORD].origin;
	case FROM_CREDENTIAL: return "CREDENTIALS_DIRECTORY";
	case FROM_COMMAND: return s->set[CPL_SET_PASSWORD_COMMAND].origin;
	case FROM_PROMPT: return "prompt";
	case FROM_NOWHERE: break;
	}
	return NULL;
}

const char *cpl_secret_source(const struct cpl_secret_conf *conf)
{
	char *path;
	enum source source = find_source(conf, &path);

	free(path);
	return source_name(source, conf);
}

int cpl_line_read(int fd, struct cpl_buf *out, struct cpl_err *e)
{
	struct pollfd p = {.fd = fd, .events = POLLIN};
	char c = 0;
	ssize_t n;

	for (;;) {
		n = read(fd, &c, 1);
		if (n < 0 && errno == EAGAIN)
			n = poll(&p, 1, -1) < 0 && errno != EINTR ? -1 : -2;
		else if (n < 0 && errno == EINTR)
			n = -2;
		if (n == -1)
			return cpl_err_errno(e, CPL_CONFIG, "reading");
		if (n == 0 || (n == 1 && c == '\n'))
			return 0;
		if (n == 1 && cpl_buf_addc(out, c) < 0)
			return cpl_buf_err(out, e, CPL_CONFIG, "the line");
	}
}

static int read_file(const char *path, struct cpl_buf *out,
		     const struct cpl_log *log, struct cpl_err *e)
{
	int fd = cpl_private_open(path, CPL_CONFIG, e);
	int result;

	if (fd < 0)
		return -1;
	result = cpl_private_check(fd, path, log, e);
	if (result == 0) {
		result = cpl_line_read(fd, out, e);
		if (result < 0)
			cpl_err_prefix(e, "%s", path);
	}
	close(fd);
	return result;
}

static int ask(const struct cpl_settings *s, struct cpl_buf *out,
	       struct cpl_err *e)
{
	struct cpl_buf question = CPL_BUF_INIT(CPL_JID_MAX + 64);
	const char *jid = cpl_setting(s, CPL_SET_JID);
	int result;

	if (cpl_buf_addf(&question,
			 "password for %s: ", jid ? jid : "the account") < 0)
		result = cpl_buf_err(&question, e, CPL_CONFIG, "the JID");
	else
		result = cpl_line_prompt(question.data, out, e);
	cpl_buf_release(&question);
	return result;
}

static int fetch(enum source source, const char *credential,
		 const struct cpl_secret_conf *conf, struct cpl_buf *out,
		 const struct cpl_log *log, struct cpl_err *e)
{
	const struct cpl_settings *s = conf->settings;
	const char *text;

	switch (source) {
	case FROM_FD: return cpl_line_read(conf->fd, out, e);
	case FROM_FILE:
		return read_file(cpl_setting(s, CPL_SET_PASSWORD_FILE), out,
				 log, e);
	case FROM_CREDENTIAL: return read_file(credential, out, log, e);
	case FROM_COMMAND:
		return cpl_line_command(
		    cpl_setting(s, CPL_SET_PASSWORD_COMMAND),
		    CPL_PASSWORD_COMMAND_MS, out, e);
	case FROM_TEXT:
		text = cpl_setting(s, CPL_SET_PASSWORD);
		if (cpl_buf_add(out, text, strcspn(text, "\n")) < 0)
			return cpl_buf_err(out, e, CPL_CONFIG, "the line");
		return 0;
	case FROM_PROMPT: return ask(s, out, e);
	case FROM_NOWHERE: break;
	}
	return cpl_err_set(e, CPL_CONFIG, "no source of one");
}

/* What is wrong with the password is told without a byte of it. */
static int check(struct cpl_buf *line, struct cpl_err *e)
{
	if (line->len > 0 && line->data[line->len - 1] == '\r')
		cpl_buf_truncate(line, line->len - 1);
	if (line->len == 0)
		return cpl_err_set(e, CPL_CONFIG, "the password is empty");
	if (cpl_chars_check(line->data, line->len, NULL) < 0)
		return cpl_err_set(e, CPL_CONFIG,
				   "the password is not UTF-8 text");
	return 0;
}

/* "SOURCE: " before the reason, with the key where the source is a place in a
 * file. */
static void name_source(enum source source, const struct cpl_secret_conf *conf,
			struct cpl_err *e)
{
	static const enum cpl_setting_id ids[] = {
	    [FROM_FILE] = CPL_SET_PASSWORD_FILE,
	    [FROM_TEXT] = CPL_SET_PASSWORD,
	    [FROM_COMMAND] = CPL_SET_PASSWORD_COMMAND};
	const char *name = source_name(source, conf);

	if (source == FROM_PROMPT || source == FROM_NOWHERE)
		cpl_err_prefix(e, "no password");
	else if (strchr(name, ':'))
		cpl_err_prefix(e, "%s: %s", name,
			       cpl_setting_table[ids[source]].key);
	else
		cpl_err_prefix(e, "%s", name);
}

int cpl_secret_get(struct cpl_secret *out, const struct cpl_secret_conf *conf,
		   const struct cpl_log *log, struct cpl_err *e)
{
	struct cpl_buf line = CPL_BUF_SECRET_INIT(CPL_SECRET_MAX);
	char *credential;
	enum source source = find_source(conf, &credential);
	int result = fetch(source, credential, conf, &line, log, e);

	if (result == 0)
		result = check(&line, e);
	free(credential);
	if (result < 0) {
		cpl_buf_release(&line);
		name_source(source, conf, e);
		return -1;
	}
	out->len = line.len;
	out->text = cpl_buf_take(&line);
	return 0;
}

void cpl_secret_wipe(struct cpl_secret *s)
{
	if (s->text) {
		explicit_bzero(s->text, s->len);
		free(s->text);
	}
	s->text = NULL;
	s->len = 0;
}
