#include "archive.h"

#include <dirent.h>
#include <errno.h>
#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "text_file.h"

#define BLOCK 512

/* A link may lead into a folder that it is in itself. */
#define DEPTH_MAX 32

/*
 * ---- one entry ----
 */

/* POSIX.1-1988. Numbers are octal digits and a NUL. */
struct header {
	char name[100];
	char mode[8];
	char owner[8];
	char group[8];
	char size[12];
	char time[12];
	char checksum[8];
	char type;
	char link[100];
	char magic[6];
	char version[2];
	char owner_name[32];
	char group_name[32];
	char major[8];
	char minor[8];
	char prefix[155];
	char unused[12];
};

_Static_assert(sizeof(struct header) == BLOCK, "a header is one block");

/* A long name is cut at a slash, which is in neither part. */
static bool set_name(struct header *header, const char *name)
{
	size_t length = strlen(name);
	const char *slash = strchr(name, '/');

	if (length <= sizeof(header->name)) {
		memcpy(header->name, name, length);
		return true;
	}
	while (slash != NULL && length - (size_t)(slash + 1 - name) > sizeof(header->name))
		slash = strchr(slash + 1, '/');
	if (slash == NULL || (size_t)(slash - name) > sizeof(header->prefix))
		return false;
	memcpy(header->prefix, name, (size_t)(slash - name));
	memcpy(header->name, slash + 1, length - (size_t)(slash + 1 - name));
	return true;
}

/* The sum of the header's bytes, where its own count as blanks. */
static void set_checksum(struct header *header)
{
	const unsigned char *bytes = (const void *)header;
	unsigned sum = 0;

	memset(header->checksum, ' ', sizeof(header->checksum));
	for (size_t i = 0; i < sizeof(*header); i++)
		sum += bytes[i];
	snprintf(header->checksum, sizeof(header->checksum), "%06o", sum);
}

static bool set_too_much(struct error *error, const char *name)
{
	return error_set(error, FAILURE_SYSTEM,
			 "with %s it is too much for the memory, or for one image (%zu MB)", name,
			 ARCHIVE_MAXIMUM >> 20);
}

static bool add_entry(struct archive *archive, const char *name, struct slice content,
		      bool executable, struct error *error)
{
	static const char zeros[BLOCK];
	struct header header = { .type = '0', .magic = "ustar", .version = { '0', '0' } };
	size_t rest = content.length % BLOCK;

	if (!set_name(&header, name))
		return error_set(error, FAILURE_SYSTEM,
				 "the name %s is too long for a tar archive", name);
	snprintf(header.mode, sizeof(header.mode), "%07o", executable ? 0755u : 0644u);
	snprintf(header.owner, sizeof(header.owner), "%07o", 0u);
	snprintf(header.group, sizeof(header.group), "%07o", 0u);
	snprintf(header.size, sizeof(header.size), "%011zo", content.length);
	snprintf(header.time, sizeof(header.time), "%011o", 0u);
	set_checksum(&header);
	buffer_append(&archive->bytes, slice_of((const char *)&header, sizeof(header)));
	buffer_append(&archive->bytes, content);
	buffer_append(&archive->bytes, slice_of(zeros, rest ? BLOCK - rest : 0));
	return !archive->bytes.failed || set_too_much(error, name);
}

bool archive_add_file(struct archive *archive, const char *name, const char *path,
		      struct error *error)
{
	struct stat status = { .st_mode = 0 };

	buffer_clear(&archive->content);
	if (stat(path, &status) == 0 && (size_t)status.st_size > ARCHIVE_MAXIMUM)
		return set_too_much(error, path);
	if (!text_file_read(path, "the file for the image", &archive->content, error))
		return false;
	return add_entry(archive, name, buffer_slice(&archive->content),
			 status.st_mode & S_IXUSR, error);
}

/*
 * ---- a folder ----
 */

static int is_wanted(const struct dirent *entry)
{
	return entry->d_name[0] != '.' && strcmp(entry->d_name, "__pycache__") != 0;
}

static bool add_folder(struct archive *archive, const char *name, const char *path, unsigned depth,
		       struct error *error);

/* Does the link, to `real`, lead to something in the folder that is being added? */
static bool check_link(const struct archive *archive, const char *path, const char *real,
		       struct error *error)
{
	size_t length = strlen(archive->root);

	if (real == NULL)
		return error_set(error, FAILURE_SYSTEM, "the link %s leads nowhere: %s", path,
				 strerror(errno));
	return (strncmp(real, archive->root, length) == 0 &&
		(real[length] == '/' || real[length] == '\0')) ||
	       error_set(error, FAILURE_SYSTEM,
			 "the link %s leads out of its folder, to %s; an image takes only what "
			 "is in it", path, real);
}

static bool is_unwanted(const struct archive *archive, const char *member)
{
	for (size_t i = 0; archive->unwanted != NULL && archive->unwanted[i] != NULL; i++)
		if (fnmatch(archive->unwanted[i], member, 0) == 0)
			return true;
	return false;
}

/* Is it, by the names in its path, something that is not taken but by this link? */
static bool leads_to_unwanted(const struct archive *archive, char *real)
{
	char *rest = NULL;

	for (char *name = strtok_r(real + strlen(archive->root), "/", &rest); name != NULL;
	     name = strtok_r(NULL, "/", &rest))
		if (name[0] == '.' || is_unwanted(archive, name))
			return true;
	return false;
}

/* *wanted: it leads to what is added. */
static bool follow_link(struct archive *archive, const char *path, bool *wanted,
			struct error *error)
{
	char *real = realpath(path, NULL);
	bool done = check_link(archive, path, real, error);

	*wanted = done && !leads_to_unwanted(archive, real);
	if (done && !*wanted)
		buffer_append_format(&archive->left_out, ", %s", path);
	free(real);
	return done;
}

static bool add_path(struct archive *archive, const char *name, const char *path, unsigned depth,
		     struct error *error)
{
	struct stat status;
	bool wanted = true;

	if (lstat(path, &status) == 0 && S_ISLNK(status.st_mode) &&
	    !follow_link(archive, path, &wanted, error))
		return false;
	if (!wanted)
		return true;
	if (stat(path, &status) != 0)
		return error_set(error, FAILURE_SYSTEM, "%s: %s", path, strerror(errno));
	if (S_ISDIR(status.st_mode))
		return add_folder(archive, name, path, depth, error);
	return !S_ISREG(status.st_mode) || archive_add_file(archive, name, path, error);
}

static bool add_member(struct archive *archive, const char *name, const char *path,
		       const char *member, unsigned depth, struct error *error)
{
	char *inner_name = NULL, *inner_path = NULL;
	bool added = false;

	if (is_unwanted(archive, member)) {
		buffer_append_format(&archive->left_out, ", %s/%s", path, member);
		return true;
	}
	if (asprintf(&inner_name, "%s/%s", name, member) < 0)
		inner_name = NULL;
	if (asprintf(&inner_path, "%s/%s", path, member) < 0)
		inner_path = NULL;
	if (inner_name == NULL || inner_path == NULL)
		error_set_no_memory(error);
	else
		added = add_path(archive, inner_name, inner_path, depth, error);
	free(inner_name);
	free(inner_path);
	return added;
}

static bool add_folder(struct archive *archive, const char *name, const char *path, unsigned depth,
		       struct error *error)
{
	struct dirent **entries = NULL;
	bool added = true;
	int count;

	if (depth == DEPTH_MAX)
		return error_set(error, FAILURE_SYSTEM, "%s is more than %d folders deep", path,
				 DEPTH_MAX);
	count = scandir(path, &entries, is_wanted, alphasort);
	if (count < 0)
		return error_set(error, FAILURE_SYSTEM, "%s: %s", path, strerror(errno));
	for (int i = 0; i < count; i++) {
		added = added && add_member(archive, name, path, entries[i]->d_name, depth + 1,
					    error);
		free(entries[i]);
	}
	free(entries);
	return added;
}

bool archive_add_folder(struct archive *archive, const char *name, const char *path,
			struct error *error)
{
	char *root = realpath(path, NULL);
	bool added;

	if (root == NULL)
		return error_set(error, FAILURE_SYSTEM, "%s: %s", path, strerror(errno));
	archive->root = root;
	added = add_folder(archive, name, path, 0, error);
	archive->root = NULL;
	free(root);
	return added;
}

/*
 * ---- the archive ----
 */

void archive_init(struct archive *archive)
{
	*archive = (struct archive){ .unwanted = NULL };
	buffer_init(&archive->bytes, ARCHIVE_MAXIMUM);
	buffer_init(&archive->left_out, BUFFER_MAXIMUM);
	buffer_init(&archive->content, ARCHIVE_MAXIMUM);
}

bool archive_end(struct archive *archive, struct error *error)
{
	static const char zeros[2 * BLOCK];

	buffer_append(&archive->bytes, slice_of(zeros, sizeof(zeros)));
	return !archive->bytes.failed || error_set_no_memory(error);
}

void archive_release(struct archive *archive)
{
	buffer_release(&archive->bytes);
	buffer_release(&archive->left_out);
	buffer_release(&archive->content);
}
