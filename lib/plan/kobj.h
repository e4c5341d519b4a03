/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef PLAN_KOBJ_H
#define PLAN_KOBJ_H

#include <net/if.h>
#include <stdbool.h>
#include <stdint.h>

#include <k8snet/address.h>

/*
 * A kernel object of layers 0 and 1 as data: what an observation finds, what a
 * cluster wants, and what an operation makes, changes or deletes.
 *
 * The key says which object it is, the rest how it is. Strings are borrowed
 * from whoever made it; state_add_kobj() copies them.
 */

/* The routing protocol number of all routes that the library makes; it marks
 * them as its own (rtnetlink(7), rtm_protocol). */
#define ROUTE_PROTOCOL 75
/* What the alias of all links that the library makes begins with. */
#define LINK_ALIAS_MARK "k8snet "

enum kobj_type {
	KOBJ_SYSCTL,	/* key: netns, path */
	KOBJ_LINK,	/* key: netns, name */
	KOBJ_ADDRESS,	/* key: netns, link, address with its length */
	KOBJ_NEIGHBOUR, /* key: netns, link, address */
	KOBJ_FDB,	/* key: netns, link, MAC; a VTEP's forwarding entry */
	KOBJ_ROUTE,	/* key: netns, destination; table main */
};

enum link_type {
	LINK_OTHER, /* observed only */
	LINK_LOOPBACK,
	LINK_VETH,
	LINK_BRIDGE,
	LINK_VXLAN,
};

/* What differs between an observed link and a wanted one. */
enum link_change {
	LINK_CHANGE_UP = 1,
	LINK_CHANGE_MTU = 2,
	LINK_CHANGE_MAC = 4,
	LINK_CHANGE_MASTER = 8,
	LINK_CHANGE_ALIAS = 16,
	LINK_CHANGE_HAIRPIN = 32,
	LINK_CHANGE_NF_CALL = 64,
	LINK_CHANGE_ADDRGEN = 128,
	/* Cannot be changed in place: delete and add. */
	LINK_CHANGE_RECREATE = 256,
};

struct kobj_link {
	enum link_type type;
	bool up;
	bool has_mac; /* false when wanted: any */
	uint8_t mac[6];
	bool addrgen_none;     /* IFLA_INET6_ADDR_GEN_MODE none: no link-local address */
	uint32_t mtu;	       /* 0 when wanted: any */
	char master[IFNAMSIZ]; /* "": none */
	bool hairpin;	       /* of a bridge port */
	const char *alias;     /* NULL when wanted: any */

	/* veth: the other end, made with it, up, directly in its namespace. An
	 * observed veth has peer_name "" (unknown). */
	char peer_name[IFNAMSIZ];
	const char *peer_netns;
	uint8_t peer_mac[6];

	/* bridge */
	bool nf_call_iptables, nf_call_ip6tables;

	/* vxlan; always nolearning */
	uint32_t vni;
	uint16_t port;
	struct k8snet_address local;
	char device[IFNAMSIZ]; /* the link that carries it */
};

struct kobj_route {
	struct k8snet_address via; /* family 0: none, scope link */
	bool onlink;
};

struct kobj {
	enum kobj_type type;
	const char *netns;   /* path; NULL: the node's own */
	char name[IFNAMSIZ]; /* of the link; of the link that carries it */
	union {
		struct {
			const char *path;  /* below /proc/sys, "net/ipv4/ip_forward" */
			const char *value; /* without a newline */
		} sysctl;
		struct kobj_link link;
		struct k8snet_prefix address; /* no duplicate address detection */
		struct {
			struct k8snet_address address;
			uint8_t mac[6]; /* permanent */
		} neighbour;
		struct {
			uint8_t mac[6];
			struct k8snet_address remote;
		} fdb;
		struct {
			struct k8snet_prefix destination;
			struct kobj_route route;
		} route;
	};
};

/* Whether two have the same key. */
bool kobj_is_same(const struct kobj *a, const struct kobj *b);
/* Whether what was observed is as wanted; the two have the same key. */
bool kobj_is_as_wanted(const struct kobj *observed, const struct kobj *wanted);
/* How an observed link differs from a wanted one: or of enum link_change; 0: not. */
unsigned int kobj_link_changes(const struct kobj *observed, const struct kobj *wanted);

#endif
