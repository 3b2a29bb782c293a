#include "config_map.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "buffer.h"
#include "json_check.h"
#include "json_compact.h"

#define TEXT_MAXIMUM ((size_t)16 << 20)
#define ALL_OTHERS "*"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* JSON pointers */

/* Undoes ~0 and ~1 in one token, with a NUL at the end. */
static void append_token(struct buffer *out, struct slice token)
{
	for (size_t i = 0; i < token.length; i++) {
		if (token.data[i] == '~')
			buffer_append_char(out, token.data[++i] == '0' ? '~' : '/');
		else
			buffer_append_char(out, token.data[i]);
	}
	buffer_append_char(out, '\0');
}

static const json_t *element_named(const json_t *array, const char *token)
{
	size_t length = strlen(token);

	if (length == 0 || length > 9 || token[strspn(token, "0123456789")] != '\0' ||
	    (token[0] == '0' && length > 1))
		return NULL;
	return json_array_get(array, strtoul(token, NULL, 10));
}

static const json_t *child_named(const json_t *value, struct slice raw, struct error *error)
{
	struct buffer token;
	const json_t *child = NULL;

	buffer_init(&token, TEXT_MAXIMUM);
	append_token(&token, raw);
	if (token.failed)
		error_set_no_memory(error);
	else if (json_is_array(value))
		child = element_named(value, token.data);
	else
		child = json_object_get(value, token.data);
	buffer_release(&token);
	return child;
}

/* What stands there, borrowed; NULL where nothing or null does. */
static const json_t *value_at(const json_t *value, const char *pointer, struct error *error)
{
	while (*pointer == '/' && value != NULL) {
		size_t length = strcspn(++pointer, "/");

		value = child_named(value, slice_of(pointer, length), error);
		pointer += length;
	}
	return json_is_null(value) ? NULL : value;
}

static bool check_pointer(const json_t *value, const struct json_place *place, void *target,
			  struct error *error)
{
	const char *pointer = json_string_value(value);

	(void)target;
	if (*pointer != '\0' && *pointer != '/')
		return json_check_fail(place, FAILURE_SYSTEM, error,
				       "must be a JSON pointer: \"\" or begin with \"/\"");
	for (; *pointer != '\0'; pointer++)
		if (*pointer == '~' && pointer[1] != '0' && pointer[1] != '1')
			return json_check_fail(place, FAILURE_SYSTEM, error,
					       "must be a JSON pointer: \"~\" is written \"~0\"");
	return true;
}

/* `from`: one pointer or a list of them, as if always a list. */

static size_t source_count(const json_t *from)
{
	return json_is_array(from) ? json_array_size(from) : from != NULL;
}

static const char *source(const json_t *from, size_t i)
{
	return json_string_value(json_is_array(from) ? json_array_get(from, i) : from);
}

/* Conversions */

/* A scalar as text, which the caller frees. */
static char *text_of(const json_t *scalar)
{
	return json_is_string(scalar) ? strdup(json_string_value(scalar)) : json_compact(scalar);
}

/* Makes a JSON string of a text, which it takes; NULL (out of memory) is fine. */
static json_t *string_taking(char *text)
{
	json_t *string = text ? json_string(text) : NULL;

	free(text);
	return string;
}

static json_t *convert_to_string(const json_t *value, const char *directory)
{
	(void)directory;
	return string_taking(text_of(value));
}

static json_t *convert_to_json(const json_t *value, const char *directory)
{
	(void)directory;
	return string_taking(json_compact(value));
}

/* URLs (s3://...) and the empty string are no relative paths. */
static json_t *convert_to_path(const json_t *value, const char *directory)
{
	const char *path = json_string_value(value);

	if (*path == '\0' || *path == '/' || strstr(path, "://") != NULL)
		return json_string(path);
	return json_sprintf("%s/%s", strcmp(directory, "/") == 0 ? "" : directory, path);
}

static const struct conversion {
	unsigned types;
	json_t *(*convert)(const json_t *value, const char *directory); /* NULL: no memory */
} conversions[] = {
	{ JSON_CHECK_SCALAR, convert_to_string },
	{ JSON_CHECK_ANY, convert_to_json },
	{ JSON_CHECK_STRING, convert_to_path },
};
static const char *const conversion_names[COUNT(conversions)] = { "string", "json", "path" };

static const struct conversion *conversion_named(const char *name)
{
	for (size_t i = 0; i < COUNT(conversions); i++)
		if (strcmp(name, conversion_names[i]) == 0)
			return &conversions[i];
	return NULL;
}

static json_t *join(const json_t *list, const char *separator, const struct json_place *place,
		    enum failure_type failure, struct error *error)
{
	struct buffer text;
	json_t *joined = NULL;

	buffer_init(&text, TEXT_MAXIMUM);
	for (size_t i = 0; i < json_array_size(list); i++) {
		const json_t *element = json_array_get(list, i);
		struct json_place there = json_place_element(place, i);
		char *part;

		if (!json_check_types(element, &there, JSON_CHECK_SCALAR, failure, error))
			goto cleanup;
		part = text_of(element);
		if (part == NULL)
			goto cleanup;
		buffer_append_string(&text, i > 0 ? separator : "");
		buffer_append_string(&text, part);
		free(part);
	}
	joined = text.failed ? NULL : json_stringn(text.length ? text.data : "", text.length);
cleanup:
	if (joined == NULL)
		error_set_no_memory(error); /* unless an element was refused: that error is kept */
	buffer_release(&text);
	return joined;
}

/* What the rule makes of a value: a new reference. `failure`: whose fault a misfit is. */
static json_t *convert(const json_t *rule, const json_t *value, const char *directory,
		       const struct json_place *place, enum failure_type failure,
		       struct error *error)
{
	const char *separator = json_string_value(json_object_get(rule, "join"));
	const char *as = json_string_value(json_object_get(rule, "as"));
	const struct conversion *conversion = as ? conversion_named(as) : NULL;
	json_t *result;

	if (separator != NULL) {
		if (!json_check_types(value, place, JSON_CHECK_ARRAY, failure, error))
			return NULL;
		return join(value, separator, place, failure, error);
	}
	if (conversion != NULL &&
	    !json_check_types(value, place, conversion->types, failure, error))
		return NULL;
	result = conversion ? conversion->convert(value, directory) : json_deep_copy(value);
	if (result == NULL)
		error_set_no_memory(error);
	return result;
}

/* Checking rules */

static bool check_from(const json_t *value, const struct json_place *place, void *target,
		       struct error *error)
{
	if (json_is_string(value))
		return check_pointer(value, place, target, error);
	if (json_array_size(value) == 0)
		return json_check_fail(place, FAILURE_SYSTEM, error, "must not be empty");
	return json_check_elements(value, place, JSON_CHECK_STRING, check_pointer, target, error);
}

static bool check_as(const json_t *value, const struct json_place *place, void *target,
		     struct error *error)
{
	size_t choice;

	(void)target;
	return json_check_choice(value, place, conversion_names, COUNT(conversion_names), &choice,
				 error);
}

/* Which of a rule's keys go together. */
static bool check_combination(const json_t *rule, const struct json_place *place,
			      struct error *error)
{
	bool from = json_object_get(rule, "from") != NULL;
	bool value = json_object_get(rule, "value") != NULL;
	const char *problem = NULL;

	if (from == value)
		problem = "must have either \"from\" or \"value\"";
	else if (value && json_object_size(rule) > 1)
		problem = "\"value\" must stand alone";
	else if (json_object_get(rule, "join") != NULL && json_object_get(rule, "as") != NULL)
		problem = "\"join\" and \"as\" exclude each other";
	else if (strcmp(place->key, ALL_OTHERS) == 0 && (value || json_object_size(rule) > 1))
		problem = "the rule \"*\" must have \"from\" and nothing else";
	return problem == NULL || json_check_fail(place, FAILURE_SYSTEM, error, "%s", problem);
}

/* A default goes the way of a config's value, so it must be able to. */
static bool check_default(const json_t *rule, const struct json_place *place, struct error *error)
{
	const json_t *value = json_object_get(rule, "default");
	struct json_place there = json_place_member(place, "default");
	json_t *converted;

	if (value == NULL || json_is_null(value))
		return true;
	converted = convert(rule, value, "/", &there, FAILURE_SYSTEM, error);
	json_decref(converted);
	return converted != NULL;
}

static bool check_rule(const json_t *rule, const struct json_place *place, void *target,
		       struct error *error)
{
	static const struct json_member members[] = {
		{ "from", JSON_CHECK_STRING | JSON_CHECK_ARRAY, .check = check_from },
		{ "value", JSON_CHECK_ANY, .required = false },
		{ "default", JSON_CHECK_ANY, .required = false },
		{ "join", JSON_CHECK_STRING, .required = false },
		{ "as", JSON_CHECK_STRING, .check = check_as },
	};
	static const struct json_shape shape = { members, COUNT(members), .open = false };

	return json_check_object(rule, place, &shape, target, error) &&
	       check_combination(rule, place, error) && check_default(rule, place, error);
}

bool config_map_check(const json_t *rules, const char *pointer, struct error *error)
{
	struct json_place root = json_place_root(pointer);

	return json_check_types(rules, &root, JSON_CHECK_OBJECT, FAILURE_SYSTEM, error) &&
	       json_check_members(rules, &root, JSON_CHECK_OBJECT, check_rule, NULL, error);
}

/* Applying them */

static bool put(json_t *mapped, const char *key, json_t *value, struct error *error)
{
	if (value == NULL)
		return false;
	return json_object_set_new(mapped, key, value) == 0 || error_set_no_memory(error);
}

static bool apply_rule(json_t *mapped, const char *key, const json_t *rule, const json_t *config,
		       const char *directory, struct error *error)
{
	const json_t *from = json_object_get(rule, "from");
	const json_t *value = NULL;
	struct json_place place = json_place_root("");

	for (size_t i = 0; i < source_count(from) && value == NULL; i++) {
		place = json_place_root(source(from, i));
		value = value_at(config, source(from, i), error);
		if (error->set)
			return false;
	}
	if (value == NULL)
		value = json_object_get(rule, from ? "default" : "value");
	if (value == NULL || json_is_null(value))
		return true;
	return put(mapped, key, convert(rule, value, directory, &place, FAILURE_CONFIG, error),
		   error);
}

static bool copy_others(json_t *mapped, const json_t *rules, const json_t *object,
			struct error *error)
{
	const char *key;
	json_t *value;

	json_object_foreach((json_t *)object, key, value) {
		json_t *copy;

		if (json_is_null(value) || json_object_get(rules, key) != NULL ||
		    json_object_get(mapped, key) != NULL)
			continue;
		copy = json_deep_copy(value);
		if (copy == NULL)
			return error_set_no_memory(error);
		if (!put(mapped, key, copy, error))
			return false;
	}
	return true;
}

/* The rule "*". */
static bool apply_all_others(json_t *mapped, const json_t *rules, const json_t *config,
			     struct error *error)
{
	const json_t *from = json_object_get(json_object_get(rules, ALL_OTHERS), "from");

	for (size_t i = 0; i < source_count(from); i++) {
		const json_t *object = value_at(config, source(from, i), error);
		struct json_place place = json_place_root(source(from, i));

		if (error->set)
			return false;
		if (object == NULL)
			continue;
		if (!json_check_types(object, &place, JSON_CHECK_OBJECT, FAILURE_CONFIG, error) ||
		    !copy_others(mapped, rules, object, error))
			return false;
	}
	return true;
}

static bool apply_rules(json_t *mapped, const json_t *rules, const json_t *config,
			const char *directory, struct error *error)
{
	const char *key;
	json_t *rule;

	json_object_foreach((json_t *)rules, key, rule) {
		if (strcmp(key, ALL_OTHERS) != 0 &&
		    !apply_rule(mapped, key, rule, config, directory, error))
			return false;
	}
	return apply_all_others(mapped, rules, config, error);
}

json_t *config_map_apply(const json_t *rules, const json_t *config, const char *directory,
			 struct error *error)
{
	json_t *mapped = rules ? json_object() : json_deep_copy(config);

	if (mapped == NULL) {
		error_set_no_memory(error);
		return NULL;
	}
	if (rules != NULL && !apply_rules(mapped, rules, config, directory, error)) {
		json_decref(mapped);
		return NULL;
	}
	return mapped;
}
