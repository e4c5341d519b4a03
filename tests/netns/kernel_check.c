/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "kernel_check.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int n_failed;

void report(bool is_ok, const char *name, const char *detail)
{
	printf("%s %s\n", is_ok ? "ok" : "not ok", name);
	if (!is_ok && detail)
		printf("  %s\n", detail);
	fflush(stdout);
	n_failed += !is_ok;
}

static const char *run_command(const char *command)
{
	static char outputs[2][1024 * 1024];
	static unsigned int turn;
	char *output = outputs[turn++ % 2];
	FILE *pipe = popen(command, "r");
	size_t n;

	output[0] = 0;
	if (!pipe)
		return output;
	n = fread(output, 1, sizeof(outputs[0]) - 1, pipe);
	output[n] = 0;
	if (pclose(pipe))
		output[0] = 0;
	return output;
}

const char *run(const char *format, ...)
{
	char command[4096];
	va_list args;

	va_start(args, format);
	vsnprintf(command, sizeof(command), format, args);
	va_end(args);
	return run_command(command);
}

static void check_text(bool is_expected, const char *text, const char *command)
{
	const char *output = run_command(command);
	bool found = strstr(output, text) != NULL;
	char name[8192];

	snprintf(name, sizeof(name), "%s \"%s\": %s", is_expected ? "has" : "lacks", text, command);
	report(found == is_expected, name, output);
}

void expect(const char *text, const char *format, ...)
{
	char command[4096];
	va_list args;

	va_start(args, format);
	vsnprintf(command, sizeof(command), format, args);
	va_end(args);
	check_text(true, text, command);
}

void expect_not(const char *text, const char *format, ...)
{
	char command[4096];
	va_list args;

	va_start(args, format);
	vsnprintf(command, sizeof(command), format, args);
	va_end(args);
	check_text(false, text, command);
}

struct k8snet_kernel *open_kernel(struct k8snet_ctx *ctx, const char *netns)
{
	const struct k8snet_kernel_options options = {.size = sizeof(options), .netns = netns};
	struct k8snet_kernel *kernel = NULL;

	if (k8snet_kernel_open(&kernel, ctx, &options) == 0)
		return kernel;
	fprintf(stderr, "%s\n", k8snet_error_get_message(k8snet_ctx_get_error(ctx)));
	exit(1);
}

int execute(struct k8snet_kernel *kernel, struct k8snet_op *ops, size_t count)
{
	return kernel->ops->execute(kernel, ops, count, 0x4000, NULL);
}

int execute_kobj(struct k8snet_kernel *kernel, int verb, const struct kobj *kobj,
		 unsigned int changes)
{
	struct k8snet_op op = {
		.verb = (uint8_t)verb,
		.target = OP_KOBJ,
		.layer = K8SNET_LAYER_POD,
		.object = "pod test/one",
		.changes = (uint16_t)changes,
		.kobj = kobj,
	};

	return execute(kernel, &op, 1);
}

const char *last_message(const struct k8snet_kernel *kernel)
{
	const struct k8snet_error *error = k8snet_ctx_get_error(kernel->ctx);

	return error ? k8snet_error_get_message(error) : "";
}

static int look(struct k8snet_kernel *kernel, struct observe_request *request, struct state *state)
{
	int r;

	state_init(state);
	r = kernel->ops->observe(kernel, request, state);
	observe_request_done(request);
	return r;
}

int observe_everything(struct k8snet_kernel *kernel, const char *pod_netns, struct state *state)
{
	struct observe_request request = {.all = true};

	if (pod_netns)
		*vec_push(&request.netns) = pod_netns;
	return look(kernel, &request, state);
}

int observe_named_link(struct k8snet_kernel *kernel, const char *link, struct state *state)
{
	struct observe_request request = {0};

	*vec_push(&request.links) = link;
	return look(kernel, &request, state);
}

bool is_seen(const struct state *state, const struct kobj *kobj)
{
	const struct state_kobj *found = state_find_kobj(state, kobj);

	return found && kobj_is_as_wanted(&found->kobj, kobj);
}

struct k8snet_address ip(const char *text)
{
	struct k8snet_address address;

	if (k8snet_address_parse(&address, text) < 0)
		abort();
	return address;
}

struct k8snet_prefix net(const char *text)
{
	struct k8snet_prefix prefix;

	if (k8snet_prefix_parse(&prefix, text) < 0)
		abort();
	return prefix;
}
