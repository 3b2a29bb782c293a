#include "date_time.h"

#include <stdio.h>
#include <string.h>

#include "count.h"

#define DAY 86400
#define YEAR_MAXIMUM 9999

struct fields {
	int year, month, day, hour, minute, second;
	int offset; /* minutes */
};

static const struct letter {
	char letter;
	unsigned char digits;
	size_t field;
	int least, most;
} letters[] = {
	{ 'Y', 4, offsetof(struct fields, year), 0, YEAR_MAXIMUM },
	{ 'm', 2, offsetof(struct fields, month), 1, 12 },
	{ 'd', 2, offsetof(struct fields, day), 1, 31 },
	{ 'H', 2, offsetof(struct fields, hour), 0, 23 },
	{ 'M', 2, offsetof(struct fields, minute), 0, 59 },
	{ 'S', 2, offsetof(struct fields, second), 0, 60 },
};

static const struct letter *letter_of(char letter)
{
	for (size_t i = 0; i < COUNT(letters); i++)
		if (letters[i].letter == letter)
			return &letters[i];
	return NULL;
}

static int *field_of(struct fields *fields, const struct letter *letter)
{
	return (int *)((char *)fields + letter->field);
}

/* Calendar: years run from March, so that the leap day is a year's last. */

static long long days_of(int year, int month, int day)
{
	long long shifted = year - (month <= 2), era, year_of_era, day_of_year;

	era = (shifted >= 0 ? shifted : shifted - 399) / 400;
	year_of_era = shifted - era * 400;
	day_of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
	return era * 146097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 +
	       day_of_year - 719468;
}

static void date_of(long long days, struct fields *fields)
{
	long long era, day_of_era, year_of_era, day_of_year, month;

	days += 719468;
	era = (days >= 0 ? days : days - 146096) / 146097;
	day_of_era = days - era * 146097;
	year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36524 -
		       day_of_era / 146096) / 365;
	day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
	month = (5 * day_of_year + 2) / 153;
	fields->day = (int)(day_of_year - (153 * month + 2) / 5 + 1);
	fields->month = (int)(month < 10 ? month + 3 : month - 9);
	fields->year = (int)(year_of_era + era * 400 + (fields->month <= 2));
}

static int days_in_month(int year, int month)
{
	static const int days[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
	bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;

	return days[month - 1] + (month == 2 && leap);
}

/* A second 60 is the last one of a day, and counts as the next day's first. */
static bool time_of(const struct fields *fields, struct date_time *time)
{
	long long seconds;

	if (fields->day > days_in_month(fields->year, fields->month))
		return false;
	seconds = days_of(fields->year, fields->month, fields->day) * DAY +
		  fields->hour * 3600LL + fields->minute * 60LL + fields->second -
		  fields->offset * 60LL;
	if (fields->second == 60 && seconds % DAY != 0)
		return false;
	*time = (struct date_time){ .seconds = seconds, .offset = fields->offset };
	return true;
}

static bool fields_of(const struct date_time *time, bool with_offset, struct fields *fields)
{
	long long local = time->seconds + (with_offset ? time->offset * 60LL : 0);
	long long days = (local >= 0 ? local : local - (DAY - 1)) / DAY;
	int second = (int)(local - days * DAY);

	date_of(days, fields);
	fields->hour = second / 3600;
	fields->minute = second / 60 % 60;
	fields->second = second % 60;
	fields->offset = time->offset;
	return fields->year >= 0 && fields->year <= YEAR_MAXIMUM;
}

/* Reading: each takes what it reads off the front of the text. */

static bool take_char(struct slice *text, char expected)
{
	if (text->length == 0 || *text->data != expected)
		return false;
	*text = slice_of(text->data + 1, text->length - 1);
	return true;
}

static bool take_digits(struct slice *text, size_t count, int *number)
{
	*number = 0;
	if (text->length < count)
		return false;
	for (size_t i = 0; i < count; i++) {
		if (text->data[i] < '0' || text->data[i] > '9')
			return false;
		*number = *number * 10 + (text->data[i] - '0');
	}
	*text = slice_of(text->data + count, text->length - count);
	return true;
}

/* +0100, +01:00; Z where the time is in UTC. */
static bool take_offset(struct slice *text, int *offset)
{
	bool west = take_char(text, '-');
	int hours, minutes;

	*offset = 0;
	if (!west && (take_char(text, 'Z') || take_char(text, 'z')))
		return true;
	if (!west && !take_char(text, '+'))
		return false;
	if (!take_digits(text, 2, &hours))
		return false;
	(void)take_char(text, ':');
	if (!take_digits(text, 2, &minutes) || hours > 23 || minutes > 59)
		return false;
	*offset = (west ? -1 : 1) * (hours * 60 + minutes);
	return true;
}

/* No year of four digits has more than twelve. */
static bool take_seconds(struct slice *text, struct date_time *time)
{
	bool negative = take_char(text, '-');
	int digit;
	size_t count = 0;

	time->seconds = 0;
	while (count < 12 && take_digits(text, 1, &digit)) {
		time->seconds = time->seconds * 10 + digit;
		count++;
	}
	if (negative)
		time->seconds = -time->seconds;
	return count > 0;
}

static bool take_letter(struct slice *text, char name, struct fields *fields)
{
	const struct letter *letter = letter_of(name);
	int *field;

	if (name == '%')
		return take_char(text, '%');
	if (name == 'z')
		return take_offset(text, &fields->offset);
	field = field_of(fields, letter);
	return take_digits(text, letter->digits, field) && *field >= letter->least &&
	       *field <= letter->most;
}

/* Reads by a format without %s; the text after it is left. */
static bool take_fields(struct slice *text, const char *format, struct fields *fields)
{
	for (; *format != '\0'; format++) {
		bool taken = *format == '%' ? take_letter(text, *++format, fields)
					    : take_char(text, *format);

		if (!taken)
			return false;
	}
	return true;
}

bool date_time_parse_date(struct date_time *time, struct slice text)
{
	struct fields fields = { .offset = 0 };

	return take_fields(&text, "%Y-%m-%d", &fields) && text.length == 0 &&
	       time_of(&fields, time);
}

static bool take_fraction(struct slice *text)
{
	int digit;
	bool digits = false;

	if (!take_char(text, '.'))
		return true;
	while (take_digits(text, 1, &digit))
		digits = true;
	return digits;
}

bool date_time_parse(struct date_time *time, struct slice text)
{
	struct fields fields = { .offset = 0 };

	if (!take_fields(&text, "%Y-%m-%d", &fields) ||
	    (!take_char(&text, 'T') && !take_char(&text, 't')) ||
	    !take_fields(&text, "%H:%M:%S", &fields) || !take_fraction(&text))
		return false;
	if (text.length > 1 && (text.length != 6 || text.data[3] != ':'))
		return false; /* RFC 3339 wants the colon */
	return take_offset(&text, &fields.offset) && text.length == 0 && time_of(&fields, time);
}

bool date_time_is_format(const char *format)
{
	bool letters_there = false;

	for (; *format != '\0'; format++) {
		if (*format != '%')
			continue;
		format++;
		if (*format == '%')
			continue;
		if (*format != 'z' && *format != 's' && letter_of(*format) == NULL)
			return false;
		letters_there = true;
	}
	return letters_there;
}

static bool has_letter(const char *format, char letter)
{
	for (; *format != '\0'; format++)
		if (*format == '%' && *++format == letter)
			return true;
	return false;
}

static void print_digits(struct buffer *out, int number, unsigned digits)
{
	char text[16];

	snprintf(text, sizeof(text), "%0*d", (int)digits, number);
	buffer_append_string(out, text);
}

static void print_letter(const struct date_time *time, struct fields *fields, char name,
			 struct buffer *out)
{
	int offset = time->offset < 0 ? -time->offset : time->offset;

	if (name == '%') {
		buffer_append_char(out, '%');
	} else if (name == 's') {
		buffer_append_integer(out, time->seconds);
	} else if (name == 'z') {
		buffer_append_char(out, time->offset < 0 ? '-' : '+');
		print_digits(out, offset / 60 * 100 + offset % 60, 4);
	} else {
		print_digits(out, *field_of(fields, letter_of(name)), letter_of(name)->digits);
	}
}

bool date_time_print(const struct date_time *time, const char *format, struct buffer *out)
{
	struct fields fields;

	if (!fields_of(time, has_letter(format, 'z'), &fields))
		return false;
	for (; *format != '\0'; format++) {
		if (*format == '%')
			print_letter(time, &fields, *++format, out);
		else
			buffer_append_char(out, *format);
	}
	return true;
}

bool date_time_scan(struct date_time *time, const char *format, struct slice text)
{
	struct fields fields = { .offset = 0 };

	if (strcmp(format, "%s") == 0) {
		time->offset = 0;
		return take_seconds(&text, time) && text.length == 0;
	}
	return !has_letter(format, 's') && has_letter(format, 'Y') && has_letter(format, 'm') &&
	       has_letter(format, 'd') && take_fields(&text, format, &fields) &&
	       text.length == 0 && time_of(&fields, time);
}
