/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Which endpoints of a service's port get its traffic. */
#include <errno.h>
#include <string.h>

#include "model/slice.h"
#include "resolve/resolve.h"

/* Which endpoints of the port at hand. */
struct choice {
	bool (*is_usable)(const struct endpoint *e);
	bool is_local; /* of the node alone */
	/* those with a hint for it alone; NULL: all */
	const char *for_node, *for_zone;
};

bool endpoint_is_on(const struct endpoint *e, const char *node_name)
{
	return e->node_name && node_name && !strcmp(e->node_name, node_name);
}

bool endpoint_is_ready(const struct endpoint *e)
{
	return e->conditions & K8SNET_ENDPOINT_READY && e->weight;
}

bool endpoint_is_last_resort(const struct endpoint *e)
{
	return e->weight && e->conditions & K8SNET_ENDPOINT_SERVING &&
	       e->conditions & K8SNET_ENDPOINT_TERMINATING;
}

/* For the list of all: the best of several with one address comes first. */
static bool has_ready(const struct endpoint *e)
{
	return e->conditions & K8SNET_ENDPOINT_READY;
}

static bool only_serves(const struct endpoint *e)
{
	return !has_ready(e) && e->conditions & K8SNET_ENDPOINT_SERVING;
}

static bool does_nothing(const struct endpoint *e)
{
	return !(e->conditions & (K8SNET_ENDPOINT_READY | K8SNET_ENDPOINT_SERVING));
}

static bool is_hinted(const struct endpoint *e, const struct choice *choice)
{
	if (choice->for_node)
		return hints_have(e->node_hints, choice->for_node);
	return !choice->for_zone || hints_have(e->zone_hints, choice->for_zone);
}

const struct k8snet_endpointslice *resolved_port_first_slice(const struct k8snet_resolved_port *p)
{
	if (p->spec->cluster_ips.count)
		return slice_first_served(p->slices);
	return p->slices ? p->slices->first : NULL;
}

const struct k8snet_endpointslice *resolved_port_next_slice(const struct k8snet_resolved_port *p,
							    const struct k8snet_endpointslice *prev)
{
	return p->spec->cluster_ips.count ? slice_next_served(prev) : prev->group_next;
}

const struct service_port *port_of_slice(const struct k8snet_resolved_port *p,
					 const struct k8snet_endpointslice *slice)
{
	static const struct service_port any = {.name = ""};
	const struct service_port *port;

	if (slice->spec.family != p->family)
		return NULL;
	if (!p->port)
		return &any;
	vec_foreach (&slice->spec.ports, port)
		if (port->protocol == p->port->protocol && !strcmp(port->name, p->port->name))
			return port->port ? port : NULL;
	return NULL;
}

static bool is_chosen(const struct k8snet_resolved_port *p, const struct endpoint *e,
		      const struct choice *choice)
{
	return choice->is_usable(e) &&
	       (!choice->is_local || endpoint_is_on(e, p->view.node_name)) && is_hinted(e, choice);
}

static int collect_slice(const struct k8snet_resolved_port *p, struct resolved_list *list,
			 const struct k8snet_endpointslice *slice, uint16_t port,
			 const struct choice *choice)
{
	size_t n = slice->spec.endpoints.count;
	struct k8snet_backend *detail;
	const struct endpoint *e;
	struct backend *b;

	if (vec_reserve(&list->set.items, n) < 0 || vec_reserve(&list->details, n) < 0)
		return -ENOMEM;
	vec_foreach (&slice->spec.endpoints, e) {
		if (!is_chosen(p, e, choice))
			continue;
		b = vec_push(&list->set.items);
		b->port = port;
		b->weight = e->weight;
		memcpy(b->address, e->address, slice->spec.family == 6 ? 16 : 4);
		detail = vec_push(&list->details);
		*detail = (struct k8snet_backend){
			.endpoint = e,
			.port = port,
			.family = slice->spec.family,
			.is_local = choice->is_local || endpoint_is_on(e, p->view.node_name),
		};
	}
	return 0;
}

static int collect(const struct k8snet_resolved_port *p, struct resolved_list *list,
		   const struct choice *choice)
{
	const struct k8snet_endpointslice *slice = resolved_port_first_slice(p);
	const struct service_port *port;
	int r = 0;

	for (; slice && r == 0; slice = resolved_port_next_slice(p, slice)) {
		port = port_of_slice(p, slice);
		if (port)
			r = collect_slice(p, list, slice, port->port, choice);
	}
	return r;
}

static int collect_all(const struct k8snet_resolved_port *p, struct resolved_list *list)
{
	static const struct choice all[] = {
		{.is_usable = has_ready}, {.is_usable = only_serves}, {.is_usable = does_nothing}};
	size_t i;
	int r = 0;

	for (i = 0; i < 3 && r == 0; i++)
		r = collect(p, list, &all[i]);
	return r;
}

/* Those that are ready, or if there are none, those that still serve while they
 * terminate (KEP-1669); on this node and in the cluster each for itself. */
static int collect_usable(const struct k8snet_resolved_port *p, struct resolved_list *list,
			  struct choice choice)
{
	int r;

	choice.is_usable = endpoint_is_ready;
	r = collect(p, list, &choice);
	if (r < 0 || list->set.items.count)
		return r;
	choice = (struct choice){.is_usable = endpoint_is_last_resort, .is_local = choice.is_local};
	r = collect(p, list, &choice);
	list->is_terminating = list->set.items.count > 0;
	return r;
}

/* --- topology ------------------------------------------------------------- */

/* What the ready endpoints of a port have hints for. */
struct hints {
	size_t n;
	bool all_have_nodes, all_have_zones;
	bool has_node, has_zone; /* the one at hand, its zone */
};

static const char *zone_of(const struct resolve_view *view)
{
	return view->node ? view->node->spec.zone : NULL;
}

static void look_at_hints(const struct resolve_view *view, struct hints *hints,
			  const struct endpoint *e)
{
	const char *zone = zone_of(view);

	if (!endpoint_is_ready(e))
		return;
	hints->n++;
	hints->all_have_nodes &= e->node_hints != NULL;
	hints->all_have_zones &= e->zone_hints != NULL;
	hints->has_node |= view->node_name && hints_have(e->node_hints, view->node_name);
	hints->has_zone |= zone && hints_have(e->zone_hints, zone);
}

/* Nodes before zones, and neither unless all that are ready have hints. */
static enum k8snet_topology choose_topology(const struct k8snet_resolved_port *p)
{
	const struct k8snet_endpointslice *slice = resolved_port_first_slice(p);
	struct hints hints = {.all_have_nodes = true, .all_have_zones = true};
	const struct endpoint *e;

	for (; slice; slice = resolved_port_next_slice(p, slice))
		if (port_of_slice(p, slice))
			vec_foreach (&slice->spec.endpoints, e)
				look_at_hints(&p->view, &hints, e);
	if (hints.n && hints.all_have_nodes && hints.has_node)
		return K8SNET_TOPOLOGY_SAME_NODE;
	if (hints.n && hints.all_have_zones && hints.has_zone)
		return K8SNET_TOPOLOGY_SAME_ZONE;
	return K8SNET_TOPOLOGY_ANY;
}

static struct choice choice_of(struct k8snet_resolved_port *p, enum k8snet_backends which)
{
	struct choice choice = {.is_local = which == K8SNET_BACKENDS_LOCAL};

	if (choice.is_local)
		return choice;
	p->topology = choose_topology(p);
	if (p->topology == K8SNET_TOPOLOGY_SAME_NODE)
		choice.for_node = p->view.node_name;
	if (p->topology == K8SNET_TOPOLOGY_SAME_ZONE)
		choice.for_zone = zone_of(&p->view);
	return choice;
}

/* --- a list --------------------------------------------------------------- */

static int index_list(struct resolved_list *list)
{
	size_t i, n = 0;

	if (backend_set_begin(&list->set) < 0)
		return -ENOMEM;
	for (i = 0; i < list->set.items.count; i++)
		if (backend_set_enter(&list->set, i, n))
			list->details.items[n++] = list->details.items[i];
	list->set.items.count = list->details.count = n;
	return 0;
}

static void empty_list(struct resolved_list *list)
{
	list->set.items.count = list->set.index.count = list->details.count = 0;
	list->is_terminating = false;
}

int resolved_port_collect(struct k8snet_resolved_port *p, enum k8snet_backends which)
{
	struct resolved_list *list = &p->lists[which];
	int r;

	empty_list(list);
	if (which == K8SNET_BACKENDS_ALL)
		r = collect_all(p, list);
	else
		r = collect_usable(p, list, choice_of(p, which));
	if (r == 0)
		r = index_list(list);
	if (r < 0)
		empty_list(list);
	return r;
}

void resolved_port_begin(struct k8snet_resolved_port *p, const struct resolve_view *view,
			 const struct service_spec *spec, const struct slice_group *slices,
			 const struct service_port *port, uint8_t family)
{
	size_t i;

	p->view = *view;
	p->spec = spec;
	p->slices = slices;
	p->port = port;
	p->family = family;
	p->topology = K8SNET_TOPOLOGY_ANY;
	p->frontends.count = 0;
	for (i = 0; i < N_BACKEND_LISTS; i++) {
		empty_list(&p->lists[i]);
		/* Addresses come from outside: the key of the cluster's tables is random. */
		memcpy(p->lists[i].set.key, view->cluster->slices_by_service.key,
		       sizeof(p->lists[i].set.key));
	}
}

void resolved_port_done(struct k8snet_resolved_port *p)
{
	size_t i;

	for (i = 0; i < N_BACKEND_LISTS; i++) {
		backend_set_done(&p->lists[i].set);
		vec_done(&p->lists[i].details);
	}
	vec_done(&p->frontends);
}
