/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "names.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <k8snet/k8snet.h>

#include "log.h"
#include "util.h"

#define NAME_SIZE 320

struct name {
	struct k8snet_address address; /* family 0: a node port */
	uint16_t port, protocol;
	char text[NAME_SIZE];
};

static int compare(const void *a, const void *b)
{
	const struct name *x = a, *y = b;
	int order = x->address.family - y->address.family;

	if (!order)
		order = memcmp(x->address.bytes, y->address.bytes, sizeof(x->address.bytes));
	if (!order)
		order = x->port - y->port;
	return order ? order : x->protocol - y->protocol;
}

static int add(struct names *names, const struct k8snet_service *service, size_t port,
	       const struct k8snet_address *address)
{
	static const struct k8snet_address none;
	size_t capacity = names->capacity ? 2 * names->capacity : 64;
	struct name *n;

	if (names->count == names->capacity) {
		n = reallocarray(names->items, capacity, sizeof(*n));
		if (!n)
			return -ENOMEM;
		names->items = n;
		names->capacity = capacity;
	}
	n = &names->items[names->count++];
	n->address = address ? *address : none;
	n->protocol = (uint16_t)k8snet_service_get_port_protocol(service, port);
	n->port = address ? k8snet_service_get_port_number(service, port)
			  : k8snet_service_get_port_node_port(service, port);
	snprintf(n->text, sizeof(n->text), "%s/%s", k8snet_service_get_namespace(service),
		 k8snet_service_get_name(service));
	return 0;
}

static int add_port(struct names *names, const struct k8snet_service *s, size_t port)
{
	const struct k8snet_address *a;
	size_t i;
	int r = 0;

	for (i = 0; r == 0 && (a = k8snet_service_get_cluster_ip(s, i)); i++)
		r = add(names, s, port, a);
	for (i = 0; r == 0 && (a = k8snet_service_get_external_ip(s, i)); i++)
		r = add(names, s, port, a);
	for (i = 0; r == 0 && (a = k8snet_service_get_load_balancer_ip(s, i)); i++)
		r = add(names, s, port, a);
	if (r == 0 && k8snet_service_get_port_node_port(s, port))
		r = add(names, s, port, NULL);
	return r;
}

static int add_all(struct names *names)
{
	struct k8snet_service *s = NULL;
	int r = 0;

	while (r == 0 && (s = k8snet_cluster_next_service(names->cluster, s)))
		for (size_t i = 0; r == 0 && i < k8snet_service_count_ports(s); i++)
			r = add_port(names, s, i);
	if (names->count)
		qsort(names->items, names->count, sizeof(*names->items), compare);
	return r;
}

/* As the proxy itself reads them: no hidden files. */
static int is_wanted(const struct dirent *entry)
{
	size_t length = strlen(entry->d_name);

	return entry->d_name[0] != '.' && length > 5 &&
	       strcmp(entry->d_name + length - 5, ".json") == 0;
}

static int load_files(struct names *names, const char *dir)
{
	struct dirent **entries;
	int count = scandir(dir, &entries, is_wanted, alphasort), r = 0;
	char path[PATH_MAX];

	if (count < 0) {
		r = -errno;
		log_error("%s: %s", dir, strerror(errno));
		return r;
	}
	for (int i = 0; i < count; i++) {
		if (r != -ENOMEM && snprintf(path, sizeof(path), "%s/%s", dir, entries[i]->d_name) <
					    (int)sizeof(path))
			r = k8snet_cluster_load_file(names->cluster, path);
		free(entries[i]);
	}
	free(entries);
	return r == -ENOMEM ? r : 0;
}

int names_load(struct names *names, struct k8snet_ctx *ctx, const char *dir)
{
	int r;

	*names = (struct names){0};
	if (!dir)
		return 0;
	r = k8snet_cluster_new(&names->cluster, ctx);
	if (r == 0)
		r = load_files(names, dir);
	if (r == 0)
		r = add_all(names);
	return r;
}

void names_done(struct names *names)
{
	free(names->items);
	k8snet_cluster_unref(names->cluster);
	*names = (struct names){0};
}

const char *names_find(const struct names *names, const struct k8snet_frontend *frontend)
{
	const struct k8snet_address *address = k8snet_frontend_get_address(frontend);
	struct name key = {.port = k8snet_frontend_get_port(frontend),
			   .protocol = (uint16_t)k8snet_frontend_get_protocol(frontend)};
	const struct name *found = NULL;

	if (address)
		key.address = *address;
	if (names->count)
		found = bsearch(&key, names->items, names->count, sizeof(key), compare);
	return found ? found->text : NULL;
}
