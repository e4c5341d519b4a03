/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>

#include "base/netns.h"
#include "base/strbuf.h"
#include "cni/request.h"

const char *cni_environment_get(const char *const *environment, const char *name)
{
	size_t length = strlen(name);

	/* There may be none, after clearenv(). */
	for (; environment && *environment; environment++)
		if (!strncmp(*environment, name, length) && (*environment)[length] == '=')
			return *environment + length + 1;
	return "";
}

/* Which commands need a variable, and the rule for its value; that of the namespace is
 * looked at when it is known whether it is used. */
static const struct variable {
	const char *name;
	unsigned int required, optional; /* masks of commands */
	const char *(*check)(const char *text);
	size_t offset; /* in the request */
} variables[] = {
	{"CNI_CONTAINERID", 1 << K8SNET_CNI_ADD | 1 << K8SNET_CNI_DEL | 1 << K8SNET_CNI_CHECK, 0,
	 cni_check_id, offsetof(struct k8snet_cni_request, container_id)},
	{"CNI_NETNS", 1 << K8SNET_CNI_ADD | 1 << K8SNET_CNI_CHECK, 1 << K8SNET_CNI_DEL, NULL,
	 offsetof(struct k8snet_cni_request, netns)},
	{"CNI_IFNAME", 1 << K8SNET_CNI_ADD | 1 << K8SNET_CNI_DEL | 1 << K8SNET_CNI_CHECK, 0,
	 cni_check_ifname, offsetof(struct k8snet_cni_request, ifname)},
};

static int fail_variable(struct k8snet_cni_request *request, const char *name, const char *value,
			 const char *what)
{
	return k8snet_cni_request_fail(request, K8SNET_CNI_ERROR_ENVIRONMENT, NULL, "%s: \"%s\" %s",
				       name, printable(value, strlen(value)).text, what);
}

static int check_missing(struct k8snet_cni_request *request)
{
	_cleanup_strbuf_ struct strbuf missing = {0};

	for (size_t i = 0; i < ARRAY_SIZE(variables); i++)
		if (variables[i].required >> request->command & 1 &&
		    !cni_environment_get(request->environment, variables[i].name)[0])
			strbuf_printf(&missing, "%s%s", missing.length ? "," : "",
				      variables[i].name);
	if (missing.error)
		return cni_request_no_memory(request);
	if (!missing.length)
		return 0;
	return k8snet_cni_request_fail(request, K8SNET_CNI_ERROR_ENVIRONMENT, NULL,
				       "required environment variables [%s] missing", missing.text);
}

static int read_variable(struct k8snet_cni_request *request, const struct variable *variable)
{
	const char *value = cni_environment_get(request->environment, variable->name), *what;

	if (!((variable->required | variable->optional) >> request->command & 1) || !value[0])
		return 0;
	what = variable->check ? variable->check(value) : NULL;
	if (what)
		return fail_variable(request, variable->name, value, what);
	*(const char **)((char *)request + variable->offset) = value;
	return 0;
}

/* --- CNI_ARGS ------------------------------------------------------------------ */

static int fail_args(struct k8snet_cni_request *request, const char *pair, const char *what)
{
	return fail_variable(request, "CNI_ARGS", pair, what);
}

/* Go's rule for a boolean; -1: neither. */
static int parse_boolean(const char *text)
{
	if (!strcmp(text, "1") || !strcasecmp(text, "true"))
		return 1;
	return !strcmp(text, "0") || !strcasecmp(text, "false") ? 0 : -1;
}

static int add_arg(struct k8snet_cni_request *request, char *pair)
{
	char *equals = strchr(pair, '=');
	struct cni_arg *arg;

	if (!equals || equals == pair)
		return request->ops->args ? fail_args(request, pair, "is not KEY=VALUE") : 0;
	arg = vec_push(&request->args);
	if (!arg)
		return cni_request_no_memory(request);
	*equals = '\0';
	*arg = (struct cni_arg){.key = pair, .value = equals + 1};
	return 0;
}

static bool is_known(const char *const *known, const char *key)
{
	for (; *known; known++)
		if (!strcmp(*known, key))
			return true;
	return !strcmp(key, "IgnoreUnknown");
}

static int check_args(struct k8snet_cni_request *request)
{
	const char *ignore = k8snet_cni_request_get_arg(request, "IgnoreUnknown");
	int ignores = ignore ? parse_boolean(ignore) : 0;
	const struct cni_arg *arg;

	if (!request->ops->args)
		return 0;
	if (ignores < 0)
		return fail_args(request, ignore, "is not a value of IgnoreUnknown");
	if (ignores)
		return 0;
	vec_foreach (&request->args, arg)
		if (!is_known(request->ops->args, arg->key))
			return fail_args(request, arg->key, "is not a key that is known");
	return 0;
}

static int read_args(struct k8snet_cni_request *request)
{
	const char *value = cni_environment_get(request->environment, "CNI_ARGS");
	char *copy = arena_strdup(&request->arena, value), *pair;
	int r;

	if (!copy)
		return cni_request_no_memory(request);
	while ((pair = strsep(&copy, ";"))) {
		r = pair[0] ? add_arg(request, pair) : 0;
		if (r < 0)
			return r;
	}
	return check_args(request);
}

int cni_request_read_environment(struct k8snet_cni_request *request)
{
	int r = check_missing(request);

	for (size_t i = 0; i < ARRAY_SIZE(variables) && r == 0; i++)
		r = read_variable(request, &variables[i]);
	request->path = cni_environment_get(request->environment, "CNI_PATH");
	return r == 0 ? read_args(request) : r;
}

/* --- the namespace itself -------------------------------------------------------- */

static bool is_own(int fd)
{
	struct stat own, st;

	return stat("/proc/thread-self/ns/net", &own) == 0 && fstat(fd, &st) == 0 &&
	       own.st_dev == st.st_dev && own.st_ino == st.st_ino;
}

static int check_netns(struct k8snet_cni_request *request)
{
	const char *override = cni_environment_get(request->environment, "CNI_NETNS_OVERRIDE");
	bool is_deletion = request->command == K8SNET_CNI_DEL;
	_cleanup_close_ int fd = -1;

	fd = netns_open_fd(request->netns);
	if (fd >= 0 && (parse_boolean(override) == 1 || !is_own(fd)))
		return 0;
	if (is_deletion) {
		request->netns = NULL;
		return 0;
	}
	return fail_variable(request, "CNI_NETNS", request->netns,
			     fd >= 0	     ? "is the network namespace of the plugin itself"
			     : fd == -EINVAL ? "is not a network namespace"
					     : strerror(-fd));
}

int cni_request_check_netns(struct k8snet_cni_request *request, bool looks_at_it)
{
	const char *what = request->netns ? cni_check_netns(request->netns) : NULL;

	if (what && request->command != K8SNET_CNI_DEL)
		return fail_variable(request, "CNI_NETNS", request->netns, what);
	if (what)
		request->netns = NULL;
	return request->netns && looks_at_it ? check_netns(request) : 0;
}
