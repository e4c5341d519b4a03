/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dir_file.h"

static int compare(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

bool id_list_has(const struct id_list *list, const char *id)
{
	return list->count && bsearch(&id, list->items, list->count, sizeof(*list->items), compare);
}

void id_list_clear(struct id_list *list)
{
	for (size_t i = 0; i < list->count; i++)
		free(list->items[i]);
	free(list->items);
	memset(list, 0, sizeof(*list));
}

int id_list_add(struct id_list *list, const char *kind, const char *namespace_, const char *name)
{
	if (list->count == list->capacity) {
		size_t capacity = list->capacity ? list->capacity * 2 : 16;
		char **bigger = reallocarray(list->items, capacity, sizeof(*bigger));

		if (!bigger)
			return -ENOMEM;
		list->items = bigger;
		list->capacity = capacity;
	}
	if (asprintf(&list->items[list->count], "%s/%s/%s", kind, namespace_, name) < 0)
		return -ENOMEM;
	list->count++;
	return 0;
}

void id_list_sort(struct id_list *list)
{
	if (list->count)
		qsort(list->items, list->count, sizeof(*list->items), compare);
}
