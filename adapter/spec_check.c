#include "spec_check.h"

#include <stdlib.h>
#include <string.h>

#include "buffer.h"
#include "count.h"
#include "json_check.h"
#include "json_compact.h"
#include "json_compare.h"
#include "json_place.h"
#include "pattern.h"
#include "spec_schema.h"
#include "string_format.h"
#include "unlisted_settings.h"

#define TEXT_MAXIMUM ((size_t)64 << 10)
#define CHOICES_MAXIMUM 20 /* of an enum, in a message */

struct check {
	struct buffer text; /* the violations; not written when quiet */
	size_t violations;
	bool quiet;
};

static void check_value(struct check *check, const json_t *schema, const json_t *value,
			const struct json_place *place);

/* Begins a violation; the caller appends to the text what is wrong. */
static void begin_violation(struct check *check, const struct json_place *place)
{
	struct buffer path;

	check->violations++;
	buffer_init(&path, TEXT_MAXIMUM);
	json_place_path(place, &path);
	buffer_append_string(&check->text, check->violations > 1 ? "; " : "");
	if (path.length > 0)
		buffer_append(&check->text, buffer_slice(&path));
	else
		buffer_append_string(&check->text, "the config");
	buffer_append_string(&check->text, ": ");
	buffer_release(&path);
}

/* Appends a value of the spec (never one of the config). */
static void append_value(struct buffer *out, const json_t *value)
{
	char *text = json_compact(value);

	if (text == NULL)
		out->failed = true;
	else
		buffer_append_string(out, text);
	free(text);
}

static void violation(struct check *check, const struct json_place *place, const char *text,
		      const json_t *value)
{
	if (check->quiet) {
		check->violations++;
		return;
	}
	begin_violation(check, place);
	buffer_append_string(&check->text, text);
	if (value != NULL)
		append_value(&check->text, value);
}

/* `before` is "" or "missing, ". */
static void not_one_of(struct check *check, const struct json_place *place, const char *before,
		       const json_t *choices)
{
	size_t count = json_array_size(choices);

	violation(check, place, before, NULL);
	if (check->quiet)
		return;
	buffer_append_string(&check->text, count > 1 ? "must be one of " : "must be ");
	for (size_t i = 0; i < count && i < CHOICES_MAXIMUM; i++) {
		buffer_append_string(&check->text, i > 0 ? ", " : "");
		append_value(&check->text, json_array_get(choices, i));
	}
	buffer_append_string(&check->text, count > CHOICES_MAXIMUM ? ", ..." : "");
}

/* 1.0 is an integer, and so is every double that is too large for a fraction. */
static bool is_whole(const json_t *value)
{
	const double large = 9007199254740992.0; /* 2^53 */
	double number = json_real_value(value);

	if (!json_is_real(value))
		return false;
	return number >= large || number <= -large || number == (double)(long long)number;
}

static bool is_of_type(const json_t *value, const char *name)
{
	unsigned type = spec_schema_type(name);

	return (type & 1u << json_typeof(value)) ||
	       (type == JSON_CHECK_INTEGER && is_whole(value));
}

static bool is_of_types(const json_t *value, const json_t *type)
{
	if (!json_is_array(type))
		return is_of_type(value, json_string_value(type));
	for (size_t i = 0; i < json_array_size(type); i++)
		if (is_of_type(value, json_string_value(json_array_get(type, i))))
			return true;
	return false;
}

static void append_type(struct buffer *out, const json_t *type)
{
	const char *name = json_string_value(type);

	if (strcmp(name, "null") != 0)
		buffer_append_string(out, strchr("aeiou", name[0]) ? "an " : "a ");
	buffer_append_string(out, name);
}

static void check_type_of(struct check *check, const json_t *schema, const json_t *type,
			  const json_t *value, const struct json_place *place)
{
	size_t count = json_array_size(type);

	(void)schema;
	if (is_of_types(value, type))
		return;
	violation(check, place, "is ", NULL);
	if (check->quiet)
		return;
	buffer_append_string(&check->text, json_check_kind(value));
	buffer_append_string(&check->text, ", must be ");
	if (json_is_string(type))
		append_type(&check->text, type);
	for (size_t i = 0; i < count; i++) {
		if (i > 0)
			buffer_append_string(&check->text, i + 1 < count ? ", " : " or ");
		append_type(&check->text, json_array_get(type, i));
	}
}

static void check_enum(struct check *check, const json_t *schema, const json_t *choices,
		       const json_t *value, const struct json_place *place)
{
	(void)schema;
	for (size_t i = 0; i < json_array_size(choices); i++)
		if (json_compare_equal(json_array_get(choices, i), value))
			return;
	not_one_of(check, place, "", choices);
}

static void check_const(struct check *check, const json_t *schema, const json_t *constant,
			const json_t *value, const struct json_place *place)
{
	(void)schema;
	if (!json_compare_equal(constant, value))
		violation(check, place, "must be ", constant);
}

static bool is_required(const json_t *schema, const char *key)
{
	const json_t *required = json_object_get(schema, "required");

	for (size_t i = 0; i < json_array_size(required); i++)
		if (strcmp(json_string_value(json_array_get(required, i)), key) == 0)
			return true;
	return false;
}

/* `near`: what is there, and looks like it; or NULL. */
static void missing(struct check *check, const struct json_place *place, const char *near)
{
	violation(check, place, "missing", NULL);
	if (check->quiet || near == NULL)
		return;
	buffer_append_string(&check->text, ", but there is ");
	buffer_append_string(&check->text, near);
}

/* null is left to the property's own schema where there is one. */
static void check_required(struct check *check, const json_t *schema, const json_t *required,
			   const json_t *value, const struct json_place *place)
{
	const json_t *properties = json_object_get(schema, "properties");

	for (size_t i = 0; json_is_object(value) && i < json_array_size(required); i++) {
		const char *key = json_string_value(json_array_get(required, i));
		const json_t *member = json_object_get(value, key);
		struct json_place there = json_place_member(place, key);

		if (member == NULL)
			missing(check, &there, unlisted_settings_near(properties, value, key));
		else if (json_is_null(member) && json_object_get(properties, key) == NULL)
			violation(check, &there, "is null", NULL);
	}
}

static void check_properties(struct check *check, const json_t *schema, const json_t *properties,
			     const json_t *value, const struct json_place *place)
{
	const char *key;
	json_t *property;

	json_object_foreach((json_t *)properties, key, property) {
		const json_t *member = json_object_get(value, key);
		struct json_place there = json_place_member(place, key);

		if (member == NULL || (json_is_null(member) && !is_required(schema, key)))
			continue;
		check_value(check, property, member, &there);
	}
}

static void check_additional(struct check *check, const json_t *schema, const json_t *additional,
			     const json_t *value, const struct json_place *place)
{
	const json_t *properties = json_object_get(schema, "properties");
	const char *key;
	json_t *member;

	json_object_foreach((json_t *)value, key, member) {
		struct json_place there = json_place_member(place, key);

		if (json_object_get(properties, key) == NULL && !json_is_null(member))
			check_value(check, additional, member, &there);
	}
}

static void check_items(struct check *check, const json_t *schema, const json_t *items,
			const json_t *value, const struct json_place *place)
{
	(void)schema;
	for (size_t i = 0; i < json_array_size(value); i++) {
		struct json_place there = json_place_element(place, i);

		check_value(check, items, json_array_get(value, i), &there);
	}
}

static void check_unique(struct check *check, const json_t *schema, const json_t *unique,
			 const json_t *value, const struct json_place *place)
{
	(void)schema;
	for (size_t i = 1; json_is_true(unique) && i < json_array_size(value); i++) {
		struct json_place there = json_place_element(place, i);
		size_t j = 0;

		while (j < i &&
		       !json_compare_equal(json_array_get(value, j), json_array_get(value, i)))
			j++;
		if (j < i)
			violation(check, &there, "is there twice", NULL);
	}
}

static void check_pattern_of(struct check *check, const json_t *schema, const json_t *pattern,
			     const json_t *value, const struct json_place *place)
{
	const json_t *descriptor = json_object_get(schema, "pattern_descriptor");
	enum pattern_result result;

	if (!json_is_string(value))
		return;
	result = pattern_match(json_string_value(pattern),
			       slice_of(json_string_value(value), json_string_length(value)));
	if (result == PATTERN_MATCHES)
		return;
	if (result == PATTERN_UNKNOWN)
		violation(check, place, "is too complex to be checked against the pattern ",
			  pattern);
	else if (json_is_string(descriptor))
		violation(check, place, "must look like ", descriptor);
	else
		violation(check, place, "must match the pattern ", pattern);
}

static void check_format(struct check *check, const json_t *schema, const json_t *format,
			 const json_t *value, const struct json_place *place)
{
	const char *problem;

	(void)schema;
	if (!json_is_string(value))
		return;
	problem = string_format_problem(json_string_value(format),
					slice_of(json_string_value(value),
						 json_string_length(value)));
	if (problem != NULL)
		violation(check, place, problem, NULL);
}

/* Characters, not bytes. */
static size_t string_length(const json_t *string)
{
	const char *text = json_string_value(string);
	size_t length = 0;

	for (size_t i = 0; i < json_string_length(string); i++)
		length += ((unsigned char)text[i] & 0xC0) != 0x80;
	return length;
}

static int compare_length(const json_t *value, const json_t *limit)
{
	json_int_t length = (json_int_t)string_length(value), size = json_integer_value(limit);

	return (length > size) - (length < size);
}

static int compare_size(const json_t *value, const json_t *limit)
{
	json_int_t count = (json_int_t)json_array_size(value), size = json_integer_value(limit);

	return (count > size) - (count < size);
}

static const struct limit {
	const char *keyword;
	unsigned types; /* what it limits */
	int (*compare)(const json_t *value, const json_t *limit);
	int least, most; /* what may come of the comparison */
	const char *problem;
} limits[] = {
	{ "minimum", JSON_CHECK_NUMBER, json_compare_numbers, 0, 1, "must be at least " },
	{ "maximum", JSON_CHECK_NUMBER, json_compare_numbers, -1, 0, "must be at most " },
	{ "exclusiveMinimum", JSON_CHECK_NUMBER, json_compare_numbers, 1, 1, "must be more than " },
	{ "exclusiveMaximum", JSON_CHECK_NUMBER, json_compare_numbers, -1, -1,
	  "must be less than " },
	{ "minLength", JSON_CHECK_STRING, compare_length, 0, 1, "its length must be at least " },
	{ "maxLength", JSON_CHECK_STRING, compare_length, -1, 0, "its length must be at most " },
	{ "minItems", JSON_CHECK_ARRAY, compare_size, 0, 1,
	  "the number of its elements must be at least " },
	{ "maxItems", JSON_CHECK_ARRAY, compare_size, -1, 0,
	  "the number of its elements must be at most " },
};

static void check_limits(struct check *check, const json_t *schema, const json_t *value,
			 const struct json_place *place)
{
	for (size_t i = 0; i < COUNT(limits); i++) {
		const json_t *bound = json_object_get(schema, limits[i].keyword);
		int order;

		if (bound == NULL || !(limits[i].types & 1u << json_typeof(value)))
			continue;
		order = limits[i].compare(value, bound);
		if (order < limits[i].least || order > limits[i].most)
			violation(check, place, limits[i].problem, bound);
	}
}

static void check_all(struct check *check, const json_t *schema, const json_t *branches,
		      const json_t *value, const struct json_place *place)
{
	(void)schema;
	for (size_t i = 0; i < json_array_size(branches); i++)
		check_value(check, json_array_get(branches, i), value, place);
}

/* oneOf and anyOf: which branch is meant? */

static bool fits(const json_t *schema, const json_t *value, const struct json_place *place)
{
	struct check trial = { .quiet = true };

	check_value(&trial, schema, value, place);
	return trial.violations == 0;
}

static const json_t *constant_of(const json_t *branch, const char *key)
{
	const json_t *property = json_object_get(json_object_get(branch, "properties"), key);
	const json_t *choices = json_object_get(property, "enum");

	if (json_array_size(choices) == 1)
		return json_array_get(choices, 0);
	return json_object_get(property, "const");
}

/* The key by whose constant the branches differ ("auth_type"); NULL: there is none. */
static const char *discriminator_of(const json_t *branches)
{
	const char *key;
	json_t *property;

	json_object_foreach(json_object_get(json_array_get(branches, 0), "properties"), key,
			    property) {
		size_t i = 0;

		while (i < json_array_size(branches) &&
		       constant_of(json_array_get(branches, i), key) != NULL)
			i++;
		if (i == json_array_size(branches))
			return key;
	}
	return NULL;
}

static const json_t *branch_with(const json_t *branches, const char *key, const json_t *constant)
{
	for (size_t i = 0; constant != NULL && i < json_array_size(branches); i++) {
		const json_t *branch = json_array_get(branches, i);

		if (json_compare_equal(constant_of(branch, key), constant))
			return branch;
	}
	return NULL;
}

/* The one branch whose type is right; NULL where none or several are. */
static const json_t *branch_of_type(const json_t *branches, const json_t *value)
{
	const json_t *found = NULL;

	for (size_t i = 0; i < json_array_size(branches); i++) {
		const json_t *branch = json_array_get(branches, i);
		const json_t *type = json_object_get(branch, "type");

		if (type != NULL && !is_of_types(value, type))
			continue;
		if (found != NULL)
			return NULL;
		found = branch;
	}
	return found;
}

static void report_constants(struct check *check, const json_t *branches, const char *key,
			     const json_t *value, const struct json_place *place)
{
	const json_t *said = json_object_get(value, key);
	struct json_place there = json_place_member(place, key);
	json_t *constants = json_array();

	for (size_t i = 0; i < json_array_size(branches); i++)
		if (json_array_append(constants,
				      (json_t *)constant_of(json_array_get(branches, i), key)) != 0)
			check->text.failed = true;
	not_one_of(check, &there, said == NULL || json_is_null(said) ? "missing, " : "", constants);
	json_decref(constants);
}

/* Says what keeps the value from fitting just one of the branches, `matches` of which it fits. */
static void report_branches(struct check *check, const json_t *branches, size_t matches,
			    const json_t *value, const struct json_place *place)
{
	const char *key = json_is_object(value) ? discriminator_of(branches) : NULL;
	const json_t *branch = key ? branch_with(branches, key, json_object_get(value, key))
				   : branch_of_type(branches, value);

	if (key != NULL && branch == NULL)
		report_constants(check, branches, key, value, place);
	else if (matches > 0)
		violation(check, place, "fits more than one of the forms that the spec offers",
			  NULL);
	else if (branch != NULL)
		check_value(check, branch, value, place);
	else
		violation(check, place, "fits none of the forms that the spec offers", NULL);
}

static size_t count_matches(const json_t *branches, const json_t *value,
			    const struct json_place *place)
{
	size_t matches = 0;

	for (size_t i = 0; i < json_array_size(branches); i++)
		matches += fits(json_array_get(branches, i), value, place);
	return matches;
}

static void check_one(struct check *check, const json_t *schema, const json_t *branches,
		      const json_t *value, const struct json_place *place)
{
	size_t matches = count_matches(branches, value, place);

	(void)schema;
	if (matches != 1)
		report_branches(check, branches, matches, value, place);
}

static void check_any(struct check *check, const json_t *schema, const json_t *branches,
		      const json_t *value, const struct json_place *place)
{
	size_t matches = count_matches(branches, value, place);

	(void)schema;
	if (matches == 0)
		report_branches(check, branches, matches, value, place);
}

/* `wanted` is what the schema says under the keyword. */
typedef void check_keyword(struct check *check, const json_t *schema, const json_t *wanted,
			   const json_t *value, const struct json_place *place);

static const struct keyword {
	const char *name;
	check_keyword *apply;
	bool last; /* what else is wrong is not worth saying once this is */
} keywords[] = {
	{ "type", check_type_of, true },
	{ "const", check_const, true },
	{ "enum", check_enum, true },
	{ "required", check_required, false },
	{ "properties", check_properties, false },
	{ "additionalProperties", check_additional, false },
	{ "items", check_items, false },
	{ "uniqueItems", check_unique, false },
	{ "pattern", check_pattern_of, false },
	{ "format", check_format, false },
	{ "allOf", check_all, false },
	{ "anyOf", check_any, false },
	{ "oneOf", check_one, false },
};

static void check_value(struct check *check, const json_t *schema, const json_t *value,
			const struct json_place *place)
{
	size_t before = check->violations;

	if (json_is_false(schema))
		violation(check, place, "the spec has no such setting", NULL);
	for (size_t i = 0; i < COUNT(keywords); i++) {
		const json_t *wanted = json_object_get(schema, keywords[i].name);

		if (wanted == NULL)
			continue;
		keywords[i].apply(check, schema, wanted, value, place);
		if (keywords[i].last && check->violations > before)
			return;
	}
	check_limits(check, schema, value, place);
}

bool spec_check_config(const json_t *schema, const json_t *config, struct error *error)
{
	struct check check = { .quiet = false };
	struct json_place root = json_place_root("");

	buffer_init(&check.text, TEXT_MAXIMUM);
	check_value(&check, schema, config, &root);
	if (check.violations > 0)
		error_set(error, FAILURE_CONFIG, "The config does not fit the spec: %.*s",
			  (int)check.text.length, check.text.length ? check.text.data : "");
	buffer_release(&check.text);
	return check.violations == 0;
}
