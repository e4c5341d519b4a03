/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef TESTS_CNI_FIXTURE_H
#define TESTS_CNI_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <k8snet/cni.h>
#include <k8snet/context.h>

/* A runtime's environment; NULL: not set. */
struct cni_env {
	const char *command, *container, *netns, *ifname, *args, *path;
};

#define ATTACHMENT .container = "c1", .netns = "/run/netns/c1", .ifname = "eth0", .path = "/opt/cni"

struct cni_outcome {
	int status;
	char *output;
	bool is_about;
};

static inline size_t cni_env_add(char *to, size_t size, const char **slot, const char *name,
				 const char *value)
{
	if (!value)
		return 0;
	snprintf(to, size, "%s=%s", name, value);
	*slot = to;
	return strlen(to) + 1;
}

static inline struct cni_outcome cni_call_length(const struct k8snet_cni_ops *ops, void *data,
						 const struct cni_env *env, const char *config,
						 size_t length)
{
	const char *const names[] = {"CNI_COMMAND", "CNI_CONTAINERID", "CNI_NETNS",
				     "CNI_IFNAME",  "CNI_ARGS",	       "CNI_PATH"};
	const char *const values[] = {env->command, env->container, env->netns,
				      env->ifname,  env->args,	    env->path};
	const char *environment[8] = {"HOME=/root"};
	struct cni_outcome outcome = {0};
	static char text[262144];
	size_t used = 0, n = 1;

	for (size_t i = 0; i < 6; i++) {
		if (!values[i])
			continue;
		used += cni_env_add(text + used, sizeof(text) - used, &environment[n++], names[i],
				    values[i]);
	}
	outcome.status = k8snet_cni_run(ops, data, environment, config, length, &outcome.output,
					&outcome.is_about);
	return outcome;
}

static inline struct cni_outcome cni_call(const struct k8snet_cni_ops *ops, void *data,
					  const struct cni_env *env, const char *config)
{
	return cni_call_length(ops, data, env, config, strlen(config));
}

/* The call ends so, and says exactly this. */
static inline void cni_expect(const struct k8snet_cni_ops *ops, void *data,
			      const struct cni_env *env, const char *config, int status,
			      const char *output)
{
	struct cni_outcome outcome = cni_call(ops, data, env, config);

	if (outcome.status != status || !outcome.output || strcmp(outcome.output, output) != 0)
		print_error("%s, %s\ngot %d %s\nwant %d %s\n", env->command, config, outcome.status,
			    outcome.output, status, output);
	assert_int_equal(outcome.status, status);
	assert_string_equal(outcome.output, output);
	free(outcome.output);
}

/* The call fails with this code, and its message has this text in it. */
static inline void cni_expect_error(const struct k8snet_cni_ops *ops, void *data,
				    const struct cni_env *env, const char *config,
				    unsigned int code, const char *message)
{
	struct cni_outcome outcome = cni_call(ops, data, env, config);
	char want[32];
	bool is_good;

	snprintf(want, sizeof(want), "\"code\":%u,\"msg\":", code);
	is_good = outcome.status == 1 && outcome.output && strstr(outcome.output, want) &&
		  strstr(outcome.output, message);
	if (!is_good)
		print_error("%s, %s\ngot %d %s\nwant %s \"%s\"\n", env->command, config,
			    outcome.status, outcome.output, want, message);
	assert_true(is_good);
	free(outcome.output);
}

#endif
