#include "failure_evidence.h"

#include <ctype.h>
#include <stdbool.h>
#include <string.h>
#include <strings.h>

#include "count.h"

/*
 * In any case of letters. The first that occurs decides, so what is sure stands before
 * what is vague: many APIs say 403 for an exhausted quota, and an authentication that
 * timed out is no matter of credentials.
 */
static const struct phrase {
	const char *words;
	enum failure_type type;
} phrases[] = {
	{ "rate limit", FAILURE_TRANSIENT },
	{ "rate-limit", FAILURE_TRANSIENT },
	{ "ratelimit", FAILURE_TRANSIENT },
	{ "too many requests", FAILURE_TRANSIENT },
	{ "quota", FAILURE_TRANSIENT },

	{ "missing required key", FAILURE_CONFIG },
	{ "is a required property", FAILURE_CONFIG },
	{ "required config", FAILURE_CONFIG },
	{ "config validation", FAILURE_CONFIG },
	{ "configvalidation", FAILURE_CONFIG },
	{ "unauthorized", FAILURE_CONFIG },
	{ "forbidden", FAILURE_CONFIG },
	{ "access denied", FAILURE_CONFIG },
	{ "permission denied", FAILURE_CONFIG },
	{ "invalid credentials", FAILURE_CONFIG },
	{ "bad credentials", FAILURE_CONFIG },
	{ "invalid_grant", FAILURE_CONFIG },
	{ "invalid_client", FAILURE_CONFIG },
	{ "invalid api key", FAILURE_CONFIG },
	{ "invalid token", FAILURE_CONFIG },
	{ "authentication failed", FAILURE_CONFIG },

	{ "timed out", FAILURE_TRANSIENT },
	{ "timeout", FAILURE_TRANSIENT },
	{ "connection refused", FAILURE_TRANSIENT },
	{ "connection reset", FAILURE_TRANSIENT },
	{ "connection aborted", FAILURE_TRANSIENT },
	{ "closed the connection", FAILURE_TRANSIENT },
	{ "closed connection", FAILURE_TRANSIENT },
	{ "name or service not known", FAILURE_TRANSIENT },
	{ "nodename nor servname", FAILURE_TRANSIENT },
	{ "name resolution", FAILURE_TRANSIENT },
	{ "failed to resolve", FAILURE_TRANSIENT },
	{ "could not translate host name", FAILURE_TRANSIENT },
	{ "network is unreachable", FAILURE_TRANSIENT },
	{ "no route to host", FAILURE_TRANSIENT },
	{ "max retries exceeded", FAILURE_TRANSIENT },
	{ "too many connections", FAILURE_TRANSIENT },
	{ "too many clients", FAILURE_TRANSIENT },
	{ "temporarily unavailable", FAILURE_TRANSIENT },
	{ "service unavailable", FAILURE_TRANSIENT },
	{ "bad gateway", FAILURE_TRANSIENT },
	{ "internal server error", FAILURE_TRANSIENT },

	{ "authentication", FAILURE_CONFIG },
};

static const struct {
	int first;
	int last;
	enum failure_type type;
} statuses[] = {
	{ 401, 401, FAILURE_CONFIG },
	{ 403, 403, FAILURE_CONFIG },
	{ 408, 408, FAILURE_TRANSIENT },
	{ 429, 429, FAILURE_TRANSIENT },
	{ 500, 599, FAILURE_TRANSIENT },
};

/* A number is a status only beside these: a bare 500 may be a count of rows. */
static const char *const before_status[] = {
	"status", "status code", "status_code", "error-code", "error code",
	"http error", "httperror", "http", "response",
};
static const char *const after_status[] = { " client error", " server error" };

static bool matches(const char *at, const char *end, const char *words)
{
	size_t length = strlen(words);

	return (size_t)(end - at) >= length && strncasecmp(at, words, length) == 0;
}

static bool contains(struct slice sentence, const char *words)
{
	for (size_t i = 0; i < sentence.length; i++) {
		if (matches(sentence.data + i, sentence.data + sentence.length, words))
			return true;
	}
	return false;
}

static bool stands_beside_status_words(struct slice sentence, size_t at)
{
	const char *begin = sentence.data, *end = sentence.data + at;

	for (size_t i = 0; i < COUNT(after_status); i++) {
		if (matches(end + 3, sentence.data + sentence.length, after_status[i]))
			return true;
	}
	while (end > begin && strchr(" :=[(<\"'", end[-1]) != NULL)
		end--;
	for (size_t i = 0; i < COUNT(before_status); i++) {
		size_t length = strlen(before_status[i]);

		if ((size_t)(end - begin) >= length &&
		    matches(end - length, end, before_status[i]))
			return true;
	}
	return false;
}

static bool digit_at(struct slice sentence, size_t at)
{
	return at < sentence.length && isdigit((unsigned char)sentence.data[at]);
}

/* The first HTTP status of three digits, 0 where there is none. */
static int find_status(struct slice sentence)
{
	for (size_t i = 0; i + 3 <= sentence.length; i++) {
		const char *digits = sentence.data + i;

		if (digit_at(sentence, i) && digit_at(sentence, i + 1) &&
		    digit_at(sentence, i + 2) && !digit_at(sentence, i + 3) &&
		    (i == 0 || !digit_at(sentence, i - 1)) &&
		    stands_beside_status_words(sentence, i))
			return (digits[0] - '0') * 100 + (digits[1] - '0') * 10 + digits[2] - '0';
	}
	return 0;
}

enum failure_type failure_evidence_type(struct slice sentence)
{
	int status;

	for (size_t i = 0; i < COUNT(phrases); i++) {
		if (contains(sentence, phrases[i].words))
			return phrases[i].type;
	}
	status = find_status(sentence);
	for (size_t i = 0; i < COUNT(statuses); i++) {
		if (statuses[i].first <= status && status <= statuses[i].last)
			return statuses[i].type;
	}
	return FAILURE_SYSTEM;
}
