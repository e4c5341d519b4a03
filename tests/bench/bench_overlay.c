/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * An overlay of 1,000 peers: first load, and one peer added, against bare
 * netlink messages that do the same.
 *
 * bench_overlay [PEERS [ROUNDS]]
 */
#include <arpa/inet.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <k8snet/k8snet.h>

#include "bench.h"
#include "raw.h"

#define CHANGES 200

static unsigned int n_peers = 1000, n_rounds = 9;

struct bench {
	struct k8snet_ctx *ctx;
	struct k8snet_cluster *cluster;
	struct k8snet_kernel *kernel;
};

/* Peer i has 10.100.x.y and 10.a.b.0/24. */
static void add_node(struct bench *b, unsigned int i)
{
	char name[32], text[32];
	struct k8snet_node *node;

	sprintf(name, "node-%u", i);
	bench_must(b->ctx, k8snet_node_new(&node, b->cluster, name), "node");
	sprintf(text, "10.100.%u.%u", i >> 8, i & 255);
	bench_must(b->ctx, k8snet_node_add_address(node, text), "address");
	sprintf(text, "10.%u.%u.0/24", 128 + (i >> 8), i & 255);
	bench_must(b->ctx, k8snet_node_add_pod_cidr(node, text), "pod CIDR");
	k8snet_node_unref(node);
}

static void make_cluster(struct bench *b)
{
	unsigned int i;

	bench_must(NULL, k8snet_ctx_new(&b->ctx, NULL), "context");
	bench_must(b->ctx, k8snet_cluster_new(&b->cluster, b->ctx), "cluster");
	k8snet_cluster_set_mode(b->cluster, K8SNET_MODE_OVERLAY);
	k8snet_cluster_set_link(b->cluster, K8SNET_LINK_PTP);
	add_node(b, 1);
	for (i = 2; i < n_peers + 2; i++)
		add_node(b, i);
}

static void make_underlay(void)
{
	bench_new_netns();
	if (bench_run("ip link add eth0 type veth peer name far && ip addr add 10.100.0.1/16 "
		      "dev eth0 && ip link set eth0 up && ip link set far up") < 0)
		exit(1);
}

static double apply(struct bench *b)
{
	struct k8snet_plan *plan;
	double start = bench_now_us();

	bench_must(b->ctx, k8snet_plan_new(&plan, b->cluster, "node-1", b->kernel, 0), "plan");
	bench_must(b->ctx, k8snet_plan_apply(plan, b->kernel, NULL), "apply");
	k8snet_plan_unref(plan);
	return bench_now_us() - start;
}

static void raw_peer(struct raw *raw, uint32_t vxlan, unsigned int i)
{
	uint8_t mac[6] = {2, 0, 0, 0, (uint8_t)(i >> 8), (uint8_t)i};
	uint32_t subnet = htonl(0x0a800000 | i << 8), address = htonl(0x0a640000 | i);

	raw_neighbour(raw, vxlan, &subnet, mac);
	raw_fdb(raw, vxlan, mac, &address);
	raw_route(raw, vxlan, &subnet, 24, &subnet, 1);
}

/* The VTEP itself is one link among 3,000 messages: made before, not timed. */
static uint32_t raw_vtep(void)
{
	if (bench_run("ip link add floor type vxlan id 1 local 10.100.0.1 dev eth0 dstport 8472 "
		      "nolearning && ip addr add 10.128.1.0/32 dev floor && "
		      "ip link set floor up") < 0)
		exit(1);
	return if_nametoindex("floor");
}

static void bench_load(struct bench *b)
{
	struct samples ours = {0}, floor = {0};
	static struct raw raw;
	unsigned int round, i;
	uint32_t vxlan;
	double start;

	for (round = 0; round < n_rounds; round++) {
		make_underlay();
		k8snet_kernel_unref(b->kernel);
		bench_must(b->ctx, k8snet_kernel_open(&b->kernel, b->ctx, NULL), "kernel");
		usleep(100000);
		samples_add(&ours, apply(b));

		make_underlay();
		vxlan = raw_vtep();
		usleep(100000);
		start = bench_now_us();
		raw_open(&raw);
		for (i = 2; i < n_peers + 2; i++)
			raw_peer(&raw, vxlan, i);
		raw_flush(&raw);
		raw_close(&raw);
		samples_add(&floor, bench_now_us() - start);
	}
	bench_row("first load, with observing and the VTEP", &ours, &floor, 1.3);
}

static void bench_one(struct bench *b)
{
	struct samples ours = {0}, floor = {0};
	static struct raw raw;
	uint32_t vxlan;
	unsigned int i;
	double start;

	/* The floor's peers live in the last namespace, ours in a new one. */
	make_underlay();
	k8snet_kernel_unref(b->kernel);
	bench_must(b->ctx, k8snet_kernel_open(&b->kernel, b->ctx, NULL), "kernel");
	apply(b);
	make_underlay();
	vxlan = raw_vtep();
	raw_open(&raw);
	for (i = 2; i < n_peers + 2; i++)
		raw_peer(&raw, vxlan, i);
	raw_flush(&raw);
	for (i = n_peers + 2; i < n_peers + 2 + CHANGES; i++) {
		add_node(b, i);
		samples_add(&ours, apply(b));
		start = bench_now_us();
		raw_peer(&raw, vxlan, i);
		raw_flush(&raw);
		samples_add(&floor, bench_now_us() - start);
	}
	bench_row("one peer added", &ours, &floor, 1.3);
}

int main(int argc, char **argv)
{
	struct bench b = {0};

	n_peers = argc > 1 ? (unsigned int)atoi(argv[1]) : n_peers;
	n_rounds = argc > 2 ? (unsigned int)atoi(argv[2]) : n_rounds;
	printf("%u overlay peers\n", n_peers);
	bench_new_netns();
	make_cluster(&b);
	bench_header("floor");
	bench_load(&b);
	bench_one(&b);
	k8snet_kernel_unref(b.kernel);
	k8snet_cluster_unref(b.cluster);
	k8snet_ctx_unref(b.ctx);
	return 0;
}
