/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Run without privileges: each kind of operation is refused, and the error says
 * so. POD: a namespace that cannot be entered. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "kernel_check.h"

static struct k8snet_kernel *kernel;

static void check_refused(struct k8snet_op *op, const char *name)
{
	const struct k8snet_error *error;
	char text[256];
	int r;

	op->object = "pod test/one";
	op->layer = K8SNET_LAYER_POD;
	r = execute(kernel, op, 1);
	error = k8snet_ctx_get_error(kernel->ctx);
	snprintf(text, sizeof(text), "%s: -EPERM", name);
	report(r == -EPERM && op->status == K8SNET_OP_FAILED, text,
	       r ? last_message(kernel) : "done");
	snprintf(text, sizeof(text), "%s: the error says so", name);
	report(error && !strncmp(k8snet_error_get_message(error), "pod test/one: ", 14) &&
		       (strstr(k8snet_error_get_message(error), "Operation not permitted") ||
			strstr(k8snet_error_get_message(error), "Permission denied")),
	       text, last_message(kernel));
}

int main(int argc, char **argv)
{
	struct kobj link = {.type = KOBJ_LINK, .name = "br9"}, sysctl = {.type = KOBJ_SYSCTL};
	struct kobj inner = {.type = KOBJ_LINK, .name = "eth0"};
	struct nft_element element = {.family = 4, .map = NFT_NODE_ADDRESSES, .address = {10}};
	struct k8snet_op op;
	struct k8snet_ctx *ctx;
	struct state state;

	if (argc != 2 || k8snet_ctx_new(&ctx, NULL) < 0)
		return 1;
	kernel = open_kernel(ctx, NULL);
	link.link = (struct kobj_link){.type = LINK_BRIDGE, .up = true};
	sysctl.sysctl.path = "net/ipv4/ip_forward";
	sysctl.sysctl.value = "1";
	inner.netns = argv[1];
	op = (struct k8snet_op){.target = OP_KOBJ, .kobj = &link};
	check_refused(&op, "link");
	op = (struct k8snet_op){.target = OP_KOBJ, .kobj = &sysctl};
	check_refused(&op, "sysctl");
	op = (struct k8snet_op){.target = OP_KOBJ, .verb = OP_SET, .changes = 1, .kobj = &inner};
	check_refused(&op, "link of a pod");
	op = (struct k8snet_op){.target = OP_TABLE, .family = 4};
	check_refused(&op, "table");
	op = (struct k8snet_op){.target = OP_ELEMENT, .element = element};
	check_refused(&op, "element");
	DONE(observe_named_link(kernel, "lo", &state) == 0, "links may be looked at");
	state_done(&state);
	k8snet_kernel_unref(kernel);
	k8snet_ctx_unref(ctx);
	return n_failed != 0;
}
