/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef BENCH_TRAFFIC_H
#define BENCH_TRAFFIC_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>

/*
 * A client, a node and a server, each in a namespace of its own without a name, which goes
 * with the process: client --veth-- node --veth-- server. One thread is client and server, with
 * sockets in both namespaces: packets pass in its own system calls and on its own CPU, so
 * what is measured is what the path costs, and no scheduler takes part.
 */
struct path {
	int client, node, server; /* namespaces */
	int listener;		  /* on TRAFFIC_PORT, any address, in the server's */
	int conntrack;		  /* netlink, in the node's */
	uint32_t next_client;	  /* address and port of the next connection, one number */
};

#define TRAFFIC_PORT 8080

/* All of these end the program on errors. The process stays in the node's namespace. */
void path_open(struct path *p);
/* The server has these addresses, too: text, "10.0.1.7". */
void path_add_backend(struct path *p, const char *address);
/* Forget all connections that the node has seen. */
void path_flush(struct path *p);

/* Opens and resets `count` connections to the address and port 80, each from another address and
 * port of the client. Microseconds; one that fails ends the program. */
double traffic_connect(struct path *p, struct in_addr to, unsigned int count);
/* Sends so many bytes over one connection, and reads them. Microseconds. */
double traffic_stream(struct path *p, struct in_addr to, uint64_t bytes);
/* A byte there and a byte back, so often, over one connection. Microseconds. */
double traffic_round_trips(struct path *p, struct in_addr to, unsigned int count);

/* The process and its children to come: one CPU, the last one it may use. */
void traffic_pin(void);

#endif
