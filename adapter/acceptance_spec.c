#include "acceptance_spec.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "count.h"
#include "json_pointer.h"
#include "spec_settings.h"
#include "string_format.h"

/* Levels of a specification that are looked at. */
#define DEPTH_MAXIMUM 32

static const char *const branchings[] = { "oneOf", "anyOf", "allOf" };

struct judge {
	struct buffer *out;
	struct buffer pointer; /* to the schema that is looked at */
	void (*look)(struct judge *judge, const char *name, const json_t *schema);
	bool in_choice;        /* inside of anyOf or allOf */
};

static void tell(struct judge *judge, const char *problem)
{
	buffer_append(judge->out, judge->pointer.length > 0 ? buffer_slice(&judge->pointer)
							    : SLICE("connectionSpecification"));
	buffer_append_string(judge->out, ": ");
	buffer_append_string(judge->out, problem);
	buffer_append_char(judge->out, '\n');
}

static void walk(struct judge *judge, const char *name, const json_t *schema, unsigned depth);

static void walk_branches(struct judge *judge, const json_t *schema, unsigned depth)
{
	size_t length = judge->pointer.length;

	for (size_t i = 0; i < COUNT(branchings); i++) {
		const json_t *branches = json_object_get(schema, branchings[i]);
		bool before = judge->in_choice;

		judge->in_choice = before || i > 0;
		for (size_t j = 0; j < json_array_size(branches); j++) {
			json_pointer_append(&judge->pointer, branchings[i]);
			buffer_append_char(&judge->pointer, '/');
			buffer_append_integer(&judge->pointer, (long long)j);
			walk(judge, "", json_array_get(branches, j), depth + 1);
			judge->pointer.length = length;
		}
		judge->in_choice = before;
	}
}

/* Every schema in a schema; pointers are those of settings in a config. */
static void walk(struct judge *judge, const char *name, const json_t *schema, unsigned depth)
{
	size_t length = judge->pointer.length;
	const json_t *property;
	const char *key;

	if (!json_is_object(schema) || depth == DEPTH_MAXIMUM)
		return;
	judge->look(judge, name, schema);
	json_object_foreach((json_t *)json_object_get(schema, "properties"), key, property) {
		json_pointer_append(&judge->pointer, key);
		walk(judge, key, property, depth + 1);
		judge->pointer.length = length;
	}
	if (json_object_get(schema, "items") != NULL) {
		json_pointer_append(&judge->pointer, "items");
		walk(judge, "", json_object_get(schema, "items"), depth + 1);
		judge->pointer.length = length;
	}
	walk_branches(judge, schema, depth);
}

static void judge_all(const json_t *spec, struct buffer *out,
		      void (*look)(struct judge *judge, const char *name, const json_t *schema))
{
	struct judge judge = { .out = out, .look = look };

	buffer_init(&judge.pointer, BUFFER_MAXIMUM);
	walk(&judge, "", json_object_get(spec, "connectionSpecification"), 0);
	out->failed = out->failed || judge.pointer.failed;
	buffer_release(&judge.pointer);
}

/*
 * ---- the spec as a whole ----
 */

static bool says_type(const json_t *schema, const char *name)
{
	const json_t *type = json_object_get(schema, "type");

	if (json_is_string(type))
		return strcmp(json_string_value(type), name) == 0;
	for (size_t i = 0; i < json_array_size(type); i++) {
		const char *one = json_string_value(json_array_get(type, i));

		if (one != NULL && strcmp(one, name) == 0)
			return true;
	}
	return false;
}

static bool has_twice(const json_t *array)
{
	for (size_t i = 0; i < json_array_size(array); i++)
		for (size_t j = 0; j < i; j++)
			if (json_equal(json_array_get(array, i), json_array_get(array, j)))
				return true;
	return false;
}

static void judge_required(struct judge *judge, const json_t *schema)
{
	const json_t *required = json_object_get(schema, "required");
	const json_t *properties = json_object_get(schema, "properties");

	for (size_t i = 0; properties != NULL && i < json_array_size(required); i++) {
		const char *name = json_string_value(json_array_get(required, i));
		char text[256];

		if (name == NULL || json_object_get(properties, name) != NULL)
			continue;
		snprintf(text, sizeof(text), "%s is required, but it is none of the properties",
			 name);
		tell(judge, text);
	}
}

static void judge_order(struct judge *judge, const json_t *schema)
{
	json_t *orders = json_array();
	const json_t *property;
	const char *key;

	json_object_foreach((json_t *)json_object_get(schema, "properties"), key, property) {
		json_t *order = json_object_get(property, "order");

		if (order != NULL && json_object_get(property, "group") == NULL)
			(void)json_array_append(orders, order); /* only a warning would be lost */
	}
	if (has_twice(orders))
		tell(judge, "two properties have the same order");
	json_decref(orders);
}

static void judge_schema(struct judge *judge, const char *name, const json_t *schema)
{
	const json_t *options = json_object_get(schema, "oneOf");

	judge_required(judge, schema);
	judge_order(judge, schema);
	if (name[0] != '\0' && json_object_get(schema, "type") == NULL && options == NULL &&
	    json_object_get(schema, "const") == NULL && json_object_get(schema, "enum") == NULL)
		tell(judge, "has no type");
	if (has_twice(json_object_get(schema, "enum")))
		tell(judge, "a value of its enum is there twice");
	if (says_type(schema, "array") && json_object_get(schema, "items") == NULL)
		tell(judge, "is an array without items");
	if (options != NULL && !says_type(schema, "object"))
		tell(judge, "has oneOf, but not type: object");
	else if (options != NULL && !spec_settings_have_selector(options))
		tell(judge, "the options of its oneOf have no property in common with a constant, "
		     "another one in each");
}

void acceptance_spec_judge(const json_t *spec, struct buffer *out)
{
	const json_t *schema = json_object_get(spec, "connectionSpecification");
	const char *url = json_string_value(json_object_get(spec, "documentationUrl"));

	if (json_object_get(spec, "documentationUrl") != NULL &&
	    (url == NULL || strncmp(url, "http", 4) != 0 ||
	     string_format_problem("uri", slice_of_string(url)) != NULL))
		buffer_append_string(out, "documentationUrl: must be an absolute URL\n");
	if (!json_is_object(schema)) {
		buffer_append_string(out, "connectionSpecification: missing\n");
		return;
	}
	if (!says_type(schema, "object"))
		buffer_append_string(out, "connectionSpecification: its type is not object\n");
	if (!json_is_object(json_object_get(schema, "properties")))
		buffer_append_string(out, "connectionSpecification: has no properties\n");
	if (json_is_false(json_object_get(schema, "additionalProperties")))
		buffer_append_string(out, "connectionSpecification: additionalProperties is false, "
				     "so that no setting could ever be taken out of the spec\n");
	judge_all(spec, out, judge_schema);
}

/*
 * ---- secrets ----
 */

static bool is_named_like_secret(const char *name)
{
	static const char *const whole[] = { "key", "token", "password", "secret", "passphrase",
					     "jwt", "pat" };
	static const char *const ends[] = { "_token", "_password", "_secret", "api_key", "apikey",
					    "_passphrase", "private_key", "secret_key",
					    "access_key", "password", "service_account_info" };
	struct slice text = slice_of_string(name);

	for (size_t i = 0; i < COUNT(whole); i++)
		if (strcasecmp(name, whole[i]) == 0)
			return true;
	for (size_t i = 0; i < COUNT(ends); i++)
		if (slice_ends_with(text, slice_of_string(ends[i])))
			return true;
	return false;
}

static void judge_secret(struct judge *judge, const char *name, const json_t *schema)
{
	const json_t *mark = json_object_get(schema, "airbyte_secret");
	bool plain = says_type(schema, "string") && json_object_get(schema, "const") == NULL &&
		     json_object_get(schema, "enum") == NULL;

	if (plain && mark == NULL && is_named_like_secret(name))
		tell(judge, "is named like a secret: mark it airbyte_secret: true (or false, if it "
		     "is none)");
	if (mark != NULL && !json_is_boolean(mark))
		tell(judge, "airbyte_secret must be true or false");
	if (json_is_true(mark) && judge->in_choice)
		tell(judge, "is a secret inside of anyOf or allOf, where the platform does not "
		     "find it");
}

void acceptance_spec_judge_secrets(const json_t *spec, struct buffer *out)
{
	judge_all(spec, out, judge_secret);
}

/*
 * ---- bad configs ----
 */

static bool add(struct bad_configs *list, const char *what, const char *pointer, json_t *config,
		struct error *error)
{
	struct bad_config *bad = &list->items[list->count];

	*bad = (struct bad_config){ .config = config };
	if (config == NULL || asprintf(&bad->what, "%s %s", what, pointer) < 0) {
		json_decref(config);
		return error_set_no_memory(error);
	}
	list->count++;
	return true;
}

static bool is_listed(const struct bad_configs *list, const char *what, const char *pointer)
{
	size_t length = strlen(what);

	for (size_t i = 0; i < list->count; i++)
		if (strncmp(list->items[i].what, what, length) == 0 &&
		    strcmp(list->items[i].what + length + 1, pointer) == 0)
			return true;
	return false;
}

/* Letters and digits become the next one of their kind. */
static json_t *another(const json_t *value)
{
	const char *text = json_string_value(value);
	size_t length = json_string_length(value);
	json_t *changed;
	char *copy;

	if (json_is_integer(value))
		return json_integer(json_integer_value(value) ^ 1);
	copy = malloc(length + 2);
	if (copy == NULL)
		return NULL;
	for (size_t i = 0; i < length; i++) {
		unsigned char c = (unsigned char)text[i];

		copy[i] = text[i];
		if (isdigit(c))
			copy[i] = (char)('0' + (c - '0' + 1) % 10);
		else if (islower(c))
			copy[i] = (char)('a' + (c - 'a' + 1) % 26);
		else if (isupper(c))
			copy[i] = (char)('A' + (c - 'A' + 1) % 26);
	}
	copy[length] = 'x';
	if (memcmp(copy, text, length) == 0)
		length++;
	changed = json_stringn(copy, length);
	free(copy);
	return changed;
}

struct search {
	struct bad_configs *list;
	const json_t *config;
	struct buffer pointer;
	struct error *error;
};

static bool replace_secret(struct search *search, const json_t *value)
{
	static const char what[] = "another value at";
	char *pointer;
	json_t *config;
	bool done;

	if (!(json_is_string(value) && json_string_length(value) > 0) && !json_is_integer(value))
		return true;
	pointer = buffer_to_string(&search->pointer);
	if (pointer == NULL)
		return error_set_no_memory(search->error);
	done = is_listed(search->list, what, pointer) || search->list->count == BAD_CONFIGS_MAXIMUM;
	if (!done) {
		config = json_deep_copy(search->config);
		done = config != NULL &&
		       json_pointer_set(config, pointer, another(value), search->error) &&
		       add(search->list, what, pointer, json_incref(config), search->error);
		json_decref(config);
	}
	free(pointer);
	return done || error_set_no_memory(search->error);
}

static bool find_secrets(struct search *search, const json_t *schema, const json_t *value,
			 unsigned depth)
{
	size_t length = search->pointer.length;
	const json_t *property;
	const char *key;
	bool done = true;

	if (!json_is_object(schema) || value == NULL || depth == DEPTH_MAXIMUM)
		return true;
	if (json_is_true(json_object_get(schema, "airbyte_secret")))
		return replace_secret(search, value);
	json_object_foreach((json_t *)json_object_get(schema, "properties"), key, property) {
		json_pointer_append(&search->pointer, key);
		done = done && find_secrets(search, property, json_object_get(value, key),
					    depth + 1);
		search->pointer.length = length;
	}
	for (size_t i = 0; i < COUNT(branchings); i++) {
		const json_t *branches = json_object_get(schema, branchings[i]);

		for (size_t j = 0; j < json_array_size(branches); j++)
			done = done && find_secrets(search, json_array_get(branches, j), value,
						    depth + 1);
	}
	return done;
}

static bool drop_required(struct search *search, const json_t *schema)
{
	const json_t *required = json_object_get(schema, "required");

	for (size_t i = 0; i < json_array_size(required); i++) {
		const char *name = json_string_value(json_array_get(required, i));
		json_t *config;
		bool done;

		if (name == NULL || json_object_get(search->config, name) == NULL ||
		    search->list->count == BAD_CONFIGS_MAXIMUM)
			continue;
		config = json_deep_copy(search->config);
		done = config != NULL && json_object_del(config, name) == 0 &&
		       add(search->list, "without", name, json_incref(config), search->error);
		json_decref(config);
		if (!done)
			return error_set_no_memory(search->error);
	}
	return true;
}

bool acceptance_bad_configs(struct bad_configs *list, const json_t *connection_specification,
			    const json_t *config, struct error *error)
{
	struct search search = { .list = list, .config = config, .error = error };
	bool done;

	buffer_init(&search.pointer, BUFFER_MAXIMUM);
	done = find_secrets(&search, connection_specification, config, 0) &&
	       drop_required(&search, connection_specification);
	buffer_release(&search.pointer);
	return done;
}

void acceptance_bad_configs_release(struct bad_configs *list)
{
	for (size_t i = 0; i < list->count; i++) {
		free(list->items[i].what);
		json_decref(list->items[i].config);
	}
	list->count = 0;
}
