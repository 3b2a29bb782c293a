/*
 * date_time.h - dates and times as texts: RFC 3339, and formats of a few strftime letters.
 *
 *	%Y 2024   %m 01   %d 31   %H 23   %M 59   %S 58   %z +0100
 *	%s 1706745598 (seconds since 1970, UTC)   %% a percent sign
 *
 * Other characters stand for themselves. With %z the time is written with the offset that
 * it came with, else in UTC: 2024-01-01T00:00:00+02:00 is 2023-12-31 by "%Y-%m-%d". The
 * machine's time zone never counts. Fractions of a second are cut.
 */
#ifndef TAPBYTE_DATE_TIME_H
#define TAPBYTE_DATE_TIME_H

#include <stdbool.h>

#include "buffer.h"
#include "slice.h"

struct date_time {
	long long seconds; /* since 1970, UTC */
	int offset;        /* minutes east of UTC */
};

/* 2024-01-31T23:59:58Z, .5, +01:00; and 2024-01-31, which is midnight UTC. */
bool date_time_parse(struct date_time *time, struct slice text);
bool date_time_parse_date(struct date_time *time, struct slice text);

/* Is it made of the letters above, with one of them at least? */
bool date_time_is_format(const char *format);

/* Appends the time. False where its year has no four digits. */
bool date_time_print(const struct date_time *time, const char *format, struct buffer *out);

/* The opposite, for the format "%s" and those that have %Y, %m and %d but no %s. */
bool date_time_scan(struct date_time *time, const char *format, struct slice text);

#endif
