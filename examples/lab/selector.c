/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Label selectors. */
#include <errno.h>
#include <string.h>

#include "controlplane.h"

static int check_expression(const struct cp_at *at)
{
	static const char *const operators[] = {"In", "NotIn", "Exists", "DoesNotExist", NULL};
	const char *op = "", *key;
	size_t count;

	if (cp_check_string(at, "key", CP_REQUIRED, &key) < 0 ||
	    cp_check_word(at, "operator", CP_REQUIRED, operators, &op) < 0 ||
	    cp_check_array(at, "values", CP_OPTIONAL, &count) < 0)
		return -EINVAL;
	if (!count && (strcmp(op, "In") == 0 || strcmp(op, "NotIn") == 0))
		return cp_at_error(at, "values", "missing");
	return 0;
}

int cp_check_selector(const struct cp_at *at)
{
	size_t count;

	if (cp_check_strings(at, "matchLabels") < 0 ||
	    cp_check_array(at, "matchExpressions", CP_OPTIONAL, &count) < 0)
		return -EINVAL;
	for (size_t i = 0; i < count; i++) {
		struct cp_at item;

		if (cp_at_item(at, "matchExpressions", i, &item) < 0 || check_expression(&item) < 0)
			return -EINVAL;
	}
	return 0;
}

static const char *label(struct json_object *labels, const char *key)
{
	struct json_object *value;

	if (!json_object_is_type(labels, json_type_object) ||
	    !json_object_object_get_ex(labels, key, &value) ||
	    !json_object_is_type(value, json_type_string))
		return NULL;
	return json_object_get_string(value);
}

static bool expression_matches(struct json_object *expression, struct json_object *labels)
{
	const char *op = lab_json_string(expression, "operator");
	const char *value = label(labels, lab_json_string(expression, "key"));
	bool is_in = false;

	for (size_t i = 0; value && i < lab_json_count(expression, "values"); i++)
		is_in |= strcmp(value,
				lab_json_string(lab_json_item(expression, "values", i), "")) == 0;
	if (strcmp(op, "In") == 0)
		return is_in;
	if (strcmp(op, "NotIn") == 0)
		return !is_in;
	return (value != NULL) == (strcmp(op, "Exists") == 0);
}

static bool has_all(struct json_object *wanted, struct json_object *labels)
{
	if (!json_object_is_type(wanted, json_type_object))
		return true;
	json_object_object_foreach(wanted, key, value)
	{
		const char *is = label(labels, key);

		if (!is || !json_object_is_type(value, json_type_string) ||
		    strcmp(is, json_object_get_string(value)) != 0)
			return false;
	}
	return true;
}

bool cp_selector_matches(struct json_object *selector, struct json_object *labels)
{
	if (!has_all(lab_json_get(selector, "matchLabels"), labels))
		return false;
	for (size_t i = 0; i < lab_json_count(selector, "matchExpressions"); i++)
		if (!expression_matches(lab_json_item(selector, "matchExpressions", i), labels))
			return false;
	return true;
}

bool cp_labels_match(struct json_object *wanted, struct json_object *labels)
{
	return json_object_is_type(wanted, json_type_object) &&
	       json_object_object_length(wanted) > 0 && has_all(wanted, labels);
}

bool cp_has_selector(struct json_object *service)
{
	struct json_object *selector = lab_json_get(service, "spec.selector");

	return json_object_is_type(selector, json_type_object) &&
	       json_object_object_length(selector) > 0;
}
