#include "stand_in.h"

#include <ctype.h>
#include <stdint.h>
#include <stdio.h>

#include "unicode.h"

/* From that many digits on, a first digit that grows may be more than 64 bits hold. */
#define DIGITS_OF_64_BITS 19

/* Fewer hexadecimal digits may be a word. */
#define HEX_MINIMUM 8

/* Numbers that depend on a text and the key alone. */
struct dice {
	const struct siphash_key *key;
	uint64_t state[2]; /* the text's own, and how many were thrown */
};

static struct dice dice_of(const struct siphash_key *key, struct slice text)
{
	return (struct dice){ .key = key, .state = { siphash(key, text), 0 } };
}

static unsigned throw(struct dice *dice, unsigned sides)
{
	dice->state[1]++;
	return (unsigned)(siphash(dice->key, slice_of((const char *)dice->state,
						      sizeof(dice->state))) % sides);
}

/*
 * ---- dates and times ----
 */

/* Does the text begin like the pattern, where 0 is any digit, and is that all of the number? */
static bool has_shape(struct slice text, const char *pattern)
{
	size_t length = strlen(pattern);

	if (text.length < length ||
	    (text.length > length && isdigit((unsigned char)text.data[length])))
		return false;
	for (size_t i = 0; i < length; i++) {
		if (pattern[i] == '0' ? !isdigit((unsigned char)text.data[i])
				      : text.data[i] != pattern[i])
			return false;
	}
	return true;
}

static void append_number(struct buffer *out, unsigned number)
{
	char text[16];

	snprintf(text, sizeof(text), "%02u", number);
	buffer_append_string(out, text);
}

/* In the order of the pattern: a year of four digits, months and days that any month has. */
static void append_date(struct dice *dice, struct buffer *out, const char *pattern)
{
	unsigned limits[] = { 12, 28 };
	size_t next = 0;

	if (pattern[2] == '/') /* nobody knows which is the month */
		limits[1] = 12;
	while (*pattern != '\0') {
		if (*pattern != '0') {
			buffer_append_char(out, *pattern++);
		} else if (strncmp(pattern, "0000", 4) == 0) {
			append_number(out, 1971 + throw(dice, 60));
			pattern += 4;
		} else {
			append_number(out, 1 + throw(dice, limits[next++]));
			pattern += 2;
		}
	}
}

static void append_time(struct dice *dice, struct buffer *out, bool seconds)
{
	append_number(out, throw(dice, 24));
	buffer_append_char(out, ':');
	append_number(out, throw(dice, 60));
	if (seconds) {
		buffer_append_char(out, ':');
		append_number(out, throw(dice, 60));
	}
}

/* Takes a date or time from the text and appends its own stand-in; false: there is none. */
static bool take_date(const struct siphash_key *key, struct buffer *out, struct slice *text,
		      bool is_zone)
{
	static const char *const dates[] = { "0000-00-00", "0000/00/00", "00/00/0000" };
	static const char *const times[] = { "00:00:00", "00:00" };

	for (size_t i = 0; i < 3; i++) {
		struct slice part = slice_of(text->data, strlen(dates[i]));
		struct dice dice;

		if (!has_shape(*text, dates[i]))
			continue;
		dice = dice_of(key, part);
		append_date(&dice, out, dates[i]);
		*text = slice_after(*text, part.length);
		if (text->length > 1 && text->data[0] == 'T' &&
		    isdigit((unsigned char)text->data[1])) {
			buffer_append_char(out, 'T');
			*text = slice_after(*text, 1);
		}
		return true;
	}
	for (size_t i = 0; i < 2; i++) {
		struct slice part = slice_of(text->data, strlen(times[i]));
		struct dice dice;

		if (!has_shape(*text, times[i]))
			continue;
		dice = dice_of(key, part);
		if (is_zone)
			buffer_append(out, part);
		else
			append_time(&dice, out, i == 0);
		*text = slice_after(*text, part.length);
		return true;
	}
	return false;
}

/*
 * ---- what kind of text it is ----
 */

static bool is_uuid(struct slice text)
{
	if (text.length != 36)
		return false;
	for (size_t i = 0; i < text.length; i++) {
		bool hyphen = i == 8 || i == 13 || i == 18 || i == 23;

		if (hyphen ? text.data[i] != '-' : !isxdigit((unsigned char)text.data[i]))
			return false;
	}
	return true;
}

static bool is_hexadecimal(struct slice text)
{
	bool digit = false;

	for (size_t i = 0; i < text.length; i++) {
		if (!isxdigit((unsigned char)text.data[i]))
			return false;
		digit = digit || isdigit((unsigned char)text.data[i]);
	}
	return digit && text.length >= HEX_MINIMUM;
}

/* The length of the IPv4 address that the text begins with; 0: with none. */
static size_t address_length(struct slice text)
{
	size_t length = 0;

	for (unsigned octet = 0; octet < 4; octet++) {
		size_t digits = 0;

		if (octet > 0 && (length == text.length || text.data[length++] != '.'))
			return 0;
		while (length < text.length && isdigit((unsigned char)text.data[length])) {
			length++;
			digits++;
		}
		if (digits < 1 || digits > 3)
			return 0;
	}
	return length;
}

/* "https://" of a URL. */
static size_t scheme_length(struct slice text)
{
	size_t at = 0;

	while (at < text.length && (isalnum((unsigned char)text.data[at]) ||
				    text.data[at] == '+'))
		at++;
	return at > 0 && slice_starts_with(slice_after(text, at), SLICE("://")) ? at + 3 : 0;
}

/*
 * ---- one character after the other ----
 */

static char stand_in_letter(struct dice *dice, char letter, bool hexadecimal)
{
	char first = isupper((unsigned char)letter) ? 'A' : 'a';

	return (char)(first + (char)throw(dice, hexadecimal ? 6 : 26));
}

static size_t digits_of(struct slice text)
{
	size_t count = 0;

	while (count < text.length && isdigit((unsigned char)text.data[count]))
		count++;
	return count;
}

/* All digits that come next. */
static void append_digits(struct dice *dice, struct buffer *out, struct slice *text, bool octet)
{
	size_t count = digits_of(*text);
	unsigned first = (unsigned)(text->data[0] - '0'), most = 9;

	if (count >= DIGITS_OF_64_BITS)
		most = first > 1 ? first - 1 : 1;
	else if (octet && count == 3)
		most = 1;
	if (first != 0)
		first = 1 + throw(dice, most);
	buffer_append_char(out, (char)('0' + first));
	for (size_t i = 1; i < count; i++)
		buffer_append_char(out, (char)('0' + throw(dice, 10)));
	*text = slice_after(*text, count);
}

/* A character outside ASCII by one that takes as many bytes; none of them has a case. */
static void append_wide(struct dice *dice, struct buffer *out, struct slice *text)
{
	static const struct {
		uint32_t first;
		unsigned count;
	} ranges[] = { [2] = { 0x5d0, 27 }, [3] = { 0x4e00, 0x5000 }, [4] = { 0x20000, 0xa000 } };
	bool well_formed;
	size_t length = utf8_sequence(text->data, text->data + text->length, &well_formed);
	char bytes[4];

	if (well_formed && length > 1)
		buffer_append(out, slice_of(bytes, utf8_write(bytes, ranges[length].first +
							      throw(dice, ranges[length].count))));
	else
		buffer_append(out, slice_of(text->data, length));
	*text = slice_after(*text, length);
}

struct kind {
	bool hexadecimal, uuid;
	const char *address_end; /* of an IPv4 address; NULL: none yet */
};

/* The next character, or all digits of a number. */
static void append_next(struct dice *dice, const struct kind *kind, struct buffer *out,
			struct slice *text)
{
	char byte = text->data[0];

	if (isdigit((unsigned char)byte)) {
		append_digits(dice, out, text,
			      kind->address_end != NULL && text->data < kind->address_end);
		return;
	}
	if ((unsigned char)byte >= 0x80) {
		append_wide(dice, out, text);
		return;
	}
	buffer_append_char(out, isalpha((unsigned char)byte)
				? stand_in_letter(dice, byte, kind->hexadecimal) : byte);
	*text = slice_after(*text, 1);
}

/* Those of the version and the variant say what kind of UUID it is. */
static bool is_uuid_mark(size_t at)
{
	return at == 14 || at == 19;
}

static void append_uuid(struct dice *dice, struct buffer *out, struct slice text)
{
	for (size_t i = 0; i < text.length; i++) {
		char byte = text.data[i];

		if (isalpha((unsigned char)byte) && !is_uuid_mark(i))
			byte = stand_in_letter(dice, byte, true);
		else if (isdigit((unsigned char)byte) && !is_uuid_mark(i))
			byte = (char)('0' + throw(dice, 10));
		buffer_append_char(out, byte);
	}
}

/* Escapes of a URL stay as they are: %2F. */
static bool is_percent(struct slice text)
{
	return text.length >= 3 && text.data[0] == '%' && isxdigit((unsigned char)text.data[1]) &&
	       isxdigit((unsigned char)text.data[2]);
}

void stand_in_append(const struct siphash_key *key, struct buffer *out, struct slice text)
{
	struct dice dice = dice_of(key, text);
	struct kind kind = { is_hexadecimal(text), is_uuid(text), NULL };
	size_t scheme = scheme_length(text);
	char before = '\0', before_that = '\0';
	bool dated = false;

	if (kind.uuid) {
		append_uuid(&dice, out, text);
		return;
	}
	buffer_append(out, slice_of(text.data, scheme));
	text = slice_after(text, scheme);
	while (text.length > 0) {
		const char *start = text.data;
		bool in_number = isdigit((unsigned char)before), date;
		bool is_zone = (before == '+' || before == '-') &&
			       isdigit((unsigned char)before_that);

		if (!in_number && !(before == '.' && isdigit((unsigned char)before_that)) &&
		    address_length(text) > 0)
			kind.address_end = text.data + address_length(text);
		date = !in_number && take_date(key, out, &text, is_zone);
		dated = dated || date;
		if (is_percent(text) && !date) {
			buffer_append(out, slice_of(text.data, 3));
			text = slice_after(text, 3);
		} else if (dated && slice_equals(text, SLICE("Z"))) {
			buffer_append(out, text);
			break;
		} else if (!date) {
			append_next(&dice, &kind, out, &text);
		}
		before_that = text.data - start > 1 ? text.data[-2] : before;
		before = text.data[-1];
	}
}

void stand_in_append_number(const struct siphash_key *key, struct buffer *out,
			    struct slice number)
{
	static const struct kind plain = { .hexadecimal = false };
	struct dice dice = dice_of(key, number);

	while (number.length > 0 && number.data[0] != 'e' && number.data[0] != 'E')
		append_next(&dice, &plain, out, &number);
	buffer_append(out, number);
}
