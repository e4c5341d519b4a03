/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <string.h>
#include <sys/random.h>

#include "base/vec.h"
#include "kernel/br_netfilter.h"
#include "kernel/execute.h"

static bool is_link(const struct k8snet_op *op)
{
	return op->kobj->type == KOBJ_LINK;
}

/* --- ends of links in pods ---------------------------------------------------- */

/* A new veth is done when its other end is up: that takes a message in another
 * namespace, sent with the first ones that go there. */
static bool has_to_rise(const struct execution *x, const struct rtnl *r, size_t index)
{
	const struct k8snet_op *op = &x->ops[index];

	return op->verb == OP_ADD && is_link(op) && op->kobj->link.type == LINK_VETH &&
	       op->kobj->link.peer_netns && r->batch->fd == x->kernel->route;
}

static void note_rising(struct execution *x, size_t index)
{
	size_t *rising = vec_push(&x->rising);

	if (rising)
		*rising = index;
	else
		execute_failed(x, index, ENOMEM, "");
}

/* Those in one namespace; they are put before all else that goes there. */
static void put_rising(struct execution *x, struct rtnl *r, const char *netns)
{
	size_t i, n = 0, index;

	for (i = 0; i < x->rising.count; i++) {
		index = x->rising.items[i];
		if (!strcmp(x->ops[index].kobj->link.peer_netns, netns) &&
		    batch_has_room(r->batch, 1))
			rtnl_put_up(r, x->ops[index].kobj->link.peer_name, (uint32_t)index);
		else
			x->rising.items[n++] = index;
	}
	x->rising.count = n;
}

/* --- answers ------------------------------------------------------------------ */

static bool is_grouped(const struct k8snet_op *op)
{
	return op->verb == OP_DELETE && is_link(op);
}

/* After a flush: how each operation went. Those of links that were put into a
 * group are not done yet. */
static void settle(struct execution *x, struct rtnl *r, bool is_grouping)
{
	struct batch *b = r->batch;
	size_t i = 0;

	while (i < b->count) {
		uint32_t tag = b->messages[i].tag;
		bool was_gone = b->messages[i].was_gone;
		int error = 0;

		for (; i < b->count && b->messages[i].tag == tag; i++)
			if (!error)
				error = b->messages[i].error;
		if (error)
			execute_failed(x, tag, error, tag == b->failed_tag ? b->text : "");
		else if (has_to_rise(x, r, tag))
			note_rising(x, tag);
		else if (!is_grouping || was_gone || !is_grouped(&x->ops[tag]))
			execute_done(x, tag);
	}
	rtnl_clear(r);
}

static void flush(struct execution *x, struct rtnl *r, bool is_grouping)
{
	/* An error of the socket is an error of each message. */
	(void)rtnl_flush(r);
	settle(x, r, is_grouping);
}

/* Put one operation, send what is before it if need be. False: stop here. */
static bool put(struct execution *x, struct rtnl *r, size_t index, bool is_grouping)
{
	int error = rtnl_put(r, &x->ops[index], (uint32_t)index);

	if (error == 0)
		return true;
	flush(x, r, is_grouping);
	if (execute_has_failed(x))
		return false;
	if (error == -EAGAIN)
		error = rtnl_put(r, &x->ops[index], (uint32_t)index);
	if (error < 0 && r->bad_netns)
		execute_failed_netns(x, index, -error, r->bad_netns);
	else if (error < 0)
		execute_failed(x, index, -error, "");
	return error == 0;
}

static void put_all(struct execution *x, struct rtnl *r, size_t first, size_t end)
{
	size_t i;

	for (i = first; i < end; i++)
		if (!put(x, r, i, false))
			return;
	flush(x, r, false);
}

/* --- deleting --------------------------------------------------------------- */

static uint32_t choose_group(void)
{
	uint32_t group = 0;

	/* Nobody else's group: there are 2^30 of them, people use small numbers. */
	if (getrandom(&group, sizeof(group), 0) != sizeof(group))
		return 0;
	return 0x40000000 | (group & 0x3fffffff);
}

static void put_links_into_group(struct execution *x, struct rtnl *r, size_t first, size_t end,
				 uint32_t group)
{
	size_t i;

	for (i = first; i < end; i++) {
		if (!is_link(&x->ops[i])) {
			if (!put(x, r, i, true))
				return;
			continue;
		}
		if (!batch_has_room(r->batch, 1))
			flush(x, r, true);
		if (execute_has_failed(x))
			return;
		rtnl_put_group(r, x->ops[i].kobj->name, group, (uint32_t)i);
	}
	flush(x, r, true);
}

/* 0 or a positive errno. */
static int delete_group(struct rtnl *r, uint32_t group)
{
	int error;

	rtnl_put_group_delete(r, group, 0);
	(void)rtnl_flush(r);
	error = batch_last(r->batch)->error;
	rtnl_clear(r);
	return error;
}

static void delete_links(struct execution *x, struct rtnl *r, size_t first, size_t end,
			 uint32_t group)
{
	bool is_done = delete_group(r, group) == 0;
	size_t i;

	for (i = first; i < end; i++) {
		if (x->ops[i].status != K8SNET_OP_PENDING)
			continue;
		/* One that cannot be deleted keeps the others from it: find it. */
		if (is_done)
			execute_done(x, i);
		else if (!put(x, r, i, false))
			return;
	}
	flush(x, r, false);
}

static void delete_all(struct execution *x, struct rtnl *r, size_t first, size_t end)
{
	uint32_t group = 0;
	size_t n_links = 0, i;

	for (i = first; i < end; i++)
		n_links += is_link(&x->ops[i]);
	if (n_links > 1)
		group = choose_group();
	if (!group) {
		put_all(x, r, first, end);
		return;
	}
	put_links_into_group(x, r, first, end, group);
	if (!execute_has_failed(x))
		delete_links(x, r, first, end, group);
}

/* --- a run ------------------------------------------------------------------ */

/* In a namespace that is gone there is nothing to delete. */
static void settle_without_netns(struct execution *x, size_t first, size_t end, int error)
{
	bool is_gone = error == ENOENT || error == ENOTDIR || error == EINVAL;
	size_t i;

	for (i = first; i < end; i++) {
		if (!is_gone || x->ops[i].verb != OP_DELETE) {
			execute_failed_netns(x, i, error, x->ops[i].kobj->netns);
			return;
		}
		execute_done(x, i);
	}
}

static int begin(struct execution *x, struct rtnl *r, size_t index, const char *netns)
{
	int fd = execute_get_socket(x, index, netns);

	if (!x->kernel->batch)
		x->kernel->batch = batch_new();
	if (!x->kernel->batch)
		return -ENOMEM;
	if (fd < 0)
		return fd;
	rtnl_begin(r, x->kernel->batch, fd);
	if (netns)
		put_rising(x, r, netns);
	return 0;
}

void execute_deletions(struct execution *x, size_t first, size_t end)
{
	struct rtnl r;
	int error = begin(x, &r, first, x->ops[first].kobj->netns);

	if (error < 0)
		settle_without_netns(x, first, end, -error);
	else
		delete_all(x, &r, first, end);
}

/* False: stop here. */
static bool put_those(struct execution *x, struct rtnl *r, size_t first, size_t end,
		      const char *netns, bool are_links)
{
	size_t i;

	for (i = first; i < end; i++)
		if (is_link(&x->ops[i]) == are_links &&
		    execute_is_netns(x->ops[i].kobj->netns, netns) && !put(x, r, i, false))
			return false;
	return true;
}

static bool needs_br_netfilter(const struct k8snet_op *op)
{
	return is_link(op) && op->kobj->link.type == LINK_BRIDGE &&
	       (op->kobj->link.nf_call_iptables || op->kobj->link.nf_call_ip6tables);
}

/* False: it is not there. */
static bool load_modules(struct execution *x, size_t first, size_t end)
{
	size_t i;

	for (i = first; i < end; i++)
		if (needs_br_netfilter(&x->ops[i]) && br_netfilter_load(x->kernel) < 0) {
			execute_failed(x, i, EOPNOTSUPP,
				       "the module br_netfilter is not there, see modprobe(8)");
			return false;
		}
	return true;
}

static void execute_in_netns(struct execution *x, size_t first, size_t end, const char *netns)
{
	struct rtnl r;
	int error = begin(x, &r, first, netns);

	if (error < 0)
		execute_failed_netns(x, first, -error, netns ? netns : "of the node");
	else if (put_those(x, &r, first, end, netns, true) &&
		 put_those(x, &r, first, end, netns, false))
		flush(x, &r, false);
}

void execute_kobjs(struct execution *x, size_t first, size_t end)
{
	size_t i;

	if (!load_modules(x, first, end))
		return;
	execute_in_netns(x, first, end, NULL);
	for (i = first; i < end && !execute_has_failed(x); i++)
		if (x->ops[i].kobj->netns && x->ops[i].status == K8SNET_OP_PENDING)
			execute_in_netns(x, i, end, x->ops[i].kobj->netns);
}

void execute_rising(struct execution *x)
{
	const char *netns;
	struct rtnl r;
	size_t index;
	int error;

	while (x->rising.count) {
		index = x->rising.items[x->rising.count - 1];
		netns = x->ops[index].kobj->link.peer_netns;
		error = begin(x, &r, x->count, netns);
		if (error == 0) {
			flush(x, &r, false);
			continue;
		}
		execute_failed_netns(x, index, -error, netns);
		x->rising.count--;
	}
}
