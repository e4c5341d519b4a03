/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Text on a terminal. */
#include <ctype.h>
#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "view.h"

#define MAX_COLUMNS 16

size_t lab_text_width(const char *text)
{
	size_t width = 0;

	for (; *text; text++)
		width += ((unsigned char)*text & 0xc0) != 0x80;
	return width;
}

void lab_text_put(FILE *out, const char *text)
{
	for (; *text; text++)
		fputc(iscntrl((unsigned char)*text) ? '?' : *text, out);
}

void lab_text_repeat(FILE *out, const char *piece, size_t count)
{
	while (count--)
		fputs(piece, out);
}

void lab_text_pad(FILE *out, const char *text, size_t width)
{
	size_t used = lab_text_width(text);

	lab_text_put(out, text);
	lab_text_repeat(out, " ", used < width ? width - used : 0);
}

size_t lab_text_columns(FILE *out)
{
	struct winsize size = {0};

	if (!isatty(fileno(out)) || ioctl(fileno(out), TIOCGWINSZ, &size) < 0 || !size.ws_col)
		return 100;
	return size.ws_col < 72 ? 72 : size.ws_col > 200 ? 200 : size.ws_col;
}

static void add(struct lab_table *table, struct json_object *array, struct json_object *value)
{
	if (array && value && json_object_array_add(array, value) == 0)
		return;
	json_object_put(value);
	table->failed = true;
}

void lab_table_row(struct lab_table *table)
{
	if (!table->rows)
		table->rows = json_object_new_array();
	add(table, table->rows, json_object_new_array());
}

void lab_table_cell(struct lab_table *table, const char *format, ...)
{
	size_t count = lab_json_count(table->rows, "");
	va_list arguments;
	char *text = NULL;
	int length;

	va_start(arguments, format);
	length = vasprintf(&text, format, arguments);
	va_end(arguments);
	if (length < 0) {
		table->failed = true;
		return;
	}
	if (!count) {
		table->failed = true;
		free(text);
		return;
	}
	add(table, lab_json_item(table->rows, "", count - 1), json_object_new_string(text));
	free(text);
}

static const char *cell(struct json_object *row, size_t column)
{
	return lab_json_string(lab_json_item(row, "", column), "");
}

static void print_row(struct json_object *row, const size_t *widths, const char *prefix, FILE *out)
{
	size_t columns = lab_json_count(row, "");

	while (columns && !*cell(row, columns - 1))
		columns--;
	fputs(prefix, out);
	for (size_t i = 0; i < columns && i < MAX_COLUMNS; i++) {
		lab_text_pad(out, cell(row, i), i + 1 < columns ? widths[i] : 0);
		if (i + 1 < columns)
			fputs("  ", out);
	}
	fputc('\n', out);
}

int lab_table_print(struct lab_table *table, const char *prefix, FILE *out)
{
	size_t widths[MAX_COLUMNS] = {0};

	for (size_t i = 0; i < lab_json_count(table->rows, ""); i++)
		for (size_t j = 0; j < MAX_COLUMNS; j++) {
			size_t width = lab_text_width(cell(lab_json_item(table->rows, "", i), j));

			widths[j] = width > widths[j] ? width : widths[j];
		}
	for (size_t i = 0; i < lab_json_count(table->rows, ""); i++)
		print_row(lab_json_item(table->rows, "", i), widths, prefix, out);
	json_object_put(table->rows);
	table->rows = NULL;
	return table->failed ? -ENOMEM : 0;
}
