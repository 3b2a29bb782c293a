#include "rate_limit_notice.h"

#include <ctype.h>
#include <stddef.h>

#include "count.h"
#include "phrase.h"

/* A notice is short, and a log has many messages: what is longer is not looked at. */
#define NOTICE_MAX 4096

/* A wait of more is a number that means something else. */
#define SECONDS_MAX (7.0 * 24 * 60 * 60)

static const char *const limit_words[] = {
	"rate limit", "rate-limit", "ratelimit", "rate_limit", "too many requests",
	"toomanyrequests", "too_many_requests", "quota", "throttl", "request limit",
	"request_limit", "usage limit", "call limit", "api limit", "limit exceeded",
	"limitexceeded",
};

static const char *const wait_words[] = {
	"sleeping", "sleep for", "will sleep", "waiting", "wait for", "will wait", "backing off",
	"pausing", "pause for", "retrying", "will retry", "going to retry", "retry in",
	"retry after", "retry-after", "retry_after", "retry attempt", "try again in",
};

static const char *const end_words[] = { "giving up", "gave up", "terminating" };

/* What may follow the status 429 in small letters; else it is a number of things. */
static const char *const after_status[] = {
	"too", "client", "error", "response", "status", "from", "received",
};

static const struct unit {
	const char *word;
	double seconds;
} units[] = {
	{ "milliseconds", 0.001 }, { "ms", 0.001 },  { "seconds", 1 }, { "second", 1 },
	{ "secs", 1 },             { "sec", 1 },     { "s", 1 },       { "minutes", 60 },
	{ "minute", 60 },          { "mins", 60 },   { "min", 60 },    { "m", 60 },
	{ "hours", 3600 },         { "hour", 3600 }, { "h", 3600 },
};

static bool is_digit(struct slice text, size_t at)
{
	return at < text.length && isdigit((unsigned char)text.data[at]);
}

static bool is_letter(struct slice text, size_t at)
{
	return at < text.length && isalpha((unsigned char)text.data[at]);
}

static bool any_occurs(struct slice text, const char *const *words, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		if (phrase_occurs(text, words[i]))
			return true;
	}
	return false;
}

/* The limit may be a part of a path, in which it means nothing. */
static bool tells_of_limit(struct slice message, const char *words)
{
	struct slice rest = message;

	while ((rest = phrase_find(rest, words)).data != NULL) {
		if (rest.data == message.data || strchr("/?&", rest.data[-1]) == NULL)
			return true;
		rest = slice_after(rest, 1);
	}
	return false;
}

static bool may_follow_status(struct slice rest)
{
	if (is_digit(rest, 0) || (rest.length > 0 && rest.data[0] == '.' && is_digit(rest, 1)))
		return false;
	if (rest.length > 0 && rest.data[0] == ' ')
		rest = slice_after(rest, 1);
	if (rest.length == 0 || !islower((unsigned char)rest.data[0]))
		return true;
	for (size_t i = 0; i < COUNT(after_status); i++) {
		if (phrase_starts(rest, after_status[i]))
			return true;
	}
	return false;
}

static bool tells_of_status(struct slice message)
{
	struct slice rest = message;

	while ((rest = phrase_find(rest, "429")).data != NULL) {
		bool begins = rest.data == message.data ||
			      (!isalnum((unsigned char)rest.data[-1]) &&
			       strchr("/-_.", rest.data[-1]) == NULL);

		rest = slice_after(rest, 3);
		if (begins && may_follow_status(rest))
			return true;
	}
	return false;
}

static bool is_limited(struct slice message)
{
	for (size_t i = 0; i < COUNT(limit_words); i++) {
		if (tells_of_limit(message, limit_words[i]))
			return true;
	}
	return tells_of_status(message);
}

static double take_number(struct slice *rest)
{
	double number = 0, place = 1;

	for (; is_digit(*rest, 0); *rest = slice_after(*rest, 1)) {
		if (number < SECONDS_MAX * 1000)
			number = number * 10 + (rest->data[0] - '0');
	}
	if (rest->length < 2 || rest->data[0] != '.' || !is_digit(*rest, 1))
		return number;
	for (*rest = slice_after(*rest, 1); is_digit(*rest, 0); *rest = slice_after(*rest, 1)) {
		place /= 10;
		number += place * (rest->data[0] - '0');
	}
	return number;
}

static bool take_unit(struct slice *rest, double *seconds)
{
	struct slice word = *rest;

	while (word.length > 0 && word.data[0] == ' ')
		word = slice_after(word, 1);
	if (phrase_starts(word, "more "))
		word = slice_after(word, strlen("more "));
	for (size_t i = 0; i < COUNT(units); i++) {
		size_t length = strlen(units[i].word);

		if (phrase_starts(word, units[i].word) && !is_letter(word, length)) {
			*seconds *= units[i].seconds;
			*rest = slice_after(word, length);
			return true;
		}
	}
	return false;
}

/* The first number with a unit, and those that follow it at once: "1h 5m". */
static bool find_duration(struct slice rest, double *seconds)
{
	bool found = false;
	double part;

	*seconds = 0;
	while (rest.length > 0) {
		if (!is_digit(rest, 0)) {
			if (found && rest.data[0] != ' ')
				break;
			rest = slice_after(rest, 1);
			continue;
		}
		part = take_number(&rest);
		if (take_unit(&rest, &part)) {
			*seconds += part;
			found = true;
		} else if (found) {
			break;
		}
	}
	return found;
}

/* "Retry-After: 30", "sleeping for 30", but not: "waiting for 2 shards". */
static bool number_follows(struct slice rest, double *seconds)
{
	static const char *const joints[] = { "for ", "in ", "after " };

	while (rest.length > 0 && strchr(" :='\"", rest.data[0]) != NULL)
		rest = slice_after(rest, 1);
	for (size_t i = 0; i < COUNT(joints); i++) {
		if (phrase_starts(rest, joints[i]))
			rest = slice_after(rest, strlen(joints[i]));
	}
	if (!is_digit(rest, 0))
		return false;
	*seconds = take_number(&rest);
	return rest.length < 2 || rest.data[0] != ' ' || !is_letter(rest, 1);
}

/* In seconds, 0: it does not say; the text begins with the words of the wait. */
static double duration_of(struct slice wait, const char *words)
{
	struct slice rest = slice_after(wait, strlen(words));
	double seconds;

	if (find_duration(rest, &seconds) || number_follows(rest, &seconds))
		return seconds < SECONDS_MAX ? seconds : 0;
	return 0;
}

static unsigned round_up(double seconds)
{
	unsigned whole = (unsigned)seconds;

	return whole + (seconds > whole);
}

bool rate_limit_notice(struct slice message, unsigned *seconds)
{
	struct slice first = slice_of(NULL, 0);
	const char *words = NULL;

	*seconds = 0;
	if (message.length > NOTICE_MAX)
		message.length = NOTICE_MAX;
	for (size_t i = 0; i < COUNT(wait_words); i++) {
		struct slice found = phrase_find(message, wait_words[i]);

		if (found.data != NULL && found.length > first.length) {
			first = found;
			words = wait_words[i];
		}
	}
	if (words == NULL || !is_limited(message) ||
	    any_occurs(message, end_words, COUNT(end_words)))
		return false;
	*seconds = round_up(duration_of(first, words));
	return true;
}
