#include "differences.h"

#include <stdlib.h>
#include <string.h>

#include "terminal_text.h"

/* Missing and added lines are kept to be found again at another place. */
#define EXAMPLES_OF_LINES 64

/* Columns of a value that is quoted, and of a line. */
#define VALUE_COLUMNS 60
#define LINE_COLUMNS 90

struct example {
	uint64_t expected, actual;
	char *was, *is; /* NULL: nothing there */
	uint64_t hash;
};

struct difference_group {
	enum difference_kind kind;
	char *subject;
	char *what; /* or NULL */
	uint64_t count;
	struct example *examples;
	size_t example_count;
};

static void release_example(struct example *example)
{
	free(example->was);
	free(example->is);
}

static void release_group(struct difference_group *group)
{
	for (size_t i = 0; i < group->example_count; i++)
		release_example(&group->examples[i]);
	free(group->examples);
	free(group->subject);
	free(group->what);
}

void differences_release(struct differences *differences)
{
	for (size_t i = 0; i < differences->group_count; i++)
		release_group(&differences->groups[i]);
	free(differences->groups);
	*differences = DIFFERENCES_NONE;
}

/*
 * ---- groups ----
 */

static bool is_group(const struct difference_group *group, enum difference_kind kind,
		     const char *subject, const char *what)
{
	return group->kind == kind && strcmp(group->subject, subject) == 0 &&
	       (what == NULL ? group->what == NULL
			     : group->what != NULL && strcmp(group->what, what) == 0);
}

static struct difference_group *add_group(struct differences *differences,
					  enum difference_kind kind, const char *subject,
					  const char *what)
{
	struct difference_group *groups = realloc(differences->groups,
						  (differences->group_count + 1) *
						  sizeof(*groups));
	struct difference_group *group;

	if (groups == NULL)
		return NULL;
	differences->groups = groups;
	group = &groups[differences->group_count];
	*group = (struct difference_group){ .kind = kind, .subject = strdup(subject),
					    .what = what ? strdup(what) : NULL };
	if (group->subject == NULL || (what != NULL && group->what == NULL)) {
		release_group(group);
		return NULL;
	}
	differences->group_count++;
	return group;
}

/* The group of that kind, subject and place, new or not; of too many the one for the rest. */
static struct difference_group *group_for(struct differences *differences,
					  enum difference_kind kind, const char *subject,
					  const char *what)
{
	struct difference_group *group = NULL;
	size_t of_subject = 0;

	for (size_t i = 0; i < differences->group_count; i++) {
		if (is_group(&differences->groups[i], kind, subject, what))
			return &differences->groups[i];
		of_subject += strcmp(differences->groups[i].subject, subject) == 0;
	}
	if (differences->group_count >= DIFFERENCES_TOLD_MAXIMUM && kind != DIFFERENCE_OTHERS)
		return group_for(differences, DIFFERENCE_OTHERS, "all the rest", NULL);
	if (of_subject >= DIFFERENCES_OF_SUBJECT && kind == DIFFERENCE_PLACE)
		return group_for(differences, DIFFERENCE_OTHERS, subject, NULL);
	group = add_group(differences, kind, subject, what);
	differences->failed = differences->failed || group == NULL;
	return group;
}

/* Room for one more example; NULL: there are enough. */
static struct example *add_example(struct differences *differences,
				   struct difference_group *group)
{
	bool line = group->kind == DIFFERENCE_MISSING || group->kind == DIFFERENCE_ADDED;
	size_t enough = line ? EXAMPLES_OF_LINES : DIFFERENCES_EXAMPLES;
	struct example *examples;

	if (group->kind == DIFFERENCE_OTHERS || group->example_count >= enough)
		return NULL;
	examples = realloc(group->examples, (group->example_count + 1) * sizeof(*examples));
	differences->failed = differences->failed || examples == NULL;
	if (examples == NULL)
		return NULL;
	group->examples = examples;
	examples[group->example_count] = (struct example){ .was = NULL };
	return &examples[group->example_count++];
}

static char *shown(struct slice text, size_t columns)
{
	struct buffer out;
	char *copy;

	if (text.data == NULL)
		return NULL;
	buffer_init(&out, BUFFER_MAXIMUM);
	terminal_text_append(&out, text, columns);
	copy = buffer_to_string(&out);
	buffer_release(&out);
	return copy;
}

void differences_add(struct differences *differences, const struct difference *difference)
{
	size_t columns = difference->kind == DIFFERENCE_PLACE ? VALUE_COLUMNS : LINE_COLUMNS;
	struct difference_group *group = group_for(differences, difference->kind,
						   difference->subject, difference->what);
	struct example *example = group ? add_example(differences, group) : NULL;

	if (group == NULL)
		return;
	group->count++;
	if (example == NULL)
		return;
	*example = (struct example){
		.expected = difference->expected, .actual = difference->actual,
		.was = shown(difference->was, columns), .is = shown(difference->is, columns),
		.hash = difference->hash,
	};
}

/* Takes the example of a line out of its group; false: there is none. */
static bool take_example(struct difference_group *group, uint64_t hash, struct example *taken)
{
	size_t i = 0;

	while (i < group->example_count && group->examples[i].hash != hash)
		i++;
	if (i == group->example_count)
		return false;
	*taken = group->examples[i];
	group->examples[i] = group->examples[--group->example_count];
	group->count--;
	return true;
}

bool differences_add_line(struct differences *differences, const struct difference *line)
{
	bool missing = line->kind == DIFFERENCE_MISSING;
	struct difference_group *opposite, *moved;
	struct example *example, found;

	opposite = group_for(differences, missing ? DIFFERENCE_ADDED : DIFFERENCE_MISSING,
			     line->subject, line->what);
	if (opposite == NULL || !take_example(opposite, line->hash, &found)) {
		differences_add(differences, line);
		return true;
	}
	if (missing)
		found.expected = line->expected;
	else
		found.actual = line->actual;
	moved = group_for(differences, DIFFERENCE_MOVED, line->subject, line->what);
	example = moved ? add_example(differences, moved) : NULL;
	if (moved != NULL)
		moved->count++;
	if (example != NULL)
		*example = found;
	else
		release_example(&found);
	return false;
}

/*
 * ---- the description ----
 */

/* SUBJECT: COUNT NOUN TEXT; without a noun it is what the group has. */
static const struct {
	const char *noun, *text;
} heads[DIFFERENCE_KINDS] = {
	[DIFFERENCE_WRITING] = { "line", " with the same values, but other bytes (order of keys, "
				 "spelling of numbers or strings)" },
	[DIFFERENCE_TEXT] = { "line", " without a message changed" },
	[DIFFERENCE_MISSING] = { NULL, " missing" },
	[DIFFERENCE_ADDED] = { NULL, " too many" },
	[DIFFERENCE_MOVED] = { NULL, " at another place" },
	[DIFFERENCE_OTHERS] = { "more difference", "" },
};

static void append_number(struct buffer *out, uint64_t number, const char *noun)
{
	bool hisses = slice_ends_with(slice_of_string(noun), SLICE("s"));

	buffer_append_format(out, "%llu %s%s", (unsigned long long)number, noun,
			     number == 1 ? "" : hisses ? "es" : "s");
}

static void append_head(struct buffer *out, const struct difference_group *group)
{
	const char *noun = heads[group->kind].noun;

	buffer_append_format(out, "%s: ", group->subject);
	if (group->kind != DIFFERENCE_PLACE) {
		append_number(out, group->count, noun != NULL ? noun : group->what);
		buffer_append_string(out, heads[group->kind].text);
	} else {
		buffer_append_format(out, "%s differs", group->what);
		if (group->count > 1) {
			buffer_append_string(out, " in ");
			append_number(out, group->count, "line");
		}
	}
	buffer_append_char(out, '\n');
}

static const char *or_missing(const char *value)
{
	return value != NULL ? value : "missing";
}

static void append_example(struct buffer *out, enum difference_kind kind,
			   const struct example *example)
{
	uint64_t line = example->expected != 0 ? example->expected : example->actual;

	buffer_append_format(out, "    line %llu", (unsigned long long)line);
	if (example->actual != 0 && example->actual != line)
		buffer_append_format(out, ", now line %llu", (unsigned long long)example->actual);
	if (kind == DIFFERENCE_MISSING || kind == DIFFERENCE_ADDED || kind == DIFFERENCE_MOVED)
		buffer_append_format(out, ": %s\n", example->was != NULL ? example->was
						    : example->is != NULL ? example->is : "");
	else
		buffer_append_format(out, ": was %s%sis %s\n", or_missing(example->was),
				     kind == DIFFERENCE_PLACE ? ", " : "\n        ",
				     or_missing(example->is));
}

static void describe_group(const struct difference_group *group, struct buffer *out)
{
	size_t told = group->example_count < DIFFERENCES_EXAMPLES ? group->example_count
								  : DIFFERENCES_EXAMPLES;

	append_head(out, group);
	for (size_t i = 0; i < told; i++)
		append_example(out, group->kind, &group->examples[i]);
	if (group->kind != DIFFERENCE_OTHERS && group->count > told)
		buffer_append_format(out, "    and %llu more\n",
				     (unsigned long long)group->count - told);
}

void differences_describe(const struct differences *differences, struct buffer *out)
{
	for (size_t i = 0; i < differences->group_count; i++)
		if (differences->groups[i].count > 0)
			describe_group(&differences->groups[i], out);
}
