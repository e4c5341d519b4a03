/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Slots looked at by key and by a dump, in the namespace named on the command line: whatever nft
 * has done to them, both see the same, and the first one needs the second only where it must.
 * The second argument begins the random numbers.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>

#include "base/strbuf.h"
#include "kernel/netlink.h"
#include "kernel_check.h"

#define N_FRONTENDS	 120
#define N_ROUNDS	 60
#define KEYS_PER_MESSAGE 200

static const char *node;
static struct k8snet_kernel *kernel;
static VEC(struct nft_element) slots;
static VEC(struct k8snet_op) ops;

static const uint8_t protocols[] = {K8SNET_PROTOCOL_TCP, K8SNET_PROTOCOL_UDP, K8SNET_PROTOCOL_SCTP};

static unsigned int below(unsigned int n)
{
	return (unsigned int)rand() % n;
}

/* --- what is there -------------------------------------------------------------------- */

static struct k8snet_op *push_op(enum op_target target)
{
	struct k8snet_op *op = vec_push(&ops);

	*op = (struct k8snet_op){.verb = OP_ADD,
				 .target = (uint8_t)target,
				 .layer = K8SNET_LAYER_SERVICE,
				 .object = "service test/one"};
	return op;
}

static void add_slots(const struct nft_element *lead, enum nft_map map, unsigned int n)
{
	struct nft_element *e;
	unsigned int i;

	for (i = 0; i < n; i++) {
		e = vec_push(&slots);
		*e = (struct nft_element){.family = lead->family,
					  .map = (uint8_t)map,
					  .protocol = lead->protocol,
					  .port = lead->port,
					  .slot = (uint16_t)i,
					  .to_port = 8080};
		memcpy(e->address, lead->address, sizeof(e->address));
		e->to_address[0] = 10;
		e->to_address[3] = (uint8_t)(1 + below(250));
		push_op(OP_ELEMENT)->element = *e;
	}
}

/* A third of them have a verdict, and slots in the local map; another one are node ports. */
static void add_frontend(uint8_t family, unsigned int i)
{
	const bool is_chain = i % 3 == 1, is_node_port = i % 3 == 2;
	struct nft_element e = {.family = family,
				.map = (uint8_t)nft_lead_map(is_node_port, is_chain),
				.protocol = protocols[below(3)],
				.port = (uint16_t)(1000 + i),
				.to_kind = is_chain	  ? NFT_CHAIN_EXTERNAL_LOCAL
					   : is_node_port ? NFT_CHAIN_NODE_PORT
							  : NFT_CHAIN_CLUSTER,
				.to_n = (uint16_t)(1 + below(40))};

	if (is_chain) {
		e.to_l = (uint16_t)(1 + below(e.to_n));
		push_op(OP_CHAIN)->chain = nft_element_get_chain(&e);
	}
	if (!is_node_port)
		memcpy(e.address, (uint8_t[]){10, 96, 0, (uint8_t)i}, 4);
	push_op(OP_ELEMENT)->element = e;
	add_slots(&e, nft_slots_map(is_node_port, false), e.to_n);
	add_slots(&e, nft_slots_map(is_node_port, true), e.to_l);
}

static void add_everything(uint8_t family)
{
	unsigned int i;

	push_op(OP_TABLE)->family = family;
	for (i = 0; i < N_FRONTENDS; i++)
		add_frontend(family, i);
	DONE(execute(kernel, ops.items, ops.count) == 0, "frontends and slots are there");
	ops.count = 0;
}

/* --- looking -------------------------------------------------------------------------- */

static uint32_t look(uint32_t by_key_from, struct state *state)
{
	struct netlink_kernel *nk = netlink_kernel(kernel);
	struct observe_request request = {.services_only = true};
	uint32_t before;

	netlink_get_netfilter(nk);
	before = nk->netfilter_sequence;
	nk->by_key_from = by_key_from;
	state_init(state);
	if (kernel->ops->observe(kernel, &request, state) < 0)
		report(false, "observe", last_message(kernel));
	return nk->netfilter_sequence - before;
}

static bool are_slots_same(const struct frontend *a, const struct frontend *b, unsigned int which)
{
	const struct frontend_slots *x = a->slots[which], *y = b->slots[which];
	uint32_t i, n = x ? x->count : 0;

	if (y && y->count > n)
		n = y->count;
	for (i = 0; i < n; i++)
		if (!slots_are_same(x, y, i))
			return false;
	return true;
}

static bool has_frontends_of(const struct state *a, const struct state *b)
{
	struct hash_node *hash_node;

	hash_foreach (&b->frontends.by_key, hash_node) {
		const struct frontend *f = container_of(hash_node, struct frontend, node);
		const struct frontend *g = frontends_find(&a->frontends, &f->key);

		if (!g || memcmp(f->leads, g->leads, sizeof(f->leads)) != 0 ||
		    !are_slots_same(f, g, 0) || !are_slots_same(f, g, 1))
			return false;
	}
	return true;
}

static unsigned int count_slots(const struct state *state)
{
	struct hash_node *hash_node;
	struct backend backend;
	unsigned int n = 0;
	uint32_t i;

	hash_foreach (&state->frontends.by_key, hash_node) {
		const struct frontend *f = container_of(hash_node, struct frontend, node);

		for (i = 0; i <= UINT16_MAX; i++)
			n += slots_get(f->slots[0], i, &backend) +
			     slots_get(f->slots[1], i, &backend);
	}
	return n;
}

/* As nft lists them: each map has its type, "... : ...", too. */
static unsigned int count_listed(void)
{
	return (unsigned int)atoi(
		run("for f in ip ip6; do for m in '' local- node-port- "
		    "node-port-local-; do for p in tcp udp sctp; do ip netns exec "
		    "%s nft list map $f k8snet ${m}endpoints-$p 2>/dev/null | grep "
		    "-v type; done; done; done | grep -o ' : ' | wc -l",
		    node));
}

/* How many messages the one took more than the other. */
static int compare_looks(const char *name)
{
	struct state by_key, by_dump;
	uint32_t n_key = look(1, &by_key), n_dump = look(UINT32_MAX, &by_dump);
	bool is_same = has_frontends_of(&by_key, &by_dump) && has_frontends_of(&by_dump, &by_key);

	report(is_same, name, "keys and dump differ");
	state_done(&by_key);
	state_done(&by_dump);
	return (int)n_key - (int)n_dump;
}

/* --- what nft does ---------------------------------------------------------------------- */

static void nft_element(const struct nft_element *e, bool is_delete)
{
	struct strbuf text = {0};

	nft_print_element(&text, e, is_delete);
	run("ip netns exec %s nft -f - <<'END'\n%s\nEND", node, text.text);
	strbuf_done(&text);
}

/* A slot that no frontend has: past its last, or of an address that has none. */
static void add_foreign(struct nft_element e)
{
	if (below(2))
		e.slot = (uint16_t)(e.slot + 100 + below(1000));
	else
		e.port = (uint16_t)(e.port + 2000);
	nft_element(&e, false);
}

static const char *disturb(void)
{
	struct nft_element *e = &slots.items[below((unsigned int)slots.count)];

	switch (below(4)) {
	case 0:
		add_foreign(*e);
		return "somebody added one";
	case 1:
		nft_element(e, true);
		return "somebody deleted one";
	case 2:
		nft_element(e, true);
		e->to_port++;
		nft_element(e, false);
		return "somebody changed one";
	default:
		nft_element(e, true);
		add_foreign(*e);
		return "somebody moved one";
	}
}

/* Messages that take the place of each dump. */
static int count_extra_messages(uint8_t family)
{
	int n = 0, in_map;
	size_t map, protocol, i;

	for (map = NFT_ENDPOINTS; map < NFT_N_MAPS; map++) {
		for (protocol = 0; protocol < 3; protocol++) {
			in_map = 0;
			for (i = 0; i < slots.count; i++)
				in_map += slots.items[i].family == family &&
					  slots.items[i].map == map &&
					  slots.items[i].protocol == protocols[protocol];
			n += in_map ? (in_map - 1) / KEYS_PER_MESSAGE : 0;
		}
	}
	return n;
}

static bool has_counts(void)
{
	struct utsname name;
	int major = 0, minor = 0;

	uname(&name);
	sscanf(name.release, "%d.%d", &major, &minor);
	return major > 6 || (major == 6 && minor >= 17);
}

static void check_catch_all(const char *family, const char *data)
{
	run("ip netns exec %s nft add element %s k8snet endpoints-tcp '{ * : %s }'", node, family,
	    data);
	expect("* : ", "ip netns exec %s nft list map %s k8snet endpoints-tcp", node, family);
	compare_looks("an element for all others is passed over");
}

static void check_ways(void)
{
	const int expected = count_extra_messages(4) + count_extra_messages(6);
	struct nft_element *e = &slots.items[slots.count / 2];
	struct state state;
	int extra = compare_looks("keys and dump see the same");

	CHECK(expected >= 2);
	if (!has_counts())
		return;
	CHECK(extra == expected);
	/* One more message, which begins after the one that is not there. */
	nft_element(e, true);
	extra = compare_looks("one is not there") - expected;
	CHECK(extra == 0 || extra == 1);
	nft_element(e, false);
	look(1, &state);
	CHECK(count_slots(&state) == slots.count && count_listed() == slots.count);
	state_done(&state);
}

int main(int argc, char **argv)
{
	struct k8snet_ctx *ctx;
	char node_path[256];
	int i;

	if (argc != 3 || k8snet_ctx_new(&ctx, NULL) < 0)
		return 1;
	node = argv[1];
	srand((unsigned int)atoi(argv[2]));
	snprintf(node_path, sizeof(node_path), "/run/netns/%s", node);
	kernel = open_kernel(ctx, node_path);
	add_everything(4);
	add_everything(6);
	check_ways();
	for (i = 0; i < N_ROUNDS; i++)
		compare_looks(disturb());
	check_catch_all("ip", "10.1.0.9 . 1");
	check_catch_all("ip6", "fd00::9 . 1");
	run("ip netns exec %s nft flush map ip k8snet endpoints-tcp", node);
	compare_looks("somebody emptied a map");
	vec_done(&slots);
	vec_done(&ops);
	k8snet_kernel_unref(kernel);
	k8snet_ctx_unref(ctx);
	return n_failed != 0;
}
