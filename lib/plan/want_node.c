/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Layers 0 and 1 of the node itself: forwarding, the bridge, the VTEP. */
#include "plan/compare.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "plan/want.h"

#define OVERHEAD_V4 50 /* outer IPv4, UDP, VXLAN, inner Ethernet */
#define OVERHEAD_V6 70

static int fail_no_uplink(struct compare *c, const struct k8snet_address *address)
{
	char text[K8SNET_ADDRESS_TEXT_SIZE];
	const struct error_at at = {.layer = K8SNET_LAYER_NODE,
				    .id = K8SNET_MSG_NO_UPLINK,
				    .object = c->node_object,
				    .operation = "uplink"};

	return ctx_error(c->ctx, -ENOENT, &at, "no link has the node's address %s",
			 k8snet_address_format(address, text, sizeof(text)));
}

static int find_uplink(struct compare *c, size_t i)
{
	const struct node_spec *spec = &c->node->spec;
	const struct k8snet_address *address = address_pair_find(&spec->addresses, i ? 6 : 4);
	struct state_uplink *uplink = &c->uplink[i];
	char text[K8SNET_ADDRESS_TEXT_SIZE];

	if (address)
		*uplink = c->state->uplinks[i];
	/* The node has another address than when its kernel was looked at. */
	if (address && !c->is_fresh && !k8snet_address_is_equal(address, &uplink->address)) {
		c->needs_look = true;
		return 0;
	}
	if (spec->uplink_name[0]) {
		if (strcmp(uplink->name, spec->uplink_name))
			memset(&uplink->prefix, 0, sizeof(uplink->prefix));
		memcpy(uplink->name, spec->uplink_name, sizeof(uplink->name));
	}
	if (spec->uplink_mtu)
		uplink->mtu = spec->uplink_mtu;
	if (!address || uplink->name[0])
		return 0;
	if (!c->has_kernel)
		return fail_no_uplink(c, address);
	c->lacks_uplink = true;
	compare_lack(c, "no link has its address %s: its routes and pods are left as they are",
		     k8snet_address_format(address, text, sizeof(text)));
	return 0;
}

/* --- families --------------------------------------------------------------- */

static bool has_family_of(const struct compare *c, int family)
{
	const struct node_spec *spec = &c->node->spec;

	return prefix_pair_find(&spec->pod_cidrs, family) ||
	       address_pair_find(&spec->addresses, family);
}

bool want_new_family(const struct compare *c, const struct k8snet_service *service)
{
	const struct address_pair *ips = &service->spec.cluster_ips;
	unsigned int i;

	for (i = 0; i < ips->count; i++)
		if (!c->has_family[family_index(ips->items[i].family)])
			return k8snet_cluster_is_services_only(c->cluster);
	return false;
}

/* A cluster IP has no need of a node's address. */
void want_families(struct compare *c)
{
	struct k8snet_service *service = NULL;
	unsigned int i;

	for (i = 0; i < 2; i++)
		c->has_family[i] = has_family_of(c, i ? 6 : 4);
	while (k8snet_cluster_is_services_only(c->cluster) &&
	       !(c->has_family[0] && c->has_family[1]) &&
	       (service = k8snet_cluster_next_service(c->cluster, service)))
		for (i = 0; i < service->spec.cluster_ips.count; i++)
			c->has_family[family_index(service->spec.cluster_ips.items[i].family)] =
				true;
}

/* Whoever has no address at all serves what needs none. */
static void look_for_address(struct compare *c)
{
	const struct cluster_settings *settings = &c->cluster->settings;

	if (c->node->spec.addresses.count)
		return;
	compare_lack(c, settings->node_port_cidrs.count
				? "has no address"
				: "has no address: no node ports are served");
}

/* --- the uplink ------------------------------------------------------------- */

static uint32_t overhead(const struct compare *c, size_t i)
{
	if (k8snet_cluster_get_mode(c->cluster) != K8SNET_MODE_OVERLAY)
		return 0;
	return i ? OVERHEAD_V6 : OVERHEAD_V4;
}

/* What fits through every way a pod's packet can take. */
static uint32_t pod_mtu(const struct compare *c)
{
	uint32_t mtu = k8snet_cluster_get_mtu(c->cluster), fits;
	size_t i;

	if (mtu)
		return mtu;
	for (i = 0; i < 2; i++) {
		if (!c->has_family[i] || !c->uplink[i].mtu)
			continue;
		fits = c->uplink[i].mtu - overhead(c, i);
		if (!mtu || fits < mtu)
			mtu = fits;
	}
	return mtu ? mtu : 1500;
}

/* Only an overlay has one. */
static const char *vxlan_name(struct compare *c, size_t i)
{
	char text[IFNAMSIZ];
	const char *name;

	if (k8snet_cluster_get_mode(c->cluster) != K8SNET_MODE_OVERLAY)
		return "";
	snprintf(text, sizeof(text), "vxlan%c.%u", i ? '6' : '4',
		 k8snet_cluster_get_overlay_vni(c->cluster));
	name = arena_strdup(&c->plan->arena, text);
	if (!name)
		compare_fail(c, -ENOMEM);
	return name ? name : "";
}

int want_prepare(struct compare *c)
{
	bool services_only = k8snet_cluster_is_services_only(c->cluster);
	size_t i;
	int r;

	look_for_address(c);
	for (i = 0; i < 2; i++) {
		/* Until all services are looked at, those of the last plan. */
		c->has_family[i] = has_family_of(c, i ? 6 : 4) ||
				   (services_only && c->state->tables[i].exists);
		c->vxlan[i] = vxlan_name(c, i);
		/* Nothing goes through it that the library routes. */
		if (services_only)
			continue;
		r = find_uplink(c, i);
		if (r < 0)
			return r;
	}
	c->mtu = pod_mtu(c);
	return 0;
}

static void want_forwarding(struct compare *c)
{
	static const char *const paths[] = {"net/ipv4/ip_forward", "net/ipv6/conf/all/forwarding"};
	struct kobj sysctl = {.type = KOBJ_SYSCTL, .sysctl.value = "1"};
	size_t i;

	for (i = 0; i < 2; i++) {
		sysctl.sysctl.path = paths[i];
		if (c->has_family[i])
			compare_want(c, K8SNET_LAYER_NODE, c->node_object, &sysctl);
	}
}

static void want_address(struct compare *c, const char *link, const struct k8snet_address *address,
			 uint8_t length)
{
	struct kobj kobj = {.type = KOBJ_ADDRESS, .address = {*address, length}};

	kobj_set_name(&kobj, link);
	compare_want(c, K8SNET_LAYER_POD, c->node_object, &kobj);
}

/* The bridge must not take its MAC address from its ports: it would change. */
static void want_bridge_link(struct compare *c, const char *name)
{
	struct kobj kobj = {.type = KOBJ_LINK};
	struct kobj_link *link = &kobj.link;

	kobj_set_name(&kobj, name);
	link->type = LINK_BRIDGE;
	link->up = true;
	link->mtu = c->mtu;
	link->has_mac = true;
	memcpy(link->mac, k8snet_node_get_overlay_mac(c->node, 4), 6);
	link->mac[5] ^= 1; /* not the VTEP's */
	link->alias = LINK_ALIAS_MARK "bridge";
	link->nf_call_iptables = link->nf_call_ip6tables = true;
	link->addrgen_none = true;
	compare_want(c, K8SNET_LAYER_POD, c->node_object, &kobj);
}

/* The kernel's own link-local address would be tentative for seconds after the
 * bridge comes up, and the node could not ask for its pods' MAC addresses. Another
 * address than that one, so that the two cannot be in each other's way. */
static void want_link_local(struct compare *c, const char *name)
{
	static const struct k8snet_address address = {.family = 6, .bytes = {0xfe, 0x80, [15] = 1}};

	if (prefix_pair_find(&c->node->spec.pod_cidrs, 6))
		want_address(c, name, &address, 64);
}

static void want_bridge(struct compare *c)
{
	const char *name = k8snet_cluster_get_bridge_name(c->cluster);
	const struct prefix_pair *cidrs = &c->node->spec.pod_cidrs;
	struct k8snet_address gateway;
	unsigned int i;

	if (k8snet_cluster_get_link(c->cluster) != K8SNET_LINK_BRIDGE || !cidrs->count)
		return;
	want_bridge_link(c, name);
	want_link_local(c, name);
	for (i = 0; i < cidrs->count; i++) {
		gateway = gateway_of(&cidrs->items[i]);
		want_address(c, name, &gateway, cidrs->items[i].length);
	}
}

/* As flannel makes it: nolearning, the subnet's own address on it. */
static void want_vtep(struct compare *c, size_t i)
{
	int family = i ? 6 : 4;
	const struct k8snet_prefix *cidr = prefix_pair_find(&c->node->spec.pod_cidrs, family);
	const struct k8snet_address *local = address_pair_find(&c->node->spec.addresses, family);
	struct kobj kobj = {.type = KOBJ_LINK};
	struct kobj_link *link = &kobj.link;

	if (!cidr || !local)
		return;
	kobj_set_name(&kobj, c->vxlan[i]);
	link->type = LINK_VXLAN;
	link->up = true;
	link->addrgen_none = true;
	link->mtu = k8snet_cluster_get_mtu(c->cluster);
	if (!link->mtu)
		link->mtu = c->uplink[i].mtu - overhead(c, i);
	link->has_mac = true;
	memcpy(link->mac, k8snet_node_get_overlay_mac(c->node, family), 6);
	link->alias = LINK_ALIAS_MARK "overlay";
	link->vni = k8snet_cluster_get_overlay_vni(c->cluster);
	link->port = k8snet_cluster_get_overlay_port(c->cluster);
	link->local = *local;
	memcpy(link->device, c->uplink[i].name, IFNAMSIZ);
	compare_want(c, K8SNET_LAYER_POD, c->node_object, &kobj);
	want_address(c, c->vxlan[i], &cidr->address, family == 6 ? 128 : 32);
}

void want_node(struct compare *c)
{
	want_forwarding(c);
	want_bridge(c);
}

void want_overlay(struct compare *c)
{
	if (k8snet_cluster_get_mode(c->cluster) != K8SNET_MODE_OVERLAY)
		return;
	want_vtep(c, 0);
	want_vtep(c, 1);
}
