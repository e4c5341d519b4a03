/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <ctype.h>
#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "report.h"

#define MAX_KINDS 12 /* that are named in the line of what was skipped */

/* Text from a manifest may hold anything: escape what would disturb a line. */
static char *clean(const char *text)
{
	char *out = NULL;
	size_t size = 0, length = strlen(text);
	FILE *stream = open_memstream(&out, &size);

	if (!stream)
		return NULL;
	for (size_t i = 0; i < length; i++) {
		unsigned char c = text[i];

		if (c < 0x20 || c == 0x7f)
			fprintf(stream, "\\x%02x", c);
		else
			fputc(c, stream);
	}
	if (fclose(stream) == 0)
		return out;
	free(out);
	return NULL;
}

static int append(struct json_object **list, const char *line)
{
	struct json_object *text;

	if (!*list)
		*list = json_object_new_array();
	if (!*list)
		return -ENOMEM;
	text = json_object_new_string(line);
	if (text && json_object_array_add(*list, text) == 0)
		return 0;
	json_object_put(text);
	return -ENOMEM;
}

static int append_format(struct json_object **list, const char *format, va_list arguments)
{
	size_t count = lab_json_count(*list, "");
	char *raw = NULL, *line = NULL;
	int r = -ENOMEM;

	if (count > LAB_MAX_ERRORS)
		return 0;
	if (count == LAB_MAX_ERRORS)
		return append(list, "further lines like these are left out");
	if (vasprintf(&raw, format, arguments) < 0)
		return -ENOMEM;
	line = clean(raw);
	if (line)
		r = append(list, line);
	free(raw);
	free(line);
	return r;
}

int lab_error(struct lab_summary *summary, const char *format, ...)
{
	va_list arguments;
	int r;

	va_start(arguments, format);
	r = append_format(&summary->errors, format, arguments);
	va_end(arguments);
	return r < 0 ? r : -EINVAL;
}

int lab_warning(struct lab_summary *summary, const char *format, ...)
{
	va_list arguments;
	int r;

	va_start(arguments, format);
	r = append_format(&summary->warnings, format, arguments);
	va_end(arguments);
	return r;
}

int lab_skip(struct lab_summary *summary, const char *kind)
{
	struct json_object *count;

	if (!summary->skipped)
		summary->skipped = json_object_new_object();
	if (!summary->skipped)
		return -ENOMEM;
	if (json_object_object_get_ex(summary->skipped, kind, &count))
		return json_object_int_inc(count, 1) ? 0 : -ENOMEM;
	count = json_object_new_int(1);
	if (count && json_object_object_add(summary->skipped, kind, count) == 0)
		return 0;
	json_object_put(count);
	return -ENOMEM;
}

void lab_summary_free(struct lab_summary *summary)
{
	json_object_put(summary->errors);
	json_object_put(summary->warnings);
	json_object_put(summary->skipped);
	*summary = (struct lab_summary){0};
}

static void print_lines(struct json_object *list, const char *prefix, FILE *out)
{
	for (size_t i = 0; i < lab_json_count(list, ""); i++)
		fprintf(out, "%s%s\n", prefix, lab_json_string(lab_json_item(list, "", i), ""));
}

void lab_summary_print_errors(const struct lab_summary *summary, FILE *out)
{
	print_lines(summary->errors, "", out);
}

static int64_t print_kinds(struct json_object *skipped, FILE *out)
{
	const char *separator = ": ";
	int64_t listed = 0;
	int kinds = 0;

	json_object_object_foreach(skipped, kind, count)
	{
		char *text;

		if (kinds++ == MAX_KINDS)
			break;
		text = clean(kind);
		fprintf(out, "%s%.80s %lld", separator, text ? text : "?",
			(long long)json_object_get_int64(count));
		listed += json_object_get_int64(count);
		separator = ", ";
		free(text);
	}
	return listed;
}

static void print_skipped(struct json_object *skipped, FILE *out)
{
	int64_t total = 0, listed;

	json_object_object_foreach(skipped, kind, count)
	{
		(void)kind;
		total += json_object_get_int64(count);
	}
	fprintf(out, "skipped %lld object%s of other kinds", (long long)total,
		total == 1 ? "" : "s");
	listed = print_kinds(skipped, out);
	if (listed < total)
		fprintf(out, ", of further kinds %lld", (long long)(total - listed));
	fputc('\n', out);
}

void lab_summary_print_notes(const struct lab_summary *summary, FILE *out)
{
	print_lines(summary->warnings, "warning: ", out);
	if (summary->skipped && json_object_object_length(summary->skipped))
		print_skipped(summary->skipped, out);
}
