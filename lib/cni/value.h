/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef CNI_VALUE_H
#define CNI_VALUE_H

#include <k8snet/cni.h>

#include "base/json.h"

/* A value of the public interface is one of the reader, under another name. */
static inline const struct json *cni_value_json(const struct k8snet_cni_value *value)
{
	return (const struct json *)value;
}

static inline const struct k8snet_cni_value *cni_value(const struct json *json)
{
	return (const struct k8snet_cni_value *)json;
}

/* The value at `path` below `parent`: NULL: none, or null. 0 or -EINVAL: not a path. */
int cni_value_find(const struct json *parent, const char *path, const struct json **out);

#endif
