#include "catalog_map.h"
#include "commands.h"
#include "discovery.h"

/* The catalog, as Airbyte wants it, into the session's way out. */
static bool write_catalog(struct session *session, const struct singer_catalog *catalog)
{
	const struct manifest *manifest = &session->tap.manifest;
	struct catalog_map map = CATALOG_MAP_EMPTY;
	struct buffer text;
	bool done;

	buffer_init(&text, BUFFER_MAXIMUM);
	done = catalog_map_make(&map, catalog, manifest->overlay, manifest->namespaces,
				&session->warnings, &session->error) &&
	       catalog_map_warn_of_shared_names(&map, &session->warnings, &session->error);
	if (done)
		catalog_map_write(&map, &text);
	if (text.failed)
		done = error_set_no_memory(&session->error);
	session_tick(session);
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
	       discovery_probe(&session, &flags) && discovery_run(&session, &flags, &catalog) &&
	       write_catalog(&session, &catalog);
	singer_catalog_release(&catalog);
	return session_close(&session, done);
}
