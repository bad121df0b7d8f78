/* SPDX-License-Identifier: MIT
 *
 * Tokens, the client's id that they were given to, and what is known of a
 * server: what a login leaves in the state folder. */
#include "../../common/store/token.h"

#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../../common/base/limits.h"
#include "../../common/store/client.h"
#include "../../common/store/known.h"
#include "folder.h"
#include "unit.h"

static char folder[] = "/tmp/test_token.XXXXXX";

static const char bare[] = "romeo@montague.lit";
static const char client[] = "01234567-89ab-4cde-8f01-23456789abcd";
static const char other[] = "11234567-89ab-4cde-8f01-23456789abcd";
static const char later[] = "2099-01-01T00:00:00Z";

static const char *path_of(const char *what)
{
	static char path[128];

	snprintf(path, sizeof path, "%s/%s-%s", folder, what, bare);
	return path;
}

static void put(const char *what, const char *text)
{
	FILE *f = fopen(path_of(what), "w");

	if (!CHECK(f != NULL))
		return;
	fputs(text, f);
	fclose(f);
}

static const char *content(const char *what)
{
	static char text[8192];
	FILE *f = fopen(path_of(what), "r");
	size_t n = 0;

	if (!f)
		return "-";
	n = fread(text, 1, sizeof text - 1, f);
	text[n] = '\0';
	fclose(f);
	return text;
}

/* The tokens of this client, in order, with a blank behind each. */
static void are(const char *who, const char *expected)
{
	struct cpl_buf all = CPL_BUF_INIT(65536);
	struct cpl_tokens t;

	CHECK_INT(cpl_buf_adds(&all, ""), 0);
	if (CHECK_INT(cpl_tokens_open(&t, folder, bare, who, NULL), 0)) {
		(void)cpl_tokens_first(&t);
		for (int i = 0; i < CPL_TOKENS && t.list[i].text; i++)
			CHECK_INT(cpl_buf_addf(&all, "%s ", t.list[i].text), 0);
		cpl_tokens_close(&t);
	}
	CHECK_STR(all.data, expected);
	cpl_buf_release(&all);
}

static void two(void)
{
	struct cpl_tokens t;
	struct stat st;

	are(client, "");
	CHECK_INT(cpl_tokens_open(&t, folder, bare, client, NULL), 0);
	CHECK(cpl_tokens_first(&t) == NULL);
	cpl_tokens_given(&t, "HT-SHA-256-EXPR", "first", later);
	cpl_tokens_given(&t, "HT-SHA-256-ENDP", "second", later);
	CHECK_STR(cpl_tokens_first(&t)->text, "second");
	CHECK_STR(cpl_tokens_first(&t)->mechanism, "HT-SHA-256-ENDP");
	/* The older one is good until the newer has worked. */
	cpl_tokens_close(&t);
	are(client, "second first ");
	CHECK_INT(stat(path_of("token"), &st), 0);
	CHECK_INT(st.st_mode & 0777, 0600);
	/* A third takes the oldest one's place. */
	CHECK_INT(cpl_tokens_open(&t, folder, bare, client, NULL), 0);
	cpl_tokens_given(&t, "HT-SHA-256-EXPR", "third", later);
	cpl_tokens_close(&t);
	are(client, "third second ");
	/* Refused: the other one is next. */
	CHECK_INT(cpl_tokens_open(&t, folder, bare, client, NULL), 0);
	cpl_tokens_refused(&t);
	CHECK_STR(cpl_tokens_first(&t)->text, "second");
	cpl_tokens_given(&t, "HT-SHA-256-EXPR", "fourth", later);
	cpl_tokens_worked(&t);
	cpl_tokens_close(&t);
	are(client, "fourth ");
	/* Those given to another are not ours. */
	are(other, "");
	are(client, "fourth ");
}

/* Whoever has them has them alone, and nobody waits. */
static void locked(void)
{
	struct cpl_tokens t;
	int status = -1;
	pid_t pid;

	CHECK_INT(cpl_tokens_open(&t, folder, bare, client, NULL), 0);
	pid = fork();
	if (pid == 0) {
		struct cpl_tokens mine;

		_exit(cpl_tokens_open(&mine, folder, bare, client, NULL) < 0
			  ? 0
			  : 1);
	}
	CHECK(waitpid(pid, &status, 0) == pid);
	CHECK_INT(status, 0);
	cpl_tokens_close(&t);
	cpl_tokens_close(&t);
	are(client, "fourth ");
}

static void refuse(const char *mechanism, const char *text, const char *expiry)
{
	struct cpl_tokens t;

	CHECK_INT(cpl_tokens_open(&t, folder, bare, client, NULL), 0);
	cpl_tokens_given(&t, mechanism, text, expiry);
	cpl_tokens_close(&t);
	are(client, "fourth ");
}

/* What the server gives may be anything. */
static void wrong(void)
{
	static char long_one[CPL_TOKEN_MAX + 2];

	memset(long_one, 'x', CPL_TOKEN_MAX + 1);
	refuse("HT-SHA-256-EXPR", "two words", later);
	refuse("HT-SHA-256-EXPR", "line\nbreak", later);
	refuse("HT-SHA-256-EXPR", "", later);
	refuse("HT-SHA-256-EXPR", "\xc3\xa9", later);
	refuse("HT-SHA-256-EXPR", long_one, later);
	refuse("HT-SHA-256-EXPR", "x", "tomorrow");
	refuse("HT-SHA-256-EXPR", "x", "");
	refuse("two words", "x", later);
	refuse("", "x", later);
	refuse("A-NAME-THAT-NO-MECHANISM-OF-SASL-HAS-GOT", "x", later);
	long_one[CPL_TOKEN_MAX] = '\0';
	put("token", "");
	{
		struct cpl_tokens t;

		CHECK_INT(cpl_tokens_open(&t, folder, bare, client, NULL), 0);
		cpl_tokens_given(&t, "HT-SHA-256-EXPR", long_one, later);
		cpl_tokens_close(&t);
		CHECK_INT(cpl_tokens_open(&t, folder, bare, client, NULL), 0);
		CHECK(cpl_tokens_first(&t) != NULL);
		cpl_tokens_close(&t);
	}
}

static void is_read_as(const char *text, const char *expected)
{
	put("token", text);
	are(client, expected);
}

/* A file that is none, or over, is as none. */
static void damaged(void)
{
#define HEAD "couplet-token 1\n01234567-89ab-4cde-8f01-23456789abcd\n"
	is_read_as("", "");
	is_read_as("couplet-token 2\n", "");
	is_read_as("couplet-token 1\n", "");
	is_read_as("couplet-token 1\n0123", "");
	is_read_as(HEAD, "");
	is_read_as(HEAD "HT-SHA-256-EXPR 4000000000 a\n", "a ");
	/* cut off */
	is_read_as(HEAD "HT-SHA-256-EXPR 4000000000 a", "");
	is_read_as(HEAD "HT-SHA-256-EXPR 4000000000\n", "");
	is_read_as(HEAD "HT-SHA-256-EXPR a\n", "");
	is_read_as(HEAD "HT-SHA-256-EXPR soon a\n", "");
	is_read_as(HEAD "HT-SHA-256-EXPR 4000000000 a b\n", "");
	/* One that is over is passed over. */
	is_read_as(HEAD "HT-SHA-256-EXPR 1000000000 a\n"
			"HT-SHA-256-EXPR 4000000000 b\n",
		   "b ");
	is_read_as(HEAD "\n\nHT-SHA-256-EXPR 4000000000 a\n"
			"HT-SHA-256-EXPR 4000000000 b\n"
			"HT-SHA-256-EXPR 4000000000 c\n",
		   "a b ");
}

/* Each of eight processes at once says its id over the pipe. */
static void ask_at_once(int out, int go)
{
	for (int i = 0; i < 8; i++) {
		char id[CPL_UUID_SIZE] = "", c;

		if (fork() != 0)
			continue;
		(void)!read(go, &c, 1);
		if (cpl_client_id(folder, bare, id, NULL) < 0)
			id[0] = '\0';
		(void)!write(out, id, sizeof id);
		_exit(0);
	}
}

/* One id for all, however many ask at once, and whatever stands there. */
static void ids(void)
{
	char first[CPL_UUID_SIZE], again[CPL_UUID_SIZE];
	int said[2], go[2];

	CHECK_INT(cpl_client_id(NULL, bare, first, NULL), -1);
	for (int round = 0; round < 20; round++) {
		unlink(path_of("client"));
		if (!CHECK(pipe(said) == 0 && pipe(go) == 0))
			return;
		ask_at_once(said[1], go[0]);
		CHECK_INT(write(go[1], "12345678", 8), 8);
		CHECK_INT(read(said[0], first, sizeof first), sizeof first);
		CHECK(cpl_is_uuid(first));
		for (int i = 1; i < 8; i++) {
			CHECK_INT(read(said[0], again, sizeof again),
				  sizeof again);
			CHECK_STR(again, first);
		}
		while (wait(NULL) > 0)
			;
		close(said[0]);
		close(said[1]);
		close(go[0]);
		close(go[1]);
	}
	CHECK_INT(cpl_client_id(folder, bare, first, NULL), 0);
	CHECK(cpl_is_uuid(first));
	CHECK_INT(cpl_client_id(folder, bare, again, NULL), 0);
	CHECK_STR(again, first);
	put("client", "01234567-89ab-4cde-8f01-23456789abcX\n");
	CHECK_INT(cpl_client_id(folder, bare, again, NULL), 0);
	CHECK(cpl_is_uuid(again));
	CHECK(strcmp(again, first) != 0);
	put("client", "");
	CHECK_INT(cpl_client_id(folder, bare, again, NULL), 0);
	CHECK(!cpl_is_uuid("01234567-89ab-4cde-8f01-23456789abc"));
	CHECK(!cpl_is_uuid("01234567-89AB-4cde-8f01-23456789abcd"));
	CHECK(!cpl_is_uuid("01234567-89ab-4cde-8f01-23456789abcd\n"));
	CHECK(!cpl_is_uuid(""));
}

static void known(void)
{
	static char place[] = "127.0.0.1:5223/direct";
	static char mechanisms[] = "PLAIN ", none[] = "";
	struct cpl_known k = {
	    .place = place,
	    .offer = {.one = mechanisms, .two = none, .sm = 1, .limit = 262144},
	    .managed = 1,
	    .early = CPL_EARLY_REFUSED};
	struct cpl_known got;
	struct stat before, after;

	cpl_known_read(&got, NULL, bare, NULL);
	CHECK(got.place == NULL);
	cpl_known_write(&k, NULL, folder, bare, NULL);
	CHECK_STR(content("known"), "couplet-known 1\n"
				    "place 127.0.0.1:5223/direct\n"
				    "mechanisms PLAIN \nsasl2 \nsm 1\n"
				    "limit 262144\nmanaged 1\nearly 2\n");
	cpl_known_read(&got, folder, bare, NULL);
	CHECK_STR(got.place, k.place);
	CHECK(cpl_offer_same(&got.offer, &k.offer));
	CHECK_INT(got.offer.limit, 262144);
	CHECK_INT(got.early, CPL_EARLY_REFUSED);
	CHECK_INT(got.managed, 1);
	CHECK_STR(got.offer.two, "");
	CHECK(got.offer.bindings == NULL);
	/* Nothing new is not written. */
	CHECK_INT(stat(path_of("known"), &before), 0);
	cpl_known_write(&k, &got, folder, bare, NULL);
	CHECK_INT(stat(path_of("known"), &after), 0);
	CHECK(before.st_ino == after.st_ino);
	cpl_known_release(&got);
	put("known", "couplet-known 1\nplace a:1/direct\nearly 3\nlimit -1\n"
		     "sm yes\nwhat 7\nmechanisms A \nmechanisms B \nearly");
	cpl_known_read(&got, folder, bare, NULL);
	CHECK_STR(got.offer.one, "A ");
	CHECK_INT(got.early, CPL_EARLY_UNTRIED);
	CHECK_INT(got.offer.limit, 0);
	CHECK_INT(got.offer.sm, 0);
	cpl_known_release(&got);
	put("known", "couplet-known 1\nsm 1\n");
	cpl_known_read(&got, folder, bare, NULL);
	CHECK(got.place == NULL);
	CHECK_INT(got.offer.sm, 0);
}

static void has(void)
{
	CHECK(cpl_offer_has("A B-PLUS ", "A"));
	CHECK(cpl_offer_has("A B-PLUS ", "B-PLUS"));
	CHECK(!cpl_offer_has("A B-PLUS ", "B"));
	CHECK(!cpl_offer_has("", "B"));
	CHECK(!cpl_offer_has(NULL, "B"));
}

int main(void)
{
	if (!mkdtemp(folder))
		return 1;
	RUN(two);
	RUN(locked);
	RUN(wrong);
	RUN(damaged);
	RUN(ids);
	RUN(known);
	RUN(has);
	folder_remove(folder);
	return unit_end();
}
