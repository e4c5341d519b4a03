/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "container.h"

#include <errno.h>
#include <linux/if_addr.h>
#include <linux/if_link.h>
#include <linux/ip.h>
#include <linux/rtnetlink.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "address.h"
#include "link.h"
#include "system.h"

#define DAD_TIMEOUT_MS 10000
#define DAD_POLL_MS    20

/* --- routes -------------------------------------------------------------------------- */

/* The gateway of the first address of the family that has one. */
static const struct k8snet_address *get_gateway(const struct k8snet_cni_result *result,
						uint8_t family)
{
	const struct k8snet_cni_ip *ip = NULL;

	while ((ip = k8snet_cni_result_next_ip(result, ip))) {
		const struct k8snet_address *gateway = k8snet_cni_ip_get_gateway(ip);

		if (gateway && gateway->family == family)
			return gateway;
	}
	return NULL;
}

static struct route get_route(const struct k8snet_cni_result *result,
			      const struct k8snet_cni_route *from, int index)
{
	const struct k8snet_prefix *destination = k8snet_cni_route_get_destination(from);
	const struct k8snet_address *gateway = k8snet_cni_route_get_gateway(from);
	int64_t table = k8snet_cni_route_get_table(from);
	struct route route = {
		.destination = *destination,
		.mtu = k8snet_cni_route_get_mtu(from),
		.advmss = k8snet_cni_route_get_advmss(from),
		.priority = k8snet_cni_route_get_priority(from),
		.table = table > 0 ? (uint32_t)table : 0,
		.scope = k8snet_cni_route_get_scope(from),
		.interface = index,
		/* As on another link, of another network. */
		.is_shared = true,
	};

	/* A route of the link's scope has none. */
	if (!gateway && route.scope < RT_SCOPE_LINK)
		gateway = get_gateway(result, destination->address.family);
	if (gateway)
		route.gateway = *gateway;
	return route;
}

/* The routes by which an address that is alone on its link reaches its network. */
static void get_routes_of(const struct k8snet_cni_ip *ip, int index, struct route routes[2])
{
	const struct k8snet_prefix *prefix = k8snet_cni_ip_get_address(ip);
	const struct k8snet_address *gateway = k8snet_cni_ip_get_gateway(ip);

	routes[0] = (struct route){
		.destination = prefix_of_host(gateway),
		.source = prefix->address,
		.scope = RT_SCOPE_LINK,
		.interface = index,
	};
	routes[1] = (struct route){
		.destination = prefix_mask(prefix),
		.gateway = *gateway,
		.source = prefix->address,
		.scope = -1,
		.interface = index,
	};
}

static void put_routes(struct plugin *p, const struct container *container,
		       const struct k8snet_cni_result *result, int index)
{
	const struct k8snet_cni_route *from = NULL;
	const struct k8snet_cni_ip *ip = NULL;
	struct route routes[2];

	while (container->is_point_to_point && (ip = k8snet_cni_result_next_ip(result, ip))) {
		get_routes_of(ip, index, routes);
		route_put(&p->container, &routes[0], p->ifname);
		/* A network of one address is the gateway's own route. */
		if (!prefix_is_equal(&routes[0].destination, &routes[1].destination))
			route_put(&p->container, &routes[1], p->ifname);
	}
	while ((from = k8snet_cni_result_next_route(result, from))) {
		routes[0] = get_route(result, from, index);
		route_put(&p->container, &routes[0], p->ifname);
	}
}

/* --- ADD --------------------------------------------------------------------------------- */

static bool has_ipv6(const struct k8snet_cni_result *result)
{
	const struct k8snet_cni_ip *ip = NULL;

	while ((ip = k8snet_cni_result_next_ip(result, ip)))
		if (k8snet_cni_ip_get_address(ip)->address.family == 6)
			return true;
	return false;
}

static int enable_ipv6(struct plugin *p)
{
	int r = link_sysctl_set("ipv6", "lo", "disable_ipv6", "0");

	if (r == 0)
		r = link_sysctl_set("ipv6", p->ifname, "disable_ipv6", "0");
	return r < 0 ? plugin_fail_errno(p, r, "link %s in %s: IPv6 cannot be enabled", p->ifname,
					 p->netns_path)
		     : 0;
}

static int set_sysctls(struct plugin *p, const struct container *container,
		       const struct k8snet_cni_result *result)
{
	int r = has_ipv6(result) ? enable_ipv6(p) : 0;

	/* There may be no IPv6 at all. */
	if (container->has_dad)
		(void)link_sysctl_set("ipv6", p->ifname, "enhanced_dad", "1");
	(void)link_sysctl_set("ipv6", p->ifname, "accept_dad", container->has_dad ? "1" : "0");
	return r;
}

/* 1: all are usable; 0: some are not yet. */
static int is_settled(struct plugin *p, int index)
{
	struct address_list list = {0};
	size_t i;
	int r = address_list_get(&p->container, index, &list);

	if (r < 0)
		r = plugin_fail_netlink(p, &p->container);
	for (i = 0, r = r < 0 ? r : 1; r > 0 && i < list.count; i++) {
		if (list.items[i].scope != RT_SCOPE_UNIVERSE)
			continue;
		if (list.items[i].flags & IFA_F_DADFAILED)
			r = plugin_fail(p, ERROR_IN_USE, "link %s: address %s is in use elsewhere",
					p->ifname, prefix_text(&list.items[i].prefix));
		else if (list.items[i].flags & IFA_F_TENTATIVE)
			r = 0;
	}
	address_list_done(&list);
	return r;
}

static int wait_for_dad(struct plugin *p, int index)
{
	const struct timespec pause = {.tv_nsec = DAD_POLL_MS * 1000000L};
	int attempts, r = 0;

	for (attempts = 0; r == 0 && attempts < DAD_TIMEOUT_MS / DAD_POLL_MS; attempts++) {
		r = is_settled(p, index);
		if (r == 0)
			nanosleep(&pause, NULL);
	}
	if (r == 0)
		return plugin_fail(p, K8SNET_CNI_ERROR_TRY_LATER,
				   "link %s: duplicate address detection takes longer than %d s",
				   p->ifname, DAD_TIMEOUT_MS / 1000);
	return r < 0 ? r : 0;
}

/* Neighbours that remember another MAC address of this address learn the new one. */
static void put_arp_notify(struct plugin *p)
{
	struct nlmsghdr *message = link_put_change(&p->container, p->ifname, false, "arp_notify");
	struct nlattr *of_families = mnl_attr_nest_start(message, IFLA_AF_SPEC);
	struct nlattr *of_ipv4 = mnl_attr_nest_start(message, AF_INET);
	struct nlattr *values = mnl_attr_nest_start(message, IFLA_INET_CONF);

	mnl_attr_put_u32(message, IPV4_DEVCONF_ARP_NOTIFY, 1);
	mnl_attr_nest_end(message, values);
	mnl_attr_nest_end(message, of_ipv4);
	mnl_attr_nest_end(message, of_families);
	netlink_last(&p->container)->may_fail = true;
}

static void put_addresses(struct plugin *p, const struct container *container,
			  const struct k8snet_cni_result *result, int index)
{
	const struct k8snet_cni_ip *ip = NULL;

	while ((ip = k8snet_cni_result_next_ip(result, ip))) {
		const struct k8snet_prefix *prefix = k8snet_cni_ip_get_address(ip);
		uint32_t flags = 0;

		if (prefix->address.family == 6 && !container->has_dad)
			flags |= IFA_F_NODAD;
		if (container->is_point_to_point)
			flags |= IFA_F_NOPREFIXROUTE;
		address_put(&p->container, index, p->ifname, prefix, flags);
	}
}

struct configuring {
	const struct container *container;
	const struct k8snet_cni_result *result;
};

static int configure_here(struct plugin *p, void *data)
{
	const struct configuring *configuring = data;
	const struct k8snet_cni_result *result = configuring->result;
	int index, r;

	r = plugin_open_container_here(p);
	if (r == 0)
		r = set_sysctls(p, configuring->container, result);
	if (r < 0)
		return r;
	index = link_get_index(&p->container, p->ifname);
	if (index < 0)
		return plugin_fail_errno(p, index, "link %s in %s", p->ifname, p->netns_path);
	put_arp_notify(p);
	put_addresses(p, configuring->container, result, index);
	link_put_change(&p->container, p->ifname, true, "set up");
	put_routes(p, configuring->container, result, index);
	if (netlink_flush(&p->container) < 0)
		return plugin_fail_netlink(p, &p->container);
	return configuring->container->has_dad ? wait_for_dad(p, index) : 0;
}

/* All of it has to fit into one call: the link itself, and what each address needs. */
static int check_size(struct plugin *p, const struct container *container,
		      const struct k8snet_cni_result *result)
{
	const struct k8snet_cni_route *route = NULL;
	const struct k8snet_cni_ip *ip = NULL;
	size_t count = 2;

	while ((ip = k8snet_cni_result_next_ip(result, ip)))
		count += container->is_point_to_point ? 3 : 1;
	while ((route = k8snet_cni_result_next_route(result, route)))
		count++;
	if (count > NETLINK_MESSAGES)
		return plugin_fail(p, K8SNET_CNI_ERROR_CONFIG,
				   "ipam: too many addresses and routes: more than %d changes",
				   NETLINK_MESSAGES);
	return 0;
}

int container_configure(struct plugin *p, const struct container *container,
			const struct k8snet_cni_result *result)
{
	struct configuring configuring = {container, result};
	int r = check_size(p, container, result);

	return r < 0 ? r : plugin_run_in_container(p, configure_here, &configuring);
}

int container_set_up(struct plugin *p)
{
	int r = plugin_open_container(p);

	if (r < 0)
		return r;
	link_put_change(&p->container, p->ifname, true, "set up");
	return netlink_flush(&p->container) < 0 ? plugin_fail_netlink(p, &p->container) : 0;
}

/* --- CHECK ------------------------------------------------------------------------------------ */

/* An address of another interface is not ours. */
static bool is_of_link(struct plugin *p, const struct k8snet_cni_result *result,
		       const struct k8snet_cni_ip *ip)
{
	const struct k8snet_cni_interface *interface = NULL;
	int index = k8snet_cni_ip_get_interface(ip);

	if (index < 0)
		return true;
	while ((interface = k8snet_cni_result_next_interface(result, interface)))
		if ((int)k8snet_cni_interface_get_index(interface) == index)
			return !strcmp(k8snet_cni_interface_get_name(interface), p->ifname);
	return false;
}

static int check_addresses(struct plugin *p, const struct k8snet_cni_result *result, int index)
{
	const struct k8snet_cni_ip *ip = NULL;
	struct address_list list = {0};
	int r = address_list_get(&p->container, index, &list);

	if (r < 0)
		return plugin_fail_netlink(p, &p->container);
	while (r == 0 && (ip = k8snet_cni_result_next_ip(result, ip))) {
		const struct k8snet_prefix *prefix = k8snet_cni_ip_get_address(ip);

		if (is_of_link(p, result, ip) && !address_list_find(&list, prefix))
			r = plugin_deviates(p, "link %s in %s: address %s is not there", p->ifname,
					    p->netns_path, prefix_text(prefix));
	}
	address_list_done(&list);
	return r;
}

static int check_route(struct plugin *p, const struct route *route)
{
	struct route found;
	int r = route_find(&p->container, route, &found);

	if (r < 0)
		return plugin_fail_netlink(p, &p->container);
	if (r == 0)
		return plugin_deviates(p, "link %s in %s: route to %s is not there", p->ifname,
				       p->netns_path, prefix_text(&route->destination));
	if (!k8snet_address_is_equal(&found.gateway, &route->gateway))
		return plugin_deviates(
			p, "link %s in %s: route to %s is via %s, not %s", p->ifname, p->netns_path,
			prefix_text(&route->destination),
			found.gateway.family ? address_text(&found.gateway) : "the link",
			route->gateway.family ? address_text(&route->gateway) : "the link");
	if (route->mtu && found.mtu != route->mtu)
		return plugin_deviates(p, "link %s in %s: route to %s: mtu is %u, not %u",
				       p->ifname, p->netns_path, prefix_text(&route->destination),
				       found.mtu, route->mtu);
	return 0;
}

int container_check(struct plugin *p, const struct container *container,
		    const struct k8snet_cni_result *result, int index)
{
	const struct k8snet_cni_route *from = NULL;
	const struct k8snet_cni_ip *ip = NULL;
	struct route routes[2];
	int r = check_addresses(p, result, index);

	while (r == 0 && container->is_point_to_point &&
	       (ip = k8snet_cni_result_next_ip(result, ip))) {
		if (!is_of_link(p, result, ip) || !k8snet_cni_ip_get_gateway(ip))
			continue;
		get_routes_of(ip, index, routes);
		r = check_route(p, &routes[0]);
		if (r == 0 && !prefix_is_equal(&routes[0].destination, &routes[1].destination))
			r = check_route(p, &routes[1]);
	}
	while (r == 0 && (from = k8snet_cni_result_next_route(result, from))) {
		routes[0] = get_route(result, from, index);
		r = check_route(p, &routes[0]);
	}
	return r;
}
