/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Why a list of backends is empty. */
#include "resolve/resolve.h"

/* How far endpoints come, each step of them fewer. */
struct census {
	bool has_any, has_family, has_port, has_condition, has_weight;
};

static void count_endpoint(struct census *census, const struct endpoint *e)
{
	struct endpoint undrained = *e;

	undrained.weight = 1;
	census->has_condition |=
		endpoint_is_ready(&undrained) || endpoint_is_last_resort(&undrained);
	census->has_weight |= endpoint_is_ready(e) || endpoint_is_last_resort(e);
}

static void count_slice(struct census *census, const struct k8snet_resolved_port *p,
			const struct k8snet_endpointslice *slice)
{
	const struct endpoint *e;

	if (!slice->spec.endpoints.count)
		return;
	census->has_any = true;
	census->has_family |= slice->spec.family == p->family;
	if (!port_of_slice(p, slice))
		return;
	census->has_port = true;
	vec_foreach (&slice->spec.endpoints, e)
		count_endpoint(census, e);
}

static enum k8snet_reason find_reason(const struct k8snet_resolved_port *p)
{
	const struct k8snet_endpointslice *slice = resolved_port_first_slice(p);
	struct census census = {0};

	for (; slice; slice = resolved_port_next_slice(p, slice))
		count_slice(&census, p, slice);
	if (!census.has_any)
		return K8SNET_REASON_NO_ENDPOINTS;
	if (!census.has_family)
		return K8SNET_REASON_OTHER_FAMILY;
	if (!census.has_port)
		return K8SNET_REASON_OTHER_PORTS;
	if (!census.has_condition)
		return K8SNET_REASON_NOT_READY;
	return census.has_weight ? K8SNET_REASON_ELSEWHERE : K8SNET_REASON_DRAINED;
}

K8SNET_EXPORT enum k8snet_reason
k8snet_resolved_port_get_reason(const struct k8snet_resolved_port *port, enum k8snet_backends list)
{
	if (k8snet_resolved_port_count_backends(port, list))
		return K8SNET_REASON_NONE;
	return find_reason(port);
}

K8SNET_EXPORT const char *k8snet_reason_get_name(enum k8snet_reason reason)
{
	static const char *const names[] = {
		[K8SNET_REASON_NONE] = "none",
		[K8SNET_REASON_EXTERNAL_NAME] = "external-name",
		[K8SNET_REASON_OTHER_PROXY] = "other-proxy",
		[K8SNET_REASON_HEADLESS] = "headless",
		[K8SNET_REASON_NO_PORTS] = "no-ports",
		[K8SNET_REASON_NO_ENDPOINTS] = "no-endpoints",
		[K8SNET_REASON_OTHER_FAMILY] = "other-family",
		[K8SNET_REASON_OTHER_PORTS] = "other-ports",
		[K8SNET_REASON_NOT_READY] = "not-ready",
		[K8SNET_REASON_DRAINED] = "drained",
		[K8SNET_REASON_ELSEWHERE] = "elsewhere",
	};

	return (size_t)reason < sizeof(names) / sizeof(*names) ? names[reason] : NULL;
}
