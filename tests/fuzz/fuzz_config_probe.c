/*
 * The input is a tap's log. What it says is missing is a list of names, each once, few, and
 * literally in the log; to hear it twice adds nothing; whatever is added behind its last line
 * takes none of them away; and a made-up config has a value for each.
 */
#include "config_probe.h"
#include "fuzz.h"

static bool is_in(struct slice text, const char *name)
{
	return memmem(text.data, text.length, name, strlen(name)) != NULL;
}

static void check_names(const json_t *required, struct slice log)
{
	size_t i, j;
	json_t *name;

	FUZZ_CHECK(json_array_size(required) <= CONFIG_PROBE_SETTINGS);
	json_array_foreach(required, i, name) {
		const char *text = json_string_value(name);

		FUZZ_CHECK(text != NULL && text[0] != '\0' && strlen(text) <= 100);
		FUZZ_CHECK(strpbrk(text, " \t\r\n'\"/\\|`<>$;&") == NULL);
		FUZZ_CHECK(is_in(log, text));
		for (j = 0; j < i; j++)
			FUZZ_CHECK(!json_equal(json_array_get(required, j), name));
	}
}

/* Where a line begins nothing that was said before it matters, but for a traceback's. */
static void check_with_more(const json_t *required, struct slice log)
{
	json_t *more = json_array();
	struct buffer text;
	size_t i;

	buffer_init(&text, BUFFER_MAXIMUM);
	buffer_append(&text, log);
	buffer_append_string(&text, "\nmissing required keys: ['fuzz_more']\n");
	(void)config_probe_find(buffer_slice(&text), more);
	for (i = 0; i < json_array_size(required); i++)
		FUZZ_CHECK(json_equal(json_array_get(required, i), json_array_get(more, i)));
	FUZZ_CHECK(json_array_size(more) > json_array_size(required) ||
		   json_array_size(required) == CONFIG_PROBE_SETTINGS ||
		   is_in(log, "fuzz_more"));
	buffer_release(&text);
	json_decref(more);
}

static void check_config(const json_t *required)
{
	json_t *config = config_probe_placeholders(required, NULL);
	size_t i;
	json_t *name;

	FUZZ_CHECK(json_object_size(config) == json_array_size(required));
	json_array_foreach(required, i, name)
		FUZZ_CHECK(json_is_string(json_object_get(config, json_string_value(name))));
	json_decref(config);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice log = slice_of(size > 0 ? (const char *)data : "", size);
	json_t *required = json_array();
	size_t added = config_probe_find(log, required);

	FUZZ_CHECK(added == json_array_size(required));
	check_names(required, log);
	FUZZ_CHECK(config_probe_find(log, required) == 0 ||
		   json_array_size(required) == CONFIG_PROBE_SETTINGS);
	FUZZ_CHECK(added == json_array_size(required));
	check_with_more(required, log);
	check_config(required);
	json_decref(required);
	return 0;
}
