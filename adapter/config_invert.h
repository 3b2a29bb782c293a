/*
 * config_invert.h - a tap has rewritten its config: what is the Airbyte config now?
 *
 * Only leaves that the tap changed are mapped back, each to the place that its rule took
 * it from (of several pointers the one that was used), through the opposite of the rule's
 * conversion. "join" has one where the list held strings without the separator, "date"
 * where the new text gives the same date again. A key that a rule knows but found no
 * value for goes to the first of its pointers whose object is there. Constants, defaults,
 * files, variables, and what the tap removed have no way back: the Airbyte config keeps
 * its value, and a warning names the key. A key that no rule knows is ignored with a
 * warning; so is a new one beside those that "*" copied, since the spec may not have it.
 */
#ifndef TAPBYTE_CONFIG_INVERT_H
#define TAPBYTE_CONFIG_INVERT_H

#include <jansson.h>

#include "error.h"
#include "warnings.h"

/*
 * The whole Airbyte config that goes with `tap_after`: a new reference, NULL on an error.
 * `config` is the Airbyte config from which the rules made `tap_before`. Without rules
 * (NULL) it is a copy of `tap_after`. A caller that hands in the last result and the last
 * `tap_after` the next time hears of each change once.
 */
json_t *config_invert(const json_t *rules, const json_t *config, const json_t *tap_before,
		      const json_t *tap_after, const struct warnings *warnings,
		      struct error *error);

#endif
