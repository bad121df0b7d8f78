/* SPDX-License-Identifier: MIT
 *
 * Any text as a field of a record is read back as itself, and any bytes read as
 * a field are text or an error. */
#include "../../common/stanza/text.h"

#include "../../common/stanza/chars.h"
#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *p = (const char *)data;
	struct cpl_buf field = CPL_BUF_INIT(FUZZ_ROOM), back = field;
	struct cpl_err e = CPL_ERR_INIT;
	int is_text = cpl_chars_check(p, size, NULL) == 0;

	MUST(cpl_write_field(&field, p, size) == 0);
	if (is_text)
		fuzz_harmless(&field);
	MUST(!field.len || !memchr(field.data, '\t', field.len));
	if (cpl_read_field(&back, field.data ? field.data : "", field.len,
			   &e) == 0) {
		MUST(is_text && back.len == size &&
		     (size == 0 || !memcmp(back.data, p, size)));
	} else {
		MUST(!is_text && e.status == CPL_DATA && back.len == 0);
	}
	cpl_buf_truncate(&back, 0);
	if (cpl_read_field(&back, p, size, NULL) == 0)
		MUST(cpl_chars_check(back.data ? back.data : "", back.len,
				     NULL) == 0);
	else
		MUST(back.len == 0);
	cpl_buf_release(&field);
	cpl_buf_release(&back);
	return 0;
}
