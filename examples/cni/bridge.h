/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef CNI_BRIDGE_H
#define CNI_BRIDGE_H

#include "link.h"
#include "plugin.h"
#include "veth.h"

#define VLAN_MAX 4094

struct bridge {
	const char *name;
	bool is_gateway, is_default_gateway, force_address, ip_masq, has_dad, promiscuous;
	bool checks_mac;     /* what a container sends from another MAC address is dropped */
	bool is_inside_down; /* disableContainerInterface */
	bool keeps_default_vlan;
	bool calls_iptables; /* bridged packets pass the rules of the node, too */
	uint16_t vlan;	     /* 0: none */
	bool has_trunk;
	uint8_t trunk[VLAN_MAX / 8 + 1]; /* a bit for each VLAN */
	struct veth veth;		 /* mtu, mac, hairpin, isolated are configured */
	bool has_mac;
};

/* bridge_read.c */
int bridge_read(struct plugin *p, struct bridge *b);
/* The MAC address that is asked for, from all places: 1, 0 (none) or the failure. */
int read_mac(struct plugin *p, uint8_t mac[6]);
int read_boolean(struct plugin *p, const char *path, bool *out);

/* bridge_link.c: the bridge itself. */
/* Make it, or take the one that is there; bring it up. */
int bridge_link_ensure(struct plugin *p, const struct bridge *b, struct link *out);
/* IPv6 of a link that was made just now, before it is set up. */
void bridge_link_set_ipv6(const struct bridge *b, const char *name);
/* Give it, or the node's link in a VLAN of it, the gateways of the addresses, and have the
 * node forward. */
int bridge_link_set_gateways(struct plugin *p, const struct bridge *b, const struct link *link,
			     const struct k8snet_cni_result *result);
int bridge_link_check(struct plugin *p, const struct bridge *b,
		      const struct k8snet_cni_result *result, struct link *out);
int bridge_link_check_gateways(struct plugin *p, const struct link *link,
			       const struct k8snet_cni_result *result);
/* Have the node forward packets of a family. */
int enable_forwarding(struct plugin *p, uint8_t family);

/* bridge_address.c: let one that is there keep the MAC address that it has; *link has it. */
int bridge_address_set(struct plugin *p, struct link *link);

/* br_netfilter.c: have the kernel load that module, for `calls_iptables`. */
int br_netfilter_ensure(struct plugin *p, const struct bridge *b);

/* bridge_vlan.c: the VLANs of the container's port. */
int bridge_vlan_add(struct plugin *p, const struct bridge *b);
int bridge_vlan_check(struct plugin *p, const struct bridge *b, const struct link *link);
/* The node's own link in the VLAN, "BRIDGE.VLAN". -ENODEV: there is none. */
int bridge_vlan_get_link(struct plugin *p, const struct bridge *b, const struct link *bridge,
			 struct link *out);
int bridge_vlan_ensure_link(struct plugin *p, const struct bridge *b, const struct link *bridge,
			    struct link *out);

/* bridge_mac.c: macspoofchk. */
int bridge_mac_add(struct plugin *p, const uint8_t mac[6]);
int bridge_mac_del(struct plugin *p);
int bridge_mac_check(struct plugin *p, const uint8_t mac[6]);
int bridge_mac_gc(struct plugin *p);

#endif
