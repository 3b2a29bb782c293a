#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "count.h"
#include "failure_evidence.h"

static const struct {
	const char *sentence;
	enum failure_type type;
} cases[] = {
	{ "Config is missing required keys: ['start_date']", FAILURE_CONFIG },
	{ "'api_key' is a required property; Config validation failed", FAILURE_CONFIG },
	{ "HTTPError: 401 Client Error: for url: http://x/y", FAILURE_CONFIG },
	{ "HTTP-error-code: 403, Error: no access to the repository", FAILURE_CONFIG },
	{ "HTTP-error-code: 403, Error: API rate limit exceeded", FAILURE_TRANSIENT },
	{ "FATAL:  password authentication failed for user \"me\"", FAILURE_CONFIG },
	{ "Error testing authentication: the request timed out", FAILURE_TRANSIENT },
	{ "RefreshError: ('invalid_grant: Bad Request')", FAILURE_CONFIG },
	{ "Error testing Mailchimp authentication", FAILURE_CONFIG },
	{ "UNAUTHORIZED", FAILURE_CONFIG },
	{ "HTTPError: 429 Client Error for url: http://x", FAILURE_TRANSIENT },
	{ "Quota exceeded for quota metric 'Read requests'", FAILURE_TRANSIENT },
	{ "received status 503: busy", FAILURE_TRANSIENT },
	{ "status_code=502", FAILURE_TRANSIENT },
	{ "504 Server Error", FAILURE_TRANSIENT },
	{ "[Errno 111] Connection refused", FAILURE_TRANSIENT },
	{ "[Errno -2] Name or service not known", FAILURE_TRANSIENT },
	{ "requests.exceptions.ReadTimeout: Read timed out. (read timeout=30)", FAILURE_TRANSIENT },
	{ "received status 422: {\"error\": \"boom\"}", FAILURE_SYSTEM },
	{ "cannot read 500 rows from line 401", FAILURE_SYSTEM },
	{ "status 4010 of item 14293", FAILURE_SYSTEM },
	{ "404 Client Error: Not Found for url: http://x", FAILURE_SYSTEM },
	{ "KeyError: 'id'", FAILURE_SYSTEM },
	{ "40", FAILURE_SYSTEM },
	{ "http 50", FAILURE_SYSTEM },
	{ "", FAILURE_SYSTEM },
};

static void the_words_of_a_sentence_tell_who_can_mend_it(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		const char *sentence = cases[i].sentence;
		enum failure_type type = failure_evidence_type(slice_of_string(sentence));

		if (type != cases[i].type)
			fail_msg("\"%s\" is a %s", sentence, failure_type_name(type));
	}
}

static void a_sentence_without_bytes_tells_nothing(void **state)
{
	(void)state;
	assert_int_equal(failure_evidence_type(slice_of(NULL, 0)), FAILURE_SYSTEM);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_words_of_a_sentence_tell_who_can_mend_it),
		cmocka_unit_test(a_sentence_without_bytes_tells_nothing),
	};

	return cmocka_run_group_tests_name("failure_evidence", tests, NULL, NULL);
}
