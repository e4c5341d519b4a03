/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef CNI_VERSION_H
#define CNI_VERSION_H

#include <stdbool.h>

#include <k8snet/cni.h>

#include "base/strbuf.h"

/* The versions of the specification, in their order. */
enum cni_version {
	CNI_UNKNOWN = -1,
	CNI_0_1_0,
	CNI_0_2_0,
	CNI_0_3_0,
	CNI_0_3_1,
	CNI_0_4_0,
	CNI_1_0_0,
	CNI_1_1_0,
	CNI_VERSIONS,
};

enum cni_version cni_version_parse(const char *text);
/* Of a known version. Static. */
const char *cni_version_name(enum cni_version version);
/* Whether `text` may be echoed as a version: digits, letters, ".", "-", "+". */
bool cni_version_is_text(const char *text);

/* Of the list of a plugin, NULL: all. */
bool cni_versions_has(const char *const *versions, enum cni_version version);
/* The highest of the list. */
enum cni_version cni_versions_highest(const char *const *versions);
/* Write them, each between `quote`, with `separator` between two. */
void cni_versions_print(const char *const *versions, const char *quote, const char *separator,
			struct strbuf *out);

#endif
