/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "kernel/execute_conntrack.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/context.h"
#include "kernel/nfnl.h"

#define MAX_ATTEMPTS 8

/* --- what is meant -------------------------------------------------------- */

static uint64_t hash_of(const struct hash *h, const struct conntrack *ct)
{
	return hash_bytes(h, ct, sizeof(*ct));
}

static bool is_meant(const struct cleaning *c, const struct conntrack *ct)
{
	struct hash_node *node = hash_find(&c->targets, hash_of(&c->targets, ct));

	for (; node; node = hash_find_next(node))
		if (!memcmp(container_of(node, struct target, node)->conntrack, ct, sizeof(*ct)))
			return true;
	return false;
}

static int add_targets(struct cleaning *c, const struct k8snet_op *ops, size_t count)
{
	struct target *target;
	size_t i;

	target = c->items = calloc(count, sizeof(*c->items));
	if (!target)
		return -ENOMEM;
	for (i = 0; i < count; i++) {
		if (ops[i].conntrack.family != c->family || ops[i].verb != c->verb)
			continue;
		if (target == c->items)
			conntrack_filter_begin(&c->filter, &ops[i].conntrack);
		else
			conntrack_filter_add(&c->filter, &ops[i].conntrack);
		target->conntrack = &ops[i].conntrack;
		if (hash_insert(&c->targets, &target->node,
				hash_of(&c->targets, target->conntrack)) < 0)
			return -ENOMEM;
		target++;
	}
	return 0;
}

/* --- deleting ------------------------------------------------------------- */

static int flush(struct cleaning *c)
{
	size_t i;
	int r = batch_flush(c->batch);

	for (i = 0; r == 0 && i < c->batch->count; i++)
		r = -c->batch->messages[i].error;
	if (r < 0)
		memcpy(c->text, c->batch->text, sizeof(c->text));
	batch_clear(c->batch);
	return r;
}

static int open_batch(struct cleaning *c)
{
	c->fd = netns_open_socket(&c->x->kernel->ns, NETLINK_NETFILTER);
	if (c->fd < 0)
		return c->fd;
	if (!c->x->kernel->batch)
		c->x->kernel->batch = batch_new();
	if (!c->x->kernel->batch)
		return -ENOMEM;
	c->batch = c->x->kernel->batch;
	c->batch->fd = c->fd;
	return 0;
}

int conntrack_delete(struct cleaning *c, const struct conntrack_entry *entry)
{
	int r = 0;

	if (!c->batch)
		r = open_batch(c);
	if (r == 0 && !batch_has_room(c->batch, 1))
		r = flush(c);
	if (r < 0)
		return r;
	conntrack_put_delete(batch_add(c->batch, 0, 0, 0, "", 0), entry);
	batch_last(c->batch)->may_be_gone = true;
	return 0;
}

/* --- looking ---------------------------------------------------------------- */

static int take_entry(void *data, const struct nlmsghdr *message)
{
	struct cleaning *c = data;
	struct conntrack_entry entry;

	if (!conntrack_parse(&entry, message) || !is_meant(c, &entry.conntrack))
		return 0;
	return c->take(c, &entry);
}

static int dump(struct cleaning *c, const struct conntrack_filter *filter)
{
	char buffer[CONNTRACK_MESSAGE_SIZE] __attribute__((aligned(NLMSG_ALIGNTO)));
	struct nlmsghdr *message;
	int r = -EINTR, i;

	for (i = 0; i < MAX_ATTEMPTS && r == -EINTR; i++) {
		message = mnl_nlmsg_put_header(buffer);
		conntrack_put_dump(message, c->family, filter);
		r = nfnl_dump_with(c->x->kernel, message, take_entry, c);
	}
	return r;
}

static bool is_refused(int r)
{
	return r == -EINVAL || r == -EOPNOTSUPP;
}

int conntrack_walk(struct cleaning *c)
{
	int r = dump(c, &c->filter);

	/* Kernels before 5.8 ignore filters; one that refuses them is not known. */
	if (is_refused(r))
		r = dump(c, NULL);
	if (r == 0 && c->batch && c->batch->count)
		r = flush(c);
	if (!is_refused(r))
		return r;
	ctx_warning(c->x->kernel->base.ctx,
		    "the kernel has no ctnetlink: connection tracking entries of endpoints that "
		    "are gone stay until they time out");
	return 0;
}

static int clean(struct execution *x, size_t first, size_t end, uint8_t family, uint8_t verb,
		 char *text)
{
	struct cleaning c = {.x = x, .family = family, .verb = verb, .fd = -1};
	int r;

	hash_init(&c.targets);
	c.take = conntrack_delete;
	r = add_targets(&c, x->ops + first, end - first);
	if (r == 0 && c.targets.count)
		r = verb == OP_SET ? reset_connections(&c) : conntrack_walk(&c);
	if (c.batch)
		batch_clear(c.batch);
	if (c.fd >= 0)
		close(c.fd);
	hash_done(&c.targets);
	free(c.items);
	vec_done(&c.found);
	memcpy(text, c.text, sizeof(c.text));
	return r;
}

void execute_conntrack(struct execution *x, size_t first, size_t end)
{
	char text[NLSOCK_TEXT_SIZE];
	size_t i;
	int r = 0;

	for (i = 0; r == 0 && i < 4; i++)
		r = clean(x, first, end, i % 2 ? 6 : 4, i / 2 ? OP_SET : OP_DELETE, text);
	if (r < 0) {
		execute_failed(x, first, -r, text);
		return;
	}
	for (i = first; i < end; i++)
		execute_done(x, i);
}
