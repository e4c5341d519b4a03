/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "log.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define LINE_SIZE  2048
#define REMEMBERED 64
#define SILENT_FOR (60 * NS_PER_SEC)

static bool verbose;
/* Hashes of the last lines: what is wrong with an object is found out anew each time
 * that all are compared. */
static struct {
	uint64_t hash;
	int64_t time;
} lines[REMEMBERED];

void log_set_verbose(bool is_verbose)
{
	verbose = is_verbose;
}

bool log_is_verbose(void)
{
	return verbose;
}

static bool was_written(const char *line)
{
	uint64_t hash = UINT64_C(0xcbf29ce484222325); /* FNV-1a */
	int64_t now = now_mono();
	size_t oldest = 0, i;

	for (; *line; line++)
		hash = (hash ^ (unsigned char)*line) * UINT64_C(0x100000001b3);
	for (i = 0; i < REMEMBERED; i++) {
		if (lines[i].hash == hash && lines[i].time && now - lines[i].time < SILENT_FOR)
			return true;
		if (lines[i].time < lines[oldest].time)
			oldest = i;
	}
	lines[oldest].hash = hash;
	lines[oldest].time = now;
	return false;
}

static void write_line(enum k8snet_log_level level, char *line)
{
	const char *prefix = level == K8SNET_LOG_ERROR	   ? "error: "
			     : level == K8SNET_LOG_WARNING ? "warning: "
							   : "";

	for (char *p = line; *p; p++)
		if ((unsigned char)*p < ' ' || *p == 0x7f)
			*p = '?';
	if ((level == K8SNET_LOG_ERROR || level == K8SNET_LOG_WARNING) && was_written(line))
		return;
	fprintf(stderr, "k8snet-service-proxy: %s%s\n", prefix, line);
}

void log_line(enum k8snet_log_level level, const char *format, ...)
{
	char line[LINE_SIZE];
	va_list args;

	if (level >= K8SNET_LOG_INFO && !verbose)
		return;
	va_start(args, format);
	vsnprintf(line, sizeof(line), format, args);
	va_end(args);
	write_line(level, line);
}

void log_from_library(void *data, enum k8snet_log_level level, const char *message)
{
	(void)data;
	log_line(level, "%s", message);
}
