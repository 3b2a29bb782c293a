/* tapbyte-http: makes one HTTP request; tapbyte-http.h has what goes in and what comes out. */
#include <curl/curl.h>
#include <jansson.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/prctl.h>
#include <sys/stat.h>

#include "buffer.h"
#include "count.h"
#include "error.h"
#include "json_load.h"
#include "json_text.h"
#include "no_core.h"
#include "tapbyte-http.h"
#include "text_file.h"
#include "version.h"

#define REQUEST_MAXIMUM ((size_t)64 << 20)
#define CONNECT_TIMEOUT 10L /* seconds */

/* Bytes of what a server says beside the body. */
#define TEXT_MAXIMUM ((size_t)1000)

struct exchange {
	CURL *curl;
	struct curl_slist *headers;
	json_t *request;
	const char *proxy;   /* as the environment has it, or NULL */
	struct buffer body;
	struct buffer reason;
	bool cut;            /* the body is longer */
	char problem[CURL_ERROR_SIZE];
};

/*
 * ---- the environment ----
 */

/* The value of the first variable that has one, or NULL. */
static const char *first_variable(const char *const *names, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		const char *value = getenv(names[i]);

		if (value != NULL && *value != '\0')
			return value;
	}
	return NULL;
}

/* curl by itself passes over HTTP_PROXY. */
static const char *proxy_for(const char *url)
{
	static const char *const plain[] = { "http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY" };
	static const char *const secure[] = {
		"https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY",
	};

	if (strncasecmp(url, "http://", strlen("http://")) == 0)
		return first_variable(plain, COUNT(plain));
	return first_variable(secure, COUNT(secure));
}

static CURLcode trust(CURL *curl)
{
	static const char *const names[] = {
		"REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_FILE", "SSL_CERT_DIR",
	};
	const char *path = first_variable(names, COUNT(names));
	struct stat status;
	bool folder;
	CURLcode code;

	if (path == NULL)
		return CURLE_OK;
	folder = stat(path, &status) == 0 && S_ISDIR(status.st_mode);
	code = curl_easy_setopt(curl, CURLOPT_CAINFO, folder ? NULL : path);
	return code != CURLE_OK ? code
				: curl_easy_setopt(curl, CURLOPT_CAPATH, folder ? path : NULL);
}

/*
 * ---- the request ----
 */

static const char *text_of(const struct exchange *exchange, const char *key)
{
	return json_string_value(json_object_get(exchange->request, key));
}

static bool add_header(struct exchange *exchange, const char *name, const char *value)
{
	struct curl_slist *headers;
	char *line = NULL;

	/* with nothing behind a colon, curl would leave the header out */
	if (asprintf(&line, *value ? "%s: %s" : "%s;", name, value) < 0)
		return false;
	headers = curl_slist_append(exchange->headers, line);
	free(line);
	if (headers == NULL)
		return false;
	exchange->headers = headers;
	return true;
}

static bool add_headers(struct exchange *exchange)
{
	const char *name;
	json_t *value;

	json_object_foreach(json_object_get(exchange->request, "headers"), name, value) {
		if (!add_header(exchange, name, json_string_value(value)))
			return false;
	}
	return true;
}

static size_t on_body(char *bytes, size_t size, size_t count, void *owner)
{
	struct exchange *exchange = owner;
	size_t length = size * count, room = HTTP_BODY_MAXIMUM - exchange->body.length;

	exchange->cut = length > room;
	buffer_append(&exchange->body, slice_of(bytes, exchange->cut ? room : length));
	return exchange->cut || exchange->body.failed ? CURL_WRITEFUNC_ERROR : length;
}

/* Keeps the words of the last status line: "HTTP/1.1 401 Unauthorized". */
static size_t on_header(char *bytes, size_t size, size_t count, void *owner)
{
	struct exchange *exchange = owner;
	struct slice line = slice_of(bytes, size * count);
	const char *words;

	while (line.length > 0 && strchr("\r\n", line.data[line.length - 1]) != NULL)
		line.length--;
	if (!slice_starts_with(line, SLICE("HTTP/")))
		return size * count;
	buffer_clear(&exchange->reason);
	words = memchr(line.data, ' ', line.length);
	if (words != NULL)
		words = memchr(words + 1, ' ', line.length - (size_t)(words + 1 - line.data));
	if (words != NULL)
		buffer_append(&exchange->reason,
			      slice_of(words + 1, line.length - (size_t)(words + 1 - line.data)));
	return size * count;
}

/* All options that are numbers, and the same for every request. */
static CURLcode set_numbers(CURL *curl, long deadline)
{
	const struct {
		CURLoption option;
		long value;
	} options[] = {
		{ CURLOPT_NOSIGNAL, 1 },
		{ CURLOPT_FOLLOWLOCATION, 0 },
		{ CURLOPT_TIMEOUT, deadline },
		{ CURLOPT_CONNECTTIMEOUT, deadline < CONNECT_TIMEOUT ? deadline : CONNECT_TIMEOUT },
		{ CURLOPT_SUPPRESS_CONNECT_HEADERS, 1 },
		{ CURLOPT_QUICK_EXIT, 1 }, /* not to wait for a name server that is silent */
	};
	CURLcode code = CURLE_OK;

	for (size_t i = 0; i < COUNT(options) && code == CURLE_OK; i++)
		code = curl_easy_setopt(curl, options[i].option, options[i].value);
	return code;
}

static CURLcode set_texts(struct exchange *exchange)
{
	const struct {
		CURLoption option;
		const void *value;
	} options[] = {
		{ CURLOPT_ERRORBUFFER, exchange->problem },
		{ CURLOPT_PROTOCOLS_STR, "http,https" },
		{ CURLOPT_DEFAULT_PROTOCOL, "https" },
		{ CURLOPT_URL, text_of(exchange, "url") },
		{ CURLOPT_USERAGENT, "tapbyte/" TAPBYTE_VERSION },
		{ CURLOPT_HTTPHEADER, exchange->headers },
		{ CURLOPT_PROXY, exchange->proxy },
		{ CURLOPT_WRITEDATA, exchange },
		{ CURLOPT_HEADERDATA, exchange },
	};
	CURLcode code = CURLE_OK;

	for (size_t i = 0; i < COUNT(options) && code == CURLE_OK; i++)
		code = curl_easy_setopt(exchange->curl, options[i].option, options[i].value);
	return code;
}

static CURLcode set_method(struct exchange *exchange)
{
	const char *method = text_of(exchange, "method"), *body = text_of(exchange, "body");
	CURLcode code;

	if (strcmp(method, "HEAD") == 0)
		return curl_easy_setopt(exchange->curl, CURLOPT_NOBODY, 1L);
	if (strcmp(method, "POST") != 0)
		return CURLE_OK;
	code = curl_easy_setopt(exchange->curl, CURLOPT_POSTFIELDSIZE_LARGE,
				(curl_off_t)(body ? strlen(body) : 0));
	return code != CURLE_OK ? code
				: curl_easy_setopt(exchange->curl, CURLOPT_POSTFIELDS,
						   body ? body : "");
}

static CURLcode prepare(struct exchange *exchange)
{
	json_t *deadline = json_object_get(exchange->request, "deadline");
	CURLcode code;

	exchange->curl = curl_easy_init();
	if (exchange->curl == NULL || !add_headers(exchange))
		return CURLE_OUT_OF_MEMORY;
	exchange->proxy = proxy_for(text_of(exchange, "url"));
	code = set_numbers(exchange->curl, (long)json_integer_value(deadline));
	if (code == CURLE_OK)
		code = set_texts(exchange);
	if (code == CURLE_OK)
		code = curl_easy_setopt(exchange->curl, CURLOPT_WRITEFUNCTION, on_body);
	if (code == CURLE_OK)
		code = curl_easy_setopt(exchange->curl, CURLOPT_HEADERFUNCTION, on_header);
	if (code == CURLE_OK)
		code = set_method(exchange);
	return code == CURLE_OK ? trust(exchange->curl) : code;
}

/*
 * ---- the answer ----
 */

/* Nothing where the text is NULL. */
static void append_member(struct buffer *out, const char *key, const char *text)
{
	if (text == NULL)
		return;
	buffer_append_string(out, out->length > 1 ? ",\"" : "\"");
	buffer_append_string(out, key);
	buffer_append_string(out, "\":");
	json_text_encode(out, slice_of(text, strnlen(text, TEXT_MAXIMUM)));
}

/* scheme://host:port of the proxy; NULL where that cannot be told. The caller frees it. */
static char *proxy_name(const char *proxy)
{
	CURLU *url = proxy ? curl_url() : NULL;
	char *host = NULL, *port = NULL, *scheme = NULL, *name = NULL;

	if (url != NULL && curl_url_set(url, CURLUPART_URL, proxy, CURLU_GUESS_SCHEME |
					CURLU_NON_SUPPORT_SCHEME) == CURLUE_OK &&
	    curl_url_get(url, CURLUPART_HOST, &host, 0) == CURLUE_OK &&
	    curl_url_get(url, CURLUPART_SCHEME, &scheme, 0) == CURLUE_OK) {
		(void)curl_url_get(url, CURLUPART_PORT, &port, 0);
		if (asprintf(&name, "%s://%s%s%s", scheme, host, port ? ":" : "",
			     port ? port : "") < 0)
			name = NULL;
	}
	curl_free(host);
	curl_free(port);
	curl_free(scheme);
	curl_url_cleanup(url);
	return name;
}

/* Whether it was the proxy that failed; curl names the host that it could not connect to. */
static bool failed_at_proxy(const struct exchange *exchange, CURLcode code)
{
	CURLU *url;
	char *host = NULL;
	long status = 0;
	bool found = false;

	if (exchange->proxy == NULL)
		return false;
	if (code == CURLE_COULDNT_RESOLVE_PROXY || code == CURLE_PROXY)
		return true;
	(void)curl_easy_getinfo(exchange->curl, CURLINFO_HTTP_CONNECTCODE, &status);
	if (status >= 300)
		return true;
	url = curl_url();
	if (code == CURLE_COULDNT_CONNECT && url != NULL &&
	    curl_url_set(url, CURLUPART_URL, exchange->proxy,
			 CURLU_GUESS_SCHEME | CURLU_NON_SUPPORT_SCHEME) == CURLUE_OK &&
	    curl_url_get(url, CURLUPART_HOST, &host, 0) == CURLUE_OK)
		found = strstr(exchange->problem, host) != NULL;
	curl_free(host);
	curl_url_cleanup(url);
	return found;
}

static const char *kind_of(const struct exchange *exchange, CURLcode code)
{
	static const struct {
		CURLcode code;
		const char *kind;
	} kinds[] = {
		{ CURLE_URL_MALFORMAT, "url" },
		{ CURLE_UNSUPPORTED_PROTOCOL, "url" },
		{ CURLE_OPERATION_TIMEDOUT, "timeout" },
		{ CURLE_PEER_FAILED_VERIFICATION, "certificate" },
		{ CURLE_SSL_CACERT_BADFILE, "certificate" },
		{ CURLE_SSL_ISSUER_ERROR, "certificate" },
		{ CURLE_OUT_OF_MEMORY, "memory" },
	};
	long status = 0, connections = 0;

	(void)curl_easy_getinfo(exchange->curl, CURLINFO_HTTP_CONNECTCODE, &status);
	(void)curl_easy_getinfo(exchange->curl, CURLINFO_NUM_CONNECTS, &connections);
	if (status == 407)
		return "proxy_credentials";
	if (code == CURLE_UNSUPPORTED_PROTOCOL && connections > 0)
		return "network"; /* what the server speaks is no HTTP */
	for (size_t i = 0; i < COUNT(kinds); i++)
		if (kinds[i].code == code)
			return kinds[i].kind;
	return failed_at_proxy(exchange, code) ? "proxy" : "network";
}

/* Where curl cannot read the proxy's address it repeats it as it is, with the password. */
static bool repeats_proxy(const char *problem)
{
	return strncmp(problem, "Unsupported proxy", strlen("Unsupported proxy")) == 0;
}

static void append_failure(const struct exchange *exchange, CURLcode code, struct buffer *out)
{
	const char *problem = exchange->problem[0] ? exchange->problem : curl_easy_strerror(code);
	bool unread = repeats_proxy(problem);
	const char *kind = unread ? "proxy_address" : kind_of(exchange, code);
	bool by_proxy = !unread && strncmp(kind, "proxy", strlen("proxy")) == 0;
	char *proxy = by_proxy ? proxy_name(exchange->proxy) : NULL;

	append_member(out, "error", unread ? "the environment's variable for it holds no URL of "
					     "a proxy" : problem);
	append_member(out, "kind", kind);
	append_member(out, "proxy", proxy);
	free(proxy);
}

static void append_answer(const struct exchange *exchange, struct buffer *out)
{
	char *type = NULL, *location = NULL, *reason = buffer_to_string(&exchange->reason);
	char *proxy = NULL;
	long status = 0;

	(void)curl_easy_getinfo(exchange->curl, CURLINFO_RESPONSE_CODE, &status);
	(void)curl_easy_getinfo(exchange->curl, CURLINFO_CONTENT_TYPE, &type);
	(void)curl_easy_getinfo(exchange->curl, CURLINFO_REDIRECT_URL, &location);
	if (status == 407)
		proxy = proxy_name(exchange->proxy);
	buffer_append_string(out, "\"status\":");
	buffer_append_integer(out, status);
	append_member(out, "reason", reason);
	append_member(out, "content_type", type);
	append_member(out, "location", location);
	append_member(out, "proxy", proxy);
	if (exchange->cut)
		buffer_append_string(out, ",\"cut\":true");
	buffer_append_string(out, ",\"body\":");
	json_text_encode(out, buffer_slice(&exchange->body));
	free(reason);
	free(proxy);
}

/* One line on stdout. */
static bool print(struct buffer *out)
{
	buffer_append_string(out, "}\n");
	return !out->failed && fwrite(out->data, 1, out->length, stdout) == out->length &&
	       fflush(stdout) == 0;
}

/* A refusal is one even if its body does not come to its end. */
static bool is_answered(const struct exchange *exchange, CURLcode code)
{
	long status = 0, connected = 0;

	if (code == CURLE_OK || (code == CURLE_WRITE_ERROR && exchange->cut))
		return true;
	if (code != CURLE_OPERATION_TIMEDOUT && code != CURLE_PARTIAL_FILE)
		return false;
	(void)curl_easy_getinfo(exchange->curl, CURLINFO_RESPONSE_CODE, &status);
	(void)curl_easy_getinfo(exchange->curl, CURLINFO_HTTP_CONNECTCODE, &connected);
	return status >= 400 && connected < 300;
}

static bool talk(struct exchange *exchange)
{
	CURLcode code = prepare(exchange);
	struct buffer out;
	bool printed;

	if (code == CURLE_OK)
		code = curl_easy_perform(exchange->curl);
	buffer_init(&out, HTTP_ANSWER_MAXIMUM);
	buffer_append_char(&out, '{');
	if (is_answered(exchange, code))
		append_answer(exchange, &out);
	else
		append_failure(exchange, code, &out);
	printed = print(&out);
	buffer_release(&out);
	return printed;
}

/* A new reference; NULL when it is no request. */
static json_t *read_request(const char *path, struct error *error)
{
	struct buffer text;
	json_t *request = NULL;
	json_error_t problem;
	char *method = NULL, *url = NULL;
	int deadline = 0;

	buffer_init(&text, REQUEST_MAXIMUM);
	if (text_file_read(path, "the request", &text, error))
		request = json_load_slice(buffer_slice(&text), 0, &problem);
	buffer_release(&text);
	if (json_unpack(request, "{s:s, s:s, s:i}", "method", &method, "url", &url, "deadline",
			&deadline) == 0)
		return request;
	error_set(error, FAILURE_SYSTEM, "the request, %s, is no such JSON object", path);
	json_decref(request);
	return NULL;
}

static bool print_error(const struct error *error)
{
	struct buffer out;
	bool printed;

	buffer_init(&out, HTTP_ANSWER_MAXIMUM);
	buffer_append_char(&out, '{');
	append_member(&out, "error", error->message);
	append_member(&out, "kind", "request");
	printed = print(&out);
	buffer_release(&out);
	return printed;
}

int main(int argc, char **argv)
{
	struct exchange exchange = { .curl = NULL };
	struct error error = ERROR_NONE;
	bool printed;

	no_core();
	(void)prctl(PR_SET_DUMPABLE, 0); /* nobody attaches, either */
	if (argc != 2 || argv[1][0] == '-') {
		fprintf(stderr, "tapbyte-http makes the request of `tapbyte check`, which starts "
				"it.\n");
		return 2;
	}
	signal(SIGPIPE, SIG_IGN);
	buffer_init(&exchange.body, HTTP_BODY_MAXIMUM);
	buffer_init(&exchange.reason, TEXT_MAXIMUM);
	exchange.request = read_request(argv[1], &error);
	if (exchange.request == NULL) {
		printed = print_error(&error);
	} else {
		(void)curl_global_init(CURL_GLOBAL_DEFAULT);
		printed = talk(&exchange);
	}
	curl_easy_cleanup(exchange.curl);
	curl_slist_free_all(exchange.headers);
	json_decref(exchange.request);
	buffer_release(&exchange.body);
	buffer_release(&exchange.reason);
	return printed ? 0 : 1;
}
