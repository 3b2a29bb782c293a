#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "commands.h"
#include "discovery.h"
#include "tap_run.h"

/* Runs a program of PATH or by its path, with our own stdout and stderr; its exit status
 * must be 0. */
static bool run_program(char *const *argv, struct error *error)
{
	int status = 0;
	pid_t child = fork();

	if (child == 0) {
		execvp(argv[0], argv);
		fprintf(stderr, "tapbyte: cannot start %s: %s\n", argv[0], strerror(errno));
		_exit(127);
	}
	while (child > 0 && waitpid(child, &status, 0) < 0 && errno == EINTR)
		;
	if (child > 0 && WIFEXITED(status) && WEXITSTATUS(status) == 0)
		return true;
	return error_set(error, FAILURE_SYSTEM, "%s failed", argv[0]);
}

/* python3 -m venv, and pip in it. */
static bool make_environment(const struct tap *tap, const char *venv, struct error *error)
{
	char *const venv_argv[] = { "python3", "-m", "venv", "--clear", (char *)venv, NULL };
	size_t count = json_array_size(tap->manifest.pip), first;
	char *pip = tap_venv_file(tap, "bin/pip");
	char **pip_argv = calloc(count + 8, sizeof(*pip_argv));
	bool done = false;

	if (pip == NULL || pip_argv == NULL) {
		error_set_no_memory(error);
		goto cleanup;
	}
	memcpy(pip_argv, (char *[]){ pip, "install", "--quiet", "--disable-pip-version-check",
				     "--no-input" }, 5 * sizeof(*pip_argv));
	first = 5;
	for (size_t i = 0; i < count; i++)
		pip_argv[first + i] =
			(char *)json_string_value(json_array_get(tap->manifest.pip, i));
	done = run_program(venv_argv, error) && run_program(pip_argv, error);
cleanup:
	free(pip_argv);
	free(pip);
	return done;
}

/* Asks the tap what options it takes, and keeps the answer for the reads to come. */
static bool keep_flags(struct session *session)
{
	struct tap_flags flags;
	char *file = tap_venv_file(&session->tap, TAP_FLAGS_FILE);
	bool done = file != NULL ? discovery_ask(session, &flags)
				 : error_set_no_memory(&session->error);

	done = done && tap_flags_save(&flags, file, &session->error);
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
	printf("Installing %s into %s\n", tap->manifest.name, venv);
	fflush(stdout);
	done = make_environment(tap, venv, &session->error) &&
	       tap_find_executable(tap, &session->error) && tap_prepare(tap, &session->error) &&
	       keep_flags(session);
	if (done)
		printf("Installed %s: %s\n", tap->manifest.name, tap->executable);
	free(venv);
	return done;
}

int command_install(int argc, char **argv)
{
	char *session_argv[] = { argv[0], "--tap", argc > 1 ? argv[1] : NULL, NULL };
	struct session session;
	bool done;

	if (argc != 2) {
		fprintf(stderr, "usage: tapbyte install TAP\n");
		return 2;
	}
	done = session_open(&session, 3, session_argv) && install(&session);
	if (!done && session.error.set)
		fprintf(stderr, "tapbyte install: %s\n", session.error.message);
	session.error = ERROR_NONE;
	return session_close(&session, done);
}
