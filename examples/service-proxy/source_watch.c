/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "source_watch.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <k8snet/k8snet.h>

#include "event.h"
#include "log.h"
#include "metrics.h"
#include "objects.h"
#include "options.h"
#include "sync.h"
#include "util.h"

#define NEEDED_KINDS (KIND_SERVICE | KIND_ENDPOINTSLICE)

static struct metrics *metrics_of(const struct watch_stream *stream)
{
	return stream->watches->objects->sync->metrics;
}

/* --- events ------------------------------------------------------------------ */

static void take_bookmark(struct watch_stream *stream, const struct event *event)
{
	if (!event_ends_initial(event))
		return;
	stream->ended |= objects_kind_of(event->object);
	stream->watches->ended |= stream->ended;
}

/* Most often that the stream is too old, and has to begin anew. */
static void take_error(struct watch_stream *stream, const char *source, const struct event *event)
{
	const char *message = k8snet_json_get_string(k8snet_json_get(event->object, "message"));

	log_error("%s: the watch has failed: %.255s", source, message ? message : "no message");
	stream->has_failed = stream->watches->has_failed = true;
}

static int take_object(struct watch_stream *stream, const char *source, const struct event *event)
{
	struct objects *objects = stream->watches->objects;
	enum kind kind = objects_kind_of(event->object);

	if (kind == KIND_OTHER) {
		metrics_of(stream)->skipped++;
		return 0;
	}
	stream->seen |= kind;
	stream->watches->seen |= kind;
	if (event->type == EVENT_DELETED)
		return objects_remove(objects, source, event->object);
	return objects_load(objects, source, event->object);
}

static void count_result(struct watch_stream *stream, int r)
{
	metrics_of(stream)->rejected += r < 0;
	stream->watches->has_lost |= r == -ENOMEM;
}

/* What is wrong with it is told once, with where it is from. */
static const char *parse_event(struct watch_stream *stream, struct event *event, const char *line,
			       size_t length)
{
	struct k8snet_ctx *ctx = k8snet_cluster_get_ctx(stream->watches->objects->cluster);
	enum k8snet_log_level level = k8snet_ctx_get_log_level(ctx);
	const char *why;

	k8snet_ctx_set_log_level(ctx, K8SNET_LOG_NONE);
	why = event_parse(event, stream->watches->document, line, length);
	k8snet_ctx_set_log_level(ctx, level);
	return why;
}

static void log_bad_line(const struct watch_stream *stream, const char *source, const char *why)
{
	size_t column = k8snet_json_document_get_column(stream->watches->document);

	if (column)
		log_error("%s: column %zu: not JSON: %s", source, column, why);
	else
		log_error("%s: %s", source, why);
}

static void take_line(struct watch_stream *stream, const char *line, size_t length)
{
	struct metrics *metrics = metrics_of(stream);
	char source[256];
	struct event event;
	const char *why;

	if (line_is_blank(line, length))
		return;
	snprintf(source, sizeof(source), "%s, line %" PRIu64, stream->name, stream->lines.number);
	why = parse_event(stream, &event, line, length);
	if (why) {
		log_bad_line(stream, source, why);
		metrics->rejected++;
		return;
	}
	metrics->events[event.type]++;
	stream->watches->last_event = now_mono();
	if (event.type == EVENT_BOOKMARK)
		take_bookmark(stream, &event);
	else if (event.type == EVENT_ERROR)
		take_error(stream, source, &event);
	else
		count_result(stream, take_object(stream, source, &event));
}

static void take_lines(struct watch_stream *stream)
{
	const char *line;
	size_t length;
	int r;

	while ((r = lines_next(&stream->lines, &line, &length)) != 0) {
		if (r > 0) {
			take_line(stream, line, length);
			continue;
		}
		log_error("%s, line %" PRIu64 ": is longer than %zu bytes", stream->name,
			  stream->lines.number, LINES_LIMIT);
		metrics_of(stream)->rejected++;
	}
}

/* --- the stream ---------------------------------------------------------------- */

static void close_stream(struct watch_stream *stream)
{
	loop_remove(stream->watches->loop, &stream->source);
	closep(&stream->source.fd);
	stream->source.fd = -1;
	lines_done(&stream->lines);
	if (!stream->is_open)
		return;
	stream->is_open = false;
	stream->watches->open_count--;
	metrics_of(stream)->watches--;
}

/* One read, which does not wait. 1: there may be more, 0: it has ended. */
static int read_some(struct watch_stream *stream)
{
	size_t room;
	char *to = lines_reserve(&stream->lines, &room);
	ssize_t n;

	if (!to) {
		log_error("%s: out of memory", stream->name);
		stream->watches->has_lost = true;
		return 0;
	}
	n = read(stream->source.fd, to, room);
	if (n < 0 && (errno == EINTR || errno == EAGAIN))
		return 1;
	if (n < 0)
		log_error("%s: %s", stream->name, strerror(errno));
	lines_add(&stream->lines, n > 0 ? (size_t)n : 0);
	take_lines(stream);
	return n > 0;
}

static void ready(void *data)
{
	struct watch_stream *stream = data;

	if (read_some(stream))
		return;
	log_notice("%s: the watch has ended after %" PRIu64 " lines", stream->name,
		   stream->lines.number);
	close_stream(stream);
}

static int open_file(const char *name)
{
	int fd = strcmp(name, "-") == 0 ? fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 3)
					: open(name, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);

	return fd < 0 ? -errno : fd;
}

static int open_stream(struct watch_stream *stream, const char *name)
{
	int fd = open_file(name), r;

	stream->name = strcmp(name, "-") == 0 ? "standard input" : name;
	stream->source = (struct loop_source){.fd = fd, .ready = ready, .data = stream};
	if (fd < 0) {
		log_error("%s: %s", stream->name, strerror(-fd));
		return fd;
	}
	stream->is_open = true;
	stream->watches->open_count++;
	metrics_of(stream)->watches++;
	r = loop_add(stream->watches->loop, &stream->source);
	if (r < 0 && r != -EPERM)
		log_error("%s: %s", stream->name, strerror(-r));
	if (r != -EPERM)
		return r;
	stream->is_file = true;
	while (stream->is_open)
		ready(stream);
	return 0;
}

static struct watches *watches_of(const struct source *source)
{
	return (struct watches *)source;
}

static void watches_close(struct source *source)
{
	struct watches *watches = watches_of(source);

	for (size_t i = 0; i < watches->count; i++)
		close_stream(&watches->streams[i]);
	watches->document = k8snet_json_document_unref(watches->document);
	free(watches->streams);
	watches->streams = NULL;
	watches->count = 0;
}

/* A pipe that ends early was cut off, if others have bookmarks; a file is all there is. */
static bool has_told(const struct watch_stream *stream)
{
	if (stream->ended && !(stream->seen & ~stream->ended))
		return true;
	return !stream->is_open && !stream->has_failed &&
	       (stream->is_file || !stream->watches->ended);
}

static bool have_all_told(const struct watches *watches)
{
	unsigned int needed = watches->needed | (watches->seen & KIND_NODE);

	for (size_t i = 0; i < watches->count; i++)
		if (!has_told(&watches->streams[i]))
			return false;
	return !watches->open_count || (watches->ended & needed) == needed;
}

static void watches_log_waiting(const struct source *source)
{
	const struct watches *watches = watches_of(source);
	bool lacks_nodes = watches->needed & ~watches->ended & KIND_NODE;

	for (size_t i = 0; i < watches->count; i++) {
		const struct watch_stream *stream = &watches->streams[i];

		if (!stream->is_open && !has_told(stream))
			log_error("%s: has ended before it told all that is there: begin anew",
				  stream->name);
		else if (!has_told(stream) || (lacks_nodes && stream->is_open))
			log_notice("%s: waiting for the bookmark k8s.io/initial-events-end%s; of a "
				   "watch without sendInitialEvents, give --settle-period",
				   stream->name, lacks_nodes ? " of Nodes" : "");
	}
}

static int64_t watches_get_settled(const struct source *source)
{
	const struct watches *watches = watches_of(source);

	if (have_all_told(watches))
		return 0;
	if (!watches->last_event || watches->ended || !watches->settle_period)
		return NEVER;
	if ((watches->seen & NEEDED_KINDS) == NEEDED_KINDS)
		return watches->last_event + watches->settle_period;
	return watches->last_event + 10 * watches->settle_period;
}

static unsigned int watches_get_state(const struct source *source)
{
	const struct watches *watches = watches_of(source);

	return (watches->open_count < watches->count ? SOURCE_ENDED : 0u) |
	       (watches->has_failed ? SOURCE_FAILED : 0u) | (watches->has_lost ? SOURCE_LOST : 0u);
}

static const struct source_ops watches_ops = {
	.get_settled = watches_get_settled,
	.log_waiting = watches_log_waiting,
	.get_state = watches_get_state,
	.close = watches_close,
};

int watches_open(struct watches *watches, struct loop *loop, struct objects *objects,
		 const struct options *options)
{
	int r = 0;

	*watches = (struct watches){.base.ops = &watches_ops,
				    .loop = loop,
				    .objects = objects,
				    .settle_period = options->settle_period};
	watches->needed = NEEDED_KINDS;
	/* Without a Node nobody would be a pod. */
	if (options->detection == K8SNET_LOCAL_POD_CIDR && !options->cluster_cidrs.count)
		watches->needed |= KIND_NODE;
	watches->streams = calloc(options->watch_count + 1, sizeof(*watches->streams));
	if (!watches->streams ||
	    k8snet_json_document_new(&watches->document, k8snet_cluster_get_ctx(objects->cluster)) <
		    0) {
		log_error("out of memory");
		return -ENOMEM;
	}
	for (; r == 0 && watches->count < options->watch_count; watches->count++) {
		struct watch_stream *stream = &watches->streams[watches->count];

		stream->watches = watches;
		r = open_stream(stream, options->watches[watches->count]);
	}
	return r < 0 ? r : 0;
}
