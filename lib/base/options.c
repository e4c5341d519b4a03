/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "base/options.h"

#include <errno.h>
#include <string.h>

int options_copy(void *to, size_t size, const void *from, size_t least)
{
	const unsigned char *bytes = from;
	size_t given = size, i;

	memset(to, 0, size);
	if (from)
		memcpy(&given, from, sizeof(given));
	if (given < least)
		return -EINVAL;
	for (i = size; from && i < given; i++)
		if (bytes[i])
			return -EINVAL;
	if (from)
		memcpy(to, from, given < size ? given : size);
	memcpy(to, &size, sizeof(size));
	return 0;
}
