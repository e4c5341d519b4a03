/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "fixture.h"

/* --- the world ------------------------------------------------------------ */

bool has4(const struct world *w)
{
	return w->families != 6;
}

bool has6(const struct world *w)
{
	return w->families != 4;
}

struct machine *world_machine(int families)
{
	struct machine *m = machine_new();

	machine_add_uplink(m, "eth0", 1500, families != 6 ? "10.100.0.1/24" : NULL,
			   families != 4 ? "fd00:100::1/64" : NULL);
	return m;
}

void world_init(struct world *w, int families)
{
	memset(w, 0, sizeof(*w));
	w->families = families;
	assert_int_equal(k8snet_ctx_new(&w->ctx, NULL), 0);
	assert_int_equal(k8snet_cluster_new(&w->cluster, w->ctx), 0);
	w->machine = world_machine(families);
	assert_int_equal(machine_open(&w->kernel, w->ctx, w->machine), 0);
}

void world_init_nodes(struct world *w, int families, enum k8snet_mode mode, enum k8snet_link link)
{
	unsigned int n;

	world_init(w, families);
	assert_int_equal(k8snet_cluster_set_mode(w->cluster, mode), 0);
	assert_int_equal(k8snet_cluster_set_link(w->cluster, link), 0);
	for (n = 1; n <= 3; n++)
		add_node(w, n);
}

void world_done(struct world *w)
{
	k8snet_kernel_unref(w->kernel);
	machine_free(w->machine);
	k8snet_cluster_unref(w->cluster);
	k8snet_ctx_unref(w->ctx);
}

void world_finish(struct world *w)
{
	sync_world(w);
	expect_as_fresh(w, true);
	world_restart(w);
	expect_empty(w, K8SNET_PLAN_FULL);
	sync_with(w, K8SNET_PLAN_PRUNE);
	expect_empty(w, K8SNET_PLAN_PRUNE);
	expect_as_fresh(w, false);
	world_done(w);
}

void world_restart(struct world *w)
{
	k8snet_kernel_unref(w->kernel);
	assert_int_equal(machine_open(&w->kernel, w->ctx, w->machine), 0);
}

static const char *text(char *buffer, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(buffer, 128, format, args);
	va_end(args);
	return buffer;
}

void add_node(struct world *w, unsigned int n)
{
	struct k8snet_node *node;
	char b[128];

	assert_int_equal(k8snet_node_new(&node, w->cluster, text(b, "node-%u", n)), 0);
	if (has4(w)) {
		assert_int_equal(k8snet_node_add_address(node, text(b, "10.100.0.%u", n)), 0);
		assert_int_equal(k8snet_node_add_pod_cidr(node, text(b, "10.1.%u.0/24", n)), 0);
	}
	if (has6(w)) {
		assert_int_equal(k8snet_node_add_address(node, text(b, "fd00:100::%x", n)), 0);
		assert_int_equal(k8snet_node_add_pod_cidr(node, text(b, "fd00:1:%x::/64", n)), 0);
	}
	k8snet_node_unref(node);
}

struct k8snet_pod *add_pod(struct world *w, const char *name, unsigned int node, unsigned int host)
{
	struct k8snet_pod *p;
	char b[128];

	assert_int_equal(k8snet_pod_new(&p, w->cluster, "shop", name), 0);
	assert_int_equal(k8snet_pod_set_node_name(p, text(b, "node-%u", node)), 0);
	if (has4(w))
		assert_int_equal(k8snet_pod_add_address(p, text(b, "10.1.%u.%u", node, host)), 0);
	if (has6(w))
		assert_int_equal(k8snet_pod_add_address(p, text(b, "fd00:1:%x::%x", node, host)),
				 0);
	text(b, "/run/netns/%s", name);
	assert_int_equal(k8snet_pod_set_netns(p, b), 0);
	if (node == 1)
		machine_add_netns(w->machine, b);
	k8snet_pod_unref(p); /* the cluster's */
	return p;
}

struct k8snet_service *add_service(struct world *w, const char *name, unsigned int n)
{
	struct k8snet_service *s;
	char b[128];

	assert_int_equal(k8snet_service_new(&s, w->cluster, "shop", name), 0);
	if (has4(w))
		assert_int_equal(
			k8snet_service_add_cluster_ip(s, text(b, "10.96.%u.%u", n >> 8, n & 255)),
			0);
	if (has6(w))
		assert_int_equal(k8snet_service_add_cluster_ip(s, text(b, "fd00:96::%x", n)), 0);
	assert_int_equal(k8snet_service_add_port(s, "http", K8SNET_PROTOCOL_TCP, 80, 0), 0);
	k8snet_service_unref(s);
	return s;
}

struct k8snet_endpointslice *add_slice(struct world *w, const char *name, const char *service_name,
				       int family)
{
	struct k8snet_endpointslice *s;

	assert_int_equal(
		k8snet_endpointslice_new(&s, w->cluster, "shop", name, service_name, family), 0);
	assert_int_equal(k8snet_endpointslice_add_port(s, "http", K8SNET_PROTOCOL_TCP, 8080), 0);
	k8snet_endpointslice_unref(s);
	return s;
}

static const char *pod_address(char *b, const struct k8snet_endpointslice *s, unsigned int node,
			       unsigned int host)
{
	if (k8snet_endpointslice_get_family(s) == 6)
		return text(b, "fd00:1:%x::%x", node, host);
	return text(b, "10.1.%u.%u", node, host);
}

void add_endpoint_with(struct k8snet_endpointslice *s, unsigned int node, unsigned int host,
		       unsigned int conditions)
{
	char b[128], name[128];

	assert_int_equal(k8snet_endpointslice_add_endpoint(s, pod_address(b, s, node, host),
							   text(name, "node-%u", node), conditions),
			 0);
}

void add_endpoint(struct k8snet_endpointslice *s, unsigned int node, unsigned int host)
{
	add_endpoint_with(s, node, host, K8SNET_ENDPOINT_READY | K8SNET_ENDPOINT_SERVING);
}

void remove_endpoint(struct k8snet_endpointslice *s, unsigned int node, unsigned int host)
{
	char b[128];

	assert_int_equal(k8snet_endpointslice_remove_endpoint(s, pod_address(b, s, node, host)), 0);
}

struct k8snet_pod *pod(struct world *w, const char *name)
{
	return k8snet_cluster_find_pod(w->cluster, "shop", name);
}

struct k8snet_service *service(struct world *w, const char *name)
{
	return k8snet_cluster_find_service(w->cluster, "shop", name);
}

struct k8snet_endpointslice *slice(struct world *w, const char *name)
{
	return k8snet_cluster_find_endpointslice(w->cluster, "shop", name);
}

static void add_shop_slice(struct world *w, const char *name, int family)
{
	struct k8snet_endpointslice *s = add_slice(w, name, "web", family);

	add_endpoint(s, 1, 2);
	add_endpoint(s, 1, 3);
	add_endpoint(s, 2, 2);
}

void add_shop(struct world *w)
{
	add_pod(w, "a", 1, 2);
	add_pod(w, "b", 1, 3);
	add_pod(w, "c", 2, 2);
	add_service(w, "web", 1);
	if (has4(w))
		add_shop_slice(w, "web-4", 4);
	if (has6(w))
		add_shop_slice(w, "web-6", 6);
}

/* --- plans ---------------------------------------------------------------- */

const char *last_error(const struct world *w)
{
	const struct k8snet_error *error = k8snet_ctx_get_error(w->ctx);

	return error ? k8snet_error_get_message(error) : "";
}

/* Of a node that has left the cluster all is removed. */
unsigned int plan_flags(const struct world *w, unsigned int flags)
{
	if (!k8snet_cluster_find_node(w->cluster, "node-1"))
		flags |= K8SNET_PLAN_REMOVE_ALL;
	return flags;
}

struct k8snet_plan *plan_for(struct world *w, unsigned int flags)
{
	struct k8snet_plan *plan;
	int r = k8snet_plan_new(&plan, w->cluster, "node-1", w->kernel, plan_flags(w, flags));

	if (r < 0)
		fail_msg("plan: %s", last_error(w));
	return plan;
}

size_t sync_with(struct world *w, unsigned int flags)
{
	struct k8snet_plan *plan = plan_for(w, flags);
	size_t n = k8snet_plan_count_ops(plan);

	if (k8snet_plan_apply(plan, w->kernel, NULL) < 0)
		fail_msg("apply: %s", last_error(w));
	k8snet_plan_unref(plan);
	return n;
}

static int append(void *data, const char *piece, size_t length)
{
	strbuf_add_n(data, piece, length);
	return 0;
}

char *plan_text(struct k8snet_plan *plan)
{
	struct strbuf b = {0};
	char *out, *line, *to, *p;

	assert_int_equal(k8snet_plan_print(plan, K8SNET_PLAN_TEXT, append, &b), 0);
	assert_int_equal(strbuf_finish(&b, &out), 0);
	/* Without layer and owner, up to the first ": ". */
	for (line = to = out; *line; line = p) {
		char *colon = strstr(line, ": ");
		size_t n;

		p = strchr(line, '\n') + 1;
		n = (size_t)(p - (colon + 2));
		memmove(to, colon + 2, n);
		to += n;
	}
	*to = '\0';
	return out;
}

static bool has_line(const char *haystack, const char *line)
{
	size_t n = strlen(line);
	const char *p;

	for (p = haystack; *p; p = strchr(p, '\n') + 1)
		if (!strncmp(p, line, n) && p[n] == '\n')
			return true;
	return false;
}

void expect_plan_of(struct k8snet_plan *plan, const char *const *lines, size_t n)
{
	char *got = plan_text(plan);
	bool ok = k8snet_plan_count_ops(plan) == n;
	size_t i;

	for (i = 0; i < n; i++) {
		if (!has_line(got, lines[i])) {
			print_error("missing: %s\n", lines[i]);
			ok = false;
		}
	}
	if (!ok)
		fail_msg("%zu operations wanted, the plan is:\n%s", n, got);
	free(got);
}

void expect_empty(struct world *w, unsigned int flags)
{
	struct k8snet_plan *plan = plan_for(w, flags);

	expect_plan_of(plan, NULL, 0);
	k8snet_plan_unref(plan);
}

void sync_world(struct world *w)
{
	const char *problem;

	sync_with(w, 0);
	expect_empty(w, 0);
	expect_empty(w, K8SNET_PLAN_FULL);
	problem = machine_check(w->machine);
	if (problem)
		fail_msg("%s", problem);
}

void expect_as_fresh(struct world *w, bool used_only)
{
	_cleanup_strbuf_ struct strbuf is = {0}, want = {0};
	struct machine *m = world_machine(w->families), *own = w->machine;
	struct k8snet_kernel *kernel = w->kernel;
	const char **netns;

	vec_foreach (&own->netns, netns)
		machine_add_netns(m, *netns);
	w->machine = m;
	assert_int_equal(machine_open(&w->kernel, w->ctx, m), 0);
	sync_with(w, 0);
	assert_int_equal(machine_dump(own, used_only, &is), 0);
	assert_int_equal(machine_dump(m, used_only, &want), 0);
	if (strcmp(is.text, want.text)) {
		FILE *f = fopen("is.txt", "w"), *g = fopen("want.txt", "w");

		fputs(is.text, f);
		fputs(want.text, g);
		fclose(f);
		fclose(g);
		fail_msg("not as a machine that is planned from nothing (is.txt, want.txt)");
	}
	k8snet_kernel_unref(w->kernel);
	machine_free(m);
	w->machine = own;
	w->kernel = kernel;
}

/* --- keys ----------------------------------------------------------------- */

struct kobj key_link(const char *netns, const char *name)
{
	struct kobj kobj = {.type = KOBJ_LINK, .netns = netns};

	memcpy(kobj.name, name, strnlen(name, IFNAMSIZ - 1));
	return kobj;
}

struct kobj key_address(const char *netns, const char *link, const char *prefix)
{
	struct kobj kobj = key_link(netns, link);

	memset(&kobj.link, 0, sizeof(kobj.link));
	kobj.type = KOBJ_ADDRESS;
	assert_int_equal(k8snet_prefix_parse(&kobj.address, prefix), 0);
	return kobj;
}

struct kobj key_neighbour(const char *netns, const char *link, const char *address)
{
	struct kobj kobj = key_link(netns, link);

	kobj.type = KOBJ_NEIGHBOUR;
	assert_int_equal(k8snet_address_parse(&kobj.neighbour.address, address), 0);
	return kobj;
}

struct kobj key_route(const char *netns, const char *prefix)
{
	struct kobj kobj = {.type = KOBJ_ROUTE, .netns = netns};

	assert_int_equal(k8snet_prefix_parse(&kobj.route.destination, prefix), 0);
	return kobj;
}

struct kobj key_fdb(const char *link, const uint8_t *mac)
{
	struct kobj kobj = key_link(NULL, link);

	kobj.type = KOBJ_FDB;
	memcpy(kobj.fdb.mac, mac, 6);
	return kobj;
}

struct nft_element key_service(const char *vip, uint16_t port)
{
	struct nft_element e = {.map = NFT_SERVICES, .protocol = K8SNET_PROTOCOL_TCP, .port = port};
	struct k8snet_address address;

	assert_int_equal(k8snet_address_parse(&address, vip), 0);
	e.family = address.family;
	memcpy(e.address, address.bytes, 16);
	return e;
}

struct nft_element key_slot(const char *vip, uint16_t port, uint16_t n)
{
	struct nft_element e = key_service(vip, port);

	e.map = NFT_ENDPOINTS;
	e.slot = n;
	return e;
}
