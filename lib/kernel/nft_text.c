/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "kernel/nft_text.h"

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

/* "Error: Could not process rule: File exists": the kernel's errno comes back
 * only as text, made with strerror() here, too. The longest one that fits: "No
 * such device" begins others. */
static int parse_errno(const char *line)
{
	int error, found = EINVAL;
	size_t length, longest = 0;

	for (error = 1; error < 134; error++) {
		length = strlen(strerror(error));
		if (length > longest && strstr(line, strerror(error))) {
			longest = length;
			found = error;
		}
	}
	return found;
}

static int parse_error(const char *output, char *text, size_t size)
{
	const char *line = strstr(output, "Error: ");

	line = line ? line + strlen("Error: ") : output;
	snprintf(text, size, "%.*s", (int)strcspn(line, "\n"), line);
	return -parse_errno(text);
}

struct text_run {
	const struct nft_library *library;
	const char *commands;
	char *text;
	size_t size;
	int result;
};

static struct nft_ctx *run_here(struct text_run *run)
{
	const struct nft_library *l = run->library;
	struct nft_ctx *nft = l->ctx_new(NFT_CTX_DEFAULT);

	if (!nft || l->buffer_output(nft) || l->buffer_error(nft))
		run->result = -ENOMEM;
	else if (l->run(nft, run->commands))
		run->result = parse_error(l->get_error_buffer(nft), run->text, run->size);
	return nft;
}

static void run_once(void *data)
{
	struct text_run *run = data;
	struct nft_ctx *nft = run_here(run);

	if (nft)
		run->library->ctx_free(nft);
}

int nft_library_run(const struct nft_library *library, const struct netns *ns, const char *commands,
		    char *text, size_t size)
{
	struct text_run run = {
		.library = library, .commands = commands, .text = text, .size = size};
	int r = netns_run(ns, run_once, &run);

	return r < 0 ? r : run.result;
}

/* --- sessions ------------------------------------------------------------- */

struct nft_session {
	struct text_run run;
	struct nft_ctx *nft;
};

static void run_session(void *data)
{
	struct nft_session *session = data;

	session->nft = run_here(&session->run);
}

int nft_session_begin(struct nft_session **out, const struct nft_library *library,
		      const struct netns *ns, const char *commands, char *text, size_t size)
{
	struct nft_session *session = calloc(1, sizeof(*session));
	int r;

	*out = NULL;
	if (!session)
		return -ENOMEM;
	session->run = (struct text_run){
		.library = library, .commands = commands, .text = text, .size = size};
	r = netns_run(ns, run_session, session);
	if (r == 0)
		r = session->run.result;
	if (r < 0)
		nft_session_end(session);
	else
		*out = session;
	return r;
}

void nft_session_end(struct nft_session *session)
{
	if (session && session->nft)
		session->run.library->ctx_free(session->nft);
	free(session);
}
