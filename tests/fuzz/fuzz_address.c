/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What parses, formats to text that parses to the same; the kernel's C library agrees. */
#include <arpa/inet.h>
#include <k8snet/k8snet.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_address(const char *text)
{
	struct k8snet_address first, second;
	char buffer[K8SNET_ADDRESS_TEXT_SIZE];
	uint8_t raw[16];

	if (k8snet_address_parse(&first, text) < 0)
		return;
	if (k8snet_address_parse(&second, k8snet_address_format(&first, buffer, sizeof(buffer))))
		abort();
	if (!k8snet_address_is_equal(&first, &second))
		abort();
	if (first.family == 4 && strchr(text, ':') == NULL &&
	    (inet_pton(AF_INET, text, raw) != 1 || memcmp(raw, first.bytes, 4) != 0))
		abort();
	if (first.family == 6 &&
	    (inet_pton(AF_INET6, text, raw) != 1 || memcmp(raw, first.bytes, 16) != 0))
		abort();
}

static void check_prefix(const char *text)
{
	struct k8snet_prefix first, second;
	char buffer[K8SNET_ADDRESS_TEXT_SIZE];

	if (k8snet_prefix_parse(&first, text) < 0)
		return;
	if (k8snet_prefix_parse(&second, k8snet_prefix_format(&first, buffer, sizeof(buffer))))
		abort();
	if (first.length != second.length || !k8snet_prefix_has_address(&first, &first.address))
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = malloc(size + 1);

	if (!text)
		return 0;
	memcpy(text, data, size);
	text[size] = '\0';
	check_address(text);
	check_prefix(text);
	free(text);
	return 0;
}
