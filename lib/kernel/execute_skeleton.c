/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <linux/netfilter/nf_tables.h>
#include <stdio.h>
#include <string.h>

#include "base/strbuf.h"
#include "kernel/execute.h"
#include "kernel/nfnl.h"
#include "kernel/nft_text.h"

static void print(const struct execution *x, const struct k8snet_op *op, struct strbuf *b)
{
	bool is_delete = op->verb == OP_DELETE;

	if (op->target == OP_TABLE && is_delete)
		nft_print_table_delete(b, op->family);
	else if (op->target == OP_TABLE)
		nft_print_table_add(b, op->family, x->masquerade_mark, op->has_counters);
	else if (is_delete)
		nft_print_chain_delete(b, &op->chain);
	else
		nft_print_chain_add(b, &op->chain, x->masquerade_mark);
}

static int ignore(void *data, const struct nlmsghdr *message)
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
	int r = nfnl_dump(kernel, &request, ignore, NULL);

	return r == -EINTR ? 0 : r;
}

/* One transaction. 0 or a negative errno, with the kernel's text. */
static int run(struct execution *x, size_t first, size_t end, char *text, size_t size)
{
	_cleanup_strbuf_ struct strbuf commands = {0};
	struct netlink_kernel *kernel = x->kernel;
	size_t i;
	int r;

	for (i = first; i < end; i++)
		print(x, &x->ops[i], &commands);
	if (commands.error)
		return commands.error;
	r = probe(kernel);
	if (r == 0 && !kernel->nft)
		r = nft_library_load(&kernel->nft, text, size);
	if (r < 0)
		return r;
	r = nft_library_run(kernel->nft, &kernel->ns, commands.text, text, size);
	kernel->monitor.transactions += r == 0;
	return r;
}

static void run_one(struct execution *x, size_t index)
{
	char text[sizeof(x->failure.text)] = "";
	int r = run(x, index, index + 1, text, sizeof(text));

	if (r == 0 || (r == -ENOENT && x->ops[index].verb == OP_DELETE && x->kernel->nft))
		execute_done(x, index);
	else
		execute_failed(x, index, -r, text);
}

/* All in one transaction; if that fails, one by one to see which. */
void execute_skeleton(struct execution *x, size_t first, size_t end)
{
	char text[sizeof(x->failure.text)] = "";
	size_t i;

	if (end - first > 1 && run(x, first, end, text, sizeof(text)) == 0) {
		for (i = first; i < end; i++)
			execute_done(x, i);
		return;
	}
	for (i = first; i < end && !execute_has_failed(x); i++)
		run_one(x, i);
}
