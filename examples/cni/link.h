/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef CNI_LINK_H
#define CNI_LINK_H

#include <net/if.h>
#include <stdbool.h>
#include <stdint.h>

#include "netlink.h"

/* Links. Functions return 0 or -errno, with the text in `n`. */

#define MAC_TEXT_SIZE 18

struct link {
	int index;
	char name[IFNAMSIZ];
	char kind[16]; /* "veth", "bridge" ...; "" if it has none */
	uint8_t mac[6];
	uint32_t mtu, tx_queue_length, promiscuity, group;
	unsigned int flags; /* IFF_ */
	int master;	    /* 0: none */
	int peer;	    /* index of the other end of a veth; in its own namespace */
	bool is_port, hairpin, isolated; /* of a bridge */
	/* a bridge itself */
	bool has_vlan_filtering, calls_iptables, calls_ip6tables;
	bool is_oper_up;
	char alias[256];
};

/* -ENODEV: there is none; that leaves no text. */
int link_get(struct netlink *n, const char *name, struct link *out);
int link_get_by_index(struct netlink *n, int index, struct link *out);
/* The index of a link, or -ENODEV. */
int link_get_index(const struct netlink *n, const char *name);

/* 1 or 0: it is up and has a carrier. Newer kernels act on that at once then. */
int link_is_running(struct netlink *n, const char *name);

/* A change of a link that is there, to be filled: with its name or index, up or
 * not. It is sent with netlink_flush(). */
struct nlmsghdr *link_put_change(struct netlink *n, const char *name, bool is_up, const char *what);
struct nlmsghdr *link_put_delete(struct netlink *n, const char *name);
/* Delete one; -ENODEV is no failure and leaves no text. */
int link_delete(struct netlink *n, const char *name);
/* 1 or 0: there is one for which `fn` says so, among the ports of a bridge, or (0) all. */
typedef bool (*link_fn)(const struct link *link, void *data);
int link_has(struct netlink *n, int bridge, link_fn fn, void *data);
/* Delete all for which `fn` says so, in one go. */
int link_delete_all(struct netlink *n, link_fn fn, void *data);

void mac_format(const uint8_t mac[6], char text[MAC_TEXT_SIZE]);
/* "0a:58:0a:01:00:02", unicast and not zero. 0 or -EINVAL. */
int mac_parse(const char *text, uint8_t mac[6]);
/* A random one, locally administered. */
int mac_generate(uint8_t mac[6]);

#endif
