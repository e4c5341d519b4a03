/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "model/ingress_table.h"

/* The longest DNS name, in whole words. */
#define NAME_MAX_LENGTH 253
#define NAME_SIZE	256

/* --- hosts --- */

/* Without the port and one trailing dot. An IPv6 address keeps its brackets. */
static size_t trim_host(const char *host, size_t length)
{
	size_t n = length;

	while (n && host[n - 1] >= '0' && host[n - 1] <= '9')
		n--;
	if (n && host[n - 1] == ':')
		length = n - 1;
	if (length && host[length - 1] == '.')
		length--;
	return length;
}

static const struct ingress_host *find_name(const struct k8snet_ingress_table *table,
					    const char *name, size_t length)
{
	const struct ingress_index *index = &table->hosts;
	uint64_t hash = text_hash(table->host_start, name, length), i = hash & index->mask;
	const struct ingress_host *host;

	for (; index->slots[i].at; i = (i + 1) & index->mask) {
		if (index->slots[i].tag != hash >> 32)
			continue;
		host = ingress_item(index, index->slots[i].at);
		if (host->name_length == length && !memcmp(host->name, name, length))
			return host;
	}
	return NULL;
}

static void copy_lower(char *out, const char *text, size_t length)
{
	uint64_t word;
	size_t at;

	for (at = 0; at < length; at += 8) {
		word = length - at >= 8 ? text_word(text + at) : text_rest(text, at, length);
		word = htole64(text_lower(word));
		memcpy(out + at, &word, sizeof(word));
	}
}

const struct ingress_host *ingress_find_host(const struct k8snet_ingress_table *table,
					     const char *host, size_t length)
{
	const struct ingress_host *found;
	char name[NAME_SIZE];
	const char *dot;

	/* No name is longer than that with its dot and its port. */
	if (length > NAME_MAX_LENGTH + sizeof(".:65535") - 1)
		return table->any;
	length = trim_host(host, length);
	if (!length || length > NAME_MAX_LENGTH || host[0] == '.')
		return table->any;
	copy_lower(name, host, length);
	found = find_name(table, name, length);
	if (found)
		return found;
	dot = memchr(name, '.', length);
	if (dot)
		found = find_name(table, dot, length - (size_t)(dot - name));
	return found ? found : table->any;
}

/* --- paths --- */

/* A prefix of the request's path that the host may have; hashed when needed. */
struct prefix {
	struct sip before; /* its whole words */
	uint64_t rest;
	size_t length;
};

/* One request's path on its way through a host's depths. */
struct walk {
	const struct k8snet_ingress_table *table;
	const struct ingress_host *host;
	const char *path;
	size_t length;
	uint64_t depths;     /* that are to be probed */
	uint32_t depth;	     /* slashes seen */
	uint32_t last_depth; /* that of the whole path, 0 if it is too long for any */
	uint32_t deep;	     /* found beyond the masks: index + 1 of the route */
	struct prefix prefixes[INGRESS_DEEP];
};

/* Index + 1 of the route, or 0. */
static uint32_t probe(const struct walk *w, uint32_t depth, const struct prefix *prefix)
{
	const struct ingress_index *index = &w->table->paths;
	uint64_t hash = sip_finish(prefix->before, prefix->rest, prefix->length);
	uint64_t i = hash & index->mask;
	const struct ingress_path *path;

	for (; index->slots[i].at; i = (i + 1) & index->mask) {
		if (index->slots[i].tag != hash >> 32)
			continue;
		path = ingress_item(index, index->slots[i].at);
		if (path->host_id != w->host->id || path->length != prefix->length ||
		    memcmp(path->text, w->path, prefix->length))
			continue;
		return depth == w->last_depth && path->exact ? path->exact : path->prefix;
	}
	return 0;
}

/* Note the prefix of `length` bytes if the host has paths of its depth. Deeper
 * than the masks reach it is probed at once: the last one found is the longest. */
static inline void note(struct walk *w, uint64_t depths, const struct sip *before, uint64_t word,
			size_t length)
{
	uint32_t bit = ingress_depth_bit(w->depth), route;
	struct prefix *prefix, deep;

	if (!(depths >> bit & 1))
		return;
	prefix = bit == INGRESS_DEEP ? &deep : &w->prefixes[bit];
	prefix->before = *before;
	prefix->rest = word & ~(~0ULL << (8 * (length % 8)));
	prefix->length = length;
	if (bit != INGRESS_DEEP) {
		w->depths |= 1ULL << bit;
		return;
	}
	route = probe(w, w->depth, prefix);
	w->deep = route ? route : w->deep;
}

/* The prefixes that end in this word of `n` bytes. */
static inline void note_word(struct walk *w, const struct sip *before, uint64_t word, size_t at,
			     size_t n)
{
	uint64_t slashes = text_find(word, '/');

	if (n < 8)
		slashes &= ~(~0ULL << (8 * n));
	for (; slashes; slashes &= slashes - 1) {
		if (w->depth)
			note(w, w->host->prefix_depths, before, word,
			     at + (size_t)__builtin_ctzll(slashes) / 8);
		w->depth++;
	}
}

/* One pass over the path, as far as the host's own reach: a word is searched
 * for slashes and the query, and goes into the hash. */
static void note_prefixes(struct walk *w)
{
	const struct ingress_host *host = w->host;
	struct sip hash = ingress_path_start(w->table, host);
	uint64_t word, query;
	size_t at, n;

	for (at = 0; at <= host->max_length && w->depth <= host->max_depth; at += 8) {
		n = w->length - at;
		word = n >= 8 ? text_word(w->path + at) : text_rest(w->path, at, w->length);
		query = text_find(word, '?');
		if (query && n > (size_t)__builtin_ctzll(query) / 8)
			n = (size_t)__builtin_ctzll(query) / 8;
		note_word(w, &hash, word, at, n < 8 ? n : 8);
		if (n < 8) {
			w->last_depth = w->depth;
			note(w, host->prefix_depths | host->exact_depths, &hash, word, at + n);
			return;
		}
		sip_feed(&hash, word);
	}
}

/* Index + 1 of the route, or 0. */
static uint32_t find_route(struct walk *w)
{
	uint32_t depth, route;

	note_prefixes(w);
	if (w->deep)
		return w->deep;
	for (; w->depths; w->depths &= ~(1ULL << depth)) {
		depth = 63 - (uint32_t)__builtin_clzll(w->depths);
		route = probe(w, depth, &w->prefixes[depth]);
		if (route)
			return route;
	}
	return w->host->root;
}

const struct k8snet_ingress_route *ingress_find_path(const struct k8snet_ingress_table *table,
						     const struct ingress_host *host,
						     const char *path, size_t length)
{
	uint32_t route = host->root;
	struct walk w;

	if (!length || path[0] == '?') {
		path = "/";
		length = 1;
	}
	if (path[0] == '/') {
		w.table = table;
		w.host = host;
		w.path = path;
		w.length = length;
		w.depths = 0;
		w.depth = w.last_depth = w.deep = 0;
		route = find_route(&w);
	}
	return route ? &table->routes[route - 1] : NULL;
}
