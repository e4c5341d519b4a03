/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef CNI_ADDRESS_H
#define CNI_ADDRESS_H

#include <k8snet/address.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "netlink.h"
#include "netlink/header.h"

/* Addresses and routes of links. Functions return 0 or -errno, with the text in the
 * socket. */

/* As text; valid until eight more were made. */
const char *address_text(const struct k8snet_address *address);
const char *prefix_text(const struct k8snet_prefix *prefix);

/* The one behind it; all zeros. */
struct k8snet_address address_next(const struct k8snet_address *address);
bool prefix_is_equal(const struct k8snet_prefix *a, const struct k8snet_prefix *b);
bool address_is_unspecified(const struct k8snet_address *address);
/* A prefix of nothing but this address; everything of a family. */
struct k8snet_prefix prefix_of_host(const struct k8snet_address *address);
struct k8snet_prefix prefix_of_all(uint8_t family);

/* --- addresses of a link ------------------------------------------------------- */

struct link_address {
	struct k8snet_prefix prefix;
	uint32_t flags; /* IFA_F_ */
	uint8_t scope;
};

struct address_list {
	struct link_address *items;
	size_t count;
};

int address_list_get(struct netlink *n, int index, struct address_list *out);
const struct link_address *address_list_find(const struct address_list *list,
					     const struct k8snet_prefix *prefix);
void address_list_done(struct address_list *list);

/* To be sent with netlink_flush(). */
void address_put(struct netlink *n, int index, const char *ifname,
		 const struct k8snet_prefix *prefix, uint32_t flags);
void address_put_delete(struct netlink *n, int index, const char *ifname,
			const struct k8snet_prefix *prefix);

/* --- routes ---------------------------------------------------------------------- */

struct route {
	struct k8snet_prefix destination;
	struct k8snet_address gateway, source; /* family 0: none */
	uint32_t mtu, advmss, priority;	       /* 0: none */
	uint32_t table;			       /* 0: main */
	int scope;			       /* -1: link without a gateway, else global */
	int interface;			       /* index */
	uint8_t protocol;		       /* 0: boot */
	bool is_shared; /* there may be another one to the same destination; this comes first */
};

void route_put(struct netlink *n, const struct route *route, const char *ifname);
void route_put_delete(struct netlink *n, const struct route *route, const char *ifname);
/* Look for a route with the same destination, table, priority and interface;
 * gateway and the rest of it are in *found. 1: there is one, 0: none, or -errno. */
int route_find(struct netlink *n, const struct route *like, struct route *found);
/* Delete all of a protocol, of the main table. */
int route_delete_all(struct netlink *n, uint8_t protocol);
/* Through which link the kernel sends to an address: its index, or -errno. */
int route_get_interface(struct netlink *n, const struct k8snet_address *to);

#endif
