/*
 * singer_catalog.h - the tap's own catalog: a discovery document, read, and handed
 * back with the user's selection written into it.
 */
#ifndef TAPBYTE_SINGER_CATALOG_H
#define TAPBYTE_SINGER_CATALOG_H

#include <stdbool.h>

#include "buffer.h"
#include "document.h"
#include "error.h"
#include "name_table.h"

/* A member that marks an entry that only says that the tap has a stream (catalog_travel.h). */
#define SINGER_OTHER_KEY "x-tapbyte-other"

/* One stream of the catalog. Strings are decoded and owned by the catalog; nodes are borrowed
 * from its document. */
struct singer_entry {
	const struct node *node;     /* the whole entry */
	const struct node *schema;   /* NULL: none */
	const struct node *metadata; /* the list, or NULL */
	const struct node *root;     /* the metadata object of the breadcrumb [], or NULL */
	char *id;                    /* tap_stream_id, else stream */
	char *stream;                /* stream, else tap_stream_id */
	char *table_name;            /* NULL: none */
	char *schema_name;           /* metadata schema-name, else database-name; NULL: none */
	char *parent_id;             /* parent-tap-stream-id, or overlay.h; NULL: none */
	bool other;                  /* has SINGER_OTHER_KEY */
	struct name_table unsupported; /* top-level fields with inclusion "unsupported" */
};

struct singer_catalog {
	struct buffer text; /* what document borrows */
	struct document document;
	struct singer_entry *entries; /* in the order of the document */
	size_t count;
};

#define SINGER_CATALOG_EMPTY ((struct singer_catalog){ .entries = NULL })

/*
 * Reads a discovery document. Takes the bytes of `text`, which is empty afterwards.
 * FAILURE_SYSTEM: no JSON, no "streams" list, an entry without a name.
 */
bool singer_catalog_parse(struct singer_catalog *catalog, struct buffer *text, struct error *error);

void singer_catalog_release(struct singer_catalog *catalog);

/* What the user wants of a stream, for singer_catalog_select. */
struct singer_selection {
	bool selected;
	const char *replication_method; /* "FULL_TABLE", "INCREMENTAL", "LOG_BASED"; NULL: leave
					   as it is */
	const char *replication_key;    /* NULL: leave as it is */
	const struct name_table *fields; /* enum field_choice (stream.h) of each top-level field; a
					    field that is not in it is selected; NULL: all are */
};

/*
 * Appends the catalog again, byte by byte as the tap wrote it but for the selection:
 * one for each entry, in the same order. Root metadata: selected, replication-method,
 * replication-key; the entry's own replication_method and replication_key; the schema's
 * own `selected`; field metadata: selected, except for fields whose inclusion is
 * automatic or unsupported; nested breadcrumbs follow their top-level field. Metadata
 * keep their order; what is missing is added at the end.
 */
void singer_catalog_select(const struct singer_catalog *catalog,
			   const struct singer_selection *selections, struct buffer *out);

#endif
