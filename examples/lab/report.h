/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef LAB_REPORT_H
#define LAB_REPORT_H

#include "lab.h"

/* Add a line. Returns -EINVAL, so that it can be returned, or -ENOMEM. */
int lab_error(struct lab_summary *summary, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
/* Add a line. Returns 0 or -ENOMEM. */
int lab_warning(struct lab_summary *summary, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
/* Count an object of a kind that is not ours. Returns 0 or -ENOMEM. */
int lab_skip(struct lab_summary *summary, const char *kind);

#endif
