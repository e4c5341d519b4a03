/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <netinet/in.h>

#include <arpa/inet.h>
#include <errno.h>
#include <linux/netfilter/nf_conntrack_common.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nf_tables_compat.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter/xt_conntrack.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "address.h"
#include "firewall.h"
#include "nft_transaction.h"

#define TABLE	"filter"
#define FORWARD "FORWARD"
#define CHAIN	"CNI-FORWARD"
/* Whose rules are added in one transaction. */
#define MAX_ADDRESSES 100

static const uint8_t families[] = {NFPROTO_IPV4, NFPROTO_IPV6};

/* --- expressions, as iptables makes them -------------------------------------------------- */

/* nft's own match of the state is one that iptables could not list. */
static void put_established(struct nlmsghdr *message)
{
	const struct xt_conntrack_mtinfo3 info = {
		.match_flags = XT_CONNTRACK_STATE,
		.state_mask = XT_CONNTRACK_STATE_BIT(IP_CT_RELATED) |
			      XT_CONNTRACK_STATE_BIT(IP_CT_ESTABLISHED),
	};

	nft_put_xt_match(message, "conntrack", 3, &info, sizeof(info));
}

static void put_verdict(struct nlmsghdr *message, int32_t code, const char *chain)
{
	struct nlattr *data, *expression = nft_expression_begin(message, "counter", &data);

	nft_expression_end(message, expression, data);
	nft_put_verdict(message, code, chain);
}

/* --- chains and rules ------------------------------------------------------------------------ */

/* With its hook, as iptables makes it when it has none: policy ACCEPT, priority 0. */
static void add_forward(struct plugin *p, uint8_t family)
{
	struct nlmsghdr *message = nft_message(p, NFT_MSG_NEWTABLE, NLM_F_CREATE, family, TABLE);
	struct nlattr *hook;

	mnl_attr_put_strz(message, NFTA_TABLE_NAME, TABLE);
	message = nft_message(p, NFT_MSG_NEWCHAIN, NLM_F_CREATE, family, FORWARD);
	mnl_attr_put_strz(message, NFTA_CHAIN_TABLE, TABLE);
	mnl_attr_put_strz(message, NFTA_CHAIN_NAME, FORWARD);
	hook = mnl_attr_nest_start(message, NFTA_CHAIN_HOOK);
	mnl_attr_put_u32(message, NFTA_HOOK_HOOKNUM, htonl(NF_INET_FORWARD));
	mnl_attr_put_u32(message, NFTA_HOOK_PRIORITY, htonl(0));
	mnl_attr_nest_end(message, hook);
	mnl_attr_put_u32(message, NFTA_CHAIN_POLICY, htonl(NF_ACCEPT));
	mnl_attr_put_strz(message, NFTA_CHAIN_TYPE, "filter");
}

static void add_chain(struct plugin *p, uint8_t family, const char *name)
{
	struct nlmsghdr *message = nft_message(p, NFT_MSG_NEWCHAIN, NLM_F_CREATE, family, name);

	mnl_attr_put_strz(message, NFTA_CHAIN_TABLE, TABLE);
	mnl_attr_put_strz(message, NFTA_CHAIN_NAME, name);
}

static struct nlmsghdr *begin_rule(struct plugin *p, uint16_t flags, uint8_t family,
				   const char *chain, struct nlattr **expressions)
{
	struct nlmsghdr *message =
		nft_message(p, NFT_MSG_NEWRULE, NLM_F_CREATE | flags, family, chain);

	mnl_attr_put_strz(message, NFTA_RULE_TABLE, TABLE);
	mnl_attr_put_strz(message, NFTA_RULE_CHAIN, chain);
	*expressions = mnl_attr_nest_start(message, NFTA_RULE_EXPRESSIONS);
	return message;
}

/* At the head of the chain. */
static void add_jump(struct plugin *p, uint8_t family, const char *chain, const char *to)
{
	struct nlattr *expressions;
	struct nlmsghdr *message = begin_rule(p, 0, family, chain, &expressions);

	put_verdict(message, NFT_JUMP, to);
	mnl_attr_nest_end(message, expressions);
}

static void add_accept(struct plugin *p, const struct k8snet_address *address, bool is_source)
{
	const struct nft_match match = {.network = {*address, (uint8_t)(8 * address_size(address))},
					.is_source = is_source};
	struct nlattr *expressions;
	struct nlmsghdr *message =
		begin_rule(p, NLM_F_APPEND, nft_family(address), CHAIN, &expressions);

	nft_put_match(message, &match);
	if (!is_source)
		put_established(message);
	put_verdict(message, NF_ACCEPT, NULL);
	mnl_attr_nest_end(message, expressions);
	nft_put_comment(message, NFTA_RULE_USERDATA, p->owner.text);
}

/* What is known of a rule. */
struct rule {
	uint64_t handle;
	char owner[OWNER_SIZE];
	char jumps_to[64];
	uint8_t address[16];
	uint8_t address_size;
	uint32_t offset;
};

static void parse_verdict(const struct nlattr *data, struct rule *rule)
{
	const struct nlattr *attr, *value, *part;

	mnl_attr_for_each_nested(attr, data)
	{
		if (mnl_attr_get_type(attr) != NFTA_IMMEDIATE_DATA)
			continue;
		mnl_attr_for_each_nested(value, attr)
		{
			if (mnl_attr_get_type(value) != NFTA_DATA_VERDICT)
				continue;
			mnl_attr_for_each_nested(part, value)
			{
				if (mnl_attr_get_type(part) == NFTA_VERDICT_CHAIN)
					snprintf(rule->jumps_to, sizeof(rule->jumps_to), "%.*s",
						 mnl_attr_get_payload_len(part),
						 mnl_attr_get_str(part));
			}
		}
	}
}

static void parse_compare(const struct nlattr *data, struct rule *rule)
{
	const struct nlattr *attr, *value;

	mnl_attr_for_each_nested(attr, data)
	{
		if (mnl_attr_get_type(attr) != NFTA_CMP_DATA)
			continue;
		mnl_attr_for_each_nested(value, attr)
		{
			uint16_t size = mnl_attr_get_payload_len(value);

			if (mnl_attr_get_type(value) == NFTA_DATA_VALUE &&
			    size <= sizeof(rule->address)) {
				memcpy(rule->address, mnl_attr_get_payload(value), size);
				rule->address_size = (uint8_t)size;
			}
		}
	}
}

static void parse_payload(const struct nlattr *data, struct rule *rule)
{
	const struct nlattr *attr;

	mnl_attr_for_each_nested(attr, data)
	{
		if (mnl_attr_get_type(attr) == NFTA_PAYLOAD_OFFSET &&
		    mnl_attr_validate(attr, MNL_TYPE_U32) == 0)
			rule->offset = ntohl(mnl_attr_get_u32(attr));
	}
}

static void parse_expression(const struct nlattr *expression, struct rule *rule)
{
	const struct nlattr *attr, *data = NULL;
	const char *name = "";

	mnl_attr_for_each_nested(attr, expression)
	{
		if (mnl_attr_get_type(attr) == NFTA_EXPR_NAME)
			name = mnl_attr_get_str(attr);
		else if (mnl_attr_get_type(attr) == NFTA_EXPR_DATA)
			data = attr;
	}
	if (!data)
		return;
	if (!strcmp(name, "immediate"))
		parse_verdict(data, rule);
	else if (!strcmp(name, "cmp"))
		parse_compare(data, rule);
	else if (!strcmp(name, "payload"))
		parse_payload(data, rule);
}

struct rules {
	struct rule *items;
	size_t count;
};

static void parse_attributes(const struct nlmsghdr *message, struct rule *rule)
{
	const struct nlattr *attr, *expression;

	*rule = (struct rule){0};
	mnl_attr_for_each(attr, message, sizeof(struct nfgenmsg))
	{
		if (mnl_attr_get_type(attr) == NFTA_RULE_HANDLE &&
		    mnl_attr_validate(attr, MNL_TYPE_U64) == 0)
			rule->handle = mnl_attr_get_u64(attr);
		else if (mnl_attr_get_type(attr) == NFTA_RULE_USERDATA)
			nft_parse_comment(attr, rule->owner);
		else if (mnl_attr_get_type(attr) == NFTA_RULE_EXPRESSIONS)
			mnl_attr_for_each_nested(expression, attr)
			{
				parse_expression(expression, rule);
			}
	}
}

static int parse_rule(const struct nlmsghdr *message, void *data)
{
	struct rules *rules = data;
	struct rule *bigger;

	if ((rules->count & (rules->count - 1)) == 0) {
		bigger = realloc(rules->items,
				 (rules->count ? 2 * rules->count : 1) * sizeof(*bigger));
		if (!bigger)
			return -ENOMEM;
		rules->items = bigger;
	}
	parse_attributes(message, &rules->items[rules->count++]);
	return 0;
}

static int ask_rules(struct plugin *p, uint8_t family, const char *chain, netlink_parse_fn parse,
		     void *data)
{
	struct nlmsghdr *message = nft_message(p, NFT_MSG_GETRULE, NLM_F_DUMP, family, chain);

	mnl_attr_put_strz(message, NFTA_RULE_TABLE, TABLE);
	mnl_attr_put_strz(message, NFTA_RULE_CHAIN, chain);
	return netlink_ask(&p->netfilter, parse, data);
}

/* None where there is no such chain. 0 or -errno. */
static int get_rules(struct plugin *p, uint8_t family, const char *chain, struct rules *out)
{
	int r;

	do {
		out->count = 0;
		r = ask_rules(p, family, chain, parse_rule, out);
	} while (r == -EINTR);
	return r;
}

static bool has_jump(const struct rules *rules, const char *to)
{
	size_t i;

	for (i = 0; i < rules->count; i++)
		if (!strcmp(rules->items[i].jumps_to, to))
			return true;
	return false;
}

/* --- ADD
 * ------------------------------------------------------------------------------------------ */

static size_t count_addresses(const struct k8snet_cni_result *result, uint8_t family)
{
	const struct k8snet_cni_ip *ip = NULL;
	size_t count = 0;

	while ((ip = k8snet_cni_result_next_ip(result, ip)))
		count += nft_family(&k8snet_cni_ip_get_address(ip)->address) == family;
	return count;
}

static void add_rules(struct plugin *p, uint8_t family, const struct k8snet_cni_result *result)
{
	const struct k8snet_cni_ip *ip = NULL;

	while ((ip = k8snet_cni_result_next_ip(result, ip))) {
		const struct k8snet_address *address = &k8snet_cni_ip_get_address(ip)->address;

		if (nft_family(address) != family)
			continue;
		add_accept(p, address, false);
		add_accept(p, address, true);
	}
}

static int try_add(struct plugin *p, uint8_t family, const char *admin_chain,
		   const struct k8snet_cni_result *result)
{
	uint32_t generation = 0, forward = 0, admin = 0, unused;
	bool has_forward, has_entry = false;
	struct rules rules = {0};
	int r = nft_get_generation(p, &generation);

	if (r == 0)
		r = nft_get_use(p, family, TABLE, CHAIN, &forward);
	if (r >= 0)
		r = nft_get_use(p, family, TABLE, admin_chain, &admin);
	if (r >= 0)
		r = nft_get_use(p, family, TABLE, FORWARD, &unused);
	has_forward = r > 0;
	if (r > 0)
		r = get_rules(p, family, FORWARD, &rules);
	if (r >= 0)
		has_entry = has_jump(&rules, CHAIN);
	free(rules.items);
	if (r < 0)
		return r;
	nft_begin(p, generation);
	if (!has_forward)
		add_forward(p, family);
	/* Both are there already if something leads to them: to make them again does nothing. */
	add_chain(p, family, admin_chain);
	add_chain(p, family, CHAIN);
	if (!forward || !admin)
		add_jump(p, family, CHAIN, admin_chain);
	if (!has_entry)
		add_jump(p, family, FORWARD, CHAIN);
	add_rules(p, family, result);
	return nft_commit(p);
}

int iptables_add(struct plugin *p, const char *admin_chain, const struct k8snet_cni_result *result)
{
	size_t i;
	int r = 0, attempts;

	for (i = 0; r >= 0 && i < ARRAY_SIZE(families); i++) {
		size_t count = count_addresses(result, families[i]);

		if (!count)
			continue;
		if (count > MAX_ADDRESSES)
			return plugin_fail(p, K8SNET_CNI_ERROR_CONFIG,
					   "firewall: prevResult has more than %d addresses of a "
					   "family",
					   MAX_ADDRESSES);
		attempts = 0;
		do
			r = try_add(p, families[i], admin_chain, result);
		while (r == -ERESTART && ++attempts < NFT_MAX_ATTEMPTS);
		if (r < 0)
			r = plugin_fail_netlink(p, &p->netfilter);
	}
	return r < 0 ? r : 0;
}

/* --- the others
 * --------------------------------------------------------------------------------------- */

static void add_rule_delete(struct plugin *p, uint8_t family, uint64_t handle)
{
	struct nlmsghdr *message = nft_message(p, NFT_MSG_DELRULE, 0, family, CHAIN);

	mnl_attr_put_strz(message, NFTA_RULE_TABLE, TABLE);
	mnl_attr_put_strz(message, NFTA_RULE_CHAIN, CHAIN);
	mnl_attr_put_u64(message, NFTA_RULE_HANDLE, handle);
}

/* Some at a time: what ADD has made has to go without memory, too. */
struct sifting {
	struct plugin *plugin;
	nft_stale_fn is_stale;
	uint64_t handles[NFT_MAX_ELEMENTS];
	size_t count;
	bool is_more;
};

static int sift(const struct nlmsghdr *message, void *data)
{
	struct sifting *sifting = data;
	struct rule rule;

	parse_attributes(message, &rule);
	if (!rule.owner[0] || !sifting->is_stale(sifting->plugin, rule.owner))
		return 0;
	sifting->is_more = sifting->count == NFT_MAX_ELEMENTS;
	if (!sifting->is_more)
		sifting->handles[sifting->count++] = rule.handle;
	return 0;
}

static int try_remove(struct plugin *p, uint8_t family, nft_stale_fn is_stale, bool *is_more)
{
	struct sifting sifting = {.plugin = p, .is_stale = is_stale};
	uint32_t generation = 0;
	size_t i;
	int r = nft_get_generation(p, &generation);

	*is_more = false;
	if (r == 0)
		r = ask_rules(p, family, CHAIN, sift, &sifting);
	if (r < 0)
		return r == -ENOENT ? 0 : r == -EINTR ? -ERESTART : r;
	*is_more = sifting.is_more;
	if (!sifting.count)
		return 0;
	nft_begin(p, generation);
	for (i = 0; i < sifting.count; i++)
		add_rule_delete(p, family, sifting.handles[i]);
	return nft_commit(p);
}

int iptables_remove(struct plugin *p, nft_stale_fn is_stale)
{
	bool is_more = false;
	int r = plugin_open_netfilter(p), attempts = 0;
	size_t i;

	for (i = 0; r == 0 && i < ARRAY_SIZE(families); i++) {
		do
			r = try_remove(p, families[i], is_stale, &is_more);
		while ((r == -ERESTART && ++attempts < NFT_MAX_ATTEMPTS) || (r == 0 && is_more));
		if (r < 0)
			r = plugin_fail_netlink(p, &p->netfilter);
	}
	return r;
}

static bool has_rule(const struct plugin *p, const struct rules *rules,
		     const struct k8snet_address *address, bool is_source)
{
	uint32_t offset = address_offset(address, is_source);
	size_t i;

	for (i = 0; i < rules->count; i++) {
		const struct rule *rule = &rules->items[i];

		if (rule->offset == offset && rule->address_size == address_size(address) &&
		    !memcmp(rule->address, address->bytes, address_size(address)) &&
		    (!rule->owner[0] || !strcmp(rule->owner, p->owner.text)))
			return true;
	}
	return false;
}

static int check_jump(struct plugin *p, uint8_t family, const char *chain, const char *to,
		      struct rules *rules)
{
	int r = get_rules(p, family, chain, rules);

	if (r < 0 && r != -ENOENT)
		return r == -ENOMEM ? r : plugin_fail_netlink(p, &p->netfilter);
	if (r == 0 && has_jump(rules, to))
		return 0;
	return plugin_deviates(p, "iptables: %s does not lead to %s", chain, to);
}

static int check_family(struct plugin *p, uint8_t family, const char *admin_chain,
			const struct k8snet_cni_result *result)
{
	const struct k8snet_cni_ip *ip = NULL;
	struct rules rules = {0};
	int r = check_jump(p, family, FORWARD, CHAIN, &rules);

	if (r == 0)
		r = check_jump(p, family, CHAIN, admin_chain, &rules);
	while (r == 0 && (ip = k8snet_cni_result_next_ip(result, ip))) {
		const struct k8snet_address *address = &k8snet_cni_ip_get_address(ip)->address;

		if (nft_family(address) != family)
			continue;
		if (!has_rule(p, &rules, address, true) || !has_rule(p, &rules, address, false))
			r = plugin_deviates(p, "iptables: " CHAIN " has no rule for %s",
					    address_text(address));
	}
	free(rules.items);
	return r;
}

int iptables_check(struct plugin *p, const char *admin_chain,
		   const struct k8snet_cni_result *result)
{
	int r = plugin_open_netfilter(p);
	size_t i;

	for (i = 0; r >= 0 && i < ARRAY_SIZE(families); i++) {
		if (count_addresses(result, families[i]))
			r = check_family(p, families[i], admin_chain, result);
	}
	return r;
}
