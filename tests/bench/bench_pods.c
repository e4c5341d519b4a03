/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Attaching 200 pods to a node, and detaching them, against bare netlink messages
 * that do the same: a veth into a bridge with its peer made in the pod's
 * namespace, hairpin, alias; in the pod loopback, address, default route.
 *
 * bench_pods [PODS [ROUNDS]]
 */
#include <arpa/inet.h>
#include <fcntl.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <linux/veth.h>
#include <net/if.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <k8snet/k8snet.h>

#include "bench.h"
#include "raw.h"

static unsigned int n_pods = 200, n_rounds = 5;
static char directory[] = "/tmp/k8snet-bench-XXXXXX";

struct bench {
	struct k8snet_ctx *ctx;
	struct k8snet_cluster *cluster;
	struct k8snet_kernel *kernel;
};

/* --- namespaces --------------------------------------------------------------- */

static void netns_path(char *path, unsigned int i)
{
	sprintf(path, "%s/pod-%u", directory, i);
}

/* Bound in a mount namespace of our own: all is gone with this process. */
static void make_netns(unsigned int i)
{
	char path[64];
	pid_t child;

	netns_path(path, i);
	close(open(path, O_CREAT | O_CLOEXEC | O_RDONLY, 0600));
	child = fork();
	if (child == 0) {
		if (unshare(CLONE_NEWNET) < 0 ||
		    mount("/proc/self/ns/net", path, NULL, MS_BIND, NULL) < 0)
			_exit(1);
		_exit(0);
	}
	waitpid(child, NULL, 0);
}

static void remove_netns(void)
{
	char path[64];
	unsigned int i;

	for (i = 0; i < n_pods; i++) {
		netns_path(path, i);
		umount2(path, MNT_DETACH);
		unlink(path);
	}
}

/* A node with a bridge, and empty namespaces for pods. */
static void make_node(void)
{
	unsigned int i;

	remove_netns();
	bench_new_netns();
	for (i = 0; i < n_pods; i++)
		make_netns(i);
	usleep(300000);
}

/* --- ours ---------------------------------------------------------------------- */

static void make_cluster(struct bench *b)
{
	struct k8snet_node *node;

	bench_must(NULL, k8snet_ctx_new(&b->ctx, NULL), "context");
	bench_must(b->ctx, k8snet_cluster_new(&b->cluster, b->ctx), "cluster");
	bench_must(b->ctx, k8snet_node_new(&node, b->cluster, "node-1"), "node");
	bench_must(b->ctx, k8snet_node_add_pod_cidr(node, "10.1.0.0/16"), "pod CIDR");
	k8snet_node_unref(node);
}

static void add_pods(struct bench *b)
{
	char name[32], text[64];
	struct k8snet_pod *pod;
	unsigned int i;

	for (i = 0; i < n_pods; i++) {
		sprintf(name, "pod-%u", i);
		bench_must(b->ctx, k8snet_pod_new(&pod, b->cluster, "shop", name), "pod");
		bench_must(b->ctx, k8snet_pod_set_node_name(pod, "node-1"), "node name");
		sprintf(text, "10.1.%u.%u", 1 + i / 250, 2 + i % 250);
		bench_must(b->ctx, k8snet_pod_add_address(pod, text), "address");
		netns_path(text, i);
		bench_must(b->ctx, k8snet_pod_set_netns(pod, text), "netns");
		k8snet_pod_unref(pod);
	}
}

static void remove_pods(struct bench *b)
{
	struct k8snet_pod *pod;

	while ((pod = k8snet_cluster_next_pod(b->cluster, NULL)))
		bench_must(b->ctx, k8snet_pod_remove(pod), "remove");
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

static void round_ours(struct bench *b, struct samples *attach, struct samples *detach)
{
	make_node();
	k8snet_kernel_unref(b->kernel);
	bench_must(b->ctx, k8snet_kernel_open(&b->kernel, b->ctx, NULL), "kernel");
	apply(b);
	add_pods(b);
	samples_add(attach, apply(b));
	usleep(300000);
	remove_pods(b);
	samples_add(detach, apply(b));
}

/* --- the floor ------------------------------------------------------------------ */

static void raw_peer(struct nlmsghdr *m, unsigned int i, int netns)
{
	struct ifinfomsg header = {0}; /* it cannot be up before the pair is whole */
	uint8_t mac[6] = {0x0a, 0x58, 10, 1, (uint8_t)(i >> 8), (uint8_t)i};
	struct nlattr *info, *data, *peer;

	info = mnl_attr_nest_start(m, IFLA_LINKINFO);
	mnl_attr_put_strz(m, IFLA_INFO_KIND, "veth");
	data = mnl_attr_nest_start(m, IFLA_INFO_DATA);
	peer = mnl_attr_nest_start(m, VETH_INFO_PEER);
	memcpy(mnl_nlmsg_put_extra_header(m, sizeof(header)), &header, sizeof(header));
	mnl_attr_put_strz(m, IFLA_IFNAME, "eth0");
	mnl_attr_put_u32(m, IFLA_MTU, 1500);
	mnl_attr_put(m, IFLA_ADDRESS, 6, mac);
	mnl_attr_put_u32(m, IFLA_NET_NS_FD, (uint32_t)netns);
	mnl_attr_nest_end(m, peer);
	mnl_attr_nest_end(m, data);
	mnl_attr_nest_end(m, info);
}

static void raw_link(struct raw *raw, unsigned int i, uint32_t bridge, int netns)
{
	struct ifinfomsg header = {.ifi_flags = IFF_UP, .ifi_change = IFF_UP};
	struct nlmsghdr *m =
		raw_add(raw, RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL, &header, sizeof(header));
	struct nlattr *info, *data, *spec;
	char name[IFNAMSIZ];

	sprintf(name, "veth%u", i);
	mnl_attr_put_strz(m, IFLA_IFNAME, name);
	mnl_attr_put_u32(m, IFLA_MTU, 1500);
	mnl_attr_put_u32(m, IFLA_MASTER, bridge);
	raw_peer(m, i, netns);

	header = (struct ifinfomsg){0};
	m = raw_add(raw, RTM_NEWLINK, 0, &header, sizeof(header));
	mnl_attr_put_strz(m, IFLA_IFNAME, name);
	mnl_attr_put_strz(m, IFLA_IFALIAS, "floor");
	info = mnl_attr_nest_start(m, IFLA_LINKINFO);
	mnl_attr_put_strz(m, IFLA_INFO_SLAVE_KIND, "bridge");
	data = mnl_attr_nest_start(m, IFLA_INFO_SLAVE_DATA);
	mnl_attr_put_u8(m, IFLA_BRPORT_MODE, 1);
	mnl_attr_nest_end(m, data);
	mnl_attr_nest_end(m, info);
	spec = mnl_attr_nest_start(m, IFLA_AF_SPEC);
	info = mnl_attr_nest_start(m, AF_INET6);
	mnl_attr_put_u8(m, IFLA_INET6_ADDR_GEN_MODE, IN6_ADDR_GEN_MODE_NONE);
	mnl_attr_nest_end(m, info);
	mnl_attr_nest_end(m, spec);
}

static void raw_inside(unsigned int i, int netns)
{
	struct ifinfomsg lo = {.ifi_index = 1, .ifi_flags = IFF_UP, .ifi_change = IFF_UP};
	uint32_t address = htonl(0x0a010100 + (i / 250 << 8) + 2 + i % 250);
	uint32_t gateway = htonl(0x0a010001);
	static struct raw raw;
	uint32_t eth0;

	setns(netns, CLONE_NEWNET);
	raw_open(&raw);
	eth0 = if_nametoindex("eth0");
	raw_add(&raw, RTM_NEWLINK, 0, &lo, sizeof(lo));
	lo.ifi_index = (int)eth0;
	raw_add(&raw, RTM_NEWLINK, 0, &lo, sizeof(lo));
	raw_address(&raw, eth0, &address, 4, 16);
	raw_route(&raw, eth0, NULL, 0, &gateway, 0);
	raw_flush(&raw);
	raw_close(&raw);
}

static double raw_attach(uint32_t bridge)
{
	int home = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
	int *netns = calloc(n_pods, sizeof(*netns));
	static struct raw raw;
	double start = bench_now_us();
	char path[64];
	unsigned int i;

	raw_open(&raw);
	for (i = 0; i < n_pods; i++) {
		netns_path(path, i);
		netns[i] = open(path, O_RDONLY | O_CLOEXEC);
		raw_link(&raw, i, bridge, netns[i]);
	}
	raw_flush(&raw);
	for (i = 0; i < n_pods; i++)
		raw_inside(i, netns[i]);
	setns(home, CLONE_NEWNET);
	raw_close(&raw);
	for (i = 0; i < n_pods; i++)
		close(netns[i]);
	free(netns);
	close(home);
	return bench_now_us() - start;
}

static double raw_detach(void)
{
	struct ifinfomsg header = {0};
	static struct raw raw;
	double start = bench_now_us();
	char name[IFNAMSIZ];
	unsigned int i;

	raw_open(&raw);
	for (i = 0; i < n_pods; i++) {
		sprintf(name, "veth%u", i);
		mnl_attr_put_strz(raw_add(&raw, RTM_DELLINK, 0, &header, sizeof(header)),
				  IFLA_IFNAME, name);
	}
	raw_flush(&raw);
	raw_close(&raw);
	return bench_now_us() - start;
}

static void round_floor(struct samples *attach, struct samples *detach)
{
	make_node();
	if (bench_run("ip link add k8snet0 type bridge && ip addr add 10.1.0.1/16 dev k8snet0 && "
		      "ip link set k8snet0 up") < 0)
		exit(1);
	samples_add(attach, raw_attach(if_nametoindex("k8snet0")));
	usleep(300000);
	samples_add(detach, raw_detach());
}

int main(int argc, char **argv)
{
	struct samples attach = {0}, detach = {0}, floor_attach = {0}, floor_detach = {0};
	struct bench b = {0};
	unsigned int round;

	n_pods = argc > 1 ? (unsigned int)atoi(argv[1]) : n_pods;
	n_rounds = argc > 2 ? (unsigned int)atoi(argv[2]) : n_rounds;
	printf("%u pods on a bridge\n", n_pods);
	bench_new_netns();
	if (unshare(CLONE_NEWNS) < 0 || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0 ||
	    !mkdtemp(directory)) {
		perror("bench_pods");
		return 77;
	}
	make_cluster(&b);
	for (round = 0; round < n_rounds; round++) {
		round_ours(&b, &attach, &detach);
		round_floor(&floor_attach, &floor_detach);
	}
	bench_header("floor");
	bench_row("pods attached", &attach, &floor_attach, 1.3);
	bench_row("pods detached", &detach, &floor_detach, 1.3);
	remove_netns();
	rmdir(directory);
	k8snet_kernel_unref(b.kernel);
	k8snet_cluster_unref(b.cluster);
	k8snet_ctx_unref(b.ctx);
	return 0;
}
