/*
 * live_answer.h - a command of which one message is expected: that answer, and what came
 * beside it.
 *
 *	struct live_answer answer = { .type = "SPEC", .command = { .verb = "spec" } };
 *
 *	if (live_answer_get(&answer, &tap))
 *		live_answer_judge(&answer, details);
 *	live_answer_release(&answer);
 */
#ifndef TAPBYTE_LIVE_ANSWER_H
#define TAPBYTE_LIVE_ANSWER_H

#include <stdbool.h>
#include <stddef.h>

#include "buffer.h"
#include "live_command.h"

struct live_answer {
	const char *type; /* of the message that is the answer */
	struct live_command command;

	struct buffer line;  /* the first of them */
	size_t count;
	size_t errors;       /* TRACE ERRORs, */
	struct buffer error; /* and the message of the last one */
	size_t broken;       /* lines that are no message */
	bool completed;      /* a STREAM_STATUS COMPLETE was there */
};

/* Runs the command. False: it could not be; tap->error says why. To be released then, too. */
bool live_answer_get(struct live_answer *answer, struct live_tap *tap);
void live_answer_release(struct live_answer *answer);

/* Tells what is wrong, unless it is exit code 0 and one answer with no error beside it. */
void live_answer_judge(const struct live_answer *answer, struct buffer *details);

/* Tells how the command ended, and its error. */
void live_answer_tell_end(const struct live_answer *answer, struct buffer *details);

#endif
