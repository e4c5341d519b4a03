/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef LAB_CHECK_FIELDS_H
#define LAB_CHECK_FIELDS_H

#include "lab.h"

/*
 * Whether an API server has the object's kind, and the kind its fields, with values of their
 * types. Of groups that are not Kubernetes' own nothing is known. `who` begins the lines of
 * summary->errors. Returns 0, -EINVAL or -ENOMEM.
 */
int lab_check_fields(struct lab_summary *summary, const char *who, struct json_object *object);

#endif
