#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <stdlib.h>

#include "buffer.h"
#include "count.h"
#include "exception_text.h"

#define BUG "a bug in the tap, as it seems: "

static const struct {
	const char *exception;
	const char *sentence;
	enum failure_type type;
} cases[] = {
	{ "Exception: Connection refused", "Connection refused", FAILURE_TRANSIENT },
	{ "ValueError: The page is bad", "The page is bad", FAILURE_SYSTEM },
	{ "requests.exceptions.HTTPError: 401 Client Error: Unauthorized for url: https://x",
	  "401 Client Error: Unauthorized for url: https://x", FAILURE_CONFIG },
	{ "tap_x.client.XError: the depot\nis closed", "the depot\nis closed", FAILURE_SYSTEM },
	{ "tap_x.<locals>.XError: the depot is closed", "the depot is closed", FAILURE_SYSTEM },
	{ "RuntimeError: \xe6\xa9\x9f\xe6\xa2\xb0", "\xe6\xa9\x9f\xe6\xa2\xb0", FAILURE_SYSTEM },
	{ "FileNotFoundError: [Errno 2] No such file or directory: 'a.csv'",
	  "[Errno 2] No such file or directory: 'a.csv'", FAILURE_CONFIG },
	{ "jsonschema.exceptions.ValidationError: 'id' is a required property",
	  "'id' is a required property", FAILURE_CONFIG },

	/* The class says what the text does not. */
	{ "tap_x.client.RateLimitError", "tap_x.client.RateLimitError", FAILURE_TRANSIENT },
	{ "tap_x.client.RateLimitError: 7", "tap_x.client.RateLimitError: 7", FAILURE_TRANSIENT },
	{ "requests.exceptions.ReadTimeout: the depot is silent", "the depot is silent",
	  FAILURE_TRANSIENT },
	{ "ValueError: {\"e\": \"no such luck\"}", "ValueError: {\"e\": \"no such luck\"}",
	  FAILURE_SYSTEM },
	{ "ValueError: ['a', 'b']", "ValueError: ['a', 'b']", FAILURE_SYSTEM },
	{ "SystemExit: 2", "SystemExit: 2", FAILURE_SYSTEM },

	{ "KeyError: 'id'", BUG "KeyError: 'id'", FAILURE_SYSTEM },
	{ "KeyError: 'timeout'", BUG "KeyError: 'timeout'", FAILURE_SYSTEM },
	{ "AttributeError: 'NoneType' object has no attribute 'get'",
	  BUG "AttributeError: 'NoneType' object has no attribute 'get'", FAILURE_SYSTEM },
	{ "IndexError: list index out of range", BUG "IndexError: list index out of range",
	  FAILURE_SYSTEM },
	{ "TypeError: get() got an unexpected keyword argument 'timeout'",
	  BUG "TypeError: get() got an unexpected keyword argument 'timeout'", FAILURE_SYSTEM },
	{ "NameError: name 'x' is not defined", BUG "NameError: name 'x' is not defined",
	  FAILURE_SYSTEM },
	{ "AssertionError", BUG "AssertionError", FAILURE_SYSTEM },
	{ "AssertionError: 7", BUG "AssertionError: 7", FAILURE_SYSTEM },
	{ "AssertionError: host and port must be set", "host and port must be set",
	  FAILURE_CONFIG },
	{ "NotImplementedError: streams of files are not read", "streams of files are not read",
	  FAILURE_SYSTEM },
	{ "ModuleNotFoundError: No module named 'six'",
	  "the tap is not installed completely, as it seems: ModuleNotFoundError: No module named "
	  "'six'", FAILURE_SYSTEM },
	{ "simplejson.errors.JSONDecodeError: Expecting value: line 1 column 1 (char 0)",
	  "the tap was given a text that is not JSON: Expecting value: line 1 column 1 (char 0)",
	  FAILURE_SYSTEM },
	{ "MemoryError", "the tap ran out of memory: MemoryError", FAILURE_SYSTEM },
	{ "numpy.core._exceptions._ArrayMemoryError: Unable to allocate 3.5 GiB for an array",
	  "the tap ran out of memory: Unable to allocate 3.5 GiB for an array", FAILURE_SYSTEM },
	{ "OSError: [Errno 12] Cannot allocate memory",
	  "the tap ran out of memory: [Errno 12] Cannot allocate memory", FAILURE_SYSTEM },

	{ "pymysql.err.OperationalError: (1045, \"Access denied for user 'me'@'db'\")",
	  "Access denied for user 'me'@'db'", FAILURE_CONFIG },
	{ "X: (7, 'no end', 2)", "(7, 'no end', 2)", FAILURE_SYSTEM },
	{ "X: (one, 'of two')", "(one, 'of two')", FAILURE_SYSTEM },
	{ "sqlalchemy.exc.OperationalError: (psycopg2.OperationalError) SSL connection has been "
	  "closed unexpectedly\n\n(Background on this error at: https://sqlalche.me/e/20/e3q8)",
	  "SSL connection has been closed unexpectedly", FAILURE_TRANSIENT },
	{ "sqlalchemy.exc.OperationalError: (pymysql.err.OperationalError) (1049, \"Unknown "
	  "database 'shop'\")", "Unknown database 'shop'", FAILURE_CONFIG },
	{ "X: (see) it is over", "(see) it is over", FAILURE_SYSTEM },
	{ "urllib3.exceptions.NewConnectionError: <urllib3.connection.HTTPConnection object at "
	  "0x7f>: Failed to establish a new connection: [Errno 111] Connection refused",
	  "Failed to establish a new connection: [Errno 111] Connection refused",
	  FAILURE_TRANSIENT },

	{ "no exception at all", "no exception at all", FAILURE_SYSTEM },
	{ "7Error: of a number", "7Error: of a number", FAILURE_SYSTEM },
	{ "", "", FAILURE_SYSTEM },
};

static void assert_sentence(struct exception_text read, const char *expected)
{
	struct buffer sentence;
	char *string;

	buffer_init(&sentence, BUFFER_MAXIMUM);
	buffer_append_string(&sentence, read.introduction);
	buffer_append(&sentence, read.text);
	string = buffer_to_string(&sentence);
	assert_string_equal(string, expected);
	free(string);
	buffer_release(&sentence);
}

static void an_exception_is_read_as_a_sentence(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct exception_text read =
			exception_text_read(slice_of_string(cases[i].exception), SLICE(""));

		assert_sentence(read, cases[i].sentence);
		if (read.type != cases[i].type)
			fail_msg("\"%s\" is a %s", cases[i].exception,
				 failure_type_name(read.type));
	}
}

static const struct {
	const char *exception;
	const char *source;
	enum failure_type type;
} lookups[] = {
	{ "KeyError: 'start_date'", "start = config['start_date']", FAILURE_CONFIG },
	{ "KeyError: 'start_date'", "start = self.config[\"start_date\"]", FAILURE_CONFIG },
	{ "KeyError: 'start_date'", "return get(CONFIG['start_date'], x)", FAILURE_CONFIG },
	{ "KeyError: 'start_date'", "start = config[name]", FAILURE_SYSTEM },
	{ "KeyError: 'id'", "key = page['id']", FAILURE_SYSTEM },
	{ "KeyError: 7", "config[7]", FAILURE_SYSTEM },
	{ "IndexError: list index out of range", "config['out of'][0]", FAILURE_SYSTEM },
};

static void a_key_that_is_looked_up_in_the_config_is_the_users_to_give(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(lookups); i++) {
		struct exception_text read =
			exception_text_read(slice_of_string(lookups[i].exception),
					    slice_of_string(lookups[i].source));

		if (read.type != lookups[i].type)
			fail_msg("%s at %s", lookups[i].exception, lookups[i].source);
	}
	assert_sentence(exception_text_read(SLICE("KeyError: 'user'"), SLICE("config['user']")),
			"the config lacks a setting that the tap needs: 'user'");
}

static const struct {
	const char *text;
	const char *sentence;
} logged[] = {
	{ "ValueError: the page is bad", "the page is bad" },
	{ "tap_x.XException: the page is bad", "the page is bad" },
	{ "KeyError: 'id'", BUG "KeyError: 'id'" },
	{ "Error: the page is bad", "Error: the page is bad" },
	{ "HTTP-error-code: 401, Error: no", "HTTP-error-code: 401, Error: no" },
	{ "HINT: the page is bad", "HINT: the page is bad" },
	{ "TestError of the page: bad", "TestError of the page: bad" },
	{ "(2013, 'Lost connection to MySQL server')", "Lost connection to MySQL server" },
	{ "", "" },
};

static void a_logged_text_is_an_exception_only_if_it_looks_like_one(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(logged); i++)
		assert_sentence(exception_text_read_logged(slice_of_string(logged[i].text)),
				logged[i].sentence);
	assert_sentence(exception_text_read_logged(slice_of(NULL, 0)), "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_exception_is_read_as_a_sentence),
		cmocka_unit_test(a_key_that_is_looked_up_in_the_config_is_the_users_to_give),
		cmocka_unit_test(a_logged_text_is_an_exception_only_if_it_looks_like_one),
	};

	return cmocka_run_group_tests_name("exception_text", tests, NULL, NULL);
}
