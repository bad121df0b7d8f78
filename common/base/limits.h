/* SPDX-License-Identifier: MIT
 *
 * Every limit of the project, in one place. Sizes are bytes and times are
 * milliseconds unless the name says otherwise. */
#ifndef CPL_LIMITS_H
#define CPL_LIMITS_H

/* XML: libstrophe's tree is rendered and freed by recursion, appends a child by
 * walking the list and finds an attribute in a list of an eighth of them, so
 * depth and numbers are bounded as well as the size, which on the wire is
 * CPL_STANZA_BYTES_MAX and on stdin, where escapes can make more of the same,
 * CPL_RECORD_MAX. Each element of the tree has a copy of its namespace. */
#define CPL_STANZA_BYTES_MAX (1024 * 1024)
#define CPL_STANZA_DEPTH_MAX 60
#define CPL_STANZA_ELEMENTS_MAX 20000
#define CPL_STANZA_ATTRIBUTES_MAX 1000 /* of one element */
#define CPL_STANZA_NAMESPACE_MAX 512

/* Of the tree's memory so much is dealt out by ourselves, in blocks of so many
 * bytes at most (stanza/slab): ten messages as they usually are. */
#define CPL_SLAB_BYTES (64 * 1024)
#define CPL_SLAB_BLOCK_MAX 512

/* RFC 7622 3.2 to 3.4: each part of a JID, in bytes of UTF-8. */
#define CPL_JID_PART_MAX 1023
#define CPL_JID_MAX (3 * CPL_JID_PART_MAX + 2)

/* One record of stdin where the server names no limit of its own. */
#define CPL_RECORD_MAX (16 * 1024 * 1024)

/* Of one contact list. */
#define CPL_CONTACTS_MAX 100000

/* One record of output: a stanza of the size above may declare one long
 * namespace over and over, where each name of it has to have its own. */
#define CPL_RECORD_OUT_MAX (128 * 1024 * 1024)

/* What may wait in a link's output buffer before a tool has to hold back. */
#define CPL_LINK_OUT_MAX (32 * 1024 * 1024)

/* Stanzas sent and not acknowledged: a tool stops reading stdin there. */
#define CPL_WINDOW_STANZAS 1000
#define CPL_WINDOW_BYTES (1024 * 1024)
#define CPL_WINDOW_MARK (16 * 1024) /* of those sent again: asked for proof */

/* Stanzas received while stdout blocks: the socket is not read above it. */
#define CPL_BACKLOG_STANZAS 2000
#define CPL_BACKLOG_BYTES (4 * 1024 * 1024)

/* Bytes of answers that wait for stdout: no more is asked above it. */
#define CPL_ANSWERS_BYTES (256 * 1024)

/* An <a/> unasked after so many received stanzas (a server may end a session
 * with thousands unacknowledged). */
#define CPL_ACK_EVERY 100

/* Messages of an archive that are asked for at once; ids of those that came
 * last from it, by which a live copy is recognised. */
#define CPL_ARCHIVE_PAGE 100
#define CPL_ARCHIVE_SEEN 4096

/* A cursor is written after so many messages, or so long after one. */
#define CPL_CURSOR_EVERY 500
#define CPL_CURSOR_MS 1000

/* A walk through service discovery: entities that it finds by itself unless
 * the user wants more, requests under way, items of a page, pages of a list. */
#define CPL_BROWSE_ENTITIES 1000
#define CPL_BROWSE_ENTITIES_MAX 100000
#define CPL_BROWSE_PARALLEL 32
#define CPL_BROWSE_PAGE 100
#define CPL_BROWSE_PAGES_MAX 1000

/* A data form: its fields, and the values and options of all of them. */
#define CPL_FORM_FIELDS_MAX 1000
#define CPL_FORM_VALUES_MAX 10000

/* The queue on disk: entries that wait, bytes of one, how many are on their way
 * at once (each is an open file), and how many a send by hand takes along. */
#define CPL_QUEUE_ENTRIES_MAX 100000
#define CPL_QUEUE_ENTRY_MAX CPL_RECORD_MAX
#define CPL_QUEUE_FLIGHT 100
#define CPL_QUEUE_ALONG 100

/* Between two attempts of the service to send the queue a random time of at
 * most so much, doubled with each that fails. */
#define CPL_QUEUE_WAIT_FIRST_MS 1000
#define CPL_QUEUE_WAIT_MOST_MS (5 * 60 * 1000)

/* Addresses whose presence is remembered, and of one account at most. */
#define CPL_SIGHT_MAX 20000
#define CPL_SIGHT_ACCOUNT_MAX 100

/* How long presence is waited for from servers that do not answer. */
#define CPL_SETTLE_MS 5000

/* Of a long contact list, so many are named of whom nothing is known. */
#define CPL_UNKNOWN_NAMED 10
/* Keys of messages that were received (--dedup): how many are known, and the
 * seconds after which one is forgotten. */
#define CPL_DEDUP_KEYS 100000
#define CPL_DEDUP_AGE_S (30 * 24 * 3600)

/* How long it is waited for who may be a room to say so, and how long a room
 * may take to answer a join. */
#define CPL_OCCUPANT_MS 5000
#define CPL_ROOM_JOIN_MS (30 * 1000)

/* Nicks that are tried in a room where the wanted one is taken. */
#define CPL_ROOM_NICKS 30

/* How long a room may say nothing of what it was sent, or nothing of its past;
 * messages of its history that are asked for besides those that are looked for;
 * pages of its archive that are read. */
#define CPL_SAID_WAIT_MS (60 * 1000)
#define CPL_SAID_HISTORY 50
#define CPL_SAID_PAGES 50

/* Rooms that one run is in, messages of their past that may be asked for, and
 * after what silence a room is asked whether we are still in it. */
#define CPL_ROOMS_MAX 1000
#define CPL_ROOM_HISTORY_MAX 100000
#define CPL_ROOM_SILENCE_MS (5 * 60 * 1000)

/* RFC 6120 13.12: no server may have a smaller limit on a stanza. */
#define CPL_STANZA_SURE_BYTES 10000

/* A token in place of a password (XEP-0484). */
#define CPL_TOKEN_MAX 4096

/* Messages whose receipts are waited for: no more are sent above it. */
#define CPL_RECEIPTS_WAITING 10000

/* The width and the precision of one value of a template, in characters. */
#define CPL_TEMPLATE_WIDTH_MAX 10000

/* Requests that wait for a command to answer them, and commands at once; the
 * bytes of those that wait are bounded by CPL_BACKLOG_BYTES. */
#define CPL_REQUESTS_WAITING 1000
#define CPL_JOBS_MAX 100

/* An answer of a command, as a stanza, where the server does not say what it
 * takes: what ejabberd's own configuration has for clients. */
#define CPL_ANSWER_MAX (256 * 1024)

/* The value of a variable that a command is given; Linux takes 128 KB. */
#define CPL_VARIABLE_MAX (64 * 1024)

/* A spool is cut when all of it was taken and it has so many bytes. */
#define CPL_SPOOL_CUT (1024 * 1024)

/* Configuration, password and recipients files. */
#define CPL_CONFIG_BYTES_MAX (1024 * 1024)
#define CPL_CONFIG_DEPTH_MAX 16
#define CPL_SECRET_MAX 4096
#define CPL_RECIPIENTS_MAX 10000
#define CPL_PASSWORD_COMMAND_MS (30 * 1000)

/* RFC 7677 4 asks for 4096 at least; above the maximum a server could hold a
 * client for many seconds: a million take about one. The vectors of RFC 5802
 * use 4096. */
#define CPL_SCRAM_ITERATIONS_MIN 4096
#define CPL_SCRAM_ITERATIONS_MAX 1000000

/* RFC 8305 5 and 8: delay between two attempts, delay for the missing
 * address family. */
#define CPL_DIAL_STAGGER_MS 250
#define CPL_DIAL_RESOLUTION_DELAY_MS 50
#define CPL_DIAL_TARGETS_MAX 64

/* TCP Fast Open, alone, for so long: RFC 6298 2.1, the first retransmission of
 * a SYN. */
#define CPL_DIAL_FAST_OPEN_MS 1000

/* The place where a login succeeded is tried first for so long at least and at
 * most; in between it is as DNS says. */
#define CPL_PLACE_TTL_MIN_S 60
#define CPL_PLACE_TTL_MAX_S (24 * 3600)
/* Addresses that xinfo --all looks at. */
#define CPL_PROBES_MAX 64

#define CPL_CONNECT_TIMEOUT_MS (30 * 1000)
#define CPL_BOUNCE_WAIT_MS 2000

/* Between two attempts to connect again a random time of at most so much,
 * doubled with each that fails; a connection that held for CALM starts anew. */
#define CPL_RETRY_FIRST_MS 1000
#define CPL_RETRY_MOST_MS (60 * 1000)
#define CPL_RETRY_CALM_MS (10 * 1000)
#define CPL_RETRY_S_MAX 31536000 /* seconds that --retry may say */
#define CPL_REDIRECTS_MAX 5

/* When nothing has come for so long the server is asked for a sign of life, and
 * given up when there is none. What was sent and what TCP has no word of ends
 * the connection in the same time. */
#define CPL_ALIVE_IDLE_MS (120 * 1000)
#define CPL_ALIVE_WAIT_MS (30 * 1000)

/* When a server is asked again that has answered with less than it was asked
 * for: it may deal with what it has read only then (XEP-0198 4). */
#define CPL_ASK_AGAIN_MS 1000

/* How long a server may take to show that it understands what comes over a
 * resumed stream. */
#define CPL_RESUMED_WAIT_MS (30 * 1000)

/* A line of the delivery log, and how long syslog may make a run wait, once. */
#define CPL_LEDGER_LINE_MAX (64 * 1024)
#define CPL_LEDGER_WAIT_MS 1000

/* How a run stands is shown for the first time, and then at most so often, on a
 * terminal and in lines. */
#define CPL_PROGRESS_FIRST_MS 1000
#define CPL_PROGRESS_MS 250
#define CPL_PROGRESS_LINE_MS 5000

/* After a signal or an error the stream is closed for so long at most. */
#define CPL_CLOSE_MS 2000

#endif
