#include "recorded_catalog.h"

#include "configured_catalog.h"
#include "document.h"
#include "json_indent.h"

static bool has_cursor(const struct node *stream)
{
	const struct node *modes = node_get(stream, "supported_sync_modes");
	const struct node *source_defined = node_get(stream, "source_defined_cursor"), *mode;
	bool incremental = false;

	if (modes != NULL)
		node_for_each(mode, modes)
			incremental = incremental || node_is_string(mode, "incremental");
	return incremental && ((source_defined != NULL && source_defined->kind == NODE_TRUE) ||
			       !node_is_empty(node_get(stream, "default_cursor_field")));
}

static void choose(const struct node *stream, struct buffer *out)
{
	const struct node *cursor = node_get(stream, "default_cursor_field");
	bool incremental = has_cursor(stream);

	buffer_append_string(out, "{\"stream\":");
	buffer_append(out, stream->text);
	buffer_append_string(out, ",\"sync_mode\":\"");
	buffer_append_string(out, incremental ? "incremental" : "full_refresh");
	buffer_append_char(out, '"');
	if (incremental && !node_is_empty(cursor)) {
		buffer_append_string(out, ",\"cursor_field\":");
		buffer_append(out, cursor->text);
	}
	buffer_append_string(out, ",\"destination_sync_mode\":\"append\"}");
}

bool recorded_catalog_choose_all(struct slice catalog, struct buffer *out, struct error *error)
{
	struct document document = DOCUMENT_NONE;
	const struct node *streams, *stream;
	struct buffer text;
	bool done = document_parse(&document, catalog, error);

	buffer_init(&text, BUFFER_MAXIMUM);
	streams = done ? node_get(document.nodes, "streams") : NULL;
	buffer_append_string(&text, "{\"streams\":[");
	if (streams != NULL)
		node_for_each(stream, streams) {
			if (stream != streams + 1)
				buffer_append_char(&text, ',');
			choose(stream, &text);
		}
	buffer_append_string(&text, "]}");
	if (done && !text.failed)
		json_indent(out, buffer_slice(&text));
	if (done && (text.failed || out->failed))
		done = error_set_no_memory(error);
	buffer_release(&text);
	document_release(&document);
	return done;
}

/* Copies the text up to where the member begins, and goes on behind it. */
static void leave_out(const struct node *object, const struct node *member, const char **from,
		      struct buffer *out)
{
	const char *start = member->key.data - 1, *end = member->text.data + member->text.length;
	const char *object_end = object->text.data + object->text.length;
	const char *after = end;

	while (after < object_end && *after != ',' && *after != '}')
		after++;
	if (*after == ',') {
		end = after + 1;
	} else { /* the last one takes the comma before it along */
		const char *before = start;

		while (before > *from && *before != ',' && *before != '{')
			before--;
		if (*before == ',')
			start = before;
	}
	buffer_append(out, slice_of(*from, (size_t)(start - *from)));
	*from = end;
}

bool recorded_catalog_strip(struct slice configured, struct buffer *out, struct error *error)
{
	struct document document = DOCUMENT_NONE;
	const struct node *streams = NULL, *item;
	const char *from = configured.data;
	bool done = document_parse(&document, configured, error);

	if (done)
		streams = node_get(document.nodes, "streams");
	if (streams != NULL)
		node_for_each(item, streams) {
			const struct node *schema =
				node_get(node_get(item, "stream"), "json_schema");
			const struct node *carried = node_get(schema, CONFIGURED_CARRIED_KEY);

			if (carried != NULL)
				leave_out(schema, carried, &from, out);
		}
	if (done)
		buffer_append(out, slice_of(from, (size_t)(configured.data + configured.length -
							   from)));
	document_release(&document);
	return done && (!out->failed || error_set_no_memory(error));
}
