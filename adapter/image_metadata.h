/*
 * image_metadata.h - metadata.yaml, by which a registry of connectors knows an image.
 */
#ifndef TAPBYTE_IMAGE_METADATA_H
#define TAPBYTE_IMAGE_METADATA_H

#include <jansson.h>
#include <stdbool.h>

#include "error.h"
#include "image_name.h"
#include "manifest.h"

/*
 * The whole file, as a new reference: what follows from the manifest, and over it the
 * manifest's `metadata`. definitionId is a UUID (version 8) that depends on the tap's name
 * alone. `icon` is a file's name beside the metadata, or NULL. NULL when memory runs out.
 */
json_t *image_metadata(const struct manifest *manifest, const struct image_name *name,
		       const char *icon);

/*
 * Writes it into `folder`, which is made, as are those above it, and the tap's icon.svg or
 * icon.png beside it. *lacks: what a registry demands and nobody has said ("license"), names
 * that live forever; NULL: nothing.
 */
bool image_metadata_write(const struct manifest *manifest, const struct image_name *name,
			  const char *folder, const char **lacks, struct error *error);

#endif
