/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* JSON to a stream. json-c's own writer cuts text off when memory is short, and
 * does not say so. */
#include <errno.h>
#include <string.h>

#include "lab.h"

static void put_string(FILE *out, const char *text)
{
	static const char special[] = "\"\\\b\f\n\r\t", names[] = "\"\\bfnrt";

	fputc('"', out);
	for (; *text; text++) {
		unsigned char c = (unsigned char)*text;
		const char *found = strchr(special, c);

		if (found)
			fprintf(out, "\\%c", names[found - special]);
		else if (c < 0x20 || c == 0x7f)
			fprintf(out, "\\u%04x", c);
		else
			fputc(c, out);
	}
	fputc('"', out);
}

static void put_break(FILE *out, int depth)
{
	if (depth >= 0)
		fprintf(out, "\n%*s", depth * 2, "");
}

static void put_value(FILE *out, struct json_object *value, int depth);

static void put_array(FILE *out, struct json_object *array, int depth)
{
	int inside = depth < 0 ? depth : depth + 1;
	size_t count = json_object_array_length(array);

	fputc('[', out);
	for (size_t i = 0; i < count; i++) {
		if (i)
			fputc(',', out);
		put_break(out, inside);
		put_value(out, json_object_array_get_idx(array, i), inside);
	}
	if (count)
		put_break(out, depth);
	fputc(']', out);
}

static void put_object(FILE *out, struct json_object *object, int depth)
{
	int inside = depth < 0 ? depth : depth + 1;
	bool is_first = true;

	fputc('{', out);
	json_object_object_foreach(object, key, value)
	{
		if (!is_first)
			fputc(',', out);
		is_first = false;
		put_break(out, inside);
		put_string(out, key);
		fputs(depth < 0 ? ":" : ": ", out);
		put_value(out, value, inside);
	}
	if (!is_first)
		put_break(out, depth);
	fputc('}', out);
}

static void put_value(FILE *out, struct json_object *value, int depth)
{
	switch (json_object_get_type(value)) {
	case json_type_null:
		fputs("null", out);
		break;
	case json_type_boolean:
		fputs(json_object_get_boolean(value) ? "true" : "false", out);
		break;
	case json_type_double:
		fprintf(out, "%.17g", json_object_get_double(value));
		break;
	case json_type_int:
		fprintf(out, "%lld", (long long)json_object_get_int64(value));
		break;
	case json_type_object:
		put_object(out, value, depth);
		break;
	case json_type_array:
		put_array(out, value, depth);
		break;
	case json_type_string:
		put_string(out, json_object_get_string(value));
		break;
	}
}

int lab_json_write(FILE *out, struct json_object *value, bool is_pretty)
{
	put_value(out, value, is_pretty ? 0 : -1);
	fputc('\n', out);
	return ferror(out) ? -EIO : 0;
}
