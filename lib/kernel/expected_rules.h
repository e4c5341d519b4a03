/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef KERNEL_EXPECTED_RULES_H
#define KERNEL_EXPECTED_RULES_H

#include <stdint.h>

#include "plan/nft/nft.h"

/* What the rules of chains should be, as nft_rule_hash() has it of those that are there. */

/* Of nft_skeleton_chains, in their order, into `hashes`. */
void expected_skeleton_rules(uint8_t family, uint32_t masquerade_mark, uint64_t *hashes);
uint64_t expected_chain_rules(const struct nft_chain *chain, uint32_t masquerade_mark);

#endif
