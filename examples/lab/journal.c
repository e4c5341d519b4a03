/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "runtime.h"

static void journal_path(char *buffer, size_t size, const char *lab)
{
	lab_state_path(buffer, size, lab, "journal");
}

int lab_journal_append(const char *lab, const char *netns)
{
	char path[256], line[300];
	int fd, n, error = 0;

	journal_path(path, sizeof(path), lab);
	n = snprintf(line, sizeof(line), "%s\n", netns);
	if (n < 0 || (size_t)n >= sizeof(line))
		return -ENAMETOOLONG;
	fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0644);
	if (fd < 0)
		return -errno;
	if (write(fd, line, (size_t)n) != n)
		error = -EIO;
	close(fd);
	return error;
}

/* A name that may be joined to a path and removed. */
static bool is_plain_name(const char *name)
{
	return *name && *name != '.' && strlen(name) <= 255 && !strchr(name, '/');
}

int lab_journal_foreach(const char *lab, void (*fn)(void *data, const char *netns), void *data)
{
	char path[256], *line = NULL;
	size_t size = 0;
	ssize_t n;
	FILE *file;

	journal_path(path, sizeof(path), lab);
	file = fopen(path, "re");
	if (!file)
		return errno == ENOENT ? 0 : -errno;
	while ((n = getline(&line, &size, file)) > 0) {
		/* A line without its end was being written when its writer died, and
		 * what it names had not been made. */
		if (line[n - 1] != '\n')
			break;
		line[n - 1] = '\0';
		if (is_plain_name(line))
			fn(data, line);
	}
	free(line);
	fclose(file);
	return 0;
}
