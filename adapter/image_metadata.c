#include "image_metadata.h"

#include <inttypes.h>
#include <stdio.h>

#include "hash.h"

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

json_t *image_metadata(const struct manifest *manifest, const struct image *image)
{
	json_t *data = known_data(manifest);
	json_t *named = json_pack("{s:s, s:s, s:s*}", "dockerRepository", image->repository,
				  "dockerImageTag", image->version, "icon", image->icon);
	json_t *whole = NULL;

	if (data != NULL && named != NULL &&
	    (manifest->metadata == NULL || json_object_update(data, manifest->metadata) == 0) &&
	    json_object_update(data, named) == 0)
		whole = json_pack("{s:s, s:O}", "metadataSpecVersion", "1.0", "data", data);
	json_decref(named);
	json_decref(data);
	return whole;
}
