/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "model/kind.h"

#include "model/ingress.h"
#include "model/node.h"
#include "model/pod.h"
#include "model/slice.h"
#include "model/spec.h"

#define LAYOUT(type)                                                             \
	.size = sizeof(struct type), .spec_offset = offsetof(struct type, spec), \
	.spec_size = sizeof(((struct type *)NULL)->spec)

const struct model_kind_ops model_kinds[MODEL_N_KINDS + 1] = {
	[MODEL_SETTINGS] = {.name = "cluster", .layer = K8SNET_LAYER_NONE},
	[MODEL_NODE] = {.name = "Node",
			.layer = K8SNET_LAYER_NODE,
			.check_name = check_dns_subdomain,
			LAYOUT(k8snet_node),
			.init = node_init,
			.done = node_done,
			.is_equal = node_is_equal,
			.inherit = node_inherit},
	[MODEL_POD] = {.name = "Pod",
		       .layer = K8SNET_LAYER_POD,
		       .check_namespace = check_dns_label,
		       .check_name = check_dns_subdomain,
		       LAYOUT(k8snet_pod),
		       .init = pod_init,
		       .done = pod_done,
		       .is_equal = pod_is_equal,
		       .inherit = pod_inherit,
		       .refresh = pod_refresh},
	[MODEL_SERVICE] = {.name = "Service",
			   .layer = K8SNET_LAYER_SERVICE,
			   .check_namespace = check_dns_label,
			   .check_name = check_dns_label, /* KEP-5311 */
			   LAYOUT(k8snet_service),
			   .done = service_done,
			   .is_equal = service_is_equal},
	[MODEL_INGRESS] = {.name = "Ingress",
			   .layer = K8SNET_LAYER_INGRESS,
			   .check_namespace = check_dns_label,
			   .check_name = check_dns_subdomain,
			   LAYOUT(k8snet_ingress),
			   .done = ingress_done,
			   .is_equal = ingress_is_equal},
	[MODEL_ENDPOINTSLICE] = {.name = "EndpointSlice",
				 .layer = K8SNET_LAYER_SERVICE,
				 .check_namespace = check_dns_label,
				 .check_name = check_dns_subdomain,
				 LAYOUT(k8snet_endpointslice),
				 .done = slice_done,
				 .is_equal = slice_is_equal},
	[MODEL_N_KINDS] = {.name = "object", .layer = K8SNET_LAYER_NONE},
};
