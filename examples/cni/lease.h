/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef CNI_LEASE_H
#define CNI_LEASE_H

#include <k8snet/address.h>
#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Leases of addresses on disk, in the form of the reference plugin host-local, so
 * that either can take over those of the other: in DATADIR/NETWORK/ a file for each
 * address, which holds "container\r\ninterface"; last_reserved_ip.N; and `lock`,
 * which is held with flock(2) all the while.
 *
 * Below that, in .owners/, is what keeps us from reading all those files: for each
 * owner a symbolic link "container:interface" that leads nowhere, to the list of its
 * addresses; and a file `state`, which says in which boot and until when that was
 * complete.
 * A change by another program shows in the time of the directory: then the index is
 * built anew. What it says is believed only if the file of the address says so, too.
 *
 * No container outlives a boot: leases of an earlier one are dropped, those that the
 * index knew then.
 *
 * Functions return 0 or -errno.
 */

#define LEASES_PER_OWNER 64
#define BOOT_SIZE	 17

struct lease_store {
	int directory, lock, owners, state; /* -1: not open */
	char path[PATH_MAX];
	/* What `state` says: the boot, the time of the directory; the address given last. */
	char boot[BOOT_SIZE];
	uint64_t seconds, last;
	unsigned long nanoseconds;
	bool is_changed;       /* `state` is to be written */
	unsigned int attempts; /* to find an address that is free */
	/* All addresses that are in use, sorted; read when many were found to be. */
	struct k8snet_address *used;
	size_t n_used;
	bool has_used;
};

struct lease_owner {
	const char *container_id, *ifname;
};

struct lease_list {
	struct k8snet_address items[LEASES_PER_OWNER];
	size_t count;
};

/* Open and lock, and bring the index up to date. `create`: make what is missing,
 * else -ENOENT. */
#define LEASE_STORE_CLOSED                                             \
	{                                                              \
		.directory = -1, .lock = -1, .owners = -1, .state = -1 \
	}
int lease_store_open(struct lease_store *s, const char *data_dir, const char *network, bool create);
void lease_store_close(struct lease_store *s);

/* What an owner has, with what its container has from very old leases, which name no
 * interface. Nothing is no error. */
int lease_find(struct lease_store *s, const struct lease_owner *owner, struct lease_list *out);
/* Whether nobody has an address: 1, 0 or -errno. */
int lease_is_free(struct lease_store *s, const struct k8snet_address *address);
/* Give addresses that are free to an owner, who has `had` already. A failure gives none. */
int lease_take(struct lease_store *s, const struct lease_owner *owner, const struct lease_list *had,
	       const struct lease_list *wanted);
/* Take back all that an owner has. */
int lease_release(struct lease_store *s, const struct lease_owner *owner);

/* The address given last of the range set with this number. -ENOENT: none. */
int lease_get_last(struct lease_store *s, size_t set, struct k8snet_address *out);
int lease_set_last(struct lease_store *s, size_t set, const struct k8snet_address *address);

/* Call for each lease; `ifname` is "" in very old ones. A negative return ends it. */
typedef int (*lease_fn)(void *data, const struct k8snet_address *address, const char *container_id,
			const char *ifname);
int lease_each(struct lease_store *s, lease_fn fn, void *data);
/* Take back one, whoever has it. */
int lease_drop(struct lease_store *s, const struct k8snet_address *address);
/* Take back all of owners that are not valid; `ifname` "" is any. */
typedef bool (*lease_valid_fn)(void *data, const char *container_id, const char *ifname);
int lease_prune(struct lease_store *s, lease_valid_fn is_valid, void *data);

/* --- lease_index.c --------------------------------------------------------------- */

/* After opening: make the index complete. Before closing: say that it is. */
int lease_index_open(struct lease_store *s);
int lease_index_close(struct lease_store *s);
int lease_index_prune(struct lease_store *s, lease_valid_fn is_valid, void *data);
int lease_index_get(struct lease_store *s, const struct lease_owner *owner, struct lease_list *out);
int lease_index_set(struct lease_store *s, const struct lease_owner *owner,
		    const struct lease_list *list);
/* Of an owner, and what its container has from very old leases. */
int lease_index_drop(struct lease_store *s, const struct lease_owner *owner);
/* What the file of an address says. -ENOENT: nobody has it. */
#define LEASE_TEXT_SIZE 512
int lease_read(struct lease_store *s, const char *name, char text[LEASE_TEXT_SIZE],
	       struct lease_owner *owner);
bool lease_owner_is_equal(const struct lease_owner *a, const struct lease_owner *b);

#endif
