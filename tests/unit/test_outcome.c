/* SPDX-License-Identifier: MIT */
#include "../../common/cli/outcome.h"

#include <signal.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "unit.h"

/* One of each class of design (couplet(7), EXIT STATUS), and none. */
static const enum cpl_status own[] = {CPL_OK, CPL_INTERNAL, CPL_SYSTEM, CPL_IO};
static const enum cpl_status input[] = {CPL_OK, CPL_USAGE, CPL_DATA,
					CPL_NOINPUT, CPL_CONFIG};
static const enum cpl_status cause[] = {
    CPL_OK,          CPL_REFUSED, CPL_PARTIAL,  CPL_QUEUED, CPL_NOHOST,
    CPL_UNAVAILABLE, CPL_TEMP,    CPL_PROTOCOL, CPL_AUTH,   CPL_TIMEOUT};

#define N(a) (sizeof(a) / sizeof *(a))

/* The rule in its own words: a signal, then 70/71/74, then 64/65/66/78 if
 * nothing went through, then 2 if something did, then the single cause. */
static int expected(int signal_, int went, enum cpl_status o, enum cpl_status i,
		    enum cpl_status c)
{
	if (signal_)
		return 128 + signal_;
	if (o != CPL_OK)
		return (int)o;
	if (i != CPL_OK && !went)
		return (int)i;
	if ((i != CPL_OK || c != CPL_OK) && went)
		return 2;
	return (int)c;
}

/* In each order in which they may happen. */
static void one(int signal_, int went, const enum cpl_status s[3])
{
	static const int orders[6][3] = {{0, 1, 2}, {0, 2, 1}, {1, 0, 2},
					 {1, 2, 0}, {2, 0, 1}, {2, 1, 0}};

	for (size_t i = 0; i < 6; i++) {
		struct cpl_outcome o = {.signal = signal_,
					.went_through = went};

		for (size_t k = 0; k < 3; k++)
			cpl_outcome_add(&o, s[orders[i][k]]);
		if (!CHECK_INT(cpl_outcome_status(&o),
			       expected(signal_, went, s[0], s[1], s[2])))
			printf("# signal %d, went %d, %d %d %d\n", signal_,
			       went, s[0], s[1], s[2]);
	}
}

static void every_combination(void)
{
	static const int signals[] = {0, SIGINT, SIGTERM, SIGPIPE};

	for (size_t s = 0; s < N(signals); s++)
		for (int went = 0; went < 2; went++)
			for (size_t o = 0; o < N(own); o++)
				for (size_t i = 0; i < N(input); i++)
					for (size_t c = 0; c < N(cause); c++)
						one(signals[s], went,
						    (enum cpl_status[]){
							own[o], input[i],
							cause[c]});
}

static void the_first_of_a_class_stays(void)
{
	struct cpl_outcome o = {0};

	cpl_outcome_add(&o, CPL_TEMP);
	cpl_outcome_add(&o, CPL_REFUSED);
	CHECK_INT(cpl_outcome_status(&o), CPL_TEMP);
	cpl_outcome_add(&o, CPL_DATA);
	cpl_outcome_add(&o, CPL_USAGE);
	CHECK_INT(cpl_outcome_status(&o), CPL_DATA);
	cpl_outcome_add(&o, CPL_IO);
	cpl_outcome_add(&o, CPL_SYSTEM);
	cpl_outcome_add(&o, CPL_OK);
	CHECK_INT(cpl_outcome_status(&o), CPL_IO);
}

static void nothing_happened(void)
{
	struct cpl_outcome o = {0};

	CHECK_INT(cpl_outcome_status(&o), 0);
	o.went_through = 1;
	CHECK_INT(cpl_outcome_status(&o), 0);
	cpl_outcome_add(&o, CPL_OK);
	CHECK_INT(cpl_outcome_status(&o), 0);
}

/* How a process ends by it: its status, or the signal with 1000 on top. */
static int end_of(const struct cpl_outcome *o)
{
	int status;
	pid_t pid;

	fflush(stdout);
	pid = fork();
	if (pid == 0) {
		const struct rlimit none = {0, 0};
		sigset_t all;

		setrlimit(RLIMIT_CORE, &none);
		/* neither a mask nor an ignored signal holds it up */
		sigfillset(&all);
		sigprocmask(SIG_BLOCK, &all, NULL);
		signal(SIGINT, SIG_IGN);
		cpl_outcome_exit(o);
	}
	CHECK_INT(waitpid(pid, &status, 0), pid);
	return WIFSIGNALED(status) ? 1000 + WTERMSIG(status)
				   : WEXITSTATUS(status);
}

static void exits(void)
{
	CHECK_INT(end_of(&(struct cpl_outcome){0}), 0);
	CHECK_INT(end_of(&(struct cpl_outcome){.cause = CPL_AUTH}), 77);
	CHECK_INT(
	    end_of(&(struct cpl_outcome){.cause = CPL_AUTH, .went_through = 1}),
	    2);
	CHECK_INT(end_of(&(struct cpl_outcome){.signal = SIGINT}),
		  1000 + SIGINT);
	CHECK_INT(
	    end_of(&(struct cpl_outcome){.signal = SIGHUP, .own = CPL_IO}),
	    1000 + SIGHUP);
	/* the reader is gone: quiet, but told */
	CHECK_INT(end_of(&(struct cpl_outcome){.signal = SIGPIPE}), 141);
}

int main(void)
{
	RUN(every_combination);
	RUN(the_first_of_a_class_stays);
	RUN(nothing_happened);
	RUN(exits);
	return unit_end();
}
