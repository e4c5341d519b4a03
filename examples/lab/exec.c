/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "runtime.h"

/* As a shell has it. */
#define EXIT_CANNOT_RUN 126
#define EXIT_NOT_FOUND	127

struct target {
	char *netns;
	pid_t pause; /* 0: a node, which has a network namespace alone */
};

static int complain(const char *what, int error)
{
	lab_complain("%s: %s", what, strerrordesc_np(error));
	return EXIT_CANNOT_RUN;
}

static const struct lab_pod *find_pod(const struct lab_pods *pods, const char *name)
{
	const struct lab_pod *found = NULL;
	size_t i;

	if (strchr(name, '/')) {
		found = lab_pods_find(pods, name);
		if (!found)
			lab_complain("there is no pod %s", name);
		return found;
	}
	for (i = 0; i < pods->count; i++) {
		if (strcmp(pods->items[i].name, name))
			continue;
		if (found) {
			lab_complain("there are several pods %s: give the namespace, as in %s",
				     name, found->full_name);
			return NULL;
		}
		found = &pods->items[i];
	}
	if (!found)
		lab_complain("there is no pod %s", name);
	return found;
}

static int find_pause(const char *lab, const struct lab_pod *pod, pid_t *pause)
{
	struct lab_process *found;
	char key[512];
	size_t count;
	int error;

	snprintf(key, sizeof(key), "%s_%s", pod->namespace_, pod->name);
	error = lab_process_load(lab, key, &found, &count);
	*pause = error || !count ? 0 : found->pid;
	free(found);
	if (!*pause)
		lab_complain("pod %s does not run", pod->full_name);
	return *pause ? 0 : -ENOENT;
}

static int find_target(struct lab_run *run, const char *name, struct target *target)
{
	const char *lab = run->options.name;
	const struct lab_pod *pod;

	target->pause = 0;
	if (!strcmp(name, "outside") || lab_objects_find(run->objects, "Node", "default", name)) {
		if (asprintf(&target->netns, LAB_NETNS_DIR "/%s-%s", lab, name) >= 0)
			return 0;
		target->netns = NULL;
		return -ENOMEM;
	}
	pod = find_pod(&run->pods, name);
	if (!pod)
		return -ENOENT;
	target->netns = strdup(pod->netns);
	return target->netns ? find_pause(lab, pod, &target->pause) : -ENOMEM;
}

static int enter(const char *path, int type)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	int error;

	if (fd < 0)
		return -errno;
	error = setns(fd, type) ? -errno : 0;
	close(fd);
	return error;
}

/* /sys shows the links of the namespace in which it was mounted. */
static void remount_sys(const char *name)
{
	unsigned long flags = 0;
	struct statvfs fs;

	if (unshare(CLONE_NEWNS) || mount("", "/", "none", MS_SLAVE | MS_REC, NULL))
		return;
	if (!statvfs("/sys", &fs) && fs.f_flag & ST_RDONLY)
		flags |= MS_RDONLY;
	if (umount2("/sys", MNT_DETACH))
		return;
	if (mount(name, "/sys", "sysfs", flags, NULL))
		lab_complain("/sys: %s", strerrordesc_np(errno));
}

static int enter_target(const struct target *target)
{
	char path[64];
	int error = enter(target->netns, CLONE_NEWNET);

	snprintf(path, sizeof(path), "/proc/%d/ns/uts", (int)target->pause);
	if (!error && target->pause)
		error = enter(path, CLONE_NEWUTS);
	snprintf(path, sizeof(path), "/proc/%d/ns/ipc", (int)target->pause);
	if (!error && target->pause)
		error = enter(path, CLONE_NEWIPC);
	return error;
}

/* So that `down` ends what runs in the lab. */
static void leave_pid(const char *lab)
{
	char key[64];

	snprintf(key, sizeof(key), "exec.%d", (int)getpid());
	lab_process_save(lab, key, getpid());
}

int lab_exec(const struct lab_options *options, const char *pod, char *const *argv)
{
	struct target target = {.netns = NULL};
	struct lab_run run;
	int error, result = EXIT_CANNOT_RUN;

	lab_run_init(&run, options);
	run.lock = lab_lock_or_complain(options->name, LAB_LOCK_SHARED, 0);
	error = run.lock < 0 ? run.lock : lab_run_load(&run);
	if (!error)
		error = find_target(&run, pod, &target);
	if (!error) {
		error = enter_target(&target);
		if (error)
			result = complain(target.netns, -error);
	}
	if (!error) {
		remount_sys(target.netns);
		leave_pid(options->name);
		/* Descriptors close, the lock with them. */
		execvp(argv[0], argv);
		result = errno == ENOENT ? EXIT_NOT_FOUND : EXIT_CANNOT_RUN;
		complain(argv[0], errno);
	}
	free(target.netns);
	lab_run_free(&run);
	return result;
}
