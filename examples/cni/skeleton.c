/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The tables. */
#include <errno.h>
#include <linux/if_ether.h>
#include <linux/netfilter/nf_tables.h>

#include "netlink/nft_rule.h"
#include "netlink/nft_table.h"
#include "nft_transaction.h"
#include "portmap.h"

/*
 * In each of the families ip and ip6:
 *
 *   masqueraded        container -> the chain that masquerades what leaves its network
 *   hostports          { address of the node . protocol . port } -> { container . port }
 *   hostports-any      { protocol . port }, for any address of the node
 *                      (what else is in hostports leads nowhere: it is somebody else's)
 *   hostport-sources   { container . protocol . port of the node } -> the chain that
 *                      masquerades what could not be answered else: what comes from
 *                      the container's own network, or from the node's loopback
 *   bridges            those between which nothing passes
 *   same-bridge        { bridge . bridge }: within which all passes nevertheless
 *
 * And in the family bridge:
 *
 *   checked-ports      of bridges, whose packets must have one of
 *   mac-addresses      { port of a bridge . source }
 *   isolated-ports     those between which no IP passes
 *
 * The maps have types, not typeof: next to data that are "ip daddr . tcp dport" nft 1.0.6
 * adds a match on TCP to the rules that use the map.
 *
 * One transaction makes a table whole, whatever is there: sets with their elements, and the
 * chains of networks and of conditions, stay as they are; the rules of the others are
 * these afterwards. It is sent when a set is missing, or the one named NFT_VERSION: who
 * changes rules counts that up. Sets, chains with hooks and the chains of networks do not
 * change but get another name, for calls of an older version may be at work.
 */

#define ADDRESS	   NFT_TERM(DADDR)
#define PROTOCOL   NFT_TERM(PROTOCOL)
#define PORT	   NFT_TERM(DPORT)
#define BRIDGE	   NFT_TERM(IIFNAME)
#define TO_BRIDGE  NFT_TERM(OIFNAME)
#define SOURCE_MAC NFT_TERM(ETHER_SADDR)

#define HOSTPORTS     .n_key = 3, .key = {ADDRESS, PROTOCOL, PORT}, .n_data = 2, .data = {ADDRESS, PORT}
#define HOSTPORTS_ANY .n_key = 2, .key = {PROTOCOL, PORT}, .n_data = 2, .data = {ADDRESS, PORT}

static const struct nft_set ip_sets[] = {
	{.name = NFT_VERSION, .n_key = 1, .key = {NFT_TERM(MARK)}},
	{.name = "masqueraded", .n_key = 1, .key = {ADDRESS}, .has_verdicts = true},
	{.name = "hostports", HOSTPORTS},
	{.name = "hostports-any", HOSTPORTS_ANY},
	{.name = "hostport-sources",
	 .n_key = 3,
	 .key = {ADDRESS, PROTOCOL, PORT},
	 .has_verdicts = true},
	{.name = "bridges", .n_key = 1, .key = {BRIDGE}},
	{.name = "same-bridge", .n_key = 2, .key = {BRIDGE, BRIDGE}},
};

static const struct nft_set bridge_sets[] = {
	{.name = NFT_VERSION, .n_key = 1, .key = {NFT_TERM(MARK)}},
	{.name = "checked-ports", .n_key = 1, .key = {BRIDGE}},
	{.name = "mac-addresses", .n_key = 2, .key = {BRIDGE, SOURCE_MAC}},
	{.name = "isolated-ports", .n_key = 1, .key = {BRIDGE}},
};

/* Those that rules lead to come before these. */
static const struct skeleton_chain {
	const char *name;
	const struct nft_hook *hook; /* NULL: it has none */
	bool is_kept;		     /* its rules are of conditions */
} ip_chains[] =
	{
		{NFT_SHARED_CHAIN, NULL, false},
		{"hostports", NULL, false},
		{"conditional-hostports", NULL, true},
		{"prerouting", &(const struct nft_hook){"nat", NFT_HOOK_PREROUTING, -100}, false},
		{"output", &(const struct nft_hook){"nat", NFT_HOOK_OUTPUT, -100}, false},
		{"hostport-sources", NULL, false},
		{"postrouting", &(const struct nft_hook){"nat", NFT_HOOK_POSTROUTING, 100}, false},
		{"forward", &(const struct nft_hook){"filter", NFT_HOOK_FORWARD, -1}, false},
},
  bridge_chains[] = {
	  {"forward", &(const struct nft_hook){"filter", NFT_HOOK_FORWARD, -200}, false},
	  {"prerouting", &(const struct nft_hook){"filter", NFT_HOOK_PREROUTING, -300}, false},
};

/* A table that is being made whole. */
struct skeleton {
	struct plugin *p;
	uint8_t family; /* NFPROTO_... */
	uint32_t n_sets;
	struct nft_rule rule; /* that is being written */
};

static uint8_t get_rule_family(uint8_t family)
{
	return family == NFPROTO_IPV4 ? 4 : family == NFPROTO_IPV6 ? 6 : NFT_FAMILY_BRIDGE;
}

static struct nlmsghdr *put(struct skeleton *s, uint16_t type, uint16_t flags, const char *what)
{
	return nft_message(s->p, type, flags, s->family, what);
}

static void put_set(struct skeleton *s, const struct nft_set *like)
{
	struct nft_set set = *like;

	set.family = get_rule_family(s->family);
	nft_put_set(put(s, NFT_MSG_NEWSET, NLM_F_CREATE, set.name), NFT_TABLE, &set, ++s->n_sets);
}

static void put_chains(struct skeleton *s, const struct skeleton_chain *chains, size_t count)
{
	struct nlmsghdr *message;
	size_t i;

	for (i = 0; i < count; i++)
		nft_put_chain(put(s, NFT_MSG_NEWCHAIN, NLM_F_CREATE, chains[i].name), NFT_TABLE,
			      chains[i].name, chains[i].hook);
	for (i = 0; i < count; i++) {
		if (chains[i].is_kept)
			continue;
		message = put(s, NFT_MSG_DELRULE, 0, chains[i].name);
		mnl_attr_put_strz(message, NFTA_RULE_TABLE, NFT_TABLE);
		mnl_attr_put_strz(message, NFTA_RULE_CHAIN, chains[i].name);
	}
}

/* --- rules ------------------------------------------------------------------------------- */

#define KEYED(type, set, ...) \
	nft_rule_append_key(&s->rule, NFT_STATEMENT_##type, NFT_KEY(__VA_ARGS__), set)

static void end_rule(struct skeleton *s, const char *chain)
{
	struct nlmsghdr *message = put(s, NFT_MSG_NEWRULE, NLM_F_CREATE | NLM_F_APPEND, chain);

	mnl_attr_put_strz(message, NFTA_RULE_TABLE, NFT_TABLE);
	mnl_attr_put_strz(message, NFTA_RULE_CHAIN, chain);
	nft_rule_put(message, &s->rule);
	s->rule.n = 0;
}

static void leave(struct skeleton *s, int32_t code, const char *chain)
{
	struct nft_statement *statement = nft_rule_append(&s->rule, NFT_STATEMENT_VERDICT);

	statement->code = code;
	statement->set = chain;
}

/* `map` and `any_map` are the maps of `chain`. */
static void put_hostports(struct skeleton *s, const char *chain, const char *map,
			  const char *any_map)
{
	KEYED(DNAT, map, ADDRESS, PROTOCOL, PORT);
	end_rule(s, chain);
	KEYED(DNAT, any_map, PROTOCOL, PORT);
	end_rule(s, chain);
}

static void put_destined(struct skeleton *s, const char *chain)
{
	struct nft_statement *local = KEYED(COMPARE, NULL, NFT_TERM(FIB_DADDR));

	local->is_not = true;
	local->value = NFT_FIB_LOCAL;
	leave(s, NFT_CODE_RETURN, NULL);
	end_rule(s, chain);
	leave(s, NFT_CODE_JUMP, "conditional-hostports");
	end_rule(s, chain);
	leave(s, NFT_CODE_GOTO, "hostports");
	end_rule(s, chain);
}

static void put_hostport_sources(struct skeleton *s)
{
	static const uint8_t protocols[] = {IPPROTO_TCP, IPPROTO_UDP, IPPROTO_SCTP};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(protocols); i++) {
		KEYED(COMPARE, NULL, PROTOCOL)->value = protocols[i];
		KEYED(VMAP, "hostport-sources", ADDRESS, PROTOCOL, NFT_TERM(CT_DPORT));
		end_rule(s, "hostport-sources");
	}
}

static void put_postrouting(struct skeleton *s)
{
	struct nft_statement *translated = KEYED(COMPARE, NULL, NFT_TERM(CT_STATUS));

	translated->mask = NFT_CT_DNAT;
	translated->is_not = true;
	leave(s, NFT_CODE_JUMP, "hostport-sources");
	end_rule(s, "postrouting");
	KEYED(VMAP, "masqueraded", NFT_TERM(SADDR));
	end_rule(s, "postrouting");
}

static void put_ip_rules(struct skeleton *s)
{
	nft_rule_append(&s->rule, NFT_STATEMENT_MASQUERADE);
	end_rule(s, NFT_SHARED_CHAIN);
	put_hostports(s, "hostports", "hostports", "hostports-any");
	put_destined(s, "prerouting");
	put_destined(s, "output");
	put_hostport_sources(s);
	put_postrouting(s);
	KEYED(IN_SET, "same-bridge", BRIDGE, TO_BRIDGE);
	leave(s, NFT_CODE_ACCEPT, NULL);
	end_rule(s, "forward");
	KEYED(IN_SET, "bridges", BRIDGE);
	KEYED(IN_SET, "bridges", TO_BRIDGE);
	leave(s, NFT_CODE_DROP, NULL);
	end_rule(s, "forward");
}

static void put_isolation(struct skeleton *s, uint16_t ether_type)
{
	KEYED(IN_SET, "isolated-ports", BRIDGE);
	KEYED(IN_SET, "isolated-ports", TO_BRIDGE);
	KEYED(COMPARE, NULL, NFT_TERM(ETHER_TYPE))->value = ether_type;
	leave(s, NFT_CODE_DROP, NULL);
	end_rule(s, "forward");
}

static void put_bridge_rules(struct skeleton *s)
{
	put_isolation(s, ETH_P_IP);
	put_isolation(s, ETH_P_IPV6);
	KEYED(IN_SET, "checked-ports", BRIDGE);
	KEYED(IN_SET, "mac-addresses", BRIDGE, SOURCE_MAC)->is_not = true;
	leave(s, NFT_CODE_DROP, NULL);
	end_rule(s, "prerouting");
}

/* --- transactions ------------------------------------------------------------------------ */

const char *skeleton_family_name(uint8_t family)
{
	return family == NFPROTO_BRIDGE ? "bridge" : family == NFPROTO_IPV6 ? "ip6" : "ip";
}

static struct skeleton begin(struct plugin *p, uint8_t family)
{
	/* Whatever others do meanwhile: it holds afterwards. */
	nft_begin(p, NFT_ANY_GENERATION);
	return (struct skeleton){.p = p, .family = family, .rule.family = get_rule_family(family)};
}

int skeleton_make_table(struct plugin *p, uint8_t family)
{
	bool is_bridge = family == NFPROTO_BRIDGE;
	const struct nft_set *sets = is_bridge ? bridge_sets : ip_sets;
	size_t i, count = is_bridge ? ARRAY_SIZE(bridge_sets) : ARRAY_SIZE(ip_sets);
	struct skeleton s = begin(p, family);

	nft_put_table(put(&s, NFT_MSG_NEWTABLE, NLM_F_CREATE, "table " NFT_TABLE), NFT_TABLE, NULL,
		      0);
	for (i = 0; i < count; i++)
		put_set(&s, &sets[i]);
	if (is_bridge) {
		put_chains(&s, bridge_chains, ARRAY_SIZE(bridge_chains));
		put_bridge_rules(&s);
	} else {
		put_chains(&s, ip_chains, ARRAY_SIZE(ip_chains));
		put_ip_rules(&s);
	}
	return nft_commit(p) < 0 ? plugin_fail_netlink(p, &p->netfilter) : 0;
}

/* The chain first: that it is there says that all of it is. */
int skeleton_make_conditional(struct plugin *p, uint8_t family, const struct conditions *c)
{
	struct skeleton s = begin(p, family);
	int r;

	nft_put_chain(put(&s, NFT_MSG_NEWCHAIN, NLM_F_CREATE | NLM_F_EXCL, c->map), NFT_TABLE,
		      c->map, NULL);
	put_set(&s, &(const struct nft_set){.name = c->map, HOSTPORTS});
	put_set(&s, &(const struct nft_set){.name = c->any_map, HOSTPORTS_ANY});
	put_hostports(&s, c->map, c->map, c->any_map);
	s.rule = c->rule;
	leave(&s, NFT_CODE_JUMP, c->map);
	end_rule(&s, "conditional-hostports");
	r = nft_commit(p);
	/* Another process was faster. */
	return r == 0 || r == -EEXIST ? 0 : plugin_fail_netlink(p, &p->netfilter);
}
