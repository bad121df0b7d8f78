/* SPDX-License-Identifier: MIT
 *
 * A target without libFuzzer, by any compiler: what is in its corpus, and then
 * inputs made from it by chance, the same ones each time.
 * usage: TARGET RUNS FOLDER...
 *
 * Prints how many inputs there were. A file that fails is named on stderr; one
 * that was made is left in the file "made". */
#include <dirent.h>
#include <fcntl.h>
#include <unistd.h>

#include "fuzz.h"

#define INPUT_MAX 4096

struct input {
	char *name;
	uint8_t bytes[INPUT_MAX];
	size_t n;
};

static struct {
	struct input *list;
	size_t count;
} corpus;

static uint32_t state = 2463534242U;

/* Marsaglia's xorshift: from 0 to below - 1. */
static size_t chance(size_t below)
{
	state ^= state << 13;
	state ^= state >> 17;
	state ^= state << 5;
	return state % below;
}

static void read_file(int folder, const char *name)
{
	int fd = openat(folder, name, O_RDONLY | O_CLOEXEC);
	struct input *in;
	ssize_t n;

	corpus.list =
	    realloc(corpus.list, (corpus.count + 1) * sizeof *corpus.list);
	MUST(corpus.list && fd >= 0);
	in = &corpus.list[corpus.count++];
	in->name = strdup(name);
	n = read(fd, in->bytes, sizeof in->bytes);
	MUST(in->name && n >= 0);
	in->n = (size_t)n;
	close(fd);
}

static void read_folder(const char *path)
{
	DIR *d = opendir(path);
	struct dirent *entry;

	if (!d) {
		fprintf(stderr, "%s: no such folder\n", path);
		exit(66);
	}
	while ((entry = readdir(d)))
		if (entry->d_name[0] != '.')
			read_file(dirfd(d), entry->d_name);
	closedir(d);
}

/* In which order they are found is a matter of the file system. */
static int by_name(const void *a, const void *b)
{
	return strcmp(((const struct input *)a)->name,
		      ((const struct input *)b)->name);
}

/* --- one change ---------------------------------------------------------- */

static void change_byte(struct input *in)
{
	if (in->n > 0)
		in->bytes[chance(in->n)] = (uint8_t)chance(256);
}

static void flip_bit(struct input *in)
{
	if (in->n > 0)
		in->bytes[chance(in->n)] ^= (uint8_t)(1U << chance(8));
}

static void cut_out(struct input *in)
{
	size_t from = chance(in->n + 1);
	size_t n = chance(in->n - from + 1);

	memmove(in->bytes + from, in->bytes + from + n, in->n - from - n);
	in->n -= n;
}

/* A piece of any input at any place. */
static void put_in(struct input *in)
{
	const struct input *other = &corpus.list[chance(corpus.count)];
	size_t at = chance(in->n + 1), from = chance(other->n + 1);
	size_t n = chance(other->n - from + 1);

	if (n > INPUT_MAX - in->n)
		n = INPUT_MAX - in->n;
	memmove(in->bytes + at + n, in->bytes + at, in->n - at);
	memcpy(in->bytes + at, other->bytes + from, n);
	in->n += n;
}

static void make(struct input *out)
{
	static void (*const changes[])(struct input * in) = {
	    change_byte, flip_bit, cut_out, put_in};

	*out = corpus.list[chance(corpus.count)];
	for (size_t i = 1 + chance(4); i > 0; i--)
		changes[chance(sizeof changes / sizeof *changes)](out);
}

/* ------------------------------------------------------------------------- */

/* In memory of its own size, so that a byte too many is seen. */
static void run(const struct input *in)
{
	uint8_t *copy = malloc(in->n > 0 ? in->n : 1);

	MUST(copy != NULL);
	memcpy(copy, in->bytes, in->n);
	(void)LLVMFuzzerTestOneInput(copy, in->n);
	free(copy);
}

static void keep(const struct input *in)
{
	int fd = open("made", O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	MUST(fd >= 0 && write(fd, in->bytes, in->n) == (ssize_t)in->n);
	close(fd);
}

int main(int argc, char **argv)
{
	long runs = argc > 2 ? strtol(argv[1], NULL, 10) : 0;
	static struct input made;

	for (int i = 2; i < argc; i++)
		read_folder(argv[i]);
	if (corpus.count == 0)
		return 64;
	qsort(corpus.list, corpus.count, sizeof *corpus.list, by_name);
	for (size_t i = 0; i < corpus.count; i++) {
		fprintf(stderr, "%s\n", corpus.list[i].name);
		run(&corpus.list[i]);
	}
	fprintf(stderr, "made\n");
	for (long i = 0; i < runs; i++) {
		make(&made);
		keep(&made);
		run(&made);
	}
	printf("%zu\n", corpus.count + (size_t)runs);
	for (size_t i = 0; i < corpus.count; i++)
		free(corpus.list[i].name);
	free(corpus.list);
	unlink("made");
	return 0;
}
