#include <stdio.h>
#include <stdlib.h>

#include "arguments.h"
#include "commands.h"
#include "complain.h"
#include "count.h"
#include "package_report.h"
#include "phrase.h"
#include "tap_install.h"
#include "tap_look.h"

static bool make_environment(const struct tap *tap, struct error *error)
{
	if (tap_install_environment(tap, error) && tap_install_packages(tap, error))
		return true;
	error_prefix(error, "%s/tap.json: what was installed of %s before may be gone; run this "
		     "again when this is mended: ", tap->manifest.folder, tap->manifest.name);
	return false;
}

/* The packages are there, but not the program: says which ones are. Always false. */
static bool name_programs(const struct tap *tap, struct error *error)
{
	struct buffer list;

	buffer_init(&list, BUFFER_MAXIMUM);
	tap_install_programs(tap, &list);
	*error = ERROR_NONE;
	error_set(error, FAILURE_SYSTEM,
		  "the packages are installed, but they have no program %s; correct tap.command in "
		  "%s/tap.json. The programs that they have: %.*s",
		  json_string_value(json_array_get(tap->manifest.command, 0)),
		  tap->manifest.folder, (int)list.length, list.length ? list.data : "");
	buffer_release(&list);
	return false;
}

/* The last line of a Python traceback, which says what was missing; empty: there is none. */
static struct slice import_error(struct slice log)
{
	static const char *const kinds[] = { "ModuleNotFoundError:", "ImportError:" };

	for (size_t i = 0; i < COUNT(kinds); i++) {
		struct slice found = phrase_find(log, kinds[i]);

		if (found.data != NULL)
			return slice_of(found.data, strcspn(found.data, "\r\n"));
	}
	return slice_of(NULL, 0);
}

/* Its --help said nothing of options: is it because the tap cannot even start? */
static bool check_start(struct session *session)
{
	struct tap_answer answer;
	bool done = tap_look_help(session, &answer);
	char *log = done ? buffer_to_string(&answer.log) : NULL;
	struct slice reason = log ? import_error(slice_of_string(log)) : slice_of(NULL, 0);
	const char *helper = log ? package_report_helper(log) : NULL;

	if (done && reason.length > 0)
		done = error_set(&session->error, FAILURE_SYSTEM,
				 "%s is installed, but cannot start: %.*s. %s%s%s",
				 session->tap.manifest.name, (int)reason.length, reason.data,
				 helper ? "It forgot to ask for a package: add \"" : "",
				 helper ? helper : "It may need older packages in tap.pip",
				 helper ? "\" to tap.pip in tap.json" : "");
	free(log);
	tap_answer_release(&answer);
	return done;
}

/* Asks the tap what it takes and what it can do, and keeps the answers for the reads to come. */
static bool keep_flags(struct session *session)
{
	struct tap_flags flags;
	bool answered = false;

	if (!tap_install_keep_flags(session, &flags, &answered))
		return false;
	if (answered)
		return true;
	if (!check_start(session))
		return false;
	printf("The tap's --help does not say which options it takes; it will be asked "
	       "again.\n");
	return true;
}

static bool install(struct session *session)
{
	struct tap *tap = &session->tap;
	char *venv;
	bool done;

	if (tap->manifest.pip == NULL) {
		printf("%s names no package to install (tap.pip); its command has to be there.\n",
		       tap->manifest.name);
		return tap_find_executable(tap, &session->error);
	}
	venv = tap_venv_path(tap);
	if (venv == NULL)
		return error_set_no_memory(&session->error);
	printf("Installing %s into %s; this may take a minute.\n", tap->manifest.name, venv);
	fflush(stdout);
	done = make_environment(tap, &session->error) &&
	       (tap_find_executable(tap, &session->error) || name_programs(tap, &session->error)) &&
	       session_prepare(session) && keep_flags(session);
	if (done)
		printf("Installed %s: %s\n", tap->manifest.name, tap->executable);
	free(venv);
	return done;
}

/* The tap's name or folder; NULL and the error: used wrongly. */
static char *parse(int argc, char **argv, struct error *error)
{
	struct arguments arguments = arguments_of(argc, argv);
	const char *tap = NULL;

	for (; arguments_next(&arguments, error); tap = arguments.value)
		if (tap != NULL)
			error_set(error, FAILURE_CONFIG, "one tap at a time: %s or %s?", tap,
				  arguments.value);
	if (tap == NULL)
		error_set(error, FAILURE_CONFIG, "which tap? See tapbyte install --help");
	return error->set ? NULL : (char *)tap;
}

int command_install(int argc, char **argv)
{
	struct error error = ERROR_NONE;
	char *session_argv[] = { argv[0], "--tap", parse(argc, argv, &error), NULL };
	struct session session;
	bool done;

	if (error.set) {
		complain("tapbyte install", error.message);
		return 2;
	}
	done = session_open(&session, 3, session_argv) && install(&session);
	if (!done && session.error.set)
		fprintf(stderr, "tapbyte install: %s\n", session.error.message);
	session.error = ERROR_NONE;
	return session_close(&session, done);
}
