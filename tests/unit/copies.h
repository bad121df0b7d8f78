/* SPDX-License-Identifier: MIT
 *
 * What was to be wiped and was not: how often the heap holds some bytes, by the
 * kernel's own account of it. They have to lie where free() writes no list of
 * its own, which are the first 16 bytes of a block. A sanitizer's or valgrind's
 * heap is not the kernel's [heap]: nothing is found then, and the test says
 * nothing. */
#ifndef COPIES_H
#define COPIES_H

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

/* The needle is put together here so that it is not found itself. */
static inline int copies(const char *first, const char *second)
{
	char needle[64], line[512];
	FILE *maps = fopen("/proc/self/maps", "r");
	int mem = open("/proc/self/mem", O_RDONLY);
	int found = 0;
	size_t len =
	    (size_t)snprintf(needle, sizeof needle, "%s%s", first, second);

	while (maps && mem >= 0 && fgets(line, sizeof line, maps)) {
		unsigned long from, to;
		char *block, *end;

		if (!strstr(line, "[heap]"))
			continue;
		from = strtoul(line, &end, 16);
		to = strtoul(end + 1, NULL, 16);
		/* Not malloc(): the copy would be a part of the heap. */
		block = mmap(NULL, to - from, PROT_READ | PROT_WRITE,
			     MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
		if (block == MAP_FAILED)
			continue;
		if (pread(mem, block, to - from, (off_t)from) ==
		    (ssize_t)(to - from))
			for (size_t i = 0; i + len <= to - from; i++)
				found += memcmp(block + i, needle, len) == 0;
		munmap(block, to - from);
	}
	if (maps)
		fclose(maps);
	if (mem >= 0)
		close(mem);
	explicit_bzero(needle, sizeof needle);
	return found;
}

#endif
