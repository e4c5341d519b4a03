/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* An operation as the commands that do the same, for sh in the node's namespace. */
#include <string.h>

#include "plan/plan.h"
#include "plan/print.h"

#define NETNS_RUN_DIR "/run/netns/"

static void quoted(struct strbuf *b, const char *text)
{
	strbuf_add(b, "'");
	for (; *text; text++)
		strbuf_add_n(b, *text == '\'' ? "'\\''" : text, *text == '\'' ? 4 : 1);
	strbuf_add(b, "'");
}

static bool is_plain(const char *text)
{
	return *text && !text[strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
					   "0123456789._:/-")];
}

static void word(struct strbuf *b, const char *text)
{
	if (is_plain(text))
		strbuf_add(b, text);
	else
		quoted(b, text);
}

/* The name that ip(8) knows a namespace by, or NULL. */
static const char *netns_name(const char *path)
{
	const char *name = path + strlen(NETNS_RUN_DIR);

	if (strncmp(path, NETNS_RUN_DIR, strlen(NETNS_RUN_DIR)) || strchr(name, '/') || !*name)
		return NULL;
	return name;
}

/* "ip ", where it is to be run. */
static void ip(struct strbuf *b, const char *netns)
{
	const char *name = netns ? netns_name(netns) : NULL;

	if (name) {
		strbuf_add(b, "ip -n ");
		word(b, name);
		strbuf_add(b, " ");
	} else if (netns) {
		strbuf_add(b, "nsenter --net=");
		word(b, netns);
		strbuf_add(b, " ip ");
	} else {
		strbuf_add(b, "ip ");
	}
}

/* --- links ---------------------------------------------------------------- */

static void veth_words(struct strbuf *b, const struct kobj_link *link)
{
	const char *name = netns_name(link->peer_netns);

	strbuf_printf(b, " type veth peer name %s address ", link->peer_name);
	print_mac(b, link->peer_mac);
	strbuf_printf(b, " mtu %u netns ", link->mtu);
	word(b, name ? name : link->peer_netns);
}

static void vxlan_words(struct strbuf *b, const struct kobj_link *link)
{
	strbuf_printf(b, " type vxlan id %u local ", link->vni);
	print_address(b, &link->local);
	strbuf_printf(b, " dev %s dstport %u nolearning", link->device, link->port);
}

static void link_add(struct strbuf *b, const struct kobj *kobj)
{
	const struct kobj_link *link = &kobj->link;

	strbuf_printf(b, "ip link add name %s", kobj->name);
	if (link->has_mac) {
		strbuf_add(b, " address ");
		print_mac(b, link->mac);
	}
	/* A bridge's own MTU holds if it is set, not if it is made with it. */
	if (link->mtu && link->type != LINK_BRIDGE)
		strbuf_printf(b, " mtu %u", link->mtu);
	if (link->type == LINK_BRIDGE)
		strbuf_printf(b, " type bridge nf_call_iptables %d nf_call_ip6tables %d",
			      link->nf_call_iptables, link->nf_call_ip6tables);
	else if (link->type == LINK_VXLAN)
		vxlan_words(b, link);
	else if (link->type == LINK_VETH)
		veth_words(b, link);
	strbuf_add(b, "\n");
}

static void link_set(struct strbuf *b, const struct kobj *kobj, unsigned int changes)
{
	const struct kobj_link *link = &kobj->link;

	if (changes & LINK_CHANGE_HAIRPIN && link->master[0])
		strbuf_printf(b, "ip link set dev %s type bridge_slave hairpin %s\n", kobj->name,
			      link->hairpin ? "on" : "off");
	if (changes & LINK_CHANGE_NF_CALL && link->type == LINK_BRIDGE)
		strbuf_printf(b,
			      "ip link set dev %s type bridge nf_call_iptables %d "
			      "nf_call_ip6tables %d\n",
			      kobj->name, link->nf_call_iptables, link->nf_call_ip6tables);
	if (changes & LINK_CHANGE_ADDRGEN && link->addrgen_none)
		strbuf_printf(b, "ip link set dev %s addrgenmode none\n", kobj->name);
}

/* What `ip link set` can do in one go. */
static void link_set_common(struct strbuf *b, const struct kobj *kobj, unsigned int changes)
{
	const struct kobj_link *link = &kobj->link;

	ip(b, kobj->netns);
	strbuf_printf(b, "link set dev %s", kobj->name);
	if (changes & LINK_CHANGE_MTU && link->mtu)
		strbuf_printf(b, " mtu %u", link->mtu);
	if (changes & LINK_CHANGE_MAC && link->has_mac) {
		strbuf_add(b, " address ");
		print_mac(b, link->mac);
	}
	if (changes & LINK_CHANGE_MASTER)
		strbuf_printf(b, link->master[0] ? " master %s" : " nomaster", link->master);
	if (changes & LINK_CHANGE_ALIAS && link->alias) {
		strbuf_add(b, " alias ");
		quoted(b, link->alias);
	}
	if (changes & LINK_CHANGE_UP)
		strbuf_add(b, " up");
	strbuf_add(b, "\n");
}

static void veth_peer_up(struct strbuf *b, const struct kobj_link *link)
{
	ip(b, link->peer_netns);
	strbuf_printf(b, "link set dev %s up", link->peer_name);
}

static void print_link(struct strbuf *b, const struct k8snet_op *op)
{
	const struct kobj *kobj = op->kobj;
	unsigned int made = LINK_CHANGE_MAC | (kobj->link.master[0] ? 0 : LINK_CHANGE_MASTER) |
			    (kobj->link.type == LINK_BRIDGE ? 0 : LINK_CHANGE_MTU);

	if (op->verb == OP_DELETE) {
		strbuf_printf(b, "ip link delete dev %s\n", kobj->name);
		return;
	}
	if (op->verb == OP_ADD) {
		link_add(b, kobj);
		link_set(b, kobj, LINK_CHANGE_ADDRGEN);
		link_set_common(b, kobj, ~made);
		link_set(b, kobj, LINK_CHANGE_HAIRPIN);
		if (kobj->link.type == LINK_VETH)
			veth_peer_up(b, &kobj->link);
		return;
	}
	link_set(b, kobj, op->changes & LINK_CHANGE_ADDRGEN);
	if (op->changes & ~(LINK_CHANGE_ADDRGEN | LINK_CHANGE_HAIRPIN | LINK_CHANGE_NF_CALL))
		link_set_common(b, kobj, op->changes);
	link_set(b, kobj, op->changes & ~LINK_CHANGE_ADDRGEN);
}

/* --- what hangs on them --------------------------------------------------- */

static void print_address_op(struct strbuf *b, const struct k8snet_op *op)
{
	const struct kobj *kobj = op->kobj;
	char text[K8SNET_ADDRESS_TEXT_SIZE];

	ip(b, kobj->netns);
	strbuf_printf(b, "address %s %s dev %s%s", op_action(op),
		      k8snet_prefix_format(&kobj->address, text, sizeof(text)), kobj->name,
		      kobj->address.address.family == 6 && op->verb != OP_DELETE ? " nodad" : "");
}

static void print_neighbour(struct strbuf *b, const struct k8snet_op *op)
{
	ip(b, op->kobj->netns);
	strbuf_printf(b, "neigh %s ", op->verb == OP_DELETE ? "delete" : "replace");
	print_address(b, &op->kobj->neighbour.address);
	if (op->verb != OP_DELETE) {
		strbuf_add(b, " lladdr ");
		print_mac(b, op->kobj->neighbour.mac);
		strbuf_add(b, " nud permanent");
	}
	strbuf_printf(b, " dev %s", op->kobj->name);
}

static void print_fdb(struct strbuf *b, const struct k8snet_op *op)
{
	strbuf_printf(b, "bridge fdb %s ", op->verb == OP_DELETE ? "delete" : "replace");
	print_mac(b, op->kobj->fdb.mac);
	strbuf_printf(b, " dev %s", op->kobj->name);
	strbuf_add(b, " dst ");
	print_address(b, &op->kobj->fdb.remote);
	strbuf_add(b, op->verb == OP_DELETE ? " self" : " self permanent");
}

static void print_route(struct strbuf *b, const struct k8snet_op *op)
{
	const struct kobj *kobj = op->kobj;
	const struct kobj_route *route = &kobj->route.route;

	ip(b, kobj->netns);
	if (kobj->route.destination.address.family == 6)
		strbuf_add(b, "-6 ");
	strbuf_printf(b, "route %s ", op_action(op));
	print_destination(b, &kobj->route.destination);
	if (route->via.family) {
		strbuf_add(b, " via ");
		print_address(b, &route->via);
	}
	strbuf_printf(b, " dev %s%s proto %d", kobj->name, route->onlink ? " onlink" : "",
		      ROUTE_PROTOCOL);
}

static void print_sysctl(struct strbuf *b, const struct kobj *kobj)
{
	strbuf_add(b, "sysctl -qw ");
	print_sysctl_name(b, kobj->sysctl.path);
	strbuf_printf(b, "=%s", kobj->sysctl.value);
}

static void print_kobj(struct strbuf *b, const struct k8snet_op *op)
{
	switch (op->kobj->type) {
	case KOBJ_SYSCTL:
		print_sysctl(b, op->kobj);
		break;
	case KOBJ_LINK:
		print_link(b, op);
		break;
	case KOBJ_ADDRESS:
		print_address_op(b, op);
		break;
	case KOBJ_NEIGHBOUR:
		print_neighbour(b, op);
		break;
	case KOBJ_FDB:
		print_fdb(b, op);
		break;
	case KOBJ_ROUTE:
		print_route(b, op);
		break;
	}
}

void op_print_commands(struct strbuf *b, const struct k8snet_op *op)
{
	if (op->target == OP_KOBJ) {
		print_kobj(b, op);
	} else if (op->target == OP_CONNTRACK) {
		if (op->verb == OP_SET)
			conntrack_print_reset_command(b, &op->conntrack);
		else
			conntrack_print_command(b, &op->conntrack);
	} else {
		strbuf_add(b, "nft -f - <<'END'\n");
		op_print_nft(b, op);
		strbuf_add(b, "END");
	}
	while (b->length && b->text[b->length - 1] == '\n')
		b->text[--b->length] = '\0';
}
