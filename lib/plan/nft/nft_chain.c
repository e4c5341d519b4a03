/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Chains and their names: a name says all of a chain. */
#include "plan/nft/nft.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <k8snet/address.h>
#include <k8snet/service.h>

#include "base/cleanup.h"

#define MARK_PREFIX "masquerade-0x"

static const uint8_t protocols[] = {K8SNET_PROTOCOL_TCP, K8SNET_PROTOCOL_UDP, K8SNET_PROTOCOL_SCTP};
static const char *const kind_names[] = {"cluster", "external", "node-port", "external-local",
					 "node-port-local"};
static const char *const reset_names[] = {"reset-prerouting", "reset-output"};
static const char *const pick_names[] = {"", "-source-hash", "-round-robin"};

struct nft_chain nft_mark_chain(uint8_t family, uint32_t masquerade_mark)
{
	return (struct nft_chain){.family = family,
				  .kind = NFT_CHAIN_MARK,
				  .n = (uint16_t)__builtin_ctz(masquerade_mark)};
}

bool nft_chain_is_same(const struct nft_chain *a, const struct nft_chain *b)
{
	return a->family == b->family && a->kind == b->kind && a->protocol == b->protocol &&
	       a->n == b->n && a->l == b->l && a->pick == b->pick && a->affinity == b->affinity &&
	       a->port == b->port && !memcmp(a->address, b->address, sizeof(a->address));
}

/* --- printing ------------------------------------------------------------- */

struct name {
	char *text;
	size_t used;
};

static void __attribute__((format(printf, 2, 3))) add(struct name *name, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	name->used += (size_t)vsnprintf(name->text + name->used, NFT_CHAIN_NAME_SIZE - name->used,
					format, args);
	va_end(args);
}

/* Addresses of IPv6 without colons, which a name cannot have: all 32 digits. */
static void add_owner(struct name *name, const struct nft_chain *chain)
{
	struct k8snet_address address = {.family = 4};
	char text[K8SNET_ADDRESS_TEXT_SIZE];
	size_t i;

	if (!nft_chain_is_of_node_ports(chain->kind)) {
		add(name, "-");
		for (i = 0; chain->family == 6 && i < 16; i++)
			add(name, "%02x", chain->address[i]);
		memcpy(address.bytes, chain->address, 4);
		if (chain->family == 4)
			add(name, "%s", k8snet_address_format(&address, text, sizeof(text)));
	}
	add(name, "-%u", chain->port);
}

static void add_balanced(struct name *name, const struct nft_chain *chain)
{
	add(name, "%s-%s-%u", kind_names[chain->kind], nft_protocol_name(chain->protocol),
	    chain->n);
	if (nft_chain_is_local(chain->kind))
		add(name, "-%u", chain->l);
	add(name, "%s", pick_names[chain->pick]);
	if (chain->affinity)
		add(name, "-affinity-%u", chain->affinity);
	if (nft_chain_is_own(chain))
		add_owner(name, chain);
}

char *nft_chain_name(const struct nft_chain *chain, char *buffer)
{
	struct name name = {.text = buffer};

	if (chain->kind == NFT_CHAIN_NO_ENDPOINTS)
		add(&name, "no-endpoints");
	else if (chain->kind == NFT_CHAIN_NO_LOCAL_ENDPOINTS)
		add(&name, "no-local-endpoints");
	else if (chain->kind == NFT_CHAIN_MARK)
		add(&name, MARK_PREFIX "%08x", 1u << chain->n);
	else if (chain->kind == NFT_CHAIN_RESET)
		add(&name, "%s", reset_names[chain->n]);
	else
		add_balanced(&name, chain);
	return buffer;
}

/* --- parsing -------------------------------------------------------------- */

/* At most `max`, without leading zeros; *text is behind it then. */
static bool parse_number(const char **text, uint32_t max, uint32_t *number)
{
	const char *start = *text;
	uint64_t n = 0;

	for (; **text >= '0' && **text <= '9' && n <= max; (*text)++)
		n = n * 10 + (uint64_t)(**text - '0');
	*number = (uint32_t)n;
	return *text > start && n <= max && (*start != '0' || *text == start + 1);
}

/* Goes on behind it if it is there. */
static bool skip(const char **text, const char *word)
{
	size_t length = strlen(word);

	if (strncmp(*text, word, length))
		return false;
	*text += length;
	return true;
}

static bool parse_counts(struct nft_chain *chain, const char **text)
{
	uint32_t n, l = 0;

	if (!skip(text, "-") || !parse_number(text, UINT16_MAX, &n) || !n)
		return false;
	if (nft_chain_is_local(chain->kind) &&
	    (!skip(text, "-") || !parse_number(text, UINT16_MAX, &l)))
		return false;
	chain->n = (uint16_t)n;
	chain->l = (uint16_t)l;
	return true;
}

static int parse_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static bool parse_digits(struct nft_chain *chain, const char **text)
{
	int digit;
	size_t i;

	for (i = 0; i < 32; i++) {
		digit = parse_digit(*(*text)++);
		if (digit < 0)
			return false;
		chain->address[i / 2] = (uint8_t)(chain->address[i / 2] << 4 | digit);
	}
	return true;
}

static bool parse_address(struct nft_chain *chain, const char **text)
{
	struct k8snet_address address;
	char copy[16] = "";
	size_t length = strcspn(*text, "-");

	if (chain->family == 6)
		return parse_digits(chain, text);
	if (length >= sizeof(copy))
		return false;
	memcpy(copy, *text, length);
	*text += length;
	if (k8snet_address_parse(&address, copy) < 0)
		return false;
	memcpy(chain->address, address.bytes, sizeof(chain->address));
	return true;
}

static bool parse_owner(struct nft_chain *chain, const char **text)
{
	uint32_t port;

	if (!nft_chain_is_of_node_ports(chain->kind) &&
	    (!skip(text, "-") || !parse_address(chain, text)))
		return false;
	if (!skip(text, "-") || !parse_number(text, UINT16_MAX, &port) || !port)
		return false;
	chain->port = (uint16_t)port;
	return true;
}

/* What comes behind kind and protocol. */
static bool parse_rest(struct nft_chain *chain, const char *text)
{
	size_t pick;

	if (!parse_counts(chain, &text))
		return false;
	for (pick = 1; pick < ARRAY_SIZE(pick_names); pick++)
		if (skip(&text, pick_names[pick]))
			chain->pick = (uint8_t)pick;
	if (skip(&text, "-affinity-") &&
	    (!parse_number(&text, UINT32_MAX, &chain->affinity) || !chain->affinity))
		return false;
	if (nft_chain_is_own(chain) && !parse_owner(chain, &text))
		return false;
	return !*text;
}

static bool parse_kind_name(struct nft_chain *chain, const char *name, uint8_t kind)
{
	const struct nft_chain empty = {.family = chain->family, .kind = kind};
	char canonical[NFT_CHAIN_NAME_SIZE];
	const char *rest = name, *start;
	size_t p;

	if (!skip(&rest, kind_names[kind]) || !skip(&rest, "-"))
		return false;
	for (p = 0; p < ARRAY_SIZE(protocols); p++) {
		start = rest;
		*chain = empty;
		chain->protocol = protocols[p];
		/* One name each, however it could be read. */
		if (skip(&start, nft_protocol_name(protocols[p])) && parse_rest(chain, start) &&
		    !strcmp(nft_chain_name(chain, canonical), name))
			return true;
	}
	return false;
}

static bool parse_mark_name(struct nft_chain *chain, const char *name)
{
	char canonical[NFT_CHAIN_NAME_SIZE];
	unsigned long mark;

	if (strncmp(name, MARK_PREFIX, strlen(MARK_PREFIX)))
		return false;
	mark = strtoul(name + strlen(MARK_PREFIX), NULL, 16);
	if (!mark || mark > UINT32_MAX)
		return false;
	*chain = nft_mark_chain(chain->family, (uint32_t)mark);
	return !strcmp(nft_chain_name(chain, canonical), name);
}

static bool parse_reset_name(struct nft_chain *chain, const char *name)
{
	uint16_t hook;

	for (hook = 0; hook < NFT_N_RESET_HOOKS; hook++) {
		if (strcmp(name, reset_names[hook]))
			continue;
		chain->kind = NFT_CHAIN_RESET;
		chain->n = hook;
		return true;
	}
	return false;
}

void nft_chain_parse(struct nft_chain *chain, const char *name)
{
	const struct nft_chain empty = {.family = chain->family};
	char fixed[NFT_CHAIN_NAME_SIZE];
	uint8_t kind;

	*chain = empty;
	for (kind = NFT_CHAIN_NO_ENDPOINTS; nft_chain_is_fixed(kind); kind++) {
		chain->kind = kind;
		if (!strcmp(name, nft_chain_name(chain, fixed)))
			return;
	}
	*chain = empty;
	if (parse_mark_name(chain, name) || parse_reset_name(chain, name))
		return;
	for (kind = 0; kind < ARRAY_SIZE(kind_names); kind++)
		if (parse_kind_name(chain, name, kind))
			return;
	*chain = empty;
	chain->kind = NFT_CHAIN_UNKNOWN;
}
