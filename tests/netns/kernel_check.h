/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef TESTS_KERNEL_CHECK_H
#define TESTS_KERNEL_CHECK_H

#include <k8snet/k8snet.h>
#include <stdbool.h>
#include <stddef.h>

#include "kernel/kernel.h"

/* For tests of lib/kernel: operations are done by the library and looked at with
 * iproute2 and nft. */

extern int n_failed;

void report(bool is_ok, const char *name, const char *detail);
#define CHECK(condition) report((condition), #condition, NULL)

/* The same, with the library's error. */
#define DONE(condition, name)                                                   \
	do {                                                                    \
		bool is_done_ = (condition);                                    \
		report(is_done_, name, is_done_ ? NULL : last_message(kernel)); \
	} while (0)

/* The output of a command; "" if it failed. Valid until the call after the next. */
const char *run(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* Whether the output of a command has, or lacks, a text; reported as a check. */
void expect(const char *text, const char *format, ...) __attribute__((format(printf, 2, 3)));
void expect_not(const char *text, const char *format, ...) __attribute__((format(printf, 2, 3)));

struct k8snet_kernel *open_kernel(struct k8snet_ctx *ctx, const char *netns);
/* One operation; reported as a check that it succeeds, or fails with `code`. */
int execute(struct k8snet_kernel *kernel, struct k8snet_op *ops, size_t count);
int execute_kobj(struct k8snet_kernel *kernel, int verb, const struct kobj *kobj,
		 unsigned int changes);
/* The message of the context's error. */
const char *last_message(const struct k8snet_kernel *kernel);

/* Look, everything or at one link; the caller calls state_done(). */
int observe_everything(struct k8snet_kernel *kernel, const char *pod_netns, struct state *state);
int observe_named_link(struct k8snet_kernel *kernel, const char *link, struct state *state);
/* Whether an object was seen, and is as given. */
bool is_seen(const struct state *state, const struct kobj *kobj);

struct k8snet_address ip(const char *text);
struct k8snet_prefix net(const char *text);

#endif
