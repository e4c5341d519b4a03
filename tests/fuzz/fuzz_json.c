/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Any text is read as values or refused at a place in it. A value printed and read again is
 * the same, and so is one that is read from the span that it names, and a copy.
 */
#include <k8snet/k8snet.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static char *print(const struct k8snet_json *value)
{
	char *text = NULL;

	if (k8snet_json_print(value, &text) < 0)
		abort();
	return text;
}

static void expect_same(struct k8snet_json_document *document, const char *text, size_t length,
			const char *expected)
{
	const struct k8snet_json *again;
	char *printed;

	if (k8snet_json_document_parse(document, text, length, &again) < 0)
		abort();
	printed = print(again);
	if (strcmp(printed, expected) != 0)
		abort();
	free(printed);
}

static void check_value(struct k8snet_json_document *other, const struct k8snet_json *value,
			const char *data, size_t size)
{
	struct k8snet_json *copy;
	char *printed = print(value), *copied;
	const char *text;
	size_t length;

	expect_same(other, printed, strlen(printed), printed);
	if (k8snet_json_get_span(value, &text, &length) < 0 || text < data ||
	    length > size - (size_t)(text - data))
		abort();
	expect_same(other, text, length, printed);
	if (k8snet_json_add_copy(other, NULL, NULL, value, &copy) < 0)
		abort();
	copied = print(copy);
	if (strcmp(copied, printed) != 0)
		abort();
	free(copied);
	free(printed);
	k8snet_json_document_clear(other);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct k8snet_json_document *document = NULL, *other = NULL;
	const struct k8snet_json *value, *child;
	struct k8snet_ctx *ctx = NULL;
	int r;

	if (k8snet_ctx_new(&ctx, NULL) < 0 || k8snet_json_document_new(&document, ctx) < 0 ||
	    k8snet_json_document_new(&other, ctx) < 0)
		abort();
	k8snet_json_document_set_text(document, (const char *)data, size);
	while ((r = k8snet_json_document_read(document, &value)) > 0) {
		check_value(other, value, (const char *)data, size);
		for (child = NULL; (child = k8snet_json_next(value, child));)
			check_value(other, child, (const char *)data, size);
	}
	if (r < 0 && (!k8snet_json_document_get_line(document) ||
		      !k8snet_json_document_get_error(document)[0]))
		abort();
	k8snet_json_document_unref(other);
	k8snet_json_document_unref(document);
	k8snet_ctx_unref(ctx);
	return 0;
}
