#include "tap_ask.h"

#include "tap_run.h"

struct asked {
	struct tap_run run;
	struct tap_answer *answer;
	bool flooded;
};

static void keep_line(void *owner, struct slice line, bool complete)
{
	struct asked *asked = owner;
	struct buffer *output = &asked->answer->output;

	if (asked->flooded)
		return;
	if (line.length >= TAP_ASK_OUTPUT - output->length) {
		asked->flooded = true;
		tap_process_stop(&asked->run.process, TAP_STOP_ASKED);
		return;
	}
	buffer_append(output, line);
	if (complete)
		buffer_append_char(output, '\n');
}

static void ignore_line(void *owner, struct slice line, bool complete)
{
	(void)owner;
	(void)line;
	(void)complete;
}

static void keep_message(void *owner, struct slice message)
{
	const struct asked *asked = owner;
	struct buffer *log = &asked->answer->log;
	size_t room = TAP_ASK_LOG - log->length;

	if (room == 0)
		return;
	buffer_append(log, slice_of(message.data, message.length < room ? message.length
									: room - 1));
	buffer_append_char(log, '\n');
}

/* What the failure of a tap leaves in the session is nobody's here. */
static bool take_end(struct asked *asked, struct session *session)
{
	struct tap_answer *answer = asked->answer;
	struct error failure = ERROR_NONE;

	answer->succeeded = tap_run_succeeded(&asked->run, &failure) && !asked->flooded;
	answer->waits = asked->run.process.stopped == TAP_STOP_DEADLINE;
	buffer_clear(&session->stack_trace);
	if (asked->run.process.stopped == TAP_STOP_BROKEN)
		return error_set(&session->error, failure.type, "%s", failure.message);
	return (!answer->output.failed && !answer->log.failed) ||
	       error_set_no_memory(&session->error);
}

bool tap_ask(struct session *session, const struct tap_question *question,
	     struct tap_answer *answer)
{
	struct asked asked = { .answer = answer };
	const struct tap_task task = {
		.program = question->program, .arguments = question->arguments,
		.what = question->what, .deadline = question->deadline, .quiet_logs = true,
		.line = question->log_only ? ignore_line : keep_line, .message = keep_message,
		.owner = &asked,
	};
	bool done;

	*answer = (struct tap_answer){ .succeeded = false };
	buffer_init(&answer->output, TAP_ASK_OUTPUT);
	buffer_init(&answer->log, TAP_ASK_LOG);
	if (!tap_run_start(&asked.run, session, &task, &session->error))
		return false;
	tap_run_wait(&asked.run);
	done = take_end(&asked, session);
	tap_run_release(&asked.run);
	return done;
}

void tap_answer_release(struct tap_answer *answer)
{
	buffer_release(&answer->output);
	buffer_release(&answer->log);
}
