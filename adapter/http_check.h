/*
 * http_check.h - `check` by one HTTP request: what to ask, and what the answer means.
 *
 * The manifest's check.http, all members but url optional:
 *
 *	{"url": "https://api.example.com/{/account}/me",
 *	 "method": "GET",
 *	 "headers": {"Authorization": ["Bearer {/credentials/token}", "token {/token}"]},
 *	 "query": {"key": "{/api_key}"},
 *	 "basic": ["{/user}", "{/password}"],
 *	 "json" or "form": {"grant_type": "refresh_token", "refresh_token": "{/refresh_token}"},
 *	 "statuses": {"404": {"is": "config_error", "message": "There is no such account."}},
 *	 "expect": {"/ok": true}}
 *
 * {/pointer} stands for the value at a JSON pointer into the Airbyte config, {{ and }} for
 * braces. Of a list of templates the first counts whose places are all there; where none
 * is, the header, query parameter or field is left out (a url must have one). Values are
 * percent-encoded in the url and the query; but a place that begins the url is the
 * beginning of an address ("{/base_url}/me"). A line break in a header is an error.
 *
 * The method is GET, HEAD or POST; without it POST where there is json or form. What a
 * status `is` may also be transient_error, system_error or succeeded. An answer of 2xx
 * whose JSON body has something else than `expect` says at one of its pointers is a config
 * error: some APIs answer 200 to everybody.
 *
 * The request is made by a program of its own, tapbyte-http, which alone loads libcurl
 * (http/tapbyte-http.h has the format of request and answer).
 */
#ifndef TAPBYTE_HTTP_CHECK_H
#define TAPBYTE_HTTP_CHECK_H

#include <jansson.h>
#include <stdbool.h>

#include "buffer.h"
#include "error.h"
#include "secret_mask.h"
#include "slice.h"

/* Checks check.http when the manifest is loaded; `pointer` is "/check/http". */
bool http_check_validate(const json_t *http, const char *pointer, struct error *error);

/* Does every place in the templates name a setting that the spec has? */
bool http_check_sources(const json_t *http, const json_t *connection_specification,
			const char *pointer, struct error *error);

/* The request as JSON text for tapbyte-http. False: see error (FAILURE_CONFIG). */
bool http_check_request(const json_t *http, const json_t *config, unsigned deadline,
			struct buffer *request, struct error *error);

/*
 * The answer of tapbyte-http to that request: true when it proves the config. Otherwise
 * the error is a sentence with the method, the URL without its query, the status and what
 * the body says of it (http_body.h; the mask keeps secrets out of it). By default 2xx
 * proves it; 401 and 403 (refused), 404 and other 4xx, and a redirection (which is not
 * followed: it could take the credentials elsewhere) are config errors, and so is a
 * certificate that is not trusted; 408, 425, 429 and 5xx, a 403 that speaks of a rate
 * limit, and no answer at all, are transient.
 */
bool http_check_answer(const json_t *http, struct slice request, struct slice answer,
		       const struct secret_mask *mask, struct error *error);

#endif
