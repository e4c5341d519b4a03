/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* rules_check text FAMILY COUNTERS: the tables with a chain of each kind, for nft -f; rules_check
 * send FAMILY COUNTERS NETNS: the same by messages. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/strbuf.h"
#include "kernel_check.h"

#define MARK 0x4000

static const char *const chains[] = {
	"masquerade-0x00004000",
	"cluster-tcp-3",
	"cluster-sctp-2-source-hash",
	"cluster-udp-2-affinity-10800",
	"cluster-tcp-2-source-hash-affinity-60",
	"external-udp-1",
	"external-tcp-2-source-hash-affinity-60",
	"node-port-sctp-65535",
	"node-port-udp-2-affinity-1",
	"external-local-tcp-3-1",
	"external-local-udp-2-0",
	"external-local-tcp-4-2-affinity-60",
	"external-local-tcp-4-2-source-hash-affinity-60",
	"node-port-local-tcp-2-1",
	"node-port-local-tcp-2-0-affinity-60",
	"node-port-local-tcp-2-1-round-robin-30084",
	"node-port-local-tcp-2-1-round-robin-affinity-60-30089",
	"reset-prerouting",
	"reset-output",
};

static struct nft_chain parse_chain(uint8_t family, const char *name)
{
	struct nft_chain chain = {.family = family};

	nft_chain_parse(&chain, name);
	if (chain.kind == NFT_CHAIN_UNKNOWN)
		abort();
	return chain;
}

static int print_all(uint8_t family, bool has_counters)
{
	_cleanup_strbuf_ struct strbuf b = {0};
	struct nft_chain chain;
	size_t i;

	nft_print_table_add(&b, family, MARK, has_counters);
	for (i = 0; i < ARRAY_SIZE(chains); i++) {
		chain = parse_chain(family, chains[i]);
		nft_print_chain_add(&b, &chain, MARK);
	}
	return b.error || fputs(b.text, stdout) == EOF;
}

/* Its own rules are what it expects, whatever the kernel makes of them. */
static bool are_recognized(struct k8snet_kernel *kernel, const struct k8snet_op *ops, size_t count)
{
	const struct state_chain *seen;
	bool all_are = true;
	struct state state;
	size_t i;

	if (observe_everything(kernel, NULL, &state) < 0)
		return false;
	if (!state.tables[family_index(ops[0].family)].is_whole) {
		fprintf(stderr, "the table is not recognized\n");
		all_are = false;
	}
	for (i = 1; i < count; i++) {
		seen = state_find_chain(&state, &ops[i].chain);
		if (seen && seen->is_whole)
			continue;
		fprintf(stderr, "%s is not recognized\n", chains[i - 1]);
		all_are = false;
	}
	state_done(&state);
	return all_are;
}

static int send_all(uint8_t family, bool has_counters, const char *netns)
{
	struct k8snet_op ops[1 + ARRAY_SIZE(chains)] = {{.verb = OP_ADD,
							 .target = OP_TABLE,
							 .family = family,
							 .has_counters = has_counters}};
	struct k8snet_kernel *kernel;
	struct k8snet_ctx *ctx;
	size_t i;
	int r = k8snet_ctx_new(&ctx, NULL);

	if (r < 0)
		return 1;
	kernel = open_kernel(ctx, netns);
	for (i = 0; i < ARRAY_SIZE(chains); i++)
		ops[1 + i] = (struct k8snet_op){.verb = OP_ADD,
						.target = OP_CHAIN,
						.chain = parse_chain(family, chains[i])};
	r = kernel->ops->execute(kernel, ops, ARRAY_SIZE(ops), MARK, NULL);
	if (r < 0)
		fprintf(stderr, "%s\n", last_message(kernel));
	else if (!are_recognized(kernel, ops, ARRAY_SIZE(ops)))
		r = -1;
	k8snet_kernel_unref(kernel);
	k8snet_ctx_unref(ctx);
	return r < 0;
}

int main(int argc, char **argv)
{
	uint8_t family;
	bool has_counters;

	if (argc < 4)
		return 2;
	family = (uint8_t)atoi(argv[2]);
	has_counters = atoi(argv[3]) != 0;
	return argc > 4 ? send_all(family, has_counters, argv[4]) : print_all(family, has_counters);
}
