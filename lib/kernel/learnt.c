/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "kernel/learnt.h"

#include <arpa/inet.h>
#include <endian.h>
#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <string.h>

#include "base/jhash.h"
#include "kernel/nfnl.h"
#include "netlink/nlsock.h"

/* A key of at most an IPv6 address, a protocol and a port. */
struct key {
	uint8_t bytes[24];
	size_t size;
};

static void add_bytes(struct key *key, const void *bytes, size_t size)
{
	memcpy(key->bytes + key->size, bytes, size);
	key->size += (size + 3) & ~(size_t)3;
}

/* As the rules make it of a packet: see plan/nft.h. */
static struct key client_key(const struct learnt *l)
{
	struct key key = {.size = 0};
	uint32_t hashes[2];

	add_bytes(&key, &l->number, 4);
	if (l->client.family == 4) {
		add_bytes(&key, l->client.bytes, 4);
		return key;
	}
	hashes[0] = jhash_mod(l->client.bytes, 16, NFT_CLIENT_HASH_MODULUS, NFT_CLIENT_HASH_SEED_1);
	hashes[1] = jhash_mod(l->client.bytes, 16, NFT_CLIENT_HASH_MODULUS, NFT_CLIENT_HASH_SEED_2);
	add_bytes(&key, hashes, 8);
	return key;
}

/* --- messages ------------------------------------------------------------------ */

static struct nlmsghdr *put_map(char *buffer, uint16_t type, uint16_t flags, uint8_t family,
				enum nft_map map)
{
	struct nlmsghdr *message = nfnl_put_nftables(buffer, type, flags, family);

	mnl_attr_put_strz(message, NFTA_SET_ELEM_LIST_TABLE, NFT_TABLE);
	mnl_attr_put_strz(message, NFTA_SET_ELEM_LIST_SET, nft_map_name(map, 0));
	return message;
}

static void put_value(struct nlmsghdr *message, uint16_t type, const void *bytes, size_t size)
{
	struct nlattr *nest = mnl_attr_nest_start(message, type);

	mnl_attr_put(message, NFTA_DATA_VALUE, size, bytes);
	mnl_attr_nest_end(message, nest);
}

static void put_element(struct nlmsghdr *message, const struct key *key, const struct learnt *data)
{
	struct nlattr *list = mnl_attr_nest_start(message, NFTA_SET_ELEM_LIST_ELEMENTS);
	struct nlattr *element = mnl_attr_nest_start(message, NFTA_LIST_ELEM);

	put_value(message, NFTA_SET_ELEM_KEY, key->bytes, key->size);
	if (data) {
		put_value(message, NFTA_SET_ELEM_DATA, &data->endpoint, 4);
		mnl_attr_put_u64(message, NFTA_SET_ELEM_TIMEOUT, htobe64(data->timeout));
		mnl_attr_put_u64(message, NFTA_SET_ELEM_EXPIRATION, htobe64(data->expiration));
	}
	mnl_attr_nest_end(message, element);
	mnl_attr_nest_end(message, list);
}

/* --- reading one ------------------------------------------------------------------ */

static const struct nlattr *find_nested(const struct nlattr *nest, uint16_t type)
{
	const struct nlattr *attr;

	if (nest)
		mnl_attr_for_each_nested(attr,
					 nest) if (mnl_attr_get_type(attr) == type) return attr;
	return NULL;
}

static uint64_t get_u64(const struct nlattr *element, uint16_t type)
{
	const struct nlattr *attr = find_nested(element, type);

	return attr && mnl_attr_validate(attr, MNL_TYPE_U64) == 0 ? be64toh(mnl_attr_get_u64(attr))
								  : 0;
}

static int take_element(void *data, const struct nlmsghdr *message)
{
	struct learnt *l = data;
	const struct nlattr *list = NULL, *element, *value;

	mnl_attr_for_each(value, message, sizeof(struct nfgenmsg)) if (mnl_attr_get_type(value) ==
								       NFTA_SET_ELEM_LIST_ELEMENTS)
		list = value;
	element = find_nested(list, NFTA_LIST_ELEM);
	value = element ? find_nested(find_nested(element, NFTA_SET_ELEM_DATA), NFTA_DATA_VALUE)
			: NULL;
	if (!value || mnl_attr_get_payload_len(value) != 4)
		return 0;
	memcpy(&l->endpoint, mnl_attr_get_payload(value), 4);
	l->timeout = get_u64(element, NFTA_SET_ELEM_TIMEOUT);
	l->expiration = get_u64(element, NFTA_SET_ELEM_EXPIRATION);
	l->exists = true;
	return 0;
}

static int get(struct netlink_kernel *kernel, uint8_t family, enum nft_map map,
	       const struct key *key, struct learnt *out)
{
	char buffer[512] __attribute__((aligned(NLMSG_ALIGNTO)));
	struct nlmsghdr *message = put_map(buffer, NFT_MSG_GETSETELEM, NLM_F_ACK, family, map);
	int r;

	put_element(message, key, NULL);
	out->exists = false;
	r = nfnl_dump_with(kernel, message, take_element, out);
	return r == -ENOENT ? 0 : r;
}

int learnt_get(struct netlink_kernel *kernel, struct learnt *learnt)
{
	const struct key key = client_key(learnt);

	return get(kernel, learnt->client.family, NFT_AFFINITY, &key, learnt);
}

int netlink_find_affinity(struct k8snet_kernel *kernel, struct nft_element *element,
			  uint64_t *milliseconds)
{
	struct learnt l = {.number = element->number, .client.family = element->family};
	int r;

	memcpy(l.client.bytes, element->address, sizeof(l.client.bytes));
	r = learnt_get(netlink_kernel(kernel), &l);
	if (r == 0 && !l.exists)
		r = -ENOENT;
	if (r < 0)
		return r;
	element->number = l.endpoint;
	*milliseconds = l.expiration;
	return 0;
}

/* --- leaving them as they were ------------------------------------------------------ */

/* The number of the service port, 0: it has none. */
static int get_number(struct netlink_kernel *kernel, const struct k8snet_flow *flow,
		      bool is_node_port, uint32_t *number)
{
	const uint8_t protocol = (uint8_t)flow->protocol;
	const uint16_t port = htons(flow->port);
	struct key key = {.size = 0};
	struct learnt found;
	int r;

	if (!is_node_port)
		add_bytes(&key, flow->destination.bytes, nft_address_size(flow->source.family));
	add_bytes(&key, &protocol, 1);
	add_bytes(&key, &port, 2);
	r = get(kernel, flow->source.family,
		is_node_port ? NFT_AFFINITY_NODE_PORTS : NFT_AFFINITY_SERVICES, &key, &found);
	*number = r == 0 && found.exists ? found.endpoint : 0;
	return r;
}

int learnt_save(struct netlink_kernel *kernel, const struct k8snet_flow *flow,
		struct learnt saved[4])
{
	size_t i;
	int r = 0;

	for (i = 0; i < 4 && r == 0; i++) {
		struct learnt *l = &saved[i];

		*l = (struct learnt){.client = flow->source};
		r = get_number(kernel, flow, i >= 2, &l->number);
		if (l->number && i % 2)
			l->number ^= NFT_AFFINITY_LOCAL << 16;
		if (l->number)
			r = learnt_get(kernel, l);
	}
	return r;
}

/* One transaction; in place of what is there, if it was there before. */
static int put_back(struct netlink_kernel *kernel, const struct learnt *l)
{
	char buffer[2048] __attribute__((aligned(NLMSG_ALIGNTO)));
	const uint8_t family = l->client.family;
	const struct key key = client_key(l);
	struct nlmsghdr *message;
	size_t used;

	used = nfnl_put_bracket(buffer, NFNL_MSG_BATCH_BEGIN);
	message = put_map(buffer + used, NFT_MSG_DELSETELEM, 0, family, NFT_AFFINITY);
	put_element(message, &key, NULL);
	used += message->nlmsg_len;
	if (l->exists) {
		message = put_map(buffer + used, NFT_MSG_NEWSETELEM, NLM_F_CREATE, family,
				  NFT_AFFINITY);
		put_element(message, &key, l);
		used += message->nlmsg_len;
	}
	used += nfnl_put_bracket(buffer + used, NFNL_MSG_BATCH_END);
	return nfnl_transact(kernel, buffer, used);
}

int learnt_restore(struct netlink_kernel *kernel, const struct learnt saved[4])
{
	size_t i;
	int r = 0;

	for (i = 0; i < 4 && r == 0; i++) {
		struct learnt now = saved[i];

		if (!now.number)
			continue;
		r = learnt_get(kernel, &now);
		if (r == 0 && now.exists)
			r = put_back(kernel, &saved[i]);
	}
	/* It has expired meanwhile. */
	return r == -ENOENT ? 0 : r;
}
