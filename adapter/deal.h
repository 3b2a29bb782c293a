/*
 * deal.h - deals streams to tap processes that run side by side: about the same work for
 * each, and together what has to stay together.
 *
 *	struct deal deal;
 *
 *	if (!deal_init(&deal, streams))
 *		...
 *	deal.items[2] = (struct deal_item){ .taken = true, .size = 1000 };
 *	deal_join(&deal, 2, 5);
 *	if (!deal_out(&deal, 4, &used))
 *		...                                    process: deal.items[2].share
 *	deal_release(&deal);
 */
#ifndef TAPBYTE_DEAL_H
#define TAPBYTE_DEAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct deal_item {
	bool taken;    /* is to be dealt; the others only hold together what is */
	uint64_t size; /* of the last run; 0: not known, then it counts as the known ones do in
			  the mean */
	size_t share;  /* the result, of what was taken */
	size_t before; /* one that it stays together with, or itself: deal_join's own */
};

struct deal {
	struct deal_item *items;
	size_t count;
};

/* False when memory runs out; then there is nothing to release. */
bool deal_init(struct deal *deal, size_t count);
void deal_release(struct deal *deal);

/* These two stay together, and with all that they stay together with already. */
void deal_join(struct deal *deal, size_t one, size_t other);

/*
 * Deals to at most that many shares, the largest first and each to the share that has the
 * least so far; what is equal goes in the order of the items. *used is how many shares got
 * something, the first ones; 1 where nothing was taken. False when memory runs out.
 */
bool deal_out(struct deal *deal, size_t shares, size_t *used);

#endif
