#include "deal.h"

#include <stdlib.h>

/* Items that stay together. */
struct pack {
	size_t first;    /* the item that stands for them */
	uint64_t weight; /* 0: none of them was taken */
};

bool deal_init(struct deal *deal, size_t count)
{
	*deal = (struct deal){ .items = calloc(count + 1, sizeof(*deal->items)), .count = count };
	for (size_t i = 0; deal->items != NULL && i < count; i++)
		deal->items[i].before = i;
	return deal->items != NULL;
}

void deal_release(struct deal *deal)
{
	free(deal->items);
	*deal = (struct deal){ .items = NULL };
}

/* The first of those that an item stays together with. */
static size_t first_of(const struct deal *deal, size_t item)
{
	while (deal->items[item].before != item) {
		size_t before = deal->items[item].before;

		deal->items[item].before = deal->items[before].before; /* shorter next time */
		item = before;
	}
	return item;
}

void deal_join(struct deal *deal, size_t one, size_t other)
{
	size_t first = first_of(deal, one), second = first_of(deal, other);

	if (first < second)
		deal->items[second].before = first;
	else
		deal->items[first].before = second;
}

static uint64_t mean_size(const struct deal *deal)
{
	uint64_t sum = 0, known = 0;

	for (size_t i = 0; i < deal->count; i++) {
		if (!deal->items[i].taken || deal->items[i].size == 0)
			continue;
		sum += deal->items[i].size;
		known++;
	}
	return known > 0 ? sum / known : 1;
}

static void weigh(const struct deal *deal, struct pack *packs)
{
	uint64_t mean = mean_size(deal);

	for (size_t i = 0; i < deal->count; i++) {
		const struct deal_item *item = &deal->items[i];

		packs[i].first = i;
		if (item->taken)
			packs[first_of(deal, i)].weight += item->size > 0 ? item->size : mean;
	}
}

static int compare_packs(const void *one, const void *other)
{
	const struct pack *a = one, *b = other;

	if (a->weight != b->weight)
		return a->weight > b->weight ? -1 : 1;
	return (a->first > b->first) - (a->first < b->first);
}

static size_t least_loaded(const uint64_t *loads, size_t shares)
{
	size_t least = 0;

	for (size_t i = 1; i < shares; i++)
		if (loads[i] < loads[least])
			least = i;
	return least;
}

bool deal_out(struct deal *deal, size_t shares, size_t *used)
{
	struct pack *packs = calloc(deal->count + 1, sizeof(*packs));
	uint64_t *loads = calloc(shares, sizeof(*loads));
	bool done = packs != NULL && loads != NULL;

	*used = 1;
	if (!done)
		goto cleanup;
	weigh(deal, packs);
	qsort(packs, deal->count, sizeof(*packs), compare_packs);
	for (size_t i = 0; i < deal->count && packs[i].weight > 0; i++) {
		size_t share = least_loaded(loads, shares);

		loads[share] += packs[i].weight;
		deal->items[packs[i].first].share = share;
		if (share + 1 > *used)
			*used = share + 1;
	}
	for (size_t i = 0; i < deal->count; i++)
		deal->items[i].share = deal->items[first_of(deal, i)].share;
cleanup:
	free(packs);
	free(loads);
	return done;
}
