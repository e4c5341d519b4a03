/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "plan/print.h"

#include <errno.h>
#include <string.h>

#include "base/context.h"
#include "plan/plan.h"

void print_address(struct strbuf *b, const struct k8snet_address *address)
{
	char text[K8SNET_ADDRESS_TEXT_SIZE];

	strbuf_add(b, k8snet_address_format(address, text, sizeof(text)));
}

static void print_prefix(struct strbuf *b, const struct k8snet_prefix *prefix)
{
	char text[K8SNET_ADDRESS_TEXT_SIZE];

	strbuf_add(b, k8snet_prefix_format(prefix, text, sizeof(text)));
}

void print_destination(struct strbuf *b, const struct k8snet_prefix *prefix)
{
	if (prefix->length)
		print_prefix(b, prefix);
	else
		strbuf_add(b, "default");
}

void print_mac(struct strbuf *b, const uint8_t *mac)
{
	strbuf_printf(b, "%02x:%02x:%02x:%02x:%02x:%02x", mac[0], mac[1], mac[2], mac[3], mac[4],
		      mac[5]);
}

void print_sysctl_name(struct strbuf *b, const char *path)
{
	for (; *path; path++)
		strbuf_add_n(b, *path == '/' ? "." : path, 1);
}

const char *op_action(const struct k8snet_op *op)
{
	static const char *const actions[] = {"add", "set", "delete"};
	bool is_replaced = op->target == OP_KOBJ && op->kobj->type != KOBJ_LINK &&
			   op->kobj->type != KOBJ_SYSCTL;

	if (op->target == OP_KOBJ && op->kobj->type == KOBJ_SYSCTL)
		return "set";
	if (op->target == OP_CONNTRACK && op->verb == OP_SET)
		return "reset";
	return op->verb == OP_SET && is_replaced ? "replace" : actions[op->verb];
}

static const char *target_name(const struct k8snet_op *op)
{
	static const char *const kobjs[] = {"sysctl", "link", "address", "neigh", "fdb", "route"};

	switch ((enum op_target)op->target) {
	case OP_KOBJ:
		return kobjs[op->kobj->type];
	case OP_TABLE:
		return "table";
	case OP_CHAIN:
		return "chain";
	case OP_ELEMENT:
		return "element";
	case OP_CONNTRACK:
		return "conntrack";
	}
	return "";
}

K8SNET_EXPORT const char *k8snet_op_get_verb(const struct k8snet_op *op)
{
	static const char *const verbs[][4] = {
		/* add, set, delete, replace */
		{"sysctl set", "sysctl set", "sysctl set", ""},
		{"link add", "link set", "link delete", ""},
		{"address add", "", "address delete", "address replace"},
		{"neigh add", "", "neigh delete", "neigh replace"},
		{"fdb add", "", "fdb delete", "fdb replace"},
		{"route add", "", "route delete", "route replace"},
		{"table add", "", "table delete", ""},
		{"chain add", "", "chain delete", ""},
		{"element add", "", "element delete", ""},
		{"", "conntrack reset", "conntrack delete", ""},
	};
	size_t row =
		op->target == OP_KOBJ ? (size_t)op->kobj->type : KOBJ_ROUTE + (size_t)op->target;

	return verbs[row][!strcmp(op_action(op), "replace") ? 3 : op->verb];
}

static void print_link(struct strbuf *b, const struct k8snet_op *op)
{
	const struct kobj_link *link = &op->kobj->link;

	strbuf_printf(b, "%s", op->kobj->name);
	if (op->verb == OP_DELETE)
		return;
	if (link->mtu && (op->verb == OP_ADD || op->changes & LINK_CHANGE_MTU))
		strbuf_printf(b, " mtu %u", link->mtu);
	if (link->master[0] && (op->verb == OP_ADD || op->changes & LINK_CHANGE_MASTER))
		strbuf_printf(b, " master %s", link->master);
	else if (op->changes & LINK_CHANGE_MASTER)
		strbuf_add(b, " nomaster");
	if (op->changes & LINK_CHANGE_HAIRPIN)
		strbuf_printf(b, " hairpin %s", link->hairpin ? "on" : "off");
	if (op->changes & LINK_CHANGE_UP)
		strbuf_add(b, " up");
	if (op->changes & LINK_CHANGE_MAC) {
		strbuf_add(b, " address ");
		print_mac(b, link->mac);
	}
	if (op->verb == OP_SET)
		return;
	if (link->type == LINK_BRIDGE)
		strbuf_add(b, " type bridge");
	if (link->type == LINK_VXLAN)
		strbuf_printf(b, " type vxlan id %u dev %s", link->vni, link->device);
	if (link->type == LINK_VETH)
		strbuf_printf(b, " type veth peer %s netns %s", link->peer_name, link->peer_netns);
}

static void print_kobj(struct strbuf *b, const struct k8snet_op *op)
{
	const struct kobj *kobj = op->kobj;

	switch (kobj->type) {
	case KOBJ_SYSCTL:
		print_sysctl_name(b, kobj->sysctl.path);
		strbuf_printf(b, "=%s", kobj->sysctl.value);
		return;
	case KOBJ_LINK:
		print_link(b, op);
		break;
	case KOBJ_ADDRESS:
		print_prefix(b, &kobj->address);
		break;
	case KOBJ_NEIGHBOUR:
		print_address(b, &kobj->neighbour.address);
		strbuf_add(b, " lladdr ");
		print_mac(b, kobj->neighbour.mac);
		break;
	case KOBJ_FDB:
		print_mac(b, kobj->fdb.mac);
		strbuf_add(b, " dst ");
		print_address(b, &kobj->fdb.remote);
		break;
	case KOBJ_ROUTE:
		print_destination(b, &kobj->route.destination);
		if (kobj->route.route.via.family) {
			strbuf_add(b, " via ");
			print_address(b, &kobj->route.route.via);
		}
		break;
	}
	if (kobj->type != KOBJ_LINK)
		strbuf_printf(b, " dev %s", kobj->name);
	if (kobj->netns)
		strbuf_printf(b, " in %s", kobj->netns);
}

void op_print_nft(struct strbuf *b, const struct k8snet_op *op)
{
	bool is_delete = op->verb == OP_DELETE;

	if (op->target == OP_ELEMENT)
		nft_print_element(b, &op->element, is_delete);
	else if (op->target == OP_CHAIN && is_delete)
		nft_print_chain_delete(b, &op->chain);
	else if (op->target == OP_CHAIN)
		nft_print_chain_add(b, &op->chain, op->plan->masquerade_mark);
	else if (is_delete)
		nft_print_table_delete(b, op->family);
	else
		nft_print_table_add(b, op->family, op->plan->masquerade_mark, op->has_counters);
}

/* "ip k8snet services { ... }" out of "add element ip k8snet services { ... }". */
static void print_element(struct strbuf *b, const struct k8snet_op *op)
{
	_cleanup_strbuf_ struct strbuf text = {0};
	const char *start;

	nft_print_element(&text, &op->element, op->verb == OP_DELETE);
	if (text.error) {
		b->error = text.error;
		return;
	}
	start = strstr(text.text, " element ");
	strbuf_add_n(b, start + 9, text.length - (size_t)(start + 9 - text.text) - 1);
}

void op_print_text(struct strbuf *b, const struct k8snet_op *op)
{
	char name[NFT_CHAIN_NAME_SIZE];

	strbuf_printf(b, "%s %s ", target_name(op), op_action(op));
	switch ((enum op_target)op->target) {
	case OP_KOBJ:
		print_kobj(b, op);
		break;
	case OP_TABLE:
		strbuf_printf(b, "%s " NFT_TABLE, nft_family_name(op->family));
		break;
	case OP_CHAIN:
		strbuf_printf(b, "%s " NFT_TABLE " %s", nft_family_name(op->chain.family),
			      nft_chain_name(&op->chain, name));
		break;
	case OP_ELEMENT:
		print_element(b, op);
		break;
	case OP_CONNTRACK:
		conntrack_print(b, &op->conntrack);
		break;
	}
}

/* --- whole plans ---------------------------------------------------------- */

static void op_print(struct strbuf *b, const struct k8snet_op *op, enum k8snet_plan_format format)
{
	if (format == K8SNET_PLAN_JSON) {
		op_print_json(b, op);
	} else if (format == K8SNET_PLAN_COMMANDS) {
		op_print_commands(b, op);
	} else {
		strbuf_printf(b, "%-7s %s: ", k8snet_layer_get_name(op->layer), op->object);
		op_print_text(b, op);
	}
}

K8SNET_EXPORT int k8snet_op_format(const struct k8snet_op *op, enum k8snet_plan_format format,
				   char **out)
{
	_cleanup_strbuf_ struct strbuf b = {0};

	if (format > K8SNET_PLAN_COMMANDS)
		return ctx_bad_argument(op->plan->ctx, "k8snet_op_format", "no such format: %d",
					(int)format);
	op_print(&b, op, format);
	return strbuf_finish(&b, out) < 0 ? ctx_no_memory(op->plan->ctx) : 0;
}

struct printer {
	const struct k8snet_plan *plan;
	enum k8snet_plan_format format;
	k8snet_write_fn write;
	void *data;
	struct strbuf b;
};

/* Consecutive nft operations are one transaction. */
static bool is_nft(const struct k8snet_op *op)
{
	return op && op->target != OP_KOBJ && op->target != OP_CONNTRACK;
}

static void print_nft_block(struct printer *p, const struct k8snet_op *op)
{
	if (op == p->plan->ops.items || !is_nft(op - 1) || (op - 1)->target != op->target)
		strbuf_add(&p->b, "nft -f - <<'END'\n");
	op_print_nft(&p->b, op);
	if (!is_nft(k8snet_plan_next_op(p->plan, op)) || op[1].target != op->target)
		strbuf_add(&p->b, "END\n");
}

static void print_one(struct printer *p, const struct k8snet_op *op)
{
	bool is_first = op == p->plan->ops.items;

	if (p->format == K8SNET_PLAN_COMMANDS && is_nft(op)) {
		print_nft_block(p, op);
		return;
	}
	if (p->format == K8SNET_PLAN_JSON)
		strbuf_add(&p->b, is_first ? "[\n  " : ",\n  ");
	op_print(&p->b, op, p->format);
	if (p->format != K8SNET_PLAN_JSON)
		strbuf_add(&p->b, "\n");
}

static int print_all(struct printer *p)
{
	const struct k8snet_op *op;
	int r;

	vec_foreach (&p->plan->ops, op) {
		strbuf_clear(&p->b);
		print_one(p, op);
		if (p->b.error)
			return ctx_no_memory(p->plan->ctx);
		r = p->write(p->data, p->b.text, p->b.length);
		if (r)
			return r;
	}
	if (p->format != K8SNET_PLAN_JSON)
		return 0;
	return k8snet_plan_is_empty(p->plan) ? p->write(p->data, "[]\n", 3)
					     : p->write(p->data, "\n]\n", 3);
}

K8SNET_EXPORT int k8snet_plan_print(const struct k8snet_plan *plan, enum k8snet_plan_format format,
				    k8snet_write_fn write, void *data)
{
	struct printer p = {.plan = plan, .format = format, .write = write, .data = data};
	int r;

	if (format > K8SNET_PLAN_COMMANDS || !write)
		return ctx_bad_argument(plan->ctx, "k8snet_plan_print", "bad format or no writer");
	r = print_all(&p);
	strbuf_done(&p.b);
	return r;
}
