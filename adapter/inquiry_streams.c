#include "inquiry_streams.h"

#include <string.h>

#include "config_probe.h"
#include "discovery.h"
#include "inquiry_settings.h"
#include "tap_look.h"
#include "text_file.h"

/* Seconds for a discovery with made-up credentials. */
#define OFFLINE_DEADLINE 15

/* Objects in a state; one of a tap whose state goes deeper is taken to have a position. */
#define STATE_DEPTH 32

/*
 * ---- a sync ----
 */

/* Is there anything in it that is no name? */
static bool has_position(const json_t *state, unsigned depth)
{
	json_t *child;
	const char *key;

	if (!json_is_object(state))
		return state != NULL && !json_is_null(state) && !json_is_array(state);
	if (depth == STATE_DEPTH)
		return true;
	json_object_foreach((json_t *)state, key, child)
		if (strcmp(key, "currently_syncing") != 0 && has_position(child, depth + 1))
			return true;
	return false;
}

/* One stream, no cursor, and yet a state: the tap resumes by it. */
static bool take_state(struct inquiry *inquiry, const struct catalog_map *map,
		       const json_t *state)
{
	struct wrap *wrap = &inquiry->wrap;
	bool done = true;

	wrap->state = tap_look_shape(state);
	if (map->count == 1 && !map->streams[0].incremental && inquiry->flags.state &&
	    has_position(state, 0))
		done = json_object_set_new(wrap->overlay, map->streams[0].entry->id,
					   json_pack("{s:b}", "keeps_position", 1)) == 0;
	return (done && wrap->state != NULL) || error_set_no_memory(&inquiry->session.error);
}

/* Some taps fail when they are handed their own catalog; they can do without. */
static bool sync_without_catalog(struct inquiry *inquiry, const struct singer_catalog *catalog,
				 const struct catalog_map *map, struct tap_sample *sample)
{
	struct tap_flags flags = inquiry->flags;
	struct tap_sample other = { .state = NULL, .error = ERROR_NONE };

	flags.catalog = flags.properties = false;
	if (!tap_look_sync(&inquiry->session, &flags, catalog, map, &other))
		return false;
	if (other.records == 0) {
		json_decref(other.state);
		return true;
	}
	inquiry_note_said(inquiry, "Whether streams can be chosen: the tap fails when it is handed "
			  "its catalog, so it is not (tap.catalog_flags), reads all, and tapbyte "
			  "leaves out what was not chosen. It said: ",
			  slice_of_string(sample->error.message));
	inquiry->wrap.takes_no_catalog = true;
	json_decref(sample->state);
	*sample = other;
	return true;
}

static bool look_at_sync(struct inquiry *inquiry, const struct singer_catalog *catalog,
			 const struct catalog_map *map, struct inquiry_trial *trial)
{
	struct tap_sample sample = { .state = NULL, .error = ERROR_NONE };
	bool done = tap_look_sync(&inquiry->session, &inquiry->flags, catalog, map, &sample);

	if (done && sample.error.set && sample.records == 0 &&
	    tap_flags_take_catalog(&inquiry->flags))
		done = sync_without_catalog(inquiry, catalog, map, &sample);
	/* the discovery succeeded with the same config */
	if (done && sample.error.set && sample.records == 0)
		inquiry->wrap.proves_nothing = true;
	if (done && sample.error.set)
		inquiry_note_said(inquiry, "A sync with your config fails: ",
				  slice_of_string(sample.error.message));
	if (done && sample.state != NULL)
		done = take_state(inquiry, map, sample.state);
	trial->synced = done;
	trial->records = sample.records;
	trial->has_state = sample.state != NULL;
	json_decref(sample.state);
	return done && !session_is_interrupted(&inquiry->session);
}

/*
 * ---- a discovery ----
 */

/* What there is to say of one that succeeded. */
static bool take_catalog(struct inquiry *inquiry, const struct singer_catalog *catalog, bool sync,
			 struct inquiry_trial *trial)
{
	struct session *session = &inquiry->session;
	struct catalog_map map = CATALOG_MAP_EMPTY;

	trial->discovered = catalog_map_make(&map, catalog, NULL, true, &session->warnings,
					     &session->error) &&
			    (!sync || look_at_sync(inquiry, catalog, &map, trial)) &&
			    wrap_streams(&inquiry->wrap, &map, &session->error);
	catalog_map_release(&map);
	return trial->discovered;
}

/* What was said without the network about the network is no news. */
static bool tells_of_proxy(const struct error *error)
{
	return strstr(error->message, "roxy") != NULL ||
	       strstr(error->message, "127.0.0.1") != NULL;
}

static void note_offline_failure(struct inquiry *inquiry)
{
	if (inquiry->waits || tells_of_proxy(&inquiry->session.error))
		inquiry_note(inquiry, "The streams: the discovery needs settings that work, given "
			     "with --config.");
	else
		inquiry_note_failure(inquiry, "The streams: the discovery needs settings that "
				     "work, given with --config: ");
	inquiry->session.error = ERROR_NONE;
}

static bool write_made_up_config(struct inquiry *inquiry)
{
	const json_t *spec = inquiry->wrap.spec;
	json_t *config = config_probe_placeholders(json_object_get(spec, "required"), spec);
	bool done = config_probe_write(&inquiry->session, config);

	json_decref(config);
	return done;
}

bool inquiry_discover_offline(struct inquiry *inquiry, struct inquiry_trial *trial)
{
	struct singer_catalog catalog = SINGER_CATALOG_EMPTY;
	struct session *session = &inquiry->session;
	bool done, found, last = inquiry->config == NULL;

	*trial = (struct inquiry_trial){ .discovered = false };
	if (!write_made_up_config(inquiry))
		return false;
	found = !inquiry->waits &&
		discovery_run(session, &inquiry->flags, OFFLINE_DEADLINE, &catalog) &&
		(catalog.count > 0 ||
		 error_set(&session->error, FAILURE_CONFIG, "with made-up ones it has none"));
	inquiry->wrap.proves_nothing = found || !inquiry->flags.discover;
	done = !found || !last || take_catalog(inquiry, &catalog, false, trial);
	if (!found && last)
		note_offline_failure(inquiry);
	if (done)
		session->error = ERROR_NONE;
	singer_catalog_release(&catalog);
	return done && !session_is_interrupted(session);
}

/* False: it does not fit the spec, or cannot be read any more. */
static bool configure(struct inquiry *inquiry)
{
	struct session *session = &inquiry->session;
	struct buffer text;
	bool done;

	buffer_init(&text, BUFFER_MAXIMUM);
	done = text_file_read(inquiry->config_path, "the config", &text, &session->error) &&
	       tap_configure(&session->tap, &text, inquiry->config_path, &session->error);
	buffer_release(&text);
	return done;
}

bool inquiry_discover(struct inquiry *inquiry, struct inquiry_trial *trial)
{
	struct singer_catalog catalog = SINGER_CATALOG_EMPTY;
	struct session *session = &inquiry->session;
	struct wrap *wrap = &inquiry->wrap;
	bool done;

	*trial = (struct inquiry_trial){ .discovered = false };
	if (!session_prepare(session))
		return false;
	if (!configure(inquiry)) {
		inquiry_note_failure(inquiry, "The streams, since the config does not fit the "
				     "spec: ");
		return !session->error.set;
	}
	if (!secret_mask_collect(&wrap->secrets, wrap->spec, inquiry->config))
		return error_set_no_memory(&session->error);
	if (!tap_find_executable(&session->tap, &session->error) ||
	    !discovery_probe(session, &inquiry->flags))
		return false;
	if (discovery_run(session, &inquiry->flags, session->tap.manifest.discover_deadline,
			  &catalog)) {
		done = take_catalog(inquiry, &catalog, true, trial);
	} else {
		done = inquiry_learn_from_failure(inquiry) && !session_is_interrupted(session);
		inquiry_note_failure(inquiry, "The streams: the discovery with your config "
				     "fails: ");
	}
	singer_catalog_release(&catalog);
	return done;
}
