#include "record_fit.h"

#include <string.h>

#include "count.h"
#include "date_time.h"
#include "json_text.h"

struct fit {
	struct buffer pointer; /* to what is being looked at */
	struct buffer *problem; /* NULL: nobody asks why */
};

static bool fits(struct fit *fit, const struct node *schema, const struct node *value);

static const char *const kind_names[] = {
	[NODE_NULL] = "null", [NODE_FALSE] = "boolean", [NODE_TRUE] = "boolean",
	[NODE_NUMBER] = "number", [NODE_STRING] = "string", [NODE_ARRAY] = "array",
	[NODE_OBJECT] = "object",
};

static bool is_integer(const struct node *value)
{
	for (size_t i = 0; i < value->text.length; i++)
		if (strchr("0123456789-", value->text.data[i]) == NULL)
			return false;
	return value->kind == NODE_NUMBER;
}

static const char *name_of(const struct node *value)
{
	return is_integer(value) ? "integer" : kind_names[value->kind];
}

static void append_place(struct fit *fit)
{
	buffer_append(fit->problem, fit->pointer.length > 0 ? buffer_slice(&fit->pointer)
							    : SLICE("the record"));
}

static bool is_of_type(const struct node *type, const struct node *value)
{
	return node_is_string(type, kind_names[value->kind]) ||
	       (node_is_string(type, "integer") && is_integer(value));
}

static bool tell_type(struct fit *fit, const struct node *type, const struct node *value)
{
	const struct node *one;
	bool first = true;

	if (fit->problem == NULL)
		return false;
	append_place(fit);
	buffer_append_string(fit->problem, " is ");
	buffer_append_string(fit->problem, name_of(value));
	buffer_append_string(fit->problem, ", but the schema says ");
	if (type->kind == NODE_STRING)
		json_text_decode(fit->problem, node_raw(type));
	node_for_each(one, type) {
		buffer_append_string(fit->problem, first ? "" : ", ");
		json_text_decode(fit->problem, node_raw(one));
		first = false;
	}
	return false;
}

static bool fits_type(struct fit *fit, const struct node *type, const struct node *value)
{
	const struct node *one;

	if (type == NULL || is_of_type(type, value))
		return true;
	node_for_each(one, type)
		if (is_of_type(one, value))
			return true;
	return tell_type(fit, type, value);
}

/* A time without a zone counts as UTC. */
static bool is_date_time(struct slice text)
{
	struct date_time time;
	struct buffer zoned;
	bool parsed = date_time_parse(&time, text);

	if (parsed)
		return true;
	buffer_init(&zoned, BUFFER_MAXIMUM);
	buffer_append(&zoned, text);
	buffer_append_char(&zoned, 'Z');
	parsed = date_time_parse(&time, buffer_slice(&zoned));
	buffer_release(&zoned);
	return parsed;
}

static bool is_date(struct slice text)
{
	struct date_time time;

	return date_time_parse_date(&time, text);
}

static bool fits_format(struct fit *fit, const struct node *format, const struct node *value)
{
	static const struct {
		const char *name;
		bool (*check)(struct slice text);
	} formats[] = {
		{ "date-time", is_date_time }, { "date", is_date },
	};

	if (format == NULL || value->kind != NODE_STRING)
		return true;
	for (size_t i = 0; i < COUNT(formats); i++) {
		if (!node_is_string(format, formats[i].name) ||
		    formats[i].check(node_raw(value)))
			continue;
		if (fit->problem != NULL) {
			append_place(fit);
			buffer_append_string(fit->problem, " is no ");
			buffer_append_string(fit->problem, formats[i].name);
		}
		return false;
	}
	return true;
}

static bool fits_any(struct fit *fit, const struct node *choices, const struct node *value)
{
	struct fit quiet = { .pointer = fit->pointer, .problem = NULL };
	const struct node *choice;

	if (choices == NULL || node_count(choices) == 0)
		return true;
	node_for_each(choice, choices) {
		bool fitting = fits(&quiet, choice, value);

		fit->pointer = quiet.pointer; /* it may have moved */
		if (fitting)
			return true;
	}
	if (fit->problem != NULL) {
		append_place(fit);
		buffer_append_string(fit->problem, " is ");
		buffer_append_string(fit->problem, name_of(value));
		buffer_append_string(fit->problem, ", which none of the schema's choices takes");
	}
	return false;
}

static bool fits_inside(struct fit *fit, const struct node *schema, const struct node *value)
{
	const struct node *properties = node_get(schema, "properties"), *child;
	const struct node *items = node_get(schema, "items");
	size_t length = fit->pointer.length;
	long long index = 0;

	if (value->kind != NODE_OBJECT && value->kind != NODE_ARRAY)
		return true;
	node_for_each(child, value) {
		const struct node *inner = items;
		bool fitting;

		buffer_append_char(&fit->pointer, '/');
		if (value->kind == NODE_OBJECT) {
			inner = node_get_raw(properties, child->key);
			buffer_append(&fit->pointer, child->key);
		} else {
			buffer_append_integer(&fit->pointer, index++);
		}
		fitting = inner == NULL || fits(fit, inner, child);
		fit->pointer.length = length;
		if (!fitting)
			return false;
	}
	return true;
}

/* As deep as the record is at most: JSON_DEPTH_MAX. */
static bool fits(struct fit *fit, const struct node *schema, const struct node *value)
{
	return schema->kind != NODE_OBJECT ||
	       (fits_type(fit, node_get(schema, "type"), value) &&
		fits_format(fit, node_get(schema, "format"), value) &&
		fits_any(fit, node_get(schema, "anyOf"), value) &&
		fits_any(fit, node_get(schema, "oneOf"), value) &&
		fits_inside(fit, schema, value));
}

bool record_fit(const struct node *schema, const struct node *record, struct buffer *problem)
{
	struct fit fit = { .problem = problem };
	bool fitting;

	buffer_init(&fit.pointer, BUFFER_MAXIMUM);
	fitting = fits(&fit, schema, record);
	buffer_release(&fit.pointer);
	return fitting;
}
