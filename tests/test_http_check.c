#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "count.h"
#include "http_check.h"

#define POINTER "/check/http"
#define URL "\"url\": \"https://example.com/me\""
#define TOKEN "s3cret-token"

static json_t *json_of(const char *text)
{
	json_error_t problem;
	json_t *json = json_loads(text, JSON_ALLOW_NUL, &problem);

	if (json == NULL)
		fail_msg("%s: %s", text, problem.text);
	return json;
}

/* NULL: there must be none. */
static void assert_error(const struct error *error, enum failure_type type, const char *message)
{
	if (message == NULL) {
		assert_string_equal(error->set ? error->message : "", "");
		return;
	}
	assert_true(error->set);
	assert_string_equal(error->message, message);
	assert_int_equal(error->type, type);
}

static void a_request_in_a_manifest_is_checked(void **state)
{
	static const struct {
		const char *http;
		const char *message; /* after POINTER; NULL: it is fine */
	} cases[] = {
		{ "{" URL "}", NULL },
		{ "{\"url\": [\"{/a}/{{}}\", \"{/b/0/c~1d}\"], \"method\": \"HEAD\"}", NULL },
		{ "{" URL ", \"headers\": {\"X-A\": \"\", \"B\": [\"{/a}\"]}, \"query\": {}}",
		  NULL },
		{ "{" URL ", \"method\": \"POST\", \"json\": {\"a\": \"{/a}\"}}", NULL },
		{ "{" URL ", \"form\": {\"a\": \"{/a}\"}, \"basic\": [\"{/a}\", [\"\"]]}", NULL },
		{ "{" URL ", \"statuses\": {\"404\": {\"is\": \"succeeded\"}}}", NULL },
		{ "{" URL ", \"expect\": {\"/ok\": true, \"/a/0\": null, \"\": 1}}", NULL },
		{ "{}", "/url: missing, must be a string or an array" },
		{ "{\"url\": []}", "/url: must not be empty" },
		{ "{\"url\": [1]}", "/url/0: is an integer, must be a string" },
		{ "{\"url\": \"a{/b\"}", "/url: a place is written {/pointer}, a brace {{ or }}" },
		{ "{\"url\": \"a}b\"}", "/url: a place is written {/pointer}, a brace {{ or }}" },
		{ "{\"url\": \"{b}\"}", "/url: a place is written {/pointer}, a brace {{ or }}" },
		{ "{\"url\": \"{}\"}", "/url: a place is written {/pointer}, a brace {{ or }}" },
		{ "{\"url\": \"{/a~2}\"}",
		  "/url: {/a~2}: must be a JSON pointer: \"~\" is written \"~0\"" },
		{ "{" URL ", \"method\": \"PUT\"}",
		  "/method: is \"PUT\", must be one of \"GET\", \"HEAD\", \"POST\"" },
		{ "{" URL ", \"headers\": {\"a b\": \"x\"}}",
		  "/headers/a b: is no name of a header" },
		{ "{" URL ", \"headers\": {\"\": \"x\"}}", "/headers/: is no name of a header" },
		{ "{" URL ", \"headers\": {\"a\": \"x\\ny\"}}",
		  "/headers/a: must not hold a line break" },
		{ "{" URL ", \"headers\": {\"a\": [\"x\\r\"]}}",
		  "/headers/a/0: must not hold a line break" },
		{ "{" URL ", \"query\": {\"a\": \"{\"}}",
		  "/query/a: a place is written {/pointer}, a brace {{ or }}" },
		{ "{" URL ", \"basic\": [\"{/a}\"]}",
		  "/basic: must have two elements, the user and the password" },
		{ "{" URL ", \"json\": {}, \"form\": {}}",
		  ": must not have both \"json\" and \"form\"" },
		{ "{" URL ", \"json\": {}, \"method\": \"GET\"}", "/json: needs the method POST" },
		{ "{" URL ", \"form\": {}, \"method\": \"HEAD\"}", "/form: needs the method POST" },
		{ "{" URL ", \"json\": {\"a\": 1}}",
		  "/json/a: is an integer, must be a string or an array" },
		{ "{" URL ", \"statuses\": {\"4xx\": {\"is\": \"succeeded\"}}}",
		  "/statuses/4xx: is no status like 404" },
		{ "{" URL ", \"statuses\": {\"404\": {}}}",
		  "/statuses/404/is: missing, must be a string" },
		{ "{" URL ", \"statuses\": {\"404\": {\"is\": \"fine\"}}}",
		  "/statuses/404/is: is \"fine\", must be one of \"succeeded\", \"config_error\", "
		  "\"transient_error\", \"system_error\"" },
		{ "{" URL ", \"statuses\": {\"404\": {\"is\": \"succeeded\", \"message\": \"\"}}}",
		  "/statuses/404/message: must not be empty" },
		{ "{" URL ", \"expect\": {\"ok\": true}}",
		  "/expect/ok: must be a JSON pointer: \"\" or begin with \"/\"" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		json_t *http = json_of(cases[i].http);
		struct error error = ERROR_NONE;
		char message[300];

		assert_int_equal(http_check_validate(http, POINTER, &error),
				 cases[i].message == NULL);
		snprintf(message, sizeof(message), POINTER "%s",
			 cases[i].message ? cases[i].message : "");
		assert_error(&error, FAILURE_SYSTEM, cases[i].message ? message : NULL);
		json_decref(http);
	}
}

static void every_place_must_be_a_setting_of_the_spec(void **state)
{
	static const struct {
		const char *http;
		const char *message;
	} cases[] = {
		{ "{\"url\": \"{/a}{{/x}}\", \"headers\": {\"h\": [\"{/a}\", \"{/b/c}\"]}}", NULL },
		{ "{\"url\": \"{/a}/{/x}\"}", "/url: the spec has no setting /x" },
		{ "{\"url\": [\"{/a}\", \"{/b/d}\"]}", "/url/1: the spec has no setting /b/d" },
		{ "{" URL ", \"headers\": {\"h\": \"{/x}\"}}",
		  "/headers/h: the spec has no setting /x" },
		{ "{" URL ", \"query\": {\"h\": \"{/x}\"}}",
		  "/query/h: the spec has no setting /x" },
		{ "{" URL ", \"basic\": [\"{/a}\", [\"{/x}\"]]}",
		  "/basic/1/0: the spec has no setting /x" },
		{ "{" URL ", \"json\": {\"h\": \"{/x}\"}}", "/json/h: the spec has no setting /x" },
		{ "{" URL ", \"form\": {\"h\": \"{/x}\"}}", "/form/h: the spec has no setting /x" },
	};
	json_t *specification = json_of("{\"type\": \"object\", \"properties\": {\"a\": {\"type\":"
					" \"string\"}, \"b\": {\"type\": \"object\","
					" \"properties\": {\"c\": {\"type\": \"string\"}}}}}");

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		json_t *http = json_of(cases[i].http);
		struct error error = ERROR_NONE;
		char message[300];

		assert_int_equal(http_check_sources(http, specification, POINTER, &error),
				 cases[i].message == NULL);
		snprintf(message, sizeof(message), POINTER "%s",
			 cases[i].message ? cases[i].message : "");
		assert_error(&error, FAILURE_SYSTEM, cases[i].message ? message : NULL);
		json_decref(http);
	}
	json_decref(specification);
}

#define CONFIG \
	"{\"host\": \"https://eu.example.com//\", \"id\": 7, \"account\": \"a/b c?&#%\\u00e9\"," \
	" \"token\": \"t+/=\", \"off\": null, \"empty\": \"\", \"user\": \"me\"," \
	" \"password\": \"p\\u0000:w\", \"list\": [1, \"x\"], \"flag\": true," \
	" \"lines\": \"a\\r\\nX-Evil: 1\", \"nul\": \"a\\u0000b\"}"

static void a_request_is_filled_from_the_config(void **state)
{
	static const struct {
		const char *http;
		const char *request; /* NULL: an error */
		const char *message;
	} cases[] = {
		{ "{" URL "}",
		  "{\"method\": \"GET\", \"url\": \"https://example.com/me\", \"headers\": {}}",
		  NULL },
		{ "{\"url\": \"https://x/{/account}/{/id}/{{{/flag}}}{/empty}\"}",
		  "{\"method\": \"GET\", \"headers\": {}, \"url\": "
		  "\"https://x/a%2Fb%20c%3F%26%23%25%C3%A9/7/{true}\"}", NULL },
		{ "{\"url\": \"{/host}/me\", \"method\": \"HEAD\"}",
		  "{\"method\": \"HEAD\", \"headers\": {}, \"url\": \"https://eu.example.com/me\"}",
		  NULL },
		{ "{\"url\": [\"https://x/{/none}\", \"https://x/{/off}\", \"https://y\"]}",
		  "{\"method\": \"GET\", \"headers\": {}, \"url\": \"https://y\"}", NULL },
		{ "{\"url\": \"https://x/{/id}/{/none}\"}", NULL,
		  "the config has no /none, which the request that checks it needs" },
		{ "{" URL ", \"query\": {\"a b\": \"{/token}&\", \"n\": \"{/none}\", \"e\": \"\"}}",
		  "{\"method\": \"GET\", \"headers\": {}, \"url\": "
		  "\"https://example.com/me?a%20b=t%2B%2F%3D%26&e=\"}", NULL },
		{ "{\"url\": \"https://x/?a=1\", \"query\": {\"n\": \"{/none}\", \"b\": \"2\"}}",
		  "{\"method\": \"GET\", \"headers\": {}, \"url\": \"https://x/?a=1&b=2\"}", NULL },
		{ "{" URL ", \"headers\": {\"A\": [\"B {/none}\", \"T {/token}\"],"
		  " \"N\": \"{/off}\"}}",
		  "{\"method\": \"GET\", \"headers\": {\"A\": \"T t+/=\"}, "
		  "\"url\": \"https://example.com/me\"}", NULL },
		{ "{" URL ", \"headers\": {\"A\": \"Bearer {/lines}\"}}", NULL,
		  "/lines: must not hold a line break or another control character; it goes into "
		  "a header of the request that checks the config" },
		{ "{" URL ", \"headers\": {\"A\": \"Bearer {/nul}\"}}", NULL,
		  "/nul: must not hold a line break or another control character; it goes into a "
		  "header of the request that checks the config" },
		{ "{\"url\": \"{/lines}/me\"}", NULL,
		  "/lines: must not hold a line break or another control character; it goes into "
		  "the URL of the request that checks the config" },
		{ "{\"url\": \"{/empty}/me\"}", NULL,
		  "/empty: must not be empty; the URL of the request that checks the config "
		  "begins with it" },
		{ "{" URL ", \"basic\": [\"{/user}\", \"{/password}\"]}", /* me:p\0:w */
		  "{\"method\": \"GET\", \"headers\": {\"Authorization\": \"Basic bWU6cAA6dw==\"}, "
		  "\"url\": \"https://example.com/me\"}", NULL },
		{ "{" URL ", \"basic\": [\"{/user}\", \"{/none}\"]}",
		  "{\"method\": \"GET\", \"headers\": {\"Authorization\": \"Basic bWU6\"}, "
		  "\"url\": \"https://example.com/me\"}", NULL },
		{ "{" URL ", \"basic\": [\"{/none}\", \"{/password}\"]}",
		  "{\"method\": \"GET\", \"headers\": {}, \"url\": \"https://example.com/me\"}",
		  NULL },
		{ "{" URL ", \"json\": {\"a\": \"{/list}\", \"b\": \"{/none}\", \"c\": \"\\\"\"}}",
		  "{\"method\": \"POST\", \"headers\": {\"Content-Type\": \"application/json\"}, "
		  "\"body\": "
		  "\"{\\\"a\\\":\\\"[1,\\\\\\\"x\\\\\\\"]\\\",\\\"c\\\":\\\"\\\\\\\"\\\"}\", "
		  "\"url\": \"https://example.com/me\"}", NULL },
		{ "{" URL ", \"form\": {\"a\": \"{/token}\", \"b\": \"{/none}\", \"c\": \"x y\"}}",
		  "{\"method\": \"POST\", \"headers\": {\"Content-Type\": "
		  "\"application/x-www-form-urlencoded\"}, \"body\": \"a=t%2B%2F%3D&c=x%20y\", "
		  "\"url\": \"https://example.com/me\"}", NULL },
		{ "{" URL ", \"form\": {}, \"headers\": {\"content-type\": \"text/x\"}}",
		  "{\"method\": \"POST\", \"headers\": {\"content-type\": \"text/x\"}, "
		  "\"body\": \"\", \"url\": \"https://example.com/me\"}", NULL },
	};
	json_t *config = json_of(CONFIG);

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		json_t *http = json_of(cases[i].http), *expected, *found;
		struct error error = ERROR_NONE;
		struct buffer request;

		buffer_init(&request, BUFFER_MAXIMUM);
		assert_int_equal(http_check_request(http, config, 9, &request, &error),
				 cases[i].request != NULL);
		assert_error(&error, FAILURE_CONFIG, cases[i].message);
		if (cases[i].request != NULL) {
			expected = json_of(cases[i].request);
			json_object_set_new(expected, "deadline", json_integer(9));
			found = json_loadb(request.data, request.length, 0, NULL);
			if (!json_equal(found, expected))
				fail_msg("%.*s", (int)request.length, request.data);
			json_decref(expected);
			json_decref(found);
		}
		buffer_release(&request);
		json_decref(http);
	}
	json_decref(config);
}

struct answer_case {
	const char *http;   /* beside the url */
	const char *answer;
	enum failure_type type;
	const char *message; /* NULL: it proves the config */
};

static const struct answer_case answers[] = {
	{ "", "{\"status\": 200, \"reason\": \"OK\", \"body\": \"\"}", 0, NULL },
	{ "", "{\"status\": 204, \"body\": \"\"}", 0, NULL },
	{ "", "{\"status\": 401, \"reason\": \"Unauthorized\", \"body\": "
	  "\"{\\\"message\\\": \\\"Bad credentials\\\"}\"}", FAILURE_CONFIG,
	  "the API refused the credentials: GET https://example.com/me answered 401 "
	  "(Unauthorized): Bad credentials" },
	{ "", "{\"status\": 401, \"reason\": \"\", \"body\": \"\"}", FAILURE_CONFIG,
	  "the API refused the credentials: GET https://example.com/me answered 401 "
	  "(Unauthorized)" },
	{ "", "{\"status\": 403, \"reason\": \"No\", \"body\": \"Only for admins\"}",
	  FAILURE_CONFIG,
	  "the API does not allow this with these credentials: GET https://example.com/me "
	  "answered 403 (No): Only for admins" },
	{ "", "{\"status\": 403, \"body\": \"API rate limit exceeded\"}", FAILURE_TRANSIENT,
	  "the API's rate limit is reached: GET https://example.com/me answered 403 (Forbidden): "
	  "API rate limit exceeded" },
	{ "", "{\"status\": 404, \"body\": \"\"}", FAILURE_CONFIG,
	  "the API has nothing at this address, or hides it from these credentials: GET "
	  "https://example.com/me answered 404 (Not Found)" },
	{ "", "{\"status\": 418, \"body\": \"\"}", FAILURE_CONFIG,
	  "the API refused the request: GET https://example.com/me answered 418" },
	{ "", "{\"status\": 407, \"body\": \"\", \"proxy\": \"http://p:1\"}", FAILURE_CONFIG,
	  "the proxy refused its credentials: GET https://example.com/me answered 407, the proxy "
	  "http://p:1" },
	{ "", "{\"status\": 408, \"body\": \"\"}", FAILURE_TRANSIENT,
	  "the API gave up waiting: GET https://example.com/me answered 408" },
	{ "", "{\"status\": 425, \"body\": \"\"}", FAILURE_TRANSIENT,
	  "the API asks to try again later: GET https://example.com/me answered 425" },
	{ "", "{\"status\": 429, \"body\": \"\"}", FAILURE_TRANSIENT,
	  "the API's rate limit is reached: GET https://example.com/me answered 429 (Too Many "
	  "Requests)" },
	{ "", "{\"status\": 500, \"body\": \"\"}", FAILURE_TRANSIENT,
	  "the API has failed: GET https://example.com/me answered 500 (Internal Server Error)" },
	{ "", "{\"status\": 599, \"body\": \"\"}", FAILURE_TRANSIENT,
	  "the API has failed: GET https://example.com/me answered 599" },
	{ "", "{\"status\": 302, \"location\": \"https://u:p@sso.example.com/in?token=" TOKEN "\", "
	  "\"body\": \"\"}", FAILURE_CONFIG,
	  "the API redirects to another address, which is not followed: GET "
	  "https://example.com/me answered 302 (Found), to https://sso.example.com/in" },
	{ "", "{\"status\": 999, \"body\": \"\"}", FAILURE_SYSTEM,
	  "the API gave an answer that nobody understands: GET https://example.com/me answered "
	  "999" },
	/* the manifest's own word */
	{ ", \"statuses\": {\"404\": {\"is\": \"succeeded\"}}", "{\"status\": 404, \"body\": \"\"}",
	  0, NULL },
	{ ", \"statuses\": {\"404\": {\"is\": \"system_error\"}}",
	  "{\"status\": 404, \"body\": \"\"}", FAILURE_SYSTEM,
	  "the API has nothing at this address, or hides it from these credentials: GET "
	  "https://example.com/me answered 404 (Not Found)" },
	{ ", \"statuses\": {\"404\": {\"is\": \"config_error\", \"message\":"
	  " \"No such account.\"}}",
	  "{\"status\": 404, \"body\": \"\"}", FAILURE_CONFIG,
	  "No such account. GET https://example.com/me answered 404 (Not Found)" },
	{ ", \"statuses\": {\"200\": {\"is\": \"transient_error\", \"message\": \"asleep\"}}",
	  "{\"status\": 200, \"reason\": \"OK\", \"body\": \"\"}", FAILURE_TRANSIENT,
	  "asleep: GET https://example.com/me answered 200 (OK)" },
	{ ", \"expect\": {\"/ok\": true}", "{\"status\": 200, \"body\": \"{\\\"ok\\\": true}\"}",
	  0, NULL },
	{ ", \"expect\": {\"/ok\": true}", "{\"status\": 200, \"body\": "
	  "\"{\\\"ok\\\": false, \\\"error\\\": \\\"invalid_auth\\\"}\"}", FAILURE_CONFIG,
	  "the API did not accept the credentials, or this is not the API: its answer is not "
	  "the one that check.http.expect asks for: GET https://example.com/me answered 200: "
	  "invalid_auth" },
	{ ", \"expect\": {\"/ok\": true}", "{\"status\": 200, \"body\": \"ok\"}", FAILURE_CONFIG,
	  "the API did not accept the credentials, or this is not the API: its answer is not "
	  "the one that check.http.expect asks for: GET https://example.com/me answered 200: ok" },
	{ ", \"expect\": {\"/ok\": true}",
	  "{\"status\": 200, \"cut\": true, \"body\": \"{\\\"a\"}", FAILURE_SYSTEM,
	  "the answer is too long for what it should hold to be looked for: GET "
	  "https://example.com/me answered 200: {\"a" },
	{ ", \"expect\": {\"/ok\": true}", "{\"status\": 503, \"body\": \"\"}", FAILURE_TRANSIENT,
	  "the API has failed: GET https://example.com/me answered 503 (Service Unavailable)" },
	/* no answer */
	{ "", "{\"error\": \"Could not resolve host: x\", \"kind\": \"network\"}",
	  FAILURE_TRANSIENT,
	  "the API cannot be reached: GET https://example.com/me: Could not resolve host: x" },
	{ "", "{\"error\": \"slow\", \"kind\": \"timeout\"}", FAILURE_TRANSIENT,
	  "the API did not answer in time: GET https://example.com/me: slow" },
	{ "", "{\"error\": \"refused\", \"kind\": \"proxy\", \"proxy\": \"http://p:1\"}",
	  FAILURE_TRANSIENT,
	  "the proxy cannot be used: GET https://example.com/me: refused, through the proxy "
	  "http://p:1" },
	{ "", "{\"error\": \"407\", \"kind\": \"proxy_credentials\", \"proxy\": \"http://p:1\"}",
	  FAILURE_CONFIG,
	  "the proxy refused its credentials: GET https://example.com/me: 407, through the proxy "
	  "http://p:1" },
	{ "", "{\"error\": \"self-signed\", \"kind\": \"certificate\"}", FAILURE_CONFIG,
	  "the certificate of the API is not trusted: GET https://example.com/me: self-signed; "
	  "REQUESTS_CA_BUNDLE, CURL_CA_BUNDLE or SSL_CERT_FILE may name a file with the "
	  "certificate authority to trust" },
	{ "", "{\"error\": \"bad\", \"kind\": \"url\"}", FAILURE_CONFIG,
	  "the address of the API cannot be used: GET https://example.com/me: bad" },
	{ "", "{\"error\": \"out of memory\", \"kind\": \"memory\"}", FAILURE_SYSTEM,
	  "the check had not enough memory: GET https://example.com/me: out of memory" },
	{ "", "{\"error\": \"what\", \"kind\": \"new\"}", FAILURE_SYSTEM,
	  "the check could not be made: GET https://example.com/me: what" },
	{ "", "", FAILURE_SYSTEM, "tapbyte-http gave no answer that can be read" },
	{ "", "{\"status\": 2", FAILURE_SYSTEM, "tapbyte-http gave no answer that can be read" },
};

static void an_answer_is_judged_in_a_sentence(void **state)
{
	const struct secret_mask none = SECRET_MASK_EMPTY;
	struct slice request = SLICE("{\"method\": \"GET\", \"url\": "
				     "\"https://me:" TOKEN "@example.com/me?key=" TOKEN "#x\"}");

	(void)state;
	for (size_t i = 0; i < COUNT(answers); i++) {
		struct error error = ERROR_NONE;
		char text[300];
		json_t *http;

		snprintf(text, sizeof(text), "{" URL "%s}", answers[i].http);
		http = json_of(text);
		assert_int_equal(http_check_answer(http, request,
						   slice_of_string(answers[i].answer), &none,
						   &error),
				 answers[i].message == NULL);
		assert_error(&error, answers[i].type, answers[i].message);
		json_decref(http);
	}
}

static void a_url_is_shown_without_what_may_be_secret(void **state)
{
	static const struct {
		const char *url;
		const char *shown;
	} cases[] = {
		{ "https://x/a?b=c", "https://x/a" },
		{ "https://x/a#b", "https://x/a" },
		{ "https://x?u=https://y@z", "https://x" },
		{ "https://u:p@x/a@b", "https://x/a@b" },
		{ "https://u:p@q@x", "https://x" },
		{ "u:p@x/a", "x/a" },
		{ "x/a?b://c@d", "x/a" },
	};
	const struct secret_mask none = SECRET_MASK_EMPTY;
	json_t *http = json_of("{" URL "}");

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct error error = ERROR_NONE;
		char request[200], message[200];

		snprintf(request, sizeof(request), "{\"method\": \"HEAD\", \"url\": \"%s\"}",
			 cases[i].url);
		snprintf(message, sizeof(message),
			 "the API refused the request: HEAD %s answered 418", cases[i].shown);
		assert_false(http_check_answer(http, slice_of_string(request),
					       SLICE("{\"status\": 418, \"body\": \"\"}"), &none,
					       &error));
		assert_error(&error, FAILURE_CONFIG, message);
	}
	json_decref(http);
}

#define TEN "0123456789"
#define FIFTY TEN TEN TEN TEN TEN
#define TWO_HUNDRED FIFTY FIFTY FIFTY FIFTY

static void the_words_of_a_body_are_found(void **state)
{
	static const struct {
		const char *body;
		const char *words;
	} cases[] = {
		{ "", "" },
		{ "{\"message\": \"m\", \"error_description\": \"d\"}", "m" },
		{ "{\"error\": \"invalid_grant\", \"error_description\": \"d\"}", "d" },
		{ "{\"error\": \"invalid_grant\"}", "invalid_grant" },
		{ "{\"error\": {\"code\": 1, \"message\": \"m\"}}", "m" },
		{ "{\"errors\": [{\"message\": \"m\"}]}", "m" },
		{ "{\"errors\": [{\"detail\": \"d\"}]}", "d" },
		{ "{\"errors\": [\"e\"]}", "e" },
		{ "[{\"message\": \"m\", \"errorCode\": \"X\"}]", "m" },
		{ "{\"message\": null, \"detail\": \"d\", \"title\": \"t\"}", "d" },
		{ "{\"message\": \"\", \"title\": \"t\"}", "t" },
		{ "{\"code\": 7}", "{\"code\": 7}" },
		{ "{\"message\": \"two\\r\\n\\t lines\\u0000 \"}", "two lines" },
		{ "  plain\ttext\n", "plain text" },
		{ "\n<!DOCTYPE html><html><TITLE lang=en>Log in\n here</TITLE><body>x</body>",
		  "Log in here" },
		{ "<html><body>x</body>", "" },
		{ "<title>x", "" },
		{ TWO_HUNDRED, TWO_HUNDRED },
		{ TWO_HUNDRED "x", TWO_HUNDRED "..." },
		{ FIFTY FIFTY FIFTY TEN TEN TEN TEN "012345678\xc3\xa9",
		  FIFTY FIFTY FIFTY TEN TEN TEN TEN "012345678..." },
		{ "{\"message\": \"" TWO_HUNDRED "x\"}", TWO_HUNDRED "x" },
		/* masked before it is cut */
		{ FIFTY FIFTY FIFTY TEN TEN TEN TEN "0123 " TOKEN,
		  FIFTY FIFTY FIFTY TEN TEN TEN TEN "0123 ****" },
	};
	struct secret_mask mask = SECRET_MASK_EMPTY;
	json_t *http = json_of("{" URL "}"), *config = json_of("{\"token\": \"" TOKEN "\"}");
	json_t *specification = json_of("{\"type\": \"object\", \"properties\": {\"token\": "
					"{\"type\": \"string\", \"airbyte_secret\": true}}}");

	(void)state;
	assert_true(secret_mask_collect(&mask, specification, config));
	for (size_t i = 0; i < COUNT(cases); i++) {
		json_t *answer = json_pack("{s:i, s:s}", "status", 418, "body", cases[i].body);
		char *text = json_dumps(answer, 0), message[1000];
		struct error error = ERROR_NONE;

		assert_false(http_check_answer(http, SLICE("{\"method\": \"GET\", \"url\": \"x\"}"),
					       slice_of_string(text), &mask, &error));
		snprintf(message, sizeof(message), "the API refused the request: GET x answered "
			 "418%s%s", *cases[i].words ? ": " : "", cases[i].words);
		assert_error(&error, FAILURE_CONFIG, message);
		free(text);
		json_decref(answer);
	}
	secret_mask_release(&mask);
	json_decref(specification);
	json_decref(config);
	json_decref(http);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_request_in_a_manifest_is_checked),
		cmocka_unit_test(every_place_must_be_a_setting_of_the_spec),
		cmocka_unit_test(a_request_is_filled_from_the_config),
		cmocka_unit_test(an_answer_is_judged_in_a_sentence),
		cmocka_unit_test(a_url_is_shown_without_what_may_be_secret),
		cmocka_unit_test(the_words_of_a_body_are_found),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
