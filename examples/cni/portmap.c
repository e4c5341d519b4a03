/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* portmap: ports of the node lead to ports of the container. The last one who maps a port
 * has it. */
#include "portmap.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "address.h"
#include "link.h"
#include "system.h"

static const uint8_t families[] = {NFPROTO_IPV4, NFPROTO_IPV6};
/* --- connections of UDP ------------------------------------------------------------------ */

struct translations {
	struct translation *items;
	size_t count;
	bool is_short; /* no memory: there are more */
};

static int add_translation(struct translations *list, const struct translation *item)
{
	struct translation *bigger = realloc(list->items, (list->count + 1) * sizeof(*list->items));

	if (!bigger)
		return -ENOMEM;
	list->items = bigger;
	bigger[list->count++] = *item;
	return 0;
}

/* Back from an element: { [address .] protocol . port } -> { address . port }. */
static int note_removed(void *data, const struct nft_element *element)
{
	struct translations *list = data;
	struct translation item = {.family = element->family};
	uint8_t family = element->family == NFPROTO_IPV6 ? 6 : 4;
	size_t size = family == 6 ? 16 : 4;
	const uint8_t *key = element->key;

	/* Each component begins at a multiple of 4 bytes. */
	if (element->key_size == size + 8) {
		item.host_address.family = family;
		memcpy(item.host_address.bytes, key, size);
		key += size;
	}
	/* A verdict map: hostport-sources. */
	if (key[0] != IPPROTO_UDP || element->data_size != size + 4)
		return 0;
	item.host_port = (uint16_t)(key[4] << 8 | key[5]);
	item.to.family = family;
	memcpy(item.to.bytes, element->data, size);
	return add_translation(list, &item);
}

/* `to_container`: only what went there; else whatever went to the port. */
static int delete_connections(struct plugin *p, const struct nft_element *elements, size_t count,
			      bool to_container)
{
	struct translations list = {0};
	size_t i;
	int r = 0;

	for (i = 0; r == 0 && i < count; i++) {
		r = note_removed(&list, &elements[i]);
		if (r == 0 && list.count && !to_container)
			list.items[list.count - 1].to.family = 0;
	}
	if (r == 0)
		conntrack_delete(p, list.items, list.count);
	free(list.items);
	return r;
}

/* --- ADD -------------------------------------------------------------------------------------- */

/* What comes from 127.0.0.1 may leave the node towards the container. */
static int allow_loopback(struct plugin *p, const struct portmap *map)
{
	const struct k8snet_address *to = &map->addresses[0].address;
	struct link link;
	char path[128];
	int index, r;

	if (!map->has_snat || !to->family || !map->n_mappings)
		return 0;
	r = plugin_open_host(p);
	if (r < 0)
		return r;
	index = route_get_interface(&p->host, to);
	/* A container that the node does not reach has no need of it. */
	if (index <= 0 || link_get_by_index(&p->host, index, &link) < 0)
		return 0;
	snprintf(path, sizeof(path), "/proc/sys/net/ipv4/conf/%s/route_localnet", link.name);
	r = file_ensure(path, "1");
	return r < 0 ? plugin_fail_errno(p, r, "%s", path) : 0;
}

static int portmap_add(struct plugin *p, struct k8snet_cni_result *result)
{
	_cleanup_portmap_ struct portmap map = {0};
	struct saved_error error;
	int r;

	(void)result;
	if (!p->prev_result)
		return plugin_fail(p, K8SNET_CNI_ERROR_CONFIG,
				   "portmap: must be called as chained plugin");
	r = portmap_read(p, &map);
	if (r == 0)
		r = allow_loopback(p, &map);
	if (r < 0)
		return r;
	r = nft_add(p, map.elements, map.n_elements);
	/* A client that keeps its port would stay with what was there before. */
	if (r == 0)
		r = delete_connections(p, map.elements, map.n_elements, false);
	if (r == 0)
		return 0;
	plugin_save_error(p, &error);
	(void)nft_remove(p, map.elements, map.n_elements);
	plugin_restore_error(p, &error);
	return r;
}

/* --- the others ----------------------------------------------------------------------------------
 */

/* What cannot be noted is removed nevertheless. */
static int note_or_go_on(void *data, const struct nft_element *element)
{
	struct translations *list = data;

	list->is_short |= note_removed(list, element) < 0;
	return 0;
}

/* In the maps of all conditions: what they are now need not be what they were. */
static int remove_of_family(struct plugin *p, uint8_t family, nft_stale_fn is_stale,
			    nft_tell_fn note, struct translations *list)
{
	struct nft_names maps = {.prefix = "hostports"};
	size_t i;
	int r;

	do {
		r = nft_get_sets(p, family, &maps);
		for (i = 0; r == 0 && i < maps.count; i++)
			r = nft_remove_and_tell(p, family, maps.items[i], is_stale, note, list);
		maps.skipped += maps.count;
	} while (r == 0 && maps.is_more);
	return r < 0 ? r : nft_remove_stale(p, family, "hostport-sources", is_stale);
}

/* Look for them, in all maps. Those whose elements are gone cannot be found again: their
 * connections end, whatever became of the others. */
static int remove_stale(struct plugin *p, nft_stale_fn is_stale, nft_tell_fn note)
{
	struct translations list = {0};
	size_t i;
	int r = 0;

	for (i = 0; r == 0 && i < ARRAY_SIZE(families); i++)
		r = remove_of_family(p, families[i], is_stale, note, &list);
	conntrack_delete(p, list.items, list.count);
	free(list.items);
	return r == 0 && list.is_short ? -ENOMEM : r;
}

static int portmap_del(struct plugin *p)
{
	_cleanup_portmap_ struct portmap map = {0};
	struct saved_error error;
	bool were_all_there;
	int r;

	plugin_save_error(p, &error);
	r = portmap_read(p, &map);
	/* ADD refused that, too: an error would keep the runtime from DEL of the rest. */
	if (r < 0 && r != -ENOMEM)
		plugin_restore_error(p, &error);
	/* Without memory for them the elements can still be looked for. */
	if (r < 0) {
		int removed = remove_stale(p, nft_is_own, note_or_go_on);

		return removed < 0 || r != -ENOMEM ? removed : r;
	}
	if (!map.n_elements)
		return remove_stale(p, nft_is_own, note_or_go_on);
	r = nft_remove_there(p, map.elements, map.n_elements, &were_all_there);
	/* They may be elsewhere. */
	if (r == 0 && !were_all_there)
		r = remove_stale(p, nft_is_own, note_or_go_on);
	return r < 0 ? r : delete_connections(p, map.elements, map.n_elements, true);
}

static int portmap_check(struct plugin *p)
{
	_cleanup_portmap_ struct portmap map = {0};
	int r = portmap_read(p, &map);

	return r < 0 ? r : nft_check(p, map.elements, map.n_elements);
}

static int portmap_status(struct plugin *p)
{
	return plugin_probe(p, true);
}

static int portmap_gc(struct plugin *p)
{
	_cleanup_portmap_ struct portmap map = {0};
	int r = portmap_read(p, &map);

	return r < 0 ? r : remove_stale(p, nft_is_invalid, note_removed);
}

const struct plugin_type type_portmap = {
	.name = "portmap",
	.add = portmap_add,
	.del = portmap_del,
	.check = portmap_check,
	.status = portmap_status,
	.uses_netns = plugin_uses_no_netns,
	.gc = portmap_gc,
};
