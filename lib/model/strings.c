/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "model/strings.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <k8snet/context.h>

#include "base/cleanup.h"

struct string {
	struct hash_node node;
	unsigned int refs;
	char text[];
};

static struct string *string_of(const char *text)
{
	return (struct string *)(text - offsetof(struct string, text));
}

struct strings *strings_new(struct k8snet_ctx *ctx)
{
	struct strings *s = calloc(1, sizeof(*s));

	if (!s)
		return NULL;
	s->refs = 1;
	s->ctx = k8snet_ctx_ref(ctx);
	hash_init(&s->hash);
	return s;
}

struct strings *strings_ref(struct strings *s)
{
	s->refs++;
	return s;
}

void strings_unref(struct strings *s)
{
	if (!s || --s->refs)
		return;
	hash_done(&s->hash);
	k8snet_ctx_unref(s->ctx);
	free(s);
}

static struct string *find(const struct strings *s, const char *text, uint64_t hash)
{
	struct hash_node *node;

	for (node = hash_find(&s->hash, hash); node; node = hash_find_next(node)) {
		struct string *string = container_of(node, struct string, node);

		if (!strcmp(string->text, text))
			return string;
	}
	return NULL;
}

int strings_get(struct strings *s, const char *text, const char **out)
{
	size_t length;
	uint64_t hash;
	struct string *string;

	*out = NULL;
	if (!text)
		return 0;
	length = strlen(text);
	hash = hash_bytes(&s->hash, text, length);
	string = find(s, text, hash);
	if (!string) {
		string = malloc(sizeof(*string) + length + 1);
		if (!string)
			return -ENOMEM;
		memcpy(string->text, text, length + 1);
		string->refs = 0;
		if (hash_insert(&s->hash, &string->node, hash) < 0) {
			free(string);
			return -ENOMEM;
		}
	}
	string->refs++;
	*out = string->text;
	return 0;
}

const char *strings_find(const struct strings *s, const char *text)
{
	struct string *string = find(s, text, hash_bytes(&s->hash, text, strlen(text)));

	return string ? string->text : NULL;
}

const char *string_ref(const char *text)
{
	if (text)
		string_of(text)->refs++;
	return text;
}

void string_unref(struct strings *s, const char *text)
{
	struct string *string;

	if (!text)
		return;
	string = string_of(text);
	if (--string->refs)
		return;
	hash_remove(&s->hash, &string->node);
	free(string);
}

void string_move(struct strings *s, const char **to, const char **from)
{
	string_unref(s, *to);
	*to = steal_pointer(*from);
}
