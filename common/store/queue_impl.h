/* SPDX-License-Identifier: MIT
 *
 * What the files of the queue share: queue.c opens and lists it, queue_put.c
 * writes, queue_entry.c has what is done with one entry, queue_lock.c who
 * sends. */
#ifndef CPL_QUEUE_IMPL_H
#define CPL_QUEUE_IMPL_H

#include <sys/stat.h>

#include "queue.h"

/* ID.ATTEMPTS and its NUL. */
#define CPL_QUEUE_NAME_SIZE (CPL_QUEUE_ID_SIZE + 11)

/* Behind the places the folder of what is being written. */
#define CPL_QUEUE_TMP CPL_QUEUE_PLACES

struct cpl_queue {
	const struct cpl_log *log;
	char *path;                     /* of the queue */
	char *waiting;                  /* of waiting/ */
	int folders[CPL_QUEUE_TMP + 1]; /* descriptors; -1: not there */
	int lock;                       /* the lock file; -1: not held */
	uint64_t last;                  /* number that was given to an ID */
	size_t count;                   /* that wait, by what we know */
	int counted;
};

/* The name of a place's folder. */
const char *cpl_queue_place_name(int place);

/* The ID and the attempts of a file's name; -1: it is none of ours. */
int cpl_queue_parse_name(const char *name, char id[CPL_QUEUE_ID_SIZE],
			 unsigned *attempts);

/* How often something is tried that another process was quicker with. */
#define CPL_QUEUE_RACES 8

/* The name of a file. */
void cpl_queue_file_name(const char *id, unsigned attempts,
			 char name[CPL_QUEUE_NAME_SIZE]);
void cpl_queue_name_of(const struct cpl_queue_entry *entry,
		       char name[CPL_QUEUE_NAME_SIZE]);

/* Whether a file still has a name: 0 with ENOENT when it was removed between
 * being opened and being locked. */
int cpl_queue_is_linked(int fd);

/* Whether cpl_queue_keep() was told of a file. */
int cpl_queue_is_kept(const struct stat *st);

/* A key in 32 bits. */
uint32_t cpl_queue_hash(const char *key);

/* "PATH/PLACE/NAME: strerror(errno)". Returns -1. */
int cpl_queue_io(const struct cpl_queue *q, int place, const char *name,
		 struct cpl_err *e);

/* Opens a file of a place and locks it (LOCK_EX, or LOCK_SH to look at it),
 * without waiting. The descriptor; -1 with errno: EWOULDBLOCK when another
 * process has it, ENOENT when it is gone. */
int cpl_queue_open_file(const struct cpl_queue *q, int place, const char *name,
			int lock);

/* Calls each() for every name in a place until it returns non-zero. -1 with
 * e. */
int cpl_queue_walk(const struct cpl_queue *q, int place,
		   int (*each)(void *user, const char *name), void *user,
		   struct cpl_err *e) __attribute__((warn_unused_result));

#endif
