/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* An element in the registers of the kernel: fields at multiples of 4 bytes. */
#include "kernel/nft_put_element.h"

#include <arpa/inet.h>
#include <endian.h>
#include <libmnl/libmnl.h>
#include <linux/netfilter/nf_tables.h>
#include <net/if.h>
#include <string.h>

static uint8_t *put_address(uint8_t *p, const uint8_t *address, uint8_t family)
{
	memcpy(p, address, nft_address_size(family));
	return p + nft_address_size(family);
}

static uint8_t *put_port(uint8_t *p, uint16_t port)
{
	const uint16_t bytes[2] = {htons(port), 0};

	memcpy(p, bytes, sizeof(bytes));
	return p + sizeof(bytes);
}

static uint8_t *put_protocol(uint8_t *p, uint8_t protocol)
{
	const uint8_t bytes[4] = {protocol};

	memcpy(p, bytes, sizeof(bytes));
	return p + sizeof(bytes);
}

/* What numgen yields, and priorities, are in host byte order. */
static uint8_t *put_number(uint8_t *p, uint32_t number)
{
	memcpy(p, &number, sizeof(number));
	return p + sizeof(number);
}

static uint8_t *put_field(uint8_t *p, const struct nft_element *e, enum nft_field field)
{
	struct nft_verdict verdict;

	switch (field) {
	case NFT_FIELD_ADDRESS:
	case NFT_FIELD_SAME_ADDRESS:
		return put_address(p, e->address, e->family);
	case NFT_FIELD_TO_ADDRESS:
	case NFT_FIELD_SOURCE:
		return put_address(p, e->to_address, e->family);
	case NFT_FIELD_LINK:
		memcpy(p, e->address, IFNAMSIZ);
		return p + IFNAMSIZ;
	case NFT_FIELD_PROTOCOL:
		return put_protocol(p, e->protocol);
	case NFT_FIELD_PORT:
		return put_port(p, e->port);
	case NFT_FIELD_TO_PORT:
		return put_port(p, e->to_port);
	case NFT_FIELD_SLOT:
		return put_number(p, e->slot);
	case NFT_FIELD_BALANCER:
	case NFT_FIELD_NUMBER:
		return put_number(p, e->number);
	case NFT_FIELD_SERVICE:
		return put_number(p, e->number & 0xffff0000);
	case NFT_FIELD_LEAD:
		nft_element_get_verdict(e, &verdict);
		return put_number(p, nft_verdict_get_number(&verdict));
	case NFT_FIELD_CLIENT:
	case NFT_FIELD_VERDICT:
	case NFT_FIELD_END:
		break;
	}
	return p;
}

static void put_fields(uint8_t *p, const struct nft_element *element, const uint8_t *fields)
{
	size_t i;

	for (i = 0; i < NFT_MAP_FIELDS && fields[i]; i++)
		p = put_field(p, element, fields[i]);
}

static void put_key(uint8_t *p, const struct nft_element *element)
{
	put_fields(p, element, nft_maps[element->map].key);
}

/* An attribute whose payload the caller fills; a size that is a multiple of 4. */
static uint8_t *put_space(struct nlmsghdr *message, uint16_t type, size_t size)
{
	struct nlattr *attr = mnl_nlmsg_get_payload_tail(message);

	attr->nla_type = type;
	attr->nla_len = (uint16_t)(MNL_ATTR_HDRLEN + size);
	message->nlmsg_len += (uint32_t)(MNL_ATTR_HDRLEN + size);
	return mnl_attr_get_payload(attr);
}

static struct nlattr *nest(struct nlmsghdr *message, uint16_t type)
{
	return (struct nlattr *)(put_space(message, type | NLA_F_NESTED, 0) - MNL_ATTR_HDRLEN);
}

static void end_nest(struct nlmsghdr *message, struct nlattr *start)
{
	start->nla_len = (uint16_t)((char *)mnl_nlmsg_get_payload_tail(message) - (char *)start);
}

static void put_verdict(struct nlmsghdr *message, const struct nft_element *element)
{
	const struct nft_chain chain = nft_element_get_chain(element);
	struct nlattr *verdict = nest(message, NFTA_DATA_VERDICT);
	char name[NFT_CHAIN_NAME_SIZE];

	mnl_attr_put_u32(message, NFTA_VERDICT_CODE, htonl((uint32_t)NFT_GOTO));
	mnl_attr_put_strz(message, NFTA_VERDICT_CHAIN, nft_chain_name(&chain, name));
	end_nest(message, verdict);
}

static void put_data(struct nlmsghdr *message, const struct nft_element *element)
{
	size_t size = nft_data_size(element->map, element->family);
	struct nlattr *data;

	if (!size && !nft_map_is_verdicts(element->map))
		return;
	data = nest(message, NFTA_SET_ELEM_DATA);
	if (size) {
		put_fields(put_space(message, NFTA_DATA_VALUE, size), element,
			   nft_maps[element->map].data);
	} else {
		put_verdict(message, element);
	}
	end_nest(message, data);
}

/* The first address after a network, or name; false: there is none. */
static bool find_end(const struct nft_element *element, uint8_t address[16])
{
	size_t bit = element->prefix_length, byte;

	memcpy(address, element->address, 16);
	/* Add 1 at the network's last bit. */
	while (bit--) {
		byte = bit / 8;
		address[byte] ^= (uint8_t)(0x80 >> bit % 8);
		if (address[byte] & (0x80 >> bit % 8))
			return true;
	}
	return false;
}

static void put_interval_end(struct nlmsghdr *message, const struct nft_element *network)
{
	struct nlattr *element, *key;
	uint8_t end[16];

	if (!find_end(network, end))
		return;
	element = nest(message, NFTA_LIST_ELEM);
	mnl_attr_put_u32(message, NFTA_SET_ELEM_FLAGS, htonl(NFT_SET_ELEM_INTERVAL_END));
	key = nest(message, NFTA_SET_ELEM_KEY);
	mnl_attr_put(message, NFTA_DATA_VALUE, nft_key_size(network->map, network->family), end);
	end_nest(message, key);
	end_nest(message, element);
}

/* The same with the last source of the range. */
static void put_last_key(struct nlmsghdr *message, const struct nft_element *element)
{
	struct nft_element last = *element;
	struct nlattr *key;
	size_t bit;

	for (bit = last.prefix_length; bit < 8 * nft_address_size(last.family); bit++)
		last.to_address[bit / 8] |= (uint8_t)(0x80 >> bit % 8);
	key = nest(message, NFTA_SET_ELEM_KEY_END);
	put_key(put_space(message, NFTA_DATA_VALUE, nft_key_size(last.map, last.family)), &last);
	end_nest(message, key);
}

void nft_put_element(struct nlmsghdr *message, const struct nft_element *element, bool is_delete)
{
	struct nlattr *list = nest(message, NFTA_LIST_ELEM);
	struct nlattr *key = nest(message, NFTA_SET_ELEM_KEY);

	put_key(put_space(message, NFTA_DATA_VALUE, nft_key_size(element->map, element->family)),
		element);
	end_nest(message, key);
	if (nft_map_has_flag(element->map, NFT_MAP_RANGES))
		put_last_key(message, element);
	if (nft_map_is_dynamic(element->map) && !is_delete)
		mnl_attr_put_u64(message, NFTA_SET_ELEM_TIMEOUT, htobe64(NFT_RESET_SECONDS * 1000));
	if (!is_delete)
		put_data(message, element);
	end_nest(message, list);
	if (nft_map_is_intervals(element->map))
		put_interval_end(message, element);
}
