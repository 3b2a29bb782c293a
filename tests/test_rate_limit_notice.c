#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "buffer.h"
#include "count.h"
#include "rate_limit_notice.h"

/* What taps and their libraries write. */
static const struct {
	const char *message;
	unsigned seconds;
} waits[] = {
	{ "API rate limit exceeded. Tap will retry the data collection after 3541 seconds.", 3541 },
	{ "GitLab rate limit hit. Waiting 60 seconds. Limit: 2000, Remaining: 0, Reset: 1795272678",
	  60 },
	{ "Rate limit hit. Waiting 60 seconds as default.", 60 },
	{ "Received 429 -- sleeping for 2.0 seconds", 2 },
	{ "API rate limit exceeded -- sleeping for 35 seconds", 35 },
	{ "Caught HTTP 429, retrying request in 60 seconds", 60 },
	{ "Backing off _request(...) for 16.6s (singer_sdk.exceptions.RetriableAPIError: 429 "
	  "Client Error: Too Many Requests for path: /items)", 17 },
	{ "Backing off 4.60 seconds after 2 tries for URL /items, failing with status 429: Too "
	  "Many Requests", 5 },
	{ "Backing off request(...) for 0.4s (tap_mailchimp.client.ClientRateLimitError)", 1 },
	{ "Backing off get(...) for 7.6s (tap_google_sheets.client.Server429Error: Quota exceeded "
	  "for quota metric 'Read requests' and limit 'Read requests per minute per user')", 8 },
	{ "Backing off request(...) for 3.1s (tap_intercom.client.IntercomRateLimitError: "
	  "HTTP-error-code: 429, Error: The client has reached or exceeded a rate limit.)", 4 },
	{ "Backing off send(...) for 20.0s (tap_jira.http.JiraRateLimitError: HTTP-error-code: "
	  "429, Error: The API rate limit for your organisation/application pairing has been "
	  "exceeded.)",
	  20 },
	{ "Backing off get(...) for 1.9s (tap_quickbooks.client.QuickbooksTooManyRequestsError: "
	  "HTTP-error-code: 429, Error: Rate limit exceeded. Too many requests in a given amount "
	  "of time.)", 2 },
	{ "Backing off request(...) for 10.0s (requests.exceptions.HTTPError: 429 Client Error: "
	  "Too Many Requests for url: https://api.example.com/contacts?limit=100)", 10 },
	{ "Backing off make_request(...) for 12.3s (tap_xero.client.XeroTooManyInMinuteError: "
	  "HTTP-error-code: 429, Error: The API rate limit has been exceeded. Please retry after "
	  "30 seconds)", 13 },
	{ "Sleeping 1.25 seconds before retry 1 of 5 for request: GET "
	  "https://sheets.example.com/v4/x?alt=json, after 429", 2 },
	{ "Rate limit reached. Sleeping for 12 seconds", 12 },
	{ "Rate limit reached. Sleeping 7s...", 7 },
	{ "Rate limit reached. Sleeping for 15 minutes...", 900 },
	{ "Rate limit exceeded, sleeping for 1500ms", 2 },
	{ "Rate Limit Exceeded, Sleeping...", 0 },
	{ "Rate limit low (9 remaining). Sleeping 42s", 42 },
	{ "Rate limit hit, waiting until reset...", 0 },
	{ "Rate limited. Waiting 12.1s before retry 1/5", 13 },
	{ "Rate limited. Waiting 5 second(s) before retrying...", 5 },
	{ "Rate limited: retry_after=30.00, backing off.", 30 },
	{ "429 Too Many Requests. Retry-After: 30", 30 },
	{ "Rate limit, sleeping 90 sec", 90 },
	{ "REQUEST_LIMIT_EXCEEDED: will retry in 5 minutes", 300 },
	{ "ThrottlingException: waiting for 3600 sec", 3600 },
	{ "quota exceeded, pausing 1h 5m", 3900 },
	{ "Limit of 100 requests per 60 seconds: rate limit reached. Waiting 2 more minutes", 120 },
	{ "Rate limit reached, waiting for 2 shards", 0 },
	{ "Retrying (Retry(total=4)) after connection broken by 'ResponseError('too many 429 error "
	  "responses')': /items", 0 },
	{ "Rate limit exceeded, sleeping for 1795272678 seconds", 0 },
};

static const char *const others[] = {
	"Rate limit info - Limit: 2000, Remaining: 1999",
	"Used 312 of 15000 daily REST API quota",
	"Salesforce has reported 12000/15000 (80.00%) total REST quota used across all Salesforce "
	"Applications. Terminating replication to not continue past configured percentage of 80% "
	"total quota.",
	"This job used 31 REST requests towards the Salesforce quota.",
	"campaigns - status: pending, sleeping for 10 seconds",
	"sleeping for 5 seconds until job is done",
	"Caught retryable error after 2 tries. Waiting 20 more seconds then retrying...",
	"message='Initiating retry 1 for request get https://api.example.com after sleeping 0.50 "
	"seconds.'",
	"Received 500 or retryable error -- Retry 1/5",
	"Received 401 Unauthorized - attempting token refresh and retry",
	"Caught HTTP 503, retrying request in 60 seconds",
	"Backing off _request(...) for 8.7s (singer_sdk.exceptions.RetriableAPIError: 503 Server "
	"Error: Service Unavailable for path: /503)",
	"Backing off 8.19 seconds after 3 tries calling function <bound method RESTStream._request "
	"of <tap.streams.Items object at 0x7fda717511d0>> with args (<PreparedRequest [GET]>, "
	"None) and kwargs {}",
	"Backing off request(...) for 1.4s (requests.exceptions.ConnectionError: Max retries "
	"exceeded with url: /rate_limit)",
	"Backing off request(...) for 429.0s (requests.exceptions.ReadTimeout: Read timed out.)",
	"Backing off request(...) for 2.0s (tap_x.ServerError: 500 for url https://x.example/429)",
	"Giving up request(...) after 5 tries (requests.exceptions.HTTPError: 429 Client Error: "
	"Too Many Requests for url: https://api.example.com, retry after 30 seconds)",
	"Bulk operation already in progress (ID: 7). Retry attempt 1 after 10.00 seconds. Total "
	"elapsed: 10.00 seconds.",
	"retrying 429 records",
	"waiting 429s for the export",
	"ConnectionError detected, triggering backoff: 1 try",
	"Waiting for first wal message",
	"Rate limit: base=2s, jitter=True",
	"Beginning sync of 'rate_limits' in full_table mode",
	"rate limit of 5 requests per second configured",
	"429",
	"",
};

static void a_wait_for_a_rate_limit_is_seen(void **state)
{
	unsigned seconds;

	(void)state;
	for (size_t i = 0; i < COUNT(waits); i++) {
		if (!rate_limit_notice(slice_of_string(waits[i].message), &seconds))
			fail_msg("\"%s\" is no notice", waits[i].message);
		if (seconds != waits[i].seconds)
			fail_msg("\"%s\" takes %u seconds", waits[i].message, seconds);
	}
}

static void what_else_a_tap_says_is_no_wait(void **state)
{
	unsigned seconds;

	(void)state;
	for (size_t i = 0; i < COUNT(others); i++) {
		if (rate_limit_notice(slice_of_string(others[i]), &seconds))
			fail_msg("\"%s\" is a notice", others[i]);
	}
	assert_false(rate_limit_notice(slice_of(NULL, 0), &seconds));
}

static void a_notice_stands_at_the_beginning_of_a_long_message(void **state)
{
	struct buffer message;
	unsigned seconds;

	(void)state;
	buffer_init(&message, BUFFER_MAXIMUM);
	for (size_t i = 0; i < 4096; i++)
		buffer_append_char(&message, ' ');
	buffer_append_string(&message, "Rate limit hit. Waiting 60 seconds.");
	assert_false(rate_limit_notice(buffer_slice(&message), &seconds));
	assert_true(rate_limit_notice(slice_of(message.data + 99, message.length - 99), &seconds));
	assert_int_equal(seconds, 60);
	buffer_release(&message);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_wait_for_a_rate_limit_is_seen),
		cmocka_unit_test(what_else_a_tap_says_is_no_wait),
		cmocka_unit_test(a_notice_stands_at_the_beginning_of_a_long_message),
	};

	return cmocka_run_group_tests_name("rate_limit_notice", tests, NULL, NULL);
}
