#include "config_map.h"

#include <string.h>

#include "buffer.h"
#include "config_convert.h"
#include "config_rule.h"
#include "json_pointer.h"
#include "spec_settings.h"

#define POINTER_MAXIMUM ((size_t)16 << 20)

/* Checking the rules */

/* `seen` is a set: the rule's value under the key has to be new to it. */
static bool check_new(const json_t *rule, const struct json_place *place, const char *key,
		      json_t *seen, struct error *error)
{
	const char *name = json_string_value(json_object_get(rule, key));
	struct json_place there = json_place_member(place, key);

	if (name == NULL)
		return true;
	if (json_object_get(seen, name) != NULL)
		return json_check_fail(&there, FAILURE_SYSTEM, error,
				       "another rule has \"%s\" already", name);
	return json_object_set_new(seen, name, json_true()) == 0 || error_set_no_memory(error);
}

/* No two rules write one file or one variable. */
static bool check_unique(const json_t *rules, const struct json_place *root, const char *member,
			 struct error *error)
{
	json_t *seen = json_object();
	bool unique = seen != NULL || error_set_no_memory(error);
	const char *key;
	json_t *rule;

	json_object_foreach((json_t *)rules, key, rule) {
		struct json_place place = json_place_member(root, key);

		unique = unique && check_new(rule, &place, member, seen, error);
	}
	json_decref(seen);
	return unique;
}

bool config_map_check(const json_t *rules, const char *pointer, struct error *error)
{
	struct json_place root = json_place_root(pointer);
	json_t *targets;

	if (!json_check_types(rules, &root, JSON_CHECK_OBJECT, FAILURE_SYSTEM, error) ||
	    !json_check_members(rules, &root, JSON_CHECK_OBJECT, config_rule_check, NULL, error))
		return false;
	targets = config_rule_targets(rules, pointer, error);
	json_decref(targets);
	return targets != NULL && check_unique(rules, &root, "file", error) &&
	       check_unique(rules, &root, "env", error);
}

static bool check_source(const json_t *pointer, const struct json_place *place, void *target,
			 struct error *error)
{
	const json_t *const *schema = target;

	if (spec_settings_has(*schema, json_string_value(pointer), error))
		return true;
	return json_check_fail(place, FAILURE_SYSTEM, error, "the spec has no setting %s",
			       json_string_value(pointer));
}

static bool check_sources(const json_t *rule, const struct json_place *place, void *target,
			  struct error *error)
{
	const json_t *from = json_object_get(rule, "from");
	struct json_place there = json_place_member(place, "from");

	if (json_is_string(from))
		return check_source(from, &there, target, error);
	return json_check_elements(from, &there, JSON_CHECK_STRING, check_source, target, error);
}

bool config_map_check_sources(const json_t *rules, const json_t *schema, const char *pointer,
			      struct error *error)
{
	struct json_place root = json_place_root(pointer);

	return json_check_members(rules, &root, JSON_CHECK_OBJECT, check_sources, &schema, error);
}

/* Applying them */

struct application {
	const json_t *rules;
	const json_t *config;
	const struct config_folders *folders;
	struct mapped_config *mapped;
	json_t *targets; /* of config_rule_targets */
	struct error *error;
};

/* Each of these takes the value. */

/* Keeps the value as a file's content; the result is the file's path. */
static json_t *put_file(struct application *application, const char *name, json_t *value)
{
	json_t *content = config_convert_text(value), *path = NULL;

	json_decref(value);
	if (json_object_set_new(application->mapped->files, name, content) == 0)
		path = json_sprintf("%s/%s", application->folders->work_dir, name);
	if (path == NULL)
		error_set_no_memory(application->error);
	return path;
}

static bool put_variable(struct application *application, const char *name, json_t *value,
			 const struct json_place *place)
{
	json_t *text = config_convert_text(value);

	json_decref(value);
	if (text != NULL && strlen(json_string_value(text)) < json_string_length(text)) {
		json_decref(text);
		return json_check_fail(place, FAILURE_CONFIG, application->error,
				       "must not hold a NUL character");
	}
	return json_object_set_new(application->mapped->variables, name, text) == 0 ||
	       error_set_no_memory(application->error);
}

static bool put_key(struct application *application, const char *key, json_t *value)
{
	struct buffer target;
	bool put = false;

	buffer_init(&target, POINTER_MAXIMUM);
	config_rule_target(key, &target);
	buffer_append_char(&target, '\0');
	if (target.failed)
		json_decref(value);
	else
		put = json_pointer_make(application->mapped->config, target.data, value,
					application->error);
	buffer_release(&target);
	return put || error_set_no_memory(application->error);
}

static bool apply_rule(struct application *application, const char *key, const json_t *rule)
{
	const char *pointer = "", *file = json_string_value(json_object_get(rule, "file"));
	const char *variable = json_string_value(json_object_get(rule, "env"));
	const json_t *value = config_rule_find(rule, application->config, &pointer,
					       application->error);
	struct json_place place = json_place_root(value ? pointer : "");
	json_t *converted;

	if (application->error->set)
		return false;
	if (value == NULL)
		value = json_object_get(rule, json_object_get(rule, "from") ? "default" : "value");
	if (value == NULL || json_is_null(value))
		return true;
	converted = config_convert(rule, value, application->folders->start, &place,
				   FAILURE_CONFIG, application->error);
	if (converted != NULL && file != NULL)
		converted = put_file(application, file, converted);
	if (converted == NULL)
		return false;
	if (variable != NULL)
		return put_variable(application, variable, converted, &place);
	return put_key(application, key, converted);
}

static bool copy_others(struct application *application, const json_t *object)
{
	json_t *mapped = application->mapped->config;
	const char *key;
	json_t *value;

	json_object_foreach((json_t *)object, key, value) {
		if (json_is_null(value) || json_object_get(application->targets, key) != NULL ||
		    json_object_get(mapped, key) != NULL)
			continue;
		if (json_object_set_new(mapped, key, json_deep_copy(value)) != 0)
			return error_set_no_memory(application->error);
	}
	return true;
}

/* The rule "*". */
static bool apply_others(struct application *application)
{
	const json_t *rule = json_object_get(application->rules, CONFIG_RULE_OTHERS);
	const json_t *from = json_object_get(rule, "from");
	struct error *error = application->error;

	for (size_t i = 0; i < config_rule_source_count(from); i++) {
		const char *pointer = config_rule_source(from, i);
		const json_t *object = json_pointer_get(application->config, pointer, error);
		struct json_place place = json_place_root(pointer);

		if (error->set)
			return false;
		if (object == NULL || json_is_null(object))
			continue;
		if (!json_check_types(object, &place, JSON_CHECK_OBJECT, FAILURE_CONFIG, error) ||
		    !copy_others(application, object))
			return false;
	}
	return true;
}

static bool apply_rules(struct application *application)
{
	const char *key;
	json_t *rule;

	application->targets = config_rule_targets(application->rules, "", application->error);
	if (application->targets == NULL)
		return false;
	json_object_foreach((json_t *)application->rules, key, rule) {
		if (strcmp(key, CONFIG_RULE_OTHERS) != 0 && !apply_rule(application, key, rule))
			return false;
	}
	return apply_others(application);
}

bool config_map_apply(const json_t *rules, const json_t *config,
		      const struct config_folders *folders, struct mapped_config *mapped,
		      struct error *error)
{
	struct application application = {
		.rules = rules, .config = config, .folders = folders, .mapped = mapped,
		.error = error,
	};
	bool applied;

	*mapped = (struct mapped_config){
		.config = rules ? json_object() : json_deep_copy(config),
		.files = json_object(),
		.variables = json_object(),
	};
	if (mapped->config == NULL || mapped->files == NULL || mapped->variables == NULL)
		return error_set_no_memory(error);
	applied = rules == NULL || apply_rules(&application);
	json_decref(application.targets);
	return applied;
}

void mapped_config_release(struct mapped_config *mapped)
{
	json_decref(mapped->config);
	json_decref(mapped->files);
	json_decref(mapped->variables);
	*mapped = MAPPED_CONFIG_NONE;
}
