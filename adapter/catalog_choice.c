#include "catalog_choice.h"

#include <stdlib.h>

#include "catalog_names.h"
#include "overlay.h"
#include "raw_name.h"

/* In place of the index of a stream: there are several. */
#define SEVERAL UINT32_MAX

/* What is at hand while the choice is worked out; arrays are by the stream of the map. */
struct choice {
	const struct catalog_map *map;
	const struct configured_catalog *configured;
	const struct configured_stream **chosen; /* NULL: not configured */
	struct singer_selection *selections;
	struct name_table *tap_fields; /* fields of the selection, where not those of the stream */
	bool *found;                   /* by the stream of the configured catalog */
	const struct warnings *warnings;
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
		struct slice name = catalog_names_key(&key, mapped->namespace, mapped->name);

		done = mapped->excluded || name_table_set(&table, name, (uint32_t)i);
	}
	for (size_t i = 0; done && i < c->configured->count; i++) {
		const struct configured_stream *configured = &c->configured->streams[i];

		stream = name_table_get(&table, catalog_names_key(&key, configured->namespace,
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

		if (!c->map->streams[i].excluded)
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
		if (!raw_name_set(fields, property->key, FIELD_SELECTED))
			return false;
	return true;
}

/* The selected fields whose strings are numbers that the overlay wants as such. */
static bool mark_unquoted(struct name_table *fields, const json_t *overlay)
{
	const char *name;
	json_t *field;

	json_object_foreach(json_object_get(overlay, "fields"), name, field) {
		const uint32_t *choice = name_table_get(fields, slice_of_string(name));

		if (choice != NULL && *choice == FIELD_SELECTED &&
		    overlay_unquotes(overlay, name) &&
		    !name_table_set(fields, slice_of_string(name), FIELD_UNQUOTED))
			return false;
	}
	return true;
}

static bool fill_fields(struct stream *stream, const struct mapped_stream *mapped,
			const struct node *properties, struct error *error)
{
	enum field_choice others = properties == NULL ? FIELD_SELECTED : FIELD_DESELECTED;

	stream->fields_from_discovery = true;
	stream->all_fields = properties == NULL;
	if (add_names(&stream->fields, &mapped->fields, others) &&
	    add_names(&stream->fields, &mapped->entry->unsupported, FIELD_DESELECTED) &&
	    add_configured_fields(&stream->fields, properties) &&
	    mark_unquoted(&stream->fields, mapped->overlay))
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
	stream->state_keys = json_object_get(mapped->overlay, "state_keys");
	if (configured == NULL)
		return copy_names(stream, mapped->namespace, mapped->name, c->error);
	stream->place = (size_t)(configured - c->configured->streams);
	stream->elsewhere = configured->elsewhere;
	stream->configured = !configured->elsewhere;
	return copy_names(stream, configured->namespace, configured->name, c->error) &&
	       fill_fields(stream, mapped, configured->properties, c->error);
}

/* Adds a stream of which nothing but the configured catalog and the overlay is known. */
static bool add_configured_stream(struct stream_list *streams, const char *id,
				  const struct configured_stream *configured,
				  const json_t *overlay, bool in_tap, struct error *error)
{
	struct stream *stream = stream_list_add(streams);

	if (stream == NULL)
		return error_set_no_memory(error);
	stream->in_tap = in_tap;
	stream->state_keys = json_object_get(overlay, "state_keys");
	stream->configured = true;
	stream->sync_mode = configured->sync_mode;
	stream->all_fields = configured->properties == NULL;
	if (!add_configured_fields(&stream->fields, configured->properties) ||
	    !mark_unquoted(&stream->fields, overlay))
		return error_set_no_memory(error);
	return copy_string(&stream->id, id, error) && copy_string(&stream->tap_name, id, error) &&
	       copy_names(stream, configured->namespace, configured->name, error);
}

static bool add_streams(const struct choice *c, struct stream_list *streams)
{
	for (size_t i = 0; i < c->map->count; i++)
		if (!add_tap_stream(c, i, streams))
			return false;
	for (size_t i = 0; i < c->configured->count; i++) {
		const struct configured_stream *configured = &c->configured->streams[i];

		if (c->found[i] || configured->elsewhere)
			continue;
		if (!add_configured_stream(streams, "", configured, NULL, false, c->error))
			return false;
		streams->items[streams->count - 1].place = i;
	}
	return true;
}

/* Another tap process reads those: this one is not to. */
static void leave_to_others(const struct choice *c)
{
	for (size_t i = 0; i < c->map->count; i++)
		if (c->chosen[i] != NULL && c->chosen[i]->elsewhere)
			c->chosen[i] = NULL;
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
	if (!catalog_map_has_field(mapped, configured->cursor_field))
		return "its schema does not have the cursor_field that was chosen";
	return NULL;
}

static void choose_sync_mode(const struct choice *c, size_t index, struct stream *stream)
{
	const struct mapped_stream *mapped = &c->map->streams[index];
	const struct configured_stream *configured = c->chosen[index];
	const json_t *method = json_object_get(mapped->overlay, "replication_method");
	struct singer_selection *selection = &c->selections[index];
	const char *reason;

	selection->selected = true;
	selection->replication_method = "FULL_TABLE";
	stream->sync_mode = SYNC_FULL_REFRESH;
	if (configured->sync_mode != SYNC_INCREMENTAL)
		return;
	reason = refusal(mapped, configured);
	if (reason != NULL) {
		warnings_say(c->warnings, "stream \"%s%s%s\": incremental was asked for, but %s; "
		     "it is read in full", stream->namespace ? stream->namespace : "",
		     stream->namespace ? "." : "", stream->name, reason);
		return;
	}
	stream->sync_mode = SYNC_INCREMENTAL;
	selection->replication_method = "INCREMENTAL";
	if (json_is_string(method))
		selection->replication_method = json_string_value(method);
	if (!mapped->source_defined_cursor)
		selection->replication_key = configured->cursor_field;
	else if (mapped->cursor_field != NULL)
		selection->replication_key = mapped->cursor_field;
	else if (!json_is_string(method))
		selection->replication_method = NULL; /* it keeps its position by itself */
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
	leave_to_others(c);
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

bool catalog_choice_apply(const struct catalog_map *map, const struct singer_catalog *catalog,
			  const struct configured_catalog *configured,
			  struct stream_list *streams, struct buffer *tap_catalog,
			  const struct warnings *warnings, struct error *error)
{
	struct choice c = {
		.map = map,
		.configured = configured,
		.warnings = warnings,
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

bool catalog_choice_apply_blind(const struct configured_catalog *configured, const json_t *overlay,
				struct stream_list *streams, struct error *error)
{
	for (size_t i = 0; i < configured->count; i++) {
		const struct configured_stream *stream = &configured->streams[i];
		const char *id = overlay_find_id(overlay, stream->namespace, stream->name);

		if (id == NULL)
			id = stream->name;
		if (!add_configured_stream(streams, id, stream, overlay_stream(overlay, id), true,
					   error))
			return false;
	}
	return true;
}
