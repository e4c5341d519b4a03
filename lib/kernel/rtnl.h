/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef KERNEL_RTNL_H
#define KERNEL_RTNL_H

#include <net/if.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "netlink/batch.h"
#include "plan/op.h"

/*
 * Operations on kernel objects as rtnetlink messages to one namespace.
 *
 * Objects hang on links by index, operations name them. Indexes are asked for
 * when needed, and remembered until a link of that name is made or deleted.
 */

#define RTNL_MAX_PEERS 64
#define RTNL_MAX_NAMES 8

struct rtnl_name {
	char name[IFNAMSIZ];
	unsigned int index;
};

struct rtnl {
	struct batch *batch;
	bool changes_links; /* the batch makes or deletes links */
	struct rtnl_name names[RTNL_MAX_NAMES];
	size_t next_name;
	int peers[RTNL_MAX_PEERS]; /* namespaces that messages in the batch refer to */
	size_t n_peers;
	const char *bad_netns; /* after an error: it cannot be opened */
};

/* Begin with a namespace: an empty batch, nothing remembered. */
void rtnl_begin(struct rtnl *r, struct batch *batch, int fd);

/*
 * Put the messages of one operation, tagged with `tag`. 0; -EAGAIN: flush first
 * and call again; another errno: it cannot be done, nothing was put.
 */
int rtnl_put(struct rtnl *r, const struct k8snet_op *op, uint32_t tag);

/* Send what was put, see batch_flush(); the results stay until rtnl_clear(). */
int rtnl_flush(struct rtnl *r);
void rtnl_clear(struct rtnl *r);

/* Bring a link up; for the other end of a veth, in its own namespace. There must
 * be room. */
void rtnl_put_up(struct rtnl *r, const char *name, uint32_t tag);

/* Deleting a link makes the kernel wait, once for each message. To delete many
 * in one go, put them into a group of their own and delete that. */
void rtnl_put_group(struct rtnl *r, const char *name, uint32_t group, uint32_t tag);
void rtnl_put_group_delete(struct rtnl *r, uint32_t group, uint32_t tag);

/* --- for its parts --------------------------------------------------------- */

int rtnl_put_link(struct rtnl *r, const struct k8snet_op *op, uint32_t tag);
int rtnl_put_address(struct rtnl *r, const struct k8snet_op *op, uint32_t tag);
int rtnl_put_neighbour(struct rtnl *r, const struct k8snet_op *op, uint32_t tag);
int rtnl_put_fdb(struct rtnl *r, const struct k8snet_op *op, uint32_t tag);
int rtnl_put_route(struct rtnl *r, const struct k8snet_op *op, uint32_t tag);

/* The index of a link, -ENODEV, or -EAGAIN: flush first. */
int rtnl_get_index(struct rtnl *r, const char *name);
/* Whether there is a link of this name, whatever has not been sent yet. */
bool rtnl_has_link(const struct rtnl *r, const char *name);
/* Keep a descriptor open until the batch has been sent; there must be room. */
void rtnl_keep_peer(struct rtnl *r, int fd);

#endif
