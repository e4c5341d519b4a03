/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <k8snet/version.h>

#include "base/cleanup.h"

K8SNET_EXPORT const char *k8snet_get_version(void)
{
	return K8SNET_VERSION;
}
