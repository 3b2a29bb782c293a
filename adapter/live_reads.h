/*
 * live_reads.h - the reads that the acceptance of a tap needs, each a test: all records, the
 * same again, incrementally, and on from the states of that read.
 *
 *	live_reads_init(&reads, &tap, &options);
 *	reads.catalog = &catalog;
 *	result = live_reads_full(&reads, details);
 *	...                                             the others, which need those before them
 *	result = live_reads_rule(&reads, RULE_FIT, details);
 *	live_reads_release(&reads);
 *
 * A test that cannot take place is skipped. Where one cannot go on, tap->error is set.
 */
#ifndef TAPBYTE_LIVE_READS_H
#define TAPBYTE_LIVE_READS_H

#include <stdbool.h>

#include "acceptance_catalog.h"
#include "acceptance_read.h"
#include "buffer.h"
#include "live_command.h"
#include "test_options.h"
#include "test_report.h"

struct live_read {
	struct read_watch watch;
	bool watched;
	bool succeeded;
};

struct live_reads {
	struct live_tap *tap;
	const struct test_options *options;
	const struct acceptance_catalog *catalog; /* of what is read; NULL: there is none */
	struct read_rules rules;     /* that hold for all reads */
	struct live_read all, first; /* the full refresh; the first incremental read */
	bool any;                    /* one read at least took place */
};

void live_reads_init(struct live_reads *reads, struct live_tap *tap,
		     const struct test_options *options);
void live_reads_release(struct live_reads *reads);

enum test_result live_reads_full(struct live_reads *reads, struct buffer *details);
enum test_result live_reads_again(struct live_reads *reads, struct buffer *details);
enum test_result live_reads_incremental(struct live_reads *reads, struct buffer *details);
enum test_result live_reads_from_last(struct live_reads *reads, struct buffer *details);
enum test_result live_reads_from_earlier(struct live_reads *reads, struct buffer *details);
enum test_result live_reads_unknown(struct live_reads *reads, struct buffer *details);

/* What the reads so far broke of a rule. */
enum test_result live_reads_rule(const struct live_reads *reads, enum read_rule rule,
				 struct buffer *details);

#endif
