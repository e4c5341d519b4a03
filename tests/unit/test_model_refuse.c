/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Loading of Kubernetes JSON: what is refused, in which words, and that it leaves
 * the cluster as it was. */
#include "unit.h"

#include <sys/stat.h>
#include <unistd.h>

#include "load_text.h"

static void bad_objects_are_refused(void **state)
{
	struct model_fixture *f = *state;
	static const struct {
		const char *text, *message;
	} bad[] = {
		{"", "shop.json: line 1, column 1: there is no object"},
		{"apiVersion: v1", "shop.json: line 1, column 1: expected a JSON value"},
		{"{'a':1,'a':2}", "shop.json: line 1, column 8: duplicate key \"a\""},
		{"[]", "shop.json: object (object 1): is an array, not an object"},
		{"{}", "shop.json: object (object 1): kind: is missing"},
		{"{'kind':'Pod'}", "shop.json: object (object 1): apiVersion: is missing"},
		{"{'kind':5}",
		 "shop.json: object (object 1): kind: is a whole number, not a string"},
		{"{'kind':'Pod','apiVersion':'v1'}",
		 "shop.json: Pod (object 1): metadata: is missing"},
		{"{'kind':'Pod','apiVersion':'v1','metadata':[]}",
		 "shop.json: Pod (object 1): metadata: is an array, not an object"},
		{"{'kind':'Pod','apiVersion':'v1','metadata':{}}",
		 "shop.json: Pod (object 1): metadata.name: is missing"},
		{"{'kind':'Pod','apiVersion':'v1','metadata':{'name':'a\\u0000'}}",
		 "shop.json: Pod (object 1): metadata.name: has a NUL in it"},
		{"{'kind':'Pod','apiVersion':'v1','metadata':{'name':'A'}}",
		 "shop.json: Pod (object 1): metadata.name: \"A\" is not a DNS subdomain"},
		{"{'kind':'Pod','apiVersion':'v1','metadata':{'name':'a','namespace':'a.b'}}",
		 "shop.json: Pod (object 1): metadata.namespace: \"a.b\" is not a DNS label"},
		{"{'kind':'PodList','apiVersion':'v1','items':[{'metadata':{'name':'a'}},3]}",
		 "shop.json: object (object 3): is a whole number, not an object"},
		{POD("'spec':7"), "shop.json: Pod shop/p: spec: is a whole number, not an object"},
		{POD("'spec':{'nodeName':'_'}"),
		 "shop.json: Pod shop/p: spec.nodeName: \"_\" is not"},
		{POD("'spec':{'hostNetwork':'yes'}"),
		 "shop.json: Pod shop/p: spec.hostNetwork: is a string, not true or false"},
		{POD("'status':{'podIPs':[{'ip':'x'}]}"),
		 "shop.json: Pod shop/p: status.podIPs[0].ip: \"x\" is not an IP address"},
		{POD("'status':{'podIPs':[{'ip':'10.0.0.1'},{'ip':'10.0.0.2'}]}"), NULL},
		{POD("'status':{'podIPs':['10.0.0.1']}"),
		 "shop.json: Pod shop/p: status.podIPs[0]: is a string, not an object"},
		{POD("'status':{'podIP':5}"), "shop.json: Pod shop/p: status.podIP: is a whole"},
		{NODE("'spec':{'podCIDRs':['10.1.0.1/24']}"),
		 "shop.json: Node n1: spec.podCIDRs[0]: \"10.1.0.1/24\" has bits set"},
		{NODE("'spec':{'podCIDRs':[null]}"),
		 "shop.json: Node n1: spec.podCIDRs[0]: is null, not a string"},
		{NODE("'status':{'addresses':[{'type':'InternalIP'}]}"),
		 "shop.json: Node n1: status.addresses[0].address: is missing"},
		{NODE("'status':{'addresses':[{'type':'InternalIP','address':'::1'}]}"),
		 "shop.json: Node n1: status.addresses[0].address: \"::1\" is a loopback"},
		{SERVICE("'ports':[{'port':70000}]"),
		 "shop.json: Service shop/cart: spec.ports[0].port: 70000 is not in 1..65535"},
		{SERVICE("'ports':[{'port':80.5}]"),
		 "shop.json: Service shop/cart: spec.ports[0].port: 80.5 is not a whole number"},
		{SERVICE("'ports':[{'port':'80'}]"),
		 "shop.json: Service shop/cart: spec.ports[0].port: is a string, not a whole "
		 "number"},
		{SERVICE("'ports':[{'port':99999999999999999999}]"),
		 "shop.json: Service shop/cart: spec.ports[0].port: 99999999999999999999"},
		{SERVICE("'ports':[{'name':'a'}]"),
		 "shop.json: Service shop/cart: spec.ports[0].port: is missing"},
		{SERVICE("'ports':[{'name':'A','port':1}]"),
		 "shop.json: Service shop/cart: spec.ports[0].name: \"A\" is not a DNS label"},
		{SERVICE("'ports':[{'port':1},{'port':2}]"),
		 "shop.json: Service shop/cart: spec.ports[1].name: is missing"},
		{SERVICE("'ports':[{'port':1,'protocol':'ICMP'}]"),
		 "shop.json: Service shop/cart: spec.ports[0].protocol: \"ICMP\" is none of TCP, "
		 "UDP, "
		 "SCTP"},
		{SERVICE("'ports':[{'port':1,'targetPort':'A'}]"),
		 "shop.json: Service shop/cart: spec.ports[0].targetPort: \"A\" is not a port "
		 "name"},
		{SERVICE("'ports':[{'port':1,'targetPort':true}]"),
		 "shop.json: Service shop/cart: spec.ports[0].targetPort: is true or false, not"},
		{SERVICE("'ports':[{'port':1,'nodePort':-1}]"),
		 "shop.json: Service shop/cart: spec.ports[0].nodePort: -1 is not in 0..65535"},
		{SERVICE("'ports':{}"), "shop.json: Service shop/cart: spec.ports: is an object"},
		{SERVICE("'ports':[1]"), "shop.json: Service shop/cart: spec.ports[0]: is a whole"},
		{SERVICE("'ports':[]"), "shop.json: Service shop/cart: spec.ports: is missing"},
		{SERVICE(""), "shop.json: Service shop/cart: spec.ports: is missing"},
		{SERVICE("'type':'X'"),
		 "shop.json: Service shop/cart: spec.type: \"X\" is none of "},
		{SERVICE("'clusterIP':'1.2.3.4.5'"),
		 "shop.json: Service shop/cart: spec.clusterIP: \"1.2.3.4.5\" is not an IP"},
		{SERVICE("'clusterIPs':['None',5]"),
		 "shop.json: Service shop/cart: spec.clusterIPs[1]: is a whole number"},
		{SERVICE("'clusterIP':'None','externalIPs':['127.0.0.1']"),
		 "shop.json: Service shop/cart: spec.externalIPs[0]: \"127.0.0.1\" is a loopback"},
		{SERVICE("'clusterIP':'None','sessionAffinityConfig':{'clientIP':{'timeoutSeconds':"
			 "0}}"),
		 "shop.json: Service shop/cart: "
		 "spec.sessionAffinityConfig.clientIP.timeoutSeconds: 0 "
		 "is not in 1..86400"},
		{SERVICE("'clusterIP':'None'},'status':{'loadBalancer':{'ingress':[{'ipMode':'X'}]"
			 "}"),
		 "shop.json: Service shop/cart: status.loadBalancer.ingress[0].ipMode: "},
		{"{'apiVersion':'v1','kind':'Service','metadata':{'name':'a'}}",
		 "shop.json: Service default/a: spec: is missing"},
		{SLICE("'ports':[]"),
		 "shop.json: EndpointSlice shop/cart-x: addressType: is missing"},
		{SLICE("'addressType':'IPv5'"),
		 "shop.json: EndpointSlice shop/cart-x: addressType: \"IPv5\" is none of"},
		{SLICE("'addressType':'IPv4','endpoints':[{}]"),
		 "shop.json: EndpointSlice shop/cart-x: endpoints[0].addresses: is missing"},
		{SLICE("'addressType':'IPv4','endpoints':[{'addresses':['10.0.0.1','fd00::1']}]"),
		 "shop.json: EndpointSlice shop/cart-x: endpoints[0].addresses[1]: \"fd00::1\" is "
		 "not "},
		{SLICE("'addressType':'IPv4','endpoints':[{'addresses':['10.0.0.1'],'nodeName':'-'}"
		       "]"),
		 "shop.json: EndpointSlice shop/cart-x: endpoints[0].nodeName: \"-\""},
		{SLICE("'addressType':'IPv4','endpoints':[{'addresses':['10.0.0.1'],'conditions':{"
		       "'ready':1}}]"),
		 "shop.json: EndpointSlice shop/cart-x: endpoints[0].conditions.ready: is a whole"},
		{SLICE("'addressType':'IPv4','ports':[{'port':0}]"),
		 "shop.json: EndpointSlice shop/cart-x: ports[0].port: 0 is not in 1..65535"},
		{"{'apiVersion':'discovery.k8s.io/"
		 "v1','kind':'EndpointSlice','metadata':{'name':'x',"
		 "'labels':{'kubernetes.io/service-name':'A b'}},'addressType':'IPv4'}",
		 "shop.json: EndpointSlice default/x: "
		 "metadata.labels[kubernetes.io/service-name]: "},
		{INGRESS("'rules':[{'host':'a b'}]"),
		 "shop.json: Ingress shop/front: spec.rules[0].host: \"a b\" is not a host"},
		{INGRESS("'rules':[{'http':{'paths':[{'path':'/'}]}}]"),
		 "shop.json: Ingress shop/front: spec.rules[0].http.paths[0].pathType: is missing"},
		{INGRESS("'rules':[{'http':{'paths':[{'pathType':'Prefix','path':'/'}]}}]"),
		 "shop.json: Ingress shop/front: spec.rules[0].http.paths[0].backend: is missing"},
		{INGRESS("'rules':[{'http':{'paths':[{'pathType':'Prefix','path':'a','backend':{"
			 "'service':{'name':'a','port':{'number':1}}}}]}}]"),
		 "shop.json: Ingress shop/front: spec.rules[0].http.paths[0].path: \"a\" is not "
		 "an"},
		{INGRESS("'defaultBackend':{'service':{'name':'a'}}"),
		 "shop.json: Ingress shop/front: spec.defaultBackend.service.port: is missing"},
		{INGRESS("'defaultBackend':{}"),
		 "shop.json: Ingress shop/front: spec.defaultBackend.service: is missing"},
		{INGRESS("'ingressClassName':'A'"),
		 "shop.json: Ingress shop/front: spec.ingressClassName: \"A\" is not"},
	};

	assert_int_equal(load(f, SERVICE("'clusterIP':'None'")), 0);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		if (bad[i].message)
			refuse(f, bad[i].text, -EINVAL, bad[i].message);
	refuse(f, POD("'status':{'podIPs':[{'ip':'10.0.0.1'},{'ip':'10.0.0.2'}]}"), -EEXIST,
	       "shop.json: Pod shop/p: status.podIPs[1].ip: \"10.0.0.2\" is a second IPv4 address");
	refuse(f, POD("'a':1") POD("'a':1"), -EEXIST, "shop.json: Pod shop/p: is there twice");
	refuse(f, SERVICE("'ports':[{'name':'a','port':1},{'name':'b','port':1}]"), -EEXIST,
	       "shop.json: Service shop/cart: spec.ports[1].port: TCP port 1 is there twice");
	refuse(f, NODE("'spec':{'podCIDRs':['10.1.0.0/24','10.2.0.0/24']}"), -EEXIST,
	       "shop.json: Node n1: spec.podCIDRs[1]: ");
}

static void bad_annotations_are_refused(void **state)
{
	struct model_fixture *f = *state;
	static const struct {
		const char *annotation, *kind, *message;
	} bad[] = {
		{"'k8snet.io/netns':'../x'", "Pod",
		 "shop.json: Pod default/a: metadata.annotations[k8snet.io/netns]: \"../x\" is "
		 "not"},
		{"'k8snet.io/mac':'01:00:00:00:00:00'", "Pod",
		 "shop.json: Pod default/a: metadata.annotations[k8snet.io/mac]: 01:00:"},
		{"'k8snet.io/mac':'02:00:00:00:00'", "Pod",
		 "shop.json: Pod default/a: metadata.annotations[k8snet.io/mac]: \"02:00"},
		{"'flannel.alpha.coreos.com/backend-data':'{'", "Node",
		 "shop.json: Node a: metadata.annotations[flannel.alpha.coreos.com/backend-data]: "
		 "is "
		 "not JSON: "},
		{"'flannel.alpha.coreos.com/backend-data':'{\\'VtepMAC\\':\\'x\\'}'", "Node",
		 "shop.json: Node a: metadata.annotations[flannel.alpha.coreos.com/backend-data]: "
		 "\"x\" is not a MAC address"},
	};
	char text[512];

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		snprintf(text, sizeof(text),
			 "{'apiVersion':'v1','kind':'%s','metadata':{'name':'a','annotations':{%s}}"
			 "}",
			 bad[i].kind, bad[i].annotation);
		refuse(f, text, -EINVAL, bad[i].message);
	}
}

static void loads_are_all_or_nothing(void **state)
{
	struct model_fixture *f = *state;

	assert_int_equal(load(f, NODE("'a':1") SERVICE("'clusterIP':'None'")), 0);
	refuse(f,
	       NODE("'spec':{'podCIDR':'10.1.0.0/24'}") POD("'a':1")
		       SERVICE("'ports':[{'port':0}]"),
	       -EINVAL, "shop.json: Service shop/cart: spec.ports[0].port: 0 ");
	refuse(f, NODE("'spec':{'podCIDR':'10.1.0.0/24'}") POD("'a':1") "{", -EINVAL,
	       "shop.json: line 1, column ");
	refuse(f, "{'kind':'List','apiVersion':'v1','items':[" POD("'a':1") ",]}", -EINVAL,
	       "shop.json: line 1, column ");
}

static void limits_are_kept(void **state)
{
	struct model_fixture *f = *state;
	char *deep = calloc(1, 1000);

	for (int i = 0; i < 65; i++)
		strcat(deep, "{'a':");
	refuse(f, deep, -E2BIG, "shop.json: line 1, column 321: more than 64 levels of nesting");
	free(deep);
	expect_error(f->ctx,
		     k8snet_cluster_load_json(f->cluster, "shop.json", "", ((size_t)256 << 20) + 1),
		     -E2BIG, "shop.json: is longer than 256 MiB");
	expect_error(f->ctx, k8snet_cluster_load_json(f->cluster, NULL, NULL, 0), -EINVAL,
		     "json: ");
	expect_error(f->ctx, k8snet_cluster_load_json(f->cluster, NULL, "[", 1), -EINVAL,
		     "line 1, column 2: ");
}

/* An oversized file is refused, and not read to its end. */
static void files_are_read(void **state)
{
	struct model_fixture *f = *state;
	char path[] = "/tmp/k8snet-test-XXXXXX";
	static const char text[] =
		"{\"apiVersion\":\"v1\",\"kind\":\"Node\",\"metadata\":{\"name\":\"n\"}}\n";
	int fd = mkstemp(path);
	char message[64];

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, sizeof(text) - 1), sizeof(text) - 1);
	assert_int_equal(k8snet_cluster_load_file(f->cluster, path), 0);
	assert_int_equal(k8snet_cluster_count_nodes(f->cluster), 1);
	assert_int_equal(write(fd, "{", 1), 1);
	snprintf(message, sizeof(message), "%s: line 2, column 2: ", path);
	expect_error(f->ctx, k8snet_cluster_load_file(f->cluster, path), -EINVAL, message);
	assert_int_equal(ftruncate(fd, ((off_t)256 << 20) + 1), 0);
	expect_error(f->ctx, k8snet_cluster_load_file(f->cluster, path), -E2BIG, path);
	close(fd);
	unlink(path);
	expect_error(f->ctx, k8snet_cluster_load_file(f->cluster, path), -ENOENT, path);
	expect_error(f->ctx, k8snet_cluster_load_file(f->cluster, "/"), -EIO, "/: read: ");
	expect_error(f->ctx, k8snet_cluster_load_file(f->cluster, NULL), -EINVAL, "path: ");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		model_test(bad_objects_are_refused),  model_test(bad_annotations_are_refused),
		model_test(loads_are_all_or_nothing), model_test(limits_are_kept),
		model_test(files_are_read),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
