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

/* A DNS subdomain, and what follows it. */
#define NAME_SIZE 512

struct identity {
	enum kind kind;
	char namespace_[NAME_SIZE], name[NAME_SIZE];
};

static const struct kind_name {
	enum kind kind;
	const char *api_version, *name;
} kind_names[] = {
	{KIND_ENDPOINTSLICE, "discovery.k8s.io/v1", "EndpointSlice"},
	{KIND_SERVICE, "v1", "Service"},
	{KIND_NODE, "v1", "Node"},
};

enum kind objects_kind_of(struct json_span object)
{
	struct json_span kind = json_get(object, "kind");
	struct json_span version = json_get(object, "apiVersion");

	for (size_t i = 0; i < ARRAY_SIZE(kind_names); i++)
		if (json_is_string(kind, kind_names[i].name) &&
		    json_is_string(version, kind_names[i].api_version))
			return kind_names[i].kind;
	return KIND_OTHER;
}

static int identify(struct identity *out, const char *source, struct json_span object)
{
	struct json_span metadata = json_get(object, "metadata");
	struct json_span namespace_ = json_get(metadata, "namespace");

	out->kind = objects_kind_of(object);
	strcpy(out->namespace_, out->kind == KIND_NODE ? "" : "default");
	if (!json_copy_string(json_get(metadata, "name"), out->name, sizeof(out->name)) ||
	    (namespace_.length && !json_is_string(namespace_, "") && out->kind != KIND_NODE &&
	     !json_copy_string(namespace_, out->namespace_, sizeof(out->namespace_)))) {
		log_error("%s: metadata.name or metadata.namespace is not a plain string", source);
		return -EINVAL;
	}
	return 0;
}

/* --- the proxy's own node ---------------------------------------------------- */

static bool is_about_to_go(struct json_span node)
{
	struct json_span time = json_get(json_get(node, "metadata"), "deletionTimestamp");
	struct json_span taints = json_items(json_get(json_get(node, "spec"), "taints")), taint;

	if (time.length && time.text[0] == '"')
		return true;
	while (json_next_item(&taints, &taint))
		if (json_is_string(json_get(taint, "key"), DELETION_TAINT))
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

void objects_node_read(struct objects *objects, struct json_span node)
{
	bool goes = is_about_to_go(node);

	set_ineligible(objects, goes, goes ? "is about to be deleted" : "stays");
}

void objects_node_deleted(struct objects *objects)
{
	set_ineligible(objects, true, "was deleted");
}

static bool is_own_node(const struct objects *objects, const struct identity *id)
{
	return id->kind == KIND_NODE && strcmp(id->name, objects->node_name) == 0;
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

static void take_trigger_time(struct objects *objects, struct json_span slice)
{
	struct json_span annotations = json_get(json_get(slice, "metadata"), "annotations");
	char text[64];
	int64_t time;

	if (json_copy_string(json_get(annotations, TRIGGER_TIME), text, sizeof(text)) &&
	    timestamp_parse(&time, text) == 0)
		sync_add_trigger(objects->sync, time);
}

void objects_changed(struct objects *objects, enum kind kind, const char *namespace_,
		     const char *name)
{
	struct metrics *metrics = objects->sync->metrics;

	switch (kind) {
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

int objects_load(struct objects *objects, const char *source, struct json_span object)
{
	struct identity id;
	int r = identify(&id, source, object);

	if (r == 0)
		r = k8snet_cluster_load_json(objects->cluster, source, object.text, object.length);
	if (r < 0)
		return r;
	if (is_own_node(objects, &id))
		objects_node_read(objects, object);
	if (id.kind == KIND_ENDPOINTSLICE)
		take_trigger_time(objects, object);
	objects_changed(objects, id.kind, id.namespace_, id.name);
	return 0;
}

int objects_remove(struct objects *objects, const char *source, struct json_span object)
{
	struct identity id;
	int r = identify(&id, source, object);

	if (r < 0)
		return r;
	if (is_own_node(objects, &id)) {
		objects_node_deleted(objects);
		return 0;
	}
	r = k8snet_cluster_remove_json(objects->cluster, source, object.text, object.length);
	if (r < 0)
		return r;
	objects->sync->metrics->skipped += k8snet_cluster_get_skipped(objects->cluster);
	objects_changed(objects, id.kind, id.namespace_, id.name);
	return 0;
}
