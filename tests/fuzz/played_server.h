/* SPDX-License-Identifier: MIT
 *
 * A server that says what the input has it say, over a socket pair, and hears
 * what it is told. Bytes that XML does not have stand for what an input could
 * not have by itself, or would have to be long for (README.md). */
#ifndef PLAYED_SERVER_H
#define PLAYED_SERVER_H

#include <sys/socket.h>
#include <unistd.h>

#include "../../common/stanza/ns.h"
#include "played_loop.h"
#include "played_tls.h"

enum {
	SAY_NONCE = 0x01,     /* the client's nonce of SCRAM */
	SAY_SIGNATURE = 0x02, /* the server's own of SCRAM, in base64 */
	SAY_PROOF = 0x03,     /* what proves that the server has the token */
	SAY_ID = 0x04,        /* the id of the client's last iq */
	SAY_COUNT = 0x05,     /* how many stanzas have come */
	SAY_ENCODE = 0x0e,    /* what follows in base64, up to */
	SAY_ENCODED = 0x0f
};

/* The longest that is said at once. */
#define SAY_MAX 32768

static const char *const played_words[0x20] = {
    [0x06] = "<?xml version='1.0'?><stream:stream xmlns='" CPL_NS_CLIENT "' "
	     "xmlns:stream='" CPL_NS_STREAM "' id='s' version='1.0'>",
    [0x07] = CPL_NS_SASL,
    [0x08] = CPL_NS_SASL2,
    [0x0b] = CPL_NS_SM,
    [0x0c] = CPL_NS_BIND,
    [0x10] = CPL_NS_TLS,
    [0x11] = CPL_NS_SASL_CB,
    [0x12] = CPL_NS_SCRAM_UPGRADE,
    [0x13] = CPL_NS_FAST,
    [0x14] = CPL_NS_STREAM_ERRORS,
    [0x15] = CPL_NS_STANZA_ERRORS,
    [0x16] = "<stream:features>",
    [0x17] = "</stream:features>",
};

struct played_server {
	int fd;               /* -1: nobody is connected */
	struct cpl_buf heard; /* on this connection */
	struct cpl_buf first; /* the server's first message of SCRAM */
	const char *password, *token;
	int proved; /* one of both was made use of, on this connection */
};

static inline void server_begin(struct played_server *s, const char *password,
				const char *token)
{
	*s = (struct played_server){.fd = -1, .heard = CPL_BUF_INIT(FUZZ_ROOM)};
	s->first = s->heard;
	s->password = password;
	s->token = token;
}

/* A new connection: the client's end. */
static inline int server_connect(struct played_server *s)
{
	int fds[2];

	MUST(s->fd < 0);
	MUST(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0,
			fds) == 0);
	s->fd = fds[1];
	s->proved = 0;
	cpl_buf_truncate(&s->heard, 0);
	cpl_buf_truncate(&s->first, 0);
	return fds[0];
}

static inline void server_hang_up(struct played_server *s)
{
	if (s->fd >= 0)
		close(s->fd);
	s->fd = -1;
}

static inline void server_end(struct played_server *s)
{
	server_hang_up(s);
	cpl_buf_release(&s->heard);
	cpl_buf_release(&s->first);
}

static inline void server_hear(struct played_server *s)
{
	char *room;
	ssize_t n;

	while (s->fd >= 0) {
		room = cpl_buf_room(&s->heard, 4096);
		MUST(room != NULL);
		n = recv(s->fd, room, 4096, 0);
		if (n <= 0)
			break;
		cpl_buf_added(&s->heard, (size_t)n);
	}
}

/* The last place of a text in what was heard, behind it; or NULL. */
static inline const char *server_last(const struct played_server *s,
				      const char *text)
{
	const char *found = NULL;
	const char *at = s->heard.len > 0 ? s->heard.data : "";

	while ((at = strstr(at, text)))
		found = at += strlen(text);
	return found;
}

static inline int server_heard(const struct played_server *s, const char *text)
{
	return server_last(s, text) != NULL;
}

/* The mechanism that was begun with last, up to the end of what was heard. */
static inline const char *server_mechanism(const struct played_server *s)
{
	const char *two = server_last(s, "<authenticate ");
	const char *at = two ? two : server_last(s, "<auth ");

	at = at ? strstr(at, "mechanism='") : NULL;
	return at ? at + strlen("mechanism='") : "";
}

/* The last message of the client behind one of these tags, decoded, as text.
 * -1: there is none. */
static inline int server_message(const struct played_server *s,
				 const char *const tags[2], struct cpl_buf *out)
{
	const char *a = server_last(s, tags[0]), *b = server_last(s, tags[1]);
	const char *p = !a || (b && b > a) ? b : a;

	if (!p)
		return -1;
	if (*p != '>' && p[-1] != '>')
		p = strchr(p, '>');
	if (p && *p == '>')
		p++;
	return p ? cpl_base64_decode(out, p, strcspn(p, "<")) : -1;
}

static inline int server_client_first(const struct played_server *s,
				      struct cpl_buf *out)
{
	static const char *const tags[] = {"<auth ", "<initial-response>"};

	return server_message(s, tags, out);
}

static inline void server_put(struct cpl_buf *out, const char *p, size_t n)
{
	if (out->len + n < SAY_MAX)
		MUST(cpl_buf_add(out, p, n) == 0);
}

static inline void server_put_nonce(const struct played_server *s,
				    struct cpl_buf *out)
{
	struct cpl_buf first = CPL_BUF_INIT(FUZZ_ROOM);
	const char *nonce = NULL;

	if (server_client_first(s, &first) == 0 && first.len > 0)
		nonce = strstr(first.data, ",r=");
	if (nonce)
		server_put(out, nonce + 3, strlen(nonce + 3));
	cpl_buf_release(&first);
}

static inline void server_put_signature(struct played_server *s,
					struct cpl_buf *out)
{
	static const char *const tags[] = {"<response ", "<response>"};
	struct cpl_buf first = CPL_BUF_INIT(FUZZ_ROOM), last = first;
	struct played_exchange x = {NULL, s->first.data, NULL};

	if (server_client_first(s, &first) == 0)
		x.client_first = first.data;
	if (server_message(s, tags, &last) == 0)
		x.client_final = last.data;
	if (played_sign(&x, played_hash(server_mechanism(s)), s->password,
			out) == 0)
		s->proved = 1;
	cpl_buf_release(&first);
	cpl_buf_release(&last);
}

static inline void server_put_proof(struct played_server *s,
				    struct cpl_buf *out)
{
	if (played_respond(server_mechanism(s), s->token, out) == 0)
		s->proved = 1;
}

static inline void server_put_id(const struct played_server *s,
				 struct cpl_buf *out)
{
	const char *iq = server_last(s, "<iq ");
	const char *id = iq ? strstr(iq, " id=\"") : NULL;

	if (id)
		server_put(out, id + 5, strcspn(id + 5, "\""));
}

static inline void server_put_count(const struct played_server *s,
				    struct cpl_buf *out)
{
	static const char *const kinds[] = {"<iq ", "<message ", "<presence"};
	const char *from = strstr(s->heard.len ? s->heard.data : "", "<enable");
	char text[16];
	int n = 0;

	for (size_t i = 0; i < 3; i++)
		for (const char *p = from; p && (p = strstr(p, kinds[i])); p++)
			n++;
	snprintf(text, sizeof text, "%d", n);
	server_put(out, text, strlen(text));
}

/* What stands for something else, or itself. */
static inline void server_put_byte(struct played_server *s, unsigned char c,
				   struct cpl_buf *out)
{
	switch (c) {
	case SAY_NONCE: server_put_nonce(s, out); return;
	case SAY_SIGNATURE: server_put_signature(s, out); return;
	case SAY_PROOF: server_put_proof(s, out); return;
	case SAY_ID: server_put_id(s, out); return;
	case SAY_COUNT: server_put_count(s, out); return;
	}
	if (c < sizeof played_words / sizeof *played_words && played_words[c])
		server_put(out, played_words[c], strlen(played_words[c]));
	else
		server_put(out, (char *)&c, 1);
}

/* What is said in base64 may be the first message of SCRAM. */
static inline void server_put_encoded(struct played_server *s,
				      const struct cpl_buf *raw,
				      struct cpl_buf *out)
{
	if (raw->len > 1 && memcmp(raw->data, "r=", 2) == 0) {
		cpl_buf_truncate(&s->first, 0);
		MUST(cpl_buf_add(&s->first, raw->data, raw->len) == 0);
	}
	if (out->len + 2 * raw->len < SAY_MAX)
		MUST(cpl_base64_encode(out, raw->len ? raw->data : "",
				       raw->len) == 0);
}

/* Says a piece of the input, all at once. */
static inline void server_say(struct played_server *s, const uint8_t *p,
			      size_t n)
{
	struct cpl_buf out = CPL_BUF_INIT(FUZZ_ROOM), raw = out;
	int encode = 0;

	server_hear(s);
	for (size_t i = 0; i < n; i++) {
		if (p[i] == SAY_ENCODE) {
			encode = 1;
		} else if (p[i] == SAY_ENCODED && encode) {
			server_put_encoded(s, &raw, &out);
			cpl_buf_truncate(&raw, 0);
			encode = 0;
		} else {
			server_put_byte(s, p[i], encode ? &raw : &out);
		}
	}
	if (s->fd >= 0 && out.len > 0)
		(void)!send(s->fd, out.data, out.len, MSG_NOSIGNAL);
	cpl_buf_release(&out);
	cpl_buf_release(&raw);
}

/* Whether a client that took the server's word for success did right. */
static inline int server_may_succeed(const struct played_server *s, int secured,
				     int have_password)
{
	const char *name = server_mechanism(s);

	if (strncmp(name, "SCRAM-", 6) == 0 || strncmp(name, "HT-", 3) == 0)
		return s->proved;
	if (strncmp(name, "PLAIN'", 6) == 0)
		return secured && have_password;
	return strncmp(name, "EXTERNAL'", 9) == 0 ||
	       strncmp(name, "ANONYMOUS'", 10) == 0;
}

#endif
