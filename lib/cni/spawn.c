/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The only place where the library starts a program: the specification has one
 * plugin execute another. No shell, and no program but the one named. */
#include "cni/spawn.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/mman.h>
#include <sys/types.h>
#include <sys/wait.h>

/* A file in memory: unlike a pipe it takes all before anyone reads, and raises no
 * SIGPIPE if nobody does. */
static int open_input(const char *input, size_t length)
{
	_cleanup_close_ int fd = memfd_create("cni", MFD_CLOEXEC);
	int lifted;

	if (fd < 0)
		return -errno;
	for (size_t done = 0; done < length;) {
		ssize_t n = write(fd, input + done, length - done);

		if (n < 0 && errno != EINTR)
			return -errno;
		done += n < 0 ? 0 : (size_t)n;
	}
	if (lseek(fd, 0, SEEK_SET) < 0)
		return -errno;
	/* It may have the number of a standard stream of the program, if the caller
	 * has none. */
	lifted = fcntl(fd, F_DUPFD_CLOEXEC, 3);
	return lifted < 0 ? -errno : lifted;
}

static int start(const char *path, char *const *environment, int input, int output, pid_t *pid)
{
	char *const argv[] = {(char *)path, NULL};
	posix_spawn_file_actions_t actions;
	int error = posix_spawn_file_actions_init(&actions);

	if (error)
		return -error;
	error = posix_spawn_file_actions_adddup2(&actions, input, STDIN_FILENO);
	if (!error)
		error = posix_spawn_file_actions_adddup2(&actions, output, STDOUT_FILENO);
	if (!error)
		error = posix_spawn(pid, path, &actions, NULL, argv, environment);
	posix_spawn_file_actions_destroy(&actions);
	return -error;
}

static int read_all(int fd, size_t limit, struct strbuf *output)
{
	char buffer[4096];

	for (;;) {
		ssize_t n = read(fd, buffer, sizeof(buffer));

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return n < 0 ? -errno : output->error;
		if (output->length + (size_t)n > limit)
			return -E2BIG;
		strbuf_add_n(output, buffer, (size_t)n);
	}
}

static int wait_for(pid_t pid, int *status)
{
	while (waitpid(pid, status, 0) < 0)
		if (errno != EINTR)
			return -errno;
	return 0;
}

int cni_spawn(const char *path, char *const *environment, const char *input, size_t length,
	      size_t limit, struct strbuf *output, int *status)
{
	_cleanup_close_ int in = open_input(input, length), out = -1, from = -1;
	int ends[2], r, waited;
	pid_t pid;

	if (in < 0)
		return in;
	if (pipe2(ends, O_CLOEXEC) < 0)
		return -errno;
	from = ends[0];
	out = ends[1];
	r = start(path, environment, in, out, &pid);
	if (r < 0)
		return r;
	close(steal_fd(&out));
	r = read_all(from, limit, output);
	if (r < 0)
		kill(pid, SIGKILL);
	waited = wait_for(pid, status);
	return r < 0 ? r : waited;
}
