/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The protocol: each command, each error code of the specification, each version.
 * Expected texts are written after the specification, by hand. */
#include "cni_fixture.h"

/* What the last operation was, and how it shall end. */
struct plugin {
	const char *called;
	int fails_with;	   /* return this ... */
	unsigned int code; /* ... after this error, if not 0 */
	const char *details;
};

static int end(struct plugin *plugin, struct k8snet_cni_request *request, const char *called)
{
	plugin->called = called;
	assert_string_equal(k8snet_cni_command_get_name(k8snet_cni_request_get_command(request)),
			    called);
	if (plugin->code)
		return k8snet_cni_request_fail(request, plugin->code, plugin->details,
					       "%s is told to fail", called);
	return plugin->fails_with;
}

static int add(struct k8snet_cni_request *request, struct k8snet_cni_result *result, void *data)
{
	(void)result;
	assert_string_equal(k8snet_cni_request_get_container_id(request), "c1");
	assert_string_equal(k8snet_cni_request_get_netns(request), "/run/netns/c1");
	assert_string_equal(k8snet_cni_request_get_ifname(request), "eth0");
	assert_string_equal(k8snet_cni_request_get_path(request), "/opt/cni");
	assert_string_equal(k8snet_cni_request_get_name(request), "net");
	return end(data, request, "ADD");
}

static int del(struct k8snet_cni_request *request, void *data)
{
	return end(data, request, "DEL");
}

static int check(struct k8snet_cni_request *request, void *data)
{
	assert_non_null(k8snet_cni_request_get_prev_result(request));
	return end(data, request, "CHECK");
}

static int status(struct k8snet_cni_request *request, void *data)
{
	assert_null(k8snet_cni_request_get_container_id(request));
	assert_null(k8snet_cni_request_get_netns(request));
	assert_null(k8snet_cni_request_get_ifname(request));
	return end(data, request, "STATUS");
}

static int gc(struct k8snet_cni_request *request, void *data)
{
	return end(data, request, "GC");
}

static const struct k8snet_cni_ops ops = {.size = sizeof(ops),
					  .add = add,
					  .del = del,
					  .check = check,
					  .status = status,
					  .gc = gc,
					  .about = "CNI plugin test"};

/* What runtimes send, in a version. */
static char *config_in(const char *version)
{
	static char text[512];

	snprintf(text, sizeof(text),
		 "{\"cniVersion\":\"%s\",\"name\":\"net\",\"type\":\"test\","
		 "\"prevResult\":{\"cniVersion\":\"%s\"},\"cni.dev/valid-attachments\":[]}",
		 version, version);
	return text;
}

static const char *const versions[] = {"0.1.0", "0.2.0", "0.3.0", "0.3.1",
				       "0.4.0", "1.0.0", "1.1.0"};

static const struct command {
	const char *name;
	int since; /* index into versions */
} commands[] = {{"ADD", 0}, {"DEL", 0}, {"CHECK", 4}, {"STATUS", 6}, {"GC", 6}};

static struct cni_env attached(const char *command)
{
	return (struct cni_env){.command = command, ATTACHMENT};
}

static void test_versions(void **state)
{
	char want[64];

	(void)state;
	for (size_t c = 0; c < 5; c++) {
		for (int v = 0; v < 7; v++) {
			const struct cni_env env = attached(commands[c].name);
			struct plugin plugin = {0};

			if (v < commands[c].since) {
				snprintf(want, sizeof(want), "{\"cniVersion\":\"%s\",\"code\":1,",
					 versions[v]);
				cni_expect_error(&ops, &plugin, &env, config_in(versions[v]), 1,
						 want);
				assert_null(plugin.called);
				continue;
			}
			snprintf(want, sizeof(want), "{\"cniVersion\":\"%s\"}\n", versions[v]);
			cni_expect(&ops, &plugin, &env, config_in(versions[v]), 0,
				   c == 0 ? want : "");
			assert_string_equal(plugin.called, commands[c].name);
		}
	}
}

/* Each command passes on each code, in each version that has the command. */
static void test_codes(void **state)
{
	static const unsigned int codes[] = {1, 2, 3, 4, 5, 6, 7, 11, 50, 51, 100, 999, 4294967295};
	char want[256];

	(void)state;
	for (size_t c = 0; c < 5; c++)
		for (int v = commands[c].since; v < 7; v++)
			for (size_t i = 0; i < sizeof(codes) / sizeof(codes[0]); i++) {
				const struct cni_env env = attached(commands[c].name);
				struct plugin plugin = {.code = codes[i]};

				snprintf(want, sizeof(want),
					 "{\"cniVersion\":\"%s\",\"code\":%u,"
					 "\"msg\":\"%s is told to fail\"}\n",
					 versions[v], codes[i], commands[c].name);
				cni_expect(&ops, &plugin, &env, config_in(versions[v]), 1, want);
			}
}

/* Without an error of its own, the number that an operation returns gives the code. */
static void test_codes_of_errno(void **state)
{
	static const struct {
		int r;
		unsigned int code, of_status;
	} cases[] = {{-EINVAL, 7, 50},	 {-E2BIG, 7, 50},    {-EIO, 5, 50},   {-EBUSY, 11, 50},
		     {-ENOMEM, 999, 50}, {-ENOSPC, 999, 50}, {-1000, 999, 50}};

	(void)state;
	for (size_t c = 0; c < 5; c++)
		for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
			const struct cni_env env = attached(commands[c].name);
			struct plugin plugin = {.fails_with = cases[i].r};
			char message[64];

			/* The library calls strerror(), too. */
			snprintf(message, sizeof(message), "%s", strerror(-cases[i].r));
			cni_expect_error(&ops, &plugin, &env, config_in("1.1.0"),
					 c == 3 ? cases[i].of_status : cases[i].code, message);
		}
}

static void test_details(void **state)
{
	const struct cni_env env = attached("DEL");
	struct plugin plugin = {.code = 100, .details = "a \"quote\",\na line, \xff and \x01"};

	(void)state;
	cni_expect(&ops, &plugin, &env, config_in("1.0.0"), 1,
		   "{\"cniVersion\":\"1.0.0\",\"code\":100,\"msg\":\"DEL is told to fail\","
		   "\"details\":\"a \\\"quote\\\",\\u000aa line, ? and \\u0001\"}\n");
}

/* An error of the context is the message, if it is the one that was returned. */
static int fail_by_context(struct k8snet_cni_request *request, void *data)
{
	struct k8snet_ctx *ctx = k8snet_cni_request_get_ctx(request);
	struct k8snet_cni_result *result;

	(void)data;
	return k8snet_cni_result_new_from_json(&result, ctx, "{", 1);
}

static void test_context(void **state)
{
	const struct k8snet_cni_ops failing = {.size = sizeof(failing), .del = fail_by_context};
	const struct cni_env env = attached("DEL");

	(void)state;
	cni_expect_error(&failing, NULL, &env, config_in("1.0.0"), 7,
			 "result: line 1, column 2: expected a key in quotes");
}

static int fail_otherwise(struct k8snet_cni_request *request, void *data)
{
	assert_int_equal(fail_by_context(request, data), -EINVAL);
	return -EBUSY;
}

static void test_other_context(void **state)
{
	const struct k8snet_cni_ops failing = {.size = sizeof(failing), .del = fail_otherwise};
	const struct cni_env env = attached("DEL");

	(void)state;
	cni_expect_error(&failing, NULL, &env, config_in("1.0.0"), 11, strerror(EBUSY));
}

/* --- versions that are asked for ------------------------------------------------- */

static void expect_version(const char *members, const char *want)
{
	const struct cni_env env = attached("ADD");
	struct plugin plugin = {0};
	char config[256], output[64];

	snprintf(config, sizeof(config), "{%s\"name\":\"net\"}", members);
	snprintf(output, sizeof(output), "{\"cniVersion\":\"%s\"}\n", want);
	cni_expect(&ops, &plugin, &env, config, 0, output);
}

static void test_negotiation(void **state)
{
	(void)state;
	expect_version("", "0.1.0");
	expect_version("\"cniVersion\":\"\",", "0.1.0");
	expect_version("\"cniVersion\":null,", "0.1.0");
	expect_version("\"cniVersions\":[\"0.3.1\",\"1.0.0\",\"0.4.0\",\"7.0.0\"],", "1.0.0");
	expect_version("\"cniVersion\":\"0.4.0\",\"cniVersions\":[\"0.4.0\",\"1.1.0\"],", "0.4.0");
}

static void expect_no_version(const struct k8snet_cni_ops *with, const char *members,
			      unsigned int code, const char *want)
{
	const struct cni_env env = attached("ADD");
	struct plugin plugin = {0};
	char config[256];

	snprintf(config, sizeof(config), "{%s\"name\":\"net\"}", members);
	cni_expect_error(with, &plugin, &env, config, code, want);
	assert_null(plugin.called);
}

static void test_bad_versions(void **state)
{
	static const char *const some[] = {"0.4.0", "1.0.0", NULL};
	struct k8snet_cni_ops limited = ops;

	(void)state;
	expect_no_version(&ops, "\"cniVersion\":\"1.2.0\",", 1,
			  "\"incompatible CNI versions\",\"details\":\"config is \\\"1.2.0\\\", "
			  "plugin supports [\\\"0.1.0\\\", \\\"0.2.0\\\", \\\"0.3.0\\\", "
			  "\\\"0.3.1\\\", \\\"0.4.0\\\", \\\"1.0.0\\\", \\\"1.1.0\\\"]\"");
	expect_no_version(&ops, "\"cniVersion\":\"1.0\",", 1, "config is \\\"1.0\\\"");
	expect_no_version(&ops, "\"cniVersion\":\"1.0.0\\u0000\",", 1, "incompatible");
	expect_no_version(&ops, "\"cniVersion\":1,", 6, "cniVersion is not a string");
	expect_no_version(&ops, "\"cniVersions\":[\"9.0.0\"],", 1, "config is \\\"\\\"");
	expect_no_version(&ops, "\"cniVersions\":\"1.0.0\",", 7, "cniVersions: is not an array");
	expect_no_version(&ops, "\"cniVersions\":[1],", 7, "cniVersions: ");
	limited.versions = some;
	expect_no_version(&limited, "\"cniVersion\":\"1.1.0\",", 1,
			  "plugin supports [\\\"0.4.0\\\", \\\"1.0.0\\\"]");
	expect_no_version(&limited, "", 1, "{\"cniVersion\":\"1.0.0\",");
}

/* VERSION is answered in any case. */
static void test_version(void **state)
{
#define ALL                                                                                       \
	"\"supportedVersions\":[\"0.1.0\",\"0.2.0\",\"0.3.0\",\"0.3.1\",\"0.4.0\",\"1.0.0\",\"1." \
	"1.0\"]}\n"
	static const char *const some[] = {"0.4.0", "1.0.0", NULL};
	static const char *const garbage[] = {"",
					      "{",
					      "[]",
					      "{\"cniVersion\":7}",
					      "{\"cniVersion\":\"a\\\"b\"}",
					      "{\"cniVersion\":\"1.0.0\\u0000\"}"};
	const struct cni_env env = {.command = "VERSION"};
	/* What the reference library sends to plugins that may be old. */
	const struct cni_env dummies = {
		.command = "VERSION", .netns = "dummy", .ifname = "dummy", .path = "dummy"};
	struct k8snet_cni_ops limited = ops;

	(void)state;
	cni_expect(&ops, NULL, &env, "{\"cniVersion\":\"0.4.0\"}", 0,
		   "{\"cniVersion\":\"0.4.0\"," ALL);
	cni_expect(&ops, NULL, &dummies, "{\"cniVersion\":\"1.2.0-rc1+x\"}", 0,
		   "{\"cniVersion\":\"1.2.0-rc1+x\"," ALL);
	for (size_t i = 0; i < sizeof(garbage) / sizeof(garbage[0]); i++)
		cni_expect(&ops, NULL, &env, garbage[i], 0, "{\"cniVersion\":\"1.1.0\"," ALL);
	limited.versions = some;
	cni_expect(&limited, NULL, &env, "", 0,
		   "{\"cniVersion\":\"1.0.0\",\"supportedVersions\":[\"0.4.0\",\"1.0.0\"]}\n");
}

static void test_about(void **state)
{
	const struct cni_env env = {.container = "c1"};
	struct k8snet_cni_ops nameless = ops;
	struct cni_outcome outcome = cni_call(&ops, NULL, &env, "{}");

	(void)state;
	assert_int_equal(outcome.status, 0);
	assert_true(outcome.is_about);
	assert_string_equal(outcome.output,
			    "CNI plugin test\nCNI protocol versions supported: 0.1.0, 0.2.0, "
			    "0.3.0, 0.3.1, 0.4.0, 1.0.0, 1.1.0\n");
	free(outcome.output);
	nameless.about = NULL;
	cni_expect(&nameless, NULL, &env, "", 0,
		   "CNI plugin, made with libk8snet\nCNI protocol versions supported: 0.1.0, "
		   "0.2.0, 0.3.0, 0.3.1, 0.4.0, 1.0.0, 1.1.0\n");
}

static int run_sized(const struct k8snet_cni_ops *sized)
{
	const struct cni_env env = attached("ADD");
	struct plugin plugin = {0};
	struct cni_outcome outcome = cni_call(sized, &plugin, &env, config_in("1.0.0"));
	int status = outcome.status;

	assert_int_equal(outcome.output != NULL, status >= 0);
	assert_int_equal(plugin.called != NULL, status == 0);
	free(outcome.output);
	return status;
}

/* A program that was built with an older header, or with a newer one. */
static void test_size(void **state)
{
	struct {
		struct k8snet_cni_ops ops;
		unsigned char more[16];
	} larger = {.ops = ops};

	(void)state;
	larger.ops.size = offsetof(struct k8snet_cni_ops, uses_netns);
	assert_int_equal(run_sized(&larger.ops), 0);
	/* What is behind the end is not looked at. */
	memset(&larger.ops.uses_netns, 0xff, sizeof(larger.ops.uses_netns));
	assert_int_equal(run_sized(&larger.ops), 0);
	larger.ops.uses_netns = NULL;
	larger.ops.size--;
	assert_int_equal(run_sized(&larger.ops), -EINVAL);
	larger.ops.size = sizeof(larger);
	assert_int_equal(run_sized(&larger.ops), 0);
	larger.more[15] = 1;
	assert_int_equal(run_sized(&larger.ops), -EINVAL);
}

/* A plugin that has nothing to do for a command succeeds, and passes on prevResult. */
static void test_no_operations(void **state)
{
	const struct k8snet_cni_ops none = {.size = sizeof(none)};

	(void)state;
	for (size_t c = 0; c < 5; c++) {
		const struct cni_env env = attached(commands[c].name);

		cni_expect(&none, NULL, &env,
			   "{\"cniVersion\":\"1.1.0\",\"name\":\"net\",\"prevResult\":{\"ips\":"
			   "[{\"address\":\"10.1.0.2/24\"}]},\"cni.dev/attachments\":null}",
			   0,
			   c ? ""
			     : "{\"cniVersion\":\"1.1.0\",\"ips\":[{\"address\":"
			       "\"10.1.0.2/24\"}]}\n");
	}
}

/* --- the environment --------------------------------------------------------------- */

static void expect_bad_env(struct cni_env env, const char *message)
{
	struct plugin plugin = {0};

	cni_expect_error(&ops, &plugin, &env, config_in("1.1.0"), 4, message);
	/* Said in the version asked for, though found before it. */
	cni_expect_error(&ops, &plugin, &env, config_in("1.0.0"), 4, "{\"cniVersion\":\"1.0.0\",");
	assert_null(plugin.called);
}

static void test_missing(void **state)
{
	static const char *const attaching[] = {"ADD", "CHECK"};

	(void)state;
	for (size_t i = 0; i < 2; i++)
		expect_bad_env((struct cni_env){.command = attaching[i]},
			       "required environment variables "
			       "[CNI_CONTAINERID,CNI_NETNS,CNI_IFNAME] missing");
	expect_bad_env((struct cni_env){.command = "DEL", .netns = ""},
		       "required environment variables [CNI_CONTAINERID,CNI_IFNAME] missing");
	expect_bad_env(
		(struct cni_env){
			.command = "ADD", .container = "c1", .ifname = "eth0", .netns = ""},
		"[CNI_NETNS] missing");
}

static int expect_no_netns(struct k8snet_cni_request *request, void *data)
{
	*(bool *)data = true;
	assert_null(k8snet_cni_request_get_netns(request));
	assert_string_equal(k8snet_cni_request_get_path(request), "");
	return 0;
}

/* DEL needs no namespace, and none of the commands CNI_PATH. */
static void test_optional(void **state)
{
	const struct k8snet_cni_ops deleting = {.size = sizeof(deleting), .del = expect_no_netns};
	struct cni_env env = {.command = "DEL", .container = "c1", .ifname = "eth0"};
	bool is_called = false;

	(void)state;
	cni_expect(&deleting, &is_called, &env, config_in("0.1.0"), 0, "");
	assert_true(is_called);
	env.netns = "";
	cni_expect(&deleting, &is_called, &env, config_in("0.1.0"), 0, "");
	env = (struct cni_env){.command = "STATUS"};
	cni_expect(&deleting, &is_called, &env, config_in("1.1.0"), 0, "");
	/* What STATUS does not need is not looked at. */
	env = (struct cni_env){.command = "STATUS", .container = "/", .netns = "x", .ifname = ":"};
	cni_expect(&deleting, &is_called, &env, config_in("1.1.0"), 0, "");
}

static int expect_none(struct k8snet_cni_request *request, void *data)
{
	(void)data;
	assert_null(k8snet_cni_request_get_netns(request));
	return 0;
}

static void test_bad_values(void **state)
{
	static const char *const ids[] = {"-a",	      ".a",  "_a", "a/b",  "a b",
					  "\xc3\xa4", "a\n", "..", "../x", "a;b"};
	static const char *const names[] = {"e/0",   "e:0",   "e 0", "e\t0",
					    "e\x0b", ".",     "..",  "0123456789abcdef",
					    "e\x01", "e\xff", "\n"};
	static const char *const paths[] = {
		"netns",	 "/",	      "../run/netns/x", "/run/../netns",
		"/run/netns/..", "/run/\x01", "/run/\xff",	"./x"};
	static const char *const bad_commands[] = {"add", "ADD ", "ADDD", "-", "\x01", "VERSIONS"};
	const struct k8snet_cni_ops deleting = {.size = sizeof(deleting), .del = expect_none};
	struct cni_env env;

	(void)state;
	for (size_t i = 0; i < sizeof(ids) / sizeof(ids[0]); i++) {
		env = attached("ADD");
		env.container = ids[i];
		expect_bad_env(env, "CNI_CONTAINERID: ");
	}
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		env = attached("DEL");
		env.ifname = names[i];
		expect_bad_env(env, "CNI_IFNAME: ");
	}
	for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
		env = attached("CHECK");
		env.netns = paths[i];
		expect_bad_env(env, "CNI_NETNS: ");
		env.command = "DEL";
		cni_expect(&deleting, NULL, &env, config_in("1.1.0"), 0, "");
	}
	for (size_t i = 0; i < sizeof(bad_commands) / sizeof(bad_commands[0]); i++)
		expect_bad_env(attached(bad_commands[i]), "CNI_COMMAND: ");
}

static void test_good_values(void **state)
{
	static char long_id[257], long_path[4096];
	struct plugin plugin = {0};
	struct cni_env env = attached("DEL");

	(void)state;
	memset(long_id, 'a', 256);
	memset(long_path, 'p', 4095);
	long_path[0] = '/';
	env.container = long_id;
	env.ifname = "0123456789-._@\xc3"; /* 15 bytes, and cut in a character */
	expect_bad_env(env, "CNI_CONTAINERID: ");
	long_id[255] = '\0';
	expect_bad_env(env, "CNI_IFNAME: ");
	env.ifname = "0123456789-._\xc3\xa4";
	env.netns = long_path;
	cni_expect(&ops, &plugin, &env, config_in("1.0.0"), 0, "");
	env.netns = "/proc/1/task/1/ns/..net";
	cni_expect(&ops, &plugin, &env, config_in("1.0.0"), 0, "");
}

static bool uses_none(struct k8snet_cni_request *request, void *data)
{
	(void)data;
	/* Its configuration is there, and what it says against it forgotten. */
	assert_string_equal(k8snet_cni_request_get_name(request), "net");
	k8snet_cni_request_fail(request, 7, NULL, "said again later");
	return false;
}

static bool uses_one(struct k8snet_cni_request *request, void *data)
{
	uses_none(request, data);
	return true;
}

static int accept_any(struct k8snet_cni_request *request, void *data)
{
	assert_int_equal(k8snet_cni_request_get_error_code(request), 0);
	assert_string_equal(k8snet_cni_request_get_netns(request), data);
	return 0;
}

static int add_any(struct k8snet_cni_request *request, struct k8snet_cni_result *result, void *data)
{
	(void)result;
	return accept_any(request, data);
}

/* What is not used need not even be a path, but for that it must be there. */
static void test_unused_netns(void **state)
{
	static const char *const texts[] = {"dummy", "/", "/run/../netns", "\x01\xff"};
	struct k8snet_cni_ops unused = {.size = sizeof(unused),
					.add = add_any,
					.del = accept_any,
					.check = accept_any,
					.uses_netns = uses_none};

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		for (size_t c = 0; c < 3; c++) {
			struct cni_env env = attached(commands[c].name);

			env.netns = texts[i];
			unused.uses_netns = uses_none;
			cni_expect(&unused, (void *)texts[i], &env, config_in("1.0.0"), 0,
				   !strcmp(commands[c].name, "ADD") ? "{\"cniVersion\":\"1.0.0\"}\n"
								    : "");
			if (!strcmp(commands[c].name, "DEL"))
				continue;
			unused.uses_netns = uses_one;
			cni_expect_error(&unused, (void *)texts[i], &env, config_in("1.0.0"), 4,
					 "CNI_NETNS: ");
		}
	for (size_t c = 0; c < 2; c++) {
		struct cni_env env = attached(c ? "CHECK" : "ADD");

		env.netns = "";
		unused.uses_netns = uses_none;
		cni_expect_error(&unused, NULL, &env, config_in("1.0.0"), 4,
				 "required environment variables [CNI_NETNS] missing");
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_versions),       cmocka_unit_test(test_codes),
		cmocka_unit_test(test_codes_of_errno), cmocka_unit_test(test_details),
		cmocka_unit_test(test_context),	       cmocka_unit_test(test_other_context),
		cmocka_unit_test(test_negotiation),    cmocka_unit_test(test_bad_versions),
		cmocka_unit_test(test_version),	       cmocka_unit_test(test_about),
		cmocka_unit_test(test_unused_netns),   cmocka_unit_test(test_size),
		cmocka_unit_test(test_no_operations),  cmocka_unit_test(test_missing),
		cmocka_unit_test(test_optional),       cmocka_unit_test(test_bad_values),
		cmocka_unit_test(test_good_values),
	};

	return cmocka_run_group_tests_name("cni", tests, NULL, NULL);
}
