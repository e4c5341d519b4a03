/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "probe.h"

#define RESEND	    250 /* ms until a datagram is sent again */
#define BULK_PERIOD 251 /* a prime: a lost or doubled segment shows */
#define BULK_FACTOR 2	/* times the time of other flows */
#define MAX_ROUNDS  8192

static const char question[] = "k8snet-lab\n";

struct reply {
	char pod[PROBE_ANSWERER];
	struct k8snet_address client, server;
	uint16_t port;
};

static bool fail(struct probe_flow *flow, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

static bool fail(struct probe_flow *flow, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(flow->why, sizeof(flow->why), format, args);
	va_end(args);
	return false;
}

/* --- sockets ------------------------------------------------------------- */

static socklen_t make_name(const struct probe_flow *flow, struct sockaddr_storage *name)
{
	struct sockaddr_in6 *in6 = (struct sockaddr_in6 *)name;
	struct sockaddr_in *in = (struct sockaddr_in *)name;

	memset(name, 0, sizeof(*name));
	if (flow->destination.family == 6) {
		in6->sin6_family = AF_INET6;
		in6->sin6_port = htons(flow->port);
		memcpy(&in6->sin6_addr, flow->destination.bytes, 16);
		return sizeof(*in6);
	}
	in->sin_family = AF_INET;
	in->sin_port = htons(flow->port);
	memcpy(&in->sin_addr, flow->destination.bytes, 4);
	return sizeof(*in);
}

/* Positive: ready. 0: the time is over. */
static int wait_for(int fd, short events, double until)
{
	struct pollfd wait = {.fd = fd, .events = events};
	double left = until - lab_now();
	int n;

	do {
		n = poll(&wait, 1, left > 0 ? (int)left + 1 : 0);
	} while (n < 0 && errno == EINTR);
	return n;
}

static int connect_error(int fd, double deadline)
{
	socklen_t size = sizeof(int);
	int error = 0;

	if (wait_for(fd, POLLOUT, deadline) <= 0)
		return ETIMEDOUT;
	return getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size) ? errno : error;
}

/* *error is a positive errno. A connected descriptor, or -1. */
static int open_flow(const struct probe_flow *flow, double deadline, int *error)
{
	int type = flow->protocol == IPPROTO_UDP ? SOCK_DGRAM : SOCK_STREAM;
	struct sockaddr_storage name;
	socklen_t size = make_name(flow, &name);
	int fd = socket(name.ss_family, type | SOCK_NONBLOCK | SOCK_CLOEXEC, flow->protocol);

	*error = fd < 0 ? errno : 0;
	if (fd >= 0 && connect(fd, (struct sockaddr *)&name, size))
		*error = errno == EINPROGRESS ? connect_error(fd, deadline) : errno;
	if (!*error)
		return fd;
	if (fd >= 0)
		close(fd);
	return -1;
}

/* --- what was answered --------------------------------------------------- */

static bool parse_reply(struct probe_flow *flow, const char *text, struct reply *reply)
{
	struct json_object *json = json_tokener_parse(text);
	bool good = *lab_json_string(json, "pod") != '\0' &&
		    !k8snet_address_parse(&reply->client, lab_json_string(json, "client")) &&
		    !k8snet_address_parse(&reply->server, lab_json_string(json, "server"));

	snprintf(reply->pod, sizeof(reply->pod), "%s", lab_json_string(json, "pod"));
	reply->port = (uint16_t)lab_json_int(json, "port", 0);
	json_object_put(json);
	return good ? true : fail(flow, "something else answered: %.60s", text);
}

static bool is_expected(const struct probe_flow *flow, const struct reply *reply)
{
	const struct probe_endpoint *endpoint;
	size_t i;

	for (i = 0; i < flow->expected.count; i++) {
		endpoint = &flow->expected.items[i];
		if (!strcmp(endpoint->pod->full_name, reply->pod) &&
		    endpoint->port == reply->port &&
		    k8snet_address_is_equal(&endpoint->address, &reply->server))
			return true;
	}
	return false;
}

static bool judge(struct probe_flow *flow, const struct reply *reply)
{
	char seen[K8SNET_ADDRESS_TEXT_SIZE], real[K8SNET_ADDRESS_TEXT_SIZE];
	bool same = k8snet_address_is_equal(&reply->client, &flow->client);

	snprintf(flow->answered_by, sizeof(flow->answered_by), "%s", reply->pod);
	if (!is_expected(flow, reply))
		return fail(flow, "%s port %u is not an endpoint", reply->pod, reply->port);
	k8snet_address_format(&reply->client, seen, sizeof(seen));
	k8snet_address_format(&flow->client, real, sizeof(real));
	if (flow->client_rule == PROBE_CLIENT_KEPT && !same)
		return fail(flow, "it saw %s as the client instead of %s", seen, real);
	if (flow->client_rule == PROBE_CLIENT_MASQUERADED && same)
		return fail(flow, "it saw the client's own address %s: not masqueraded", seen);
	return true;
}

/* --- one question -------------------------------------------------------- */

static bool ask_stream(struct probe_flow *flow, int fd, double deadline, char *text, size_t size)
{
	size_t length = 0;
	ssize_t n;

	if (send(fd, question, sizeof(question) - 1, MSG_NOSIGNAL) < 0)
		return fail(flow, "send: %s", strerrordesc_np(errno));
	while (length < size - 1) {
		if (wait_for(fd, POLLIN, deadline) <= 0)
			return fail(flow, "connected, but no answer in %d ms", PROBE_TIMEOUT);
		n = recv(fd, text + length, size - 1 - length, 0);
		if (n < 0 && (errno == EAGAIN || errno == EINTR))
			continue;
		if (n <= 0)
			return fail(flow, "receive: %s",
				    n ? strerrordesc_np(errno) : "closed without an answer");
		length += (size_t)n;
		text[length] = '\0';
		if (strchr(text, '\n'))
			break;
	}
	*strchrnul(text, '\n') = '\0';
	return true;
}

/* Send `data`, again after a while: the length of the answer in `buffer`, or a
 * negative errno. */
static ssize_t ask_datagram(int fd, const void *data, size_t length, void *buffer, size_t size,
			    double deadline)
{
	double now = lab_now();
	ssize_t n;

	do {
		if (send(fd, data, length, MSG_NOSIGNAL) < 0)
			return -errno;
		now = lab_now() + RESEND;
		if (wait_for(fd, POLLIN, now < deadline ? now : deadline) <= 0)
			continue;
		n = recv(fd, buffer, size, 0);
		if (n >= 0 || (errno != EAGAIN && errno != EINTR))
			return n < 0 ? -errno : n;
	} while (lab_now() < deadline && !lab_interrupted());
	return -ETIMEDOUT;
}

static bool ask_once(struct probe_flow *flow, double deadline, struct reply *reply)
{
	char text[2048];
	ssize_t n;
	bool good;
	int error, fd = open_flow(flow, deadline, &error);

	if (fd < 0)
		return fail(flow, "connect: %s", strerrordesc_np(error));
	if (flow->protocol != IPPROTO_UDP) {
		good = ask_stream(flow, fd, deadline, text, sizeof(text));
	} else {
		n = ask_datagram(fd, question, sizeof(question) - 1, text, sizeof(text) - 1,
				 deadline);
		good = n >= 0 || fail(flow, "no answer: %s", strerrordesc_np((int)-n));
		text[n < 0 ? 0 : n] = '\0';
		*strchrnul(text, '\n') = '\0';
	}
	close(fd);
	return good && parse_reply(flow, text, reply);
}

/* Hairpin: the choice of the backend is random, so ask until it falls on the
 * client itself; with n backends, 21 n questions miss it once in 10^9. */
static bool ask(struct probe_flow *flow, double deadline)
{
	size_t round, rounds = flow->until ? 21 * flow->expected.count + 1 : 1;
	struct reply reply;

	if (rounds > MAX_ROUNDS)
		rounds = MAX_ROUNDS;
	for (round = 0; round < rounds && !lab_interrupted(); round++) {
		if (!ask_once(flow, deadline, &reply) || !judge(flow, &reply))
			return false;
		if (!flow->until || !strcmp(flow->until->full_name, reply.pod))
			return true;
		deadline = lab_now() + PROBE_TIMEOUT;
	}
	return fail(flow, "%zu questions, and never answered by itself", round);
}

static bool is_refused(struct probe_flow *flow, double deadline)
{
	char text[64];
	ssize_t n;
	int error, fd = open_flow(flow, deadline, &error);

	if (fd >= 0 && flow->protocol == IPPROTO_UDP) {
		n = ask_datagram(fd, question, sizeof(question) - 1, text, sizeof(text), deadline);
		error = n < 0 ? (int)-n : 0;
	}
	if (fd >= 0)
		close(fd);
	/* On the node that rejects it, a datagram does not even leave. */
	if (error == ECONNREFUSED || error == EPERM) {
		snprintf(flow->answered_by, sizeof(flow->answered_by), "(refused)");
		return true;
	}
	return fail(flow, "%s instead of a refusal", error ? strerrordesc_np(error) : "an answer");
}

/* --- full size ----------------------------------------------------------- */

static int path_mtu(int fd, const struct probe_flow *flow)
{
	bool six = flow->destination.family == 6;
	int mtu = 0, never = six ? IPV6_PMTUDISC_DO : IP_PMTUDISC_DO;
	socklen_t size = sizeof(mtu);

	if (setsockopt(fd, six ? IPPROTO_IPV6 : IPPROTO_IP,
		       six ? IPV6_MTU_DISCOVER : IP_MTU_DISCOVER, &never, sizeof(never)) ||
	    getsockopt(fd, six ? IPPROTO_IPV6 : IPPROTO_IP, six ? IPV6_MTU : IP_MTU, &mtu, &size))
		return -errno;
	return mtu;
}

static void fill(char *data, size_t length)
{
	size_t i;

	for (i = 0; i < length; i++)
		data[i] = (char)(i % BULK_PERIOD);
}

/* The answer is as long as the question, and its tail is the question's. */
static bool judge_datagram(struct probe_flow *flow, const char *sent, size_t length, char *got,
			   ssize_t n)
{
	struct reply reply;
	char *end;

	if (n < 0)
		return fail(flow, "%zu bytes with DF set: %s", length, strerrordesc_np((int)-n));
	if ((size_t)n != length)
		return fail(flow, "%zu bytes sent, %zd came back", length, n);
	end = memchr(got, '\n', length);
	if (!end || memcmp(end + 1, sent + (end + 1 - got), length - (size_t)(end + 1 - got)))
		return fail(flow, "the answer is damaged");
	*end = '\0';
	return parse_reply(flow, got, &reply) && judge(flow, &reply);
}

static bool send_full_size(struct probe_flow *flow, double deadline)
{
	static const int overhead4 = 20 + 8, overhead6 = 40 + 8;
	int error, fd = open_flow(flow, deadline, &error);
	char *sent = NULL, *got = NULL;
	bool good = false;
	size_t length;
	int mtu;

	if (fd < 0)
		return fail(flow, "connect: %s", strerrordesc_np(error));
	mtu = path_mtu(fd, flow);
	if (mtu < 1280 || mtu > 65535) {
		close(fd);
		return fail(flow, "the path's MTU is %d", mtu);
	}
	length = (size_t)(mtu - (flow->destination.family == 6 ? overhead6 : overhead4));
	sent = malloc(length);
	got = malloc(65536);
	if (sent && got) {
		fill(sent, length);
		good = judge_datagram(flow, sent, length, got,
				      ask_datagram(fd, sent, length, got, 65536, deadline));
	} else {
		fail(flow, "out of memory");
	}
	free(sent);
	free(got);
	close(fd);
	return good;
}

/* --- bulk ---------------------------------------------------------------- */

struct bulk {
	size_t sent, received; /* of the payload */
	char line[1024];
	size_t line_length;
	bool line_done;
};

/* Of a block that is as long as a whole number of periods. */
#define BLOCK (BULK_PERIOD * 256UL)

static bool push(struct probe_flow *flow, int fd, const char *block, struct bulk *bulk)
{
	size_t offset = bulk->sent % BLOCK, length = BLOCK - offset;
	ssize_t n;

	if (length > PROBE_BULK - bulk->sent)
		length = PROBE_BULK - bulk->sent;
	n = send(fd, block + offset, length, MSG_NOSIGNAL);
	if (n < 0)
		return errno == EAGAIN || fail(flow, "send: %s", strerrordesc_np(errno));
	bulk->sent += (size_t)n;
	return true;
}

static size_t take_line(struct bulk *bulk, const char *data, size_t length)
{
	size_t i = 0;

	while (i < length && !bulk->line_done) {
		bulk->line_done = data[i] == '\n';
		if (!bulk->line_done && bulk->line_length < sizeof(bulk->line) - 1)
			bulk->line[bulk->line_length++] = data[i];
		i++;
	}
	return i;
}

static bool pull(struct probe_flow *flow, int fd, const char *block, struct bulk *bulk)
{
	char data[16384];
	ssize_t n = recv(fd, data, sizeof(data), 0);
	size_t i;

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return true;
	if (n <= 0)
		return fail(flow, "receive: %s after %zu bytes",
			    n ? strerrordesc_np(errno) : "closed", bulk->received);
	i = take_line(bulk, data, (size_t)n);
	for (; i < (size_t)n; i++, bulk->received++)
		if (data[i] != block[bulk->received % BLOCK])
			return fail(flow, "byte %zu is damaged", bulk->received);
	return true;
}

static bool pump(struct probe_flow *flow, int fd, const char *block, struct bulk *bulk)
{
	double deadline = lab_now() + BULK_FACTOR * PROBE_TIMEOUT;
	struct pollfd wait = {.fd = fd};

	while (bulk->received < PROBE_BULK) {
		wait.events = POLLIN | (bulk->sent < PROBE_BULK ? POLLOUT : 0);
		if (lab_now() > deadline || lab_interrupted())
			return fail(flow, "%zu of %lu bytes came back in %d ms", bulk->received,
				    PROBE_BULK, BULK_FACTOR * PROBE_TIMEOUT);
		if (poll(&wait, 1, 100) <= 0)
			continue;
		if (wait.revents & POLLOUT && !push(flow, fd, block, bulk))
			return false;
		if (wait.revents & ~POLLOUT && !pull(flow, fd, block, bulk))
			return false;
	}
	return true;
}

static bool send_bulk(struct probe_flow *flow, double deadline)
{
	struct bulk bulk = {.sent = 0};
	struct reply reply;
	char *block = malloc(BLOCK);
	bool good = false;
	int error = ENOMEM, fd = block ? open_flow(flow, deadline, &error) : -1;

	if (fd < 0) {
		free(block);
		return fail(flow, "connect: %s", strerrordesc_np(error));
	}
	fill(block, BLOCK);
	good = pump(flow, fd, block, &bulk);
	if (good)
		good = parse_reply(flow, bulk.line, &reply) && judge(flow, &reply);
	close(fd);
	free(block);
	return good;
}

void probe_flow_run(struct probe_flow *flow)
{
	double start = lab_now(), deadline = start + PROBE_TIMEOUT;

	switch (flow->kind) {
	case PROBE_ASK:
		flow->ok = ask(flow, deadline);
		break;
	case PROBE_REFUSED:
		flow->ok = is_refused(flow, deadline);
		break;
	case PROBE_FULL_SIZE:
		flow->ok = send_full_size(flow, deadline);
		break;
	case PROBE_BULK_TCP:
		flow->ok = send_bulk(flow, deadline);
		break;
	case PROBE_BROKEN:
		break;
	}
	flow->ms = lab_now() - start;
	if (flow->ok)
		*flow->why = '\0';
}
