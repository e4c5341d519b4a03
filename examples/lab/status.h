/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef LAB_STATUS_H
#define LAB_STATUS_H

#include "view.h"

bool lab_pod_is_ready(struct json_object *pod);
/* 0 or -ENOMEM. */
int lab_status_json(const struct lab_view *view, FILE *out);

#endif
