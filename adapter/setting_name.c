#include "setting_name.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

#include "count.h"
#include "slice.h"

/* More words than a name that says anything has. */
#define WORDS_MAXIMUM 16

struct words {
	struct slice word[WORDS_MAXIMUM];
	size_t count;
};

static bool is_separator(char byte)
{
	return byte != '\0' && strchr("_-. ", byte) != NULL;
}

/* clientSecret, APIKey: a word begins at a capital after or before a small letter. */
static bool begins_word(const char *name, size_t at)
{
	if (at == 0 || is_separator(name[at - 1]))
		return true;
	return isupper((unsigned char)name[at]) &&
	       (islower((unsigned char)name[at - 1]) ||
		(isupper((unsigned char)name[at - 1]) && islower((unsigned char)name[at + 1])));
}

/* The last place takes what is left. */
static struct words words_of(const char *name)
{
	struct words words = { .count = 0 };
	size_t start = 0;

	for (size_t i = 0; name[i] != '\0'; i++) {
		if (begins_word(name, i) && !is_separator(name[i])) {
			if (words.count == WORDS_MAXIMUM)
				break;
			start = i;
			words.count++;
		}
		if (!is_separator(name[i]))
			words.word[words.count - 1] = slice_of(name + start, i + 1 - start);
	}
	return words;
}

static bool is_word(struct slice word, const char *known)
{
	return word.length == strlen(known) && strncasecmp(word.data, known, word.length) == 0;
}

static bool is_one_of(struct slice word, const char *const *known, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (is_word(word, known[i]))
			return true;
	return false;
}

static struct slice word_at(const struct words *words, size_t i)
{
	return i < words->count ? words->word[i] : SLICE("");
}

/*
 * ---- secrets ----
 */

/* What a secret is called; "key" and "token" are judged by the word before. */
static const char *const secrets[] = {
	"password", "passwords", "passwd", "passphrase", "pwd", "pass", "secret", "secrets",
	"apikey", "apikeys", "apitoken", "privatekey", "accesstoken", "clientsecret",
	"credentials", "credential", "creds", "jwt", "pat", "cookie", "cookies", "dsn",
};

/* Words of which a "key" is a secret. */
static const char *const secret_keys[] = {
	"api", "private", "access", "secret", "auth", "account", "signing", "encryption", "app",
	"application", "license", "shared", "subscription", "developer", "dev", "master", "ssh",
	"pem", "rsa", "service", "security", "integration",
};

/* Words of which a "token" is none. */
static const char *const open_tokens[] = { "page", "next", "continuation", "sync", "start" };

/* What comes last where a secret's name names something that belongs to it. */
static const char *const belongings[] = {
	"url", "uri", "endpoint", "host", "path", "paths", "file", "filename", "name", "id", "ids",
	"type", "expires", "expiry", "expiration", "expire", "ttl", "secs", "seconds", "at", "in",
	"date", "method", "header", "param", "length", "limit", "size", "count", "enabled",
	"field", "format", "version", "region", "scope", "prefix", "location", "alias",
};

static bool is_secret_at(const struct words *words, size_t i)
{
	static const char *const keys[] = { "key", "keys" };
	static const char *const tokens[] = { "token", "tokens" };
	struct slice word = words->word[i], before = i > 0 ? words->word[i - 1] : SLICE("");

	if (is_one_of(word, keys, COUNT(keys)))
		return is_one_of(before, secret_keys, COUNT(secret_keys));
	if (is_one_of(word, tokens, COUNT(tokens)))
		return !is_one_of(before, open_tokens, COUNT(open_tokens));
	if (is_word(word, "string"))
		return is_word(before, "connection");
	if (is_word(word, "account"))
		return is_word(before, "service") && is_word(word_at(words, i + 1), "json");
	return is_one_of(word, secrets, COUNT(secrets));
}

bool setting_name_is_secret(const char *name)
{
	struct words words = words_of(name);
	bool found = false;

	if (words.count == 0 ||
	    is_one_of(words.word[words.count - 1], belongings, COUNT(belongings)))
		return false;
	for (size_t i = 0; i < words.count && !found; i++)
		found = is_secret_at(&words, i);
	return found;
}

/*
 * ---- titles ----
 */

/* Words that are written their own way. */
static const char *const spellings[] = {
	"API", "URL", "URI", "ID", "IDs", "SSL", "TLS", "SQL", "HTTP", "HTTPS", "IP", "CSV", "JSON",
	"XML", "OAuth", "OAuth2", "AWS", "S3", "GCP", "GCS", "SSH", "SFTP", "FTP", "DB", "DSN",
	"JWT", "UTC", "TTL", "CA", "CRM", "GraphQL", "REST", "GitHub", "GitLab", "YAML", "UUID",
};

static const char *spelling_of(struct slice word)
{
	for (size_t i = 0; i < COUNT(spellings); i++)
		if (is_word(word, spellings[i]))
			return spellings[i];
	return NULL;
}

void setting_name_title(const char *name, struct buffer *out)
{
	struct words words = words_of(name);

	for (size_t i = 0; i < words.count; i++) {
		struct slice word = words.word[i];
		const char *spelling = spelling_of(word);

		if (i > 0)
			buffer_append_char(out, ' ');
		if (spelling != NULL)
			buffer_append_string(out, spelling);
		for (size_t j = 0; spelling == NULL && j < word.length; j++) {
			unsigned char byte = (unsigned char)word.data[j];

			buffer_append_char(out, (char)(i == 0 && j == 0 ? toupper(byte)
									 : tolower(byte)));
		}
	}
	if (words.count == 0)
		buffer_append_string(out, name);
}

/*
 * ---- placeholders ----
 */

/* By the last word of the name; what none of them fits is a word. */
static const struct {
	const char *last;
	const char *value;
} placeholders[] = {
	{ "date", "2024-01-01T00:00:00Z" },   { "since", "2024-01-01T00:00:00Z" },
	{ "from", "2024-01-01T00:00:00Z" },   { "until", "2024-01-02T00:00:00Z" },
	{ "to", "2024-01-02T00:00:00Z" },     { "url", "https://example.invalid" },
	{ "uri", "https://example.invalid" }, { "endpoint", "https://example.invalid" },
	{ "host", "example.invalid" },        { "hostname", "example.invalid" },
	{ "domain", "example.invalid" },      { "email", "nobody@example.invalid" },
	{ "port", "1" },                      { "days", "1" },
	{ "seconds", "1" },                   { "timeout", "1" },
	{ "limit", "1" },                     { "size", "1" },
	{ "repository", "example/example" },  { "enabled", "false" },
	{ "agent", "tapbyte" },
};

const char *setting_name_placeholder(const char *name)
{
	struct words words = words_of(name);

	for (size_t i = 0; words.count > 0 && i < COUNT(placeholders); i++)
		if (is_word(words.word[words.count - 1], placeholders[i].last))
			return placeholders[i].value;
	return "placeholder";
}

bool setting_name_is_date(const char *name)
{
	static const char *const dates[] = { "date", "since", "until" };
	struct words words = words_of(name);

	return words.count > 0 && is_one_of(words.word[words.count - 1], dates, COUNT(dates));
}
