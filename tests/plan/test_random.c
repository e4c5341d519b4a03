/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Random sequences of changes of the model, with plans applied in between: after
 * each there is nothing left to do, and the machine is as one that was planned
 * from nothing.
 *
 *     K8SNET_RANDOM_SEED=7 K8SNET_RANDOM_STEPS=100000 tests/plan/test_random
 */
#include "fixture.h"

struct run {
	struct world w;
	uint64_t seed;
	char log[64][96]; /* the latest changes */
	unsigned int n_logged;
};

static unsigned int pick(struct run *run, unsigned int n)
{
	/* xorshift64*; the upper half, evenly enough for small n */
	run->seed ^= run->seed >> 12;
	run->seed ^= run->seed << 25;
	run->seed ^= run->seed >> 27;
	return (unsigned int)((run->seed * 0x2545f4914f6cdd1dull) >> 32) % n;
}

static void note(struct run *run, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(run->log[run->n_logged++ % 64], sizeof(run->log[0]), format, args);
	va_end(args);
}

/* --- nodes ---------------------------------------------------------------- */

#define N_NODES	   6
#define N_PODS	   8
#define N_SERVICES 6
#define N_SLICES   8

static struct k8snet_node *find_node(struct run *run, unsigned int n)
{
	char name[16];

	snprintf(name, sizeof(name), "node-%u", n);
	return k8snet_cluster_find_node(run->w.cluster, name);
}

/* Subnets and addresses are drawn from few, so that they meet. */
static void fill_node(struct run *run, struct k8snet_node *node, unsigned int n)
{
	unsigned int subnet = pick(run, 4) ? n : 1 + pick(run, N_NODES);
	char text[64];

	k8snet_node_clear_pod_cidrs(node);
	if (pick(run, 8)) {
		snprintf(text, sizeof(text), "10.1.%u.0/%d", n == 1 ? 16 : subnet,
			 n == 1 || pick(run, 10) ? 24 : 25);
		k8snet_node_add_pod_cidr(node, text);
	}
	if (pick(run, 4)) {
		snprintf(text, sizeof(text), "fd00:1:%x::/64", n == 1 ? 16 : subnet);
		k8snet_node_add_pod_cidr(node, text);
	}
	k8snet_node_clear_addresses(node);
	if (pick(run, 10)) {
		snprintf(text, sizeof(text), "10.100.0.%u", n == 1 ? 1 : 1 + n + 10 * pick(run, 3));
		k8snet_node_add_address(node, text);
	}
	if (pick(run, 5)) {
		snprintf(text, sizeof(text), "fd00:100::%x", n == 1 ? 1 : 1 + n);
		k8snet_node_add_address(node, text);
	}
}

static void change_node(struct run *run)
{
	unsigned int n = 1 + pick(run, N_NODES);
	struct k8snet_node *node = find_node(run, n);
	char name[16];

	if (n == 1 && pick(run, 4))
		return;
	note(run, "node-%u", n);
	if (!node) {
		snprintf(name, sizeof(name), "node-%u", n);
		assert_int_equal(k8snet_node_new(&node, run->w.cluster, name), 0);
		fill_node(run, node, n);
		k8snet_node_unref(node);
		return;
	}
	switch (pick(run, 3)) {
	case 0:
		k8snet_node_remove(node);
		break;
	case 1:
		k8snet_node_set_overlay_mac(node, pick(run, 2) ? 4 : 6,
					    (uint8_t[]){2, 0, 0, 0, 0, (uint8_t)pick(run, 3)});
		break;
	default:
		fill_node(run, node, n);
	}
}

/* --- pods ----------------------------------------------------------------- */

static void fill_pod(struct run *run, struct k8snet_pod *pod)
{
	static const char *const netns[] = {
		NULL,		"/run/netns/a", "/run/netns/b",	  "/run/netns/c",
		"/run/netns/d", "/run/netns/e", "/proc/7/ns/net", "/run/netns/f"};
	char text[64];

	k8snet_pod_set_node_name(pod, pick(run, 5) ? "node-1" : "node-2");
	k8snet_pod_set_netns(pod, netns[pick(run, 8)]);
	k8snet_pod_set_interface(pod, pick(run, 6) ? "eth0" : "net1");
	k8snet_pod_set_host_network(pod, !pick(run, 10));
	k8snet_pod_clear_addresses(pod);
	if (pick(run, 8)) {
		snprintf(text, sizeof(text), "10.1.16.%u", 2 + pick(run, 6));
		k8snet_pod_add_address(pod, text);
	}
	if (pick(run, 3)) {
		snprintf(text, sizeof(text), "fd00:1:10::%x", 2 + pick(run, 6));
		k8snet_pod_add_address(pod, text);
	}
	if (!pick(run, 4))
		k8snet_pod_set_mac(pod, (uint8_t[]){2, 1, 0, 0, 0, (uint8_t)pick(run, 4)});
}

static void change_pod(struct run *run)
{
	struct k8snet_pod *pod;
	char name[16];

	snprintf(name, sizeof(name), "p%u", pick(run, N_PODS));
	note(run, "pod %s", name);
	pod = k8snet_cluster_find_pod(run->w.cluster, "shop", name);
	if (pod && !pick(run, 3)) {
		k8snet_pod_remove(pod);
	} else if (pod) {
		fill_pod(run, pod);
	} else {
		assert_int_equal(k8snet_pod_new(&pod, run->w.cluster, "shop", name), 0);
		fill_pod(run, pod);
		k8snet_pod_unref(pod);
	}
}

/* --- services ------------------------------------------------------------- */

static void fill_service(struct run *run, struct k8snet_service *s)
{
	static const enum k8snet_protocol protocols[] = {K8SNET_PROTOCOL_TCP, K8SNET_PROTOCOL_UDP,
							 K8SNET_PROTOCOL_SCTP};
	static const char *const names[] = {"http", "dns", "x"};
	unsigned int i;
	char text[64];

	k8snet_service_set_type(s, (enum k8snet_service_type)pick(run, 4));
	k8snet_service_clear_source_ranges(s);
	if (!pick(run, 2))
		k8snet_service_add_source_range(s, pick(run, 2) ? "10.0.0.0/8" : "fd00::/8");
	if (!pick(run, 3))
		k8snet_service_add_source_range(s, pick(run, 2) ? "10.1.0.0/16" : "0.0.0.0/0");
	k8snet_service_set_proxy_name(s, pick(run, 9) ? NULL : "other");
	k8snet_service_set_external_traffic_policy(s, (enum k8snet_traffic_policy)pick(run, 2));
	k8snet_service_set_internal_traffic_policy(s, (enum k8snet_traffic_policy) !pick(run, 4));
	k8snet_service_set_load_balancing(s, pick(run, 2)
						     ? K8SNET_LOAD_BALANCING_RANDOM
						     : (enum k8snet_load_balancing)pick(run, 5));
	k8snet_service_set_session_affinity(s, pick(run, 3) ? 0 : 60 + pick(run, 2) * 10740);
	k8snet_service_clear_cluster_ips(s);
	snprintf(text, sizeof(text), "10.96.0.%u", 1 + pick(run, 8));
	if (pick(run, 8))
		k8snet_service_add_cluster_ip(s, text);
	snprintf(text, sizeof(text), "fd00:96::%u", 1 + pick(run, 8));
	if (pick(run, 3))
		k8snet_service_add_cluster_ip(s, text);
	k8snet_service_clear_external_ips(s);
	k8snet_service_clear_load_balancer_ips(s);
	if (!pick(run, 3))
		k8snet_service_add_external_ip(s, pick(run, 2) ? "192.0.2.1" : "192.0.2.2");
	if (!pick(run, 3))
		k8snet_service_add_load_balancer_ip(s, pick(run, 2) ? "192.0.2.1" : "2001:db8::1");
	k8snet_service_clear_ports(s);
	for (i = 0; i < 1 + pick(run, 3); i++)
		k8snet_service_add_port(s, names[i], protocols[pick(run, 3)],
					(uint16_t)(80 + pick(run, 2)),
					(uint16_t)(pick(run, 2) ? 30080 + pick(run, 4) : 0));
}

static void change_service(struct run *run)
{
	struct k8snet_service *s;
	char name[16];

	snprintf(name, sizeof(name), "s%u", pick(run, N_SERVICES));
	note(run, "service %s", name);
	s = k8snet_cluster_find_service(run->w.cluster, "shop", name);
	if (s && !pick(run, 3)) {
		k8snet_service_remove(s);
	} else if (s) {
		fill_service(run, s);
	} else {
		assert_int_equal(k8snet_service_new(&s, run->w.cluster, "shop", name), 0);
		fill_service(run, s);
		k8snet_service_unref(s);
	}
}

static void change_endpoint(struct run *run, struct k8snet_endpointslice *s)
{
	int family = k8snet_endpointslice_get_family(s);
	struct k8snet_address address;
	char text[K8SNET_ADDRESS_TEXT_SIZE];
	size_t n = k8snet_endpointslice_count_endpoints(s);

	if (n && pick(run, 2)) {
		assert_int_equal(k8snet_endpointslice_get_endpoint_address(
					 s, pick(run, (unsigned int)n), &address),
				 0);
		k8snet_endpointslice_remove_endpoint(
			s, k8snet_address_format(&address, text, sizeof(text)));
		return;
	}
	snprintf(text, sizeof(text), family == 6 ? "fd00:1:10::%x" : "10.1.16.%u",
		 2 + pick(run, 9));
	k8snet_endpointslice_add_endpoint(
		s, text,
		pick(run, 2)   ? "node-1"
		: pick(run, 2) ? "node-2"
			       : NULL,
		pick(run, 3) ? K8SNET_ENDPOINT_READY | K8SNET_ENDPOINT_SERVING : pick(run, 8));
	if (!pick(run, 3))
		k8snet_endpointslice_set_endpoint_weight(s, text,
							 pick(run, 2) ? pick(run, 4) : 256);
}

static void change_slice(struct run *run)
{
	struct k8snet_endpointslice *s;
	char name[16], owner[16];
	unsigned int i;

	snprintf(name, sizeof(name), "e%u", pick(run, N_SLICES));
	snprintf(owner, sizeof(owner), "s%u", pick(run, N_SERVICES + 1));
	note(run, "slice %s of %s", name, owner);
	s = k8snet_cluster_find_endpointslice(run->w.cluster, "shop", name);
	if (s && !pick(run, 8)) {
		k8snet_endpointslice_remove(s);
	} else if (s) {
		for (i = 0; i < 1 + pick(run, 4); i++)
			change_endpoint(run, s);
	} else {
		assert_int_equal(k8snet_endpointslice_new(&s, run->w.cluster, "shop", name, owner,
							  pick(run, 2) ? 4 : 6),
				 0);
		k8snet_endpointslice_add_port(s, "http", K8SNET_PROTOCOL_TCP,
					      (uint16_t)(8080 + pick(run, 2)));
		if (pick(run, 2))
			k8snet_endpointslice_add_port(s, "dns", K8SNET_PROTOCOL_UDP, 5353);
		for (i = 0; i < pick(run, 6); i++)
			change_endpoint(run, s);
		k8snet_endpointslice_unref(s);
	}
}

/* --- by JSON -------------------------------------------------------------- */

static void load(struct run *run)
{
	char json[1024], addresses[256] = "";
	unsigned int i, n = pick(run, 5), owner = pick(run, N_SERVICES), name = pick(run, N_SLICES);
	size_t used = 0;

	for (i = 0; i < n; i++)
		used += (size_t)snprintf(
			addresses + used, sizeof(addresses) - used,
			"%s{\"addresses\":[\"10.1.16.%u\"],\"nodeName\":\"node-%u\"}", i ? "," : "",
			2 + i * 2 + pick(run, 2), 1 + pick(run, 2));
	snprintf(json, sizeof(json),
		 "{\"kind\":\"EndpointSlice\",\"apiVersion\":\"discovery.k8s.io/v1\","
		 "\"metadata\":{\"name\":\"e%u\",\"namespace\":\"shop\","
		 "\"labels\":{\"kubernetes.io/service-name\":\"s%u\"}},"
		 "\"addressType\":\"IPv4\",\"ports\":[{\"name\":\"http\",\"port\":8080}],"
		 "\"endpoints\":[%s]}"
		 "{\"kind\":\"Service\",\"apiVersion\":\"v1\","
		 "\"metadata\":{\"name\":\"s%u\",\"namespace\":\"shop\"},"
		 "\"spec\":{\"clusterIP\":\"10.96.0.%u\",\"ports\":[{\"name\":\"http\",\"port\":80}"
		 "]}}",
		 name, owner, addresses, owner, 1 + pick(run, 8));
	note(run, "load slice e%u of s%u, %u endpoints", name, owner, n);
	if (k8snet_cluster_load_json(run->w.cluster, "random", json, strlen(json)) < 0)
		fail_msg("%s", last_error(&run->w));
}

/* --- settings ------------------------------------------------------------- */

static void change_settings(struct run *run)
{
	struct k8snet_cluster *c = run->w.cluster;
	unsigned int what = pick(run, 9), value = pick(run, 2);

	note(run, "setting %u to %u", what, value);
	switch (what) {
	case 0:
		k8snet_cluster_set_mode(c, value);
		break;
	case 1:
		k8snet_cluster_set_link(c, value);
		break;
	case 2:
		k8snet_cluster_set_direct_routing(c, value);
		break;
	case 3:
		k8snet_cluster_set_bridge_name(c, value ? "k8snet0" : "cni0");
		break;
	case 4:
		k8snet_cluster_set_overlay_vni(c, 1 + value);
		break;
	case 5:
		k8snet_cluster_set_overlay_port(c, value ? 8472 : 4789);
		break;
	case 6:
		k8snet_cluster_set_mtu(c, value ? 0 : 1400);
		break;
	case 7:
		k8snet_cluster_set_masquerade_mark(c, value ? 0x4000 : 0x8000);
		k8snet_cluster_set_reset_connections(c, value);
		break;
	case 8:
		if (!pick(run, 20))
			k8snet_cluster_add_pod_cidr(c, value ? "10.1.0.0/16" : "fd00:1::/32");
		break;
	}
}

/* --- drift ---------------------------------------------------------------- */

static bool is_ours(const struct machine_kobj *k)
{
	const struct kobj *o = &k->kobj;

	if (o->type == KOBJ_SYSCTL || !strcmp(o->name, "lo"))
		return false;
	return o->type == KOBJ_ROUTE || o->netns || strcmp(o->name, "eth0");
}

static void drift(struct run *run)
{
	struct machine *m = run->w.machine;
	const struct machine_kobj *k = &m->kobjs.items[pick(run, (unsigned int)m->kobjs.count)];
	struct kobj kobj = k->kobj;
	struct hash_node *node = hash_first(&m->tables[pick(run, 2)].elements);

	if (is_ours(k)) {
		note(run, "drift: %d %s", kobj.type, kobj.name);
		machine_kobj_delete(m, &kobj);
	} else if (node) {
		note(run, "drift: element");
		machine_delete_element(m, container_of(node, struct machine_element, node));
	} else if (!pick(run, 10)) {
		note(run, "drift: table");
		machine_delete_table(m, 4);
	}
	sync_with(&run->w, K8SNET_PLAN_FULL);
}

/* --- the run -------------------------------------------------------------- */

static void change(struct run *run)
{
	unsigned int what = pick(run, 40);

	if (what < 6)
		change_node(run);
	else if (what < 14)
		change_pod(run);
	else if (what < 22)
		change_service(run);
	else if (what < 35)
		change_slice(run);
	else if (what < 38)
		load(run);
	else
		change_settings(run);
}

static bool is_of_balancer(const struct k8snet_op *op)
{
	return op->target == OP_ELEMENT && op->element.map == NFT_BALANCERS;
}

/* Plans that prune delete chains and tables that nothing needs, and no more. */
static void check_prune(struct run *run)
{
	struct k8snet_plan *plan = plan_for(&run->w, K8SNET_PLAN_PRUNE);
	const struct k8snet_op *op = NULL;

	while ((op = k8snet_plan_next_op(plan, op))) {
		if (op->verb == OP_DELETE && is_of_balancer(op))
			continue;
		if (strcmp(k8snet_op_get_verb(op), "chain delete") &&
		    strcmp(k8snet_op_get_verb(op), "table delete"))
			fail_msg("pruned:\n%s", plan_text(plan));
	}
	if (!pick(run, 4)) {
		assert_int_equal(k8snet_plan_apply(plan, run->w.kernel, NULL), 0);
		expect_empty(&run->w, K8SNET_PLAN_PRUNE);
		note(run, "pruned");
	}
	k8snet_plan_unref(plan);
}

static void apply(struct run *run)
{
	struct world *w = &run->w;
	struct k8snet_plan *plan;
	const char *problem;

	if (!pick(run, 12)) {
		w->machine->fail_at = w->machine->n_ops + 1 + pick(run, 8);
		w->machine->fail_errno = EIO;
		plan = plan_for(w, 0);
		k8snet_plan_apply(plan, w->kernel, NULL);
		k8snet_plan_unref(plan);
		w->machine->fail_at = 0;
		note(run, "failed");
		if (pick(run, 2))
			change(run);
	}
	if (!pick(run, 10))
		k8snet_plan_unref(plan_for(w, 0)); /* not applied */
	if (!pick(run, 30)) {
		/* A restart: of what leaves now nothing is known. */
		sync_with(w, 0);
		world_restart(w);
		note(run, "restart");
	}
	sync_with(w, 0);
	expect_empty(w, 0);
	expect_empty(w, K8SNET_PLAN_FULL);
	problem = machine_check(w->machine);
	if (problem)
		fail_msg("%s", problem);
	if (!pick(run, 3))
		expect_as_fresh(w, true);
	if (!pick(run, 5))
		check_prune(run);
	if (!pick(run, 10))
		drift(run);
	note(run, "--- in sync");
}

static void start(struct run *run)
{
	static const char *const netns[] = {"/run/netns/a",  "/run/netns/b", "/run/netns/c",
					    "/run/netns/d",  "/run/netns/e", "/run/netns/f",
					    "/proc/7/ns/net"};
	struct k8snet_node *node;
	size_t i;

	world_init(&run->w, 46);
	for (i = 0; i < sizeof(netns) / sizeof(netns[0]); i++)
		machine_add_netns(run->w.machine, netns[i]);
	assert_int_equal(k8snet_node_new(&node, run->w.cluster, "node-1"), 0);
	k8snet_node_set_uplink(node, "eth0", 1500);
	fill_node(run, node, 1);
	k8snet_node_unref(node);
}

static unsigned long from_environment(const char *name, unsigned long otherwise)
{
	const char *text = getenv(name);

	return text ? strtoul(text, NULL, 0) : otherwise;
}

static struct run *current;

static int tell(void **state)
{
	unsigned int i;

	(void)state;
	if (!current)
		return 0;
	print_error("the latest changes:\n");
	for (i = current->n_logged > 64 ? current->n_logged - 64 : 0; i < current->n_logged; i++)
		print_error("  %s\n", current->log[i % 64]);
	return 0;
}

static void test_random(void **state)
{
	unsigned long seed = from_environment("K8SNET_RANDOM_SEED", 1), s;
	unsigned long steps = from_environment("K8SNET_RANDOM_STEPS", 300);
	unsigned long runs = from_environment("K8SNET_RANDOM_RUNS", 12);

	(void)state;
	for (s = seed; s < seed + runs; s++) {
		static struct run run;
		unsigned long i;
		unsigned int n;

		memset(&run, 0, sizeof(run));
		run.seed = s * 0x9e3779b97f4a7c15ull;
		current = &run;
		note(&run, "seed %lu", s);
		start(&run);
		for (i = 0; i < steps; i++) {
			for (n = 1 + pick(&run, 4); n > 0; n--)
				change(&run);
			apply(&run);
		}
		world_done(&run.w);
	}
	current = NULL;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_random, NULL, tell),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
