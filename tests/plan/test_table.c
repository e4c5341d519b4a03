/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Services read back from the tables. */
#include "fixture.h"

static struct k8snet_table *read_table(struct world *w)
{
	struct k8snet_table *table;

	assert_int_equal(k8snet_table_read(&table, w->kernel), 0);
	return table;
}

/* "10.96.0.1 TCP 80 balance 10.1.1.2:8080 local 10.1.1.2:8080" */
static void describe(const struct k8snet_frontend *f, char *text, size_t size)
{
	const struct k8snet_address *vip = k8snet_frontend_get_address(f);
	char one[K8SNET_ADDRESS_TEXT_SIZE] = "node-port";
	size_t used, i;

	if (vip)
		k8snet_address_format(vip, one, sizeof(one));
	used = (size_t)snprintf(text, size, "%s %s %u %s%s", one,
				k8snet_protocol_get_name(k8snet_frontend_get_protocol(f)),
				k8snet_frontend_get_port(f),
				k8snet_frontend_action_get_name(k8snet_frontend_get_action(f)),
				k8snet_frontend_is_external_local(f) ? " external-local" : "");
	if (k8snet_frontend_get_load_balancing(f))
		used += (size_t)snprintf(
			text + used, size - used, " %s",
			k8snet_load_balancing_get_name(k8snet_frontend_get_load_balancing(f)));
	if (k8snet_frontend_get_session_affinity(f))
		used += (size_t)snprintf(text + used, size - used, " affinity %u",
					 k8snet_frontend_get_session_affinity(f));
	for (i = 0; i < k8snet_frontend_count_backends(f); i++) {
		struct k8snet_address address;
		uint16_t port;
		bool is_local;

		if (k8snet_frontend_get_backend(f, i, &address, &port, &is_local) < 0) {
			used += (size_t)snprintf(text + used, size - used, " missing");
			continue;
		}
		k8snet_address_format(&address, one, sizeof(one));
		used += (size_t)snprintf(text + used, size - used, " %s%s:%u",
					 is_local ? "local " : "", one, port);
		if (k8snet_frontend_get_backend_slots(f, i) > 1)
			used += (size_t)snprintf(text + used, size - used, "*%zu",
						 k8snet_frontend_get_backend_slots(f, i));
	}
}

static void expect_table(struct world *w, const char *const *lines)
{
	struct k8snet_table *table = read_table(w);
	const struct k8snet_frontend *f = NULL;
	char text[512];

	while ((f = k8snet_table_next_frontend(table, f))) {
		describe(f, text, sizeof(text));
		assert_non_null(*lines);
		assert_string_equal(text, *lines++);
	}
	assert_null(*lines);
	k8snet_table_unref(table);
}

static void test_read(void **state)
{
	static const char *const shop[] = {
		"10.96.0.1 TCP 80 balance 10.1.1.2:8080 10.1.1.3:8080 10.1.2.2:8080",
		"10.96.0.2 TCP 80 reject",
		"198.51.100.1 TCP 80 balance external-local 10.1.1.2:8080 10.1.1.3:8080 "
		"10.1.2.2:8080"
		" local 10.1.1.2:8080 local 10.1.1.3:8080",
		"node-port TCP 30080 balance external-local 10.1.1.2:8080 10.1.1.3:8080 "
		"10.1.2.2:8080"
		" local 10.1.1.2:8080 local 10.1.1.3:8080",
		NULL,
	};
	static const char *const elsewhere[] = {
		"10.96.0.1 TCP 80 balance 10.1.2.2:8080",
		"10.96.0.2 TCP 80 reject",
		"198.51.100.1 TCP 80 balance external-local 10.1.2.2:8080",
		"node-port TCP 30080 balance external-local 10.1.2.2:8080",
		NULL,
	};
	static const char *const none[] = {NULL};
	struct k8snet_service *s;
	struct world w;

	(void)state;
	world_init_nodes(&w, 4, K8SNET_MODE_ROUTE, K8SNET_LINK_BRIDGE);
	expect_table(&w, none);
	add_shop(&w);
	s = service(&w, "web");
	k8snet_service_set_type(s, K8SNET_SERVICE_NODE_PORT);
	k8snet_service_clear_ports(s);
	k8snet_service_add_port(s, "http", K8SNET_PROTOCOL_TCP, 80, 30080);
	k8snet_service_add_external_ip(s, "198.51.100.1");
	k8snet_service_set_external_traffic_policy(s, K8SNET_TRAFFIC_LOCAL);
	add_service(&w, "idle", 2);
	sync_world(&w);
	expect_table(&w, shop);
	expect_empty(&w, 0);
	remove_endpoint(slice(&w, "web-4"), 1, 2);
	remove_endpoint(slice(&w, "web-4"), 1, 3);
	sync_world(&w);
	expect_table(&w, elsewhere);
	world_done(&w);
}

static void test_harm(void **state)
{
	static const char *const harmed[] = {
		"10.96.0.1 TCP 80 balance 10.1.1.2:8080 missing 10.1.2.2:8080", NULL};
	struct nft_element slot = key_slot("10.96.0.1", 80, 1);
	struct k8snet_table *table;
	struct world w;

	(void)state;
	world_init_nodes(&w, 4, K8SNET_MODE_ROUTE, K8SNET_LINK_BRIDGE);
	add_shop(&w);
	sync_world(&w);
	machine_delete_element(w.machine, machine_find_element(w.machine, &slot));
	expect_table(&w, harmed);
	w.machine->fail_observe = true;
	assert_int_equal(k8snet_table_read(&table, w.kernel), -EIO);
	w.machine->fail_observe = false;
	world_done(&w);
}

static void expect_one(struct world *w, const char *line)
{
	const char *const lines[] = {line, NULL};

	sync_world(w);
	expect_table(w, lines);
}

static void test_balancing(void **state)
{
	struct k8snet_service *s;
	struct world w;

	(void)state;
	world_init_nodes(&w, 4, K8SNET_MODE_ROUTE, K8SNET_LINK_BRIDGE);
	add_shop(&w);
	s = service(&w, "web");
	k8snet_service_set_load_balancing(s, K8SNET_LOAD_BALANCING_ROUND_ROBIN);
	expect_one(&w, "10.96.0.1 TCP 80 balance round-robin 10.1.1.2:8080 10.1.1.3:8080 "
		       "10.1.2.2:8080");
	k8snet_service_set_load_balancing(s, K8SNET_LOAD_BALANCING_WEIGHTED);
	k8snet_endpointslice_set_endpoint_weight(slice(&w, "web-4"), "10.1.1.2", 3);
	k8snet_endpointslice_set_endpoint_weight(slice(&w, "web-4"), "10.1.1.3", 2);
	expect_one(&w, "10.96.0.1 TCP 80 balance weighted 10.1.1.2:8080*3 10.1.1.3:8080*2 "
		       "10.1.2.2:8080");
	k8snet_service_set_session_affinity(s, 60);
	expect_one(&w, "10.96.0.1 TCP 80 balance weighted affinity 60 10.1.1.2:8080*3 "
		       "10.1.1.3:8080*2 10.1.2.2:8080");
	k8snet_service_set_load_balancing(s, K8SNET_LOAD_BALANCING_SOURCE_HASH);
	expect_one(&w, "10.96.0.1 TCP 80 balance source-hash affinity 60 10.1.1.2:8080 "
		       "10.1.1.3:8080 10.1.2.2:8080");
	k8snet_service_set_internal_traffic_policy(s, K8SNET_TRAFFIC_LOCAL);
	k8snet_service_set_load_balancing(s, K8SNET_LOAD_BALANCING_CONSISTENT_HASH);
	expect_one(&w, "10.96.0.1 TCP 80 balance consistent-hash affinity 60 10.1.1.2:8080*511 "
		       "10.1.1.3:8080*510");
	world_done(&w);
}

static void test_no_notices(void **state)
{
	struct world w;

	(void)state;
	world_init_nodes(&w, 4, K8SNET_MODE_ROUTE, K8SNET_LINK_BRIDGE);
	assert_int_equal(k8snet_kernel_get_fd(w.kernel), -ENOTSUP);
	assert_int_equal(k8snet_kernel_process(w.kernel), -ENOTSUP);
	assert_false(k8snet_kernel_is_disturbed(w.kernel));
	world_done(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_read),
		cmocka_unit_test(test_harm),
		cmocka_unit_test(test_balancing),
		cmocka_unit_test(test_no_notices),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
