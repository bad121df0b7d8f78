/* SPDX-License-Identifier: MIT
 *
 * The conversation with a SOCKS 5 proxy, byte by byte, over a socket pair; and
 * the URL that names one. */
#include <fcntl.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "../../common/config/proxy.h"
#include "../../common/net/socks.h"
#include "unit.h"

static struct {
	struct cpl_loop *loop;
	struct cpl_socks *socks;
	int ours, theirs;
	int calls;
	struct cpl_err e;
} lab;

static void on_done(void *user, const struct cpl_err *e)
{
	(void)user;
	lab.calls++;
	if (e)
		lab.e = *e;
	cpl_socks_free(lab.socks); /* the callee may */
	lab.socks = NULL;
	cpl_loop_stop(lab.loop);
}

static void stop(void *user)
{
	(void)user;
	cpl_loop_stop(lab.loop);
}

/* As far as it goes by what is there. */
static void turn(void)
{
	struct cpl_timer t = {.fire = stop};

	for (int i = 0; i < 4; i++) {
		cpl_loop_timer(lab.loop, &t, 0);
		CHECK_INT(cpl_loop_run(lab.loop, NULL), 0);
	}
	cpl_loop_cancel(lab.loop, &t);
}

static void start(const char *user, const char *password, const char *host,
		  uint16_t port)
{
	struct cpl_proxy proxy = {.host = "proxy.lit", .port = 1080};
	int fds[2];

	snprintf(proxy.user, sizeof proxy.user, "%s", user);
	snprintf(proxy.password, sizeof proxy.password, "%s", password);
	CHECK_INT(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fds), 0);
	lab.ours = fds[0];
	lab.theirs = fds[1];
	lab.calls = 0;
	lab.e = (struct cpl_err)CPL_ERR_INIT;
	lab.socks = cpl_socks_new(lab.loop, lab.ours, &proxy, host, port, NULL,
				  on_done, NULL, NULL);
	CHECK(lab.socks != NULL && lab.calls == 0);
	turn();
}

static void hang_up(void)
{
	cpl_socks_free(lab.socks);
	lab.socks = NULL;
	close(lab.ours);
	if (lab.theirs >= 0)
		close(lab.theirs);
}

static void heard(const char *bytes, size_t n)
{
	char got[1024];

	CHECK_INT(recv(lab.theirs, got, sizeof got, 0), n);
	CHECK(memcmp(got, bytes, n) == 0);
}
#define HEARD(text) heard(text, sizeof text - 1)

static void say(const char *bytes, size_t n)
{
	CHECK_INT(send(lab.theirs, bytes, n, MSG_NOSIGNAL), n);
	turn();
}
#define SAY(text) say(text, sizeof text - 1)

static void failed(enum cpl_status status, const char *text)
{
	CHECK_INT(lab.calls, 1);
	CHECK_INT(lab.e.status, status);
	CHECK_STR(lab.e.text, text);
	hang_up();
}

static void a_name(void)
{
	char rest[20];

	start("", "", "capulet.lit", 5222);
	HEARD("\5\1\0");
	SAY("\5\0");
	HEARD("\5\1\0\3\13capulet.lit\x14\x66");
	CHECK_INT(lab.calls, 0);
	/* What follows is the server's and stays where it is. */
	SAY("\5\0\0\1\177\0\0\1\x14\x66rest");
	CHECK_INT(lab.calls, 1);
	CHECK_INT(lab.e.status, CPL_OK);
	CHECK_INT(recv(lab.ours, rest, sizeof rest, 0), 4);
	CHECK(memcmp(rest, "rest", 4) == 0);
	hang_up();
}

static void answers_in_pieces(void)
{
	static const char *const kinds[] = {"\1\1\2\3\4\0\0",
					    "\4\1\2\3\4\5\6\7\10\1\2\3\4\5\6"
					    "\7\10\0\0",
					    "\3\3abc\0\0", "\3\0\0\0"};
	static const size_t lengths[] = {7, 19, 7, 4};

	for (size_t i = 0; i < 4; i++) {
		start("", "", "1.2.3.4", 1);
		HEARD("\5\1\0");
		SAY("\5");
		SAY("\0");
		HEARD("\5\1\0\1\1\2\3\4\0\1");
		SAY("\5\0\0");
		for (size_t at = 0; at < lengths[i]; at++) {
			CHECK_INT(lab.calls, 0);
			say(kinds[i] + at, 1);
		}
		CHECK_INT(lab.calls, 1);
		CHECK_INT(lab.e.status, CPL_OK);
		hang_up();
	}
}

static void a_name_of_full_length(void)
{
	char host[256], reply[4 + 1 + 255 + 2] = "\5\0\0\3\377", rest;
	char request[4 + 1 + 255 + 2] = "\5\1\0\3\377";

	memset(host, 'x', 255);
	host[255] = '\0';
	memcpy(request + 5, host, 255);
	request[261] = 1;
	start("", "", host, 1);
	HEARD("\5\1\0");
	SAY("\5\0");
	heard(request, sizeof request);
	say(reply, sizeof reply - 1);
	CHECK_INT(lab.calls, 0);
	SAY("!");
	CHECK_INT(lab.calls, 1);
	CHECK_INT(lab.e.status, CPL_OK);
	CHECK_INT(recv(lab.ours, &rest, 1, 0), -1);
	hang_up();
}

static void ipv6_and_a_user(void)
{
	start("romeo", "", "2001:db8::7", 443);
	HEARD("\5\2\0\2");
	SAY("\5\2");
	HEARD("\1\5romeo\0");
	SAY("\1\0");
	HEARD("\5\1\0\4\x20\1\xd\xb8\0\0\0\0\0\0\0\0\0\0\0\7\1\xbb");
	SAY("\5\2\0\1\0\0\0\0\0\0");
	failed(CPL_UNAVAILABLE, "the proxy does not allow it");
}

static void what_is_no_socks(void)
{
	static const struct {
		const char *said;
		size_t n;
		enum cpl_status status;
		const char *text;
	} rows[] = {
	    {"S", 1, CPL_PROTOCOL, "the proxy does not speak SOCKS 5"},
	    {"\0", 1, CPL_PROTOCOL, "the proxy does not speak SOCKS 5"},
	    {"HTTP", 4, CPL_PROTOCOL,
	     "the proxy does not speak SOCKS 5 (is it an HTTP proxy?)"},
	    {"\5\377", 2, CPL_AUTH, "the proxy wants a user and password"},
	    {"\5\2", 2, CPL_PROTOCOL,
	     "the proxy chose a way to authenticate that was not offered"},
	    {"\5\0\4", 3, CPL_PROTOCOL, "the proxy does not speak SOCKS 5"},
	    {"\5\0\5\0\0\2\1", 7, CPL_PROTOCOL,
	     "the proxy's answer has an address of no known kind"},
	    {"\5\0\5\xee\0\1\0", 7, CPL_TEMP,
	     "the proxy refuses with code 238"},
	};

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		start("", "", "capulet.lit", 5222);
		say(rows[i].said, rows[i].n);
		failed(rows[i].status, rows[i].text);
	}
	start("a", "b", "capulet.lit", 5222);
	SAY("\5\377");
	failed(CPL_AUTH,
	       "the proxy takes neither a user and password nor nobody");
	start("a", "b", "capulet.lit", 5222);
	SAY("\5\2\5\0");
	failed(CPL_PROTOCOL, "the proxy does not speak SOCKS 5");
}

static void it_goes_away(void)
{
	char heard_all[600];

	for (size_t n = 0; n <= 7; n++) {
		start("", "", "capulet.lit", 5222);
		say("\5\0\5\0\0\1\1", n);
		CHECK_INT(lab.calls, 0);
		/* With bytes left unread it would be a reset. */
		CHECK(recv(lab.theirs, heard_all, sizeof heard_all, 0) > 0);
		close(lab.theirs);
		lab.theirs = -1;
		turn();
		failed(CPL_TEMP, "the proxy closed the connection");
	}
	start("", "", "capulet.lit", 5222);
	close(lab.theirs);
	lab.theirs = -1;
	turn();
	CHECK_INT(lab.calls, 1);
	CHECK(strstr(lab.e.text, "connection to the proxy lost: ") ==
	      lab.e.text);
	CHECK_INT(lab.e.status, CPL_TEMP);
	hang_up();
}

/* What of a URL counts, "USER PASSWORD HOST PORT". */
static void url(const char *text, const char *expected)
{
	struct cpl_err e = CPL_ERR_INIT;
	struct cpl_proxy p;
	char got[1024];

	if (cpl_proxy_parse(text, &p, &e) < 0) {
		CHECK_INT(e.status, CPL_CONFIG);
		CHECK(strstr(e.text, "secret") == NULL);
		CHECK_STR(NULL, expected);
		return;
	}
	snprintf(got, sizeof got, "%s %s %s %u", p.user, p.password, p.host,
		 p.port);
	CHECK_STR(got, expected);
}

static void urls(void)
{
	url("socks5h://a", "  a 1080");
	url("SOCKS5://a:1/", "  a 1");
	url("socks5h://u@a", "u  a 1080");
	url("socks5h://u:@a", "u  a 1080");
	url("socks5h://u:p:q@a", "u p:q a 1080");
	url("socks5h://u:p@q@a", "u p@q a 1080");
	url("socks5h://%75:%70%2f@[::1]:9", "u p/ ::1 9");
	url("", NULL);
	url("a", NULL);
	url("://a", NULL);
	url("secret:secret@a:1", NULL);
	url("socks5h://secret:secret", NULL);
	url("socks5h://secret:secret@", NULL);
	url("socks5h://u:%1@a", NULL);
	url("socks5h://u:%1\x10@a", NULL);
	url("socks5h://u:secret/@a/b", NULL);
	url("http://u:secret@a", NULL);
}

static void mask(const char *text, const char *expected, int is_secret)
{
	struct cpl_buf out = CPL_BUF_INIT(100);

	CHECK_INT(cpl_proxy_mask(&out, text), 0);
	CHECK_STR(out.data, expected);
	CHECK_INT(cpl_proxy_is_secret(text), is_secret);
	cpl_buf_release(&out);
}

static void masks(void)
{
	mask("socks5h://a:1", "socks5h://a:1", 0);
	mask("socks5h://u@a:1", "socks5h://u@a:1", 0);
	mask("socks5h://u:secret@a:1/", "socks5h://u:*@a:1/", 1);
	mask("socks5h://u:se@cr:et@a:1", "socks5h://u:*@a:1", 1);
	mask("", "", 0);
}

int main(void)
{
	lab.loop = cpl_loop_new(NULL);
	if (!lab.loop)
		return 1;
	RUN(a_name);
	RUN(answers_in_pieces);
	RUN(a_name_of_full_length);
	RUN(ipv6_and_a_user);
	RUN(what_is_no_socks);
	RUN(it_goes_away);
	RUN(urls);
	RUN(masks);
	cpl_loop_free(lab.loop);
	return unit_end();
}
