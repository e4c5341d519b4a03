/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The process that holds a pod's namespaces, as pause does in Kubernetes. The
 * echo server is its child, and dies with it.
 */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "runtime.h"

void lab_ready_fail(int ready, const char *what, int error)
{
	struct lab_ready message = {.error = error ? error : EIO};

	snprintf(message.what, sizeof(message.what), "%s", what);
	if (write(ready, &message, sizeof(message)) != sizeof(message))
		_exit(2);
	_exit(1);
}

/* Nothing of the process that forked us: no terminal, no files, no handlers. */
static int leave_parent(int ready)
{
	int null = open("/dev/null", O_RDWR);
	int i;

	for (i = 0; i < 3 && null >= 0; i++)
		dup2(null, i);
	if (ready != 3)
		dup2(ready, 3);
	close_range(4, ~0U, 0);
	fcntl(3, F_SETFD, FD_CLOEXEC);
	setsid();
	umask(022);
	if (chdir("/"))
		lab_ready_fail(3, "chdir", errno);
	signal(SIGINT, SIG_DFL);
	signal(SIGTERM, SIG_DFL);
	signal(SIGHUP, SIG_DFL);
	return 3;
}

static void join_node(const struct lab_pod *pod, int ready)
{
	int fd = open(pod->netns, O_RDONLY | O_CLOEXEC);

	if (fd < 0 || setns(fd, CLONE_NEWNET))
		lab_ready_fail(ready, "enter the node's network namespace", errno);
	close(fd);
}

static void make_netns(const char *lab, const struct lab_pod *pod, int ready)
{
	const char *name = strrchr(pod->netns, '/') + 1;
	int error;

	if (unshare(CLONE_NEWNET))
		lab_ready_fail(ready, "make a network namespace", errno);
	error = lab_netns_mark_self(lab);
	if (error)
		lab_ready_fail(ready, "mark the network namespace", -error);
	error = lab_netns_bind_self(name);
	if (error)
		lab_ready_fail(ready, "name the network namespace", -error);
}

static void set_hostname(const struct lab_pod *pod)
{
	size_t length = strlen(pod->name);

	/* The kernel takes 64 characters, Kubernetes cuts at 63. */
	if (sethostname(pod->name, length > 63 ? 63 : length))
		return;
}

static void block(int how, sigset_t *set)
{
	sigemptyset(set);
	sigaddset(set, SIGTERM);
	sigaddset(set, SIGCHLD);
	sigprocmask(how, set, NULL);
}

/* Wait for the end of children, and for the order to end. */
static _Noreturn void hold(pid_t echo, const sigset_t *signals)
{
	pid_t ended;

	for (;;) {
		int signal = sigwaitinfo(signals, NULL);

		if (signal == SIGTERM)
			break;
		while (signal == SIGCHLD && (ended = waitpid(-1, NULL, WNOHANG)) > 0)
			if (ended == echo)
				echo = 0;
	}
	if (echo) {
		kill(echo, SIGKILL);
		waitpid(echo, NULL, 0);
	}
	_exit(0);
}

static void die_with(pid_t parent)
{
	if (prctl(PR_SET_PDEATHSIG, SIGKILL) || getppid() != parent)
		_exit(1);
}

void lab_pause_main(const char *lab, const struct lab_pod *pod, int ready, pid_t parent)
{
	pid_t self = getpid(), echo;
	sigset_t signals;

	/* Until the namespace is marked, only this keeps a killed parent from
	 * leaving us behind for good. */
	die_with(parent);
	ready = leave_parent(ready);
	prctl(PR_SET_NAME, LAB_PAUSE_COMM);
	if (pod->host_network)
		join_node(pod, ready);
	else
		make_netns(lab, pod, ready);
	if (unshare(CLONE_NEWUTS | CLONE_NEWIPC))
		lab_ready_fail(ready, "make UTS and IPC namespaces", errno);
	set_hostname(pod);
	prctl(PR_SET_PDEATHSIG, 0);
	block(SIG_BLOCK, &signals);
	echo = fork();
	if (echo < 0)
		lab_ready_fail(ready, "fork", errno);
	if (!echo) {
		block(SIG_UNBLOCK, &signals);
		die_with(self);
		lab_echo_main(pod, ready);
	}
	close(ready);
	hold(echo, &signals);
}
