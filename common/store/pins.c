/* SPDX-License-Identifier: MIT */
#include "pins.h"

#include <stdlib.h>
#include <string.h>

#include "../base/buf.h"
#include "../config/state.h"

/* A line each: the version of the file, and the pins that there are. */
#define HEAD "couplet-pins 1"
#define NO_PLAIN "no-plain"
#define BOUND "bound "
#define VERSION_DIGITS 4
#define FILE_BYTES_MAX 1024
#define NAME_BYTES_MAX 8192

static const struct cpl_pins all = {1, 0xffff};

enum found { NONE, PINS, DAMAGED };

/* Four lower case digits. -1: it is none. */
static int parse_version(const char *text)
{
	static const char digits[] = "0123456789abcdef";
	int n = 0;

	if (strlen(text) != VERSION_DIGITS ||
	    strspn(text, digits) != VERSION_DIGITS)
		return -1;
	for (; *text; text++)
		n = n * 16 + (int)(strchr(digits, *text) - digits);
	return n;
}

static int parse_line(struct cpl_pins *p, const char *line)
{
	int version = -1;

	if (strcmp(line, NO_PLAIN) == 0) {
		p->no_plain = 1;
		return 0;
	}
	if (strncmp(line, BOUND, strlen(BOUND)) == 0)
		version = parse_version(line + strlen(BOUND));
	if (version > p->bound)
		p->bound = version;
	return version < 0 ? -1 : 0;
}

static int parse(struct cpl_pins *p, char *text)
{
	char *end;

	for (int n = 0; (end = strchr(text, '\n')); text = end + 1, n++) {
		*end = '\0';
		if (n == 0 ? strcmp(text, HEAD) != 0 : parse_line(p, text) < 0)
			return -1;
		if (!end[1])
			return 0;
	}
	return -1;
}

static enum found load(struct cpl_pins *p, const char *folder, const char *name,
		       const struct cpl_log *log)
{
	struct cpl_buf text = CPL_BUF_INIT(FILE_BYTES_MAX);
	enum found found = DAMAGED;

	*p = (struct cpl_pins){0};
	if (cpl_state_read(folder, name, &text, log) < 0)
		found = cpl_state_is_there(folder, name) ? DAMAGED : NONE;
	else if (text.len > 0 && strlen(text.data) == text.len &&
		 parse(p, text.data) == 0)
		found = PINS;
	cpl_buf_release(&text);
	return found;
}

void cpl_pins_load(struct cpl_pins *p, const char *folder, const char *bare,
		   const struct cpl_log *log)
{
	struct cpl_buf name = CPL_BUF_INIT(NAME_BYTES_MAX);

	*p = (struct cpl_pins){0};
	if (folder && (cpl_state_name(&name, "pins", bare) < 0 ||
		       load(p, folder, name.data, log) == DAMAGED)) {
		cpl_log(log, CPL_LOG_INFO,
			"%s: what earlier logins of %s have had cannot be "
			"read: nothing less than the best is taken",
			folder, bare);
		*p = all;
	}
	cpl_buf_release(&name);
}

int cpl_pins_bind(const struct cpl_pins *p, int version)
{
	return p->bound >= version;
}

static void write(const struct cpl_pins *p, const char *folder,
		  const char *name, const struct cpl_log *log)
{
	struct cpl_buf text = CPL_BUF_INIT(FILE_BYTES_MAX);
	int ok = cpl_buf_adds(&text, HEAD "\n") == 0;

	if (ok && p->no_plain)
		ok = cpl_buf_adds(&text, NO_PLAIN "\n") == 0;
	if (ok && p->bound)
		ok = cpl_buf_addf(&text, BOUND "%04x\n", (unsigned)p->bound) ==
		     0;
	if (ok)
		cpl_state_write(folder, name, text.data, text.len, log);
	cpl_buf_release(&text);
}

/* Read again, as another process may have added to it since. */
void cpl_pins_add(const struct cpl_pins *had, const char *folder,
		  const char *bare, const struct cpl_log *log)
{
	struct cpl_buf name = CPL_BUF_INIT(NAME_BYTES_MAX);
	struct cpl_pins p;

	if (folder && (had->no_plain || had->bound) &&
	    cpl_state_name(&name, "pins", bare) == 0) {
		if (load(&p, folder, name.data, log) == DAMAGED)
			p = (struct cpl_pins){0};
		if ((had->no_plain && !p.no_plain) || had->bound > p.bound) {
			p.no_plain |= had->no_plain;
			if (had->bound > p.bound)
				p.bound = had->bound;
			write(&p, folder, name.data, log);
		}
	}
	cpl_buf_release(&name);
}
