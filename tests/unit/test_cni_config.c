/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The configuration and CNI_ARGS: what a plugin reads of them, and hostile ones. */
#include "cni_fixture.h"

static const struct cni_env add_env = {.command = "ADD", ATTACHMENT};

/* Run `fn` as the ADD of a plugin. */
static void with_request(const char *config,
			 int (*fn)(struct k8snet_cni_request *, struct k8snet_cni_result *, void *),
			 const char *args)
{
	const struct k8snet_cni_ops ops = {.size = sizeof(ops), .add = fn};
	struct cni_env env = add_env;
	bool is_called = false;
	struct cni_outcome outcome;

	env.args = args;
	outcome = cni_call(&ops, &is_called, &env, config);
	if (outcome.status)
		print_error("%s\n", outcome.output);
	assert_int_equal(outcome.status, 0);
	assert_true(is_called);
	free(outcome.output);
}

#define REQUEST struct k8snet_cni_request *request, struct k8snet_cni_result *result, void *data

static void expect_refusal(struct k8snet_cni_request *request, int r, const char *message)
{
	assert_int_equal(r, -EINVAL);
	assert_int_equal(k8snet_cni_request_get_error_code(request), K8SNET_CNI_ERROR_CONFIG);
	assert_string_equal(k8snet_cni_request_get_error_message(request), message);
	k8snet_cni_request_clear_error(request);
	assert_int_equal(k8snet_cni_request_get_error_code(request), 0);
	assert_string_equal(k8snet_cni_request_get_error_message(request), "");
}

/* --- values -------------------------------------------------------------------------- */

static const char values[] =
	"{\"cniVersion\":\"1.0.0\",\"name\":\"net\",\"type\":\"test\",\"text\":\"t\","
	"\"mtu\":1500,\"big\":9223372036854775807,\"half\":0.5,\"yes\":true,\"no\":null,"
	"\"nul\":\"a\\u0000b\",\"a.b\":{\"c\":7},\"ip\":\"10.1.0.1\",\"net\":\"10.1.0.1/24\","
	"\"ipam\":{\"type\":\"host-local\",\"ranges\":[[{\"subnet\":\"10.1.0.0/24\"},"
	"{\"subnet\":\"10.2.0.0/24\"}],[]]},"
	"\"runtimeConfig\":{\"portMappings\":[{\"hostPort\":80}],\"mac\":\"02:00:00:00:00:01\"}}";

static int read_values(REQUEST)
{
	const char *text = "default";
	int64_t number = -1;
	bool yes = false;

	(void)result;
	*(bool *)data = true;
	assert_int_equal(k8snet_cni_request_read_string(request, NULL, "text", &text), 0);
	assert_string_equal(text, "t");
	assert_int_equal(k8snet_cni_request_read_string(request, NULL, "no", &text), 0);
	assert_int_equal(k8snet_cni_request_read_string(request, NULL, "none.of.it", &text), 0);
	assert_int_equal(k8snet_cni_request_read_string(request, NULL, "ipam.ranges[9]", &text), 0);
	assert_int_equal(k8snet_cni_request_read_string(request, NULL, "mtu[0].x", &text), 0);
	assert_string_equal(text, "t");
	assert_int_equal(
		k8snet_cni_request_read_string(request, NULL, "ipam.ranges[0][1].subnet", &text),
		0);
	assert_string_equal(text, "10.2.0.0/24");
	assert_int_equal(k8snet_cni_request_read_integer(request, NULL, "mtu", 1500, 1500, &number),
			 0);
	assert_int_equal(number, 1500);
	assert_int_equal(
		k8snet_cni_request_read_integer(request, NULL, "big", 0, INT64_MAX, &number), 0);
	assert_true(number == INT64_MAX);
	assert_int_equal(k8snet_cni_request_read_boolean(request, NULL, "yes", &yes), 0);
	assert_true(yes);
	return 0;
}

static int refuse_values(REQUEST)
{
	const struct k8snet_json *ipam = NULL, *item = NULL;
	struct k8snet_address address = {.family = 9};
	struct k8snet_prefix prefix = {.length = 99};
	const char *text = "same";
	int64_t number = -1;
	bool yes = false;

	(void)result;
	*(bool *)data = true;
	expect_refusal(request, k8snet_cni_request_read_string(request, NULL, "mtu", &text),
		       "mtu: is a whole number, not a string");
	expect_refusal(request, k8snet_cni_request_read_string(request, NULL, "nul", &text),
		       "nul: has a NUL");
	expect_refusal(request,
		       k8snet_cni_request_read_integer(request, NULL, "mtu", 68, 1499, &number),
		       "mtu: is not 68 to 1499");
	expect_refusal(request,
		       k8snet_cni_request_read_integer(request, NULL, "half", 0, 9, &number),
		       "half: is a number, not a whole number");
	expect_refusal(request, k8snet_cni_request_read_boolean(request, NULL, "mtu", &yes),
		       "mtu: is a whole number, not true or false");
	expect_refusal(request, k8snet_cni_request_read_address(request, NULL, "net", &address),
		       "net: is not an address");
	expect_refusal(request, k8snet_cni_request_read_prefix(request, NULL, "ip", &prefix),
		       "ip: is not ADDRESS/LENGTH");
	expect_refusal(request, k8snet_cni_request_read_array(request, NULL, "ipam", &item),
		       "ipam: is an object, not an array");
	expect_refusal(request,
		       k8snet_cni_request_read_object(request, NULL, "ipam.ranges[0]", &item),
		       "ipam.ranges[0]: is an array, not an object");
	assert_int_equal(k8snet_cni_request_read_object(request, NULL, "ipam", &ipam), 0);
	expect_refusal(request,
		       k8snet_cni_request_read_string(request, ipam, "ranges[0][1]", &text),
		       "ipam.ranges[0][1]: is an object, not a string");
	expect_refusal(request, k8snet_cni_request_refuse(request, ipam, "has %d", 7),
		       "ipam: has 7");
	expect_refusal(request, k8snet_cni_request_refuse(request, NULL, "ipam.x: is missing"),
		       "ipam.x: is missing");
	assert_string_equal(text, "same");
	assert_true(number == -1 && !yes && address.family == 9 && prefix.length == 99);
	return 0;
}

static int walk_values(REQUEST)
{
	const struct k8snet_json *config = k8snet_cni_request_get_config(request);
	const struct k8snet_json *ports =
		k8snet_cni_request_get_runtime_config(request, "portMappings");
	const struct k8snet_json *item = NULL;
	struct k8snet_prefix prefix;
	struct k8snet_address address;
	size_t n = 0;
	char *text;

	(void)result;
	*(bool *)data = true;
	assert_int_equal(k8snet_cni_request_read_prefix(request, NULL, "net", &prefix), 0);
	assert_int_equal(prefix.address.bytes[3], 1);
	assert_int_equal(k8snet_cni_request_read_address(request, NULL, "ip", &address), 0);
	while ((item = k8snet_json_next(config, item)))
		n++;
	assert_int_equal(k8snet_json_count(config), n);
	item = k8snet_json_get_any_case(k8snet_json_get_any_case(config, "a.b"), "c");
	assert_int_equal(k8snet_json_get_integer(item), 7);
	assert_string_equal(k8snet_json_get_key(item), "c");
	assert_int_equal(k8snet_json_get_type(ports), K8SNET_JSON_ARRAY);
	item = k8snet_json_next(ports, NULL);
	assert_null(k8snet_json_get_key(item));
	assert_int_equal(k8snet_json_get_integer(k8snet_json_get_any_case(item, "hostPort")), 80);
	assert_null(k8snet_json_next(ports, item));
	assert_int_equal(k8snet_json_print(ports, &text), 0);
	assert_string_equal(text, "[{\"hostPort\":80}]");
	free(text);
	assert_null(k8snet_cni_request_get_runtime_config(request, "ips"));
	assert_string_equal(k8snet_cni_request_get_config_text(request), values);
	assert_int_equal(k8snet_json_print(config, &text), 0);
	assert_string_equal(text, values);
	free(text);
	return 0;
}

static void test_values(void **state)
{
	(void)state;
	with_request(values, read_values, NULL);
	with_request(values, refuse_values, NULL);
	with_request(values, walk_values, NULL);
}

/* As in Go, in which runtimes are written; the key as it is goes first. */
static int keys_in_either_case(REQUEST)
{
	const struct k8snet_json *config = k8snet_cni_request_get_config(request);
	const struct k8snet_json *ports = k8snet_json_get_any_case(config, "PORTS");
	int64_t number = 0;

	(void)result;
	*(bool *)data = true;
	assert_int_equal(k8snet_json_get_integer(k8snet_json_get_any_case(ports, "hostPort")), 80);
	assert_string_equal(k8snet_json_get_key(k8snet_json_get_any_case(ports, "hostport")),
			    "HostPort");
	assert_int_equal(k8snet_json_get_integer(k8snet_json_get_any_case(ports, "MTU")), 1);
	assert_int_equal(k8snet_json_get_integer(k8snet_json_get_any_case(ports, "mtu")), 2);
	assert_null(k8snet_json_get_any_case(ports, "hostPorts"));
	assert_null(k8snet_json_get_any_case(ports, "host"));
	assert_null(k8snet_json_get_any_case(ports, "none"));
	assert_int_equal(k8snet_cni_request_read_integer(request, NULL, "ports.containerPort", 1,
							 90, &number),
			 0);
	assert_int_equal(number, 90);
	assert_int_equal(k8snet_cni_request_read_integer(request, NULL, "ports.mtu", 1, 1, &number),
			 -EINVAL);
	k8snet_cni_request_clear_error(request);
	return 0;
}

static void test_keys_in_either_case(void **state)
{
	(void)state;
	with_request("{\"cniVersion\":\"1.0.0\",\"name\":\"net\",\"type\":\"t\",\"Ports\":{"
		     "\"HostPort\":80,\"CONTAINERPORT\":90,\"MTU\":1,\"mtu\":2,\"NONE\":null}}",
		     keys_in_either_case, NULL);
}

/* Accessors take NULL and values of other types. */
static int no_values(REQUEST)
{
	const struct k8snet_json *config = k8snet_cni_request_get_config(request);
	const struct k8snet_json *text = k8snet_json_get_any_case(config, "text");
	char *printed;

	(void)result;
	*(bool *)data = true;
	assert_null(k8snet_json_get_any_case(NULL, "a"));
	assert_null(k8snet_json_get_any_case(text, "a"));
	assert_null(k8snet_json_next(NULL, NULL));
	assert_null(k8snet_json_next(text, NULL));
	assert_int_equal(k8snet_json_count(NULL), 0);
	assert_int_equal(k8snet_json_get_type(NULL), K8SNET_JSON_NULL);
	assert_null(k8snet_json_get_key(NULL));
	assert_null(k8snet_json_get_string(NULL));
	assert_null(k8snet_json_get_string(config));
	assert_null(k8snet_json_get_string(k8snet_json_get_any_case(config, "nul")));
	assert_string_equal(k8snet_json_get_string(text), "t");
	assert_int_equal(k8snet_json_get_integer(text), 0);
	assert_false(k8snet_json_get_boolean(text));
	assert_false(k8snet_json_get_boolean(NULL));
	assert_true(k8snet_json_get_boolean(k8snet_json_get_any_case(config, "yes")));
	assert_int_equal(k8snet_json_get_type(k8snet_json_get_any_case(config, "half")),
			 K8SNET_JSON_NUMBER);
	assert_int_equal(k8snet_json_print(NULL, &printed), 0);
	assert_string_equal(printed, "null");
	free(printed);
	return 0;
}

static int bad_paths(REQUEST)
{
	static const char *const paths[] = {".",   ".text", "text.", "a..b",
					    "[",   "[x]",   "[-1]",  "a[1",
					    "a[]", "a[ 1]", "a.[0]", "a[99999999999999999999]"};
	const char *text = NULL;

	(void)result;
	*(bool *)data = true;
	for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
		assert_int_equal(k8snet_cni_request_read_string(request, NULL, paths[i], &text),
				 -EINVAL);
		assert_int_equal(k8snet_cni_request_get_error_code(request),
				 K8SNET_CNI_ERROR_INTERNAL);
		assert_null(text);
	}
	k8snet_cni_request_clear_error(request);
	return 0;
}

static void test_no_values(void **state)
{
	(void)state;
	with_request(values, no_values, NULL);
	with_request(values, bad_paths, NULL);
}

static int escapes(REQUEST)
{
	char *text;

	(void)result;
	*(bool *)data = true;
	assert_int_equal(k8snet_json_print(k8snet_cni_request_get_config(request), &text), 0);
	assert_string_equal(text,
			    "{\"name\":\"net\",\"\xc3\xa4\\\"\":[\"\\u0000\\u000a\\\\\",-0.5e3,"
			    "false,null,{},[]]}");
	free(text);
	return 0;
}

static void test_print(void **state)
{
	(void)state;
	with_request("{ \"name\": \"net\", \"\\u00e4\\\"\" : [\"\\u0000\\n\\\\\", -0.5e3, false, "
		     "null, {}, [ ] ] }",
		     escapes, NULL);
}

static int read_dns(REQUEST)
{
	*(bool *)data = true;
	return k8snet_cni_request_read_dns(request, result);
}

static void test_dns(void **state)
{
	const struct k8snet_cni_ops ops = {.size = sizeof(ops), .add = read_dns};
	bool is_called = false;

	(void)state;
	cni_expect(&ops, &is_called, &add_env,
		   "{\"cniVersion\":\"1.0.0\",\"name\":\"net\",\"dns\":{\"nameservers\":"
		   "[\"10.0.0.1\"],\"domain\":\"a.b\"}}",
		   0,
		   "{\"cniVersion\":\"1.0.0\",\"dns\":{\"nameservers\":[\"10.0.0.1\"],"
		   "\"domain\":\"a.b\"}}\n");
	cni_expect(&ops, &is_called, &add_env, "{\"cniVersion\":\"1.0.0\",\"name\":\"net\"}", 0,
		   "{\"cniVersion\":\"1.0.0\"}\n");
	cni_expect_error(&ops, &is_called, &add_env,
			 "{\"name\":\"net\",\"dns\":{\"nameservers\":[\"10.0.0.1\",7]}}", 7,
			 "dns.nameservers[1]: is not a string");
}

/* --- hostile configurations ------------------------------------------------------------ */

static int must_not_run(REQUEST)
{
	(void)request;
	(void)result;
	(void)data;
	fail();
	return 0;
}

static const struct k8snet_cni_ops strict = {.size = sizeof(strict), .add = must_not_run};

static void test_hostile(void **state)
{
	static const struct {
		const char *config;
		unsigned int code;
		const char *message;
	} cases[] = {
		{"", 6, "network configuration: is empty"},
		{"  \n", 6, "is empty"},
		{"{", 6, "line 1, column 2"},
		{"[]", 6, "is not a JSON object"},
		{"null", 6, "is not a JSON object"},
		{"{}{}", 6, "more than one JSON value"},
		{"{\"name\":\"a\",\"name\":\"b\"}", 6, "duplicate key \\\"name\\\""},
		{"{\"name\":\"a\xff\"}", 6, "invalid UTF-8"},
		{"{\"name\\u0000\":\"a\"}", 6, "line 1"},
		{"{}", 7, "name: is missing"},
		{"{\"name\":null}", 7, "name: is missing"},
		{"{\"name\":\"\"}", 7, "name: "},
		{"{\"name\":7}", 7, "name: is not a string"},
		{"{\"name\":\"../etc\"}", 7, "name: "},
		{"{\"name\":\"a/b\"}", 7, "name: "},
		{"{\"name\":\"a\\u0000\"}", 7, "name: \\\"a?\\\" has a NUL"},
		{"{\"name\":\"a\\n\"}", 7, "name: "},
		{"{\"name\":\"a\",\"type\":\"../sh\"}", 7, "type: \\\"../sh\\\" has a '/'"},
		{"{\"name\":\"a\",\"type\":\"..\"}", 7, "type: "},
		{"{\"name\":\"a\",\"type\":[]}", 7, "type: is not a string"},
		{"{\"name\":\"a\",\"prevResult\":[]}", 7, "is not an object"},
		{"{\"name\":\"a\",\"cniVersion\":\"1.0.0\",\"prevResult\":{\"ips\":[{}]}}", 7,
		 "prevResult.ips[0].address: is missing"},
		{"{\"name\":\"a\",\"prevResult\":{\"cniVersion\":\"3\"}}", 7,
		 "prevResult.cniVersion: is not a version that is known"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		cni_expect_error(&strict, NULL, &add_env, cases[i].config, cases[i].code,
				 cases[i].message);
}

static void expect_length(const char *config, size_t length, const char *message)
{
	struct cni_outcome outcome = cni_call_length(&strict, NULL, &add_env, config, length);

	assert_int_equal(outcome.status, 1);
	assert_non_null(strstr(outcome.output, "\"code\":6"));
	if (!strstr(outcome.output, message))
		print_error("got %s\nwant %s\n", outcome.output, message);
	assert_non_null(strstr(outcome.output, message));
	free(outcome.output);
}

static void test_large(void **state)
{
	const size_t huge = (16 << 20) + 1;
	char *text = malloc(huge);

	(void)state;
	assert_non_null(text);
	memset(text, ' ', huge);
	expect_length(text, huge, "longer than 16777216 bytes");
	memset(text, '[', huge);
	expect_length(text, 1000, "line 1");
	memcpy(text, "{\"a\":", 5);
	expect_length(text, 100000, "line 1");
	memcpy(text, "{}\0{}", 5);
	expect_length(text, 3, "line 1, column 3");
	text[0] = '[';
	for (size_t i = 1; i + 2 <= huge; i += 2)
		memcpy(text + i, "0,", 2);
	expect_length(text, huge - 1, "more than 1048576 values");
	free(text);
}

/* A message has no more of hostile text in it than helps. */
static void test_long_names(void **state)
{
	char config[20000], *text;
	struct cni_outcome outcome;

	(void)state;
	memset(config, 'a', sizeof(config));
	memcpy(config, "{\"name\":\"", 9);
	strcpy(config + sizeof(config) - 3, "\"}");
	outcome = cni_call(&strict, NULL, &add_env, config);
	assert_int_equal(outcome.status, 1);
	text = outcome.output;
	assert_true(strlen(text) < 400);
	free(text);
}

/* --- CNI_ARGS ------------------------------------------------------------------------------ */

static int read_args(REQUEST)
{
	(void)result;
	*(bool *)data = true;
	assert_string_equal(k8snet_cni_request_get_arg(request, "A"), "3");
	assert_string_equal(k8snet_cni_request_get_arg(request, "B"), "");
	assert_string_equal(k8snet_cni_request_get_arg(request, "C"), "x=y");
	assert_null(k8snet_cni_request_get_arg(request, "a"));
	assert_null(k8snet_cni_request_get_arg(request, ""));
	return 0;
}

static void test_args(void **state)
{
	(void)state;
	with_request("{\"name\":\"net\"}", read_args, "A=1;B=;C=x=y;;A=3;");
}

static int accept(REQUEST)
{
	(void)request;
	(void)result;
	*(bool *)data = true;
	return 0;
}

static void test_ignored_args(void **state)
{
	static const char *const known[] = {"K8S_POD_NAME", "IP", NULL};
	static const struct {
		const char *args;
		const char *message; /* NULL: accepted */
	} cases[] = {
		{NULL, NULL},
		{"", NULL},
		{"IP=10.1.0.2;K8S_POD_NAME=x", NULL},
		{"IgnoreUnknown=1;X=1", NULL},
		{"X=1;IgnoreUnknown=TRUE", NULL},
		{"IgnoreUnknown=0", NULL},
		{"IgnoreUnknown=0;X=1", "CNI_ARGS: \\\"X\\\" is not a key that is known"},
		{"X=1;IgnoreUnknown=false", "CNI_ARGS: \\\"X\\\""},
		{"IgnoreUnknown=1;IgnoreUnknown=0;X=1", "CNI_ARGS: \\\"X\\\""},
		{"X=1", "CNI_ARGS: \\\"X\\\" is not a key that is known"},
		{"ip=1", "CNI_ARGS: \\\"ip\\\" is not a key that is known"},
		{"IgnoreUnknown=yes", "CNI_ARGS: \\\"yes\\\" is not a value of IgnoreUnknown"},
		{"IP", "CNI_ARGS: \\\"IP\\\" is not KEY=VALUE"},
		{"=1", "CNI_ARGS: \\\"=1\\\" is not KEY=VALUE"},
		{"IP=1; ", "CNI_ARGS: \\\" \\\" is not KEY=VALUE"},
		{"\x01\xff", "CNI_ARGS: \\\"??\\\" is not KEY=VALUE"},
	};
	const struct k8snet_cni_ops ops = {.size = sizeof(ops), .add = accept, .args = known};
	struct cni_env env = add_env;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		bool is_called = false;

		env.args = cases[i].args;
		if (cases[i].message)
			cni_expect_error(&ops, &is_called, &env, "{\"name\":\"net\"}", 4,
					 cases[i].message);
		else
			cni_expect(&ops, &is_called, &env, "{\"name\":\"net\"}", 0,
				   "{\"cniVersion\":\"0.1.0\"}\n");
		assert_int_equal(is_called, !cases[i].message);
	}
}

/* A plugin that knows of none ignores what is said. */
static void test_unknown_args(void **state)
{
	static const char *const args[] = {
		"IP", "=1", "X=1;IgnoreUnknown=yes", "IP=1; ", "\x01\xff", ";;", "X=1;Y"};

	(void)state;
	for (size_t i = 0; i < sizeof(args) / sizeof(args[0]); i++)
		with_request("{\"name\":\"net\"}", accept, args[i]);
}

static void test_long_args(void **state)
{
	static char args[120000];

	(void)state;
	for (size_t i = 0; i + 4 < sizeof(args); i += 4)
		memcpy(args + i, "a=1;", 4);
	with_request("{\"name\":\"net\"}", accept, args);
}

/* --- prevResult, attachments ----------------------------------------------------------------- */

static int rename_it(REQUEST)
{
	struct k8snet_cni_interface *i = k8snet_cni_result_next_interface(result, NULL);

	*(bool *)data = true;
	assert_string_equal(k8snet_cni_interface_get_name(i), "eth0");
	assert_int_equal(k8snet_cni_interface_set_mac(i, "02:00:00:00:00:09"), 0);
	/* The result is a copy. */
	i = k8snet_cni_result_next_interface(k8snet_cni_request_get_prev_result(request), NULL);
	assert_null(k8snet_cni_interface_get_mac(i));
	return 0;
}

/* A plugin of a chain changes what the one before it returned; without a version in
 * prevResult it is that of the configuration. */
static void test_prev_result(void **state)
{
	const struct k8snet_cni_ops ops = {.size = sizeof(ops), .add = rename_it};
	bool is_called = false;

	(void)state;
	cni_expect(&ops, &is_called, &add_env,
		   "{\"cniVersion\":\"0.4.0\",\"name\":\"net\",\"prevResult\":{\"interfaces\":"
		   "[{\"name\":\"eth0\"}]}}",
		   0,
		   "{\"cniVersion\":\"0.4.0\",\"interfaces\":[{\"name\":\"eth0\","
		   "\"mac\":\"02:00:00:00:00:09\"}]}\n");
	assert_true(is_called);
}

static void test_check_needs_prev_result(void **state)
{
	const struct k8snet_cni_ops ops = {.size = sizeof(ops)};
	const struct cni_env env = {.command = "CHECK", ATTACHMENT};

	(void)state;
	cni_expect_error(&ops, NULL, &env, "{\"cniVersion\":\"1.0.0\",\"name\":\"net\"}", 7,
			 "prevResult: is missing");
	cni_expect_error(&ops, NULL, &env,
			 "{\"cniVersion\":\"1.0.0\",\"name\":\"net\",\"prevResult\":null}", 7,
			 "prevResult: is missing");
}

static int delete_without(struct k8snet_cni_request *request, void *data)
{
	*(bool *)data = true;
	assert_null(k8snet_cni_request_get_prev_result(request));
	return 0;
}

/* One that nobody can read keeps nobody from DEL. */
static void test_del_needs_no_prev_result(void **state)
{
	static const char *const results[] = {
		"{\"ips\":[{\"address\":\"10.0.0.2/24\",\"gateway\":\"fd00::1\"}]}",
		"{\"routes\":[{\"dst\":\"0.0.0.0/0\",\"gw\":\"fd00::1\"}]}",
		"{\"ips\":7}",
		"{\"cniVersion\":\"3\"}",
		"[]",
	};
	const struct k8snet_cni_ops ops = {.size = sizeof(ops), .del = delete_without};
	const struct cni_env del_env = {.command = "DEL", ATTACHMENT};
	const struct cni_env check_env = {.command = "CHECK", ATTACHMENT};

	(void)state;
	for (size_t i = 0; i < sizeof(results) / sizeof(results[0]); i++) {
		bool is_called = false;
		char config[256];

		snprintf(config, sizeof(config),
			 "{\"cniVersion\":\"1.0.0\",\"name\":\"net\",\"prevResult\":%s}",
			 results[i]);
		cni_expect(&ops, &is_called, &del_env, config, 0, "");
		assert_true(is_called);
		cni_expect_error(&ops, NULL, &add_env, config, 7, "prevResult");
		cni_expect_error(&ops, NULL, &check_env, config, 7, "prevResult");
	}
}

#define GC_CONFIG(list) \
	"{\"cniVersion\":\"1.1.0\",\"name\":\"net\",\"cni.dev/valid-attachments\":" list "}"

static int two_attachments(struct k8snet_cni_request *request, void *data)
{
	const struct k8snet_cni_attachment *a = k8snet_cni_request_next_attachment(request, NULL);

	*(bool *)data = true;
	assert_string_equal(k8snet_cni_attachment_get_container_id(a), "c1");
	assert_string_equal(k8snet_cni_attachment_get_ifname(a), "eth0");
	a = k8snet_cni_request_next_attachment(request, a);
	assert_string_equal(k8snet_cni_attachment_get_container_id(a), "c2");
	assert_null(k8snet_cni_request_next_attachment(request, a));
	assert_true(k8snet_cni_request_has_attachment(request, "c1", "eth0"));
	assert_true(k8snet_cni_request_has_attachment(request, "c1", NULL));
	assert_false(k8snet_cni_request_has_attachment(request, "c1", "net1"));
	assert_false(k8snet_cni_request_has_attachment(request, "c2", "eth0"));
	assert_false(k8snet_cni_request_has_attachment(request, "c3", NULL));
	return 0;
}

static int no_attachments(struct k8snet_cni_request *request, void *data)
{
	*(bool *)data = true;
	assert_null(k8snet_cni_request_next_attachment(request, NULL));
	assert_false(k8snet_cni_request_has_attachment(request, "c1", "eth0"));
	assert_false(k8snet_cni_request_has_attachment(request, "c1", NULL));
	return 0;
}

static void test_attachments(void **state)
{
	struct k8snet_cni_ops ops = {.size = sizeof(ops), .gc = two_attachments};
	const struct cni_env env = {.command = "GC", .path = "/opt/cni"};
	bool is_called = false;

	(void)state;
	cni_expect(&ops, &is_called, &env,
		   GC_CONFIG("[{\"containerID\":\"c1\",\"ifname\":\"eth0\"},"
			     "{\"containerID\":\"c2\",\"ifname\":\"net1\"}]"),
		   0, "");
	assert_true(is_called);
	ops.gc = no_attachments;
	cni_expect(&ops, &is_called, &env, GC_CONFIG("[]"), 0, "");
	cni_expect(&ops, &is_called, &env, GC_CONFIG("null"), 0, "");
}

/* Who misunderstands which attachments are valid removes valid ones. */
static void test_bad_attachments(void **state)
{
	static const char *const bad[] = {
		GC_CONFIG("{}"),
		GC_CONFIG("[1]"),
		GC_CONFIG("[{}]"),
		GC_CONFIG("[{\"containerID\":\"c1\"}]"),
		GC_CONFIG("[{\"ifname\":\"eth0\"}]"),
		GC_CONFIG("[{\"containerID\":\"../c1\",\"ifname\":\"eth0\"}]"),
		GC_CONFIG("[{\"containerID\":\"c1\",\"ifname\":\"a/b\"}]"),
		GC_CONFIG("[{\"containerID\":7,\"ifname\":\"eth0\"}]"),
		"{\"cniVersion\":\"1.1.0\",\"name\":\"net\"}"};
	const struct k8snet_cni_ops ops = {.size = sizeof(ops), .gc = no_attachments};
	const struct cni_env env = {.command = "GC", .path = "/opt/cni"};
	bool is_called = false;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		cni_expect_error(&ops, &is_called, &env, bad[i], 7, "cni.dev/valid-attachments");
	assert_false(is_called);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_values),
		cmocka_unit_test(test_no_values),
		cmocka_unit_test(test_keys_in_either_case),
		cmocka_unit_test(test_print),
		cmocka_unit_test(test_dns),
		cmocka_unit_test(test_hostile),
		cmocka_unit_test(test_large),
		cmocka_unit_test(test_long_names),
		cmocka_unit_test(test_args),
		cmocka_unit_test(test_unknown_args),
		cmocka_unit_test(test_long_args),
		cmocka_unit_test(test_ignored_args),
		cmocka_unit_test(test_prev_result),
		cmocka_unit_test(test_check_needs_prev_result),
		cmocka_unit_test(test_del_needs_no_prev_result),
		cmocka_unit_test(test_attachments),
		cmocka_unit_test(test_bad_attachments),
	};

	return cmocka_run_group_tests_name("cni configuration", tests, NULL, NULL);
}
