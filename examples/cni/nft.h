/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef CNI_NFT_H
#define CNI_NFT_H

#include <netinet/in.h>

#include <linux/netfilter.h>

#include "netlink/nft_expression.h"
#include "networks.h"
#include "plugin.h"

/*
 * Elements of the sets and maps in our nftables tables: written as netlink messages,
 * each with its owner as comment, so that what is deleted is the owner's and not that
 * of one who came after. The tables themselves (skeleton.c) are made when one turns out
 * to be missing, or not to be whole.
 *
 * There is no chain for a container. Those that say what is done with the packets of a
 * network are there as long as an element leads to them.
 */

#define NFT_TABLE	 "k8snet-cni"
#define NFT_VERSION	 "version-2" /* the set that says of which version the rules are */
#define NFT_KEY_SIZE	 40
#define NFT_CHAIN_SIZE	 96
#define NFT_MAX_ELEMENTS 120 /* that are removed in one transaction */
#define NFT_MAX_ADDED	 48  /* that are added, each with what gives way, and a chain */
/* Of the skeleton, and stays: whatever is translated is masqueraded. */
#define NFT_SHARED_CHAIN "masquerade-all"

struct nft_chain_rule {
	struct k8snet_prefix network;
	bool is_source, is_not; /* of the packet's destination, and in the network, else */
	bool is_return;		/* else it masquerades */
};

/* As many rules in each: that nothing leads to one is known by what the kernel counts. */
#define NFT_CHAIN_RULES 2

struct nft_chain {
	char name[NFT_CHAIN_SIZE];
	struct nft_chain_rule rules[NFT_CHAIN_RULES];
	/* If it has some, the first rule returns what goes there, and the second has no match. */
	const struct networks *kept;
};

struct conditions;

struct nft_element {
	uint8_t family; /* NFPROTO_IPV4, NFPROTO_IPV6, NFPROTO_BRIDGE */
	const char *set;
	uint8_t key[NFT_KEY_SIZE], data[NFT_KEY_SIZE];
	uint8_t key_size, data_size;
	const struct nft_chain *chain;	  /* of a verdict map: where it leads to */
	const struct conditions *missing; /* of the set, if it is not in the skeleton */
	const char *owner;		  /* NULL: the plugin's */
};

/* Components of keys and data, each at a multiple of 4 bytes. */
void nft_put_address(uint8_t *bytes, uint8_t *size, const struct k8snet_address *address);
void nft_put_port(uint8_t *bytes, uint8_t *size, uint16_t port);
void nft_put_byte(uint8_t *bytes, uint8_t *size, uint8_t byte);
void nft_put_name(uint8_t *bytes, uint8_t *size, const char *ifname);
void nft_put_mac(uint8_t *bytes, uint8_t *size, const uint8_t mac[6]);
uint8_t nft_family(const struct k8snet_address *address);

/* Add them for the plugin's owner; what has the same key gives way. After a failure
 * some may be there. */
int nft_add(struct plugin *p, const struct nft_element *elements, size_t count);
/* Remove those that are the owner's, with the chains that nothing leads to then;
 * nft_remove_there() says whether all were there. */
int nft_remove(struct plugin *p, const struct nft_element *elements, size_t count);
int nft_remove_there(struct plugin *p, const struct nft_element *elements, size_t count,
		     bool *were_all_there);
/* CHECK: each is there, is the owner's, and leads where it should. */
int nft_check(struct plugin *p, const struct nft_element *elements, size_t count);
/* Remove all of a set of whose comment `is_stale` says so; nft_remove_and_tell() calls
 * `tell` for each before it goes, and removes none if that fails. */
typedef bool (*nft_stale_fn)(struct plugin *p, const char *comment);
typedef int (*nft_tell_fn)(void *data, const struct nft_element *element);
int nft_remove_stale(struct plugin *p, uint8_t family, const char *set, nft_stale_fn is_stale);
int nft_remove_and_tell(struct plugin *p, uint8_t family, const char *set, nft_stale_fn is_stale,
			nft_tell_fn tell, void *data);
/* The owner's; those of attachments of the network that are not valid (GC). */
bool nft_is_own(struct plugin *p, const char *comment);
bool nft_is_invalid(struct plugin *p, const char *comment);

/* The sets and maps whose names begin so, some at a time: without memory they can be found,
 * too. */
#define NFT_NAME_SIZE 32
#define NFT_MAX_NAMES 32
struct nft_names {
	const char *prefix;
	size_t skipped; /* so many come before these */
	size_t count;
	bool is_more;
	char items[NFT_MAX_NAMES][NFT_NAME_SIZE];
};
int nft_get_sets(struct plugin *p, uint8_t family, struct nft_names *names);

/* --- nft_chain.c ----------------------------------------------------------------- */

/* What leaves the network is masqueraded, but for multicast. */
void nft_chain_masquerade(struct nft_chain *chain, const struct k8snet_prefix *network);
/* All is but what goes to `kept`, which must live as long as the chain. */
void nft_chain_masquerade_but(struct nft_chain *chain, const struct k8snet_prefix *network,
			      const struct networks *kept);
/* What comes from the network itself, or from the node's loopback, is. */
void nft_chain_hostport(struct nft_chain *chain, const struct k8snet_prefix *network);
/* Make it, in the transaction that has begun. */
void nft_chain_add(struct plugin *p, uint8_t family, const struct nft_chain *chain);

/* --- skeleton.c ------------------------------------------------------------------ */

/* Make the table of a family, or what is missing of it. */
int skeleton_make_table(struct plugin *p, uint8_t family);
/* Make the maps, chain and rules of conditions, if they are not there. */
int skeleton_make_conditional(struct plugin *p, uint8_t family, const struct conditions *c);
const char *skeleton_family_name(uint8_t family);

#endif
