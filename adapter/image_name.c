#include "image_name.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "slice.h"

#define REPOSITORY_MAXIMUM 255
#define VERSION_MAXIMUM 128

static const char lower[] = "abcdefghijklmnopqrstuvwxyz0123456789";

/* Does the text, up to and without the end, consist of the members alone? One at least. */
static bool consists_of(const char *text, const char *end, const char *members)
{
	return end > text && strspn(text, members) >= (size_t)(end - text);
}

/* Between runs of letters and digits of a part: one of . _ __ or any number of -. */
static size_t separator(const char *text)
{
	size_t dashes = strspn(text, "-");

	if (dashes > 0)
		return dashes;
	if (strncmp(text, "__", 2) == 0)
		return 2;
	return *text == '.' || *text == '_' ? 1 : 0;
}

/* "team", "source-x" */
static bool is_part(const char *text, const char *end)
{
	while (text < end) {
		size_t letters = strspn(text, lower);

		text += letters;
		if (letters == 0 || text >= end)
			return letters > 0;
		text += separator(text);
	}
	return false;
}

/* What is before the first slash is a registry when it could not be a part: "localhost", or a
 * host with a dot or a port. */
static bool is_registry(const char *text, const char *end)
{
	size_t length = (size_t)(end - text);

	return slice_equals(slice_of(text, length), SLICE("localhost")) ||
	       memchr(text, '.', length) != NULL || memchr(text, ':', length) != NULL;
}

static bool is_host_and_port(const char *text, const char *end)
{
	const char *colon = memchr(text, ':', (size_t)(end - text));
	const char *host_end = colon ? colon : end;

	if (colon != NULL && !consists_of(colon + 1, end, "0123456789"))
		return false;
	for (const char *dot; text <= host_end; text = dot + 1) {
		dot = memchr(text, '.', (size_t)(host_end - text));
		if (dot == NULL)
			dot = host_end;
		if (dot == text || *text == '-' || dot[-1] == '-')
			return false;
		for (const char *at = text; at < dot; at++)
			if (!isalnum((unsigned char)*at) && *at != '-')
				return false;
	}
	return true;
}

static bool is_repository(const char *text)
{
	const char *slash = strchr(text, '/');

	if (strlen(text) > REPOSITORY_MAXIMUM)
		return false;
	if (slash != NULL && is_registry(text, slash)) {
		if (!is_host_and_port(text, slash))
			return false;
		text = slash + 1;
	}
	for (; (slash = strchr(text, '/')) != NULL; text = slash + 1)
		if (!is_part(text, slash))
			return false;
	return is_part(text, text + strlen(text));
}

static bool is_version(const char *text)
{
	if (!isalnum((unsigned char)*text) && *text != '_')
		return false;
	for (const char *at = text; *at != '\0'; at++)
		if (!isalnum((unsigned char)*at) && strchr("_.-", *at) == NULL)
			return false;
	return strlen(text) <= VERSION_MAXIMUM;
}

bool image_name_parse(struct image_name *name, const char *text, const char *version,
		      struct error *error)
{
	const char *slash = strrchr(text, '/');
	const char *colon = strchr(slash ? slash : text, ':');

	*name = (struct image_name){ .whole = NULL };
	name->repository = colon ? strndup(text, (size_t)(colon - text)) : strdup(text);
	name->version = strdup(colon ? colon + 1 : version);
	if (name->repository == NULL || name->version == NULL ||
	    asprintf(&name->whole, "%s:%s", name->repository, name->version) < 0) {
		name->whole = NULL;
		return error_set_no_memory(error);
	}
	if (is_repository(name->repository) && is_version(name->version))
		return true;
	return error_set(error, FAILURE_CONFIG, "\"%s\" cannot be an image's name, which is like "
			 "registry.example.com/team/source-x:1.0.0, the part before the colon in "
			 "small letters", name->whole);
}

void image_name_release(struct image_name *name)
{
	free(name->whole);
	free(name->repository);
	free(name->version);
}
