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

	{ "HTTP-error-code: 401, Error: Unknown", FAILURE_CONFIG },
	{ "Error code 403", FAILURE_CONFIG },
	{ "<Response [401]>", FAILURE_CONFIG },
	{ "HTTP/1.1 407 Proxy says no", FAILURE_CONFIG },
	{ "the API returned 402", FAILURE_CONFIG },
	{ "400 Client Error: Bad Request for url: https://x/oauth2/v4/token", FAILURE_CONFIG },
	{ "400 Client Error: Bad Request for url: https://x/items", FAILURE_SYSTEM },
	{ "REQUEST_LIMIT_EXCEEDED: TotalRequests Limit exceeded.", FAILURE_TRANSIENT },
	{ "GET: 400 Message: (#4) Application request limit reached", FAILURE_TRANSIENT },
	{ "An error occurred (ThrottlingException) when calling Scan", FAILURE_TRANSIENT },
	{ "('invalid_grant: Token has been expired or revoked.')", FAILURE_CONFIG },
	{ "INVALID_SESSION_ID: Session expired or invalid", FAILURE_CONFIG },
	{ "An error occurred (ExpiredToken) when calling ListObjects", FAILURE_CONFIG },
	{ "Unable to locate credentials", FAILURE_CONFIG },
	{ "MemoryError", FAILURE_SYSTEM },
	{ "[Errno 12] Cannot allocate memory", FAILURE_SYSTEM },
	{ "[Errno 28] No space left on device: '/tmp/x'", FAILURE_SYSTEM },
	{ "[Errno 122] Disk quota exceeded", FAILURE_SYSTEM },
	{ "[Errno 2] No such file or directory: '/data/x.csv'", FAILURE_CONFIG },
	{ "[Errno 21] Is a directory: '/data'", FAILURE_CONFIG },
	{ "[Errno 13] Permission denied: '/data/x.csv'", FAILURE_CONFIG },
	{ "Max retries exceeded (Caused by SSLError(SSLCertVerificationError(1, '[SSL: "
	  "CERTIFICATE_VERIFY_FAILED] certificate verify failed: self-signed certificate')))",
	  FAILURE_CONFIG },
	{ "[SSL: UNEXPECTED_EOF_WHILE_READING] EOF occurred in violation of protocol",
	  FAILURE_TRANSIENT },
	{ "could not translate host name \"db\" to address: Name or service not known",
	  FAILURE_TRANSIENT },
	{ "FATAL:  database \"shop\" does not exist", FAILURE_CONFIG },
	{ "relation \"public.orders\" does not exist", FAILURE_CONFIG },
	{ "(1049, \"Unknown database 'shop'\")", FAILURE_CONFIG },
	{ "(1045, \"Access denied for user 'me'@'localhost' (using password: YES)\")",
	  FAILURE_CONFIG },
	{ "(2013, 'Lost connection to MySQL server during query')", FAILURE_TRANSIENT },
	{ "(2006, 'MySQL server has gone away')", FAILURE_TRANSIENT },
	{ "(1213, 'Deadlock found when trying to get lock; try restarting transaction')",
	  FAILURE_TRANSIENT },
	{ "(1040, 'Too many connections')", FAILURE_TRANSIENT },
	{ "server closed the connection unexpectedly", FAILURE_TRANSIENT },
	{ "SSL connection has been closed unexpectedly", FAILURE_TRANSIENT },
	{ "FATAL:  sorry, too many clients already", FAILURE_TRANSIENT },
	{ "canceling statement due to conflict with recovery", FAILURE_TRANSIENT },
	{ "250001 (08001): Incorrect username or password was specified.", FAILURE_CONFIG },
	{ "('28000', \"[28000] Login failed for user 'me'.\")", FAILURE_CONFIG },
	{ "Need either the sqlalchemy_url to be set or host", FAILURE_CONFIG },
	{ "No module named 'six'", FAILURE_SYSTEM },
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
