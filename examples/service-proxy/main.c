/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "cleanup.h"
#include "log.h"
#include "options.h"
#include "query.h"
#include "run.h"

/* No command: run, as kube-proxy. */
static int command_run(int argc, char **argv)
{
	struct options options;
	int status = options_parse(&options, argc, argv);

	if (status == -1) {
		log_set_verbose(options.verbose);
		status = options.cleanup ? cleanup(&options) : run(&options);
	}
	options_done(&options);
	return status;
}

static const struct command {
	const char *name;
	int (*run)(int argc, char **argv); /* argv[0] is the command's name */
} commands[] = {
	{"run", command_run},
	{"show", show},
	{"explain", explain},
};

int main(int argc, char **argv)
{
	/* Who reads the log may go, clients of the servers anyway. */
	signal(SIGPIPE, SIG_IGN);
	if (argc < 2 || argv[1][0] == '-')
		return command_run(argc, argv);
	for (size_t i = 0; i < sizeof(commands) / sizeof(*commands); i++)
		if (strcmp(argv[1], commands[i].name) == 0)
			return commands[i].run(argc - 1, argv + 1);
	fprintf(stderr,
		"k8snet-service-proxy: unknown command \"%s\"\n"
		"Try k8snet-service-proxy --help\n",
		argv[1]);
	return PROXY_USAGE;
}
