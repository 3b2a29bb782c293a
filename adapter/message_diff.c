#include "message_diff.h"

#include <stdlib.h>

#include "count.h"
#include "hash.h"
#include "json_diff.h"
#include "terminal_text.h"

/* Columns of a value that is quoted, and of a whole message. */
#define VALUE_COLUMNS 60
#define MESSAGE_COLUMNS 90

/* How far ahead the message is searched that is most like another one. */
#define CANDIDATES 8

enum group_kind {
	GROUP_PLACE,   /* a JSON pointer */
	GROUP_WRITING, /* the same values, other bytes */
	GROUP_MISSING,
	GROUP_ADDED,
	GROUP_MOVED,
	GROUP_TEXT,    /* a line that is no message */
	GROUP_OTHERS,  /* more than is told one by one */
};

struct diff_example {
	uint64_t expected, actual; /* line numbers; 0: none */
	char *was, *is;            /* NULL: nothing there */
	uint64_t hash;             /* of a whole line */
};

struct diff_group {
	enum group_kind kind;
	char *subject; /* "users" or "log": what messages are called, for people */
	char *place;   /* "field /price"; NULL but for GROUP_PLACE */
	uint64_t count;
	struct diff_example *examples;
	size_t example_count;
};

/* Missing and added lines are kept to be found again at another place. */
#define EXAMPLES_OF_LINES 64

/*
 * ---- what a message is ----
 */

static const struct node *at(const struct node *node, const char *first, const char *second)
{
	node = node_get(node, first);
	return second != NULL ? node_get(node, second) : node;
}

/* The stream_descriptor of a message, or what stands for it; NULL: it is of no stream. */
static const struct node *descriptor_of(const struct node *message)
{
	static const char *const kinds[] = { "stream_status", "error", "estimate" };
	const struct node *found = node_get(message, "record");

	if (found != NULL)
		return found;
	found = at(node_get(message, "state"), "stream", "stream_descriptor");
	for (size_t i = 0; found == NULL && i < COUNT(kinds); i++)
		found = at(node_get(message, "trace"), kinds[i], "stream_descriptor");
	return found;
}

static void append_string(struct buffer *out, const struct node *node)
{
	char *text = node_to_string(node);

	if (text != NULL)
		terminal_text_append(out, slice_of_string(text), VALUE_COLUMNS);
	free(text);
}

static void append_stream(struct buffer *out, const struct node *descriptor)
{
	const struct node *namespace = node_get(descriptor, "namespace");
	const struct node *name = node_get(descriptor, "stream");

	if (namespace != NULL && namespace->kind == NODE_STRING) {
		append_string(out, namespace);
		buffer_append_char(out, '.');
	}
	append_string(out, name != NULL ? name : node_get(descriptor, "name"));
}

static const struct node *root_of(const struct diff_line *line)
{
	return line->document.count > 0 ? line->document.nodes : NULL;
}

/* "RECORD users", "TRACE STREAM_STATUS users", "LOG "; lines of one lane can be compared. */
static char *lane_of(const struct node *message)
{
	struct buffer out;
	char *lane;

	buffer_init(&out, BUFFER_MAXIMUM);
	append_string(&out, node_get(message, "type"));
	buffer_append_char(&out, ' ');
	append_string(&out, at(node_get(message, "trace"), "type", NULL));
	buffer_append_char(&out, ' ');
	append_stream(&out, descriptor_of(message));
	lane = buffer_to_string(&out);
	buffer_release(&out);
	return lane;
}

/* What a message is called: the stream's name, else its type. */
static char *subject_of(const struct node *message)
{
	const struct node *descriptor = descriptor_of(message);
	struct buffer out;
	char *subject;

	buffer_init(&out, BUFFER_MAXIMUM);
	if (descriptor != NULL)
		append_stream(&out, descriptor);
	else if (message != NULL)
		append_string(&out, node_get(message, "type"));
	if (out.length == 0)
		buffer_append_string(&out, "output");
	subject = buffer_to_string(&out);
	buffer_release(&out);
	return subject;
}

/* In words: "record", "state", "status". */
static const char *noun_of(const struct node *message)
{
	static const struct {
		const char *type, *noun;
	} nouns[] = {
		{ "RECORD", "record" }, { "STATE", "state" }, { "LOG", "log message" },
		{ "CATALOG", "catalog" }, { "SPEC", "spec" }, { "CONTROL", "control message" },
		{ "CONNECTION_STATUS", "connection status" },
	};
	const struct node *trace = at(node_get(message, "trace"), "type", NULL);

	for (size_t i = 0; i < COUNT(nouns); i++)
		if (node_is_string(node_get(message, "type"), nouns[i].type))
			return nouns[i].noun;
	if (node_is_string(trace, "STREAM_STATUS"))
		return "status";
	return node_is_string(trace, "ERROR") ? "error" : "message";
}

/*
 * ---- what there is to tell ----
 */

static void release_example(struct diff_example *example)
{
	free(example->was);
	free(example->is);
}

static void release_group(struct diff_group *group)
{
	for (size_t i = 0; i < group->example_count; i++)
		release_example(&group->examples[i]);
	free(group->examples);
	free(group->subject);
	free(group->place);
}

static bool is_group(const struct diff_group *group, enum group_kind kind, const char *subject,
		     const char *place)
{
	return group->kind == kind && strcmp(group->subject, subject) == 0 &&
	       (place == NULL ? group->place == NULL
			      : group->place != NULL && strcmp(group->place, place) == 0);
}

static struct diff_group *add_group(struct message_diff *diff, enum group_kind kind,
				    const char *subject, const char *place)
{
	struct diff_group *groups = realloc(diff->groups,
					    (diff->group_count + 1) * sizeof(*groups));
	struct diff_group *group;

	if (groups == NULL)
		return NULL;
	diff->groups = groups;
	group = &groups[diff->group_count];
	*group = (struct diff_group){ .kind = kind, .subject = strdup(subject),
				      .place = place ? strdup(place) : NULL };
	if (group->subject == NULL || (place != NULL && group->place == NULL)) {
		release_group(group);
		return NULL;
	}
	diff->group_count++;
	return group;
}

/* The group of that kind, subject and place, new or not; of too many the one for the rest. */
static struct diff_group *group_for(struct message_diff *diff, enum group_kind kind,
				    const char *subject, const char *place)
{
	struct diff_group *group = NULL;
	size_t of_subject = 0;

	for (size_t i = 0; i < diff->group_count; i++) {
		if (is_group(&diff->groups[i], kind, subject, place))
			return &diff->groups[i];
		of_subject += strcmp(diff->groups[i].subject, subject) == 0;
	}
	if (diff->group_count >= MESSAGE_DIFF_GROUPS_MAXIMUM)
		return kind == GROUP_OTHERS ? NULL
					    : group_for(diff, GROUP_OTHERS, "all the rest", NULL);
	if (of_subject >= MESSAGE_DIFF_GROUPS && kind == GROUP_PLACE)
		return group_for(diff, GROUP_OTHERS, subject, NULL);
	group = add_group(diff, kind, subject, place);
	diff->failed = diff->failed || group == NULL;
	return group;
}

static char *shown(struct slice text, size_t columns)
{
	struct buffer out;
	char *copy;

	buffer_init(&out, BUFFER_MAXIMUM);
	terminal_text_append(&out, text, columns);
	copy = buffer_to_string(&out);
	buffer_release(&out);
	return copy;
}

/* Room for one more example; NULL: there are enough. */
static struct diff_example *add_example(struct message_diff *diff, struct diff_group *group)
{
	bool whole = group->kind == GROUP_MISSING || group->kind == GROUP_ADDED;
	size_t enough = whole ? EXAMPLES_OF_LINES : MESSAGE_DIFF_EXAMPLES;
	struct diff_example *examples;

	if (group->kind == GROUP_OTHERS || group->example_count >= enough)
		return NULL;
	examples = realloc(group->examples, (group->example_count + 1) * sizeof(*examples));
	diff->failed = diff->failed || examples == NULL;
	if (examples == NULL)
		return NULL;
	group->examples = examples;
	examples[group->example_count] = (struct diff_example){ .was = NULL };
	return &examples[group->example_count++];
}

/*
 * ---- one message beside another ----
 */

struct comparison {
	struct message_diff *diff;
	const struct diff_line *expected, *actual;
	const char *subject, *kind; /* of the places that are found: "field" */
	size_t found;
};

static void tell_place(void *owner, struct slice pointer, const struct node *was,
		       const struct node *is)
{
	struct comparison *comparison = owner;
	struct diff_group *group;
	struct diff_example *example;
	struct buffer place;
	char *text;

	comparison->found++;
	buffer_init(&place, BUFFER_MAXIMUM);
	buffer_append_string(&place, comparison->kind);
	buffer_append_string(&place, pointer.length > 0 ? " " : "");
	terminal_text_append(&place, pointer, MESSAGE_COLUMNS);
	text = buffer_to_string(&place);
	buffer_release(&place);
	group = text ? group_for(comparison->diff, GROUP_PLACE, comparison->subject, text) : NULL;
	free(text);
	if (group == NULL)
		return;
	group->count++;
	example = add_example(comparison->diff, group);
	if (example == NULL)
		return;
	example->expected = comparison->expected->number;
	example->actual = comparison->actual->number;
	example->was = was ? shown(was->text, VALUE_COLUMNS) : NULL;
	example->is = is ? shown(is->text, VALUE_COLUMNS) : NULL;
}

static void compare_part(struct comparison *comparison, const char *kind, const char *prefix,
			 const struct node *was, const struct node *is)
{
	struct json_diff diff;

	comparison->kind = kind;
	json_diff_init(&diff, tell_place, comparison);
	json_diff_compare(&diff, prefix, was, is);
	comparison->diff->failed = comparison->diff->failed || diff.failed;
	json_diff_release(&diff);
}

/* The members of both, each with the other's of that name. */
static void compare_members_but(struct comparison *comparison, const char *kind,
				const char *prefix, const struct node *was,
				const struct node *is, const char *but)
{
	const struct node *member;
	struct buffer pointer;

	buffer_init(&pointer, BUFFER_MAXIMUM);
	for (int side = 0; side < 2; side++) {
		const struct node *these = side == 0 ? was : is, *others = side == 0 ? is : was;

		if (these == NULL)
			continue;
		node_for_each(member, these) {
			const struct node *other = node_get_raw(others, member->key);

			if ((side == 1 && other != NULL) ||
			    slice_equals(member->key, slice_of_string(but)))
				continue;
			buffer_clear(&pointer);
			buffer_append_string(&pointer, prefix);
			buffer_append_char(&pointer, '/');
			buffer_append(&pointer, member->key);
			buffer_append_char(&pointer, '\0');
			if (!pointer.failed)
				compare_part(comparison, kind, pointer.data,
					     side == 0 ? member : other,
					     side == 0 ? other : member);
		}
	}
	buffer_release(&pointer);
}

/* A catalog's stream of the same name; NULL: there is none. */
static const struct node *stream_like(const struct node *streams, const struct node *stream)
{
	const struct node *other;

	if (streams == NULL)
		return NULL;
	node_for_each(other, streams) {
		const struct node *a = node_get(stream, "namespace");
		const struct node *b = node_get(other, "namespace");

		if (slice_equals(node_raw(node_get(stream, "name")),
				 node_raw(node_get(other, "name"))) &&
		    slice_equals(node_raw(a), node_raw(b)))
			return other;
	}
	return NULL;
}

static void compare_stream(struct comparison *comparison, const struct node *was,
			   const struct node *is)
{
	struct buffer name;
	char *subject;

	buffer_init(&name, BUFFER_MAXIMUM);
	append_stream(&name, was != NULL ? was : is);
	subject = buffer_to_string(&name);
	buffer_release(&name);
	if (subject == NULL)
		return;
	comparison->subject = subject;
	if (was == NULL || is == NULL) {
		compare_part(comparison, "catalog", "", was, is);
	} else {
		compare_members_but(comparison, "catalog", "", was, is, "json_schema");
		compare_part(comparison, "schema", "", node_get(was, "json_schema"),
			     node_get(is, "json_schema"));
	}
	free(subject);
}

static void compare_catalogs(struct comparison *comparison, const struct node *was,
			     const struct node *is)
{
	const struct node *stream;

	if (was == NULL || is == NULL)
		return;
	node_for_each(stream, was)
		compare_stream(comparison, stream, stream_like(is, stream));
	node_for_each(stream, is)
		if (stream_like(was, stream) == NULL)
			compare_stream(comparison, NULL, stream);
}

/* Two messages of one lane that are not equal; tells where. */
static void compare_messages(struct comparison *comparison)
{
	const struct node *was = root_of(comparison->expected), *is = root_of(comparison->actual);

	if (node_get(was, "record") != NULL) {
		compare_part(comparison, "field", "", at(was, "record", "data"),
			     at(is, "record", "data"));
		compare_members_but(comparison, "record", "", node_get(was, "record"),
				    node_get(is, "record"), "data");
	} else if (node_get(was, "state") != NULL) {
		const struct node *old = at(was, "state", "stream");
		const struct node *new = at(is, "state", "stream");

		compare_part(comparison, "state", "", node_get(old, "stream_state"),
			     node_get(new, "stream_state"));
		compare_members_but(comparison, "state message", "", node_get(was, "state"),
				    node_get(is, "state"), "stream");
	} else if (node_get(was, "catalog") != NULL) {
		compare_catalogs(comparison, at(was, "catalog", "streams"),
				 at(is, "catalog", "streams"));
	} else {
		compare_part(comparison, noun_of(was), "", was, is);
	}
}

static void tell_line(struct message_diff *diff, enum group_kind kind, const char *subject,
		      const struct diff_line *expected, const struct diff_line *actual);

static void tell_pair(struct message_diff *diff, const struct diff_line *expected,
		      const struct diff_line *actual)
{
	struct comparison comparison = { .diff = diff, .expected = expected, .actual = actual };
	char *subject = subject_of(root_of(expected));

	diff->count++;
	if (subject == NULL) {
		diff->failed = true;
		return;
	}
	comparison.subject = subject;
	if (root_of(expected) == NULL) {
		tell_line(diff, GROUP_TEXT, subject, expected, actual);
	} else {
		compare_messages(&comparison);
		if (comparison.found == 0)
			tell_line(diff, GROUP_WRITING, subject, expected, actual);
	}
	free(subject);
}

/*
 * ---- whole lines ----
 */

static char *shown_line(const struct diff_line *line)
{
	const struct node *message = root_of(line);
	const struct node *data = at(message, "record", "data");
	struct slice text = slice_of(line->text, line->length);

	if (data == NULL)
		data = at(at(message, "state", "stream"), "stream_state", NULL);
	return shown(data != NULL ? data->text : text, MESSAGE_COLUMNS);
}

static void tell_line(struct message_diff *diff, enum group_kind kind, const char *subject,
		      const struct diff_line *expected, const struct diff_line *actual)
{
	const struct diff_line *one = expected != NULL ? expected : actual;
	const char *place = kind == GROUP_MISSING || kind == GROUP_ADDED || kind == GROUP_MOVED
				    ? noun_of(root_of(one)) : NULL;
	struct diff_group *group = group_for(diff, kind, subject, place);
	struct diff_example *example = group ? add_example(diff, group) : NULL;

	if (group == NULL)
		return;
	group->count++;
	if (example == NULL)
		return;
	example->expected = expected ? expected->number : 0;
	example->actual = actual ? actual->number : 0;
	example->was = expected ? shown_line(expected) : NULL;
	example->is = actual ? shown_line(actual) : NULL;
	example->hash = one->hash;
}

/* The same line that was missing before (or was too many): then it has only moved. */
static bool has_moved(struct message_diff *diff, const char *subject, const char *noun,
		      const struct diff_line *line, bool missing)
{
	struct diff_group *group, *moved;
	struct diff_example *example, found;
	size_t i = 0;

	group = group_for(diff, missing ? GROUP_ADDED : GROUP_MISSING, subject, noun);
	if (group == NULL)
		return false;
	while (i < group->example_count && group->examples[i].hash != line->hash)
		i++;
	if (i == group->example_count)
		return false;
	if (missing)
		group->examples[i].expected = line->number;
	else
		group->examples[i].actual = line->number;
	found = group->examples[i];
	group->examples[i] = group->examples[--group->example_count];
	group->count--;
	moved = group_for(diff, GROUP_MOVED, subject, noun);
	example = moved ? add_example(diff, moved) : NULL;
	if (moved != NULL)
		moved->count++;
	if (example != NULL)
		*example = found;
	else
		release_example(&found);
	return true;
}

static void tell_single(struct message_diff *diff, const struct diff_line *line, bool missing)
{
	char *subject = subject_of(root_of(line));

	if (subject == NULL) {
		diff->failed = true;
		diff->count++;
		return;
	}
	if (!has_moved(diff, subject, noun_of(root_of(line)), line, missing)) {
		diff->count++;
		tell_line(diff, missing ? GROUP_MISSING : GROUP_ADDED, subject,
			  missing ? line : NULL, missing ? NULL : line);
	}
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
	line->lane = lane_of(root_of(line));
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
	const struct node *left = at(root_of(a), "record", "data");
	const struct node *right = at(root_of(b), "record", "data"), *member;
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
	for (size_t i = 0; i < diff->group_count; i++)
		release_group(&diff->groups[i]);
	free(diff->groups);
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
	if (diff->failed && diff->count == 0)
		diff->count = 1;
}

/*
 * ---- the description ----
 */

static void append_number(struct buffer *out, uint64_t number, const char *noun)
{
	buffer_append_integer(out, (long long)number);
	buffer_append_char(out, ' ');
	buffer_append_string(out, noun);
	buffer_append_string(out, number == 1 ? "" :
			     slice_ends_with(slice_of_string(noun), SLICE("s")) ? "es" : "s");
}

static void append_head(struct buffer *out, const struct diff_group *group)
{
	buffer_append_string(out, group->subject);
	buffer_append_string(out, ": ");
	switch (group->kind) {
	case GROUP_PLACE:
		buffer_append_string(out, group->place);
		buffer_append_string(out, " differs");
		if (group->count > 1) {
			buffer_append_string(out, " in ");
			append_number(out, group->count, "line");
		}
		break;
	case GROUP_WRITING:
		append_number(out, group->count, "line");
		buffer_append_string(out, " with the same values, but other bytes (order of keys, "
				     "spelling of numbers or strings)");
		break;
	case GROUP_TEXT:
		append_number(out, group->count, "line");
		buffer_append_string(out, " without a message changed");
		break;
	case GROUP_MISSING:
		append_number(out, group->count, group->place);
		buffer_append_string(out, " missing");
		break;
	case GROUP_ADDED:
		append_number(out, group->count, group->place);
		buffer_append_string(out, " too many");
		break;
	case GROUP_MOVED:
		append_number(out, group->count, group->place);
		buffer_append_string(out, " at another place");
		break;
	case GROUP_OTHERS:
		append_number(out, group->count, "more difference");
		break;
	}
	buffer_append_char(out, '\n');
}

static void append_value(struct buffer *out, const char *word, const char *value)
{
	buffer_append_string(out, word);
	buffer_append_string(out, value ? value : "missing");
}

static void append_line_number(struct buffer *out, const struct diff_example *example)
{
	buffer_append_string(out, "    line ");
	buffer_append_integer(out, (long long)(example->expected ? example->expected
								 : example->actual));
	if (example->actual != 0 && example->expected != 0 &&
	    example->actual != example->expected) {
		buffer_append_string(out, ", now line ");
		buffer_append_integer(out, (long long)example->actual);
	}
	buffer_append_string(out, ": ");
}

static void append_example(struct buffer *out, enum group_kind kind,
			   const struct diff_example *example)
{
	append_line_number(out, example);
	if (kind == GROUP_PLACE || kind == GROUP_WRITING || kind == GROUP_TEXT) {
		append_value(out, "was ", example->was);
		append_value(out, kind == GROUP_PLACE ? ", is " : "\n        is ", example->is);
	} else {
		buffer_append_string(out, example->was != NULL ? example->was
				     : example->is != NULL ? example->is : "");
	}
	buffer_append_char(out, '\n');
}

void message_diff_describe(const struct message_diff *diff, struct buffer *out)
{
	for (size_t i = 0; i < diff->group_count; i++) {
		const struct diff_group *group = &diff->groups[i];
		size_t told = group->example_count < MESSAGE_DIFF_EXAMPLES
				      ? group->example_count : MESSAGE_DIFF_EXAMPLES;

		if (group->count == 0)
			continue;
		append_head(out, group);
		for (size_t j = 0; j < told; j++)
			append_example(out, group->kind, &group->examples[j]);
		if (group->kind != GROUP_OTHERS && group->count > told) {
			buffer_append_string(out, "    and ");
			buffer_append_integer(out, (long long)(group->count - told));
			buffer_append_string(out, " more\n");
		}
	}
	if (diff->failed)
		buffer_append_string(out, "Memory ran out; not all differences are told.\n");
}
