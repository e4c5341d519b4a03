/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the hello programs need besides the library: namespaces and a bit of TCP. */
#ifndef HELLO_UTIL_H
#define HELLO_UTIL_H

#include <k8snet/k8snet.h>
#include <stddef.h>

/*
 * Make a network namespace that lives as long as this program. Returns its
 * path ("/proc/123/ns/net"), in static memory, NULL on failure.
 */
const char *hello_netns(void);

/* In the namespace `netns`, answer each TCP connection to `port` with `text`. */
int hello_serve(const char *netns, unsigned short port, const char *text);

/* From the namespace `netns`, connect to `address` and read the answer. */
int hello_ask(const char *netns, const char *address, unsigned short port, char *answer,
	      size_t size);

/* Add a pod of the namespace "hello" to the node "node-1". */
int hello_add_pod(struct k8snet_cluster *cluster, const char *name, const char *address,
		  const char *netns);

/* Plan for "node-1", print the operations, apply them. */
int hello_apply(struct k8snet_cluster *cluster, struct k8snet_kernel *kernel);

#endif
