/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Entries of connection tracking that endpoints and services leave behind. */
#include "fixture.h"

#define GONE(from, to)	"conntrack delete udp " from " -> " to
#define RESET(from, to) "conntrack reset tcp " from " -> " to
#define NEVER(from)	"conntrack delete udp " from " untranslated"

static const unsigned int ready = K8SNET_ENDPOINT_READY | K8SNET_ENDPOINT_SERVING;
static const unsigned int ending = K8SNET_ENDPOINT_SERVING | K8SNET_ENDPOINT_TERMINATING;

/* A service shop/dns of type NodePort, 10.96.0.5:53/UDP, with backends 10.1.1.2 and
 * 10.1.2.2 on port 5353. */
static struct k8snet_endpointslice *dns(struct world *w, int family)
{
	struct k8snet_endpointslice *s;

	world_init_nodes(w, family, K8SNET_MODE_ROUTE, K8SNET_LINK_BRIDGE);
	add_service(w, "dns", 5);
	k8snet_service_clear_ports(service(w, "dns"));
	k8snet_service_add_port(service(w, "dns"), "dns", K8SNET_PROTOCOL_UDP, 53, 30053);
	k8snet_service_set_type(service(w, "dns"), K8SNET_SERVICE_NODE_PORT);
	s = add_slice(w, "dns-1", "dns", family);
	k8snet_endpointslice_add_port(s, "dns", K8SNET_PROTOCOL_UDP, 5353);
	add_endpoint(s, 1, 2);
	add_endpoint(s, 2, 2);
	sync_world(w);
	return s;
}

/* The lines on connection tracking of the next plan, in any order, and no others. */
static void expect_deletions(struct world *w, const char *const *lines, size_t n)
{
	struct k8snet_plan *plan = plan_for(w, 0);
	char *text = plan_text(plan), *line, *rest = text;
	size_t i, found = 0;

	while ((line = strsep(&rest, "\n"))) {
		if (strncmp(line, "conntrack", 9))
			continue;
		found++;
		for (i = 0; i < n && strcmp(line, lines[i]); i++)
			;
		if (i == n)
			fail_msg("not wanted: %s", line);
	}
	assert_int_equal(found, n);
	free(text);
	k8snet_plan_unref(plan);
}

#define expect(w, ...)                                                             \
	do {                                                                       \
		const char *lines_[] = {__VA_ARGS__};                              \
		expect_deletions((w), lines_, sizeof(lines_) / sizeof(lines_[0])); \
	} while (0)

static void expect_none(struct world *w)
{
	expect_deletions(w, NULL, 0);
}

/* --- what goes ------------------------------------------------------------ */

static void test_endpoints(void **state)
{
	struct k8snet_endpointslice *s;
	struct world w;

	(void)state;
	s = dns(&w, 4);
	assert_int_equal(w.machine->conntrack.count, 2);
	remove_endpoint(s, 1, 2);
	expect(&w, GONE("10.96.0.5:53", "10.1.1.2:5353"),
	       GONE("10.100.0.1:30053", "10.1.1.2:5353"));
	sync_world(&w);
	assert_int_equal(w.machine->conntrack.count, 4);
	add_endpoint(s, 3, 2);
	expect_none(&w);
	sync_world(&w);
	remove_endpoint(s, 2, 2);
	remove_endpoint(s, 3, 2); /* the last one */
	expect(&w, GONE("10.96.0.5:53", "10.1.2.2:5353"), GONE("10.100.0.1:30053", "10.1.2.2:5353"),
	       GONE("10.96.0.5:53", "10.1.3.2:5353"), GONE("10.100.0.1:30053", "10.1.3.2:5353"));
	sync_world(&w);
	add_endpoint(s, 3, 2); /* the first one */
	expect(&w, NEVER("10.96.0.5:53"), NEVER("10.100.0.1:30053"));
	sync_world(&w);
	world_done(&w);
}

static void test_ipv6(void **state)
{
	struct k8snet_endpointslice *s;
	struct world w;

	(void)state;
	s = dns(&w, 6);
	remove_endpoint(s, 1, 2);
	expect(&w, GONE("[fd00:96::5]:53", "[fd00:1:1::2]:5353"),
	       GONE("[fd00:100::1]:30053", "[fd00:1:1::2]:5353"));
	sync_world(&w);
	world_done(&w);
}

static void test_services(void **state)
{
	struct world w;

	(void)state;
	dns(&w, 4);
	k8snet_service_set_type(service(&w, "dns"), K8SNET_SERVICE_CLUSTER_IP);
	expect(&w, GONE("10.100.0.1:30053", "10.1.1.2:5353"),
	       GONE("10.100.0.1:30053", "10.1.2.2:5353"));
	sync_world(&w);
	k8snet_service_remove(service(&w, "dns"));
	expect(&w, GONE("10.96.0.5:53", "10.1.1.2:5353"), GONE("10.96.0.5:53", "10.1.2.2:5353"));
	sync_world(&w);
	world_done(&w);
}

static void test_not_tcp(void **state)
{
	struct world w;

	(void)state;
	world_init_nodes(&w, 4, K8SNET_MODE_ROUTE, K8SNET_LINK_BRIDGE);
	add_shop(&w);
	expect_none(&w);
	sync_world(&w);
	remove_endpoint(slice(&w, "web-4"), 1, 2);
	expect_none(&w);
	sync_world(&w);
	k8snet_service_remove(service(&w, "web"));
	expect_none(&w);
	sync_world(&w);
	assert_int_equal(w.machine->conntrack.count, 0);
	world_done(&w);
}

/* A service shop/web of type NodePort, 10.96.0.6:80/TCP, with backends 10.1.1.2 and
 * 10.1.2.2 on port 8080, whose connections are reset. */
static struct k8snet_endpointslice *web(struct world *w, int family)
{
	struct k8snet_endpointslice *s;

	world_init_nodes(w, family, K8SNET_MODE_ROUTE, K8SNET_LINK_BRIDGE);
	k8snet_cluster_set_reset_connections(w->cluster, true);
	add_service(w, "web", 6);
	k8snet_service_clear_ports(service(w, "web"));
	k8snet_service_add_port(service(w, "web"), "http", K8SNET_PROTOCOL_TCP, 80, 30080);
	k8snet_service_set_type(service(w, "web"), K8SNET_SERVICE_NODE_PORT);
	s = add_slice(w, "web-1", "web", family);
	add_endpoint(s, 1, 2);
	add_endpoint(s, 2, 2);
	expect_none(w);
	sync_world(w);
	return s;
}

static void test_resets(void **state)
{
	struct k8snet_endpointslice *s;
	struct world w;

	(void)state;
	s = web(&w, 4);
	remove_endpoint(s, 1, 2);
	expect(&w, RESET("10.96.0.6:80", "10.1.1.2:8080"),
	       RESET("10.100.0.1:30080", "10.1.1.2:8080"));
	sync_world(&w);
	add_endpoint(s, 1, 2); /* one more */
	expect_none(&w);
	sync_world(&w);
	k8snet_service_set_type(service(&w, "web"), K8SNET_SERVICE_CLUSTER_IP);
	expect(&w, RESET("10.100.0.1:30080", "10.1.1.2:8080"),
	       RESET("10.100.0.1:30080", "10.1.2.2:8080"));
	sync_world(&w);
	add_service(&w, "other", 7);
	sync_world(&w);
	k8snet_service_remove(service(&w, "web"));
	expect(&w, RESET("10.96.0.6:80", "10.1.1.2:8080"), RESET("10.96.0.6:80", "10.1.2.2:8080"));
	sync_world(&w);
	world_done(&w);
	s = web(&w, 6);
	remove_endpoint(s, 2, 2);
	expect(&w, RESET("[fd00:96::6]:80", "[fd00:1:2::2]:8080"),
	       RESET("[fd00:100::1]:30080", "[fd00:1:2::2]:8080"));
	sync_world(&w);
	world_done(&w);
}

/* What drains or ends, and serves, keeps its connections until it does not. */
static void test_resets_draining(void **state)
{
	struct k8snet_endpointslice *s;
	struct world w;

	(void)state;
	s = web(&w, 4);
	remove_endpoint(s, 1, 2);
	add_endpoint_with(s, 1, 2, ending);
	expect_none(&w);
	sync_world(&w);
	remove_endpoint(s, 1, 2);
	add_endpoint_with(s, 1, 2, K8SNET_ENDPOINT_TERMINATING);
	expect(&w, RESET("10.96.0.6:80", "10.1.1.2:8080"),
	       RESET("10.100.0.1:30080", "10.1.1.2:8080"));
	sync_world(&w);
	k8snet_endpointslice_set_endpoint_weight(s, "10.1.2.2", 0);
	expect_none(&w);
	sync_world(&w);
	world_done(&w);
}

static bool has_line(const char *text, const char *line)
{
	return strstr(text, line) != NULL;
}

static void expect_chains(struct world *w, const char *action, bool wanted)
{
	static const char *const names[] = {"reset-prerouting", "reset-output"};
	struct k8snet_plan *plan = plan_for(w, 0);
	char *text = plan_text(plan), line[64];
	size_t i;

	for (i = 0; i < 2; i++) {
		snprintf(line, sizeof(line), "chain %s ip k8snet %s\n", action, names[i]);
		assert_int_equal(has_line(text, line), wanted);
	}
	free(text);
	k8snet_plan_unref(plan);
}

/* The chains are there while the setting is on, and are mended. */
static void test_resets_setting(void **state)
{
	const struct nft_chain chain = {
		.family = 4, .kind = NFT_CHAIN_RESET, .n = NFT_RESET_PREROUTING};
	struct k8snet_endpointslice *s;
	struct world w;

	(void)state;
	s = web(&w, 4);
	assert_non_null(machine_find_chain(w.machine, &chain));
	expect_empty(&w, K8SNET_PLAN_FULL | K8SNET_PLAN_PRUNE);
	world_restart(&w);
	expect_empty(&w, K8SNET_PLAN_PRUNE);
	machine_find_chain(w.machine, &chain)->has_rules = false;
	expect_plan(&w, K8SNET_PLAN_FULL, "chain add ip k8snet reset-prerouting");
	sync_with(&w, K8SNET_PLAN_FULL);
	k8snet_cluster_set_reset_connections(w.cluster, false);
	expect_chains(&w, "delete", true);
	remove_endpoint(s, 1, 2);
	expect_none(&w);
	sync_world(&w);
	assert_null(machine_find_chain(w.machine, &chain));
	k8snet_cluster_set_reset_connections(w.cluster, true);
	expect_chains(&w, "add", true);
	sync_world(&w);
	/* nothing is left to be reset when all goes, and with it the rules */
	k8snet_service_remove(service(&w, "web"));
	expect_none(&w);
	sync_with(&w, K8SNET_PLAN_PRUNE);
	world_done(&w);
}

/* --- what serves keeps what it has ----------------------------------------- */

static void test_ending(void **state)
{
	struct k8snet_endpointslice *s;
	struct world w;

	(void)state;
	s = dns(&w, 4);
	remove_endpoint(s, 1, 2);
	add_endpoint_with(s, 1, 2, ending);
	expect_none(&w);
	sync_world(&w);
	sync_with(&w, K8SNET_PLAN_FULL); /* looks anew, and still knows */
	expect_none(&w);
	remove_endpoint(s, 1, 2);
	expect(&w, GONE("10.96.0.5:53", "10.1.1.2:5353"),
	       GONE("10.100.0.1:30053", "10.1.1.2:5353"));
	sync_world(&w);
	/* one that comes back, and goes at once */
	remove_endpoint(s, 2, 2);
	add_endpoint(s, 3, 2);
	add_endpoint_with(s, 2, 2, ending);
	expect_none(&w);
	sync_world(&w);
	remove_endpoint(s, 2, 2);
	add_endpoint_with(s, 2, 2, ready);
	expect_none(&w);
	sync_world(&w);
	remove_endpoint(s, 2, 2);
	expect(&w, GONE("10.96.0.5:53", "10.1.2.2:5353"),
	       GONE("10.100.0.1:30053", "10.1.2.2:5353"));
	sync_world(&w);
	world_done(&w);
}

static void test_ending_service(void **state)
{
	struct k8snet_endpointslice *s;
	struct world w;

	(void)state;
	s = dns(&w, 4);
	remove_endpoint(s, 1, 2);
	add_endpoint_with(s, 1, 2, ending);
	sync_world(&w);
	k8snet_service_remove(service(&w, "dns"));
	expect(&w, GONE("10.96.0.5:53", "10.1.1.2:5353"), GONE("10.96.0.5:53", "10.1.2.2:5353"),
	       GONE("10.100.0.1:30053", "10.1.1.2:5353"),
	       GONE("10.100.0.1:30053", "10.1.2.2:5353"));
	sync_world(&w);
	world_done(&w);
}

/* --- restarts, failures ---------------------------------------------------- */

static void test_restart(void **state)
{
	struct k8snet_endpointslice *s;
	struct world w;

	(void)state;
	s = dns(&w, 4);
	world_restart(&w);
	expect_empty(&w, 0);
	world_restart(&w);
	remove_endpoint(s, 1, 2); /* while nobody looked */
	expect(&w, GONE("10.96.0.5:53", "10.1.1.2:5353"),
	       GONE("10.100.0.1:30053", "10.1.1.2:5353"));
	sync_world(&w);
	world_done(&w);
}

/* Apply, and let the Nth operation fail. */
static void fail_at(struct world *w, size_t n)
{
	struct k8snet_plan *plan = plan_for(w, 0);

	w->machine->fail_at = w->machine->n_ops + n;
	w->machine->fail_errno = EPERM;
	assert_true(k8snet_plan_apply(plan, w->kernel, NULL) < 0);
	w->machine->fail_at = 0;
	k8snet_plan_unref(plan);
}

static void test_failure(void **state)
{
	struct k8snet_endpointslice *s;
	struct k8snet_plan *plan;
	struct world w;
	size_t n;

	(void)state;
	s = dns(&w, 4);
	remove_endpoint(s, 1, 2);
	plan = plan_for(&w, 0);
	n = k8snet_plan_count_ops(plan);
	k8snet_plan_unref(plan);
	fail_at(&w, n); /* the second deletion */
	expect_plan(&w, 0, GONE("10.100.0.1:30053", "10.1.1.2:5353"));
	fail_at(&w, 1);
	expect_plan(&w, 0, GONE("10.100.0.1:30053", "10.1.1.2:5353"));
	sync_world(&w);
	remove_endpoint(s, 2, 2);
	fail_at(&w, 1); /* an element */
	expect(&w, GONE("10.96.0.5:53", "10.1.2.2:5353"),
	       GONE("10.100.0.1:30053", "10.1.2.2:5353"));
	sync_world(&w);
	world_done(&w);
}

static void test_resets_failure(void **state)
{
	struct k8snet_endpointslice *s;
	struct k8snet_plan *plan;
	struct world w;
	size_t n;

	(void)state;
	s = web(&w, 4);
	remove_endpoint(s, 1, 2);
	plan = plan_for(&w, 0);
	n = k8snet_plan_count_ops(plan);
	k8snet_plan_unref(plan);
	fail_at(&w, n); /* the second reset */
	expect_plan(&w, 0, RESET("10.100.0.1:30080", "10.1.1.2:8080"));
	k8snet_cluster_set_reset_connections(w.cluster, false);
	expect_none(&w);
	sync_world(&w);
	world_done(&w);
}

/* --- in print --------------------------------------------------------------- */

static void expect_format(const struct k8snet_op *op, enum k8snet_plan_format format,
			  const char *wanted)
{
	char *text;

	assert_int_equal(k8snet_op_format(op, format, &text), 0);
	assert_string_equal(text, wanted);
	free(text);
}

static void test_print(void **state)
{
	const struct k8snet_op *op = NULL, *next;
	struct k8snet_endpointslice *s;
	struct k8snet_plan *plan;
	struct world w;

	(void)state;
	s = dns(&w, 6);
	k8snet_service_set_type(service(&w, "dns"), K8SNET_SERVICE_CLUSTER_IP);
	sync_world(&w);
	remove_endpoint(s, 1, 2);
	plan = plan_for(&w, 0);
	while ((next = k8snet_plan_next_op(plan, op)))
		op = next;
	assert_string_equal(k8snet_op_get_verb(op), "conntrack delete");
	assert_int_equal(k8snet_op_get_layer(op), K8SNET_LAYER_SERVICE);
	expect_format(op, K8SNET_PLAN_COMMANDS,
		      "conntrack -D -f ipv6 -w 0 -p udp --orig-dst fd00:96::5 --orig-port-dst 53 "
		      "--reply-src fd00:1:1::2 --reply-port-src 5353 || :");
	expect_format(op, K8SNET_PLAN_JSON,
		      "{\"layer\": \"service\", \"object\": \"service shop/dns\", "
		      "\"operation\": \"conntrack delete\", \"family\": \"ip6\", "
		      "\"protocol\": \"udp\", \"destination\": \"fd00:96::5\", \"port\": 53, "
		      "\"backend\": \"fd00:1:1::2\", \"backend_port\": 5353}");
	k8snet_plan_unref(plan);
	world_done(&w);
}

static void test_print_reset(void **state)
{
	const struct k8snet_op *op = NULL, *next;
	struct k8snet_endpointslice *s;
	struct k8snet_plan *plan;
	struct world w;

	(void)state;
	s = web(&w, 4);
	k8snet_service_set_type(service(&w, "web"), K8SNET_SERVICE_CLUSTER_IP);
	sync_world(&w);
	remove_endpoint(s, 1, 2);
	plan = plan_for(&w, 0);
	while ((next = k8snet_plan_next_op(plan, op)))
		op = next;
	assert_string_equal(k8snet_op_get_verb(op), "conntrack reset");
	expect_format(op, K8SNET_PLAN_COMMANDS,
		      "conntrack -L -w 0 -p tcp --orig-dst 10.96.0.6 --orig-port-dst 80 "
		      "--reply-src 10.1.1.2 --reply-port-src 8080 | sed -nE "
		      "'s/^[^=]* src=([^ ]+) dst=([^ ]+) sport=([0-9]+) dport=([0-9]+) .*/"
		      "add element ip k8snet resets { \\1 . \\3 . \\2 . \\4 timeout 60s }/p' "
		      "| nft -f -");
	expect_format(op, K8SNET_PLAN_JSON,
		      "{\"layer\": \"service\", \"object\": \"service shop/web\", "
		      "\"operation\": \"conntrack reset\", \"family\": \"ip\", "
		      "\"protocol\": \"tcp\", \"destination\": \"10.96.0.6\", \"port\": 80, "
		      "\"backend\": \"10.1.1.2\", \"backend_port\": 8080}");
	k8snet_plan_unref(plan);
	world_done(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_endpoints),	cmocka_unit_test(test_ipv6),
		cmocka_unit_test(test_services),	cmocka_unit_test(test_not_tcp),
		cmocka_unit_test(test_ending),		cmocka_unit_test(test_ending_service),
		cmocka_unit_test(test_restart),		cmocka_unit_test(test_failure),
		cmocka_unit_test(test_print),		cmocka_unit_test(test_resets),
		cmocka_unit_test(test_resets_draining), cmocka_unit_test(test_resets_setting),
		cmocka_unit_test(test_resets_failure),	cmocka_unit_test(test_print_reset),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
