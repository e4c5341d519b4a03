/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "kernel/observe.h"

#include <errno.h>
#include <string.h>

#include "base/context.h"
#include "kernel/sysctl.h"

/* How many namespaces of pods are open at a time. */
#define MAX_PODS 64

/* --- a namespace ------------------------------------------------------------------- */

static int observe_forwarding(struct observer *o)
{
	size_t i;
	int r = 0;

	for (i = 0; i < o->links.count && r == 0; i++)
		if (o->links.items[i].kobj.link.type == LINK_VXLAN)
			r = observe_fdb(o, o->links.items[i].index);
	return r == -ENODEV ? 0 : r;
}

static int observe_all(struct observer *o)
{
	int r = observe_links(o);

	if (r == 0)
		r = observe_addresses(o, 0);
	if (r == 0)
		r = observe_neighbours(o, 0);
	if (r == 0)
		r = observe_forwarding(o);
	if (r == 0)
		r = observe_routes(o, 0);
	return r;
}

static int observe_one(struct observer *o, const char *name)
{
	const struct observed_link *link;
	int r = observe_link(o, name, 0), index;

	if (r < 0)
		return r;
	link = &o->links.items[o->links.count - 1];
	index = link->index;
	if (link->kobj.link.type == LINK_VXLAN)
		r = observe_fdb(o, index);
	if (r == 0)
		r = observe_addresses(o, index);
	if (r == 0)
		r = observe_neighbours(o, index);
	if (r == 0)
		r = observe_routes(o, index);
	return r;
}

static int observe_named(struct observer *o, const struct observe_request *request)
{
	size_t i;
	int r = 0;

	for (i = 0; i < request->links.count && r == 0; i++) {
		r = observe_one(o, request->links.items[i]);
		/* Not there, or just gone. */
		if (r == -ENODEV)
			r = 0;
	}
	return r;
}

/* --- uplinks ----------------------------------------------------------------------- */

static int observe_uplink_of(struct observer *o, const struct k8snet_address *address)
{
	const struct observed_link *link;
	struct k8snet_prefix prefix;
	int index, r = observe_uplink(o, address, &index, &prefix);

	if (r == 0 && !observer_find_link(o, index))
		r = observe_link(o, NULL, index);
	/* Not found is not an error here. */
	if (r < 0)
		return r == -ENOENT || r == -ENODEV ? 0 : r;
	link = observer_find_link(o, index);
	if (link)
		state_set_uplink(o->state, address->family, link->kobj.name, link->kobj.link.mtu,
				 &prefix);
	return 0;
}

static int observe_uplinks(struct observer *o, const struct observe_request *request)
{
	size_t i;
	int r = 0;

	for (i = 0; i < request->addresses.count && r == 0; i++)
		r = observe_uplink_of(o, &request->addresses.items[i]);
	return r;
}

static int observe_node(struct netlink_kernel *kernel, const struct observe_request *request,
			struct state *state)
{
	struct observer o;
	int fd = netns_open_socket(&kernel->ns, NETLINK_ROUTE), r;

	if (fd < 0)
		return fd;
	r = observer_init(&o, state, NULL, fd);
	if (r < 0)
		return r;
	r = request->all ? observe_all(&o) : observe_named(&o, request);
	if (r == 0)
		r = observe_uplinks(&o, request);
	observer_done(&o);
	return r;
}

/* --- sysctls ------------------------------------------------------------------------ */

struct sysctl_reads {
	const struct observe_request *request;
	struct state *state;
	int error;
};

static void read_sysctls(void *data)
{
	struct sysctl_reads *reads = data;
	struct kobj kobj = {.type = KOBJ_SYSCTL};
	char value[256];
	size_t i;

	for (i = 0; i < reads->request->sysctls.count && reads->error == 0; i++) {
		kobj.sysctl.path = reads->request->sysctls.items[i];
		kobj.sysctl.value = value;
		if (sysctl_read(kobj.sysctl.path, value, sizeof(value)) == 0)
			reads->error = state_add_kobj(reads->state, &kobj);
	}
}

static int observe_sysctls(struct netlink_kernel *kernel, const struct observe_request *request,
			   struct state *state)
{
	struct sysctl_reads reads = {.request = request, .state = state};
	int r;

	if (!request->sysctls.count)
		return 0;
	r = netns_run(&kernel->ns, read_sysctls, &reads);
	return r < 0 ? r : reads.error;
}

/* --- pods --------------------------------------------------------------------------- */

static int observe_pod(struct netns_socket *pod, struct state *state)
{
	struct observer o;
	int r;

	/* Or what is left of its mount point. */
	if (pod->fd == -ENOENT || pod->fd == -ENOTDIR || pod->fd == -EINVAL)
		return 0;
	if (pod->fd < 0)
		return pod->fd;
	r = observer_init(&o, state, pod->path, steal_fd(&pod->fd));
	if (r < 0)
		return r;
	r = observe_all(&o);
	observer_done(&o);
	return r;
}

/* The path of the one that failed in *bad. */
static int observe_some_pods(const char *const *paths, size_t count, struct state *state,
			     const char **bad)
{
	struct netns_socket pods[MAX_PODS];
	size_t i;
	int r;

	for (i = 0; i < count; i++)
		pods[i] = (struct netns_socket){.path = paths[i], .fd = -1};
	*bad = paths[0];
	r = netns_open_sockets(pods, count);
	for (i = 0; i < count && r == 0; i++) {
		*bad = paths[i];
		r = observe_pod(&pods[i], state);
	}
	for (i = 0; i < count; i++)
		closep(&pods[i].fd);
	return r;
}

static int observe_pods(const struct observe_request *request, struct state *state,
			const char **bad)
{
	size_t first, rest;
	int r = 0;

	for (first = 0; first < request->netns.count && r == 0; first += MAX_PODS) {
		rest = request->netns.count - first;
		r = observe_some_pods(request->netns.items + first,
				      rest < MAX_PODS ? rest : MAX_PODS, state, bad);
	}
	return r;
}

/* --- all ------------------------------------------------------------------------------ */

static int fail(struct netlink_kernel *kernel, int error, const char *operation, const char *netns)
{
	const struct error_at at = {
		.layer = netns ? K8SNET_LAYER_POD : K8SNET_LAYER_NODE,
		.id = netns ? K8SNET_MSG_NETNS : netlink_get_message_id(-error),
		.object = netns,
		.operation = operation,
		.kernel_errno = -error,
	};

	if (error == -ENOMEM)
		return ctx_no_memory(kernel->base.ctx);
	return ctx_error(kernel->base.ctx, netlink_get_code(-error), &at, "%s",
			 netns && error == -EINVAL ? "not a network namespace"
						   : netlink_get_error_text(-error));
}

int netlink_observe(struct k8snet_kernel *base, const struct observe_request *request,
		    struct state *state)
{
	struct netlink_kernel *kernel = netlink_kernel(base);
	const char *bad = NULL;
	int r;

	r = request->services_only ? 0 : observe_node(kernel, request, state);
	if (r < 0)
		return fail(kernel, r, "observe links", NULL);
	r = observe_sysctls(kernel, request, state);
	if (r < 0)
		return fail(kernel, r, "observe sysctls", NULL);
	r = observe_pods(request, state, &bad);
	if (r < 0)
		return fail(kernel, r, "observe pod", bad);
	r = request->all || request->services_only ? observe_tables(kernel, request->hits, state)
						   : 0;
	return r < 0 ? fail(kernel, r, "observe nftables", NULL) : 0;
}
