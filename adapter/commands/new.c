#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "about_spec.h"
#include "commands.h"
#include "config_probe.h"
#include "count.h"
#include "discovery.h"
#include "json_compact.h"
#include "json_load.h"
#include "package_report.h"
#include "setting_name.h"
#include "tap_install.h"
#include "tap_look.h"
#include "text_file.h"
#include "wrap_files.h"

/* Seconds for a discovery with made-up credentials, and for one with the user's. */
#define OFFLINE_DEADLINE 15
#define DISCOVER_DEADLINE 300

/* Packages that taps forget to ask for, one after the other. */
#define HELPERS_MAXIMUM 4

/* A log that says why --help failed, and a message for people of it. */
#define HELP_LOG_MAXIMUM ((size_t)4 << 20)
#define NOTE_MAXIMUM 500

struct new {
	const char *command; /* as given; borrowed from argv, as the next */
	const char *config;
	bool force;
	bool kept_overlay;
	struct wrap wrap;
	struct tap_flags flags;
	json_t *report;      /* package_report.h */
	json_t *about;       /* NULL: the tap has none */
	bool waits;          /* for the network, as it seems; config_probe.h */
	json_t *given;       /* the config; NULL: none */
};

static void note(struct new *new, json_t *sentence)
{
	(void)json_array_append_new(new->wrap.notes, sentence);
}

/*
 * ---- the command line ----
 */

static const struct option long_options[] = {
	{ "pip", required_argument, NULL, 'p' },    { "command", required_argument, NULL, 'x' },
	{ "config", required_argument, NULL, 'c' }, { "force", no_argument, NULL, 'f' },
	{ NULL, 0, NULL, 0 },
};

static const char usage[] =
	"usage: tapbyte new NAME --pip REQUIREMENT [--pip ...] [--command PROGRAM] "
	"[--config FILE] [--force]\n";

static bool is_tap_name(const char *name)
{
	return name[0] != '\0' && strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789-") ==
					  strlen(name);
}

/* False: it was used wrongly. */
static bool parse(struct new *new, int argc, char **argv)
{
	const char *name = NULL;
	int option;

	optind = 1;
	while ((option = getopt_long(argc, argv, "-", long_options, NULL)) != -1) {
		switch (option) {
		case 1:
			if (name != NULL)
				return false;
			name = optarg;
			break;
		case 'p':
			(void)json_array_append_new(new->wrap.pip, json_string(optarg));
			break;
		case 'x':
			new->command = optarg;
			break;
		case 'c':
			new->config = optarg;
			break;
		case 'f':
			new->force = true;
			break;
		default:
			return false;
		}
	}
	if (name == NULL || json_array_size(new->wrap.pip) == 0)
		return false;
	if (!is_tap_name(name))
		fprintf(stderr, "tapbyte new: a tap's name has a-z, 0-9 and - only, not %s\n",
			name);
	new->wrap.name = is_tap_name(name) ? strdup(name) : NULL;
	return new->wrap.name != NULL;
}

/*
 * ---- where ----
 */

static bool make_folder(const char *path, struct error *error)
{
	return mkdir(path, 0777) == 0 || errno == EEXIST ||
	       error_set(error, FAILURE_SYSTEM, "cannot make the folder %s: %s", path,
			 strerror(errno));
}

/* ROOT/catalogs of ROOT/taps/NAME, made if it is not there. */
static bool find_catalogs(struct wrap *wrap, struct error *error)
{
	char *folder = NULL;
	bool done = false;

	if (asprintf(&folder, "%s/../../catalogs", wrap->folder) < 0)
		return error_set_no_memory(error);
	if (make_folder(folder, error)) {
		char *real = realpath(folder, NULL);

		if (real == NULL || asprintf(&wrap->overlay_path, "%s/%s.json", real,
					     wrap->name) < 0)
			wrap->overlay_path = NULL;
		free(real);
		done = wrap->overlay_path != NULL || error_set_no_memory(error);
	}
	free(folder);
	return done;
}

/* $TAPBYTE_TAPS, else ./taps, as other commands look for taps; catalogs/ is beside it. */
static bool find_place(struct new *new, struct error *error)
{
	const char *own = getenv("TAPBYTE_TAPS");
	struct wrap *wrap = &new->wrap;
	char *folder = NULL;

	wrap->base = strdup(own != NULL && own[0] != '\0' ? own : "taps");
	if (wrap->base == NULL || asprintf(&folder, "%s/%s", wrap->base, wrap->name) < 0)
		return error_set_no_memory(error);
	if (make_folder(wrap->base, error) && make_folder(folder, error)) {
		wrap->folder = realpath(folder, NULL);
		if (wrap->folder == NULL)
			error_set(error, FAILURE_SYSTEM, "%s: %s", folder, strerror(errno));
	}
	free(folder);
	return wrap->folder != NULL && find_catalogs(wrap, error);
}

/* As a person at this place would write it. */
static const char *shown(const char *path)
{
	char here[4096];
	size_t length;

	if (getcwd(here, sizeof(here)) == NULL)
		return path;
	length = strlen(here);
	return strncmp(path, here, length) == 0 && path[length] == '/' ? path + length + 1 : path;
}

static bool check_free(const struct new *new, struct error *error)
{
	char *found;

	if (!wrap_files_there(&new->wrap, &found, error))
		return false;
	if (found != NULL && !new->force)
		error_set(error, FAILURE_CONFIG,
			  "%s is there already; --force makes all anew, but for the catalog",
			  shown(found));
	free(found);
	return !error->set;
}

/* Anything in it that the spec does not suit is said later. */
static bool load_config(struct new *new, struct error *error)
{
	json_error_t problem;
	struct buffer text;

	if (new->config == NULL)
		return true;
	buffer_init(&text, BUFFER_MAXIMUM);
	if (text_file_read(new->config, "the config", &text, error))
		new->given = json_load_slice(buffer_slice(&text), 0, &problem);
	buffer_release(&text);
	if (!json_is_object(new->given)) /* its own words could quote a secret */
		error_set(error, FAILURE_CONFIG, "the config, %s, is not a JSON object",
			  new->config);
	return !error->set;
}

/*
 * ---- the tap, before there is a tap.json ----
 */

/* The API is not to be called with made-up credentials: the way to it leads nowhere. */
static json_t *dead_proxies(void)
{
	static const char *const names[] = {
		"HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "all_proxy",
	};
	json_t *env = json_pack("{s:s, s:s}", "NO_PROXY", "", "no_proxy", "");

	for (size_t i = 0; i < COUNT(names); i++)
		(void)json_object_set_new(env, names[i], json_string("http://127.0.0.1:9"));
	return env;
}

/* Messages of the protocol go nowhere: what a person is to know is printed here. */
static bool begin(struct new *new, struct session *session, bool offline)
{
	int nowhere = open("/dev/null", O_WRONLY | O_CLOEXEC);
	struct manifest *manifest = &session->tap.manifest;

	session_begin(session, nowhere);
	*manifest = (struct manifest){
		.name = strdup(new->wrap.name),
		.folder = strdup(new->wrap.folder),
		.command = json_pack("[s]", new->wrap.program ? new->wrap.program : "?"),
		.pip = json_incref(new->wrap.pip),
		.env = offline ? dead_proxies() : NULL,
		.spec = json_pack("{s:O*}", "connectionSpecification", new->wrap.spec),
		.namespaces = true,
		.check_deadline = DISCOVER_DEADLINE,
		.discover_deadline = DISCOVER_DEADLINE,
		.parallel = 1,
	};
	if (nowhere < 0)
		return error_set(&session->error, FAILURE_SYSTEM, "cannot open /dev/null: %s",
				 strerror(errno));
	if (manifest->name == NULL || manifest->folder == NULL || manifest->command == NULL)
		return error_set_no_memory(&session->error);
	return session_prepare(session);
}

static int end(struct session *session, bool done)
{
	int nowhere = session->output.fd, code;

	if (!done && session->error.set)
		fprintf(stderr, "tapbyte new: %s\n", session->error.message);
	session->error = ERROR_NONE;
	code = session_close(session, done);
	if (nowhere >= 0)
		close(nowhere);
	return code;
}

/*
 * ---- installing ----
 */

static bool install_all(struct session *session)
{
	fflush(stdout);
	return tap_install_packages(&session->tap, &session->error);
}

static bool install(struct new *new, struct session *session)
{
	char *venv = tap_venv_path(&session->tap);

	printf("Installing %s into %s; this may take a minute.\n",
	       json_string_value(json_array_get(new->wrap.pip, 0)), venv ? shown(venv) : "");
	free(venv);
	fflush(stdout);
	return tap_install_environment(&session->tap, &session->error) && install_all(session);
}

static bool look_at_packages(struct new *new, struct session *session)
{
	json_decref(new->report);
	new->report = tap_look_packages(session);
	return new->report != NULL ||
	       error_set(&session->error, FAILURE_SYSTEM,
			 "the packages are installed, but the environment's Python does not say "
			 "what they are");
}

/* The program, by --command or as the first package has it. */
static bool find_program(struct new *new, struct session *session)
{
	const char *requirement = json_string_value(json_array_get(new->wrap.pip, 0));
	const json_t *package = package_report_of(new->report, requirement);
	const char *program = new->command, *home;
	struct wrap *wrap = &new->wrap;

	if (program == NULL && package == NULL)
		return error_set(&session->error, FAILURE_CONFIG,
				 "it is not clear which package %s is; say with --command which "
				 "program is the tap", requirement);
	if (program == NULL)
		program = package_report_program(package, &session->error);
	if (program == NULL)
		return false;
	wrap->program = strdup(program);
	if (package == NULL)
		wrap->package = strdup("");
	else if (asprintf(&wrap->package, "%s %s",
			  json_string_value(json_object_get(package, "name")),
			  json_string_value(json_object_get(package, "version"))) < 0)
		wrap->package = NULL;
	home = json_string_value(json_object_get(package, "home"));
	wrap->home = home ? strdup(home) : NULL;
	json_decref(session->tap.manifest.command);
	session->tap.manifest.command = json_pack("[s]", program);
	if (wrap->program == NULL || wrap->package == NULL ||
	    session->tap.manifest.command == NULL)
		return error_set_no_memory(&session->error);
	return tap_find_executable(&session->tap, &session->error);
}

/* A new requirement, installed beside the others. */
static bool add_helper(struct new *new, struct session *session, const char *helper)
{
	size_t i;
	json_t *known;

	json_array_foreach(new->wrap.pip, i, known)
		if (strcmp(json_string_value(known), helper) == 0)
			return false;
	printf("The tap needs %s, which it does not ask for: added to tap.pip.\n", helper);
	(void)json_array_append_new(new->wrap.pip, json_string(helper));
	return install_all(session);
}

/* A tap that does not even print its --help may lack a package that it takes for granted. */
static bool mend_packages(struct new *new, struct session *session)
{
	const char *helper = NULL;
	bool succeeded = false, more = true;
	struct buffer log;
	char *text;

	buffer_init(&log, HELP_LOG_MAXIMUM);
	for (size_t i = 0; more && i <= HELPERS_MAXIMUM; i++) {
		buffer_clear(&log);
		if (!tap_look_help(session, &log, &succeeded))
			break;
		text = succeeded ? NULL : buffer_to_string(&log);
		helper = text ? package_report_helper(text) : NULL;
		more = helper != NULL && add_helper(new, session, helper);
		free(text);
	}
	if (!succeeded && !session->error.set) {
		text = buffer_to_string(&log);
		note(new, json_sprintf("The tap's --help fails, so its options are guessed: %.*s",
				       NOTE_MAXIMUM, text ? text : ""));
		free(text);
	}
	buffer_release(&log);
	return !session->error.set && !session_is_interrupted(session);
}

/* What pip chose today is what it will be tomorrow. */
static bool pin(struct new *new, struct session *session)
{
	json_t *pinned = json_array();
	size_t i;
	json_t *requirement;

	json_array_foreach(new->wrap.pip, i, requirement) {
		char *text = package_report_pin(new->report, json_string_value(requirement));

		if (text == NULL || json_array_append_new(pinned, json_string(text)) != 0)
			error_set_no_memory(&session->error);
		free(text);
	}
	json_decref(new->wrap.pip);
	new->wrap.pip = pinned;
	json_decref(session->tap.manifest.pip);
	session->tap.manifest.pip = json_incref(pinned);
	return !session->error.set;
}

static bool keep_flags(struct new *new, struct session *session)
{
	static const char *const names[] = { "--discover", "--catalog", "--properties", "--state",
					     "--about" };
	const bool *const values[] = { &new->flags.discover, &new->flags.catalog,
				       &new->flags.properties, &new->flags.state,
				       &new->flags.about };
	bool answered = false;

	if (!tap_install_keep_flags(session, &new->flags, &answered))
		return false;
	for (size_t i = 0; answered && i < COUNT(names); i++)
		if (*values[i])
			(void)json_array_append_new(new->wrap.flags, json_string(names[i]));
	return !session_is_interrupted(session);
}

/*
 * ---- settings ----
 */

static char *make_title(const struct new *new)
{
	struct buffer title;
	char *text;

	buffer_init(&title, NOTE_MAXIMUM);
	setting_name_title(new->wrap.name, &title);
	text = buffer_to_string(&title);
	buffer_release(&title);
	return text;
}

/* By rounds, and by what the source looks for. */
static bool learn_settings(struct new *new, struct session *session, const char *title,
			   json_t *required)
{
	const char *requirement = json_string_value(json_array_get(new->wrap.pip, 0));
	const json_t *package = package_report_of(new->report, requirement);

	if (!config_probe_run(session, &new->flags, NULL, required, &new->waits, new->wrap.notes))
		return false;
	new->wrap.spec = about_spec_learned(required, json_object_get(package, "settings"),
					    new->given, title, &session->error);
	new->wrap.asked = "by what the tap says it lacks (that is required), and by the names "
			  "that its source looks for";
	note(new, json_string("What the settings mean, and their types where no default tells: "
			      "they are taken for strings."));
	return new->wrap.spec != NULL;
}

/* What --about tells, and what it does not call required though the tap fails without it. */
static bool take_settings(struct new *new, struct session *session, const char *title,
			  json_t *required)
{
	struct wrap *wrap = &new->wrap;

	wrap->spec = about_spec_make(new->about, title, wrap->notes, &session->error);
	wrap->asked = "in what the tap's --about tells, and by what it says it lacks";
	return wrap->spec != NULL &&
	       (json_array_extend(required, json_object_get(wrap->spec, "required")) == 0 ||
		json_object_get(wrap->spec, "required") == NULL) &&
	       config_probe_run(session, &new->flags, wrap->spec, required, &new->waits,
				wrap->notes) &&
	       about_spec_require(wrap->spec, required, &session->error);
}

static bool find_settings(struct new *new, struct session *session)
{
	char *title = make_title(new);
	json_t *required = json_array();
	bool done;

	if (title == NULL || required == NULL) {
		done = error_set_no_memory(&session->error);
	} else {
		new->about = new->flags.about ? tap_look_about(session) : NULL;
		if (json_is_object(json_object_get(new->about, "settings")))
			done = take_settings(new, session, title, required);
		else
			done = learn_settings(new, session, title, required);
	}
	json_decref(required);
	free(title);
	return done;
}

/*
 * ---- streams and state ----
 */

static void note_failure(struct new *new, struct session *session, const char *what)
{
	note(new, json_sprintf("%s: %.*s", what, NOTE_MAXIMUM, session->error.message));
	session->error = ERROR_NONE;
	buffer_clear(&session->stack_trace);
}

/* Is there anything in it that is no name? */
static bool has_position(const json_t *state)
{
	json_t *child;
	const char *key;

	if (!json_is_object(state))
		return state != NULL && !json_is_null(state) && !json_is_array(state);
	json_object_foreach((json_t *)state, key, child)
		if (strcmp(key, "currently_syncing") != 0 && has_position(child))
			return true;
	return false;
}

/* One stream, no cursor, and yet a state: the tap resumes by it. */
static void take_state(struct new *new, const struct catalog_map *map, const json_t *state)
{
	new->wrap.state = tap_look_shape(state);
	if (map->count == 1 && !map->streams[0].incremental && new->flags.state &&
	    has_position(state))
		(void)json_object_set_new(new->wrap.overlay, map->streams[0].entry->id,
					  json_pack("{s:b}", "keeps_position", 1));
}

/* Some taps fail when they are handed their own catalog; they can do without. */
static bool sync_without_catalog(struct new *new, struct session *session,
				 const struct singer_catalog *catalog,
				 const struct catalog_map *map, struct tap_sample *sample)
{
	struct tap_flags flags = new->flags;
	struct tap_sample other = { .state = NULL, .error = ERROR_NONE };

	flags.catalog = flags.properties = false;
	if (!tap_look_sync(session, &flags, catalog, map, &other))
		return false;
	if (other.records == 0) {
		json_decref(other.state);
		return true;
	}
	note(new, json_sprintf("Whether streams can be chosen: the tap fails when it is handed its "
			       "catalog, so it is not (tap.catalog_flags), reads all, and tapbyte "
			       "leaves out what was not chosen. It said: %.*s", NOTE_MAXIMUM,
			       sample->error.message));
	new->wrap.takes_no_catalog = true;
	json_decref(sample->state);
	*sample = other;
	return true;
}

static bool look_at_sync(struct new *new, struct session *session,
			 const struct singer_catalog *catalog, const struct catalog_map *map)
{
	struct tap_sample sample = { .state = NULL, .error = ERROR_NONE };
	bool done = tap_look_sync(session, &new->flags, catalog, map, &sample);

	if (done && sample.error.set && sample.records == 0 &&
	    tap_flags_take_catalog(&new->flags))
		done = sync_without_catalog(new, session, catalog, map, &sample);
	if (done) {
		printf("A sync: %zu records%s.\n", sample.records,
		       sample.state != NULL ? " and a state" : ", and no state");
		if (sample.error.set)
			note(new, json_sprintf("A sync with your config fails: %.*s", NOTE_MAXIMUM,
					       sample.error.message));
		if (sample.state != NULL)
			take_state(new, map, sample.state);
	}
	json_decref(sample.state);
	return done && !session_is_interrupted(session);
}

/* What there is to say of a discovery that succeeded. */
static bool take_catalog(struct new *new, struct session *session,
			 const struct singer_catalog *catalog, bool sync)
{
	struct catalog_map map = CATALOG_MAP_EMPTY;
	bool done = catalog_map_make(&map, catalog, NULL, true, &session->warnings,
				     &session->error) &&
		    (!sync || look_at_sync(new, session, catalog, &map)) &&
		    wrap_streams(&new->wrap, &map, &session->error);

	if (done)
		printf("Discovery: %zu stream%s%s.\n", map.count, map.count == 1 ? "" : "s",
		       sync ? "" : ", with made-up settings and no network");
	catalog_map_release(&map);
	return done;
}

/* What was said without the network about the network is no news. */
static bool tells_of_proxy(const struct error *error)
{
	return strstr(error->message, "roxy") != NULL ||
	       strstr(error->message, "127.0.0.1") != NULL;
}

static void note_offline_failure(struct new *new, struct session *session)
{
	const char *what = "The streams: the discovery needs settings that work, given with "
			   "--config";

	if (new->waits || tells_of_proxy(&session->error)) {
		note(new, json_sprintf("%s.", what));
		session->error = ERROR_NONE;
	} else {
		note_failure(new, session, what);
	}
}

/* With made-up settings, and no network: what succeeds so proves nothing. */
static bool discover_offline(struct new *new, struct session *session)
{
	struct singer_catalog catalog = SINGER_CATALOG_EMPTY;
	json_t *config = config_probe_placeholders(json_object_get(new->wrap.spec, "required"),
						   new->wrap.spec);
	bool done = config_probe_write(session, config), found;

	json_decref(config);
	if (!done)
		return false;
	found = !new->waits &&
		discovery_run(session, &new->flags, OFFLINE_DEADLINE, &catalog) &&
		(catalog.count > 0 ||
		 error_set(&session->error, FAILURE_CONFIG, "with made-up ones it has none"));
	new->wrap.proves_nothing = found || !new->flags.discover;
	if (found && new->config == NULL)
		done = take_catalog(new, session, &catalog, false);
	else if (!found && new->config == NULL)
		note_offline_failure(new, session);
	if (done)
		session->error = ERROR_NONE;
	singer_catalog_release(&catalog);
	return done && !session_is_interrupted(session);
}

/* A setting that the user's config lacks, and the tap fails without. */
static bool learn_from_failure(struct new *new, struct session *session)
{
	json_t *required = json_copy(json_object_get(new->wrap.spec, "required"));
	struct slice trace = buffer_slice(&session->stack_trace);
	struct error error = ERROR_NONE;
	bool done = true;

	if (required == NULL)
		required = json_array();
	if (trace.length > 0 && config_probe_find(trace, required) > 0)
		done = about_spec_require(new->wrap.spec, required, &error);
	json_decref(required);
	return done;
}

/* With the user's config, as check and read would. */
static bool discover(struct new *new, struct session *session)
{
	struct singer_catalog catalog = SINGER_CATALOG_EMPTY;
	struct buffer text;
	bool done, found;

	buffer_init(&text, BUFFER_MAXIMUM);
	found = text_file_read(new->config, "the config", &text, &session->error) &&
		tap_configure(&session->tap, &text, new->config, &session->error);
	buffer_release(&text);
	if (!found) {
		note_failure(new, session, "The streams, since the config does not fit the spec");
		return true;
	}
	if (!tap_find_executable(&session->tap, &session->error) ||
	    !discovery_probe(session, &new->flags))
		return false;
	found = discovery_run(session, &new->flags, DISCOVER_DEADLINE, &catalog);
	done = found ? take_catalog(new, session, &catalog, true)
		     : learn_from_failure(new, session) && !session_is_interrupted(session);
	if (!found)
		note_failure(new, session, "The streams: the discovery with your config fails");
	singer_catalog_release(&catalog);
	return done;
}

/*
 * ---- the end ----
 */

static void print_settings(const struct new *new)
{
	const json_t *properties = json_object_get(new->wrap.spec, "properties");
	json_t *property, *required = json_object_get(new->wrap.spec, "required");
	const char *name, *separator = "";
	size_t i;

	printf("Settings: %zu; required:", json_object_size(properties));
	json_array_foreach(required, i, property)
		printf("%s %s", i > 0 ? "," : "", json_string_value(property));
	printf("%s; secret:", json_array_size(required) > 0 ? "" : " none");
	json_object_foreach((json_t *)properties, name, property) {
		if (!wrap_is_secret(property))
			continue;
		printf("%s %s", separator, name);
		separator = ",";
	}
	printf("%s.\n", separator[0] != '\0' ? "" : " none");
}

static void print_options(const struct new *new)
{
	size_t i;
	json_t *name;

	printf("Options:");
	json_array_foreach(new->wrap.flags, i, name)
		printf(" %s", json_string_value(name));
	printf("%s.\n", json_array_size(new->wrap.flags) > 0 ? "" : " unknown");
}

/* A config to start from; secrets are for the user to fill in. */
static void print_example(const struct new *new)
{
	json_t *required = json_object_get(new->wrap.spec, "required");
	json_t *config = config_probe_placeholders(required, new->wrap.spec), *value;
	const char *name;
	char *text;

	json_object_foreach(config, name, value)
		if (setting_name_is_secret(name))
			(void)json_object_set_new(config, name, json_string("..."));
	text = config ? json_compact(config) : NULL;
	printf("  write config.json with your settings, such as %s\n", text ? text : "{}");
	free(text);
	json_decref(config);
}

static void print_next(const struct new *new)
{
	const char *config = new->config ? new->config : "config.json";
	const char *name = new->wrap.name;

	printf("Next:\n");
	if (new->config == NULL)
		print_example(new);
	printf("  tapbyte check --tap %s --config %s\n", name, config);
	if (new->wrap.catalog.length > 0)
		printf("  tapbyte read --tap %s --config %s --catalog %s/"
		       "configured_catalog.json\n", name, config, shown(new->wrap.folder));
	else
		printf("  tapbyte discover --tap %s --config %s\n", name, config);
}

static void print_result(const struct new *new)
{
	const struct wrap *wrap = &new->wrap;
	size_t i;
	json_t *text;

	printf("Wrote in %s: tap.json, spec.json, README.md%s; %s%s.\n", shown(wrap->folder),
	       wrap->catalog.length > 0 ? ", configured_catalog.json" : "",
	       shown(wrap->overlay_path), new->kept_overlay ? " stays as it was" : "");
	if (wrap->proves_nothing)
		printf("Discovery proves nothing about the credentials; check reads a first "
		       "record.\n");
	if (json_array_size(wrap->notes) > 0)
		printf("Not found out:\n");
	json_array_foreach(wrap->notes, i, text)
		printf("  - %s\n", json_string_value(text));
	print_next(new);
}

/* Written, and loaded as any other command would. */
static bool finish(struct new *new, struct error *error)
{
	struct manifest manifest;
	bool done = wrap_files_write(&new->wrap, &new->kept_overlay, error) &&
		    manifest_load(&manifest, new->wrap.folder, error);

	if (done)
		manifest_release(&manifest);
	return done;
}

/* Without the network, as far as the tap goes. */
static int look_offline(struct new *new)
{
	struct session session;
	bool done;

	done = begin(new, &session, true) && install(new, &session) &&
	       look_at_packages(new, &session) && find_program(new, &session) &&
	       mend_packages(new, &session) && look_at_packages(new, &session) &&
	       pin(new, &session) && keep_flags(new, &session);
	if (done)
		printf("Installed %s: %s\n", new->wrap.package[0] ? new->wrap.package : "it",
		       shown(session.tap.executable));
	done = done && find_settings(new, &session);
	if (done) {
		print_settings(new);
		print_options(new);
		fflush(stdout);
	}
	return end(&session, done && discover_offline(new, &session));
}

static int look_with_config(struct new *new)
{
	struct session session;
	bool done = begin(new, &session, false) && discover(new, &session);

	return end(&session, done);
}

static int wrap_tap(struct new *new)
{
	struct error error = ERROR_NONE;
	int code;

	if (!find_place(new, &error) || !check_free(new, &error) || !load_config(new, &error)) {
		fprintf(stderr, "tapbyte new: %s\n", error.message);
		return 1;
	}
	code = look_offline(new);
	if (code == 0 && new->config != NULL)
		code = look_with_config(new);
	if (code != 0)
		return code;
	if (!finish(new, &error)) {
		fprintf(stderr, "tapbyte new: %s\n", error.message);
		return 1;
	}
	print_result(new);
	return 0;
}

int command_new(int argc, char **argv)
{
	struct new new = {
		.wrap = { .pip = json_array(), .flags = json_array(), .notes = json_array(),
			  .overlay = json_object() },
	};
	int code = 2;

	buffer_init(&new.wrap.catalog, BUFFER_MAXIMUM);
	if (parse(&new, argc, argv))
		code = wrap_tap(&new);
	else
		fputs(usage, stderr);
	json_decref(new.report);
	json_decref(new.about);
	json_decref(new.given);
	wrap_release(&new.wrap);
	return code;
}
