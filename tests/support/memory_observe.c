/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What an observer of the machine finds, and what people see of it. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/context.h"
#include "memory_kernel.h"

/* --- observing ------------------------------------------------------------ */

struct look {
	struct machine *m;
	const struct observe_request *request;
	struct state *state;
};

static bool has_string(const string_list *list, const char *text)
{
	const char **s;

	vec_foreach (list, s)
		if (!strcmp(*s, text))
			return true;
	return false;
}

static bool is_ours(const struct machine *m, const struct kobj *kobj)
{
	const struct machine_kobj *link = machine_find_link(m, kobj->netns, kobj->name);

	return kobj->netns ||
	       (link && link->kobj.link.alias &&
		!strncmp(link->kobj.link.alias, LINK_ALIAS_MARK, strlen(LINK_ALIAS_MARK)));
}

static bool is_asked_for(const struct look *look, const struct machine_kobj *k)
{
	const struct observe_request *request = look->request;

	if (request->services_only)
		return false;
	if (k->kobj.type == KOBJ_SYSCTL)
		return has_string(&request->sysctls, k->kobj.sysctl.path);
	if (k->kobj.netns ? !has_string(&request->netns, k->kobj.netns)
			  : !request->all && !has_string(&request->links, k->kobj.name))
		return false;
	if (k->kobj.type == KOBJ_ROUTE)
		return k->protocol == ROUTE_PROTOCOL;
	if (k->kobj.type == KOBJ_NEIGHBOUR || k->kobj.type == KOBJ_FDB)
		return is_ours(look->m, &k->kobj);
	return true;
}

static int look_at_kobjs(const struct look *look)
{
	struct machine_kobj *k;

	vec_foreach (&look->m->kobjs, k) {
		if (!is_asked_for(look, k))
			continue;
		look->m->n_observed++;
		if (state_add_kobj(look->state, &k->kobj) < 0)
			return -ENOMEM;
	}
	return 0;
}

static void look_at_uplinks(const struct look *look)
{
	const struct k8snet_address *address;
	const struct machine_kobj *k, *link;

	vec_foreach (&look->request->addresses, address) {
		vec_foreach (&look->m->kobjs, k) {
			if (k->kobj.type != KOBJ_ADDRESS || k->kobj.netns ||
			    !k8snet_address_is_equal(&k->kobj.address.address, address))
				continue;
			link = machine_find_link(look->m, NULL, k->kobj.name);
			state_set_uplink(look->state, address->family, k->kobj.name,
					 link->kobj.link.mtu, &k->kobj.address);
		}
	}
}

static bool is_whole(const struct machine_table *table)
{
	size_t i;

	for (i = 0; i < NFT_N_MAPS * 3; i++)
		if (table->lacks[i / 3][i % 3])
			return false;
	return table->has_rules;
}

static int look_at_table(const struct look *look, const struct machine_table *table, uint8_t family)
{
	const struct machine_chain *chain;
	struct hash_node *node;

	if (!table->exists)
		return 0;
	state_set_table(look->state, family, is_whole(table), table->has_counters);
	vec_foreach (&table->chains, chain)
		if (state_add_chain(look->state, &chain->chain, chain->has_rules) < 0)
			return -ENOMEM;
	hash_foreach (&table->elements, node) {
		look->m->n_observed++;
		if (state_add_element(look->state,
				      &container_of(node, struct machine_element, node)->element) <
		    0)
			return -ENOMEM;
	}
	return 0;
}

int machine_observe(struct k8snet_kernel *kernel, const struct observe_request *request,
		    struct state *state)
{
	struct look look = {machine_of(kernel), request, state};
	const struct error_at at = {.layer = K8SNET_LAYER_NONE, .id = K8SNET_MSG_KERNEL};
	int r;

	look.m->n_observations++;
	if (look.m->fail_observe)
		return ctx_error(kernel->ctx, -EIO, &at, "the observer fails");
	look_at_uplinks(&look);
	r = look_at_kobjs(&look);
	if (r == 0 && (request->all || request->services_only))
		r = look_at_table(&look, &look.m->tables[0], 4);
	if (r == 0 && (request->all || request->services_only))
		r = look_at_table(&look, &look.m->tables[1], 6);
	return r < 0 ? ctx_no_memory(kernel->ctx) : 0;
}

/* --- as text -------------------------------------------------------------- */

typedef VEC(char *) line_list;

static void add_line(line_list *lines, struct strbuf *b)
{
	char **line = vec_push(lines);

	if (!line || strbuf_finish(b, line) < 0)
		abort();
}

static void address(struct strbuf *b, const char *before, uint8_t family, const uint8_t *bytes)
{
	struct k8snet_address a = {.family = family};
	char text[K8SNET_ADDRESS_TEXT_SIZE];

	memcpy(a.bytes, bytes, family == 6 ? 16 : 4);
	strbuf_printf(b, "%s%s", before, k8snet_address_format(&a, text, sizeof(text)));
}

static void mac(struct strbuf *b, const uint8_t *m)
{
	strbuf_printf(b, " mac %02x:%02x:%02x:%02x:%02x:%02x", m[0], m[1], m[2], m[3], m[4], m[5]);
}

static void link_text(struct strbuf *b, const struct kobj_link *l)
{
	strbuf_printf(b,
		      " type %d up %d mtu %u master '%s' hairpin %d alias '%s' nf %d%d addrgen %d",
		      l->type, l->up, l->mtu, l->master, l->hairpin, l->alias ? l->alias : "",
		      l->nf_call_iptables, l->nf_call_ip6tables, l->addrgen_none);
	if (l->type == LINK_VXLAN) {
		strbuf_printf(b, " vni %u port %u dev %s", l->vni, l->port, l->device);
		address(b, " local ", l->local.family, l->local.bytes);
	}
	/* The kernel's choice, where it is a port of a bridge. */
	if (!l->master[0])
		mac(b, l->mac);
}

static void kobj_text(struct strbuf *b, const struct machine_kobj *k)
{
	static const char *const types[] = {"sysctl", "link", "address", "neigh", "fdb", "route"};
	const struct kobj *o = &k->kobj;
	char text[K8SNET_ADDRESS_TEXT_SIZE];

	strbuf_printf(b, "%s %s %s", o->netns ? o->netns : "node", types[o->type], o->name);
	switch (o->type) {
	case KOBJ_SYSCTL:
		strbuf_printf(b, "%s=%s", o->sysctl.path, o->sysctl.value);
		break;
	case KOBJ_LINK:
		link_text(b, &o->link);
		break;
	case KOBJ_ADDRESS:
		strbuf_printf(b, " %s", k8snet_prefix_format(&o->address, text, sizeof(text)));
		break;
	case KOBJ_NEIGHBOUR:
		address(b, " ", o->neighbour.address.family, o->neighbour.address.bytes);
		mac(b, o->neighbour.mac);
		break;
	case KOBJ_FDB:
		mac(b, o->fdb.mac);
		address(b, " dst ", o->fdb.remote.family, o->fdb.remote.bytes);
		break;
	case KOBJ_ROUTE:
		strbuf_printf(b, " %s proto %u onlink %d",
			      k8snet_prefix_format(&o->route.destination, text, sizeof(text)),
			      k->protocol, o->route.route.onlink);
		if (o->route.route.via.family)
			address(b, " via ", o->route.route.via.family, o->route.route.via.bytes);
		break;
	}
}

/* Link-local addresses come from MAC addresses that are the kernel's choice. */
static bool is_link_local(const struct kobj *kobj)
{
	return kobj->type == KOBJ_ADDRESS && kobj->address.address.bytes[0] == 0xfe &&
	       kobj->address.address.bytes[1] == 0x80;
}

static bool is_slot(const struct nft_element *e)
{
	return nft_map_is_slots(e->map);
}

static bool is_lead(const struct nft_element *e)
{
	return nft_map_is_balancers(e->map) || nft_map_is_chains(e->map);
}

/* Numbers depend on what was there before: what they stand for is told instead. */
static void number_text(struct strbuf *b, const struct machine *m, const struct nft_element *e)
{
	static const uint8_t protocols[] = {6, 17, 132};
	struct nft_element endpoint = {
		.family = e->family, .map = NFT_AFFINITY_ENDPOINTS, .number = e->number};
	const struct machine_element *found = NULL;
	size_t i;

	strbuf_add(b, e->number >> 16 & NFT_AFFINITY_LOCAL ? " local" : " all");
	for (i = 0; i < 3 && !found && e->map == NFT_AFFINITY_SLOTS; i++) {
		endpoint.protocol = protocols[i];
		found = machine_find_element(m, &endpoint);
	}
	if (found)
		e = &found->element;
	if (e->map != NFT_AFFINITY_ENDPOINTS)
		return;
	address(b, " : ", e->family, e->to_address);
	strbuf_printf(b, " %u", e->to_port);
}

static void element_text(struct strbuf *b, const struct machine *m, const struct nft_element *e)
{
	const struct nft_chain to = nft_element_get_chain(e);
	char name[NFT_CHAIN_NAME_SIZE];

	strbuf_printf(b, "%s %s %u %u/%u", nft_family_name(e->family),
		      nft_map_name(e->map, e->protocol), e->protocol, e->port, e->prefix_length);
	address(b, " ", e->family, e->address);
	if (e->map == NFT_BALANCERS)
		strbuf_printf(b, " %x", e->number);
	if (nft_map_is_numbers(e->map) || e->map == NFT_AFFINITY_ENDPOINTS) {
		number_text(b, m, e);
	} else if (is_slot(e)) {
		address(b, " : ", e->family, e->to_address);
		strbuf_printf(b, " %u", e->to_port);
	} else if (is_lead(e) || e->map == NFT_BALANCERS) {
		strbuf_printf(b, " : %s", nft_chain_name(&to, name));
	}
}

static bool has_services(const struct machine_table *table)
{
	struct hash_node *node;

	hash_foreach (&table->elements, node)
		if (is_lead(&container_of(node, struct machine_element, node)->element))
			return true;
	return false;
}

static bool is_chain_used(const struct machine_table *table, const struct nft_chain *chain)
{
	struct hash_node *node;

	hash_foreach (&table->elements, node) {
		const struct nft_element *e =
			&container_of(node, struct machine_element, node)->element;
		const struct nft_chain to = nft_element_get_chain(e);

		if (is_lead(e) && nft_chain_is_same(&to, chain))
			return true;
	}
	return false;
}

/* An element of NFT_BALANCERS is as much of use as its chain. */
static bool is_unused(const struct machine_table *table, const struct nft_element *e)
{
	const struct nft_chain chain = nft_element_get_chain(e);

	return e->map == NFT_BALANCERS && !is_chain_used(table, &chain);
}

static void table_lines(line_list *lines, const struct machine *m, size_t i, bool used_only)
{
	const struct machine_table *table = &m->tables[i];
	const struct machine_chain *c;
	struct strbuf b = {0};
	struct hash_node *node;
	char name[NFT_CHAIN_NAME_SIZE];

	if (!table->exists || (used_only && !has_services(table)))
		return;
	strbuf_printf(&b, "table %d whole %d mark %x", table->elements.count ? 1 : 0,
		      is_whole(table), table->mark);
	add_line(lines, &b);
	vec_foreach (&table->chains, c) {
		if (used_only && c->chain.kind != NFT_CHAIN_MARK &&
		    c->chain.kind != NFT_CHAIN_RESET && !is_chain_used(table, &c->chain))
			continue;
		strbuf_printf(&b, "chain %s %s rules %d mark %x", nft_family_name(c->chain.family),
			      nft_chain_name(&c->chain, name), c->has_rules, c->mark);
		add_line(lines, &b);
	}
	hash_foreach (&table->elements, node) {
		const struct nft_element *e =
			&container_of(node, struct machine_element, node)->element;

		if (used_only && is_unused(table, e))
			continue;
		element_text(&b, m, e);
		add_line(lines, &b);
	}
}

static int compare_lines(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

int machine_dump(const struct machine *m, bool used_only, struct strbuf *out)
{
	const struct machine_kobj *k;
	line_list lines = {0};
	struct strbuf b = {0};
	char **line;

	vec_foreach (&m->kobjs, k) {
		if (is_link_local(&k->kobj))
			continue;
		if (used_only &&
		    (k->kobj.type == KOBJ_SYSCTL ||
		     (k->kobj.type == KOBJ_LINK && k->kobj.link.type == LINK_LOOPBACK)))
			continue;
		kobj_text(&b, k);
		add_line(&lines, &b);
	}
	table_lines(&lines, m, 0, used_only);
	table_lines(&lines, m, 1, used_only);
	qsort(lines.items, lines.count, sizeof(*lines.items), compare_lines);
	vec_foreach (&lines, line) {
		strbuf_printf(out, "%s\n", *line);
		free(*line);
	}
	vec_done(&lines);
	return out->error;
}

/* --- what holds always ---------------------------------------------------- */

/* The element with the number of a frontend's group; NULL: none. */
static const struct nft_element *find_number(const struct machine *m, const struct nft_element *e)
{
	struct nft_element key = {.family = e->family,
				  .map = nft_map_is_of_node_ports(e->map) ? NFT_AFFINITY_NODE_PORTS
									  : NFT_AFFINITY_SERVICES,
				  .protocol = e->protocol,
				  .port = e->port};
	const struct machine_element *found;

	memcpy(key.address, e->address, sizeof(key.address));
	found = machine_find_element(m, &key);
	return found ? &found->element : NULL;
}

/* All slots of a group lead to endpoints that are there. */
static const char *check_group(const struct machine *m, const struct nft_element *verdict)
{
	const struct nft_element *number = find_number(m, verdict);
	const uint16_t counts[2] = {verdict->to_n, verdict->to_l};
	const struct machine_element *found;
	struct nft_element slot = {.family = verdict->family, .map = NFT_AFFINITY_SLOTS}, endpoint;
	unsigned int i, local;

	if (!number)
		return "a verdict to affinity without a number";
	for (local = 0; local < 2; local++) {
		slot.number = number->number | (local ? NFT_AFFINITY_LOCAL << 16 : 0);
		for (i = 0; i < counts[local]; i++) {
			slot.slot = (uint16_t)i;
			found = machine_find_element(m, &slot);
			if (!found)
				return "a verdict leads to an empty slot of a group";
			endpoint = (struct nft_element){.family = verdict->family,
							.map = NFT_AFFINITY_ENDPOINTS,
							.protocol = verdict->protocol,
							.number = found->element.number};
			if (!machine_find_element(m, &endpoint))
				return "a slot leads to no endpoint";
		}
	}
	return NULL;
}

/* `services` is looked up before the source ranges. */
static bool has_ranges(const struct machine *m, const struct nft_element *e)
{
	struct nft_element key = {.family = e->family,
				  .map = NFT_SOURCE_RANGED,
				  .protocol = e->protocol,
				  .port = e->port};

	memcpy(key.address, e->address, sizeof(key.address));
	return !nft_map_is_of_node_ports(e->map) && machine_find_element(m, &key);
}

static const char *check_verdict(const struct machine *m, const struct nft_element *e)
{
	const uint16_t counts[2] = {e->to_n, e->to_l};
	struct nft_element slot = {.family = e->family, .protocol = e->protocol, .port = e->port};
	const struct nft_chain chain = nft_element_get_chain(e);
	const struct nft_element balancer = nft_balancer_element(&chain);
	unsigned int i, local;

	if (nft_map_is_balancers(e->map) != (balancer.number && !has_ranges(m, e)))
		return "a frontend leads on in the wrong map";
	if (balancer.number && !machine_find_element(m, &balancer))
		return "a number that leads nowhere";
	if (e->to_affinity)
		return check_group(m, e);
	if (find_number(m, e))
		return "a number without affinity";
	memcpy(slot.address, e->address, sizeof(slot.address));
	for (local = 0; local < 2 && !nft_chain_is_fixed(e->to_kind); local++) {
		slot.map = (uint8_t)nft_slots_map(nft_map_is_of_node_ports(e->map), local);
		for (i = 0; i < counts[local]; i++) {
			slot.slot = (uint16_t)i;
			if (!machine_find_element(m, &slot))
				return "a verdict leads to an empty slot";
		}
	}
	return NULL;
}

static const char *check_slot(const struct machine *m, const struct nft_element *e)
{
	struct nft_element verdict = {
		.family = e->family, .protocol = e->protocol, .port = e->port};
	const struct machine_element *there;
	uint16_t n;

	memcpy(verdict.address, e->address, sizeof(verdict.address));
	verdict.map = (uint8_t)nft_lead_map(nft_map_is_of_node_ports(e->map), false);
	there = machine_find_element(m, &verdict);
	verdict.map = (uint8_t)nft_lead_map(nft_map_is_of_node_ports(e->map), true);
	if (!there)
		there = machine_find_element(m, &verdict);
	if (!there)
		return "a slot of no frontend";
	n = nft_map_is_local(e->map) ? there->element.to_l : there->element.to_n;
	if (nft_chain_is_fixed(there->element.to_kind) || there->element.to_affinity ||
	    e->slot >= n)
		return "a slot that no verdict leads to";
	return NULL;
}

/* Some frontend has the group, and slots as many as this one. */
static const char *check_group_slot(const struct machine *m, const struct nft_element *e)
{
	struct hash_node *node;

	hash_foreach (&m->tables[e->family == 6].elements, node) {
		const struct nft_element *v =
			&container_of(node, struct machine_element, node)->element;
		const struct nft_element *number;

		if (!nft_map_is_chains(v->map) || !v->to_affinity)
			continue;
		number = find_number(m, v);
		if (number &&
		    ((number->number ^ e->number) >> 16 == 0			? e->slot < v->to_n
		     : (number->number ^ e->number) >> 16 == NFT_AFFINITY_LOCAL ? e->slot < v->to_l
										: false))
			return NULL;
	}
	return "a slot of a group that no verdict leads to";
}

static const char *check_endpoint(const struct machine *m, const struct nft_element *e)
{
	struct hash_node *node;

	hash_foreach (&m->tables[e->family == 6].elements, node) {
		const struct nft_element *slot =
			&container_of(node, struct machine_element, node)->element;

		if (slot->map == NFT_AFFINITY_SLOTS && slot->number == e->number)
			return NULL;
	}
	return "an endpoint that no slot leads to";
}

static const char *check_element(const struct machine *m, const struct nft_element *e)
{
	if (is_lead(e))
		return check_verdict(m, e);
	if (is_slot(e))
		return check_slot(m, e);
	if (e->map == NFT_AFFINITY_SLOTS)
		return check_group_slot(m, e);
	return e->map == NFT_AFFINITY_ENDPOINTS ? check_endpoint(m, e) : NULL;
}

const char *machine_check(const struct machine *m)
{
	const char *problem = NULL;
	struct hash_node *node;
	size_t i;

	for (i = 0; i < 2 && !problem; i++) {
		hash_foreach (&m->tables[i].elements, node) {
			problem = check_element(
				m, &container_of(node, struct machine_element, node)->element);
			if (problem)
				break;
		}
	}
	return problem;
}
