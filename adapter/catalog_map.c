#include "catalog_map.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "json_text.h"
#include "overlay.h"
#include "schema_map.h"

#define WARNING_MAX 2048

/* In place of the index of a stream: there are several. */
#define SEVERAL UINT32_MAX

struct teller {
	catalog_map_warning *warn;
	void *owner;
};

/* Names that grow; `items` ends with NULL unless it is NULL. */
struct names {
	char **items;
	size_t count;
};

static void tell(const struct teller *teller, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

static void tell(const struct teller *teller, const char *format, ...)
{
	char text[WARNING_MAX];
	va_list arguments;

	va_start(arguments, format);
	if (vsnprintf(text, sizeof(text), format, arguments) >= 0)
		teller->warn(teller->owner, text);
	va_end(arguments);
}

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
	const json_t *overlay;         /* what it says of the stream; NULL: nothing */
	struct document document;      /* stream.json_schema */
	const struct node *properties; /* of the document */
	struct teller teller;
	struct error *error;
};

static bool set_raw(struct name_table *table, struct slice raw, uint32_t value)
{
	struct buffer name;
	bool done;

	buffer_init(&name, BUFFER_MAXIMUM);
	json_text_decode(&name, raw);
	done = !name.failed && name_table_set(table, buffer_slice(&name), value);
	buffer_release(&name);
	return done;
}

static bool map_schema(struct mapping *m)
{
	struct mapped_stream *stream = m->stream;
	const struct node *property;

	buffer_init(&stream->json_schema, BUFFER_MAXIMUM);
	schema_map_stream(&stream->json_schema, stream->entry->schema,
			  &stream->entry->unsupported);
	if (stream->json_schema.failed)
		return error_set_no_memory(m->error);
	if (!document_parse(&m->document, buffer_slice(&stream->json_schema), m->error))
		return false;
	m->properties = node_get(m->document.nodes, "properties");
	node_for_each(property, m->properties)
		if (!set_raw(&stream->fields, property->key, 0))
			return error_set_no_memory(m->error);
	return true;
}

static bool has_field(const struct mapped_stream *stream, const char *name)
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
	const json_t *paths = json_object_get(m->overlay, "primary_key"), *path;
	size_t i;

	if (json_is_array(paths)) {
		json_array_foreach(paths, i, path)
			if (!names_add_path(names, path, m->error))
				return false;
		return true;
	}
	for (i = 0; i < sizeof(sources) / sizeof(sources[0]) && names->count == 0; i++)
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
		if (has_field(m->stream, names.items[i]))
			continue;
		tell(&m->teller, "stream \"%s\": its schema has no field \"%s\", which is part of "
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
	const json_t *path = json_object_get(m->overlay, "cursor_field");

	if (json_is_array(path))
		return names_add_path(names, path, m->error);
	for (size_t i = 0; i < sizeof(sources) / sizeof(sources[0]) && names->count == 0; i++)
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
	if (!has_field(m->stream, field))
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
		tell(&m->teller, "stream \"%s\": its schema has no field \"%s\", which is its "
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

	for (size_t i = 0; i < sizeof(marks) / sizeof(marks[0]); i++)
		if (node_get(entry->root, marks[i]) != NULL)
			return true;
	return false;
}

static void map_sync_modes(struct mapping *m)
{
	static const char full_table[] = "FULL_TABLE";
	struct mapped_stream *stream = m->stream;
	const struct singer_entry *entry = stream->entry;
	bool keeps_position = json_is_true(json_object_get(m->overlay, "keeps_position"));
	bool overlaid = json_array_size(json_object_get(m->overlay, "cursor_field")) > 0;
	bool forced = node_is_string(node_get(entry->root, "forced-replication-method"),
				     full_table);

	if (keeps_position || (forced && !overlaid)) {
		free(stream->cursor_field);
		stream->cursor_field = NULL;
	}
	stream->source_defined_cursor = keeps_position || stream->cursor_field != NULL;
	stream->incremental = stream->source_defined_cursor ||
		(!forced && is_table(entry) &&
		 !node_is_string(node_get(entry->node, "replication_method"), full_table));
}

static bool map_stream(struct mapped_stream *stream, const json_t *overlay,
		       const struct teller *teller, struct error *error)
{
	struct mapping m = {
		.stream = stream,
		.overlay = overlay_stream(overlay, stream->entry->id),
		.document = DOCUMENT_NONE,
		.teller = *teller,
		.error = error,
	};
	bool done = map_schema(&m) && map_primary_key(&m) && map_cursor(&m);

	if (done)
		map_sync_modes(&m);
	document_release(&m.document);
	return done;
}

/* ---- names and namespaces ---- */

/* A name and its namespace as one key; neither has a zero byte in it. */
static struct slice full_name(struct buffer *key, const char *namespace, const char *name)
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

/* Where streams would have one name and namespace, all of them are named by their id. */
static bool name_streams(struct catalog_map *map, struct error *error)
{
	struct name_table seen = NAME_TABLE_EMPTY;
	struct buffer key;
	bool done = true;

	buffer_init(&key, BUFFER_MAXIMUM);
	for (size_t i = 0; done && i < map->count; i++) {
		struct mapped_stream *stream = &map->streams[i];
		const uint32_t *twin;

		name_stream(stream);
		twin = name_table_get(&seen, full_name(&key, stream->namespace, stream->name));
		if (twin == NULL) {
			done = !key.failed &&
			       name_table_set(&seen, buffer_slice(&key), (uint32_t)i);
			continue;
		}
		use_id(stream);
		use_id(&map->streams[*twin]);
	}
	name_table_release(&seen);
	buffer_release(&key);
	return done || error_set_no_memory(error);
}

/* Appends the names that streams of different namespaces share, each once. */
static bool list_shared_names(const struct catalog_map *map, struct buffer *list)
{
	struct name_table seen = NAME_TABLE_EMPTY;
	bool done = true;

	for (size_t i = 0; done && i < map->count; i++) {
		struct slice name = slice_of_string(map->streams[i].name);
		const uint32_t *times = name_table_get(&seen, name);
		uint32_t before = times ? *times : 0;

		if (before == 1) {
			buffer_append_string(list, list->length > 0 ? ", " : "");
			json_text_encode(list, name);
		}
		done = name_table_set(&seen, name, before + 1);
	}
	name_table_release(&seen);
	return done;
}

static bool warn_of_shared_names(const struct catalog_map *map, const struct teller *teller,
				 struct error *error)
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
		tell(teller, "streams of different namespaces share a name, which some clients "
		     "(PyAirbyte) cannot take: %s", text);
	free(text);
	buffer_release(&list);
	return done || error_set_no_memory(error);
}

bool catalog_map_make(struct catalog_map *map, const struct singer_catalog *catalog,
		      const json_t *overlay, bool namespaces, catalog_map_warning *warn,
		      void *owner, struct error *error)
{
	const struct teller teller = { warn, owner };

	*map = CATALOG_MAP_EMPTY;
	map->streams = calloc(catalog->count + 1, sizeof(*map->streams));
	if (map->streams == NULL)
		return error_set_no_memory(error);
	map->count = catalog->count;
	for (size_t i = 0; i < map->count; i++) {
		map->streams[i].entry = &catalog->entries[i];
		use_id(&map->streams[i]);
		if (!map_stream(&map->streams[i], overlay, &teller, error))
			return false;
	}
	if (namespaces && !name_streams(map, error))
		return false;
	return warn_of_shared_names(map, &teller, error);
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

static void write_stream(struct buffer *out, const struct mapped_stream *stream)
{
	buffer_append_string(out, "{\"name\":");
	json_text_encode(out, slice_of_string(stream->name));
	if (stream->namespace != NULL) {
		buffer_append_string(out, ",\"namespace\":");
		json_text_encode(out, slice_of_string(stream->namespace));
	}
	buffer_append_string(out, ",\"json_schema\":");
	buffer_append(out, buffer_slice(&stream->json_schema));
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

void catalog_map_write(const struct catalog_map *map, struct buffer *out)
{
	const struct mapped_stream **sorted = calloc(map->count + 1, sizeof(const void *));

	if (sorted == NULL) {
		out->failed = true;
		return;
	}
	for (size_t i = 0; i < map->count; i++)
		sorted[i] = &map->streams[i];
	qsort(sorted, map->count, sizeof(const void *), compare_streams);
	buffer_append_string(out, "{\"streams\":[");
	for (size_t i = 0; i < map->count; i++) {
		buffer_append_string(out, i > 0 ? "," : "");
		write_stream(out, sorted[i]);
	}
	buffer_append_string(out, "]}");
	free(sorted);
}

/* ---- the user's choice ---- */

/* What is at hand while the choice is worked out; arrays are by the stream of the map. */
struct choice {
	const struct catalog_map *map;
	const struct configured_catalog *configured;
	const struct configured_stream **chosen; /* NULL: not configured */
	struct singer_selection *selections;
	struct name_table *tap_fields; /* fields of the selection, where not those of the stream */
	bool *found;                   /* by the stream of the configured catalog */
	struct teller teller;
	struct error *error;
};

static bool choice_init(struct choice *c)
{
	size_t count = c->map->count + 1;

	c->chosen = calloc(count, sizeof(const void *));
	c->selections = calloc(count, sizeof(*c->selections));
	c->tap_fields = calloc(count, sizeof(*c->tap_fields));
	c->found = calloc(c->configured->count + 1, sizeof(*c->found));
	if (c->chosen && c->selections && c->tap_fields && c->found)
		return true;
	return error_set_no_memory(c->error);
}

static void choice_release(struct choice *c)
{
	for (size_t i = 0; c->tap_fields != NULL && i < c->map->count; i++)
		name_table_release(&c->tap_fields[i]);
	free(c->chosen);
	free(c->selections);
	free(c->tap_fields);
	free(c->found);
}

static void choose(struct choice *c, size_t configured, uint32_t stream)
{
	c->found[configured] = true;
	c->chosen[stream] = &c->configured->streams[configured];
}

static bool match_full_names(struct choice *c)
{
	struct name_table table = NAME_TABLE_EMPTY;
	struct buffer key;
	const uint32_t *stream;
	bool done = true;

	buffer_init(&key, BUFFER_MAXIMUM);
	for (size_t i = 0; done && i < c->map->count; i++) {
		const struct mapped_stream *mapped = &c->map->streams[i];

		done = name_table_set(&table, full_name(&key, mapped->namespace, mapped->name),
				      (uint32_t)i);
	}
	for (size_t i = 0; done && i < c->configured->count; i++) {
		const struct configured_stream *configured = &c->configured->streams[i];

		stream = name_table_get(&table, full_name(&key, configured->namespace,
							  configured->name));
		if (stream != NULL)
			choose(c, i, *stream);
	}
	done &= !key.failed;
	buffer_release(&key);
	name_table_release(&table);
	return done || error_set_no_memory(c->error);
}

/* A client that knows no namespaces leaves them out: the name will do where it is the only one. */
static bool match_bare_names(struct choice *c)
{
	struct name_table table = NAME_TABLE_EMPTY;
	const uint32_t *stream;
	bool done = true;

	for (size_t i = 0; done && i < c->map->count; i++) {
		struct slice name = slice_of_string(c->map->streams[i].name);

		done = name_table_set(&table, name,
				      name_table_get(&table, name) ? SEVERAL : (uint32_t)i);
	}
	for (size_t i = 0; done && i < c->configured->count; i++) {
		const struct configured_stream *configured = &c->configured->streams[i];

		if (c->found[i] || configured->namespace != NULL)
			continue;
		stream = name_table_get(&table, slice_of_string(configured->name));
		if (stream != NULL && *stream != SEVERAL && c->chosen[*stream] == NULL)
			choose(c, i, *stream);
	}
	name_table_release(&table);
	return done || error_set_no_memory(c->error);
}

static bool copy_string(char **copy, const char *string, struct error *error)
{
	if (string == NULL)
		return true;
	*copy = strdup(string);
	return *copy != NULL || error_set_no_memory(error);
}

static bool add_names(struct name_table *fields, const struct name_table *names,
		      enum field_choice value)
{
	for (size_t i = 0; i < names->capacity; i++)
		if (names->entries[i].name.data != NULL &&
		    !name_table_set(fields, names->entries[i].name, value))
			return false;
	return true;
}

static bool add_configured_fields(struct name_table *fields, const struct node *properties)
{
	const struct node *property;

	if (properties == NULL)
		return true;
	node_for_each(property, properties)
		if (!set_raw(fields, property->key, FIELD_SELECTED))
			return false;
	return true;
}

static bool fill_fields(struct stream *stream, const struct mapped_stream *mapped,
			const struct node *properties, struct error *error)
{
	enum field_choice others = properties == NULL ? FIELD_SELECTED : FIELD_DESELECTED;

	stream->fields_from_discovery = true;
	if (add_names(&stream->fields, &mapped->fields, others) &&
	    add_names(&stream->fields, &mapped->entry->unsupported, FIELD_DESELECTED) &&
	    add_configured_fields(&stream->fields, properties))
		return true;
	return error_set_no_memory(error);
}

static bool copy_names(struct stream *stream, const char *namespace, const char *name,
		       struct error *error)
{
	return copy_string(&stream->name, name, error) &&
	       copy_string(&stream->namespace, namespace, error);
}

static bool add_tap_stream(const struct choice *c, size_t index, struct stream_list *streams)
{
	const struct mapped_stream *mapped = &c->map->streams[index];
	const struct configured_stream *configured = c->chosen[index];
	struct stream *stream = stream_list_add(streams);

	if (stream == NULL)
		return error_set_no_memory(c->error);
	if (!copy_string(&stream->id, mapped->entry->id, c->error) ||
	    !copy_string(&stream->tap_name, mapped->entry->stream, c->error) ||
	    !copy_string(&stream->parent_id, mapped->entry->parent_id, c->error))
		return false;
	if (configured == NULL)
		return copy_names(stream, mapped->namespace, mapped->name, c->error);
	stream->configured = true;
	return copy_names(stream, configured->namespace, configured->name, c->error) &&
	       fill_fields(stream, mapped, configured->properties, c->error);
}

/* Adds a stream of which nothing but the configured catalog is known. */
static bool add_configured_stream(struct stream_list *streams, const char *id,
				  const struct configured_stream *configured, bool in_tap,
				  struct error *error)
{
	struct stream *stream = stream_list_add(streams);

	if (stream == NULL)
		return error_set_no_memory(error);
	stream->in_tap = in_tap;
	stream->configured = true;
	stream->sync_mode = configured->sync_mode;
	if (!add_configured_fields(&stream->fields, configured->properties))
		return error_set_no_memory(error);
	return copy_string(&stream->id, id, error) && copy_string(&stream->tap_name, id, error) &&
	       copy_names(stream, configured->namespace, configured->name, error);
}

static bool add_streams(const struct choice *c, struct stream_list *streams)
{
	for (size_t i = 0; i < c->map->count; i++)
		if (!add_tap_stream(c, i, streams))
			return false;
	for (size_t i = 0; i < c->configured->count; i++)
		if (!c->found[i] && !add_configured_stream(streams, "",
							   &c->configured->streams[i], false,
							   c->error))
			return false;
	return true;
}

/* Why a stream cannot be read incrementally as it was asked for; NULL: it can. */
static const char *refusal(const struct mapped_stream *mapped,
			   const struct configured_stream *configured)
{
	if (!mapped->incremental)
		return "the tap cannot do that for it";
	if (mapped->source_defined_cursor)
		return NULL;
	if (configured->cursor_field == NULL)
		return "no cursor_field was chosen";
	if (!has_field(mapped, configured->cursor_field))
		return "its schema does not have the cursor_field that was chosen";
	return NULL;
}

static void choose_sync_mode(const struct choice *c, size_t index, struct stream *stream)
{
	const struct mapped_stream *mapped = &c->map->streams[index];
	const struct configured_stream *configured = c->chosen[index];
	struct singer_selection *selection = &c->selections[index];
	const char *reason;

	selection->selected = true;
	selection->replication_method = "FULL_TABLE";
	stream->sync_mode = SYNC_FULL_REFRESH;
	if (configured->sync_mode != SYNC_INCREMENTAL)
		return;
	reason = refusal(mapped, configured);
	if (reason != NULL) {
		tell(&c->teller, "stream \"%s%s%s\": incremental was asked for, but %s; "
		     "it is read in full", stream->namespace ? stream->namespace : "",
		     stream->namespace ? "." : "", stream->name, reason);
		return;
	}
	stream->sync_mode = SYNC_INCREMENTAL;
	selection->replication_method = "INCREMENTAL";
	if (!mapped->source_defined_cursor)
		selection->replication_key = configured->cursor_field;
	else if (mapped->cursor_field != NULL)
		selection->replication_key = mapped->cursor_field;
	else
		selection->replication_method = NULL;
}

static bool is_deselected(const struct stream *stream, const char *field)
{
	const uint32_t *value;

	if (field == NULL)
		return false;
	value = name_table_get(&stream->fields, slice_of_string(field));
	return value != NULL && *value == FIELD_DESELECTED;
}

static bool copy_fields(struct name_table *copy, const struct name_table *fields)
{
	for (size_t i = 0; i < fields->capacity; i++) {
		const struct name_entry *entry = &fields->entries[i];

		if (entry->name.data != NULL && !name_table_set(copy, entry->name, entry->value))
			return false;
	}
	return true;
}

/* Selects a field for the tap, though not for Airbyte. */
static bool select_for_tap(const struct choice *c, size_t index, const struct stream *stream,
			   const char *field)
{
	struct name_table *fields = &c->tap_fields[index];

	if (!is_deselected(stream, field))
		return true;
	if (fields->count == 0 && !copy_fields(fields, &stream->fields))
		return error_set_no_memory(c->error);
	c->selections[index].fields = fields;
	return name_table_set(fields, slice_of_string(field), FIELD_SELECTED) ||
	       error_set_no_memory(c->error);
}

/* The tap needs its primary key and its cursor, whatever the user wants to have. */
static bool choose_fields(const struct choice *c, size_t index, const struct stream *stream)
{
	const struct mapped_stream *mapped = &c->map->streams[index];
	char *const *name = mapped->primary_key;

	c->selections[index].fields = &stream->fields;
	for (; name != NULL && *name != NULL; name++)
		if (!select_for_tap(c, index, stream, *name))
			return false;
	return select_for_tap(c, index, stream, mapped->cursor_field) &&
	       select_for_tap(c, index, stream, c->selections[index].replication_key);
}

static bool select_parents(const struct choice *c)
{
	struct name_table ids = NAME_TABLE_EMPTY;
	bool done = true;

	for (size_t i = 0; done && i < c->map->count; i++)
		done = name_table_set(&ids, slice_of_string(c->map->streams[i].entry->id),
				      (uint32_t)i);
	for (size_t i = 0; done && i < c->map->count; i++) {
		const char *parent_id = c->map->streams[i].entry->parent_id;

		while (c->chosen[i] != NULL && parent_id != NULL) {
			const uint32_t *parent = name_table_get(&ids, slice_of_string(parent_id));

			if (parent == NULL || c->selections[*parent].selected)
				break;
			c->selections[*parent].selected = true;
			parent_id = c->map->streams[*parent].entry->parent_id;
		}
	}
	name_table_release(&ids);
	return done || error_set_no_memory(c->error);
}

static bool choose_selections(const struct choice *c, struct stream_list *streams, size_t first)
{
	for (size_t i = 0; i < c->map->count; i++) {
		struct stream *stream = &streams->items[first + i];

		if (c->chosen[i] == NULL)
			continue;
		choose_sync_mode(c, i, stream);
		if (!choose_fields(c, i, stream))
			return false;
	}
	return select_parents(c);
}

bool catalog_map_configure(const struct catalog_map *map, const struct singer_catalog *catalog,
			   const struct configured_catalog *configured,
			   struct stream_list *streams, struct buffer *tap_catalog,
			   catalog_map_warning *warn, void *owner, struct error *error)
{
	struct choice c = {
		.map = map,
		.configured = configured,
		.teller = { warn, owner },
		.error = error,
	};
	size_t first = streams->count;
	bool done = choice_init(&c) && match_full_names(&c) && match_bare_names(&c) &&
		    add_streams(&c, streams) && choose_selections(&c, streams, first);

	if (done) {
		singer_catalog_select(catalog, c.selections, tap_catalog);
		done = !tap_catalog->failed || error_set_no_memory(error);
	}
	choice_release(&c);
	return done;
}

bool catalog_map_configure_blind(const struct configured_catalog *configured,
				 struct stream_list *streams, struct error *error)
{
	for (size_t i = 0; i < configured->count; i++) {
		const struct configured_stream *stream = &configured->streams[i];

		if (!add_configured_stream(streams, stream->name, stream, true, error))
			return false;
	}
	return true;
}
