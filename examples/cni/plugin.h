/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef CNI_PLUGIN_H
#define CNI_PLUGIN_H

#include <k8snet/address.h>
#include <k8snet/cni.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "netlink.h"

/*
 * k8snet-cni: one program that stands in for the reference plugins. What they
 * share: the call, its owner, its sockets, and how it fails.
 */

/* Error codes of our own, beyond enum k8snet_cni_error_code. */
enum {
	ERROR_KERNEL = 100,    /* the kernel refused */
	ERROR_EXHAUSTED = 101, /* no address is left */
	ERROR_IN_USE = 102,    /* an address, a link or a port is someone else's */
	ERROR_DEVIATION = 103, /* CHECK: it is not as ADD left it */
};

#define ARRAY_SIZE(a)	  (sizeof(a) / sizeof((a)[0]))
#define _cleanup_(fn)	  __attribute__((cleanup(fn)))
#define printf_like(f, a) __attribute__((format(printf, f, a)))

void freep(void *p);
void closep(int *fd);
void result_unrefp(struct k8snet_cni_result **result);
#define _cleanup_free_	 _cleanup_(freep)
#define _cleanup_close_	 _cleanup_(closep)
#define _cleanup_result_ _cleanup_(result_unrefp)

/* Longest comment that nft shows, and with the NUL. */
#define OWNER_SIZE 128

/* Whose something is: an attachment, by network, container and interface. */
struct owner {
	char text[OWNER_SIZE]; /* "network container interface", or hashes if that cannot be */
	char network[72];      /* what the texts of all attachments of the network begin with */
	char link[16];	       /* the node's end of its veth pair */
	char ifb[16];	       /* the device that shapes what it sends */
};
void owner_init(struct owner *owner, const char *network, const char *container_id,
		const char *ifname);
/* Whether `text` is the owner text of some attachment of the network. */
bool owner_is_of_network(const struct owner *owner, const char *text);
/* GC: whether it is the text of an attachment that is valid. */
bool owner_is_valid(const struct k8snet_cni_request *request, const char *text);

/* 64 bits of it. */
uint64_t text_hash(const char *text);

struct plugin {
	struct k8snet_cni_request *request;
	const char *container_id, *ifname, *netns_path; /* NULL: as the request has it */
	struct owner owner;
	struct netlink host;	  /* rtnetlink where the program runs */
	struct netlink container; /* rtnetlink in the container's namespace */
	struct netlink netfilter; /* nfnetlink where the program runs */
	int host_netns, netns;	  /* -1: not open */
	bool adopts_leases;	  /* an ADD that was killed is repeated: its leases are ours */
	bool has_new_leases;	  /* this call made the leases of host-local */
	bool is_all_in_one;	  /* type k8snet, whose defaults are other ones */
	/* What a plugin before us in the chain, or a part of this one, has made; NULL: none. */
	const struct k8snet_cni_result *prev_result;
};

void plugin_init(struct plugin *p, struct k8snet_cni_request *request);
void plugin_done(struct plugin *p);

/* Say why it fails. Returns -EIO. */
int plugin_fail(struct plugin *p, unsigned int code, const char *format, ...) printf_like(3, 4);
/* The same for what a netlink socket did not do. */
int plugin_fail_netlink(struct plugin *p, const struct netlink *n);
/* The same for -errno, to which `format` says what was to be done. */
int plugin_fail_errno(struct plugin *p, int error, const char *format, ...) printf_like(3, 4);
/* What is done to clean up may fail, too: the error stays the first one. */
struct saved_error {
	unsigned int code; /* 0: none */
	char message[1024];
};
void plugin_save_error(struct plugin *p, struct saved_error *error);
void plugin_restore_error(struct plugin *p, const struct saved_error *error);
/* CHECK found a difference. */
#define plugin_deviates(p, ...) plugin_fail(p, ERROR_DEVIATION, __VA_ARGS__)

/* Sockets, opened when first needed. 0 or the failure. */
int plugin_open_host(struct plugin *p);
int plugin_open_container(struct plugin *p);
int plugin_open_netfilter(struct plugin *p);
/* STATUS: whether the kernel lets us change links, and its nftables. */
int plugin_probe(struct plugin *p, bool needs_nftables);
/* Descriptors of the namespaces, of ours (alone) and the container's. */
int plugin_open_host_netns(struct plugin *p);
int plugin_open_netns(struct plugin *p);
/* The container's, with the thread in its namespace. */
int plugin_open_container_here(struct plugin *p);
/* Call `fn` with the thread in the container's namespace. */
int plugin_run_in_container(struct plugin *p, int (*fn)(struct plugin *p, void *data), void *data);

/* --- what a type of plugin can do; NULL: nothing ------------------------------- */

struct plugin_type {
	const char *name;
	int (*add)(struct plugin *p, struct k8snet_cni_result *result);
	int (*del)(struct plugin *p);
	int (*check)(struct plugin *p);
	int (*status)(struct plugin *p);
	int (*gc)(struct plugin *p);
	const char *const *args; /* the keys of CNI_ARGS that it knows; NULL: any */
	/* Whether the container's namespace is used, which must be one then; NULL: it is. */
	bool (*uses_netns)(struct plugin *p);
};
bool plugin_uses_no_netns(struct plugin *p);

extern const struct plugin_type type_bandwidth, type_bridge, type_firewall, type_host_local,
	type_k8snet, type_loopback, type_portmap, type_ptp, type_static, type_tuning;

#endif
