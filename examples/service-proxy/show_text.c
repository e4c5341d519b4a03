/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include <k8snet/k8snet.h>

#include "show.h"
#include "util.h"

enum column {
	COLUMN_PROTOCOL,
	COLUMN_ADDRESS,
	COLUMN_POLICY,
	COLUMN_AFFINITY,
	COLUMN_TRAFFIC,
	COLUMN_HITS,
	COLUMN_SERVICE,
	N_COLUMNS,
};

#define CELL_SIZE 320

struct line {
	char cells[N_COLUMNS][CELL_SIZE];
};

typedef void (*line_fn)(void *data, const struct line *line);

#define set(line, column, ...) snprintf((line)->cells[column], CELL_SIZE, __VA_ARGS__)

/* "10.96.0.1:80", "[fd00::1]:80", "*:30080", "[*]:30080". */
static void set_address(struct line *line, int family, const struct k8snet_address *address,
			uint16_t port)
{
	char text[K8SNET_ADDRESS_TEXT_SIZE] = "*";

	if (address)
		k8snet_address_format(address, text, sizeof(text));
	set(line, COLUMN_ADDRESS, family == 6 ? "[%s]:%u" : "%s:%u", text, port);
}

static void set_hits(struct line *line, const struct listing *listing, int family, uint64_t hits)
{
	if (k8snet_table_has_counters(listing->table, family))
		set(line, COLUMN_HITS, "%" PRIu64, hits);
	else
		set(line, COLUMN_HITS, "-");
}

static void fill_frontend(struct line *line, const struct listing *listing,
			  const struct k8snet_frontend *f)
{
	enum k8snet_frontend_action action = k8snet_frontend_get_action(f);
	uint32_t affinity = k8snet_frontend_get_session_affinity(f);
	const char *name = names_find(&listing->names, f);
	int family = k8snet_frontend_get_family(f);

	set(line, COLUMN_PROTOCOL, "%s", k8snet_protocol_get_name(k8snet_frontend_get_protocol(f)));
	set_address(line, family, k8snet_frontend_get_address(f), k8snet_frontend_get_port(f));
	set(line, COLUMN_POLICY, "%s",
	    action == K8SNET_FRONTEND_BALANCE
		    ? k8snet_load_balancing_get_name(k8snet_frontend_get_load_balancing(f))
		    : k8snet_frontend_action_get_name(action));
	set(line, COLUMN_AFFINITY, affinity ? "%us" : "-", affinity);
	set(line, COLUMN_TRAFFIC, k8snet_frontend_is_external_local(f) ? "local" : "-");
	set_hits(line, listing, family, k8snet_frontend_get_hits(f));
	set(line, COLUMN_SERVICE, "%s", name ? name : "-");
}

static void fill_backend(struct line *line, const struct listing *listing,
			 const struct k8snet_frontend *f, size_t index)
{
	bool is_local = k8snet_frontend_is_backend_local(f, index);
	int family = k8snet_frontend_get_family(f);
	struct k8snet_address address;
	uint16_t port;

	set(line, COLUMN_PROTOCOL, "  ->");
	if (k8snet_frontend_get_backend(f, index, &address, &port, NULL) == 0)
		set_address(line, family, &address, port);
	else
		set(line, COLUMN_ADDRESS, "(missing)");
	set(line, COLUMN_POLICY, "%zu/%" PRIu64, k8snet_frontend_get_backend_slots(f, index),
	    listing_count_slots(f, is_local));
	set(line, COLUMN_AFFINITY, "%s", "");
	set(line, COLUMN_TRAFFIC, is_local ? "local" : "");
	set_hits(line, listing, family, k8snet_frontend_get_backend_hits(f, index));
	set(line, COLUMN_SERVICE, "%s", "");
}

static void for_each_line(const struct listing *listing, line_fn fn, void *data)
{
	static const struct line titles = {
		{"PROTO", "ADDRESS", "POLICY", "AFFINITY", "TRAFFIC", "HITS", "SERVICE"}};
	const struct k8snet_frontend *f = NULL;
	struct line line;

	fn(data, &titles);
	while ((f = listing_next(listing, f))) {
		fill_frontend(&line, listing, f);
		fn(data, &line);
		for (size_t i = 0; i < k8snet_frontend_count_backends(f); i++) {
			fill_backend(&line, listing, f, i);
			fn(data, &line);
		}
	}
}

static void measure(void *data, const struct line *line)
{
	int *widths = data;

	for (size_t i = 0; i < N_COLUMNS; i++)
		if ((int)strlen(line->cells[i]) > widths[i])
			widths[i] = (int)strlen(line->cells[i]);
}

/* Numbers to the right; no blanks at the end. */
static void print(void *data, const struct line *line)
{
	const int *widths = data;
	char text[N_COLUMNS * CELL_SIZE];
	size_t used = 0;

	for (size_t i = 0; i < N_COLUMNS; i++)
		used += (size_t)snprintf(text + used, sizeof(text) - used,
					 i == COLUMN_HITS ? "%*s  " : "%-*s  ", widths[i],
					 line->cells[i]);
	while (used && text[used - 1] == ' ')
		used--;
	printf("%.*s\n", (int)used, text);
}

void show_text(const struct listing *listing)
{
	int widths[N_COLUMNS] = {0};

	for_each_line(listing, measure, widths);
	for_each_line(listing, print, widths);
}
