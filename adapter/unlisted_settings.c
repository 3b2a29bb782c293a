#include "unlisted_settings.h"

#include <string.h>

#include "count.h"
#include "json_place.h"
#include "near_name.h"
#include "read_plan.h"
#include "spec_settings.h"

#define DEPTH_MAXIMUM 32
#define PATH_MAXIMUM ((size_t)64 << 10)

/* No slip of the pen is longer, and a path of such keys has room. */
#define KEY_MAXIMUM 512

static const char *const branchings[] = { "oneOf", "anyOf", "allOf" };

struct search {
	const json_t *schema; /* of the whole config */
	const struct warnings *warnings;
	bool failed;
};

static bool is_internal(const char *key, const struct json_place *place)
{
	return strncmp(key, "__", 2) == 0 ||
	       (place->parent == NULL && strcmp(key, READ_PLAN_WORKERS_KEY) == 0);
}

static bool is_listed(struct search *search, const struct json_place *place)
{
	struct error error = ERROR_NONE;
	struct buffer pointer;
	bool listed;

	buffer_init(&pointer, PATH_MAXIMUM);
	json_place_pointer(place, &pointer);
	buffer_append_char(&pointer, '\0');
	listed = pointer.failed || spec_settings_has(search->schema, pointer.data, &error);
	search->failed = search->failed || pointer.failed || error.set;
	buffer_release(&pointer);
	return listed;
}

static const char *near_property(const json_t *properties, const json_t *value, const char *key)
{
	const char *name;
	json_t *property;

	json_object_foreach((json_t *)properties, name, property)
		if (json_object_get(value, name) == NULL &&
		    near_name(slice_of_string(key), slice_of_string(name)))
			return name;
	return NULL;
}

/* What may be meant by a key of `value`, in whatever branch it is. */
static const char *meant_by(const json_t *schema, const json_t *value, const char *key)
{
	const char *name = near_property(json_object_get(schema, "properties"), value, key);

	for (size_t i = 0; i < COUNT(branchings); i++) {
		const json_t *branches = json_object_get(schema, branchings[i]);

		for (size_t j = 0; name == NULL && j < json_array_size(branches); j++)
			name = near_property(json_object_get(json_array_get(branches, j),
							     "properties"), value, key);
	}
	return name;
}

static bool takes_more(const json_t *schema)
{
	if (json_is_true(json_object_get(schema, "additionalProperties")))
		return true;
	for (size_t i = 0; i < COUNT(branchings); i++) {
		const json_t *branches = json_object_get(schema, branchings[i]);

		for (size_t j = 0; j < json_array_size(branches); j++)
			if (json_is_true(json_object_get(json_array_get(branches, j),
							 "additionalProperties")))
				return true;
	}
	return false;
}

static void warn(struct search *search, const struct json_place *place, const char *meant)
{
	struct buffer path;

	buffer_init(&path, PATH_MAXIMUM);
	json_place_path(place, &path);
	buffer_append_char(&path, '\0');
	if (path.failed)
		search->failed = true;
	else
		warnings_say(search->warnings, "the config has the key %s, which the spec does "
			     "not list%s%s%s", path.data, meant ? "; is " : "",
			     meant ? meant : "", meant ? " meant?" : "");
	buffer_release(&path);
}

/* The schema of a member; NULL: in branches that differ, or nowhere. */
static const json_t *schema_of(const json_t *schema, const char *key)
{
	const json_t *found = json_object_get(json_object_get(schema, "properties"), key);

	for (size_t i = 0; i < COUNT(branchings); i++) {
		const json_t *branches = json_object_get(schema, branchings[i]);

		for (size_t j = 0; found == NULL && j < json_array_size(branches); j++)
			found = json_object_get(json_object_get(json_array_get(branches, j),
								"properties"), key);
	}
	return found;
}

static void search_value(struct search *search, const json_t *schema, const json_t *value,
			 const struct json_place *place, unsigned depth)
{
	const char *key;
	json_t *member;
	size_t i;

	if (depth > DEPTH_MAXIMUM || !json_is_object(schema))
		return;
	json_object_foreach((json_t *)value, key, member) {
		struct json_place there = json_place_member(place, key);
		const char *meant;

		if (is_internal(key, place) || strlen(key) > KEY_MAXIMUM)
			continue;
		if (is_listed(search, &there)) {
			search_value(search, schema_of(schema, key), member, &there, depth + 1);
			continue;
		}
		meant = meant_by(schema, value, key);
		if (meant != NULL || !takes_more(schema))
			warn(search, &there, meant);
	}
	json_array_foreach((json_t *)value, i, member) {
		struct json_place there = json_place_element(place, i);

		search_value(search, json_object_get(schema, "items"), member, &there, depth + 1);
	}
}

bool unlisted_settings_warn(const json_t *schema, const json_t *config,
			    const struct warnings *warnings, struct error *error)
{
	struct search search = { .schema = schema, .warnings = warnings };
	struct json_place root = json_place_root("");

	search_value(&search, schema, config, &root, 0);
	return !search.failed || error_set_no_memory(error);
}

const char *unlisted_settings_near(const json_t *properties, const json_t *value,
				   const char *missing)
{
	const char *key;
	json_t *member;

	json_object_foreach((json_t *)value, key, member)
		if (json_object_get(properties, key) == NULL &&
		    near_name(slice_of_string(key), slice_of_string(missing)))
			return key;
	return NULL;
}
