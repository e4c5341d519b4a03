/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Numbers of service ports and endpoints with session affinity. */
#include "fixture.h"

/* web at a cluster IP, a load balancer's address and a node port. */
static void sticky(struct world *w)
{
	struct k8snet_service *s;

	world_init_nodes(w, 4, K8SNET_MODE_ROUTE, K8SNET_LINK_BRIDGE);
	add_shop(w);
	s = service(w, "web");
	k8snet_service_clear_ports(s);
	k8snet_service_add_port(s, "http", K8SNET_PROTOCOL_TCP, 80, 30080);
	k8snet_service_set_type(s, K8SNET_SERVICE_LOAD_BALANCER);
	k8snet_service_add_load_balancer_ip(s, "192.0.2.10");
	k8snet_service_set_session_affinity(s, 10800);
	sync_world(w);
}

static size_t count(const struct world *w, enum nft_map map)
{
	struct hash_node *node;
	size_t n = 0;

	hash_foreach (&w->machine->tables[0].elements, node)
		n += container_of(node, struct machine_element, node)->element.map == map;
	return n;
}

static struct nft_element key_number(const char *vip)
{
	struct nft_element e = key_service(vip, 80);

	e.map = NFT_AFFINITY_SERVICES;
	return e;
}

static uint32_t number_of(const struct world *w, const char *vip)
{
	const struct nft_element key = key_number(vip);
	const struct machine_element *e = machine_find_element(w->machine, &key);

	return e ? e->element.number : 0;
}

/* The number of the endpoint 10.1.NODE.HOST; 0: it is not there. */
static uint32_t endpoint_of(const struct world *w, unsigned int node, unsigned int host)
{
	const uint8_t address[4] = {10, 1, (uint8_t)node, (uint8_t)host};
	struct hash_node *n;

	hash_foreach (&w->machine->tables[0].elements, n) {
		const struct nft_element *e =
			&container_of(n, struct machine_element, node)->element;

		if (e->map == NFT_AFFINITY_ENDPOINTS && !memcmp(e->to_address, address, 4))
			return e->number;
	}
	return 0;
}

/* Two more elements for a frontend; the slots are there once. */
static void test_layout(void **state)
{
	struct world w;

	(void)state;
	sticky(&w);
	assert_int_equal(count(&w, NFT_AFFINITY_SERVICES), 2);
	assert_int_equal(count(&w, NFT_AFFINITY_NODE_PORTS), 1);
	assert_int_equal(count(&w, NFT_AFFINITY_SLOTS), 3);
	assert_int_equal(count(&w, NFT_AFFINITY_ENDPOINTS), 3);
	assert_int_equal(count(&w, NFT_ENDPOINTS), 0);
	assert_int_equal(count(&w, NFT_NODE_PORT_ENDPOINTS), 0);
	assert_int_equal(number_of(&w, "10.96.0.1"), number_of(&w, "192.0.2.10"));
	assert_in_range(number_of(&w, "10.96.0.1") >> 16, 0x4000, 0x7fff);
	/* one endpoint: its number, a slot, three frontends' verdicts */
	remove_endpoint(slice(&w, "web-4"), 2, 2);
	assert_int_equal(sync_with(&w, 0), 3 + 1 + 1 + 3 * 2);
	sync_world(&w);
	k8snet_service_set_session_affinity(service(&w, "web"), 0);
	sync_world(&w);
	assert_int_equal(count(&w, NFT_AFFINITY_SERVICES) + count(&w, NFT_AFFINITY_NODE_PORTS) +
				 count(&w, NFT_AFFINITY_SLOTS) + count(&w, NFT_AFFINITY_ENDPOINTS),
			 0);
	world_finish(&w);
}

/* What is there keeps its numbers, whoever planned it. */
static void test_numbers_stay(void **state)
{
	uint32_t s, one, three;
	struct world w;

	(void)state;
	sticky(&w);
	s = number_of(&w, "10.96.0.1");
	one = endpoint_of(&w, 1, 2);
	three = endpoint_of(&w, 2, 2);
	world_restart(&w);
	k8snet_service_set_session_affinity(service(&w, "web"), 60);
	add_endpoint(slice(&w, "web-4"), 2, 7);
	sync_world(&w);
	remove_endpoint(slice(&w, "web-4"), 1, 3);
	sync_world(&w);
	assert_int_equal(number_of(&w, "10.96.0.1"), s);
	assert_int_equal(endpoint_of(&w, 1, 2), one);
	assert_int_equal(endpoint_of(&w, 2, 2), three);
	k8snet_service_set_load_balancing(service(&w, "web"),
					  K8SNET_LOAD_BALANCING_CONSISTENT_HASH);
	sync_world(&w);
	assert_int_equal(endpoint_of(&w, 2, 2), three);
	k8snet_service_set_external_traffic_policy(service(&w, "web"), K8SNET_TRAFFIC_LOCAL);
	sync_world(&w);
	assert_int_equal(number_of(&w, "192.0.2.10"), s);
	k8snet_service_set_internal_traffic_policy(service(&w, "web"), K8SNET_TRAFFIC_LOCAL);
	sync_world(&w);
	assert_int_equal(number_of(&w, "10.96.0.1"), s | NFT_AFFINITY_LOCAL << 16);
	assert_int_equal(endpoint_of(&w, 1, 2) & 0xffff, one & 0xffff);
	/* one that comes back has the number that it had */
	remove_endpoint(slice(&w, "web-4"), 2, 2);
	sync_world(&w);
	assert_int_equal(endpoint_of(&w, 2, 2), 0);
	add_endpoint(slice(&w, "web-4"), 2, 2);
	sync_world(&w);
	assert_int_equal(endpoint_of(&w, 2, 2), three);
	world_finish(&w);
}

static void move_number(struct world *w, const char *vip, uint32_t number)
{
	const struct nft_element key = key_number(vip);

	machine_find_element(w->machine, &key)->element.number = number;
}

static void test_drift(void **state)
{
	struct nft_element key;
	struct hash_node *node;
	struct world w;
	uint32_t s;

	(void)state;
	sticky(&w);
	s = number_of(&w, "10.96.0.1");
	/* a frontend of another number, of none, and one that is missing */
	move_number(&w, "192.0.2.10", 0x41230000);
	assert_int_equal(sync_with(&w, K8SNET_PLAN_FULL), 2);
	assert_int_equal(number_of(&w, "192.0.2.10"), s);
	move_number(&w, "10.96.0.1", 0);
	assert_int_equal(sync_with(&w, K8SNET_PLAN_FULL), 2);
	assert_int_equal(number_of(&w, "10.96.0.1"), s);
	key = key_number("10.96.0.1");
	machine_delete_element(w.machine, machine_find_element(w.machine, &key));
	assert_int_equal(sync_with(&w, K8SNET_PLAN_FULL), 1);
	/* an endpoint that leads elsewhere, one too many, a slot that is missing */
	hash_foreach (&w.machine->tables[0].elements, node) {
		struct nft_element *e = &container_of(node, struct machine_element, node)->element;

		if (e->map != NFT_AFFINITY_ENDPOINTS || e->to_address[2] != 2)
			continue;
		e->to_port = 9;
		break;
	}
	key = (struct nft_element){.family = 4,
				   .map = NFT_AFFINITY_ENDPOINTS,
				   .protocol = K8SNET_PROTOCOL_UDP,
				   .number = s | 9,
				   .to_port = 9};
	assert_int_equal(machine_element_add(w.machine, &key), 0);
	key = (struct nft_element){.family = 4, .map = NFT_AFFINITY_SLOTS, .number = s, .slot = 1};
	machine_delete_element(w.machine, machine_find_element(w.machine, &key));
	/* what the number has led to is not known any more: the endpoint gets another one */
	assert_int_equal(sync_with(&w, K8SNET_PLAN_FULL), 2 + 2 + 1 + 1);
	sync_world(&w);
	/* all numbers are gone, and are found again; a group of nobody is in nobody's way */
	key = key_number("10.96.0.1");
	machine_delete_element(w.machine, machine_find_element(w.machine, &key));
	key = key_number("192.0.2.10");
	machine_delete_element(w.machine, machine_find_element(w.machine, &key));
	key = (struct nft_element){.family = 4,
				   .map = NFT_AFFINITY_NODE_PORTS,
				   .protocol = K8SNET_PROTOCOL_TCP,
				   .port = 30080};
	machine_delete_element(w.machine, machine_find_element(w.machine, &key));
	world_restart(&w);
	assert_int_equal(sync_with(&w, 0), 3);
	assert_int_equal(number_of(&w, "10.96.0.1"), s);
	world_finish(&w);
}

/* Somebody who knows nothing of the service switches it off. */
static void test_switched_off_after_restart(void **state)
{
	struct world w;

	(void)state;
	sticky(&w);
	world_restart(&w);
	k8snet_service_set_session_affinity(service(&w, "web"), 0);
	sync_world(&w);
	assert_int_equal(count(&w, NFT_AFFINITY_SLOTS) + count(&w, NFT_AFFINITY_ENDPOINTS), 0);
	world_finish(&w);
}

/* Endpoints with one number each, though a hostile table says otherwise. */
static void test_one_number_twice(void **state)
{
	struct hash_node *node;
	struct world w;
	uint32_t one = 0;

	(void)state;
	sticky(&w);
	k8snet_service_set_external_traffic_policy(service(&w, "web"), K8SNET_TRAFFIC_LOCAL);
	sync_world(&w);
	/* of this node's endpoints one has the number of the other */
	one = endpoint_of(&w, 2, 2) & 0xffff;
	hash_foreach (&w.machine->tables[0].elements, node) {
		struct nft_element *e = &container_of(node, struct machine_element, node)->element,
				   copy;

		if (e->map != NFT_AFFINITY_ENDPOINTS || !(e->number >> 31))
			continue;
		copy = *e;
		machine_delete_element(w.machine, container_of(node, struct machine_element, node));
		copy.number = (copy.number & 0xffff0000) | one;
		assert_int_equal(machine_element_add(w.machine, &copy), 0);
		break;
	}
	world_restart(&w);
	world_finish(&w);
}

static unsigned int n_warnings;

static void note_warning(void *data, enum k8snet_log_level level, const char *text)
{
	(void)data;
	(void)level;
	n_warnings += strstr(text, "session affinity") != NULL;
}

/* There are 16,384 numbers. */
static void test_too_many(void **state)
{
	const struct k8snet_ctx_options options = {
		.size = sizeof(options), .log_level = K8SNET_LOG_WARNING, .log_fn = note_warning};
	struct k8snet_endpointslice *e;
	struct k8snet_service *s;
	char name[32];
	struct world w;
	unsigned int i;

	(void)state;
	memset(&w, 0, sizeof(w));
	w.families = 4;
	assert_int_equal(k8snet_ctx_new(&w.ctx, &options), 0);
	assert_int_equal(k8snet_cluster_new(&w.cluster, w.ctx), 0);
	w.machine = world_machine(4);
	assert_int_equal(machine_open(&w.kernel, w.ctx, w.machine), 0);
	add_node(&w, 1);
	for (i = 0; i < 16384 + 3; i++) {
		snprintf(name, sizeof(name), "s%u", i);
		s = add_service(&w, name, i);
		k8snet_service_set_session_affinity(s, 60);
		e = add_slice(&w, name, name, 4);
		add_endpoint(e, 2, 2);
	}
	sync_with(&w, 0);
	assert_int_equal(n_warnings, 1);
	assert_int_equal(count(&w, NFT_AFFINITY_SERVICES), 16384);
	assert_int_equal(count(&w, NFT_ENDPOINTS), 3);
	expect_empty(&w, 0);
	k8snet_service_set_session_affinity(service(&w, "s7"), 0);
	sync_with(&w, 0);
	assert_int_equal(count(&w, NFT_AFFINITY_SERVICES), 16383);
	world_done(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_layout),
		cmocka_unit_test(test_numbers_stay),
		cmocka_unit_test(test_drift),
		cmocka_unit_test(test_switched_off_after_restart),
		cmocka_unit_test(test_one_number_twice),
		cmocka_unit_test(test_too_many),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
