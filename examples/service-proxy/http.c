/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "http.h"

#include <errno.h>
#include <fcntl.h>
#include <microhttpd.h>
#include <netinet/in.h>
#include <string.h>

#include "log.h"
#include "util.h"

#define MAX_CONNECTIONS	   512
#define MAX_OF_A_CLIENT	   32
#define MEMORY_OF_ONE	   16384
#define SECONDS_OF_SILENCE 10
#define BACKLOG		   128

/* --- answers ---------------------------------------------------------------- */

void http_not_found(struct http_response *response)
{
	response->status = MHD_HTTP_NOT_FOUND;
	response->type = "text/plain; charset=utf-8";
	fputs("404 page not found\n", response->body);
}

static void answer_plain(struct http_response *response, unsigned int status, const char *text)
{
	response->status = status;
	response->type = "text/plain; charset=utf-8";
	fputs(text, response->body);
}

static void fill(struct http *http, struct MHD_Connection *connection, const char *path,
		 const char *method, struct http_response *response)
{
	const union MHD_ConnectionInfo *info =
		MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);
	size_t fd = info ? (size_t)info->connect_fd : SIZE_MAX;
	struct http_listener *listener = fd < http->capacity ? http->by_fd[fd] : NULL;

	if (!listener)
		answer_plain(response, MHD_HTTP_SERVICE_UNAVAILABLE, "not served any more\n");
	else if (strcmp(method, "GET") != 0 && strcmp(method, "HEAD") != 0)
		answer_plain(response, MHD_HTTP_METHOD_NOT_ALLOWED, "GET and HEAD only\n");
	else
		listener->answer(listener->data, path, response);
}

static enum MHD_Result send_response(struct MHD_Connection *connection,
				     const struct http_response *from, char *body, size_t length)
{
	struct MHD_Response *response =
		MHD_create_response_from_buffer(length, body, MHD_RESPMEM_MUST_FREE);
	enum MHD_Result r;

	if (!response) {
		free(body);
		return MHD_NO;
	}
	MHD_add_response_header(response, "Content-Type", from->type);
	MHD_add_response_header(response, "X-Content-Type-Options", "nosniff");
	if (from->weight[0])
		MHD_add_response_header(response, "X-Load-Balancing-Endpoint-Weight", from->weight);
	r = MHD_queue_response(connection, from->status, response);
	MHD_destroy_response(response);
	return r;
}

static enum MHD_Result answer(void *data, struct MHD_Connection *connection, const char *path,
			      const char *method, const char *version, const char *upload,
			      size_t *upload_size, void **state)
{
	struct http_response response = {.status = MHD_HTTP_OK, .type = "text/plain"};
	static int begun;
	size_t length = 0;
	char *body = NULL;

	(void)version;
	(void)upload;
	/* Once for the headers, for each piece of a body, which is passed over, at the end. */
	if (!*state || *upload_size) {
		*state = &begun;
		*upload_size = 0;
		return MHD_YES;
	}
	response.body = open_memstream(&body, &length);
	if (!response.body)
		return MHD_NO;
	fill(data, connection, path, method, &response);
	if (fclose(response.body) != 0) {
		free(body);
		return MHD_NO;
	}
	return send_response(connection, &response, body, length);
}

/* --- the daemon --------------------------------------------------------------- */

void http_run(struct http *http)
{
	MHD_run(http->daemon);
}

static void daemon_ready(void *data)
{
	http_run(data);
}

int64_t http_get_deadline(const struct http *http)
{
	MHD_UNSIGNED_LONG_LONG ms;

	if (!http->daemon || MHD_get_timeout(http->daemon, &ms) != MHD_YES)
		return NEVER;
	return now_mono() + (int64_t)ms * NS_PER_MS;
}

int http_init(struct http *http, struct loop *loop)
{
	const union MHD_DaemonInfo *info;

	*http = (struct http){.loop = loop, .source = {.fd = -1}};
	http->spare = open("/dev/null", O_RDONLY | O_CLOEXEC);
	http->daemon = MHD_start_daemon(
		MHD_USE_EPOLL | MHD_USE_NO_LISTEN_SOCKET, 0, NULL, NULL, answer, http,
		MHD_OPTION_CONNECTION_LIMIT, (unsigned int)MAX_CONNECTIONS,
		MHD_OPTION_PER_IP_CONNECTION_LIMIT, (unsigned int)MAX_OF_A_CLIENT,
		MHD_OPTION_CONNECTION_TIMEOUT, (unsigned int)SECONDS_OF_SILENCE,
		MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)MEMORY_OF_ONE, MHD_OPTION_END);
	info = http->daemon ? MHD_get_daemon_info(http->daemon, MHD_DAEMON_INFO_EPOLL_FD) : NULL;
	if (!info)
		return -ENOMEM;
	http->source =
		(struct loop_source){.fd = info->epoll_fd, .ready = daemon_ready, .data = http};
	return loop_add(loop, &http->source);
}

void http_done(struct http *http)
{
	if (!http->loop)
		return;
	loop_remove(http->loop, &http->source);
	if (http->daemon)
		MHD_stop_daemon(http->daemon);
	closep(&http->spare);
	free(http->by_fd);
	*http = (struct http){.source = {.fd = -1}, .spare = -1};
}

/* --- listeners ------------------------------------------------------------------ */

static int remember(struct http_listener *listener, int fd)
{
	struct http *http = listener->http;
	size_t capacity = ((size_t)fd | 255) + 1;
	struct http_listener **bigger;

	if ((size_t)fd >= http->capacity) {
		bigger = reallocarray(http->by_fd, capacity, sizeof(*bigger));
		if (!bigger)
			return -ENOMEM;
		memset(bigger + http->capacity, 0, (capacity - http->capacity) * sizeof(*bigger));
		http->by_fd = bigger;
		http->capacity = capacity;
	}
	http->by_fd[fd] = listener;
	return 0;
}

/* All descriptors are in use: who waits is sent away, lest the loop turn for nothing. */
static void send_away(struct http_listener *listener)
{
	struct http *http = listener->http;
	int fd;

	closep(&http->spare);
	fd = accept(listener->source.fd, NULL, NULL);
	closep(&fd);
	http->spare = open("/dev/null", O_RDONLY | O_CLOEXEC);
}

static void accept_one(void *data)
{
	struct http_listener *listener = data;
	struct sockaddr_storage peer;
	socklen_t length = sizeof(peer);
	int fd = accept4(listener->source.fd, (struct sockaddr *)&peer, &length,
			 SOCK_CLOEXEC | SOCK_NONBLOCK);

	if (fd < 0) {
		if (errno == EMFILE || errno == ENFILE)
			send_away(listener);
		return;
	}
	if (remember(listener, fd) < 0) {
		close(fd);
		return;
	}
	/* One too many is closed. */
	MHD_add_connection(listener->http->daemon, fd, (struct sockaddr *)&peer, length);
	http_run(listener->http);
}

static socklen_t socket_address(const struct bind_address *from, struct sockaddr_storage *out)
{
	memset(out, 0, sizeof(*out));
	if (from->address.family == 4) {
		struct sockaddr_in *in = (struct sockaddr_in *)out;

		in->sin_family = AF_INET;
		in->sin_port = htons(from->port);
		memcpy(&in->sin_addr, from->address.bytes, sizeof(in->sin_addr));
		return sizeof(*in);
	}
	struct sockaddr_in6 *in6 = (struct sockaddr_in6 *)out;

	in6->sin6_family = AF_INET6;
	in6->sin6_port = htons(from->port);
	memcpy(&in6->sin6_addr, from->address.bytes, sizeof(in6->sin6_addr));
	return sizeof(*in6);
}

static int open_socket(const struct bind_address *address)
{
	struct sockaddr_storage name;
	socklen_t length = socket_address(address, &name);
	_cleanup_close_ int fd =
		socket(name.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, IPPROTO_TCP);
	int on = 1;

	if (fd < 0)
		return -errno;
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (bind(fd, (const struct sockaddr *)&name, length) < 0 || listen(fd, BACKLOG) < 0)
		return -errno;
	return steal_fd(&fd);
}

int http_listen(struct http *http, struct http_listener *listener,
		const struct bind_address *address, http_answer_fn answer_fn, void *data)
{
	int fd = open_socket(address), r;

	*listener = (struct http_listener){
		.http = http, .source = {.fd = -1}, .answer = answer_fn, .data = data};
	if (fd < 0)
		return fd;
	listener->source = (struct loop_source){.fd = fd, .ready = accept_one, .data = listener};
	r = loop_add(http->loop, &listener->source);
	if (r < 0)
		http_close(listener);
	return r;
}

void http_close(struct http_listener *listener)
{
	struct http *http = listener->http;

	if (!http || listener->source.fd < 0)
		return;
	loop_remove(http->loop, &listener->source);
	closep(&listener->source.fd);
	listener->source.fd = -1;
	for (size_t i = 0; i < http->capacity; i++)
		if (http->by_fd[i] == listener)
			http->by_fd[i] = NULL;
}
