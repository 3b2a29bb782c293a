/*
 * overlay.h - catalogs/NAME.json: what people know about a tap's streams that the tap
 * does not say.
 *
 *	{"streams": {
 *	  "TAP_STREAM_ID": {
 *	    "primary_key": [["id"]],          field paths; [] says: none
 *	    "cursor_field": ["updated_at"],   a field path; [] says: none
 *	    "keeps_position": true            the tap resumes by its state without naming a cursor
 *	  }}}
 */
#ifndef TAPBYTE_OVERLAY_H
#define TAPBYTE_OVERLAY_H

#include <jansson.h>
#include <stdbool.h>

#include "error.h"

/* Checks an overlay that was just loaded; an error names the JSON pointer. FAILURE_SYSTEM. */
bool overlay_check(const json_t *overlay, struct error *error);

/* What it says of the stream with that tap_stream_id: an object, borrowed; NULL: nothing.
 * The overlay itself may be NULL. */
const json_t *overlay_stream(const json_t *overlay, const char *id);

#endif
