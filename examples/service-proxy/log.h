/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef PROXY_LOG_H
#define PROXY_LOG_H

#include <stdbool.h>

#include <k8snet/context.h>

#include "util.h"

/*
 * Lines to standard error, without what could move a terminal's cursor. A line that
 * was written within the last minute is not written again.
 */
void log_set_verbose(bool is_verbose);
bool log_is_verbose(void);
void log_line(enum k8snet_log_level level, const char *format, ...) printf_like(2, 3);

#define log_error(...)	 log_line(K8SNET_LOG_ERROR, __VA_ARGS__)
#define log_warning(...) log_line(K8SNET_LOG_WARNING, __VA_ARGS__)
/* What happens rarely and matters. */
#define log_notice(...) log_line(K8SNET_LOG_NONE, __VA_ARGS__)
/* With -v only. */
#define log_info(...) log_line(K8SNET_LOG_INFO, __VA_ARGS__)

/* Takes the lines of the library. */
void log_from_library(void *data, enum k8snet_log_level level, const char *message);

#endif
