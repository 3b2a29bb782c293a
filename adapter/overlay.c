#include "overlay.h"

#include <stdlib.h>
#include <string.h>

#include "count.h"
#include "json_check.h"

static bool check_path(const json_t *path, const struct json_place *place, void *target,
		       struct error *error)
{
	return json_check_elements(path, place, JSON_CHECK_STRING, json_check_filled_string, target,
				   error);
}

static bool check_paths(const json_t *paths, const struct json_place *place, void *target,
			struct error *error)
{
	return json_check_elements(paths, place, JSON_CHECK_ARRAY, json_check_filled_strings,
				   target, error);
}

static bool check_sync_mode(const json_t *mode, const struct json_place *place, void *target,
			    struct error *error)
{
	static const char *const modes[] = { "full_refresh", "incremental" };
	size_t choice;

	(void)target;
	return json_check_choice(mode, place, modes, COUNT(modes), &choice, error);
}

static bool check_sync_modes(const json_t *modes, const struct json_place *place, void *target,
			     struct error *error)
{
	return json_check_filled_strings(modes, place, target, error) &&
	       json_check_elements(modes, place, JSON_CHECK_STRING, check_sync_mode, target, error);
}

static bool check_replication_method(const json_t *method, const struct json_place *place,
				     void *target, struct error *error)
{
	static const char *const methods[] = { "INCREMENTAL", "LOG_BASED" };
	size_t choice;

	(void)target;
	return json_check_choice(method, place, methods, COUNT(methods), &choice, error);
}

static bool check_type_name(const json_t *name, const struct json_place *place, void *target,
			    struct error *error)
{
	static const char *const types[] = {
		"object", "array", "string", "integer", "number", "boolean", "null",
	};
	size_t choice;

	(void)target;
	return json_check_choice(name, place, types, COUNT(types), &choice, error);
}

static bool check_type(const json_t *type, const struct json_place *place, void *target,
		       struct error *error)
{
	if (json_is_string(type))
		return check_type_name(type, place, target, error);
	return json_check_filled_strings(type, place, target, error) &&
	       json_check_elements(type, place, JSON_CHECK_STRING, check_type_name, target, error);
}

/* The json_schema of a field: what destinations read of JSON Schema, and our `unquote`. */
static bool check_field(const json_t *field, const struct json_place *place, void *target,
			struct error *error)
{
	static const struct json_member members[] = {
		{ "type", JSON_CHECK_STRING | JSON_CHECK_ARRAY, .check = check_type },
		{ "format", JSON_CHECK_STRING, .required = false },
		{ "airbyte_type", JSON_CHECK_STRING, .required = false },
		{ "properties", JSON_CHECK_OBJECT, .required = false },
		{ "items", JSON_CHECK_OBJECT | JSON_CHECK_ARRAY, .required = false },
		{ "anyOf", JSON_CHECK_ARRAY, .required = false },
		{ "unquote", JSON_CHECK_BOOLEAN, .required = false },
	};
	static const struct json_shape shape = { members, COUNT(members), .open = false };

	return json_check_object(field, place, &shape, target, error);
}

static bool check_fields(const json_t *fields, const struct json_place *place, void *target,
			 struct error *error)
{
	return json_check_members(fields, place, JSON_CHECK_OBJECT, check_field, target, error);
}

static bool check_stream(const json_t *stream, const struct json_place *place, void *target,
			 struct error *error)
{
	static const struct json_member members[] = {
		{ "name", JSON_CHECK_STRING, .check = json_check_filled_string },
		{ "namespace", JSON_CHECK_STRING, .required = false },
		{ "exclude", JSON_CHECK_BOOLEAN, .required = false },
		{ "primary_key", JSON_CHECK_ARRAY, .check = check_paths },
		{ "cursor_field", JSON_CHECK_ARRAY, .check = check_path },
		{ "sync_modes", JSON_CHECK_ARRAY, .check = check_sync_modes },
		{ "keeps_position", JSON_CHECK_BOOLEAN, .required = false },
		{ "replication_method", JSON_CHECK_STRING, .check = check_replication_method },
		{ "parent", JSON_CHECK_STRING, .check = json_check_filled_string },
		{ "state_keys", JSON_CHECK_ARRAY, .check = json_check_filled_strings },
		{ "fields", JSON_CHECK_OBJECT, .check = check_fields },
	};
	static const struct json_shape shape = { members, COUNT(members), .open = false };

	if (!json_check_object(stream, place, &shape, target, error))
		return false;
	if (json_is_true(json_object_get(stream, "keeps_position")) &&
	    json_array_size(json_object_get(stream, "cursor_field")) > 0)
		return json_check_fail(place, FAILURE_SYSTEM, error,
				       "has both keeps_position and a cursor_field; a tap that "
				       "keeps its position names no cursor");
	return true;
}

static bool check_streams(const json_t *streams, const struct json_place *place, void *target,
			  struct error *error)
{
	return json_check_members(streams, place, JSON_CHECK_OBJECT, check_stream, target, error);
}

bool overlay_check(const json_t *overlay, struct error *error)
{
	static const struct json_member members[] = {
		{ "streams", JSON_CHECK_OBJECT, .required = true, .check = check_streams },
		{ "$schema", JSON_CHECK_STRING, .required = false },
	};
	static const struct json_shape shape = { members, COUNT(members), .open = false };
	struct json_place root = json_place_root("");

	return json_check_object(overlay, &root, &shape, NULL, error);
}

const json_t *overlay_stream(const json_t *overlay, const char *id)
{
	return json_object_get(json_object_get(overlay, "streams"), id);
}

static bool is_named(const json_t *stream, const char *key, const char *expected)
{
	const char *name = json_string_value(json_object_get(stream, key));

	return strcmp(name ? name : "", expected ? expected : "") == 0;
}

const char *overlay_find_id(const json_t *overlay, const char *namespace, const char *name)
{
	const char *id;
	json_t *stream;

	json_object_foreach(json_object_get(overlay, "streams"), id, stream)
		if (is_named(stream, "name", name) && is_named(stream, "namespace", namespace))
			return id;
	return NULL;
}

bool overlay_set_parents(const json_t *overlay, struct singer_catalog *catalog,
			 struct error *error)
{
	for (size_t i = 0; i < catalog->count; i++) {
		struct singer_entry *entry = &catalog->entries[i];
		const json_t *stream = overlay_stream(overlay, entry->id);
		const char *parent = json_string_value(json_object_get(stream, "parent"));
		char *copy = parent ? strdup(parent) : NULL;

		if (parent == NULL)
			continue;
		if (copy == NULL)
			return error_set_no_memory(error);
		free(entry->parent_id);
		entry->parent_id = copy;
	}
	return true;
}

bool overlay_unquotes(const json_t *stream, const char *field)
{
	const json_t *fields = json_object_get(stream, "fields");

	return json_is_true(json_object_get(json_object_get(fields, field), "unquote"));
}
