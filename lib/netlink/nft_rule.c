/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Rules as netlink expressions. Registers are those that nft 1.0.6 takes, so that both list the
 * same, bit by bit. */
#include "netlink/nft_rule.h"

#include <arpa/inet.h>
#include <endian.h>
#include <linux/netfilter/nf_tables.h>
#include <string.h>

/* Registers of 4 bytes, from 0. */
#define REGISTER(slot) htonl((uint32_t)(NFT_REG32_00 + (slot)))
#define LOCAL_SLOT     4 /* of what is not part of a key */

struct encoder {
	struct nlmsghdr *message;
	uint8_t family;
	uint8_t protocol; /* that the rule has matched; 0: none */
};

struct expression {
	struct nlattr *outer, *data;
};

static struct expression begin_expression(struct encoder *e, const char *name)
{
	struct expression x = {.outer = mnl_attr_nest_start(e->message, NFTA_LIST_ELEM)};

	mnl_attr_put_strz(e->message, NFTA_EXPR_NAME, name);
	x.data = mnl_attr_nest_start(e->message, NFTA_EXPR_DATA);
	return x;
}

static void end_expression(struct encoder *e, struct expression x)
{
	mnl_attr_nest_end(e->message, x.data);
	mnl_attr_nest_end(e->message, x.outer);
}

static void put_u32(struct encoder *e, uint16_t type, uint32_t value)
{
	mnl_attr_put_u32(e->message, type, htonl(value));
}

static void put_register(struct encoder *e, uint16_t type, size_t slot)
{
	mnl_attr_put_u32(e->message, type, REGISTER(slot));
}

static void put_value(struct encoder *e, uint16_t type, const void *bytes, size_t size)
{
	struct nlattr *value = mnl_attr_nest_start(e->message, type);

	mnl_attr_put(e->message, NFTA_DATA_VALUE, size, bytes);
	mnl_attr_nest_end(e->message, value);
}

/* --- loading ------------------------------------------------------------------------ */

static size_t address_size(const struct encoder *e)
{
	return e->family == 6 ? 16 : 4;
}

static void load_payload(struct encoder *e, uint32_t base, uint32_t offset, size_t size,
			 size_t slot)
{
	struct expression x = begin_expression(e, "payload");

	put_register(e, NFTA_PAYLOAD_DREG, slot);
	put_u32(e, NFTA_PAYLOAD_BASE, base);
	put_u32(e, NFTA_PAYLOAD_OFFSET, offset);
	put_u32(e, NFTA_PAYLOAD_LEN, (uint32_t)size);
	end_expression(e, x);
}

static void load_address(struct encoder *e, bool is_source, size_t size, size_t slot)
{
	const uint32_t source = e->family == 6 ? 8 : 12;

	load_payload(e, NFT_PAYLOAD_NETWORK_HEADER,
		     is_source ? source : source + (uint32_t)address_size(e), size, slot);
}

static void load_meta(struct encoder *e, uint32_t key, size_t slot)
{
	struct expression x = begin_expression(e, "meta");

	put_u32(e, NFTA_META_KEY, key);
	put_register(e, NFTA_META_DREG, slot);
	end_expression(e, x);
}

static void load_ct(struct encoder *e, uint32_t key, bool has_direction, size_t slot)
{
	struct expression x = begin_expression(e, "ct");

	put_u32(e, NFTA_CT_KEY, key);
	put_register(e, NFTA_CT_DREG, slot);
	if (has_direction)
		mnl_attr_put_u8(e->message, NFTA_CT_DIRECTION, 0);
	end_expression(e, x);
}

static void load_fib(struct encoder *e, uint32_t flags, size_t slot)
{
	struct expression x = begin_expression(e, "fib");

	put_register(e, NFTA_FIB_DREG, slot);
	put_u32(e, NFTA_FIB_RESULT, NFT_FIB_RESULT_ADDRTYPE);
	put_u32(e, NFTA_FIB_FLAGS, flags);
	end_expression(e, x);
}

static void load_numgen(struct encoder *e, const struct nft_term *t, size_t slot)
{
	struct expression x = begin_expression(e, "numgen");

	put_register(e, NFTA_NG_DREG, slot);
	put_u32(e, NFTA_NG_MODULUS, t->modulus);
	put_u32(e, NFTA_NG_TYPE, t->load == NFT_LOAD_RANDOM ? NFT_NG_RANDOM : NFT_NG_INCREMENTAL);
	end_expression(e, x);
}

static void load_hash(struct encoder *e, const struct nft_term *t, size_t slot, size_t source)
{
	struct expression x;

	load_address(e, true, address_size(e), source);
	x = begin_expression(e, "hash");
	put_register(e, NFTA_HASH_SREG, source);
	put_register(e, NFTA_HASH_DREG, slot);
	put_u32(e, NFTA_HASH_LEN, (uint32_t)address_size(e));
	put_u32(e, NFTA_HASH_MODULUS, t->modulus);
	put_u32(e, NFTA_HASH_SEED, t->seed);
	put_u32(e, NFTA_HASH_TYPE, NFT_HASH_JENKINS);
	end_expression(e, x);
}

static void bitwise(struct encoder *e, const void *mask, const void *bits, size_t size, size_t slot)
{
	struct expression x = begin_expression(e, "bitwise");

	put_register(e, NFTA_BITWISE_SREG, slot);
	put_register(e, NFTA_BITWISE_DREG, slot);
	put_u32(e, NFTA_BITWISE_LEN, (uint32_t)size);
	put_value(e, NFTA_BITWISE_MASK, mask, size);
	put_value(e, NFTA_BITWISE_XOR, bits, size);
	end_expression(e, x);
}

/* `source`: where there is room for what is hashed. */
static void load(struct encoder *e, const struct nft_term *t, size_t slot, size_t source)
{
	const uint32_t none = 0;

	switch ((enum nft_load)t->load) {
	case NFT_LOAD_SADDR:
	case NFT_LOAD_DADDR:
		load_address(e, t->load == NFT_LOAD_SADDR, address_size(e), slot);
		break;
	case NFT_LOAD_SPORT:
	case NFT_LOAD_DPORT:
		load_payload(e, NFT_PAYLOAD_TRANSPORT_HEADER, t->load == NFT_LOAD_SPORT ? 0 : 2, 2,
			     slot);
		break;
	case NFT_LOAD_TRANSPORT:
		load_payload(e, NFT_PAYLOAD_TRANSPORT_HEADER, t->offset, 2, slot);
		break;
	case NFT_LOAD_TCP_FLAGS:
		load_payload(e, NFT_PAYLOAD_TRANSPORT_HEADER, 13, 1, slot);
		break;
	case NFT_LOAD_PROTOCOL:
		load_meta(e, NFT_META_L4PROTO, slot);
		break;
	case NFT_LOAD_PRIORITY:
		load_meta(e, NFT_META_PRIORITY, slot);
		break;
	case NFT_LOAD_MARK:
		load_meta(e, NFT_META_MARK, slot);
		break;
	case NFT_LOAD_NFTRACE:
		load_meta(e, NFT_META_NFTRACE, slot);
		break;
	case NFT_LOAD_IIFNAME:
		load_meta(e, NFT_META_IIFNAME, slot);
		break;
	case NFT_LOAD_OIFNAME:
		load_meta(e, NFT_META_OIFNAME, slot);
		break;
	case NFT_LOAD_ETHER_SADDR:
		load_payload(e, NFT_PAYLOAD_LL_HEADER, 6, 6, slot);
		break;
	case NFT_LOAD_ETHER_TYPE:
		load_payload(e, NFT_PAYLOAD_LL_HEADER, 12, 2, slot);
		break;
	case NFT_LOAD_CT_STATE:
		load_ct(e, NFT_CT_STATE, false, slot);
		break;
	case NFT_LOAD_CT_STATUS:
		load_ct(e, NFT_CT_STATUS, false, slot);
		break;
	case NFT_LOAD_CT_SADDR:
		load_ct(e, e->family == 6 ? NFT_CT_SRC_IP6 : NFT_CT_SRC_IP, true, slot);
		break;
	case NFT_LOAD_CT_DADDR:
		load_ct(e, e->family == 6 ? NFT_CT_DST_IP6 : NFT_CT_DST_IP, true, slot);
		break;
	case NFT_LOAD_CT_SPORT:
		load_ct(e, NFT_CT_PROTO_SRC, true, slot);
		break;
	case NFT_LOAD_CT_DPORT:
		load_ct(e, NFT_CT_PROTO_DST, true, slot);
		break;
	case NFT_LOAD_CT_PROTOCOL:
		load_ct(e, NFT_CT_PROTOCOL, true, slot);
		break;
	case NFT_LOAD_FIB_SADDR:
		load_fib(e, NFTA_FIB_F_SADDR, slot);
		break;
	case NFT_LOAD_FIB_DADDR:
		load_fib(e, NFTA_FIB_F_DADDR, slot);
		break;
	case NFT_LOAD_RANDOM:
	case NFT_LOAD_COUNT:
		load_numgen(e, t, slot);
		break;
	case NFT_LOAD_HASH:
		load_hash(e, t, slot, source);
		break;
	}
	if (t->mask)
		bitwise(e, &t->mask, &none, sizeof(t->mask), slot);
}

static size_t count_slots(const struct encoder *e, const struct nft_term *t)
{
	switch ((enum nft_load)t->load) {
	case NFT_LOAD_SADDR:
	case NFT_LOAD_DADDR:
	case NFT_LOAD_CT_SADDR:
	case NFT_LOAD_CT_DADDR:
		return address_size(e) / 4;
	case NFT_LOAD_IIFNAME:
	case NFT_LOAD_OIFNAME:
		return 4;
	case NFT_LOAD_ETHER_SADDR:
		return 2;
	default:
		return 1;
	}
}

/* --- keys ------------------------------------------------------------------------------ */

static void compare_value(struct encoder *e, const void *value, size_t size, bool is_not)
{
	struct expression x = begin_expression(e, "cmp");

	put_register(e, NFTA_CMP_SREG, 0);
	put_u32(e, NFTA_CMP_OP, is_not ? NFT_CMP_NEQ : NFT_CMP_EQ);
	put_value(e, NFTA_CMP_DATA, value, size);
	end_expression(e, x);
}

/* Ports of a protocol, and flags of TCP, are of packets of that protocol alone. */
static void match_protocol(struct encoder *e, const struct nft_term *t)
{
	const uint8_t protocol = t->load == NFT_LOAD_TCP_FLAGS ? 6 : t->protocol;

	if (!protocol || protocol == e->protocol)
		return;
	load_meta(e, NFT_META_L4PROTO, 0);
	compare_value(e, &protocol, sizeof(protocol), false);
	e->protocol = protocol;
}

/* As nft does it before keys of sets with ranges; it changes nothing. */
static void swap_protocol(struct encoder *e, size_t slot)
{
	struct expression x = begin_expression(e, "byteorder");

	put_register(e, NFTA_BYTEORDER_SREG, slot);
	put_register(e, NFTA_BYTEORDER_DREG, slot);
	put_u32(e, NFTA_BYTEORDER_OP, NFT_BYTEORDER_HTON);
	put_u32(e, NFTA_BYTEORDER_LEN, 1);
	put_u32(e, NFTA_BYTEORDER_SIZE, 2);
	end_expression(e, x);
}

static void load_key(struct encoder *e, const struct nft_statement *s, bool is_update)
{
	size_t slot = 0, total = 0, i;

	for (i = 0; i < s->n; i++) {
		match_protocol(e, &s->key[i]);
		total += count_slots(e, &s->key[i]);
	}
	for (i = 0; i < s->n; i++) {
		load(e, &s->key[i], slot, is_update ? LOCAL_SLOT : total + LOCAL_SLOT);
		if (s->is_range && s->key[i].load == NFT_LOAD_PROTOCOL)
			swap_protocol(e, slot);
		slot += count_slots(e, &s->key[i]);
	}
}

enum lookup_result {
	LOOKUP_MATCH,
	LOOKUP_DATA,
	LOOKUP_VERDICT,
};

static void look_up(struct encoder *e, const struct nft_statement *s, enum lookup_result result)
{
	struct expression x;

	load_key(e, s, false);
	x = begin_expression(e, "lookup");
	mnl_attr_put_strz(e->message, NFTA_LOOKUP_SET, s->set);
	if (s->set_id)
		put_u32(e, NFTA_LOOKUP_SET_ID, s->set_id);
	put_register(e, NFTA_LOOKUP_SREG, 0);
	if (result == LOOKUP_DATA)
		put_register(e, NFTA_LOOKUP_DREG, 0);
	else if (result == LOOKUP_VERDICT)
		put_u32(e, NFTA_LOOKUP_DREG, NFT_REG_VERDICT);
	if (s->is_not)
		put_u32(e, NFTA_LOOKUP_FLAGS, NFT_LOOKUP_F_INV);
	end_expression(e, x);
}

/* --- statements ------------------------------------------------------------------------- */

static void compare(struct encoder *e, const struct nft_statement *s)
{
	const uint32_t none = 0;
	const uint8_t load_of = s->key[0].load;
	bool is_byte = load_of == NFT_LOAD_PROTOCOL || load_of == NFT_LOAD_CT_PROTOCOL ||
		       load_of == NFT_LOAD_TCP_FLAGS;
	const uint8_t byte = (uint8_t)s->value, byte_mask = (uint8_t)s->mask;
	const uint16_t port = htons((uint16_t)s->value);
	size_t size = is_byte ? 1 : 4;
	const void *value = is_byte ? (const void *)&byte : &s->value;

	if (load_of == NFT_LOAD_SPORT || load_of == NFT_LOAD_DPORT ||
	    load_of == NFT_LOAD_TRANSPORT || load_of == NFT_LOAD_ETHER_TYPE ||
	    load_of == NFT_LOAD_CT_SPORT || load_of == NFT_LOAD_CT_DPORT) {
		size = sizeof(port);
		value = &port;
	}
	load_key(e, s, false);
	if (s->mask)
		bitwise(e, is_byte ? (const void *)&byte_mask : &s->mask, &none, size, 0);
	compare_value(e, value, size, s->is_not);
	if (load_of == NFT_LOAD_PROTOCOL && !s->is_not)
		e->protocol = byte;
}

/* Whole bytes need no mask. */
static void compare_address(struct encoder *e, const struct nft_statement *s)
{
	uint8_t load_of = s->key[0].load, mask[16] = {0}, none[16] = {0};
	size_t size = address_size(e), bit;

	if ((load_of != NFT_LOAD_SADDR && load_of != NFT_LOAD_DADDR) || s->value % 8 || !s->value) {
		load(e, &s->key[0], 0, 0);
		for (bit = 0; bit < s->value; bit++)
			mask[bit / 8] |= (uint8_t)(0x80 >> bit % 8);
		if (s->value < 8 * size)
			bitwise(e, mask, none, size, 0);
	} else {
		size = s->value / 8;
		load_address(e, load_of == NFT_LOAD_SADDR, size, 0);
	}
	compare_value(e, s->address, size, s->is_not);
}

static void compare_name(struct encoder *e, const struct nft_statement *s)
{
	char name[16] = "";

	memcpy(name, s->set, strnlen(s->set, sizeof(name) - 1));
	load(e, &s->key[0], 0, 0);
	compare_value(e, name, sizeof(name), s->is_not);
}

static uint32_t get_meta(uint8_t what)
{
	return what == NFT_LOAD_MARK	  ? NFT_META_MARK
	       : what == NFT_LOAD_NFTRACE ? NFT_META_NFTRACE
					  : NFT_META_PRIORITY;
}

static void set_meta(struct encoder *e, const struct nft_statement *s)
{
	struct expression x = begin_expression(e, "meta");

	put_u32(e, NFTA_META_KEY, get_meta(s->what));
	put_register(e, NFTA_META_SREG, 0);
	end_expression(e, x);
}

static void set_bits(struct encoder *e, const struct nft_statement *s)
{
	load_meta(e, get_meta(s->what), 0);
	bitwise(e, &s->mask, &s->value, sizeof(s->mask), 0);
	set_meta(e, s);
}

static void set_value(struct encoder *e, const struct nft_statement *s)
{
	struct expression x = begin_expression(e, "immediate");
	const uint8_t byte = (uint8_t)s->value;

	put_register(e, NFTA_IMMEDIATE_DREG, 0);
	if (s->what == NFT_LOAD_NFTRACE)
		put_value(e, NFTA_IMMEDIATE_DATA, &byte, sizeof(byte));
	else
		put_value(e, NFTA_IMMEDIATE_DATA, &s->value, sizeof(s->value));
	end_expression(e, x);
	set_meta(e, s);
}

static void dnat(struct encoder *e, const struct nft_statement *s)
{
	struct expression x;

	look_up(e, s, LOOKUP_DATA);
	x = begin_expression(e, "nat");
	put_u32(e, NFTA_NAT_TYPE, NFT_NAT_DNAT);
	put_u32(e, NFTA_NAT_FAMILY, e->family == 6 ? 10 : 2);
	put_register(e, NFTA_NAT_REG_ADDR_MIN, 0);
	put_register(e, NFTA_NAT_REG_PROTO_MIN, address_size(e) / 4);
	end_expression(e, x);
}

static void masquerade(struct encoder *e, const struct nft_statement *s)
{
	struct expression x = begin_expression(e, "masq");

	if (s->value)
		put_u32(e, NFTA_MASQ_FLAGS, s->value);
	end_expression(e, x);
}

/* Port unreachable, in both families. */
static void reject(struct encoder *e, bool is_reset)
{
	struct expression x = begin_expression(e, "reject");

	put_u32(e, NFTA_REJECT_TYPE, is_reset ? NFT_REJECT_TCP_RST : NFT_REJECT_ICMP_UNREACH);
	mnl_attr_put_u8(e->message, NFTA_REJECT_ICMP_CODE, is_reset ? 0 : e->family == 6 ? 4 : 3);
	end_expression(e, x);
}

static void leave(struct encoder *e, const struct nft_statement *s)
{
	struct expression x = begin_expression(e, "immediate");
	struct nlattr *data, *verdict;

	put_u32(e, NFTA_IMMEDIATE_DREG, NFT_REG_VERDICT);
	data = mnl_attr_nest_start(e->message, NFTA_IMMEDIATE_DATA);
	verdict = mnl_attr_nest_start(e->message, NFTA_DATA_VERDICT);
	put_u32(e, NFTA_VERDICT_CODE, (uint32_t)s->code);
	if (s->set)
		mnl_attr_put_strz(e->message, NFTA_VERDICT_CHAIN, s->set);
	mnl_attr_nest_end(e->message, verdict);
	mnl_attr_nest_end(e->message, data);
	end_expression(e, x);
}

static void update(struct encoder *e, const struct nft_statement *s)
{
	bool is_delete = s->type == NFT_STATEMENT_DELETE;
	struct expression x;

	load_key(e, s, true);
	if (s->has_data)
		load_meta(e, NFT_META_PRIORITY, LOCAL_SLOT);
	x = begin_expression(e, "dynset");
	mnl_attr_put_strz(e->message, NFTA_DYNSET_SET_NAME, s->set);
	put_register(e, NFTA_DYNSET_SREG_KEY, 0);
	put_u32(e, NFTA_DYNSET_OP, is_delete ? NFT_DYNSET_OP_DELETE : NFT_DYNSET_OP_UPDATE);
	if (s->has_data)
		put_register(e, NFTA_DYNSET_SREG_DATA, LOCAL_SLOT);
	if (s->value)
		mnl_attr_put_u64(e->message, NFTA_DYNSET_TIMEOUT,
				 htobe64((uint64_t)s->value * 1000));
	end_expression(e, x);
}

static void put_statement(struct encoder *e, const struct nft_statement *s)
{
	switch ((enum nft_statement_type)s->type) {
	case NFT_STATEMENT_IN_SET:
		look_up(e, s, LOOKUP_MATCH);
		break;
	case NFT_STATEMENT_COMPARE:
		compare(e, s);
		break;
	case NFT_STATEMENT_ADDRESS:
		compare_address(e, s);
		break;
	case NFT_STATEMENT_NAME:
		compare_name(e, s);
		break;
	case NFT_STATEMENT_VMAP:
		look_up(e, s, LOOKUP_VERDICT);
		break;
	case NFT_STATEMENT_SET_MAP:
		look_up(e, s, LOOKUP_DATA);
		set_meta(e, s);
		break;
	case NFT_STATEMENT_SET_BITS:
		set_bits(e, s);
		break;
	case NFT_STATEMENT_SET:
		set_value(e, s);
		break;
	case NFT_STATEMENT_DNAT:
		dnat(e, s);
		break;
	case NFT_STATEMENT_MASQUERADE:
		masquerade(e, s);
		break;
	case NFT_STATEMENT_REJECT:
	case NFT_STATEMENT_RESET:
		reject(e, s->type == NFT_STATEMENT_RESET);
		break;
	case NFT_STATEMENT_VERDICT:
		leave(e, s);
		break;
	case NFT_STATEMENT_UPDATE:
	case NFT_STATEMENT_DELETE:
		update(e, s);
		break;
	}
}

void nft_rule_put(struct nlmsghdr *message, const struct nft_rule *rule)
{
	struct nlattr *list = mnl_attr_nest_start(message, NFTA_RULE_EXPRESSIONS);
	struct encoder e = {.message = message, .family = rule->family};
	size_t i;

	for (i = 0; i < rule->n; i++)
		put_statement(&e, &rule->statements[i]);
	mnl_attr_nest_end(message, list);
}
