/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "bench_cni.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Stale attachments, and interfaces in each container. */
#define GC_ATTACHMENTS 1000
/* The kernel takes down what was deleted; that is not to be the next one's time. */
#define REST_US 20000

static char result[CALL_OUTPUT];

static void set_target(struct target *t, enum world_set set, const char *data, unsigned int i)
{
	static char container[32];

	snprintf(container, sizeof(container), "bench-%u", i);
	*t = (struct target){.directory = world.plugins[set],
			     .network = "bench",
			     .data = data,
			     .container = container,
			     .netns = world_netns(&world, i % WORLD_CONTAINERS),
			     .ifname = "eth0"};
}

/* --- one container ------------------------------------------------------------------- */

enum { ADD, CHECK, DEL, COMMANDS };
static const char *const commands[COMMANDS] = {"ADD", "CHECK", "DEL"};

/* The link, and for each other plugin of the chain an empty program. */
static int call_floor(const struct chain *chain, int command, const struct target *t,
		      struct cost *cost)
{
	double start = bench_now_us();
	struct call call;
	int i, r = 0;

	for (i = 0; r == 0 && i < CALL_MAX_CHAIN && chain->plugins[i].type; i++) {
		floor_prepare(&call, chain->plugins[0].type, commands[command], t, "10.88.0.9");
		if (i)
			call.program = call.argv[0] = world.empty;
		call_start(&call);
		r = call_end(&call, result, cost);
	}
	cost->wall_us = bench_now_us() - start;
	return r;
}

static void attach_once(const struct chain *chain, enum world_set set, unsigned int round,
			const char *data, struct figures f[COMMANDS][WORLD_SETS])
{
	struct target t;
	int command, r;

	world_enter(set);
	set_target(&t, set, data, round);
	for (command = 0; command < COMMANDS; command++) {
		struct cost cost = {0};

		/* What a peer cannot do it says once. */
		if ((set == FLOOR && command == CHECK) ||
		    (command == CHECK && f[CHECK][set].has_failed))
			continue;
		r = set == FLOOR ? call_floor(chain, command, &t, &cost)
				 : chain_call(chain, commands[command], &t, result, &cost);
		add_cost(&f[command][set], round, r, &cost);
	}
	usleep(REST_US);
}

static void attach_rounds(const struct chain *chain, bool has_floor, unsigned int rounds,
			  char data[WORLD_SETS][256], struct figures f[COMMANDS][WORLD_SETS])
{
	unsigned int round;
	int i;

	for (round = 0; round <= rounds; round++) {
		begin_round(round);
		for (i = 0; i < WORLD_SETS; i++) {
			enum world_set set = (round + (unsigned int)i) % WORLD_SETS;

			if (is_there(set) && (has_floor || set != FLOOR) && !f[ADD][set].has_failed)
				attach_once(chain, set, round, data[set], f);
		}
	}
}

void row_chain(const struct chain *chain, double times_peer, bool is_floor_goal)
{
	static struct figures f[COMMANDS][WORLD_SETS];
	char data[WORLD_SETS][256], what[64];
	int i;

	memset(f, 0, sizeof(f));
	for (i = 0; i < WORLD_SETS; i++)
		snprintf(data[i], sizeof(data[i]), "%s", world_data(&world, i, "data", true));
	attach_rounds(chain, true, n_rounds, data, f);
	for (i = 0; i < COMMANDS; i++) {
		snprintf(what, sizeof(what), "%s: %s", chain->name, commands[i]);
		print_figures(what, f[i], i == ADD ? times_peer : 0,
			      !is_floor_goal ? 0
			      : i == DEL     ? 1.1
					     : 1.2);
	}
}

/* --- many at once ----------------------------------------------------------------------- */

struct one_of_many {
	char container[32], netns[160], program[PATH_MAX + 16], address[32], *config;
	struct call call;
};

static void prepare(struct one_of_many *one, enum world_set set, const char *command,
		    const char *data, unsigned int i)
{
	struct target t;

	set_target(&t, set, data, i);
	snprintf(one->container, sizeof(one->container), "%s", t.container);
	snprintf(one->netns, sizeof(one->netns), "%s", t.netns);
	snprintf(one->program, sizeof(one->program), "%s/bridge", t.directory);
	snprintf(one->address, sizeof(one->address), "10.88.1.%u", i);
	free(one->config);
	one->config = chain_config(&chain_bridge, 0, &t, NULL);
	if (set == FLOOR)
		floor_prepare(&one->call, "bridge", command, &t, one->address);
	else
		one->call = (struct call){.program = one->program,
					  .argv = {one->program},
					  .command = command,
					  .ifname = t.ifname,
					  .path = t.directory,
					  .config = one->config};
	one->call.container = one->container;
	one->call.netns = one->netns;
}

static void call_many(struct one_of_many *many, struct figures *f, unsigned int round)
{
	struct cost cost = {0};
	double start = bench_now_us();
	int i, r = 0;

	for (i = 0; i < WORLD_CONTAINERS; i++)
		call_start(&many[i].call);
	for (i = 0; i < WORLD_CONTAINERS; i++) {
		int status = call_end(&many[i].call, result, &cost);

		if (status != 0)
			fprintf(stderr, "%s %s: %s\n", many[i].call.program, many[i].call.command,
				result);
		r = r ? r : status;
	}
	cost.wall_us = bench_now_us() - start;
	add_cost(f, round, r, &cost);
}

static void many_of_set(enum world_set set, unsigned int round,
			struct figures f[COMMANDS][WORLD_SETS])
{
	static struct one_of_many many[WORLD_CONTAINERS];
	const char *data = world_data(&world, set, "many", false);
	unsigned int i;
	int command;

	world_enter(set);
	for (command = ADD; command <= DEL; command += DEL - ADD) {
		for (i = 0; i < WORLD_CONTAINERS; i++)
			prepare(&many[i], set, commands[command], data, i);
		call_many(many, &f[command][set], round);
	}
	usleep(REST_US);
}

void row_many(void)
{
	static struct figures f[COMMANDS][WORLD_SETS];
	unsigned int round, rounds = (n_rounds + 2) / 3;
	int set;

	for (round = 0; round <= rounds; round++) {
		begin_round(round);
		for (set = 0; set < WORLD_SETS; set++)
			if (is_there(set) && !f[ADD][set].has_failed)
				many_of_set(set, round, f);
	}
	print_figures("40 at once, bridge + host-local: ADD of all", f[ADD], 8, 1.5);
	print_figures("40 at once, bridge + host-local: DEL of all", f[DEL], 0, 1.1);
}

/* --- many leases -------------------------------------------------------------------------- */

static void write_file(int directory, const char *name, const char *text)
{
	int fd = openat(directory, name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);

	if (fd < 0 || write(fd, text, strlen(text)) < 0) {
		perror(name);
		exit(1);
	}
	close(fd);
}

/* As host-local keeps them, of containers that are not ours. */
static void write_leases(const char *data, unsigned int count)
{
	char path[300], name[32] = "10.88.0.1", text[96];
	unsigned int i;
	int directory;

	snprintf(path, sizeof(path), "%s/bench", data);
	mkdir(path, 0755);
	directory = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	for (i = 0; i < count; i++) {
		snprintf(name, sizeof(name), "10.88.%u.%u", 1 + i / 250, 1 + i % 250);
		snprintf(text, sizeof(text), "%064x\r\neth0", i);
		write_file(directory, name, text);
	}
	write_file(directory, "last_reserved_ip.0", name);
	close(directory);
}

void row_leases(void)
{
	static const unsigned int counts[] = {0, 250, 2000, 16000};
	static struct figures f[COMMANDS][WORLD_SETS];
	unsigned int rounds = (n_rounds + 1) / 2;
	char data[WORLD_SETS][256], what[64];
	struct samples none = {0};
	size_t i;
	int set;

	for (i = 0; i < sizeof(counts) / sizeof(counts[0]); i++) {
		memset(f, 0, sizeof(f));
		for (set = 0; set < FLOOR; set++) {
			snprintf(data[set], sizeof(data[set]), "%s",
				 world_data(&world, set, "leases", true));
			write_leases(data[set], counts[i]);
		}
		attach_rounds(&chain_bridge, false, rounds, data, f);
		snprintf(what, sizeof(what), "%u leases: ADD", counts[i]);
		print_figures(what, f[ADD], 0, 0);
		snprintf(what, sizeof(what), "%u leases: DEL", counts[i]);
		print_figures(what, f[DEL], 0, 0);
		if (i == 0)
			none = f[ADD][OURS].wall;
	}
	printf("ADD of k8snet at 16,000 leases, beside at none: %.2fx  at most 1.1: %s\n",
	       samples_median(&f[ADD][OURS].wall) / samples_median(&none),
	       samples_median(&f[ADD][OURS].wall) <= 1.1 * samples_median(&none) ? "met"
										 : "MISSED");
}

/* --- GC -------------------------------------------------------------------------------------- */

static int call_gc(const char *data, struct cost *cost)
{
	struct target t;
	double start;
	int r;

	set_target(&t, OURS, data, 0);
	t.container = t.netns = t.ifname = NULL;
	start = bench_now_us();
	r = chain_call(&chain_gc, "GC", &t, result, cost);
	cost->wall_us = bench_now_us() - start;
	return r;
}

static int call_all(const char *command, const char *data, struct cost *cost)
{
	char ifname[16];
	struct target t;
	unsigned int i;
	int r = 0;

	for (i = 0; r == 0 && i < GC_ATTACHMENTS; i++) {
		set_target(&t, OURS, data, i % WORLD_CONTAINERS);
		snprintf(ifname, sizeof(ifname), "eth%u", i / WORLD_CONTAINERS);
		t.ifname = ifname;
		result[0] = '\0';
		r = chain_call(&chain_gc, command, &t, result, cost);
	}
	return r;
}

/* Of what ADD made nothing may be left, or it is no comparison. */
static bool is_all_gone(const char *data)
{
	char command[512];

	snprintf(command, sizeof(command),
		 "! ip -o link show type veth | grep -q . && ! ls %s/bench | grep -q '^10[.]'",
		 data);
	return bench_run(command) >= 0;
}

void row_gc(void)
{
	const char *data = world_data(&world, OURS, "gc", true);
	struct cost add = {0}, del = {0}, gc = {0};
	double ratio;

	begin_round(1);
	world_enter(OURS);
	if (call_all("ADD", data, &add) != 0 || call_all("DEL", data, &del) != 0 ||
	    !is_all_gone(data) || call_all("ADD", data, &add) != 0 || call_gc(data, &gc) != 0 ||
	    !is_all_gone(data)) {
		printf("GC of %d attachments: failed\n", GC_ATTACHMENTS);
		return;
	}
	ratio = del.wall_us / gc.wall_us;
	printf("GC of %d attachments %.3f ms (%.3f ms CPU), as many DELs %.3f ms (%.3f ms CPU): "
	       "%.1fx  at least 20: %s\n",
	       GC_ATTACHMENTS, gc.wall_us / 1e3, gc.cpu_us / 1e3, del.wall_us / 1e3,
	       del.cpu_us / 1e3, ratio, ratio >= 20 ? "met" : "MISSED");
}

/* --- VERSION ---------------------------------------------------------------------------------- */

static void version_once(enum world_set set, unsigned int round, struct figures *f)
{
	char program[PATH_MAX + 16];
	struct cost cost = {0};
	double start = bench_now_us();
	struct call call = {.program = program,
			    .argv = {program},
			    .command = "VERSION",
			    .config = "{\"cniVersion\":\"1.0.0\"}"};
	int r;

	snprintf(program, sizeof(program), "%s/%s", world.plugins[set],
		 set == FLOOR ? "cni_empty" : "bridge");
	call_start(&call);
	r = call_end(&call, result, &cost);
	cost.wall_us = bench_now_us() - start;
	add_cost(f, round, r, &cost);
}

void row_version(void)
{
	static struct figures f[WORLD_SETS];
	unsigned int round;
	int set;

	for (round = 0; round <= 10 * n_rounds && round < BENCH_MAX_ROUNDS; round++) {
		begin_round(round);
		for (set = 0; set < WORLD_SETS; set++)
			if (is_there(set))
				version_once(set, round, &f[set]);
	}
	print_figures("VERSION (floor: an empty program)", f, 0, 1.1);
}
