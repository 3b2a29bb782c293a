#include "tap.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "buffer.h"
#include "config_map.h"
#include "config_text.h"
#include "count.h"
#include "json_compact.h"
#include "spec_check.h"

extern char **environ;

bool tap_load(struct tap *tap, const char *folder, struct error *error)
{
	return manifest_load(&tap->manifest, folder, error);
}

/*
 * ---- the executable ----
 */

char *tap_venv_path(const struct tap *tap)
{
	const char *venvs = getenv("TAPBYTE_VENVS");
	char *here = NULL, *path = NULL;
	int length = -1;

	if (venvs == NULL || venvs[0] == '\0')
		length = asprintf(&path, "%s/.venv", tap->manifest.folder);
	else if (venvs[0] == '/')
		length = asprintf(&path, "%s/%s", venvs, tap->manifest.name);
	else if ((here = realpath(".", NULL)) != NULL)
		length = asprintf(&path, "%s/%s/%s", here, venvs, tap->manifest.name);
	free(here);
	return length < 0 ? NULL : path;
}

char *tap_venv_file(const struct tap *tap, const char *name)
{
	char *venv = tap_venv_path(tap), *path = NULL;

	if (venv != NULL && asprintf(&path, "%s/%s", venv, name) < 0)
		path = NULL;
	free(venv);
	return path;
}

/* What --tap and `install` find it by: its name, if that is its folder's, else the folder. */
static const char *tap_is_found_by(const struct tap *tap)
{
	const char *folder = tap->manifest.folder, *last = strrchr(folder, '/');

	return last != NULL && strcmp(last + 1, tap->manifest.name) == 0 ? tap->manifest.name
									: folder;
}

static bool is_executable(const char *path)
{
	struct stat status;

	return stat(path, &status) == 0 && S_ISREG(status.st_mode) && access(path, X_OK) == 0;
}

/* The path as PATH spells it: Python finds its environment by the link that it was started by. */
static char *find_in_path(const char *command)
{
	const char *path = getenv("PATH"), *end;

	for (; path != NULL && path[0] != '\0'; path = *end ? end + 1 : end) {
		char *candidate = NULL;

		end = strchrnul(path, ':');
		if (path[0] != '/')
			continue;
		if (asprintf(&candidate, "%.*s/%s", (int)(end - path), path, command) < 0)
			return NULL;
		if (is_executable(candidate))
			return candidate;
		free(candidate);
	}
	return NULL;
}

bool tap_find_executable(struct tap *tap, struct error *error)
{
	const char *command = json_string_value(json_array_get(tap->manifest.command, 0));
	char *path = NULL;

	if (strchr(command, '/') != NULL) {
		if (command[0] == '/')
			path = strdup(command);
		else if (asprintf(&path, "%s/%s", tap->manifest.folder, command) < 0)
			path = NULL;
	} else if (tap->manifest.pip != NULL) {
		char *venv = tap_venv_path(tap);

		if (venv == NULL || asprintf(&path, "%s/bin/%s", venv, command) < 0)
			path = NULL;
		free(venv);
	} else {
		path = find_in_path(command);
		if (path == NULL)
			return error_set(error, FAILURE_SYSTEM,
					 "the tap's command, %s, is not in PATH; install it, or "
					 "let tap.pip in %s/tap.json name its package",
					 command, tap->manifest.folder);
	}
	if (path == NULL)
		return error_set_no_memory(error);
	if (!is_executable(path)) {
		error_set(error, FAILURE_SYSTEM,
			  tap->manifest.pip != NULL
				  ? "the tap is not installed: there is no %s; run `tapbyte "
				    "install %s`"
				  : "the tap's command is not there or not executable: %s",
			  path, tap_is_found_by(tap));
		free(path);
		return false;
	}
	free(tap->executable);
	tap->executable = path;
	return true;
}

/*
 * ---- the environment ----
 */

/* Variables that would make the tap another one than on the next machine. */
static const char *const not_inherited[] = {
	"PYTHONPATH=", "PYTHONHOME=", "VIRTUAL_ENV=", "PG", "MYSQL_", "AWS_",
};

static const char *const settings[] = {
	"TZ=UTC", "LANG=C.UTF-8", "LC_ALL=C.UTF-8", "PYTHONUTF8=1",
	"PYTHONHASHSEED=0", /* lists that a tap makes from sets keep their order */
};

struct variables {
	char **items;
	size_t count;
	size_t capacity;
	bool failed;
};

static bool same_name(const char *a, const char *b)
{
	size_t length = strcspn(a, "=");

	return strncmp(a, b, length) == 0 && b[length] == '=';
}

/* Takes a NAME=VALUE made by malloc; the last one of a name counts. */
static void set_variable(struct variables *variables, char *variable)
{
	char **items;

	if (variable == NULL || variables->failed) {
		free(variable);
		variables->failed = true;
		return;
	}
	for (size_t i = 0; i < variables->count; i++)
		if (same_name(variable, variables->items[i])) {
			free(variables->items[i]);
			variables->items[i] = variable;
			return;
		}
	if (variables->count + 1 >= variables->capacity) {
		size_t capacity = variables->capacity ? variables->capacity * 2 : 64;

		items = realloc(variables->items, capacity * sizeof(*items));
		if (items == NULL) {
			free(variable);
			variables->failed = true;
			return;
		}
		variables->items = items;
		variables->capacity = capacity;
	}
	variables->items[variables->count++] = variable;
	variables->items[variables->count] = NULL;
}

static void set_variable_to(struct variables *variables, const char *name, const char *value)
{
	char *variable = NULL;

	if (asprintf(&variable, "%s=%s", name, value) < 0)
		variable = NULL;
	set_variable(variables, variable);
}

static bool is_inherited(const char *variable)
{
	for (size_t i = 0; i < COUNT(not_inherited); i++)
		if (strncmp(variable, not_inherited[i], strlen(not_inherited[i])) == 0)
			return false;
	return true;
}

static void set_from_manifest(struct variables *variables, json_t *env)
{
	const char *name;
	json_t *value;

	json_object_foreach(env, name, value) {
		const char *text = json_is_true(value) ? getenv(name) : json_string_value(value);

		if (text != NULL)
			set_variable_to(variables, name, text);
	}
}

/* A folder that the tap may want to write into is the work dir where it cannot. */
static void redirect_unless_writable(struct variables *variables, const char *name,
				     const char *unset, const char *work_dir)
{
	const char *folder = getenv(name);

	if (folder == NULL)
		folder = unset;
	if (folder != NULL && access(folder, W_OK) != 0)
		set_variable_to(variables, name, work_dir);
}

static bool make_environment(struct tap *tap, struct error *error)
{
	struct variables variables = { .items = NULL };

	for (char **variable = environ; *variable != NULL; variable++)
		if (strchr(*variable, '=') != NULL && is_inherited(*variable))
			set_variable(&variables, strdup(*variable));
	for (size_t i = 0; i < COUNT(settings); i++)
		set_variable(&variables, strdup(settings[i]));
	/* What the tap leaves there goes, too. */
	set_variable_to(&variables, "TMPDIR", tap->work_dir.path);
	redirect_unless_writable(&variables, "HOME", "", tap->work_dir.path);
	redirect_unless_writable(&variables, "XDG_CACHE_HOME", NULL, tap->work_dir.path);
	if (tap->manifest.env != NULL)
		set_from_manifest(&variables, tap->manifest.env);
	tap->environment = variables.items;
	return !variables.failed || error_set_no_memory(error);
}

bool tap_prepare(struct tap *tap, struct error *error)
{
	return work_dir_create(&tap->work_dir, error) && make_environment(tap, error);
}

/*
 * ---- the config ----
 */

/* The rules' variables; they win over those of tap.env. */
static bool add_variables(struct tap *tap, json_t *values, struct error *error)
{
	struct variables variables = { .items = tap->environment };
	const char *name;
	json_t *value;

	while (variables.items != NULL && variables.items[variables.count] != NULL)
		variables.count++;
	variables.capacity = variables.count + 1;
	json_object_foreach(values, name, value)
		set_variable_to(&variables, name, json_string_value(value));
	tap->environment = variables.items;
	return !variables.failed || error_set_no_memory(error);
}

static bool write_files(const struct tap *tap, json_t *files, struct error *error)
{
	const char *name;
	json_t *content;

	json_object_foreach(files, name, content) {
		struct slice bytes = slice_of(json_string_value(content),
					      json_string_length(content));
		char *path = work_dir_write(&tap->work_dir, name, bytes, error);

		if (path == NULL)
			return false;
		free(path);
	}
	return true;
}

/* The text of the tap's config, and what goes beside it; the user's own without rules. */
static bool map_config(struct tap *tap, const json_t *config, struct buffer *text,
		       struct error *error)
{
	struct mapped_config mapped = MAPPED_CONFIG_NONE;
	struct config_folders folders = { .work_dir = tap->work_dir.path };
	char *start = NULL, *mapped_text = NULL;
	bool done = false;

	if (tap->manifest.config == NULL) {
		tap->tap_config = json_deep_copy(config);
		return tap->tap_config != NULL || error_set_no_memory(error);
	}
	start = realpath(".", NULL);
	if (start == NULL) {
		error_set(error, FAILURE_SYSTEM, "cannot find the current directory: %s",
			  strerror(errno));
		goto cleanup;
	}
	folders.start = start;
	if (!config_map_apply(tap->manifest.config, config, &folders, &mapped, error) ||
	    !write_files(tap, mapped.files, error) ||
	    !add_variables(tap, mapped.variables, error))
		goto cleanup;
	tap->tap_config = json_incref(mapped.config);
	mapped_text = json_compact(mapped.config);
	buffer_clear(text);
	if (mapped_text != NULL)
		buffer_append_string(text, mapped_text);
	done = (mapped_text != NULL && !text->failed) || error_set_no_memory(error);
cleanup:
	free(start);
	free(mapped_text);
	mapped_config_release(&mapped);
	return done;
}

bool tap_configure(struct tap *tap, struct buffer *text, const char *file, struct error *error)
{
	const json_t *specification = manifest_connection_specification(&tap->manifest);
	json_t *config = config_text_parse(buffer_slice(text), file, error);
	bool done = false;

	if (config == NULL)
		return false;
	if (!secret_mask_collect(&tap->mask, specification, config)) {
		error_set_no_memory(error);
		goto cleanup;
	}
	if ((!tap->masked && !spec_check_config(specification, config, error)) ||
	    !map_config(tap, config, text, error))
		goto cleanup;
	tap->config_path = work_dir_write(&tap->work_dir, "config.json", buffer_slice(text), error);
	tap->airbyte_config = json_incref(config);
	done = tap->config_path != NULL;
cleanup:
	json_decref(config);
	return done;
}

/*
 * ---- the log ----
 */

#define LOG_CONFIG_VARIABLE "SINGER_SDK_LOG_CONFIG"

/* Without a level of its own the root logger keeps the one that LOGLEVEL gave it. */
static json_t *make_log_config(bool debug)
{
	return json_pack("{s:i, s:b, s:{s:{s:s}}, s:{s:{s:s, s:s, s:s}}, s:{s:[s], s:s*}}",
			 "version", 1, "disable_existing_loggers", 0,
			 "formatters", "structured", "()", "singer_sdk.logging.StructuredFormatter",
			 "handlers", "stderr", "class", "logging.StreamHandler",
			 "formatter", "structured", "stream", "ext://sys.stderr",
			 "root", "handlers", "stderr", "level", debug ? "DEBUG" : NULL);
}

static bool has_variable(const struct tap *tap, const char *name)
{
	for (char **variable = tap->environment; *variable != NULL; variable++)
		if (same_name(*variable, name))
			return true;
	return false;
}

bool tap_structure_logs(struct tap *tap, bool debug, struct error *error)
{
	json_t *config = NULL, *variables = NULL;
	char *text = NULL, *path = NULL;
	bool done = false;

	if (has_variable(tap, LOG_CONFIG_VARIABLE "="))
		return true;
	config = make_log_config(debug);
	text = config ? json_compact(config) : NULL;
	if (text == NULL) {
		error_set_no_memory(error);
		goto cleanup;
	}
	path = work_dir_write(&tap->work_dir, "tapbyte-logging.json", slice_of_string(text), error);
	if (path == NULL)
		goto cleanup;
	variables = json_pack("{s:s}", LOG_CONFIG_VARIABLE, path);
	done = variables != NULL ? add_variables(tap, variables, error)
				 : error_set_no_memory(error);
cleanup:
	json_decref(variables);
	json_decref(config);
	free(text);
	free(path);
	return done;
}

void tap_release(struct tap *tap)
{
	work_dir_remove(&tap->work_dir);
	secret_mask_release(&tap->mask);
	manifest_release(&tap->manifest);
	free(tap->executable);
	free(tap->config_path);
	json_decref(tap->airbyte_config);
	json_decref(tap->tap_config);
	for (char **variable = tap->environment; variable != NULL && *variable != NULL; variable++)
		free(*variable);
	free(tap->environment);
	*tap = TAP_NONE;
}
