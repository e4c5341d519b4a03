/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* libk8snet: the four layers of Kubernetes networking as opaque handles. */
#ifndef K8SNET_K8SNET_H
#define K8SNET_K8SNET_H

#include <k8snet/address.h>
#include <k8snet/cluster.h>
#include <k8snet/cni.h>
#include <k8snet/context.h>
#include <k8snet/ingress.h>
#include <k8snet/ipam.h>
#include <k8snet/json.h>
#include <k8snet/kernel.h>
#include <k8snet/node.h>
#include <k8snet/path.h>
#include <k8snet/plan.h>
#include <k8snet/pod.h>
#include <k8snet/resolve.h>
#include <k8snet/service.h>
#include <k8snet/table.h>
#include <k8snet/version.h>

#endif
