#include "secret_mask.h"

#include <stdlib.h>
#include <string.h>

#include "count.h"
#include "json_compact.h"
#include "json_load.h"
#include "secret_view.h"

/*
 * In the key file of every service account: with them most that a log says of an API would
 * be masked.
 */
static const char *const in_all_key_files[] = {
	"service_account", "authorized_user", "googleapis.com",
	"https://accounts.google.com/o/oauth2/auth", "https://oauth2.googleapis.com/token",
	"https://www.googleapis.com/oauth2/v1/certs",
	"-----BEGIN PRIVATE KEY-----", "-----END PRIVATE KEY-----",
};

/* JSON in JSON in a structured log. */
#define ESCAPE_LEVELS 3

/* A URL in the query of a URL, or a URL in HTML. */
#define WEB_LEVELS 2

/* What the walk over spec and config gathers. */
struct collection {
	struct secret_mask *mask;
	bool failed; /* memory ran out */
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
	if (!name_table_set(&collection->mask->published, text, 0))
		collection->failed = true;
}

static void add(struct collection *collection, struct slice text)
{
	if (!secret_mask_add(collection->mask, text))
		collection->failed = true;
}

/* A text as a whole, without the white space around it, and line by line. */
static void add_text(struct collection *collection, struct slice text)
{
	struct slice rest = text, line;

	add(collection, text);
	add(collection, trimmed(text));
	while (slice_take_line(&rest, &line))
		add(collection, trimmed(line));
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
	json_error_t problem;
	json_t *document = json_load_slice(text, 0, &problem);

	if (document == NULL) {
		if (problem.text[0] == '\0')
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

bool secret_mask_add(struct secret_mask *mask, struct slice secret)
{
	if (secret.length == 0 || name_table_get(&mask->published, secret) != NULL)
		return true;
	mask->count++;
	if (!secret_index_add(&mask->index, secret))
		mask->incomplete = true;
	return !mask->incomplete;
}

bool secret_mask_collect_more(struct secret_mask *mask, const json_t *connection_specification,
			      const json_t *config)
{
	struct collection collection = { .mask = mask };

	for (size_t i = 0; i < COUNT(in_all_key_files); i++)
		publish(&collection, slice_of_string(in_all_key_files[i]));
	publish_all(&collection, connection_specification);
	collect(&collection, connection_specification, config);
	mask->incomplete = mask->incomplete || collection.failed;
	return !mask->incomplete;
}

bool secret_mask_collect(struct secret_mask *mask, const json_t *connection_specification,
			 const json_t *config)
{
	*mask = SECRET_MASK_EMPTY;
	return secret_mask_collect_more(mask, connection_specification, config);
}

/*
 * ---- applying ----
 */

/* What is to be masked, in all views of a text. */
struct search {
	const struct secret_mask *mask;
	struct secret_range *ranges;
	size_t count;
	size_t capacity;
	bool failed; /* memory ran out */
};

static bool grow(struct search *search)
{
	size_t capacity = search->capacity ? search->capacity * 2 : 16;
	struct secret_range *ranges;

	if (search->count < search->capacity)
		return true;
	ranges = realloc(search->ranges, capacity * sizeof(*ranges));
	if (ranges == NULL)
		return false;
	search->ranges = ranges;
	search->capacity = capacity;
	return true;
}

/* Notes a range of a view, whose bytes have these origins; of the text itself where NULL. */
static void note(struct search *search, struct secret_range range, const uint32_t *origins)
{
	struct secret_range *last;

	if (origins != NULL)
		range = (struct secret_range){ origins[range.start], origins[range.end] };
	last = search->count > 0 ? &search->ranges[search->count - 1] : NULL;
	if (last != NULL && range.start >= last->start && range.start < last->end) {
		if (range.end > last->end)
			last->end = range.end;
	} else if (grow(search)) {
		search->ranges[search->count++] = range;
	} else {
		search->failed = true;
	}
}

static void search_view(struct search *search, struct slice text, const uint32_t *origins)
{
	const struct secret_index *index = &search->mask->index;
	struct slice whole = trimmed(text);
	struct secret_range found;
	size_t from = 0;

	if (secret_index_is_short(index, whole)) {
		found.start = (size_t)(whole.data - text.data);
		found.end = found.start + whole.length;
		note(search, found, origins);
	}
	while (!search->failed && secret_index_find(index, text, &from, &found))
		note(search, found, origins);
	from = 0;
	while (!search->failed && secret_index_find_quoted(index, text, &from, &found))
		note(search, found, origins);
}

/* The text, and what is left of it when escapes are undone, and undone in that again. */
static void search_escaped(struct search *search, struct slice text, const uint32_t *origins)
{
	struct secret_view views[ESCAPE_LEVELS];
	size_t count = 0;

	search_view(search, text, origins);
	while (count < ESCAPE_LEVELS && secret_view_read(&views[count], WRITTEN_ESCAPED, text,
							 origins, &search->failed)) {
		text = slice_of(views[count].bytes, views[count].length);
		origins = views[count].origins;
		search_view(search, text, origins);
		count++;
	}
	while (count > 0)
		secret_view_release(&views[--count]);
}

/* The same, and in all that the ways of the web leave of it, so many levels deep. */
static void search_all(struct search *search, struct slice text, const uint32_t *origins,
		       unsigned levels)
{
	static const enum secret_writing writings[] = { WRITTEN_PERCENT, WRITTEN_FORM,
							WRITTEN_ENTITY };
	struct secret_view view;

	search_escaped(search, text, origins);
	for (size_t i = 0; i < COUNT(writings) && levels > 0; i++) {
		if (!secret_view_read(&view, writings[i], text, origins, &search->failed))
			continue;
		search_all(search, slice_of(view.bytes, view.length), view.origins, levels - 1);
		secret_view_release(&view);
	}
}

static int first_first(const void *a, const void *b)
{
	const struct secret_range *x = a, *y = b;

	if (x->start != y->start)
		return x->start < y->start ? -1 : 1;
	return (x->end < y->end) - (x->end > y->end);
}

/* Appends the text with the ranges replaced; those that overlap are one. */
static void replace(struct search *search, struct buffer *out, struct slice text)
{
	size_t copied = 0;

	if (search->count > 0)
		qsort(search->ranges, search->count, sizeof(*search->ranges), first_first);
	for (size_t i = 0; i < search->count; i++) {
		struct secret_range range = search->ranges[i];

		if (range.start >= copied) {
			buffer_append(out, slice_of(text.data + copied, range.start - copied));
			buffer_append_string(out, SECRET_REPLACEMENT);
		}
		if (range.end > copied)
			copied = range.end;
	}
	if (text.length > copied)
		buffer_append(out, slice_of(text.data + copied, text.length - copied));
}

void secret_mask_apply(const struct secret_mask *mask, struct buffer *out, struct slice text)
{
	struct search search = { .mask = mask, .failed = mask->incomplete || mask->behind };

	if (!search.failed && mask->count > 0 && text.length > 0)
		search_all(&search, text, NULL, WEB_LEVELS);
	if (search.failed)
		out->failed = true;
	else
		replace(&search, out, text);
	free(search.ranges);
}

void secret_mask_release(struct secret_mask *mask)
{
	secret_index_release(&mask->index);
	name_table_release(&mask->published);
	*mask = SECRET_MASK_EMPTY;
}
