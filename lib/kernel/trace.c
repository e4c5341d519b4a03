/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "kernel/trace.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>

#include "base/context.h"
#include "kernel/learnt.h"

/* Any but those that servers have. */
#define PORT_FIRST 20000
#define PORT_COUNT 40000

/* --- the verdict ---------------------------------------------------------------- */

static bool has_changed(const struct k8snet_address *a, uint16_t a_port,
			const struct k8snet_address *b, uint16_t b_port)
{
	return a_port != b_port || !k8snet_address_is_equal(a, b);
}

static void conclude_translation(struct trace *t)
{
	const struct trace_sight *seen = &t->translated;
	enum k8snet_masquerade masquerade = K8SNET_MASQUERADE_UNSEEN;

	if (!has_changed(&seen->destination, seen->port, &t->flow->destination, t->flow->port))
		return;
	t->path->outcome = t->last.is_seen ? K8SNET_OUTCOME_TRANSLATED : K8SNET_OUTCOME_LOST;
	if (t->last.is_seen)
		masquerade = has_changed(&t->last.source, t->last.source_port, &t->flow->source,
					 t->source_port)
				     ? K8SNET_MASQUERADE_YES
				     : K8SNET_MASQUERADE_NO;
	else
		path_step(t->path, "translated, and seen no more: no route, or rp_filter");
	path_add_backend(t->path, &seen->destination, seen->port, masquerade);
}

static void conclude(struct trace *t)
{
	if (t->is_refused) {
		t->path->outcome = K8SNET_OUTCOME_REJECTED;
	} else if (t->is_dropped) {
		t->path->outcome = K8SNET_OUTCOME_DROPPED;
	} else if (!t->translated.is_seen) {
		path_step(t->path, "it did not get as far as the hooks that translate");
		t->path->outcome = K8SNET_OUTCOME_LOST;
	} else {
		conclude_translation(t);
	}
}

/* --- one packet ------------------------------------------------------------------ */

static int choose_names(struct trace *t)
{
	uint16_t number;

	snprintf(t->table, sizeof(t->table), "k8snet-trace-%ld", (long)getpid());
	if (getrandom(&number, sizeof(number), 0) != sizeof(number))
		return -EIO;
	t->source_port = (uint16_t)(PORT_FIRST + number % PORT_COUNT);
	return 0;
}

static int send_and_read(struct trace *t)
{
	int r = trace_send(t);

	if (r == -ENETUNREACH || r == -EHOSTUNREACH) {
		path_step(t->path, "the node has no route to there: %s", strerror(-r));
		t->path->outcome = K8SNET_OUTCOME_LOST;
		return 0;
	}
	if (r == 0)
		r = trace_read_events(t);
	if (r == 0)
		conclude(t);
	return r;
}

static int run(struct trace *t)
{
	struct learnt saved[4];
	int r = choose_names(t), restored;

	if (r == 0)
		r = trace_open_events(t);
	if (r == 0 && !t->is_node)
		r = trace_open_device(t);
	if (r < 0)
		return r;
	r = learnt_save(t->kernel, t->flow, saved);
	if (r == 0)
		r = trace_add_table(t);
	if (r < 0)
		return r;
	r = send_and_read(t);
	restored = learnt_restore(t->kernel, saved);
	if (restored == -EPERM) {
		path_step(t->path, "session affinity remembers this packet: the table belongs to "
				   "another process");
		restored = 0;
	}
	return r < 0 ? r : restored;
}

static int fail(struct netlink_kernel *kernel, int error)
{
	const struct error_at at = {.layer = K8SNET_LAYER_SERVICE,
				    .id = netlink_get_message_id(-error),
				    .operation = "trace",
				    .kernel_errno = -error};

	if (error == -ENOMEM)
		return ctx_no_memory(kernel->base.ctx);
	return ctx_error(kernel->base.ctx,
			 error == -ENOENT || error == -ENODEV || error == -ENXIO
				 ? -ENOTSUP
				 : netlink_get_code(-error),
			 &at, "%s", strerror(-error));
}

int netlink_trace(struct k8snet_kernel *base, const struct k8snet_flow *flow,
		  struct k8snet_path *path)
{
	struct netlink_kernel *kernel = netlink_kernel(base);
	struct trace t = {.kernel = kernel,
			  .flow = flow,
			  .path = path,
			  .events = -1,
			  .device = -1,
			  .owner = -1};
	char link[IFNAMSIZ];
	int r = base->ops->has_address(base, &flow->source, link);

	t.is_node = r > 0;
	if (r >= 0)
		r = run(&t);
	closep(&t.owner);
	closep(&t.events);
	closep(&t.device);
	return r < 0 ? fail(kernel, r) : 0;
}

K8SNET_EXPORT int k8snet_kernel_trace(struct k8snet_path **out, struct k8snet_kernel *kernel,
				      const struct k8snet_flow *from)
{
	struct k8snet_flow flow;
	int r = path_take_flow(kernel->ctx, "k8snet_kernel_trace", from, &flow);
	struct k8snet_path *path;

	if (r < 0)
		return r;
	if (!kernel->ops->trace)
		return ctx_bad_argument(kernel->ctx, "k8snet_kernel_trace", "not this kernel");
	path = path_new();
	if (!path)
		return ctx_no_memory(kernel->ctx);
	r = kernel->ops->trace(kernel, &flow, path);
	if (r < 0) {
		k8snet_path_unref(path);
		return r;
	}
	r = path_finish(out, path, 0);
	return r < 0 ? ctx_no_memory(kernel->ctx) : 0;
}
