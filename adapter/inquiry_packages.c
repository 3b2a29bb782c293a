#include "inquiry_packages.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "count.h"
#include "package_license.h"
#include "package_report.h"
#include "requirement.h"
#include "tap_install.h"
#include "tap_look.h"

static bool look_at_packages(struct inquiry *inquiry)
{
	struct session *session = &inquiry->session;

	json_decref(inquiry->report);
	inquiry->report = tap_look_packages(session);
	return inquiry->report != NULL ||
	       error_set(&session->error, FAILURE_SYSTEM,
			 "the packages are installed, but the environment's Python does not say "
			 "what they are");
}

/* In place: the manifest of the session has the same array. False: no text, or no memory. */
static bool replace_requirement(struct inquiry *inquiry, size_t i, const char *text)
{
	return text != NULL && json_array_set_new(inquiry->wrap.pip, i, json_string(text)) == 0;
}

/* The user's paths; pip is started in the tap's folder. */
static bool resolve_places(struct inquiry *inquiry)
{
	struct error *error = &inquiry->session.error;
	size_t i;
	json_t *requirement;

	json_array_foreach(inquiry->wrap.pip, i, requirement) {
		char *text = requirement_resolve(json_string_value(requirement), error);
		bool done = replace_requirement(inquiry, i, text);

		free(text);
		if (!done)
			return error->set ? false : error_set_no_memory(error);
	}
	return true;
}

bool inquiry_install(struct inquiry *inquiry)
{
	struct session *session = &inquiry->session;

	return resolve_places(inquiry) &&
	       tap_install_environment(&session->tap, &session->error) &&
	       tap_install_packages(&session->tap, &session->error) &&
	       session_prepare(session) && look_at_packages(inquiry);
}

/*
 * ---- the program ----
 */

static bool replace_command(struct session *session, const char *program)
{
	json_decref(session->tap.manifest.command);
	session->tap.manifest.command = json_pack("[s]", program);
	return session->tap.manifest.command != NULL;
}

/* "tap-x 1.2"; "" of a package that is not known. */
static char *describe(const json_t *package)
{
	char *text = NULL;

	if (package == NULL)
		return strdup("");
	if (asprintf(&text, "%s %s", json_string_value(json_object_get(package, "name")),
		     json_string_value(json_object_get(package, "version"))) < 0)
		return NULL;
	return text;
}

/* A home page that could end a line, or hold markup, is none. */
static const char *home_of(const json_t *package)
{
	const char *home = json_string_value(json_object_get(package, "home"));

	for (const char *at = home; at != NULL && *at != '\0'; at++)
		if ((unsigned char)*at <= ' ' || strchr("<>\"'`\\|()[]\x7f", *at) != NULL)
			return NULL;
	return home;
}

/* There is no such program: says which ones are. Always false. */
static bool name_programs(struct session *session, const char *program)
{
	struct buffer list;

	if (session->error.no_memory)
		return false;
	buffer_init(&list, BUFFER_MAXIMUM);
	tap_install_programs(&session->tap, &list);
	session->error = ERROR_NONE;
	error_set(&session->error, FAILURE_CONFIG,
		  "the packages have no program %s; --command is one of: %.*s", program,
		  (int)list.length, list.length ? list.data : "");
	buffer_release(&list);
	return false;
}

static bool take_program(struct inquiry *inquiry, const json_t *package, const char *program)
{
	struct session *session = &inquiry->session;
	struct wrap *wrap = &inquiry->wrap;
	const char *home = home_of(package), *license = package_license(package);

	wrap->program = strdup(program);
	wrap->package = describe(package);
	wrap->home = home ? strdup(home) : NULL;
	wrap->license = license ? strdup(license) : NULL;
	if (wrap->program == NULL || wrap->package == NULL || (home && wrap->home == NULL) ||
	    (license && wrap->license == NULL) ||
	    !replace_command(session, program))
		return error_set_no_memory(&session->error);
	return tap_find_executable(&session->tap, &session->error) ||
	       name_programs(session, program);
}

/* What a connector's metadata have to have. */
static void note_unnamed(struct inquiry *inquiry)
{
	if (inquiry->wrap.license == NULL)
		inquiry_note(inquiry, "The license: the package does not name it clearly. "
			     "Registries want it, as metadata.license in tap.json.");
	if (inquiry->wrap.home == NULL)
		inquiry_note(inquiry, "A home page: the package has none. Registries want one, as "
			     "documentationUrl in spec.json.");
}

bool inquiry_find_program(struct inquiry *inquiry, const char *command)
{
	struct session *session = &inquiry->session;
	const json_t *package = inquiry_package(inquiry);
	const char *program = command;

	if (program == NULL && package == NULL)
		return error_set(&session->error, FAILURE_CONFIG,
				 "it is not clear which package %s is; say with --command which "
				 "program is the tap",
				 json_string_value(json_array_get(inquiry->wrap.pip, 0)));
	if (program == NULL)
		program = package_report_program(package, &session->error);
	if (program == NULL || !take_program(inquiry, package, program))
		return false;
	note_unnamed(inquiry);
	return true;
}

/*
 * ---- what it forgot ----
 */

static bool is_asked_for(const struct inquiry *inquiry, const char *requirement)
{
	size_t i;
	json_t *known;

	json_array_foreach(inquiry->wrap.pip, i, known)
		if (strcmp(json_string_value(known), requirement) == 0)
			return true;
	return false;
}

/* What the log asks for and is not there yet, or NULL. */
static const char *find_helper(const struct inquiry *inquiry, const struct buffer *log)
{
	char *text = buffer_to_string(log);
	const char *helper = text ? package_report_helper(text) : NULL;

	free(text);
	if (helper == NULL || inquiry->helpers == INQUIRY_HELPERS_MAXIMUM ||
	    is_asked_for(inquiry, helper))
		return NULL;
	return helper;
}

bool inquiry_try_help(struct inquiry *inquiry, const char **helper)
{
	struct session *session = &inquiry->session;
	struct tap_answer answer;
	bool done = tap_look_help(session, &answer);

	*helper = NULL;
	if (done && !answer.succeeded) {
		*helper = find_helper(inquiry, &answer.log);
		if (*helper == NULL)
			inquiry_note_said(inquiry, "The tap's --help fails, so its options are "
					  "guessed: ", buffer_slice(&answer.log));
	}
	tap_answer_release(&answer);
	return done && !session->error.set && !session_is_interrupted(session);
}

bool inquiry_add_package(struct inquiry *inquiry, const char *helper)
{
	struct session *session = &inquiry->session;

	inquiry->helpers++;
	if (json_array_append_new(inquiry->wrap.pip, json_string(helper)) != 0)
		return error_set_no_memory(&session->error);
	return tap_install_packages(&session->tap, &session->error) && look_at_packages(inquiry);
}

/*
 * ---- what is kept ----
 */

bool inquiry_pin(struct inquiry *inquiry)
{
	struct session *session = &inquiry->session;
	size_t i;
	json_t *requirement;

	json_array_foreach(inquiry->wrap.pip, i, requirement) {
		char *pinned = package_report_pin(inquiry->report, json_string_value(requirement));
		char *text = pinned ? requirement_within(pinned, inquiry->wrap.folder) : NULL;
		bool done = replace_requirement(inquiry, i, text);

		free(pinned);
		free(text);
		if (!done)
			return error_set_no_memory(&session->error);
	}
	return true;
}

static bool keep_names(struct inquiry *inquiry)
{
	const struct tap_flags *flags = &inquiry->flags;
	const struct {
		const char *name;
		bool taken;
	} options[] = {
		{ "--discover", flags->discover },     { "--catalog", flags->catalog },
		{ "--properties", flags->properties }, { "--state", flags->state },
		{ "--about", flags->about },
	};

	for (size_t i = 0; i < COUNT(options); i++)
		if (options[i].taken &&
		    json_array_append_new(inquiry->wrap.flags, json_string(options[i].name)) != 0)
			return error_set_no_memory(&inquiry->session.error);
	return true;
}

bool inquiry_keep_flags(struct inquiry *inquiry)
{
	bool answered = false;

	return tap_install_keep_flags(&inquiry->session, &inquiry->flags, &answered) &&
	       (!answered || keep_names(inquiry)) && !session_is_interrupted(&inquiry->session);
}
