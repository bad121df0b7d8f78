/* SPDX-License-Identifier: MIT
 *
 * A state folder in memory, of a few files. The linker takes these functions
 * in place of state.o and kept.o. */
#ifndef PLAYED_STATE_H
#define PLAYED_STATE_H

#include "../../common/config/state.h"
#include "../../common/store/kept.h"
#include "fuzz.h"

#define PLAYED_FOLDER "/played"

/* By what is before the '-' in their name: there is one account. */
static struct {
	const char *what;
	struct cpl_buf text;
	int there;
} played_files[] = {{.what = "known"},   {.what = "pins"},  {.what = "client"},
		    {.what = "token"},   {.what = "place"}, {.what = "cursor"},
		    {.what = "durable"}, {.what = "roster"}};

#define PLAYED_FILES (sizeof played_files / sizeof *played_files)

static inline size_t played_file(const char *name)
{
	size_t i = 0;

	while (i < PLAYED_FILES && strncmp(name, played_files[i].what,
					   strlen(played_files[i].what)) != 0)
		i++;
	MUST(i < PLAYED_FILES);
	return i;
}

/* What is in a file, NULL: it is not there. */
static inline const struct cpl_buf *played_text(const char *name)
{
	size_t i = played_file(name);

	return played_files[i].there ? &played_files[i].text : NULL;
}

static inline void played_remove(const char *name)
{
	size_t i = played_file(name);

	cpl_buf_release(&played_files[i].text);
	played_files[i].there = 0;
}

static inline void played_write(const char *name, const void *p, size_t n)
{
	size_t i = played_file(name);

	played_remove(name);
	cpl_buf_init(&played_files[i].text, FUZZ_ROOM);
	MUST(cpl_buf_add(&played_files[i].text, p, n) == 0);
	played_files[i].there = 1;
}

static inline void played_clear(void)
{
	for (size_t i = 0; i < PLAYED_FILES; i++)
		played_remove(played_files[i].what);
}

static int played_append(const char *name, struct cpl_buf *out)
{
	const struct cpl_buf *text = played_text(name);

	return text && cpl_buf_add(out, text->len ? text->data : "",
				   text->len) == 0
		   ? 0
		   : -1;
}

int cpl_state_read(const char *folder, const char *name, struct cpl_buf *out,
		   const struct cpl_log *log)
{
	(void)log;
	return folder ? played_append(name, out) : -1;
}

int cpl_state_is_there(const char *folder, const char *name)
{
	return folder && played_text(name);
}

void cpl_state_write(const char *folder, const char *name, const char *p,
		     size_t n, const struct cpl_log *log)
{
	struct cpl_buf copy = CPL_BUF_INIT(FUZZ_ROOM);

	(void)log;
	if (!folder)
		return;
	MUST(cpl_buf_add(&copy, p, n) == 0);
	played_write(name, copy.data, copy.len);
	cpl_buf_release(&copy);
}

int cpl_state_remove(const char *folder, const char *name, struct cpl_err *e)
{
	(void)folder;
	(void)e;
	played_remove(name);
	return 0;
}

int cpl_state_make(const char *folder)
{
	(void)folder;
	return 0;
}

int cpl_state_name(struct cpl_buf *out, const char *what, const char *jid)
{
	return cpl_buf_addf(out, "%s-%s", what, jid);
}

int cpl_kept_is_name(const char *name)
{
	return *name != '\0';
}

/* What is written in place goes nowhere. */
int cpl_kept_open(struct cpl_kept *k, const char *folder, const char *what,
		  const char *bare, const char *name, struct cpl_err *e)
{
	(void)folder;
	(void)bare;
	(void)name;
	(void)e;
	k->path = strdup("/dev/null");
	k->lock = (int)played_file(what);
	return 0;
}

int cpl_kept_read(const struct cpl_kept *k, struct cpl_buf *out,
		  struct cpl_err *e)
{
	(void)e;
	return played_append(played_files[k->lock].what, out) == 0;
}

int cpl_kept_write(const struct cpl_kept *k, const struct cpl_buf *text,
		   struct cpl_err *e)
{
	(void)e;
	cpl_state_write("", played_files[k->lock].what, text->data, text->len,
			NULL);
	return 0;
}

void cpl_kept_release(struct cpl_kept *k)
{
	free(k->path);
	*k = (struct cpl_kept)CPL_KEPT_INIT;
}

#endif
