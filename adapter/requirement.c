#include "requirement.h"

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

static bool is_archive(const char *path)
{
	static const char *const ends[] = { ".whl", ".tar.gz", ".zip" };

	for (size_t i = 0; i < COUNT(ends); i++)
		if (slice_ends_with(slice_of_string(path), slice_of_string(ends[i])))
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
	return is_archive(requirement) && strstr(requirement, "://") == NULL ? requirement : NULL;
}
