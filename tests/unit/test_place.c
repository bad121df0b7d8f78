/* SPDX-License-Identifier: MIT
 *
 * The place of the last login, in its file. */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "../../common/base/limits.h"
#include "../../common/store/place.h"
#include "unit.h"

static char folder[] = "/tmp/test_place.XXXXXX";
static char path[64];

static struct cpl_place_key key(const char *server, const char *tls)
{
	struct cpl_place_key k = {folder, "montague.lit", server, tls};

	return k;
}

static struct cpl_target target(const char *host, uint16_t port, int direct,
				const char *ip, long ttl)
{
	struct cpl_target t = {.port = port, .direct_tls = direct, .ttl = ttl};
	struct sockaddr_in v4 = {.sin_family = AF_INET};
	struct sockaddr_in6 v6 = {.sin6_family = AF_INET6};

	snprintf(t.host, sizeof t.host, "%s", host);
	v4.sin_port = v6.sin6_port = htons(port);
	if (inet_pton(AF_INET, ip, &v4.sin_addr) == 1)
		memcpy(&t.addr, &v4, sizeof v4);
	else if (inet_pton(AF_INET6, ip, &v6.sin6_addr) == 1)
		memcpy(&t.addr, &v6, sizeof v6);
	return t;
}

static int get(const char *server, const char *tls)
{
	struct cpl_place_key k = key(server, tls);
	struct cpl_target t;

	return cpl_place_get(&k, &t, NULL);
}

static void put(const char *server, const char *tls, int direct, long ttl)
{
	struct cpl_place_key k = key(server, tls);
	struct cpl_target t = target("a.lit", 5222, direct, "192.0.2.7", ttl);

	cpl_place_put(&k, &t, NULL);
}

static void write_file(const char *text)
{
	FILE *f = fopen(path, "w");

	UNIT_NEED(f != NULL);
	fputs(text, f);
	fclose(f);
}

static void there_and_back(void)
{
	static const char *const ips[] = {"192.0.2.7", "2001:db8::7"};
	struct cpl_place_key k = key(NULL, NULL);
	struct cpl_target t, got;
	struct stat st;

	CHECK(!get(NULL, NULL));
	for (int i = 0; i < 2; i++) {
		t = target("xmpp.Montague_1.lit", (uint16_t)(1 + 65534 * i), i,
			   ips[i], 60);
		cpl_place_put(&k, &t, NULL);
		memset(&got, 1, sizeof got);
		UNIT_NEED(cpl_place_get(&k, &got, NULL));
		t.ttl = 0;
		CHECK(memcmp(&got, &t, sizeof t) == 0);
	}
	UNIT_NEED(stat(path, &st) == 0);
	CHECK_INT(st.st_mode & 0777, 0600);
}

static void only_for_the_same_settings(void)
{
	put("x.lit:5222", "starttls", 0, 60);
	CHECK(get("x.lit:5222", "starttls"));
	CHECK(!get("x.lit", "starttls"));
	CHECK(!get(NULL, "starttls"));
	CHECK(!get("x.lit:5222", NULL));
	CHECK(!get("x.lit:5222", "auto"));
	put(NULL, NULL, 0, 60);
	CHECK(get(NULL, NULL));
	CHECK(get(NULL, "auto"));
	CHECK(!get("x.lit:5222", "starttls"));
	CHECK(!get("", "direct"));
}

/* What cannot have been written so. */
static void kinds_that_do_not_fit(void)
{
	put(NULL, "direct", 0, 60);
	CHECK(!get(NULL, "direct"));
	put(NULL, "direct", 1, 60);
	CHECK(get(NULL, "direct"));
	put(NULL, "starttls", 1, 60);
	CHECK(!get(NULL, "starttls"));
	put(NULL, "none", 0, 60);
	CHECK(get(NULL, "none"));
}

static void not_for_ever(void)
{
	char text[300];
	static const long offsets[] = {-1, 0, 100, CPL_PLACE_TTL_MAX_S + 100};
	static const int good[] = {0, 0, 1, 0};

	unlink(path);
	put(NULL, NULL, 0, 0);
	CHECK(access(path, F_OK) < 0);
	for (int i = 0; i < 4; i++) {
		snprintf(text, sizeof text,
			 "couplet place 1\nuntil %ld\nserver \ntls auto\n"
			 "host a.lit\nport 5222\nkind starttls\n"
			 "address 192.0.2.7\n",
			 (long)time(NULL) + offsets[i]);
		write_file(text);
		CHECK_INT(get(NULL, NULL), good[i]);
	}
}

static void damaged(void)
{
	static const char *const bad[][2] = {
	    {"place 1", "place 2"},       {"until ", "until -"},
	    {"until ", "till "},          {"server ", "server"},
	    {"tls auto", "tls"},          {"tls auto", "tls none"},
	    {"host a.lit", "host "},      {"host a.lit", "host a\033.lit"},
	    {"host a.lit", "host a b"},   {"port 5222", "port 0"},
	    {"port 5222", "port 65536"},  {"port 5222", "port x"},
	    {"port 5222", "port "},       {"kind starttls", "kind tls"},
	    {"kind starttls", "kind"},    {"192.0.2.7", "192.0.2"},
	    {"192.0.2.7", "a.lit"},       {"192.0.2.7", "::g"},
	    {"192.0.2.7\n", "192.0.2.7"}, {"2.7\n", "2.7\nmore\n"},
	};
	char good[300], text[400];
	size_t len;

	snprintf(good, sizeof good,
		 "couplet place 1\nuntil %ld\nserver \ntls auto\nhost a.lit\n"
		 "port 5222\nkind starttls\naddress 192.0.2.7\n",
		 (long)time(NULL) + 100);
	write_file(good);
	CHECK(get(NULL, NULL));
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		char *at = strstr(good, bad[i][0]);

		UNIT_NEED(at != NULL);
		snprintf(text, sizeof text, "%.*s%s%s", (int)(at - good), good,
			 bad[i][1], at + strlen(bad[i][0]));
		write_file(text);
		CHECK(!get(NULL, NULL));
	}
	len = strlen(good);
	for (size_t n = 0; n < len; n++) {
		snprintf(text, sizeof text, "%.*s", (int)n, good);
		write_file(text);
		CHECK(!get(NULL, NULL));
	}
}

/* A NUL in the middle, and more than any such file has. */
static void no_text(void)
{
	FILE *f = fopen(path, "w");

	UNIT_NEED(f != NULL);
	for (int i = 0; i < 5000; i++)
		fputc(i % 100 ? 'x' : 0, f);
	fclose(f);
	CHECK(!get(NULL, NULL));
	f = fopen(path, "w");
	UNIT_NEED(f != NULL);
	fwrite("couplet place 1\nuntil \0\n", 1, 24, f);
	fclose(f);
	CHECK(!get(NULL, NULL));
}

static void no_folder(void)
{
	struct cpl_place_key k = {NULL, "montague.lit", NULL, NULL};
	struct cpl_target t = target("a.lit", 1, 0, "192.0.2.7", 60);

	cpl_place_put(&k, &t, NULL);
	CHECK(!cpl_place_get(&k, &t, NULL));
	cpl_place_drop(NULL, "montague.lit");
	k.folder = "/dev/null";
	cpl_place_put(&k, &t, NULL);
	CHECK(!cpl_place_get(&k, &t, NULL));
	cpl_place_drop("/dev/null", "montague.lit");
}

static void no_address(void)
{
	struct cpl_place_key k = key(NULL, NULL);
	struct cpl_target t = {.host = "a.lit", .port = 1, .ttl = 60};

	unlink(path);
	cpl_place_put(&k, &t, NULL);
	CHECK(access(path, F_OK) < 0);
}

static void dropped(void)
{
	put(NULL, NULL, 0, 60);
	CHECK(get(NULL, NULL));
	cpl_place_drop(folder, "capulet.lit");
	CHECK(get(NULL, NULL));
	cpl_place_drop(folder, "montague.lit");
	CHECK(!get(NULL, NULL));
	cpl_place_drop(folder, "montague.lit");
}

int main(void)
{
	if (!mkdtemp(folder))
		return 1;
	snprintf(path, sizeof path, "%s/place-montague.lit", folder);
	RUN(there_and_back);
	RUN(only_for_the_same_settings);
	RUN(kinds_that_do_not_fit);
	RUN(not_for_ever);
	RUN(damaged);
	RUN(no_text);
	RUN(no_folder);
	RUN(no_address);
	RUN(dropped);
	unlink(path);
	rmdir(folder);
	return unit_end();
}
