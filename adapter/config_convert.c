#include "config_convert.h"

#include <stdlib.h>
#include <string.h>

#include "buffer.h"
#include "count.h"
#include "date_time.h"
#include "json_compact.h"
#include "json_load.h"

#define TEXT_MAXIMUM ((size_t)16 << 20)
#define WHITE_SPACE " \t\r\n"

static struct slice slice_of_json(const json_t *string)
{
	return slice_of(json_string_value(string), json_string_length(string));
}

/* NULL when the text does not fit into memory; releases the buffer. */
static json_t *string_taking(struct buffer *text)
{
	json_t *string = text->failed ? NULL
				      : json_stringn(text->length ? text->data : "", text->length);

	buffer_release(text);
	return string;
}

static json_t *json_text_of(const json_t *value)
{
	char *text = json_compact(value);
	json_t *string = text ? json_string(text) : NULL;

	free(text);
	return string;
}

json_t *config_convert_text(const json_t *value)
{
	return json_is_string(value) ? json_deep_copy(value) : json_text_of(value);
}

/*
 * The conversions. `argument` is what the rule says under the key (of a path the
 * directory). NULL without an error: no memory; on the way back no such value.
 */

static json_t *to_string(const json_t *value, const char *argument, const struct json_place *place,
			 enum failure_type failure, struct error *error)
{
	(void)argument;
	(void)place;
	(void)failure;
	(void)error;
	return config_convert_text(value);
}

/* NULL: it is none, or memory ran out. */
static json_t *parse(const json_t *text, size_t flags, struct error *error)
{
	json_error_t problem;
	json_t *value = json_load_slice(slice_of_json(text), flags | JSON_DECODE_ANY, &problem);

	if (value == NULL && problem.text[0] == '\0')
		error_set_no_memory(error);
	return value;
}

static json_t *copy_of(const json_t *value, struct error *error)
{
	json_t *copy = json_deep_copy(value);

	if (copy == NULL)
		error_set_no_memory(error);
	return copy;
}

/* Numbers and booleans come back from their JSON text; a fraction is no integer. */
static json_t *from_string(const json_t *source, const json_t *changed, const char *argument,
			   struct error *error)
{
	json_t *value;

	(void)argument;
	if (source == NULL || json_is_string(source))
		return copy_of(changed, error);
	value = parse(changed, 0, error);
	if (json_is_integer(source) ? json_is_integer(value)
	    : json_is_real(source)  ? json_is_number(value)
				    : json_is_boolean(value))
		return value;
	json_decref(value);
	return NULL;
}

static json_t *to_json(const json_t *value, const char *argument, const struct json_place *place,
		       enum failure_type failure, struct error *error)
{
	(void)argument;
	(void)place;
	(void)failure;
	(void)error;
	return json_text_of(value);
}

static json_t *from_json(const json_t *source, const json_t *changed, const char *argument,
			 struct error *error)
{
	(void)source;
	(void)argument;
	return parse(changed, JSON_ALLOW_NUL | JSON_REJECT_DUPLICATES, error);
}

/* URLs (s3://...) and the empty string are no relative paths. */
static json_t *to_path(const json_t *value, const char *directory, const struct json_place *place,
		       enum failure_type failure, struct error *error)
{
	const char *path = json_string_value(value);

	if (strlen(path) != json_string_length(value)) {
		json_check_fail(place, failure, error, "must not hold a zero byte");
		return NULL;
	}
	if (*path == '\0' || *path == '/' || strstr(path, "://") != NULL)
		return json_string(path);
	return json_sprintf("%s/%s", strcmp(directory, "/") == 0 ? "" : directory, path);
}

/* Right for what is no relative path: the check of the way back refuses the rest. */
static json_t *from_path(const json_t *source, const json_t *changed, const char *argument,
			 struct error *error)
{
	(void)source;
	(void)argument;
	return copy_of(changed, error);
}

static json_t *join(const json_t *list, const char *separator, const struct json_place *place,
		    enum failure_type failure, struct error *error)
{
	struct buffer text;

	buffer_init(&text, TEXT_MAXIMUM);
	for (size_t i = 0; i < json_array_size(list); i++) {
		const json_t *element = json_array_get(list, i);
		struct json_place there = json_place_element(place, i);
		json_t *part = NULL;

		if (json_check_types(element, &there, JSON_CHECK_SCALAR, failure, error))
			part = config_convert_text(element);
		if (part == NULL) {
			buffer_release(&text);
			return NULL;
		}
		buffer_append_string(&text, i > 0 ? separator : "");
		buffer_append(&text, slice_of_json(part));
		json_decref(part);
	}
	return string_taking(&text);
}

/* Takes the piece before the separator off the front of the text. */
static struct slice take_piece(struct slice *text, const char *separator)
{
	const char *end = text->data + text->length;
	const char *found = text->length ? memmem(text->data, text->length, separator,
						  strlen(separator))
					 : NULL;
	struct slice piece = slice_of(text->data, (size_t)((found ? found : end) - text->data));
	const char *rest = found ? found + strlen(separator) : end;

	*text = slice_of(rest, (size_t)(end - rest));
	return piece;
}

static struct slice trim(struct slice text)
{
	while (text.length > 0 && memchr(WHITE_SPACE, *text.data, strlen(WHITE_SPACE)) != NULL)
		text = slice_of(text.data + 1, text.length - 1);
	while (text.length > 0 &&
	       memchr(WHITE_SPACE, text.data[text.length - 1], strlen(WHITE_SPACE)) != NULL)
		text.length--;
	return text;
}

static json_t *split(const json_t *string, const char *separator, const struct json_place *place,
		     enum failure_type failure, struct error *error)
{
	struct slice text = slice_of_json(string);
	json_t *list = json_array();

	(void)place;
	(void)failure;
	(void)error;
	while (list != NULL && text.length > 0) {
		struct slice piece = trim(take_piece(&text, separator));

		if (piece.length > 0 &&
		    json_array_append_new(list, json_stringn(piece.data, piece.length)) != 0) {
			json_decref(list);
			return NULL;
		}
	}
	return list;
}

/* The list that `join` made a text of; "" is the empty list. NULL: no memory. */
static json_t *unjoin(const char *separator, struct slice text, struct error *error)
{
	json_t *list = json_array();
	bool more = text.length > 0;

	while (list != NULL && more) {
		size_t before = text.length;
		struct slice piece = take_piece(&text, separator);

		more = piece.length < before;
		if (json_array_append_new(list, json_stringn(piece.data, piece.length)) != 0) {
			json_decref(list);
			list = NULL;
		}
	}
	if (list == NULL)
		error_set_no_memory(error);
	return list;
}

/* The text of a list of a user's or a tap's. NULL: it has no text, or memory ran out. */
static json_t *join_back(const json_t *list, const char *separator, struct error *error)
{
	struct json_place root = json_place_root("");
	struct error refusal = ERROR_NONE;
	json_t *text = join(list, separator, &root, FAILURE_CONFIG, &refusal);

	if (text == NULL && (!refusal.set || refusal.no_memory))
		error_set_no_memory(error);
	return text;
}

/* Only where the list that was there can be told from its own text. */
static json_t *from_join(const json_t *source, const json_t *changed, const char *separator,
			 struct error *error)
{
	json_t *text, *list;
	bool clear;

	if (*separator == '\0' || !json_is_array(source))
		return NULL;
	text = join_back(source, separator, error);
	list = text ? unjoin(separator, slice_of_json(text), error) : NULL;
	clear = list != NULL && json_equal(list, source);
	json_decref(text);
	json_decref(list);
	return clear ? unjoin(separator, slice_of_json(changed), error) : NULL;
}

static json_t *from_split(const json_t *source, const json_t *changed, const char *separator,
			  struct error *error)
{
	(void)source;
	for (size_t i = 0; i < json_array_size(changed); i++)
		if (!json_is_string(json_array_get(changed, i)))
			return NULL;
	return join_back(changed, separator, error);
}

/* Seconds alone are an integer. */
static json_t *to_date(const json_t *value, const char *format, const struct json_place *place,
		       enum failure_type failure, struct error *error)
{
	struct slice text = slice_of_json(value);
	struct date_time time;
	struct buffer out;

	if (!date_time_parse_date(&time, text) && !date_time_parse(&time, text)) {
		json_check_fail(place, failure, error,
				"must be a date (2024-01-31) or a date and time "
				"(2024-01-31T00:00:00Z)");
		return NULL;
	}
	if (strcmp(format, "%s") == 0)
		return json_integer(time.seconds);
	buffer_init(&out, TEXT_MAXIMUM);
	if (date_time_print(&time, format, &out))
		return string_taking(&out);
	buffer_release(&out);
	json_check_fail(place, failure, error, "must be a date from the year 0 to 9999");
	return NULL;
}

/* As a date where there was one, else as date and time. */
static json_t *from_date(const json_t *source, const json_t *changed, const char *format,
			 struct error *error)
{
	struct date_time time = { .seconds = json_integer_value(changed) };
	struct buffer out;
	bool date = source != NULL && date_time_parse_date(&(struct date_time){ .offset = 0 },
							   slice_of_json(source));
	json_t *text = NULL;

	if (json_is_string(changed) && !date_time_scan(&time, format, slice_of_json(changed)))
		return NULL;
	buffer_init(&out, TEXT_MAXIMUM);
	if (date_time_print(&(struct date_time){ .seconds = time.seconds },
			    date ? "%Y-%m-%d" : "%Y-%m-%dT%H:%M:%SZ", &out)) {
		text = string_taking(&out);
		if (text == NULL)
			error_set_no_memory(error);
	}
	buffer_release(&out);
	return text;
}

static const struct conversion {
	const char *key;
	const char *as;    /* where the key is "as": what it says */
	unsigned takes;    /* what it can convert ... */
	unsigned gives;    /* ... and into what */
	bool free_text;    /* one value has many texts: the way back may change the text */
	json_t *(*convert)(const json_t *value, const char *argument,
			   const struct json_place *place, enum failure_type failure,
			   struct error *error);
	json_t *(*back)(const json_t *source, const json_t *changed, const char *argument,
			struct error *error);
} conversions[] = {
	{ "as", "string", JSON_CHECK_SCALAR, JSON_CHECK_STRING, false, to_string, from_string },
	{ "as", "json", JSON_CHECK_ANY, JSON_CHECK_STRING, true, to_json, from_json },
	{ "as", "path", JSON_CHECK_STRING, JSON_CHECK_STRING, false, to_path, from_path },
	{ "join", NULL, JSON_CHECK_ARRAY, JSON_CHECK_STRING, false, join, from_join },
	{ "split", NULL, JSON_CHECK_STRING, JSON_CHECK_ARRAY, false, split, from_split },
	{ "date", NULL, JSON_CHECK_STRING, JSON_CHECK_STRING | JSON_CHECK_INTEGER, false, to_date,
	  from_date },
};

static const struct conversion *conversion_of(const json_t *rule)
{
	for (size_t i = 0; i < COUNT(conversions); i++) {
		const char *said = json_string_value(json_object_get(rule, conversions[i].key));

		if (said != NULL &&
		    (conversions[i].as == NULL || strcmp(said, conversions[i].as) == 0))
			return &conversions[i];
	}
	return NULL;
}

static const char *argument_of(const struct conversion *conversion, const json_t *rule,
			       const char *directory)
{
	return conversion->as ? directory
			      : json_string_value(json_object_get(rule, conversion->key));
}

bool config_convert_check_as(const json_t *value, const struct json_place *place, void *target,
			     struct error *error)
{
	static const char *const names[] = { "string", "json", "path" };
	size_t choice;

	(void)target;
	return json_check_choice(value, place, names, COUNT(names), &choice, error);
}

bool config_convert_check_split(const json_t *value, const struct json_place *place, void *target,
				struct error *error)
{
	return json_check_filled_string(value, place, target, error);
}

bool config_convert_check_date(const json_t *value, const struct json_place *place, void *target,
			       struct error *error)
{
	(void)target;
	return date_time_is_format(json_string_value(value)) ||
	       json_check_fail(place, FAILURE_SYSTEM, error,
			       "must be a format of %%Y, %%m, %%d, %%H, %%M, %%S, %%z, %%s, %%%%");
}

bool config_convert_check_single(const json_t *rule, const struct json_place *place,
				 struct error *error)
{
	static const char *const keys[] = { "join", "split", "date", "as" };
	const char *found = NULL;

	for (size_t i = 0; i < COUNT(keys); i++) {
		if (json_object_get(rule, keys[i]) == NULL)
			continue;
		if (found != NULL)
			return json_check_fail(place, FAILURE_SYSTEM, error,
					       "\"%s\" and \"%s\" exclude each other", found,
					       keys[i]);
		found = keys[i];
	}
	return true;
}

json_t *config_convert(const json_t *rule, const json_t *value, const char *directory,
		       const struct json_place *place, enum failure_type failure,
		       struct error *error)
{
	const struct conversion *conversion = conversion_of(rule);
	json_t *result;

	if (conversion == NULL)
		result = json_deep_copy(value);
	else if (json_check_types(value, place, conversion->takes, failure, error))
		result = conversion->convert(value, argument_of(conversion, rule, directory),
					     place, failure, error);
	else
		result = NULL;
	if (result == NULL)
		error_set_no_memory(error); /* unless the value was refused: that error is kept */
	return result;
}

/* Does the rule make `changed` of the value? */
static bool gives(const json_t *rule, const json_t *value, const json_t *changed,
		  struct error *error)
{
	struct json_place root = json_place_root("");
	struct error refusal = ERROR_NONE;
	json_t *again = config_convert(rule, value, "/", &root, FAILURE_CONFIG, &refusal);
	bool same = json_equal(again, changed);

	json_decref(again);
	if (refusal.no_memory)
		error_set_no_memory(error);
	return same;
}

json_t *config_convert_back(const json_t *rule, const json_t *source, const json_t *changed,
			    struct error *error)
{
	const struct conversion *conversion = conversion_of(rule);
	json_t *value;

	if (conversion == NULL)
		return copy_of(changed, error);
	if (!(conversion->gives & 1u << json_typeof(changed)))
		return NULL;
	value = conversion->back(source, changed, argument_of(conversion, rule, "/"), error);
	if (value != NULL && !json_is_null(value) &&
	    (conversion->free_text || gives(rule, value, changed, error)))
		return value;
	json_decref(value);
	return NULL;
}
