/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef PROXY_HTTP_H
#define PROXY_HTTP_H

#include <stdio.h>
#include <sys/socket.h>

#include "loop.h"
#include "options.h"

struct MHD_Daemon;

/*
 * The HTTP server: any number of listening sockets, one loop. Connections are limited,
 * in all and for each client, and end when nothing comes for some seconds.
 */
struct http {
	struct loop *loop;
	struct MHD_Daemon *daemon;
	struct loop_source source;    /* what the daemon waits for */
	struct http_listener **by_fd; /* who took a connection */
	size_t capacity;
	int spare; /* a descriptor to take a connection with when all are in use */
};

struct http_response {
	unsigned int status;
	const char *type; /* a static string */
	FILE *body;
	char weight[24]; /* of X-Load-Balancing-Endpoint-Weight; "": none */
};

typedef void (*http_answer_fn)(void *data, const char *path, struct http_response *response);

struct http_listener {
	struct http *http;
	struct loop_source source;
	http_answer_fn answer;
	void *data;
};

/* 0 or -errno. */
int http_init(struct http *http, struct loop *loop);
void http_done(struct http *http);
/* When http_run() has to be called at the latest; monotonic, NEVER. */
int64_t http_get_deadline(const struct http *http);
void http_run(struct http *http);

/* Begin to listen; `listener` stays where it is until it is closed. 0 or -errno. */
int http_listen(struct http *http, struct http_listener *listener,
		const struct bind_address *address, http_answer_fn answer, void *data);
/* Connections that are open get no answer any more. May be called twice. */
void http_close(struct http_listener *listener);

void http_not_found(struct http_response *response);

#endif
