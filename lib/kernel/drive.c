/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Plans and kernels meet here: observe, build, execute, commit. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <k8snet/plan.h>

#include "base/context.h"
#include "base/json.h"
#include "base/options.h"
#include "kernel/kernel.h"
#include "model/journal.h"
#include "model/pod.h"
#include "model/spec.h"
#include "plan/compare.h"

#define ALL_FLAGS (unsigned int)(K8SNET_PLAN_FULL | K8SNET_PLAN_PRUNE | K8SNET_PLAN_REMOVE_ALL)

void kernel_init(struct k8snet_kernel *kernel, struct k8snet_ctx *ctx, const struct kernel_ops *ops)
{
	memset(kernel, 0, sizeof(*kernel));
	kernel->id = ctx_new_id(ctx);
	kernel->refs = 1;
	kernel->ctx = k8snet_ctx_ref(ctx);
	kernel->ops = ops;
	state_init(&kernel->state);
}

void kernel_done(struct k8snet_kernel *kernel)
{
	state_done(&kernel->state);
	k8snet_cluster_unref(kernel->cluster);
	free(kernel->node_name);
	k8snet_ctx_unref(kernel->ctx);
}

K8SNET_EXPORT struct k8snet_kernel *k8snet_kernel_ref(struct k8snet_kernel *kernel)
{
	kernel->refs++;
	return kernel;
}

K8SNET_EXPORT struct k8snet_kernel *k8snet_kernel_unref(struct k8snet_kernel *kernel)
{
	if (!kernel || --kernel->refs > 0)
		return NULL;
	kernel_done(kernel);
	kernel->ops->destroy(kernel);
	return NULL;
}

/* --- notices -------------------------------------------------------------- */

static int no_notices(const struct k8snet_kernel *kernel)
{
	const struct error_at at = {.layer = K8SNET_LAYER_NONE,
				    .id = K8SNET_MSG_KERNEL_LACKS,
				    .operation = "k8snet_kernel_get_fd"};

	return ctx_error(kernel->ctx, -ENOTSUP, &at, "this kernel gives no notices");
}

K8SNET_EXPORT int k8snet_kernel_get_fd(struct k8snet_kernel *kernel)
{
	return kernel->ops->get_fd ? kernel->ops->get_fd(kernel) : no_notices(kernel);
}

K8SNET_EXPORT int k8snet_kernel_process(struct k8snet_kernel *kernel)
{
	return kernel->ops->process ? kernel->ops->process(kernel) : no_notices(kernel);
}

K8SNET_EXPORT bool k8snet_kernel_is_disturbed(const struct k8snet_kernel *kernel)
{
	return kernel->is_disturbed;
}

/* --- observing ------------------------------------------------------------ */

/* An observation does not say for whom a thing is there; what was known of it
 * still holds. */
static int keep_owners(const struct state *old, struct state *new)
{
	struct hash_node *node;

	hash_foreach (&old->kobjs, node) {
		const struct state_kobj *was = container_of(node, struct state_kobj, node);
		struct state_kobj *is = was->owner ? state_find_kobj(new, &was->kobj) : NULL;

		if (is && state_set_owner(new, is, was->owner->name) < 0)
			return -ENOMEM;
	}
	return 0;
}

static int keep_services(const struct state *old, struct state *new)
{
	struct hash_node *node;

	hash_foreach (&old->frontends.by_key, node) {
		const struct frontend *was = container_of(node, struct frontend, node);
		struct frontend *is = NULL;
		struct frontend_service *service;

		if (was->service)
			is = frontends_find(&new->frontends, &was->key);
		if (!is)
			continue;
		service = frontends_get_service(&new->frontends, was->service->name);
		if (!service)
			return -ENOMEM;
		frontend_set_service(is, service);
		if (!was->leaving)
			continue;
		is->leaving = slots_copy(was->leaving);
		if (!is->leaving)
			return -ENOMEM;
	}
	return 0;
}

static void keep_members(const struct state *old, struct state *new)
{
	struct hash_node *node;

	hash_foreach (&old->members.by_key, node) {
		const struct nft_member *was = container_of(node, struct nft_member, node);
		struct nft_member *is = members_find(&new->members, &was->element);

		if (is)
			is->users = was->users;
	}
}

static int observe(struct k8snet_kernel *kernel, const struct build_request *request,
		   struct state *out)
{
	struct observe_request look = {0};
	const struct k8snet_address *address;
	int r;

	state_init(out);
	out->has_services_only = k8snet_cluster_is_services_only(request->cluster);
	r = plan_observe_request(&look, request);
	if (r < 0)
		ctx_no_memory(kernel->ctx);
	else
		r = kernel->ops->observe(kernel, &look, out);
	vec_foreach (&look.addresses, address)
		out->uplinks[family_index(address->family)].address = *address;
	observe_request_done(&look);
	if (r < 0)
		state_done(out);
	return r;
}

static int observe_all(struct k8snet_kernel *kernel, struct build_request *request)
{
	struct state state;
	int r = kernel->ops->process ? kernel->ops->process(kernel) : 0;

	/* What others did before this look is seen by it, and need not be told again. */
	if (r == 0)
		r = observe(kernel, request, &state);
	if (r < 0)
		return r;
	keep_members(&kernel->state, &state);
	if (keep_owners(&kernel->state, &state) < 0 || keep_services(&kernel->state, &state) < 0) {
		state_done(&state);
		return ctx_no_memory(kernel->ctx);
	}
	memcpy(&state.stale, &kernel->state.stale, sizeof(state.stale));
	memset(&kernel->state.stale, 0, sizeof(kernel->state.stale));
	state_done(&kernel->state);
	kernel->state = state;
	kernel->is_observed = true;
	kernel->is_disturbed = kernel->is_synced = false;
	kernel->epoch++;
	request->is_fresh = true;
	request->cursor = NULL;
	return 0;
}

/* Remember which node of which cluster this kernel is; of another one nothing is
 * known. */
static int bind_node(struct k8snet_kernel *kernel, const struct build_request *request)
{
	bool is_bound = kernel->cluster == request->cluster && kernel->node_name &&
			!strcmp(kernel->node_name, request->node_name);
	char *name;

	if (is_bound)
		return 0;
	name = strdup(request->node_name);
	if (!name)
		return ctx_no_memory(kernel->ctx);
	free(kernel->node_name);
	kernel->node_name = name;
	k8snet_cluster_ref(request->cluster);
	k8snet_cluster_unref(kernel->cluster);
	kernel->cluster = request->cluster;
	state_done(&kernel->state);
	state_init(&kernel->state);
	kernel->is_observed = kernel->is_synced = false;
	kernel->epoch++;
	return 0;
}

/* --- planning ------------------------------------------------------------- */

static void committed(struct k8snet_kernel *kernel, struct k8snet_plan *plan)
{
	plan->is_applied = true;
	kernel->epoch++;
	/* Half a memory is worse than none; and a deleted table took much along. */
	if (plan_commit(plan, &kernel->state) < 0 || plan->changes->old_tables.count)
		kernel->is_observed = false;
	/* What was removed is wanted again by the next plan, though nothing has changed. */
	kernel->is_synced = !plan->is_removal;
	kernel->cursor = plan->cursor;
}

/* A table keeps its maps as they are. */
static void tell_counters(struct k8snet_kernel *kernel, const struct k8snet_cluster *cluster)
{
	bool is_wanted = k8snet_cluster_has_counters(cluster);
	size_t i;

	for (i = 0; i < 2 && !kernel->has_told_counters; i++) {
		const struct state_table *table = &kernel->state.tables[i];

		if (!table->exists || table->has_counters == is_wanted)
			continue;
		kernel->has_told_counters = true;
		ctx_warning(kernel->ctx,
			    "table %s " NFT_TABLE ": it was made %s counters, and stays so",
			    nft_family_name(i ? 6 : 4), is_wanted ? "without" : "with");
	}
}

/* Each time that they are others. */
static void tell_lacks(struct k8snet_kernel *kernel, const struct k8snet_plan *plan)
{
	const char *const *lack;
	uint64_t hash = 0;

	vec_foreach (&plan->lacks, lack)
		hash = hash * 31 + stable_hash(*lack, "", "");
	if (hash == kernel->lacks_told)
		return;
	kernel->lacks_told = hash;
	vec_foreach (&plan->lacks, lack)
		ctx_warning(kernel->ctx, "%s", *lack);
}

static int build_on_kernel(struct k8snet_plan *plan, struct build_request *request,
			   struct k8snet_kernel *kernel, unsigned int flags)
{
	int r = bind_node(kernel, request);

	request->state = &kernel->state;
	request->prune = flags & K8SNET_PLAN_PRUNE;
	request->has_kernel = true;
	if (kernel->is_synced)
		request->cursor = &kernel->cursor;
	if (r == 0 && (!kernel->is_observed || kernel->is_disturbed || flags))
		r = observe_all(kernel, request);
	if (r == 0)
		r = plan_build(plan, request);
	if (r == -EAGAIN) {
		r = observe_all(kernel, request);
		if (r == 0)
			r = plan_build(plan, request);
	}
	if (r < 0)
		return r;
	if (!request->remove_all)
		tell_counters(kernel, request->cluster);
	tell_lacks(kernel, plan);
	plan->kernel = kernel->id;
	if (!plan->ops.count)
		committed(kernel, plan);
	plan->epoch = kernel->epoch;
	return 0;
}

static int build_on_nothing(struct k8snet_plan *plan, struct build_request *request)
{
	struct state state;
	int r;

	state_init(&state);
	request->state = &state;
	request->is_fresh = true;
	r = plan_build(plan, request);
	state_done(&state);
	return r;
}

static int fail_no_node(struct k8snet_ctx *ctx, const char *name)
{
	const struct error_at at = {.layer = K8SNET_LAYER_NODE,
				    .id = K8SNET_MSG_NOT_FOUND,
				    .operation = "k8snet_plan_new"};

	return ctx_error(ctx, -ENOENT, &at, "the cluster has no node \"%s\"",
			 printable(name, strlen(name)).text);
}

K8SNET_EXPORT int k8snet_plan_new(struct k8snet_plan **out, struct k8snet_cluster *cluster,
				  const char *node_name, struct k8snet_kernel *kernel,
				  unsigned int flags)
{
	struct build_request request = {.cluster = cluster,
					.node_name = node_name ? node_name : "",
					.remove_all = flags & K8SNET_PLAN_REMOVE_ALL};
	struct k8snet_ctx *ctx = k8snet_cluster_get_ctx(cluster);
	struct k8snet_plan *plan;
	int r;

	if ((!node_name && !request.remove_all) || flags & ~ALL_FLAGS)
		return ctx_bad_argument(ctx, "k8snet_plan_new", "no node name, or bad flags");
	if (!request.remove_all && !k8snet_cluster_find_node(cluster, node_name))
		return fail_no_node(ctx, node_name);
	r = plan_alloc(&plan, cluster);
	if (r < 0)
		return r;
	r = kernel ? build_on_kernel(plan, &request, kernel, flags)
		   : build_on_nothing(plan, &request);
	if (r < 0) {
		k8snet_plan_unref(plan);
		return r;
	}
	*out = plan;
	return 0;
}

static int build_pod(struct k8snet_plan *plan, struct build_request *request,
		     struct k8snet_kernel *kernel)
{
	struct state state;
	int r;

	if (!kernel)
		return build_on_nothing(plan, request);
	r = observe(kernel, request, &state);
	if (r < 0)
		return r;
	request->state = &state;
	request->is_fresh = request->has_kernel = true;
	r = plan_build(plan, request);
	state_done(&state);
	plan->kernel = kernel->id;
	plan->epoch = kernel->epoch;
	plan->is_partial = true;
	return r;
}

K8SNET_EXPORT int k8snet_plan_new_for_pod(struct k8snet_plan **out, struct k8snet_pod *pod,
					  struct k8snet_kernel *kernel)
{
	struct build_request request = {
		.pod = pod, .cluster = pod->object.cluster, .node_name = pod->spec.node_name};
	struct k8snet_ctx *ctx = pod->object.strings->ctx;
	struct k8snet_plan *plan;
	int r;

	if (!request.node_name)
		return ctx_bad_argument(ctx, "k8snet_plan_new_for_pod", "the pod has no node");
	if (request.cluster && k8snet_cluster_is_services_only(request.cluster))
		return ctx_bad_argument(ctx, "k8snet_plan_new_for_pod",
					"the cluster is for services only");
	/* Of a pod that left its cluster nothing is wanted, as in an empty one. */
	r = request.cluster ? (k8snet_cluster_ref(request.cluster), 0)
			    : k8snet_cluster_new(&request.cluster, ctx);
	if (r == 0)
		r = plan_alloc(&plan, request.cluster);
	if (r == 0) {
		r = build_pod(plan, &request, kernel);
		if (r < 0)
			k8snet_plan_unref(plan);
		else
			*out = plan;
	}
	k8snet_cluster_unref(request.cluster);
	return r;
}

/* --- applying ------------------------------------------------------------- */

static int check_stale(const struct k8snet_plan *plan, const struct k8snet_kernel *kernel)
{
	const struct error_at at = {.layer = K8SNET_LAYER_NONE,
				    .id = K8SNET_MSG_STALE_PLAN,
				    .operation = "k8snet_plan_apply"};

	if (plan->kernel && (plan->kernel != kernel->id || plan->epoch != kernel->epoch))
		return ctx_error(plan->ctx, -ESTALE, &at,
				 "the plan was made for another kernel, or for an earlier state");
	if (plan->is_applied)
		return ctx_error(plan->ctx, -ESTALE, &at, "the plan was applied before");
	return 0;
}

K8SNET_EXPORT int k8snet_plan_apply(struct k8snet_plan *plan, struct k8snet_kernel *kernel,
				    const struct k8snet_plan_apply_options *options)
{
	struct k8snet_plan_apply_options copy;
	int r;

	if (options_copy(&copy, sizeof(copy), options,
			 options_end(struct k8snet_plan_apply_options, data)) < 0)
		return ctx_bad_argument(plan->ctx, "k8snet_plan_apply", "size of options");
	if (!plan->ops.count)
		return 0;
	r = check_stale(plan, kernel);
	if (r < 0)
		return r;
	r = kernel->ops->execute(kernel, plan->ops.items, plan->ops.count, plan->masquerade_mark,
				 &copy);
	if (r == 0 && plan->kernel && !plan->is_partial) {
		committed(kernel, plan);
		return 0;
	}
	/* What is there now is found out by the next plan; whose it is, is not. */
	if (plan->kernel && !plan->is_partial)
		plan_commit_part(plan, &kernel->state);
	plan->is_applied = true;
	kernel->epoch++;
	kernel->is_observed = false;
	return r;
}
