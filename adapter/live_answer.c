#include "live_answer.h"

#include "document.h"
#include "json_text.h"
#include "test_report.h"

static void take_trace(struct live_answer *answer, const struct node *trace)
{
	const struct node *message = node_get(node_get(trace, "error"), "message");
	const struct node *status = node_get(node_get(trace, "stream_status"), "status");

	answer->completed = answer->completed || node_is_string(status, "COMPLETE");
	if (!node_is_string(node_get(trace, "type"), "ERROR"))
		return;
	answer->errors++;
	buffer_clear(&answer->error);
	if (message != NULL)
		json_text_decode(&answer->error, node_raw(message));
}

static void take_line(void *owner, struct slice line)
{
	struct live_answer *answer = owner;
	struct document document = DOCUMENT_NONE;
	struct error error = ERROR_NONE;
	const struct node *type = NULL;

	if (document_parse(&document, line, &error))
		type = node_get(document.nodes, "type");
	if (type == NULL)
		answer->broken++;
	else if (node_is_string(type, answer->type) && answer->count++ == 0)
		buffer_append(&answer->line, line);
	if (node_is_string(type, "TRACE"))
		take_trace(answer, node_get(document.nodes, "trace"));
	document_release(&document);
}

bool live_answer_get(struct live_answer *answer, struct live_tap *tap)
{
	buffer_init(&answer->line, BUFFER_MAXIMUM);
	buffer_init(&answer->error, BUFFER_MAXIMUM);
	answer->command.line = take_line;
	answer->command.owner = answer;
	return live_command_run(&answer->command, tap);
}

void live_answer_release(struct live_answer *answer)
{
	buffer_release(&answer->line);
	buffer_release(&answer->error);
	live_command_release(&answer->command);
}

void live_answer_tell_end(const struct live_answer *answer, struct buffer *details)
{
	live_command_tell_end(&answer->command, buffer_slice(&answer->error), details);
}

void live_answer_judge(const struct live_answer *answer, struct buffer *details)
{
	const char *verb = answer->command.verb;

	if (!live_command_succeeded(&answer->command))
		live_answer_tell_end(answer, details);
	else if (answer->errors > 0)
		test_tell_text(details, "exit code 0, but a TRACE ERROR: ",
			       buffer_slice(&answer->error));
	if (answer->count != 1)
		test_tell(details, "%s printed %zu messages of type %s, not one", verb,
			  answer->count, answer->type);
	if (answer->broken > 0)
		test_tell(details, "%s printed %zu lines that are no messages", verb,
			  answer->broken);
}
