#include "tap_install.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "count.h"
#include "discovery.h"
#include "foreground.h"

bool tap_install_environment(const struct tap *tap, struct error *error)
{
	char *venv = tap_venv_path(tap);
	char *const argv[] = { "python3", "-m", "venv", "--clear", venv, NULL };
	const struct foreground how = { .input = -1, .alone = true };
	bool done = venv != NULL ? foreground_run(argv, how, error) : error_set_no_memory(error);

	if (!done)
		error_prefix(error, "cannot make the environment; it needs python3 with its venv "
			     "module, and a folder that it may write to (TAPBYTE_VENVS names "
			     "another one): ");
	free(venv);
	return done;
}

bool tap_install_packages(const struct tap *tap, struct error *error)
{
	static const char *const words[] = { "install", "--quiet", "--prefer-binary",
					     "--disable-pip-version-check", "--no-input" };
	size_t count = json_array_size(tap->manifest.pip);
	char *pip = tap_venv_file(tap, "bin/pip");
	char **argv = calloc(count + COUNT(words) + 2, sizeof(*argv));
	const struct foreground how = {
		.input = -1, .folder = tap->manifest.folder, .alone = true,
	};
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
	done = foreground_run(argv, how, error);
	if (!done)
		error_prefix(error, "cannot install its packages: ");
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
