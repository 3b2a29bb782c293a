/*
 * image_name.h - the name of a Docker image: REPOSITORY:VERSION.
 */
#ifndef TAPBYTE_IMAGE_NAME_H
#define TAPBYTE_IMAGE_NAME_H

#include <stdbool.h>

#include "error.h"

struct image_name {
	char *whole;      /* REPOSITORY:VERSION */
	char *repository; /* "registry.example.com:5000/team/source-x" */
	char *version;    /* the tag: "1.2.0" */
};

/*
 * `text` is a repository, or one with a version, as `docker build --tag` takes it; a version that
 * it lacks is `version`. FAILURE_CONFIG where Docker would refuse it (the grammar of references
 * in github.com/distribution/reference), and on a digest, which a build cannot be told.
 */
bool image_name_parse(struct image_name *name, const char *text, const char *version,
		      struct error *error);

/* Also after a failure. */
void image_name_release(struct image_name *name);

#endif
