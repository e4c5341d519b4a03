/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef PROXY_OPTIONS_H
#define PROXY_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <k8snet/address.h>
#include <k8snet/cluster.h>

/* Exit statuses. */
enum {
	PROXY_OK = 0,
	PROXY_FAILED = 1,
	PROXY_USAGE = 2,
};

#define NODE_NAME_SIZE 254

/* Where a server listens; without a port: nowhere. */
struct bind_address {
	struct k8snet_address address;
	uint16_t port;
};

/* Networks, as they were given; each in its own string. */
struct cidr_list {
	char **items;
	size_t count;
};

struct options {
	const char *dir;      /* NULL: none */
	const char **watches; /* "-" is standard input */
	size_t watch_count;
	bool once, cleanup, exit_on_eof;
	bool masquerade_all, counters, reset_connections, own_tables, verbose;
	char node_name[NODE_NAME_SIZE];
	struct cidr_list cluster_cidrs, service_cidrs, node_port_cidrs; /* empty: primary */
	uint32_t masquerade_mark;
	enum k8snet_local_detection detection;
	char pod_interface[16]; /* "cni0", "veth*" */
	struct bind_address healthz, metrics;
	int64_t sync_period, min_sync_period, settle_period; /* nanoseconds */
	const char *netns;				     /* NULL: where it is */
};

/*
 * Read the command line, whose first word is the program's or the command's name.
 * -1: go on; else exit with that status, all has been said.
 */
int options_parse(struct options *options, int argc, char **argv);
void options_done(struct options *options);

/* "IP:port", "[IPv6]:port", ":port" or "IP", which has the port that is in *out;
 * "" unsets the port. 0 or -EINVAL. */
int bind_address_parse(struct bind_address *out, const char *text);

#endif
