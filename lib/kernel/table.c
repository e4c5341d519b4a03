/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The tables of services read back as objects. */
#include <k8snet/table.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/context.h"
#include "kernel/kernel.h"

struct k8snet_frontend {
	const struct k8snet_table *table;
	const struct frontend *frontend;
	struct k8snet_address address; /* family 0: a node port */
};

struct k8snet_table {
	unsigned int refs;
	struct state state;
	struct k8snet_frontend *frontends;
	size_t count;
};

static int compare(const void *a, const void *b)
{
	const struct frontend_key *x = &((const struct k8snet_frontend *)a)->frontend->key;
	const struct frontend_key *y = &((const struct k8snet_frontend *)b)->frontend->key;
	int order;

	if (x->family != y->family)
		return x->family - y->family;
	if (x->is_node_port != y->is_node_port)
		return x->is_node_port - y->is_node_port;
	order = memcmp(x->address, y->address, sizeof(x->address));
	if (order)
		return order;
	return x->port != y->port ? x->port - y->port : x->protocol - y->protocol;
}

static void add(struct k8snet_table *table, const struct frontend *f)
{
	struct k8snet_frontend *added = &table->frontends[table->count++];

	added->table = table;
	added->frontend = f;
	if (f->key.is_node_port)
		return;
	added->address.family = f->key.family;
	memcpy(added->address.bytes, f->key.address, sizeof(added->address.bytes));
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
		if (f->has_element)
			add(table, f);
	}
	qsort(table->frontends, table->count, sizeof(*table->frontends), compare);
	return 0;
}

K8SNET_EXPORT int k8snet_table_read(struct k8snet_table **out, struct k8snet_kernel *kernel)
{
	const struct observe_request request = {.services_only = true};
	struct k8snet_table *table = calloc(1, sizeof(*table));
	int r;

	if (!table)
		return ctx_no_memory(kernel->ctx);
	table->refs = 1;
	state_init(&table->state);
	r = kernel->ops->observe(kernel, &request, &table->state);
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
	if (!table || --table->refs > 0)
		return NULL;
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
	switch ((enum nft_chain_kind)frontend->frontend->kind) {
	case NFT_CHAIN_NO_ENDPOINTS:
		return K8SNET_FRONTEND_REJECT;
	case NFT_CHAIN_NO_LOCAL_ENDPOINTS:
		return K8SNET_FRONTEND_DROP;
	case NFT_CHAIN_MARK:
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
	return frontend->frontend->kind == NFT_CHAIN_EXTERNAL_LOCAL ||
	       frontend->frontend->kind == NFT_CHAIN_NODE_PORT_LOCAL;
}

K8SNET_EXPORT size_t k8snet_frontend_count_backends(const struct k8snet_frontend *frontend)
{
	const struct frontend *f = frontend->frontend;

	if (k8snet_frontend_get_action(frontend) != K8SNET_FRONTEND_BALANCE)
		return 0;
	return (size_t)f->n + f->l;
}

K8SNET_EXPORT int k8snet_frontend_get_backend(const struct k8snet_frontend *frontend, size_t index,
					      struct k8snet_address *address, uint16_t *port,
					      bool *is_local)
{
	const struct frontend *f = frontend->frontend;
	bool local = index >= f->n;
	struct backend backend;

	if (index >= k8snet_frontend_count_backends(frontend) ||
	    !slots_get(f->slots[local], (uint32_t)(local ? index - f->n : index), &backend))
		return -ENOENT;
	if (address) {
		memset(address, 0, sizeof(*address));
		address->family = f->key.family;
		memcpy(address->bytes, backend.address, sizeof(backend.address));
	}
	if (port)
		*port = backend.port;
	if (is_local)
		*is_local = local;
	return 0;
}
