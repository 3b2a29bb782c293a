#include "string_format.h"

#include "count.h"
#include "date_time.h"

#define HOST_NAME_MAXIMUM 253
#define LABEL_MAXIMUM 63
#define LOCAL_PART_MAXIMUM 64

#define LETTERS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
#define DIGITS "0123456789"

static bool is_one_of(char c, const char *set)
{
	return c != '\0' && strchr(set, c) != NULL;
}

/* The part before a character, which is taken off with it; all where there is none. */
static struct slice take_until(struct slice *text, char end)
{
	const char *found = text->length ? memchr(text->data, end, text->length) : NULL;
	size_t length = found ? (size_t)(found - text->data) : text->length;
	size_t taken = found ? length + 1 : length;
	struct slice part = slice_of(text->data, length);

	*text = slice_of(text->data + taken, text->length - taken);
	return part;
}

static bool is_date(struct slice text)
{
	struct date_time time;

	return date_time_parse_date(&time, text);
}

static bool is_date_time(struct slice text)
{
	struct date_time time;

	return date_time_parse(&time, text);
}

static bool is_label(struct slice label)
{
	if (label.length == 0 || label.length > LABEL_MAXIMUM || label.data[0] == '-' ||
	    label.data[label.length - 1] == '-')
		return false;
	for (size_t i = 0; i < label.length; i++)
		if (!is_one_of(label.data[i], LETTERS DIGITS "-"))
			return false;
	return true;
}

/* RFC 1123; the dot of the root at the end is fine. */
static bool is_host_name(struct slice text)
{
	if (text.length > 0 && text.data[text.length - 1] == '.')
		text.length--;
	if (text.length == 0 || text.length > HOST_NAME_MAXIMUM ||
	    text.data[text.length - 1] == '.')
		return false;
	while (text.length > 0)
		if (!is_label(take_until(&text, '.')))
			return false;
	return true;
}

static bool is_byte(struct slice number)
{
	unsigned value = 0;

	if (number.length == 0 || number.length > 3 ||
	    (number.length > 1 && number.data[0] == '0'))
		return false;
	for (size_t i = 0; i < number.length; i++) {
		if (!is_one_of(number.data[i], DIGITS))
			return false;
		value = value * 10 + (unsigned)(number.data[i] - '0');
	}
	return value <= 255;
}

static bool is_ipv4(struct slice text)
{
	for (int i = 0; i < 3; i++)
		if (!is_byte(take_until(&text, '.')))
			return false;
	return is_byte(text);
}

/* Words with single dots between them; what is not ASCII is let through. */
static bool is_dot_atom(struct slice text)
{
	for (size_t i = 0; i < text.length; i++) {
		char c = text.data[i];

		if (c == '.' && (i == 0 || i + 1 == text.length || text.data[i - 1] == '.'))
			return false;
		if ((unsigned char)c < 0x80 &&
		    !is_one_of(c, LETTERS DIGITS ".!#$%&'*+-/=?^_`{|}~"))
			return false;
	}
	return text.length > 0;
}

static bool is_quoted(struct slice text)
{
	if (text.length < 3 || text.data[0] != '"' || text.data[text.length - 1] != '"')
		return false;
	for (size_t i = 1; i + 1 < text.length; i++)
		if ((unsigned char)text.data[i] < ' ' || text.data[i] == '"' ||
		    text.data[i] == '\\')
			return false;
	return true;
}

static bool is_mail_domain(struct slice text)
{
	if (text.length > 2 && text.data[0] == '[' && text.data[text.length - 1] == ']')
		return is_ipv4(slice_of(text.data + 1, text.length - 2));
	return is_host_name(text);
}

static bool is_email(struct slice text)
{
	struct slice local = text;

	while (local.length > 0 && local.data[local.length - 1] != '@')
		local.length--;
	if (local.length == 0)
		return false;
	text = slice_of(text.data + local.length, text.length - local.length);
	local.length--;
	return local.length <= LOCAL_PART_MAXIMUM && (is_dot_atom(local) || is_quoted(local)) &&
	       is_mail_domain(text);
}

static bool is_scheme(struct slice text)
{
	for (size_t i = 0; i < text.length; i++)
		if (!is_one_of(text.data[i], i == 0 ? LETTERS : LETTERS DIGITS "+.-"))
			return false;
	return text.length > 0;
}

/* No white space and nothing that RFC 3986 wants escaped; not ASCII is let through. */
static bool is_uri_text(struct slice text)
{
	for (size_t i = 0; i < text.length; i++) {
		unsigned char c = (unsigned char)text.data[i];

		if (c <= ' ' || c == 0x7F || is_one_of((char)c, "\"<>\\^`{|}"))
			return false;
		if (c == '%' && (text.length - i < 3 ||
				 !is_one_of(text.data[i + 1], DIGITS "abcdefABCDEF") ||
				 !is_one_of(text.data[i + 2], DIGITS "abcdefABCDEF")))
			return false;
	}
	return true;
}

static bool is_uri(struct slice text)
{
	struct slice scheme = take_until(&text, ':');

	return is_scheme(scheme) && text.length > 0 && is_uri_text(text);
}

const char *string_format_problem(const char *format, struct slice text)
{
	static const struct {
		const char *format;
		bool (*fits)(struct slice text);
		const char *problem;
	} formats[] = {
		{ "date", is_date, "must be a date like 2024-01-31" },
		{ "date-time", is_date_time, "must be a date and time like 2024-01-31T00:00:00Z" },
		{ "email", is_email, "must be an e-mail address" },
		{ "hostname", is_host_name, "must be the name of a host, without scheme or port" },
		{ "ipv4", is_ipv4, "must be an IPv4 address like 192.0.2.1" },
		{ "uri", is_uri, "must be a URI with its scheme, like https://example.com" },
	};

	for (size_t i = 0; i < COUNT(formats); i++)
		if (strcmp(format, formats[i].format) == 0)
			return formats[i].fits(text) ? NULL : formats[i].problem;
	return NULL;
}
