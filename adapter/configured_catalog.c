#include "configured_catalog.h"

#include <stdlib.h>

static bool fail_at(struct error *error, size_t index, const char *member, const char *expected)
{
	return error_set(error, FAILURE_CONFIG, "/streams/%zu%s: expected %s", index, member,
			 expected);
}

/* An absent sync_mode has the protocol's default. */
static bool read_sync_mode(enum sync_mode *mode, const struct node *node)
{
	if (node == NULL || node->kind == NODE_NULL || node_is_string(node, "full_refresh"))
		*mode = SYNC_FULL_REFRESH;
	else if (node_is_string(node, "incremental"))
		*mode = SYNC_INCREMENTAL;
	else
		return false;
	return true;
}

/* True, with no copy, where the node is no string or empty. */
static bool copy_string(char **copy, const struct node *node, struct error *error)
{
	if (node_raw(node).length == 0)
		return true;
	*copy = node_to_string(node);
	return *copy != NULL || error_set_no_memory(error);
}

static const struct node *first_of_path(const struct node *path)
{
	return path != NULL && path->kind == NODE_ARRAY && path->size > 1 ? path + 1 : NULL;
}

static bool read_stream(struct configured_stream *stream, const struct node *node, size_t index,
			struct error *error)
{
	const struct node *inner = node_get(node, "stream");
	const struct node *json_schema = node_get(inner, "json_schema");
	const struct node *properties = node_get(json_schema, "properties");

	if (inner == NULL && node_raw(node_get(node, "name")).length > 0)
		return fail_at(error, index, "", "a configured stream, {\"stream\": ..., "
			       "\"sync_mode\": ...}, not one as discover prints it");
	if (node_raw(node_get(inner, "name")).length == 0)
		return fail_at(error, index, "/stream/name", "the name of a stream");
	if (!read_sync_mode(&stream->sync_mode, node_get(node, "sync_mode")))
		return fail_at(error, index, "/sync_mode", "\"full_refresh\" or \"incremental\"");
	stream->carried = node_get(json_schema, CONFIGURED_CARRIED_KEY);
	if (properties != NULL && properties->kind == NODE_OBJECT)
		stream->properties = properties;
	return copy_string(&stream->name, node_get(inner, "name"), error) &&
	       copy_string(&stream->namespace, node_get(inner, "namespace"), error) &&
	       copy_string(&stream->cursor_field, first_of_path(node_get(node, "cursor_field")),
			   error);
}

/* Notes the stream by its namespace and name; an error when it was there already. */
static bool note_stream(struct name_table *seen, const struct configured_stream *stream,
			size_t index, struct error *error)
{
	const char *namespace = stream->namespace ? stream->namespace : "";
	const uint32_t *earlier;
	struct buffer key;
	bool done = false;

	buffer_init(&key, BUFFER_MAXIMUM);
	buffer_append_string(&key, namespace);
	buffer_append_char(&key, '\0');
	buffer_append_string(&key, stream->name);
	earlier = name_table_get(seen, buffer_slice(&key));
	if (earlier != NULL)
		error_set(error, FAILURE_CONFIG,
			  "/streams/%zu: the stream \"%s\"%s%s%s is listed already, at /streams/%u",
			  index, stream->name, *namespace ? " of the namespace \"" : "", namespace,
			  *namespace ? "\"" : "", (unsigned)*earlier);
	else if (key.failed || !name_table_set(seen, buffer_slice(&key), (uint32_t)index))
		error_set_no_memory(error);
	else
		done = true;
	buffer_release(&key);
	return done;
}

static bool read_streams(struct configured_catalog *catalog, const struct node *streams,
			 struct error *error)
{
	struct name_table seen = NAME_TABLE_EMPTY;
	const struct node *node;
	bool done = true;

	node_for_each(node, streams) {
		size_t index = catalog->count++;
		struct configured_stream *stream = &catalog->streams[index];

		done = read_stream(stream, node, index, error) &&
		       note_stream(&seen, stream, index, error);
		if (!done)
			break;
	}
	name_table_release(&seen);
	return done;
}

bool configured_catalog_parse(struct configured_catalog *catalog, struct buffer *text,
			      struct error *error)
{
	const struct node *streams;

	*catalog = CONFIGURED_CATALOG_EMPTY;
	catalog->text = *text;
	buffer_init(text, text->maximum);
	if (!document_parse(&catalog->document, buffer_slice(&catalog->text), error)) {
		error->type = FAILURE_CONFIG;
		return false;
	}
	streams = node_get(catalog->document.nodes, "streams");
	if (streams == NULL || streams->kind != NODE_ARRAY)
		return error_set(error, FAILURE_CONFIG, "/streams: expected a list of streams");
	catalog->streams = calloc(node_count(streams) + 1, sizeof(*catalog->streams));
	if (catalog->streams == NULL)
		return error_set_no_memory(error);
	return read_streams(catalog, streams, error);
}

void configured_catalog_release(struct configured_catalog *catalog)
{
	for (size_t i = 0; i < catalog->count; i++) {
		free(catalog->streams[i].name);
		free(catalog->streams[i].namespace);
		free(catalog->streams[i].cursor_field);
	}
	free(catalog->streams);
	document_release(&catalog->document);
	buffer_release(&catalog->text);
	*catalog = CONFIGURED_CATALOG_EMPTY;
}
