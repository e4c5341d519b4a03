/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The input and output of a plugin. */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "base/strbuf.h"
#include "cni/request.h"
#include "cni/run.h"

/* 0 or a positive errno. */
static int read_input(struct strbuf *input)
{
	char buffer[16384];

	for (;;) {
		ssize_t n = read(STDIN_FILENO, buffer, sizeof(buffer));

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

/* No command, no input; and who asks for VERSION by hand gets an answer at once. */
static bool has_input(void)
{
	const char *command = cni_environment_get((const char *const *)environ, "CNI_COMMAND");

	return command[0] && (strcmp(command, "VERSION") != 0 || !isatty(STDIN_FILENO));
}

K8SNET_EXPORT int k8snet_cni_main(const struct k8snet_cni_ops *ops, void *data)
{
	static const char last_words[] = "{\"cniVersion\":\"" K8SNET_CNI_SPEC_VERSION
					 "\",\"code\":999,\"msg\":\"out of memory\"}\n";
	struct cni_call call = {.ops = ops,
				.data = data,
				.environment = (const char *const *)environ,
				.checks_netns = true};
	_cleanup_strbuf_ struct strbuf input = {0};
	_cleanup_free_ char *output = NULL;
	bool is_about = false;
	int r;

	if (has_input())
		call.input_error = read_input(&input);
	call.config = input.text ? input.text : "";
	call.length = input.length;
	r = cni_run(&call, &output, &is_about);
	if (r < 0) {
		write_output(STDOUT_FILENO, last_words);
		return 1;
	}
	if (write_output(is_about ? STDERR_FILENO : STDOUT_FILENO, output) < 0)
		return 1;
	return r;
}
