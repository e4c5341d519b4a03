/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Services: first load, one endpoint replaced, one service added, against
 *   - the floor: the same nfnetlink messages, encoded before, sent as they are;
 *   - kube-proxy's layout (its `map` layout, 1.36) by nft -f, if the generator of
 *     its rulesets is there (K8SNET_PEERS, or ../shared/peers beside the tree).
 * Also the memory of the model.
 *
 * bench_services [SERVICES [ENDPOINTS [ROUNDS]]]
 */
#include <linux/netlink.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <k8snet/k8snet.h>

#include "bench.h"
#include "kernel/nft_encode.h"
#include "kernel/nlsock.h"
#include "plan/plan.h"

#define CHANGES 200

static char peer_files[] = "/tmp/k8snet-bench-XXXXXX"; /* a directory for mkdtemp() */
static unsigned int n_services = 10000, n_endpoints = 10, n_rounds = 5;

struct bench {
	struct k8snet_ctx *ctx;
	struct k8snet_cluster *cluster;
	struct k8snet_kernel *kernel;
};

/* --- the cluster ------------------------------------------------------------ */

static void format_ip(char *text, uint32_t base, uint32_t n)
{
	uint32_t v = base + n;

	sprintf(text, "%u.%u.%u.%u", v >> 24, v >> 16 & 255, v >> 8 & 255, v & 255);
}

static void add_service(struct bench *b, unsigned int k)
{
	char ns[32], name[32], ip[32];
	struct k8snet_service *service;
	struct k8snet_endpointslice *slice;
	unsigned int i;

	sprintf(ns, "ns%u", k % 50);
	sprintf(name, "svc%u", k);
	bench_must(b->ctx, k8snet_service_new(&service, b->cluster, ns, name), "service");
	format_ip(ip, 0xac100000, 256 + k);
	bench_must(b->ctx, k8snet_service_add_cluster_ip(service, ip), "ClusterIP");
	bench_must(b->ctx, k8snet_service_add_port(service, "p80", K8SNET_PROTOCOL_TCP, 80, 0),
		   "port");
	bench_must(b->ctx, k8snet_endpointslice_new(&slice, b->cluster, ns, name, name, 4),
		   "slice");
	bench_must(b->ctx, k8snet_endpointslice_add_port(slice, "p80", K8SNET_PROTOCOL_TCP, 8080),
		   "port");
	for (i = 0; i < n_endpoints; i++) {
		format_ip(ip, 0x0a000000, 256 + k * n_endpoints + i);
		bench_must(b->ctx,
			   k8snet_endpointslice_add_endpoint(slice, ip, i % 10 ? "b" : "a",
							     K8SNET_ENDPOINT_READY |
								     K8SNET_ENDPOINT_SERVING),
			   "endpoint");
	}
	k8snet_endpointslice_unref(slice);
	k8snet_service_unref(service);
}

static void remove_service(struct bench *b, unsigned int k)
{
	char ns[32], name[32];

	sprintf(ns, "ns%u", k % 50);
	sprintf(name, "svc%u", k);
	bench_must(b->ctx, k8snet_service_remove(k8snet_cluster_find_service(b->cluster, ns, name)),
		   "remove");
	bench_must(b->ctx,
		   k8snet_endpointslice_remove(
			   k8snet_cluster_find_endpointslice(b->cluster, ns, name)),
		   "remove");
}

static void make_cluster(struct bench *b)
{
	struct k8snet_node *node;
	struct mallinfo2 before;
	size_t bytes;
	unsigned int k;

	bench_must(NULL, k8snet_ctx_new(&b->ctx, NULL), "context");
	before = mallinfo2();
	bench_must(b->ctx, k8snet_cluster_new(&b->cluster, b->ctx), "cluster");
	k8snet_cluster_set_link(b->cluster, K8SNET_LINK_PTP);
	bench_must(b->ctx, k8snet_cluster_add_pod_cidr(b->cluster, "10.0.0.0/8"), "pod CIDR");
	bench_must(b->ctx, k8snet_node_new(&node, b->cluster, "node-1"), "node");
	bench_must(b->ctx, k8snet_node_add_pod_cidr(node, "10.0.0.0/24"), "pod CIDR");
	k8snet_node_unref(node);
	for (k = 0; k < n_services; k++)
		add_service(b, k);
	bytes = mallinfo2().uordblks + mallinfo2().hblkhd - before.uordblks - before.hblkhd;
	printf("model: %.1f MB, %.0f bytes an endpoint; goal at most 200: %s\n",
	       (double)bytes / 1e6, (double)bytes / (n_services * n_endpoints),
	       bytes <= 200u * n_services * n_endpoints ? "met" : "MISSED");
}

static void apply(struct bench *b, unsigned int flags)
{
	struct k8snet_plan *plan;

	bench_must(b->ctx, k8snet_plan_new(&plan, b->cluster, "node-1", b->kernel, flags), "plan");
	bench_must(b->ctx, k8snet_plan_apply(plan, b->kernel, NULL), "apply");
	k8snet_plan_unref(plan);
}

/* --- the floor --------------------------------------------------------------- */

/* Element operations encoded once, to be sent many times. */
struct floor {
	int fd;
	struct nft_encoding encoding;
};

static void floor_encode(struct floor *f, struct k8snet_op *ops, size_t count)
{
	struct nlmsghdr *message;
	uint32_t sequence = 1;
	size_t i;

	for (i = 0; i < count; i++)
		ops[i].status = K8SNET_OP_PENDING;
	if (nft_encode(&f->encoding, ops, count, sequence, SIZE_MAX) < 0)
		exit(1);
	/* The end of the batch is asked to be acknowledged, to know when it is done. */
	message = (struct nlmsghdr *)(f->encoding.buffer);
	while ((char *)message + message->nlmsg_len < f->encoding.buffer + f->encoding.used)
		message = (struct nlmsghdr *)((char *)message + NLMSG_ALIGN(message->nlmsg_len));
	message->nlmsg_flags |= NLM_F_ACK;
	nlsock_reserve_send(f->fd, f->encoding.used + 65536);
}

static void floor_send(const struct floor *f)
{
	char answer[8192];
	struct nlsock_ack ack;
	ssize_t n;

	if (nlsock_send(f->fd, f->encoding.buffer, f->encoding.used) < 0)
		exit(1);
	n = nlsock_receive(f->fd, answer, sizeof(answer), 0);
	if (n < 0 || nlsock_parse_ack((struct nlmsghdr *)answer, &ack) < 0 || ack.error) {
		fprintf(stderr, "floor: the kernel refused: %s %s\n",
			n < 0 ? "nothing came back" : strerror(ack.error), n < 0 ? "" : ack.text);
		exit(1);
	}
}

/* The element operations of a plan for the whole cluster. */
static size_t element_ops(const struct k8snet_plan *plan, struct k8snet_op **out)
{
	size_t i, n = 0;

	*out = calloc(plan->ops.count, sizeof(**out));
	for (i = 0; i < plan->ops.count; i++)
		if (plan->ops.items[i].target == OP_ELEMENT)
			(*out)[n++] = plan->ops.items[i];
	return n;
}

/* The same ones, deleted, verdicts first. */
static void invert(struct k8snet_op *ops, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		ops[i].verb = OP_DELETE;
}

/* --- first load -------------------------------------------------------------- */

static void open_kernel(struct bench *b)
{
	k8snet_kernel_unref(b->kernel);
	bench_must(b->ctx, k8snet_kernel_open(&b->kernel, b->ctx, NULL), "kernel");
}

static void bench_load(struct bench *b)
{
	struct samples ours = {0}, floor = {0}, elements = {0};
	struct floor add = {.fd = -1}, del = {.fd = -1};
	struct k8snet_plan *plan;
	struct k8snet_op *ops;
	unsigned int round;
	double start;
	size_t n;

	for (round = 0; round < n_rounds; round++) {
		bench_new_netns();
		usleep(300000); /* the old namespace goes in the background */
		open_kernel(b);
		start = bench_now_us();
		bench_must(b->ctx, k8snet_plan_new(&plan, b->cluster, "node-1", b->kernel, 0),
			   "plan");
		bench_must(b->ctx, k8snet_plan_apply(plan, b->kernel, NULL), "apply");
		samples_add(&ours, bench_now_us() - start);

		n = element_ops(plan, &ops);
		k8snet_plan_unref(plan);
		add.fd = del.fd = nlsock_open(NETLINK_NETFILTER);
		nlsock_reserve_receive(add.fd, 1 << 20);
		floor_encode(&add, ops, n);
		invert(ops, n);
		floor_encode(&del, ops, n);
		floor_send(&del);
		usleep(300000);
		start = bench_now_us();
		floor_send(&add);
		samples_add(&floor, bench_now_us() - start);
		samples_add(&elements, (double)n);
		nft_encoding_done(&add.encoding);
		nft_encoding_done(&del.encoding);
		close(add.fd);
		free(ops);
	}
	printf("first load: %.0f elements\n", samples_median(&elements));
	bench_row("first load, with table and chains", &ours, &floor, 1.5);
}

static void bench_restart(struct bench *b)
{
	struct samples ours = {0};
	unsigned int round;
	double start;

	for (round = 0; round < n_rounds; round++) {
		open_kernel(b);
		start = bench_now_us();
		apply(b, K8SNET_PLAN_FULL | K8SNET_PLAN_PRUNE);
		samples_add(&ours, bench_now_us() - start);
	}
	printf("%-44s %9.3f ms\n", "restart with no difference", samples_median(&ours) / 1e3);
}

/* --- single changes ----------------------------------------------------------- */

static struct k8snet_op slot_op(const struct k8snet_plan *plan, uint8_t verb, uint16_t slot,
				uint8_t last_byte)
{
	struct k8snet_op op = {.verb = verb, .target = OP_ELEMENT, .plan = plan, .object = "floor"};

	op.element = (struct nft_element){.family = 4,
					  .map = NFT_ENDPOINTS,
					  .protocol = K8SNET_PROTOCOL_TCP,
					  .port = 80,
					  .slot = slot,
					  .address = {10, 99, 0, 1},
					  .to_port = 8080,
					  .to_address = {10, 88, 0, last_byte}};
	return op;
}

static void bench_endpoint(struct bench *b, struct samples *ours)
{
	struct samples floor = {0};
	struct floor first = {.fd = nlsock_open(NETLINK_NETFILTER)}, swap[2] = {0};
	struct k8snet_op ops[2];
	char was[32], is[32];
	unsigned int i;
	double start;

	ops[0] = slot_op(NULL, OP_ADD, 0, 1);
	floor_encode(&first, ops, 1);
	floor_send(&first);
	for (i = 0; i < 2; i++) {
		swap[i].fd = first.fd;
		ops[0] = slot_op(NULL, OP_DELETE, 0, (uint8_t)(1 + i));
		ops[1] = slot_op(NULL, OP_ADD, 0, (uint8_t)(2 - i));
		floor_encode(&swap[i], ops, 2);
	}
	for (i = 0; i < CHANGES; i++) {
		struct k8snet_endpointslice *slice =
			k8snet_cluster_find_endpointslice(b->cluster, "ns7", "svc7");

		format_ip(was, 0x0a000000, 256 + 7 * n_endpoints + (i ? 0x800000 + i - 1 : 0));
		format_ip(is, 0x0a000000, 256 + 7 * n_endpoints + 0x800000 + i);
		start = bench_now_us();
		bench_must(b->ctx, k8snet_endpointslice_remove_endpoint(slice, was), "remove");
		bench_must(b->ctx,
			   k8snet_endpointslice_add_endpoint(slice, is, "b", K8SNET_ENDPOINT_READY),
			   "add");
		apply(b, 0);
		samples_add(ours, bench_now_us() - start);
		start = bench_now_us();
		floor_send(&swap[i % 2]);
		samples_add(&floor, bench_now_us() - start);
	}
	bench_row("one endpoint replaced", ours, &floor, 1.5);
}

/* What the library sends for one more service, sent for a service it knows
 * nothing of. */
static void floor_service(struct floor *f, uint8_t verb)
{
	struct k8snet_op *ops = calloc(n_endpoints + 1, sizeof(*ops));
	unsigned int i;

	for (i = 0; i < n_endpoints; i++)
		ops[i] = slot_op(NULL, verb, (uint16_t)(1 + i), (uint8_t)i);
	ops[n_endpoints] = slot_op(NULL, verb, 0, 0);
	ops[n_endpoints].element = (struct nft_element){.family = 4,
							.map = NFT_SERVICES,
							.protocol = K8SNET_PROTOCOL_TCP,
							.port = 80,
							.address = {10, 99, 0, 1},
							.to_kind = NFT_CHAIN_CLUSTER,
							.to_n = (uint16_t)n_endpoints};
	f->fd = nlsock_open(NETLINK_NETFILTER);
	floor_encode(f, ops, n_endpoints + 1);
	free(ops);
}

static void bench_service(struct bench *b, struct samples *ours)
{
	struct samples floor = {0}, removed = {0}, floor_removed = {0};
	struct floor add = {0}, del = {0};
	unsigned int i;
	double start;

	floor_service(&add, OP_ADD);
	floor_service(&del, OP_DELETE);
	for (i = 0; i < CHANGES; i++) {
		start = bench_now_us();
		add_service(b, n_services + i);
		apply(b, 0);
		samples_add(ours, bench_now_us() - start);
		start = bench_now_us();
		floor_send(&add);
		samples_add(&floor, bench_now_us() - start);

		start = bench_now_us();
		remove_service(b, n_services + i);
		apply(b, 0);
		samples_add(&removed, bench_now_us() - start);
		start = bench_now_us();
		floor_send(&del);
		samples_add(&floor_removed, bench_now_us() - start);
	}
	bench_row("one service added", ours, &floor, 1.5);
	bench_row("one service removed", &removed, &floor_removed, 1.5);
}

/* --- kube-proxy's layout ------------------------------------------------------- */

static double generate(const char *generator, const char *arguments, const char *file)
{
	char command[1024];

	snprintf(command, sizeof(command), "/usr/bin/python3 %s %u %u --layout map %s > %s/%s",
		 generator, n_services, n_endpoints, arguments, peer_files, file);
	return bench_run(command);
}

static double load(const char *file)
{
	char command[256];

	snprintf(command, sizeof(command), "nft -f %s/%s", peer_files, file);
	return bench_run(command);
}

static void bench_peer(const char *generator, struct samples *load_ours,
		       struct samples *endpoint_ours, struct samples *service_ours)
{
	struct samples first = {0}, endpoint = {0}, service = {0};
	char arguments[64];
	unsigned int i;

	bench_new_netns();
	if (!mkdtemp(peer_files) || generate(generator, "", "full") < 0)
		return;
	samples_add(&first, load("full"));
	for (i = 1; i <= 5; i++) {
		sprintf(arguments, "--op ep-change --k 7 --gen %u", i);
		generate(generator, arguments, "endpoint");
		samples_add(&endpoint, load("endpoint"));
		sprintf(arguments, "--op svc-add --k %u", i);
		generate(generator, arguments, "service");
		samples_add(&service, load("service"));
	}
	bench_header("kube-proxy");
	bench_row_faster("first load", load_ours, &first, 50);
	bench_row_faster("one endpoint replaced", endpoint_ours, &endpoint, 100);
	bench_row_faster("one service added", service_ours, &service, 100);
	snprintf(arguments, sizeof(arguments), "rm -r %s", peer_files);
	bench_run(arguments);
}

static const char *find_generator(void)
{
	static char path[512];
	const char *directory = getenv("K8SNET_PEERS"), *source = getenv("top_srcdir");

	if (directory)
		snprintf(path, sizeof(path), "%s/kube_proxy_ruleset.py", directory);
	else
		snprintf(path, sizeof(path), "%s/../shared/peers/kube_proxy_ruleset.py",
			 source ? source : ".");
	return access(path, R_OK) == 0 ? path : NULL;
}

static void bench_load_once_more(struct bench *b, struct samples *ours)
{
	double start;

	bench_new_netns();
	open_kernel(b);
	start = bench_now_us();
	apply(b, 0);
	samples_add(ours, bench_now_us() - start);
}

int main(int argc, char **argv)
{
	struct samples load_ours = {0}, endpoint_ours = {0}, service_ours = {0};
	const char *generator = find_generator();
	struct bench b = {0};

	n_services = argc > 1 ? (unsigned int)atoi(argv[1]) : n_services;
	n_endpoints = argc > 2 ? (unsigned int)atoi(argv[2]) : n_endpoints;
	n_rounds = argc > 3 ? (unsigned int)atoi(argv[3]) : n_rounds;
	printf("%u services of %u endpoints\n", n_services, n_endpoints);
	bench_new_netns();
	make_cluster(&b);
	bench_header("floor");
	bench_load(&b);
	bench_load_once_more(&b, &load_ours);
	bench_restart(&b);
	bench_endpoint(&b, &endpoint_ours);
	bench_service(&b, &service_ours);
	if (generator)
		bench_peer(generator, &load_ours, &endpoint_ours, &service_ours);
	else
		printf("kube-proxy's layout: left out, no generator (set K8SNET_PEERS)\n");
	k8snet_kernel_unref(b.kernel);
	k8snet_cluster_unref(b.cluster);
	k8snet_ctx_unref(b.ctx);
	return 0;
}
