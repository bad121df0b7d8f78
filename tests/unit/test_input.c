/* SPDX-License-Identifier: MIT */
#include "../../common/cli/input.h"

#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "../../common/base/buf.h"
#include "../../common/base/limits.h"
#include "copies.h"
#include "strophe_mem.h"
#include "unit.h"

static struct strophe_mem mem;
static xmpp_ctx_t *ctx;

/* The input under test, the producer's end, and what was told. */
static struct {
	struct cpl_loop *loop;
	struct cpl_input *in;
	int fds[2];
	struct cpl_buf seen; /* "[1:text]" "<2:id>" "<3:!>" "." */
	struct cpl_err why;
	size_t largest;
	int ended;
	size_t hold_at; /* the record that holds the input */
} t;

static void record(size_t number)
{
	if (t.hold_at == number)
		cpl_input_hold(t.in, 1);
}

static void on_text(void *user, const char *p, size_t n, size_t number)
{
	CHECK(user == &t);
	CHECK(!t.ended);
	if (n > t.largest)
		t.largest = n;
	CHECK_INT(cpl_buf_addf(&t.seen, "[%zu:", number), 0);
	for (size_t i = 0; i < n && i < 64; i++)
		CHECK_INT(cpl_buf_addc(&t.seen, p[i] ? p[i] : '0'), 0);
	CHECK_INT(cpl_buf_addc(&t.seen, ']'), 0);
	record(number);
}

static void on_over(void *user, size_t number, struct cpl_err *e)
{
	CHECK(user == &t);
	CHECK(!t.ended);
	CHECK_INT(e->status, CPL_DATA);
	CHECK_STR(e->text, "more than 16777216 bytes");
	CHECK_INT(cpl_buf_addf(&t.seen, "[%zu!]", number), 0);
	record(number);
}

static void on_stanza(void *user, const struct cpl_record *r)
{
	CHECK(user == &t);
	CHECK(!t.ended);
	CHECK_INT(cpl_buf_addf(&t.seen, "<%zu:%s>", r->number,
			       r->stanza ? xmpp_stanza_get_id(r->stanza) : "!"),
		  0);
	record(r->number);
}

static void on_end(void *user, const struct cpl_err *e)
{
	CHECK(user == &t);
	t.ended++;
	if (e)
		t.why = *e;
	CHECK_INT(cpl_buf_addc(&t.seen, e ? '!' : '.'), 0);
}

static void begin_on(enum cpl_input_mode mode, int fd)
{
	struct cpl_input_events on = {on_text, on_over, on_stanza, on_end, &t};
	struct cpl_err e = CPL_ERR_INIT;

	memset(&t, 0, sizeof t);
	cpl_buf_init(&t.seen, 1 << 20);
	CHECK_INT(cpl_buf_adds(&t.seen, "x"), 0);
	cpl_buf_truncate(&t.seen, 0);
	t.fds[0] = fd;
	t.fds[1] = -1;
	t.loop = cpl_loop_new(&e);
	t.in = cpl_input_new(t.loop, mode >= CPL_INPUT_STANZAS ? ctx : NULL, fd,
			     mode, &on);
	CHECK(t.in != NULL);
}

static void begin(enum cpl_input_mode mode)
{
	int fds[2];

	CHECK_INT(pipe(fds), 0);
	begin_on(mode, fds[0]);
	t.fds[1] = fds[1];
}

static void end(void)
{
	cpl_input_free(t.in);
	cpl_loop_free(t.loop);
	cpl_buf_release(&t.seen);
	if (t.fds[0] >= 0)
		close(t.fds[0]);
	if (t.fds[1] >= 0)
		close(t.fds[1]);
}

static void stop(void *user)
{
	(void)user;
	cpl_loop_stop(t.loop);
}

/* Lets the loop do what it can without waiting. */
static void settle(void)
{
	struct cpl_timer timer = {.fire = stop};
	struct cpl_err e = CPL_ERR_INIT;

	for (int i = 0; i < 4; i++) {
		cpl_loop_timer(t.loop, &timer, 0);
		CHECK_INT(cpl_loop_run(t.loop, &e), 0);
	}
}

static void give(const char *p, size_t n)
{
	CHECK_INT(write(t.fds[1], p, n), n);
	settle();
}

static void give_all(void)
{
	close(t.fds[1]);
	t.fds[1] = -1;
	settle();
}

static void go(void)
{
	cpl_input_hold(t.in, 0);
}

static void saw(const char *expected)
{
	CHECK_STR(t.seen.data, expected);
}

/* --- what is a record --------------------------------------------------- */

/* The same bytes in two pieces, cut everywhere, and byte by byte. */
static void gives(enum cpl_input_mode mode, const char *p, size_t n,
		  const char *expected)
{
	for (size_t at = 0; at <= n; at++) {
		begin(mode);
		go();
		if (at > 0)
			give(p, at);
		if (at < n)
			give(p + at, n - at);
		give_all();
		if (!CHECK_STR(t.seen.data, expected))
			printf("# cut at %zu of %zu\n", at, n);
		CHECK_INT(t.ended, 1);
		end();
	}
	begin(mode);
	go();
	for (size_t i = 0; i < n; i++)
		give(p + i, 1);
	give_all();
	saw(expected);
	end();
}

struct sample {
	const char *text;
	size_t n;
	const char *expected;
};

/* clang-format off */
#define SAMPLE(text, expected) {text, sizeof text - 1, expected}
/* clang-format on */

static void whole(void)
{
	static const struct sample all[] = {
	    SAMPLE("", "."),
	    SAMPLE("\n", "."),
	    SAMPLE("a", "[1:a]."),
	    SAMPLE("a\n", "[1:a]."),
	    SAMPLE("a\n\n", "[1:a\n]."),
	    SAMPLE("\n\n", "[1:\n]."),
	    SAMPLE("a\nb\r\n", "[1:a\nb\r]."),
	    SAMPLE("a\0b\n", "[1:a0b]."),
	    SAMPLE("\xff", "[1:\xff]."),
	};

	for (size_t i = 0; i < sizeof all / sizeof *all; i++)
		gives(CPL_INPUT_WHOLE, all[i].text, all[i].n, all[i].expected);
}

static void lines(void)
{
	static const struct sample all[] = {
	    SAMPLE("", "."),
	    SAMPLE("\n", "."),
	    SAMPLE("a", "[1:a]."),
	    SAMPLE("a\n", "[1:a]."),
	    SAMPLE("a\nb\n", "[1:a][2:b]."),
	    SAMPLE("a\nb", "[1:a][2:b]."),
	    SAMPLE("\n\na\n\nb\n\n", "[3:a][5:b]."),
	    SAMPLE("a\r\n \n", "[1:a\r][2: ]."),
	    SAMPLE("a\0b\nc", "[1:a0b][2:c]."),
	};

	for (size_t i = 0; i < sizeof all / sizeof *all; i++)
		gives(CPL_INPUT_LINES, all[i].text, all[i].n, all[i].expected);
}

static void nul_terminated(void)
{
	static const struct sample all[] = {
	    SAMPLE("", "."),
	    SAMPLE("\0", "."),
	    SAMPLE("a", "[1:a]."),
	    SAMPLE("a\0", "[1:a]."),
	    SAMPLE("a\nb\n\0\0c\0d", "[1:a\nb\n][3:c][4:d]."),
	};

	for (size_t i = 0; i < sizeof all / sizeof *all; i++)
		gives(CPL_INPUT_NUL, all[i].text, all[i].n, all[i].expected);
}

static void stanzas(void)
{
	static const struct sample all[] = {
	    SAMPLE("", "."),
	    SAMPLE(" \n ", "."),
	    SAMPLE("<message id='a'/>", "<1:a>."),
	    SAMPLE("<message id='a'/><presence id='b'/>\n<iq id='c'/>\n",
		   "<1:a><2:b><3:c>."),
	    SAMPLE("<message id='a'>\n <body>x</body>\n</message>\n", "<1:a>."),
	    SAMPLE("<message id='a'/>\n<bad\n<message id='b'/>",
		   "<1:a><2:!><3:b>."),
	    SAMPLE("<message id='a'/>\n<message id='b'>", "<1:a><2:!>."),
	    SAMPLE("{\"kind\":\"iq\",\"id\":\"a\"}\n<iq id='b'/>\n{x\n"
		   "{\n\"kind\":\"iq\",\n\"id\":\"c\"\n}",
		   "<1:a><2:b><3:!><4:c>."),
	    SAMPLE("<q id='a' xmlns='u'/><q id='b'/>", "<1:!><2:!>."),
	};

	for (size_t i = 0; i < sizeof all / sizeof *all; i++)
		gives(CPL_INPUT_STANZAS, all[i].text, all[i].n,
		      all[i].expected);
}

static void payloads(void)
{
	static const struct sample all[] = {
	    SAMPLE(" \n ", "."),
	    SAMPLE("<q id='a' xmlns='u'/><q id='b'/>\n<iq id='c'/>",
		   "<1:a><2:!><3:c>."),
	    SAMPLE("{\"kind\":\"payload\",\"payload\":"
		   "[\"<q id='a' xmlns='u'/>\"]}",
		   "<1:a>."),
	};

	for (size_t i = 0; i < sizeof all / sizeof *all; i++)
		gives(CPL_INPUT_PAYLOADS, all[i].text, all[i].n,
		      all[i].expected);
}

/* Each leaves as soon as it is whole. */
static void at_once(void)
{
	begin(CPL_INPUT_LINES);
	go();
	give("a\nb", 3);
	saw("[1:a]");
	give("c\n", 2);
	saw("[1:a][2:bc]");
	give("d", 1);
	saw("[1:a][2:bc]");
	give_all();
	saw("[1:a][2:bc][3:d].");
	end();
	begin(CPL_INPUT_STANZAS);
	go();
	give("<message id='a'/>", 17);
	saw("<1:a>");
	end();
}

static void many(void)
{
	char expected[16];

	begin(CPL_INPUT_LINES);
	go();
	for (int i = 0; i < 200; i++)
		give("0123456789012345678901234567890123456789\n", 41);
	give_all();
	CHECK_INT(t.largest, 40);
	snprintf(expected, sizeof expected, "[200:");
	CHECK(strstr(t.seen.data, expected) != NULL);
	CHECK_INT(t.ended, 1);
	end();
}

/* --- holding ------------------------------------------------------------ */

/* Held at first: nothing is handed out, and not more than one piece read. */
static void held_at_first(void)
{
	begin(CPL_INPUT_LINES);
	give("a\nb\n", 4);
	saw("");
	give("c\n", 2);
	saw("");
	go();
	settle();
	saw("[1:a][2:b][3:c]");
	give_all();
	saw("[1:a][2:b][3:c].");
	end();
}

static void empty_is_told_though_held(void)
{
	static const enum cpl_input_mode modes[] = {
	    CPL_INPUT_WHOLE, CPL_INPUT_LINES, CPL_INPUT_NUL, CPL_INPUT_STANZAS,
	    CPL_INPUT_PAYLOADS};

	for (size_t i = 0; i < sizeof modes / sizeof *modes; i++) {
		begin(modes[i]);
		settle();
		saw("");
		give_all();
		saw(".");
		CHECK_INT(t.ended, 1);
		go();
		settle();
		saw(".");
		end();
	}
}

static void what_is_there_waits(void)
{
	static const enum cpl_input_mode modes[] = {
	    CPL_INPUT_WHOLE, CPL_INPUT_LINES, CPL_INPUT_NUL};

	for (size_t i = 0; i < 3; i++) {
		begin(modes[i]);
		give("a", 1);
		give_all();
		saw("");
		go();
		saw("");
		settle();
		saw("[1:a].");
		end();
	}
	begin(CPL_INPUT_STANZAS);
	give("<message id='a'/>", 17);
	give_all();
	saw("");
	go();
	settle();
	saw("<1:a>.");
	end();
}

static void held_from_within(void)
{
	begin(CPL_INPUT_LINES);
	t.hold_at = 2;
	go();
	give("a\nb\nc\nd\n", 8);
	saw("[1:a][2:b]");
	settle();
	saw("[1:a][2:b]");
	t.hold_at = 3;
	go();
	settle();
	saw("[1:a][2:b][3:c]");
	t.hold_at = 0;
	go();
	settle();
	saw("[1:a][2:b][3:c][4:d]");
	end();
}

/* The last record holds: that nothing follows is told all the same. */
static void held_by_the_last(void)
{
	begin(CPL_INPUT_LINES);
	t.hold_at = 1;
	go();
	give("a\n", 2);
	give_all();
	saw("[1:a]");
	go();
	settle();
	saw("[1:a].");
	end();
}

/* Of stanzas at most those in the next 4 kB follow. */
static void stanzas_held_from_within(void)
{
	static char text[16 * 1024];
	size_t n = 0, number = 0;
	const char *at;

	begin(CPL_INPUT_STANZAS);
	for (int i = 0; i < 200; i++)
		n += (size_t)snprintf(text + n, sizeof text - n,
				      "<message id='%d' to='a@x.lit'/>\n", i);
	t.hold_at = 1;
	go();
	give(text, n);
	for (at = t.seen.data; (at = strchr(at, '<')); at++)
		number++;
	CHECK(number >= 1 && number * 30 <= 4096 + 30);
	go();
	settle();
	give_all();
	CHECK(strstr(t.seen.data, "<200:199>") != NULL);
	CHECK_INT(t.ended, 1);
	end();
}

/* A producer feels it: while held, the pipe fills up. */
static void nothing_is_read_while_held(void)
{
	static char chunk[65536];
	ssize_t n, total = 0;

	begin(CPL_INPUT_LINES);
	memset(chunk, 'x', sizeof chunk);
	fcntl(t.fds[1], F_SETFL, O_NONBLOCK);
	for (int i = 0; i < 40; i++) {
		n = write(t.fds[1], chunk, sizeof chunk);
		total += n > 0 ? n : 0;
		settle();
	}
	/* what it read ahead once, and a pipe full of it */
	CHECK(total <= 2 * (ssize_t)sizeof chunk);
	saw("");
	end();
}

/* --- limits and failures ------------------------------------------------ */

static int new_file(void)
{
	char path[] = "/tmp/couplet-test-XXXXXX";
	int fd = mkstemp(path);

	CHECK(fd >= 0);
	unlink(path);
	return fd;
}

/* n bytes 'x'. */
static void fill(int fd, size_t n)
{
	static char chunk[65536];

	memset(chunk, 'x', sizeof chunk);
	while (n > 0) {
		ssize_t w =
		    write(fd, chunk, n < sizeof chunk ? n : sizeof chunk);

		if (!CHECK(w > 0))
			break;
		n -= (size_t)w;
	}
}

/* A file of n bytes 'x', with or without a newline behind them. */
static int file_of(size_t n, int newline)
{
	int fd = new_file();

	fill(fd, n);
	if (newline)
		CHECK_INT(write(fd, "\n", 1), 1);
	lseek(fd, 0, SEEK_SET);
	return fd;
}

/* Reads until the input ends, or is held. */
static void run_on(void)
{
	go();
	for (int i = 0; i < 400 && !t.ended; i++)
		settle();
}

/* Runs over a whole file. */
static void read_file(enum cpl_input_mode mode, size_t n, int newline)
{
	begin_on(mode, file_of(n, newline));
	run_on();
	CHECK_INT(t.ended, 1);
}

static void refused(const char *text)
{
	CHECK_INT(t.largest, 0);
	CHECK_INT(t.why.status, CPL_DATA);
	CHECK_STR(t.why.text, text);
}

static void largest_whole(void)
{
	read_file(CPL_INPUT_WHOLE, CPL_RECORD_MAX, 0);
	CHECK_INT(t.largest, CPL_RECORD_MAX);
	CHECK_INT(t.why.status, CPL_OK);
	end();
	/* the newline that is dropped does not count */
	read_file(CPL_INPUT_WHOLE, CPL_RECORD_MAX, 1);
	CHECK_INT(t.largest, CPL_RECORD_MAX);
	CHECK_INT(t.why.status, CPL_OK);
	end();
	read_file(CPL_INPUT_WHOLE, CPL_RECORD_MAX + 1, 0);
	refused("a record of stdin is over 16777216 bytes");
	end();
}

static void largest_line(void)
{
	read_file(CPL_INPUT_LINES, CPL_RECORD_MAX, 1);
	CHECK_INT(t.largest, CPL_RECORD_MAX);
	CHECK_INT(t.why.status, CPL_OK);
	end();
	read_file(CPL_INPUT_LINES, CPL_RECORD_MAX + 1, 1);
	saw("[1!].");
	end();
	read_file(CPL_INPUT_LINES, CPL_RECORD_MAX + 1, 0);
	saw("[1!].");
	end();
	read_file(CPL_INPUT_LINES, CPL_RECORD_MAX + 70000, 1);
	saw("[1!].");
	end();
}

/* A record that is too large, of more than what is kept of any, costs only
 * itself. */
static void too_large(enum cpl_input_mode mode, char separator)
{
	int fd = new_file();

	dprintf(fd, "a%c%c", separator, separator);
	fill(fd, CPL_RECORD_MAX + 1);
	dprintf(fd, "%cb%c", separator, separator);
	fill(fd, 3 * (size_t)CPL_RECORD_MAX);
	dprintf(fd, "%c%cc", separator, separator);
	lseek(fd, 0, SEEK_SET);
	begin_on(mode, fd);
	t.hold_at = 5;
	run_on();
	saw("[1:a][3!][4:b][5!]");
	t.hold_at = 0;
	run_on();
	saw("[1:a][3!][4:b][5!][7:c].");
	CHECK_INT(t.why.status, CPL_OK);
	CHECK_INT(t.largest, 1);
	end();
}

static void too_large_is_passed_over(void)
{
	too_large(CPL_INPUT_LINES, '\n');
	too_large(CPL_INPUT_NUL, '\0');
}

static void files(void)
{
	read_file(CPL_INPUT_LINES, 5, 1);
	saw("[1:xxxxx].");
	end();
	read_file(CPL_INPUT_WHOLE, 0, 0);
	saw(".");
	end();
	begin_on(CPL_INPUT_WHOLE, open("/dev/null", O_RDONLY));
	settle();
	saw(".");
	end();
}

static void cannot_be_read(void)
{
	begin_on(CPL_INPUT_WHOLE, open("/", O_RDONLY));
	settle();
	saw("!");
	CHECK_INT(t.why.status, CPL_IO);
	CHECK_STR(t.why.text, "stdin: Is a directory");
	go();
	settle();
	saw("!");
	end();
	begin(CPL_INPUT_LINES);
	close(t.fds[0]);
	t.fds[0] = -1;
	settle();
	saw("!");
	CHECK_INT(t.why.status, CPL_IO);
	CHECK_STR(t.why.text, "stdin: Bad file descriptor");
	end();
}

static void of_a_non_blocking_pipe(void)
{
	begin(CPL_INPUT_LINES);
	fcntl(t.fds[0], F_SETFL, O_NONBLOCK);
	go();
	settle();
	saw("");
	give("a\n", 2);
	saw("[1:a]");
	give_all();
	saw("[1:a].");
	end();
}

static void freed_early(void)
{
	begin(CPL_INPUT_STANZAS);
	go();
	give("<message id='a'/><message>", 26);
	cpl_input_free(t.in);
	t.in = NULL;
	give("</message>", 10);
	saw("<1:a>");
	/* the descriptor is the caller's */
	CHECK(fcntl(t.fds[0], F_GETFD) >= 0);
	end();
	cpl_input_free(NULL);
}

/* The needle is behind what on_text() keeps. */
static void wiped(void)
{
	char text[128];

	begin(CPL_INPUT_LINES);
	cpl_input_secret(t.in);
	snprintf(text, sizeof text, "%080d%s%s\nx\n", 7, "needle-in-",
		 "a-haystack");
	go();
	give(text, strlen(text));
	explicit_bzero(text, sizeof text);
	CHECK(t.largest > 80);
	give_all();
	end();
	CHECK_INT(copies("needle-in-", "a-haystack"), 0);
}

int main(void)
{
	ctx = strophe_mem_ctx(&mem);
	if (!ctx)
		return 1;
	RUN(whole);
	RUN(lines);
	RUN(nul_terminated);
	RUN(stanzas);
	RUN(payloads);
	RUN(at_once);
	RUN(many);
	RUN(held_at_first);
	RUN(empty_is_told_though_held);
	RUN(what_is_there_waits);
	RUN(held_from_within);
	RUN(held_by_the_last);
	RUN(stanzas_held_from_within);
	RUN(nothing_is_read_while_held);
	RUN(largest_whole);
	RUN(largest_line);
	RUN(too_large_is_passed_over);
	RUN(files);
	RUN(cannot_be_read);
	RUN(of_a_non_blocking_pipe);
	RUN(freed_early);
	RUN(wiped);
	return strophe_mem_end(&mem, ctx);
}
