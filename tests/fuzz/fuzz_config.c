/*
 * The input is {"spec": ..., "rules": ..., "config": ..., "after": ...}: a config is checked
 * against a spec, mapped by the rules to the tap's own, and mapped back; `after` is what the
 * tap made of it.
 */
#include "config_invert.h"
#include "config_map.h"
#include "fuzz.h"
#include "json_compare.h"
#include "spec_check.h"
#include "spec_schema.h"

static const struct config_folders folders = { .start = "/data", .work_dir = "/private" };

static void check_spec(const json_t *spec, const json_t *config)
{
	struct error error = ERROR_NONE;

	if (spec == NULL)
		return;
	if (!spec_schema_check(spec, "/connectionSpecification", &error)) {
		FUZZ_CHECK(error.set && error.type == FAILURE_SYSTEM);
		return;
	}
	if (!spec_check_config(spec, config, &error))
		FUZZ_CHECK(error.set);
}

/* What did not change is the same on the way back. */
static void check_inversion(const json_t *rules, const json_t *config, const json_t *mapped,
			    const json_t *after)
{
	struct error error = ERROR_NONE;
	json_t *same = config_invert(rules, config, mapped, mapped, &fuzz_warnings, &error);
	json_t *changed;

	FUZZ_CHECK(same != NULL && json_compare_equal(same, config));
	json_decref(same);
	if (!json_is_object(after))
		return;
	changed = config_invert(rules, config, mapped, after, &fuzz_warnings, &error);
	FUZZ_CHECK(json_is_object(changed) || error.set);
	json_decref(changed);
}

static void check_rules(const json_t *rules, const json_t *config, const json_t *after)
{
	struct mapped_config mapped = MAPPED_CONFIG_NONE;
	struct error error = ERROR_NONE;

	if (rules != NULL && !config_map_check(rules, "/config", &error)) {
		FUZZ_CHECK(error.set && error.type == FAILURE_SYSTEM);
		return;
	}
	if (config_map_apply(rules, config, &folders, &mapped, &error)) {
		FUZZ_CHECK(json_is_object(mapped.config) && json_is_object(mapped.files) &&
			   json_is_object(mapped.variables));
		check_inversion(rules, config, mapped.config, after);
	} else {
		FUZZ_CHECK(error.set && error.type == FAILURE_CONFIG);
	}
	mapped_config_release(&mapped);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	json_t *input = json_loadb(size > 0 ? (const char *)data : "", size, 0, NULL);
	const json_t *config = json_object_get(input, "config");

	if (json_is_object(config)) {
		check_spec(json_object_get(input, "spec"), config);
		check_rules(json_object_get(input, "rules"), config,
			    json_object_get(input, "after"));
	}
	json_decref(input);
	return 0;
}
