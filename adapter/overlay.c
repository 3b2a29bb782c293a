#include "overlay.h"

#include "json_check.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

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

static bool check_stream(const json_t *stream, const struct json_place *place, void *target,
			 struct error *error)
{
	static const struct json_member members[] = {
		{ "primary_key", JSON_CHECK_ARRAY, .check = check_paths },
		{ "cursor_field", JSON_CHECK_ARRAY, .check = check_path },
		{ "keeps_position", JSON_CHECK_BOOLEAN, .required = false },
	};
	static const struct json_shape shape = { members, COUNT(members), .open = false };

	return json_check_object(stream, place, &shape, target, error);
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
