/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef K8SNET_IPAM_H
#define K8SNET_IPAM_H

#include <stdbool.h>
#include <stddef.h>

#include <k8snet/address.h>

#ifdef __cplusplus
extern "C" {
#endif

struct k8snet_ctx;

/*
 * struct k8snet_ipam: leases of addresses out of one subnet, kept in one file.
 *
 * Several processes may have the file open; each call takes its lock. A process
 * may be killed at any moment: the next call finds the leases whole. A lease
 * remembers the boot in which it was made; leases of an earlier boot are stale:
 * no network namespace outlives its kernel. Threads need a handle each, and so
 * does a child after fork(): the lock belongs to the handle.
 */
struct k8snet_ipam;

/*
 * Open or create the lease file `path`, which must be on a local file system;
 * NULL keeps the leases in memory only. `cidr` is the subnet ("10.1.0.0/24").
 * Addresses are given out of it, except the network address, the gateway (the
 * first address), and the IPv4 broadcast address. IPv6 subnets, and IPv4
 * subnets shorter than /16, are used up to their first 65,536 addresses. A
 * symbolic link as the last element of `path` is refused, and so is a file that
 * is not a lease file. The file is made with mode 0600. One that is damaged is
 * repaired from the leases that are whole; one that is removed while it is open
 * is of no more use: calls return -EIO.
 *
 * *out is the caller's. Errors: -EINVAL (bad subnet, or the file is for another
 * one, or is not a lease file), -ENOENT (no such directory), -EPERM, -EIO,
 * -ENOMEM.
 */
int k8snet_ipam_open(struct k8snet_ipam **out, struct k8snet_ctx *ctx, const char *path,
		     const char *cidr);
struct k8snet_ipam *k8snet_ipam_ref(struct k8snet_ipam *ipam);
/* Drop a reference. Takes NULL. Returns NULL. Leases stay in the file. */
struct k8snet_ipam *k8snet_ipam_unref(struct k8snet_ipam *ipam);

/* The subnet, and its first address. Borrowed. */
const struct k8snet_prefix *k8snet_ipam_get_prefix(const struct k8snet_ipam *ipam);
const struct k8snet_address *k8snet_ipam_get_gateway(const struct k8snet_ipam *ipam);

/*
 * Give `owner` an address: the one it has, else the next free one after the
 * last one given, so that an address rests for as long as possible before it is
 * given again. O(1) in the number of leases. A stale lease of `owner` becomes
 * current again; those of others end, one by one, once no address is free.
 * `owner` is 1 to 383 bytes without control characters, e.g. "shop/cart-0" or a
 * container id and an interface name.
 * Errors: -ENOSPC, -EINVAL, -EIO, -ENOMEM.
 */
int k8snet_ipam_allocate(struct k8snet_ipam *ipam, const char *owner, struct k8snet_address *out);
/* Give `owner` this very address; does nothing if it has it. Errors: -EEXIST (another has it, or
 * `owner` has another), -EINVAL (not in the range), -EIO, -ENOMEM. */
int k8snet_ipam_reserve(struct k8snet_ipam *ipam, const char *owner,
			const struct k8snet_address *address);
/* Take back what `owner` has, a stale lease too. Errors: -ENOENT (it has none),
 * -EINVAL, -EIO, -ENOMEM. */
int k8snet_ipam_release(struct k8snet_ipam *ipam, const char *owner);
/* What `owner` has in this boot. Errors: -ENOENT, -EINVAL, -EIO, -ENOMEM. */
int k8snet_ipam_find(struct k8snet_ipam *ipam, const char *owner, struct k8snet_address *out);

/* Take back all leases of an earlier boot. They are also reclaimed one by one
 * whenever an address is needed. Returns how many, or -EIO, -ENOMEM. */
int k8snet_ipam_release_stale(struct k8snet_ipam *ipam);
/* Leases of this boot; 0 if the file cannot be read. */
size_t k8snet_ipam_count(struct k8snet_ipam *ipam);
/* How many more can be given: those that are free or have a stale lease. */
size_t k8snet_ipam_count_free(struct k8snet_ipam *ipam);

/* Called for each lease; a return other than 0 ends the walk and is returned.
 * `owner` is valid during the call. The callback must not call the library. */
typedef int (*k8snet_ipam_fn)(void *data, const char *owner, const struct k8snet_address *address,
			      bool is_stale);
/* Walk all leases, in the order of their addresses, with the lock held.
 * Errors: -EIO, -ENOMEM. */
int k8snet_ipam_foreach(struct k8snet_ipam *ipam, k8snet_ipam_fn fn, void *data);

#ifdef __cplusplus
}
#endif

#endif
