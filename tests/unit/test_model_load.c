/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Loading of Kubernetes JSON: what is read, and how it replaces. */
#include "unit.h"

#include "load_text.h"
#include "model/ingress.h"
#include "model/journal.h"

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
	assert_true(k8snet_pod_has_host_network(p));
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

static int remove_text(struct model_fixture *f, const char *text)
{
	char *json = json_text(text);
	int r;

	r = k8snet_cluster_remove_json(f->cluster, "shop.json", json, strlen(json));
	free(json);
	return r;
}

/* Of what a watch says of a deleted object only its names count. */
static void objects_are_removed_by_name(void **state)
{
	struct model_fixture *f = *state;
	struct k8snet_service *cart;
	char *before;

	assert_int_equal(load(f, SERVICE("'clusterIP':'None'") NODE("'a':1") POD("'a':1")
					 SLICE("'addressType':'IPv4'") INGRESS("'rules':[]")),
			 0);
	cart = k8snet_service_ref(k8snet_cluster_find_service(f->cluster, "shop", "cart"));
	before = model_dump(f->cluster);
	expect_error(f->ctx, remove_text(f, SLICE("'a':1") "{"), -EINVAL, "shop.json");
	expect_dump(f, before);
	expect_error(f->ctx, remove_text(f, INGRESS("'a':1") "{'kind':'Service'}"), -EINVAL,
		     "shop.json: object (object 2): apiVersion: is missing");
	assert_int_equal(k8snet_cluster_count_ingresses(f->cluster), 0);
	assert_int_equal(load(f, INGRESS("'rules':[]")), 0);

	assert_int_equal(remove_text(f, SERVICE("'clusterIP':7,'ports':'x'") SLICE("'b':2")), 0);
	assert_int_equal(k8snet_cluster_get_skipped(f->cluster), 0);
	assert_int_equal(k8snet_service_set_session_affinity(cart, 7), -ENOENT);
	k8snet_service_unref(cart);
	assert_int_equal(k8snet_cluster_count_services(f->cluster), 0);
	assert_int_equal(k8snet_cluster_count_endpointslices(f->cluster), 0);
	assert_int_equal(k8snet_cluster_count_pods(f->cluster), 1);
	assert_int_equal(remove_text(f, SERVICE("'b':2") NODE("'b':2")
						POD("'b':2") "{'apiVersion':'v1','kind':'Secret'}"),
			 0);
	assert_int_equal(k8snet_cluster_get_skipped(f->cluster), 2);
	assert_int_equal(k8snet_cluster_count_nodes(f->cluster), 0);
	assert_int_equal(k8snet_cluster_count_ingresses(f->cluster), 1);
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
		model_test(replacing_is_in_place),
		model_test(a_slice_moves_to_another_service),
		model_test(objects_are_removed_by_name),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
