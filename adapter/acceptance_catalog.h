/*
 * acceptance_catalog.h - what discover printed, judged and made into configured catalogs.
 */
#ifndef TAPBYTE_ACCEPTANCE_CATALOG_H
#define TAPBYTE_ACCEPTANCE_CATALOG_H

#include <stdbool.h>

#include "buffer.h"
#include "document.h"
#include "error.h"

struct acceptance_stream {
	char *label;               /* "namespace.name", for people */
	const struct node *stream; /* an AirbyteStream */
	const struct node *schema; /* its json_schema, or NULL */
	const struct node *cursor; /* the path of the cursor field, an array, or NULL */
	const struct node *key;    /* the primary key, an array of paths, or NULL */
	bool incremental;          /* it can be read so (of a configured one: it is to be) */
};

struct acceptance_catalog {
	struct buffer text;
	struct document document;
	struct acceptance_stream *streams;
	size_t count;
};

#define ACCEPTANCE_CATALOG_EMPTY ((struct acceptance_catalog){ .streams = NULL })

/*
 * Takes a CATALOG message or a configured catalog, of which a copy is kept. To be released
 * after a failure as well.
 */
bool acceptance_catalog_load(struct acceptance_catalog *catalog, struct slice text,
			     struct error *error);
void acceptance_catalog_release(struct acceptance_catalog *catalog);

/*
 * Appends a configured catalog of all streams: incremental where they can be, or all of them
 * full_refresh.
 */
void acceptance_catalog_configure(const struct acceptance_catalog *catalog, bool incremental,
				  struct buffer *out);

/* What is wrong with it: appends a line for each problem. */
void acceptance_catalog_judge_names(const struct acceptance_catalog *catalog,
				    struct buffer *out);
void acceptance_catalog_judge_schemas(const struct acceptance_catalog *catalog,
				      struct buffer *out);
void acceptance_catalog_judge_modes(const struct acceptance_catalog *catalog,
				    struct buffer *out);
void acceptance_catalog_judge_keys(const struct acceptance_catalog *catalog,
				   struct buffer *out);

/* What stands at a path of names; NULL: nothing. */
const struct node *acceptance_at_path(const struct node *value, const struct node *path);

#endif
