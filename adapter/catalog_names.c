#include "catalog_names.h"

#include <stdlib.h>
#include <string.h>

#include "json_text.h"

struct slice catalog_names_key(struct buffer *key, const char *namespace, const char *name)
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
		twin = name_table_get(&seen, catalog_names_key(&key, stream->namespace,
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

/* Only the overlay can have brought that about. */
static bool refuse_twins(const struct catalog_map *map, struct error *error)
{
	struct name_table seen = NAME_TABLE_EMPTY;
	struct buffer key;
	bool done = true;

	buffer_init(&key, BUFFER_MAXIMUM);
	for (size_t i = 0; done && i < map->count; i++) {
		const struct mapped_stream *stream = &map->streams[i];
		const uint32_t *twin;

		if (stream->excluded)
			continue;
		twin = name_table_get(&seen, catalog_names_key(&key, stream->namespace,
							       stream->name));
		if (twin != NULL)
			done = error_set(error, FAILURE_SYSTEM,
					 "the overlay gives the streams \"%s\" and \"%s\" the same "
					 "name, \"%s\"", map->streams[*twin].entry->id,
					 stream->entry->id, stream->name);
		else if (key.failed || !name_table_set(&seen, buffer_slice(&key), (uint32_t)i))
			done = error_set_no_memory(error);
	}
	name_table_release(&seen);
	buffer_release(&key);
	return done;
}

bool catalog_names_set(struct catalog_map *map, bool namespaces, struct error *error)
{
	for (size_t i = 0; i < map->count; i++)
		use_id(&map->streams[i]);
	if (namespaces && !name_streams(map, error))
		return false;
	for (size_t i = 0; i < map->count; i++)
		rename_stream(&map->streams[i]);
	return refuse_twins(map, error);
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

bool catalog_names_warn_of_shared(const struct catalog_map *map,
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
		warnings_say(warnings, "streams of different namespaces share a name, which some "
			     "clients (PyAirbyte) cannot take: %s", text);
	free(text);
	buffer_release(&list);
	return done || error_set_no_memory(error);
}
