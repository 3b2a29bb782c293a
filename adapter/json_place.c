#include "json_place.h"

#include "json_pointer.h"

void json_place_pointer(const struct json_place *place, struct buffer *out)
{
	if (place->parent == NULL) {
		buffer_append_string(out, place->key);
		return;
	}
	json_place_pointer(place->parent, out);
	if (place->key != NULL) {
		json_pointer_append(out, place->key);
	} else {
		buffer_append_char(out, '/');
		buffer_append_integer(out, (long long)place->index);
	}
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
