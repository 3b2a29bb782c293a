#include "message_name.h"

#include <stdlib.h>

#include "count.h"
#include "terminal_text.h"

#define NAME_COLUMNS 60

#define DEPTH 3

/* The first of the paths at which there is something; NULL: none. */
static const struct node *first_at(const struct node *message, const char *const (*paths)[DEPTH],
				   size_t count)
{
	const struct node *found = NULL;

	for (size_t i = 0; found == NULL && i < count; i++) {
		found = message;
		for (size_t j = 0; j < DEPTH && paths[i][j] != NULL; j++)
			found = node_get(found, paths[i][j]);
	}
	return found;
}

/* The stream_descriptor of a message, or what stands for it; NULL: it is of no stream. */
static const struct node *descriptor_of(const struct node *message)
{
	static const char *const paths[][DEPTH] = {
		{ "record" },
		{ "state", "stream", "stream_descriptor" },
		{ "trace", "stream_status", "stream_descriptor" },
		{ "trace", "error", "stream_descriptor" },
		{ "trace", "estimate", "stream_descriptor" },
	};

	return first_at(message, paths, COUNT(paths));
}

const struct node *message_content(const struct node *message)
{
	static const char *const paths[][DEPTH] = {
		{ "record", "data" },
		{ "state", "stream", "stream_state" },
	};

	return first_at(message, paths, COUNT(paths));
}

static void append_string(struct buffer *out, const struct node *string, size_t columns)
{
	char *text = node_to_string(string);

	if (text != NULL)
		terminal_text_append(out, slice_of_string(text), columns);
	free(text);
}

void message_append_stream(struct buffer *out, const struct node *object, size_t columns)
{
	const struct node *namespace = node_get(object, "namespace");
	const struct node *name = node_get(object, "stream");

	if (namespace != NULL && namespace->kind == NODE_STRING) {
		append_string(out, namespace, columns);
		buffer_append_char(out, '.');
	}
	append_string(out, name != NULL ? name : node_get(object, "name"), columns);
}

char *message_lane(const struct node *message)
{
	struct buffer out;
	char *lane;

	buffer_init(&out, BUFFER_MAXIMUM);
	append_string(&out, node_get(message, "type"), NAME_COLUMNS);
	buffer_append_char(&out, ' ');
	append_string(&out, node_get(node_get(message, "trace"), "type"), NAME_COLUMNS);
	buffer_append_char(&out, ' ');
	message_append_stream(&out, descriptor_of(message), NAME_COLUMNS);
	lane = buffer_to_string(&out);
	buffer_release(&out);
	return lane;
}

char *message_subject(const struct node *message)
{
	const struct node *descriptor = descriptor_of(message);
	struct buffer out;
	char *subject;

	buffer_init(&out, BUFFER_MAXIMUM);
	if (descriptor != NULL)
		message_append_stream(&out, descriptor, NAME_COLUMNS);
	else
		append_string(&out, node_get(message, "type"), NAME_COLUMNS);
	if (out.length == 0)
		buffer_append_string(&out, "output");
	subject = buffer_to_string(&out);
	buffer_release(&out);
	return subject;
}

const char *message_noun(const struct node *message)
{
	static const struct {
		const char *type, *noun;
	} nouns[] = {
		{ "RECORD", "record" }, { "STATE", "state" }, { "LOG", "log message" },
		{ "CATALOG", "catalog" }, { "SPEC", "spec" }, { "CONTROL", "control message" },
		{ "CONNECTION_STATUS", "connection status" },
		{ "STREAM_STATUS", "status" }, { "ERROR", "error" }, /* types of TRACE */
	};
	const struct node *type = node_get(message, "type");

	if (node_is_string(type, "TRACE"))
		type = node_get(node_get(message, "trace"), "type");
	for (size_t i = 0; i < COUNT(nouns); i++)
		if (node_is_string(type, nouns[i].type))
			return nouns[i].noun;
	return "message";
}
