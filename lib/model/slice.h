/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef MODEL_SLICE_H
#define MODEL_SLICE_H

#include "model/check.h"
#include "model/service.h"

#define MAX_ENDPOINTS 1000 /* of a slice */

static inline struct k8snet_endpointslice *slice_of(const struct model_object *object)
{
	return (struct k8snet_endpointslice *)object;
}

/*
 * A slice that is in no cluster brings a group of its own, unlinked, for the case
 * that it is the first of its service: so joining cannot fail. -ENOMEM.
 */
int slice_prepare(struct k8snet_endpointslice *slice);
void slice_join(struct k8snet_endpointslice *slice);
void slice_leave(struct k8snet_endpointslice *slice);
/* Before it takes over the spec of `next`: leave the group unless it is the same,
 * and take the spare one of `next`. */
void slice_leave_for(struct k8snet_endpointslice *slice, struct k8snet_endpointslice *next);

/* The slices of a group (NULL: none) whose endpoints are a proxy's; NULL at the end. */
static inline const struct k8snet_endpointslice *
slice_served(const struct k8snet_endpointslice *slice)
{
	while (slice && slice->spec.is_headless)
		slice = slice->group_next;
	return slice;
}

static inline const struct k8snet_endpointslice *slice_first_served(const struct slice_group *group)
{
	return group ? slice_served(group->first) : NULL;
}

static inline const struct k8snet_endpointslice *
slice_next_served(const struct k8snet_endpointslice *slice)
{
	return slice_served(slice->group_next);
}

/* Release what an endpoint holds. */
void endpoint_done(const struct endpoint *endpoint, struct strings *strings);

/* Changes of a spec: 1, 0 or an error. */
int slice_spec_init(const struct where *at, struct slice_spec *spec, struct strings *strings,
		    const char *service_name, int family);
int slice_spec_add_port(const struct where *at, struct slice_spec *spec, struct strings *strings,
			const char *name, int protocol, uint16_t port);
int slice_spec_add_endpoint(const struct where *at, struct slice_spec *spec,
			    struct strings *strings, const struct k8snet_address *address,
			    const char *node_name, unsigned int conditions);
/* Names with commas between them; NULL: none. */
int slice_spec_set_hints(const struct where *at, struct endpoint *endpoint, struct strings *strings,
			 const char *nodes, const char *zones);
/* The endpoint with this address, or NULL. */
struct endpoint *slice_spec_find(const struct slice_spec *spec,
				 const struct k8snet_address *address);
/* The endpoint with the address in `text`. 0 or an error, also -ENOENT. */
int slice_spec_get(const struct where *at, const struct slice_spec *spec, const char *text,
		   struct endpoint **out);

/* Weights: "address=weight", with commas between them. 0 or an error. */
int slice_spec_add_weights(const struct where *at, struct slice_spec *spec, const char *text);

/* Whether a name is in such a list. */
bool hints_have(const char *hints, const char *name);

#endif
