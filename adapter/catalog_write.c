#include "catalog_write.h"

#include <stdlib.h>
#include <string.h>

#include "configured_catalog.h"
#include "json_text.h"

static int compare_strings(const char *a, const char *b)
{
	return strcmp(a ? a : "", b ? b : "");
}

static int compare_streams(const void *left, const void *right)
{
	const struct mapped_stream *a = *(const struct mapped_stream *const *)left;
	const struct mapped_stream *b = *(const struct mapped_stream *const *)right;
	int order = compare_strings(a->namespace, b->namespace);

	if (order == 0)
		order = strcmp(a->name, b->name);
	return order != 0 ? order : (a > b) - (a < b);
}

static void write_primary_key(struct buffer *out, char *const *names)
{
	buffer_append_string(out, ",\"source_defined_primary_key\":[");
	for (size_t i = 0; names[i] != NULL; i++) {
		buffer_append_string(out, i > 0 ? ",[" : "[");
		json_text_encode(out, slice_of_string(names[i]));
		buffer_append_char(out, ']');
	}
	buffer_append_char(out, ']');
}

/* The json_schema, with what it is to carry (an empty slice: nothing) at its end. */
static void write_schema(struct buffer *out, const struct mapped_stream *stream,
			 struct slice carried)
{
	struct slice schema = buffer_slice(&stream->json_schema);

	if (carried.length == 0) {
		buffer_append(out, schema);
		return;
	}
	buffer_append(out, slice_of(schema.data, schema.length - 1));
	buffer_append_string(out, ",\"" CONFIGURED_CARRIED_KEY "\":");
	json_text_encode(out, carried);
	buffer_append_char(out, '}');
}

static void write_stream(struct buffer *out, const struct mapped_stream *stream,
			 struct slice carried)
{
	buffer_append_string(out, "{\"name\":");
	json_text_encode(out, slice_of_string(stream->name));
	if (stream->namespace != NULL) {
		buffer_append_string(out, ",\"namespace\":");
		json_text_encode(out, slice_of_string(stream->namespace));
	}
	buffer_append_string(out, ",\"json_schema\":");
	write_schema(out, stream, carried);
	buffer_append_string(out, ",\"supported_sync_modes\":[\"full_refresh\"");
	if (stream->incremental) {
		buffer_append_string(out, ",\"incremental\"],\"source_defined_cursor\":");
		buffer_append_string(out, stream->source_defined_cursor ? "true" : "false");
	} else {
		buffer_append_char(out, ']');
	}
	if (stream->cursor_field != NULL) {
		buffer_append_string(out, ",\"default_cursor_field\":[");
		json_text_encode(out, slice_of_string(stream->cursor_field));
		buffer_append_char(out, ']');
	}
	if (stream->primary_key != NULL)
		write_primary_key(out, stream->primary_key);
	buffer_append_char(out, '}');
}

void catalog_write(const struct catalog_map *map, const struct buffer *carried,
		       struct buffer *out)
{
	const struct mapped_stream **sorted = calloc(map->count + 1, sizeof(const void *));
	size_t count = 0;

	if (sorted == NULL) {
		out->failed = true;
		return;
	}
	for (size_t i = 0; i < map->count; i++)
		if (!map->streams[i].excluded)
			sorted[count++] = &map->streams[i];
	qsort(sorted, count, sizeof(const void *), compare_streams);
	buffer_append_string(out, "{\"streams\":[");
	for (size_t i = 0; i < count; i++) {
		buffer_append_string(out, i > 0 ? "," : "");
		write_stream(out, sorted[i],
			     carried ? buffer_slice(&carried[sorted[i] - map->streams])
				     : SLICE(""));
	}
	buffer_append_string(out, "]}");
	free(sorted);
}
