/*
 * json_check.h - checks JSON that people write, against a table.
 *
 *	static const struct json_member members[] = {
 *		{ "method", JSON_CHECK_STRING, .required = true, .check = keep_method },
 *		{ "deadline", JSON_CHECK_INTEGER, .check = keep_seconds,
 *		  .offset = offsetof(struct settings, deadline) },
 *	};
 *	static const struct json_shape shape = { members, 2, .open = false };
 *
 *	json_t *value = json_check_load("settings.json", &error);
 *	struct json_place root = json_place_root("");
 *	json_check_object(value, &root, &shape, &settings, &error)
 *
 * An unknown key, a missing key and a wrong type are errors of FAILURE_SYSTEM that name
 * the JSON pointer and what was expected: "/tap/comand: unknown key; expected one of
 * command, pip". The caller prefixes the file.
 */
#ifndef TAPBYTE_JSON_CHECK_H
#define TAPBYTE_JSON_CHECK_H

#include <jansson.h>
#include <stdbool.h>

#include "error.h"
#include "json_place.h"

/* What a value may be, as bits. */
enum json_check_type {
	JSON_CHECK_STRING = 1 << JSON_STRING,
	JSON_CHECK_INTEGER = 1 << JSON_INTEGER,
	JSON_CHECK_NUMBER = 1 << JSON_INTEGER | 1 << JSON_REAL,
	JSON_CHECK_BOOLEAN = 1 << JSON_TRUE | 1 << JSON_FALSE,
	JSON_CHECK_TRUE = 1 << JSON_TRUE,
	JSON_CHECK_ARRAY = 1 << JSON_ARRAY,
	JSON_CHECK_OBJECT = 1 << JSON_OBJECT,
	JSON_CHECK_NULL = 1 << JSON_NULL,
	JSON_CHECK_SCALAR = JSON_CHECK_STRING | JSON_CHECK_NUMBER | JSON_CHECK_BOOLEAN,
	JSON_CHECK_ANY = JSON_CHECK_SCALAR | JSON_CHECK_ARRAY | JSON_CHECK_OBJECT | JSON_CHECK_NULL,
};

/* Looks closer at a value whose type is right, and may keep what it says in *target. */
typedef bool json_check_value(const json_t *value, const struct json_place *place, void *target,
			      struct error *error);

struct json_member {
	const char *key;
	unsigned types; /* of enum json_check_type */
	bool required;
	json_check_value *check; /* NULL: the type says it all */
	size_t offset;           /* from the object's target to the check's */
};

struct json_shape {
	const struct json_member *members;
	size_t count;
	bool open; /* other keys are fine */
};

/*
 * Reads a file with an object or array; a byte order mark is passed over, duplicate keys
 * are errors. Errors name the file, line and column and may quote the text, so this is
 * not for files with secrets. A new reference; NULL on an error.
 */
json_t *json_check_load(const char *path, struct error *error);

/* Is it an object of that shape? Members are checked in the order of the file. */
bool json_check_object(const json_t *value, const struct json_place *place,
		       const struct json_shape *shape, void *target, struct error *error);

/* All members of an object, or all elements of an array, are of these types and pass
 * the check, which may be NULL and gets `target` as it is. */
bool json_check_members(const json_t *object, const struct json_place *place, unsigned types,
			json_check_value *check, void *target, struct error *error);
bool json_check_elements(const json_t *array, const struct json_place *place, unsigned types,
			 json_check_value *check, void *target, struct error *error);

/* Is it a value of one of these types? "is a number, must be a string or an array". */
bool json_check_types(const json_t *value, const struct json_place *place, unsigned types,
		      enum failure_type failure, struct error *error);

/* Is the string one of the names? Its index goes to *choice. */
bool json_check_choice(const json_t *string, const struct json_place *place,
		       const char *const *names, size_t count, size_t *choice,
		       struct error *error);

/* json_check_value functions: a string that is not "", an array that is not []. */
bool json_check_filled_string(const json_t *value, const struct json_place *place, void *target,
			      struct error *error);
bool json_check_filled_strings(const json_t *array, const struct json_place *place, void *target,
			       struct error *error);

/* Sets the error "POINTER: text"; false always. */
bool json_check_fail(const struct json_place *place, enum failure_type failure,
		     struct error *error, const char *format, ...)
	__attribute__((format(printf, 4, 5)));

/* What a value is, for a message: "a string", "an integer", "null"; lives forever. */
const char *json_check_kind(const json_t *value);

#endif
