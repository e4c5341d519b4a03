/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Resetting established TCP connections. Only the two ends know which numbers a reset
 * must have, and the kernel when it answers a packet of theirs. So each connection is
 * entered into `resets`, whose packets are refused, and each end is sent something
 * that it answers.
 */
#include <errno.h>
#include <linux/netfilter/nf_conntrack_tcp.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/context.h"
#include "kernel/execute_conntrack.h"

/* What one transaction adds. */
#define MAX_ELEMENTS 4096

/* Before, nobody is connected; after, the ends know that it is over. */
static bool is_established(uint8_t state)
{
	return state >= TCP_CONNTRACK_SYN_RECV && state <= TCP_CONNTRACK_LAST_ACK;
}

static int note(struct cleaning *c, const struct conntrack_entry *entry)
{
	struct conntrack_connection *found;

	if (!is_established(entry->state))
		return 0;
	found = vec_push(&c->found);
	if (!found)
		return -ENOMEM;
	*found = entry->connection;
	return 0;
}

/* --- refusing their packets --------------------------------------------------- */

static void fill(struct k8snet_op *op, uint8_t family, const struct conntrack_connection *found)
{
	*op = (struct k8snet_op){.verb = OP_ADD,
				 .target = OP_ELEMENT,
				 .element = {.family = family,
					     .map = NFT_RESETS,
					     .port = found->from.port,
					     .to_port = found->to.port}};
	memcpy(op->element.address, found->from.address, sizeof(op->element.address));
	memcpy(op->element.to_address, found->to.address, sizeof(op->element.to_address));
}

static int refuse(struct cleaning *c, const struct conntrack_connection *found, size_t count)
{
	_cleanup_free_ struct k8snet_op *ops = calloc(count, sizeof(*ops));
	struct execution x = {.kernel = c->x->kernel, .ops = ops, .count = count};
	size_t i;

	if (!ops)
		return -ENOMEM;
	for (i = 0; i < count; i++)
		fill(&ops[i], c->family, &found[i]);
	execute_nftables(&x, 0, count);
	if (!execute_has_failed(&x))
		return 0;
	memcpy(c->text, x.failure.text, sizeof(c->text));
	c->text[sizeof(c->text) - 1] = '\0';
	return -x.failure.error;
}

/* --- having the ends answer ----------------------------------------------------- */

/* The client's comes as a reply, which is translated on its way. The backend's is a
 * packet of no connection that is known, as nothing begins with SYN and ACK, and is not. */
static void provoke(struct cleaning *c, int fd, const struct conntrack_connection *found,
		    size_t count)
{
	size_t i;

	for (i = 0; i < count; i++) {
		probe_send(fd, c->family, &found[i].reply_from, &found[i].reply_to);
		probe_send(fd, c->family, &found[i].reply_to, &found[i].reply_from);
	}
}

static int open_probe(struct cleaning *c)
{
	int fd = probe_open(&c->x->kernel->ns, c->family);

	if (fd < 0)
		ctx_warning(c->x->kernel->base.ctx,
			    "connections to endpoints that are gone are reset with their next "
			    "packet: no raw socket: %s",
			    strerror(-fd));
	return fd;
}

static int reset_all(struct cleaning *c)
{
	_cleanup_close_ int fd = open_probe(c);
	size_t i, count;
	int r = 0;

	for (i = 0; r == 0 && i < c->found.count; i += count) {
		count = c->found.count - i < MAX_ELEMENTS ? c->found.count - i : MAX_ELEMENTS;
		r = refuse(c, &c->found.items[i], count);
		if (r == 0 && fd >= 0)
			provoke(c, fd, &c->found.items[i], count);
	}
	return r;
}

/* The ends have been told: a client that begins anew from the same port is to be led to
 * another backend, not by what is left of this connection. */
static int forget(struct cleaning *c, const struct conntrack_entry *entry)
{
	return entry->state == TCP_CONNTRACK_CLOSE ? conntrack_delete(c, entry) : 0;
}

int reset_connections(struct cleaning *c)
{
	int r;

	c->take = note;
	r = conntrack_walk(c);
	if (r < 0 || !c->found.count)
		return r;
	r = reset_all(c);
	c->take = forget;
	return r < 0 ? r : conntrack_walk(c);
}
