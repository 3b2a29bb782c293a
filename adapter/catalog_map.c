#include "catalog_map.h"

#include <stdlib.h>

#include "catalog_names.h"
#include "count.h"
#include "overlay.h"
#include "overlay_schema.h"
#include "raw_name.h"
#include "schema_map.h"

/* Names that grow; `items` ends with NULL unless it is NULL. */
struct names {
	char **items;
	size_t count;
};

/* ---- names ---- */

static void names_release(struct names *names)
{
	for (size_t i = 0; i < names->count; i++)
		free(names->items[i]);
	free(names->items);
	*names = (struct names){ NULL, 0 };
}

/* Adds a string, which it takes; NULL is what is left of one when memory ran out. */
static bool names_add(struct names *names, char *name, struct error *error)
{
	char **items = NULL;

	if (name != NULL)
		items = realloc(names->items, (names->count + 2) * sizeof(*items));
	if (items == NULL) {
		free(name);
		return error_set_no_memory(error);
	}
	items[names->count++] = name;
	items[names->count] = NULL;
	names->items = items;
	return true;
}

static bool names_contain(char *const *items, const char *name)
{
	for (; items != NULL && *items != NULL; items++)
		if (strcmp(*items, name) == 0)
			return true;
	return false;
}

/* Adds what the tap writes as one name or a list of names. */
static bool names_add_node(struct names *names, const struct node *node, struct error *error)
{
	const struct node *item;

	if (node == NULL)
		return true;
	if (node_raw(node).length > 0)
		return names_add(names, node_to_string(node), error);
	node_for_each(item, node)
		if (node->kind == NODE_ARRAY && node_raw(item).length > 0 &&
		    !names_add(names, node_to_string(item), error))
			return false;
	return true;
}

/* Adds a field path of the overlay; a nested one with dots, as no top-level field. */
static bool names_add_path(struct names *names, const json_t *path, struct error *error)
{
	struct buffer name;
	const json_t *step;
	size_t i;
	bool done;

	if (json_array_size(path) == 0)
		return true;
	buffer_init(&name, BUFFER_MAXIMUM);
	json_array_foreach(path, i, step) {
		if (i > 0)
			buffer_append_char(&name, '.');
		if (json_is_string(step))
			buffer_append_string(&name, json_string_value(step));
	}
	done = names_add(names, buffer_to_string(&name), error);
	buffer_release(&name);
	return done;
}

/* ---- the tap's streams as Airbyte sees them ---- */

/* What is at hand while a stream is mapped. */
struct mapping {
	struct mapped_stream *stream;
	struct document document;      /* stream.json_schema */
	const struct node *properties; /* of the document */
	const struct warnings *warnings;
	struct error *error;
};

static bool parse_schema(struct mapping *m)
{
	document_release(&m->document);
	if (m->stream->json_schema.failed)
		return error_set_no_memory(m->error);
	if (!document_parse(&m->document, buffer_slice(&m->stream->json_schema), m->error))
		return false;
	m->properties = node_get(m->document.nodes, "properties");
	return true;
}

static bool overlay_schema(struct mapping *m)
{
	struct buffer overlaid;

	buffer_init(&overlaid, BUFFER_MAXIMUM);
	overlay_schema_write(&overlaid, m->properties, m->stream->overlay);
	if (overlaid.length == 0 && !overlaid.failed)
		return true;
	document_release(&m->document);
	buffer_release(&m->stream->json_schema);
	m->stream->json_schema = overlaid;
	return parse_schema(m);
}

static bool map_schema(struct mapping *m)
{
	struct mapped_stream *stream = m->stream;
	const struct node *property;

	buffer_init(&stream->json_schema, BUFFER_MAXIMUM);
	schema_map_stream(&stream->json_schema, stream->entry->schema,
			  &stream->entry->unsupported);
	if (!parse_schema(m) || !overlay_schema(m))
		return false;
	node_for_each(property, m->properties)
		if (!raw_name_set(&stream->fields, property->key, 0))
			return error_set_no_memory(m->error);
	return true;
}

bool catalog_map_has_field(const struct mapped_stream *stream, const char *name)
{
	return name_table_get(&stream->fields, slice_of_string(name)) != NULL;
}

static bool read_primary_key(struct mapping *m, struct names *names)
{
	const struct singer_entry *entry = m->stream->entry;
	const struct node *sources[] = {
		node_get(entry->node, "key_properties"),
		node_get(entry->root, "table-key-properties"),
		node_get(entry->root, "view-key-properties"),
	};
	const json_t *paths = json_object_get(m->stream->overlay, "primary_key"), *path;
	size_t i;

	if (json_is_array(paths)) {
		json_array_foreach(paths, i, path)
			if (!names_add_path(names, path, m->error))
				return false;
		return true;
	}
	for (i = 0; i < COUNT(sources) && names->count == 0; i++)
		if (!names_add_node(names, sources[i], m->error))
			return false;
	return true;
}

/* Half a primary key would merge rows that differ: all of it or nothing. */
static bool map_primary_key(struct mapping *m)
{
	struct names names = { NULL, 0 };

	if (!read_primary_key(m, &names)) {
		names_release(&names);
		return false;
	}
	for (size_t i = 0; i < names.count; i++) {
		if (catalog_map_has_field(m->stream, names.items[i]))
			continue;
		warnings_say(m->warnings,
			     "stream \"%s\": its schema has no field \"%s\", which is part of the "
			     "primary key; the stream is offered without a primary key",
			     m->stream->entry->id, names.items[i]);
		names_release(&names);
		break;
	}
	m->stream->primary_key = names.items;
	return true;
}

static bool read_cursors(struct mapping *m, struct names *names)
{
	const struct singer_entry *entry = m->stream->entry;
	const struct node *sources[] = {
		node_get(entry->node, "replication_key"),
		node_get(entry->root, "replication-key"),
		node_get(entry->root, "valid-replication-keys"),
	};
	const json_t *path = json_object_get(m->stream->overlay, "cursor_field");

	if (json_is_array(path))
		return names_add_path(names, path, m->error);
	for (size_t i = 0; i < COUNT(sources) && names->count == 0; i++)
		if (!names_add_node(names, sources[i], m->error))
			return false;
	return true;
}

static bool is_date_time(const struct mapping *m, const char *field)
{
	const struct node *property = node_get_slice(m->properties, slice_of_string(field));

	return node_is_string(node_get(property, "format"), "date-time");
}

/* How good a cursor the field makes; 0: none, as the schema does not have it. */
static unsigned cursor_rank(const struct mapping *m, const char *field)
{
	if (!catalog_map_has_field(m->stream, field))
		return 0;
	if (is_date_time(m, field))
		return 3;
	return names_contain(m->stream->primary_key, field) ? 1 : 2;
}

static bool map_cursor(struct mapping *m)
{
	struct names names = { NULL, 0 };
	unsigned best_rank = 0;
	size_t best = 0;
	bool done = read_cursors(m, &names);

	for (size_t i = 0; i < names.count; i++) {
		unsigned rank = cursor_rank(m, names.items[i]);

		if (rank > best_rank) {
			best_rank = rank;
			best = i;
		}
	}
	if (best_rank > 0) {
		m->stream->cursor_field = names.items[best];
		names.items[best] = NULL;
	} else if (names.count > 0) {
		warnings_say(m->warnings,
			     "stream \"%s\": its schema has no field \"%s\", which is its cursor; "
			     "the stream is offered without it",
			     m->stream->entry->id, names.items[0]);
	}
	names_release(&names);
	return done;
}

/* A tap of a database, where any column may be the cursor. */
static bool is_table(const struct singer_entry *entry)
{
	static const char *const marks[] = { "schema-name", "database-name", "is-view",
					     "row-count" };

	for (size_t i = 0; i < COUNT(marks); i++)
		if (node_get(entry->root, marks[i]) != NULL)
			return true;
	return false;
}

static bool lists(const json_t *strings, const char *string)
{
	const json_t *item;
	size_t i;

	json_array_foreach(strings, i, item)
		if (strcmp(json_string_value(item), string) == 0)
			return true;
	return false;
}

static void forget_cursor(struct mapped_stream *stream)
{
	free(stream->cursor_field);
	stream->cursor_field = NULL;
}

/* What the tap says can be done. */
static void map_sync_modes(struct mapped_stream *stream)
{
	static const char full_table[] = "FULL_TABLE";
	const struct singer_entry *entry = stream->entry;
	bool overlaid = json_array_size(json_object_get(stream->overlay, "cursor_field")) > 0;
	bool forced = node_is_string(node_get(entry->root, "forced-replication-method"),
				     full_table);

	if (forced && !overlaid)
		forget_cursor(stream);
	stream->source_defined_cursor = stream->cursor_field != NULL;
	stream->incremental = stream->source_defined_cursor ||
		(!forced && is_table(entry) &&
		 !node_is_string(node_get(entry->node, "replication_method"), full_table));
}

/* What people know better. */
static void overlay_sync_modes(struct mapped_stream *stream)
{
	const json_t *modes = json_object_get(stream->overlay, "sync_modes");
	const json_t *method = json_object_get(stream->overlay, "replication_method");

	if (json_is_true(json_object_get(stream->overlay, "keeps_position")) ||
	    (json_is_string(method) && strcmp(json_string_value(method), "LOG_BASED") == 0)) {
		forget_cursor(stream);
		stream->source_defined_cursor = stream->incremental = true;
	}
	if (json_is_array(modes))
		stream->incremental = lists(modes, "incremental");
	if (!stream->incremental) {
		forget_cursor(stream);
		stream->source_defined_cursor = false;
	}
}

static bool map_stream(struct mapped_stream *stream, const struct warnings *warnings,
		       struct error *error)
{
	struct mapping m = {
		.stream = stream,
		.document = DOCUMENT_NONE,
		.warnings = warnings,
		.error = error,
	};
	bool done = map_schema(&m) && map_primary_key(&m) && map_cursor(&m);

	if (done) {
		map_sync_modes(stream);
		overlay_sync_modes(stream);
	}
	document_release(&m.document);
	return done;
}

/* Of entries with one id, which are a slip of the tap's, only the first counts. */
static bool exclude_doubles(struct catalog_map *map, const struct warnings *warnings,
			    struct error *error)
{
	struct name_table ids = NAME_TABLE_EMPTY;
	bool done = true;

	for (size_t i = 0; done && i < map->count; i++) {
		struct slice id = slice_of_string(map->streams[i].entry->id);

		if (name_table_get(&ids, id) != NULL) {
			map->streams[i].excluded = true;
			warnings_say(warnings, "the tap's catalog lists the stream \"%s\" twice",
				     map->streams[i].entry->id);
		}
		done = name_table_set(&ids, id, 0);
	}
	name_table_release(&ids);
	return done || error_set_no_memory(error);
}

/* An overlay for a stream that the tap does not have is a slip, or of another time. */
static void warn_of_unknown_streams(const struct catalog_map *map, const json_t *overlay,
				    const struct warnings *warnings)
{
	const char *id;
	json_t *stream;

	json_object_foreach(json_object_get(overlay, "streams"), id, stream) {
		bool found = false;

		for (size_t i = 0; i < map->count && !found; i++)
			found = map->streams[i].overlay == stream;
		if (!found)
			warnings_say(warnings, "the overlay describes a stream \"%s\", which the "
				     "tap does not have", id);
	}
}

bool catalog_map_make(struct catalog_map *map, const struct singer_catalog *catalog,
		      const json_t *overlay, bool namespaces,
		      const struct warnings *warnings, struct error *error)
{
	*map = CATALOG_MAP_EMPTY;
	map->streams = calloc(catalog->count + 1, sizeof(*map->streams));
	if (map->streams == NULL)
		return error_set_no_memory(error);
	map->count = catalog->count;
	for (size_t i = 0; i < map->count; i++) {
		struct mapped_stream *stream = &map->streams[i];

		stream->entry = &catalog->entries[i];
		stream->overlay = overlay_stream(overlay, stream->entry->id);
		stream->excluded = stream->entry->other ||
				   json_is_true(json_object_get(stream->overlay, "exclude"));
		if (!stream->excluded && !map_stream(stream, warnings, error))
			return false;
	}
	if (!exclude_doubles(map, warnings, error) || !catalog_names_set(map, namespaces, error))
		return false;
	warn_of_unknown_streams(map, overlay, warnings);
	return true;
}

void catalog_map_release(struct catalog_map *map)
{
	for (size_t i = 0; i < map->count; i++) {
		struct mapped_stream *stream = &map->streams[i];

		buffer_release(&stream->json_schema);
		name_table_release(&stream->fields);
		for (char **name = stream->primary_key; name != NULL && *name != NULL; name++)
			free(*name);
		free(stream->primary_key);
		free(stream->cursor_field);
	}
	free(map->streams);
	*map = CATALOG_MAP_EMPTY;
}
