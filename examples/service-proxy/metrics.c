/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "metrics.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include <k8snet/k8snet.h>

#include "http.h"
#include "util.h"

/* Buckets as kube-proxy's. */
void metrics_init(struct metrics *metrics, const struct k8snet_cluster *cluster)
{
	struct histogram *h = &metrics->network_programming;

	memset(metrics, 0, sizeof(*metrics));
	metrics->cluster = cluster;
	histogram_add_exponential(&metrics->sync_duration, 0.001, 2, 15);
	histogram_add_linear(h, 0, 0, 1);
	histogram_add_linear(h, 0.25, 0.25, 2);
	histogram_add_linear(h, 1, 1, 59);
	histogram_add_linear(h, 60, 5, 12);
	histogram_add_linear(h, 120, 30, 7);
}

void metrics_count_health(struct metrics *metrics, bool is_healthz, bool is_healthy)
{
	uint64_t *counts = is_healthz ? metrics->healthz : metrics->livez;

	counts[is_healthy]++;
}

static void describe(FILE *out, const char *name, const char *type, const char *help)
{
	fprintf(out, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, type);
}

static void print_counter(FILE *out, const char *name, uint64_t value, const char *help)
{
	describe(out, name, "counter", help);
	fprintf(out, "%s %" PRIu64 "\n", name, value);
}

static void print_gauge(FILE *out, const char *name, double value, const char *help)
{
	describe(out, name, "gauge", help);
	fprintf(out, "%s %.17g\n", name, value);
}

static void print_histogram(FILE *out, const char *name, const struct histogram *h,
			    const char *help)
{
	describe(out, name, "histogram", help);
	histogram_print(h, name, out);
}

static void print_codes(FILE *out, const char *name, const uint64_t *counts, const char *help)
{
	describe(out, name, "counter", help);
	fprintf(out, "%s{code=\"200\"} %" PRIu64 "\n%s{code=\"503\"} %" PRIu64 "\n", name,
		counts[true], name, counts[false]);
}

/* Those that mean what they mean of kube-proxy. */
static void print_kube_proxy(FILE *out, const struct metrics *m)
{
	print_histogram(out, "kubeproxy_sync_proxy_rules_duration_seconds", &m->sync_duration,
			"SyncProxyRules latency in seconds");
	print_histogram(out, "kubeproxy_network_programming_duration_seconds",
			&m->network_programming,
			"In Cluster Network Programming Latency in seconds");
	print_gauge(out, "kubeproxy_sync_proxy_rules_last_timestamp_seconds",
		    (double)m->last_sync / (double)NS_PER_SEC,
		    "The last time proxy rules were successfully synced");
	print_gauge(out, "kubeproxy_sync_proxy_rules_last_queued_timestamp_seconds",
		    (double)m->last_queued / (double)NS_PER_SEC,
		    "The last time a sync of proxy rules was queued");
	print_counter(out, "kubeproxy_sync_proxy_rules_service_changes_total", m->service_changes,
		      "Cumulative proxy rules Service changes");
	print_gauge(out, "kubeproxy_sync_proxy_rules_service_changes_pending",
		    (double)m->service_pending, "Pending proxy rules Service changes");
	print_counter(out, "kubeproxy_sync_proxy_rules_endpoint_changes_total", m->endpoint_changes,
		      "Cumulative proxy rules Endpoint changes");
	print_gauge(out, "kubeproxy_sync_proxy_rules_endpoint_changes_pending",
		    (double)m->endpoint_pending, "Pending proxy rules Endpoint changes");
	print_counter(out, "kubeproxy_sync_proxy_rules_nftables_sync_failures_total",
		      m->sync_failures, "Cumulative proxy nftables sync failures");
	print_codes(out, "kubeproxy_proxy_healthz_total", m->healthz,
		    "Cumulative proxy healthz HTTP status");
	print_codes(out, "kubeproxy_proxy_livez_total", m->livez,
		    "Cumulative proxy livez HTTP status");
}

static void print_objects(FILE *out, const struct k8snet_cluster *cluster)
{
	const char *name = "k8snet_objects";

	describe(out, name, "gauge", "Objects that are known, by kind.");
	fprintf(out, "%s{kind=\"Node\"} %zu\n", name, k8snet_cluster_count_nodes(cluster));
	fprintf(out, "%s{kind=\"Service\"} %zu\n", name, k8snet_cluster_count_services(cluster));
	fprintf(out, "%s{kind=\"EndpointSlice\"} %zu\n", name,
		k8snet_cluster_count_endpointslices(cluster));
}

static size_t count_addresses(const struct k8snet_service *service,
			      const struct k8snet_address *(*get)(const struct k8snet_service *,
								  size_t))
{
	size_t n = 0;

	while (get(service, n))
		n++;
	return n;
}

/* Addresses and node ports with a protocol and a port, in each family. */
static size_t count_frontends_of(const struct k8snet_service *service)
{
	enum k8snet_service_type type = k8snet_service_get_type(service);
	size_t families = count_addresses(service, k8snet_service_get_cluster_ip);
	size_t ports = k8snet_service_count_ports(service), addresses = families, n, i;

	if (k8snet_service_is_headless(service) || type == K8SNET_SERVICE_EXTERNAL_NAME ||
	    k8snet_service_get_proxy_name(service))
		return 0;
	addresses += count_addresses(service, k8snet_service_get_external_ip);
	if (type == K8SNET_SERVICE_LOAD_BALANCER)
		addresses += count_addresses(service, k8snet_service_get_load_balancer_ip);
	n = ports * addresses;
	for (i = 0; i < ports && type != K8SNET_SERVICE_CLUSTER_IP; i++)
		if (k8snet_service_get_port_node_port(service, i))
			n += families;
	return n;
}

static double count_frontends(const struct k8snet_cluster *cluster)
{
	const struct k8snet_service *service = NULL;
	size_t n = 0;

	while ((service = k8snet_cluster_next_service(cluster, service)))
		n += count_frontends_of(service);
	return (double)n;
}

static void print_events(FILE *out, const struct metrics *m)
{
	const char *name = "k8snet_watch_events_total";

	describe(out, name, "counter", "Events of watches, by type.");
	for (size_t i = 0; i < EVENT_N_TYPES; i++)
		fprintf(out, "%s{type=\"%s\"} %" PRIu64 "\n", name, event_type_names[i],
			m->events[i]);
	print_gauge(out, "k8snet_watches", (double)m->watches, "Watches that have not ended.");
	print_counter(out, "k8snet_rejected_total", m->rejected,
		      "Events and files that were not understood and passed over.");
	print_counter(out, "k8snet_skipped_objects_total", m->skipped,
		      "Objects of other kinds, and deletions of what was not there.");
}

static double resident_bytes(void)
{
	FILE *file = fopen("/proc/self/statm", "re");
	unsigned long size, resident = 0;

	if (!file)
		return 0;
	if (fscanf(file, "%lu %lu", &size, &resident) != 2)
		resident = 0;
	fclose(file);
	return (double)resident * (double)sysconf(_SC_PAGESIZE);
}

static void print_own(FILE *out, const struct metrics *m)
{
	print_counter(out, "k8snet_syncs_total", m->syncs, "Times that changes were applied.");
	print_counter(out, "k8snet_full_syncs_total", m->full_syncs,
		      "Those of them that compared everything with the kernel.");
	print_counter(out, "k8snet_operations_total", m->operations,
		      "Operations that were applied to the kernel.");
	print_counter(out, "k8snet_disturbances_total", m->disturbances,
		      "Times that somebody else changed the tables, or may have.");
	print_counter(out, "k8snet_repairs_total", m->repairs,
		      "Times that what somebody else had changed was repaired.");
	print_counter(out, "k8snet_repair_operations_total", m->repair_operations,
		      "Operations of repairs.");
	print_objects(out, m->cluster);
	print_gauge(out, "k8snet_frontends", count_frontends(m->cluster),
		    "Addresses with a port, and node ports, of all Services.");
	print_gauge(out, "k8snet_health_checks", (double)m->health_checks,
		    "Services whose healthCheckNodePort is served.");
	print_counter(out, "k8snet_health_check_failures_total", m->health_check_failures,
		      "Times that a healthCheckNodePort could not be opened.");
	print_events(out, m);
	print_gauge(out, "process_resident_memory_bytes", resident_bytes(),
		    "Resident memory size in bytes.");
	describe(out, "k8snet_build_info", "gauge", "The version of the library.");
	fprintf(out, "k8snet_build_info{version=\"%s\"} 1\n", k8snet_get_version());
}

void metrics_answer(void *data, const char *path, struct http_response *response)
{
	const struct metrics *metrics = data;

	if (strcmp(path, "/metrics") != 0) {
		http_not_found(response);
		return;
	}
	response->type = "text/plain; version=0.0.4; charset=utf-8";
	print_kube_proxy(response->body, metrics);
	print_own(response->body, metrics);
}
