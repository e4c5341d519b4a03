/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The chains that come with the table, and their rules. */
#include "plan/nft/nft.h"

#include <string.h>

#include <k8snet/service.h>

#include "base/cleanup.h"

static const struct nft_hook prerouting = {"nat", NFT_HOOK_PREROUTING, -100};
static const struct nft_hook output = {"nat", NFT_HOOK_OUTPUT, -100};
static const struct nft_hook postrouting = {"nat", NFT_HOOK_POSTROUTING, 100};

const struct nft_skeleton_chain nft_skeleton_chains[NFT_N_SKELETON_CHAINS] = {
	{"no-endpoints", NULL},	     {"no-local-endpoints", NULL}, {"services", NULL},
	{"prerouting", &prerouting}, {"output", &output},	   {"postrouting", &postrouting},
};

struct builder {
	uint32_t mark;
	nft_rule_fn fn;
	void *data;
	struct nft_rule rule;
};

static void end_rule(struct builder *b, const char *chain)
{
	b->fn(b->data, chain, &b->rule);
	b->rule.n = 0;
}

#define SERVICE		 NFT_TERM(DADDR), NFT_TERM(PROTOCOL), NFT_TERM(DPORT)
#define NODE_PORT	 NFT_TERM(PROTOCOL), NFT_TERM(DPORT)
#define MAP(map)	 nft_map_name(NFT_##map, 0)
#define KEYED(type, ...) nft_rule_append_key(&b->rule, NFT_STATEMENT_##type, __VA_ARGS__)

static void balance(struct builder *b)
{
	KEYED(VMAP, NFT_KEY(NFT_TERM(PRIORITY), NFT_TERM(PROTOCOL)), MAP(BALANCERS));
}

static void compare(struct builder *b, uint8_t load, uint32_t mask, bool is_not, uint32_t value)
{
	const struct nft_term key = {.load = load};
	struct nft_statement *s = KEYED(COMPARE, &key, 1, NULL);

	s->mask = mask;
	s->is_not = is_not;
	s->value = value;
}

static void to_node(struct builder *b, bool is_not)
{
	compare(b, NFT_LOAD_FIB_DADDR, 0, is_not, NFT_FIB_LOCAL);
}

static void leave(struct builder *b, int32_t code, const char *chain)
{
	struct nft_statement *s = nft_rule_append(&b->rule, NFT_STATEMENT_VERDICT);

	s->code = code;
	s->set = chain;
}

static void node_address(struct builder *b)
{
	struct nft_statement *s;

	KEYED(IN_SET, NFT_KEY(NFT_TERM(DADDR)), MAP(NODE_ADDRESSES));
	s = KEYED(ADDRESS, NFT_KEY(NFT_TERM(DADDR)), NULL);
	s->is_not = true;
	s->value = b->rule.family == 6 ? 128 : 8;
	if (b->rule.family == 6)
		s->address[15] = 1;
	else
		s->address[0] = 127;
	to_node(b, false);
}

static void refusing_rules(struct builder *b)
{
	compare(b, NFT_LOAD_PROTOCOL, 0, false, 6);
	nft_rule_append(&b->rule, NFT_STATEMENT_RESET);
	end_rule(b, "no-endpoints");
	nft_rule_append(&b->rule, NFT_STATEMENT_REJECT);
	end_rule(b, "no-endpoints");
	leave(b, NFT_CODE_DROP, NULL);
	end_rule(b, "no-local-endpoints");
}

static void source_range_rule(struct builder *b)
{
	struct nft_statement *s;

	KEYED(IN_SET, NFT_KEY(SERVICE), MAP(SOURCE_RANGED));
	s = KEYED(IN_SET, NFT_KEY(SERVICE, NFT_TERM(SADDR)), MAP(SOURCE_RANGES));
	s->is_not = s->is_range = true;
	leave(b, NFT_CODE_DROP, NULL);
	end_rule(b, "services");
}

static void service_rules(struct builder *b)
{
	source_range_rule(b);
	KEYED(VMAP, NFT_KEY(SERVICE), MAP(SERVICE_CHAINS));
	end_rule(b, "services");
	node_address(b);
	KEYED(SET_MAP, NFT_KEY(NODE_PORT), MAP(NODE_PORTS))->what = NFT_LOAD_PRIORITY;
	balance(b);
	end_rule(b, "services");
	node_address(b);
	KEYED(VMAP, NFT_KEY(NODE_PORT), MAP(NODE_PORT_CHAINS));
	end_rule(b, "services");
	KEYED(IN_SET, NFT_KEY(NFT_TERM(DADDR)), MAP(CLUSTER_IPS));
	to_node(b, true);
	leave(b, NFT_CODE_GOTO, "no-endpoints");
	end_rule(b, "services");
	KEYED(IN_SET, NFT_KEY(NFT_TERM(DADDR)), MAP(SERVICE_NETWORKS));
	to_node(b, true);
	leave(b, NFT_CODE_DROP, NULL);
	end_rule(b, "services");
}

/* Most of what is a service's leaves with it, before anything else. */
static void find_service_rules(struct builder *b, const char *chain)
{
	KEYED(SET_MAP, NFT_KEY(SERVICE), MAP(SERVICES))->what = NFT_LOAD_PRIORITY;
	balance(b);
	end_rule(b, chain);
	leave(b, NFT_CODE_JUMP, "services");
	end_rule(b, chain);
}

static void masquerade(struct builder *b)
{
	nft_rule_append(&b->rule, NFT_STATEMENT_MASQUERADE)->value = NFT_FULLY_RANDOM;
	end_rule(b, "postrouting");
}

static void postrouting_rules(struct builder *b)
{
	struct nft_statement *s;

	compare(b, NFT_LOAD_PRIORITY, 0xc0000000, true, 0);
	compare(b, NFT_LOAD_CT_STATUS, NFT_CT_DNAT, true, 0);
	nft_rule_append(&b->rule, NFT_STATEMENT_SET)->what = NFT_LOAD_PRIORITY;
	end_rule(b, "postrouting");
	compare(b, NFT_LOAD_MARK, b->mark, true, 0);
	s = nft_rule_append(&b->rule, NFT_STATEMENT_SET_BITS);
	s->what = NFT_LOAD_MARK;
	s->mask = UINT32_MAX;
	s->value = b->mark;
	masquerade(b);
	compare(b, NFT_LOAD_CT_STATUS, NFT_CT_DNAT, true, 0);
	KEYED(IN_SET, NFT_KEY(NFT_TERM(SADDR), NFT_TERM(DADDR)), MAP(HAIRPIN));
	masquerade(b);
}

void nft_skeleton_build(uint8_t family, uint32_t masquerade_mark, nft_rule_fn fn, void *data)
{
	struct builder b = {.mark = masquerade_mark, .fn = fn, .data = data};

	b.rule.family = family;
	refusing_rules(&b);
	service_rules(&b);
	find_service_rules(&b, "prerouting");
	find_service_rules(&b, "output");
	postrouting_rules(&b);
}

/* Those that are one for each protocol come last. */
void nft_skeleton_declare(const struct nft_map_variant *all, nft_set_fn fn, void *data)
{
	static const uint8_t protocols[] = {K8SNET_PROTOCOL_TCP, K8SNET_PROTOCOL_UDP,
					    K8SNET_PROTOCOL_SCTP};
	struct nft_map_variant variant = *all;
	struct nft_set set;
	uint8_t map;
	size_t i;

	for (map = 0; !nft_map_is_backends(map); map++) {
		set = nft_map_declare(map, &variant);
		fn(data, &set);
	}
	for (i = 0; i < ARRAY_SIZE(protocols); i++) {
		variant.protocol = protocols[i];
		for (map = 0; map < NFT_N_MAPS; map++) {
			set = nft_map_declare(map, &variant);
			if (nft_map_is_backends(map))
				fn(data, &set);
		}
	}
}
