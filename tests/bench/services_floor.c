/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "services_floor.h"

#include <arpa/inet.h>
#include <libmnl/libmnl.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <k8snet/kernel.h>

#include "base/cleanup.h"
#include "base/vec.h"
#include "bench.h"
#include "kernel/kernel.h"
#include "kernel/nft_encode.h"
#include "netlink/nlsock.h"
#include "plan/plan.h"

#define RECEIVE_SIZE 65536

static void must(int r, const char *what)
{
	bench_must(NULL, r, what);
}

void floor_open(struct floor *f, struct k8snet_ctx *ctx)
{
	bench_new_netns();
	bench_must(ctx, k8snet_kernel_open(&f->kernel, ctx, NULL), "floor: kernel");
	f->fd = nlsock_open(NETLINK_NETFILTER);
	must(f->fd, "floor: socket");
}

void floor_close(struct floor *f)
{
	f->kernel = k8snet_kernel_unref(f->kernel);
	if (f->fd >= 0)
		close(f->fd);
	f->fd = -1;
}

/* --- following a plan ------------------------------------------------------------- */

/* Its last message asks to be acknowledged. */
static void transact(const struct floor *f, const struct nft_encoding *e)
{
	char answer[8192];
	struct nlsock_ack ack;

	must(nlsock_send(f->fd, e->buffer, e->used), "floor: send");
	must((int)nlsock_receive(f->fd, answer, sizeof(answer), 0), "floor: receive");
	must(nlsock_parse_ack((struct nlmsghdr *)answer, &ack), "floor: answer");
	if (ack.error)
		fprintf(stderr, "floor: the kernel refused: %s\n", ack.text);
	must(-ack.error, "floor: transaction");
}

static double send_elements(const struct floor *f, const struct k8snet_op *ops, size_t count)
{
	const struct nft_encode_options options = {.sequence = 1, .per_message = SIZE_MAX};
	struct nft_encoding e;
	double start;

	must(nft_encode(&e, ops, count, &options), "floor: encode");
	nlsock_reserve_send(f->fd, e.used + 65536);
	start = bench_now_us();
	transact(f, &e);
	start = bench_now_us() - start;
	nft_encoding_done(&e);
	return start;
}

double floor_follow(struct floor *f, const struct k8snet_plan *plan)
{
	size_t first, end, count = plan->ops.count;
	_cleanup_free_ struct k8snet_op *ops = malloc((count + 1) * sizeof(*ops));
	double us = 0;

	if (!ops)
		abort();
	memcpy(ops, plan->ops.items, count * sizeof(*ops));
	for (first = 0; first < count; first++)
		ops[first].status = K8SNET_OP_PENDING;
	for (first = 0; first < count; first = end) {
		for (end = first + 1; end < count && ops[end].target == ops[first].target;)
			end++;
		if (ops[first].target == OP_ELEMENT)
			us += send_elements(f, ops + first, end - first);
		else if (ops[first].target != OP_CONNTRACK)
			bench_must(plan->ctx,
				   f->kernel->ops->execute(f->kernel, ops + first, end - first,
							   plan->masquerade_mark, NULL),
				   "floor: tables and chains");
	}
	return us;
}

unsigned int plan_count_elements(const struct k8snet_plan *plan)
{
	unsigned int n = 0;
	size_t i;

	for (i = 0; i < plan->ops.count; i++)
		n += plan->ops.items[i].target == OP_ELEMENT;
	return n;
}

bool plan_has_skeleton(const struct k8snet_plan *plan)
{
	size_t i;

	for (i = 0; i < plan->ops.count; i++)
		if (plan->ops.items[i].target == OP_TABLE || plan->ops.items[i].target == OP_CHAIN)
			return true;
	return false;
}

/* --- reading ------------------------------------------------------------------------ */

typedef VEC(char *) names_t;

/* Sets that packets fill are not read, as the library does not. */
static int note_set(const struct nlmsghdr *message, void *data)
{
	names_t *names = data;
	const struct nlattr *attr;
	const char *name = NULL;
	uint32_t flags = 0;

	mnl_attr_for_each(attr, message, sizeof(struct nfgenmsg))
	{
		if (mnl_attr_get_type(attr) == NFTA_SET_NAME)
			name = mnl_attr_get_str(attr);
		else if (mnl_attr_get_type(attr) == NFTA_SET_FLAGS)
			flags = ntohl(mnl_attr_get_u32(attr));
	}
	if (name && !(flags & (NFT_SET_EVAL | NFT_SET_ANONYMOUS))) {
		char **item = vec_push(names);

		if (!item || !(*item = strdup(name)))
			abort();
	}
	return MNL_CB_OK;
}

static void dump(const struct floor *f, uint16_t type, const char *set, mnl_cb_t fn, void *data)
{
	static char buffer[RECEIVE_SIZE];
	struct nlmsghdr *message = mnl_nlmsg_put_header(buffer);
	struct nfgenmsg *header = mnl_nlmsg_put_extra_header(message, sizeof(*header));
	int r = MNL_CB_OK;

	message->nlmsg_type = (uint16_t)(NFNL_SUBSYS_NFTABLES << 8 | type);
	message->nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
	header->nfgen_family = NFPROTO_IPV4;
	mnl_attr_put_strz(message, set ? NFTA_SET_ELEM_LIST_TABLE : NFTA_SET_TABLE, NFT_TABLE);
	if (set)
		mnl_attr_put_strz(message, NFTA_SET_ELEM_LIST_SET, set);
	must(nlsock_send(f->fd, message, message->nlmsg_len), "floor: ask");
	while (r > MNL_CB_STOP) {
		ssize_t n = nlsock_receive(f->fd, buffer, sizeof(buffer), 0);

		must((int)n, "floor: receive");
		r = mnl_cb_run(buffer, (size_t)n, 0, 0, fn, data);
	}
	must(r, "floor: read");
}

double floor_read(struct floor *f)
{
	double start = bench_now_us();
	names_t names = {0};
	size_t i;

	dump(f, NFT_MSG_GETSET, NULL, note_set, &names);
	for (i = 0; i < names.count; i++) {
		dump(f, NFT_MSG_GETSETELEM, names.items[i], NULL, NULL);
		free(names.items[i]);
	}
	start = bench_now_us() - start;
	vec_done(&names);
	return start;
}
