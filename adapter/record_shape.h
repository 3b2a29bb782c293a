/*
 * record_shape.h - what is done with the fields of a stream's records, remembered from
 * record to record: taps write the fields of a stream in one order, so that a name is mostly
 * looked up once, and what is left of a record is mostly cut out at known places.
 *
 *	if (!record_shape_judge(&shape, message, &judge))
 *		...no memory
 *	if (record_shape_is_whole(&shape, message))
 *		...the record goes out as it came
 *	else if (record_shape_cut(&shape, message) > 0)
 *		...shape.parts, one behind the other, go out
 *	else
 *		...field by field, by shape.verdicts[i].choice
 */
#ifndef TAPBYTE_RECORD_SHAPE_H
#define TAPBYTE_RECORD_SHAPE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "buffer.h"
#include "singer_message.h"
#include "stream.h"

/* What is done with the field at a place. */
struct field_verdict {
	struct slice key; /* raw, owned */
	enum field_choice choice;
};

/* Fields in a row that go out as they came, with what is between them. */
struct field_run {
	size_t first, last;
};

struct record_shape {
	struct field_verdict *verdicts;
	size_t verdict_count;
	uint64_t judged;         /* the message's shape that the verdicts are for; 0: none */
	size_t judged_fields;    /* so many of its fields have one */
	size_t selected;         /* so many fields at the front go out as they came */
	struct field_run *runs;  /* what is left of the judged fields */
	size_t run_count;        /* 0: they do not make runs, or nothing is left */
	size_t run_room;
	struct slice *parts;     /* { run , run } of the record at hand */
};

/* Says what is done with a field that has no verdict yet, by its raw key. */
struct field_judge {
	enum field_choice (*choose)(void *owner, const struct stream *stream, struct slice raw_key);
	void *owner;
	const struct stream *stream;
};

#define RECORD_SHAPE_NONE ((struct record_shape){ .verdicts = NULL })

void record_shape_release(struct record_shape *shape);

/* The choices have changed: all fields are judged anew. */
void record_shape_forget(struct record_shape *shape);

/* Makes sure that each field of the record has its verdict. False: no memory. */
bool record_shape_judge(struct record_shape *shape, const struct singer_message *message,
			const struct field_judge *judge);

/* Does all of the judged record go out as it came? */
static inline bool record_shape_is_whole(const struct record_shape *shape,
					 const struct singer_message *message)
{
	return message->found == 0 && message->field_count <= shape->selected;
}

/*
 * Cuts what is left of the judged record: shape->parts, so many, are an object when put one
 * behind the other; borrowed from the message's line. 0: it is not so simple, or nothing is
 * left.
 */
size_t record_shape_cut(struct record_shape *shape, const struct singer_message *message);

/* From the first field's key to the end of the last one's value. */
struct slice record_shape_run(const struct singer_field *first, const struct singer_field *last);

#endif
