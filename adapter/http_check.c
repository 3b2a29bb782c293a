#include "http_check.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>

#include "base64.h"
#include "count.h"
#include "failure_evidence.h"
#include "http_body.h"
#include "http_template.h"
#include "json_check.h"
#include "json_compact.h"
#include "json_load.h"
#include "json_pointer.h"

/* Bytes of a url, a header or a body that a request is made of. */
#define TEXT_MAXIMUM ((size_t)1 << 20)

/*
 * ---- checking the manifest ----
 */

static const char *const methods[] = { "GET", "HEAD", "POST" };

static bool check_method(const json_t *value, const struct json_place *place, void *target,
			 struct error *error)
{
	size_t choice;

	(void)target;
	return json_check_choice(value, place, methods, COUNT(methods), &choice, error);
}

static bool check_templates(const json_t *value, const struct json_place *place, void *target,
			    struct error *error)
{
	return json_check_members(value, place, HTTP_TEMPLATE_TYPES, http_template_check, target,
				  error);
}

static bool check_header_text(const json_t *value, const struct json_place *place, void *target,
			      struct error *error)
{
	const char *text = json_string_value(value);

	(void)target;
	return text[strcspn(text, "\r\n")] == '\0' ||
	       json_check_fail(place, FAILURE_SYSTEM, error, "must not hold a line break");
}

/* The names that RFC 9110 calls tokens. */
static bool check_header(const json_t *value, const struct json_place *place, void *target,
			 struct error *error)
{
	const char *name = place->key;

	if (*name == '\0' ||
	    name[strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
			      "0123456789!#$%&'*+-.^_`|~")] != '\0')
		return json_check_fail(place, FAILURE_SYSTEM, error, "is no name of a header");
	if (!http_template_check(value, place, target, error))
		return false;
	if (json_is_array(value))
		return json_check_elements(value, place, JSON_CHECK_STRING, check_header_text,
					   target, error);
	return check_header_text(value, place, target, error);
}

static bool check_headers(const json_t *value, const struct json_place *place, void *target,
			  struct error *error)
{
	return json_check_members(value, place, HTTP_TEMPLATE_TYPES, check_header, target, error);
}

static bool check_basic(const json_t *value, const struct json_place *place, void *target,
			struct error *error)
{
	if (json_array_size(value) != 2)
		return json_check_fail(place, FAILURE_SYSTEM, error,
				       "must have two elements, the user and the password");
	return json_check_elements(value, place, HTTP_TEMPLATE_TYPES, http_template_check, target,
				   error);
}

/* What an answer proves. */
static const struct {
	const char *name;
	bool proves;
	enum failure_type type;
} meanings[] = {
	{ "succeeded", true, FAILURE_SYSTEM },
	{ "config_error", false, FAILURE_CONFIG },
	{ "transient_error", false, FAILURE_TRANSIENT },
	{ "system_error", false, FAILURE_SYSTEM },
};

static bool check_meaning(const json_t *value, const struct json_place *place, void *target,
			  struct error *error)
{
	const char *names[COUNT(meanings)];
	size_t choice;

	(void)target;
	for (size_t i = 0; i < COUNT(meanings); i++)
		names[i] = meanings[i].name;
	return json_check_choice(value, place, names, COUNT(names), &choice, error);
}

static bool check_status(const json_t *value, const struct json_place *place, void *target,
			 struct error *error)
{
	static const struct json_member members[] = {
		{ "is", JSON_CHECK_STRING, .required = true, .check = check_meaning },
		{ "message", JSON_CHECK_STRING, .check = json_check_filled_string },
	};
	static const struct json_shape shape = { members, COUNT(members), .open = false };
	const char *status = place->key;

	if (strlen(status) != 3 || status[strspn(status, "0123456789")] != '\0')
		return json_check_fail(place, FAILURE_SYSTEM, error, "is no status like 404");
	return json_check_object(value, place, &shape, target, error);
}

static bool check_statuses(const json_t *value, const struct json_place *place, void *target,
			   struct error *error)
{
	return json_check_members(value, place, JSON_CHECK_OBJECT, check_status, target, error);
}

static bool check_expected(const json_t *value, const struct json_place *place, void *target,
			   struct error *error)
{
	const char *problem = json_pointer_problem(place->key);

	(void)value;
	(void)target;
	return problem == NULL || json_check_fail(place, FAILURE_SYSTEM, error, "%s", problem);
}

static bool check_expect(const json_t *value, const struct json_place *place, void *target,
			 struct error *error)
{
	return json_check_members(value, place, JSON_CHECK_SCALAR | JSON_CHECK_NULL,
				  check_expected, target, error);
}

/* A body needs POST, and can be one only. */
static bool check_body(const json_t *http, const struct json_place *place, struct error *error)
{
	const char *method = json_string_value(json_object_get(http, "method"));
	const char *key = json_object_get(http, "json") ? "json" : "form";
	struct json_place there = json_place_member(place, key);

	if (json_object_get(http, key) == NULL)
		return true;
	if (method != NULL && strcmp(method, "POST") != 0)
		return json_check_fail(&there, FAILURE_SYSTEM, error, "needs the method POST");
	return json_object_get(http, "json") == NULL || json_object_get(http, "form") == NULL ||
	       json_check_fail(place, FAILURE_SYSTEM, error,
			       "must not have both \"json\" and \"form\"");
}

bool http_check_validate(const json_t *http, const char *pointer, struct error *error)
{
	static const struct json_member members[] = {
		{ "url", HTTP_TEMPLATE_TYPES, .required = true, .check = http_template_check },
		{ "method", JSON_CHECK_STRING, .check = check_method },
		{ "headers", JSON_CHECK_OBJECT, .check = check_headers },
		{ "query", JSON_CHECK_OBJECT, .check = check_templates },
		{ "basic", JSON_CHECK_ARRAY, .check = check_basic },
		{ "json", JSON_CHECK_OBJECT, .check = check_templates },
		{ "form", JSON_CHECK_OBJECT, .check = check_templates },
		{ "statuses", JSON_CHECK_OBJECT, .check = check_statuses },
		{ "expect", JSON_CHECK_OBJECT, .check = check_expect },
	};
	static const struct json_shape shape = { members, COUNT(members), .open = false };
	struct json_place place = json_place_root(pointer);

	return json_check_object(http, &place, &shape, NULL, error) &&
	       check_body(http, &place, error);
}

bool http_check_sources(const json_t *http, const json_t *connection_specification,
			const char *pointer, struct error *error)
{
	static const char *const maps[] = { "headers", "query", "json", "form" };
	struct json_place root = json_place_root(pointer);
	struct json_place url = json_place_member(&root, "url");
	struct json_place basic = json_place_member(&root, "basic");

	for (size_t i = 0; i < COUNT(maps); i++) {
		struct json_place place = json_place_member(&root, maps[i]);

		if (!json_check_members(json_object_get(http, maps[i]), &place,
					HTTP_TEMPLATE_TYPES, http_template_check_sources,
					&connection_specification, error))
			return false;
	}
	return http_template_check_sources(json_object_get(http, "url"), &url,
					   &connection_specification, error) &&
	       json_check_elements(json_object_get(http, "basic"), &basic, HTTP_TEMPLATE_TYPES,
				   http_template_check_sources, &connection_specification, error);
}

/*
 * ---- the request ----
 */

struct asking {
	const json_t *http;
	const json_t *config;
	json_t *request;
	struct error *error;
};

/* Fills the templates' text into `text`. False: they have none (or see error). */
static bool fill(const struct asking *asking, const json_t *templates, enum http_text kind,
		 struct buffer *text)
{
	const char *template = http_template_choose(templates, asking->config, asking->error);

	return template != NULL &&
	       http_template_fill(template, asking->config, kind, text, asking->error);
}

static bool put(const struct asking *asking, json_t *object, const char *key,
		const struct buffer *text)
{
	struct slice bytes = buffer_slice(text);
	json_t *value = json_stringn(bytes.length ? bytes.data : "", bytes.length);

	return (!text->failed && json_object_set_new(object, key, value) == 0) ||
	       error_set_no_memory(asking->error);
}

/* NAME=VALUE&... of the members, percent-encoded; `before` comes before the first. */
static bool append_fields(const struct asking *asking, const json_t *fields, const char *before,
			  struct buffer *out)
{
	struct buffer text;
	const char *name;
	json_t *templates;

	buffer_init(&text, TEXT_MAXIMUM);
	json_object_foreach((json_t *)fields, name, templates) {
		buffer_clear(&text);
		if (!fill(asking, templates, HTTP_TEXT_PLAIN, &text))
			continue;
		buffer_append_string(out, before);
		http_template_encode(out, slice_of_string(name));
		buffer_append_char(out, '=');
		http_template_encode(out, buffer_slice(&text));
		before = "&";
	}
	buffer_release(&text);
	return !asking->error->set;
}

static bool has_scheme(struct slice url)
{
	return slice_starts_with(url, SLICE("https://")) || slice_starts_with(url, SLICE("http://"));
}

static bool put_url(const struct asking *asking)
{
	const json_t *templates = json_object_get(asking->http, "url");
	struct buffer url;
	bool done = false;

	buffer_init(&url, TEXT_MAXIMUM);
	if (!fill(asking, templates, HTTP_TEXT_URL, &url))
		http_template_fail_missing(templates, asking->config, asking->error);
	else if (!has_scheme(buffer_slice(&url)))
		error_set(asking->error, FAILURE_CONFIG,
			  "the address of the API cannot be used: it must begin with https:// or "
			  "http://");
	else
		done = append_fields(asking, json_object_get(asking->http, "query"),
				     memchr(url.data, '?', url.length) ? "&" : "?", &url) &&
		       put(asking, asking->request, "url", &url);
	buffer_release(&url);
	return done;
}

/* "Authorization: Basic ..." where the config has a user; a password it may lack. */
static bool put_basic(const struct asking *asking, json_t *headers)
{
	const json_t *basic = json_object_get(asking->http, "basic");
	struct buffer pair, value;
	bool done;

	buffer_init(&pair, TEXT_MAXIMUM);
	buffer_init(&value, TEXT_MAXIMUM * 2);
	if (fill(asking, json_array_get(basic, 0), HTTP_TEXT_PLAIN, &pair)) {
		buffer_append_char(&pair, ':');
		(void)fill(asking, json_array_get(basic, 1), HTTP_TEXT_PLAIN, &pair);
		buffer_append_string(&value, "Basic ");
		base64_encode(&value, buffer_slice(&pair));
		if (pair.failed)
			value.failed = true;
		put(asking, headers, "Authorization", &value);
	}
	done = !asking->error->set;
	buffer_release(&pair);
	buffer_release(&value);
	return done;
}

static bool has_header(const json_t *headers, const char *name)
{
	const char *key;
	json_t *value;

	json_object_foreach((json_t *)headers, key, value) {
		if (strcasecmp(key, name) == 0)
			return true;
	}
	return false;
}

static bool put_headers(const struct asking *asking, json_t *headers)
{
	struct buffer text;
	const char *name;
	json_t *templates;

	buffer_init(&text, TEXT_MAXIMUM);
	json_object_foreach(json_object_get(asking->http, "headers"), name, templates) {
		buffer_clear(&text);
		if (fill(asking, templates, HTTP_TEXT_HEADER, &text))
			put(asking, headers, name, &text);
	}
	buffer_release(&text);
	return !asking->error->set;
}

static bool append_json(const struct asking *asking, const json_t *fields, struct buffer *out)
{
	json_t *object = json_object();
	char *compact = NULL;
	struct buffer text;
	const char *name;
	json_t *templates;

	buffer_init(&text, TEXT_MAXIMUM);
	json_object_foreach((json_t *)fields, name, templates) {
		buffer_clear(&text);
		if (fill(asking, templates, HTTP_TEXT_PLAIN, &text))
			put(asking, object, name, &text);
	}
	compact = object ? json_compact(object) : NULL;
	if (compact != NULL)
		buffer_append_string(out, compact);
	else
		error_set_no_memory(asking->error);
	free(compact);
	buffer_release(&text);
	json_decref(object);
	return !asking->error->set;
}

static bool put_body(const struct asking *asking, json_t *headers)
{
	const json_t *json = json_object_get(asking->http, "json");
	const json_t *form = json_object_get(asking->http, "form");
	const char *type = json ? "application/json" : "application/x-www-form-urlencoded";
	struct buffer body;
	bool done;

	if (json == NULL && form == NULL)
		return true;
	buffer_init(&body, TEXT_MAXIMUM * 8);
	done = (json ? append_json(asking, json, &body)
		     : append_fields(asking, form, "", &body)) &&
	       put(asking, asking->request, "body", &body);
	buffer_release(&body);
	if (done && !has_header(headers, "Content-Type") &&
	    json_object_set_new(headers, "Content-Type", json_string(type)) != 0)
		done = error_set_no_memory(asking->error);
	return done;
}

static const char *method_of(const json_t *http)
{
	const char *method = json_string_value(json_object_get(http, "method"));

	if (method != NULL)
		return method;
	return json_object_get(http, "json") || json_object_get(http, "form") ? "POST" : "GET";
}

bool http_check_request(const json_t *http, const json_t *config, unsigned deadline,
			struct buffer *request, struct error *error)
{
	struct asking asking = { .http = http, .config = config, .error = error };
	json_t *headers = json_object();
	char *text = NULL;
	bool done = false;

	asking.request = json_pack("{s:s, s:I, s:O}", "method", method_of(http), "deadline",
				   (json_int_t)deadline, "headers", headers);
	if (asking.request == NULL) {
		error_set_no_memory(error);
		goto cleanup;
	}
	if (!put_url(&asking) || !put_basic(&asking, headers) ||
	    !put_headers(&asking, headers) || !put_body(&asking, headers))
		goto cleanup;
	text = json_compact(asking.request);
	if (text != NULL)
		buffer_append_string(request, text);
	done = (text != NULL && !request->failed) || error_set_no_memory(error);
cleanup:
	free(text);
	json_decref(headers);
	json_decref(asking.request);
	return done;
}

/*
 * ---- the answer ----
 */

struct judging {
	const json_t *http;
	const json_t *answer;
	int status;
	struct buffer about; /* "GET https://api.example.com/me" */
	struct buffer words; /* of the body */
	struct error *error;
};

/* What a status means by itself, the first that fits. */
static const struct verdict {
	int first;
	int last;
	enum failure_type type;
	const char *meaning;
} verdicts[] = {
	{ 300, 399, FAILURE_CONFIG, "the API redirects to another address, which is not followed" },
	{ 401, 401, FAILURE_CONFIG, "the API refused the credentials" },
	{ 403, 403, FAILURE_CONFIG, "the API does not allow this with these credentials" },
	{ 404, 404, FAILURE_CONFIG, "the API has nothing at this address, or hides it from these "
				    "credentials" },
	{ 407, 407, FAILURE_CONFIG, "the proxy refused its credentials" },
	{ 408, 408, FAILURE_TRANSIENT, "the API gave up waiting" },
	{ 425, 425, FAILURE_TRANSIENT, "the API asks to try again later" },
	{ 429, 429, FAILURE_TRANSIENT, "the API's rate limit is reached" },
	{ 400, 499, FAILURE_CONFIG, "the API refused the request" },
	{ 500, 599, FAILURE_TRANSIENT, "the API has failed" },
	{ 0, 999, FAILURE_SYSTEM, "the API gave an answer that nobody understands" },
};

/* For HTTP/2, which has no words of its own. */
static const struct {
	int status;
	const char *reason;
} reasons[] = {
	{ 301, "Moved Permanently" }, { 302, "Found" }, { 307, "Temporary Redirect" },
	{ 308, "Permanent Redirect" }, { 400, "Bad Request" }, { 401, "Unauthorized" },
	{ 402, "Payment Required" }, { 403, "Forbidden" }, { 404, "Not Found" },
	{ 405, "Method Not Allowed" }, { 410, "Gone" }, { 422, "Unprocessable Content" },
	{ 429, "Too Many Requests" }, { 500, "Internal Server Error" }, { 502, "Bad Gateway" },
	{ 503, "Service Unavailable" }, { 504, "Gateway Timeout" },
};

/* The URL without query, fragment, user and password. */
static void append_url(struct buffer *out, const char *url)
{
	const char *scheme = strstr(url, "://");
	size_t length = strcspn(url, "?#"), start = 0;
	size_t authority = scheme && scheme < url + length ? (size_t)(scheme - url) + 3 : 0;

	for (size_t i = authority; i < length && url[i] != '/'; i++)
		if (url[i] == '@')
			start = i + 1;
	if (start > 0)
		buffer_append(out, slice_of(url, authority));
	buffer_append(out, slice_of(url + start, length - start));
}

static const char *text_of(const struct judging *judging, const char *key)
{
	const char *text = json_string_value(json_object_get(judging->answer, key));

	return text ? text : "";
}

static const char *reason_of(const struct judging *judging)
{
	const char *reason = text_of(judging, "reason");

	for (size_t i = 0; i < COUNT(reasons) && *reason == '\0'; i++)
		if (reasons[i].status == judging->status)
			reason = reasons[i].reason;
	return reason;
}

/* Appends "GET https://... answered 401 (Unauthorized): Bad credentials". */
static void append_evidence(const struct judging *judging, struct buffer *out)
{
	const char *reason = reason_of(judging);

	buffer_append(out, buffer_slice(&judging->about));
	buffer_append_string(out, " answered ");
	buffer_append_integer(out, judging->status);
	if (*reason != '\0') {
		buffer_append_string(out, " (");
		buffer_append_string(out, reason);
		buffer_append_char(out, ')');
	}
	if (*text_of(judging, "proxy") != '\0') {
		buffer_append_string(out, ", the proxy ");
		buffer_append_string(out, text_of(judging, "proxy"));
	}
	if (*text_of(judging, "location") != '\0') {
		buffer_append_string(out, ", to ");
		append_url(out, text_of(judging, "location"));
	}
	if (judging->words.length > 0) {
		buffer_append_string(out, ": ");
		buffer_append(out, buffer_slice(&judging->words));
	}
}

static bool fail(const struct judging *judging, enum failure_type type, const char *meaning)
{
	struct buffer text;
	char *message;

	buffer_init(&text, TEXT_MAXIMUM);
	buffer_append_string(&text, meaning);
	buffer_append_string(&text, strchr(".!?", meaning[strlen(meaning) - 1]) ? " " : ": ");
	append_evidence(judging, &text);
	message = buffer_to_string(&text);
	if (message == NULL)
		error_set_no_memory(judging->error);
	else
		error_set(judging->error, type, "%s", message);
	free(message);
	buffer_release(&text);
	return false;
}

static const struct verdict *verdict_on(int status)
{
	const struct verdict *verdict = verdicts;

	while (status < verdict->first || status > verdict->last)
		verdict++;
	return verdict;
}

/* By the status alone. */
static bool judge_status(const struct judging *judging)
{
	const struct verdict *verdict = verdict_on(judging->status);
	enum failure_type type = verdict->type;
	const char *meaning = verdict->meaning;

	if (judging->status == 403 &&
	    failure_evidence_type(buffer_slice(&judging->words)) == FAILURE_TRANSIENT) {
		type = FAILURE_TRANSIENT;
		meaning = verdict_on(429)->meaning;
	}
	return fail(judging, type, meaning);
}

/* By what the manifest says of the status. */
static bool judge_by_rule(const struct judging *judging, const json_t *rule)
{
	const char *is = json_string_value(json_object_get(rule, "is"));
	const char *message = json_string_value(json_object_get(rule, "message"));
	size_t i = 0;

	while (strcmp(meanings[i].name, is) != 0)
		i++;
	if (meanings[i].proves)
		return true;
	return fail(judging, meanings[i].type,
		    message ? message : verdict_on(judging->status)->meaning);
}

static bool is_expected(const struct judging *judging, struct slice body)
{
	const json_t *expect = json_object_get(judging->http, "expect");
	bool expected = true, failed = false;
	json_t *json = expect ? http_body_json(body, &failed) : NULL, *value;
	const char *pointer;

	json_object_foreach((json_t *)expect, pointer, value) {
		const json_t *found = json_pointer_get(json, pointer, judging->error);

		expected = expected && json_equal(found, value);
	}
	json_decref(json);
	if (failed)
		error_set_no_memory(judging->error);
	return expected && !judging->error->set;
}

static bool judge_body(const struct judging *judging)
{
	const json_t *body = json_object_get(judging->answer, "body");
	char status[sizeof("-2147483648")];
	const json_t *rule;

	snprintf(status, sizeof(status), "%d", judging->status);
	rule = json_object_get(json_object_get(judging->http, "statuses"), status);
	if (rule != NULL)
		return judge_by_rule(judging, rule);
	if (judging->status < 200 || judging->status > 299)
		return judge_status(judging);
	if (is_expected(judging, slice_of(json_string_value(body), json_string_length(body))))
		return true;
	if (json_is_true(json_object_get(judging->answer, "cut")))
		return fail(judging, FAILURE_SYSTEM,
			    "the answer is too long for what it should hold to be looked for");
	return fail(judging, FAILURE_CONFIG,
		    "the API did not accept the credentials, or this is not the API: its answer is "
		    "not the one that check.http.expect asks for");
}

/* What kind of failure it is when there is no answer, and what can be done. */
static const struct {
	const char *kind;
	enum failure_type type;
	const char *meaning;
	const char *advice;
} kinds[] = {
	{ "network", FAILURE_TRANSIENT, "the API cannot be reached", "" },
	{ "timeout", FAILURE_TRANSIENT, "the API did not answer in time", "" },
	{ "proxy", FAILURE_TRANSIENT, "the proxy cannot be used", "" },
	{ "proxy_address", FAILURE_SYSTEM, "the proxy cannot be used", "" },
	{ "proxy_credentials", FAILURE_CONFIG, "the proxy refused its credentials", "" },
	{ "certificate", FAILURE_CONFIG, "the certificate of the API is not trusted",
	  "; REQUESTS_CA_BUNDLE, CURL_CA_BUNDLE or SSL_CERT_FILE may name a file with the "
	  "certificate authority to trust" },
	{ "url", FAILURE_CONFIG, "the address of the API cannot be used", "" },
	{ "memory", FAILURE_SYSTEM, "the check had not enough memory", "" },
	{ "request", FAILURE_SYSTEM, "the check could not be made", "" },
};

static bool judge_silence(const struct judging *judging)
{
	const char *kind = text_of(judging, "kind"), *proxy = text_of(judging, "proxy");
	size_t i = 0;

	while (i < COUNT(kinds) - 1 && strcmp(kinds[i].kind, kind) != 0)
		i++; /* the last stands for all others */
	return error_set(judging->error, kinds[i].type, "%s: %.*s: %s%s%s%s", kinds[i].meaning,
			 (int)judging->about.length, judging->about.data,
			 text_of(judging, "error"), *proxy ? ", through the proxy " : "", proxy,
			 kinds[i].advice);
}

/* Without secrets: it may be cut when it becomes a part of a message. */
static void append_about(struct buffer *about, const json_t *request,
			 const struct secret_mask *mask)
{
	struct buffer text;

	buffer_init(&text, TEXT_MAXIMUM);
	buffer_append_string(&text, json_string_value(json_object_get(request, "method")));
	buffer_append_char(&text, ' ');
	append_url(&text, json_string_value(json_object_get(request, "url")));
	if (text.failed)
		about->failed = true;
	else
		secret_mask_apply(mask, about, buffer_slice(&text));
	buffer_release(&text);
}

static bool judge(struct judging *judging, const json_t *request, const struct secret_mask *mask)
{
	const json_t *status = json_object_get(judging->answer, "status");
	const json_t *body = json_object_get(judging->answer, "body");

	append_about(&judging->about, request, mask);
	http_body_words(slice_of(json_string_value(body), json_string_length(body)), mask,
			&judging->words);
	if (judging->about.failed || judging->words.failed)
		return error_set_no_memory(judging->error);
	if (!json_is_integer(status))
		return judge_silence(judging);
	judging->status = (int)json_integer_value(status);
	return judge_body(judging);
}

/* NULL, and an error, where it is none. */
static json_t *parse_exchanged(struct slice text, struct error *error)
{
	json_error_t problem;
	json_t *json = json_load_slice(text, JSON_ALLOW_NUL, &problem);

	if (json == NULL && problem.text[0] == '\0')
		error_set_no_memory(error);
	else if (json == NULL)
		error_set(error, FAILURE_SYSTEM, "tapbyte-http gave no answer that can be read");
	return json;
}

bool http_check_answer(const json_t *http, struct slice request, struct slice answer,
		       const struct secret_mask *mask, struct error *error)
{
	json_t *asked = parse_exchanged(request, error);
	json_t *answered = asked ? parse_exchanged(answer, error) : NULL;
	struct judging judging = { .http = http, .answer = answered, .error = error };
	bool proven = false;

	buffer_init(&judging.about, TEXT_MAXIMUM);
	buffer_init(&judging.words, TEXT_MAXIMUM);
	if (answered != NULL)
		proven = judge(&judging, asked, mask);
	buffer_release(&judging.about);
	buffer_release(&judging.words);
	json_decref(asked);
	json_decref(answered);
	return proven;
}
