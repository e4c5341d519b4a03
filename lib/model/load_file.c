/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "base/context.h"
#include "model/cluster.h"

#define MAX_LENGTH ((size_t)256 << 20)

static int file_error(struct k8snet_ctx *ctx, const char *path, const char *what, int error)
{
	const struct error_at at = {
		.layer = K8SNET_LAYER_NONE,
		.id = error == ENOENT ? K8SNET_MSG_NOT_FOUND : K8SNET_MSG_KERNEL,
		.object = path,
		.operation = what,
		.kernel_errno = error,
	};

	if (error == ENOMEM)
		return ctx_no_memory(ctx);
	return ctx_error(ctx,
			 error == ENOENT   ? -ENOENT
			 : error == EACCES ? -EPERM
					   : -EIO,
			 &at, "%s", strerror(error));
}

/* Make room for more text: what the file seems to need, then double. */
static int grow(int fd, char **text, size_t *capacity)
{
	size_t want = *capacity ? *capacity * 2 : 65536;
	struct stat st;
	char *bigger;

	if (!*capacity && !fstat(fd, &st) && S_ISREG(st.st_mode) && st.st_size > 0)
		want = (size_t)st.st_size + 1;
	if (want > MAX_LENGTH + 1)
		want = MAX_LENGTH + 1;
	bigger = realloc(*text, want);
	if (!bigger)
		return -ENOMEM;
	*text = bigger;
	*capacity = want;
	return 0;
}

/* Up to one byte more than is allowed, by which the caller sees that it is too much. */
static int read_all(int fd, char **text, size_t *length)
{
	size_t capacity = 0;
	ssize_t n = 1;

	while (n && *length <= MAX_LENGTH) {
		if (*length == capacity && grow(fd, text, &capacity) < 0)
			return -ENOMEM;
		n = read(fd, *text + *length, capacity - *length);
		if (n < 0 && errno != EINTR)
			return -errno;
		if (n > 0)
			*length += (size_t)n;
	}
	return 0;
}

K8SNET_EXPORT int k8snet_cluster_load_file(struct k8snet_cluster *cluster, const char *path)
{
	_cleanup_close_ int fd = -1;
	_cleanup_free_ char *text = NULL;
	size_t length = 0;
	int r;

	if (!path)
		return ctx_bad_argument(cluster->ctx, "path", "is NULL");
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	if (fd < 0)
		return file_error(cluster->ctx, path, "open", errno);
	r = read_all(fd, &text, &length);
	if (r < 0)
		return file_error(cluster->ctx, path, "read", -r);
	return k8snet_cluster_load_json(cluster, path, text, length);
}
