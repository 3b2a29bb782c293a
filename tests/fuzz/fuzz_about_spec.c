/*
 * The input is {"about": ..., "required": [...], "settings": {...}, "config": {...}}: what a
 * tap tells of itself, and what was learned of it otherwise. What is made of either is a spec
 * that passes, shows no value of a secret, and serves to make a config up.
 */
#include "about_spec.h"
#include "config_probe.h"
#include "count.h"
#include "fuzz.h"
#include "setting_name.h"
#include "spec_schema.h"

static const char *const hidden[] = { "default", "enum", "examples" };

static bool is_text(const json_t *type)
{
	return json_is_string(type) && strcmp(json_string_value(type), "string") == 0;
}

/* Each setting has a place and a title; nothing is shown of one that is marked or called so. */
static void check_settings(const json_t *spec, bool learned)
{
	json_t *properties = json_object_get(spec, "properties"), *setting;
	json_int_t order = 0;
	const char *name;

	FUZZ_CHECK(json_is_object(properties));
	json_object_foreach(properties, name, setting) {
		bool secret = json_is_true(json_object_get(setting, "airbyte_secret"));

		FUZZ_CHECK(json_is_string(json_object_get(setting, "title")));
		FUZZ_CHECK(json_is_integer(json_object_get(setting, "order")));
		if (learned)
			FUZZ_CHECK(json_integer_value(json_object_get(setting, "order")) == order);
		order++;
		for (size_t i = 0; secret && i < COUNT(hidden); i++)
			FUZZ_CHECK(json_object_get(setting, hidden[i]) == NULL);
		if (is_text(json_object_get(setting, "type")))
			FUZZ_CHECK(secret || !setting_name_is_secret(name));
	}
}

/* The required ones are settings. */
static void check_required(const json_t *spec)
{
	const json_t *required = json_object_get(spec, "required");
	const json_t *properties = json_object_get(spec, "properties");
	size_t i;
	json_t *name;

	FUZZ_CHECK(required == NULL || json_array_size(required) > 0);
	json_array_foreach(required, i, name)
		FUZZ_CHECK(json_object_get(properties, json_string_value(name)) != NULL);
}

static void check_spec(const json_t *spec, bool learned)
{
	const json_t *required = json_object_get(spec, "required");
	struct error error = ERROR_NONE;
	json_t *config;

	FUZZ_CHECK(spec_schema_check(spec, "", &error));
	check_settings(spec, learned);
	check_required(spec);
	config = config_probe_placeholders(required, spec);
	FUZZ_CHECK(json_is_object(config) && json_object_size(config) <= json_array_size(required));
	json_decref(config);
}

/* Names, as config_probe.h finds them. A new reference. */
static json_t *names_in(const json_t *values)
{
	json_t *names = json_array(), *value;
	size_t i;

	json_array_foreach(values, i, value)
		if (json_is_string(value))
			(void)json_array_append(names, value);
	return names;
}

static void check_about(const json_t *about, const json_t *required)
{
	struct error error = ERROR_NONE;
	json_t *notes = json_array(), *spec = about_spec_make(about, "Title", notes, &error), *note;
	size_t i;

	FUZZ_CHECK((spec != NULL) != error.set);
	FUZZ_CHECK((spec != NULL) == json_is_object(json_object_get(about, "settings")));
	json_array_foreach(notes, i, note)
		FUZZ_CHECK(json_string_length(note) > 0);
	if (spec != NULL) {
		check_spec(spec, false);
		FUZZ_CHECK(about_spec_require(spec, required, &error));
		check_spec(spec, false);
	}
	json_decref(spec);
	json_decref(notes);
}

/* Of a config there are names and types in the spec, and no text. */
static void check_learned(const json_t *required, const json_t *settings, const json_t *config)
{
	struct error error = ERROR_NONE;
	json_t *spec = about_spec_learned(required, settings, config, "Title", &error);
	const json_t *properties = json_object_get(spec, "properties");
	json_t *value, *shown;
	const char *name;

	FUZZ_CHECK(spec != NULL && !error.set);
	check_spec(spec, true);
	json_object_foreach((json_t *)config, name, value) {
		shown = json_object_get(json_object_get(properties, name), "default");
		FUZZ_CHECK(json_object_get(properties, name) != NULL);
		FUZZ_CHECK(shown == NULL || json_equal(shown, json_object_get(settings, name)));
	}
	json_decref(spec);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	json_t *input = json_loadb(size > 0 ? (const char *)data : "", size, 0, NULL);
	const json_t *settings = json_object_get(input, "settings");
	const json_t *config = json_object_get(input, "config");
	json_t *required = names_in(json_object_get(input, "required"));

	if (json_is_object(input)) {
		check_about(json_object_get(input, "about"), required);
		check_learned(required, json_is_object(settings) ? settings : NULL,
			      json_is_object(config) ? config : NULL);
	}
	json_decref(required);
	json_decref(input);
	return 0;
}
