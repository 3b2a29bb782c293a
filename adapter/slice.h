/*
 * slice.h - borrowed bytes: a pointer and a length.
 *
 * A slice owns nothing, is never freed and is not NUL-terminated. It is good for
 * as long as the bytes it points into; the function that hands one out says what
 * ends their life. The empty slice may have a NULL pointer.
 */
#ifndef TAPBYTE_SLICE_H
#define TAPBYTE_SLICE_H

#include <ctype.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>

struct slice {
	const char *data;
	size_t length;
};

/* The slice of a string literal; its bytes live forever. */
#define SLICE(literal) ((struct slice){ "" literal, sizeof(literal) - 1 })

static inline struct slice slice_of(const char *data, size_t length)
{
	return (struct slice){ data, length };
}

/* The slice of a NUL-terminated string, borrowed from it. */
static inline struct slice slice_of_string(const char *string)
{
	return slice_of(string, strlen(string));
}

static inline bool slice_equals(struct slice a, struct slice b)
{
	return a.length == b.length && (a.length == 0 || memcmp(a.data, b.data, a.length) == 0);
}

static inline bool slice_starts_with(struct slice bytes, struct slice prefix)
{
	return bytes.length >= prefix.length &&
	       slice_equals(slice_of(bytes.data, prefix.length), prefix);
}

/* What stands behind the first `length` bytes, which must be there. */
static inline struct slice slice_after(struct slice bytes, size_t length)
{
	return length > 0 ? slice_of(bytes.data + length, bytes.length - length) : bytes;
}

static inline bool slice_ends_with(struct slice bytes, struct slice end)
{
	return bytes.length >= end.length &&
	       slice_equals(slice_after(bytes, bytes.length - end.length), end);
}

/* Without the white space at the end; and at both ends. */
static inline struct slice slice_trim_end(struct slice text)
{
	while (text.length > 0 && isspace((unsigned char)text.data[text.length - 1]))
		text.length--;
	return text;
}

static inline struct slice slice_trim(struct slice text)
{
	text = slice_trim_end(text);
	while (text.length > 0 && isspace((unsigned char)text.data[0]))
		text = slice_after(text, 1);
	return text;
}

/* Takes the first line, without its \n, off the text; false: there is none. */
static inline bool slice_take_line(struct slice *text, struct slice *line)
{
	const char *end = text->length > 0 ? memchr(text->data, '\n', text->length) : NULL;

	if (text->length == 0)
		return false;
	*line = slice_of(text->data, end != NULL ? (size_t)(end - text->data) : text->length);
	*text = slice_after(*text, line->length + (end != NULL));
	return true;
}

/* Order by bytes, the shorter first where one begins the other: <0, 0, >0. */
static inline int slice_compare(struct slice a, struct slice b)
{
	size_t shorter = a.length < b.length ? a.length : b.length;
	int order = shorter ? memcmp(a.data, b.data, shorter) : 0;

	if (order != 0)
		return order;
	return (a.length > b.length) - (a.length < b.length);
}

#endif
