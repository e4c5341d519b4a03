/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* rules_check text FAMILY: the tables with a chain of each kind, for nft -f; rules_check send
 * FAMILY: appends all the same rules once more, as messages. */
#include <arpa/inet.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/strbuf.h"
#include "netlink/nft_rule.h"
#include "plan/nft/nft.h"

#define MARK 0x4000

static const char *const chains[] = {
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

static struct mnl_socket *netlink;
static uint8_t family;
static unsigned int failed;

static struct nlmsghdr *put(char *buffer, uint16_t type, uint16_t flags, uint16_t resource)
{
	struct nlmsghdr *message = mnl_nlmsg_put_header(buffer);
	struct nfgenmsg *header = mnl_nlmsg_put_extra_header(message, sizeof(*header));

	message->nlmsg_type = type;
	message->nlmsg_flags = NLM_F_REQUEST | flags;
	header->nfgen_family = family == 6 ? 10 : 2;
	header->res_id = htons(resource);
	return message;
}

static int receive_error(void)
{
	char answer[8192];
	ssize_t n = mnl_socket_recvfrom(netlink, answer, sizeof(answer));
	const struct nlmsghdr *message = (const struct nlmsghdr *)answer;

	if (n <= 0 || message->nlmsg_type != NLMSG_ERROR)
		return -1;
	return ((const struct nlmsgerr *)mnl_nlmsg_get_payload(message))->error;
}

static void send_rule(void *data, const char *chain, const struct nft_rule *rule)
{
	char buffer[2 * NFT_RULE_ROOM];
	size_t used = put(buffer, NFNL_MSG_BATCH_BEGIN, 0, NFNL_SUBSYS_NFTABLES)->nlmsg_len;
	struct nlmsghdr *message = put(buffer + used, NFNL_SUBSYS_NFTABLES << 8 | NFT_MSG_NEWRULE,
				       NLM_F_CREATE | NLM_F_APPEND | NLM_F_ACK, 0);
	int error;

	(void)data;
	mnl_attr_put_strz(message, NFTA_RULE_TABLE, NFT_TABLE);
	mnl_attr_put_strz(message, NFTA_RULE_CHAIN, chain);
	nft_rule_put(message, rule);
	if (message->nlmsg_len > NFT_RULE_ROOM)
		failed++;
	used += message->nlmsg_len;
	used += put(buffer + used, NFNL_MSG_BATCH_END, 0, NFNL_SUBSYS_NFTABLES)->nlmsg_len;
	if (mnl_socket_sendto(netlink, buffer, used) < 0 || (error = receive_error()) != 0) {
		printf("  %s: refused\n", chain);
		failed++;
	}
}

static int print_all(void)
{
	_cleanup_strbuf_ struct strbuf b = {0};
	size_t i;

	nft_print_table_add(&b, family, MARK, false);
	for (i = 0; i < ARRAY_SIZE(chains); i++) {
		struct nft_chain chain = {.family = family};

		nft_chain_parse(&chain, chains[i]);
		if (chain.kind == NFT_CHAIN_UNKNOWN)
			return 1;
		nft_print_chain_add(&b, &chain, MARK);
	}
	return b.error || fputs(b.text, stdout) == EOF;
}

static int send_all(void)
{
	size_t i;

	netlink = mnl_socket_open(NETLINK_NETFILTER);
	if (!netlink || mnl_socket_bind(netlink, 0, MNL_SOCKET_AUTOPID) < 0)
		return 1;
	nft_skeleton_build(family, MARK, send_rule, NULL);
	for (i = 0; i < ARRAY_SIZE(chains); i++) {
		struct nft_chain chain = {.family = family};

		nft_chain_parse(&chain, chains[i]);
		nft_chain_build(&chain, MARK, send_rule, NULL);
	}
	mnl_socket_close(netlink);
	return failed != 0;
}

int main(int argc, char **argv)
{
	if (argc != 3)
		return 2;
	family = (uint8_t)atoi(argv[2]);
	return strcmp(argv[1], "text") ? send_all() : print_all();
}
