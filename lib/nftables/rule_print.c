/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Rules as nft text. */
#include <string.h>

#include <k8snet/address.h>

#include "base/strbuf.h"
#include "nftables/rule.h"

static const char *family_name(uint8_t family)
{
	return family == 6 ? "ip6" : "ip";
}

static const char *protocol_name(uint32_t protocol)
{
	switch (protocol) {
	case 1:
		return "icmp";
	case 6:
		return "tcp";
	case 17:
		return "udp";
	case 58:
		return "ipv6-icmp";
	case 132:
		return "sctp";
	default:
		return "th";
	}
}

/* A priority is "MAJOR:MINOR". */
static void print_priority(struct strbuf *b, uint32_t number)
{
	if (number)
		strbuf_printf(b, "%x:%x", number >> 16, number & 0xffff);
	else
		strbuf_add(b, "none");
}

static const char *simple_name(uint8_t load)
{
	static const char *const names[] = {
		[NFT_LOAD_TCP_FLAGS] = "tcp flags",
		[NFT_LOAD_PROTOCOL] = "meta l4proto",
		[NFT_LOAD_PRIORITY] = "meta priority",
		[NFT_LOAD_MARK] = "meta mark",
		[NFT_LOAD_IIFNAME] = "iifname",
		[NFT_LOAD_OIFNAME] = "oifname",
		[NFT_LOAD_ETHER_SADDR] = "ether saddr",
		[NFT_LOAD_ETHER_TYPE] = "ether type",
		[NFT_LOAD_CT_STATE] = "ct state",
		[NFT_LOAD_CT_STATUS] = "ct status",
		[NFT_LOAD_CT_SPORT] = "ct original proto-src",
		[NFT_LOAD_CT_DPORT] = "ct original proto-dst",
		[NFT_LOAD_CT_PROTOCOL] = "ct original protocol",
		[NFT_LOAD_FIB_SADDR] = "fib saddr type",
		[NFT_LOAD_FIB_DADDR] = "fib daddr type",
		[NFT_LOAD_NFTRACE] = "meta nftrace",
	};

	return names[load];
}

static void print_term(struct strbuf *b, uint8_t family, const struct nft_term *t)
{
	switch ((enum nft_load)t->load) {
	case NFT_LOAD_SADDR:
	case NFT_LOAD_DADDR:
		strbuf_printf(b, "%s %s", family_name(family),
			      t->load == NFT_LOAD_SADDR ? "saddr" : "daddr");
		break;
	case NFT_LOAD_CT_SADDR:
	case NFT_LOAD_CT_DADDR:
		strbuf_printf(b, "ct original %s %s", family_name(family),
			      t->load == NFT_LOAD_CT_SADDR ? "saddr" : "daddr");
		break;
	case NFT_LOAD_SPORT:
	case NFT_LOAD_DPORT:
		strbuf_printf(b, "%s %s", protocol_name(t->protocol),
			      t->load == NFT_LOAD_SPORT ? "sport" : "dport");
		break;
	case NFT_LOAD_RANDOM:
	case NFT_LOAD_COUNT:
		strbuf_printf(b, "numgen %s mod %u", t->load == NFT_LOAD_RANDOM ? "random" : "inc",
			      t->modulus);
		break;
	case NFT_LOAD_TRANSPORT:
		strbuf_printf(b, "@th,%u,16", 8u * t->offset);
		break;
	case NFT_LOAD_HASH:
		strbuf_printf(b, "jhash %s saddr mod %u seed 0x%x", family_name(family), t->modulus,
			      t->seed);
		break;
	default:
		strbuf_add(b, simple_name(t->load));
		break;
	}
	if (t->mask) {
		strbuf_add(b, " & ");
		strbuf_printf(b, "%x:%x", t->mask >> 16, t->mask & 0xffff);
	}
}

void nft_key_print(struct strbuf *b, uint8_t family, const struct nft_term *key, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++) {
		strbuf_add(b, i ? " . " : "");
		print_term(b, family, &key[i]);
	}
}

static void print_value(struct strbuf *b, uint8_t load, uint32_t value)
{
	switch (load) {
	case NFT_LOAD_PROTOCOL:
	case NFT_LOAD_CT_PROTOCOL:
		strbuf_add(b, protocol_name(value));
		break;
	case NFT_LOAD_FIB_SADDR:
	case NFT_LOAD_FIB_DADDR:
		strbuf_add(b, "local");
		break;
	case NFT_LOAD_CT_STATE:
		strbuf_add(b, "new");
		break;
	case NFT_LOAD_CT_STATUS:
		strbuf_add(b, "dnat");
		break;
	case NFT_LOAD_PRIORITY:
		print_priority(b, value);
		break;
	case NFT_LOAD_TCP_FLAGS:
	case NFT_LOAD_ETHER_TYPE:
		strbuf_printf(b, "0x%x", value);
		break;
	default:
		strbuf_printf(b, "%u", value);
		break;
	}
}

static void print_mask(struct strbuf *b, uint8_t load, uint32_t mask)
{
	if (load == NFT_LOAD_PRIORITY)
		strbuf_printf(b, " & %x:%x", mask >> 16, mask & 0xffff);
	else if (load == NFT_LOAD_TCP_FLAGS)
		strbuf_add(b, " & (syn | rst)");
	else
		strbuf_printf(b, " & 0x%08x", mask);
}

static void print_compare(struct strbuf *b, uint8_t family, const struct nft_statement *s)
{
	uint8_t load = s->key[0].load;

	print_term(b, family, &s->key[0]);
	/* Of bits it is told which one is meant. */
	if (load != NFT_LOAD_CT_STATE && load != NFT_LOAD_CT_STATUS) {
		if (s->mask)
			print_mask(b, load, s->mask);
		strbuf_add(b, s->is_not ? " !=" : s->mask ? " ==" : "");
	}
	strbuf_add(b, " ");
	print_value(b, load, s->value);
}

static void print_address(struct strbuf *b, uint8_t family, const struct nft_statement *s)
{
	struct k8snet_address address = {.family = family};
	char text[K8SNET_ADDRESS_TEXT_SIZE];

	memcpy(address.bytes, s->address, family == 6 ? 16 : 4);
	print_term(b, family, &s->key[0]);
	strbuf_printf(b, "%s %s", s->is_not ? " !=" : "",
		      k8snet_address_format(&address, text, sizeof(text)));
	if (s->value != (family == 6 ? 128 : 32))
		strbuf_printf(b, "/%u", s->value);
}

static void print_set_bits(struct strbuf *b, const struct nft_statement *s)
{
	const char *name = simple_name(s->what);
	const char *operator= s->mask == UINT32_MAX ? "^" : s->value ? "|" : "&";
	uint32_t bits = s->value ? s->value : s->mask;

	strbuf_printf(b, "%s set %s %s ", name, name, operator);
	if (s->what == NFT_LOAD_PRIORITY)
		strbuf_printf(b, "%x:%x", bits >> 16, bits & 0xffff);
	else
		strbuf_printf(b, "0x%08x", bits);
}

static void print_verdict(struct strbuf *b, const struct nft_statement *s)
{
	const char *name = s->code == NFT_CODE_DROP	? "drop"
			   : s->code == NFT_CODE_ACCEPT ? "accept"
			   : s->code == NFT_CODE_RETURN ? "return"
			   : s->code == NFT_CODE_JUMP	? "jump"
							: "goto";

	strbuf_printf(b, "%s%s%s", name, s->set ? " " : "", s->set ? s->set : "");
}

static void print_update(struct strbuf *b, uint8_t family, const struct nft_statement *s)
{
	strbuf_printf(b, "%s @%s { ", s->type == NFT_STATEMENT_UPDATE ? "update" : "delete",
		      s->set);
	nft_key_print(b, family, s->key, s->n);
	if (s->value)
		strbuf_printf(b, " timeout %us", s->value);
	strbuf_add(b, s->has_data ? " : meta priority }" : " }");
}

static void print_statement(struct strbuf *b, uint8_t family, const struct nft_statement *s)
{
	switch ((enum nft_statement_type)s->type) {
	case NFT_STATEMENT_IN_SET:
		nft_key_print(b, family, s->key, s->n);
		strbuf_printf(b, "%s @%s", s->is_not ? " !=" : "", s->set);
		break;
	case NFT_STATEMENT_COMPARE:
		print_compare(b, family, s);
		break;
	case NFT_STATEMENT_ADDRESS:
		print_address(b, family, s);
		break;
	case NFT_STATEMENT_NAME:
		nft_key_print(b, family, s->key, 1);
		strbuf_printf(b, "%s \"%s\"", s->is_not ? " !=" : "", s->set);
		break;
	case NFT_STATEMENT_VMAP:
		nft_key_print(b, family, s->key, s->n);
		strbuf_printf(b, " vmap @%s", s->set);
		break;
	case NFT_STATEMENT_SET_MAP:
		strbuf_printf(b, "%s set ", simple_name(s->what));
		nft_key_print(b, family, s->key, s->n);
		strbuf_printf(b, " map @%s", s->set);
		break;
	case NFT_STATEMENT_SET_BITS:
		print_set_bits(b, s);
		break;
	case NFT_STATEMENT_SET:
		strbuf_printf(b, "%s set ", simple_name(s->what));
		print_value(b, s->what, s->value);
		break;
	case NFT_STATEMENT_DNAT:
		strbuf_printf(b, "dnat %s to ", family_name(family));
		nft_key_print(b, family, s->key, s->n);
		strbuf_printf(b, " map @%s", s->set);
		break;
	case NFT_STATEMENT_MASQUERADE:
		strbuf_add(b, s->value ? "masquerade fully-random" : "masquerade");
		break;
	case NFT_STATEMENT_REJECT:
		strbuf_add(b, "reject");
		break;
	case NFT_STATEMENT_RESET:
		strbuf_add(b, "reject with tcp reset");
		break;
	case NFT_STATEMENT_VERDICT:
		print_verdict(b, s);
		break;
	case NFT_STATEMENT_UPDATE:
	case NFT_STATEMENT_DELETE:
		print_update(b, family, s);
		break;
	}
}

void nft_rule_print(struct strbuf *b, const struct nft_rule *rule)
{
	size_t i;

	for (i = 0; i < rule->n; i++) {
		strbuf_add(b, i ? " " : "");
		print_statement(b, rule->family, &rule->statements[i]);
	}
}
