/*
 * build_context.h - the files that a Docker daemon makes an image of a tap from.
 */
#ifndef TAPBYTE_BUILD_CONTEXT_H
#define TAPBYTE_BUILD_CONTEXT_H

#include "archive.h"
#include "manifest.h"

/*
 * Adds to an archive that was initialised, and ends it:
 *
 *	Dockerfile         Dockerfile.template of where tapbyte is installed, or of its checkout
 *	Makefile, adapter/ tapbyte's sources, from there
 *	tap/taps/NAME/     the tap's folder, and what its tap.json names elsewhere, at the same
 *	tap/...            place as seen from there; two folders up at most
 *
 * archive->left_out then names what is in the tap's folder and looks private (config.json).
 * FAILURE_CONFIG where tap.json's packages could not be installed there, or have secrets.
 */
bool build_context_make(struct archive *archive, const struct manifest *manifest,
			struct error *error);

#endif
