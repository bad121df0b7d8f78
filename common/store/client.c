/* SPDX-License-Identifier: MIT */
#include "client.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "../base/buf.h"
#include "../config/state.h"

#define PATH_BYTES_MAX 8192

/* A line of its own. */
static int read_id(const char *folder, const char *name,
		   char out[CPL_UUID_SIZE], const struct cpl_log *log)
{
	struct cpl_buf text = CPL_BUF_INIT(CPL_UUID_SIZE);
	int r = cpl_state_read(folder, name, &text, log);

	if (r == 0 && text.len == CPL_UUID_SIZE)
		text.data[CPL_UUID_SIZE - 1] = '\0';
	if (r < 0 || text.len != CPL_UUID_SIZE || !cpl_is_uuid(text.data))
		r = -1;
	else
		memcpy(out, text.data, CPL_UUID_SIZE);
	cpl_buf_release(&text);
	return r;
}

/* Writes it beside the file and links that: the first of several stays. */
static void offer_id(const char *folder, const char *name,
		     const char id[CPL_UUID_SIZE], const struct cpl_log *log)
{
	struct cpl_buf path = CPL_BUF_INIT(PATH_BYTES_MAX);
	struct cpl_buf beside = CPL_BUF_INIT(PATH_BYTES_MAX);
	char line[CPL_UUID_SIZE + 1];

	snprintf(line, sizeof line, "%s\n", id);
	if (cpl_buf_addf(&path, "%s/%s", folder, name) == 0 &&
	    cpl_buf_addf(&beside, "%s~%s", name, id) == 0) {
		cpl_state_write(folder, beside.data, line, CPL_UUID_SIZE, log);
		cpl_buf_truncate(&beside, 0);
		if (cpl_buf_addf(&beside, "%s/%s~%s", folder, name, id) == 0) {
			(void)!link(beside.data, path.data);
			(void)unlink(beside.data);
		}
	}
	cpl_buf_release(&path);
	cpl_buf_release(&beside);
}

/* What stands there after that and is none is damaged: it goes, and only then,
 * as another process may just have made it. */
int cpl_client_id(const char *folder, const char *bare, char out[CPL_UUID_SIZE],
		  const struct cpl_log *log)
{
	struct cpl_buf name = CPL_BUF_INIT(PATH_BYTES_MAX);
	char id[CPL_UUID_SIZE];
	int r = -1;

	if (folder && cpl_state_name(&name, "client", bare) == 0)
		r = read_id(folder, name.data, out, log);
	if (r < 0 && name.len > 0 && cpl_uuid(id, NULL) == 0) {
		offer_id(folder, name.data, id, log);
		r = read_id(folder, name.data, out, log);
		if (r < 0 && cpl_state_remove(folder, name.data, NULL) == 0) {
			offer_id(folder, name.data, id, log);
			r = read_id(folder, name.data, out, log);
		}
	}
	cpl_buf_release(&name);
	return r;
}
