/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef TESTS_LOAD_TEXT_H
#define TESTS_LOAD_TEXT_H

#include "model_dump.h"
#include "unit.h"

/* Load text in which quotes are '. */
static inline int load(struct model_fixture *f, const char *text)
{
	char *json = strdup(text);
	int r;

	for (char *p = json; *p; p++)
		if (*p == '\'')
			*p = '"';
	r = k8snet_cluster_load_json(f->cluster, "shop.json", json, strlen(json));
	free(json);
	return r;
}

/* Refused with this message, and the cluster is as it was. */
static inline void refuse(struct model_fixture *f, const char *text, int code, const char *message)
{
	char *before = model_dump(f->cluster), *after;

	expect_error(f->ctx, load(f, text), code, message);
	after = model_dump(f->cluster);
	assert_string_equal(before, after);
	free(before);
	free(after);
}

#define SERVICE(spec)                                                                        \
	"{'apiVersion':'v1','kind':'Service','metadata':{'namespace':'shop','name':'cart'}," \
	"'spec':{" spec "}}"
#define SLICE(rest)                                                                  \
	"{'apiVersion':'discovery.k8s.io/v1','kind':'EndpointSlice','metadata':{"    \
	"'namespace':'shop','name':'cart-x','labels':{'kubernetes.io/service-name':" \
	"'cart'}}," rest "}"
#define POD(rest) \
	"{'apiVersion':'v1','kind':'Pod','metadata':{'namespace':'shop','name':'p'}," rest "}"
#define NODE(rest) "{'apiVersion':'v1','kind':'Node','metadata':{'name':'n1'}," rest "}"
#define INGRESS(spec)                                                        \
	"{'apiVersion':'networking.k8s.io/v1','kind':'Ingress','metadata':{" \
	"'namespace':'shop','name':'front'},'spec':{" spec "}}"

#endif
