/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "kernel/nft_library.h"

#include <dlfcn.h>
#include <errno.h>
#include <nftables/libnftables.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"

struct nft_library {
	void *handle;
	__typeof__(nft_ctx_new) *ctx_new;
	__typeof__(nft_ctx_free) *ctx_free;
	__typeof__(nft_ctx_buffer_output) *buffer_output;
	__typeof__(nft_ctx_buffer_error) *buffer_error;
	__typeof__(nft_ctx_get_error_buffer) *get_error_buffer;
	__typeof__(nft_ctx_set_dry_run) *set_dry_run;
	__typeof__(nft_run_cmd_from_buffer) *run;
};

static int resolve(struct nft_library *l)
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
		{"nft_ctx_set_dry_run", (void **)&l->set_dry_run},
		{"nft_run_cmd_from_buffer", (void **)&l->run},
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(symbols); i++) {
		*symbols[i].to = dlsym(l->handle, symbols[i].name);
		if (!*symbols[i].to)
			return -ENOENT;
	}
	return 0;
}

int nft_library_load(struct nft_library **out, char *text, size_t size)
{
	struct nft_library *l = calloc(1, sizeof(*l));

	if (!l)
		return -ENOMEM;
	/* Never unloaded: the next kernel that is opened finds it at once. */
	l->handle = dlopen("libnftables.so.1", RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE);
	if (!l->handle || resolve(l) < 0) {
		snprintf(text, size, "%s", dlerror());
		nft_library_free(l);
		return -ENOENT;
	}
	*out = l;
	return 0;
}

void nft_library_free(struct nft_library *library)
{
	if (library && library->handle)
		dlclose(library->handle);
	free(library);
}

static void parse_error(const char *output, char *text, size_t size)
{
	const char *line = strstr(output, "Error: ");

	line = line ? line + strlen("Error: ") : output;
	snprintf(text, size, "%.*s", (int)strcspn(line, "\n"), line);
}

struct text_check {
	const struct nft_library *library;
	const char *commands;
	char *text;
	size_t size;
	int result;
};

static void check_here(void *data)
{
	struct text_check *check = data;
	const struct nft_library *l = check->library;
	struct nft_ctx *nft = l->ctx_new(NFT_CTX_DEFAULT);

	if (!nft || l->buffer_output(nft) || l->buffer_error(nft)) {
		check->result = -ENOMEM;
	} else {
		l->set_dry_run(nft, true);
		if (l->run(nft, check->commands)) {
			check->result = -EINVAL;
			parse_error(l->get_error_buffer(nft), check->text, check->size);
		}
	}
	if (nft)
		l->ctx_free(nft);
}

int nft_library_check(const struct nft_library *library, const struct netns *ns,
		      const char *commands, char *text, size_t size)
{
	struct text_check check = {
		.library = library, .commands = commands, .text = text, .size = size};
	int r = netns_run(ns, check_here, &check);

	return r < 0 ? r : check.result;
}
