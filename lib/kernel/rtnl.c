/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "kernel/rtnl.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

/* The most messages that one operation takes. */
#define MAX_MESSAGES 4

void rtnl_begin(struct rtnl *r, struct batch *batch, int fd)
{
	memset(r, 0, sizeof(*r));
	r->batch = batch;
	batch->fd = fd;
	batch_clear(batch);
}

int rtnl_get_index(struct rtnl *r, const char *name)
{
	struct ifreq request = {0};
	struct rtnl_name *entry;
	size_t i;

	for (i = 0; i < RTNL_MAX_NAMES; i++)
		if (r->names[i].index && !strcmp(r->names[i].name, name))
			return (int)r->names[i].index;
	if (r->changes_links)
		return -EAGAIN;
	/* Any socket answers this, of its own namespace, and without a lock. */
	snprintf(request.ifr_name, sizeof(request.ifr_name), "%s", name);
	if (ioctl(r->batch->fd, SIOCGIFINDEX, &request) < 0)
		return -errno;
	entry = &r->names[r->next_name++ % RTNL_MAX_NAMES];
	memcpy(entry->name, request.ifr_name, sizeof(entry->name));
	entry->index = (unsigned int)request.ifr_ifindex;
	return request.ifr_ifindex;
}

bool rtnl_has_link(const struct rtnl *r, const char *name)
{
	struct ifreq request = {0};

	snprintf(request.ifr_name, sizeof(request.ifr_name), "%s", name);
	return ioctl(r->batch->fd, SIOCGIFINDEX, &request) == 0;
}

static void forget(struct rtnl *r, const char *name)
{
	size_t i;

	for (i = 0; i < RTNL_MAX_NAMES; i++)
		if (!strcmp(r->names[i].name, name))
			r->names[i].index = 0;
	r->changes_links = true;
}

void rtnl_keep_peer(struct rtnl *r, int fd)
{
	r->peers[r->n_peers++] = fd;
}

static int put(struct rtnl *r, const struct k8snet_op *op, uint32_t tag)
{
	switch (op->kobj->type) {
	case KOBJ_LINK:
		return rtnl_put_link(r, op, tag);
	case KOBJ_ADDRESS:
		return rtnl_put_address(r, op, tag);
	case KOBJ_NEIGHBOUR:
		return rtnl_put_neighbour(r, op, tag);
	case KOBJ_FDB:
		return rtnl_put_fdb(r, op, tag);
	case KOBJ_ROUTE:
		return rtnl_put_route(r, op, tag);
	case KOBJ_SYSCTL:
		break;
	}
	return -EINVAL;
}

int rtnl_put(struct rtnl *r, const struct k8snet_op *op, uint32_t tag)
{
	int error;

	if (!batch_has_room(r->batch, MAX_MESSAGES) || r->n_peers == RTNL_MAX_PEERS)
		return -EAGAIN;
	error = put(r, op, tag);
	if (error == 0 && op->kobj->type == KOBJ_LINK && op->verb != OP_SET)
		forget(r, op->kobj->name);
	return error;
}

int rtnl_flush(struct rtnl *r)
{
	int error = batch_flush(r->batch);

	while (r->n_peers)
		close(r->peers[--r->n_peers]);
	r->changes_links = false;
	return error;
}

void rtnl_clear(struct rtnl *r)
{
	batch_clear(r->batch);
}
