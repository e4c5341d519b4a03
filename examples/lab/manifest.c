/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* From files to an array of single objects, each with the file that it is from. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "check_fields.h"
#include "reader.h"
#include "report.h"

struct reading {
	struct lab_summary *summary;
	struct json_object *documents;
	const char *file;
	int64_t index;	 /* of the object in the file, from 1 */
	bool is_lenient; /* fields that nobody knows are passed over */
};

struct text {
	char *bytes;
	size_t length;
};

static int too_large(struct lab_summary *summary, const char *file)
{
	return lab_error(summary, "%s: larger than %d MiB", file, LAB_MAX_FILE >> 20);
}

static int read_all(int fd, const char *file, struct text *text, struct lab_summary *summary)
{
	size_t size = 0;

	for (;;) {
		ssize_t got;

		if (text->length == size) {
			size_t wanted = size ? size * 2 : 65536;
			char *bigger = realloc(text->bytes, wanted + 1);

			if (!bigger)
				return -ENOMEM;
			text->bytes = bigger;
			size = wanted;
		}
		got = read(fd, text->bytes + text->length, size - text->length);
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return lab_error(summary, "%s: %s", file, strerror(errno));
		text->length += (size_t)got;
		text->bytes[text->length] = '\0';
		if (text->length > LAB_MAX_FILE)
			return too_large(summary, file);
		if (got == 0)
			return 0;
	}
}

static int read_file(const char *path, const char *file, struct text *text,
		     struct lab_summary *summary)
{
	bool is_stdin = strcmp(path, "-") == 0;
	int fd = is_stdin ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	struct stat info;
	int r;

	if (fd < 0)
		return lab_error(summary, "%s: %s", file, strerror(errno));
	if (fstat(fd, &info) < 0)
		r = lab_error(summary, "%s: %s", file, strerror(errno));
	else if (S_ISREG(info.st_mode) && info.st_size > LAB_MAX_FILE)
		r = too_large(summary, file);
	else
		r = read_all(fd, file, text, summary);
	if (!is_stdin)
		close(fd);
	return r;
}

static bool has_suffix(const char *text, const char *suffix)
{
	size_t length = strlen(text), wanted = strlen(suffix);

	return length >= wanted && strcmp(text + length - wanted, suffix) == 0;
}

/* JSON is nearly YAML: what begins like JSON and is none may still be YAML. */
static int parse_text(const char *file, const struct text *text, struct json_object **values,
		      struct lab_fault *fault)
{
	const char *start = text->bytes;
	struct lab_fault yaml_fault = {0};
	int r;

	if (strncmp(start, "\xef\xbb\xbf", 3) == 0)
		start += 3;
	if (!has_suffix(file, ".json")) {
		const char *first = start + strspn(start, " \t\r\n");

		if (*first != '{' && *first != '[')
			return lab_yaml_parse(text->bytes, text->length, values, fault);
	}
	r = lab_json_parse(start, text->length - (size_t)(start - text->bytes), values, fault);
	if (r != -EINVAL || has_suffix(file, ".json"))
		return r;
	r = lab_yaml_parse(text->bytes, text->length, values, &yaml_fault);
	if (r == -E2BIG || r == -EEXIST)
		*fault = yaml_fault;
	return r;
}

static bool put(struct json_object *object, const char *key, struct json_object *value)
{
	if (value && json_object_object_add(object, key, value) == 0)
		return true;
	json_object_put(value);
	return false;
}

static int add_document(struct reading *reading, struct json_object *object)
{
	struct json_object *wrapper;

	if (json_object_array_length(reading->documents) >= LAB_MAX_OBJECTS)
		return lab_error(reading->summary, "%s: more than %d objects", reading->file,
				 LAB_MAX_OBJECTS);
	wrapper = json_object_new_object();
	if (!wrapper)
		return -ENOMEM;
	if (put(wrapper, "file", json_object_new_string(reading->file)) &&
	    put(wrapper, "index", json_object_new_int64(reading->index)) &&
	    put(wrapper, "object", json_object_get(object)) &&
	    json_object_array_add(reading->documents, wrapper) == 0)
		return 0;
	json_object_put(wrapper);
	return -ENOMEM;
}

static int add_value(struct reading *reading, struct json_object *value, const char *list_kind,
		     struct json_object *list);

static int check(const struct reading *reading, const char *kind, struct json_object *object)
{
	const char *name = lab_object_name(object);
	char who[1024];

	if (reading->is_lenient)
		return 0;
	if (*name)
		snprintf(who, sizeof(who), "%s: %.64s %.63s/%.253s", reading->file, kind,
			 lab_object_namespace(object), name);
	else
		snprintf(who, sizeof(who), "%s: object %lld: %.64s", reading->file,
			 (long long)reading->index, kind);
	return lab_check_fields(reading->summary, who, object);
}

static bool is_list(const char *kind)
{
	return has_suffix(kind, "List");
}

static int add_items(struct reading *reading, const char *kind, struct json_object *list)
{
	struct json_object *items = NULL;
	int r = 0;

	json_object_object_get_ex(list, "items", &items);
	if (items && !json_object_is_type(items, json_type_array))
		return lab_error(reading->summary, "%s: object %lld: %.64s: items: is not an array",
				 reading->file, (long long)++reading->index, kind);
	for (size_t i = 0; i < lab_json_count(items, ""); i++) {
		int s = add_value(reading, lab_json_item(items, "", i), kind, list);

		r = s < 0 ? s : r;
		if (r == -ENOMEM)
			return r;
	}
	return r;
}

/* Items of a typed list, "ServiceList", need not say what they are. */
static int inherit(struct json_object *item, const char *list_kind, struct json_object *list)
{
	size_t length = list_kind ? strlen(list_kind) - strlen("List") : 0;

	if (!length)
		return 0;
	if (!json_object_object_get_ex(item, "kind", NULL) &&
	    !put(item, "kind", json_object_new_string_len(list_kind, (int)length)))
		return -ENOMEM;
	if (!json_object_object_get_ex(item, "apiVersion", NULL) &&
	    !put(item, "apiVersion", json_object_new_string(lab_json_string(list, "apiVersion"))))
		return -ENOMEM;
	return 0;
}

static int add_value(struct reading *reading, struct json_object *value, const char *list_kind,
		     struct json_object *list)
{
	const char *kind;
	int r;

	if (!value && !list)
		return 0;
	if (!json_object_is_type(value, json_type_object))
		return lab_error(reading->summary, "%s: object %lld: not a Kubernetes object",
				 reading->file, (long long)++reading->index);
	r = inherit(value, list_kind, list);
	if (r < 0)
		return r;
	kind = lab_json_string(value, "kind");
	if (is_list(kind))
		return add_items(reading, kind, value);
	reading->index++;
	if (!*kind)
		return lab_error(reading->summary, "%s: object %lld: kind: missing", reading->file,
				 (long long)reading->index);
	if (!*lab_json_string(value, "apiVersion"))
		return lab_error(reading->summary, "%s: object %lld: %.64s: apiVersion: missing",
				 reading->file, (long long)reading->index, kind);
	r = check(reading, kind, value);
	return r < 0 ? r : add_document(reading, value);
}

static int add_values(struct reading *reading, struct json_object *values)
{
	int r = 0;

	for (size_t i = 0; i < lab_json_count(values, ""); i++) {
		int s = add_value(reading, lab_json_item(values, "", i), NULL, NULL);

		r = s < 0 ? s : r;
		if (r == -ENOMEM)
			break;
	}
	return r;
}

static int parse_into(struct reading *reading, const struct text *text)
{
	struct json_object *values = NULL;
	struct lab_fault fault = {0};
	int r;

	reading->index = 0;
	r = parse_text(reading->file, text, &values, &fault);
	if (r < 0 && r != -ENOMEM)
		r = lab_error(reading->summary, "%s: line %zu: %s", reading->file, fault.line,
			      fault.text);
	if (r == 0)
		r = add_values(reading, values);
	json_object_put(values);
	return r;
}

static int read_manifest(struct reading *reading, const char *path)
{
	struct text text = {0};
	int r;

	reading->file = strcmp(path, "-") == 0 ? "standard input" : path;
	r = read_file(path, reading->file, &text, reading->summary);
	if (r == 0)
		r = parse_into(reading, &text);
	free(text.bytes);
	return r;
}

int lab_parse_manifest(const char *file, char *bytes, size_t length, struct json_object *documents,
		       struct lab_summary *summary)
{
	struct reading reading = {.summary = summary, .documents = documents, .file = file};
	struct text text = {.bytes = bytes, .length = length};

	return parse_into(&reading, &text);
}

int lab_read_manifests(const struct lab_options *options, struct json_object **documents,
		       struct lab_summary *summary)
{
	struct reading reading = {.summary = summary,
				  .documents = json_object_new_array(),
				  .is_lenient = options->is_lenient};
	int r = 0;

	*documents = NULL;
	if (!reading.documents)
		return -ENOMEM;
	if (!options->file_count)
		r = lab_error(summary, "no manifest given: use -f FILE");
	for (size_t i = 0; i < options->file_count && r != -ENOMEM; i++) {
		int s = read_manifest(&reading, options->files[i]);

		r = s < 0 ? s : r;
	}
	if (r == 0 && !json_object_array_length(reading.documents))
		r = lab_error(summary, "%s: no Kubernetes objects", reading.file);
	if (r == -ENOMEM || !json_object_array_length(reading.documents))
		json_object_put(reading.documents);
	else
		*documents = reading.documents;
	return r;
}

int lab_read_objects(const struct lab_options *options, struct json_object *previous,
		     struct json_object **documents, struct json_object **objects,
		     struct lab_summary *summary)
{
	int r = lab_read_manifests(options, documents, summary), s;

	*objects = NULL;
	/* What is wrong with the others is told, too. */
	s = *documents ? lab_controlplane_run(options, *documents, previous, NULL, objects, summary)
		       : 0;
	if (r == 0)
		return s;
	json_object_put(*objects);
	*objects = NULL;
	return s == -ENOMEM ? s : r;
}
