/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "duration.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>

#include "util.h"

static const struct unit {
	const char *name;
	int64_t ns;
} units[] = {
	/* Longer names first. */
	{"ns", 1},	     {"us", 1000},	{"\302\265s", 1000}, /* the micro sign */
	{"\316\274s", 1000},					     /* the Greek letter */
	{"ms", NS_PER_MS},   {"s", NS_PER_SEC}, {"m", 60 * NS_PER_SEC}, {"h", 3600 * NS_PER_SEC},
};

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static const struct unit *take_unit(const char **text)
{
	for (size_t i = 0; i < ARRAY_SIZE(units); i++) {
		size_t length = strlen(units[i].name);

		if (strncmp(*text, units[i].name, length) == 0) {
			*text += length;
			return &units[i];
		}
	}
	return NULL;
}

/* "1.5h": a number with a unit, in nanoseconds. */
static int take_part(const char **text, int64_t *out)
{
	int64_t whole = 0, fraction = 0, scale = 1;
	const char *p = *text;
	const struct unit *unit;
	bool has_digits = is_digit(*p);

	for (; is_digit(*p); p++)
		if (__builtin_mul_overflow(whole, 10, &whole) ||
		    __builtin_add_overflow(whole, *p - '0', &whole))
			return -EINVAL;
	if (*p == '.')
		for (p++; is_digit(*p); p++) {
			has_digits = true;
			if (scale >= 1000000000) /* finer than can be told */
				continue;
			fraction = fraction * 10 + (*p - '0');
			scale *= 10;
		}
	unit = has_digits ? take_unit(&p) : NULL;
	if (!unit || __builtin_mul_overflow(whole, unit->ns, &whole))
		return -EINVAL;
	fraction = (int64_t)((double)fraction / (double)scale * (double)unit->ns);
	if (__builtin_add_overflow(whole, fraction, out))
		return -EINVAL;
	*text = p;
	return 0;
}

int duration_parse(int64_t *out, const char *text)
{
	int64_t sum = 0, part;

	if (*text == '+')
		text++;
	if (strcmp(text, "0") == 0) {
		*out = 0;
		return 0;
	}
	if (!*text)
		return -EINVAL;
	while (*text)
		if (take_part(&text, &part) < 0 || __builtin_add_overflow(sum, part, &sum))
			return -EINVAL;
	*out = sum;
	return 0;
}
