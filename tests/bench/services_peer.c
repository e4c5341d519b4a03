/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "services.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "bench.h"

static const char *find_generator(void)
{
	static char path[512];
	const char *directory = getenv("K8SNET_PEERS"), *source = getenv("top_srcdir");

	if (directory)
		snprintf(path, sizeof(path), "%s/kube_proxy_ruleset.py", directory);
	else
		snprintf(path, sizeof(path), "%s/../shared/peers/kube_proxy_ruleset.py",
			 source ? source : ".");
	return access(path, R_OK) == 0 ? path : NULL;
}

bool peer_is_there(void)
{
	return find_generator() != NULL;
}

double peer_run(const struct bench_cluster *c, unsigned int n_services, const char *arguments)
{
	char command[1024];
	double us;
	/* Inherited by what is run; of a killed benchmark nothing stays. */
	int fd = memfd_create("kube-proxy.nft", 0);

	if (fd < 0)
		return -1;
	snprintf(command, sizeof(command),
		 "/usr/bin/python3 '%s' %u %u --layout map --nodeport-every 10 %s %s "
		 "> /proc/self/fd/%d",
		 find_generator(), n_services, c->n_endpoints,
		 c->has_affinity ? "--affinity-every 10" : "", arguments, fd);
	us = bench_run(command);
	snprintf(command, sizeof(command), "timeout %d nft -f /proc/self/fd/%d", PEER_SECONDS, fd);
	if (us >= 0)
		us = bench_run(command);
	close(fd);
	return us;
}
