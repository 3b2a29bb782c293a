#include "json_check.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "count.h"
#include "json_load.h"

#define FILE_MAXIMUM ((size_t)16 << 20)
#define MESSAGE_MAXIMUM ((size_t)64 << 10)
#define CHUNK ((size_t)64 << 10)

bool json_check_fail(const struct json_place *place, enum failure_type failure,
		     struct error *error, const char *format, ...)
{
	struct buffer text;
	char *message = NULL;
	va_list arguments;
	int length;

	va_start(arguments, format);
	length = vasprintf(&message, format, arguments);
	va_end(arguments);
	if (length < 0)
		return error_set_no_memory(error);
	buffer_init(&text, MESSAGE_MAXIMUM);
	json_place_pointer(place, &text);
	if (text.length > 0)
		buffer_append_string(&text, ": ");
	error_set(error, failure, "%.*s%s", (int)text.length, text.length ? text.data : "",
		  message);
	buffer_release(&text);
	free(message);
	return false;
}

const char *json_check_kind(const json_t *value)
{
	switch (json_typeof(value)) {
	case JSON_OBJECT:
		return "an object";
	case JSON_ARRAY:
		return "an array";
	case JSON_STRING:
		return "a string";
	case JSON_INTEGER:
		return "an integer";
	case JSON_REAL:
		return "a number";
	case JSON_TRUE:
		return "true";
	case JSON_FALSE:
		return "false";
	case JSON_NULL:
		break;
	}
	return "null";
}

/* Appends "a string, an array or true". */
static void append_types(struct buffer *out, unsigned types)
{
	static const struct {
		unsigned type;
		const char *name;
	} names[] = {
		{ JSON_CHECK_STRING, "a string" },   { JSON_CHECK_NUMBER, "a number" },
		{ JSON_CHECK_INTEGER, "an integer" }, { JSON_CHECK_BOOLEAN, "a boolean" },
		{ JSON_CHECK_TRUE, "true" },         { JSON_CHECK_ARRAY, "an array" },
		{ JSON_CHECK_OBJECT, "an object" },  { JSON_CHECK_NULL, "null" },
	};
	const char *separator = "";

	for (size_t i = 0; i < COUNT(names); i++) {
		if ((types & names[i].type) != names[i].type)
			continue;
		types &= ~names[i].type;
		if (*separator != '\0')
			separator = types ? ", " : " or ";
		buffer_append_string(out, separator);
		buffer_append_string(out, names[i].name);
		separator = ", ";
	}
}

/* `what` is what is wrong: "missing", "is a number". */
static bool fail_types(const struct json_place *place, const char *what, unsigned types,
		       enum failure_type failure, struct error *error)
{
	struct buffer expected;

	buffer_init(&expected, MESSAGE_MAXIMUM);
	append_types(&expected, types);
	buffer_append_char(&expected, '\0');
	if (expected.failed)
		error_set_no_memory(error);
	else
		json_check_fail(place, failure, error, "%s, must be %s", what, expected.data);
	buffer_release(&expected);
	return false;
}

bool json_check_types(const json_t *value, const struct json_place *place, unsigned types,
		      enum failure_type failure, struct error *error)
{
	char what[32];

	if (types & 1u << json_typeof(value))
		return true;
	snprintf(what, sizeof(what), "is %s", json_check_kind(value));
	return fail_types(place, what, types, failure, error);
}

static bool check_value(const json_t *value, const struct json_place *place, unsigned types,
			json_check_value *check, void *target, struct error *error)
{
	return json_check_types(value, place, types, FAILURE_SYSTEM, error) &&
	       (check == NULL || check(value, place, target, error));
}

static const struct json_member *member_named(const struct json_shape *shape, const char *key)
{
	for (size_t i = 0; i < shape->count; i++)
		if (strcmp(shape->members[i].key, key) == 0)
			return &shape->members[i];
	return NULL;
}

static bool fail_unknown(const struct json_place *place, const struct json_shape *shape,
			 struct error *error)
{
	struct buffer keys;

	buffer_init(&keys, MESSAGE_MAXIMUM);
	for (size_t i = 0; i < shape->count; i++) {
		buffer_append_string(&keys, i > 0 ? ", " : "");
		buffer_append_string(&keys, shape->members[i].key);
	}
	buffer_append_char(&keys, '\0');
	if (keys.failed)
		error_set_no_memory(error);
	else
		json_check_fail(place, FAILURE_SYSTEM, error, "unknown key; expected one of %s",
				keys.data);
	buffer_release(&keys);
	return false;
}

static bool check_required(const json_t *object, const struct json_place *place,
			   const struct json_shape *shape, struct error *error)
{
	for (size_t i = 0; i < shape->count; i++) {
		const struct json_member *member = &shape->members[i];
		struct json_place there = json_place_member(place, member->key);

		if (member->required && json_object_get(object, member->key) == NULL)
			return fail_types(&there, "missing", member->types, FAILURE_SYSTEM, error);
	}
	return true;
}

bool json_check_object(const json_t *value, const struct json_place *place,
		       const struct json_shape *shape, void *target, struct error *error)
{
	const char *key;
	json_t *child;

	if (!json_check_types(value, place, JSON_CHECK_OBJECT, FAILURE_SYSTEM, error))
		return false;
	json_object_foreach((json_t *)value, key, child) {
		const struct json_member *member = member_named(shape, key);
		struct json_place there = json_place_member(place, key);

		if (member == NULL && shape->open)
			continue;
		if (member == NULL)
			return fail_unknown(&there, shape, error);
		if (!check_value(child, &there, member->types, member->check,
				 target ? (char *)target + member->offset : NULL, error))
			return false;
	}
	return check_required(value, place, shape, error);
}

bool json_check_members(const json_t *object, const struct json_place *place, unsigned types,
			json_check_value *check, void *target, struct error *error)
{
	const char *key;
	json_t *child;

	json_object_foreach((json_t *)object, key, child) {
		struct json_place there = json_place_member(place, key);

		if (!check_value(child, &there, types, check, target, error))
			return false;
	}
	return true;
}

bool json_check_elements(const json_t *array, const struct json_place *place, unsigned types,
			 json_check_value *check, void *target, struct error *error)
{
	for (size_t i = 0; i < json_array_size(array); i++) {
		struct json_place there = json_place_element(place, i);

		if (!check_value(json_array_get(array, i), &there, types, check, target, error))
			return false;
	}
	return true;
}

bool json_check_choice(const json_t *string, const struct json_place *place,
		       const char *const *names, size_t count, size_t *choice, struct error *error)
{
	struct buffer list;

	buffer_init(&list, MESSAGE_MAXIMUM);
	for (size_t i = 0; i < count; i++) {
		if (strcmp(json_string_value(string), names[i]) == 0) {
			*choice = i;
			buffer_release(&list);
			return true;
		}
		buffer_append_string(&list, i > 0 ? ", \"" : "\"");
		buffer_append_string(&list, names[i]);
		buffer_append_char(&list, '"');
	}
	buffer_append_char(&list, '\0');
	if (list.failed)
		error_set_no_memory(error);
	else
		json_check_fail(place, FAILURE_SYSTEM, error, "is \"%s\", must be one of %s",
				json_string_value(string), list.data);
	buffer_release(&list);
	return false;
}

bool json_check_filled_string(const json_t *value, const struct json_place *place, void *target,
			      struct error *error)
{
	(void)target;
	return json_string_length(value) > 0 ||
	       json_check_fail(place, FAILURE_SYSTEM, error, "must not be empty");
}

bool json_check_filled_strings(const json_t *array, const struct json_place *place, void *target,
			       struct error *error)
{
	if (json_array_size(array) == 0)
		return json_check_fail(place, FAILURE_SYSTEM, error, "must not be empty");
	return json_check_elements(array, place, JSON_CHECK_STRING, json_check_filled_string,
				   target, error);
}

static bool read_all(FILE *file, struct buffer *out)
{
	while (buffer_reserve(out, CHUNK)) {
		size_t count = fread(out->data + out->length, 1, CHUNK, file);

		out->length += count;
		if (count < CHUNK)
			return !ferror(file);
	}
	errno = out->length + CHUNK > out->maximum ? EFBIG : ENOMEM;
	return false;
}

static struct slice without_byte_order_mark(struct slice text)
{
	if (!slice_starts_with(text, SLICE("\xEF\xBB\xBF")))
		return text;
	return slice_of(text.data + 3, text.length - 3);
}

json_t *json_check_load(const char *path, struct error *error)
{
	struct buffer buffer;
	struct slice text;
	json_error_t problem;
	json_t *value = NULL;
	struct stat status;
	FILE *file = NULL;

	buffer_init(&buffer, FILE_MAXIMUM);
	if (stat(path, &status) == 0 && S_ISFIFO(status.st_mode)) { /* who would write to it? */
		error_set(error, FAILURE_SYSTEM, "%s: is no file", path);
		goto cleanup;
	}
	file = fopen(path, "re");
	if (file == NULL || !read_all(file, &buffer)) {
		error_set(error, FAILURE_SYSTEM, "%s: cannot be read: %s", path, strerror(errno));
		goto cleanup;
	}
	text = without_byte_order_mark(buffer_slice(&buffer));
	value = json_load_slice(text, JSON_REJECT_DUPLICATES, &problem);
	if (value == NULL && problem.text[0] == '\0')
		error_set_no_memory(error);
	else if (value == NULL)
		error_set(error, FAILURE_SYSTEM, "%s: line %d, column %d: %s", path, problem.line,
			  problem.column, problem.text);
cleanup:
	if (file != NULL)
		fclose(file);
	buffer_release(&buffer);
	return value;
}
