/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "kernel/execute.h"

/* How many namespaces are opened at once. */
#define MAX_PODS 64

static const char *get_netns(const struct k8snet_op *op)
{
	bool is_rtnetlink = op->target == OP_KOBJ && op->kobj->type != KOBJ_SYSCTL;

	return is_rtnetlink ? op->kobj->netns : NULL;
}

static struct netns_socket *find(const struct execution *x, const char *path)
{
	size_t i;

	for (i = 0; i < x->n_pods; i++)
		if (x->pods[i].path == path || !strcmp(x->pods[i].path, path))
			return &x->pods[i];
	return NULL;
}

static void close_all(struct execution *x)
{
	while (x->n_pods)
		closep(&x->pods[--x->n_pods].fd);
}

/* Operations of one pod stand together: mostly it is the last one found. */
static void collect(struct execution *x, size_t index)
{
	const char *path, *last = NULL;

	for (; index < x->count && x->n_pods < MAX_PODS; index++) {
		path = get_netns(&x->ops[index]);
		if (!path || path == last)
			continue;
		last = path;
		if (!find(x, path))
			x->pods[x->n_pods++] = (struct netns_socket){.path = path, .fd = -1};
	}
}

int execute_get_socket(struct execution *x, size_t index, const char *path)
{
	struct netns_socket *found;
	int r;

	if (!path)
		return x->kernel->route;
	found = find(x, path);
	if (found)
		return found->fd;
	if (!x->pods)
		x->pods = calloc(MAX_PODS, sizeof(*x->pods));
	if (!x->pods)
		return -ENOMEM;
	close_all(x);
	x->pods[x->n_pods++] = (struct netns_socket){.path = path, .fd = -1};
	collect(x, index);
	r = netns_open_sockets(x->pods, x->n_pods);
	if (r < 0) {
		close_all(x);
		return r;
	}
	return x->pods[0].fd;
}

void execute_close_sockets(struct execution *x)
{
	close_all(x);
	free(x->pods);
	x->pods = NULL;
}
