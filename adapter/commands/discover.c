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

/* The catalog, as Airbyte wants it, into the session's way out. */
static bool write_catalog(struct session *session, const struct singer_catalog *catalog,
			  bool travels)
{
	const struct manifest *manifest = &session->tap.manifest;
	struct catalog_map map = CATALOG_MAP_EMPTY;
	struct buffer text;
	bool done;

	buffer_init(&text, BUFFER_MAXIMUM);
	done = catalog_map_make(&map, catalog, manifest->overlay, manifest->namespaces,
				&session->warnings, &session->error) &&
	       catalog_names_warn_of_shared(&map, &session->warnings, &session->error);
	if (done && travels)
		done = write_travelling(session, catalog, &map, &text);
	else if (done)
		catalog_write(&map, NULL, &text);
	session_tick(session);
	if (done && text.failed)
		done = error_set_no_memory(&session->error);
	if (done)
		airbyte_writer_catalog(&session->writer, buffer_slice(&text));
	catalog_map_release(&map);
	buffer_release(&text);
	return done;
}

int command_discover(int argc, char **argv)
{
	struct session session;
	struct singer_catalog catalog = SINGER_CATALOG_EMPTY;
	struct tap_flags flags;
	bool done;

	done = session_open(&session, argc, argv) && session_configure(&session) &&
	       discovery_probe(&session, &flags) && discovery_run(&session, &flags,
			     session.tap.manifest.discover_deadline, &catalog);
	done = session_settle(&session, done) &&
	       write_catalog(&session, &catalog, tap_flags_take_catalog(&flags));
	singer_catalog_release(&catalog);
	return session_close(&session, done);
}
