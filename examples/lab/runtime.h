/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef LAB_RUNTIME_H
#define LAB_RUNTIME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "lab.h"

struct mnl_socket;
struct nlmsghdr;

/*
 * The run-time half: namespaces and processes for what is in the objects.
 *
 * A lab can be killed at any moment. Two things let a later process find all
 * that it made: the name of each namespace is in a journal before it is made,
 * and each namespace carries the lab's mark (the alias of its loopback) before
 * it gets a name. Nothing is ever removed without that mark.
 */

#define LAB_STATE_LEASE "leases"
#define LAB_STATE_PIDS	"pids"
#define LAB_PAUSE_COMM	"k8snet-pause"
#define LAB_ECHO_COMM	"k8snet-echo"
/* Every pod also echoes here, TCP and UDP (RFC 862), declared or not: for pods
 * without ports, and for full-size datagrams to pods without a UDP port. */
#define LAB_ECHO_PORT 7

/* --- terminal.c: messages, progress, interruption ------------------------ */

/* "k8snet-lab: ..." on standard error. Returns LAB_FAILED. */
int lab_complain(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* The context's error. Returns LAB_FAILED. */
int lab_complain_library(struct k8snet_ctx *ctx, const char *what);
/* One line on standard error that the next one replaces; only on a terminal.
 * NULL clears it. */
void lab_progress(const struct lab_options *options, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
/* SIGINT, SIGTERM and SIGHUP set a flag from now on; SIGPIPE is ignored. */
void lab_interrupt_catch(void);
bool lab_interrupted(void);
/* Milliseconds of a clock that never goes back. */
double lab_now(void);

/* --- lock.c -------------------------------------------------------------- */

enum lab_lock_mode {
	LAB_LOCK_SHARED,    /* the lab exists and stays while it is held */
	LAB_LOCK_EXISTING,  /* the same, and nobody else has it */
	LAB_LOCK_EXCLUSIVE, /* nobody else has it, whether it exists or not */
};

/* A descriptor, or a negative errno: -EBUSY after `patience` ms, -ENOENT: no
 * such lab, -EINTR. *holder is the process that has it, or 0. */
int lab_lock(const char *name, enum lab_lock_mode mode, int patience, pid_t *holder);
/* Let go; with `remove`, the file goes as well (not if shared). */
void lab_unlock(const char *name, int fd, bool remove);
/* The same with a message. A descriptor, or a negative number. */
int lab_lock_or_complain(const char *name, enum lab_lock_mode mode, int patience);

/* --- journal.c: names of namespaces, before they are made ---------------- */

/* 0 or a negative errno. */
int lab_journal_append(const char *lab, const char *netns);
/* Called for each whole line; 0 if there is no journal. */
int lab_journal_foreach(const char *lab, void (*fn)(void *data, const char *netns), void *data);

/* --- netns.c ------------------------------------------------------------- */

/* Run fn in a thread of its own in the namespace at `path`. What fn returns, or
 * a negative errno. */
int lab_netns_run(const char *path, int (*fn)(void *data), void *data);
/* Take the name: write it to the journal and make the mount point, marked.
 * -EEXIST: there is something of this name. */
int lab_netns_claim(const char *lab, const char *name);
/* Make a marked namespace under a claimed name. */
int lab_netns_create(const char *lab, const char *name);
/* For a process that made one: mark the calling thread's, and name it. */
int lab_netns_mark_self(const char *lab);
int lab_netns_bind_self(const char *name);
/* Whether what is at `path` is a namespace with the lab's mark. */
bool lab_netns_is_ours(const char *lab, const char *path);
/* Whether it is a mount point of the lab's on which nothing was mounted. */
bool lab_netns_is_claimed(const char *lab, const char *path);
int lab_netns_remove(const char *name);
/* Write to a file under /proc/sys/net of the namespace at `netns`. */
int lab_netns_sysctl(const char *netns, const char *file, const char *value);

/* "/run/netns/NAME". Returns `buffer`. */
char *lab_netns_path(char *buffer, size_t size, const char *name);

/* --- rtnl.c: what the underlay needs of rtnetlink ------------------------- */

struct lab_rtnl {
	int fd; /* a netlink socket; -1 */
	unsigned int sequence;
	char error[256]; /* the kernel's text of the last failure, or "" */
};

/* In the namespace at `netns`; NULL: the calling thread's. 0 or -errno. */
int lab_rtnl_open(struct lab_rtnl *rtnl, const char *netns);
void lab_rtnl_close(struct lab_rtnl *rtnl);
int lab_rtnl_add_bridge(struct lab_rtnl *rtnl, const char *name);
/* A veth whose other end is `peer` in the namespace `peer_netns`, in `bridge`. */
int lab_rtnl_add_veth(struct lab_rtnl *rtnl, const char *name, const char *bridge, const char *peer,
		      int peer_netns);
int lab_rtnl_set_up(struct lab_rtnl *rtnl, const char *name);
int lab_rtnl_set_alias(struct lab_rtnl *rtnl, const char *name, const char *alias);
int lab_rtnl_get_alias(struct lab_rtnl *rtnl, const char *name, char *buffer, size_t size);
int lab_rtnl_add_address(struct lab_rtnl *rtnl, const char *name,
			 const struct k8snet_address *address, unsigned int length);
/* `length` 0 and any address: the default route. One hop or several. */
int lab_rtnl_replace_route(struct lab_rtnl *rtnl, const struct k8snet_prefix *to,
			   const struct k8snet_address *hops, size_t hop_count);

/* One that does not age, and that the kernel does not drop for want of room. */
int lab_rtnl_add_neighbour(struct lab_rtnl *rtnl, int link, const struct k8snet_address *address,
			   const uint8_t *mac);
/* Of a link: its index, or -errno; its MAC address. */
int lab_rtnl_get_index(struct lab_rtnl *rtnl, const char *name);
int lab_rtnl_get_mac(struct lab_rtnl *rtnl, const char *name, uint8_t mac[6]);

/* --- underlay.c ---------------------------------------------------------- */

/* Nodes and outside, joined. Names are claimed here. Prints its errors. */
int lab_underlay_make(const struct lab_options *options, struct json_object *objects);
/* Routes outside to load balancer addresses and external IPs, through the nodes
 * that take traffic for them. May be called again. Prints its errors. */
int lab_underlay_route(const struct lab_options *options, struct k8snet_cluster *cluster);

/* --- process.c: pid files that survive the recycling of pids -------------- */

struct lab_process {
	pid_t pid;
	unsigned long long start; /* field 22 of /proc/PID/stat */
};

/* 0, or -ENOENT. A zombie counts as gone. */
int lab_process_start_time(pid_t pid, unsigned long long *start);
/* Keep `pid` under `key` ("NAMESPACE_POD"). */
int lab_process_save(const char *lab, const char *key, pid_t pid);
/* Those kept under `key`; NULL: all. Gone ones are left out; *out is the caller's. */
int lab_process_load(const char *lab, const char *key, struct lab_process **out, size_t *count);
/* Called for each key; a return other than 0 ends the walk and is returned. */
int lab_process_foreach_key(const char *lab, int (*fn)(void *data, const char *key), void *data);
void lab_process_forget(const char *lab, const char *key);
/* All pause and echo processes whose network namespace has the lab's mark. */
int lab_process_find(const char *lab, struct lab_process **out, size_t *count);
/* SIGTERM, and SIGKILL to those that are there a second later. Returns how many
 * would not die. */
size_t lab_process_stop(const struct lab_process *processes, size_t count);

/* --- runtime.c: pods ----------------------------------------------------- */

struct lab_port {
	uint16_t number;
	uint8_t protocol; /* of the IP header */
};

struct lab_pod {
	const char *namespace_, *name, *node; /* borrowed from the objects */
	char *full_name;		      /* "NAMESPACE/NAME" */
	char *netns;			      /* path; that of the node with hostNetwork */
	bool host_network;
	struct k8snet_address addresses[2]; /* the primary first */
	size_t address_count;
	struct lab_port *ports;
	size_t port_count;
	bool running; /* as lab_pods_look() saw it */
};

struct lab_pods {
	struct lab_pod *items;
	size_t count;
};

/* Pods that are placed on a node. The objects must outlive them. 0 or -ENOMEM. */
int lab_pods_read(struct lab_pods *pods, struct json_object *objects);
void lab_pods_free(struct lab_pods *pods);
struct lab_pod *lab_pods_find(const struct lab_pods *pods, const char *full_name);
struct lab_pod *lab_pods_find_address(const struct lab_pods *pods,
				      const struct k8snet_address *address);
/* The same, and it listens there: with hostNetwork pods share an address. */
struct lab_pod *lab_pods_find_listener(const struct lab_pods *pods,
				       const struct k8snet_address *address, uint8_t protocol,
				       uint16_t port);
/* The address of `family` (4 or 6), or NULL. */
const struct k8snet_address *lab_pod_address(const struct lab_pod *pod, int family);

/* Which of them run. */
void lab_pods_look(const struct lab_options *options, struct lab_pods *pods);
/* Start those that do not run, and wait until they listen. Prints its errors. */
int lab_pods_start(const struct lab_options *options, const struct lab_pods *pods);
/* Stop those of `pods` that are not in `except`, and remove their namespaces. */
int lab_pods_stop(const struct lab_options *options, const struct lab_pods *pods,
		  const struct lab_pods *except);

/* The same for pods that are not in `pods` and run: a killed command left them. */
int lab_pods_stop_others(const struct lab_options *options, const struct lab_pods *pods);

/* --- pause.c, echo.c: never return --------------------------------------- */

/* What a pod's processes tell the one that started them. */
struct lab_ready {
	int error; /* 0 or a positive errno */
	char what[60];
};

/* In a child of `parent`; dies with it until it can be found without it. */
_Noreturn void lab_pause_main(const char *lab, const struct lab_pod *pod, int ready, pid_t parent);
/* Bind, then tell `ready`, then serve. */
_Noreturn void lab_echo_main(const struct lab_pod *pod, int ready);
_Noreturn void lab_ready_fail(int ready, const char *what, int error);

/* --- up.c, down.c -------------------------------------------------------- */

struct lab_stage {
	const char *name;
	double ms;
};

/* A lab while a command works on it. */
struct lab_run {
	struct lab_options options;
	int lock;
	struct json_object *documents, *objects;
	struct lab_summary summary;
	struct lab_pods pods;
	struct k8snet_ctx *ctx;
	struct k8snet_cluster *cluster;
	size_t operations; /* applied so far, on all nodes */
	struct lab_stage stages[8];
	size_t stage_count;
	double stage_start;
};

void lab_run_init(struct lab_run *run, const struct lab_options *options);
/* Frees and unlocks; takes nothing down. */
void lab_run_free(struct lab_run *run);
/* The time since the last one belongs to `name`. */
void lab_run_stage(struct lab_run *run, const char *name);
/* All of `up`; what was made is removed again if it fails. LAB_OK or LAB_FAILED. */
int lab_run_up(struct lab_run *run);
/* Plan and apply on every node. `flags` of enum k8snet_plan_flags. */
int lab_run_apply(struct lab_run *run, unsigned int flags);

/* --- neighbours.c ----------------------------------------------------------- */

/* What will not fit into the kernel's table of neighbours is told. */
void lab_neighbours_warn(const struct lab_options *options, struct k8snet_cluster *cluster,
			 const struct lab_pods *pods);
/* Make those that are known, when all links are there. Prints its errors. */
int lab_neighbours_make(const struct lab_options *options, struct k8snet_cluster *cluster,
			const struct lab_pods *pods);
/* Load a lab that is up from its state, or save it. Print their errors. */
int lab_run_load(struct lab_run *run);
int lab_run_save(struct lab_run *run);
struct lab_swept {
	size_t namespaces, processes;
	bool state;  /* there was a state directory */
	size_t left; /* things that would not go */
};

/* Remove all that is found of a lab, with its lock held. Prints its errors. */
void lab_sweep(const char *name, struct lab_swept *swept);

#endif
