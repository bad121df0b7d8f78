/* SPDX-License-Identifier: MIT
 *
 * Runs a command and writes what it took into a file, as one line:
 *	STATUS CPU WALL MEMORY
 * the status as of wait(2), processor and wall time in ms, the most memory in
 * kB. The peak that wait(2) tells is never less than that of who started the
 * process, hence a starter that is small.
 *
 * usage: meter FILE COMMAND [ARGUMENT ...] */
#include <errno.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>

extern char **environ;

static double milliseconds(struct timeval t)
{
	return (double)t.tv_sec * 1e3 + (double)t.tv_usec / 1e3;
}

static double wall(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

int main(int argc, char **argv)
{
	struct rusage took;
	double began;
	FILE *file;
	int status;
	pid_t pid;

	if (argc < 3) {
		fputs("usage: meter FILE COMMAND [ARGUMENT ...]\n", stderr);
		return 64;
	}
	began = wall();
	errno = posix_spawnp(&pid, argv[2], NULL, NULL, argv + 2, environ);
	if (errno != 0 || wait4(pid, &status, 0, &took) < 0) {
		perror(argv[2]);
		return 71;
	}
	began = wall() - began;
	file = fopen(argv[1], "w");
	if (!file ||
	    fprintf(file, "%d %.3f %.3f %ld\n", status,
		    milliseconds(took.ru_utime) + milliseconds(took.ru_stime),
		    began, took.ru_maxrss) < 0 ||
	    fclose(file) != 0) {
		perror(argv[1]);
		return 74;
	}
	return 0;
}
