/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "cni/version.h"

#include <string.h>

static const char *const names[CNI_VERSIONS] = {
	[CNI_0_1_0] = "0.1.0",
	[CNI_0_2_0] = "0.2.0",
	[CNI_0_3_0] = "0.3.0",
	[CNI_0_3_1] = "0.3.1",
	[CNI_0_4_0] = "0.4.0",
	[CNI_1_0_0] = "1.0.0",
	[CNI_1_1_0] = K8SNET_CNI_SPEC_VERSION,
};

enum cni_version cni_version_parse(const char *text)
{
	for (int i = 0; i < CNI_VERSIONS; i++)
		if (!strcmp(names[i], text))
			return (enum cni_version)i;
	return CNI_UNKNOWN;
}

const char *cni_version_name(enum cni_version version)
{
	return names[version];
}

bool cni_version_is_text(const char *text)
{
	static const char allowed[] = "0123456789.-+"
				      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
	size_t length = strlen(text);

	return length >= 1 && length <= 64 && strspn(text, allowed) == length;
}

bool cni_versions_has(const char *const *versions, enum cni_version version)
{
	if (version == CNI_UNKNOWN)
		return false;
	if (!versions)
		return true;
	for (; *versions; versions++)
		if (!strcmp(*versions, names[version]))
			return true;
	return false;
}

enum cni_version cni_versions_highest(const char *const *versions)
{
	int version = CNI_VERSIONS - 1;

	while (version > 0 && !cni_versions_has(versions, (enum cni_version)version))
		version--;
	return (enum cni_version)version;
}

void cni_versions_print(const char *const *versions, const char *quote, const char *separator,
			struct strbuf *out)
{
	bool is_first = true;

	for (int i = 0; i < CNI_VERSIONS; i++) {
		if (!cni_versions_has(versions, (enum cni_version)i))
			continue;
		strbuf_printf(out, "%s%s%s%s", is_first ? "" : separator, quote, names[i], quote);
		is_first = false;
	}
}
