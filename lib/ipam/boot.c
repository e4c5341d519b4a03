/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "base/context.h"
#include "ipam/ipam.h"

#define BOOT_ID_PATH "/proc/sys/kernel/random/boot_id"

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* A UUID: 32 hex digits in groups. */
static int parse_uuid(const char *text, uint8_t *out)
{
	unsigned int n = 0;
	int digit;

	for (; *text && *text != '\n'; text++) {
		if (*text == '-')
			continue;
		digit = hex_digit(*text);
		if (digit < 0 || n >= 2 * LEASE_BOOT_SIZE)
			return -EINVAL;
		out[n / 2] = (uint8_t)(out[n / 2] << 4 | digit);
		n++;
	}
	return n == 2 * LEASE_BOOT_SIZE ? 0 : -EINVAL;
}

int ipam_read_boot_id(struct k8snet_ctx *ctx, uint8_t boot[LEASE_BOOT_SIZE])
{
	_cleanup_close_ int fd = open(BOOT_ID_PATH, O_RDONLY | O_CLOEXEC);
	struct error_at at = {.layer = K8SNET_LAYER_POD,
			      .id = K8SNET_MSG_LEASE_FILE,
			      .object = "boot id",
			      .operation = "read " BOOT_ID_PATH};
	char text[64] = "";
	ssize_t n = -1;

	if (fd >= 0)
		n = read(fd, text, sizeof(text) - 1);
	if (n < 0) {
		at.kernel_errno = errno;
		return ctx_error(ctx, -EIO, &at, "%s", strerror(errno));
	}
	if (parse_uuid(text, boot) < 0)
		return ctx_error(ctx, -EIO, &at, "is not a UUID");
	return 0;
}
