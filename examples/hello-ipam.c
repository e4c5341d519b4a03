/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A CNI plugin for the "ipam" of others: {"type": "hello-ipam", "subnet": "10.88.0.0/24"}. */
#include <errno.h>
#include <k8snet/cni.h>
#include <k8snet/ipam.h>
#include <stdio.h>

/* Open the leases, and name their owner. */
static int begin(struct k8snet_cni_request *request, struct k8snet_ipam **out, char owner[300])
{
	const char *subnet = "10.88.0.0/24", *file = "/run/hello-ipam";
	int r = k8snet_cni_request_read_string(request, NULL, "ipam.subnet", &subnet);

	if (r == 0)
		r = k8snet_cni_request_read_string(request, NULL, "ipam.file", &file);
	snprintf(owner, 300, "%s %s", k8snet_cni_request_get_container_id(request),
		 k8snet_cni_request_get_ifname(request));
	return r < 0 ? r : k8snet_ipam_open(out, k8snet_cni_request_get_ctx(request), file, subnet);
}

static int add(struct k8snet_cni_request *request, struct k8snet_cni_result *result, void *data)
{
	struct k8snet_ipam *leases = data;
	struct k8snet_prefix prefix;
	struct k8snet_cni_ip *ip;
	char owner[300];
	int r = begin(request, &leases, owner);

	if (r < 0)
		return r;
	k8snet_cni_result_clear(result); /* of what a chain had before: that is the caller's */
	prefix = *k8snet_ipam_get_prefix(leases);
	r = k8snet_ipam_allocate(leases, owner, &prefix.address);
	if (r == 0)
		r = k8snet_cni_result_add_ip(result, &ip, &prefix);
	if (r == 0)
		r = k8snet_cni_ip_set_gateway(ip, k8snet_ipam_get_gateway(leases));
	k8snet_ipam_unref(leases);
	return r;
}

static int del(struct k8snet_cni_request *request, void *data)
{
	struct k8snet_ipam *leases = data;
	char owner[300];
	int r = begin(request, &leases, owner);

	r = r < 0 ? r : k8snet_ipam_release(leases, owner);
	k8snet_ipam_unref(leases);
	return r == -ENOENT ? 0 : r;
}

int main(void)
{
	struct k8snet_cni_ops ops = {
		.size = sizeof(ops), .add = add, .del = del, .about = "CNI plugin hello-ipam"};

	return k8snet_cni_main(&ops, NULL);
}
