/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Loading of Kubernetes JSON. Quotes are ' in the texts here. */
#include "unit.h"

#include <sys/stat.h>
#include <unistd.h>

#include "model/ingress.h"
#include "model/journal.h"
#include "model_dump.h"

static int load(struct model_fixture *f, const char *text)
{
	char *json = strdup(text);
	int r;

	for (char *p = json; *p; p++)
		if (*p == '\'')
			*p = '"';
	r = k8snet_cluster_load_json(f->cluster, "shop.json", json, strlen(json));
	free(json);
	return r;
}

/* Refused with this message, and the cluster is as it was. */
static void refuse(struct model_fixture *f, const char *text, int code, const char *message)
{
	char *before = model_dump(f->cluster), *after;

	expect_error(f->ctx, load(f, text), code, message);
	after = model_dump(f->cluster);
	assert_string_equal(before, after);
	free(before);
	free(after);
}

#define SERVICE(spec)                                                                        \
	"{'apiVersion':'v1','kind':'Service','metadata':{'namespace':'shop','name':'cart'}," \
	"'spec':{" spec "}}"
#define SLICE(rest)                                                                  \
	"{'apiVersion':'discovery.k8s.io/v1','kind':'EndpointSlice','metadata':{"    \
	"'namespace':'shop','name':'cart-x','labels':{'kubernetes.io/service-name':" \
	"'cart'}}," rest "}"
#define POD(rest) \
	"{'apiVersion':'v1','kind':'Pod','metadata':{'namespace':'shop','name':'p'}," rest "}"
#define NODE(rest) "{'apiVersion':'v1','kind':'Node','metadata':{'name':'n1'}," rest "}"
#define INGRESS(spec)                                                        \
	"{'apiVersion':'networking.k8s.io/v1','kind':'Ingress','metadata':{" \
	"'namespace':'shop','name':'front'},'spec':{" spec "}}"

static void nodes_are_read(void **state)
{
	struct model_fixture *f = *state;
	static const uint8_t mac[6] = {0x5e, 1, 2, 3, 4, 0xff};
	const struct k8snet_node *n;

	assert_int_equal(
		load(f, "{'apiVersion':'v1','kind':'Node','metadata':{'name':'n1','namespace':'',"
			"'labels':{'topology.kubernetes.io/zone':'z1'},'annotations':{"
			"'flannel.alpha.coreos.com/backend-type':'vxlan',"
			"'flannel.alpha.coreos.com/backend-data':"
			"'{\\'VNI\\':1,\\'VtepMAC\\':\\'5e:01:02:03:04:ff\\'}',"
			"'flannel.alpha.coreos.com/backend-v6-data':'null'}},"
			"'spec':{'podCIDR':'10.1.0.0/24','podCIDRs':['10.1.0.0/24','fd00:1::/64']},"
			"'status':{'addresses':[{'type':'Hostname','address':'n1'},"
			"{'type':'InternalIP','address':'192.0.2.1'},"
			"{'type':'InternalIP','address':'192.0.2.2'},"
			"{'type':'ExternalIP','address':'1.1.1.1'},"
			"{'type':'InternalIP','address':'2001:db8::1'}]}}"),
		0);
	n = k8snet_cluster_find_node(f->cluster, "n1");
	expect_address(k8snet_node_get_address(n, 0), "192.0.2.1");
	expect_address(k8snet_node_get_address(n, 1), "2001:db8::1");
	expect_prefix(k8snet_node_get_pod_cidr(n, 0), "10.1.0.0/24");
	expect_prefix(k8snet_node_get_pod_cidr(n, 1), "fd00:1::/64");
	assert_memory_equal(k8snet_node_get_overlay_mac(n, 4), mac, 6);
	assert_int_equal(k8snet_node_get_overlay_mac(n, 6)[0] & 3, 2);
	assert_string_equal(k8snet_node_get_zone(n), "z1");

	assert_int_equal(load(f, NODE("'spec':{'podCIDR':'10.9.0.0/24'}")), 0);
	expect_prefix(k8snet_node_get_pod_cidr(n, 0), "10.9.0.0/24");
	assert_null(k8snet_node_get_pod_cidr(n, 1));
	assert_null(k8snet_node_get_address(n, 0));
	assert_int_equal(load(f, NODE("'spec':null,'status':{}")), 0);
}

static void pods_are_read(void **state)
{
	struct model_fixture *f = *state;
	static const uint8_t mac[6] = {2, 0, 0, 0, 0, 0xAB};
	const struct k8snet_pod *p;

	assert_int_equal(
		load(f,
		     "{'apiVersion':'v1','kind':'Pod','metadata':{'namespace':'shop','name':'p',"
		     "'annotations':{'k8snet.io/netns':'/run/netns/p','k8snet.io/mac':"
		     "'02:00:00:00:00:aB'}},'spec':{'nodeName':'n1','hostNetwork':false},"
		     "'status':{'phase':'Running','podIP':'10.1.0.5','podIPs':[{'ip':'10.1.0.5'},"
		     "{'ip':'fd00::5'}]}}"),
		0);
	p = k8snet_cluster_find_pod(f->cluster, "shop", "p");
	assert_string_equal(k8snet_pod_get_node_name(p), "n1");
	assert_string_equal(k8snet_pod_get_netns(p), "/run/netns/p");
	assert_memory_equal(k8snet_pod_get_mac(p), mac, 6);
	expect_address(k8snet_pod_get_address(p, 0), "10.1.0.5");
	expect_address(k8snet_pod_get_address(p, 1), "fd00::5");

	assert_int_equal(load(f, POD("'spec':{'hostNetwork':true},'status':{'podIP':'10.1.0.6'}")),
			 0);
	assert_true(k8snet_pod_is_host_network(p));
	expect_address(k8snet_pod_get_address(p, 0), "10.1.0.6");
	assert_null(k8snet_pod_get_address(p, 1));
	assert_null(k8snet_pod_get_node_name(p));
	assert_int_equal(load(f, POD("'status':{'phase':'Succeeded','podIP':'10.1.0.6'}")), 0);
	assert_null(k8snet_pod_get_address(p, 0));
	assert_int_equal(load(f, POD("'status':{'phase':'Pending','podIP':'','podIPs':null}")), 0);
	assert_int_equal(load(f, "{'apiVersion':'v1','kind':'Pod','metadata':{'name':'q'}}"), 0);
	assert_non_null(k8snet_cluster_find_pod(f->cluster, "default", "q"));
}

static void services_are_read(void **state)
{
	struct model_fixture *f = *state;
	const struct k8snet_service *s;

	assert_int_equal(
		load(f,
		     SERVICE("'type':'LoadBalancer','clusterIP':'10.96.0.1','clusterIPs':["
			     "'10.96.0.1','fd00::1'],'externalIPs':['192.0.2.9','192.0.2.9'],"
			     "'ports':[{'name':'http','port':80,'targetPort':'web','nodePort':"
			     "30080},{'name':'dns','protocol':'UDP','port':53,'targetPort':5353}],"
			     "'sessionAffinity':'ClientIP','externalTrafficPolicy':'Local',"
			     "'internalTrafficPolicy':'Local'},'status':{'loadBalancer':{"
			     "'ingress':[{'ip':'198.51.100.1','ipMode':'VIP'},{'hostname':'x'},"
			     "{'ip':'198.51.100.2','ipMode':'Proxy'},{'ip':'198.51.100.3'},"
			     "{'ip':'127.0.0.1'},{'ip':'198.51.100.3'}]}")),
		0);
	s = k8snet_cluster_find_service(f->cluster, "shop", "cart");
	assert_int_equal(k8snet_service_get_type(s), K8SNET_SERVICE_LOAD_BALANCER);
	expect_address(k8snet_service_get_cluster_ip(s, 0), "10.96.0.1");
	expect_address(k8snet_service_get_cluster_ip(s, 1), "fd00::1");
	expect_address(k8snet_service_get_external_ip(s, 0), "192.0.2.9");
	assert_null(k8snet_service_get_external_ip(s, 1));
	expect_address(k8snet_service_get_load_balancer_ip(s, 0), "198.51.100.1");
	expect_address(k8snet_service_get_load_balancer_ip(s, 1), "198.51.100.3");
	assert_null(k8snet_service_get_load_balancer_ip(s, 2));
	assert_int_equal(k8snet_service_count_ports(s), 2);
	assert_int_equal(k8snet_service_get_port_protocol(s, 0), K8SNET_PROTOCOL_TCP);
	assert_int_equal(k8snet_service_get_port_node_port(s, 0), 30080);
	assert_int_equal(k8snet_service_get_port_protocol(s, 1), K8SNET_PROTOCOL_UDP);
	assert_int_equal(k8snet_service_get_session_affinity(s), 10800);
	assert_int_equal(k8snet_service_get_external_traffic_policy(s), K8SNET_TRAFFIC_LOCAL);
	assert_int_equal(k8snet_service_get_internal_traffic_policy(s), K8SNET_TRAFFIC_LOCAL);

	assert_int_equal(
		load(f, SERVICE("'clusterIP':'None','sessionAffinity':'None',"
				"'sessionAffinityConfig':{'clientIP':{'timeoutSeconds':5}}")),
		0);
	assert_true(k8snet_service_is_headless(s));
	assert_int_equal(k8snet_service_count_ports(s), 0);
	assert_int_equal(k8snet_service_get_session_affinity(s), 0);
	assert_null(k8snet_service_get_load_balancer_ip(s, 0));
	assert_int_equal(load(f, SERVICE("'type':'ExternalName','externalName':'a.b'")), 0);
	assert_int_equal(k8snet_service_get_type(s), K8SNET_SERVICE_EXTERNAL_NAME);
	assert_int_equal(load(f, SERVICE("'clusterIPs':['fd00::2'],'ports':[{'port':1}],"
					 "'sessionAffinity':'ClientIP','sessionAffinityConfig':"
					 "{'clientIP':{'timeoutSeconds':5}}")),
			 0);
	assert_int_equal(k8snet_service_get_session_affinity(s), 5);
	expect_address(k8snet_service_get_cluster_ip(s, 0), "fd00::2");
	assert_string_equal(k8snet_service_get_port_name(s, 0), "");
}

static void slices_are_read(void **state)
{
	struct model_fixture *f = *state;
	const struct k8snet_endpointslice *s;
	struct k8snet_address address;
	static const unsigned int conditions[] = {3, 2, 6, 3, 0};

	assert_int_equal(
		load(f,
		     SLICE("'addressType':'IPv4','ports':[{'port':8080},{'name':'dns',"
			   "'protocol':'UDP','port':53},{'name':'all','port':null}],'endpoints':["
			   "{'addresses':['10.1.0.1','10.1.0.9'],'nodeName':'n1','zone':'z'},"
			   "{'addresses':['10.1.0.2'],'conditions':{'ready':false}},"
			   "{'addresses':['10.1.0.3'],'conditions':{'ready':false,'serving':true,"
			   "'terminating':true}},"
			   "{'addresses':['10.1.0.4'],'conditions':{'ready':null,'serving':null}},"
			   "{'addresses':['10.1.0.5'],'conditions':{'ready':false,'serving':false"
			   "}},{'addresses':['10.1.0.5'],'conditions':{'ready':false}}]")),
		0);
	s = k8snet_cluster_find_endpointslice(f->cluster, "shop", "cart-x");
	assert_string_equal(k8snet_endpointslice_get_service_name(s), "cart");
	assert_int_equal(k8snet_endpointslice_count_ports(s), 2);
	assert_string_equal(k8snet_endpointslice_get_port_name(s, 0), "");
	assert_int_equal(k8snet_endpointslice_get_port_number(s, 1), 53);
	assert_int_equal(k8snet_endpointslice_count_endpoints(s), 5);
	for (size_t i = 0; i < 5; i++)
		assert_int_equal(k8snet_endpointslice_get_endpoint_conditions(s, i), conditions[i]);
	assert_int_equal(k8snet_endpointslice_get_endpoint_address(s, 0, &address), 0);
	expect_address(&address, "10.1.0.1");
	assert_string_equal(k8snet_endpointslice_get_endpoint_node_name(s, 0), "n1");
	assert_null(k8snet_endpointslice_get_endpoint_node_name(s, 1));
	assert_int_equal(load(f, SLICE("'addressType':'IPv6','ports':null,'endpoints':null")), 0);
	assert_int_equal(k8snet_endpointslice_get_family(s), 6);
	assert_int_equal(k8snet_endpointslice_count_endpoints(s), 0);

	assert_int_equal(load(f, SLICE("'addressType':'FQDN','endpoints':[{'addresses':['a.b']}]")),
			 0);
	assert_int_equal(k8snet_cluster_get_skipped(f->cluster), 1);
	assert_int_equal(load(f, "{'apiVersion':'discovery.k8s.io/v1','kind':'EndpointSlice',"
				 "'metadata':{'name':'x'},'addressType':'IPv4'}"),
			 0);
	assert_int_equal(k8snet_cluster_get_skipped(f->cluster), 1);
	assert_int_equal(k8snet_cluster_count_endpointslices(f->cluster), 1);
}

static void ingresses_are_read(void **state)
{
	struct model_fixture *f = *state;
	const struct k8snet_ingress *in;
	const struct ingress_rule *rule;

	assert_int_equal(
		load(f,
		     INGRESS("'ingressClassName':'nginx','defaultBackend':{'service':{'name':"
			     "'home','port':{'number':80}}},'rules':[{'host':'*.a.b','http':{"
			     "'paths':[{'path':'/x','pathType':'Exact','backend':{'service':{"
			     "'name':'cart','port':{'name':'http'}}}},{'pathType':"
			     "'ImplementationSpecific','backend':{'service':{'name':'cart','port':{"
			     "'number':81}}}},{'path':'/r','pathType':'Prefix','backend':{"
			     "'resource':{'kind':'Bucket','name':'b'}}}]}},{'host':'c.d'}]")),
		0);
	in = k8snet_cluster_find_ingress(f->cluster, "shop", "front");
	assert_string_equal(k8snet_ingress_get_class_name(in), "nginx");
	assert_string_equal(in->spec.default_backend.service, "home");
	assert_int_equal(in->spec.rules.count, 2);
	rule = in->spec.rules.items;
	assert_string_equal(rule[0].host, "*.a.b");
	assert_string_equal(rule[0].path, "/x");
	assert_int_equal(rule[0].path_type, K8SNET_PATH_EXACT);
	assert_string_equal(rule[0].backend.port_name, "http");
	assert_string_equal(rule[1].path, "/");
	assert_int_equal(rule[1].backend.port_number, 81);
	assert_int_equal(load(f,
			      "{'apiVersion':'networking.k8s.io/v1','kind':'Ingress','metadata':{"
			      "'namespace':'shop','name':'front','annotations':{"
			      "'kubernetes.io/ingress.class':'old'}}}"),
			 0);
	assert_string_equal(k8snet_ingress_get_class_name(in), "old");
	assert_int_equal(in->spec.rules.count, 0);
}

static void all_forms_of_lists(void **state)
{
	struct model_fixture *f = *state;

	assert_int_equal(
		load(f,
		     "{'apiVersion':'v1','items':[" NODE("'a':1") "," POD(
			     "'a':1") ","
				      "{'apiVersion':'v1','kind':'ConfigMap','metadata':{}},"
				      "{'kind':'List','apiVersion':'v1','items':[" SERVICE(
					      "'clusterIP':'None'") "]}],'kind':'List'}"
								    "{'kind':'PodList','apiVersion'"
								    ":'v1','metadata':{},'items':["
								    "{'metadata':{'name':'a'}},{'"
								    "metadata':{'name':'b'}}]}\n"
								    "{'kind':'EndpointSliceList','"
								    "apiVersion':'discovery.k8s.io/"
								    "v1',"
								    "'items':null}"
								    "{'kind':'SecretList','"
								    "apiVersion':'v1','items':[{},{"
								    "}]}"
								    "{'kind':'Service','apiVersion'"
								    ":'serving.knative.dev/"
								    "v1','items':[7]}"
								    "{'kind':'AllowList','"
								    "apiVersion':'x/"
								    "v1','metadata':{'name':'x'},"
								    "'items':['a']}"),
		0);
	assert_int_equal(k8snet_cluster_count_nodes(f->cluster), 1);
	assert_int_equal(k8snet_cluster_count_pods(f->cluster), 3);
	assert_int_equal(k8snet_cluster_count_services(f->cluster), 1);
	assert_int_equal(k8snet_cluster_get_skipped(f->cluster), 5);
	assert_non_null(k8snet_cluster_find_pod(f->cluster, "default", "b"));
	assert_int_equal(load(f, "{'kind':'List','apiVersion':'v1'}"), 0);
	assert_int_equal(k8snet_cluster_get_skipped(f->cluster), 0);
}

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

/* Handles stay the same, see the new state, and keep their place. */
static void replacing_is_in_place(void **state)
{
	struct model_fixture *f = *state;
	uint64_t cursor, generation;
	struct journal_entry entry;
	struct k8snet_service *s;
	struct k8snet_pod *p;
	struct k8snet_node *n;
	const uint8_t mac[6] = {2, 1, 1, 1, 1, 1};

	assert_int_equal(load(f, SERVICE("'clusterIP':'None'") NODE("'a':1") POD("'a':1")
					 SLICE("'addressType':'IPv4'")),
			 0);
	s = k8snet_cluster_find_service(f->cluster, "shop", "cart");
	p = k8snet_cluster_find_pod(f->cluster, "shop", "p");
	n = k8snet_cluster_find_node(f->cluster, "n1");
	cursor = journal_end(f->cluster);
	generation = k8snet_cluster_get_generation(f->cluster);
	assert_int_equal(load(f, SERVICE("'clusterIP':'None'") NODE("'a':1") POD("'a':1")
					 SLICE("'addressType':'IPv4'")),
			 0);
	assert_int_equal(k8snet_cluster_get_generation(f->cluster), generation);
	assert_int_equal(journal_next(f->cluster, &cursor, &entry), 0);

	assert_int_equal(load(f, SERVICE("'clusterIP':'10.96.0.7','ports':[{'port':1}]")), 0);
	expect_address(k8snet_service_get_cluster_ip(s, 0), "10.96.0.7");
	assert_int_equal(journal_next(f->cluster, &cursor, &entry), 1);
	assert_int_equal(entry.kind, MODEL_SERVICE);
	assert_int_equal(journal_next(f->cluster, &cursor, &entry), 0);

	/* What JSON does not say is kept. */
	assert_int_equal(k8snet_pod_set_netns(p, "/run/netns/p"), 0);
	assert_int_equal(k8snet_pod_set_interface(p, "net1"), 0);
	assert_int_equal(k8snet_pod_set_mac(p, mac), 0);
	assert_int_equal(k8snet_node_set_uplink(n, "eth0", 1500), 0);
	assert_int_equal(k8snet_node_set_overlay_mac(n, 4, mac), 0);
	assert_int_equal(
		load(f, NODE("'spec':{'podCIDR':'10.1.0.0/24'}") POD("'spec':{'nodeName':'n1'}")),
		0);
	assert_string_equal(k8snet_pod_get_netns(p), "/run/netns/p");
	assert_string_equal(k8snet_pod_get_interface(p), "net1");
	assert_string_equal(k8snet_pod_get_node_name(p), "n1");
	assert_memory_equal(k8snet_pod_get_mac(p), mac, 6);
	assert_string_equal(k8snet_node_get_uplink_name(n), "eth0");
	assert_int_equal(k8snet_node_get_uplink_mtu(n), 1500);
	assert_memory_equal(k8snet_node_get_overlay_mac(n, 4), mac, 6);
	expect_prefix(k8snet_node_get_pod_cidr(n, 0), "10.1.0.0/24");
}

static void a_slice_moves_to_another_service(void **state)
{
	struct model_fixture *f = *state;
	static const char other[] =
		"{'apiVersion':'discovery.k8s.io/v1','kind':'EndpointSlice','metadata':{"
		"'namespace':'shop','name':'cart-x','labels':{'kubernetes.io/"
		"service-name':'other'}},"
		"'addressType':'IPv4'}";
	struct k8snet_endpointslice *slice;
	struct k8snet_service *cart, *to;
	struct journal_entry entry;
	uint64_t cursor;

	assert_int_equal(load(f, SERVICE("'clusterIP':'None'") SLICE("'addressType':'IPv4'")), 0);
	assert_int_equal(k8snet_service_new(&to, f->cluster, "shop", "other"), 0);
	cart = k8snet_cluster_find_service(f->cluster, "shop", "cart");
	slice = k8snet_cluster_find_endpointslice(f->cluster, "shop", "cart-x");
	assert_ptr_equal(k8snet_service_next_endpointslice(cart, NULL), slice);
	cursor = journal_end(f->cluster);
	assert_int_equal(load(f, other), 0);
	assert_null(k8snet_service_next_endpointslice(cart, NULL));
	assert_ptr_equal(k8snet_service_next_endpointslice(to, NULL), slice);
	assert_int_equal(journal_next(f->cluster, &cursor, &entry), 1);
	assert_string_equal(entry.name, "cart");
	assert_int_equal(journal_next(f->cluster, &cursor, &entry), 1);
	assert_string_equal(entry.name, "other");
	assert_int_equal(journal_next(f->cluster, &cursor, &entry), 0);
	assert_int_equal(load(f, SLICE("'addressType':'IPv4'")), 0);
	assert_ptr_equal(k8snet_service_next_endpointslice(cart, NULL), slice);
	k8snet_service_unref(to);
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
		model_test(nodes_are_read),
		model_test(pods_are_read),
		model_test(services_are_read),
		model_test(slices_are_read),
		model_test(ingresses_are_read),
		model_test(all_forms_of_lists),
		model_test(bad_objects_are_refused),
		model_test(bad_annotations_are_refused),
		model_test(loads_are_all_or_nothing),
		model_test(replacing_is_in_place),
		model_test(a_slice_moves_to_another_service),
		model_test(limits_are_kept),
		model_test(files_are_read),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
