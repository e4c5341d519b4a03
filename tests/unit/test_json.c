/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "unit.h"

#include "base/json.h"

static int read_text(const char *text, size_t length, struct arena *arena, struct json **out)
{
	struct json_reader reader = {.text = text, .length = length};
	int r = json_read(&reader, arena, out), next;
	struct json *more;

	if (r < 0) {
		assert_true(reader.error[0]);
		assert_true(reader.line >= 1 && reader.column >= 1);
		return r;
	}
	next = json_read(&reader, arena, &more);
	return next < 0 ? next : r;
}

static void good_text_is_read(void **state)
{
	static const char *const good[] = {
		"{}",
		"[]",
		"null",
		"true",
		"false",
		"0",
		"-0",
		"-1",
		"1e5",
		"1E+5",
		"1.5e-5",
		"12",
		"\"\"",
		" \t\r\n[ 1 , 2 ]\n",
		"{\"a\":1,\"b\":{\"a\":1},\"c\":[{\"a\":1},{\"a\":1}]}",
		"{\"\":1}",
		"[[[[[[]]]]]]",
		"\"\\u00e9\\ud83d\\ude00\\n\\/\"",
		"\"\x7f\"",
		("\"\xc2\x80\xdf\xbf\xe0\xa0\x80\xed\x9f\xbf\xee\x80\x80\xf0\x90\x80\x80\xf4\x8f"
		 "\xbf\xbf\""),
		"1 2",
		"{}[]",
		"\"a\"\"b\"",
	};
	(void)state;

	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		struct arena arena = {0};
		struct json *json;

		if (read_text(good[i], strlen(good[i]), &arena, &json) != 1)
			fail_msg("refused: %s", good[i]);
		arena_done(&arena);
	}
}

static void bad_text_is_refused(void **state)
{
	static const char *const bad[] = {
		"{",
		"}",
		"[",
		"]",
		"[1",
		"[1,",
		"[1,]",
		"[,1]",
		"[1 2]",
		"{\"a\"}",
		"{\"a\":}",
		"{\"a\":1,}",
		"{a:1}",
		"{'a':1}",
		"{1:1}",
		"{\"a\" 1}",
		"{\"a\":1 \"b\":2}",
		"[}",
		"{]",
		"nul",
		"nulll",
		"True",
		"NaN",
		"Infinity",
		"-",
		"+1",
		"01",
		"-01",
		"1.",
		".5",
		"1e",
		"1e+",
		"0x10",
		"1.e5",
		"--1",
		"\"",
		"\"\\",
		"\"\\\"",
		"\"\\x\"",
		"\"\\u12\"",
		"\"\\u12g4\"",
		"\"a\nb\"",
		"\"\t\"",
		"\"\x01\"",
		"\"\x80\"",
		"\"\xc1\x81\"",
		"\"\xc3\"",
		"\"\xe0\x9f\xbf\"",
		"\"\xed\xa0\x80\"",
		"\"\xf0\x8f\xbf\xbf\"",
		"\"\xf4\x90\x80\x80\"",
		"\"\xf5\x80\x80\x80\"",
		"\"\xe2\x82\"",
		"// c\n1",
		"/**/1",
		"\xef\xbb\xbf{}",
		"{\"a\":1,\"a\":1}",
		"{\"a\":1,\"\\u0061\":1}",
		"{\"b\":1,\"a\":1,\"c\":1,\"a\":1}",
		"[{\"x\":{\"y\":1,\"y\":2}}]",
		"{\"a\\u0000\":1}",
		"key: value",
		"---\na: 1\n",
		"{\"\":1,\"\":2}",
		"{\"\\ud83d\\ude00\":1,\"\xf0\x9f\x98\x80\":2}",
	};
	(void)state;

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct arena arena = {0};
		struct json *json;

		if (read_text(bad[i], strlen(bad[i]), &arena, &json) != -EINVAL)
			fail_msg("accepted: %s", bad[i]);
		arena_done(&arena);
	}
}

/* Cut anywhere, text gives no other error than -EINVAL, and nothing past its end is read. */
static void cut_text_is_refused(void **state)
{
	static const char text[] = "{\"a\":[1,2.5e3,\"x\\u00e9\xc3\xa9\"],\"b\":{\"c\":null}}";
	(void)state;

	for (size_t n = 1; n < sizeof(text) - 1; n++) {
		struct arena arena = {0};
		char *copy = malloc(n);
		struct json *json;

		memcpy(copy, text, n);
		assert_int_equal(read_text(copy, n, &arena, &json), -EINVAL);
		free(copy);
		arena_done(&arena);
	}
}

static void values_are_as_written(void **state)
{
	static const char text[] =
		"{\"s\":\"a\\u0000b\\\"\\ud83d\\ude00\\ud800x\",\"i\":-9223372036854775808,"
		"\"big\":9223372036854775808,\"n\":1.5,\"t\":true,\"z\":null,"
		"\"a\":[10,{\"deep.key\":[7]}]}";
	struct arena arena = {0};
	struct json *root;
	const struct json *v;
	char path[64];
	(void)state;

	assert_int_equal(read_text(text, sizeof(text) - 1, &arena, &root), 1);
	v = json_get(root, "s");
	assert_int_equal(v->type, JSON_STRING);
	assert_int_equal(v->length, 12);
	assert_memory_equal(v->string, "a\0b\"\xf0\x9f\x98\x80\xef\xbf\xbdx", 12);
	assert_int_equal(json_get(root, "i")->type, JSON_INTEGER);
	assert_true(json_get(root, "i")->integer == INT64_MIN);
	assert_int_equal(json_get(root, "big")->type, JSON_NUMBER);
	assert_string_equal(json_get(root, "big")->string, "9223372036854775808");
	assert_int_equal(json_get(root, "n")->type, JSON_NUMBER);
	assert_true(json_get(root, "t")->boolean);
	assert_null(json_get(root, "z"));
	assert_null(json_get(root, "none"));
	assert_null(json_get(NULL, "s"));
	v = json_get(root, "a");
	assert_null(json_get(v, "s"));
	v = json_get(v->first->next, "deep.key")->first;
	assert_int_equal(v->integer, 7);
	assert_string_equal(json_path(v, NULL, path, sizeof(path)), "a[1][deep.key][0]");
	assert_string_equal(json_path(v->parent->parent, "x", path, sizeof(path)), "a[1].x");
	assert_string_equal(json_path(root, "x", path, sizeof(path)), "x");
	assert_string_equal(json_path(v, NULL, path, 5), "a[1]");
	arena_done(&arena);
}

static char *nested(int depth, const char *open, const char *close)
{
	char *text = calloc(1, (size_t)depth * (strlen(open) + strlen(close)) + 2);

	for (int i = 0; i < depth; i++)
		strcat(text, open);
	strcat(text, "1");
	for (int i = 0; i < depth; i++)
		strcat(text, close);
	return text;
}

static void limits_are_kept(void **state)
{
	struct arena arena = {0};
	struct json *json;
	char *text;
	size_t length = 0;
	(void)state;

	text = nested(JSON_MAX_DEPTH, "[", "]");
	assert_int_equal(read_text(text, strlen(text), &arena, &json), 1);
	free(text);
	text = nested(JSON_MAX_DEPTH + 1, "{\"a\":", "}");
	assert_int_equal(read_text(text, strlen(text), &arena, &json), -E2BIG);
	free(text);
	text = nested(100000, "[", "");
	assert_int_equal(read_text(text, strlen(text), &arena, &json), -E2BIG);
	free(text);

	text = malloc(2 << 20);
	text[length++] = '{';
	for (int i = 0; i <= JSON_MAX_KEYS; i++)
		length += (size_t)sprintf(text + length, "%s\"k%d\":1", i ? "," : "", i);
	text[length++] = '}';
	assert_int_equal(read_text(text, length, &arena, &json), -E2BIG);
	free(text);

	text = malloc(2 * (JSON_MAX_NODES + 2));
	memset(text, '[', 1);
	for (length = 1; length < 2 * JSON_MAX_NODES; length += 2)
		memcpy(text + length, "1,", 2);
	memcpy(text + length, "1]", 2);
	assert_int_equal(read_text(text, length + 2, &arena, &json), -E2BIG);
	free(text);
	arena_done(&arena);
}

static void errors_say_where(void **state)
{
	static const char text[] = "{\n  \"a\": 1,\n  \"a\": 2\n}";
	struct json_reader reader = {.text = text, .length = sizeof(text) - 1};
	struct arena arena = {0};
	struct json *json;
	(void)state;

	assert_int_equal(json_read(&reader, &arena, &json), -EINVAL);
	assert_int_equal(reader.line, 3);
	assert_int_equal(reader.column, 3);
	assert_string_equal(reader.error, "duplicate key \"a\"");
	arena_done(&arena);
}

static void lazy_items_come_one_by_one(void **state)
{
	static const char text[] =
		"{\"items\": [ {\"items\": [1, 2]} ,\n 5,\"x\" ], \"k\": {\"items\": "
		"[3]}} 7";
	struct json_reader reader = {.text = text, .length = sizeof(text) - 1, .lazy = "items"};
	struct arena arena = {0};
	struct json *root, *item;
	struct json_reader items = reader;
	(void)state;

	assert_int_equal(json_read(&reader, &arena, &root), 1);
	assert_null(json_get(root, "items")->first);
	assert_int_equal(json_get(json_get(root, "k"), "items")->first->integer, 3);
	items.offset = json_get(root, "items")->lazy_offset;
	assert_int_equal(json_read_item(&items, &arena, &item), 1);
	assert_non_null(json_get(item, "items"));
	assert_true(json_get(item, "items")->lazy_offset > 0);
	assert_int_equal(json_read_item(&items, &arena, &item), 1);
	assert_int_equal(item->integer, 5);
	assert_int_equal(json_read_item(&items, &arena, &item), 1);
	assert_string_equal(item->string, "x");
	assert_int_equal(json_read_item(&items, &arena, &item), 0);
	assert_int_equal(json_read(&reader, &arena, &root), 1);
	assert_int_equal(root->integer, 7);
	assert_int_equal(json_read(&reader, &arena, &root), 0);
	arena_done(&arena);
}

static void skipped_items_are_checked(void **state)
{
	static const char *const bad[] = {
		"{\"items\":[{\"a\":1,\"a\":2}]}", "{\"items\":[1,}",
		"{\"items\":[\"\x80\"]}",	   "{\"items\":[],\"items\":[]}",
		"{\"items\":[{\"a\\u0000\":1}]}",
	};
	(void)state;

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct json_reader reader = {
			.text = bad[i], .length = strlen(bad[i]), .lazy = "items"};
		struct arena arena = {0};
		struct json *root;

		assert_int_equal(json_read(&reader, &arena, &root), -EINVAL);
		arena_done(&arena);
	}
}

static void hostile_text_is_printable(void **state)
{
	char long_text[200];
	(void)state;

	assert_string_equal(printable("a\n\x1b[31m\xff\x7f\xc3\xa9", 11).text, "a??[31m??\xc3\xa9");
	memset(long_text, 'x', sizeof(long_text));
	assert_int_equal(strlen(printable(long_text, sizeof(long_text)).text), 67);
	memset(long_text, 0xff, sizeof(long_text));
	assert_true(strlen(printable(long_text, sizeof(long_text)).text) < 72);
	memset(long_text, 0xc3, sizeof(long_text));
	for (size_t i = 1; i < sizeof(long_text); i += 2)
		long_text[i] = (char)0xa9;
	assert_true(strlen(printable(long_text, sizeof(long_text)).text) < 72);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(good_text_is_read),
		cmocka_unit_test(bad_text_is_refused),
		cmocka_unit_test(cut_text_is_refused),
		cmocka_unit_test(values_are_as_written),
		cmocka_unit_test(limits_are_kept),
		cmocka_unit_test(errors_say_where),
		cmocka_unit_test(lazy_items_come_one_by_one),
		cmocka_unit_test(skipped_items_are_checked),
		cmocka_unit_test(hostile_text_is_printable),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
