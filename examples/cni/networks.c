/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "networks.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "address.h"
#include "plugin.h"

static int compare(const struct k8snet_address *a, const struct k8snet_address *b)
{
	return memcmp(a->bytes, b->bytes, address_size(a));
}

static struct network_range get_range(const struct k8snet_prefix *prefix)
{
	const struct k8snet_address low = prefix_mask(prefix).address;
	struct network_range range = {.low = low, .high = low};
	size_t i;

	for (i = prefix->length; i < 8 * address_size(&low); i++)
		range.high.bytes[i / 8] |= (uint8_t)(0x80 >> i % 8);
	return range;
}

/* Whether there is at least an address between them. */
static bool is_apart(const struct network_range *a, const struct network_range *b)
{
	const struct k8snet_address next = address_next(&a->high);

	/* Behind the last of all addresses there is none. */
	return compare(&next, &a->high) > 0 && compare(&next, &b->low) < 0;
}

static int add_range(struct networks *networks, struct network_range range)
{
	struct network_range *items;
	size_t first = 0, last;

	items = realloc(networks->items, (networks->count + 1) * sizeof(*items));
	if (!items)
		return -ENOMEM;
	networks->items = items;
	while (first < networks->count && is_apart(&items[first], &range))
		first++;
	/* What it touches becomes one with it. */
	for (last = first; last < networks->count && !is_apart(&range, &items[last]); last++) {
		if (compare(&items[last].low, &range.low) < 0)
			range.low = items[last].low;
		if (compare(&items[last].high, &range.high) > 0)
			range.high = items[last].high;
	}
	memmove(&items[first + 1], &items[last], (networks->count - last) * sizeof(*items));
	items[first] = range;
	networks->count = networks->count - (last - first) + 1;
	return 0;
}

int networks_add(struct networks *networks, const struct k8snet_prefix *prefix)
{
	return add_range(networks, get_range(prefix));
}

int networks_add_all(struct networks *networks, const struct networks *others)
{
	size_t i;
	int r = 0;

	for (i = 0; r == 0 && i < others->count; i++)
		r = add_range(networks, others->items[i]);
	return r;
}

void networks_done(struct networks *networks)
{
	free(networks->items);
	*networks = (struct networks){0};
}

uint64_t networks_hash(const struct networks *networks)
{
	uint64_t hash = 0;
	char text[128];
	size_t i;

	for (i = 0; i < networks->count; i++) {
		snprintf(text, sizeof(text), "%016llx %s %s", (unsigned long long)hash,
			 address_text(&networks->items[i].low),
			 address_text(&networks->items[i].high));
		hash = text_hash(text);
	}
	return hash;
}
