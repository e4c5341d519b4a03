/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Random changes, by setters and by loads, and a reader of the journal that looks
 * only at what the journal names: it must know the whole model at any time.
 */
#include "unit.h"

#include "base/strbuf.h"
#include "model/journal.h"
#include "model/pod.h"
#include "model/service.h"

#define N_SERVICES 4
#define N_SLICES   6
#define N_PODS	   4

static const char *const services[N_SERVICES] = {"s0", "s1", "s2", "s3"};
static const char *const slices[N_SLICES] = {"e0", "e1", "e2", "e3", "e4", "e5"};
static const char *const pods[N_PODS] = {"p0", "p1", "p2", "p3"};

struct mirror {
	char *services[N_SERVICES], *pods[N_PODS];
	uint64_t cursor;
};

static unsigned int seed;

static unsigned int random_below(unsigned int n)
{
	seed = seed * 1103515245 + 12345;
	return (seed >> 16) % n;
}

/* A service and its slices, found by the name of the service as a plan does it. */
static char *look_at_service(const struct k8snet_cluster *c, const char *name)
{
	const struct k8snet_service *s = k8snet_cluster_find_service(c, "a", name);
	const struct slice_group *group = slice_group_find(c, "a", name);
	const struct k8snet_endpointslice *slice = group ? group->first : NULL;
	struct strbuf b = {0};
	char *text;

	if (s)
		strbuf_printf(&b, "affinity %u balancing %d ip %d",
			      k8snet_service_get_session_affinity(s),
			      k8snet_service_get_load_balancing(s), k8snet_service_is_headless(s));
	for (; slice; slice = slice->group_next) {
		strbuf_printf(&b, " %s:", slice->object.name);
		assert_string_equal(slice->spec.service_name, name);
		for (size_t i = 0; i < slice->spec.endpoints.count; i++)
			strbuf_printf(&b, "%u/%u*%u ", slice->spec.endpoints.items[i].address[3],
				      slice->spec.endpoints.items[i].conditions,
				      slice->spec.endpoints.items[i].weight);
	}
	assert_int_equal(strbuf_finish(&b, &text), 0);
	return text;
}

static char *look_at_pod(const struct k8snet_cluster *c, const char *name)
{
	const struct k8snet_pod *p = k8snet_cluster_find_pod(c, "a", name);
	struct strbuf b = {0};
	char *text;

	if (p)
		strbuf_printf(&b, "pod on %s host %d", p->spec.node_name ? p->spec.node_name : "-",
			      p->spec.host_network);
	assert_int_equal(strbuf_finish(&b, &text), 0);
	return text;
}

static void change_service(struct k8snet_cluster *c)
{
	const char *name = services[random_below(N_SERVICES)];
	struct k8snet_service *s = k8snet_cluster_find_service(c, "a", name), *made;

	if (!s) {
		assert_int_equal(k8snet_service_new(&made, c, "a", name), 0);
		k8snet_service_unref(made);
	} else if (random_below(3) == 0) {
		assert_int_equal(k8snet_service_remove(s), 0);
	} else if (random_below(2)) {
		assert_int_equal(k8snet_service_set_load_balancing(s, random_below(5)), 0);
	} else {
		assert_int_equal(k8snet_service_set_session_affinity(s, random_below(3)), 0);
	}
}

static void change_slice(struct k8snet_cluster *c)
{
	const char *name = slices[random_below(N_SLICES)];
	struct k8snet_endpointslice *s = k8snet_cluster_find_endpointslice(c, "a", name);
	char address[32];

	snprintf(address, sizeof(address), "10.1.0.%u", 1 + random_below(4));
	if (!s) {
		assert_int_equal(k8snet_endpointslice_new(&s, c, "a", name,
							  services[random_below(N_SERVICES)], 4),
				 0);
		k8snet_endpointslice_unref(s);
	} else if (random_below(4) == 0) {
		assert_int_equal(k8snet_endpointslice_remove(s), 0);
	} else if (random_below(3) == 0 &&
		   k8snet_endpointslice_set_endpoint_weight(s, address, random_below(3)) == 0) {
		return;
	} else if (k8snet_endpointslice_remove_endpoint(s, address) < 0) {
		assert_int_equal(
			k8snet_endpointslice_add_endpoint(s, address, NULL, random_below(8)), 0);
	}
}

static void change_pod(struct k8snet_cluster *c)
{
	const char *name = pods[random_below(N_PODS)];
	struct k8snet_pod *p = k8snet_cluster_find_pod(c, "a", name);

	if (!p) {
		assert_int_equal(k8snet_pod_new(&p, c, "a", name), 0);
		k8snet_pod_unref(p);
	} else if (random_below(3) == 0) {
		assert_int_equal(k8snet_pod_remove(p), 0);
	} else {
		assert_int_equal(k8snet_pod_set_host_network(p, random_below(2)), 0);
	}
}

/* Some objects, sometimes with one that is refused at the end. */
static void load_some(struct k8snet_cluster *c)
{
	bool is_bad = random_below(4) == 0;
	struct strbuf b = {0};
	char *text;
	int r;

	strbuf_printf(&b,
		      "{\"apiVersion\":\"v1\",\"kind\":\"Service\",\"metadata\":{\"namespace\":"
		      "\"a\",\"name\":\"%s\"},\"spec\":{\"clusterIP\":\"%s\"%s}}",
		      services[random_below(N_SERVICES)], random_below(2) ? "10.96.0.1" : "None",
		      ",\"ports\":[{\"port\":1}]");
	strbuf_printf(&b,
		      "{\"apiVersion\":\"discovery.k8s.io/v1\",\"kind\":\"EndpointSlice\","
		      "\"metadata\":{\"namespace\":\"a\",\"name\":\"%s\",\"labels\":{"
		      "\"kubernetes.io/service-name\":\"%s\"}},\"addressType\":\"IPv4\","
		      "\"endpoints\":[{\"addresses\":[\"10.1.0.%u\"]}]}",
		      slices[random_below(N_SLICES)], services[random_below(N_SERVICES)],
		      1 + random_below(4));
	strbuf_printf(&b,
		      "{\"apiVersion\":\"v1\",\"kind\":\"Pod\",\"metadata\":{\"namespace\":\"a\","
		      "\"name\":\"%s\"},\"spec\":{\"nodeName\":\"n%u\"}}",
		      pods[random_below(N_PODS)], random_below(2));
	if (is_bad)
		strbuf_add(&b, "{\"kind\":7}");
	assert_int_equal(strbuf_finish(&b, &text), 0);
	r = k8snet_cluster_load_json(c, NULL, text, strlen(text));
	assert_int_equal(r, is_bad ? -EINVAL : 0);
	free(text);
}

static void replace(char **old, char *new)
{
	free(*old);
	*old = new;
}

static void follow(struct mirror *m, const struct k8snet_cluster *c)
{
	struct journal_entry entry;
	int r;

	while ((r = journal_next(c, &m->cursor, &entry)) == 1) {
		unsigned int i = (unsigned int)(entry.name[1] - '0');

		assert_string_equal(entry.namespace_, "a");
		if (entry.kind == MODEL_SERVICE)
			replace(&m->services[i], look_at_service(c, entry.name));
		else if (entry.kind == MODEL_POD)
			replace(&m->pods[i], look_at_pod(c, entry.name));
		else
			fail();
	}
	assert_int_equal(r, 0);
}

static void compare(const struct mirror *m, const struct k8snet_cluster *c)
{
	for (int i = 0; i < N_SERVICES; i++) {
		char *now = look_at_service(c, services[i]);

		assert_string_equal(m->services[i] ? m->services[i] : "", now);
		free(now);
	}
	for (int i = 0; i < N_PODS; i++) {
		char *now = look_at_pod(c, pods[i]);

		assert_string_equal(m->pods[i] ? m->pods[i] : "", now);
		free(now);
	}
}

/* All slices are in the group of their service, and groups hold nothing else. */
static void check_groups(const struct k8snet_cluster *c)
{
	const struct k8snet_endpointslice *slice;
	size_t n = 0;

	for (int i = 0; i < N_SERVICES; i++) {
		const struct slice_group *group = slice_group_find(c, "a", services[i]);

		assert_true(!group || group->first);
		for (slice = group ? group->first : NULL; slice; slice = slice->group_next, n++)
			assert_ptr_equal(slice->group, group);
	}
	assert_int_equal(n, k8snet_cluster_count_endpointslices(c));
}

static void the_journal_tells_all(void **state)
{
	static void (*const changes[])(struct k8snet_cluster *) = {
		change_service, change_slice, change_slice, change_pod, load_some};
	struct k8snet_cluster *c = ((struct model_fixture *)*state)->cluster;
	struct mirror m = {0};

	for (seed = 1; seed < 2000; seed++) {
		unsigned int kept = seed;

		for (unsigned int n = random_below(8); n; n--)
			changes[random_below(5)](c);
		follow(&m, c);
		compare(&m, c);
		check_groups(c);
		seed = kept;
	}
	for (int i = 0; i < N_SERVICES; i++)
		free(m.services[i]);
	for (int i = 0; i < N_PODS; i++)
		free(m.pods[i]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {model_test(the_journal_tells_all)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
