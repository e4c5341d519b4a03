/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Packets followed through tables in memory; tests/proxy/explain.sh has real ones. */
#include "fixture.h"
#include "oom.h"

static struct k8snet_flow flow(const char *source, const char *destination, uint16_t port)
{
	struct k8snet_flow flow = {
		.size = sizeof(flow), .protocol = K8SNET_PROTOCOL_TCP, .port = port};

	assert_int_equal(k8snet_address_parse(&flow.source, source), 0);
	assert_int_equal(k8snet_address_parse(&flow.destination, destination), 0);
	return flow;
}

static struct k8snet_path *explain(struct world *w, const char *source, const char *destination,
				   uint16_t port)
{
	const struct k8snet_flow f = flow(source, destination, port);
	struct k8snet_table *table;
	struct k8snet_path *path;

	assert_int_equal(k8snet_table_read(&table, w->kernel), 0);
	assert_int_equal(k8snet_table_explain(&path, table, w->kernel, &f), 0);
	k8snet_table_unref(table);
	return path;
}

/* The outcome, and how many backends; one step has `said` in it. */
static void expect_path(struct k8snet_path *path, enum k8snet_outcome outcome, size_t backends,
			const char *said)
{
	const char *step;
	size_t i;

	assert_int_equal(k8snet_path_get_outcome(path), outcome);
	assert_int_equal(k8snet_path_count_backends(path), backends);
	for (i = 0; (step = k8snet_path_get_step(path, i)); i++)
		if (strstr(step, said))
			break;
	if (!step)
		fail_msg("no step says \"%s\"", said);
	assert_null(k8snet_path_get_step(path, k8snet_path_count_steps(path)));
	k8snet_path_unref(path);
}

static void start(struct world *w)
{
	world_init_nodes(w, 4, K8SNET_MODE_ROUTE, K8SNET_LINK_BRIDGE);
	k8snet_cluster_add_service_cidr(w->cluster, "10.96.0.0/16");
	k8snet_cluster_add_pod_cidr(w->cluster, "10.1.0.0/16");
	add_shop(w);
	add_service(w, "idle", 2);
	k8snet_service_add_external_ip(service(w, "web"), "198.51.100.1");
	sync_world(w);
}

static void test_outcomes(void **state)
{
	struct nft_element slot = key_slot("10.96.0.1", 80, 1);
	struct k8snet_path *path;
	enum k8snet_masquerade masquerade;
	struct world w;

	(void)state;
	world_init_nodes(&w, 4, K8SNET_MODE_ROUTE, K8SNET_LINK_BRIDGE);
	expect_path(explain(&w, "10.1.1.2", "10.96.0.1", 80), K8SNET_OUTCOME_UNTOUCHED, 0,
		    "there is no table ip k8snet");
	world_done(&w);
	start(&w);
	path = explain(&w, "10.1.1.9", "10.96.0.1", 80);
	assert_non_null(k8snet_path_get_frontend(path));
	assert_int_equal(k8snet_path_get_backend(path, 0, NULL, NULL, &masquerade), 0);
	assert_int_equal(masquerade, K8SNET_MASQUERADE_NO);
	assert_int_equal(k8snet_path_get_backend(path, 3, NULL, NULL, NULL), -ENOENT);
	expect_path(path, K8SNET_OUTCOME_TRANSLATED, 3, "in balancers -> cluster-tcp-3");
	path = explain(&w, "192.0.2.1", "10.96.0.1", 80);
	assert_int_equal(k8snet_path_get_backend(path, 0, NULL, NULL, &masquerade), 0);
	assert_int_equal(masquerade, K8SNET_MASQUERADE_YES);
	expect_path(path, K8SNET_OUTCOME_TRANSLATED, 3, "not in unmasqueraded");
	expect_path(explain(&w, "10.1.1.2", "10.96.0.1", 80), K8SNET_OUTCOME_TRANSLATED, 3,
		    "10.1.1.2 . 10.1.1.2 is in hairpin");
	expect_path(explain(&w, "10.1.1.2", "198.51.100.1", 80), K8SNET_OUTCOME_TRANSLATED, 3,
		    "external-tcp-3: masqueraded");
	expect_path(explain(&w, "10.1.1.2", "10.96.0.2", 80), K8SNET_OUTCOME_REJECTED, 0,
		    "there are no endpoints");
	expect_path(explain(&w, "10.1.1.2", "10.96.0.1", 81), K8SNET_OUTCOME_REJECTED, 0,
		    "no such port");
	expect_path(explain(&w, "10.1.1.2", "10.96.7.7", 80), K8SNET_OUTCOME_DROPPED, 0,
		    "no service has this address");
	expect_path(explain(&w, "10.1.1.2", "192.0.2.7", 80), K8SNET_OUTCOME_UNTOUCHED, 0,
		    "not a service");
	machine_delete_element(w.machine, machine_find_element(w.machine, &slot));
	expect_path(explain(&w, "10.1.1.9", "10.96.0.1", 80), K8SNET_OUTCOME_TRANSLATED, 2,
		    "a slot is missing");
	world_done(&w);
}

static void refuse(struct world *w, struct k8snet_flow f)
{
	struct k8snet_table *table;
	struct k8snet_path *path;

	assert_int_equal(k8snet_table_read(&table, w->kernel), 0);
	assert_int_equal(k8snet_table_explain(&path, table, w->kernel, &f), -EINVAL);
	assert_int_equal(k8snet_kernel_trace(&path, w->kernel, &f), -EINVAL);
	k8snet_table_unref(table);
}

static void test_bad_flows(void **state)
{
	struct k8snet_flow f = flow("10.1.1.2", "10.96.0.1", 80);
	struct world w;

	(void)state;
	world_init_nodes(&w, 4, K8SNET_MODE_ROUTE, K8SNET_LINK_BRIDGE);
	refuse(&w, flow("10.1.1.2", "fd00::1", 80));
	refuse(&w, flow("10.1.1.2", "224.0.0.1", 80));
	refuse(&w, flow("0.0.0.0", "10.96.0.1", 80));
	refuse(&w, flow("::", "fd00::1", 80));
	refuse(&w, flow("fd00::1", "ff02::1", 80));
	refuse(&w, flow("10.1.1.2", "10.96.0.1", 0));
	f.size = 8;
	refuse(&w, f);
	f.size = sizeof(f);
	f.protocol = (enum k8snet_protocol)1;
	refuse(&w, f);
	world_done(&w);
}

/* It is -ENOMEM, nothing leaks, and with enough memory it works. */
static void test_memory_runs_out(void **state)
{
	const struct k8snet_flow f = flow("10.1.1.2", "10.96.0.1", 80);
	struct k8snet_path *path;
	struct k8snet_table *table;
	struct world w;
	long n, live;
	int r;

	(void)state;
	start(&w);
	live = oom_live();
	for (n = 0;; n++) {
		bool has_failed;

		table = NULL;
		oom_arm(n);
		r = k8snet_table_read(&table, w.kernel);
		if (r == 0)
			r = k8snet_table_explain(&path, table, w.kernel, &f);
		has_failed = oom_disarm();
		k8snet_table_unref(table);
		if (!has_failed)
			break;
		assert_int_equal(r, -ENOMEM);
		assert_int_equal(oom_live(), live);
	}
	assert_int_equal(r, 0);
	assert_true(n > 10);
	expect_path(path, K8SNET_OUTCOME_TRANSLATED, 3, "hairpin");
	assert_int_equal(oom_live(), live);
	world_done(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_outcomes),
		cmocka_unit_test(test_bad_flows),
		cmocka_unit_test(test_memory_runs_out),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
