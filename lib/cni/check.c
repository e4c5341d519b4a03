/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The patterns of the specification for what a runtime passes. */
#include <limits.h>
#include <string.h>

#include "base/json_string.h"
#include "cni/request.h"

#define LETTERS_DIGITS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"

const char *cni_check_id(const char *text)
{
	size_t length = strlen(text);

	if (length >= 1 && length <= 255 && strchr(LETTERS_DIGITS, text[0]) &&
	    strspn(text, LETTERS_DIGITS "_.-") == length)
		return NULL;
	return "is not a letter or digit, and then letters, digits, '_', '.' and '-': 1 to 255 "
	       "in all";
}

const char *cni_check_plain(const char *text)
{
	size_t length = strlen(text), n;

	if (length >= PATH_MAX)
		return "is too long";
	for (; length; text += n, length -= n) {
		n = utf8_sequence(text, length);
		if (!n)
			return "is not UTF-8";
		if ((unsigned char)*text < 0x20 || *text == 0x7f)
			return "has a control character";
	}
	return NULL;
}

const char *cni_check_ifname(const char *text)
{
	size_t length = strlen(text);

	if (length < 1 || length > 15)
		return "is not 1 to 15 bytes long";
	if (!strcmp(text, ".") || !strcmp(text, ".."))
		return "is a name that no link may have";
	if (strpbrk(text, "/: \t\n\v\f\r"))
		return "has a '/', a ':' or white space";
	return cni_check_plain(text);
}

static bool climbs(const char *path)
{
	for (const char *p = path; (p = strstr(p, "..")); p += 2)
		if ((p == path || p[-1] == '/') && (!p[2] || p[2] == '/'))
			return true;
	return false;
}

const char *cni_check_netns(const char *text)
{
	if (text[0] != '/' || !text[1])
		return "is not an absolute path";
	return climbs(text) ? "has a \"..\" element" : cni_check_plain(text);
}

const char *cni_check_type(const char *text)
{
	if (!text[0] || !strcmp(text, ".") || !strcmp(text, "..") || strlen(text) > NAME_MAX)
		return "is not a file name";
	return strchr(text, '/') ? "has a '/'" : cni_check_plain(text);
}
