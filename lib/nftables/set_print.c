/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Sets and maps as nft text. */
#include "base/strbuf.h"
#include "nftables/set.h"

static const char *type_name(uint8_t family, const struct nft_term *term)
{
	switch ((enum nft_load)term->load) {
	case NFT_LOAD_IIFNAME:
	case NFT_LOAD_OIFNAME:
		return "ifname";
	case NFT_LOAD_ETHER_SADDR:
		return "ether_addr";
	case NFT_LOAD_MARK:
		return "mark";
	case NFT_LOAD_PROTOCOL:
		return "inet_proto";
	case NFT_LOAD_SPORT:
	case NFT_LOAD_DPORT:
		return "inet_service";
	default:
		return family == 6 ? "ipv6_addr" : "ipv4_addr";
	}
}

static void print_terms(struct strbuf *b, const struct nft_set *set, const struct nft_term *terms,
			size_t n)
{
	size_t i;

	if (set->is_typeof) {
		nft_key_print(b, set->family, terms, n);
		return;
	}
	for (i = 0; i < n; i++)
		strbuf_printf(b, "%s%s", i ? " . " : "", type_name(set->family, &terms[i]));
}

void nft_set_print(struct strbuf *b, const struct nft_set *set)
{
	strbuf_printf(b, "%s { %s ", set->name, set->is_typeof ? "typeof" : "type");
	print_terms(b, set, set->key, set->n_key);
	strbuf_add(b, nft_set_is_map(set) ? " : " : "");
	print_terms(b, set, set->data, set->n_data);
	strbuf_add(b, set->has_verdicts ? "verdict ; " : " ; ");
	if (set->is_interval)
		strbuf_add(b, "flags interval ; ");
	if (set->is_dynamic)
		strbuf_add(b, "flags dynamic,timeout ; ");
	if (set->size)
		strbuf_printf(b, "size %u ; ", set->size);
	strbuf_add(b, set->has_counters ? "counter ; }" : "}");
}
