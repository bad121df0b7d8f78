/* SPDX-License-Identifier: MIT */
#include "../../common/cli/taken.h"

#include "unit.h"

static struct cpl_taken t;
static char done[64];

static void act(void *user, const char *text)
{
	CHECK(user == done);
	snprintf(done + strlen(done), sizeof done - strlen(done), "%s",
		 text ? text : "-");
	if (text && strcmp(text, "again") == 0)
		CHECK_INT(cpl_taken_add(&t, 9, act, done, "new"), 0);
}

static void add(uint64_t number, const char *text)
{
	CHECK_INT(cpl_taken_add(&t, number, act, done, text), 0);
}

static void in_order(void)
{
	char own[] = "b";

	done[0] = '\0';
	cpl_taken_upto(&t, 100);
	CHECK_STR(done, "");
	add(1, "a");
	add(3, own);
	own[0] = 'x'; /* it has a copy */
	add(3, NULL);
	add(4, "c");
	cpl_taken_upto(&t, 0);
	CHECK_STR(done, "");
	cpl_taken_upto(&t, 3);
	CHECK_STR(done, "ab-");
	cpl_taken_upto(&t, 3);
	CHECK_STR(done, "ab-");
	cpl_taken_upto(&t, 5);
	CHECK_STR(done, "ab-c");
}

static void an_act_adds(void)
{
	done[0] = '\0';
	add(6, "again");
	cpl_taken_upto(&t, 6);
	CHECK_STR(done, "again");
	cpl_taken_upto(&t, 9);
	CHECK_STR(done, "againnew");
}

static void dropped(void)
{
	done[0] = '\0';
	add(1, "a");
	add(2, "b");
	cpl_taken_release(&t);
	cpl_taken_upto(&t, 9);
	CHECK_STR(done, "");
	add(10, "c");
	cpl_taken_upto(&t, 10);
	CHECK_STR(done, "c");
}

int main(void)
{
	RUN(in_order);
	RUN(an_act_adds);
	RUN(dropped);
	return unit_end();
}
