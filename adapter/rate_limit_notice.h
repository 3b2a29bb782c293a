/*
 * rate_limit_notice.h - a tap says in its log that it waits for an API's rate limit.
 */
#ifndef TAPBYTE_RATE_LIMIT_NOTICE_H
#define TAPBYTE_RATE_LIMIT_NOTICE_H

#include <stdbool.h>

#include "slice.h"

/*
 * True for a log message (without time, level and logger) that tells of a wait for a rate
 * limit or a quota; *seconds is how long it will take, rounded up, 0 where it does not say.
 * A retry after another failure is none, nor is a message that only tells the limit.
 */
bool rate_limit_notice(struct slice message, unsigned *seconds);

#endif
