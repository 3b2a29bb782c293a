#include <stdlib.h>

#include "catalog_map.h"
#include "catalog_names.h"
#include "catalog_travel.h"
#include "catalog_write.h"
#include "commands.h"
#include "discovery.h"

/* Appends the AirbyteCatalog; each stream carries its part of the tap's own. */
static bool write_travelling(struct session *session, const struct singer_catalog *catalog,
			     const struct catalog_map *map, struct buffer *text)
{
	struct fingerprint fingerprint;
	struct buffer *packed = NULL;
	size_t total;

	if (catalog_travel_fingerprint(&session->tap, &fingerprint))
		packed = catalog_travel_pack(catalog, &fingerprint, &total);
	if (packed == NULL)
		return error_set_no_memory(&session->error);
	if (total > CATALOG_TRAVEL_MAXIMUM)
		airbyte_writer_logf(&session->writer, LOG_INFO,
				    "The tap's catalog is too large to travel with the streams; a "
				    "read will discover again.");
	catalog_write(map, total > CATALOG_TRAVEL_MAXIMUM ? NULL : packed, text);
	for (size_t i = 0; i < catalog->count; i++)
		buffer_release(&packed[i]);
	free(packed);
	return !text->failed || error_set_no_memory(&session->error);
}

/* Appends the catalog as Airbyte wants it. */
static bool map_catalog(struct session *session, const struct singer_catalog *catalog,
			bool travels, struct buffer *text)
{
	const struct manifest *manifest = &session->tap.manifest;
	struct catalog_map map = CATALOG_MAP_EMPTY;
	bool done;

	done = catalog_map_make(&map, catalog, manifest->overlay, manifest->namespaces,
				&session->warnings, &session->error) &&
	       catalog_names_warn_of_shared(&map, &session->warnings, &session->error);
	if (done && travels)
		done = write_travelling(session, catalog, &map, text);
	else if (done)
		catalog_write(&map, NULL, text);
	if (done && text->failed)
		done = error_set_no_memory(&session->error);
	catalog_map_release(&map);
	return done;
}

static bool ask_tap(struct session *session, struct singer_catalog *catalog,
		    struct tap_flags *flags)
{
	return session_configure(session) && discovery_probe(session, flags) &&
	       discovery_run(session, flags, session->tap.manifest.discover_deadline, catalog);
}

bool discover_catalog(struct session *session, struct buffer *text)
{
	struct singer_catalog catalog = SINGER_CATALOG_EMPTY;
	struct tap_flags flags;
	bool done = ask_tap(session, &catalog, &flags) &&
		    map_catalog(session, &catalog, false, text);

	singer_catalog_release(&catalog);
	return done;
}

int session_discover(struct session *session, bool opened)
{
	struct singer_catalog catalog = SINGER_CATALOG_EMPTY;
	struct tap_flags flags;
	struct buffer text;
	bool done = opened && ask_tap(session, &catalog, &flags), travels;

	buffer_init(&text, BUFFER_MAXIMUM);
	done = session_settle(session, done);
	/* what travels depends on the machine, and a replay needs none of it */
	travels = done && session->replay == NULL && tap_flags_take_catalog(&flags);
	done = done && map_catalog(session, &catalog, travels, &text);
	session_tick(session);
	if (done)
		airbyte_writer_catalog(&session->writer, buffer_slice(&text));
	singer_catalog_release(&catalog);
	buffer_release(&text);
	return session_close(session, done);
}

int command_discover(int argc, char **argv)
{
	struct session session;
	bool opened = session_open(&session, argc, argv);

	return session_discover(&session, opened);
}
