/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef TESTS_MEMORY_KERNEL_H
#define TESTS_MEMORY_KERNEL_H

#include "base/arena.h"
#include "base/hash.h"
#include "base/strbuf.h"
#include "base/vec.h"
#include "kernel/kernel.h"

/*
 * A machine in memory: the network of one node and of its pods' namespaces, with
 * the rules by which Linux makes, changes and removes things in it. Kernel
 * handles can be opened on it, one after another, as after restarts. Tests
 * change it by hand, as people with ip(8) and nft(8) do.
 */

struct machine_kobj {
	struct kobj kobj;  /* strings are in the machine's arena */
	uint8_t protocol;  /* of a route; ROUTE_PROTOCOL is the library's */
	unsigned int pair; /* of a veth: both ends have the same; else 0 */
	bool is_secondary; /* of an IPv4 address: goes with the first of its network */
};

struct machine_chain {
	struct nft_chain chain;
	bool has_rules;
	uint32_t mark;
};

struct machine_element {
	struct hash_node node;
	struct nft_element element;
};

struct machine_table {
	bool exists;
	bool has_rules; /* the skeleton's chains are there, with their rules */
	uint32_t mark;	/* in those rules */
	bool has_counters;
	bool lacks[NFT_N_MAPS][3]; /* maps that were deleted by hand */
	VEC(struct machine_chain) chains;
	struct hash elements;
};

struct machine {
	struct arena arena;
	VEC(struct machine_kobj) kobjs;
	VEC(const char *) netns;	/* paths of those that exist */
	struct machine_table tables[2]; /* of family 4, 6 */
	unsigned int last_pair;

	/* The operation, counted from 1, that fails, and how; 0: none. */
	size_t fail_at;
	int fail_errno;
	bool fail_observe;

	VEC(struct conntrack) conntrack; /* deletions of entries, all of them */

	size_t n_ops;	   /* asked of it */
	size_t n_observed; /* objects that observations found */
	size_t n_observations;
};

struct machine *machine_new(void);
struct machine *machine_free(struct machine *m);
/* A handle; the machine must live longer. */
int machine_open(struct k8snet_kernel **out, struct k8snet_ctx *ctx, struct machine *m);

/* --- by hand; they abort when they cannot --------------------------------- */

void machine_add_netns(struct machine *m, const char *path);
/* With all in it, and the other ends of its veths. */
void machine_remove_netns(struct machine *m, const char *path);
bool machine_has_netns(const struct machine *m, const char *path);
/* A link as hardware has it, up, with addresses "10.100.0.1/24". */
void machine_add_uplink(struct machine *m, const char *name, uint32_t mtu, const char *one,
			const char *other);
struct machine_kobj *machine_find(const struct machine *m, const struct kobj *key);
struct machine_kobj *machine_find_link(const struct machine *m, const char *netns,
				       const char *name);
/* What the kernel does when it is asked to: 0 or a positive errno. */
int machine_kobj_add(struct machine *m, const struct kobj *kobj, uint8_t protocol);
int machine_kobj_delete(struct machine *m, const struct kobj *key);
/* The first one of a type, from `from` on; NULL. */
struct machine_kobj *machine_next(struct machine *m, const struct machine_kobj *prev,
				  enum kobj_type type);

struct machine_chain *machine_find_chain(const struct machine *m, const struct nft_chain *chain);
struct machine_element *machine_find_element(const struct machine *m,
					     const struct nft_element *element);
void machine_delete_table(struct machine *m, uint8_t family);
void machine_delete_chain(struct machine *m, const struct nft_chain *chain);
/* Also of no use by others any more; no questions asked. */
void machine_delete_element(struct machine *m, struct machine_element *element);
int machine_element_add(struct machine *m, const struct nft_element *element);
size_t machine_count_elements(const struct machine *m);

/*
 * All that is there as text, sorted, the backends of a frontend as a set. With
 * `used_only` without what stays when nothing needs it: sysctls, loopbacks that are
 * up, and until a plan with K8SNET_PLAN_PRUNE, chains and tables.
 */
int machine_dump(const struct machine *m, bool used_only, struct strbuf *out);
/* What no plan may leave behind: verdicts to slots that are empty, slots that no
 * verdict leads to. NULL, or what is wrong (static). */
const char *machine_check(const struct machine *m);

/* --- for its parts -------------------------------------------------------- */

bool machine_is_unmapped(const struct machine *m, const struct nft_element *element);
/* An nft operation; elements apart. */
int machine_skeleton(struct machine *m, const struct k8snet_op *op, uint32_t mark);
/* Elements, all or none: 0, or a positive errno and which one. */
int machine_elements(struct machine *m, const struct k8snet_op *ops, size_t count, size_t *failed);
int machine_kobj_op(struct machine *m, const struct k8snet_op *op);
int machine_observe(struct k8snet_kernel *kernel, const struct observe_request *request,
		    struct state *state);
struct machine *machine_of(struct k8snet_kernel *kernel);

#endif
