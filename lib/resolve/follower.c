/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Which services changes of the cluster touch. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/context.h"
#include "resolve/resolve.h"

struct k8snet_follower {
	unsigned int refs;
	struct k8snet_cluster *cluster;
	uint64_t cursor;
	bool has_begun;
	char *node_name; /* NULL: none */
};

K8SNET_EXPORT int k8snet_follower_new(struct k8snet_follower **out, struct k8snet_cluster *cluster,
				      const char *node_name)
{
	struct k8snet_follower *follower = calloc(1, sizeof(*follower));

	if (follower && node_name)
		follower->node_name = strdup(node_name);
	if (!follower || (node_name && !follower->node_name)) {
		free(follower);
		return ctx_no_memory(cluster->ctx);
	}
	follower->refs = 1;
	follower->cluster = k8snet_cluster_ref(cluster);
	*out = follower;
	return 0;
}

K8SNET_EXPORT struct k8snet_follower *k8snet_follower_ref(struct k8snet_follower *follower)
{
	follower->refs++;
	return follower;
}

K8SNET_EXPORT struct k8snet_follower *k8snet_follower_unref(struct k8snet_follower *follower)
{
	if (!follower || --follower->refs)
		return NULL;
	k8snet_cluster_unref(follower->cluster);
	free(follower->node_name);
	free(follower);
	return NULL;
}

/* Its zone, its addresses; masquerading, and who is a pod. */
static bool touches_all(const struct k8snet_follower *follower, const struct journal_entry *entry)
{
	if (entry->kind == MODEL_SETTINGS)
		return true;
	return entry->kind == MODEL_NODE && follower->node_name &&
	       !strcmp(entry->name, follower->node_name);
}

K8SNET_EXPORT int k8snet_follower_next_service(struct k8snet_follower *follower,
					       const char **namespace_, const char **name)
{
	struct journal_entry entry;
	int r = follower->has_begun ? 0 : -ESTALE;

	while (r == 0) {
		r = journal_next(follower->cluster, &follower->cursor, &entry);
		if (r == 0)
			return 0;
		if (r > 0 && entry.kind == MODEL_SERVICE) {
			*namespace_ = entry.namespace_;
			*name = entry.name;
			return 1;
		}
		r = r < 0 || touches_all(follower, &entry) ? -ESTALE : 0;
	}
	follower->has_begun = true;
	follower->cursor = journal_end(follower->cluster);
	return r;
}
