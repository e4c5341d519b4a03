/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What an API server of Kubernetes 1.37 accepts, also of objects that an older one stored: all
 * of it is loaded, and of what cannot be used nothing else is lost. The rules are those of
 * pkg/apis/{core,discovery,networking}/validation of k8s.io/kubernetes 1.37.0.
 */
#include "load_text.h"

struct row {
	const char *text;
	const char *passed_over; /* its field; NULL: all of it is used */
	const char *rule;	 /* why the API takes it */
};

/* Each passes over at most one value, and the object is there. */
static void try_rows(struct model_fixture *f, const struct row *rows, size_t count,
		     size_t (*count_objects)(const struct k8snet_cluster *cluster))
{
	struct told told;
	char field[256];
	int r;

	for (size_t i = 0; i < count; i++) {
		k8snet_cluster_unref(f->cluster);
		assert_int_equal(k8snet_cluster_new(&f->cluster, f->ctx), 0);
		r = load_told(f, rows[i].text, K8SNET_LOAD_ALL_OR_NOTHING, &told);
		snprintf(field, sizeof(field),
			 ": %s: ", rows[i].passed_over ? rows[i].passed_over : "?");
		if (r || told.passed_over != !!rows[i].passed_over ||
		    (rows[i].passed_over && !strstr(told.first, field)))
			print_error("%s\n  (%s): %d, %u passed over, \"%s\"\n", rows[i].text,
				    rows[i].rule, r, told.passed_over, told.first);
		assert_int_equal(r, 0);
		assert_int_equal(told.passed_over, rows[i].passed_over != NULL);
		assert_true(!rows[i].passed_over || strstr(told.first, field));
		assert_int_equal(count_objects(f->cluster), 1);
	}
}

#define TRY(f, rows, count_objects) \
	try_rows(f, rows, sizeof(rows) / sizeof((rows)[0]), count_objects)
#define IP   "'clusterIP':'10.96.0.1',"
#define PORT "'ports':[{'port':80}]"
#define NAMED(n) \
	"{'apiVersion':'v1','kind':'Service','metadata':{'name':'" n "'},'spec':{" PORT "}}"
#define META(m) \
	"{'apiVersion':'v1','kind':'Service','metadata':{'name':'a'," m "},'spec':{" PORT "}}"
#define STATUS(i) SERVICE(IP PORT "},'status':{'loadBalancer':{'ingress':[" i "]}")

static void services(void **state)
{
	static const struct row rows[] = {
		{NAMED("1password"), NULL, "KEP-5311: NameIsDNSLabel since 1.36"},
		{NAMED("2048"), NULL, "the same, of digits alone"},
		{META("'labels':{'a':''},'annotations':{'b':'{'}"), NULL, "others' keys"},
		{META("'labels':{'service.kubernetes.io/service-proxy-name':''}"), NULL,
		 "an empty value is one"},
		{META("'annotations':{'k8snet.io/load-balancing':'fair'}"),
		 "metadata.annotations[k8snet.io/load-balancing]", "annotations are free"},
		{META("'annotations':{'k8snet.io/load-balancing':''}"), NULL, "the same"},
		{SERVICE("'ports':[{'port':80,'targetPort':'Any_Thing'}]"), NULL,
		 "nothing that a proxy needs"},
		{SERVICE("'ports':[{'port':80,'targetPort':0}]"), NULL, "set to port by defaults"},
		{SERVICE("'ports':[{'port':80,'appProtocol':'kubernetes.io/h2c'}]"), NULL, "free"},
		{SERVICE(IP PORT ",'externalIPs':['239.1.1.1','192.0.2.1']"), "spec.externalIPs[0]",
		 "ValidateNonSpecialIP lets multicast pass"},
		{SERVICE(IP PORT ",'externalIPs':['240.0.0.1']"), NULL, "240.0.0.0/4"},
		{SERVICE(IP PORT ",'externalIPs':['010.000.001.2']"), NULL,
		 "IsValidIPForLegacyField of what is stored"},
		{SERVICE(IP PORT ",'loadBalancerSourceRanges':[' 10.0.0.1/8\\t']"), NULL,
		 "white space, and bits after the length"},
		{SERVICE(IP PORT ",'trafficDistribution':'PreferSameNode'"), NULL,
		 "a hint's origin"},
		{SERVICE(IP PORT ",'ipFamilyPolicy':'Whatever'"), NULL, "nothing that is read"},
		{SERVICE(IP PORT ",'healthCheckNodePort':0"), NULL, "none"},
		{SERVICE(IP PORT
			 ",'sessionAffinity':'ClientIP','sessionAffinityConfig':{'clientIP':"
			 "{'timeoutSeconds':null}}"),
		 NULL, "the default"},
		{STATUS("{'ip':'198.51.100.1 '}"), "status.loadBalancer.ingress[0].ip",
		 "status was not validated before 1.34"},
		{STATUS("{'ip':'127.0.0.1'}"), "status.loadBalancer.ingress[0].ip",
		 "a tunnel's, IsValidIPForLegacyField"},
		{STATUS("{'ip':'lb-1'},{'ip':'198.51.100.1'}"), "status.loadBalancer.ingress[0].ip",
		 "the same"},
		{STATUS("{'hostname':'a.example'},{'ip':'198.51.100.1','ipMode':'Proxy'}"), NULL,
		 "KEP-1860"},
		{STATUS("{'ip':'198.51.100.1','ports':[{'port':80,'protocol':'TCP'}]}"), NULL, ""},
		{SERVICE("'type':'ExternalName','externalName':'a.example','clusterIP':''"), NULL,
		 "no address, no port"},
		{SERVICE("'clusterIP':'None','clusterIPs':['None'],'selector':{'a':'b'}"), NULL,
		 "headless, without ports"},
	};

	TRY(*state, rows, k8snet_cluster_count_services);
}

#define ADDRESSES(list) NODE("'status':{'addresses':[" list "]}")
#define INTERNAL(a)	"{'type':'InternalIP','address':'" a "'}"
#define ANNOTATED(a) \
	"{'apiVersion':'v1','kind':'Node','metadata':{'name':'n1','annotations':{" a "}}}"

static void nodes(void **state)
{
	static const struct row rows[] = {
		{ADDRESSES(INTERNAL("fe80::1") "," INTERNAL("192.0.2.1")),
		 "status.addresses[0].address", "status.addresses is not validated"},
		{ADDRESSES(INTERNAL("node-1.example") "," INTERNAL("192.0.2.1")),
		 "status.addresses[0].address", "the same"},
		{ADDRESSES(INTERNAL("") "," INTERNAL("192.0.2.1")), "status.addresses[0].address",
		 "the same"},
		{ADDRESSES(INTERNAL("0.0.0.0") "," INTERNAL("192.0.2.1")),
		 "status.addresses[0].address", "the same"},
		{ADDRESSES(INTERNAL("192.0.2.1") "," INTERNAL("192.0.2.2")), NULL,
		 "the first counts"},
		{ADDRESSES("{'type':'ExternalDNS','address':'?'},{'type':'Other','address':'x'}"),
		 NULL, "types that are not read"},
		{NODE("'spec':{'podCIDR':'10.1.0.7/24','podCIDRs':['10.1.0.7/24']}"), NULL,
		 "IsValidCIDRForLegacyField lets host bits pass"},
		{NODE("'spec':{'podCIDRs':['010.1.00.0/024']}"), NULL, "and zeros"},
		{NODE("'spec':{'podCIDRs':['10.1.0.0/32','fd00:1::/64']}"), "spec.podCIDRs[0]",
		 "any length"},
		{NODE("'spec':{'providerID':'a b c','taints':[{'key':'x'}],'unschedulable':true}"),
		 NULL, "nothing that is read"},
		{ANNOTATED("'flannel.alpha.coreos.com/backend-data':'{'"),
		 "metadata.annotations[flannel.alpha.coreos.com/backend-data]",
		 "annotations are free"},
		{ANNOTATED("'flannel.alpha.coreos.com/backend-data':'null'"), NULL, "the same"},
		{ANNOTATED("'flannel.alpha.coreos.com/"
			   "backend-data':'{\\'VtepMAC\\':\\'ff:ff:ff:ff:ff:"
			   "ff\\'}'"),
		 "metadata.annotations[flannel.alpha.coreos.com/backend-data]", "the same"},
		{"{'apiVersion':'v1','kind':'Node','metadata':{'name':'n1','labels':{"
		 "'topology.kubernetes.io/zone':''}}}",
		 NULL, "an empty label"},
		{"{'apiVersion':'v1','kind':'Node','metadata':{'name':'10.0.0.1'}}", NULL,
		 "ValidateNodeName: a DNS subdomain"},
	};

	TRY(*state, rows, k8snet_cluster_count_nodes);
}

static void pods(void **state)
{
	static const struct row rows[] = {
		{POD("'status':{'podIPs':[{'ip':'10.001.0.5'}]}"), NULL, "IsValidIPForLegacyField"},
		{POD("'status':{'podIP':'169.254.1.1'}"), "status.podIP", "any address"},
		{POD("'status':{'podIPs':[{}],'phase':'Unknown'}"), NULL, ""},
		{POD("'spec':{'nodeName':'n1','containers':[{'ports':[{'hostPort':1}]}]}"), NULL,
		 ""},
		{"{'apiVersion':'v1','kind':'Pod','metadata':{'name':'p','annotations':{"
		 "'k8snet.io/netns':'x'}}}",
		 "metadata.annotations[k8snet.io/netns]", "annotations are free"},
	};

	TRY(*state, rows, k8snet_cluster_count_pods);
}

#define V4(rest) SLICE("'addressType':'IPv4'," rest)

static void slices(void **state)
{
	static const struct row rows[] = {
		{V4("'ports':[{'port':0},{'name':'a','port':80}]"), "ports[0].port",
		 "validatePorts does not look at the number"},
		{V4("'ports':[{'port':70000},{'name':'a','port':80}]"), "ports[0].port",
		 "the same"},
		{V4("'ports':[{'name':'1','port':80}]"), NULL, "ValidateDNS1123Label"},
		{V4("'ports':null,'endpoints':null"), NULL, ""},
		{V4("'endpoints':[{'addresses':['010.0.0.1']}]"), NULL, "IsValidIPForLegacyField"},
		{V4("'endpoints':[{'addresses':['239.1.1.1']},{'addresses':['10.0.0.1']}]"),
		 "endpoints[0].addresses[0]", "ValidateEndpointIP: ratcheted"},
		{V4("'endpoints':[{'addresses':['10.0.0.1','10.0.0.2']}]"), NULL, "up to 100"},
		{V4("'endpoints':[{'addresses':['10.0.0.1'],'zone':'A_b','hostname':'a','hints':{"
		    "'forZones':[{'name':''}],'forNodes':[]}}]"),
		 NULL, "IsValidLabelValue takes nothing, too"},
		{V4("'endpoints':[{'addresses':['10.0.0.1'],'nodeName':'','deprecatedTopology':{"
		    "'a':'b'}}]"),
		 NULL, "the name of none"},
		{"{'apiVersion':'discovery.k8s.io/"
		 "v1','kind':'EndpointSlice','metadata':{'name':'x.y',"
		 "'labels':{'kubernetes.io/service-name':'Not_A.Service'}},'addressType':'IPv4'}",
		 NULL, "a label's value is any"},
		{"{'apiVersion':'discovery.k8s.io/"
		 "v1','kind':'EndpointSlice','metadata':{'name':'x',"
		 "'labels':{'kubernetes.io/service-name':'7up'}},'addressType':'IPv4'}",
		 NULL, "KEP-5311"},
	};

	TRY(*state, rows, k8snet_cluster_count_endpointslices);
}

#define BACKEND(name) "'backend':{'service':{'name':'" name "','port':{'number':80}}}"
#define RULE(host, path, type)                                                \
	INGRESS("'rules':[{'host':'" host "','http':{'paths':[{'path':'" path \
		"','pathType':'" type                                         \
		"'," BACKEND("a") "}]}},{'http':{'paths':["                   \
				  "{'pathType':'Prefix','path':'/'," BACKEND("b") "}]}}]")

static void ingresses(void **state)
{
	static const struct row rows[] = {
		{RULE("*.a.example", "/x", "Exact"), NULL, "IsWildcardDNS1123Subdomain"},
		{RULE("", "", "ImplementationSpecific"), NULL, "the path may be absent"},
		{RULE("", "/a b", "Exact"), "spec.rules[0].http.paths[0].path",
		 "no rule against spaces; no request has one"},
		{RULE("", "/^(a|b)$", "ImplementationSpecific"), NULL, "any that begins with /"},
		{INGRESS("'defaultBackend':{"
			 "'service':{'name':'7up','port':{'name':'http'}}}"),
		 NULL, "RelaxedServiceNameValidation"},
		{INGRESS("'ingressClassName':'a.b','tls':[{'hosts':['x'],'secretName':'y'}],"
			 "'defaultBackend':{'service':{'name':'a','port':{'number':1}}}"),
		 NULL, ""},
		{"{'apiVersion':'networking.k8s.io/v1','kind':'Ingress','metadata':{'name':'i',"
		 "'annotations':{'kubernetes.io/ingress.class':'Any "
		 "Thing'}},'spec':{'rules':[{'host':"
		 "'a.example'}]}}",
		 NULL, "an annotation is any"},
	};

	TRY(*state, rows, k8snet_cluster_count_ingresses);
}

/* One with a class that no other can have is not one without. */
static void a_class_that_is_no_name_is_kept(void **state)
{
	struct model_fixture *f = *state;

	assert_int_equal(
		load(f,
		     "{'apiVersion':'networking.k8s.io/v1','kind':'Ingress','metadata':{'name':'i',"
		     "'annotations':{'kubernetes.io/ingress.class':'Any Thing'}},'spec':{}}"),
		0);
	assert_string_equal(k8snet_ingress_get_class_name(
				    k8snet_cluster_find_ingress(f->cluster, "default", "i")),
			    "Any Thing");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		model_test(services),  model_test(nodes),
		model_test(pods),      model_test(slices),
		model_test(ingresses), model_test(a_class_that_is_no_name_is_kept),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
