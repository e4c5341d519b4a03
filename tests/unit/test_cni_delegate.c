/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Delegation: plugins that are shell scripts say what they were given. */
#include "cni_fixture.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#define CONFIG(version) \
	"{\"cniVersion\":\"" version "\",\"name\":\"net\",\"ipam\":{\"type\":\"ipam\"}}"

struct fixture {
	char directory[64], path[256];
};

static void write_file(const char *directory, const char *name, const char *text, mode_t mode)
{
	char path[256];
	FILE *file;

	snprintf(path, sizeof(path), "%s/%s", directory, name);
	file = fopen(path, "we");
	assert_non_null(file);
	fprintf(file, "%s", text);
	fclose(file);
	assert_int_equal(chmod(path, mode), 0);
}

/* A plugin "ipam" whose body this is; $0 is its path. */
static void write_plugin(const struct fixture *f, const char *body)
{
	char text[1024];

	snprintf(text, sizeof(text), "#!/bin/sh\n%s\n", body);
	write_file(f->directory, "ipam", text, 0755);
}

static int setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	*state = f;
	strcpy(f->directory, "/tmp/k8snet-cni-XXXXXX");
	if (!mkdtemp(f->directory))
		return -1;
	snprintf(f->path, sizeof(f->path), "/nonexistent::%s", f->directory);
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;
	char command[128];

	snprintf(command, sizeof(command), "rm -rf '%s'", f->directory);
	free(f);
	return system(command);
}

/* --- a plugin that does nothing but delegate ------------------------------------------- */

static int add(struct k8snet_cni_request *request, struct k8snet_cni_result *result, void *data)
{
	struct k8snet_cni_result *ipam = NULL;
	int r = k8snet_cni_request_delegate_ipam(request, K8SNET_CNI_ADD, &ipam);

	(void)data;
	if (r == 0)
		r = k8snet_cni_result_append(result, ipam);
	k8snet_cni_result_unref(ipam);
	return r;
}

static int pass(struct k8snet_cni_request *request, void *data)
{
	(void)data;
	return k8snet_cni_request_delegate_ipam(request, k8snet_cni_request_get_command(request),
						NULL);
}

static const struct k8snet_cni_ops ops = {
	.size = sizeof(ops), .add = add, .del = pass, .check = pass, .status = pass, .gc = pass};

static struct cni_env env_of(const struct fixture *f, const char *command)
{
	return (struct cni_env){.command = command,
				.container = "c1",
				.netns = "/run/netns/c1",
				.ifname = "eth0",
				.args = "A=1",
				.path = f->path};
}

static void expect_file(const struct fixture *f, const char *name, const char *want)
{
	char path[256], text[1024] = "";
	FILE *file;

	snprintf(path, sizeof(path), "%s/%s", f->directory, name);
	file = fopen(path, "re");
	if (!want) {
		assert_null(file);
		return;
	}
	assert_non_null(file);
	text[fread(text, 1, sizeof(text) - 1, file)] = '\0';
	fclose(file);
	assert_string_equal(text, want);
	unlink(path);
}

/* The delegate gets the environment and the configuration as they are. */
static void test_what_it_gets(void **state)
{
	const struct fixture *f = *state;
	static const char *const commands[] = {"ADD", "DEL", "CHECK", "STATUS", "GC"};
	static const char config[] =
		"{\"cniVersion\":\"1.1.0\", \"name\":\"net\",\"ipam\":{\"type\":\"ipam\"},\n"
		"\"prevResult\":{},\"cni.dev/valid-attachments\":null}";
	char want[256], own[16];
	FILE *shell = popen("ls /proc/self/fd | wc -l", "re");

	/* What a child of this process has open, which may inherit some itself. */
	assert_non_null(shell);
	assert_non_null(fgets(own, sizeof(own), shell));
	pclose(shell);
	write_plugin(f, "d=$(dirname \"$0\"); cat >$d/stdin; ls /proc/self/fd | wc -l >$d/fds\n"
			"echo \"$CNI_COMMAND,$CNI_CONTAINERID,$CNI_NETNS,$CNI_IFNAME,$CNI_ARGS,"
			"$HOME,$#\" >$d/environment; echo '{}'");
	for (size_t i = 0; i < 5; i++) {
		const struct cni_env env = env_of(f, commands[i]);

		cni_expect(&ops, NULL, &env, config, 0, i ? "" : "{\"cniVersion\":\"1.1.0\"}\n");
		snprintf(want, sizeof(want), "%s,c1,/run/netns/c1,eth0,A=1,/root,0\n", commands[i]);
		expect_file(f, "environment", want);
		expect_file(f, "stdin", config);
		expect_file(f, "fds", own);
	}
}

/* A command that the version lacks does not reach the delegate. */
static int force(struct k8snet_cni_request *request, void *data)
{
	return k8snet_cni_request_delegate_ipam(request, *(enum k8snet_cni_command *)data, NULL);
}

static void test_old_versions(void **state)
{
	static const struct {
		enum k8snet_cni_command command;
		const char *config, *seen;
	} cases[] = {
		{K8SNET_CNI_CHECK, CONFIG("0.3.1"), NULL},
		{K8SNET_CNI_CHECK, CONFIG("0.4.0"), "CHECK\n"},
		{K8SNET_CNI_STATUS, CONFIG("1.0.0"), NULL},
		{K8SNET_CNI_STATUS, CONFIG("1.1.0"), "STATUS\n"},
		{K8SNET_CNI_GC, CONFIG("1.0.0"), NULL},
		{K8SNET_CNI_GC, CONFIG("1.1.0"), "GC\n"},
		{K8SNET_CNI_DEL, CONFIG("0.1.0"), "DEL\n"},
		{K8SNET_CNI_ADD, CONFIG("0.1.0"), "ADD\n"},
	};
	const struct k8snet_cni_ops forcing = {.size = sizeof(forcing), .del = force};
	const struct fixture *f = *state;
	const struct cni_env env = env_of(f, "DEL");

	write_plugin(f, "echo $CNI_COMMAND >$(dirname \"$0\")/seen; echo '{}'");
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		cni_expect(&forcing, (void *)&cases[i].command, &env, cases[i].config, 0, "");
		expect_file(f, "seen", cases[i].seen);
	}
}

static void expect_failure(const struct fixture *f, const char *body, unsigned int code,
			   const char *message)
{
	const struct cni_env env = env_of(f, "ADD");

	if (body)
		write_plugin(f, body);
	cni_expect_error(&ops, NULL, &env, CONFIG("1.0.0"), code, message);
}

static void test_errors(void **state)
{
	const struct fixture *f = *state;
	const struct cni_env env = env_of(f, "DEL");

	write_plugin(f, "printf %s '{\"cniVersion\":\"0.1.0\",\"code\":11,\"msg\":\"wait\\n\","
			"\"details\":\"a \\u00e4\"}'; exit 3");
	cni_expect(&ops, NULL, &env, CONFIG("0.3.1"), 1,
		   "{\"cniVersion\":\"0.3.1\",\"code\":11,\"msg\":\"wait\\u000a\","
		   "\"details\":\"a \xc3\xa4\"}\n");
	expect_failure(f, "echo '{\"code\":100,\"msg\":\"mine\"}'; exit 1", 100,
		       "\"msg\":\"mine\"}");
	/* What is no error of the protocol is shown as it is. */
	expect_failure(f, "echo oops; exit 7", 999,
		       "plugin \\\"ipam\\\" failed with status 7 and without an error\","
		       "\"details\":\"oops\\u000a\"");
	expect_failure(f, "exit 1", 999, "failed with status 1 and without an error\"}");
	expect_failure(f, "echo '{\"code\":0,\"msg\":\"x\"}'; exit 1", 999, "without an error");
	expect_failure(f, "echo '{\"code\":-1,\"msg\":\"x\"}'; exit 1", 999, "without an error");
	expect_failure(f, "echo '{\"code\":7}'; exit 1", 999, "without an error");
	expect_failure(f, "kill -9 $$", 5, "plugin \\\"ipam\\\" was killed by signal 9");
	expect_failure(f, "printf '\\377\\001'; exit 1", 999, "\"details\":\"?\\u0001\"");
}

static void test_results(void **state)
{
	const struct fixture *f = *state;
	const struct cni_env env = env_of(f, "ADD"), del = env_of(f, "DEL");

	/* Without a version: that of the configuration. */
	write_plugin(f, "echo '{\"ips\":[{\"address\":\"10.1.0.2/24\"}]}'");
	cni_expect(&ops, NULL, &env, CONFIG("0.4.0"), 0,
		   "{\"cniVersion\":\"0.4.0\",\"ips\":[{\"version\":\"4\",\"address\":"
		   "\"10.1.0.2/24\"}]}\n");
	write_plugin(f, "echo '{\"cniVersion\":\"0.2.0\",\"ip4\":{\"ip\":\"10.1.0.2/24\"}}'");
	cni_expect(&ops, NULL, &env, CONFIG("1.0.0"), 0,
		   "{\"cniVersion\":\"1.0.0\",\"ips\":[{\"address\":\"10.1.0.2/24\"}]}\n");
	expect_failure(f, "echo '{\"cniVersion\":\"1.0.0\",\"ips\":[{}]}'", 6,
		       "plugin \\\"ipam\\\": result: ips[0].address: is missing");
	expect_failure(f, "echo '['", 6, "plugin \\\"ipam\\\": result: line");
	expect_failure(f, ":", 6, "plugin \\\"ipam\\\": result: is empty");
	/* What it prints matters for ADD alone. */
	write_plugin(f, "echo '['");
	cni_expect(&ops, NULL, &del, CONFIG("1.0.0"), 0, "");
}

/* More than it should say, and it does not read what it is told. */
static void test_sizes(void **state)
{
	const size_t size = 1 << 20;
	const struct fixture *f = *state;
	const struct cni_env env = env_of(f, "DEL");
	char *config = malloc(size);

	expect_failure(f, "exec cat /dev/zero", 5, "its output is too long");
	assert_non_null(config);
	memset(config, ' ', size);
	strcpy(config + size - sizeof(CONFIG("1.0.0")), CONFIG("1.0.0"));
	write_plugin(f, "exit 0");
	cni_expect(&ops, NULL, &env, config, 0, "");
	write_plugin(f, "wc -c >$(dirname \"$0\")/size");
	cni_expect(&ops, NULL, &env, config, 0, "");
	expect_file(f, "size", "1048575\n");
	free(config);
}

/* --- finding it -------------------------------------------------------------------------- */

static void test_finding(void **state)
{
	const struct fixture *f = *state;
	char other[128], path[256];
	struct cni_env env = env_of(f, "DEL");

	expect_failure(f, NULL, 7, "plugin \\\"ipam\\\" is not in CNI_PATH\",\"details\":\"/nonex");
	snprintf(other, sizeof(other), "%s/other", f->directory);
	assert_int_equal(mkdir(other, 0755), 0);
	snprintf(path, sizeof(path), "%s:%s:", f->directory, other);
	env.path = path;
	/* Neither a file that is not executable, nor a directory. */
	write_file(f->directory, "ipam", "#!/bin/sh\nexit 1\n", 0644);
	cni_expect_error(&ops, NULL, &env, CONFIG("1.0.0"), 7, "is not in CNI_PATH");
	write_file(other, "ipam", "#!/bin/sh\nexit 0\n", 0755);
	cni_expect(&ops, NULL, &env, CONFIG("1.0.0"), 0, "");
	snprintf(other, sizeof(other), "%s/ipam", f->directory);
	unlink(other);
	assert_int_equal(mkdir(other, 0755), 0);
	cni_expect(&ops, NULL, &env, CONFIG("1.0.0"), 0, "");
	/* Not a program of this machine. */
	rmdir(other);
	write_file(f->directory, "ipam", "nothing", 0755);
	cni_expect_error(&ops, NULL, &env, CONFIG("1.0.0"), 5, "Exec format error");
	env.path = NULL;
	cni_expect_error(&ops, NULL, &env, CONFIG("1.0.0"), 4,
			 "required environment variables [CNI_PATH] missing");
	/* Empty elements are not the current directory. */
	assert_int_equal(chdir(f->directory), 0);
	env.path = "::";
	cni_expect_error(&ops, NULL, &env, CONFIG("1.0.0"), 7, "is not in CNI_PATH");
	assert_int_equal(chdir("/"), 0);
}

static void test_types(void **state)
{
	static const char *const bad[] = {"../ipam", "/bin/true", ".",	  "..",
					  "",	     "a\\u0000",  "a\\n", "x/y"};
	const struct cni_env env = env_of(*state, "DEL");
	char config[256];

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		snprintf(config, sizeof(config), "{\"name\":\"net\",\"ipam\":{\"type\":\"%s\"}}",
			 bad[i]);
		cni_expect_error(&ops, NULL, &env, config, 7, "type: ");
	}
	cni_expect_error(&ops, NULL, &env, "{\"name\":\"net\"}", 7, "ipam.type: is missing");
	cni_expect_error(&ops, NULL, &env, "{\"name\":\"net\",\"ipam\":{\"type\":7}}", 7,
			 "ipam.type: is a whole number, not a string");
}

/* --- cleaning up after a failure ----------------------------------------------------------- */

static int undo(struct k8snet_cni_request *request, struct k8snet_cni_result *result, void *data)
{
	struct k8snet_cni_result *ipam = NULL;

	(void)data;
	(void)result;
	if (k8snet_cni_request_delegate(request, K8SNET_CNI_ADD, "ipam", CONFIG("0.4.0"), &ipam) <
	    0)
		return -EIO;
	k8snet_cni_result_unref(ipam);
	assert_int_equal(k8snet_cni_request_delegate(request, K8SNET_CNI_DEL, "ipam", NULL, NULL),
			 -EIO);
	assert_int_equal(k8snet_cni_request_get_error_code(request), 3);
	assert_string_equal(k8snet_cni_request_get_error_message(request), "gone");
	k8snet_cni_request_clear_error(request);
	assert_int_equal(k8snet_cni_request_delegate(request, (enum k8snet_cni_command)99, "ipam",
						     NULL, NULL),
			 -EIO);
	return k8snet_cni_request_fail(request, 101, NULL, "no %s", "luck");
}

static void test_undo(void **state)
{
	const struct k8snet_cni_ops undoing = {.size = sizeof(undoing), .add = undo};
	const struct fixture *f = *state;
	const struct cni_env env = env_of(f, "ADD");

	write_plugin(f, "echo $CNI_COMMAND >>$(dirname \"$0\")/seen; cat >>$(dirname \"$0\")/seen\n"
			"test $CNI_COMMAND = ADD && echo '{}' && exit\n"
			"echo '{\"code\":3,\"msg\":\"gone\"}'; exit 1");
	cni_expect(&undoing, NULL, &env, CONFIG("1.0.0"), 1,
		   "{\"cniVersion\":\"1.0.0\",\"code\":101,\"msg\":\"no luck\"}\n");
	expect_file(f, "seen", "ADD\n" CONFIG("0.4.0") "DEL\n" CONFIG("1.0.0"));
}

/* A caller without standard streams of its own. */
static void test_closed(void **state)
{
	const struct fixture *f = *state;
	const struct cni_env env = env_of(f, "ADD");
	int in = dup(STDIN_FILENO), out = dup(STDOUT_FILENO);
	struct cni_outcome outcome;

	write_plugin(f, "cat >$(dirname \"$0\")/stdin; echo '{}'");
	close(STDIN_FILENO);
	close(STDOUT_FILENO);
	outcome = cni_call(&ops, NULL, &env, CONFIG("1.0.0"));
	dup2(in, STDIN_FILENO);
	dup2(out, STDOUT_FILENO);
	close(in);
	close(out);
	assert_int_equal(outcome.status, 0);
	assert_string_equal(outcome.output, "{\"cniVersion\":\"1.0.0\"}\n");
	free(outcome.output);
	expect_file(f, "stdin", CONFIG("1.0.0"));
}

#define delegate_test(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		delegate_test(test_what_it_gets), delegate_test(test_old_versions),
		delegate_test(test_errors),	  delegate_test(test_results),
		delegate_test(test_sizes),	  delegate_test(test_finding),
		delegate_test(test_types),	  delegate_test(test_undo),
		delegate_test(test_closed),
	};

	return cmocka_run_group_tests_name("cni delegation", tests, NULL, NULL);
}
