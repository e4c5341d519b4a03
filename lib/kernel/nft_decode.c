/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "kernel/nft_decode.h"

#include <arpa/inet.h>
#include <endian.h>
#include <errno.h>
#include <linux/netfilter/nf_tables.h>
#include <stdlib.h>
#include <string.h>

#include "model/check.h"

static const struct nlattr *find_nested(const struct nlattr *nest, uint16_t type)
{
	const struct nlattr *attr;

	mnl_attr_for_each_nested(attr, nest) if (mnl_attr_get_type(attr) == type) return attr;
	return NULL;
}

/* The bytes of a nested NFTA_DATA_VALUE; NULL: none, or of another size. */
static const uint8_t *get_value(const struct nlattr *element, uint16_t type, size_t size)
{
	const struct nlattr *data = find_nested(element, type);
	const struct nlattr *value = data ? find_nested(data, NFTA_DATA_VALUE) : NULL;

	return value && mnl_attr_get_payload_len(value) == size ? mnl_attr_get_payload(value)
								: NULL;
}

static uint16_t get_port(const uint8_t *p)
{
	return (uint16_t)(p[0] << 8 | p[1]);
}

static uint32_t get_number(const uint8_t *p)
{
	uint32_t number;

	memcpy(&number, p, sizeof(number));
	return number;
}

static bool get_slot(const uint8_t *p, uint16_t *slot)
{
	uint32_t number = get_number(p);

	*slot = (uint16_t)number;
	return number <= UINT16_MAX;
}

/* Of a service port with session affinity. */
static bool is_number(uint32_t number)
{
	return number >> 16 & NFT_AFFINITY_FIRST;
}

/* Goes on behind the field. */
static bool decode_field(struct nft_element *e, enum nft_field field, const uint8_t **p)
{
	const size_t size = nft_address_size(e->family);
	const uint8_t *at = *p;

	*p += 4;
	switch (field) {
	case NFT_FIELD_ADDRESS:
		memcpy(e->address, at, size);
		*p = at + size;
		return true;
	case NFT_FIELD_SAME_ADDRESS:
		*p = at + size;
		return !memcmp(e->address, at, size);
	case NFT_FIELD_TO_ADDRESS:
	case NFT_FIELD_SOURCE:
		memcpy(e->to_address, at, size);
		*p = at + size;
		return true;
	case NFT_FIELD_PROTOCOL:
		e->protocol = at[0];
		return true;
	case NFT_FIELD_PORT:
		e->port = get_port(at);
		return true;
	case NFT_FIELD_TO_PORT:
		e->to_port = get_port(at);
		return true;
	case NFT_FIELD_SLOT:
		return get_slot(at, &e->slot);
	case NFT_FIELD_BALANCER:
		e->number = get_number(at);
		return true;
	case NFT_FIELD_NUMBER:
		e->number = get_number(at);
		return is_number(e->number);
	case NFT_FIELD_SERVICE:
		e->number = get_number(at);
		return is_number(e->number) && !(e->number & 0xffff);
	case NFT_FIELD_LINK:
	case NFT_FIELD_CLIENT:
	case NFT_FIELD_LEAD:
	case NFT_FIELD_VERDICT:
	case NFT_FIELD_END:
		break;
	}
	return false;
}

static bool decode_fields(struct nft_element *e, const uint8_t *fields, const uint8_t *p)
{
	size_t i;

	for (i = 0; i < NFT_MAP_FIELDS && fields[i]; i++)
		if (!decode_field(e, fields[i], &p))
			return false;
	return true;
}

/* Another frontend's own chain is not where it should lead, nor one of another protocol. */
static bool is_chain_for(const struct nft_element *e, const struct nft_chain *chain)
{
	if (nft_chain_is_fixed(chain->kind))
		return true;
	return chain->protocol == e->protocol &&
	       (!nft_chain_is_own(chain) ||
		(chain->port == e->port && !memcmp(chain->address, e->address, 16)));
}

static void decode_verdict(struct nft_element *e, const struct nlattr *attr)
{
	const struct nlattr *data = find_nested(attr, NFTA_SET_ELEM_DATA);
	const struct nlattr *verdict = data ? find_nested(data, NFTA_DATA_VERDICT) : NULL;
	const struct nlattr *code = verdict ? find_nested(verdict, NFTA_VERDICT_CODE) : NULL;
	const struct nlattr *name = verdict ? find_nested(verdict, NFTA_VERDICT_CHAIN) : NULL;
	struct nft_chain chain = {.family = e->family, .kind = NFT_CHAIN_UNKNOWN};

	if (code && name && mnl_attr_validate(code, MNL_TYPE_U32) == 0 &&
	    mnl_attr_validate(name, MNL_TYPE_NUL_STRING) == 0 &&
	    (int32_t)ntohl(mnl_attr_get_u32(code)) == NFT_GOTO)
		nft_chain_parse(&chain, mnl_attr_get_str(name));
	if (!is_chain_for(e, &chain))
		chain.kind = NFT_CHAIN_UNKNOWN;
	if (chain.kind == NFT_CHAIN_UNKNOWN)
		chain = (struct nft_chain){.kind = NFT_CHAIN_UNKNOWN};
	nft_element_set_verdict(
		e, &(struct nft_verdict){chain.kind, chain.pick, chain.n, chain.l, chain.affinity});
}

static bool decode_backend(struct nft_element *e, const struct nlattr *attr, size_t size)
{
	const uint8_t *data = get_value(attr, NFTA_SET_ELEM_DATA, size);

	return data && decode_fields(e, nft_maps[e->map].data, data);
}

static bool decode_balancer(struct nft_element *e, const struct nlattr *attr)
{
	const uint8_t *data = get_value(attr, NFTA_SET_ELEM_DATA, 4);
	struct nft_verdict verdict = nft_verdict_of_number(data ? get_number(data) : 0);

	nft_element_set_verdict(e, &verdict);
	return data;
}

/* In a slot, a number of another service port, or none at all, is one that no endpoint has. */
static bool decode_number(struct nft_element *e, const struct nlattr *attr)
{
	const uint8_t *data = get_value(attr, NFTA_SET_ELEM_DATA, 4);
	uint32_t number = data ? get_number(data) : 0, key = e->number;

	e->number = number;
	if (e->map == NFT_AFFINITY_SLOTS && ((number ^ key) >> 16 || !(number & 0xffff)))
		e->number = key | 0xffff;
	return data;
}

/* Of a range: how many bits of its first and last source are the same, and that the others
 * are all of it. */
static bool decode_range(struct nft_element *e, const struct nlattr *attr)
{
	const size_t size = nft_address_size(e->family);
	const uint8_t *last =
		get_value(attr, NFTA_SET_ELEM_KEY_END, nft_key_size(e->map, e->family));
	size_t bit, length = 0;

	if (!last)
		return false;
	last += size + 8;
	while (length < 8 * size &&
	       !((e->to_address[length / 8] ^ last[length / 8]) & 0x80 >> length % 8))
		length++;
	for (bit = length; bit < 8 * size; bit++)
		if (e->to_address[bit / 8] & 0x80 >> bit % 8 || !(last[bit / 8] & 0x80 >> bit % 8))
			return false;
	e->prefix_length = (uint8_t)length;
	return true;
}

bool nft_decode(struct nft_element *e, const struct nlattr *attr)
{
	const uint8_t *key = get_value(attr, NFTA_SET_ELEM_KEY, nft_key_size(e->map, e->family));
	size_t data = nft_data_size(e->map, e->family);

	if (!key || nft_map_is_dynamic(e->map) || !decode_fields(e, nft_maps[e->map].key, key))
		return false;
	if (nft_map_has_flag(e->map, NFT_MAP_RANGES))
		return decode_range(e, attr);
	if (nft_map_is_verdicts(e->map))
		decode_verdict(e, attr);
	if (nft_map_is_balancers(e->map))
		return decode_balancer(e, attr);
	if (nft_map_is_numbers(e->map))
		return decode_number(e, attr);
	return !data || decode_backend(e, attr, data);
}

uint64_t nft_decode_hits(const struct nlattr *attr)
{
	const struct nlattr *expression = find_nested(attr, NFTA_SET_ELEM_EXPR);
	const struct nlattr *name = expression ? find_nested(expression, NFTA_EXPR_NAME) : NULL;
	const struct nlattr *data = expression ? find_nested(expression, NFTA_EXPR_DATA) : NULL;
	const struct nlattr *packets = data ? find_nested(data, NFTA_COUNTER_PACKETS) : NULL;

	if (!packets || !name || mnl_attr_validate(name, MNL_TYPE_NUL_STRING) < 0 ||
	    strcmp(mnl_attr_get_str(name), "counter") != 0 ||
	    mnl_attr_validate(packets, MNL_TYPE_U64) < 0)
		return 0;
	return be64toh(mnl_attr_get_u64(packets));
}

/* --- intervals ---------------------------------------------------------------------- */

int nft_intervals_add(struct nft_intervals *intervals, size_t size, const struct nlattr *attr)
{
	const struct nlattr *flags = find_nested(attr, NFTA_SET_ELEM_FLAGS);
	const uint8_t *key = get_value(attr, NFTA_SET_ELEM_KEY, size);
	struct nft_interval_end *end;

	if (!key)
		return 0;
	end = vec_push(&intervals->items);
	if (!end)
		return -ENOMEM;
	memcpy(end->address, key, size);
	end->is_end = flags && mnl_attr_validate(flags, MNL_TYPE_U32) == 0 &&
		      ntohl(mnl_attr_get_u32(flags)) & NFT_SET_ELEM_INTERVAL_END;
	return 0;
}

/* Where one interval ends and another one begins, the end comes first. */
static int compare_ends(const void *a, const void *b)
{
	const struct nft_interval_end *x = a, *y = b;
	int order = memcmp(x->address, y->address, sizeof(x->address));

	return order ? order : y->is_end - x->is_end;
}

/* The length of the network from `start` to the address before `end`; `end` NULL: to the
 * last one. -1: it is not a network. */
static int get_length(const uint8_t *start, const uint8_t *end, size_t size)
{
	uint8_t next[16];
	int length, bit;

	for (length = (int)size * 8; length >= 0; length--) {
		/* Bits after the network's are 0 in its first address. */
		if (length < (int)size * 8 && start[length / 8] & 0x80 >> length % 8)
			return -1;
		memcpy(next, start, size);
		for (bit = length - 1; bit >= 0; bit--) {
			next[bit / 8] ^= (uint8_t)(0x80 >> bit % 8);
			if (next[bit / 8] & 0x80 >> bit % 8)
				break;
		}
		if (bit < 0 ? !end : end && !memcmp(next, end, size))
			return length;
	}
	return -1;
}

/* What no link of pods is named like is somebody else's. */
static bool is_name(const struct nft_element *e)
{
	const char *name = (const char *)e->address;
	size_t length = strnlen(name, sizeof(e->address)), i;

	for (i = length; i < sizeof(e->address); i++)
		if (name[i])
			return false;
	return length < sizeof(e->address) && is_link_text(name, length);
}

int nft_intervals_add_to_state(struct nft_intervals *intervals, uint8_t family, enum nft_map map,
			       struct state *state)
{
	const size_t size = nft_key_size(map, family), count = intervals->items.count;
	const struct nft_interval_end *ends = intervals->items.items;
	size_t i;
	int r;

	if (count)
		qsort(intervals->items.items, count, sizeof(*ends), compare_ends);
	for (i = 0; i < count; i++) {
		struct nft_element element = {.family = family, .map = (uint8_t)map};
		bool has_end = i + 1 < count && ends[i + 1].is_end;
		int length;

		if (ends[i].is_end)
			continue;
		length = get_length(ends[i].address, has_end ? ends[i + 1].address : NULL, size);
		if (length < 0)
			continue;
		element.prefix_length = (uint8_t)length;
		memcpy(element.address, ends[i].address, size);
		if (nft_map_is_interfaces(element.map) && !is_name(&element))
			continue;
		r = state_add_element(state, &element);
		if (r < 0)
			return r;
	}
	return 0;
}
