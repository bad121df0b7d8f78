/* SPDX-License-Identifier: MIT
 *
 * The contacts of stdin or of a file, all of them before anything else happens:
 * a part of a list is not what was meant. A record that is malformed, or that
 * the tool does not want, is the run's complaint, "FILE:LINE: why", and costs
 * only itself. The struct owns the contacts, at most CPL_CONTACTS_MAX, and the
 * descriptor of a file; zero-filled it is stdin. The run outlives it. */
#ifndef CPL_CONTACT_INPUT_H
#define CPL_CONTACT_INPUT_H

#include "../stanza/contact_record.h"
#include "../stanza/contacts.h"
#include "input.h"
#include "run.h"

struct cpl_contact_input_conf {
	/* The addresses are what counts: of block lists, too. */
	int addresses;
	/* What is wrong with a contact besides: 0, or -1 with e; or NULL. */
	int (*check)(void *user, const struct cpl_contact *c,
		     struct cpl_err *e);
	/* All was read; or that has failed, and why was said. Not where the run
	 * was given up. */
	void (*end)(void *user, int failed);
	void *user;
};

struct cpl_contact_input {
	struct cpl_contacts all; /* of each the last record */
	size_t refused;          /* records */
	const char *name;        /* for messages */
	int fd;
	struct cpl_input *input;
	struct cpl_run *run;
	struct cpl_contact_input_conf conf;
};

/* Opens the file ("-": stdin); one that cannot be opened ends the process
 * (66). path outlives in. */
void cpl_contact_input_open(struct cpl_contact_input *in, struct cpl_cli *cli,
			    const char *path);

/* Begins to read. */
void cpl_contact_input_start(struct cpl_contact_input *in, struct cpl_run *run,
			     const struct cpl_contact_input_conf *conf);

/* Before the run's loop goes. */
void cpl_contact_input_release(struct cpl_contact_input *in);

#endif
