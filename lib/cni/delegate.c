/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* One plugin calls another: the rules of the specification's section on delegation. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "base/strbuf.h"
#include "cni/request.h"
#include "cni/result.h"
#include "cni/spawn.h"

static bool is_executable(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 && S_ISREG(st.st_mode) &&
	       faccessat(AT_FDCWD, path, X_OK, AT_EACCESS) == 0;
}

/* The path of the plugin; empty elements of CNI_PATH are not the current directory. */
static int find_plugin(struct k8snet_cni_request *request, const char *type, struct strbuf *out)
{
	const char *what = cni_check_type(type), *directory = request->path;
	size_t length;

	if (what)
		return k8snet_cni_request_fail(request, K8SNET_CNI_ERROR_CONFIG, NULL,
					       "type: \"%s\" %s",
					       printable(type, strlen(type)).text, what);
	if (!directory[0])
		return k8snet_cni_request_fail(request, K8SNET_CNI_ERROR_ENVIRONMENT, NULL,
					       "required environment variables [CNI_PATH] missing");
	for (; *directory; directory += length + (directory[length] == ':')) {
		length = strcspn(directory, ":");
		if (!length)
			continue;
		strbuf_clear(out);
		strbuf_add_n(out, directory, length);
		strbuf_printf(out, "/%s", type);
		if (out->error)
			return cni_request_no_memory(request);
		if (is_executable(out->text))
			return 0;
	}
	return k8snet_cni_request_fail(request, K8SNET_CNI_ERROR_CONFIG, request->path,
				       "plugin \"%s\" is not in CNI_PATH",
				       printable(type, strlen(type)).text);
}

/* That of the request, with another command. *out is to be freed. */
static int make_environment(struct k8snet_cni_request *request, enum k8snet_cni_command command,
			    char **assignment, char ***out)
{
	static const char name[] = "CNI_COMMAND=";
	_cleanup_strbuf_ struct strbuf text = {0};
	size_t n = 0, used = 0;
	char **copy;

	while (request->environment[n])
		n++;
	copy = calloc(n + 2, sizeof(*copy));
	strbuf_printf(&text, "%s%s", name, k8snet_cni_command_get_name(command));
	if (!copy || strbuf_finish(&text, assignment) < 0) {
		free(copy);
		return cni_request_no_memory(request);
	}
	copy[used++] = *assignment;
	for (size_t i = 0; i < n; i++)
		if (strncmp(request->environment[i], name, strlen(name)) != 0)
			copy[used++] = (char *)request->environment[i];
	*out = copy;
	return 0;
}

/* --- what it said --------------------------------------------------------------------- */

static int fail_status(struct k8snet_cni_request *request, const char *type, int status,
		       const char *output)
{
	const struct printable name = printable(type, strlen(type));

	if (WIFSIGNALED(status))
		return k8snet_cni_request_fail(request, K8SNET_CNI_ERROR_IO, output,
					       "plugin \"%s\" was killed by signal %d", name.text,
					       WTERMSIG(status));
	return k8snet_cni_request_fail(request, K8SNET_CNI_ERROR_INTERNAL, output,
				       "plugin \"%s\" failed with status %d and without an error",
				       name.text, WEXITSTATUS(status));
}

static const char *text_of(const struct json *object, const char *key)
{
	const struct json *value = json_get(object, key);

	return value && value->type == JSON_STRING ? value->string : "";
}

/* Its error becomes ours. */
static int pass_on_error(struct k8snet_cni_request *request, const char *type, int status,
			 const struct strbuf *output)
{
	_cleanup_(arena_done) struct arena arena = {0};
	const struct json *error, *code;
	char what[256];
	int r;

	if (WIFSIGNALED(status))
		return fail_status(request, type, status, output->text);
	r = cni_read_json(&arena, output->text ? output->text : "", output->length, &error, what,
			  sizeof(what));
	if (r == -ENOMEM)
		return cni_request_no_memory(request);
	code = r == 0 ? json_get(error, "code") : NULL;
	if (!code || code->type != JSON_INTEGER || code->integer < 1 ||
	    code->integer > UINT32_MAX || !text_of(error, "msg")[0])
		return fail_status(request, type, status, output->text);
	return k8snet_cni_request_fail(request, (unsigned int)code->integer,
				       text_of(error, "details"), "%s", text_of(error, "msg"));
}

static int read_result(struct k8snet_cni_request *request, const char *type,
		       const struct strbuf *output, struct k8snet_cni_result **out)
{
	const char *text = output->text ? output->text : "";
	const struct k8snet_error *error;
	int r;

	/* No version in it: that of the configuration, as the reference library has it. */
	r = cni_result_new_from_text(out, request->ctx, text, output->length, request->version);
	if (r == 0 || r == -ENOMEM)
		return r == 0 ? 0 : cni_request_no_memory(request);
	error = k8snet_ctx_get_error(request->ctx);
	return k8snet_cni_request_fail(request, K8SNET_CNI_ERROR_DECODE, NULL, "plugin \"%s\": %s",
				       printable(type, strlen(type)).text,
				       k8snet_error_get_message(error));
}

static int finish(struct k8snet_cni_request *request, enum k8snet_cni_command command,
		  const char *type, int status, const struct strbuf *output,
		  struct k8snet_cni_result **out)
{
	struct k8snet_cni_result *result = NULL;
	int r;

	if (!WIFEXITED(status) || WEXITSTATUS(status))
		return pass_on_error(request, type, status, output);
	if (command != K8SNET_CNI_ADD)
		return 0;
	r = read_result(request, type, output, &result);
	if (r < 0 || !out) {
		k8snet_cni_result_unref(result);
		return r;
	}
	*out = result;
	return 0;
}

K8SNET_EXPORT int k8snet_cni_request_delegate(struct k8snet_cni_request *request,
					      enum k8snet_cni_command command, const char *type,
					      const char *config, struct k8snet_cni_result **out)
{
	_cleanup_strbuf_ struct strbuf path = {0}, output = {0};
	_cleanup_free_ char *assignment = NULL;
	_cleanup_free_ char **environment = NULL;
	int r, status = 0;

	if (!k8snet_cni_command_get_name(command))
		return k8snet_cni_request_fail(request, K8SNET_CNI_ERROR_INTERNAL, NULL,
					       "%d is not a command", (int)command);
	if (request->version < cni_command_since(command))
		return 0;
	r = find_plugin(request, type, &path);
	if (r == 0)
		r = make_environment(request, command, &assignment, &environment);
	if (r < 0)
		return r;
	config = config ? config : request->text;
	r = cni_spawn(path.text, environment, config, strlen(config), CNI_TEXT_MAX, &output,
		      &status);
	if (r == -ENOMEM)
		return cni_request_no_memory(request);
	if (r < 0)
		return k8snet_cni_request_fail(
			request, K8SNET_CNI_ERROR_IO, NULL, "plugin %s: %s", path.text,
			r == -E2BIG ? "its output is too long" : strerror(-r));
	return finish(request, command, type, status, &output, out);
}

K8SNET_EXPORT int k8snet_cni_request_delegate_ipam(struct k8snet_cni_request *request,
						   enum k8snet_cni_command command,
						   struct k8snet_cni_result **out)
{
	const char *type = NULL;
	int r = k8snet_cni_request_read_string(request, NULL, "ipam.type", &type);

	if (r == 0 && !type)
		return k8snet_cni_request_fail(request, K8SNET_CNI_ERROR_CONFIG, NULL,
					       "ipam.type: is missing");
	return r == 0 ? k8snet_cni_request_delegate(request, command, type, NULL, out) : r;
}
