/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "model/ingress_compile.h"

#include <errno.h>
#include <string.h>

/* A rule on its way into the table. */
struct candidate {
	const struct k8snet_ingress *ingress;
	const struct ingress_rule *rule;
	size_t order;  /* by namespace and name of the ingress, then as written */
	size_t length; /* of the path as it is stored */
	bool is_exact;
};

struct compile {
	struct k8snet_ingress_table *table;
	VEC(const struct k8snet_ingress *) ingresses;
	VEC(struct candidate) candidates;
	/* The last texts copied: neighbours often share them. */
	struct copied {
		const char *from, *copy;
	} namespace_, name, host, service, port_name;
};

static void compile_done(struct compile *c)
{
	vec_done(&c->ingresses);
	vec_done(&c->candidates);
}

/* --- collect and sort --- */

static int by_name(const void *a, const void *b)
{
	const struct k8snet_ingress *x = *(const struct k8snet_ingress *const *)a;
	const struct k8snet_ingress *y = *(const struct k8snet_ingress *const *)b;
	int r = strcmp(x->object.namespace_, y->object.namespace_);

	return r ? r : strcmp(x->object.name, y->object.name);
}

static bool is_of_class(const struct k8snet_ingress *ingress, const char *class_name)
{
	if (!class_name)
		return true;
	return ingress->spec.class_name && !strcmp(ingress->spec.class_name, class_name);
}

static int collect_ingresses(struct compile *c, const struct k8snet_cluster *cluster,
			     const char *class_name)
{
	const struct k8snet_ingress *ingress = NULL, **item;

	while ((ingress = k8snet_cluster_next_ingress(cluster, ingress))) {
		if (!is_of_class(ingress, class_name))
			continue;
		item = vec_push(&c->ingresses);
		if (!item)
			return -ENOMEM;
		*item = ingress;
	}
	if (c->ingresses.count)
		qsort(c->ingresses.items, c->ingresses.count, sizeof(c->ingresses.items[0]),
		      by_name);
	return 0;
}

/* A prefix is stored without its trailing slashes. */
static size_t stored_length(const struct ingress_rule *rule)
{
	size_t length = strlen(rule->path);

	if (rule->path_type != K8SNET_PATH_EXACT)
		while (length && rule->path[length - 1] == '/')
			length--;
	return length;
}

static int collect_rules(struct compile *c)
{
	const struct k8snet_ingress **ingress;
	const struct ingress_rule *rule;
	struct candidate *candidate;

	vec_foreach (&c->ingresses, ingress) {
		vec_foreach (&(*ingress)->spec.rules, rule) {
			candidate = vec_push(&c->candidates);
			if (!candidate)
				return -ENOMEM;
			candidate->ingress = *ingress;
			candidate->rule = rule;
			candidate->order = c->candidates.count;
			candidate->length = stored_length(rule);
			candidate->is_exact = rule->path_type == K8SNET_PATH_EXACT;
		}
	}
	return 0;
}

/* 0: exact, 1: wildcard, 2: none */
static int host_rank(const char *host)
{
	return !host[0] ? 2 : host[0] == '*' ? 1 : 0;
}

static int compare_hosts(const char *a, const char *b)
{
	int r = host_rank(a) - host_rank(b);

	return r ? r : strcmp(a, b);
}

/* Whether one rule would hide the other. */
static int compare_keys(const struct candidate *a, const struct candidate *b)
{
	int r = compare_hosts(a->rule->host, b->rule->host);

	if (r)
		return r;
	if (a->length != b->length)
		return a->length > b->length ? -1 : 1;
	r = memcmp(a->rule->path, b->rule->path, a->length);
	return r ? r : b->is_exact - a->is_exact;
}

static int by_precedence(const void *a, const void *b)
{
	const struct candidate *x = a, *y = b;
	int r = compare_keys(x, y);

	if (r)
		return r;
	return x->order < y->order ? -1 : x->order > y->order;
}

/* Sort, and keep the first of equals. */
static void sort_rules(struct compile *c)
{
	struct candidate *items = c->candidates.items;
	size_t i, n = 0;

	if (!c->candidates.count)
		return;
	qsort(items, c->candidates.count, sizeof(items[0]), by_precedence);
	for (i = 0; i < c->candidates.count; i++)
		if (!n || compare_keys(&items[n - 1], &items[i]))
			items[n++] = items[i];
	c->candidates.count = n;
}

/* --- routes --- */

static const char *copy_text(struct compile *c, struct copied *last, const char *text)
{
	if (!last->copy || strcmp(last->from, text)) {
		last->copy = arena_strdup(&c->table->arena, text);
		last->from = text;
	}
	return last->copy;
}

static int fill_route(struct compile *c, struct k8snet_ingress_route *route,
		      const struct k8snet_ingress *ingress, const char *host, const char *path,
		      const struct ingress_backend *backend)
{
	route->namespace_ = copy_text(c, &c->namespace_, ingress->object.namespace_);
	route->ingress = copy_text(c, &c->name, ingress->object.name);
	route->host = copy_text(c, &c->host, host);
	route->path = arena_strdup(&c->table->arena, path);
	route->service = copy_text(c, &c->service, backend->service);
	route->port_name = copy_text(c, &c->port_name, backend->port_name);
	route->port_number = backend->port_number;
	if (!route->namespace_ || !route->ingress || !route->host || !route->path ||
	    !route->service || !route->port_name)
		return -ENOMEM;
	return 0;
}

static int add_default_route(struct compile *c)
{
	struct k8snet_ingress_table *table = c->table;
	struct k8snet_ingress_route *route = &table->routes[table->n_routes];
	const struct k8snet_ingress **ingress;

	vec_foreach (&c->ingresses, ingress) {
		const struct ingress_backend *backend = &(*ingress)->spec.default_backend;

		if (!backend->service)
			continue;
		if (fill_route(c, route, *ingress, "", "", backend) < 0)
			return -ENOMEM;
		table->default_route = route;
		table->n_routes++;
		break;
	}
	return 0;
}

static int add_routes(struct compile *c)
{
	struct k8snet_ingress_table *table = c->table;
	const struct candidate *candidate;

	table->routes =
		arena_alloc(&table->arena, (c->candidates.count + 1) * sizeof(table->routes[0]));
	if (!table->routes)
		return -ENOMEM;
	vec_foreach (&c->candidates, candidate) {
		struct k8snet_ingress_route *route = &table->routes[table->n_routes];
		const struct ingress_rule *rule = candidate->rule;

		if (fill_route(c, route, candidate->ingress, rule->host, rule->path,
			       &rule->backend) < 0)
			return -ENOMEM;
		route->path_type = rule->path_type;
		table->n_routes++;
	}
	return add_default_route(c);
}

/* --- hosts and paths --- */

/* Room for `n` items of `size` bytes in all. */
static int index_new(struct k8snet_ingress_table *table, struct ingress_index *index, size_t n,
		     size_t size)
{
	size_t n_slots = 2;

	while (n_slots < 2 * n + 1)
		n_slots *= 2;
	size += (n + 1) * INGRESS_UNIT; /* each is rounded up, the first unit is not used */
	if (size / INGRESS_UNIT > UINT32_MAX)
		return -ENOMEM;
	index->slots = arena_alloc(&table->arena, n_slots * sizeof(index->slots[0]));
	index->items = arena_alloc(&table->arena, size);
	index->mask = n_slots - 1;
	index->next = 1;
	return index->slots && index->items ? 0 : -ENOMEM;
}

/* Room for an item; it gets its slot once it has its key. */
static void *index_add(struct ingress_index *index, size_t size, uint32_t *at)
{
	*at = index->next;
	index->next += (uint32_t)((size + INGRESS_UNIT - 1) / INGRESS_UNIT);
	return ingress_item(index, *at);
}

static void index_set(struct ingress_index *index, uint64_t hash, uint32_t at)
{
	uint64_t i = hash & index->mask;

	while (index->slots[i].at)
		i = (i + 1) & index->mask;
	index->slots[i] = (struct ingress_slot){.tag = (uint32_t)(hash >> 32), .at = at};
}

static struct ingress_host *add_host(struct k8snet_ingress_table *table, const char *host)
{
	const char *name = host[0] == '*' ? host + 1 : host;
	size_t length = strlen(name);
	struct ingress_host *h;
	uint32_t at;

	h = index_add(&table->hosts, sizeof(*h) + length, &at);
	h->id = at;
	h->name_length = (uint32_t)length;
	memcpy(h->name, name, length);
	if (length)
		index_set(&table->hosts, text_hash(table->host_start, name, length), at);
	else
		table->any = h;
	return h;
}

static struct ingress_path *add_path(struct k8snet_ingress_table *table, struct ingress_host *host,
				     const struct candidate *candidate)
{
	struct ingress_path *path;
	uint64_t hash;
	uint32_t at;

	path = index_add(&table->paths, sizeof(*path) + candidate->length, &at);
	path->host_id = host->id;
	path->length = (uint32_t)candidate->length;
	memcpy(path->text, candidate->rule->path, candidate->length);
	hash = text_hash(ingress_path_start(table, host), path->text, path->length);
	index_set(&table->paths, hash, at);
	return path;
}

static uint32_t depth_of(const char *text, size_t length)
{
	uint32_t depth = 0;

	while (length--)
		depth += text[length] == '/';
	return depth;
}

/* Let the path lead to the route. */
static void set_path(struct ingress_host *host, struct ingress_path *path, bool is_exact,
		     uint32_t route)
{
	uint32_t depth = depth_of(path->text, path->length);
	uint64_t bit = 1ULL << ingress_depth_bit(depth);

	if (host->max_depth < depth)
		host->max_depth = depth;
	if (host->max_length < path->length)
		host->max_length = path->length;
	if (is_exact) {
		path->exact = route;
		host->exact_depths |= bit;
	} else {
		path->prefix = route;
		host->prefix_depths |= bit;
	}
}

static bool is_same_host(const struct candidate *a, const struct candidate *b)
{
	return a && !strcmp(a->rule->host, b->rule->host);
}

static bool is_same_path(const struct candidate *a, const struct candidate *b)
{
	return is_same_host(a, b) && a->length == b->length &&
	       !memcmp(a->rule->path, b->rule->path, b->length);
}

static int make_indices(struct compile *c)
{
	size_t n_hosts = 0, n_paths = 0, host_size = 0, path_size = 0;
	const struct candidate *item, *last = NULL;

	vec_foreach (&c->candidates, item) {
		if (!is_same_host(last, item)) {
			n_hosts++;
			host_size += sizeof(struct ingress_host) + strlen(item->rule->host);
		}
		if (item->length && !is_same_path(last, item)) {
			n_paths++;
			path_size += sizeof(struct ingress_path) + item->length;
		}
		last = item;
	}
	if (index_new(c->table, &c->table->hosts, n_hosts, host_size) < 0)
		return -ENOMEM;
	return index_new(c->table, &c->table->paths, n_paths, path_size);
}

/* Candidates are sorted: those of one host, and of one path, are neighbours. */
static void add_hosts_and_paths(struct compile *c)
{
	const struct candidate *item, *last = NULL;
	struct ingress_host *host = NULL;
	struct ingress_path *path = NULL;

	vec_foreach (&c->candidates, item) {
		uint32_t route = (uint32_t)(item - c->candidates.items) + 1;

		if (!is_same_host(last, item))
			host = add_host(c->table, item->rule->host);
		if (item->length && !is_same_path(last, item))
			path = add_path(c->table, host, item);
		if (item->length)
			set_path(host, path, item->is_exact, route);
		else
			host->root = route;
		last = item;
	}
}

static void set_keys(struct k8snet_ingress_table *table)
{
	struct hash random;

	hash_init(&random);
	table->host_start = table->path_start = sip_start(random.key);
	/* Hosts have no id: never fed to a path's hash, it sets theirs apart. */
	sip_feed(&table->host_start, UINT64_MAX);
}

int ingress_compile(struct k8snet_ingress_table *table, const struct k8snet_cluster *cluster,
		    const char *class_name)
{
	_cleanup_(compile_done) struct compile c = {.table = table};

	set_keys(table);
	if (collect_ingresses(&c, cluster, class_name) < 0 || collect_rules(&c) < 0)
		return -ENOMEM;
	if (c.candidates.count >= UINT32_MAX / 2)
		return -ENOMEM;
	sort_rules(&c);
	if (make_indices(&c) < 0 || add_routes(&c) < 0)
		return -ENOMEM;
	add_hosts_and_paths(&c);
	return 0;
}
