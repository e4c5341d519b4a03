/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>

#include "lab.h"

#ifndef LAB_MANIFESTS
#define LAB_MANIFESTS "examples/manifests"
#endif

enum option_id {
	OPT_NAME = 256,
	OPT_FILE,
	OPT_NODES,
	OPT_REPLICAS,
	OPT_MODE,
	OPT_FAMILY,
	OPT_LINK,
	OPT_UNDERLAY,
	OPT_JSON,
	OPT_QUIET,
	OPT_NODE,
	OPT_FORMAT,
	OPT_OUTPUT,
	OPT_VALIDATE,
	OPT_HELP,
	OPT_END,
};

#define BIT(option) (1u << ((option)-OPT_NAME))
/* What shapes a lab. */
#define SHAPE                                                                                   \
	(BIT(OPT_FILE) | BIT(OPT_NODES) | BIT(OPT_REPLICAS) | BIT(OPT_MODE) | BIT(OPT_FAMILY) | \
	 BIT(OPT_LINK) | BIT(OPT_UNDERLAY) | BIT(OPT_VALIDATE))

static const struct option long_options[] = {
	{"name", required_argument, NULL, OPT_NAME},
	{"file", required_argument, NULL, OPT_FILE},
	{"nodes", required_argument, NULL, OPT_NODES},
	{"replicas", required_argument, NULL, OPT_REPLICAS},
	{"mode", required_argument, NULL, OPT_MODE},
	{"family", required_argument, NULL, OPT_FAMILY},
	{"link", required_argument, NULL, OPT_LINK},
	{"underlay", required_argument, NULL, OPT_UNDERLAY},
	{"json", no_argument, NULL, OPT_JSON},
	{"quiet", no_argument, NULL, OPT_QUIET},
	{"node", required_argument, NULL, OPT_NODE},
	{"format", required_argument, NULL, OPT_FORMAT},
	{"output", required_argument, NULL, OPT_OUTPUT},
	{"validate", required_argument, NULL, OPT_VALIDATE},
	{"help", no_argument, NULL, OPT_HELP},
	{NULL, 0, NULL, 0},
};

struct command {
	const char *name;
	unsigned int options; /* besides --name, --quiet and --help */
	int (*run)(const struct lab_options *options);
	int operands;		/* how many; -1: exec */
	const char *formats[3]; /* of --format, by value */
};

static const struct command commands[] = {
	{"demo", SHAPE | BIT(OPT_JSON), lab_demo, 0, {NULL}},
	{"up", SHAPE, lab_up, 0, {NULL}},
	{"status", SHAPE | BIT(OPT_JSON) | BIT(OPT_OUTPUT), lab_status, 0, {NULL}},
	{"probe", BIT(OPT_FILE) | BIT(OPT_VALIDATE) | BIT(OPT_JSON), lab_probe, 0, {NULL}},
	{"exec", 0, NULL, -1, {NULL}},
	{"plan",
	 SHAPE | BIT(OPT_JSON) | BIT(OPT_NODE) | BIT(OPT_FORMAT) | BIT(OPT_OUTPUT),
	 lab_plan,
	 0,
	 {"text", "json", "commands"}},
	{"graph", SHAPE | BIT(OPT_FORMAT) | BIT(OPT_OUTPUT), lab_graph, 0, {"text", "dot", "svg"}},
	{"export", SHAPE | BIT(OPT_OUTPUT), lab_export, 0, {NULL}},
	{"scale", 0, NULL, 1, {NULL}},
	{"down", 0, lab_down, 0, {NULL}},
};

struct invocation {
	const struct command *command;
	struct lab_options options;
	const char **files;
};

static void print_help(FILE *out)
{
	fputs("Usage: " LAB_PROGRAM " COMMAND [OPTION...]\n"
	      "\n"
	      "A Kubernetes manifest becomes a running network on this machine: nodes and\n"
	      "pods as network namespaces, joined by libk8snet.\n"
	      "\n"
	      "Commands:\n"
	      "  demo                 up, probe and down in one go\n"
	      "  up                   make nodes and pods, and join them\n"
	      "  status               nodes, pods, services and ingress rules\n"
	      "  probe                send real traffic along every path\n"
	      "  exec POD -- CMD      run a command in a pod ([NAMESPACE/]NAME), a node\n"
	      "                       (node-1) or the outside host (outside)\n"
	      "  plan                 what would be done on each node; changes nothing\n"
	      "  graph                the topology as a diagram\n"
	      "  export               the objects as a List, for kubectl or libk8snet\n"
	      "  scale NAME=N         change the number of replicas of a workload\n"
	      "  down                 remove everything, also what a dead run left\n"
	      "\n"
	      "Options:\n"
	      "  -n, --name NAME      of the lab (lab); several can live side by side\n"
	      "  -f, --file FILE      manifest: YAML or JSON, several times; - is standard input\n"
	      "      --nodes N        number of nodes (3)\n"
	      "      --replicas N     of each workload, instead of what the manifest says\n"
	      "      --mode MODE      between nodes: route or overlay (route)\n"
	      "      --family FAMILY  ipv4, ipv6 or dual (ipv4)\n"
	      "      --link LINK      from pod to node: bridge or ptp (bridge)\n"
	      "      --underlay CIDR  network of the nodes (10.100.0.0/24, fd00:100::/64)\n"
	      "      --validate HOW   strict or ignore (strict): fields that Kubernetes lacks\n"
	      "      --json           JSON output: demo, status, probe, plan\n"
	      "      --node NODE      plan: this node only\n"
	      "      --format FORMAT  plan: text, json or commands; graph: text, dot or svg\n"
	      "  -o, --output FILE    plan, graph, status, export: write there\n"
	      "  -q, --quiet          no progress, no notes\n"
	      "  -h, --help           this text\n"
	      "      --version        the version of the library\n",
	      out);
}

static int usage(const char *format, const char *what)
{
	fputs(LAB_PROGRAM ": ", stderr);
	fprintf(stderr, format, what);
	fputs("\nTry " LAB_PROGRAM " --help\n", stderr);
	return LAB_USAGE;
}

/* --- values of options ----------------------------------------------------- */

static int parse_number(const char *option, const char *text, unsigned int high, unsigned int *out)
{
	char *end;
	unsigned long value;

	errno = 0;
	value = strtoul(text, &end, 10);
	if (*text >= '0' && *text <= '9' && !*end && !errno && value >= 1 && value <= high) {
		*out = (unsigned int)value;
		return 0;
	}
	fprintf(stderr, LAB_PROGRAM ": --%s: %s is not in 1..%u\n", option, text, high);
	return LAB_USAGE;
}

static int parse_word(const char *option, const char *text, const char *const *words, size_t count,
		      unsigned int *out)
{
	for (size_t i = 0; i < count; i++)
		if (words[i] && strcmp(text, words[i]) == 0) {
			*out = (unsigned int)i;
			return 0;
		}
	fprintf(stderr, LAB_PROGRAM ": --%s: \"%s\" is not one of", option, text);
	for (size_t i = 0; i < count && words[i]; i++)
		fprintf(stderr, " %s", words[i]);
	fputc('\n', stderr);
	return LAB_USAGE;
}

static int parse_name(const char *text, const char **out)
{
	size_t length = strlen(text);
	size_t good = strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789-");

	if (!length || good != length || length > 32 || *text == '-' || text[length - 1] == '-')
		return usage("--name: \"%s\" is not a DNS label of at most 32 characters", text);
	*out = text;
	return 0;
}

static bool has_host_bits(const struct k8snet_prefix *prefix)
{
	for (size_t bit = prefix->length; bit < sizeof(prefix->address.bytes) * 8; bit++)
		if (prefix->address.bytes[bit / 8] & (0x80 >> bit % 8))
			return true;
	return false;
}

/* Room for 200 nodes and the outside host; apart from what the lab itself uses. */
static bool is_underlay(const struct k8snet_prefix *prefix)
{
	static const char *const taken[] = {LAB_POD_CIDR4,     LAB_POD_CIDR6, LAB_SERVICE_CIDR4,
					    LAB_SERVICE_CIDR6, LAB_BALANCER4, LAB_BALANCER6};
	bool is_v6 = prefix->address.family == 6;

	if (has_host_bits(prefix) || prefix->length < (is_v6 ? 48 : 16) ||
	    prefix->length > (is_v6 ? 120 : 24))
		return false;
	for (size_t i = 0; i < sizeof(taken) / sizeof(*taken); i++) {
		struct k8snet_prefix other;

		if (k8snet_prefix_parse(&other, taken[i]) == 0 &&
		    (k8snet_prefix_has_address(&other, &prefix->address) ||
		     k8snet_prefix_has_address(prefix, &other.address)))
			return false;
	}
	return true;
}

static int parse_underlay(const char *text, struct lab_options *options)
{
	struct k8snet_prefix prefix;

	if (k8snet_prefix_parse(&prefix, text) < 0 || !is_underlay(&prefix))
		return usage("--underlay: \"%s\" is not a subnet of 16 to 24 bits (IPv6: 48 to "
			     "120) apart from those of pods and services",
			     text);
	if (prefix.address.family == 6)
		options->underlay6 = prefix;
	else
		options->underlay4 = prefix;
	return 0;
}

static int parse_format(struct invocation *in, const char *text)
{
	unsigned int value;
	int r = parse_word("format", text, in->command->formats, 3, &value);

	if (r)
		return r;
	if (in->command->run == lab_plan)
		in->options.plan_format = (enum k8snet_plan_format)value;
	else
		in->options.graph_format = (enum lab_graph_format)value;
	return 0;
}

static int parse_shape(struct invocation *in, int id, const char *text)
{
	static const char *const modes[] = {"route", "overlay"}, *const links[] = {"bridge", "ptp"};
	static const char *const families[] = {"ipv4", "ipv6", "dual"};
	struct lab_options *options = &in->options;
	unsigned int value = 0;
	int r;

	switch (id) {
	case OPT_NODES:
		options->given |= LAB_GIVEN_NODES;
		return parse_number("nodes", text, LAB_MAX_NODES, &options->nodes);
	case OPT_REPLICAS:
		options->given |= LAB_GIVEN_REPLICAS;
		return parse_number("replicas", text, 10000, &options->replicas);
	case OPT_MODE:
		options->given |= LAB_GIVEN_MODE;
		r = parse_word("mode", text, modes, 2, &value);
		options->mode = value ? K8SNET_MODE_OVERLAY : K8SNET_MODE_ROUTE;
		return r;
	case OPT_FAMILY:
		options->given |= LAB_GIVEN_FAMILY;
		r = parse_word("family", text, families, 3, &value);
		options->families = (enum lab_families)(value + LAB_IPV4);
		return r;
	case OPT_LINK:
		options->given |= LAB_GIVEN_LINK;
		r = parse_word("link", text, links, 2, &value);
		options->link = value ? K8SNET_LINK_PTP : K8SNET_LINK_BRIDGE;
		return r;
	default:
		options->given |= LAB_GIVEN_UNDERLAY;
		return parse_underlay(text, options);
	}
}

static int parse_validate(struct lab_options *options, const char *text)
{
	static const char *const words[] = {"strict", "ignore"};
	unsigned int value = 0;
	int r = parse_word("validate", text, words, 2, &value);

	options->is_lenient = value == 1;
	return r;
}

/* --- the command line -------------------------------------------------------- */

static int take_option(struct invocation *in, int id, const char *text)
{
	struct lab_options *options = &in->options;

	switch (id) {
	case OPT_NAME:
		return parse_name(text, &options->name);
	case OPT_FILE:
		in->files[options->file_count++] = text;
		return 0;
	case OPT_JSON:
		options->json = true;
		options->plan_format = K8SNET_PLAN_JSON;
		return 0;
	case OPT_QUIET:
		options->quiet = true;
		return 0;
	case OPT_NODE:
		options->node = text;
		return 0;
	case OPT_FORMAT:
		return parse_format(in, text);
	case OPT_VALIDATE:
		return parse_validate(options, text);
	case OPT_OUTPUT:
		options->output = text;
		return 0;
	default:
		return parse_shape(in, id, text);
	}
}

static const char *option_name(int id)
{
	const struct option *option = long_options;

	while (option->name && option->val != id)
		option++;
	return option->name ? option->name : "?";
}

static int short_option(int id)
{
	switch (id) {
	case 'n':
		return OPT_NAME;
	case 'f':
		return OPT_FILE;
	case 'o':
		return OPT_OUTPUT;
	case 'q':
		return OPT_QUIET;
	case 'h':
		return OPT_HELP;
	default:
		return id;
	}
}

/* -1: go on; else the exit status. */
static int parse_options(struct invocation *in, int argc, char **argv)
{
	unsigned int allowed = in->command->options | BIT(OPT_NAME) | BIT(OPT_QUIET);
	/* What follows exec's pod belongs to the command. */
	const char *shorts = in->command->operands < 0 ? "+n:f:o:qh" : "n:f:o:qh";
	int id, r;

	while ((id = short_option(getopt_long(argc, argv, shorts, long_options, NULL))) != -1) {
		if (id == OPT_HELP) {
			print_help(stdout);
			return LAB_OK;
		}
		if (id < OPT_NAME || id >= OPT_END)
			return LAB_USAGE;
		if (!(allowed & BIT(id))) {
			fprintf(stderr, LAB_PROGRAM ": %s does not take --%s\n", in->command->name,
				option_name(id));
			return LAB_USAGE;
		}
		r = take_option(in, id, optarg);
		if (r)
			return r;
	}
	return -1;
}

static int run_exec(struct invocation *in, int argc, char **argv)
{
	const char *pod = argv[0];

	if (argc && strcmp(argv[0], "--") == 0)
		return usage("%s: which pod?", "exec");
	argc--;
	argv++;
	if (argc > 0 && strcmp(argv[0], "--") == 0) {
		argc--;
		argv++;
	}
	if (argc < 1)
		return usage("%s: a pod and a command are needed", "exec");
	return lab_exec(&in->options, pod, argv);
}

static int run(struct invocation *in, int argc, char **argv)
{
	static const char *const shop[] = {LAB_MANIFESTS "/shop.yaml"};
	const struct command *command = in->command;

	if (command->operands < 0)
		return argc ? run_exec(in, argc, argv) : usage("%s: which pod?", "exec");
	if (argc > command->operands)
		return usage("unexpected argument \"%s\"", argv[command->operands]);
	if (argc < command->operands)
		return usage("%s: NAME=N is missing", command->name);
	in->options.files = in->files;
	if (!in->options.file_count && command->run == lab_demo) {
		in->options.files = shop;
		in->options.file_count = 1;
	}
	if (!in->options.file_count && command->run == lab_up)
		return usage("%s: no manifest: give -f FILE", command->name);
	return command->operands ? lab_scale(&in->options, argv[0]) : command->run(&in->options);
}

static const struct command *find_command(const char *name)
{
	for (size_t i = 0; i < sizeof(commands) / sizeof(*commands); i++)
		if (strcmp(commands[i].name, name) == 0)
			return &commands[i];
	return NULL;
}

int main(int argc, char **argv)
{
	struct invocation in = {0};
	int status;

	if (argc < 2)
		return usage("%s", "no command given");
	if (!strcmp(argv[1], "--help") || !strcmp(argv[1], "-h") || !strcmp(argv[1], "help")) {
		print_help(stdout);
		return LAB_OK;
	}
	if (strcmp(argv[1], "--version") == 0) {
		printf(LAB_PROGRAM " %s\n", k8snet_get_version());
		return LAB_OK;
	}
	in.command = find_command(argv[1]);
	if (!in.command)
		return usage("unknown command \"%s\"", argv[1]);
	lab_options_init(&in.options);
	in.files = calloc((size_t)argc, sizeof(*in.files));
	if (!in.files) {
		fputs(LAB_PROGRAM ": out of memory\n", stderr);
		return LAB_FAILED;
	}
	status = parse_options(&in, argc - 1, argv + 1);
	if (status == -1)
		status = run(&in, argc - 1 - optind, argv + 1 + optind);
	free(in.files);
	return status;
}
