#include "build_context.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <uv.h>

#include "count.h"
#include "requirement.h"

#define TEMPLATE "Dockerfile.template"

/* What people keep in a tap's folder, and nobody else is to have. `build` is what we write. */
static const char *const private_files[] = {
	"build", "config.json", "secrets", "state.json", "recordings",
	"*.key", "*.pem", "*.p12", "*.pfx", "id_rsa*", "id_ed25519*", "client_secret*.json",
	"credentials*.json", "service_account*.json", NULL,
};

/*
 * ---- where they are ----
 */

/* The folder with the template and tapbyte's sources: installed, or a checkout. */
static char *find_sources(struct error *error)
{
	static const char *const beside[] = { "../share/tapbyte", "." };
	char program[4096];
	size_t size = sizeof(program);

	if (uv_exepath(program, &size) != 0 || strrchr(program, '/') == NULL) {
		error_set(error, FAILURE_SYSTEM, "cannot find out where tapbyte is");
		return NULL;
	}
	*strrchr(program, '/') = '\0';
	for (size_t i = 0; i < COUNT(beside); i++) {
		char *template = NULL;
		bool there;

		if (asprintf(&template, "%s/%s/%s", program, beside[i], TEMPLATE) < 0) {
			error_set_no_memory(error);
			return NULL;
		}
		there = access(template, R_OK) == 0;
		*strrchr(template, '/') = '\0';
		if (there)
			return template;
		free(template);
	}
	error_set(error, FAILURE_SYSTEM,
		  "there is no %s in %s/../share/tapbyte or %s: tapbyte was not installed by make "
		  "install", TEMPLATE, program, program);
	return NULL;
}

/*
 * ---- adding them ----
 */

/* Adds the file or folder PARENT/NAME of the disk. */
static bool add(struct archive *archive, const char *as, const char *parent, const char *name,
		struct error *error)
{
	struct stat status;
	char *path = NULL;
	bool added;

	if (asprintf(&path, "%s/%s", parent, name) < 0)
		return error_set_no_memory(error);
	if (stat(path, &status) == 0 && S_ISDIR(status.st_mode))
		added = archive_add_folder(archive, as, path, error);
	else
		added = archive_add_file(archive, as, path, error);
	free(path);
	return added;
}

/*
 * taps/NAME/FILE without "." and ".."; NULL: it leads out of where taps/NAME is. In place,
 * since it only gets shorter.
 */
static char *plain_path(char *path)
{
	size_t length = 0;

	for (char *part = path, *end; *part != '\0'; part = *end ? end + 1 : end) {
		size_t size;

		end = strchrnul(part, '/');
		size = (size_t)(end - part);
		if (size == 0 || (size == 1 && part[0] == '.'))
			continue;
		if (size == 2 && part[0] == '.' && part[1] == '.') {
			if (length == 0)
				return NULL;
			while (length > 0 && path[--length] != '/')
				;
			continue;
		}
		if (length > 0)
			path[length++] = '/';
		memmove(path + length, part, size);
		length += size;
	}
	path[length] = '\0';
	return path;
}

/* Is taps/NAME/FILE, made plain, still in taps/NAME? */
static bool is_in_tap(const char *path, const char *name)
{
	size_t length = strlen(name);

	return strncmp(path, "taps/", 5) == 0 && strncmp(path + 5, name, length) == 0 &&
	       path[5 + length] == '/';
}

/* The specification or overlay where the tap's folder does not hold it: ../../catalogs/x.json */
static bool add_outside(struct archive *archive, const struct manifest *manifest, const char *file,
			struct error *error)
{
	char *path = NULL, *name = NULL;
	bool added = false;

	if (file == NULL || strstr(file, "../") == NULL)
		return true;
	if (asprintf(&path, "taps/%s/%s", manifest->name, file) < 0)
		return error_set_no_memory(error);
	if (plain_path(path) == NULL) {
		error_set(error, FAILURE_SYSTEM,
			  "%s/tap.json names %s: an image takes files from two folders up at most",
			  manifest->folder, file);
	} else if (is_in_tap(path, manifest->name)) {
		added = true;
	} else if (asprintf(&name, "tap/%s", path) < 0) {
		name = NULL;
		error_set_no_memory(error);
	} else {
		added = add(archive, name, manifest->folder, file, error);
	}
	free(path);
	free(name);
	return added;
}

/* Has the path a part ".."? */
static bool leads_up(const char *path)
{
	for (const char *at = path; (at = strstr(at, "..")) != NULL; at += 2)
		if ((at == path || at[-1] == '/') && (at[2] == '/' || at[2] == '\0'))
			return true;
	return false;
}

/* What pip is told there must work in a container, and may be read by whoever has the image. */
static bool check_packages(const struct manifest *manifest, struct error *error)
{
	size_t i;
	json_t *requirement;

	json_array_foreach(manifest->pip, i, requirement) {
		const char *text = json_string_value(requirement);
		const char *path = requirement_path(text);

		if (requirement_holds_credentials(text))
			return error_set(error, FAILURE_CONFIG,
					 "%s/tap.json: /tap/pip/%zu holds credentials, which "
					 "whoever has the image could read; let pip have them "
					 "from /etc/pip.conf of the image that --base names",
					 manifest->folder, i);
		if (path != NULL && (path[0] == '/' || leads_up(path)))
			return error_set(error, FAILURE_CONFIG,
					 "%s/tap.json: /tap/pip/%zu, %s, is not in the tap's "
					 "folder, and so not in the image; copy it there, and "
					 "name it from there: ./tap-x", manifest->folder, i, text);
	}
	return true;
}

bool build_context_make(struct archive *archive, const struct manifest *manifest,
			struct error *error)
{
	char *sources = find_sources(error);
	char *tap = NULL;
	bool done = false;

	if (sources != NULL && asprintf(&tap, "tap/taps/%s", manifest->name) < 0) {
		tap = NULL;
		error_set_no_memory(error);
	}
	if (tap != NULL && check_packages(manifest, error)) {
		archive->unwanted = NULL;
		done = add(archive, "Dockerfile", sources, TEMPLATE, error) &&
		       add(archive, "Makefile", sources, "Makefile", error) &&
		       add(archive, "adapter", sources, "adapter", error);
		archive->unwanted = private_files;
		done = done && archive_add_folder(archive, tap, manifest->folder, error) &&
		       add_outside(archive, manifest, manifest->spec_file, error) &&
		       add_outside(archive, manifest, manifest->overlay_file, error) &&
		       archive_end(archive, error);
	}
	free(tap);
	free(sources);
	return done;
}
