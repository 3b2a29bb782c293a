#include "requirement.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "count.h"
#include "slice.h"

/* A user of ssh is no secret, nor is "git", which servers want to be called by. */
static bool is_harmless(struct slice user, bool ssh)
{
	return slice_equals(user, SLICE("git")) ||
	       (ssh && memchr(user.data, ':', user.length) == NULL);
}

bool requirement_holds_credentials(const char *requirement)
{
	const char *url = requirement;

	while ((url = strstr(url, "://")) != NULL) {
		bool ssh = url - requirement >= 3 && memcmp(url - 3, "ssh", 3) == 0;
		size_t length = strcspn(url + 3, "/?# ");
		const char *at = memrchr(url + 3, '@', length);

		if (at != NULL && !is_harmless(slice_of(url + 3, (size_t)(at - url - 3)), ssh))
			return true;
		url += 3;
	}
	return false;
}

static bool is_archive(struct slice path)
{
	static const char *const ends[] = { ".whl", ".tar.gz", ".zip" };

	for (size_t i = 0; i < COUNT(ends); i++)
		if (slice_ends_with(path, slice_of_string(ends[i])))
			return true;
	return false;
}

const char *requirement_path(const char *requirement)
{
	const char *file = strstr(requirement, "file:");

	if (file != NULL)
		return file + strlen("file:") + (strncmp(file, "file://", 7) == 0 ? 2 : 0);
	if (requirement[0] == '.' || requirement[0] == '/')
		return requirement;
	return is_archive(slice_of_string(requirement)) && strstr(requirement, "://") == NULL
		       ? requirement : NULL;
}

bool requirement_is_place(const char *requirement)
{
	return requirement_path(requirement) != NULL || strchr(requirement, '/') != NULL;
}

/* Without the extras: "[sql]". */
static size_t length_of_path(const char *requirement)
{
	size_t length = strlen(requirement);
	const char *open = length > 0 && requirement[length - 1] == ']'
				   ? strrchr(requirement, '[') : NULL;

	return open != NULL ? (size_t)(open - requirement) : length;
}

/* Its path made absolute; NULL: there is nothing. */
static char *find(const char *requirement)
{
	char *path = strndup(requirement, length_of_path(requirement)), *real = NULL;

	if (path != NULL)
		real = realpath(path, NULL);
	free(path);
	return real;
}

/* Is it a path as a whole, and neither "git+https:...", nor "tap-x @ file:...", nor an option? */
static bool is_path(const char *requirement)
{
	size_t length = length_of_path(requirement);

	return requirement[0] != '-' && strstr(requirement, ":/") == NULL &&
	       (requirement[0] == '.' || memchr(requirement, '/', length) != NULL ||
		is_archive(slice_of(requirement, length)));
}

char *requirement_resolve(const char *requirement, struct error *error)
{
	bool path = is_path(requirement);
	char *real = path ? find(requirement) : NULL, *absolute = NULL;

	if (path && real == NULL && strchr("./", requirement[0]) != NULL) {
		error_set(error, FAILURE_CONFIG, "--pip %s: %s", requirement, strerror(errno));
		return NULL;
	}
	if (asprintf(&absolute, "%s%s", real ? real : "",
		     real ? requirement + length_of_path(requirement) : requirement) < 0) {
		absolute = NULL;
		error_set_no_memory(error);
	}
	free(real);
	return absolute;
}

char *requirement_within(const char *requirement, const char *folder)
{
	size_t length = strlen(folder);
	char *relative = NULL;

	if (requirement[0] != '/' || strncmp(requirement, folder, length) != 0 ||
	    strchr("/[", requirement[length]) == NULL)
		return strdup(requirement);
	return asprintf(&relative, ".%s", requirement + length) < 0 ? NULL : relative;
}
