/* SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "addr.h"
#include "dial_impl.h"

/* What a proxy says it says of the target: another address of the proxy's would
 * bring nothing else. */
static void proxy_failed(struct cpl_dial *d, int fd, const struct cpl_err *why)
{
	struct cpl_err e = *why;

	close(fd);
	cpl_err_prefix(&e, "%s", d->won.text);
	cpl_dial_note(d, CPL_RANK_STREAM, &e);
	cpl_dial_fail(d);
}

static void on_proxied(void *user, const struct cpl_err *why)
{
	struct cpl_dial *d = user;
	int fd = d->fd;

	cpl_socks_free(d->socks);
	d->socks = NULL;
	if (why) {
		proxy_failed(d, fd, why);
		return;
	}
	cpl_timing_mark(d->timing, CPL_TIMING_TCP);
	cpl_dial_hand_over(d, fd);
}

void cpl_dial_talk(struct cpl_dial *d, int fd)
{
	struct cpl_err e = CPL_ERR_INIT;

	d->fd = fd;
	cpl_loop_cancel(d->loop, &d->timer);
	d->socks = cpl_socks_new(d->loop, fd, &d->proxy, d->won.host,
				 d->won.port, d->timing, on_proxied, d, &e);
	if (!d->socks)
		proxy_failed(d, fd, &e);
}

/* "[2001:db8::7]:5222", "xmpp.capulet.lit:5222". */
static void put_place(char *out, size_t n, const char *host, uint16_t port)
{
	const char *open = strchr(host, ':') ? "[" : "";

	snprintf(out, n, "%s%s%s:%u", open, host, *open ? "]" : "", port);
}

static int check(const struct cpl_dial_conf *conf, const char *host,
		 struct cpl_err *e)
{
	if (conf->mode == CPL_TLS_NONE)
		return cpl_err_set(
		    e, CPL_USAGE, "%s: without TLS no proxy may be used", host);
	if (strchr(host, '%'))
		return cpl_err_set(e, CPL_USAGE,
				   "%s: an address with a zone means nothing "
				   "to a proxy",
				   host);
	if (cpl_name_is_invalid(host))
		return cpl_err_set(e, CPL_NOHOST, "%s: no such domain", host);
	return 0;
}

int cpl_dial_plan_proxied(struct cpl_dial *d, const struct cpl_dial_conf *conf,
			  struct cpl_err *e)
{
	const char *host = conf->host ? conf->host : conf->domain;
	char far[264], near[264];
	struct cpl_srv to;

	d->proxied = 1;
	d->proxy = *conf->proxy;
	if (check(conf, host, e) < 0)
		return -1;
	cpl_lookup_only(conf->mode, host, conf->host ? conf->port : 0, &to);
	memcpy(d->won.host, to.host, sizeof d->won.host);
	d->won.port = to.port;
	d->won.direct_tls = to.direct_tls;
	put_place(far, sizeof far, to.host, to.port);
	put_place(near, sizeof near, d->proxy.host, d->proxy.port);
	snprintf(d->won.text, sizeof d->won.text, "%s (through %s)", far, near);
	d->host = strdup(d->proxy.host);
	d->port = d->proxy.port;
	return d->host ? 0 : cpl_err_nomem(e);
}
