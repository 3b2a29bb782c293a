#include <dirent.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "commands.h"
#include "count.h"
#include "discovery.h"
#include "tap_run.h"

/* Runs a program of PATH or by its path, with our own stdout and stderr; its exit status
 * must be 0. */
static bool run_program(char *const *argv, struct error *error)
{
	int status = 0;
	pid_t child = fork();

	if (child == 0) {
		signal(SIGPIPE, SIG_DFL);
		signal(SIGXFSZ, SIG_DFL);
		execvp(argv[0], argv);
		fprintf(stderr, "tapbyte: cannot start %s: %s\n", argv[0], strerror(errno));
		_exit(127);
	}
	while (child > 0 && waitpid(child, &status, 0) < 0 && errno == EINTR)
		;
	if (child < 0)
		return error_set(error, FAILURE_SYSTEM, "cannot start %s: %s", argv[0],
				 strerror(errno));
	if (WIFSIGNALED(status))
		return error_set(error, FAILURE_SYSTEM, "%s was ended by signal %d (%s)", argv[0],
				 WTERMSIG(status), strsignal(WTERMSIG(status)));
	return WEXITSTATUS(status) == 0 ||
	       error_set(error, FAILURE_SYSTEM, "%s failed with status %d", argv[0],
			 WEXITSTATUS(status));
}

/* What could not be done, and what to do now. Always false. */
static bool explain(struct error *error, const struct tap *tap, const char *what)
{
	error_prefix(error, "cannot %s in %s/tap.json. What was installed of %s before is gone: "
		     "run this again when that is mended. ", what, tap->manifest.folder,
		     tap->manifest.name);
	return false;
}

/* python3 -m venv, and pip in it. */
static bool make_environment(const struct tap *tap, const char *venv, struct error *error)
{
	char *const venv_argv[] = { "python3", "-m", "venv", "--clear", (char *)venv, NULL };
	static const char *const pip_words[] = { "install", "--quiet",
						 "--disable-pip-version-check", "--no-input" };
	size_t count = json_array_size(tap->manifest.pip);
	char *pip = tap_venv_file(tap, "bin/pip");
	char **pip_argv = calloc(count + COUNT(pip_words) + 2, sizeof(*pip_argv));
	bool done = false;

	if (pip == NULL || pip_argv == NULL) {
		error_set_no_memory(error);
		goto cleanup;
	}
	pip_argv[0] = pip;
	memcpy(pip_argv + 1, pip_words, sizeof(pip_words));
	for (size_t i = 0; i < count; i++)
		pip_argv[1 + COUNT(pip_words) + i] =
			(char *)json_string_value(json_array_get(tap->manifest.pip, i));
	done = run_program(venv_argv, error);
	if (!done)
		explain(error, tap, "make the environment; it needs python3 with its venv module, "
			"and a folder that it may write to (TAPBYTE_VENVS names another one)");
	else if (!run_program(pip_argv, error))
		done = explain(error, tap, "install its packages; see what pip said above, and "
			       "tap.pip");
cleanup:
	free(pip_argv);
	free(pip);
	return done;
}

static int is_tap_program(const struct dirent *entry)
{
	static const char *const others[] = { ".", "python", "pip", "activate", "Activate" };

	for (size_t i = 0; i < COUNT(others); i++)
		if (strncmp(entry->d_name, others[i], strlen(others[i])) == 0)
			return 0;
	return 1;
}

/* The packages are there, but not the program: says which ones are. Always false. */
static bool name_programs(const struct tap *tap, struct error *error)
{
	char *folder = tap_venv_file(tap, "bin");
	struct dirent **programs = NULL;
	int count = folder ? scandir(folder, &programs, is_tap_program, alphasort) : 0;
	struct buffer list;

	buffer_init(&list, BUFFER_MAXIMUM);
	for (int i = 0; i < count; i++) {
		buffer_append_string(&list, i > 0 ? ", " : "");
		buffer_append_string(&list, programs[i]->d_name);
		free(programs[i]);
	}
	*error = ERROR_NONE;
	error_set(error, FAILURE_SYSTEM,
		  "the packages are installed, but they have no program %s; correct tap.command in "
		  "%s/tap.json. The programs that they have: %.*s",
		  json_string_value(json_array_get(tap->manifest.command, 0)),
		  tap->manifest.folder, (int)list.length, list.length ? list.data : "");
	free(programs);
	free(folder);
	buffer_release(&list);
	return false;
}

/* Asks the tap what it takes and what it can do, and keeps the answers for the reads to come. */
static bool keep_flags(struct session *session)
{
	struct tap_flags flags;
	char *file = tap_venv_file(&session->tap, TAP_FLAGS_FILE);
	bool answered = false;
	bool done = file != NULL ? discovery_ask(session, &flags, &answered)
				 : error_set_no_memory(&session->error);

	if (answered) {
		discovery_ask_about(session, &flags);
		done = tap_flags_save(&flags, file, &session->error);
	} else if (done) {
		printf("The tap's --help does not say which options it takes; it will be asked "
		       "again.\n");
	}
	free(file);
	return done;
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
	done = make_environment(tap, venv, &session->error) &&
	       (tap_find_executable(tap, &session->error) || name_programs(tap, &session->error)) &&
	       session_prepare(session) && keep_flags(session);
	if (done)
		printf("Installed %s: %s\n", tap->manifest.name, tap->executable);
	free(venv);
	return done;
}

int command_install(int argc, char **argv)
{
	char *session_argv[] = { argv[0], "--tap", argc > 1 ? argv[argc - 1] : NULL, NULL };
	bool named = argc == 2 || (argc == 3 && strcmp(argv[1], "--tap") == 0);
	struct session session;
	bool done;

	if (!named || argv[argc - 1][0] == '-') {
		fprintf(stderr, "usage: tapbyte install TAP\n");
		return 2;
	}
	done = session_open(&session, 3, session_argv) && install(&session);
	if (!done && session.error.set)
		fprintf(stderr, "tapbyte install: %s\n", session.error.message);
	session.error = ERROR_NONE;
	return session_close(&session, done);
}
