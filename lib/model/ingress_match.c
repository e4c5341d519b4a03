/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "model/ingress_table.h"

/* The longest DNS name. */
#define NAME_MAX_LENGTH 253

/* --- hosts --- */

/* Without the port and one trailing dot. */
static size_t trim_host(const char *host, size_t length)
{
	const char *colon = memchr(host, ':', length);

	if (colon)
		length = (size_t)(colon - host);
	if (length && host[length - 1] == '.')
		length--;
	return length;
}

static char to_lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c | 0x20) : c;
}

static const struct ingress_host *find_name(const struct k8snet_ingress_table *table,
					    const char *name, size_t length)
{
	const struct ingress_slots *slots = &table->host_slots;
	uint64_t hash = ingress_host_hash(table, name, length), i = hash & slots->mask;
	const struct ingress_host *host;

	for (; slots->items[i].index; i = (i + 1) & slots->mask) {
		if (slots->items[i].tag != hash >> 32)
			continue;
		host = table->hosts[slots->items[i].index - 1];
		if (host->name_length == length && !memcmp(host->name, name, length))
			return host;
	}
	return NULL;
}

const struct ingress_host *ingress_find_host(const struct k8snet_ingress_table *table,
					     const char *host, size_t length)
{
	const struct ingress_host *found;
	char name[NAME_MAX_LENGTH];
	const char *dot;
	size_t i;

	/* No name is longer than that with its dot and its port. */
	if (length > NAME_MAX_LENGTH + sizeof(".:65535") - 1)
		return table->any;
	length = trim_host(host, length);
	if (!length || length > sizeof(name) || host[0] == '.')
		return table->any;
	for (i = 0; i < length; i++)
		name[i] = to_lower(host[i]);
	found = find_name(table, name, length);
	if (found)
		return found;
	dot = memchr(name, '.', length);
	if (dot)
		found = find_name(table, dot, length - (size_t)(dot - name));
	return found ? found : table->any;
}

/* --- paths --- */

static const struct ingress_path *find_text(const struct k8snet_ingress_table *table,
					    const struct ingress_host *host, uint64_t hash,
					    const char *text, size_t length)
{
	const struct ingress_slots *slots = &table->path_slots;
	const struct ingress_path *path;
	uint64_t i = hash & slots->mask;

	for (; slots->items[i].index; i = (i + 1) & slots->mask) {
		if (slots->items[i].tag != hash >> 32)
			continue;
		path = table->paths[slots->items[i].index - 1];
		if (path->host_id == host->id && path->length == length &&
		    !memcmp(path->text, text, length))
			return path;
	}
	return NULL;
}

/* One request's path on its way through a host's depths. */
struct walk {
	const struct k8snet_ingress_table *table;
	const struct ingress_host *host;
	const char *path;
	struct prefix_hash hash;
	uint64_t depths;     /* that are to be probed */
	uint32_t last_depth; /* that of the whole path, 0 if it is too long for any */
	const struct k8snet_ingress_route *deep; /* found beyond the masks */
	uint64_t hashes[INGRESS_DEEP];
	uint32_t lengths[INGRESS_DEEP];
};

static const struct k8snet_ingress_route *probe(const struct walk *w, uint32_t depth, uint64_t hash,
						size_t length)
{
	const struct ingress_path *path = find_text(w->table, w->host, hash, w->path, length);

	if (!path)
		return NULL;
	return depth == w->last_depth && path->exact ? path->exact : path->prefix;
}

/* Note the prefix of this depth if the host has paths so deep. Deeper than the
 * masks reach it is probed at once: the last one found is the longest. */
static void note(struct walk *w, uint64_t depths, uint32_t depth, size_t length)
{
	const struct k8snet_ingress_route *route;
	uint32_t bit = ingress_depth_bit(depth);
	uint64_t hash;

	if (!(depths >> bit & 1))
		return;
	hash = prefix_hash_at(&w->hash, w->path, length);
	if (bit == INGRESS_DEEP) {
		route = probe(w, depth, hash, length);
		w->deep = route ? route : w->deep;
		return;
	}
	w->depths |= 1ULL << bit;
	w->hashes[bit] = hash;
	w->lengths[bit] = (uint32_t)length;
}

/* All prefixes that end before a slash, and the path itself if it is whole. */
static void note_prefixes(struct walk *w, size_t length, int is_whole)
{
	const struct ingress_host *host = w->host;
	const char *slash;
	size_t from = 1;
	uint32_t depth;

	for (depth = 1; depth <= host->max_depth; depth++) {
		slash = memchr(w->path + from, '/', length - from);
		if (!slash)
			break;
		note(w, host->prefix_depths, depth, (size_t)(slash - w->path));
		from = (size_t)(slash - w->path) + 1;
	}
	if (depth > host->max_depth || !is_whole)
		return;
	w->last_depth = depth;
	note(w, host->prefix_depths | host->exact_depths, depth, length);
}

const struct k8snet_ingress_route *ingress_find_path(const struct k8snet_ingress_table *table,
						     const struct ingress_host *host,
						     const char *path, size_t length)
{
	const struct k8snet_ingress_route *route;
	size_t reach = host->max_length + (size_t)1;
	int is_whole = length <= reach;
	const char *query;
	struct walk w;
	uint32_t depth;

	/* What follows the longest path of the host makes no difference. */
	length = is_whole ? length : reach;
	query = memchr(path, '?', length);
	if (query) {
		length = (size_t)(query - path);
		is_whole = 1;
	}
	if (!length) {
		path = "/";
		length = 1;
	}
	if (path[0] != '/')
		return host->root;
	w.table = table;
	w.host = host;
	w.path = path;
	w.hash = host->start;
	w.depths = 0;
	w.last_depth = 0;
	w.deep = NULL;
	note_prefixes(&w, length, is_whole);
	if (w.deep)
		return w.deep;
	for (; w.depths; w.depths &= ~(1ULL << depth)) {
		depth = 63 - (uint32_t)__builtin_clzll(w.depths);
		route = probe(&w, depth, w.hashes[depth], w.lengths[depth]);
		if (route)
			return route;
	}
	return host->root;
}
