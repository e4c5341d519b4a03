/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef BENCH_SERVICES_H
#define BENCH_SERVICES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * What the benchmarks of services share: a cluster of any size, and kube-proxy's
 * ruleset for the same cluster.
 */

#define NODE	   "node-1"
#define OTHER_NODE "node-2"

/*
 * Service k is ns<k % 50>/svc<k>, with a cluster IP and the port 80, and endpoints with the
 * port 8080, 1 in 10 of them on NODE; 1 in 10 services has a node port, and session affinity if
 * that is asked for. Addresses are those of kube_proxy_ruleset.py.
 */
struct bench_cluster {
	struct k8snet_ctx *ctx;
	struct k8snet_cluster *cluster;
	unsigned int n_services, n_endpoints;
	bool has_affinity;
	uint32_t n_fresh; /* addresses given out to endpoints that came later */
};

/* One of the services with a node port. */
static inline bool service_is_special(unsigned int k)
{
	return k % 10 == 0;
}

#define IP_SIZE 16
char *service_ip(char *text, unsigned int k);
char *service_endpoint_ip(const struct bench_cluster *c, char *text, unsigned int k,
			  unsigned int index);

/* Makes the context and the cluster. All of these end the program on errors. */
void cluster_make(struct bench_cluster *c);
void cluster_done(struct bench_cluster *c);
void cluster_add_service(struct bench_cluster *c, unsigned int k);
void cluster_remove_service(struct bench_cluster *c, unsigned int k);
/* One endpoint of service k that is not on NODE gets an address that none had before. */
void cluster_replace_endpoint(struct bench_cluster *c, unsigned int k);
void cluster_add_endpoint(struct bench_cluster *c, unsigned int k);
/* The one that was added last. */
void cluster_remove_endpoint(struct bench_cluster *c, unsigned int k);
/* All endpoints of 1 in 100 services. */
void cluster_roll(struct bench_cluster *c);

/* --- kube-proxy --------------------------------------------------------------- */

/* Whether the generator of its rulesets is there: in the directory K8SNET_PEERS, or in
 * ../shared/peers beside the tree. */
bool peer_is_there(void);

/*
 * Generates a script of the `map` layout (1.36) for `n_services`, with `arguments`, and runs it
 * by nft -f in the namespace of the process. The microseconds that nft took, or -1: it
 * failed, or took longer than PEER_SECONDS.
 */
#define PEER_SECONDS 120
double peer_run(const struct bench_cluster *c, unsigned int n_services, const char *arguments);

#endif
