/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* How policies and weights give slots to backends. */
#include "fixture.h"

#include "resolve/maglev.h"

static void shop(struct world *w)
{
	world_init_nodes(w, 4, K8SNET_MODE_ROUTE, K8SNET_LINK_BRIDGE);
	add_shop(w);
	sync_world(w);
}

static void set_policy(struct world *w, enum k8snet_load_balancing policy)
{
	assert_int_equal(k8snet_service_set_load_balancing(service(w, "web"), policy), 0);
}

static void set_weight(struct world *w, const char *address, unsigned int weight)
{
	assert_int_equal(
		k8snet_endpointslice_set_endpoint_weight(slice(w, "web-4"), address, weight), 0);
}

#define EP(slot)	"ip k8snet endpoints-tcp { 10.96.0.1 . 80 . " slot " }"
#define EP_TO(slot, to) "ip k8snet endpoints-tcp { 10.96.0.1 . 80 . " slot " : " to " . 8080 }"
#define VIP		"ip k8snet services { 10.96.0.1 . tcp . 80 }"
#define VIP_TO(to)	"ip k8snet services { 10.96.0.1 . tcp . 80 : " to " }"
#define CHAIN		"ip k8snet service-chains { 10.96.0.1 . tcp . 80 }"
#define CHAIN_TO(to)	"ip k8snet service-chains { 10.96.0.1 . tcp . 80 : goto " to " }"
#define TURNS(n)	"cluster-tcp-" n "-round-robin-10.96.0.1-80"

/* A chain of its own comes and goes with what the service is. */
static void test_round_robin(void **state)
{
	struct world w;

	(void)state;
	shop(&w);
	set_policy(&w, K8SNET_LOAD_BALANCING_ROUND_ROBIN);
	expect_plan(&w, 0, "chain add ip k8snet " TURNS("3"), "element delete " VIP,
		    "element add " CHAIN_TO(TURNS("3")));
	sync_world(&w);
	remove_endpoint(slice(&w, "web-4"), 2, 2);
	expect_plan(&w, 0, "chain add ip k8snet " TURNS("2"), "element delete " EP("2"),
		    "element delete " CHAIN, "element add " CHAIN_TO(TURNS("2")),
		    "chain delete ip k8snet " TURNS("3"));
	sync_world(&w);
	add_endpoint(slice(&w, "web-4"), 2, 2);
	expect_plan(&w, K8SNET_PLAN_FULL, "chain add ip k8snet " TURNS("3"),
		    "element add " EP_TO("2", "10.1.2.2"), "element delete " CHAIN,
		    "element add " CHAIN_TO(TURNS("3")), "chain delete ip k8snet " TURNS("2"));
	sync_world(&w);
	world_restart(&w);
	set_policy(&w, K8SNET_LOAD_BALANCING_RANDOM);
	expect_plan(&w, 0, "element delete " CHAIN, "element add " VIP_TO("8001:3"),
		    "chain delete ip k8snet " TURNS("3"));
	sync_world(&w);
	set_policy(&w, K8SNET_LOAD_BALANCING_ROUND_ROBIN);
	sync_world(&w);
	k8snet_service_remove(service(&w, "web"));
	expect_plan(&w, 0, "element delete " EP("0"), "element delete " EP("1"),
		    "element delete " EP("2"), "element delete " CHAIN,
		    "element delete ip k8snet cluster-ips { 10.96.0.1 }",
		    "element delete ip k8snet hairpin { 10.1.1.2 . 10.1.1.2 }",
		    "element delete ip k8snet hairpin { 10.1.1.3 . 10.1.1.3 }",
		    "chain delete ip k8snet " TURNS("3"));
	world_finish(&w);
}

/* What was left unfinished is found again: a chain that nothing leads to. */
static void test_left_chain(void **state)
{
	const struct nft_chain chain = {.family = 4,
					.kind = NFT_CHAIN_CLUSTER,
					.protocol = K8SNET_PROTOCOL_TCP,
					.n = 3,
					.pick = NFT_PICK_ROUND_ROBIN,
					.port = 80,
					.address = {10, 96, 0, 1}};
	struct k8snet_plan *plan;
	struct world w;

	(void)state;
	shop(&w);
	set_policy(&w, K8SNET_LOAD_BALANCING_ROUND_ROBIN);
	w.machine->fail_at = w.machine->n_ops + 2;
	w.machine->fail_errno = EIO;
	plan = plan_for(&w, 0);
	assert_true(k8snet_plan_apply(plan, w.kernel, NULL) < 0);
	k8snet_plan_unref(plan);
	w.machine->fail_at = 0;
	assert_non_null(machine_find_chain(w.machine, &chain));
	set_policy(&w, K8SNET_LOAD_BALANCING_SOURCE_HASH);
	sync_world(&w);
	assert_null(machine_find_chain(w.machine, &chain));
	world_finish(&w);
}

static void test_weights(void **state)
{
	struct world w;

	(void)state;
	shop(&w);
	set_weight(&w, "10.1.1.2", 200);
	set_weight(&w, "10.1.1.3", 50);
	set_weight(&w, "10.1.2.2", 50);
	expect_empty(&w, 0); /* the policy does not look at them */
	set_policy(&w, K8SNET_LOAD_BALANCING_WEIGHTED);
	expect_plan(&w, 0, "chain add ip k8snet cluster-tcp-6",
		    "element add ip k8snet balancers { 8001:6 . tcp : goto cluster-tcp-6 }",
		    "element add " EP_TO("3", "10.1.1.2"), "element add " EP_TO("4", "10.1.1.2"),
		    "element add " EP_TO("5", "10.1.1.2"), "element delete " VIP,
		    "element add " VIP_TO("8001:6"));
	sync_world(&w);
	set_weight(&w, "10.1.2.2", 100); /* 4, 1, 2 */
	expect_plan(&w, 0, "chain add ip k8snet cluster-tcp-7",
		    "element add ip k8snet balancers { 8001:7 . tcp : goto cluster-tcp-7 }",
		    "element add " EP_TO("6", "10.1.2.2"), "element delete " VIP,
		    "element add " VIP_TO("8001:7"));
	sync_world(&w);
	set_weight(&w, "10.1.1.2", 0);
	expect_plan(&w, 0, "element delete " EP("0"), "element add " EP_TO("0", "10.1.2.2"),
		    "element delete " EP("3"), "element delete " EP("4"), "element delete " EP("5"),
		    "element delete " EP("6"), "element delete " VIP,
		    "element add " VIP_TO("8001:3"));
	sync_world(&w);
	set_weight(&w, "10.1.1.3", 0);
	set_weight(&w, "10.1.2.2", 0);
	expect_plan(&w, 0, "element delete " EP("0"), "element delete " EP("1"),
		    "element delete " EP("2"), "element delete " VIP,
		    "element add " VIP_TO("80ff:0"),
		    "element add ip k8snet balancers { 80ff:0 . tcp : goto no-endpoints }");
	world_finish(&w);
}

/* More slots than there can be: scaled down, and nobody is left without. */
static void test_many_weights(void **state)
{
	const struct nft_element key = key_service("10.96.0.1", 80);
	struct k8snet_endpointslice *s;
	const struct nft_element *e;
	struct nft_element slot = key_slot("10.96.0.1", 80, 0);
	unsigned int i, n_light = 0;
	struct world w;
	char text[32];

	(void)state;
	shop(&w);
	set_policy(&w, K8SNET_LOAD_BALANCING_WEIGHTED);
	s = slice(&w, "web-4");
	set_weight(&w, "10.1.1.2", 1);
	for (i = 0; i < 800; i++) {
		snprintf(text, sizeof(text), "10.2.%u.%u", i / 200, i % 200);
		assert_int_equal(
			k8snet_endpointslice_add_endpoint(s, text, "node-2", K8SNET_ENDPOINT_READY),
			0);
		assert_int_equal(k8snet_endpointslice_set_endpoint_weight(s, text, i % 2 ? 256 : 1),
				 0);
	}
	sync_world(&w);
	e = &machine_find_element(w.machine, &key)->element;
	assert_in_range(e->to_n, 60000, 65535);
	for (i = 0; i < e->to_n; i++) {
		slot.slot = (uint16_t)i;
		n_light += machine_find_element(w.machine, &slot)->element.to_address[1] == 1;
	}
	/* 10.1.1.2, 10.1.1.3 and 10.1.2.2 */
	assert_in_range(n_light, 3, 6);
	world_finish(&w);
}

/* The order of backends, not of what was there before. */
static void test_source_hash(void **state)
{
	struct world w;

	(void)state;
	shop(&w);
	set_policy(&w, K8SNET_LOAD_BALANCING_SOURCE_HASH);
	expect_plan(
		&w, 0, "chain add ip k8snet cluster-tcp-3-source-hash",
		"element add ip k8snet balancers { 8011:3 . tcp : goto cluster-tcp-3-source-hash }",
		"element delete " VIP, "element add " VIP_TO("8011:3"));
	sync_world(&w);
	remove_endpoint(slice(&w, "web-4"), 1, 2);
	sync_world(&w);
	add_endpoint(slice(&w, "web-4"), 1, 2);
	expect_plan(&w, 0, "element delete " EP("0"), "element add " EP_TO("0", "10.1.1.2"),
		    "element delete " EP("1"), "element add " EP_TO("1", "10.1.1.3"),
		    "element add " EP_TO("2", "10.1.2.2"), "element delete " VIP,
		    "element add " VIP_TO("8011:3"),
		    "element add ip k8snet hairpin { 10.1.1.2 . 10.1.1.2 }");
	world_finish(&w);
}

static size_t count_ops(struct world *w, const char *verb)
{
	struct k8snet_plan *plan = plan_for(w, 0);
	const struct k8snet_op *op = NULL;
	size_t n = 0;

	while ((op = k8snet_plan_next_op(plan, op)))
		n += !strcmp(k8snet_op_get_verb(op), verb);
	k8snet_plan_unref(plan);
	return n;
}

static void test_consistent_hash(void **state)
{
	struct world w;

	(void)state;
	shop(&w);
	set_policy(&w, K8SNET_LOAD_BALANCING_CONSISTENT_HASH);
	sync_world(&w);
	remove_endpoint(slice(&w, "web-4"), 1, 2);
	/* its third of the table, and few others; the hairpin */
	assert_in_range(count_ops(&w, "element delete"), 1021 / 3 - 20, 1021 / 3 + 60);
	assert_int_equal(count_ops(&w, "chain add"), 0);
	sync_world(&w);
	add_endpoint(slice(&w, "web-4"), 1, 2);
	sync_world(&w);
	set_weight(&w, "10.1.1.3", 0);
	sync_world(&w);
	world_finish(&w);
}

/* --- the table itself ----------------------------------------------------- */

static void fill_backends(struct backend *backends, size_t n)
{
	size_t i;

	memset(backends, 0, n * sizeof(*backends));
	for (i = 0; i < n; i++) {
		backends[i].port = 8080;
		backends[i].address[0] = 10;
		backends[i].address[2] = (uint8_t)(i >> 8);
		backends[i].address[3] = (uint8_t)i;
	}
}

/* How many of 1,000 slots change hands when a backend leaves that had not the slot. */
static unsigned int count_moved(size_t n, size_t gone)
{
	uint32_t size = maglev_size(n), i;
	uint16_t *before = calloc(size, sizeof(*before)), *after = calloc(size, sizeof(*after));
	struct backend *backends = calloc(n, sizeof(*backends));
	unsigned int moved = 0;

	fill_backends(backends, n);
	assert_int_equal(maglev_fill(before, size, backends, n), 0);
	memmove(backends + gone, backends + gone + 1, (n - gone - 1) * sizeof(*backends));
	assert_int_equal(maglev_fill(after, size, backends, n - 1), 0);
	for (i = 0; i < size; i++) {
		uint16_t was = before[i], is = after[i];

		moved += was != gone && is != (was > gone ? was - 1 : was);
	}
	free(before);
	free(after);
	free(backends);
	return moved * 1000 / size;
}

static void test_maglev_moves(void **state)
{
	static const size_t sizes[] = {3, 10, 100, 255, 1000};
	unsigned int sum, worst, moved;
	size_t i, gone;

	(void)state;
	for (i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		sum = worst = 0;
		for (gone = 0; gone < sizes[i] && gone < 20; gone++) {
			moved = count_moved(sizes[i], gone);
			sum += moved;
			worst = moved > worst ? moved : worst;
		}
		print_message("1 of %zu leaves: beside its own, %.1f%% move, at most %.1f%%\n",
			      sizes[i], sum / 10.0 / (double)gone, worst / 10.0);
		assert_in_range(worst, 0, 80);
	}
}

static void test_maglev_shares(void **state)
{
	static const size_t sizes[] = {1, 2, 10, 100, 255, 256, 1000};
	uint16_t *table = calloc(65536, sizeof(*table));
	struct backend backends[1000];
	unsigned int counts[1000];
	uint32_t size, j;
	size_t i, k;

	(void)state;
	fill_backends(backends, 1000);
	for (i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		size = maglev_size(sizes[i]);
		assert_int_equal(size, sizes[i] > 255 ? 65521 : 1021);
		assert_int_equal(maglev_fill(table, size, backends, sizes[i]), 0);
		memset(counts, 0, sizeof(counts));
		for (j = 0; j < size; j++)
			counts[table[j]]++;
		for (k = 0; k < sizes[i]; k++)
			assert_in_range(counts[k], size / sizes[i], size / sizes[i] + 1);
	}
	free(table);
}

/* Nodes have their lists from slices that come in any order. */
static void test_maglev_order(void **state)
{
	struct backend one[50], two[50];
	uint16_t a[1021], b[1021];
	size_t i;

	(void)state;
	fill_backends(one, 50);
	for (i = 0; i < 50; i++) {
		two[i] = one[(i * 7 + 3) % 50];
		two[i].weight = 9;
	}
	assert_int_equal(maglev_fill(a, 1021, one, 50), 0);
	assert_int_equal(maglev_fill(b, 1021, two, 50), 0);
	for (i = 0; i < 1021; i++)
		assert_int_equal(backend_compare(&one[a[i]], &two[b[i]]), 0);
	/* as nodes with another version of the library have it */
	assert_int_equal(a[0], 31);
	assert_int_equal(a[1020], 4);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_round_robin),  cmocka_unit_test(test_left_chain),
		cmocka_unit_test(test_weights),	     cmocka_unit_test(test_many_weights),
		cmocka_unit_test(test_source_hash),  cmocka_unit_test(test_consistent_hash),
		cmocka_unit_test(test_maglev_moves), cmocka_unit_test(test_maglev_shares),
		cmocka_unit_test(test_maglev_order),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
