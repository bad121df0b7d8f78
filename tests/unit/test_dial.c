/* SPDX-License-Identifier: MIT
 *
 * Dialling on loopback, with a name server of our own on the same loop. */
#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

#include "../../common/net/addr.h"
#include "../../common/net/dial.h"
#include "../../common/net/resolve.h"
#include "unit.h"

#define A 1
#define CNAME 5
#define AAAA 28
#define SRV 33

#define SERVFAIL 2
#define NXDOMAIN 3
#define REFUSED 5
#define SILENT -1

/* One record, or with a status the whole answer, of the name server. */
struct row {
	const char *name;
	int type;
	const char *data; /* address, or target */
	int priority, weight, port;
	int status; /* NXDOMAIN is the default for what is not listed */
	int delay;  /* ms */
};

struct late {
	struct cpl_timer timer;
	struct sockaddr_in to;
	unsigned char packet[1500];
	size_t len;
};

static struct {
	struct cpl_loop *loop;
	struct cpl_watch watch;
	char servers[40];
	const struct row *rows;
	int asked;
	int vouched; /* questions that asked for authentication */
	int vouches; /* and whether they are told so */
	unsigned ttl;
	const struct cpl_target *known; /* for start() */
	struct late late[4];
	size_t n_late;
	/* what a dial came to */
	struct cpl_dial *dial;
	int calls;
	int fd;
	struct cpl_target target;
	struct cpl_err e;
} lab;

static size_t put16(unsigned char *p, unsigned v)
{
	p[0] = (unsigned char)(v >> 8);
	p[1] = (unsigned char)v;
	return 2;
}

/* A name on the wire; "." and "" are the root. */
static size_t put_name(unsigned char *p, const char *name)
{
	size_t n = 0;

	while (*name && strcmp(name, ".") != 0) {
		size_t len = strcspn(name, ".");

		p[n++] = (unsigned char)len;
		memcpy(p + n, name, len);
		n += len;
		name += len + (name[len] == '.');
	}
	p[n++] = 0;
	return n;
}

static size_t put_record(unsigned char *p, const struct row *r)
{
	size_t n = put_name(p, r->name), at;

	n += put16(p + n, (unsigned)r->type);
	n += put16(p + n, 1);
	n += put16(p + n, lab.ttl >> 16);
	n += put16(p + n, lab.ttl & 0xffff);
	at = n;
	n += 2;
	switch (r->type) {
	case A:
		inet_pton(AF_INET, r->data, p + n);
		n += 4;
		break;
	case AAAA:
		inet_pton(AF_INET6, r->data, p + n);
		n += 16;
		break;
	case SRV:
		n += put16(p + n, (unsigned)r->priority);
		n += put16(p + n, (unsigned)r->weight);
		n += put16(p + n, (unsigned)r->port);
		n += put_name(p + n, r->data);
		break;
	default: n += put_name(p + n, r->data);
	}
	put16(p + at, (unsigned)(n - at - 2));
	return n;
}

/* Adds what is known of a name; follows CNAMEs. The number of records. */
static unsigned answer(const char *name, int type, unsigned char *p, size_t *n,
		       int *status, int *delay)
{
	unsigned count = 0;

	for (const struct row *r = lab.rows; r->name; r++) {
		if (strcasecmp(r->name, name) != 0)
			continue;
		if (*status == NXDOMAIN)
			*status = 0;
		if (r->type != type && r->type != CNAME)
			continue;
		*delay = r->delay;
		if (r->status) {
			*status = r->status;
			return 0;
		}
		if (!r->data)
			continue;
		*n += put_record(p + *n, r);
		count++;
		if (r->type == CNAME)
			return count +
			       answer(r->data, type, p, n, status, delay);
	}
	return count;
}

static void send_late(void *user)
{
	struct late *l = user;

	sendto(lab.watch.fd, l->packet, l->len, 0, (struct sockaddr *)&l->to,
	       sizeof l->to);
}

static void on_question(void *user, short revents)
{
	unsigned char q[600], p[1500];
	struct sockaddr_in from;
	socklen_t from_len = sizeof from;
	char name[300] = "";
	size_t n = 12, end;
	int status = NXDOMAIN, delay = 0, type;
	ssize_t got = recvfrom(lab.watch.fd, q, sizeof q, 0,
			       (struct sockaddr *)&from, &from_len);

	(void)user, (void)revents;
	if (got < 17)
		return;
	lab.asked++;
	lab.vouched += (q[3] & 0x20) != 0;
	while (q[n] && n < (size_t)got) {
		snprintf(name + strlen(name), sizeof name - strlen(name),
			 "%s%.*s", *name ? "." : "", q[n], (char *)q + n + 1);
		n += q[n] + 1u;
	}
	type = q[n + 1] << 8 | q[n + 2];
	end = n + 5;
	memcpy(p, q, end);
	n = end;
	put16(p + 6, answer(name, type, p, &n, &status, &delay));
	if (status == SILENT)
		return;
	put16(p + 2,
	      0x8180u | (unsigned)status | (lab.vouches ? q[3] & 0x20u : 0));
	put16(p + 4, 1);
	put16(p + 8, 0);
	put16(p + 10, 0);
	if (delay && lab.n_late < 4) {
		struct late *l = &lab.late[lab.n_late++];

		memcpy(l->packet, p, n);
		l->len = n;
		l->to = from;
		l->timer.fire = send_late;
		l->timer.user = l;
		cpl_loop_timer(lab.loop, &l->timer, delay);
		return;
	}
	sendto(lab.watch.fd, p, n, 0, (struct sockaddr *)&from, from_len);
}

/* A socket on 127.0.0.1 or another loopback address, the port in *port. */
static int bound(int type, const char *ip, uint16_t *port)
{
	struct sockaddr_in a = {.sin_family = AF_INET,
				.sin_port = htons(*port)};
	socklen_t len = sizeof a;
	int fd = socket(AF_INET, type | SOCK_NONBLOCK, 0), on = 1;

	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
	inet_pton(AF_INET, ip, &a.sin_addr);
	CHECK(fd >= 0 && bind(fd, (struct sockaddr *)&a, sizeof a) == 0);
	getsockname(fd, (struct sockaddr *)&a, &len);
	*port = ntohs(a.sin_port);
	return fd;
}

static int listener(const char *ip, uint16_t *port)
{
	int fd = bound(SOCK_STREAM, ip, port);

	CHECK_INT(listen(fd, 8), 0);
	return fd;
}

/* A port on which nobody listens. */
static uint16_t closed_port(void)
{
	uint16_t port = 0;
	int fd = bound(SOCK_STREAM, "127.0.0.1", &port);

	close(fd);
	return port;
}

static void on_done(void *user, int fd, const struct cpl_target *target,
		    const struct cpl_err *e)
{
	(void)user;
	lab.calls++;
	lab.fd = fd;
	if (target)
		lab.target = *target;
	if (e)
		lab.e = *e;
	CHECK((fd >= 0) == (target != NULL));
	CHECK((fd < 0) == (e != NULL));
	cpl_loop_stop(lab.loop);
}

static void on_deadline(void *user)
{
	(void)user;
	cpl_loop_stop(lab.loop);
}

static void reset(const struct row *rows)
{
	static const struct row none[] = {{.name = NULL}};

	lab.rows = rows ? rows : none;
	lab.asked = 0;
	lab.vouched = 0;
	lab.vouches = 0;
	lab.ttl = 60;
	lab.known = NULL;
	lab.n_late = 0;
	lab.calls = 0;
	lab.fd = -1;
	lab.e.status = CPL_OK;
	lab.e.text[0] = '\0';
	memset(&lab.target, 0, sizeof lab.target);
}

/* Runs until done was called, ms at most. */
static void run(int ms)
{
	struct cpl_timer t = {.fire = on_deadline};
	struct cpl_err e = CPL_ERR_INIT;

	cpl_loop_timer(lab.loop, &t, ms);
	CHECK_INT(cpl_loop_run(lab.loop, &e), 0);
	cpl_loop_cancel(lab.loop, &t);
}

static void start(const char *domain, const char *host, uint16_t port,
		  enum cpl_tls_mode mode)
{
	struct cpl_dial_conf c = {.domain = domain,
				  .host = host,
				  .port = port,
				  .mode = mode,
				  .known = lab.known,
				  .dns_servers = lab.servers};

	lab.dial = cpl_dial_new(lab.loop, NULL, &c, on_done, NULL, &lab.e);
	CHECK_INT(lab.calls, 0);
}

static void dial(const char *domain, const char *host, uint16_t port,
		 enum cpl_tls_mode mode)
{
	start(domain, host, port, mode);
	if (lab.dial)
		run(30000);
}

static void hang_up(void)
{
	cpl_dial_free(lab.dial);
	lab.dial = NULL;
	if (lab.fd >= 0)
		close(lab.fd);
	lab.fd = -1;
	for (size_t i = 0; i < lab.n_late; i++)
		cpl_loop_cancel(lab.loop, &lab.late[i].timer);
}

static void failed(enum cpl_status status, const char *text)
{
	CHECK_INT(lab.calls, 1);
	CHECK_INT(lab.fd, -1);
	CHECK_INT(lab.e.status, status);
	CHECK_STR(lab.e.text, text);
	hang_up();
}

static void reached(const char *host, uint16_t port, int direct_tls)
{
	CHECK_INT(lab.calls, 1);
	CHECK(lab.fd >= 0);
	CHECK_STR(lab.target.host, host);
	CHECK_INT(lab.target.port, port);
	CHECK_INT(lab.target.direct_tls, direct_tls);
	if (lab.fd < 0)
		CHECK_STR(lab.e.text, "");
}

static void a_literal_needs_no_dns(void)
{
	uint16_t port = 0;
	int l = listener("127.0.0.1", &port), on = 0;
	socklen_t len = sizeof on;
	char text[60];

	reset(NULL);
	dial("capulet.lit", "127.0.0.1", port, CPL_TLS_AUTO);
	reached("127.0.0.1", port, 0);
	snprintf(text, sizeof text, "127.0.0.1:%u", port);
	CHECK_STR(lab.target.text, text);
	CHECK_INT(lab.asked, 0);
	CHECK_INT(((struct sockaddr_in *)&lab.target.addr)->sin_port,
		  htons(port));
	getsockopt(lab.fd, IPPROTO_TCP, TCP_NODELAY, &on, &len);
	CHECK(on != 0);
	CHECK(fcntl(lab.fd, F_GETFL) & O_NONBLOCK);
	CHECK(fcntl(lab.fd, F_GETFD) & FD_CLOEXEC);
	hang_up();
	reset(NULL);
	dial("127.0.0.1", NULL, port, CPL_TLS_DIRECT);
	CHECK_INT(lab.asked, 0);
	CHECK_INT(lab.target.direct_tls, 1);
	hang_up();
	close(l);
}

static void refused_port(void)
{
	uint16_t port = closed_port();
	char text[60];

	reset(NULL);
	dial("capulet.lit", "127.0.0.1", port, CPL_TLS_AUTO);
	snprintf(text, sizeof text, "127.0.0.1:%u: Connection refused", port);
	failed(CPL_TEMP, text);
}

static void localhost_needs_no_dns(void)
{
	uint16_t port = 0;
	int l = listener("127.0.0.1", &port);

	reset(NULL);
	dial("capulet.lit", "localhost", port, CPL_TLS_NONE);
	reached("localhost", port, 0);
	CHECK_INT(lab.asked, 0);
	hang_up();
	close(l);
}

static void invalid_is_never_asked_for(void)
{
	reset(NULL);
	dial("no-such.invalid", NULL, 0, CPL_TLS_AUTO);
	CHECK_INT(lab.asked, 0);
	failed(CPL_NOHOST, "no-such.invalid: no such domain");
	reset(NULL);
	dial("capulet.lit", "INVALID.", 0, CPL_TLS_AUTO);
	CHECK_INT(lab.asked, 0);
	failed(CPL_NOHOST, "INVALID.: no such domain");
}

static void none_is_for_loopback(void)
{
	static const struct row rows[] = {
	    {"far.lit", A, "192.0.2.1", 0, 0, 0, 0, 0}, {.name = NULL}};

	reset(rows);
	dial("capulet.lit", "192.0.2.1", 0, CPL_TLS_NONE);
	CHECK(lab.dial == NULL);
	CHECK_INT(lab.e.status, CPL_USAGE);
	CHECK_STR(lab.e.text, "192.0.2.1: without TLS only a loopback address "
			      "may be used");
	dial("capulet.lit", "far.lit", 0, CPL_TLS_NONE);
	failed(CPL_USAGE, "far.lit:5222 (192.0.2.1): without TLS only a "
			  "loopback address may be used");
}

static void no_such_domain(void)
{
	reset(NULL);
	dial("nowhere.lit", NULL, 0, CPL_TLS_AUTO);
	CHECK_INT(lab.asked, 4);
	failed(CPL_NOHOST, "nowhere.lit: no such domain");
	reset(NULL);
	dial("capulet.lit", "nowhere.lit", 0, CPL_TLS_AUTO);
	CHECK(lab.asked >= 2);
	failed(CPL_NOHOST, "nowhere.lit: no such domain");
}

static void no_address(void)
{
	static const struct row rows[] = {
	    {"capulet.lit", 16, NULL, 0, 0, 0, 0, 0}, {.name = NULL}};

	reset(rows);
	dial("capulet.lit", NULL, 0, CPL_TLS_AUTO);
	CHECK_INT(lab.e.status, CPL_NOHOST);
	failed(CPL_NOHOST, "capulet.lit: the domain has no address");
}

static void a_label_too_long(void)
{
	char name[80];
	char text[120];

	memset(name, 'x', 70);
	snprintf(name + 70, 10, ".lit");
	snprintf(text, sizeof text, "%s: no such domain", name);
	reset(NULL);
	dial(name, NULL, 0, CPL_TLS_AUTO);
	failed(CPL_NOHOST, text);
}

static void broken_name_server(void)
{
	static const struct row rows[] = {
	    {"_xmpp-client._tcp.capulet.lit", SRV, NULL, 0, 0, 0, SERVFAIL, 0},
	    {"_xmpps-client._tcp.capulet.lit", SRV, NULL, 0, 0, 0, SERVFAIL, 0},
	    {"a.lit", A, NULL, 0, 0, 0, REFUSED, 0},
	    {"a.lit", AAAA, NULL, 0, 0, 0, REFUSED, 0},
	    {.name = NULL}};

	reset(rows);
	dial("capulet.lit", NULL, 0, CPL_TLS_AUTO);
	CHECK(strstr(lab.e.text, "capulet.lit: no answer from the DNS: ") ==
	      lab.e.text);
	CHECK_INT(lab.e.status, CPL_TEMP);
	hang_up();
	reset(rows);
	dial("capulet.lit", "a.lit", 0, CPL_TLS_AUTO);
	CHECK(strstr(lab.e.text, "a.lit: no address from the DNS: ") ==
	      lab.e.text);
	CHECK_INT(lab.e.status, CPL_TEMP);
	hang_up();
}

static void no_name_server(void)
{
	char keep[sizeof lab.servers];

	reset(NULL);
	memcpy(keep, lab.servers, sizeof keep);
	snprintf(lab.servers, sizeof lab.servers, "127.0.0.1:%u",
		 closed_port());
	dial("capulet.lit", NULL, 0, CPL_TLS_AUTO);
	memcpy(lab.servers, keep, sizeof keep);
	CHECK_INT(lab.calls, 1);
	CHECK_INT(lab.e.status, CPL_TEMP);
	CHECK(strstr(lab.e.text, "capulet.lit: no answer from the DNS: ") ==
	      lab.e.text);
	hang_up();
}

static void silent_name_server(void)
{
	static const struct row rows[] = {
	    {"_xmpp-client._tcp.capulet.lit", SRV, NULL, 0, 0, 0, SILENT, 0},
	    {"_xmpps-client._tcp.capulet.lit", SRV, NULL, 0, 0, 0, SILENT, 0},
	    {.name = NULL}};
	struct cpl_err e = CPL_ERR_INIT;

	reset(rows);
	start("capulet.lit", NULL, 0, CPL_TLS_AUTO);
	UNIT_NEED(lab.dial != NULL);
	run(100);
	CHECK_INT(lab.calls, 0);
	cpl_dial_why(lab.dial, &e);
	CHECK_INT(e.status, CPL_TEMP);
	CHECK_STR(e.text, "capulet.lit: timed out waiting for the DNS");
	hang_up();
}

/* The domain's own address on the usual ports. They are fixed, so the address
 * is one that a test running beside this one does not use. */
static void without_srv(void)
{
	char ip[20], text[60];
	const struct row rows[] = {{"capulet.lit", A, ip, 0, 0, 0, 0, 0},
				   {.name = NULL}};
	uint16_t port = 5222, direct = 5223;
	int l, m;

	snprintf(ip, sizeof ip, "127.%d.%d.77", 1 + getpid() / 250 % 250,
		 1 + getpid() % 250);
	l = listener(ip, &port);
	m = listener(ip, &direct);
	reset(rows);
	dial("capulet.lit", NULL, 0, CPL_TLS_AUTO);
	reached("capulet.lit", 5222, 0);
	snprintf(text, sizeof text, "capulet.lit:5222 (%s)", ip);
	CHECK_STR(lab.target.text, text);
	hang_up();
	reset(rows);
	dial("capulet.lit", NULL, 0, CPL_TLS_DIRECT);
	reached("capulet.lit", 5223, 1);
	hang_up();
	reset(rows);
	dial("x.lit", "capulet.lit", 5223, CPL_TLS_AUTO);
	reached("capulet.lit", 5223, 1);
	hang_up();
	reset(rows);
	dial("x.lit", "capulet.lit", 5223, CPL_TLS_STARTTLS);
	reached("capulet.lit", 5223, 0);
	hang_up();
	close(l);
	close(m);
}

/* A name of /etc/hosts with an address of 127/8, localhost aside; or NULL. */
static const char *name_in_hosts(char *line, size_t n)
{
	FILE *f = fopen("/etc/hosts", "r");
	const char *found = NULL;

	while (f && !found && fgets(line, (int)n, f)) {
		char *name = line + strcspn(line, " \t");

		name += strspn(name, " \t");
		name[strcspn(name, " \t\n#")] = '\0';
		if (!strncmp(line, "127.", 4) && *name &&
		    !cpl_name_is_localhost(name))
			found = name;
	}
	if (f)
		fclose(f);
	return found;
}

/* It needs no name server, and without one it stands in for SRV. */
static void the_hosts_file(void)
{
	static const char *const services[] = {"_xmpp-client._tcp.",
					       "_xmpps-client._tcp."};
	char line[300], names[2][330];
	const char *name = name_in_hosts(line, sizeof line);
	struct row rows[3] = {{.name = NULL}};
	uint16_t port = 0;
	int l;

	if (!name) {
		printf("# /etc/hosts has no name for this test\n");
		return;
	}
	l = listener("127.0.0.1", &port);
	reset(NULL);
	dial("capulet.lit", name, port, CPL_TLS_AUTO);
	CHECK_INT(lab.asked, 0);
	CHECK(lab.calls == 1 && (lab.fd >= 0 || lab.e.status == CPL_TEMP));
	hang_up();
	close(l);
	for (size_t i = 0; i < 2; i++) {
		snprintf(names[i], sizeof names[i], "%s%s", services[i], name);
		rows[i].name = names[i];
		rows[i].type = SRV;
		rows[i].status = SERVFAIL;
	}
	reset(rows);
	dial(name, NULL, 0, CPL_TLS_AUTO);
	CHECK_INT(lab.calls, 1);
	CHECK(strstr(lab.e.text, "DNS") == NULL);
	hang_up();
}

static void srv_records(void)
{
	uint16_t p1 = 0, p2 = 0;
	int l1 = listener("127.0.0.1", &p1), l2 = listener("127.0.0.1", &p2);
	const struct row rows[] = {
	    {"_xmpp-client._tcp.capulet.lit", SRV, "Plain.capulet.lit", 10, 0,
	     p1, 0, 0},
	    {"_xmpps-client._tcp.capulet.lit", SRV, "tls.capulet.lit", 5, 0, p2,
	     0, 0},
	    {"plain.capulet.lit", CNAME, "real.capulet.lit", 0, 0, 0, 0, 0},
	    {"real.capulet.lit", A, "127.0.0.1", 0, 0, 0, 0, 0},
	    {"tls.capulet.lit", A, "127.0.0.1", 0, 0, 0, 0, 0},
	    {.name = NULL}};

	reset(rows);
	dial("capulet.lit", NULL, 0, CPL_TLS_AUTO);
	reached("tls.capulet.lit", p2, 1);
	hang_up();
	reset(rows);
	dial("capulet.lit", NULL, 0, CPL_TLS_STARTTLS);
	reached("Plain.capulet.lit", p1, 0);
	hang_up();
	reset(rows);
	dial("capulet.lit", NULL, 0, CPL_TLS_DIRECT);
	reached("tls.capulet.lit", p2, 1);
	hang_up();
	close(l2);
	reset(rows); /* the first one is dead */
	dial("capulet.lit", NULL, 0, CPL_TLS_AUTO);
	reached("Plain.capulet.lit", p1, 0);
	hang_up();
	close(l1);
	reset(rows);
	dial("capulet.lit", NULL, 0, CPL_TLS_AUTO);
	CHECK(strstr(lab.e.text, "Plain.capulet.lit:") == lab.e.text);
	CHECK(strstr(lab.e.text, " (127.0.0.1): Connection refused (the last "
				 "of 2 addresses tried)") != NULL);
	CHECK_INT(lab.e.status, CPL_TEMP);
	hang_up();
}

static void srv_by_cname(void)
{
	uint16_t port = 0;
	int l = listener("127.0.0.1", &port);
	const struct row rows[] = {
	    {"_xmpp-client._tcp.capulet.lit", CNAME, "x.montague.lit", 0, 0, 0,
	     0, 0},
	    {"x.montague.lit", SRV, "m.lit", 0, 0, port, 0, 0},
	    {"m.lit", A, "127.0.0.1", 0, 0, 0, 0, 0},
	    {.name = NULL}};

	reset(rows);
	dial("capulet.lit", NULL, 0, CPL_TLS_AUTO);
	reached("m.lit", port, 0);
	hang_up();
	close(l);
}

static void one_kind_fails(void)
{
	uint16_t port = 0;
	int l = listener("127.0.0.1", &port);
	const struct row rows[] = {
	    {"_xmpp-client._tcp.capulet.lit", SRV, "m.lit", 0, 0, port, 0, 0},
	    {"_xmpps-client._tcp.capulet.lit", SRV, NULL, 0, 0, 0, SERVFAIL, 0},
	    {"m.lit", A, "127.0.0.1", 0, 0, 0, 0, 0},
	    {.name = NULL}};

	reset(rows);
	dial("capulet.lit", NULL, 0, CPL_TLS_AUTO);
	reached("m.lit", port, 0);
	hang_up();
	close(l);
}

static void one_kind_is_silent(void)
{
	uint16_t port = 0;
	int l = listener("127.0.0.1", &port);
	const struct row rows[] = {
	    {"_xmpp-client._tcp.capulet.lit", SRV, "m.lit", 0, 0, port, 0, 0},
	    {"_xmpps-client._tcp.capulet.lit", SRV, NULL, 0, 0, 0, SILENT, 0},
	    {"m.lit", A, "127.0.0.1", 0, 0, 0, 0, 0},
	    {.name = NULL}};
	int64_t then = cpl_loop_now();

	reset(rows);
	dial("capulet.lit", NULL, 0, CPL_TLS_AUTO);
	reached("m.lit", port, 0);
	CHECK(cpl_loop_now() - then >= 1000);
	hang_up();
	close(l);
}

static void not_offered(void)
{
	static const struct row rows[] = {
	    {"_xmpp-client._tcp.capulet.lit", SRV, ".", 0, 0, 0, 0, 0},
	    {"_xmpps-client._tcp.direct.lit", SRV, ".", 0, 0, 0, 0, 0},
	    {"capulet.lit", A, "127.0.0.1", 0, 0, 0, 0, 0},
	    {"direct.lit", A, "127.0.0.1", 0, 0, 0, 0, 0},
	    {.name = NULL}};

	reset(rows);
	dial("capulet.lit", NULL, 0, CPL_TLS_AUTO);
	CHECK_INT(lab.asked, 2); /* no A, no AAAA */
	failed(CPL_UNAVAILABLE,
	       "capulet.lit: the domain offers no XMPP service");
	reset(rows);
	dial("capulet.lit", NULL, 0, CPL_TLS_STARTTLS);
	failed(CPL_UNAVAILABLE,
	       "capulet.lit: the domain offers no XMPP service by STARTTLS");
	reset(rows);
	dial("direct.lit", NULL, 0, CPL_TLS_DIRECT);
	failed(CPL_UNAVAILABLE,
	       "direct.lit: the domain offers no XMPP service by direct TLS");
}

/* XEP-0368: "." for direct TLS says nothing about STARTTLS. */
static void only_direct_is_not_offered(void)
{
	uint16_t port = 0;
	int l = listener("127.0.0.1", &port);
	const struct row rows[] = {
	    {"_xmpp-client._tcp.capulet.lit", SRV, "m.lit", 0, 0, port, 0, 0},
	    {"_xmpps-client._tcp.capulet.lit", SRV, ".", 0, 0, 0, 0, 0},
	    {"m.lit", A, "127.0.0.1", 0, 0, 0, 0, 0},
	    {.name = NULL}};

	reset(rows);
	dial("capulet.lit", NULL, 0, CPL_TLS_AUTO);
	reached("m.lit", port, 0);
	hang_up();
	close(l);
}

/* A target's name that a terminal would obey, or that leads nowhere. */
static void hostile_targets(void)
{
	uint16_t port = 0;
	int l = listener("127.0.0.1", &port);
	const struct row rows[] = {
	    {"_xmpp-client._tcp.capulet.lit", SRV, "\x1b[2J.lit", 0, 0, 5222, 0,
	     0},
	    {"_xmpp-client._tcp.capulet.lit", SRV, "x y.lit", 0, 0, 5222, 0, 0},
	    {"_xmpp-client._tcp.capulet.lit", SRV, "gone.invalid", 0, 0, 5222,
	     0, 0},
	    {"_xmpp-client._tcp.capulet.lit", SRV, "m.lit", 9, 0, port, 0, 0},
	    {"m.lit", A, "127.0.0.1", 0, 0, 0, 0, 0},
	    {.name = NULL}};

	reset(rows);
	dial("capulet.lit", NULL, 0, CPL_TLS_AUTO);
	reached("m.lit", port, 0);
	hang_up();
	close(l);
}

/* A listener whose queue is full swallows the SYN: no answer, no refusal. */
static int black_hole(uint16_t *port, int fillers[4])
{
	struct sockaddr_in a = {.sin_family = AF_INET};
	int fd = bound(SOCK_STREAM, "127.0.0.1", port);

	CHECK_INT(listen(fd, 0), 0);
	a.sin_port = htons(*port);
	a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	for (int i = 0; i < 4; i++) {
		fillers[i] = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
		(void)connect(fillers[i], (struct sockaddr *)&a, sizeof a);
	}
	return fd;
}

static void the_second_starts_while_the_first_hangs(void)
{
	uint16_t dead = 0, port = 0;
	int fillers[4], hole = black_hole(&dead, fillers);
	int l = listener("127.0.0.1", &port);
	const struct row rows[] = {
	    {"_xmpp-client._tcp.capulet.lit", SRV, "dead.lit", 1, 0, dead, 0,
	     0},
	    {"_xmpp-client._tcp.capulet.lit", SRV, "m.lit", 2, 0, port, 0, 0},
	    {"dead.lit", A, "127.0.0.1", 0, 0, 0, 0, 0},
	    {"m.lit", A, "127.0.0.1", 0, 0, 0, 0, 0},
	    {.name = NULL}};
	int64_t then = cpl_loop_now();
	struct cpl_err e = CPL_ERR_INIT;
	char text[80];

	reset(rows);
	dial("capulet.lit", NULL, 0, CPL_TLS_AUTO);
	reached("m.lit", port, 0);
	then = cpl_loop_now() - then;
	CHECK(then >= 240 && then < 20000);
	hang_up();

	/* and a deadline has something to say */
	reset(rows);
	start("capulet.lit", "127.0.0.1", dead, CPL_TLS_AUTO);
	run(50);
	CHECK_INT(lab.calls, 0);
	cpl_dial_why(lab.dial, &e);
	snprintf(text, sizeof text, "127.0.0.1:%u: timed out connecting", dead);
	CHECK_STR(e.text, text);
	CHECK_INT(e.status, CPL_TEMP);
	hang_up();
	for (int i = 0; i < 4; i++)
		close(fillers[i]);
	close(hole);
	close(l);
}

static void slow_aaaa(void)
{
	uint16_t port = 0;
	int l = listener("127.0.0.1", &port);
	const struct row rows[] = {{"m.lit", A, "127.0.0.1", 0, 0, 0, 0, 0},
				   {"m.lit", AAAA, "::1", 0, 0, 0, 0, 25000},
				   {.name = NULL}};
	int64_t then = cpl_loop_now();

	reset(rows);
	dial("capulet.lit", "m.lit", port, CPL_TLS_AUTO);
	reached("m.lit", port, 0);
	then = cpl_loop_now() - then;
	CHECK(then >= 45 && then < 20000);
	hang_up();
	close(l);
}

static void resumes(void)
{
	uint16_t port = 0;
	int l = listener("127.0.0.1", &port);
	const struct row rows[] = {
	    {"_xmpp-client._tcp.capulet.lit", SRV, "a.lit", 1, 0, port, 0, 0},
	    {"_xmpp-client._tcp.capulet.lit", SRV, "b.lit", 2, 0, port, 0, 0},
	    {"a.lit", A, "127.0.0.1", 0, 0, 0, 0, 0},
	    {"b.lit", A, "127.0.0.1", 0, 0, 0, 0, 0},
	    {.name = NULL}};
	struct cpl_err decided = {CPL_PROTOCOL, "certificate", 0};
	struct cpl_err temporary = {CPL_TEMP, "broke", 0};

	reset(rows);
	dial("capulet.lit", NULL, 0, CPL_TLS_AUTO);
	reached("a.lit", port, 0);
	close(lab.fd);
	lab.calls = 0;
	cpl_dial_resume(lab.dial, &decided);
	CHECK_INT(lab.calls, 0);
	run(30000);
	reached("b.lit", port, 0);
	close(lab.fd);
	lab.calls = 0;
	cpl_dial_resume(lab.dial, &temporary);
	run(30000);
	failed(CPL_PROTOCOL, "certificate");
	close(l);
}

/* What was under way when another address won is not lost. */
static void resumes_with_what_was_under_way(void)
{
	uint16_t dead = 0, port = 0;
	int fillers[4], hole = black_hole(&dead, fillers);
	int l = listener("127.0.0.1", &port);
	const struct row rows[] = {
	    {"_xmpp-client._tcp.capulet.lit", SRV, "dead.lit", 1, 0, dead, 0,
	     0},
	    {"_xmpp-client._tcp.capulet.lit", SRV, "m.lit", 2, 0, port, 0, 0},
	    {"dead.lit", A, "127.0.0.1", 0, 0, 0, 0, 0},
	    {"m.lit", A, "127.0.0.1", 0, 0, 0, 0, 0},
	    {.name = NULL}};
	struct cpl_err e = {CPL_TEMP, "broke", 0};

	reset(rows);
	dial("capulet.lit", NULL, 0, CPL_TLS_AUTO);
	reached("m.lit", port, 0);
	close(lab.fd);
	lab.calls = 0;
	/* the hole wakes up */
	for (int i = 0; i < 4; i++)
		close(fillers[i]);
	for (int fd; (fd = accept(hole, NULL, NULL)) >= 0;)
		close(fd);
	cpl_dial_resume(lab.dial, &e);
	run(30000);
	reached("dead.lit", dead, 0);
	hang_up();
	close(hole);
	close(l);
}

static struct cpl_target place(const char *host, const char *ip, uint16_t port,
			       int direct)
{
	struct cpl_target t = {.port = port, .direct_tls = direct};
	struct sockaddr_in v4 = {.sin_family = AF_INET,
				 .sin_port = htons(port)};

	snprintf(t.host, sizeof t.host, "%s", host);
	inet_pton(AF_INET, ip, &v4.sin_addr);
	memcpy(&t.addr, &v4, sizeof v4);
	return t;
}

static void what_is_known_needs_no_dns(void)
{
	uint16_t port = 0;
	int l = listener("127.0.0.1", &port);
	struct cpl_target known = place("old.lit", "127.0.0.1", port, 1);
	char text[60];

	reset(NULL);
	lab.known = &known;
	dial("capulet.lit", NULL, 0, CPL_TLS_AUTO);
	reached("old.lit", port, 1);
	CHECK_INT(lab.asked, 0);
	CHECK_INT(lab.target.known, 1);
	CHECK_INT(lab.target.ttl, 0);
	snprintf(text, sizeof text, "old.lit:%u (127.0.0.1)", port);
	CHECK_STR(lab.target.text, text);
	hang_up();
	/* Nothing is known of what needs no DNS anyway. */
	reset(NULL);
	lab.known = &known;
	dial("capulet.lit", "127.0.0.1", closed_port(), CPL_TLS_AUTO);
	CHECK_INT(lab.fd, -1);
	hang_up();
	reset(NULL);
	lab.known = &known;
	dial("localhost", NULL, 1, CPL_TLS_AUTO);
	CHECK(lab.fd < 0 || lab.target.port != port);
	hang_up();
	close(l);
}

static void what_is_known_refuses(void)
{
	uint16_t port = 0, dead = closed_port();
	int l = listener("127.0.0.1", &port);
	struct cpl_target known = place("old.lit", "127.0.0.1", dead, 0);
	const struct row rows[] = {
	    {"_xmpp-client._tcp.capulet.lit", SRV, "m.lit", 1, 0, port, 0, 0},
	    {"_xmpp-client._tcp.gone.lit", SRV, "m.lit", 1, 0, dead, 0, 0},
	    {"m.lit", A, "127.0.0.1", 0, 0, 0, 0, 0},
	    {.name = NULL}};
	char text[60];

	reset(rows);
	lab.known = &known;
	dial("capulet.lit", NULL, 0, CPL_TLS_AUTO);
	reached("m.lit", port, 0);
	CHECK_INT(lab.target.known, 0);
	CHECK_INT(lab.target.ttl, 60);
	hang_up();
	/* The same is looked up: that has been tried. */
	reset(rows);
	lab.known = &known;
	dial("gone.lit", NULL, 0, CPL_TLS_AUTO);
	snprintf(text, sizeof text,
		 "old.lit:%u (127.0.0.1): Connection refused", dead);
	failed(CPL_TEMP, text);
	/* What DNS says counts more than what was. */
	reset(rows);
	lab.known = &known;
	dial("nowhere.lit", NULL, 0, CPL_TLS_AUTO);
	failed(CPL_NOHOST, "nowhere.lit: no such domain");
	/* And without TLS an address has to be a loopback one. */
	known = place("old.lit", "192.0.2.1", port, 0);
	reset(rows);
	lab.known = &known;
	dial("capulet.lit", NULL, 0, CPL_TLS_NONE);
	reached("m.lit", port, 0);
	hang_up();
	close(l);
}

static void what_is_known_hangs(void)
{
	uint16_t dead = 0, port = 0;
	int fillers[4], hole = black_hole(&dead, fillers), n = 0;
	int l = listener("127.0.0.1", &port);
	struct cpl_target known = place("old.lit", "127.0.0.1", dead, 0);
	const struct row rows[] = {
	    {"_xmpp-client._tcp.capulet.lit", SRV, "m.lit", 1, 0, port, 0, 0},
	    {"_xmpp-client._tcp.same.lit", SRV, "m.lit", 1, 0, dead, 0, 0},
	    {"m.lit", A, "127.0.0.1", 0, 0, 0, 0, 0},
	    {.name = NULL}};
	int64_t then = cpl_loop_now();

	reset(rows);
	lab.known = &known;
	dial("capulet.lit", NULL, 0, CPL_TLS_AUTO);
	reached("m.lit", port, 0);
	CHECK(cpl_loop_now() - then >= CPL_DIAL_STAGGER_MS);
	hang_up();
	/* The same is looked up: what is under way stands for it. */
	reset(rows);
	lab.known = &known;
	start("same.lit", NULL, 0, CPL_TLS_AUTO);
	UNIT_NEED(lab.dial != NULL);
	while (lab.asked < 4)
		run(20);
	run(300);
	CHECK_INT(lab.calls, 0);
	for (int i = 0; i < 4; i++)
		close(fillers[i]);
	for (int fd; (fd = accept(hole, NULL, NULL)) >= 0;)
		close(fd);
	run(30000);
	reached("m.lit", dead, 0);
	CHECK_INT(lab.target.known, 0);
	CHECK_INT(lab.target.ttl, 60);
	for (int fd; (fd = accept(hole, NULL, NULL)) >= 0; n++)
		close(fd);
	CHECK_INT(n, 1);
	hang_up();
	close(hole);
	close(l);
}

static void what_is_known_is_of_no_use(void)
{
	uint16_t port = 0, other = 0;
	int l = listener("127.0.0.1", &port), m = listener("127.0.0.1", &other);
	struct cpl_target known = place("old.lit", "127.0.0.1", port, 0);
	const struct row rows[] = {
	    {"_xmpp-client._tcp.capulet.lit", SRV, "m.lit", 1, 0, port, 0, 0},
	    {"_xmpp-client._tcp.capulet.lit", SRV, "m.lit", 2, 0, other, 0, 0},
	    {"m.lit", A, "127.0.0.1", 0, 0, 0, 0, 0},
	    {.name = NULL}};
	struct cpl_err decided = {CPL_PROTOCOL, "certificate", 0};
	struct cpl_err temporary = {CPL_TEMP, "broke", 0};

	reset(rows);
	lab.known = &known;
	dial("capulet.lit", NULL, 0, CPL_TLS_AUTO);
	reached("old.lit", port, 0);
	for (int i = 0; i < 2; i++) { /* the same once more */
		close(lab.fd);
		lab.calls = 0;
		cpl_dial_again(lab.dial);
		CHECK_INT(lab.calls, 0);
		run(30000);
		reached("old.lit", port, 0);
		CHECK_INT(lab.target.known, 1);
		CHECK_INT(lab.asked, 0);
	}
	close(lab.fd);
	lab.calls = 0;
	cpl_dial_resume(lab.dial, &decided);
	run(30000);
	reached("m.lit", other, 0);
	close(lab.fd);
	lab.calls = 0;
	cpl_dial_again(lab.dial);
	run(30000);
	reached("m.lit", other, 0);
	close(lab.fd);
	lab.calls = 0;
	cpl_dial_resume(lab.dial, &temporary);
	run(30000);
	failed(CPL_PROTOCOL, "certificate");
	/* What may have been a whim of the moment is tried again. */
	reset(rows);
	lab.known = &known;
	dial("capulet.lit", NULL, 0, CPL_TLS_AUTO);
	reached("old.lit", port, 0);
	close(lab.fd);
	lab.calls = 0;
	cpl_dial_resume(lab.dial, &temporary);
	run(30000);
	reached("m.lit", port, 0);
	CHECK_INT(lab.target.known, 0);
	hang_up();
	/* The domain is gone: that is the reason. */
	reset(rows);
	lab.known = &known;
	dial("nowhere.lit", NULL, 0, CPL_TLS_AUTO);
	reached("old.lit", port, 0);
	close(lab.fd);
	lab.calls = 0;
	cpl_dial_resume(lab.dial, &decided);
	run(30000);
	failed(CPL_NOHOST, "nowhere.lit: no such domain");
	close(l);
	close(m);
}

static void how_long_a_place_lasts(void)
{
	static const unsigned ttls[][2] = {
	    {0, CPL_PLACE_TTL_MIN_S}, {61, 61}, {65535, 65535}};
	uint16_t port = 0;
	int l = listener("127.0.0.1", &port);
	const struct row rows[] = {
	    {"_xmpp-client._tcp.capulet.lit", SRV, "m.lit", 1, 0, port, 0, 0},
	    {"m.lit", A, "127.0.0.1", 0, 0, 0, 0, 0},
	    {.name = NULL}};

	for (size_t i = 0; i < sizeof ttls / sizeof *ttls; i++) {
		reset(rows);
		lab.ttl = ttls[i][0];
		dial("capulet.lit", NULL, 0, CPL_TLS_AUTO);
		reached("m.lit", port, 0);
		CHECK_INT(lab.target.ttl, ttls[i][1]);
		hang_up();
	}
	/* By a host that was named: the address's alone. */
	reset(rows);
	lab.ttl = 100000;
	dial("capulet.lit", "m.lit", port, CPL_TLS_AUTO);
	CHECK_INT(lab.target.ttl, CPL_PLACE_TTL_MAX_S);
	hang_up();
	reset(rows);
	dial("capulet.lit", "localhost", port, CPL_TLS_AUTO);
	CHECK_INT(lab.target.ttl, 0);
	hang_up();
	close(l);
}

static void look(void *user)
{
	const struct cpl_addr_question *q = user;

	if (q[0].answer != CPL_ANSWER_PENDING &&
	    q[1].answer != CPL_ANSWER_PENDING)
		cpl_loop_stop(lab.loop);
}

/* Asks for a host's addresses, v6 first. */
static void ask_host(const char *host, int search,
		     struct cpl_addr_question q[2])
{
	struct cpl_resolver *r =
	    cpl_resolver_new(lab.loop, NULL, lab.servers, search, look, q);

	UNIT_NEED(r != NULL);
	memset(q, 0, 2 * sizeof *q);
	cpl_resolver_host(r, host, &q[0], &q[1]);
	if (q[1].answer == CPL_ANSWER_PENDING)
		run(30000);
	cpl_resolver_free(r);
}

/* Which answers the resolver vouches for, and how long they last. */
static void authenticated_answers(void)
{
	static const struct row rows[] = {
	    {"m.lit", A, "192.0.2.7", 0, 0, 0, 0, 0}, {.name = NULL}};
	struct cpl_addr_question q[2];

	reset(rows);
	ask_host("m.lit", 0, q);
	CHECK_INT(lab.vouched, 2);
	CHECK_INT(q[1].answer, CPL_ANSWER_FOUND);
	CHECK_INT(q[1].authentic, 0);
	CHECK_INT(q[1].ttl, 60);
	lab.vouches = 1;
	lab.ttl = 3600;
	ask_host("m.lit", 0, q);
	CHECK_INT(q[1].authentic, 1);
	CHECK_INT(q[1].ttl, 3600);
	/* That there is none is vouched for as well. */
	CHECK_INT(q[0].answer, CPL_ANSWER_NODATA);
	CHECK_INT(q[0].authentic, 1);
	CHECK_INT(q[0].ttl, 0);
	ask_host("m.lit", 1, q);
	CHECK_INT(q[1].n, 1);
	CHECK_INT(q[1].authentic, 0);
	ask_host("127.0.0.1", 0, q);
	CHECK_INT(q[1].n, 1);
	CHECK_INT(q[1].authentic, 0);
	CHECK_INT(q[1].ttl, 0);
}

static void authenticated_services(void)
{
	static const struct row rows[] = {
	    {"_xmpp-client._tcp.capulet.lit", SRV, "m.lit", 1, 0, 5222, 0, 0},
	    {.name = NULL}};
	struct cpl_srv_question q = {.answer = CPL_ANSWER_NONE};
	struct cpl_resolver *r;

	for (int vouches = 0; vouches < 2; vouches++) {
		reset(rows);
		lab.vouches = vouches;
		lab.ttl = 90;
		r = cpl_resolver_new(lab.loop, NULL, lab.servers, 0,
				     on_deadline, NULL);
		UNIT_NEED(r != NULL);
		cpl_resolver_srv(r, "capulet.lit", 0, &q);
		CHECK_INT(q.answer, CPL_ANSWER_PENDING);
		run(30000);
		CHECK_INT(q.n, 1);
		CHECK_INT(q.authentic, vouches);
		CHECK_INT(q.ttl, 90);
		cpl_resolver_free(r);
	}
}

static void the_callee_may_free(void *user, int fd,
				const struct cpl_target *target,
				const struct cpl_err *e)
{
	(void)user, (void)target, (void)e;
	lab.calls++;
	if (fd >= 0)
		close(fd);
	cpl_dial_free(lab.dial);
	lab.dial = NULL;
	cpl_loop_stop(lab.loop);
}

static void freed_within_done(void)
{
	uint16_t port = 0;
	int l = listener("127.0.0.1", &port);
	struct cpl_dial_conf c = {.domain = "nowhere.lit",
				  .dns_servers = lab.servers};

	reset(NULL);
	lab.dial =
	    cpl_dial_new(lab.loop, NULL, &c, the_callee_may_free, NULL, &lab.e);
	run(30000);
	CHECK(lab.dial == NULL && lab.calls == 1);
	c.host = "127.0.0.1";
	c.port = port;
	lab.dial =
	    cpl_dial_new(lab.loop, NULL, &c, the_callee_may_free, NULL, &lab.e);
	run(30000);
	CHECK(lab.dial == NULL && lab.calls == 2);
	close(l);
	c.port = closed_port();
	lab.dial =
	    cpl_dial_new(lab.loop, NULL, &c, the_callee_may_free, NULL, &lab.e);
	run(30000);
	CHECK(lab.dial == NULL && lab.calls == 3);
}

static void freed_at_any_time(void)
{
	reset(NULL);
	cpl_dial_free(NULL);
	start("capulet.lit", NULL, 0, CPL_TLS_AUTO);
	hang_up();
	start("capulet.lit", "m.lit", 0, CPL_TLS_AUTO);
	hang_up();
	start("capulet.lit", "127.0.0.1", closed_port(), CPL_TLS_AUTO);
	hang_up();
	run(20);
	CHECK_INT(lab.calls, 0);
}

static void address_texts(void)
{
	static const struct {
		const char *in, *text;
		int loopback;
	} rows[] = {
	    {"127.0.0.1", "127.0.0.1:5222", 1},
	    {"127.200.0.1", "127.200.0.1:5222", 1},
	    {"128.0.0.1", "128.0.0.1:5222", 0},
	    {"[::1]", "[::1]:5222", 1},
	    {"2001:db8::7", "[2001:db8::7]:5222", 0},
	    {"fe80::1%lo", "[fe80::1]:5222", 0},
	};
	struct cpl_addr a;
	char text[100];

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		CHECK(cpl_addr_literal(rows[i].in, &a));
		CHECK_INT(cpl_addr_loopback(&a), rows[i].loopback);
		cpl_addr_text(&a, rows[i].in, 5222, text, sizeof text);
		CHECK_STR(text, rows[i].text);
	}
	CHECK(!cpl_addr_literal("127.1", &a));
	CHECK(!cpl_addr_literal("", &a));
	CHECK(!cpl_addr_literal("[]", &a));
	CHECK(!cpl_addr_literal("::1%nosuch", &a));
	CHECK(!cpl_addr_literal("capulet.lit", &a));
	CHECK(cpl_name_is_invalid("invalid") &&
	      cpl_name_is_invalid("a.INVALID."));
	CHECK(!cpl_name_is_invalid("ainvalid") && !cpl_name_is_invalid(""));
	CHECK(cpl_name_is_localhost("x.localhost"));
}

int main(void)
{
	struct cpl_err e = CPL_ERR_INIT;
	uint16_t port = 0;

	lab.loop = cpl_loop_new(&e);
	if (!lab.loop)
		return 1;
	lab.watch.fd = bound(SOCK_DGRAM, "127.0.0.1", &port);
	lab.watch.events = POLLIN;
	lab.watch.ready = on_question;
	cpl_loop_watch(lab.loop, &lab.watch);
	snprintf(lab.servers, sizeof lab.servers, "127.0.0.1:%u", port);
	RUN(address_texts);
	RUN(a_literal_needs_no_dns);
	RUN(refused_port);
	RUN(localhost_needs_no_dns);
	RUN(invalid_is_never_asked_for);
	RUN(none_is_for_loopback);
	RUN(no_such_domain);
	RUN(no_address);
	RUN(a_label_too_long);
	RUN(broken_name_server);
	RUN(no_name_server);
	RUN(silent_name_server);
	RUN(without_srv);
	RUN(the_hosts_file);
	RUN(srv_records);
	RUN(srv_by_cname);
	RUN(one_kind_fails);
	RUN(one_kind_is_silent);
	RUN(not_offered);
	RUN(only_direct_is_not_offered);
	RUN(hostile_targets);
	RUN(the_second_starts_while_the_first_hangs);
	RUN(slow_aaaa);
	RUN(what_is_known_needs_no_dns);
	RUN(what_is_known_refuses);
	RUN(what_is_known_hangs);
	RUN(what_is_known_is_of_no_use);
	RUN(how_long_a_place_lasts);
	RUN(authenticated_answers);
	RUN(authenticated_services);
	RUN(resumes);
	RUN(resumes_with_what_was_under_way);
	RUN(freed_within_done);
	RUN(freed_at_any_time);
	cpl_loop_unwatch(lab.loop, &lab.watch);
	close(lab.watch.fd);
	cpl_loop_free(lab.loop);
	return unit_end();
}
