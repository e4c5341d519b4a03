/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef LAB_PROBE_H
#define LAB_PROBE_H

#include "runtime.h"

/*
 * Flows of real traffic through a lab: made from the objects, run by threads
 * that enter the client's namespace, and judged by who answered and whom the
 * answering pod saw.
 */

#define PROBE_TIMEOUT  2000	       /* ms for a flow */
#define PROBE_BULK     (1024UL * 1024) /* bytes, there and back */
#define PROBE_ANSWERER 600	       /* "NAMESPACE/NAME" */

enum probe_kind {
	PROBE_ASK,	 /* a line, answered by a line */
	PROBE_REFUSED,	 /* is to be refused at once: TCP reset or ICMP */
	PROBE_FULL_SIZE, /* a datagram that fills the MTU, not to be fragmented */
	PROBE_BULK_TCP,	 /* PROBE_BULK bytes echoed */
	PROBE_BROKEN,	 /* cannot be tried at all; why is set */
};

enum probe_client {
	PROBE_CLIENT_ANY,
	PROBE_CLIENT_KEPT,	 /* the pod sees the client's own address */
	PROBE_CLIENT_MASQUERADED /* and here, another one */
};

struct probe_endpoint {
	const struct lab_pod *pod;
	struct k8snet_address address;
	uint16_t port;
};

struct probe_endpoints {
	struct probe_endpoint *items;
	size_t count;
};

struct probe_flow {
	const char *what; /* static */
	char *from, *to;
	enum probe_kind kind;
	char *netns; /* path of the client's */
	uint8_t protocol;
	struct k8snet_address destination;
	uint16_t port;
	struct probe_endpoints expected;
	const struct lab_pod *until; /* hairpin: ask again until this one answers */
	enum probe_client client_rule;
	struct k8snet_address client;

	bool tried, ok;
	double ms;
	char answered_by[PROBE_ANSWERER];
	char why[256];
};

/* What flows are made from. */
struct probe {
	struct lab_run *run;
	struct json_object *wanted; /* only these; NULL: all */
	struct probe_flow *flows;
	size_t count, capacity;
	size_t turn; /* so that all pods have their turn as clients */
	int error;
};

struct probe_summary {
	size_t flows, failed;
	double ms;
};

/* --- probe.c ------------------------------------------------------------- */

/* Make the flows for `objects`, run them, print them. LAB_OK or LAB_FAILED. */
int probe_run(struct lab_run *run, struct json_object *objects, struct probe_summary *summary);

/* --- probe_list.c: the list of flows, and what they have in common -------- */

/* Append a flow; NULL: out of memory, see probe->error. `netns` is copied. */
struct probe_flow *probe_add(struct probe *probe, const char *what, const char *netns,
			     uint8_t protocol, const struct k8snet_address *destination,
			     uint16_t port);
/* Name its ends; "ADDRESS:PORT/PROTOCOL" is added to the far one. */
void probe_name(struct probe *probe, struct probe_flow *flow, const char *from, const char *format,
		...) __attribute__((format(printf, 4, 5)));
void probe_free(struct probe *probe);
/* Give the flow these endpoints; they are empty then. */
void probe_expect(struct probe_flow *flow, struct probe_endpoints *endpoints);
bool probe_wants(const struct probe *probe, const char *kind, const char *namespace_,
		 const char *name);
/* Ready endpoints of a service's port; those on `node` only, if it is not NULL.
 * *whole is false if some are no pods of the lab: then nothing is known. */
void probe_endpoints_of(struct probe *probe, const struct k8snet_service *service, size_t port,
			int family, const char *node, struct probe_endpoints *out, bool *whole);
/* Only endpoints of the node that takes the packet may answer. */
bool probe_is_local(enum k8snet_traffic_policy policy);
/* Whether this kernel has the protocol. */
bool probe_has_protocol(uint8_t protocol);
/* The service's ClusterIP of a family; NULL if it has none. */
const struct k8snet_address *probe_cluster_ip(const struct k8snet_service *service, int family);
/* "NAMESPACE/NAME:PORT", the port by its name if it has one. */
void probe_service_name(const struct k8snet_service *service, size_t port, char *buffer,
			size_t size);

/* --- where flows come from ------------------------------------------------ */

/* probe_flows.c: between pods, and from pods and nodes to services. */
void probe_add_pod_flows(struct probe *probe);
void probe_add_service_flows(struct probe *probe);
/* probe_outside.c: from outside, and by rules of ingresses. */
void probe_add_outside_flows(struct probe *probe);
void probe_add_ingress_flows(struct probe *probe);

/* --- probe_client.c ------------------------------------------------------ */

/* Run it in the calling thread, which is in the client's namespace. */
void probe_flow_run(struct probe_flow *flow);

/* --- probe_table.c ------------------------------------------------------- */

void probe_print_table(const struct probe *probe, const struct probe_summary *summary, FILE *out);
int probe_print_json(const struct probe *probe, FILE *out);

#endif
