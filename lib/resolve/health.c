/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Whether a node serves a service, for its health check: as kube-proxy counts, by address
 * and whatever the port. */
#include <string.h>

#include "model/slice.h"
#include "resolve/resolve.h"

/* A slice without ports leads nowhere. */
static bool is_of_family(const struct k8snet_endpointslice *slice, int family)
{
	return slice->spec.family == family && slice->spec.ports.count;
}

static bool is_counted(const struct endpoint *e, const char *node_name)
{
	return endpoint_is_ready(e) && endpoint_is_on(e, node_name);
}

/* Whether a slice before `last`, or `last` before `until`, counts this address. */
static bool is_counted_before(const struct slice_group *group,
			      const struct k8snet_endpointslice *last, const struct endpoint *until,
			      const char *node_name)
{
	const struct k8snet_endpointslice *slice;
	const struct endpoint *e;

	for (slice = slice_first_served(group); slice; slice = slice_next_served(slice)) {
		vec_foreach (&slice->spec.endpoints, e) {
			if (e == until)
				return false;
			if (is_of_family(slice, last->spec.family) && is_counted(e, node_name) &&
			    !memcmp(e->address, until->address, sizeof(e->address)))
				return true;
		}
	}
	return false;
}

K8SNET_EXPORT size_t k8snet_service_count_local_endpoints(const struct k8snet_service *service,
							  const char *node_name)
{
	const struct model_object *object = &service->object;
	const struct k8snet_endpointslice *slice;
	const struct slice_group *group;
	const struct endpoint *e;
	size_t n = 0;
	int family;

	if (!object->cluster || !node_name || !service->spec.cluster_ips.count)
		return 0;
	family = service->spec.cluster_ips.items[0].family;
	group = slice_group_find(object->cluster, object->namespace_, object->name);
	for (slice = slice_first_served(group); slice; slice = slice_next_served(slice))
		if (is_of_family(slice, family))
			vec_foreach (&slice->spec.endpoints, e)
				n += is_counted(e, node_name) &&
				     !is_counted_before(group, slice, e, node_name);
	return n;
}
