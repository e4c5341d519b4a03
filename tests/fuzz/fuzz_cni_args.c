/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Any environment: what reaches an operation keeps the rules of the specification.
 * The input is CNI_ARGS, CNI_CONTAINERID, CNI_IFNAME and CNI_NETNS, with NULs between.
 */
#include <ctype.h>
#include <k8snet/cni.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void demand(bool is_so)
{
	if (!is_so)
		abort();
}

static int add(struct k8snet_cni_request *request, struct k8snet_cni_result *result, void *data)
{
	const char *id = k8snet_cni_request_get_container_id(request);
	const char *name = k8snet_cni_request_get_ifname(request);
	const char *netns = k8snet_cni_request_get_netns(request);

	(void)result;
	(void)data;
	demand(isalnum((unsigned char)id[0]) && !strchr(id, '/') && !strstr(id, "/.."));
	demand(name[0] && strlen(name) < 16 && !strpbrk(name, "/: \t\n\r\v\f"));
	demand(strcmp(name, ".") != 0 && strcmp(name, "..") != 0);
	demand(netns[0] == '/' && !strstr(netns, "/../") && !strchr(netns, '\n'));
	for (const char *p = name; *p; p++)
		demand((unsigned char)*p >= 0x20 && *p != 0x7f);
	k8snet_cni_request_get_arg(request, "IP");
	k8snet_cni_request_get_arg(request, "");
	return 0;
}

/* "NAME=" and the bytes up to the next NUL, which are taken off. */
static char *variable(const char *name, const uint8_t **data, size_t *size)
{
	const uint8_t *end = *size ? memchr(*data, 0, *size) : NULL;
	size_t length = end ? (size_t)(end - *data) : *size;
	char *text = malloc(strlen(name) + length + 1);

	demand(text != NULL);
	strcpy(text, name);
	if (length)
		memcpy(text + strlen(name), *data, length);
	text[strlen(name) + length] = '\0';
	length += end != NULL;
	*data += length;
	*size -= length;
	return text;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char config[] = "{\"cniVersion\":\"1.0.0\",\"name\":\"n\"}";
	static const char *const known[] = {"IP", "K8S_POD_NAME", NULL};
	const struct k8snet_cni_ops ops = {
		.size = sizeof(ops), .add = add, .args = size % 2 ? known : NULL};
	char *args = variable("CNI_ARGS=", &data, &size);
	char *id = variable("CNI_CONTAINERID=", &data, &size);
	char *name = variable("CNI_IFNAME=", &data, &size);
	char *netns = variable("CNI_NETNS=", &data, &size);
	const char *environment[] = {"CNI_COMMAND=ADD", args, id, name, netns, NULL};
	char *output = NULL;
	int status = k8snet_cni_run(&ops, NULL, environment, config, strlen(config), &output, NULL);

	demand(status == 0 || (status == 1 && strstr(output, "\"code\":4,")));
	free(output);
	free(args);
	free(id);
	free(name);
	free(netns);
	return 0;
}
