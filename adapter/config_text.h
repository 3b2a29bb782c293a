/*
 * config_text.h - the text of a config file, as people write it.
 */
#ifndef TAPBYTE_CONFIG_TEXT_H
#define TAPBYTE_CONFIG_TEXT_H

#include <jansson.h>

#include "error.h"
#include "slice.h"

/*
 * The JSON object in the text, a new reference. NULL and an error of FAILURE_CONFIG that
 * names the file, the line and the column, and quotes nothing: it may be a secret.
 */
json_t *config_text_parse(struct slice text, const char *file, struct error *error);

#endif
