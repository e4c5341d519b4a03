/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Each allocation of reading and making JSON fails in turn. */
#include "unit.h"

#include "oom.h"

static const char text[] = "{\"a\":[1,2.5,\"x\\u00e9\",null],\"b\":{\"c\":true}}";

static int make(struct k8snet_json_document *document, const struct k8snet_json *read, char **out)
{
	struct k8snet_json *root, *list;
	int r = k8snet_json_add_object(document, NULL, NULL, &root);

	if (r == 0)
		r = k8snet_json_add_array(document, root, "list", &list);
	if (r == 0)
		r = k8snet_json_add_number(document, list, NULL, "1.5", NULL);
	if (r == 0)
		r = k8snet_json_add_string(document, root, "text", "x", 1, NULL);
	if (r == 0)
		r = k8snet_json_add_copy(document, root, "read", read, NULL);
	return r < 0 ? r : k8snet_json_print(root, out);
}

static int read_and_make(struct k8snet_ctx *ctx, char **out)
{
	struct k8snet_json_document *document;
	const struct k8snet_json *value;
	int r = k8snet_json_document_new(&document, ctx);

	if (r < 0)
		return r;
	r = k8snet_json_document_set_lazy(document, "none");
	if (r == 0)
		r = k8snet_json_document_parse(document, text, sizeof(text) - 1, &value);
	if (r == 0)
		r = make(document, value, out);
	k8snet_json_document_unref(document);
	return r;
}

static void each_allocation_fails(void **state)
{
	struct k8snet_ctx *ctx = NULL;
	bool failed = true;
	long n, live;
	(void)state;

	assert_int_equal(k8snet_ctx_new(&ctx, NULL), 0);
	live = oom_live();
	for (n = 0; failed; n++) {
		char *printed = NULL;
		int r;

		oom_arm(n);
		r = read_and_make(ctx, &printed);
		failed = oom_disarm();
		assert_int_equal(r, failed ? -ENOMEM : 0);
		if (!failed)
			assert_string_equal(printed,
					    "{\"list\":[1.5],\"text\":\"x\",\"read\":{\"a\":[1,2.5,"
					    "\"x\xc3\xa9\",null],\"b\":{\"c\":true}}}");
		free(printed);
		assert_true(oom_live() <= live + 1); /* the error's text */
	}
	assert_true(n > 8);
	k8snet_ctx_unref(ctx);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(each_allocation_fails)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
