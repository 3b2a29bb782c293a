#include "acceptance_catalog.h"

#include <stdlib.h>
#include <string.h>

#include "count.h"
#include "message_name.h"

#define LABEL_COLUMNS 80

/* Levels of a schema that are looked at: no stream's schema is as deep. */
#define DEPTH_MAXIMUM 100

static char *label_of(const struct node *stream)
{
	struct buffer out;
	char *label;

	buffer_init(&out, BUFFER_MAXIMUM);
	message_append_stream(&out, stream, LABEL_COLUMNS);
	label = buffer_to_string(&out);
	buffer_release(&out);
	return label;
}

static bool lists(const struct node *array, const char *text)
{
	const struct node *element;

	if (array == NULL)
		return false;
	node_for_each(element, array)
		if (node_is_string(element, text))
			return true;
	return false;
}

static const struct node *filled(const struct node *node)
{
	return node_is_empty(node) ? NULL : node;
}

static bool is_true(const struct node *node)
{
	return node != NULL && node->kind == NODE_TRUE;
}

/* `entry` is of a configured catalog, or the stream itself. */
static bool take_stream(struct acceptance_stream *taken, const struct node *entry,
			struct error *error)
{
	const struct node *stream = node_get(entry, "stream"), *mode;

	mode = node_get(entry, "sync_mode");
	if (stream == NULL)
		stream = entry;
	*taken = (struct acceptance_stream){
		.label = label_of(stream), .stream = stream,
		.schema = node_get(stream, "json_schema"),
		.cursor = filled(node_get(entry, "cursor_field")),
		.key = filled(node_get(entry, "primary_key")),
		.incremental = lists(node_get(stream, "supported_sync_modes"), "incremental") &&
			       (mode == NULL || node_is_string(mode, "incremental")),
	};
	if (taken->cursor == NULL)
		taken->cursor = filled(node_get(stream, "default_cursor_field"));
	/* With no cursor it would be read in full, unless the tap keeps its own position. */
	if (taken->cursor == NULL && !is_true(node_get(stream, "source_defined_cursor")))
		taken->incremental = false;
	if (taken->key == NULL)
		taken->key = filled(node_get(stream, "source_defined_primary_key"));
	return taken->label != NULL || error_set_no_memory(error);
}

bool acceptance_catalog_load(struct acceptance_catalog *catalog, struct slice text,
			     struct error *error)
{
	const struct node *root, *streams, *stream;

	*catalog = ACCEPTANCE_CATALOG_EMPTY;
	buffer_init(&catalog->text, BUFFER_MAXIMUM);
	buffer_append(&catalog->text, text);
	if (catalog->text.failed)
		return error_set_no_memory(error);
	if (!document_parse(&catalog->document, buffer_slice(&catalog->text), error))
		return false;
	root = catalog->document.nodes;
	streams = node_get(root, "catalog") ? node_get(node_get(root, "catalog"), "streams")
					    : node_get(root, "streams");
	if (streams == NULL || streams->kind != NODE_ARRAY)
		return error_set(error, FAILURE_SYSTEM, "there is no array of streams");
	catalog->streams = calloc(node_count(streams) + 1, sizeof(*catalog->streams));
	if (catalog->streams == NULL)
		return error_set_no_memory(error);
	node_for_each(stream, streams)
		if (!take_stream(&catalog->streams[catalog->count++], stream, error))
			return false;
	return true;
}

void acceptance_catalog_release(struct acceptance_catalog *catalog)
{
	for (size_t i = 0; i < catalog->count; i++)
		free(catalog->streams[i].label);
	free(catalog->streams);
	document_release(&catalog->document);
	buffer_release(&catalog->text);
	*catalog = ACCEPTANCE_CATALOG_EMPTY;
}

static void append_member(struct buffer *out, const char *name, const struct node *value)
{
	if (value == NULL)
		return;
	buffer_append_string(out, ",\"");
	buffer_append_string(out, name);
	buffer_append_string(out, "\":");
	buffer_append(out, value->text);
}

void acceptance_catalog_configure(const struct acceptance_catalog *catalog, bool incremental,
				  struct buffer *out)
{
	buffer_append_string(out, "{\"streams\":[");
	for (size_t i = 0; i < catalog->count; i++) {
		const struct acceptance_stream *stream = &catalog->streams[i];

		buffer_append_string(out, i > 0 ? ",{\"stream\":" : "{\"stream\":");
		buffer_append(out, stream->stream->text);
		buffer_append_string(out, incremental && stream->incremental
					  ? ",\"sync_mode\":\"incremental\""
					  : ",\"sync_mode\":\"full_refresh\"");
		buffer_append_string(out, ",\"destination_sync_mode\":\"append\"");
		append_member(out, "cursor_field", stream->cursor);
		append_member(out, "primary_key", stream->key);
		buffer_append_char(out, '}');
	}
	buffer_append_string(out, "]}");
}

/*
 * ---- judgement ----
 */

static void tell(struct buffer *out, const struct acceptance_stream *stream, const char *problem)
{
	buffer_append_string(out, stream->label);
	buffer_append_string(out, ": ");
	buffer_append_string(out, problem);
	buffer_append_char(out, '\n');
}

static int by_label(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

void acceptance_catalog_judge_names(const struct acceptance_catalog *catalog,
				    struct buffer *out)
{
	char **labels = calloc(catalog->count + 1, sizeof(*labels));

	if (catalog->count == 0)
		buffer_append_string(out, "There is no stream.\n");
	out->failed = out->failed || labels == NULL;
	if (labels == NULL)
		return;
	for (size_t i = 0; i < catalog->count; i++) {
		labels[i] = catalog->streams[i].label;
		if (labels[i][0] == '\0')
			buffer_append_string(out, "A stream has no name.\n");
	}
	qsort(labels, catalog->count, sizeof(*labels), by_label);
	for (size_t i = 1; i < catalog->count; i++) {
		if (strcmp(labels[i - 1], labels[i]) != 0)
			continue;
		buffer_append_string(out, labels[i]);
		buffer_append_string(out, ": two streams have this name and namespace\n");
	}
	free(labels);
}

void acceptance_catalog_judge_modes(const struct acceptance_catalog *catalog,
				    struct buffer *out)
{
	for (size_t i = 0; i < catalog->count; i++) {
		const struct acceptance_stream *stream = &catalog->streams[i];
		const struct node *modes = node_get(stream->stream, "supported_sync_modes"), *mode;

		if (node_is_empty(modes)) {
			tell(out, stream, "has no supported_sync_modes");
			continue;
		}
		node_for_each(mode, modes)
			if (!node_is_string(mode, "full_refresh") &&
			    !node_is_string(mode, "incremental"))
				tell(out, stream, "supported_sync_modes has one that is neither "
				     "full_refresh nor incremental");
	}
}

/* The schema of the field at a path of names; NULL: there is none. */
static const struct node *field_schema(const struct node *schema, const struct node *path)
{
	const struct node *name;

	node_for_each(name, path) {
		char *text = node_to_string(name);

		schema = text ? node_get(node_get(schema, "properties"), text) : NULL;
		free(text);
	}
	return schema;
}

static bool is_composite(const struct node *schema)
{
	const struct node *type = node_get(schema, "type");

	if (type != NULL && type->kind == NODE_STRING)
		return node_is_string(type, "object") || node_is_string(type, "array");
	return !lists(type, "string") && !lists(type, "integer") && !lists(type, "number") &&
	       !lists(type, "boolean") && (lists(type, "object") || lists(type, "array"));
}

void acceptance_catalog_judge_keys(const struct acceptance_catalog *catalog,
				   struct buffer *out)
{
	for (size_t i = 0; i < catalog->count; i++) {
		const struct acceptance_stream *stream = &catalog->streams[i];
		const struct node *path;

		if (stream->cursor != NULL && field_schema(stream->schema, stream->cursor) == NULL)
			tell(out, stream, "its cursor field is not in the schema");
		if (stream->key == NULL)
			continue;
		node_for_each(path, stream->key) {
			const struct node *field = field_schema(stream->schema, path);

			if (field == NULL)
				tell(out, stream, "a field of its primary key is not in the "
				     "schema");
			else if (is_composite(field))
				tell(out, stream, "a field of its primary key is an object or an "
				     "array");
		}
	}
}

/* Words that destinations do not read, or that refuse records. */
static const char *schema_problem(const struct node *schema, unsigned depth);

static const char *problem_of_all(const struct node *schemas, unsigned depth)
{
	const struct node *schema;
	const char *problem = NULL;

	if (schemas == NULL || schemas->kind < NODE_ARRAY)
		return NULL;
	node_for_each(schema, schemas)
		if (problem == NULL)
			problem = schema_problem(schema, depth);
	return problem;
}

static const char *type_problem(const struct node *type)
{
	static const char *const names[] = { "null", "boolean", "integer", "number", "string",
					     "array", "object" };
	const struct node *one;
	size_t known = 0;

	if (type == NULL)
		return NULL;
	for (size_t i = 0; i < COUNT(names); i++) {
		known += node_is_string(type, names[i]);
		node_for_each(one, type)
			known += node_is_string(one, names[i]);
	}
	if (known == (type->kind == NODE_STRING ? 1 : node_count(type)) && known > 0)
		return NULL;
	return "a type in its schema is none of JSON Schema's";
}

static const char *schema_problem(const struct node *schema, unsigned depth)
{
	static const struct {
		const char *word, *problem;
	} refused[] = {
		{ "$ref", "its schema has a $ref, which destinations do not follow" },
		{ "allOf", "its schema has an allOf, which destinations do not read" },
		{ "not", "its schema has a not, which destinations do not read" },
	};
	static const char *const inside[] = { "properties", "anyOf", "oneOf" };
	const struct node *additional = node_get(schema, "additionalProperties");
	const struct node *items = node_get(schema, "items");
	const char *problem = type_problem(node_get(schema, "type"));

	if (schema->kind != NODE_OBJECT)
		return "its schema has a part that is no object";
	if (depth == DEPTH_MAXIMUM)
		return NULL;
	for (size_t i = 0; i < COUNT(refused); i++)
		if (node_get(schema, refused[i].word) != NULL)
			return refused[i].problem;
	if (additional != NULL && additional->kind == NODE_FALSE)
		return "its schema has additionalProperties: false, which refuses new fields";
	for (size_t i = 0; problem == NULL && i < COUNT(inside); i++)
		problem = problem_of_all(node_get(schema, inside[i]), depth + 1);
	if (problem == NULL && items != NULL && items->kind == NODE_OBJECT)
		problem = schema_problem(items, depth + 1);
	return problem;
}

void acceptance_catalog_judge_schemas(const struct acceptance_catalog *catalog,
				      struct buffer *out)
{
	for (size_t i = 0; i < catalog->count; i++) {
		const struct acceptance_stream *stream = &catalog->streams[i];
		const struct node *properties = node_get(stream->schema, "properties");
		const char *problem = NULL;

		if (stream->schema == NULL || stream->schema->kind != NODE_OBJECT)
			problem = "it has no json_schema";
		else if (node_is_empty(properties))
			problem = "its schema lists no properties: the platform would refuse it";
		else
			problem = schema_problem(stream->schema, 0);
		if (problem != NULL)
			tell(out, stream, problem);
	}
}

const struct node *acceptance_at_path(const struct node *value, const struct node *path)
{
	const struct node *name;

	if (path->kind == NODE_STRING)
		return node_get_raw(value, node_raw(path));
	node_for_each(name, path)
		value = node_get_raw(value, node_raw(name));
	return value;
}
