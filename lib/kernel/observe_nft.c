/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <arpa/inet.h>
#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <stdio.h>
#include <string.h>

#include "kernel/expected_rules.h"
#include "kernel/nfnl.h"
#include "kernel/nft_decode.h"
#include "kernel/observe.h"
#include "kernel/observe_by_key.h"
#include "kernel/own_table.h"
#include "netlink/nft_rule_hash.h"

#define MAX_ATTEMPTS 16

/* A chain of the table, with what its rules say. */
struct seen_chain {
	char name[NFT_CHAIN_NAME_SIZE];
	bool has_policy; /* that drops */
	uint64_t rules;
};

/* Rules mark with this one as long as no chain tells of another. */
#define NO_MARK 0x80000000u

/* NFTA_SET_COUNT, since Linux 6.17. */
#define SET_COUNT 20

/* One look at the table of a family. */
struct look {
	struct netlink_kernel *kernel;
	uint8_t family;
	bool has_table;
	bool has_counters; /* in maps */
	bool wants_hits;
	VEC(struct nft_hits) hits;
	bool maps[NFT_N_MAPS][3];	/* those that are as they should be; by protocol if there
					 * is one for each */
	uint32_t counts[NFT_N_MAPS][3]; /* how many elements they have; 0: not told */
	uint16_t generation;		/* of the ruleset, as they were seen */
	VEC(struct seen_chain) chains;
	size_t last_chain;	       /* of which a rule was seen */
	uint32_t mark;		       /* that rules are to use */
	VEC(struct nft_element) leads; /* where frontends lead */
	VEC(struct nft_element) elements;
	struct nft_intervals intervals[NFT_N_MAPS]; /* of those that are of intervals */
	/* The map whose elements are dumped. */
	enum nft_map map;
	uint8_t protocol;
};

static const struct nlattr *find_attr(const struct nlmsghdr *message, uint16_t type)
{
	const struct nlattr *attr;

	mnl_attr_for_each(attr, message,
			  sizeof(struct nfgenmsg)) if (mnl_attr_get_type(attr) == type) return attr;
	return NULL;
}

/* A string attribute that ends within itself; NULL: none. */
static const char *get_string(const struct nlmsghdr *message, uint16_t type)
{
	const struct nlattr *attr = find_attr(message, type);

	return attr && mnl_attr_validate(attr, MNL_TYPE_NUL_STRING) == 0 ? mnl_attr_get_str(attr)
									 : NULL;
}

static uint32_t get_number(const struct nlmsghdr *message, uint16_t type)
{
	const struct nlattr *attr = find_attr(message, type);

	return attr && mnl_attr_validate(attr, MNL_TYPE_U32) == 0 ? ntohl(mnl_attr_get_u32(attr))
								  : 0;
}

static bool is_of_table(const struct nlmsghdr *message, uint16_t type)
{
	const char *table = get_string(message, type);

	return table && !strcmp(table, NFT_TABLE);
}

/* --- the table, its sets, chains and rules ------------------------------------------ */

static int take_table(void *data, const struct nlmsghdr *message)
{
	struct look *look = data;

	if (is_of_table(message, NFTA_TABLE_NAME)) {
		look->has_table = true;
		own_table_read(&look->kernel->owners[family_index(look->family)], message);
	}
	return 0;
}

static bool is_as_declared(const struct look *look, const struct nlmsghdr *message,
			   enum nft_map map)
{
	const uint32_t kinds =
		NFT_SET_MAP | NFT_SET_INTERVAL | NFT_SET_TIMEOUT | NFT_SET_EVAL | NFT_SET_OBJECT;
	bool is_verdict = nft_map_is_verdicts(map);
	size_t data = nft_data_size(map, look->family);
	uint32_t flags = nft_map_is_set(map) ? 0 : NFT_SET_MAP;

	if (nft_map_has_flag(map, NFT_MAP_INTERVALS | NFT_MAP_RANGES))
		flags |= NFT_SET_INTERVAL;
	if (nft_map_is_dynamic(map))
		flags |= NFT_SET_TIMEOUT | NFT_SET_EVAL;
	if ((get_number(message, NFTA_SET_FLAGS) & kinds) != flags ||
	    get_number(message, NFTA_SET_KEY_LEN) != nft_key_size(map, look->family))
		return false;
	if (is_verdict)
		return get_number(message, NFTA_SET_DATA_TYPE) == NFT_DATA_VERDICT;
	return !data || get_number(message, NFTA_SET_DATA_LEN) == data;
}

static uint16_t get_generation(const struct nlmsghdr *message)
{
	const struct nfgenmsg *header = mnl_nlmsg_get_payload(message);

	return ntohs(header->res_id);
}

static int take_set(void *data, const struct nlmsghdr *message)
{
	struct look *look = data;
	const char *name = get_string(message, NFTA_SET_NAME);
	enum nft_map map;
	uint8_t protocol;

	if (name && is_of_table(message, NFTA_SET_TABLE) && nft_map_parse(name, &map, &protocol) &&
	    is_as_declared(look, message, map)) {
		look->maps[map][nft_protocol_index(protocol)] = true;
		look->counts[map][nft_protocol_index(protocol)] = get_number(message, SET_COUNT);
		look->generation = get_generation(message);
		look->has_counters |= find_attr(message, NFTA_SET_EXPR) != NULL;
	}
	return 0;
}

/* Rules come chain by chain, in the order of the chains: begin where the last one was. */
static struct seen_chain *find_chain(struct look *look, const char *name)
{
	size_t i, n = look->chains.count;

	for (i = 0; i < n; i++) {
		struct seen_chain *chain = &look->chains.items[(look->last_chain + i) % n];

		if (strcmp(chain->name, name))
			continue;
		look->last_chain = (look->last_chain + i) % n;
		return chain;
	}
	return NULL;
}

static int take_chain(void *data, const struct nlmsghdr *message)
{
	struct look *look = data;
	const char *name = get_string(message, NFTA_CHAIN_NAME);
	struct seen_chain *chain;

	/* One with a longer name is none of ours. */
	if (!name || strlen(name) >= NFT_CHAIN_NAME_SIZE || !is_of_table(message, NFTA_CHAIN_TABLE))
		return 0;
	chain = vec_push(&look->chains);
	if (!chain)
		return -ENOMEM;
	snprintf(chain->name, sizeof(chain->name), "%s", name);
	chain->has_policy = find_attr(message, NFTA_CHAIN_POLICY) &&
			    get_number(message, NFTA_CHAIN_POLICY) != NFT_CODE_ACCEPT;
	return 0;
}

static int take_rule(void *data, const struct nlmsghdr *message)
{
	struct look *look = data;
	const struct nlattr *expressions = find_attr(message, NFTA_RULE_EXPRESSIONS);
	const char *name = get_string(message, NFTA_RULE_CHAIN);
	struct seen_chain *chain;

	if (!name || !is_of_table(message, NFTA_RULE_TABLE))
		return 0;
	chain = find_chain(look, name);
	if (chain && expressions)
		chain->rules = nft_rule_hash(chain->rules, expressions);
	return 0;
}

/* --- elements --------------------------------------------------------------------------- */

static int take_hits(struct look *look, const struct nft_element *element,
		     const struct nlattr *attr)
{
	uint64_t hits = look->wants_hits ? nft_decode_hits(attr) : 0;
	struct nft_hits *added;

	if (!hits)
		return 0;
	added = vec_push(&look->hits);
	if (!added)
		return -ENOMEM;
	*added = (struct nft_hits){.element = *element, .hits = hits};
	return 0;
}

static int take_element(struct look *look, const struct nlattr *attr)
{
	struct nft_element element = {
		.family = look->family, .map = look->map, .protocol = look->protocol};
	struct nft_element *added;

	if (nft_map_is_intervals(look->map))
		return nft_intervals_add(&look->intervals[look->map],
					 nft_key_size(look->map, look->family), attr);
	if (!nft_decode(&element, attr))
		return 0;
	added = nft_map_is_leads(look->map) ? vec_push(&look->leads) : vec_push(&look->elements);
	if (!added)
		return -ENOMEM;
	*added = element;
	return take_hits(look, &element, attr);
}

static int take_elements(void *data, const struct nlmsghdr *message)
{
	const struct nlattr *list = find_attr(message, NFTA_SET_ELEM_LIST_ELEMENTS), *attr;
	int r = 0;

	if (!list)
		return 0;
	mnl_attr_for_each_nested(attr, list)
	{
		r = take_element(data, attr);
		if (r < 0)
			break;
	}
	return r;
}

/* A large one whose keys are known from where frontends lead. -EAGAIN: it has to be dumped. */
static int look_by_key(struct look *look)
{
	const size_t n_elements = look->elements.count, n_hits = look->hits.count;
	const struct slots_of_map slots = {
		.map = look->map,
		.family = look->family,
		.protocol = look->protocol,
		.count = look->counts[look->map][nft_protocol_index(look->protocol)],
		.generation = look->generation,
		.leads = look->leads.items,
		.n_leads = look->leads.count,
	};
	int r;

	if (!nft_map_is_slots(look->map) || !slots.count || slots.count < look->kernel->by_key_from)
		return -EAGAIN;
	if (vec_reserve(&look->elements, slots.count) < 0)
		return -ENOMEM;
	r = observe_by_key(look->kernel, &slots, take_elements, look);
	if (r == -EAGAIN) {
		look->elements.count = n_elements;
		look->hits.count = n_hits;
	}
	return r;
}

static int look_at_map(struct look *look, enum nft_map map, uint8_t protocol)
{
	const struct nfnl_request request = {
		.type = NFT_MSG_GETSETELEM,
		.family = look->family,
		.table_attr = NFTA_SET_ELEM_LIST_TABLE,
		.set_attr = NFTA_SET_ELEM_LIST_SET,
		.set = nft_map_name(map, protocol),
	};
	int r;

	/* What packets have learnt is theirs. */
	if (nft_map_is_dynamic(map) || !look->maps[map][nft_protocol_index(protocol)])
		return 0;
	look->map = map;
	look->protocol = protocol;
	r = look_by_key(look);
	if (r == -EAGAIN)
		r = nfnl_dump(look->kernel, &request, take_elements, look);
	/* Deleted since. */
	return r == -ENOENT ? -EINTR : r;
}

static int look_at_elements(struct look *look)
{
	static const uint8_t protocols[] = {K8SNET_PROTOCOL_TCP, K8SNET_PROTOCOL_UDP,
					    K8SNET_PROTOCOL_SCTP};
	uint8_t map;
	size_t i;
	int r = 0;

	for (map = 0; map < NFT_N_MAPS && r == 0; map++)
		for (i = 0; i < nft_map_count(map) && r == 0; i++)
			r = look_at_map(look, map, nft_map_is_backends(map) ? protocols[i] : 0);
	return r;
}

/* --- one look ------------------------------------------------------------------------------ */

static int look_once(struct look *look)
{
	const struct nfnl_request table = {.type = NFT_MSG_GETTABLE, .family = look->family};
	const struct nfnl_request sets = {
		.type = NFT_MSG_GETSET, .family = look->family, .table_attr = NFTA_SET_TABLE};
	const struct nfnl_request chains = {.type = NFT_MSG_GETCHAIN, .family = look->family};
	const struct nfnl_request rules = {
		.type = NFT_MSG_GETRULE, .family = look->family, .table_attr = NFTA_RULE_TABLE};
	int r = nfnl_dump(look->kernel, &table, take_table, look);

	if (r < 0 || !look->has_table)
		return r;
	r = nfnl_dump(look->kernel, &sets, take_set, look);
	if (r == 0)
		r = nfnl_dump(look->kernel, &chains, take_chain, look);
	if (r == 0)
		r = nfnl_dump(look->kernel, &rules, take_rule, look);
	if (r == 0)
		r = look_at_elements(look);
	return r;
}

static bool has_all_maps(const struct look *look)
{
	size_t map, i;

	for (map = 0; map < NFT_N_MAPS; map++)
		for (i = 0; i < nft_map_count((uint8_t)map); i++)
			if (!look->maps[map][i])
				return false;
	return true;
}

static uint32_t find_mark(const struct look *look)
{
	const struct seen_chain *seen;

	vec_foreach (&look->chains, seen) {
		struct nft_chain chain = {.family = look->family};

		nft_chain_parse(&chain, seen->name);
		if (chain.kind == NFT_CHAIN_MARK)
			return 1u << chain.n;
	}
	return NO_MARK;
}

static bool is_whole(struct look *look)
{
	uint64_t expected[NFT_N_SKELETON_CHAINS];
	const struct seen_chain *chain;
	size_t i;

	/* Nothing of it would be done. */
	if (look->kernel->owners[family_index(look->family)].flags & NFT_TABLE_F_DORMANT)
		return false;
	expected_skeleton_rules(look->family, look->mark, expected);
	for (i = 0; i < NFT_N_SKELETON_CHAINS; i++) {
		chain = find_chain(look, nft_skeleton_chains[i].name);
		if (!chain || chain->has_policy || chain->rules != expected[i])
			return false;
	}
	return has_all_maps(look);
}

static int add_chains(const struct look *look, struct state *state)
{
	const struct seen_chain *seen;
	bool is_whole;
	int r = 0;

	vec_foreach (&look->chains, seen) {
		struct nft_chain chain = {.family = look->family};

		nft_chain_parse(&chain, seen->name);
		if (chain.kind == NFT_CHAIN_UNKNOWN || nft_chain_is_fixed(chain.kind))
			continue;
		is_whole = !seen->has_policy &&
			   seen->rules == expected_chain_rules(&chain, look->mark);
		r = state_add_chain(state, &chain, is_whole);
		if (r < 0)
			break;
	}
	return r;
}

static int add_elements(const struct nft_element *elements, size_t count, struct state *state)
{
	size_t i;
	int r = 0;

	for (i = 0; i < count && r == 0; i++)
		r = state_add_element(state, &elements[i]);
	return r;
}

static int add_to_state(struct look *look, struct state *state)
{
	const struct nft_hits *hits;
	uint8_t map;
	int r = 0;

	if (!look->has_table)
		return 0;
	if (own_table_must_replace(look->kernel, look->family)) {
		/* What is in it goes with it. */
		state_set_table(state, look->family, false, look->has_counters);
		return 0;
	}
	look->mark = find_mark(look);
	state_set_table(state, look->family,
			is_whole(look) && own_table_is_right(look->kernel, look->family),
			look->has_counters);
	r = add_chains(look, state);
	for (map = 0; map < NFT_N_MAPS && r == 0; map++)
		r = nft_intervals_add_to_state(&look->intervals[map], look->family, map, state);
	if (r == 0)
		r = add_elements(look->leads.items, look->leads.count, state);
	if (r == 0)
		r = add_elements(look->elements.items, look->elements.count, state);
	if (r < 0)
		return r;
	vec_foreach (&look->hits, hits) {
		struct nft_hits *added = vec_push(&state->hits);

		if (!added)
			return -ENOMEM;
		*added = *hits;
	}
	return 0;
}

static int look_at_table(struct netlink_kernel *kernel, uint8_t family, bool wants_hits,
			 struct state *state)
{
	struct look look;
	uint8_t map;
	int attempt, r = -EINTR;

	memset(&look, 0, sizeof(look));
	for (attempt = 0; attempt < MAX_ATTEMPTS && r == -EINTR; attempt++) {
		look.kernel = kernel;
		look.family = family;
		look.wants_hits = wants_hits;
		look.has_table = look.has_counters = false;
		kernel->owners[family_index(family)] = (struct table_owner){0};
		memset(look.maps, 0, sizeof(look.maps));
		memset(look.counts, 0, sizeof(look.counts));
		look.chains.count = look.leads.count = 0;
		look.elements.count = look.hits.count = 0;
		for (map = 0; map < NFT_N_MAPS; map++)
			look.intervals[map].items.count = 0;
		r = look_once(&look);
	}
	/* Somebody changes tables all the time: this is as good as it gets. */
	if (r == 0 || r == -EINTR)
		r = add_to_state(&look, state);
	vec_done(&look.chains);
	vec_done(&look.leads);
	vec_done(&look.elements);
	vec_done(&look.hits);
	for (map = 0; map < NFT_N_MAPS; map++)
		vec_done(&look.intervals[map].items);
	return r;
}

int observe_tables(struct netlink_kernel *kernel, bool wants_hits, struct state *state)
{
	int r = look_at_table(kernel, 4, wants_hits, state);

	if (r == 0)
		r = look_at_table(kernel, 6, wants_hits, state);
	/* A kernel without nftables has no tables; making one will tell. */
	return r == -EPROTONOSUPPORT || r == -EOPNOTSUPP ? 0 : r;
}
