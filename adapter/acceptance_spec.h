/*
 * acceptance_spec.h - a connector's specification, judged as Airbyte's own tests do, and
 * configs that have to be refused.
 */
#ifndef TAPBYTE_ACCEPTANCE_SPEC_H
#define TAPBYTE_ACCEPTANCE_SPEC_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#include "buffer.h"
#include "error.h"

/* Appends a line for each thing that is wrong with a ConnectorSpecification. */
void acceptance_spec_judge(const json_t *spec, struct buffer *out);

/* The same for secrets: settings that are named like one and not marked, or in a wrong place. */
void acceptance_spec_judge_secrets(const json_t *spec, struct buffer *out);

struct bad_config {
	char *what; /* "another value at /token", "without /start_date" */
	json_t *config;
};

#define BAD_CONFIGS_MAXIMUM 20

struct bad_configs {
	struct bad_config items[BAD_CONFIGS_MAXIMUM];
	size_t count;
};

/*
 * Makes of a good config bad ones: each with another value in place of a secret, or without
 * a required setting. A replaced value keeps its length and the kinds of its characters.
 */
bool acceptance_bad_configs(struct bad_configs *list, const json_t *connection_specification,
			    const json_t *config, struct error *error);
void acceptance_bad_configs_release(struct bad_configs *list);

#endif
