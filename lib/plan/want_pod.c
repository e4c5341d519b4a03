/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A pod: its veth, and what is in its namespace. */
#include "plan/compare.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "plan/want.h"

/* Of all hosts' ends of point-to-point links, as Calico has it. */
const uint8_t ptp_mac[6] = {0xee, 0xee, 0xee, 0xee, 0xee, 0xee};

/* The gateways of point-to-point links: link-local, no link has them. */
static const struct k8snet_address ptp_gateways[] = {
	{.family = 4, .bytes = {169, 254, 1, 1}},
	{.family = 6, .bytes = {0xfe, 0x80, [15] = 1}},
};

struct job {
	struct compare *c;
	const struct k8snet_pod *pod;
	const char *owner;
	bool is_ptp;
	char alias[256]; /* IFALIASZ */
};

static void want(const struct job *job, const struct kobj *kobj)
{
	compare_want(job->c, K8SNET_LAYER_POD, job->owner, kobj);
}

static void want_neighbour(const struct job *job, const char *netns, const char *link,
			   const struct k8snet_address *address, const uint8_t *mac)
{
	struct kobj kobj = {.type = KOBJ_NEIGHBOUR, .netns = netns};

	kobj_set_name(&kobj, link);
	kobj.neighbour.address = *address;
	memcpy(kobj.neighbour.mac, mac, 6);
	want(job, &kobj);
}

/* --- the link ------------------------------------------------------------- */

static void host_end(const struct job *job, struct kobj *kobj)
{
	const struct k8snet_pod *pod = job->pod;
	struct kobj_link *link = &kobj->link;

	kobj->type = KOBJ_LINK;
	kobj_set_name(kobj, pod->link_name);
	link->type = LINK_VETH;
	link->up = true;
	link->addrgen_none = true;
	link->mtu = job->c->mtu;
	link->alias = job->alias;
	if (job->is_ptp) {
		link->has_mac = true;
		memcpy(link->mac, ptp_mac, 6);
	} else {
		const char *bridge = k8snet_cluster_get_bridge_name(job->c->cluster);

		memcpy(link->master, bridge, strnlen(bridge, IFNAMSIZ - 1));
		link->hairpin = true;
	}
	memcpy(link->peer_name, pod->spec.interface, IFNAMSIZ);
	memcpy(link->peer_mac, k8snet_pod_get_mac(pod), 6);
	link->peer_netns = pod->spec.netns;
}

static void pod_end(const struct job *job, struct kobj *kobj)
{
	kobj->type = KOBJ_LINK;
	kobj->netns = job->pod->spec.netns;
	kobj_set_name(kobj, job->pod->spec.interface);
	kobj->link.type = LINK_VETH;
	kobj->link.up = true;
	kobj->link.mtu = job->c->mtu;
	kobj->link.has_mac = true;
	memcpy(kobj->link.mac, k8snet_pod_get_mac(job->pod), 6);
}

/* Whether a link in the pod's namespace is the other end of ours: the kernel's
 * answer would cost a look into each namespace. */
static bool has_other_end(const struct job *job, const struct kobj *inner)
{
	const struct state_kobj *there = compare_find(job->c, inner);

	if (!there)
		return false;
	if (there->owner)
		return !strcmp(there->owner->name, job->owner);
	return !memcmp(there->kobj.link.mac, inner->link.mac, 6);
}

/* The two ends live and die together. */
static void want_ends(const struct job *job, const struct kobj *host, const struct kobj *inner)
{
	struct compare *c = job->c;
	struct state_kobj *there = compare_find(c, host);
	enum want_result result;

	if (there && there->kobj.link.type == LINK_VETH && !has_other_end(job, inner)) {
		/* Or it is in a namespace that was not looked into. */
		c->needs_look |= !c->is_fresh;
		result = compare_want_anew(c, K8SNET_LAYER_POD, job->owner, host);
	} else {
		result = compare_want(c, K8SNET_LAYER_POD, job->owner, host);
	}
	if (result == WANT_ADD) {
		compare_lose(c, inner->netns, inner->name, LOST_ALL);
		compare_want_implied(c, job->owner, inner);
	} else {
		want(job, inner);
	}
}

/* False: another pod has this place. */
static bool want_link(const struct job *job)
{
	struct kobj host = {0}, inner = {0};

	host_end(job, &host);
	pod_end(job, &inner);
	if (compare_is_taken(job->c, job->owner, &host) ||
	    compare_is_taken(job->c, job->owner, &inner))
		return false;
	want_ends(job, &host, &inner);
	return true;
}

static void want_loopback(const struct job *job)
{
	struct kobj kobj = {.type = KOBJ_LINK, .netns = job->pod->spec.netns};

	kobj_set_name(&kobj, "lo");
	kobj.link.type = LINK_LOOPBACK;
	kobj.link.up = true;
	want(job, &kobj);
}

/* --- addresses ------------------------------------------------------------ */

static void want_address(const struct job *job, const struct k8snet_address *address,
			 uint8_t length)
{
	struct kobj kobj = {
		.type = KOBJ_ADDRESS, .netns = job->pod->spec.netns, .address = {*address, length}};

	kobj_set_name(&kobj, job->pod->spec.interface);
	want(job, &kobj);
}

static void want_default_route(const struct job *job, const struct k8snet_address *gateway,
			       bool onlink)
{
	struct kobj kobj = {.type = KOBJ_ROUTE, .netns = job->pod->spec.netns};

	kobj_set_name(&kobj, job->pod->spec.interface);
	kobj.route.destination.address.family = gateway->family;
	kobj.route.route.via = *gateway;
	kobj.route.route.onlink = onlink;
	want(job, &kobj);
}

static void want_host_route(const struct job *job, const struct k8snet_address *address)
{
	struct kobj kobj = {.type = KOBJ_ROUTE};

	kobj_set_name(&kobj, job->pod->link_name);
	kobj.route.destination.address = *address;
	kobj.route.destination.length = address->family == 6 ? 128 : 32;
	want(job, &kobj);
}

/* No ARP, no proxy ARP: both ends know each other's MAC address. */
static void want_ptp_address(const struct job *job, const struct k8snet_address *address)
{
	const struct pod_spec *spec = &job->pod->spec;
	const struct k8snet_address *gateway = &ptp_gateways[family_index(address->family)];

	want_address(job, address, address->family == 6 ? 128 : 32);
	want_neighbour(job, spec->netns, spec->interface, gateway, ptp_mac);
	want_default_route(job, gateway, true);
	want_neighbour(job, NULL, job->pod->link_name, address, k8snet_pod_get_mac(job->pod));
	want_host_route(job, address);
}

static void want_bridge_address(const struct job *job, const struct k8snet_address *address,
				const struct k8snet_prefix *cidr)
{
	struct k8snet_address gateway = gateway_of(cidr);

	want_address(job, address, cidr->length);
	want_default_route(job, &gateway, false);
}

static void want_addresses(const struct job *job)
{
	const struct address_pair *addresses = &job->pod->spec.addresses;
	const struct k8snet_prefix *cidr;
	char text[K8SNET_ADDRESS_TEXT_SIZE];
	unsigned int i;

	for (i = 0; i < addresses->count; i++) {
		const struct k8snet_address *address = &addresses->items[i];

		cidr = prefix_pair_find(&job->c->node->spec.pod_cidrs, address->family);
		if (!cidr || !k8snet_prefix_has_address(cidr, address))
			ctx_warning(job->c->ctx, "%s: address %s is not in a pod CIDR of %s",
				    job->owner, k8snet_address_format(address, text, sizeof(text)),
				    job->c->node_object);
		else if (job->is_ptp)
			want_ptp_address(job, address);
		else
			want_bridge_address(job, address, cidr);
	}
}

bool is_attached(const struct k8snet_pod *pod, const char *node_name)
{
	const struct pod_spec *spec = &pod->spec;

	return pod->object.cluster && !spec->host_network && spec->netns && spec->addresses.count &&
	       spec->node_name && !strcmp(spec->node_name, node_name);
}

void want_pod(struct compare *c, struct k8snet_pod *pod)
{
	struct job job = {.c = c, .pod = pod};

	/* Without a subnet the node has no bridge, and no place for addresses. */
	if (!is_attached(pod, c->node_name) || !c->node->spec.pod_cidrs.count)
		return;
	job.is_ptp = k8snet_cluster_get_link(c->cluster) == K8SNET_LINK_PTP;
	job.owner = arena_join(&c->plan->arena, "pod ", pod->object.namespace_, "/",
			       pod->object.name, NULL);
	if (!job.owner) {
		compare_fail(c, -ENOMEM);
		return;
	}
	snprintf(job.alias, sizeof(job.alias), LINK_ALIAS_MARK "%s", job.owner);
	if (!want_link(&job))
		return;
	want_loopback(&job);
	want_addresses(&job);
}
