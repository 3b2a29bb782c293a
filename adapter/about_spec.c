#include "about_spec.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "count.h"
#include "setting_name.h"
#include "slice.h"
#include "spec_schema.h"
#include "spec_settings.h"

/* Settings in settings in settings; deeper ones are left open. */
#define DEPTH_MAXIMUM 12

#define TITLE_MAXIMUM 200

#define DRAFT "http://json-schema.org/draft-07/schema#"

/* Sticky, as a buffer's `failed`: what was not added is missed at the end. */
struct conversion {
	json_t *notes;
	bool failed;
};

static void put(struct conversion *conversion, json_t *object, const char *key, json_t *value)
{
	if (json_object_set_new(object, key, value) != 0)
		conversion->failed = true;
}

static void append(struct conversion *conversion, json_t *array, json_t *value)
{
	if (json_array_append_new(array, value) != 0)
		conversion->failed = true;
}

static void note(struct conversion *conversion, const char *name, const char *text)
{
	append(conversion, conversion->notes, json_sprintf("The setting %s %s", name, text));
}

static json_t *title_of(const char *name)
{
	struct buffer title;
	json_t *value;

	buffer_init(&title, TITLE_MAXIMUM);
	setting_name_title(name, &title);
	value = json_stringn(title.data ? title.data : "", title.length);
	buffer_release(&title);
	return value;
}

/*
 * ---- types ----
 */

/* `type` as a list of names without null; empty: any. */
static json_t *types_of(const json_t *schema)
{
	json_t *type = json_object_get(schema, "type"), *types = json_array(), *name;
	size_t i;

	if (json_is_string(type))
		(void)json_array_append(types, type);
	json_array_foreach(type, i, name)
		if (json_is_string(name) && spec_schema_type(json_string_value(name)) != 0)
			(void)json_array_append(types, name);
	for (i = json_array_size(types); i-- > 0;)
		if (strcmp(json_string_value(json_array_get(types, i)), "null") == 0)
			(void)json_array_remove(types, i);
	return types;
}

static bool has_type(const json_t *types, const char *name)
{
	size_t i;
	json_t *type;

	json_array_foreach(types, i, type)
		if (strcmp(json_string_value(type), name) == 0)
			return true;
	return false;
}

static bool is_null_schema(const json_t *schema)
{
	json_t *types = types_of(schema);
	bool is_null = (json_object_get(schema, "type") != NULL && json_array_size(types) == 0) ||
		       json_is_null(json_object_get(schema, "const"));

	json_decref(types);
	return is_null;
}

/* The branches of oneOf or anyOf that a value but null can take; NULL: there are none. */
static json_t *branches_of(const json_t *schema, const char **keyword)
{
	static const char *const keywords[] = { "oneOf", "anyOf" };
	json_t *branches, *branch;

	for (size_t i = 0; i < COUNT(keywords); i++) {
		const json_t *all = json_object_get(schema, keywords[i]);
		size_t j;

		if (!json_is_array(all))
			continue;
		branches = json_array();
		json_array_foreach(all, j, branch)
			if (json_is_object(branch) && !is_null_schema(branch))
				(void)json_array_append(branches, branch);
		*keyword = keywords[i];
		return branches;
	}
	return NULL;
}

static bool are_objects(const json_t *branches)
{
	json_t *branch;
	size_t i;

	json_array_foreach(branches, i, branch) {
		json_t *types = types_of(branch);
		bool object = has_type(types, "object") ||
			      json_object_get(branch, "properties") != NULL;

		json_decref(types);
		if (!object)
			return false;
	}
	return true;
}

static void add_type(json_t *types, const char *name)
{
	if (!has_type(types, name))
		(void)json_array_append_new(types, json_string(name));
}

/* One that names no type takes any. */
static void add_types(json_t *types, const json_t *branch)
{
	static const char *const any[] = { "string", "number", "boolean", "object", "array" };
	json_t *more = types_of(branch), *name;
	size_t i;

	json_array_foreach(more, i, name)
		add_type(types, json_string_value(name));
	for (i = 0; json_array_size(more) == 0 && i < COUNT(any); i++)
		add_type(types, any[i]);
	json_decref(more);
}

/* Takes what the branches say of a type, and of what is in a list or an object. */
static void merge_branches(json_t *schema, const json_t *branches)
{
	static const char *const kept[] = { "secret", "writeOnly", "items", "properties" };
	json_t *types = json_array(), *branch;
	size_t i;

	json_array_foreach(branches, i, branch) {
		add_types(types, branch);
		for (size_t j = 0; j < COUNT(kept); j++)
			if (json_object_get(schema, kept[j]) == NULL)
				(void)json_object_set(schema, kept[j],
						      json_object_get(branch, kept[j]));
	}
	if (has_type(types, "array") && json_object_get(schema, "items") == NULL)
		(void)json_object_set_new(schema, "items", json_object());
	(void)json_object_set_new(schema, "type", types);
}

/*
 * The schema without anyOf and oneOf, but for one of objects: of one type and null taken for
 * that type, of several kinds for a list of types. A new reference.
 */
static json_t *without_branches(const json_t *schema)
{
	json_t *copy = json_copy((json_t *)schema);
	const char *keyword = NULL;
	json_t *branches = branches_of(schema, &keyword);

	if (json_array_size(branches) == 1) {
		(void)json_object_del(copy, keyword);
		(void)json_object_update_missing(copy, json_array_get(branches, 0));
	} else if (json_array_size(branches) > 1 && !are_objects(branches)) {
		(void)json_object_del(copy, keyword);
		merge_branches(copy, branches);
	}
	json_decref(branches);
	return copy;
}

/*
 * ---- one setting ----
 */

static json_t *convert(struct conversion *conversion, const char *name, bool is_setting,
		       const json_t *schema, unsigned depth);

static json_t *without_nulls(const json_t *values)
{
	json_t *kept = json_array(), *value;
	size_t i;

	json_array_foreach(values, i, value)
		if (!json_is_null(value))
			(void)json_array_append(kept, value);
	return kept;
}

/* Members that mean the same in a spec, where they have one of these types. */
static void copy_members(struct conversion *conversion, const json_t *schema, json_t *out)
{
	static const struct {
		const char *key;
		bool is_number; /* else a string */
	} members[] = {
		{ "title", false },    { "description", false }, { "format", false },
		{ "pattern", false },  { "minimum", true },      { "maximum", true },
		{ "exclusiveMinimum", true }, { "exclusiveMaximum", true },
		{ "minLength", true }, { "maxLength", true },    { "minItems", true },
		{ "maxItems", true },
	};
	json_t *value;

	for (size_t i = 0; i < COUNT(members); i++) {
		value = json_object_get(schema, members[i].key);
		if (members[i].is_number ? json_is_number(value) : json_is_string(value))
			put(conversion, out, members[i].key, json_incref(value));
	}
	value = json_object_get(schema, "uniqueItems");
	if (json_is_boolean(value))
		put(conversion, out, "uniqueItems", json_incref(value));
}

/* What a person may choose, and is shown; of a secret nothing is. */
static void copy_values(struct conversion *conversion, const json_t *schema, bool secret,
			json_t *out)
{
	static const char *const lists[] = { "enum", "examples" };
	json_t *value = json_object_get(schema, "const");

	if (value != NULL && !json_is_null(value))
		put(conversion, out, "const", json_incref(value));
	value = json_object_get(schema, "default");
	if (value != NULL && !json_is_null(value) && !secret)
		put(conversion, out, "default", json_incref(value));
	for (size_t i = 0; i < COUNT(lists) && !secret; i++) {
		value = without_nulls(json_object_get(schema, lists[i]));
		if (json_array_size(value) > 0)
			put(conversion, out, lists[i], json_incref(value));
		json_decref(value);
	}
}

/* Of several types a form offers the first: text, if it may be. */
static json_t *order_types(const json_t *types)
{
	static const char *const first[] = { "string", "integer", "number", "boolean" };
	json_t *ordered = json_array(), *name;
	size_t i;

	for (i = 0; i < COUNT(first); i++)
		if (has_type(types, first[i]))
			(void)json_array_append_new(ordered, json_string(first[i]));
	json_array_foreach(types, i, name)
		if (!has_type(ordered, json_string_value(name)))
			(void)json_array_append(ordered, name);
	return ordered;
}

static void copy_type(struct conversion *conversion, const char *name, const json_t *types,
		      json_t *out)
{
	json_t *ordered = order_types(types), *first = json_array_get(ordered, 0);

	if (json_array_size(ordered) == 1) {
		put(conversion, out, "type", json_incref(first));
	} else if (json_array_size(ordered) > 1) {
		put(conversion, out, "type", json_incref(ordered));
		append(conversion, conversion->notes,
		       json_sprintf("The setting %s may be of several types; Airbyte's form offers "
				    "the first one in spec.json, %s.", name,
				    json_string_value(first)));
	}
	json_decref(ordered);
}

static void mark_secret(struct conversion *conversion, const char *name, const json_t *types,
			bool marked, json_t *out)
{
	bool is_text = has_type(types, "string") || json_array_size(types) == 0;

	if (marked || (is_text && setting_name_is_secret(name))) {
		put(conversion, out, "airbyte_secret", json_true());
	} else if (has_type(types, "object") && setting_name_is_secret(name) &&
		   json_object_size(json_object_get(out, "properties")) == 0) {
		put(conversion, out, "additionalProperties",
		    json_pack("{s:s,s:b}", "type", "string", "airbyte_secret", 1));
	}
}

/* The settings in an object, in their order; and which of them are required. */
static void convert_properties(struct conversion *conversion, const json_t *schema,
			       unsigned depth, json_t *out)
{
	const json_t *properties = json_object_get(schema, "properties");
	json_t *required = json_array(), *converted = json_object(), *property;
	const char *name;
	size_t i;

	json_object_foreach((json_t *)properties, name, property) {
		json_t *setting = convert(conversion, name, true, property, depth + 1);

		put(conversion, setting, "order",
		    json_integer((json_int_t)json_object_size(converted)));
		put(conversion, converted, name, setting);
	}
	json_array_foreach(json_object_get(schema, "required"), i, property)
		if (json_object_get(converted, json_string_value(property)) != NULL)
			append(conversion, required, json_incref(property));
	if (json_array_size(required) > 0)
		put(conversion, out, "required", json_incref(required));
	if (json_object_size(converted) > 0)
		put(conversion, out, "properties", json_incref(converted));
	json_decref(required);
	json_decref(converted);
}

/* A form shows the titles of the ways to choose from. */
static void name_branch(struct conversion *conversion, json_t *branch, size_t number)
{
	json_t *properties = json_object_get(branch, "properties"), *property;
	const char *key;

	if (json_is_string(json_object_get(branch, "title")))
		return;
	json_object_foreach(properties, key, property) {
		const char *choice = json_string_value(json_object_get(property, "const"));

		if (choice == NULL)
			continue;
		put(conversion, branch, "title", title_of(choice));
		return;
	}
	put(conversion, branch, "title", json_sprintf("Way %zu", number + 1));
}

/* What is in any of the ways, for a form that cannot tell them apart. */
static void merge_ways(struct conversion *conversion, const char *name, const json_t *ways,
		       json_t *out)
{
	json_t *properties = json_object(), *way, *property;
	const char *key;
	size_t i;

	json_array_foreach(ways, i, way)
		(void)json_object_update_missing(properties, json_object_get(way, "properties"));
	i = 0;
	json_object_foreach(properties, key, property)
		put(conversion, property, "order", json_integer((json_int_t)i++));
	if (json_object_size(properties) > 0)
		put(conversion, out, "properties", json_incref(properties));
	note(conversion, name, "may be filled in in several ways, which nothing tells apart; "
	     "Airbyte's form offers what is in any of them.");
	json_decref(properties);
}

/* without_branches has left those of objects. */
static void convert_branches(struct conversion *conversion, const char *name,
			     const json_t *schema, unsigned depth, json_t *out)
{
	const char *keyword = NULL;
	json_t *branches = branches_of(schema, &keyword), *converted = json_array(), *branch;
	size_t i;

	json_array_foreach(branches, i, branch)
		append(conversion, converted,
		       convert(conversion, name, false, branch, depth + 1));
	if (json_array_size(converted) > 0)
		put(conversion, out, "type", json_string("object"));
	if (spec_settings_have_selector(converted)) {
		for (i = 0; i < json_array_size(converted); i++)
			name_branch(conversion, json_array_get(converted, i), i);
		put(conversion, out, "oneOf", json_incref(converted));
	} else if (json_array_size(converted) > 0) {
		merge_ways(conversion, name, converted, out);
	}
	json_decref(branches);
	json_decref(converted);
}

static void convert_children(struct conversion *conversion, const char *name,
			     const json_t *schema, unsigned depth, json_t *out)
{
	const json_t *additional = json_object_get(schema, "additionalProperties");
	const json_t *items = json_object_get(schema, "items");

	convert_properties(conversion, schema, depth, out);
	convert_branches(conversion, name, schema, depth, out);
	if (json_is_boolean(additional))
		put(conversion, out, "additionalProperties", json_incref((json_t *)additional));
	else if (json_is_object(additional))
		put(conversion, out, "additionalProperties",
		    convert(conversion, name, false, additional, depth + 1));
	if (json_is_object(items))
		put(conversion, out, "items", convert(conversion, name, false, items, depth + 1));
}

/*
 * Of a setting, or of a part of that setting (an item, a branch), which needs no title. A new
 * reference; an open schema where the tap's is none.
 */
static json_t *convert(struct conversion *conversion, const char *name, bool is_setting,
		       const json_t *schema, unsigned depth)
{
	json_t *merged = json_is_object(schema) ? without_branches(schema) : NULL;
	json_t *types = types_of(merged), *out = json_object();
	bool marked = json_is_true(json_object_get(merged, "secret")) ||
		      json_is_true(json_object_get(merged, "writeOnly"));
	bool secret = marked || setting_name_is_secret(name);

	copy_type(conversion, name, types, out);
	if (is_setting && !json_is_string(json_object_get(merged, "title")))
		put(conversion, out, "title", title_of(name));
	copy_members(conversion, merged, out);
	copy_values(conversion, merged, secret && !has_type(types, "boolean"), out);
	if (depth < DEPTH_MAXIMUM)
		convert_children(conversion, name, merged, depth, out);
	mark_secret(conversion, name, types, marked, out);
	json_decref(merged);
	json_decref(types);
	return out;
}

/*
 * ---- all settings ----
 */

/* What the SDK adds to every tap: for pipelines that have nothing else to transform with. */
static bool is_of_the_sdk(const char *name)
{
	static const char *const names[] = {
		"stream_maps", "stream_map_config", "faker_config", "batch_config",
		"batch_size_rows", "batch_wait_limit_seconds",
	};

	for (size_t i = 0; i < COUNT(names); i++)
		if (strcmp(name, names[i]) == 0)
			return true;
	return slice_starts_with(slice_of_string(name), SLICE("flattening_"));
}

/* What a spec cannot say is left open. */
static void check_setting(struct conversion *conversion, const char *name, json_t *setting)
{
	static const char *const kept[] = { "title", "description", "order", "airbyte_secret" };
	struct error problem = ERROR_NONE;
	json_t *open;

	if (spec_schema_check(setting, "", &problem))
		return;
	append(conversion, conversion->notes,
	       json_sprintf("The setting %s is left open, since its schema is unusual (%s).", name,
			    problem.message));
	open = json_object();
	for (size_t i = 0; i < COUNT(kept); i++)
		if (json_object_get(setting, kept[i]) != NULL)
			put(conversion, open, kept[i], json_incref(json_object_get(setting,
										   kept[i])));
	(void)json_object_clear(setting);
	(void)json_object_update(setting, open);
	json_decref(open);
}

static json_t *frame(struct conversion *conversion, const char *title)
{
	json_t *spec = json_pack("{s:s, s:s, s:s, s:b}", "$schema", DRAFT, "title", title, "type",
				 "object", "additionalProperties", 1);

	conversion->failed = conversion->failed || spec == NULL;
	return spec;
}

/* `properties` has to be there, even for a tap without settings. */
static json_t *finish(struct conversion *conversion, json_t *spec, struct error *error)
{
	if (json_object_get(spec, "properties") == NULL)
		put(conversion, spec, "properties", json_object());
	if (!conversion->failed)
		return spec;
	error_set_no_memory(error);
	json_decref(spec);
	return NULL;
}

json_t *about_spec_make(const json_t *about, const char *title, json_t *notes,
			struct error *error)
{
	const json_t *settings = json_object_get(about, "settings");
	const json_t *all = json_object_get(settings, "properties");
	struct conversion conversion = { .notes = notes };
	json_t *own, *schema, *spec, *property;
	const char *name;

	if (!json_is_object(settings)) {
		error_set(error, FAILURE_SYSTEM, "the tap's --about has no settings");
		return NULL;
	}
	own = json_object();
	json_object_foreach((json_t *)all, name, property)
		if (!is_of_the_sdk(name))
			put(&conversion, own, name, json_incref(property));
	schema = json_copy((json_t *)settings);
	put(&conversion, schema, "properties", own);
	spec = frame(&conversion, title);
	convert_properties(&conversion, schema, 0, spec);
	json_object_foreach(json_object_get(spec, "properties"), name, property)
		check_setting(&conversion, name, property);
	json_decref(schema);
	return finish(&conversion, spec, error);
}

/*
 * ---- learned ----
 */

static const char *type_of(const json_t *value)
{
	static const char *const names[] = {
		[JSON_OBJECT] = "object",   [JSON_ARRAY] = "array",  [JSON_STRING] = "string",
		[JSON_INTEGER] = "integer", [JSON_REAL] = "number",  [JSON_TRUE] = "boolean",
		[JSON_FALSE] = "boolean",   [JSON_NULL] = "string",
	};

	return value != NULL ? names[json_typeof(value)] : "string";
}

static void add_learned(struct conversion *conversion, json_t *properties, const char *name,
			const json_t *settings, const json_t *config)
{
	const json_t *given = json_object_get(config, name);
	json_t *known = json_object_get(settings, name), *setting;
	bool secret = setting_name_is_secret(name);

	if (json_object_get(properties, name) != NULL)
		return;
	setting = json_pack("{s:s, s:o, s:I}", "type", type_of(given ? given : known), "title",
			    title_of(name), "order", (json_int_t)json_object_size(properties));
	if (known != NULL && !json_is_null(known) && !secret &&
	    (given == NULL || type_of(given) == type_of(known)))
		put(conversion, setting, "default", json_incref(known));
	if (secret && !json_is_boolean(given ? given : known))
		put(conversion, setting, "airbyte_secret", json_true());
	if (setting_name_is_date(name) && json_object_get(setting, "default") == NULL)
		put(conversion, setting, "examples",
		    json_pack("[s]", setting_name_placeholder(name)));
	put(conversion, properties, name, setting);
}

bool about_spec_require(json_t *spec, const json_t *required, struct error *error)
{
	struct conversion conversion = { .failed = false };
	json_t *properties = json_object_get(spec, "properties"), *name;
	size_t i;

	json_array_foreach(required, i, name)
		add_learned(&conversion, properties, json_string_value(name), NULL, NULL);
	if (json_array_size(required) > 0)
		put(&conversion, spec, "required", json_copy((json_t *)required));
	json_incref(properties); /* behind `required`, as people write it */
	(void)json_object_del(spec, "properties");
	put(&conversion, spec, "properties", properties);
	return !conversion.failed || error_set_no_memory(error);
}

json_t *about_spec_learned(const json_t *required, const json_t *settings, const json_t *config,
			   const char *title, struct error *error)
{
	struct conversion conversion = { .failed = false };
	json_t *spec = frame(&conversion, title), *properties = json_object(), *value;
	const char *name;
	size_t i;

	json_array_foreach(required, i, value)
		add_learned(&conversion, properties, json_string_value(value), settings, config);
	json_object_foreach((json_t *)config, name, value)
		add_learned(&conversion, properties, name, settings, config);
	json_object_foreach((json_t *)settings, name, value)
		add_learned(&conversion, properties, name, settings, config);
	if (json_array_size(required) > 0)
		put(&conversion, spec, "required", json_copy((json_t *)required));
	put(&conversion, spec, "properties", properties);
	return finish(&conversion, spec, error);
}
