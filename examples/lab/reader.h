/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef LAB_READER_H
#define LAB_READER_H

#include "lab.h"

/* Values in one file; aliases count as often as they are used. */
#define LAB_MAX_VALUES 2000000

/* What is wrong with a text, and where. */
struct lab_fault {
	size_t line;
	char text[160];
};

/*
 * Parse all documents of a text. *documents is the caller's, an array; a JSON
 * null stands for an empty document. Errors, with the fault filled in: -EINVAL
 * (syntax), -EEXIST (a duplicate key), -E2BIG (nesting, number of values);
 * -ENOMEM.
 */
int lab_yaml_parse(const char *text, size_t length, struct json_object **documents,
		   struct lab_fault *fault);
int lab_json_parse(const char *text, size_t length, struct json_object **documents,
		   struct lab_fault *fault);

/*
 * The same for one manifest in memory, a NUL after its end: append its objects to
 * `documents`, in the form of lab_read_manifests(). Returns as that does.
 */
int lab_parse_manifest(const char *file, char *bytes, size_t length, struct json_object *documents,
		       struct lab_summary *summary);

/*
 * What a plain YAML scalar stands for, by the rules of YAML 1.1 as Kubernetes'
 * reader has them: y/yes/on/true are true, 010 is 8, dates are strings. *out may
 * become NULL, which is null. -EINVAL: .inf and .nan, which JSON lacks.
 */
int lab_yaml_resolve(const char *text, size_t length, struct json_object **out);

/* Fill in a fault, return `code`. */
int lab_fault_set(struct lab_fault *fault, int code, size_t line, const char *format, ...)
	__attribute__((format(printf, 4, 5)));

#endif
