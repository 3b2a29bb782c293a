#include "base64.h"

#include <stdint.h>

static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

void base64_encode(struct buffer *out, struct slice bytes)
{
	for (size_t i = 0; i < bytes.length; i += 3) {
		size_t count = bytes.length - i < 3 ? bytes.length - i : 3;
		uint32_t group = 0;
		char quad[4] = "====";

		for (size_t k = 0; k < count; k++)
			group |= (uint32_t)(unsigned char)bytes.data[i + k] << (16 - 8 * k);
		for (size_t k = 0; k <= count; k++)
			quad[k] = alphabet[group >> (18 - 6 * k) & 63];
		buffer_append(out, slice_of(quad, sizeof(quad)));
	}
}

static int digit_value(char digit)
{
	const char *found = digit ? strchr(alphabet, digit) : NULL;

	return found ? (int)(found - alphabet) : -1;
}

bool base64_decode(struct buffer *out, struct slice text)
{
	if (text.length % 4 != 0)
		return false;
	for (size_t i = 0; i < text.length; i += 4) {
		bool last = i + 4 == text.length;
		size_t count = 4;
		uint32_t group = 0;

		while (last && count > 2 && text.data[i + count - 1] == '=')
			count--;
		for (size_t k = 0; k < count; k++) {
			int value = digit_value(text.data[i + k]);

			if (value < 0)
				return false;
			group |= (uint32_t)value << (18 - 6 * k);
		}
		for (size_t k = 0; k + 1 < count; k++)
			buffer_append_char(out, (char)(group >> (16 - 8 * k) & 0xff));
	}
	return true;
}
