/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Loading of Kubernetes JSON: what is refused and what is passed over, in which words, and
 * that it leaves all else as it was. */
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
		{"apiVersion: v1", "shop.json: line 1, column 1: expected a JSON value: this looks "
				   "like YAML"},
		{"# shop\n\n---\nkind: List",
		 "shop.json: line 1, column 1: expected a JSON value: this looks like YAML"},
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
		{"{'kind':'PodList','apiVersion':'v1','items':[3]}",
		 "shop.json: object (object 2): is a whole number, not an object"},
		{SERVICE("'ports':[]"), "shop.json: Service shop/cart: spec.ports: is missing"},
		{SERVICE(""), "shop.json: Service shop/cart: spec.ports: is missing"},
		{"{'apiVersion':'v1','kind':'Service','metadata':{'name':'a'}}",
		 "shop.json: Service default/a: spec: is missing"},
		{SLICE("'ports':[]"),
		 "shop.json: EndpointSlice shop/cart-x: addressType: is missing"},
		{SLICE("'addressType':'IPv5'"),
		 "shop.json: EndpointSlice shop/cart-x: addressType: has nothing that can be used"},
		{"{'apiVersion':'discovery.k8s.io/"
		 "v1','kind':'EndpointSlice','metadata':{'name':'x',"
		 "'labels':{'kubernetes.io/service-name':'A b'}},'addressType':'IPv4'}",
		 "shop.json: EndpointSlice default/x: "
		 "metadata.labels[kubernetes.io/service-name]: "},
	};

	assert_int_equal(load(f, SERVICE("'clusterIP':'None'")), 0);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		refuse(f, bad[i].text, -EINVAL, bad[i].message);
}

/* What is said of a value, and that it is the one thing that is missing then. */
static void bad_values_are_passed_over(void **state)
{
	struct model_fixture *f = *state;
	static const struct {
		const char *text, *message;
	} bad[] = {
		{POD("'spec':7"), "Pod shop/p: spec: is a whole number, not an object"},
		{POD("'spec':{'nodeName':'_'}"), "Pod shop/p: spec.nodeName: \"_\" is not"},
		{POD("'spec':{'hostNetwork':'yes'}"),
		 "Pod shop/p: spec.hostNetwork: is a string, not true or false"},
		{POD("'status':{'podIPs':[{'ip':'x'}]}"),
		 "Pod shop/p: status.podIPs[0].ip: \"x\" is not an IP address"},
		{POD("'status':{'podIPs':['10.0.0.1']}"),
		 "Pod shop/p: status.podIPs[0]: is a string, not an object"},
		{POD("'status':{'podIP':5}"), "Pod shop/p: status.podIP: is a whole"},
		{NODE("'spec':{'podCIDRs':[null]}"),
		 "Node n1: spec.podCIDRs[0]: is null, not a string"},
		{NODE("'status':{'addresses':[{'type':'InternalIP'}]}"),
		 "Node n1: status.addresses[0].address: is missing"},
		{NODE("'status':{'addresses':[{'type':'InternalIP','address':'::1'}]}"),
		 "Node n1: status.addresses[0].address: \"::1\" is a loopback"},
		{SERVICE("'clusterIP':'None','ports':[{'port':70000}]"),
		 "Service shop/cart: spec.ports[0].port: 70000 is not in 1..65535"},
		{SERVICE("'clusterIP':'None','ports':[{'port':80.5}]"),
		 "Service shop/cart: spec.ports[0].port: 80.5 is not a whole number"},
		{SERVICE("'clusterIP':'None','ports':[{'port':'80'}]"),
		 "Service shop/cart: spec.ports[0].port: is a string, not a whole "
		 "number"},
		{SERVICE("'clusterIP':'None','ports':[{'port':99999999999999999999}]"),
		 "Service shop/cart: spec.ports[0].port: 99999999999999999999"},
		{SERVICE("'clusterIP':'None','ports':[{'name':'a'}]"),
		 "Service shop/cart: spec.ports[0].port: is missing"},
		{SERVICE("'clusterIP':'None','ports':[{'name':'A','port':1}]"),
		 "Service shop/cart: spec.ports[0].name: \"A\" is not a DNS label"},
		{SERVICE("'clusterIP':'None','ports':[{'port':1},{'port':2}]"),
		 "Service shop/cart: spec.ports[1].name: is missing"},
		{SERVICE("'clusterIP':'None','ports':[{'port':1,'protocol':'ICMP'}]"),
		 "Service shop/cart: spec.ports[0].protocol: \"ICMP\" is none of TCP, "
		 "UDP, "
		 "SCTP"},
		{SERVICE("'clusterIP':'None','ports':[{'port':1,'nodePort':-1}]"),
		 "Service shop/cart: spec.ports[0].nodePort: -1 is not in 0..65535"},
		{SERVICE("'clusterIP':'None','ports':{}"),
		 "Service shop/cart: spec.ports: is an object"},
		{SERVICE("'clusterIP':'None','ports':[1]"),
		 "Service shop/cart: spec.ports[0]: is a whole"},
		{SERVICE("'clusterIP':'None','type':'X'"),
		 "Service shop/cart: spec.type: \"X\" is none of "},
		{SERVICE("'clusterIP':'1.2.3.4.5','ports':[{'port':1}]"),
		 "Service shop/cart: spec.clusterIP: \"1.2.3.4.5\" is not an IP"},
		{SERVICE("'clusterIPs':['None',5]"),
		 "Service shop/cart: spec.clusterIPs[1]: is a whole number"},
		{SERVICE("'clusterIP':'None','externalIPs':['127.0.0.1']"),
		 "Service shop/cart: spec.externalIPs[0]: \"127.0.0.1\" is a loopback"},
		{SERVICE("'clusterIP':'None','sessionAffinityConfig':{'clientIP':{'timeoutSeconds':"
			 "0}}"),
		 "Service shop/cart: "
		 "spec.sessionAffinityConfig.clientIP.timeoutSeconds: 0 "
		 "is not in 1..86400"},
		{SERVICE("'clusterIP':'None'},'status':{'loadBalancer':{'ingress':[{'ipMode':'X'}]"
			 "}"),
		 "Service shop/cart: status.loadBalancer.ingress[0].ipMode: "},
		{SLICE("'addressType':'IPv4','endpoints':[{}]"),
		 "EndpointSlice shop/cart-x: endpoints[0].addresses: is missing"},
		{SLICE("'addressType':'IPv4','endpoints':[{'addresses':['fd00::1']}]"),
		 "EndpointSlice shop/cart-x: endpoints[0].addresses[0]: \"fd00::1\" is "
		 "not "},
		{SLICE("'addressType':'IPv4','endpoints':[{'addresses':['10.0.0.1'],'nodeName':'-'}"
		       "]"),
		 "EndpointSlice shop/cart-x: endpoints[0].nodeName: \"-\""},
		{SLICE("'addressType':'IPv4','endpoints':[{'addresses':['10.0.0.1'],'conditions':{"
		       "'ready':1}}]"),
		 "EndpointSlice shop/cart-x: endpoints[0].conditions.ready: is a whole"},
		{SLICE("'addressType':'IPv4','ports':[{'port':0}]"),
		 "EndpointSlice shop/cart-x: ports[0].port: 0 is not in 1..65535"},
		{INGRESS("'rules':[{'host':'a b'}]"),
		 "Ingress shop/front: spec.rules[0].host: \"a b\" is not a host"},
		{INGRESS("'rules':[{'http':{'paths':[{'path':'/'}]}}]"),
		 "Ingress shop/front: spec.rules[0].http.paths[0].pathType: is missing"},
		{INGRESS("'rules':[{'http':{'paths':[{'pathType':'Prefix','path':'/'}]}}]"),
		 "Ingress shop/front: spec.rules[0].http.paths[0].backend: is missing"},
		{INGRESS("'rules':[{'http':{'paths':[{'pathType':'Prefix','path':'a','backend':{"
			 "'service':{'name':'a','port':{'number':1}}}}]}}]"),
		 "Ingress shop/front: spec.rules[0].http.paths[0].path: \"a\" is not "
		 "an"},
		{INGRESS("'defaultBackend':{'service':{'name':'a'}}"),
		 "Ingress shop/front: spec.defaultBackend.service.port: is missing"},
		{INGRESS("'defaultBackend':{}"),
		 "Ingress shop/front: spec.defaultBackend.service: is missing"},
		{POD("'status':{'podIPs':[{'ip':'10.0.0.1'},{'ip':'10.0.0.2'}]}"),
		 "Pod shop/p: status.podIPs[1].ip: \"10.0.0.2\" is a second IPv4 address"},
		{SERVICE("'ports':[{'name':'a','port':1},{'name':'b','port':1}]"),
		 "Service shop/cart: spec.ports[1].port: TCP port 1 is there twice"},
		{NODE("'spec':{'podCIDRs':['10.1.0.0/24','10.2.0.0/24']}"),
		 "Node n1: spec.podCIDRs[1]: "},
	};

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		pass_over(f, bad[i].text, bad[i].message);
}

static void bad_annotations_are_passed_over(void **state)
{
	struct model_fixture *f = *state;
	static const struct {
		const char *annotation, *kind, *message;
	} bad[] = {
		{"'k8snet.io/netns':'../x'", "Pod",
		 "Pod default/a: metadata.annotations[k8snet.io/netns]: \"../x\" is "
		 "not"},
		{"'k8snet.io/mac':'01:00:00:00:00:00'", "Pod",
		 "Pod default/a: metadata.annotations[k8snet.io/mac]: 01:00:"},
		{"'k8snet.io/mac':'02:00:00:00:00'", "Pod",
		 "Pod default/a: metadata.annotations[k8snet.io/mac]: \"02:00"},
		{"'flannel.alpha.coreos.com/backend-data':'{'", "Node",
		 "Node a: metadata.annotations[flannel.alpha.coreos.com/backend-data]: "
		 "is "
		 "not JSON: "},
		{"'flannel.alpha.coreos.com/backend-data':'{\\'VtepMAC\\':\\'x\\'}'", "Node",
		 "Node a: metadata.annotations[flannel.alpha.coreos.com/backend-data]: "
		 "\"x\" is not a MAC address"},
	};
	char text[512];

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		snprintf(text, sizeof(text),
			 "{'apiVersion':'v1','kind':'%s','metadata':{'name':'a','annotations':{%s}}"
			 "}",
			 bad[i].kind, bad[i].annotation);
		pass_over(f, text, bad[i].message);
	}
}

/* One that is refused keeps what the cluster has of it, and holds up no other. */
static void each_object_stands_by_itself(void **state)
{
	struct model_fixture *f = *state;
	static const char text[] =
		"{'kind':'List','apiVersion':'v1','items':["
		"{'apiVersion':'v1','kind':'Service','metadata':{'name':'A'},'spec':{}}," SERVICE(
			"'ports':[]") "," POD("'a':1") "," POD("'a':2") ",7]}" NODE("'a':1");
	struct told told;
	char *before;

	assert_int_equal(load(f, SERVICE("'clusterIP':'10.96.0.1','ports':[{'port':80}]")), 0);
	before = model_dump(f->cluster);
	expect_error(f->ctx, load_told(f, text, K8SNET_LOAD_ALL_OR_NOTHING, &told), -EINVAL,
		     "shop.json: Service (object 2): metadata.name: \"A\" is not a DNS label");
	assert_int_equal(told.refused, 1);
	expect_dump(f, before);
	assert_int_equal(load_told(f, text, 0, &told), 0);
	assert_int_equal(told.refused, 4);
	expect_error(f->ctx, load(f, text), -EINVAL,
		     "shop.json: Service (object 2): metadata.name: \"A\" is not a DNS label");
	assert_int_equal(told.passed_over, 0);
	assert_non_null(k8snet_cluster_find_node(f->cluster, "n1"));
	assert_int_equal(k8snet_cluster_count_pods(f->cluster), 1);
	assert_int_equal(
		k8snet_service_count_ports(k8snet_cluster_find_service(f->cluster, "shop", "cart")),
		1);
}

/* Who knows not where it ends knows not what was meant. */
static void text_that_is_no_json_loads_nothing(void **state)
{
	struct model_fixture *f = *state;

	assert_int_equal(load(f, NODE("'a':1") SERVICE("'clusterIP':'None'")), 0);
	refuse(f, NODE("'spec':{'podCIDR':'10.1.0.0/24'}") POD("'a':1") "{", -EINVAL,
	       "shop.json: line 1, column ");
	refuse(f, "{'kind':'List','apiVersion':'v1','items':[" POD("'a':1") ",]}", -EINVAL,
	       "shop.json: line 1, column ");
}

/* A restriction that cannot be read must not be passed over. */
static void a_bad_source_range_refuses(void **state)
{
	refuse(*state,
	       SERVICE("'ports':[{'port':1}],'loadBalancerSourceRanges':['10.0.0.0/8','x']"),
	       -EINVAL, "shop.json: Service shop/cart: spec.loadBalancerSourceRanges[1]: \"x\" is");
}

struct changes {
	char text[1024];
};

static void note_change(void *data, enum k8snet_change change, const char *kind,
			const char *namespace_, const char *name)
{
	struct changes *changes = data;
	size_t length = strlen(changes->text);

	snprintf(changes->text + length, sizeof(changes->text) - length, "%d %s %s/%s|",
		 (int)change, kind, namespace_, name);
}

static void expect_changes(struct model_fixture *f, const char *text, unsigned int flags, int code,
			   const char *want)
{
	struct changes changes = {""};
	const struct k8snet_load_options options = {
		.size = sizeof(options), .flags = flags, .changed = note_change, .data = &changes};
	char *json = json_text(text);

	assert_int_equal(k8snet_cluster_load(f->cluster, NULL, json, strlen(json), &options), code);
	assert_string_equal(changes.text, want);
	free(json);
}

static void changes_are_told(void **state)
{
	struct model_fixture *f = *state;

	expect_changes(f, POD("'a':1") NODE("'a':1"), 0, 0, "1 Node /n1|1 Pod shop/p|");
	expect_changes(f, POD("'b':1") NODE("'spec':{'podCIDR':'10.1.0.0/24'}") "7", 0, -EINVAL,
		       "2 Node /n1|0 Pod shop/p|");
	expect_changes(f, POD("'b':1") SERVICE("'clusterIP':'None'"), K8SNET_LOAD_REMOVE, 0,
		       "3 Pod shop/p|0 Service shop/cart|");
	expect_changes(f, NODE("'a':1") "7", K8SNET_LOAD_ALL_OR_NOTHING, -EINVAL, "");
}

static void replace_removes_what_is_not_named(void **state)
{
	struct model_fixture *f = *state;
	struct changes changes = {""};
	struct k8snet_load_options options = {
		.size = sizeof(options), .changed = note_change, .data = &changes};

	assert_int_equal(load(f, NODE("'a':1") POD("'a':1") SERVICE("'clusterIP':'None'")), 0);
	expect_error(f->ctx, k8snet_cluster_end_replace(f->cluster, "Service", NULL), -ENOENT,
		     "Service: ");
	expect_error(f->ctx, k8snet_cluster_begin_replace(f->cluster, "cluster"), -EINVAL, "");
	expect_error(f->ctx, k8snet_cluster_begin_replace(f->cluster, NULL), -EINVAL, "");
	assert_int_equal(k8snet_cluster_begin_replace(f->cluster, "Service"), 0);
	assert_int_equal(
		load(f, "{'apiVersion':'v1','kind':'Service','metadata':{'namespace':'shop','name':"
			"'2nd'},'spec':{'clusterIP':'None'}}"),
		0);
	/* Named, although this one is refused. */
	assert_int_equal(load(f, SERVICE("'ports':[]")), -EINVAL);
	assert_int_equal(k8snet_cluster_end_replace(f->cluster, "Service", &options), 0);
	assert_string_equal(changes.text, "");
	assert_int_equal(k8snet_cluster_count_services(f->cluster), 2);

	assert_int_equal(k8snet_cluster_begin_replace(f->cluster, "Service"), 0);
	assert_int_equal(load(f, SERVICE("'clusterIP':'None'")), 0);
	/* Begun again: nothing was named. */
	assert_int_equal(k8snet_cluster_begin_replace(f->cluster, "Service"), 0);
	assert_int_equal(k8snet_cluster_end_replace(f->cluster, "Service", &options), 0);
	assert_string_equal(changes.text, "3 Service shop/cart|3 Service shop/2nd|");
	assert_int_equal(k8snet_cluster_count_services(f->cluster), 0);
	assert_int_equal(k8snet_cluster_count_nodes(f->cluster), 1);
	assert_int_equal(k8snet_cluster_count_pods(f->cluster), 1);
}

struct value_told {
	unsigned int objects, changes, reports;
	char field[64], kind[32];
	int64_t port;
};

static void take_value_object(void *data, const char *kind, const struct k8snet_json *object)
{
	struct value_told *told = data;

	told->objects++;
	snprintf(told->kind, sizeof(told->kind), "%s", kind);
	told->port = k8snet_json_get_integer(k8snet_json_find(object, "spec.ports[0].port"));
}

static void take_value_change(void *data, enum k8snet_change change, const char *kind,
			      const char *namespace_, const char *name)
{
	struct value_told *told = data;

	(void)change;
	(void)kind;
	(void)namespace_;
	(void)name;
	told->changes++;
}

static void take_value_report(void *data, const struct k8snet_load_report *report)
{
	struct value_told *told = data;

	told->reports++;
	if (*report->field)
		snprintf(told->field, sizeof(told->field), "%s", report->field);
}

/* What was read before is loaded as text is, and fields are those of the object. */
static void values_are_loaded(void **state)
{
	static const char text[] =
		"{\"type\":\"ADDED\",\"object\":{\"apiVersion\":\"v1\",\"kind\":\"ServiceList\","
		"\"items\":[{\"metadata\":{\"name\":\"a\"},\"spec\":{\"clusterIP\":\"10.0.0.1\","
		"\"ports\":[{\"port\":80}]}},{\"metadata\":{\"name\":\"b\"},\"spec\":{"
		"\"clusterIP\":\"10.0.0.2\",\"ports\":[{\"port\":81},{\"port\":70000}]}},7]}}";
	struct model_fixture *f = *state;
	struct value_told told = {0};
	const struct k8snet_load_options options = {.size = sizeof(options),
						    .report = take_value_report,
						    .changed = take_value_change,
						    .object = take_value_object,
						    .data = &told};
	struct k8snet_json_document *document;
	const struct k8snet_json *envelope;

	assert_int_equal(k8snet_json_document_new(&document, f->ctx), 0);
	assert_int_equal(k8snet_json_document_parse(document, text, sizeof(text) - 1, &envelope),
			 0);
	assert_int_equal(k8snet_cluster_load_value(f->cluster, "event",
						   k8snet_json_get(envelope, "object"), &options),
			 0);
	assert_int_equal(k8snet_cluster_count_services(f->cluster), 2);
	assert_int_equal(told.objects, 2);
	assert_int_equal(told.changes, 2);
	assert_int_equal(told.port, 81);
	assert_string_equal(told.kind, "Service");
	/* A value of the second, and the third as a whole. */
	assert_int_equal(told.reports, 2);
	assert_string_equal(told.field, "spec.ports[1].port");
	assert_int_equal(k8snet_cluster_load_value(f->cluster, NULL, NULL, NULL), -EINVAL);
	assert_int_equal(k8snet_json_document_set_lazy(document, "items"), 0);
	assert_int_equal(k8snet_json_document_parse(document, "{\"items\":[]}", 12, &envelope), 0);
	assert_int_equal(k8snet_cluster_load_value(f->cluster, NULL, envelope, NULL), -EINVAL);
	k8snet_json_document_unref(document);
}

/* Callers who were compiled with a shorter struct, and with a longer one. */
static void options_may_grow(void **state)
{
	struct model_fixture *f = *state;
	struct {
		struct k8snet_load_options options;
		char more[16];
	} longer = {.options.size = sizeof(longer)};
	/* Of the first version. */
	struct k8snet_load_options shorter = {.size = offsetof(struct k8snet_load_options, object) -
						      1};

	assert_int_equal(k8snet_cluster_load(f->cluster, NULL, "7", 1, &longer.options), -EINVAL);
	assert_int_equal(k8snet_error_get_id(k8snet_ctx_get_error(f->ctx)), K8SNET_MSG_BAD_FIELD);
	longer.more[15] = 1;
	assert_int_equal(k8snet_cluster_load(f->cluster, NULL, "7", 1, &longer.options), -EINVAL);
	assert_int_equal(k8snet_error_get_id(k8snet_ctx_get_error(f->ctx)),
			 K8SNET_MSG_BAD_ARGUMENT);
	assert_int_equal(k8snet_cluster_load(f->cluster, NULL, "7", 1, &shorter), -EINVAL);
	assert_int_equal(k8snet_error_get_id(k8snet_ctx_get_error(f->ctx)),
			 K8SNET_MSG_BAD_ARGUMENT);
	shorter = (struct k8snet_load_options){.size = sizeof(shorter), .flags = 64};
	assert_int_equal(k8snet_cluster_load(f->cluster, NULL, "7", 1, &shorter), -EINVAL);
	assert_int_equal(k8snet_error_get_id(k8snet_ctx_get_error(f->ctx)),
			 K8SNET_MSG_BAD_ARGUMENT);
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
		model_test(bad_objects_are_refused),
		model_test(bad_values_are_passed_over),
		model_test(bad_annotations_are_passed_over),
		model_test(each_object_stands_by_itself),
		model_test(text_that_is_no_json_loads_nothing),
		model_test(a_bad_source_range_refuses),
		model_test(changes_are_told),
		model_test(replace_removes_what_is_not_named),
		model_test(values_are_loaded),
		model_test(options_may_grow),
		model_test(limits_are_kept),
		model_test(files_are_read),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
