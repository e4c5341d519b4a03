/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "nftables/rule.h"

#include <string.h>

struct nft_statement *nft_rule_append(struct nft_rule *rule, enum nft_statement_type type)
{
	struct nft_statement *s = &rule->statements[rule->n++];

	memset(s, 0, sizeof(*s));
	s->type = (uint8_t)type;
	return s;
}

struct nft_statement *nft_rule_append_key(struct nft_rule *rule, enum nft_statement_type type,
					  const struct nft_term *key, size_t n, const char *set)
{
	struct nft_statement *s = nft_rule_append(rule, type);

	memcpy(s->key, key, n * sizeof(*key));
	s->n = (uint8_t)n;
	s->set = set;
	return s;
}
