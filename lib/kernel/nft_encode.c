/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "kernel/nft_encode.h"

#include <arpa/inet.h>
#include <endian.h>
#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <net/if.h>
#include <stdlib.h>
#include <string.h>

#include "kernel/nfnl.h"

#define N_PROTOCOLS 3
#define N_BUCKETS   (2 * NFT_N_MAPS * N_PROTOCOLS)
/* At least as long as any element, and as any message without its elements. */
#define ELEMENT_ROOM 256
/* Of a single change, and of a size that malloc() has at hand. */
#define FIRST_ROOM 1024
/* The length of an attribute has 16 bits. */
#define MAX_ELEMENTS_SIZE (65535 - ELEMENT_ROOM)

/* --- one element ------------------------------------------------------------ */

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

static void put_element(struct nlmsghdr *message, const struct nft_element *element, bool is_delete)
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

void nft_put_key(struct nlmsghdr *message, const struct nft_element *element)
{
	put_element(message, element, true);
}

/* --- messages ---------------------------------------------------------------- */

static int make_room(struct nft_encoding *e)
{
	size_t capacity = e->capacity ? e->capacity * 2 : FIRST_ROOM;
	char *buffer;

	if (e->used + 2 * ELEMENT_ROOM <= e->capacity)
		return 0;
	buffer = realloc(e->buffer, capacity);
	if (!buffer)
		return -ENOMEM;
	e->buffer = buffer;
	e->capacity = capacity;
	return 0;
}

static int put_bracket(struct nft_encoding *e, uint16_t type, uint32_t sequence)
{
	struct nlmsghdr *message;

	if (make_room(e) < 0)
		return -ENOMEM;
	message = (struct nlmsghdr *)(e->buffer + e->used);
	e->used += nfnl_put_bracket(e->buffer + e->used, type);
	message->nlmsg_seq = sequence;
	return 0;
}

/* The message that is being filled. */
struct filling {
	const struct nft_message *message; /* NULL: none */
	size_t elements;		   /* offset of its list, in buffer */
	const struct k8snet_op *like;	   /* an operation in it */
};

static struct nlmsghdr *get_header(const struct nft_encoding *e, const struct filling *f)
{
	return (struct nlmsghdr *)(e->buffer + f->message->offset);
}

static void finish(struct nft_encoding *e, struct filling *f)
{
	struct nlmsghdr *message;

	if (!f->message)
		return;
	message = get_header(e, f);
	end_nest(message, (struct nlattr *)(e->buffer + f->elements));
	e->used = f->message->offset + message->nlmsg_len;
	f->message = NULL;
}

static int start(struct nft_encoding *e, struct filling *f, const struct k8snet_op *op,
		 size_t position)
{
	const struct nft_element *element = &op->element;
	bool is_delete = op->verb == OP_DELETE;
	struct nft_message *added;
	struct nlmsghdr *message;

	if (make_room(e) < 0)
		return -ENOMEM;
	added = vec_push(&e->messages);
	if (!added)
		return -ENOMEM;
	*added = (struct nft_message){.offset = e->used, .first = (uint32_t)position};
	message = nfnl_put_nftables(e->buffer + e->used,
				    is_delete ? NFT_MSG_DELSETELEM : NFT_MSG_NEWSETELEM,
				    is_delete ? 0 : NLM_F_CREATE, element->family);
	message->nlmsg_seq = e->sequence + (uint32_t)e->messages.count;
	mnl_attr_put_strz(message, NFTA_SET_ELEM_LIST_TABLE, NFT_TABLE);
	mnl_attr_put_strz(message, NFTA_SET_ELEM_LIST_SET,
			  nft_map_name(element->map, element->protocol));
	f->elements = (size_t)((char *)nest(message, NFTA_SET_ELEM_LIST_ELEMENTS) - e->buffer);
	f->message = added;
	f->like = op;
	return 0;
}

/* Of one set in one table. */
static size_t get_bucket(const struct nft_element *element)
{
	size_t protocol = 0;

	if (nft_map_is_backends(element->map))
		protocol = nft_protocol_index(element->protocol);
	return ((element->family == 6) * NFT_N_MAPS + element->map) * N_PROTOCOLS + protocol;
}

static bool has_place(const struct nft_encoding *e, const struct filling *f,
		      const struct k8snet_op *op, size_t per_message)
{
	size_t size;

	if (!f->message || f->like->verb != op->verb || f->message->count >= per_message ||
	    get_bucket(&f->like->element) != get_bucket(&op->element))
		return false;
	size = f->message->offset + get_header(e, f)->nlmsg_len - f->elements;
	return size < MAX_ELEMENTS_SIZE;
}

static int add_element(struct nft_encoding *e, struct filling *f, const struct k8snet_op *op,
		       size_t position, size_t per_message)
{
	if (!has_place(e, f, op, per_message)) {
		finish(e, f);
		if (start(e, f, op, position) < 0)
			return -ENOMEM;
	}
	e->used = f->message->offset + get_header(e, f)->nlmsg_len;
	if (make_room(e) < 0)
		return -ENOMEM;
	put_element(get_header(e, f), &op->element, op->verb == OP_DELETE);
	e->messages.items[e->messages.count - 1].count++;
	return 0;
}

/* --- the transaction --------------------------------------------------------- */

/* Bring operations on one map together: a counting sort, which keeps their order. */
static int sort(struct nft_encoding *e, const struct k8snet_op *ops, size_t count)
{
	uint32_t starts[N_BUCKETS] = {0}, sum = 0, n;
	size_t i;

	e->order = malloc((count ? count : 1) * sizeof(*e->order));
	if (!e->order)
		return -ENOMEM;
	for (i = 0; i < count; i++)
		if (ops[i].status == K8SNET_OP_PENDING)
			starts[get_bucket(&ops[i].element)]++;
	for (i = 0; i < N_BUCKETS; i++) {
		n = starts[i];
		starts[i] = sum;
		sum += n;
	}
	for (i = 0; i < count; i++)
		if (ops[i].status == K8SNET_OP_PENDING)
			e->order[starts[get_bucket(&ops[i].element)]++] = (uint32_t)i;
	e->n_order = sum;
	return 0;
}

static int encode_all(struct nft_encoding *e, const struct k8snet_op *ops, size_t per_message)
{
	struct filling f = {0};
	size_t i;

	for (i = 0; i < e->n_order; i++)
		if (add_element(e, &f, &ops[e->order[i]], i, per_message) < 0)
			return -ENOMEM;
	finish(e, &f);
	return 0;
}

int nft_encode(struct nft_encoding *e, const struct k8snet_op *ops, size_t count, uint32_t sequence,
	       size_t per_message)
{
	memset(e, 0, sizeof(*e));
	e->sequence = sequence;
	if (sort(e, ops, count) < 0 || put_bracket(e, NFNL_MSG_BATCH_BEGIN, e->sequence) < 0 ||
	    encode_all(e, ops, per_message) < 0)
		return -ENOMEM;
	/* Errors come unasked; that this one is acknowledged says that all is done. */
	if (e->messages.count)
		((struct nlmsghdr *)(e->buffer + e->messages.items[e->messages.count - 1].offset))
			->nlmsg_flags |= NLM_F_ACK;
	return put_bracket(e, NFNL_MSG_BATCH_END, e->sequence + (uint32_t)e->messages.count + 1);
}

void nft_encoding_done(struct nft_encoding *e)
{
	free(e->buffer);
	free(e->order);
	vec_done(&e->messages);
	memset(e, 0, sizeof(*e));
}

uint32_t nft_encoding_count(const struct nft_encoding *e)
{
	return (uint32_t)e->messages.count + 2;
}

/* Each operation is one element, but for those of intervals. */
static int count_elements(const struct nlattr *list, const char *until)
{
	const struct nlattr *attr, *key;
	int n = -1;

	mnl_attr_for_each_nested(attr, list)
	{
		if ((const char *)attr > until)
			break;
		key = mnl_attr_get_payload(attr);
		/* An interval's end has its flags before its key. */
		n += mnl_attr_get_type(key) == NFTA_SET_ELEM_KEY;
	}
	return n;
}

int nft_encoding_find(const struct nft_encoding *e, const struct nft_message *message,
		      uint32_t offset)
{
	const struct nlmsghdr *header = (const struct nlmsghdr *)(e->buffer + message->offset);
	const struct nlattr *attr;

	mnl_attr_for_each(attr, header, sizeof(struct nfgenmsg))
	{
		if (mnl_attr_get_type(attr) != NFTA_SET_ELEM_LIST_ELEMENTS)
			continue;
		/* The list itself at fault: none of its elements. */
		if ((const char *)header + offset <= (const char *)attr)
			return -1;
		return count_elements(attr, (const char *)header + offset);
	}
	return -1;
}
