#include "secret_view.h"

#include <stdlib.h>

#include "count.h"
#include "unicode.h"

/* What one escape stands for. */
struct piece {
	size_t length; /* as written */
	size_t count;  /* of the bytes */
	char bytes[4];
};

/* Reads the escape at p; false: there is none. */
typedef bool read_piece(struct piece *piece, const char *p, const char *end);

static bool stands_for(struct piece *piece, size_t length, char byte)
{
	piece->length = length;
	piece->count = 1;
	piece->bytes[0] = byte;
	return true;
}

static bool stands_for_code(struct piece *piece, size_t length, uint32_t code)
{
	if (code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff))
		return false;
	piece->length = length;
	piece->count = utf8_write(piece->bytes, code);
	return true;
}

/* The number that `count` hexadecimal digits make, or -1. */
static long long hex_number(const char *p, const char *end, size_t count)
{
	long long number = 0;

	if ((size_t)(end - p) < count)
		return -1;
	for (size_t i = 0; i < count; i++) {
		int digit = unicode_hex_digit[(unsigned char)p[i]];

		if (digit == 0)
			return -1;
		number = number << 4 | (digit - 1);
	}
	return number;
}

static bool read_percent(struct piece *piece, const char *p, const char *end)
{
	long long byte = *p == '%' ? hex_number(p + 1, end, 2) : -1;

	return byte >= 0 && stands_for(piece, 3, (char)byte);
}

static bool read_form(struct piece *piece, const char *p, const char *end)
{
	return *p == '+' ? stands_for(piece, 1, ' ') : read_percent(piece, p, end);
}

/* &#39; and &#x27; */
static bool read_numeric_entity(struct piece *piece, const char *p, const char *end)
{
	const char *digit = p + 2;
	bool is_hex = digit < end && (*digit == 'x' || *digit == 'X');
	uint32_t code = 0, base = is_hex ? 16 : 10;
	const char *first = digit += is_hex;

	for (; digit < end && *digit != ';'; digit++) {
		uint32_t value = unicode_hex_digit[(unsigned char)*digit];

		if (value == 0 || value > base || code > 0x10ffff)
			return false;
		code = code * base + value - 1;
	}
	return digit > first && digit < end &&
	       stands_for_code(piece, (size_t)(digit + 1 - p), code);
}

static bool read_entity(struct piece *piece, const char *p, const char *end)
{
	static const struct {
		struct slice name;
		char byte;
	} entities[] = {
		{ SLICE("&amp;"), '&' },   { SLICE("&lt;"), '<' },    { SLICE("&gt;"), '>' },
		{ SLICE("&quot;"), '"' },  { SLICE("&apos;"), '\'' },
	};
	struct slice rest = slice_of(p, (size_t)(end - p));

	if (slice_starts_with(rest, SLICE("&#")))
		return read_numeric_entity(piece, p, end);
	for (size_t i = 0; i < COUNT(entities); i++)
		if (slice_starts_with(rest, entities[i].name))
			return stands_for(piece, entities[i].name.length, entities[i].byte);
	return false;
}

/*
 * \xe4 is a byte in Python's bytes and a character in its strings. Several that make a
 * character in UTF-8 are bytes; what else is above ASCII is taken for Latin-1.
 */
static bool read_hex_escape(struct piece *piece, const char *p, const char *end)
{
	char bytes[4];
	size_t count = 0, length;
	bool well_formed;

	for (long long byte; count < COUNT(bytes); count++) {
		const char *at = p + 4 * count;

		if (end - at < 4 || at[0] != '\\' || at[1] != 'x')
			break;
		byte = hex_number(at + 2, end, 2);
		if (byte < 0)
			break;
		bytes[count] = (char)byte;
	}
	if (count == 0)
		return false;
	length = utf8_sequence(bytes, bytes + count, &well_formed);
	if (!well_formed)
		return stands_for_code(piece, 4, (unsigned char)bytes[0]);
	piece->length = 4 * length;
	piece->count = length;
	memcpy(piece->bytes, bytes, length);
	return true;
}

static bool read_unicode_escape(struct piece *piece, const char *p, const char *end)
{
	int unit = unicode_escape(p, end), low;

	if (unit < 0)
		return false;
	if (!unicode_is_high_surrogate(unit))
		return stands_for_code(piece, UNICODE_ESCAPE_LENGTH, (uint32_t)unit);
	low = unicode_escape(p + UNICODE_ESCAPE_LENGTH, end);
	return low >= 0 && unicode_is_low_surrogate(low) &&
	       stands_for_code(piece, 2 * (size_t)UNICODE_ESCAPE_LENGTH,
			       unicode_join_surrogates(unit, low));
}

static bool read_long_escape(struct piece *piece, const char *p, const char *end)
{
	long long code = hex_number(p + 2, end, 8);

	return code >= 0 && code <= 0x10ffff && stands_for_code(piece, 10, (uint32_t)code);
}

static bool read_escape(struct piece *piece, const char *p, const char *end)
{
	static const char meanings[256] = {
		['"'] = '"', ['\''] = '\'', ['\\'] = '\\', ['/'] = '/', ['b'] = '\b',
		['f'] = '\f', ['n'] = '\n', ['r'] = '\r', ['t'] = '\t',
	};
	char meaning;

	if (end - p < 2)
		return false;
	switch (p[1]) {
	case 'x':
		return read_hex_escape(piece, p, end);
	case 'u':
		return read_unicode_escape(piece, p, end);
	case 'U':
		return read_long_escape(piece, p, end);
	default:
		meaning = meanings[(unsigned char)p[1]];
		return meaning != '\0' && stands_for(piece, 2, meaning);
	}
}

static const struct {
	char marks[2]; /* one of them begins an escape */
	read_piece *read;
} writings[] = {
	[WRITTEN_PERCENT] = { { '%', '%' }, read_percent },
	[WRITTEN_FORM] = { { '%', '+' }, read_form },
	[WRITTEN_ENTITY] = { { '&', '&' }, read_entity },
	[WRITTEN_ESCAPED] = { { '\\', '\\' }, read_escape },
};

/* The next byte at or behind p that an escape may begin with; NULL: there is none. */
static const char *next_mark(enum secret_writing writing, const char *p, const char *end)
{
	const char *marks = writings[writing].marks;
	const char *first = p < end ? memchr(p, marks[0], (size_t)(end - p)) : NULL;
	const char *second = NULL;

	if (marks[1] != marks[0] && p < end)
		second = memchr(p, marks[1], (size_t)((first ? first : end) - p));
	return second ? second : first;
}

static bool has_escape(enum secret_writing writing, struct slice text)
{
	const char *end = text.length > 0 ? text.data + text.length : NULL, *p = text.data;
	struct piece piece;

	if (end == NULL)
		return false;
	while ((p = next_mark(writing, p, end)) != NULL) {
		if (writings[writing].read(&piece, p, end))
			return true;
		p++;
	}
	return false;
}

/* A view is never longer than the text. */
static bool make_room(struct secret_view *view, size_t length)
{
	view->bytes = malloc(length);
	view->origins = malloc((length + 1) * sizeof(*view->origins));
	if (view->bytes != NULL && view->origins != NULL)
		return true;
	secret_view_release(view);
	return false;
}

bool secret_view_read(struct secret_view *view, enum secret_writing writing, struct slice text,
		      const uint32_t *origins, bool *failed)
{
	const char *marks = writings[writing].marks, *end;
	struct piece piece;

	*view = (struct secret_view){ .bytes = NULL };
	if (!has_escape(writing, text))
		return false;
	if (text.length >= UINT32_MAX || !make_room(view, text.length)) {
		*failed = true;
		return false;
	}
	end = text.data + text.length;
	for (size_t at = 0; at < text.length; at += piece.length) {
		const char *p = text.data + at;
		uint32_t origin = origins ? origins[at] : (uint32_t)at;

		if ((*p != marks[0] && *p != marks[1]) || !writings[writing].read(&piece, p, end))
			stands_for(&piece, 1, *p);
		for (size_t i = 0; i < piece.count; i++) {
			view->bytes[view->length] = piece.bytes[i];
			view->origins[view->length++] = origin;
		}
	}
	view->origins[view->length] = origins ? origins[text.length] : (uint32_t)text.length;
	return true;
}

void secret_view_release(struct secret_view *view)
{
	free(view->bytes);
	free(view->origins);
	*view = (struct secret_view){ .bytes = NULL };
}
