/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The rules of chains that balance, or reset. */
#include "plan/nft/nft.h"

struct builder {
	const struct nft_chain *chain;
	const char *name;
	uint32_t mark;
	nft_rule_fn fn;
	void *data;
	struct nft_rule rule;
};

static void begin_rule(struct builder *b)
{
	b->rule.family = b->chain->family;
	b->rule.n = 0;
}

static void end_rule(struct builder *b)
{
	b->fn(b->data, b->name, &b->rule);
	begin_rule(b);
}

/* --- conditions and statements -------------------------------------------------- */

static void in_set(struct builder *b, uint8_t load, enum nft_map map, bool is_not)
{
	const struct nft_term key = {.load = load};

	nft_rule_append_key(&b->rule, NFT_STATEMENT_IN_SET, &key, 1, nft_map_name(map, 0))->is_not =
		is_not;
}

static void compare(struct builder *b, uint8_t load, uint32_t mask, bool is_not, uint32_t value)
{
	const struct nft_term key = {.load = load};
	struct nft_statement *s =
		nft_rule_append_key(&b->rule, NFT_STATEMENT_COMPARE, &key, 1, NULL);

	s->mask = mask;
	s->is_not = is_not;
	s->value = value;
}

static void set_bits(struct builder *b, uint8_t what, uint32_t mask, uint32_t bits)
{
	struct nft_statement *s = nft_rule_append(&b->rule, NFT_STATEMENT_SET_BITS);

	s->what = what;
	s->mask = mask;
	s->value = bits;
}

static void set_priority(struct builder *b, const struct nft_term *key, size_t n, enum nft_map map)
{
	nft_rule_append_key(&b->rule, NFT_STATEMENT_SET_MAP, key, n,
			    nft_map_name(map, b->chain->protocol))
		->what = NFT_LOAD_PRIORITY;
}

static void set_mark(struct builder *b)
{
	set_bits(b, NFT_LOAD_MARK, ~b->mark, b->mark);
}

static void drop(struct builder *b)
{
	nft_rule_append(&b->rule, NFT_STATEMENT_VERDICT)->code = NFT_CODE_DROP;
}

static struct nft_term pick_term(const struct builder *b, unsigned int n)
{
	static const uint8_t loads[] = {
		[NFT_PICK_RANDOM] = NFT_LOAD_RANDOM,
		[NFT_PICK_SOURCE_HASH] = NFT_LOAD_HASH,
		[NFT_PICK_ROUND_ROBIN] = NFT_LOAD_COUNT,
	};

	return (struct nft_term){
		.load = loads[b->chain->pick], .modulus = n, .seed = NFT_SOURCE_HASH_SEED};
}

/* --- without affinity ----------------------------------------------------- */

/* "dnat ip to ip daddr . tcp dport . numgen random mod 3 map @endpoints-tcp" */
static void dnat(struct builder *b, bool is_local)
{
	const struct nft_chain *chain = b->chain;
	bool is_node_port = nft_chain_is_of_node_ports(chain->kind);
	const struct nft_term key[] = {
		NFT_TERM(DADDR),
		NFT_TERM(DPORT, .protocol = chain->protocol),
		pick_term(b, is_local ? chain->l : chain->n),
	};

	nft_rule_append_key(&b->rule, NFT_STATEMENT_DNAT, key + is_node_port, 3u - is_node_port,
			    nft_map_name(nft_slots_map(is_node_port, is_local), chain->protocol));
}

static void no_pod(struct builder *b)
{
	in_set(b, NFT_LOAD_SADDR, NFT_POD_NETWORKS, true);
	in_set(b, NFT_LOAD_IIFNAME, NFT_POD_INTERFACES, true);
}

static void from_node(struct builder *b, bool is_not)
{
	compare(b, NFT_LOAD_FIB_SADDR, 0, is_not, NFT_FIB_LOCAL);
}

static void mark_rule(struct builder *b)
{
	if (nft_chain_is_local(b->chain->kind)) {
		no_pod(b);
		from_node(b, false);
	} else if (b->chain->kind == NFT_CHAIN_CLUSTER) {
		in_set(b, NFT_LOAD_SADDR, NFT_UNMASQUERADED, true);
		in_set(b, NFT_LOAD_IIFNAME, NFT_UNMASQUERADED_INTERFACES, true);
	}
	set_mark(b);
	end_rule(b);
}

/* All backends, whoever asks. */
static void cluster_rules(struct builder *b)
{
	mark_rule(b);
	dnat(b, false);
	end_rule(b);
}

/* From pods and from the node itself all backends, as if the traffic had gone out to a
 * load balancer and come back; from others those on this node, and nobody is told. */
static void local_rules(struct builder *b)
{
	in_set(b, NFT_LOAD_SADDR, NFT_POD_NETWORKS, false);
	dnat(b, false);
	end_rule(b);
	in_set(b, NFT_LOAD_IIFNAME, NFT_POD_INTERFACES, false);
	dnat(b, false);
	end_rule(b);
	from_node(b, false);
	set_mark(b);
	dnat(b, false);
	end_rule(b);
	if (b->chain->l)
		dnat(b, true);
	else
		drop(b);
	end_rule(b);
}

/* --- with affinity -------------------------------------------------------- */

/* The key of @affinity: the service port, and what stands for the client. How many terms. */
static size_t client_key(const struct builder *b, uint32_t mask, struct nft_term key[3])
{
	key[0] = (struct nft_term)NFT_TERM(PRIORITY, .mask = mask);
	if (b->chain->family == 4) {
		key[1] = (struct nft_term)NFT_TERM(SADDR);
		return 2;
	}
	key[1] = (struct nft_term)NFT_TERM(HASH, .modulus = NFT_CLIENT_HASH_MODULUS,
					   .seed = NFT_CLIENT_HASH_SEED_1);
	key[2] = key[1];
	key[2].seed = NFT_CLIENT_HASH_SEED_2;
	return 3;
}

static void update(struct builder *b, bool is_delete)
{
	struct nft_statement *s;
	struct nft_term key[3];
	size_t n = client_key(b, 0xffff0000, key);

	s = nft_rule_append_key(&b->rule, is_delete ? NFT_STATEMENT_DELETE : NFT_STATEMENT_UPDATE,
				key, n, nft_map_name(NFT_AFFINITY, 0));
	s->has_data = true;
	s->value = is_delete ? 0 : b->chain->affinity;
}

/* The number of the service port, with the bit for backends on this node alone where a
 * policy is Local. */
static void number_rules(struct builder *b)
{
	const struct nft_term key[] = {NFT_TERM(DADDR), NFT_TERM(PROTOCOL), NFT_TERM(DPORT)};
	bool is_node_port = nft_chain_is_of_node_ports(b->chain->kind);

	set_priority(b, key + is_node_port, 3u - is_node_port,
		     is_node_port ? NFT_AFFINITY_NODE_PORTS : NFT_AFFINITY_SERVICES);
	end_rule(b);
	if (!nft_chain_is_local(b->chain->kind))
		return;
	no_pod(b);
	from_node(b, true);
	if (b->chain->l)
		set_bits(b, NFT_LOAD_PRIORITY, ~(NFT_AFFINITY_LOCAL << 16),
			 NFT_AFFINITY_LOCAL << 16);
	else
		drop(b);
	end_rule(b);
}

static void endpoint_rule(struct builder *b)
{
	const struct nft_term key = NFT_TERM(PRIORITY);

	compare(b, NFT_LOAD_PROTOCOL, 0, false, b->chain->protocol);
	nft_rule_append_key(&b->rule, NFT_STATEMENT_DNAT, &key, 1,
			    nft_map_name(NFT_AFFINITY_ENDPOINTS, b->chain->protocol));
	end_rule(b);
}

/* The endpoint that the client has had, unless it is gone. */
static void remembered_rules(struct builder *b)
{
	struct nft_term key[3];
	size_t n = client_key(b, 0, key);

	set_priority(b, key, n, NFT_AFFINITY);
	end_rule(b);
	compare(b, NFT_LOAD_PRIORITY, 0xffff, true, 0);
	update(b, false);
	end_rule(b);
	endpoint_rule(b);
}

static void pick_rule(struct builder *b, unsigned int n)
{
	const struct nft_term key[] = {NFT_TERM(PRIORITY), pick_term(b, n)};

	set_priority(b, key, 2, NFT_AFFINITY_SLOTS);
	end_rule(b);
}

/* `update` leaves the data of what is there as it is. A map that is full ends the rule
 * alone, and the connection is translated all the same. */
static void new_rules(struct builder *b)
{
	set_bits(b, NFT_LOAD_PRIORITY, 0xffff0000, 0);
	end_rule(b);
	if (b->chain->l)
		compare(b, NFT_LOAD_PRIORITY, NFT_AFFINITY_LOCAL << 16, false, 0);
	pick_rule(b, b->chain->n);
	if (b->chain->l) {
		compare(b, NFT_LOAD_PRIORITY, NFT_AFFINITY_LOCAL << 16, true, 0);
		pick_rule(b, b->chain->l);
	}
	update(b, true);
	update(b, false);
	end_rule(b);
	endpoint_rule(b);
}

static void affinity_rules(struct builder *b)
{
	mark_rule(b);
	number_rules(b);
	remembered_rules(b);
	new_rules(b);
}

/* --- connections that are reset ------------------------------------------- */

#define CONNECTION                                                                               \
	NFT_KEY(NFT_TERM(CT_SADDR), NFT_TERM(CT_SPORT), NFT_TERM(CT_DADDR), NFT_TERM(CT_DPORT)), \
		nft_map_name(NFT_RESETS, 0)

/* Of both directions. A client that begins anew from the same port is meant no more. What
 * has an end answer is let through, it has SYN set, and what is answered with. */
static void reset_rules(struct builder *b)
{
	compare(b, NFT_LOAD_CT_STATE, NFT_CT_NEW, true, 0);
	compare(b, NFT_LOAD_PROTOCOL, 0, false, 6);
	nft_rule_append_key(&b->rule, NFT_STATEMENT_IN_SET, CONNECTION);
	nft_rule_append_key(&b->rule, NFT_STATEMENT_DELETE, CONNECTION);
	end_rule(b);
	compare(b, NFT_LOAD_CT_STATUS, NFT_CT_DNAT, true, 0);
	compare(b, NFT_LOAD_TCP_FLAGS, 0x06, false, 0);
	nft_rule_append_key(&b->rule, NFT_STATEMENT_IN_SET, CONNECTION);
	nft_rule_append(&b->rule, NFT_STATEMENT_RESET);
	end_rule(b);
}

/* Before addresses are translated: what comes over a bridge is answered there, by what the
 * packet says. */
const struct nft_hook *nft_chain_hook(const struct nft_chain *chain)
{
	static const struct nft_hook hooks[] = {
		[NFT_RESET_PREROUTING] = {"filter", NFT_HOOK_PREROUTING, NFT_RESET_PRIORITY},
		[NFT_RESET_OUTPUT] = {"filter", NFT_HOOK_OUTPUT, NFT_RESET_PRIORITY},
	};

	return chain->kind == NFT_CHAIN_RESET ? &hooks[chain->n] : NULL;
}

/* --- a chain -------------------------------------------------------------- */

void nft_chain_build(const struct nft_chain *chain, uint32_t masquerade_mark, nft_rule_fn fn,
		     void *data)
{
	char name[NFT_CHAIN_NAME_SIZE];
	struct builder b = {.chain = chain,
			    .name = nft_chain_name(chain, name),
			    .mark = masquerade_mark,
			    .fn = fn,
			    .data = data};

	begin_rule(&b);
	if (chain->kind == NFT_CHAIN_RESET)
		reset_rules(&b);
	else if (chain->kind == NFT_CHAIN_MARK)
		return;
	else if (chain->affinity)
		affinity_rules(&b);
	else if (nft_chain_is_local(chain->kind))
		local_rules(&b);
	else
		cluster_rules(&b);
}
