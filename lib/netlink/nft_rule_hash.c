/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "netlink/nft_rule_hash.h"

#include <arpa/inet.h>
#include <linux/netfilter/nf_nat.h>
#include <linux/netfilter/nf_tables.h>
#include <stdbool.h>
#include <string.h>

#include "base/cleanup.h"

#define BIT(n) (1u << (n))

/* Of each expression what is to be known of its attributes. */
struct form {
	const char *name;
	uint16_t last;	    /* attribute */
	uint32_t registers; /* bits of attributes */
	uint32_t nested;    /* those that hold NFTA_DATA_... */
};

static const struct form forms[] = {
	{"bitwise", 7, BIT(NFTA_BITWISE_SREG) | BIT(NFTA_BITWISE_DREG),
	 BIT(NFTA_BITWISE_MASK) | BIT(NFTA_BITWISE_XOR)},
	{"byteorder", 5, BIT(NFTA_BYTEORDER_SREG) | BIT(NFTA_BYTEORDER_DREG), 0},
	{"cmp", 3, BIT(NFTA_CMP_SREG), BIT(NFTA_CMP_DATA)},
	{"ct", 4, BIT(NFTA_CT_DREG) | BIT(NFTA_CT_SREG), 0},
	{"dynset", 10, BIT(NFTA_DYNSET_SREG_KEY) | BIT(NFTA_DYNSET_SREG_DATA), 0},
	{"fib", 3, BIT(NFTA_FIB_DREG), 0},
	{"hash", 8, BIT(NFTA_HASH_SREG) | BIT(NFTA_HASH_DREG), 0},
	{"immediate", 2, BIT(NFTA_IMMEDIATE_DREG), BIT(NFTA_IMMEDIATE_DATA)},
	{"lookup", 5, BIT(NFTA_LOOKUP_SREG) | BIT(NFTA_LOOKUP_DREG), 0},
	{"masq", 3, BIT(NFTA_MASQ_REG_PROTO_MIN) | BIT(NFTA_MASQ_REG_PROTO_MAX), 0},
	{"meta", 3, BIT(NFTA_META_DREG) | BIT(NFTA_META_SREG), 0},
	{"nat", 7,
	 BIT(NFTA_NAT_REG_ADDR_MIN) | BIT(NFTA_NAT_REG_ADDR_MAX) | BIT(NFTA_NAT_REG_PROTO_MIN) |
		 BIT(NFTA_NAT_REG_PROTO_MAX),
	 0},
	{"numgen", 4, BIT(NFTA_NG_DREG), 0},
	{"payload", 8, BIT(NFTA_PAYLOAD_DREG) | BIT(NFTA_PAYLOAD_SREG), 0},
	{"reject", 2, 0, 0},
};

static const struct form *find_form(const char *name)
{
	/* Of one that is not known all counts. */
	static const struct form other = {"", UINT16_MAX, 0, 0};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(forms); i++)
		if (!strcmp(forms[i].name, name))
			return &forms[i];
	return &other;
}

/* --- numbers ------------------------------------------------------------------------ */

static uint64_t mix(uint64_t h)
{
	h = (h ^ h >> 33) * 0xff51afd7ed558ccdULL;
	h = (h ^ h >> 33) * 0xc4ceb9fe1a85ec53ULL;
	return h ^ h >> 33;
}

static uint64_t hash_bytes(uint64_t h, const void *bytes, size_t size)
{
	const uint8_t *p = bytes;

	while (size--)
		h = (h ^ *p++) * 0x100000001b3ULL;
	return mix(h);
}

static bool is_zero(const struct nlattr *attr)
{
	const uint8_t *p = mnl_attr_get_payload(attr);
	size_t i;

	for (i = 0; i < mnl_attr_get_payload_len(attr); i++)
		if (p[i])
			return false;
	return true;
}

/* Registers of 16 bytes are the same as the first of 4 bytes in them. */
static uint32_t plain_register(uint32_t number)
{
	if (number >= NFT_REG_1 && number <= NFT_REG_4)
		return NFT_REG32_00 + (number - NFT_REG_1) * 4;
	return number;
}

/* --- attributes ----------------------------------------------------------------------- */

/* NFTA_DATA_VALUE, or _VERDICT with its own ones. The order does not count. */
static uint64_t hash_data(const struct nlattr *nest)
{
	const struct nlattr *attr;
	uint64_t sum = 0;

	mnl_attr_for_each_nested(attr, nest)
	{
		uint16_t type = mnl_attr_get_type(attr);

		if (type == NFTA_DATA_VERDICT)
			sum += mix(hash_data(attr) + type);
		else
			sum += hash_bytes(type, mnl_attr_get_payload(attr),
					  mnl_attr_get_payload_len(attr));
	}
	return sum;
}

static uint64_t hash_attr(const struct form *form, const struct nlattr *attr)
{
	uint16_t type = mnl_attr_get_type(attr);
	uint32_t number;

	if (type > form->last)
		return 0;
	if (type < 32 && form->nested & BIT(type))
		return mix(hash_data(attr) ^ type);
	if (is_zero(attr))
		return 0;
	if (type < 32 && form->registers & BIT(type) &&
	    mnl_attr_validate(attr, MNL_TYPE_U32) == 0) {
		number = plain_register(ntohl(mnl_attr_get_u32(attr)));
		return hash_bytes(type, &number, sizeof(number));
	}
	return hash_bytes(type, mnl_attr_get_payload(attr), mnl_attr_get_payload_len(attr));
}

static uint32_t get_u32(const struct nlattr *attr)
{
	return attr && mnl_attr_validate(attr, MNL_TYPE_U32) == 0 ? ntohl(mnl_attr_get_u32(attr))
								  : 0;
}

/* A range that the kernel completed: its end is its beginning, and flags say what there is. */
static uint64_t hash_nat(const struct form *form, const struct nlattr *data)
{
	const struct nlattr *attr, *all[8] = {0};
	uint32_t flags;
	uint64_t sum = 0;
	uint16_t type;

	mnl_attr_for_each_nested(attr, data) if (mnl_attr_get_type(attr) < ARRAY_SIZE(all))
		all[mnl_attr_get_type(attr)] = attr;
	if (get_u32(all[NFTA_NAT_REG_ADDR_MAX]) == get_u32(all[NFTA_NAT_REG_ADDR_MIN]))
		all[NFTA_NAT_REG_ADDR_MAX] = NULL;
	if (get_u32(all[NFTA_NAT_REG_PROTO_MAX]) == get_u32(all[NFTA_NAT_REG_PROTO_MIN]))
		all[NFTA_NAT_REG_PROTO_MAX] = NULL;
	flags = get_u32(all[NFTA_NAT_FLAGS]) &
		~(uint32_t)(NF_NAT_RANGE_MAP_IPS | NF_NAT_RANGE_PROTO_SPECIFIED);
	for (type = 1; type < NFTA_NAT_FLAGS; type++)
		if (all[type])
			sum += hash_attr(form, all[type]);
	return sum + flags;
}

static uint64_t hash_expression(const struct nlattr *expression)
{
	const struct nlattr *attr, *data = NULL;
	const struct form *form;
	const char *name = "";
	uint64_t sum;

	mnl_attr_for_each_nested(attr, expression)
	{
		if (mnl_attr_get_type(attr) == NFTA_EXPR_DATA)
			data = attr;
		else if (mnl_attr_get_type(attr) == NFTA_EXPR_NAME &&
			 mnl_attr_validate(attr, MNL_TYPE_NUL_STRING) == 0)
			name = mnl_attr_get_str(attr);
	}
	sum = hash_bytes(0, name, strlen(name));
	form = find_form(name);
	if (!data)
		return mix(sum);
	if (!strcmp(name, "nat"))
		return mix(sum + hash_nat(form, data));
	mnl_attr_for_each_nested(attr, data) sum += hash_attr(form, attr);
	return mix(sum);
}

uint64_t nft_rule_hash(uint64_t before, const struct nlattr *expressions)
{
	uint64_t h = mix(before + 1);
	const struct nlattr *attr;

	mnl_attr_for_each_nested(attr, expressions) h = mix(h + hash_expression(attr));
	return h;
}
