/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef BENCH_TRAFFIC_ADDRESS_H
#define BENCH_TRAFFIC_ADDRESS_H

/* The addresses of a path. The client is in the pod network 10.0.0.0/8: nobody is
 * masqueraded. The backends are those of services.h. */
#define NODE_TO_CLIENT	   "10.250.0.1"
#define NODE_TO_SERVER	   "10.251.0.1"
#define SERVER		   "10.251.0.2"
#define BACKENDS	   "10.0.0.0/9"
#define CLIENT_NETWORK	   "10.250.1"
#define CLIENT_FIRST	   1
#define N_CLIENT_ADDRESSES 8

#endif
