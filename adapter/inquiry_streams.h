/*
 * inquiry_streams.h - the streams of a tap that has no tap.json yet, and what a sync shows
 * of how it reads. Both fill wrap.streams and catalog, proves_nothing, takes_no_catalog,
 * state and overlay, as far as they come; why they come no further is a note and no failure.
 */
#ifndef TAPBYTE_INQUIRY_STREAMS_H
#define TAPBYTE_INQUIRY_STREAMS_H

#include "inquiry.h"

/* How far it came. */
struct inquiry_trial {
	bool discovered; /* there is a catalog: wrap.streams */
	bool synced;     /* a sync was tried, which wrote: */
	size_t records;
	bool has_state;
};

/*
 * With made-up settings and no network: what succeeds so proves nothing about credentials.
 * Where there is a config, its discovery is the one to believe, and nothing else is kept.
 */
bool inquiry_discover_offline(struct inquiry *inquiry, struct inquiry_trial *trial);

/* With the user's config: discovery, and a sync of all streams that is stopped soon. */
bool inquiry_discover(struct inquiry *inquiry, struct inquiry_trial *trial);

#endif
