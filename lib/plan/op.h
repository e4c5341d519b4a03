/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef PLAN_OP_H
#define PLAN_OP_H

#include <k8snet/plan.h>

#include "plan/conntrack.h"
#include "plan/kobj.h"
#include "plan/nft/nft.h"

enum op_verb {
	OP_ADD,
	OP_SET, /* change in place; of a kobj */
	OP_DELETE,
};

enum op_target {
	OP_KOBJ,
	OP_TABLE,
	OP_CHAIN,
	OP_ELEMENT,
	OP_CONNTRACK,
};

/*
 * One operation. An executor does these in order:
 *
 *   OP_KOBJ     ADD fails if there is one with this key; SET makes it as it is
 *               here (links: what `changes` names); DELETE of one that is gone
 *               is done. Addresses, neighbours, FDB entries and routes have no
 *               SET but for a changed value, where it is a replace.
 *   OP_TABLE    ADD: run nft_print_table_add(); DELETE
 *   OP_CHAIN    ADD: run nft_print_chain_add(); DELETE
 *   OP_ELEMENT  ADD, DELETE. All element operations of a plan stand next to each
 *               other and are one transaction: all are done or none. Deleting
 *               and adding one key in this order is legal.
 *   OP_CONNTRACK  DELETE: entries of connection tracking; when there are none, it
 *               is done. SET: reset the connections that are tracked. They stand next
 *               to each other, after the elements.
 */
struct k8snet_op {
	uint8_t verb;	  /* enum op_verb */
	uint8_t target;	  /* enum op_target */
	uint8_t layer;	  /* enum k8snet_layer */
	uint8_t status;	  /* enum k8snet_op_status, set by the executor */
	uint16_t changes; /* enum link_change, for OP_SET of a link */
	const struct k8snet_plan *plan;
	const char *object; /* "pod shop/cart-0" */
	union {
		const struct kobj *kobj;
		struct { /* OP_TABLE */
			uint8_t family;
			bool has_counters;
		};
		struct nft_chain chain;
		struct nft_element element;
		struct conntrack conntrack;
	};
};

/* The operation as the field writes it, for messages and for people:
 * "route add 10.2.0.0/24 via 10.100.0.3". */
struct strbuf;
void op_print_text(struct strbuf *b, const struct k8snet_op *op);

#endif
