/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "traffic.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_ether.h>
#include <linux/pkt_cls.h>
#include <linux/pkt_sched.h>
#include <linux/rtnetlink.h>
#include <linux/tc_act/tc_mirred.h>
#include <string.h>
#include <sys/socket.h>

#define LATENCY_MS 25
#define INGRESS	   TC_H_MAKE(TC_H_INGRESS, 0)
/* The kernel tells times in units of 64 ns. */
#define TICK_SHIFT 6

struct nlmsghdr *traffic_add(struct netlink *n, uint16_t type, uint16_t flags, int index,
			     uint32_t parent, uint32_t handle, const char *what)
{
	const struct tcmsg header = {
		.tcm_family = AF_UNSPEC,
		.tcm_ifindex = index,
		.tcm_parent = parent,
		.tcm_handle = handle,
	};

	return netlink_add(n, type, flags, &header, sizeof(header), "%s", what);
}

struct nlattr *traffic_begin(struct nlmsghdr *message, const char *kind)
{
	mnl_attr_put_strz(message, TCA_KIND, kind);
	return mnl_attr_nest_start(message, TCA_OPTIONS);
}

const struct nlattr *traffic_get_options(const struct nlmsghdr *message, const char *kind)
{
	const struct nlattr *attr, *options = NULL;
	bool is_it = false;

	mnl_attr_for_each(attr, message, sizeof(struct tcmsg))
	{
		if (mnl_attr_get_type(attr) == TCA_KIND)
			is_it = !strcmp(mnl_attr_get_str(attr), kind);
		else if (mnl_attr_get_type(attr) == TCA_OPTIONS)
			options = attr;
	}
	return is_it ? options : NULL;
}

const struct nlattr *traffic_find(const struct nlattr *nest, uint16_t type, size_t size)
{
	const struct nlattr *attr;

	if (!nest)
		return NULL;
	mnl_attr_for_each_nested(attr, nest)
	{
		if (mnl_attr_get_type(attr) == type && mnl_attr_get_payload_len(attr) >= size)
			return attr;
	}
	return NULL;
}

uint32_t traffic_cap(uint64_t value)
{
	return value > UINT32_MAX ? UINT32_MAX : (uint32_t)value;
}

uint64_t traffic_get_buffer(const struct rate *rate)
{
	return (rate->burst * 1000000000ULL / rate->bytes) >> TICK_SHIFT;
}

void traffic_set_burst(struct rate *rate, uint32_t buffer)
{
	rate->buffer = buffer;
	rate->burst =
		(uint32_t)(((unsigned __int128)buffer << TICK_SHIFT) * rate->bytes / 1000000000);
}

bool traffic_is_limit(const struct rate *found, const struct rate *wanted,
		      const struct subnets *subnets)
{
	uint64_t all = traffic_get_buffer(wanted);
	/* Of a token bucket it tells what is left of a longer time. */
	uint32_t buffer = subnets->count ? traffic_cap(all) : (uint32_t)all;
	uint32_t more = found->buffer - buffer, less = buffer - found->buffer;
	uint64_t byte = (1000000000 / wanted->bytes) >> TICK_SHIFT;

	return found->bytes == wanted->bytes && (more < less ? more : less) <= 1 + byte;
}

static uint32_t get_limit(const struct rate *rate)
{
	return traffic_cap(rate->bytes / 1000 * LATENCY_MS + rate->burst);
}

static int limit_all(struct netlink *n, int index, const struct rate *rate)
{
	struct tc_tbf_qopt parameters = {
		.rate.linklayer = TC_LINKLAYER_ETHERNET,
		.rate.rate = traffic_cap(rate->bytes),
		.limit = get_limit(rate),
	};
	struct nlmsghdr *message = traffic_add(n, RTM_NEWQDISC, NLM_F_CREATE | NLM_F_EXCL, index,
					       TC_H_ROOT, TRAFFIC_HANDLE, "qdisc tbf");
	struct nlattr *options;

	options = traffic_begin(message, "tbf");
	mnl_attr_put(message, TCA_TBF_PARMS, sizeof(parameters), &parameters);
	mnl_attr_put_u32(message, TCA_TBF_BURST, rate->burst);
	if (rate->bytes > UINT32_MAX)
		mnl_attr_put_u64(message, TCA_TBF_RATE64, rate->bytes);
	mnl_attr_nest_end(message, options);
	return netlink_flush(n);
}

int traffic_limit(struct netlink *n, int index, const struct rate *rate,
		  const struct subnets *subnets, bool is_source)
{
	return subnets->count ? traffic_limit_subnets(n, index, rate, subnets, is_source)
			      : limit_all(n, index, rate);
}

/* matchall would do, too, but is not in every kernel. */
static void put_redirect(struct nlmsghdr *message, int to)
{
	/* One key that looks at nothing. */
	const struct tc_u32_sel selector = {.flags = TC_U32_TERMINAL, .nkeys = 1};
	uint8_t all[sizeof(selector) + sizeof(struct tc_u32_key)] = {0};
	struct tc_mirred mirred = {
		.action = TC_ACT_STOLEN,
		.eaction = TCA_EGRESS_REDIR,
		.ifindex = (uint32_t)to,
	};
	struct nlattr *options, *actions, *action, *inner;

	memcpy(all, &selector, sizeof(selector));
	options = traffic_begin(message, "u32");
	mnl_attr_put(message, TCA_U32_SEL, sizeof(all), all);
	actions = mnl_attr_nest_start(message, TCA_U32_ACT);
	action = mnl_attr_nest_start(message, 1);
	mnl_attr_put_strz(message, TCA_ACT_KIND, "mirred");
	inner = mnl_attr_nest_start(message, TCA_ACT_OPTIONS);
	mnl_attr_put(message, TCA_MIRRED_PARMS, sizeof(mirred), &mirred);
	mnl_attr_nest_end(message, inner);
	mnl_attr_nest_end(message, action);
	mnl_attr_nest_end(message, actions);
	mnl_attr_nest_end(message, options);
}

int traffic_redirect(struct netlink *n, int index, int to)
{
	struct nlmsghdr *message = traffic_add(n, RTM_NEWQDISC, NLM_F_CREATE | NLM_F_EXCL, index,
					       TC_H_INGRESS, INGRESS, "qdisc ingress");
	struct tcmsg *header;
	int r;

	mnl_attr_put_strz(message, TCA_KIND, "ingress");
	r = netlink_flush(n);
	if (r < 0)
		return r;
	message = traffic_add(n, RTM_NEWTFILTER, NLM_F_CREATE | NLM_F_EXCL, index, INGRESS, 0,
			      "filter u32");
	header = mnl_nlmsg_get_payload(message);
	header->tcm_info = TC_H_MAKE(1U << 16, htons(ETH_P_ALL));
	put_redirect(message, to);
	return netlink_flush(n);
}

void traffic_reset(struct netlink *n, int index)
{
	traffic_add(n, RTM_DELQDISC, 0, index, TC_H_ROOT, TRAFFIC_HANDLE, "qdisc tbf");
	netlink_last(n)->may_fail = true;
	traffic_add(n, RTM_DELQDISC, 0, index, TC_H_INGRESS, INGRESS, "qdisc ingress");
	netlink_last(n)->may_fail = true;
	(void)netlink_flush(n);
}

struct looking {
	int index;
	int to;
	struct rate *rate;
	bool is_found;
};

static void parse_tbf(const struct nlattr *options, struct rate *rate)
{
	struct tc_tbf_qopt parameters = {0};
	const struct nlattr *attr = traffic_find(options, TCA_TBF_PARMS, sizeof(parameters));
	const struct nlattr *large = traffic_find(options, TCA_TBF_RATE64, sizeof(uint64_t));

	if (attr)
		memcpy(&parameters, mnl_attr_get_payload(attr), sizeof(parameters));
	rate->bytes = large ? mnl_attr_get_u64(large) : parameters.rate.rate;
	traffic_set_burst(rate, parameters.buffer);
}

static int parse_qdisc(const struct nlmsghdr *message, void *data)
{
	const struct tcmsg *header = mnl_nlmsg_get_payload(message);
	const struct nlattr *options = traffic_get_options(message, "tbf");
	struct looking *looking = data;

	if (message->nlmsg_type != RTM_NEWQDISC || header->tcm_ifindex != looking->index ||
	    header->tcm_parent != TC_H_ROOT || !options)
		return 0;
	parse_tbf(options, looking->rate);
	looking->is_found = true;
	return 0;
}

static int get_limit_of_all(struct netlink *n, int index, struct rate *out)
{
	struct looking looking = {.index = index, .rate = out};
	int r;

	do {
		traffic_add(n, RTM_GETQDISC, NLM_F_DUMP, index, 0, 0, "qdiscs");
		r = netlink_ask(n, parse_qdisc, &looking);
	} while (r == -EINTR);
	return r < 0 ? r : looking.is_found;
}

int traffic_get_limit(struct netlink *n, int index, const struct subnets *subnets, bool is_source,
		      struct rate *out)
{
	return subnets->count ? traffic_get_limit_of_subnets(n, index, subnets, is_source, out)
			      : get_limit_of_all(n, index, out);
}

/* Where the first action of a filter leads to; 0: it does something else. */
static int get_target(const struct nlattr *options)
{
	const struct nlattr *action = traffic_find(traffic_find(options, TCA_U32_ACT, 0), 1, 0);
	struct tc_mirred mirred = {0};
	const struct nlattr *parms = traffic_find(traffic_find(action, TCA_ACT_OPTIONS, 0),
						  TCA_MIRRED_PARMS, sizeof(mirred));

	if (parms)
		memcpy(&mirred, mnl_attr_get_payload(parms), sizeof(mirred));
	return mirred.eaction == TCA_EGRESS_REDIR ? (int)mirred.ifindex : 0;
}

static int parse_filter(const struct nlmsghdr *message, void *data)
{
	const struct tcmsg *header = mnl_nlmsg_get_payload(message);
	struct looking *looking = data;
	const struct nlattr *attr;

	if (message->nlmsg_type != RTM_NEWTFILTER || header->tcm_ifindex != looking->index)
		return 0;
	mnl_attr_for_each(attr, message, sizeof(*header))
	{
		if (mnl_attr_get_type(attr) == TCA_OPTIONS)
			looking->is_found |= get_target(attr) == looking->to;
	}
	return 0;
}

int traffic_is_redirected(struct netlink *n, int index, int to)
{
	struct looking looking = {.index = index, .to = to};
	int r;

	do {
		traffic_add(n, RTM_GETTFILTER, NLM_F_DUMP, index, INGRESS, 0, "filters");
		r = netlink_ask(n, parse_filter, &looking);
	} while (r == -EINTR);
	/* No qdisc at all. */
	return r == -EINVAL || r == -ENOENT ? 0 : r < 0 ? r : looking.is_found;
}
