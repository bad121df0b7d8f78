/* SPDX-License-Identifier: MIT
 *
 * What went wrong, as a value: the exit status that the contract with scripts
 * gives it (couplet(7), EXIT STATUS) and one line for a person, lower case and
 * without a full stop. The caller owns the struct; a function that fails fills
 * it and returns -1, one that succeeds leaves it untouched. Nothing here
 * allocates; a text longer than the array ends in "...". */
#ifndef CPL_ERR_H
#define CPL_ERR_H

/* The exit statuses of every tool. */
enum cpl_status {
	CPL_OK = 0,           /* done and acknowledged */
	CPL_REFUSED = 1,      /* the peer said no, or -c was not reached */
	CPL_PARTIAL = 2,      /* some went through and some did not */
	CPL_QUEUED = 3,       /* on disk, do not send again */
	CPL_USAGE = 64,       /* command line */
	CPL_DATA = 65,        /* bad input, nothing was sent */
	CPL_NOINPUT = 66,     /* no such input file */
	CPL_NOHOST = 68,      /* no such domain */
	CPL_UNAVAILABLE = 69, /* a service or feature is missing */
	CPL_INTERNAL = 70,    /* a fault of our own */
	CPL_SYSTEM = 71,      /* memory, descriptors, processes */
	CPL_IO = 74,          /* reading or writing a file, stdout included */
	CPL_TEMP = 75,        /* temporary, or the outcome is unknown */
	CPL_PROTOCOL = 76,    /* protocol or certificate */
	CPL_AUTH = 77,        /* the own login was refused */
	CPL_CONFIG = 78,      /* configuration */
	CPL_TIMEOUT = 124,    /* -W ran out after the login */
	CPL_SIGNAL = 128      /* plus the signal's number */
};

struct cpl_err {
	enum cpl_status status;
	char text[1024];
	int final; /* nobody should try again by itself, though the status is
		      CPL_TEMP; cpl_err_set() says no */
};

#define CPL_ERR_INIT                                                           \
	{                                                                      \
		CPL_OK, "", 0                                                  \
	}

/* Fills e (which may be NULL: then nobody wants to know) and returns -1, so
 * that a failing function can end with it. */
int cpl_err_set(struct cpl_err *e, enum cpl_status status, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

/* Puts "TEXT: " before the text of an error that is set, as it travels up;
 * returns -1. */
int cpl_err_prefix(struct cpl_err *e, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

/* The same with ": strerror(errno)" behind it; errno is read first, and ENOMEM
 * is CPL_SYSTEM whatever it was that met it. */
int cpl_err_errno(struct cpl_err *e, enum cpl_status status, const char *fmt,
		  ...) __attribute__((format(printf, 3, 4)));

/* Memory ran out: CPL_SYSTEM, "out of memory". Returns -1. */
int cpl_err_nomem(struct cpl_err *e);

#endif
