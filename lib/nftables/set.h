/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef NFTABLES_SET_H
#define NFTABLES_SET_H

#include "nftables/rule.h"

/*
 * Sets and maps of nftables as data, of which there is a text (set_print.c) and a netlink message
 * (lib/netlink/nft_table.c), which nft lists as the same.
 */
struct nft_set {
	const char *name; /* borrowed */
	uint8_t family;	  /* 4, 6 or NFT_FAMILY_BRIDGE */
	uint8_t n_key, n_data;
	bool is_typeof;	   /* declared by the terms themselves, not by their types */
	bool has_verdicts; /* a map without other data */
	bool is_interval;  /* of several terms: that of the last one alone */
	bool is_dynamic;   /* packets add to it, with timeouts */
	bool has_counters;
	uint32_t size; /* 0: as it comes */
	/* What is compared with it, and what data are used as: says of what types they are. */
	struct nft_term key[NFT_KEY_TERMS], data[NFT_KEY_TERMS];
};

static inline bool nft_set_is_map(const struct nft_set *set)
{
	return set->n_data || set->has_verdicts;
}

struct strbuf;

/* "NAME { type ipv4_addr ; }", for "add set" or "add map" of nft -f. */
void nft_set_print(struct strbuf *b, const struct nft_set *set);

#endif
