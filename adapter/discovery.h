/*
 * discovery.h - asks a tap what it has.
 */
#ifndef TAPBYTE_DISCOVERY_H
#define TAPBYTE_DISCOVERY_H

#include <stdbool.h>

#include "session.h"
#include "singer_catalog.h"
#include "tap_flags.h"

/*
 * Asks the tap's --help which options it takes. A tap whose --help does not say is taken
 * to know the usual ones (TAP_FLAGS_USUAL), and *answered is false. False: it cannot be
 * started.
 */
bool discovery_ask(struct session *session, struct tap_flags *flags, bool *answered);

/* Asks --about what more it can do, where it takes that. That it does not say is no error. */
void discovery_ask_about(struct session *session, struct tap_flags *flags);

/*
 * The same as discovery_ask, with a warning, or what `install` kept of it; with the
 * manifest's own word on catalogs. A tap that can is told to write structured logs.
 */
bool discovery_probe(struct session *session, struct tap_flags *flags);

/*
 * The tap's catalog: what --discover prints. A tap that knows no --discover, or prints
 * Singer messages instead, is asked by a sync of at most a minute, whose SCHEMA messages
 * make the catalog. False on an error (session->error): it took longer than the deadline
 * (in seconds), it failed, it printed nothing or something else.
 */
bool discovery_run(struct session *session, const struct tap_flags *flags, unsigned deadline,
		   struct singer_catalog *catalog);

#endif
