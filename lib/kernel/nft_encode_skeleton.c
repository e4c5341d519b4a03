/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Tables and chains, as nft sends them: what is there already stays, but for rules. */
#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/netfilter/nf_tables.h>

#include "kernel/nft_encode.h"
#include "netlink/nft_rule.h"
#include "netlink/nft_table.h"
#include "plan/state.h"

/* Where the messages of one operation go. */
struct writer {
	struct nft_encoding *e;
	size_t position;
	uint8_t family;
	int error;
};

/* Each kind of message begins with its table. NULL: out of memory, told at the end. */
static struct nlmsghdr *begin(struct writer *w, uint16_t type, uint16_t flags, size_t room)
{
	const struct nft_message_form form = {
		.type = type, .flags = flags, .family = w->family, .room = room};
	struct nlmsghdr *message = w->error ? NULL : nft_encoding_begin(w->e, w->position, &form);

	if (!message)
		w->error = -ENOMEM;
	return message;
}

static void put_table(struct writer *w)
{
	struct nlmsghdr *message = begin(w, NFT_MSG_NEWTABLE, NLM_F_CREATE, NFT_TABLE_ROOM);

	if (!message)
		return;
	nft_put_table(message, NFT_TABLE, NFT_TABLE_COMMENT,
		      w->e->options.table_flags[family_index(w->family)]);
	nft_encoding_end(w->e, message);
}

static void put_set(void *data, const struct nft_set *set)
{
	struct writer *w = data;
	struct nlmsghdr *message = begin(w, NFT_MSG_NEWSET, NLM_F_CREATE, NFT_TABLE_ROOM);

	if (!message)
		return;
	nft_put_set(message, NFT_TABLE, set, ++w->e->n_sets);
	nft_encoding_end(w->e, message);
}

static void put_chain(struct writer *w, const char *name, const struct nft_hook *hook)
{
	struct nlmsghdr *message = begin(w, NFT_MSG_NEWCHAIN, NLM_F_CREATE, NFT_TABLE_ROOM);

	if (!message)
		return;
	nft_put_chain(message, NFT_TABLE, name, hook);
	nft_encoding_end(w->e, message);
}

static void put_flush(struct writer *w, const char *chain)
{
	struct nlmsghdr *message = begin(w, NFT_MSG_DELRULE, 0, NFT_TABLE_ROOM);

	if (!message)
		return;
	mnl_attr_put_strz(message, NFTA_RULE_TABLE, NFT_TABLE);
	mnl_attr_put_strz(message, NFTA_RULE_CHAIN, chain);
	nft_encoding_end(w->e, message);
}

static void put_rule(void *data, const char *chain, const struct nft_rule *rule)
{
	struct writer *w = data;
	struct nlmsghdr *message = begin(w, NFT_MSG_NEWRULE, NLM_F_CREATE | NLM_F_APPEND,
					 NFT_TABLE_ROOM + NFT_RULE_ROOM);

	if (!message)
		return;
	mnl_attr_put_strz(message, NFTA_RULE_TABLE, NFT_TABLE);
	mnl_attr_put_strz(message, NFTA_RULE_CHAIN, chain);
	nft_rule_put(message, rule);
	nft_encoding_end(w->e, message);
}

static void put_deletion(struct writer *w, const struct k8snet_op *op)
{
	bool is_table = op->target == OP_TABLE;
	struct nlmsghdr *message =
		begin(w, is_table ? NFT_MSG_DELTABLE : NFT_MSG_DELCHAIN, 0, NFT_TABLE_ROOM);
	char name[NFT_CHAIN_NAME_SIZE];

	if (!message)
		return;
	mnl_attr_put_strz(message, NFTA_TABLE_NAME, NFT_TABLE);
	if (!is_table)
		mnl_attr_put_strz(message, NFTA_CHAIN_NAME, nft_chain_name(&op->chain, name));
	nft_encoding_end(w->e, message);
}

/* Flushed: it also mends a table in which rules were changed. */
static void put_whole_table(struct writer *w, const struct k8snet_op *op)
{
	const struct nft_map_variant all = {.family = op->family, .has_counters = op->has_counters};
	size_t i;

	if (w->e->options.replaces_table[family_index(op->family)])
		put_deletion(w, op);
	put_table(w);
	nft_skeleton_declare(&all, put_set, w);
	for (i = 0; i < NFT_N_SKELETON_CHAINS; i++)
		put_chain(w, nft_skeleton_chains[i].name, nft_skeleton_chains[i].hook);
	for (i = 0; i < NFT_N_SKELETON_CHAINS; i++)
		put_flush(w, nft_skeleton_chains[i].name);
	nft_skeleton_build(op->family, w->e->options.masquerade_mark, put_rule, w);
}

static void put_whole_chain(struct writer *w, const struct nft_chain *chain)
{
	char name[NFT_CHAIN_NAME_SIZE];

	put_chain(w, nft_chain_name(chain, name), nft_chain_hook(chain));
	if (chain->kind != NFT_CHAIN_MARK)
		put_flush(w, name);
	nft_chain_build(chain, w->e->options.masquerade_mark, put_rule, w);
}

int nft_encode_skeleton(struct nft_encoding *e, size_t position, const struct k8snet_op *op)
{
	struct writer w = {.e = e,
			   .position = position,
			   .family = op->target == OP_TABLE ? op->family : op->chain.family};

	if (op->verb == OP_DELETE)
		put_deletion(&w, op);
	else if (op->target == OP_TABLE)
		put_whole_table(&w, op);
	else
		put_whole_chain(&w, &op->chain);
	return w.error;
}
