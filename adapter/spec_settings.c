#include "spec_settings.h"

#include <string.h>

#include "count.h"
#include "json_pointer.h"

#define TOKEN_MAXIMUM ((size_t)64 << 10)

static const char *const branchings[] = { "oneOf", "anyOf", "allOf" };

static bool has(const json_t *schema, const char *pointer, bool branch, struct error *error);

static bool says_type(const json_t *type, const char *name)
{
	if (json_is_string(type))
		return strcmp(json_string_value(type), name) == 0;
	for (size_t i = 0; i < json_array_size(type); i++)
		if (strcmp(json_string_value(json_array_get(type, i)), name) == 0)
			return true;
	return false;
}

/*
 * Does it leave open what is inside? A branch that names no type adds conditions to what
 * stands beside it ({"required": [...]}), and opens nothing.
 */
static bool is_open(const json_t *schema, bool branch)
{
	const json_t *type = json_object_get(schema, "type");
	const json_t *additional = json_object_get(schema, "additionalProperties");

	if (json_object_get(schema, "properties") != NULL ||
	    json_object_get(schema, "items") != NULL ||
	    (additional != NULL && !json_is_true(additional)))
		return false;
	for (size_t i = 0; i < COUNT(branchings); i++)
		if (json_object_get(schema, branchings[i]) != NULL)
			return false;
	if (type == NULL)
		return !branch;
	return says_type(type, "object") || says_type(type, "array");
}

static bool is_index(const char *key)
{
	return *key != '\0' && key[strspn(key, "0123456789")] == '\0';
}

/* The schema of what the key names inside; NULL where none is given. */
static const json_t *inner(const json_t *schema, const char *key)
{
	const json_t *property = json_object_get(json_object_get(schema, "properties"), key);
	const json_t *additional = json_object_get(schema, "additionalProperties");

	if (property != NULL)
		return property;
	if (json_is_object(additional))
		return additional;
	return is_index(key) ? json_object_get(schema, "items") : NULL;
}

static bool has_in_branches(const json_t *schema, const char *pointer, struct error *error)
{
	for (size_t i = 0; i < COUNT(branchings); i++) {
		const json_t *branches = json_object_get(schema, branchings[i]);

		for (size_t j = 0; j < json_array_size(branches); j++)
			if (has(json_array_get(branches, j), pointer, true, error))
				return true;
	}
	return false;
}

static bool has(const json_t *schema, const char *pointer, bool branch, struct error *error)
{
	const char *rest = pointer;
	struct buffer key;
	const json_t *inside = NULL;

	if (*pointer == '\0')
		return true;
	if (json_is_boolean(schema))
		return json_is_true(schema) && !branch;
	buffer_init(&key, TOKEN_MAXIMUM);
	if (json_pointer_step(&rest, &key, error))
		inside = inner(schema, key.data);
	buffer_release(&key);
	return (inside != NULL && has(inside, rest, false, error)) ||
	       has_in_branches(schema, pointer, error) || is_open(schema, branch);
}

bool spec_settings_has(const json_t *schema, const char *pointer, struct error *error)
{
	return has(schema, pointer, false, error);
}

/* The option's value of the constant of that name; NULL: none. */
static const json_t *const_of(const json_t *option, const char *name)
{
	return json_object_get(json_object_get(json_object_get(option, "properties"), name),
			       "const");
}

bool spec_settings_have_selector(const json_t *options)
{
	const json_t *property;
	const char *key;

	json_object_foreach(json_object_get(json_array_get(options, 0), "properties"), key,
			    property) {
		bool distinct = true;

		for (size_t i = 0; i < json_array_size(options); i++) {
			const json_t *value = const_of(json_array_get(options, i), key);

			distinct = distinct && json_is_string(value);
			for (size_t j = 0; distinct && j < i; j++)
				distinct = !json_equal(value,
						       const_of(json_array_get(options, j), key));
		}
		if (distinct)
			return true;
	}
	return false;
}
