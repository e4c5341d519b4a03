/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "cni_world.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bench.h"

#define PREFIX "k8t-bench-cni-"

const char *const world_names[WORLD_SETS] = {"k8snet", "reference", "newer reference", "floor"};
static int nodes[WORLD_SETS];

static void die(const char *what)
{
	perror(what);
	exit(1);
}

/* --- files ------------------------------------------------------------------------- */

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *walk)
{
	(void)st;
	(void)type;
	(void)walk;
	return remove(path);
}

static void remove_tree(const char *path)
{
	nftw(path, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

/* Of runs that were killed. */
static void reap(const char *parent)
{
	DIR *directory = opendir(parent);
	struct dirent *entry;
	char path[PATH_MAX];
	int pid;

	while (directory && (entry = readdir(directory))) {
		if (sscanf(entry->d_name, PREFIX "%d", &pid) != 1 || kill(pid, 0) == 0 ||
		    errno != ESRCH)
			continue;
		snprintf(path, sizeof(path), "%s/%s", parent, entry->d_name);
		remove_tree(path);
	}
	if (directory)
		closedir(directory);
}

static void make_directory(struct world *w)
{
	const char *parent = getenv("TMPDIR") ? getenv("TMPDIR") : "/tmp";

	reap(parent);
	snprintf(w->directory, sizeof(w->directory), "%s/" PREFIX "%d", parent, (int)getpid());
	if (mkdir(w->directory, 0700) < 0)
		die(w->directory);
}

const char *world_data(const struct world *w, enum world_set set, const char *what, bool is_new)
{
	static char path[256];

	snprintf(path, sizeof(path), "%s/%s-%d", w->directory, what, (int)set);
	if (is_new)
		remove_tree(path);
	if (mkdir(path, 0755) < 0 && errno != EEXIST)
		die(path);
	return path;
}

/* --- programs ------------------------------------------------------------------------ */

static void link_ours(struct world *w)
{
	static const char *const types[] = {"bandwidth",  "bridge",   "firewall",
					    "host-local", "loopback", "portmap",
					    "ptp",	  "static",   "tuning"};
	char target[PATH_MAX], link[PATH_MAX + 32];
	size_t i;

	snprintf(target, sizeof(target), "%s/../../cni/k8snet", w->programs);
	if (access(target, X_OK) < 0)
		die(target);
	snprintf(w->plugins[OURS], PATH_MAX, "%s", world_data(w, OURS, "bin", true));
	for (i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
		snprintf(link, sizeof(link), "%s/%s", w->plugins[OURS], types[i]);
		if (symlink(target, link) < 0)
			die(link);
	}
}

static void find_peer(char plugins[PATH_MAX], const char *directory)
{
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "%s/bridge", directory ? directory : "");
	if (directory && access(path, X_OK) == 0)
		snprintf(plugins, PATH_MAX, "%s", directory);
}

static void find_programs(struct world *w)
{
	const char *reference = getenv("CNI_REFERENCE");
	ssize_t n = readlink("/proc/self/exe", w->programs, sizeof(w->programs) - 1);

	if (n < 0)
		die("/proc/self/exe");
	w->programs[n] = '\0';
	*strrchr(w->programs, '/') = '\0';
	snprintf(w->floor, sizeof(w->floor), "%s/cni_floor", w->programs);
	snprintf(w->empty, sizeof(w->empty), "%s/cni_empty", w->programs);
	snprintf(w->plugins[FLOOR], PATH_MAX, "%s", w->programs);
	find_peer(w->plugins[REFERENCE], reference ? reference : "/usr/lib/cni");
	find_peer(w->plugins[NEWER], getenv("CNI_REFERENCE_NEW"));
	link_ours(w);
}

/* --- namespaces ----------------------------------------------------------------------- */

const char *world_netns(const struct world *w, unsigned int container)
{
	static char path[160];

	snprintf(path, sizeof(path), "%s/netns/%u", w->directory, container);
	return path;
}

static void make_container(const struct world *w, unsigned int i)
{
	const char *path = world_netns(w, i);
	int status;
	pid_t child;

	close(open(path, O_CREAT | O_CLOEXEC | O_RDONLY, 0600));
	child = fork();
	if (child == 0)
		_exit(unshare(CLONE_NEWNET) < 0 ||
		      mount("/proc/self/ns/net", path, NULL, MS_BIND, NULL) < 0);
	if (waitpid(child, &status, 0) < 0 || status != 0)
		die(path);
}

static void make_namespaces(struct world *w)
{
	char path[160];
	unsigned int i;

	if (unshare(CLONE_NEWNS) < 0 || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0) {
		perror("bench_cni: a mount namespace of its own");
		exit(77);
	}
	snprintf(path, sizeof(path), "%s/netns", w->directory);
	if (mkdir(path, 0700) < 0)
		die(path);
	for (i = 0; i < WORLD_CONTAINERS; i++)
		make_container(w, i);
	for (i = 0; i < WORLD_SETS; i++) {
		bench_new_netns();
		nodes[i] = bench_open_netns();
		if (bench_run("ip link set lo up") < 0)
			exit(1);
	}
	/* What the plugins find from the second container on, the floor never makes. */
	if (bench_run("ip link add br0 type bridge && ip address add 10.88.0.1/16 dev br0 && "
		      "ip link set br0 up") < 0)
		exit(1);
}

void world_enter(enum world_set set)
{
	bench_enter_netns(nodes[set]);
}

void world_make(struct world *w)
{
	bench_new_netns();
	make_directory(w);
	make_namespaces(w);
	find_programs(w);
}

void world_remove(struct world *w)
{
	unsigned int i;

	for (i = 0; i < WORLD_CONTAINERS; i++)
		umount2(world_netns(w, i), MNT_DETACH);
	remove_tree(w->directory);
}
