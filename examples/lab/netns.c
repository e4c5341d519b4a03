/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Named network namespaces, laid out as iproute2 does, so that `ip netns` sees
 * them: a file in /run/netns with the namespace mounted on it.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <pthread.h>
#include <sched.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "runtime.h"

struct helper {
	const char *path;
	int (*fn)(void *data);
	void *data;
	int result;
};

static void *helper_main(void *data)
{
	struct helper *helper = data;
	int fd = open(helper->path, O_RDONLY | O_CLOEXEC);

	if (fd < 0) {
		helper->result = -errno;
		return NULL;
	}
	helper->result = setns(fd, CLONE_NEWNET) ? -errno : helper->fn(helper->data);
	close(fd);
	return NULL;
}

static int run_thread(void *(*main)(void *), void *data)
{
	pthread_t thread;
	int error = pthread_create(&thread, NULL, main, data);

	if (error)
		return -error;
	return -pthread_join(thread, NULL);
}

int lab_netns_run(const char *path, int (*fn)(void *data), void *data)
{
	struct helper helper = {.path = path, .fn = fn, .data = data};
	int error = run_thread(helper_main, &helper);

	return error ? error : helper.result;
}

char *lab_netns_path(char *buffer, size_t size, const char *name)
{
	snprintf(buffer, size, LAB_NETNS_DIR "/%s", name);
	return buffer;
}

/* A shared mount, so that names appear in the mount namespaces that others have
 * made, and disappear from them. */
static int make_dir(void)
{
	if (mkdir(LAB_NETNS_DIR, 0755) && errno != EEXIST)
		return -errno;
	if (!mount("", LAB_NETNS_DIR, "none", MS_SHARED | MS_REC, NULL))
		return 0;
	if (errno != EINVAL)
		return -errno;
	if (mount(LAB_NETNS_DIR, LAB_NETNS_DIR, "none", MS_BIND | MS_REC, NULL))
		return -errno;
	return mount("", LAB_NETNS_DIR, "none", MS_SHARED | MS_REC, NULL) ? -errno : 0;
}

static void make_mark(char *buffer, size_t size, const char *lab)
{
	snprintf(buffer, size, LAB_PROGRAM " %s", lab);
}

/* A mount point that says whose it is: it appears whole, or not at all. */
static int make_mount_point(const char *lab, const char *path)
{
	char mark[64], proc[64];
	int fd = open(LAB_NETNS_DIR, O_TMPFILE | O_WRONLY | O_CLOEXEC, 0444);
	int error = 0;
	/* A file system that cannot: then there is a moment without the mark. */
	bool named = fd < 0;

	if (named)
		fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0444);
	if (fd < 0)
		return -errno;
	make_mark(mark, sizeof(mark), lab);
	snprintf(proc, sizeof(proc), "/proc/self/fd/%d", fd);
	if (write(fd, mark, strlen(mark)) != (ssize_t)strlen(mark))
		error = -EIO;
	else if (!named && linkat(AT_FDCWD, proc, AT_FDCWD, path, AT_SYMLINK_FOLLOW))
		error = -errno;
	close(fd);
	return error;
}

/* With the directory locked, two labs cannot both write one name to their journals. */
int lab_netns_claim(const char *lab, const char *name)
{
	char path[512];
	int dir, error;

	error = make_dir();
	if (error)
		return error;
	dir = open(LAB_NETNS_DIR, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (dir < 0)
		return -errno;
	lab_netns_path(path, sizeof(path), name);
	if (flock(dir, LOCK_EX))
		error = -errno;
	else if (!faccessat(dir, name, F_OK, AT_SYMLINK_NOFOLLOW))
		error = -EEXIST;
	else
		error = lab_journal_append(lab, name);
	if (!error)
		error = make_mount_point(lab, path);
	close(dir);
	return error;
}

int lab_netns_mark_self(const char *lab)
{
	struct lab_rtnl rtnl;
	char mark[64];
	int error = lab_rtnl_open(&rtnl, NULL);

	if (error)
		return error;
	make_mark(mark, sizeof(mark), lab);
	error = lab_rtnl_set_alias(&rtnl, "lo", mark);
	if (!error)
		error = lab_rtnl_set_up(&rtnl, "lo");
	lab_rtnl_close(&rtnl);
	return error;
}

int lab_netns_bind_self(const char *name)
{
	char path[512];

	lab_netns_path(path, sizeof(path), name);
	return mount("/proc/thread-self/ns/net", path, "none", MS_BIND, NULL) ? -errno : 0;
}

struct maker {
	const char *lab, *name;
	int result;
};

static void *make_in_thread(void *data)
{
	struct maker *maker = data;

	if (unshare(CLONE_NEWNET))
		maker->result = -errno;
	else
		maker->result = lab_netns_mark_self(maker->lab);
	if (!maker->result)
		maker->result = lab_netns_bind_self(maker->name);
	return NULL;
}

int lab_netns_create(const char *lab, const char *name)
{
	struct maker maker = {.lab = lab, .name = name};
	int error = run_thread(make_in_thread, &maker);

	return error ? error : maker.result;
}

struct reader {
	char alias[256];
};

static int read_mark(void *data)
{
	struct reader *reader = data;
	struct lab_rtnl rtnl;
	int error = lab_rtnl_open(&rtnl, NULL);

	if (error)
		return error;
	error = lab_rtnl_get_alias(&rtnl, "lo", reader->alias, sizeof(reader->alias));
	lab_rtnl_close(&rtnl);
	return error;
}

bool lab_netns_is_ours(const char *lab, const char *path)
{
	struct reader reader = {.alias = ""};
	struct statfs fs;
	char mark[64];

	/* Not everything there need be a namespace, or harmless to open. */
	if (statfs(path, &fs) || fs.f_type != NSFS_MAGIC)
		return false;
	make_mark(mark, sizeof(mark), lab);
	return !lab_netns_run(path, read_mark, &reader) && !strcmp(reader.alias, mark);
}

bool lab_netns_is_claimed(const char *lab, const char *path)
{
	char mark[64], text[64] = "";
	struct stat st;
	ssize_t n;
	int fd;

	if (lstat(path, &st) || !S_ISREG(st.st_mode) || st.st_size >= (off_t)sizeof(text))
		return false;
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	if (fd < 0)
		return false;
	n = read(fd, text, sizeof(text) - 1);
	close(fd);
	make_mark(mark, sizeof(mark), lab);
	return n > 0 && !strcmp(text, mark);
}

int lab_netns_remove(const char *name)
{
	char path[512];

	lab_netns_path(path, sizeof(path), name);
	while (!umount2(path, MNT_DETACH | UMOUNT_NOFOLLOW))
		;
	return unlink(path) && errno != ENOENT ? -errno : 0;
}

struct setting {
	const char *file, *value;
};

static int write_sysctl(void *data)
{
	const struct setting *setting = data;
	char path[256];
	size_t length = strlen(setting->value);
	int fd, error;

	snprintf(path, sizeof(path), "/proc/sys/net/%s", setting->file);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	error = write(fd, setting->value, length) == (ssize_t)length ? 0 : -errno;
	close(fd);
	return error;
}

int lab_netns_sysctl(const char *netns, const char *file, const char *value)
{
	struct setting setting = {.file = file, .value = value};

	return lab_netns_run(netns, write_sysctl, &setting);
}
