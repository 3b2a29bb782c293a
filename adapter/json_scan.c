#include "json_scan.h"

#include <stdint.h>

#include "json_string.h"
#include "unicode.h"

/*
 * The skip_ functions take the place they start at and give the place behind what
 * they passed over, or NULL after a problem.
 */

/* What is open inside one call of json_scan_value: the brackets that have to come. */
struct nest {
	unsigned depth;
	char closing[JSON_DEPTH_MAX];
};

static const char *fail(struct json_scan *scan, const char *problem, const char *at)
{
	scan->problem = at < scan->end ? problem : "unexpected end";
	scan->problem_at = at;
	return NULL;
}

static inline bool is_digit(char byte)
{
	return byte >= '0' && byte <= '9';
}

static inline bool is_next(const struct json_scan *scan, const char *p, char byte)
{
	return p < scan->end && *p == byte;
}

static inline const char *skip_space(struct json_scan *scan, const char *p)
{
	while (p < scan->end && (*p == ' ' || *p == '\n' || *p == '\r' || *p == '\t'))
		if (*p++ == '\r')
			scan->found |= JSON_FOUND_RETURN;
	return p;
}

static const char *skip_unicode_escape(struct json_scan *scan, const char *p)
{
	int unit = unicode_escape(p, scan->end);

	if (unit < 0) {
		p += 2;
		while (p < scan->end && unicode_hex_digit[(unsigned char)*p] != 0)
			p++;
		return fail(scan, "four hexadecimal digits expected after \\u", p);
	}
	p += UNICODE_ESCAPE_LENGTH;
	if (!unicode_is_surrogate(unit))
		return p;
	if (unicode_is_high_surrogate(unit) &&
	    unicode_is_low_surrogate(unicode_escape(p, scan->end)))
		return p + UNICODE_ESCAPE_LENGTH;
	scan->found |= JSON_FOUND_LONE_SURROGATE;
	return p;
}

/* What json_string_skip stops at: text outside ASCII comes as many of these in a row. */
static const char *skip_escapes(struct json_scan *scan, const char *p)
{
	do {
		if (json_is_short_escape(p, scan->end))
			p += 2;
		else if (is_next(scan, p + 1, 'u'))
			p = skip_unicode_escape(scan, p);
		else
			return fail(scan, "no such escape in a string", p + 1);
	} while (p != NULL && is_next(scan, p, '\\'));
	return p;
}

static const char *skip_utf8(struct json_scan *scan, const char *p)
{
	bool well_formed;

	do {
		p += utf8_sequence(p, scan->end, &well_formed);
		if (!well_formed)
			scan->found |= JSON_FOUND_BAD_UTF8;
	} while (p < scan->end && (unsigned char)*p >= 0x80);
	return p;
}

/* Passes over the rest of a string, from behind its first quote. */
static const char *skip_string(struct json_scan *scan, const char *p)
{
	while (p != NULL) {
		p = json_string_skip(p, scan->end);
		if (is_next(scan, p, '"'))
			return p + 1;
		if (is_next(scan, p, '\\'))
			p = skip_escapes(scan, p);
		else if (p < scan->end && (unsigned char)*p >= 0x80)
			p = skip_utf8(scan, p);
		else
			p = fail(scan, "a control character in a string", p);
	}
	return NULL;
}

static const char *skip_word(struct json_scan *scan, const char *p, struct slice word)
{
	size_t same = 0;

	while (same < word.length && is_next(scan, p + same, word.data[same]))
		same++;
	if (same == word.length)
		return p + same;
	return fail(scan, "a value expected", p + same == scan->end ? scan->end : p);
}

static const char *skip_nonfinite(struct json_scan *scan, const char *p, struct slice word)
{
	p = skip_word(scan, p, word);
	if (p != NULL)
		scan->found |= JSON_FOUND_NONFINITE;
	return p;
}

/* The top bit of each byte that is no digit; of the lowest one for sure, as a carry may err. */
static inline uint64_t no_digits(uint64_t word)
{
	uint64_t value = word ^ JSON_EVERY_BYTE('0');

	return (value | (value + JSON_EVERY_BYTE(0x80 - 10))) & JSON_EVERY_BYTE(0x80);
}

static inline const char *skip_digits(struct json_scan *scan, const char *p)
{
	const char *start = p;

	while (scan->end - p >= 8) {
		uint64_t word, others;

		memcpy(&word, p, sizeof(word));
		others = no_digits(le64toh(word));
		if (others != 0) {
			p += __builtin_ctzll(others) / 8;
			return p > start ? p : fail(scan, "a digit expected", p);
		}
		p += 8;
	}
	while (p < scan->end && is_digit(*p))
		p++;
	return p > start ? p : fail(scan, "a digit expected", p);
}

static const char *skip_number(struct json_scan *scan, const char *p)
{
	if (*p == '-')
		p++;
	if (is_next(scan, p, 'I'))
		return skip_nonfinite(scan, p, SLICE("Infinity"));
	p = is_next(scan, p, '0') ? p + 1 : skip_digits(scan, p);
	if (p != NULL && is_next(scan, p, '.'))
		p = skip_digits(scan, p + 1);
	if (p == NULL || !(is_next(scan, p, 'e') || is_next(scan, p, 'E')))
		return p;
	p++;
	if (is_next(scan, p, '+') || is_next(scan, p, '-'))
		p++;
	return skip_digits(scan, p);
}

static const char *skip_scalar(struct json_scan *scan, const char *p)
{
	switch (p < scan->end ? *p : '\0') {
	case '"':
		return skip_string(scan, p + 1);
	case '-':
	case '0': case '1': case '2': case '3': case '4':
	case '5': case '6': case '7': case '8': case '9':
		return skip_number(scan, p);
	case 'n':
		return skip_word(scan, p, SLICE("null"));
	case 't':
		return skip_word(scan, p, SLICE("true"));
	case 'f':
		return skip_word(scan, p, SLICE("false"));
	case 'N':
		return skip_nonfinite(scan, p, SLICE("NaN"));
	case 'I':
		return skip_nonfinite(scan, p, SLICE("Infinity"));
	default:
		return fail(scan, "a value expected", p);
	}
}

/* Passes over a key and its colon, up to the value. */
static const char *skip_key(struct json_scan *scan, const char *p, struct slice *key)
{
	const char *start = p + 1;

	if (!is_next(scan, p, '"'))
		return fail(scan, "a key in quotes expected", p);
	p = skip_string(scan, start);
	if (p == NULL)
		return NULL;
	*key = slice_of(start, (size_t)(p - 1 - start));
	p = skip_space(scan, p);
	if (!is_next(scan, p, ':'))
		return fail(scan, "a colon expected", p);
	return skip_space(scan, p + 1);
}

static const char *fail_unclosed(struct json_scan *scan, char closing, const char *at)
{
	return fail(scan, closing == '}' ? "a comma or closing brace expected" :
					   "a comma or closing bracket expected", at);
}

/* Passes over an opening bracket, and the space behind it. */
static inline const char *skip_opening(struct json_scan *scan, struct nest *nest, const char *p)
{
	if (scan->depth + nest->depth >= JSON_DEPTH_MAX)
		return fail(scan, "nested too deeply", p);
	nest->closing[nest->depth++] = *p == '{' ? '}' : ']';
	return skip_space(scan, p + 1);
}

/* Passes over all that closes behind a value: up to the next one's key, or the value's end. */
static inline const char *skip_closings(struct json_scan *scan, struct nest *nest, const char *p)
{
	while (nest->depth > 0) {
		char closing = nest->closing[nest->depth - 1];

		p = skip_space(scan, p);
		if (is_next(scan, p, ','))
			return skip_space(scan, p + 1);
		if (!is_next(scan, p, closing))
			return fail_unclosed(scan, closing, p);
		nest->depth--;
		p++;
	}
	return p;
}

/* From a value's first byte to the first byte of the one that follows in the nest. */
static inline const char *skip_step(struct json_scan *scan, struct nest *nest, const char *p)
{
	struct slice key;

	if (is_next(scan, p, '{') || is_next(scan, p, '[')) {
		p = skip_opening(scan, nest, p);
		if (p != NULL && is_next(scan, p, nest->closing[nest->depth - 1]))
			p = skip_closings(scan, nest, p);
	} else {
		p = skip_scalar(scan, p);
		if (p != NULL)
			p = skip_closings(scan, nest, p);
	}
	if (p != NULL && nest->depth > 0 && nest->closing[nest->depth - 1] == '}')
		p = skip_key(scan, p, &key);
	return p;
}

void json_scan_init(struct json_scan *scan, struct slice text)
{
	if (text.data == NULL)
		text = SLICE("");
	*scan = (struct json_scan){
		.start = text.data, .next = text.data, .end = text.data + text.length,
	};
}

char json_scan_peek(struct json_scan *scan)
{
	if (scan->problem != NULL)
		return '\0';
	scan->next = skip_space(scan, scan->next);
	return scan->next < scan->end ? *scan->next : '\0';
}

/* Passes over an array or an object. Apart, since the nest takes room that scalars do not need. */
static __attribute__((noinline)) const char *skip_nested(struct json_scan *scan, const char *p)
{
	struct nest nest;

	nest.depth = 0; /* the brackets are left as they are: clearing them would cost more */
	do
		p = skip_step(scan, &nest, p);
	while (p != NULL && nest.depth > 0);
	return p;
}

bool json_scan_value(struct json_scan *scan, struct slice *value)
{
	const char *start, *p;

	if (scan->problem != NULL)
		return false;
	start = p = skip_space(scan, scan->next);
	if (is_next(scan, p, '"'))
		p = skip_string(scan, p + 1);
	else if (is_next(scan, p, '{') || is_next(scan, p, '['))
		p = skip_nested(scan, p);
	else
		p = skip_scalar(scan, p);
	if (p == NULL)
		return false;
	scan->next = p;
	*value = slice_of(start, (size_t)(p - start));
	return true;
}

bool json_scan_open(struct json_scan *scan, char bracket)
{
	if (scan->problem != NULL)
		return false;
	if (json_scan_peek(scan) != bracket)
		fail(scan, bracket == '{' ? "an object expected" : "an array expected", scan->next);
	else if (scan->depth >= JSON_DEPTH_MAX)
		fail(scan, "nested too deeply", scan->next);
	if (scan->problem != NULL)
		return false;
	scan->depth++;
	scan->next++;
	return true;
}

/* Moves to where a member or element has to be; false at the end of them, or a problem. */
static bool move_on(struct json_scan *scan, bool *first, char closing)
{
	char next = json_scan_peek(scan);

	if (scan->problem != NULL)
		return false;
	if (scan->next < scan->end && next == closing) {
		scan->depth--;
		scan->next++;
		return false;
	}
	if (!*first) {
		if (next != ',') {
			fail_unclosed(scan, closing, scan->next);
			return false;
		}
		scan->next = skip_space(scan, scan->next + 1);
	}
	*first = false;
	return true;
}

bool json_scan_member(struct json_scan *scan, bool *first, struct slice *key)
{
	const char *p;

	if (!move_on(scan, first, '}'))
		return false;
	p = skip_key(scan, scan->next, key);
	if (p == NULL)
		return false;
	scan->next = p;
	return true;
}

bool json_scan_element(struct json_scan *scan, bool *first)
{
	return move_on(scan, first, ']');
}

bool json_scan_end(struct json_scan *scan)
{
	json_scan_peek(scan);
	if (scan->problem == NULL && scan->next < scan->end)
		fail(scan, "more text after the end", scan->next);
	return scan->problem == NULL;
}
