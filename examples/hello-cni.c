/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A CNI plugin: each container on a link of its own, with the addresses that "ipam" gives. */
#include <k8snet/k8snet.h>

/* The pod has the address, its node the network that the address is in. */
static int add_address(struct k8snet_node *node, struct k8snet_pod *pod, struct k8snet_prefix ip)
{
	char text[K8SNET_ADDRESS_TEXT_SIZE];
	int r = k8snet_pod_add_address(pod, k8snet_address_format(&ip.address, text, sizeof(text)));

	for (unsigned int bit = ip.length; bit < 128; bit++)
		ip.address.bytes[bit / 8] &= ~(0x80 >> bit % 8);
	return r ? r
		 : k8snet_node_add_pod_cidr(node, k8snet_prefix_format(&ip, text, sizeof(text)));
}

/* The container is the only pod of a node; with this result, or, NULL, no longer. */
static int plan(struct k8snet_cni_request *request, const struct k8snet_cni_result *result)
{
	const char *id = k8snet_cni_request_get_container_id(request);
	struct k8snet_ctx *ctx = k8snet_cni_request_get_ctx(request);
	const struct k8snet_cni_ip *ip = NULL;
	struct k8snet_cluster *cluster = NULL;
	struct k8snet_kernel *kernel = NULL;
	struct k8snet_node *node = NULL;
	struct k8snet_plan *plan = NULL;
	struct k8snet_pod *pod = NULL;
	int r = k8snet_cluster_new(&cluster, ctx);

	r = r ? r : k8snet_cluster_set_link(cluster, K8SNET_LINK_PTP);
	r = r ? r : k8snet_node_new(&node, cluster, "node");
	r = r ? r : k8snet_pod_new(&pod, cluster, "cni", id);
	r = r ? r : k8snet_pod_set_node_name(pod, "node");
	r = r ? r : k8snet_pod_set_netns(pod, k8snet_cni_request_get_netns(request));
	r = r ? r : k8snet_pod_set_interface(pod, k8snet_cni_request_get_ifname(request));
	while (r == 0 && result && (ip = k8snet_cni_result_next_ip(result, ip)))
		r = add_address(node, pod, *k8snet_cni_ip_get_address(ip));
	if (r == 0 && !result)
		r = k8snet_pod_remove(pod);
	r = r ? r : k8snet_kernel_open(&kernel, ctx, NULL);
	r = r ? r : k8snet_plan_new_for_pod(&plan, pod, kernel);
	r = r ? r : k8snet_plan_apply(plan, kernel, NULL);
	k8snet_plan_unref(plan);
	k8snet_kernel_unref(kernel);
	k8snet_pod_unref(pod);
	k8snet_node_unref(node);
	k8snet_cluster_unref(cluster);
	return r;
}

static int add(struct k8snet_cni_request *request, struct k8snet_cni_result *result, void *data)
{
	const char *name = k8snet_cni_request_get_ifname(request);
	struct k8snet_cni_interface *link = NULL;
	struct k8snet_cni_result *ipam = NULL;
	struct k8snet_cni_ip *ip = NULL;
	int r = k8snet_cni_request_delegate_ipam(request, K8SNET_CNI_ADD, &ipam);

	(void)data;
	r = r ? r : k8snet_cni_result_append(result, ipam);
	k8snet_cni_result_unref(ipam);
	r = r ? r : k8snet_cni_result_add_interface(result, &link, name);
	r = r ? r : k8snet_cni_interface_set_sandbox(link, k8snet_cni_request_get_netns(request));
	while (r == 0 && (ip = k8snet_cni_result_next_ip(result, ip)))
		r = k8snet_cni_ip_set_interface(ip, (int)k8snet_cni_interface_get_index(link));
	return r ? r : plan(request, result);
}

static int del(struct k8snet_cni_request *request, void *data)
{
	int r = plan(request, NULL);

	(void)data;
	return r ? r : k8snet_cni_request_delegate_ipam(request, K8SNET_CNI_DEL, NULL);
}

int main(void)
{
	const struct k8snet_cni_ops ops = {
		.size = sizeof(ops), .add = add, .del = del, .about = "CNI plugin hello-cni"};

	return k8snet_cni_main(&ops, NULL);
}
