/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "options.h"

#include <ctype.h>
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <k8snet/version.h>

#include "duration.h"
#include "help.h"
#include "util.h"

enum option_id {
	OPT_DIR = 256,
	OPT_WATCH,
	OPT_ONCE,
	OPT_CLEANUP,
	OPT_EXIT_ON_EOF,
	OPT_HOSTNAME_OVERRIDE,
	OPT_CLUSTER_CIDR,
	OPT_DETECT_LOCAL_MODE,
	OPT_POD_BRIDGE_INTERFACE,
	OPT_POD_INTERFACE_NAME_PREFIX,
	OPT_SERVICE_CIDR,
	OPT_NODEPORT_ADDRESSES,
	OPT_MASQUERADE_ALL,
	OPT_MASQUERADE_MARK,
	OPT_COUNTERS,
	OPT_RESET_CONNECTIONS,
	OPT_OWN_TABLES,
	OPT_HEALTHZ,
	OPT_METRICS,
	OPT_SYNC_PERIOD,
	OPT_MIN_SYNC_PERIOD,
	OPT_SETTLE_PERIOD,
	OPT_NETNS,
	OPT_VERSION,
};

static const struct option long_options[] = {
	{"dir", required_argument, NULL, OPT_DIR},
	{"watch", required_argument, NULL, OPT_WATCH},
	{"once", no_argument, NULL, OPT_ONCE},
	{"cleanup", no_argument, NULL, OPT_CLEANUP},
	{"exit-on-eof", no_argument, NULL, OPT_EXIT_ON_EOF},
	{"hostname-override", required_argument, NULL, OPT_HOSTNAME_OVERRIDE},
	{"cluster-cidr", required_argument, NULL, OPT_CLUSTER_CIDR},
	{"detect-local-mode", required_argument, NULL, OPT_DETECT_LOCAL_MODE},
	{"pod-bridge-interface", required_argument, NULL, OPT_POD_BRIDGE_INTERFACE},
	{"pod-interface-name-prefix", required_argument, NULL, OPT_POD_INTERFACE_NAME_PREFIX},
	{"service-cidr", required_argument, NULL, OPT_SERVICE_CIDR},
	{"nodeport-addresses", required_argument, NULL, OPT_NODEPORT_ADDRESSES},
	/* A flag of Go takes "=true" and "=false", too. */
	{"masquerade-all", optional_argument, NULL, OPT_MASQUERADE_ALL},
	{"masquerade-mark", required_argument, NULL, OPT_MASQUERADE_MARK},
	{"counters", no_argument, NULL, OPT_COUNTERS},
	{"reset-connections", no_argument, NULL, OPT_RESET_CONNECTIONS},
	{"own-tables", no_argument, NULL, OPT_OWN_TABLES},
	{"healthz-bind-address", required_argument, NULL, OPT_HEALTHZ},
	{"metrics-bind-address", required_argument, NULL, OPT_METRICS},
	{"sync-period", required_argument, NULL, OPT_SYNC_PERIOD},
	{"min-sync-period", required_argument, NULL, OPT_MIN_SYNC_PERIOD},
	{"settle-period", required_argument, NULL, OPT_SETTLE_PERIOD},
	{"netns", required_argument, NULL, OPT_NETNS},
	{"verbose", no_argument, NULL, 'v'},
	{"help", no_argument, NULL, 'h'},
	{"version", no_argument, NULL, OPT_VERSION},
	{NULL, 0, NULL, 0},
};

static int usage(const char *format, const char *what)
{
	fputs("k8snet-service-proxy: ", stderr);
	fprintf(stderr, format, what);
	fputs("\nTry k8snet-service-proxy --help\n", stderr);
	return PROXY_USAGE;
}

static int bad(int id, const char *text, const char *why)
{
	const struct option *option = long_options;

	while (option->name && option->val != id)
		option++;
	fprintf(stderr, "k8snet-service-proxy: --%s: \"%s\" %s\nTry k8snet-service-proxy --help\n",
		option->name ? option->name : "?", text, why);
	return PROXY_USAGE;
}

static int no_memory(void)
{
	fputs("k8snet-service-proxy: out of memory\n", stderr);
	return PROXY_FAILED;
}

/* --- values --------------------------------------------------------------- */

static int parse_port(const char *text, uint16_t *out)
{
	unsigned long value;
	char *end;

	if (!isdigit((unsigned char)*text))
		return -EINVAL;
	errno = 0;
	value = strtoul(text, &end, 10);
	if (*end || errno || !value || value > 65535)
		return -EINVAL;
	*out = (uint16_t)value;
	return 0;
}

int bind_address_parse(struct bind_address *out, const char *text)
{
	char host[K8SNET_ADDRESS_TEXT_SIZE];
	const char *colon = strrchr(text, ':'), *end = colon;

	if (!*text) {
		out->port = 0;
		return 0;
	}
	if (k8snet_address_parse(&out->address, text) == 0)
		return 0;
	if (!colon || parse_port(colon + 1, &out->port) < 0)
		return -EINVAL;
	if (colon == text) {
		k8snet_address_parse(&out->address, "::");
		return 0;
	}
	if (*text == '[') {
		if (*--end != ']')
			return -EINVAL;
		text++;
	} else if (memchr(text, ':', (size_t)(colon - text))) {
		return -EINVAL;
	}
	if ((size_t)(end - text) >= sizeof(host))
		return -EINVAL;
	memcpy(host, text, (size_t)(end - text));
	host[end - text] = '\0';
	return k8snet_address_parse(&out->address, host) < 0 ? -EINVAL : 0;
}

static void clear_cidrs(struct cidr_list *list)
{
	for (size_t i = 0; i < list->count; i++)
		free(list->items[i]);
	free(list->items);
	memset(list, 0, sizeof(*list));
}

static int add_cidr(struct cidr_list *list, int id, const char *text, size_t length)
{
	_cleanup_free_ char *copy = strndup(text, length);
	struct k8snet_prefix prefix;
	char **bigger;

	if (!copy)
		return no_memory();
	if (k8snet_prefix_parse(&prefix, copy) < 0)
		return bad(id, copy, "is not a network, as 10.1.0.0/16");
	bigger = reallocarray(list->items, list->count + 1, sizeof(*bigger));
	if (!bigger)
		return no_memory();
	list->items = bigger;
	list->items[list->count++] = copy;
	copy = NULL;
	return -1;
}

/* Networks with commas between them; the last option of several counts. */
static int parse_cidrs(struct cidr_list *list, int id, const char *text)
{
	int r = -1;

	clear_cidrs(list);
	while (r == -1 && text) {
		const char *comma = strchr(text, ',');

		r = add_cidr(list, id, text, comma ? (size_t)(comma - text) : strlen(text));
		text = comma ? comma + 1 : NULL;
	}
	return r;
}

static int parse_duration(int64_t *out, int id, const char *text, int64_t least)
{
	if (duration_parse(out, text) < 0)
		return bad(id, text, "is not a duration, as 30s, 1m30s or 500ms");
	if (*out < least)
		return bad(id, text, "is less than a second");
	return -1;
}

static int parse_mark(uint32_t *out, const char *text)
{
	unsigned long value;
	char *end;

	errno = 0;
	value = strtoul(text, &end, 0);
	if (!isdigit((unsigned char)*text) || *end || errno || value > UINT32_MAX || !value ||
	    value & (value - 1))
		return bad(OPT_MASQUERADE_MARK, text,
			   "is not one bit of 32, as 0x4000 (kube-proxy's masquerade bit 14)");
	*out = (uint32_t)value;
	return -1;
}

static int parse_bool(bool *out, int id, const char *text)
{
	if (!text || strcmp(text, "true") == 0)
		*out = true;
	else if (strcmp(text, "false") == 0)
		*out = false;
	else
		return bad(id, text, "is neither true nor false");
	return -1;
}

/* As kube-proxy: without space around it, in small letters. */
static int set_node_name(struct options *options, const char *text)
{
	size_t length;

	while (isspace((unsigned char)*text))
		text++;
	length = strlen(text);
	while (length && isspace((unsigned char)text[length - 1]))
		length--;
	if (!length || length >= sizeof(options->node_name))
		return bad(OPT_HOSTNAME_OVERRIDE, text, "is not a name of a node");
	for (size_t i = 0; i < length; i++)
		options->node_name[i] = (char)tolower((unsigned char)text[i]);
	options->node_name[length] = '\0';
	return -1;
}

/* How pods are told from others. */
enum mode {
	MODE_CLUSTER_CIDR,
	MODE_NODE_CIDR,
	MODE_BRIDGE_INTERFACE,
	MODE_INTERFACE_NAME_PREFIX,
	MODE_NONE,
	N_MODES,
};

static const char *const mode_names[N_MODES] = {
	"ClusterCIDR", "NodeCIDR", "BridgeInterface", "InterfaceNamePrefix", "None",
};

struct parser {
	struct options *options;
	enum mode mode;
	const char *bridge, *prefix; /* NULL: not given */
};

static int parse_mode(struct parser *p, const char *text)
{
	int mode = 0;

	while (mode < N_MODES && strcmp(text, mode_names[mode]) != 0)
		mode++;
	if (mode == N_MODES)
		return bad(OPT_DETECT_LOCAL_MODE, text,
			   "is not one of ClusterCIDR NodeCIDR BridgeInterface "
			   "InterfaceNamePrefix None");
	p->mode = (enum mode)mode;
	return -1;
}

/* Whether the library takes it is seen when it gets it. */
static int set_interface(struct options *options, int id, const char *text, const char *end)
{
	int n;

	if (!text)
		return usage("--detect-local-mode needs --%s",
			     *end ? "pod-interface-name-prefix" : "pod-bridge-interface");
	n = snprintf(options->pod_interface, sizeof(options->pod_interface), "%s%s", text, end);
	if (n < 0 || (size_t)n >= sizeof(options->pod_interface))
		return bad(id, text, "is too long for the name of a link");
	options->detection = K8SNET_LOCAL_INTERFACE;
	return -1;
}

static int set_detection(struct parser *p)
{
	struct options *options = p->options;

	options->detection = K8SNET_LOCAL_POD_CIDR;
	switch (p->mode) {
	case MODE_BRIDGE_INTERFACE:
		return set_interface(options, OPT_POD_BRIDGE_INTERFACE, p->bridge, "");
	case MODE_INTERFACE_NAME_PREFIX:
		return set_interface(options, OPT_POD_INTERFACE_NAME_PREFIX, p->prefix, "*");
	case MODE_NODE_CIDR:
		return -1;
	case MODE_CLUSTER_CIDR:
		/* As kube-proxy: by a network that is not given nothing is told. */
		if (options->cluster_cidrs.count)
			return -1;
		break;
	case MODE_NONE:
	case N_MODES:
		break;
	}
	options->detection = K8SNET_LOCAL_NONE;
	return -1;
}

/* --- the command line ------------------------------------------------------- */

static int take_network_option(struct parser *p, int id, const char *text)
{
	struct options *options = p->options;

	switch (id) {
	case OPT_HOSTNAME_OVERRIDE:
		return set_node_name(options, text);
	case OPT_CLUSTER_CIDR:
		return parse_cidrs(&options->cluster_cidrs, id, text);
	case OPT_DETECT_LOCAL_MODE:
		return parse_mode(p, text);
	case OPT_POD_BRIDGE_INTERFACE:
		p->bridge = text;
		return -1;
	case OPT_POD_INTERFACE_NAME_PREFIX:
		p->prefix = text;
		return -1;
	case OPT_SERVICE_CIDR:
		return parse_cidrs(&options->service_cidrs, id, text);
	case OPT_NODEPORT_ADDRESSES:
		clear_cidrs(&options->node_port_cidrs);
		if (strcmp(text, "primary") == 0)
			return -1;
		return parse_cidrs(&options->node_port_cidrs, id, text);
	case OPT_MASQUERADE_ALL:
		return parse_bool(&options->masquerade_all, id, text);
	default:
		return parse_mark(&options->masquerade_mark, text);
	}
}

static int take_server_option(struct parser *p, int id, const char *text)
{
	struct options *options = p->options;
	struct bind_address *address = &options->metrics;

	switch (id) {
	case OPT_HEALTHZ:
		address = &options->healthz;
		/* fallthrough */
	case OPT_METRICS:
		if (bind_address_parse(address, text) < 0)
			return bad(id, text, "is not IP:PORT");
		return -1;
	case OPT_SYNC_PERIOD:
		return parse_duration(&options->sync_period, id, text, NS_PER_SEC);
	case OPT_MIN_SYNC_PERIOD:
		return parse_duration(&options->min_sync_period, id, text, 0);
	default:
		return parse_duration(&options->settle_period, id, text, 0);
	}
}

static int take_option(struct parser *p, int id, const char *text)
{
	struct options *options = p->options;

	switch (id) {
	case OPT_DIR:
		options->dir = text;
		return -1;
	case OPT_WATCH:
		options->watches[options->watch_count++] = text;
		return -1;
	case OPT_ONCE:
		options->once = true;
		return -1;
	case OPT_CLEANUP:
		options->cleanup = true;
		return -1;
	case OPT_EXIT_ON_EOF:
		options->exit_on_eof = true;
		return -1;
	case OPT_COUNTERS:
		options->counters = true;
		return -1;
	case OPT_RESET_CONNECTIONS:
		options->reset_connections = true;
		return -1;
	case OPT_OWN_TABLES:
		options->own_tables = true;
		return -1;
	case OPT_NETNS:
		options->netns = text;
		return -1;
	case 'v':
		options->verbose = true;
		return -1;
	case 'h':
		help_print(stdout);
		return PROXY_OK;
	case OPT_VERSION:
		printf("k8snet-service-proxy %s\n", k8snet_get_version());
		return PROXY_OK;
	}
	if (id == '?') {
		fputs("Try k8snet-service-proxy --help\n", stderr);
		return PROXY_USAGE;
	}
	return id >= OPT_HEALTHZ ? take_server_option(p, id, text)
				 : take_network_option(p, id, text);
}

static int set_defaults(struct parser *p, int argc)
{
	struct options *options = p->options;
	char name[NODE_NAME_SIZE] = "";

	memset(options, 0, sizeof(*options));
	options->watches = calloc((size_t)argc, sizeof(*options->watches));
	if (!options->watches)
		return no_memory();
	options->masquerade_mark = 0x4000;
	options->sync_period = 30 * NS_PER_SEC;
	options->healthz.port = 10256;
	options->metrics.port = 10249;
	bind_address_parse(&options->healthz, "0.0.0.0");
	bind_address_parse(&options->metrics, "127.0.0.1");
	if (gethostname(name, sizeof(name) - 1) == 0 && *name)
		set_node_name(options, name);
	return -1;
}

static int check(struct parser *p)
{
	struct options *options = p->options;

	if (!options->node_name[0])
		return usage("%s", "this host has no name: give --hostname-override");
	if (options->cleanup)
		return -1;
	if (!options->dir && !options->watch_count)
		return usage("%s", "nothing to read: give --dir DIR or --watch -");
	if (options->exit_on_eof && !options->watch_count)
		return usage("%s", "--exit-on-eof: there is no --watch");
	return set_detection(p);
}

int options_parse(struct options *options, int argc, char **argv)
{
	struct parser p = {.options = options};
	int id, r = set_defaults(&p, argc);

	optind = 1;
	argv[0] = (char *)"k8snet-service-proxy"; /* what getopt_long() begins its lines with */
	while (r == -1 && (id = getopt_long(argc, argv, "hv", long_options, NULL)) != -1)
		r = take_option(&p, id, optarg);
	if (r == -1 && optind < argc)
		r = usage("unexpected argument \"%s\"", argv[optind]);
	return r == -1 ? check(&p) : r;
}

void options_done(struct options *options)
{
	clear_cidrs(&options->cluster_cidrs);
	clear_cidrs(&options->service_cidrs);
	clear_cidrs(&options->node_port_cidrs);
	free(options->watches);
	options->watches = NULL;
}
