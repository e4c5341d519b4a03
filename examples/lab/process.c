/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "runtime.h"

#define PATIENCE 1000 /* ms between SIGTERM and SIGKILL */

int lab_process_start_time(pid_t pid, unsigned long long *start)
{
	char path[64], text[1024], *field;
	int fd, i;
	ssize_t n;

	snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -ENOENT;
	n = read(fd, text, sizeof(text) - 1);
	close(fd);
	if (n <= 0)
		return -ENOENT;
	text[n] = '\0';
	/* The name in parentheses may have spaces and parentheses itself. */
	field = strrchr(text, ')');
	if (!field || field[1] != ' ' || field[2] == 'Z' || field[2] == 'X')
		return -ENOENT;
	/* At the space before the state, which is field 3. */
	for (i = 3, field++; i < 22 && field; i++)
		field = strchr(field + 1, ' ');
	if (!field)
		return -ENOENT;
	*start = strtoull(field, NULL, 10);
	return 0;
}

static int pids_path(char *buffer, size_t size, const char *lab, const char *key)
{
	char dir[128];
	int n;

	lab_state_path(dir, sizeof(dir), lab, LAB_STATE_PIDS);
	n = snprintf(buffer, size, "%s%s%s", dir, key ? "/" : "", key ? key : "");
	return n < 0 || (size_t)n >= size ? -ENAMETOOLONG : 0;
}

int lab_process_save(const char *lab, const char *key, pid_t pid)
{
	unsigned long long start;
	char path[512], line[64];
	int fd, n, error;

	error = lab_process_start_time(pid, &start);
	if (!error)
		error = pids_path(path, sizeof(path), lab, NULL);
	if (error)
		return error;
	if (mkdir(path, 0755) && errno != EEXIST)
		return -errno;
	error = pids_path(path, sizeof(path), lab, key);
	if (error)
		return error;
	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0644);
	if (fd < 0)
		return -errno;
	n = snprintf(line, sizeof(line), "%d %llu\n", (int)pid, start);
	error = write(fd, line, (size_t)n) == n ? 0 : -EIO;
	close(fd);
	return error;
}

void lab_process_forget(const char *lab, const char *key)
{
	char path[512];

	if (!pids_path(path, sizeof(path), lab, key))
		unlink(path);
}

/* A file that is not whole is as good as none: the mark finds the process. */
static bool read_pid_file(const char *path, struct lab_process *process)
{
	unsigned long long now;
	char end;
	FILE *file = fopen(path, "re");
	int pid, fields;

	if (!file)
		return false;
	fields = fscanf(file, "%d %llu%c", &pid, &process->start, &end);
	fclose(file);
	process->pid = pid;
	return fields == 3 && end == '\n' && pid > 1 && !lab_process_start_time(pid, &now) &&
	       now == process->start;
}

static int append(struct lab_process **list, size_t *count, const struct lab_process *process)
{
	struct lab_process *bigger = *list;

	/* Powers of two. */
	if (!(*count & (*count - 1)) || !*count)
		bigger = realloc(*list, (*count ? *count * 2 : 1) * sizeof(*bigger));
	if (!bigger)
		return -ENOMEM;
	bigger[(*count)++] = *process;
	*list = bigger;
	return 0;
}

int lab_process_load(const char *lab, const char *key, struct lab_process **out, size_t *count)
{
	struct lab_process process;
	struct dirent *entry;
	char path[512];
	DIR *dir;
	int error;

	*out = NULL;
	*count = 0;
	error = pids_path(path, sizeof(path), lab, key);
	if (error)
		return error;
	if (key)
		return read_pid_file(path, &process) ? append(out, count, &process) : 0;
	dir = opendir(path);
	while (dir && !error && (entry = readdir(dir))) {
		if (entry->d_name[0] != '.' && !pids_path(path, sizeof(path), lab, entry->d_name) &&
		    read_pid_file(path, &process))
			error = append(out, count, &process);
	}
	if (dir)
		closedir(dir);
	return error;
}

int lab_process_foreach_key(const char *lab, int (*fn)(void *data, const char *key), void *data)
{
	struct dirent *entry;
	char path[512];
	DIR *dir;
	int error = pids_path(path, sizeof(path), lab, NULL);

	if (error)
		return error;
	dir = opendir(path);
	while (dir && !error && (entry = readdir(dir)))
		if (entry->d_name[0] != '.')
			error = fn(data, entry->d_name);
	if (dir)
		closedir(dir);
	return error;
}

static bool is_pod_process(const char *lab, pid_t pid)
{
	char path[64], comm[32] = "";
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%d/comm", (int)pid);
	file = fopen(path, "re");
	if (!file)
		return false;
	if (!fgets(comm, sizeof(comm), file))
		comm[0] = '\0';
	fclose(file);
	comm[strcspn(comm, "\n")] = '\0';
	if (strcmp(comm, LAB_PAUSE_COMM) && strcmp(comm, LAB_ECHO_COMM))
		return false;
	snprintf(path, sizeof(path), "/proc/%d/ns/net", (int)pid);
	return lab_netns_is_ours(lab, path);
}

int lab_process_find(const char *lab, struct lab_process **out, size_t *count)
{
	struct lab_process process;
	struct dirent *entry;
	DIR *dir = opendir("/proc");
	int error = dir ? 0 : -errno;

	*out = NULL;
	*count = 0;
	while (!error && (entry = readdir(dir))) {
		if (!isdigit((unsigned char)entry->d_name[0]))
			continue;
		process.pid = (pid_t)strtol(entry->d_name, NULL, 10);
		if (process.pid > 1 && !lab_process_start_time(process.pid, &process.start) &&
		    is_pod_process(lab, process.pid))
			error = append(out, count, &process);
	}
	if (dir)
		closedir(dir);
	return error;
}

/* A descriptor of that very process, or -1: once open, its pid is not recycled
 * under our feet. */
static int open_process(const struct lab_process *process)
{
	int fd = pidfd_open(process->pid, 0);
	unsigned long long now;

	if (fd < 0)
		return -1;
	if (!lab_process_start_time(process->pid, &now) && now == process->start)
		return fd;
	close(fd);
	return -1;
}

static bool has_ended(const struct lab_process *process, int fd, int timeout)
{
	struct pollfd wait = {.fd = fd, .events = POLLIN};

	if (poll(&wait, 1, timeout) <= 0)
		return false;
	/* A child of this very process, if the lab was made by it. */
	waitpid(process->pid, NULL, WNOHANG);
	return true;
}

static size_t wait_for(const struct lab_process *processes, int *fds, size_t count, int patience)
{
	double deadline = lab_now() + patience, left;
	size_t i, alive = 0;

	for (i = 0; i < count; i++) {
		left = deadline - lab_now();
		if (fds[i] < 0)
			continue;
		if (has_ended(&processes[i], fds[i], left > 0 ? (int)left + 1 : 0)) {
			close(fds[i]);
			fds[i] = -1;
		} else {
			alive++;
		}
	}
	return alive;
}

size_t lab_process_stop(const struct lab_process *processes, size_t count)
{
	int *fds = malloc((count ? count : 1) * sizeof(*fds));
	size_t i, alive;

	if (!fds)
		return count;
	for (i = 0; i < count; i++) {
		fds[i] = open_process(&processes[i]);
		if (fds[i] >= 0)
			pidfd_send_signal(fds[i], SIGTERM, NULL, 0);
	}
	alive = wait_for(processes, fds, count, PATIENCE);
	for (i = 0; alive && i < count; i++)
		if (fds[i] >= 0)
			pidfd_send_signal(fds[i], SIGKILL, NULL, 0);
	alive = alive ? wait_for(processes, fds, count, PATIENCE) : 0;
	for (i = 0; i < count; i++)
		if (fds[i] >= 0)
			close(fds[i]);
	free(fds);
	return alive;
}
