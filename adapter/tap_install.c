#include "tap_install.h"

#include <dirent.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "count.h"
#include "discovery.h"

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

bool tap_install_environment(const struct tap *tap, struct error *error)
{
	char *venv = tap_venv_path(tap);
	char *const argv[] = { "python3", "-m", "venv", "--clear", venv, NULL };
	bool done = venv != NULL ? run_program(argv, error) : error_set_no_memory(error);

	if (!done)
		error_prefix(error, "cannot make the environment; it needs python3 with its venv "
			     "module, and a folder that it may write to (TAPBYTE_VENVS names "
			     "another one): ");
	free(venv);
	return done;
}

bool tap_install_packages(const struct tap *tap, struct error *error)
{
	static const char *const words[] = { "install", "--quiet", "--disable-pip-version-check",
					     "--no-input" };
	size_t count = json_array_size(tap->manifest.pip);
	char *pip = tap_venv_file(tap, "bin/pip");
	char **argv = calloc(count + COUNT(words) + 2, sizeof(*argv));
	bool done = false;

	if (pip == NULL || argv == NULL) {
		error_set_no_memory(error);
		goto cleanup;
	}
	argv[0] = pip;
	memcpy(argv + 1, words, sizeof(words));
	for (size_t i = 0; i < count; i++)
		argv[1 + COUNT(words) + i] =
			(char *)json_string_value(json_array_get(tap->manifest.pip, i));
	done = run_program(argv, error);
	if (!done)
		error_prefix(error, "cannot install its packages; see what pip said above: ");
cleanup:
	free(argv);
	free(pip);
	return done;
}

static int is_tap_program(const struct dirent *entry)
{
	static const char *const others[] = {
		".", "python", "pip", "activate", "Activate", "__pycache__",
	};

	for (size_t i = 0; i < COUNT(others); i++)
		if (strncmp(entry->d_name, others[i], strlen(others[i])) == 0)
			return 0;
	return 1;
}

void tap_install_programs(const struct tap *tap, struct buffer *list)
{
	char *folder = tap_venv_file(tap, "bin");
	struct dirent **programs = NULL;
	int count = folder ? scandir(folder, &programs, is_tap_program, alphasort) : 0;

	for (int i = 0; i < count; i++) {
		buffer_append_string(list, i > 0 ? ", " : "");
		buffer_append_string(list, programs[i]->d_name);
		free(programs[i]);
	}
	free(programs);
	free(folder);
}

bool tap_install_keep_flags(struct session *session, struct tap_flags *flags, bool *answered)
{
	char *file = tap_venv_file(&session->tap, TAP_FLAGS_FILE);
	bool done = file != NULL ? discovery_ask(session, flags, answered)
				 : error_set_no_memory(&session->error);

	if (done && *answered) {
		discovery_ask_about(session, flags);
		done = tap_flags_save(flags, file, &session->error);
	}
	free(file);
	return done;
}
