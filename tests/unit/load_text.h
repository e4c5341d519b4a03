/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef TESTS_LOAD_TEXT_H
#define TESTS_LOAD_TEXT_H

#include <errno.h>

#include "model_dump.h"
#include "unit.h"

/* A copy in which quotes are " in place of '. */
static inline char *json_text(const char *text)
{
	char *json = strdup(text);

	for (char *p = json; *p; p++)
		if (*p == '\'')
			*p = '"';
	return json;
}

/* Load text in which quotes are '. */
static inline int load(struct model_fixture *f, const char *text)
{
	char *json = json_text(text);
	int r;

	r = k8snet_cluster_load_json(f->cluster, "shop.json", json, strlen(json));
	free(json);
	return r;
}

/* What a load said: how often of each, and of the first. */
struct told {
	unsigned int refused, passed_over;
	char first[1024]; /* "Service shop/cart: spec.ports[0].port: 0 is not in 1..65535" */
};

static inline void hear(void *data, const struct k8snet_load_report *r)
{
	struct told *told = data;
	const char *slash = r->namespace_[0] ? "/" : "";

	if (!told->refused && !told->passed_over)
		snprintf(told->first, sizeof(told->first), "%s %s%s%s: %s: %s", r->kind,
			 r->namespace_, slash, r->name, r->field, r->reason);
	told->refused += r->is_refused;
	told->passed_over += !r->is_refused;
	assert_true(r->error == -EINVAL || r->error == -EEXIST || r->error == -E2BIG);
}

static inline int load_told(struct model_fixture *f, const char *text, unsigned int flags,
			    struct told *told)
{
	const struct k8snet_load_options options = {
		.size = sizeof(options), .flags = flags, .report = hear, .data = told};
	char *json = json_text(text);
	int r;

	*told = (struct told){0};
	r = k8snet_cluster_load(f->cluster, "shop.json", json, strlen(json), &options);
	free(json);
	return r;
}

/* The object is loaded without the value that this is said of. */
static inline void pass_over(struct model_fixture *f, const char *text, const char *message)
{
	struct told told;
	int r = load_told(f, text, K8SNET_LOAD_ALL_OR_NOTHING, &told);

	if (r || told.passed_over != 1 || strncmp(told.first, message, strlen(message)))
		print_error("got %d, %u, \"%s\", want \"%s\"\n", r, told.passed_over, told.first,
			    message);
	assert_int_equal(r, 0);
	assert_int_equal(told.refused, 0);
	assert_int_equal(told.passed_over, 1);
	assert_int_equal(strncmp(told.first, message, strlen(message)), 0);
}

/* The cluster is as it was then; releases `before`. */
static inline void expect_dump(struct model_fixture *f, char *before)
{
	char *after = model_dump(f->cluster);

	assert_string_equal(before, after);
	free(before);
	free(after);
}

/* Refused with this message, and the cluster is as it was. */
static inline void refuse(struct model_fixture *f, const char *text, int code, const char *message)
{
	char *before = model_dump(f->cluster);

	expect_error(f->ctx, load(f, text), code, message);
	expect_dump(f, before);
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
