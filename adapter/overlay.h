/*
 * overlay.h - catalogs/NAME.json: what people know about a tap's streams that the tap
 * does not say.
 *
 *	{"streams": {
 *	  "TAP_STREAM_ID": {
 *	    "name": "people",                 the name that Airbyte gets
 *	    "namespace": "crm",               and the namespace; "": none
 *	    "exclude": true,                  not offered at all
 *	    "primary_key": [["id"]],          field paths; [] says: none
 *	    "cursor_field": ["updated_at"],   a field path; [] says: none
 *	    "sync_modes": ["full_refresh"],   what is offered
 *	    "keeps_position": true,           the tap resumes by its state without naming a cursor
 *	    "replication_method": "LOG_BASED",  what an incremental read asks of the tap
 *	    "parent": "companies",            the tap reads it by the way of that stream
 *	    "state_keys": ["people_deleted"], more keys under which the state has its position
 *	    "fields": {                       json_schema of top-level fields, in place of what
 *	                                      the tap says of them, or in addition to it
 *	      "price": {"type": "number",
 *	                "unquote": true}      strings that are numbers are written as numbers
 *	    }
 *	  }}}
 */
#ifndef TAPBYTE_OVERLAY_H
#define TAPBYTE_OVERLAY_H

#include <jansson.h>
#include <stdbool.h>

#include "error.h"
#include "singer_catalog.h"

/* Checks an overlay that was just loaded; an error names the JSON pointer. FAILURE_SYSTEM. */
bool overlay_check(const json_t *overlay, struct error *error);

/* What it says of the stream with that tap_stream_id: an object, borrowed; NULL: nothing.
 * The overlay itself may be NULL. */
const json_t *overlay_stream(const json_t *overlay, const char *id);

/* The id of the stream that the overlay gives that name and namespace (NULL: none), or
 * NULL where it names none so; borrowed. The overlay may be NULL. */
const char *overlay_find_id(const json_t *overlay, const char *namespace, const char *name);

/*
 * Gives the catalog's streams the parents that the overlay (NULL: none) names, in place of
 * what the tap says.
 */
bool overlay_set_parents(const json_t *overlay, struct singer_catalog *catalog,
			 struct error *error);

/* Is a field of what overlay_stream gave (which may be NULL) to be unquoted? */
bool overlay_unquotes(const json_t *stream, const char *field);

#endif
