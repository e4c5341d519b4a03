/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* An operation as JSON: {"layer", "object", "operation", ...what it is about}. */
#include <string.h>

#include "plan/plan.h"
#include "plan/print.h"

static void key(struct strbuf *b, const char *name)
{
	strbuf_printf(b, ", \"%s\": ", name);
}

static void string_field(struct strbuf *b, const char *name, const char *value)
{
	key(b, name);
	strbuf_add_json(b, value);
}

static void number_field(struct strbuf *b, const char *name, unsigned int value)
{
	key(b, name);
	strbuf_printf(b, "%u", value);
}

static void bool_field(struct strbuf *b, const char *name, bool value)
{
	key(b, name);
	strbuf_add(b, value ? "true" : "false");
}

static void address_field(struct strbuf *b, const char *name, const struct k8snet_address *address)
{
	char text[K8SNET_ADDRESS_TEXT_SIZE];

	string_field(b, name, k8snet_address_format(address, text, sizeof(text)));
}

static void prefix_field(struct strbuf *b, const char *name, const struct k8snet_prefix *prefix)
{
	char text[K8SNET_ADDRESS_TEXT_SIZE];

	string_field(b, name, k8snet_prefix_format(prefix, text, sizeof(text)));
}

static void mac_field(struct strbuf *b, const char *name, const uint8_t *mac)
{
	key(b, name);
	strbuf_add(b, "\"");
	print_mac(b, mac);
	strbuf_add(b, "\"");
}

static void type_fields(struct strbuf *b, const struct kobj_link *link)
{
	static const char *const types[] = {"other", "loopback", "veth", "bridge", "vxlan"};

	string_field(b, "type", types[link->type]);
	if (link->type == LINK_VETH && link->peer_name[0]) {
		string_field(b, "peer", link->peer_name);
		string_field(b, "peer_netns", link->peer_netns ? link->peer_netns : "");
		mac_field(b, "peer_mac", link->peer_mac);
	} else if (link->type == LINK_VXLAN) {
		number_field(b, "vni", link->vni);
		number_field(b, "port", link->port);
		address_field(b, "local", &link->local);
		string_field(b, "device", link->device);
		bool_field(b, "learning", false);
	}
}

/* All of a new link, or what changes of an old one. */
static void link_fields(struct strbuf *b, const struct kobj_link *link, unsigned int changes)
{
	if (changes & LINK_CHANGE_MTU && link->mtu)
		number_field(b, "mtu", link->mtu);
	if (changes & LINK_CHANGE_MAC && link->has_mac)
		mac_field(b, "mac", link->mac);
	if (changes & LINK_CHANGE_MASTER && (link->master[0] || changes != ~0u))
		string_field(b, "master", link->master);
	if (changes & LINK_CHANGE_HAIRPIN && link->master[0])
		bool_field(b, "hairpin", link->hairpin);
	if (changes & LINK_CHANGE_NF_CALL && link->type == LINK_BRIDGE) {
		bool_field(b, "nf_call_iptables", link->nf_call_iptables);
		bool_field(b, "nf_call_ip6tables", link->nf_call_ip6tables);
	}
	if (changes & LINK_CHANGE_ADDRGEN && link->addrgen_none)
		string_field(b, "addrgenmode", "none");
	if (changes & LINK_CHANGE_ALIAS && link->alias)
		string_field(b, "alias", link->alias);
	if (changes & LINK_CHANGE_UP)
		bool_field(b, "up", link->up);
}

static void route_fields(struct strbuf *b, const struct kobj *kobj)
{
	prefix_field(b, "destination", &kobj->route.destination);
	if (kobj->route.route.via.family)
		address_field(b, "via", &kobj->route.route.via);
	if (kobj->route.route.onlink)
		bool_field(b, "onlink", true);
	number_field(b, "protocol", ROUTE_PROTOCOL);
}

static void kobj_fields(struct strbuf *b, const struct k8snet_op *op)
{
	const struct kobj *kobj = op->kobj;

	if (kobj->netns)
		string_field(b, "netns", kobj->netns);
	if (kobj->type != KOBJ_SYSCTL)
		string_field(b, kobj->type == KOBJ_LINK ? "name" : "dev", kobj->name);
	switch (kobj->type) {
	case KOBJ_SYSCTL:
		string_field(b, "path", kobj->sysctl.path);
		string_field(b, "value", kobj->sysctl.value);
		break;
	case KOBJ_LINK:
		if (op->verb == OP_ADD)
			type_fields(b, &kobj->link);
		if (op->verb != OP_DELETE)
			link_fields(b, &kobj->link, op->verb == OP_ADD ? ~0u : op->changes);
		break;
	case KOBJ_ADDRESS:
		prefix_field(b, "address", &kobj->address);
		break;
	case KOBJ_NEIGHBOUR:
		address_field(b, "address", &kobj->neighbour.address);
		mac_field(b, "lladdr", kobj->neighbour.mac);
		break;
	case KOBJ_FDB:
		mac_field(b, "lladdr", kobj->fdb.mac);
		address_field(b, "dst", &kobj->fdb.remote);
		break;
	case KOBJ_ROUTE:
		route_fields(b, kobj);
		break;
	}
}

/* The part between the braces of nft's text is exact, and short. */
static void element_fields(struct strbuf *b, const struct k8snet_op *op)
{
	_cleanup_strbuf_ struct strbuf text = {0};
	char *start, *end;

	string_field(b, "family", nft_family_name(op->element.family));
	string_field(b, "table", NFT_TABLE);
	string_field(b, "map", nft_map_name(op->element.map, op->element.protocol));
	nft_print_element(&text, &op->element, op->verb == OP_DELETE);
	if (text.error) {
		b->error = text.error;
		return;
	}
	start = strchr(text.text, '{') + 2;
	end = strrchr(text.text, '}') - 1;
	*end = '\0';
	string_field(b, "element", start);
}

void op_print_json(struct strbuf *b, const struct k8snet_op *op)
{
	char name[NFT_CHAIN_NAME_SIZE];

	strbuf_printf(b, "{\"layer\": \"%s\", \"object\": ", k8snet_layer_get_name(op->layer));
	strbuf_add_json(b, op->object);
	string_field(b, "operation", k8snet_op_get_verb(op));
	switch ((enum op_target)op->target) {
	case OP_KOBJ:
		kobj_fields(b, op);
		break;
	case OP_TABLE:
		string_field(b, "family", nft_family_name(op->family));
		string_field(b, "table", NFT_TABLE);
		break;
	case OP_CHAIN:
		string_field(b, "family", nft_family_name(op->chain.family));
		string_field(b, "table", NFT_TABLE);
		string_field(b, "chain", nft_chain_name(&op->chain, name));
		break;
	case OP_ELEMENT:
		element_fields(b, op);
		break;
	case OP_CONNTRACK:
		conntrack_print_json(b, &op->conntrack);
		break;
	}
	strbuf_add(b, "}");
}
