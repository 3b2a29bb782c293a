/*
 * tap_ask.h - starts a tap, or a program of its environment, for what it then says and not
 * for records: --help, --about, or why it cannot go on.
 */
#ifndef TAPBYTE_TAP_ASK_H
#define TAPBYTE_TAP_ASK_H

#include <stdbool.h>

#include "buffer.h"
#include "error.h"
#include "session.h"

/* Bytes of what is printed (the largest --about known has 60 KB), and of the log. */
#define TAP_ASK_OUTPUT ((size_t)16 << 20)
#define TAP_ASK_LOG ((size_t)1 << 20)

struct tap_question {
	const char *program;          /* instead of the tap; NULL: the tap */
	const char *const *arguments; /* NULL-terminated */
	const char *what;             /* as in struct tap_task */
	unsigned deadline;            /* seconds */
	bool log_only;                /* what it prints does not matter, however much it is */
};

struct tap_answer {
	struct buffer output; /* whole, or no answer at all (`succeeded` is false) */
	struct buffer log;    /* its beginning; without the config's secrets */
	bool succeeded;       /* it ended by itself, and well */
	bool waits;           /* it did not end in time */
};

/*
 * One that prints more than TAP_ASK_OUTPUT is stopped. False: it could not be started, or
 * what it says not be read or kept; that it fails is no error. The answer is to be released
 * in any case.
 */
bool tap_ask(struct session *session, const struct tap_question *question,
	     struct tap_answer *answer);

void tap_answer_release(struct tap_answer *answer);

#endif
