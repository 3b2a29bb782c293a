#include "wrap_place.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static bool make_folder(const char *path, struct error *error)
{
	return mkdir(path, 0777) == 0 || errno == EEXIST ||
	       error_set(error, FAILURE_SYSTEM, "cannot make the folder %s: %s", path,
			 strerror(errno));
}

/* Made if it is not there. Absolute, and the caller's; NULL on an error. */
static char *find_folder(const char *path, struct error *error)
{
	char *real = make_folder(path, error) ? realpath(path, NULL) : NULL;

	if (real == NULL)
		error_set(error, FAILURE_SYSTEM, "%s: %s", path, strerror(errno));
	return real;
}

static bool find_own(struct wrap *wrap, struct error *error)
{
	char *folder = NULL;

	if (asprintf(&folder, "%s/%s", wrap->base, wrap->name) < 0)
		return error_set_no_memory(error);
	wrap->folder = find_folder(folder, error);
	free(folder);
	return wrap->folder != NULL;
}

/* ROOT/catalogs of ROOT/taps/NAME. */
static bool find_overlay(struct wrap *wrap, struct error *error)
{
	char *folder = NULL, *real;

	if (asprintf(&folder, "%s/../../catalogs", wrap->folder) < 0)
		return error_set_no_memory(error);
	real = find_folder(folder, error);
	free(folder);
	if (real != NULL && asprintf(&wrap->overlay_path, "%s/%s.json", real, wrap->name) < 0) {
		wrap->overlay_path = NULL;
		error_set_no_memory(error);
	}
	free(real);
	return wrap->overlay_path != NULL;
}

bool wrap_place_find(struct wrap *wrap, struct error *error)
{
	const char *own = getenv("TAPBYTE_TAPS");

	wrap->base = strdup(own != NULL && own[0] != '\0' ? own : "taps");
	if (wrap->base == NULL)
		return error_set_no_memory(error);
	return make_folder(wrap->base, error) && find_own(wrap, error) &&
	       find_overlay(wrap, error);
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
