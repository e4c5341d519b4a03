/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* One call of a plugin, from its input to its output. */
#include "cni/run.h"

#include <errno.h>
#include <string.h>

#include "base/strbuf.h"
#include "cni/request.h"
#include "cni/result.h"

static int print_about(const struct k8snet_cni_ops *ops, char **output)
{
	_cleanup_strbuf_ struct strbuf text = {0};

	strbuf_printf(&text, "%s\nCNI protocol versions supported: ",
		      ops->about ? ops->about : "CNI plugin, made with libk8snet");
	cni_versions_print(ops->versions, "", ", ", &text);
	strbuf_add(&text, "\n");
	return strbuf_finish(&text, output);
}

/* The cniVersion of the input as it is there; NULL: it has none. */
static int find_asked(const struct cni_call *call, struct arena *arena, const char **out)
{
	const struct json *config = NULL, *version;
	char error[256];
	int r = 0;

	*out = NULL;
	if (call->input_error)
		return 0;
	r = cni_read_json(arena, call->config, call->length, &config, error, sizeof(error));
	version = r == 0 ? json_get(config, "cniVersion") : NULL;
	if (version && version->type == JSON_STRING && strlen(version->string) == version->length)
		*out = version->string;
	return r == -ENOMEM ? r : 0;
}

/* Answered whatever the input is: it is how a runtime finds out what it may ask. */
static int print_version(const struct cni_call *call, char **output)
{
	_cleanup_(arena_done) struct arena arena = {0};
	_cleanup_strbuf_ struct strbuf text = {0};
	const char *asked;
	int r = find_asked(call, &arena, &asked);

	if (r < 0)
		return r;
	if (!asked || !cni_version_is_text(asked))
		asked = cni_version_name(cni_versions_highest(call->ops->versions));
	strbuf_printf(&text, "{\"cniVersion\":\"%s\",\"supportedVersions\":[", asked);
	cni_versions_print(call->ops->versions, "\"", ",", &text);
	strbuf_add(&text, "]}\n");
	return strbuf_finish(&text, output);
}

/* What an error is said in that was found before the version was. */
static enum cni_version find_version(const struct cni_call *call)
{
	_cleanup_(arena_done) struct arena arena = {0};
	enum cni_version version = CNI_UNKNOWN;
	const char *asked;

	if (find_asked(call, &arena, &asked) == 0 && asked)
		version = cni_version_parse(asked);
	if (!cni_versions_has(call->ops->versions, version))
		version = cni_versions_highest(call->ops->versions);
	return version;
}

static int print_error(const struct k8snet_cni_request *request, const struct cni_call *call,
		       char **output)
{
	_cleanup_strbuf_ struct strbuf text = {0};
	enum cni_version version = request->version;

	if (version == CNI_UNKNOWN)
		version = find_version(call);
	strbuf_printf(&text,
		      "{\"cniVersion\":\"%s\",\"code\":%u,\"msg\":", cni_version_name(version),
		      request->error.code);
	strbuf_add_json(&text, k8snet_cni_request_get_error_message(request));
	if (request->error.details) {
		strbuf_add(&text, ",\"details\":");
		strbuf_add_json(&text, request->error.details);
	}
	strbuf_add(&text, "}\n");
	return strbuf_finish(&text, output);
}

static int find_command(struct k8snet_cni_request *request, const char *name)
{
	const char *known;

	for (int i = 0; (known = k8snet_cni_command_get_name((enum k8snet_cni_command)i)); i++) {
		if (strcmp(known, name) != 0)
			continue;
		request->command = (enum k8snet_cni_command)i;
		return 0;
	}
	return k8snet_cni_request_fail(request, K8SNET_CNI_ERROR_ENVIRONMENT, NULL,
				       "CNI_COMMAND: \"%s\" is not a command",
				       printable(name, strlen(name)).text);
}

static bool uses_netns(struct k8snet_cni_request *request, const struct cni_call *call)
{
	bool uses = !call->ops->uses_netns || call->ops->uses_netns(request, call->data);

	k8snet_cni_request_clear_error(request);
	return uses;
}

static int read_request(struct k8snet_cni_request *request, const struct cni_call *call)
{
	int r = cni_request_read_environment(request);

	if (r < 0)
		return r;
	if (call->input_error)
		return k8snet_cni_request_fail(
			request, K8SNET_CNI_ERROR_IO, NULL, "standard input: %s",
			call->input_error == E2BIG ? "is too long" : strerror(call->input_error));
	r = cni_request_read_config(request, call->config, call->length);
	if (r < 0 || !uses_netns(request, call))
		return r;
	return cni_request_check_netns(request, call->checks_netns);
}

/* Who hears of no result must have nothing. */
static void undo_add(struct k8snet_cni_request *request, struct k8snet_cni_result *result,
		     const struct cni_call *call)
{
	struct k8snet_cni_result *prev = request->prev_result;

	if (!call->ops->del)
		return;
	request->command = K8SNET_CNI_DEL;
	request->prev_result = result;
	(void)call->ops->del(request, call->data);
	request->prev_result = prev;
	request->command = K8SNET_CNI_ADD;
	k8snet_cni_request_clear_error(request);
}

static int run_add(struct k8snet_cni_request *request, const struct cni_call *call, char **output)
{
	struct k8snet_cni_result *result = NULL;
	int r = k8snet_cni_result_new(&result, request->ctx);

	if (r == 0 && request->prev_result)
		r = k8snet_cni_result_append(result, request->prev_result);
	if (r == 0 && call->ops->add)
		r = call->ops->add(request, result, call->data);
	if (r >= 0) {
		r = cni_result_print(result, request->version, output);
		if (r < 0)
			undo_add(request, result, call);
	}
	k8snet_cni_result_unref(result);
	return r;
}

static int run_operation(struct k8snet_cni_request *request, const struct cni_call *call,
			 char **output)
{
	const struct k8snet_cni_ops *ops = call->ops;
	int (*const operations[])(struct k8snet_cni_request *, void *) = {
		[K8SNET_CNI_DEL] = ops->del,
		[K8SNET_CNI_CHECK] = ops->check,
		[K8SNET_CNI_STATUS] = ops->status,
		[K8SNET_CNI_GC] = ops->gc,
	};
	_cleanup_strbuf_ struct strbuf nothing = {0};
	int r;

	if (request->command == K8SNET_CNI_ADD)
		return run_add(request, call, output);
	r = operations[request->command] ? operations[request->command](request, call->data) : 0;
	return r < 0 ? r : strbuf_finish(&nothing, output);
}

/* The exit status, or -ENOMEM when not even that could be said. */
static int serve(struct k8snet_cni_request *request, const struct cni_call *call,
		 const char *command, char **output)
{
	int r = find_command(request, command);

	if (r == 0 && request->command == K8SNET_CNI_VERSION) {
		r = print_version(call, output);
		return r < 0 ? r : 0;
	}
	if (r == 0)
		r = read_request(request, call);
	if (r == 0)
		r = run_operation(request, call, output);
	if (r >= 0)
		return 0;
	cni_request_adopt_error(request, r);
	r = print_error(request, call, output);
	return r < 0 ? r : 1;
}

/* Of a program that was built with another version of the header. */
static int copy_ops(struct k8snet_cni_ops *out, const struct k8snet_cni_ops *ops)
{
	const unsigned char *bytes = (const unsigned char *)ops;

	if (ops->size < offsetof(struct k8snet_cni_ops, uses_netns))
		return -EINVAL;
	for (size_t i = sizeof(*out); i < ops->size; i++)
		if (bytes[i])
			return -EINVAL;
	*out = (struct k8snet_cni_ops){0};
	memcpy(out, ops, ops->size < sizeof(*out) ? ops->size : sizeof(*out));
	return 0;
}

int cni_run(const struct cni_call *given, char **output, bool *is_about)
{
	const char *command = cni_environment_get(given->environment, "CNI_COMMAND");
	struct k8snet_cni_request request;
	struct cni_call call = *given;
	struct k8snet_cni_ops ops;
	int r = copy_ops(&ops, given->ops);

	*is_about = false;
	if (r < 0)
		return r;
	call.ops = &ops;
	if (!command[0]) {
		r = print_about(&ops, output);
		*is_about = r == 0;
		return r;
	}
	r = cni_request_init(&request, &ops, call.environment);
	if (r == 0)
		r = serve(&request, &call, command, output);
	cni_request_done(&request);
	return r;
}

K8SNET_EXPORT int k8snet_cni_run(const struct k8snet_cni_ops *ops, void *data,
				 const char *const *environment, const char *config, size_t length,
				 char **output, bool *is_about)
{
	const struct cni_call call = {.ops = ops,
				      .data = data,
				      .environment = environment,
				      .config = config,
				      .length = length};
	bool unused;

	return cni_run(&call, output, is_about ? is_about : &unused);
}
