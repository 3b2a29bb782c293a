#include "config_rule.h"

#include <string.h>

#include "buffer.h"
#include "config_convert.h"
#include "count.h"
#include "json_pointer.h"

#define POINTER_MAXIMUM ((size_t)16 << 20)

static bool check_pointer(const json_t *value, const struct json_place *place, void *target,
			  struct error *error)
{
	const char *problem = json_pointer_problem(json_string_value(value));

	(void)target;
	return problem == NULL || json_check_fail(place, FAILURE_SYSTEM, error, "%s", problem);
}

static bool check_from(const json_t *value, const struct json_place *place, void *target,
		       struct error *error)
{
	if (json_is_string(value))
		return check_pointer(value, place, target, error);
	if (json_array_size(value) == 0)
		return json_check_fail(place, FAILURE_SYSTEM, error, "must not be empty");
	return json_check_elements(value, place, JSON_CHECK_STRING, check_pointer, target, error);
}

/* The work dir, where the file goes, holds tapbyte's own files as well. */
static bool check_file(const json_t *value, const struct json_place *place, void *target,
		       struct error *error)
{
	static const char *const own[] = {
		"config.json", "catalog", "state",
	};
	const char *name = json_string_value(value);

	(void)target;
	if (*name == '\0' || *name == '.' ||
	    name[strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
			      "0123456789-_.")] != '\0')
		return json_check_fail(place, FAILURE_SYSTEM, error,
				       "must be made of letters, digits, \"-\", \"_\" and \".\", "
				       "and not begin with \".\"");
	for (size_t i = 0; i < COUNT(own); i++)
		if (strncmp(name, own[i], strlen(own[i])) == 0)
			return json_check_fail(place, FAILURE_SYSTEM, error,
					       "is a file of tapbyte's own");
	return true;
}

static bool check_env(const json_t *value, const struct json_place *place, void *target,
		      struct error *error)
{
	const char *name = json_string_value(value);

	(void)target;
	return (*name != '\0' && strchr(name, '=') == NULL) ||
	       json_check_fail(place, FAILURE_SYSTEM, error,
			       "is no name of an environment variable");
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
	else if (strcmp(place->key, CONFIG_RULE_OTHERS) == 0 &&
		 (value || json_object_size(rule) > 1))
		problem = "the rule \"*\" must have \"from\" and nothing else";
	if (problem != NULL)
		return json_check_fail(place, FAILURE_SYSTEM, error, "%s", problem);
	return config_convert_check_single(rule, place, error);
}

/* A default goes the way of a config's value, so it must be able to. */
static bool check_default(const json_t *rule, const struct json_place *place, struct error *error)
{
	const json_t *value = json_object_get(rule, "default");
	struct json_place there = json_place_member(place, "default");
	json_t *converted;

	if (value == NULL || json_is_null(value))
		return true;
	converted = config_convert(rule, value, "/", &there, FAILURE_SYSTEM, error);
	json_decref(converted);
	return converted != NULL;
}

static bool check_key(const struct json_place *place, struct error *error)
{
	const char *problem = *place->key == '/' ? json_pointer_problem(place->key) : NULL;

	return problem == NULL || json_check_fail(place, FAILURE_SYSTEM, error, "%s", problem);
}

bool config_rule_check(const json_t *rule, const struct json_place *place, void *target,
		       struct error *error)
{
	static const struct json_member members[] = {
		{ "from", JSON_CHECK_STRING | JSON_CHECK_ARRAY, .check = check_from },
		{ "value", JSON_CHECK_ANY, .required = false },
		{ "default", JSON_CHECK_ANY, .required = false },
		{ "join", JSON_CHECK_STRING, .required = false },
		{ "split", JSON_CHECK_STRING, .check = config_convert_check_split },
		{ "date", JSON_CHECK_STRING, .check = config_convert_check_date },
		{ "as", JSON_CHECK_STRING, .check = config_convert_check_as },
		{ "file", JSON_CHECK_STRING, .check = check_file },
		{ "env", JSON_CHECK_STRING, .check = check_env },
	};
	static const struct json_shape shape = { members, COUNT(members), .open = false };

	return json_check_object(rule, place, &shape, target, error) && check_key(place, error) &&
	       check_combination(rule, place, error) && check_default(rule, place, error);
}

size_t config_rule_source_count(const json_t *from)
{
	return json_is_array(from) ? json_array_size(from) : from != NULL;
}

const char *config_rule_source(const json_t *from, size_t i)
{
	return json_string_value(json_is_array(from) ? json_array_get(from, i) : from);
}

const json_t *config_rule_find(const json_t *rule, const json_t *config, const char **pointer,
			       struct error *error)
{
	const json_t *from = json_object_get(rule, "from");

	for (size_t i = 0; i < config_rule_source_count(from) && !error->set; i++) {
		const json_t *value;

		*pointer = config_rule_source(from, i);
		value = json_pointer_get(config, *pointer, error);
		if (value != NULL && !json_is_null(value))
			return value;
	}
	return NULL;
}

void config_rule_target(const char *key, struct buffer *out)
{
	if (*key == '/')
		buffer_append_string(out, key);
	else
		json_pointer_append(out, key);
}

static bool add_target(json_t *tree, const char *key, const struct json_place *place,
		       struct error *error)
{
	struct buffer target;
	bool added = false;

	buffer_init(&target, POINTER_MAXIMUM);
	config_rule_target(key, &target);
	buffer_append_char(&target, '\0');
	if (target.failed)
		error_set_no_memory(error);
	else
		added = json_pointer_make(tree, target.data, json_string(key), error);
	if (!added)
		json_check_fail(place, FAILURE_SYSTEM, error,
				"another rule puts a value there, around it or inside it");
	buffer_release(&target);
	return added;
}

json_t *config_rule_targets(const json_t *rules, const char *pointer, struct error *error)
{
	struct json_place root = json_place_root(pointer);
	json_t *tree = json_object();
	const char *key;
	json_t *rule;

	if (tree == NULL)
		error_set_no_memory(error);
	json_object_foreach((json_t *)rules, key, rule) {
		struct json_place place = json_place_member(&root, key);

		if (strcmp(key, CONFIG_RULE_OTHERS) == 0 || tree == NULL)
			continue;
		if (!add_target(tree, key, &place, error)) {
			json_decref(tree);
			tree = NULL;
		}
	}
	return tree;
}
