/*
 * http_template.h - the texts of check.http with places for settings: "Bearer {/token}".
 *
 * {/pointer} stands for the value at a JSON pointer into the Airbyte config: a string as
 * it is, anything else as JSON text; null counts as absent. {{ and }} stand for braces.
 */
#ifndef TAPBYTE_HTTP_TEMPLATE_H
#define TAPBYTE_HTTP_TEMPLATE_H

#include <jansson.h>
#include <stdbool.h>

#include "buffer.h"
#include "error.h"
#include "json_check.h"

/* What a template may be in the manifest. */
#define HTTP_TEMPLATE_TYPES (JSON_CHECK_STRING | JSON_CHECK_ARRAY)

/* json_check_value: is it a template, or a list of one or more? */
json_check_value http_template_check;

/* json_check_value: has the spec (a const json_t * at `target`) a setting for each place? */
json_check_value http_template_check_sources;

/* The first of a list (or the single one) whose places are all in the config, borrowed.
 * NULL: none is, or memory ran out (then the error is set). */
const char *http_template_choose(const json_t *templates, const json_t *config,
				 struct error *error);

/* Sets the error that says which setting the templates miss. False always. */
bool http_template_fail_missing(const json_t *templates, const json_t *config,
				struct error *error);

enum http_text {
	HTTP_TEXT_PLAIN,
	HTTP_TEXT_HEADER, /* control characters are an error (FAILURE_CONFIG) */
	HTTP_TEXT_URL,    /* values are percent-encoded; but one that begins the text is the
			     beginning of a URL, and only its last slashes go */
};

/* Appends the text that a chosen template becomes. */
bool http_template_fill(const char *template, const json_t *config, enum http_text kind,
			struct buffer *out, struct error *error);

/* Appends bytes as a URL takes them: all but letters, digits and "-._~" as %XX. */
void http_template_encode(struct buffer *out, struct slice bytes);

#endif
