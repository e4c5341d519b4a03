/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "objects.h"

#include <errno.h>
#include <string.h>

#include <k8snet/k8snet.h>

#include "checks.h"
#include "log.h"
#include "sync.h"
#include "timestamp.h"
#include "util.h"

/* What the cluster autoscaler marks a node with that it is about to delete. */
#define DELETION_TAINT "ToBeDeletedByClusterAutoscaler"
/* How often addresses are looked for that the node does not have. */
#define DISCOVERY_PERIOD (10 * NS_PER_SEC)
#define TRIGGER_TIME	 "endpoints.kubernetes.io/last-change-trigger-time"

static const struct kind_name {
	enum kind kind;
	const char *api_version, *name;
} kind_names[] = {
	{KIND_ENDPOINTSLICE, "discovery.k8s.io/v1", "EndpointSlice"},
	{KIND_SERVICE, "v1", "Service"},
	{KIND_NODE, "v1", "Node"},
};

static bool is_string(const struct k8snet_json *value, const char *string)
{
	const char *text = k8snet_json_get_string(value);

	return text && strcmp(text, string) == 0;
}

enum kind objects_kind_of(const struct k8snet_json *object)
{
	const struct k8snet_json *kind = k8snet_json_get(object, "kind");
	const struct k8snet_json *version = k8snet_json_get(object, "apiVersion");

	for (size_t i = 0; i < ARRAY_SIZE(kind_names); i++)
		if (is_string(kind, kind_names[i].name) &&
		    is_string(version, kind_names[i].api_version))
			return kind_names[i].kind;
	return KIND_OTHER;
}

static enum kind find_kind(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(kind_names); i++)
		if (strcmp(kind_names[i].name, name) == 0)
			return kind_names[i].kind;
	return KIND_OTHER;
}

/* --- the proxy's own node ---------------------------------------------------- */

static bool is_about_to_go(const struct k8snet_json *node)
{
	const struct k8snet_json *taints = k8snet_json_find(node, "spec.taints"), *taint = NULL;

	if (k8snet_json_get_string(k8snet_json_find(node, "metadata.deletionTimestamp")))
		return true;
	while ((taint = k8snet_json_next(taints, taint)))
		if (is_string(k8snet_json_get(taint, "key"), DELETION_TAINT))
			return true;
	return false;
}

static void set_ineligible(struct objects *objects, bool is_ineligible, const char *why)
{
	struct health *health = objects->sync->health;

	if (health->is_node_ineligible != is_ineligible)
		log_notice("node %s %s", objects->node_name, why);
	health->is_node_ineligible = is_ineligible;
}

static void read_node(struct objects *objects, const struct k8snet_json *node)
{
	bool goes = is_about_to_go(node);

	set_ineligible(objects, goes, goes ? "is about to be deleted" : "stays");
}

void objects_node_deleted(struct objects *objects)
{
	set_ineligible(objects, true, "was deleted");
}

static bool is_own_node(const struct objects *objects, const struct k8snet_json *object)
{
	return is_string(k8snet_json_find(object, "metadata.name"), objects->node_name);
}

/* A node without a way out is no failure. */
static int discover(struct objects *objects, struct k8snet_node *node)
{
	struct k8snet_ctx *ctx = k8snet_cluster_get_ctx(objects->cluster);
	enum k8snet_log_level level = k8snet_ctx_get_log_level(ctx);
	int r;

	k8snet_ctx_set_log_level(ctx, K8SNET_LOG_NONE);
	r = k8snet_kernel_discover_node(objects->kernel, node);
	k8snet_ctx_set_log_level(ctx, level);
	if (r == -ENOMEM)
		return r;
	if (r < 0)
		log_warning("node %s has no addresses: %s", objects->node_name,
			    k8snet_error_get_message(k8snet_ctx_get_error(ctx)));
	else
		checks_node_changed(objects->checks);
	return 0;
}

/* Most likely its name is mistyped. What needs no address is served all the same. */
void objects_settled(struct objects *objects)
{
	const struct k8snet_node *node = NULL;
	size_t others = 0;

	while ((node = k8snet_cluster_next_node(objects->cluster, node)))
		others += strcmp(k8snet_node_get_name(node), objects->node_name) != 0;
	if (objects->is_node_told || !others)
		return;
	objects->sync->health->is_node_unknown = true;
	log_error("node %s: there are %zu Nodes, and none has this name; see --hostname-override",
		  objects->node_name, others);
}

int objects_ensure_node(struct objects *objects)
{
	struct k8snet_node *node = k8snet_cluster_find_node(objects->cluster, objects->node_name);
	int64_t now = now_mono();
	int r;

	if (!node) {
		r = k8snet_node_new(&node, objects->cluster, objects->node_name);
		if (r < 0)
			return r;
		k8snet_node_unref(node); /* the cluster has it */
	}
	if (k8snet_node_get_address(node, 0) || now < objects->next_discovery)
		return 0;
	objects->next_discovery = now + DISCOVERY_PERIOD;
	return discover(objects, node);
}

/* --- objects ------------------------------------------------------------------- */

static void take_trigger_time(struct objects *objects, const struct k8snet_json *slice)
{
	const struct k8snet_json *annotations = k8snet_json_find(slice, "metadata.annotations");
	const char *text = k8snet_json_get_string(k8snet_json_get(annotations, TRIGGER_TIME));
	int64_t time;

	if (text && timestamp_parse(&time, text) == 0)
		sync_add_trigger(objects->sync, time);
}

void objects_read(struct objects *objects, const char *kind, const struct k8snet_json *object)
{
	enum kind found = find_kind(kind);

	if (found == KIND_ENDPOINTSLICE)
		take_trigger_time(objects, object);
	else if (found == KIND_NODE && is_own_node(objects, object))
		read_node(objects, object);
}

void objects_changed(struct objects *objects, const char *kind, const char *namespace_,
		     const char *name)
{
	struct metrics *metrics = objects->sync->metrics;

	switch (find_kind(kind)) {
	case KIND_SERVICE:
		metrics->service_changes++;
		metrics->service_pending++;
		checks_update(objects->checks, namespace_, name);
		break;
	case KIND_ENDPOINTSLICE:
		metrics->endpoint_changes++;
		metrics->endpoint_pending++;
		break;
	case KIND_NODE:
		if (strcmp(name, objects->node_name) != 0)
			break;
		objects->next_discovery = 0;
		objects->is_node_told = true;
		objects->sync->health->is_node_unknown = false;
		checks_node_changed(objects->checks);
		break;
	case KIND_OTHER:
		return;
	}
	sync_request(objects->sync);
}

static void take_object(void *data, const char *kind, const struct k8snet_json *object)
{
	objects_read(data, kind, object);
}

static void take_change(void *data, enum k8snet_change change, const char *kind,
			const char *namespace_, const char *name)
{
	(void)change;
	objects_changed(data, kind, namespace_, name);
}

int objects_load(struct objects *objects, const char *source, const struct k8snet_json *object)
{
	const struct k8snet_load_options options = {.size = sizeof(options),
						    .changed = take_change,
						    .object = take_object,
						    .data = objects};

	return k8snet_cluster_load_value(objects->cluster, source, object, &options);
}

int objects_remove(struct objects *objects, const char *source, const struct k8snet_json *object)
{
	const struct k8snet_load_options options = {.size = sizeof(options),
						    .flags = K8SNET_LOAD_REMOVE,
						    .changed = take_change,
						    .data = objects};
	int r;

	if (objects_kind_of(object) == KIND_NODE && is_own_node(objects, object)) {
		objects_node_deleted(objects);
		return 0;
	}
	r = k8snet_cluster_load_value(objects->cluster, source, object, &options);
	if (r == 0)
		objects->sync->metrics->skipped += k8snet_cluster_get_skipped(objects->cluster);
	return r;
}
