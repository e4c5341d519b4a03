/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Each allocation fails once, in each thing that a kernel does: the error says
 * so, nothing leaks, and the same done again succeeds. NODE POD: namespaces. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "../unit/oom.h"
#include "base/cleanup.h"
#include "kernel/netlink.h"
#include "kernel_check.h"

#define N_ELEMENTS 2000
#define N_SLOTS	   500

static struct k8snet_ctx *ctx;
static const char *node, *pod;
static struct k8snet_op elements[N_ELEMENTS];
static struct kobj link_ = {.type = KOBJ_LINK, .name = "v0"};

static int with_kernel(int (*fn)(struct k8snet_kernel *kernel))
{
	const struct k8snet_kernel_options options = {.size = sizeof(options), .netns = node};
	struct k8snet_kernel *kernel;
	int r = k8snet_kernel_open(&kernel, ctx, &options);

	if (r < 0)
		return r;
	r = fn(kernel);
	k8snet_kernel_unref(kernel);
	return r;
}

static int nothing(struct k8snet_kernel *kernel)
{
	(void)kernel;
	return 0;
}

static int run_op(struct k8snet_kernel *kernel, struct k8snet_op op)
{
	op.object = "pod test/one";
	return execute(kernel, &op, 1);
}

static int make_table(struct k8snet_kernel *kernel)
{
	return run_op(kernel, (struct k8snet_op){.target = OP_TABLE, .family = 4});
}

static int make_link(struct k8snet_kernel *kernel)
{
	return run_op(kernel, (struct k8snet_op){.target = OP_KOBJ, .kobj = &link_});
}

static int delete_link(struct k8snet_kernel *kernel)
{
	return run_op(kernel,
		      (struct k8snet_op){.target = OP_KOBJ, .verb = OP_DELETE, .kobj = &link_});
}

/* Cluster IPs, one of which leads to some slots. */
static struct nft_element get_element(int i)
{
	struct nft_element e = {.family = 4,
				.map = NFT_CLUSTER_IPS,
				.address = {10, 1, (uint8_t)(i / 256), (uint8_t)i}};

	if (i > N_SLOTS)
		return e;
	e = (struct nft_element){.family = 4,
				 .map = NFT_SERVICES,
				 .protocol = K8SNET_PROTOCOL_TCP,
				 .address = {10, 1},
				 .port = 80};
	if (i == N_SLOTS) {
		e.to_kind = NFT_CHAIN_CLUSTER;
		e.to_n = N_SLOTS;
		return e;
	}
	e.map = NFT_ENDPOINTS;
	e.slot = (uint16_t)i;
	e.to_port = 8080;
	return e;
}

static int run_elements(struct k8snet_kernel *kernel, uint8_t verb)
{
	int i;

	for (i = 0; i < N_ELEMENTS; i++)
		elements[i] = (struct k8snet_op){.verb = verb,
						 .target = OP_ELEMENT,
						 .object = "service test/one",
						 .element = get_element(i)};
	return execute(kernel, elements, N_ELEMENTS);
}

static int add_elements(struct k8snet_kernel *kernel)
{
	return run_elements(kernel, OP_ADD);
}

static int delete_elements(struct k8snet_kernel *kernel)
{
	return run_elements(kernel, OP_DELETE);
}

/* One entry, and what leads to it. */
static int delete_entries(struct k8snet_kernel *kernel)
{
	struct conntrack entry = {.family = 4,
				  .protocol = K8SNET_PROTOCOL_UDP,
				  .port = 53,
				  .to_port = 5353,
				  .address = {10, 96, 0, 10},
				  .to_address = {10, 1, 1, 2}};

	return run_op(
		kernel,
		(struct k8snet_op){.verb = OP_DELETE, .target = OP_CONNTRACK, .conntrack = entry});
}

/* Connections that are there, and what is needed to reset them. */
static int reset_connections(struct k8snet_kernel *kernel)
{
	struct conntrack entry = {.family = 4,
				  .protocol = K8SNET_PROTOCOL_TCP,
				  .port = 80,
				  .to_port = 8080,
				  .address = {10, 96, 0, 10},
				  .to_address = {10, 1, 1, 2}};

	return run_op(kernel, (struct k8snet_op){
				      .verb = OP_SET, .target = OP_CONNTRACK, .conntrack = entry});
}

static int look(struct k8snet_kernel *kernel)
{
	const struct k8snet_address address = {.family = 4, .bytes = {127, 0, 0, 1}};
	struct observe_request request = {.all = true};
	const char **netns = vec_push(&request.netns), **sysctl = vec_push(&request.sysctls);
	struct k8snet_address *wanted = vec_push(&request.addresses);
	struct state state;
	int r = -ENOMEM;

	state_init(&state);
	if (netns && sysctl && wanted) {
		*netns = pod;
		*sysctl = "net/ipv4/ip_forward";
		*wanted = address;
		r = kernel->ops->observe(kernel, &request, &state);
	}
	state_done(&state);
	observe_request_done(&request);
	return r;
}

static int look_by_key(struct k8snet_kernel *kernel)
{
	netlink_kernel(kernel)->by_key_from = 1;
	return look(kernel);
}

static void check(const char *name, int (*fn)(struct k8snet_kernel *kernel),
		  int (*undo)(struct k8snet_kernel *kernel))
{
	int r = 0, n_right = 0, n_wrong = 0;
	long n, before;
	char text[256];

	for (n = 0; n < 10000; n++) {
		before = oom_live();
		oom_arm(n);
		r = with_kernel(fn);
		if (!oom_disarm())
			break;
		n_right += r == -ENOMEM;
		n_wrong += r != -ENOMEM || oom_live() != before;
		if (undo)
			with_kernel(undo);
	}
	snprintf(text, sizeof(text), "%s: %d failures, in the end it is done", name, n_right);
	report(n > 0 && r == 0, text, k8snet_error_get_message(k8snet_ctx_get_error(ctx)));
	snprintf(text, sizeof(text), "%s: each is told, nothing leaks", name);
	report(n_wrong == 0, text, NULL);
}

int main(int argc, char **argv)
{
	if (argc != 3 || k8snet_ctx_new(&ctx, NULL) < 0)
		return 1;
	node = argv[1];
	pod = argv[2];
	link_.link = (struct kobj_link){.type = LINK_VETH,
					.up = true,
					.alias = LINK_ALIAS_MARK "test",
					.peer_name = "eth0",
					.peer_netns = pod};
	check("open", nothing, NULL);
	check("table", make_table, NULL);
	check("elements", add_elements, delete_elements);
	check("link", make_link, delete_link);
	check("observe", look, NULL);
	check("observe by key", look_by_key, NULL);
	check("connection tracking", delete_entries, NULL);
	check("resets", reset_connections, NULL);
	check("delete elements", delete_elements, NULL);
	check("delete link", delete_link, NULL);
	k8snet_ctx_unref(ctx);
	return n_failed != 0;
}
