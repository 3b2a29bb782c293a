#include "catalog_map.h"

#include <stdlib.h>

#include "configured_catalog.h"
#include "count.h"
#include "json_compact.h"
#include "json_text.h"
#include "overlay.h"
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

/* A field of the overlay as a member of the schema's properties; `unquote` is our own. */
static void append_overlay_field(struct buffer *out, const char *name, const json_t *field)
{
	json_t *schema = json_copy((json_t *)field);
	char *text = NULL;

	(void)json_object_del(schema, "unquote"); /* fails where it is not there */
	text = json_compact(schema);
	buffer_append_char(out, ',');
	json_text_encode(out, slice_of_string(name));
	buffer_append_char(out, ':');
	if (text != NULL)
		buffer_append_string(out, text);
	else
		out->failed = true;
	free(text);
	json_decref(schema);
}

/* The field's own schema in the overlay, or NULL. */
static const json_t *overlay_field(const json_t *fields, struct slice raw_name)
{
	struct buffer name;
	char *string;
	const json_t *field;

	buffer_init(&name, BUFFER_MAXIMUM);
	json_text_decode(&name, raw_name);
	string = buffer_to_string(&name);
	field = string ? json_object_get(fields, string) : NULL;
	free(string);
	buffer_release(&name);
	return field;
}

/* The schema again, with the fields that the overlay describes, which come last. */
static void overlay_fields(struct buffer *out, const struct node *properties, const json_t *fields)
{
	const struct node *property;
	const char *name;
	json_t *field;
	size_t start;

	buffer_append_string(out, "{\"type\":\"object\",\"properties\":{");
	start = out->length;
	node_for_each(property, properties) {
		if (overlay_field(fields, property->key) != NULL)
			continue;
		buffer_append_string(out, ",\"");
		buffer_append(out, property->key);
		buffer_append_string(out, "\":");
		buffer_append(out, property->text);
	}
	json_object_foreach((json_t *)fields, name, field)
		append_overlay_field(out, name, field);
	if (out->length > start && !out->failed) {
		memmove(out->data + start, out->data + start + 1, out->length - start - 1);
		out->length--; /* the first comma */
	}
	buffer_append_string(out, "}}");
}

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

/* The overlay's fields, and the one that LOG_BASED adds: when a row was deleted. */
static json_t *additional_fields(const json_t *overlay)
{
	json_t *fields = json_copy(json_object_get(overlay, "fields"));
	const char *method = json_string_value(json_object_get(overlay, "replication_method"));

	if (fields == NULL)
		fields = json_object();
	if (method != NULL && strcmp(method, "LOG_BASED") == 0 &&
	    json_object_get(fields, "_sdc_deleted_at") == NULL)
		(void)json_object_set_new(fields, "_sdc_deleted_at",
					  json_pack("{s:[s,s],s:s,s:s}", "type", "null", "string",
						    "format", "date-time", "airbyte_type",
						    "timestamp_with_timezone"));
	return fields;
}

static bool overlay_schema(struct mapping *m)
{
	struct buffer overlaid;
	json_t *fields = additional_fields(m->stream->overlay);
	bool done = true;

	buffer_init(&overlaid, BUFFER_MAXIMUM);
	if (fields == NULL) {
		done = error_set_no_memory(m->error);
	} else if (json_object_size(fields) > 0) {
		overlay_fields(&overlaid, m->properties, fields);
		document_release(&m->document);
		buffer_release(&m->stream->json_schema);
		m->stream->json_schema = overlaid;
		done = parse_schema(m);
	}
	json_decref(fields);
	return done;
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
		warnings_say(m->warnings, "stream \"%s\": its schema has no field \"%s\", which is part of "
		     "the primary key; the stream is offered without a primary key",
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
		warnings_say(m->warnings, "stream \"%s\": its schema has no field \"%s\", which is its "
		     "cursor; the stream is offered without it", m->stream->entry->id,
		     names.items[0]);
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

/* ---- names and namespaces ---- */

struct slice catalog_map_full_name(struct buffer *key, const char *namespace, const char *name)
{
	key->length = 0; /* and a failure stays one */
	if (namespace != NULL)
		buffer_append_string(key, namespace);
	buffer_append_char(key, '\0');
	buffer_append_string(key, name);
	return buffer_slice(key);
}

static void use_id(struct mapped_stream *stream)
{
	stream->name = stream->entry->id;
}

static void name_stream(struct mapped_stream *stream)
{
	const struct singer_entry *entry = stream->entry;

	stream->namespace = entry->schema_name;
	stream->name = entry->stream;
	if (entry->schema_name != NULL && entry->table_name != NULL)
		stream->name = entry->table_name;
}

/* The overlay's word on the names is the last. */
static void rename_stream(struct mapped_stream *stream)
{
	const json_t *name = json_object_get(stream->overlay, "name");
	const json_t *namespace = json_object_get(stream->overlay, "namespace");

	if (json_is_string(name))
		stream->name = json_string_value(name);
	if (json_is_string(namespace))
		stream->namespace = json_string_length(namespace) > 0
					    ? json_string_value(namespace) : NULL;
}

/* Names by their id those that share a name and namespace. False: memory ran out. */
static bool separate_twins(struct catalog_map *map, bool *again)
{
	struct name_table seen = NAME_TABLE_EMPTY;
	struct buffer key;
	bool done = true;

	*again = false;
	buffer_init(&key, BUFFER_MAXIMUM);
	for (size_t i = 0; done && i < map->count; i++) {
		struct mapped_stream *stream = &map->streams[i];
		const uint32_t *twin;

		if (stream->excluded)
			continue;
		twin = name_table_get(&seen, catalog_map_full_name(&key, stream->namespace,
								   stream->name));
		if (twin == NULL) {
			done = !key.failed &&
			       name_table_set(&seen, buffer_slice(&key), (uint32_t)i);
			continue;
		}
		*again = stream->name != stream->entry->id ||
			 map->streams[*twin].name != map->streams[*twin].entry->id || *again;
		use_id(stream);
		use_id(&map->streams[*twin]);
	}
	name_table_release(&seen);
	buffer_release(&key);
	return done;
}

/* An id may in turn be another stream's name, so until all are different. */
static bool name_streams(struct catalog_map *map, struct error *error)
{
	bool again = true;

	for (size_t i = 0; i < map->count; i++)
		name_stream(&map->streams[i]);
	while (again)
		if (!separate_twins(map, &again))
			return error_set_no_memory(error);
	return true;
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
			warnings_say(warnings, "the overlay describes a stream \"%s\", which the tap "
				     "does not have", id);
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
		use_id(stream);
		if (!map_stream(stream, warnings, error))
			return false;
	}
	if (!exclude_doubles(map, warnings, error) || (namespaces && !name_streams(map, error)))
		return false;
	for (size_t i = 0; i < map->count; i++)
		rename_stream(&map->streams[i]);
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

/* ---- the AirbyteCatalog ---- */

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

void catalog_map_write(const struct catalog_map *map, const struct buffer *carried,
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

/* ---- names that are not alone ---- */

/* Appends the names that streams of different namespaces share, each once. */
static bool list_shared_names(const struct catalog_map *map, struct buffer *list)
{
	struct name_table seen = NAME_TABLE_EMPTY;
	bool done = true;

	for (size_t i = 0; done && i < map->count; i++) {
		struct slice name = slice_of_string(map->streams[i].name);
		const uint32_t *times = name_table_get(&seen, name);
		uint32_t before = times ? *times : 0;

		if (map->streams[i].excluded)
			continue;
		if (before == 1) {
			buffer_append_string(list, list->length > 0 ? ", " : "");
			json_text_encode(list, name);
		}
		done = name_table_set(&seen, name, before + 1);
	}
	name_table_release(&seen);
	return done;
}

bool catalog_map_warn_of_shared_names(const struct catalog_map *map,
				      const struct warnings *warnings, struct error *error)
{
	struct buffer list;
	char *text = NULL;
	bool done;

	buffer_init(&list, BUFFER_MAXIMUM);
	done = list_shared_names(map, &list);
	if (done && list.length > 0) {
		text = buffer_to_string(&list);
		done = text != NULL;
	}
	if (text != NULL)
		warnings_say(warnings, "streams of different namespaces share a name, which some clients "
		     "(PyAirbyte) cannot take: %s", text);
	free(text);
	buffer_release(&list);
	return done || error_set_no_memory(error);
}
