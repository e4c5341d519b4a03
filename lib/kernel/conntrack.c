/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "kernel/conntrack.h"

#include <arpa/inet.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_conntrack_tcp.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter/nfnetlink_conntrack.h>
#include <string.h>

#include "plan/nft/nft.h"

/* Which parts of a tuple are compared; they are not in the kernel's headers. */
enum {
	FILTER_ADDRESS_SOURCE = 1 << 0,
	FILTER_ADDRESS_DESTINATION = 1 << 1,
	FILTER_PROTOCOL = 1 << 3,
	FILTER_PORT_DESTINATION = 1 << 5,
};

static uint8_t nf_family(uint8_t family)
{
	return family == 6 ? NFPROTO_IPV6 : NFPROTO_IPV4;
}

/* --- filters -------------------------------------------------------------- */

void conntrack_filter_begin(struct conntrack_filter *filter, const struct conntrack *ct)
{
	/* Linux 6.18 takes IPv6 addresses the wrong way round: it leaves out those that
	 * are equal, and nothing else. */
	bool has_addresses = ct->family == 4;

	*filter = (struct conntrack_filter){.family = ct->family,
					    .protocol = ct->protocol,
					    .has_address = has_addresses,
					    .has_port = true,
					    .has_to_address = has_addresses,
					    .like = *ct};
}

void conntrack_filter_add(struct conntrack_filter *filter, const struct conntrack *ct)
{
	const struct conntrack *like = &filter->like;

	if (ct->protocol != like->protocol)
		filter->protocol = 0;
	filter->has_address &= !memcmp(ct->address, like->address, sizeof(like->address));
	filter->has_port &= ct->port == like->port;
	filter->has_to_address &=
		!memcmp(ct->to_address, like->to_address, sizeof(like->to_address));
}

static void put_header(struct nlmsghdr *message, uint16_t type, uint16_t flags, uint8_t family)
{
	struct nfgenmsg *header = mnl_nlmsg_put_extra_header(message, sizeof(*header));

	message->nlmsg_type = (uint16_t)(NFNL_SUBSYS_CTNETLINK << 8 | type);
	message->nlmsg_flags = NLM_F_REQUEST | flags;
	header->nfgen_family = nf_family(family);
	header->version = NFNETLINK_V0;
}

static void put_address(struct nlmsghdr *message, uint8_t family, uint16_t attr4, uint16_t attr6,
			const uint8_t *address)
{
	struct nlattr *ip = mnl_attr_nest_start(message, CTA_TUPLE_IP);

	mnl_attr_put(message, family == 6 ? attr6 : attr4, nft_address_size(family), address);
	mnl_attr_nest_end(message, ip);
}

/* The kernel parses a port only with its protocol. */
static uint32_t put_orig(struct nlmsghdr *message, const struct conntrack_filter *f)
{
	struct nlattr *tuple = mnl_attr_nest_start(message, CTA_TUPLE_ORIG), *proto;
	uint32_t flags = 0;

	if (f->has_address) {
		put_address(message, f->family, CTA_IP_V4_DST, CTA_IP_V6_DST, f->like.address);
		flags |= FILTER_ADDRESS_DESTINATION;
	}
	if (f->protocol) {
		proto = mnl_attr_nest_start(message, CTA_TUPLE_PROTO);
		mnl_attr_put_u8(message, CTA_PROTO_NUM, f->protocol);
		flags |= FILTER_PROTOCOL;
		if (f->has_port) {
			mnl_attr_put_u16(message, CTA_PROTO_DST_PORT, htons(f->like.port));
			flags |= FILTER_PORT_DESTINATION;
		}
		mnl_attr_nest_end(message, proto);
	}
	mnl_attr_nest_end(message, tuple);
	return flags;
}

static uint32_t put_reply(struct nlmsghdr *message, const struct conntrack_filter *f)
{
	struct nlattr *tuple;

	if (!f->has_to_address)
		return 0;
	tuple = mnl_attr_nest_start(message, CTA_TUPLE_REPLY);
	put_address(message, f->family, CTA_IP_V4_SRC, CTA_IP_V6_SRC, f->like.to_address);
	mnl_attr_nest_end(message, tuple);
	return FILTER_ADDRESS_SOURCE;
}

void conntrack_put_dump(struct nlmsghdr *message, uint8_t family,
			const struct conntrack_filter *filter)
{
	struct nlattr *flags;
	uint32_t orig, reply;

	put_header(message, IPCTNL_MSG_CT_GET, NLM_F_DUMP, family);
	if (!filter)
		return;
	orig = put_orig(message, filter);
	reply = put_reply(message, filter);
	flags = mnl_attr_nest_start(message, CTA_FILTER);
	mnl_attr_put_u32(message, CTA_FILTER_ORIG_FLAGS, orig);
	mnl_attr_put_u32(message, CTA_FILTER_REPLY_FLAGS, reply);
	mnl_attr_nest_end(message, flags);
}

/* --- entries -------------------------------------------------------------- */

#define MAX_ATTRS 32

struct attrs {
	const struct nlattr *at[MAX_ATTRS];
};

static int note_attr(const struct nlattr *attr, void *data)
{
	struct attrs *attrs = data;
	uint16_t type = mnl_attr_get_type(attr);

	if (type < MAX_ATTRS)
		attrs->at[type] = attr;
	return MNL_CB_OK;
}

static void parse_nested(struct attrs *attrs, const struct nlattr *nest)
{
	memset(attrs, 0, sizeof(*attrs));
	if (nest)
		mnl_attr_parse_nested(nest, note_attr, attrs);
}

static bool get_bytes(const struct nlattr *attr, void *out, size_t size)
{
	if (!attr || mnl_attr_get_payload_len(attr) != size)
		return false;
	memcpy(out, mnl_attr_get_payload(attr), size);
	return true;
}

/* One end of a tuple: its source if `is_source`. */
static bool parse_end(const struct nlattr *tuple, uint8_t family, bool is_source, uint8_t *protocol,
		      struct probe_end *end)
{
	uint16_t v4 = is_source ? CTA_IP_V4_SRC : CTA_IP_V4_DST;
	uint16_t v6 = is_source ? CTA_IP_V6_SRC : CTA_IP_V6_DST;
	struct attrs parts, inner;

	parse_nested(&parts, tuple);
	parse_nested(&inner, parts.at[CTA_TUPLE_IP]);
	if (parts.at[CTA_TUPLE_ZONE] ||
	    !get_bytes(inner.at[family == 6 ? v6 : v4], end->address, nft_address_size(family)))
		return false;
	parse_nested(&inner, parts.at[CTA_TUPLE_PROTO]);
	if (!get_bytes(inner.at[CTA_PROTO_NUM], protocol, sizeof(*protocol)) ||
	    !get_bytes(inner.at[is_source ? CTA_PROTO_SRC_PORT : CTA_PROTO_DST_PORT], &end->port,
		       sizeof(end->port)))
		return false;
	end->port = ntohs(end->port);
	return true;
}

static bool parse_tuples(struct conntrack_entry *entry, uint8_t family, const struct nlattr *reply)
{
	struct conntrack_connection *c = &entry->connection;
	struct conntrack *ct = &entry->conntrack;
	uint8_t other;

	if (!parse_end(entry->tuple, family, false, &ct->protocol, &c->to) ||
	    !parse_end(entry->tuple, family, true, &other, &c->from) ||
	    !parse_end(reply, family, true, &other, &c->reply_from) ||
	    !parse_end(reply, family, false, &other, &c->reply_to))
		return false;
	ct->family = family;
	ct->port = c->to.port;
	ct->to_port = c->reply_from.port;
	memcpy(ct->address, c->to.address, sizeof(ct->address));
	memcpy(ct->to_address, c->reply_from.address, sizeof(ct->to_address));
	return true;
}

static uint8_t parse_state(const struct nlattr *info)
{
	uint8_t state = TCP_CONNTRACK_NONE;
	struct attrs inner;

	parse_nested(&inner, info);
	parse_nested(&inner, inner.at[CTA_PROTOINFO_TCP]);
	get_bytes(inner.at[CTA_PROTOINFO_TCP_STATE], &state, sizeof(state));
	return state;
}

bool conntrack_parse(struct conntrack_entry *entry, const struct nlmsghdr *message)
{
	const struct nfgenmsg *header = mnl_nlmsg_get_payload(message);
	struct attrs attrs = {0};

	memset(entry, 0, sizeof(*entry));
	if (mnl_nlmsg_get_payload_len(message) < sizeof(*header) ||
	    message->nlmsg_type != (NFNL_SUBSYS_CTNETLINK << 8 | IPCTNL_MSG_CT_NEW))
		return false;
	mnl_attr_parse(message, sizeof(*header), note_attr, &attrs);
	entry->tuple = attrs.at[CTA_TUPLE_ORIG];
	entry->id = attrs.at[CTA_ID];
	entry->state = parse_state(attrs.at[CTA_PROTOINFO]);
	return entry->tuple && entry->id && !attrs.at[CTA_ZONE] &&
	       parse_tuples(entry, header->nfgen_family == NFPROTO_IPV6 ? 6 : 4,
			    attrs.at[CTA_TUPLE_REPLY]);
}

static void put_copy(struct nlmsghdr *message, const struct nlattr *attr)
{
	mnl_attr_put(message, attr->nla_type, mnl_attr_get_payload_len(attr),
		     mnl_attr_get_payload(attr));
}

void conntrack_put_delete(struct nlmsghdr *message, const struct conntrack_entry *entry)
{
	put_header(message, IPCTNL_MSG_CT_DELETE, 0, entry->conntrack.family);
	put_copy(message, entry->tuple);
	put_copy(message, entry->id);
}
