/* SPDX-License-Identifier: MIT */
#define CARES_NO_DEPRECATED /* 1.34 has newer calls that 1.18 has not */
#include "resolve.h"

#include <ares.h>
#include <arpa/nameser.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>

#include "../base/uuid.h"
#include "dns.h"

/* One UDP and one TCP socket for each name server; resolv.conf has three. */
#define SOCKETS_MAX 16

struct slot {
	struct cpl_watch watch; /* fd -1: free */
	struct cpl_resolver *resolver;
};

struct cpl_resolver {
	struct cpl_loop *loop;
	const struct cpl_log *log;
	char *servers;
	int search;
	void (*changed)(void *user);
	void *user;
	int library; /* ares_library_init() succeeded */
	ares_channel channel;
	struct slot slots[SOCKETS_MAX];
	struct cpl_timer timer;
};

/* Sets the timer for c-ares's next retry. */
static void rearm(struct cpl_resolver *r)
{
	struct timeval tv;

	if (!ares_timeout(r->channel, NULL, &tv)) {
		cpl_loop_cancel(r->loop, &r->timer);
		return;
	}
	/* one more: a millisecond too early would only turn the loop */
	cpl_loop_timer(r->loop, &r->timer,
		       (int64_t)tv.tv_sec * 1000 + tv.tv_usec / 1000 + 1);
}

static void on_socket(void *user, short revents)
{
	const struct slot *s = user;
	struct cpl_resolver *r = s->resolver;
	int fd = s->watch.fd;
	int in = revents & (POLLIN | POLLERR | POLLHUP);
	int out = revents & (POLLOUT | POLLERR);

	ares_process_fd(r->channel, in ? fd : ARES_SOCKET_BAD,
			out ? fd : ARES_SOCKET_BAD);
	rearm(r);
	r->changed(r->user);
}

static void on_timer(void *user)
{
	struct cpl_resolver *r = user;

	ares_process_fd(r->channel, ARES_SOCKET_BAD, ARES_SOCKET_BAD);
	rearm(r);
	r->changed(r->user);
}

static struct slot *find_slot(struct cpl_resolver *r, int fd)
{
	for (size_t i = 0; i < SOCKETS_MAX; i++)
		if (r->slots[i].watch.fd == fd)
			return &r->slots[i];
	return NULL;
}

/* c-ares opens, changes or (neither flag) closes a socket. */
static void socket_state(void *user, ares_socket_t fd, int readable,
			 int writable)
{
	struct cpl_resolver *r = user;
	struct slot *s = find_slot(r, fd);

	if (!readable && !writable) {
		if (s) {
			cpl_loop_unwatch(r->loop, &s->watch);
			s->watch.fd = -1;
		}
		return;
	}
	if (!s) {
		s = find_slot(r, -1);
		if (!s) {
			cpl_log(r->log, CPL_LOG_DEBUG,
				"more than %d sockets to name servers",
				SOCKETS_MAX);
			return; /* its question times out */
		}
		s->resolver = r;
		s->watch.fd = fd;
		s->watch.ready = on_socket;
		s->watch.user = s;
		cpl_loop_watch(r->loop, &s->watch);
	}
	s->watch.events =
	    (short)((readable ? POLLIN : 0) | (writable ? POLLOUT : 0));
}

struct cpl_resolver *cpl_resolver_new(struct cpl_loop *loop,
				      const struct cpl_log *log,
				      const char *servers, int search,
				      void (*changed)(void *user), void *user)
{
	struct cpl_resolver *r = calloc(1, sizeof *r);

	if (!r)
		return NULL;
	r->loop = loop;
	r->log = log;
	r->search = search;
	r->changed = changed;
	r->user = user;
	r->timer.fire = on_timer;
	r->timer.user = r;
	for (size_t i = 0; i < SOCKETS_MAX; i++)
		r->slots[i].watch.fd = -1;
	r->servers = servers ? strdup(servers) : NULL;
	if (servers && !r->servers) {
		free(r);
		return NULL;
	}
	return r;
}

void cpl_resolver_free(struct cpl_resolver *r)
{
	if (!r)
		return;
	if (r->channel)
		ares_destroy(r->channel); /* closes its sockets */
	if (r->library)
		ares_library_cleanup();
	cpl_loop_cancel(r->loop, &r->timer);
	free(r->servers);
	free(r);
}

/* Starts c-ares. Its name servers, timeout and attempts are resolv.conf's. */
static int need_channel(struct cpl_resolver *r)
{
	char lookups[] = "b"; /* /etc/hosts is read by ourselves, see local() */
	int mask = ARES_OPT_FLAGS | ARES_OPT_SOCK_STATE_CB | ARES_OPT_LOOKUPS;
	struct ares_options o = {0};
	int rc;

	if (r->channel)
		return ARES_SUCCESS;
	rc = r->library ? ARES_SUCCESS : ares_library_init(ARES_LIB_INIT_ALL);
	if (rc != ARES_SUCCESS)
		return rc;
	r->library = 1;
	o.sock_state_cb = socket_state;
	o.sock_state_cb_data = r;
	o.lookups = lookups;
	if (!r->search) {
		o.flags = ARES_FLAG_NOSEARCH;
		mask |= ARES_OPT_DOMAINS; /* none; 1.18 needs both */
	}
	rc = ares_init_options(&r->channel, &o, mask);
	if (rc != ARES_SUCCESS) {
		r->channel = NULL;
		return rc;
	}
	return r->servers ? ares_set_servers_ports_csv(r->channel, r->servers)
			  : ARES_SUCCESS;
}

static enum cpl_answer answer_of(int status)
{
	switch (status) {
	case ARES_SUCCESS: return CPL_ANSWER_FOUND;
	case ARES_ENODATA: return CPL_ANSWER_NODATA;
	case ARES_ENOTFOUND:
	case ARES_ENONAME:
	case ARES_EBADNAME: /* a label over 63 bytes and the like */
		return CPL_ANSWER_NXDOMAIN;
	default: return CPL_ANSWER_FAILED;
	}
}

/* c-ares writes what is not printable as \DDD, which is no host's name. */
static void take_srv(struct cpl_srv_question *q, const char *host,
		     uint16_t port, uint16_t priority, uint16_t weight)
{
	struct cpl_srv *s = &q->records[q->n];
	size_t len = strlen(host);

	if (len == 0 || !strcmp(host, ".")) {
		q->absent = 1;
		return;
	}
	if (q->n == CPL_DIAL_TARGETS_MAX || !cpl_name_is_host(host) ||
	    port == 0) {
		cpl_log(q->resolver->log, CPL_LOG_DEBUG,
			"an SRV record is left out");
		return;
	}
	if (host[len - 1] == '.')
		len--;
	memcpy(s->host, host, len);
	s->host[len] = '\0';
	s->port = port;
	s->priority = priority;
	s->weight = weight;
	s->direct_tls = q->direct_tls;
	s->ttl = q->ttl;
	q->n++;
	cpl_log(q->resolver->log, CPL_LOG_DEBUG, "SRV %s %u %u %u %s",
		q->direct_tls ? "_xmpps-client" : "_xmpp-client", priority,
		weight, port, s->host);
}

/* What became of a question that went out as it is: c-ares's status with that
 * of the message, if there is one. */
static int status_of(int status, const unsigned char *p, int n,
		     struct cpl_dns_facts *facts)
{
	memset(facts, 0, sizeof *facts);
	if (p && n > 0 && cpl_dns_facts(p, (size_t)n, facts) < 0)
		return status == ARES_SUCCESS ? ARES_EBADRESP : status;
	if (status != ARES_SUCCESS)
		return status;
	switch (facts->status) {
	case ns_r_noerror:
		return facts->answers > 0 ? ARES_SUCCESS : ARES_ENODATA;
	case ns_r_formerr: return ARES_EFORMERR;
	case ns_r_nxdomain: return ARES_ENOTFOUND;
	case ns_r_notimpl: return ARES_ENOTIMP;
	case ns_r_refused: return ARES_EREFUSED;
	default: return ARES_ESERVFAIL;
	}
}

/* Asks, AD set (RFC 6840 5.7), which c-ares does not do by itself. */
static int ask(struct cpl_resolver *r, const char *name, int type,
	       ares_callback answered, void *arg)
{
	unsigned char *message = NULL;
	unsigned short id = 0;
	int len = 0, rc;

	if (cpl_random(&id, sizeof id, NULL) < 0)
		return ARES_ENOMEM;
	rc = ares_create_query(name, ns_c_in, type, id, 1, &message, &len, 0);
	if (rc != ARES_SUCCESS)
		return rc;
	message[3] |= 0x20;
	ares_send(r->channel, message, len, answered, arg);
	ares_free_string(message);
	rearm(r);
	return ARES_SUCCESS;
}

static void srv_answered(void *arg, int status, int timeouts,
			 unsigned char *abuf, int alen)
{
	struct cpl_srv_question *q = arg;
	struct ares_srv_reply *reply = NULL;
	struct cpl_dns_facts facts;

	(void)timeouts;
	status = status_of(status, abuf, alen, &facts);
	q->authentic = facts.authentic;
	q->ttl = facts.ttl;
	if (status == ARES_SUCCESS)
		status = ares_parse_srv_reply(abuf, alen, &reply);
	for (const struct ares_srv_reply *s = reply; s; s = s->next)
		take_srv(q, s->host, s->port, s->priority, s->weight);
	if (reply)
		ares_free_data(reply);
	if (status == ARES_SUCCESS && q->n == 0)
		status = ARES_ENODATA; /* a CNAME to nothing, or "." */
	q->answer = answer_of(status);
	q->why = ares_strerror(status);
	cpl_log(q->resolver->log, CPL_LOG_DEBUG, "SRV %s: %s%s",
		q->direct_tls ? "_xmpps-client" : "_xmpp-client", q->why,
		q->authentic ? ", authenticated by the resolver" : "");
}

void cpl_resolver_srv(struct cpl_resolver *r, const char *domain,
		      int direct_tls, struct cpl_srv_question *q)
{
	char name[320];
	int rc = need_channel(r);

	memset(q, 0, sizeof *q);
	q->resolver = r;
	q->direct_tls = direct_tls;
	q->answer = CPL_ANSWER_PENDING;
	if (snprintf(name, sizeof name, "%s._tcp.%s",
		     direct_tls ? "_xmpps-client" : "_xmpp-client",
		     domain) >= (int)sizeof name)
		rc = ARES_EBADNAME;
	if (rc == ARES_SUCCESS)
		rc = ask(r, name, ns_t_srv, srv_answered, q);
	if (rc != ARES_SUCCESS) {
		q->answer = answer_of(rc);
		q->why = ares_strerror(rc);
	}
}

static void add_addr(struct cpl_addr_question *q, const void *bytes)
{
	if (q->n < CPL_RESOLVE_ADDRESSES_MAX)
		cpl_addr_make(&q->addrs[q->n++], q->family, bytes);
}

static int take_v4(struct cpl_addr_question *q, const unsigned char *p, int n)
{
	struct ares_addrttl found[CPL_RESOLVE_ADDRESSES_MAX];
	int count = CPL_RESOLVE_ADDRESSES_MAX;
	int status = ares_parse_a_reply(p, n, NULL, found, &count);

	for (int i = 0; status == ARES_SUCCESS && i < count; i++)
		add_addr(q, &found[i].ipaddr);
	return status;
}

static int take_v6(struct cpl_addr_question *q, const unsigned char *p, int n)
{
	struct ares_addr6ttl found[CPL_RESOLVE_ADDRESSES_MAX];
	int count = CPL_RESOLVE_ADDRESSES_MAX;
	int status = ares_parse_aaaa_reply(p, n, NULL, found, &count);

	for (int i = 0; status == ARES_SUCCESS && i < count; i++)
		add_addr(q, &found[i].ip6addr);
	return status;
}

static void host_answered(void *arg, int status, int timeouts,
			  unsigned char *abuf, int alen)
{
	struct cpl_addr_question *q = arg;
	struct cpl_dns_facts facts;

	(void)timeouts;
	status = status_of(status, abuf, alen, &facts);
	if (status == ARES_SUCCESS)
		status = q->family == AF_INET ? take_v4(q, abuf, alen)
					      : take_v6(q, abuf, alen);
	if (status == ARES_SUCCESS && q->n == 0)
		status = ARES_ENODATA;
	q->answer = answer_of(status);
	q->why = ares_strerror(status);
	q->at = cpl_loop_now();
	q->authentic = facts.authentic && !q->resolver->search;
	q->ttl = facts.ttl;
}

static void prepare(struct cpl_resolver *r, struct cpl_addr_question *q,
		    int family)
{
	memset(q, 0, sizeof *q);
	q->resolver = r;
	q->family = family;
	q->answer = CPL_ANSWER_NODATA;
	q->why = "";
}

/* What /etc/hosts says. It is asked for both families before any of them goes
 * to DNS: an entry there must not be mixed with DNS's other family. */
static void ask_file(struct cpl_resolver *r, const char *host,
		     struct cpl_addr_question *q)
{
	struct hostent *found = NULL;

	if (ares_gethostbyname_file(r->channel, host, q->family, &found) !=
		ARES_SUCCESS ||
	    !found)
		return;
	for (char **p = found->h_addr_list; p && *p; p++)
		add_addr(q, *p);
	ares_free_hostent(found);
}

int cpl_resolver_local(struct cpl_resolver *r, const char *host,
		       struct cpl_addr_question *v6,
		       struct cpl_addr_question *v4)
{
	const struct in_addr loopback = {htonl(INADDR_LOOPBACK)};
	struct cpl_addr literal;

	prepare(r, v6, AF_INET6);
	prepare(r, v4, AF_INET);
	if (cpl_addr_literal(host, &literal)) {
		struct cpl_addr_question *q =
		    literal.u.any.sa_family == AF_INET ? v4 : v6;

		q->addrs[q->n++] = literal;
	} else if (cpl_name_is_localhost(host)) {
		add_addr(v6, &in6addr_loopback);
		add_addr(v4, &loopback);
	} else if (need_channel(r) == ARES_SUCCESS) {
		ask_file(r, host, v6);
		ask_file(r, host, v4);
	}
	v6->answer = v6->n ? CPL_ANSWER_FOUND : CPL_ANSWER_NODATA;
	v4->answer = v4->n ? CPL_ANSWER_FOUND : CPL_ANSWER_NODATA;
	v6->at = v4->at = cpl_loop_now();
	return v6->n + v4->n > 0;
}

/* Only c-ares knows the search list, and does not ask for authentication. */
static void ask_host(struct cpl_resolver *r, const char *host,
		     struct cpl_addr_question *q)
{
	int type = q->family == AF_INET ? ns_t_a : ns_t_aaaa;
	int rc = ARES_SUCCESS;

	q->answer = CPL_ANSWER_PENDING;
	q->by_dns = 1;
	if (r->search)
		ares_search(r->channel, host, ns_c_in, type, host_answered, q);
	else
		rc = ask(r, host, type, host_answered, q);
	if (rc != ARES_SUCCESS) {
		q->answer = answer_of(rc);
		q->why = ares_strerror(rc);
	}
	rearm(r);
}

void cpl_resolver_host(struct cpl_resolver *r, const char *host,
		       struct cpl_addr_question *v6,
		       struct cpl_addr_question *v4)
{
	int rc;

	if (cpl_resolver_local(r, host, v6, v4))
		return;
	/* c-ares answers what is no name in one way or another. */
	if (!cpl_name_is_host(host) || cpl_name_is_invalid(host) ||
	    cpl_name_is_onion(host)) {
		v6->answer = v4->answer = CPL_ANSWER_NXDOMAIN;
		return;
	}
	rc = need_channel(r);
	if (rc != ARES_SUCCESS) {
		v6->answer = v4->answer = CPL_ANSWER_FAILED;
		v6->why = v4->why = ares_strerror(rc);
		return;
	}
	ask_host(r, host, v6);
	ask_host(r, host, v4);
}
