/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a lab remembers between commands: JSON files, each replaced as a whole. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lab.h"

char *lab_state_path(char *buffer, size_t size, const char *name, const char *file)
{
	snprintf(buffer, size, "%s/%s%s%s", LAB_STATE_ROOT, name, file ? "/" : "",
		 file ? file : "");
	return buffer;
}

int lab_state_make(const char *name)
{
	char path[PATH_MAX];
	struct stat info;

	lab_state_path(path, sizeof(path), name, NULL);
	if (mkdir(LAB_STATE_ROOT, 0755) < 0 && errno != EEXIST)
		return -errno;
	if (mkdir(path, 0755) < 0 && errno != EEXIST)
		return -errno;
	if (lstat(path, &info) < 0)
		return -errno;
	return S_ISDIR(info.st_mode) ? 0 : -ENOTDIR;
}

static int write_file(const char *path, struct json_object *json)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0644);
	FILE *out = fd < 0 ? NULL : fdopen(fd, "w");
	int r;

	if (!out) {
		r = -errno;
		if (fd >= 0)
			close(fd);
		return r;
	}
	r = lab_json_write(out, json, false);
	if (r == 0 && (fflush(out) != 0 || fsync(fd) < 0))
		r = -errno;
	if (fclose(out) != 0 && r == 0)
		r = -errno;
	return r;
}

int lab_state_write(const char *name, const char *file, struct json_object *json)
{
	char path[PATH_MAX], temporary[PATH_MAX + 32];
	int r;

	lab_state_path(path, sizeof(path), name, file);
	snprintf(temporary, sizeof(temporary), "%s.%ld.tmp", path, (long)getpid());
	unlink(temporary);
	r = write_file(temporary, json);
	if (r == 0 && rename(temporary, path) < 0)
		r = -errno;
	if (r < 0)
		unlink(temporary);
	return r;
}

static int parse_file(int fd, struct json_object **json)
{
	struct json_tokener *tokener = json_tokener_new_ex(LAB_MAX_DEPTH + 16);
	char buffer[65536];
	ssize_t got;
	int r = 0;

	if (!tokener)
		return -ENOMEM;
	while (!*json && r == 0 && (got = read(fd, buffer, sizeof(buffer))) != 0) {
		if (got < 0) {
			r = errno == EINTR ? 0 : -EIO;
			continue;
		}
		*json = json_tokener_parse_ex(tokener, buffer, got);
		if (!*json && json_tokener_get_error(tokener) != json_tokener_continue)
			r = -EINVAL;
	}
	json_tokener_free(tokener);
	return r < 0 ? r : *json ? 0 : -EINVAL;
}

int lab_state_read(const char *name, const char *file, struct json_object **json)
{
	char path[PATH_MAX];
	int fd, r;

	*json = NULL;
	fd = open(lab_state_path(path, sizeof(path), name, file), O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return errno == ENOENT ? -ENOENT : -EIO;
	r = parse_file(fd, json);
	close(fd);
	return r;
}

/* --- the objects: a List, as the API has them ------------------------------------ */

struct json_object *lab_list_new(struct json_object *objects)
{
	struct json_object *list = json_object_new_object();
	struct json_object *version = json_object_new_string("v1");
	struct json_object *kind = json_object_new_string("List");
	int r;

	if (!list || !version || !kind) {
		json_object_put(version);
		json_object_put(kind);
		json_object_put(list);
		return NULL;
	}
	r = json_object_object_add(list, "apiVersion", version);
	if (json_object_object_add(list, "kind", kind) < 0 || r < 0 ||
	    json_object_object_add(list, "items", json_object_get(objects)) < 0) {
		json_object_put(list);
		return NULL;
	}
	return list;
}

int lab_state_write_objects(const char *name, struct json_object *objects)
{
	struct json_object *list = lab_list_new(objects);
	int r = list ? lab_state_write(name, LAB_STATE_OBJECTS, list) : -ENOMEM;

	json_object_put(list);
	return r;
}

int lab_state_read_objects(const char *name, struct json_object **objects)
{
	struct json_object *list = NULL, *items;
	int r = lab_state_read(name, LAB_STATE_OBJECTS, &list);

	*objects = NULL;
	if (r == 0 && (!json_object_object_get_ex(list, "items", &items) ||
		       !json_object_is_type(items, json_type_array)))
		r = -EINVAL;
	else if (r == 0)
		*objects = json_object_get(items);
	json_object_put(list);
	return r;
}
