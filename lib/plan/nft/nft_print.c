/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "plan/nft/nft.h"

#include <string.h>

#include <k8snet/address.h>

#include "base/strbuf.h"

/* --- chains ---------------------------------------------------------------------- */

static void print_chain_begin(struct strbuf *b, const char *verb, uint8_t family, const char *chain)
{
	strbuf_printf(b, "%s %s " NFT_TABLE " %s", verb, nft_family_name(family), chain);
}

static void print_hook(struct strbuf *b, const struct nft_hook *hook)
{
	if (hook)
		strbuf_printf(b, " { type %s hook %s priority %d ; }", hook->type,
			      nft_hook_name(hook), hook->priority);
}

/* Flushed first: this text also mends a table in which rules were changed. */
static void print_skeleton_chains(struct strbuf *b, uint8_t family)
{
	const struct nft_skeleton_chain *chain;
	size_t i;

	for (i = 0; i < NFT_N_SKELETON_CHAINS; i++) {
		chain = &nft_skeleton_chains[i];
		print_chain_begin(b, "add chain", family, chain->name);
		print_hook(b, chain->hook);
		strbuf_add(b, "\n");
	}
	for (i = 0; i < NFT_N_SKELETON_CHAINS; i++) {
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
	print_hook(b, nft_chain_hook(chain));
	strbuf_add(b, "\n");
	if (chain->kind == NFT_CHAIN_MARK)
		return;
	print_chain_begin(b, "flush chain", chain->family, name);
	strbuf_add(b, "\n");
	nft_chain_build(chain, masquerade_mark, print_rule, &(struct rules){b, chain->family});
}

static void print_set(void *data, const struct nft_set *set)
{
	struct strbuf *b = data;

	strbuf_printf(b, "add %s %s " NFT_TABLE " ", nft_set_is_map(set) ? "map" : "set",
		      nft_family_name(set->family));
	nft_set_print(b, set);
	strbuf_add(b, "\n");
}

void nft_print_table_add(struct strbuf *b, uint8_t family, uint32_t masquerade_mark,
			 bool has_counters)
{
	const struct nft_map_variant all = {.family = family, .has_counters = has_counters};

	strbuf_printf(b, "add table %s " NFT_TABLE " { comment \"" NFT_TABLE_COMMENT "\" ; }\n",
		      nft_family_name(family));
	nft_skeleton_declare(&all, print_set, b);
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
