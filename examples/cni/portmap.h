/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef CNI_PORTMAP_H
#define CNI_PORTMAP_H

#include "nft.h"
#include "nftables/rule.h"

struct port_mapping {
	uint16_t host_port, container_port;
	uint8_t protocol;		    /* IPPROTO_ */
	struct k8snet_address host_address; /* family 0: any */
};

/* What must be true of a packet to be translated, and the maps of all that have the same
 * conditions. */
struct conditions {
	char text[512];		   /* by which they are known, as nft text; "": none */
	char map[32], any_map[32]; /* and the chain has the name of the map */
	struct nft_rule rule;	   /* its names of links are in `words` */
	char words[1024];
};

struct portmap {
	struct port_mapping *mappings;
	size_t n_mappings;
	struct k8snet_prefix addresses[2]; /* of the container, IPv4 and IPv6; family 0: none */
	bool has_snat, masquerades_all;
	struct conditions conditions[2];
	/* What the above makes of it. */
	struct nft_element *elements;
	size_t n_elements;
	struct nft_chain chains[2];
};

int portmap_read(struct plugin *p, struct portmap *map);
void portmap_done(struct portmap *map);
#define _cleanup_portmap_ _cleanup_(portmap_done)

/* conditions.c: "conditionsV4", "conditionsV6", in the form of iptables or of nft. */
int conditions_read(struct plugin *p, bool is_ipv6, struct conditions *out);

/* What a translation of UDP led to. */
struct translation {
	struct k8snet_address host_address; /* family 0: any */
	struct k8snet_address to;	    /* family 0: any */
	uint16_t host_port;
	uint8_t family;
};

/* conntrack.c: forget connections of UDP, which else go on as they did before. A kernel
 * that cannot is told on standard error: ports are mapped nevertheless. */
void conntrack_delete(struct plugin *p, const struct translation *list, size_t count);

#endif
