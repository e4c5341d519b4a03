/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Which backend of a frontend a packet goes to, and how. */
#include <errno.h>
#include <string.h>

#include "base/jhash.h"
#include "kernel/explain.h"
#include "kernel/kernel.h"

struct choice {
	bool is_local;	  /* of those on this node alone */
	bool is_marked;	  /* to be masqueraded */
	uint32_t n_slots; /* of all from which one is picked */
};

/* --- who asks ------------------------------------------------------------------ */

/* False: it is dropped. */
static bool choose_local(struct walk *w, struct choice *choice)
{
	if (w->is_pod) {
		w->path->depends_on_link = w->is_pod_by_link;
		path_step(w->path, "%s: from a pod: all endpoints, keeps its address",
			  w->chain_name);
	} else if (w->is_node) {
		path_step(w->path, "%s: from the node itself: all endpoints, masqueraded",
			  w->chain_name);
		choice->is_marked = true;
	} else {
		path_step(w->path, "%s: from outside: endpoints on this node, keeps its address",
			  w->chain_name);
		choice->is_local = true;
		choice->n_slots = w->chain.l;
	}
	if (choice->n_slots)
		return true;
	explain_drop(w, "there are endpoints, but none on this node");
	return false;
}

static void choose_cluster(struct walk *w, struct choice *choice)
{
	if (explain_has_source(w, NFT_UNMASQUERADED)) {
		path_step(w->path, "%s: %s is in unmasqueraded: keeps its address", w->chain_name,
			  w->source);
		return;
	}
	if (explain_has_link(w, NFT_UNMASQUERADED_INTERFACES)) {
		w->path->depends_on_link = true;
		path_step(w->path, "%s: %s is in unmasqueraded-interfaces: keeps its address",
			  w->chain_name, w->link);
		return;
	}
	path_step(w->path, "%s: %s is not in unmasqueraded: masqueraded", w->chain_name, w->source);
	choice->is_marked = true;
}

static bool choose(struct walk *w, struct choice *choice)
{
	choice->n_slots = w->chain.n;
	if (nft_chain_is_local(w->chain.kind))
		return choose_local(w, choice);
	if (w->chain.kind == NFT_CHAIN_CLUSTER) {
		choose_cluster(w, choice);
		return true;
	}
	path_step(w->path, "%s: masqueraded, wherever it is from", w->chain_name);
	choice->is_marked = true;
	return true;
}

/* --- where it goes -------------------------------------------------------------- */

static bool is_hairpin(const struct walk *w, const struct k8snet_address *address)
{
	struct nft_element e = {.family = w->family, .map = NFT_HAIRPIN};

	memcpy(e.address, address->bytes, sizeof(e.address));
	return k8snet_address_is_equal(address, &w->flow->source) &&
	       members_find(&w->table->state.members, &e);
}

/* What goes in to the node's own servers does not pass postrouting. */
static int add_backend(struct walk *w, const struct choice *choice,
		       const struct k8snet_address *address, uint16_t port)
{
	enum k8snet_masquerade masquerade = K8SNET_MASQUERADE_NO;
	bool is_own;
	int r = explain_has_address(w, address, &is_own);

	if (r < 0)
		return r;
	if (is_own && !w->is_node) {
		if (choice->is_marked)
			path_step(w->path, "to the node's own port %u it is not masqueraded", port);
	} else if (choice->is_marked) {
		masquerade = K8SNET_MASQUERADE_YES;
	} else if (is_hairpin(w, address)) {
		path_step(w->path, "postrouting: %s . %s is in hairpin: masqueraded to itself",
			  w->source, w->source);
		masquerade = K8SNET_MASQUERADE_YES;
	}
	path_add_backend(w->path, address, port, masquerade);
	return 0;
}

static int add_known(struct walk *w, const struct choice *choice, const struct backend *backend)
{
	struct k8snet_address address = {.family = w->family};

	memcpy(address.bytes, backend->address, sizeof(address.bytes));
	w->path->outcome = K8SNET_OUTCOME_TRANSLATED;
	return add_backend(w, choice, &address, backend->port);
}

static int add_all(struct walk *w, const struct choice *choice)
{
	size_t i, count = k8snet_frontend_count_backends(w->frontend);
	struct k8snet_address address;
	uint16_t port;
	bool is_local;
	int r = 0;

	w->path->outcome = K8SNET_OUTCOME_TRANSLATED;
	for (i = 0; r == 0 && i < count; i++) {
		if (k8snet_frontend_get_backend(w->frontend, i, &address, &port, &is_local) < 0)
			path_step(w->path, "a slot is missing: whom it falls to is not translated");
		else if (is_local == choice->is_local)
			r = add_backend(w, choice, &address, port);
	}
	return r;
}

/* --- how one is picked ------------------------------------------------------------ */

static int pick_by_source(struct walk *w, const struct choice *choice)
{
	const struct frontend *f = w->frontend->frontend;
	uint32_t slot = jhash_mod(w->flow->source.bytes, w->family == 6 ? 16 : 4, choice->n_slots,
				  NFT_SOURCE_HASH_SEED);
	struct backend backend;

	table_get_slot(f, frontends_find_group(&w->table->state.frontends, f), choice->is_local,
		       slot, &backend);
	path_step(w->path, "%s: %s has slot %u of %u by its hash%s", w->chain_name, w->source, slot,
		  choice->n_slots, backend.port ? "" : ", which is missing: not translated");
	return backend.port ? add_known(w, choice, &backend) : 0;
}

static int pick(struct walk *w, const struct choice *choice)
{
	if (w->chain.pick == NFT_PICK_SOURCE_HASH)
		return pick_by_source(w, choice);
	path_step(w->path, "%s: one of %u slots, %s", w->chain_name, choice->n_slots,
		  w->chain.pick == NFT_PICK_ROUND_ROBIN ? "one after the other" : "at random");
	return add_all(w, choice);
}

/* The backend of a number that was remembered. */
static const struct group_endpoint *find_endpoint(const struct walk *w, uint32_t number)
{
	const struct frontend *f = w->frontend->frontend;
	const struct frontend *group = frontends_find_group(&w->table->state.frontends, f);
	bool is_local = number >> 16 & NFT_AFFINITY_LOCAL;

	return group ? group_endpoints_find(group->endpoints[is_local], (uint16_t)number) : NULL;
}

static int recall(struct walk *w, const struct choice *choice, bool *is_known)
{
	const struct frontend *f = w->frontend->frontend;
	struct nft_element e = {.family = w->family, .map = NFT_AFFINITY, .number = f->number};
	const struct group_endpoint *endpoint;
	uint64_t left = 0;
	int r = -ENOENT;

	if (choice->is_local)
		e.number |= NFT_AFFINITY_LOCAL << 16;
	memcpy(e.address, w->flow->source.bytes, sizeof(e.address));
	path_step(w->path, "%s: service port %x:0, a client keeps its endpoint for %us",
		  w->chain_name, e.number >> 16, w->chain.affinity);
	if (w->kernel->ops->find_affinity)
		r = w->kernel->ops->find_affinity(w->kernel, &e, &left);
	if (r == -ENOENT) {
		path_step(w->path, "%s is not in affinity", w->source);
		return 0;
	}
	if (r < 0)
		return r;
	endpoint = find_endpoint(w, e.number);
	path_step(w->path, "%s is in affinity -> %x:%x, for %llu s more%s", w->source,
		  e.number >> 16, e.number & 0xffff, (unsigned long long)left / 1000,
		  endpoint ? "" : "; that endpoint is gone");
	*is_known = endpoint != NULL;
	return endpoint ? add_known(w, choice, &endpoint->backend) : 0;
}

int explain_balancing(struct walk *w)
{
	const struct state_chain *chain = state_find_chain(&w->table->state, &w->chain);
	struct choice choice = {.is_local = false};
	bool is_known = false;
	int r = 0;

	if (!chain || !chain->is_whole)
		path_step(w->path, "%s was changed by somebody: what follows is what it should do",
			  w->chain_name);
	if (!choose(w, &choice))
		return 0;
	if (w->chain.affinity)
		r = recall(w, &choice, &is_known);
	return r < 0 || is_known ? r : pick(w, &choice);
}
