/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The tables of services read back as objects. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/context.h"
#include "kernel/kernel.h"
#include "kernel/table.h"
#include "kernel/table_hits.h"
#include "resolve/maglev.h"

static int compare(const void *a, const void *b)
{
	const struct frontend_key *x = &((const struct k8snet_frontend *)a)->frontend->key;
	const struct frontend_key *y = &((const struct k8snet_frontend *)b)->frontend->key;
	int order;

	if (x->family != y->family)
		return x->family - y->family;
	if (x->type != y->type)
		return x->type - y->type;
	order = memcmp(x->address, y->address, sizeof(x->address));
	if (order)
		return order;
	return x->port != y->port ? x->port - y->port : x->protocol - y->protocol;
}

static const struct nft_verdict *get_verdict(const struct k8snet_frontend *frontend)
{
	return frontend_get_verdict(frontend->frontend);
}

/* --- backends ------------------------------------------------------------- */

static int compare_backends(const void *a, const void *b)
{
	const struct table_backend *x = a, *y = b;
	int order = x->is_local - y->is_local;

	if (!order)
		order = memcmp(&x->backend, &y->backend, BACKEND_SIZE);
	return order ? order : (x->first > y->first) - (x->first < y->first);
}

static int compare_slots(const void *a, const void *b)
{
	const struct table_backend *x = a, *y = b;

	if (x->is_local != y->is_local)
		return x->is_local - y->is_local;
	return (x->first > y->first) - (x->first < y->first);
}

void table_get_slot(const struct frontend *f, const struct frontend *group, bool is_local,
		    uint32_t slot, struct backend *backend)
{
	const struct group_endpoint *e;
	bool is_local_group = is_local || f->number >> 16 & NFT_AFFINITY_LOCAL;

	if (!frontend_get_verdict(f)->affinity) {
		slots_get(f->slots[is_local], slot, backend);
		return;
	}
	memset(backend, 0, sizeof(*backend));
	if (!group || !slots_get(group->slots[is_local_group], slot, backend))
		return;
	e = group_endpoints_find(group->endpoints[is_local_group], backend->port);
	if (e)
		*backend = e->backend;
	else
		memset(backend, 0, sizeof(*backend));
}

/* Each slot is one first; those of one backend are brought together. */
static size_t merge(struct table_backend *backends, size_t count)
{
	size_t i, n = 0;

	qsort(backends, count, sizeof(*backends), compare_backends);
	for (i = 0; i < count; i++) {
		struct table_backend *last = n ? &backends[n - 1] : NULL;

		if (last && backends[i].backend.port && last->is_local == backends[i].is_local &&
		    !memcmp(&last->backend, &backends[i].backend, BACKEND_SIZE)) {
			last->n_slots++;
			last->hits += backends[i].hits;
		} else
			backends[n++] = backends[i];
	}
	qsort(backends, n, sizeof(*backends), compare_slots);
	return n;
}

static int list_backends(const struct k8snet_table *table, struct k8snet_frontend *added)
{
	const struct frontend *f = added->frontend;
	const struct frontend *group = frontends_find_group(&table->state.frontends, f);
	const struct nft_verdict *verdict = frontend_get_verdict(f);
	size_t count = (size_t)verdict->n + verdict->l, i;

	if (!count || k8snet_frontend_get_action(added) != K8SNET_FRONTEND_BALANCE)
		return 0;
	added->backends = calloc(count, sizeof(*added->backends));
	if (!added->backends)
		return -ENOMEM;
	for (i = 0; i < count; i++) {
		struct table_backend *b = &added->backends[i];

		b->is_local = i >= verdict->n;
		b->first = (uint32_t)(b->is_local ? i - verdict->n : i);
		b->n_slots = 1;
		table_get_slot(f, group, b->is_local, b->first, &b->backend);
		b->hits = hits_of_slot(&table->state, f, b->is_local, b->first);
	}
	added->n_backends = merge(added->backends, count);
	for (i = 0; frontend_get_verdict(f)->affinity && group && i < added->n_backends; i++) {
		struct table_backend *b = &added->backends[i];

		b->hits = hits_of_affinity_slot(&table->state, f, group, b->is_local, b->first);
	}
	return 0;
}

/* --- reading -------------------------------------------------------------- */

static int add(struct k8snet_table *table, const struct frontend *f)
{
	struct k8snet_frontend *added = &table->frontends[table->count++];

	added->table = table;
	added->frontend = f;
	added->hits = hits_of_frontend(&table->state, f);
	if (f->key.type == FRONTEND_VIP) {
		added->address.family = f->key.family;
		memcpy(added->address.bytes, f->key.address, sizeof(added->address.bytes));
	}
	return list_backends(table, added);
}

static int fill(struct k8snet_table *table)
{
	const struct hash *all = &table->state.frontends.by_key;
	struct hash_node *node;

	if (!all->count)
		return 0;
	table->frontends = calloc(all->count, sizeof(*table->frontends));
	if (!table->frontends)
		return -ENOMEM;
	hash_foreach (all, node) {
		const struct frontend *f = container_of(node, struct frontend, node);

		/* Slots that nothing leads to are no way in. */
		if (frontend_get_verdict(f) && add(table, f) < 0)
			return -ENOMEM;
	}
	qsort(table->frontends, table->count, sizeof(*table->frontends), compare);
	return 0;
}

K8SNET_EXPORT int k8snet_table_read(struct k8snet_table **out, struct k8snet_kernel *kernel)
{
	const struct observe_request request = {.services_only = true, .hits = true};
	struct k8snet_table *table = calloc(1, sizeof(*table));
	int r;

	if (!table)
		return ctx_no_memory(kernel->ctx);
	table->refs = 1;
	state_init(&table->state);
	r = kernel->ops->observe(kernel, &request, &table->state);
	hits_sort(&table->state);
	if (r == 0 && fill(table) < 0)
		r = ctx_no_memory(kernel->ctx);
	if (r < 0)
		k8snet_table_unref(table);
	else
		*out = table;
	return r;
}

K8SNET_EXPORT struct k8snet_table *k8snet_table_ref(struct k8snet_table *table)
{
	table->refs++;
	return table;
}

K8SNET_EXPORT struct k8snet_table *k8snet_table_unref(struct k8snet_table *table)
{
	size_t i;

	if (!table || --table->refs > 0)
		return NULL;
	for (i = 0; i < table->count; i++)
		free(table->frontends[i].backends);
	state_done(&table->state);
	free(table->frontends);
	free(table);
	return NULL;
}

K8SNET_EXPORT size_t k8snet_table_count_frontends(const struct k8snet_table *table)
{
	return table->count;
}

K8SNET_EXPORT const struct k8snet_frontend *
k8snet_table_next_frontend(const struct k8snet_table *table, const struct k8snet_frontend *prev)
{
	size_t next = prev ? (size_t)(prev - table->frontends) + 1 : 0;

	return next < table->count ? &table->frontends[next] : NULL;
}

K8SNET_EXPORT int k8snet_frontend_get_family(const struct k8snet_frontend *frontend)
{
	return frontend->frontend->key.family;
}

K8SNET_EXPORT const struct k8snet_address *
k8snet_frontend_get_address(const struct k8snet_frontend *frontend)
{
	return frontend->address.family ? &frontend->address : NULL;
}

K8SNET_EXPORT enum k8snet_protocol
k8snet_frontend_get_protocol(const struct k8snet_frontend *frontend)
{
	return frontend->frontend->key.protocol;
}

K8SNET_EXPORT uint16_t k8snet_frontend_get_port(const struct k8snet_frontend *frontend)
{
	return frontend->frontend->key.port;
}

K8SNET_EXPORT enum k8snet_frontend_action
k8snet_frontend_get_action(const struct k8snet_frontend *frontend)
{
	switch ((enum nft_chain_kind)get_verdict(frontend)->kind) {
	case NFT_CHAIN_NO_ENDPOINTS:
		return K8SNET_FRONTEND_REJECT;
	case NFT_CHAIN_NO_LOCAL_ENDPOINTS:
		return K8SNET_FRONTEND_DROP;
	case NFT_CHAIN_MARK:
	case NFT_CHAIN_RESET:
	case NFT_CHAIN_UNKNOWN:
		return K8SNET_FRONTEND_UNKNOWN;
	default:
		return K8SNET_FRONTEND_BALANCE;
	}
}

K8SNET_EXPORT const char *k8snet_frontend_action_get_name(enum k8snet_frontend_action action)
{
	static const char *const names[] = {"balance", "reject", "drop", "unknown"};

	return (unsigned int)action < ARRAY_SIZE(names) ? names[action] : "unknown";
}

K8SNET_EXPORT bool k8snet_frontend_is_external_local(const struct k8snet_frontend *frontend)
{
	return nft_chain_is_local(get_verdict(frontend)->kind);
}

/* How many backends the first list has. */
static size_t count_all(const struct k8snet_frontend *frontend)
{
	size_t n = 0;

	while (n < frontend->n_backends && !frontend->backends[n].is_local)
		n++;
	return n;
}

K8SNET_EXPORT enum k8snet_load_balancing
k8snet_frontend_get_load_balancing(const struct k8snet_frontend *frontend)
{
	const struct nft_verdict *verdict = get_verdict(frontend);
	size_t n = count_all(frontend);

	if (!n || verdict->pick == NFT_PICK_ROUND_ROBIN)
		return n ? K8SNET_LOAD_BALANCING_ROUND_ROBIN : K8SNET_LOAD_BALANCING_RANDOM;
	if (verdict->pick == NFT_PICK_SOURCE_HASH)
		return verdict->n == maglev_size(n) ? K8SNET_LOAD_BALANCING_CONSISTENT_HASH
						    : K8SNET_LOAD_BALANCING_SOURCE_HASH;
	return n < verdict->n ? K8SNET_LOAD_BALANCING_WEIGHTED : K8SNET_LOAD_BALANCING_RANDOM;
}

K8SNET_EXPORT uint32_t k8snet_frontend_get_session_affinity(const struct k8snet_frontend *frontend)
{
	return get_verdict(frontend)->affinity;
}

K8SNET_EXPORT size_t k8snet_frontend_count_backends(const struct k8snet_frontend *frontend)
{
	return frontend->n_backends;
}

K8SNET_EXPORT int k8snet_frontend_get_backend(const struct k8snet_frontend *frontend, size_t index,
					      struct k8snet_address *address, uint16_t *port,
					      bool *is_local)
{
	const struct table_backend *b;

	if (index >= frontend->n_backends || !frontend->backends[index].backend.port)
		return -ENOENT;
	b = &frontend->backends[index];
	if (address) {
		memset(address, 0, sizeof(*address));
		address->family = frontend->frontend->key.family;
		memcpy(address->bytes, b->backend.address, sizeof(b->backend.address));
	}
	if (port)
		*port = b->backend.port;
	if (is_local)
		*is_local = b->is_local;
	return 0;
}

K8SNET_EXPORT size_t k8snet_frontend_get_backend_slots(const struct k8snet_frontend *frontend,
						       size_t index)
{
	return index < frontend->n_backends ? frontend->backends[index].n_slots : 0;
}

K8SNET_EXPORT bool k8snet_table_has_counters(const struct k8snet_table *table, int family)
{
	return (family == 4 || family == 6) &&
	       table->state.tables[family_index((uint8_t)family)].has_counters;
}

K8SNET_EXPORT uint64_t k8snet_frontend_get_hits(const struct k8snet_frontend *frontend)
{
	return frontend->hits;
}

K8SNET_EXPORT uint64_t k8snet_frontend_get_backend_hits(const struct k8snet_frontend *frontend,
							size_t index)
{
	return index < frontend->n_backends ? frontend->backends[index].hits : 0;
}

K8SNET_EXPORT bool k8snet_frontend_is_backend_local(const struct k8snet_frontend *frontend,
						    size_t index)
{
	return index < frontend->n_backends && frontend->backends[index].is_local;
}
