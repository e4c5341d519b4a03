/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* bridge: a veth pair, its end on the node a port of a bridge. */
#include "bridge.h"

#include <errno.h>
#include <string.h>

#include "address.h"
#include "container.h"
#include "ipam.h"
#include "masquerade.h"

/* --- ADD ------------------------------------------------------------------------------------ */

static bool has_default_route(const struct k8snet_cni_result *result, uint8_t family)
{
	const struct k8snet_prefix all = prefix_of_all(family);
	const struct k8snet_cni_route *route = NULL;

	while ((route = k8snet_cni_result_next_route(result, route))) {
		/* Without a gateway it has the one that the new one would have. */
		bool is_same = k8snet_cni_route_get_gateway(route) ||
			       (k8snet_cni_route_get_table(route) < 0 &&
				!k8snet_cni_route_get_priority(route));

		if (is_same && prefix_is_equal(k8snet_cni_route_get_destination(route), &all))
			return true;
	}
	return false;
}

/* Where IPAM names no gateway, it is the first address of the network. */
static int complete(const struct bridge *b, struct k8snet_cni_result *result)
{
	struct k8snet_cni_route *route;
	struct k8snet_cni_ip *ip = NULL;
	int r = 0;

	while (r == 0 && b->is_gateway && (ip = k8snet_cni_result_next_ip(result, ip))) {
		const struct k8snet_prefix *prefix = k8snet_cni_ip_get_address(ip);
		const struct k8snet_prefix network = prefix_mask(prefix);
		const struct k8snet_prefix all = prefix_of_all(prefix->address.family);
		const struct k8snet_address first = address_next(&network.address);

		if (!k8snet_cni_ip_get_gateway(ip))
			r = k8snet_cni_ip_set_gateway(ip, &first);
		if (r < 0 || !b->is_default_gateway ||
		    has_default_route(result, prefix->address.family))
			continue;
		r = k8snet_cni_result_add_route(result, &route, &all);
		if (r == 0)
			r = k8snet_cni_route_set_gateway(route, k8snet_cni_ip_get_gateway(ip));
	}
	return r;
}

static int add_link(struct k8snet_cni_result *result, const struct link *link)
{
	struct k8snet_cni_interface *interface;
	int r = k8snet_cni_result_add_interface(result, &interface, link->name);

	return r < 0 ? r : k8snet_cni_interface_set_mac_bytes(interface, link->mac);
}

static int add_to_result(struct plugin *p, const struct bridge *b, const struct link *link,
			 const struct link *gateway, const struct k8snet_cni_result *ipam,
			 struct k8snet_cni_result *result)
{
	int index = 0;
	int r = add_link(result, link);

	if (r == 0)
		r = veth_add_to_result(p, &b->veth, result, &index);
	if (r == 0 && gateway->index != link->index)
		r = add_link(result, gateway);
	return r < 0 ? r : ipam_add_to_result(p, ipam, index, result);
}

/* Where the gateways are: the bridge, or the node's own link in its VLAN. */
static bool has_vlan_gateway(struct plugin *p, const struct bridge *b)
{
	return b->vlan && b->is_gateway && ipam_is_wanted(p);
}

static int set_up(struct plugin *p, const struct bridge *b, const struct link *gateway,
		  const struct k8snet_cni_result *ipam)
{
	const struct container container = {.has_dad = b->has_dad};
	int r = 0;

	if (b->checks_mac)
		r = bridge_mac_add(p, b->veth.mac);
	if (r == 0 && b->is_inside_down)
		return 0;
	if (r == 0 && !ipam) {
		r = container_set_up(p);
		return r < 0 ? r : veth_wait(p);
	}
	/* The gateway first: then the container finds it at once. */
	if (r == 0 && b->is_gateway)
		r = bridge_link_set_gateways(p, b, gateway, ipam);
	if (r == 0)
		r = container_configure(p, &container, ipam);
	if (r == 0 && b->ip_masq)
		r = masquerade_add(p, ipam);
	return r < 0 ? r : veth_wait(p);
}

static void undo(struct plugin *p, const struct bridge *b, const struct k8snet_cni_result *ipam)
{
	struct saved_error error;

	plugin_save_error(p, &error);
	if (b->checks_mac)
		(void)bridge_mac_del(p);
	if (b->ip_masq && ipam)
		(void)masquerade_del(p, ipam);
	veth_undo(p);
	plugin_restore_error(p, &error);
}

static int choose_macs(struct plugin *p, struct bridge *b)
{
	int r = b->has_mac ? 0 : mac_generate(b->veth.mac);

	if (r == 0)
		r = mac_generate(b->veth.host_mac);
	return r < 0 ? plugin_fail_errno(p, r, "random number") : 0;
}

static int add(struct plugin *p, struct bridge *b, const struct k8snet_cni_result *ipam,
	       struct k8snet_cni_result *result)
{
	struct link link = {0}, gateway;
	int r = choose_macs(p, b);

	if (r == 0)
		r = bridge_link_ensure(p, b, &link);
	gateway = link;
	if (r == 0 && has_vlan_gateway(p, b))
		r = bridge_vlan_ensure_link(p, b, &link, &gateway);
	if (r < 0)
		return r;
	b->veth.master = link.index;
	r = veth_add(p, &b->veth);
	if (r < 0)
		return r;
	r = bridge_vlan_add(p, b);
	if (r == 0)
		r = set_up(p, b, &gateway, ipam);
	if (r == 0)
		r = add_to_result(p, b, &link, &gateway, ipam, result);
	if (r < 0)
		undo(p, b, ipam);
	return r;
}

static int bridge_add(struct plugin *p, struct k8snet_cni_result *result)
{
	_cleanup_result_ struct k8snet_cni_result *ipam = NULL;
	struct bridge b;
	int r = bridge_read(p, &b);

	if (r < 0 || !ipam_is_wanted(p))
		return r < 0 ? r : add(p, &b, NULL, result);
	r = k8snet_cni_result_new(&ipam, k8snet_cni_request_get_ctx(p->request));
	if (r == 0)
		r = ipam_add(p, ipam);
	if (r < 0)
		return r;
	r = complete(&b, ipam);
	if (r == 0)
		r = add(p, &b, ipam, result);
	if (r < 0)
		ipam_undo(p);
	return r;
}

/* --- the others ------------------------------------------------------------------------------- */

static int bridge_del(struct plugin *p)
{
	struct bridge b;
	int r = bridge_read(p, &b);

	if (r == 0 && b.ip_masq)
		r = masquerade_del(p, p->prev_result);
	if (r == 0 && b.checks_mac)
		r = bridge_mac_del(p);
	if (r == 0)
		r = veth_del(p);
	/* The address last: it is given anew at once. */
	return r < 0 ? r : ipam_del(p);
}

static int check_port(struct plugin *p, const struct bridge *b, const struct link *link,
		      const struct link *bridge)
{
	if (link->master != bridge->index)
		return plugin_deviates(p, "link %s is not a port of bridge %s", link->name,
				       bridge->name);
	if (link->hairpin != b->veth.hairpin)
		return plugin_deviates(p, "link %s: hairpin mode is %s", link->name,
				       link->hairpin ? "on" : "off");
	if (link->isolated != b->veth.isolated)
		return plugin_deviates(p, "link %s: port isolation is %s", link->name,
				       link->isolated ? "on" : "off");
	if (b->veth.mtu && link->mtu != b->veth.mtu)
		return plugin_deviates(p, "link %s: mtu is %u, not %u", link->name, link->mtu,
				       b->veth.mtu);
	return 0;
}

static int check_gateways(struct plugin *p, const struct bridge *b, const struct link *bridge)
{
	struct link gateway = *bridge;
	int r = has_vlan_gateway(p, b) ? bridge_vlan_get_link(p, b, bridge, &gateway) : 0;

	if (r == -ENODEV)
		return plugin_deviates(p, "bridge %s: its link in VLAN %u is not there", b->name,
				       b->vlan);
	return r < 0 ? r : bridge_link_check_gateways(p, &gateway, p->prev_result);
}

static int bridge_check(struct plugin *p)
{
	const struct k8snet_cni_result *result = p->prev_result;
	struct link bridge, inside, outside;
	struct container container = {0};
	struct bridge b;
	int r = bridge_read(p, &b);

	if (r == 0)
		r = ipam_check(p);
	if (r == 0)
		r = bridge_link_check(p, &b, result, &bridge);
	if (r == 0 && b.is_gateway)
		r = check_gateways(p, &b, &bridge);
	if (r == 0)
		r = veth_find(p, &inside, &outside);
	if (r == 0 && !b.is_inside_down)
		r = veth_check(p, result, b.veth.mtu, &inside, &outside);
	if (r == 0)
		r = check_port(p, &b, &outside, &bridge);
	if (r == 0)
		r = bridge_vlan_check(p, &b, &outside);
	if (r == 0 && ipam_is_wanted(p))
		r = container_check(p, &container, result, inside.index);
	/* Those of another plugin have other rules. */
	if (r == 0 && b.ip_masq && ipam_is_wanted(p) && !strcmp(outside.name, p->owner.link))
		r = masquerade_check(p, result);
	if (r == 0 && b.checks_mac && !strcmp(outside.name, p->owner.link))
		r = bridge_mac_check(p, inside.mac);
	return r;
}

static int bridge_status(struct plugin *p)
{
	struct bridge b;
	int r = bridge_read(p, &b);

	if (r == 0)
		r = plugin_probe(p, b.ip_masq || b.checks_mac);
	return r < 0 ? r : ipam_status(p);
}

static int bridge_gc(struct plugin *p)
{
	struct bridge b;
	int r = bridge_read(p, &b);

	if (r == 0)
		r = masquerade_gc(p);
	if (r == 0)
		r = bridge_mac_gc(p);
	if (r == 0)
		r = veth_gc(p);
	return r < 0 ? r : ipam_gc(p);
}

static const char *const args[] = {"IP", "GATEWAY", "MAC", NULL};

const struct plugin_type type_bridge = {
	.name = "bridge",
	.add = bridge_add,
	.del = bridge_del,
	.check = bridge_check,
	.status = bridge_status,
	.gc = bridge_gc,
	.args = args,
};
