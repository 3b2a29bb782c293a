/*
 * airbyte_state.h - the state that Airbyte hands to read, taken apart by streams.
 *
 * It is a list of the `state` members of STATE messages (as PyAirbyte and the platform write
 * it: nulls, unknown and duplicate keys are fine), or of whole STATE messages; of type STREAM,
 * GLOBAL without a shared state, or LEGACY with a Singer state; or a raw Singer state. A
 * Singer state is that of all streams.
 */
#ifndef TAPBYTE_AIRBYTE_STATE_H
#define TAPBYTE_AIRBYTE_STATE_H

#include <stdbool.h>

#include "buffer.h"
#include "document.h"
#include "error.h"
#include "slice.h"
#include "stream.h"
#include "warnings.h"

struct airbyte_state {
	const struct node **streams; /* the stream_state of each, by index; NULL: none */
	struct document document;
	struct buffer text;          /* where it had to be mended; the nodes point into it, or
					into what was parsed */
};

#define AIRBYTE_STATE_NONE ((struct airbyte_state){ .streams = NULL })

/*
 * The text must outlive the state. Entries of streams that are not configured are warned of.
 * FAILURE_CONFIG: what cannot be understood. After a failure, too, it is to be released.
 */
bool airbyte_state_parse(struct airbyte_state *state, const struct stream_list *streams,
			 struct slice text, const struct warnings *warnings, struct error *error);
void airbyte_state_release(struct airbyte_state *state);

#endif
