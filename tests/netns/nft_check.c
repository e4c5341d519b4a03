/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Tables, chains and elements in the namespace named on the command line. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <k8snet/service.h>

#include "base/strbuf.h"
#include "kernel_check.h"

static const char *node;
static char node_path[256];
static struct k8snet_kernel *kernel;

/* --- operations --------------------------------------------------------------------- */

static struct k8snet_op table(int verb, uint8_t family)
{
	return (struct k8snet_op){.verb = (uint8_t)verb,
				  .target = OP_TABLE,
				  .layer = K8SNET_LAYER_SERVICE,
				  .object = "node one",
				  .family = family};
}

static struct k8snet_op chain(int verb, uint8_t family, uint8_t kind, uint8_t protocol, uint16_t n)
{
	return (struct k8snet_op){
		.verb = (uint8_t)verb,
		.target = OP_CHAIN,
		.layer = K8SNET_LAYER_SERVICE,
		.object = "service test/one",
		.chain = {.family = family, .kind = kind, .protocol = protocol, .n = n}};
}

static struct k8snet_op chain_op(int verb, struct nft_chain which)
{
	struct k8snet_op op = chain(verb, which.family, which.kind, which.protocol, which.n);

	op.chain = which;
	return op;
}

static struct k8snet_op element(int verb, const struct nft_element *e)
{
	return (struct k8snet_op){.verb = (uint8_t)verb,
				  .target = OP_ELEMENT,
				  .layer = K8SNET_LAYER_SERVICE,
				  .object = "service test/one",
				  .element = *e};
}

static bool is_done(struct k8snet_op op)
{
	return execute(kernel, &op, 1) == 0 && op.status == K8SNET_OP_DONE;
}

/* --- the skeleton ------------------------------------------------------------------- */

static bool is_whole(uint8_t family, bool *exists)
{
	struct state state;
	bool whole;

	if (observe_everything(kernel, NULL, &state) < 0)
		printf("  %s\n", last_message(kernel));
	*exists = state.tables[family == 6].exists;
	whole = state.tables[family == 6].is_whole;
	state_done(&state);
	return whole;
}

static bool has_chain(const struct nft_chain *c, bool *whole)
{
	struct state state;
	const struct state_chain *seen;

	observe_everything(kernel, NULL, &state);
	seen = state_find_chain(&state, c);
	if (seen)
		*whole = seen->is_whole;
	state_done(&state);
	return seen;
}

static void check_table(uint8_t family)
{
	const char *name = nft_family_name(family);
	bool exists;

	CHECK(!is_whole(family, &exists) && !exists);
	DONE(is_done(table(OP_DELETE, family)), "a table that is gone is deleted");
	DONE(is_done(table(OP_ADD, family)), "the table is made");
	DONE(is_done(chain_op(OP_ADD, nft_mark_chain(family, 0x4000))), "its mark is told");
	CHECK(is_whole(family, &exists) && exists);
	DONE(is_done(table(OP_ADD, family)), "the table is made again");
	CHECK(is_whole(family, &exists) && exists);
	run("ip netns exec %s nft flush chain %s k8snet services", node, name);
	CHECK(!is_whole(family, &exists) && exists);
	CHECK(is_done(table(OP_ADD, family)) && is_whole(family, &exists));
	run("ip netns exec %s nft delete map %s k8snet endpoints-udp", node, name);
	CHECK(!is_whole(family, &exists) && exists);
	CHECK(is_done(table(OP_ADD, family)) && is_whole(family, &exists));
}

/* What others did to rules is seen, how many there are aside. */
static void check_changed(uint8_t family, const char *what, const char *command)
{
	bool exists;

	run("ip netns exec %s nft '%s'", node, command);
	report(!is_whole(family, &exists) && exists, what, NULL);
	CHECK(is_done(table(OP_ADD, family)) && is_whole(family, &exists));
}

static void check_changed_rules(uint8_t family)
{
	const char *name = nft_family_name(family), *handle;
	char command[256];

	handle = run("ip netns exec %s nft -a list chain %s k8snet no-local-endpoints | "
		     "sed -n 's/.*handle //p' | tail -1 | tr -d '\\n'",
		     node, name);
	snprintf(command, sizeof(command),
		 "replace rule %s k8snet no-local-endpoints handle %s accept", name, handle);
	check_changed(family, "a verdict that was replaced is seen", command);
	handle = run(
		"ip netns exec %s nft -a list chain %s k8snet postrouting | "
		"sed -n 's/.*snat.*handle //p; s/.*masquerade.*handle //p' | tail -1 | tr -d '\\n'",
		node, name);
	snprintf(command, sizeof(command),
		 "replace rule %s k8snet postrouting handle %s ct status dnat masquerade", name,
		 handle);
	check_changed(family, "a rule that lost a condition is seen", command);
	snprintf(command, sizeof(command), "insert rule %s k8snet services counter", name);
	check_changed(family, "a rule more is seen", command);
	snprintf(command, sizeof(command),
		 "chain %s k8snet output { type nat hook output priority -100 ; policy drop ; }",
		 name);
	check_changed(family, "a policy is seen", command);
	snprintf(command, sizeof(command), "add table %s k8snet { flags dormant ; }", name);
	check_changed(family, "a table that sleeps is seen", command);
	expect_not("dormant", "ip netns exec %s nft list table %s k8snet", node, name);
}

static void check_chains(uint8_t family)
{
	struct k8snet_op ops[] = {
		chain(OP_ADD, family, NFT_CHAIN_CLUSTER, K8SNET_PROTOCOL_TCP, 2),
		chain(OP_ADD, family, NFT_CHAIN_EXTERNAL, K8SNET_PROTOCOL_UDP, 1),
		chain(OP_ADD, family, NFT_CHAIN_NODE_PORT, K8SNET_PROTOCOL_TCP, 10),
		chain(OP_ADD, family, NFT_CHAIN_EXTERNAL_LOCAL, K8SNET_PROTOCOL_UDP, 3),
		chain(OP_ADD, family, NFT_CHAIN_NODE_PORT_LOCAL, K8SNET_PROTOCOL_SCTP, 5),
	};
	const struct nft_chain other = {.family = family,
					.kind = NFT_CHAIN_CLUSTER,
					.protocol = K8SNET_PROTOCOL_TCP,
					.n = 9};
	const char *name = nft_family_name(family);
	bool whole = false;

	ops[4].chain.l = 2;
	DONE(execute(kernel, ops, 5) == 0, "chains are made");
	CHECK(has_chain(&ops[3].chain, &whole) && whole);
	CHECK(has_chain(&ops[4].chain, &whole) && whole);
	CHECK(has_chain(&ops[0].chain, &whole) && whole);
	CHECK(has_chain(&ops[2].chain, &whole) && whole);
	CHECK(!has_chain(&other, &whole));
	run("ip netns exec %s nft flush chain %s k8snet cluster-tcp-2", node, name);
	CHECK(has_chain(&ops[0].chain, &whole) && !whole);
	CHECK(is_done(ops[0]) && has_chain(&ops[0].chain, &whole) && whole);
	run("ip netns exec %s nft 'flush chain %s k8snet cluster-tcp-2; add rule %s k8snet "
	    "cluster-tcp-2 accept; add rule %s k8snet cluster-tcp-2 accept'",
	    node, name, name, name);
	CHECK(has_chain(&ops[0].chain, &whole) && !whole);
	CHECK(is_done(ops[0]) && has_chain(&ops[0].chain, &whole) && whole);
	ops[1].verb = OP_DELETE;
	DONE(is_done(ops[1]), "a chain is deleted");
	CHECK(!has_chain(&ops[1].chain, &whole));
	DONE(is_done(ops[1]), "a chain that is gone is deleted");
	ops[1].verb = OP_ADD;
	CHECK(is_done(ops[1]));
}

static void check_chain_failure(void)
{
	struct k8snet_op ops[] = {
		chain(OP_ADD, 4, NFT_CHAIN_CLUSTER, K8SNET_PROTOCOL_TCP, 3),
		chain(OP_ADD, 6, NFT_CHAIN_CLUSTER, K8SNET_PROTOCOL_TCP, 3),
	};

	run("ip netns exec %s nft delete table ip6 k8snet", node);
	CHECK(execute(kernel, ops, 2) == -EIO);
	CHECK(ops[0].status == K8SNET_OP_DONE && ops[1].status == K8SNET_OP_FAILED);
	report(strstr(last_message(kernel), "No such file or directory") != NULL,
	       "the chain that fails is told", last_message(kernel));
	CHECK(k8snet_error_get_kernel_errno(k8snet_ctx_get_error(kernel->ctx)) == ENOENT);
	CHECK(is_done(table(OP_ADD, 6)));
}

/* --- elements ------------------------------------------------------------------------- */

static void set_address(uint8_t *to, const char *text)
{
	const struct k8snet_address address = ip(text);

	memcpy(to, address.bytes, sizeof(address.bytes));
}

static bool is_element_seen(const struct state *state, const struct nft_element *e)
{
	struct frontend_key key = {.family = e->family,
				   .type = nft_map_is_of_node_ports(e->map) ? FRONTEND_NODE_PORT
									    : FRONTEND_VIP,
				   .protocol = e->protocol,
				   .port = e->port};
	const struct frontend_slots *slots;
	const struct frontend *f;
	struct hash_node *node_;

	if (nft_map_is_set(e->map)) {
		hash_foreach (&state->members.by_key, node_) {
			const struct nft_member *m = container_of(node_, struct nft_member, node);

			if (!memcmp(&m->element, e, sizeof(*e)))
				return true;
		}
		return false;
	}
	if (e->map == NFT_BALANCERS) {
		const struct nft_chain chain = nft_element_get_chain(e);
		const struct state_chain *seen = state_find_chain(state, &chain);

		return seen && seen->is_balancer;
	}
	if (e->map == NFT_AFFINITY_SLOTS || e->map == NFT_AFFINITY_ENDPOINTS)
		key = group_key(e->family, e->number);
	memcpy(key.address, e->address, sizeof(key.address));
	hash_foreach (&state->frontends.by_key, node_) {
		f = container_of(node_, struct frontend, node);
		if (memcmp(&f->key, &key, sizeof(key)))
			continue;
		if (e->map == NFT_AFFINITY_SERVICES || e->map == NFT_AFFINITY_NODE_PORTS)
			return f->has_number && f->number == e->number;
		if (e->map == NFT_AFFINITY_ENDPOINTS)
			return group_endpoints_find(f->endpoints[e->number >> 31],
						    (uint16_t)e->number);
		slots = f->slots[nft_map_is_local(e->map) || e->number >> 31];
		if (nft_map_is_balancers(e->map) || nft_map_is_chains(e->map)) {
			const bool is_chain = nft_map_is_chains(e->map);
			const struct nft_verdict *v = &f->verdicts[is_chain];

			return f->leads[is_chain] && v->kind == e->to_kind && v->n == e->to_n &&
			       v->l == e->to_l && v->pick == e->to_pick &&
			       v->affinity == e->to_affinity;
		}
		return slots && slots->count > e->slot;
	}
	return false;
}

/* Added, listed by nft as the text that adds it, seen, deleted. */
static void check_element(const struct nft_element *e, const char *witness)
{
	const char *family = nft_family_name(e->family), *map = nft_map_name(e->map, e->protocol);
	const char *kind = nft_map_is_set(e->map) ? "set" : "map";
	struct state state;
	char *encoded;

	DONE(is_done(element(OP_ADD, e)), map);
	expect(witness, "ip netns exec %s nft list %s %s k8snet %s", node, kind, family, map);
	CHECK(observe_everything(kernel, NULL, &state) == 0);
	report(is_element_seen(&state, e), "the element is seen", NULL);
	state_done(&state);
	/* As nft itself would have added it. */
	encoded = strdup(
		run("ip netns exec %s nft -j list %s %s k8snet %s", node, kind, family, map));
	DONE(is_done(element(OP_DELETE, e)), "the element is deleted");
	expect_not("elements", "ip netns exec %s nft list %s %s k8snet %s", node, kind, family,
		   map);
	{
		struct strbuf text = {0};

		nft_print_element(&text, e, false);
		run("ip netns exec %s nft -f - <<'END'\n%s\nEND", node, text.text);
		report(!strcmp(encoded, run("ip netns exec %s nft -j list %s %s k8snet %s", node,
					    kind, family, map)),
		       "nft adds the same from the printed text", text.text);
		strbuf_done(&text);
	}
	DONE(is_done(element(OP_DELETE, e)), "what nft added is deleted");
	expect_not("elements", "ip netns exec %s nft list %s %s k8snet %s", node, kind, family,
		   map);
	DONE(is_done(element(OP_DELETE, e)), "an element that is gone is deleted");
	free(encoded);
}

/* Of balancers, of chains of one frontend, and of affinity. */
static void check_balancing_elements(uint8_t family)
{
	const struct nft_chain chain = {.family = family,
					.kind = NFT_CHAIN_EXTERNAL,
					.protocol = K8SNET_PROTOCOL_UDP,
					.n = 7};
	struct nft_element e = nft_balancer_element(&chain);

	CHECK(is_done(chain_op(OP_ADD, chain)));
	check_element(&e, "8002:7 . udp : goto external-udp-7");
	e = (struct nft_element){.family = family,
				 .map = NFT_SERVICE_CHAINS,
				 .protocol = K8SNET_PROTOCOL_TCP,
				 .port = 80,
				 .to_kind = NFT_CHAIN_CLUSTER,
				 .to_pick = NFT_PICK_ROUND_ROBIN,
				 .to_n = 3};
	set_address(e.address, family == 6 ? "fd00:96::1" : "10.96.0.1");
	CHECK(is_done(chain_op(OP_ADD, nft_element_get_chain(&e))));
	check_element(&e, family == 6 ? ". tcp . 80 : goto cluster-tcp-3-round-robin-"
					"fd000096000000000000000000000001-80"
				      : ". tcp . 80 : goto cluster-tcp-3-round-robin-10.96.0.1-80");
	e.to_affinity = 10800;
	CHECK(is_done(chain_op(OP_ADD, nft_element_get_chain(&e))));
	check_element(&e, "-affinity-10800-");
	e = (struct nft_element){.family = family,
				 .map = NFT_AFFINITY_SERVICES,
				 .protocol = K8SNET_PROTOCOL_TCP,
				 .port = 80,
				 .number = 0x4a0b0000};
	set_address(e.address, family == 6 ? "fd00:96::1" : "10.96.0.1");
	check_element(&e, ". tcp . 80 : 4a0b:0");
	e = (struct nft_element){.family = family,
				 .map = NFT_AFFINITY_NODE_PORTS,
				 .protocol = K8SNET_PROTOCOL_UDP,
				 .port = 30053,
				 .number = 0x4a0b0000};
	check_element(&e, "udp . 30053 : 4a0b:0");
	e = (struct nft_element){
		.family = family, .map = NFT_AFFINITY_SLOTS, .slot = 11, .number = 0xca0b0102};
	check_element(&e, "ca0b:0 . 11 : ca0b:102");
	e = (struct nft_element){.family = family,
				 .map = NFT_AFFINITY_ENDPOINTS,
				 .protocol = K8SNET_PROTOCOL_SCTP,
				 .to_port = 8090,
				 .number = 0xca0b0102};
	set_address(e.to_address, family == 6 ? "2001:db8:1::2" : "10.1.0.2");
	check_element(&e, family == 6 ? "ca0b:102 : 2001:db8:1::2 . 8090"
				      : "ca0b:102 : 10.1.0.2 . 8090");
}

static void check_elements(uint8_t family)
{
	const bool is_6 = family == 6;
	const char *vip = is_6 ? "fd00:96::1" : "10.96.0.1";
	const char *pod = is_6 ? "2001:db8:1::2" : "10.1.0.2";
	struct nft_element e = {.family = family, .map = NFT_POD_NETWORKS};

	e.prefix_length = is_6 ? 64 : 16;
	set_address(e.address, is_6 ? "2001:db8:1::" : "10.1.0.0");
	check_element(&e, is_6 ? "2001:db8:1::/64" : "10.1.0.0/16");
	e.map = NFT_UNMASQUERADED;
	check_element(&e, is_6 ? "2001:db8:1::/64" : "10.1.0.0/16");
	e.map = NFT_SERVICE_NETWORKS;
	check_element(&e, is_6 ? "2001:db8:1::/64" : "10.1.0.0/16");
	e = (struct nft_element){.family = family, .map = NFT_UNMASQUERADED};
	check_element(&e, is_6 ? "::/0" : "0.0.0.0/0");
	e.map = NFT_NODE_ADDRESSES;
	e.prefix_length = is_6 ? 128 : 32;
	set_address(e.address, vip);
	check_element(&e, vip);
	e = (struct nft_element){.family = family, .map = NFT_POD_INTERFACES, .prefix_length = 128};
	memcpy(e.address, "a-long-name-015", 15);
	check_element(&e, "\"a-long-name-015\"");
	e = (struct nft_element){
		.family = family, .map = NFT_UNMASQUERADED_INTERFACES, .prefix_length = 32};
	memcpy(e.address, "veth", 4);
	check_element(&e, "\"veth*\"");
	e = (struct nft_element){.family = family, .map = NFT_CLUSTER_IPS};
	set_address(e.address, vip);
	check_element(&e, vip);
	e.map = NFT_HAIRPIN;
	check_element(&e, is_6 ? "fd00:96::1 . fd00:96::1" : "10.96.0.1 . 10.96.0.1");

	e = (struct nft_element){.family = family,
				 .map = NFT_SERVICES,
				 .protocol = K8SNET_PROTOCOL_TCP,
				 .port = 80,
				 .to_kind = NFT_CHAIN_CLUSTER,
				 .to_n = 2};
	set_address(e.address, vip);
	check_element(&e, ". tcp . 80 : 8001:2");
	e.protocol = K8SNET_PROTOCOL_UDP;
	e.to_kind = NFT_CHAIN_NO_ENDPOINTS;
	e.to_n = 0;
	check_element(&e, ". udp . 80 : 80ff:0");
	e = (struct nft_element){.family = family,
				 .map = NFT_SOURCE_RANGED,
				 .protocol = K8SNET_PROTOCOL_SCTP,
				 .port = 80};
	set_address(e.address, vip);
	check_element(&e, ". sctp . 80");
	e.map = NFT_SOURCE_RANGES;
	check_element(&e, is_6 ? ". sctp . 80 . ::/0" : ". sctp . 80 . 0.0.0.0/0");
	e.prefix_length = is_6 ? 61 : 11;
	set_address(e.to_address, is_6 ? "2001:db8:0:8::" : "192.32.0.0");
	check_element(&e, is_6 ? ". sctp . 80 . 2001:db8:0:8::/61" : ". sctp . 80 . 192.32.0.0/11");
	e.prefix_length = is_6 ? 128 : 32;
	check_element(&e, is_6 ? ". sctp . 80 . 2001:db8:0:8::" : ". sctp . 80 . 192.32.0.0");
	e = (struct nft_element){.family = family,
				 .map = NFT_NODE_PORTS,
				 .protocol = K8SNET_PROTOCOL_UDP,
				 .port = 30080,
				 .to_kind = NFT_CHAIN_NO_ENDPOINTS};
	check_element(&e, "udp . 30080 : 80ff:0");
	e.protocol = K8SNET_PROTOCOL_TCP;
	e.to_kind = NFT_CHAIN_NODE_PORT;
	e.to_n = 10;
	check_element(&e, "tcp . 30080 : 8003:a");
	e.to_pick = NFT_PICK_SOURCE_HASH;
	e.to_n = 1021;
	check_element(&e, "tcp . 30080 : 8013:3fd");
	e.protocol = K8SNET_PROTOCOL_SCTP;
	e.to_kind = NFT_CHAIN_NO_LOCAL_ENDPOINTS;
	e.to_pick = NFT_PICK_RANDOM;
	e.to_n = 0;
	check_element(&e, "sctp . 30080 : 80ff:1");
	e.map = NFT_NODE_PORT_CHAINS;
	e.to_kind = NFT_CHAIN_NODE_PORT_LOCAL;
	e.to_n = 5;
	e.to_l = 2;
	check_element(&e, "sctp . 30080 : goto node-port-local-sctp-5-2");
	check_balancing_elements(family);

	e = (struct nft_element){.family = family,
				 .map = NFT_ENDPOINTS,
				 .protocol = K8SNET_PROTOCOL_SCTP,
				 .port = 80,
				 .slot = 259,
				 .to_port = 8080};
	set_address(e.address, vip);
	set_address(e.to_address, pod);
	check_element(&e, is_6 ? "fd00:96::1 . 80 . 259 : 2001:db8:1::2 . 8080"
			       : "10.96.0.1 . 80 . 259 : 10.1.0.2 . 8080");
	e.protocol = K8SNET_PROTOCOL_UDP;
	e.slot = 0;
	check_element(&e, is_6 ? "fd00:96::1 . 80 . 0 : 2001:db8:1::2 . 8080"
			       : "10.96.0.1 . 80 . 0 : 10.1.0.2 . 8080");
	e.map = NFT_LOCAL_ENDPOINTS;
	check_element(&e, is_6 ? "fd00:96::1 . 80 . 0 : 2001:db8:1::2 . 8080"
			       : "10.96.0.1 . 80 . 0 : 10.1.0.2 . 8080");
	memset(e.address, 0, sizeof(e.address));
	e.map = NFT_NODE_PORT_ENDPOINTS;
	e.port = 30080;
	check_element(&e,
		      is_6 ? "30080 . 0 : 2001:db8:1::2 . 8080" : "30080 . 0 : 10.1.0.2 . 8080");
	e.map = NFT_NODE_PORT_LOCAL_ENDPOINTS;
	check_element(&e,
		      is_6 ? "30080 . 0 : 2001:db8:1::2 . 8080" : "30080 . 0 : 10.1.0.2 . 8080");
}

static void check_networks(void)
{
	static const char *const texts[] = {"10.0.0.0/16",     "10.1.0.0/16",	"10.3.0.0/24",
					    "10.3.1.0/24",     "172.16.0.0/12", "192.0.2.7/32",
					    "255.255.255.0/24"};
	struct k8snet_op ops[ARRAY_SIZE(texts)];
	struct state state;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(texts); i++) {
		struct nft_element e = {.family = 4, .map = NFT_POD_NETWORKS};
		struct k8snet_prefix prefix = net(texts[i]);

		e.prefix_length = prefix.length;
		memcpy(e.address, prefix.address.bytes, 16);
		ops[i] = element(OP_ADD, &e);
	}
	DONE(execute(kernel, ops, ARRAY_SIZE(texts)) == 0, "neighbouring networks are added");
	CHECK(observe_everything(kernel, NULL, &state) == 0);
	for (i = 0; i < ARRAY_SIZE(texts); i++) {
		report(is_element_seen(&state, &ops[i].element), texts[i], NULL);
		ops[i].verb = OP_DELETE;
		ops[i].status = K8SNET_OP_PENDING;
	}
	state_done(&state);
	expect("172.16.0.0/12", "ip netns exec %s nft list set ip k8snet pod-networks", node);
	/* One of them again, in the middle of the deletion of all. */
	run("ip netns exec %s nft delete element ip k8snet pod-networks '{ 10.3.0.0/24 }'", node);
	DONE(execute(kernel, ops, ARRAY_SIZE(texts)) == 0, "networks are deleted");
	expect_not("elements", "ip netns exec %s nft list set ip k8snet pod-networks", node);
}

/* --- transactions ----------------------------------------------------------------------- */

#define N_ELEMENTS 1000

static struct nft_element backend(int i)
{
	struct nft_element e = {.family = 4,
				.map = NFT_ENDPOINTS,
				.protocol = K8SNET_PROTOCOL_TCP,
				.port = 80,
				.slot = (uint16_t)(i % 10),
				.to_port = 8080};

	set_address(e.address, "10.96.0.0");
	e.address[2] = (uint8_t)(i / 10 / 256);
	e.address[3] = (uint8_t)(i / 10);
	set_address(e.to_address, "10.1.0.2");
	return e;
}

static struct nft_element service(int i)
{
	struct nft_element e = backend(i);

	e.map = NFT_SERVICE_CHAINS;
	e.slot = e.to_port = 0;
	memset(e.to_address, 0, sizeof(e.to_address));
	e.to_kind = NFT_CHAIN_CLUSTER;
	e.to_n = 10;
	return e;
}

static void fill(struct k8snet_op *ops, int verb)
{
	struct nft_element e;
	int i;

	for (i = 0; i < N_ELEMENTS; i++) {
		e = i % 11 == 10 ? service(i - i / 11) : backend(i - i / 11);
		ops[i] = element(verb, &e);
	}
}

static int count_elements(void)
{
	return atoi(run("ip netns exec %s nft list map ip k8snet endpoints-tcp | "
			"grep -o '8080' | wc -l",
			node));
}

static int count_status(const struct k8snet_op *ops, enum k8snet_op_status status)
{
	int i, n = 0;

	for (i = 0; i < N_ELEMENTS; i++)
		n += ops[i].status == status;
	return n;
}

static void check_transactions(void)
{
	static struct k8snet_op ops[N_ELEMENTS];
	struct nft_element bad;

	CHECK(is_done(chain(OP_ADD, 4, NFT_CHAIN_CLUSTER, K8SNET_PROTOCOL_TCP, 10)));
	/* The chain it leads to is not there. */
	fill(ops, OP_ADD);
	ops[560].element.to_n = 77;
	CHECK(ops[560].element.map == NFT_SERVICE_CHAINS);
	CHECK(execute(kernel, ops, N_ELEMENTS) == -EIO);
	CHECK(ops[560].status == K8SNET_OP_FAILED && count_status(ops, K8SNET_OP_PENDING) == 999);
	report(strstr(last_message(kernel), "cluster-tcp-77") != NULL, "the element is named",
	       last_message(kernel));
	CHECK(count_elements() == 0);

	/* The key is there with other data. */
	bad = backend(450);
	bad.to_port = 1;
	CHECK(is_done(element(OP_ADD, &bad)));
	fill(ops, OP_ADD);
	CHECK(execute(kernel, ops, N_ELEMENTS) == -EIO);
	CHECK(count_status(ops, K8SNET_OP_PENDING) == 999);
	report(strstr(last_message(kernel), "10.96.0.45 . 80 . 0 ") != NULL,
	       "the element that is there already is named", last_message(kernel));
	CHECK(count_elements() == 0);
	CHECK(is_done(element(OP_DELETE, &bad)));

	fill(ops, OP_ADD);
	DONE(execute(kernel, ops, N_ELEMENTS) == 0, "a thousand are added");
	CHECK(count_status(ops, K8SNET_OP_DONE) == N_ELEMENTS);
	CHECK(count_elements() == 910);
	/* Half of them are gone. */
	run("ip netns exec %s nft flush map ip k8snet services", node);
	bad = backend(7);
	CHECK(is_done(element(OP_DELETE, &bad)));
	fill(ops, OP_DELETE);
	DONE(execute(kernel, ops, N_ELEMENTS) == 0, "a thousand are deleted, some gone");
	CHECK(count_status(ops, K8SNET_OP_DONE) == N_ELEMENTS);
	CHECK(count_elements() == 0);
}

/* The last slot moves into the place of the one that goes. */
static void check_replacement(void)
{
	struct nft_element a = backend(0), b = backend(1), c = backend(0);
	struct k8snet_op ops[3];

	CHECK(is_done(element(OP_ADD, &a)) && is_done(element(OP_ADD, &b)));
	c.to_port = 9090;
	ops[0] = element(OP_DELETE, &a);
	ops[1] = element(OP_DELETE, &b);
	ops[2] = element(OP_ADD, &c);
	DONE(execute(kernel, ops, 3) == 0, "a key is deleted and added");
	expect("10.96.0.0 . 80 . 0 : 10.1.0.2 . 9090",
	       "ip netns exec %s nft list map ip k8snet endpoints-tcp", node);
	CHECK(is_done(element(OP_DELETE, &c)));
}

static void check_reload(void)
{
	static struct k8snet_op ops[N_ELEMENTS];

	fill(ops, OP_ADD);
	CHECK(execute(kernel, ops, N_ELEMENTS) == 0);
	expect("same",
	       "f=$(mktemp); n='ip netns exec %s nft'; $n list ruleset >$f; $n flush ruleset; "
	       "$n -f $f; $n list ruleset | cmp - $f && echo same; rm $f",
	       node);
	expect("k8snet", "ip netns exec %s nft list tables", node);
}

int main(int argc, char **argv)
{
	struct k8snet_ctx *ctx;
	uint8_t family;

	if (argc != 2 || k8snet_ctx_new(&ctx, NULL) < 0)
		return 1;
	node = argv[1];
	snprintf(node_path, sizeof(node_path), "/run/netns/%s", node);
	kernel = open_kernel(ctx, node_path);
	for (family = 4; family <= 6; family += 2) {
		check_table(family);
		check_changed_rules(family);
		check_chains(family);
		check_elements(family);
	}
	check_networks();
	check_chain_failure();
	check_transactions();
	check_replacement();
	check_reload();
	k8snet_kernel_unref(kernel);
	k8snet_ctx_unref(ctx);
	return n_failed != 0;
}
