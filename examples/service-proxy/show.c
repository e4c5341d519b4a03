/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* show: the services as the kernel has them. */
#include "show.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <k8snet/k8snet.h>

#include "options.h"
#include "query.h"

static const struct option long_options[] = {
	{"netns", required_argument, NULL, 'N'},
	{"dir", required_argument, NULL, 'd'},
	{"output", required_argument, NULL, 'o'},
	{NULL, 0, NULL, 0},
};

/* -1: go on; else exit with that. */
static int parse(struct query *query, const char **wanted, int argc, char **argv)
{
	int id;

	opterr = 0;
	while ((id = getopt_long(argc, argv, "o:", long_options, NULL)) != -1) {
		if (id == 'N')
			query->netns = optarg;
		else if (id == 'd')
			query->dir = optarg;
		else if (id == 'o' && strcmp(optarg, "json") == 0)
			query->is_json = true;
		else if (id == 'o' && strcmp(optarg, "text") == 0)
			query->is_json = false;
		else if (id == 'o')
			return query_usage("show: -o: \"%s\" is neither text nor json", optarg);
		else
			return query_usage("show: %s: no such option, or it lacks a value",
					   argv[optind - 1]);
	}
	if (argc - optind > 1)
		return query_usage("show: %s: one service or address is enough", argv[optind + 1]);
	*wanted = argv[optind];
	return -1;
}

static bool is_wanted(const struct listing *listing, const struct k8snet_frontend *frontend)
{
	const struct k8snet_address *address = k8snet_frontend_get_address(frontend);
	const char *name;

	if (!listing->service && !listing->address)
		return true;
	if (listing->address)
		return address && k8snet_address_is_equal(address, listing->address);
	name = names_find(&listing->names, frontend);
	return name && strcmp(name, listing->service) == 0;
}

const struct k8snet_frontend *listing_next(const struct listing *listing,
					   const struct k8snet_frontend *frontend)
{
	do
		frontend = k8snet_table_next_frontend(listing->table, frontend);
	while (frontend && !is_wanted(listing, frontend));
	return frontend;
}

uint64_t listing_count_slots(const struct k8snet_frontend *frontend, bool is_local)
{
	size_t count = k8snet_frontend_count_backends(frontend);
	uint64_t slots = 0;

	for (size_t i = 0; i < count; i++)
		if (k8snet_frontend_is_backend_local(frontend, i) == is_local)
			slots += k8snet_frontend_get_backend_slots(frontend, i);
	return slots;
}

static int list(const struct query *query, struct listing *listing)
{
	if (names_load(&listing->names, query->ctx, query->dir) < 0)
		return PROXY_FAILED;
	if ((listing->service || listing->address) && !listing_next(listing, NULL)) {
		fprintf(stderr, "k8snet-service-proxy: show: the kernel has no such service\n");
		return PROXY_FAILED;
	}
	if (query->is_json)
		show_json(listing);
	else
		show_text(listing);
	return fflush(stdout) == 0 && !ferror(stdout) ? PROXY_OK : PROXY_FAILED;
}

int show(int argc, char **argv)
{
	struct query query = {.is_json = false};
	struct k8snet_address address;
	struct listing listing = {.service = NULL};
	const char *wanted = NULL;
	int status = parse(&query, &wanted, argc, argv);

	if (status != -1)
		return status;
	if (wanted && strchr(wanted, '/'))
		listing.service = wanted;
	else if (wanted && k8snet_address_parse(&address, wanted) == 0)
		listing.address = &address;
	else if (wanted)
		return query_usage("show: \"%s\" is neither NAMESPACE/NAME nor an address", wanted);
	if (listing.service && !query.dir)
		return query_usage("show: %s: the kernel knows no names: --dir is needed", wanted);
	status = query_init(&query);
	listing.table = query.table;
	if (status == PROXY_OK)
		status = list(&query, &listing);
	names_done(&listing.names);
	query_done(&query);
	return status;
}
