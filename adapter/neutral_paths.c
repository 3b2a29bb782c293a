#include "neutral_paths.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

/* Shorter ones are part of too many others: /, /opt. */
#define PATH_MINIMUM 5

/* Takes the path. NULL, and one that is too short, is none. */
static void add(struct neutral_paths *paths, char *path, const char *name)
{
	size_t at = paths->count;

	if (path == NULL || path[0] != '/' || strlen(path) < PATH_MINIMUM) {
		free(path);
		return;
	}
	for (; at > 0 && strlen(paths->items[at - 1].path) < strlen(path); at--)
		paths->items[at] = paths->items[at - 1];
	paths->items[at] = (struct neutral_path){ path, name };
	paths->count++;
}

/* The path as it is given, and as it is without links. */
static bool add_both(struct neutral_paths *paths, const char *path, const char *name)
{
	char *copy, *real;

	if (path == NULL)
		return true;
	copy = strdup(path);
	real = realpath(path, NULL);
	if (real != NULL && copy != NULL && strcmp(real, copy) == 0) {
		free(real);
		real = NULL;
	}
	add(paths, copy, name);
	add(paths, real, name);
	return copy != NULL;
}

bool neutral_paths_init(struct neutral_paths *paths, const struct tap *tap)
{
	char *venv = tap_venv_path(tap);
	bool done = venv != NULL;

	*paths = (struct neutral_paths){ .count = 0 };
	done = done && add_both(paths, tap->work_dir.path, "/tapbyte") &&
	       add_both(paths, venv, "/venv") && add_both(paths, tap->manifest.folder, "/tap") &&
	       add_both(paths, getenv("HOME"), "~");
	add(paths, realpath(".", NULL), ".");
	free(venv);
	return done;
}

void neutral_paths_release(struct neutral_paths *paths)
{
	for (size_t i = 0; i < paths->count; i++)
		free(paths->items[i].path);
	paths->count = 0;
}

static bool is_in_name(char byte)
{
	return isalnum((unsigned char)byte) || strchr("-_.", byte) != NULL;
}

/* Not the beginning of a longer name. */
static bool ends_name(struct slice rest)
{
	return rest.length == 0 || !is_in_name(rest.data[0]);
}

/* Behind the n of \n in JSON begins something new. */
static bool ends_with_escape(struct slice before)
{
	return before.length >= 2 && before.data[before.length - 2] == '\\' &&
	       strchr("bfnrt", before.data[before.length - 1]) != NULL;
}

/* Is what comes next absolute: neither the path of https://host/path, nor its host? */
static bool begins_path(struct slice before)
{
	if (before.length == 0 || ends_with_escape(before))
		return true;
	if (slice_ends_with(before, SLICE(":/")))
		return false;
	return !is_in_name(before.data[before.length - 1]);
}

static const struct neutral_path *path_at(const struct neutral_paths *paths, struct slice before,
					  struct slice text)
{
	if (!begins_path(before))
		return NULL;
	for (size_t i = 0; i < paths->count; i++) {
		struct slice path = slice_of_string(paths->items[i].path);

		if (slice_starts_with(text, path) && ends_name(slice_after(text, path.length)))
			return &paths->items[i];
	}
	return NULL;
}

void neutral_paths_apply(const struct neutral_paths *paths, struct buffer *out,
			 struct slice text)
{
	const char *start = text.data;

	while (text.length > 0) {
		const char *slash = memchr(text.data, '/', text.length);
		size_t length = slash != NULL ? (size_t)(slash - text.data) : text.length;
		const struct neutral_path *path;

		buffer_append(out, slice_of(text.data, length));
		text = slice_after(text, length);
		if (text.length == 0)
			break;
		path = path_at(paths, slice_of(start, (size_t)(text.data - start)), text);
		buffer_append_string(out, path != NULL ? path->name : "/");
		text = slice_after(text, path != NULL ? strlen(path->path) : 1);
	}
}
