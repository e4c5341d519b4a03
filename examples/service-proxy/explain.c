/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* explain: which rule takes a packet where, and why. */
#include <ctype.h>
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <k8snet/k8snet.h>

#include "options.h"
#include "query.h"
#include "util.h"

static const struct option long_options[] = {
	{"netns", required_argument, NULL, 'N'},
	{"verify", no_argument, NULL, 'V'},
	{NULL, 0, NULL, 0},
};

struct question {
	struct query query;
	struct k8snet_flow flow;
	bool is_verified;
};

/* --- the command line ------------------------------------------------------------ */

/* "80", "53/udp". */
static int parse_port(struct k8snet_flow *flow, const char *text)
{
	static const enum k8snet_protocol protocols[] = {K8SNET_PROTOCOL_TCP, K8SNET_PROTOCOL_UDP,
							 K8SNET_PROTOCOL_SCTP};
	unsigned long port;
	char *end;

	if (!isdigit((unsigned char)*text))
		return -EINVAL;
	errno = 0;
	port = strtoul(text, &end, 10);
	if (errno || !port || port > 65535)
		return -EINVAL;
	flow->port = (uint16_t)port;
	flow->protocol = K8SNET_PROTOCOL_TCP;
	if (!*end)
		return 0;
	for (size_t i = 0; *end == '/' && i < ARRAY_SIZE(protocols); i++) {
		flow->protocol = protocols[i];
		if (strcasecmp(end + 1, k8snet_protocol_get_name(protocols[i])) == 0)
			return 0;
	}
	return -EINVAL;
}

static int parse_flow(struct k8snet_flow *flow, char **words)
{
	flow->size = sizeof(*flow);
	if (k8snet_address_parse(&flow->source, words[0]) < 0)
		return query_usage("explain: SRC: \"%s\" is not an address", words[0]);
	if (k8snet_address_parse(&flow->destination, words[1]) < 0)
		return query_usage("explain: DST: \"%s\" is not an address", words[1]);
	if (parse_port(flow, words[2]) < 0)
		return query_usage("explain: PORT: \"%s\" is not as 80 or 53/udp", words[2]);
	return -1;
}

/* -1: go on; else exit with that. */
static int parse(struct question *q, int argc, char **argv)
{
	int id;

	opterr = 0;
	while ((id = getopt_long(argc, argv, "", long_options, NULL)) != -1) {
		if (id == 'N')
			q->query.netns = optarg;
		else if (id == 'V')
			q->is_verified = true;
		else
			return query_usage("explain: %s: no such option, or it lacks a value",
					   argv[optind - 1]);
	}
	if (argc - optind != 3)
		return query_usage("%s SRC DST PORT[/PROTOCOL] is wanted", argv[0]);
	return parse_flow(&q->flow, argv + optind);
}

/* --- the answer --------------------------------------------------------------------- */

static const char *get_masquerade_text(enum k8snet_masquerade masquerade)
{
	switch (masquerade) {
	case K8SNET_MASQUERADE_YES:
		return ", masqueraded";
	case K8SNET_MASQUERADE_UNSEEN:
		return ", masqueraded or not";
	default:
		return "";
	}
}

static void print_backends(const struct k8snet_path *path)
{
	size_t count = k8snet_path_count_backends(path);
	char text[K8SNET_ADDRESS_TEXT_SIZE];
	enum k8snet_masquerade masquerade;
	struct k8snet_address address;
	uint16_t port;

	for (size_t i = 0; i < count; i++) {
		k8snet_path_get_backend(path, i, &address, &port, &masquerade);
		k8snet_address_format(&address, text, sizeof(text));
		printf(address.family == 6 ? "  -> [%s]:%u%s\n" : "  -> %s:%u%s\n", text, port,
		       get_masquerade_text(masquerade));
	}
}

static void print_path(const struct k8snet_path *path)
{
	for (size_t i = 0; i < k8snet_path_count_steps(path); i++)
		printf("  %s\n", k8snet_path_get_step(path, i));
	printf("%s%s\n", k8snet_outcome_get_name(k8snet_path_get_outcome(path)),
	       k8snet_path_count_backends(path) > 1 ? ", to one of" : "");
	print_backends(path);
}

static int verify(const struct question *q, const struct k8snet_path *explained)
{
	struct k8snet_path *traced;
	const char *difference;

	fflush(stdout);
	if (k8snet_kernel_trace(&traced, q->query.kernel, &q->flow) < 0)
		return PROXY_FAILED;
	printf("the kernel:\n");
	print_path(traced);
	difference = k8snet_path_compare(explained, traced);
	if (difference)
		printf("verified: no, the %s differs\n", difference);
	else
		printf("verified: yes\n");
	k8snet_path_unref(traced);
	return difference ? PROXY_FAILED : PROXY_OK;
}

static int answer(struct question *q)
{
	struct k8snet_path *path;
	int r = k8snet_table_explain(&path, q->query.table, q->query.kernel, &q->flow);
	int status = PROXY_OK;

	if (r < 0)
		return r == -EINVAL ? PROXY_USAGE : PROXY_FAILED;
	print_path(path);
	if (q->is_verified)
		status = verify(q, path);
	k8snet_path_unref(path);
	if (fflush(stdout) != 0 || ferror(stdout))
		status = PROXY_FAILED;
	return status;
}

int explain(int argc, char **argv)
{
	struct question q = {.is_verified = false};
	int status = parse(&q, argc, argv);

	if (status != -1)
		return status;
	status = query_init(&q.query);
	if (status == PROXY_OK)
		status = answer(&q);
	query_done(&q.query);
	return status;
}
