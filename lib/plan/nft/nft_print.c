/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "plan/nft/nft.h"

#include <string.h>

#include <k8snet/address.h>
#include <k8snet/service.h>

#include "base/cleanup.h"
#include "base/strbuf.h"

/* The skeleton as nft text. %F: family and table; %f: family; %A: type of an
 * address; %C: types of what stands for a
 * client; %K: counters. */
static const char table_text[] = "add table %F { comment \"libk8snet\" ; }\n";

/* What stands for the letters. */
struct expansion {
	uint8_t family, protocol;
	bool has_counters;
};

static void expand_one(struct strbuf *b, char what, const struct expansion *x)
{
	const char *family = nft_family_name(x->family);

	switch (what) {
	case 'F':
		strbuf_printf(b, "%s " NFT_TABLE, family);
		break;
	case 'f':
		strbuf_add(b, family);
		break;
	case 'A':
		strbuf_add(b, x->family == 6 ? "ipv6_addr" : "ipv4_addr");
		break;
	case 'P':
		strbuf_add(b, nft_protocol_name(x->protocol));
		break;
	case 'C':
		strbuf_add(b, x->family == 6 ? "numgen random mod 65536 . numgen random mod 65536"
					     : "ip saddr");
		break;
	case 'K':
		strbuf_add(b, x->has_counters ? "counter ; " : "");
		break;
	}
}

static void expand(struct strbuf *b, const char *text, const struct expansion *x)
{
	for (; *text; text++) {
		if (*text == '%')
			expand_one(b, *++text, x);
		else
			strbuf_add_n(b, text, 1);
	}
}

/* --- declarations ------------------------------------------------------------- */

/* What has no type of its own is declared as what it is compared with. */
static bool is_typeof(const struct nft_map_row *row)
{
	const uint32_t numbers = 1u << NFT_FIELD_SLOT | 1u << NFT_FIELD_BALANCER |
				 1u << NFT_FIELD_NUMBER | 1u << NFT_FIELD_SERVICE |
				 1u << NFT_FIELD_LEAD;
	uint32_t fields = 0;
	size_t i;

	for (i = 0; i < NFT_MAP_FIELDS; i++)
		fields |= 1u << row->key[i] | 1u << row->data[i];
	return (fields & numbers) != 0;
}

static const char *declare_type(enum nft_field field)
{
	switch (field) {
	case NFT_FIELD_LINK:
		return "ifname";
	case NFT_FIELD_PROTOCOL:
		return "inet_proto";
	case NFT_FIELD_PORT:
	case NFT_FIELD_TO_PORT:
		return "inet_service";
	case NFT_FIELD_VERDICT:
		return "verdict";
	default:
		return "%A";
	}
}

static const char *declare_typeof(enum nft_field field, bool has_protocol)
{
	switch (field) {
	case NFT_FIELD_PROTOCOL:
		return "meta l4proto";
	case NFT_FIELD_PORT:
	case NFT_FIELD_TO_PORT:
		return has_protocol ? "%P dport" : "th dport";
	case NFT_FIELD_SLOT:
		return "numgen random mod 65536";
	case NFT_FIELD_CLIENT:
		return "%C";
	case NFT_FIELD_BALANCER:
	case NFT_FIELD_NUMBER:
	case NFT_FIELD_SERVICE:
	case NFT_FIELD_LEAD:
		return "meta priority";
	case NFT_FIELD_VERDICT:
		return "verdict";
	default:
		return "%f daddr";
	}
}

static void declare_fields(struct strbuf *b, uint8_t map, const uint8_t *fields,
			   const struct expansion *x)
{
	size_t i;

	for (i = 0; i < NFT_MAP_FIELDS && fields[i]; i++) {
		strbuf_add(b, i ? " . " : "");
		expand(b,
		       is_typeof(&nft_maps[map])
			       ? declare_typeof(fields[i], nft_map_is_backends(map))
			       : declare_type(fields[i]),
		       x);
	}
}

static void declare_map(struct strbuf *b, uint8_t map, const struct expansion *x)
{
	const struct nft_map_row *row = &nft_maps[map];

	expand(b, nft_map_is_set(map) ? "add set %F " : "add map %F ", x);
	strbuf_printf(b, "%s { %s ", nft_map_name(map, x->protocol),
		      is_typeof(row) ? "typeof" : "type");
	declare_fields(b, map, row->key, x);
	if (!nft_map_is_set(map)) {
		strbuf_add(b, " : ");
		declare_fields(b, map, row->data, x);
	}
	strbuf_add(b, " ; ");
	if (row->flags & (NFT_MAP_INTERVALS | NFT_MAP_RANGES))
		strbuf_add(b, "flags interval ; ");
	if (row->flags & NFT_MAP_DYNAMIC)
		strbuf_printf(b, "flags dynamic,timeout ; size %u ; ", NFT_DYNAMIC_SIZE);
	expand(b, row->flags & NFT_MAP_COUNTED ? "%K}\n" : "}\n", x);
}

/* --- chains ---------------------------------------------------------------------- */

static void print_chain_begin(struct strbuf *b, const char *verb, uint8_t family, const char *chain)
{
	strbuf_printf(b, "%s %s " NFT_TABLE " %s", verb, nft_family_name(family), chain);
}

static void print_hook(struct strbuf *b, const char *type, const char *hook, int priority)
{
	strbuf_printf(b, " { type %s hook %s priority %d ; }", type, hook, priority);
}

/* Flushed first: this text also mends a table in which rules were changed. */
static void print_skeleton_chains(struct strbuf *b, uint8_t family)
{
	const struct nft_skeleton_chain *chain;
	size_t i;

	for (i = 0; i < nft_n_skeleton_chains; i++) {
		chain = &nft_skeleton_chains[i];
		print_chain_begin(b, "add chain", family, chain->name);
		if (chain->type)
			print_hook(b, chain->type, chain->hook_name, chain->priority);
		strbuf_add(b, "\n");
	}
	for (i = 0; i < nft_n_skeleton_chains; i++) {
		print_chain_begin(b, "flush chain", family, nft_skeleton_chains[i].name);
		strbuf_add(b, "\n");
	}
}

struct rules {
	struct strbuf *b;
	uint8_t family;
};

static void print_rule(void *data, const char *chain, const struct nft_rule *rule)
{
	const struct rules *rules = data;

	print_chain_begin(rules->b, "add rule", rules->family, chain);
	strbuf_add(rules->b, " ");
	nft_rule_print(rules->b, rule);
	strbuf_add(rules->b, "\n");
}

void nft_print_chain_add(struct strbuf *b, const struct nft_chain *chain, uint32_t masquerade_mark)
{
	char name[NFT_CHAIN_NAME_SIZE];

	nft_chain_name(chain, name);
	print_chain_begin(b, "add chain", chain->family, name);
	/* Before addresses are translated: what comes over a bridge is answered there, by what the
	 * packet says. */
	if (chain->kind == NFT_CHAIN_RESET)
		print_hook(b, "filter", chain->n == NFT_RESET_OUTPUT ? "output" : "prerouting",
			   NFT_RESET_PRIORITY);
	strbuf_add(b, "\n");
	if (chain->kind == NFT_CHAIN_MARK)
		return;
	print_chain_begin(b, "flush chain", chain->family, name);
	strbuf_add(b, "\n");
	nft_chain_build(chain, masquerade_mark, print_rule, &(struct rules){b, chain->family});
}

void nft_print_table_add(struct strbuf *b, uint8_t family, uint32_t masquerade_mark,
			 bool has_counters)
{
	static const uint8_t protocols[] = {K8SNET_PROTOCOL_TCP, K8SNET_PROTOCOL_UDP,
					    K8SNET_PROTOCOL_SCTP};
	struct expansion x = {.family = family, .has_counters = has_counters};
	uint8_t map;
	size_t i;

	expand(b, table_text, &x);
	for (map = 0; !nft_map_is_backends(map); map++)
		declare_map(b, map, &x);
	for (i = 0; i < ARRAY_SIZE(protocols); i++) {
		x.protocol = protocols[i];
		for (map = 0; map < NFT_N_MAPS; map++)
			if (nft_map_is_backends(map))
				declare_map(b, map, &x);
	}
	print_skeleton_chains(b, family);
	nft_skeleton_build(family, masquerade_mark, print_rule, &(struct rules){b, family});
}

void nft_print_table_delete(struct strbuf *b, uint8_t family)
{
	strbuf_printf(b, "delete table %s " NFT_TABLE "\n", nft_family_name(family));
}

void nft_print_chain_delete(struct strbuf *b, const struct nft_chain *chain)
{
	char name[NFT_CHAIN_NAME_SIZE];

	strbuf_printf(b, "delete chain %s " NFT_TABLE " %s\n", nft_family_name(chain->family),
		      nft_chain_name(chain, name));
}

static void print_address(struct strbuf *b, uint8_t family, const uint8_t *bytes)
{
	char text[K8SNET_ADDRESS_TEXT_SIZE];
	struct k8snet_address address = {.family = family};

	memcpy(address.bytes, bytes, family == 6 ? 16 : 4);
	strbuf_add(b, k8snet_address_format(&address, text, sizeof(text)));
}

static void print_number(struct strbuf *b, uint32_t number)
{
	strbuf_printf(b, "%x:%x", number >> 16, number & 0xffff);
}

static void print_verdict(struct strbuf *b, const struct nft_element *e)
{
	const struct nft_chain chain = nft_element_get_chain(e);
	char name[NFT_CHAIN_NAME_SIZE];

	strbuf_printf(b, "goto %s", nft_chain_name(&chain, name));
}

static void print_lead(struct strbuf *b, const struct nft_element *e)
{
	struct nft_verdict verdict;

	nft_element_get_verdict(e, &verdict);
	print_number(b, nft_verdict_get_number(&verdict));
}

static void print_field(struct strbuf *b, const struct nft_element *e, enum nft_field field)
{
	switch (field) {
	case NFT_FIELD_ADDRESS:
	case NFT_FIELD_SAME_ADDRESS:
		print_address(b, e->family, e->address);
		if (nft_map_is_intervals(e->map))
			strbuf_printf(b, "/%u", e->prefix_length);
		break;
	case NFT_FIELD_TO_ADDRESS:
		print_address(b, e->family, e->to_address);
		break;
	case NFT_FIELD_SOURCE:
		print_address(b, e->family, e->to_address);
		strbuf_printf(b, "/%u", e->prefix_length);
		break;
	case NFT_FIELD_LINK:
		strbuf_printf(b, "\"%.16s%s\"", (const char *)e->address,
			      e->prefix_length < 128 ? "*" : "");
		break;
	case NFT_FIELD_PROTOCOL:
		strbuf_add(b, nft_protocol_name(e->protocol));
		break;
	case NFT_FIELD_PORT:
		strbuf_printf(b, "%u", e->port);
		break;
	case NFT_FIELD_TO_PORT:
		strbuf_printf(b, "%u", e->to_port);
		break;
	case NFT_FIELD_SLOT:
		strbuf_printf(b, "%u", e->slot);
		break;
	case NFT_FIELD_BALANCER:
	case NFT_FIELD_NUMBER:
		print_number(b, e->number);
		break;
	case NFT_FIELD_SERVICE:
		print_number(b, e->number & 0xffff0000);
		break;
	case NFT_FIELD_LEAD:
		print_lead(b, e);
		break;
	case NFT_FIELD_VERDICT:
		print_verdict(b, e);
		break;
	case NFT_FIELD_CLIENT:
	case NFT_FIELD_END:
		break;
	}
}

static void print_fields(struct strbuf *b, const struct nft_element *e, const uint8_t *fields)
{
	size_t i;

	for (i = 0; i < NFT_MAP_FIELDS && fields[i]; i++) {
		strbuf_add(b, i ? " . " : "");
		print_field(b, e, fields[i]);
	}
}

void nft_print_element(struct strbuf *b, const struct nft_element *element, bool is_delete)
{
	strbuf_printf(b, "%s element %s " NFT_TABLE " %s { ", is_delete ? "delete" : "add",
		      nft_family_name(element->family),
		      nft_map_name(element->map, element->protocol));
	print_fields(b, element, nft_maps[element->map].key);
	if (!is_delete && !nft_map_is_set(element->map)) {
		strbuf_add(b, " : ");
		print_fields(b, element, nft_maps[element->map].data);
	}
	strbuf_add(b, " }\n");
}
