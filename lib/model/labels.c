/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "model/labels.h"

#include <stdlib.h>
#include <string.h>

/* Where the key is, or would be. */
static size_t label_list_search(const label_list *list, const char *key)
{
	size_t low = 0, high = list->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (strcmp(list->items[middle].key, key) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static bool is_at(const label_list *list, size_t index, const char *key)
{
	return index < list->count && !strcmp(list->items[index].key, key);
}

static void label_done(struct label *label, struct strings *strings)
{
	string_unref(strings, label->key);
	string_unref(strings, label->value);
}

static int check_key(const struct where *at, const char *key)
{
	/* Of JSON, the path says the key. */
	return check_text(at, at->field ? "key" : NULL, key, check_label_key);
}

static int label_init(const struct where *at, struct label *label, struct strings *strings,
		      const char *key, const char *value)
{
	int r = check_key(at, key);

	*label = (struct label){0};
	if (r == 0 && *value)
		r = check_text(at, NULL, value, check_label_value);
	if (r < 0)
		return r;
	if (!strings_get(strings, key, &label->key) && !strings_get(strings, value, &label->value))
		return 0;
	label_done(label, strings);
	return where_no_memory(at);
}

static int label_list_insert(const struct where *at, label_list *list, size_t index,
			     const struct label *label)
{
	if (!vec_push(list))
		return where_no_memory(at);
	memmove(&list->items[index + 1], &list->items[index],
		(list->count - 1 - index) * sizeof(*label));
	list->items[index] = *label;
	return 1;
}

static int label_list_remove(label_list *list, struct strings *strings, size_t index)
{
	label_done(&list->items[index], strings);
	list->count--;
	memmove(&list->items[index], &list->items[index + 1],
		(list->count - index) * sizeof(list->items[0]));
	return 1;
}

int label_list_set(const struct where *at, label_list *list, struct strings *strings,
		   const char *key, const char *value)
{
	struct label label;
	size_t index;
	int r;

	r = check_key(at, key);
	if (r < 0)
		return r;
	index = label_list_search(list, key);
	if (!value)
		return is_at(list, index, key) ? label_list_remove(list, strings, index) : 0;
	r = label_init(at, &label, strings, key, value);
	if (r < 0)
		return r;
	if (!is_at(list, index, key)) {
		r = label_list_insert(at, list, index, &label);
		if (r < 0)
			label_done(&label, strings);
		return r;
	}
	r = label.value != list->items[index].value;
	label_done(&list->items[index], strings);
	list->items[index] = label;
	return r;
}

int label_list_append(const struct where *at, label_list *list, struct strings *strings,
		      const char *key, const char *value)
{
	struct label label;
	int r;

	r = label_init(at, &label, strings, key, value);
	if (r < 0)
		return r;
	r = label_list_insert(at, list, list->count, &label);
	if (r < 0)
		label_done(&label, strings);
	return r;
}

static int compare_keys(const void *a, const void *b)
{
	return strcmp(((const struct label *)a)->key, ((const struct label *)b)->key);
}

void label_list_sort(label_list *list)
{
	if (list->count > 1)
		qsort(list->items, list->count, sizeof(list->items[0]), compare_keys);
}

void label_list_done(label_list *list, struct strings *strings)
{
	struct label *label;

	vec_foreach (list, label)
		label_done(label, strings);
	vec_done(list);
}

const char *label_list_find(const label_list *list, const char *key)
{
	size_t index = label_list_search(list, key);

	return is_at(list, index, key) ? list->items[index].value : NULL;
}

bool label_list_is_equal(const label_list *a, const label_list *b)
{
	if (a->count != b->count)
		return false;
	for (size_t i = 0; i < a->count; i++)
		if (a->items[i].key != b->items[i].key || a->items[i].value != b->items[i].value)
			return false;
	return true;
}

bool label_list_has_all(const label_list *labels, const label_list *wanted)
{
	const struct label *label;
	const char *value;

	vec_foreach (wanted, label) {
		value = label_list_find(labels, label->key);
		if (!value || strcmp(value, label->value))
			return false;
	}
	return true;
}
