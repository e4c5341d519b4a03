/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Connection tracking entries that lead where nothing is any more. A connection
 * is translated once, by its first packet; a UDP client that goes on from one
 * port keeps its entry alive, and its backend, for ever. TCP finds out by itself,
 * unless its connections are to be reset, SCTP too.
 */
#include "plan/compare.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct stale_job {
	struct compare *c;
	const struct frontend_key *key;
	enum k8snet_layer layer;
	const char *object;
};

static int compare_backends(const void *a, const void *b)
{
	return backend_compare(a, b);
}

/* Traffic policies, topology, an end that has begun: a backend that serves keeps
 * the connections that it has. */
static bool is_serving(struct compare *c, const struct backend *b)
{
	const struct resolved_list *all = &c->resolved.lists[K8SNET_BACKENDS_ALL];
	uint32_t place;

	if (!c->port)
		return false;
	if (!c->has_all && resolved_port_collect(&c->resolved, K8SNET_BACKENDS_ALL) < 0)
		compare_fail(c, -ENOMEM);
	c->has_all = true;
	place = backend_set_find(&all->set, b);
	return place != NO_INDEX && all->details.items[place].endpoint->conditions &
					    (K8SNET_ENDPOINT_READY | K8SNET_ENDPOINT_SERVING);
}

/* --- operations ----------------------------------------------------------- */

/* To reset connections takes the chains that do it. */
static bool is_followed(const struct compare *c, uint8_t family, uint8_t protocol)
{
	if (protocol == K8SNET_PROTOCOL_TCP)
		return c->cluster->settings.reset_connections &&
		       compare_wants_table(c, family_index(family));
	return protocol == K8SNET_PROTOCOL_UDP;
}

static void stale_op(struct compare *c, enum k8snet_layer layer, const char *object,
		     const struct conntrack *stale)
{
	enum op_verb verb = stale->protocol == K8SNET_PROTOCOL_TCP ? OP_SET : OP_DELETE;
	struct k8snet_op *op = compare_op(c, &c->stale, verb, OP_CONNTRACK, layer, object);

	if (op)
		op->conntrack = *stale;
}

/* NULL: what was not translated. */
static void delete_at(const struct stale_job *job, const uint8_t *address,
		      const struct backend *backend)
{
	struct conntrack stale = {.family = job->key->family,
				  .protocol = job->key->protocol,
				  .port = job->key->port,
				  .to_port = backend ? backend->port : job->key->port};

	memcpy(stale.address, address, sizeof(stale.address));
	memcpy(stale.to_address, backend ? backend->address : address, sizeof(stale.to_address));
	stale_op(job->c, job->layer, job->object, &stale);
}

static void delete_entries(const struct stale_job *job, const struct backend *backend)
{
	const struct k8snet_node *node = job->c->node;
	unsigned int i;

	if (job->key->type != FRONTEND_NODE_PORT) {
		delete_at(job, job->key->address, backend);
		return;
	}
	for (i = 0; node && i < node->spec.addresses.count; i++)
		if (node->spec.addresses.items[i].family == job->key->family)
			delete_at(job, node->spec.addresses.items[i].bytes, backend);
}

/* --- backends ------------------------------------------------------------- */

static void add_left(struct compare *c, const struct backend *backend)
{
	struct backend *left = vec_push(&c->left);

	if (left)
		*left = *backend;
	else
		compare_fail(c, -ENOMEM);
}

static void add_left_slots(struct compare *c, const struct frontend_slots *slots)
{
	struct backend backend;
	uint32_t i;

	for (i = 0; slots && i < slots->count; i++)
		if (slots_get(slots, i, &backend))
			add_left(c, &backend);
}

static void add_left_endpoints(struct compare *c, const struct group_endpoints *endpoints)
{
	uint32_t i;

	for (i = 0; endpoints && i < endpoints->count; i++)
		add_left(c, &endpoints->items[i].backend);
}

/* Fill c->left with all that a frontend had, each once. */
static void collect_left(struct compare *c, const struct frontend *there)
{
	const struct frontend *group = frontends_find_group(&c->state->frontends, there);
	struct backend *items;
	size_t i, n = 0;

	c->left.count = 0;
	for (i = 0; i < 2; i++) {
		add_left_slots(c, there->slots[i]);
		if (group)
			add_left_endpoints(c, group->endpoints[i]);
	}
	add_left_slots(c, there->leaving);
	items = c->left.items;
	if (c->left.count)
		qsort(items, c->left.count, sizeof(*items), compare_backends);
	for (i = 0; i < c->left.count; i++)
		if (!n || compare_backends(&items[n - 1], &items[i]))
			items[n++] = items[i];
	c->left.count = n;
}

/* What has left and serves is kept in `leaving`, the rest is cut off. */
static void sort_out(const struct stale_job *job, const struct frontend_want *want,
		     struct frontend_slots *leaving)
{
	const struct backend *backend;

	vec_foreach (&job->c->left, backend) {
		if (has_backend(want, backend))
			continue;
		if (is_serving(job->c, backend)) {
			leaving->count++;
			slots_set(leaving, leaving->count - 1, backend);
		} else {
			delete_entries(job, backend);
		}
	}
}

static void compare_left(const struct stale_job *job, struct frontend_change *change,
			 const struct frontend_want *want)
{
	struct frontend_slots *leaving = slots_new(job->key, (uint32_t)job->c->left.count);

	if (!leaving) {
		compare_fail(job->c, -ENOMEM);
		return;
	}
	leaving->count = 0;
	sort_out(job, want, leaving);
	if (leaving->count)
		change->leaving = leaving;
	else
		free(leaving);
	change->has_new_leaving = true;
}

void compare_conntrack(struct compare *c, struct frontend_change *change,
		       const struct frontend *there, const struct frontend_want *want,
		       enum k8snet_layer layer)
{
	const struct stale_job job = {c, &change->key, layer, change->service->name};
	bool had_any = there && (there->slots[0] || there->slots[1] || there->has_number);
	/* What a group had is looked at each time. */
	bool differs = change->has_new_slots[0] || change->has_new_slots[1] || change->number ||
		       (there && there->has_number);

	if (!is_followed(c, change->key.family, change->key.protocol))
		return;
	/* TCP would have been answered, and has no such entries. */
	if (change->key.protocol == K8SNET_PROTOCOL_UDP && !had_any &&
	    (change->verdict.n || change->verdict.l))
		delete_entries(&job, NULL);
	if (!(had_any && differs) && !(there && there->leaving))
		return;
	collect_left(c, there);
	compare_left(&job, change, want);
}

void compare_conntrack_gone(struct compare *c, const struct frontend *f, enum k8snet_layer layer,
			    const char *object)
{
	const struct stale_job job = {c, &f->key, layer, object};
	const struct backend *backend;

	if (!is_followed(c, f->key.family, f->key.protocol))
		return;
	collect_left(c, f);
	vec_foreach (&c->left, backend)
		delete_entries(&job, backend);
}

void compare_conntrack_again(struct compare *c)
{
	const struct conntrack *stale;

	vec_foreach (&c->state->stale, stale)
		if (is_followed(c, stale->family, stale->protocol))
			stale_op(c, K8SNET_LAYER_SERVICE, c->node_object, stale);
}

/* --- afterwards ----------------------------------------------------------- */

int commit_stale(const struct k8snet_plan *plan, struct state *state)
{
	const struct k8snet_op *op;
	struct conntrack *stale;

	state->stale.count = 0;
	vec_foreach (&plan->ops, op) {
		if (op->target != OP_CONNTRACK || op->status == K8SNET_OP_DONE)
			continue;
		stale = vec_push(&state->stale);
		if (!stale)
			return -ENOMEM;
		*stale = op->conntrack;
	}
	return 0;
}
