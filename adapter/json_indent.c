#include "json_indent.h"

#include <ctype.h>

#include "json_token.h"

static void begin_line(struct buffer *out, size_t depth)
{
	buffer_append_char(out, '\n');
	for (size_t i = 0; i < depth; i++)
		buffer_append_string(out, "  ");
}

static bool is_open(char byte)
{
	return byte == '{' || byte == '[';
}

/* Brackets, commas, colons, and words like true. */
static void append_rest(struct buffer *out, struct slice rest, size_t *depth, bool *opened)
{
	for (size_t i = 0; i < rest.length; i++) {
		char byte = rest.data[i];
		bool closes = byte == '}' || byte == ']';

		if (isspace((unsigned char)byte))
			continue;
		if (closes && *depth > 0)
			--*depth;
		if ((closes && !*opened) || (!closes && *opened))
			begin_line(out, *depth);
		*opened = is_open(byte);
		buffer_append_char(out, byte);
		if (*opened)
			++*depth;
		if (byte == ',')
			begin_line(out, *depth);
		if (byte == ':')
			buffer_append_char(out, ' ');
	}
}

void json_indent(struct buffer *out, struct slice text)
{
	struct json_token token;
	bool opened = false; /* the last byte was a bracket: the next line is not begun yet */
	size_t depth = 0;

	while (json_token_next(&text, &token)) {
		if (token.kind == JSON_TOKEN_REST) {
			append_rest(out, token.text, &depth, &opened);
			continue;
		}
		if (opened)
			begin_line(out, depth);
		opened = false;
		buffer_append(out, token.text);
	}
	buffer_append_char(out, '\n');
}
