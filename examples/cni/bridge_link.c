/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* bridge: the bridge itself, which containers share. */
#include <errno.h>
#include <linux/if_addr.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <stdio.h>
#include <string.h>

#include "address.h"
#include "bridge.h"
#include "system.h"

/* --- the link ---------------------------------------------------------------------------- */

static int get(struct plugin *p, const struct bridge *b, struct link *out)
{
	int r = link_get(&p->host, b->name, out);

	if (r == -ENODEV)
		return r;
	if (r < 0)
		return plugin_fail_netlink(p, &p->host);
	if (strcmp(out->kind, "bridge") != 0)
		return plugin_fail(p, ERROR_IN_USE, "bridge: link %s exists and is not a bridge",
				   b->name);
	return 0;
}

static void put_new(struct plugin *p, const struct bridge *b, const uint8_t mac[6])
{
	const struct ifinfomsg header = {0};
	struct nlmsghdr *message;
	struct nlattr *info, *data;

	message = netlink_add(&p->host, RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL, &header,
			      sizeof(header), "bridge %s: add", b->name);
	mnl_attr_put_strz(message, IFLA_IFNAME, b->name);
	/* Its own: else it takes the least of its ports', and changes it with them. */
	mnl_attr_put(message, IFLA_ADDRESS, 6, mac);
	info = mnl_attr_nest_start(message, IFLA_LINKINFO);
	mnl_attr_put_strz(message, IFLA_INFO_KIND, "bridge");
	data = mnl_attr_nest_start(message, IFLA_INFO_DATA);
	if (b->vlan || b->has_trunk)
		mnl_attr_put_u8(message, IFLA_BR_VLAN_FILTERING, 1);
	mnl_attr_nest_end(message, data);
	mnl_attr_nest_end(message, info);
}

static void put_iptables_calls(struct plugin *p, const char *name)
{
	struct nlmsghdr *message = link_put_change(&p->host, name, true, "set nf_call_iptables");
	struct nlattr *info = mnl_attr_nest_start(message, IFLA_LINKINFO), *data;

	mnl_attr_put_strz(message, IFLA_INFO_KIND, "bridge");
	data = mnl_attr_nest_start(message, IFLA_INFO_DATA);
	mnl_attr_put_u8(message, IFLA_BR_NF_CALL_IPTABLES, 1);
	mnl_attr_put_u8(message, IFLA_BR_NF_CALL_IP6TABLES, 1);
	mnl_attr_nest_end(message, data);
	mnl_attr_nest_end(message, info);
}

static int fail_vlan(struct plugin *p, const struct bridge *b)
{
	return plugin_fail(p, K8SNET_CNI_ERROR_CONFIG,
			   "%s: bridge %s does not filter VLANs (vlan_filtering is off, or the "
			   "kernel is without CONFIG_BRIDGE_VLAN_FILTERING)",
			   b->vlan ? "vlan" : "vlanTrunk", b->name);
}

void bridge_link_set_ipv6(const struct bridge *b, const char *name)
{
	/* There may be no IPv6 at all. */
	(void)link_sysctl_set("ipv6", name, "accept_ra", "0");
	/* While its own link-local address is tentative the kernel asks for no neighbour. */
	if (!b->has_dad)
		(void)link_sysctl_set("ipv6", name, "accept_dad", "0");
}

static int make(struct plugin *p, const struct bridge *b)
{
	uint8_t mac[6];
	struct nlmsghdr *message;
	int r = mac_generate(mac);

	if (r < 0)
		return plugin_fail_errno(p, r, "random number");
	put_new(p, b, mac);
	r = netlink_flush(&p->host);
	/* Another process was faster. */
	if (r == -EEXIST)
		return 0;
	if (r == -EOPNOTSUPP && (b->vlan || b->has_trunk))
		return fail_vlan(p, b);
	if (r < 0)
		return plugin_fail_netlink(p, &p->host);
	bridge_link_set_ipv6(b, b->name);
	/* One that was set when it was made gives way to the least of its ports'. */
	if (b->veth.mtu) {
		message = link_put_change(&p->host, b->name, true, "set mtu");
		mnl_attr_put_u32(message, IFLA_MTU, b->veth.mtu);
	}
	return netlink_flush(&p->host) < 0 ? plugin_fail_netlink(p, &p->host) : 0;
}

static int set_up(struct plugin *p, const struct bridge *b, const struct link *link)
{
	struct ifinfomsg *header;

	if (!(link->flags & IFF_UP))
		link_put_change(&p->host, b->name, true, "set up");
	if (b->calls_iptables && !(link->calls_iptables && link->calls_ip6tables))
		put_iptables_calls(p, b->name);
	if (b->promiscuous && !(link->flags & IFF_PROMISC)) {
		header = mnl_nlmsg_get_payload(
			link_put_change(&p->host, b->name, true, "set promiscuous"));
		header->ifi_flags |= IFF_PROMISC;
		header->ifi_change |= IFF_PROMISC;
	}
	return netlink_flush(&p->host) < 0 ? plugin_fail_netlink(p, &p->host) : 0;
}

int bridge_link_ensure(struct plugin *p, const struct bridge *b, struct link *out)
{
	int r = plugin_open_host(p);

	if (r == 0 && b->calls_iptables)
		r = br_netfilter_ensure(p, b);
	if (r < 0)
		return r;
	r = get(p, b, out);
	if (r == -ENODEV) {
		r = make(p, b);
		if (r == 0)
			r = get(p, b, out);
		if (r == -ENODEV)
			r = plugin_fail(p, K8SNET_CNI_ERROR_TRY_LATER,
					"bridge %s: it was removed meanwhile", b->name);
	} else if (r == 0) {
		r = bridge_address_set(p, out);
	}
	if (r < 0)
		return r;
	if ((b->vlan || b->has_trunk) && !out->has_vlan_filtering)
		return fail_vlan(p, b);
	return set_up(p, b, out);
}

/* --- gateways ------------------------------------------------------------------------------- */

int enable_forwarding(struct plugin *p, uint8_t family)
{
	const char *path = family == 6 ? "/proc/sys/net/ipv6/conf/all/forwarding"
				       : "/proc/sys/net/ipv4/ip_forward";
	int r = file_ensure(path, "1");

	return r < 0 ? plugin_fail_errno(p, r, "%s", path) : 0;
}

static bool is_in_the_way(const struct link_address *there, const struct k8snet_prefix *wanted)
{
	if (there->prefix.address.family != wanted->address.family ||
	    there->scope != RT_SCOPE_UNIVERSE)
		return false;
	/* Of IPv6 there may be several, in networks apart. */
	return wanted->address.family == 4 ||
	       k8snet_prefix_has_address(&there->prefix, &wanted->address) ||
	       k8snet_prefix_has_address(wanted, &there->prefix.address);
}

static int ensure_address(struct plugin *p, const struct bridge *b, const struct link *link,
			  struct address_list *list, const struct k8snet_prefix *wanted)
{
	bool is_ipv6 = wanted->address.family == 6;
	size_t i;
	int r;

	if (address_list_find(list, wanted))
		return 0;
	for (i = 0; i < list->count; i++) {
		if (!is_in_the_way(&list->items[i], wanted))
			continue;
		if (!b->force_address)
			return plugin_fail(
				p, ERROR_IN_USE,
				"bridge %s already has an IP address different from %s: %s",
				link->name, prefix_text(wanted),
				prefix_text(&list->items[i].prefix));
		address_put_delete(&p->host, link->index, link->name, &list->items[i].prefix);
		netlink_last(&p->host)->may_fail = true;
		if (netlink_is_full(&p->host) && netlink_flush(&p->host) < 0)
			return plugin_fail_netlink(p, &p->host);
	}
	address_put(&p->host, link->index, link->name, wanted, is_ipv6 ? IFA_F_NODAD : 0);
	r = netlink_flush(&p->host);
	/* Another process was faster. */
	return r < 0 && r != -EEXIST ? plugin_fail_netlink(p, &p->host) : 0;
}

/* The bridge's own address in the network of a container's; false: it is no gateway there. */
static bool get_gateway(const struct k8snet_cni_ip *ip, struct k8snet_prefix *prefix)
{
	const struct k8snet_address *gateway = k8snet_cni_ip_get_gateway(ip);

	if (!gateway)
		return false;
	*prefix = *k8snet_cni_ip_get_address(ip);
	prefix->address = *gateway;
	return true;
}

int bridge_link_set_gateways(struct plugin *p, const struct bridge *b, const struct link *link,
			     const struct k8snet_cni_result *result)
{
	const struct k8snet_cni_ip *ip = NULL;
	struct address_list list = {0};
	int r = address_list_get(&p->host, link->index, &list);

	if (r < 0)
		r = plugin_fail_netlink(p, &p->host);
	while (r == 0 && (ip = k8snet_cni_result_next_ip(result, ip))) {
		struct k8snet_prefix prefix;

		if (!get_gateway(ip, &prefix))
			continue;
		r = ensure_address(p, b, link, &list, &prefix);
		if (r == 0)
			r = enable_forwarding(p, prefix.address.family);
	}
	address_list_done(&list);
	return r;
}

/* --- CHECK ------------------------------------------------------------------------------------ */

static int check_mac(struct plugin *p, const struct k8snet_cni_result *result,
		     const struct link *link)
{
	const struct k8snet_cni_interface *interface = NULL;
	char mac[MAC_TEXT_SIZE];

	mac_format(link->mac, mac);
	while ((interface = k8snet_cni_result_next_interface(result, interface))) {
		const char *wanted = k8snet_cni_interface_get_mac(interface);

		if (!k8snet_cni_interface_get_sandbox(interface) &&
		    !strcmp(k8snet_cni_interface_get_name(interface), link->name) && wanted &&
		    strcasecmp(wanted, mac) != 0)
			return plugin_deviates(p, "bridge %s: its MAC address is %s, not %s",
					       link->name, mac, wanted);
	}
	return 0;
}

int bridge_link_check_gateways(struct plugin *p, const struct link *link,
			       const struct k8snet_cni_result *result)
{
	const struct k8snet_cni_ip *ip = NULL;
	struct address_list list = {0};
	int r = address_list_get(&p->host, link->index, &list);

	if (r < 0)
		r = plugin_fail_netlink(p, &p->host);
	while (r == 0 && (ip = k8snet_cni_result_next_ip(result, ip))) {
		struct k8snet_prefix prefix;

		if (!get_gateway(ip, &prefix))
			continue;
		if (!address_list_find(&list, &prefix))
			r = plugin_deviates(p, "bridge %s: gateway %s is not there", link->name,
					    prefix_text(&prefix));
	}
	address_list_done(&list);
	return r;
}

int bridge_link_check(struct plugin *p, const struct bridge *b,
		      const struct k8snet_cni_result *result, struct link *out)
{
	int r = plugin_open_host(p);

	if (r == 0)
		r = get(p, b, out);
	if (r == -ENODEV)
		return plugin_deviates(p, "bridge %s is not there", b->name);
	if (r < 0)
		return r;
	if (!(out->flags & IFF_UP))
		return plugin_deviates(p, "bridge %s is down", b->name);
	if (b->promiscuous && !out->promiscuity)
		return plugin_deviates(p, "bridge %s is not promiscuous", b->name);
	if (b->calls_iptables && !(out->calls_iptables && out->calls_ip6tables))
		return plugin_deviates(p, "bridge %s: nf_call_iptables is off", b->name);
	if ((b->vlan || b->has_trunk) && !out->has_vlan_filtering)
		return plugin_deviates(p, "bridge %s does not filter VLANs", b->name);
	return check_mac(p, result, out);
}
