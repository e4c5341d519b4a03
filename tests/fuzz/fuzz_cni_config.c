/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Any text on a plugin's standard input is answered by one JSON object on its standard
 * output, or by nothing, whatever the command. The first byte chooses the command.
 */
#include <k8snet/cni.h>
#include <k8snet/context.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What is printed is one line that is JSON. */
static void check_json(const char *text)
{
	struct k8snet_ctx *ctx = NULL;
	struct k8snet_cni_result *result = NULL;
	const char *end = strchr(text, '\n');

	if (!end || end[1] || k8snet_ctx_new(&ctx, NULL) < 0 ||
	    k8snet_cni_result_new_from_json(&result, ctx, text, strlen(text)) < 0)
		abort();
	k8snet_cni_result_unref(result);
	k8snet_ctx_unref(ctx);
}

static void walk(struct k8snet_cni_request *request, const struct k8snet_json *parent)
{
	const struct k8snet_json *value = NULL;
	struct k8snet_prefix prefix;
	size_t n = 0;

	while ((value = k8snet_json_next(parent, value))) {
		const char *key = k8snet_json_get_key(value), *text = NULL;

		if (key && k8snet_json_get_type(value) != K8SNET_JSON_NULL &&
		    k8snet_json_get_any_case(parent, key) != value)
			abort();
		if (key) {
			k8snet_cni_request_read_string(request, parent, key, &text);
			k8snet_cni_request_read_prefix(request, parent, key, &prefix);
		}
		k8snet_cni_request_read_string(
			request, NULL,
			k8snet_json_get_string(value) ? k8snet_json_get_string(value) : "a[0].b",
			&text);
		k8snet_cni_request_refuse(request, value, "no");
		walk(request, value);
		n++;
	}
	if (n != k8snet_json_count(parent))
		abort();
}

static int use(struct k8snet_cni_request *request, void *data)
{
	const struct k8snet_json *config = k8snet_cni_request_get_config(request);
	const struct k8snet_cni_attachment *a = NULL;
	char *text = NULL;

	(void)data;
	walk(request, config);
	k8snet_cni_request_clear_error(request);
	while ((a = k8snet_cni_request_next_attachment(request, a)))
		if (!k8snet_cni_request_has_attachment(request,
						       k8snet_cni_attachment_get_container_id(a),
						       k8snet_cni_attachment_get_ifname(a)))
			abort();
	if (k8snet_json_print(config, &text) < 0)
		abort();
	free(text);
	/* There is no CNI_PATH: nothing is run. */
	return k8snet_cni_request_delegate_ipam(request, K8SNET_CNI_DEL, NULL);
}

static int add(struct k8snet_cni_request *request, struct k8snet_cni_result *result, void *data)
{
	(void)data;
	return k8snet_cni_request_read_dns(request, result);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const commands[] = {"CNI_COMMAND=ADD",    "CNI_COMMAND=DEL",
					       "CNI_COMMAND=CHECK",  "CNI_COMMAND=GC",
					       "CNI_COMMAND=STATUS", "CNI_COMMAND=VERSION"};
	const char *environment[] = {size ? commands[data[0] % 6] : commands[0],
				     "CNI_CONTAINERID=c", "CNI_NETNS=/run/netns/c",
				     "CNI_IFNAME=eth0", NULL};
	const struct k8snet_cni_ops ops = {.size = sizeof(ops),
					   .add = add,
					   .del = use,
					   .check = use,
					   .status = use,
					   .gc = use};
	char *output = NULL;
	int status = k8snet_cni_run(&ops, NULL, environment, (const char *)data + (size ? 1 : 0),
				    size ? size - 1 : 0, &output, NULL);

	if (status != 0 && status != 1)
		abort();
	/* VERSION echoes versions that are yet to come. */
	if (output[0] && (!size || data[0] % 6 != 5))
		check_json(output);
	if (!output[0] && status)
		abort();
	free(output);
	return 0;
}
