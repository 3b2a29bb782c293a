#include "message_diff.h"

#include <stdlib.h>

#include "document.h"
#include "hash.h"
#include "message_compare.h"
#include "message_name.h"
#include "terminal_text.h"

/* Columns of a place. */
#define PLACE_COLUMNS 90

/* How far ahead the message is searched that is most like another one. */
#define CANDIDATES 8

struct diff_line {
	char *text;
	size_t length;
	uint64_t hash;
	uint64_t number; /* of the line, from 1 */
	char *lane;      /* type and stream: messages that can be compared */
	struct document document; /* nothing where it is no JSON */
	bool used;
};

struct diff_queue {
	struct diff_line lines[MESSAGE_DIFF_WINDOW];
	size_t count;
	size_t bytes;
	uint64_t number; /* of lines so far */
};

static const struct node *root_of(const struct diff_line *line)
{
	return line->document.count > 0 ? line->document.nodes : NULL;
}

/*
 * ---- what there is to tell ----
 */

/* What people look at of a line; nothing of none. */
static struct slice shown(const struct diff_line *line)
{
	const struct node *content = line != NULL ? message_content(root_of(line)) : NULL;

	if (content != NULL)
		return content->text;
	return line != NULL ? slice_of(line->text, line->length) : slice_of(NULL, 0);
}

/* A difference of whole lines, of which one may be NULL. */
static struct difference difference_of(enum difference_kind kind, const char *subject,
				       const struct diff_line *expected,
				       const struct diff_line *actual)
{
	return (struct difference){
		.kind = kind, .subject = subject,
		.expected = expected != NULL ? expected->number : 0,
		.actual = actual != NULL ? actual->number : 0,
		.was = shown(expected), .is = shown(actual),
	};
}

/* Two lines that are compared. */
struct pair {
	struct message_diff *diff;
	const struct diff_line *expected, *actual;
	bool found; /* a place */
};

static void tell_place(void *owner, const struct message_place *place)
{
	struct pair *pair = owner;
	struct difference difference = {
		.kind = DIFFERENCE_PLACE, .subject = place->subject,
		.expected = pair->expected->number, .actual = pair->actual->number,
		.was = place->was ? place->was->text : slice_of(NULL, 0),
		.is = place->is ? place->is->text : slice_of(NULL, 0),
	};
	struct buffer what;
	char *text;

	pair->found = true;
	buffer_init(&what, BUFFER_MAXIMUM);
	buffer_append_string(&what, place->part);
	buffer_append_string(&what, place->pointer.length > 0 ? " " : "");
	terminal_text_append(&what, place->pointer, PLACE_COLUMNS);
	text = buffer_to_string(&what);
	buffer_release(&what);
	difference.what = text;
	if (text != NULL)
		differences_add(&pair->diff->differences, &difference);
	pair->diff->failed = pair->diff->failed || text == NULL;
	free(text);
}

static void tell_pair(struct message_diff *diff, const struct diff_line *expected,
		      const struct diff_line *actual)
{
	const struct node *was = root_of(expected), *is = root_of(actual);
	struct pair pair = { .diff = diff, .expected = expected, .actual = actual };
	char *subject = message_subject(was);
	struct difference whole;

	diff->count++;
	if (subject == NULL || (was != NULL && !message_compare(was, is, tell_place, &pair)))
		diff->failed = true;
	whole = difference_of(was != NULL ? DIFFERENCE_WRITING : DIFFERENCE_TEXT, subject,
			      expected, actual);
	if (subject != NULL && !pair.found)
		differences_add(&diff->differences, &whole);
	free(subject);
}

static void tell_single(struct message_diff *diff, const struct diff_line *line, bool missing)
{
	char *subject = message_subject(root_of(line));
	struct difference difference =
		difference_of(missing ? DIFFERENCE_MISSING : DIFFERENCE_ADDED, subject,
			      missing ? line : NULL, missing ? NULL : line);

	difference.what = message_noun(root_of(line));
	difference.hash = line->hash;
	diff->failed = diff->failed || subject == NULL;
	diff->count += subject == NULL || differences_add_line(&diff->differences, &difference);
	free(subject);
}

/*
 * ---- the window ----
 */

static void release_line(struct diff_line *line)
{
	document_release(&line->document);
	free(line->lane);
	free(line->text);
}

static void drop_used(struct diff_queue *queue)
{
	size_t kept = 0;

	for (size_t i = 0; i < queue->count; i++) {
		if (queue->lines[i].used) {
			queue->bytes -= queue->lines[i].length;
			release_line(&queue->lines[i]);
		} else {
			queue->lines[kept++] = queue->lines[i];
		}
	}
	queue->count = kept;
}

static bool push(struct message_diff *diff, struct diff_queue *queue, struct slice text)
{
	struct diff_line *line = &queue->lines[queue->count];

	*line = (struct diff_line){ .length = text.length, .number = queue->number,
				    .hash = hash_bytes(HASH_START, text),
				    .document = DOCUMENT_NONE };
	line->text = malloc(text.length + 1);
	if (line->text != NULL) {
		memcpy(line->text, text.length > 0 ? text.data : "", text.length);
		line->text[text.length] = '\0';
	}
	if (line->text == NULL) {
		diff->failed = true;
		diff->count++;
		return false;
	}
	queue->count++;
	queue->bytes += text.length;
	return true;
}

/* Only lines that nothing equal was found for are looked into. */
static const char *lane(struct message_diff *diff, struct diff_line *line)
{
	struct error ignored = ERROR_NONE;

	if (line->lane != NULL)
		return line->lane;
	if (!document_parse(&line->document, slice_of(line->text, line->length), &ignored))
		document_release(&line->document);
	line->lane = message_lane(root_of(line));
	diff->failed = diff->failed || line->lane == NULL;
	return line->lane != NULL ? line->lane : "";
}

static bool is_same_line(const struct diff_line *a, const struct diff_line *b)
{
	return a->hash == b->hash && a->length == b->length &&
	       memcmp(a->text, b->text, a->length) == 0;
}

/* How many top-level members of two records are the same. */
static size_t likeness(const struct diff_line *a, const struct diff_line *b)
{
	const struct node *left = node_get(node_get(root_of(a), "record"), "data"), *member;
	const struct node *right = node_get(node_get(root_of(b), "record"), "data");
	size_t count = 0;

	if (left == NULL || right == NULL)
		return 0;
	node_for_each(member, left) {
		const struct node *other = node_get_raw(right, member->key);

		count += other != NULL && slice_equals(member->text, other->text);
	}
	return count;
}

/* Of the first lines of a queue the one of this lane that is most like it; NULL: none. */
static struct diff_line *most_like(struct message_diff *diff, struct diff_line *line,
				   struct diff_queue *queue, size_t *likest)
{
	const char *own = lane(diff, line);
	struct diff_line *best = NULL;
	size_t tried = 0;

	*likest = 0;
	for (size_t i = 0; i < queue->count && tried < CANDIDATES; i++) {
		struct diff_line *other = &queue->lines[i];
		size_t like;

		if (other->used || strcmp(lane(diff, other), own) != 0)
			continue;
		tried++;
		like = likeness(line, other);
		if (best != NULL && like <= *likest)
			continue;
		best = other;
		*likest = like;
	}
	return best;
}

/*
 * The line that it is to be compared with, from the other queue; NULL: none. One that is more
 * like another line of this one's own queue is left to that.
 */
static struct diff_line *partner_of(struct message_diff *diff, struct diff_line *line,
				    struct diff_queue *own, struct diff_queue *others)
{
	size_t like, rival;
	struct diff_line *partner = most_like(diff, line, others, &like);

	if (partner == NULL)
		return NULL;
	most_like(diff, partner, own, &rival);
	return rival > like ? NULL : partner;
}

/* The first lines of both queues have no equal: pairs them up, and tells of the rest. */
static void resolve(struct message_diff *diff, size_t expected, size_t actual)
{
	struct diff_queue *left = diff->expected, *right = diff->actual;
	size_t behind_left = left->count, behind_right = right->count;

	left->count = expected;
	right->count = actual;
	for (size_t i = 0; i < expected; i++) {
		struct diff_line *line = &left->lines[i];
		struct diff_line *other = partner_of(diff, line, left, right);

		if (other != NULL)
			tell_pair(diff, line, other);
		else
			tell_single(diff, line, true);
		line->used = true;
		if (other != NULL)
			other->used = true;
	}
	for (size_t i = 0; i < actual; i++) {
		if (right->lines[i].used)
			continue;
		lane(diff, &right->lines[i]);
		tell_single(diff, &right->lines[i], false);
		right->lines[i].used = true;
	}
	left->count = behind_left;
	right->count = behind_right;
	drop_used(left);
	drop_used(right);
}

/* Where one side's newest line stands in the other queue: from there both go on. */
static bool meet(struct message_diff *diff, struct diff_queue *newer, struct diff_queue *other)
{
	const struct diff_line *line;
	size_t i = 0, j;

	if (newer->count == 0)
		return false;
	line = &newer->lines[newer->count - 1];
	while (i < other->count && !is_same_line(&other->lines[i], line))
		i++;
	if (i == other->count)
		return false;
	j = newer->count - 1;
	other->lines[i].used = newer->lines[j].used = true;
	resolve(diff, newer == diff->expected ? j : i, newer == diff->expected ? i : j);
	return true;
}

static bool is_full(const struct diff_queue *queue)
{
	return queue->count == MESSAGE_DIFF_WINDOW || queue->bytes > MESSAGE_DIFF_WINDOW_BYTES;
}

/* The oldest line of a full queue: compared with what is most like it, or told by itself. */
static void settle_oldest(struct message_diff *diff, struct diff_queue *full,
			  struct diff_queue *others)
{
	struct diff_line *line = &full->lines[0];
	struct diff_line *other = partner_of(diff, line, full, others);
	bool expected = full == diff->expected;

	if (other != NULL)
		tell_pair(diff, expected ? line : other, expected ? other : line);
	else
		tell_single(diff, line, expected);
	line->used = true;
	if (other != NULL)
		other->used = true;
	drop_used(full);
	drop_used(others);
}

static void make_room(struct message_diff *diff)
{
	while (is_full(diff->expected))
		settle_oldest(diff, diff->expected, diff->actual);
	while (is_full(diff->actual))
		settle_oldest(diff, diff->actual, diff->expected);
}

void message_diff_init(struct message_diff *diff)
{
	*diff = (struct message_diff){ .expected = calloc(1, sizeof(*diff->expected)),
				       .actual = calloc(1, sizeof(*diff->actual)) };
	diff->failed = diff->expected == NULL || diff->actual == NULL;
}

static void release_queue(struct diff_queue *queue)
{
	for (size_t i = 0; queue != NULL && i < queue->count; i++)
		release_line(&queue->lines[i]);
	free(queue);
}

void message_diff_release(struct message_diff *diff)
{
	release_queue(diff->expected);
	release_queue(diff->actual);
	differences_release(&diff->differences);
	*diff = (struct message_diff){ .count = 0 };
}

void message_diff_lines(struct message_diff *diff, const struct slice *expected,
			const struct slice *actual)
{
	diff->lines += actual != NULL;
	if (diff->expected == NULL || diff->actual == NULL)
		return;
	diff->expected->number += expected != NULL;
	diff->actual->number += actual != NULL;
	if (expected != NULL && actual != NULL && diff->expected->count == 0 &&
	    diff->actual->count == 0 && slice_equals(*expected, *actual))
		return;
	if (expected != NULL && push(diff, diff->expected, *expected))
		meet(diff, diff->expected, diff->actual);
	if (actual != NULL && push(diff, diff->actual, *actual))
		meet(diff, diff->actual, diff->expected);
	make_room(diff);
}

void message_diff_end(struct message_diff *diff)
{
	if (diff->expected != NULL && diff->actual != NULL)
		resolve(diff, diff->expected->count, diff->actual->count);
	diff->failed = diff->failed || diff->differences.failed;
	if (diff->failed && diff->count == 0)
		diff->count = 1;
}

void message_diff_describe(const struct message_diff *diff, struct buffer *out)
{
	differences_describe(&diff->differences, out);
	if (diff->failed)
		buffer_append_string(out, "Memory ran out; not all differences are told.\n");
}
