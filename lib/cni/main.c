/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The input and output of a plugin. */
#include <errno.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

#include "base/strbuf.h"
#include "cni/request.h"
#include "cni/run.h"

/* To the end, or until nothing comes for `timeout` milliseconds; -1: no limit. 0 or a
 * positive errno. */
static int read_input(struct strbuf *input, int timeout)
{
	struct pollfd pollfd = {.fd = STDIN_FILENO, .events = POLLIN};
	char buffer[16384];

	for (;;) {
		ssize_t n;

		if (timeout >= 0 && poll(&pollfd, 1, timeout) == 0)
			return -input->error;
		n = read(STDIN_FILENO, buffer, sizeof(buffer));
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return n < 0 ? errno : -input->error;
		if (input->length + (size_t)n > CNI_TEXT_MAX)
			return E2BIG;
		strbuf_add_n(input, buffer, (size_t)n);
	}
}

static int write_output(int fd, const char *text)
{
	size_t left = strlen(text);

	while (left) {
		ssize_t n = write(fd, text, left);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		text += n;
		left -= (size_t)n;
	}
	return 0;
}

/* What can be said without memory. */
static int fail_plainly(int r)
{
	write_output(STDOUT_FILENO,
		     "{\"cniVersion\":\"" K8SNET_CNI_SPEC_VERSION "\",\"code\":999,\"msg\":\"");
	write_output(STDOUT_FILENO,
		     r == -EINVAL ? "struct k8snet_cni_ops has an unknown size" : "out of memory");
	write_output(STDOUT_FILENO, "\"}\n");
	return 1;
}

K8SNET_EXPORT int k8snet_cni_main(const struct k8snet_cni_ops *ops, void *data)
{
	struct cni_call call = {.ops = ops,
				.data = data,
				.environment = (const char *const *)environ,
				.checks_netns = true};
	const char *command = cni_environment_get(call.environment, "CNI_COMMAND");
	_cleanup_strbuf_ struct strbuf input = {0};
	_cleanup_free_ char *output = NULL;
	bool is_about = false;
	int r;

	/* Without a command there is no input. Who asks for VERSION by hand may give none,
	 * and need not even close it. */
	if (command[0])
		call.input_error = read_input(&input, strcmp(command, "VERSION") ? -1 : 1000);
	call.config = input.text ? input.text : "";
	call.length = input.length;
	r = cni_run(&call, &output, &is_about);
	if (r < 0)
		return fail_plainly(r);
	if (write_output(is_about ? STDERR_FILENO : STDOUT_FILENO, output) < 0)
		return 1;
	return r;
}
