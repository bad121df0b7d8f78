/* SPDX-License-Identifier: MIT
 *
 * What comes to those who send on a session (played_who.h): to a room, with
 * what was said there, and to people, with receipts. */
#include "../../common/stream/delivery.h"
#include "../../common/stream/receipt.h"
#include "../../common/stream/said.h"

#include "../../common/stanza/message.h"
#include "../../common/stanza/ns.h"
#include "played_who.h"

static uint64_t records;

/* --- rooms ---------------------------------------------------------------- */

static struct cpl_room *room;
static struct cpl_said *said;

static void on_joined(void *user, struct cpl_room *r)
{
	(void)user;
	MUST(cpl_room_is_in(r) && cpl_room_is_own(r, cpl_room_occupant(r)));
	cpl_said_joined(said);
}

static void on_out(void *user, struct cpl_room *r, const struct cpl_err *why,
		   int again)
{
	(void)user;
	MUST(!cpl_room_is_in(r) && again != cpl_room_is_over(r));
	check_why(why);
	cpl_said_out(said);
}

static void on_heard(void *user, const struct cpl_sent *sent)
{
	(void)user;
	MUST(sent->origin.record > 0 && sent->origin.record <= records);
}

static void on_ready(void *user)
{
	(void)user;
}

static void on_doubtful(void *user, size_t count)
{
	(void)user;
	MUST(count > 0);
}

static void room_act(void)
{
	const struct cpl_message how = {.type = "groupchat", .id = "m"};
	struct cpl_origin origin = {records + 1, 0};
	xmpp_stanza_t *m;

	if (!cpl_said_is_ready(said))
		return;
	m = cpl_message_build(session.ctx, &how, "hi");
	MUST(m && cpl_set_attr(m, "to", "hall@chat.capulet.lit") == 0);
	records++;
	if (cpl_said_say(said, m, &origin, NULL) < 0)
		records--;
	xmpp_stanza_release(m);
}

static void room_begin(void)
{
	struct cpl_room_conf conf = {
	    .loop = loop,
	    .session = &session,
	    .jid = "hall@chat.capulet.lit",
	    .nick = "romeo",
	    .create = 1,
	    .timeout = 10000,
	    .retry = 60000,
	    .history = {-1, -1},
	};
	struct cpl_room_events on = {on_joined, on_out, NULL};
	struct cpl_said_conf says = {
	    .loop = loop, .session = &session, .again = 1};
	struct cpl_said_events hears = {on_heard, on_ready, on_doubtful, NULL};

	records = 0;
	room = cpl_room_new(&conf, &on);
	says.room = room;
	said = cpl_said_new(&says, &hears);
	MUST(room && said);
	cpl_room_online(room);
}

static void room_stanza(xmpp_stanza_t *s)
{
	const char *from = xmpp_stanza_get_from(s);

	if (!from || strncmp(from, "hall@chat.capulet.lit", 21) != 0)
		return;
	if (!cpl_room_stanza(room, s))
		(void)cpl_said_stanza(said, s);
}

static void room_again(void)
{
	cpl_said_out(said);
	cpl_room_online(room);
}

static void room_end(void)
{
	MUST(cpl_said_waiting(said) <= records);
	cpl_said_free(said);
	cpl_room_free(room);
}

/* --- deliveries ------------------------------------------------------------
 */

static struct cpl_delivery *delivery;
static struct cpl_receipts *receipts;

static void on_refused(void *user, const struct cpl_origin *origin,
		       const char *from, const char *id,
		       const struct cpl_err *why)
{
	(void)user;
	(void)from;
	MUST(origin->record > 0 && origin->record <= records && id);
	check_why(why);
	cpl_receipts_refused(receipts, origin);
}

static void on_confirmed(void *user, const struct cpl_sent *sent)
{
	(void)user;
	MUST(sent->origin.record > 0 && sent->origin.record <= records);
}

static void on_missing(void *user, const struct cpl_origin *origin,
		       const char *to, const char *id)
{
	(void)user;
	MUST(origin->record <= records && to && id);
}

static void nothing(void *user)
{
	(void)user;
}

static void delivery_act(void)
{
	const struct cpl_message how = {.type = "chat"};
	struct cpl_origin origin = {records + 1, 0};
	xmpp_stanza_t *m;

	if (over || records > 20)
		return;
	m = cpl_message_build(session.ctx, &how, "hi");
	MUST(m && cpl_set_attr(m, "to", "juliet@capulet.lit") == 0);
	MUST(cpl_receipt_request(m) == 0);
	records++;
	if (cpl_delivery_send(delivery, m, &origin, NULL) == 0)
		MUST(cpl_receipts_sent(receipts, m, &origin, session.number) ==
		     0);
	else
		records--;
	xmpp_stanza_release(m);
}

static void delivery_begin(void)
{
	struct cpl_delivery_conf conf = {loop, &session, 1000, 1};
	struct cpl_delivery_events on = {on_refused, on_confirmed, nothing,
					 on_done, NULL};
	struct cpl_receipts_events hears = {on_missing, nothing, NULL};

	records = 0;
	delivery = cpl_delivery_new(&conf, &on);
	receipts = cpl_receipts_new(loop, NULL, 1000, &hears);
	MUST(delivery && receipts);
	delivery_act();
	delivery_act();
}

static void delivery_stanza(xmpp_stanza_t *s)
{
	if (!cpl_receipts_stanza(receipts, s, &session.jid))
		(void)cpl_delivery_stanza(delivery, s);
}

static void delivery_acked(void)
{
	cpl_receipts_acked(receipts, session.number);
	cpl_delivery_acked(delivery, session.number);
	if (records > 4)
		cpl_delivery_finish(delivery);
}

static void delivery_end(void)
{
	MUST(cpl_delivery_confirmed(delivery) <= cpl_delivery_sent(delivery));
	MUST(cpl_delivery_refused(delivery) <= cpl_delivery_sent(delivery));
	MUST(cpl_receipts_come(receipts) <= records);
	session_over();
	cpl_receipts_free(receipts);
	cpl_delivery_free(delivery);
}

/* -------------------------------------------------------------------------- */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct who all[] = {
	    {room_begin, room_stanza, room_again, idle, room_act, room_end},
	    {delivery_begin, delivery_stanza, idle, delivery_acked,
	     delivery_act, delivery_end},
	};

	if (size > 0)
		who_runs(&all[data[0] % (sizeof all / sizeof *all)], data + 1,
			 data + size);
	return 0;
}
