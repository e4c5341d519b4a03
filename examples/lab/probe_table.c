/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "probe.h"

#define MAX_COLUMN 44

struct widths {
	int what, from, to, answered_by;
};

static void widen(int *width, const char *text)
{
	int length = (int)strlen(text);

	if (length > MAX_COLUMN)
		length = MAX_COLUMN;
	if (length > *width)
		*width = length;
}

static struct widths measure(const struct probe *probe)
{
	struct widths widths = {4, 4, 2, 11};
	size_t i;

	for (i = 0; i < probe->count; i++) {
		widen(&widths.what, probe->flows[i].what);
		widen(&widths.from, probe->flows[i].from);
		widen(&widths.to, probe->flows[i].to);
		widen(&widths.answered_by, probe->flows[i].answered_by);
	}
	return widths;
}

static void print_row(const struct probe_flow *flow, const struct widths *widths, bool color,
		      FILE *out)
{
	const char *red = color ? "\033[31m" : "", *green = color ? "\033[32m" : "";
	const char *plain = color ? "\033[0m" : "";

	fprintf(out, "%-*s  %-*s  %-*s  %-*s  ", widths->what, flow->what, widths->from, flow->from,
		widths->to, flow->to, widths->answered_by,
		*flow->answered_by ? flow->answered_by : "-");
	if (flow->ok)
		fprintf(out, "%7.2f  %sok%s\n", flow->ms, green, plain);
	else
		fprintf(out, "%7s  %sFAILED: %s%s\n", "-", red, flow->why, plain);
}

/* How many flows of each sort, in the order in which they come. */
static void print_sorts(const struct probe *probe, FILE *out)
{
	size_t i, start = 0, failed = 0;

	for (i = 0; i <= probe->count; i++) {
		if (i == probe->count || strcmp(probe->flows[i].what, probe->flows[start].what)) {
			fprintf(out, "%5zu of %5zu ok  %s\n", i - start - failed, i - start,
				probe->flows[start].what);
			start = i;
			failed = 0;
		}
		if (i < probe->count)
			failed += !probe->flows[i].ok;
	}
}

void probe_print_table(const struct probe *probe, const struct probe_summary *summary, FILE *out)
{
	struct widths widths = measure(probe);
	bool color = isatty(fileno(out)) && !getenv("NO_COLOR");
	size_t i;

	if (!probe->run->options.quiet) {
		fprintf(out, "%-*s  %-*s  %-*s  %-*s  %7s  %s\n", widths.what, "what", widths.from,
			"from", widths.to, "to", widths.answered_by, "answered by", "ms", "ok");
		for (i = 0; i < probe->count; i++)
			print_row(&probe->flows[i], &widths, color, out);
		fputc('\n', out);
		if (probe->count)
			print_sorts(probe, out);
	}
	fprintf(out, "%zu flows: %zu ok, %zu failed, %.2f s\n", summary->flows,
		summary->flows - summary->failed, summary->failed, summary->ms / 1e3);
}

static int add_text(struct json_object *row, const char *key, const char *text)
{
	struct json_object *value = *text ? json_object_new_string(text) : NULL;

	if (*text && !value)
		return -ENOMEM;
	if (json_object_object_add(row, key, value)) {
		json_object_put(value);
		return -ENOMEM;
	}
	return 0;
}

static struct json_object *make_row(const struct probe_flow *flow)
{
	struct json_object *row = json_object_new_object();
	struct json_object *ms;
	char text[32];

	if (!row)
		return NULL;
	snprintf(text, sizeof(text), "%.3f", flow->ms);
	ms = flow->ok ? json_object_new_double_s(flow->ms, text) : NULL;
	if (add_text(row, "what", flow->what) || add_text(row, "from", flow->from) ||
	    add_text(row, "to", flow->to) || add_text(row, "answered_by", flow->answered_by) ||
	    json_object_object_add(row, "ms", ms) ||
	    json_object_object_add(row, "ok", json_object_new_boolean(flow->ok)) ||
	    add_text(row, "why", flow->why)) {
		json_object_put(row);
		return NULL;
	}
	return row;
}

/* An object a line, so that tools for lines are of use as well. */
int probe_print_json(const struct probe *probe, FILE *out)
{
	struct json_object *row;
	size_t i;

	fputc('[', out);
	for (i = 0; i < probe->count; i++) {
		row = make_row(&probe->flows[i]);
		if (!row)
			return -ENOMEM;
		fprintf(out, "%s\n  %s", i ? "," : "",
			json_object_to_json_string_ext(
				row, JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE));
		json_object_put(row);
	}
	fputs("\n]\n", out);
	return fflush(out) ? -EIO : 0;
}
