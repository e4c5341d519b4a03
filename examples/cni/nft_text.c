/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "nft_text.h"

#include <dlfcn.h>
#include <errno.h>
#include <nftables/libnftables.h>
#include <stdio.h>
#include <string.h>

#include "plugin.h"

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

int nft_text_run(const char *commands, char *error, size_t size)
{
	struct library l = {0};
	struct nft_ctx *nft;
	int r = load(&l);

	error[0] = '\0';
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
