/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "checks.h"

#include <errno.h>
#include <search.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <k8snet/k8snet.h>

#include "checks_address.h"
#include "health.h"
#include "http.h"
#include "log.h"
#include "metrics.h"
#include "util.h"

struct check {
	struct checks *checks;
	char *namespace_, *name;
	uint16_t port;
	struct http_listener *listeners; /* one for each address; NULL: not open */
	size_t count;
};

static int compare(const void *a, const void *b)
{
	const struct check *x = a, *y = b;
	int r = strcmp(x->namespace_, y->namespace_);

	return r ? r : strcmp(x->name, y->name);
}

/* --- the answer ---------------------------------------------------------------- */

static void answer(void *data, const char *path, struct http_response *response)
{
	const struct check *check = data;
	const struct checks *checks = check->checks;
	const struct k8snet_service *service =
		k8snet_cluster_find_service(checks->cluster, check->namespace_, check->name);
	bool is_healthy = health_is_healthy(checks->health);
	size_t n = 0;

	(void)path; /* load balancers ask for any */
	if (service)
		n = k8snet_service_count_local_endpoints(service, checks->node_name);
	response->status = n && is_healthy ? 200 : 503;
	response->type = "application/json";
	snprintf(response->weight, sizeof(response->weight), "%zu", n);
	fprintf(response->body,
		"{\n"
		"\t\"service\": {\n"
		"\t\t\"namespace\": \"%s\",\n"
		"\t\t\"name\": \"%s\"\n"
		"\t},\n"
		"\t\"localEndpoints\": %zu,\n"
		"\t\"serviceProxyHealthy\": %s\n"
		"}\n",
		check->namespace_, check->name, n, is_healthy ? "true" : "false");
}

/* --- listening ------------------------------------------------------------------ */

static void close_check(struct check *check)
{
	for (size_t i = 0; i < check->count; i++)
		http_close(&check->listeners[i]);
	free(check->listeners);
	check->listeners = NULL;
	check->count = 0;
}

static void not_open(struct check *check, const struct bind_address *at, int error)
{
	char text[K8SNET_ADDRESS_TEXT_SIZE];

	check->checks->metrics->health_check_failures++;
	log_error("Service %s/%s: healthCheckNodePort %u on %s: %s", check->namespace_, check->name,
		  check->port, k8snet_address_format(&at->address, text, sizeof(text)),
		  strerror(-error));
}

/* On all addresses, or on none, as kube-proxy. */
static void open_check(struct check *check)
{
	struct checks *checks = check->checks;
	struct bind_address at = {.port = check->port};
	int r = 0;

	if (check->listeners || !checks->address_count)
		return;
	check->listeners = calloc(checks->address_count, sizeof(*check->listeners));
	if (!check->listeners) {
		log_error("out of memory");
		return;
	}
	for (; r == 0 && check->count < checks->address_count; check->count++) {
		at.address = checks->addresses[check->count];
		r = http_listen(checks->http, &check->listeners[check->count], &at, answer, check);
	}
	if (r < 0) {
		not_open(check, &at, r);
		close_check(check);
		return;
	}
	log_info("Service %s/%s: healthCheckNodePort %u is served", check->namespace_, check->name,
		 check->port);
}

/* --- coming and going -------------------------------------------------------------- */

static void free_check(void *data)
{
	struct check *check = data;

	close_check(check);
	free(check->namespace_);
	free(check->name);
	free(check);
}

static struct check *add_check(struct checks *checks, const char *namespace_, const char *name)
{
	struct check *check = calloc(1, sizeof(*check));

	if (!check)
		return NULL;
	check->checks = checks;
	check->namespace_ = strdup(namespace_);
	check->name = strdup(name);
	if (check->namespace_ && check->name && tsearch(check, &checks->by_name, compare)) {
		checks->metrics->health_checks++;
		return check;
	}
	free_check(check);
	return NULL;
}

static void remove_check(struct checks *checks, struct check *check)
{
	tdelete(check, &checks->by_name, compare);
	checks->metrics->health_checks--;
	checks->is_stale = true; /* another may wait for its port */
	free_check(check);
}

/* 0: none. A port that a Service kept from another time is not served. */
static uint16_t wanted_port(const struct k8snet_service *service)
{
	if (!service || k8snet_service_get_proxy_name(service) ||
	    k8snet_service_get_type(service) != K8SNET_SERVICE_LOAD_BALANCER ||
	    k8snet_service_get_external_traffic_policy(service) != K8SNET_TRAFFIC_LOCAL)
		return 0;
	return k8snet_service_get_health_check_node_port(service);
}

void checks_update(struct checks *checks, const char *namespace_, const char *name)
{
	const struct check key = {.namespace_ = (char *)namespace_, .name = (char *)name};
	struct check **found = tfind(&key, &checks->by_name, compare), *check;
	uint16_t port = wanted_port(k8snet_cluster_find_service(checks->cluster, namespace_, name));

	check = found ? *found : NULL;
	if (!port && check)
		remove_check(checks, check);
	if (!port || (check && check->port == port))
		return;
	if (!check)
		check = add_check(checks, namespace_, name);
	if (!check) {
		log_error("Service %s/%s: healthCheckNodePort: out of memory", namespace_, name);
		return;
	}
	close_check(check);
	check->port = port;
	checks->is_stale = true;
}

/* --- all of them ---------------------------------------------------------------- */

static void close_one(const void *node, VISIT visit, void *data)
{
	(void)data;
	if (visit == postorder || visit == leaf)
		close_check(*(struct check *const *)node);
}

static void open_one(const void *node, VISIT visit, void *data)
{
	(void)data;
	if (visit == postorder || visit == leaf)
		open_check(*(struct check *const *)node);
}

static bool has_addresses(const struct checks *checks, const struct k8snet_address *addresses,
			  size_t count)
{
	bool is_same = count == checks->address_count;

	for (size_t i = 0; is_same && i < count; i++)
		is_same = k8snet_address_is_equal(&addresses[i], &checks->addresses[i]);
	return is_same;
}

void checks_node_changed(struct checks *checks)
{
	checks->is_stale = true;
}

void checks_refresh(struct checks *checks, bool is_all)
{
	const struct k8snet_node *node =
		k8snet_cluster_find_node(checks->cluster, checks->node_name);
	struct k8snet_address *addresses;
	size_t count;
	int r;

	if (!checks->is_stale && !is_all)
		return;
	r = checks_find_addresses(&addresses, &count, node, checks->networks);
	if (r < 0) {
		log_error("addresses of this node: %s", strerror(-r));
		return;
	}
	checks->is_stale = false;
	if (has_addresses(checks, addresses, count)) {
		free(addresses);
	} else {
		twalk_r(checks->by_name, close_one, NULL);
		free(checks->addresses);
		checks->addresses = addresses;
		checks->address_count = count;
	}
	twalk_r(checks->by_name, open_one, NULL);
}

void checks_done(struct checks *checks)
{
	tdestroy(checks->by_name, free_check);
	free(checks->addresses);
	checks->by_name = checks->addresses = NULL;
}
