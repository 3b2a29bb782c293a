#include "secret_mask.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "count.h"
#include "json_compact.h"
#include "name_table.h"

/* What the walk over spec and config gathers. */
struct collection {
	struct secret_mask *mask;
	size_t capacity;
	struct name_table known; /* what the spec publishes, and the secrets that are in the mask */
	bool failed;             /* memory ran out */
};

typedef void take_leaf(struct collection *collection, struct slice text);

static bool is_space(char byte)
{
	return byte == ' ' || byte == '\t' || byte == '\r' || byte == '\n';
}

static struct slice trimmed(struct slice text)
{
	while (text.length > 0 && is_space(text.data[0]))
		text = slice_of(text.data + 1, text.length - 1);
	while (text.length > 0 && is_space(text.data[text.length - 1]))
		text.length--;
	return text;
}

static void publish(struct collection *collection, struct slice text)
{
	if (!name_table_set(&collection->known, text, 0))
		collection->failed = true;
}

static bool grow(struct collection *collection)
{
	struct secret_mask *mask = collection->mask;
	size_t capacity = collection->capacity ? collection->capacity * 2 : 16;
	struct slice *secrets;

	if (mask->count < collection->capacity)
		return true;
	secrets = realloc(mask->secrets, capacity * sizeof(*secrets));
	if (secrets == NULL)
		return false;
	mask->secrets = secrets;
	collection->capacity = capacity;
	return true;
}

/* True when the text was not known before. */
static bool add_as_written(struct collection *collection, struct slice text)
{
	struct secret_mask *mask = collection->mask;
	char *copy;

	if (text.length == 0 || name_table_get(&collection->known, text) != NULL)
		return false;
	copy = malloc(text.length);
	if (copy == NULL || !grow(collection)) {
		collection->failed = true;
		free(copy);
		return false;
	}
	memcpy(copy, text.data, text.length);
	mask->secrets[mask->count++] = slice_of(copy, text.length);
	publish(collection, text);
	return true;
}

/* Appends the text as it stands in the query of a URL. */
static void append_for_url(struct buffer *out, struct slice text)
{
	static const char digits[] = "0123456789ABCDEF";

	for (size_t i = 0; i < text.length; i++) {
		unsigned char byte = (unsigned char)text.data[i];

		if (byte == ' ') {
			buffer_append_char(out, '+');
		} else if (byte < 0x80 && (isalnum(byte) || memchr("-._~", byte, 4) != NULL)) {
			buffer_append_char(out, (char)byte);
		} else {
			buffer_append_char(out, '%');
			buffer_append_char(out, digits[byte >> 4]);
			buffer_append_char(out, digits[byte & 15]);
		}
	}
}

static void add(struct collection *collection, struct slice text)
{
	struct buffer encoded;

	if (!add_as_written(collection, text))
		return;
	buffer_init(&encoded, BUFFER_MAXIMUM);
	append_for_url(&encoded, text);
	if (encoded.failed)
		collection->failed = true;
	else
		add_as_written(collection, buffer_slice(&encoded));
	buffer_release(&encoded);
}

/* A text as a whole, without the white space around it, and line by line. */
static void add_text(struct collection *collection, struct slice text)
{
	struct slice rest = text;

	add(collection, text);
	add(collection, trimmed(text));
	while (rest.length > 0) {
		const char *end = memchr(rest.data, '\n', rest.length);
		size_t length = end ? (size_t)(end - rest.data) : rest.length;
		size_t step = end ? length + 1 : length;

		add(collection, trimmed(slice_of(rest.data, length)));
		rest = slice_of(rest.data + step, rest.length - step);
	}
}

/* Hands over all strings in the value, and its numbers as they are written. */
static void take_leaves(struct collection *collection, const json_t *value, bool numbers,
			take_leaf *take)
{
	const char *key;
	json_t *child;
	char *number;

	json_object_foreach((json_t *)value, key, child)
		take_leaves(collection, child, numbers, take);
	for (size_t i = 0; i < json_array_size(value); i++)
		take_leaves(collection, json_array_get(value, i), numbers, take);
	if (json_is_string(value))
		take(collection, slice_of(json_string_value(value), json_string_length(value)));
	if (!numbers || !json_is_number(value))
		return;
	number = json_compact(value);
	if (number == NULL)
		collection->failed = true;
	else
		take(collection, slice_of_string(number));
	free(number);
}

/* A JSON document counts as a whole and by its leaves, any other text also by its lines. */
static void add_secret(struct collection *collection, struct slice text)
{
	json_error_t problem = { .text = "" };
	json_t *document = json_loadb(text.data, text.length, 0, &problem);

	if (document == NULL) {
		/* a missing code is a failed allocation, too */
		if (json_error_code(&problem) == json_error_unknown ||
		    json_error_code(&problem) == json_error_out_of_memory)
			collection->failed = true;
		add_text(collection, text);
		return;
	}
	add(collection, text);
	add(collection, trimmed(text));
	take_leaves(collection, document, false, add_text);
	json_decref(document);
}

/* Goes over everything that the spec publishes. */
static void publish_all(struct collection *collection, const json_t *schema)
{
	static const char *const keywords[] = { "enum", "const", "default" };
	const char *key;
	json_t *child;

	for (size_t i = 0; i < COUNT(keywords); i++)
		take_leaves(collection, json_object_get(schema, keywords[i]), true, publish);
	json_object_foreach((json_t *)schema, key, child)
		publish_all(collection, child);
	for (size_t i = 0; i < json_array_size(schema); i++)
		publish_all(collection, json_array_get(schema, i));
}

static void collect(struct collection *collection, const json_t *schema, const json_t *value);

static void collect_branches(struct collection *collection, const json_t *schema,
			     const json_t *value)
{
	static const char *const keywords[] = { "oneOf", "anyOf", "allOf" };

	for (size_t i = 0; i < COUNT(keywords); i++) {
		const json_t *branches = json_object_get(schema, keywords[i]);

		for (size_t j = 0; j < json_array_size(branches); j++)
			collect(collection, json_array_get(branches, j), value);
	}
}

static void collect_children(struct collection *collection, const json_t *schema,
			     const json_t *value)
{
	const json_t *properties = json_object_get(schema, "properties");
	const json_t *additional = json_object_get(schema, "additionalProperties");
	const json_t *items = json_object_get(schema, "items");
	const char *key;
	json_t *child;

	json_object_foreach((json_t *)value, key, child) {
		const json_t *property = json_object_get(properties, key);

		collect(collection, property ? property : additional, child);
	}
	for (size_t i = 0; i < json_array_size(value); i++)
		collect(collection, items, json_array_get(value, i));
}

static void collect(struct collection *collection, const json_t *schema, const json_t *value)
{
	if (schema == NULL)
		return;
	if (json_is_true(json_object_get(schema, "airbyte_secret"))) {
		take_leaves(collection, value, true, add_secret);
		return;
	}
	collect_branches(collection, schema, value);
	collect_children(collection, schema, value);
}

static int longest_first(const void *a, const void *b)
{
	const struct slice *x = a, *y = b;

	if (x->length != y->length)
		return x->length > y->length ? -1 : 1;
	return slice_compare(*x, *y);
}

bool secret_mask_collect(struct secret_mask *mask, const json_t *connection_specification,
			 const json_t *config)
{
	struct collection collection = { .mask = mask, .known = NAME_TABLE_EMPTY };

	*mask = SECRET_MASK_EMPTY;
	publish_all(&collection, connection_specification);
	collect(&collection, connection_specification, config);
	name_table_release(&collection.known);
	if (mask->count > 0)
		qsort(mask->secrets, mask->count, sizeof(*mask->secrets), longest_first);
	for (size_t i = 0; i < mask->count; i++)
		mask->begins[(unsigned char)mask->secrets[i].data[0]] = true;
	return !collection.failed;
}

/* Is what is at `at` between two quotes of a kind? */
static bool is_quoted(struct slice text, size_t at, size_t length)
{
	char quote;

	if (at == 0 || text.length - at == length)
		return false;
	quote = text.data[at - 1];
	return (quote == '"' || quote == '\'') && text.data[at + length] == quote;
}

/* The length of the longest secret to mask at `at`; 0: there is none. */
static size_t secret_at(const struct secret_mask *mask, struct slice text, size_t at)
{
	struct slice rest = slice_of(text.data + at, text.length - at);

	if (!mask->begins[(unsigned char)rest.data[0]])
		return 0;
	for (size_t i = 0; i < mask->count; i++) {
		struct slice secret = mask->secrets[i];

		if (slice_starts_with(rest, secret) &&
		    (secret.length >= SECRET_LENGTH_ANYWHERE ||
		     is_quoted(text, at, secret.length)))
			return secret.length;
	}
	return 0;
}

/* Where what is masked from `at` on ends, with all secrets that overlap; `at`: nothing is. */
static size_t masked_end(const struct secret_mask *mask, struct slice text, size_t at)
{
	size_t end = at + secret_at(mask, text, at);

	for (at++; at < end; at++) {
		size_t length = secret_at(mask, text, at);

		if (at + length > end)
			end = at + length;
	}
	return end;
}

/* Is the text nothing but one secret, of any length? */
static bool is_secret(const struct secret_mask *mask, struct slice text)
{
	for (size_t i = 0; i < mask->count; i++)
		if (slice_equals(mask->secrets[i], text))
			return true;
	return false;
}

/* Copies the text from *copied to `at` and masks it from there to `end`. */
static void mask_part(struct buffer *out, struct slice text, size_t *copied, size_t at, size_t end)
{
	buffer_append(out, slice_of(text.data + *copied, at - *copied));
	buffer_append_string(out, SECRET_REPLACEMENT);
	*copied = end;
}

void secret_mask_apply(const struct secret_mask *mask, struct buffer *out, struct slice text)
{
	struct slice whole = trimmed(text);
	size_t copied = 0, at = 0, end;

	if (is_secret(mask, whole)) {
		at = (size_t)(whole.data - text.data);
		mask_part(out, text, &copied, at, at + whole.length);
		at = text.length;
	}
	for (; at < text.length; at = end) {
		end = masked_end(mask, text, at);
		if (end > at)
			mask_part(out, text, &copied, at, end);
		else
			end++;
	}
	if (text.length > copied)
		buffer_append(out, slice_of(text.data + copied, text.length - copied));
}

void secret_mask_release(struct secret_mask *mask)
{
	for (size_t i = 0; i < mask->count; i++)
		free((char *)mask->secrets[i].data);
	free(mask->secrets);
	*mask = SECRET_MASK_EMPTY;
}
