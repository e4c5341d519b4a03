/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "timestamp.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "util.h"

static const char *take_fraction(const char *p, int64_t *ns)
{
	int64_t scale = NS_PER_SEC;

	*ns = 0;
	if (*p != '.')
		return p;
	for (p++; *p >= '0' && *p <= '9'; p++) {
		scale /= 10;
		*ns += (*p - '0') * scale;
	}
	return p;
}

/* "Z", "+02:00", "-05:30": in seconds. */
static int take_offset(const char *p, int64_t *seconds)
{
	unsigned int hours, minutes;
	int end = 0;

	*seconds = 0;
	if (strcmp(p, "Z") == 0)
		return 0;
	if ((*p != '+' && *p != '-') || sscanf(p + 1, "%2u:%2u%n", &hours, &minutes, &end) != 2 ||
	    p[1 + end] || hours > 23 || minutes > 59)
		return -EINVAL;
	*seconds = (int64_t)(hours * 60 + minutes) * (*p == '-' ? -60 : 60);
	return 0;
}

int timestamp_parse(int64_t *out, const char *text)
{
	struct tm tm = {0};
	const char *rest = strptime(text, "%Y-%m-%dT%H:%M:%S", &tm);
	int64_t ns, offset;

	/* 64 bits of nanoseconds end in 2262. */
	if (!rest || tm.tm_year < 70 || tm.tm_year > 350)
		return -EINVAL;
	rest = take_fraction(rest, &ns);
	if (take_offset(rest, &offset) < 0)
		return -EINVAL;
	*out = (timegm(&tm) - offset) * NS_PER_SEC + ns;
	return 0;
}
