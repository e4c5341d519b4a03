/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef PLAN_COMPARE_H
#define PLAN_COMPARE_H

#include "base/context.h"
#include "model/cluster.h"
#include "model/node.h"
#include "model/pod.h"
#include "model/service.h"
#include "plan/plan.h"
#include "resolve/resolve.h"

/*
 * The comparison of what a cluster wants of one node with the state of its
 * kernel. want_node.c, want_peer.c, want_pod.c and want_service.c say what is
 * wanted; each want is compared at once, and becomes an operation if it differs.
 * Errors are sticky: look at compare.error at the end.
 */

typedef VEC(struct k8snet_op) op_list;

/* A kernel object that is there, or will be, and whose it is. */
struct plan_kobj {
	struct hash_node node;
	struct plan_kobj *next;
	const struct kobj *kobj;
	const char *owner;
};

/* A frontend as a service wants it. */
struct frontend_change {
	struct hash_node node; /* among all claims of the plan */
	struct frontend_key key;
	struct frontend *there; /* as the state has it; NULL */
	struct service_change *service;
	struct frontend_change *next_of_service;
	struct nft_verdict verdict;	 /* not of a group */
	bool is_chain;			 /* it leads there itself, no number does */
	uint32_t number;		 /* of its group, S << 16; 0: none */
	bool has_new_slots[2];		 /* all, those of the local map */
	struct frontend_slots *slots[2]; /* if has_new_slots; NULL: none */
	bool has_new_endpoints[2];
	struct group_endpoints *endpoints[2]; /* if has_new_endpoints; NULL: none */
	bool has_new_leaving;
	struct frontend_slots *leaving; /* if has_new_leaving; NULL: none */
};

/* A service as it is wanted; one without frontends is to be forgotten. */
struct service_change {
	struct service_change *next;
	const char *name;		/* "service shop/cart" */
	struct frontend_service *there; /* as the state has it; NULL */
	struct frontend_change *first;
	bool has_new_uses;
	const struct nft_element *uses; /* elements of sets, if has_new_uses */
	size_t n_uses;
};

/* What state_commit() does to the state once the operations are done. */
struct table_change {
	uint8_t family;
	bool has_counters;
};

struct plan_changes {
	struct hash kobjs; /* of struct plan_kobj: are there now */
	struct plan_kobj *first_kobj, **last_kobj;
	VEC(struct state_kobj *) gone; /* are there no longer */
	struct service_change *services;
	VEC(struct frontend *) orphans;	  /* removed, and nobody's */
	struct hash chains;		  /* of struct plan_chain: are there now */
	VEC(struct nft_chain) old_chains; /* are there no longer */
	VEC(struct table_change) tables;  /* are there now */
	VEC(uint8_t) old_tables;	  /* are there no longer, with all in them */
	struct hash claims;		  /* of struct frontend_change */
	struct hash members;		  /* of struct member_change */
	struct member_change *first_member, **last_member;
	bool is_full;		 /* all services are in the list */
	bool has_conflicts;	 /* two services want one frontend */
	bool has_kobj_conflicts; /* two owners want one kernel object */
};

struct plan_chain {
	struct hash_node node;
	struct nft_chain chain;
	bool is_added, is_balancer; /* the chain, its element of NFT_BALANCERS */
};

struct member_change {
	struct hash_node node;
	struct member_change *next; /* in the order in which they were wanted */
	struct nft_element element;
	int delta;	 /* of its users */
	bool is_covered; /* by a wider network */
};

/* What the kernel drops of a link when the operations are done. */
enum lost_what {
	LOST_ALL = 1,	     /* it is made anew */
	LOST_NEIGHBOURS = 2, /* permanent ones too, when its MAC address changes */
	LOST_IPV4 = 4,	     /* IPv4 routes and neighbours, with its last IPv4 address */
};

struct lost_link {
	struct hash_node node;
	const char *netns;
	char name[IFNAMSIZ];
	unsigned int what; /* or of enum lost_what */
};

/* Backends of one port of a service, and how many slots each has. */
struct backend_list {
	struct backend_set *set;
	size_t count;	      /* of the set's: slots and numbers are 16 bits */
	VEC(uint16_t) shares; /* of each; none: the table says it */
	VEC(uint16_t) table;  /* whose a slot is; none: any that is due one */
	uint32_t n_slots;
	VEC(uint16_t) numbers; /* with session affinity: of each */
	VEC(uint16_t) due;     /* scratch */
};

/* What a frontend is to lead to. */
struct frontend_want {
	struct nft_verdict verdict;
	bool has_ranges; /* of sources: they are looked at before `service-chains` */
	struct backend_list *backends[2]; /* all, those of the local map; NULL: none */
	uint32_t number;		  /* S << 16: the slots are its group's; 0: its own */
};

/* A frontend of the port at hand. */
struct way_in {
	struct frontend_key key;
	const struct k8snet_resolved_frontend *frontend;
	bool has_ranges; /* a load balancer's address, which has source ranges */
};

/* The slots of one map. */
struct slots_job {
	const struct frontend_key *key;
	bool is_local; /* those of the local map */
	enum k8snet_layer layer;
	const char *object;
	struct backend_list *backends;	  /* NULL: none */
	const struct frontend_slots *old; /* NULL: none */
	struct frontend_slots *new;	  /* NULL: none */
};

struct compare {
	struct k8snet_plan *plan;
	struct state *state;
	struct k8snet_cluster *cluster;
	struct k8snet_node *node; /* NULL: it wants nothing */
	const char *node_name;
	const struct k8snet_pod *pod; /* this one alone; NULL: everything */
	struct k8snet_ctx *ctx;
	bool prune;
	bool is_incremental;
	bool drops_table[2];
	bool has_old_mark[2]; /* the rules of the table use another mark */
	bool is_fresh;	      /* the state has just been observed */
	bool has_kernel;      /* it is that of a kernel */
	bool needs_full;      /* an incremental comparison is not enough */
	bool loses_ipv4;      /* a link loses an IPv4 address in the deletions at hand */
	bool needs_look;      /* what is remembered is not enough */
	bool lacks_uplink;    /* layers 0 and 1 stay as they are */
	int error;

	const char *node_object; /* "node node-1", the owner of what pods share */
	/* The node takes part in the pod network or has an address; with services alone, there
	 * are cluster IPs. */
	bool has_family[2];
	struct state_uplink uplink[2];
	uint32_t mtu;	      /* of pods */
	const char *vxlan[2]; /* names */

	op_list deletes, adds, elements, stale, late;
	struct hash lost; /* of struct lost_link */

	/* scratch for the backends of one port of a service: for traffic of the policy
	 * Cluster, and of Local */
	struct backend_list lists[2];
	struct backend_list numbered; /* one of them with numbers in place of addresses */
	struct backend_set numbers;   /* its set */
	bool lacks_numbers[2];	      /* for session affinity */
	VEC(struct nft_element) uses; /* of the service at hand */

	/* the port at hand; NULL: none */
	const struct service_port *port;
	uint8_t port_family;
	struct k8snet_resolved_port resolved;
	VEC(struct way_in) ways;
	bool has_all;		  /* the list of all is collected */
	VEC(struct backend) left; /* what a frontend of UDP had */
};

/* Remember the first error; returns it. */
int compare_fail(struct compare *c, int error);
/* Something that the node lacks, for k8snet_plan_get_lack(), and for the log. */
void compare_lack(struct compare *c, const char *format, ...) printf_like(2, 3);

struct k8snet_op *compare_op(struct compare *c, op_list *list, enum op_verb verb,
			     enum op_target target, enum k8snet_layer layer, const char *object);
void compare_element(struct compare *c, bool is_delete, enum k8snet_layer layer, const char *object,
		     const struct nft_element *element);

/* --- kernel objects (compare_kobj.c) ------------------------------------- */

enum want_result {
	WANT_NOTHING, /* is as wanted */
	WANT_CHANGE,
	WANT_ADD, /* was not there, or is made anew */
};
enum want_result compare_want(struct compare *c, enum k8snet_layer layer, const char *owner,
			      const struct kobj *wanted);
/* The same for a link that is there, and of no use: delete it and make it anew. */
enum want_result compare_want_anew(struct compare *c, enum k8snet_layer layer, const char *owner,
				   const struct kobj *wanted);
/* The same for one that comes with another one which is made: no operation. */
void compare_want_implied(struct compare *c, const char *owner, const struct kobj *wanted);
/* The one of the state, unless the kernel will have dropped it. */
struct state_kobj *compare_find(const struct compare *c, const struct kobj *key);
/* The kernel will drop what hangs on this link, or some of it. */
void compare_lose(struct compare *c, const char *netns, const char *link, enum lost_what what);
/* What that is, or of enum lost_what; whether `kobj` is dropped. */
unsigned int compare_get_lost(const struct compare *c, const struct kobj *kobj);
bool compare_is_lost(const struct compare *c, const struct kobj *kobj);
/* Make it again as it is. */
void compare_replace(struct compare *c, enum k8snet_layer layer, const char *owner,
		     const struct kobj *wanted);
/* In the plan's memory; NULL: out of memory. */
const struct kobj *compare_copy_kobj(struct compare *c, const struct kobj *kobj);
/* Somebody else wants the same object, and came first: it is theirs. */
bool compare_is_taken(struct compare *c, const char *owner, const struct kobj *wanted);

/* compare_gone.c. Before and after the wants of one owner, or of all (NULL): what it had and no
 * longer wants is deleted. */
void compare_begin(struct compare *c, const char *owner);
void compare_end(struct compare *c, const char *owner);

/* --- what is wanted ------------------------------------------------------ */

/* Uplinks, families, MTU. -ENOENT: without a kernel, and without an uplink. */
int want_prepare(struct compare *c);
/* Families again, by all services. */
void want_families(struct compare *c);
/* Whether the service has a cluster IP of a family that is not in c->has_family. */
bool want_new_family(const struct compare *c, const struct k8snet_service *service);
/* Forwarding and the bridge: what a pod needs of its node. */
void want_node(struct compare *c);
/* The node's end of the overlay. */
void want_overlay(struct compare *c);
void want_peer(struct compare *c, struct k8snet_node *peer);
void want_pod(struct compare *c, struct k8snet_pod *pod);
/* Whether the node is to attach this pod. */
bool is_attached(const struct k8snet_pod *pod, const char *node_name);
/* Also of a service that is gone. */
void want_service(struct compare *c, const char *namespace_, const char *name);
/* The sets pod-networks and node-addresses of tables that are there or will be. */
void want_members(struct compare *c);
/* Of pods' links: host MAC of point-to-point links. */
extern const uint8_t ptp_mac[6];

/* --- services ------------------------------------------------------------ */

/* compare_slots.c. Have the list be of these backends. */
void use_backends(struct backend_list *list, struct backend_set *set);
/* Where `b` is in the list; NO_INDEX: nowhere. */
uint32_t find_backend(const struct backend_list *list, const struct backend *b);
/* Whether it is one of them. */
bool has_backend(const struct frontend_want *want, const struct backend *b);
void backend_list_done(struct backend_list *list);
/* How many slots each has. -ENOMEM. */
int share_slots(struct backend_list *list, enum k8snet_load_balancing policy);
/* The operations on slots; what the frontend has then is in the change. */
void want_slots(struct compare *c, struct frontend_change *change, struct slots_job *job);
/* Whether anything differs; makes the operations. */
bool slots_ops(struct compare *c, const struct slots_job *job);

/* compare_frontend.c. The operations that turn what the kernel has for `key` into these
 * backends, with a verdict to them. False if another service has it. */
bool compare_frontend(struct compare *c, struct service_change *service,
		      const struct frontend_key *key, const struct frontend_want *want);
/* Who wants `key` in this plan; NULL: nobody yet. */
struct frontend_change *find_claim(const struct compare *c, const struct frontend_key *key);
/* Want it; NULL if it is claimed already. */
struct frontend_change *compare_claim(struct compare *c, struct service_change *service,
				      const struct frontend_key *key);

/* compare_affinity.c. Claim the group of c->port, that which one of its frontends has
 * had; NULL: there is none to be had. Then its endpoints and slots, of these lists. */
struct frontend_change *compare_group(struct compare *c, struct service_change *service,
				      const struct way_in *ways, size_t n_ways);
void compare_group_end(struct compare *c, struct frontend_change *group,
		       struct backend_list *const lists[2]);
/* Endpoints of a group that goes. */
void compare_group_gone(struct compare *c, const struct frontend *group, const char *object);

/* compare_conntrack.c. The connections that a changed frontend leaves behind; of one
 * that goes; and those that could not be deleted before. */
void compare_conntrack(struct compare *c, struct frontend_change *change,
		       const struct frontend *there, const struct frontend_want *want,
		       enum k8snet_layer layer);
void compare_conntrack_gone(struct compare *c, const struct frontend *f, enum k8snet_layer layer,
			    const char *object);
void compare_conntrack_again(struct compare *c);
/* Count a user of a set's element, or one less; compare_members() makes the
 * operations at the end. */
void compare_member(struct compare *c, const struct nft_element *element, int delta);
void compare_members(struct compare *c);
/* Frontends that a service had and no longer wants, and those of nobody. */
void compare_service_end(struct compare *c, struct service_change *service);
void compare_orphans(struct compare *c);
/* Whether services of this family are there to be had. */
bool compare_wants_table(const struct compare *c, size_t i);
void compare_tables(struct compare *c);
/* Chains that no frontend uses go. That which tells of the mark comes last, when no
 * rule has another one. */
void compare_last_chains(struct compare *c);
/* A chain that a frontend leads to, with its number. */
void compare_chain(struct compare *c, const struct nft_chain *chain, enum k8snet_layer layer,
		   const char *object);
/* A frontend's own chain, which it no longer uses. */
void compare_chain_gone(struct compare *c, const struct nft_chain *chain);

/* --- building a plan (build.c) ------------------------------------------- */

struct build_request {
	struct k8snet_cluster *cluster;
	const char *node_name;
	struct state *state;
	bool prune;
	/* Where the state's last plan stopped in the journal; NULL: compare all. */
	const uint64_t *cursor;
	struct k8snet_pod *pod; /* this one alone; NULL: everything */
	bool is_fresh;		/* the state has just been observed */
	bool has_kernel;	/* the state is that of one */
	bool remove_all;	/* nothing is wanted, whatever the cluster says */
};

/* Fill `plan` with the operations and the changes of the state. -EAGAIN: what is
 * remembered is not enough, observe and build anew. */
int plan_build(struct k8snet_plan *plan, const struct build_request *request);
/* What an observer has to look at for such a plan. */
int plan_observe_request(struct observe_request *out, const struct build_request *request);
/* All operations of the plan are done: the state follows. On -ENOMEM the state
 * is in part as it was, to be observed anew. */
int plan_commit(struct k8snet_plan *plan, struct state *state);
/* An operation failed, and the state is to be observed anew: note whose the
 * things are that were made before it. -ENOMEM. */
int plan_commit_part(struct k8snet_plan *plan, struct state *state);

/* Remember what the plan has not deleted (compare_conntrack.c). -ENOMEM. */
int commit_stale(const struct k8snet_plan *plan, struct state *state);

int plan_alloc(struct k8snet_plan **out, struct k8snet_cluster *cluster);
/* Make them anew, empty; release what the old ones had. -ENOMEM. */
int plan_reset_changes(struct k8snet_plan *plan);

#endif
