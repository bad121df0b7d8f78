/* SPDX-License-Identifier: MIT */
#include "../../common/stream/sasl_choice.h"

#include "unit.h"

/* Who logs in, over what. */
static struct cpl_sasl_conf romeo(const char *password)
{
	struct cpl_sasl_conf c = {
	    .local = "romeo",
	    .bare = "romeo@montague.lit",
	    .password = password,
	    .password_len = password ? strlen(password) : 0,
	    .channel = {.verified = 1,
			.version = 0x0304,
			.exporter_len = 32,
			.unique_len = -1,
			.end_point_len = 32},
	};

	return c;
}

/* The mechanism chosen and how it says whether it is bound: "NAME p=TYPE",
 * "NAME y", "NAME n" for SCRAM, "NAME" for others; or "-" and e. */
static void chosen(const struct cpl_sasl_conf *conf, const char *mechanisms,
		   const char *bindings, char out[80], struct cpl_err *e)
{
	struct cpl_sasl_offer offer = {.mechanisms = mechanisms,
				       .bindings = bindings};
	struct cpl_sasl_choice c = {0};

	snprintf(out, 80, "-");
	if (cpl_sasl_choose(conf, &offer, &c, e) < 0)
		return;
	snprintf(out, 80, "%s", c.mechanism->name);
	if (c.mechanism->kind == CPL_SASL_SCRAM)
		snprintf(out, 80, "%s %c%s%s", c.mechanism->name, c.flag,
			 c.type ? "=" : "", c.type ? c.type : "");
}

static void is_chosen(const struct cpl_sasl_conf *conf, const char *mechanisms,
		      const char *bindings, const char *expected)
{
	struct cpl_err e = CPL_ERR_INIT;
	char name[80];

	chosen(conf, mechanisms, bindings, name, &e);
	if (!CHECK_STR(name, expected))
		printf("# of '%s', bindings '%s'\n", mechanisms,
		       bindings ? bindings : "not said");
	if (*expected != '-')
		CHECK_INT(e.status, CPL_OK);
}

static void none_chosen(const struct cpl_sasl_conf *conf,
			const char *mechanisms, const char *text)
{
	struct cpl_err e = CPL_ERR_INIT;
	char name[80];

	chosen(conf, mechanisms, NULL, name, &e);
	CHECK_STR(name, "-");
	CHECK_INT(e.status, CPL_UNAVAILABLE);
	CHECK_STR(e.text, text);
}

/* Of all that can be done the first is taken, wherever it stands in the offer,
 * then the offer without it. */
static void preference(void)
{
	static const char *const order[] = {
	    "EXTERNAL",           "SCRAM-SHA-512-PLUS",
	    "SCRAM-SHA-256-PLUS", "SCRAM-SHA-1-PLUS",
	    "SCRAM-SHA-512",      "SCRAM-SHA-256",
	    "SCRAM-SHA-1",        "PLAIN",
	};
	enum { N = sizeof order / sizeof *order };
	struct cpl_sasl_conf c = romeo("x");

	c.have_cert = 1;
	for (size_t first = 0; first < N; first++) {
		char up[200] = "", down[200] = "ANONYMOUS X-OAUTH2 ";
		char expected[80];
		size_t n = 0, m = strlen(down);

		for (size_t i = first; i < N; i++)
			n += (size_t)snprintf(up + n, sizeof up - n, "%s ",
					      order[i]);
		for (size_t i = N; i-- > first;)
			m += (size_t)snprintf(down + m, sizeof down - m, "%s ",
					      order[i]);
		snprintf(expected, sizeof expected, "%s%s", order[first],
			 first == 0   ? ""
			 : first <= 3 ? " p=tls-exporter"
			 : first <= 6 ? " y"
				      : "");
		is_chosen(&c, up, NULL, expected);
		is_chosen(&c, down, NULL, expected);
	}
}

static void names_are_whole(void)
{
	struct cpl_sasl_conf c = romeo("x");

	is_chosen(&c, "XSCRAM-SHA-1 PLAIN ", NULL, "PLAIN");
	is_chosen(&c, "SCRAM-SHA-1X PLAIN ", NULL, "PLAIN");
	is_chosen(&c, "SCRAM-SHA-1-PLU PLAIN ", NULL, "PLAIN");
	is_chosen(&c, "scram-sha-1 PLAIN ", NULL, "PLAIN");
	is_chosen(&c, "PLAIN SCRAM-SHA-1 ", NULL, "SCRAM-SHA-1 y");
	/* the offer of -PLUS alone is none of what has no binding */
	c.channel.exporter_len = c.channel.end_point_len = -1;
	is_chosen(&c, "SCRAM-SHA-1-PLUS ", NULL, "-");
}

/* Which type is bound to, by what the connection has and the server names. */
static void binding_types(void)
{
	static const struct {
		int version, exporter, unique, end_point;
		const char *named, *expected;
	} cases[] = {
	    {0x0304, 32, -1, 32, NULL, "tls-exporter"},
	    {0x0304, 32, -1, -1, NULL, "tls-exporter"},
	    {0x0304, -1, -1, 32, NULL, "tls-server-end-point"},
	    /* an element that names nothing is as good as none */
	    {0x0304, 32, -1, 32, "", "tls-exporter"},
	    /* RFC 9266 3: the default before TLS 1.3 is another */
	    {0x0303, 32, 12, 32, NULL, "tls-unique"},
	    {0x0303, -1, -1, 32, NULL, "tls-server-end-point"},
	    {0x0304, 32, -1, 32, "tls-exporter tls-server-end-point ",
	     "tls-exporter"},
	    {0x0304, 32, -1, 32, "tls-server-end-point tls-exporter ",
	     "tls-exporter"},
	    {0x0304, 32, -1, 32, "tls-server-end-point ",
	     "tls-server-end-point"},
	    {0x0304, 32, -1, 32, "tls-unique tls-server-end-point ",
	     "tls-server-end-point"},
	    {0x0304, -1, -1, 32, "tls-exporter tls-server-end-point ",
	     "tls-server-end-point"},
	    {0x0303, 32, 12, 32,
	     "tls-server-end-point tls-unique tls-exporter ", "tls-exporter"},
	    {0x0303, 32, 12, 32, "tls-server-end-point tls-unique ",
	     "tls-unique"},
	    {0x0303, 32, 12, 32, "tls-unique ", "tls-unique"},
	    {0x0303, -1, -1, 32, "tls-unique tls-server-end-point ",
	     "tls-server-end-point"},
	    {0x0304, -1, -1, -1, NULL, NULL},
	    {0x0304, 0, 0, 0, NULL, NULL},
	    {0x0304, 32, -1, -1, "tls-server-end-point ", NULL},
	    {0x0304, -1, -1, 32, "tls-exporter ", NULL},
	    {0x0304, 32, -1, 32, "tls-unique ", NULL},
	    {0x0303, 32, -1, 32, "tls-unique ", NULL},
	    {0x0304, 32, -1, 32, "tls-exporter-2 ", NULL},
	};

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct cpl_sasl_conf c = romeo("x");
		char expected[80];

		c.channel.version = cases[i].version;
		c.channel.exporter_len = cases[i].exporter;
		c.channel.unique_len = cases[i].unique;
		c.channel.end_point_len = cases[i].end_point;
		snprintf(expected, sizeof expected, "SCRAM-SHA-1%s%s",
			 cases[i].expected ? "-PLUS p=" : " n",
			 cases[i].expected ? cases[i].expected : "");
		is_chosen(&c, "SCRAM-SHA-1 SCRAM-SHA-1-PLUS ", cases[i].named,
			  expected);
	}
}

/* RFC 5802 6, XEP-0440 3: "y" over TLS if the server offers to bind nothing at
 * all; and what it has to prove before it gets a proof of ours. */
static void flags(void)
{
	enum { NOTHING, NONE_KNOWN, NONE_OFFERED };
	static const char *const texts[] = {
	    NULL,
	    "the server offers no channel binding that we have; it does not "
	    "prove its offer (XEP-0474), so somebody in between may have "
	    "changed that",
	    "the server names channel bindings, but offers no login that is "
	    "bound to one; it does not prove its offer (XEP-0474), so somebody "
	    "in between may have changed that",
	};
	static const struct {
		int verified, end_point, must_prove;
		const char *mechanisms, *bindings, *expected;
	} cases[] = {
	    /* rule 3 */
	    {1, 32, NOTHING, "SCRAM-SHA-1 ", NULL, "SCRAM-SHA-1 y"},
	    {1, 32, NOTHING, "SCRAM-SHA-1 ", "", "SCRAM-SHA-1 y"},
	    {1, -1, NOTHING, "SCRAM-SHA-1 ", NULL, "SCRAM-SHA-1 y"},
	    /* rule 2: nothing can be bound to without TLS */
	    {0, -1, NOTHING, "SCRAM-SHA-1 ", NULL, "SCRAM-SHA-1 n"},
	    {0, -1, NOTHING, "SCRAM-SHA-1 SCRAM-SHA-1-PLUS ", NULL,
	     "SCRAM-SHA-1 n"},
	    {0, -1, NOTHING, "SCRAM-SHA-1 ", "tls-exporter ", "SCRAM-SHA-1 n"},
	    /* rule 6 */
	    {1, -1, NONE_KNOWN, "SCRAM-SHA-1 SCRAM-SHA-1-PLUS ", NULL,
	     "SCRAM-SHA-1 n"},
	    {1, 32, NONE_KNOWN, "SCRAM-SHA-1 SCRAM-SHA-1-PLUS ", "tls-x ",
	     "SCRAM-SHA-1 n"},
	    {1, 32, NONE_KNOWN, "SCRAM-SHA-1 SCRAM-SHA-9-PLUS ",
	     "tls-server-end-point ", "SCRAM-SHA-1 n"},
	    {1, 32, NOTHING, "SCRAM-SHA-512 SCRAM-SHA-1-PLUS ",
	     "tls-server-end-point ",
	     "SCRAM-SHA-1-PLUS p=tls-server-end-point"},
	    /* rule 5, but for PLAIN */
	    {1, 32, NONE_OFFERED, "SCRAM-SHA-1 PLAIN ", "tls-exporter ",
	     "SCRAM-SHA-1 n"},
	    {1, 32, NOTHING, "PLAIN ", "tls-exporter ", "PLAIN"},
	    /* names that only look like it */
	    {1, 32, NOTHING, "SCRAM-SHA-1 X-PLUSH ", NULL, "SCRAM-SHA-1 y"},
	};

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct cpl_sasl_conf c = romeo("x");
		struct cpl_sasl_offer offer = {.mechanisms =
						   cases[i].mechanisms,
					       .bindings = cases[i].bindings};
		struct cpl_sasl_choice choice;
		struct cpl_err e = CPL_ERR_INIT;

		c.channel.verified = cases[i].verified;
		c.channel.exporter_len = -1;
		c.channel.end_point_len = cases[i].end_point;
		is_chosen(&c, cases[i].mechanisms, cases[i].bindings,
			  cases[i].expected);
		CHECK_INT(cpl_sasl_choose(&c, &offer, &choice, &e), 0);
		if (!CHECK_STR(cpl_sasl_must_prove(&c.channel, &c.pins, &offer,
						   &choice),
			       texts[cases[i].must_prove]))
			printf("# case %zu\n", i);
	}
}

/* XEP-0440 3, rule 4: in the profile of XEP-0388 alone, and for SCRAM alone. */
static void types_left_out(void)
{
	struct cpl_sasl_conf c = romeo("x");
	struct cpl_sasl_offer offer = {
	    .mechanisms = "EXTERNAL SCRAM-SHA-1-PLUS SCRAM-SHA-1 PLAIN ",
	    .two = 1};
	struct cpl_sasl_choice choice;
	struct cpl_err e = CPL_ERR_INIT;

	CHECK_INT(cpl_sasl_choose(&c, &offer, &choice, &e), -1);
	CHECK_INT(e.status, CPL_PROTOCOL);
	CHECK_STR(e.text, "the server offers to bind the login to the "
			  "connection, but does not say by what; somebody in "
			  "between may have taken that out (XEP-0440)");
	c.channel.exporter_len = c.channel.end_point_len = -1;
	CHECK_INT(cpl_sasl_choose(&c, &offer, &choice, &e), -1);
	c.have_cert = 1;
	CHECK_INT(cpl_sasl_choose(&c, &offer, &choice, &e), 0);
	CHECK_STR(choice.mechanism->name, "EXTERNAL");
	c = romeo("x");
	offer.bindings = "tls-exporter ";
	CHECK_INT(cpl_sasl_choose(&c, &offer, &choice, &e), 0);
	CHECK_STR(choice.mechanism->name, "SCRAM-SHA-1-PLUS");
	offer.bindings = NULL;
	offer.two = 0;
	CHECK_INT(cpl_sasl_choose(&c, &offer, &choice, &e), 0);
	CHECK_STR(choice.mechanism->name, "SCRAM-SHA-1-PLUS");
}

/* What a login was bound over holds for that version of TLS and older ones. */
static void pinned_binding(void)
{
	static const struct {
		int verified, version, bound, must_prove;
		const char *mechanisms, *bindings;
	} cases[] = {
	    {1, 0x0304, 0x0304, 1, "SCRAM-SHA-1 ", NULL},
	    {1, 0x0303, 0x0304, 1, "SCRAM-SHA-1 ", NULL},
	    {1, 0x0304, 0xffff, 1, "SCRAM-SHA-1 ", NULL},
	    {1, 0x0304, 0x0303, 0, "SCRAM-SHA-1 ", NULL},
	    {1, 0x0304, 0, 0, "SCRAM-SHA-1 ", NULL},
	    /* it is what is said first */
	    {1, 0x0304, 0x0304, 1, "SCRAM-SHA-1 ", "tls-exporter "},
	    {1, 0x0304, 0x0304, 1, "SCRAM-SHA-1 SCRAM-SHA-1-PLUS ", "tls-x "},
	    {1, 0x0304, 0x0304, 0, "SCRAM-SHA-1-PLUS ", "tls-exporter "},
	    {1, 0x0304, 0x0304, 0, "EXTERNAL SCRAM-SHA-1 ", NULL},
	    /* who asks for no TLS has no channel to be bound to */
	    {0, 0, 0x0304, 0, "SCRAM-SHA-1 ", NULL},
	};

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct cpl_sasl_conf c = romeo("x");
		struct cpl_sasl_offer offer = {.mechanisms =
						   cases[i].mechanisms,
					       .bindings = cases[i].bindings};
		struct cpl_sasl_choice choice;
		struct cpl_err e = CPL_ERR_INIT;

		c.have_cert = 1;
		c.channel.verified = cases[i].verified;
		c.channel.version = cases[i].version;
		c.pins.bound = cases[i].bound;
		CHECK_INT(cpl_sasl_choose(&c, &offer, &choice, &e), 0);
		if (!CHECK_STR(
			cpl_sasl_must_prove(&c.channel, &c.pins, &offer,
					    &choice),
			cases[i].must_prove
			    ? "a login to this server was bound to the "
			      "connection before, and now none can be; it does "
			      "not prove its offer (XEP-0474), so somebody in "
			      "between may have changed that; if the server "
			      "was really changed: --forget"
			    : NULL))
			printf("# case %zu\n", i);
	}
}

static void pinned_mechanism(void)
{
	struct cpl_sasl_conf c = romeo("x");
	struct cpl_err e = CPL_ERR_INIT;
	char name[80];

	c.pins.no_plain = 1;
	is_chosen(&c, "PLAIN SCRAM-SHA-1 ", NULL, "SCRAM-SHA-1 y");
	for (int i = 0; i < 2; i++) {
		chosen(&c, i ? "PLAIN " : "EXTERNAL PLAIN X-OAUTH2 ", NULL,
		       name, &e);
		CHECK_STR(name, "-");
		CHECK_INT(e.status, CPL_PROTOCOL);
		CHECK_STR(e.text,
			  "there was a better login to this server than PLAIN, "
			  "which is all that is left of it: somebody in "
			  "between may want the password; if the server was "
			  "really changed: --forget");
	}
	/* what would not be used for another reason is refused for that one */
	none_chosen(&c, "X-OAUTH2 ",
		    "no usable way to log in; the server offers: X-OAUTH2");
	c.channel.verified = 0;
	none_chosen(&c, "PLAIN ",
		    "no usable way to log in; the server offers: PLAIN (PLAIN "
		    "is used over verified TLS only)");
	c = romeo(NULL);
	c.pins.no_plain = 1;
	none_chosen(&c, "PLAIN ",
		    "no usable way to log in; the server offers: PLAIN (and "
		    "there is no password)");
}

static void plain_over_verified_tls_alone(void)
{
	struct cpl_sasl_conf c = romeo("x");

	is_chosen(&c, "PLAIN ", NULL, "PLAIN");
	c.channel.verified = 0;
	none_chosen(&c, "PLAIN ",
		    "no usable way to log in; the server offers: PLAIN (PLAIN "
		    "is used over verified TLS only)");
	none_chosen(&c, "X-OAUTH2 PLAIN ANONYMOUS ",
		    "no usable way to log in; the server offers: X-OAUTH2 "
		    "PLAIN ANONYMOUS (PLAIN is used over verified TLS only)");
	is_chosen(&c, "PLAIN SCRAM-SHA-256 ", NULL, "SCRAM-SHA-256 n");
}

static void external_with_certificate_alone(void)
{
	struct cpl_sasl_conf c = romeo("x");

	is_chosen(&c, "EXTERNAL PLAIN ", NULL, "PLAIN");
	none_chosen(&c, "EXTERNAL ",
		    "no usable way to log in; the server offers: EXTERNAL");
	c.have_cert = 1;
	is_chosen(&c, "PLAIN EXTERNAL ", NULL, "EXTERNAL");
	c.password = NULL;
	c.password_len = 0;
	is_chosen(&c, "PLAIN EXTERNAL ", NULL, "EXTERNAL");
	none_chosen(&c, "PLAIN SCRAM-SHA-1 ",
		    "no usable way to log in; the server offers: PLAIN "
		    "SCRAM-SHA-1 (and there is no password)");
}

static void anonymous_without_user_alone(void)
{
	struct cpl_sasl_conf c = romeo(NULL);

	none_chosen(&c, "ANONYMOUS ",
		    "no usable way to log in; the server offers: ANONYMOUS "
		    "(and there is no password)");
	c.local = NULL;
	c.bare = "montague.lit";
	is_chosen(&c, "PLAIN SCRAM-SHA-1 ANONYMOUS ", NULL, "ANONYMOUS");
	c.channel.verified = 0;
	is_chosen(&c, "ANONYMOUS ", NULL, "ANONYMOUS");
	c.password = "x";
	c.password_len = 1;
	is_chosen(&c, "PLAIN SCRAM-SHA-1 ANONYMOUS ", NULL, "ANONYMOUS");
	none_chosen(&c, "SCRAM-SHA-1 ",
		    "no usable way to log in; the server offers: SCRAM-SHA-1");
}

static void nothing_offered(void)
{
	struct cpl_sasl_conf c = romeo("x");

	none_chosen(&c, "", "the server offers no way to log in");
	none_chosen(&c, "X-OAUTH2 DIGEST-MD5 ",
		    "no usable way to log in; the server offers: X-OAUTH2 "
		    "DIGEST-MD5");
}

int main(void)
{
	RUN(preference);
	RUN(names_are_whole);
	RUN(binding_types);
	RUN(flags);
	RUN(types_left_out);
	RUN(pinned_binding);
	RUN(pinned_mechanism);
	RUN(plain_over_verified_tls_alone);
	RUN(external_with_certificate_alone);
	RUN(anonymous_without_user_alone);
	RUN(nothing_offered);
	return unit_end();
}
