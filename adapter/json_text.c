#include "json_text.h"

#include "count.h"
#include "json_plain.h"
#include "unicode.h"

/* The characters that may be written as a backslash and one letter. */
static const char short_escape[256] = {
	['"'] = '"', ['\\'] = '\\', ['\b'] = 'b', ['\f'] = 'f',
	['\n'] = 'n', ['\r'] = 'r', ['\t'] = 't',
};

/* And back: what the letter behind a backslash stands for. */
static const char short_escape_meaning[256] = {
	['"'] = '"', ['\\'] = '\\', ['/'] = '/', ['b'] = '\b',
	['f'] = '\f', ['n'] = '\n', ['r'] = '\r', ['t'] = '\t',
};

/* One character of a raw string. */
struct piece {
	size_t length;   /* as written */
	size_t decoded;  /* bytes it stands for; 0 when it cannot be read */
	char bytes[4];
};

static void take_unicode_escape(struct piece *piece, const char *p, const char *end)
{
	int unit = unicode_escape(p, end);
	int partner = unicode_escape(p + UNICODE_ESCAPE_LENGTH, end);

	piece->length = UNICODE_ESCAPE_LENGTH;
	if (!unicode_is_surrogate(unit)) {
		piece->decoded = utf8_write(piece->bytes, (uint32_t)unit);
	} else if (unicode_is_high_surrogate(unit) && unicode_is_low_surrogate(partner)) {
		piece->length += UNICODE_ESCAPE_LENGTH;
		piece->decoded = utf8_write(piece->bytes, unicode_join_surrogates(unit, partner));
	} else {
		piece->decoded = 0;
	}
}

/* Reads the character at p. A broken escape, which no scanned text has, stands for itself. */
static void take_piece(struct piece *piece, const char *p, const char *end)
{
	bool well_formed;

	if (*p == '\\' && unicode_escape(p, end) >= 0) {
		take_unicode_escape(piece, p, end);
	} else if (*p == '\\' && end - p >= 2 && short_escape_meaning[(unsigned char)p[1]]) {
		piece->length = 2;
		piece->decoded = 1;
		piece->bytes[0] = short_escape_meaning[(unsigned char)p[1]];
	} else {
		piece->length = utf8_sequence(p, end, &well_formed);
		piece->decoded = well_formed ? piece->length : 0;
		memcpy(piece->bytes, p, piece->length);
	}
}

static inline struct slice decoded_piece(const struct piece *piece)
{
	return piece->decoded ? slice_of(piece->bytes, piece->decoded) : UNICODE_REPLACEMENT;
}

/* The bytes from p on that stand for themselves. */
static size_t literal_run(const char *p, const char *end)
{
	const char *start = p;

	while (p < end && *p != '\\' && (unsigned char)*p < 0x80)
		p++;
	return (size_t)(p - start);
}

void json_text_decode(struct buffer *out, struct slice raw)
{
	const char *p = raw.data, *end = raw.length ? raw.data + raw.length : p;
	struct piece piece;

	while (p < end) {
		size_t run = literal_run(p, end);

		buffer_append(out, slice_of(p, run));
		p += run;
		if (p == end)
			break;
		take_piece(&piece, p, end);
		buffer_append(out, decoded_piece(&piece));
		p += piece.length;
	}
}

bool json_text_equals(struct slice raw, struct slice text)
{
	const char *p = raw.data, *end = raw.length ? raw.data + raw.length : p;
	size_t compared = 0;
	struct piece piece;

	if (raw.length > 0 && json_plain_skip(p, end) == end)
		return slice_equals(raw, text);
	while (p < end && compared < text.length) {
		struct slice rest = slice_of(text.data + compared, text.length - compared);

		take_piece(&piece, p, end);
		if (!slice_starts_with(rest, decoded_piece(&piece)))
			return false;
		compared += decoded_piece(&piece).length;
		p += piece.length;
	}
	return p == end && compared == text.length;
}

static void append_escape(struct buffer *out, unsigned char byte)
{
	static const char digits[] = "0123456789abcdef";
	char escape[UNICODE_ESCAPE_LENGTH] = { '\\', 'u', '0', '0' };

	if (short_escape[byte] != '\0') {
		escape[1] = short_escape[byte];
		buffer_append(out, slice_of(escape, 2));
		return;
	}
	escape[4] = digits[byte >> 4];
	escape[5] = digits[byte & 15];
	buffer_append(out, slice_of(escape, sizeof(escape)));
}

void json_text_encode(struct buffer *out, struct slice text)
{
	const char *p = text.data, *end = text.length ? text.data + text.length : p;
	const char *copied = p; /* all before this one is in `out` */

	buffer_append_char(out, '"');
	while (p < end) {
		unsigned char byte = (unsigned char)*p;
		bool well_formed;
		size_t length = utf8_sequence(p, end, &well_formed);

		if (!well_formed || byte < 0x20 || byte == '"' || byte == '\\') {
			buffer_append(out, slice_of(copied, (size_t)(p - copied)));
			if (well_formed)
				append_escape(out, byte);
			else
				buffer_append(out, UNICODE_REPLACEMENT);
			copied = p + length;
		}
		p += length;
	}
	buffer_append(out, slice_of(copied, (size_t)(p - copied)));
	buffer_append_char(out, '"');
}

/* The length of NaN, Infinity or -Infinity at p, outside strings; 0 where there is none. */
static size_t nonfinite_length(struct slice text)
{
	static const struct slice words[] = {
		{ "NaN", 3 }, { "Infinity", 8 }, { "-Infinity", 9 },
	};

	for (size_t i = 0; i < COUNT(words); i++)
		if (slice_starts_with(text, words[i]))
			return words[i].length;
	return 0;
}

/* The length of what is at p; *instead becomes what replaces it, if something has to. */
static size_t mend_step(const char *p, const char *end, bool in_string, struct slice *instead)
{
	struct piece piece;
	size_t nonfinite;

	if (in_string) {
		take_piece(&piece, p, end);
		if (piece.decoded == 0)
			*instead = *p == '\\' ? SLICE("\\ufffd") : UNICODE_REPLACEMENT;
		return piece.length;
	}
	if (*p == '\r' || *p == '\n')
		*instead = SLICE(" ");
	nonfinite = nonfinite_length(slice_of(p, (size_t)(end - p)));
	if (nonfinite == 0)
		return 1;
	*instead = SLICE("null");
	return nonfinite;
}

void json_text_mend(struct buffer *out, struct slice value)
{
	const char *p = value.data, *end = value.length ? value.data + value.length : p;
	const char *copied = p; /* all before this one is in `out` */
	bool in_string = false;

	while (p < end) {
		struct slice instead = { NULL, 0 };
		size_t length = mend_step(p, end, in_string, &instead);

		if (*p == '"')
			in_string = !in_string;
		if (instead.data != NULL) {
			buffer_append(out, slice_of(copied, (size_t)(p - copied)));
			buffer_append(out, instead);
			copied = p + length;
		}
		p += length;
	}
	buffer_append(out, slice_of(copied, (size_t)(p - copied)));
}
