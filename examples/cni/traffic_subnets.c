/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A limit for a part of the traffic: two classes, one limited, and filters that choose. */
#include "traffic.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_ether.h>
#include <linux/pkt_cls.h>
#include <linux/pkt_sched.h>
#include <linux/rtnetlink.h>
#include <string.h>

#include "address.h"

/* Numbers, rates and priorities are those of the reference plugin. */
#define LIMITED	  TC_H_MAKE(TRAFFIC_HANDLE, 0x30)
#define FREE	  TC_H_MAKE(TRAFFIC_HANDLE, 1)
#define FREE_RATE 100000000000ULL
/* What the rest may send at once, and what a class may send before it is the other's turn. */
#define FREE_BURST (64U << 20)
#define QUANTUM	   60000
#define PRIORITY_4 16
#define PRIORITY_6 15
/* An IPv6 address, in words. */
#define KEYS_MAX      4
#define SELECTOR_SIZE (sizeof(struct tc_u32_sel) + KEYS_MAX * sizeof(struct tc_u32_key))

static uint32_t get_default(const struct subnets *subnets)
{
	return TC_H_MIN(subnets->are_limited ? FREE : LIMITED);
}

static uint32_t get_class(const struct subnets *subnets)
{
	return subnets->are_limited ? LIMITED : FREE;
}

/* --- making ------------------------------------------------------------------------------ */

static void put_discipline(struct netlink *n, int index, const struct subnets *subnets)
{
	const struct tc_htb_glob parameters = {
		.version = 3, .rate2quantum = 10, .defcls = get_default(subnets)};
	struct nlmsghdr *message = traffic_add(n, RTM_NEWQDISC, NLM_F_CREATE | NLM_F_EXCL, index,
					       TC_H_ROOT, TRAFFIC_HANDLE, "qdisc htb");
	struct nlattr *options;

	options = traffic_begin(message, "htb");
	mnl_attr_put(message, TCA_HTB_INIT, sizeof(parameters), &parameters);
	mnl_attr_nest_end(message, options);
}

static void put_class(struct netlink *n, int index, uint32_t class, const struct rate *rate)
{
	const struct tc_ratespec spec = {
		.linklayer = TC_LINKLAYER_ETHERNET,
		.rate = traffic_cap(rate->bytes),
	};
	const uint32_t buffer = traffic_cap(traffic_get_buffer(rate));
	const struct tc_htb_opt parameters = {
		.rate = spec,
		.ceil = spec,
		.buffer = buffer,
		.cbuffer = buffer,
		.quantum = QUANTUM,
	};
	struct nlmsghdr *message = traffic_add(n, RTM_NEWTCLASS, NLM_F_CREATE | NLM_F_EXCL, index,
					       TRAFFIC_HANDLE, class, "class htb");
	struct nlattr *options;

	options = traffic_begin(message, "htb");
	mnl_attr_put(message, TCA_HTB_PARMS, sizeof(parameters), &parameters);
	if (rate->bytes > UINT32_MAX) {
		mnl_attr_put_u64(message, TCA_HTB_RATE64, rate->bytes);
		mnl_attr_put_u64(message, TCA_HTB_CEIL64, rate->bytes);
	}
	mnl_attr_nest_end(message, options);
}

static uint32_t get_mask(const struct k8snet_prefix *subnet, unsigned int word)
{
	unsigned int bits = subnet->length > 32 * word ? subnet->length - 32 * word : 0;

	return bits >= 32 ? UINT32_MAX : bits ? htonl(UINT32_MAX << (32 - bits)) : 0;
}

/* How it is selected: a word of the address after another. Returns the size. */
static size_t get_selector(const struct k8snet_prefix *subnet, bool is_source,
			   uint8_t selector[SELECTOR_SIZE])
{
	const struct k8snet_prefix network = prefix_mask(subnet);
	struct tc_u32_sel head = {.flags = TC_U32_TERMINAL};
	int offset = (int)address_offset(&network.address, is_source);
	struct tc_u32_key keys[KEYS_MAX] = {0};

	/* All of a family is one word that is not looked at. */
	do {
		struct tc_u32_key *key = &keys[head.nkeys];

		memcpy(&key->val, network.address.bytes + 4 * head.nkeys, sizeof(key->val));
		key->mask = get_mask(&network, head.nkeys);
		key->off = offset + 4 * head.nkeys;
		head.nkeys++;
	} while (network.length > 32 * head.nkeys);
	memcpy(selector, &head, sizeof(head));
	memcpy(selector + sizeof(head), keys, head.nkeys * sizeof(keys[0]));
	return sizeof(head) + head.nkeys * sizeof(keys[0]);
}

static void put_filter(struct netlink *n, int index, const struct subnets *subnets, bool is_source,
		       const struct k8snet_prefix *subnet)
{
	bool is_ipv6 = subnet->address.family == 6;
	uint8_t selector[SELECTOR_SIZE];
	size_t size = get_selector(subnet, is_source, selector);
	struct nlmsghdr *message = traffic_add(n, RTM_NEWTFILTER, NLM_F_CREATE | NLM_F_EXCL, index,
					       TRAFFIC_HANDLE, 0, "filter u32");
	struct tcmsg *header = mnl_nlmsg_get_payload(message);
	struct nlattr *options;

	header->tcm_info = TC_H_MAKE((is_ipv6 ? PRIORITY_6 : PRIORITY_4) << 16,
				     htons(is_ipv6 ? ETH_P_IPV6 : ETH_P_IP));
	options = traffic_begin(message, "u32");
	mnl_attr_put_u32(message, TCA_U32_CLASSID, get_class(subnets));
	mnl_attr_put(message, TCA_U32_SEL, size, selector);
	mnl_attr_nest_end(message, options);
}

int traffic_limit_subnets(struct netlink *n, int index, const struct rate *rate,
			  const struct subnets *subnets, bool is_source)
{
	static const struct rate free_rate = {.bytes = FREE_RATE, .burst = FREE_BURST};
	size_t i;

	put_discipline(n, index, subnets);
	put_class(n, index, LIMITED, rate);
	put_class(n, index, FREE, &free_rate);
	for (i = 0; i < subnets->count; i++)
		put_filter(n, index, subnets, is_source, &subnets->items[i]);
	return netlink_flush(n);
}

/* --- looking ----------------------------------------------------------------------------- */

struct looking {
	int index;
	const struct subnets *subnets;
	struct rate *rate;
	bool is_source;
	bool is_other, has_discipline, has_limit, has_rest;
	bool has_filter[SUBNETS_MAX];
};

static void parse_discipline(const struct nlattr *options, struct looking *looking)
{
	struct tc_htb_glob parameters;
	const struct nlattr *attr = traffic_find(options, TCA_HTB_INIT, sizeof(parameters));

	if (!attr)
		return;
	memcpy(&parameters, mnl_attr_get_payload(attr), sizeof(parameters));
	looking->has_discipline = parameters.defcls == get_default(looking->subnets);
}

static void parse_class(const struct nlattr *options, uint32_t class, struct looking *looking)
{
	const struct nlattr *large = traffic_find(options, TCA_HTB_RATE64, sizeof(uint64_t));
	struct tc_htb_opt parameters;
	const struct nlattr *attr = traffic_find(options, TCA_HTB_PARMS, sizeof(parameters));
	struct rate rate;

	if (!attr)
		return;
	memcpy(&parameters, mnl_attr_get_payload(attr), sizeof(parameters));
	rate.bytes = large ? mnl_attr_get_u64(large) : parameters.rate.rate;
	traffic_set_burst(&rate, parameters.buffer);
	if (class == FREE)
		looking->has_rest = rate.bytes == FREE_RATE;
	if (class != LIMITED)
		return;
	*looking->rate = rate;
	looking->has_limit = true;
}

static bool is_filter_of(const struct nlattr *selector, const struct k8snet_prefix *subnet,
			 bool is_source)
{
	uint8_t wanted[SELECTOR_SIZE];
	size_t size = get_selector(subnet, is_source, wanted);
	struct tc_u32_sel found;

	memcpy(&found, mnl_attr_get_payload(selector), sizeof(found));
	return found.nkeys == ((struct tc_u32_sel *)wanted)->nkeys &&
	       mnl_attr_get_payload_len(selector) >= size &&
	       !memcmp((const uint8_t *)mnl_attr_get_payload(selector) + sizeof(found),
		       wanted + sizeof(found), size - sizeof(found));
}

static void parse_filter(const struct nlattr *options, uint32_t info, struct looking *looking)
{
	const struct nlattr *selector =
		traffic_find(options, TCA_U32_SEL, sizeof(struct tc_u32_sel));
	const struct nlattr *class = traffic_find(options, TCA_U32_CLASSID, sizeof(uint32_t));
	const struct subnets *subnets = looking->subnets;
	uint16_t protocol = ntohs((uint16_t)TC_H_MIN(info));
	bool is_known = false;
	size_t i;

	/* The table in which they are. */
	if (!selector)
		return;
	for (i = 0; i < subnets->count && class; i++) {
		const struct k8snet_prefix *subnet = &subnets->items[i];

		if (mnl_attr_get_u32(class) == get_class(subnets) &&
		    protocol == (subnet->address.family == 6 ? ETH_P_IPV6 : ETH_P_IP) &&
		    is_filter_of(selector, subnet, looking->is_source))
			is_known = looking->has_filter[i] = true;
	}
	looking->is_other |= !is_known;
}

static int parse(const struct nlmsghdr *message, void *data)
{
	const struct tcmsg *header = mnl_nlmsg_get_payload(message);
	bool is_filter = message->nlmsg_type == RTM_NEWTFILTER;
	const struct nlattr *options = traffic_get_options(message, is_filter ? "u32" : "htb");
	struct looking *looking = data;

	if (header->tcm_ifindex != looking->index || !options)
		return 0;
	if (is_filter)
		parse_filter(options, header->tcm_info, looking);
	else if (message->nlmsg_type == RTM_NEWTCLASS)
		parse_class(options, header->tcm_handle, looking);
	else if (message->nlmsg_type == RTM_NEWQDISC && header->tcm_parent == TC_H_ROOT)
		parse_discipline(options, looking);
	return 0;
}

static int ask(struct netlink *n, uint16_t type, uint32_t parent, struct looking *looking)
{
	int r;

	do {
		traffic_add(n, type, NLM_F_DUMP, looking->index, parent, 0, "qdisc htb");
		r = netlink_ask(n, parse, looking);
	} while (r == -EINTR);
	/* There is nothing that could have classes or filters. */
	return r == -EINVAL || r == -ENOENT ? 0 : r;
}

int traffic_get_limit_of_subnets(struct netlink *n, int index, const struct subnets *subnets,
				 bool is_source, struct rate *out)
{
	struct looking looking = {
		.index = index, .subnets = subnets, .is_source = is_source, .rate = out};
	size_t i;
	int r = ask(n, RTM_GETQDISC, 0, &looking);

	if (r == 0)
		r = ask(n, RTM_GETTCLASS, 0, &looking);
	if (r == 0)
		r = ask(n, RTM_GETTFILTER, TRAFFIC_HANDLE, &looking);
	if (r < 0)
		return r;
	for (i = 0; i < subnets->count; i++)
		looking.is_other |= !looking.has_filter[i];
	return looking.has_discipline && looking.has_limit && looking.has_rest && !looking.is_other;
}
