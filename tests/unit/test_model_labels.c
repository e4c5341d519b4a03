/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Labels of pods and selectors of services; the rules are those of IsQualifiedName() and
 * IsValidLabelValue() of k8s.io/apimachinery 0.37 util/validation. */
#include "load_text.h"

#define A63 "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"

static const struct {
	const char *key, *value, *wrong; /* the argument; NULL: the API takes it */
} rules[] = {
	{"app", "web", NULL},
	{"a", "", NULL},
	{"0", "0", NULL},
	{"A.b_C-9", "A.b_C-9", NULL},
	{"app.kubernetes.io/name", "x", NULL},
	{"a/B", "x", NULL},
	{A63, A63, NULL},
	{A63 "." A63 "." A63 ".aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa/" A63,
	 "x", NULL},
	{A63 "." A63 "." A63 ".aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa/a",
	 "x", "key"},
	{A63 "." A63 "." A63 "." A63 "." A63 "/a", "x", "key"},
	{A63 "a", "x", "key"},
	{"", "x", "key"},
	{"/", "x", "key"},
	{"/a", "x", "key"},
	{"a/", "x", "key"},
	{"a/b/c", "x", "key"},
	{"A/b", "x", "key"},
	{"-a", "x", "key"},
	{"a b", "x", "key"},
	{"a\"};", "x", "key"},
	{"\303\244", "x", "key"},
	{"a", A63 "a", "value"},
	{"a", "-", "value"},
	{"a", "x.", "value"},
	{"a", "x/y", "value"},
	{"a", "x\n", "value"},
};

static void names(void **state)
{
	struct model_fixture *f = *state;
	struct k8snet_service *service;
	struct k8snet_pod *pod;
	char message[64];

	assert_int_equal(k8snet_pod_new(&pod, f->cluster, "shop", "p"), 0);
	assert_int_equal(k8snet_service_new(&service, f->cluster, "shop", "cart"), 0);
	for (size_t i = 0; i < sizeof(rules) / sizeof(rules[0]); i++) {
		const char *key = rules[i].key, *value = rules[i].value;

		if (!rules[i].wrong) {
			assert_int_equal(k8snet_pod_set_label(pod, key, value), 0);
			assert_string_equal(k8snet_pod_get_label(pod, key), value);
			assert_int_equal(k8snet_service_set_selector(service, key, value), 0);
			assert_string_equal(k8snet_service_get_selector(service, key), value);
			continue;
		}
		snprintf(message, sizeof(message), "Pod shop/p: %s: \"", rules[i].wrong);
		expect_error(f->ctx, k8snet_pod_set_label(pod, key, value), -EINVAL, message);
		snprintf(message, sizeof(message), "Service shop/cart: %s: \"", rules[i].wrong);
		expect_error(f->ctx, k8snet_service_set_selector(service, key, value), -EINVAL,
			     message);
	}
	expect_error(f->ctx, k8snet_pod_set_label(pod, NULL, "x"), -EINVAL,
		     "Pod shop/p: key: is missing");
	assert_true(k8snet_service_is_selecting(service, pod));
	k8snet_service_unref(service);
	k8snet_pod_unref(pod);
}

static void each_key_once_and_in_order(void **state)
{
	struct model_fixture *f = *state;
	struct k8snet_pod *pod;
	uint64_t generation;

	assert_int_equal(k8snet_pod_new(&pod, f->cluster, "shop", "p"), 0);
	assert_int_equal(k8snet_pod_set_label(pod, "c", "1"), 0);
	assert_int_equal(k8snet_pod_set_label(pod, "a", "2"), 0);
	assert_int_equal(k8snet_pod_set_label(pod, "b", "3"), 0);
	assert_int_equal(k8snet_pod_set_label(pod, "c", "4"), 0);
	assert_string_equal(k8snet_pod_get_label_key(pod, 0), "a");
	assert_string_equal(k8snet_pod_get_label_key(pod, 1), "b");
	assert_string_equal(k8snet_pod_get_label_key(pod, 2), "c");
	assert_null(k8snet_pod_get_label_key(pod, 3));
	assert_string_equal(k8snet_pod_get_label(pod, "c"), "4");
	assert_null(k8snet_pod_get_label(pod, "d"));

	generation = k8snet_cluster_get_generation(f->cluster);
	assert_int_equal(k8snet_pod_set_label(pod, "a", "2"), 0);
	assert_int_equal(k8snet_pod_set_label(pod, "d", NULL), 0);
	assert_int_equal(k8snet_cluster_get_generation(f->cluster), generation);
	assert_int_equal(k8snet_pod_set_label(pod, "a", NULL), 0);
	assert_true(k8snet_cluster_get_generation(f->cluster) > generation);
	assert_string_equal(k8snet_pod_get_label_key(pod, 0), "b");
	assert_int_equal(k8snet_pod_clear_labels(pod), 0);
	assert_null(k8snet_pod_get_label_key(pod, 0));
	assert_int_equal(k8snet_pod_remove(pod), 0);
	assert_int_equal(k8snet_pod_set_label(pod, "a", "2"), -ENOENT);
	k8snet_pod_unref(pod);
}

static void a_selector_asks_for_all(void **state)
{
	struct model_fixture *f = *state;
	struct k8snet_service *service;
	struct k8snet_pod *pod, *other;

	assert_int_equal(k8snet_service_new(&service, f->cluster, "shop", "cart"), 0);
	assert_int_equal(k8snet_pod_new(&pod, f->cluster, "shop", "p"), 0);
	assert_int_equal(k8snet_pod_new(&other, f->cluster, "else", "p"), 0);
	assert_int_equal(k8snet_pod_set_label(pod, "app", "cart"), 0);
	assert_int_equal(k8snet_pod_set_label(pod, "tier", ""), 0);
	assert_int_equal(k8snet_pod_set_label(other, "app", "cart"), 0);

	assert_false(k8snet_service_is_selecting(service, pod));
	assert_int_equal(k8snet_service_set_selector(service, "app", "cart"), 0);
	assert_true(k8snet_service_is_selecting(service, pod));
	assert_false(k8snet_service_is_selecting(service, other));
	assert_int_equal(k8snet_service_set_selector(service, "tier", ""), 0);
	assert_true(k8snet_service_is_selecting(service, pod));
	assert_int_equal(k8snet_service_set_selector(service, "zone", ""), 0);
	assert_false(k8snet_service_is_selecting(service, pod));
	assert_int_equal(k8snet_service_set_selector(service, "zone", NULL), 0);
	assert_int_equal(k8snet_service_set_selector(service, "tier", "back"), 0);
	assert_false(k8snet_service_is_selecting(service, pod));
	assert_int_equal(k8snet_service_set_selector(service, "tier", NULL), 0);
	assert_int_equal(k8snet_service_set_type(service, K8SNET_SERVICE_EXTERNAL_NAME), 0);
	assert_false(k8snet_service_is_selecting(service, pod));
	assert_int_equal(k8snet_service_set_type(service, K8SNET_SERVICE_CLUSTER_IP), 0);
	assert_int_equal(k8snet_service_clear_selector(service), 0);
	assert_false(k8snet_service_is_selecting(service, pod));
	k8snet_service_unref(service);
	k8snet_pod_unref(pod);
	k8snet_pod_unref(other);
}

#define LABELLED(labels)                                                             \
	"{'apiVersion':'v1','kind':'Pod','metadata':{'namespace':'shop','name':'p'," \
	"'labels':" labels "}}"
#define SELECTS(selector) SERVICE("'ports':[{'port':80}],'selector':" selector)

static void loaded(void **state)
{
	struct model_fixture *f = *state;
	struct k8snet_service *service;
	struct k8snet_pod *pod;
	char *before;

	assert_int_equal(load(f, LABELLED("{'b':'2','x/a':'1','c':'','d':null}")), 0);
	assert_int_equal(load(f, SELECTS("{'x/a':'1','b':'2','d':''}")), 0);
	pod = k8snet_cluster_find_pod(f->cluster, "shop", "p");
	service = k8snet_cluster_find_service(f->cluster, "shop", "cart");
	assert_string_equal(k8snet_pod_get_label(pod, "x/a"), "1");
	assert_string_equal(k8snet_pod_get_label(pod, "b"), "2");
	assert_string_equal(k8snet_pod_get_label(pod, "c"), "");
	assert_string_equal(k8snet_pod_get_label(pod, "d"), "");
	assert_string_equal(k8snet_service_get_selector_key(service, 2), "x/a");
	assert_true(k8snet_service_is_selecting(service, pod));

	/* The order says nothing. */
	before = model_dump(f->cluster);
	assert_int_equal(load(f, LABELLED("{'x/a':'1','d':'','c':'','b':'2'}")), 0);
	expect_dump(f, before);
	assert_int_equal(load(f, LABELLED("{'x/a':'1'}")), 0);
	assert_null(k8snet_pod_get_label(pod, "b"));
	assert_false(k8snet_service_is_selecting(service, pod));
}

/* No API server takes these: the others of a pod stay, a selector asks for all or nothing. */
static void passed_over(void **state)
{
	struct model_fixture *f = *state;
	struct k8snet_service *service;
	struct k8snet_pod *pod;

	pass_over(f, LABELLED("{'a':'1','-':'2'}"), "Pod shop/p: metadata.labels.-: \"-\" is not");
	pod = k8snet_cluster_find_pod(f->cluster, "shop", "p");
	assert_string_equal(k8snet_pod_get_label(pod, "a"), "1");
	pass_over(f, LABELLED("{'a':'1','b':2}"),
		  "Pod shop/p: metadata.labels.b: is a whole number");
	pass_over(f, LABELLED("['a']"), "Pod shop/p: metadata.labels: is an array, not an object");
	assert_int_equal(load(f, LABELLED("{'a':'1'}")), 0);

	pass_over(f, SELECTS("{'a':'1','b':'?'}"),
		  "Service shop/cart: spec.selector.b: \"?\" is not the value of a label");
	service = k8snet_cluster_find_service(f->cluster, "shop", "cart");
	assert_null(k8snet_service_get_selector_key(service, 0));
	assert_false(k8snet_service_is_selecting(service, pod));
	assert_int_equal(k8snet_cluster_count_services(f->cluster), 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(names, model_setup, model_teardown),
		cmocka_unit_test_setup_teardown(each_key_once_and_in_order, model_setup,
						model_teardown),
		cmocka_unit_test_setup_teardown(a_selector_asks_for_all, model_setup,
						model_teardown),
		cmocka_unit_test_setup_teardown(loaded, model_setup, model_teardown),
		cmocka_unit_test_setup_teardown(passed_over, model_setup, model_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
