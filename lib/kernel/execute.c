/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "kernel/execute.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/context.h"
#include "base/strbuf.h"
#include "kernel/own_table.h"

static void tell(const struct execution *x, struct k8snet_op *op, enum k8snet_op_status status)
{
	op->status = status;
	if (x->options && x->options->progress)
		x->options->progress(x->options->data, op);
}

void execute_done(struct execution *x, size_t index)
{
	tell(x, &x->ops[index], K8SNET_OP_DONE);
}

static void fail(struct execution *x, size_t index, const struct failure *failure)
{
	/* What failed first is told; the rest of its batch is marked. */
	if (!x->failure.error || index < x->failure.index)
		x->failure = *failure;
	tell(x, &x->ops[index], K8SNET_OP_FAILED);
}

void execute_failed(struct execution *x, size_t index, int error, const char *text)
{
	struct failure failure = {
		.index = index,
		.error = error,
		.id = netlink_get_message_id(error),
	};

	snprintf(failure.text, sizeof(failure.text), "%s", text);
	fail(x, index, &failure);
}

void execute_failed_netns(struct execution *x, size_t index, int error, const char *netns)
{
	const struct failure failure = {
		.index = index,
		.error = error,
		.id = K8SNET_MSG_NETNS,
		.netns = netns,
	};

	fail(x, index, &failure);
}

static bool is_same_netns(const struct kobj *a, const struct kobj *b)
{
	return execute_is_netns(a->netns, b->netns);
}

/* What runs that make or change kernel objects are bounded by: a failure in one
 * leaves undone, or done, no more than that. */
#define MAX_RUN 512

static bool is_rtnetlink(const struct k8snet_op *op)
{
	return op->target == OP_KOBJ && op->kobj->type != KOBJ_SYSCTL;
}

static bool is_nftables(const struct k8snet_op *op)
{
	return op->target == OP_TABLE || op->target == OP_CHAIN || op->target == OP_ELEMENT;
}

/* What may still be used by somebody else: it fails for itself. */
static bool is_removal(const struct k8snet_op *op)
{
	return op->verb == OP_DELETE && op->target != OP_ELEMENT;
}

static bool belongs_to_transaction(const struct k8snet_op *a, const struct k8snet_op *b)
{
	return is_nftables(b) && (is_removal(a) ? b->target != OP_ELEMENT : !is_removal(b));
}

/* Additions and changes in all namespaces are one run, see execute_kobjs(). */
static bool belongs_together(const struct k8snet_op *a, const struct k8snet_op *b)
{
	bool is_delete = a->verb == OP_DELETE;

	if (is_nftables(a))
		return belongs_to_transaction(a, b);
	if (a->target != b->target || is_rtnetlink(a) != is_rtnetlink(b))
		return false;
	if (is_rtnetlink(a) && is_delete != (b->verb == OP_DELETE))
		return false;
	return a->target != OP_KOBJ || (is_rtnetlink(a) && !is_delete) ||
	       is_same_netns(a->kobj, b->kobj);
}

static size_t find_end(const struct execution *x, size_t first)
{
	size_t end = first + 1, last = x->count;

	if (is_rtnetlink(&x->ops[first]) && x->ops[first].verb != OP_DELETE &&
	    last - first > MAX_RUN)
		last = first + MAX_RUN;
	while (end < last && belongs_together(&x->ops[first], &x->ops[end]))
		end++;
	return end;
}

static void execute_run(struct execution *x, size_t first, size_t end)
{
	switch ((enum op_target)x->ops[first].target) {
	case OP_TABLE:
	case OP_CHAIN:
	case OP_ELEMENT:
		execute_nftables(x, first, end);
		break;
	case OP_CONNTRACK:
		execute_conntrack(x, first, end);
		break;
	case OP_KOBJ:
		if (!is_rtnetlink(&x->ops[first]))
			execute_sysctls(x, first, end);
		else if (x->ops[first].verb == OP_DELETE)
			execute_deletions(x, first, end);
		else
			execute_kobjs(x, first, end);
		break;
	}
}

static bool belongs_to_other(struct netlink_kernel *kernel, const struct k8snet_op *op)
{
	switch ((enum op_target)op->target) {
	case OP_TABLE:
		return own_table_is_foreign(kernel, op->family);
	case OP_CHAIN:
		return own_table_is_foreign(kernel, op->chain.family);
	case OP_ELEMENT:
		return own_table_is_foreign(kernel, op->element.family);
	default:
		return false;
	}
}

static int report(const struct execution *x)
{
	const struct failure *failure = &x->failure;
	const struct k8snet_op *op = &x->ops[failure->index];
	_cleanup_strbuf_ struct strbuf text = {0};
	struct k8snet_ctx *ctx = x->kernel->base.ctx;
	struct error_at at = {
		.layer = op->layer,
		.id = failure->id,
		.object = op->object,
		.kernel_errno = failure->error,
		.kernel_text = failure->text,
	};
	int code = netlink_get_code(failure->error);

	op_print_text(&text, op);
	at.operation = text.text;
	if (failure->netns)
		return ctx_error(ctx, code, &at, "network namespace %s: %s", failure->netns,
				 failure->error == EINVAL ? "not a network namespace"
							  : strerror(failure->error));
	if (failure->error == EPERM && belongs_to_other(x->kernel, op))
		return ctx_error(ctx, code, &at,
				 "the table belongs to another process, which alone can change it");
	return ctx_error(ctx, code, &at, "%s", netlink_get_error_text(failure->error));
}

int netlink_execute(struct k8snet_kernel *kernel, struct k8snet_op *ops, size_t count,
		    uint32_t masquerade_mark, const struct k8snet_plan_apply_options *options)
{
	struct execution x = {
		.kernel = netlink_kernel(kernel),
		.ops = ops,
		.count = count,
		.masquerade_mark = masquerade_mark,
		.options = options,
	};
	size_t first, end;

	for (first = 0; first < count; first++)
		ops[first].status = K8SNET_OP_PENDING;
	for (first = 0; first < count && !execute_has_failed(&x); first = end) {
		end = find_end(&x, first);
		execute_run(&x, first, end);
	}
	/* What was begun is brought to its end, also after a failure. */
	execute_rising(&x);
	vec_done(&x.rising);
	execute_close_sockets(&x);
	return execute_has_failed(&x) ? report(&x) : 0;
}
