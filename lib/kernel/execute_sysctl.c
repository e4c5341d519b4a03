/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>

#include "kernel/execute.h"
#include "kernel/sysctl.h"

struct writes {
	const struct execution *x;
	size_t first, end;
	size_t n_done;
	int error; /* of the one after those */
};

static void write_all(void *data)
{
	struct writes *w = data;
	size_t i;

	for (i = w->first; i < w->end && w->error == 0; i++) {
		const struct k8snet_op *op = &w->x->ops[i];

		/* A value cannot be deleted: it stays. */
		if (op->verb != OP_DELETE)
			w->error = sysctl_write(op->kobj->sysctl.path, op->kobj->sysctl.value);
		w->n_done += w->error == 0;
	}
}

static int run(struct execution *x, const char *path, struct writes *w)
{
	struct netns ns;
	int r;

	if (!path)
		return netns_run(&x->kernel->ns, write_all, w);
	r = netns_open(&ns, path);
	if (r < 0)
		return r;
	r = netns_run(&ns, write_all, w);
	netns_close(&ns);
	return r;
}

void execute_sysctls(struct execution *x, size_t first, size_t end)
{
	const char *path = x->ops[first].kobj->netns;
	struct writes w = {.x = x, .first = first, .end = end};
	int r = run(x, path, &w);
	size_t i;

	for (i = 0; i < w.n_done; i++)
		execute_done(x, first + i);
	if (r < 0)
		execute_failed_netns(x, first, -r, path ? path : "of the node");
	else if (w.error == -ENOENT)
		execute_failed(x, first + w.n_done, EOPNOTSUPP, "no such sysctl");
	else if (w.error < 0)
		execute_failed(x, first + w.n_done, -w.error, "");
}
