/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "kernel/nft_encode.h"

#include <arpa/inet.h>
#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <stdlib.h>
#include <string.h>

#include "kernel/nfnl.h"
#include "kernel/nft_put_element.h"

#define N_PROTOCOLS 3
#define N_BUCKETS   (2 * NFT_N_MAPS * N_PROTOCOLS)
/* Of a single change, and of a size that malloc() has at hand. */
#define FIRST_ROOM 1024
/* The length of an attribute has 16 bits. */
#define MAX_ELEMENTS_SIZE (65535 - NFT_ELEMENT_ROOM)

/* --- messages ---------------------------------------------------------------- */

static int make_room(struct nft_encoding *e, size_t room)
{
	size_t capacity = e->capacity ? e->capacity : FIRST_ROOM;
	char *buffer;

	if (e->used + room <= e->capacity)
		return 0;
	while (capacity < e->used + room)
		capacity *= 2;
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

	if (make_room(e, NFT_ELEMENT_ROOM) < 0)
		return -ENOMEM;
	message = (struct nlmsghdr *)(e->buffer + e->used);
	e->used += nfnl_put_bracket(e->buffer + e->used, type);
	message->nlmsg_seq = sequence;
	return 0;
}

struct nlmsghdr *nft_encoding_begin(struct nft_encoding *e, size_t position,
				    const struct nft_message_form *form)
{
	struct nft_message *added;
	struct nlmsghdr *message;

	if (make_room(e, form->room) < 0)
		return NULL;
	added = vec_push(&e->messages);
	if (!added)
		return NULL;
	*added = (struct nft_message){.offset = e->used, .first = (uint32_t)position};
	message = nfnl_put_nftables(e->buffer + e->used, form->type, form->flags, form->family);
	message->nlmsg_seq = e->sequence + (uint32_t)e->messages.count;
	return message;
}

void nft_encoding_end(struct nft_encoding *e, const struct nlmsghdr *message)
{
	e->used = (size_t)((const char *)message - e->buffer) + message->nlmsg_len;
}

/* --- elements ---------------------------------------------------------------- */

/* The message that is being filled. */
struct filling {
	bool is_begun;
	size_t message;		      /* offset in buffer */
	size_t elements;	      /* offset of its list, in buffer */
	const struct k8snet_op *like; /* an operation in it */
};

static struct nlmsghdr *get_header(const struct nft_encoding *e, const struct filling *f)
{
	return (struct nlmsghdr *)(e->buffer + f->message);
}

static struct nft_message *last_message(struct nft_encoding *e)
{
	return &e->messages.items[e->messages.count - 1];
}

static void finish(struct nft_encoding *e, struct filling *f)
{
	if (!f->is_begun)
		return;
	mnl_attr_nest_end(get_header(e, f), (struct nlattr *)(e->buffer + f->elements));
	nft_encoding_end(e, get_header(e, f));
	f->is_begun = false;
}

static int start(struct nft_encoding *e, struct filling *f, const struct k8snet_op *op,
		 size_t position)
{
	const struct nft_element *element = &op->element;
	bool is_delete = op->verb == OP_DELETE;
	struct nlmsghdr *message = nft_encoding_begin(
		e, position,
		&(struct nft_message_form){
			.type = is_delete ? NFT_MSG_DELSETELEM : NFT_MSG_NEWSETELEM,
			.flags = is_delete ? 0 : NLM_F_CREATE,
			.family = element->family,
			.room = 2 * NFT_ELEMENT_ROOM,
		});

	if (!message)
		return -ENOMEM;
	mnl_attr_put_strz(message, NFTA_SET_ELEM_LIST_TABLE, NFT_TABLE);
	mnl_attr_put_strz(message, NFTA_SET_ELEM_LIST_SET,
			  nft_map_name(element->map, element->protocol));
	f->elements = (size_t)((char *)mnl_attr_nest_start(message, NFTA_SET_ELEM_LIST_ELEMENTS) -
			       e->buffer);
	f->message = (size_t)((char *)message - e->buffer);
	f->is_begun = true;
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

static bool has_place(struct nft_encoding *e, const struct filling *f, const struct k8snet_op *op)
{
	size_t size;

	if (!f->is_begun || f->like->verb != op->verb ||
	    last_message(e)->count >= e->options.per_message ||
	    get_bucket(&f->like->element) != get_bucket(&op->element))
		return false;
	size = f->message + get_header(e, f)->nlmsg_len - f->elements;
	return size < MAX_ELEMENTS_SIZE;
}

static int add_element(struct nft_encoding *e, struct filling *f, const struct k8snet_op *op,
		       size_t position)
{
	if (!has_place(e, f, op)) {
		finish(e, f);
		if (start(e, f, op, position) < 0)
			return -ENOMEM;
	}
	e->used = f->message + get_header(e, f)->nlmsg_len;
	if (make_room(e, NFT_ELEMENT_ROOM) < 0)
		return -ENOMEM;
	nft_put_element(get_header(e, f), &op->element, op->verb == OP_DELETE);
	last_message(e)->count++;
	return 0;
}

/* --- the transaction --------------------------------------------------------- */

/* Tables and chains first, in their order; then what is of one map together: a counting sort,
 * which keeps their order. */
static int sort(struct nft_encoding *e, const struct k8snet_op *ops, size_t count)
{
	uint32_t starts[N_BUCKETS] = {0}, sum = 0, n;
	size_t i;

	e->order = malloc((count ? count : 1) * sizeof(*e->order));
	if (!e->order)
		return -ENOMEM;
	for (i = 0; i < count; i++) {
		if (ops[i].status != K8SNET_OP_PENDING)
			continue;
		if (ops[i].target == OP_ELEMENT)
			starts[get_bucket(&ops[i].element)]++;
		else
			e->order[sum++] = (uint32_t)i;
	}
	e->n_skeleton = sum;
	for (i = 0; i < N_BUCKETS; i++) {
		n = starts[i];
		starts[i] = sum;
		sum += n;
	}
	for (i = 0; i < count; i++)
		if (ops[i].status == K8SNET_OP_PENDING && ops[i].target == OP_ELEMENT)
			e->order[starts[get_bucket(&ops[i].element)]++] = (uint32_t)i;
	e->n_order = sum;
	return 0;
}

static int encode_all(struct nft_encoding *e, const struct k8snet_op *ops)
{
	struct filling f = {0};
	size_t i;

	for (i = 0; i < e->n_skeleton; i++)
		if (nft_encode_skeleton(e, i, &ops[e->order[i]]) < 0)
			return -ENOMEM;
	for (; i < e->n_order; i++)
		if (add_element(e, &f, &ops[e->order[i]], i) < 0)
			return -ENOMEM;
	finish(e, &f);
	return 0;
}

int nft_encode(struct nft_encoding *e, const struct k8snet_op *ops, size_t count,
	       const struct nft_encode_options *options)
{
	memset(e, 0, sizeof(*e));
	e->options = *options;
	e->sequence = options->sequence;
	if (sort(e, ops, count) < 0 || put_bracket(e, NFNL_MSG_BATCH_BEGIN, e->sequence) < 0 ||
	    encode_all(e, ops) < 0)
		return -ENOMEM;
	/* Errors come unasked; that this one is acknowledged says that all is done. */
	if (e->messages.count)
		((struct nlmsghdr *)(e->buffer + last_message(e)->offset))->nlmsg_flags |=
			NLM_F_ACK;
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
