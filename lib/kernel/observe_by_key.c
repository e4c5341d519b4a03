/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "kernel/observe_by_key.h"

#include <arpa/inet.h>
#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <stdlib.h>
#include <string.h>

#include "kernel/nft_put_element.h"

/* The answers to one message have to find room in the socket. */
#define KEYS_PER_MESSAGE 200
#define KEY_ROOM	 64
#define MESSAGE_ROOM	 (KEYS_PER_MESSAGE * KEY_ROOM + 256)
/* Each one that is not there takes a message of its own. */
#define MAX_MISSING 1000

/* --- which keys ---------------------------------------------------------------------- */

/* The next slot to ask for. */
struct slot_cursor {
	size_t lead;
	uint32_t slot;
};

/* With session affinity a frontend has the slots of its group. */
static uint32_t count_slots(const struct slots_of_map *slots, const struct nft_element *lead)
{
	if (lead->protocol != slots->protocol || lead->to_affinity ||
	    nft_map_is_of_node_ports(lead->map) != nft_map_is_of_node_ports((uint8_t)slots->map))
		return 0;
	return nft_map_is_local((uint8_t)slots->map) ? lead->to_l : lead->to_n;
}

static bool next_key(const struct slots_of_map *slots, struct slot_cursor *at,
		     struct nft_element *key)
{
	const struct nft_element *lead;

	for (; at->lead < slots->n_leads; at->lead++, at->slot = 0) {
		lead = &slots->leads[at->lead];
		if (at->slot >= count_slots(slots, lead))
			continue;
		*key = (struct nft_element){.family = slots->family,
					    .map = (uint8_t)slots->map,
					    .protocol = slots->protocol,
					    .port = lead->port,
					    .slot = (uint16_t)at->slot++};
		memcpy(key->address, lead->address, sizeof(key->address));
		return true;
	}
	return false;
}

static uint64_t count_keys(const struct slots_of_map *slots)
{
	uint64_t n = 0;
	size_t i;

	for (i = 0; i < slots->n_leads; i++)
		n += count_slots(slots, &slots->leads[i]);
	return n;
}

/* --- asking -------------------------------------------------------------------------- */

struct asking {
	const struct slots_of_map *slots;
	nfnl_fn fn;
	void *data;
	uint32_t n_found;
	int error; /* of `fn` */
};

static int take_answer(void *data, const struct nlmsghdr *message)
{
	const struct nfgenmsg *header = mnl_nlmsg_get_payload(message);
	struct asking *a = data;

	a->n_found++;
	if (ntohs(header->res_id) != a->slots->generation)
		a->error = -EINTR;
	else
		a->error = a->fn(a->data, message);
	return a->error;
}

/* The number of keys from `at` on. */
static uint32_t put_keys(const struct slots_of_map *slots, struct slot_cursor at, char *buffer)
{
	struct nlmsghdr *message =
		nfnl_put_nftables(buffer, NFT_MSG_GETSETELEM, NLM_F_ACK, slots->family);
	struct nft_element key;
	struct nlattr *list;
	uint32_t n = 0;

	mnl_attr_put_strz(message, NFTA_SET_ELEM_LIST_TABLE, NFT_TABLE);
	mnl_attr_put_strz(message, NFTA_SET_ELEM_LIST_SET,
			  nft_map_name(slots->map, slots->protocol));
	list = mnl_attr_nest_start(message, NFTA_SET_ELEM_LIST_ELEMENTS);
	for (; n < KEYS_PER_MESSAGE && next_key(slots, &at, &key); n++)
		nft_put_element(message, &key, true);
	mnl_attr_nest_end(message, list);
	return n;
}

static void skip_keys(const struct slots_of_map *slots, struct slot_cursor *at, uint32_t n)
{
	struct nft_element key;

	while (n-- && next_key(slots, at, &key))
		;
}

int observe_by_key(struct netlink_kernel *kernel, const struct slots_of_map *slots, nfnl_fn fn,
		   void *data)
{
	struct asking a = {.slots = slots, .fn = fn, .data = data};
	uint64_t n_spare = count_keys(slots);
	_cleanup_free_ char *buffer = NULL;
	struct slot_cursor at = {0};
	uint32_t n, before;
	int r;

	if (n_spare < slots->count || n_spare - slots->count > MAX_MISSING)
		return -EAGAIN;
	n_spare -= slots->count;
	buffer = malloc(MESSAGE_ROOM);
	if (!buffer)
		return -ENOMEM;
	while ((n = put_keys(slots, at, buffer))) {
		before = a.n_found;
		r = nfnl_ask(kernel, (struct nlmsghdr *)buffer, take_answer, &a);
		if (a.error || r == -ENOMEM)
			return a.error ? a.error : r;
		/* The kernel stops at a key that it lacks. */
		if (r < 0 && (r != -ENOENT || !n_spare--))
			return -EAGAIN;
		skip_keys(slots, &at, r < 0 ? a.n_found - before + 1 : n);
	}
	return a.n_found == slots->count ? 0 : -EAGAIN;
}
