/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <netlink/attr.h>
#include <netlink/route/link.h>
#include <netlink/route/link/inet6.h>
#include <netlink/route/link/vxlan.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kernel/br_netfilter.h"
#include "kernel/observe.h"

#define MAX_ATTEMPTS 16

/* --- what libnl does not parse ------------------------------------------------ */

static struct nlattr *find_info(const struct nlmsghdr *raw, int type)
{
	struct nlattr *info =
		nlmsg_find_attr((struct nlmsghdr *)raw, sizeof(struct ifinfomsg), IFLA_LINKINFO);

	return info ? nla_find(nla_data(info), nla_len(info), type) : NULL;
}

static bool get_flag(struct nlattr *nest, int type)
{
	struct nlattr *attr = nest ? nla_find(nla_data(nest), nla_len(nest), type) : NULL;

	return attr && nla_len(attr) >= 1 && nla_get_u8(attr);
}

static bool is_hairpin(const struct nlmsghdr *raw)
{
	struct nlattr *kind = find_info(raw, IFLA_INFO_SLAVE_KIND);

	return kind && !nla_strcmp(kind, "bridge") &&
	       get_flag(find_info(raw, IFLA_INFO_SLAVE_DATA), IFLA_BRPORT_MODE);
}

/* --- one link ----------------------------------------------------------------- */

static enum link_type get_type(struct rtnl_link *link)
{
	const char *type = rtnl_link_get_type(link);

	if (rtnl_link_get_flags(link) & IFF_LOOPBACK)
		return LINK_LOOPBACK;
	if (!type)
		return LINK_OTHER;
	if (!strcmp(type, "veth"))
		return LINK_VETH;
	if (!strcmp(type, "bridge"))
		return LINK_BRIDGE;
	return strcmp(type, "vxlan") ? LINK_OTHER : LINK_VXLAN;
}

static void take_vxlan(struct observed_link *to, struct rtnl_link *link)
{
	struct kobj_link *l = &to->kobj.link;
	struct nl_addr *local = NULL;
	uint32_t value;

	if (rtnl_link_vxlan_get_id(link, &value) == 0)
		l->vni = value;
	if (rtnl_link_vxlan_get_port(link, &value) == 0)
		l->port = (uint16_t)value;
	if (rtnl_link_vxlan_get_link(link, &value) == 0)
		to->device = (int)value;
	if (rtnl_link_vxlan_get_local(link, &local) == 0) {
		observe_get_address(local, &l->local);
		nl_addr_put(local);
	}
}

static void take_attributes(struct observed_link *to, struct rtnl_link *link)
{
	struct nl_addr *mac = rtnl_link_get_addr(link);
	const char *alias = rtnl_link_get_ifalias(link);
	struct kobj_link *l = &to->kobj.link;
	uint8_t mode = 0;

	l->type = get_type(link);
	l->up = rtnl_link_get_flags(link) & IFF_UP;
	l->mtu = rtnl_link_get_mtu(link);
	if (mac && nl_addr_get_len(mac) == sizeof(l->mac)) {
		l->has_mac = true;
		memcpy(l->mac, nl_addr_get_binary_addr(mac), sizeof(l->mac));
	}
	l->addrgen_none = rtnl_link_inet6_get_addr_gen_mode(link, &mode) == 0 &&
			  mode == IN6_ADDR_GEN_MODE_NONE;
	if (alias)
		snprintf(to->alias, sizeof(to->alias), "%s", alias);
}

static int take_link(struct observer *o, struct nl_object *object, const struct nlmsghdr *raw)
{
	struct rtnl_link *link = (struct rtnl_link *)object;
	const char *name = rtnl_link_get_name(link);
	struct nlattr *data = find_info(raw, IFLA_INFO_DATA);
	struct observed_link *to;

	if (raw->nlmsg_type != RTM_NEWLINK || !name)
		return 0;
	to = vec_push(&o->links);
	if (!to)
		return -ENOMEM;
	to->index = rtnl_link_get_ifindex(link);
	to->master = rtnl_link_get_master(link);
	to->kobj.type = KOBJ_LINK;
	to->kobj.netns = o->netns;
	memcpy(to->kobj.name, name, strnlen(name, IFNAMSIZ - 1));
	take_attributes(to, link);
	to->kobj.link.hairpin = is_hairpin(raw);
	if (to->kobj.link.type == LINK_VXLAN)
		take_vxlan(to, link);
	/* Without the module the settings are there and do nothing. */
	if (to->kobj.link.type == LINK_BRIDGE && br_netfilter_is_there()) {
		to->kobj.link.nf_call_iptables = get_flag(data, IFLA_BR_NF_CALL_IPTABLES);
		to->kobj.link.nf_call_ip6tables = get_flag(data, IFLA_BR_NF_CALL_IP6TABLES);
	}
	return 0;
}

/* --- many --------------------------------------------------------------------- */

static void copy_name(struct observer *o, int index, char to[IFNAMSIZ])
{
	const char *name = index ? observer_get_name(o, index) : NULL;

	if (name)
		memcpy(to, name, IFNAMSIZ);
}

/* Names of other links are known only when all have been seen. */
static int add_to_state(struct observer *o, size_t first)
{
	const struct observed_link *link;
	struct kobj kobj;
	size_t i;
	int r = 0;

	o->index = 0;
	for (i = first; i < o->links.count && r == 0; i++) {
		link = &o->links.items[i];
		kobj = link->kobj;
		kobj.link.alias = link->alias[0] ? link->alias : NULL;
		copy_name(o, link->master, kobj.link.master);
		copy_name(o, link->device, kobj.link.device);
		r = state_add_kobj(o->state, &kobj);
	}
	return r;
}

static struct nl_msg *new_request(int flags, int index, const char *name)
{
	const struct ifinfomsg header = {.ifi_index = index};
	struct nl_msg *request = nlmsg_alloc_simple(RTM_GETLINK, flags);

	if (!request)
		return NULL;
	if (nlmsg_append(request, (void *)&header, sizeof(header), NLMSG_ALIGNTO) == 0 &&
	    (!name || nla_put_string(request, IFLA_IFNAME, name) == 0) &&
	    nla_put_u32(request, IFLA_EXT_MASK, RTEXT_FILTER_SKIP_STATS) == 0)
		return request;
	nlmsg_free(request);
	return NULL;
}

static int compare_links(const void *a, const void *b)
{
	return ((const struct observed_link *)a)->index - ((const struct observed_link *)b)->index;
}

int observe_links(struct observer *o)
{
	int attempt, r = -EINTR;

	for (attempt = 0; attempt < MAX_ATTEMPTS && r == -EINTR; attempt++) {
		o->links.count = 0;
		r = observer_request(o, new_request(NLM_F_DUMP, 0, NULL), take_link);
	}
	if (r < 0 && r != -EINTR)
		return r;
	if (o->links.count)
		qsort(o->links.items, o->links.count, sizeof(*o->links.items), compare_links);
	o->is_sorted = true;
	return add_to_state(o, 0);
}

int observe_link(struct observer *o, const char *name, int index)
{
	size_t first = o->links.count;
	int r = observer_request(o, new_request(0, index, name), take_link);

	o->is_sorted = false;
	return r < 0 ? r : add_to_state(o, first);
}
