/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "plan/nft/nft.h"

#include <string.h>

#include <k8snet/service.h>

bool nft_verdict_is_same(const struct nft_verdict *a, const struct nft_verdict *b)
{
	return a->kind == b->kind && a->pick == b->pick && a->n == b->n && a->l == b->l &&
	       a->affinity == b->affinity;
}

/* --- balancers ------------------------------------------------------------ */

/* Beside those of affinity, which have the bit 0x4000: 8001:N to 8003:N at random, 8011:N to
 * 8013:N by hash, 80ff:0 and 80ff:1 without endpoints. */
#define BALANCER_FIRST 0x8001u
#define BALANCER_PICK  0x10u
#define BALANCER_FIXED 0x80ffu

uint32_t nft_verdict_get_number(const struct nft_verdict *verdict)
{
	uint32_t major = BALANCER_FIRST + verdict->kind + BALANCER_PICK * verdict->pick;

	if (nft_chain_is_fixed(verdict->kind))
		return BALANCER_FIXED << 16 | (uint32_t)(verdict->kind - NFT_CHAIN_NO_ENDPOINTS);
	if (verdict->kind > NFT_CHAIN_NODE_PORT || verdict->pick == NFT_PICK_ROUND_ROBIN ||
	    verdict->affinity)
		return 0;
	return major << 16 | verdict->n;
}

struct nft_verdict nft_verdict_of_number(uint32_t number)
{
	uint32_t major = (number >> 16) - BALANCER_FIRST;
	struct nft_verdict verdict = {.kind = (uint8_t)(major % BALANCER_PICK),
				      .pick = (uint8_t)(major / BALANCER_PICK),
				      .n = (uint16_t)number};

	if (number >> 16 == BALANCER_FIXED)
		verdict = (struct nft_verdict){
			.kind = (uint8_t)(NFT_CHAIN_NO_ENDPOINTS + (number & 1))};
	if (nft_verdict_get_number(&verdict) == number && number & 0xffff)
		return verdict;
	if (nft_chain_is_fixed(verdict.kind) && nft_verdict_get_number(&verdict) == number)
		return verdict;
	return (struct nft_verdict){.kind = NFT_CHAIN_UNKNOWN};
}

struct nft_verdict nft_chain_get_verdict(const struct nft_chain *chain)
{
	return (struct nft_verdict){.kind = chain->kind,
				    .pick = chain->pick,
				    .n = chain->n,
				    .l = chain->l,
				    .affinity = chain->affinity};
}

struct nft_element nft_balancer_element(const struct nft_chain *chain)
{
	const struct nft_verdict verdict = nft_chain_get_verdict(chain);
	struct nft_element e = {.family = chain->family,
				.map = NFT_BALANCERS,
				.protocol = chain->protocol,
				.number = nft_verdict_get_number(&verdict)};

	nft_element_set_verdict(&e, &verdict);
	return e;
}

/* --- elements ------------------------------------------------------------- */

void nft_element_set_verdict(struct nft_element *element, const struct nft_verdict *verdict)
{
	element->to_kind = verdict->kind;
	element->to_pick = verdict->pick;
	element->to_n = verdict->n;
	element->to_l = verdict->l;
	element->to_affinity = verdict->affinity;
}

void nft_element_get_verdict(const struct nft_element *element, struct nft_verdict *verdict)
{
	memset(verdict, 0, sizeof(*verdict));
	verdict->kind = element->to_kind;
	verdict->pick = element->to_pick;
	verdict->n = element->to_n;
	verdict->l = element->to_l;
	verdict->affinity = element->to_affinity;
}

struct nft_chain nft_element_get_chain(const struct nft_element *element)
{
	struct nft_chain chain = {
		.family = element->family,
		.kind = element->to_kind,
		.protocol = element->protocol,
		.n = element->to_n,
		.l = element->to_l,
		.pick = element->to_pick,
		.affinity = element->to_affinity,
	};

	if (!nft_chain_is_own(&chain))
		return chain;
	chain.port = element->port;
	memcpy(chain.address, element->address, sizeof(chain.address));
	return chain;
}
