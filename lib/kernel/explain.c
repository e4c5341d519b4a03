/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A packet followed through the tables as they were read. */
#include "kernel/explain.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/context.h"
#include "kernel/kernel.h"

/* --- what is asked on the way ----------------------------------------------- */

/* Also the link that leads there. */
static int find_address(const struct walk *w, const struct k8snet_address *address,
			char link[IFNAMSIZ], bool *out)
{
	const struct kernel_ops *ops = w->kernel->ops;
	int r = ops->has_address ? ops->has_address(w->kernel, address, link) : 0;

	*out = r > 0;
	return r < 0 ? r : 0;
}

int explain_has_address(const struct walk *w, const struct k8snet_address *address, bool *out)
{
	char link[IFNAMSIZ];

	return find_address(w, address, link, out);
}

static bool is_in_networks(const struct walk *w, enum nft_map map,
			   const struct k8snet_address *address)
{
	struct hash_node *node;

	hash_foreach (&w->table->state.members.by_key, node) {
		const struct nft_element *e = &container_of(node, struct nft_member, node)->element;
		struct k8snet_prefix prefix = {.address.family = e->family,
					       .length = e->prefix_length};

		if (e->map != map || e->family != w->family)
			continue;
		memcpy(prefix.address.bytes, e->address, sizeof(e->address));
		if (k8snet_prefix_has_address(&prefix, address))
			return true;
	}
	return false;
}

static bool has_member(const struct walk *w, enum nft_map map, bool has_port)
{
	const struct k8snet_flow *flow = w->flow;
	struct nft_element e = {.family = w->family, .map = (uint8_t)map};

	memcpy(e.address, flow->destination.bytes, sizeof(e.address));
	if (has_port) {
		e.protocol = (uint8_t)flow->protocol;
		e.port = flow->port;
	}
	return members_find(&w->table->state.members, &e);
}

/* Whether the source is in one of the ranges of what the destination is. */
static bool is_in_ranges(const struct walk *w)
{
	const struct k8snet_flow *flow = w->flow;
	struct hash_node *node;

	hash_foreach (&w->table->state.members.by_key, node) {
		const struct nft_element *e = &container_of(node, struct nft_member, node)->element;
		struct k8snet_prefix prefix = {.address.family = e->family,
					       .length = e->prefix_length};

		if (e->map != NFT_SOURCE_RANGES || e->family != w->family ||
		    e->protocol != flow->protocol || e->port != flow->port ||
		    memcmp(e->address, flow->destination.bytes, sizeof(e->address)) != 0)
			continue;
		memcpy(prefix.address.bytes, e->to_address, sizeof(e->to_address));
		if (k8snet_prefix_has_address(&prefix, &flow->source))
			return true;
	}
	return false;
}

static bool is_loopback(const struct k8snet_address *address)
{
	static const uint8_t loopback[16] = {[15] = 1};

	return address->family == 6 ? !memcmp(address->bytes, loopback, 16)
				    : address->bytes[0] == 127;
}

/* --- the chain `services` ---------------------------------------------------- */

static const struct k8snet_frontend *find_frontend(const struct walk *w, enum frontend_type type)
{
	const struct k8snet_flow *flow = w->flow;
	struct frontend_key key = {.family = w->family,
				   .type = (uint8_t)type,
				   .protocol = (uint8_t)flow->protocol,
				   .port = flow->port};
	const struct k8snet_frontend *f = NULL;

	if (type == FRONTEND_VIP)
		memcpy(key.address, flow->destination.bytes, sizeof(key.address));
	while ((f = k8snet_table_next_frontend(w->table, f)))
		if (!memcmp(&f->frontend->key, &key, sizeof(key)))
			return f;
	return NULL;
}

/* By a number, whose chain is in `balancers`. */
static void found_balancer(struct walk *w, const char *key, const char *map, uint32_t number)
{
	const struct state_chain *chain = state_find_chain(&w->table->state, &w->chain);

	path_step(w->path, "%s is in %s -> %x:%x, in balancers -> %s", key, map, number >> 16,
		  number & 0xffff, w->chain_name);
	if (!chain || !chain->is_balancer)
		path_step(w->path, "balancers was changed by somebody: what follows is what it "
				   "should do");
}

static void found(struct walk *w, const struct k8snet_frontend *frontend, const char *key)
{
	const struct frontend *f = frontend->frontend;
	const struct nft_verdict *verdict = frontend_get_verdict(f);
	const char *map =
		nft_map_name(nft_lead_map(f->key.type == FRONTEND_NODE_PORT, !f->leads[0]), 0);

	w->path->frontend = w->frontend = frontend;
	if (verdict->kind == NFT_CHAIN_UNKNOWN) {
		path_step(w->path, "%s is in %s, which leads to what is none of ours", key, map);
		w->path->outcome = K8SNET_OUTCOME_UNKNOWN;
		return;
	}
	w->chain = frontend_get_chain(&f->key, verdict);
	nft_chain_name(&w->chain, w->chain_name);
	if (f->leads[0])
		found_balancer(w, key, map, nft_verdict_get_number(verdict));
	else
		path_step(w->path, "%s is in %s -> %s", key, map, w->chain_name);
	if (verdict->kind == NFT_CHAIN_NO_ENDPOINTS)
		explain_refusal(w, "there are no endpoints");
	else if (verdict->kind == NFT_CHAIN_NO_LOCAL_ENDPOINTS)
		explain_drop(w, "there are endpoints, but none on this node");
	else
		w->is_balanced = true;
}

/* Whether it is out of its source ranges. */
static bool check_ranges(struct walk *w)
{
	if (!has_member(w, NFT_SOURCE_RANGED, true))
		return false;
	if (is_in_ranges(w)) {
		path_step(w->path, "%s is in source-ranged, and %s in one of its source-ranges",
			  w->key, w->source);
		return false;
	}
	path_step(w->path, "%s is in source-ranged, and %s in none of its source-ranges", w->key,
		  w->source);
	explain_drop(w, "the service does not want this source");
	return true;
}

/* Those that have source ranges are in service-chains, which comes after them. */
static bool check_services(struct walk *w)
{
	const struct k8snet_frontend *f = find_frontend(w, FRONTEND_VIP);

	if (!(f && f->frontend->leads[0]) && check_ranges(w))
		return true;
	if (f)
		found(w, f, w->key);
	else
		path_step(w->path, "%s is not in services, nor in service-chains", w->key);
	return f;
}

static bool check_node_ports(struct walk *w, bool is_own)
{
	const char *protocol = nft_protocol_name((uint8_t)w->flow->protocol);
	const struct k8snet_frontend *f;
	char key[32];

	if (!is_own || is_loopback(&w->flow->destination) ||
	    !is_in_networks(w, NFT_NODE_ADDRESSES, &w->flow->destination))
		return false;
	path_step(w->path, "%s is an address of the node, and in node-addresses", w->destination);
	snprintf(key, sizeof(key), "%s . %u", protocol, w->flow->port);
	f = find_frontend(w, FRONTEND_NODE_PORT);
	if (f)
		found(w, f, key);
	else
		path_step(w->path, "%s is not in node-ports, nor in node-port-chains", key);
	return f;
}

/* Cluster IPs that have no such port, and those that nobody has. */
static void check_cluster_ips(struct walk *w, bool is_own)
{
	if (is_own)
		return;
	if (has_member(w, NFT_CLUSTER_IPS, false)) {
		path_step(w->path, "%s is in cluster-ips -> no-endpoints", w->destination);
		explain_refusal(w, "the service has no such port");
	} else if (is_in_networks(w, NFT_SERVICE_NETWORKS, &w->flow->destination)) {
		path_step(w->path, "%s is in service-networks, and not in cluster-ips",
			  w->destination);
		explain_drop(w, "no service has this address");
	}
}

void explain_refusal(struct walk *w, const char *why)
{
	path_step(w->path, "no-endpoints: refused with %s: %s",
		  w->flow->protocol == K8SNET_PROTOCOL_TCP ? "a TCP reset" : "port unreachable",
		  why);
	w->path->outcome = K8SNET_OUTCOME_REJECTED;
}

void explain_drop(struct walk *w, const char *why)
{
	path_step(w->path, "dropped: %s", why);
	w->path->outcome = K8SNET_OUTCOME_DROPPED;
}

/* --- from the beginning ------------------------------------------------------- */

static int tell_source(struct walk *w)
{
	int r = find_address(w, &w->flow->source, w->link, &w->is_node);
	bool is_in_network = is_in_networks(w, NFT_POD_NETWORKS, &w->flow->source), has_link;

	if (r < 0)
		return r;
	/* What the node sends comes over none. */
	if (w->is_node)
		w->link[0] = '\0';
	has_link = !is_in_network && explain_has_link(w, NFT_POD_INTERFACES);
	w->is_pod = is_in_network || has_link;
	path_step(w->path, "%s is %s, %s pod-networks", w->source,
		  w->is_node ? "an address of the node: output" : "not the node's: prerouting",
		  is_in_network ? "and in" : "not in");
	if (has_link)
		path_step(w->path, "it comes over %s, which is in pod-interfaces", w->link);
	w->is_pod_by_link = has_link;
	return 0;
}

static int walk(struct walk *w)
{
	const struct state_table *table = &w->table->state.tables[family_index(w->family)];
	bool is_own;
	int r;

	if (!table->exists) {
		path_step(w->path, "there is no table %s " NFT_TABLE, nft_family_name(w->family));
		return 0;
	}
	if (!table->is_whole)
		path_step(w->path,
			  "table %s " NFT_TABLE " was changed by somebody: what follows "
			  "is what it should do",
			  nft_family_name(w->family));
	r = tell_source(w);
	if (r == 0)
		r = explain_has_address(w, &w->flow->destination, &is_own);
	if (r < 0)
		return r;
	if (!check_services(w) && !check_node_ports(w, is_own))
		check_cluster_ips(w, is_own);
	if (w->is_balanced)
		return explain_balancing(w);
	if (w->path->outcome == K8SNET_OUTCOME_UNTOUCHED)
		path_step(w->path, "not a service: untouched");
	return 0;
}

bool explain_has_source(const struct walk *w, enum nft_map map)
{
	return is_in_networks(w, map, &w->flow->source);
}

bool explain_has_link(const struct walk *w, enum nft_map map)
{
	struct hash_node *node;

	hash_foreach (&w->table->state.members.by_key, node) {
		const struct nft_element *e = &container_of(node, struct nft_member, node)->element;
		const char *name = (const char *)e->address;

		if (e->map == map && e->family == w->family && w->link[0] &&
		    !strncmp(w->link, name, e->prefix_length < 128 ? strlen(name) : IFNAMSIZ))
			return true;
	}
	return false;
}

static int fail(struct k8snet_kernel *kernel, int error)
{
	const struct error_at at = {.layer = K8SNET_LAYER_SERVICE,
				    .id = K8SNET_MSG_KERNEL,
				    .operation = "explain",
				    .kernel_errno = -error};

	if (error == -ENOMEM)
		return ctx_no_memory(kernel->ctx);
	return ctx_error(kernel->ctx, error == -EPERM ? -EPERM : -EIO, &at, "%s", strerror(-error));
}

K8SNET_EXPORT int k8snet_table_explain(struct k8snet_path **out, struct k8snet_table *table,
				       struct k8snet_kernel *kernel, const struct k8snet_flow *from)
{
	struct k8snet_flow copy;
	struct walk w = {.table = table, .kernel = kernel, .flow = &copy};
	char text[K8SNET_ADDRESS_TEXT_SIZE];
	int r = path_take_flow(kernel->ctx, "k8snet_table_explain", from, &copy);
	const struct k8snet_flow *flow = &copy;

	if (r < 0)
		return r;
	w.path = path_new();
	if (!w.path)
		return ctx_no_memory(kernel->ctx);
	w.path->table = k8snet_table_ref(table);
	w.family = flow->source.family;
	k8snet_address_format(&flow->source, w.source, sizeof(w.source));
	k8snet_address_format(&flow->destination, w.destination, sizeof(w.destination));
	snprintf(w.key, sizeof(w.key), "%s . %s . %u",
		 k8snet_address_format(&flow->destination, text, sizeof(text)),
		 nft_protocol_name((uint8_t)flow->protocol), flow->port);
	r = path_finish(out, w.path, walk(&w));
	return r < 0 ? fail(kernel, r) : 0;
}
