/*
 * config_rule.h - what one rule of the manifest's `config` says; the rules themselves are
 * described in config_map.h.
 */
#ifndef TAPBYTE_CONFIG_RULE_H
#define TAPBYTE_CONFIG_RULE_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#include "error.h"
#include "json_check.h"

#define CONFIG_RULE_OTHERS "*"

/* json_check_value: is it a rule? The place ends with its key. */
json_check_value config_rule_check;

/* `from`: one pointer or a list of them, as if always a list; none where it is NULL. */
size_t config_rule_source_count(const json_t *from);
const char *config_rule_source(const json_t *from, size_t i);

/* What stands at the first of the pointers that has something but null, borrowed, and the
 * pointer. NULL: there is none, or memory ran out. */
const json_t *config_rule_find(const json_t *rule, const json_t *config, const char **pointer,
			       struct error *error);

/* Appends where in the tap's config the rule of this key puts its value, as a pointer. */
void config_rule_target(const char *key, struct buffer *out);

/*
 * The places of all rules but "*", as a tree: an object for each object that rules put
 * something into, and the rule's key, a string, where one puts its value. A new
 * reference. NULL and an error where two rules put at one place, or one inside
 * another's; `pointer` is that of the rules in the manifest.
 */
json_t *config_rule_targets(const json_t *rules, const char *pointer, struct error *error);

#endif
