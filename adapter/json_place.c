#include "json_place.h"

static void append_escaped(struct buffer *out, const char *key)
{
	for (; *key != '\0'; key++) {
		if (*key == '~')
			buffer_append_string(out, "~0");
		else if (*key == '/')
			buffer_append_string(out, "~1");
		else
			buffer_append_char(out, *key);
	}
}

void json_place_pointer(const struct json_place *place, struct buffer *out)
{
	if (place->parent == NULL) {
		buffer_append_string(out, place->key);
		return;
	}
	json_place_pointer(place->parent, out);
	buffer_append_char(out, '/');
	if (place->key != NULL)
		append_escaped(out, place->key);
	else
		buffer_append_integer(out, (long long)place->index);
}

void json_place_path(const struct json_place *place, struct buffer *out)
{
	if (place->parent == NULL) {
		buffer_append_string(out, place->key);
		return;
	}
	json_place_path(place->parent, out);
	if (place->key != NULL) {
		if (out->length > 0)
			buffer_append_char(out, '.');
		buffer_append_string(out, place->key);
	} else {
		buffer_append_char(out, '[');
		buffer_append_integer(out, (long long)place->index);
		buffer_append_char(out, ']');
	}
}
