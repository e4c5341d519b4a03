/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Layers 2 and 3: a service's frontends and the backends behind them. */
#include "model/slice.h"
#include "plan/compare.h"

#include <errno.h>
#include <string.h>

struct job {
	struct compare *c;
	const struct k8snet_service *service; /* NULL: gone */
	const struct slice_group *slices;     /* NULL: none */
	struct service_change *change;
	/* of the port at hand, with session affinity: NULL: none */
	struct frontend_change *group;
	bool uses[2]; /* which lists of it frontends use */
};

/* --- where frontends lead ------------------------------------------------- */

/* Of the addresses of the cluster. */
static void choose_inside(const struct job *job, struct frontend_want *want)
{
	bool is_local_only = job->service->spec.internal_traffic_policy == K8SNET_TRAFFIC_LOCAL;
	struct backend_list *lists = job->c->lists;

	want->verdict.kind = NFT_CHAIN_CLUSTER;
	want->backends[0] = &lists[is_local_only];
	if (!lists[0].n_slots)
		want->verdict.kind = NFT_CHAIN_NO_ENDPOINTS;
	else if (!want->backends[0]->n_slots)
		want->verdict.kind = NFT_CHAIN_NO_LOCAL_ENDPOINTS;
}

/* Of the ways in from outside, by address or by node port. */
static void choose_outside(const struct job *job, bool is_node_port, struct frontend_want *want)
{
	bool is_policy = job->service->spec.external_traffic_policy == K8SNET_TRAFFIC_LOCAL;
	struct backend_list *lists = job->c->lists;

	want->backends[0] = &lists[0];
	if (!lists[0].n_slots) {
		want->verdict.kind = NFT_CHAIN_NO_ENDPOINTS;
	} else if (is_policy) {
		want->verdict.kind =
			is_node_port ? NFT_CHAIN_NODE_PORT_LOCAL : NFT_CHAIN_EXTERNAL_LOCAL;
		want->backends[1] = &lists[1];
	} else {
		want->verdict.kind = is_node_port ? NFT_CHAIN_NODE_PORT : NFT_CHAIN_EXTERNAL;
	}
}

static uint8_t pick_of(uint8_t policy)
{
	switch ((enum k8snet_load_balancing)policy) {
	case K8SNET_LOAD_BALANCING_ROUND_ROBIN:
		return NFT_PICK_ROUND_ROBIN;
	case K8SNET_LOAD_BALANCING_SOURCE_HASH:
	case K8SNET_LOAD_BALANCING_CONSISTENT_HASH:
		return NFT_PICK_SOURCE_HASH;
	case K8SNET_LOAD_BALANCING_RANDOM:
	case K8SNET_LOAD_BALANCING_WEIGHTED:
		break;
	}
	return NFT_PICK_RANDOM;
}

/* The slots are the group's; the first list may be that of this node's alone. */
static void use_group(const struct job *job, struct frontend_want *want)
{
	bool is_local_only = want->backends[0] == &job->c->lists[1];

	want->verdict.affinity = job->service->spec.session_affinity;
	want->number = (uint32_t)job->group->key.port << 16;
	if (is_local_only)
		want->number |= NFT_AFFINITY_LOCAL << 16;
}

static struct frontend_want want_of(const struct job *job, const struct way_in *way)
{
	struct frontend_want want = {.has_ranges = way->has_ranges};

	if (way->frontend->type == K8SNET_FRONTEND_CLUSTER_IP)
		choose_inside(job, &want);
	else
		choose_outside(job, way->key.type == FRONTEND_NODE_PORT, &want);
	if (nft_chain_is_fixed(want.verdict.kind))
		return want;
	want.verdict.pick = pick_of(job->service->spec.load_balancing);
	want.verdict.n = (uint16_t)want.backends[0]->n_slots;
	want.verdict.l = want.backends[1] ? (uint16_t)want.backends[1]->n_slots : 0;
	if (job->group)
		use_group(job, &want);
	return want;
}

/* --- source ranges -------------------------------------------------------- */

static struct nft_element *use(struct compare *c, enum nft_map map, uint8_t family,
			       const uint8_t *address)
{
	struct nft_element *element = vec_push(&c->uses);

	if (!element) {
		compare_fail(c, -ENOMEM);
		return NULL;
	}
	memset(element, 0, sizeof(*element));
	element->family = family;
	element->map = (uint8_t)map;
	memcpy(element->address, address, family == 6 ? 16 : 4);
	return element;
}

/* The family's own, without those within others, which an interval set refuses. */
static bool is_range(const prefix_list *ranges, size_t index, uint8_t family)
{
	const struct k8snet_prefix *range = &ranges->items[index], *other;

	if (range->address.family != family)
		return false;
	vec_foreach (ranges, other)
		if (other->length < range->length &&
		    k8snet_prefix_has_address(other, &range->address))
			return false;
	return true;
}

static void use_range(const struct job *job, const struct frontend_key *key, const uint8_t *source,
		      uint8_t length)
{
	struct nft_element *e = use(job->c, NFT_SOURCE_RANGES, key->family, key->address);

	if (!e)
		return;
	e->protocol = key->protocol;
	e->port = key->port;
	e->prefix_length = length;
	memcpy(e->to_address, source, key->family == 6 ? 16 : 4);
}

static bool has_own_address(const struct compare *c, const struct k8snet_prefix *range)
{
	const struct k8snet_address *own =
		address_pair_find(&c->node->spec.addresses, range->address.family);

	return own && k8snet_prefix_has_address(range, own);
}

/* A node whose address is in a range may have the load balancer's address, too, and use
 * it as its source. */
static void use_own_vip(const struct job *job, const struct frontend_key *key)
{
	const prefix_list *ranges = &job->service->spec.source_ranges;
	struct k8snet_address vip = {.family = key->family};
	const struct k8snet_prefix *range;
	bool is_own = false;

	memcpy(vip.bytes, key->address, sizeof(vip.bytes));
	vec_foreach (ranges, range) {
		if (k8snet_prefix_has_address(range, &vip))
			return;
		is_own |= has_own_address(job->c, range);
	}
	if (is_own)
		use_range(job, key, key->address, key->family == 6 ? 128 : 32);
}

static void use_source_ranges(const struct job *job, const struct frontend_key *key)
{
	const prefix_list *ranges = &job->service->spec.source_ranges;
	struct nft_element *e;
	size_t i;

	e = use(job->c, NFT_SOURCE_RANGED, key->family, key->address);
	if (!e)
		return;
	e->protocol = key->protocol;
	e->port = key->port;
	for (i = 0; i < ranges->count; i++)
		if (is_range(ranges, i, key->family))
			use_range(job, key, ranges->items[i].address.bytes,
				  ranges->items[i].length);
	use_own_vip(job, key);
}

/* --- a port --------------------------------------------------------------- */

static void begin_port(const struct job *job, const struct service_port *port, uint8_t family)
{
	struct compare *c = job->c;
	const struct resolve_view view = {c->cluster, c->node, c->node_name};

	c->port = port;
	c->port_family = family;
	c->has_all = false;
	c->ways.count = 0;
	resolved_port_begin(&c->resolved, &view, &job->service->spec, job->slices, port, family);
}

static void want_list(struct compare *c, enum k8snet_backends which,
		      enum k8snet_load_balancing policy)
{
	struct backend_list *list = &c->lists[which];

	if (resolved_port_collect(&c->resolved, which) < 0)
		compare_fail(c, -ENOMEM);
	use_backends(list, &c->resolved.lists[which].set);
	if (share_slots(list, policy) < 0)
		compare_fail(c, -ENOMEM);
}

static void want_backends(struct compare *c, const struct service_spec *spec)
{
	want_list(c, K8SNET_BACKENDS_CLUSTER, spec->load_balancing);
	if (spec->external_traffic_policy == K8SNET_TRAFFIC_LOCAL ||
	    spec->internal_traffic_policy == K8SNET_TRAFFIC_LOCAL)
		want_list(c, K8SNET_BACKENDS_LOCAL, spec->load_balancing);
}

static void list_way(struct compare *c, const struct k8snet_resolved_frontend *frontend)
{
	struct way_in *way = vec_push(&c->ways);

	if (!way) {
		compare_fail(c, -ENOMEM);
		return;
	}
	way->frontend = frontend;
	way->has_ranges = resolved_frontend_has_ranges(frontend);
	way->key.family = c->port_family;
	way->key.protocol = c->port->protocol;
	way->key.port = frontend->number;
	if (frontend->type == K8SNET_FRONTEND_NODE_PORT)
		way->key.type = FRONTEND_NODE_PORT;
	else
		memcpy(way->key.address, frontend->address.bytes, sizeof(way->key.address));
}

static void list_ways(struct compare *c, const struct k8snet_address *cluster_ip)
{
	const struct k8snet_resolved_frontend *frontend;

	if (resolved_port_list_frontends(&c->resolved, cluster_ip) < 0)
		compare_fail(c, -ENOMEM);
	vec_foreach (&c->resolved.frontends, frontend)
		list_way(c, frontend);
}

static void want_way(struct job *job, const struct way_in *way)
{
	const struct frontend_want want = want_of(job, way);
	size_t i;

	if (!compare_frontend(job->c, job->change, &way->key, &want))
		return;
	if (way->has_ranges && way->frontend->type == K8SNET_FRONTEND_LOAD_BALANCER)
		use_source_ranges(job, &way->key);
	for (i = 0; i < 2; i++)
		if (want.backends[i])
			job->uses[want.backends[i] == &job->c->lists[1]] = true;
}

/* Which of its lists the frontends lead to is known when they are done. */
static void end_group(const struct job *job)
{
	struct backend_list *lists = job->c->lists;
	struct backend_list *const used[2] = {job->uses[0] ? &lists[0] : NULL,
					      job->uses[1] ? &lists[1] : NULL};

	if (job->group && !job->c->error)
		compare_group_end(job->c, job->group, used);
}

static void want_port(struct job *job, const struct service_port *port,
		      const struct k8snet_address *cluster_ip)
{
	const struct service_spec *spec = &job->service->spec;
	struct compare *c = job->c;
	const struct way_in *way;

	begin_port(job, port, cluster_ip->family);
	want_backends(c, spec);
	list_ways(c, cluster_ip);
	if (c->error)
		return;
	job->group = NULL;
	job->uses[0] = job->uses[1] = false;
	if (spec->session_affinity && c->lists[0].n_slots)
		job->group = compare_group(c, job->change, c->ways.items, c->ways.count);
	vec_foreach (&c->ways, way)
		want_way(job, way);
	end_group(job);
}

static void want_frontends(struct job *job)
{
	const struct service_spec *spec = &job->service->spec;
	const struct service_port *port;
	unsigned int i;

	if (resolve_reason(spec))
		return;
	for (i = 0; i < spec->cluster_ips.count; i++) {
		const struct k8snet_address *ip = &spec->cluster_ips.items[i];

		if (!job->c->has_family[family_index(ip->family)])
			continue;
		vec_foreach (&spec->ports, port)
			want_port(job, port, ip);
	}
}

/* --- elements of sets ----------------------------------------------------- */

/* Endpoints on this node may be sent back what they sent. */
static void use_locals(const struct job *job)
{
	const struct k8snet_endpointslice *slice = slice_first_served(job->slices);
	const struct endpoint *e;

	for (; slice; slice = slice_next_served(slice))
		if (job->c->has_family[family_index(slice->spec.family)])
			vec_foreach (&slice->spec.endpoints, e)
				if (endpoint_is_on(e, job->c->node_name))
					use(job->c, NFT_HAIRPIN, slice->spec.family, e->address);
}

static void use_cluster_ips(const struct job *job)
{
	const struct address_pair *ips = &job->service->spec.cluster_ips;
	unsigned int i;

	for (i = 0; i < ips->count; i++)
		if (job->c->has_family[family_index(ips->items[i].family)])
			use(job->c, NFT_CLUSTER_IPS, ips->items[i].family, ips->items[i].bytes);
}

static bool has_same_uses(const struct job *job)
{
	const struct frontend_service *there = job->change->there;
	size_t n = job->c->uses.count;

	return there && there->n_uses == n &&
	       (!n || !memcmp(there->uses, job->c->uses.items, n * sizeof(*there->uses)));
}

static void keep_uses(const struct job *job)
{
	size_t size = job->c->uses.count * sizeof(*job->change->uses);
	struct nft_element *uses = arena_alloc(&job->c->plan->arena, size);

	if (!uses) {
		compare_fail(job->c, -ENOMEM);
		return;
	}
	job->change->uses = memcpy(uses, job->c->uses.items, size);
	job->change->n_uses = job->c->uses.count;
}

/* What c->uses has becomes the service's. */
static void want_uses(const struct job *job)
{
	const struct frontend_service *there = job->change->there;
	struct compare *c = job->c;
	size_t i;

	if (job->change->first) {
		use_locals(job);
		use_cluster_ips(job);
	}
	job->change->has_new_uses = !has_same_uses(job);
	if (c->is_incremental && !job->change->has_new_uses)
		return;
	for (i = 0; c->is_incremental && there && i < there->n_uses; i++)
		compare_member(c, &there->uses[i], -1);
	for (i = 0; i < c->uses.count; i++)
		compare_member(c, &c->uses.items[i], 1);
	if (c->uses.count && job->change->has_new_uses)
		keep_uses(job);
}

/* --- a service ------------------------------------------------------------ */

static struct service_change *change_new(struct compare *c, const char *namespace_,
					 const char *name)
{
	struct service_change *change = arena_alloc(&c->plan->arena, sizeof(*change));

	if (change)
		change->name = arena_join(&c->plan->arena, "service ", namespace_, "/", name, NULL);
	if (!change || !change->name) {
		compare_fail(c, -ENOMEM);
		return NULL;
	}
	change->there = frontends_find_service(&c->state->frontends, change->name);
	change->next = c->plan->changes->services;
	c->plan->changes->services = change;
	return change;
}

/* What the service had is no longer wanted until it is wanted again. */
static void begin(const struct service_change *change)
{
	struct frontend *f;

	for (f = change->there ? change->there->first : NULL; f; f = f->next_of_service)
		f->is_wanted = false;
}

void want_service(struct compare *c, const char *namespace_, const char *name)
{
	struct job job = {.c = c};

	job.change = change_new(c, namespace_, name);
	if (!job.change)
		return;
	if (c->is_incremental)
		begin(job.change);
	job.service = k8snet_cluster_find_service(c->cluster, namespace_, name);
	job.slices = slice_group_find(c->cluster, namespace_, name);
	c->uses.count = 0;
	if (job.service && c->node)
		want_frontends(&job);
	want_uses(&job);
	if (c->is_incremental)
		compare_service_end(c, job.change);
}
