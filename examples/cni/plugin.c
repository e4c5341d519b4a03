/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "plugin.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/netlink.h>
#include <sched.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

void freep(void *p)
{
	free(*(void **)p);
}

void closep(int *fd)
{
	if (*fd >= 0)
		close(*fd);
}

void result_unrefp(struct k8snet_cni_result **result)
{
	k8snet_cni_result_unref(*result);
}

void plugin_init(struct plugin *p, struct k8snet_cni_request *request)
{
	p->request = request;
	p->container_id = k8snet_cni_request_get_container_id(request);
	p->ifname = k8snet_cni_request_get_ifname(request);
	p->netns_path = k8snet_cni_request_get_netns(request);
	p->adopts_leases = p->has_new_leases = p->is_all_in_one = false;
	p->prev_result = k8snet_cni_request_get_prev_result(request);
	p->host.fd = p->container.fd = p->netfilter.fd = p->host_netns = p->netns = -1;
	owner_init(&p->owner, k8snet_cni_request_get_name(request), p->container_id, p->ifname);
}

void plugin_done(struct plugin *p)
{
	netlink_close(&p->host);
	netlink_close(&p->container);
	netlink_close(&p->netfilter);
	closep(&p->host_netns);
	closep(&p->netns);
}

/* --- failing ------------------------------------------------------------------- */

int plugin_fail(struct plugin *p, unsigned int code, const char *format, ...)
{
	char text[1024];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	return k8snet_cni_request_fail(p->request, code, NULL, "%s", text);
}

int plugin_fail_netlink(struct plugin *p, const struct netlink *n)
{
	return plugin_fail(p, ERROR_KERNEL, "%s", n->text);
}

int plugin_fail_errno(struct plugin *p, int error, const char *format, ...)
{
	char text[1024];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	return plugin_fail(p, K8SNET_CNI_ERROR_IO, "%s: %s", text, strerror(-error));
}

void plugin_save_error(struct plugin *p, struct saved_error *error)
{
	error->code = k8snet_cni_request_get_error_code(p->request);
	snprintf(error->message, sizeof(error->message), "%s",
		 k8snet_cni_request_get_error_message(p->request));
}

void plugin_restore_error(struct plugin *p, const struct saved_error *error)
{
	if (error->code)
		plugin_fail(p, error->code, "%s", error->message);
	else
		k8snet_cni_request_clear_error(p->request);
}

/* --- namespaces ------------------------------------------------------------------ */

int plugin_open_host(struct plugin *p)
{
	if (p->host.fd >= 0 || netlink_open(&p->host, NETLINK_ROUTE) == 0)
		return 0;
	return plugin_fail_netlink(p, &p->host);
}

int plugin_open_netfilter(struct plugin *p)
{
	if (p->netfilter.fd >= 0 || netlink_open(&p->netfilter, NETLINK_NETFILTER) == 0)
		return 0;
	return plugin_fail_netlink(p, &p->netfilter);
}

int plugin_open_host_netns(struct plugin *p)
{
	if (p->host_netns < 0)
		p->host_netns = open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC);
	return p->host_netns < 0 ? plugin_fail_errno(p, -errno, "own network namespace") : 0;
}

int plugin_open_netns(struct plugin *p)
{
	int r = plugin_open_host_netns(p);

	if (r < 0)
		return r;
	if (p->netns < 0)
		p->netns = open(p->netns_path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	if (p->netns < 0)
		return plugin_fail_errno(p, -errno, "network namespace %s", p->netns_path);
	return 0;
}

bool plugin_uses_no_netns(struct plugin *p)
{
	(void)p;
	return false;
}

int plugin_run_in_container(struct plugin *p, int (*fn)(struct plugin *p, void *data), void *data)
{
	int r = plugin_open_netns(p);

	if (r < 0)
		return r;
	if (setns(p->netns, CLONE_NEWNET) < 0)
		return plugin_fail_errno(p, -errno, "enter network namespace %s", p->netns_path);
	r = fn(p, data);
	/* To go on elsewhere would do to the container what is meant for the node. */
	if (setns(p->host_netns, CLONE_NEWNET) < 0)
		abort();
	return r;
}

int plugin_open_container_here(struct plugin *p)
{
	if (p->container.fd >= 0 || netlink_open(&p->container, NETLINK_ROUTE) == 0)
		return 0;
	return plugin_fail_netlink(p, &p->container);
}

static int open_here(struct plugin *p, void *data)
{
	(void)data;
	return plugin_open_container_here(p);
}

int plugin_open_container(struct plugin *p)
{
	return p->container.fd >= 0 ? 0 : plugin_run_in_container(p, open_here, NULL);
}

/* --- owners ------------------------------------------------------------------------ */

/* FNV-1a, with a last mixing so that all bits depend on all. Names only: what is
 * called by a hash carries its owner in full beside it. */
static uint64_t hash(uint64_t seed, const char *text)
{
	uint64_t h = seed ^ 0xcbf29ce484222325;

	for (; *text; text++)
		h = (h ^ (uint8_t)*text) * 0x100000001b3;
	h = (h ^ (h >> 32)) * 0xd6e8feb86659fd93;
	h = (h ^ (h >> 32)) * 0xd6e8feb86659fd93;
	return h ^ (h >> 32);
}

uint64_t text_hash(const char *text)
{
	return hash(0, text);
}

void owner_init(struct owner *owner, const char *network, const char *container_id,
		const char *ifname)
{
	const char *id = container_id ? container_id : "", *name = ifname ? ifname : "";
	uint64_t of_network = hash(0, network);
	uint64_t of_all = hash(hash(of_network, id), name);
	int n;

	/* A hash cannot be taken for a name, which has no "#" in it. */
	n = snprintf(owner->network, sizeof(owner->network), "%s ", network);
	if ((size_t)n >= sizeof(owner->network))
		snprintf(owner->network, sizeof(owner->network), "#%016llx ",
			 (unsigned long long)of_network);
	n = snprintf(owner->text, sizeof(owner->text), "%s%s %s", owner->network, id, name);
	/* nft does not read a comment with a quotation mark in it again. */
	if ((size_t)n >= sizeof(owner->text) || strchr(name, '"'))
		snprintf(owner->text, sizeof(owner->text), "%s#%016llx", owner->network,
			 (unsigned long long)of_all);
	snprintf(owner->link, sizeof(owner->link), "veth%011llx",
		 (unsigned long long)of_all & 0xfffffffffff);
	snprintf(owner->ifb, sizeof(owner->ifb), "ifb%012llx",
		 (unsigned long long)of_all & 0xffffffffffff);
}

bool owner_is_of_network(const struct owner *owner, const char *text)
{
	return strncmp(text, owner->network, strlen(owner->network)) == 0;
}

static bool is_any(const struct k8snet_cni_request *request, const char *text)
{
	const struct k8snet_cni_attachment *attachment = NULL;
	struct owner owner;

	while ((attachment = k8snet_cni_request_next_attachment(request, attachment))) {
		owner_init(&owner, k8snet_cni_request_get_name(request),
			   k8snet_cni_attachment_get_container_id(attachment),
			   k8snet_cni_attachment_get_ifname(attachment));
		if (!strcmp(owner.text, text))
			return true;
	}
	return false;
}

bool owner_is_valid(const struct k8snet_cni_request *request, const char *text)
{
	char copy[OWNER_SIZE], *id, *ifname;

	/* What was too long has to be computed again. */
	if (strchr(text, '#'))
		return is_any(request, text);
	snprintf(copy, sizeof(copy), "%s", text);
	id = strchr(copy, ' ');
	ifname = strrchr(copy, ' ');
	if (!id || id == ifname)
		return false;
	*ifname = '\0';
	return k8snet_cni_request_has_attachment(request, id + 1, ifname + 1);
}
