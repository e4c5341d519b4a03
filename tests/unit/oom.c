/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "oom.h"

#include <errno.h>
#include <stddef.h>
#include <stdlib.h>

static long left = -1, live;
static bool has_failed;

void *__real_malloc(size_t size);
void *__real_calloc(size_t n, size_t size);
void *__real_realloc(void *p, size_t size);
void *__real_reallocarray(void *p, size_t n, size_t size);
char *__real_strdup(const char *text);
char *__real_strndup(const char *text, size_t n);
void __real_free(void *p);

void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t n, size_t size);
void *__wrap_realloc(void *p, size_t size);
void *__wrap_reallocarray(void *p, size_t n, size_t size);
char *__wrap_strdup(const char *text);
char *__wrap_strndup(const char *text, size_t n);
void __wrap_free(void *p);

void oom_arm(long n)
{
	left = n;
	has_failed = false;
}

bool oom_disarm(void)
{
	left = -1;
	return has_failed;
}

long oom_live(void)
{
	return live;
}

static bool fails(void)
{
	if (left < 0 || left-- > 0)
		return false;
	left = -1;
	has_failed = true;
	errno = ENOMEM;
	return true;
}

static void *count(void *p)
{
	live += p != NULL;
	return p;
}

void *__wrap_malloc(size_t size)
{
	return fails() ? NULL : count(__real_malloc(size));
}

void *__wrap_calloc(size_t n, size_t size)
{
	return fails() ? NULL : count(__real_calloc(n, size));
}

void *__wrap_realloc(void *p, size_t size)
{
	if (fails())
		return NULL;
	return p ? __real_realloc(p, size) : count(__real_realloc(NULL, size));
}

void *__wrap_reallocarray(void *p, size_t n, size_t size)
{
	if (fails())
		return NULL;
	return p ? __real_reallocarray(p, n, size) : count(__real_reallocarray(NULL, n, size));
}

char *__wrap_strdup(const char *text)
{
	return fails() ? NULL : count(__real_strdup(text));
}

char *__wrap_strndup(const char *text, size_t n)
{
	return fails() ? NULL : count(__real_strndup(text, n));
}

void __wrap_free(void *p)
{
	live -= p != NULL;
	__real_free(p);
}
