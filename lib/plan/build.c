/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Which objects of the model are compared, and the order of the operations. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "plan/compare.h"

static bool is_services_only(const struct compare *c)
{
	return k8snet_cluster_is_services_only(c->cluster) || c->lacks_uplink;
}

/* --- everything ----------------------------------------------------------- */

static void begin_frontends(struct compare *c)
{
	struct hash *frontends = &c->state->frontends.by_key;
	struct frontend *f, *group;
	struct hash_node *node;

	hash_foreach (frontends, node) {
		f = container_of(node, struct frontend, node);
		f->is_wanted = f->is_left = f->is_used = false;
	}
	hash_foreach (frontends, node) {
		f = container_of(node, struct frontend, node);
		group = frontends_find_group(&c->state->frontends, f);
		if (group)
			group->is_used = true;
	}
}

static void begin_all(struct compare *c)
{
	struct hash_node *node;
	size_t i;

	if (!is_services_only(c))
		compare_begin(c, NULL);
	begin_frontends(c);
	hash_foreach (&c->state->members.by_key, node) {
		const struct nft_member *m = container_of(node, struct nft_member, node);

		if (m->users)
			compare_member(c, &m->element, -(int)m->users);
	}
	for (i = 0; i < 2; i++)
		hash_foreach (&c->state->tables[i].chains, node)
			container_of(node, struct state_chain, node)->is_used = false;
}

static void want_peers(struct compare *c)
{
	struct k8snet_node *peer = NULL;

	while ((peer = k8snet_cluster_next_node(c->cluster, peer)))
		if (peer != c->node)
			want_peer(c, peer);
}

static void want_pods(struct compare *c)
{
	struct k8snet_pod *pod = NULL;

	while ((pod = k8snet_cluster_next_pod(c->cluster, pod)))
		want_pod(c, pod);
}

static void want_services(struct compare *c)
{
	struct k8snet_service *service = NULL;

	while ((service = k8snet_cluster_next_service(c->cluster, service)) && !c->error)
		want_service(c, service->object.namespace_, service->object.name);
}

static void compare_all(struct compare *c)
{
	c->plan->changes->is_full = true;
	if (c->node)
		want_families(c);
	begin_all(c);
	compare_conntrack_again(c);
	if (c->node && !is_services_only(c)) {
		want_node(c);
		want_overlay(c);
		want_peers(c);
		want_pods(c);
	}
	compare_tables(c);
	if (c->node) {
		want_members(c);
		want_services(c);
	}
	if (!is_services_only(c))
		compare_end(c, NULL);
	compare_orphans(c);
	compare_members(c);
	compare_last_chains(c);
}

/* --- what the journal names ----------------------------------------------- */

struct seen {
	struct hash_node node;
	struct journal_entry entry;
};

/* Whether it is the first time; strings of the model are interned. */
static bool is_first(struct compare *c, struct hash *seen, const struct journal_entry *entry)
{
	const void *key[3] = {(void *)(uintptr_t)entry->kind, entry->namespace_, entry->name};
	uint64_t hash = hash_bytes(seen, key, sizeof(key));
	struct hash_node *node;
	struct seen *s;

	for (node = hash_find(seen, hash); node; node = hash_find_next(node)) {
		s = container_of(node, struct seen, node);
		if (s->entry.kind == entry->kind && s->entry.namespace_ == entry->namespace_ &&
		    s->entry.name == entry->name)
			return false;
	}
	s = arena_alloc(&c->plan->arena, sizeof(*s));
	if (!s || hash_insert(seen, &s->node, hash) < 0) {
		compare_fail(c, -ENOMEM);
		return false;
	}
	s->entry = *entry;
	return true;
}

/* Without a cluster-wide pod CIDR the set pod-networks depends on all nodes. */
static bool is_pod_network_of_nodes(const struct compare *c)
{
	const struct prefix_pair *cidrs = &c->cluster->settings.pod_cidrs;
	size_t i;

	if (c->cluster->settings.local_detection != K8SNET_LOCAL_POD_CIDR)
		return false;
	for (i = 0; i < 2; i++)
		if (c->has_family[i] && c->state->tables[i].exists &&
		    !prefix_pair_find(cidrs, i ? 6 : 4))
			return true;
	return false;
}

static void node_changed(struct compare *c, const char *name)
{
	struct k8snet_node *peer = k8snet_cluster_find_node(c->cluster, name);
	char owner[300];

	if (!strcmp(name, c->node_name) || c->state->has_conflicts || is_pod_network_of_nodes(c)) {
		c->needs_full = true;
		return;
	}
	if (is_services_only(c))
		return;
	snprintf(owner, sizeof(owner), "node %s", name);
	compare_begin(c, owner);
	if (peer)
		want_peer(c, peer);
	compare_end(c, owner);
}

static void pod_changed(struct compare *c, const char *namespace_, const char *name)
{
	struct k8snet_pod *pod = k8snet_cluster_find_pod(c->cluster, namespace_, name);
	char owner[384];

	if (is_services_only(c))
		return;
	if (c->state->has_conflicts) {
		c->needs_full = true;
		return;
	}
	snprintf(owner, sizeof(owner), "pod %s/%s", namespace_, name);
	compare_begin(c, owner);
	if (pod)
		want_pod(c, pod);
	compare_end(c, owner);
}

/* One that was left without services may have another mark than is wanted now. */
static bool has_table(const struct compare *c, size_t i)
{
	const struct nft_chain mark = nft_mark_chain(i ? 6 : 4, c->plan->masquerade_mark);

	return c->state->tables[i].exists && state_find_chain(c->state, &mark);
}

static void service_changed(struct compare *c, const char *namespace_, const char *name)
{
	const struct k8snet_service *service =
		k8snet_cluster_find_service(c->cluster, namespace_, name);
	size_t i;

	for (i = 0; i < 2; i++)
		if (compare_wants_table(c, i) && !has_table(c, i))
			c->needs_full = true;
	if (c->state->frontends.has_conflicts || (service && want_new_family(c, service)))
		c->needs_full = true;
	if (!c->needs_full)
		want_service(c, namespace_, name);
}

static void entry_changed(struct compare *c, const struct journal_entry *entry)
{
	switch (entry->kind) {
	case MODEL_NODE:
		node_changed(c, entry->name);
		break;
	case MODEL_POD:
		pod_changed(c, entry->namespace_, entry->name);
		break;
	case MODEL_SERVICE:
		service_changed(c, entry->namespace_, entry->name);
		break;
	case MODEL_INGRESS: /* nothing in the kernel */
		break;
	case MODEL_SETTINGS:
	case MODEL_ENDPOINTSLICE:
	case MODEL_N_KINDS:
		c->needs_full = true;
		break;
	}
}

/* False: not enough, everything is to be compared. */
static bool compare_changed(struct compare *c, uint64_t cursor)
{
	struct journal_entry entry;
	struct hash seen;
	int r = 0;

	if (!c->node)
		return false;
	c->is_incremental = true;
	compare_conntrack_again(c);
	hash_init_with_key(&seen, c->plan->hash_key);
	while (!c->error && !c->needs_full && (r = journal_next(c->cluster, &cursor, &entry)) > 0)
		if (is_first(c, &seen, &entry))
			entry_changed(c, &entry);
	hash_done(&seen);
	c->is_incremental = false;
	compare_members(c);
	return r >= 0 && !c->needs_full;
}

/* --- one pod -------------------------------------------------------------- */

static void compare_pod(struct compare *c, struct k8snet_pod *pod)
{
	/* The state holds nothing but this pod and the bridge. */
	c->prune = true;
	c->pod = pod;
	compare_begin(c, NULL);
	if (is_attached(pod, c->node_name)) {
		want_node(c);
		want_pod(c, pod);
	}
	compare_end(c, NULL);
}

/* --- putting it together -------------------------------------------------- */

static void compare_done(struct compare *c)
{
	vec_done(&c->deletes);
	vec_done(&c->adds);
	vec_done(&c->elements);
	vec_done(&c->stale);
	vec_done(&c->late);
	hash_done(&c->lost);
	backend_list_done(&c->lists[0]);
	backend_list_done(&c->lists[1]);
	backend_list_done(&c->numbered);
	vec_done(&c->uses);
	vec_done(&c->ways);
	backend_set_done(&c->numbers);
	resolved_port_done(&c->resolved);
	vec_done(&c->left);
}

static bool is_link_op(const struct k8snet_op *op)
{
	return op->target == OP_KOBJ && op->kobj->type == KOBJ_LINK;
}

static void move_ops(struct k8snet_plan *plan, const op_list *list, bool links, bool others)
{
	const struct k8snet_op *op;

	vec_foreach (list, op)
		if (is_link_op(op) ? links : others)
			plan->ops.items[plan->ops.count++] = *op;
}

/* What is in the way goes first, a link after what hangs on it; elements at the
 * end, when what they lead to is there. */
static int collect_ops(struct compare *c)
{
	struct k8snet_plan *plan = c->plan;
	size_t n = c->deletes.count + c->adds.count + c->elements.count + c->stale.count +
		   c->late.count;

	if (vec_reserve(&plan->ops, n) < 0)
		return compare_fail(c, -ENOMEM);
	move_ops(plan, &c->deletes, false, true);
	move_ops(plan, &c->deletes, true, false);
	move_ops(plan, &c->adds, true, true);
	move_ops(plan, &c->elements, true, true);
	move_ops(plan, &c->stale, true, true);
	move_ops(plan, &c->late, true, true);
	return 0;
}

static int start_over(struct compare *c)
{
	c->deletes.count = c->adds.count = c->elements.count = 0;
	c->stale.count = c->late.count = 0;
	hash_done(&c->lost);
	hash_init_with_key(&c->lost, c->plan->hash_key);
	c->needs_full = c->needs_look = false;
	return plan_reset_changes(c->plan) < 0 ? compare_fail(c, -ENOMEM) : 0;
}

static int compare_request(struct compare *c, const struct build_request *request)
{
	int r;

	c->plan->lacks.count = 0;
	r = c->node ? want_prepare(c) : 0;

	c->needs_look |=
		c->state->has_services_only && !k8snet_cluster_is_services_only(c->cluster);
	if (c->needs_look)
		return -EAGAIN;
	if (r < 0 || c->error)
		return compare_fail(c, r < 0 ? r : c->error);
	if (request->pod) {
		compare_pod(c, request->pod);
	} else if (!request->cursor || request->prune || !compare_changed(c, *request->cursor)) {
		if (!c->error && start_over(c) == 0)
			compare_all(c);
	}
	if (c->needs_look && !c->error)
		return -EAGAIN;
	return c->error ? c->error : collect_ops(c);
}

int plan_build(struct k8snet_plan *plan, const struct build_request *request)
{
	struct compare c = {.plan = plan,
			    .state = request->state,
			    .cluster = request->cluster,
			    .node_name = request->node_name,
			    .ctx = plan->ctx,
			    .is_fresh = request->is_fresh,
			    .has_kernel = request->has_kernel,
			    .prune = request->prune || request->remove_all};
	int r;

	hash_init_with_key(&c.lost, plan->hash_key);
	if (!request->remove_all)
		c.node = k8snet_cluster_find_node(request->cluster, request->node_name);
	plan->masquerade_mark = k8snet_cluster_get_masquerade_mark(request->cluster);
	plan->cursor = journal_end(request->cluster);
	plan->is_removal = request->remove_all;
	c.node_object = arena_join(&plan->arena, "node ", request->node_name, NULL);
	if (!c.node_object)
		return ctx_no_memory(plan->ctx);
	r = compare_request(&c, request);
	compare_done(&c);
	return r;
}

/* --- what to look at ------------------------------------------------------ */

static int add_string(string_list *list, const char *text)
{
	const char **s = vec_push(list);

	if (!s)
		return -ENOMEM;
	*s = text;
	return 0;
}

static int request_node(struct observe_request *out, const struct build_request *request)
{
	const struct k8snet_node *node =
		k8snet_cluster_find_node(request->cluster, request->node_name);
	struct k8snet_address *address;
	unsigned int i;

	for (i = 0; node && i < node->spec.addresses.count; i++) {
		address = vec_push(&out->addresses);
		if (!address)
			return -ENOMEM;
		*address = node->spec.addresses.items[i];
	}
	if (add_string(&out->sysctls, "net/ipv4/ip_forward") < 0 ||
	    add_string(&out->sysctls, "net/ipv6/conf/all/forwarding") < 0)
		return -ENOMEM;
	return 0;
}

static int request_pod(struct observe_request *out, const struct build_request *request)
{
	struct k8snet_pod *pod = request->pod;
	const char *bridge = k8snet_cluster_get_bridge_name(request->cluster);

	if (add_string(&out->links, pod->link_name) < 0)
		return -ENOMEM;
	if (!is_attached(pod, request->node_name))
		return 0;
	if (add_string(&out->netns, pod->spec.netns) < 0)
		return -ENOMEM;
	if (k8snet_cluster_get_link(request->cluster) == K8SNET_LINK_BRIDGE)
		return add_string(&out->links, bridge);
	return 0;
}

int plan_observe_request(struct observe_request *out, const struct build_request *request)
{
	struct k8snet_pod *pod = NULL;
	int r;

	out->services_only = k8snet_cluster_is_services_only(request->cluster);
	if (out->services_only)
		return 0;
	out->all = !request->pod;
	r = request_node(out, request);
	if (r == 0 && request->pod)
		r = request_pod(out, request);
	while (r == 0 && out->all && (pod = k8snet_cluster_next_pod(request->cluster, pod)))
		if (is_attached(pod, request->node_name))
			r = add_string(&out->netns, pod->spec.netns);
	return r;
}
