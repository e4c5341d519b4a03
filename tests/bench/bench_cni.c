/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The CNI plugin as a runtime calls it: wall time, CPU and memory of a call, beside the
 * reference plugins and beside a floor, a static program that sends netlink messages and
 * no more, with an empty one for each other plugin of a chain. Figures are medians; what is
 * compared alternates.
 *
 * bench_cni [-r ROUNDS] [ROW...]
 *
 * ROW: bridge, masquerade, portmap, udp, ptp, podman, many, leases, gc, version; all, if none.
 * CNI_REFERENCE names the directory of the reference plugins (/usr/lib/cni), and
 * CNI_REFERENCE_NEW one of a newer build. The reference plugins call iptables, in the
 * namespace where they run.
 */
#include "bench_cni.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct world world;
unsigned int n_rounds = 15;

/* --- chains ----------------------------------------------------------------------- */

#define IPAM                                                                                   \
	",\"ipam\":{\"type\":\"host-local\",\"dataDir\":\"@\",\"routes\":[{\"dst\":\"0.0.0.0/" \
	"0\"}],\"ranges\":[[{\"subnet\":\"10.88.0.0/16\",\"gateway\":\"10.88.0.1\"}]]}"
#define BRIDGE ",\"bridge\":\"cni0\",\"isGateway\":true"
#define PORT(host, container, protocol) \
	"{\"hostPort\":" host ",\"containerPort\":" container ",\"protocol\":\"" protocol "\"}"
#define PORTS(list)                                                                                \
	",\"capabilities\":{\"portMappings\":true},\"runtimeConfig\":{\"portMappings\":[" list "]" \
	"}"
#define TCP PORTS(PORT("8080", "80", "tcp") "," PORT("8443", "443", "tcp"))
#define UDP PORTS(PORT("8053", "53", "udp"))

const struct chain chain_bridge = {"bridge + host-local", "1.0.0", {{"bridge", BRIDGE IPAM}}};
const struct chain chain_masquerade = {
	"bridge, ipMasq", "1.0.0", {{"bridge", BRIDGE ",\"ipMasq\":true" IPAM}}};
const struct chain chain_portmap = {
	"bridge, portmap (TCP)", "1.0.0", {{"bridge", BRIDGE IPAM}, {"portmap", TCP}}};
/* Both look through the node's connections, which takes the kernel its time. */
const struct chain chain_udp = {
	"bridge, portmap (UDP)", "1.0.0", {{"bridge", BRIDGE IPAM}, {"portmap", UDP}}};
const struct chain chain_ptp = {"ptp + host-local", "1.0.0", {{"ptp", IPAM}}};
const struct chain chain_podman = {"podman's chain",
				   "0.4.0",
				   {{"bridge", BRIDGE ",\"ipMasq\":true,\"hairpinMode\":true" IPAM},
				    {"portmap", TCP},
				    {"firewall", ",\"backend\":\"\""},
				    {"tuning", ",\"dataDir\":\"@/tuning\""}}};
/* Containers have several interfaces here, and no default route by each. */
const struct chain chain_gc = {
	"bridge, ipMasq",
	"1.1.0",
	{{"bridge", BRIDGE
	  ",\"ipMasq\":true,\"ipam\":{\"type\":\"host-local\",\"dataDir\":\"@\","
	  "\"ranges\":[[{\"subnet\":\"10.88.0.0/16\"}]]},\"cni.dev/valid-attachments\":[]"}}};

/* --- figures ------------------------------------------------------------------------ */

bool is_there(enum world_set set)
{
	return world.plugins[set][0];
}

void begin_round(unsigned int round)
{
	call_measures_memory = round == 0;
}

void add_cost(struct figures *f, unsigned int round, int status, const struct cost *cost)
{
	f->has_failed |= status != 0;
	if (round == 0) {
		f->memory_kib = cost->memory_kib;
		return;
	}
	samples_add(&f->wall, cost->wall_us);
	samples_add(&f->cpu, cost->cpu_us);
}

static void print_ratio(double ours, double other, bool is_floor, double goal)
{
	double ratio = is_floor ? ours / other : other / ours;
	bool is_met = is_floor ? ratio <= goal : ratio >= goal;

	printf("  %6.2fx", ratio);
	if (goal > 0)
		printf("  at %s %.4g: %s", is_floor ? "most" : "least", goal,
		       is_met ? "met" : "MISSED");
}

void print_figures(const char *what, struct figures f[WORLD_SETS], double times_peer,
		   double at_most_floor)
{
	double ours = samples_median(&f[OURS].wall);
	double floor = f[FLOOR].wall.count ? samples_median(&f[FLOOR].wall) : 0;
	int set;

	printf("%s\n", what);
	for (set = 0; set < WORLD_SETS; set++) {
		if (f[set].has_failed)
			printf("    %-16s failed", world_names[set]);
		else if (f[set].wall.count)
			printf("    %-16s %10.3f ms %10.3f ms CPU %8.1f MiB", world_names[set],
			       samples_median(&f[set].wall) / 1e3,
			       samples_median(&f[set].cpu) / 1e3, (double)f[set].memory_kib / 1024);
		else
			continue;
		if (set != OURS && !f[set].has_failed && ours > 0)
			print_ratio(ours, samples_median(&f[set].wall), set == FLOOR,
				    set == FLOOR ? at_most_floor : times_peer);
		if (set != OURS && set != FLOOR && !f[set].has_failed && floor > 0)
			printf(" (the floor: %.1fx)", samples_median(&f[set].wall) / floor);
		printf("\n");
	}
	fflush(stdout);
}

void floor_prepare(struct call *call, const char *kind, const char *command,
		   const struct target *target, const char *address)
{
	*call = (struct call){
		.program = world.floor,
		.argv = {world.floor, kind, target->data, address},
		.command = command,
		.container = target->container,
		.netns = target->netns,
		.ifname = target->ifname,
		.path = target->directory,
		.config = "{\"cniVersion\":\"1.0.0\",\"name\":\"bench\",\"type\":\"floor\"}"};
}

/* --- rows ------------------------------------------------------------------------------ */

static void row_bridge(void)
{
	row_chain(&chain_bridge, 8, true);
}

static void row_masquerade(void)
{
	row_chain(&chain_masquerade, 20, false);
}

static void row_portmap(void)
{
	row_chain(&chain_portmap, 20, false);
}

static void row_udp(void)
{
	row_chain(&chain_udp, 0, false);
}

static void row_ptp(void)
{
	row_chain(&chain_ptp, 8, true);
}

static void row_podman(void)
{
	row_chain(&chain_podman, 20, false);
}

static const struct {
	const char *name;
	void (*fn)(void);
} rows[] = {{"bridge", row_bridge},   {"masquerade", row_masquerade},
	    {"portmap", row_portmap}, {"udp", row_udp},
	    {"ptp", row_ptp},	      {"podman", row_podman},
	    {"many", row_many},	      {"leases", row_leases},
	    {"gc", row_gc},	      {"version", row_version}};

static bool is_wanted(const char *name, char **wanted)
{
	if (!*wanted)
		return true;
	for (; *wanted; wanted++)
		if (!strcmp(*wanted, name))
			return true;
	return false;
}

static int usage(void)
{
	size_t i;

	fprintf(stderr, "usage: bench_cni [-r ROUNDS] [ROW...]\nrows:");
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		fprintf(stderr, " %s", rows[i].name);
	fprintf(stderr, "\n");
	return 2;
}

int main(int argc, char **argv)
{
	double load[3] = {0};
	size_t i;
	int option;

	while ((option = getopt(argc, argv, "r:")) != -1) {
		n_rounds = option == 'r' ? (unsigned int)atoi(optarg) : 0;
		if (!n_rounds || n_rounds > BENCH_MAX_ROUNDS)
			return usage();
	}
	world_make(&world);
	getloadavg(load, 3);
	printf("%u rounds; load %.2f; wall time, CPU and peak memory of calls\n", n_rounds,
	       load[0]);
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (is_wanted(rows[i].name, argv + optind))
			rows[i].fn();
	world_remove(&world);
	return 0;
}
