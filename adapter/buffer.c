#include "buffer.h"

#include <stdio.h>
#include <stdlib.h>

#define SMALLEST_CAPACITY 256

void buffer_init(struct buffer *buffer, size_t maximum)
{
	*buffer = (struct buffer){ .maximum = maximum };
}

void buffer_release(struct buffer *buffer)
{
	free(buffer->data);
	buffer_init(buffer, buffer->maximum);
}

void buffer_clear(struct buffer *buffer)
{
	buffer->length = 0;
	buffer->failed = false;
}

bool buffer_grow(struct buffer *buffer, size_t extra)
{
	size_t capacity = buffer->capacity;
	char *data;

	if (buffer->failed)
		return false;
	if (extra > buffer->maximum - buffer->length) {
		buffer->failed = true;
		return false;
	}
	if (capacity < SMALLEST_CAPACITY)
		capacity = SMALLEST_CAPACITY;
	while (capacity < buffer->length + extra)
		capacity *= 2;
	if (capacity > buffer->maximum)
		capacity = buffer->maximum;
	data = realloc(buffer->data, capacity);
	if (data == NULL) {
		buffer->failed = true;
		return false;
	}
	buffer->data = data;
	buffer->capacity = capacity;
	return true;
}

void buffer_append_string(struct buffer *buffer, const char *string)
{
	buffer_append(buffer, slice_of_string(string));
}

void buffer_append_integer(struct buffer *buffer, long long number)
{
	char digits[24];
	int length = snprintf(digits, sizeof(digits), "%lld", number);

	buffer_append(buffer, slice_of(digits, (size_t)length));
}

void buffer_append_format(struct buffer *buffer, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	buffer_append_arguments(buffer, format, arguments);
	va_end(arguments);
}

void buffer_append_arguments(struct buffer *buffer, const char *format, va_list arguments)
{
	char *text = NULL;
	int length = vasprintf(&text, format, arguments);

	if (length < 0) {
		buffer->failed = true;
		return;
	}
	buffer_append(buffer, slice_of(text, (size_t)length));
	free(text);
}

void buffer_remove_front(struct buffer *buffer, size_t count)
{
	if (count == 0)
		return;
	buffer->length -= count;
	memmove(buffer->data, buffer->data + count, buffer->length);
}

char *buffer_to_string(const struct buffer *buffer)
{
	char *string;

	if (buffer->failed)
		return NULL;
	string = malloc(buffer->length + 1);
	if (string == NULL)
		return NULL;
	if (buffer->length > 0)
		memcpy(string, buffer->data, buffer->length);
	string[buffer->length] = '\0';
	return string;
}
