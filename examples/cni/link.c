/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "link.h"

#include <errno.h>
#include <linux/ethtool.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <linux/sockios.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/random.h>
#include <sys/socket.h>

#define OPER_UP 6 /* RFC 2863 */

/* --- asking ------------------------------------------------------------------- */

static void copy_text(char *out, size_t size, const struct nlattr *attr)
{
	snprintf(out, size, "%.*s", (int)mnl_attr_get_payload_len(attr), mnl_attr_get_str(attr));
}

static int parse_port(const struct nlattr *attr, void *data)
{
	struct link *link = data;

	if (mnl_attr_validate(attr, MNL_TYPE_U8) < 0)
		return MNL_CB_OK;
	if (mnl_attr_get_type(attr) == IFLA_BRPORT_MODE)
		link->hairpin = mnl_attr_get_u8(attr);
	else if (mnl_attr_get_type(attr) == IFLA_BRPORT_ISOLATED)
		link->isolated = mnl_attr_get_u8(attr);
	return MNL_CB_OK;
}

static int parse_bridge(const struct nlattr *attr, void *data)
{
	struct link *link = data;

	if (mnl_attr_validate(attr, MNL_TYPE_U8) < 0)
		return MNL_CB_OK;
	switch (mnl_attr_get_type(attr)) {
	case IFLA_BR_VLAN_FILTERING:
		link->has_vlan_filtering = mnl_attr_get_u8(attr);
		break;
	case IFLA_BR_NF_CALL_IPTABLES:
		link->calls_iptables = mnl_attr_get_u8(attr);
		break;
	case IFLA_BR_NF_CALL_IP6TABLES:
		link->calls_ip6tables = mnl_attr_get_u8(attr);
		break;
	}
	return MNL_CB_OK;
}

static int parse_info(const struct nlattr *attr, void *data)
{
	struct link *link = data;

	switch (mnl_attr_get_type(attr)) {
	case IFLA_INFO_KIND:
		copy_text(link->kind, sizeof(link->kind), attr);
		break;
	case IFLA_INFO_DATA:
		if (!strcmp(link->kind, "bridge"))
			mnl_attr_parse_nested(attr, parse_bridge, link);
		break;
	case IFLA_INFO_SLAVE_KIND:
		link->is_port = !strcmp(mnl_attr_get_str(attr), "bridge");
		break;
	case IFLA_INFO_SLAVE_DATA:
		if (link->is_port)
			mnl_attr_parse_nested(attr, parse_port, link);
		break;
	}
	return MNL_CB_OK;
}

static uint32_t get_u32(const struct nlattr *attr)
{
	return mnl_attr_validate(attr, MNL_TYPE_U32) < 0 ? 0 : mnl_attr_get_u32(attr);
}

static int parse_attribute(const struct nlattr *attr, void *data)
{
	struct link *link = data;

	switch (mnl_attr_get_type(attr)) {
	case IFLA_IFNAME:
		copy_text(link->name, sizeof(link->name), attr);
		break;
	case IFLA_ADDRESS:
		if (mnl_attr_get_payload_len(attr) == sizeof(link->mac))
			memcpy(link->mac, mnl_attr_get_payload(attr), sizeof(link->mac));
		break;
	case IFLA_MTU:
		link->mtu = get_u32(attr);
		break;
	case IFLA_TXQLEN:
		link->tx_queue_length = get_u32(attr);
		break;
	case IFLA_PROMISCUITY:
		link->promiscuity = get_u32(attr);
		break;
	case IFLA_GROUP:
		link->group = get_u32(attr);
		break;
	case IFLA_MASTER:
		link->master = (int)get_u32(attr);
		break;
	case IFLA_LINK:
		link->peer = (int)get_u32(attr);
		break;
	case IFLA_OPERSTATE:
		link->is_oper_up = mnl_attr_get_u8(attr) == OPER_UP;
		break;
	case IFLA_IFALIAS:
		copy_text(link->alias, sizeof(link->alias), attr);
		break;
	case IFLA_LINKINFO:
		mnl_attr_parse_nested(attr, parse_info, link);
		break;
	}
	return MNL_CB_OK;
}

static int parse_link(const struct nlmsghdr *message, void *data)
{
	const struct ifinfomsg *header = mnl_nlmsg_get_payload(message);
	struct link *link = data;

	if (message->nlmsg_type != RTM_NEWLINK)
		return 0;
	link->index = header->ifi_index;
	link->flags = header->ifi_flags;
	mnl_attr_parse(message, sizeof(*header), parse_attribute, link);
	return 0;
}

static int ask(struct netlink *n, const char *name, int index, struct link *out)
{
	const struct ifinfomsg header = {.ifi_index = index};
	struct nlmsghdr *message;
	int r;

	memset(out, 0, sizeof(*out));
	message = netlink_add(n, RTM_GETLINK, 0, &header, sizeof(header), "link %s", name);
	if (!index)
		mnl_attr_put_strz(message, IFLA_IFNAME, name);
	mnl_attr_put_u32(message, IFLA_EXT_MASK, RTEXT_FILTER_SKIP_STATS);
	r = netlink_ask(n, parse_link, out);
	if (r == -ENODEV)
		n->text[0] = '\0';
	return r;
}

int link_get(struct netlink *n, const char *name, struct link *out)
{
	return ask(n, name, 0, out);
}

int link_get_by_index(struct netlink *n, int index, struct link *out)
{
	return ask(n, "", index, out);
}

int link_get_index(const struct netlink *n, const char *name)
{
	struct ifreq request = {0};

	/* Any socket answers this, of its own namespace, and without a lock. */
	snprintf(request.ifr_name, sizeof(request.ifr_name), "%s", name);
	if (ioctl(n->fd, SIOCGIFINDEX, &request) < 0)
		return -errno;
	return request.ifr_ifindex;
}

int link_is_running(struct netlink *n, const char *name)
{
	struct ethtool_value value = {.cmd = ETHTOOL_GLINK};
	struct ifreq request = {.ifr_data = (char *)&value};

	snprintf(request.ifr_name, sizeof(request.ifr_name), "%s", name);
	(void)ioctl(n->fd, SIOCETHTOOL, &request);
	if (ioctl(n->fd, SIOCGIFFLAGS, &request) < 0)
		return netlink_fail(n, errno, "link %s", name);
	return request.ifr_flags & IFF_RUNNING ? 1 : 0;
}

/* Of all links, or the ports of a bridge. */
static int dump(struct netlink *n, int bridge, netlink_parse_fn parse, void *data)
{
	const struct ifinfomsg header = {0};
	struct nlmsghdr *message =
		netlink_add(n, RTM_GETLINK, NLM_F_DUMP, &header, sizeof(header), "links");

	if (bridge)
		mnl_attr_put_u32(message, IFLA_MASTER, (uint32_t)bridge);
	mnl_attr_put_u32(message, IFLA_EXT_MASK, RTEXT_FILTER_SKIP_STATS);
	return netlink_ask(n, parse, data);
}

struct searching {
	int bridge;
	link_fn fn;
	void *data;
	bool is_found;
};

static int search(const struct nlmsghdr *message, void *data)
{
	struct searching *searching = data;
	struct link link = {0};

	parse_link(message, &link);
	searching->is_found |= (!searching->bridge || link.master == searching->bridge) &&
			       searching->fn(&link, searching->data);
	return 0;
}

int link_has(struct netlink *n, int bridge, link_fn fn, void *data)
{
	struct searching searching = {.bridge = bridge, .fn = fn, .data = data};
	int r;

	do
		r = dump(n, bridge, search, &searching);
	while (r == -EINTR);
	return r < 0 ? r : searching.is_found;
}

/* --- changing ----------------------------------------------------------------- */

struct nlmsghdr *link_put_change(struct netlink *n, const char *name, bool is_up, const char *what)
{
	const struct ifinfomsg header = {
		.ifi_flags = is_up ? IFF_UP : 0,
		.ifi_change = is_up ? IFF_UP : 0,
	};
	struct nlmsghdr *message =
		netlink_add(n, RTM_NEWLINK, 0, &header, sizeof(header), "link %s: %s", name, what);

	mnl_attr_put_strz(message, IFLA_IFNAME, name);
	return message;
}

struct nlmsghdr *link_put_delete(struct netlink *n, const char *name)
{
	const struct ifinfomsg header = {0};
	struct nlmsghdr *message =
		netlink_add(n, RTM_DELLINK, 0, &header, sizeof(header), "link %s: delete", name);

	mnl_attr_put_strz(message, IFLA_IFNAME, name);
	return message;
}

int link_delete(struct netlink *n, const char *name)
{
	int r;

	link_put_delete(n, name);
	r = netlink_flush(n);
	if (r == -ENODEV)
		n->text[0] = '\0';
	return r;
}

/* Deleting a link makes the kernel wait, once for each message: put them all into a
 * group of their own, and delete that. */
struct deleting {
	link_fn fn;
	void *data;
	int *indexes;
	size_t count;
	uint32_t group;
	bool is_taken; /* another link is in that group */
};

static int note_deleted(const struct nlmsghdr *message, void *data)
{
	struct deleting *deleting = data;
	struct link link = {0};
	int *bigger;

	parse_link(message, &link);
	deleting->is_taken |= link.group == deleting->group;
	if (!deleting->fn(&link, deleting->data))
		return 0;
	bigger = realloc(deleting->indexes, (deleting->count + 1) * sizeof(*bigger));
	if (!bigger)
		return -ENOMEM;
	deleting->indexes = bigger;
	bigger[deleting->count++] = link.index;
	return 0;
}

static int put_into_group(struct netlink *n, const struct deleting *deleting)
{
	size_t i;
	int r = 0;

	for (i = 0; r == 0 && i < deleting->count; i++) {
		const struct ifinfomsg header = {.ifi_index = deleting->indexes[i]};
		struct nlmsghdr *message = netlink_add(n, RTM_NEWLINK, 0, &header, sizeof(header),
						       "link %d: set group", header.ifi_index);

		mnl_attr_put_u32(message, IFLA_GROUP, deleting->group);
		/* Its container may be gone by now, and it with it. */
		netlink_last(n)->may_fail = true;
		if (netlink_is_full(n))
			r = netlink_flush(n);
	}
	return r;
}

static int choose_group(struct deleting *deleting)
{
	/* Group 0 has all links that nobody put into another. */
	do
		if (getrandom(&deleting->group, sizeof(deleting->group), 0) < 0)
			return -errno;
	while (!deleting->group);
	return 0;
}

static int find_deleted(struct netlink *n, struct deleting *deleting)
{
	int r;

	do {
		deleting->count = 0;
		deleting->is_taken = false;
		r = choose_group(deleting);
		if (r < 0)
			return netlink_fail(n, -r, "random number");
		r = dump(n, 0, note_deleted, deleting);
	} while (r == -EINTR || (r == 0 && deleting->is_taken));
	return r;
}

int link_delete_all(struct netlink *n, link_fn fn, void *data)
{
	struct deleting deleting = {.fn = fn, .data = data};
	const struct ifinfomsg header = {0};
	struct nlmsghdr *message;
	int r = find_deleted(n, &deleting);

	if (r == 0 && deleting.count)
		r = put_into_group(n, &deleting);
	if (r == 0 && deleting.count) {
		message = netlink_add(n, RTM_DELLINK, 0, &header, sizeof(header),
				      "links of group %u: delete", deleting.group);
		mnl_attr_put_u32(message, IFLA_GROUP, deleting.group);
		r = netlink_flush(n);
	}
	free(deleting.indexes);
	return r == -ENODEV ? 0 : r;
}

/* --- MAC addresses ------------------------------------------------------------ */

void mac_format(const uint8_t mac[6], char text[MAC_TEXT_SIZE])
{
	snprintf(text, MAC_TEXT_SIZE, "%02x:%02x:%02x:%02x:%02x:%02x", mac[0], mac[1], mac[2],
		 mac[3], mac[4], mac[5]);
}

static int get_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

int mac_parse(const char *text, uint8_t mac[6])
{
	static const uint8_t zero[6];
	size_t i;

	if (strlen(text) != MAC_TEXT_SIZE - 1)
		return -EINVAL;
	for (i = 0; i < 6; i++) {
		int high = get_digit(text[3 * i]), low = get_digit(text[3 * i + 1]);

		if (high < 0 || low < 0 ||
		    (i < 5 && text[3 * i + 2] != ':' && text[3 * i + 2] != '-'))
			return -EINVAL;
		mac[i] = (uint8_t)(high << 4 | low);
	}
	return mac[0] & 1 || !memcmp(mac, zero, sizeof(zero)) ? -EINVAL : 0;
}

int mac_generate(uint8_t mac[6])
{
	if (getrandom(mac, 6, 0) != 6)
		return -errno;
	mac[0] = (uint8_t)((mac[0] & 0xfe) | 2);
	return 0;
}
