/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef CNI_PEERS_H
#define CNI_PEERS_H

#include "plugin.h"

/* "peers": the networks of other nodes' containers, each with the address of its node.
 * Their routes are the node's: they stay until GC finds no container any more. */
int peers_add(struct plugin *p);
int peers_check(struct plugin *p);
int peers_gc(struct plugin *p);

#endif
