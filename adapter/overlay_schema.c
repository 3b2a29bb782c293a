#include "overlay_schema.h"

#include <stdlib.h>

#include "json_compact.h"
#include "json_text.h"

/* A field of the overlay as a member of the schema's properties; `unquote` is our own. */
static void append_overlay_field(struct buffer *out, const char *name, const json_t *field)
{
	json_t *schema = json_copy((json_t *)field);
	char *text = NULL;

	(void)json_object_del(schema, "unquote"); /* fails where it is not there */
	text = json_compact(schema);
	buffer_append_char(out, ',');
	json_text_encode(out, slice_of_string(name));
	buffer_append_char(out, ':');
	if (text != NULL)
		buffer_append_string(out, text);
	else
		out->failed = true;
	free(text);
	json_decref(schema);
}

/* The field's own schema in the overlay, or NULL. */
static const json_t *overlay_field(const json_t *fields, struct slice raw_name)
{
	struct buffer name;
	char *string;
	const json_t *field;

	buffer_init(&name, BUFFER_MAXIMUM);
	json_text_decode(&name, raw_name);
	string = buffer_to_string(&name);
	field = string ? json_object_get(fields, string) : NULL;
	free(string);
	buffer_release(&name);
	return field;
}

/* The schema again, with the fields that the overlay describes, which come last. */
static void write_fields(struct buffer *out, const struct node *properties, const json_t *fields)
{
	const struct node *property;
	const char *name;
	json_t *field;
	size_t start;

	buffer_append_string(out, "{\"type\":\"object\",\"properties\":{");
	start = out->length;
	node_for_each(property, properties) {
		if (overlay_field(fields, property->key) != NULL)
			continue;
		buffer_append_string(out, ",\"");
		buffer_append(out, property->key);
		buffer_append_string(out, "\":");
		buffer_append(out, property->text);
	}
	json_object_foreach((json_t *)fields, name, field)
		append_overlay_field(out, name, field);
	if (out->length > start && !out->failed) {
		memmove(out->data + start, out->data + start + 1, out->length - start - 1);
		out->length--; /* the first comma */
	}
	buffer_append_string(out, "}}");
}

/* The overlay's fields, and the one that LOG_BASED adds: when a row was deleted. */
static json_t *additional_fields(const json_t *overlay)
{
	json_t *fields = json_copy(json_object_get(overlay, "fields"));
	const char *method = json_string_value(json_object_get(overlay, "replication_method"));

	if (fields == NULL)
		fields = json_object();
	if (method != NULL && strcmp(method, "LOG_BASED") == 0 &&
	    json_object_get(fields, "_sdc_deleted_at") == NULL)
		(void)json_object_set_new(fields, "_sdc_deleted_at",
					  json_pack("{s:[s,s],s:s,s:s}", "type", "null", "string",
						    "format", "date-time", "airbyte_type",
						    "timestamp_with_timezone"));
	return fields;
}

void overlay_schema_write(struct buffer *out, const struct node *properties,
			  const json_t *overlay)
{
	json_t *fields = additional_fields(overlay);

	if (fields == NULL)
		out->failed = true;
	else if (json_object_size(fields) > 0)
		write_fields(out, properties, fields);
	json_decref(fields);
}
