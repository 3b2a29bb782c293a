#include "airbyte_state.h"

#include <stdlib.h>

#include "json_scan.h"
#include "json_text.h"
#include "name_table.h"
#include "raw_name.h"

/* While it is taken apart. */
struct reading {
	const struct stream_list *list;
	const struct node **states;
	const struct warnings *warnings;
	struct name_table names; /* Airbyte's name -> index of the first stream that is read */
	uint32_t *namesakes;     /* the next one of its name, or STREAM_NONE */
};

static bool collect_names(struct reading *reading)
{
	reading->namesakes = calloc(reading->list->count + 1, sizeof(*reading->namesakes));
	if (reading->namesakes == NULL)
		return false;
	for (size_t i = reading->list->count; i-- > 0;) {
		const struct stream *stream = &reading->list->items[i];
		struct slice name = slice_of_string(stream->name);
		const uint32_t *next = name_table_get(&reading->names, name);

		reading->namesakes[i] = next ? *next : STREAM_NONE;
		if ((stream->configured || stream->elsewhere) &&
		    !name_table_set(&reading->names, name, (uint32_t)i))
			return false;
	}
	return true;
}

static bool descriptor_is(const struct node *descriptor, const struct stream *stream)
{
	const struct node *namespace = node_get(descriptor, "namespace");
	const char *expected = stream->namespace ? stream->namespace : "";

	if (!node_is_string(node_get(descriptor, "name"), stream->name))
		return false;
	return node_is_empty(namespace) ? expected[0] == '\0' : node_is_string(namespace, expected);
}

static bool fail_entry(struct error *error)
{
	return error_set(error, FAILURE_CONFIG,
			 "the state has an entry that is none: expected {\"type\": \"STREAM\", "
			 "\"stream\": {\"stream_descriptor\": ..., \"stream_state\": ...}}, which "
			 "is the \"state\" member of a STATE message");
}

/* What a tap went on from: an object, or nothing. */
static bool check_value(const struct node *value, const char *where, struct error *error)
{
	return value == NULL || value->kind == NODE_OBJECT || value->kind == NODE_NULL ||
	       error_set(error, FAILURE_CONFIG, "the state has an entry whose %s is no object",
			 where);
}

static bool take_stream_state(const struct reading *reading, const struct node *stream,
			      struct error *error)
{
	const struct node *descriptor = node_get(stream, "stream_descriptor");
	const struct node *name_node = node_get(descriptor, "name");
	const uint32_t *first = raw_name_get(&reading->names, node_raw(name_node));
	char *name;
	bool found = false;

	if (name_node == NULL || name_node->kind != NODE_STRING)
		return fail_entry(error);
	if (!check_value(node_get(stream, "stream_state"), "stream_state", error))
		return false;
	for (uint32_t i = first ? *first : STREAM_NONE; i != STREAM_NONE;
	     i = reading->namesakes[i]) {
		if (!descriptor_is(descriptor, &reading->list->items[i]))
			continue;
		reading->states[i] = node_get(stream, "stream_state");
		found = true;
	}
	if (found)
		return true;
	name = node_to_string(name_node);
	warnings_say(reading->warnings,
		     "the state has an entry for the stream \"%s\", which is not in the "
		     "configured catalog; it is not used", name ? name : "");
	free(name);
	return true;
}

/* An old connector's state, or a Singer state that a person put there: of all streams. */
static void take_singer_state(const struct reading *reading, const struct node *value)
{
	for (size_t i = 0; i < reading->list->count; i++)
		reading->states[i] = value;
}

static bool take_global_state(const struct reading *reading, const struct node *global,
			      struct error *error)
{
	const struct node *entries = node_get(global, "stream_states"), *entry;

	if (!node_is_empty(node_get(global, "shared_state")))
		return error_set(error, FAILURE_CONFIG,
				 "the state is of type GLOBAL with a shared_state, which no Singer "
				 "tap wrote; clear the state to start from the beginning");
	if (node_is_empty(global) || (global->kind == NODE_OBJECT && node_is_empty(entries)))
		return true;
	if (entries == NULL || entries->kind != NODE_ARRAY)
		return fail_entry(error);
	node_for_each(entry, entries)
		if (!take_stream_state(reading, entry, error))
			return false;
	return true;
}

static bool take_message(const struct reading *reading, const struct node *message,
			 struct error *error)
{
	const struct node *type = node_get(message, "type");

	if (message->kind != NODE_ARRAY && node_is_empty(message))
		return true;
	if (node_is_string(type, "STATE")) { /* the whole line, as it was printed */
		message = node_get(message, "state");
		type = node_get(message, "type");
	}
	if (node_is_string(type, "STREAM"))
		return take_stream_state(reading, node_get(message, "stream"), error);
	if (node_is_string(type, "GLOBAL"))
		return take_global_state(reading, node_get(message, "global"), error);
	if ((node_is_empty(type) || node_is_string(type, "LEGACY")) &&
	    node_get(message, "data") != NULL) {
		take_singer_state(reading, node_get(message, "data"));
		return check_value(node_get(message, "data"), "data", error);
	}
	return fail_entry(error);
}

/* A part of a state message, which as the state of a tap would be of no use to it. */
static bool is_part_of_message(const struct node *object)
{
	return node_get(node_get(object, "stream"), "stream_descriptor") != NULL ||
	       node_get(node_get(object, "state"), "type") != NULL ||
	       node_get(object, "stream_descriptor") != NULL ||
	       node_get(object, "stream_states") != NULL;
}

static bool find_states(const struct reading *reading, const struct node *root,
			struct error *error)
{
	const struct node *message;

	if (root->kind == NODE_OBJECT && is_part_of_message(root) &&
	    node_is_empty(node_get(root, "type")))
		return fail_entry(error);
	if (root->kind == NODE_OBJECT && node_get(root, "type") == NULL) {
		take_singer_state(reading, root);
		return true;
	}
	if (root->kind == NODE_OBJECT)
		return take_message(reading, root, error);
	if (root->kind == NODE_NULL)
		return true;
	if (root->kind != NODE_ARRAY)
		return error_set(error, FAILURE_CONFIG,
				 "it is neither a list of state messages nor an object");
	node_for_each(message, root)
		if (!take_message(reading, message, error))
			return false;
	return true;
}

/* A person may have written it: on one line and mended, or as it is where it is no JSON. */
static struct slice mend_text(struct slice text, struct buffer *mended)
{
	struct json_scan scan;
	struct slice value;

	json_scan_init(&scan, text);
	if (!json_scan_value(&scan, &value) || !json_scan_end(&scan))
		return text;
	json_text_mend(mended, value);
	return buffer_slice(mended);
}

bool airbyte_state_parse(struct airbyte_state *state, const struct stream_list *streams,
			 struct slice text, const struct warnings *warnings, struct error *error)
{
	struct reading reading = { .list = streams, .warnings = warnings };
	bool done;

	*state = AIRBYTE_STATE_NONE;
	buffer_init(&state->text, BUFFER_MAXIMUM);
	text = mend_text(text, &state->text);
	if (state->text.failed)
		return error_set_no_memory(error);
	if (!document_parse(&state->document, text, error)) {
		error->type = FAILURE_CONFIG;
		return false;
	}
	state->streams = calloc(streams->count + 1, sizeof(*state->streams));
	reading.states = state->streams;
	done = (state->streams != NULL && collect_names(&reading)) || error_set_no_memory(error);
	done = done && find_states(&reading, state->document.nodes, error);
	name_table_release(&reading.names);
	free(reading.namesakes);
	return done;
}

void airbyte_state_release(struct airbyte_state *state)
{
	free(state->streams);
	document_release(&state->document);
	buffer_release(&state->text);
	*state = AIRBYTE_STATE_NONE;
}
