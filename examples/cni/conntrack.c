/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <netinet/in.h>

#include <arpa/inet.h>
#include <errno.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter/nfnetlink_conntrack.h>
#include <stdio.h>
#include <string.h>

#include "address.h"
#include "portmap.h"

#define SUBSYSTEM(type) ((uint16_t)(NFNL_SUBSYS_CTNETLINK << 8 | (type)))
/* Which parts of a tuple are compared; they are not in the kernel's headers. */
#define FILTER_PROTOCOL		(1 << 3)
#define FILTER_PORT_DESTINATION (1 << 5)
#define MAX_ATTRS		32

/* What tells which entry it is, to be deleted. */
struct entry {
	uint8_t family;
	uint16_t tuple_size, id_size;
	uint8_t tuple[256], id[8];
};

struct search {
	const struct translation *list;
	size_t count;
	uint8_t family;
	size_t n_found;
	bool is_more; /* than there is room for */
};

/* As large as one look is worth; the pages that are not touched cost nothing. With it no
 * memory can be missing when what led to the connections is removed already. */
static struct entry found[1024];

struct attrs {
	const struct nlattr *at[MAX_ATTRS];
};

static int note_attr(const struct nlattr *attr, void *data)
{
	struct attrs *attrs = data;

	if (mnl_attr_get_type(attr) < MAX_ATTRS)
		attrs->at[mnl_attr_get_type(attr)] = attr;
	return MNL_CB_OK;
}

static void parse_nested(struct attrs *attrs, const struct nlattr *nest)
{
	memset(attrs, 0, sizeof(*attrs));
	if (nest)
		mnl_attr_parse_nested(nest, note_attr, attrs);
}

static bool get_address(const struct nlattr *ip, uint8_t family, bool is_source,
			struct k8snet_address *out)
{
	uint16_t v4 = is_source ? CTA_IP_V4_SRC : CTA_IP_V4_DST;
	uint16_t v6 = is_source ? CTA_IP_V6_SRC : CTA_IP_V6_DST;
	struct attrs parts;
	const struct nlattr *attr;

	parse_nested(&parts, ip);
	*out = (struct k8snet_address){.family = family == NFPROTO_IPV6 ? 6 : 4};
	attr = parts.at[family == NFPROTO_IPV6 ? v6 : v4];
	if (!attr || mnl_attr_get_payload_len(attr) != address_size(out))
		return false;
	memcpy(out->bytes, mnl_attr_get_payload(attr), address_size(out));
	return true;
}

static bool is_meant(const struct search *search, const struct attrs *attrs)
{
	struct k8snet_address to, from;
	struct attrs orig, reply, proto;
	const struct nlattr *port;
	size_t i;

	parse_nested(&orig, attrs->at[CTA_TUPLE_ORIG]);
	parse_nested(&reply, attrs->at[CTA_TUPLE_REPLY]);
	parse_nested(&proto, orig.at[CTA_TUPLE_PROTO]);
	port = proto.at[CTA_PROTO_DST_PORT];
	if (!proto.at[CTA_PROTO_NUM] || mnl_attr_get_u8(proto.at[CTA_PROTO_NUM]) != IPPROTO_UDP ||
	    !port || mnl_attr_validate(port, MNL_TYPE_U16) < 0 ||
	    !get_address(orig.at[CTA_TUPLE_IP], search->family, false, &to) ||
	    !get_address(reply.at[CTA_TUPLE_IP], search->family, true, &from))
		return false;
	for (i = 0; i < search->count; i++) {
		const struct translation *t = &search->list[i];

		if (t->family == search->family && t->host_port == ntohs(mnl_attr_get_u16(port)) &&
		    (!t->host_address.family || k8snet_address_is_equal(&t->host_address, &to)) &&
		    (!t->to.family || k8snet_address_is_equal(&t->to, &from)))
			return true;
	}
	return false;
}

static int note_entry(const struct nlmsghdr *message, void *data)
{
	struct search *search = data;
	struct entry *entry;
	struct attrs attrs = {0};
	const struct nlattr *tuple, *id;

	mnl_attr_parse(message, sizeof(struct nfgenmsg), note_attr, &attrs);
	tuple = attrs.at[CTA_TUPLE_ORIG];
	id = attrs.at[CTA_ID];
	if (!tuple || !id || attrs.at[CTA_ZONE] || !is_meant(search, &attrs) ||
	    mnl_attr_get_payload_len(tuple) > sizeof(entry->tuple) ||
	    mnl_attr_get_payload_len(id) > sizeof(entry->id))
		return 0;
	search->is_more = search->n_found == ARRAY_SIZE(found);
	if (search->is_more)
		return 0;
	entry = &found[search->n_found++];
	*entry = (struct entry){.family = search->family,
				.tuple_size = mnl_attr_get_payload_len(tuple),
				.id_size = mnl_attr_get_payload_len(id)};
	memcpy(entry->tuple, mnl_attr_get_payload(tuple), entry->tuple_size);
	memcpy(entry->id, mnl_attr_get_payload(id), entry->id_size);
	return 0;
}

static struct nlmsghdr *add_message(struct plugin *p, uint16_t type, uint16_t flags, uint8_t family)
{
	const struct nfgenmsg header = {.nfgen_family = family, .version = NFNETLINK_V0};

	return netlink_add(&p->netfilter, SUBSYSTEM(type), flags, &header, sizeof(header),
			   "connection tracking");
}

/* The kernel leaves out all but UDP, and but the port if there is only one. */
static void put_filter(struct nlmsghdr *message, const struct search *search)
{
	uint32_t flags = FILTER_PROTOCOL | (search->count == 1 ? FILTER_PORT_DESTINATION : 0);
	struct nlattr *nest = mnl_attr_nest_start(message, CTA_TUPLE_ORIG), *proto;

	proto = mnl_attr_nest_start(message, CTA_TUPLE_PROTO);
	mnl_attr_put_u8(message, CTA_PROTO_NUM, IPPROTO_UDP);
	if (search->count == 1)
		mnl_attr_put_u16(message, CTA_PROTO_DST_PORT, htons(search->list[0].host_port));
	mnl_attr_nest_end(message, proto);
	mnl_attr_nest_end(message, nest);
	nest = mnl_attr_nest_start(message, CTA_FILTER);
	mnl_attr_put_u32(message, CTA_FILTER_ORIG_FLAGS, flags);
	mnl_attr_put_u32(message, CTA_FILTER_REPLY_FLAGS, 0);
	mnl_attr_nest_end(message, nest);
}

static int find(struct plugin *p, struct search *search)
{
	bool is_filtered = true;
	int r;

	do {
		struct nlmsghdr *message =
			add_message(p, IPCTNL_MSG_CT_GET, NLM_F_DUMP, search->family);

		if (is_filtered)
			put_filter(message, search);
		search->n_found = 0;
		search->is_more = false;
		r = netlink_ask(&p->netfilter, note_entry, search);
		/* Before Linux 5.8 there is no such filter. */
		if (is_filtered && (r == -EOPNOTSUPP || r == -EINVAL)) {
			is_filtered = false;
			r = -EINTR;
		}
	} while (r == -EINTR);
	return r;
}

static int flush(struct plugin *p, bool *is_deleted)
{
	size_t count = p->netfilter.count;
	int r = netlink_flush(&p->netfilter);

	*is_deleted |= r == 0 && netlink_count_done(&p->netfilter, count);
	return r;
}

/* *is_deleted: at least one was. */
static int delete_found(struct plugin *p, const struct search *search, bool *is_deleted)
{
	size_t i;
	int r = 0;

	*is_deleted = false;
	for (i = 0; r == 0 && i < search->n_found; i++) {
		const struct entry *entry = &found[i];
		struct nlmsghdr *message = add_message(p, IPCTNL_MSG_CT_DELETE, 0, entry->family);

		mnl_attr_put(message, CTA_TUPLE_ORIG | NLA_F_NESTED, entry->tuple_size,
			     entry->tuple);
		mnl_attr_put(message, CTA_ID, entry->id_size, entry->id);
		/* It may have come to its end. */
		netlink_last(&p->netfilter)->may_fail = true;
		if (netlink_is_full(&p->netfilter))
			r = flush(p, is_deleted);
	}
	return r < 0 ? r : flush(p, is_deleted);
}

static int delete_all(struct plugin *p, struct search *search)
{
	bool is_deleted = false;
	int r;

	do {
		r = find(p, search);
		if (r == 0)
			r = delete_found(p, search, &is_deleted);
	} while (r == 0 && search->is_more && is_deleted);
	return r;
}

void conntrack_delete(struct plugin *p, const struct translation *list, size_t count)
{
	static const uint8_t families[] = {NFPROTO_IPV4, NFPROTO_IPV6};
	struct search search = {.list = list, .count = count};
	size_t i, j;
	int r = 0;

	for (i = 0; r == 0 && i < ARRAY_SIZE(families); i++) {
		search.family = families[i];
		for (j = 0; j < count && list[j].family != families[i]; j++)
			;
		if (j == count)
			continue;
		r = delete_all(p, &search);
	}
	if (r < 0)
		fprintf(stderr, "portmap: connections of UDP are not forgotten: %s\n",
			p->netfilter.text);
}
