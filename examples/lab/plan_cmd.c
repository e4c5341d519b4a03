/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* plan: what the library would do on each node, without a kernel. */
#include <errno.h>
#include <string.h>

#include "view.h"

#define UPLINK	   "eth0"
#define UPLINK_MTU 1500

struct printing {
	const struct lab_view *view;
	struct k8snet_ctx *ctx;
	struct k8snet_cluster *cluster;
	FILE *out;
	bool is_first;
};

static int library_error(struct printing *p, int code)
{
	const struct k8snet_error *error = k8snet_ctx_get_error(p->ctx);

	fprintf(stderr, LAB_PROGRAM ": %s\n",
		error ? k8snet_error_get_message(error) : strerror(-code));
	return LAB_FAILED;
}

static int write_out(void *data, const char *text, size_t length)
{
	return fwrite(text, 1, length, data) == length ? 0 : -EIO;
}

static void print_head(struct printing *p, const char *node, size_t count)
{
	const char *name = p->view->options.name;

	switch (p->view->options.plan_format) {
	case K8SNET_PLAN_JSON:
		fprintf(p->out, "%s{\"node\": \"%s\", \"netns\": \"%s-%s\", \"operations\": ",
			p->is_first ? "[\n" : ",\n", node, name, node);
		break;
	case K8SNET_PLAN_COMMANDS:
		fprintf(p->out,
			"%s# %s: run by sh in its network namespace, e.g. "
			"ip netns exec %s-%s sh\n",
			p->is_first ? "" : "\n", node, name, node);
		break;
	default:
		fprintf(p->out, "%s%s: %zu operations\n", p->is_first ? "" : "\n", node, count);
	}
	p->is_first = false;
}

static int print_node(struct printing *p, const char *name)
{
	enum k8snet_plan_format format = p->view->options.plan_format;
	struct k8snet_plan *plan = NULL;
	int r = k8snet_plan_new(&plan, p->cluster, name, NULL, 0);

	if (r < 0)
		return library_error(p, r);
	print_head(p, name, k8snet_plan_count_ops(plan));
	r = k8snet_plan_print(plan, format, write_out, p->out);
	if (format == K8SNET_PLAN_JSON)
		fputc('}', p->out);
	k8snet_plan_unref(plan);
	return r < 0 ? library_error(p, r) : LAB_OK;
}

static int set_uplinks(struct printing *p)
{
	struct k8snet_node *node = NULL;

	while ((node = k8snet_cluster_next_node(p->cluster, node))) {
		int r = k8snet_node_set_uplink(node, UPLINK, UPLINK_MTU);

		if (r < 0)
			return library_error(p, r);
	}
	return LAB_OK;
}

static int print_nodes(struct printing *p)
{
	const char *only = p->view->options.node;
	struct k8snet_node *node = NULL;
	int status = set_uplinks(p);

	if (status == LAB_OK && only && !k8snet_cluster_find_node(p->cluster, only)) {
		fprintf(stderr, LAB_PROGRAM ": there is no node %s\n", only);
		return LAB_FAILED;
	}
	p->is_first = true;
	while (status == LAB_OK && (node = k8snet_cluster_next_node(p->cluster, node)))
		if (!only || strcmp(only, k8snet_node_get_name(node)) == 0)
			status = print_node(p, k8snet_node_get_name(node));
	if (status == LAB_OK && p->view->options.plan_format == K8SNET_PLAN_JSON)
		fputs("\n]\n", p->out);
	return status;
}

static int print_plan(const struct lab_view *view, FILE *out)
{
	struct printing p = {.view = view, .out = out};
	int status, r = k8snet_ctx_new(&p.ctx, NULL);

	if (r < 0) {
		fprintf(stderr, LAB_PROGRAM ": %s\n", strerror(-r));
		return LAB_FAILED;
	}
	r = lab_cluster_new(&p.cluster, p.ctx, &view->options, view->objects);
	status = r < 0 ? library_error(&p, r) : print_nodes(&p);
	k8snet_cluster_unref(p.cluster);
	k8snet_ctx_unref(p.ctx);
	return status;
}

int lab_plan(const struct lab_options *options)
{
	struct lab_view view;
	int status = lab_view_load(&view, options);
	FILE *out = NULL;

	if (status != LAB_OK)
		return status;
	out = lab_output_open(options);
	status = out ? print_plan(&view, out) : LAB_FAILED;
	lab_view_free(&view);
	if (out && lab_output_close(options, out) != LAB_OK)
		status = LAB_FAILED;
	return status;
}
