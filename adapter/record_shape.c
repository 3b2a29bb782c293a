#include "record_shape.h"

#include <stdlib.h>
#include <string.h>

void record_shape_forget(struct record_shape *shape)
{
	for (size_t i = 0; i < shape->verdict_count; i++)
		free((char *)shape->verdicts[i].key.data);
	free(shape->verdicts);
	shape->verdicts = NULL;
	shape->verdict_count = 0;
	shape->judged = 0;
	shape->run_count = 0;
}

void record_shape_release(struct record_shape *shape)
{
	record_shape_forget(shape);
	free(shape->runs);
	free(shape->parts);
	*shape = RECORD_SHAPE_NONE;
}

/* Makes sure that the verdict for the field at this place is the one for this key. */
static bool judge_field(struct record_shape *shape, size_t place, struct slice key,
			const struct field_judge *judge)
{
	struct field_verdict *verdict;
	char *copy;

	if (place < shape->verdict_count && slice_equals(shape->verdicts[place].key, key))
		return true;
	if (place >= shape->verdict_count) {
		struct field_verdict *verdicts =
			realloc(shape->verdicts, (place + 1) * sizeof(*verdicts));

		if (verdicts == NULL)
			return false;
		shape->verdicts = verdicts;
		shape->verdict_count = place + 1;
		verdicts[place] = (struct field_verdict){ .choice = FIELD_SELECTED };
	}
	copy = malloc(key.length + 1);
	if (copy == NULL)
		return false;
	memcpy(copy, key.data, key.length);
	verdict = &shape->verdicts[place];
	free((char *)verdict->key.data);
	*verdict = (struct field_verdict){ slice_of(copy, key.length),
					   judge->choose(judge->owner, judge->stream, key) };
	return true;
}

static size_t count_runs(const struct field_verdict *verdicts, size_t count)
{
	size_t runs = 0;

	for (size_t i = 0; i < count; i++) {
		if (verdicts[i].choice == FIELD_UNQUOTED)
			return 0;
		if (verdicts[i].choice == FIELD_SELECTED &&
		    (i == 0 || verdicts[i - 1].choice != FIELD_SELECTED))
			runs++;
	}
	return runs;
}

static bool make_room_for_runs(struct record_shape *shape, size_t count)
{
	struct field_run *runs = realloc(shape->runs, count * sizeof(*runs));
	struct slice *parts;

	if (runs == NULL)
		return false;
	shape->runs = runs;
	parts = realloc(shape->parts, (2 * count + 1) * sizeof(*parts));
	if (parts == NULL)
		return false;
	shape->parts = parts;
	shape->run_room = count;
	return true;
}

/* What record_shape_cut needs; false when memory runs out. */
static bool find_runs(struct record_shape *shape)
{
	const struct field_verdict *verdicts = shape->verdicts;
	size_t count = count_runs(verdicts, shape->judged_fields), run = 0;

	if (count > shape->run_room && !make_room_for_runs(shape, count))
		return false;
	shape->run_count = count;
	for (size_t i = 0; count > 0 && i < shape->judged_fields; i++) {
		if (verdicts[i].choice != FIELD_SELECTED)
			continue;
		if (run == 0 || shape->runs[run - 1].last + 1 != i)
			shape->runs[run++].first = i;
		shape->runs[run - 1].last = i;
	}
	for (size_t i = 0; count > 0 && i <= count; i++)
		shape->parts[2 * i] = i == 0 ? SLICE("{") : i < count ? SLICE(",") : SLICE("}");
	return true;
}

bool record_shape_judge(struct record_shape *shape, const struct singer_message *message,
			const struct field_judge *judge)
{
	if (message->shape != 0 && message->shape == shape->judged &&
	    message->field_count <= shape->judged_fields)
		return true;
	shape->judged = 0;
	shape->run_count = 0;
	for (size_t i = 0; i < message->field_count; i++)
		if (!judge_field(shape, i, message->fields[i].key, judge))
			return false;
	shape->judged = message->shape;
	shape->judged_fields = message->field_count;
	shape->selected = 0;
	while (shape->selected < message->field_count &&
	       shape->verdicts[shape->selected].choice == FIELD_SELECTED)
		shape->selected++;
	/* of a shape that does not come again they would cost more than they save */
	return message->shape == 0 || find_runs(shape);
}

struct slice record_shape_run(const struct singer_field *first, const struct singer_field *last)
{
	const char *start = singer_field_member(first).data;

	return slice_of(start, (size_t)(last->value.data + last->value.length - start));
}

size_t record_shape_cut(struct record_shape *shape, const struct singer_message *message)
{
	if (message->found != 0 || shape->run_count == 0 ||
	    message->field_count != shape->judged_fields)
		return 0;
	for (size_t i = 0; i < shape->run_count; i++)
		shape->parts[2 * i + 1] = record_shape_run(&message->fields[shape->runs[i].first],
							   &message->fields[shape->runs[i].last]);
	return 2 * shape->run_count + 1;
}
