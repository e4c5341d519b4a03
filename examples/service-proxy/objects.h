/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef PROXY_OBJECTS_H
#define PROXY_OBJECTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <k8snet/json.h>

struct checks;
struct k8snet_cluster;
struct k8snet_kernel;
struct sync;

/* Kinds that the proxy needs; bits. */
enum kind {
	KIND_OTHER = 0,
	KIND_NODE = 1,
	KIND_SERVICE = 2,
	KIND_ENDPOINTSLICE = 4,
};

/* What objects go into, from wherever they come, and who has to know. */
struct objects {
	struct k8snet_cluster *cluster;
	struct k8snet_kernel *kernel;
	const char *node_name;
	struct sync *sync;
	struct checks *checks;
	bool is_node_told;	/* the proxy's own, by a source */
	int64_t next_discovery; /* of the node's addresses, if it has none; monotonic */
};

enum kind objects_kind_of(const struct k8snet_json *object);

/*
 * One object of a watch: into the cluster, or out of it. `source` names it in errors.
 * 0, or a negative errno, and then the cluster is as it was and the reason is told.
 */
int objects_load(struct objects *objects, const char *source, const struct k8snet_json *object);
int objects_remove(struct objects *objects, const char *source, const struct k8snet_json *object);

/* The cluster has changed: an object of that kind, "Service", and name. `namespace` "" for a
 * Node. */
void objects_changed(struct objects *objects, const char *kind, const char *namespace_,
		     const char *name);
/* What the model does not keep of an object that was read: whether the proxy's own Node is about
 * to be deleted, when endpoints changed. */
void objects_read(struct objects *objects, const char *kind, const struct k8snet_json *object);
/* It was deleted. It stays in the cluster: what it had is kept up until the end. */
void objects_node_deleted(struct objects *objects);

/* All that is there was read: whether it has the proxy's Node. */
void objects_settled(struct objects *objects);

/*
 * The proxy's Node is in the cluster, with addresses: if nobody told them, those of the
 * link of the default route, which are looked for once in a while. Errors: -ENOMEM.
 */
int objects_ensure_node(struct objects *objects);

#endif
