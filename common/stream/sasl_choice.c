/* SPDX-License-Identifier: MIT */
#include "sasl_choice.h"

#include <string.h>

#include "../store/offer.h"

/* In the order in which they are preferred. */
static const struct cpl_sasl_mechanism mechanisms[] = {
    {"EXTERNAL", CPL_SASL_EXTERNAL, NULL, 0},
    {"SCRAM-SHA-512-PLUS", CPL_SASL_SCRAM, "SHA512", 1},
    {"SCRAM-SHA-256-PLUS", CPL_SASL_SCRAM, "SHA256", 1},
    {"SCRAM-SHA-1-PLUS", CPL_SASL_SCRAM, "SHA1", 1},
    {"SCRAM-SHA-512", CPL_SASL_SCRAM, "SHA512", 0},
    {"SCRAM-SHA-256", CPL_SASL_SCRAM, "SHA256", 0},
    {"SCRAM-SHA-1", CPL_SASL_SCRAM, "SHA1", 0},
    {"PLAIN", CPL_SASL_PLAIN, NULL, 0},
    {"ANONYMOUS", CPL_SASL_ANONYMOUS, NULL, 0},
};

enum { MECHANISMS = sizeof mechanisms / sizeof *mechanisms };

#define TLS_1_3 0x0304

#define UNPROVED                                                               \
	"; it does not prove its offer (XEP-0474), so somebody in between "    \
	"may have changed that"

/* What unpins: an option of every tool. */
#define REALLY "; if the server was really changed: --forget"

/* Whether a mechanism is offered that binds, known to us or not. */
static int offers_plus(const struct cpl_sasl_offer *offer)
{
	static const char suffix[] = "-PLUS ";

	return strstr(offer->mechanisms, suffix) != NULL;
}

static int names_types(const struct cpl_sasl_offer *offer)
{
	return offer->bindings && *offer->bindings;
}

/* The binding for -PLUS. XEP-0440 3, rules 1 and 7: the strongest that the
 * server names. Where it names none, the one of the version of TLS (RFC 9266 3,
 * RFC 5802 6.1), and end-point where that is not had. */
static const char *choose_type(const struct cpl_sasl_channel *c,
			       const struct cpl_sasl_offer *offer)
{
	const char *named = names_types(offer) ? offer->bindings : NULL;

	if (c->exporter_len > 0 && (named ? cpl_offer_has(named, "tls-exporter")
					  : c->version >= TLS_1_3))
		return "tls-exporter";
	if (c->unique_len > 0 && (!named || cpl_offer_has(named, "tls-unique")))
		return "tls-unique";
	if (c->end_point_len > 0 &&
	    (!named || cpl_offer_has(named, "tls-server-end-point")))
		return "tls-server-end-point";
	return NULL;
}

static int usable(const struct cpl_sasl_mechanism *m,
		  const struct cpl_sasl_conf *conf, int can_bind)
{
	switch (m->kind) {
	case CPL_SASL_EXTERNAL: return conf->have_cert;
	case CPL_SASL_SCRAM:
		return conf->local && conf->password && (!m->plus || can_bind);
	case CPL_SASL_PLAIN:
		return conf->local && conf->password &&
		       conf->channel.verified && !conf->pins.no_plain;
	case CPL_SASL_TOKEN: return 0;
	case CPL_SASL_ANONYMOUS: break;
	}
	return !conf->local;
}

static int none_usable(const struct cpl_sasl_conf *conf,
		       const struct cpl_sasl_offer *offer, struct cpl_err *e)
{
	const char *why = "";

	if (cpl_offer_has(offer->mechanisms, "PLAIN") &&
	    conf->channel.verified && conf->password && conf->pins.no_plain)
		return cpl_err_set(
		    e, CPL_PROTOCOL,
		    "there was a better login to this server than PLAIN, which "
		    "is all that is left of it: somebody in between may want "
		    "the password" REALLY);
	if (!*offer->mechanisms)
		return cpl_err_set(e, CPL_UNAVAILABLE,
				   "the server offers no way to log in");
	if (cpl_offer_has(offer->mechanisms, "PLAIN") &&
	    !conf->channel.verified)
		why = " (PLAIN is used over verified TLS only)";
	else if (conf->local && !conf->password)
		why = " (and there is no password)";
	return cpl_err_set(e, CPL_UNAVAILABLE,
			   "no usable way to log in; the server offers: "
			   "%.*s%s",
			   (int)strlen(offer->mechanisms) - 1,
			   offer->mechanisms, why);
}

/* RFC 5802 6 and XEP-0440 3, rules 2, 3: "y" claims that the server binds
 * nothing, so that it notices when its offer to do so was taken away. Where it
 * offers that, but nothing that we have, it would have to refuse "y". */
static char choose_flag(const struct cpl_sasl_conf *conf,
			const struct cpl_sasl_offer *offer)
{
	return conf->channel.verified && !offers_plus(offer) &&
		       !names_types(offer)
		   ? 'y'
		   : 'n';
}

int cpl_sasl_choose(const struct cpl_sasl_conf *conf,
		    const struct cpl_sasl_offer *offer,
		    struct cpl_sasl_choice *out, struct cpl_err *e)
{
	const char *type = choose_type(&conf->channel, offer);
	const struct cpl_sasl_mechanism *m = NULL;

	for (size_t i = 0; i < MECHANISMS && !m; i++)
		if (cpl_offer_has(offer->mechanisms, mechanisms[i].name) &&
		    usable(&mechanisms[i], conf, type != NULL))
			m = &mechanisms[i];
	if (!m)
		return none_usable(conf, offer, e);
	/* XEP-0440 3, rule 4. */
	if (m->kind == CPL_SASL_SCRAM && offer->two && offers_plus(offer) &&
	    !names_types(offer))
		return cpl_err_set(e, CPL_PROTOCOL,
				   "the server offers to bind the login to the "
				   "connection, but does not say by what; "
				   "somebody in between may have taken that "
				   "out (XEP-0440)");
	out->mechanism = m;
	out->type = m->plus ? type : NULL;
	out->flag = m->plus ? 'p' : choose_flag(conf, offer);
	return 0;
}

/* XEP-0440 3, rule 6, as XEP-0474 5 has it: a server that binds, but to nothing
 * that we have, is believed when it proves that. Rule 5 would end each login at
 * a server that names types but was told not to offer -PLUS, as both ejabberd
 * and Prosody can be: the proof rules out just as well that somebody in between
 * took it out. It says nothing of PLAIN, which such a server may have alone
 * (Prosody with LDAP): who can take mechanisms out of the offer can take the
 * types out as well, and PLAIN has no proof of anything. */
const char *cpl_sasl_must_prove(const struct cpl_sasl_channel *channel,
				const struct cpl_pins *pins,
				const struct cpl_sasl_offer *offer,
				const struct cpl_sasl_choice *choice)
{
	const struct cpl_sasl_mechanism *m = choice->mechanism;

	if (m->kind != CPL_SASL_SCRAM || m->plus || !channel->verified)
		return NULL;
	if (cpl_pins_bind(pins, channel->version))
		return "a login to this server was bound to the connection "
		       "before, and now none can be" UNPROVED REALLY;
	if (offers_plus(offer))
		return "the server offers no channel binding that we "
		       "have" UNPROVED;
	if (names_types(offer))
		return "the server names channel bindings, but offers no login "
		       "that is bound to one" UNPROVED;
	return NULL;
}
