/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Labels of pods, and the services that select by them. */
#include <string.h>

#include "model/spec.h"

static int clear_labels(struct model_object *object, label_list *list, const char *field)
{
	struct where at;
	int r;

	r = object_edit(object, field, &at);
	if (r == 0 && list->count) {
		label_list_done(list, object->strings);
		r = 1;
	}
	return object_edited(object, r);
}

static int set_label(struct model_object *object, label_list *list, const char *key,
		     const char *value)
{
	struct where at;
	int r;

	r = object_edit(object, "value", &at);
	if (r == 0)
		r = label_list_set(&at, list, object->strings, key, value);
	return object_edited(object, r);
}

static const char *get_key(const label_list *list, size_t index)
{
	return index < list->count ? list->items[index].key : NULL;
}

K8SNET_EXPORT int k8snet_pod_set_label(struct k8snet_pod *pod, const char *key, const char *value)
{
	return set_label(&pod->object, &pod->spec.labels, key, value);
}

K8SNET_EXPORT const char *k8snet_pod_get_label(const struct k8snet_pod *pod, const char *key)
{
	return label_list_find(&pod->spec.labels, key);
}

K8SNET_EXPORT const char *k8snet_pod_get_label_key(const struct k8snet_pod *pod, size_t index)
{
	return get_key(&pod->spec.labels, index);
}

K8SNET_EXPORT int k8snet_pod_clear_labels(struct k8snet_pod *pod)
{
	return clear_labels(&pod->object, &pod->spec.labels, "labels");
}

K8SNET_EXPORT int k8snet_service_set_selector(struct k8snet_service *service, const char *key,
					      const char *value)
{
	return set_label(&service->object, &service->spec.selector, key, value);
}

K8SNET_EXPORT const char *k8snet_service_get_selector(const struct k8snet_service *service,
						      const char *key)
{
	return label_list_find(&service->spec.selector, key);
}

K8SNET_EXPORT const char *k8snet_service_get_selector_key(const struct k8snet_service *service,
							  size_t index)
{
	return get_key(&service->spec.selector, index);
}

K8SNET_EXPORT int k8snet_service_clear_selector(struct k8snet_service *service)
{
	return clear_labels(&service->object, &service->spec.selector, "selector");
}

K8SNET_EXPORT bool k8snet_service_is_selecting(const struct k8snet_service *service,
					       const struct k8snet_pod *pod)
{
	return service->spec.selector.count && service->spec.type != K8SNET_SERVICE_EXTERNAL_NAME &&
	       !strcmp(service->object.namespace_, pod->object.namespace_) &&
	       label_list_has_all(&pod->spec.labels, &service->spec.selector);
}
