#include "message_compare.h"

#include <stdlib.h>

#include "buffer.h"
#include "count.h"
#include "json_diff.h"
#include "message_name.h"

/* Columns of the name of a catalog's stream. */
#define NAME_COLUMNS 60

struct comparison {
	void (*found)(void *owner, const struct message_place *place);
	void *owner;
	struct message_place place; /* the next one: its subject and part */
	bool failed;
};

static void tell_place(void *owner, struct slice pointer, const struct node *was,
		       const struct node *is)
{
	struct comparison *comparison = owner;

	comparison->place.pointer = pointer;
	comparison->place.was = was;
	comparison->place.is = is;
	comparison->found(comparison->owner, &comparison->place);
}

static void compare_part(struct comparison *comparison, const char *part, const char *prefix,
			 const struct node *was, const struct node *is)
{
	struct json_diff diff;

	comparison->place.part = part;
	json_diff_init(&diff, tell_place, comparison);
	json_diff_compare(&diff, prefix, was, is);
	comparison->failed = comparison->failed || diff.failed;
	json_diff_release(&diff);
}

/* A member of the one beside the other's of that name. */
static void compare_member(struct comparison *comparison, const char *part, struct slice key,
			   const struct node *was, const struct node *is)
{
	struct buffer pointer;

	buffer_init(&pointer, BUFFER_MAXIMUM);
	buffer_append_char(&pointer, '/');
	buffer_append(&pointer, key);
	buffer_append_char(&pointer, '\0');
	if (!pointer.failed)
		compare_part(comparison, part, pointer.data, was, is);
	comparison->failed = comparison->failed || pointer.failed;
	buffer_release(&pointer);
}

/* All members but one, which is compared by itself. */
static void compare_members_but(struct comparison *comparison, const char *part,
				const struct node *was, const struct node *is, const char *but)
{
	const struct slice left_out = slice_of_string(but);
	const struct node *member;

	if (was != NULL)
		node_for_each(member, was)
			if (!slice_equals(member->key, left_out))
				compare_member(comparison, part, member->key, member,
					       node_get_raw(is, member->key));
	if (is != NULL)
		node_for_each(member, is)
			if (!slice_equals(member->key, left_out) &&
			    node_get_raw(was, member->key) == NULL)
				compare_member(comparison, part, member->key, NULL, member);
}

/*
 * ---- catalogs ----
 */

/* A catalog's stream of the same name; NULL: there is none. */
static const struct node *stream_like(const struct node *streams, const struct node *stream)
{
	static const char *const names[] = { "name", "namespace" };
	const struct node *other;

	node_for_each(other, streams) {
		size_t same = 0;

		for (size_t i = 0; i < COUNT(names); i++)
			same += slice_equals(node_raw(node_get(stream, names[i])),
					     node_raw(node_get(other, names[i])));
		if (same == COUNT(names))
			return other;
	}
	return NULL;
}

static void compare_stream(struct comparison *comparison, const struct node *was,
			   const struct node *is)
{
	const char *subject = comparison->place.subject;
	struct buffer name;
	char *own;

	buffer_init(&name, BUFFER_MAXIMUM);
	message_append_stream(&name, was != NULL ? was : is, NAME_COLUMNS);
	own = buffer_to_string(&name);
	buffer_release(&name);
	comparison->failed = comparison->failed || own == NULL;
	if (own == NULL)
		return;
	comparison->place.subject = own;
	if (was == NULL || is == NULL) {
		compare_part(comparison, "catalog", "", was, is);
	} else {
		compare_members_but(comparison, "catalog", was, is, "json_schema");
		compare_part(comparison, "schema", "", node_get(was, "json_schema"),
			     node_get(is, "json_schema"));
	}
	comparison->place.subject = subject;
	free(own);
}

static void compare_catalogs(struct comparison *comparison, const struct node *was,
			     const struct node *is)
{
	const struct node *stream;

	was = node_get(was, "streams");
	is = node_get(is, "streams");
	if (was == NULL || is == NULL)
		return;
	node_for_each(stream, was)
		compare_stream(comparison, stream, stream_like(is, stream));
	node_for_each(stream, is)
		if (stream_like(was, stream) == NULL)
			compare_stream(comparison, NULL, stream);
}

/*
 * ---- messages ----
 */

/* Messages of which a part is looked into, and what is beside it is told by itself. */
static const struct {
	const char *member, *part, *beside, *but;
} contents[] = {
	{ "record", "field", "record", "data" },
	{ "state", "state", "state message", "stream" },
};

static void compare(struct comparison *comparison, const struct node *was, const struct node *is)
{
	for (size_t i = 0; i < COUNT(contents); i++) {
		const struct node *inside = node_get(was, contents[i].member);

		if (inside == NULL)
			continue;
		compare_part(comparison, contents[i].part, "", message_content(was),
			     message_content(is));
		compare_members_but(comparison, contents[i].beside, inside,
				    node_get(is, contents[i].member), contents[i].but);
		return;
	}
	if (node_get(was, "catalog") != NULL)
		compare_catalogs(comparison, node_get(was, "catalog"), node_get(is, "catalog"));
	else
		compare_part(comparison, message_noun(was), "", was, is);
}

bool message_compare(const struct node *was, const struct node *is,
		     void (*found)(void *owner, const struct message_place *place), void *owner)
{
	struct comparison comparison = { .found = found, .owner = owner };
	char *subject = message_subject(was);

	if (subject == NULL)
		return false;
	comparison.place.subject = subject;
	compare(&comparison, was, is);
	free(subject);
	return !comparison.failed;
}
