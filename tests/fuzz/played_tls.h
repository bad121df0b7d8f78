/* SPDX-License-Identifier: MIT
 *
 * TLS that is none, for the targets of what is said over it: bytes go as they
 * are, every server is verified, and the channel has bindings of its version.
 * The linker takes these functions in place of tls.o. */
#ifndef PLAYED_TLS_H
#define PLAYED_TLS_H

#include <errno.h>
#include <sys/socket.h>

#include "../../common/net/tls.h"
#include "played_scram.h"

struct cpl_tls {
	int fd;
};

/* Of all connections; as on the wire. */
static int played_tls_version;
static int played_tls_shaken; /* handshakes done */

int cpl_tls_check(const struct cpl_tls_conf *conf, struct cpl_err *e)
{
	(void)conf;
	(void)e;
	return 0;
}

void cpl_tls_made_free(struct ssl_ctx_st *made)
{
	MUST(!made);
}

struct cpl_tls *cpl_tls_new(const struct cpl_tls_conf *conf, int fd,
			    const struct cpl_log *log, struct cpl_err *e)
{
	struct cpl_tls *t = malloc(sizeof *t);

	(void)conf;
	(void)log;
	(void)e;
	MUST(t != NULL);
	t->fd = fd;
	return t;
}

void cpl_tls_free(struct cpl_tls *t)
{
	free(t);
}

enum cpl_tls_result cpl_tls_handshake(struct cpl_tls *t, struct cpl_err *e)
{
	(void)t;
	(void)e;
	played_tls_shaken++;
	return CPL_TLS_DONE;
}

short cpl_tls_wants(const struct cpl_tls *t)
{
	(void)t;
	return POLLIN;
}

static enum cpl_tls_result played_tls_result(ssize_t n, size_t *done,
					     struct cpl_err *e)
{
	if (n > 0)
		*done = (size_t)n;
	if (n > 0)
		return CPL_TLS_DONE;
	if (n == 0)
		return CPL_TLS_EOF;
	if (errno == EAGAIN)
		return CPL_TLS_AGAIN;
	cpl_err_errno(e, CPL_TEMP, "played");
	return CPL_TLS_FAILED;
}

enum cpl_tls_result cpl_tls_read(struct cpl_tls *t, char *p, size_t n,
				 size_t *done, struct cpl_err *e)
{
	return played_tls_result(recv(t->fd, p, n, 0), done, e);
}

enum cpl_tls_result cpl_tls_write(struct cpl_tls *t, const char *p, size_t n,
				  size_t *done, struct cpl_err *e)
{
	return played_tls_result(send(t->fd, p, n, MSG_NOSIGNAL), done, e);
}

void cpl_tls_shutdown(struct cpl_tls *t)
{
	(void)t;
}

/* RFC 9266 and RFC 5929: the one is of TLS 1.3, another of older ones. */
int cpl_tls_binding(struct cpl_tls *t, enum cpl_binding kind,
		    unsigned char out[CPL_BINDING_BYTES])
{
	(void)t;
	if (kind == (played_tls_version >= 0x0304 ? CPL_BIND_UNIQUE
						  : CPL_BIND_EXPORTER))
		return -1;
	played_binding(kind, out);
	return PLAYED_BINDING_BYTES;
}

void cpl_tls_timing(struct cpl_tls *t, struct cpl_timing *timing)
{
	(void)t;
	(void)timing;
}

int cpl_tls_version_number(const struct cpl_tls *t)
{
	(void)t;
	return played_tls_version;
}

#endif
