#include "image_metadata.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "count.h"
#include "hash.h"
#include "text_file.h"
#include "yaml_text.h"

#define ICON_MAXIMUM ((size_t)16 << 20)

/* RFC 9562: the version is in the 13th digit, the variant in the 17th. */
static json_t *definition_id(const char *name)
{
	uint64_t high = hash_bytes(hash_bytes(HASH_START, SLICE("tapbyte source ")),
				   slice_of_string(name));
	uint64_t low = hash_bytes(high, slice_of_string(name));

	high = (high & ~UINT64_C(0xf000)) | UINT64_C(0x8000);
	low = (low & ~(UINT64_C(0xc) << 60)) | UINT64_C(0x8) << 60;
	return json_sprintf("%08" PRIx64 "-%04" PRIx64 "-%04" PRIx64 "-%04" PRIx64 "-%012" PRIx64,
			    high >> 32, high >> 16 & 0xffff, high & 0xffff, low >> 48,
			    low & UINT64_C(0xffffffffffff));
}

/* Of values that are NULL there will be no member. */
static json_t *known_data(const struct manifest *manifest)
{
	const json_t *specification = manifest_connection_specification(manifest);
	const json_t *title = json_object_get(specification, "title");
	const json_t *documentation = json_object_get(manifest->spec, "documentationUrl");
	json_t *silence = manifest->read_idle > 0 ? json_integer(manifest->read_idle) : NULL;

	return json_pack("{s:o, s:s, s:s, s:s*, s:s*, s:o, s:s, s:s, s:{s:{s:b}, s:{s:b}}, "
			 "s:[s], s:o*}",
			 "definitionId", definition_id(manifest->name),
			 "connectorType", "source",
			 "connectorSubtype", "unknown",
			 "name", title ? json_string_value(title) : manifest->name,
			 "documentationUrl", json_string_value(documentation),
			 "githubIssueLabel", json_sprintf("source-%s", manifest->name),
			 "releaseStage", "custom",
			 "supportLevel", "community",
			 "registryOverrides", "cloud", "enabled", 0, "oss", "enabled", 1,
			 "tags", "singer",
			 "maxSecondsBetweenMessages", silence);
}

json_t *image_metadata(const struct manifest *manifest, const struct image_name *name,
		       const char *icon)
{
	json_t *data = known_data(manifest);
	json_t *named = json_pack("{s:s, s:s, s:s*}", "dockerRepository", name->repository,
				  "dockerImageTag", name->version, "icon", icon);
	json_t *whole = NULL;

	if (data != NULL && named != NULL &&
	    (manifest->metadata == NULL || json_object_update(data, manifest->metadata) == 0) &&
	    json_object_update(data, named) == 0)
		whole = json_pack("{s:s, s:O}", "metadataSpecVersion", "1.0", "data", data);
	json_decref(named);
	json_decref(data);
	return whole;
}

/*
 * ---- as a file ----
 */

static bool write_file(const char *folder, const char *name, struct slice content,
		       struct error *error)
{
	char *path = NULL;
	bool done;

	if (asprintf(&path, "%s/%s", folder, name) < 0)
		return error_set_no_memory(error);
	done = text_file_make_folders(path, error) &&
	       text_file_replace(path, content, 0666, error);
	free(path);
	return done;
}

static bool copy_file(const char *path, const char *folder, const char *name, struct error *error)
{
	struct buffer content;
	bool done;

	buffer_init(&content, ICON_MAXIMUM);
	done = text_file_read(path, "the icon", &content, error) &&
	       write_file(folder, name, buffer_slice(&content), error);
	buffer_release(&content);
	return done;
}

/* Copies the tap's icon; its name, or NULL where there is none. */
static bool copy_icon(const struct manifest *manifest, const char *folder, const char **icon,
		      struct error *error)
{
	static const char *const names[] = { "icon.svg", "icon.png" };
	bool done = true;

	*icon = NULL;
	for (size_t i = 0; done && *icon == NULL && i < COUNT(names); i++) {
		char *path = NULL;
		struct stat status;

		if (asprintf(&path, "%s/%s", manifest->folder, names[i]) < 0)
			return error_set_no_memory(error);
		if (lstat(path, &status) == 0 && S_ISREG(status.st_mode)) {
			*icon = names[i];
			done = copy_file(path, folder, names[i], error);
		}
		free(path);
	}
	return done;
}

/* The first key of these that is not there. */
static const char *find_lacking(const json_t *data)
{
	static const char *const demanded[] = { "documentationUrl", "license" };

	for (size_t i = 0; i < COUNT(demanded); i++)
		if (json_object_get(data, demanded[i]) == NULL)
			return demanded[i];
	return NULL;
}

bool image_metadata_write(const struct manifest *manifest, const struct image_name *name,
			  const char *folder, const char **lacks, struct error *error)
{
	const char *icon = NULL;
	json_t *metadata = NULL;
	struct buffer text;
	bool done = copy_icon(manifest, folder, &icon, error);

	if (!done)
		return false;
	buffer_init(&text, BUFFER_MAXIMUM);
	metadata = image_metadata(manifest, name, icon);
	if (metadata == NULL || !yaml_text_append(&text, metadata))
		done = error_set_no_memory(error);
	else
		done = write_file(folder, "metadata.yaml", buffer_slice(&text), error);
	*lacks = find_lacking(json_object_get(metadata, "data"));
	json_decref(metadata);
	buffer_release(&text);
	return done;
}
