#include "failure_evidence.h"

#include <ctype.h>
#include <stdbool.h>

#include "count.h"
#include "phrase.h"

/*
 * In any case of letters. The first that occurs decides, so what is sure stands before
 * what is vague: many APIs say 403 for an exhausted quota, and an authentication that
 * timed out is no matter of credentials.
 */
static const struct phrase {
	const char *words;
	enum failure_type type;
} phrases[] = {
	{ "cannot allocate memory", FAILURE_SYSTEM },
	{ "memoryerror", FAILURE_SYSTEM },
	{ "no space left on device", FAILURE_SYSTEM },
	{ "disk quota exceeded", FAILURE_SYSTEM },
	{ "too many open files", FAILURE_SYSTEM },
	{ "no module named", FAILURE_SYSTEM },
	{ "cannot open shared object file", FAILURE_SYSTEM },

	{ "rate limit", FAILURE_TRANSIENT },
	{ "rate-limit", FAILURE_TRANSIENT },
	{ "ratelimit", FAILURE_TRANSIENT },
	{ "rate_limit", FAILURE_TRANSIENT },
	{ "too many requests", FAILURE_TRANSIENT },
	{ "toomanyrequests", FAILURE_TRANSIENT },
	{ "request limit", FAILURE_TRANSIENT },
	{ "requests limit", FAILURE_TRANSIENT },
	{ "request_limit", FAILURE_TRANSIENT },
	{ "throttl", FAILURE_TRANSIENT },
	{ "quota", FAILURE_TRANSIENT },

	{ "missing required key", FAILURE_CONFIG },
	{ "missing required config", FAILURE_CONFIG },
	{ "is a required property", FAILURE_CONFIG },
	{ "required config", FAILURE_CONFIG },
	{ "config validation", FAILURE_CONFIG },
	{ "configvalidation", FAILURE_CONFIG },
	{ "locate config file", FAILURE_CONFIG },
	{ "in the config", FAILURE_CONFIG },
	{ "must be set", FAILURE_CONFIG },
	{ "to be set", FAILURE_CONFIG },
	{ "must be provided", FAILURE_CONFIG },
	{ "must be specified", FAILURE_CONFIG },
	{ "no scheme supplied", FAILURE_CONFIG },
	{ "invalid url", FAILURE_CONFIG },

	{ "certificate verify failed", FAILURE_CONFIG },
	{ "self signed certificate", FAILURE_CONFIG },
	{ "self-signed certificate", FAILURE_CONFIG },
	{ "wrong version number", FAILURE_CONFIG }, /* https spoken to a port of plain http */

	{ "unauthorized", FAILURE_CONFIG },
	{ "unauthenticated", FAILURE_CONFIG },
	{ "forbidden", FAILURE_CONFIG },
	{ "access denied", FAILURE_CONFIG },
	{ "accessdenied", FAILURE_CONFIG },
	{ "permission denied", FAILURE_CONFIG },
	{ "insufficient permission", FAILURE_CONFIG },
	{ "insufficient privilege", FAILURE_CONFIG },
	{ "insufficient_scope", FAILURE_CONFIG },
	{ "not authorized", FAILURE_CONFIG },
	{ "not authorised", FAILURE_CONFIG },
	{ "invalid credentials", FAILURE_CONFIG },
	{ "bad credentials", FAILURE_CONFIG },
	{ "locate credentials", FAILURE_CONFIG },
	{ "invalid_grant", FAILURE_CONFIG },
	{ "invalid_client", FAILURE_CONFIG },
	{ "invalid_token", FAILURE_CONFIG },
	{ "invalid_auth", FAILURE_CONFIG },
	{ "invalid_login", FAILURE_CONFIG },
	{ "invalid_session", FAILURE_CONFIG },
	{ "invalid api key", FAILURE_CONFIG },
	{ "invalid token", FAILURE_CONFIG },
	{ "token is invalid", FAILURE_CONFIG },
	{ "invalidaccesskeyid", FAILURE_CONFIG },
	{ "invalidclienttokenid", FAILURE_CONFIG },
	{ "signaturedoesnotmatch", FAILURE_CONFIG },
	{ "token has expired", FAILURE_CONFIG },
	{ "token is expired", FAILURE_CONFIG },
	{ "token expired", FAILURE_CONFIG },
	{ "expired token", FAILURE_CONFIG },
	{ "expiredtoken", FAILURE_CONFIG },
	{ "expired_token", FAILURE_CONFIG },
	{ "revoked", FAILURE_CONFIG },
	{ "authentication failed", FAILURE_CONFIG },
	{ "login failed", FAILURE_CONFIG },
	{ "incorrect username or password", FAILURE_CONFIG },
	{ "no pg_hba.conf entry", FAILURE_CONFIG },
	{ "unknown database", FAILURE_CONFIG },
	{ "cannot open database", FAILURE_CONFIG },
	{ "no active warehouse", FAILURE_CONFIG },
	{ "does not exist", FAILURE_CONFIG },
	{ "no such file or directory", FAILURE_CONFIG },
	{ "is a directory", FAILURE_CONFIG },
	{ "not a directory", FAILURE_CONFIG },

	{ "timed out", FAILURE_TRANSIENT },
	{ "timeout", FAILURE_TRANSIENT },
	{ "time-out", FAILURE_TRANSIENT },
	{ "connection refused", FAILURE_TRANSIENT },
	{ "connection reset", FAILURE_TRANSIENT },
	{ "connection aborted", FAILURE_TRANSIENT },
	{ "connection broken", FAILURE_TRANSIENT },
	{ "connection has been closed", FAILURE_TRANSIENT },
	{ "connection already closed", FAILURE_TRANSIENT },
	{ "closed the connection", FAILURE_TRANSIENT },
	{ "closed connection", FAILURE_TRANSIENT },
	{ "lost connection", FAILURE_TRANSIENT },
	{ "terminating connection", FAILURE_TRANSIENT },
	{ "server has gone away", FAILURE_TRANSIENT },
	{ "server disconnected", FAILURE_TRANSIENT },
	{ "can't connect to", FAILURE_TRANSIENT },
	{ "broken pipe", FAILURE_TRANSIENT },
	{ "incompleteread", FAILURE_TRANSIENT },
	{ "unexpected_eof", FAILURE_TRANSIENT },
	{ "eof occurred in violation of protocol", FAILURE_TRANSIENT },
	{ "name or service not known", FAILURE_TRANSIENT },
	{ "nodename nor servname", FAILURE_TRANSIENT },
	{ "name resolution", FAILURE_TRANSIENT },
	{ "nameresolution", FAILURE_TRANSIENT },
	{ "failed to resolve", FAILURE_TRANSIENT },
	{ "could not translate host name", FAILURE_TRANSIENT },
	{ "network is unreachable", FAILURE_TRANSIENT },
	{ "no route to host", FAILURE_TRANSIENT },
	{ "max retries exceeded", FAILURE_TRANSIENT },
	{ "deadlock", FAILURE_TRANSIENT },
	{ "conflict with recovery", FAILURE_TRANSIENT },
	{ "database system is starting up", FAILURE_TRANSIENT },
	{ "connection slots are reserved", FAILURE_TRANSIENT },
	{ "too many connections", FAILURE_TRANSIENT },
	{ "too many clients", FAILURE_TRANSIENT },
	{ "temporarily unavailable", FAILURE_TRANSIENT },
	{ "try again later", FAILURE_TRANSIENT },
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
	{ 401, 403, FAILURE_CONFIG },
	{ 407, 407, FAILURE_CONFIG },
	{ 408, 408, FAILURE_TRANSIENT },
	{ 429, 429, FAILURE_TRANSIENT },
	{ 500, 599, FAILURE_TRANSIENT },
};

/* A number is a status only beside these: a bare 500 may be a count of rows. */
static const char *const before_status[] = {
	"status", "status code", "status_code", "error-code", "error code",
	"http error", "httperror", "http", "http/1.1", "response", "code", "returned",
};
static const char *const after_status[] = { " client error", " server error" };

static bool stands_beside_status_words(struct slice sentence, size_t at)
{
	struct slice rest = slice_of(sentence.data + at + 3, sentence.length - at - 3);

	for (size_t i = 0; i < COUNT(after_status); i++) {
		if (phrase_starts(rest, after_status[i]))
			return true;
	}
	while (at > 0 && strchr(" :=[(<\"'", sentence.data[at - 1]) != NULL)
		at--;
	for (size_t i = 0; i < COUNT(before_status); i++) {
		size_t length = strlen(before_status[i]);

		if (at >= length &&
		    phrase_starts(slice_of(sentence.data + at - length, length), before_status[i]))
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

/* 400 is how OAuth refuses a refresh token or a client; else it tells nothing. */
static bool is_refused_login(struct slice sentence, int status)
{
	return status == 400 &&
	       (phrase_occurs(sentence, "/token") || phrase_occurs(sentence, "oauth"));
}

enum failure_type failure_evidence_type(struct slice sentence)
{
	int status;

	for (size_t i = 0; i < COUNT(phrases); i++) {
		if (phrase_occurs(sentence, phrases[i].words))
			return phrases[i].type;
	}
	status = find_status(sentence);
	for (size_t i = 0; i < COUNT(statuses); i++) {
		if (statuses[i].first <= status && status <= statuses[i].last)
			return statuses[i].type;
	}
	return is_refused_login(sentence, status) ? FAILURE_CONFIG : FAILURE_SYSTEM;
}
