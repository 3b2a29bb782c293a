#include "secret_index.h"

#include <ctype.h>
#include <stdlib.h>

#include "base64.h"
#include "buffer.h"
#include "count.h"

/* So many bytes of a secret are looked for in base64 and hexadecimal; the rest is in the run. */
#define ENCODED_LENGTH 72

/* The lines of very long texts are not all looked for in base64 and hexadecimal. */
#define ENCODED_MAXIMUM 10000

/* There are 2^8 to 2^23 buckets, and as many secrets and encodings. */
#define FEWEST_BUCKET_BITS 8
#define MOST_BUCKET_BITS 23

/* The filter has 2^8 times more bits than there are buckets, but fits into a cache. */
#define MORE_FILTER_BITS 8
#define MOST_FILTER_BITS 22

/*
 * ---- the table ----
 */

static uint64_t hash_at(const char *p)
{
	uint32_t first;
	uint16_t second;

	_Static_assert(sizeof(first) + sizeof(second) == SECRET_LENGTH_ANYWHERE, "what is hashed");
	memcpy(&first, p, sizeof(first));
	memcpy(&second, p + sizeof(first), sizeof(second));
	return ((uint64_t)second << 32 | first) * 0x9e3779b97f4a7c15u;
}

static unsigned filter_bits(unsigned bucket_bits)
{
	unsigned bits = bucket_bits + MORE_FILTER_BITS;

	return bits < MOST_FILTER_BITS ? bits : MOST_FILTER_BITS;
}

static size_t filter_bit(const struct secret_index *index, uint64_t hash)
{
	return hash >> (64 - filter_bits(index->bucket_bits));
}

static bool passes_filter(const struct secret_index *index, uint64_t hash)
{
	size_t bit = filter_bit(index, hash);

	return (index->filter[bit / 64] >> bit % 64 & 1) != 0;
}

static uint32_t *bucket_of(const struct secret_index *index, uint64_t hash)
{
	return &index->buckets[hash >> (64 - index->bucket_bits)];
}

static void link_form(struct secret_index *index, size_t i)
{
	struct secret_form *form = &index->forms[i];
	uint32_t *bucket = bucket_of(index, form->hash);
	size_t bit = filter_bit(index, form->hash);

	index->filter[bit / 64] |= (uint64_t)1 << bit % 64;
	form->next = *bucket;
	*bucket = (uint32_t)i + 1;
}

/* Room for one more form, and a bucket for each. */
static bool grow(struct secret_index *index)
{
	unsigned bits = index->capacity ? index->bucket_bits + 1 : FEWEST_BUCKET_BITS;
	size_t capacity = (size_t)1 << bits;
	struct secret_form *forms;
	uint32_t *buckets;
	uint64_t *filter;

	if (index->count < index->capacity)
		return true;
	if (bits > MOST_BUCKET_BITS)
		return false;
	forms = realloc(index->forms, capacity * sizeof(*forms));
	if (forms == NULL)
		return false;
	index->forms = forms;
	buckets = calloc(capacity, sizeof(*buckets));
	filter = calloc(((size_t)1 << filter_bits(bits)) / 64, sizeof(*filter));
	if (buckets == NULL || filter == NULL) {
		free(buckets);
		free(filter);
		return false;
	}
	free(index->buckets);
	free(index->filter);
	index->buckets = buckets;
	index->filter = filter;
	index->bucket_bits = bits;
	index->capacity = capacity;
	for (size_t i = 0; i < index->count; i++)
		link_form(index, i);
	return true;
}

/* The longest form that the text begins with; NULL: there is none. */
static const struct secret_form *form_at(const struct secret_index *index, struct slice text)
{
	uint64_t hash = hash_at(text.data);
	const struct secret_form *longest = NULL;

	if (!passes_filter(index, hash))
		return NULL;
	for (uint32_t i = *bucket_of(index, hash); i != 0; i = index->forms[i - 1].next) {
		const struct secret_form *form = &index->forms[i - 1];

		if (form->hash == hash &&
		    (longest == NULL || form->text.length > longest->text.length) &&
		    slice_starts_with(text, form->text))
			longest = form;
	}
	return longest;
}

static bool has_form(const struct secret_index *index, struct slice text, bool in_run)
{
	const struct secret_form *form = index->count > 0 ? form_at(index, text) : NULL;

	return form != NULL && form->text.length == text.length && form->in_run == in_run;
}

static bool add_form(struct secret_index *index, struct slice text, bool in_run)
{
	char *copy;

	if (has_form(index, text, in_run))
		return true;
	copy = grow(index) ? malloc(text.length) : NULL;
	if (copy == NULL)
		return false;
	memcpy(copy, text.data, text.length);
	index->forms[index->count] = (struct secret_form){
		.text = slice_of(copy, text.length), .hash = hash_at(copy), .in_run = in_run,
	};
	link_form(index, index->count++);
	return true;
}

static bool add_quoted(struct secret_index *index, struct slice text)
{
	if (text.length > index->quoted_maximum)
		index->quoted_maximum = text.length;
	return name_table_set(&index->quoted, text, 0);
}

/*
 * ---- the ways to write a secret ----
 */

/* Adds a text in the encoding's alphabet, in the way that suits the secret's length. */
static bool add_encoded(struct secret_index *index, struct slice secret, struct slice text)
{
	if (secret.length < SECRET_LENGTH_ANYWHERE)
		return add_quoted(index, text);
	return add_form(index, text, true);
}

static bool add_hex(struct secret_index *index, struct slice secret, struct buffer *text)
{
	static const char *const alphabets[] = { "0123456789abcdef", "0123456789ABCDEF" };
	bool added = true;

	for (size_t i = 0; added && i < COUNT(alphabets); i++) {
		buffer_clear(text);
		for (size_t j = 0; j < secret.length && j < ENCODED_LENGTH; j++) {
			unsigned char byte = (unsigned char)secret.data[j];

			buffer_append_char(text, alphabets[i][byte >> 4]);
			buffer_append_char(text, alphabets[i][byte & 15]);
		}
		added = !text->failed && add_encoded(index, secret, buffer_slice(text));
	}
	return added;
}

/* The part of the text, and the same in the alphabet for URLs, which stays in the text. */
static bool add_both_alphabets(struct secret_index *index, struct slice secret,
			       struct buffer *text, struct slice part)
{
	if (!add_encoded(index, secret, part))
		return false;
	for (size_t i = 0; i < text->length; i++) {
		if (text->data[i] == '+')
			text->data[i] = '-';
		else if (text->data[i] == '/')
			text->data[i] = '_';
	}
	return add_encoded(index, secret, part);
}

/* The characters that depend on the secret alone when `before` bytes stand in front of it. */
static bool add_base64_at(struct secret_index *index, struct slice secret, struct buffer *text,
			  size_t before)
{
	size_t used = secret.length < ENCODED_LENGTH ? secret.length : ENCODED_LENGTH;
	char bytes[2 + ENCODED_LENGTH] = { 0 };
	size_t start = (8 * before + 5) / 6, end = 8 * (before + used) / 6;

	memcpy(bytes + before, secret.data, used);
	buffer_clear(text);
	base64_encode(text, slice_of(bytes, before + used));
	return !text->failed &&
	       add_both_alphabets(index, secret, text, slice_of(text->data + start, end - start));
}

/* A short secret is all that is encoded, with its padding or without. */
static bool add_short_base64(struct secret_index *index, struct slice secret, struct buffer *text)
{
	const size_t lengths[] = { (8 * secret.length + 5) / 6, (secret.length + 2) / 3 * 4 };
	bool added = true;

	for (size_t i = 0; added && i < COUNT(lengths); i++) {
		buffer_clear(text);
		base64_encode(text, secret);
		added = !text->failed && add_both_alphabets(index, secret, text,
							    slice_of(text->data, lengths[i]));
	}
	return added;
}

static bool add_base64(struct secret_index *index, struct slice secret, struct buffer *text)
{
	if (secret.length < SECRET_LENGTH_ANYWHERE)
		return add_short_base64(index, secret, text);
	return add_base64_at(index, secret, text, 0) && add_base64_at(index, secret, text, 1) &&
	       add_base64_at(index, secret, text, 2);
}

bool secret_index_add(struct secret_index *index, struct slice secret)
{
	struct buffer text;
	bool added;

	if (secret.length < SECRET_LENGTH_ANYWHERE) {
		if (!add_quoted(index, secret))
			return false;
	} else if (has_form(index, secret, false)) {
		return true;
	} else if (!add_form(index, secret, false)) {
		return false;
	}
	if (index->encoded >= ENCODED_MAXIMUM)
		return true;
	index->encoded++;
	buffer_init(&text, BUFFER_MAXIMUM);
	added = add_hex(index, secret, &text) && add_base64(index, secret, &text);
	buffer_release(&text);
	return added;
}

/*
 * ---- finding ----
 */

static bool is_run_byte(char byte)
{
	return isalnum((unsigned char)byte) ||
	       (byte != '\0' && strchr("+/-_", byte) != NULL);
}

/* The base64 characters around a place, and the padding behind them. */
static struct secret_range run_around(struct slice text, size_t start, size_t end)
{
	while (start > 0 && is_run_byte(text.data[start - 1]))
		start--;
	while (end < text.length && is_run_byte(text.data[end]))
		end++;
	for (int i = 0; i < 2 && end < text.length && text.data[end] == '='; i++)
		end++;
	return (struct secret_range){ start, end };
}

bool secret_index_find(const struct secret_index *index, struct slice text, size_t *from,
		       struct secret_range *found)
{
	if (index->count == 0)
		return false;
	for (size_t at = *from; at + SECRET_LENGTH_ANYWHERE <= text.length; at++) {
		const struct secret_form *form =
			form_at(index, slice_of(text.data + at, text.length - at));

		if (form == NULL)
			continue;
		*found = (struct secret_range){ at, at + form->text.length };
		*from = at + 1;
		if (form->in_run) {
			*found = run_around(text, found->start, found->end);
			*from = found->end;
		}
		return true;
	}
	return false;
}

bool secret_index_is_short(const struct secret_index *index, struct slice text)
{
	return text.length <= index->quoted_maximum && text.length > 0 &&
	       name_table_get(&index->quoted, text) != NULL;
}

/* The length of what stands behind the quote at `at` and is masked there; 0: nothing. */
static size_t quoted_at(const struct secret_index *index, struct slice text, size_t at)
{
	const char *inside = text.data + at + 1;
	size_t rest = text.length - at - 1;

	for (size_t length = index->quoted_maximum; length > 0; length--)
		if (length < rest && inside[length] == text.data[at] &&
		    secret_index_is_short(index, slice_of(inside, length)))
			return length;
	return 0;
}

/* What ends the value behind a "=": of a URL's query, of a form, of key=value in a log. */
static bool ends_value(char byte)
{
	return isspace((unsigned char)byte) ||
	       (byte != '\0' && strchr("&;#,\"'<>()[]{}|\\", byte) != NULL);
}

/* The same for what stands behind a "=" as the whole value. */
static size_t value_at(const struct secret_index *index, struct slice text, size_t at)
{
	const char *inside = text.data + at + 1;
	size_t rest = text.length - at - 1;

	for (size_t length = index->quoted_maximum; length > 0; length--)
		if (length <= rest && (length == rest || ends_value(inside[length])) &&
		    secret_index_is_short(index, slice_of(inside, length)))
			return length;
	return 0;
}

bool secret_index_find_quoted(const struct secret_index *index, struct slice text, size_t *from,
			      struct secret_range *found)
{
	if (index->quoted.count == 0)
		return false;
	for (size_t at = *from; at < text.length; at++) {
		size_t length = 0;

		if (text.data[at] == '"' || text.data[at] == '\'')
			length = quoted_at(index, text, at);
		else if (text.data[at] == '=')
			length = value_at(index, text, at);
		if (length == 0)
			continue;
		*found = (struct secret_range){ at + 1, at + 1 + length };
		*from = found->end;
		return true;
	}
	return false;
}

void secret_index_release(struct secret_index *index)
{
	for (size_t i = 0; i < index->count; i++)
		free((char *)index->forms[i].text.data);
	free(index->forms);
	free(index->buckets);
	free(index->filter);
	name_table_release(&index->quoted);
	*index = SECRET_INDEX_EMPTY;
}
