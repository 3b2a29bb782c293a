#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* The requests that are left; the one after them fails, and all others when `lasting`. */
static size_t requests_left = SIZE_MAX;
static int lasting, refused;

static void *failing_malloc(size_t size)
{
	if (requests_left == 0) {
		requests_left = lasting ? 0 : SIZE_MAX;
		refused = 1;
		return NULL;
	}
	requests_left -= requests_left != SIZE_MAX;
	return malloc(size);
}

#define malloc failing_malloc
#include "../adapter/json_load.c"
#undef malloc

#include "count.h"

/* Longer than jansson's first 16 bytes at every kind of end that a token has. */
static const char *const texts[] = {
	"{}",
	"{\"a\": [1, 2.5, null, true]}",
	"{\"password\": \"0123456789abcd\", \"b\": \"0123456789abcde\"}",
	"[\"0123456789abc\", \"0123456789abcdef0123456789abcd\", \"\\u00e4\\n\\\"01234567890\"]",
	"[1.2345678901e5, 12345678901.5e5, 123456789012.e, 12345678901234567, -1.25]",
	"[1.2345678901e55, 1.234567890123e5, 1.23456789012345e5, 1234567890123456]",
	"[\"\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\"]",
	"{\"0123456789abc\": 1, \"0123456789abcd\": 2, \"0123456789abcde\": 3, \"x\": {\"y\": []}}",
	"[\"without an end",
	"",
};

static void a_text_is_parsed_as_by_jansson(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(texts); i++) {
		json_error_t problem, wanted_problem;
		json_t *value = json_load_slice(slice_of_string(texts[i]), 0, &problem);
		json_t *wanted = json_loads(texts[i], 0, &wanted_problem);

		assert_int_equal(value != NULL, wanted != NULL);
		assert_true(value == NULL || json_equal(value, wanted));
		if (value == NULL) {
			assert_string_equal(problem.text, wanted_problem.text);
			assert_int_equal(problem.line, wanted_problem.line);
			assert_int_equal(problem.column, wanted_problem.column);
		}
		json_decref(value);
		json_decref(wanted);
	}
}

/* False: so many requests were not made. */
static int fails_after(const char *text, size_t requests, int for_good)
{
	json_error_t problem = { .text = "not set" };
	json_t *value;

	requests_left = requests;
	lasting = for_good;
	refused = 0;
	value = json_load_slice(slice_of_string(text), 0, &problem);
	requests_left = SIZE_MAX;
	if (!refused) {
		json_decref(value);
		return 0;
	}
	assert_null(value);
	assert_string_equal(problem.text, "");
	return 1;
}

static void whichever_request_fails_there_is_no_value_and_memory_ran_out(void **state)
{
	(void)state;
	for (int for_good = 0; for_good < 2; for_good++)
		for (size_t i = 0; i < COUNT(texts); i++) {
			size_t requests = 0;

			while (fails_after(texts[i], requests, for_good))
				requests++;
			assert_true(requests > 1);
		}
}

static void others_of_jansson_are_not_disturbed(void **state)
{
	json_error_t problem;
	json_t *value;
	char *text;

	(void)state;
	assert_true(fails_after(texts[2], 5, 0));
	value = json_load_slice(SLICE("{\"a\": \"b\"}"), 0, &problem);
	assert_non_null(value);
	text = json_dumps(value, JSON_COMPACT);
	assert_string_equal(text, "{\"a\":\"b\"}");
	free(text);
	json_decref(value);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_text_is_parsed_as_by_jansson),
		cmocka_unit_test(whichever_request_fails_there_is_no_value_and_memory_ran_out),
		cmocka_unit_test(others_of_jansson_are_not_disturbed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
