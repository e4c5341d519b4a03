/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Pieces of SVG. */
#include <ctype.h>
#include <math.h>
#include <string.h>

#include "svg.h"

static const struct {
	const char *attributes;
	double size; /* average width of a character */
} styles[] = {
	[SVG_PLAIN] = {"class=\"p\"", 6.3},  [SVG_BOLD] = {"class=\"b\"", 7.0},
	[SVG_MONO] = {"class=\"m\"", 6.7},   [SVG_SMALL] = {"class=\"s\"", 5.6},
	[SVG_TITLE] = {"class=\"t\"", 11.0}, [SVG_LABEL] = {"class=\"l\"", 8.2},
};

static double channel(double hue, double saturation, double lightness, double shift)
{
	double k = fmod(shift + hue / 30, 12);
	double a = saturation * fmin(lightness, 1 - lightness);

	return lightness - a * fmax(-1, fmin(fmin(k - 3, 9 - k), 1));
}

/* Steps of the golden angle keep neighbours apart. */
void svg_color(size_t index, double lightness, char out[8])
{
	double hue = fmod(205 + (double)index * 137.508, 360);

	snprintf(out, 8, "#%02x%02x%02x",
		 (unsigned int)lround(channel(hue, 0.6, lightness, 0) * 255) & 0xff,
		 (unsigned int)lround(channel(hue, 0.6, lightness, 8) * 255) & 0xff,
		 (unsigned int)lround(channel(hue, 0.6, lightness, 4) * 255) & 0xff);
}

double svg_text_width(enum svg_style style, const char *text)
{
	return styles[style].size * (double)lab_text_width(text);
}

static void put_character(FILE *out, char c)
{
	switch (c) {
	case '<':
		fputs("&lt;", out);
		break;
	case '>':
		fputs("&gt;", out);
		break;
	case '&':
		fputs("&amp;", out);
		break;
	default:
		fputc(iscntrl((unsigned char)c) ? '?' : c, out);
	}
}

void svg_text(FILE *out, double x, double y, double width, enum svg_style style, const char *text)
{
	size_t length = lab_text_width(text);
	size_t room = width > 0 ? (size_t)(width / styles[style].size) : length, done = 0;

	fprintf(out, "<text x=\"%.1f\" y=\"%.1f\" %s>", x, y, styles[style].attributes);
	for (; *text; text++) {
		bool is_start = ((unsigned char)*text & 0xc0) != 0x80;

		if (is_start && length > room && done + 1 >= room) {
			fputs("…", out);
			break;
		}
		done += is_start;
		put_character(out, *text);
	}
	fputs("</text>\n", out);
}

void svg_rect(FILE *out, double x, double y, double width, double height, double radius,
	      const char *fill, const char *stroke)
{
	fprintf(out,
		"<rect x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%.1f\" rx=\"%.1f\" "
		"fill=\"%s\" stroke=\"%s\"/>\n",
		x, y, width, height, radius, fill, stroke);
}

void svg_circle(FILE *out, double x, double y, double radius, const char *fill)
{
	fprintf(out, "<circle cx=\"%.1f\" cy=\"%.1f\" r=\"%.1f\" fill=\"%s\"/>\n", x, y, radius,
		fill);
}

void svg_line(FILE *out, double x1, double y1, double x2, double y2, double width,
	      const char *color)
{
	fprintf(out,
		"<line x1=\"%.1f\" y1=\"%.1f\" x2=\"%.1f\" y2=\"%.1f\" stroke=\"%s\" "
		"stroke-width=\"%.1f\"/>\n",
		x1, y1, x2, y2, color, width);
}

void svg_curve(FILE *out, double x1, double y1, double x2, double y2, const char *color)
{
	double middle = (y1 + y2) / 2;

	fprintf(out,
		"<path d=\"M%.1f %.1f C%.1f %.1f %.1f %.1f %.1f %.1f\" fill=\"none\" "
		"stroke=\"%s\" stroke-width=\"1.4\" stroke-opacity=\"0.5\"/>\n",
		x1, y1, x1, middle, x2, middle, x2, y2, color);
}

void svg_open(FILE *out, double width, double height)
{
	fprintf(out,
		"<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%.0f\" height=\"%.0f\" "
		"viewBox=\"0 0 %.0f %.0f\">\n",
		width, height, width, height);
	fputs("<style>"
	      "text{font-family:'DejaVu Sans',Verdana,sans-serif;fill:#22303c}"
	      ".p{font-size:11px}.b{font-size:12px;font-weight:bold}"
	      ".m{font-family:'DejaVu Sans Mono',monospace;font-size:11px;fill:#42525f}"
	      ".s{font-size:10px;fill:#5b6b78}.t{font-size:19px;font-weight:bold}"
	      ".l{font-size:13px;font-weight:bold;fill:#5b6b78}"
	      "</style>\n",
	      out);
	svg_rect(out, 0, 0, width, height, 0, "#ffffff", "none");
}

void svg_close(FILE *out)
{
	fputs("</svg>\n", out);
}
