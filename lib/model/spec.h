/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef MODEL_SPEC_H
#define MODEL_SPEC_H

#include "model/ingress.h"
#include "model/kind.h"
#include "model/node.h"
#include "model/pod.h"
#include "model/service.h"

/*
 * The contents of objects: what setters and the loading of JSON have in common.
 * Functions that change a spec return 1 (changed), 0 (it was so already) or an
 * error, after which the spec is as it was.
 */

int node_init(struct model_object *object);
void node_done(struct model_object *object);
bool node_is_equal(const struct model_object *a, const struct model_object *b);
void node_inherit(struct model_object *object, const struct model_object *old);
int node_spec_add_pod_cidr(const struct where *at, struct node_spec *spec, const char *cidr);
int node_spec_set_zone(const struct where *at, struct node_spec *spec, struct strings *strings,
		       const char *zone);

int pod_init(struct model_object *object);
void pod_done(struct model_object *object);
bool pod_is_equal(const struct model_object *a, const struct model_object *b);
void pod_inherit(struct model_object *object, const struct model_object *old);
void pod_refresh(struct model_object *object);
int pod_spec_set_node_name(const struct where *at, struct pod_spec *spec, struct strings *strings,
			   const char *node_name);
int pod_spec_set_netns(const struct where *at, struct pod_spec *spec, struct strings *strings,
		       const char *path);

void service_done(struct model_object *object);
bool service_is_equal(const struct model_object *a, const struct model_object *b);
bool service_ports_are_equal(const service_ports *a, const service_ports *b);
void service_ports_done(service_ports *ports, struct strings *strings);
int service_spec_add_port(const struct where *at, struct service_spec *spec,
			  struct strings *strings, const struct service_port *port);
/* -EEXIST if the list has it. */
int address_list_add(const struct where *at, address_list *list, const char *text,
		     unsigned int flags);
int check_protocol(const struct where *at, int protocol);
int service_spec_add_source_range(const struct where *at, struct service_spec *spec,
				  const char *cidr);
int service_spec_set_proxy_name(const struct where *at, struct service_spec *spec,
				struct strings *strings, const char *name);

void slice_done(struct model_object *object);
bool slice_is_equal(const struct model_object *a, const struct model_object *b);

void ingress_done(struct model_object *object);
bool ingress_is_equal(const struct model_object *a, const struct model_object *b);
/* As given by the caller; strings may be NULL. */
struct backend_arguments {
	const char *service, *port_name;
	unsigned int port_number;
};
int ingress_spec_add_rule(const struct where *at, struct ingress_spec *spec,
			  struct strings *strings, const char *host, const char *path,
			  enum k8snet_path_type path_type, const struct backend_arguments *backend);
int ingress_spec_set_default(const struct where *at, struct ingress_spec *spec,
			     struct strings *strings, const struct backend_arguments *backend);
int ingress_spec_set_class(const struct where *at, struct ingress_spec *spec,
			   struct strings *strings, const char *class_name);

#endif
