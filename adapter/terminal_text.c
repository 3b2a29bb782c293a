#include "terminal_text.h"

#include <stdint.h>
#include <stdio.h>

#include "count.h"
#include "unicode.h"

#define ELLIPSIS SLICE("\xe2\x80\xa6")

struct range {
	uint32_t first, last;
};

/* What a terminal obeys, or what makes a text look like another one. */
static const struct range obeyed[] = {
	{ 0x0000, 0x001f }, { 0x007f, 0x009f }, { 0x061c, 0x061c }, { 0x200e, 0x200f },
	{ 0x2028, 0x202e }, { 0x2066, 0x2069 }, { 0xfff9, 0xfffb },
};

/* Combining marks and joiners, the common ones. */
static const struct range narrow[] = {
	{ 0x0300, 0x036f }, { 0x0483, 0x0489 }, { 0x0591, 0x05bd }, { 0x0610, 0x061a },
	{ 0x064b, 0x065f }, { 0x0900, 0x0902 }, { 0x093c, 0x093c }, { 0x0941, 0x0948 },
	{ 0x094d, 0x094d }, { 0x0e31, 0x0e31 }, { 0x0e34, 0x0e3a }, { 0x0e47, 0x0e4e },
	{ 0x1ab0, 0x1aff }, { 0x1dc0, 0x1dff }, { 0x200b, 0x200d }, { 0x2060, 0x2064 },
	{ 0x20d0, 0x20ff }, { 0xfe00, 0xfe0f }, { 0xfe20, 0xfe2f }, { 0xfeff, 0xfeff },
	{ 0xe0100, 0xe01ef },
};

/* East Asian Wide and Fullwidth, and emoji: the blocks, not each character. */
static const struct range wide[] = {
	{ 0x1100, 0x115f }, { 0x231a, 0x231b }, { 0x23e9, 0x23ec }, { 0x25fd, 0x25fe },
	{ 0x2614, 0x2615 }, { 0x2648, 0x2653 }, { 0x26a1, 0x26a1 }, { 0x26bd, 0x26be },
	{ 0x2705, 0x2705 }, { 0x270a, 0x270b }, { 0x2728, 0x2728 }, { 0x274c, 0x274c },
	{ 0x2753, 0x2755 }, { 0x2757, 0x2757 }, { 0x2795, 0x2797 }, { 0x2b50, 0x2b50 },
	{ 0x2e80, 0x303e }, { 0x3041, 0x33ff }, { 0x3400, 0x4dbf }, { 0x4e00, 0x9fff },
	{ 0xa000, 0xa4cf }, { 0xa960, 0xa97f }, { 0xac00, 0xd7a3 }, { 0xf900, 0xfaff },
	{ 0xfe30, 0xfe6f }, { 0xff00, 0xff60 }, { 0xffe0, 0xffe6 }, { 0x16fe0, 0x18aff },
	{ 0x1b000, 0x1b2ff }, { 0x1f300, 0x1f64f }, { 0x1f680, 0x1f6ff }, { 0x1f900, 0x1f9ff },
	{ 0x1fa70, 0x1faff }, { 0x20000, 0x3fffd },
};

static bool is_in(uint32_t code, const struct range *ranges, size_t count)
{
	for (size_t i = 0; i < count && ranges[i].first <= code; i++)
		if (code <= ranges[i].last)
			return true;
	return false;
}

/* The code point of a well-formed sequence. */
static uint32_t decode(const char *p, size_t length)
{
	uint32_t code = (unsigned char)*p;

	if (length == 1)
		return code;
	code &= 0xffu >> (length + 1);
	for (size_t i = 1; i < length; i++)
		code = code << 6 | ((unsigned char)p[i] & 0x3f);
	return code;
}

/* One character as it is shown: its bytes, borrowed from the text or `escape`. */
struct shown {
	struct slice bytes;
	size_t columns;
	char escape[12];
};

static void show_escape(struct shown *shown, uint32_t code)
{
	static const char letters[] = "\n\r\t", names[] = "nrt";
	const char *letter = code > 0 && code < 0x80 ? strchr(letters, (int)code) : NULL;
	int length;

	if (letter != NULL)
		length = snprintf(shown->escape, sizeof(shown->escape), "\\%c",
				  names[letter - letters]);
	else
		length = snprintf(shown->escape, sizeof(shown->escape),
				  code < 0x100 ? "\\x%02x" : "\\u%04x", (unsigned)code);
	shown->columns = (size_t)length;
	shown->bytes = slice_of(shown->escape, (size_t)length);
}

/* The character at the front of a text that is not empty; the number of its bytes there. */
static size_t show(struct shown *shown, struct slice text)
{
	bool well_formed;
	size_t length = utf8_sequence(text.data, text.data + text.length, &well_formed);
	uint32_t code = well_formed ? decode(text.data, length) : 0xfffd;

	shown->bytes = well_formed ? slice_of(text.data, length) : UNICODE_REPLACEMENT;
	if (code >= 0x20 && code < 0x7f)
		shown->columns = 1;
	else if (is_in(code, obeyed, COUNT(obeyed)))
		show_escape(shown, code);
	else if (is_in(code, narrow, COUNT(narrow)))
		shown->columns = 0;
	else
		shown->columns = is_in(code, wide, COUNT(wide)) ? 2 : 1;
	return length;
}

size_t terminal_text_width(struct slice text, size_t enough)
{
	struct shown shown;
	size_t width = 0;

	while (text.length > 0 && width <= enough) {
		text = slice_after(text, show(&shown, text));
		width += shown.columns;
	}
	return width;
}

size_t terminal_text_append(struct buffer *out, struct slice text, size_t columns)
{
	bool cut = terminal_text_width(text, columns) > columns;
	size_t room = cut ? columns - 1 : columns, width = 0;
	struct shown shown;

	while (text.length > 0) {
		text = slice_after(text, show(&shown, text));
		if (width + shown.columns > room)
			break;
		buffer_append(out, shown.bytes);
		width += shown.columns;
	}
	if (!cut)
		return width;
	buffer_append(out, ELLIPSIS);
	return width + 1;
}

void terminal_text_pad(struct buffer *out, size_t columns)
{
	for (size_t i = 0; i < columns; i++)
		buffer_append_char(out, ' ');
}
