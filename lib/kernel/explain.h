/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef KERNEL_EXPLAIN_H
#define KERNEL_EXPLAIN_H

#include <stdbool.h>

#include "kernel/path.h"
#include "kernel/table.h"

/* On the way of a packet. */
struct walk {
	struct k8snet_path *path;
	struct k8snet_table *table;
	struct k8snet_kernel *kernel;
	const struct k8snet_flow *flow;
	uint8_t family;
	char source[K8SNET_ADDRESS_TEXT_SIZE], destination[K8SNET_ADDRESS_TEXT_SIZE];
	char key[K8SNET_ADDRESS_TEXT_SIZE + 24]; /* "10.96.0.1 . tcp . 80" */
	bool is_node, is_pod, is_pod_by_link;	 /* the source */
	char link[IFNAMSIZ];			 /* that leads there */
	/* What takes it, and balances. */
	bool is_balanced;
	const struct k8snet_frontend *frontend;
	struct nft_chain chain;
	char chain_name[NFT_CHAIN_NAME_SIZE];
};

/* How it ends without a backend. */
void explain_refusal(struct walk *w, const char *why);
void explain_drop(struct walk *w, const char *why);
/* From the chain that balances to the end. 0 or -errno. */
int explain_balancing(struct walk *w);

/* Whether the node has it. 0 or -errno. */
int explain_has_address(const struct walk *w, const struct k8snet_address *address, bool *out);
/* Whether one of the networks of this set has the source; and a set of links that which leads
 * there. */
bool explain_has_source(const struct walk *w, enum nft_map map);
bool explain_has_link(const struct walk *w, enum nft_map map);

#endif
