/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* JSON as users of the library read and make it. */
#include "unit.h"

struct fixture {
	struct k8snet_ctx *ctx;
	struct k8snet_json_document *document;
};

static int setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	*state = f;
	return k8snet_ctx_new(&f->ctx, NULL) || k8snet_json_document_new(&f->document, f->ctx);
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	k8snet_json_document_unref(f->document);
	k8snet_ctx_unref(f->ctx);
	free(f);
	return 0;
}

static const struct k8snet_json *parse(struct fixture *f, const char *text)
{
	const struct k8snet_json *value = NULL;

	if (k8snet_json_document_parse(f->document, text, strlen(text), &value) < 0)
		fail_msg("%s: %s", text, last_message(f->ctx));
	return value;
}

static void expect_print(const struct k8snet_json *value, const char *expected)
{
	char *text = NULL;

	assert_int_equal(k8snet_json_print(value, &text), 0);
	assert_string_equal(text, expected);
	free(text);
}

static void values_are_asked(void **state)
{
	const struct k8snet_json *root =
		parse(*state, "{\"s\":\"x\",\"z\":\"a\\u0000b\",\"i\":-7,\"n\":1e400,\"b\":true,"
			      "\"null\":null,\"a\":[1,null,[2]],\"o\":{\"A\":1,\"a.b\":2}}");
	size_t length;

	assert_int_equal(k8snet_json_get_type(root), K8SNET_JSON_OBJECT);
	assert_int_equal(k8snet_json_count(root), 8);
	assert_string_equal(k8snet_json_get_string(k8snet_json_get(root, "s")), "x");
	assert_null(k8snet_json_get_string(k8snet_json_get(root, "z")));
	assert_memory_equal(k8snet_json_get_bytes(k8snet_json_get(root, "z"), &length), "a\0b", 4);
	assert_int_equal(length, 3);
	assert_int_equal(k8snet_json_get_integer(k8snet_json_get(root, "i")), -7);
	assert_string_equal(k8snet_json_get_number(k8snet_json_get(root, "i")), "-7");
	assert_int_equal(k8snet_json_get_type(k8snet_json_get(root, "n")), K8SNET_JSON_NUMBER);
	assert_string_equal(k8snet_json_get_number(k8snet_json_get(root, "n")), "1e400");
	assert_true(k8snet_json_get_boolean(k8snet_json_get(root, "b")));
	assert_null(k8snet_json_get(root, "null"));
	assert_null(k8snet_json_get(root, "S"));
	assert_string_equal(k8snet_json_get_string(k8snet_json_get_any_case(root, "S")), "x");
	assert_string_equal(k8snet_json_get_key(k8snet_json_next(root, NULL)), "s");
	assert_int_equal(k8snet_json_get_integer(k8snet_json_find(root, "a[2][0]")), 2);
	assert_int_equal(k8snet_json_get_integer(k8snet_json_find(root, "o.A")), 1);
	assert_null(k8snet_json_find(root, "o.a"));
	assert_null(k8snet_json_find(root, "a[1]"));
	assert_null(k8snet_json_find(root, "a[9]"));
	assert_null(k8snet_json_find(root, "a[x]"));
	assert_null(k8snet_json_find(root, "o..A"));
	assert_int_equal(
		k8snet_json_get_integer(k8snet_json_get_item(k8snet_json_get(root, "a"), 0)), 1);
}

static void nothing_may_be_asked(void **state)
{
	const char *text = "untouched";
	size_t length = 1;
	(void)state;

	assert_int_equal(k8snet_json_get_type(NULL), K8SNET_JSON_NULL);
	assert_null(k8snet_json_get(NULL, "a"));
	assert_null(k8snet_json_get_any_case(NULL, "a"));
	assert_null(k8snet_json_get_item(NULL, 0));
	assert_null(k8snet_json_find(NULL, "a[0]"));
	assert_null(k8snet_json_next(NULL, NULL));
	assert_int_equal(k8snet_json_count(NULL), 0);
	assert_null(k8snet_json_get_key(NULL));
	assert_null(k8snet_json_get_string(NULL));
	assert_int_equal(k8snet_json_get_integer(NULL), 0);
	assert_false(k8snet_json_get_boolean(NULL));
	assert_null(k8snet_json_get_number(NULL));
	assert_int_equal(k8snet_json_get_span(NULL, &text, &length), -ENOENT);
	assert_string_equal(text, "untouched");
	assert_null(k8snet_json_get_bytes(NULL, &length));
	assert_int_equal(length, 0);
	expect_print(NULL, "null");
}

static void expect_span(const struct k8snet_json *value, const char *expected)
{
	const char *text;
	size_t length;

	assert_int_equal(k8snet_json_get_span(value, &text, &length), 0);
	if (length != strlen(expected) || memcmp(text, expected, length) != 0)
		fail_msg("%.*s, not %s", (int)length, text, expected);
}

/* Where a value begins and ends is told to the byte, whatever it is. */
static void values_know_where_they_are(void **state)
{
	const struct k8snet_json *root =
		parse(*state, " { \"a\" : [ 1.5e1 , \"x\\\"}\" , null,true , {} , [ ] ,-2 ] } ");
	const struct k8snet_json *item = NULL;
	static const char *const spans[] = {"1.5e1", "\"x\\\"}\"", "null", "true",
					    "{}",    "[ ]",	   "-2"};

	expect_span(root, "{ \"a\" : [ 1.5e1 , \"x\\\"}\" , null,true , {} , [ ] ,-2 ] }");
	expect_span(k8snet_json_get(root, "a"),
		    "[ 1.5e1 , \"x\\\"}\" , null,true , {} , [ ] ,-2 ]");
	for (size_t i = 0; i < 7; i++) {
		item = k8snet_json_next(k8snet_json_get(root, "a"), item);
		expect_span(item, spans[i]);
	}
}

static void a_lazy_object_is_checked_and_not_built(void **state)
{
	struct fixture *f = *state;
	const struct k8snet_json *event;

	assert_int_equal(k8snet_json_document_set_lazy(f->document, "object"), 0);
	assert_string_equal(k8snet_json_document_get_lazy(f->document), "object");
	event = parse(f, "{\"type\":\"ADDED\",\"object\":{\"kind\":[{\"object\":\"x\"}]},\"z\":1}");
	assert_string_equal(k8snet_json_get_string(k8snet_json_get(event, "type")), "ADDED");
	assert_int_equal(k8snet_json_get_type(k8snet_json_get(event, "object")),
			 K8SNET_JSON_OBJECT);
	assert_int_equal(k8snet_json_count(k8snet_json_get(event, "object")), 0);
	expect_span(k8snet_json_get(event, "object"), "{\"kind\":[{\"object\":\"x\"}]}");
	assert_int_equal(k8snet_json_get_integer(k8snet_json_get(event, "z")), 1);
	assert_int_equal(k8snet_json_document_parse(f->document, "{\"object\":{\"a\":1,\"a\":2}}",
						    24, &event),
			 -EINVAL);
	assert_int_equal(k8snet_json_document_set_lazy(f->document, NULL), 0);
	event = parse(f, "{\"object\":{\"a\":1}}");
	assert_int_equal(k8snet_json_count(k8snet_json_get(event, "object")), 1);
}

static void texts_of_several_values_are_read(void **state)
{
	struct fixture *f = *state;
	const struct k8snet_json *value;
	char text[] = "1 {\"a\":2}\n[3] x";

	k8snet_json_document_set_text(f->document, text, sizeof(text) - 1);
	assert_int_equal(k8snet_json_document_read(f->document, &value), 1);
	assert_int_equal(k8snet_json_get_integer(value), 1);
	assert_int_equal(k8snet_json_document_read(f->document, &value), 1);
	k8snet_json_document_clear(f->document);
	assert_int_equal(k8snet_json_document_read(f->document, &value), 1);
	assert_int_equal(k8snet_json_count(value), 1);
	assert_int_equal(k8snet_json_document_read(f->document, &value), -EINVAL);
	assert_int_equal(k8snet_json_document_get_line(f->document), 2);
	assert_int_equal(k8snet_json_document_get_column(f->document), 5);
	assert_string_equal(k8snet_json_document_get_error(f->document), "expected a JSON value");
	assert_string_equal(last_message(f->ctx), "line 2, column 5: expected a JSON value");
}

static void one_value_is_wanted(void **state)
{
	struct fixture *f = *state;
	const struct k8snet_json *value = (void *)state;
	static const struct {
		const char *text, *message;
	} bad[] = {
		{"", "line 1, column 1: there is no value"},
		{" \n ", "line 2, column 2: there is no value"},
		{"{}\n 5", "line 2, column 2: more than one value"},
		{"{\"a\":1,\"a\":2}", "line 1, column 8: duplicate key \"a\""},
	};

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		int r = k8snet_json_document_parse(f->document, bad[i].text, strlen(bad[i].text),
						   &value);

		expect_error(f->ctx, r, -EINVAL, bad[i].message);
		assert_ptr_equal(value, state);
	}
	parse(f, " 7 ");
	assert_int_equal(k8snet_json_document_get_line(f->document), 0);
	assert_string_equal(k8snet_json_document_get_error(f->document), "");
}

static void limits_hold(void **state)
{
	struct fixture *f = *state;
	const struct k8snet_json *value;
	char deep[2 * K8SNET_JSON_MAX_DEPTH + 3];

	assert_int_equal(k8snet_json_document_get_max_values(f->document), K8SNET_JSON_MAX_VALUES);
	assert_int_equal(k8snet_json_document_set_max_values(f->document, 0), -EINVAL);
	assert_int_equal(k8snet_json_document_set_max_values(f->document, 3), 0);
	parse(f, "[1,2]");
	expect_error(f->ctx, k8snet_json_document_parse(f->document, "[1,2,3]", 7, &value), -E2BIG,
		     "line 1, column 6: more than 3 values");
	memset(deep, '[', sizeof(deep));
	assert_int_equal(k8snet_json_document_set_max_values(f->document, 1000), 0);
	assert_int_equal(k8snet_json_document_parse(f->document, deep, sizeof(deep), &value),
			 -E2BIG);
	memset(deep + K8SNET_JSON_MAX_DEPTH, ']', K8SNET_JSON_MAX_DEPTH);
	assert_int_equal(k8snet_json_document_parse(f->document, deep,
						    (size_t)2 * K8SNET_JSON_MAX_DEPTH, &value),
			 0);
}

static void values_are_made(void **state)
{
	struct fixture *f = *state;
	struct k8snet_json_document *d = f->document;
	struct k8snet_json *root, *list, *copy;

	assert_int_equal(k8snet_json_add_object(d, NULL, NULL, &root), 0);
	assert_int_equal(k8snet_json_add_string(d, root, "s\"", "a\0\n", 3, NULL), 0);
	assert_int_equal(k8snet_json_add_array(d, root, "list", &list), 0);
	assert_int_equal(k8snet_json_add_integer(d, list, NULL, INT64_MIN, NULL), 0);
	assert_int_equal(k8snet_json_add_number(d, list, NULL, "1.50", NULL), 0);
	assert_int_equal(k8snet_json_add_number(d, list, NULL, "12", NULL), 0);
	assert_int_equal(k8snet_json_add_boolean(d, list, NULL, true, NULL), 0);
	assert_int_equal(k8snet_json_add_null(d, list, NULL, NULL), 0);
	assert_int_equal(k8snet_json_add_copy(d, root, "read", parse(f, "{\"x\":[1]}"), &copy), 0);
	/* A copy of what it is put into: as it was. */
	assert_int_equal(k8snet_json_add_copy(d, copy, "all", root, NULL), 0);
	assert_int_equal(k8snet_json_get_integer(k8snet_json_get_item(list, 2)), 12);
	expect_print(root,
		     "{\"s\\\"\":\"a\\u0000\\u000a\",\"list\":[-9223372036854775808,1.50,12,true,"
		     "null],\"read\":{\"x\":[1],\"all\":{\"s\\\"\":\"a\\u0000\\u000a\",\"list\":["
		     "-9223372036854775808,1.50,12,true,null],\"read\":{\"x\":[1]}}}}");
}

static void what_cannot_be_is_not_made(void **state)
{
	struct fixture *f = *state;
	struct k8snet_json_document *d = f->document;
	struct k8snet_json *root, *list, *text;
	const struct k8snet_json *read = parse(f, "{}");

	assert_int_equal(k8snet_json_add_object(d, NULL, NULL, &root), 0);
	assert_int_equal(k8snet_json_add_array(d, root, "list", &list), 0);
	assert_int_equal(k8snet_json_add_string(d, list, NULL, "x", 1, &text), 0);
	expect_error(f->ctx, k8snet_json_add_null(d, root, "list", NULL), -EEXIST,
		     "list: the object has this key");
	assert_int_equal(k8snet_json_add_null(d, root, NULL, NULL), -EINVAL);
	assert_int_equal(k8snet_json_add_null(d, list, "key", NULL), -EINVAL);
	assert_int_equal(k8snet_json_add_null(d, NULL, "key", NULL), -EINVAL);
	assert_int_equal(k8snet_json_add_null(d, text, NULL, NULL), -EINVAL);
	assert_int_equal(k8snet_json_add_null(d, (struct k8snet_json *)read, "a", NULL), -EINVAL);
	assert_int_equal(k8snet_json_add_null(d, root, "\xff", NULL), -EINVAL);
	assert_int_equal(k8snet_json_add_string(d, root, "a", "\xc3", 1, NULL), -EINVAL);
	assert_int_equal(k8snet_json_add_number(d, root, "a", "1.", NULL), -EINVAL);
	assert_int_equal(k8snet_json_add_number(d, root, "a", "", NULL), -EINVAL);
	assert_int_equal(k8snet_json_add_number(d, root, "a", "NaN", NULL), -EINVAL);
	expect_print(root, "{\"list\":[\"x\"]}");
}

static void made_values_have_limits_too(void **state)
{
	struct fixture *f = *state;
	struct k8snet_json_document *d = f->document;
	struct k8snet_json *top, *at = NULL, *list;

	assert_int_equal(k8snet_json_document_set_max_values(d, 100), 0);
	for (int i = 0; i < K8SNET_JSON_MAX_DEPTH; i++)
		assert_int_equal(k8snet_json_add_array(d, at, NULL, &at), 0);
	assert_int_equal(k8snet_json_add_array(d, at, NULL, NULL), -E2BIG);
	assert_int_equal(k8snet_json_add_null(d, at, NULL, NULL), 0);
	k8snet_json_document_clear(d);
	assert_int_equal(k8snet_json_add_array(d, NULL, NULL, &top), 0);
	assert_int_equal(k8snet_json_add_array(d, top, NULL, &list), 0);
	for (int i = 0; i < 49; i++)
		assert_int_equal(k8snet_json_add_null(d, list, NULL, NULL), 0);
	/* 51 are made; 50 more do not fit, and leave nothing behind. */
	assert_int_equal(k8snet_json_add_copy(d, top, NULL, list, NULL), -E2BIG);
	assert_int_equal(k8snet_json_count(top), 1);
	for (int i = 0; i < 49; i++)
		assert_int_equal(k8snet_json_add_null(d, list, NULL, NULL), 0);
	assert_int_equal(k8snet_json_add_null(d, list, NULL, NULL), -E2BIG);
}

#define document_test(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		document_test(values_are_asked),
		document_test(nothing_may_be_asked),
		document_test(values_know_where_they_are),
		document_test(a_lazy_object_is_checked_and_not_built),
		document_test(texts_of_several_values_are_read),
		document_test(one_value_is_wanted),
		document_test(limits_hold),
		document_test(values_are_made),
		document_test(what_cannot_be_is_not_made),
		document_test(made_values_have_limits_too),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
