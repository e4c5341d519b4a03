/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Any text as a prevResult, or as what a delegated plugin says: printed in a version and
 * read again it is the same, and older versions have no more than newer ones.
 */
#include <k8snet/cni.h>
#include <k8snet/context.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char *const versions[] = {"0.1.0", "0.2.0", "0.3.0", "0.3.1",
				       "0.4.0", "1.0.0", "1.1.0"};

static char *print(const struct k8snet_cni_result *result, const char *version)
{
	char *text = NULL;

	if (k8snet_cni_result_print(result, version, &text) < 0)
		abort();
	return text;
}

static void check_version(struct k8snet_ctx *ctx, const struct k8snet_cni_result *result,
			  const char *version, const char *older)
{
	char *text = print(result, version), *again, *direct = print(result, older), *detour;
	struct k8snet_cni_result *copy = NULL;

	if (k8snet_cni_result_new_from_json(&copy, ctx, text, strlen(text)) < 0)
		abort();
	again = print(copy, version);
	detour = print(copy, older);
	if (strcmp(text, again) != 0 || strcmp(direct, detour) != 0)
		abort();
	free(text);
	free(again);
	free(direct);
	free(detour);
	k8snet_cni_result_unref(copy);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct k8snet_cni_result *result = NULL, *copy = NULL;
	struct k8snet_ctx *ctx = NULL;

	if (k8snet_ctx_new(&ctx, NULL) < 0 || k8snet_cni_result_new(&copy, ctx) < 0)
		abort();
	if (k8snet_cni_result_new_from_json(&result, ctx, (const char *)data, size) == 0) {
		if (k8snet_cni_result_append(copy, result) < 0 ||
		    k8snet_cni_result_append(copy, result) < 0 ||
		    k8snet_cni_result_append(copy, copy) < 0)
			abort();
		for (int i = 0; i < 7; i++) {
			check_version(ctx, result, versions[i], versions[i ? i - 1 : 0]);
			check_version(ctx, copy, versions[i], versions[0]);
		}
	}
	k8snet_cni_result_unref(result);
	k8snet_cni_result_unref(copy);
	k8snet_ctx_unref(ctx);
	return 0;
}
