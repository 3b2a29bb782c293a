#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "buffer.h"
#include "count.h"
#include "unlisted_settings.h"

#define SAID(key) "the config has the key " key ", which the spec does not list"
#define NEAR(key, meant) SAID(key) "; is " meant " meant?"

#define SETTINGS "\"properties\": {\"password\": {\"type\": \"string\"}, \"start_date\": {}}"
#define OPEN "{\"additionalProperties\": true, " SETTINGS "}"
#define UNSAID "{" SETTINGS "}"
#define NESTED "{\"additionalProperties\": true, \"properties\": {\"server\": {\"properties\": " \
	"{\"host\": {}, \"port\": {}}}, \"labels\": {\"type\": \"object\"}, \"headers\": " \
	"{\"additionalProperties\": {\"type\": \"string\"}}, \"list\": {\"items\": " \
	"{\"properties\": {\"stream\": {}}}}}}"
#define BRANCHES "{\"properties\": {\"login\": {\"oneOf\": [" \
	"{\"properties\": {\"kind\": {\"const\": \"token\"}, \"token\": {}}}, " \
	"{\"properties\": {\"kind\": {\"const\": \"key\"}, \"api_key\": {}}}]}}}"

static void collect(void *owner, const char *text)
{
	struct buffer *said = owner;

	buffer_append_string(said, said->length > 0 ? "\n" : "");
	buffer_append_string(said, text);
}

static void a_key_that_the_spec_does_not_list_is_named(void **state)
{
	static const struct {
		const char *schema, *config, *said;
	} cases[] = {
		{ OPEN, "{}", "" },
		{ OPEN, "{\"password\": \"hush\", \"start_date\": 1}", "" },
		{ OPEN, "{\"pasword\": \"hush\"}", NEAR("pasword", "password") },
		{ OPEN, "{\"pasword\": null}", NEAR("pasword", "password") },
		{ OPEN, "{\"password\": 1, \"pasword\": 1}", "" }, /* it is there: another one */
		{ OPEN, "{\"stream_maps\": {\"pasword\": 1}}", "" },
		{ OPEN, "{\"Start-Date\": 1, \"paswd\": 1}", NEAR("Start-Date", "start_date") },
		{ UNSAID, "{\"stream_maps\": {}, \"pasword\": 1}",
		  SAID("stream_maps") "\n" NEAR("pasword", "password") },
		{ UNSAID, "{\"__injected\": {}, \"num_workers\": 2}", "" },
		{ "{}", "{\"whatever\": {\"x\": 1}}", "" },
		{ "{\"type\": \"object\"}", "{\"whatever\": {\"x\": 1}}", "" },
		{ NESTED, "{\"server\": {\"hots\": 1}}", NEAR("server.hots", "host") },
		{ NESTED, "{\"server\": {\"num_workers\": 1}}", SAID("server.num_workers") },
		{ NESTED, "{\"server\": {\"__x\": 1}}", "" },
		{ NESTED, "{\"sever\": {\"hots\": 1}}", NEAR("sever", "server") },
		{ NESTED, "{\"labels\": {\"x\": 1}, \"headers\": {\"y\": \"\"}}", "" },
		{ NESTED, "{\"server\": \"x\", \"list\": 1}", "" },
		{ NESTED, "{\"list\": [{\"stream\": 1}, {\"steam\": 1}, 3]}",
		  NEAR("list[1].steam", "stream") },
		{ BRANCHES, "{\"login\": {\"kind\": \"token\", \"token\": 1, \"api_key\": 1}}",
		  "" },
		{ BRANCHES, "{\"login\": {\"kind\": \"key\", \"apikey\": 1}}",
		  NEAR("login.apikey", "api_key") },
		{ BRANCHES, "{\"login\": {\"user\": 1}}", SAID("login.user") },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		json_t *schema = json_loads(cases[i].schema, 0, NULL);
		json_t *config = json_loads(cases[i].config, 0, NULL);
		struct error error = ERROR_NONE;
		struct buffer said;
		struct warnings warnings = { collect, &said };

		assert_non_null(schema);
		assert_non_null(config);
		buffer_init(&said, BUFFER_MAXIMUM);
		assert_true(unlisted_settings_warn(schema, config, &warnings, &error));
		buffer_append_char(&said, '\0');
		assert_string_equal(said.data, cases[i].said);
		assert_null(strstr(said.data, "hush"));
		buffer_release(&said);
		json_decref(config);
		json_decref(schema);
	}
}

static void a_key_that_is_no_slip_of_the_pen_has_any_length_and_no_mention(void **state)
{
	static char key[90000];
	struct error error = ERROR_NONE;
	struct buffer said;
	struct warnings warnings = { collect, &said };
	json_t *schema = json_loads(UNSAID, 0, NULL), *value;

	(void)state;
	memset(key, 'k', sizeof(key) - 1);
	value = json_pack("{s:{s:i}, s:i}", key, "x", 1, "pasword", 1);
	assert_non_null(value);
	buffer_init(&said, BUFFER_MAXIMUM);
	assert_true(unlisted_settings_warn(schema, value, &warnings, &error));
	buffer_append_char(&said, '\0');
	assert_string_equal(said.data, NEAR("pasword", "password"));
	buffer_release(&said);
	json_decref(value);
	json_decref(schema);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_key_that_the_spec_does_not_list_is_named),
		cmocka_unit_test(a_key_that_is_no_slip_of_the_pen_has_any_length_and_no_mention),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
