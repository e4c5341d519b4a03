/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The rules of chains that balance, as nft text. */
#include "plan/nft/nft.h"

#include "base/strbuf.h"

struct printer {
	struct strbuf *b;
	const struct nft_chain *chain;
	const char *family;
	uint32_t mark;
};

static void begin_rule(const struct printer *p)
{
	char name[NFT_CHAIN_NAME_SIZE];

	strbuf_printf(p->b, "add rule %s " NFT_TABLE " %s ", p->family,
		      nft_chain_name(p->chain, name));
}

static void rule(const struct printer *p, const char *text)
{
	begin_rule(p);
	strbuf_printf(p->b, "%s\n", text);
}

static void print_mark(const struct printer *p)
{
	strbuf_printf(p->b, "meta mark set meta mark | 0x%08x", p->mark);
}

static void print_pick(const struct printer *p, unsigned int n)
{
	switch ((enum nft_pick)p->chain->pick) {
	case NFT_PICK_RANDOM:
		strbuf_printf(p->b, "numgen random mod %u", n);
		break;
	case NFT_PICK_SOURCE_HASH:
		strbuf_printf(p->b, "jhash %s saddr mod %u seed 0x%x", p->family, n,
			      NFT_SOURCE_HASH_SEED);
		break;
	case NFT_PICK_ROUND_ROBIN:
		strbuf_printf(p->b, "numgen inc mod %u", n);
		break;
	}
}

/* --- without affinity ----------------------------------------------------- */

/* "dnat ip to ip daddr . tcp dport . numgen random mod 3 map @endpoints-tcp" */
static void print_dnat(const struct printer *p, bool is_local)
{
	const struct nft_chain *chain = p->chain;
	bool is_node_port = nft_chain_is_of_node_ports(chain->kind);

	strbuf_printf(p->b, "dnat %s to ", p->family);
	if (!is_node_port)
		strbuf_printf(p->b, "%s daddr . ", p->family);
	strbuf_printf(p->b, "%s dport . ", nft_protocol_name(chain->protocol));
	print_pick(p, is_local ? chain->l : chain->n);
	strbuf_printf(p->b, " map @%s\n",
		      nft_map_name(nft_slots_map(is_node_port, is_local), chain->protocol));
}

static void print_no_pod(const struct printer *p, const char *condition)
{
	strbuf_printf(p->b, "%s saddr != @pod-networks iifname != @pod-interfaces %s", p->family,
		      condition);
}

static void print_mark_rule(const struct printer *p)
{
	begin_rule(p);
	if (nft_chain_is_local(p->chain->kind))
		print_no_pod(p, "fib saddr type local ");
	else if (p->chain->kind == NFT_CHAIN_CLUSTER)
		strbuf_printf(p->b,
			      "%s saddr != @unmasqueraded iifname != @unmasqueraded-interfaces ",
			      p->family);
	print_mark(p);
	strbuf_add(p->b, "\n");
}

/* All backends, whoever asks. */
static void print_cluster_rules(const struct printer *p)
{
	print_mark_rule(p);
	begin_rule(p);
	print_dnat(p, false);
}

/* From pods and from the node itself all backends, as if the traffic had gone out to a
 * load balancer and come back; from others those on this node, and nobody is told. */
static void print_local_rules(const struct printer *p)
{
	begin_rule(p);
	strbuf_printf(p->b, "%s saddr @pod-networks ", p->family);
	print_dnat(p, false);
	begin_rule(p);
	strbuf_add(p->b, "iifname @pod-interfaces ");
	print_dnat(p, false);
	begin_rule(p);
	strbuf_add(p->b, "fib saddr type local ");
	print_mark(p);
	strbuf_add(p->b, " ");
	print_dnat(p, false);
	begin_rule(p);
	if (p->chain->l)
		print_dnat(p, true);
	else
		strbuf_add(p->b, "drop\n");
}

/* --- with affinity -------------------------------------------------------- */

/* What stands for the client in keys of @affinity. */
static void print_client(const struct printer *p)
{
	if (p->chain->family == 6)
		strbuf_printf(p->b,
			      "jhash ip6 saddr mod 4294967295 seed 0x%x . "
			      "jhash ip6 saddr mod 4294967295 seed 0x%x",
			      NFT_CLIENT_HASH_SEED_1, NFT_CLIENT_HASH_SEED_2);
	else
		strbuf_add(p->b, "ip saddr");
}

static void print_update(const struct printer *p, bool is_delete)
{
	strbuf_printf(p->b, "%s @affinity { meta priority & ffff:0 . ",
		      is_delete ? "delete" : "update");
	print_client(p);
	if (!is_delete)
		strbuf_printf(p->b, " timeout %us", p->chain->affinity);
	strbuf_add(p->b, " : meta priority }");
}

/* The number of the service port, with the bit for backends on this node alone where a
 * policy is Local. */
static void print_number_rules(const struct printer *p)
{
	bool is_node_port = nft_chain_is_of_node_ports(p->chain->kind);

	begin_rule(p);
	strbuf_add(p->b, "meta priority set ");
	if (!is_node_port)
		strbuf_printf(p->b, "%s daddr . ", p->family);
	strbuf_printf(p->b, "meta l4proto . th dport map @%s\n",
		      nft_map_name(is_node_port ? NFT_AFFINITY_NODE_PORTS : NFT_AFFINITY_SERVICES,
				   p->chain->protocol));
	if (!nft_chain_is_local(p->chain->kind))
		return;
	begin_rule(p);
	print_no_pod(p, "fib saddr type != local ");
	strbuf_add(p->b, p->chain->l ? "meta priority set meta priority | 8000:0\n" : "drop\n");
}

static void print_endpoint_rule(const struct printer *p)
{
	const char *protocol = nft_protocol_name(p->chain->protocol);

	begin_rule(p);
	strbuf_printf(p->b, "meta l4proto %s dnat %s to meta priority map @affinity-endpoints-%s\n",
		      protocol, p->family, protocol);
}

/* The endpoint that the client has had, unless it is gone. */
static void print_remembered_rules(const struct printer *p)
{
	begin_rule(p);
	strbuf_add(p->b, "meta priority set meta priority . ");
	print_client(p);
	strbuf_add(p->b, " map @affinity\n");
	begin_rule(p);
	strbuf_add(p->b, "meta priority & 0:ffff != none ");
	print_update(p, false);
	strbuf_add(p->b, "\n");
	print_endpoint_rule(p);
}

static void print_pick_rule(const struct printer *p, const char *condition, unsigned int n)
{
	begin_rule(p);
	strbuf_printf(p->b, "%smeta priority set meta priority . ", condition);
	print_pick(p, n);
	strbuf_add(p->b, " map @affinity-slots\n");
}

/* `update` leaves the data of what is there as it is. A map that is full ends the rule
 * alone, and the connection is translated all the same. */
static void print_new_rules(const struct printer *p)
{
	rule(p, "meta priority set meta priority & ffff:0");
	if (p->chain->l) {
		print_pick_rule(p, "meta priority & 8000:0 == none ", p->chain->n);
		print_pick_rule(p, "meta priority & 8000:0 != none ", p->chain->l);
	} else {
		print_pick_rule(p, "", p->chain->n);
	}
	begin_rule(p);
	print_update(p, true);
	strbuf_add(p->b, " ");
	print_update(p, false);
	strbuf_add(p->b, "\n");
	print_endpoint_rule(p);
}

static void print_affinity_rules(const struct printer *p)
{
	print_mark_rule(p);
	print_number_rules(p);
	print_remembered_rules(p);
	print_new_rules(p);
}

/* --- connections that are reset ------------------------------------------- */

static void print_connection(const struct printer *p)
{
	strbuf_printf(p->b,
		      "ct original %s saddr . ct original proto-src . ct original %s daddr . "
		      "ct original proto-dst",
		      p->family, p->family);
}

/* Of both directions. A client that begins anew from the same port is meant no more. What
 * has an end answer is let through, it has SYN set, and what is answered with. */
static void print_reset_rules(const struct printer *p)
{
	begin_rule(p);
	strbuf_add(p->b, "ct state new meta l4proto tcp ");
	print_connection(p);
	strbuf_add(p->b, " @resets delete @resets { ");
	print_connection(p);
	strbuf_add(p->b, " }\n");
	begin_rule(p);
	strbuf_add(p->b, "ct status dnat tcp flags & (syn | rst) == 0x0 ");
	print_connection(p);
	strbuf_add(p->b, " @resets reject with tcp reset\n");
}

/* Before addresses are translated: what comes over a bridge is answered there, by what the
 * packet says. */
static void print_hook(const struct printer *p)
{
	if (p->chain->kind == NFT_CHAIN_RESET)
		strbuf_printf(p->b, " { type filter hook %s priority -150 ; }",
			      p->chain->n == NFT_RESET_OUTPUT ? "output" : "prerouting");
}

/* --- a chain -------------------------------------------------------------- */

unsigned int nft_chain_count_rules(const struct nft_chain *chain)
{
	bool is_local = nft_chain_is_local(chain->kind);

	if (chain->kind == NFT_CHAIN_MARK)
		return 0;
	if (!chain->affinity) /* those that reset have as many, too */
		return is_local ? 4 : 2;
	return 9u + is_local + (chain->l > 0);
}

void nft_print_chain_add(struct strbuf *b, const struct nft_chain *chain, uint32_t masquerade_mark)
{
	const struct printer p = {b, chain, nft_family_name(chain->family), masquerade_mark};
	char name[NFT_CHAIN_NAME_SIZE];

	nft_chain_name(chain, name);
	strbuf_printf(b, "add chain %s " NFT_TABLE " %s", p.family, name);
	print_hook(&p);
	strbuf_add(b, "\n");
	if (chain->kind == NFT_CHAIN_MARK)
		return;
	strbuf_printf(b, "flush chain %s " NFT_TABLE " %s\n", p.family, name);
	if (chain->kind == NFT_CHAIN_RESET)
		print_reset_rules(&p);
	else if (chain->affinity)
		print_affinity_rules(&p);
	else if (nft_chain_is_local(chain->kind))
		print_local_rules(&p);
	else
		print_cluster_rules(&p);
}
