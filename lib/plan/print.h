/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef PLAN_PRINT_H
#define PLAN_PRINT_H

#include "base/strbuf.h"
#include "plan/op.h"

/* One operation in each format, without a newline at its end. */
void op_print_json(struct strbuf *b, const struct k8snet_op *op);
/* One or more lines for sh. Elements and other nft text are given to nft -f. */
void op_print_commands(struct strbuf *b, const struct k8snet_op *op);

/* "add", "set", "replace" or "delete". */
const char *op_action(const struct k8snet_op *op);
/* nft text of an operation on tables, chains or elements. */
void op_print_nft(struct strbuf *b, const struct k8snet_op *op);
void print_address(struct strbuf *b, const struct k8snet_address *address);
/* "default" for a prefix of length 0. */
void print_destination(struct strbuf *b, const struct k8snet_prefix *prefix);
void print_mac(struct strbuf *b, const uint8_t *mac);
/* "net.ipv4.ip_forward" for "net/ipv4/ip_forward". */
void print_sysctl_name(struct strbuf *b, const char *path);

#endif
