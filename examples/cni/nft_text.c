/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What is rarely made, by libnftables. When that has no memory it ends its process, which
 * has to be another than the one that must answer, and undo what it did. */
#include "nft_text.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <nftables/libnftables.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "plugin.h"

#define EXIT_NO_MEMORY 2 /* of libnftables */

struct library {
	void *handle;
	__typeof__(nft_ctx_new) *ctx_new;
	__typeof__(nft_ctx_free) *ctx_free;
	__typeof__(nft_ctx_buffer_output) *buffer_output;
	__typeof__(nft_ctx_buffer_error) *buffer_error;
	__typeof__(nft_ctx_get_error_buffer) *get_error_buffer;
	__typeof__(nft_run_cmd_from_buffer) *run;
};

static int load(struct library *l)
{
	const struct {
		const char *name;
		void **to;
	} symbols[] = {
		{"nft_ctx_new", (void **)&l->ctx_new},
		{"nft_ctx_free", (void **)&l->ctx_free},
		{"nft_ctx_buffer_output", (void **)&l->buffer_output},
		{"nft_ctx_buffer_error", (void **)&l->buffer_error},
		{"nft_ctx_get_error_buffer", (void **)&l->get_error_buffer},
		{"nft_run_cmd_from_buffer", (void **)&l->run},
	};
	size_t i;

	l->handle = dlopen("libnftables.so.1", RTLD_NOW | RTLD_LOCAL);
	for (i = 0; l->handle && i < ARRAY_SIZE(symbols); i++) {
		*symbols[i].to = dlsym(l->handle, symbols[i].name);
		if (!*symbols[i].to)
			return -ENOENT;
	}
	return l->handle ? 0 : -ENOENT;
}

/* "Error: Could not process rule: File exists": the kernel's errno comes back only as
 * text. */
static int parse_error(const char *output, char *error, size_t size)
{
	const char *line = strstr(output, "Error: ");

	line = line ? line + strlen("Error: ") : output;
	snprintf(error, size, "%.*s", (int)strcspn(line, "\n"), line);
	if (strstr(error, strerror(EEXIST)))
		return -EEXIST;
	return strstr(error, strerror(EPERM)) ? -EPERM : -EINVAL;
}

static int run_here(const char *commands, char *error, size_t size)
{
	struct library l = {0};
	struct nft_ctx *nft;
	int r = load(&l);

	if (r < 0) {
		snprintf(error, size, "%s", dlerror());
		return r;
	}
	nft = l.ctx_new(NFT_CTX_DEFAULT);
	if (!nft)
		return -ENOMEM;
	if (l.buffer_output(nft) || l.buffer_error(nft))
		r = -ENOMEM;
	else if (l.run(nft, commands))
		r = parse_error(l.get_error_buffer(nft), error, size);
	l.ctx_free(nft);
	return r;
}

/* --- in a process of its own ------------------------------------------------------------- */

struct outcome {
	int result;
	char error[256];
};

static void be_child(const char *commands, int fd)
{
	struct outcome outcome = {0};

	outcome.result = run_here(commands, outcome.error, sizeof(outcome.error));
	_exit(write(fd, &outcome, sizeof(outcome)) != sizeof(outcome));
}

/* A child that has not said how it went has ended in the library. */
static void receive(pid_t child, int fd, struct outcome *out)
{
	struct outcome outcome;
	int status = 0;
	ssize_t n;

	do
		n = read(fd, &outcome, sizeof(outcome));
	while (n < 0 && errno == EINTR);
	while (waitpid(child, &status, 0) < 0 && errno == EINTR)
		;
	if (n == sizeof(outcome))
		*out = outcome;
	else if (WIFEXITED(status) && WEXITSTATUS(status) == EXIT_NO_MEMORY)
		out->result = -ENOMEM;
	else
		snprintf(out->error, sizeof(out->error), "libnftables ended with status 0x%x",
			 (unsigned int)status);
}

int nft_text_run(const char *commands, char *error, size_t size)
{
	struct outcome outcome = {.result = -EIO};
	_cleanup_close_ int in = -1;
	int fds[2], r;
	pid_t child;

	error[0] = '\0';
	if (pipe2(fds, O_CLOEXEC) < 0)
		return -errno;
	in = fds[0];
	child = fork();
	r = child < 0 ? -errno : 0;
	if (child == 0)
		be_child(commands, fds[1]);
	close(fds[1]);
	if (r < 0)
		return r;
	receive(child, in, &outcome);
	snprintf(error, size, "%s", outcome.error);
	return outcome.result;
}
