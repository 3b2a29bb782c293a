/*
 * image_metadata.h - metadata.yaml, by which a registry of connectors knows an image.
 */
#ifndef TAPBYTE_IMAGE_METADATA_H
#define TAPBYTE_IMAGE_METADATA_H

#include <jansson.h>

#include "manifest.h"

struct image {
	const char *repository; /* registry.example.com/source-x */
	const char *version;    /* the tag: 1.2.0 */
	const char *icon;       /* a file's name beside the metadata, or NULL */
};

/*
 * The whole file, as a new reference: what follows from the manifest, and over it the
 * manifest's `metadata`. definitionId is a UUID (version 8) that depends on the tap's name
 * alone. NULL when memory runs out.
 */
json_t *image_metadata(const struct manifest *manifest, const struct image *image);

#endif
