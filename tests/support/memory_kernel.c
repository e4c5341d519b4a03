/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The machine itself, and the handle on it. */
#include "memory_kernel.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/context.h"

struct memory_kernel {
	struct k8snet_kernel base; /* first */
	struct machine *machine;
};

struct machine *machine_of(struct k8snet_kernel *kernel)
{
	return ((struct memory_kernel *)kernel)->machine;
}

static void must(bool ok, const char *what)
{
	if (ok)
		return;
	fprintf(stderr, "memory kernel: %s\n", what);
	abort();
}

static void add_loopback(struct machine *m, const char *netns)
{
	struct machine_kobj *lo = vec_push(&m->kobjs);

	must(lo, "out of memory");
	lo->kobj.type = KOBJ_LINK;
	lo->kobj.netns = netns;
	memcpy(lo->kobj.name, "lo", 3);
	lo->kobj.link.type = LINK_LOOPBACK;
	lo->kobj.link.mtu = 65536;
	lo->kobj.link.up = !netns;
}

static void add_sysctl(struct machine *m, const char *path)
{
	struct machine_kobj *k = vec_push(&m->kobjs);

	must(k, "out of memory");
	k->kobj.type = KOBJ_SYSCTL;
	k->kobj.sysctl.path = path;
	k->kobj.sysctl.value = "0";
}

struct machine *machine_new(void)
{
	struct machine *m = calloc(1, sizeof(*m));

	must(m, "out of memory");
	hash_init(&m->tables[0].elements);
	hash_init(&m->tables[1].elements);
	add_loopback(m, NULL);
	add_sysctl(m, "net/ipv4/ip_forward");
	add_sysctl(m, "net/ipv6/conf/all/forwarding");
	return m;
}

struct machine *machine_free(struct machine *m)
{
	size_t i;

	for (i = 0; i < 2; i++) {
		machine_delete_table(m, i ? 6 : 4);
		vec_done(&m->tables[i].chains);
		hash_done(&m->tables[i].elements);
	}
	vec_done(&m->kobjs);
	vec_done(&m->netns);
	vec_done(&m->conntrack);
	arena_done(&m->arena);
	free(m);
	return NULL;
}

/* --- by hand -------------------------------------------------------------- */

bool machine_has_netns(const struct machine *m, const char *path)
{
	const char **netns;

	if (!path)
		return true;
	vec_foreach (&m->netns, netns)
		if (!strcmp(*netns, path))
			return true;
	return false;
}

void machine_add_netns(struct machine *m, const char *path)
{
	const char **netns;

	if (machine_has_netns(m, path))
		return;
	netns = vec_push(&m->netns);
	must(netns, "out of memory");
	*netns = arena_strdup(&m->arena, path);
	must(*netns, "out of memory");
	add_loopback(m, *netns);
}

void machine_remove_netns(struct machine *m, const char *path)
{
	const char **netns;
	size_t i;

	for (i = 0; i < m->kobjs.count;) {
		struct kobj kobj = m->kobjs.items[i].kobj;

		if (!kobj.netns || strcmp(kobj.netns, path)) {
			i++;
		} else if (kobj.type == KOBJ_LINK && kobj.link.type == LINK_VETH) {
			machine_kobj_delete(m, &kobj);
			i = 0;
		} else {
			m->kobjs.items[i] = m->kobjs.items[--m->kobjs.count];
		}
	}
	vec_foreach (&m->netns, netns) {
		if (!strcmp(*netns, path)) {
			*netns = m->netns.items[--m->netns.count];
			break;
		}
	}
}

static void add_uplink_address(struct machine *m, const char *name, const char *text)
{
	struct kobj kobj = {.type = KOBJ_ADDRESS};

	memcpy(kobj.name, name, strnlen(name, IFNAMSIZ - 1));
	must(k8snet_prefix_parse(&kobj.address, text) == 0, "bad address");
	must(machine_kobj_add(m, &kobj, 0) == 0, "address");
}

void machine_add_uplink(struct machine *m, const char *name, uint32_t mtu, const char *one,
			const char *other)
{
	struct machine_kobj *k = vec_push(&m->kobjs);

	must(k, "out of memory");
	k->kobj.type = KOBJ_LINK;
	memcpy(k->kobj.name, name, strnlen(name, IFNAMSIZ - 1));
	k->kobj.link.type = LINK_OTHER;
	k->kobj.link.up = true;
	k->kobj.link.mtu = mtu;
	if (one)
		add_uplink_address(m, name, one);
	if (other)
		add_uplink_address(m, name, other);
}

struct machine_kobj *machine_find(const struct machine *m, const struct kobj *key)
{
	struct machine_kobj *k;

	vec_foreach (&m->kobjs, k)
		if (kobj_is_same(&k->kobj, key))
			return k;
	return NULL;
}

struct machine_kobj *machine_find_link(const struct machine *m, const char *netns, const char *name)
{
	struct kobj key = {.type = KOBJ_LINK, .netns = netns};

	memcpy(key.name, name, strnlen(name, IFNAMSIZ - 1));
	return machine_find(m, &key);
}

struct machine_kobj *machine_next(struct machine *m, const struct machine_kobj *prev,
				  enum kobj_type type)
{
	size_t i = prev ? (size_t)(prev - m->kobjs.items) + 1 : 0;

	for (; i < m->kobjs.count; i++)
		if (m->kobjs.items[i].kobj.type == type)
			return &m->kobjs.items[i];
	return NULL;
}

/* --- executing ------------------------------------------------------------ */

static int fail(struct k8snet_kernel *kernel, struct k8snet_op *op, int error)
{
	_cleanup_strbuf_ struct strbuf text = {0};
	struct error_at at = {.layer = op->layer,
			      .id = K8SNET_MSG_KERNEL,
			      .object = op->object,
			      .kernel_errno = error,
			      .kernel_text = "as the test wants it"};

	op->status = K8SNET_OP_FAILED;
	if (error == ENOMEM)
		return ctx_no_memory(kernel->ctx);
	op_print_text(&text, op);
	at.operation = text.text;
	return ctx_error(kernel->ctx, -EIO, &at, "%s", strerror(error));
}

static bool is_to_fail(struct machine *m)
{
	return ++m->n_ops == m->fail_at;
}

static void tell(struct k8snet_op *op, const struct k8snet_plan_apply_options *options)
{
	if (options && options->progress)
		options->progress(options->data, op);
}

/* The run of elements at `ops`; *done: how many were. 0 or a positive errno. */
static int run_elements(struct machine *m, struct k8snet_op *ops, size_t count, size_t *done)
{
	size_t i, n = 0, failed = SIZE_MAX;
	int error;

	while (n < count && ops[n].target == OP_ELEMENT) {
		if (is_to_fail(m) && failed == SIZE_MAX)
			failed = n;
		n++;
	}
	*done = 0;
	if (failed != SIZE_MAX) {
		*done = failed;
		return m->fail_errno;
	}
	error = machine_elements(m, ops, n, &failed);
	*done = error ? failed : n;
	for (i = 0; !error && i < n; i++)
		ops[i].status = K8SNET_OP_DONE;
	return error;
}

static int note_conntrack(struct machine *m, const struct conntrack *deleted)
{
	struct conntrack *note = vec_push(&m->conntrack);

	if (!note)
		return ENOMEM;
	*note = *deleted;
	return 0;
}

static int run_one(struct machine *m, struct k8snet_op *op, uint32_t mark)
{
	if (is_to_fail(m))
		return m->fail_errno;
	if (op->target == OP_CONNTRACK)
		return note_conntrack(m, &op->conntrack);
	return op->target == OP_KOBJ ? machine_kobj_op(m, op) : machine_skeleton(m, op, mark);
}

static int execute(struct k8snet_kernel *kernel, struct k8snet_op *ops, size_t count, uint32_t mark,
		   const struct k8snet_plan_apply_options *options)
{
	struct machine *m = machine_of(kernel);
	size_t i, done;
	int error;

	for (i = 0; i < count; i += done) {
		if (ops[i].target == OP_ELEMENT) {
			error = run_elements(m, ops + i, count - i, &done);
			if (error) {
				tell(&ops[i + done], options);
				return fail(kernel, &ops[i + done], error);
			}
			continue;
		}
		done = 1;
		error = run_one(m, &ops[i], mark);
		if (error) {
			tell(&ops[i], options);
			return fail(kernel, &ops[i], error);
		}
		ops[i].status = K8SNET_OP_DONE;
		tell(&ops[i], options);
	}
	return 0;
}

static void destroy(struct k8snet_kernel *kernel)
{
	free(kernel);
}

static const struct kernel_ops memory_ops = {
	.observe = machine_observe,
	.execute = execute,
	.destroy = destroy,
};

int machine_open(struct k8snet_kernel **out, struct k8snet_ctx *ctx, struct machine *m)
{
	struct memory_kernel *k = calloc(1, sizeof(*k));

	if (!k)
		return ctx_no_memory(ctx);
	kernel_init(&k->base, ctx, &memory_ops);
	k->machine = m;
	*out = &k->base;
	return 0;
}
