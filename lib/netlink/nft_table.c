/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Tables, chains and sets. User data are what nft 1.0.6 writes: to the kernel they are bytes, to
 * nft they are the types of what it lists. */
#include "netlink/nft_table.h"

#include <arpa/inet.h>
#include <linux/netfilter/nf_tables.h>
#include <netinet/in.h>
#include <string.h>

static void put_u32(struct nlmsghdr *message, uint16_t type, uint32_t value)
{
	mnl_attr_put_u32(message, type, htonl(value));
}

/* --- user data: a byte of type, one of length ----------------------------------------- */

enum {
	TABLE_COMMENT = 0,
	SET_KEY_BYTEORDER = 0,
	SET_DATA_BYTEORDER = 1,
	SET_KEY_TYPEOF = 3,
	SET_DATA_TYPEOF = 4,
	SET_DATA_INTERVAL = 6,
	TYPEOF_EXPRESSION = 0,
	TYPEOF_DETAILS = 1,
};

/* How nft numbers expressions, and the headers that payloads are of. */
enum {
	EXPRESSION_VERDICT = 1,
	EXPRESSION_PAYLOAD = 7,
	EXPRESSION_META = 9,
	EXPRESSION_CONCAT = 13,
	EXPRESSION_NUMGEN = 23,
	HEADER_UDP = 6,
	HEADER_TCP = 8,
	HEADER_SCTP = 10,
	HEADER_TRANSPORT = 11,
	HEADER_IP = 12,
	HEADER_IP6 = 13,
};

enum byteorder {
	BYTEORDER_NONE,
	BYTEORDER_HOST,
	BYTEORDER_NETWORK,
};

struct user_data {
	uint8_t bytes[256];
	size_t used;
};

/* Where its length is written when it is known. */
static size_t begin_data(struct user_data *d, uint8_t type)
{
	d->bytes[d->used] = type;
	d->used += 2;
	return d->used;
}

static void end_data(struct user_data *d, size_t start)
{
	d->bytes[start - 1] = (uint8_t)(d->used - start);
}

static void add_bytes(struct user_data *d, uint8_t type, const void *bytes, size_t size)
{
	size_t start = begin_data(d, type);

	memcpy(d->bytes + d->used, bytes, size);
	d->used += size;
	end_data(d, start);
}

static void add_number(struct user_data *d, uint8_t type, uint32_t number)
{
	add_bytes(d, type, &number, sizeof(number));
}

static void add_numbers(struct user_data *d, uint32_t first, uint32_t second)
{
	add_number(d, 0, first);
	add_number(d, 1, second);
}

/* --- what a term is to nft ---------------------------------------------------------------- */

struct datatype {
	uint8_t id, size;
	enum byteorder byteorder;
};

static struct datatype get_datatype(uint8_t family, const struct nft_term *term)
{
	switch ((enum nft_load)term->load) {
	case NFT_LOAD_IIFNAME:
	case NFT_LOAD_OIFNAME:
		return (struct datatype){41, 16, BYTEORDER_HOST};
	case NFT_LOAD_ETHER_SADDR:
		return (struct datatype){9, 6, BYTEORDER_NETWORK};
	case NFT_LOAD_MARK:
		return (struct datatype){19, 4, BYTEORDER_HOST};
	case NFT_LOAD_PROTOCOL:
		return (struct datatype){12, 1, BYTEORDER_NETWORK};
	case NFT_LOAD_SPORT:
	case NFT_LOAD_DPORT:
		return (struct datatype){13, 2, BYTEORDER_NETWORK};
	case NFT_LOAD_PRIORITY:
		return (struct datatype){23, 4, BYTEORDER_HOST};
	case NFT_LOAD_RANDOM:
		return (struct datatype){4, 4, BYTEORDER_HOST};
	default:
		return family == 6 ? (struct datatype){8, 16, BYTEORDER_NETWORK}
				   : (struct datatype){7, 4, BYTEORDER_NETWORK};
	}
}

static uint32_t get_header(const struct nft_term *term)
{
	switch (term->protocol) {
	case IPPROTO_TCP:
		return HEADER_TCP;
	case IPPROTO_UDP:
		return HEADER_UDP;
	case IPPROTO_SCTP:
		return HEADER_SCTP;
	default:
		return HEADER_TRANSPORT;
	}
}

/* The fields of a header are numbered in its order; 0 is none. */
static uint32_t get_address_field(uint8_t family, bool is_source)
{
	const uint32_t source = family == 6 ? 8 : 11;

	return is_source ? source : source + 1;
}

static uint32_t get_expression(const struct nft_term *term)
{
	switch ((enum nft_load)term->load) {
	case NFT_LOAD_PROTOCOL:
	case NFT_LOAD_PRIORITY:
	case NFT_LOAD_IIFNAME:
		return EXPRESSION_META;
	case NFT_LOAD_RANDOM:
		return EXPRESSION_NUMGEN;
	default:
		return EXPRESSION_PAYLOAD;
	}
}

static void add_details(struct user_data *d, uint8_t family, const struct nft_term *term)
{
	switch ((enum nft_load)term->load) {
	case NFT_LOAD_PROTOCOL:
		add_number(d, 0, NFT_META_L4PROTO);
		break;
	case NFT_LOAD_PRIORITY:
		add_number(d, 0, NFT_META_PRIORITY);
		break;
	case NFT_LOAD_IIFNAME:
		add_number(d, 0, NFT_META_IIFNAME);
		break;
	case NFT_LOAD_RANDOM:
		add_numbers(d, NFT_NG_RANDOM, term->modulus);
		add_number(d, 2, 0);
		break;
	case NFT_LOAD_SPORT:
	case NFT_LOAD_DPORT:
		add_numbers(d, get_header(term), term->load == NFT_LOAD_SPORT ? 1 : 2);
		break;
	default:
		add_numbers(d, family == 6 ? HEADER_IP6 : HEADER_IP,
			    get_address_field(family, term->load == NFT_LOAD_SADDR));
		break;
	}
}

static void add_typeof_term(struct user_data *d, uint8_t type, uint8_t family,
			    const struct nft_term *term)
{
	size_t start = begin_data(d, type), details;

	add_number(d, TYPEOF_EXPRESSION, get_expression(term));
	details = begin_data(d, TYPEOF_DETAILS);
	add_details(d, family, term);
	end_data(d, details);
	end_data(d, start);
}

/* Without `is_typeof` what a concatenation consists of is in the number of its type. */
static void add_concatenation(struct user_data *d, uint8_t type, const struct nft_set *set,
			      const struct nft_term *terms, size_t n)
{
	size_t start = begin_data(d, type), details, i;

	add_number(d, TYPEOF_EXPRESSION, EXPRESSION_CONCAT);
	details = begin_data(d, TYPEOF_DETAILS);
	for (i = 0; i < n && set->is_typeof; i++)
		add_typeof_term(d, (uint8_t)i, set->family, &terms[i]);
	end_data(d, details);
	end_data(d, start);
}

static void add_typeof(struct user_data *d, uint8_t type, const struct nft_set *set,
		       const struct nft_term *terms, size_t n)
{
	if (n > 1)
		add_concatenation(d, type, set, terms, n);
	else if (n && set->is_typeof)
		add_typeof_term(d, type, set->family, terms);
}

static void add_typeof_verdict(struct user_data *d)
{
	size_t start = begin_data(d, SET_DATA_TYPEOF);

	add_number(d, TYPEOF_EXPRESSION, EXPRESSION_VERDICT);
	end_data(d, begin_data(d, TYPEOF_DETAILS));
	end_data(d, start);
}

static enum byteorder get_byteorder(const struct nft_set *set, const struct nft_term *terms,
				    size_t n)
{
	return n == 1 ? get_datatype(set->family, terms).byteorder : BYTEORDER_NONE;
}

static void put_user_data(struct nlmsghdr *message, const struct nft_set *set)
{
	struct user_data d = {.used = 0};

	add_number(&d, SET_KEY_BYTEORDER, get_byteorder(set, set->key, set->n_key));
	if (nft_set_is_map(set))
		add_number(&d, SET_DATA_BYTEORDER, get_byteorder(set, set->data, set->n_data));
	add_typeof(&d, SET_KEY_TYPEOF, set, set->key, set->n_key);
	add_typeof(&d, SET_DATA_TYPEOF, set, set->data, set->n_data);
	if (set->has_verdicts && set->is_typeof)
		add_typeof_verdict(&d);
	if (nft_set_is_map(set))
		add_number(&d, SET_DATA_INTERVAL, 0);
	mnl_attr_put(message, NFTA_SET_USERDATA, d.used, d.bytes);
}

/* --- sets ------------------------------------------------------------------------------------ */

/* In registers each begins at a multiple of 4 bytes. */
static uint32_t get_length(const struct nft_set *set, const struct nft_term *terms, size_t n)
{
	uint32_t length = 0;
	size_t i;

	if (n == 1)
		return get_datatype(set->family, terms).size;
	for (i = 0; i < n; i++)
		length += (get_datatype(set->family, &terms[i]).size + 3u) & ~3u;
	return length;
}

static uint32_t get_type(const struct nft_set *set, const struct nft_term *terms, size_t n)
{
	uint32_t type = 0;
	size_t i;

	for (i = 0; i < n; i++)
		type = type << 6 | get_datatype(set->family, &terms[i]).id;
	return type;
}

static uint32_t get_flags(const struct nft_set *set)
{
	uint32_t flags = 0;

	if (nft_set_is_map(set))
		flags |= NFT_SET_MAP;
	if (set->is_interval)
		flags |= set->n_key > 1 ? NFT_SET_INTERVAL | NFT_SET_CONCAT : NFT_SET_INTERVAL;
	if (set->is_dynamic)
		flags |= NFT_SET_EVAL | NFT_SET_TIMEOUT;
	return flags;
}

static void put_fields(struct nlmsghdr *message, const struct nft_set *set)
{
	struct nlattr *list = mnl_attr_nest_start(message, NFTA_SET_DESC_CONCAT), *field;
	size_t i;

	for (i = 0; i < set->n_key; i++) {
		field = mnl_attr_nest_start(message, NFTA_LIST_ELEM);
		put_u32(message, NFTA_SET_FIELD_LEN, get_datatype(set->family, &set->key[i]).size);
		mnl_attr_nest_end(message, field);
	}
	mnl_attr_nest_end(message, list);
}

static void put_description(struct nlmsghdr *message, const struct nft_set *set)
{
	struct nlattr *description = mnl_attr_nest_start(message, NFTA_SET_DESC);

	if (set->size)
		put_u32(message, NFTA_SET_DESC_SIZE, set->size);
	if (set->is_interval && set->n_key > 1)
		put_fields(message, set);
	mnl_attr_nest_end(message, description);
}

static void put_counter(struct nlmsghdr *message)
{
	struct nlattr *expression = mnl_attr_nest_start(message, NFTA_SET_EXPR), *data;

	mnl_attr_put_strz(message, NFTA_EXPR_NAME, "counter");
	data = mnl_attr_nest_start(message, NFTA_EXPR_DATA);
	mnl_attr_nest_end(message, data);
	mnl_attr_nest_end(message, expression);
}

static void put_data(struct nlmsghdr *message, const struct nft_set *set)
{
	put_u32(message, NFTA_SET_DATA_TYPE,
		set->has_verdicts ? NFT_DATA_VERDICT : get_type(set, set->data, set->n_data));
	put_u32(message, NFTA_SET_DATA_LEN,
		set->has_verdicts ? sizeof(uint32_t) : get_length(set, set->data, set->n_data));
}

void nft_put_set(struct nlmsghdr *message, const char *table, const struct nft_set *set,
		 uint32_t id)
{
	mnl_attr_put_strz(message, NFTA_SET_TABLE, table);
	mnl_attr_put_strz(message, NFTA_SET_NAME, set->name);
	put_u32(message, NFTA_SET_ID, id);
	put_u32(message, NFTA_SET_FLAGS, get_flags(set));
	put_u32(message, NFTA_SET_KEY_TYPE, get_type(set, set->key, set->n_key));
	put_u32(message, NFTA_SET_KEY_LEN, get_length(set, set->key, set->n_key));
	if (nft_set_is_map(set))
		put_data(message, set);
	put_description(message, set);
	put_user_data(message, set);
	if (set->has_counters)
		put_counter(message);
}

/* --- tables and chains --------------------------------------------------------------------------
 */

void nft_put_table(struct nlmsghdr *message, const char *table, const char *comment, uint32_t flags)
{
	struct user_data d = {.used = 0};

	mnl_attr_put_strz(message, NFTA_TABLE_NAME, table);
	put_u32(message, NFTA_TABLE_FLAGS, flags);
	if (!comment)
		return;
	add_bytes(&d, TABLE_COMMENT, comment, strlen(comment) + 1);
	mnl_attr_put(message, NFTA_TABLE_USERDATA, d.used, d.bytes);
}

void nft_put_chain(struct nlmsghdr *message, const char *table, const char *chain,
		   const struct nft_hook *hook)
{
	struct nlattr *nest;

	mnl_attr_put_strz(message, NFTA_CHAIN_TABLE, table);
	mnl_attr_put_strz(message, NFTA_CHAIN_NAME, chain);
	if (!hook)
		return;
	nest = mnl_attr_nest_start(message, NFTA_CHAIN_HOOK);
	put_u32(message, NFTA_HOOK_HOOKNUM, hook->number);
	put_u32(message, NFTA_HOOK_PRIORITY, (uint32_t)hook->priority);
	mnl_attr_nest_end(message, nest);
	mnl_attr_put_strz(message, NFTA_CHAIN_TYPE, hook->type);
	/* Also of one that is there, and that somebody gave another. */
	put_u32(message, NFTA_CHAIN_POLICY, NFT_CODE_ACCEPT);
}
