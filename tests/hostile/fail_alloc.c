/* SPDX-License-Identifier: MIT
 *
 * Preloaded (LD_PRELOAD) it makes the allocation number FAIL_AT fail, of those
 * that the program and its libraries make from main() on. OpenSSL is left out:
 * it makes nine of ten, and dies of it itself. To the file FAIL_COUNT is
 * written at the end how many there were. With FAIL_TRACE set it is said on
 * stderr where the one was that failed. */
#define _GNU_SOURCE /* RTLD_NEXT, dl_iterate_phdr() */
#include <dlfcn.h>
#include <errno.h>
#include <execinfo.h>
#include <fcntl.h>
#include <link.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* glibc's own, under names that nobody takes. */
void *__libc_malloc(size_t size);
void *__libc_calloc(size_t count, size_t size);
void *__libc_realloc(void *p, size_t size);

static int counting; /* 0 before main() and behind it */
static unsigned long calls, fail_at;

/* Where OpenSSL is. */
static struct {
	uintptr_t from, to;
} crypto[2];
static size_t crypto_count;

static int note_crypto(struct dl_phdr_info *info, size_t size, void *user)
{
	uintptr_t end = 0;

	(void)size;
	(void)user;
	if (crypto_count == 2 || (!strstr(info->dlpi_name, "/libcrypto.") &&
				  !strstr(info->dlpi_name, "/libssl.")))
		return 0;
	for (int i = 0; i < info->dlpi_phnum; i++) {
		const ElfW(Phdr) *p = &info->dlpi_phdr[i];

		if (p->p_type == PT_LOAD && p->p_vaddr + p->p_memsz > end)
			end = p->p_vaddr + p->p_memsz;
	}
	crypto[crypto_count].from = info->dlpi_addr;
	crypto[crypto_count++].to = info->dlpi_addr + end;
	return 0;
}

static int is_crypto(const void *caller)
{
	uintptr_t at = (uintptr_t)caller;

	for (size_t i = 0; i < crypto_count; i++)
		if (at >= crypto[i].from && at < crypto[i].to)
			return 1;
	return 0;
}

static void trace(void)
{
	void *frames[40];
	int n;

	counting = 0;
	n = backtrace(frames, 40);
	backtrace_symbols_fd(frames, n, 2);
	counting = 1;
}

static int fails(const void *caller)
{
	if (!counting || is_crypto(caller) || ++calls != fail_at)
		return 0;
	if (getenv("FAIL_TRACE"))
		trace();
	errno = ENOMEM;
	return 1;
}

void *malloc(size_t size)
{
	return fails(__builtin_return_address(0)) ? NULL : __libc_malloc(size);
}

void *calloc(size_t count, size_t size)
{
	return fails(__builtin_return_address(0)) ? NULL
						  : __libc_calloc(count, size);
}

void *realloc(void *p, size_t size)
{
	return fails(__builtin_return_address(0)) ? NULL
						  : __libc_realloc(p, size);
}

static int count_fd = -1;

/* While the program may still do so. */
static void open_count(void)
{
	const char *path = getenv("FAIL_COUNT");

	if (path)
		count_fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
}

static void write_count(void)
{
	counting = 0;
	if (count_fd >= 0)
		dprintf(count_fd, "%lu\n", calls);
}

static int (*real_main)(int argc, char **argv, char **env);

static int begin(int argc, char **argv, char **env)
{
	const char *n = getenv("FAIL_AT");

	fail_at = n ? strtoul(n, NULL, 10) : 0;
	dl_iterate_phdr(note_crypto, NULL);
	open_count();
	atexit(write_count);
	counting = 1;
	return real_main(argc, argv, env);
}

/* No header has it. */
int __libc_start_main(int (*main)(int, char **, char **), int argc, char **argv,
		      void (*init)(void), void (*fini)(void),
		      void (*rtld_fini)(void), void *stack_end);

int __libc_start_main(int (*main)(int, char **, char **), int argc, char **argv,
		      void (*init)(void), void (*fini)(void),
		      void (*rtld_fini)(void), void *stack_end)
{
	int (*start)(int (*)(int, char **, char **), int, char **,
		     void (*)(void), void (*)(void), void (*)(void), void *);

	*(void **)&start = dlsym(RTLD_NEXT, "__libc_start_main");
	real_main = main;
	return start(begin, argc, argv, init, fini, rtld_fini, stack_end);
}
