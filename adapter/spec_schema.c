#include "spec_schema.h"

#include <string.h>

#include "count.h"
#include "json_check.h"
#include "pattern.h"

static const char *const type_names[] = {
	"object", "array", "string", "integer", "number", "boolean", "null",
};
static const unsigned type_bits[COUNT(type_names)] = {
	JSON_CHECK_OBJECT, JSON_CHECK_ARRAY,   JSON_CHECK_STRING, JSON_CHECK_INTEGER,
	JSON_CHECK_NUMBER, JSON_CHECK_BOOLEAN, JSON_CHECK_NULL,
};

static bool check_schema(const json_t *schema, const struct json_place *place, void *target,
			 struct error *error);

static bool check_type_name(const json_t *value, const struct json_place *place, void *target,
			    struct error *error)
{
	size_t choice;

	(void)target;
	return json_check_choice(value, place, type_names, COUNT(type_names), &choice, error);
}

static bool check_filled(const json_t *array, const struct json_place *place, void *target,
			 struct error *error)
{
	(void)target;
	return json_array_size(array) > 0 ||
	       json_check_fail(place, FAILURE_SYSTEM, error, "must not be empty");
}

static bool check_type(const json_t *value, const struct json_place *place, void *target,
		       struct error *error)
{
	if (json_is_string(value))
		return check_type_name(value, place, target, error);
	return check_filled(value, place, target, error) &&
	       json_check_elements(value, place, JSON_CHECK_STRING, check_type_name, target, error);
}

static bool check_names(const json_t *value, const struct json_place *place, void *target,
			struct error *error)
{
	return json_check_elements(value, place, JSON_CHECK_STRING, NULL, target, error);
}

static bool check_schemas(const json_t *value, const struct json_place *place, void *target,
			  struct error *error)
{
	unsigned schema_types = JSON_CHECK_OBJECT | JSON_CHECK_BOOLEAN;

	if (json_is_object(value))
		return json_check_members(value, place, schema_types, check_schema, target, error);
	return check_filled(value, place, target, error) &&
	       json_check_elements(value, place, schema_types, check_schema, target, error);
}

static bool check_pattern(const json_t *value, const struct json_place *place, void *target,
			  struct error *error)
{
	(void)target;
	return pattern_check(json_string_value(value), place, error);
}

static bool check_size(const json_t *value, const struct json_place *place, void *target,
		       struct error *error)
{
	(void)target;
	return json_integer_value(value) >= 0 ||
	       json_check_fail(place, FAILURE_SYSTEM, error, "must not be negative");
}

static bool refuse(const json_t *value, const struct json_place *place, void *target,
		   struct error *error)
{
	(void)value;
	(void)target;
	return json_check_fail(place, FAILURE_SYSTEM, error,
			       "tapbyte does not check this keyword; the spec must do without it");
}

static bool check_schema(const json_t *schema, const struct json_place *place, void *target,
			 struct error *error)
{
	static const struct json_member members[] = {
		{ "type", JSON_CHECK_STRING | JSON_CHECK_ARRAY, .check = check_type },
		{ "enum", JSON_CHECK_ARRAY, .check = check_filled },
		{ "const", JSON_CHECK_ANY, .required = false },
		{ "required", JSON_CHECK_ARRAY, .check = check_names },
		{ "properties", JSON_CHECK_OBJECT, .check = check_schemas },
		{ "additionalProperties", JSON_CHECK_OBJECT | JSON_CHECK_BOOLEAN,
		  .check = check_schema },
		{ "items", JSON_CHECK_OBJECT | JSON_CHECK_BOOLEAN, .check = check_schema },
		{ "oneOf", JSON_CHECK_ARRAY, .check = check_schemas },
		{ "anyOf", JSON_CHECK_ARRAY, .check = check_schemas },
		{ "allOf", JSON_CHECK_ARRAY, .check = check_schemas },
		{ "pattern", JSON_CHECK_STRING, .check = check_pattern },
		{ "format", JSON_CHECK_STRING, .required = false },
		{ "minimum", JSON_CHECK_NUMBER, .required = false },
		{ "maximum", JSON_CHECK_NUMBER, .required = false },
		{ "exclusiveMinimum", JSON_CHECK_NUMBER, .required = false },
		{ "exclusiveMaximum", JSON_CHECK_NUMBER, .required = false },
		{ "minLength", JSON_CHECK_INTEGER, .check = check_size },
		{ "maxLength", JSON_CHECK_INTEGER, .check = check_size },
		{ "minItems", JSON_CHECK_INTEGER, .check = check_size },
		{ "maxItems", JSON_CHECK_INTEGER, .check = check_size },
		{ "uniqueItems", JSON_CHECK_BOOLEAN, .required = false },
		{ "$ref", JSON_CHECK_ANY, .check = refuse },
		{ "$dynamicRef", JSON_CHECK_ANY, .check = refuse },
		{ "$recursiveRef", JSON_CHECK_ANY, .check = refuse },
		{ "additionalItems", JSON_CHECK_ANY, .check = refuse },
		{ "contains", JSON_CHECK_ANY, .check = refuse },
		{ "dependencies", JSON_CHECK_ANY, .check = refuse },
		{ "dependentRequired", JSON_CHECK_ANY, .check = refuse },
		{ "dependentSchemas", JSON_CHECK_ANY, .check = refuse },
		{ "else", JSON_CHECK_ANY, .check = refuse },
		{ "if", JSON_CHECK_ANY, .check = refuse },
		{ "maxContains", JSON_CHECK_ANY, .check = refuse },
		{ "maxProperties", JSON_CHECK_ANY, .check = refuse },
		{ "minContains", JSON_CHECK_ANY, .check = refuse },
		{ "minProperties", JSON_CHECK_ANY, .check = refuse },
		{ "multipleOf", JSON_CHECK_ANY, .check = refuse },
		{ "not", JSON_CHECK_ANY, .check = refuse },
		{ "patternProperties", JSON_CHECK_ANY, .check = refuse },
		{ "prefixItems", JSON_CHECK_ANY, .check = refuse },
		{ "propertyNames", JSON_CHECK_ANY, .check = refuse },
		{ "then", JSON_CHECK_ANY, .check = refuse },
		{ "unevaluatedItems", JSON_CHECK_ANY, .check = refuse },
		{ "unevaluatedProperties", JSON_CHECK_ANY, .check = refuse },
	};
	static const struct json_shape shape = { members, COUNT(members), .open = true };

	if (json_is_boolean(schema))
		return true;
	return json_check_object(schema, place, &shape, target, error);
}

bool spec_schema_check(const json_t *schema, const char *pointer, struct error *error)
{
	struct json_place root = json_place_root(pointer);

	return json_check_types(schema, &root, JSON_CHECK_OBJECT, FAILURE_SYSTEM, error) &&
	       check_schema(schema, &root, NULL, error);
}

unsigned spec_schema_type(const char *name)
{
	for (size_t i = 0; i < COUNT(type_names); i++)
		if (strcmp(name, type_names[i]) == 0)
			return type_bits[i];
	return 0;
}
