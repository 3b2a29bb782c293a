#include "json_difference.h"

#include <stdlib.h>

#include "document.h"
#include "json_text.h"

struct comparison {
	struct buffer pointer;
	size_t left; /* differences that may still be told */
	json_difference_say *say;
	void *owner;
};

static void say(struct comparison *comparison, const struct node *was, const struct node *is)
{
	struct slice nothing = { NULL, 0 };
	char *pointer;

	if (comparison->left == 0)
		return;
	comparison->left--;
	pointer = buffer_to_string(&comparison->pointer);
	if (pointer != NULL)
		comparison->say(comparison->owner, pointer, was ? was->text : nothing,
				is ? is->text : nothing);
	else
		comparison->pointer.failed = true;
	free(pointer);
}

/* One more step; the result is what to go back to. */
static size_t step_key(struct comparison *comparison, struct slice raw_key)
{
	size_t before = comparison->pointer.length;
	struct buffer key;

	buffer_init(&key, BUFFER_MAXIMUM);
	json_text_decode(&key, raw_key);
	buffer_append_char(&comparison->pointer, '/');
	for (size_t i = 0; i < key.length; i++) {
		if (key.data[i] == '~' || key.data[i] == '/')
			buffer_append_string(&comparison->pointer,
					     key.data[i] == '~' ? "~0" : "~1");
		else
			buffer_append_char(&comparison->pointer, key.data[i]);
	}
	buffer_release(&key);
	return before;
}

static size_t step_index(struct comparison *comparison, size_t index)
{
	size_t before = comparison->pointer.length;

	buffer_append_char(&comparison->pointer, '/');
	buffer_append_integer(&comparison->pointer, (long long)index);
	return before;
}

/* The member of that raw name, in the same spelling; members with other spellings differ. */
static const struct node *member_of(const struct node *object, struct slice raw_key)
{
	const struct node *child;

	node_for_each(child, object)
		if (slice_equals(child->key, raw_key))
			return child;
	return NULL;
}

static void compare(struct comparison *comparison, const struct node *was, const struct node *is);

static void compare_objects(struct comparison *comparison, const struct node *was,
			    const struct node *is)
{
	const struct node *child;

	node_for_each(child, was) {
		const struct node *other = member_of(is, child->key);
		size_t before = step_key(comparison, child->key);

		if (other != NULL)
			compare(comparison, child, other);
		else
			say(comparison, child, NULL);
		comparison->pointer.length = before;
	}
	node_for_each(child, is) {
		size_t before = step_key(comparison, child->key);

		if (member_of(was, child->key) == NULL)
			say(comparison, NULL, child);
		comparison->pointer.length = before;
	}
}

static void compare_arrays(struct comparison *comparison, const struct node *was,
			   const struct node *is)
{
	const struct node *old_end = was + was->size, *new_end = is + is->size;
	const struct node *old = was + 1, *new = is + 1;

	for (size_t i = 0; old < old_end || new < new_end; i++) {
		size_t before = step_index(comparison, i);

		if (old < old_end && new < new_end)
			compare(comparison, old, new);
		else
			say(comparison, old < old_end ? old : NULL, new < new_end ? new : NULL);
		comparison->pointer.length = before;
		if (old < old_end)
			old += old->size;
		if (new < new_end)
			new += new->size;
	}
}

/* As deep as the texts are nested: JSON_DEPTH_MAX. */
static void compare(struct comparison *comparison, const struct node *was, const struct node *is)
{
	if (comparison->left == 0 || slice_equals(was->text, is->text))
		return;
	if (was->kind == NODE_OBJECT && is->kind == NODE_OBJECT)
		compare_objects(comparison, was, is);
	else if (was->kind == NODE_ARRAY && is->kind == NODE_ARRAY)
		compare_arrays(comparison, was, is);
	else
		say(comparison, was, is);
}

bool json_difference(struct slice was, struct slice is, size_t maximum,
		     json_difference_say *tell, void *owner, struct error *error)
{
	struct comparison comparison = { .left = maximum, .say = tell, .owner = owner };
	struct document old = DOCUMENT_NONE, new = DOCUMENT_NONE;
	bool done;

	buffer_init(&comparison.pointer, BUFFER_MAXIMUM);
	done = document_parse(&old, was, error) && document_parse(&new, is, error);
	if (done) {
		compare(&comparison, old.nodes, new.nodes);
		done = !comparison.pointer.failed || error_set_no_memory(error);
	}
	document_release(&old);
	document_release(&new);
	buffer_release(&comparison.pointer);
	return done;
}
