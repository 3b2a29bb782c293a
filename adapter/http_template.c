#include "http_template.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "config_convert.h"
#include "json_pointer.h"
#include "spec_settings.h"

/* A piece of a template: literal text, or the pointer of a place. */
struct part {
	struct slice text;
	bool is_place;
};

/* Takes the next part off a template that http_template_check passed; false at its end. */
static bool next_part(const char **at, struct part *part)
{
	const char *start = *at;
	size_t length = strcspn(start, "{}");

	if (*start == '\0')
		return false;
	part->is_place = false;
	if (length > 0) {
		part->text = slice_of(start, length);
	} else if (start[1] == start[0]) {
		part->text = slice_of(start, 1);
		length = 2;
	} else {
		length = strcspn(start, "}") + 1;
		part->text = slice_of(start + 1, length - 2);
		part->is_place = true;
	}
	*at = start + length;
	return true;
}

/* A NUL-terminated copy, which the caller frees; NULL and an error without memory. */
static char *copy_of(struct slice text, struct error *error)
{
	char *copy = strndup(text.data, text.length);

	if (copy == NULL)
		error_set_no_memory(error);
	return copy;
}

/*
 * ---- checking ----
 */

static bool check_pointer(struct slice text, const struct json_place *place, struct error *error)
{
	char *pointer = copy_of(text, error);
	const char *problem = pointer ? json_pointer_problem(pointer) : NULL;

	free(pointer);
	if (problem != NULL)
		json_check_fail(place, FAILURE_SYSTEM, error, "{%.*s}: %s", (int)text.length,
				text.data, problem);
	return !error->set;
}

static bool check_template(const json_t *value, const struct json_place *place, void *target,
			   struct error *error)
{
	const char *at = json_string_value(value);

	(void)target;
	while (*(at += strcspn(at, "{}")) != '\0') {
		size_t length = strcspn(at, "}");

		if (at[1] == at[0]) {
			at += 2;
			continue;
		}
		if (*at == '}' || at[1] != '/' || at[length] == '\0')
			return json_check_fail(place, FAILURE_SYSTEM, error,
					       "a place is written {/pointer}, a brace {{ or }}");
		if (!check_pointer(slice_of(at + 1, length - 1), place, error))
			return false;
		at += length + 1;
	}
	return true;
}

/* Calls the check for the one template, or for each of the list. */
static bool check_each(const json_t *value, const struct json_place *place, void *target,
		       json_check_value *check, struct error *error)
{
	if (json_is_array(value))
		return json_check_elements(value, place, JSON_CHECK_STRING, check, target, error);
	return check(value, place, target, error);
}

bool http_template_check(const json_t *value, const struct json_place *place, void *target,
			 struct error *error)
{
	if (json_is_array(value) && json_array_size(value) == 0)
		return json_check_fail(place, FAILURE_SYSTEM, error, "must not be empty");
	return check_each(value, place, target, check_template, error);
}

static bool check_sources(const json_t *value, const struct json_place *place, void *target,
			  struct error *error)
{
	const json_t *const *specification = target;
	const char *at = json_string_value(value);
	struct part part;

	while (!error->set && next_part(&at, &part)) {
		char *pointer = part.is_place ? copy_of(part.text, error) : NULL;

		if (pointer != NULL && !spec_settings_has(*specification, pointer, error))
			json_check_fail(place, FAILURE_SYSTEM, error,
					"the spec has no setting %s", pointer);
		free(pointer);
	}
	return !error->set;
}

bool http_template_check_sources(const json_t *value, const struct json_place *place, void *target,
				 struct error *error)
{
	return check_each(value, place, target, check_sources, error);
}

/*
 * ---- filling ----
 */

/* What stands at a place, borrowed; NULL: nothing, or memory ran out. */
static const json_t *value_at(const json_t *config, struct slice place, struct error *error)
{
	char *pointer = copy_of(place, error);
	const json_t *value = pointer ? json_pointer_get(config, pointer, error) : NULL;

	free(pointer);
	return json_is_null(value) ? NULL : value;
}

/* The first place that the config has nothing for; false where there is none. */
static bool find_missing(const char *template, const json_t *config, struct slice *missing,
			 struct error *error)
{
	struct part part;

	while (next_part(&template, &part)) {
		if (!part.is_place || value_at(config, part.text, error) != NULL)
			continue;
		*missing = part.text;
		return true;
	}
	return false;
}

static const char *template_at(const json_t *templates, size_t i)
{
	return json_string_value(json_is_array(templates) ? json_array_get(templates, i)
							  : templates);
}

static size_t count_of(const json_t *templates)
{
	return json_is_array(templates) ? json_array_size(templates) : templates != NULL;
}

const char *http_template_choose(const json_t *templates, const json_t *config,
				 struct error *error)
{
	struct slice missing;

	for (size_t i = 0; i < count_of(templates) && !error->set; i++)
		if (!find_missing(template_at(templates, i), config, &missing, error))
			return template_at(templates, i);
	return NULL;
}

bool http_template_fail_missing(const json_t *templates, const json_t *config,
				struct error *error)
{
	struct slice missing = SLICE("");

	(void)find_missing(template_at(templates, 0), config, &missing, error);
	return error_set(error, FAILURE_CONFIG,
			 "the config has no %.*s, which the request that checks it needs",
			 (int)missing.length, missing.data);
}

static bool has_control_character(struct slice text)
{
	for (size_t i = 0; i < text.length; i++)
		if (iscntrl((unsigned char)text.data[i]) && text.data[i] != '\t')
			return true;
	return false;
}

void http_template_encode(struct buffer *out, struct slice bytes)
{
	static const char digits[] = "0123456789ABCDEF";

	for (size_t i = 0; i < bytes.length; i++) {
		unsigned char byte = (unsigned char)bytes.data[i];

		if (byte < 0x80 && (isalnum(byte) || (byte != '\0' && strchr("-._~", byte)))) {
			buffer_append_char(out, (char)byte);
		} else {
			buffer_append_char(out, '%');
			buffer_append_char(out, digits[byte >> 4]);
			buffer_append_char(out, digits[byte & 15]);
		}
	}
}

static bool append_value(struct buffer *out, struct slice value, enum http_text kind,
			 struct slice pointer, struct error *error)
{
	bool begins_url = kind == HTTP_TEXT_URL && out->length == 0;

	if ((kind == HTTP_TEXT_HEADER || begins_url) && has_control_character(value))
		return error_set(error, FAILURE_CONFIG,
				 "%.*s: must not hold a line break or another control character; "
				 "it goes into %s of the request that checks the config",
				 (int)pointer.length, pointer.data,
				 begins_url ? "the URL" : "a header");
	if (begins_url) {
		while (value.length > 0 && value.data[value.length - 1] == '/')
			value.length--;
		if (value.length == 0) /* what follows would be taken for the host */
			return error_set(error, FAILURE_CONFIG,
					 "%.*s: must not be empty; the URL of the request that "
					 "checks the config begins with it",
					 (int)pointer.length, pointer.data);
	}
	if (kind == HTTP_TEXT_URL && !begins_url)
		http_template_encode(out, value);
	else
		buffer_append(out, value);
	return true;
}

static bool fill_place(struct buffer *out, struct slice pointer, const json_t *config,
		       enum http_text kind, struct error *error)
{
	const json_t *value = value_at(config, pointer, error);
	json_t *text = value ? config_convert_text(value) : NULL;
	bool filled;

	if (text == NULL)
		return error_set_no_memory(error);
	filled = append_value(out, slice_of(json_string_value(text), json_string_length(text)),
			      kind, pointer, error);
	json_decref(text);
	return filled;
}

bool http_template_fill(const char *template, const json_t *config, enum http_text kind,
			struct buffer *out, struct error *error)
{
	struct part part;

	while (next_part(&template, &part)) {
		if (!part.is_place)
			buffer_append(out, part.text);
		else if (!fill_place(out, part.text, config, kind, error))
			return false;
	}
	return !out->failed || error_set_no_memory(error);
}
