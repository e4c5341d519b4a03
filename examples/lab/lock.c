/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * One lock file for each lab, beside its state directory rather than in it, so
 * that the directory can be removed under the lock.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "runtime.h"

static void lock_path(char *buffer, size_t size, const char *name)
{
	snprintf(buffer, size, LAB_STATE_ROOT "/.%s.lock", name);
}

/* Whoever held the lock before may have removed the file that we opened. */
static bool is_current(int fd, const char *path)
{
	struct stat opened, named;

	return !fstat(fd, &opened) && !stat(path, &named) && opened.st_ino == named.st_ino &&
	       opened.st_dev == named.st_dev;
}

static pid_t read_holder(int fd)
{
	char text[32] = "";
	ssize_t n = pread(fd, text, sizeof(text) - 1, 0);

	return n > 0 ? (pid_t)strtol(text, NULL, 10) : 0;
}

static void write_holder(int fd)
{
	char text[32];
	int n = snprintf(text, sizeof(text), "%d\n", (int)getpid());

	/* For a message only. */
	if (ftruncate(fd, 0) || pwrite(fd, text, (size_t)n, 0) != n)
		return;
}

/* One attempt. -EAGAIN: the file was removed meanwhile. */
static int try_lock(const char *path, enum lab_lock_mode mode, pid_t *holder)
{
	bool shared = mode == LAB_LOCK_SHARED, make = mode == LAB_LOCK_EXCLUSIVE;
	int fd, error;

	fd = open(path, O_RDWR | O_CLOEXEC | O_NOFOLLOW | (make ? O_CREAT : 0), 0644);
	if (fd < 0)
		return -errno;
	if (flock(fd, (shared ? LOCK_SH : LOCK_EX) | LOCK_NB)) {
		error = errno == EWOULDBLOCK ? EBUSY : errno;
		*holder = read_holder(fd);
		close(fd);
		return -error;
	}
	if (!is_current(fd, path)) {
		close(fd);
		return -EAGAIN;
	}
	if (!shared)
		write_holder(fd);
	return fd;
}

int lab_lock(const char *name, enum lab_lock_mode mode, int patience, pid_t *holder)
{
	double deadline = lab_now() + patience;
	char path[128];
	int fd;

	*holder = 0;
	lock_path(path, sizeof(path), name);
	for (;;) {
		if (mode == LAB_LOCK_EXCLUSIVE && mkdir(LAB_STATE_ROOT, 0755) && errno != EEXIST)
			return -errno;
		fd = try_lock(path, mode, holder);
		if (fd >= 0)
			return fd;
		if (fd == -ENOENT && mode != LAB_LOCK_EXCLUSIVE)
			return fd;
		if (fd != -EBUSY && fd != -EAGAIN && fd != -ENOENT)
			return fd;
		if (lab_interrupted())
			return -EINTR;
		if (lab_now() > deadline)
			return -EBUSY;
		usleep(20000);
	}
}

void lab_unlock(const char *name, int fd, bool remove)
{
	char path[128];

	if (fd < 0)
		return;
	lock_path(path, sizeof(path), name);
	if (remove && is_current(fd, path))
		unlink(path);
	close(fd);
	if (remove)
		rmdir(LAB_STATE_ROOT);
}

int lab_lock_or_complain(const char *name, enum lab_lock_mode mode, int patience)
{
	pid_t holder;
	int fd = lab_lock(name, mode, patience, &holder);

	if (fd >= 0)
		return fd;
	if (fd == -EBUSY)
		lab_complain("lab %s is in use by process %d", name, (int)holder);
	else if (fd == -ENOENT)
		lab_complain("there is no lab %s (%s up --name %s -f FILE makes it)", name,
			     LAB_PROGRAM, name);
	else if (fd == -EACCES || fd == -EPERM)
		lab_complain("lab %s: root is needed", name);
	else
		lab_complain("lab %s: lock: %s", name, strerrordesc_np(-fd));
	return fd;
}
