/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Removing a lab, whole or half made, by what is found of it rather than by what
 * its state says: a dead run may have left no state.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "runtime.h"

struct sweep {
	const char *lab;
	struct lab_swept *swept;
};

static void stop(struct lab_swept *swept, const struct lab_process *processes, size_t count)
{
	size_t stuck = lab_process_stop(processes, count);

	if (stuck)
		lab_complain("%zu processes would not die", stuck);
	swept->processes += count - stuck;
	swept->left += stuck;
}

/* Those with a pid file, which has the commands that `exec` started, and those
 * that live in a namespace with our mark. Twice: pause may fork as it dies. */
static void sweep_processes(struct sweep *sweep)
{
	struct lab_process *found;
	size_t count;
	int round;

	if (!lab_process_load(sweep->lab, NULL, &found, &count))
		stop(sweep->swept, found, count);
	free(found);
	for (round = 0; round < 3; round++) {
		if (lab_process_find(sweep->lab, &found, &count))
			count = 0;
		if (count)
			stop(sweep->swept, found, count);
		free(found);
		if (!count)
			break;
	}
}

static void remove_netns(struct sweep *sweep, const char *name)
{
	int error = lab_netns_remove(name);

	if (error) {
		lab_complain("network namespace %s: %s", name, strerrordesc_np(-error));
		sweep->swept->left++;
	} else {
		sweep->swept->namespaces++;
	}
}

/* Whatever else has the name by now is none of our business. */
static void sweep_name(void *data, const char *name)
{
	struct sweep *sweep = data;
	char path[512];

	lab_netns_path(path, sizeof(path), name);
	if (lab_netns_is_ours(sweep->lab, path) || lab_netns_is_claimed(sweep->lab, path))
		remove_netns(sweep, name);
}

/* Without a journal, too, marks decide: lab-2-node-1 begins as a name of lab's. */
static void sweep_directory(struct sweep *sweep)
{
	size_t length = strlen(sweep->lab);
	DIR *dir = opendir(LAB_NETNS_DIR);
	struct dirent *entry;

	while (dir && (entry = readdir(dir)))
		if (!strncmp(entry->d_name, sweep->lab, length) && entry->d_name[length] == '-')
			sweep_name(sweep, entry->d_name);
	if (dir)
		closedir(dir);
}

/* Depth is ours: leases and pids, and nothing below. Links are not followed. */
static int remove_tree(int parent, const char *name, int depth)
{
	int fd = openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	struct dirent *entry;
	DIR *dir;

	if (fd < 0)
		return unlinkat(parent, name, 0) && errno != ENOENT ? -errno : 0;
	dir = fdopendir(fd);
	if (!dir) {
		close(fd);
		return -ENOMEM;
	}
	while (depth > 0 && (entry = readdir(dir)))
		if (strcmp(entry->d_name, ".") && strcmp(entry->d_name, ".."))
			remove_tree(fd, entry->d_name, depth - 1);
	closedir(dir);
	return unlinkat(parent, name, AT_REMOVEDIR) && errno != ENOENT ? -errno : 0;
}

static void sweep_state(struct sweep *sweep)
{
	char path[128];
	struct stat st;
	int error;

	lab_state_path(path, sizeof(path), sweep->lab, NULL);
	if (lstat(path, &st))
		return;
	sweep->swept->state = true;
	/* What would not go is to be found again. */
	if (sweep->swept->left)
		return;
	error = remove_tree(AT_FDCWD, path, 4);
	if (error) {
		lab_complain("%s: %s", path, strerrordesc_np(-error));
		sweep->swept->left++;
	}
}

void lab_sweep(const char *name, struct lab_swept *swept)
{
	struct sweep sweep = {.lab = name, .swept = swept};
	int error;

	*swept = (struct lab_swept){.left = 0};
	sweep_processes(&sweep);
	error = lab_journal_foreach(name, sweep_name, &sweep);
	if (error)
		lab_complain("journal of lab %s: %s", name, strerrordesc_np(-error));
	sweep_directory(&sweep);
	sweep_state(&sweep);
}

int lab_down(const struct lab_options *options)
{
	struct lab_swept swept;
	int lock;

	/* A run that was just told to stop needs a moment to clean up itself. */
	lock = lab_lock_or_complain(options->name, LAB_LOCK_EXCLUSIVE, 15000);
	if (lock < 0)
		return LAB_FAILED;
	lab_sweep(options->name, &swept);
	lab_unlock(options->name, lock, !swept.left);
	if (options->quiet)
		return swept.left ? LAB_FAILED : LAB_OK;
	if (!swept.namespaces && !swept.processes && !swept.state)
		printf("lab %s: nothing is there\n", options->name);
	else
		printf("lab %s: removed %zu network namespaces and %zu processes\n", options->name,
		       swept.namespaces, swept.processes);
	return swept.left ? LAB_FAILED : LAB_OK;
}
