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
};

/* --- backends ------------------------------------------------------------- */

/* Which endpoints of a port. */
struct choice {
	const struct service_port *port;
	int family;
	bool is_local; /* of this node alone */
	/* those with a hint for it alone; NULL: all */
	const char *for_node, *for_zone;
};

static bool is_local(const struct compare *c, const struct endpoint *e)
{
	return e->node_name && !strcmp(e->node_name, c->node_name);
}

static bool is_usable(const struct endpoint *e, bool fallback)
{
	if (!fallback)
		return e->conditions & K8SNET_ENDPOINT_READY;
	return (e->conditions & K8SNET_ENDPOINT_SERVING) &&
	       (e->conditions & K8SNET_ENDPOINT_TERMINATING);
}

static bool is_hinted(const struct endpoint *e, const struct choice *choice)
{
	if (choice->for_node)
		return hints_have(e->node_hints, choice->for_node);
	return !choice->for_zone || hints_have(e->zone_hints, choice->for_zone);
}

static const struct service_port *port_of_slice(const struct k8snet_endpointslice *slice,
						const struct service_port *port)
{
	const struct service_port *p;

	vec_foreach (&slice->spec.ports, p)
		if (p->protocol == port->protocol && !strcmp(p->name, port->name))
			return p;
	return NULL;
}

static void add_backends_of(struct compare *c, const struct k8snet_endpointslice *slice,
			    uint16_t port, const struct choice *choice, bool fallback)
{
	const struct endpoint *e;
	struct backend *b;

	vec_foreach (&slice->spec.endpoints, e) {
		if (!is_usable(e, fallback) || (choice->is_local && !is_local(c, e)))
			continue;
		if (!fallback && !is_hinted(e, choice))
			continue;
		b = vec_push(&c->lists[choice->is_local].items);
		if (!b) {
			compare_fail(c, -ENOMEM);
			return;
		}
		b->port = port;
		memset(b->address, 0, sizeof(b->address));
		memcpy(b->address, e->address, slice->spec.family == 6 ? 16 : 4);
	}
}

static void collect(const struct job *job, const struct choice *choice, bool fallback)
{
	const struct k8snet_endpointslice *slice = job->slices ? job->slices->first : NULL;
	const struct service_port *p;

	for (; slice; slice = slice->group_next) {
		if (slice->spec.family != choice->family)
			continue;
		p = port_of_slice(slice, choice->port);
		if (p && p->port)
			add_backends_of(job->c, slice, p->port, choice, fallback);
	}
}

/* Those that are ready, or if there are none, those that still serve while they
 * terminate (KEP-1669); on this node and in the cluster each for itself. */
static void collect_backends(const struct job *job, const struct choice *choice)
{
	struct compare *c = job->c;
	struct backend_list *list = &c->lists[choice->is_local];

	list->items.count = 0;
	collect(job, choice, false);
	if (!list->items.count)
		collect(job, choice, true);
	if (list->items.count > UINT16_MAX)
		list->items.count = UINT16_MAX; /* a slot is 16 bits */
	if (index_backends(c, list) < 0)
		compare_fail(c, -ENOMEM);
}

/* All that serve, whichever of them get new connections. */
void want_serving(struct compare *c)
{
	const struct k8snet_endpointslice *slice = c->slices ? c->slices->first : NULL;
	const struct service_port *p;
	const struct endpoint *e;
	struct backend *b;

	c->serving.count = 0;
	for (; slice; slice = slice->group_next) {
		p = slice->spec.family == c->port_family ? port_of_slice(slice, c->port) : NULL;
		if (!p || !p->port)
			continue;
		vec_foreach (&slice->spec.endpoints, e) {
			if (!(e->conditions & (K8SNET_ENDPOINT_READY | K8SNET_ENDPOINT_SERVING)))
				continue;
			b = vec_push(&c->serving);
			if (!b) {
				compare_fail(c, -ENOMEM);
				return;
			}
			b->port = p->port;
			memcpy(b->address, e->address, slice->spec.family == 6 ? 16 : 4);
		}
	}
}

static void begin_port(const struct job *job, const struct service_port *port, uint8_t family)
{
	struct compare *c = job->c;

	c->port = port;
	c->slices = job->slices;
	c->port_family = family;
	c->has_serving = false;
}

static bool is_policy_local(const struct service_spec *spec)
{
	return spec->external_traffic_policy == K8SNET_TRAFFIC_LOCAL ||
	       spec->internal_traffic_policy == K8SNET_TRAFFIC_LOCAL;
}

/* What the ready endpoints of a port have hints for. */
struct hints {
	size_t n;
	bool all_have_nodes, all_have_zones;
	bool has_node, has_zone; /* the one that is planned, its zone */
};

static void look_at_hints(const struct compare *c, struct hints *hints, const struct endpoint *e)
{
	const char *zone = c->node->spec.zone;

	if (!(e->conditions & K8SNET_ENDPOINT_READY))
		return;
	hints->n++;
	hints->all_have_nodes &= e->node_hints != NULL;
	hints->all_have_zones &= e->zone_hints != NULL;
	hints->has_node |= hints_have(e->node_hints, c->node_name);
	hints->has_zone |= zone && hints_have(e->zone_hints, zone);
}

/* Nodes before zones, and neither unless all that are ready have hints. */
static void choose_topology(const struct job *job, struct choice *choice)
{
	const struct k8snet_endpointslice *slice = job->slices ? job->slices->first : NULL;
	struct hints hints = {.all_have_nodes = true, .all_have_zones = true};
	const struct service_port *p;
	const struct endpoint *e;

	for (; slice; slice = slice->group_next) {
		p = slice->spec.family == choice->family ? port_of_slice(slice, choice->port)
							 : NULL;
		if (!p || !p->port)
			continue;
		vec_foreach (&slice->spec.endpoints, e)
			look_at_hints(job->c, &hints, e);
	}
	if (!hints.n)
		return;
	if (hints.all_have_nodes && hints.has_node)
		choice->for_node = job->c->node_name;
	else if (hints.all_have_zones && hints.has_zone)
		choice->for_zone = job->c->node->spec.zone;
}

static void collect_lists(const struct job *job, const struct service_port *port, int family)
{
	struct choice choice = {.port = port, .family = family};

	choose_topology(job, &choice);
	collect_backends(job, &choice);
	choice = (struct choice){.port = port, .family = family, .is_local = true};
	if (is_policy_local(&job->service->spec))
		collect_backends(job, &choice);
}

/* --- frontends ------------------------------------------------------------ */

/* Of the addresses of the cluster. */
static struct frontend_want want_inside(const struct job *job)
{
	bool is_local_only = job->service->spec.internal_traffic_policy == K8SNET_TRAFFIC_LOCAL;
	struct backend_list *lists = job->c->lists;
	struct frontend_want want = {.kind = NFT_CHAIN_CLUSTER};

	want.backends[0] = &lists[is_local_only];
	if (!lists[0].items.count)
		want.kind = NFT_CHAIN_NO_ENDPOINTS;
	else if (!want.backends[0]->items.count)
		want.kind = NFT_CHAIN_NO_LOCAL_ENDPOINTS;
	return want;
}

/* Of the ways in from outside, by address or by node port. */
static struct frontend_want want_outside(const struct job *job, bool is_node_port)
{
	bool is_policy = job->service->spec.external_traffic_policy == K8SNET_TRAFFIC_LOCAL;
	struct backend_list *lists = job->c->lists;
	struct frontend_want want = {.backends = {&lists[0]}};

	if (!lists[0].items.count) {
		want.kind = NFT_CHAIN_NO_ENDPOINTS;
	} else if (is_policy) {
		want.kind = is_node_port ? NFT_CHAIN_NODE_PORT_LOCAL : NFT_CHAIN_EXTERNAL_LOCAL;
		want.backends[1] = &lists[1];
	} else {
		want.kind = is_node_port ? NFT_CHAIN_NODE_PORT : NFT_CHAIN_EXTERNAL;
	}
	return want;
}

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

/* Ranges of one family do not concern the other. */
static bool has_range_of(const prefix_list *ranges, uint8_t family)
{
	const struct k8snet_prefix *range;

	vec_foreach (ranges, range)
		if (range->address.family == family)
			return true;
	return false;
}

static void use_source_ranges(const struct job *job, const struct frontend_key *key)
{
	const prefix_list *ranges = &job->service->spec.source_ranges;
	struct nft_element *e;
	size_t i;

	if (!has_range_of(ranges, key->family))
		return;
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

static void want_vip(const struct job *job, const struct service_port *port,
		     const struct k8snet_address *vip, const struct frontend_want *want,
		     bool has_ranges)
{
	struct frontend_key key = {
		.family = vip->family, .protocol = port->protocol, .port = port->port};

	memcpy(key.address, vip->bytes, sizeof(key.address));
	if (compare_frontend(job->c, job->change, &key, want) && has_ranges)
		use_source_ranges(job, &key);
}

static void want_vips(const struct job *job, const struct service_port *port, int family,
		      const address_list *vips, bool has_ranges)
{
	const struct frontend_want want = want_outside(job, false);
	const struct k8snet_address *vip;

	vec_foreach (vips, vip)
		if (vip->family == family)
			want_vip(job, port, vip, &want, has_ranges);
}

static void want_node_port(const struct job *job, const struct service_port *port, uint8_t family)
{
	const struct frontend_want want = want_outside(job, true);
	const struct frontend_key key = {.family = family,
					 .is_node_port = true,
					 .protocol = port->protocol,
					 .port = port->node_port};

	compare_frontend(job->c, job->change, &key, &want);
}

static void want_port(const struct job *job, const struct service_port *port,
		      const struct k8snet_address *cluster_ip)
{
	const struct service_spec *spec = &job->service->spec;
	struct frontend_want inside;

	begin_port(job, port, cluster_ip->family);
	collect_lists(job, port, cluster_ip->family);
	if (job->c->error)
		return;
	inside = want_inside(job);
	want_vip(job, port, cluster_ip, &inside, false);
	want_vips(job, port, cluster_ip->family, &spec->external_ips, false);
	if (spec->type == K8SNET_SERVICE_LOAD_BALANCER)
		want_vips(job, port, cluster_ip->family, &spec->load_balancer_ips, true);
	if (port->node_port && spec->type != K8SNET_SERVICE_CLUSTER_IP)
		want_node_port(job, port, cluster_ip->family);
}

static void want_frontends(const struct job *job)
{
	const struct service_spec *spec = &job->service->spec;
	const struct service_port *port;
	unsigned int i;

	if (spec->type == K8SNET_SERVICE_EXTERNAL_NAME || spec->proxy_name)
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
	const struct k8snet_endpointslice *slice = job->slices ? job->slices->first : NULL;
	const struct endpoint *e;

	for (; slice; slice = slice->group_next)
		if (job->c->has_family[family_index(slice->spec.family)])
			vec_foreach (&slice->spec.endpoints, e)
				if (is_local(job->c, e))
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

/* What c->uses has becomes the service's. */
static void want_uses(const struct job *job)
{
	struct compare *c = job->c;
	struct nft_element *uses;
	size_t i;

	if (!job->change->first)
		return;
	use_locals(job);
	use_cluster_ips(job);
	uses = c->uses.count ? arena_alloc(&c->plan->arena, c->uses.count * sizeof(*uses)) : NULL;
	if (!uses || c->error) {
		if (c->uses.count)
			compare_fail(c, -ENOMEM);
		return;
	}
	memcpy(uses, c->uses.items, c->uses.count * sizeof(*uses));
	for (i = 0; i < c->uses.count; i++)
		compare_member(c, &uses[i], 1);
	job->change->uses = uses;
	job->change->n_uses = c->uses.count;
}

/* --- a service ------------------------------------------------------------ */

static struct service_change *change_new(struct compare *c, const char *namespace_,
					 const char *name)
{
	struct service_change *change = arena_alloc(&c->plan->arena, sizeof(*change));

	if (change)
		change->name = arena_printf(&c->plan->arena, "service %s/%s", namespace_, name);
	if (!change || !change->name) {
		compare_fail(c, -ENOMEM);
		return NULL;
	}
	change->next = c->plan->changes->services;
	c->plan->changes->services = change;
	return change;
}

/* What the service had is no longer wanted until it is wanted again. */
static void begin(struct compare *c, const struct service_change *change)
{
	struct frontend_service *s = frontends_find_service(&c->state->frontends, change->name);
	struct frontend *f;
	size_t i;

	for (f = s ? s->first : NULL; f; f = f->next_of_service)
		f->is_wanted = false;
	for (i = 0; s && i < s->n_uses; i++)
		compare_member(c, &s->uses[i], -1);
}

void want_service(struct compare *c, const char *namespace_, const char *name)
{
	struct job job = {.c = c};

	job.change = change_new(c, namespace_, name);
	if (!job.change)
		return;
	if (c->is_incremental)
		begin(c, job.change);
	job.service = k8snet_cluster_find_service(c->cluster, namespace_, name);
	job.slices = slice_group_find(c->cluster, namespace_, name);
	if (job.service && c->node) {
		c->uses.count = 0;
		want_frontends(&job);
		want_uses(&job);
	}
	if (c->is_incremental)
		compare_service_end(c, job.change);
}
