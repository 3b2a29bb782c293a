/* recording.h, where it meets the disk. */
#include <dirent.h>
#include <errno.h>
#include <libgen.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "count.h"
#include "recording.h"
#include "text_file.h"

char *recording_path(const char *folder, const char *name)
{
	char *path = NULL;

	return asprintf(&path, "%s/%s", folder, name) < 0 ? NULL : path;
}

/* What a recording may consist of; what else is there is not ours to remove. */
static const char *const known_files[] = {
	"recording.json", "config.json", "catalog.json", "state.json", "discovery.json",
	"stdout", "stderr", "times", "overlay.json", "tap/config.json", "tap/catalog.json",
	"tap/state.json", "expected/discover.jsonl", "expected/check.jsonl",
	"expected/read.jsonl", "tap", "expected", /* folders come last */
};

#define KNOWN_FOLDERS 2

/* A file that is written anew is FILE.new until it is whole. */
static const char *const known_ends[] = { "", ".new" };

static bool is_plain(const char *path, bool folder, struct error *error)
{
	struct stat status;

	if (lstat(path, &status) != 0)
		return errno == ENOENT || errno == ENOTDIR ||
		       error_set(error, FAILURE_CONFIG, "cannot look at %s: %s", path,
				 strerror(errno));
	if (folder ? S_ISDIR(status.st_mode) : S_ISREG(status.st_mode))
		return true;
	return error_set(error, FAILURE_CONFIG,
			 "%s is no plain %s; a recording has no links and no devices", path,
			 folder ? "folder" : "file");
}

bool recording_check_plain(const char *folder, struct error *error)
{
	char path[PATH_MAX];

	for (size_t i = 0; i < COUNT(known_files); i++) {
		bool is_folder = i >= COUNT(known_files) - KNOWN_FOLDERS;

		for (size_t j = 0; j < COUNT(known_ends); j++) {
			int length = snprintf(path, sizeof(path), "%s/%s%s", folder,
					      known_files[i], known_ends[j]);

			if (length < 0 || (size_t)length >= sizeof(path))
				return error_set(error, FAILURE_CONFIG, "%s: the path is too long",
						 folder);
			if (!is_plain(path, is_folder, error))
				return false;
		}
	}
	return true;
}

/*
 * ---- reading ----
 */

bool recording_has_file(const char *folder, const char *name, struct error *error)
{
	char *path = recording_path(folder, name);
	bool found = path != NULL ? access(path, F_OK) == 0 : error_set_no_memory(error);

	free(path);
	return found;
}

static bool read_part(const char *folder, const char *name, struct buffer *text,
		      struct error *error)
{
	char *path = recording_path(folder, name);
	bool done = path != NULL ? text_file_read(path, "a file of the recording", text, error)
				 : error_set_no_memory(error);

	free(path);
	return done;
}

typedef bool parse_text(struct recording *recording, struct slice text, struct error *error);

static bool parse_file(struct recording *recording, const char *folder, const char *name,
		       parse_text *parse, struct error *error)
{
	struct buffer text;
	bool done;

	buffer_init(&text, BUFFER_MAXIMUM);
	done = read_part(folder, name, &text, error);
	if (done && !parse(recording, buffer_slice(&text), error)) {
		error_prefix(error, "%s/%s: ", folder, name);
		error->type = error->no_memory ? FAILURE_SYSTEM : FAILURE_CONFIG;
		done = false;
	}
	buffer_release(&text);
	return done;
}

static uint64_t count_lines(const struct buffer *text)
{
	struct slice rest = buffer_slice(text), line;
	uint64_t count = 0;

	while (slice_take_line(&rest, &line))
		count++;
	return count;
}

/* Does `times` know of as many lines as there are? Where there is no such file, now it does. */
static bool match_lines(struct recording *recording, const char *folder, bool timed,
			struct error *error)
{
	static const struct {
		enum recording_part part;
		const char *source;
	} streams[] = { { RECORDING_STDOUT, "0 out " }, { RECORDING_STDERR, "0 err " } };
	uint64_t timed_lines[COUNT(streams)] = { 0 };

	for (size_t i = 0; i < recording->run_count; i++)
		timed_lines[recording->runs[i].source != RECORDING_OUT] +=
			recording->runs[i].count;
	for (size_t i = 0; i < COUNT(streams); i++) {
		uint64_t lines = count_lines(&recording->parts[streams[i].part]);
		char text[64];

		if (timed && lines != timed_lines[i])
			return error_set(error, FAILURE_CONFIG,
					 "%s/times tells of %llu lines of %s, which has %llu; "
					 "after lines were added or removed, mend or remove times",
					 folder, (unsigned long long)timed_lines[i],
					 recording_part_names[streams[i].part],
					 (unsigned long long)lines);
		snprintf(text, sizeof(text), "%s%llu", streams[i].source,
			 (unsigned long long)lines);
		if (!timed && lines > 0 &&
		    !recording_parse_times(recording, slice_of_string(text), error))
			return false;
	}
	return true;
}

bool recording_load(struct recording *recording, const char *folder, struct error *error)
{
	static const enum recording_part loaded[] = {
		RECORDING_DISCOVERY, RECORDING_STDOUT, RECORDING_STDERR,
	};
	bool timed = recording_has_file(folder, "times", error);
	bool described = recording_has_file(folder, "recording.json", error);

	recording_init(recording);
	if (error->set || !recording_check_plain(folder, error))
		return false;
	for (size_t i = 0; i < RECORDING_PARTS; i++)
		recording->has_part[i] = recording_has_file(folder, recording_part_names[i], error);
	if (error->set)
		return false;
	if (!recording->has_part[RECORDING_STDOUT])
		return error_set(error, FAILURE_CONFIG,
				 "there is no recording in %s: it has no file stdout", folder);
	recording->flags.catalog = recording->has_part[RECORDING_DISCOVERY];
	if (described &&
	    !parse_file(recording, folder, "recording.json", recording_parse, error))
		return false;
	for (size_t i = 0; i < COUNT(loaded); i++)
		if (recording->has_part[loaded[i]] &&
		    !read_part(folder, recording_part_names[loaded[i]],
			       &recording->parts[loaded[i]], error))
			return false;
	if (timed && !parse_file(recording, folder, "times", recording_parse_times, error))
		return false;
	return match_lines(recording, folder, timed, error);
}

/*
 * ---- writing ----
 */

bool recording_write_file(const char *folder, const char *name, struct slice content,
			  struct error *error)
{
	char *path = recording_path(folder, name);
	bool done;

	if (path == NULL)
		return error_set_no_memory(error);
	done = text_file_replace(path, content, 0666, error);
	free(path);
	return done;
}

static bool write_described(const struct recording *recording, const char *folder,
			    struct error *error)
{
	struct buffer description, times;
	bool done;

	buffer_init(&description, BUFFER_MAXIMUM);
	buffer_init(&times, BUFFER_MAXIMUM);
	recording_describe_times(recording, &times);
	if (!recording_describe(recording, &description) || times.failed)
		done = error_set_no_memory(error);
	else
		done = recording_write_file(folder, "recording.json", buffer_slice(&description),
					    error) &&
		       recording_write_file(folder, "times", buffer_slice(&times), error);
	buffer_release(&description);
	buffer_release(&times);
	return done;
}

static bool make_folder(const char *folder, const char *name, struct error *error)
{
	char *path = name != NULL ? recording_path(folder, name) : strdup(folder);
	bool done = path != NULL && mkdir(path, 0777) == 0;

	if (path == NULL)
		error_set_no_memory(error);
	else if (!done)
		error_set(error, FAILURE_SYSTEM, "cannot make the folder %s: %s", path,
			  strerror(errno));
	free(path);
	return done;
}

/* An empty folder. */
static bool fill_folder(const struct recording *recording, const char *folder,
			struct error *error)
{
	bool done = make_folder(folder, "tap", error) && make_folder(folder, "expected", error) &&
		    write_described(recording, folder, error);

	for (size_t i = 0; done && i < RECORDING_PARTS; i++)
		if (recording->has_part[i])
			done = recording_write_file(folder, recording_part_names[i],
						    buffer_slice(&recording->parts[i]), error);
	return done;
}

/* Without memory and descriptors, of which there may be none. */
static bool remove_recording(const char *folder)
{
	char path[PATH_MAX];

	for (size_t i = 0; i < COUNT(known_files); i++) {
		for (size_t j = 0; j < COUNT(known_ends); j++) {
			snprintf(path, sizeof(path), "%s/%s%s", folder, known_files[i],
				 known_ends[j]);
			(void)remove(path);
		}
	}
	return rmdir(folder) == 0;
}

static bool is_known(const char *name)
{
	for (size_t i = 0; i < COUNT(known_files); i++)
		if (strcmp(name, known_files[i]) == 0)
			return true;
	return strcmp(name, ".") == 0 || strcmp(name, "..") == 0;
}

/* Could the folder be made, in the nearest of the folders above it that is there? */
static bool may_make(const char *folder, struct error *error)
{
	char *copy = strdup(folder), *above = copy;
	bool may;

	if (copy == NULL)
		return error_set_no_memory(error);
	do {
		above = dirname(above);
		may = access(above, W_OK | X_OK) == 0;
	} while (!may && errno == ENOENT && strcmp(above, ".") != 0 && strcmp(above, "/") != 0);
	if (!may)
		error_set(error, FAILURE_CONFIG,
			  "cannot put a recording into %s: the folder %s: %s",
			  folder, above, strerror(errno));
	free(copy);
	return may;
}

bool recording_may_replace(const char *folder, struct error *error)
{
	DIR *entries = opendir(folder);
	const struct dirent *entry;
	char stranger[256] = "";
	bool described = false, empty = true;

	if (entries == NULL && errno == ENOENT)
		return may_make(folder, error);
	if (entries == NULL)
		return error_set(error, FAILURE_CONFIG, "cannot put a recording into %s: %s",
				 folder, strerror(errno));
	while ((entry = readdir(entries)) != NULL) {
		described = described || strcmp(entry->d_name, "recording.json") == 0;
		empty = empty && entry->d_name[0] == '.' && is_known(entry->d_name);
		if (!is_known(entry->d_name))
			snprintf(stranger, sizeof(stranger), "%s", entry->d_name);
	}
	closedir(entries);
	if (empty || (described && stranger[0] == '\0'))
		return true;
	return error_set(error, FAILURE_CONFIG,
			 "%s is no empty folder and no recording%s%s; give another one", folder,
			 stranger[0] != '\0' ? ": it has a file " : "", stranger);
}

/*
 * `made` takes the place of `folder`, which is set aside for as long as that takes. *fixed: it
 * cannot be, as it is a volume of a container.
 */
static bool put_in_place(const char *made, const char *folder, bool *fixed, struct error *error)
{
	char *aside = NULL;
	bool existed, done;

	if (asprintf(&aside, "%s.old", made) < 0)
		return error_set_no_memory(error);
	(void)remove_recording(aside);
	existed = rename(folder, aside) == 0;
	done = existed || errno == ENOENT;
	*fixed = !done;
	done = done && rename(made, folder) == 0;
	if (!done)
		error_set(error, FAILURE_SYSTEM, "cannot put the recording into %s: %s", folder,
			  strerror(errno));
	if (!done && existed)
		(void)rename(aside, folder);
	if (done && existed && !remove_recording(aside))
		error_set(error, FAILURE_SYSTEM, "cannot remove the old recording, %s", aside);
	free(aside);
	return done && !error->set;
}

/* Nobody sees the new recording before it is whole. *fixed: the folder cannot be exchanged. */
static bool exchange(const struct recording *recording, const char *folder, bool *fixed,
		     struct error *error)
{
	char *made = NULL;
	bool done;

	*fixed = false;
	if (asprintf(&made, "%s.%d.new", folder, (int)getpid()) < 0)
		return error_set_no_memory(error);
	(void)remove_recording(made); /* of one that was killed: in a container all have one id */
	done = text_file_make_folders(made, error) && make_folder(made, NULL, error);
	*fixed = !done && access(folder, W_OK) == 0;
	done = done && fill_folder(recording, made, error) &&
	       put_in_place(made, folder, fixed, error);
	if (!done)
		(void)remove_recording(made);
	free(made);
	return done;
}

bool recording_save(const struct recording *recording, const char *folder, struct error *error)
{
	struct error problem = ERROR_NONE;
	size_t length = strlen(folder);
	bool done, fixed = false;
	char *path;

	while (length > 1 && folder[length - 1] == '/')
		length--;
	path = strndup(folder, length);
	if (path == NULL)
		return error_set_no_memory(error);
	done = recording_may_replace(path, error) && exchange(recording, path, &fixed, &problem);
	if (fixed) {
		(void)remove_recording(path); /* only what is in it: the folder stays */
		done = fill_folder(recording, path, error);
	} else if (problem.set) {
		*error = problem;
	}
	free(path);
	return done;
}
