/*
 * buffer.h - bytes that grow, up to a maximum set at the start.
 *
 *	struct buffer text;
 *	buffer_init(&text, BUFFER_MAXIMUM);
 *	buffer_append_string(&text, "{\"type\":");
 *	...
 *	if (text.failed)
 *		return error_set_no_memory(error);
 *	buffer_release(&text);
 *
 * Failure is sticky: when memory runs out or the maximum is reached, `failed` is
 * set, the append that failed adds nothing, and later appends do nothing. So a
 * text can be built without a check after every piece; check `failed` once, before
 * the bytes are used. buffer_clear() resets it.
 */
#ifndef TAPBYTE_BUFFER_H
#define TAPBYTE_BUFFER_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>

#include "slice.h"

/* The cap for a text whose size depends on the tap: 1 GiB. */
#define BUFFER_MAXIMUM ((size_t)1 << 30)

struct buffer {
	char *data;      /* not NUL-terminated; NULL while capacity is 0 */
	size_t length;   /* bytes in use */
	size_t capacity; /* bytes allocated */
	size_t maximum;  /* capacity never grows beyond */
	bool failed;
};

/* Makes an empty buffer; allocates nothing. */
void buffer_init(struct buffer *buffer, size_t maximum);

/* Frees the bytes. The buffer is then as after buffer_init. */
void buffer_release(struct buffer *buffer);

/* Empties the buffer and keeps its memory. */
void buffer_clear(struct buffer *buffer);

/* Allocates more: the slow part of buffer_reserve. */
bool buffer_grow(struct buffer *buffer, size_t extra);

/* Makes room for `extra` more bytes. False (and failed is set) where there is none. */
static inline bool buffer_reserve(struct buffer *buffer, size_t extra)
{
	return (!buffer->failed && extra <= buffer->capacity - buffer->length) ||
	       buffer_grow(buffer, extra);
}

static inline void buffer_append(struct buffer *buffer, struct slice bytes)
{
	if (bytes.length == 0 || !buffer_reserve(buffer, bytes.length))
		return;
	memcpy(buffer->data + buffer->length, bytes.data, bytes.length);
	buffer->length += bytes.length;
}

static inline void buffer_append_char(struct buffer *buffer, char byte)
{
	buffer_append(buffer, slice_of(&byte, 1));
}

void buffer_append_string(struct buffer *buffer, const char *string);
void buffer_append_integer(struct buffer *buffer, long long number);

/* As printf would; all of it or, on failure, nothing. */
void buffer_append_format(struct buffer *buffer, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
void buffer_append_arguments(struct buffer *buffer, const char *format, va_list arguments)
	__attribute__((format(printf, 2, 0)));

/* Removes the first `count` bytes; the rest moves to the front. */
void buffer_remove_front(struct buffer *buffer, size_t count);

/* The bytes, borrowed until the buffer changes. */
static inline struct slice buffer_slice(const struct buffer *buffer)
{
	return slice_of(buffer->data, buffer->length);
}

/*
 * A NUL-terminated copy of the bytes, which the caller frees; NULL when memory ran
 * out, now or before (`failed`).
 */
char *buffer_to_string(const struct buffer *buffer);

#endif
