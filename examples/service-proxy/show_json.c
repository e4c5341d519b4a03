/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <inttypes.h>
#include <stdio.h>

#include <k8snet/k8snet.h>

#include "show.h"

/* Neither addresses nor names that Kubernetes allows need an escape. */
static void print_string(const char *name, const char *text)
{
	if (text)
		printf("\"%s\": \"%s\"", name, text);
	else
		printf("\"%s\": null", name);
}

static void print_address(const struct k8snet_address *address)
{
	char text[K8SNET_ADDRESS_TEXT_SIZE];

	print_string("address",
		     address ? k8snet_address_format(address, text, sizeof(text)) : NULL);
}

static void print_hits(const struct listing *listing, const struct k8snet_frontend *f,
		       uint64_t hits)
{
	if (k8snet_table_has_counters(listing->table, k8snet_frontend_get_family(f)))
		printf(", \"hits\": %" PRIu64, hits);
	else
		printf(", \"hits\": null");
}

static void print_backend(const struct listing *listing, const struct k8snet_frontend *f,
			  size_t index)
{
	bool is_local = k8snet_frontend_is_backend_local(f, index);
	struct k8snet_address address;
	uint16_t port = 0;
	int r = k8snet_frontend_get_backend(f, index, &address, &port, NULL);

	printf("%s\n      {", index ? "," : "");
	print_address(r == 0 ? &address : NULL);
	printf(", \"port\": %u, \"slots\": %zu, \"allSlots\": %" PRIu64 ", \"local\": %s", port,
	       k8snet_frontend_get_backend_slots(f, index), listing_count_slots(f, is_local),
	       is_local ? "true" : "false");
	print_hits(listing, f, k8snet_frontend_get_backend_hits(f, index));
	printf("}");
}

static void print_frontend(const struct listing *listing, const struct k8snet_frontend *f)
{
	enum k8snet_frontend_action action = k8snet_frontend_get_action(f);
	size_t count = k8snet_frontend_count_backends(f);

	printf("  {\"family\": %d, ", k8snet_frontend_get_family(f));
	print_address(k8snet_frontend_get_address(f));
	printf(", ");
	print_string("protocol", k8snet_protocol_get_name(k8snet_frontend_get_protocol(f)));
	printf(", \"port\": %u, ", k8snet_frontend_get_port(f));
	print_string("service", names_find(&listing->names, f));
	printf(",\n    ");
	print_string("action", k8snet_frontend_action_get_name(action));
	printf(", ");
	print_string("loadBalancing",
		     action == K8SNET_FRONTEND_BALANCE
			     ? k8snet_load_balancing_get_name(k8snet_frontend_get_load_balancing(f))
			     : NULL);
	printf(", \"affinitySeconds\": %u, \"externalLocal\": %s",
	       k8snet_frontend_get_session_affinity(f),
	       k8snet_frontend_is_external_local(f) ? "true" : "false");
	print_hits(listing, f, k8snet_frontend_get_hits(f));
	printf(",\n    \"backends\": [");
	for (size_t i = 0; i < count; i++)
		print_backend(listing, f, i);
	printf("]}");
}

void show_json(const struct listing *listing)
{
	const struct k8snet_frontend *f = NULL;
	const char *separator = "";

	printf("[");
	while ((f = listing_next(listing, f))) {
		printf("%s\n", separator);
		print_frontend(listing, f);
		separator = ",";
	}
	printf("\n]\n");
}
