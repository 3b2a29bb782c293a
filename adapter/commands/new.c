#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "commands.h"
#include "config_probe.h"
#include "inquiry_packages.h"
#include "inquiry_settings.h"
#include "inquiry_streams.h"
#include "json_compact.h"
#include "new_options.h"
#include "requirement.h"
#include "setting_name.h"
#include "terminal_text.h"
#include "wrap_place.h"

/*
 * ---- what is printed ----
 */

/* A text of the tap's: on one line, and nothing that a terminal would obey. */
static void print_text(FILE *file, const char *text)
{
	struct buffer line;

	buffer_init(&line, BUFFER_MAXIMUM);
	terminal_text_append(&line, slice_of_string(text), TERMINAL_TEXT_UNCUT);
	(void)fwrite(line.data, 1, line.length, file);
	buffer_release(&line);
}

static int fail(const struct error *error)
{
	fputs("tapbyte new: ", stderr);
	print_text(stderr, error->message);
	fputc('\n', stderr);
	return 1;
}

static void print_name(const char *name, bool *first)
{
	fputs(*first ? " " : ", ", stdout);
	print_text(stdout, name);
	*first = false;
}

static void print_settings(const struct wrap *wrap)
{
	const json_t *properties = json_object_get(wrap->spec, "properties");
	json_t *property, *required = json_object_get(wrap->spec, "required");
	const char *name;
	bool first = true;
	size_t i;

	printf("Settings: %zu; required:", json_object_size(properties));
	json_array_foreach(required, i, property)
		print_name(json_string_value(property), &first);
	printf("%s; secret:", first ? " none" : "");
	first = true;
	json_object_foreach((json_t *)properties, name, property)
		if (wrap_is_secret(property))
			print_name(name, &first);
	printf("%s.\n", first ? " none" : "");
}

static void print_options(const struct wrap *wrap)
{
	size_t i;
	json_t *name;

	printf("Options:");
	json_array_foreach(wrap->flags, i, name)
		printf(" %s", json_string_value(name));
	printf("%s.\n", json_array_size(wrap->flags) > 0 ? "" : " unknown");
}

static void print_trial(const struct wrap *wrap, const struct inquiry_trial *trial)
{
	size_t streams = json_array_size(wrap->streams);

	if (trial->synced)
		printf("A sync: %zu records%s.\n", trial->records,
		       trial->has_state ? " and a state" : ", and no state");
	if (trial->discovered)
		printf("Discovery: %zu stream%s%s.\n", streams, streams == 1 ? "" : "s",
		       trial->synced ? "" : ", with made-up settings and no network");
}

/* A config to start from; secrets are for the user to fill in. */
static void print_config(const struct wrap *wrap)
{
	json_t *required = json_object_get(wrap->spec, "required");
	json_t *config = config_probe_placeholders(required, wrap->spec), *value;
	const char *name;
	char *text;

	json_object_foreach(config, name, value)
		if (setting_name_is_secret(name))
			(void)json_object_set_new(config, name, json_string("..."));
	text = config ? json_compact(config) : NULL;
	fputs("  write config.json with your settings, such as ", stdout);
	print_text(stdout, text ? text : "{}");
	fputc('\n', stdout);
	free(text);
	json_decref(config);
}

static void print_example(const struct wrap *wrap)
{
	const json_t *properties = json_object_get(wrap->spec, "properties");

	if (json_array_size(json_object_get(wrap->spec, "required")) > 0 ||
	    json_object_size(properties) == 0 || wrap->catalog.length > 0)
		print_config(wrap);
	else
		printf("  write config.json with those settings of %s/spec.json that the tap "
		       "wants: see above\n", wrap_place_shown(wrap->folder));
}

/* Only what is in the tap's folder can go into an image. */
static void print_build(const struct wrap *wrap)
{
	size_t i;
	json_t *requirement;

	json_array_foreach(wrap->pip, i, requirement) {
		const char *path = requirement_path(json_string_value(requirement));

		if (path == NULL || path[0] != '/')
			continue;
		printf("  for an image, move ");
		print_text(stdout, wrap_place_shown(path));
		printf(" into %s, and name it from there in tap.json\n",
		       wrap_place_shown(wrap->folder));
	}
	printf("  tapbyte build %s\n", wrap->name);
}

static void print_next(const struct wrap *wrap, const char *given)
{
	const char *config = given ? given : "config.json";

	printf("Next:\n");
	if (given == NULL)
		print_example(wrap);
	printf("  tapbyte check --tap %s --config %s\n", wrap->name, config);
	if (wrap->catalog.length > 0)
		printf("  tapbyte read --tap %s --config %s --catalog %s/"
		       "configured_catalog.json\n", wrap->name, config,
		       wrap_place_shown(wrap->folder));
	else
		printf("  tapbyte discover --tap %s --config %s\n", wrap->name, config);
	print_build(wrap);
}

static void print_result(const struct wrap *wrap, bool kept_overlay, const char *config)
{
	size_t i;
	json_t *text;

	printf("Wrote in %s: tap.json, spec.json, README.md%s; %s%s.\n",
	       wrap_place_shown(wrap->folder),
	       wrap->catalog.length > 0 ? ", configured_catalog.json" : "",
	       wrap_place_shown(wrap->overlay_path), kept_overlay ? " stays as it was" : "");
	if (wrap->proves_nothing)
		printf("Discovery proves nothing about the credentials; check reads a first "
		       "record.\n");
	if (json_array_size(wrap->notes) > 0)
		printf("Not found out:\n");
	json_array_foreach(wrap->notes, i, text) {
		fputs("  - ", stdout);
		print_text(stdout, json_string_value(text));
		fputc('\n', stdout);
	}
	print_next(wrap, config);
}

/*
 * ---- the steps ----
 */

/* What is done now, where it may take long. */
static void tell_step(const char *text)
{
	puts(text);
	fflush(stdout);
}

static bool install(struct inquiry *inquiry)
{
	char *venv = tap_venv_path(&inquiry->session.tap);

	printf("Installing %s into %s; this may take a minute.\n",
	       json_string_value(json_array_get(inquiry->wrap.pip, 0)),
	       venv ? wrap_place_shown(venv) : "");
	free(venv);
	fflush(stdout);
	if (!inquiry_install(inquiry))
		return false;
	tell_step("Starting it for its options.");
	return true;
}

static bool add_helpers(struct inquiry *inquiry)
{
	const char *helper;

	while (inquiry_try_help(inquiry, &helper)) {
		if (helper == NULL)
			return true;
		printf("The tap needs %s, which it does not ask for: added to tap.pip.\n", helper);
		fflush(stdout);
		if (!inquiry_add_package(inquiry, helper))
			return false;
	}
	return false;
}

/* The tap as it is installed, and its settings. */
static bool learn(struct inquiry *inquiry, const char *command)
{
	const struct wrap *wrap = &inquiry->wrap;
	bool done = install(inquiry) && inquiry_find_program(inquiry, command) &&
		    add_helpers(inquiry) && inquiry_pin(inquiry) && inquiry_keep_flags(inquiry);

	if (done) {
		fputs("Installed ", stdout);
		print_text(stdout, wrap->package[0] ? wrap->package : "it");
		printf(": %s\n", wrap_place_shown(inquiry->session.tap.executable));
	}
	if (done)
		tell_step("Starting it for its settings, many times with made-up ones if it does "
			  "not tell.");
	done = done && inquiry_find_settings(inquiry);
	if (done) {
		print_settings(wrap);
		print_options(wrap);
		tell_step("Starting it for its streams, with made-up settings and no network.");
	}
	return done;
}

static int end(struct inquiry *inquiry, bool done)
{
	if (!done && inquiry->session.error.set && !session_is_interrupted(&inquiry->session))
		(void)fail(&inquiry->session.error);
	if (!done) /* before a signal is died by */
		wrap_place_undo(&inquiry->wrap);
	return inquiry_end(inquiry, done);
}

/* Without the network, as far as the tap goes. */
static int look_offline(struct inquiry *inquiry, const char *command)
{
	struct inquiry_trial trial;
	bool done = inquiry_begin(inquiry, true) && learn(inquiry, command) &&
		    inquiry_discover_offline(inquiry, &trial);

	if (done)
		print_trial(&inquiry->wrap, &trial);
	return end(inquiry, done);
}

static int look_with_config(struct inquiry *inquiry)
{
	struct inquiry_trial trial;
	bool done;

	tell_step("Starting it for its streams and a short sync, with your config.");
	done = inquiry_begin(inquiry, false) && inquiry_discover(inquiry, &trial);

	if (done)
		print_trial(&inquiry->wrap, &trial);
	return end(inquiry, done);
}

/* Is there nothing that would be written over? */
static bool check_free(const struct wrap *wrap, const struct new_options *options,
		       struct error *error)
{
	char *found;

	if (!wrap_files_there(wrap, &found, error))
		return false;
	if (found != NULL && !options->force)
		error_set(error, FAILURE_CONFIG,
			  "%s is there already; --force makes all anew, but for the catalog",
			  wrap_place_shown(found));
	free(found);
	return !error->set;
}

static int wrap_tap(struct inquiry *inquiry, const struct new_options *options)
{
	struct error error = ERROR_NONE;
	struct wrap *wrap = &inquiry->wrap;
	bool kept_overlay;
	int code;

	wrap->name = strdup(options->name);
	if (wrap->name == NULL)
		(void)error_set_no_memory(&error);
	if (error.set || !wrap_place_find(wrap, &error) || !check_free(wrap, options, &error) ||
	    (options->config != NULL && !inquiry_load_config(inquiry, options->config, &error))) {
		wrap_place_undo(wrap);
		return fail(&error);
	}
	code = look_offline(inquiry, options->command);
	if (code == 0 && options->config != NULL)
		code = look_with_config(inquiry);
	if (code != 0)
		return code;
	if (!wrap_files_write(wrap, &kept_overlay, &error)) {
		wrap_place_undo(wrap);
		return fail(&error);
	}
	print_result(wrap, kept_overlay, options->config);
	return 0;
}

int command_new(int argc, char **argv)
{
	struct error error = ERROR_NONE;
	struct new_options options;
	struct inquiry inquiry;
	int code;

	if (!inquiry_init(&inquiry)) {
		(void)error_set_no_memory(&error);
		code = fail(&error);
	} else if (new_options_parse(&options, argc, argv, inquiry.wrap.pip, &error)) {
		code = wrap_tap(&inquiry, &options);
	} else {
		code = error.no_memory ? 1 : 2;
		(void)fail(&error);
	}
	inquiry_release(&inquiry);
	return code;
}
