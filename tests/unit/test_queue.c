/* SPDX-License-Identifier: MIT
 *
 * With arguments it is no test but what tests/queue.bats stops at each system
 * call: test_queue put FOLDER TEXT. */
#include "../../common/store/queue.h"

#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../../common/base/limits.h"
#include "../../common/stanza/build.h"
#include "../../common/stanza/ns.h"
#include "../../common/stanza/queued.h"
#include "folder.h"
#include "unit.h"

#define JID "romeo@montague.lit"

static char base[] = "/tmp/test_queue.XXXXXX";
static char state[64];
static char torn_names[256];
static struct cpl_err err;

static void on_torn(void *user, const char *name)
{
	size_t n = strlen(torn_names);

	(void)user;
	snprintf(torn_names + n, sizeof torn_names - n, "%s ", name);
}

static void wipe(void)
{
	folder_remove(state);
	torn_names[0] = '\0';
}

static struct cpl_queue *open_queue(void)
{
	struct cpl_queue *q = cpl_queue_open(state, JID, 1, NULL, &err);

	if (!q)
		printf("# %s\n", err.text);
	return q;
}

static void path_of(char path[256], const char *rest)
{
	snprintf(path, 256, "%s/queue-%s/%s", state, JID, rest);
}

/* A file that none of ours has put there. */
static void plant(const char *rest, const char *text)
{
	char path[256];
	FILE *f;

	path_of(path, rest);
	f = fopen(path, "w");
	if (CHECK(f != NULL)) {
		fputs(text, f);
		fclose(f);
	}
}

static int is_there(const char *rest)
{
	char path[256];

	path_of(path, rest);
	return access(path, F_OK) == 0;
}

/* What is in a place, in order, a blank behind each. */
static const char *contents(struct cpl_queue *q, enum cpl_queue_place place)
{
	static char text[1024];
	struct cpl_queue_ids ids = {NULL, 0, 0};
	size_t n = 0;

	text[0] = '\0';
	CHECK_INT(cpl_queue_list(q, place, NULL, &ids, &err), 0);
	for (size_t i = 0; i < ids.count; i++) {
		struct cpl_buf bytes = CPL_BUF_INIT(1000);
		struct cpl_queue_entry entry;

		if (CHECK_INT(cpl_queue_peek(q, ids.list[i], &entry, &err),
			      CPL_QUEUE_HELD) &&
		    CHECK_INT(cpl_queue_read(q, &entry, &bytes, &err), 0))
			n += (size_t)snprintf(text + n, sizeof text - n, "%s ",
					      bytes.len ? bytes.data : "");
		cpl_queue_let_go(&entry);
		cpl_buf_release(&bytes);
	}
	cpl_queue_ids_release(&ids);
	return text;
}

static int put(struct cpl_queue *q, const char *key, const char *text,
	       char id[CPL_QUEUE_ID_SIZE])
{
	char own[CPL_QUEUE_ID_SIZE];

	return cpl_queue_put(q, key, text, strlen(text), id ? id : own, &err);
}

/* --- tests ------------------------------------------------------------- */

static void entries_keep_their_order(void)
{
	struct cpl_queue *q = open_queue(), *other = open_queue();
	struct stat st = {0};
	char path[256];

	UNIT_NEED(q && other);
	CHECK_STR(contents(q, CPL_QUEUE_WAITING), "");
	CHECK_INT(put(q, "juliet", "one", NULL), 0);
	CHECK_INT(put(q, "nurse", "two", NULL), 0);
	CHECK_INT(put(other, "juliet", "three", NULL), 0);
	CHECK_INT(put(q, "juliet", "four", NULL), 0);
	CHECK_STR(contents(q, CPL_QUEUE_WAITING), "one two three four ");
	path_of(path, "waiting");
	CHECK_INT(stat(path, &st), 0);
	CHECK_INT(st.st_mode & 0777, 0700);
	CHECK_STR(cpl_queue_path(q), path);
	cpl_queue_free(q);
	cpl_queue_free(other);
	wipe();
}

/* The clock was set back since. */
static void a_later_entry_is_behind_one_of_the_future(void)
{
	struct cpl_queue *q = open_queue();
	struct cpl_queue_ids ids = {NULL, 0, 0};

	UNIT_NEED(q);
	plant("waiting/9000000000000000-0123456789ab.7", "future");
	CHECK_INT(put(q, "juliet", "now", NULL), 0);
	CHECK_INT(put(q, "juliet", "then", NULL), 0);
	CHECK_STR(contents(q, CPL_QUEUE_WAITING), "future now then ");
	CHECK_INT(cpl_queue_list(q, CPL_QUEUE_WAITING,
				 "9000000000000000-0123456789ab", &ids, &err),
		  0);
	CHECK_INT(ids.count, 2);
	CHECK(cpl_queue_ids_of_key(&ids, "juliet"));
	CHECK(!cpl_queue_ids_of_key(&ids, "nurse"));
	CHECK(cpl_queue_ids_of_same(&ids, ids.list[1]));
	CHECK(!cpl_queue_ids_of_same(&ids, "9000000000000000-0123456789ab"));
	cpl_queue_ids_release(&ids);
	cpl_queue_free(q);
	wipe();
}

static void an_entry_goes_where_it_is_moved(void)
{
	struct cpl_queue *q = open_queue();
	struct cpl_queue_entry entry;
	char id[CPL_QUEUE_ID_SIZE];

	UNIT_NEED(q);
	UNIT_NEED(put(q, "juliet", "text", id) == 0);
	CHECK(cpl_queue_is_id(id));
	CHECK_INT(cpl_queue_hold(q, id, &entry, &err), CPL_QUEUE_HELD);
	CHECK_INT(entry.attempts, 0);
	CHECK_INT(cpl_queue_attempt(q, &entry, &err), 0);
	CHECK_INT(cpl_queue_attempt(q, &entry, &err), 0);
	CHECK_INT(cpl_queue_move(q, &entry, CPL_QUEUE_FAILED, &err), 0);
	cpl_queue_let_go(&entry);
	CHECK_STR(contents(q, CPL_QUEUE_WAITING), "");
	CHECK_STR(contents(q, CPL_QUEUE_FAILED), "text ");
	CHECK_INT(cpl_queue_hold(q, id, &entry, &err), CPL_QUEUE_HELD);
	CHECK_INT(entry.attempts, 2);
	CHECK_INT(entry.place, CPL_QUEUE_FAILED);
	CHECK_INT(cpl_queue_rewrite(q, &entry, "other", 5, &err), 0);
	CHECK_STR(contents(q, CPL_QUEUE_FAILED), "other ");
	CHECK_INT(cpl_queue_hold(q, id, &entry, &err), CPL_QUEUE_HELD);
	CHECK_INT(cpl_queue_drop(q, &entry, &err), 0);
	CHECK_STR(contents(q, CPL_QUEUE_FAILED), "");
	CHECK_INT(cpl_queue_hold(q, id, &entry, &err), CPL_QUEUE_GONE);
	cpl_queue_free(q);
	wipe();
}

static void who_holds_an_entry_has_it_alone(void)
{
	struct cpl_queue *q = open_queue(), *other = open_queue();
	struct cpl_queue_entry entry, second;
	char id[CPL_QUEUE_ID_SIZE];

	UNIT_NEED(q && other);
	UNIT_NEED(put(q, "juliet", "text", id) == 0);
	CHECK_INT(cpl_queue_hold(q, id, &entry, &err), CPL_QUEUE_HELD);
	CHECK_INT(cpl_queue_hold(other, id, &second, &err), CPL_QUEUE_BUSY);
	CHECK_INT(cpl_queue_attempt(q, &entry, &err), 0);
	CHECK_INT(cpl_queue_hold(other, id, &second, &err), CPL_QUEUE_BUSY);
	CHECK_INT(cpl_queue_peek(other, id, &second, &err), CPL_QUEUE_HELD);
	cpl_queue_let_go(&second);
	cpl_queue_let_go(&entry);
	CHECK_INT(cpl_queue_hold(other, id, &second, &err), CPL_QUEUE_HELD);
	cpl_queue_let_go(&second);
	cpl_queue_free(q);
	cpl_queue_free(other);
	wipe();
}

static void one_process_sends(void)
{
	struct cpl_queue *q = open_queue(), *other = open_queue();

	UNIT_NEED(q && other);
	CHECK_INT(cpl_queue_lock(q, on_torn, NULL, &err), 0);
	CHECK_INT(cpl_queue_lock(q, on_torn, NULL, &err), 0);
	CHECK_INT(cpl_queue_lock(other, on_torn, NULL, &err), 1);
	/* To queue needs no lock. */
	CHECK_INT(put(other, "juliet", "text", NULL), 0);
	cpl_queue_unlock(q);
	CHECK_INT(cpl_queue_lock(other, on_torn, NULL, &err), 0);
	cpl_queue_free(other);
	CHECK_INT(cpl_queue_lock(q, on_torn, NULL, &err), 0);
	cpl_queue_free(q);
	wipe();
}

/* The names of files that are left to lie: what a killed process had not
 * written to its end, what the server has, and what nobody knows. */
static void the_lock_clears_up(void)
{
	struct cpl_queue *q = open_queue();
	struct cpl_queue_entry entry;
	char id[CPL_QUEUE_ID_SIZE], path[256];

	UNIT_NEED(q);
	plant("tmp/1000000000000000-0123456789ab.0", "hal");
	plant("waiting/README", "stranger");
	plant("waiting/1000000000000000-0123456789AB.0", "upper case");
	plant("waiting/1000000000000000-0123456789ab", "no attempts");
	path_of(path, "waiting/1000000000000000-0123456789ac.0");
	CHECK_INT(symlink("/etc/passwd", path), 0);
	UNIT_NEED(put(q, "juliet", "gone", id) == 0);
	CHECK_INT(cpl_queue_hold(q, id, &entry, &err), CPL_QUEUE_HELD);
	CHECK_INT(cpl_queue_move(q, &entry, CPL_QUEUE_SENT, &err), 0);
	cpl_queue_let_go(&entry);
	CHECK_INT(cpl_queue_recall(q, id, &entry, &err), CPL_QUEUE_HELD);
	cpl_queue_let_go(&entry);
	CHECK_INT(put(q, "juliet", "stays", NULL), 0);
	CHECK_INT(cpl_queue_lock(q, on_torn, NULL, &err), 0);
	CHECK(!is_there("tmp/1000000000000000-0123456789ab.0"));
	CHECK(is_there("torn/README"));
	CHECK(is_there("torn/1000000000000000-0123456789AB.0"));
	CHECK(is_there("torn/1000000000000000-0123456789ab"));
	CHECK_INT(strlen(torn_names),
		  strlen("README ") +
		      strlen("1000000000000000-0123456789AB.0 ") +
		      strlen("1000000000000000-0123456789ac.0 ") +
		      strlen("1000000000000000-0123456789ab "));
	CHECK_INT(cpl_queue_recall(q, id, &entry, &err), CPL_QUEUE_GONE);
	CHECK_STR(contents(q, CPL_QUEUE_WAITING), "stays ");
	cpl_queue_free(q);
	wipe();
}

/* A refused entry that nothing lets out of sent/ is not dropped with the others
 * there, neither by us nor by the next one, and waits when it can. */
static void what_is_kept_is_not_cleared(void)
{
	struct cpl_queue *q = open_queue();
	struct cpl_queue_entry entry, other;
	char id[CPL_QUEUE_ID_SIZE], gone[CPL_QUEUE_ID_SIZE];
	char name[64], path[256];

	UNIT_NEED(q);
	CHECK_INT(cpl_queue_lock(q, on_torn, NULL, &err), 0);
	UNIT_NEED(put(q, "juliet", "kept", id) == 0);
	UNIT_NEED(put(q, "juliet", "gone", gone) == 0);
	CHECK_INT(cpl_queue_hold(q, id, &entry, &err), CPL_QUEUE_HELD);
	CHECK_INT(cpl_queue_hold(q, gone, &other, &err), CPL_QUEUE_HELD);
	CHECK_INT(cpl_queue_move(q, &entry, CPL_QUEUE_SENT, &err), 0);
	CHECK_INT(cpl_queue_move(q, &other, CPL_QUEUE_SENT, &err), 0);
	cpl_queue_let_go(&other);
	snprintf(name, sizeof name, "waiting/%s.0", id);
	path_of(path, name);
	CHECK_INT(mkdir(path, 0700), 0);
	CHECK_INT(cpl_queue_move(q, &entry, CPL_QUEUE_WAITING, &err), -1);
	CHECK_INT(err.status, CPL_IO);
	CHECK_INT(entry.place, CPL_QUEUE_SENT);
	CHECK_INT(cpl_queue_keep(q, &entry, &err), 0);
	cpl_queue_let_go(&entry);
	cpl_queue_unlock(q);
	CHECK_INT(cpl_queue_recall(q, gone, &other, &err), CPL_QUEUE_GONE);
	CHECK_INT(cpl_queue_recall(q, id, &entry, &err), CPL_QUEUE_HELD);
	cpl_queue_let_go(&entry);
	CHECK_INT(rmdir(path), 0);
	CHECK_INT(cpl_queue_lock(q, on_torn, NULL, &err), 0);
	CHECK_STR(contents(q, CPL_QUEUE_WAITING), "kept ");
	/* The next time the server has it as any other. */
	CHECK_INT(cpl_queue_hold(q, id, &entry, &err), CPL_QUEUE_HELD);
	CHECK_INT(cpl_queue_move(q, &entry, CPL_QUEUE_SENT, &err), 0);
	cpl_queue_let_go(&entry);
	cpl_queue_unlock(q);
	CHECK_STR(contents(q, CPL_QUEUE_WAITING), "");
	CHECK_INT(cpl_queue_recall(q, id, &entry, &err), CPL_QUEUE_GONE);
	CHECK_STR(torn_names, "");
	cpl_queue_free(q);
	wipe();
}

/* What another process is writing is no dead one's. */
static void the_lock_leaves_what_is_being_written(void)
{
	struct cpl_queue *q = open_queue();
	char path[256];
	int fd;

	UNIT_NEED(q);
	plant("tmp/1000000000000000-0123456789ab.0", "hal");
	path_of(path, "tmp/1000000000000000-0123456789ab.0");
	fd = open(path, O_RDONLY);
	UNIT_NEED(fd >= 0 && flock(fd, LOCK_EX) == 0);
	CHECK_INT(cpl_queue_lock(q, on_torn, NULL, &err), 0);
	CHECK(is_there("tmp/1000000000000000-0123456789ab.0"));
	cpl_queue_unlock(q);
	close(fd);
	CHECK_INT(cpl_queue_lock(q, on_torn, NULL, &err), 0);
	CHECK(!is_there("tmp/1000000000000000-0123456789ab.0"));
	cpl_queue_free(q);
	wipe();
}

static void what_cannot_be_written_is_not_there(void)
{
	struct cpl_queue *q = open_queue();
	struct rlimit limit = {2, 2};
	int status = -1;
	pid_t child;

	UNIT_NEED(q);
	fflush(stdout);
	child = fork();
	if (child == 0) {
		char id[CPL_QUEUE_ID_SIZE];

		signal(SIGXFSZ, SIG_IGN);
		setrlimit(RLIMIT_FSIZE, &limit);
		_exit(cpl_queue_put(q, "juliet", "three", 5, id, &err) < 0
			  ? (int)err.status
			  : 0);
	}
	waitpid(child, &status, 0);
	CHECK_INT(WEXITSTATUS(status), CPL_IO);
	CHECK_STR(contents(q, CPL_QUEUE_WAITING), "");
	CHECK_INT(put(q, "juliet", "three", NULL), 0);
	cpl_queue_free(q);
	wipe();
}

static void bounds(void)
{
	struct cpl_queue *q = open_queue();
	size_t n = CPL_QUEUE_ENTRY_MAX;
	char *big = calloc(1, n + 1), id[CPL_QUEUE_ID_SIZE];

	UNIT_NEED(q && big);
	CHECK_INT(cpl_queue_put(q, "j", big, n, id, &err), 0);
	CHECK_INT(cpl_queue_put(q, "j", big, n + 1, id, &err), -1);
	CHECK_INT(err.status, CPL_DATA);
	free(big);
	cpl_queue_free(q);
	wipe();
}

static void without_a_folder(void)
{
	struct cpl_queue_entry entry;
	struct cpl_queue *q;

	wipe();
	q = cpl_queue_open(state, JID, 0, NULL, &err);
	UNIT_NEED(q);
	CHECK_STR(contents(q, CPL_QUEUE_WAITING), "");
	CHECK_INT(
	    cpl_queue_hold(q, "1000000000000000-0123456789ab", &entry, &err),
	    CPL_QUEUE_GONE);
	CHECK(access(state, F_OK) < 0);
	cpl_queue_free(q);
	CHECK(cpl_queue_open(NULL, JID, 1, NULL, &err) == NULL);
	CHECK_INT(err.status, CPL_IO);
	CHECK(cpl_queue_open("/dev/null/x", JID, 1, NULL, &err) == NULL);
	CHECK_INT(err.status, CPL_IO);
}

static void ids(void)
{
	CHECK(cpl_queue_is_id("1000000000000000-0123456789ab"));
	CHECK(!cpl_queue_is_id("100000000000000-0123456789abc"));
	CHECK(!cpl_queue_is_id("1000000000000000-0123456789aB"));
	CHECK(!cpl_queue_is_id("1000000000000000-0123456789abc"));
	CHECK(!cpl_queue_is_id("../00000000000000-0123456789ab"));
	CHECK(!cpl_queue_is_id(""));
}

/* --- what an entry says ------------------------------------------------ */

static xmpp_ctx_t *ctx;

static int reads(const char *text, struct cpl_queued *out)
{
	memset(&err, 0, sizeof err);
	return cpl_queued_read(ctx, text, strlen(text), JID, out, &err);
}

#define ENTRY                                                                  \
	"<entry xmlns='urn:couplet:queue:1' account='" JID                     \
	"' queued='2026-11-28T12:00:00Z'/>\n"
#define MESSAGE                                                                \
	"<message xmlns='jabber:client' id='a' to='juliet@capulet.lit'>"       \
	"<body>b</body></message>\n"

static void what_is_written_is_read(void)
{
	struct cpl_buf out = CPL_BUF_INIT(4096);
	struct cpl_queued queued = {NULL, NULL};
	xmpp_stanza_t *delay, *m;

	UNIT_NEED(reads(ENTRY MESSAGE, &queued) == 0);
	CHECK_INT(cpl_queued_write(&out, queued.message, JID, 1795867200, &err),
		  0);
	cpl_queued_release(&queued);
	UNIT_NEED(reads(out.data, &queued) == 0);
	CHECK_STR(xmpp_stanza_get_attribute(queued.entry, "queued"),
		  "2026-11-28T12:00:00Z");
	m = cpl_queued_outgoing(&queued);
	UNIT_NEED(m);
	delay = cpl_child(m, "delay", CPL_NS_DELAY);
	UNIT_NEED(delay);
	CHECK_STR(xmpp_stanza_get_attribute(delay, "stamp"),
		  "2026-11-28T12:00:00Z");
	CHECK_STR(xmpp_stanza_get_attribute(delay, "from"), JID);
	CHECK(!cpl_child(queued.message, "delay", CPL_NS_DELAY));
	xmpp_stanza_release(m);
	cpl_buf_truncate(&out, 0);
	CHECK_INT(cpl_queued_rewrite(&out, &queued, "why \"not\"\n", &err), 0);
	cpl_queued_release(&queued);
	UNIT_NEED(reads(out.data, &queued) == 0);
	CHECK_STR(xmpp_stanza_get_attribute(queued.entry, "why"),
		  "why \"not\"\n");
	cpl_queued_release(&queued);
	cpl_buf_release(&out);
}

/* No prefix of an entry is one, nor are two, nor another account's. */
static void what_is_torn_is_no_entry(void)
{
	static const char whole[] = ENTRY MESSAGE;
	static const char *const bad[] = {
	    "",
	    MESSAGE,
	    ENTRY,
	    ENTRY ENTRY MESSAGE,
	    ENTRY MESSAGE MESSAGE,
	    ENTRY MESSAGE "x",
	    ENTRY "<presence/>\n",
	    ENTRY "<message id='a'/>\n",
	    ENTRY "<message to='juliet@capulet.lit'/>\n",
	    ENTRY "<message id='a' to='@'/>\n",
	    "<entry xmlns='urn:couplet:queue:1' account='" JID "'/>\n" MESSAGE,
	    "<entry xmlns='urn:couplet:queue:1' account='tybalt@capulet.lit' "
	    "queued='2026-11-28T12:00:00Z'/>\n" MESSAGE,
	    "<entry xmlns='urn:x' account='" JID
	    "' queued='2026-11-28T12:00:00Z'/>\n" MESSAGE,
	};
	struct cpl_queued queued = {NULL, NULL};

	for (size_t n = 0; n < sizeof whole - 1; n++) {
		memset(&err, 0, sizeof err);
		CHECK_INT(cpl_queued_read(ctx, whole, n, JID, &queued, &err),
			  -1);
		CHECK_INT(err.status, CPL_DATA);
		CHECK(!queued.entry && !queued.message);
	}
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		if (!CHECK_INT(reads(bad[i], &queued), -1))
			printf("# of: %s\n", bad[i]);
		CHECK_INT(err.status, CPL_DATA);
		CHECK(!queued.entry && !queued.message);
	}
}

static int put_alone(const char *folder, const char *text)
{
	char id[CPL_QUEUE_ID_SIZE];
	struct cpl_queue *q = cpl_queue_open(folder, JID, 1, NULL, &err);

	if (q && cpl_queue_put(q, "juliet", text, strlen(text), id, &err) == 0)
		puts(id);
	else
		fprintf(stderr, "%s\n", err.text);
	cpl_queue_free(q);
	return (int)err.status;
}

int main(int argc, char **argv)
{
	if (argc == 4)
		return put_alone(argv[2], argv[3]);
	if (!mkdtemp(base))
		return 71;
	snprintf(state, sizeof state, "%s/couplet", base);
	ctx = xmpp_ctx_new(NULL, NULL);
	RUN(entries_keep_their_order);
	RUN(a_later_entry_is_behind_one_of_the_future);
	RUN(an_entry_goes_where_it_is_moved);
	RUN(who_holds_an_entry_has_it_alone);
	RUN(one_process_sends);
	RUN(the_lock_clears_up);
	RUN(what_is_kept_is_not_cleared);
	RUN(the_lock_leaves_what_is_being_written);
	RUN(what_cannot_be_written_is_not_there);
	RUN(bounds);
	RUN(without_a_folder);
	RUN(ids);
	RUN(what_is_written_is_read);
	RUN(what_is_torn_is_no_entry);
	xmpp_ctx_free(ctx);
	rmdir(base);
	return unit_end();
}
