/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "hello-util.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

/* A child that dies with its parent; 0 in the child. */
static pid_t fork_child(void)
{
	pid_t parent = getpid();
	pid_t pid = fork();

	if (pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		if (getppid() != parent)
			_exit(1);
	}
	return pid;
}

/* Wait for the child at the other end of a pipe to write one byte. */
static int wait_ready(int fds[2])
{
	char byte;
	ssize_t n;

	close(fds[1]);
	n = read(fds[0], &byte, 1);
	close(fds[0]);
	return n == 1 ? 0 : -1;
}

const char *hello_netns(void)
{
	static char paths[8][32];
	static unsigned int used;
	int fds[2];
	pid_t pid;

	if (used == sizeof(paths) / sizeof(paths[0]) || pipe2(fds, O_CLOEXEC) < 0)
		return NULL;
	pid = fork_child();
	if (pid == 0) {
		if (unshare(CLONE_NEWNET) < 0 || write(fds[1], "", 1) != 1)
			_exit(1);
		for (;;)
			pause();
	}
	if (wait_ready(fds) < 0 || pid < 0) {
		fprintf(stderr, "cannot make a network namespace (it takes root)\n");
		return NULL;
	}
	snprintf(paths[used], sizeof(paths[used]), "/proc/%d/ns/net", (int)pid);
	return paths[used++];
}

static int enter(const char *netns)
{
	int fd = open(netns, O_RDONLY | O_CLOEXEC);
	int r;

	if (fd < 0)
		return -1;
	r = setns(fd, CLONE_NEWNET);
	close(fd);
	return r;
}

static int listen_on(unsigned short port)
{
	struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(port)};
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return -1;
	if (bind(fd, (struct sockaddr *)&to, sizeof(to)) < 0 || listen(fd, 16) < 0) {
		close(fd);
		return -1;
	}
	return fd;
}

int hello_serve(const char *netns, unsigned short port, const char *text)
{
	int fds[2];
	pid_t pid;

	if (pipe2(fds, O_CLOEXEC) < 0)
		return -1;
	pid = fork_child();
	if (pid == 0) {
		int listener = enter(netns) < 0 ? -1 : listen_on(port);

		if (listener < 0 || write(fds[1], "", 1) != 1)
			_exit(1);
		for (;;) {
			int fd = accept(listener, NULL, NULL);

			if (fd >= 0 && write(fd, text, strlen(text)) < 0)
				perror("write");
			close(fd);
		}
	}
	return wait_ready(fds) < 0 || pid < 0 ? -1 : 0;
}

/* In the child: exits 0 once the answer was copied to `out`. */
static void ask(const char *netns, const char *address, unsigned short port, int out)
{
	struct timeval timeout = {.tv_sec = 3};
	struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(port)};
	char text[256];
	ssize_t n;
	int fd;

	if (enter(netns) < 0 || inet_pton(AF_INET, address, &to.sin_addr) != 1)
		_exit(1);
	fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &timeout, sizeof(timeout));
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof(timeout));
	if (connect(fd, (struct sockaddr *)&to, sizeof(to)) < 0) {
		perror(address);
		_exit(1);
	}
	n = read(fd, text, sizeof(text));
	_exit(n > 0 && write(out, text, (size_t)n) == n ? 0 : 1);
}

int hello_ask(const char *netns, const char *address, unsigned short port, char *answer,
	      size_t size)
{
	int fds[2], status;
	ssize_t n;
	pid_t pid;

	if (pipe2(fds, O_CLOEXEC) < 0)
		return -1;
	pid = fork_child();
	if (pid == 0)
		ask(netns, address, port, fds[1]);
	close(fds[1]);
	n = read(fds[0], answer, size - 1);
	close(fds[0]);
	answer[n > 0 ? n : 0] = '\0';
	if (pid < 0 || waitpid(pid, &status, 0) < 0 || status != 0)
		return -1;
	return n > 0 ? 0 : -1;
}

int hello_add_pod(struct k8snet_cluster *cluster, const char *name, const char *address,
		  const char *netns)
{
	struct k8snet_pod *pod = NULL;
	int r = k8snet_pod_new(&pod, cluster, "hello", name);

	if (r == 0)
		r = k8snet_pod_set_node_name(pod, "node-1");
	if (r == 0)
		r = k8snet_pod_add_address(pod, address);
	if (r == 0)
		r = k8snet_pod_set_netns(pod, netns);
	/* The cluster keeps a reference of its own. */
	k8snet_pod_unref(pod);
	return r;
}

int hello_apply(struct k8snet_cluster *cluster, struct k8snet_kernel *kernel)
{
	struct k8snet_plan *plan = NULL;
	const struct k8snet_op *op = NULL;
	int r = k8snet_plan_new(&plan, cluster, "node-1", kernel, 0);

	while (r == 0 && (op = k8snet_plan_next_op(plan, op)) != NULL)
		printf("  %-18s %s\n", k8snet_op_get_verb(op), k8snet_op_get_object(op));
	if (r == 0)
		r = k8snet_plan_apply(plan, kernel, NULL);
	k8snet_plan_unref(plan);
	return r;
}
