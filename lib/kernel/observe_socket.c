/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <linux/rtnetlink.h>
#include <netlink/errno.h>
#include <netlink/handlers.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>

#include "kernel/observe.h"

#define RECEIVE_SIZE 65536
#define MAX_ATTEMPTS 16

int observer_init(struct observer *o, struct state *state, const char *netns, int fd)
{
	memset(o, 0, sizeof(*o));
	o->state = state;
	o->netns = netns;
	o->socket = nl_socket_alloc();
	if (!o->socket) {
		close(fd);
		return -ENOMEM;
	}
	if (nl_socket_set_fd(o->socket, NETLINK_ROUTE, fd) < 0) {
		close(fd);
		observer_done(o);
		return -EIO;
	}
	nl_socket_disable_auto_ack(o->socket);
	nl_socket_disable_msg_peek(o->socket);
	if (nl_socket_set_msg_buf_size(o->socket, RECEIVE_SIZE) == 0)
		return 0;
	observer_done(o);
	return -ENOMEM;
}

void observer_done(struct observer *o)
{
	vec_done(&o->links);
	vec_done(&o->found);
	nl_socket_free(o->socket);
	o->socket = NULL;
}

/* One request and its answer. */
struct answer {
	struct observer *observer;
	observe_fn fn;
	const struct nlmsghdr *raw;
	int error; /* of the kernel or of fn */
};

static void take_object(struct nl_object *object, void *data)
{
	struct answer *answer = data;

	if (!answer->error)
		answer->error = answer->fn(answer->observer, object, answer->raw);
}

static int take_message(struct nl_msg *message, void *data)
{
	struct answer *answer = data;
	int r;

	answer->raw = nlmsg_hdr(message);
	r = nl_msg_parse(message, take_object, answer);
	/* What libnl cannot make sense of is nothing that is looked for. */
	if (r == -NLE_NOMEM && !answer->error)
		answer->error = -ENOMEM;
	return NL_OK;
}

static int take_error(struct sockaddr_nl *from, struct nlmsgerr *error, void *data)
{
	struct answer *answer = data;

	(void)from;
	if (!answer->error)
		answer->error = error->error;
	return NL_STOP;
}

static int translate(int nle)
{
	switch (nle) {
	case -NLE_DUMP_INTR:
		return -EINTR;
	case -NLE_NOMEM:
		return -ENOMEM;
	case -NLE_PERM:
		return -EPERM;
	default:
		return nle < 0 ? -EIO : 0;
	}
}

static struct nl_cb *new_callbacks(struct answer *answer)
{
	struct nl_cb *callbacks = nl_cb_alloc(NL_CB_DEFAULT);

	if (!callbacks)
		return NULL;
	nl_cb_set(callbacks, NL_CB_VALID, NL_CB_CUSTOM, take_message, answer);
	nl_cb_err(callbacks, NL_CB_CUSTOM, take_error, answer);
	return callbacks;
}

int observer_request(struct observer *o, struct nl_msg *request, observe_fn fn)
{
	struct answer answer = {.observer = o, .fn = fn};
	struct nl_cb *callbacks = new_callbacks(&answer);
	int r = -NLE_NOMEM;

	if (callbacks && request)
		r = nl_send_auto(o->socket, request);
	if (r >= 0)
		r = nl_recvmsgs(o->socket, callbacks);
	nl_cb_put(callbacks);
	nlmsg_free(request);
	return answer.error ? answer.error : translate(r);
}

static struct nl_msg *new_dump(int type, const void *header, size_t size)
{
	struct nl_msg *request = nlmsg_alloc_simple(type, NLM_F_DUMP);

	if (request && nlmsg_append(request, (void *)header, size, NLMSG_ALIGNTO) == 0)
		return request;
	nlmsg_free(request);
	return NULL;
}

static int commit(struct observer *o)
{
	const struct kobj *kobj;
	int r;

	vec_foreach (&o->found, kobj) {
		r = state_add_kobj(o->state, kobj);
		if (r < 0)
			return r;
	}
	return 0;
}

int observer_dump(struct observer *o, int type, const void *header, size_t size, observe_fn fn)
{
	int attempt, r = -EINTR;

	for (attempt = 0; attempt < MAX_ATTEMPTS && r == -EINTR; attempt++) {
		o->found.count = 0;
		r = observer_request(o, new_dump(type, header, size), fn);
	}
	/* Something changes all the time: what was seen is as good as it gets. */
	return r == 0 || r == -EINTR ? commit(o) : r;
}

static int compare_index(const void *key, const void *link)
{
	return *(const int *)key - ((const struct observed_link *)link)->index;
}

const struct observed_link *observer_find_link(const struct observer *o, int index)
{
	const struct observed_link *link;

	if (o->is_sorted)
		return bsearch(&index, o->links.items, o->links.count, sizeof(*link),
			       compare_index);
	vec_foreach (&o->links, link)
		if (link->index == index)
			return link;
	return NULL;
}

const char *observer_get_name(struct observer *o, int index)
{
	struct ifreq request = {.ifr_ifindex = index};
	const struct observed_link *link;

	if (o->index == index)
		return o->name;
	link = observer_find_link(o, index);
	if (!link && ioctl(nl_socket_get_fd(o->socket), SIOCGIFNAME, &request) < 0)
		return NULL;
	memcpy(o->name, link ? link->kobj.name : request.ifr_name, IFNAMSIZ);
	o->is_ours = link && !strncmp(link->alias, LINK_ALIAS_MARK, strlen(LINK_ALIAS_MARK));
	o->index = index;
	return o->name;
}

bool observe_get_address(struct nl_addr *from, struct k8snet_address *to)
{
	unsigned int length = from ? nl_addr_get_len(from) : 0;

	memset(to, 0, sizeof(*to));
	if (length != 4 && length != 16)
		return false;
	to->family = length == 16 ? 6 : 4;
	memcpy(to->bytes, nl_addr_get_binary_addr(from), length);
	return true;
}
