/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The server in each pod. It answers the first bytes of a connection, and each
 * datagram, with a line of JSON that says who answers and whom it saw, and sends
 * back what it gets. To a request in HTTP it answers in HTTP.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "runtime.h"

#define LINE_SIZE   1024 /* fits two names of 253 characters and two addresses */
#define BUFFER_SIZE 65536
#define MAX_STREAMS 4096
#define BACKLOG	    512

enum source_kind {
	SOURCE_LISTENER,
	SOURCE_DATAGRAM,
	SOURCE_STREAM,
};

/* What epoll knows. */
struct source {
	enum source_kind kind;
	int fd;
	uint8_t protocol;
};

struct stream {
	struct source source; /* first */
	bool answered, http, ended;
	size_t begin, end; /* what is still to be sent of buffer */
	char buffer[LINE_SIZE + BUFFER_SIZE];
};

struct server {
	const struct lab_pod *pod;
	int epoll;
	size_t streams;
	char buffer[BUFFER_SIZE];
};

static uint16_t split(const struct sockaddr_storage *from, struct k8snet_address *address)
{
	const struct sockaddr_in6 *in6 = (const struct sockaddr_in6 *)from;
	const struct sockaddr_in *in = (const struct sockaddr_in *)from;

	memset(address, 0, sizeof(*address));
	address->family = from->ss_family == AF_INET6 ? 6 : 4;
	if (address->family == 6)
		memcpy(address->bytes, &in6->sin6_addr, 16);
	else
		memcpy(address->bytes, &in->sin_addr, 4);
	return ntohs(address->family == 6 ? in6->sin6_port : in->sin_port);
}

static const char *protocol_name(uint8_t protocol)
{
	const char *name = k8snet_protocol_get_name((enum k8snet_protocol)protocol);

	return name ? name : "?";
}

/* Names are DNS names by now: nothing in them needs an escape. */
static size_t make_line(const struct server *server, uint8_t protocol,
			const struct sockaddr_storage *client, const struct sockaddr_storage *local,
			char *line)
{
	char client_text[K8SNET_ADDRESS_TEXT_SIZE], local_text[K8SNET_ADDRESS_TEXT_SIZE];
	struct k8snet_address address;
	uint16_t client_port, local_port;

	client_port = split(client, &address);
	k8snet_address_format(&address, client_text, sizeof(client_text));
	local_port = split(local, &address);
	k8snet_address_format(&address, local_text, sizeof(local_text));
	return (size_t)snprintf(
		line, LINE_SIZE,
		"{\"pod\":\"%s\",\"node\":\"%s\",\"client\":\"%s\",\"client_port\":%u,"
		"\"server\":\"%s\",\"port\":%u,\"protocol\":\"%s\"}\n",
		server->pod->full_name, server->pod->node, client_text, client_port, local_text,
		local_port, protocol_name(protocol));
}

/* --- datagrams ----------------------------------------------------------- */

/* A node has several addresses, and a pod with hostNetwork answers from the one
 * that it was asked at: send back the control message that tells it. */
static void local_of(struct msghdr *message, int fd, struct sockaddr_storage *local)
{
	struct cmsghdr *control = CMSG_FIRSTHDR(message);
	socklen_t size = sizeof(*local);

	memset(local, 0, sizeof(*local));
	getsockname(fd, (struct sockaddr *)local, &size);
	if (!control)
		return;
	if (control->cmsg_level == IPPROTO_IP && control->cmsg_type == IP_PKTINFO) {
		struct in_pktinfo *info = (struct in_pktinfo *)CMSG_DATA(control);

		((struct sockaddr_in *)local)->sin_addr = info->ipi_addr;
		info->ipi_ifindex = 0;
		info->ipi_spec_dst = info->ipi_addr;
	} else if (control->cmsg_level == IPPROTO_IPV6 && control->cmsg_type == IPV6_PKTINFO) {
		struct in6_pktinfo *info = (struct in6_pktinfo *)CMSG_DATA(control);

		((struct sockaddr_in6 *)local)->sin6_addr = info->ipi6_addr;
		if (!IN6_IS_ADDR_LINKLOCAL(&info->ipi6_addr))
			info->ipi6_ifindex = 0;
	}
}

static bool serve_datagram(struct server *server, struct source *source)
{
	union {
		char bytes[CMSG_SPACE(sizeof(struct in6_pktinfo))];
		struct cmsghdr align;
	} control;
	struct sockaddr_storage client, local;
	struct iovec data = {.iov_base = server->buffer, .iov_len = sizeof(server->buffer)};
	struct msghdr message = {.msg_name = &client,
				 .msg_namelen = sizeof(client),
				 .msg_iov = &data,
				 .msg_iovlen = 1,
				 .msg_control = &control,
				 .msg_controllen = sizeof(control)};
	char line[LINE_SIZE];
	size_t length;
	ssize_t n = recvmsg(source->fd, &message, MSG_DONTWAIT);

	if (n < 0)
		return errno != EAGAIN;
	local_of(&message, source->fd, &local);
	length = make_line(server, source->protocol, &client, &local, line);
	memcpy(server->buffer, line, length);
	/* As long as what came, so that the way back is tried at full size, too. */
	data.iov_len = (size_t)n > length ? (size_t)n : length;
	sendmsg(source->fd, &message, MSG_DONTWAIT);
	return true;
}

/* --- streams ------------------------------------------------------------- */

static bool is_http(const char *data, size_t length)
{
	static const char *const methods[] = {"GET ", "HEAD ", "POST ", "PUT ", "DELETE "};
	size_t i, n;

	for (i = 0; i < sizeof(methods) / sizeof(methods[0]); i++) {
		n = strlen(methods[i]);
		if (length >= n && !memcmp(data, methods[i], n))
			return true;
	}
	return false;
}

static void answer_http(struct stream *stream, const char *line, size_t length, bool head)
{
	int n = snprintf(stream->buffer, sizeof(stream->buffer),
			 "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
			 "Content-Length: %zu\r\nConnection: close\r\n\r\n%s",
			 length, head ? "" : line);

	stream->http = true;
	stream->begin = 0;
	stream->end = (size_t)n;
}

/* Put the line before what was read. */
static void answer(struct server *server, struct stream *stream)
{
	struct sockaddr_storage client = {0}, local = {0};
	socklen_t client_size = sizeof(client), local_size = sizeof(local);
	char *data = stream->buffer + stream->begin;
	size_t length = stream->end - stream->begin;
	char line[LINE_SIZE];

	stream->answered = true;
	getpeername(stream->source.fd, (struct sockaddr *)&client, &client_size);
	getsockname(stream->source.fd, (struct sockaddr *)&local, &local_size);
	if (is_http(data, length)) {
		length = make_line(server, stream->source.protocol, &client, &local, line);
		answer_http(stream, line, length, *data == 'H');
		return;
	}
	length = make_line(server, stream->source.protocol, &client, &local, line);
	stream->begin -= length;
	memcpy(stream->buffer + stream->begin, line, length);
}

/* False: the stream is to be closed. */
static bool read_stream(struct server *server, struct stream *stream)
{
	ssize_t n = recv(stream->source.fd, stream->buffer + LINE_SIZE, BUFFER_SIZE, 0);

	if (n < 0)
		return errno == EAGAIN || errno == EINTR;
	stream->begin = LINE_SIZE;
	stream->end = LINE_SIZE + (size_t)n;
	stream->ended = n == 0;
	if (stream->http)
		stream->begin = stream->end; /* the rest of the request */
	else if (!stream->answered)
		answer(server, stream);
	return true;
}

static bool write_stream(struct stream *stream)
{
	ssize_t n = send(stream->source.fd, stream->buffer + stream->begin,
			 stream->end - stream->begin, MSG_NOSIGNAL);

	if (n < 0)
		return errno == EAGAIN || errno == EINTR;
	stream->begin += (size_t)n;
	if (stream->begin == stream->end && stream->http)
		shutdown(stream->source.fd, SHUT_WR);
	return true;
}

static void close_stream(struct server *server, struct stream *stream)
{
	close(stream->source.fd);
	free(stream);
	server->streams--;
}

static void serve_stream(struct server *server, struct stream *stream)
{
	struct epoll_event event = {.data.ptr = stream};
	bool good = true;

	if (stream->begin == stream->end)
		good = read_stream(server, stream);
	if (good && stream->begin < stream->end)
		good = write_stream(stream);
	if (!good || (stream->ended && stream->begin == stream->end)) {
		close_stream(server, stream);
		return;
	}
	event.events = stream->begin < stream->end ? EPOLLOUT : EPOLLIN;
	epoll_ctl(server->epoll, EPOLL_CTL_MOD, stream->source.fd, &event);
}

static bool accept_stream(struct server *server, struct source *listener)
{
	int fd = accept4(listener->fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
	struct epoll_event event = {.events = EPOLLIN};
	struct stream *stream;

	if (fd < 0)
		return errno == EINTR || errno == ECONNABORTED;
	stream = server->streams < MAX_STREAMS ? malloc(sizeof(*stream)) : NULL;
	if (!stream) {
		close(fd);
		return true;
	}
	/* The buffer need not be cleared. */
	stream->source = (struct source){SOURCE_STREAM, fd, listener->protocol};
	stream->answered = stream->http = stream->ended = false;
	stream->begin = stream->end = 0;
	event.data.ptr = stream;
	server->streams++;
	if (epoll_ctl(server->epoll, EPOLL_CTL_ADD, fd, &event))
		close_stream(server, stream);
	return true;
}

/* --- listening ----------------------------------------------------------- */

static int set_options(int fd, int family, uint8_t protocol)
{
	int one = 1;

	if (family == AF_INET6 && setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &one, sizeof(one)))
		return -errno;
	if (protocol != IPPROTO_UDP)
		return setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one)) ? -errno : 0;
	if (family == AF_INET6)
		return setsockopt(fd, IPPROTO_IPV6, IPV6_RECVPKTINFO, &one, sizeof(one)) ? -errno
											 : 0;
	return setsockopt(fd, IPPROTO_IP, IP_PKTINFO, &one, sizeof(one)) ? -errno : 0;
}

static int bind_port(int fd, int family, const struct lab_port *port)
{
	struct sockaddr_in6 in6 = {.sin6_family = AF_INET6, .sin6_port = htons(port->number)};
	struct sockaddr_in in = {.sin_family = AF_INET, .sin_port = htons(port->number)};
	bool six = family == AF_INET6;

	if (bind(fd, six ? (struct sockaddr *)&in6 : (struct sockaddr *)&in,
		 six ? sizeof(in6) : sizeof(in)))
		return -errno;
	return port->protocol != IPPROTO_UDP && listen(fd, BACKLOG) ? -errno : 0;
}

static int watch(struct server *server, int fd, uint8_t protocol)
{
	struct epoll_event event = {.events = EPOLLIN};
	struct source *source = malloc(sizeof(*source));

	if (!source)
		return -ENOMEM;
	source->kind = protocol == IPPROTO_UDP ? SOURCE_DATAGRAM : SOURCE_LISTENER;
	source->fd = fd;
	source->protocol = protocol;
	event.data.ptr = source;
	return epoll_ctl(server->epoll, EPOLL_CTL_ADD, fd, &event) ? -errno : 0;
}

/* What the kernel lacks (IPv6, SCTP) is not listened on. */
static int listen_on(struct server *server, int family, const struct lab_port *port)
{
	int type = port->protocol == IPPROTO_UDP ? SOCK_DGRAM : SOCK_STREAM;
	int fd = socket(family, type | SOCK_NONBLOCK | SOCK_CLOEXEC, port->protocol);
	int error;

	if (fd < 0)
		return errno == EAFNOSUPPORT || errno == EPROTONOSUPPORT || errno == ESOCKTNOSUPPORT
			       ? 0
			       : -errno;
	error = set_options(fd, family, port->protocol);
	if (!error)
		error = bind_port(fd, family, port);
	if (!error)
		error = watch(server, fd, port->protocol);
	if (error)
		close(fd);
	return error;
}

static void listen_on_all(struct server *server, int ready)
{
	const struct lab_pod *pod = server->pod;
	static const int families[] = {AF_INET, AF_INET6};
	char what[60];
	size_t i, j;
	int error;

	for (i = 0; i < pod->port_count; i++) {
		for (j = 0; j < 2; j++) {
			error = listen_on(server, families[j], &pod->ports[i]);
			/* Nobody declared it, and pods of one node may share it. */
			if (!error || (pod->host_network && pod->ports[i].number == LAB_ECHO_PORT))
				continue;
			snprintf(what, sizeof(what), "listen on %s port %u",
				 protocol_name(pod->ports[i].protocol), pod->ports[i].number);
			lab_ready_fail(ready, what, -error);
		}
	}
}

static void serve(struct server *server, struct source *source)
{
	int i;

	switch (source->kind) {
	case SOURCE_LISTENER:
		for (i = 0; i < 64 && accept_stream(server, source); i++)
			;
		break;
	case SOURCE_DATAGRAM:
		for (i = 0; i < 64 && serve_datagram(server, source); i++)
			;
		break;
	case SOURCE_STREAM:
		serve_stream(server, (struct stream *)source);
		break;
	}
}

void lab_echo_main(const struct lab_pod *pod, int ready)
{
	static struct server server;
	struct lab_ready message = {.error = 0};
	struct epoll_event events[64];
	int i, n;

	prctl(PR_SET_NAME, LAB_ECHO_COMM);
	server.pod = pod;
	server.epoll = epoll_create1(EPOLL_CLOEXEC);
	if (server.epoll < 0)
		lab_ready_fail(ready, "epoll", errno);
	listen_on_all(&server, ready);
	if (write(ready, &message, sizeof(message)) != sizeof(message))
		_exit(1);
	close(ready);
	for (;;) {
		n = epoll_wait(server.epoll, events, 64, -1);
		/* A stream closes only itself: the other events stay valid. */
		for (i = 0; i < n; i++)
			serve(&server, events[i].data.ptr);
	}
}
