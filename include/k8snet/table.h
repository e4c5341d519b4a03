/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef K8SNET_TABLE_H
#define K8SNET_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <k8snet/service.h>

#ifdef __cplusplus
extern "C" {
#endif

struct k8snet_address;
struct k8snet_kernel;

/*
 * struct k8snet_table: what a kernel's tables say of services, read back as
 * objects: a picture of one moment, whoever made the tables.
 * struct k8snet_frontend: what a client connects to, and where that leads.
 */
struct k8snet_table;
struct k8snet_frontend;

/*
 * Read the tables of `kernel`; without tables there are no frontends. What plans
 * remember of the kernel is not changed. *out is the caller's.
 * Errors: -EIO, -EPERM, -ENOMEM.
 */
int k8snet_table_read(struct k8snet_table **out, struct k8snet_kernel *kernel);
struct k8snet_table *k8snet_table_ref(struct k8snet_table *table);
/* Drop a reference. Takes NULL. Returns NULL. */
struct k8snet_table *k8snet_table_unref(struct k8snet_table *table);

size_t k8snet_table_count_frontends(const struct k8snet_table *table);
/* The frontend after `prev`, the first for NULL; NULL at the end. IPv4 before
 * IPv6, addresses before node ports, then by address, port and protocol. Borrowed. */
const struct k8snet_frontend *k8snet_table_next_frontend(const struct k8snet_table *table,
							 const struct k8snet_frontend *prev);

/* 4 or 6. */
int k8snet_frontend_get_family(const struct k8snet_frontend *frontend);
/* The virtual IP; NULL for a node port. Borrowed. */
const struct k8snet_address *k8snet_frontend_get_address(const struct k8snet_frontend *frontend);
enum k8snet_protocol k8snet_frontend_get_protocol(const struct k8snet_frontend *frontend);
uint16_t k8snet_frontend_get_port(const struct k8snet_frontend *frontend);

/* Whether the maps of a family (4 or 6) count, see k8snet_cluster_set_counters(). */
bool k8snet_table_has_counters(const struct k8snet_table *table, int family);
/*
 * How many new connections came to the frontend since its element was written, which is
 * when the number of its slots or its policy changed last. 0 if the table does not count.
 */
uint64_t k8snet_frontend_get_hits(const struct k8snet_frontend *frontend);

/* What is done with a new connection. */
enum k8snet_frontend_action {
	K8SNET_FRONTEND_BALANCE = 0, /* to one of the backends */
	K8SNET_FRONTEND_REJECT = 1,  /* there are no endpoints */
	K8SNET_FRONTEND_DROP = 2,    /* policy Local, and none is on this node */
	K8SNET_FRONTEND_UNKNOWN = 3, /* somebody else changed it */
};
enum k8snet_frontend_action k8snet_frontend_get_action(const struct k8snet_frontend *frontend);
/* "balance", "reject", "drop", "unknown". Static. */
const char *k8snet_frontend_action_get_name(enum k8snet_frontend_action action);

/* The policy is Local for clients from outside: they have the backends on this node
 * alone, and are dropped if there are none. */
bool k8snet_frontend_is_external_local(const struct k8snet_frontend *frontend);

/*
 * How a backend is picked, as the slots tell it: weighted, if one has more of them than
 * another one's share; all weights being equal it is random. Random if there is no backend.
 */
enum k8snet_load_balancing
k8snet_frontend_get_load_balancing(const struct k8snet_frontend *frontend);
/* For how many seconds a client keeps its backend after its last connection; 0: it does not. */
uint32_t k8snet_frontend_get_session_affinity(const struct k8snet_frontend *frontend);

/* The backends, each once; if k8snet_frontend_is_external_local(), those on this node are
 * listed once more after the others: is_local. */
size_t k8snet_frontend_count_backends(const struct k8snet_frontend *frontend);
/* Of the index-th backend; `address`, `port` and `is_local` may be NULL.
 * Errors: -ENOENT (past the last, or an element is missing). */
int k8snet_frontend_get_backend(const struct k8snet_frontend *frontend, size_t index,
				struct k8snet_address *address, uint16_t *port, bool *is_local);
/* The index-th is in the list of those on this node. False past the last. */
bool k8snet_frontend_is_backend_local(const struct k8snet_frontend *frontend, size_t index);
/* How many slots it has, of all in its list: its share of new connections. 0 past the last. */
size_t k8snet_frontend_get_backend_slots(const struct k8snet_frontend *frontend, size_t index);
/* How many new connections were led to it since it has its slots. With session affinity that
 * is by way of all frontends of the service port. 0 past the last, or without counters. */
uint64_t k8snet_frontend_get_backend_hits(const struct k8snet_frontend *frontend, size_t index);

#ifdef __cplusplus
}
#endif

#endif
