#include "wrap_place.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "remove_tree.h"
#include "tap.h"

/* *made: it was not there. */
static bool make_folder(const char *path, bool *made, struct error *error)
{
	*made = mkdir(path, 0777) == 0;
	return *made || errno == EEXIST ||
	       error_set(error, FAILURE_SYSTEM, "cannot make the folder %s: %s", path,
			 strerror(errno));
}

/* Made if it is not there. Absolute, and the caller's; NULL on an error. */
static char *find_folder(const char *path, bool *made, struct error *error)
{
	char *real = make_folder(path, made, error) ? realpath(path, NULL) : NULL;

	if (real == NULL)
		error_set(error, FAILURE_SYSTEM, "%s: %s", path, strerror(errno));
	return real;
}

static bool find_own(struct wrap *wrap, struct error *error)
{
	char *folder = NULL;

	if (asprintf(&folder, "%s/%s", wrap->base, wrap->name) < 0)
		return error_set_no_memory(error);
	wrap->folder = find_folder(folder, &wrap->new_folder, error);
	free(folder);
	return wrap->folder != NULL;
}

/* ROOT/catalogs of ROOT/taps/NAME. */
static bool find_overlay(struct wrap *wrap, struct error *error)
{
	char *folder = NULL, *real;

	if (asprintf(&folder, "%s/../../catalogs", wrap->folder) < 0)
		return error_set_no_memory(error);
	real = find_folder(folder, &wrap->new_catalogs, error);
	free(folder);
	if (real != NULL && asprintf(&wrap->overlay_path, "%s/%s.json", real, wrap->name) < 0) {
		wrap->overlay_path = NULL;
		error_set_no_memory(error);
	}
	free(real);
	return wrap->overlay_path != NULL;
}

/* Is its environment still to be made? Then it goes when something fails. */
static bool find_venv(struct wrap *wrap, struct error *error)
{
	struct tap tap = TAP_NONE;

	tap.manifest.name = wrap->name;
	tap.manifest.folder = wrap->folder;
	wrap->new_venv = tap_venv_path(&tap);
	if (wrap->new_venv == NULL)
		return error_set_no_memory(error);
	if (access(wrap->new_venv, F_OK) == 0) {
		free(wrap->new_venv);
		wrap->new_venv = NULL;
	}
	return true;
}

bool wrap_place_find(struct wrap *wrap, struct error *error)
{
	const char *own = getenv("TAPBYTE_TAPS");

	wrap->base = strdup(own != NULL && own[0] != '\0' ? own : "taps");
	if (wrap->base == NULL)
		return error_set_no_memory(error);
	return make_folder(wrap->base, &wrap->new_base, error) && find_own(wrap, error) &&
	       find_overlay(wrap, error) && find_venv(wrap, error);
}

/* Without what is in it, which somebody else has put there. */
static void remove_catalogs(const struct wrap *wrap)
{
	char *folder = NULL;

	if (wrap->overlay_path == NULL)
		return;
	folder = strdup(wrap->overlay_path);
	if (folder != NULL) {
		*strrchr(folder, '/') = '\0';
		(void)rmdir(folder);
	}
	free(folder);
}

void wrap_place_undo(const struct wrap *wrap)
{
	if (wrap->new_venv != NULL)
		remove_tree(wrap->new_venv);
	if (wrap->new_folder && wrap->folder != NULL)
		remove_tree(wrap->folder);
	if (wrap->new_catalogs)
		remove_catalogs(wrap);
	if (wrap->new_base)
		(void)rmdir(wrap->base);
}

const char *wrap_place_shown(const char *path)
{
	char here[PATH_MAX];
	size_t length;

	if (getcwd(here, sizeof(here)) == NULL)
		return path;
	length = strlen(here);
	return strncmp(path, here, length) == 0 && path[length] == '/' ? path + length + 1 : path;
}
