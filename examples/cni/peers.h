/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef CNI_PEERS_H
#define CNI_PEERS_H

#include "networks.h"
#include "plugin.h"

/* "peers": the networks of other nodes' containers, each with the address of its node.
 * Their routes are the node's: they stay until GC finds no container any more. */
int peers_add(struct plugin *p);
int peers_check(struct plugin *p);
int peers_gc(struct plugin *p);
/* Where containers of the cluster are, IPv4 and IPv6, which are not masqueraded on their way
 * there: the networks of the peers, and "clusterNetworks". */
int peers_read_networks(struct plugin *p, struct networks networks[2]);

#endif
