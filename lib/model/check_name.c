/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The rules for names, as k8s.io/apimachinery has them in util/validation. */
#include <limits.h>
#include <string.h>

#include "model/check.h"

#define LOWER	     "abcdefghijklmnopqrstuvwxyz"
#define UPPER	     "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
#define DIGITS	     "0123456789"
#define LOWER_DIGITS LOWER DIGITS

static bool is_one_of(char c, const char *set)
{
	return c && strchr(set, c);
}

/* [ends]([middle]*[ends])? */
static bool is_word(const char *text, size_t length, const char *ends, const char *middle)
{
	if (!length || !is_one_of(text[0], ends) || !is_one_of(text[length - 1], ends))
		return false;
	for (size_t i = 0; i < length; i++)
		if (!is_one_of(text[i], middle))
			return false;
	return true;
}

const char *check_dns_label(const char *text)
{
	size_t length = strlen(text);

	if (length <= 63 && is_word(text, length, LOWER_DIGITS, LOWER_DIGITS "-"))
		return NULL;
	return "is not a DNS label: 1 to 63 of a-z, 0-9 and '-', no '-' at its ends";
}

const char *check_dns_subdomain(const char *text)
{
	size_t length = strlen(text), n;
	bool is_good = length >= 1 && length <= 253;

	while (is_good) {
		n = strcspn(text, ".");
		is_good = is_word(text, n, LOWER_DIGITS, LOWER_DIGITS "-");
		if (!text[n])
			break;
		text += n + 1;
	}
	return is_good ? NULL
		       : "is not a DNS subdomain: 1 to 253 of a-z, 0-9, '-' and '.', each part "
			 "begins and ends with a letter or digit";
}

const char *check_port_name(const char *text)
{
	size_t length = strlen(text);

	if (length <= 15 && is_word(text, length, LOWER_DIGITS, LOWER_DIGITS "-") &&
	    strpbrk(text, LOWER) && !strstr(text, "--"))
		return NULL;
	return "is not a port name: 1 to 15 of a-z, 0-9 and single '-', at least one letter";
}

bool is_link_text(const char *text, size_t length)
{
	return length >= 1 && length <= 15 && text[0] != '-' &&
	       strspn(text, LOWER UPPER DIGITS "._-") >= length;
}

const char *check_link_name(const char *text)
{
	/* "all" and "default" would be every link in a path of a sysctl. */
	static const char *const reserved[] = {".", "..", "all", "default", "lo"};

	for (size_t i = 0; i < ARRAY_SIZE(reserved); i++)
		if (!strcmp(text, reserved[i]))
			return "is a name that no link may have";
	if (is_link_text(text, strlen(text)))
		return NULL;
	return "is not a name of a link: 1 to 15 of A-Z, a-z, 0-9, '.', '_' and '-', no '-' first";
}

const char *check_link_pattern(const char *text)
{
	size_t length = strlen(text), n = length;

	if (n > 1 && text[n - 1] == '*')
		n--;
	if (length <= 15 && is_link_text(text, n))
		return NULL;
	return "is not a name of a link, 1 to 15 of A-Z, a-z, 0-9, '.', '_' and '-', no '-' "
	       "first, nor the beginning of one and '*'";
}

static bool has_element(const char *path, const char *element)
{
	size_t n;

	for (; *path; path += n) {
		path += strspn(path, "/");
		n = strcspn(path, "/");
		if (n == strlen(element) && !strncmp(path, element, n) && n)
			return true;
	}
	return false;
}

static bool has_control(const char *text)
{
	for (; *text; text++)
		if ((unsigned char)*text < 0x20 || *text == 0x7f)
			return true;
	return false;
}

const char *check_netns_path(const char *text)
{
	if (text[0] != '/' || !text[1] || strlen(text) >= PATH_MAX)
		return "is not an absolute path";
	if (has_element(text, ".."))
		return "has a \"..\" element";
	return has_control(text) ? "has a control character" : NULL;
}

const char *check_label_value(const char *text)
{
	size_t length = strlen(text);

	if (length <= 63 && is_word(text, length, LOWER UPPER DIGITS, LOWER UPPER DIGITS "-_."))
		return NULL;
	return "is not the value of a label: 1 to 63 of A-Z, a-z, 0-9, '-', '_' and '.', first and "
	       "last a letter or digit";
}

const char *check_label_key(const char *text)
{
	const char *slash = strchr(text, '/'), *name = slash ? slash + 1 : text;
	char prefix[256] = "a";
	bool is_good = !slash || (size_t)(slash - text) < sizeof(prefix);

	if (slash && is_good) {
		memcpy(prefix, text, (size_t)(slash - text));
		prefix[slash - text] = '\0';
	}
	if (is_good && !check_dns_subdomain(prefix) && !check_label_value(name))
		return NULL;
	return "is not the key of a label: a value of one, which may stand after a DNS subdomain "
	       "and '/'";
}

const char *check_ingress_host(const char *text)
{
	struct k8snet_address address;
	const char *domain = strncmp(text, "*.", 2) ? text : text + 2;

	if (!parse_address(&address, text))
		return "is an address: a rule's host is a DNS name";
	if (check_dns_subdomain(domain))
		return "is not a host: a DNS subdomain, or \"*.\" and a DNS subdomain";
	return NULL;
}

const char *check_any_path(const char *text)
{
	if (text[0] != '/')
		return "is not an absolute path";
	return has_control(text) || strchr(text, ' ') ? "has a space or control character" : NULL;
}

const char *check_ingress_path(const char *text)
{
	if (strstr(text, "//"))
		return "has an empty element";
	if (has_element(text, ".") || has_element(text, ".."))
		return "has a \".\" or \"..\" element";
	if (strcasestr(text, "%2f"))
		return "has an encoded slash";
	return check_any_path(text);
}
