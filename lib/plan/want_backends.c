/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Which endpoints of a service's port get its traffic. */
#include "model/slice.h"
#include "plan/compare.h"

#include <errno.h>
#include <string.h>

/* Slots, and numbers of endpoints, are 16 bits. */
#define MAX_BACKENDS 65534

/* Which endpoints of the port at hand. */
struct choice {
	bool is_local; /* of this node alone */
	/* those with a hint for it alone; NULL: all */
	const char *for_node, *for_zone;
};

bool is_on_node(const struct compare *c, const struct endpoint *e)
{
	return e->node_name && !strcmp(e->node_name, c->node_name);
}

/* One that is drained is as one that is not ready, to new connections. */
static bool is_ready(const struct endpoint *e)
{
	return e->conditions & K8SNET_ENDPOINT_READY && e->weight;
}

static bool is_usable(const struct endpoint *e, bool fallback)
{
	if (!fallback)
		return is_ready(e);
	return e->weight && (e->conditions & K8SNET_ENDPOINT_SERVING) &&
	       (e->conditions & K8SNET_ENDPOINT_TERMINATING);
}

static bool is_hinted(const struct endpoint *e, const struct choice *choice)
{
	if (choice->for_node)
		return hints_have(e->node_hints, choice->for_node);
	return !choice->for_zone || hints_have(e->zone_hints, choice->for_zone);
}

/* The port of the slice that is the one at hand; NULL: the slice has none. */
static const struct service_port *port_of_slice(const struct compare *c,
						const struct k8snet_endpointslice *slice)
{
	const struct service_port *p;

	if (slice->spec.family != c->port_family)
		return NULL;
	vec_foreach (&slice->spec.ports, p)
		if (p->protocol == c->port->protocol && !strcmp(p->name, c->port->name))
			return p->port ? p : NULL;
	return NULL;
}

static const struct k8snet_endpointslice *first_slice(const struct compare *c)
{
	return slice_first_served(c->slices);
}

static void add_backends_of(struct compare *c, const struct k8snet_endpointslice *slice,
			    uint16_t port, const struct choice *choice, bool fallback)
{
	const struct endpoint *e;
	struct backend *b;

	if (vec_reserve(&c->lists[choice->is_local].items, slice->spec.endpoints.count) < 0) {
		compare_fail(c, -ENOMEM);
		return;
	}
	vec_foreach (&slice->spec.endpoints, e) {
		if (!is_usable(e, fallback) || (choice->is_local && !is_on_node(c, e)))
			continue;
		if (!fallback && !is_hinted(e, choice))
			continue;
		b = vec_push(&c->lists[choice->is_local].items);
		b->port = port;
		b->weight = e->weight;
		memcpy(b->address, e->address, slice->spec.family == 6 ? 16 : 4);
	}
}

static void collect(struct compare *c, const struct choice *choice, bool fallback)
{
	const struct k8snet_endpointslice *slice = first_slice(c);
	const struct service_port *p;

	for (; slice; slice = slice_next_served(slice)) {
		p = port_of_slice(c, slice);
		if (p)
			add_backends_of(c, slice, p->port, choice, fallback);
	}
}

/* Those that are ready, or if there are none, those that still serve while they
 * terminate (KEP-1669); on this node and in the cluster each for itself. */
static void collect_backends(struct compare *c, const struct choice *choice,
			     enum k8snet_load_balancing policy)
{
	struct backend_list *list = &c->lists[choice->is_local];

	list->items.count = 0;
	collect(c, choice, false);
	if (!list->items.count)
		collect(c, choice, true);
	if (list->items.count > MAX_BACKENDS)
		list->items.count = MAX_BACKENDS;
	if (index_backends(c, list) < 0 || share_slots(list, policy) < 0)
		compare_fail(c, -ENOMEM);
}

/* --- topology ------------------------------------------------------------- */

/* What the ready endpoints of a port have hints for. */
struct hints {
	size_t n;
	bool all_have_nodes, all_have_zones;
	bool has_node, has_zone; /* the one that is planned, its zone */
};

static void look_at_hints(const struct compare *c, struct hints *hints, const struct endpoint *e)
{
	const char *zone = c->node->spec.zone;

	if (!is_ready(e))
		return;
	hints->n++;
	hints->all_have_nodes &= e->node_hints != NULL;
	hints->all_have_zones &= e->zone_hints != NULL;
	hints->has_node |= hints_have(e->node_hints, c->node_name);
	hints->has_zone |= zone && hints_have(e->zone_hints, zone);
}

/* Nodes before zones, and neither unless all that are ready have hints. */
static void choose_topology(const struct compare *c, struct choice *choice)
{
	const struct k8snet_endpointslice *slice = first_slice(c);
	struct hints hints = {.all_have_nodes = true, .all_have_zones = true};
	const struct endpoint *e;

	for (; slice; slice = slice_next_served(slice))
		if (port_of_slice(c, slice))
			vec_foreach (&slice->spec.endpoints, e)
				look_at_hints(c, &hints, e);
	if (!hints.n)
		return;
	if (hints.all_have_nodes && hints.has_node)
		choice->for_node = c->node_name;
	else if (hints.all_have_zones && hints.has_zone)
		choice->for_zone = c->node->spec.zone;
}

/* --- the lists ------------------------------------------------------------ */

static bool is_policy_local(const struct service_spec *spec)
{
	return spec->external_traffic_policy == K8SNET_TRAFFIC_LOCAL ||
	       spec->internal_traffic_policy == K8SNET_TRAFFIC_LOCAL;
}

void want_backends(struct compare *c, const struct service_spec *spec)
{
	struct choice choice = {0};

	choose_topology(c, &choice);
	collect_backends(c, &choice, spec->load_balancing);
	choice = (struct choice){.is_local = true};
	if (is_policy_local(spec))
		collect_backends(c, &choice, spec->load_balancing);
}

/* All that serve, whichever of them get new connections. */
void want_serving(struct compare *c)
{
	const struct k8snet_endpointslice *slice = first_slice(c);
	const struct service_port *p;
	const struct endpoint *e;
	struct backend *b;

	c->serving.count = 0;
	for (; slice; slice = slice_next_served(slice)) {
		p = port_of_slice(c, slice);
		if (!p)
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
