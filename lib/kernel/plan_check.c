/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a plan prints for nft, read by libnftables. */
#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/netfilter/nf_tables.h>
#include <string.h>

#include "base/context.h"
#include "base/strbuf.h"
#include "kernel/kernel.h"
#include "kernel/nfnl.h"
#include "kernel/nft_library.h"
#include "plan/plan.h"
#include "plan/print.h"

struct check {
	struct netlink_kernel *kernel;
	const struct k8snet_plan *plan;
	struct nft_library *library;
	char text[256];
};

static int ignore_message(void *data, const struct nlmsghdr *message)
{
	(void)data;
	(void)message;
	return 0;
}

/* libnftables exits where there is no such socket, and complains on standard
 * error where it is not allowed to use one: find out before. */
static int probe(struct netlink_kernel *kernel)
{
	const struct nfnl_request request = {.type = NFT_MSG_GETTABLE, .family = 4};
	int r = nfnl_dump(kernel, &request, ignore_message, NULL);

	return r == -EINTR ? 0 : r;
}

static bool is_nft(const struct k8snet_op *op)
{
	return op->target == OP_TABLE || op->target == OP_CHAIN || op->target == OP_ELEMENT;
}

/* The first `n` operations. */
static int check_first(struct check *c, size_t n)
{
	_cleanup_strbuf_ struct strbuf commands = {0};
	size_t i;

	for (i = 0; i < n; i++)
		if (is_nft(&c->plan->ops.items[i]))
			op_print_nft(&commands, &c->plan->ops.items[i]);
	if (commands.error || !commands.length)
		return commands.error;
	return nft_library_check(c->library, &c->kernel->ns, commands.text, c->text,
				 sizeof(c->text));
}

/* How many pass: all before the one that does not. */
static int find_failed(struct check *c, size_t *failed)
{
	size_t good = 0, bad = c->plan->ops.count, middle;
	int r;

	while (bad - good > 1) {
		middle = good + (bad - good) / 2;
		r = check_first(c, middle);
		if (r < 0 && r != -EINVAL)
			return r;
		if (r < 0)
			bad = middle;
		else
			good = middle;
	}
	*failed = good;
	return check_first(c, bad);
}

static int refused(struct check *c)
{
	_cleanup_strbuf_ struct strbuf text = {0};
	struct error_at at = {.id = K8SNET_MSG_KERNEL};
	const struct k8snet_op *op;
	size_t failed = 0;
	int r = find_failed(c, &failed);

	if (r != -EINVAL)
		return r;
	op = &c->plan->ops.items[failed];
	op_print_text(&text, op);
	at.layer = op->layer;
	at.object = op->object;
	at.operation = text.text;
	return ctx_error(c->plan->ctx, -EINVAL, &at, "nft would refuse: %s", c->text);
}

static int fail(const struct check *c, int error)
{
	const struct error_at at = {.layer = K8SNET_LAYER_SERVICE,
				    .id = netlink_get_message_id(-error),
				    .operation = "k8snet_plan_check",
				    .kernel_errno = -error};

	if (error == -ENOMEM)
		return ctx_no_memory(c->plan->ctx);
	if (error == -ENOENT)
		return ctx_error(c->plan->ctx, -ENOTSUP, &at, "libnftables: %s", c->text);
	return ctx_error(c->plan->ctx, netlink_get_code(-error), &at, "%s",
			 netlink_get_error_text(-error));
}

int netlink_check(struct k8snet_kernel *kernel, const struct k8snet_plan *plan)
{
	struct check c = {.kernel = netlink_kernel(kernel), .plan = plan};
	int r = probe(c.kernel);

	if (r == 0)
		r = nft_library_load(&c.library, c.text, sizeof(c.text));
	if (r < 0)
		return fail(&c, r);
	r = check_first(&c, plan->ops.count);
	if (r == -EINVAL)
		r = refused(&c);
	else if (r < 0)
		r = fail(&c, r);
	nft_library_free(c.library);
	return r;
}

K8SNET_EXPORT int k8snet_plan_check(const struct k8snet_plan *plan, struct k8snet_kernel *kernel)
{
	if (!kernel->ops->check)
		return ctx_bad_argument(plan->ctx, "k8snet_plan_check", "not this kernel");
	return kernel->ops->check(kernel, plan);
}
