/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "model/load.h"

static void load_label(struct load *l, label_list *list, const struct json *item)
{
	struct where at = load_at(l, item);
	const char *value = "";

	/* "" is a value here, and null stands for it. */
	if (item->type != JSON_NULL && !(item->type == JSON_STRING && !item->length))
		value = load_item_text(l, item);
	if (value && !l->error)
		load_result(l, label_list_append(&at, list, load_strings(l), item->key, value));
}

void load_labels(struct load *l, label_list *list, const struct json *labels)
{
	const struct json *item = labels ? labels->first : NULL;

	for (; item && !l->error; item = item->next)
		load_label(l, list, item);
	label_list_sort(list);
}
