/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Each allocation fails once: nothing leaks, and the runtime hears of it. */
#include "cni_fixture.h"
#include "oom.h"

static const char config[] =
	"{\"cniVersion\":\"1.1.0\",\"name\":\"net\",\"type\":\"t\\u0065st\",\"mtu\":1500,"
	"\"dns\":{\"nameservers\":[\"10.0.0.1\"],\"domain\":\"a.b\",\"search\":[\"c\"],"
	"\"options\":[\"d\"]},\"prevResult\":{\"interfaces\":[{\"name\":\"eth0\",\"mac\":"
	"\"02:00:00:00:00:01\",\"sandbox\":\"/run/netns/c1\"}],\"ips\":[{\"address\":"
	"\"10.1.0.2/24\",\"interface\":0}],\"routes\":[{\"dst\":\"0.0.0.0/0\"}],"
	"\"dns\":{\"nameservers\":[\"10.0.0.2\"]}},\"cni.dev/valid-attachments\":"
	"[{\"containerID\":\"c1\",\"ifname\":\"eth0\"}]}";

static int add(struct k8snet_cni_request *request, struct k8snet_cni_result *result, void *data)
{
	struct k8snet_cni_result *copy = NULL;
	char *text = NULL;
	int r;

	(void)data;
	r = k8snet_cni_request_read_dns(request, result);
	if (r == 0)
		r = k8snet_cni_result_append(result, k8snet_cni_request_get_prev_result(request));
	if (r == 0)
		r = k8snet_cni_result_print(result, "0.2.0", &text);
	if (r == 0)
		r = k8snet_cni_result_new_from_json(&copy, k8snet_cni_request_get_ctx(request),
						    text, strlen(text));
	free(text);
	text = NULL;
	if (r == 0)
		r = k8snet_json_print(k8snet_cni_request_get_config(request), &text);
	free(text);
	k8snet_cni_result_unref(copy);
	return r;
}

static int fail_it(struct k8snet_cni_request *request, void *data)
{
	(void)data;
	return k8snet_cni_request_fail(request, 11, "some details", "later, %s", "please");
}

static const struct k8snet_cni_ops ops = {
	.size = sizeof(ops), .add = add, .del = fail_it, .status = fail_it};

/* What a call comes to, when the nth allocation fails. */
static bool attempt(const struct cni_env *env, long n, const struct cni_outcome *want)
{
	const long before = oom_live();
	struct cni_outcome outcome;
	bool has_failed;

	oom_arm(n);
	outcome = cni_call(&ops, NULL, env, config);
	has_failed = oom_disarm();
	if (outcome.status == -ENOMEM) {
		assert_null(outcome.output);
	} else if (outcome.status == want->status && want->output &&
		   !strcmp(outcome.output, want->output)) {
		; /* e.g. the version of an error was looked for, and not found */
	} else {
		/* Told, if not in full. */
		assert_int_equal(outcome.status, 1);
		assert_non_null(strstr(outcome.output, "\"code\":"));
	}
	if (!has_failed)
		assert_string_equal(outcome.output, want->output);
	free(outcome.output);
	assert_int_equal(oom_live(), before);
	return has_failed;
}

static void test_all(void **state)
{
	static const char *const commands[] = {"ADD", "DEL",	 "CHECK", "STATUS",
					       "GC",  "VERSION", "NONE",  NULL};

	(void)state;
	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
		const struct cni_env env = {.command = commands[i], ATTACHMENT, .args = "A=1;B=2"};
		struct cni_outcome want = cni_call(&ops, NULL, &env, config);
		long n = 0;

		assert_non_null(want.output);
		while (attempt(&env, n, &want))
			n++;
		assert_true(n >= 1);
		free(want.output);
	}
}

static int attach(struct k8snet_cni_request *request, struct k8snet_cni_result *result, void *data)
{
	bool *is_attached = data;
	int r = k8snet_cni_request_read_dns(request, result);

	*is_attached = r == 0;
	return r;
}

/* With the result of the ADD that it undoes. */
static int detach(struct k8snet_cni_request *request, void *data)
{
	bool *is_attached = data;

	*is_attached = false;
	assert_int_equal(k8snet_cni_request_get_command(request), K8SNET_CNI_DEL);
	assert_non_null(
		k8snet_cni_result_get_nameserver(k8snet_cni_request_get_prev_result(request), 1));
	return k8snet_cni_request_fail(request, 100, NULL, "not told");
}

/* Who is told of no result has nothing. */
static void test_result_not_told(void **state)
{
	static const struct k8snet_cni_ops attaching = {
		.size = sizeof(attaching), .add = attach, .del = detach};
	const struct cni_env env = {.command = "ADD", ATTACHMENT};
	bool is_attached, has_failed = true;
	long n;

	(void)state;
	for (n = 0; has_failed; n++) {
		struct cni_outcome outcome;

		is_attached = false;
		oom_arm(n);
		outcome = cni_call(&attaching, &is_attached, &env, config);
		has_failed = oom_disarm();
		assert_int_equal(is_attached, outcome.status == 0);
		if (outcome.output)
			assert_null(strstr(outcome.output, "not told"));
		free(outcome.output);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_all),
					   cmocka_unit_test(test_result_not_told)};

	return cmocka_run_group_tests_name("cni out of memory", tests, NULL, NULL);
}
