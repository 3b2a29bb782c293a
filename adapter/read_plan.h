/*
 * read_plan.h - which tap process reads which of the configured streams, and with which
 * catalog; before any of them is started.
 *
 *	struct read_plan plan = READ_PLAN_NONE;
 *
 *	if (!read_plan_processes(tap, option, &processes, error) ||
 *	    !read_plan_make(&plan, &source, processes, error))
 *		...
 *	read_plan_log(&plan, writer);
 *	plan.parts[0].streams ...
 *	read_plan_release(&plan);
 */
#ifndef TAPBYTE_READ_PLAN_H
#define TAPBYTE_READ_PLAN_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#include "airbyte_writer.h"
#include "catalog_map.h"
#include "configured_catalog.h"
#include "error.h"
#include "singer_catalog.h"
#include "slice.h"
#include "stream.h"
#include "tap.h"
#include "warnings.h"
#include "work_dir.h"

/* The config's setting for the number of processes, as Airbyte's own connectors call it. */
#define READ_PLAN_WORKERS_KEY "num_workers"

/* What one tap process reads. */
struct read_part {
	struct stream_list streams; /* all of the tap; configured are those of this process */
	char *catalog;              /* the path of the tap's; NULL: it takes none */
};

struct read_plan {
	struct read_part *parts; /* each has something to read, unless it is the only one */
	size_t count;
};

#define READ_PLAN_NONE ((struct read_plan){ .parts = NULL })

/* What a plan is made of; all is borrowed, and none of it is kept. */
struct read_plan_source {
	const struct catalog_map *map;
	const struct singer_catalog *catalog;
	struct configured_catalog *configured; /* its `elsewhere` is written to */
	const json_t *groups;                  /* manifest.h; or NULL */
	struct slice state;                    /* that Airbyte gave, or empty */
	const struct work_dir *work_dir;       /* where the tap's catalogs are written, which
						  may be large: one is in memory at a time */
	const struct warnings *warnings;
};

/*
 * How many processes are wanted: `option` (0: not given), else what the config says where
 * the spec has that setting, else the manifest's.
 */
bool read_plan_processes(const struct tap *tap, unsigned option, size_t *count,
			 struct error *error);

/*
 * Deals the configured streams to so many processes or fewer (deal.h), by how large they
 * were. Parents and children, and groups, are kept together; and so are the streams that one
 * process had, where what the processes said of all streams together differs (state_map.h).
 * After a failure, too, the plan may be released.
 */
bool read_plan_make(struct read_plan *plan, const struct read_plan_source *source,
		    size_t processes, struct error *error);

/* For a tap that takes no catalog: one process reads all that there is. */
bool read_plan_make_blind(struct read_plan *plan, const struct configured_catalog *configured,
			  const json_t *overlay, struct error *error);

/* Says what each of several processes reads. */
void read_plan_log(const struct read_plan *plan, struct airbyte_writer *writer);

void read_plan_release(struct read_plan *plan);

#endif
