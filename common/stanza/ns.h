/* SPDX-License-Identifier: MIT
 *
 * The namespaces that the project speaks, by the names of their
 * specifications. */
#ifndef CPL_NS_H
#define CPL_NS_H

#define CPL_NS_CLIENT "jabber:client"                    /* RFC 6120 */
#define CPL_NS_STREAM "http://etherx.jabber.org/streams" /* RFC 6120 */
#define CPL_NS_STREAM_ERRORS "urn:ietf:params:xml:ns:xmpp-streams"
#define CPL_NS_STANZA_ERRORS "urn:ietf:params:xml:ns:xmpp-stanzas"
#define CPL_NS_TLS "urn:ietf:params:xml:ns:xmpp-tls"
#define CPL_NS_SASL "urn:ietf:params:xml:ns:xmpp-sasl"
#define CPL_NS_SASL2 "urn:xmpp:sasl:2"                  /* XEP-0388 */
#define CPL_NS_FAST "urn:xmpp:fast:0"                   /* XEP-0484 */
#define CPL_NS_UPGRADE "urn:xmpp:sasl:upgrade:0"        /* XEP-0480 */
#define CPL_NS_SCRAM_UPGRADE "urn:xmpp:scram-upgrade:0" /* XEP-0480 */
#define CPL_NS_SASL_CB "urn:xmpp:sasl-cb:0"             /* XEP-0440 */
#define CPL_NS_BIND "urn:ietf:params:xml:ns:xmpp-bind"
#define CPL_NS_SM "urn:xmpp:sm:3"                        /* XEP-0198 */
#define CPL_NS_PIPELINING "urn:xmpp:features:pipelining" /* XEP-0305 */
#define CPL_NS_LIMITS "urn:xmpp:stream-limits:0"         /* XEP-0478 */
#define CPL_NS_CSI "urn:xmpp:csi:0"                      /* XEP-0352 */
#define CPL_NS_PING "urn:xmpp:ping"                      /* XEP-0199 */
#define CPL_NS_ROSTER "jabber:iq:roster"                 /* RFC 6121 */
#define CPL_NS_ROSTERVER "urn:xmpp:features:rosterver"   /* RFC 6121 2.6.1 */
#define CPL_NS_PRE_APPROVAL                                                    \
	"urn:xmpp:features:pre-approval"   /* RFC 6121 3.4                     \
					    */
#define CPL_NS_VERSION "jabber:iq:version" /* XEP-0092 */
#define CPL_NS_TIME "urn:xmpp:time"        /* XEP-0202 */
#define CPL_NS_DISCO_INFO "http://jabber.org/protocol/disco#info"
#define CPL_NS_DISCO_ITEMS "http://jabber.org/protocol/disco#items"
#define CPL_NS_DATA "jabber:x:data"                         /* XEP-0004 */
#define CPL_NS_CAPS "http://jabber.org/protocol/caps"       /* XEP-0115 */
#define CPL_NS_OFFLINE "http://jabber.org/protocol/offline" /* XEP-0013 */
#define CPL_NS_NICK "http://jabber.org/protocol/nick"       /* XEP-0172 */
#define CPL_NS_RSM "http://jabber.org/protocol/rsm"         /* XEP-0059 */
#define CPL_NS_DELAY "urn:xmpp:delay"                       /* XEP-0203 */
#define CPL_NS_SID "urn:xmpp:sid:0"                         /* XEP-0359 */
#define CPL_NS_MAM "urn:xmpp:mam:2"                         /* XEP-0313 */
#define CPL_NS_FORWARD "urn:xmpp:forward:0"                 /* XEP-0297 */
#define CPL_NS_CARBONS "urn:xmpp:carbons:2"                 /* XEP-0280 */
#define CPL_NS_RECEIPTS "urn:xmpp:receipts"                 /* XEP-0184 */
#define CPL_NS_BLOCKING "urn:xmpp:blocking"                 /* XEP-0191 */
#define CPL_NS_REGISTER "jabber:iq:register"                /* XEP-0077 */
#define CPL_NS_PRIVATE "jabber:iq:private"                  /* XEP-0049 */
#define CPL_NS_STORAGE "storage:bookmarks"                  /* XEP-0048 */
#define CPL_NS_BOOKMARKS "urn:xmpp:bookmarks:1"             /* XEP-0402 */

/* XEP-0060 */
#define CPL_NS_PUBSUB "http://jabber.org/protocol/pubsub"
#define CPL_NS_PUBSUB_OWNER "http://jabber.org/protocol/pubsub#owner"
#define CPL_NS_PUBSUB_ERRORS "http://jabber.org/protocol/pubsub#errors"

/* XEP-0045 */
#define CPL_NS_MUC "http://jabber.org/protocol/muc"
#define CPL_NS_MUC_USER "http://jabber.org/protocol/muc#user"
#define CPL_NS_MUC_OWNER "http://jabber.org/protocol/muc#owner"
#define CPL_NS_MUC_ADMIN "http://jabber.org/protocol/muc#admin"
#define CPL_NS_MUC_STABLE_ID "http://jabber.org/protocol/muc#stable_id"
#define CPL_NS_CONFERENCE "jabber:x:conference" /* XEP-0249 */

/* Our own: files of the queue (queued.h). */
#define CPL_NS_QUEUE "urn:couplet:queue:1"

#endif
