/* SPDX-License-Identifier: MIT
 *
 * The exchanges of SASL as raw messages: what a server offers, its challenges,
 * its last word. None is taken for success that has not proved itself where the
 * mechanism has it so. Two bytes say what there is (configure()); then, each
 * ended by a NUL, the mechanisms and the channel bindings that are offered, as
 * lists (store/offer.h), and messages, in which 1 stands for the client's
 * nonce, 2 for the right signature, 3 for the token's proof and 4 for the hash
 * of the offer. */
#include "../../common/stream/sasl.h"

#include "../../common/stream/ht.h"
#include "../../common/stream/upgrade.h"
#include "played_scram.h"

struct run {
	struct cpl_sasl_conf conf;
	struct cpl_sasl_offer offer;
	struct cpl_sasl *sasl;
	char secret[20];
	struct cpl_buf client_first, server_first, client_final;
	int proved; /* the right signature or proof was given */
	int offer_proved;
};

/* The first byte: bits 0 to 2 the channel, 3 a certificate, 4 no password, 5 no
 * user, 6 and 7 pins. The second: bit 0 a token, and by 1 and 2 for which
 * mechanism; 3 the profile. */
static void configure(struct run *r, const uint8_t how[2])
{
	struct cpl_sasl_channel *c = &r->conf.channel;

	c->exporter_len = c->unique_len = c->end_point_len = -1;
	c->verified = (how[0] & 7) > 0;
	if (how[0] & 1) {
		c->version = 0x0304;
		c->exporter_len = PLAYED_BINDING_BYTES;
		played_binding(CPL_BIND_EXPORTER, c->exporter);
	} else if (how[0] & 2) {
		c->version = 0x0303;
		c->unique_len = PLAYED_BINDING_BYTES;
		played_binding(CPL_BIND_UNIQUE, c->unique);
	}
	if (how[0] & 4) {
		if (c->version == 0)
			c->version = 0x0303;
		c->end_point_len = PLAYED_BINDING_BYTES;
		played_binding(CPL_BIND_END_POINT, c->end_point);
	}
	r->conf.have_cert = how[0] >> 3 & 1;
	r->conf.password = how[0] & 0x10 ? NULL : r->secret;
	r->conf.password_len = how[0] & 0x10 ? 0 : strlen(r->secret);
	r->conf.local = how[0] & 0x20 ? NULL : "rom=eo,";
	r->conf.bare = "romeo@montague.lit";
	r->conf.pins.no_plain = how[0] >> 6 & 1;
	r->conf.pins.bound = how[0] & 0x80 ? 0x0304 : 0;
	r->offer.two = how[1] >> 3 & 1;
}

static char *next_text(const uint8_t **p, const uint8_t *end)
{
	size_t n;
	const uint8_t *piece = fuzz_piece(p, end, &n);
	char *text = strndup((const char *)piece, n);

	MUST(text != NULL);
	return text;
}

static void put_nonce(const struct run *r, struct cpl_buf *out)
{
	const char *nonce =
	    r->client_first.len ? strstr(r->client_first.data, ",r=") : NULL;

	if (nonce)
		MUST(cpl_buf_adds(out, nonce + 3) == 0);
}

/* A message of the server's. */
static void fill(struct run *r, const char *text, struct cpl_buf *out)
{
	const char *name = cpl_sasl_name(r->sasl);
	const char *hash = played_hash(name);
	struct played_exchange x = {r->client_first.data, r->server_first.data,
				    r->client_final.data};

	for (; *text; text++)
		switch (*text) {
		case 1: put_nonce(r, out); break;
		case 2:
			if (played_sign(&x, hash, r->secret, out) == 0)
				r->proved = 1;
			break;
		case 3:
			if (played_respond(name, r->secret, out) == 0)
				r->proved = 1;
			break;
		case 4:
			if (hash &&
			    cpl_sasl_offer_hash(&r->offer, hash, out) == 0)
				r->offer_proved = 1;
			break;
		default: MUST(cpl_buf_addc(out, *text) == 0);
		}
}

static void check_begun(const struct run *r)
{
	const char *name = cpl_sasl_name(r->sasl);

	if (strcmp(name, "PLAIN") == 0)
		MUST(r->conf.channel.verified && r->conf.password &&
		     !r->conf.pins.no_plain);
	if (strcmp(name, "EXTERNAL") == 0)
		MUST(r->conf.have_cert);
	if (strcmp(name, "ANONYMOUS") == 0)
		MUST(!r->conf.local);
	if (strstr(name, "-PLUS"))
		MUST(cpl_sasl_binding(r->sasl) && r->conf.channel.version);
}

static void check_success(const struct run *r)
{
	const char *name = cpl_sasl_name(r->sasl);
	struct cpl_pins had = cpl_sasl_had(r->sasl);

	if (strncmp(name, "SCRAM-", 6) == 0 || strncmp(name, "HT-", 3) == 0)
		MUST(r->proved);
	if (cpl_sasl_proved(r->sasl))
		MUST(r->offer_proved);
	if (had.bound)
		MUST(cpl_sasl_binding(r->sasl));
}

/* Of one challenge; 0 when it goes on. */
static int step(struct run *r, const struct cpl_buf *said)
{
	struct cpl_buf out = CPL_BUF_INIT(FUZZ_ROOM);
	struct cpl_err e = CPL_ERR_INIT;
	int rc = cpl_sasl_step(r->sasl, said->len ? said->data : "", said->len,
			       &out, &e);

	if (rc < 0) {
		MUST(e.status != CPL_OK && e.text[0]);
	} else if (out.len > 0) {
		MUST(r->server_first.len == 0);
		MUST(cpl_buf_add(&r->server_first, said->data, said->len) == 0);
		MUST(cpl_buf_add(&r->client_final, out.data, out.len) == 0);
	}
	cpl_buf_release(&out);
	return rc;
}

/* The last word may come at any time. */
static void end(struct run *r, const struct cpl_buf *said)
{
	struct cpl_buf salt = CPL_BUF_INIT(100), out = salt;
	struct cpl_err e = CPL_ERR_INIT;

	MUST(cpl_buf_adds(&salt, "salt") == 0);
	if (cpl_sasl_success(r->sasl, said->len ? said->data : "", said->len,
			     &e) == 0)
		check_success(r);
	else
		MUST(e.status != CPL_OK && e.text[0]);
	if (cpl_sasl_salted(r->sasl, "SHA512", &salt, 4096, &out) == 0)
		MUST(r->proved && out.len == 64);
	(void)!cpl_sasl_refused(r->sasl, &e);
	cpl_buf_release(&salt);
	cpl_buf_release(&out);
}

static void exchange(struct run *r, const uint8_t *p, const uint8_t *last)
{
	struct cpl_buf said = CPL_BUF_INIT(FUZZ_ROOM);
	struct cpl_err e = CPL_ERR_INIT;
	int rc = cpl_sasl_start(r->sasl, &r->client_first, &e);

	MUST(rc == 0 || e.status != CPL_OK);
	check_begun(r);
	while (rc == 0 && p < last) {
		char *text = next_text(&p, last);

		cpl_buf_truncate(&said, 0);
		fill(r, text, &said);
		free(text);
		if (p < last)
			rc = step(r, &said);
	}
	if (rc == 0)
		end(r, &said);
	cpl_buf_release(&said);
}

static void begin(struct run *r, uint8_t how)
{
	static const char *const tokens[] = {
	    "HT-SHA-256-EXPR", "HT-SHA-256-UNIQ", "HT-SHA-256-ENDP",
	    "HT-SHA-256-NONE"};
	const char *token = tokens[how >> 1 & 3];
	struct cpl_err e = CPL_ERR_INIT;

	if (!(how & 1)) {
		r->sasl = cpl_sasl_new(&r->conf, &r->offer, &e);
		MUST(r->sasl || (e.status != CPL_OK && e.text[0]));
	} else if (cpl_ht_usable(&r->conf.channel, token) && r->conf.local &&
		   r->conf.password) {
		r->sasl = cpl_sasl_by_token(&r->conf, token, &e);
		MUST(r->sasl != NULL);
	}
}

/* What is chosen of a list is one of it. */
static void choose(const struct run *r)
{
	const char *list = r->offer.mechanisms;
	const char *ht =
	    cpl_ht_choose(&r->conf.channel, list, r->offer.bindings);
	const char *task = cpl_upgrade_choose(list, r->offer.bindings);

	if (ht)
		MUST(cpl_offer_has(list, ht) &&
		     cpl_ht_usable(&r->conf.channel, ht));
	if (task)
		MUST(cpl_offer_has(list, task) && cpl_upgrade_hash(task));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct run r = {.client_first = CPL_BUF_INIT(FUZZ_ROOM)};
	const uint8_t *p = data + 2, *last = data + size;
	char *mechanisms, *bindings;

	if (size < 2)
		return 0;
	played_chance = 0;
	played_secret(r.secret, data, size);
	r.server_first = r.client_final = r.client_first;
	configure(&r, data);
	r.offer.mechanisms = mechanisms = next_text(&p, last);
	bindings = next_text(&p, last);
	r.offer.bindings = *bindings ? bindings : NULL;
	choose(&r);
	begin(&r, data[1]);
	if (r.sasl)
		exchange(&r, p, last);
	cpl_sasl_free(r.sasl);
	cpl_buf_release(&r.client_first);
	cpl_buf_release(&r.server_first);
	cpl_buf_release(&r.client_final);
	free(mechanisms);
	free(bindings);
	return 0;
}
