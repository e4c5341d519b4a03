/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The caller's thread stays where it is; what is no namespace is refused.
 * NODE POD FILE: two namespaces, and a file that is none. */
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "kernel_check.h"

static struct stat here(void)
{
	struct stat st = {0};

	stat("/proc/thread-self/ns/net", &st);
	return st;
}

static int count_files(void)
{
	DIR *directory = opendir("/proc/self/fd");
	int n = 0;

	while (directory && readdir(directory))
		n++;
	closedir(directory);
	return n;
}

static int open_at(struct k8snet_ctx *ctx, const char *path)
{
	const struct k8snet_kernel_options options = {.size = sizeof(options), .netns = path};
	struct k8snet_kernel *kernel;
	int r = k8snet_kernel_open(&kernel, ctx, &options);

	if (r == 0)
		k8snet_kernel_unref(kernel);
	return r;
}

static void check_open(struct k8snet_ctx *ctx, const char *node, const char *file)
{
	CHECK(open_at(ctx, "/run/netns/there-is-none") == -ENOENT);
	CHECK(strstr(k8snet_error_get_message(k8snet_ctx_get_error(ctx)), "there-is-none"));
	CHECK(k8snet_error_get_id(k8snet_ctx_get_error(ctx)) == K8SNET_MSG_NETNS);
	CHECK(open_at(ctx, file) == -EINVAL);
	CHECK(open_at(ctx, "/proc/self/ns/mnt") == -EINVAL);
	CHECK(open_at(ctx, "/dev/null") == -EINVAL);
	CHECK(open_at(ctx, "") == -ENOENT);
	CHECK(open_at(ctx, node) == 0);
	CHECK(open_at(ctx, NULL) == 0);
}

static void check_use(struct k8snet_ctx *ctx, const char *node, const char *pod)
{
	struct k8snet_kernel *kernel = open_kernel(ctx, node);
	struct kobj link = {.type = KOBJ_LINK, .name = "v0"}, sysctl = {.type = KOBJ_SYSCTL};
	struct k8snet_op table[] = {
		{.target = OP_TABLE, .family = 4, .object = "node one"},
		{.target = OP_CHAIN, .chain = nft_mark_chain(4, 0x4000), .object = "node one"},
	};
	struct state state;

	link.link = (struct kobj_link){
		.type = LINK_VETH, .up = true, .peer_name = "eth0", .peer_netns = pod};
	sysctl.sysctl.path = "net/ipv4/ip_forward";
	sysctl.sysctl.value = "1";
	DONE(execute_kobj(kernel, OP_ADD, &link, 0) == 0, "a link is made");
	DONE(execute_kobj(kernel, OP_SET, &sysctl, 0) == 0, "a sysctl is set");
	DONE(execute(kernel, table, 2) == 0, "a table is made");
	DONE(observe_everything(kernel, pod, &state) == 0, "all is looked at");
	CHECK(state.tables[0].is_whole);
	state_done(&state);
	DONE(observe_everything(kernel, "/run/netns/there-is-none", &state) == 0,
	     "a pod's namespace that is gone is nothing to see");
	state_done(&state);
	link.netns = "/run/netns/there-is-none";
	DONE(execute_kobj(kernel, OP_DELETE, &link, 0) == 0,
	     "in a namespace that is gone there is nothing to delete");
	CHECK(execute_kobj(kernel, OP_SET, &link, LINK_CHANGE_UP) == -EIO);
	k8snet_kernel_unref(kernel);
}

int main(int argc, char **argv)
{
	struct k8snet_ctx *ctx;
	struct stat before, after;
	int files;

	if (argc != 4 || k8snet_ctx_new(&ctx, NULL) < 0)
		return 1;
	before = here();
	check_open(ctx, argv[1], argv[3]);
	files = count_files();
	check_use(ctx, argv[1], argv[2]);
	after = here();
	CHECK(before.st_ino == after.st_ino && before.st_dev == after.st_dev);
	CHECK(count_files() == files);
	expect("1\n", "ls /proc/%d/task | wc -l", (int)getpid());
	k8snet_ctx_unref(ctx);
	return n_failed != 0;
}
