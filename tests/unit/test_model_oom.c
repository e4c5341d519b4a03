/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Every function of the model that allocates, with its first, second ... allocation
 * failing until it passes: -ENOMEM, the model as it was, nothing leaked.
 */
#include "unit.h"

#include "model/journal.h"
#include "model_dump.h"
#include "oom.h"

struct things {
	struct k8snet_ctx *ctx;
	struct k8snet_cluster *cluster;
	struct k8snet_node *node;
	struct k8snet_pod *pod;
	struct k8snet_service *service;
	struct k8snet_endpointslice *slice;
	struct k8snet_ingress *ingress;
};

static void make(struct things *t)
{
	memset(t, 0, sizeof(*t));
	assert_int_equal(k8snet_ctx_new(&t->ctx, NULL), 0);
	assert_int_equal(k8snet_cluster_new(&t->cluster, t->ctx), 0);
	assert_int_equal(k8snet_node_new(&t->node, t->cluster, "n"), 0);
	assert_int_equal(k8snet_pod_new(&t->pod, t->cluster, "a", "p"), 0);
	assert_int_equal(k8snet_service_new(&t->service, t->cluster, "a", "s"), 0);
	assert_int_equal(k8snet_endpointslice_new(&t->slice, t->cluster, "a", "s-1", "s", 4), 0);
	assert_int_equal(k8snet_ingress_new(&t->ingress, t->cluster, "a", "i"), 0);
	assert_int_equal(k8snet_endpointslice_add_endpoint(t->slice, "10.1.0.1", "n", 3), 0);
	assert_int_equal(k8snet_service_add_cluster_ip(t->service, "10.96.0.1"), 0);
	assert_int_equal(k8snet_pod_set_label(t->pod, "tier", "back"), 0);
	assert_int_equal(k8snet_service_set_selector(t->service, "tier", "back"), 0);
}

static void drop(struct things *t)
{
	k8snet_node_unref(t->node);
	k8snet_pod_unref(t->pod);
	k8snet_service_unref(t->service);
	k8snet_endpointslice_unref(t->slice);
	k8snet_ingress_unref(t->ingress);
	k8snet_cluster_unref(t->cluster);
	k8snet_ctx_unref(t->ctx);
}

/* Fill the journal up to a power of two, so that the next change makes it grow. */
static void fill_journal(struct things *t)
{
	/* What has been read is not merged into. */
	for (uint32_t mtu = 1280; journal_end(t->cluster) < 16; mtu++)
		assert_int_equal(k8snet_cluster_set_mtu(t->cluster, mtu), 0);
}

#define NEW(kind, ...)                                             \
	({                                                         \
		struct k8snet_##kind *_made = NULL;                \
		int _r = k8snet_##kind##_new(&_made, __VA_ARGS__); \
		k8snet_##kind##_unref(_made);                      \
		_r;                                                \
	})
#define OP(name, expression)              \
	static int name(struct things *t) \
	{                                 \
		return (expression);      \
	}

OP(op_cluster_new, NEW(cluster, t->ctx))
OP(op_bridge_name, k8snet_cluster_set_bridge_name(t->cluster, "other"))
OP(op_mode, k8snet_cluster_set_mode(t->cluster, K8SNET_MODE_OVERLAY))
OP(op_link, k8snet_cluster_set_link(t->cluster, K8SNET_LINK_PTP))
OP(op_direct, k8snet_cluster_set_direct_routing(t->cluster, true))
OP(op_services, k8snet_cluster_set_services_only(t->cluster, true))
OP(op_vni, k8snet_cluster_set_overlay_vni(t->cluster, 7))
OP(op_port, k8snet_cluster_set_overlay_port(t->cluster, 7))
OP(op_mtu, k8snet_cluster_set_mtu(t->cluster, 9000))
OP(op_mark, k8snet_cluster_set_masquerade_mark(t->cluster, 8))
OP(op_cluster_cidr, k8snet_cluster_add_pod_cidr(t->cluster, "10.1.0.0/16"))
OP(op_masquerade_all, k8snet_cluster_set_masquerade_all(t->cluster, true))
OP(op_counters, k8snet_cluster_set_counters(t->cluster, true))
OP(op_reset, k8snet_cluster_set_reset_connections(t->cluster, true))
OP(op_detection, k8snet_cluster_set_local_detection(t->cluster, K8SNET_LOCAL_NONE))
OP(op_pod_pattern, k8snet_cluster_add_pod_interface(t->cluster, "veth*"))
OP(op_port_cidr, k8snet_cluster_add_node_port_cidr(t->cluster, "10.1.0.0/16"))
OP(op_service_cidr, k8snet_cluster_add_service_cidr(t->cluster, "10.96.0.0/16"))
OP(op_node_new, NEW(node, t->cluster, "n2"))
OP(op_node_remove, k8snet_node_remove(t->node))
OP(op_node_address, k8snet_node_add_address(t->node, "192.0.2.1"))
OP(op_node_clear, k8snet_node_clear_addresses(t->node))
OP(op_node_cidr, k8snet_node_add_pod_cidr(t->node, "10.1.1.0/24"))
OP(op_node_clear_cidr, k8snet_node_clear_pod_cidrs(t->node))
OP(op_node_uplink, k8snet_node_set_uplink(t->node, "eth0", 1500))
OP(op_node_mac, k8snet_node_set_overlay_mac(t->node, 4, (const uint8_t *)"\2\1\1\1\1\1"))
OP(op_node_zone, k8snet_node_set_zone(t->node, "z"))
OP(op_pod_new, NEW(pod, t->cluster, "b", "p2"))
OP(op_pod_remove, k8snet_pod_remove(t->pod))
OP(op_pod_node, k8snet_pod_set_node_name(t->pod, "other"))
OP(op_pod_address, k8snet_pod_add_address(t->pod, "10.1.0.1"))
OP(op_pod_clear, k8snet_pod_clear_addresses(t->pod))
OP(op_pod_netns, k8snet_pod_set_netns(t->pod, "/run/netns/p"))
OP(op_pod_interface, k8snet_pod_set_interface(t->pod, "net1"))
OP(op_pod_mac, k8snet_pod_set_mac(t->pod, (const uint8_t *)"\2\1\1\1\1\1"))
OP(op_pod_host, k8snet_pod_set_host_network(t->pod, true))
OP(op_pod_label, k8snet_pod_set_label(t->pod, "app", "web"))
OP(op_pod_clear_labels, k8snet_pod_clear_labels(t->pod))
OP(op_service_new, NEW(service, t->cluster, "b", "s2"))
OP(op_service_remove, k8snet_service_remove(t->service))
OP(op_service_type, k8snet_service_set_type(t->service, K8SNET_SERVICE_NODE_PORT))
OP(op_service_ip, k8snet_service_add_cluster_ip(t->service, "fd00::1"))
OP(op_service_clear_ips, k8snet_service_clear_cluster_ips(t->service))
OP(op_service_external, k8snet_service_add_external_ip(t->service, "192.0.2.1"))
OP(op_service_clear_external, k8snet_service_clear_external_ips(t->service))
OP(op_service_lb, k8snet_service_add_load_balancer_ip(t->service, "192.0.2.1"))
OP(op_service_clear_lb, k8snet_service_clear_load_balancer_ips(t->service))
OP(op_service_port, k8snet_service_add_port(t->service, "http", K8SNET_PROTOCOL_TCP, 80, 0))
OP(op_service_clear_ports, k8snet_service_clear_ports(t->service))
OP(op_service_range, k8snet_service_add_source_range(t->service, "10.0.0.0/8"))
OP(op_service_clear_ranges, k8snet_service_clear_source_ranges(t->service))
OP(op_service_proxy, k8snet_service_set_proxy_name(t->service, "other"))
OP(op_service_selector, k8snet_service_set_selector(t->service, "app", "web"))
OP(op_service_clear_selector, k8snet_service_clear_selector(t->service))
OP(op_service_health, k8snet_service_set_health_check_node_port(t->service, 30500))
OP(op_service_balancing,
   k8snet_service_set_load_balancing(t->service, K8SNET_LOAD_BALANCING_ROUND_ROBIN))
OP(op_service_affinity, k8snet_service_set_session_affinity(t->service, 5))
OP(op_service_internal,
   k8snet_service_set_internal_traffic_policy(t->service, K8SNET_TRAFFIC_LOCAL))
OP(op_service_external_policy,
   k8snet_service_set_external_traffic_policy(t->service, K8SNET_TRAFFIC_LOCAL))
OP(op_slice_new, NEW(endpointslice, t->cluster, "b", "x", "y", 6))
OP(op_slice_remove, k8snet_endpointslice_remove(t->slice))
OP(op_slice_port, k8snet_endpointslice_add_port(t->slice, "http", K8SNET_PROTOCOL_TCP, 80))
OP(op_slice_endpoint, k8snet_endpointslice_add_endpoint(t->slice, "10.1.0.9", "n9", 3))
OP(op_slice_remove_endpoint, k8snet_endpointslice_remove_endpoint(t->slice, "10.1.0.1"))
OP(op_slice_weight, k8snet_endpointslice_set_endpoint_weight(t->slice, "10.1.0.1", 7))
OP(op_slice_hints, k8snet_endpointslice_set_endpoint_hints(t->slice, "10.1.0.1", "n7,n8", "z7,z8"))
OP(op_ingress_new, NEW(ingress, t->cluster, "b", "x"))
OP(op_ingress_remove, k8snet_ingress_remove(t->ingress))
OP(op_ingress_class, k8snet_ingress_set_class_name(t->ingress, "nginx"))
OP(op_ingress_rule,
   k8snet_ingress_add_rule(t->ingress, "a.b", "/x", K8SNET_PATH_EXACT, "s9", "http", 0))
OP(op_ingress_default, k8snet_ingress_set_default_backend(t->ingress, "s9", NULL, 80))
OP(op_ingress_clear, k8snet_ingress_clear_rules(t->ingress))

/* New and replaced objects of each kind, a slice that moves, lists, escapes. */
static const char manifest[] =
	"{\"apiVersion\":\"v1\",\"kind\":\"List\",\"items\":["
	"{\"apiVersion\":\"v1\",\"kind\":\"Node\",\"metadata\":{\"name\":\"n\",\"labels\":{"
	"\"topology.kubernetes.io/zone\":\"\\u007a\"},\"annotations\":{"
	"\"flannel.alpha.coreos.com/"
	"backend-data\":\"{\\\"VtepMAC\\\":\\\"02:00:00:00:00:01\\\"}\"}},"
	"\"spec\":{\"podCIDRs\":[\"10.1.0.0/24\"]},\"status\":{\"addresses\":[{\"type\":"
	"\"InternalIP\",\"address\":\"192.0.2.1\"}]}},"
	"{\"apiVersion\":\"v1\",\"kind\":\"Node\",\"metadata\":{\"name\":\"n2\"}},"
	"{\"apiVersion\":\"v1\",\"kind\":\"Pod\",\"metadata\":{\"namespace\":\"a\",\"name\":\"p\","
	"\"labels\":{\"l\":\"m\",\"k\":\"\"},"
	"\"annotations\":{\"k8snet.io/netns\":\"/run/netns/p\"}},\"spec\":{\"nodeName\":\"nx\"},"
	"\"status\":{\"podIP\":\"10.1.0.1\"}},"
	"{\"apiVersion\":\"v1\",\"kind\":\"Service\",\"metadata\":{\"namespace\":\"a\",\"name\":"
	"\"s\",\"annotations\":{\"k8snet.io/load-balancing\":\"weighted\"}},"
	"\"spec\":{\"selector\":{\"t\":\"u\",\"l\":\"m\"},\"clusterIP\":\"10.96.0.2\","
	"\"externalIPs\":[\"192.0.2.3\"],\"ports\":[{"
	"\"name\":\"h\",\"port\":80}]},\"status\":{\"loadBalancer\":{\"ingress\":[{\"ip\":"
	"\"192.0.2.4\"}]}}}]}"
	"{\"apiVersion\":\"discovery.k8s.io/v1\",\"kind\":\"EndpointSliceList\",\"items\":["
	"{\"metadata\":{\"namespace\":\"a\",\"name\":\"s-1\",\"labels\":{\"kubernetes.io/"
	"service-name\":\"moved\"},\"annotations\":{\"k8snet.io/weights\":\"10.1.0.1=2\"}},"
	"\"addressType\":\"IPv4\",\"ports\":[{\"name\":\"hh\",\"port\":"
	"1}],"
	"\"endpoints\":[{\"addresses\":[\"10.1.0.1\"],\"nodeName\":\"nz\"}]},"
	"{\"metadata\":{\"namespace\":\"a\",\"name\":\"s-2\",\"labels\":{\"kubernetes.io/"
	"service-name\":\"fresh\"}},\"addressType\":\"IPv6\"}]}"
	"{\"apiVersion\":\"networking.k8s.io/v1\",\"kind\":\"Ingress\",\"metadata\":{\"namespace\":"
	"\"a\",\"name\":\"i\"},\"spec\":{\"ingressClassName\":\"c\",\"defaultBackend\":{"
	"\"service\":{"
	"\"name\":\"d\",\"port\":{\"number\":1}}},\"rules\":[{\"host\":\"h.i\",\"http\":{\"paths\":"
	"[{"
	"\"path\":\"/q\",\"pathType\":\"Exact\",\"backend\":{\"service\":{\"name\":\"e\",\"port\":{"
	"\"name\":\"pn\"}}}}]}}]}}";

OP(op_load, k8snet_cluster_load_json(t->cluster, "m.json", manifest, sizeof(manifest) - 1))

static const char *load_path;
OP(op_remove_json, k8snet_cluster_remove_json(t->cluster, "m.json", manifest, sizeof(manifest) - 1))
OP(op_load_file, k8snet_cluster_load_file(t->cluster, load_path))

static const struct {
	const char *name;
	int (*run)(struct things *t);
} operations[] = {
#define ENTRY(name)         \
	{                   \
#name, name \
	}
	ENTRY(op_cluster_new),
	ENTRY(op_bridge_name),
	ENTRY(op_mode),
	ENTRY(op_link),
	ENTRY(op_direct),
	ENTRY(op_services),
	ENTRY(op_vni),
	ENTRY(op_port),
	ENTRY(op_mtu),
	ENTRY(op_mark),
	ENTRY(op_cluster_cidr),
	ENTRY(op_masquerade_all),
	ENTRY(op_counters),
	ENTRY(op_reset),
	ENTRY(op_detection),
	ENTRY(op_pod_pattern),
	ENTRY(op_port_cidr),
	ENTRY(op_service_cidr),
	ENTRY(op_node_new),
	ENTRY(op_node_remove),
	ENTRY(op_node_address),
	ENTRY(op_node_clear),
	ENTRY(op_node_cidr),
	ENTRY(op_node_clear_cidr),
	ENTRY(op_node_uplink),
	ENTRY(op_node_mac),
	ENTRY(op_node_zone),
	ENTRY(op_pod_new),
	ENTRY(op_pod_remove),
	ENTRY(op_pod_node),
	ENTRY(op_pod_address),
	ENTRY(op_pod_clear),
	ENTRY(op_pod_netns),
	ENTRY(op_pod_interface),
	ENTRY(op_pod_mac),
	ENTRY(op_pod_host),
	ENTRY(op_pod_label),
	ENTRY(op_pod_clear_labels),
	ENTRY(op_service_new),
	ENTRY(op_service_remove),
	ENTRY(op_service_type),
	ENTRY(op_service_ip),
	ENTRY(op_service_clear_ips),
	ENTRY(op_service_external),
	ENTRY(op_service_clear_external),
	ENTRY(op_service_lb),
	ENTRY(op_service_clear_lb),
	ENTRY(op_service_port),
	ENTRY(op_service_clear_ports),
	ENTRY(op_service_range),
	ENTRY(op_service_clear_ranges),
	ENTRY(op_service_proxy),
	ENTRY(op_service_selector),
	ENTRY(op_service_clear_selector),
	ENTRY(op_service_health),
	ENTRY(op_service_balancing),
	ENTRY(op_service_affinity),
	ENTRY(op_service_internal),
	ENTRY(op_service_external_policy),
	ENTRY(op_slice_new),
	ENTRY(op_slice_remove),
	ENTRY(op_slice_port),
	ENTRY(op_slice_endpoint),
	ENTRY(op_slice_remove_endpoint),
	ENTRY(op_slice_hints),
	ENTRY(op_slice_weight),
	ENTRY(op_ingress_new),
	ENTRY(op_ingress_remove),
	ENTRY(op_ingress_class),
	ENTRY(op_ingress_rule),
	ENTRY(op_ingress_default),
	ENTRY(op_ingress_clear),
	ENTRY(op_load),
	ENTRY(op_load_file),
	ENTRY(op_remove_json),
};

/* With the nth allocation failing; whether one did. */
static bool try_operation(const char *name, int (*run)(struct things *t), long n, bool is_full)
{
	long live = oom_live();
	struct things t;
	char *before, *after;
	bool has_failed;
	int r;

	make(&t);
	if (is_full)
		fill_journal(&t);
	before = model_dump(t.cluster);
	oom_arm(n);
	r = run(&t);
	has_failed = oom_disarm();
	after = model_dump(t.cluster);
	if (r != 0 && r != -ENOMEM)
		fail_msg("%s, allocation %ld: returned %d", name, n, r);
	if (r == -ENOMEM) {
		assert_true(has_failed);
		assert_string_equal(before, after);
		assert_int_equal(k8snet_error_get_code(k8snet_ctx_get_error(t.ctx)), -ENOMEM);
		assert_int_equal(k8snet_error_get_id(k8snet_ctx_get_error(t.ctx)),
				 K8SNET_MSG_NO_MEMORY);
		/* It is possible afterwards. */
		assert_int_equal(run(&t), 0);
	}
	free(before);
	free(after);
	drop(&t);
	if (oom_live() != live)
		fail_msg("%s, allocation %ld: %ld leaked", name, n, oom_live() - live);
	return has_failed;
}

static void each_allocation_may_fail(void **state)
{
	long failures = 0, loads = 0;
	(void)state;

	for (size_t i = 0; i < sizeof(operations) / sizeof(operations[0]); i++)
		for (int is_full = 0; is_full < 2; is_full++) {
			long n = 0;

			while (try_operation(operations[i].name, operations[i].run, n, is_full))
				n++;
			/* Each change needs at least the journal. */
			if (is_full && operations[i].run != op_node_clear &&
			    operations[i].run != op_node_clear_cidr && n == 0)
				fail_msg("%s: no allocation failed", operations[i].name);
			failures += n;
			loads = operations[i].run == op_load ? n : loads;
		}
	print_message("%ld allocations failed, %ld of them in one load\n", failures, loads);
	assert_true(loads > 40);
}

static void contexts_need_memory(void **state)
{
	struct k8snet_ctx *ctx = NULL;
	(void)state;

	oom_arm(0);
	assert_int_equal(k8snet_ctx_new(&ctx, NULL), -ENOMEM);
	oom_disarm();
	assert_null(ctx);
}

static int make_file(void **state)
{
	static char path[] = "/tmp/k8snet-oom-XXXXXX";
	int fd = mkstemp(path);
	FILE *file = fdopen(fd, "w");

	(void)state;
	load_path = path;
	fputs(manifest, file);
	return fclose(file);
}

static int remove_file(void **state)
{
	(void)state;
	return remove(load_path);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(contexts_need_memory),
		cmocka_unit_test(each_allocation_may_fail),
	};

	return cmocka_run_group_tests(tests, make_file, remove_file);
}
