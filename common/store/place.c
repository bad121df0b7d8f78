/* SPDX-License-Identifier: MIT */
#include "place.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>
#include <time.h>

#include "../base/buf.h"
#include "../base/limits.h"
#include "../base/num.h"
#include "../config/state.h"
#include "../net/addr.h"

#define FILE_BYTES_MAX 4096
#define PATH_BYTES_MAX 8192
#define FIRST_LINE "couplet place 1\n"

/* The lines of the file after the first one, "NAME VALUE" each. */
enum line { UNTIL, SERVER, TLS, HOST, PORT, KIND, ADDRESS, LINES };
static const char *const names[LINES] = {
    "until ", "server ", "tls ", "host ", "port ", "kind ", "address "};

static const char *tls_of(const struct cpl_place_key *key)
{
	return key->tls ? key->tls : "auto";
}

/* Cuts the text into its values. 0, or -1 when it is something else. */
static int cut(char *text, char *values[LINES])
{
	char *p = text + sizeof FIRST_LINE - 1;

	if (strncmp(text, FIRST_LINE, sizeof FIRST_LINE - 1) != 0)
		return -1;
	for (int i = 0; i < LINES; i++) {
		char *end = strchr(p, '\n');

		if (!end || strncmp(p, names[i], strlen(names[i])) != 0)
			return -1;
		*end = '\0';
		values[i] = p + strlen(names[i]);
		p = end + 1;
	}
	return *p ? -1 : 0;
}

/* Whether it is for this way of looking, and not over. A time further ahead
 * than any is set was written under another clock. */
static int is_valid(const struct cpl_place_key *key, char *const values[LINES])
{
	const char *server = key->server ? key->server : "";
	long now = (long)time(NULL), until;

	return cpl_num_int(values[UNTIL], now + 1, now + CPL_PLACE_TTL_MAX_S,
			   &until, NULL) == 0 &&
	       strcmp(values[SERVER], server) == 0 &&
	       strcmp(values[TLS], tls_of(key)) == 0;
}

static int read_address(const char *text, uint16_t port,
			struct sockaddr_storage *out)
{
	struct sockaddr_in v4 = {.sin_family = AF_INET,
				 .sin_port = htons(port)};
	struct sockaddr_in6 v6 = {.sin6_family = AF_INET6,
				  .sin6_port = htons(port)};

	if (inet_pton(AF_INET, text, &v4.sin_addr) == 1)
		memcpy(out, &v4, sizeof v4);
	else if (inet_pton(AF_INET6, text, &v6.sin6_addr) == 1)
		memcpy(out, &v6, sizeof v6);
	else
		return -1;
	return 0;
}

static int read_values(char *const values[LINES], struct cpl_target *out)
{
	int direct = strcmp(values[KIND], "direct") == 0;
	const char *tls = values[TLS];
	long port;

	if (!direct && strcmp(values[KIND], "starttls") != 0)
		return -1;
	if (strcmp(tls, "auto") != 0 && direct != (strcmp(tls, "direct") == 0))
		return -1;
	if (cpl_num_int(values[PORT], 1, 65535, &port, NULL) < 0 ||
	    !cpl_name_is_host(values[HOST]))
		return -1;
	memcpy(out->host, values[HOST], strlen(values[HOST]) + 1);
	out->port = (uint16_t)port;
	out->direct_tls = direct;
	return read_address(values[ADDRESS], out->port, &out->addr);
}

int cpl_place_get(const struct cpl_place_key *key, struct cpl_target *out,
		  const struct cpl_log *log)
{
	struct cpl_buf name = CPL_BUF_INIT(PATH_BYTES_MAX);
	struct cpl_buf text = CPL_BUF_INIT(FILE_BYTES_MAX);
	char *values[LINES];
	int found = 0;

	memset(out, 0, sizeof *out);
	if (!key->folder || cpl_state_name(&name, "place", key->domain) < 0 ||
	    cpl_state_read(key->folder, name.data, &text, log) < 0)
		goto out;
	/* A NUL ends it early, and is no part of any value. */
	found = text.len > 0 && cut(text.data, values) == 0 &&
		is_valid(key, values) && read_values(values, out) == 0;
	if (!found)
		cpl_log(log, CPL_LOG_DEBUG, "%s is of no use", name.data);
out:
	if (!found)
		memset(out, 0, sizeof *out);
	cpl_buf_release(&name);
	cpl_buf_release(&text);
	return found;
}

void cpl_place_put(const struct cpl_place_key *key,
		   const struct cpl_target *place, const struct cpl_log *log)
{
	struct cpl_buf name = CPL_BUF_INIT(PATH_BYTES_MAX);
	struct cpl_buf text = CPL_BUF_INIT(FILE_BYTES_MAX);
	char address[INET6_ADDRSTRLEN];
	struct cpl_addr addr;

	if (!key->folder || place->ttl <= 0 ||
	    (place->addr.ss_family != AF_INET &&
	     place->addr.ss_family != AF_INET6))
		return;
	memcpy(&addr, &place->addr, sizeof addr);
	cpl_addr_bare_text(&addr, address, sizeof address);
	if (cpl_state_name(&name, "place", key->domain) == 0 &&
	    cpl_buf_addf(
		&text,
		FIRST_LINE "until %ld\nserver %s\ntls %s\nhost %s\n"
			   "port %u\nkind %s\naddress %s\n",
		(long)time(NULL) + place->ttl, key->server ? key->server : "",
		tls_of(key), place->host, place->port,
		place->direct_tls ? "direct" : "starttls", address) == 0)
		cpl_state_write(key->folder, name.data, text.data, text.len,
				log);
	cpl_buf_release(&name);
	cpl_buf_release(&text);
}

void cpl_place_drop(const char *folder, const char *domain)
{
	struct cpl_buf name = CPL_BUF_INIT(PATH_BYTES_MAX);

	if (folder && cpl_state_name(&name, "place", domain) == 0)
		(void)!cpl_state_remove(folder, name.data, NULL);
	cpl_buf_release(&name);
}
