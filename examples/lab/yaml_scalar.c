/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Plain scalars by YAML 1.1, as the reader that Kubernetes uses resolves them. */
#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "reader.h"

static bool is_one_of(const char *text, const char *const *words)
{
	for (; *words; words++)
		if (strcmp(text, *words) == 0)
			return true;
	return false;
}

static bool is_null(const char *text)
{
	static const char *const words[] = {"", "~", "null", "Null", "NULL", NULL};

	return is_one_of(text, words);
}

static int as_boolean(const char *text)
{
	static const char *const yes[] = {"y",	  "Y",	  "yes", "Yes", "YES", "true",
					  "True", "TRUE", "on",	 "On",	"ON",  NULL};
	static const char *const no[] = {"n",	  "N",	   "no",  "No",	 "NO",	"false",
					 "False", "FALSE", "off", "Off", "OFF", NULL};

	return is_one_of(text, yes) ? 1 : is_one_of(text, no) ? 0 : -1;
}

static bool is_not_finite(const char *text)
{
	static const char *const words[] = {".inf", ".Inf", ".INF", ".nan", ".NaN", ".NAN", NULL};

	return is_one_of(text + (*text == '-' || *text == '+'), words);
}

/* strtoull() takes spaces and signs of its own: only digits may come first. */
static bool parse_integer(const char *text, struct json_object **out)
{
	const char *digits = text + (*text == '-' || *text == '+');
	unsigned long long value;
	bool negative = *text == '-';
	int base = 0;
	char *end;

	if (digits[0] == '0' && (digits[1] == 'b' || digits[1] == 'o')) {
		base = digits[1] == 'b' ? 2 : 8;
		digits += 2;
	}
	if (!isdigit((unsigned char)digits[0]))
		return false;
	errno = 0;
	value = strtoull(digits, &end, base);
	if (*end || errno || (negative && value > (unsigned long long)INT64_MAX + 1))
		return false;
	if (negative)
		*out = json_object_new_int64((int64_t)(0 - value));
	else if (value <= INT64_MAX)
		*out = json_object_new_int64((int64_t)value);
	else
		*out = json_object_new_uint64(value);
	return true;
}

/* [-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)? */
static bool is_float(const char *text)
{
	size_t whole, part = 0;

	text += *text == '-' || *text == '+';
	whole = strspn(text, "0123456789");
	text += whole;
	if (*text == '.') {
		part = strspn(++text, "0123456789");
		text += part;
	}
	if (!whole && !part)
		return false;
	if (*text == 'e' || *text == 'E') {
		text += 1 + (text[1] == '-' || text[1] == '+');
		whole = strspn(text, "0123456789");
		if (!whole)
			return false;
		text += whole;
	}
	return *text == '\0';
}

static bool parse_number(const char *text, size_t length, struct json_object **out)
{
	char digits[64];
	size_t used = 0;
	double value;

	if (!isdigit((unsigned char)*text) && !strchr("+-.", *text))
		return false;
	if (length >= sizeof(digits))
		return false;
	for (size_t i = 0; i < length; i++)
		if (text[i] != '_')
			digits[used++] = text[i];
	digits[used] = '\0';
	if (parse_integer(digits, out))
		return true;
	if (!is_float(digits))
		return false;
	value = strtod(digits, NULL);
	if (value > 1.7e308 || value < -1.7e308)
		return false;
	*out = json_object_new_double(value);
	return true;
}

int lab_yaml_resolve(const char *text, size_t length, struct json_object **out)
{
	int boolean;

	*out = NULL;
	if (is_null(text))
		return 0;
	if (is_not_finite(text))
		return -EINVAL;
	boolean = as_boolean(text);
	if (boolean >= 0)
		*out = json_object_new_boolean(boolean);
	else if (!parse_number(text, length, out))
		*out = json_object_new_string_len(text, (int)length);
	return *out ? 0 : -ENOMEM;
}
