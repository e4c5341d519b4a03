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

static int slots_new(struct k8snet_ingress_table *table, struct ingress_slots *slots, size_t n)
{
	size_t size = 2;

	while (size < 2 * n + 1)
		size *= 2;
	slots->items = arena_alloc(&table->arena, size * sizeof(slots->items[0]));
	slots->mask = size - 1;
	return slots->items ? 0 : -ENOMEM;
}

static void slots_add(struct ingress_slots *slots, uint64_t hash, uint32_t index)
{
	uint64_t i = hash & slots->mask;

	while (slots->items[i].index)
		i = (i + 1) & slots->mask;
	slots->items[i] = (struct ingress_slot){.tag = (uint32_t)(hash >> 32), .index = index + 1};
}

static struct ingress_host *add_host(struct k8snet_ingress_table *table, const char *host)
{
	const char *name = host[0] == '*' ? host + 1 : host;
	size_t length = strlen(name);
	struct ingress_host *h = arena_alloc(&table->arena, sizeof(*h) + length);

	if (!h)
		return NULL;
	h->id = table->n_hosts;
	h->start = prefix_hash_start(table->key, h->id);
	h->name_length = (uint32_t)length;
	memcpy(h->name, name, length);
	if (length)
		slots_add(&table->host_slots, ingress_host_hash(table, name, length), h->id);
	else
		table->any = h;
	table->hosts[table->n_hosts++] = h;
	return h;
}

static struct ingress_path *add_path(struct k8snet_ingress_table *table, struct ingress_host *host,
				     const struct candidate *candidate)
{
	size_t length = candidate->length;
	struct ingress_path *path = arena_alloc(&table->arena, sizeof(*path) + length);
	struct prefix_hash hash = host->start;

	if (!path)
		return NULL;
	path->host_id = host->id;
	path->length = (uint32_t)length;
	memcpy(path->text, candidate->rule->path, length);
	if (host->max_length < length)
		host->max_length = (uint32_t)length;
	slots_add(&table->path_slots, prefix_hash_at(&hash, path->text, length), table->n_paths);
	table->paths[table->n_paths++] = path;
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
		     const struct k8snet_ingress_route *route)
{
	uint32_t depth = depth_of(path->text, path->length);
	uint64_t bit = 1ULL << ingress_depth_bit(depth);

	if (host->max_depth < depth)
		host->max_depth = depth;
	if (is_exact) {
		path->exact = route;
		host->exact_depths |= bit;
	} else {
		path->prefix = route;
		host->prefix_depths |= bit;
	}
}

/* Candidates are sorted: those of one host, and of one path, are neighbours. */
static int add_hosts_and_paths(struct compile *c)
{
	struct k8snet_ingress_table *table = c->table;
	const struct candidate *item, *last = NULL;
	struct ingress_host *host = NULL;
	struct ingress_path *path = NULL;

	vec_foreach (&c->candidates, item) {
		bool is_same = last && !strcmp(last->rule->host, item->rule->host);
		const struct k8snet_ingress_route *route;

		route = &table->routes[item - c->candidates.items];
		if (!is_same)
			host = add_host(table, item->rule->host);
		if (!host)
			return -ENOMEM;
		is_same = is_same && last->length == item->length &&
			  !memcmp(last->rule->path, item->rule->path, item->length);
		last = item;
		if (!item->length) {
			host->root = route;
			continue;
		}
		if (!is_same)
			path = add_path(table, host, item);
		if (!path)
			return -ENOMEM;
		set_path(host, path, item->is_exact, route);
	}
	return 0;
}

static int make_room(struct compile *c)
{
	struct k8snet_ingress_table *table = c->table;
	size_t n = c->candidates.count;
	struct hash random;

	if (n >= UINT32_MAX / 4)
		return -ENOMEM;
	hash_init(&random);
	memcpy(table->key, random.key, sizeof(table->key));
	table->hosts = arena_alloc(&table->arena, n * sizeof(table->hosts[0]));
	table->paths = arena_alloc(&table->arena, n * sizeof(table->paths[0]));
	if (!table->hosts || !table->paths || slots_new(table, &table->host_slots, n) < 0)
		return -ENOMEM;
	return slots_new(table, &table->path_slots, n);
}

int ingress_compile(struct k8snet_ingress_table *table, const struct k8snet_cluster *cluster,
		    const char *class_name)
{
	_cleanup_(compile_done) struct compile c = {.table = table};

	if (collect_ingresses(&c, cluster, class_name) < 0 || collect_rules(&c) < 0)
		return -ENOMEM;
	sort_rules(&c);
	if (make_room(&c) < 0 || add_routes(&c) < 0)
		return -ENOMEM;
	return add_hosts_and_paths(&c);
}
